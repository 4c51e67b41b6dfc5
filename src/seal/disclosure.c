/*
 * Salts of an entry, and disclosures (RFC 9901 section 4.2).
 *
 * Invariants
 *  1. The digest is of the disclosure's ASCII as it is sent, not of the JSON inside it.
 *  2. The value may lie in the very buf that receives the disclosure (the caller guarantees that
 * the buf does not have to grow then): it lies before what is written.
 *  3. An entry's disclosures take each step together: a processor that reads sixteen bytes which
 * were just stored one after the other waits for each of them.
 */
#include "base/check.h"
#include "seal/engine.h"
#include "seal/seal.h"

#include <string.h>

#define SALT_BYTES 16
#define SALT_CHARS BASE64URL_LEN(SALT_BYTES)

struct outcome salts_expand(const uint8_t entry_secret[SEAL_KEY_BYTES], size_t len,
                            struct salts *ret_salts)
{
    static const uint8_t counter[16];
    EVP_CIPHER_CTX *stream = seal_engine()->stream;
    int done = 0;

    CHECK(len <= sizeof(ret_salts->bytes));
    memset(ret_salts->bytes, 0, len);
    if (EVP_EncryptInit_ex2(stream, NULL, entry_secret, counter, NULL) != 1 ||
        EVP_EncryptUpdate(stream, ret_salts->bytes, &done, ret_salts->bytes, (int)len) != 1) {
        return outcome_fail(FAULT_CRYPTO, "AES-256-CTR");
    }
    CHECK((size_t)done == len); /* a stream cipher holds nothing back */
    return OUTCOME_OK;
}

/* Names are ours; one that would need an escape is our mistake. */
static bool plain_name(struct view name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (name.data[i] < 0x20 || name.data[i] == '"' || name.data[i] == '\\') {
            return false;
        }
    }
    return true;
}

static uint8_t *put(uint8_t *at, struct view part)
{
    memcpy(at, part.data, part.len);
    return at + part.len;
}

/* The array is put together at the end of the place; its digits will be written over it. */
struct view disclosure_place(struct buf *ret_text, const uint8_t salt[16], struct view name,
                             struct view value_json)
{
    struct view opening = name.len > 0 ? VIEW_LITERAL("\",\"") : VIEW_LITERAL("\",");
    struct view middle = name.len > 0 ? VIEW_LITERAL("\",") : VIEW_LITERAL("");

    CHECK(plain_name(name) && value_json.len > 0);
    size_t json_len = 2 + SALT_CHARS + opening.len + name.len + middle.len + value_json.len + 1;
    size_t len = BASE64URL_LEN(json_len);
    uint8_t *text = buf_claim(ret_text, len);
    if (text == NULL) {
        return view_of(NULL, 0);
    }
    uint8_t *at = put(text + len - json_len, VIEW_LITERAL("[\""));
    base64url_write((char *)at, view_of(salt, SALT_BYTES));
    at = put(at + SALT_CHARS, opening);
    at = name.len > 0 ? put(at, name) : at;
    at = put(at, middle);
    at = put(at, value_json);
    at = put(at, VIEW_LITERAL("]"));
    CHECK(at == text + len);
    return view_of(text, len);
}

static void write_over(struct view place)
{
    size_t json_len = place.len * 3 / 4;
    char *text = (char *)(uintptr_t)place.data;

    base64url_write(text, view_of(place.data + place.len - json_len, json_len));
}

void disclosures_end(const struct view places[], unsigned count, char ret_digests[][43])
{
    uint8_t hashes[DISCLOSURES_MAX][SEAL_HASH_BYTES];

    CHECK(count <= DISCLOSURES_MAX);
    for (unsigned i = 0; i < count; i++) {
        write_over(places[i]);
    }
    for (unsigned i = 0; i < count; i++) {
        seal_sha256(places[i], hashes[i]); /* invariant 1 */
    }
    for (unsigned i = 0; i < count; i++) {
        base64url_write(ret_digests[i], view_of(hashes[i], SEAL_HASH_BYTES));
    }
}

void disclosure_put(struct buf *ret_text, const uint8_t salt[16], struct view name,
                    struct view value_json, char ret_digest[43])
{
    struct view place = disclosure_place(ret_text, salt, name, value_json);

    if (place.len > 0) {
        disclosures_end(&place, 1, (char(*)[43])ret_digest);
    }
}
