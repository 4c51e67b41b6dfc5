/*
 * Reads tables by their description.
 *
 * Invariants
 *  1. Every key of a map is a column or a section of its table, once; every column that is not
 *     optional is there. What is not understood is refused, never passed over.
 *  2. A row is handed to `take` only when all of its columns were read.
 *  3. A clause that a row names stands in the policy's table of clauses.
 */
#include "policy/rows.h"

#include "base/check.h"
#include "base/clock.h"

#include <stdalign.h>
#include <stdarg.h>

#define CODE_BYTES_MAX 32

struct outcome policy_refuse(struct policy_loader *loader, struct policy_place place,
                             const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    policy_error_write(loader->error, loader->file, place, format, arguments);
    va_end(arguments);
    return outcome_fail(FAULT_BAD_INPUT, "policy");
}

bool policy_row_has(const struct policy_row *row, const struct policy_column *columns,
                    unsigned count, const char *key)
{
    unsigned i = 0;

    while (strcmp(columns[i].key, key) != 0) {
        i++;
        CHECK(i < count);
    }
    return (row->given >> i & 1) != 0;
}

static const struct policy_node *child(const struct policy_loader *loader,
                                       const struct policy_node *node)
{
    return policy_tree_node(&loader->tree, node->first);
}

static const struct policy_node *next(const struct policy_loader *loader,
                                      const struct policy_node *node)
{
    return policy_tree_node(&loader->tree, node->next);
}

/* A reader of one kind of value. */
struct value {
    const char *key;
    const struct words *words;
    const struct policy_node *node;
    void *ret; /* member of the row */
};

static struct outcome refuse_value(struct policy_loader *loader, const struct value *value,
                                   const char *wanted)
{
    if (value->node->kind != NODE_TEXT) {
        return policy_refuse(loader, value->node->place, "`%s` must be %s, not a table", value->key,
                             wanted);
    }
    struct policy_quoted quoted = policy_quote(value->node->text);
    return policy_refuse(loader, value->node->place, "`%s` must be %s, not `%s`", value->key,
                         wanted, quoted.text);
}

static bool is_text(const struct policy_node *node)
{
    return node->kind == NODE_TEXT;
}

static bool is_null(const struct policy_node *node)
{
    return is_text(node) && node->plain &&
           (node->text.len == 0 || view_is(node->text, "null") || view_is(node->text, "~"));
}

static struct outcome read_text(struct policy_loader *loader, const struct value *value)
{
    if (!is_text(value->node) || is_null(value->node) || value->node->text.len == 0) {
        return refuse_value(loader, value, "a text");
    }
    *(const char **)value->ret = (const char *)value->node->text.data;
    return OUTCOME_OK;
}

static struct outcome read_code(struct policy_loader *loader, const struct value *value)
{
    struct view text = value->node->text;
    bool digits_only = true;

    if (!is_text(value->node) || text.len == 0 || text.len > CODE_BYTES_MAX) {
        return refuse_value(loader, value, "a short code");
    }
    for (size_t i = 0; i < text.len; i++) {
        uint8_t byte = text.data[i];
        bool digit = byte >= '0' && byte <= '9';
        bool letter = (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
        if (!digit && !letter && byte != '.' && byte != '_' && byte != '-') {
            return refuse_value(loader, value, "a code of letters, digits, `.`, `_` and `-`");
        }
        digits_only = digits_only && digit;
    }
    if (digits_only && value->node->plain) {
        /* Other readers of YAML would take 01 for the number 1. */
        return refuse_value(loader, value, "in quotes when it has digits only");
    }
    *(const char **)value->ret = (const char *)text.data;
    return OUTCOME_OK;
}

static struct outcome find_word(struct policy_loader *loader, const struct value *value,
                                const struct policy_node *node, unsigned *ret_word)
{
    struct value single = {.key = value->key, .node = node};

    if (!is_text(node)) {
        return refuse_value(loader, &single, "a word");
    }
    if (!outcome_ok(words_find(value->words, node->text, ret_word))) {
        struct policy_quoted quoted = policy_quote(node->text);
        return policy_refuse(loader, node->place, "unknown %s `%s`", value->key, quoted.text);
    }
    return OUTCOME_OK;
}

static struct outcome read_word(struct policy_loader *loader, const struct value *value)
{
    return find_word(loader, value, value->node, value->ret);
}

static struct outcome read_words(struct policy_loader *loader, const struct value *value)
{
    uint64_t mask = 0;

