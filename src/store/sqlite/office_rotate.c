/*
 * The office's objects under another data key.
 *
 * Invariants
 *  1. A row of `rotation` is there from when the objects are first sealed anew: what is written
 * lies under the key that its mark opens under, and once it is whole, so does everything. Without
 *     one, all lies under the first key given.
 *  2. It says 0 while it is under way, 1 when it is whole, and 2 once the log tells that.
 *  3. How far it has come moves in the transaction of what was sealed. Rows come in order; what is
 *     put meanwhile lies under the new key already.
 */
#include "store/sqlite/office_store.h"

#include "base/check.h"

#include <string.h>

void office_key_done(struct office_key *key)
{
    sealer_free(key->sealer);
    blinder_free(key->blinder);
    *key = (struct office_key){0};
}

struct outcome office_key_set(const struct secret *data_key, const struct random_port *random,
                              struct office_key *key)
{
    SECRET_AUTO seal_key = {{0}};
    SECRET_AUTO blind_key = {{0}};

    office_key_done(key);
    seal_fingerprint(data_key, key->fingerprint);
    TRY(seal_derive(data_key, "dancu office objects v1", &seal_key));
    TRY(seal_derive(data_key, "dancu office codes v1", &blind_key));
    TRY(sealer_new(&seal_key, random, &key->sealer));
    return blinder_new(&blind_key, &key->blinder);
}

static bool key_is(const struct office_key *key, const uint8_t hash[SEAL_HASH_BYTES])
{
    return key->sealer != NULL && seal_equal(hash, key->fingerprint, SEAL_HASH_BYTES);
}

static void swap_keys(struct office_store *store)
{
    struct office_key key = store->key;

    store->key = store->other;
    store->other = key;
}

/* ---- Which key is which: invariant 1 ---- */

#define MARK VIEW_LITERAL("dancu office key")

enum { ROTATION_MARK, ROTATION_WHOLE, ROTATION_UPTO, ROTATION_OBJECTS };

static struct outcome mark_opens(struct office_store *store, const struct office_key *key,
                                 struct view mark, bool *ret_opens)
{
    buf_reset(&store->plain);
    struct outcome outcome = key->sealer == NULL
                                 ? outcome_fail(FAULT_CORRUPT, "no key")
                                 : sealer_open(key->sealer, MARK, mark, &store->plain);

    *ret_opens = outcome_ok(outcome);
    return outcome.fault == FAULT_CORRUPT ? OUTCOME_OK : outcome;
}

static struct outcome keys_settle(struct office_store *store, struct view mark, bool whole)
{
    bool opens = false;

    TRY(mark_opens(store, &store->key, mark, &opens));
    if (!opens) {
        TRY(mark_opens(store, &store->other, mark, &opens));
        if (!opens) {
            return outcome_fail(FAULT_CORRUPT, "the data key is not the office's");
        }
        swap_keys(store);
        if (whole) { /* the former key opens nothing any more */
            office_key_done(&store->other);
        }
    }
    return whole || store->other.sealer != NULL
               ? OUTCOME_OK
               : outcome_fail(FAULT_CORRUPT, "the office is being sealed anew, and the data key "
                                             "from before is not there");
}

struct outcome office_keys_check(struct office_store *store)
{
    sqlite3_stmt *statement = db_statement(&store->db, STATEMENT_ROTATION);
    bool row = false;

    TRY(db_step(&store->db, statement, &row));
    struct outcome outcome = row ? keys_settle(store, db_column_view(statement, ROTATION_MARK),
                                               db_column_u64(statement, ROTATION_WHOLE) != 0)
                                 : OUTCOME_OK;
    db_done(statement);
    return outcome;
}

/* ---- Sealing anew under another data key ---- */

struct outcome office_store_key_offer(struct office_store *store, const struct secret *next)
{
    struct office_rotation rotation;
    uint8_t hash[SEAL_HASH_BYTES];

    seal_fingerprint(next, hash);
    if (office_store_key_held(store, hash)) {
        return OUTCOME_OK;
    }
    TRY(office_store_rotation_read(store, &rotation));
    return rotation.under_way ? outcome_fail(FAULT_CONFLICT, "both keys are in use")
                              : office_key_set(next, &store->random, &store->other);
}

bool office_store_key_written(const struct office_store *store, const uint8_t hash[SEAL_HASH_BYTES])
{
    return key_is(&store->key, hash);
}

bool office_store_key_held(const struct office_store *store, const uint8_t hash[SEAL_HASH_BYTES])
{
    return key_is(&store->key, hash) || key_is(&store->other, hash);
}

struct outcome office_store_rotation_read(struct office_store *store,
                                          struct office_rotation *ret_rotation)
{
    sqlite3_stmt *statement = db_statement(&store->db, STATEMENT_ROTATION);
    struct office_rotation rotation = {.recorded = true};

    TRY(db_step(&store->db, statement, &rotation.any));
    if (rotation.any) {
        rotation.under_way = db_column_u64(statement, ROTATION_WHOLE) == 0;
        rotation.recorded = db_column_u64(statement, ROTATION_WHOLE) == 2;
        rotation.objects = db_column_u64(statement, ROTATION_OBJECTS);
    }
    db_done(statement);
    *ret_rotation = rotation;
    return OUTCOME_OK;
}

