/*
 * Purpose: a core process for tests: core_main() in a child, over a real home, with this test in
 * the place of supervisor, edges, public, keeper and admin.
 */
#ifndef DANCU_TESTS_UNIT_CORE_RIG_H
#define DANCU_TESTS_UNIT_CORE_RIG_H

#include "home.h"

#include "core/core.h"
#include "proc/peer.h"
#include "proc/scrub.h"

#define RIG_WAIT_MS 10000

enum rig_row {
    RIG_CORE,
    RIG_KEEPER,
    RIG_EDGE,
    RIG_PUBLIC,
    RIG_WORKER,
    RIG_LOADER,
    RIG_METRICS,
    RIG_VERIFY,
    RIG_DESK,
    RIG_JOBS,
    RIG_SIGNIN,
    RIG_ROWS
};

struct rig {
    struct home *home; /* closed here: the child has it */
    pid_t pid;
    int control_fd;
};

/* Starts the core over the home and waits until it says that it serves. */
int rig_setup(void **state);
/* Starts another core over the same home, without waiting. */
void rig_start(struct rig *rig);
/* Kills it when it still lives. */
int rig_teardown(void **state);
/* A new pipe to the core, as a process of that row. */
struct pipe_end rig_connect(struct rig *rig, enum rig_row row, unsigned index);
/* Another connection of the admin socket. */
struct pipe_end rig_admin(struct rig *rig);
/* The next frame of that kind; frames of other kinds before it are passed over. */
struct frame rig_frame(struct pipe_end *pipe, enum frame_kind kind);
/* True when the core closes the pipe. */
bool rig_is_closed(struct pipe_end *pipe);
/* One ask, sent and answered; the answer borrows from the pipe. */
struct answer rig_ask(struct pipe_end *edge, const struct ask *ask);
/* A frame with the usual ask `asks` times and `extra` zeros behind, which says that it has `count`.
 */
void rig_put_asks(struct buf *bytes, enum frame_kind kind, unsigned asks, unsigned count,
                  size_t extra);
void rig_send(struct pipe_end *pipe, const void *bytes, size_t len);
/* Waits for the child's end; its exit status, or 128 + signal. */
int rig_end(struct rig *rig);

#endif
