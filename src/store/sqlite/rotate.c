/*
 * Sealing the registry anew under another data key, chunk by chunk; begin and end of each chunk are
 * those of another index key, too (rotate_index.c).
 *
 * Invariants
 *  1. How far it has come moves in the transaction of what was sealed: whoever dies in between, the
 *     next writer goes on behind the last chunk.
 *  2. Persons come in order of their keys, each with all its versions. What is written meanwhile,
 *     before or behind, lies under the new key already: it is left as it is, and counted.
 *  3. A version that opens under neither key is damaged: it is told, counted and left alone.
 *  4. The chunks of imports have hashed what they wrote: for the first versions that are sealed
 *     anew a row of `resealed` stands in their place. No two rows are of one person: of one of the
 *     rotation before, the rest stays without a hash until its persons are done, too.
 *  5. The last transaction makes the first mark the new key's: the former key opens nothing then,
 *     or finds nothing.
 */
#include "store/sqlite/rotate.h"

#include "base/check.h"
#include "base/log.h"

#include <string.h>

void rotating_hash(struct rotating *rotating, const uint8_t hash[SEAL_HASH_BYTES])
{
    struct registry_rotation *rotation = &rotating->rotation;
    uint8_t pair[2 * SEAL_HASH_BYTES];

    memcpy(pair, rotation->hash, SEAL_HASH_BYTES);
    memcpy(pair + SEAL_HASH_BYTES, hash, SEAL_HASH_BYTES);
    seal_sha256(view_of(pair, sizeof(pair)), rotation->hash);
}

static void hash_of(struct registry *registry, uint64_t key, uint32_t version, struct view sealed,
                    uint8_t ret_hash[SEAL_HASH_BYTES])
{
    uint8_t place[REGISTRY_PLACE_BYTES];
    struct buf *bytes = &registry->sealed;

    registry_place(key, version, place);
    buf_reset(bytes);
    buf_put(bytes, place, sizeof(place));
    buf_put_view(bytes, sealed);
    seal_sha256(buf_view(bytes), ret_hash);
}

static struct outcome count_version(struct rotating *rotating, uint32_t version,
                                    const uint8_t hash[SEAL_HASH_BYTES])
{
    rotating_hash(rotating, hash);
    rotating->rotation.versions++;
    if (version == 1) { /* invariant 4 */
        buf_put(&rotating->hashes, hash, SEAL_HASH_BYTES);
    }
    return buf_check(&rotating->hashes);
}

/* Seals what is in registry->old anew and writes it by the statement. */
static struct outcome put_version(struct rotating *rotating, enum registry_statement which,
                                  uint64_t key, uint32_t version)
{
    struct registry *registry = rotating->registry;
    sqlite3_stmt *statement = db_statement(&registry->db, which);
    uint8_t place[REGISTRY_PLACE_BYTES];
    uint8_t hash[SEAL_HASH_BYTES];
    struct buf *sealed = &registry->sealed;

    registry_place(key, version, place);
    buf_reset(sealed);
    buf_put(sealed, place, sizeof(place));
    TRY(sealer_seal(registry->sealer, view_of(place, sizeof(place)), buf_view(&registry->old),
                    sealed));
    seal_sha256(buf_view(sealed), hash);
    db_bind_u64(statement, 1, key);
    db_bind_u64(statement, 2, version);
    db_bind_view(statement, 3,
                 view_part(buf_view(sealed), sizeof(place), sealed->len - sizeof(place)));
    TRY(db_run(&registry->db, statement));
    return count_version(rotating, version, hash);
}

/* The statement's row, which is let go of: key, version, sealed. */
static struct outcome reseal(struct rotating *rotating, sqlite3_stmt *row,
                             enum registry_statement which)
{
    struct registry *registry = rotating->registry;
    uint64_t key = db_column_u64(row, 0);
    uint32_t version = (uint32_t)db_column_u64(row, 1);
    struct view sealed = db_column_view(row, 2);
    uint8_t place[REGISTRY_PLACE_BYTES];
    uint8_t hash[SEAL_HASH_BYTES];