struct outcome office_store_rotation_begin(struct office_store *store)
{
    struct office_rotation rotation;

    TRY(office_store_rotation_read(store, &rotation));
    if (rotation.under_way) {
        return OUTCOME_OK;
    }
    if (store->other.sealer == NULL) {
        return outcome_fail(FAULT_NOT_FOUND, "there is no other data key");
    }
    buf_reset(&store->sealed);
    TRY(sealer_seal(store->other.sealer, MARK, MARK, &store->sealed));
    sqlite3_stmt *statement = db_statement(&store->db, STATEMENT_ROTATION_BEGIN);
    db_bind_view(statement, 1, buf_view(&store->sealed));
    TRY(db_run(&store->db, statement));
    swap_keys(store);
    return OUTCOME_OK;
}

struct outcome office_store_rotation_recorded(struct office_store *store)
{
    return db_run(&store->db, db_statement(&store->db, STATEMENT_ROTATION_RECORDED));
}

struct resealing {
    struct office_store *store;
    uint64_t upto;
    uint64_t objects;
    bool more;
};

/* The plain object lies in store->plain, with its code. */
static struct outcome object_reseal(struct office_store *store, uint64_t row, uint8_t kind,
                                    struct view code)
{
    sqlite3_stmt *statement = db_statement(&store->db, STATEMENT_RESEAL);
    uint8_t place[OFFICE_PLACE_BYTES];

    office_place(&store->key, kind, code, place);
    buf_reset(&store->sealed);
    TRY(sealer_seal(store->key.sealer, view_of(place, sizeof(place)), buf_view(&store->plain),
                    &store->sealed));
    db_bind_u64(statement, 1, row);
    db_bind_view(statement, 2, view_of(place + 1, SEAL_BLIND_BYTES));
    db_bind_view(statement, 3, buf_view(&store->sealed));
    return db_run(&store->db, statement);
}

/* The first object behind those that are done; one that was put meanwhile lies under the new key.
 */
static struct outcome reseal_next(struct resealing *resealing)
{
    struct office_store *store = resealing->store;
    sqlite3_stmt *statement = db_statement(&store->db, STATEMENT_RESEAL_NEXT);
    struct office_object object = {0};

    db_bind_u64(statement, 1, resealing->upto);
    TRY(db_step(&store->db, statement, &resealing->more));
    if (!resealing->more) {
        db_done(statement);
        return OUTCOME_OK;
    }
    uint64_t row = db_column_u64(statement, 0);
    uint8_t kind = (uint8_t)db_column_u64(statement, 1);
    struct view tag = db_column_view(statement, 2);
    struct view sealed = db_column_view(statement, 3);
    struct outcome outcome = office_open_by(store, &store->other, kind, tag, sealed, &object);
    bool former = outcome_ok(outcome);
    if (outcome.fault == FAULT_CORRUPT) {
        outcome = office_told(office_open_by(store, &store->key, kind, tag, sealed, &object), kind);
    }
    db_done(statement);
    TRY(outcome);
    resealing->upto = row;
    resealing->objects++;
    return former ? object_reseal(store, row, kind, object.code) : OUTCOME_OK;
}

static struct outcome rotation_read_upto(struct resealing *resealing, bool *ret_under_way)
{
    struct db *db = &resealing->store->db;
    sqlite3_stmt *statement = db_statement(db, STATEMENT_ROTATION);
    bool row = false;

    TRY(db_step(db, statement, &row));
    *ret_under_way = row && db_column_u64(statement, ROTATION_WHOLE) == 0;
    resealing->upto = row ? db_column_u64(statement, ROTATION_UPTO) : 0;
    resealing->objects = row ? db_column_u64(statement, ROTATION_OBJECTS) : 0;
    db_done(statement);
    return OUTCOME_OK;
}

static struct outcome reseal_inside(struct resealing *resealing, unsigned objects)
{
    struct db *db = &resealing->store->db;
    bool under_way = false;

    TRY(rotation_read_upto(resealing, &under_way));
    resealing->more = under_way;
    for (unsigned i = 0; i < objects && resealing->more; i++) {
        TRY(reseal_next(resealing));
    }
    if (!under_way) {
        return OUTCOME_OK;
    }
    sqlite3_stmt *statement = db_statement(db, STATEMENT_ROTATION_MOVE);
    db_bind_u64(statement, 1, resealing->more ? 0 : 1);
    db_bind_u64(statement, 2, resealing->upto);
    db_bind_u64(statement, 3, resealing->objects);
    return db_run(db, statement);
}

struct outcome office_store_rotation_step(struct office_store *store, unsigned objects,
                                          struct office_rotation *ret_rotation)
{
    struct resealing resealing = {.store = store};

    TRY(db_begin(&store->db, true));
    struct outcome outcome = reseal_inside(&resealing, objects);
    if (outcome_ok(outcome)) {
        outcome = db_commit(&store->db);
    }
    if (!outcome_ok(outcome)) {
        db_rollback(&store->db);
    }
    memory_wipe(store->plain.data, store->plain.len);
    TRY(outcome);
    if (!resealing.more) {
        office_key_done(&store->other);
    }
    *ret_rotation = (struct office_rotation){
        .any = true, .under_way = resealing.more, .objects = resealing.objects};
    return OUTCOME_OK;
}
