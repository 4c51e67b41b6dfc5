/*
 * The values of a PDF, and what they may not say.
 *
 * Invariants
 *  1. No name that was read, escapes undone, is one of active content, of an attached file, or of a
 *     way to hide objects.
 *  2. Tables and arrays lie within each other DOCUMENT_DEPTH_MAX deep at most.
 */
#include "wire/document_pdf.h"

#define FILTERS_MAX 2 /* one over the other: each may swell a thousandfold */

/* Invariant 1. */
static const char *const banned[] = {
    "AA",         "EF",    "EmbeddedFile", "EmbeddedFiles", "Encrypt",   "FFilter",
    "Filespec",   "GoToE", "GoToR",        "ImportData",    "JS",        "JavaScript",
    "Launch",     "Movie", "ObjStm",       "Rendition",     "RichMedia", "RichMediaExecute",
    "SubmitForm", "Sound", "XFA",          "XRef",          "XRefStm",
};

static const char *why_banned(struct view name)
{
    if (view_is(name, "ObjStm") || view_is(name, "XRef") || view_is(name, "XRefStm")) {
        return "the PDF has compressed objects; save it as PDF/A-1";
    }
    if (view_is(name, "Encrypt")) {
        return "the PDF is encrypted";
    }
    if (view_is(name, "EF") || view_is(name, "EmbeddedFile") || view_is(name, "EmbeddedFiles") ||
        view_is(name, "Filespec") || view_is(name, "FFilter")) {
        return "the PDF has attached files";
    }
    return "the PDF has active content";
}

static struct outcome check_name(struct view name)
{
    for (size_t i = 0; i < sizeof(banned) / sizeof(banned[0]); i++) {
        if (view_is(name, banned[i])) {
            return document_refuse(why_banned(name));
        }
    }
    return OUTCOME_OK;
}

/* Of which member a value is. */
enum member {
    MEMBER_OTHER,
    MEMBER_OPEN_ACTION,
    MEMBER_FILTER,
    MEMBER_WIDTH,
    MEMBER_HEIGHT,
    MEMBER_LENGTH,
    MEMBER_BEFORE,
    MEMBER_ROOT,
    MEMBER_COUNT
};

static enum member member_of(struct view name)
{
    static const char *const names[MEMBER_COUNT] = {[MEMBER_OPEN_ACTION] = "OpenAction",
                                                    [MEMBER_FILTER] = "Filter",
                                                    [MEMBER_WIDTH] = "Width",
                                                    [MEMBER_HEIGHT] = "Height",
                                                    [MEMBER_LENGTH] = "Length",
                                                    [MEMBER_BEFORE] = "Prev",
                                                    [MEMBER_ROOT] = "Root"};

    for (enum member member = MEMBER_OPEN_ACTION; member < MEMBER_COUNT; member++) {
        if (view_is(name, names[member])) {
            return member;
        }
    }
    return MEMBER_OTHER;
}

/* A value that is begun: tables and arrays within each other. */
struct nest {
    struct {
        bool table;
        bool named; /* its next token is the value of `member` */
        enum member member;
        unsigned filters; /* names of an array that is a Filter */
    } levels[DOCUMENT_DEPTH_MAX];
    unsigned depth;
};

/* Of several that are said, the largest; one that stands elsewhere is as good as none. */
static void take_size(const struct token *token, uint64_t *size)
{
    bool number = token->kind == TOKEN_NUMBER && !token->real;
    uint64_t said = number ? token->number : UINT64_MAX;

    *size = said > *size ? said : *size;
}

/* Those of the outermost table. */
static void take_fact(const struct token *token, enum member member, struct document_facts *facts)
{
    bool number = token->kind == TOKEN_NUMBER && !token->real;

    switch (member) {
    case MEMBER_WIDTH:
        take_size(token, &facts->width);
        break;
    case MEMBER_HEIGHT:
        take_size(token, &facts->height);
        break;
    case MEMBER_LENGTH:
        facts->has_length = number;
        facts->length = token->number;
        facts->refers = token->kind == TOKEN_REFERENCE;
        break;
    case MEMBER_BEFORE:
        facts->has_before = number;
        facts->before = token->number;
        break;
    case MEMBER_ROOT:
        facts->has_root = token->kind == TOKEN_REFERENCE;
        break;
    default:
        break;
    }
}

