/*
 * Purpose: the files of letters: `words.yaml` (the frame that every letter has, words of the
 * register, names of the fonts' files) and one template a kind (`result.yaml`, ...), checked whole
 * when they are loaded; and `statement.yaml` (listing.h). Private to channel/letter/. Owner: struct
 * book owns all texts.
 *
 * A template is a map:
 *   letter    the kind
 *   type      name of the type of document, in capitals
 *   title     of the file, for readers' windows and for those who do not see
 *   abstract  trich yeu
 *   to        the line of whom it is for
 *   body      a list of maps of one key each:
 *     text    a paragraph
 *     list    the name of a part that is a list: a line with a dash each
 *     table   the name of a part that is a person: its fields with their values
 * In texts stands `{name}` for a part of the content. A paragraph that names a part which is null
 * in a content is left out of that letter; so is a list without items, with the paragraph before it
 * if that ends in a colon.
 */
#ifndef DANCU_CHANNEL_LETTER_BOOK_H
#define DANCU_CHANNEL_LETTER_BOOK_H

#include "channel/letter/content.h"
#include "channel/letter/fonts.h"
#include "channel/letter/listing.h"
#include "policy/tree.h"

#define BOOK_BLOCKS_MAX 64
#define BOOK_WORDS_MAX 1024
#define BOOK_FILES_MAX 16
#define BOOK_WORDS_FILE "words.yaml"

/* Texts of the frame; `{...}` stands in those before BOOK_FRAME_PLAIN. */
#define BOOK_FRAME(ROW)                                                                            \
    ROW(NUMBER, "number")                                                                          \
    ROW(DATED, "dated")                                                                            \
    ROW(VERIFY, "verify")                                                                          \
    ROW(CODE, "code")                                                                              \
    ROW(NATION, "nation")                                                                          \
    ROW(MOTTO, "motto")                                                                            \
    ROW(RECIPIENTS, "recipients")                                                                  \
    ROW(TABLE_NUMBER, "table_number")                                                              \
    ROW(TABLE_LABEL, "table_label")                                                                \
    ROW(TABLE_VALUE, "table_value")
/* Words that stand between values. */
#define BOOK_PHRASES(ROW)                                                                          \
    ROW(NONE, "none")                                                                              \
    ROW(NUMBER, "number")                                                                          \
    ROW(CARD, "card")                                                                              \
    ROW(NATIONALITY, "nationality")                                                                \
    ROW(HOUSEHOLD, "household")                                                                    \
    ROW(HEAD, "head")                                                                              \
    ROW(FROM, "from")                                                                              \
    ROW(UNTIL, "until")                                                                            \
    ROW(PLACE, "place")                                                                            \
    ROW(DAY, "day")
/* Lists of words. */
#define BOOK_LISTS(ROW)                                                                            \
    ROW(FIELD, "field")                                                                            \
    ROW(NOTICE, "notice")                                                                          \
    ROW(SERVICE, "service")                                                                        \
    ROW(CHANNEL, "channel")                                                                        \
    ROW(RELATIVE, "relative")                                                                      \
    ROW(DEATH, "death_or_missing")                                                                 \
    ROW(SEX, "sex")                                                                                \
    ROW(MARITAL_STATUS, "marital_status")                                                          \
    ROW(BLOOD_GROUP, "blood_group")                                                                \
    ROW(ETHNICITY, "ethnicity")                                                                    \
    ROW(RELIGION, "religion")                                                                      \
    ROW(RELATION_TO_HEAD, "relation_to_head")                                                      \
    ROW(COUNTRY, "country")                                                                        \
    ROW(ROLE, "role")                                                                              \
    ROW(RESULT, "result")                                                                          \
    ROW(AS, "as")

enum book_frame {
#define ROW(name, text) BOOK_FRAME_##name,
    BOOK_FRAME(ROW)
#undef ROW
        BOOK_FRAME_COUNT
};
#define BOOK_FRAME_PLAIN BOOK_FRAME_NATION /* from here on, without `{...}` */
enum book_phrase {
#define ROW(name, text) BOOK_PHRASE_##name,
    BOOK_PHRASES(ROW)
#undef ROW
        BOOK_PHRASE_COUNT
};
enum book_list {
#define ROW(name, text) BOOK_LIST_##name,
    BOOK_LISTS(ROW)
#undef ROW
        BOOK_LIST_COUNT
};

enum block_kind { BLOCK_TEXT, BLOCK_LIST, BLOCK_TABLE };
struct block {
    enum block_kind kind;
    struct view text; /* BLOCK_TEXT */
    enum part part;   /* others */
};

struct template
{
    bool loaded;
    struct view type;
    struct view title;
    struct view abstract;
    struct view to;
    struct block blocks[BOOK_BLOCKS_MAX];
    unsigned count;
};

struct book_word {
    enum book_list list;
    struct view code;
    struct view text;
};

/* A text that is drawn, and where it stands: for who checks glyphs. */
struct book_text {
    struct view text;
    char file[64];
    struct policy_place place;
};

struct book {
    struct arena texts;
    struct font_names fonts;
    struct view frame[BOOK_FRAME_COUNT];
    struct view phrases[BOOK_PHRASE_COUNT];
    struct book_word words[BOOK_WORDS_MAX];
    unsigned word_count;
    struct template templates[LETTER_KIND_COUNT];
    struct listing listing; /* of sheets of statements */
    struct book_text drawn[BOOK_WORDS_MAX + 256];
    unsigned drawn_count;
};

/* FAULT_BAD_INPUT with *ret_error "result.yaml:12:5: ...". `files` in any order. */
struct outcome book_load(const struct policy_file *files, unsigned count, struct book **ret_book,
                         struct policy_error *ret_error);
void book_free(struct book *book); /* accepts NULL */
/* Has every face every character that is drawn? */
struct outcome book_check_glyphs(const struct book *book, const struct fonts *fonts,
                                 struct policy_error *ret_error);

/* Empty: the list has no such code. */
struct view book_word(const struct book *book, enum book_list list, struct view code);
/* Appends the text with its parts filled in; false when one of them is null (what was appended is
 * worthless then). */
bool book_fill(const struct book *book, struct view text, const struct content *content,
               struct buf *buf);
/* A date `YYYY-MM-DD` as `26/11/2026`. */
void book_put_date(struct buf *buf, struct view date);

/* For the reader of templates. Is the text's every `{...}` a part of letters of that kind? Tells
 * the parts in *ret_parts, a bit each. */
struct yaml;
struct outcome book_check_text(struct yaml *yaml, const struct policy_node *node, unsigned kinds,
                               uint64_t *ret_parts);
struct outcome book_draws(struct book *book, struct yaml *yaml, const struct policy_node *node);
struct outcome template_read(struct book *book, struct yaml *yaml);

#endif
