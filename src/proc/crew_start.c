/*
 * How a place is filled: descriptors, execution, handover, pipes to the core.
 *
 * Invariants
 *  1. The supervisor keeps no end of a frame pipe and no file: what is opened here is given away
 *     or closed within the call.
 *  2. A process that could not be given what its row asks for is not started.
 *  3. A channel whose pipe could not be brought to the core (there is none, or it does not read
 *     its control socket now) is marked, and gets its pipe later; nobody is blocked meanwhile. The
 *     same holds for a second pipe.
 */
#include "proc/crew.h"

#include "base/check.h"
#include "base/log.h"
#include "proc/handover.h"
#include "proc/peer.h"
#include "proc/spawn.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define US_PER_MS 1000

struct pair {
    int core;  /* end for the core, or whoever is named by pipes_to */
    int other; /* end for the channel or the keeper */
};

static void close_pair(const struct pair *pair)
{
    (void)close(pair->core);
    (void)close(pair->other);
}

/* Room for a few large frames each way; as root beyond what the system gives by default. */
static void widen(int fd)
{
    static const int bytes = PIPE_SOCKET_BYTES;

    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)) != 0) {
        (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes)); /* smaller is slower */
    }
}

static struct outcome make_pair(struct pair *ret_pair)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0) {
        return outcome_sys(errno, "make a frame pipe");
    }
    widen(ends[0]);
    widen(ends[1]);
    *ret_pair = (struct pair){.core = ends[0], .other = ends[1]};
    return OUTCOME_OK;
}

static bool alive(const struct process *process)
{
    return process != NULL && process->state != PROCESS_FREE && process->state != PROCESS_KILLED;
}

bool slot_is_core(const struct crew *crew, const struct slot *slot)
{
    return slot->row_number == crew->config->core_row;
}

/* Brings one end to the core; false when that must be tried again. */
static bool give_core_end(struct crew *crew, const struct slot *slot, int fd)
{
    const struct process *core = crew->slots[0].serving;

    CHECK(slot_is_core(crew, &crew->slots[0]));
    if (!alive(core)) {
        return false;
    }
    return outcome_ok(peer_send(core->control_fd, slot->row_number, slot->index, fd));
}

void crew_pair(struct crew *crew, struct process *process)
{
    const struct slot *slot = process->slot;
    struct pair pair;

    if (!process->pipe_due || !alive(process) || !alive(crew->slots[0].serving)) {
        return;
    }
    struct outcome outcome = make_pair(&pair);
    if (!outcome_ok(outcome)) {
        log_outcome(LOG_LEVEL_WARN, "pipe-not-made", outcome);
        return;
    }
    if (give_core_end(crew, slot, pair.core)) {
        outcome = peer_send(process->control_fd, slot->row_number, slot->index, pair.other);
        process->pipe_due = false;
        if (!outcome_ok(outcome)) { /* it does not read its control socket: it is stuck */
            log_line(LOG_LEVEL_WARN, "process-deaf", "process=\"%s\" pid=%d", slot->title,
                     process->pid);
            process_signal(process, PROCESS_KILL);
        }
    }
    close_pair(&pair); /* invariant 1 */
}

/* Who serves at the far end of a second pipe; NULL: nobody now. */
static struct process *far_end(struct crew *crew, const char *name)
{
    for (unsigned i = 0; i < crew->slot_count; i++) {
        struct slot *slot = &crew->slots[i];
        if (strcmp(slot->row->name, name) == 0) {
            return alive(slot->serving) ? slot->serving : NULL;
        }
    }
    return NULL;
}

void crew_pair_second(struct crew *crew, struct process *process, unsigned which)
{
    const struct slot *slot = process->slot;
    struct process *far = alive(process) ? far_end(crew, slot->row->pipes_to[which]) : NULL;
    struct pair pair;

    if (far == NULL) {
        return;
    }
    struct outcome outcome = make_pair(&pair);
    if (!outcome_ok(outcome)) {
        log_outcome(LOG_LEVEL_WARN, "pipe-not-made", outcome);
        return;
    }
    outcome = peer_send(far->control_fd, slot->row_number, slot->index, pair.core);
    if (outcome_ok(outcome)) {
        process->seconds_due[which] = false;
        outcome =
            peer_send(process->control_fd, far->slot->row_number, far->slot->index, pair.other);
        if (!outcome_ok(outcome)) { /* it does not read its control socket: it is stuck */
            log_line(LOG_LEVEL_WARN, "process-deaf", "process=\"%s\" pid=%d", slot->title,
                     process->pid);
            process_signal(process, PROCESS_KILL);
        }
    }
    close_pair(&pair); /* invariant 1 */
}

