/*
 * The core's loop.
 *
 * Invariants
 * 1. One turn: take what waits on every pipe, serve it as one batch, then the small housekeeping
 *    (tiles, keeper, aggregates). No frame holds the core longer than its work (I9).
 * 2. Whatever leaves the state in doubt ends the process with nothing released; the supervisor
 *    starts another, which recovers (I2). A state that cannot be trusted at start is
 *    PROC_EXIT_REFUSED: nobody starts another.
 */
#include "core/core.h"

#include "base/check.h"
#include "base/log.h"
#include "base/memory.h"
#include "core/letter_key.h"
#include "core/loop.h"
#include "core/rights.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define RETRY_US 1000000
#define AGEING_US 60000000
#define POLL_MAX (3 + CORE_PEERS_MAX + CORE_ADMINS_MAX)

/* What is read before the rights are dropped. */
struct prepared {
    struct house_keys keys;
    struct cms_signer *letters; /* NULL: this house signs none */
};

int core_prepare(struct child *child)
{
    struct prepared *prepared = memory_new(1, sizeof(*prepared));
    CHECK(prepared != NULL);
    struct outcome outcome = house_keys_read(child->grants[GRANT_KEYS_DIR], &prepared->keys);
    if (outcome_ok(outcome)) {
        outcome = letter_key_read(child->grants[GRANT_KEYS_DIR], &prepared->letters);
    }
    if (!outcome_ok(outcome)) {
        log_outcome(LOG_LEVEL_ERROR, "keys", outcome);
        return PROC_EXIT_REFUSED;
    }
    child->prepared = prepared;
    return 0;
}

struct cms_signer *core_letter_signer(const struct core *core)
{
    return core->letter_signer;
}

