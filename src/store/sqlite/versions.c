/*
 * Versions of persons, their tags, and who is hidden.
 *
 * Invariants
 *  1. A version in force that changes is kept in the history.
 *  2. Every number belongs to one person: an id tag leads to the person whose id it is, or was. A
 *     CMND that is another person's already is counted and not moved.
 *  3. A number that is no more a person's is among its former ones: whoever else is still named by
 *     it, in a household or as a relative, is hidden as the person is.
 *  4. Every tag whose hidden flags the chunk changes is noted under its number, so that who reads
 *     can follow (hidden.c).
 *  5. Whom the chunk changes is noted under its number until it is recorded; a new person is not.
 *  6. The row in the search index is that of the version in force (search_rows.c).
 */
#include "store/sqlite/versions.h"

#include "store/sqlite/search.h"

#include "base/check.h"

#include <string.h>

struct view version_tag(const uint8_t tag[SEAL_BLIND_BYTES])
{
    return view_of(tag, SEAL_BLIND_BYTES);
}

/* ---- Tags ---- */

void version_holder(struct registry *registry, const struct person *person,
                    struct holder *ret_holder)
{
    struct view cmnd = person_cmnd(person);

    *ret_holder = (struct holder){.has_cmnd = cmnd.len > 0};
    blinder_tag(registry->blinder, BLIND_ID, person_id(person), ret_holder->id_tag);
    if (ret_holder->has_cmnd) {
        blinder_tag(registry->blinder, BLIND_CMND, cmnd, ret_holder->cmnd_tag);
    }
}

static void holder_of_record(struct registry *registry, uint64_t key,
                             const struct person_record *record, struct holder *ret_holder)
{
    *ret_holder = (struct holder){.key = key, .has_cmnd = record->cmnd.len > 0};
    blinder_tag(registry->blinder, BLIND_ID, record->id, ret_holder->id_tag);
    if (ret_holder->has_cmnd) {
        blinder_tag(registry->blinder, BLIND_CMND, record->cmnd, ret_holder->cmnd_tag);
    }
}

/* A row of a tag that is written; where another number stands in it, it is bound already. */
static struct outcome run_tag(struct registry *registry, sqlite3_stmt *statement,
                              const uint8_t tag[SEAL_BLIND_BYTES], uint64_t key)
{
    uint8_t veiled[SEAL_BLIND_BYTES];

    registry_tag_put(&registry->index, tag, veiled);
    db_bind_view(statement, 1, view_of(veiled, sizeof(veiled)));
    db_bind_u64(statement, 2, key);
    return db_run(&registry->db, statement);
}

struct outcome version_tag_add(struct registry *registry, const uint8_t tag[SEAL_BLIND_BYTES],
                               uint64_t key, bool *ret_added)
{
    bool there = false;
    uint64_t owner = 0;

    *ret_added = false;
    if (registry->index_other.masker != NULL) { /* it may lie under the other veil */
        TRY(registry_tag_key(registry, tag, &there, &owner));
    }
    if (there) {
        return OUTCOME_OK;
    }
    TRY(run_tag(registry, db_statement(&registry->db, STATEMENT_TAG_ADD), tag, key));
    *ret_added = sqlite3_changes(registry->db.handle) == 1;
    return OUTCOME_OK;
}

struct outcome version_tag_key(struct registry *registry, const uint8_t tag[SEAL_BLIND_BYTES],
                               uint64_t *ret_key)
{
    uint64_t key = 0;
    bool there = false;

    TRY(registry_tag_key(registry, tag, &there, &key));
    if (!there) {
        return outcome_fail(FAULT_NOT_FOUND, "no such blind tag");
    }
    *ret_key = key;
    return OUTCOME_OK;
}

static bool same_tag(const uint8_t one[SEAL_BLIND_BYTES], const uint8_t other[SEAL_BLIND_BYTES])
{
    return memcmp(one, other, SEAL_BLIND_BYTES) == 0;
}

/* ---- Hidden tags ---- */

/* Invariant 4. */
static struct outcome hidden_note(struct writing *writing, const uint8_t tag[SEAL_BLIND_BYTES])
{
    struct registry *registry = writing->registry;
    sqlite3_stmt *statement = db_statement(&registry->db, STATEMENT_HIDDEN_CHANGE);
    uint8_t veiled[SEAL_BLIND_BYTES];

