/*
 * The registry's file: schema, opening, sealing of records, chunks.
 *
 * Invariants
 *  1. A person is stored sealed, with key and version as associated data: a record put into another
 *     person's place, or an older version put back under a newer number, does not open.
 *  2. Sealed records are padded: a length tells a class of lengths only.
 *  3. At most one chunk is pending: imported, its act not yet in the ledger.
 */
#include "store/sqlite/search.h"

#include "base/check.h"
#include "base/log.h"

#include <string.h>

#define APPLICATION_ID 0x44435247 /* "DCRG" */

static const char *const migrations[] = {
    /* A blind tag is of an id or of a CMND (the kind is inside the HMAC). A CMND that two persons
     * claim stays with the first. */
    "CREATE TABLE person(key INTEGER PRIMARY KEY, version INTEGER NOT NULL,"
    "                    sealed BLOB NOT NULL) STRICT;"
    "CREATE TABLE person_history(key INTEGER NOT NULL, version INTEGER NOT NULL,"
    "                    sealed BLOB NOT NULL, PRIMARY KEY(key, version)) STRICT;"
    "CREATE TABLE blind(tag BLOB PRIMARY KEY, key INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE hidden(tag BLOB NOT NULL, key INTEGER NOT NULL, flags INTEGER NOT NULL,"
    "                    PRIMARY KEY(tag, key)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE chunk(number INTEGER PRIMARY KEY, added INTEGER NOT NULL,"
    "                    changed INTEGER NOT NULL, unchanged INTEGER NOT NULL,"
    "                    hash BLOB NOT NULL, recorded INTEGER NOT NULL) STRICT;"
    "CREATE INDEX chunk_pending ON chunk(number) WHERE recorded = 0;",
    "CREATE TABLE keys(one INTEGER PRIMARY KEY CHECK(one = 1), sealed BLOB NOT NULL,"
    "                    tag BLOB NOT NULL) STRICT;",
    /* hidden_change: tags whose flags a chunk changed, until who reads has met the chunk. intake:
     * how far the import of a file has come; its tag is of the name that the operator gave. */
    "ALTER TABLE chunk ADD COLUMN file BLOB NOT NULL DEFAULT x'';"
    "ALTER TABLE chunk ADD COLUMN until INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE chunk ADD COLUMN user INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE hidden_change(chunk INTEGER NOT NULL, tag BLOB NOT NULL,"
    "                    PRIMARY KEY(chunk, tag)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE intake(tag BLOB PRIMARY KEY, file BLOB NOT NULL, size INTEGER NOT NULL,"
    "                    user INTEGER NOT NULL, chunk_max INTEGER NOT NULL,"
    "                    position INTEGER NOT NULL, lines INTEGER NOT NULL,"
    "                    bad INTEGER NOT NULL, rejects INTEGER NOT NULL,"
    "                    added INTEGER NOT NULL, changed INTEGER NOT NULL,"
    "                    unchanged INTEGER NOT NULL, cmnd_taken INTEGER NOT NULL,"
    "                    chunks INTEGER NOT NULL, finished INTEGER NOT NULL)"
    "                    STRICT, WITHOUT ROWID;",
    /* former_tag: of numbers that a person had and has no more. */
    "CREATE TABLE former_tag(key INTEGER NOT NULL, tag BLOB NOT NULL,"
    "                    PRIMARY KEY(key, tag)) STRICT, WITHOUT ROWID;",
    /* Persons by name and birth (search_rows.c). search_waits: of a registry that has persons
     * without rows, up to which key they have them. */
    "CREATE TABLE search(tag BLOB NOT NULL, key INTEGER NOT NULL, version INTEGER NOT NULL,"
    "                    facts INTEGER NOT NULL, PRIMARY KEY(tag, key)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE search_waits(one INTEGER PRIMARY KEY CHECK(one = 1),"
    "                    upto INTEGER NOT NULL) STRICT;"
    "INSERT INTO search_waits(one, upto) SELECT 1, 0 WHERE EXISTS (SELECT 1 FROM person);",
    /* change_set: what became of the sets of each source, by their numbers; the digest is a blind
     * tag of what a set says. */
    "ALTER TABLE chunk ADD COLUMN source BLOB NOT NULL DEFAULT x'';"
    "CREATE TABLE change_set(source BLOB NOT NULL, number INTEGER NOT NULL, digest BLOB NOT NULL,"
    "                    chunk INTEGER NOT NULL, results BLOB NOT NULL,"
    "                    PRIMARY KEY(source, number)) STRICT, WITHOUT ROWID;",
    /* rotation: how far sealing anew under another data key is; its mark is the new key's.
     * resealed: persons behind `behind` up to `upto`, who were looked at in one transaction. */
    "CREATE TABLE rotation(one INTEGER PRIMARY KEY CHECK(one = 1), mark BLOB NOT NULL,"
    "                    whole INTEGER NOT NULL, upto INTEGER NOT NULL,"
    "                    persons INTEGER NOT NULL, versions INTEGER NOT NULL,"
    "                    damaged INTEGER NOT NULL, hash BLOB NOT NULL) STRICT;"
    "CREATE TABLE resealed(upto INTEGER PRIMARY KEY, behind INTEGER NOT NULL,"
    "                    hash BLOB NOT NULL) STRICT;",
    /* changed: whom a chunk changed, and in what, until it is recorded. */
    "CREATE TABLE changed(chunk INTEGER NOT NULL, key INTEGER NOT NULL, members INTEGER NOT NULL,"
    "                    PRIMARY KEY(chunk, key)) STRICT, WITHOUT ROWID;",
    /* veil: of which index key (its name, 0: none) a row's tag lies under; in keys, the fingerprint
     * of the key in force. A rotation is of the data key (0) or of the index key (1). */
    "ALTER TABLE keys ADD COLUMN veil BLOB NOT NULL DEFAULT x'';"
    "ALTER TABLE hidden ADD COLUMN veil INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE hidden_change ADD COLUMN veil INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE former_tag ADD COLUMN veil INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE rotation RENAME TO rotation_of_data;"
    "CREATE TABLE rotation(which INTEGER PRIMARY KEY, mark BLOB NOT NULL,"
    "                    whole INTEGER NOT NULL, upto INTEGER NOT NULL,"
    "                    persons INTEGER NOT NULL, versions INTEGER NOT NULL,"
    "                    damaged INTEGER NOT NULL, hash BLOB NOT NULL) STRICT;"
    "INSERT INTO rotation(which, mark, whole, upto, persons, versions, damaged, hash)"
    " SELECT 0, mark, whole, upto, persons, versions, damaged, hash FROM rotation_of_data;"
    "DROP TABLE rotation_of_data;",
};

