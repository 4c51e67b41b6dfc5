/*
 * Reading persons for disclosure, equally fast whether they are there or not (invariant I5).
 *
 * Invariants
 *  1. One probe is one statement: a seek in the blind index to the first tag at or after the one
 *     asked for, that tag's person, one decryption. For who is there, the tag found is the tag
 * asked for; for who is not, it is the neighbour's, which by the HMAC is anybody's: the decoy.
 * Nothing else differs, neither in what is read nor in what is warm when it is asked again.
 *     Who is asked for by key is read by it, and the neighbour is that of the key.
 *     While another index key takes over, whoever is asked for is sought under both veils first,
 * and then read under the one (tags.c).
 *  2. All that is read for a batch is of one state of the registry.
 *  3. A record that does not open is told by its place, and is nobody's decoy either.
 */
#include "store/fetch.h"

#include "base/check.h"
#include "base/log.h"
#include "store/sqlite/registry.h"

/* Columns of both statements. */
enum { COLUMN_TAG, COLUMN_KEY, COLUMN_VERSION, COLUMN_SEALED };

/* Where a probe's record stands in the scratch: the scratch moves as it grows. */
struct place {
    size_t at;
    size_t len;
    size_t end; /* of the plain record, padding and all */
};

static struct view record_at(const struct buf *scratch, const struct place *place)
{
    return view_part(buf_view(scratch), place->at, place->len);
}

static struct view origins_at(const struct buf *scratch, const struct place *place)
{
    return registry_origins(view_part(buf_view(scratch), 0, place->end), place->at + place->len);
}

/* `asked_tag` is the probe's tag as the file has it. */
static struct outcome row_read(struct registry *registry, sqlite3_stmt *statement,
                               const uint8_t asked_tag[SEAL_BLIND_BYTES],
                               struct registry_probe *probe, struct buf *scratch,
                               struct place *ret_place)
{
    struct view tag = db_column_view(statement, COLUMN_TAG);
    struct view sealed = db_column_view(statement, COLUMN_SEALED);
    uint64_t asked = probe->key;

    probe->key = db_column_u64(statement, COLUMN_KEY);
    probe->version = (uint32_t)db_column_u64(statement, COLUMN_VERSION);
    TRY(registry_unseal(registry, probe->key, probe->version, sealed, scratch, &ret_place->at,
                        &ret_place->len));
    ret_place->end = scratch->len;
    bool tagged = tag.len == SEAL_BLIND_BYTES && seal_equal(tag.data, asked_tag, tag.len);
    probe->found = probe->by_key ? asked == probe->key : tagged;
    return OUTCOME_OK;
}

static struct outcome step_and_read(struct registry *registry, sqlite3_stmt *statement,
                                    const uint8_t tag[SEAL_BLIND_BYTES],
                                    struct registry_probe *probe, struct buf *scratch,
                                    struct place *ret_place, bool *ret_row)
{
    TRY(db_step(&registry->db, statement, ret_row));
    struct outcome outcome =
        *ret_row ? row_read(registry, statement, tag, probe, scratch, ret_place) : OUTCOME_OK;
    db_done(statement);
    return outcome;
}

/* The statement that begins at whom the probe asks for. */
static sqlite3_stmt *probe_statement(struct registry *registry, const struct registry_probe *probe,
                                     const uint8_t tag[SEAL_BLIND_BYTES])
{
    sqlite3_stmt *statement =
        db_statement(&registry->db, probe->by_key ? STATEMENT_FETCH_KEY : STATEMENT_FETCH);

    if (probe->by_key) {
        db_bind_u64(statement, 1, probe->key);
    } else {
        db_bind_view(statement, 1, view_of(tag, SEAL_BLIND_BYTES));
    }
    return statement;
}

static struct outcome probe_one(struct registry *registry, struct registry_probe *probe,
                                struct buf *scratch, struct place *ret_place)
{
    uint8_t tag[SEAL_BLIND_BYTES] = {0};
    bool row = false;

    if (!probe->by_key) {
        TRY(registry_tag_probe(registry, probe->tag, tag));
    }
    sqlite3_stmt *statement = probe_statement(registry, probe, tag);
    probe->found = false;
    probe->key = probe->by_key ? probe->key : 0;
    probe->version = 0;
    TRY(step_and_read(registry, statement, tag, probe, scratch, ret_place, &row));
    if (row) {
        return OUTCOME_OK;
    }
    /* Above the highest tag, where one in a million goes: the neighbour is the lowest. */
    statement =
        db_statement(&registry->db, probe->by_key ? STATEMENT_FETCH_LOWEST : STATEMENT_FETCH_FIRST);
    return step_and_read(registry, statement, tag, probe, scratch, ret_place, &row);
}