    registry_tag_put(&registry->index, tag, veiled);
    db_bind_u64(statement, 1, writing->chunk.number);
    db_bind_view(statement, 2, view_of(veiled, sizeof(veiled)));
    db_bind_u64(statement, 3, registry->index.name);
    return db_run(&registry->db, statement);
}

/* Flags 0: hidden no more. */
static struct outcome hidden_set_tag(struct writing *writing, const uint8_t tag[SEAL_BLIND_BYTES],
                                     uint64_t key, uint32_t flags)
{
    struct registry *registry = writing->registry;
    unsigned removed = 0;

    TRY(registry_tag_remove(registry, STATEMENT_HIDDEN_REMOVE, tag, key, &removed));
    if (flags == 0) {
        return removed == 0 ? OUTCOME_OK : hidden_note(writing, tag);
    }
    sqlite3_stmt *statement = db_statement(&registry->db, STATEMENT_HIDDEN_ADD);
    db_bind_u64(statement, 3, flags);
    db_bind_u64(statement, 4, registry->index.name);
    TRY(run_tag(registry, statement, tag, key));
    writing->hides = true;
    return hidden_note(writing, tag);
}

/* Invariant 3. */
static struct outcome hidden_set_former(struct writing *writing, uint64_t key, uint32_t flags)
{
    struct db *db = &writing->registry->db;
    sqlite3_stmt *statement = db_statement(db, STATEMENT_FORMER_OF);
    struct outcome outcome = OUTCOME_OK;
    uint8_t tag[SEAL_BLIND_BYTES];
    bool row = true;

    db_bind_u64(statement, 1, key);
    while (outcome_ok(outcome)) {
        TRY(db_step(db, statement, &row));
        if (!row) {
            break;
        }
        outcome = registry_tag_lift_by(writing->registry, db_column_view(statement, 0),
                                       db_column_u64(statement, 1), tag);
        if (outcome_ok(outcome)) {
            outcome = hidden_set_tag(writing, tag, key, flags);
        }
    }
    db_done(statement);
    return outcome;
}

static uint32_t hidden_flags(uint32_t flags)
{
    return flags & (PERSON_PROTECTED | PERSON_LOCKED);
}

static struct outcome hidden_set_holder(struct writing *writing, const struct holder *holder,
                                        uint32_t flags)
{
    TRY(hidden_set_tag(writing, holder->id_tag, holder->key, flags));
    return holder->has_cmnd ? hidden_set_tag(writing, holder->cmnd_tag, holder->key, flags)
                            : OUTCOME_OK;
}

/* ---- Records ---- */

/* The record of a person into registry->plain: u32 length, record, origins, padding. */
static struct outcome plain_fill(struct registry *registry, const struct person *person,
                                 const struct change_origins *origins)
{
    struct buf *plain = &registry->plain;

    buf_reset(plain);
    buf_put_u32(plain, 0);
    TRY(person_encode(person, registry->blinder, plain));
    buf_patch_u32(plain, 0, (uint32_t)(plain->len - 4));
    change_origins_put(origins, plain);
    buf_put_zeros(plain, seal_padded_len(plain->len) - plain->len);
    return buf_check(plain);
}

/* Seals registry->plain for its place, notes the hash, writes it by the statement. */
static struct outcome write_plain(struct writing *writing, enum registry_statement which,
                                  uint64_t key, uint32_t version)
{
    struct registry *registry = writing->registry;
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
    buf_put(&writing->hashes, hash, sizeof(hash));
    db_bind_u64(statement, 1, key);
    db_bind_u64(statement, 2, version);
    db_bind_view(statement, 3,
                 view_part(buf_view(sealed), sizeof(place), sealed->len - sizeof(place)));
    TRY(db_run(&registry->db, statement));
    return buf_check(&writing->hashes);
}

/* ---- Search rows: invariant 6 ---- */

/* The record in registry->plain. */
static struct outcome open_plain(const struct registry *registry, struct person_record *ret_record)
{
    struct cursor cursor = cursor_of(buf_view(&registry->plain));
    size_t len = cursor_u32(&cursor);

    return person_record_open(cursor_view(&cursor, len), ret_record);
}