static const char *const statements[STATEMENT_SCRUB_COUNT] = {
    [STATEMENT_FETCH] = "SELECT b.tag, b.key, p.version, p.sealed FROM blind b"
                        " LEFT JOIN person p ON p.key = b.key"
                        " WHERE b.tag >= ?1 ORDER BY b.tag LIMIT 1",
    [STATEMENT_FETCH_FIRST] = "SELECT b.tag, b.key, p.version, p.sealed FROM blind b"
                              " LEFT JOIN person p ON p.key = b.key ORDER BY b.tag LIMIT 1",
    [STATEMENT_FETCH_KEY] = "SELECT x'', key, version, sealed FROM person WHERE key >= ?1"
                            " ORDER BY key LIMIT 1",
    [STATEMENT_FETCH_LOWEST] = "SELECT x'', key, version, sealed FROM person ORDER BY key LIMIT 1",
    [STATEMENT_FETCH_VERSION] =
        "SELECT sealed FROM person WHERE key = ?1 AND version = ?2 UNION ALL"
        " SELECT sealed FROM person_history WHERE key = ?1 AND version = ?2 LIMIT 1",
    [STATEMENT_COUNT_ALL] = "SELECT coalesce(sum(added), 0) FROM chunk",
    [STATEMENT_PENDING] =
        "SELECT number, added, changed, unchanged, hash, file, until, user, source FROM chunk"
        " WHERE recorded = 0 ORDER BY number LIMIT 1",
    [STATEMENT_HIDDEN] = "SELECT tag, flags, veil FROM hidden",
    [STATEMENT_HIDDEN_COUNT] = "SELECT count(*) FROM hidden",
    [STATEMENT_KEYS] = "SELECT sealed, tag, veil FROM keys",
    [STATEMENT_CHUNK_LAST] = "SELECT coalesce(max(number), 0) FROM chunk",
    [STATEMENT_HIDDEN_CHANGED] = "SELECT tag, veil FROM hidden_change WHERE chunk > ?1",
    [STATEMENT_HIDDEN_FLAGS] = "SELECT flags FROM hidden WHERE tag = ?1",
    [STATEMENT_PERSON_READ] = "SELECT version, sealed FROM person WHERE key = ?1",
    [STATEMENT_SEARCH_FROM] = "SELECT tag, key, version, facts FROM search WHERE tag >= ?1"
                              " ORDER BY tag, key",
    [STATEMENT_SEARCH_FIRST] = "SELECT tag, key, version, facts FROM search ORDER BY tag, key",
    [STATEMENT_SEARCH_WAITS] = "SELECT upto FROM search_waits",
    [STATEMENT_ROTATION] = "SELECT mark, whole, upto, persons, versions, damaged, hash"
                           " FROM rotation WHERE which = ?1",
    [STATEMENT_KEY_NEXT] = "SELECT coalesce(max(key), 0) + 1 FROM person",
    [STATEMENT_CHUNK_NEXT] = "SELECT coalesce(max(number), 0) + 1 FROM chunk",
    [STATEMENT_TAG_ADD] = "INSERT INTO blind(tag, key) VALUES(?1, ?2) ON CONFLICT(tag) DO NOTHING",
    [STATEMENT_TAG_FROM] = "SELECT tag FROM blind WHERE tag >= ?1 ORDER BY tag LIMIT 1",
    [STATEMENT_TAG_KEY] = "SELECT key FROM blind WHERE tag = ?1",
    [STATEMENT_TAG_REMOVE] = "DELETE FROM blind WHERE tag = ?1 AND key = ?2",
    [STATEMENT_PERSON_ADD] = "INSERT INTO person(key, version, sealed) VALUES(?1, ?2, ?3)",
    [STATEMENT_PERSON_KEEP] = "INSERT INTO person_history(key, version, sealed)"
                              " SELECT key, version, sealed FROM person WHERE key = ?1",
    [STATEMENT_PERSON_CHANGE] = "UPDATE person SET version = ?2, sealed = ?3 WHERE key = ?1",
    [STATEMENT_HIDDEN_ADD] = "INSERT INTO hidden(tag, key, flags, veil) VALUES(?1, ?2, ?3, ?4)"
                             " ON CONFLICT(tag, key) DO UPDATE SET flags = ?3, veil = ?4",
    [STATEMENT_HIDDEN_REMOVE] = "DELETE FROM hidden WHERE tag = ?1 AND key = ?2",
    [STATEMENT_HIDDEN_CHANGE] = "INSERT INTO hidden_change(chunk, tag, veil) VALUES(?1, ?2, ?3)"
                                " ON CONFLICT(chunk, tag) DO NOTHING",
    [STATEMENT_HIDDEN_FORGET] = "DELETE FROM hidden_change WHERE chunk <= ?1",
    [STATEMENT_CHUNK_ADD] = "INSERT INTO chunk(number, added, changed, unchanged, hash, file,"
                            " until, user, source, recorded)"
                            " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0)",
    [STATEMENT_CHUNK_RECORDED] = "UPDATE chunk SET recorded = 1 WHERE number = ?1 AND recorded = 0",
    [STATEMENT_CHANGED_ADD] = "INSERT INTO changed(chunk, key, members) VALUES(?1, ?2, ?3)"
                              " ON CONFLICT(chunk, key) DO UPDATE SET members = members | ?3",
    [STATEMENT_CHANGED] = "SELECT key, members FROM changed WHERE chunk = ?1 AND key > ?2"
                          " ORDER BY key LIMIT ?3",
    [STATEMENT_CHANGED_FORGET] = "DELETE FROM changed WHERE chunk <= ?1",
    [STATEMENT_KEYS_SET] = "INSERT INTO keys(one, sealed, tag, veil) VALUES(1, ?1, ?2, ?3)",
    [STATEMENT_INTAKE_FIND] = "SELECT file, size, user, chunk_max, position, lines, bad, rejects,"
                              " added, changed, unchanged, cmnd_taken, chunks, finished"
                              " FROM intake WHERE tag = ?1",
    [STATEMENT_INTAKE_COUNT] = "SELECT count(*) FROM intake WHERE tag <> ?1",
    [STATEMENT_INTAKE_PUT] = "INSERT OR REPLACE INTO intake(tag, file, size, user, chunk_max,"
                             " position, lines, bad, rejects, added, changed, unchanged,"
                             " cmnd_taken, chunks, finished) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7,"
                             " ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
    [STATEMENT_INTAKE_REMOVE] = "DELETE FROM intake WHERE tag = ?1",
    [STATEMENT_FORMER_ADD] = "INSERT INTO former_tag(tag, key, veil) VALUES(?1, ?2, ?3)"
                             " ON CONFLICT(key, tag) DO NOTHING",
    [STATEMENT_FORMER_REMOVE] = "DELETE FROM former_tag WHERE tag = ?1 AND key = ?2",
    [STATEMENT_FORMER_OF] = "SELECT tag, veil FROM former_tag WHERE key = ?1",
    [STATEMENT_SEARCH_ADD] = "INSERT INTO search(tag, key, version, facts) VALUES(?1, ?2, ?3, ?4)"
                             " ON CONFLICT(tag, key) DO UPDATE SET version = ?3, facts = ?4",
    [STATEMENT_SEARCH_REMOVE] = "DELETE FROM search WHERE tag = ?1 AND key = ?2",
    [STATEMENT_SEARCH_PERSONS] = "SELECT key, version, sealed FROM person WHERE key > ?1"
                                 " ORDER BY key LIMIT ?2",
    [STATEMENT_SEARCH_UPTO] = "UPDATE search_waits SET upto = ?1",
    [STATEMENT_SEARCH_DONE] = "DELETE FROM search_waits",
    [STATEMENT_SET_LAST] = "SELECT coalesce(max(number), 0) FROM change_set WHERE source = ?1",
    [STATEMENT_SET_FIND] = "SELECT digest, chunk, results FROM change_set"
                           " WHERE source = ?1 AND number = ?2",
    [STATEMENT_SET_PUT] = "INSERT INTO change_set(source, number, digest, chunk, results)"
                          " VALUES(?1, ?2, ?3, ?4, ?5)",
    [STATEMENT_SET_FORGET] = "DELETE FROM change_set WHERE source = ?1 AND number <= ?2",
    [STATEMENT_KEYS_CHANGE] = "UPDATE keys SET sealed = ?1",
    [STATEMENT_KEYS_VEIL] = "UPDATE keys SET veil = ?1",
    [STATEMENT_ROTATION_BEGIN] =
        "INSERT OR REPLACE INTO rotation(which, mark, whole, upto, persons,"
        " versions, damaged, hash) VALUES(?1, ?2, 0, 0, 0, 0, 0, ?3)",
    [STATEMENT_ROTATION_MOVE] = "UPDATE rotation SET whole = ?1, upto = ?2, persons = ?3,"
                                " versions = ?4, damaged = ?5, hash = ?6 WHERE which = ?7",
    [STATEMENT_RESEAL_PERSON] = "UPDATE person SET sealed = ?3 WHERE key = ?1 AND version = ?2",
    [STATEMENT_RESEAL_FORMER] =
        "UPDATE person_history SET sealed = ?3 WHERE key = ?1 AND version = ?2",
    [STATEMENT_RESEAL_NEXT_FORMER] =
        "SELECT key, version, sealed FROM person_history WHERE key = ?1"
        " AND version > ?2 ORDER BY version LIMIT 1",
    [STATEMENT_RESEALED_CUT] = "UPDATE resealed SET behind = ?1, hash = x''"
                               " WHERE upto > ?1 AND behind < ?1",
    [STATEMENT_RESEALED_FORGET] = "DELETE FROM resealed WHERE upto > ?1 AND upto <= ?2",
    [STATEMENT_RESEALED_ADD] = "INSERT INTO resealed(upto, behind, hash) VALUES(?1, ?2, ?3)",
    [STATEMENT_TAG_MOVE] = "UPDATE blind SET tag = ?2 WHERE tag = ?1 AND key = ?3",
    [STATEMENT_TAGS_OF_PERSON] = "SELECT tag FROM blind WHERE key = ?1",
    [STATEMENT_SEARCH_REMOVE_PERSON] = "DELETE FROM search WHERE key = ?1",
    [STATEMENT_SEARCH_GET] = "SELECT version, facts FROM search WHERE tag = ?1 AND key = ?2",
    [STATEMENT_VEILED_HIDDEN] = "SELECT tag, key, veil FROM hidden WHERE veil <> ?1 LIMIT ?2",
    [STATEMENT_VEILED_CHANGE] =
        "SELECT tag, chunk, veil FROM hidden_change WHERE veil <> ?1 LIMIT ?2",
    [STATEMENT_VEILED_FORMER] = "SELECT tag, key, veil FROM former_tag WHERE veil <> ?1 LIMIT ?2",
    [STATEMENT_VEIL_HIDDEN] = "UPDATE hidden SET tag = ?1, veil = ?4 WHERE tag = ?2 AND key = ?3",
    [STATEMENT_VEIL_CHANGE] =
        "UPDATE OR REPLACE hidden_change SET tag = ?1, veil = ?4 WHERE tag = ?2 AND chunk = ?3",
    [STATEMENT_VEIL_FORMER] =
        "UPDATE OR REPLACE former_tag SET tag = ?1, veil = ?4 WHERE tag = ?2 AND key = ?3",
    [STATEMENT_SCRUB_STRUCTURE] = "PRAGMA integrity_check(32)",
    [STATEMENT_SCRUB_PERSON] = "SELECT key, version, sealed FROM person WHERE key > ?1"
                               " ORDER BY key LIMIT 1",
    [STATEMENT_SCRUB_VERSION] = "SELECT sealed FROM person WHERE key = ?1 AND version = ?2"
                                " UNION ALL SELECT sealed FROM person_history"
                                " WHERE key = ?1 AND version = ?2",
    [STATEMENT_SCRUB_FORMER] = "SELECT h.key, h.version, h.sealed, p.version FROM person_history h"
                               " LEFT JOIN person p ON p.key = h.key"
                               " WHERE (h.key, h.version) > (?1, ?2)"
                               " ORDER BY h.key, h.version LIMIT 1",
    [STATEMENT_SCRUB_TAG] = "SELECT b.tag, b.key, p.version, p.sealed FROM blind b"
                            " LEFT JOIN person p ON p.key = b.key"
                            " WHERE b.tag > ?1 ORDER BY b.tag LIMIT 1",
    [STATEMENT_SCRUB_HIDDEN] =
        "SELECT h.tag, h.key, h.flags, p.version, p.sealed, h.veil FROM hidden h"
        " LEFT JOIN person p ON p.key = h.key"
        " WHERE (h.tag, h.key) > (?1, ?2) ORDER BY h.tag, h.key LIMIT 1",
    [STATEMENT_SCRUB_HIDDEN_AT] = "SELECT flags FROM hidden WHERE tag = ?1 AND key = ?2",
    [STATEMENT_SCRUB_FORMER_TAG] =
        "SELECT key, tag, veil FROM former_tag WHERE (key, tag) > (?1, ?2)"
        " ORDER BY key, tag LIMIT 1",
    [STATEMENT_SCRUB_SEARCH] =
        "SELECT s.tag, s.key, s.version, s.facts, p.version, p.sealed FROM search s"
        " LEFT JOIN person p ON p.key = s.key"
        " WHERE (s.tag, s.key) > (?1, ?2) ORDER BY s.tag, s.key LIMIT 1",
    [STATEMENT_SCRUB_SEARCH_AT] = "SELECT tag, key, version, facts FROM search"
                                  " WHERE tag = ?1 AND key = ?2",
    [STATEMENT_SCRUB_CHUNK] = "SELECT number, added, changed, unchanged, hash FROM chunk"
                              " WHERE number > ?1 ORDER BY number LIMIT 1",
    [STATEMENT_SCRUB_CHUNK_AT] =
        "SELECT number, added, changed, unchanged, hash, file, until, user,"
        " source FROM chunk WHERE number = ?1",
    [STATEMENT_SCRUB_SET] = "SELECT s.source, s.number, s.digest, s.chunk, s.results, c.source,"
                            " c.until, c.added + c.changed FROM change_set s"
                            " LEFT JOIN chunk c ON c.number = s.chunk"
                            " WHERE (s.source, s.number) > (?1, ?2)"
                            " ORDER BY s.source, s.number LIMIT 1",
    [STATEMENT_SCRUB_CHUNK_LAST] = "SELECT coalesce(max(number), 0) FROM chunk WHERE recorded = 1",
    [STATEMENT_SCRUB_RESEALED] = "SELECT upto, behind, hash FROM resealed WHERE upto >= ?1"
                                 " ORDER BY upto LIMIT 1",
    [STATEMENT_SCRUB_SUMS] = "SELECT coalesce(sum(changed), 0),"
                             " (SELECT count(*) FROM person_history), count(*),"
                             " coalesce(max(number), 0),"
                             " coalesce(sum(recorded NOT IN (0, 1)), 0),"
                             " coalesce(sum(recorded = 0 AND number < (SELECT max(number)"
                             " FROM chunk)), 0) FROM chunk",
    [STATEMENT_COMPARE_ONE] = "SELECT key, version, sealed FROM person WHERE key = ?1 UNION ALL"
                              " SELECT key, version, sealed FROM person_history WHERE key = ?1",
    [STATEMENT_COMPARE_PERSONS] = "SELECT key, version, sealed FROM person WHERE key > ?1"
                                  " ORDER BY key LIMIT 256",
    [STATEMENT_COMPARE_FORMER] = "SELECT key, version, sealed FROM person_history"
                                 " WHERE key > ?1 AND key <= ?2 ORDER BY key, version",
};

