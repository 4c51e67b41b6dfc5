/*
 * `statement.yaml`, read strictly.
 *
 * Invariant 1: what is loaded has every name of LISTING_NAMES somewhere: what a statement proves is
 * never left out by a file.
 */
#include "channel/letter/book.h"
#include "channel/letter/listing.h"
#include "channel/yaml/yaml.h"

#include "base/check.h"

static const char *const names[LISTING_NAME_COUNT] = {
#define ROW(name, text) text,
    LISTING_NAMES(ROW)
#undef ROW
};

enum listing_name listing_name_find(struct view name)
{
    unsigned at = 0;

    while (at < LISTING_NAME_COUNT && !view_is(name, names[at])) {
        at++;
    }
    return (enum listing_name)at;
}

/* Every `{...}` of it is a name; tells which. */
static struct outcome check_text(struct yaml *yaml, const struct policy_node *node,
                                 uint64_t *ret_names)
{
    struct view text = node->text;

    for (size_t at = view_find(text, 0, '{'); at < text.len; at = view_find(text, at, '{')) {
        size_t end = view_find(text, at, '}');
        struct view name = view_part(text, at + 1, end - at - 1);
        enum listing_name found = end < text.len ? listing_name_find(name) : LISTING_NAME_COUNT;
        if (found == LISTING_NAME_COUNT) {
            return yaml_refuse(yaml, node->place, "a `{` that begins no name of a statement's");
        }
        *ret_names |= UINT64_C(1) << found;
        at = end;
    }
    return OUTCOME_OK;
}

static struct outcome take_text(struct book *book, struct yaml *yaml,
                                const struct policy_node *node, struct view *ret_text,
                                uint64_t *ret_names)
{
    TRY(check_text(yaml, node, ret_names));
    TRY(book_draws(book, yaml, node));
    *ret_text = node->text;
    return OUTCOME_OK;
}

static struct outcome take_list(struct book *book, struct yaml *yaml,
                                const struct policy_node *list, struct listing_lines *lines,
                                uint64_t *ret_names)
{
    for (const struct policy_node *node = yaml_first(yaml, list); node != NULL;
         node = yaml_next(yaml, node)) {
        if (node->kind != NODE_TEXT || node->text.len == 0) {
            return yaml_refuse(yaml, node->place, "not a text");
        }
        if (lines->count == LISTING_LINES_MAX) {
            return yaml_refuse(yaml, node->place, "there are more lines than %d",
                               LISTING_LINES_MAX);
        }
        TRY(take_text(book, yaml, node, &lines->lines[lines->count++], ret_names));
    }
    return OUTCOME_OK;
}

/* Invariant 1. */
static struct outcome check_whole(struct yaml *yaml, const struct listing *listing, uint64_t found)
{
    struct policy_place place = yaml_root(yaml)->place;

    if (listing->lists[LISTING_COLUMNS].count != 4) {
        return yaml_refuse(yaml, place, "`columns` has four heads");
    }
    for (unsigned i = 0; i < LISTING_NAME_COUNT; i++) {
        if ((found >> i & 1) == 0) {
            return yaml_refuse(yaml, place, "a statement must show `%s`", names[i]);
        }
    }
    return OUTCOME_OK;
}

struct outcome listing_load(struct book *book, struct yaml *yaml)
{
    enum { KEYS = LISTING_TEXT_COUNT + LISTING_LIST_COUNT };
    static const struct yaml_key keys[KEYS] = {
        [LISTING_TITLE] = {"title", NODE_TEXT, true},
        [LISTING_NO_MAP] = {"no_map", NODE_TEXT, true},
        [LISTING_SIGNED] = {"signed", NODE_TEXT, true},
        [LISTING_UNSIGNED] = {"unsigned", NODE_TEXT, true},
        [LISTING_TEXT_COUNT + LISTING_HEADING] = {"heading", NODE_LIST, true},
        [LISTING_TEXT_COUNT + LISTING_ABOUT] = {"about", NODE_LIST, true},
        [LISTING_TEXT_COUNT + LISTING_COLUMNS] = {"columns", NODE_LIST, true},
        [LISTING_TEXT_COUNT + LISTING_TIME] = {"time", NODE_LIST, true},
        [LISTING_TEXT_COUNT + LISTING_WHO] = {"who", NODE_LIST, true},
        [LISTING_TEXT_COUNT + LISTING_WHAT] = {"what", NODE_LIST, true},
        [LISTING_TEXT_COUNT + LISTING_PROOF] = {"proof", NODE_LIST, true},
    };
    const struct policy_node *values[KEYS];
    struct listing *listing = &book->listing;
    uint64_t found = 0;

    TRY(yaml_take(yaml, yaml_root(yaml), keys, KEYS, values));
    for (unsigned i = 0; i < LISTING_TEXT_COUNT; i++) {
        TRY(take_text(book, yaml, values[i], &listing->texts[i], &found));
    }
    for (unsigned i = 0; i < LISTING_LIST_COUNT; i++) {
        TRY(take_list(book, yaml, values[LISTING_TEXT_COUNT + i], &listing->lists[i], &found));
    }
    TRY(check_whole(yaml, listing, found));
    listing->loaded = true;
    return OUTCOME_OK;
}
