/*
 * The search index: one row a person, found by name and birth date or birth year.
 *
 * tag: 8 bytes of the HMAC of folded name and birth year, under the index key's veil, then 4 bytes
 * that tell the day within the year. Who has a name and was born in a year stand together, and
 * within them who was born on a day: one row answers both questions. facts: what can be asked
 * besides, and who is hidden, so that nobody's record need be read to know that he is not meant.
 *
 * Invariants
 *  1. Every person has one row, that of the version in force: of the name that he has now. It is
 *     written in the transaction of that version.
 *  2. Nothing of a row can be read without the index key (I7): the day stands under a mask that
 *     comes from the rest of the HMAC, the facts under one of key and version. No two facts stand
 *     under one mask: a version is written once.
 *  3. Rows are written in the order of their tags: neighbours share a page.
 */
#include "store/sqlite/search.h"

#include "base/check.h"
#include "base/log.h"
#include "domain/country.h"

#include <stdlib.h>
#include <string.h>

/* Facts: from the lowest bit on, day and month (0: the year alone), sex, number of the province
 * and one (0: none), whether it is of the list of 2025, protected, locked. */
enum {
    FACTS_MONTH_AT = 5,
    FACTS_SEX_AT = 9,
    FACTS_PROVINCE_AT = 11,
    FACTS_LIST_AT = 18,
    FACTS_PROTECTED_AT = 19,
    FACTS_LOCKED_AT = 20,
    FACTS_BITS = 21
};
#define FACTS_ALL ((1u << FACTS_BITS) - 1)
#define DAY_BITS 0x1ffu /* day and month */

/* The last byte of a mask's block: what it is for. */
enum { MASK_FACTS, MASK_DAY };

/* ---- Facts ---- */

static uint32_t digits(struct view text, size_t at)
{
    return (text.data[at] - '0') * 10u + (text.data[at + 1] - '0');
}

/* Of YYYY-MM-DD; 0 of YYYY. */
static uint32_t day_of(struct view birth_date)
{
    return birth_date.len < 10 ? 0
                               : digits(birth_date, 5) << FACTS_MONTH_AT | digits(birth_date, 8);
}

static uint32_t facts_of(const struct person_record *record)
{
    uint32_t province = 0;

    if (record->province[0] != '\0') {
        province = (digits(view_of(record->province, 2), 0) + 1) & 0x7f;
    }
    return day_of(record->birth_date) | (uint32_t)record->sex << FACTS_SEX_AT |
           province << FACTS_PROVINCE_AT |
           (uint32_t)(record->province_list_day == COUNTRY_LIST_2025_DAY) << FACTS_LIST_AT |
           (uint32_t)((record->flags & PERSON_PROTECTED) != 0) << FACTS_PROTECTED_AT |
           (uint32_t)((record->flags & PERSON_LOCKED) != 0) << FACTS_LOCKED_AT;
}

static uint32_t bits(uint32_t facts, unsigned from, unsigned until)
{
    return facts >> from & ((1u << (until - from)) - 1);
}

static void put_digits(char *text, uint32_t number)
{
    text[0] = (char)('0' + number / 10 % 10);
    text[1] = (char)('0' + number % 10);
}

static size_t put_birth(uint32_t facts, struct view year, char ret_birth[SEARCH_BIRTH_BYTES])
{
    memcpy(ret_birth, year.data, 4);
    if ((facts & DAY_BITS) == 0) {
        return 4;
    }
    ret_birth[4] = ret_birth[7] = '-';
    put_digits(ret_birth + 5, bits(facts, FACTS_MONTH_AT, FACTS_SEX_AT));
    put_digits(ret_birth + 8, bits(facts, 0, FACTS_MONTH_AT));
    return SEARCH_BIRTH_BYTES;
}

bool search_facts_read(uint32_t facts, struct view year, char ret_birth[SEARCH_BIRTH_BYTES],
                       struct registry_facts *ret_facts)
{
    uint32_t province = bits(facts, FACTS_PROVINCE_AT, FACTS_LIST_AT);
    bool of_2025 = bits(facts, FACTS_LIST_AT, FACTS_PROTECTED_AT) != 0;
    struct registry_facts read = {
        .birth_date = view_of(ret_birth, put_birth(facts, year, ret_birth)),
        .sex = (uint8_t)bits(facts, FACTS_SEX_AT, FACTS_PROVINCE_AT),
        .flags = (bits(facts, FACTS_PROTECTED_AT, FACTS_LOCKED_AT) != 0 ? PERSON_PROTECTED : 0) |
                 (bits(facts, FACTS_LOCKED_AT, FACTS_BITS) != 0 ? PERSON_LOCKED : 0),
    };
    if (province > 0) {
        read.province_list_day = of_2025 ? COUNTRY_LIST_2025_DAY : COUNTRY_LIST_2021_DAY;
        put_digits(read.province, province - 1);
    }
    bool good = facts <= FACTS_ALL && read.sex <= 2 && province <= 100 &&
                country_birth_date_valid(read.birth_date);
    *ret_facts = good ? read : (struct registry_facts){.birth_date = view_of(ret_birth, 4)};
    return good;
}