static struct db_config config_of(const char *home, enum registry_mode mode, uint32_t wal_bytes)
{
    static const unsigned statement_counts[] = {
        [REGISTRY_READ] = STATEMENT_READ_COUNT,
        [REGISTRY_WRITE] = STATEMENT_WRITE_COUNT,
        [REGISTRY_SCRUB] = STATEMENT_SCRUB_COUNT,
    };
    bool writes = mode == REGISTRY_WRITE;
    bool scrub = mode == REGISTRY_SCRUB;

    return (struct db_config){
        .home = home,
        .file = "registry.db",
        .application_id = APPLICATION_ID,
        .migrations = migrations,
        .migration_count = sizeof(migrations) / sizeof(migrations[0]),
        .statements = statements,
        .statement_count = statement_counts[mode],
        .writes = writes,
        .page_bytes = REGISTRY_PAGE_BYTES,
        /* With pages out of mmap the check would walk every cell at each visit: 9.1 us a probe
         * instead of 4.4. What is read here opens under its seal or not at all. The scrub has
         * time, and is not to push what others read out of memory. */
        .cell_check = scrub,
        .cache_kib_max = scrub ? REGISTRY_SCRUB_CACHE_KIB_MAX : REGISTRY_CACHE_KIB_MAX,
        .mmap_bytes_max = scrub ? 0 : REGISTRY_MMAP_BYTES_MAX,
        .wal_bytes_max = wal_bytes == 0 ? REGISTRY_WAL_BYTES_MAX : wal_bytes,
    };
}

