/*
 * The process `verify`: pipes from the desk, one to the core, and the acts in hand between them.
 * Edges with their asks (fronts.c) and `signin` with its tokens (portals.c) are beside it.
 *
 * Invariants
 *  1. What the core is told was signed (stamp.h); of what was not it hears the hashes alone.
 *  2. Every act that a desk sent is answered once: by the core, or, when the core's pipe ends, with
 *     ACT_CODE_UNAVAILABLE, since nobody here knows whether it was recorded.
 *  3. At most SIGNED_PENDING_MAX acts are in hand: beyond, desks are not read (I9).
 */
#include "verify/verify.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "verify/changes.h"
#include "verify/fronts.h"
#include "verify/portals.h"
#include "verify/stamp.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#define TURN_MS_MAX 1000
#define CORE_ROOM_BYTES (PIPE_QUEUE_BYTES_MAX / 2) /* more waits for the core: desks wait too */

enum { POLL_SIGNAL, POLL_CONTROL, POLL_CORE, POLL_DESKS };
#define POLL_FRONTS (POLL_DESKS + SIGNED_DESKS_MAX)
#define POLL_PORTALS (POLL_FRONTS + VOUCH_FRONTS_MAX)
#define POLL_COUNT (POLL_PORTALS + SIGNIN_PIPES_MAX)

struct desk {
    struct pipe_end pipe; /* fd -1: free place */
    uint64_t serial;      /* of the pipe; 0 = never had one */
    bool broken;
};

/* An act, or a set of changes, that the core has been told. */
struct pending {
    bool used;
    bool changes;
    uint32_t serial; /* of the act in this place: with the place, the tag */
    uint64_t desk;   /* serial of the desk's pipe */
    uint64_t tag;    /* the desk's */
};

struct verify {
    const struct child *child;
    struct clock_port clock;
    int signal_fd;
    bool stopping;
    int64_t stop_us; /* monotonic: ends then at the latest */
    bool piped;
    struct pipe_end core;
    struct desk desks[SIGNED_DESKS_MAX];
    uint64_t desk_serial;
    struct pending pending[SIGNED_PENDING_MAX];
    unsigned pending_count;
    struct signers signers;
    struct signers sources; /* of changes */
    struct stamping stamping;
    struct feeding_changed changed; /* the answer in hand */
    struct fronts fronts;           /* edges with their signed asks */
    struct portals portals;         /* `signin` with its tokens */
    uint64_t stamped;
    uint64_t refused; /* signatures */
};

/* ---- answers to desks ---- */

static struct desk *desk_find(struct verify *verify, uint64_t serial)
{
    for (unsigned i = 0; i < SIGNED_DESKS_MAX; i++) {
        struct desk *desk = &verify->desks[i];
        if (desk->pipe.fd >= 0 && desk->serial == serial && !desk->broken) {
            return desk;
        }
    }
    return NULL;
}

static void answer(struct desk *desk, const struct signed_done *done)
{
    signed_put_done(&desk->pipe.out, done);
    desk->broken = desk->broken || !outcome_ok(pipe_flush(&desk->pipe));
}

static void answer_set(struct desk *desk, uint64_t tag, enum set_code code)
{
    feeding_put_code(&desk->pipe.out, tag, code);
    desk->broken = desk->broken || !outcome_ok(pipe_flush(&desk->pipe));
}

static void answer_code(struct desk *desk, uint64_t tag, enum act_code code)
{
    struct signed_done done = {.tag = tag, .code = code};

    answer(desk, &done);
}

/* ---- acts in hand ---- */

static struct pending *pending_new(struct verify *verify, const struct desk *desk, uint64_t tag,
                                   uint64_t *ret_tag)
{
    CHECK(verify->pending_count < SIGNED_PENDING_MAX);
    unsigned place = 0;

    while (verify->pending[place].used) {
        place++;
    }
    struct pending *pending = &verify->pending[place];
    *pending = (struct pending){
        .used = true, .serial = pending->serial + 1, .desk = desk->serial, .tag = tag};
    verify->pending_count++;
    *ret_tag = (uint64_t)pending->serial << 32 | place;
    return pending;
}

/* NULL: none has that tag, or no more. */
static struct pending *pending_find(struct verify *verify, uint64_t tag)
{
    uint64_t place = tag & UINT32_MAX;

