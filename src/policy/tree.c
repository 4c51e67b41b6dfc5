/*
 * YAML to nodes, by the library's events; nothing of the library lives on after the call.
 *
 * Invariants
 *  1. What the library is given is UTF-8 whose only control character is the line feed, ends in a
 *     NUL, and has no directive line: the odd corners of YAML are closed before it starts.
 *  2. Aliases do not exist here, so a file never grows when it is read.
 *  3. Depth, number of nodes, size of the file and of the texts have ceilings.
 *  4. nodes[i].first and .next are 0 or greater than i: a walk ends.
 */
#include "policy/tree.h"

#include "base/check.h"

#include <libfyaml.h>
#include <stdarg.h>
#include <stdio.h>

#define NODES_FIRST 256
#define QUOTED_BYTES_MAX 80

struct reader {
    const struct policy_file *file;
    struct arena *texts;
    struct policy_tree *tree;
    struct policy_error *error;
    struct fy_parser *parser;
    struct fy_diag *diag;
    uint32_t open[POLICY_DEPTH_MAX]; /* containers that are not closed yet */
    uint32_t last[POLICY_DEPTH_MAX]; /* their latest child */
    uint32_t children[POLICY_DEPTH_MAX];
    unsigned depth;
    unsigned documents;
    struct policy_place place; /* of the event in hand */
};

void policy_error_write(struct policy_error *ret_error, const char *file, struct policy_place place,
                        const char *format, va_list arguments)
{
    int prefix = snprintf(ret_error->text, sizeof(ret_error->text), "%s:%u:%u: ", file, place.line,
                          place.column);
    CHECK(prefix > 0 && (size_t)prefix < sizeof(ret_error->text));
    int rest = vsnprintf(ret_error->text + prefix, sizeof(ret_error->text) - (size_t)prefix, format,
                         arguments);
    CHECK(rest > 0);
}

struct policy_quoted policy_quote(struct view foreign)
{
    struct policy_quoted quoted = {0};
    size_t len = foreign.len;

    if (len > QUOTED_BYTES_MAX) {
        len = QUOTED_BYTES_MAX;
        while (len > 0 && (foreign.data[len] & 0xc0) == 0x80) {
            len--; /* not through the middle of a character */
        }
    }
    for (size_t i = 0; i < len; i++) {
        uint8_t byte = foreign.data[i];
        quoted.text[i] = (char)(byte < 0x20 || byte == 0x7f ? '?' : byte);
    }
    if (len < foreign.len) {
        (void)snprintf(quoted.text + len, sizeof(quoted.text) - len, "...");
    }
    return quoted;
}

__attribute__((format(printf, 3, 4))) static struct outcome
refuse(struct reader *reader, struct policy_place place, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    policy_error_write(reader->error, reader->file->name, place, format, arguments);
    va_end(arguments);
    return outcome_fail(FAULT_BAD_INPUT, "policy file");
}

static struct outcome over_limit(struct reader *reader, const char *what, unsigned limit)
{
    outcome_ignore(refuse(reader, reader->place, "%s than %u", what, limit));
    return outcome_fail(FAULT_OVER_LIMIT, "policy file");
}

/* Characters that only an attack or an accident puts into a table: controls, and what YAML or an
 * editor takes for a line end or for nothing at all. */
static bool line_clean(struct view line)
{
    static const struct view odd[] = {
        {(const uint8_t *)"\xc2\x85", 2},     /* next line */
        {(const uint8_t *)"\xe2\x80\xa8", 3}, /* line separator */
        {(const uint8_t *)"\xe2\x80\xa9", 3}, /* paragraph separator */
        {(const uint8_t *)"\xef\xbb\xbf", 3}, /* byte order mark */
    };

    for (size_t i = 0; i < line.len; i++) {
        uint8_t byte = line.data[i];
        if (byte < 0x20 || byte == 0x7f) {
            return false;
        }
        for (size_t k = 0; byte >= 0x80 && k < sizeof(odd) / sizeof(odd[0]); k++) {
            if (view_starts(view_part(line, i, line.len - i), odd[k])) {
                return false;
            }
        }
    }
    return true;
}

/* Invariant 1. */
static struct outcome check_text(struct reader *reader, struct view content)
{
    struct policy_place place = {.line = 1, .column = 1};

    reader->place = place;
    if (content.len > POLICY_FILE_BYTES_MAX) {
        return over_limit(reader, "the file is longer, in bytes,", POLICY_FILE_BYTES_MAX);
    }
    for (size_t from = 0; from < content.len; place.line++) {
        size_t end = view_find(content, from, '\n');
        struct view line = view_part(content, from, end - from);
        if (!utf8_valid(line)) {
            return refuse(reader, place, "the line is not UTF-8");
        }
        if (!line_clean(line)) {
            return refuse(reader, place, "the line has a control character");
        }
        if (view_starts(line, VIEW_LITERAL("%"))) {
            return refuse(reader, place, "directives are not allowed");
        }
        from = end + 1;
    }
    return OUTCOME_OK;
}

