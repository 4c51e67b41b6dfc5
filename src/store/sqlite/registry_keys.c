/*
 * The registry's keys: under which of them it lies, by the marks in its file.
 *
 * Invariants
 *  1. The first connection that writes leaves a mark of the data key and of the identity key; no
 *     other keys open the registry after that. Persons under two keys, or found by neither, would
 *     be lost. The index key's mark is its fingerprint; as long as it is the identity key, too, it
 *     has none, and puts no veil over tags.
 *  2. While another data key or index key takes over there is a second mark, the new key's, and who
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

static struct outcome set_data_other(struct registry *registry, const struct secret *next)
{
    drop_other(registry);
    TRY(persons_sealer(next, &registry->random, &registry->other));
    seal_fingerprint(next, registry->other_fingerprint);
    return OUTCOME_OK;
}

/* ---- Veils ---- */

static void index_done(struct registry_index *index)
{
    veil_free(index->veil);
    masker_free(index->masker);
    *index = (struct registry_index){0};
}

static void swap_indexes(struct registry *registry)
{
    struct registry_index index = registry->index;

    registry->index = registry->index_other;
    registry->index_other = index;
}

/* Names of two keys in succession are the same once in 2^48 times: the second is refused then. */
static uint64_t name_of(const uint8_t fingerprint[SEAL_HASH_BYTES])
{
    uint64_t name = 0;

    for (unsigned i = 0; i < 6; i++) {
        name = name << 8 | fingerprint[i];
    }
    return name == 0 ? 1 : name;
}

static struct outcome index_set(const struct registry *registry, const struct secret *key,
                                struct registry_index *index)
{
    SECRET_AUTO masks = {{0}};
    SECRET_AUTO veils = {{0}};

    index_done(index);
    seal_fingerprint(key, index->fingerprint);
    TRY(seal_derive(key, "dancu registry search v1", &masks));
    TRY(masker_new(&masks, &index->masker));
    if (seal_equal(index->fingerprint, registry->identity_fingerprint, SEAL_HASH_BYTES)) {
        return OUTCOME_OK; /* invariant 1 */
    }
    index->name = name_of(index->fingerprint);
    TRY(seal_derive(key, "dancu registry veil v1", &veils));
    return veil_new(&veils, &index->veil);
}

static struct outcome set_index_other(struct registry *registry, const struct secret *next)
{
    struct registry_index *other = &registry->index_other;
    struct outcome outcome = index_set(registry, next, other);

    if (outcome_ok(outcome) && (other->veil == NULL || other->name == registry->index.name)) {
        outcome = outcome_fail(FAULT_CONFLICT, "the index key that takes over has its use already");
    }
    if (!outcome_ok(outcome)) {
        index_done(other);
    }
    return outcome;
}

static struct outcome set_other(struct registry *registry, enum registry_key which,
                                const struct secret *next)
{
    return which == REGISTRY_KEY_DATA ? set_data_other(registry, next)
                                      : set_index_other(registry, next);
}

static struct outcome indexes_set(struct registry *registry, const struct registry_config *config)
{
    const struct secret *identity =
        config->identity_key == NULL ? config->index_key : config->identity_key;

    seal_fingerprint(identity, registry->identity_fingerprint);
    TRY(blinder_new(identity, &registry->blinder));
    TRY(index_set(registry, config->index_key, &registry->index));
    return config->index_next == NULL ? OUTCOME_OK : set_index_other(registry, config->index_next);
}

struct outcome registry_keys_set(struct registry *registry, const struct registry_config *config)
{
    registry->random = config->random;
    TRY(persons_sealer(config->data_key, &config->random, &registry->sealer));
    seal_fingerprint(config->data_key, registry->fingerprint);
    if (config->data_next != NULL) {
        TRY(set_data_other(registry, config->data_next));
    }
    return indexes_set(registry, config);
}

