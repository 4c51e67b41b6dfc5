/*
 * PDF's objects, as far as it takes to find them.
 *
 * Invariants
 *  1. A reader goes forward only: whatever the text, no step reads it twice (but for the two
 * numbers that may make a reference).
 *  2. at <= text.len.
 */
#include "wire/pdf_object.h"

#include "base/check.h"

#define REFERENCE_MAX 9999999999

struct pdf_reader pdf_reader_at(struct view text, size_t at)
{
    CHECK(at <= text.len); /* invariant 2 */
    return (struct pdf_reader){.text = text, .at = at};
}

static bool is_space(uint8_t byte)
{
    return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t' || byte == '\f' || byte == 0;
}

static bool is_delimiter(uint8_t byte)
{
    return byte == '(' || byte == ')' || byte == '<' || byte == '>' || byte == '[' || byte == ']' ||
           byte == '{' || byte == '}' || byte == '/' || byte == '%';
}

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_hex(uint8_t byte)
{
    return is_digit(byte) || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
}

static bool has(const struct pdf_reader *reader)
{
    return reader->at < reader->text.len;
}

/* The byte to be read next, or one that is neither space nor part of any value. */
static uint8_t peek(const struct pdf_reader *reader)
{
    return has(reader) ? reader->text.data[reader->at] : ')';
}

void pdf_skip_space(struct pdf_reader *reader)
{
    bool comment = false;

    while (has(reader) && (comment || is_space(peek(reader)) || peek(reader) == '%')) {
        uint8_t byte = peek(reader);
        comment = byte == '%' || (comment && byte != '\n' && byte != '\r');
        reader->at++;
    }
}

bool pdf_skip(struct pdf_reader *reader, const char *text)
{
    struct view expected = view_text(text);
    struct view left = view_part(reader->text, reader->at, reader->text.len - reader->at);

    if (!view_starts(left, expected)) {
        return false;
    }
    reader->at += expected.len;
    return true;
}

bool pdf_read_number(struct pdf_reader *reader, uint64_t max, uint64_t *ret_number)
{
    size_t start = reader->at;

    while (is_digit(peek(reader))) {
        reader->at++;
    }
    return outcome_ok(
        decimal_get(view_part(reader->text, start, reader->at - start), max, ret_number));
}

/* Regular characters: a name behind its slash, a number, a word. */
static void skip_regular(struct pdf_reader *reader)
{
    while (has(reader) && !is_space(peek(reader)) && !is_delimiter(peek(reader))) {
        reader->at++;
    }
}

/* Behind `(`. */
static bool skip_string(struct pdf_reader *reader)
{
    size_t open = 1;

    while (has(reader) && open > 0) {
        uint8_t byte = peek(reader);
        open += byte == '(' ? 1 : 0;
        open -= byte == ')' ? 1 : 0;
        reader->at += byte == '\\' && reader->at + 1 < reader->text.len ? 2 : 1;
    }
    return open == 0;
}

/* Behind `<`. */
static bool skip_hex(struct pdf_reader *reader)
{
    while (has(reader) && (is_hex(peek(reader)) || is_space(peek(reader)))) {
        reader->at++;
    }
    return pdf_skip(reader, ">");
}

static bool skip_value(struct pdf_reader *reader, unsigned depth);

/* Behind `<<`; an entry's value is one. */
static bool skip_entry(struct pdf_reader *reader, unsigned depth, struct view *ret_name,
                       struct view *ret_value)
{
    size_t start = reader->at;

    if (!pdf_skip(reader, "/")) {
        return false;
    }
    skip_regular(reader);
    *ret_name = view_part(reader->text, start + 1, reader->at - start - 1);
    pdf_skip_space(reader);
    start = reader->at;
    bool good = skip_value(reader, depth);
    *ret_value = view_part(reader->text, start, reader->at - start);
    return good;
}

static bool skip_dict(struct pdf_reader *reader, unsigned depth)
{
    struct view name;
    struct view value;
    bool good = true;

    pdf_skip_space(reader);
    while (good && !pdf_skip(reader, ">>")) {
        good = skip_entry(reader, depth, &name, &value);
        pdf_skip_space(reader);
    }
    return good;
}

static bool skip_array(struct pdf_reader *reader, unsigned depth)
{
    bool good = true;

    pdf_skip_space(reader);
    while (good && !pdf_skip(reader, "]")) {
        good = skip_value(reader, depth);
        pdf_skip_space(reader);
    }
    return good;
}

/* A number, with what makes it a reference, or a word. */
static bool skip_word(struct pdf_reader *reader)
{
    size_t start = reader->at;
    uint64_t number = 0;

    skip_regular(reader);
    struct view word = view_part(reader->text, start, reader->at - start);
    struct pdf_reader ahead = *reader;
    pdf_skip_space(&ahead);
    if (outcome_ok(decimal_get(word, REFERENCE_MAX, &number)) &&
        pdf_read_number(&ahead, UINT16_MAX, &number)) {
        pdf_skip_space(&ahead);
        if (pdf_skip(&ahead, "R") &&
            (!has(&ahead) || is_space(peek(&ahead)) || is_delimiter(peek(&ahead)))) {
            *reader = ahead;
        }
    }
    return word.len > 0;
}

static bool skip_value(struct pdf_reader *reader, unsigned depth)
{
    if (depth == 0) {
        return false;
    }
    if (pdf_skip(reader, "<<")) {
        return skip_dict(reader, depth - 1);
    }
    if (pdf_skip(reader, "[")) {
        return skip_array(reader, depth - 1);
    }
    if (pdf_skip(reader, "<")) {
        return skip_hex(reader);
    }
    if (pdf_skip(reader, "(")) {
        return skip_string(reader);
    }
    if (pdf_skip(reader, "/")) {
        skip_regular(reader);
        return true;
    }
    return skip_word(reader);
}

bool pdf_read_value(struct pdf_reader *reader, struct view *ret_value)
{
    pdf_skip_space(reader);
    size_t start = reader->at;
    bool good = skip_value(reader, PDF_DEPTH_MAX);

    *ret_value = view_part(reader->text, start, reader->at - start);
    return good;
}

bool pdf_read_entry(struct pdf_reader *reader, bool *ret_good, struct view *ret_name,
                    struct view *ret_value)
{
    pdf_skip_space(reader);
    if (pdf_skip(reader, ">>")) {
        *ret_good = true;
        return false;
    }
    *ret_good = skip_entry(reader, PDF_DEPTH_MAX - 1, ret_name, ret_value);
    return *ret_good;
}

int pdf_dict_find(struct view dict, const char *name, struct view *ret_value)
{
    struct pdf_reader reader = pdf_reader_at(dict, 0);
    struct view found = {0};
    struct view entry;
    struct view value;
    bool good = pdf_skip(&reader, "<<");
    int count = 0;

    while (good && pdf_read_entry(&reader, &good, &entry, &value)) {
        if (view_is(entry, name)) {
            found = value;
            count++;
        }
    }
    if (!good || reader.at != dict.len) {
        return -1;
    }
    *ret_value = found;
    return count;
}

bool pdf_dict_get(struct view dict, const char *name, struct view *ret_value)
{
    return pdf_dict_find(dict, name, ret_value) == 1;
}

bool pdf_reference_get(struct view value, uint32_t *ret_number)
{
    struct pdf_reader reader = pdf_reader_at(value, 0);
    uint64_t number = 0;

    if (!pdf_read_number(&reader, UINT32_MAX, &number) || !pdf_skip(&reader, " 0 R") ||
        reader.at != value.len) {
        return false;
    }
    *ret_number = (uint32_t)number;
    return true;
}
