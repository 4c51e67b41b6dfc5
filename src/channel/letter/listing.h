/*
 * Purpose: sheets of citizens' statements (proc/rendering.h has their content): `statement.yaml`,
 * which says what stands on one, and the drawing of one. Private to channel/letter/.
 *
 * The file is a map of texts and lists of texts:
 *   title      of the file, for readers' windows and for those who do not see
 *   heading    lines in the middle of the first page
 *   about      paragraphs before the rows
 *   columns    four heads of the table
 *   time, who, what   lines of the cells of a row
 *   proof      paragraphs behind the rows; no_map: one more, when no map was taken yet
 *   signed, unsigned  the last paragraph
 * In texts stands `{name}`, a name of LISTING_NAMES. A text one of whose names has no value is left
 * out. Every name of LISTING_NAMES must stand somewhere.
 */
#ifndef DANCU_CHANNEL_LETTER_LISTING_H
#define DANCU_CHANNEL_LETTER_LISTING_H

#include "channel/letter/content.h"
#include "channel/letter/sheet.h"

#define LISTING_FILE "statement.yaml"
#define LISTING_LINES_MAX 12
#define LISTING_VALUES_MAX 16384 /* of a content */
/* Room that reading takes: a letter needs less. */
#define LISTING_ARENA_BYTES                                                                        \
    (LISTING_VALUES_MAX * sizeof(struct json_node) + 2 * (size_t)STATEMENT_PAPER_BYTES_MAX)
_Static_assert(LISTING_ARENA_BYTES >= CONTENT_ARENA_BYTES, "letters are read there, too");

/* Of the whole sheet, and, from ENTRY on, of one row. */
#define LISTING_NAMES(ROW)                                                                         \
    ROW(ID, "id")                                                                                  \
    ROW(MADE, "made")                                                                              \
    ROW(ORIGIN, "origin")                                                                          \
    ROW(PERSON, "person")                                                                          \
    ROW(SHEET, "sheet")                                                                            \
    ROW(SHEETS, "sheets")                                                                          \
    ROW(TOTAL, "total")                                                                            \
    ROW(ALL, "count")                                                                              \
    ROW(FIRST, "first")                                                                            \
    ROW(LAST, "last")                                                                              \
    ROW(YEAR, "year")                                                                              \
    ROW(MAP_DAY, "map_day")                                                                        \
    ROW(MAP_SIZE, "map_size")                                                                      \
    ROW(MAP_ROOT, "map_root")                                                                      \
    ROW(MAP_ENTRY, "map_entry")                                                                    \
    ROW(MAP_COUNT, "map_count")                                                                    \
    ROW(MAP_CHAIN, "map_chain")                                                                    \
    ROW(CHECKPOINT_SIZE, "checkpoint_size")                                                        \
    ROW(CHECKPOINT_ROOT, "checkpoint_root")                                                        \
    ROW(ENTRY, "entry")                                                                            \
    ROW(TIME, "time")                                                                              \
    ROW(PARTY, "party")                                                                            \
    ROW(OPERATOR, "operator")                                                                      \
    ROW(CHANNEL, "channel")                                                                        \
    ROW(ROLE, "role")                                                                              \
    ROW(AS, "as")                                                                                  \
    ROW(SERVICE, "service")                                                                        \
    ROW(BUSINESS, "business")                                                                      \
    ROW(PURPOSE, "purpose")                                                                        \
    ROW(BASIS, "basis")                                                                            \
    ROW(FIELDS, "fields")                                                                          \
    ROW(CASE, "case")                                                                              \
    ROW(FORGOTTEN, "forgotten")                                                                    \
    ROW(RESULT, "result")
enum listing_name {
#define ROW(name, text) LISTING_NAME_##name,
    LISTING_NAMES(ROW)
#undef ROW
        LISTING_NAME_COUNT
};
_Static_assert(LISTING_NAME_COUNT <= 64, "a set of names has a bit for each");

enum listing_list {
    LISTING_HEADING,
    LISTING_ABOUT,
    LISTING_COLUMNS,
    LISTING_TIME,
    LISTING_WHO,
    LISTING_WHAT,
    LISTING_PROOF,
    LISTING_LIST_COUNT
};
enum listing_text {
    LISTING_TITLE,
    LISTING_NO_MAP,
    LISTING_SIGNED,
    LISTING_UNSIGNED,
    LISTING_TEXT_COUNT
};

struct listing_lines {
    struct view lines[LISTING_LINES_MAX];
    unsigned count;
};
struct listing {
    bool loaded;
    struct view texts[LISTING_TEXT_COUNT];
    struct listing_lines lists[LISTING_LIST_COUNT];
};

struct book;
struct yaml;
/* LISTING_NAME_COUNT: there is none. */
enum listing_name listing_name_find(struct view name);
/* The file, into the book's listing; every text is remembered as drawn. */
struct outcome listing_load(struct book *book, struct yaml *yaml);

/* A content that was read. */
struct listing_content {
    struct content base; /* its text as a tree, its time */
    bool is_signed;
    const struct json_node *rows;
    const struct json_node *map; /* NULL: there is none */
    const struct json_node
        *texts[LISTING_NAME_COUNT]; /* texts and numbers that stand as they are */
};
/* FAULT_BAD_INPUT with *ret_fault filled. */
struct outcome listing_read(struct view text, struct arena *arena,
                            struct listing_content *ret_content, struct content_fault *ret_fault);
/* Draws everything. What the sheet could not do, sheet_close() tells. */
struct outcome listing_draw(struct sheet *sheet, const struct book *book,
                            const struct listing_content *content);

#endif
