/*
 * The scrub of the registry: chunks of imports and of changes, and the sets of changes.
 *
 * Invariants
 *  1. First versions rise with their keys as the chunks with their numbers: walking over the
 * persons in order of keys walks over what each chunk added, in the order of its hash.
 *  2. Who was sealed anew since has other bytes than his chunk has hashed: he is compared with the
 *     hash of those who were sealed with him (rotate.c). Sealing may go on between two steps: what
 *     is compared is what one state of the registry says of all of them, or nothing is.
 *  3. A chunk that changed persons too has hashed their versions in between, and which those were
 * is not stored: its hash is compared with the ledger's act (registry_scrub_chunk()), its persons
 *     by their seals.
 */
#include "store/sqlite/scrub.h"

#include "base/check.h"

#include <string.h>

static void chunk_end(struct registry_scrub *scrub)
{
    uint8_t hash[SEAL_HASH_BYTES];
    const struct registry_chunk *chunk = &scrub->chunk;

    seal_sha256(buf_view(&scrub->hashes), hash);
    if (chunk->changed == 0 && !scrub->chunk_resealed &&
        memcmp(hash, chunk->hash, sizeof(hash)) != 0) {
        scrub_found(scrub, "chunk %llu: its hash is not that of its persons",
                    (unsigned long long)chunk->number);
    }
}

static bool chunk_read(sqlite3_stmt *statement, struct registry_chunk *ret_chunk)
{
    struct view hash = db_column_view(statement, 4);

    *ret_chunk = (struct registry_chunk){
        .number = db_column_u64(statement, 0),
        .added = (uint32_t)db_column_u64(statement, 1),
        .changed = (uint32_t)db_column_u64(statement, 2),
        .unchanged = (uint32_t)db_column_u64(statement, 3),
    };
    if (hash.len == sizeof(ret_chunk->hash)) {
        memcpy(ret_chunk->hash, hash.data, hash.len);
    }
    return hash.len == sizeof(ret_chunk->hash) &&
           (uint64_t)ret_chunk->added + ret_chunk->changed <= REGISTRY_CHUNK_MAX;
}

/* The next chunk that added anybody; *ret_there false: there is none. */
static struct outcome chunk_next(struct registry_scrub *scrub, bool *ret_there)
{
    struct db *db = &scrub->registry->db;
    sqlite3_stmt *statement = db_statement(db, STATEMENT_SCRUB_CHUNK);

    scrub->chunk.added = 0;
    do {
        db_bind_u64(statement, 1, scrub->chunk.number);
        TRY(db_step(db, statement, ret_there));
        if (*ret_there && !chunk_read(statement, &scrub->chunk)) {
            scrub_found(scrub, "chunk %llu: its numbers or hash cannot be",
                        (unsigned long long)scrub->chunk.number);
            scrub->chunk.changed += scrub->chunk.changed == 0; /* its hash is not compared */
        }
        db_done(statement);
    } while (*ret_there && scrub->chunk.added == 0);
    scrub->chunk_left = scrub->chunk.added;
    scrub->chunk_resealed = false;
    buf_reset(&scrub->hashes);
    return OUTCOME_OK;
}

/* ---- Sealed anew: invariant 2 ---- */

/* The row that the person is of; *ret_there false: there is none. */
static struct outcome resealed_find(struct registry_scrub *scrub, uint64_t key,
                                    struct scrub_resealed *ret_row, bool *ret_there)
{
    struct db *db = &scrub->registry->db;
    sqlite3_stmt *statement = db_statement(db, STATEMENT_SCRUB_RESEALED);
    struct scrub_resealed row = {0};

    db_bind_u64(statement, 1, key);
    TRY(db_step(db, statement, ret_there));
    if (*ret_there) {
        struct view hash = db_column_view(statement, 2);
        row.upto = db_column_u64(statement, 0);
        row.behind = db_column_u64(statement, 1);
        row.hashed = hash.len == SEAL_HASH_BYTES;
        if (row.hashed) {
            memcpy(row.hash, hash.data, SEAL_HASH_BYTES);
        }
        *ret_there = row.behind < key;
    }
    db_done(statement);
    *ret_row = row;
    return OUTCOME_OK;
}

/* All of a row's persons were looked at. */
static void resealed_end(struct registry_scrub *scrub)
{
    const struct scrub_resealed *row = &scrub->resealed;
    uint8_t hash[SEAL_HASH_BYTES];

    seal_sha256(buf_view(&scrub->resealed_hashes), hash);
    if (memcmp(hash, row->hash, sizeof(hash)) != 0) {
        scrub_found(scrub, "persons %llu to %llu: their hash is not that of when they were sealed",
                    (unsigned long long)row->behind + 1, (unsigned long long)row->upto);
    }
}

