/*
 * Tags in the registry's file. Everywhere else a tag is what the identity key makes of a number; in
 * the file it lies under a veil, which the index key puts over it (decision 0074).
 *
 * Invariants
 *  1. While another index key takes over, what the file has lies under the one veil or under the
 *     other. Where it is not said under which, both are looked for, whichever is found first.
 *  2. A probe costs the same whoever is asked for, on a cold disk too: one seek under each veil,
 *     whose ends are compared in constant time, and then what it costs without a rotation, in pages
 *     that are warm by then (fetch.c).
 */
#include "store/sqlite/registry.h"

#include "base/check.h"

#include <string.h>

void registry_tag_put(const struct registry_index *index, const uint8_t tag[SEAL_BLIND_BYTES],
                      uint8_t ret_tag[SEAL_BLIND_BYTES])
{
    memcpy(ret_tag, tag, SEAL_BLIND_BYTES);
    veil_put(index->veil, ret_tag);
}

void registry_tag_lift(const struct registry_index *index, const uint8_t tag[SEAL_BLIND_BYTES],
                       uint8_t ret_tag[SEAL_BLIND_BYTES])
{
    memcpy(ret_tag, tag, SEAL_BLIND_BYTES);
    veil_lift(index->veil, ret_tag);
}

struct registry_indexes registry_indexes(const struct registry *registry)
{
    return (struct registry_indexes){.of = {&registry->index, &registry->index_other},
                                     .count = registry->index_other.masker == NULL ? 1 : 2};
}

struct outcome registry_tag_lift_by(const struct registry *registry, struct view tag, uint64_t name,
                                    uint8_t ret_tag[SEAL_BLIND_BYTES])
{
    struct registry_indexes indexes = registry_indexes(registry);

    for (unsigned i = 0; i < indexes.count && tag.len == SEAL_BLIND_BYTES; i++) {
        if (indexes.of[i]->name == name) {
            registry_tag_lift(indexes.of[i], tag.data, ret_tag);
            return OUTCOME_OK;
        }
    }
    return outcome_fail(FAULT_CORRUPT, "tag under a veil of no index key that is here");
}

struct outcome registry_tag_key(struct registry *registry, const uint8_t tag[SEAL_BLIND_BYTES],
                                bool *ret_there, uint64_t *ret_key)
{
    struct registry_indexes indexes = registry_indexes(registry);
    uint8_t veiled[SEAL_BLIND_BYTES];

    *ret_there = false;
    *ret_key = 0;
    for (unsigned i = 0; i < indexes.count; i++) { /* both, also when the first has it */
        sqlite3_stmt *statement = db_statement(&registry->db, STATEMENT_TAG_KEY);
        bool row = false;
        registry_tag_put(indexes.of[i], tag, veiled);
        db_bind_view(statement, 1, view_of(veiled, sizeof(veiled)));
        TRY(db_step(&registry->db, statement, &row));
        *ret_key = row ? db_column_u64(statement, 0) : *ret_key;
        *ret_there = *ret_there || row;
        db_done(statement);
    }
    return OUTCOME_OK;
}

/* Invariant 2: above the highest tag there is none, whoever is asked for. */
static struct outcome lies_under(struct registry *registry, const uint8_t tag[SEAL_BLIND_BYTES],
                                 bool *ret_lies)
{
    sqlite3_stmt *statement = db_statement(&registry->db, STATEMENT_TAG_FROM);
    bool row = false;

    db_bind_view(statement, 1, view_of(tag, SEAL_BLIND_BYTES));
    TRY(db_step(&registry->db, statement, &row));
    struct view found = row ? db_column_view(statement, 0) : view_of(NULL, 0);
    *ret_lies = found.len == SEAL_BLIND_BYTES && seal_equal(found.data, tag, SEAL_BLIND_BYTES);
    db_done(statement);
    return OUTCOME_OK;
}

struct outcome registry_tag_probe(struct registry *registry, const uint8_t tag[SEAL_BLIND_BYTES],
                                  uint8_t ret_tag[SEAL_BLIND_BYTES])
{
    struct registry_indexes indexes = registry_indexes(registry);
    uint8_t tags[2][SEAL_BLIND_BYTES];
    bool lies[2] = {false, false};

    for (unsigned i = 0; i < indexes.count; i++) {
        registry_tag_put(indexes.of[i], tag, tags[i]);
        if (indexes.count > 1) {
            TRY(lies_under(registry, tags[i], &lies[i]));
        }
    }
    memcpy(ret_tag, tags[lies[1] ? 1 : 0], SEAL_BLIND_BYTES);
    return OUTCOME_OK;
}

struct outcome registry_tag_remove(struct registry *registry, enum registry_statement which,
                                   const uint8_t tag[SEAL_BLIND_BYTES], uint64_t key,
                                   unsigned *ret_changes)
{
    struct registry_indexes indexes = registry_indexes(registry);
    uint8_t veiled[SEAL_BLIND_BYTES];

    *ret_changes = 0;
    for (unsigned i = 0; i < indexes.count; i++) {
        sqlite3_stmt *statement = db_statement(&registry->db, which);
        registry_tag_put(indexes.of[i], tag, veiled);
        db_bind_view(statement, 1, view_of(veiled, sizeof(veiled)));
        db_bind_u64(statement, 2, key);
        TRY(db_run(&registry->db, statement));
        *ret_changes += (unsigned)sqlite3_changes(registry->db.handle);
    }
    return OUTCOME_OK;
}
