/*
 * Who is protected or locked, in memory: a table of blind tags with open addressing.
 *
 * Invariants
 *  1. The number of places is a power of two and at least twice the number of places in use, so a
 *     search ends at a free place.
 *  2. A tag is the output of an HMAC: its first bytes are its hash. A place once used stays so,
 * with no flags when its tag is hidden no more: a search must not end there.
 *  3. The set is that of one state of the registry, named by its last chunk. A set that follows is
 *     brought, inside the reader's own transaction, to the state that is read: from the tags that
 *     each chunk since then has changed. No message can come too late for it, and none be lost.
 *  4. In memory stand tags without a veil: another index key changes nothing of the set.
 */
#include "store/sqlite/registry.h"

#include "base/check.h"

#include <string.h>

/* Tags that may come before the table must grow: growing takes time in proportion to its size. */
#define HEADROOM_TAGS 4096u

struct hidden_place {
    uint8_t tag[SEAL_BLIND_BYTES];
    uint8_t flags; /* PERSON_PROTECTED, PERSON_LOCKED */
    bool used;
};

struct hidden_set {
    struct hidden_place *places;
    uint64_t mask;  /* number of places - 1 */
    uint64_t used;  /* places in use */
    uint64_t count; /* those with flags */
    uint64_t chunk; /* invariant 3 */
};

static bool set_sane(const struct hidden_set *set)
{
    return set->count <= set->used && 2 * set->used <= set->mask + 1;
}

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

    while (set->places[place].used && memcmp(set->places[place].tag, tag, SEAL_BLIND_BYTES) != 0) {
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

/* Room for so many tags, and some more to come. */
static struct outcome places_new(uint64_t tags, struct hidden_place **ret_places,
                                 uint64_t *ret_mask)
{
    uint64_t places = 16;

    if (tags > HIDDEN_TAGS_MAX) {
        return outcome_fail(FAULT_OVER_LIMIT, "hidden persons");
    }
    while (places < 2 * (tags + HEADROOM_TAGS)) { /* invariant 1 */
        places *= 2;
    }
    *ret_places = memory_new(places, sizeof(struct hidden_place));
    if (*ret_places == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "hidden set");
    }
    *ret_mask = places - 1;
    return OUTCOME_OK;
}

static struct outcome set_new(uint64_t tags, struct hidden_set **ret_set)
{
    struct hidden_set *set = memory_new(1, sizeof(*set));

    if (set == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "hidden set");
    }
    struct outcome outcome = places_new(tags, &set->places, &set->mask);
    if (!outcome_ok(outcome)) {
        memory_free(set);
        return outcome;
    }
    *ret_set = set;
    return OUTCOME_OK;
}

/* Into a larger table; places without flags are left behind. */
static struct outcome set_grow(struct hidden_set *set)
{
    struct hidden_set grown = {.used = set->count, .count = set->count, .chunk = set->chunk};

    TRY(places_new(set->count, &grown.places, &grown.mask));
    for (uint64_t i = 0; i <= set->mask; i++) {
        const struct hidden_place *place = &set->places[i];
        if (place->flags != 0) {
            grown.places[place_of(&grown, place->tag)] = *place;
        }
    }
    memory_free(set->places);
    *set = grown;
    CHECK(set_sane(set));
    return OUTCOME_OK;
}

/* The tag's flags from now on; 0 = hidden no more. */
static struct outcome set_put(struct hidden_set *set, const uint8_t tag[SEAL_BLIND_BYTES],
                              uint8_t flags)
{
    if (2 * (set->used + 1) > set->mask + 1) {
        TRY(set_grow(set));
    }
    struct hidden_place *place = &set->places[place_of(set, tag)];
    if (!place->used) {
        memcpy(place->tag, tag, SEAL_BLIND_BYTES);
        place->used = true;
        set->used++;
    }
    set->count += (flags != 0) - (place->flags != 0);
    place->flags = flags;
    CHECK(set_sane(set));
    return OUTCOME_OK;
}

static struct outcome flags_check(uint64_t flags)
{
    return flags != 0 && (flags & ~(uint64_t)(PERSON_PROTECTED | PERSON_LOCKED)) == 0
               ? OUTCOME_OK
               : outcome_fail(FAULT_CORRUPT, "hidden tag");
}

/* A tag that two persons have (a CMND that both claim) is hidden for the reasons of both. */
static struct outcome set_add(struct hidden_set *set, const uint8_t tag[SEAL_BLIND_BYTES],
                              uint64_t flags, uint64_t max)
{
    TRY(flags_check(flags));
    if (set->count >= max && hidden_set_flags(set, tag) == 0) {
        return outcome_fail(FAULT_CORRUPT, "hidden tag");
    }
    return set_put(set, tag, (uint8_t)(hidden_set_flags(set, tag) | flags));
}

