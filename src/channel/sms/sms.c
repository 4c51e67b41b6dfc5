/*
 * The process `sms`: its loop.
 *
 * Invariants
 *  1. It serves from its start: a centre that is not there is tried again and again, and what is to
 *     be sent waits with the core.
 *  2. At its end it leaves the centre in good order, within DRAIN_S_MAX.
 *  3. The core is told that a message was accepted before its receipt is confirmed to the centre:
 * or a death between would leave it in doubt for ever.
 */
#include "channel/sms/sms.h"

#include "channel/sms/private.h"

#include "base/check.h"
#include "base/log.h"
#include "base/memory.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#define TURN_MS_MAX 1000
#define BUSY_MS 20 /* something may become due: a part in doubt, the rate, a question */
#define LEAVE_S_MAX 3

enum { POLL_SIGNAL, POLL_CONTROL, POLL_CORE, POLL_CENTRE, POLL_COUNT };

int sms_prepare(struct child *child)
{
    struct sms *sms = memory_new(1, sizeof(struct sms));
    struct policy_error error;

    if (sms == NULL) {
        log_outcome(LOG_LEVEL_ERROR, "sms", outcome_fail(FAULT_NO_MEMORY, "sms"));
        return EXIT_FAILURE;
    }
    struct outcome outcome =
        sms_settings_read(child->grants[GRANT_SMS_DIR], &sms->settings, &error);
    if (!outcome_ok(outcome)) {
        log_line(LOG_LEVEL_ERROR, "sms-settings-refused", "why=\"%s\"",
                 error.text[0] == '\0' ? outcome.what : error.text);
        memory_free(sms);
        return PROC_EXIT_REFUSED;
    }
    child->prepared = sms;
    return 0;
}

/* ---- the core ---- */

static void core_lost(struct sms *sms, struct outcome why)
{
    pipe_lose(&sms->core, why);
    incoming_core_lost(sms);
}

static struct outcome take_frame(struct sms *sms, const struct frame *frame)
{
    switch (frame->kind) {
    case FRAME_SMS:
        return incoming_told(sms, frame);
    case FRAME_SMS_OUT:
        return outgoing_take(sms, frame);
    default:
        return outcome_fail(FAULT_BAD_INPUT, "a frame that is not for sms");
    }
}

static struct outcome take_core(struct sms *sms, short events)
{
    if ((events & POLLOUT) != 0) {
        TRY(pipe_flush(&sms->core));
    }
    struct outcome filled = pipe_fill(&sms->core);
    for (;;) {
        struct frame frame;
        struct outcome outcome = pipe_next(&sms->core, &frame);
        if (outcome.fault == FAULT_AGAIN) {
            return filled;
        }
        TRY(outcome);
        TRY(take_frame(sms, &frame));
    }
}

static void hear_core(struct sms *sms, short events)
{
    struct outcome outcome = take_core(sms, events);

    if (!outcome_ok(outcome) && outcome.fault != FAULT_AGAIN) {
        core_lost(sms, outcome);
    }
}

static void flush_core(struct sms *sms)
{
    struct outcome outcome = pipe_is_open(&sms->core) ? pipe_flush(&sms->core) : OUTCOME_OK;

    if (!outcome_ok(outcome)) {
        core_lost(sms, outcome);
    }
}

/* ---- the supervisor ---- */

/* False when it is gone. */
static bool hear_supervisor(struct sms *sms)
{
    struct proc_peer peer;
    struct outcome outcome = proc_receive_peer(sms->child->control_fd, &peer);

    if (outcome_ok(outcome) && peer.row == PROC_DIALED) {
        link_given(sms, peer.fd);
    } else if (outcome_ok(outcome)) {
        if (pipe_is_open(&sms->core)) {
            core_lost(sms, outcome_fail(FAULT_CLOSED, "replaced"));
        }
        pipe_renew(&sms->core, peer.fd);
    } else if (outcome.fault == FAULT_BAD_INPUT) {
        log_outcome(LOG_LEVEL_ERROR, "control-frame", outcome);
    }
    return outcome.fault != FAULT_CLOSED;
}

/* ---- the process ---- */

/* Something may be due before anything happens. */
static bool is_busy(const struct sms *sms)
{
    bool busy =
        sms->link.state == LINK_DOWN || prints_unsure(&sms->prints) || sms->outgoings.hold_ms > 0;

    for (unsigned i = 0; i < OUTBOX_OFFERED_MAX && !busy; i++) {
        busy = sms->outgoings.places[i].used;
    }
    return busy;
}