static struct outcome node_add(struct reader *reader, enum policy_node_kind kind,
                               uint32_t *ret_index)
{
    struct policy_tree *tree = reader->tree;

    if (tree->count >= POLICY_NODES_MAX) {
        return over_limit(reader, "the file has more values", POLICY_NODES_MAX);
    }
    if (tree->count == tree->cap) {
        uint32_t cap = tree->cap * 2;
        struct policy_node *nodes = memory_resize(tree->nodes, cap, sizeof(*nodes));
        if (nodes == NULL) {
            return outcome_fail(FAULT_NO_MEMORY, "policy nodes");
        }
        tree->nodes = nodes;
        tree->cap = cap;
    }
    uint32_t index = tree->count++;
    tree->nodes[index] = (struct policy_node){.kind = kind, .place = reader->place};
    if (reader->depth > 0) {
        unsigned top = reader->depth - 1;
        struct policy_node *parent = &tree->nodes[reader->open[top]];
        if (reader->last[top] == 0) {
            parent->first = index;
        } else {
            tree->nodes[reader->last[top]].next = index;
        }
        tree->nodes[index].is_key = parent->kind == NODE_MAP && reader->children[top] % 2 == 0;
        reader->last[top] = index;
        reader->children[top]++;
    }
    *ret_index = index;
    return OUTCOME_OK;
}

static struct outcome take_text(struct reader *reader, struct fy_event *event)
{
    uint32_t index = 0;
    size_t len = 0;
    struct fy_token *token = event->scalar.value;
    const char *text = token == NULL ? "" : fy_token_get_text(token, &len);

    if (text == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "policy text");
    }
    if (!line_clean(view_of(text, len))) {
        return refuse(reader, reader->place, "the text has a control character or a line end");
    }
    TRY(node_add(reader, NODE_TEXT, &index));
    uint8_t *copy = arena_take(reader->texts, len + 1);
    if (copy == NULL) {
        return over_limit(reader, "the policy's texts are longer, in bytes,",
                          POLICY_TEXTS_BYTES_MAX);
    }
    for (size_t i = 0; i < len; i++) {
        copy[i] = (uint8_t)text[i];
    }
    copy[len] = 0;
    reader->tree->nodes[index].text = view_of(copy, len);
    reader->tree->nodes[index].plain = token == NULL || fy_token_scalar_style(token) == FYSS_PLAIN;
    return OUTCOME_OK;
}

static struct outcome take_open(struct reader *reader, enum policy_node_kind kind)
{
    uint32_t index = 0;

    if (reader->depth == POLICY_DEPTH_MAX) {
        return over_limit(reader, "tables are nested deeper", POLICY_DEPTH_MAX);
    }
    TRY(node_add(reader, kind, &index));
    if (reader->tree->nodes[index].is_key) {
        return refuse(reader, reader->place, "a table cannot be a key");
    }
    reader->open[reader->depth] = index;
    reader->last[reader->depth] = 0;
    reader->children[reader->depth] = 0;
    reader->depth++;
    return OUTCOME_OK;
}

/* The library counts from 0, and points `skipped` characters behind where the thing begins. */
static struct policy_place place_of(const struct fy_mark *mark, unsigned skipped)
{
    return (struct policy_place){.line = (uint32_t)mark->line + 1,
                                 .column = (uint32_t)mark->column + 1 - skipped};
}

/* Anchors and tags stand before the value, and the place told is theirs. */
static struct outcome refuse_token(struct reader *reader, struct fy_token *token, const char *what,
                                   unsigned skipped)
{
    const struct fy_mark *mark = fy_token_start_mark(token);

    if (mark != NULL) {
        reader->place = place_of(mark, skipped);
    }
    return refuse(reader, reader->place, "%s are not allowed", what);
}

static struct outcome take_event(struct reader *reader, struct fy_event *event)
{
    struct fy_token *anchor = fy_event_get_anchor_token(event);
    struct fy_token *tag = fy_event_get_tag_token(event);

    if (anchor != NULL || tag != NULL) {
        return anchor != NULL ? refuse_token(reader, anchor, "anchors", 1)
                              : refuse_token(reader, tag, "tags", 0);
    }
    switch (event->type) {
    case FYET_SCALAR:
    case FYET_MAPPING_START:
    case FYET_SEQUENCE_START:
        return event->type == FYET_SCALAR
                   ? take_text(reader, event)
                   : take_open(reader, event->type == FYET_MAPPING_START ? NODE_MAP : NODE_LIST);
    case FYET_MAPPING_END:
    case FYET_SEQUENCE_END:
        CHECK(reader->depth > 0);
        reader->depth--;
        return OUTCOME_OK;
    case FYET_DOCUMENT_START:
        if (++reader->documents > 1) {
            return refuse(reader, reader->place, "there is more than one document");
        }
        return OUTCOME_OK;
    case FYET_ALIAS:
        return refuse_token(reader, event->alias.anchor, "aliases", 1);
    default:
        return OUTCOME_OK;
    }
}

