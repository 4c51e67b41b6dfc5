/*
 * The office's objects, sealed.
 *
 * Invariants
 *  1. Neither content nor code is in clear: an object lies under the blind tag of its code, and the
 *     code stands inside the sealed content. The kind is in clear, and bound as associated data.
 *  2. Objects and applied-up-to change in one transaction, and applied-up-to never falls.
 *  3. An object has one row: what is put takes away the one under its tag by the other key
 *     (office_rotate.c).
 */
#include "store/sqlite/office_store.h"

#include "base/check.h"
#include "base/log.h"
#include "store/scrub.h"

#include <stdio.h>
#include <string.h>

#define APPLICATION_ID 0x44434f46 /* "DCOF" */
#define OFFICE_CACHE_KIB_MAX 4096
#define OFFICE_PAGE_BYTES 4096
#define OFFICE_WAL_BYTES_MAX (4u << 20)
#define OFFICE_KIND_OBJECTS_MAX (1u << 18) /* objects of one kind */
#define OBJECT_BYTES_MAX (2u * ACT_BYTES_MAX)
#define CODES_BYTES_MAX (64u << 20) /* codes of one kind, while they are sorted */

static const char *const migrations[] = {
    "CREATE TABLE object(kind INTEGER NOT NULL, tag BLOB NOT NULL, sealed BLOB NOT NULL,"
    "                    PRIMARY KEY(kind, tag)) STRICT;"
    "CREATE TABLE applied(one INTEGER PRIMARY KEY CHECK(one = 1), upto INTEGER NOT NULL) STRICT;"
    "INSERT INTO applied(one, upto) VALUES(1, 0);",
    /* upto: rows up to that one are done. */
    "CREATE TABLE rotation(one INTEGER PRIMARY KEY CHECK(one = 1), mark BLOB NOT NULL,"
    "                    whole INTEGER NOT NULL, upto INTEGER NOT NULL,"
    "                    objects INTEGER NOT NULL) STRICT;",
    /* whole 2: the log tells so (office_rotate.c). */
    "UPDATE rotation SET whole = 2 WHERE whole = 1;",
};

static const char *const statements[STATEMENT_COUNT] = {
    [STATEMENT_APPLIED] = "SELECT upto FROM applied",
    [STATEMENT_APPLIED_SET] = "UPDATE applied SET upto = ?1 WHERE upto < ?1",
    [STATEMENT_PUT] = ("INSERT INTO object(kind, tag, sealed) VALUES(?1, ?2, ?3)"
                       " ON CONFLICT(kind, tag) DO UPDATE SET sealed = excluded.sealed"),
    [STATEMENT_REMOVE] = "DELETE FROM object WHERE kind = ?1 AND tag = ?2",
    [STATEMENT_KIND_NEXT] = "SELECT min(kind) FROM object WHERE kind >= ?1",
    [STATEMENT_KIND_ALL] = "SELECT tag, sealed FROM object WHERE kind = ?1",
    [STATEMENT_GET] = "SELECT sealed FROM object WHERE kind = ?1 AND tag = ?2",
    [STATEMENT_STRUCTURE] = "PRAGMA integrity_check(32)",
    [STATEMENT_ROTATION] = "SELECT mark, whole, upto, objects FROM rotation",
    [STATEMENT_ROTATION_BEGIN] = "INSERT OR REPLACE INTO rotation(one, mark, whole, upto, objects)"
                                 " VALUES(1, ?1, 0, 0, 0)",
    [STATEMENT_ROTATION_RECORDED] = "UPDATE rotation SET whole = 2 WHERE whole = 1",
    [STATEMENT_ROTATION_MOVE] = "UPDATE rotation SET whole = ?1, upto = ?2, objects = ?3",
    [STATEMENT_RESEAL_NEXT] = "SELECT rowid, kind, tag, sealed FROM object WHERE rowid > ?1"
                              " ORDER BY rowid LIMIT 1",
    [STATEMENT_RESEAL] = "UPDATE object SET tag = ?2, sealed = ?3 WHERE rowid = ?1",
};

