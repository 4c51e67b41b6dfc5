/*
 * The files of letters: `words.yaml` here, each template in template.c.
 *
 * Invariants
 *  1. What is loaded is whole: every kind has its template, every word of the vocabularies and
 *     every code of the lists its text.
 *  2. Every text that is drawn is NFC without characters that are not drawn, and is remembered with
 *     its place, so that a glyph that is missing is told there.
 */
#include "channel/letter/book.h"
#include "channel/yaml/yaml.h"

#include "base/check.h"
#include "domain/country.h"
#include "domain/fold.h"
#include "domain/words.h"

#include <inttypes.h>
#include <unictype.h>

#define ALL_KINDS ((1u << LETTER_KIND_COUNT) - 1)
#define BOOK_TEXTS_BYTES_MAX (512u << 10)

static const char *const frame_names[BOOK_FRAME_COUNT] = {
#define ROW(name, text) text,
    BOOK_FRAME(ROW)
#undef ROW
};
static const char *const phrase_names[BOOK_PHRASE_COUNT] = {
#define ROW(name, text) text,
    BOOK_PHRASES(ROW)
#undef ROW
};
static const char *const list_names[BOOK_LIST_COUNT] = {
#define ROW(name, text) text,
    BOOK_LISTS(ROW)
#undef ROW
};

/* ---- texts ---- */

/* Of one `{name}`; the date in words belongs to the frame. */
static struct outcome check_name(struct yaml *yaml, struct policy_place place, struct view name,
                                 unsigned kinds, uint64_t *parts)
{
    enum part part = PART_COUNT;

    if (view_is(name, "date") && kinds == ALL_KINDS) {
        return OUTCOME_OK;
    }
    if (!outcome_ok(part_find(name, &part))) {
        return yaml_refuse(yaml, place, "`{%s}` is no part of a letter", policy_quote(name).text);
    }
    if ((part_row(part)->kinds & kinds) != kinds) {
        return yaml_refuse(yaml, place, "`{%s}` is not a part of every letter of this kind",
                           part_row(part)->name);
    }
    if (!shape_is_text(part_row(part)->shape)) {
        return yaml_refuse(yaml, place, "`{%s}` is not a text: it needs a list or a table",
                           part_row(part)->name);
    }
    *parts |= UINT64_C(1) << part;
    return OUTCOME_OK;
}

struct outcome book_check_text(struct yaml *yaml, const struct policy_node *node, unsigned kinds,
                               uint64_t *ret_parts)
{
    struct view text = node->text;
    uint32_t characters = 0;

    for (size_t at = 0; at < text.len; at++) {
        struct policy_place place = node->place;
        place.column += characters + (node->plain ? 0 : 1); /* behind the quotation mark */
        characters += (text.data[at] & 0xc0) == 0x80 ? 0 : 1;
        if (text.data[at] == '}') {
            return yaml_refuse(yaml, place, "a `}` without its `{`");
        }
        if (text.data[at] != '{') {
            continue;
        }
        size_t end = view_find(text, at, '}');
        if (end == text.len) {
            return yaml_refuse(yaml, place, "a `{` without its `}`");
        }
        TRY(check_name(yaml, place, view_part(text, at + 1, end - at - 1), kinds, ret_parts));
        characters += (uint32_t)(end - at); /* names are ASCII */
        at = end;
    }
    return OUTCOME_OK;
}

/* Invariant 2. */
struct outcome book_draws(struct book *book, struct yaml *yaml, const struct policy_node *node)
{
    bool nfc = false;

