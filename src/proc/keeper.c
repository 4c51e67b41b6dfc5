/*
 * The keeper: takes a wish, does it, says so, one after the other.
 *
 * Invariants
 *  1. What is said to be kept was synced before it was said.
 *  2. A wish that failed is answered as such: the core never waits for an answer that does not come
 *     (if the keeper dies, its pipe ends).
 *  3. It ends when the supervisor is gone or says so, after the wish in hand.
 */
#include "proc/keeper.h"

#include "base/ceilings.h"
#include "base/check.h"
#include "base/log.h"
#include "ledger/ledger.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

struct keeper {
    const struct child *child;
    int signal_fd;
    struct pipe_end pipe; /* to the core; comes anew by the control socket when it is lost */
};

struct wish {
    enum ledger_wish kind;
    uint64_t from;
    uint64_t until;
};

static struct outcome read_wish(const struct frame *frame, struct wish *ret_wish)
{
    struct cursor cursor = cursor_of(frame->payload);
    unsigned kind = cursor_u8(&cursor);
    uint64_t from = cursor_u64(&cursor);
    uint64_t until = cursor_u64(&cursor);

    TRY(cursor_end(&cursor, "wish"));
    bool known = kind != LEDGER_WISH_NONE && kind < LEDGER_WISH_LOST;
    if (frame->kind != FRAME_KEEP || frame->count != 1 || !known || from > until) {
        return outcome_fail(FAULT_BAD_INPUT, "wish");
    }
    *ret_wish = (struct wish){.kind = (enum ledger_wish)kind, .from = from, .until = until};
    return OUTCOME_OK;
}

static struct outcome fulfil(const struct keeper *keeper, const struct wish *wish)
{
    int home_fd = keeper->child->grants[GRANT_HOME_DIR];
    struct outcome outcome = keeper_remove_aside(home_fd); /* there is room again, above all */

    if (!outcome_ok(outcome)) { /* the next wish removes it */
        log_outcome(LOG_LEVEL_WARN, "not-removed", outcome);
    }
    switch (wish->kind) {
    case LEDGER_WISH_SPARE:
        return keeper_prepare_spare(home_fd, COMMIT_SEGMENT_BYTES);
    case LEDGER_WISH_TILES:
        return keeper_sync_tiles(home_fd, wish->from, wish->until);
    case LEDGER_WISH_SYNC:
        return keeper_sync_derived(home_fd, wish->from, wish->until);
    case LEDGER_WISH_READ:
        return keeper_read(home_fd, wish->from);
    case LEDGER_WISH_REST:
        return keeper_sync_rest(home_fd, wish->from);
    default:
        return keeper_destroy(home_fd, wish->from);
    }
}

static struct outcome answer(struct keeper *keeper, const struct wish *wish, struct outcome outcome)
{
    struct buf *out = &keeper->pipe.out;
    size_t start = frame_start(out, FRAME_KEPT);

    buf_put_u8(out, (uint8_t)ledger_wish_said(wish->kind, outcome));
    buf_put_u64(out, wish->from);
    buf_put_u64(out, wish->until);
    frame_finish(out, start, 1);
    return pipe_flush(&keeper->pipe);
}

static struct outcome take_wishes(struct keeper *keeper)
{
    for (;;) {
        struct frame frame;
        struct wish wish;
        struct outcome outcome = pipe_next(&keeper->pipe, &frame);
        if (outcome.fault == FAULT_AGAIN) {
            return OUTCOME_OK;
        }
        TRY(outcome);
        TRY(read_wish(&frame, &wish));
        outcome = fulfil(keeper, &wish);
        if (!outcome_ok(outcome)) {
            log_outcome(LOG_LEVEL_ERROR, "not-kept", outcome);
        }
        TRY(answer(keeper, &wish, outcome)); /* invariants 1 and 2 */
    }
}

static void hear_core(struct keeper *keeper)
{
    struct outcome outcome = pipe_fill(&keeper->pipe);

    if (outcome_ok(outcome)) {
        outcome = take_wishes(keeper);
    }
    if (!outcome_ok(outcome) && outcome.fault != FAULT_AGAIN) {
        pipe_lose(&keeper->pipe, outcome);
    }
}

/* False when the supervisor is gone. */
static bool hear_supervisor(struct keeper *keeper)
{
    struct proc_peer peer;
    struct outcome outcome = proc_receive_peer(keeper->child->control_fd, &peer);

    if (outcome_ok(outcome)) {
        pipe_renew(&keeper->pipe, peer.fd);
    } else if (outcome.fault == FAULT_BAD_INPUT) {
        log_outcome(LOG_LEVEL_ERROR, "control-frame", outcome);
    }
    return outcome.fault != FAULT_CLOSED;
}

static void keep(struct keeper *keeper)
{
    bool more = true;

    while (more) {
        /* Answers are a few bytes and wishes come one at a time: what is not written at once is
         * waited for with POLLOUT, and it is the exception. */
        bool pending = pipe_pending(&keeper->pipe) > 0;
        struct pollfd polls[] = {
            {.fd = keeper->signal_fd, .events = POLLIN},
            {.fd = keeper->child->control_fd, .events = POLLIN},
            {.fd = pipe_is_open(&keeper->pipe) ? keeper->pipe.fd : -1,
             .events = (short)(pending ? POLLIN | POLLOUT : POLLIN)},
        };
        if (poll(polls, sizeof(polls) / sizeof(polls[0]), -1) < 0) {
            CHECK(errno == EINTR);
            continue;
        }
        if ((polls[2].revents & POLLOUT) != 0) {
            outcome_ignore(pipe_flush(&keeper->pipe)); /* a fault shows at the next read */
        }
        if ((polls[2].revents & ~POLLOUT) != 0) {
            hear_core(keeper);
        }
        if (polls[1].revents != 0) {
            more = hear_supervisor(keeper);
        }
        more = more && polls[0].revents == 0;
    }
}

int keeper_main(struct child *child)
{
    struct keeper keeper = {.child = child, .signal_fd = proc_open_sigterm()};

    if (keeper.signal_fd < 0) {
        log_outcome(LOG_LEVEL_ERROR, "signals", outcome_sys(errno, "signalfd"));
        return EXIT_FAILURE;
    }
    if (child->core_fd >= 0) {
        pipe_init(&keeper.pipe, child->core_fd);
    }
    struct outcome outcome = proc_tell_ready(child);
    if (outcome_ok(outcome)) {
        keep(&keeper);
    } else {
        log_outcome(LOG_LEVEL_ERROR, "not-ready", outcome);
    }
    pipe_done(&keeper.pipe);
    (void)close(keeper.signal_fd);
    return outcome_ok(outcome) ? EXIT_SUCCESS : EXIT_FAILURE;
}
