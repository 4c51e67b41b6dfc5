/*
 * Reading JSON Web Key Sets.
 *
 * Invariants
 *  1. What is not understood is passed over, never guessed at.
 *  2. A number of RSA is written as DER wants it: no zero before it, but the one that keeps it
 *     positive.
 */
#include "wire/jwk.h"

#include "wire/json.h"

#define DEPTH_MAX 8
#define VALUES_MAX 1024
#define MEMBERS_MAX 64
#define KID_BYTES_MAX 64
#define NUMBER_BYTES_MAX 1024
#define POINT_BYTES 32
#define DER_BYTES_MAX 2048

#define DER_SEQUENCE 0x30
#define DER_INTEGER 0x02
#define DER_BITS 0x03

static const uint8_t rsa_algorithm[] = {0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                        0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00};
static const uint8_t p256_prefix[] = {
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
    0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
};

static struct view text_of(const struct json_node *key, const char *name)
{
    const struct json_node *node = json_member(key, name);

    return node == NULL || node->kind != JSON_KIND_STRING ? view_of(NULL, 0) : node->text;
}

static bool is_code(struct view text)
{
    bool good = text.len > 0 && text.len <= KID_BYTES_MAX;

    for (size_t i = 0; good && i < text.len; i++) {
        uint8_t c = text.data[i];
        good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '.' || c == '_' || c == '-';
    }
    return good;
}

/* ---- DER ---- */

static void put_head(struct buf *buf, uint8_t tag, size_t len)
{
    buf_put_u8(buf, tag);
    if (len > 0xff) {
        buf_put_u8(buf, 0x82);
        buf_put_u16(buf, (uint16_t)len);
    } else if (len > 0x7f) {
        buf_put_u8(buf, 0x81);
        buf_put_u8(buf, (uint8_t)len);
    } else {
        buf_put_u8(buf, (uint8_t)len);
    }
}

/* Invariant 2. */
static void put_number(struct buf *buf, struct view number)
{
    size_t zeros = 0;

    while (zeros + 1 < number.len && number.data[zeros] == 0) {
        zeros++;
    }
    number = view_part(number, zeros, number.len - zeros);
    bool high = (number.data[0] & 0x80) != 0;
    put_head(buf, DER_INTEGER, number.len + (high ? 1 : 0));
    if (high) {
        buf_put_u8(buf, 0);
    }
    buf_put_view(buf, number);
}

static struct outcome put_rsa(struct view n, struct view e, struct buf *ret_der)
{
    BUF_AUTO pair;
    BUF_AUTO key;
    BUF_AUTO head;

    buf_init(&pair, DER_BYTES_MAX);
    buf_init(&key, DER_BYTES_MAX);
    buf_init(&head, DER_BYTES_MAX);
    put_number(&pair, n);
    put_number(&pair, e);
    put_head(&key, DER_SEQUENCE, pair.len);
    buf_put_view(&key, buf_view(&pair));
    put_head(&head, DER_BITS, key.len + 1);
    buf_put_u8(&head, 0);
    put_head(ret_der, DER_SEQUENCE, sizeof(rsa_algorithm) + head.len + key.len);
    buf_put(ret_der, rsa_algorithm, sizeof(rsa_algorithm));
    buf_put_view(ret_der, buf_view(&head));
    buf_put_view(ret_der, buf_view(&key));
    TRY(buf_check(&pair));
    TRY(buf_check(&key));
    return buf_check(ret_der);
}

/* ---- keys ---- */

static bool decode(struct view text, struct buf *bytes)
{
    buf_init(bytes, NUMBER_BYTES_MAX);
    return text.len > 0 && outcome_ok(base64url_get(text, bytes)) && outcome_ok(buf_check(bytes)) &&
           bytes->len > 0;
}

/* False: its two numbers are none. */
static bool put_key(const struct json_node *key, bool rsa, struct buf *ret_der)
{
    BUF_AUTO first = {0};
    BUF_AUTO second = {0};

    if (!decode(text_of(key, rsa ? "n" : "x"), &first) ||
        !decode(text_of(key, rsa ? "e" : "y"), &second)) {
        return false;
    }
    if (rsa) {
        return outcome_ok(put_rsa(buf_view(&first), buf_view(&second), ret_der));
    }
    buf_put(ret_der, p256_prefix, sizeof(p256_prefix));
    buf_put_view(ret_der, buf_view(&first));
    buf_put_view(ret_der, buf_view(&second));
    return first.len == POINT_BYTES && second.len == POINT_BYTES && outcome_ok(buf_check(ret_der));
}

/* *ret_good false: passed over (invariant 1). */
static struct outcome read_key(const struct json_node *key, struct arena *arena,
                               struct jwk *ret_key, bool *ret_good)
{
    BUF_AUTO der;

    buf_init(&der, DER_BYTES_MAX);
    *ret_good = false;
    if (key->kind != JSON_KIND_OBJECT) {
        return OUTCOME_OK;
    }
    struct view use = text_of(key, "use");
    bool rsa = view_is(text_of(key, "kty"), "RSA");
    bool ec = view_is(text_of(key, "kty"), "EC") && view_is(text_of(key, "crv"), "P-256");
    *ret_key = (struct jwk){.kid = text_of(key, "kid"), .alg = text_of(key, "alg")};
    *ret_good = (rsa || ec) && is_code(ret_key->kid) && (use.len == 0 || view_is(use, "sig")) &&
                put_key(key, rsa, &der);
    return *ret_good ? arena_copy(arena, buf_view(&der), &ret_key->spki) : OUTCOME_OK;
}

struct outcome jwks_read(struct view text, struct arena *arena, struct jwk ret_keys[JWKS_KEYS_MAX],
                         unsigned *ret_count)
{
    static const struct json_limits limits = {.bytes_max = JWKS_BYTES_MAX,
                                              .depth_max = DEPTH_MAX,
                                              .values_max = VALUES_MAX,
                                              .members_max = MEMBERS_MAX};
    struct json_fault fault = {0};
    struct json_doc doc = {0};
    unsigned count = 0;

    TRY(json_parse(text, &limits, arena, &doc, &fault));
    if (doc.nodes[0].kind != JSON_KIND_OBJECT) {
        return outcome_fail(FAULT_BAD_INPUT, "no key set");
    }
    const struct json_node *keys = json_member(&doc.nodes[0], "keys");
    if (keys != NULL && keys->kind != JSON_KIND_ARRAY) {
        return outcome_fail(FAULT_BAD_INPUT, "no key set");
    }
    const struct json_node *key = keys == NULL ? &doc.nodes[0] : json_first(keys);
    while (key != NULL && count < JWKS_KEYS_MAX) {
        bool good = false;
        TRY(read_key(key, arena, &ret_keys[count], &good));
        count += good ? 1 : 0;
        key = keys == NULL ? NULL : json_next(keys, key);
    }
    *ret_count = count;
    return OUTCOME_OK;
}
