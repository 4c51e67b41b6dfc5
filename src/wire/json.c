/*
 * Strict reading of JSON into an array of values that know their places.
 *
 * Invariants
 *  1. reader.at <= text.len, and a byte is looked at only below text.len.
 *  2. nodes[open[i]] is a container, for every i < depth, each inside the one before.
 *  3. A node's span, end and count are final once it is closed; the span of an open container is 1.
 *  4. depth <= limits.depth_max, count <= room <= limits.values_max, members <= limits.members_max.
 *
 * There is no recursion: the containers that are open stand in a small stack of their own.
 */
#include "wire/json.h"

#include "base/check.h"
#include "wire/json_string.h"

#define INTEGER_MAX INT64_C(9007199254740991) /* 2^53 - 1, RFC 8785 section 3.2.2.3 */
#define INTEGER_DIGITS_MAX 16

/* What the grammar lets come next. */
enum step {
    STEP_VALUE, /* a value */
    STEP_FIRST, /* first item or member of the innermost container, or its end */
    STEP_NAME,  /* a member's name and its colon */
    STEP_AFTER, /* a comma or the end of the innermost container; outside all, the end */
    STEP_END,
};

struct reader {
    struct view text;
    size_t at;
    const struct json_limits *limits;
    struct arena *arena;
    struct json_node *nodes;
    unsigned room;
    unsigned count;
    uint32_t open[JSON_DEPTH_MAX];
    uint64_t
        named[JSON_DEPTH_MAX]; /* a bit for each name met in the open objects: see name_bit() */
    unsigned depth;
    struct view name; /* of the member whose value comes next */
    struct json_fault *fault;
};

static struct outcome refuse(struct reader *reader, enum fault fault, size_t at, const char *reason)
{
    size_t column = reader->text.len == 0 ? 0 : at + 1;
    *reader->fault = (struct json_fault){.reason = reason, .column = column};
    return outcome_fail(fault, reason);
}

static struct outcome refuse_here(struct reader *reader, const char *reason)
{
    return refuse(reader, FAULT_BAD_INPUT, reader->at, reason);
}

/* The byte at hand; 0, which is nowhere legal, at the end. */
static uint8_t peek(const struct reader *reader)
{
    return reader->at < reader->text.len ? reader->text.data[reader->at] : 0;
}

static void skip_space(struct reader *reader)
{
    for (; reader->at < reader->text.len; reader->at++) {
        uint8_t byte = reader->text.data[reader->at];
        if (byte != ' ' && byte != '\t' && byte != '\n' && byte != '\r') {
            return;
        }
    }
}

static struct json_node *innermost(const struct reader *reader)
{
    CHECK(reader->depth > 0); /* invariant 2 */
    return &reader->nodes[reader->open[reader->depth - 1]];
}

/* ---- Strings ---- */

static struct outcome decode(struct reader *reader, size_t start, struct view raw,
                             struct view *ret_text)
{
    uint8_t *bytes = arena_take(reader->arena, raw.len);
    size_t len = 0;
    size_t bad_at = 0;

    if (bytes == NULL) {
        return refuse(reader, FAULT_OVER_LIMIT, start, "too much text");
    }
    if (!json_unescape(raw, bytes, &len, &bad_at)) {
        return refuse(reader, FAULT_BAD_INPUT, start + bad_at,
                      "bad escape in a string (U+0000 and lone surrogates are refused)");
    }
    *ret_text = view_of(bytes, len);
    return OUTCOME_OK;
}

/* From the opening quote at hand to past the closing one. */
static struct outcome read_string(struct reader *reader, struct view *ret_text)
{
    const struct view text = reader->text;
    size_t start = reader->at + 1;
    size_t at = start;
    bool escaped = false;
    uint8_t high = 0;

    for (; at < text.len && text.data[at] != '"'; at++) {
        high |= text.data[at];
        if (text.data[at] < 0x20) {
            return refuse(reader, FAULT_BAD_INPUT, at, "control character in a string");
        }
        if (text.data[at] == '\\') {
            escaped = true;
            at++;
        }
    }
    if (at >= text.len) {
        return refuse_here(reader, "string without end");
    }
    struct view raw = view_part(text, start, at - start);
    if ((high & 0x80) != 0 && !utf8_valid(raw)) {
        return refuse_here(reader, "string that is not UTF-8");
    }
    if (escaped) {
        TRY(decode(reader, start, raw, &raw));
    }
    reader->at = at + 1;
    *ret_text = raw;
    return OUTCOME_OK;
}

/* ---- Values ---- */

static struct outcome node_add(struct reader *reader, enum json_kind kind,
                               struct json_node **ret_node)
{
    if (reader->count >= reader->room) {
        return refuse(reader, FAULT_OVER_LIMIT, reader->at, "too many values");
    }
    CHECK(reader->at < reader->text.len);
    struct json_node *node = &reader->nodes[reader->count++];
    *node = (struct json_node){
        .name = reader->name,
        .offset = (uint32_t)reader->at,
        .span = 1,
        .kind = (uint8_t)kind,
    };
    reader->name = view_of(NULL, 0);
    if (reader->depth > 0) {
        innermost(reader)->count++;
    }
    *ret_node = node;
    return OUTCOME_OK;
}

