/*
 * Escapes of JSON strings, read and written.
 *
 * Invariants
 *  1. What is decoded is never longer than what it was decoded from.
 */
#include "wire/json_string.h"

#include "base/check.h"
#include "wire/json.h"

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

/* RFC 8785 section 3.2.2.2: of each byte that is escaped, what follows the backslash; 0: the digits
 * of its number do. */
static const char letters[] = {['"'] = '"',  ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f',
                               ['\n'] = 'n', ['\r'] = 'r',  ['\t'] = 't'};

static size_t escaped_len(uint8_t byte)
{
    CHECK(byte < sizeof(letters));
    return letters[byte] != 0 ? 2 : 6;
}

static size_t escaped_write(uint8_t *ret_bytes, uint8_t byte)
{
    size_t len = escaped_len(byte);

    ret_bytes[0] = '\\';
    if (len == 2) {
        ret_bytes[1] = (uint8_t)letters[byte];
    } else {
        memcpy(ret_bytes + 1, "u00", 3);
        hex_write((char *)ret_bytes + 4, view_of(&byte, 1));
    }
    return len;
}

#define BLOCK_BYTES 16u /* looked at together */

/* A bit for each byte that is escaped, the first one's the lowest. */
#if defined(__SSE2__)
typedef unsigned char block_bytes __attribute__((vector_size(BLOCK_BYTES)));
typedef char block_signs __attribute__((vector_size(BLOCK_BYTES)));

static unsigned escapes_of(const uint8_t block[BLOCK_BYTES])
{
    block_bytes bytes;

    memcpy(&bytes, block, sizeof(bytes));
    block_signs found = (block_signs)((bytes < 0x20) | (bytes == '"') | (bytes == '\\'));
    return (unsigned)__builtin_ia32_pmovmskb128(found);
}
#else
static unsigned escapes_of(const uint8_t block[BLOCK_BYTES])
{
    unsigned found = 0;

    for (unsigned i = 0; i < BLOCK_BYTES; i++) {
        bool escaped = block[i] < 0x20 || block[i] == '"' || block[i] == '\\';
        found |= (escaped ? 1u : 0u) << i;
    }
    return found;
}
#endif

/* Likewise of the block that begins at `at`, the last of which is shorter. */
static unsigned escapes_at(struct view text, size_t at)
{
    uint8_t block[BLOCK_BYTES];
    size_t left = text.len - at;

    if (left >= BLOCK_BYTES) {
        return escapes_of(text.data + at);
    }
    memset(block, ' ', sizeof(block));
    memcpy(block, text.data + at, left);
    return escapes_of(block);
}

/* How much longer the text is with its escapes. */
static size_t escapes_len(struct view text)
{
    size_t len = 0;

    for (size_t at = 0; at < text.len; at += BLOCK_BYTES) {
        for (unsigned left = escapes_at(text, at); left != 0; left &= left - 1) {
            len += escaped_len(text.data[at + (size_t)__builtin_ctz(left)]) - 1;
        }
    }
    return len;
}

/* The content of a string that is not empty. A block's clean bytes are written with those behind
 * them, whose place what follows takes: it is at least as long. */
static uint8_t *put_escaped(uint8_t *to, struct view text)
{
    size_t at = 0;

    while (text.len - at >= BLOCK_BYTES) {
        unsigned escapes = escapes_of(text.data + at);
        size_t clean = escapes == 0 ? BLOCK_BYTES : (size_t)__builtin_ctz(escapes);
        memcpy(to, text.data + at, BLOCK_BYTES);
        at += clean;
        to += clean;
        if (escapes != 0) {
            to += escaped_write(to, text.data[at++]);
        }
    }
    unsigned escapes = escapes_at(text, at);
    for (; at < text.len; at++, escapes >>= 1) {
        if ((escapes & 1) != 0) {
            to += escaped_write(to, text.data[at]);
        } else {
            *to++ = text.data[at];
        }
    }
    return to;
}

void json_put_content(struct buf *buf, struct view text)
{
    uint8_t *to = buf_claim(buf, text.len + escapes_len(text));

    if (to != NULL && text.len > 0) {
        to = put_escaped(to, text);
        CHECK(to == buf->data + buf->len);
    }
}

void json_put_string(struct buf *buf, struct view text)
{
    uint8_t *to = buf_claim(buf, text.len + escapes_len(text) + 2);

    if (to == NULL) {
        return;
    }
    *to++ = '"';
    if (text.len > 0) {
        to = put_escaped(to, text);
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
