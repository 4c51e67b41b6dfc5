/*
 * The living processes and the places they fill: what happens to them, and what is due when.
 *
 * Invariants
 *  1. A process changes its state only by the table below.
 *  2. A slot's `serving` and `coming` are processes of that slot, alive or killed and not yet
 *     reaped; a process whose slot points elsewhere drains.
 *  3. A process is signalled only while it has not been reaped, so a number that the system gave to
 *     somebody else is never hit.
 *  4. A start is put off after deaths in quick order (crew_backoff_ms), never skipped.
 */
#include "proc/crew.h"

#include "base/check.h"
#include "base/log.h"
#include "proc/peer.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define US_PER_MS 1000
#define GRANTS_RENEWED                                                                             \
    (1u << GRANT_TLS_CERT | 1u << GRANT_TLS_KEY | 1u << GRANT_CLIENT_CA | 1u << GRANT_CLIENT_CRL)

#define REFUSED PROCESS_STATE_COUNT
static const enum process_state moves[PROCESS_STATE_COUNT][PROCESS_EVENT_COUNT] = {
    /*                    SPAWNED           READY            TERM              KILL      GONE */
    [PROCESS_FREE] = {PROCESS_STARTING, REFUSED, REFUSED, REFUSED, REFUSED},
    [PROCESS_STARTING] = {REFUSED, PROCESS_SERVING, PROCESS_DRAINING, PROCESS_KILLED, PROCESS_FREE},
    [PROCESS_SERVING] = {REFUSED, REFUSED, PROCESS_DRAINING, PROCESS_KILLED, PROCESS_FREE},
    [PROCESS_DRAINING] = {REFUSED, REFUSED, REFUSED, PROCESS_KILLED, PROCESS_FREE},
    [PROCESS_KILLED] = {REFUSED, REFUSED, REFUSED, REFUSED, PROCESS_FREE},
};

bool process_move(struct process *process, enum process_event event)
{
    CHECK(process->state < PROCESS_STATE_COUNT && event < PROCESS_EVENT_COUNT);
    enum process_state next = moves[process->state][event];

    if (next == REFUSED) {
        return false;
    }
    process->state = next;
    return true;
}

uint32_t crew_backoff_ms(unsigned quick_deaths)
{
    uint32_t wait_ms = PROC_BACKOFF_MS_MIN;

    if (quick_deaths == 0) {
        return 0;
    }
    for (unsigned i = 1; i < quick_deaths && wait_ms < PROC_BACKOFF_MS_MAX; i++) {
        wait_ms *= 2;
    }
    return wait_ms < PROC_BACKOFF_MS_MAX ? wait_ms : PROC_BACKOFF_MS_MAX;
}

static unsigned row_processes(const struct supervisor_config *config, const struct proc_row *row)
{
    unsigned count = row->count;

    if (count == 0) {
        count = config->settings.edges;
    }
    if (count == 0) { /* CPUs that we may run on, which in a container are not all of them */
        cpu_set_t cpus;
        CPU_ZERO(&cpus);
        count = sched_getaffinity(0, sizeof(cpus), &cpus) == 0 ? (unsigned)CPU_COUNT(&cpus) : 1;
    }
    return count < PROC_ROW_PROCESSES_MAX ? count : PROC_ROW_PROCESSES_MAX;
}

static struct outcome add_slots(struct crew *crew, unsigned row_number)
{
    const struct proc_row *row = &crew->config->rows[row_number];
    unsigned count = row_processes(crew->config, row);

    if (count > PROC_SLOTS_MAX - crew->slot_count) {
        return outcome_fail(FAULT_OVER_LIMIT, "processes");
    }
    for (unsigned index = 1; index <= count; index++) {
        struct slot *slot = &crew->slots[crew->slot_count++];
        *slot = (struct slot){.row = row, .row_number = row_number, .index = index, .log_fd = -1};
        int said = row->count == 1
                       ? snprintf(slot->title, TITLE_BYTES_MAX, "dancu: %s", row->name)
                       : snprintf(slot->title, TITLE_BYTES_MAX, "dancu: %s %u", row->name, index);
        CHECK(said > 0 && said < TITLE_BYTES_MAX);
    }
    return OUTCOME_OK;
}