static struct outcome set_fill(struct registry *registry, struct hidden_set *set, uint64_t max)
{
    sqlite3_stmt *statement = db_statement(&registry->db, STATEMENT_HIDDEN);
    uint8_t tag[SEAL_BLIND_BYTES];
    bool row = true;

    for (;;) {
        TRY(db_step(&registry->db, statement, &row));
        if (!row) {
            db_done(statement);
            return OUTCOME_OK;
        }
        struct outcome outcome = registry_tag_lift_by(registry, db_column_view(statement, 0),
                                                      db_column_u64(statement, 2), tag);
        if (outcome_ok(outcome)) {
            outcome = set_add(set, tag, db_column_u64(statement, 1), max);
        }
        if (!outcome_ok(outcome)) {
            db_done(statement);
            return outcome;
        }
    }
}

static struct outcome load(struct registry *registry, struct hidden_set **ret_set)
{
    struct hidden_set *set = NULL;
    uint64_t chunk = 0;
    uint64_t tags = 0;

    TRY(registry_number(registry, STATEMENT_HIDDEN_COUNT, &tags));
    TRY(registry_number(registry, STATEMENT_CHUNK_LAST, &chunk));
    TRY(set_new(tags, &set));
    set->chunk = chunk;
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

/* ---- Following ---- */

void registry_hidden_follow(struct registry *registry, struct hidden_set *set)
{
    registry->hidden = set;
}

/* As the registry has them now, for the reasons of all who have the tag, under one veil. */
static struct outcome flags_read(struct registry *registry, struct view tag, uint8_t *ret_flags)
{
    sqlite3_stmt *statement = db_statement(&registry->db, STATEMENT_HIDDEN_FLAGS);
    uint8_t flags = 0;
    bool row = true;

    db_bind_view(statement, 1, tag);
    for (;;) {
        TRY(db_step(&registry->db, statement, &row));
        if (!row) {
            break;
        }
        uint64_t one = db_column_u64(statement, 0);
        struct outcome outcome = flags_check(one);
        if (!outcome_ok(outcome)) {
            db_done(statement);
            return outcome;
        }
        flags |= (uint8_t)one;
    }
    db_done(statement);
    *ret_flags = flags;
    return OUTCOME_OK;
}

static struct outcome tag_update(struct registry *registry, struct view changed, uint64_t veil)
{
    struct registry_indexes indexes = registry_indexes(registry);
    uint8_t tag[SEAL_BLIND_BYTES];
    uint8_t veiled[SEAL_BLIND_BYTES];
    uint8_t flags = 0;

    TRY(registry_tag_lift_by(registry, changed, veil, tag));
    for (unsigned i = 0; i < indexes.count; i++) {
        uint8_t found = 0;
        registry_tag_put(indexes.of[i], tag, veiled);
        TRY(flags_read(registry, view_of(veiled, sizeof(veiled)), &found));
        flags |= found;
    }
    return set_put(registry->hidden, tag, flags);
}

/* What is done twice after a failure in the middle does no harm. */
static struct outcome set_update(struct registry *registry)
{
    sqlite3_stmt *statement = db_statement(&registry->db, STATEMENT_HIDDEN_CHANGED);
    bool row = true;

    db_bind_u64(statement, 1, registry->hidden->chunk);
    for (;;) {
        TRY(db_step(&registry->db, statement, &row));
        if (!row) {
            db_done(statement);
            return OUTCOME_OK;
        }
        struct outcome outcome =
            tag_update(registry, db_column_view(statement, 0), db_column_u64(statement, 1));
        if (!outcome_ok(outcome)) {
            db_done(statement);
            return outcome;
        }
    }
}

struct outcome hidden_follow(struct registry *registry)
{
    uint64_t chunk = 0;

    if (registry->hidden == NULL) {
        return OUTCOME_OK;
    }
    struct outcome outcome = registry_number(registry, STATEMENT_CHUNK_LAST, &chunk);
    if (outcome_ok(outcome) && chunk != registry->hidden->chunk) {
        outcome = set_update(registry);
    }
    if (outcome.fault == FAULT_CORRUPT) {
        return outcome_fail(FAULT_IO, outcome.what);
    }
    TRY(outcome);
    registry->hidden->chunk = chunk;
    return OUTCOME_OK;
}

struct outcome registry_hidden_refresh(struct registry *registry)
{
    TRY(db_begin(&registry->db, false));
    struct outcome outcome = hidden_follow(registry);
    db_rollback(&registry->db);
    return outcome;
}