    registry_place(key, version, place);
    buf_reset(&registry->old);
    struct outcome former =
        sealer_open(registry->other, view_of(place, sizeof(place)), sealed, &registry->old);
    if (outcome_ok(former)) {
        db_done(row);
        return put_version(rotating, which, key, version);
    }
    struct outcome own =
        former.fault != FAULT_CORRUPT
            ? former
            : sealer_open(registry->sealer, view_of(place, sizeof(place)), sealed, &registry->old);
    hash_of(registry, key, version, sealed, hash);
    db_done(row);
    if (own.fault == FAULT_CORRUPT) { /* invariant 3 */
        log_line(LOG_LEVEL_ERROR, "registry-corrupt", "person=%llu version=%u what=\"%s\"",
                 (unsigned long long)key, version, own.what);
        rotating->rotation.damaged++;
        return count_version(rotating, version, hash);
    }
    TRY(own);
    return count_version(rotating, version, hash); /* invariant 2 */
}

static struct outcome reseal_former(struct rotating *rotating, uint64_t key)
{
    struct db *db = &rotating->registry->db;
    uint64_t version = 0;
    bool row = true;

    for (;;) {
        sqlite3_stmt *statement = db_statement(db, STATEMENT_RESEAL_NEXT_FORMER);
        db_bind_u64(statement, 1, key);
        db_bind_u64(statement, 2, version);
        TRY(db_step(db, statement, &row));
        if (!row) {
            db_done(statement);
            return OUTCOME_OK;
        }
        version = db_column_u64(statement, 1);
        TRY(reseal(rotating, statement, STATEMENT_RESEAL_FORMER));
    }
}

struct outcome rotating_next(struct rotating *rotating, sqlite3_stmt **ret_row)
{
    struct db *db = &rotating->registry->db;
    sqlite3_stmt *row = db_statement(db, STATEMENT_SEARCH_PERSONS);

    *ret_row = NULL;
    db_bind_u64(row, 1, rotating->rotation.upto);
    db_bind_u64(row, 2, 1);
    TRY(db_step(db, row, &rotating->more));
    if (!rotating->more) {
        db_done(row);
        return OUTCOME_OK;
    }
    rotating->rotation.upto = db_column_u64(row, 0);
    rotating->rotation.persons++;
    *ret_row = row;
    return OUTCOME_OK;
}

static struct outcome reseal_person(struct rotating *rotating)
{
    sqlite3_stmt *row = NULL;

    TRY(rotating_next(rotating, &row));
    if (row == NULL) {
        return OUTCOME_OK;
    }
    TRY(reseal(rotating, row, STATEMENT_RESEAL_PERSON));
    return reseal_former(rotating, rotating->rotation.upto);
}

/* Invariant 4. */
static struct outcome note_resealed(struct rotating *rotating, uint64_t behind)
{
    struct registry *registry = rotating->registry;
    uint64_t upto = rotating->rotation.upto;
    uint8_t hash[SEAL_HASH_BYTES];
    sqlite3_stmt *statement = db_statement(&registry->db, STATEMENT_RESEALED_CUT);

    if (upto == behind) {
        return OUTCOME_OK;
    }
    db_bind_u64(statement, 1, upto);
    TRY(db_run(&registry->db, statement));
    statement = db_statement(&registry->db, STATEMENT_RESEALED_FORGET);
    db_bind_u64(statement, 1, behind);
    db_bind_u64(statement, 2, upto);
    TRY(db_run(&registry->db, statement));
    seal_sha256(buf_view(&rotating->hashes), hash);
    statement = db_statement(&registry->db, STATEMENT_RESEALED_ADD);
    db_bind_u64(statement, 1, upto);
    db_bind_u64(statement, 2, behind);
    db_bind_view(statement, 3, view_of(hash, sizeof(hash)));
    return db_run(&registry->db, statement);
}

/* Invariant 5. */
static struct outcome mark_move(struct registry *registry, enum registry_key which)
{
    bool data = which == REGISTRY_KEY_DATA;
    const uint8_t *index = registry->index.fingerprint;
    sqlite3_stmt *statement =
        db_statement(&registry->db, data ? STATEMENT_KEYS_CHANGE : STATEMENT_KEYS_VEIL);

    TRY(data ? registry_mark_put(registry, registry->sealer) : OUTCOME_OK);
    db_bind_view(statement, 1,
                 data ? buf_view(&registry->sealed) : view_of(index, SEAL_HASH_BYTES));
    return db_run(&registry->db, statement);
}

