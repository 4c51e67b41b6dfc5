/*
 * The content of a sheet of a statement, read strictly.
 *
 * Invariant 1: every text that is let through has the shape of one (domain/letter_text.h).
 */
#include "channel/letter/listing.h"

#include "base/check.h"
#include "domain/letter_text.h"

#include <stdio.h>

enum {
    TOP_COUNT,
    TOP_ID,
    TOP_KIND,
    TOP_MAP,
    TOP_ORIGIN,
    TOP_PERSON,
    TOP_ROWS,
    TOP_SHEET,
    TOP_SIGNED,
    TOP_TIME,
    TOP_TOTAL,
    TOP_V,
    TOP_YEAR,
    TOP_MEMBERS
};
static const struct json_row top_rows[TOP_MEMBERS] = {
    [TOP_COUNT] = {"count", JSON_INTEGER_BIT, true},
    [TOP_ID] = {"id", JSON_STRING_BIT, true},
    [TOP_KIND] = {"kind", JSON_STRING_BIT, true},
    [TOP_MAP] = {"map", JSON_OBJECT_BIT | JSON_NULL_BIT, true},
    [TOP_ORIGIN] = {"origin", JSON_STRING_BIT, true},
    [TOP_PERSON] = {"person", JSON_STRING_BIT, true},
    [TOP_ROWS] = {"rows", JSON_ARRAY_BIT, true},
    [TOP_SHEET] = {"sheet", JSON_INTEGER_BIT, true},
    [TOP_SIGNED] = {"signed", JSON_BOOLEAN_BIT, true},
    [TOP_TIME] = {"time", JSON_STRING_BIT, true},
    [TOP_TOTAL] = {"total", JSON_INTEGER_BIT, true},
    [TOP_V] = {"v", JSON_INTEGER_BIT, true},
    [TOP_YEAR] = {"year", JSON_STRING_BIT | JSON_NULL_BIT, true},
};
static const struct json_row map_rows[] = {
    {"chain", JSON_STRING_BIT | JSON_NULL_BIT, true},
    {"checkpoint", JSON_OBJECT_BIT, true},
    {"count", JSON_INTEGER_BIT, true},
    {"day", JSON_STRING_BIT, true},
    {"entry", JSON_INTEGER_BIT, true},
    {"root", JSON_STRING_BIT, true},
    {"size", JSON_INTEGER_BIT, true},
};
static const enum listing_name map_names[] = {
    LISTING_NAME_MAP_CHAIN, LISTING_NAME_COUNT,    LISTING_NAME_MAP_COUNT, LISTING_NAME_MAP_DAY,
    LISTING_NAME_MAP_ENTRY, LISTING_NAME_MAP_ROOT, LISTING_NAME_MAP_SIZE,
};
#define MAP_ROWS (sizeof(map_rows) / sizeof(map_rows[0]))
#define MAP_CHECKPOINT 1
static const struct json_row checkpoint_rows[] = {{"root", JSON_STRING_BIT, true},
                                                  {"size", JSON_STRING_BIT, true}};

static struct outcome refuse(const struct listing_content *content, const struct json_node *node,
                             const char *reason, struct content_fault *ret_fault)
{
    return content_refuse(&content->base, node, reason, ret_fault);
}

static struct outcome take(const struct listing_content *content, const struct json_node *object,
                           const struct json_row *rows, unsigned count,
                           const struct json_node **ret_values, struct content_fault *ret_fault)
{
    struct json_fault fault = {0};

    return outcome_ok(json_take(object, rows, count, ret_values, &fault))
               ? OUTCOME_OK
               : refuse(content, object, "members other than it has", ret_fault);
}

static struct outcome take_map(struct listing_content *content, const struct json_node *map,
                               struct content_fault *ret_fault)
{
    const struct json_node *values[MAP_ROWS];
    const struct json_node *checkpoint[2];

    TRY(take(content, map, map_rows, MAP_ROWS, values, ret_fault));
    TRY(take(content, values[MAP_CHECKPOINT], checkpoint_rows, 2, checkpoint, ret_fault));
    for (unsigned i = 0; i < MAP_ROWS; i++) {
        if (i != MAP_CHECKPOINT && values[i]->kind != JSON_KIND_NULL) {
            content->texts[map_names[i]] = values[i];
        }
    }
    content->texts[LISTING_NAME_CHECKPOINT_ROOT] = checkpoint[0];
    content->texts[LISTING_NAME_CHECKPOINT_SIZE] = checkpoint[1];
    content->map = map;
    return OUTCOME_OK;
}

