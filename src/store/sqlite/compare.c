/*
 * Which versions of persons have given values.
 *
 * Invariants
 *  1. A record that was opened is looked at here and wiped; key and version are all that leaves.
 *  2. A piece is one short read transaction, in which a person's versions are of one state.
 */
#include "store/compare.h"

#include "store/sqlite/registry.h"

#include "base/check.h"

#define PIECE_PERSONS 256 /* as the statement says */

struct comparing {
    struct registry *registry;
    const struct compare_wish *wish;
    const struct compare_watch *watch;
    struct buf plain;
};

static bool same(struct view wanted, struct view has)
{
    return wanted.len == 0 || view_equal(wanted, has);
}

static bool fits(const struct compare_wish *wish, const struct person_record *record)
{
    bool good = same(wish->id, record->id) && same(wish->cmnd, record->cmnd) &&
                same(wish->folded_name, record->folded_name);
    for (unsigned i = 0; i < FIELD_COUNT && good; i++) {
        good = (wish->fields & FIELD_BIT(i)) == 0 || view_equal(wish->values[i], record->fields[i]);
    }
    return good;
}

/* Row: key, version, sealed. */
static struct outcome look_row(struct comparing *comparing, sqlite3_stmt *statement)
{
    uint64_t key = db_column_u64(statement, 0);
    uint32_t version = (uint32_t)db_column_u64(statement, 1);
    struct person_record record;
    size_t at = 0;
    size_t len = 0;

    buf_reset(&comparing->plain);
    TRY(registry_unseal(comparing->registry, key, version, db_column_view(statement, 2),
                        &comparing->plain, &at, &len));
    TRY(person_record_open(view_part(buf_view(&comparing->plain), at, len), &record));
    if (fits(comparing->wish, &record)) {
        comparing->watch->fits(comparing->watch->context, key, version);
    }
    return OUTCOME_OK;
}

/* All rows of a statement whose places are bound; *ret_last is the last key. */
static struct outcome look_rows(struct comparing *comparing, sqlite3_stmt *statement,
                                unsigned *ret_rows, uint64_t *ret_last)
{
    struct db *db = &comparing->registry->db;
    struct outcome outcome = OUTCOME_OK;
    bool row = true;

    *ret_rows = 0;
    while (row && outcome_ok(outcome)) {
        outcome = db_step(db, statement, &row);
        if (row && outcome_ok(outcome)) {
            *ret_last = db_column_u64(statement, 0);
            *ret_rows += 1;
            outcome = look_row(comparing, statement);
        }
    }
    db_done(statement);
    memory_wipe(comparing->plain.data, comparing->plain.len); /* invariant 1 */
    return outcome;
}

/* Persons behind *key, with their former versions; *ret_more: there may be others. */
static struct outcome look_piece(struct comparing *comparing, uint64_t *key, bool *ret_more)
{
    struct db *db = &comparing->registry->db;
    sqlite3_stmt *statement = db_statement(db, STATEMENT_COMPARE_PERSONS);
    uint64_t last = *key;
    unsigned rows = 0;
    unsigned former = 0;
    uint64_t unused = 0;

    db_bind_u64(statement, 1, *key);
    TRY(look_rows(comparing, statement, &rows, &last));
    statement = db_statement(db, STATEMENT_COMPARE_FORMER);
    db_bind_u64(statement, 1, *key);
    db_bind_u64(statement, 2, last);
    TRY(look_rows(comparing, statement, &former, &unused));
    *ret_more = rows == PIECE_PERSONS;
    *key = last;
    return OUTCOME_OK;
}

static struct outcome look_all(struct comparing *comparing)
{
    uint64_t key = 0;
    bool more = true;

    while (more) {
        TRY(db_begin(&comparing->registry->db, false)); /* invariant 2 */
        struct outcome outcome = look_piece(comparing, &key, &more);
        db_rollback(&comparing->registry->db); /* nothing was written */
        TRY(outcome);
        comparing->watch->step(comparing->watch->context);
    }
    return OUTCOME_OK;
}

static struct outcome find_key(struct comparing *comparing, bool *ret_found, uint64_t *ret_key)
{
    uint8_t tag[SEAL_BLIND_BYTES];

    blinder_tag(comparing->registry->blinder, BLIND_ID, comparing->wish->id, tag);
    return registry_tag_key(comparing->registry, tag, ret_found, ret_key);
}

static struct outcome look_one(struct comparing *comparing, bool *ret_found)
{
    sqlite3_stmt *statement = db_statement(&comparing->registry->db, STATEMENT_COMPARE_ONE);
    uint64_t key = 0;
    unsigned rows = 0;

    TRY(find_key(comparing, ret_found, &key));
    if (!*ret_found) {
        return OUTCOME_OK;
    }
    db_bind_u64(statement, 1, key);
    return look_rows(comparing, statement, &rows, &key);
}

static struct outcome look(struct comparing *comparing)
{
    bool found = false;

    if (comparing->wish->id.len > 0) {
        TRY(db_begin(&comparing->registry->db, false));
        struct outcome outcome = look_one(comparing, &found);
        db_rollback(&comparing->registry->db);
        TRY(outcome);
    }
    return found ? OUTCOME_OK : look_all(comparing);
}

struct outcome registry_compare(const struct registry_config *config,
                                const struct compare_wish *wish, const struct compare_watch *watch)
{
    struct registry_config reading = *config;
    struct comparing comparing = {.wish = wish, .watch = watch};

    reading.mode = REGISTRY_SCRUB;
    TRY(registry_open(&reading, &comparing.registry));
    buf_init(&comparing.plain, PERSON_BYTES_MAX);
    struct outcome outcome = look(&comparing);
    buf_wipe_done(&comparing.plain);
    registry_close(comparing.registry);
    return outcome;
}
