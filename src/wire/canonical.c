/*
 * Canonical JSON, walked over by place.
 *
 * Invariant: what canonical_valid() has accepted is the one way of writing its value, so that two
 * values are equal exactly when their bytes are.
 */
#include "wire/canonical.h"

#include "base/check.h"
#include "wire/json_string.h"

#define INTEGER_DIGITS_MAX 15

static uint8_t byte_at(struct view text, size_t at)
{
    return at < text.len ? text.data[at] : 0;
}

/* ---- Is it canonical? Each gives the place behind what it has read; 0: it is not. ---- */

/* Behind a backslash: the short escapes where there are any, lower-case hexadecimal elsewhere. */
static size_t escape_end(struct view text, size_t at)
{
    static const char shorts[] = "\"\\bfnrt";
    uint8_t first = byte_at(text, at);
    uint8_t value = 0;

    for (size_t i = 0; i < sizeof(shorts) - 1; i++) {
        if (first == (uint8_t)shorts[i]) {
            return at + 1;
        }
    }
    if (first != 'u' || text.len - at < 5 || text.data[at + 1] != '0' || text.data[at + 2] != '0' ||
        !outcome_ok(hex_get(view_part(text, at + 3, 2), &value, 1))) {
        return 0;
    }
    bool has_short = (value >= '\b' && value <= '\r' && value != '\v');
    bool lower = text.data[at + 4] < 'A' || text.data[at + 4] > 'F';
    return value == 0 || value >= ' ' || has_short || !lower ? 0 : at + 5;
}

static size_t string_end(struct view text, size_t at)
{
    while (at < text.len) {
        uint8_t byte = text.data[at];
        if (byte == '"') {
            return at + 1;
        }
        if (byte < ' ') {
            return 0;
        }
        at = byte == '\\' ? escape_end(text, at + 1) : at + 1;
        if (at == 0) {
            return 0;
        }
    }
    return 0;
}

static size_t integer_end(struct view text, size_t at)
{
    at += byte_at(text, at) == '-' ? 1 : 0;
    size_t first = at;
    while (byte_at(text, at) >= '0' && byte_at(text, at) <= '9') {
        at++;
    }
    size_t digits = at - first;
    bool zero = byte_at(text, first) == '0';
    bool minus = first > 0 && text.data[first - 1] == '-';
    return digits == 0 || digits > INTEGER_DIGITS_MAX || (zero && (digits > 1 || minus)) ? 0 : at;
}

static size_t word_end(struct view text, size_t at)
{
    static const char *const words[] = {"true", "false", "null"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        struct view word = view_text(words[i]);
        if (view_starts(view_part(text, at, text.len - at), word)) {
            return at + word.len;
        }
    }
    return 0;
}

/* A member's name and its colon; the name must come after the one before it. */
static size_t name_end(struct view text, size_t at, struct view *name)
{
    size_t first = at + 1;

    if (byte_at(text, at) != '"') {
        return 0;
    }
    at = first;
    while (byte_at(text, at) >= ' ' && byte_at(text, at) < 127 && text.data[at] != '"' &&
           text.data[at] != '\\') {
        at++;
    }
    struct view found = view_part(text, first, at - first);
    bool rises = name->data == NULL || view_compare(*name, found) < 0;
    *name = found;
    return rises && byte_at(text, at) == '"' && byte_at(text, at + 1) == ':' ? at + 2 : 0;
}

static size_t value_end(struct view text, size_t at, unsigned depth);

static size_t container_end(struct view text, size_t at, unsigned depth)
{
    bool object = text.data[at - 1] == '{';
    uint8_t close = object ? '}' : ']';
    struct view name = {0};

    if (depth == 0) {
        return 0;
    }
    if (byte_at(text, at) == close) {
        return at + 1;
    }
    for (;;) {
        at = object ? name_end(text, at, &name) : at;
        if (object && at == 0) {
            return 0;
        }
        at = value_end(text, at, depth - 1);
        uint8_t after = at == 0 ? 0 : byte_at(text, at);
        if (after != ',') {
            return after == close ? at + 1 : 0;
        }
        at++;
    }
}

/* Recurses no deeper than `depth`. */
static size_t value_end(struct view text, size_t at, unsigned depth)
{
    uint8_t first = byte_at(text, at);

    if (first == '"') {
        return string_end(text, at + 1);
    }
    if (first == '{' || first == '[') {
        return container_end(text, at + 1, depth);
    }
    if (first == '-' || (first >= '0' && first <= '9')) {
        return integer_end(text, at);
    }
    return at < text.len ? word_end(text, at) : 0;
}

bool canonical_valid(struct view text, unsigned depth_max)
{
    return text.len > 0 && utf8_valid(text) && value_end(text, 0, depth_max) == text.len;
}

/* ---- Its parts ---- */

/* The end of a value that is canonical: quotes and brackets tell it. */
static size_t part_end(struct view text, size_t at)
{
    unsigned open = 0;
    bool quoted = false;

    while (at < text.len) {
        uint8_t byte = text.data[at];
        if (quoted) {
            at += byte == '\\' ? 1 : 0;
            quoted = byte != '"';
        } else if (open == 0 && (byte == ',' || byte == '}' || byte == ']')) {
            return at;
        } else {
            quoted = byte == '"';
            open += byte == '{' || byte == '[' ? 1 : 0;
            open -= byte == '}' || byte == ']' ? 1 : 0;
        }
        at++;
    }
    return text.len;
}

/* Past the bracket or the comma; false at the closing bracket. */
static bool step(struct view container, size_t *at)
{
    *at += 1;
    return *at + 1 < container.len;
}

bool canonical_next_item(struct view array, size_t *at, struct view *ret_value)
{
    CHECK(array.len >= 2 && array.data[0] == '[');
    if (!step(array, at)) {
        return false;
    }
    size_t end = part_end(array, *at);
    *ret_value = view_part(array, *at, end - *at);
    *at = end;
    return true;
}

bool canonical_next_member(struct view object, size_t *at, struct view *ret_name,
                           struct view *ret_value)
{
    CHECK(object.len >= 2 && object.data[0] == '{');
    if (!step(object, at)) {
        return false;
    }
    size_t quote = view_find(object, *at + 1, '"');
    *ret_name = view_part(object, *at + 1, quote - *at - 1);
    size_t value = quote + 2;
    size_t end = part_end(object, value);
    *ret_value = view_part(object, value, end - value);
    *at = end;
    return true;
}

struct view canonical_member(struct view object, const char *name)
{
    struct view found;
    struct view value;
    size_t at = 0;

    while (canonical_next_member(object, &at, &found, &value)) {
        if (view_is(found, name)) {
            return value;
        }
    }
    return view_of(NULL, 0);
}

bool canonical_is_text(struct view value)
{
    return value.len >= 2 && value.data[0] == '"';
}

struct view canonical_text(struct view value, uint8_t *ret_text)
{
    size_t len = 0;
    size_t bad_at = 0;

    CHECK(canonical_is_text(value));
    bool good = json_unescape(view_part(value, 1, value.len - 2), ret_text, &len, &bad_at);
    CHECK(good);
    return view_of(ret_text, len);
}
