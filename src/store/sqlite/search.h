/*
 * Purpose: rows of the search index, shared by import, search and scrub. Private to store/.
 */
#ifndef DANCU_STORE_SQLITE_SEARCH_H
#define DANCU_STORE_SQLITE_SEARCH_H

#include "store/fetch.h"
#include "store/sqlite/registry.h"

#define SEARCH_NAME_BYTES 8 /* of a row's tag: name and birth year; behind them, the day */
#define SEARCH_TAG_BYTES 12

struct search_row {
    uint8_t tag[SEARCH_TAG_BYTES];
    uint64_t key;
    uint32_t version; /* by which it was written */
    uint32_t facts;   /* in the file under a mask */
    uint32_t index;   /* while it is looked for: by which of the index keys */
};

/* The tag under the veil of one index key of a name with a birth date (YYYY-MM-DD or YYYY); its
 * begin is that of the year. */
void search_tag(struct registry *registry, const struct registry_index *index,
                struct view folded_name, struct view birth_date, uint8_t ret_tag[SEARCH_TAG_BYTES]);
/* The row that a person must have. */
void search_row_of(struct registry *registry, const struct registry_index *index, uint64_t key,
                   uint32_t version, const struct person_record *record,
                   struct search_row *ret_row);
/* Puts the facts of rows under their masks, or takes them out. At most NAMESAKES_BLOCK. */
void search_rows_mask(const struct registry_index *index, struct search_row *rows, unsigned count);
/* One row of a statement that gives tag, key, version, facts; FAULT_CORRUPT. Facts stay masked. */
struct outcome search_row_read(sqlite3_stmt *statement, struct search_row *ret_row);
/* Writes rows in the order of their tags, and moves them about. Of several rows of one person only
 * that of the latest version is written. */
struct outcome search_rows_add(struct registry *registry, struct search_row *rows, unsigned count);
struct outcome search_row_remove(struct registry *registry, const struct search_row *row);
/* Gives a registry of an older version the rows of whom it has, chunk by chunk; one that died in
 * between goes on. */
struct outcome search_fill(struct registry *registry);

#define SEARCH_BIRTH_BYTES 10
/* Facts of a row of that year (4 digits), out from under the mask; the birth date is written to
 * ret_birth. False when they cannot be: they are those of nobody then. */
bool search_facts_read(uint32_t facts, struct view year, char ret_birth[SEARCH_BIRTH_BYTES],
                       struct registry_facts *ret_facts);

#endif