static struct outcome resealed_take(struct registry_scrub *scrub, uint64_t key,
                                    const uint8_t hash[SEAL_HASH_BYTES])
{
    struct buf *hashes = &scrub->resealed_hashes;
    struct scrub_resealed row;
    bool there = false;

    TRY(resealed_find(scrub, key, &row, &there));
    scrub->chunk_resealed = scrub->chunk_resealed || there;
    bool first = there && row.hashed && scrub->person_last <= row.behind;
    bool goes_on = hashes->len > 0 && memcmp(&row, &scrub->resealed, sizeof(row)) == 0;
    if (!goes_on) {
        buf_reset(hashes);
        scrub->resealed = row;
    }
    if (first || goes_on) {
        buf_put(hashes, hash, SEAL_HASH_BYTES);
        if (key == row.upto) {
            resealed_end(scrub);
        }
    }
    scrub->person_last = key;
    return buf_check(hashes);
}

/* Appends the hash of a first version. */
static struct outcome chunk_take(struct registry_scrub *scrub, uint64_t key, struct view sealed)
{
    uint8_t hash[SEAL_HASH_BYTES];
    uint8_t place[REGISTRY_PLACE_BYTES];
    struct buf *bytes = &scrub->registry->sealed;

    registry_place(key, 1, place);
    buf_reset(bytes);
    buf_put(bytes, place, sizeof(place));
    buf_put_view(bytes, sealed);
    seal_sha256(buf_view(bytes), hash);
    buf_put(&scrub->hashes, hash, sizeof(hash));
    return resealed_take(scrub, key, hash);
}

static struct outcome chunk_take_former(struct registry_scrub *scrub, uint64_t key)
{
    struct db *db = &scrub->registry->db;
    sqlite3_stmt *statement = db_statement(db, STATEMENT_SCRUB_VERSION);
    struct outcome outcome = OUTCOME_OK;
    bool there = false;

    db_bind_u64(statement, 1, key);
    db_bind_u64(statement, 2, 1);
    TRY(db_step(db, statement, &there));
    if (there) {
        outcome = chunk_take(scrub, key, db_column_view(statement, 0));
    } else {
        scrub_found(scrub, "person %llu: version 1 is not there", (unsigned long long)key);
    }
    db_done(statement);
    return outcome;
}

struct outcome scrub_chunk_person(struct registry_scrub *scrub, uint64_t key, uint32_t version,
                                  struct view sealed)
{
    bool there = scrub->chunk_left > 0;

    if (!there) {
        TRY(chunk_next(scrub, &there));
    }
    if (!there) {
        scrub_found(scrub, "person %llu: no chunk has added it", (unsigned long long)key);
        return OUTCOME_OK;
    }
    if (version == 1) {
        TRY(chunk_take(scrub, key, sealed));
    } else {
        TRY(chunk_take_former(scrub, key));
    }
    scrub->chunk_left--;
    if (scrub->chunk_left == 0) {
        chunk_end(scrub);
    }
    return OUTCOME_OK;
}

struct outcome scrub_chunk_rest(struct registry_scrub *scrub)
{
    bool more = scrub->chunk_left > 0;

    if (!more) {
        TRY(chunk_next(scrub, &more));
    }
    if (more) {
        scrub_found(scrub, "chunk %llu: %llu of its persons are not there",
                    (unsigned long long)scrub->chunk.number, (unsigned long long)scrub->chunk_left);
    }
    return OUTCOME_OK;
}

/* ---- Sets of changes ---- */

/* Columns of STATEMENT_SCRUB_SET. */
enum {
    SET_SOURCE,
    SET_NUMBER,
    SET_DIGEST,
    SET_CHUNK,
    SET_RESULTS,
    SET_CHUNK_SOURCE,
    SET_CHUNK_UNTIL,
    SET_CHUNK_WRITTEN
};

/* A set has one chunk, which names it, and wrote a version for each change that was applied. */
static bool set_good(struct registry_scrub *scrub, sqlite3_stmt *statement)
{
    unsigned count = 0;
    uint64_t applied = 0;

    if (db_column_view(statement, SET_DIGEST).len != SEAL_BLIND_BYTES ||
        !outcome_ok(
            feed_results_get(db_column_view(statement, SET_RESULTS), scrub->results, &count))) {
        return false;
    }
    for (unsigned i = 0; i < count; i++) {
        applied += scrub->results[i].result == CHANGE_RESULT_APPLIED;
    }
    return sqlite3_column_type(statement, SET_CHUNK_SOURCE) != SQLITE_NULL &&
           view_equal(db_column_view(statement, SET_CHUNK_SOURCE),
                      db_column_view(statement, SET_SOURCE)) &&
           db_column_u64(statement, SET_CHUNK_UNTIL) == db_column_u64(statement, SET_NUMBER) &&
           db_column_u64(statement, SET_CHUNK_WRITTEN) == applied;
}

/* Sets of a source follow one another, from the first that is kept. */
static struct outcome check_set(struct registry_scrub *scrub, sqlite3_stmt *statement)
{
    struct view source = db_column_view(statement, SET_SOURCE);
    uint64_t number = db_column_u64(statement, SET_NUMBER);
    bool same =
        scrub->source_len > 0 && view_equal(source, view_of(scrub->source, scrub->source_len));

