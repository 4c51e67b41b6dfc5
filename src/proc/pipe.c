/*
 * One end of a frame pipe: bytes in and out of a non-blocking stream socket, bounded both ways.
 *
 * Invariants
 *  1. taken <= in.len and sent <= out.len; what lies before them is done with.
 *  2. What leaves is whole frames in order: once an append did not fit, nothing leaves any more,
 *     because the stream would then lie about where the next frame begins.
 *  3. `in` has room for one whole frame of the largest size besides what one read brings, so a
 *     frame that is being waited for can always arrive.
 *  4. No call waits, and no call does more work than its bound (invariant I9 of the design).
 */
#include "proc/proc.h"

#include "base/ceilings.h"
#include "base/check.h"
#include "base/log.h"
#include "proc/ceilings.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

static bool pipe_sane(const struct pipe_end *pipe)
{
    return pipe->taken <= pipe->in.len && pipe->sent <= pipe->out.len;
}

void pipe_init(struct pipe_end *pipe, int fd)
{
    CHECK(fd >= 0);
    *pipe = (struct pipe_end){.fd = fd};
    buf_init(&pipe->in, PIPE_IN_BYTES_MAX);
    buf_init(&pipe->out, PIPE_QUEUE_BYTES_MAX);
}

bool pipe_is_open(const struct pipe_end *pipe)
{
    return pipe->in.max != 0; /* else never initialised, or done already */
}

void pipe_done(struct pipe_end *pipe)
{
    if (pipe == NULL || !pipe_is_open(pipe)) {
        return;
    }
    CHECK(pipe_sane(pipe));
    (void)close(pipe->fd);
    buf_done(&pipe->in);
    buf_done(&pipe->out);
    *pipe = (struct pipe_end){.fd = -1};
}

void pipe_renew(struct pipe_end *pipe, int fd)
{
    pipe_done(pipe);
    pipe_init(pipe, fd);
}

void pipe_lose(struct pipe_end *pipe, struct outcome why)
{
    if (why.fault != FAULT_CLOSED) {
        log_outcome(LOG_LEVEL_ERROR, "core-pipe", why);
    }
    pipe_done(pipe);
}

/* Drops what was handed out; what is moved is at most one unfinished frame when the owner takes
 * all whole ones before it fills again. */
static void forget_taken(struct pipe_end *pipe)
{
    buf_consume(&pipe->in, pipe->taken);
    pipe->taken = 0;
}

/* One read; ret_bytes = what came. */
static struct outcome read_once(struct pipe_end *pipe, size_t room, size_t *ret_bytes)
{
    size_t before = pipe->in.len;
    uint8_t *place = buf_claim(&pipe->in, room);

    if (place == NULL) {
        return buf_check(&pipe->in);
    }
    ssize_t got;
    do {
        got = recv(pipe->fd, place, room, MSG_DONTWAIT);
    } while (got < 0 && errno == EINTR);
    int sys = errno;
    buf_cut(&pipe->in, before + (got > 0 ? (size_t)got : 0));
    if (got < 0) {
        return outcome_sys(sys, "read a frame pipe");
    }
    if (got == 0) {
        return outcome_fail(FAULT_CLOSED, "frame pipe");
    }
    *ret_bytes = (size_t)got;
    return OUTCOME_OK;
}

struct outcome pipe_fill(struct pipe_end *pipe)
{
    CHECK(pipe_sane(pipe));
    forget_taken(pipe);
    bool some = false;

    while (pipe->in.len < PIPE_IN_BYTES_MAX) { /* invariant 4 */
        size_t room = PIPE_IN_BYTES_MAX - pipe->in.len;
        size_t got = 0;
        room = room < PIPE_READ_BYTES ? room : PIPE_READ_BYTES;
        struct outcome outcome = read_once(pipe, room, &got);
        if (outcome_ok(outcome)) {
            some = true;
            if (got < room) {
                break; /* the socket was emptied: another read would only say so */
            }
            continue;
        }
        bool later = outcome.fault == FAULT_AGAIN || outcome.fault == FAULT_CLOSED;
        return some && later ? OUTCOME_OK : outcome; /* an end is told again at the next call */
    }
    CHECK(pipe_sane(pipe));
    return OUTCOME_OK;
}

struct outcome pipe_next(struct pipe_end *pipe, struct frame *ret_frame)
{
    CHECK(pipe_sane(pipe));
    struct view all = buf_view(&pipe->in);
    size_t bytes = 0;

    TRY(frame_peek(view_part(all, pipe->taken, all.len - pipe->taken), ret_frame, &bytes));
    pipe->taken += bytes;
    CHECK(pipe_sane(pipe));
    return OUTCOME_OK;
}

size_t pipe_pending(const struct pipe_end *pipe)
{
    CHECK(pipe_sane(pipe));
    return pipe->out.len - pipe->sent;
}

/* Gives the space of sent bytes back once they are at least half of all, so that each byte is
 * moved at most once on average. */
static void forget_sent(struct pipe_end *pipe)
{
    if (pipe->sent < pipe->out.len - pipe->sent) {
        return;
    }
    buf_consume(&pipe->out, pipe->sent);
    pipe->sent = 0;
}

struct outcome pipe_flush(struct pipe_end *pipe)
{
    CHECK(pipe_sane(pipe));
    TRY(buf_check(&pipe->out)); /* invariant 2 */
    while (pipe_pending(pipe) > 0) {
        ssize_t put = send(pipe->fd, pipe->out.data + pipe->sent, pipe_pending(pipe),
                           MSG_DONTWAIT | MSG_NOSIGNAL);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            break;
        }
        if (put < 0) {
            return outcome_sys(errno, "write a frame pipe");
        }
        pipe->sent += (size_t)put;
    }
    forget_sent(pipe);
    CHECK(pipe_sane(pipe));
    return OUTCOME_OK;
}
