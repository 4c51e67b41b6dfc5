/*
 * The scrub of the registry: pages, persons, and the walk through all tables.
 *
 * Invariants
 *  1. Nothing is written, and nothing is handed out: a record that opens is looked at and wiped.
 *  2. A step is one short read transaction, so the writer's log can be written back in between;
 * each row is judged within one state of the registry.
 *  3. Whoever has a number is found by its tag, and a tag leads to whom it is of: the first is
 *     looked at person by person, the second tag by tag, so that no row of either table is believed
 *     because of the other. A CMND that another person has too stays with the first (versions.c).
 *  4. Keys rise by one row at a time: a page that is reached twice, or out of order, is told.
 */
#include "store/sqlite/scrub.h"

#include "base/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define STEP_ROWS 64
#define HASHES_BYTES_MAX ((size_t)REGISTRY_CHUNK_MAX * SEAL_HASH_BYTES)

void scrub_found(struct registry_scrub *scrub, const char *format, ...)
{
    static const char file[] = "registry.db: ";
    char place[SCRUB_PLACE_BYTES_MAX + 1];
    va_list values;

    memcpy(place, file, sizeof(file));
    va_start(values, format);
    vsnprintf(place + sizeof(file) - 1, sizeof(place) - sizeof(file) + 1, format, values);
    va_end(values);
    scrub->watch.found(scrub->watch.context, place);
}

/* ---- Pages ---- */

/* The library's text: lines about trees, pages, cells and rows by number. */
static void tell_structure(struct registry_scrub *scrub, struct view text)
{
    while (text.len > 0) {
        size_t end = view_find(text, 0, '\n');
        struct view line = view_part(text, 0, end);
        if (line.len > 0 && line.data[0] != '*') {
            scrub_found(scrub, "%.*s", (int)line.len, (const char *)line.data);
        }
        end += end < text.len;
        text = view_part(text, end, text.len - end);
    }
}

static struct outcome look_structure(struct registry_scrub *scrub, bool *ret_more)
{
    struct db *db = &scrub->registry->db;
    sqlite3_stmt *statement = db_statement(db, STATEMENT_SCRUB_STRUCTURE);

    for (;;) {
        TRY(db_step(db, statement, ret_more));
        if (!*ret_more) {
            db_done(statement);
            return OUTCOME_OK;
        }
        struct view text = db_column_view(statement, 0);
        if (!view_is(text, "ok")) {
            tell_structure(scrub, text);
        }
    }
}

/* ---- Look-ups ---- */

struct outcome scrub_open_person(struct registry_scrub *scrub, uint64_t key, uint32_t version,
                                 struct view sealed, struct person_record *ret_record,
                                 bool *ret_good)
{
    size_t at = 0;
    size_t len = 0;

    *ret_good = false;
    memory_wipe(scrub->plain.data, scrub->plain.len); /* invariant 1 */
    buf_reset(&scrub->plain);
    struct outcome outcome =
        registry_unseal_quiet(scrub->registry, key, version, sealed, &scrub->plain, &at, &len);
    if (outcome_ok(outcome)) {
        outcome = person_record_open(view_part(buf_view(&scrub->plain), at, len), ret_record);
    }
    *ret_good = outcome_ok(outcome);
    if (outcome.fault == FAULT_NO_MEMORY) {
        return outcome;
    }
    if (!*ret_good) {
        scrub_found(scrub, "person %llu version %u: %s", (unsigned long long)key, version,
                    outcome.what);
    }
    return OUTCOME_OK;
}

struct outcome scrub_tag_key(struct registry_scrub *scrub, const uint8_t tag[SEAL_BLIND_BYTES],
                             bool *ret_there, uint64_t *ret_key)
{
    return registry_tag_key(scrub->registry, tag, ret_there, ret_key);
}

struct outcome scrub_version_there(struct registry_scrub *scrub, uint64_t key, uint32_t version,
                                   bool *ret_there)
{
    struct db *db = &scrub->registry->db;
    sqlite3_stmt *statement = db_statement(db, STATEMENT_SCRUB_VERSION);

    db_bind_u64(statement, 1, key);
    db_bind_u64(statement, 2, version);
    TRY(db_step(db, statement, ret_there));
    db_done(statement);
    return OUTCOME_OK;
}

