/*
 * Finding persons by name and birth for disclosure, in the same steps whoever is hidden (I5).
 *
 * Invariants
 *  1. What is looked at depends on nothing but how many blocks the rows of the name take: whoever
 *     is not wanted is looked at as who is, and a stranger's rows behind them too.
 *  2. So many records are read, opened and compared as may be shown, whoever is found: those that
 *     are wanted, then the nearest others, which are decoys.
 *  3. A record and its row are held against each other: a row that tells of somebody else is
 *     damage, and nobody is found by it.
 *  4. Rows and records are of one state of the registry.
 *  5. While another index key takes over, a name is looked for by both. Its rows lie under the veil
 *     by which they were found; a stranger's may lie under the other one.
 */
#include "store/sqlite/search.h"

#include "base/check.h"
#include "base/log.h"

#include <string.h>

/* Where a record stands in the scratch: the scratch moves as it grows. */
struct place {
    size_t at;
    size_t len;
};

struct looking {
    struct registry *registry;
    struct registry_search *search;
    struct registry_indexes indexes;
    unsigned index; /* of the index key by which is looked */
    uint8_t tag[SEARCH_TAG_BYTES];
    size_t tag_len; /* of the part that all who are asked for have */
    struct search_row block[NAMESAKES_BLOCK];
    unsigned block_count;
    unsigned until_end; /* of them: the others stand at the begin of the index */
    bool ended;         /* its end was passed */
    unsigned looked;
    struct search_row wanted[NAMESAKES_SHOWN_MAX];
    unsigned wanted_count; /* one more than may be shown at most */
    struct search_row others[NAMESAKES_SHOWN_MAX];
    unsigned other_count;
};

static struct outcome damaged(const struct search_row *row)
{
    log_line(LOG_LEVEL_ERROR, "registry-corrupt", "person=%llu what=\"row of the search index\"",
             (unsigned long long)row->key);
    return outcome_fail(FAULT_CORRUPT, "row of the search index");
}

/* ---- Rows ---- */

static bool of_name(const struct looking *looking, unsigned place)
{
    return place < looking->until_end &&
           memcmp(looking->block[place].tag, looking->tag, looking->tag_len) == 0;
}

static struct outcome row_look(struct looking *looking, unsigned place)
{
    const struct search_row *row = &looking->block[place];
    struct registry_search *search = looking->search;
    struct registry_facts facts;
    char birth[SEARCH_BIRTH_BYTES];
    bool good = search_facts_read(row->facts, search->birth_date, birth, &facts);
    bool wanted = search->wants(search->context, &facts);
    bool named = of_name(looking, place);

    if (named && !good) {
        return damaged(row);
    }
    if (named && wanted) {
        if (looking->wanted_count < NAMESAKES_SHOWN_MAX) {
            looking->wanted[looking->wanted_count] = *row;
        }
        looking->wanted_count += looking->wanted_count <= NAMESAKES_SHOWN_MAX;
    } else if (looking->other_count < NAMESAKES_SHOWN_MAX) {
        looking->others[looking->other_count++] = *row;
    }
    return OUTCOME_OK;
}

static struct outcome block_look(struct looking *looking)
{
    search_rows_mask(looking->indexes.of[looking->index], looking->block, looking->block_count);
    for (unsigned i = 0; i < looking->block_count; i++) {
        looking->block[i].index = looking->index;
        TRY(row_look(looking, i));
    }
    looking->looked += looking->block_count;
    return OUTCOME_OK;
}

/* Rows into the block, until it is full or the statement has no more. */
static struct outcome rows_read(struct looking *looking, sqlite3_stmt *statement)
{
    bool row = true;

    while (looking->block_count < NAMESAKES_BLOCK) {
        TRY(db_step(&looking->registry->db, statement, &row));
        if (!row) {
            looking->ended = true;
            return OUTCOME_OK;
        }
        TRY(search_row_read(statement, &looking->block[looking->block_count]));
        looking->block_count++;
    }
    return OUTCOME_OK;
}

/* A full block: at the end of the index its begin stands for what is behind. Less only when there
 * are not so many rows at all. */
static struct outcome block_read(struct looking *looking, sqlite3_stmt *statement)
{
    looking->block_count = 0;
    TRY(rows_read(looking, statement));
    looking->until_end = looking->block_count;
    if (!looking->ended) {
        return OUTCOME_OK;
    }
    statement = db_statement(&looking->registry->db, STATEMENT_SEARCH_FIRST);
    struct outcome outcome = rows_read(looking, statement);
    db_done(statement);
    return outcome;
}

/* May there be others of the name behind the block? */
static bool more_of_name(const struct looking *looking)
{
    return !looking->ended && of_name(looking, NAMESAKES_BLOCK - 1);
}

static struct outcome look_under(struct looking *looking)
{
    sqlite3_stmt *statement = db_statement(&looking->registry->db, STATEMENT_SEARCH_FROM);
    const struct registry_search *search = looking->search;
    struct outcome outcome = OUTCOME_OK;

