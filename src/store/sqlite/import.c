/*
 * One chunk of an import, in one transaction.
 *
 * Invariants
 *  1. All of a chunk is stored or nothing: persons, tags, hidden tags and the chunk's row.
 *  2. A person keeps its key for ever; a version in force that changes is kept in the history.
 *  3. Tags are written in their own order, not in the persons': neighbours share a page.
 *  4. Every number belongs to one person: an id tag leads to the person whose id it is. A CMND that
 *     is another person's already is counted and not moved.
 *  5. Every tag whose hidden flags the chunk changes is noted under its number, so that who reads
 *     can follow (hidden.c).
 */
#include "store/sqlite/registry.h"

#include "base/check.h"

#include <string.h>

struct item {
    uint8_t id_tag[SEAL_BLIND_BYTES];
    uint8_t cmnd_tag[SEAL_BLIND_BYTES];
    uint64_t key;
    bool has_cmnd;
    bool added;
};

struct sorted {
    uint8_t tag[SEAL_BLIND_BYTES];
    uint32_t index;
};

struct work {
    struct registry *registry;
    struct person *const *persons;
    unsigned count;
    struct item *items;
    struct sorted *sorted;
    struct buf hashes; /* of each version written, in the order of the persons */
    bool hides;        /* somebody is hidden who was not, or otherwise */
    struct registry_chunk chunk;
    struct registry_intake *step; /* NULL: of no file */
};

static struct view tag_view(const uint8_t tag[SEAL_BLIND_BYTES])
{
    return view_of(tag, SEAL_BLIND_BYTES);
}

/* ---- Tags ---- */

static int sorted_compare(const void *a, const void *b)
{
    const struct sorted *one = a;
    const struct sorted *other = b;
    int order = memcmp(one->tag, other->tag, SEAL_BLIND_BYTES);

    return order != 0 ? order : (one->index > other->index) - (one->index < other->index);
}

static void items_fill(struct work *work)
{
    struct blinder *blinder = work->registry->blinder;

    for (unsigned i = 0; i < work->count; i++) {
        struct item *item = &work->items[i];
        struct view cmnd = person_cmnd(work->persons[i]);
        blinder_tag(blinder, BLIND_ID, person_id(work->persons[i]), item->id_tag);
        item->has_cmnd = cmnd.len > 0;
        if (item->has_cmnd) {
            blinder_tag(blinder, BLIND_CMND, cmnd, item->cmnd_tag);
        }
    }
}

/* *ret_added: false when the tag is there, whoever's it is. */
static struct outcome tag_add(struct registry *registry, const uint8_t tag[SEAL_BLIND_BYTES],
                              uint64_t key, bool *ret_added)
{
    sqlite3_stmt *statement = db_statement(&registry->db, STATEMENT_TAG_ADD);

    db_bind_view(statement, 1, tag_view(tag));
    db_bind_u64(statement, 2, key);
    TRY(db_run(&registry->db, statement));
    *ret_added = sqlite3_changes(registry->db.handle) == 1;
    return OUTCOME_OK;
}

static struct outcome tag_key(struct registry *registry, const uint8_t tag[SEAL_BLIND_BYTES],
                              uint64_t *ret_key)
{
    sqlite3_stmt *statement = db_statement(&registry->db, STATEMENT_TAG_KEY);
    bool row = false;

    db_bind_view(statement, 1, tag_view(tag));
    TRY(db_step(&registry->db, statement, &row));
    if (!row) {
        return outcome_fail(FAULT_CORRUPT, "blind tag that was there is not there");
    }
    *ret_key = db_column_u64(statement, 0);
    db_done(statement);
    return OUTCOME_OK;
}

/* Finds each person's key by its id, or gives it one (invariants 3 and 4). */
static struct outcome claim_ids(struct work *work, uint64_t first_key)
{
    for (unsigned i = 0; i < work->count; i++) {
        memcpy(work->sorted[i].tag, work->items[i].id_tag, SEAL_BLIND_BYTES);
        work->sorted[i].index = i;
    }
    qsort(work->sorted, work->count, sizeof(*work->sorted), sorted_compare);
    for (unsigned i = 0; i < work->count; i++) {
        struct item *item = &work->items[work->sorted[i].index];
        item->key = first_key + work->sorted[i].index;
        TRY(tag_add(work->registry, item->id_tag, item->key, &item->added));
        if (!item->added) {
            TRY(tag_key(work->registry, item->id_tag, &item->key));
        }
    }
    return OUTCOME_OK;
}