    if (place >= SIGNED_PENDING_MAX || !verify->pending[place].used ||
        verify->pending[place].serial != tag >> 32) {
        return NULL;
    }
    return &verify->pending[place];
}

static void pending_end(struct verify *verify, struct pending *pending)
{
    CHECK(pending->used && verify->pending_count > 0);
    pending->used = false;
    verify->pending_count--;
}

static void core_lost(struct verify *verify, struct outcome why)
{
    if (why.fault != FAULT_CLOSED) {
        log_outcome(LOG_LEVEL_ERROR, "core-pipe", why);
    }
    pipe_done(&verify->core);
    verify->piped = false;
    verify->signers.told = false;
    verify->sources.told = false;
    fronts_core_lost(&verify->fronts);
    portals_core_lost(&verify->portals);
    for (unsigned i = 0; i < SIGNED_PENDING_MAX; i++) { /* invariant 2 */
        struct pending *pending = &verify->pending[i];
        if (pending->used) {
            struct desk *desk = desk_find(verify, pending->desk);
            if (desk != NULL && pending->changes) {
                answer_set(desk, pending->tag, SET_CODE_UNAVAILABLE);
            } else if (desk != NULL) {
                answer_code(desk, pending->tag, ACT_CODE_UNAVAILABLE);
            }
            pending_end(verify, pending);
        }
    }
}

/* ---- from the desk ---- */

static void take_asked(struct verify *verify, struct desk *desk, const struct signed_asked *asked)
{
    struct view origin = view_text(verify->child->settings.origin);
    struct signed_stamped stamped;

    if (!verify->piped || !verify->signers.told) {
        answer_code(desk, asked->tag, ACT_CODE_UNAVAILABLE);
        return;
    }
    stamp(&verify->signers, origin, asked, &verify->stamping, &stamped); /* invariant 1 */
    if (stamped.code == ACT_CODE_SIGNATURE_INVALID) {
        verify->refused++;
    } else {
        verify->stamped++;
    }
    (void)pending_new(verify, desk, asked->tag, &stamped.tag);
    signed_put_stamped(&verify->core.out, &stamped);
    struct outcome outcome = pipe_flush(&verify->core);
    if (!outcome_ok(outcome)) {
        core_lost(verify, outcome);
    }
}

static void take_changes(struct verify *verify, struct desk *desk, const struct signed_asked *asked)
{
    struct feeding_stamped stamped;

    if (!verify->piped || !verify->sources.told) {
        answer_set(desk, asked->tag, SET_CODE_UNAVAILABLE);
        return;
    }
    if (!changes_stamp(&verify->sources, asked, &verify->stamping.room, &stamped)) {
        verify->refused++; /* nothing of it goes further */
        answer_set(desk, asked->tag, SET_CODE_SIGNATURE_INVALID);
        return;
    }
    verify->stamped++;
    pending_new(verify, desk, asked->tag, &stamped.tag)->changes = true;
    feeding_put_stamped(&verify->core.out, &stamped);
    struct outcome outcome = pipe_flush(&verify->core);
    if (!outcome_ok(outcome)) {
        core_lost(verify, outcome);
    }
}

static struct outcome take_desk_frame(struct verify *verify, struct desk *desk,
                                      const struct frame *frame)
{
    struct signed_asked asked;

    if (frame->kind == FRAME_CHANGES) {
        TRY(feeding_get_asked(frame, &asked));
        take_changes(verify, desk, &asked);
        return OUTCOME_OK;
    }
    TRY(signed_get_asked(frame, &asked));
    take_asked(verify, desk, &asked);
    return OUTCOME_OK;
}

/* Invariant 3. */
static bool has_room(const struct verify *verify)
{
    return verify->pending_count < SIGNED_PENDING_MAX &&
           (!verify->piped || pipe_pending(&verify->core) < CORE_ROOM_BYTES);
}

static void take_desk(struct verify *verify, struct desk *desk)
{
    while (!desk->broken && has_room(verify)) {
        struct frame frame;
        struct outcome outcome = pipe_next(&desk->pipe, &frame);
        if (outcome.fault == FAULT_AGAIN) {
            return;
        }
        if (outcome_ok(outcome)) {
            outcome = take_desk_frame(verify, desk, &frame);
        }
        if (!outcome_ok(outcome)) {
            log_outcome(LOG_LEVEL_ERROR, "desk-broken", outcome);
            desk->broken = true;
            return;
        }
    }
}

