/*
 * Escapes of JSON strings, read and written.
 *
 * Invariants
 *  1. What is decoded is never longer than what it was decoded from.
 */
#include "wire/json_string.h"

#include "base/check.h"
#include "wire/json.h"

#include <endian.h>
#include <string.h>

static bool hex4(struct view text, size_t at, uint32_t *ret_unit)
{
    uint32_t unit = 0;

    if (at > text.len || text.len - at < 4) {
        return false;
    }
    for (size_t i = 0; i < 4; i++) {
        uint8_t byte = text.data[at + i];
        uint32_t digit = 0;
        if (byte >= '0' && byte <= '9') {
            digit = byte - '0';
        } else if ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'f') {
            digit = (byte | 0x20) - 'a' + 10u;
        } else {
            return false;
        }
        unit = unit << 4 | digit;
    }
    *ret_unit = unit;
    return true;
}

static size_t utf8_write(uint8_t *ret_bytes, uint32_t point)
{
    if (point < 0x80) {
        ret_bytes[0] = (uint8_t)point;
        return 1;
    }
    if (point < 0x800) {
        ret_bytes[0] = (uint8_t)(0xc0 | point >> 6);
        ret_bytes[1] = (uint8_t)(0x80 | (point & 0x3f));
        return 2;
    }
    if (point < 0x10000) {
        ret_bytes[0] = (uint8_t)(0xe0 | point >> 12);
        ret_bytes[1] = (uint8_t)(0x80 | (point >> 6 & 0x3f));
        ret_bytes[2] = (uint8_t)(0x80 | (point & 0x3f));
        return 3;
    }
    ret_bytes[0] = (uint8_t)(0xf0 | point >> 18);
    ret_bytes[1] = (uint8_t)(0x80 | (point >> 12 & 0x3f));
    ret_bytes[2] = (uint8_t)(0x80 | (point >> 6 & 0x3f));
    ret_bytes[3] = (uint8_t)(0x80 | (point & 0x3f));
    return 4;
}

/* The four digits after `\u` at *at, and its other half when it is a surrogate. */
static bool unicode_escape(struct view raw, size_t *at, uint32_t *ret_point)
{
    uint32_t unit = 0;
    uint32_t low = 0;

    if (!hex4(raw, *at, &unit) || unit == 0 || (unit >= 0xdc00 && unit <= 0xdfff)) {
        return false;
    }
    *at += 4;
    if (unit < 0xd800 || unit > 0xdbff) {
        *ret_point = unit;
        return true;
    }
    if (raw.len - *at < 6 || raw.data[*at] != '\\' || raw.data[*at + 1] != 'u' ||
        !hex4(raw, *at + 2, &low) || low < 0xdc00 || low > 0xdfff) {
        return false;
    }
    *at += 6;
    *ret_point = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
    return true;
}

/* One escape whose backslash stands at *at; writes at most as many bytes as it reads. */
static bool escape(struct view raw, size_t *at, uint8_t *ret_bytes, size_t *len)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char bytes[] = "\"\\/\b\f\n\r\t";
    uint32_t point = 0;

    CHECK(*at + 1 < raw.len); /* the scan stepped over the byte after every backslash */
    uint8_t letter = raw.data[*at + 1];
    *at += 2;
    for (size_t i = 0; i < sizeof(letters) - 1; i++) {
        if (letter == (uint8_t)letters[i]) {
            ret_bytes[(*len)++] = (uint8_t)bytes[i];
            return true;
        }
    }
    if (letter != 'u' || !unicode_escape(raw, at, &point)) {
        return false;
    }
    *len += utf8_write(ret_bytes + *len, point);
    return true;
}

bool json_unescape(struct view raw, uint8_t *ret_bytes, size_t *ret_len, size_t *ret_bad_at)
{
    size_t len = 0;
    size_t at = 0;

    while (at < raw.len) {
        if (raw.data[at] != '\\') {
            ret_bytes[len++] = raw.data[at++];
            continue;
        }
        size_t escape_at = at;
        if (!escape(raw, &at, ret_bytes, &len)) {
            *ret_bad_at = escape_at;
            return false;
        }
    }
    CHECK(len <= raw.len); /* invariant 1 */
    *ret_len = len;
    return true;
}

