/*
 * The registry's keys: under which of them it lies, by the marks in its file.
 *
 * Invariants
 *  1. The first connection that writes leaves a mark of both keys; no other keys open the registry
 *     after that. Persons under two keys, or found by neither, would be lost.
 *  2. While it is sealed anew under another data key there is a second mark, the new key's, and who
 *     does not have both keys does not open it. Once it is whole, the first mark is the new key's.
 *  3. What is written lies under the new key from the transaction of the second mark on.
 *  4. A key that has not begun to be in use, or is no longer, is held by nobody but who may meet
 *     what lies under it the next moment: a reader, before a rotation begins.
 */
#include "store/sqlite/registry.h"

#include "base/check.h"
#include "base/log.h"

#include <string.h>

#define MARK VIEW_LITERAL("dancu registry keys")
#define MARK_KIND 0 /* of no person's tag */
#define PERSONS_LABEL "dancu registry persons v1"

/* Columns of STATEMENT_ROTATION. */
enum {
    ROTATION_MARK,
    ROTATION_WHOLE,
    ROTATION_UPTO,
    ROTATION_PERSONS,
    ROTATION_VERSIONS,
    ROTATION_DAMAGED,
    ROTATION_HASH
};

/* ---- Sealers ---- */

static struct outcome persons_sealer(const struct secret *key, const struct random_port *random,
                                     struct sealer **ret_sealer)
{
    SECRET_AUTO subkey = {{0}};

    TRY(seal_derive(key, PERSONS_LABEL, &subkey));
    return sealer_new(&subkey, random, ret_sealer);
}

static void drop_other(struct registry *registry)
{
    sealer_free(registry->other);
    registry->other = NULL;
    memset(registry->other_fingerprint, 0, sizeof(registry->other_fingerprint));
}

static void swap_keys(struct registry *registry)
{
    struct sealer *sealer = registry->sealer;
    uint8_t hash[SEAL_HASH_BYTES];

    registry->sealer = registry->other;
    registry->other = sealer;
    memcpy(hash, registry->fingerprint, sizeof(hash));
    memcpy(registry->fingerprint, registry->other_fingerprint, sizeof(hash));
    memcpy(registry->other_fingerprint, hash, sizeof(hash));
}

static struct outcome set_other(struct registry *registry, const struct secret *next)
{
    drop_other(registry);
    TRY(persons_sealer(next, &registry->random, &registry->other));
    seal_fingerprint(next, registry->other_fingerprint);
    return OUTCOME_OK;
}

struct outcome registry_keys_set(struct registry *registry, const struct registry_config *config)
{
    SECRET_AUTO subkey = {{0}};

    registry->random = config->random;
    TRY(persons_sealer(config->data_key, &config->random, &registry->sealer));
    seal_fingerprint(config->data_key, registry->fingerprint);
    if (config->data_next != NULL) {
        TRY(set_other(registry, config->data_next));
    }
    TRY(seal_derive(config->index_key, "dancu registry search v1", &subkey));
    TRY(masker_new(&subkey, &registry->masker));
    return blinder_new(config->index_key, &registry->blinder);
}

void registry_keys_done(struct registry *registry)
{
    sealer_free(registry->sealer);
    sealer_free(registry->other);
    blinder_free(registry->blinder);
    masker_free(registry->masker);
}

struct outcome registry_key_offer(struct registry *registry, const struct secret *next)
{
    struct registry_rotation rotation;
    uint8_t hash[SEAL_HASH_BYTES];

    seal_fingerprint(next, hash);
    if (registry_key_held(registry, hash)) {
        return OUTCOME_OK;
    }
    TRY(registry_rotation_read(registry, &rotation));
    return rotation.under_way ? outcome_fail(FAULT_CONFLICT, "both keys are in use")
                              : set_other(registry, next);
}

bool registry_key_written(const struct registry *registry, const uint8_t hash[SEAL_HASH_BYTES])
{
    return seal_equal(hash, registry->fingerprint, SEAL_HASH_BYTES);
}

bool registry_key_held(const struct registry *registry, const uint8_t hash[SEAL_HASH_BYTES])
{
    return registry_key_written(registry, hash) ||
           (registry->other != NULL &&
            seal_equal(hash, registry->other_fingerprint, SEAL_HASH_BYTES));
}

/* ---- Marks ---- */

/* *ret_is false: it is another key's. */
static struct outcome mark_is(struct registry *registry, struct sealer *sealer, struct view mark,
                              bool *ret_is)
{
    buf_reset(&registry->old);
    struct outcome outcome = sealer == NULL ? outcome_fail(FAULT_CORRUPT, "no key")
                                            : sealer_open(sealer, MARK, mark, &registry->old);

    *ret_is = outcome_ok(outcome);
    return outcome.fault == FAULT_CORRUPT ? OUTCOME_OK : outcome;
}

struct outcome registry_mark_put(struct registry *registry, struct sealer *sealer)
{
    buf_reset(&registry->sealed);
    return sealer_seal(sealer, MARK, MARK, &registry->sealed);
}

static struct outcome mark_set(struct registry *registry)
{
    sqlite3_stmt *statement = db_statement(&registry->db, STATEMENT_KEYS_SET);
    uint8_t tag[SEAL_BLIND_BYTES];

