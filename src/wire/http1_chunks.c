/*
 * Chunked bodies: one state machine over the framing bytes; data passes by uncopied.
 *
 * Invariants
 *  1. What the table does not let follow is refused; a line ends in CR LF, never in one of them.
 *  2. Extensions and trailers are bounded over the whole body, the size by its count of digits.
 *  3. No trailer names how this request is framed, whom it is for or what becomes of its
 * connection: such fields have no place behind a body (RFC 9110 section 6.5.1), and who heeds one
 * there reads another request than who drops it.
 */
#include "wire/http1.h"

#include "base/check.h"

#define SIZE_DIGITS_MAX 7 /* 28 bits, far above any body that is taken */

enum {
    AT_SIZE,      /* zero: a zeroed struct is at the start */
    AT_EXTENSION, /* behind a semicolon */
    AT_EXTENSION_NAME,
    AT_EXTENSION_EQUALS, /* behind the equals sign */
    AT_EXTENSION_VALUE,
    AT_SIZE_LF,
    AT_DATA,
    AT_DATA_CR,
    AT_DATA_LF,
    AT_TRAILER,
    AT_TRAILER_NAME,
    AT_TRAILER_VALUE,
    AT_TRAILER_LF,
    AT_END_LF,
    AT_DONE,
};

static bool is_field_character(uint8_t byte)
{
    return (byte >= ' ' && byte != 127) || byte == '\t';
}

static bool is_name_character(uint8_t byte)
{
    return http1_is_token(view_of(&byte, 1));
}

static int hex_value(uint8_t byte)
{
    if (byte >= '0' && byte <= '9') {
        return byte - '0';
    }
    byte |= 32;
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* Next state after a byte of the line that gives a chunk's size; -1 = refused. */
static int step_size(struct http1_chunks *chunks, uint8_t byte)
{
    int value = hex_value(byte);

    if (value >= 0 && chunks->digits < SIZE_DIGITS_MAX) {
        chunks->left = chunks->left << 4 | (uint32_t)value;
        chunks->digits++;
        return AT_SIZE;
    }
    if (chunks->digits == 0) {
        return -1;
    }
    if (byte == '\r') {
        return AT_SIZE_LF;
    }
    return byte == ';' ? AT_EXTENSION : -1;
}

/* Next state within an extension, `;name` or `;name=value` of tokens; -1 = refused. Other parsers
 * differ in what else they let stand here (white space, quoted text), and nobody needs it. */
static int step_extension(const struct http1_chunks *chunks, uint8_t byte)
{
    bool name = chunks->state == AT_EXTENSION || chunks->state == AT_EXTENSION_NAME;
    bool begun = chunks->state == AT_EXTENSION_NAME || chunks->state == AT_EXTENSION_VALUE;

    if (is_name_character(byte)) {
        return name ? AT_EXTENSION_NAME : AT_EXTENSION_VALUE;
    }
    if (!begun) {
        return -1;
    }
    if (byte == '\r') {
        return AT_SIZE_LF;
    }
    if (byte == '=' && name) {
        return AT_EXTENSION_EQUALS;
    }
    return byte == ';' ? AT_EXTENSION : -1;
}

/* Invariant 3. A name that is longer than what is kept of it is none of these. */
static bool is_head_only(const struct http1_chunks *chunks)
{
    static const struct view names[] = {
        VIEW_LITERAL("content-length"), VIEW_LITERAL("transfer-encoding"), VIEW_LITERAL("host"),
        VIEW_LITERAL("connection"),     VIEW_LITERAL("upgrade"),
    };
    bool found = false;

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        found |= chunks->name_len <= sizeof(chunks->name) &&
                 view_equal_nocase(view_of(chunks->name, chunks->name_len), names[i]);
    }
    return found;
}

static int take_name(struct http1_chunks *chunks, uint8_t byte)
{
    if (!is_name_character(byte)) {
        return -1;
    }
    if (chunks->name_len < sizeof(chunks->name)) {
        chunks->name[chunks->name_len] = byte;
    }
    chunks->name_len++; /* bounded by the trailer's own ceiling */
    return AT_TRAILER_NAME;
}

/* Next state after a byte of the trailer section; -1 = refused. */
static int step_trailer(struct http1_chunks *chunks, uint8_t byte)
{
    switch (chunks->state) {
    case AT_TRAILER:
        chunks->name_len = 0;
        return byte == '\r' ? AT_END_LF : take_name(chunks, byte);
    case AT_TRAILER_NAME:
        if (byte == ':') {
            return is_head_only(chunks) ? -1 : AT_TRAILER_VALUE;
        }
        return take_name(chunks, byte);
    default:
        if (byte == '\r') {
            return AT_TRAILER_LF;
        }
        return is_field_character(byte) ? AT_TRAILER_VALUE : -1;
    }
}

/* Next state after a byte that is not data; -1 = refused. */
static int step(struct http1_chunks *chunks, uint8_t byte)
{
    switch (chunks->state) {
    case AT_SIZE:
        return step_size(chunks, byte);
    case AT_EXTENSION:
    case AT_EXTENSION_NAME:
    case AT_EXTENSION_EQUALS:
    case AT_EXTENSION_VALUE:
        return step_extension(chunks, byte);
    case AT_SIZE_LF:
        chunks->digits = 0;
        if (byte != '\n') {
            return -1;
        }
        return chunks->left == 0 ? AT_TRAILER : AT_DATA;
    case AT_DATA_CR:
        return byte == '\r' ? AT_DATA_LF : -1;
    case AT_DATA_LF:
        return byte == '\n' ? AT_SIZE : -1;
    case AT_TRAILER_LF:
        return byte == '\n' ? AT_TRAILER : -1;
    case AT_END_LF:
        return byte == '\n' ? AT_DONE : -1;
    default:
        return step_trailer(chunks, byte);
    }
}

/* Invariant 2. */
static bool is_over_limit(struct http1_chunks *chunks)
{
    chunks->extension_bytes += chunks->state >= AT_EXTENSION && chunks->state <= AT_EXTENSION_VALUE;
    chunks->trailer_bytes += chunks->state >= AT_TRAILER;
    return chunks->extension_bytes > HTTP1_CHUNK_EXTENSION_BYTES_MAX ||
           chunks->trailer_bytes > HTTP1_TRAILER_BYTES_MAX;
}

struct outcome http1_chunks_take(struct http1_chunks *chunks, struct view received,
                                 struct view *ret_data, size_t *ret_used)
{
    size_t used = 0;

    while (used < received.len && chunks->state != AT_DATA && chunks->state != AT_DONE) {
        int next = step(chunks, received.data[used]);
        if (next < 0) {
            return outcome_fail(FAULT_BAD_INPUT, "chunked body");
        }
        chunks->state = (uint8_t)next;
        used++;
        if (is_over_limit(chunks)) {
            return outcome_fail(FAULT_OVER_LIMIT, "chunk extensions or trailer are too long");
        }
    }
    struct view data = {0};
    if (chunks->state == AT_DATA && used < received.len) {
        size_t there = received.len - used;
        size_t len = there < chunks->left ? there : chunks->left;
        data = view_part(received, used, len);
        used += len;
        chunks->left -= (uint32_t)len;
        if (chunks->left == 0) {
            chunks->state = AT_DATA_CR;
        }
    }
    CHECK(used <= received.len);
    *ret_data = data;
    *ret_used = used;
    return OUTCOME_OK;
}

bool http1_chunks_done(const struct http1_chunks *chunks)
{
    return chunks->state == AT_DONE;
}
