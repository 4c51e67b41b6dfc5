/*
 * Purpose: the table of what a channel has asked the core and the core has not answered: which
 * exchange waits for which tag.
 * Owner: one a process.
 */
#ifndef DANCU_CHANNEL_LINK_PENDING_H
#define DANCU_CHANNEL_LINK_PENDING_H

#include "base/ceilings.h"
#include "base/outcome.h"

#include <stddef.h>
#include <stdint.h>

struct http_exchange;
struct link;

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
/* The same for what goes to the core now in a frame of at most `bytes`; the exchange's note is the
 * place. FAULT_CLOSED: there is no pipe; FAULT_OVER_LIMIT: nor is there room in it. */
struct outcome pending_begin(struct pending *pending, const struct link *link,
                             struct http_exchange *exchange, const uint8_t spki[32], size_t bytes,
                             uint64_t *ret_tag);
/* The client is gone; the place stays taken until the core answers or is lost. */
void pending_forget(struct pending *pending, uint32_t place);
/* The tag of a place that is taken; and who waits for a tag: NULL: nobody, or no more. */
uint64_t pending_tag(const struct pending *pending, uint32_t place);
struct http_exchange *pending_look(const struct pending *pending, uint64_t tag);
/* Frees the place of a tag. FAULT_NOT_FOUND: no such ask is pending. The exchange may be NULL. */
struct outcome pending_take(struct pending *pending, uint64_t tag,
                            struct http_exchange **ret_exchange);
/* Frees all places, handing each exchange that is still there to `each`. */
void pending_take_all(struct pending *pending, void *context,
                      void (*each)(void *context, struct http_exchange *exchange));
uint32_t pending_place_of(uint64_t tag);

#endif