    TRY(fold_nfc(node->text, &nfc));
    if (!nfc) {
        return yaml_refuse(yaml, node->place, "the text is not in Unicode normal form C");
    }
    for (size_t at = 0; at < node->text.len;) {
        uint32_t character = fold_point(node->text, &at);
        if (uc_is_general_category(character, UC_CATEGORY_C)) {
            return yaml_refuse(yaml, node->place, "the text has a hidden character, U+%04" PRIX32,
                               character);
        }
    }
    if (book->drawn_count == sizeof(book->drawn) / sizeof(book->drawn[0])) {
        return yaml_refuse(yaml, node->place, "there are too many texts");
    }
    struct book_text *drawn = &book->drawn[book->drawn_count++];
    *drawn = (struct book_text){.text = node->text, .place = node->place};
    (void)snprintf(drawn->file, sizeof(drawn->file), "%s", yaml->file->name);
    return OUTCOME_OK;
}

struct outcome book_check_glyphs(const struct book *book, const struct fonts *fonts,
                                 struct policy_error *ret_error)
{
    for (unsigned i = 0; i < book->drawn_count; i++) {
        const struct book_text *drawn = &book->drawn[i];
        uint32_t character = fonts_lack(fonts, drawn->text);
        if (character != 0) {
            (void)snprintf(ret_error->text, sizeof(ret_error->text),
                           "%s:%u:%u: a face has no glyph for U+%04" PRIX32, drawn->file,
                           drawn->place.line, drawn->place.column, character);
            return outcome_fail(FAULT_BAD_INPUT, "glyphs of letters");
        }
    }
    return OUTCOME_OK;
}

/* ---- words.yaml ---- */

static struct outcome read_fonts(struct book *book, struct yaml *yaml,
                                 const struct policy_node *map)
{
    static const struct yaml_key keys[FACE_COUNT] = {
        [FACE_REGULAR] = {"regular", NODE_TEXT, true},
        [FACE_BOLD] = {"bold", NODE_TEXT, true},
        [FACE_ITALIC] = {"italic", NODE_TEXT, true},
        [FACE_BOLD_ITALIC] = {"bold_italic", NODE_TEXT, true},
    };
    const struct policy_node *values[FACE_COUNT];

    TRY(yaml_take(yaml, map, keys, FACE_COUNT, values));
    for (unsigned i = 0; i < FACE_COUNT; i++) {
        struct view name = values[i]->text;
        if (name.len >= sizeof(book->fonts.files[i]) || view_find(name, 0, '/') != name.len ||
            name.data[0] == '.') {
            return yaml_refuse(yaml, values[i]->place, "this is not the name of a font's file");
        }
        memcpy(book->fonts.files[i], name.data, name.len);
    }
    return OUTCOME_OK;
}

/* A map with exactly these keys, each a text that is drawn; those before `plain` may name parts. */
static struct outcome read_texts(struct book *book, struct yaml *yaml,
                                 const struct policy_node *map, const char *const *names,
                                 unsigned count, unsigned plain, struct view *ret_texts)
{
    struct yaml_key keys[YAML_KEYS_MAX];
    const struct policy_node *values[YAML_KEYS_MAX];

    CHECK(count <= YAML_KEYS_MAX);
    for (unsigned i = 0; i < count; i++) {
        keys[i] = (struct yaml_key){names[i], NODE_TEXT, true};
    }
    TRY(yaml_take(yaml, map, keys, count, values));
    for (unsigned i = 0; i < count; i++) {
        uint64_t parts = 0;
        TRY(i < plain ? book_check_text(yaml, values[i], ALL_KINDS, &parts) : OUTCOME_OK);
        TRY(book_draws(book, yaml, values[i]));
        ret_texts[i] = values[i]->text;
    }
    return OUTCOME_OK;
}

