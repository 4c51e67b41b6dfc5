/*
 * Purpose: what the parts of the desk know of each other. Private to this folder.
 *
 *   desk.c      the process: start, turns, what the core shows, end
 *   routes.c    from a request to a look or a refusal
 *   signed.c    what can be seen of a signed act without a key
 *   acts.c      signed acts: to the process that checks them, and back
 *   changes.c   signed sets of changes: likewise
 *   query.c     the parameters of a list's address
 *   explain.c   hypothetical asks: theirs
 *   documents.c documents of cases: to the archive, and back
 */
#ifndef DANCU_CHANNEL_DESK_PRIVATE_H
#define DANCU_CHANNEL_DESK_PRIVATE_H

#include "channel/desk/desk.h"
#include "channel/figures/figures.h"
#include "channel/http/http.h"
#include "channel/link/link.h"
#include "channel/link/pending.h"
#include "channel/link/side.h"
#include "channel/texts/texts.h"
#include "proc/archiving.h"
#include "proc/explaining.h"
#include "proc/feeding.h"
#include "proc/looking.h"
#include "proc/signed.h"

#define DESK_NOTE_ACT (1u << 31)   /* of an exchange: its place is among the acts */
#define DESK_NOTE_PAPER (1u << 30) /* ... or among the documents */

struct desk {
    const struct child *child;
    struct http_server *server;
    struct link link;
    struct texts texts;
    struct side verify;     /* the pipe to the process that checks signatures */
    struct side archive;    /* and to the one that keeps documents */
    struct pending pending; /* looks */
    struct pending acts;    /* and sets of changes */
    struct pending papers;  /* documents that come or go */
    struct channel_figures figures;
    struct feeding_changed changed; /* the answer in hand */
    bool told_ready;
};

/* query.c: the page of a list that is asked for. */
struct page {
    unsigned limit;
    uint8_t cursor[LOOK_CURSOR_BYTES_MAX]; /* as the core gave it */
    size_t cursor_len;
};
/* FAULT_BAD_INPUT: ret_name is the parameter at fault, as it was sent, and the outcome's `what`
 * says why. */
struct outcome query_get(struct view query, struct page *ret_page, struct view *ret_name);
/* A cursor as it stands in an address: opaque, unreserved characters alone. */
void query_put_cursor(struct buf *buf, struct view cursor);

/* routes.c */
void desk_on_head(void *context, struct http_exchange *exchange);
void desk_on_request(void *context, struct http_exchange *exchange);
void desk_on_refuse(void *context, struct http_exchange *exchange, enum http_refusal why,
                    const char *what);
/* What the core shows, to who asked for it. */
void desk_respond_seen(struct desk *desk, struct http_exchange *exchange, const struct seen *seen);

void desk_refuse_query(struct desk *desk, struct http_exchange *exchange, struct view name,
                       const char *why);

/* explain.c */
void desk_on_explain(struct desk *desk, struct http_exchange *exchange);

/* acts.c */
void desk_on_act(struct desk *desk, struct http_exchange *exchange);
/* Sends what was signed to the process that checks it, by one of its frames. FAULT_CLOSED,
 * FAULT_OVER_LIMIT: not now. FAULT_BAD_INPUT: the certificate's key is too long. */
struct outcome desk_send_signed(struct desk *desk, struct http_exchange *exchange, struct view jws,
                                void (*put)(struct buf *buf, const struct signed_asked *asked));
/* A parameter of what was signed is wrong. */
void desk_refuse_signed(struct desk *desk, struct http_exchange *exchange, const char *name,
                        const char *why);
/* What became of an act, to who sent it. */
void desk_respond_done(struct desk *desk, struct http_exchange *exchange,
                       const struct signed_done *done);
/* Nobody can say what became of it. */
void desk_respond_unknown(struct desk *desk, struct http_exchange *exchange);

/* changes.c */
bool desk_is_changes(struct view path);
void desk_on_changes(struct desk *desk, struct http_exchange *exchange);
/* What became of a set, to who sent it. */
void desk_respond_changed(struct desk *desk, struct http_exchange *exchange,
                          const struct feeding_changed *changed);

/* documents.c */
bool desk_is_document(struct view path);
/* False: it is of something else. */
bool desk_document_head(struct desk *desk, struct http_exchange *exchange);
void desk_document_request(struct desk *desk, struct http_exchange *exchange);
/* For the HTTP server. */
void desk_document_body(void *context, struct http_exchange *exchange, struct view part);
void desk_document_room(void *context, struct http_exchange *exchange, size_t bytes);
void desk_document_gone(struct desk *desk, struct http_exchange *exchange);
struct outcome desk_documents_open(struct desk *desk);

/* signed.c */
/* Whether it has the look of a compact JWS; the payload as it stands in it. FAULT_BAD_INPUT: `what`
 * says what it has not. */
struct outcome desk_signed_look(struct view jws, struct view *ret_payload);
/* Whether If-Match and Idempotency-Key, where they were sent, say what the payload says.
 * FAULT_BAD_INPUT: ret_name does not. */
struct outcome desk_signed_agrees(const struct http_request *request, struct view payload,
                                  const char **ret_name);

/* desk.c */
/* Asks the core. FAULT_OVER_LIMIT, FAULT_CLOSED: it cannot be asked now. */
struct outcome desk_look(struct desk *desk, struct http_exchange *exchange, struct look *look);
struct outcome desk_explain(struct desk *desk, struct http_exchange *exchange,
                            struct explaining *asked);
struct http_limits desk_limits(void);
/* The process with other limits, for tests. */
int desk_serve(struct child *child, const struct http_limits *limits);

#endif
