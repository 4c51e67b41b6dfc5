/*
 * The table of asks that the core has not answered.
 *
 * Invariants
 *  1. A place is free (in the chain from first_free) or taken; count is the number of taken ones.
 *  2. Who has places already gets another one only while four times as many are free: however much
 *     one account asks, another one finds a place.
 *  3. A generation belongs to one taking of a place: a late or doubled answer finds another one.
 */
#include "channel/link/pending.h"

#include "base/check.h"
#include "base/memory.h"
#include "channel/http/http.h"
#include "channel/link/link.h"

#define NONE UINT32_MAX

struct outcome pending_init(struct pending *pending, uint32_t size)
{
    CHECK(size > 0 && size < NONE);
    *pending = (struct pending){.size = size};
    pending->places = memory_new(size, sizeof(pending->places[0]));
    if (pending->places == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "table of pending asks");
    }
    for (uint32_t i = 0; i < size; i++) {
        pending->places[i].next_free = i + 1 < size ? i + 1 : NONE;
    }
    return OUTCOME_OK;
}

void pending_done(struct pending *pending)
{
    memory_free(pending->places);
    *pending = (struct pending){0};
}

uint32_t pending_place_of(uint64_t tag)
{
    return (uint32_t)tag;
}

uint16_t pending_owner_of(const uint8_t spki[32])
{
    return (uint16_t)(((unsigned)spki[0] << 8 | spki[1]) % EDGE_OWNERS);
}

struct outcome pending_add(struct pending *pending, struct http_exchange *exchange, uint16_t owner,
                           uint64_t *ret_tag)
{
    uint32_t at = pending->first_free;
    uint32_t left = pending->size - pending->count;

    CHECK(owner < EDGE_OWNERS);
    if (left == 0) {
        return outcome_fail(FAULT_OVER_LIMIT, "pending asks");
    }
    if (pending->owned[owner] * EDGE_OWN_TO_FREE >= left) { /* invariant 2; the first always fits */
        return outcome_fail(FAULT_OVER_LIMIT, "pending asks of one account");
    }
    CHECK(at < pending->size && !pending->places[at].taken); /* invariant 1 */
    struct pending_place *place = &pending->places[at];
    pending->first_free = place->next_free;
    pending->count++;
    pending->owned[owner]++;
    place->owner = owner;
    place->taken = true;
    place->exchange = exchange;
    place->generation++;
    *ret_tag = (uint64_t)place->generation << 32 | at;
    return OUTCOME_OK;
}

struct outcome pending_begin(struct pending *pending, const struct link *link,
                             struct http_exchange *exchange, const uint8_t spki[32], size_t bytes,
                             uint64_t *ret_tag)
{
    if (!link_is_up(link)) {
        return outcome_fail(FAULT_CLOSED, "no pipe to the core");
    }
    if (!link_has_room(link, bytes)) {
        return outcome_fail(FAULT_OVER_LIMIT, "pipe to the core");
    }
    TRY(pending_add(pending, exchange, pending_owner_of(spki), ret_tag));
    http_exchange_note_set(exchange, pending_place_of(*ret_tag));
    return OUTCOME_OK;
}

void pending_forget(struct pending *pending, uint32_t place)
{
    CHECK(place < pending->size && pending->places[place].taken);
    pending->places[place].exchange = NULL;
}

static void free_place(struct pending *pending, uint32_t at)
{
    pending->places[at].taken = false;
    pending->places[at].exchange = NULL;
    pending->places[at].next_free = pending->first_free;
    pending->first_free = at;
    uint16_t *owned = &pending->owned[pending->places[at].owner];
    CHECK(pending->count > 0 && *owned > 0);
    pending->count--;
    --*owned;
}

uint64_t pending_tag(const struct pending *pending, uint32_t place)
{
    CHECK(place < pending->size && pending->places[place].taken);
    return (uint64_t)pending->places[place].generation << 32 | place;
}

struct http_exchange *pending_look(const struct pending *pending, uint64_t tag)
{
    uint32_t at = pending_place_of(tag);
    bool found = at < pending->size && pending->places[at].taken &&
                 pending->places[at].generation == tag >> 32;

    return found ? pending->places[at].exchange : NULL; /* invariant 3 */
}

struct outcome pending_take(struct pending *pending, uint64_t tag,
                            struct http_exchange **ret_exchange)
{
    uint32_t at = pending_place_of(tag);

    if (at >= pending->size || !pending->places[at].taken ||
        pending->places[at].generation != tag >> 32) { /* invariant 3 */
        return outcome_fail(FAULT_NOT_FOUND, "answer to no pending ask");
    }
    *ret_exchange = pending->places[at].exchange;
    free_place(pending, at);
    return OUTCOME_OK;
}

void pending_take_all(struct pending *pending, void *context,
                      void (*each)(void *context, struct http_exchange *exchange))
{
    for (uint32_t at = 0; at < pending->size; at++) {
        struct http_exchange *exchange = pending->places[at].exchange;
        if (!pending->places[at].taken) {
            continue;
        }
        free_place(pending, at);
        if (exchange != NULL) {
            each(context, exchange);
        }
    }
}