static struct outcome read_word(struct book *book, struct yaml *yaml,
                                const struct policy_node *node)
{
    static const struct yaml_key keys[] = {
        {"list", NODE_TEXT, true}, {"code", NODE_TEXT, true}, {"text", NODE_TEXT, true}};
    const struct policy_node *values[3];
    unsigned list = 0;

    TRY(yaml_take(yaml, node, keys, 3, values));
    while (list < BOOK_LIST_COUNT && !view_is(values[0]->text, list_names[list])) {
        list++;
    }
    if (list == BOOK_LIST_COUNT) {
        return yaml_refuse(yaml, values[0]->place, "unknown list `%s`",
                           policy_quote(values[0]->text).text);
    }
    if (book_word(book, (enum book_list)list, values[1]->text).len > 0) {
        return yaml_refuse(yaml, values[1]->place, "`%s` of list `%s` stands twice",
                           policy_quote(values[1]->text).text, list_names[list]);
    }
    if (book->word_count == BOOK_WORDS_MAX) {
        return yaml_refuse(yaml, node->place, "there are more words than %d", BOOK_WORDS_MAX);
    }
    book->words[book->word_count++] =
        (struct book_word){(enum book_list)list, values[1]->text, values[2]->text};
    return book_draws(book, yaml, values[2]);
}

static struct outcome whole_words(struct book *book, struct yaml *yaml,
                                  const struct policy_node *at, const struct words *words,
                                  unsigned count, enum book_list list)
{
    for (unsigned i = 0; i < count; i++) {
        if (book_word(book, list, view_text(words_name(words, i))).len == 0) {
            return yaml_refuse(yaml, at->place, "`%s` of list `%s` has no text",
                               words_name(words, i), list_names[list]);
        }
    }
    return OUTCOME_OK;
}

/* Every code of one or two characters that the list has. */
static struct outcome whole_codes(struct book *book, struct yaml *yaml,
                                  const struct policy_node *at, enum country_codes codes,
                                  enum book_list list)
{
    for (unsigned i = 0; i < 110; i++) {
        char code[4];
        (void)snprintf(code, sizeof(code), i < 100 ? "%02u" : "%u", i < 100 ? i : i - 100);
        if (country_code_valid(codes, view_text(code)) &&
            book_word(book, list, view_text(code)).len == 0) {
            return yaml_refuse(yaml, at->place, "code `%s` of list `%s` has no text", code,
                               list_names[list]);
        }
    }
    return OUTCOME_OK;
}

/* Invariant 1. Relations to the head, countries, roles and results are open lists: what has no text
 * is told by its code. */
static struct outcome words_whole(struct book *book, struct yaml *yaml,
                                  const struct policy_node *at)
{
    static const char *const deaths[] = {"dead", "missing"};

    TRY(whole_words(book, yaml, at, &words_field, FIELD_COUNT, BOOK_LIST_FIELD));
    TRY(whole_words(book, yaml, at, &words_notice, NOTICE_COUNT, BOOK_LIST_NOTICE));
    TRY(whole_words(book, yaml, at, &words_service, SERVICE_COUNT, BOOK_LIST_SERVICE));
    TRY(whole_words(book, yaml, at, &words_channel, CHANNEL_COUNT, BOOK_LIST_CHANNEL));
    /* The head stands in claims alone, never among a person's relatives. */
    TRY(whole_words(book, yaml, at, &words_relation, RELATION_HEAD, BOOK_LIST_RELATIVE));
    TRY(whole_codes(book, yaml, at, COUNTRY_CODES_SEX, BOOK_LIST_SEX));
    TRY(whole_codes(book, yaml, at, COUNTRY_CODES_MARITAL_STATUS, BOOK_LIST_MARITAL_STATUS));
    TRY(whole_codes(book, yaml, at, COUNTRY_CODES_BLOOD_GROUP, BOOK_LIST_BLOOD_GROUP));
    TRY(whole_codes(book, yaml, at, COUNTRY_CODES_ETHNICITY, BOOK_LIST_ETHNICITY));
    TRY(whole_codes(book, yaml, at, COUNTRY_CODES_RELIGION, BOOK_LIST_RELIGION));
    for (unsigned i = 0; i < 2; i++) {
        if (book_word(book, BOOK_LIST_DEATH, view_text(deaths[i])).len == 0) {
            return yaml_refuse(yaml, at->place, "`%s` of list `%s` has no text", deaths[i],
                               list_names[BOOK_LIST_DEATH]);
        }
    }
    return OUTCOME_OK;
}

