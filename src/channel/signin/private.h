/*
 * Purpose: what the process `signin` holds. Private to this folder.
 */
#ifndef DANCU_CHANNEL_SIGNIN_PRIVATE_H
#define DANCU_CHANNEL_SIGNIN_PRIVATE_H

#include "base/clock.h"
#include "channel/dialed/dialed.h"
#include "channel/signin/oidc.h"
#include "channel/signin/signin.h"
#include "wire/http1_answer.h"

#define PORTALS 2

/* One channel's provider. */
struct portal {
    enum channel channel;
    enum proc_dial whom;
    struct es256 *key;                      /* ours there; NULL: nobody signs in over this portal */
    struct buf authorities;                 /* PEM */
    const struct signin_provider *provider; /* in force; NULL: none */
    uint8_t known[SEAL_HASH_BYTES];         /* of its issuer and our name there: who it was */
    struct dialed_tls *tls;                 /* for its issuer's host; NULL likewise */
    struct oidc_metadata metadata;
    bool ready;      /* it is there, and these are its addresses */
    int64_t look_us; /* monotonic: when to look at them again */
};

/* A sign-in between its begin and the browser's return. */
struct flow {
    bool used;
    struct portal *portal;
    uint8_t state[OIDC_RANDOM_BYTES];
    uint8_t nonce[SEAL_HASH_BYTES];
    uint8_t verifier[OIDC_RANDOM_BYTES];
    int64_t until_us; /* monotonic */
};

/* Who waits for an answer: a public process by the serial of its pipe, and its tag. */
struct asker {
    uint64_t front;
    uint64_t tag;
};

enum call_use { CALL_NONE, CALL_DISCOVER, CALL_KEYS, CALL_PUSH, CALL_EXCHANGE };

/* One request to a provider, on a connection of its own. */
struct call {
    enum call_use use; /* CALL_NONE: a free place */
    struct portal *portal;
    struct dialed dialed;
    int64_t until_us;   /* monotonic: given up then */
    struct asker asker; /* of CALL_PUSH and CALL_EXCHANGE */
};

/* A token that `verify` has. */
struct wait {
    bool used;
    uint32_t serial; /* of the token in this place: with the place, the tag */
    struct asker asker;
};

struct front {
    struct pipe_end pipe; /* fd -1: free place */
    uint64_t serial;
    bool broken;
};

struct signin {
    const struct child *child;
    struct clock_port clock;
    struct random_port random;
    int signal_fd;
    bool stopping;
    int64_t stop_us;
    struct pipe_end core; /* fd -1: none, as of the next */
    struct pipe_end verify;
    struct front fronts[SIGNIN_PIPES_MAX];
    uint64_t front_serial;
    struct signin_providers providers;
    struct portal portals[PORTALS];
    struct flow flows[SIGNIN_FLOWS_MAX];
    unsigned next_flow;
    struct call calls[SIGNIN_CALLS_MAX];
    struct wait waits[SIGNIN_TOKENS_PENDING_MAX];
    struct buf redirect; /* our own address that a browser comes back to */
    struct buf left;     /* and the one after it has signed out */
    struct arena arena;
    struct buf body; /* of an answer */
};

/* portals.c */
/* The core has told them: who is on which portal. What is known of one that is the same stays. */
void portals_settle(struct signin *signin);
void portals_end(struct signin *signin);
/* NULL: it is not there, or not ready. */
struct portal *portal_by_code(struct signin *signin, struct view code);
struct portal *portal_by_issuer(struct signin *signin, struct view issuer);
/* Looks for addresses and keys where it is time. */
void portals_keep(struct signin *signin);
void portal_discovered(struct signin *signin, struct portal *portal,
                       const struct http1_answer *answer); /* NULL: no answer */
void portal_keys(struct signin *signin, const struct portal *portal,
                 const struct http1_answer *answer);

/* calls.c */
/* A GET of an address, or with `form` a POST. NULL: no place, or nobody can be asked now. */
struct call *call_begin(struct signin *signin, struct portal *portal, enum call_use use,
                        const char *address, const struct buf *form);
void calls_given(struct signin *signin, const struct proc_peer *peer);
void calls_hear(struct signin *signin, struct call *call, short events);
/* Those to this portal end, as if it had not answered. */
void calls_drop(struct signin *signin, const struct portal *portal);
/* Some have no connection, and ask again in a moment. */
bool calls_wait(const struct signin *signin);
/* Those whose time is over, and those that ask again. */
void calls_keep(struct signin *signin);
void calls_done(struct signin *signin);

/* steps.c */
void steps_take(struct signin *signin, struct front *front, const struct signin_asked *asked);
void steps_pushed(struct signin *signin, const struct call *call,
                  const struct http1_answer *answer);
void steps_exchanged(struct signin *signin, const struct call *call,
                     const struct http1_answer *answer);
/* What `verify` says of a token; false: nobody asked. */
bool steps_verified(struct signin *signin, const struct signin_done *done);
/* Its pipe is lost: who waits is told. */
void steps_verify_lost(struct signin *signin);

/* signin.c */
void signin_tell(struct signin *signin, const struct asker *asker, enum signin_code code,
                 struct view location);
/* To the core, if that is one to be recorded. */
void signin_refuse(struct signin *signin, const struct portal *portal, enum signin_code code);

#endif
