/*
 * Putting another veil over the registry's tags, chunk by chunk.
 *
 * Invariants
 *  1. How far it has come moves in the transaction of what was done, as of the data key (rotate.c).
 *  2. First come the small tables, whose rows say under which veil they lie: who is hidden, and
 *     former numbers. They are looked through once more before the end.
 *  3. Then persons in order of their keys: from a record all tags of its person follow, under the
 *     former veil and under the new one. What was written meanwhile lies under the new one.
 *  4. A person whose record does not open is found by looking through the whole index, one in a
 *     chunk, so that no number of his is taken for nobody's. What was written of him meanwhile
 * cannot be told from what was before: his rows stay, with the tag under the new veil beside each.
 * His row in the search index cannot be made anew: it goes.
 *  5. A row of a former number, or of who was hidden otherwise, that does not say where it lies is
 *     damage, which is counted and left as it is; of who is hidden, it stops everything.
 */
#include "store/sqlite/rotate.h"

#include "store/sqlite/search.h"

#include "base/check.h"
#include "base/log.h"

#include <string.h>

/* ---- What is done ---- */

static void count_row(struct rotating *rotating, uint64_t key, struct view tag)
{
    uint8_t bytes[8 + SEAL_BLIND_BYTES];
    uint8_t hash[SEAL_HASH_BYTES];

    CHECK(tag.len <= SEAL_BLIND_BYTES);
    for (unsigned i = 0; i < 8; i++) {
        bytes[i] = (uint8_t)(key >> (56 - 8 * i));
    }
    memcpy(bytes + 8, tag.data, tag.len);
    seal_sha256(view_of(bytes, 8 + tag.len), hash);
    rotating_hash(rotating, hash);
    rotating->rotation.versions++;
}

/* ---- Small tables: invariant 2 ---- */

struct veiled_row {
    uint8_t tag[SEAL_BLIND_BYTES];
    uint64_t key; /* of the person, or number of the chunk */
    uint64_t veil;
};

static const struct veiled_table {
    enum registry_statement find;
    enum registry_statement move;
    bool needed; /* invariant 5 */
} veiled_tables[] = {
    {STATEMENT_VEILED_HIDDEN, STATEMENT_VEIL_HIDDEN, true},
    {STATEMENT_VEILED_CHANGE, STATEMENT_VEIL_CHANGE, false},
    {STATEMENT_VEILED_FORMER, STATEMENT_VEIL_FORMER, false},
};

static struct outcome veiled_read(const struct registry *registry, sqlite3_stmt *statement,
                                  struct veiled_row *ret_row)
{
    struct view tag = db_column_view(statement, 0);
    uint8_t lifted[SEAL_BLIND_BYTES];

    TRY(registry_tag_lift_by(registry, tag, db_column_u64(statement, 2), lifted));
    memcpy(ret_row->tag, tag.data, tag.len);
    ret_row->key = db_column_u64(statement, 1);
    ret_row->veil = db_column_u64(statement, 2);
    return OUTCOME_OK;
}

static struct outcome veiled_find(struct rotating *rotating, const struct veiled_table *table,
                                  struct veiled_row *rows, unsigned max, unsigned *ret_count)
{
    struct registry *registry = rotating->registry;
    sqlite3_stmt *statement = db_statement(&registry->db, table->find);
    struct outcome outcome = OUTCOME_OK;
    bool row = true;

    *ret_count = 0;
    db_bind_u64(statement, 1, registry->index.name);
    db_bind_u64(statement, 2, max);
    while (outcome_ok(outcome)) {
        outcome = db_step(&registry->db, statement, &row);
        if (!row || !outcome_ok(outcome)) {
            break;
        }
        outcome = veiled_read(registry, statement, &rows[*ret_count]);
        *ret_count += outcome_ok(outcome);
        if (outcome.fault == FAULT_CORRUPT && !table->needed) { /* invariant 5 */
            rotating->rotation.damaged += !rotating->more;      /* once, before the end */
            outcome = OUTCOME_OK;
        }
    }
    db_done(statement);
    return outcome;
}

static struct outcome veiled_move(struct rotating *rotating, const struct veiled_table *table,
                                  const struct veiled_row *row)
{
    struct registry *registry = rotating->registry;
    sqlite3_stmt *statement = db_statement(&registry->db, table->move);
    uint8_t tag[SEAL_BLIND_BYTES];

    TRY(registry_tag_lift_by(registry, view_of(row->tag, sizeof(row->tag)), row->veil, tag));
    veil_put(registry->index.veil, tag);
    db_bind_view(statement, 1, view_of(tag, sizeof(tag)));
    db_bind_view(statement, 2, view_of(row->tag, sizeof(row->tag)));
    db_bind_u64(statement, 3, row->key);
    db_bind_u64(statement, 4, registry->index.name);
    TRY(db_run(&registry->db, statement));
    count_row(rotating, row->key, view_of(tag, sizeof(tag)));
    return OUTCOME_OK;
}