    blinder_tag(registry->blinder, MARK_KIND, MARK, tag);
    TRY(registry_mark_put(registry, registry->sealer));
    db_bind_view(statement, 1, buf_view(&registry->sealed));
    db_bind_view(statement, 2, view_of(tag, sizeof(tag)));
    return db_run(&registry->db, statement);
}

/* Under which key the registry lies, or has lain until the rotation: that is `sealer` then. */
static struct outcome first_mark(struct registry *registry, sqlite3_stmt *statement)
{
    struct view tag = db_column_view(statement, 1);
    uint8_t expected[SEAL_BLIND_BYTES];
    bool is = false;

    TRY(mark_is(registry, registry->sealer, db_column_view(statement, 0), &is));
    if (!is) {
        TRY(mark_is(registry, registry->other, db_column_view(statement, 0), &is));
        if (!is) {
            return outcome_fail(FAULT_CORRUPT, "the data key is not the registry's");
        }
        swap_keys(registry);
    }
    blinder_tag(registry->blinder, MARK_KIND, MARK, expected);
    if (tag.len != sizeof(expected) || !seal_equal(tag.data, expected, sizeof(expected))) {
        return outcome_fail(FAULT_CORRUPT, "the index key is not the registry's");
    }
    return OUTCOME_OK;
}

/* Invariant 2; the former key is `sealer` yet. */
static struct outcome second_mark(struct registry *registry, sqlite3_stmt *statement)
{
    bool is = false;

    TRY(mark_is(registry, registry->other, db_column_view(statement, ROTATION_MARK), &is));
    if (!is) {
        return outcome_fail(FAULT_CORRUPT, "the registry is being sealed anew, and the data key "
                                           "that takes over (data.next.key) is not there");
    }
    swap_keys(registry);
    return OUTCOME_OK;
}

/* With `other` being the former key of one that is whole, it goes: invariant 4. Who writes has no
 * use for another key of its own either: it begins by what it was opened with, and keeps it. */
static struct outcome look_rotation(struct registry *registry, bool swapped)
{
    sqlite3_stmt *statement = db_statement(&registry->db, STATEMENT_ROTATION);
    bool row = false;

    TRY(db_step(&registry->db, statement, &row));
    bool under_way = row && db_column_u64(statement, ROTATION_WHOLE) == 0;
    struct outcome outcome = under_way ? second_mark(registry, statement) : OUTCOME_OK;
    db_done(statement);
    TRY(outcome);
    if (!under_way && swapped) {
        drop_other(registry);
    }
    return OUTCOME_OK;
}

struct outcome registry_keys_check(struct registry *registry)
{
    sqlite3_stmt *statement = db_statement(&registry->db, STATEMENT_KEYS);
    const struct sealer *given = registry->sealer;
    bool row = false;

    TRY(db_step(&registry->db, statement, &row));
    struct outcome outcome = row ? first_mark(registry, statement) : OUTCOME_OK;
    db_done(statement);
    TRY(outcome);
    if (!row && registry->mode == REGISTRY_SCRUB) { /* whoever wrote first has left one */
        return outcome_fail(FAULT_CORRUPT, "the mark of the keys is not there");
    }
    if (!row) {
        return registry->mode == REGISTRY_READ ? OUTCOME_OK : mark_set(registry);
    }
    return look_rotation(registry, registry->sealer != given);
}

struct outcome registry_key_settle(struct registry *registry)
{
    struct registry_rotation rotation;

    TRY(registry_rotation_read(registry, &rotation));
    if (rotation.under_way || registry->other == NULL) {
        return OUTCOME_OK;
    }
    sqlite3_stmt *statement = db_statement(&registry->db, STATEMENT_KEYS);
    bool row = false;
    bool is = false;
    TRY(db_step(&registry->db, statement, &row));
    struct outcome outcome =
        row ? mark_is(registry, registry->other, db_column_view(statement, 0), &is) : OUTCOME_OK;
    db_done(statement);
    TRY(outcome);
    if (is) {
        swap_keys(registry);
    }
    drop_other(registry);
    return OUTCOME_OK;
}

struct outcome registry_rotation_read(struct registry *registry,
                                      struct registry_rotation *ret_rotation)
{
    sqlite3_stmt *statement = db_statement(&registry->db, STATEMENT_ROTATION);
    struct registry_rotation rotation = {0};

    TRY(db_step(&registry->db, statement, &rotation.any));
    if (rotation.any) {
        struct view hash = db_column_view(statement, ROTATION_HASH);
        rotation.under_way = db_column_u64(statement, ROTATION_WHOLE) == 0;
        rotation.upto = db_column_u64(statement, ROTATION_UPTO);
        rotation.persons = db_column_u64(statement, ROTATION_PERSONS);
        rotation.versions = db_column_u64(statement, ROTATION_VERSIONS);
        rotation.damaged = db_column_u64(statement, ROTATION_DAMAGED);
        memcpy(rotation.hash, hash.data, hash.len < SEAL_HASH_BYTES ? hash.len : SEAL_HASH_BYTES);
    }
    db_done(statement);
    *ret_rotation = rotation;
    return OUTCOME_OK;
}
