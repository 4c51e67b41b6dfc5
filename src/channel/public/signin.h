/*
 * Purpose: how a citizen signs in over a portal, and out: `/signin`, `/signin/callback`,
 * `/signin/backchannel`, `/signout`. What a token says is not seen here: `signin` fetches it,
 * `verify` looks at it, the core opens the session for whoever began (I4, I11; decision 0064).
 * Owner: the public process has one.
 */
#ifndef DANCU_CHANNEL_PUBLIC_SIGNIN_H
#define DANCU_CHANNEL_PUBLIC_SIGNIN_H

#include "base/leak.h"
#include "channel/link/link.h"
#include "channel/link/pending.h"
#include "channel/texts/texts.h"
#include "proc/signin.h"

/* What an exchange waits for. */
enum signin_wait {
    WAIT_BEGIN, /* `signin`: where the browser is to go */
    WAIT_RETURN,
    WAIT_LEAVE,
    WAIT_LOGOUT,
    WAIT_ENTER, /* the core: its session */
    WAIT_OUT,
    WAIT_COUNT
};
struct signin_place {
    enum signin_wait wait;
    uint8_t secret[SEAL_HASH_BYTES];       /* the browser's, until its session is open */
    uint8_t token[SEAL_HASH_BYTES];        /* the session's, until the browser has it */
    uint8_t nonce[SEAL_HASH_BYTES];        /* of WAIT_BEGIN: what the browser is to carry */
    char provider[ASK_CODE_BYTES_MAX + 1]; /* of WAIT_BEGIN and WAIT_LEAVE: its code */
};

struct public_signin {
    struct texts *texts; /* borrowed, as the link */
    struct link *link;
    struct side portal; /* to `signin` */
    struct clock_port clock;
    struct random_port random;
    struct signin_providers providers;
    struct pending pending;
    struct signin_place places[SIGNIN_PENDING_MAX];
    struct leak rate;
    uint16_t owner; /* the next one's */
    struct buf page_policy;
};

struct outcome signin_init(struct public_signin *signin, struct texts *texts, struct link *link,
                           struct event_base *base);
/* Its pipe is closed before, as long as the loop is there. */
void signin_done(struct public_signin *signin);
bool signin_has(struct view path);
/* Of a request to such a path: answers what is wrong with its head, or lets it come. */
void signin_on_head(struct public_signin *signin, struct http_exchange *exchange);
void signin_on_request(struct public_signin *signin, struct http_exchange *exchange);
/* Does the exchange wait here? Then it is forgotten. */
bool signin_on_gone(struct public_signin *signin, const struct http_exchange *exchange);
/* FRAME_SIGNIN and FRAME_SIGNED_IN of the core; a failure breaks its pipe. */
struct outcome signin_take(struct public_signin *signin, const struct frame *frame);
/* The core's pipe is lost: who waits is refused. */
void signin_on_lost(struct public_signin *signin);
/* A pipe to `signin` has come. */
void signin_on_peer(struct public_signin *signin, const struct proc_peer *peer);
/* Forms of pages lead here, and to providers' addresses when one signs out. */
struct view signin_page_policy(const struct public_signin *signin);

#endif