static void hear_desk(struct desk *desk, short events)
{
    if ((events & POLLOUT) != 0) {
        desk->broken = desk->broken || !outcome_ok(pipe_flush(&desk->pipe));
    }
    if ((events & ~POLLOUT) != 0 && !desk->broken) {
        struct outcome outcome = pipe_fill(&desk->pipe);
        desk->broken = !outcome_ok(outcome) && outcome.fault != FAULT_AGAIN;
    }
}

static void desks_sweep(struct verify *verify)
{
    for (unsigned i = 0; i < SIGNED_DESKS_MAX; i++) {
        struct desk *desk = &verify->desks[i];
        if (desk->pipe.fd >= 0 && desk->broken) {
            pipe_done(&desk->pipe);
            *desk = (struct desk){.pipe.fd = -1};
        }
    }
}

static void desk_open(struct verify *verify, int fd)
{
    for (unsigned i = 0; i < SIGNED_DESKS_MAX; i++) {
        struct desk *desk = &verify->desks[i];
        if (desk->pipe.fd < 0) {
            *desk = (struct desk){.serial = ++verify->desk_serial};
            pipe_init(&desk->pipe, fd);
            return;
        }
    }
    log_line(LOG_LEVEL_ERROR, "desk-refused", "why=\"too many pipes\"");
    (void)close(fd);
}

/* ---- from the core ---- */

static struct outcome take_done(struct verify *verify, const struct frame *frame)
{
    struct signed_done done;

    TRY(signed_get_done(frame, &done));
    struct pending *pending = pending_find(verify, done.tag);
    if (pending == NULL || pending->changes) {
        return outcome_fail(FAULT_BAD_INPUT, "an answer to no act in hand");
    }
    struct desk *desk = desk_find(verify, pending->desk);
    done.tag = pending->tag;
    if (desk != NULL) {
        answer(desk, &done);
    }
    pending_end(verify, pending);
    return OUTCOME_OK;
}

static struct outcome take_changed(struct verify *verify, const struct frame *frame)
{
    struct feeding_changed *changed = &verify->changed;

    TRY(feeding_get_changed(frame, changed));
    struct pending *pending = pending_find(verify, changed->tag);
    if (pending == NULL || !pending->changes) {
        return outcome_fail(FAULT_BAD_INPUT, "an answer to no changes in hand");
    }
    struct desk *desk = desk_find(verify, pending->desk);
    changed->tag = pending->tag;
    if (desk != NULL) {
        feeding_put_changed(&desk->pipe.out, changed);
        desk->broken = desk->broken || !outcome_ok(pipe_flush(&desk->pipe));
    }
    pending_end(verify, pending);
    return OUTCOME_OK;
}

static struct outcome take_core_frame(struct verify *verify, const struct frame *frame)
{
    switch (frame->kind) {
    case FRAME_SIGNERS:
        return signers_take(&verify->signers, frame);
    case FRAME_SOURCES:
        return signers_take(&verify->sources, frame);
    case FRAME_CHANGED:
        return take_changed(verify, frame);
    case FRAME_ASK_KEYS:
        return ask_keys_take(&verify->fronts.keys, frame);
    case FRAME_ANSWERS:
        return fronts_answer(&verify->fronts, frame);
    case FRAME_SIGNIN:
        return portals_providers(&verify->portals, frame);
    case FRAME_SIGNED_IN:
        return portals_answer(&verify->portals, frame);
    default:
        return take_done(verify, frame);
    }
}

static struct outcome take_core(struct verify *verify)
{
    struct outcome filled = pipe_fill(&verify->core);

    for (;;) {
        struct frame frame;
        struct outcome outcome = pipe_next(&verify->core, &frame);
        if (outcome.fault == FAULT_AGAIN) {
            return filled.fault == FAULT_AGAIN ? OUTCOME_OK : filled;
        }
        TRY(outcome);
        TRY(take_core_frame(verify, &frame));
    }
}

