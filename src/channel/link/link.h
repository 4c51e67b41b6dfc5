/*
 * Purpose: what ties a channel process to the house: the frame pipe to the core, its replacement
 * when the core was restarted, the supervisor's control socket, and the signal to stop.
 * Owner: each channel process has one, in the event loop of its HTTP server.
 * Source: proc/proc.h (FRAME_PEER, proc_tell_ready), design.md section 2.
 */
#ifndef DANCU_CHANNEL_LINK_LINK_H
#define DANCU_CHANNEL_LINK_LINK_H

#include "channel/link/side.h"

struct link_handler {
    void *context;
    /* A whole frame of the core; views borrow until it returns. A failure breaks the pipe. */
    struct outcome (*on_frame)(void *context, const struct frame *frame);
    /* The pipe is lost: what was asked over it is never answered. */
    void (*on_lost)(void *context);
    /* SIGTERM, the supervisor is gone, or no pipe has come for too long: finish what is in hand. */
    void (*on_stop)(void *context);
    /* One end of a second pipe came (proc_row.pipes_to); the descriptor is the receiver's. NULL:
     * the row has none, and what comes is closed. */
    void (*on_peer)(void *context, const struct proc_peer *peer);
};

struct link {
    struct link_handler handler;
    struct event_base *base;
    struct side core;
    int control_fd;
    unsigned row_number; /* this process' own */
    struct event *control_event;
    struct event *signal_event;
    struct event *lost_event; /* runs while there is no pipe */
    unsigned lost_s;
    bool failed;
};

/* Begins with child->core_fd, which is then the link's. A core that was restarted brings a new pipe
 * soon. None may come though (the core dropped us, or we the core): after `lost_s` the process
 * stops, and its successor gets one. */
struct outcome link_open(struct link *link, const struct child *child, struct event_base *base,
                         unsigned lost_s, const struct link_handler *handler);
/* That it stopped for want of a pipe: an exit status of failure. */
bool link_has_failed(const struct link *link);
/* Accepts a zeroed link. */
void link_close(struct link *link);
bool link_is_up(const struct link *link);
/* Where frames are appended; NULL while there is no pipe. Then link_flush(). */
struct buf *link_out(struct link *link);
/* Bytes that wait to be written to the core; 0 while there is no pipe. */
size_t link_waiting(const struct link *link);
/* Room for that many bytes more towards the core. */
bool link_has_room(const struct link *link, size_t bytes);
/* Writes what the pipe takes, and the rest when it can. */
void link_flush(struct link *link);

#endif