/* ---- Persons ---- */

static void tell_tag(struct registry_scrub *scrub, uint64_t key, const char *number,
                     const char *what)
{
    scrub_found(scrub, "person %llu: tag of the %s %s", (unsigned long long)key, number, what);
}

static void miss(struct registry_scrub *scrub, const uint8_t tag[SEAL_BLIND_BYTES], uint64_t key)
{
    if (scrub->missing_count == SCRUB_MISSING_MAX) {
        tell_tag(scrub, key, "CMND", "is not in the index");
        return;
    }
    struct scrub_missing *missing = &scrub->missing[scrub->missing_count++];
    *missing = (struct scrub_missing){.key = key};
    memcpy(missing->tag, tag, SEAL_BLIND_BYTES);
}

/* The row of hidden tags that a number must have, or must not. */
static struct outcome check_hidden(struct registry_scrub *scrub, uint64_t key,
                                   const uint8_t tag[SEAL_BLIND_BYTES], uint32_t flags,
                                   const char *number)
{
    struct db *db = &scrub->registry->db;
    struct registry_indexes indexes = registry_indexes(scrub->registry);
    uint8_t veiled[SEAL_BLIND_BYTES];
    uint64_t found = 0;
    bool any = false;

    for (unsigned i = 0; i < indexes.count; i++) {
        sqlite3_stmt *statement = db_statement(db, STATEMENT_SCRUB_HIDDEN_AT);
        bool there = false;
        registry_tag_put(indexes.of[i], tag, veiled);
        db_bind_view(statement, 1, view_of(veiled, sizeof(veiled)));
        db_bind_u64(statement, 2, key);
        TRY(db_step(db, statement, &there));
        found |= there ? db_column_u64(statement, 0) : 0;
        any = any || there;
        db_done(statement);
    }
    if (found != flags || any != (flags != 0)) {
        tell_tag(scrub, key, number, "is not among the hidden as the record says");
    }
    return OUTCOME_OK;
}

/* Whoever is hidden is so under every number of old. */
static struct outcome check_former_hidden(struct registry_scrub *scrub, uint64_t key,
                                          uint32_t flags)
{
    struct db *db = &scrub->registry->db;
    sqlite3_stmt *statement = db_statement(db, STATEMENT_FORMER_OF);
    struct outcome outcome = OUTCOME_OK;
    uint8_t tag[SEAL_BLIND_BYTES];

    db_bind_u64(statement, 1, key);
    while (outcome_ok(outcome)) {
        bool row = false;
        TRY(db_step(db, statement, &row));
        if (!row) {
            break;
        }
        struct outcome lifted = registry_tag_lift_by(scrub->registry, db_column_view(statement, 0),
                                                     db_column_u64(statement, 1), tag);
        if (outcome_ok(lifted)) { /* else its own walk tells */
            outcome = check_hidden(scrub, key, tag, flags, "former number");
        }
    }
    db_done(statement);
    return outcome;
}

static struct outcome check_numbers(struct registry_scrub *scrub, uint64_t key,
                                    const struct person_record *record)
{
    struct blinder *blinder = scrub->registry->blinder;
    uint32_t flags = record->flags & (PERSON_PROTECTED | PERSON_LOCKED);
    uint8_t tag[SEAL_BLIND_BYTES];
    uint64_t found = 0;
    bool there = false;

    blinder_tag(blinder, BLIND_ID, record->id, tag);
    TRY(scrub_tag_key(scrub, tag, &there, &found));
    if (!there || found != key) {
        tell_tag(scrub, key, "personal number",
                 there ? "leads to another person" : "is not in the index");
    }
    TRY(check_hidden(scrub, key, tag, flags, "personal number"));
    TRY(check_former_hidden(scrub, key, flags));
    if (record->cmnd.len == 0) {
        return OUTCOME_OK;
    }
    blinder_tag(blinder, BLIND_CMND, record->cmnd, tag);
    TRY(scrub_tag_key(scrub, tag, &there, &found));
    if (!there) {
        miss(scrub, tag, key);
    }
    return check_hidden(scrub, key, tag, flags, "CMND");
}