static void core_open(struct verify *verify, int fd)
{
    if (verify->piped) {
        core_lost(verify, outcome_fail(FAULT_CLOSED, "replaced"));
    }
    pipe_init(&verify->core, fd);
    verify->piped = true;
}

static void hear_core(struct verify *verify, short events)
{
    struct outcome outcome = OUTCOME_OK;

    if ((events & POLLOUT) != 0) {
        outcome = pipe_flush(&verify->core);
    }
    if (outcome_ok(outcome) && (events & ~POLLOUT) != 0) {
        outcome = take_core(verify);
    }
    if (!outcome_ok(outcome)) {
        core_lost(verify, outcome);
    }
}

/* ---- the supervisor ---- */

/* Is it one of those that may say that to the core? Edges put asks, `signin` tokens, the others
 * acts. */
static bool says(const struct verify *verify, const struct proc_peer *peer, enum frame_kind kind)
{
    const struct proc_row *rows = verify->child->row - verify->child->row_number;

    return frame_set_has(rows[peer->row].frames, kind);
}

/* False when it is gone. */
static bool hear_supervisor(struct verify *verify)
{
    struct proc_peer peer;
    struct outcome outcome = proc_receive_peer(verify->child->control_fd, &peer);

    if (outcome_ok(outcome) && peer.row == verify->child->row_number) {
        core_open(verify, peer.fd);
    } else if (outcome_ok(outcome) && says(verify, &peer, FRAME_ASKS)) {
        fronts_open(&verify->fronts, peer.fd);
    } else if (outcome_ok(outcome) && says(verify, &peer, FRAME_TOKEN)) {
        portals_open(&verify->portals, peer.fd);
    } else if (outcome_ok(outcome)) {
        desk_open(verify, peer.fd);
    } else if (outcome.fault == FAULT_BAD_INPUT) {
        log_outcome(LOG_LEVEL_ERROR, "control-frame", outcome);
    }
    return outcome.fault != FAULT_CLOSED;
}

/* ---- the process ---- */

static short wanted(const struct pipe_end *pipe, bool reads)
{
    return (short)((reads ? POLLIN : 0) | (pipe_pending(pipe) > 0 ? POLLOUT : 0));
}

static void arrange(const struct verify *verify, struct pollfd *polls)
{
    bool reads = has_room(verify);

    polls[POLL_SIGNAL] =
        (struct pollfd){.fd = verify->stopping ? -1 : verify->signal_fd, .events = POLLIN};
    polls[POLL_CONTROL] = (struct pollfd){.fd = verify->child->control_fd, .events = POLLIN};
    polls[POLL_CORE] = (struct pollfd){.fd = -1};
    if (verify->piped) {
        polls[POLL_CORE] =
            (struct pollfd){.fd = verify->core.fd, .events = wanted(&verify->core, true)};
    }
    for (unsigned i = 0; i < SIGNED_DESKS_MAX; i++) {
        const struct desk *desk = &verify->desks[i];
        polls[POLL_DESKS + i] = (struct pollfd){.fd = -1};
        if (desk->pipe.fd >= 0) {
            polls[POLL_DESKS + i] =
                (struct pollfd){.fd = desk->pipe.fd, .events = wanted(&desk->pipe, reads)};
        }
    }
    fronts_arrange(&verify->fronts, reads, polls + POLL_FRONTS);
    portals_arrange(&verify->portals, polls + POLL_PORTALS);
}

static bool has_desk(const struct verify *verify)
{
    for (unsigned i = 0; i < SIGNED_DESKS_MAX; i++) {
        if (verify->desks[i].pipe.fd >= 0) {
            return true;
        }
    }
    return false;
}

/* The desk drains first; what it still sends is served until its pipes end. */
static bool is_done(const struct verify *verify)
{
    bool has_any = has_desk(verify) || fronts_any(&verify->fronts) || portals_any(&verify->portals);
    return verify->stopping && (!has_any || clock_monotonic_us(&verify->clock) >= verify->stop_us);
}

static void hear_fronts(struct verify *verify, const struct pollfd *polls)
{
    if (verify->piped && !has_room(verify)) {
        return;
    }
    fronts_hear(&verify->fronts, polls, verify->piped ? &verify->core : NULL);
    if (verify->piped) {
        struct outcome outcome = pipe_flush(&verify->core);
        if (!outcome_ok(outcome)) {
            core_lost(verify, outcome);
        }
    }
}

