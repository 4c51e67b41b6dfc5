/*
 * Which persons fulfil conditions now.
 *
 * Invariants
 *  1. A record that was opened is looked at here and wiped; keys are all that leaves.
 *  2. All of a person is looked at, whatever does not hold of him.
 */
#include "store/collect.h"

#include "store/sqlite/registry.h"

#include <string.h>

#define PIECE_PERSONS 256 /* as the statement says */

struct collecting {
    struct registry *registry;
    const struct collect_wish *wish;
    const struct collect_watch *watch;
    bool lists; /* a condition names some */
    bool enough;
    struct buf plain;
};

struct listing {
    const struct collect_wish *wish;
    uint8_t tag[SEAL_BLIND_BYTES];
};

static enum truth listed(void *context, struct view code)
{
    const struct listing *listing = context;

    return listing->wish->listed(listing->wish->context, code, listing->tag);
}

/* Invariant 2. */
static bool fits(struct collecting *collecting, const struct person_record *record)
{
    const struct collect_wish *wish = collecting->wish;
    struct listing listing = {.wish = wish};
    struct population_subject subject = {.province_list_day = record->province_list_day,
                                         .birth_date = record->birth_date,
                                         .sex = record->sex,
                                         .today = wish->today,
                                         .lists = {listed, &listing}};

    memcpy(subject.province, record->province, sizeof(subject.province));
    person_record_ward(record, subject.ward);
    if (collecting->lists) {
        blinder_tag(collecting->registry->blinder, BLIND_ID, record->id, listing.tag);
    }
    bool criteria = population_holds(wish->criteria, &subject) == TRUTH_YES;
    bool population = population_holds(wish->population, &subject) == TRUTH_YES;
    bool seen = (record->flags & wish->hidden) == 0;
    return (int)criteria & (int)population & (int)seen;
}

/* Row: key, version, sealed. */
static struct outcome look_row(struct collecting *collecting, sqlite3_stmt *statement)
{
    uint64_t key = db_column_u64(statement, 0);
    uint32_t version = (uint32_t)db_column_u64(statement, 1);
    struct person_record record;
    size_t at = 0;
    size_t len = 0;

    buf_reset(&collecting->plain);
    struct outcome outcome =
        registry_unseal(collecting->registry, key, version, db_column_view(statement, 2),
                        &collecting->plain, &at, &len);
    if (outcome_ok(outcome)) {
        outcome = person_record_open(view_part(buf_view(&collecting->plain), at, len), &record);
    }
    if (outcome.fault == FAULT_CORRUPT) {
        return OUTCOME_OK;
    }
    TRY(outcome);
    if (fits(collecting, &record)) {
        collecting->enough = !collecting->watch->fits(collecting->watch->context, key);
    }
    return OUTCOME_OK;
}

/* Persons behind *key; *ret_more: there may be others. */
static struct outcome look_piece(struct collecting *collecting, uint64_t *key, bool *ret_more)
{
    struct db *db = &collecting->registry->db;
    sqlite3_stmt *statement = db_statement(db, STATEMENT_COMPARE_PERSONS);
    struct outcome outcome = OUTCOME_OK;
    unsigned rows = 0;
    bool row = true;

    db_bind_u64(statement, 1, *key);
    while (row && outcome_ok(outcome) && !collecting->enough) {
        outcome = db_step(db, statement, &row);
        if (row && outcome_ok(outcome)) {
            *key = db_column_u64(statement, 0);
            rows++;
            outcome = look_row(collecting, statement);
        }
    }
    db_done(statement);
    memory_wipe(collecting->plain.data, collecting->plain.len); /* invariant 1 */
    *ret_more = rows == PIECE_PERSONS && !collecting->enough;
    return outcome;
}

static struct outcome look_all(struct collecting *collecting)
{
    uint64_t key = 0;
    bool more = true;

    while (more) {
        TRY(db_begin(&collecting->registry->db, false));
        struct outcome outcome = look_piece(collecting, &key, &more);
        db_rollback(&collecting->registry->db); /* nothing was written */
        TRY(outcome);
        collecting->watch->step(collecting->watch->context);
    }
    return OUTCOME_OK;
}

struct outcome registry_collect(const struct registry_config *config,
                                const struct collect_wish *wish, const struct collect_watch *watch)
{
    struct registry_config reading = *config;
    struct collecting collecting = {
        .wish = wish,
        .watch = watch,
        .lists = wish->criteria->names_lists || wish->population->names_lists,
    };

    reading.mode = REGISTRY_SCRUB;
    TRY(registry_open(&reading, &collecting.registry));
    buf_init(&collecting.plain, PERSON_BYTES_MAX);
    struct outcome outcome = look_all(&collecting);
    buf_wipe_done(&collecting.plain);
    registry_close(collecting.registry);
    return outcome;
}
