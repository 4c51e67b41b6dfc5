/*
 * One side of a frame pipe.
 *
 * Invariants
 *  1. While it is up, pipe is initialised and read_event watches it; while it is down, neither
 *     exists.
 *  2. on_lost is told once for each pipe that was up.
 */
#include "channel/link/side.h"

#include "base/check.h"
#include "base/log.h"

static void drop_event(struct event **event)
{
    if (*event != NULL) {
        event_free(*event);
        *event = NULL;
    }
}

static void drop_pipe(struct side *side)
{
    drop_event(&side->read_event);
    drop_event(&side->write_event);
    side->flushing = false;
    side->up = false;
    pipe_done(&side->pipe);
}

void side_lose(struct side *side, struct outcome why)
{
    if (!side->up) {
        return;
    }
    log_outcome(why.fault == FAULT_CLOSED ? LOG_LEVEL_WARN : LOG_LEVEL_ERROR, side->handler.lost,
                why);
    drop_pipe(side);
    side->handler.on_lost(side->handler.context); /* invariant 2 */
}

static struct outcome take_frames(struct side *side)
{
    struct frame frame = {0};
    struct outcome outcome = pipe_fill(&side->pipe);

    if (outcome.fault == FAULT_AGAIN) {
        return OUTCOME_OK;
    }
    TRY(outcome);
    for (;;) {
        outcome = pipe_next(&side->pipe, &frame);
        if (outcome.fault == FAULT_AGAIN) {
            return OUTCOME_OK;
        }
        TRY(outcome);
        TRY(side->handler.on_frame(side->handler.context, &frame));
    }
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
    struct side *side = context;

    (void)fd;
    (void)what;
    struct outcome outcome = take_frames(side);
    if (!outcome_ok(outcome)) {
        side_lose(side, outcome);
    }
}

static void on_writable(evutil_socket_t fd, short what, void *context)
{
    struct side *side = context;

    (void)fd;
    (void)what;
    side->flushing = false;
    side_flush(side);
}

void side_init(struct side *side, struct event_base *base, const struct side_handler *handler)
{
    *side = (struct side){.handler = *handler, .base = base};
}

void side_close(struct side *side)
{
    if (side->up) {
        drop_pipe(side);
    }
}

struct outcome side_take(struct side *side, int fd)
{
    side_lose(side, outcome_fail(FAULT_CLOSED, "replaced by the supervisor"));
    pipe_init(&side->pipe, fd);
    side->up = true;
    side->read_event = event_new(side->base, fd, EV_READ | EV_PERSIST, on_readable, side);
    side->write_event = event_new(side->base, fd, EV_WRITE, on_writable, side);
    if (side->read_event == NULL || side->write_event == NULL ||
        event_add(side->read_event, NULL) != 0) {
        drop_pipe(side);
        return outcome_fail(FAULT_NO_MEMORY, "events of a pipe");
    }
    return OUTCOME_OK;
}

bool side_has_room(const struct side *side, size_t bytes)
{
    return side->up && side->pipe.out.len + bytes <= PIPE_QUEUE_BYTES_MAX;
}

struct buf *side_out(struct side *side, size_t bytes)
{
    return side_has_room(side, bytes) ? &side->pipe.out : NULL;
}

void side_flush(struct side *side)
{
    if (!side->up || side->flushing) {
        return; /* what waits leaves when the pipe has room */
    }
    struct outcome outcome = pipe_flush(&side->pipe);
    if (!outcome_ok(outcome)) {
        side_lose(side, outcome);
        return;
    }
    if (pipe_pending(&side->pipe) > 0) {
        side->flushing = event_add(side->write_event, NULL) == 0;
    }
}