static struct outcome open_grants(const struct crew *crew, const struct proc_row *row,
                                  struct handover *handover)
{
    for (unsigned i = 0; i < GRANT_COUNT; i++) {
        if ((row->grants & 1u << i) != 0) {
            TRY(openings_grant(crew->openings, crew->config, (enum proc_grant)i,
                               &handover->grants[i]));
        }
    }
    return OUTCOME_OK;
}

/* The descriptors of a new process; ret_paired = its pipe reached the core. */
static struct outcome fill_handover(struct crew *crew, const struct slot *slot,
                                    struct handover *handover, bool *ret_paired)
{
    TRY(open_grants(crew, slot->row, handover));
    *ret_paired = true;
    if (!slot->row->core_pipe) {
        return OUTCOME_OK;
    }
    struct pair pair;
    TRY(make_pair(&pair));
    *ret_paired = give_core_end(crew, slot, pair.core);
    (void)close(pair.core);
    handover->core_fd = pair.other;
    return OUTCOME_OK;
}

static struct process *free_process(struct crew *crew)
{
    for (unsigned i = 0; i < PROC_PROCESSES_MAX; i++) {
        if (crew->processes[i].state == PROCESS_FREE) {
            return &crew->processes[i];
        }
    }
    return NULL;
}

/* Whether anybody will ever be at the far end of a second pipe. */
static bool far_runs(const struct crew *crew, const char *name)
{
    bool runs = false;

    for (unsigned i = 0; i < crew->slot_count && name != NULL; i++) {
        runs = runs || strcmp(crew->slots[i].row->name, name) == 0;
    }
    return runs;
}

static struct outcome launch(struct crew *crew, struct slot *slot, struct process *process)
{
    struct handover handover = {
        .row = slot->row_number,
        .index = slot->index,
        .identity = crew->identities[slot->row->user],
        .settings = crew->config->settings,
        .core_fd = -1,
    };
    bool paired = false;
    pid_t pid = 0;
    int control_fd = -1;

    for (unsigned i = 0; i < GRANT_COUNT; i++) {
        handover.grants[i] = -1;
    }
    struct outcome outcome = fill_handover(crew, slot, &handover, &paired);
    if (outcome_ok(outcome)) {
        outcome = spawn_process(slot->title, slot->log_fd, &pid, &control_fd);
    }
    if (outcome_ok(outcome)) {
        *process = (struct process){.slot = slot, .pid = pid, .control_fd = control_fd};
        process->pipe_due = !paired;
        for (unsigned i = 0; i < PROC_SECOND_PIPES_MAX; i++) {
            process->seconds_due[i] = far_runs(crew, slot->row->pipes_to[i]);
        }
        process->started_us = clock_monotonic_us(&crew->clock);
        (void)process_move(process, PROCESS_SPAWNED);
        outcome = handover_send(control_fd, &handover);
        if (!outcome_ok(outcome)) { /* it is ended, and reaped like any other */
            log_outcome(LOG_LEVEL_WARN, "handover-not-sent", outcome);
            process_signal(process, PROCESS_KILL);
            outcome = OUTCOME_OK;
        }
    }
    handover_close(&handover); /* invariant 1 */
    return outcome;
}

/* Invariant 2: nothing came into being; the same back-off as for one that dies at once. */
static void not_started(struct crew *crew, struct slot *slot, struct outcome outcome)
{
    log_line(LOG_LEVEL_ERROR, "process-not-started", "process=\"%s\" what=\"%s\" errno=%d",
             slot->title, outcome.what, outcome.sys);
    slot->renew = false;
    if (!crew->was_ready) {
        crew->refused = true;
    }
    if (slot->serving != NULL) { /* the old one serves on */
        return;
    }
    slot->quick_deaths++;
    slot->due_us =
        clock_monotonic_us(&crew->clock) + (int64_t)crew_backoff_ms(slot->quick_deaths) * US_PER_MS;
}

void crew_start(struct crew *crew, struct slot *slot, bool as_coming)
{
    struct process **place = as_coming ? &slot->coming : &slot->serving;
    struct process *process = free_process(crew);

    CHECK(*place == NULL);
    if (process == NULL) { /* too many drain still */
        slot->due_us = clock_monotonic_us(&crew->clock) + CREW_RETRY_US;
        return;
    }
    struct outcome outcome = launch(crew, slot, process);
    if (!outcome_ok(outcome)) {
        not_started(crew, slot, outcome);
        return;
    }
    *place = process;
    slot->renew = false; /* what it was given is new */
    if (as_coming) {
        process->deadline_us = process->started_us + (int64_t)PROC_REPLACE_S_MAX * 1000 * US_PER_MS;
    }
}