struct outcome registry_create(const char *home)
{
    struct db_config config = config_of(home, REGISTRY_WRITE, 0);

    return db_create(&config);
}

/* Who writes first makes the search index whole; who reads waits for that (FAULT_CONFLICT). */
static struct outcome search_check(struct registry *registry)
{
    sqlite3_stmt *statement = db_statement(&registry->db, STATEMENT_SEARCH_WAITS);
    bool waits = false;

    if (registry->mode == REGISTRY_WRITE) {
        return search_fill(registry);
    }
    TRY(db_step(&registry->db, statement, &waits));
    db_done(statement);
    return waits ? outcome_fail(FAULT_CONFLICT, "the search index is not whole") : OUTCOME_OK;
}

struct outcome registry_open(const struct registry_config *config, struct registry **ret_registry)
{
    struct db_config db_config = config_of(config->home, config->mode, config->wal_bytes_max);
    struct registry *registry = memory_new(1, sizeof(*registry));

    if (registry == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "registry");
    }
    registry->mode = config->mode;
    registry->clock = config->clock;
    buf_init(&registry->plain, PERSON_BYTES_MAX);
    buf_init(&registry->sealed, REGISTRY_PLACE_BYTES + PERSON_BYTES_MAX);
    buf_init(&registry->old, PERSON_BYTES_MAX);
    struct outcome outcome = registry_keys_set(registry, config);
    if (outcome_ok(outcome)) {
        outcome = db_open(&db_config, &registry->db);
    }
    if (outcome_ok(outcome)) {
        outcome = registry_keys_check(registry);
    }
    if (outcome_ok(outcome)) {
        outcome = search_check(registry);
    }
    if (!outcome_ok(outcome)) {
        registry_close(registry);
        return outcome;
    }
    *ret_registry = registry;
    return OUTCOME_OK;
}