/* *ret_left false: nothing of them lies under the former veil. */
static struct outcome veiled_all(struct rotating *rotating, struct veiled_row *rows, bool *ret_left)
{
    unsigned count = 0;

    *ret_left = false;
    for (size_t i = 0; i < sizeof(veiled_tables) / sizeof(veiled_tables[0]) && !*ret_left; i++) {
        TRY(veiled_find(rotating, &veiled_tables[i], rows, REGISTRY_ROTATE_MAX, &count));
        for (unsigned row = 0; row < count; row++) {
            TRY(veiled_move(rotating, &veiled_tables[i], &rows[row]));
        }
        *ret_left = count == REGISTRY_ROTATE_MAX;
    }
    return OUTCOME_OK;
}

static struct outcome small_tables(struct rotating *rotating, bool *ret_left)
{
    MEMORY_AUTO struct veiled_row *rows = memory_new(REGISTRY_ROTATE_MAX, sizeof(*rows));

    return rows == NULL ? outcome_fail(FAULT_NO_MEMORY, "tags")
                        : veiled_all(rotating, rows, ret_left);
}

/* ---- Persons: invariant 3 ---- */

static struct outcome tag_move(struct rotating *rotating, uint64_t key,
                               const uint8_t from[SEAL_BLIND_BYTES],
                               const uint8_t to[SEAL_BLIND_BYTES])
{
    struct db *db = &rotating->registry->db;
    sqlite3_stmt *statement = db_statement(db, STATEMENT_TAG_MOVE);

    db_bind_view(statement, 1, view_of(from, SEAL_BLIND_BYTES));
    db_bind_view(statement, 2, view_of(to, SEAL_BLIND_BYTES));
    db_bind_u64(statement, 3, key);
    TRY(db_run(db, statement));
    if (sqlite3_changes(db->handle) > 0) {
        count_row(rotating, key, view_of(to, SEAL_BLIND_BYTES));
    }
    return OUTCOME_OK;
}

static struct outcome tag_turn(struct rotating *rotating, uint64_t key,
                               const uint8_t tag[SEAL_BLIND_BYTES])
{
    struct registry *registry = rotating->registry;
    uint8_t from[SEAL_BLIND_BYTES];
    uint8_t to[SEAL_BLIND_BYTES];

    registry_tag_put(&registry->index_other, tag, from);
    registry_tag_put(&registry->index, tag, to);
    return tag_move(rotating, key, from, to);
}

/* A former personal number is in the index for good. */
static struct outcome former_turn(struct rotating *rotating, uint64_t key)
{
    struct registry *registry = rotating->registry;
    sqlite3_stmt *statement = db_statement(&registry->db, STATEMENT_FORMER_OF);
    struct outcome outcome = OUTCOME_OK;
    uint8_t tag[SEAL_BLIND_BYTES];
    bool row = true;

    db_bind_u64(statement, 1, key);
    while (outcome_ok(outcome)) {
        outcome = db_step(&registry->db, statement, &row);
        if (!row || !outcome_ok(outcome)) {
            break;
        }
        struct outcome lifted = registry_tag_lift_by(registry, db_column_view(statement, 0),
                                                     db_column_u64(statement, 1), tag);
        if (outcome_ok(lifted)) { /* invariant 5 */
            outcome = tag_turn(rotating, key, tag);
        }
    }
    db_done(statement);
    return outcome;
}

/* The row may be of an older version than the one in force, and stays so. */
static struct outcome search_turn(struct rotating *rotating, uint64_t key,
                                  const struct person_record *record)
{
    struct registry *registry = rotating->registry;
    sqlite3_stmt *statement = db_statement(&registry->db, STATEMENT_SEARCH_GET);
    struct search_row before;
    struct search_row after;
    bool row = false;

    search_row_of(registry, &registry->index_other, key, 0, record, &before);
    db_bind_view(statement, 1, view_of(before.tag, sizeof(before.tag)));
    db_bind_u64(statement, 2, key);
    TRY(db_step(&registry->db, statement, &row));
    uint32_t version = row ? (uint32_t)db_column_u64(statement, 0) : 0;
    db_done(statement);
    if (!row) {
        return OUTCOME_OK;
    }
    search_row_of(registry, &registry->index, key, version, record, &after);
    TRY(search_row_remove(registry, &before));
    TRY(search_rows_add(registry, &after, 1));
    count_row(rotating, key, view_of(after.tag, sizeof(after.tag)));
    return OUTCOME_OK;
}