/* ---- Rows ---- */

static void put_number(uint8_t *bytes, unsigned count, uint64_t number)
{
    for (unsigned i = count; i > 0; i--) {
        bytes[i - 1] = (uint8_t)number;
        number >>= 8;
    }
}

void search_tag(struct registry *registry, const struct registry_index *index,
                struct view folded_name, struct view birth_date, uint8_t ret_tag[SEARCH_TAG_BYTES])
{
    uint8_t tag[SEAL_BLIND_BYTES];
    uint8_t block[1][SEAL_MASK_BYTES] = {{0}};

    blinder_tag_pair(registry->blinder, BLIND_NAME_BIRTH, folded_name, view_part(birth_date, 0, 4),
                     tag);
    veil_put(index->veil, tag);
    memcpy(block[0], tag + SEARCH_NAME_BYTES, SEAL_BLIND_BYTES - SEARCH_NAME_BYTES);
    put_number(block[0] + SEAL_BLIND_BYTES - SEARCH_NAME_BYTES, 2, day_of(birth_date));
    block[0][SEAL_MASK_BYTES - 1] = MASK_DAY;
    masker_mask(index->masker, block, 1);
    memcpy(ret_tag, tag, SEARCH_NAME_BYTES);
    memcpy(ret_tag + SEARCH_NAME_BYTES, block[0], SEARCH_TAG_BYTES - SEARCH_NAME_BYTES);
}

void search_row_of(struct registry *registry, const struct registry_index *index, uint64_t key,
                   uint32_t version, const struct person_record *record, struct search_row *ret_row)
{
    *ret_row = (struct search_row){.key = key, .version = version, .facts = facts_of(record)};
    search_tag(registry, index, record->folded_name, record->birth_date, ret_row->tag);
}

void search_rows_mask(const struct registry_index *index, struct search_row *rows, unsigned count)
{
    uint8_t blocks[NAMESAKES_BLOCK][SEAL_MASK_BYTES];

    CHECK(count <= NAMESAKES_BLOCK);
    memset(blocks, MASK_FACTS, sizeof(blocks));
    for (unsigned i = 0; i < count; i++) {
        put_number(blocks[i], 8, rows[i].key);
        put_number(blocks[i] + 8, 4, rows[i].version);
    }
    if (count > 0) {
        masker_mask(index->masker, blocks, count);
    }
    for (unsigned i = 0; i < count; i++) {
        uint32_t mask = 0;
        memcpy(&mask, blocks[i], sizeof(mask));
        rows[i].facts ^= mask & FACTS_ALL;
    }
}

struct outcome search_row_read(sqlite3_stmt *statement, struct search_row *ret_row)
{
    struct view tag = db_column_view(statement, 0);
    uint64_t key = db_column_u64(statement, 1);
    uint64_t version = db_column_u64(statement, 2);
    uint64_t facts = db_column_u64(statement, 3);

    if (tag.len != SEARCH_TAG_BYTES || key > INT64_MAX || version > UINT32_MAX ||
        facts > FACTS_ALL) {
        return outcome_fail(FAULT_CORRUPT, "row of the search index");
    }
    *ret_row =
        (struct search_row){.key = key, .version = (uint32_t)version, .facts = (uint32_t)facts};
    memcpy(ret_row->tag, tag.data, tag.len);
    return OUTCOME_OK;
}

static int key_compare(const void *a, const void *b)
{
    const struct search_row *one = a;
    const struct search_row *other = b;
    int order = (one->key > other->key) - (one->key < other->key);

    return order != 0 ? order : (one->version > other->version) - (one->version < other->version);
}

/* Of who stands in a chunk twice, the last version's row is left; *ret_count: how many are. */
static void rows_last(struct search_row *rows, unsigned count, unsigned *ret_count)
{
    unsigned kept = 0;

    qsort(rows, count, sizeof(*rows), key_compare);
    for (unsigned i = 0; i < count; i++) {
        if (i + 1 == count || rows[i + 1].key != rows[i].key) {
            rows[kept++] = rows[i];
        }
    }
    *ret_count = kept;
}

static int row_compare(const void *a, const void *b)
{
    const struct search_row *one = a;
    const struct search_row *other = b;
    int order = memcmp(one->tag, other->tag, SEARCH_TAG_BYTES);

    return order != 0 ? order : (one->key > other->key) - (one->key < other->key);
}

static struct outcome row_add(struct registry *registry, const struct search_row *row)
{
    sqlite3_stmt *statement = db_statement(&registry->db, STATEMENT_SEARCH_ADD);
    struct search_row masked = *row;

    search_rows_mask(&registry->index, &masked, 1);
    db_bind_view(statement, 1, view_of(masked.tag, sizeof(masked.tag)));
    db_bind_u64(statement, 2, masked.key);
    db_bind_u64(statement, 3, masked.version);
    db_bind_u64(statement, 4, masked.facts);
    return db_run(&registry->db, statement);
}