static void arrange(const struct sms *sms, struct pollfd *polls)
{
    bool piped = pipe_is_open(&sms->core);
    short writes = piped && pipe_pending(&sms->core) > 0 ? POLLOUT : 0;

    polls[POLL_SIGNAL] =
        (struct pollfd){.fd = sms->stopping ? -1 : sms->signal_fd, .events = POLLIN};
    polls[POLL_CONTROL] = (struct pollfd){.fd = sms->child->control_fd, .events = POLLIN};
    polls[POLL_CORE] =
        (struct pollfd){.fd = piped ? sms->core.fd : -1, .events = (short)(POLLIN | writes)};
    polls[POLL_CENTRE] = (struct pollfd){
        .fd = sms->link.dialed.fd, .events = dialed_events(&sms->link.dialed, link_reads(sms))};
}

/* False when it is to end at once. */
static bool turn(struct sms *sms)
{
    struct pollfd polls[POLL_COUNT];

    arrange(sms, polls);
    if (poll(polls, POLL_COUNT, is_busy(sms) ? BUSY_MS : TURN_MS_MAX) < 0) {
        CHECK(errno == EINTR);
        return true;
    }
    if (polls[POLL_CORE].revents != 0) {
        hear_core(sms, polls[POLL_CORE].revents);
    }
    link_hear(sms, polls[POLL_CENTRE].revents);
    bool more = polls[POLL_CONTROL].revents == 0 || hear_supervisor(sms);
    if (polls[POLL_SIGNAL].revents != 0) { /* invariant 2 */
        sms->stopping = true;
        sms->stop_us = clock_monotonic_us(&sms->clock) + (int64_t)LEAVE_S_MAX * US_PER_S;
        link_leave(sms);
    }
    joins_sweep(&sms->joins, clock_monotonic_us(&sms->clock));
    flush_core(sms); /* invariant 3 */
    link_turn(sms);
    flush_core(sms);
    return more;
}

static bool is_done(const struct sms *sms)
{
    return sms->stopping &&
           (sms->link.state == LINK_DOWN || clock_monotonic_us(&sms->clock) >= sms->stop_us);
}

static struct outcome serve(struct sms *sms)
{
    if (sms->signal_fd < 0) {
        return outcome_sys(errno, "signalfd");
    }
    TRY(proc_tell_ready(sms->child)); /* invariant 1 */
    while (turn(sms) && !is_done(sms)) {
        /* what happens, happens in turn() */
    }
    return OUTCOME_OK;
}

static void log_counts(const struct sms_counts *counts)
{
    log_line(LOG_LEVEL_INFO, "stopped",
             "links=%llu taken=%llu returned=%llu again=%llu unread=%llu parts=%llu receipts=%llu "
             "accepted=%llu refused=%llu throttled=%llu garbage=%llu",
             (unsigned long long)counts->links, (unsigned long long)counts->taken,
             (unsigned long long)counts->returned, (unsigned long long)counts->again,
             (unsigned long long)counts->unread, (unsigned long long)counts->parts,
             (unsigned long long)counts->receipts, (unsigned long long)counts->accepted,
             (unsigned long long)counts->refused, (unsigned long long)counts->throttled,
             (unsigned long long)counts->garbage);
}

int sms_main(struct child *child)
{
    struct sms *sms = child->prepared;

    CHECK(sms != NULL);
    sms->child = child;
    sms->clock = clock_system();
    sms->signal_fd = proc_open_sigterm();
    prints_init(&sms->prints, clock_monotonic_us(&sms->clock));
    link_init(sms);
    if (child->core_fd >= 0) {
        pipe_init(&sms->core, child->core_fd);
    }
    struct outcome outcome = serve(sms);
    if (!outcome_ok(outcome)) {
        log_outcome(LOG_LEVEL_ERROR, "sms", outcome);
    }
    log_counts(&sms->counts);
    dialed_done(&sms->link.dialed);
    if (pipe_is_open(&sms->core)) {
        pipe_done(&sms->core);
    }
    if (sms->signal_fd >= 0) {
        (void)close(sms->signal_fd);
    }
    sms_settings_done(&sms->settings);
    memory_free(sms);
    return outcome_ok(outcome) ? EXIT_SUCCESS : EXIT_FAILURE;
}
