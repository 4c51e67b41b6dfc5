/*
 * Purpose: the edges that hand signed asks to `verify`, and the asks in hand between them and the
 * core. Private to verify/. Source: decision 0043.
 */
#ifndef DANCU_VERIFY_FRONTS_H
#define DANCU_VERIFY_FRONTS_H

#include "base/clock.h"
#include "proc/proc.h"
#include "verify/vouch.h"

#include <poll.h>

/* An ask that the core has been told. */
struct vouched {
    bool used;
    uint32_t serial; /* of the ask in this place: with the place, the tag */
    uint32_t next_free;
    uint64_t front; /* serial of the edge's pipe */
    uint64_t tag;   /* the edge's */
};

struct front {
    struct pipe_end pipe; /* fd -1: free place */
    uint64_t serial;
    bool broken;
    bool waiting; /* more was read than a turn takes */
};

struct fronts {
    struct clock_port clock;
    struct view origin;
    struct front fronts[VOUCH_FRONTS_MAX];
    uint64_t serial;
    struct vouched places[VOUCH_PENDING_MAX];
    uint32_t first_free;
    uint32_t count;
    struct ask_keys keys;
    struct vouching vouching;
    uint64_t vouched_for;
    uint64_t refused;
};

/* `origin`: the log's; borrowed. */
struct outcome fronts_init(struct fronts *fronts, struct view origin);
void fronts_done(struct fronts *fronts);
/* A new pipe of an edge; the descriptor is ours. */
void fronts_open(struct fronts *fronts, int fd);
/* Fills VOUCH_FRONTS_MAX of them. `reads`: the core's pipe has room. */
void fronts_arrange(const struct fronts *fronts, bool reads, struct pollfd *ret_polls);
/* Reads, vouches, and appends to the core's pipe; NULL: there is none, and who asks is told so. */
void fronts_hear(struct fronts *fronts, const struct pollfd *polls, struct pipe_end *core);
/* FRAME_ANSWERS of the core, back to whom they are for. FAULT_BAD_INPUT: the pipe is broken. */
struct outcome fronts_answer(struct fronts *fronts, const struct frame *frame);
/* What it was told is never answered. */
void fronts_core_lost(struct fronts *fronts);
/* Something was read that has not been taken yet. */
bool fronts_wait(const struct fronts *fronts);
/* An edge is there that may still ask. */
bool fronts_any(const struct fronts *fronts);

#endif