struct outcome search_rows_add(struct registry *registry, struct search_row *rows, unsigned count)
{
    if (count == 0) {
        return OUTCOME_OK;
    }
    rows_last(rows, count, &count);
    qsort(rows, count, sizeof(*rows), row_compare); /* invariant 3 */
    for (unsigned i = 0; i < count; i++) {
        TRY(row_add(registry, &rows[i]));
    }
    return OUTCOME_OK;
}

struct outcome search_row_remove(struct registry *registry, const struct search_row *row)
{
    sqlite3_stmt *statement = db_statement(&registry->db, STATEMENT_SEARCH_REMOVE);

    db_bind_view(statement, 1, view_of(row->tag, sizeof(row->tag)));
    db_bind_u64(statement, 2, row->key);
    return db_run(&registry->db, statement);
}

/* ---- A registry of an older version ---- */

struct filling {
    struct registry *registry;
    struct search_row *rows;
    unsigned count; /* of persons met, ... */
    unsigned made;  /* ... and of rows: who does not open has none, and is told */
    uint64_t last;
};

/* Row: key, version, sealed. */
static struct outcome fill_row(struct filling *filling, sqlite3_stmt *statement)
{
    struct registry *registry = filling->registry;
    struct person_record record = {0};
    uint32_t version = (uint32_t)db_column_u64(statement, 1);
    size_t at = 0;
    size_t len = 0;

    filling->last = db_column_u64(statement, 0);
    filling->count++;
    buf_reset(&registry->old);
    struct outcome outcome = registry_unseal(
        registry, filling->last, version, db_column_view(statement, 2), &registry->old, &at, &len);
    if (outcome_ok(outcome)) {
        outcome = person_record_open(view_part(buf_view(&registry->old), at, len), &record);
    }
    if (outcome.fault == FAULT_CORRUPT) {
        return OUTCOME_OK;
    }
    TRY(outcome);
    search_row_of(registry, &registry->index, filling->last, version, &record,
                  &filling->rows[filling->made++]);
    return OUTCOME_OK;
}

static struct outcome fill_rows(struct filling *filling, uint64_t upto)
{
    struct db *db = &filling->registry->db;
    sqlite3_stmt *statement = db_statement(db, STATEMENT_SEARCH_PERSONS);
    struct outcome outcome = OUTCOME_OK;
    bool row = true;

    db_bind_u64(statement, 1, upto);
    db_bind_u64(statement, 2, REGISTRY_CHUNK_MAX);
    while (row && outcome_ok(outcome)) {
        outcome = db_step(db, statement, &row);
        if (row && outcome_ok(outcome)) {
            outcome = fill_row(filling, statement);
        }
    }
    db_done(statement);
    return outcome;
}

/* The next persons, in the transaction; *ret_more false: all have their rows. */
static struct outcome fill_chunk(struct filling *filling, bool *ret_more)
{
    struct db *db = &filling->registry->db;
    sqlite3_stmt *statement = db_statement(db, STATEMENT_SEARCH_WAITS);

    TRY(db_step(db, statement, ret_more));
    uint64_t upto = *ret_more ? db_column_u64(statement, 0) : 0;
    db_done(statement);
    if (!*ret_more) {
        return OUTCOME_OK;
    }
    filling->count = filling->made = 0;
    TRY(fill_rows(filling, upto));
    if (filling->count == 0) {
        *ret_more = false;
        return db_run(db, db_statement(db, STATEMENT_SEARCH_DONE));
    }
    TRY(search_rows_add(filling->registry, filling->rows, filling->made));
    statement = db_statement(db, STATEMENT_SEARCH_UPTO);
    db_bind_u64(statement, 1, filling->last);
    log_line(LOG_LEVEL_INFO, "search-index", "upto=%llu", (unsigned long long)filling->last);
    return db_run(db, statement);
}

/* Most registries are whole: that is seen without a transaction for writing. */
static struct outcome waits(struct registry *registry, bool *ret_waits)
{
    sqlite3_stmt *statement = db_statement(&registry->db, STATEMENT_SEARCH_WAITS);

    TRY(db_step(&registry->db, statement, ret_waits));
    db_done(statement);
    return OUTCOME_OK;
}

struct outcome search_fill(struct registry *registry)
{
    struct filling filling = {.registry = registry};
    bool more = false;

    TRY(waits(registry, &more));
    if (!more) {
        return OUTCOME_OK;
    }
    MEMORY_AUTO struct search_row *rows = memory_new(REGISTRY_CHUNK_MAX, sizeof(*rows));
    if (rows == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "search index");
    }
    filling.rows = rows;
    while (more) {
        TRY(db_begin(&registry->db, true));
        struct outcome outcome = fill_chunk(&filling, &more);
        if (outcome_ok(outcome)) {
            outcome = db_commit(&registry->db);
        }
        if (!outcome_ok(outcome)) {
            db_rollback(&registry->db);
            return outcome;
        }
    }
    return OUTCOME_OK;
}