static struct db_config config_of(const char *home, bool writes)
{
    return (struct db_config){
        .home = home,
        .file = "office.db",
        .application_id = APPLICATION_ID,
        .migrations = migrations,
        .migration_count = sizeof(migrations) / sizeof(migrations[0]),
        .statements = statements,
        .statement_count = STATEMENT_COUNT,
        .writes = writes,
        .cell_check = true,
        .page_bytes = OFFICE_PAGE_BYTES,
        .cache_kib_max = OFFICE_CACHE_KIB_MAX,
        .mmap_bytes_max = 0,
        .wal_bytes_max = OFFICE_WAL_BYTES_MAX,
    };
}

struct outcome office_store_create(const char *home)
{
    struct db_config config = config_of(home, true);

    return db_create(&config);
}

static struct outcome store_open(const char *home, const struct secret *data_key,
                                 const struct secret *data_next, const struct random_port *random,
                                 bool writes, struct office_store **ret_store)
{
    struct db_config config = config_of(home, writes);
    struct office_store *store = memory_new(1, sizeof(*store));

    if (store == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "office store");
    }
    buf_init(&store->plain, OBJECT_BYTES_MAX);
    buf_init(&store->sealed, OBJECT_BYTES_MAX + SEAL_OVERHEAD_BYTES);
    store->random = *random;
    struct outcome outcome = office_key_set(data_key, random, &store->key);
    if (outcome_ok(outcome) && data_next != NULL) {
        outcome = office_key_set(data_next, random, &store->other);
    }
    if (outcome_ok(outcome)) {
        outcome = db_open(&config, &store->db);
    }
    if (outcome_ok(outcome)) {
        outcome = office_keys_check(store);
    }
    if (!outcome_ok(outcome)) {
        office_store_close(store);
        return outcome;
    }
    *ret_store = store;
    return OUTCOME_OK;
}

struct outcome office_store_open(const char *home, const struct secret *data_key,
                                 const struct secret *data_next, const struct random_port *random,
                                 struct office_store **ret_store)
{
    return store_open(home, data_key, data_next, random, true, ret_store);
}

struct outcome office_store_open_read(const char *home, const struct secret *data_key,
                                      const struct secret *data_next,
                                      const struct random_port *random,
                                      struct office_store **ret_store)
{
    return store_open(home, data_key, data_next, random, false, ret_store);
}

void office_store_close(struct office_store *store)
{
    if (store == NULL) {
        return;
    }
    db_close(&store->db);
    office_key_done(&store->key);
    office_key_done(&store->other);
    buf_wipe_done(&store->plain);
    buf_done(&store->sealed);
    memory_free(store);
}

struct outcome office_store_applied(struct office_store *store, uint64_t *ret_upto)
{
    sqlite3_stmt *statement = db_statement(&store->db, STATEMENT_APPLIED);
    bool row = false;

    TRY(db_step(&store->db, statement, &row));
    if (row) {
        *ret_upto = db_column_u64(statement, 0);
    }
    db_done(statement);
    return row ? OUTCOME_OK : outcome_fail(FAULT_CORRUPT, "office's applied-up-to is gone");
}

/* ---- Applying ---- */

void office_place(const struct office_key *key, uint8_t kind, struct view code,
                  uint8_t ret_place[OFFICE_PLACE_BYTES])
{
    ret_place[0] = kind;
    blinder_tag(key->blinder, kind, code, ret_place + 1);
}

static struct outcome object_remove(struct office_store *store,
                                    const uint8_t place[OFFICE_PLACE_BYTES])
{
    sqlite3_stmt *statement = db_statement(&store->db, STATEMENT_REMOVE);

    db_bind_u64(statement, 1, place[0]);
    db_bind_view(statement, 2, view_of(place + 1, SEAL_BLIND_BYTES));
    return db_run(&store->db, statement);
}

/* Invariant 3. */
static struct outcome object_remove_other(struct office_store *store,
                                          const struct office_object *object)
{
    uint8_t place[OFFICE_PLACE_BYTES];

    if (store->other.sealer == NULL) {
        return OUTCOME_OK;
    }
    office_place(&store->other, object->kind, object->code, place);
    return object_remove(store, place);
}

static struct outcome object_put(struct office_store *store, const struct office_object *object)
{
    sqlite3_stmt *statement = db_statement(&store->db, STATEMENT_PUT);
    uint8_t place[OFFICE_PLACE_BYTES];