/* That of the version in registry->plain. */
static struct outcome row_of_plain(struct registry *registry, uint64_t key, uint32_t version,
                                   struct search_row *ret_row)
{
    struct person_record record = {0};

    TRY(open_plain(registry, &record));
    search_row_of(registry, &registry->index, key, version, &record, ret_row);
    return OUTCOME_OK;
}

static struct outcome row_add(struct writing *writing, uint64_t key)
{
    struct search_row row;

    TRY(row_of_plain(writing->registry, key, 1, &row));
    buf_put(&writing->rows, &row, sizeof(row));
    return buf_check(&writing->rows);
}

static struct outcome rows_write(struct writing *writing)
{
    struct buf *rows = &writing->rows;

    return search_rows_add(writing->registry, (struct search_row *)(void *)rows->data,
                           (unsigned)(rows->len / sizeof(struct search_row)));
}

/* The row of a version of the same chunk must be there before it can be taken out again. */
static struct outcome rows_settle(struct writing *writing, uint64_t key)
{
    const struct search_row *rows = (const struct search_row *)(const void *)writing->rows.data;
    bool waits = false;

    for (size_t i = 0; writing->repeats && i < writing->rows.len / sizeof(*rows); i++) {
        waits = waits || rows[i].key == key;
    }
    if (!waits) {
        return OUTCOME_OK;
    }
    TRY(rows_write(writing));
    buf_reset(&writing->rows);
    return OUTCOME_OK;
}

/* A row that says what it has said stays as it is. */
static struct outcome row_change(struct writing *writing, uint64_t key, uint32_t version,
                                 const struct person_record *old)
{
    struct registry *registry = writing->registry;
    struct search_row row;
    struct search_row before;

    TRY(row_of_plain(registry, key, version, &row));
    search_row_of(registry, &registry->index, key, version, old, &before);
    if (memcmp(row.tag, before.tag, sizeof(row.tag)) == 0 && row.facts == before.facts) {
        return OUTCOME_OK;
    }
    TRY(rows_settle(writing, key));
    buf_put(&writing->rows, &row, sizeof(row));
    TRY(search_row_remove(registry, &before));
    if (registry->index_other.masker != NULL) { /* it may lie under the other veil */
        search_row_of(registry, &registry->index_other, key, version, old, &before);
        TRY(search_row_remove(registry, &before));
    }
    return buf_check(&writing->rows);
}

struct outcome version_add(struct writing *writing, const struct holder *holder,
                           const struct person *person, const struct change_origins *origins)
{
    uint32_t flags = hidden_flags(person_flags(person));

    TRY(plain_fill(writing->registry, person, origins));
    TRY(write_plain(writing, STATEMENT_PERSON_ADD, holder->key, 1));
    TRY(row_add(writing, holder->key));
    if (flags != 0) {
        TRY(hidden_set_holder(writing, holder, flags));
    }
    writing->chunk.added++;
    return OUTCOME_OK;
}

struct outcome version_read(struct registry *registry, uint64_t key, struct version *ret_version)
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
    uint32_t number = (uint32_t)db_column_u64(statement, 0);
    buf_reset(&registry->old);
    struct outcome outcome = registry_unseal(registry, key, number, db_column_view(statement, 1),
                                             &registry->old, &at, &len);
    db_done(statement);
    TRY(outcome);
    struct view plain = buf_view(&registry->old);
    *ret_version = (struct version){.number = number,
                                    .record = view_part(plain, at, len),
                                    .origins = registry_origins(plain, at + len)};
    return OUTCOME_OK;
}

struct outcome version_origins(const struct writing *writing, const struct version *old,
                               struct change_origins *ret_origins)
{
    struct change_origins origins = {0};

    if (old != NULL) {
        TRY(change_origins_get(old->origins, &origins));
    }
    origins.day = writing->day;
    origins.chunk = (uint32_t)writing->chunk.number;
    *ret_origins = origins;
    return OUTCOME_OK;
}

/* The imported version's, from those of the version in force. */
static struct outcome origins_imported(struct writing *writing, const struct version *old,
                                       struct view record, struct change_origins *ret_origins)
{
    struct person_record before = {0};
    struct person_record imported = {0};

    TRY(person_record_open(old->record, &before));
    TRY(person_record_open(record, &imported));
    TRY(version_origins(writing, old, ret_origins));
    change_origins_import(&before, &imported, ret_origins);
    return OUTCOME_OK;
}

