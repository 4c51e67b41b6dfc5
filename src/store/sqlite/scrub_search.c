/*
 * The scrub of the search index.
 *
 * Invariants
 *  1. A person's row is found by the name and birth date of the version in force, and says of the
 *     person what the record says; a version may be older that changed nothing of it.
 *  2. A row leads to a person, and it is the one that this person must have: so there is no second.
 */
#include "store/sqlite/scrub.h"
#include "store/sqlite/search.h"

#include <string.h>

/* Is the row, as it was read, what the record in force gives, by one of the index keys? */
static bool row_says(struct registry_scrub *scrub, const struct search_row *row, uint32_t version,
                     const struct person_record *record)
{
    struct registry_indexes indexes = registry_indexes(scrub->registry);
    bool says = false;

    for (unsigned i = 0; i < indexes.count; i++) {
        struct search_row read = *row;
        struct search_row own;
        search_rows_mask(indexes.of[i], &read, 1);
        search_row_of(scrub->registry, indexes.of[i], row->key, version, record, &own);
        says = says || (memcmp(own.tag, read.tag, sizeof(own.tag)) == 0 && own.facts == read.facts);
    }
    return says && row->version >= 1 && row->version <= version;
}

static struct outcome row_find(struct registry_scrub *scrub, const struct registry_index *index,
                               const struct person_record *record, struct search_row *row,
                               bool *ret_there)
{
    struct db *db = &scrub->registry->db;
    sqlite3_stmt *statement = db_statement(db, STATEMENT_SCRUB_SEARCH_AT);
    uint8_t tag[SEARCH_TAG_BYTES];

    search_tag(scrub->registry, index, record->folded_name, record->birth_date, tag);
    db_bind_view(statement, 1, view_of(tag, sizeof(tag)));
    db_bind_u64(statement, 2, row->key);
    TRY(db_step(db, statement, ret_there));
    struct outcome outcome = *ret_there ? search_row_read(statement, row) : OUTCOME_OK;
    db_done(statement);
    *ret_there = *ret_there && outcome_ok(outcome);
    return OUTCOME_OK;
}

struct outcome scrub_search_person(struct registry_scrub *scrub, uint64_t key, uint32_t version,
                                   const struct person_record *record)
{
    struct registry_indexes indexes = registry_indexes(scrub->registry);
    struct search_row row = {.key = key};
    bool there = false;

    for (unsigned i = 0; i < indexes.count && !there; i++) {
        TRY(row_find(scrub, indexes.of[i], record, &row, &there));
    }
    if (!there) {
        scrub_found(scrub, "person %llu: name and birth date are not in the search index",
                    (unsigned long long)key);
    } else if (!row_says(scrub, &row, version, record)) {
        scrub_found(scrub, "person %llu: the search index says something else than the record",
                    (unsigned long long)key);
    }
    return OUTCOME_OK;
}

/* Moves on to the row; a page that is reached twice must not lead in circles. */
static bool move_to(struct registry_scrub *scrub, const struct search_row *row)
{
    int order =
        view_compare(view_of(row->tag, sizeof(row->tag)), view_of(scrub->tag, scrub->tag_len));

    if (order < 0 || (order == 0 && row->key <= scrub->key)) {
        return false;
    }
    memcpy(scrub->tag, row->tag, sizeof(row->tag));
    scrub->tag_len = sizeof(row->tag);
    scrub->key = row->key;
    return true;
}

/* Columns behind the row: version and sealed record of whom it leads to. */
static struct outcome check_row(struct registry_scrub *scrub, sqlite3_stmt *statement)
{
    struct search_row row;
    struct person_record record = {0};
    bool good = false;

    TRY(search_row_read(statement, &row));
    if (!move_to(scrub, &row)) {
        return outcome_fail(FAULT_CORRUPT, "a row of the search index is out of order");
    }
    if (sqlite3_column_type(statement, 4) == SQLITE_NULL) {
        scrub_found(scrub, "row of person %llu in the search index leads to nobody",
                    (unsigned long long)row.key);
        return OUTCOME_OK;
    }
    uint32_t version = (uint32_t)db_column_u64(statement, 4);
    TRY(scrub_open_person(scrub, row.key, version, db_column_view(statement, 5), &record, &good));
    if (good && !row_says(scrub, &row, version, &record)) {
        scrub_found(scrub, "row of person %llu in the search index is not the person's",
                    (unsigned long long)row.key);
    }
    return OUTCOME_OK;
}

struct outcome scrub_look_search(struct registry_scrub *scrub, bool *ret_more)
{
    return scrub_look_row(scrub, db_statement(&scrub->registry->db, STATEMENT_SCRUB_SEARCH),
                          check_row, ret_more);
}