void registry_keys_done(struct registry *registry)
{
    sealer_free(registry->sealer);
    sealer_free(registry->other);
    blinder_free(registry->blinder);
    index_done(&registry->index);
    index_done(&registry->index_other);
}

struct outcome registry_key_offer(struct registry *registry, enum registry_key which,
                                  const struct secret *next)
{
    struct registry_rotation rotation;
    uint8_t hash[SEAL_HASH_BYTES];

    seal_fingerprint(next, hash);
    enum registry_key held = registry_key_which(registry, hash);
    if (held == which) {
        return OUTCOME_OK;
    }
    if (held != REGISTRY_KEY_COUNT ||
        seal_equal(hash, registry->identity_fingerprint, SEAL_HASH_BYTES)) {
        return outcome_fail(FAULT_CONFLICT, "this key has another use here");
    }
    TRY(registry_key_settle(registry, which)); /* of one that has ended since */
    TRY(registry_rotation_read(registry, which, &rotation));
    return rotation.under_way ? outcome_fail(FAULT_CONFLICT, "both keys are in use")
                              : set_other(registry, which, next);
}

bool registry_key_written(const struct registry *registry, const uint8_t hash[SEAL_HASH_BYTES])
{
    return seal_equal(hash, registry->fingerprint, SEAL_HASH_BYTES) ||
           seal_equal(hash, registry->index.fingerprint, SEAL_HASH_BYTES);
}

enum registry_key registry_key_which(const struct registry *registry,
                                     const uint8_t hash[SEAL_HASH_BYTES])
{
    const struct {
        enum registry_key which;
        bool there;
        const uint8_t *fingerprint;
    } held[] = {
        {REGISTRY_KEY_DATA, true, registry->fingerprint},
        {REGISTRY_KEY_DATA, registry->other != NULL, registry->other_fingerprint},
        {REGISTRY_KEY_INDEX, true, registry->index.fingerprint},
        {REGISTRY_KEY_INDEX, registry->index_other.masker != NULL,
         registry->index_other.fingerprint},
    };
    for (size_t i = 0; i < sizeof(held) / sizeof(held[0]); i++) {
        if (held[i].there && seal_equal(hash, held[i].fingerprint, SEAL_HASH_BYTES)) {
            return held[i].which;
        }
    }
    return REGISTRY_KEY_COUNT;
}

bool registry_key_held(const struct registry *registry, const uint8_t hash[SEAL_HASH_BYTES])
{
    return registry_key_which(registry, hash) != REGISTRY_KEY_COUNT;
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
    db_bind_view(
        statement, 3,
        view_of(registry->index.fingerprint, registry->index.veil == NULL ? 0 : SEAL_HASH_BYTES));
    return db_run(&registry->db, statement);
}

static bool index_is(const struct registry_index *index, struct view mark)
{
    return index->masker != NULL &&
           (index->veil == NULL ? mark.len == 0
                                : mark.len == SEAL_HASH_BYTES &&
                                      seal_equal(mark.data, index->fingerprint, SEAL_HASH_BYTES));
}

static struct outcome first_index_mark(struct registry *registry, struct view mark)
{
    if (index_is(&registry->index, mark)) {
        return OUTCOME_OK;
    }
    if (!index_is(&registry->index_other, mark)) {
        return outcome_fail(
            FAULT_CORRUPT, mark.len == 0 ? "the registry is from before its index key was rotated: "
                                           "identity.key is its index key"
                                         : "the index key is not the registry's");
    }
    swap_indexes(registry);
    return OUTCOME_OK;
}

/* Under which keys the registry lies, or has lain until the rotation: that is `sealer` then, and
 * `index`. */
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
        return outcome_fail(FAULT_CORRUPT, "the index key is not the registry's, or, if it was "
                                           "rotated, the identity key is not");
    }
    return first_index_mark(registry, db_column_view(statement, 2));
}