static void hear_portals(struct verify *verify, const struct pollfd *polls)
{
    portals_hear(&verify->portals, polls, verify->piped ? &verify->core : NULL);
    if (verify->piped) {
        struct outcome outcome = pipe_flush(&verify->core);
        if (!outcome_ok(outcome)) {
            core_lost(verify, outcome);
        }
    }
}

/* False when it is to end at once. */
static bool turn(struct verify *verify)
{
    struct pollfd polls[POLL_COUNT];

    arrange(verify, polls);
    int wait_ms = fronts_wait(&verify->fronts) ? 0 : TURN_MS_MAX;
    if (poll(polls, POLL_COUNT, wait_ms) < 0) {
        CHECK(errno == EINTR);
        return true;
    }
    if (polls[POLL_CORE].revents != 0) {
        hear_core(verify, polls[POLL_CORE].revents);
    }
    for (unsigned i = 0; i < SIGNED_DESKS_MAX; i++) {
        struct desk *desk = &verify->desks[i];
        if (polls[POLL_DESKS + i].revents != 0) {
            hear_desk(desk, polls[POLL_DESKS + i].revents);
        }
        if (desk->pipe.fd >= 0) { /* also what was read before and had no room */
            take_desk(verify, desk);
        }
    }
    desks_sweep(verify);
    hear_fronts(verify, polls + POLL_FRONTS);
    hear_portals(verify, polls + POLL_PORTALS);
    if (polls[POLL_SIGNAL].revents != 0) {
        verify->stopping = true;
        verify->stop_us = clock_monotonic_us(&verify->clock) + (int64_t)DRAIN_S_MAX * US_PER_S;
    }
    return polls[POLL_CONTROL].revents == 0 || hear_supervisor(verify);
}

static struct outcome serve(struct verify *verify)
{
    if (verify->signal_fd < 0) {
        return outcome_sys(errno, "signalfd");
    }
    TRY(stamping_init(&verify->stamping));
    TRY(proc_tell_ready(verify->child));
    while (turn(verify) && !is_done(verify)) {
        /* what happens, happens in turn() */
    }
    return OUTCOME_OK;
}

int verify_main(struct child *child)
{
    MEMORY_AUTO struct verify *verify = memory_new(1, sizeof(struct verify));

    if (verify == NULL) {
        log_outcome(LOG_LEVEL_ERROR, "verify", outcome_fail(FAULT_NO_MEMORY, "verify"));
        return EXIT_FAILURE;
    }
    verify->child = child;
    verify->clock = clock_system();
    verify->signal_fd = proc_open_sigterm();
    for (unsigned i = 0; i < SIGNED_DESKS_MAX; i++) {
        verify->desks[i].pipe.fd = -1;
    }
    struct outcome outcome = fronts_init(&verify->fronts, view_text(child->settings.origin));
    struct outcome portals = portals_init(&verify->portals);
    outcome = outcome_ok(outcome) ? portals : outcome;
    if (child->core_fd >= 0) {
        core_open(verify, child->core_fd);
    }
    outcome = outcome_ok(outcome) ? serve(verify) : outcome;
    if (!outcome_ok(outcome)) {
        log_outcome(LOG_LEVEL_ERROR, "verify", outcome);
    }
    log_line(LOG_LEVEL_INFO, "stopped", "stamped=%llu refused=%llu asks=%llu asks-refused=%llu",
             (unsigned long long)verify->stamped, (unsigned long long)verify->refused,
             (unsigned long long)verify->fronts.vouched_for,
             (unsigned long long)verify->fronts.refused);
    fronts_done(&verify->fronts);
    portals_done(&verify->portals);
    for (unsigned i = 0; i < SIGNED_DESKS_MAX; i++) {
        if (verify->desks[i].pipe.fd >= 0) {
            pipe_done(&verify->desks[i].pipe);
        }
    }
    if (verify->piped) {
        pipe_done(&verify->core);
    }
    stamping_done(&verify->stamping);
    if (verify->signal_fd >= 0) {
        (void)close(verify->signal_fd);
    }
    return outcome_ok(outcome) ? EXIT_SUCCESS : EXIT_FAILURE;
}