    if (object->code.len > UINT16_MAX || object->content.len > ACT_BYTES_MAX) {
        return outcome_fail(FAULT_OVER_LIMIT, "office object");
    }
    office_place(&store->key, object->kind, object->code, place);
    TRY(object_remove_other(store, object));
    if (object->content.len == 0) {
        return object_remove(store, place);
    }
    buf_reset(&store->plain);
    buf_reset(&store->sealed);
    buf_put_block16(&store->plain, object->code);
    buf_put_block32(&store->plain, object->content);
    TRY(buf_check(&store->plain));
    buf_put_zeros(&store->plain, seal_padded_len(store->plain.len) - store->plain.len);
    TRY(buf_check(&store->plain));
    TRY(sealer_seal(store->key.sealer, view_of(place, sizeof(place)), buf_view(&store->plain),
                    &store->sealed));
    db_bind_u64(statement, 1, object->kind);
    db_bind_view(statement, 2, view_of(place + 1, SEAL_BLIND_BYTES));
    db_bind_view(statement, 3, buf_view(&store->sealed));
    return db_run(&store->db, statement);
}

static struct outcome put_all(struct office_store *store, const struct office_object *objects,
                              unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        TRY(object_put(store, &objects[i]));
    }
    return OUTCOME_OK;
}

static struct outcome apply_inside(struct office_store *store, uint64_t index,
                                   const struct office_object *objects, unsigned count)
{
    sqlite3_stmt *statement = db_statement(&store->db, STATEMENT_APPLIED_SET);

    db_bind_u64(statement, 1, index + 1);
    TRY(db_run(&store->db, statement));
    if (sqlite3_changes(store->db.handle) != 1) { /* invariant 2 */
        return outcome_fail(FAULT_CONFLICT, "act is applied already");
    }
    return put_all(store, objects, count);
}

struct outcome office_store_apply(struct office_store *store, uint64_t index,
                                  const struct office_object *objects, unsigned count)
{
    CHECK(index < INT64_MAX);
    TRY(db_begin(&store->db, true));
    struct outcome outcome = apply_inside(store, index, objects, count);
    if (outcome_ok(outcome)) {
        outcome = db_commit(&store->db);
    }
    if (!outcome_ok(outcome)) {
        db_rollback(&store->db);
    }
    return outcome;
}

struct outcome office_store_keep(struct office_store *store, const struct office_object *objects,
                                 unsigned count)
{
    TRY(db_begin(&store->db, true));
    struct outcome outcome = put_all(store, objects, count);
    if (outcome_ok(outcome)) {
        outcome = db_commit(&store->db);
    }
    if (!outcome_ok(outcome)) {
        db_rollback(&store->db);
    }
    return outcome;
}

/* ---- Loading: kinds in order, and within a kind codes in byte order ---- */

struct listed {
    uint8_t tag[SEAL_BLIND_BYTES];
    uint32_t code_at; /* in `codes` */
    uint32_t code_len;
    const struct buf *codes; /* for the comparison */
};

struct listing {
    struct buf listed; /* of struct listed */
    struct buf codes;
};

struct outcome office_open_by(struct office_store *store, const struct office_key *key,
                              uint8_t kind, struct view tag, struct view sealed,
                              struct office_object *ret_object)
{
    uint8_t place[OFFICE_PLACE_BYTES] = {kind};
    uint8_t expected[OFFICE_PLACE_BYTES];

    if (tag.len != SEAL_BLIND_BYTES) {
        return outcome_fail(FAULT_CORRUPT, "office object's tag");
    }
    memcpy(place + 1, tag.data, SEAL_BLIND_BYTES);
    buf_reset(&store->plain);
    TRY(sealer_open(key->sealer, view_of(place, sizeof(place)), sealed, &store->plain));
    struct cursor cursor = cursor_of(buf_view(&store->plain));
    ret_object->kind = kind;
    ret_object->code = cursor_block16(&cursor);
    ret_object->content = cursor_block32(&cursor);
    office_place(key, kind, ret_object->code, expected);
    if (cursor.failed || !seal_equal(place, expected, sizeof(place))) {
        return outcome_fail(FAULT_CORRUPT, "office object does not decode");
    }
    return OUTCOME_OK;
}