static struct outcome check_person(struct registry_scrub *scrub, sqlite3_stmt *statement)
{
    uint64_t key = db_column_u64(statement, 0);
    uint64_t version = db_column_u64(statement, 1);
    struct view sealed = db_column_view(statement, 2);
    struct person_record record = {0};
    bool good = false;

    if (key <= scrub->key || key > INT64_MAX) { /* invariant 4 */
        return outcome_fail(FAULT_CORRUPT, "a person is out of order");
    }
    scrub->key = key;
    if (version == 0 || version > UINT32_MAX) {
        scrub_found(scrub, "person %llu: version %llu cannot be", (unsigned long long)key,
                    (unsigned long long)version);
        return OUTCOME_OK;
    }
    TRY(scrub_chunk_person(scrub, key, (uint32_t)version, sealed));
    TRY(scrub_open_person(scrub, key, (uint32_t)version, sealed, &record, &good));
    if (good) {
        TRY(check_numbers(scrub, key, &record));
        TRY(scrub_search_person(scrub, key, (uint32_t)version, &record));
    }
    bool there = version == 1;
    if (!there) {
        TRY(scrub_version_there(scrub, key, (uint32_t)version - 1, &there));
    }
    if (!there) {
        scrub_found(scrub, "person %llu: version %llu is not there", (unsigned long long)key,
                    (unsigned long long)version - 1);
    }
    return OUTCOME_OK;
}

static struct outcome look_person(struct registry_scrub *scrub, bool *ret_more)
{
    struct db *db = &scrub->registry->db;
    sqlite3_stmt *statement = db_statement(db, STATEMENT_SCRUB_PERSON);

    db_bind_u64(statement, 1, scrub->key);
    TRY(db_step(db, statement, ret_more));
    struct outcome outcome = *ret_more ? check_person(scrub, statement) : OUTCOME_OK;
    db_done(statement);
    TRY(outcome);
    return *ret_more ? OUTCOME_OK : scrub_chunk_rest(scrub);
}

/* ---- The walk ---- */

static uint32_t whole(const struct registry_scrub *scrub)
{
    (void)scrub;
    return 0;
}

static uint32_t by_key(const struct registry_scrub *scrub)
{
    uint64_t key = scrub->key < scrub->key_max ? scrub->key : scrub->key_max;

    return scrub->key_max == 0 ? 0 : (uint32_t)(key * 1000 / scrub->key_max);
}

/* Tags are spread evenly: they are the output of an HMAC. */
static uint32_t by_tag(const struct registry_scrub *scrub)
{
    uint32_t head = (uint32_t)scrub->tag[0] << 8 | scrub->tag[1];

    return scrub->tag_len == 0 ? 0 : head * 1000 / 65536;
}

static const struct {
    const char *table;
    struct outcome (*look)(struct registry_scrub *scrub, bool *ret_more);
    uint32_t (*permille)(const struct registry_scrub *scrub); /* of this phase */
    uint32_t from_permille;                                   /* of the walk */
} phases[] = {
    {"structure", look_structure, whole, 0},
    {"persons", look_person, by_key, 50},
    {"former versions", scrub_look_former, by_key, 500},
    {"tags", scrub_look_tag, by_tag, 550},
    {"search index", scrub_look_search, by_tag, 820},
    {"hidden tags", scrub_look_hidden, by_tag, 980},
    {"former numbers", scrub_look_former_tag, by_key, 990},
    {"sets of changes", scrub_look_set, whole, 993},
    {"chunks", scrub_look_sums, whole, 995},
};
#define PHASES (sizeof(phases) / sizeof(phases[0]))