static int signals_open(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
    signal(SIGPIPE, SIG_IGN);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* What one place in the poll set stands for. */
struct watch {
    struct peer *peer;
    struct admin *admin;
};

static unsigned watch_all(struct core *core, struct pollfd *fds, struct watch *watches)
{
    unsigned n = 3;
    fds[0] = (struct pollfd){.fd = core->child->control_fd, .events = POLLIN};
    fds[1] = (struct pollfd){.fd = core->signal_fd, .events = POLLIN};
    fds[2] = (struct pollfd){.fd = core->child->grants[GRANT_ADMIN_LISTENER], .events = POLLIN};
    for (unsigned i = 0; i < CORE_PEERS_MAX; i++) {
        struct peer *peer = &core->peers[i];
        if (peer->pipe.fd < 0) {
            continue;
        }
        /* A peer that does not take its answers is not read from either, nor one of which frames
         * are left. */
        bool deaf = peer->waiting || peer->held || peer_choked(peer);
        short events = (short)((deaf ? 0 : POLLIN) | (pipe_pending(&peer->pipe) > 0 ? POLLOUT : 0));
        fds[n] = (struct pollfd){.fd = peer->pipe.fd, .events = events};
        watches[n++] = (struct watch){.peer = peer};
    }
    for (unsigned i = 0; i < CORE_ADMINS_MAX; i++) {
        if (core->admins[i].pipe.fd >= 0) {
            fds[n] = (struct pollfd){.fd = core->admins[i].pipe.fd, .events = POLLIN};
            watches[n++] = (struct watch){.admin = &core->admins[i]};
        }
    }
    return n;
}

static void take_control(struct core *core)
{
    for (;;) {
        struct proc_peer found = {0};
        struct outcome outcome = proc_receive_peer(core->child->control_fd, &found);
        if (outcome.fault == FAULT_AGAIN) {
            return;
        }
        if (outcome.fault == FAULT_CLOSED) {
            core->stopping = true;
            return;
        }
        if (!outcome_ok(outcome)) {
            log_outcome(LOG_LEVEL_ERROR, "control", outcome);
            return;
        }
        peer_open(core, &found);
    }
}

static struct outcome take_ready(struct core *core, const struct pollfd *fds,
                                 const struct watch *watches, unsigned count)
{
    for (unsigned i = 3; i < count; i++) {
        struct peer *peer = watches[i].peer;
        if (peer != NULL && (fds[i].revents & POLLOUT) != 0) {
            peer->broken = peer->broken || !outcome_ok(pipe_flush(&peer->pipe));
        }
        if (peer != NULL && (fds[i].revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
            struct outcome outcome = pipe_fill(&peer->pipe);
            peer->broken = peer->broken || (!outcome_ok(outcome) && outcome.fault != FAULT_AGAIN);
        }
    }
    TRY(peers_take(core));
    for (unsigned i = 3; i < count; i++) {
        if (watches[i].admin != NULL && fds[i].revents != 0) {
            TRY(admins_take(core, watches[i].admin));
        }
    }
    return OUTCOME_OK;
}

/* Looks for room again, and tells the channels when writing has stopped or goes on. */
static void watch_health(struct core *core)
{
    struct ledger *ledger = core->house->ledger;
    int64_t now_us = clock_monotonic_us(&core->house->clock);
    if (!ledger_writable(ledger) && now_us >= core->retry_us) {
        outcome_ignore(ledger_retry(ledger)); /* ledger_writable() says how it went */
        core->retry_us = now_us + RETRY_US;
    }
    if (ledger_writable(ledger) != core->writable) {
        core->writable = ledger_writable(ledger);
        log_line(LOG_LEVEL_WARN, "ledger", "writable=%d", core->writable ? 1 : 0);
        peers_tell_health(core);
    }
}

/* Acts in force that the office's store had no room for. */
static struct outcome store_late(struct core *core)
{
    int64_t now_us = clock_monotonic_us(&core->house->clock);
    if (office_late(core->house->office) == 0 || now_us < core->late_us) {
        return OUTCOME_OK;
    }
    core->late_us = now_us + RETRY_US;
    struct outcome outcome = office_store_late(core->house->office);
    return outcome.fault == FAULT_NO_SPACE ? OUTCOME_OK : outcome;
}

/* What dates do, at start and then every minute, step by step. */
static struct outcome watch_dates(struct core *core)
{
    struct house *house = core->house;
    int64_t now_us = clock_monotonic_us(&house->clock);
    if (!core->ageing.under_way && now_us < core->ageing_us) {
        return OUTCOME_OK;
    }
    core->ageing_us = now_us + AGEING_US;
    struct outcome outcome =
        office_age(house->office, &house->directory, clock_wall_us(&house->clock),
                   (uint32_t)getuid(), &core->ageing);
    return core_survives(outcome) ? OUTCOME_OK : outcome;
}

/* Published by an act or by its day: the channels get its texts. */
static void watch_policy(struct core *core)
{
    struct office *office = core->house->office;
    office_turn(office, clock_wall_us(&core->house->clock));
    const struct policy *policy = office_policy(office);
    if (policy != NULL && strcmp(core->policy_told, policy_hash(policy)) != 0) {
        memcpy(core->policy_told, policy_hash(policy), sizeof(core->policy_told));
        log_line(LOG_LEVEL_INFO, "policy-in-force", "sha256=%s", core->policy_told);
        peers_tell_health(core);
    }
}

/* Old records for histories, or for a sheet: a turn has time for one of both (I9). */
static struct outcome read_rows(struct core *core)
{
    bool waits = histories_wait(&core->histories);
    core->sheet_turn = printing_busy(core) && (!waits || !core->sheet_turn);
    return core->sheet_turn ? printing_keep(core) : histories_keep(core);
}

static struct outcome housekeeping(struct core *core)
{
    TRY(ledger_tick(core->house->ledger, &core->tick_wait_ms));
    gate_tick(core->house->gate, &core->gate_busy);
    if (ledger_writable(core->house->ledger)) {
        struct outcome outcome = gate_aggregate(core->house->gate, false, &core->aggregate_wait_ms);
        if (!outcome_ok(outcome) && outcome.fault != FAULT_NO_SPACE) {
            return outcome;
        }
    }
    TRY(store_late(core));
    watch_policy(core);
    TRY(watch_dates(core));
    TRY(searches_keep(core));
    extracts_keep(core);
    wishes_keep(core);
    TRY(finds_keep(core));
    TRY(letters_keep(core));
    sessions_sweep(&core->sessions, clock_monotonic_us(&core->house->clock));
    TRY(read_rows(core));
    printing_watch(core);
    keymaps_keep(core);
    TRY(news_keep(core));
    TRY(inbox_keep(core));
    TRY(notices_keep(core));
    TRY(outbox_keep(core));
    TRY(codes_step(core));
    TRY(rotations_keep(core));
    TRY(retention_step(core->house, &core->retention, (uint32_t)getuid(), &core->retention_busy));
    watch_health(core);
    peers_keep(core);
    figures_tell(core);
    TRY(peers_sweep(core));
    admins_sweep(core);
    return OUTCOME_OK;
}

static int wait_ms(const struct core *core)
{
    uint32_t wait =
        core->tick_wait_ms < core->aggregate_wait_ms ? core->tick_wait_ms : core->aggregate_wait_ms;
    uint32_t wait_max = peers_hold(core) ? 1 : rotations_busy(core) ? 50 : 1000;
    bool busy = peers_wait(core) || core->ageing.under_way || letters_busy(core) ||
                core->gate_busy || histories_wait(&core->histories) || printing_busy(core) ||
                outbox_busy(core) || inbox_busy(core) || notices_busy(core) || news_busy(core) ||
                core->retention_busy;
    return busy ? 0 : (int)(wait > wait_max ? wait_max : wait);
}

static struct outcome turn(struct core *core)
{
    struct pollfd fds[POLL_MAX];
    struct watch watches[POLL_MAX] = {0};
    unsigned count = watch_all(core, fds, watches);
    if (poll(fds, count, wait_ms(core)) < 0 && errno != EINTR) {
        return outcome_sys(errno, "poll");
    }
    if (fds[0].revents != 0) {
        take_control(core);
    }
    if ((fds[1].revents & POLLIN) != 0) {
        core->stopping = true;
    }
    if ((fds[2].revents & POLLIN) != 0) {
        admin_accept(core);
    }
    TRY(take_ready(core, fds, watches, count));
    return housekeeping(core);
}

static struct outcome core_open(struct core *core, const struct child *child)
{
    char why[HOUSE_WHY_BYTES] = "";
    struct prepared *prepared = child->prepared;
    core->child = child;
    core->letter_signer = prepared->letters;
    prepared->letters = NULL;
    for (unsigned i = 0; i < CORE_PEERS_MAX; i++) {
        core->peers[i].pipe.fd = -1;
    }
    for (unsigned i = 0; i < CORE_ADMINS_MAX; i++) {
        core->admins[i].pipe.fd = -1;
    }
    letters_open(&core->letters);
    sessions_init(&core->sessions);
    core->keymaps.fd = DISK_CLOSED;
    core->signal_fd = signals_open();
    struct outcome outcome = house_open(child->home_path, child->grants[GRANT_HOME_DIR],
                                        &prepared->keys, REGISTRY_READ, &core->house, why);
    if (!outcome_ok(outcome)) {
        log_line(LOG_LEVEL_ERROR, "core-refuses", "why=\"%s\"", why);
        return outcome;
    }
    const struct paper_port papers = {papers_have, core};
    office_papers_set(core->house->office, papers);
    keymaps_open(core);
    outcome = rotations_open(core);
    if (!outcome_ok(outcome)) {
        log_line(LOG_LEVEL_ERROR, "core-refuses", "why=\"%s\"", outcome.what);
        return outcome;
    }
    news_begin(core);
    notices_begin(core);
    core->writable = ledger_writable(core->house->ledger);
    core->figures[CORE_STARTED_S] = (uint64_t)(clock_wall_us(&core->house->clock) / 1000000);
    log_line(LOG_LEVEL_INFO, "ledger-open", "entries=%llu replayed=%llu",
             (unsigned long long)ledger_size(core->house->ledger),
             (unsigned long long)core->house->replayed);
    return proc_tell_ready(child);
}

static void core_close(struct core *core)
{
    for (unsigned i = 0; i < CORE_PEERS_MAX; i++) {
        core->peers[i].broken = true;
    }
    for (unsigned i = 0; i < CORE_ADMINS_MAX; i++) {
        core->admins[i].broken = true;
    }
    outcome_ignore(peers_sweep(core)); /* it ends in any case */
    admins_sweep(core);
    rereads_done(&core->rereads);
    histories_done(&core->histories);
    printing_close(&core->printing);
    searches_done(&core->searches);
    wishes_forget(core);
    letters_close(&core->letters);
    sessions_done(&core->sessions);
    keymaps_close(core);
    house_close(core->house);
    cms_signer_free(core->letter_signer);
    if (core->signal_fd >= 0) {
        close(core->signal_fd);
    }
    memory_free(core);
}

/* Refusals that were answered and only counted so far. */
static void record_rest(struct core *core)
{
    uint32_t wait_ms = 0;
    if (!ledger_writable(core->house->ledger)) {
        return;
    }
    struct outcome outcome = gate_aggregate(core->house->gate, true, &wait_ms);
    if (!outcome_ok(outcome)) {
        log_outcome(LOG_LEVEL_ERROR, "aggregates-not-recorded", outcome);
    }
}

int core_main(struct child *child)
{
    struct core *core = memory_new(1, sizeof(*core));
    CHECK(core != NULL);
    struct outcome outcome = core_open(core, child);
    memory_wipe(child->prepared, sizeof(struct prepared));
    if (!outcome_ok(outcome)) {
        core_close(core);
        bool wait = outcome.fault == FAULT_BUSY || outcome.fault == FAULT_NO_SPACE ||
                    outcome.fault == FAULT_NO_MEMORY;
        return wait ? EXIT_FAILURE : PROC_EXIT_REFUSED;
    }
    while (outcome_ok(outcome) && !core->stopping) {
        outcome = turn(core);
    }
    if (!outcome_ok(outcome)) {
        /* In doubt: end at once, write nothing more; recovery decides what holds. */
        log_outcome(LOG_LEVEL_ERROR, "core-ends", outcome);
        _exit(EXIT_FAILURE);
    }
    record_rest(core);
    core_close(core);
    return EXIT_SUCCESS;
}