struct outcome version_same(struct writing *writing, const struct version *old,
                            const struct person *person, bool *ret_same,
                            struct change_origins *ret_origins)
{
    struct registry *registry = writing->registry;
    struct buf *plain = &registry->plain;

    buf_reset(plain);
    TRY(person_encode(person, registry->blinder, plain));
    *ret_same = view_equal(buf_view(plain), old->record);
    return *ret_same ? OUTCOME_OK : origins_imported(writing, old, buf_view(plain), ret_origins);
}

/* ---- A change ---- */

/* A number that is no more the person's, and one that is again. */
static struct outcome former_put(struct writing *writing, const uint8_t tag[SEAL_BLIND_BYTES],
                                 uint64_t key)
{
    struct registry *registry = writing->registry;
    unsigned removed = 0;

    TRY(registry_tag_remove(registry, STATEMENT_FORMER_REMOVE, tag, key, &removed));
    sqlite3_stmt *statement = db_statement(&registry->db, STATEMENT_FORMER_ADD);
    db_bind_u64(statement, 3, registry->index.name);
    return run_tag(registry, statement, tag, key);
}

static struct outcome former_take(struct writing *writing, const uint8_t tag[SEAL_BLIND_BYTES],
                                  uint64_t key)
{
    unsigned removed = 0;

    return registry_tag_remove(writing->registry, STATEMENT_FORMER_REMOVE, tag, key, &removed);
}

/* The index keeps a former id: no other person can be given it (invariant 2). */
static struct outcome move_id(struct writing *writing, const struct holder *old,
                              const struct holder *holder)
{
    bool added = false;

    if (same_tag(old->id_tag, holder->id_tag)) {
        return OUTCOME_OK;
    }
    TRY(version_tag_add(writing->registry, holder->id_tag, holder->key, &added));
    TRY(former_take(writing, holder->id_tag, holder->key));
    return former_put(writing, old->id_tag, holder->key);
}

static struct outcome move_cmnd(struct writing *writing, const struct holder *old,
                                const struct holder *holder)
{
    struct registry *registry = writing->registry;
    bool same = old->has_cmnd && holder->has_cmnd && same_tag(old->cmnd_tag, holder->cmnd_tag);
    uint64_t owner = holder->key;
    unsigned removed = 0;
    bool added = false;

    if (old->has_cmnd && !same) {
        TRY(registry_tag_remove(registry, STATEMENT_TAG_REMOVE, old->cmnd_tag, holder->key,
                                &removed));
        TRY(former_put(writing, old->cmnd_tag, holder->key));
    }
    if (!holder->has_cmnd) {
        return OUTCOME_OK;
    }
    TRY(version_tag_add(registry, holder->cmnd_tag, holder->key, &added));
    if (!added) {
        TRY(version_tag_key(registry, holder->cmnd_tag, &owner));
    }
    writing->chunk.cmnd_taken += owner != holder->key;
    return same ? OUTCOME_OK : former_take(writing, holder->cmnd_tag, holder->key);
}

static struct outcome move_hidden(struct writing *writing, const struct holder *old,
                                  uint32_t old_flags, const struct holder *holder, uint32_t flags)
{
    if (flags == 0 && old_flags == 0) {
        return OUTCOME_OK;
    }
    if (flags == 0) {
        TRY(hidden_set_holder(writing, old, 0));
    }
    TRY(hidden_set_holder(writing, holder, flags));
    return hidden_set_former(writing, holder->key, flags);
}

/* Invariant 5; of the version in registry->plain. */
static struct outcome changed_note(struct writing *writing, uint64_t key,
                                   const struct person_record *old)
{
    struct db *db = &writing->registry->db;
    sqlite3_stmt *statement = db_statement(db, STATEMENT_CHANGED_ADD);
    struct person_record record = {0};

    TRY(open_plain(writing->registry, &record));
    uint32_t members = change_members_between(old, &record);
    if (members == 0) { /* its flags alone */
        return OUTCOME_OK;
    }
    db_bind_u64(statement, 1, writing->chunk.number);
    db_bind_u64(statement, 2, key);
    db_bind_u64(statement, 3, members);
    return db_run(db, statement);
}

