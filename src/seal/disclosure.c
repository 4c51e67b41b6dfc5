/*
 * Salts of an entry, and disclosures (RFC 9901 section 4.2).
 *
 * Invariants
 *  1. The digest is of the disclosure's ASCII as it is sent, not of the JSON inside it.
 *  2. The value may lie in the very buf that receives the disclosure (the caller guarantees that
 * the buf does not have to grow then): it is read through the view only, in order.
 */
#include "base/check.h"
#include "seal/engine.h"
#include "seal/seal.h"

#include <string.h>

#define SALT_BYTES 16
#define SALT_CHARS BASE64URL_LEN(SALT_BYTES)
#define PIECE_BYTES 768u /* a multiple of 3: pieces are encoded one by one without padding */

struct outcome salts_expand(const uint8_t entry_secret[SEAL_KEY_BYTES], struct salts *ret_salts)
{
    static const uint8_t counter[16];
    EVP_CIPHER_CTX *stream = seal_engine()->stream;
    int done = 0;

    memset(ret_salts->bytes, 0, sizeof(ret_salts->bytes));
    if (EVP_EncryptInit_ex2(stream, NULL, entry_secret, counter, NULL) != 1 ||
        EVP_EncryptUpdate(stream, ret_salts->bytes, &done, ret_salts->bytes,
                          sizeof(ret_salts->bytes)) != 1) {
        return outcome_fail(FAULT_CRYPTO, "AES-256-CTR");
    }
    CHECK(done == sizeof(ret_salts->bytes)); /* a stream cipher holds nothing back */
    return OUTCOME_OK;
}

/* Parts of the JSON array on their way to base64url. */
struct pieces {
    uint8_t bytes[PIECE_BYTES];
    size_t len;
    char *to;
};

static void pieces_flush(struct pieces *pieces)
{
    base64url_write(pieces->to, view_of(pieces->bytes, pieces->len));
    pieces->to += BASE64URL_LEN(pieces->len);
    pieces->len = 0;
}

static void pieces_put(struct pieces *pieces, struct view part)
{
    for (size_t at = 0; at < part.len;) {
        size_t room = PIECE_BYTES - pieces->len;
        size_t step = part.len - at < room ? part.len - at : room;
        memcpy(pieces->bytes + pieces->len, part.data + at, step);
        pieces->len += step;
        at += step;
        if (pieces->len == PIECE_BYTES) {
            pieces_flush(pieces);
        }
    }
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

void disclosure_put(struct buf *ret_text, const uint8_t salt[16], struct view name,
                    struct view value_json, char ret_digest[43])
{
    struct pieces pieces = {.len = 0};
    struct view opening = name.len > 0 ? VIEW_LITERAL("\",\"") : VIEW_LITERAL("\",");
    struct view middle = name.len > 0 ? VIEW_LITERAL("\",") : view_of(NULL, 0);
    uint8_t salt_text[SALT_CHARS];
    uint8_t hash[SEAL_HASH_BYTES];

    CHECK(plain_name(name) && value_json.len > 0);
    base64url_write((char *)salt_text, view_of(salt, SALT_BYTES));
    size_t json_len = 2 + SALT_CHARS + opening.len + name.len + middle.len + value_json.len + 1;
    size_t len = BASE64URL_LEN(json_len);
    char *text = (char *)buf_claim(ret_text, len);
    if (text == NULL) {
        return;
    }
    pieces.to = text;
    pieces_put(&pieces, VIEW_LITERAL("[\""));
    pieces_put(&pieces, view_of(salt_text, sizeof(salt_text)));
    pieces_put(&pieces, opening);
    pieces_put(&pieces, name);
    pieces_put(&pieces, middle);
    pieces_put(&pieces, value_json);
    pieces_put(&pieces, VIEW_LITERAL("]"));
    pieces_flush(&pieces);
    CHECK(pieces.to == text + len);
    seal_sha256(view_of(text, len), hash); /* invariant 1 */
    base64url_write(ret_digest, view_of(hash, sizeof(hash)));
}