static struct outcome object_open(struct office_store *store, uint8_t kind, struct view tag,
                                  struct view sealed, struct office_object *ret_object)
{
    struct outcome outcome = office_open_by(store, &store->key, kind, tag, sealed, ret_object);

    return outcome.fault == FAULT_CORRUPT && store->other.sealer != NULL
               ? office_open_by(store, &store->other, kind, tag, sealed, ret_object)
               : outcome;
}

struct outcome office_told(struct outcome outcome, uint8_t kind)
{
    if (outcome.fault == FAULT_CORRUPT) {
        log_line(LOG_LEVEL_ERROR, "office-corrupt", "kind=%u what=\"%s\"", kind, outcome.what);
    }
    return outcome;
}

static struct outcome list_one(struct office_store *store, uint8_t kind, sqlite3_stmt *statement,
                               struct listing *listing)
{
    struct listed listed = {.codes = &listing->codes};
    struct office_object object = {0};
    struct view tag = db_column_view(statement, 0);

    TRY(object_open(store, kind, tag, db_column_view(statement, 1), &object));
    memcpy(listed.tag, tag.data, SEAL_BLIND_BYTES);
    listed.code_at = (uint32_t)listing->codes.len;
    listed.code_len = (uint32_t)object.code.len;
    buf_put_view(&listing->codes, object.code);
    buf_put(&listing->listed, &listed, sizeof(listed));
    TRY(buf_check(&listing->codes));
    return buf_check(&listing->listed);
}

static struct outcome list_kind(struct office_store *store, uint8_t kind, struct listing *listing)
{
    sqlite3_stmt *statement = db_statement(&store->db, STATEMENT_KIND_ALL);
    bool row = false;

    db_bind_u64(statement, 1, kind);
    for (;;) {
        TRY(db_step(&store->db, statement, &row));
        if (!row) {
            db_done(statement);
            return OUTCOME_OK;
        }
        struct outcome outcome = office_told(list_one(store, kind, statement, listing), kind);
        if (!outcome_ok(outcome)) {
            db_done(statement);
            return outcome;
        }
    }
}

static int listed_compare(const void *a, const void *b)
{
    const struct listed *one = a;
    const struct listed *other = b;
    struct view codes = buf_view(one->codes);

    return view_compare(view_part(codes, one->code_at, one->code_len),
                        view_part(codes, other->code_at, other->code_len));
}

typedef struct outcome each_object(void *context, const struct office_object *object);

static struct outcome hand_one(struct office_store *store, uint8_t kind,
                               const struct listed *listed, each_object *each, void *context)
{
    sqlite3_stmt *statement = db_statement(&store->db, STATEMENT_GET);
    struct view tag = view_of(listed->tag, SEAL_BLIND_BYTES);
    struct office_object object = {0};
    bool row = false;

    db_bind_u64(statement, 1, kind);
    db_bind_view(statement, 2, tag);
    TRY(db_step(&store->db, statement, &row));
    struct outcome outcome =
        row ? object_open(store, kind, tag, db_column_view(statement, 0), &object)
            : outcome_fail(FAULT_CORRUPT, "office object is gone");
    db_done(statement);
    TRY(office_told(outcome, kind));
    return each(context, &object);
}

static struct outcome load_kind(struct office_store *store, uint8_t kind, each_object *each,
                                void *context)
{
    struct listing listing;

    buf_init(&listing.listed, (size_t)OFFICE_KIND_OBJECTS_MAX * sizeof(struct listed));
    buf_init(&listing.codes, CODES_BYTES_MAX);
    struct outcome outcome = list_kind(store, kind, &listing);
    struct listed *rows = (struct listed *)(void *)listing.listed.data;
    size_t count = listing.listed.len / sizeof(*rows);
    if (outcome_ok(outcome) && count > 0) {
        qsort(rows, count, sizeof(*rows), listed_compare);
    }
    for (size_t i = 0; outcome_ok(outcome) && i < count; i++) {
        outcome = hand_one(store, kind, &rows[i], each, context);
    }
    buf_done(&listing.listed);
    buf_done(&listing.codes);
    return outcome;
}

