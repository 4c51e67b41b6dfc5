/*
 * Purpose: addresses of synthetic people, and their JSON. Street names are common ones of the
 * country's towns; the countryside has hamlets, villages and groups.
 * Source: formats.md "Person" (A); street names are general knowledge.
 */
#ifndef DANCU_DEMO_PLACES_H
#define DANCU_DEMO_PLACES_H

#include "base/bytes.h"
#include "demo/peoples.h"
#include "demo/units.h"

#define DETAIL_BYTES_MAX 62

struct address {
    struct unit unit;              /* LIST_NONE and no country: unknown */
    const struct foreign *foreign; /* abroad; NULL in Viet Nam */
    uint8_t detail_len;            /* 0: null */
    char detail[DETAIL_BYTES_MAX + 1];
};

/* House and street or hamlet in a ward of the province (of the list of 2021, whatever list the
 * unit is of). */
struct address demo_place_home(struct rng *rng, struct unit unit, unsigned province_2021);
/* A unit without house and street: where a birth was registered, native place. */
struct address demo_place_unit(struct unit unit);
struct address demo_place_abroad(struct rng *rng, const struct foreign *foreign);
bool demo_place_known(const struct address *address);
/* Canonical JSON: an object, or null when unknown. */
void demo_place_put(struct buf *buf, const struct address *address);

/* Appends a literal without counting it at run time. */
#define PUT(buf, text) buf_put((buf), "" text, sizeof(text) - 1)

#endif
