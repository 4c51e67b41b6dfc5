/*
 * Purpose: what ties a channel process to the house: the frame pipe to the core, its replacement
 * when the core was restarted, the supervisor's control socket, and the signal to stop.
 * Owner: each channel process has one, in the event loop of its HTTP server.
 * Source: proc/proc.h (FRAME_PEER, proc_tell_ready), design.md section 2.
 */
#ifndef DANCU_CHANNEL_LINK_LINK_H
#define DANCU_CHANNEL_LINK_LINK_H

#include "proc/proc.h"

#include <event2/event.h>

struct link_handler {
    void *context;
    /* A whole frame of the core; views borrow until it returns. A failure breaks the pipe. */
    struct outcome (*on_frame)(void *context, const struct frame *frame);
    /* The pipe is lost: what was asked over it is never answered. */
    void (*on_lost)(void *context);
    /* SIGTERM, or the supervisor is gone: finish what is in hand. */
    void (*on_stop)(void *context);
};

struct link {
    struct link_handler handler;
    struct event_base *base;
    struct pipe_end pipe;
    bool up;
    bool flushing; /* write_event is waited for */
    int control_fd;
    struct event *read_event;
    struct event *write_event;
    struct event *control_event;
    struct event *signal_event;
};

/* Begins with child->core_fd, which is then the link's. */
struct outcome link_open(struct link *link, const struct child *child, struct event_base *base,
                         const struct link_handler *handler);
/* Accepts a zeroed link. */
void link_close(struct link *link);
bool link_is_up(const struct link *link);
/* Where frames are appended; NULL while there is no pipe. Then link_flush(). */
struct buf *link_out(struct link *link);
/* Room for that many bytes more towards the core. */
bool link_has_room(const struct link *link, size_t bytes);
/* Writes what the pipe takes, and the rest when it can. */
void link_flush(struct link *link);

#endif