    if (value->node->kind != NODE_LIST) {
        return policy_refuse(loader, value->node->place, "`%s` must be a list of words",
                             value->key);
    }
    for (const struct policy_node *item = child(loader, value->node); item != NULL;
         item = next(loader, item)) {
        unsigned word = 0;
        TRY(find_word(loader, value, item, &word));
        CHECK(word < 64);
        if ((mask >> word & 1) != 0) {
            return policy_refuse(loader, item->place, "`%s` is named twice in `%s`",
                                 words_name(value->words, word), value->key);
        }
        mask |= UINT64_C(1) << word;
    }
    *(uint64_t *)value->ret = mask;
    return OUTCOME_OK;
}

static struct outcome read_bool(struct policy_loader *loader, const struct value *value)
{
    bool plain = is_text(value->node) && value->node->plain;

    if (!plain || (!view_is(value->node->text, "true") && !view_is(value->node->text, "false"))) {
        return refuse_value(loader, value, "true or false");
    }
    *(bool *)value->ret = view_is(value->node->text, "true");
    return OUTCOME_OK;
}

static struct outcome read_count(struct policy_loader *loader, const struct value *value)
{
    uint64_t count = 0;
    bool plain = is_text(value->node) && value->node->plain;

    if (!plain || !outcome_ok(decimal_get(value->node->text, INT32_MAX, &count))) {
        return refuse_value(loader, value, "a number");
    }
    *(uint64_t *)value->ret = count;
    return OUTCOME_OK;
}

static struct outcome read_date(struct policy_loader *loader, const struct value *value)
{
    struct date date = {0};

    if (!is_text(value->node) || !outcome_ok(date_get(value->node->text, &date))) {
        return refuse_value(loader, value, "a date like 2021-07-08");
    }
    *(int64_t *)value->ret = date_to_days(date);
    return OUTCOME_OK;
}

static struct outcome read_date_open(struct policy_loader *loader, const struct value *value)
{
    if (is_null(value->node)) {
        *(int64_t *)value->ret = POLICY_DAY_OPEN;
        return OUTCOME_OK;
    }
    return read_date(loader, value);
}

static struct outcome check_clause(struct policy_loader *loader, const struct policy_node *list,
                                   const struct policy_node *item)
{
    const struct policy *policy = loader->policy;
    bool known = false;

    for (unsigned i = 0; i < policy->clause_count && is_text(item); i++) {
        known = known || view_is(item->text, policy->clauses[i].id);
    }
    struct policy_quoted quoted = policy_quote(item->text);
    if (!known) {
        return policy_refuse(loader, item->place, "unknown clause `%s`", quoted.text);
    }
    for (const struct policy_node *other = child(loader, list); other != item;
         other = next(loader, other)) {
        if (view_equal(other->text, item->text)) {
            return policy_refuse(loader, item->place, "clause `%s` is named twice", quoted.text);
        }
    }
    return OUTCOME_OK;
}

static struct outcome read_clauses(struct policy_loader *loader, const struct value *value)
{
    size_t len = 0;

