/*
 * Purpose: tables of the policy's files as rows of columns: one description reads and checks a
 * whole file. A section is a list of maps; a column is a key of such a map. Private to the room.
 *
 * Each reader gives FAULT_BAD_INPUT with the place and a sentence in loader->error.
 */
#ifndef DANCU_POLICY_ROWS_H
#define DANCU_POLICY_ROWS_H

#include "policy/set.h"

enum policy_column_kind {
    COLUMN_TEXT,      /* const char *: a sentence, not empty */
    COLUMN_CODE,      /* const char *: letters, digits, . _ -; digits alone stand in quotes */
    COLUMN_WORD,      /* unsigned: a word of column->words */
    COLUMN_WORDS,     /* uint64_t: bit per word; a list without doubles, may be empty */
    COLUMN_BOOL,      /* bool: true or false */
    COLUMN_COUNT,     /* uint64_t: a decimal number */
    COLUMN_DATE,      /* int64_t: days since 1970-01-01 */
    COLUMN_DATE_OPEN, /* the same, or null: POLICY_DAY_OPEN */
    COLUMN_CLAUSES,   /* const char *: known clauses, joined "F1, U1"; at least one */
    COLUMN_KIND_COUNT
};

struct policy_column {
    const char *key;
    enum policy_column_kind kind;
    bool optional;
    size_t offset; /* in the row's struct */
    const struct words *words;
};

#define COLUMN(type, member, kind)                                                                 \
    {                                                                                              \
#member, kind, false, offsetof(struct type, member), NULL                                  \
    }
#define COLUMN_OPTIONAL(type, member, kind)                                                        \
    {                                                                                              \
#member, kind, true, offsetof(struct type, member), NULL                                   \
    }
/* Where key and member have different names, or a vocabulary is needed. */
#define COLUMN_AS(type, member, key, kind)                                                         \
    {                                                                                              \
        key, kind, false, offsetof(struct type, member), NULL                                      \
    }
#define COLUMN_OF(type, member, key, kind, words)                                                  \
    {                                                                                              \
        key, kind, false, offsetof(struct type, member), words                                     \
    }

struct policy_loader {
    struct policy *policy;
    struct policy_error *error;
    const char *file; /* in hand */
    struct policy_tree tree;
};

struct policy_section {
    const char *key;
    const struct policy_column *columns;
    unsigned column_count;
    unsigned rows_max;
    size_t row_size; /* of the struct; its first member is a struct policy_row */
    /* Takes one row that has the right columns; the row is copied. */
    struct outcome (*take)(struct policy_loader *loader, const void *row);
    /* After the last row: is the table whole? NULL = nothing to ask. */
    struct outcome (*whole)(struct policy_loader *loader, struct policy_place place);
};

/* One file: columns of its head, then its sections, in the order in which they are read. */
struct policy_file_schema {
    const char *name; /* "fees.yaml", or with a star before the end: "circular-*.yaml" */
    const struct policy_column *head_columns;
    unsigned head_column_count;
    size_t head_offset; /* of the head in struct policy; not used without columns */
    const struct policy_section *sections;
    unsigned section_count;
    struct outcome (*whole)(struct policy_loader *loader);
};

extern const struct policy_file_schema policy_schema_circular;
extern const struct policy_file_schema policy_schema_fields;
extern const struct policy_file_schema policy_schema_refusals;
extern const struct policy_file_schema policy_schema_fees;
extern const struct policy_file_schema policy_schema_holidays;
extern const struct policy_file_schema policy_schema_sources;
extern const struct policy_file_schema policy_schema_written;
extern const struct policy_file_schema policy_schema_messages;

#define POLICY_ROW_BYTES_MAX 256
#define POLICY_ROWS_MAX                                                                            \
    256 /* of a table that has at most one row a word: a double is told first                      \
         */
#define COLUMNS(columns) columns, sizeof(columns) / sizeof((columns)[0])

/* Reads the file in loader->tree by its schema. */
struct outcome policy_rows_read(struct policy_loader *loader,
                                const struct policy_file_schema *schema);

__attribute__((format(printf, 3, 4))) struct outcome
policy_refuse(struct policy_loader *loader, struct policy_place place, const char *format, ...);

/* A table with one row for each word of a vocabulary: takes a row, then looks for missing ones. */
struct outcome policy_thing_take(struct policy_loader *loader, const struct policy_thing *thing,
                                 const char *noun, const struct words *words,
                                 struct policy_thing *things);
struct outcome policy_things_whole(struct policy_loader *loader, struct policy_place place,
                                   const char *noun, const struct words *words,
                                   const struct policy_thing *things);

/* Dated rows follow one another: the day after `until` is `from`. */
struct outcome policy_days_follow(struct policy_loader *loader, struct policy_place place,
                                  int64_t until, int64_t from);

/* Was the optional column written? */
bool policy_row_has(const struct policy_row *row, const struct policy_column *columns,
                    unsigned count, const char *key);

#endif