/* A second pipe leads to another row, of one process, that is in the table. */
static bool second_row_sane(const struct supervisor_config *config, const struct proc_row *row,
                            const char *name)
{
    bool found = name == NULL;

    for (unsigned i = 0; i < config->row_count && !found; i++) {
        const struct proc_row *other = &config->rows[i];
        found = other != row && other->count == 1 && strcmp(other->name, name) == 0;
    }
    return found;
}

struct outcome crew_init(struct crew *crew, const struct supervisor_config *config,
                         const struct openings *openings, struct clock_port clock)
{
    const struct proc_row *core = &config->rows[config->core_row];

    CHECK(config->core_row < config->row_count && config->row_count < PROC_DIALED);
    CHECK(core->count == 1 && !core->core_pipe);
    for (unsigned i = 0; i < config->row_count; i++) {
        const struct proc_row *row = &config->rows[i];
        for (unsigned j = 0; j < PROC_SECOND_PIPES_MAX; j++) {
            CHECK(second_row_sane(config, row, row->pipes_to[j]));
        }
    }
    crew->config = config;
    crew->openings = openings;
    crew->clock = clock;
    TRY(crew_read_addresses(crew));
    TRY(add_slots(crew, config->core_row)); /* slot 0 */
    for (unsigned i = 0; i < config->row_count; i++) {
        crew->tells = crew->tells || config->rows[i].hears_crew;
        if (i != config->core_row && crew_row_runs(crew, &config->rows[i])) {
            TRY(add_slots(crew, i));
        }
    }
    return OUTCOME_OK;
}

void process_signal(struct process *process, enum process_event event)
{
    CHECK(event == PROCESS_TERM || event == PROCESS_KILL);
    CHECK(process->pid > 0);
    if (process_move(process, event)) { /* invariant 3: not FREE */
        (void)kill(process->pid, event == PROCESS_KILL ? SIGKILL : SIGTERM);
    }
}

bool crew_ready(const struct crew *crew)
{
    for (unsigned i = 0; i < crew->slot_count; i++) {
        const struct process *process = crew->slots[i].serving;
        if (process == NULL || process->state != PROCESS_SERVING) {
            return false;
        }
    }
    return true;
}

bool crew_gone(const struct crew *crew)
{
    for (unsigned i = 0; i < PROC_PROCESSES_MAX; i++) {
        if (crew->processes[i].state != PROCESS_FREE) {
            return false;
        }
    }
    return crew->stop_step != STOP_NONE;
}

void crew_hear(struct crew *crew, struct process *process)
{
    unsigned whom = PEER_SERVES;
    struct outcome outcome = peer_hear(process->control_fd, &whom);

    if (outcome.fault == FAULT_AGAIN) {
        return;
    }
    /* One word is all that it may say, unless it is there to reach somebody. */
    process->deaf = !outcome_ok(outcome) || process->slot->row->dials == 0;
    if (outcome_ok(outcome) && whom != PEER_SERVES) {
        crew_dial(crew, process, whom);
    } else if (outcome_ok(outcome)) {
        (void)process_move(process, PROCESS_READY); /* refused when it is being stopped */
    } else if (outcome.fault != FAULT_CLOSED) {
        log_line(LOG_LEVEL_ERROR, "process-broken", "process=\"%s\" pid=%d what=\"%s\"",
                 process->slot->title, process->pid, outcome.what);
        process_signal(process, PROCESS_KILL);
    }
    if (!crew->was_ready && crew_ready(crew)) {
        crew->was_ready = true;
    }
}

static void log_death(const struct process *process, int status, enum process_state was)
{
    enum log_level level = was == PROCESS_DRAINING ? LOG_LEVEL_INFO : LOG_LEVEL_WARN;

    if (WIFSIGNALED(status)) {
        const char *how = WTERMSIG(status) == SIGSYS ? "killed by its filter of system calls"
                                                     : sigdescr_np(WTERMSIG(status));
        log_line(level, "process-gone", "process=\"%s\" pid=%d signal=%d (%s)",
                 process->slot->title, process->pid, WTERMSIG(status), how);
    } else {
        log_line(level, "process-gone", "process=\"%s\" pid=%d status=%d", process->slot->title,
                 process->pid, WEXITSTATUS(status));
    }
}

