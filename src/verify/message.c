/*
 * Reading and rebuilding what a message's signature stands under.
 *
 * Invariants
 *  1. A text that is accepted is the one serialisation of what it says: so the signature base takes
 *     it as it came, and nobody can say one thing in two ways.
 *  2. A value in the base has no line end, so that no component can pass for another.
 */
#include "verify/message.h"

#include <string.h>

#define INTEGER_MAX UINT64_C(999999999999999) /* RFC 8941 section 3.3.1 */

/* What is left to read. */
struct reader {
    struct view rest;
    bool failed;
};

static void skip(struct reader *reader, size_t len)
{
    reader->rest = view_part(reader->rest, len, reader->rest.len - len);
}

static bool next_is(const struct reader *reader, char c)
{
    return reader->rest.len > 0 && reader->rest.data[0] == (uint8_t)c;
}

static void expect(struct reader *reader, const char *text)
{
    struct view wanted = view_text(text);

    if (reader->failed || !view_starts(reader->rest, wanted)) {
        reader->failed = true;
        return;
    }
    skip(reader, wanted.len);
}

static bool is_key_byte(uint8_t c, bool first)
{
    bool letter = (c >= 'a' && c <= 'z') || c == '*';
    bool other = (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';

    return letter || (!first && other);
}

static struct view take_key(struct reader *reader)
{
    size_t len = 0;

    while (len < reader->rest.len && is_key_byte(reader->rest.data[len], len == 0)) {
        len++;
    }
    struct view key = view_part(reader->rest, 0, len);
    reader->failed = reader->failed || len == 0;
    skip(reader, len);
    return key;
}

/* A string without escapes: no name, key or nonce needs one. */
static struct view take_string(struct reader *reader)
{
    expect(reader, "\"");
    size_t len = reader->failed ? 0 : view_find(reader->rest, 0, '"');
    struct view text = view_part(reader->rest, 0, len);

    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        reader->failed = reader->failed || c < ' ' || c > '~' || c == '\\';
    }
    skip(reader, len);
    expect(reader, "\"");
    return text;
}

static int64_t take_integer(struct reader *reader)
{
    uint64_t number = 0;
    size_t len = 0;

    while (len < reader->rest.len && reader->rest.data[len] >= '0' &&
           reader->rest.data[len] <= '9') {
        len++;
    }
    if (len == 0 ||
        !outcome_ok(decimal_get(view_part(reader->rest, 0, len), INTEGER_MAX, &number))) {
        reader->failed = true;
        return 0;
    }
    skip(reader, len);
    return (int64_t)number;
}

/* `:base64:`, canonical: of exactly `bytes` bytes. */
static void take_bytes(struct reader *reader, size_t bytes, uint8_t *ret_bytes)
{
    BUF_AUTO decoded;

    buf_init(&decoded, bytes);
    expect(reader, ":");
    size_t len = reader->failed ? 0 : view_find(reader->rest, 0, ':');
    if (reader->failed || !outcome_ok(base64std_get(view_part(reader->rest, 0, len), &decoded)) ||
        !outcome_ok(buf_check(&decoded)) || decoded.len != bytes) {
        reader->failed = true;
        return;
    }
    skip(reader, len);
    expect(reader, ":");
    memcpy(ret_bytes, decoded.data, bytes);
}

static bool named_before(const struct message_input *input, struct view name)
{
    for (unsigned i = 0; i < input->count; i++) {
        if (view_equal(input->components[i], name)) {
            return true;
        }
    }
    return false;
}

static void take_components(struct reader *reader, struct message_input *input)
{
    expect(reader, "(");
    while (!reader->failed && !next_is(reader, ')')) {
        if (input->count > 0) {
            expect(reader, " ");
        }
        struct view name = take_string(reader);
        if (name.len == 0 || input->count == MESSAGE_COMPONENTS_MAX || named_before(input, name)) {
            reader->failed = true;
            return;
        }
        input->components[input->count++] = name;
    }
    expect(reader, ")");
}

/* The parameters that mean something here; any other is refused, as is one that stands twice. */
enum { CREATED = 1, EXPIRES = 2, ALG = 4, KEYID = 8, NONCE = 16 };

static void take_param(struct reader *reader, struct message_input *input, unsigned *seen)
{
    static const struct {
        const char *name;
        unsigned bit;
    } names[] = {{"created", CREATED},
                 {"expires", EXPIRES},
                 {"alg", ALG},
                 {"keyid", KEYID},
                 {"nonce", NONCE}};
    unsigned bit = 0;

    expect(reader, ";");
    struct view key = take_key(reader);
    expect(reader, "=");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        bit |= view_is(key, names[i].name) ? names[i].bit : 0;
    }
    if (reader->failed || bit == 0 || (*seen & bit) != 0) {
        reader->failed = true;
        return;
    }
    *seen |= bit;
    if (bit == CREATED) {
        input->created_s = take_integer(reader);
    } else if (bit == EXPIRES) {
        input->expires_s = take_integer(reader);
    } else if (bit == ALG) {
        input->alg = take_string(reader);
    } else if (bit == KEYID) {
        input->keyid = take_string(reader);
    } else {
        input->nonce = take_string(reader);
    }
}

struct outcome message_input_read(struct view field, struct message_input *ret_input)
{
    struct reader reader = {.rest = field};
    struct message_input input = {0};
    unsigned seen = 0;

    input.label = take_key(&reader);
    expect(&reader, "=");
    struct view params = reader.rest;
    take_components(&reader, &input);
    while (!reader.failed && reader.rest.len > 0) {
        take_param(&reader, &input, &seen);
    }
    if (reader.failed) {
        return outcome_fail(FAULT_BAD_INPUT, "Signature-Input");
    }
    input.params = params;
    *ret_input = input;
    return OUTCOME_OK;
}

struct outcome message_signature_read(struct view field, struct view label,
                                      uint8_t ret_signature[SEAL_SIGNATURE_BYTES])
{
    struct reader reader = {.rest = field};
    uint8_t signature[SEAL_SIGNATURE_BYTES] = {0};

    struct view key = take_key(&reader);
    expect(&reader, "=");
    take_bytes(&reader, sizeof(signature), signature);
    if (reader.failed || reader.rest.len > 0 || !view_equal(key, label)) {
        return outcome_fail(FAULT_BAD_INPUT, "Signature");
    }
    memcpy(ret_signature, signature, sizeof(signature));
    return OUTCOME_OK;
}

struct outcome message_base_put(const struct message_input *input, message_value *value_of,
                                void *context, struct buf *base)
{
    for (unsigned i = 0; i < input->count; i++) {
        struct view value = {0};
        if (!value_of(context, input->components[i], &value) ||
            view_find(value, 0, '\n') != value.len) { /* invariant 2 */
            return outcome_fail(FAULT_BAD_INPUT, "a component that the message has not");
        }
        buf_put_u8(base, '"');
        buf_put_view(base, input->components[i]);
        buf_put_text(base, "\": ");
        buf_put_view(base, value);
        buf_put_u8(base, '\n');
    }
    buf_put_text(base, "\"@signature-params\": ");
    buf_put_view(base, input->params);
    return buf_check(base);
}

bool message_digest_fits(struct view content_digest, struct view body)
{
    struct reader reader = {.rest = content_digest};
    uint8_t said[SEAL_HASH_BYTES] = {0};
    uint8_t hash[SEAL_HASH_BYTES];

    expect(&reader, "sha-256=");
    take_bytes(&reader, sizeof(said), said);
    seal_sha256(body, hash);
    return !reader.failed && reader.rest.len == 0 && seal_equal(said, hash, sizeof(hash));
}