/* Those who were there already are compared with what is stored first. */
static struct outcome claim_cmnds(struct work *work)
{
    unsigned count = 0;

    for (unsigned i = 0; i < work->count; i++) {
        if (work->items[i].has_cmnd && work->items[i].added) {
            memcpy(work->sorted[count].tag, work->items[i].cmnd_tag, SEAL_BLIND_BYTES);
            work->sorted[count++].index = i;
        }
    }
    qsort(work->sorted, count, sizeof(*work->sorted), sorted_compare);
    for (unsigned i = 0; i < count; i++) {
        const struct item *item = &work->items[work->sorted[i].index];
        bool added = false;
        TRY(tag_add(work->registry, item->cmnd_tag, item->key, &added));
        work->chunk.cmnd_taken += !added;
    }
    return OUTCOME_OK;
}

/* ---- Hidden tags ---- */

/* Invariant 5. */
static struct outcome hidden_change(struct work *work, const uint8_t tag[SEAL_BLIND_BYTES])
{
    struct db *db = &work->registry->db;
    sqlite3_stmt *statement = db_statement(db, STATEMENT_HIDDEN_CHANGE);

    db_bind_u64(statement, 1, work->chunk.number);
    db_bind_view(statement, 2, tag_view(tag));
    return db_run(db, statement);
}

static struct outcome hidden_put(struct work *work, const uint8_t tag[SEAL_BLIND_BYTES],
                                 uint64_t key, uint32_t flags)
{
    struct db *db = &work->registry->db;
    sqlite3_stmt *statement = db_statement(db, STATEMENT_HIDDEN_ADD);

    db_bind_view(statement, 1, tag_view(tag));
    db_bind_u64(statement, 2, key);
    db_bind_u64(statement, 3, flags);
    TRY(db_run(db, statement));
    work->hides = true;
    return hidden_change(work, tag);
}

static struct outcome hidden_remove(struct work *work, const uint8_t tag[SEAL_BLIND_BYTES],
                                    uint64_t key)
{
    struct db *db = &work->registry->db;
    sqlite3_stmt *statement = db_statement(db, STATEMENT_HIDDEN_REMOVE);

    db_bind_view(statement, 1, tag_view(tag));
    db_bind_u64(statement, 2, key);
    TRY(db_run(db, statement));
    return sqlite3_changes(db->handle) == 0 ? OUTCOME_OK : hidden_change(work, tag);
}

/* The set in the memory of who reads has a ceiling: the chunk that would break it is refused. */
static struct outcome hidden_check(struct work *work)
{
    uint64_t tags = 0;

    if (!work->hides) {
        return OUTCOME_OK;
    }
    TRY(registry_number(work->registry, STATEMENT_HIDDEN_COUNT, &tags));
    return tags <= HIDDEN_TAGS_MAX ? OUTCOME_OK : outcome_fail(FAULT_OVER_LIMIT, "hidden persons");
}

/* Nothing to do for who is neither protected nor locked. */
static struct outcome hidden_add(struct work *work, const struct item *item,
                                 const struct person *person)
{
    uint32_t flags = person_flags(person) & (PERSON_PROTECTED | PERSON_LOCKED);

    if (flags == 0) {
        return OUTCOME_OK;
    }
    TRY(hidden_put(work, item->id_tag, item->key, flags));
    if (item->has_cmnd) {
        TRY(hidden_put(work, item->cmnd_tag, item->key, flags));
    }
    return OUTCOME_OK;
}

/* ---- Persons ---- */

/* The record of a person into registry->plain: u32 length, record, padding. */
static struct outcome plain_fill(struct registry *registry, const struct person *person)
{
    struct buf *plain = &registry->plain;

    buf_reset(plain);
    buf_put_u32(plain, 0);
    TRY(person_encode(person, registry->blinder, plain));
    buf_patch_u32(plain, 0, (uint32_t)(plain->len - 4));
    buf_put_zeros(plain, seal_padded_len(plain->len) - plain->len);
    return buf_check(plain);
}