static void node_close(struct reader *reader, struct json_node *node)
{
    node->end = (uint32_t)reader->at;
    if (node->kind != JSON_KIND_STRING) {
        node->text = view_part(reader->text, node->offset, reader->at - node->offset);
    }
}

static struct outcome read_word(struct reader *reader, const char *word, enum json_kind kind,
                                bool truth)
{
    struct view expected = view_text(word);
    struct view rest = view_part(reader->text, reader->at, reader->text.len - reader->at);
    struct json_node *node = NULL;

    if (!view_starts(rest, expected)) {
        return refuse_here(reader, "not a value");
    }
    TRY(node_add(reader, kind, &node));
    node->truth = truth;
    reader->at += expected.len;
    node_close(reader, node);
    return OUTCOME_OK;
}

static size_t skip_digits(struct reader *reader)
{
    size_t start = reader->at;

    while (peek(reader) >= '0' && peek(reader) <= '9') {
        reader->at++;
    }
    return reader->at - start;
}

/* Digits without a leading zero, no more than 2^53 - 1. */
static bool integer_fits(struct view digits)
{
    int64_t value = 0;

    if (digits.len > INTEGER_DIGITS_MAX) {
        return false;
    }
    for (size_t i = 0; i < digits.len; i++) {
        value = value * 10 + (digits.data[i] - '0');
    }
    return value <= INTEGER_MAX;
}

/* RFC 8259 section 6. */
static struct outcome read_number(struct reader *reader)
{
    struct json_node *node = NULL;
    TRY(node_add(reader, JSON_KIND_INTEGER, &node));

    if (peek(reader) == '-') {
        reader->at++;
    }
    size_t first = reader->at;
    bool zero = peek(reader) == '0';
    size_t digits = skip_digits(reader);
    if (digits == 0 || (zero && digits > 1)) {
        return refuse_here(reader, "bad number");
    }
    if (!integer_fits(view_part(reader->text, first, digits))) {
        node->kind = JSON_KIND_NUMBER;
    }
    if (peek(reader) == '.') {
        node->kind = JSON_KIND_NUMBER;
        reader->at++;
        if (skip_digits(reader) == 0) {
            return refuse_here(reader, "bad number");
        }
    }
    if (peek(reader) == 'e' || peek(reader) == 'E') {
        node->kind = JSON_KIND_NUMBER;
        reader->at++;
        if (peek(reader) == '+' || peek(reader) == '-') {
            reader->at++;
        }
        if (skip_digits(reader) == 0) {
            return refuse_here(reader, "bad number");
        }
    }
    node_close(reader, node);
    return OUTCOME_OK;
}

static struct outcome read_string_value(struct reader *reader)
{
    struct json_node *node = NULL;
    TRY(node_add(reader, JSON_KIND_STRING, &node));
    TRY(read_string(reader, &node->text));
    node_close(reader, node);
    return OUTCOME_OK;
}

static struct outcome container_open(struct reader *reader, enum json_kind kind)
{
    struct json_node *node = NULL;

    if (reader->depth >= reader->limits->depth_max) {
        return refuse(reader, FAULT_OVER_LIMIT, reader->at, "too deep");
    }
    TRY(node_add(reader, kind, &node));
    reader->named[reader->depth] = 0;
    reader->open[reader->depth++] = reader->count - 1;
    reader->at++;
    return OUTCOME_OK;
}

static void container_close(struct reader *reader)
{
    struct json_node *node = innermost(reader);

    reader->at++;
    node->span = reader->count - reader->open[reader->depth - 1];
    node_close(reader, node);
    reader->depth--;
}

/* ---- Steps ---- */

static struct outcome step_value(struct reader *reader, enum step *ret_next)
{
    uint8_t byte = peek(reader);

    *ret_next = STEP_AFTER;
    switch (byte) {
    case '{':
        *ret_next = STEP_FIRST;
        return container_open(reader, JSON_KIND_OBJECT);
    case '[':
        *ret_next = STEP_FIRST;
        return container_open(reader, JSON_KIND_ARRAY);
    case '"':
        return read_string_value(reader);
    case 't':
        return read_word(reader, "true", JSON_KIND_BOOLEAN, true);
    case 'f':
        return read_word(reader, "false", JSON_KIND_BOOLEAN, false);
    case 'n':
        return read_word(reader, "null", JSON_KIND_NULL, false);
    default:
        if (byte == '-' || (byte >= '0' && byte <= '9')) {
            return read_number(reader);
        }
        return refuse_here(reader, "not a value");
    }
}

