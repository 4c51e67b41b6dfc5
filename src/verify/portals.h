/*
 * Purpose: `signin` beside `verify`: its pipes, the tokens that it hands over, the providers whose
 * tokens they are, and what the core says of them. Private to verify/. Owner: the process has one.
 */
#ifndef DANCU_VERIFY_PORTALS_H
#define DANCU_VERIFY_PORTALS_H

#include "base/clock.h"
#include "proc/proc.h"
#include "verify/id_token.h"

#include <poll.h>

struct portal {
    struct pipe_end pipe; /* fd -1: free place */
    uint64_t serial;      /* of the pipe; 0 = never had one */
    bool broken;
};

/* A token that the core has been told of. */
struct portal_pending {
    bool used;
    uint32_t serial; /* of the token in this place: with the place, the tag */
    uint64_t portal; /* serial of the pipe */
    uint64_t tag;    /* its own */
};

struct portals {
    struct clock_port clock;
    struct portal portals[SIGNIN_PIPES_MAX];
    uint64_t serial;
    struct portal_pending pending[SIGNIN_TOKENS_PENDING_MAX];
    unsigned count;
    bool told; /* of providers, since the core's pipe came */
    struct signin_providers providers;
    struct id_token_room room;
    uint64_t good;
    uint64_t refused;
};
struct outcome portals_init(struct portals *portals);
void portals_done(struct portals *portals);
void portals_open(struct portals *portals, int fd);
bool portals_any(const struct portals *portals);
/* FRAME_SIGNIN of the core. */
struct outcome portals_providers(struct portals *portals, const struct frame *frame);
/* FRAME_SIGNED_IN of the core. */
struct outcome portals_answer(struct portals *portals, const struct frame *frame);
/* The core's pipe has ended: what it was told of is refused, since nobody here knows. */
void portals_core_lost(struct portals *portals);
void portals_arrange(const struct portals *portals, struct pollfd polls[SIGNIN_PIPES_MAX]);
/* `core`: NULL when there is none; what was appended to it is to be flushed. */
void portals_hear(struct portals *portals, const struct pollfd polls[SIGNIN_PIPES_MAX],
                  struct pipe_end *core);

#endif
