/*
 * Purpose: what the parts of the edge know of each other. Private to this folder.
 *
 *   edge.c      the process: start, turns, answers of the core, end
 *   routes.c    from a request to an ask or a refusal
 *   pending.c   asks that the core has not answered
 */
#ifndef DANCU_CHANNEL_EDGE_PRIVATE_H
#define DANCU_CHANNEL_EDGE_PRIVATE_H

#include "base/memory.h"
#include "channel/edge/edge.h"
#include "channel/figures/figures.h"
#include "channel/http/http.h"
#include "channel/json/ask_json.h"
#include "channel/link/link.h"
#include "channel/texts/texts.h"

/* One place of the table. The tag that the core echoes is generation << 32 | place. */
struct pending_place {
    struct http_exchange *exchange; /* NULL: the client is gone, or the place is free */
    uint32_t generation;
    uint32_t next_free;
    uint16_t owner;
    bool taken;
};

struct pending {
    struct pending_place *places;
    uint32_t first_free;
    uint32_t count;
    uint32_t size;
    uint16_t owned[EDGE_OWNERS]; /* places taken, by who asked */
};

struct outcome pending_init(struct pending *pending, uint32_t size);
void pending_done(struct pending *pending);
/* Who asks, by the digest of its key. */
uint16_t pending_owner_of(const uint8_t spki[32]);
/* FAULT_OVER_LIMIT when all places are taken, or so many by this owner that it could take the
 * others' (decision 0025). */
struct outcome pending_add(struct pending *pending, struct http_exchange *exchange, uint16_t owner,
                           uint64_t *ret_tag);
/* The client is gone; the place stays taken until the core answers or is lost. */
void pending_forget(struct pending *pending, uint32_t place);
/* Frees the place of a tag. FAULT_NOT_FOUND: no such ask is pending. The exchange may be NULL. */
struct outcome pending_take(struct pending *pending, uint64_t tag,
                            struct http_exchange **ret_exchange);
/* Frees all places, handing each exchange that is still there to `each`. */
void pending_take_all(struct pending *pending, void *context,
                      void (*each)(void *context, struct http_exchange *exchange));
uint32_t pending_place_of(uint64_t tag);

struct edge {
    const struct child *child;
    struct http_server *server;
    struct link link;
    struct texts texts;
    struct pending pending;
    struct arena arena;       /* of the ask that is being read */
    struct ask_faults faults; /* likewise */
    size_t batch_start;       /* of the frame that is being filled in the link's out */
    unsigned batch_count;     /* asks in it; 0 = none is begun */
    struct channel_figures figures;
    bool told_ready;
};

/* routes.c */
void edge_on_head(void *context, struct http_exchange *exchange);
void edge_on_request(void *context, struct http_exchange *exchange);
void edge_on_refuse(void *context, struct http_exchange *exchange, enum http_refusal why,
                    const char *what);

/* The request's traceparent; one that cannot be one is dropped, as the W3C's recommendation says
 * (trace context, section 4.3). */
struct view edge_traceparent(const struct http_request *request);

/* edge.c */
/* Puts an ask into this turn's batch. FAULT_OVER_LIMIT, FAULT_CLOSED: it cannot be asked now. */
struct outcome edge_ask(struct edge *edge, struct http_exchange *exchange, struct ask *ask);
/* Asks for a receipt again; likewise. */
struct outcome edge_receipt(struct edge *edge, struct http_exchange *exchange,
                            struct receipt_ask *ask);
/* 503 with Retry-After. */
void edge_respond_unavailable(struct edge *edge, struct http_exchange *exchange);
/* The process with other limits, for tests. */
int edge_serve(struct child *child, const struct http_limits *limits);

#endif