void registry_close(struct registry *registry)
{
    if (registry == NULL) {
        return;
    }
    db_close(&registry->db);
    registry_keys_done(registry);
    buf_wipe_done(&registry->plain);
    buf_wipe_done(&registry->old);
    buf_done(&registry->sealed);
    memory_free(registry);
}

struct blinder *registry_blinder(struct registry *registry)
{
    return registry->blinder;
}

/* ---- Records ---- */

void registry_place(uint64_t key, uint32_t version, uint8_t ret_place[REGISTRY_PLACE_BYTES])
{
    for (unsigned i = 0; i < 8; i++) {
        ret_place[i] = (uint8_t)(key >> (56 - 8 * i));
    }
    for (unsigned i = 0; i < 4; i++) {
        ret_place[8 + i] = (uint8_t)(version >> (24 - 8 * i));
    }
}

struct outcome registry_unseal_quiet(struct registry *registry, uint64_t key, uint32_t version,
                                     struct view sealed, struct buf *plain, size_t *ret_at,
                                     size_t *ret_len)
{
    uint8_t place[REGISTRY_PLACE_BYTES];
    size_t start = plain->len;

    registry_place(key, version, place);
    TRY(sealer_open_either(registry->sealer, registry->other, view_of(place, sizeof(place)), sealed,
                           plain));
    struct view opened = view_part(buf_view(plain), start, plain->len - start);
    struct cursor cursor = cursor_of(opened);
    size_t len = cursor_u32(&cursor);
    if (cursor.failed || len > cursor_left(&cursor)) {
        buf_cut(plain, start);
        return outcome_fail(FAULT_CORRUPT, "sealed record's inner length");
    }
    *ret_at = start + 4;
    *ret_len = len;
    return OUTCOME_OK;
}