static struct outcome record_turn(struct rotating *rotating, uint64_t key,
                                  const struct person_record *record)
{
    struct blinder *blinder = rotating->registry->blinder;
    uint8_t tag[SEAL_BLIND_BYTES];

    blinder_tag(blinder, BLIND_ID, record->id, tag);
    TRY(tag_turn(rotating, key, tag));
    if (record->cmnd.len > 0) {
        blinder_tag(blinder, BLIND_CMND, record->cmnd, tag);
        TRY(tag_turn(rotating, key, tag));
    }
    TRY(former_turn(rotating, key));
    return search_turn(rotating, key, record);
}

/* ---- Who does not open: invariant 4 ---- */

static struct outcome tags_of(struct registry *registry, uint64_t key, struct buf *tags)
{
    sqlite3_stmt *statement = db_statement(&registry->db, STATEMENT_TAGS_OF_PERSON);
    struct outcome outcome = OUTCOME_OK;
    bool row = true;

    db_bind_u64(statement, 1, key);
    while (outcome_ok(outcome)) {
        outcome = db_step(&registry->db, statement, &row);
        if (!row || !outcome_ok(outcome)) {
            break;
        }
        struct view tag = db_column_view(statement, 0);
        if (tag.len == SEAL_BLIND_BYTES) {
            buf_put_view(tags, tag);
        }
    }
    db_done(statement);
    TRY(outcome);
    return buf_check(tags);
}

static struct outcome damaged_turn(struct rotating *rotating, uint64_t key)
{
    struct registry *registry = rotating->registry;
    sqlite3_stmt *statement = NULL;
    uint8_t tag[SEAL_BLIND_BYTES];
    BUF_AUTO tags;

    buf_init(&tags, (size_t)REGISTRY_ROTATE_MAX * SEAL_BLIND_BYTES);
    TRY(tags_of(registry, key, &tags));
    for (size_t at = 0; at < tags.len; at += SEAL_BLIND_BYTES) {
        registry_tag_lift(&registry->index_other, tags.data + at, tag);
        veil_put(registry->index.veil, tag);
        statement = db_statement(&registry->db, STATEMENT_TAG_ADD);
        db_bind_view(statement, 1, view_of(tag, sizeof(tag)));
        db_bind_u64(statement, 2, key);
        TRY(db_run(&registry->db, statement));
        count_row(rotating, key, view_of(tag, sizeof(tag)));
    }
    statement = db_statement(&registry->db, STATEMENT_SEARCH_REMOVE_PERSON);
    db_bind_u64(statement, 1, key);
    rotating->rotation.damaged++;
    rotating->rests = true;
    return db_run(&registry->db, statement);
}

/* ---- The chunk ---- */

/* The statement's row, which is let go of: key, version, sealed. */
static struct outcome person_turn(struct rotating *rotating, sqlite3_stmt *row)
{
    struct registry *registry = rotating->registry;
    struct person_record record = {0};
    uint64_t key = db_column_u64(row, 0);
    size_t at = 0;
    size_t len = 0;

    buf_reset(&registry->old);
    struct outcome outcome = registry_unseal(registry, key, (uint32_t)db_column_u64(row, 1),
                                             db_column_view(row, 2), &registry->old, &at, &len);
    db_done(row);
    if (outcome_ok(outcome)) {
        outcome = person_record_open(view_part(buf_view(&registry->old), at, len), &record);
    }
    if (outcome.fault == FAULT_CORRUPT) {
        return damaged_turn(rotating, key);
    }
    TRY(outcome);
    return record_turn(rotating, key, &record);
}

static struct outcome next_person(struct rotating *rotating)
{
    sqlite3_stmt *row = NULL;

    TRY(rotating_next(rotating, &row));
    return row == NULL ? OUTCOME_OK : person_turn(rotating, row);
}

struct outcome rotate_index(struct rotating *rotating, unsigned persons)
{
    bool left = false;

    if (rotating->rotation.upto == 0) {
        TRY(small_tables(rotating, &left));
    }
    for (unsigned i = 0; i < persons && rotating->more && !left && !rotating->rests; i++) {
        TRY(next_person(rotating));
    }
    if (!rotating->more) {
        TRY(small_tables(rotating, &left));
        rotating->more = left;
    }
    return OUTCOME_OK;
}
