/*
 * Parties and businesses as messages name them that know no codes of ours: a unit by its
 * e-identification code, a business by its party, its administrative procedure and the service.
 *
 * Invariants
 * 1. directory->units holds each party that has an identification, but for one that another had
 *    first; the office gives none twice.
 * 2. directory->procedures holds the first business, by code, of each party and procedure; the
 *    others hang on it in the order of their codes.
 */
#include "gate/places.h"

#include "base/check.h"

#include <string.h>

static struct view unit_key(const void *value)
{
    return code_view(&((const struct party *)value)->identification);
}

static struct view place_view(const struct business_place *place)
{
    return view_of(place->text, place->len);
}

static struct view procedure_key(const void *value)
{
    return place_view(&((const struct business *)value)->place);
}

void places_init(struct directory *directory)
{
    map_init(&directory->units, unit_key, PARTIES_MAX);
    map_init(&directory->procedures, procedure_key, BUSINESSES_MAX);
}

void places_done(struct directory *directory)
{
    map_done(&directory->units);
    map_done(&directory->procedures);
}

/* ---- units ---- */

struct outcome places_party_room(struct directory *directory)
{
    return map_room(&directory->units);
}

void places_add_party(struct directory *directory, struct party *party)
{
    struct view unit = unit_key(party);
    if (unit.len > 0 && map_get(&directory->units, unit) == NULL) { /* invariant 1 */
        struct outcome outcome = map_add(&directory->units, party);
        CHECK(outcome_ok(outcome)); /* there is room */
    }
}

void places_remove_party(struct directory *directory, struct party *party)
{
    if (map_get(&directory->units, unit_key(party)) == party) {
        CHECK(map_remove(&directory->units, unit_key(party)) == party);
    }
}

struct party *directory_party_by_unit(const struct directory *directory, struct view unit)
{
    return unit.len == 0 ? NULL : map_get(&directory->units, unit);
}

/* ---- procedures ---- */

static struct business_place place_of(const struct party *party, struct view procedure)
{
    struct business_place place = {0};
    struct view code = code_view(&party->code);
    CHECK(code.len + 1 + procedure.len <= sizeof(place.text));
    memcpy(place.text, code.data, code.len);
    memcpy(place.text + code.len + 1, procedure.data, procedure.len); /* a zero between them */
    place.len = (uint8_t)(code.len + 1 + procedure.len);
    return place;
}

struct outcome places_business_room(struct directory *directory)
{
    return map_room(&directory->procedures);
}

static void put_first(struct directory *directory, struct business *business)
{
    struct outcome outcome = map_add(&directory->procedures, business);
    CHECK(outcome_ok(outcome)); /* there is room */
}

void places_add_business(struct directory *directory, struct business *business)
{
    business->place = (struct business_place){0};
    business->next_same = NULL;
    if (business->procedure.len == 0) {
        return;
    }
    business->place = place_of(business->party, code_view(&business->procedure));
    struct business *first = map_get(&directory->procedures, place_view(&business->place));
    struct business *before = NULL;
    for (struct business *at = first;
         at != NULL && view_compare(code_view(&at->code), code_view(&business->code)) < 0;
         at = at->next_same) {
        before = at;
    }
    if (before != NULL) {
        business->next_same = before->next_same;
        before->next_same = business;
        return;
    }
    if (first != NULL) {
        CHECK(map_remove(&directory->procedures, procedure_key(first)) == first);
    }
    business->next_same = first;
    put_first(directory, business);
}

void places_remove_business(struct directory *directory, struct business *business)
{
    if (business->place.len == 0) {
        return;
    }
    struct business *first = map_get(&directory->procedures, place_view(&business->place));
    CHECK(first != NULL);
    if (first == business) {
        CHECK(map_remove(&directory->procedures, procedure_key(first)) == first);
        if (business->next_same != NULL) {
            put_first(directory, business->next_same);
        }
    } else {
        struct business *before = first;
        while (before->next_same != business) {
            before = before->next_same;
            CHECK(before != NULL);
        }
        before->next_same = business->next_same;
    }
    business->next_same = NULL;
}

static struct business *first_of(const struct directory *directory, const struct party *party,
                                 struct view procedure)
{
    if (procedure.len == 0 || procedure.len > ASK_CODE_BYTES_MAX) {
        return NULL;
    }
    struct business_place place = place_of(party, procedure);
    return map_get(&directory->procedures, place_view(&place));
}

unsigned directory_procedure_count(const struct directory *directory, const struct party *party,
                                   struct view procedure)
{
    unsigned count = 0;
    for (const struct business *at = first_of(directory, party, procedure); at != NULL;
         at = at->next_same) {
        count++;
    }
    return count;
}

/* How much of what an ask needs the business has: one that may be used before one that may not, so
 * that a refusal tells what is in the way. */
static unsigned fitness(const struct business *business, enum service service, enum channel channel,
                        int64_t day)
{
    bool served = (business->services & (1u << service)) != 0;
    bool open = (business->channels & (1u << channel)) != 0;
    bool in_force = business->state == BUSINESS_GRANTED && day >= business->from_day &&
                    day <= business->until_day;
    return (served ? 4 : 0) + (in_force ? 2 : 0) + (open ? 1 : 0);
}

struct business *directory_business_for(const struct directory *directory,
                                        const struct party *party, struct view procedure,
                                        enum service service, enum channel channel, int64_t day)
{
    struct business *best = NULL;
    for (struct business *at = first_of(directory, party, procedure); at != NULL;
         at = at->next_same) {
        if (best == NULL ||
            fitness(at, service, channel, day) > fitness(best, service, channel, day)) {
            best = at;
        }
    }
    return best;
}