/* The slot is empty now: by whom, and when, is it filled? */
static void refill(struct crew *crew, struct slot *slot, int64_t lived_us)
{
    if (slot->coming != NULL) { /* its successor is there already */
        slot->serving = slot->coming;
        slot->serving->deadline_us = 0;
        slot->coming = NULL;
        return;
    }
    bool quick = lived_us < (int64_t)PROC_QUICK_DEATH_MS * US_PER_MS;
    slot->quick_deaths = quick ? slot->quick_deaths + 1 : 0;
    slot->restarts++;
    slot->due_us =
        clock_monotonic_us(&crew->clock) + (int64_t)crew_backoff_ms(slot->quick_deaths) * US_PER_MS;
}

/* Every pipe ended with the core that held the other end. */
static void pipes_due(struct crew *crew)
{
    for (unsigned i = 0; i < PROC_PROCESSES_MAX; i++) {
        struct process *process = &crew->processes[i];
        if (process->state != PROCESS_FREE && process->slot->row->core_pipe) {
            process->pipe_due = true;
        }
    }
}

/* The second pipes ended with the process of this slot. */
static void second_pipes_due(struct crew *crew, const struct slot *slot)
{
    for (unsigned i = 0; i < PROC_PROCESSES_MAX; i++) {
        struct process *process = &crew->processes[i];
        for (unsigned j = 0; j < PROC_SECOND_PIPES_MAX && process->state != PROCESS_FREE; j++) {
            const char *name = process->slot->row->pipes_to[j];
            bool ended = name != NULL && strcmp(name, slot->row->name) == 0;
            process->seconds_due[j] = process->seconds_due[j] || ended;
        }
    }
}

static void bury(struct crew *crew, struct process *process, int status)
{
    struct slot *slot = process->slot;
    int64_t lived_us = clock_monotonic_us(&crew->clock) - process->started_us;
    bool refused = WIFEXITED(status) && WEXITSTATUS(status) == PROC_EXIT_REFUSED;

    log_death(process, status, process->state);
    (void)close(process->control_fd);
    CHECK(process_move(process, PROCESS_GONE));
    *process = (struct process){.state = process->state, .control_fd = -1};
    if (slot->coming == process) {
        slot->coming = NULL;
        log_line(LOG_LEVEL_ERROR, "not-replaced", "process=\"%s\"", slot->title);
    }
    if (slot->serving == process) {
        slot->serving = NULL;
        refill(crew, slot, lived_us);
        if (slot_is_core(crew, slot)) {
            pipes_due(crew);
        }
        second_pipes_due(crew, slot);
    }
    if (refused && crew->stop_step == STOP_NONE && (slot_is_core(crew, slot) || !crew->was_ready)) {
        crew->refused = true;
    }
}

void crew_reap(struct crew *crew)
{
    int status = 0;

    for (pid_t pid = waitpid(-1, &status, WNOHANG); pid > 0; pid = waitpid(-1, &status, WNOHANG)) {
        for (unsigned i = 0; i < PROC_PROCESSES_MAX; i++) {
            struct process *process = &crew->processes[i];
            if (process->state != PROCESS_FREE && process->pid == pid) {
                bury(crew, process, status);
                break;
            }
        }
    }
}

void crew_renew(struct crew *crew)
{
    for (unsigned i = 0; i < crew->slot_count; i++) {
        struct slot *slot = &crew->slots[i];
        slot->renew = (slot->row->grants & GRANTS_RENEWED) != 0;
    }
}

/* The new one serves: the old one finishes what it has in hand. */
static void take_over(struct slot *slot, int64_t now_us)
{
    struct process *old = slot->serving;

    CHECK(slot->coming != NULL && old != NULL);
    slot->serving = slot->coming;
    slot->serving->deadline_us = 0;
    slot->coming = NULL;
    old->deadline_us = now_us + (int64_t)PROC_STOP_CORE_S_MAX * US_PER_S;
    process_signal(old, PROCESS_TERM);
    log_line(LOG_LEVEL_INFO, "replaced", "process=\"%s\" pid=%d by=%d", slot->title, old->pid,
             slot->serving->pid);
}

/* False while one is on its way. */
static bool finish_renewals(struct crew *crew, int64_t now_us)
{
    for (unsigned i = 0; i < crew->slot_count; i++) {
        struct slot *slot = &crew->slots[i];
        if (slot->coming == NULL) {
            continue;
        }
        if (slot->coming->state != PROCESS_SERVING) {
            return false;
        }
        take_over(slot, now_us);
    }
    return true;
}