/* Seals registry->plain for its place, notes the hash, writes it by the statement. */
static struct outcome version_write(struct work *work, enum registry_statement which, uint64_t key,
                                    uint32_t version)
{
    struct registry *registry = work->registry;
    struct buf *sealed = &registry->sealed;
    uint8_t place[REGISTRY_PLACE_BYTES];
    uint8_t hash[SEAL_HASH_BYTES];
    sqlite3_stmt *statement = db_statement(&registry->db, which);

    registry_place(key, version, place);
    buf_reset(sealed);
    buf_put(sealed, place, sizeof(place));
    TRY(sealer_seal(registry->sealer, view_of(place, sizeof(place)), buf_view(&registry->plain),
                    sealed));
    seal_sha256(buf_view(sealed), hash);
    buf_put(&work->hashes, hash, sizeof(hash));
    db_bind_u64(statement, 1, key);
    db_bind_u64(statement, 2, version);
    db_bind_view(statement, 3,
                 view_part(buf_view(sealed), sizeof(place), sealed->len - sizeof(place)));
    TRY(db_run(&registry->db, statement));
    return buf_check(&work->hashes);
}

static struct outcome person_add(struct work *work, unsigned index)
{
    struct registry *registry = work->registry;
    const struct item *item = &work->items[index];

    TRY(plain_fill(registry, work->persons[index]));
    TRY(version_write(work, STATEMENT_PERSON_ADD, item->key, 1));
    TRY(hidden_add(work, item, work->persons[index]));
    work->chunk.added++;
    return OUTCOME_OK;
}

/* The version in force, opened into registry->old with length and padding. */
static struct outcome person_read(struct registry *registry, uint64_t key, uint32_t *ret_version,
                                  struct view *ret_record)
{
    sqlite3_stmt *statement = db_statement(&registry->db, STATEMENT_PERSON_READ);
    bool row = false;
    size_t at = 0;
    size_t len = 0;

    db_bind_u64(statement, 1, key);
    TRY(db_step(&registry->db, statement, &row));
    if (!row) {
        db_done(statement);
        return outcome_fail(FAULT_CORRUPT, "blind tag leads to nobody");
    }
    uint32_t version = (uint32_t)db_column_u64(statement, 0);
    buf_reset(&registry->old);
    struct outcome outcome = registry_unseal(registry, key, version, db_column_view(statement, 1),
                                             &registry->old, &at, &len);
    db_done(statement);
    TRY(outcome);
    *ret_version = version;
    *ret_record = view_part(buf_view(&registry->old), at, len);
    return OUTCOME_OK;
}

/* Takes the old version's CMND out of the index, and both of its tags out of the hidden. */
static struct outcome tags_remove(struct work *work, const struct item *item,
                                  const struct person_record *old)
{
    struct registry *registry = work->registry;
    uint8_t tag[SEAL_BLIND_BYTES];
    sqlite3_stmt *statement = db_statement(&registry->db, STATEMENT_TAG_REMOVE);

    TRY(hidden_remove(work, item->id_tag, item->key));
    if (old->cmnd.len == 0) {
        return OUTCOME_OK;
    }
    blinder_tag(registry->blinder, BLIND_CMND, old->cmnd, tag);
    TRY(hidden_remove(work, tag, item->key));
    db_bind_view(statement, 1, tag_view(tag));
    db_bind_u64(statement, 2, item->key);
    return db_run(&registry->db, statement);
}

static struct outcome tags_put(struct work *work, unsigned index)
{
    const struct item *item = &work->items[index];
    bool added = false;

    if (item->has_cmnd) {
        TRY(tag_add(work->registry, item->cmnd_tag, item->key, &added));
        work->chunk.cmnd_taken += !added;
    }
    return hidden_add(work, item, work->persons[index]);
}

static struct outcome person_change(struct work *work, unsigned index)
{
    struct registry *registry = work->registry;
    const struct item *item = &work->items[index];
    struct person_record old = {0};
    struct view record = {0};
    uint32_t version = 0;

    TRY(person_read(registry, item->key, &version, &record));
    TRY(plain_fill(registry, work->persons[index]));
    if (view_equal(buf_view(&registry->plain), buf_view(&registry->old))) {
        work->chunk.unchanged++;
        return OUTCOME_OK;
    }
    TRY(person_record_open(record, &old));
    sqlite3_stmt *keep = db_statement(&registry->db, STATEMENT_PERSON_KEEP);
    db_bind_u64(keep, 1, item->key);
    TRY(db_run(&registry->db, keep)); /* invariant 2 */
    TRY(version_write(work, STATEMENT_PERSON_CHANGE, item->key, version + 1));
    TRY(tags_remove(work, item, &old));
    TRY(tags_put(work, index));
    work->chunk.changed++;
    return OUTCOME_OK;
}

/* ---- The chunk ---- */