struct outcome registry_unseal(struct registry *registry, uint64_t key, uint32_t version,
                               struct view sealed, struct buf *plain, size_t *ret_at,
                               size_t *ret_len)
{
    struct outcome outcome =
        registry_unseal_quiet(registry, key, version, sealed, plain, ret_at, ret_len);

    if (outcome.fault == FAULT_CORRUPT) {
        log_line(LOG_LEVEL_ERROR, "registry-corrupt", "person=%llu version=%u what=\"%s\"",
                 (unsigned long long)key, version, outcome.what);
    }
    return outcome;
}

struct view registry_origins(struct view plain, size_t behind)
{
    size_t len = behind < plain.len ? plain.data[behind] : 0;

    return len > 0 && len < plain.len - behind ? view_part(plain, behind + 1, len)
                                               : view_of(NULL, 0);
}

/* ---- Counts and chunks ---- */

struct outcome registry_number(struct registry *registry, enum registry_statement which,
                               uint64_t *ret_number)
{
    sqlite3_stmt *statement = db_statement(&registry->db, which);
    bool row = false;

    TRY(db_step(&registry->db, statement, &row));
    CHECK(row); /* an aggregate always has one */
    *ret_number = db_column_u64(statement, 0);
    db_done(statement);
    return OUTCOME_OK;
}