/* A value of a table's member. */
static struct outcome check_member(const struct token *token, enum member member)
{
    bool nothing = token->kind == TOKEN_WORD && view_is(token->text, "null");

    return member == MEMBER_OPEN_ACTION && token->kind != TOKEN_ARRAY && !nothing
               ? document_refuse("the PDF does something when it is opened")
               : OUTCOME_OK;
}

static struct outcome check_word(const struct token *token)
{
    bool known = view_is(token->text, "true") || view_is(token->text, "false") ||
                 view_is(token->text, "null");

    return known ? OUTCOME_OK : document_odd();
}

static struct outcome open_level(struct nest *nest, bool table, enum member member)
{
    if (nest->depth == DOCUMENT_DEPTH_MAX) {
        return document_refuse("the PDF has tables too deep within each other");
    }
    nest->levels[nest->depth].table = table;
    nest->levels[nest->depth].named = false;
    nest->levels[nest->depth].member = table ? MEMBER_OTHER : member;
    nest->levels[nest->depth].filters = 0;
    nest->depth++;
    return OUTCOME_OK;
}

static struct outcome close_level(struct nest *nest, bool table)
{
    bool fits = nest->depth > 0 && nest->levels[nest->depth - 1].table == table &&
                !nest->levels[nest->depth - 1].named;

    if (!fits) {
        return document_odd();
    }
    nest->depth--;
    return OUTCOME_OK;
}

/* A table's name, before its value. */
static struct outcome take_key(const struct token *token, struct nest *nest)
{
    if (token->kind == TOKEN_TABLE_END) {
        return close_level(nest, true);
    }
    if (token->kind != TOKEN_NAME) {
        return document_odd();
    }
    nest->levels[nest->depth - 1].named = true;
    nest->levels[nest->depth - 1].member = member_of(token->text);
    return check_name(token->text);
}

static struct outcome take_value(const struct token *token, struct nest *nest,
                                 struct document_facts *facts)
{
    bool inner = nest->depth > 0;
    bool of_table = inner && nest->levels[nest->depth - 1].table;
    enum member member = inner ? nest->levels[nest->depth - 1].member : MEMBER_OTHER;

    if (of_table) {
        nest->levels[nest->depth - 1].named = false;
        TRY(check_member(token, member));
        if (nest->depth == 1) {
            take_fact(token, member, facts);
        }
    }
    switch (token->kind) {
    case TOKEN_NAME:
        if (inner && !of_table && member == MEMBER_FILTER &&
            ++nest->levels[nest->depth - 1].filters > FILTERS_MAX) {
            return document_refuse("the PDF has too many filters over each other");
        }
        return check_name(token->text);
    case TOKEN_TABLE:
        facts->is_table = facts->is_table || nest->depth == 0;
        return open_level(nest, true, member);
    case TOKEN_ARRAY:
        return open_level(nest, false, member);
    case TOKEN_ARRAY_END:
        return close_level(nest, false);
    case TOKEN_WORD:
        return check_word(token);
    case TOKEN_NUMBER:
    case TOKEN_REFERENCE:
    case TOKEN_TEXT:
        return OUTCOME_OK;
    case TOKEN_TABLE_END:
    case TOKEN_END:
        break;
    }
    return document_odd();
}

struct outcome document_value(struct document_words *words, struct document_facts *ret_facts)
{
    struct nest nest = {.depth = 0};
    struct document_facts facts = {0};

    do {
        struct token token;
        TRY(document_next(words, &token));
        bool key = nest.depth > 0 && nest.levels[nest.depth - 1].table &&
                   !nest.levels[nest.depth - 1].named;
        TRY(key ? take_key(&token, &nest) : take_value(&token, &nest, &facts));
    } while (nest.depth > 0);
    *ret_facts = facts;
    return OUTCOME_OK;
}
