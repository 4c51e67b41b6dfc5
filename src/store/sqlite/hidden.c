/*
 * Who is protected or locked, in memory: a table of blind tags with open addressing.
 *
 * Invariants
 *  1. The number of places is a power of two and at least twice the number of tags, so a search
 *     ends at a free place.
 *  2. A tag is the output of an HMAC: its first bytes are its hash. A place without flags is free.
 */
#include "store/sqlite/registry.h"

#include "base/check.h"

#include <string.h>

struct hidden_place {
    uint8_t tag[SEAL_BLIND_BYTES];
    uint8_t flags; /* PERSON_PROTECTED, PERSON_LOCKED; 0 = the place is free */
};

struct hidden_set {
    struct hidden_place *places;
    uint64_t mask; /* number of places - 1 */
    uint64_t count;
};

static uint64_t first_place(const struct hidden_set *set, const uint8_t tag[SEAL_BLIND_BYTES])
{
    uint64_t hash = 0;

    memcpy(&hash, tag, sizeof(hash));
    return hash & set->mask;
}

/* The tag's place, or the free one where it belongs. */
static uint64_t place_of(const struct hidden_set *set, const uint8_t tag[SEAL_BLIND_BYTES])
{
    uint64_t place = first_place(set, tag);

    while (set->places[place].flags != 0 &&
           memcmp(set->places[place].tag, tag, SEAL_BLIND_BYTES) != 0) {
        place = (place + 1) & set->mask;
    }
    return place;
}

uint32_t hidden_set_flags(const struct hidden_set *set, const uint8_t tag[SEAL_BLIND_BYTES])
{
    return set->places[place_of(set, tag)].flags;
}

uint64_t hidden_set_count(const struct hidden_set *set)
{
    return set->count;
}

void hidden_set_free(struct hidden_set *set)
{
    if (set != NULL) {
        memory_free(set->places);
        memory_free(set);
    }
}

static struct outcome set_new(uint64_t tags, struct hidden_set **ret_set)
{
    uint64_t places = 16;

    if (tags > HIDDEN_TAGS_MAX) {
        return outcome_fail(FAULT_OVER_LIMIT, "hidden persons");
    }
    while (places < 2 * tags) { /* invariant 1 */
        places *= 2;
    }
    struct hidden_set *set = memory_new(1, sizeof(*set));
    if (set == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "hidden set");
    }
    set->mask = places - 1;
    set->places = memory_new(places, sizeof(struct hidden_place));
    if (set->places == NULL) {
        memory_free(set);
        return outcome_fail(FAULT_NO_MEMORY, "hidden set");
    }
    *ret_set = set;
    return OUTCOME_OK;
}

/* A tag that two persons have (a CMND that both claim) is hidden for the reasons of both. */
static struct outcome set_add(struct hidden_set *set, struct view tag, uint64_t flags, uint64_t max)
{
    if (tag.len != SEAL_BLIND_BYTES || flags == 0 ||
        (flags & ~(uint64_t)(PERSON_PROTECTED | PERSON_LOCKED)) != 0) {
        return outcome_fail(FAULT_CORRUPT, "hidden tag");
    }
    struct hidden_place *place = &set->places[place_of(set, tag.data)];
    if (place->flags == 0) {
        if (set->count >= max) {
            return outcome_fail(FAULT_CORRUPT, "hidden tag");
        }
        memcpy(place->tag, tag.data, SEAL_BLIND_BYTES);
        set->count++;
    }
    place->flags |= (uint8_t)flags;
    CHECK(2 * set->count <= set->mask + 1);
    return OUTCOME_OK;
}

static struct outcome set_fill(struct registry *registry, struct hidden_set *set, uint64_t max)
{
    sqlite3_stmt *statement = db_statement(&registry->db, STATEMENT_HIDDEN);
    bool row = true;

    for (;;) {
        TRY(db_step(&registry->db, statement, &row));
        if (!row) {
            db_done(statement);
            return OUTCOME_OK;
        }
        struct outcome outcome =
            set_add(set, db_column_view(statement, 0), db_column_u64(statement, 1), max);
        if (!outcome_ok(outcome)) {
            db_done(statement);
            return outcome;
        }
    }
}

static struct outcome load(struct registry *registry, struct hidden_set **ret_set)
{
    sqlite3_stmt *statement = db_statement(&registry->db, STATEMENT_HIDDEN_COUNT);
    struct hidden_set *set = NULL;
    bool row = false;

    TRY(db_step(&registry->db, statement, &row));
    CHECK(row); /* an aggregate always has one */
    uint64_t tags = db_column_u64(statement, 0);
    db_done(statement);
    TRY(set_new(tags, &set));
    struct outcome outcome = set_fill(registry, set, tags);
    if (!outcome_ok(outcome)) {
        hidden_set_free(set);
        return outcome;
    }
    *ret_set = set;
    return OUTCOME_OK;
}

struct outcome hidden_set_load(struct registry *registry, struct hidden_set **ret_set)
{
    TRY(db_begin(&registry->db, false)); /* count and tags of one state */
    struct outcome outcome = load(registry, ret_set);
    db_rollback(&registry->db);
    return outcome;
}