struct outcome registry_count(struct registry *registry, uint64_t *ret_persons)
{
    return registry_number(registry, STATEMENT_COUNT_ALL, ret_persons);
}

static struct outcome chunk_read(sqlite3_stmt *statement, struct registry_chunk *ret_chunk)
{
    struct view hash = db_column_view(statement, 4);

    struct view file = db_column_view(statement, 5);
    struct view source = db_column_view(statement, 8);

    if (hash.len != sizeof(ret_chunk->hash) || source.len >= sizeof(ret_chunk->source) ||
        (file.len != 0 && file.len != sizeof(ret_chunk->file))) {
        log_line(LOG_LEVEL_ERROR, "registry-corrupt", "chunk=%llu what=hash",
                 (unsigned long long)db_column_u64(statement, 0));
        return outcome_fail(FAULT_CORRUPT, "chunk's hash");
    }
    *ret_chunk = (struct registry_chunk){
        .number = db_column_u64(statement, 0),
        .added = (uint32_t)db_column_u64(statement, 1),
        .changed = (uint32_t)db_column_u64(statement, 2),
        .unchanged = (uint32_t)db_column_u64(statement, 3),
        .until = db_column_u64(statement, 6),
        .user = (uint32_t)db_column_u64(statement, 7),
    };
    memcpy(ret_chunk->hash, hash.data, hash.len);
    if (file.len > 0) {
        memcpy(ret_chunk->file, file.data, file.len);
    }
    if (source.len > 0) {
        memcpy(ret_chunk->source, source.data, source.len);
    }
    return OUTCOME_OK;
}

