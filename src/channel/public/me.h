/*
 * Purpose: what citizens do over their sessions: `POST /v1/me/VERB` with a JSON object, and the way
 * to the core and back that pages for people take, too. A verb and its body are carried, and
 * nothing here knows what they mean (I4). Owner: the public process has one. Source: decision 0059,
 * proc/owning.h.
 */
#ifndef DANCU_CHANNEL_PUBLIC_ME_H
#define DANCU_CHANNEL_PUBLIC_ME_H

#include "base/leak.h"
#include "base/memory.h"
#include "channel/link/link.h"
#include "channel/link/pending.h"
#include "channel/public/signin.h"
#include "channel/texts/texts.h"
#include "proc/owning.h"

/* Answers the exchange with what the core has told; `me`'s texts give refusals their words. */
struct public_me;
typedef void me_told(struct public_me *me, struct http_exchange *exchange,
                     const struct own_told *told);

/* Which sheet of a statement is wanted, as people read it. */
struct me_sheet {
    unsigned year; /* 0: any */
    unsigned sheet;
};
/* A statement that is given as a file (me_stream.c). */
struct me_stream {
    struct http_exchange *exchange; /* NULL: the place is free */
    uint8_t session[SEAL_HASH_BYTES];
    char next[STATEMENT_NEXT_CHARS]; /* where it goes on, if there is more */
    bool more;
    bool waits;       /* for the core */
    int64_t again_us; /* monotonic: asks for nothing before */
    size_t ahead;     /* put, and not left yet */
    me_told *refused; /* answers when there is no first part */
    bool prints;      /* it is a sheet: one PDF, else all lines */
    struct me_sheet sheet;
    unsigned tries; /* of having it drawn */
};

struct public_me {
    struct texts *texts; /* borrowed, as the next two */
    struct link *link;
    const struct public_signin *signin; /* for pages' policy */
    struct clock_port clock;
    struct pending pending;
    me_told *told[OWN_PENDING_MAX]; /* by place, as the next */
    uint8_t sessions[OWN_PENDING_MAX][SEAL_HASH_BYTES];
    uint8_t (*known)[SEAL_HASH_BYTES]; /* SESSIONS_MAX: those that the core has served */
    struct leak rate;                  /* of all of them ... */
    struct leak unknown;               /* ... and of all others */
    struct leak rates[EDGE_OWNERS];    /* of sessions */
    struct me_stream streams[OWN_STREAMS_MAX];
    struct arena arena;
    struct buf body;
    struct arena page_arena; /* of an answer that a page shows */
};

struct outcome me_init(struct public_me *me, struct texts *texts, struct link *link,
                       const struct public_signin *signin);
void me_done(struct public_me *me);
bool me_has(struct view path);
/* Of a request to such a path: answers what is wrong with its head, or lets it come. */
void me_on_head(struct public_me *me, struct http_exchange *exchange);
void me_on_request(struct public_me *me, struct http_exchange *exchange);
/* Sends a verb with a canonical JSON body over a session; `told` answers. False: it is refused
 * here. */
bool me_send(struct public_me *me, struct http_exchange *exchange, const struct own_asked *asked,
             me_told *told);
/* The same whatever the rate, of what was let through before. False: not now, and nothing is
 * answered. */
bool me_pass(struct public_me *me, struct http_exchange *exchange, const struct own_asked *asked,
             me_told *told);
/* Does the exchange wait for the core here? Then it is forgotten. */
bool me_on_gone(struct public_me *me, const struct http_exchange *exchange);
/* What the core says; a failure breaks its pipe. */
struct outcome me_take(struct public_me *me, const struct frame *frame);
/* The pipe is lost: who waits is refused. */
void me_on_lost(struct public_me *me);
/* The answer as a program is told it: JSON, or a problem. */
void me_respond_json(struct public_me *me, struct http_exchange *exchange,
                     const struct own_told *told);

/* me_pages.c: the pages for people at `/me`: GET shows what there is to ask, POST asks. */
bool me_pages_has(struct view path);
void me_pages_on_head(struct public_me *me, struct http_exchange *exchange);
void me_pages_on_request(struct public_me *me, struct http_exchange *exchange);

#endif