static uint8_t closing(const struct reader *reader)
{
    return innermost(reader)->kind == JSON_KIND_OBJECT ? '}' : ']';
}

static enum step step_member(const struct reader *reader)
{
    return innermost(reader)->kind == JSON_KIND_OBJECT ? STEP_NAME : STEP_VALUE;
}

static struct outcome step_first(struct reader *reader, enum step *ret_next)
{
    if (peek(reader) == closing(reader)) {
        container_close(reader);
        *ret_next = STEP_AFTER;
        return OUTCOME_OK;
    }
    *ret_next = step_member(reader);
    return OUTCOME_OK;
}

/* Two names with different bits differ; those with the same must be compared. */
static uint64_t name_bit(struct view name)
{
    unsigned sum = (unsigned)name.len;

    if (name.len > 0) {
        sum = sum * 7 + name.data[0] + name.data[name.len / 2] * 5u + name.data[name.len - 1] * 3u;
    }
    return UINT64_C(1) << (sum & 63);
}

static bool name_taken(struct reader *reader, struct view name)
{
    const struct json_node *object = innermost(reader);
    uint64_t *named = &reader->named[reader->depth - 1];
    uint64_t bit = name_bit(name);
    uint32_t at = reader->open[reader->depth - 1] + 1;

    if ((*named & bit) == 0) {
        *named |= bit;
        return false;
    }
    for (unsigned i = 0; i < object->count; i++) {
        if (view_equal(reader->nodes[at].name, name)) {
            return true;
        }
        at += reader->nodes[at].span;
    }
    return false;
}

static struct outcome step_name(struct reader *reader, enum step *ret_next)
{
    size_t start = reader->at;
    struct view name = {0};

    if (peek(reader) != '"') {
        return refuse_here(reader, "member's name expected");
    }
    if (innermost(reader)->count >= reader->limits->members_max) {
        return refuse(reader, FAULT_OVER_LIMIT, start, "too many members");
    }
    TRY(read_string(reader, &name));
    if (name_taken(reader, name)) {
        return refuse(reader, FAULT_BAD_INPUT, start, "member twice");
    }
    skip_space(reader);
    if (peek(reader) != ':') {
        return refuse_here(reader, "colon expected");
    }
    reader->at++;
    reader->name = name;
    *ret_next = STEP_VALUE;
    return OUTCOME_OK;
}

static struct outcome step_after(struct reader *reader, enum step *ret_next)
{
    if (reader->depth == 0) {
        *ret_next = STEP_END;
        return reader->at == reader->text.len ? OUTCOME_OK
                                              : refuse_here(reader, "more after the value");
    }
    if (peek(reader) == ',') {
        reader->at++;
        *ret_next = step_member(reader);
        return OUTCOME_OK;
    }
    if (peek(reader) == closing(reader)) {
        container_close(reader);
        *ret_next = STEP_AFTER;
        return OUTCOME_OK;
    }
    return refuse_here(reader, "comma or closing bracket expected");
}

static struct outcome read_all(struct reader *reader)
{
    static struct outcome (*const steps[STEP_END])(struct reader * reader, enum step * ret_next) = {
        [STEP_VALUE] = step_value,
        [STEP_FIRST] = step_first,
        [STEP_NAME] = step_name,
        [STEP_AFTER] = step_after,
    };
    enum step step = STEP_VALUE;

    while (step != STEP_END) {
        skip_space(reader);
        TRY(steps[step](reader, &step));
        CHECK(reader->at <= reader->text.len); /* invariant 1 */
    }
    return OUTCOME_OK;
}

struct outcome json_parse(struct view text, const struct json_limits *limits, struct arena *arena,
                          struct json_doc *ret_doc, struct json_fault *ret_fault)
{
    CHECK(limits->depth_max <= JSON_DEPTH_MAX && limits->members_max <= JSON_MEMBERS_MAX);
    CHECK(limits->values_max > 0 && limits->values_max <= UINT16_MAX);
    CHECK(limits->bytes_max <= UINT32_MAX);
    struct reader reader = {.text = text, .limits = limits, .arena = arena, .fault = ret_fault};

    if (text.len > limits->bytes_max) {
        return refuse(&reader, FAULT_OVER_LIMIT, limits->bytes_max, "too long");
    }
    /* A value takes a byte, and a byte parts it from the next. */
    size_t room = text.len / 2 + 2;
    reader.room = room < limits->values_max ? (unsigned)room : limits->values_max;
    reader.nodes = arena_take(arena, reader.room * sizeof(struct json_node));
    if (reader.nodes == NULL) {
        return refuse(&reader, FAULT_OVER_LIMIT, 0, "too much text");
    }
    TRY(read_all(&reader));
    CHECK(reader.depth == 0 && reader.count > 0 && reader.nodes[0].span == reader.count);
    *ret_doc = (struct json_doc){.text = text, .nodes = reader.nodes, .count = reader.count};
    return OUTCOME_OK;
}