/* Where the event stands; empty values have no place of their own and take the one before. */
static void place_event(struct reader *reader, struct fy_event *event)
{
    const struct fy_mark *mark = fy_event_start_mark(event);

    if (mark == NULL) {
        return;
    }
    enum fy_scalar_style style = FYSS_ANY;
    if (event->type == FYET_SCALAR) {
        style = fy_token_scalar_style(event->scalar.value);
    }
    bool quoted = style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED;
    reader->place = place_of(mark, quoted ? 1 : 0); /* from behind the quotation mark */
}

/* The library stopped before the end: out of memory, or a syntax error of which it kept the place.
 */
static struct outcome stopped(struct reader *reader)
{
    void *previous = NULL;
    const struct fy_diag_error *error = fy_diag_errors_iterate(reader->diag, &previous);

    if (error == NULL) {
        return refuse(reader, reader->place, "this is not YAML");
    }
    struct policy_place place = {.line = (uint32_t)error->line, .column = (uint32_t)error->column};
    struct policy_quoted message = policy_quote(view_text(error->msg));
    return refuse(reader, place, "this is not YAML (%s)", message.text);
}

static struct outcome read_events(struct reader *reader)
{
    bool ended = false;

    while (!ended) {
        struct fy_event *event = fy_parser_parse(reader->parser);
        if (event == NULL) { /* whatever the reason: half a file is none */
            return stopped(reader);
        }
        ended = event->type == FYET_STREAM_END;
        place_event(reader, event);
        struct outcome outcome = take_event(reader, event);
        fy_parser_event_free(reader->parser, event);
        TRY(outcome);
    }
    return OUTCOME_OK;
}

static void swallow(struct fy_diag *diag, void *user, const char *text, size_t len)
{
    (void)diag, (void)user, (void)text, (void)len;
}

static struct outcome read_text(struct reader *reader, struct view content)
{
    struct fy_diag_cfg quiet = {0};

    fy_diag_cfg_default(&quiet);
    quiet.fp = NULL;
    quiet.output_fn = swallow;
    quiet.show_source = false;
    reader->diag = fy_diag_create(&quiet);
    if (reader->diag == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "policy parser");
    }
    fy_diag_set_collect_errors(reader->diag, true);
    struct fy_parse_cfg config = {.flags = FYPCF_DISABLE_RECYCLING, .diag = reader->diag};
    struct outcome outcome = outcome_fail(FAULT_NO_MEMORY, "policy parser");
    reader->parser = fy_parser_create(&config);
    if (reader->parser != NULL &&
        fy_parser_set_string(reader->parser, (const char *)content.data, content.len) == 0) {
        outcome = read_events(reader);
    }
    fy_parser_destroy(reader->parser);
    fy_diag_destroy(reader->diag);
    return outcome;
}

static struct outcome parse(struct reader *reader)
{
    struct view content = reader->file->content;

    TRY(check_text(reader, content));
    reader->tree->nodes = memory_new(NODES_FIRST, sizeof(struct policy_node));
    /* The library looks at the byte behind the text, so it gets a copy that has one. */
    MEMORY_AUTO uint8_t *copy = memory_new(content.len + 1, 1);
    if (reader->tree->nodes == NULL || copy == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "policy file");
    }
    reader->tree->cap = NODES_FIRST;
    reader->tree->count = 1;
    for (size_t i = 0; i < content.len; i++) {
        copy[i] = content.data[i];
    }
    TRY(read_text(reader, view_of(copy, content.len)));
    if (reader->tree->count == 1) {
        return refuse(reader, (struct policy_place){1, 1}, "the file is empty");
    }
    return OUTCOME_OK;
}

struct outcome policy_tree_parse(const struct policy_file *file, struct arena *texts,
                                 struct policy_tree *ret_tree, struct policy_error *ret_error)
{
    struct policy_tree tree = {0};
    struct reader reader = {.file = file, .texts = texts, .tree = &tree, .error = ret_error};
    struct outcome outcome = parse(&reader);

    if (!outcome_ok(outcome)) {
        policy_tree_done(&tree);
        return outcome;
    }
    CHECK(reader.depth == 0);
    *ret_tree = tree;
    return OUTCOME_OK;
}

void policy_tree_done(struct policy_tree *tree)
{
    if (tree == NULL) {
        return;
    }
    memory_free(tree->nodes);
    *tree = (struct policy_tree){0};
}

const struct policy_node *policy_tree_node(const struct policy_tree *tree, uint32_t index)
{
    CHECK(index < tree->count);
    return index == 0 ? NULL : &tree->nodes[index];
}