static struct outcome move(struct rotating *rotating, enum registry_key which)
{
    struct registry *registry = rotating->registry;
    const struct registry_rotation *rotation = &rotating->rotation;
    sqlite3_stmt *statement = db_statement(&registry->db, STATEMENT_ROTATION_MOVE);

    db_bind_u64(statement, 1, rotation->under_way ? 0 : 1);
    db_bind_u64(statement, 2, rotation->upto);
    db_bind_u64(statement, 3, rotation->persons);
    db_bind_u64(statement, 4, rotation->versions);
    db_bind_u64(statement, 5, rotation->damaged);
    db_bind_view(statement, 6, view_of(rotation->hash, sizeof(rotation->hash)));
    db_bind_u64(statement, 7, which);
    TRY(db_run(&registry->db, statement));
    return rotation->under_way ? OUTCOME_OK : mark_move(registry, which);
}

static struct outcome rotate_data(struct rotating *rotating, unsigned persons)
{
    uint64_t behind = rotating->rotation.upto;

    for (unsigned i = 0; i < persons && rotating->more; i++) {
        TRY(reseal_person(rotating));
    }
    return note_resealed(rotating, behind);
}

static struct outcome step_inside(struct rotating *rotating, enum registry_key which,
                                  unsigned persons)
{
    TRY(registry_rotation_read(rotating->registry, which, &rotating->rotation));
    if (!rotating->rotation.under_way) {
        return OUTCOME_OK;
    }
    TRY(which == REGISTRY_KEY_DATA ? rotate_data(rotating, persons)
                                   : rotate_index(rotating, persons));
    rotating->rotation.under_way = rotating->more;
    return move(rotating, which);
}

struct outcome registry_rotation_step(struct registry *registry, enum registry_key which,
                                      unsigned persons, struct registry_rotation *ret_rotation)
{
    struct rotating rotating = {.registry = registry, .more = true};
    struct db *db = &registry->db;

    CHECK(registry->mode == REGISTRY_WRITE && persons > 0 && persons <= REGISTRY_ROTATE_MAX);
    buf_init(&rotating.hashes, (size_t)persons * SEAL_HASH_BYTES);
    if (which == REGISTRY_KEY_INDEX) { /* at random places, as an import */
        TRY(db_cache_set(db, REGISTRY_IMPORT_CACHE_KIB_MAX));
        TRY(db_wipe(db)); /* no tag of before is to be left in a page's free space */
    }
    TRY(db_begin(db, true));
    struct outcome outcome = step_inside(&rotating, which, persons);
    if (outcome_ok(outcome)) {
        outcome = db_commit(db);
    }
    if (!outcome_ok(outcome)) {
        db_rollback(db);
    }
    buf_done(&rotating.hashes);
    memory_wipe(registry->old.data, registry->old.len);
    TRY(outcome);
    *ret_rotation = rotating.rotation;
    return rotating.rotation.under_way ? OUTCOME_OK : registry_key_settle(registry, which);
}

/* The new key's. */
static struct outcome second_mark(struct registry *registry, enum registry_key which)
{
    if (which == REGISTRY_KEY_DATA ? registry->other == NULL
                                   : registry->index_other.masker == NULL) {
        return outcome_fail(FAULT_NOT_FOUND, "there is no other key");
    }
    if (which == REGISTRY_KEY_DATA) {
        return registry_mark_put(registry, registry->other);
    }
    buf_reset(&registry->sealed);
    buf_put(&registry->sealed, registry->index_other.fingerprint, SEAL_HASH_BYTES);
    return buf_check(&registry->sealed);
}

struct outcome registry_rotation_begin(struct registry *registry, enum registry_key which)
{
    static const uint8_t nothing[SEAL_HASH_BYTES] = {0};
    struct registry_rotation rotation;

    CHECK(registry->mode == REGISTRY_WRITE);
    TRY(registry_rotation_read(registry, which, &rotation));
    if (rotation.under_way) {
        return OUTCOME_OK;
    }
    TRY(second_mark(registry, which));
    sqlite3_stmt *statement = db_statement(&registry->db, STATEMENT_ROTATION_BEGIN);
    db_bind_u64(statement, 1, which);
    db_bind_view(statement, 2, buf_view(&registry->sealed));
    db_bind_view(statement, 3, view_of(nothing, sizeof(nothing)));
    TRY(db_run(&registry->db, statement));
    return registry_keys_check(registry);
}