static struct outcome read_words(struct book *book, struct yaml *yaml)
{
    static const struct yaml_key keys[] = {{"fonts", NODE_MAP, true},
                                           {"frame", NODE_MAP, true},
                                           {"phrases", NODE_MAP, true},
                                           {"words", NODE_LIST, true}};
    const struct policy_node *values[4];

    TRY(yaml_take(yaml, yaml_root(yaml), keys, 4, values));
    TRY(read_fonts(book, yaml, values[0]));
    TRY(read_texts(book, yaml, values[1], frame_names, BOOK_FRAME_COUNT, BOOK_FRAME_PLAIN,
                   book->frame));
    TRY(read_texts(book, yaml, values[2], phrase_names, BOOK_PHRASE_COUNT, 0, book->phrases));
    for (const struct policy_node *node = yaml_first(yaml, values[3]); node != NULL;
         node = yaml_next(yaml, node)) {
        TRY(read_word(book, yaml, node));
    }
    return words_whole(book, yaml, values[3]);
}

/* ---- the folder ---- */

static struct outcome read_file(struct book *book, const struct policy_file *file,
                                struct policy_error *ret_error)
{
    struct yaml yaml = {.file = file, .error = ret_error};

    TRY(policy_tree_parse(file, &book->texts, &yaml.tree, ret_error));
    struct outcome outcome = strcmp(file->name, BOOK_WORDS_FILE) == 0 ? read_words(book, &yaml)
                             : strcmp(file->name, LISTING_FILE) == 0  ? listing_load(book, &yaml)
                                                                      : template_read(book, &yaml);
    policy_tree_done(&yaml.tree);
    return outcome;
}

static struct outcome missing(const char *file, struct policy_error *ret_error)
{
    (void)snprintf(ret_error->text, sizeof(ret_error->text), "%s:1:1: the file is missing", file);
    return outcome_fail(FAULT_BAD_INPUT, "letter file");
}

static struct outcome read_files(struct book *book, const struct policy_file *files, unsigned count,
                                 struct policy_error *ret_error)
{
    TRY(arena_init(&book->texts, BOOK_TEXTS_BYTES_MAX));
    for (unsigned i = 0; i < count; i++) {
        TRY(read_file(book, &files[i], ret_error));
    }
    if (book->word_count == 0) { /* invariant 1 */
        return missing(BOOK_WORDS_FILE, ret_error);
    }
    if (!book->listing.loaded) {
        return missing(LISTING_FILE, ret_error);
    }
    for (unsigned i = 0; i < LETTER_KIND_COUNT; i++) {
        char name[64];
        if (!book->templates[i].loaded) {
            (void)snprintf(name, sizeof(name), "%s.yaml", words_name(&words_letter_kind, i));
            return missing(name, ret_error);
        }
    }
    return OUTCOME_OK;
}

struct outcome book_load(const struct policy_file *files, unsigned count, struct book **ret_book,
                         struct policy_error *ret_error)
{
    struct book *book = memory_new(1, sizeof(*book));

    ret_error->text[0] = '\0';
    if (book == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "letter files");
    }
    struct outcome outcome = read_files(book, files, count, ret_error);
    if (!outcome_ok(outcome)) {
        book_free(book);
        return outcome;
    }
    *ret_book = book;
    return OUTCOME_OK;
}

void book_free(struct book *book)
{
    if (book != NULL) {
        arena_done(&book->texts);
        memory_free(book);
    }
}

struct view book_word(const struct book *book, enum book_list list, struct view code)
{
    for (unsigned i = 0; i < book->word_count; i++) {
        if (book->words[i].list == list && view_equal(book->words[i].code, code)) {
            return book->words[i].text;
        }
    }
    return (struct view){0};
}