/* RFC 8785 section 3.2.2.2: what a byte is written as, 1 to 6 bytes. */
static size_t escaped_write(uint8_t *ret_bytes, uint8_t byte)
{
    static const char bytes[] = "\"\\\b\f\n\r\t";
    static const char letters[] = "\"\\bfnrt";

    ret_bytes[0] = '\\';
    for (size_t i = 0; i < sizeof(bytes) - 1; i++) {
        if (byte == (uint8_t)bytes[i]) {
            ret_bytes[1] = (uint8_t)letters[i];
            return 2;
        }
    }
    memcpy(ret_bytes + 1, "u00", 3);
    hex_write((char *)ret_bytes + 4, view_of(&byte, 1));
    return 6;
}

static bool needs_escape(uint8_t byte)
{
    return byte < 0x20 || byte == '"' || byte == '\\';
}

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* The highest bit of each byte below `bound`, at most 128; above the first of them, in the order of
 * the number's digits, bits may stand that mean nothing: the subtraction borrows. */
static uint64_t bytes_below(uint64_t bytes, uint64_t bound)
{
    return (bytes - EACH(bound)) & ~bytes & EACH(0x80);
}

/* Where the next byte to be escaped stands, or the end: eight bytes at a time, the first of them
 * the lowest digits. */
static size_t next_escape(struct view text, size_t at)
{
    uint64_t bytes = 0;

    for (; text.len - at >= sizeof(bytes); at += sizeof(bytes)) {
        memcpy(&bytes, text.data + at, sizeof(bytes));
        bytes = le64toh(bytes);
        uint64_t found = bytes_below(bytes, 0x20) | bytes_below(bytes ^ EACH('"'), 1) |
                         bytes_below(bytes ^ EACH('\\'), 1);
        if (found != 0) {
            return at + (size_t)__builtin_ctzll(found) / 8;
        }
    }
    while (at < text.len && !needs_escape(text.data[at])) {
        at++;
    }
    return at;
}

/* How much longer the text is with its escapes. */
static size_t escapes_len(struct view text)
{
    uint8_t escaped[6];
    size_t len = 0;

    for (size_t at = next_escape(text, 0); at < text.len; at = next_escape(text, at + 1)) {
        len += escaped_write(escaped, text.data[at]) - 1;
    }
    return len;
}

void json_put_string(struct buf *buf, struct view text)
{
    size_t clean = 0; /* where the bytes not yet written begin */
    uint8_t *to = buf_claim(buf, text.len + escapes_len(text) + 2);

    if (to == NULL) {
        return;
    }
    *to++ = '"';
    while (clean < text.len) {
        size_t at = next_escape(text, clean);
        memcpy(to, text.data + clean, at - clean);
        to += at - clean;
        clean = at;
        if (at < text.len) {
            to += escaped_write(to, text.data[at]);
            clean++;
        }
    }
    *to++ = '"';
    CHECK(to == buf->data + buf->len);
}

void json_put_string_or_null(struct buf *buf, struct view text)
{
    if (text.len == 0) {
        buf_put_text(buf, "null");
    } else {
        json_put_string(buf, text);
    }
}

void json_put_text(struct buf *buf, const struct json_node *string)
{
    CHECK(string->kind == JSON_KIND_STRING);
    if (string->end - string->offset != string->text.len + 2) {
        json_put_string(buf, string->text);
        return;
    }
    /* No escape was decoded, and nothing that was left alone needs one. */
    uint8_t *to = buf_claim(buf, string->text.len + 2);
    if (to != NULL) {
        to[0] = '"';
        memcpy(to + 1, string->text.data, string->text.len);
        to[string->text.len + 1] = '"';
    }
}