/* One slot at a time, so that the others serve meanwhile. */
static void renew_turn(struct crew *crew, int64_t now_us)
{
    bool clear = finish_renewals(crew, now_us);

    for (unsigned i = 0; i < crew->slot_count && clear; i++) {
        struct slot *slot = &crew->slots[i];
        bool serves = slot->serving != NULL && slot->serving->state == PROCESS_SERVING;
        if (slot->renew && serves && now_us >= slot->due_us) {
            crew_start(crew, slot, true);
            clear = slot->coming == NULL; /* it could not be: the next one may */
        }
    }
}

static void deadlines_turn(struct crew *crew, int64_t now_us)
{
    for (unsigned i = 0; i < PROC_PROCESSES_MAX; i++) {
        struct process *process = &crew->processes[i];
        bool over = process->deadline_us != 0 && now_us >= process->deadline_us;
        if (process->state == PROCESS_FREE || process->state == PROCESS_KILLED || !over) {
            continue;
        }
        log_line(LOG_LEVEL_WARN, "process-too-slow", "process=\"%s\" pid=%d", process->slot->title,
                 process->pid);
        process_signal(process, PROCESS_KILL);
    }
}

static void starts_turn(struct crew *crew, int64_t now_us)
{
    for (unsigned i = 0; i < crew->slot_count; i++) {
        struct slot *slot = &crew->slots[i];
        if (slot->serving == NULL && now_us >= slot->due_us) {
            crew_start(crew, slot, false);
        }
    }
}

static void pipes_turn(struct crew *crew)
{
    for (unsigned i = 0; i < PROC_PROCESSES_MAX; i++) {
        if (crew->processes[i].pipe_due) {
            crew_pair(crew, &crew->processes[i]);
        }
        for (unsigned j = 0; j < PROC_SECOND_PIPES_MAX; j++) {
            if (crew->processes[i].seconds_due[j]) {
                crew_pair_second(crew, &crew->processes[i], j);
            }
        }
    }
}

void crew_turn(struct crew *crew)
{
    int64_t now_us = clock_monotonic_us(&crew->clock);

    deadlines_turn(crew, now_us);
    if (crew->stop_step != STOP_NONE) {
        crew_stop_turn(crew);
        return;
    }
    starts_turn(crew, now_us);
    pipes_turn(crew);
    if (crew->was_ready) {
        renew_turn(crew, now_us);
    }
}

void crew_sooner(int64_t *soonest_us, int64_t at_us)
{
    *soonest_us = at_us < *soonest_us ? at_us : *soonest_us;
}

static bool seconds_due(const struct process *process)
{
    bool due = false;

    for (unsigned i = 0; i < PROC_SECOND_PIPES_MAX; i++) {
        due = due || process->seconds_due[i];
    }
    return due;
}

int crew_wait_ms(const struct crew *crew)
{
    int64_t now_us = clock_monotonic_us(&crew->clock);
    int64_t soonest_us = INT64_MAX;
    bool stopping = crew->stop_step != STOP_NONE;

    for (unsigned i = 0; i < crew->slot_count && !stopping; i++) {
        const struct slot *slot = &crew->slots[i];
        if (slot->serving == NULL || (slot->renew && slot->due_us > now_us)) {
            crew_sooner(&soonest_us, slot->due_us);
        }
    }
    for (unsigned i = 0; i < PROC_PROCESSES_MAX; i++) {
        const struct process *process = &crew->processes[i];
        if (process->state == PROCESS_FREE || process->state == PROCESS_KILLED) {
            continue;
        }
        if (process->deadline_us != 0) {
            crew_sooner(&soonest_us, process->deadline_us);
        }
        bool due = seconds_due(process) || (process->pipe_due && crew->slots[0].serving != NULL);
        if (due && !stopping) {
            crew_sooner(&soonest_us, now_us + CREW_RETRY_US);
        }
    }
    if (crew->tells && !stopping) {
        crew_sooner(&soonest_us, crew->tell_us);
    }
    if (soonest_us == INT64_MAX) {
        return -1;
    }
    int64_t wait_ms = (soonest_us - now_us + US_PER_MS - 1) / US_PER_MS;
    return wait_ms < 0 ? 0 : wait_ms > INT32_MAX ? INT32_MAX : (int)wait_ms;
}
