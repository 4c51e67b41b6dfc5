/*
 * One template: read, and held against what its kind of letter must show.
 *
 * Invariants
 *  1. A template names only parts that letters of its kind have, and every part that they must
 *     show: what is decided is never left out by a file.
 */
#include "channel/letter/book.h"
#include "channel/yaml/yaml.h"

#include "base/check.h"

_Static_assert(PART_COUNT <= 64, "a set of parts has a bit for each");

static const char *kind_word(enum letter_kind kind)
{
    return words_name(&words_letter_kind, kind);
}

static struct outcome read_part(struct yaml *yaml, const struct policy_node *node,
                                enum letter_kind kind, struct block *block, uint64_t *parts)
{
    enum part part = PART_COUNT;

    if (!outcome_ok(part_find(node->text, &part)) || (part_row(part)->kinds & 1u << kind) == 0) {
        return yaml_refuse(yaml, node->place, "`%s` is not a part of letters of kind `%s`",
                           policy_quote(node->text).text, kind_word(kind));
    }
    enum part_shape shape = part_row(part)->shape;
    if (block->kind == BLOCK_LIST ? !shape_is_list(shape) : shape != SHAPE_PERSON) {
        return yaml_refuse(yaml, node->place, "`%s` is not %s", part_row(part)->name,
                           block->kind == BLOCK_LIST ? "a list" : "a table");
    }
    block->part = part;
    *parts |= UINT64_C(1) << part;
    return OUTCOME_OK;
}

static struct outcome read_block(struct book *book, struct yaml *yaml,
                                 const struct policy_node *node, enum letter_kind kind,
                                 struct block *block, uint64_t *parts)
{
    static const struct yaml_key keys[] = {[BLOCK_TEXT] = {"text", NODE_TEXT, false},
                                           [BLOCK_LIST] = {"list", NODE_TEXT, false},
                                           [BLOCK_TABLE] = {"table", NODE_TEXT, false}};
    const struct policy_node *values[3];
    unsigned given = 0;

    TRY(yaml_take(yaml, node, keys, 3, values));
    for (unsigned i = 0; i < 3; i++) {
        if (values[i] != NULL) {
            block->kind = (enum block_kind)i;
            given++;
        }
    }
    if (given != 1) {
        return yaml_refuse(yaml, node->place, "a part of the body is a text, a list or a table");
    }
    const struct policy_node *value = values[block->kind];
    if (block->kind != BLOCK_TEXT) {
        return read_part(yaml, value, kind, block, parts);
    }
    block->text = value->text;
    TRY(book_check_text(yaml, value, 1u << kind, parts));
    return book_draws(book, yaml, value);
}

static struct outcome read_body(struct book *book, struct yaml *yaml,
                                const struct policy_node *list, enum letter_kind kind,
                                struct template *template, uint64_t *parts)
{
    for (const struct policy_node *node = yaml_first(yaml, list); node != NULL;
         node = yaml_next(yaml, node)) {
        if (template->count == BOOK_BLOCKS_MAX) {
            return yaml_refuse(yaml, node->place, "the body has more parts than %d",
                               BOOK_BLOCKS_MAX);
        }
        TRY(read_block(book, yaml, node, kind, &template->blocks[template->count++], parts));
    }
    return OUTCOME_OK;
}

/* Invariant 1. */
static struct outcome check_needed(struct yaml *yaml, const struct policy_node *body,
                                   enum letter_kind kind, uint64_t parts)
{
    for (unsigned i = 0; i < PART_COUNT; i++) {
        const struct part_row *row = part_row((enum part)i);
        if ((row->needed & 1u << kind) != 0 && (parts >> i & 1) == 0) {
            return yaml_refuse(yaml, body->place, "a letter of kind `%s` must show `%s`",
                               kind_word(kind), row->name);
        }
    }
    return OUTCOME_OK;
}

enum { KEY_LETTER, KEY_TYPE, KEY_TITLE, KEY_ABSTRACT, KEY_TO, KEY_BODY, KEY_COUNT };

static struct outcome read_heads(struct book *book, struct yaml *yaml,
                                 const struct policy_node *const values[KEY_COUNT],
                                 enum letter_kind kind, struct template *template, uint64_t *parts)
{
    struct view *const texts[KEY_COUNT] = {[KEY_TYPE] = &template->type,
                                           [KEY_TITLE] = &template->title,
                                           [KEY_ABSTRACT] = &template->abstract,
                                           [KEY_TO] = &template->to};

    for (unsigned i = KEY_TYPE; i <= KEY_TO; i++) {
        uint64_t named = 0;
        TRY(book_check_text(yaml, values[i], 1u << kind, &named));
        TRY(book_draws(book, yaml, values[i]));
        if (i == KEY_TITLE && values[i]->text.len > PDF_TEXT_BYTES_MAX) {
            return yaml_refuse(yaml, values[i]->place, "the title is longer than %d bytes",
                               PDF_TEXT_BYTES_MAX); /* it is the signature's reason */
        }
        if (i != KEY_TO && named != 0) { /* what every letter of the kind is called */
            return yaml_refuse(yaml, values[i]->place, "parts stand in `to` and `body` alone");
        }
        *parts |= named;
        *texts[i] = values[i]->text;
    }
    return OUTCOME_OK;
}

struct outcome template_read(struct book *book, struct yaml *yaml)
{
    static const struct yaml_key keys[KEY_COUNT] = {
        [KEY_LETTER] = {"letter", NODE_TEXT, true}, [KEY_TYPE] = {"type", NODE_TEXT, true},
        [KEY_TITLE] = {"title", NODE_TEXT, true},   [KEY_ABSTRACT] = {"abstract", NODE_TEXT, true},
        [KEY_TO] = {"to", NODE_TEXT, true},         [KEY_BODY] = {"body", NODE_LIST, true},
    };
    const struct policy_node *values[KEY_COUNT];
    unsigned word = LETTER_KIND_COUNT;
    uint64_t parts = 0;

    TRY(yaml_take(yaml, yaml_root(yaml), keys, KEY_COUNT, values));
    if (!outcome_ok(words_find(&words_letter_kind, values[KEY_LETTER]->text, &word))) {
        return yaml_refuse(yaml, values[KEY_LETTER]->place, "no kind of letters is called `%s`",
                           policy_quote(values[KEY_LETTER]->text).text);
    }
    enum letter_kind kind = (enum letter_kind)word;
    struct template *template = &book->templates[kind];
    if (template->loaded) {
        return yaml_refuse(yaml, values[KEY_LETTER]->place,
                           "letters of kind `%s` have a second "
                           "template",
                           kind_word(kind));
    }
    TRY(read_heads(book, yaml, values, kind, template, &parts));
    TRY(read_body(book, yaml, values[KEY_BODY], kind, template, &parts));
    TRY(check_needed(yaml, values[KEY_BODY], kind, parts));
    template->loaded = true;
    return OUTCOME_OK;
}