/* The lowest kind that is there, at or after `from`; false when there is none. */
static struct outcome kind_next(struct office_store *store, unsigned from, bool *ret_there,
                                unsigned *ret_kind)
{
    sqlite3_stmt *statement = db_statement(&store->db, STATEMENT_KIND_NEXT);
    bool row = false;

    db_bind_u64(statement, 1, from);
    TRY(db_step(&store->db, statement, &row));
    CHECK(row); /* an aggregate always has one */
    *ret_there = sqlite3_column_type(statement, 0) == SQLITE_INTEGER;
    *ret_kind = (unsigned)db_column_u64(statement, 0);
    db_done(statement);
    return OUTCOME_OK;
}

static struct outcome load_kinds(struct office_store *store, each_object *each, void *context)
{
    unsigned kind = 0;
    bool there = false;

    for (;;) {
        TRY(kind_next(store, kind, &there, &kind));
        if (!there) {
            return OUTCOME_OK;
        }
        if (kind > UINT8_MAX) {
            return outcome_fail(FAULT_CORRUPT, "office object's kind");
        }
        TRY(load_kind(store, (uint8_t)kind, each, context));
        kind++;
    }
}

struct outcome office_store_load(struct office_store *store,
                                 struct outcome (*each)(void *context,
                                                        const struct office_object *object),
                                 void *context)
{
    TRY(db_begin(&store->db, false)); /* an object may be sealed anew between two looks at it */
    struct outcome outcome = load_kinds(store, each, context);
    db_rollback(&store->db); /* nothing was written */
    return outcome;
}

/* ---- Scrub: see store/scrub.h ---- */

struct scrubbing {
    const struct scrub_watch *watch;
    each_object *each;
    void *context;
    uint64_t looked;
};

static void tell(const struct scrubbing *scrubbing, const char *what, uint64_t number,
                 const char *why)
{
    char place[SCRUB_PLACE_BYTES_MAX + 1];

    (void)snprintf(place, sizeof(place), "office.db: %s %llu: %s", what, (unsigned long long)number,
                   why);
    scrubbing->watch->found(scrubbing->watch->context, place);
}

static struct outcome scrub_structure(struct office_store *store, const struct scrubbing *scrubbing)
{
    sqlite3_stmt *statement = db_statement(&store->db, STATEMENT_STRUCTURE);
    bool row = false;

    for (uint64_t line = 1;; line++) {
        TRY(db_step(&store->db, statement, &row));
        if (!row) {
            db_done(statement);
            return OUTCOME_OK;
        }
        if (!view_is(db_column_view(statement, 0), "ok")) {
            tell(scrubbing, "structure, line", line,
                 (const char *)sqlite3_column_text(statement, 0));
        }
    }
}

static struct outcome scrub_object(void *context, const struct office_object *object)
{
    struct scrubbing *scrubbing = context;
    struct outcome outcome = scrubbing->each(scrubbing->context, object);

    scrubbing->looked++;
    if (!outcome_ok(outcome)) {
        tell(scrubbing, "object of kind", object->kind, outcome.what);
    }
    return OUTCOME_OK;
}

static struct outcome scrub_store(struct office_store *store, struct scrubbing *scrubbing,
                                  uint64_t *ret_applied)
{
    TRY(scrub_structure(store, scrubbing));
    TRY(office_store_applied(store, ret_applied));
    return load_kinds(store, scrub_object, scrubbing);
}

struct outcome office_store_scrub(const char *home, const struct secret *data_key,
                                  const struct secret *data_next, const struct random_port *random,
                                  const struct scrub_watch *watch, each_object *each, void *context,
                                  uint64_t *ret_applied, uint64_t *ret_looked)
{
    struct office_store *store = NULL;
    struct scrubbing scrubbing = {.watch = watch, .each = each, .context = context};

    *ret_applied = OFFICE_APPLIED_UNKNOWN;
    *ret_looked = 0;
    TRY(store_open(home, data_key, data_next, random, false, &store));
    struct outcome outcome = db_begin(&store->db, false); /* all of one state */
    if (outcome_ok(outcome)) {
        outcome = scrub_store(store, &scrubbing, ret_applied);
        db_rollback(&store->db);
    }
    office_store_close(store);
    *ret_looked = scrubbing.looked;
    if (outcome_ok(outcome) || outcome.fault == FAULT_BUSY || outcome.fault == FAULT_NO_MEMORY) {
        return outcome;
    }
    tell(&scrubbing, "objects looked at", scrubbing.looked, outcome.what);
    return OUTCOME_OK;
}