struct outcome version_change(struct writing *writing, const struct holder *holder,
                              const struct version *old, const struct person *person,
                              const struct change_origins *origins)
{
    struct registry *registry = writing->registry;
    struct person_record record = {0};
    struct holder before;

    TRY(person_record_open(old->record, &record));
    holder_of_record(registry, holder->key, &record, &before);
    uint32_t flags = hidden_flags(record.flags);
    TRY(plain_fill(registry, person, origins));
    sqlite3_stmt *keep = db_statement(&registry->db, STATEMENT_PERSON_KEEP);
    db_bind_u64(keep, 1, holder->key);
    TRY(db_run(&registry->db, keep)); /* invariant 1 */
    TRY(write_plain(writing, STATEMENT_PERSON_CHANGE, holder->key, old->number + 1));
    TRY(row_change(writing, holder->key, old->number + 1, &record));
    TRY(changed_note(writing, holder->key, &record));
    TRY(move_id(writing, &before, holder));
    TRY(move_cmnd(writing, &before, holder));
    TRY(move_hidden(writing, &before, flags, holder, hidden_flags(person_flags(person))));
    writing->chunk.changed++;
    return OUTCOME_OK;
}

/* ---- The chunk ---- */

void writing_init(struct writing *writing, struct registry *registry)
{
    *writing = (struct writing){.registry = registry};
    buf_init(&writing->hashes, (size_t)REGISTRY_CHUNK_MAX * SEAL_HASH_BYTES);
    buf_init(&writing->rows, (size_t)REGISTRY_CHUNK_MAX * sizeof(struct search_row));
}

void writing_done(struct writing *writing)
{
    buf_done(&writing->hashes);
    buf_done(&writing->rows);
}

/* 0 without a clock, and where it shows a day that origins cannot say. */
static uint16_t day_of(const struct clock_port *clock)
{
    int64_t day = clock->wall_us == NULL ? 0 : clock_day_vn(clock_wall_us(clock));

    return (uint16_t)(day > 0 && day <= UINT16_MAX ? day : 0);
}

struct outcome writing_begin(struct writing *writing)
{
    struct registry_chunk pending;
    struct outcome waiting = registry_chunk_pending(writing->registry, &pending);

    if (waiting.fault != FAULT_NOT_FOUND) {
        TRY(waiting);
        return outcome_fail(FAULT_CONFLICT, "a chunk waits for its record");
    }
    writing->day = day_of(&writing->registry->clock);
    TRY(registry_number(writing->registry, STATEMENT_CHUNK_NEXT, &writing->chunk.number));
    CHECK(writing->chunk.number <= UINT32_MAX); /* one a second is 136 years */
    return OUTCOME_OK;
}

/* The set in the memory of who reads has a ceiling: the chunk that would break it is refused. */
static struct outcome hidden_check(struct writing *writing)
{
    uint64_t tags = 0;

    if (!writing->hides) {
        return OUTCOME_OK;
    }
    TRY(registry_number(writing->registry, STATEMENT_HIDDEN_COUNT, &tags));
    return tags <= HIDDEN_TAGS_MAX ? OUTCOME_OK : outcome_fail(FAULT_OVER_LIMIT, "hidden persons");
}

struct outcome writing_end(struct writing *writing)
{
    struct registry *registry = writing->registry;
    struct registry_chunk *chunk = &writing->chunk;

    TRY(rows_write(writing));
    TRY(hidden_check(writing));
    sqlite3_stmt *statement = db_statement(&registry->db, STATEMENT_CHUNK_ADD);
    seal_sha256(buf_view(&writing->hashes), chunk->hash);
    db_bind_u64(statement, 1, chunk->number);
    db_bind_u64(statement, 2, chunk->added);
    db_bind_u64(statement, 3, chunk->changed);
    db_bind_u64(statement, 4, chunk->unchanged);
    db_bind_view(statement, 5, view_of(chunk->hash, sizeof(chunk->hash)));
    db_bind_view(statement, 6, view_of(chunk->file, chunk->until == 0 ? 0 : SEAL_HASH_BYTES));
    db_bind_u64(statement, 7, chunk->until);
    db_bind_u64(statement, 8, chunk->user);
    db_bind_view(statement, 9, view_text(chunk->source));
    return db_run(&registry->db, statement);
}