static struct outcome chunk_add(struct work *work)
{
    struct registry *registry = work->registry;
    sqlite3_stmt *statement = db_statement(&registry->db, STATEMENT_CHUNK_ADD);

    seal_sha256(buf_view(&work->hashes), work->chunk.hash);
    db_bind_u64(statement, 1, work->chunk.number);
    db_bind_u64(statement, 2, work->chunk.added);
    db_bind_u64(statement, 3, work->chunk.changed);
    db_bind_u64(statement, 4, work->chunk.unchanged);
    db_bind_view(statement, 5, view_of(work->chunk.hash, sizeof(work->chunk.hash)));
    db_bind_view(statement, 6, view_of(work->chunk.file, work->step == NULL ? 0 : SEAL_HASH_BYTES));
    db_bind_u64(statement, 7, work->chunk.until);
    db_bind_u64(statement, 8, work->chunk.user);
    return db_run(&registry->db, statement);
}

/* What the chunk brings, added to what its import had come to. */
static void step_count(struct work *work)
{
    work->step->added += work->chunk.added;
    work->step->changed += work->chunk.changed;
    work->step->unchanged += work->chunk.unchanged;
    work->step->cmnd_taken += work->chunk.cmnd_taken;
    work->step->chunks++;
}

static struct outcome import_inside(struct work *work)
{
    struct registry_chunk pending;
    uint64_t first_key = 0;
    struct outcome waiting = registry_chunk_pending(work->registry, &pending);

    if (waiting.fault != FAULT_NOT_FOUND) {
        TRY(waiting);
        return outcome_fail(FAULT_CONFLICT, "a chunk waits for its record");
    }
    items_fill(work);
    TRY(registry_number(work->registry, STATEMENT_CHUNK_NEXT, &work->chunk.number));
    TRY(registry_number(work->registry, STATEMENT_KEY_NEXT, &first_key));
    TRY(claim_ids(work, first_key));
    TRY(claim_cmnds(work));
    for (unsigned i = 0; i < work->count; i++) {
        TRY(work->items[i].added ? person_add(work, i) : person_change(work, i));
    }
    TRY(hidden_check(work));
    TRY(chunk_add(work));
    if (work->step == NULL) {
        return OUTCOME_OK;
    }
    step_count(work);
    return intake_put(work->registry, work->step);
}

static struct outcome import_transaction(struct work *work)
{
    struct db *db = &work->registry->db;

    TRY(db_begin(db, true));
    struct outcome outcome = import_inside(work);
    if (outcome_ok(outcome)) {
        outcome = db_commit(db);
    }
    if (!outcome_ok(outcome)) {
        db_rollback(db); /* invariant 1 */
    }
    return outcome;
}

/* `step` is moved on success only. */
static struct outcome import(struct registry *registry, struct person *const *persons,
                             unsigned count, struct registry_intake *step,
                             struct registry_chunk *ret_chunk)
{
    CHECK(registry->mode == REGISTRY_WRITE && count > 0 && count <= REGISTRY_CHUNK_MAX);
    MEMORY_AUTO struct item *items = memory_new(count, sizeof(*items));
    MEMORY_AUTO struct sorted *sorted = memory_new(count, sizeof(*sorted));
    if (items == NULL || sorted == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "chunk");
    }
    TRY(db_cache_set(&registry->db, REGISTRY_IMPORT_CACHE_KIB_MAX));
    struct work work = {
        .registry = registry, .persons = persons, .count = count, .items = items, .sorted = sorted};
    struct registry_intake moved;
    if (step != NULL) {
        moved = *step;
        work.step = &moved;
        work.chunk.user = step->user;
        work.chunk.until = step->position;
        memcpy(work.chunk.file, step->file, sizeof(work.chunk.file));
    }
    buf_init(&work.hashes, (size_t)REGISTRY_CHUNK_MAX * SEAL_HASH_BYTES);
    struct outcome outcome = import_transaction(&work);
    buf_done(&work.hashes);
    TRY(outcome);
    if (step != NULL) {
        *step = moved;
    }
    *ret_chunk = work.chunk;
    return OUTCOME_OK;
}

struct outcome registry_import(struct registry *registry, struct person *const *persons,
                               unsigned count, struct registry_chunk *ret_chunk)
{
    return import(registry, persons, count, NULL, ret_chunk);
}

struct outcome registry_import_step(struct registry *registry, struct person *const *persons,
                                    unsigned count, struct registry_intake *intake,
                                    struct registry_chunk *ret_chunk)
{
    return import(registry, persons, count, intake, ret_chunk);
}