static uint32_t progress(const struct registry_scrub *scrub)
{
    if (scrub->phase == PHASES) {
        return 1000000;
    }
    uint32_t from = phases[scrub->phase].from_permille;
    uint32_t until = scrub->phase + 1 < PHASES ? phases[scrub->phase + 1].from_permille : 1000;

    return from * 1000 + (until - from) * phases[scrub->phase].permille(scrub);
}

static void phase_next(struct registry_scrub *scrub)
{
    scrub->phase++;
    scrub->key_max = scrub->key > scrub->key_max ? scrub->key : scrub->key_max;
    scrub->key = 0;
    scrub->version = 0;
    scrub->tag_len = 0;
    scrub->source_len = 0;
}

static struct outcome look_rows(struct registry_scrub *scrub, bool *ret_more)
{
    TRY(db_begin(&scrub->registry->db, false)); /* invariant 2 */
    struct outcome outcome = OUTCOME_OK;
    for (unsigned i = 0; i < STEP_ROWS && *ret_more && outcome_ok(outcome); i++) {
        outcome = phases[scrub->phase].look(scrub, ret_more);
        scrub->looked += *ret_more ? 1 : 0;
    }
    db_rollback(&scrub->registry->db); /* nothing was written */
    memory_wipe(scrub->plain.data, scrub->plain.len);
    return outcome;
}

struct outcome registry_scrub_step(struct registry_scrub *scrub, uint32_t *ret_ppm)
{
    bool more = true;

    CHECK(scrub->phase < PHASES);
    struct outcome outcome = look_rows(scrub, &more);
    if (outcome.fault == FAULT_BUSY || outcome.fault == FAULT_NO_MEMORY) {
        return outcome;
    }
    if (!outcome_ok(outcome)) {
        scrub_found(scrub, "%s behind number %llu: %s", phases[scrub->phase].table,
                    (unsigned long long)scrub->key, outcome.what);
        more = false;
    }
    if (!more) {
        phase_next(scrub);
    }
    *ret_ppm = progress(scrub);
    return OUTCOME_OK;
}

uint64_t registry_scrub_looked(const struct registry_scrub *scrub)
{
    return scrub->looked;
}

static struct outcome key_max_read(struct registry_scrub *scrub)
{
    struct db *db = &scrub->registry->db;
    sqlite3_stmt *statement = db_statement(db, STATEMENT_KEY_NEXT);
    bool row = false;

    TRY(db_step(db, statement, &row));
    CHECK(row); /* an aggregate always has one */
    scrub->key_max = db_column_u64(statement, 0);
    db_done(statement);
    return OUTCOME_OK;
}

struct outcome registry_scrub_open(const struct registry_config *config,
                                   const struct scrub_watch *watch,
                                   struct registry_scrub **ret_scrub)
{
    struct registry_config reading = *config;
    struct registry_scrub *scrub = memory_new(1, sizeof(*scrub));

    if (scrub == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "scrub");
    }
    reading.mode = REGISTRY_SCRUB;
    scrub->watch = *watch;
    buf_init(&scrub->plain, PERSON_BYTES_MAX);
    buf_init(&scrub->hashes, HASHES_BYTES_MAX);
    buf_init(&scrub->resealed_hashes, (size_t)REGISTRY_ROTATE_MAX * SEAL_HASH_BYTES);
    scrub->missing = memory_new(SCRUB_MISSING_MAX, sizeof(*scrub->missing));
    struct outcome outcome = scrub->missing == NULL ? outcome_fail(FAULT_NO_MEMORY, "scrub")
                                                    : registry_open(&reading, &scrub->registry);
    if (outcome_ok(outcome)) {
        outcome = key_max_read(scrub);
    }
    if (!outcome_ok(outcome)) {
        registry_scrub_close(scrub);
        return outcome;
    }
    *ret_scrub = scrub;
    return OUTCOME_OK;
}

void registry_scrub_close(struct registry_scrub *scrub)
{
    if (scrub == NULL) {
        return;
    }
    registry_close(scrub->registry);
    buf_wipe_done(&scrub->plain);
    buf_done(&scrub->hashes);
    buf_done(&scrub->resealed_hashes);
    memory_free(scrub->missing);
    memory_free(scrub);
}
