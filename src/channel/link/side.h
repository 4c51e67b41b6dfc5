/*
 * Purpose: a channel process' side of one frame pipe, in the event loop of its HTTP server: of the
 * one to the core (link.h has it), and of a second one to another process (proc_row.pipes_to),
 * which comes and goes as the other end does. Owner: whoever is told that a new pipe has come.
 */
#ifndef DANCU_CHANNEL_LINK_SIDE_H
#define DANCU_CHANNEL_LINK_SIDE_H

#include "proc/proc.h"

#include <event2/event.h>

struct side_handler {
    void *context;
    const char *lost; /* the log line's event when it is lost */
    /* A whole frame; views borrow until it returns. A failure breaks the pipe. */
    struct outcome (*on_frame)(void *context, const struct frame *frame);
    /* The pipe is lost: what was asked over it is never answered. */
    void (*on_lost)(void *context);
};

struct side {
    struct side_handler handler;
    struct event_base *base;
    struct pipe_end pipe;
    bool up;
    bool flushing;
    struct event *read_event;
    struct event *write_event;
};

void side_init(struct side *side, struct event_base *base, const struct side_handler *handler);
/* Accepts a zeroed one. */
void side_close(struct side *side);
/* The pipe is of no use any more: it ends, as if the other end had. */
void side_lose(struct side *side, struct outcome why);
/* A new pipe takes the place of the old one; the descriptor is the side's. FAULT_NO_MEMORY: now
 * there is none. */
struct outcome side_take(struct side *side, int fd);
bool side_has_room(const struct side *side, size_t bytes);
/* Where frames are appended, when there is room for `bytes` more; NULL otherwise. */
struct buf *side_out(struct side *side, size_t bytes);
/* Writes what the pipe takes, and the rest when it can. */
void side_flush(struct side *side);

#endif