    looking->looked = 0;
    looking->ended = false;
    search_tag(looking->registry, looking->indexes.of[looking->index], search->folded_name,
               search->birth_date, looking->tag);
    db_bind_view(statement, 1, view_of(looking->tag, looking->tag_len));
    do {
        outcome = block_read(looking, statement);
        if (outcome_ok(outcome)) {
            outcome = block_look(looking);
        }
    } while (outcome_ok(outcome) && more_of_name(looking) &&
             looking->wanted_count <= NAMESAKES_SHOWN_MAX &&
             looking->looked < NAMESAKES_LOOKED_MAX);
    db_done(statement);
    looking->search->over = looking->search->over || more_of_name(looking);
    return outcome;
}

/* Invariant 5: under each veil the same is done, whoever is found under the first. */
static struct outcome look(struct looking *looking)
{
    struct outcome outcome = OUTCOME_OK;

    for (looking->index = 0; looking->index < looking->indexes.count && outcome_ok(outcome);
         looking->index++) {
        outcome = look_under(looking);
    }
    looking->search->over = looking->search->over || looking->wanted_count > NAMESAKES_SHOWN_MAX;
    return outcome;
}

/* ---- Records ---- */

/* Whether the row is the person's, if it lies under the veil of that index key. */
static bool row_says(const struct looking *looking, const struct search_row *row, unsigned index,
                     const struct person_record *record)
{
    struct search_row read = *row;
    struct search_row own;

    if (index != row->index) {
        search_rows_mask(looking->indexes.of[row->index], &read, 1);
        search_rows_mask(looking->indexes.of[index], &read, 1);
    }
    search_row_of(looking->registry, looking->indexes.of[index], row->key, row->version, record,
                  &own);
    return memcmp(own.tag, read.tag, sizeof(own.tag)) == 0 && own.facts == read.facts;
}

/* Invariants 3 and 5. */
static bool row_is_of(const struct looking *looking, const struct search_row *row,
                      const struct person_record *record, bool wanted)
{
    bool same = row_says(looking, row, row->index, record);

    if (looking->indexes.count > 1) { /* computed of everybody, also of who is wanted (I5) */
        bool under_other = row_says(looking, row, 1 - row->index, record);
        same = (int)same | ((int)under_other & (int)!wanted);
    }
    bool named = view_equal(record->folded_name, looking->search->folded_name);
    return same && (named || !wanted);
}

static struct outcome record_read(struct looking *looking, const struct search_row *row,
                                  sqlite3_stmt *statement, struct buf *scratch,
                                  struct registry_namesake *found, struct place *ret_place)
{
    struct person_record record = {0};

    found->key = row->key;
    found->version = (uint32_t)db_column_u64(statement, 0);
    TRY(registry_unseal(looking->registry, row->key, found->version, db_column_view(statement, 1),
                        scratch, &ret_place->at, &ret_place->len));
    TRY(person_record_open(view_part(buf_view(scratch), ret_place->at, ret_place->len), &record));
    return row_is_of(looking, row, &record, found->wanted) ? OUTCOME_OK : damaged(row);
}

static struct outcome record_find(struct looking *looking, const struct search_row *row,
                                  struct buf *scratch, struct registry_namesake *found,
                                  struct place *ret_place)
{
    struct db *db = &looking->registry->db;
    sqlite3_stmt *statement = db_statement(db, STATEMENT_PERSON_READ);
    bool there = false;

    db_bind_u64(statement, 1, row->key);
    TRY(db_step(db, statement, &there));
    struct outcome outcome =
        there ? record_read(looking, row, statement, scratch, found, ret_place) : damaged(row);
    db_done(statement);
    return outcome;
}

/* Invariant 2. */
static struct outcome records_read(struct looking *looking, struct buf *scratch,
                                   struct place *places)
{
    struct registry_search *search = looking->search;
    unsigned wanted =
        looking->wanted_count < NAMESAKES_SHOWN_MAX ? looking->wanted_count : NAMESAKES_SHOWN_MAX;
    unsigned count = wanted + looking->other_count;

    count = count < NAMESAKES_SHOWN_MAX ? count : NAMESAKES_SHOWN_MAX;
    for (unsigned i = 0; i < count; i++) {
        bool own = i < wanted;
        const struct search_row *row = own ? &looking->wanted[i] : &looking->others[i - wanted];
        search->found[i] = (struct registry_namesake){.wanted = own};
        TRY(record_find(looking, row, scratch, &search->found[i], &places[i]));
    }
    search->count = count;
    return OUTCOME_OK;
}

struct outcome registry_search(struct registry *registry, struct registry_search *search,
                               struct buf *scratch)
{
    struct looking looking = {
        .registry = registry, .search = search, .indexes = registry_indexes(registry)};
    struct place places[NAMESAKES_SHOWN_MAX] = {{0, 0}};

    CHECK(search->birth_date.len == 4 || search->birth_date.len == 10);
    buf_reset(scratch);
    search->over = false;
    search->count = 0;
    looking.tag_len = search->birth_date.len == 4 ? SEARCH_NAME_BYTES : SEARCH_TAG_BYTES;
    TRY(registry_read_begin(registry)); /* invariant 4 */
    struct outcome outcome = look(&looking);
    if (outcome_ok(outcome)) {
        outcome = records_read(&looking, scratch, places);
    }
    registry_read_end(registry, outcome);
    TRY(outcome);
    for (unsigned i = 0; i < search->count; i++) {
        search->found[i].record = view_part(buf_view(scratch), places[i].at, places[i].len);
    }
    return OUTCOME_OK;
}