struct outcome registry_chunk_pending(struct registry *registry, struct registry_chunk *ret_chunk)
{
    sqlite3_stmt *statement = db_statement(&registry->db, STATEMENT_PENDING);
    bool row = false;

    TRY(db_step(&registry->db, statement, &row));
    struct outcome outcome = row ? chunk_read(statement, ret_chunk)
                                 : outcome_fail(FAULT_NOT_FOUND, "no chunk is pending");
    db_done(statement);
    return outcome;
}

static struct outcome chunk_recorded(struct registry *registry, uint64_t number)
{
    sqlite3_stmt *statement = db_statement(&registry->db, STATEMENT_CHUNK_RECORDED);

    db_bind_u64(statement, 1, number);
    TRY(db_run(&registry->db, statement));
    if (sqlite3_changes(registry->db.handle) == 0) {
        return outcome_fail(FAULT_NOT_FOUND, "no such chunk is pending");
    }
    statement = db_statement(&registry->db, STATEMENT_HIDDEN_FORGET);
    db_bind_u64(statement, 1, number);
    TRY(db_run(&registry->db, statement));
    statement = db_statement(&registry->db, STATEMENT_CHANGED_FORGET);
    db_bind_u64(statement, 1, number);
    return db_run(&registry->db, statement);
}

static struct outcome part_read(struct registry *registry, sqlite3_stmt *statement,
                                struct registry_part *part)
{
    bool row = true;

    for (part->count = 0; part->count < OPENING_PEOPLE_MAX; part->count++) {
        TRY(db_step(&registry->db, statement, &row));
        if (!row) {
            return OUTCOME_OK;
        }
        uint64_t members = db_column_u64(statement, 1);
        if (members == 0 || members >> MEMBER_COUNT != 0) {
            return outcome_fail(FAULT_CORRUPT, "what a chunk changed of a person");
        }
        part->list[part->count] = (struct registry_changed){.key = db_column_u64(statement, 0),
                                                            .members = (uint32_t)members};
    }
    return OUTCOME_OK;
}

struct outcome registry_chunk_part(struct registry *registry, uint64_t number,
                                   struct registry_part *part)
{
    CHECK(registry->mode == REGISTRY_WRITE && !part->last);
    sqlite3_stmt *statement = db_statement(&registry->db, STATEMENT_CHANGED);
    uint64_t after = part->count > 0 ? part->list[part->count - 1].key : 0;

    db_bind_u64(statement, 1, number);
    db_bind_u64(statement, 2, after);
    db_bind_u64(statement, 3, OPENING_PEOPLE_MAX);
    struct outcome outcome = part_read(registry, statement, part);
    db_done(statement);
    TRY(outcome);
    part->number = part->next++;
    part->last = part->count < OPENING_PEOPLE_MAX;
    return OUTCOME_OK;
}

struct outcome registry_chunk_recorded(struct registry *registry, uint64_t number)
{
    CHECK(registry->mode == REGISTRY_WRITE);
    struct db *db = &registry->db;

    TRY(db_begin(db, true));
    struct outcome outcome = chunk_recorded(registry, number);
    if (outcome_ok(outcome)) {
        outcome = db_commit(db);
    }
    if (!outcome_ok(outcome)) {
        db_rollback(db);
    }
    return outcome;
}

struct outcome registry_settle(struct registry *registry)
{
    CHECK(registry->mode == REGISTRY_WRITE);
    return db_settle(&registry->db);
}