    if (value->node->kind != NODE_LIST || value->node->first == 0) {
        return policy_refuse(loader, value->node->place, "`%s` must be a list of clauses",
                             value->key);
    }
    for (const struct policy_node *item = child(loader, value->node); item != NULL;
         item = next(loader, item)) {
        TRY(check_clause(loader, value->node, item));
        len += item->text.len + strlen(", ");
    }
    char *joined = arena_take(&loader->policy->texts, len + 1);
    if (joined == NULL) {
        return policy_refuse(loader, value->node->place, "the policy's texts are too long");
    }
    size_t at = 0;
    for (const struct policy_node *item = child(loader, value->node); item != NULL;
         item = next(loader, item)) {
        int put = snprintf(joined + at, len + 1 - at, "%s%s", at == 0 ? "" : ", ",
                           (const char *)item->text.data);
        CHECK(put > 0 && (size_t)put <= len - at);
        at += (size_t)put;
    }
    *(const char **)value->ret = joined;
    return OUTCOME_OK;
}

static struct outcome (*const readers[COLUMN_KIND_COUNT])(struct policy_loader *loader,
                                                          const struct value *value) = {
    [COLUMN_TEXT] = read_text,       [COLUMN_CODE] = read_code,
    [COLUMN_WORD] = read_word,       [COLUMN_WORDS] = read_words,
    [COLUMN_BOOL] = read_bool,       [COLUMN_COUNT] = read_count,
    [COLUMN_DATE] = read_date,       [COLUMN_DATE_OPEN] = read_date_open,
    [COLUMN_CLAUSES] = read_clauses,
};

/* One map in hand: its columns, and for a file's head also the sections that may stand beside. */
struct map {
    const struct policy_node *node;
    const struct policy_column *columns;
    unsigned column_count;
    const struct policy_section *sections;
    unsigned section_count;
    const struct policy_node **section_nodes; /* found, one per section */
};

static struct outcome read_key(struct policy_loader *loader, const struct map *map,
                               const struct policy_node *key, struct policy_row *row)
{
    const struct policy_node *node = next(loader, key);

    for (unsigned i = 0; i < map->column_count; i++) {
        const struct policy_column *column = &map->columns[i];
        if (!view_is(key->text, column->key)) {
            continue;
        }
        if ((row->given >> i & 1) != 0) {
            return policy_refuse(loader, key->place, "`%s` stands twice", column->key);
        }
        row->given |= UINT32_C(1) << i;
        struct value value = {.key = column->key,
                              .words = column->words,
                              .node = node,
                              .ret = (uint8_t *)row + column->offset};
        return readers[column->kind](loader, &value);
    }
    for (unsigned i = 0; i < map->section_count; i++) {
        if (!view_is(key->text, map->sections[i].key)) {
            continue;
        }
        if (map->section_nodes[i] != NULL) {
            return policy_refuse(loader, key->place, "`%s` stands twice", map->sections[i].key);
        }
        if (node->kind != NODE_LIST) {
            return policy_refuse(loader, node->place, "`%s` must be a list of rows",
                                 map->sections[i].key);
        }
        map->section_nodes[i] = node;
        return OUTCOME_OK;
    }
    struct policy_quoted quoted = policy_quote(key->text);
    return policy_refuse(loader, key->place, "unknown word `%s`", quoted.text);
}

/* Invariant 1. */
static struct outcome read_map(struct policy_loader *loader, const struct map *map,
                               struct policy_row *row)
{
    row->place = map->node->place;
    if (map->node->kind != NODE_MAP) {
        return policy_refuse(loader, row->place, "here must stand a table of words and values");
    }
    for (const struct policy_node *key = child(loader, map->node); key != NULL;
         key = next(loader, next(loader, key))) {
        TRY(read_key(loader, map, key, row));
    }
    for (unsigned i = 0; i < map->column_count; i++) {
        if (!map->columns[i].optional && (row->given >> i & 1) == 0) {
            return policy_refuse(loader, row->place, "`%s` is missing", map->columns[i].key);
        }
    }
    for (unsigned i = 0; i < map->section_count; i++) {
        if (map->section_nodes[i] == NULL) {
            return policy_refuse(loader, row->place, "`%s` is missing", map->sections[i].key);
        }
    }
    return OUTCOME_OK;
}

static struct outcome read_section(struct policy_loader *loader,
                                   const struct policy_section *section,
                                   const struct policy_node *list)
{
    unsigned rows = 0;

    CHECK(section->row_size <= POLICY_ROW_BYTES_MAX);
    for (const struct policy_node *item = child(loader, list); item != NULL;
         item = next(loader, item)) {
        alignas(max_align_t) uint8_t row[POLICY_ROW_BYTES_MAX] = {0};
        struct map map = {
            .node = item, .columns = section->columns, .column_count = section->column_count};
        if (++rows > section->rows_max) {
            return policy_refuse(loader, item->place, "`%s` has more than %u rows", section->key,
                                 section->rows_max);
        }
        TRY(read_map(loader, &map, (struct policy_row *)row));
        TRY(section->take(loader, row));
    }
    return section->whole == NULL ? OUTCOME_OK : section->whole(loader, list->place);
}

#define SECTIONS_MAX 16

struct outcome policy_rows_read(struct policy_loader *loader,
                                const struct policy_file_schema *schema)
{
    const struct policy_node *section_nodes[SECTIONS_MAX] = {0};
    struct policy_row no_head = {0};
    struct map map = {.node = policy_tree_node(&loader->tree, 1),
                      .columns = schema->head_columns,
                      .column_count = schema->head_column_count,
                      .sections = schema->sections,
                      .section_count = schema->section_count,
                      .section_nodes = section_nodes};

    CHECK(schema->section_count <= SECTIONS_MAX);
    struct policy_row *head = &no_head;
    if (schema->head_column_count > 0) {
        head = (struct policy_row *)((uint8_t *)loader->policy + schema->head_offset);
    }
    TRY(read_map(loader, &map, head));
    for (unsigned i = 0; i < schema->section_count; i++) {
        TRY(read_section(loader, &schema->sections[i], section_nodes[i]));
    }
    return schema->whole == NULL ? OUTCOME_OK : schema->whole(loader);
}