/* Invariant 1. */
static struct outcome check_texts(const struct listing_content *content,
                                  struct content_fault *ret_fault)
{
    const struct json_doc *doc = &content->base.doc;

    for (unsigned i = 0; i < doc->count; i++) {
        const struct json_node *node = &doc->nodes[i];
        const char *fault = node->kind == JSON_KIND_STRING
                                ? letter_text_fault(node->text, LETTER_TEXT_BYTES_MAX)
                                : NULL;
        if (fault != NULL) {
            return refuse(content, node, fault, ret_fault);
        }
    }
    return OUTCOME_OK;
}

static struct outcome take_top(struct listing_content *content,
                               const struct json_node *const values[TOP_MEMBERS],
                               struct content_fault *ret_fault)
{
    static const struct {
        unsigned member;
        enum listing_name name;
    } plain[] = {
        {TOP_COUNT, LISTING_NAME_ALL},     {TOP_ID, LISTING_NAME_ID},
        {TOP_ORIGIN, LISTING_NAME_ORIGIN}, {TOP_PERSON, LISTING_NAME_PERSON},
        {TOP_SHEET, LISTING_NAME_SHEET},   {TOP_TOTAL, LISTING_NAME_TOTAL},
        {TOP_YEAR, LISTING_NAME_YEAR},
    };

    if (json_integer_of(values[TOP_V]) != 1 || !view_is(values[TOP_KIND]->text, "statement")) {
        return refuse(content, values[TOP_V], "not a statement that is known here", ret_fault);
    }
    for (unsigned i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
        const struct json_node *node = values[plain[i].member];
        if (node->kind != JSON_KIND_NULL) {
            content->texts[plain[i].name] = node;
        }
    }
    if (json_integer_of(values[TOP_SHEET]) < 1 || json_integer_of(values[TOP_TOTAL]) < 0 ||
        values[TOP_ROWS]->count > STATEMENT_PAPER_ROWS_MAX) {
        return refuse(content, values[TOP_ROWS], "no such sheet", ret_fault);
    }
    content->is_signed = values[TOP_SIGNED]->truth;
    content->rows = values[TOP_ROWS];
    TRY(content_take_time(&content->base, values[TOP_TIME], ret_fault));
    return values[TOP_MAP]->kind == JSON_KIND_NULL ? OUTCOME_OK
                                                   : take_map(content, values[TOP_MAP], ret_fault);
}

/* What a row says is looked up when it is drawn; that it is an object, here. */
static struct outcome check_rows(const struct listing_content *content,
                                 struct content_fault *ret_fault)
{
    for (const struct json_node *row = json_first(content->rows); row != NULL;
         row = json_next(content->rows, row)) {
        const struct json_node *place =
            row->kind == JSON_KIND_OBJECT ? json_member(row, "row") : NULL;
        if (place == NULL || place->kind != JSON_KIND_STRING || place->text.len != 16) {
            return refuse(content, row, "no row", ret_fault);
        }
    }
    return OUTCOME_OK;
}

struct outcome listing_read(struct view text, struct arena *arena,
                            struct listing_content *ret_content, struct content_fault *ret_fault)
{
    static const struct json_limits limits = {.bytes_max = STATEMENT_PAPER_BYTES_MAX,
                                              .depth_max = 8,
                                              .values_max = LISTING_VALUES_MAX,
                                              .members_max = 64};
    const struct json_node *values[TOP_MEMBERS];
    struct listing_content content = {0};
    struct json_fault fault = {0};

    if (!outcome_ok(json_parse(text, &limits, arena, &content.base.doc, &fault))) {
        (void)snprintf(ret_fault->why, sizeof(ret_fault->why), ": %s (byte %zu)", fault.reason,
                       fault.column);
        return outcome_fail(FAULT_BAD_INPUT, "content of a statement");
    }
    TRY(take(&content, content.base.doc.nodes, top_rows, TOP_MEMBERS, values, ret_fault));
    TRY(check_texts(&content, ret_fault));
    TRY(take_top(&content, values, ret_fault));
    TRY(check_rows(&content, ret_fault));
    *ret_content = content;
    return OUTCOME_OK;
}