    if (source.len == 0 || source.len > sizeof(scrub->source) || number > INT64_MAX ||
        (same && number <= scrub->key)) {
        return outcome_fail(FAULT_CORRUPT, "a set of changes is out of order");
    }
    if (same && number != scrub->key + 1) {
        scrub_found(scrub, "chunk %llu: the set of changes before its own is not there",
                    (unsigned long long)db_column_u64(statement, SET_CHUNK));
    }
    memcpy(scrub->source, source.data, source.len);
    scrub->source_len = source.len;
    scrub->key = number;
    if (!set_good(scrub, statement)) {
        scrub_found(scrub, "chunk %llu: is not what its set of changes has written",
                    (unsigned long long)db_column_u64(statement, SET_CHUNK));
    }
    return OUTCOME_OK;
}

struct outcome scrub_look_set(struct registry_scrub *scrub, bool *ret_more)
{
    struct db *db = &scrub->registry->db;
    sqlite3_stmt *statement = db_statement(db, STATEMENT_SCRUB_SET);
    char last[sizeof(scrub->source)];

    memcpy(last, scrub->source, sizeof(last));
    db_bind_view(statement, 1, view_of(last, scrub->source_len));
    db_bind_u64(statement, 2, scrub->key);
    TRY(db_step(db, statement, ret_more));
    struct outcome outcome = *ret_more ? check_set(scrub, statement) : OUTCOME_OK;
    db_done(statement);
    return outcome;
}

/* ---- Sums ---- */

struct outcome scrub_look_sums(struct registry_scrub *scrub, bool *ret_more)
{
    struct db *db = &scrub->registry->db;
    sqlite3_stmt *statement = db_statement(db, STATEMENT_SCRUB_SUMS);
    bool row = false;

    TRY(db_step(db, statement, &row));
    CHECK(row); /* an aggregate always has one */
    if (db_column_u64(statement, 0) != db_column_u64(statement, 1)) {
        scrub_found(scrub, "there are %llu former versions, by the chunks %llu",
                    (unsigned long long)db_column_u64(statement, 1),
                    (unsigned long long)db_column_u64(statement, 0));
    }
    if (db_column_u64(statement, 2) != db_column_u64(statement, 3)) {
        scrub_found(scrub, "there are %llu chunks, the last is number %llu",
                    (unsigned long long)db_column_u64(statement, 2),
                    (unsigned long long)db_column_u64(statement, 3));
    }
    if (db_column_u64(statement, 4) != 0 || db_column_u64(statement, 5) != 0) {
        scrub_found(scrub, "a chunk is not marked as recorded, and is not the last");
    }
    db_done(statement);
    *ret_more = false;
    return OUTCOME_OK;
}

/* Where it came from. Who asked for it is in the act's own words, and is not looked at but where
 * nobody did: an import without a server. */
static bool source_same(sqlite3_stmt *statement, const struct registry_chunk *recorded)
{
    struct view file = db_column_view(statement, 5);
    bool same = db_column_u64(statement, 6) == recorded->until &&
                view_equal(db_column_view(statement, 8), view_text(recorded->source));

    return recorded->until == 0
               ? same && file.len == 0 && db_column_u64(statement, 7) == 0
               : same && view_equal(file, view_of(recorded->file, sizeof(recorded->file)));
}

struct outcome registry_scrub_chunk(struct registry_scrub *scrub,
                                    const struct registry_chunk *recorded)
{
    struct db *db = &scrub->registry->db;
    sqlite3_stmt *statement = db_statement(db, STATEMENT_SCRUB_CHUNK_AT);
    struct registry_chunk stored = {0};
    bool there = false;

    if (recorded->number > INT64_MAX) {
        return OUTCOME_OK;
    }
    db_bind_u64(statement, 1, recorded->number);
    TRY(db_step(db, statement, &there));
    bool good = there && chunk_read(statement, &stored) && stored.added == recorded->added &&
                stored.changed == recorded->changed && stored.unchanged == recorded->unchanged &&
                memcmp(stored.hash, recorded->hash, sizeof(stored.hash)) == 0 &&
                source_same(statement, recorded);
    db_done(statement);
    if (!good) {
        scrub_found(scrub, "chunk %llu: %s", (unsigned long long)recorded->number,
                    there ? "is not what the ledger has recorded"
                          : "the ledger has recorded it, and it is not there");
    }
    return OUTCOME_OK;
}

struct outcome registry_scrub_chunk_last(struct registry_scrub *scrub, uint64_t *ret_number)
{
    struct db *db = &scrub->registry->db;
    sqlite3_stmt *statement = db_statement(db, STATEMENT_SCRUB_CHUNK_LAST);
    bool row = false;

    TRY(db_step(db, statement, &row));
    CHECK(row); /* an aggregate always has one */
    *ret_number = db_column_u64(statement, 0);
    db_done(statement);
    return OUTCOME_OK;
}