static struct outcome second_index_mark(struct registry *registry, sqlite3_stmt *statement)
{
    if (!index_is(&registry->index_other, db_column_view(statement, ROTATION_MARK))) {
        return outcome_fail(FAULT_CORRUPT, "the registry's tags are being made anew, and the index "
                                           "key that takes over (index.next.key) is not there");
    }
    swap_indexes(registry);
    return OUTCOME_OK;
}

/* Invariant 2; the former key is `sealer` yet. */
static struct outcome second_data_mark(struct registry *registry, sqlite3_stmt *statement)
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

static void drop(struct registry *registry, enum registry_key which)
{
    if (which == REGISTRY_KEY_DATA) {
        drop_other(registry);
    } else {
        index_done(&registry->index_other);
    }
}

static sqlite3_stmt *rotation_statement(struct registry *registry, enum registry_key which)
{
    sqlite3_stmt *statement = db_statement(&registry->db, STATEMENT_ROTATION);

    db_bind_u64(statement, 1, which);
    return statement;
}

/* With `other` being the former key of one that is whole, it goes: invariant 4. Who writes has no
 * use for another key of its own either: it begins by what it was opened with, and keeps it. */
static struct outcome look_rotation(struct registry *registry, enum registry_key which,
                                    bool swapped)
{
    sqlite3_stmt *statement = rotation_statement(registry, which);
    struct outcome outcome = OUTCOME_OK;
    bool row = false;

    TRY(db_step(&registry->db, statement, &row));
    bool under_way = row && db_column_u64(statement, ROTATION_WHOLE) == 0;
    if (under_way) {
        outcome = which == REGISTRY_KEY_DATA ? second_data_mark(registry, statement)
                                             : second_index_mark(registry, statement);
    }
    db_done(statement);
    TRY(outcome);
    if (!under_way && swapped) {
        drop(registry, which);
    }
    return OUTCOME_OK;
}

struct outcome registry_keys_check(struct registry *registry)
{
    sqlite3_stmt *statement = db_statement(&registry->db, STATEMENT_KEYS);
    const struct sealer *sealer = registry->sealer;
    const struct masker *masker = registry->index.masker;
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
    TRY(look_rotation(registry, REGISTRY_KEY_DATA, registry->sealer != sealer));
    return look_rotation(registry, REGISTRY_KEY_INDEX, registry->index.masker != masker);
}

static struct outcome settle_data(struct registry *registry, struct view mark)
{
    bool is = false;

    TRY(mark_is(registry, registry->other, mark, &is));
    if (is) {
        swap_keys(registry);
    }
    return OUTCOME_OK;
}

static struct outcome settle_index(struct registry *registry, struct view mark)
{
    if (index_is(&registry->index_other, mark)) {
        swap_indexes(registry);
    }
    return OUTCOME_OK;
}

struct outcome registry_key_settle(struct registry *registry, enum registry_key which)
{
    bool data = which == REGISTRY_KEY_DATA;
    struct registry_rotation rotation;
    struct outcome outcome = OUTCOME_OK;
    bool row = false;

    TRY(registry_rotation_read(registry, which, &rotation));
    if (rotation.under_way ||
        (data ? registry->other == NULL : registry->index_other.masker == NULL)) {
        return OUTCOME_OK;
    }
    sqlite3_stmt *statement = db_statement(&registry->db, STATEMENT_KEYS);
    TRY(db_step(&registry->db, statement, &row));
    if (row) {
        outcome = data ? settle_data(registry, db_column_view(statement, 0))
                       : settle_index(registry, db_column_view(statement, 2));
    }
    db_done(statement);
    TRY(outcome);
    drop(registry, which);
    return OUTCOME_OK;
}

struct outcome registry_rotation_read(struct registry *registry, enum registry_key which,
                                      struct registry_rotation *ret_rotation)
{
    sqlite3_stmt *statement = rotation_statement(registry, which);
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