static struct outcome probe_all(struct registry *registry, struct registry_probe *probes,
                                unsigned count, struct buf *scratch, struct place *places)
{
    struct outcome corrupt = OUTCOME_OK;

    for (unsigned i = 0; i < count; i++) {
        places[i] = (struct place){0};
        struct outcome outcome = probe_one(registry, &probes[i], scratch, &places[i]);
        if (outcome.fault == FAULT_CORRUPT) { /* invariant 3 */
            probes[i].found = false;
            corrupt = outcome;
            continue;
        }
        TRY(outcome);
    }
    return corrupt;
}

void registry_batch_begin(struct registry *registry)
{
    CHECK(!registry->batch && !registry->reading);
    registry->batch = true;
}

void registry_batch_end(struct registry *registry)
{
    registry->batch = false;
    registry_read_end(registry, OUTCOME_OK);
}

struct outcome registry_read_begin(struct registry *registry)
{
    if (registry->reading) {
        return OUTCOME_OK;
    }
    TRY(db_begin(&registry->db, false));
    struct outcome outcome = hidden_follow(registry); /* to the state that is read (I5, U4) */
    if (!outcome_ok(outcome)) {
        db_rollback(&registry->db);
        return outcome;
    }
    db_read_here_and_there(&registry->db);
    registry->reading = true;
    return OUTCOME_OK;
}

void registry_read_end(struct registry *registry, struct outcome outcome)
{
    bool broken = !outcome_ok(outcome) && outcome.fault != FAULT_CORRUPT;

    if (registry->reading && (broken || !registry->batch)) {
        registry->reading = false;
        db_rollback(&registry->db); /* nothing was written */
    }
}

struct outcome registry_fetch(struct registry *registry, struct registry_probe *probes,
                              unsigned count, struct buf *scratch)
{
    struct place places[BATCH_ASKS_MAX];

    CHECK(count <= BATCH_ASKS_MAX);
    buf_reset(scratch);
    TRY(registry_read_begin(registry)); /* invariant 2 */
    struct outcome outcome = probe_all(registry, probes, count, scratch, places);
    registry_read_end(registry, outcome);
    if (!outcome_ok(outcome) && outcome.fault != FAULT_CORRUPT) {
        return outcome;
    }
    for (unsigned i = 0; i < count; i++) {
        probes[i].record = record_at(scratch, &places[i]);
        probes[i].origins = origins_at(scratch, &places[i]);
    }
    return outcome;
}

static struct outcome keys_find(struct registry *registry, const uint8_t tags[][SEAL_BLIND_BYTES],
                                unsigned count, uint64_t *ret_keys)
{
    bool there = false;

    for (unsigned i = 0; i < count; i++) {
        TRY(registry_tag_key(registry, tags[i], &there, &ret_keys[i]));
    }
    return OUTCOME_OK;
}

struct outcome registry_keys(struct registry *registry, const uint8_t tags[][SEAL_BLIND_BYTES],
                             unsigned count, uint64_t *ret_keys)
{
    TRY(registry_read_begin(registry)); /* invariant 2 */
    struct outcome outcome = keys_find(registry, tags, count, ret_keys);
    registry_read_end(registry, outcome);
    return outcome;
}

struct outcome registry_fetch_version(struct registry *registry, uint64_t key, uint32_t version,
                                      struct buf *scratch, struct view *ret_record,
                                      struct view *ret_origins)
{
    sqlite3_stmt *statement = db_statement(&registry->db, STATEMENT_FETCH_VERSION);
    struct place place = {0};
    bool row = false;

    buf_reset(scratch);
    db_bind_u64(statement, 1, key);
    db_bind_u64(statement, 2, version);
    TRY(db_step(&registry->db, statement, &row));
    struct outcome outcome =
        row ? registry_unseal(registry, key, version, db_column_view(statement, 0), scratch,
                              &place.at, &place.len)
            : outcome_fail(FAULT_NOT_FOUND, "no such version of the person");
    db_done(statement);
    TRY(outcome);
    place.end = scratch->len;
    *ret_record = record_at(scratch, &place);
    *ret_origins = origins_at(scratch, &place);
    return OUTCOME_OK;
}
