/*
 * Sealed records: AES-256-GCM (NIST SP 800-38D), nonce || ciphertext || tag.
 *
 * Invariants
 *  1. The key schedule is made once, in sealer_new(); a record costs no look-up and no allocation.
 *  2. What does not verify is never seen: the plain text of a bad record is wiped and cut off
 * again.
 *  3. A nonce is random for each record: one key seals at most 2^32 records (section 8.3 there).
 */
#include "base/check.h"
#include "base/memory.h"
#include "seal/seal.h"

#include <limits.h>
#include <openssl/evp.h>

#define SEALED_RECORDS_MAX (UINT64_C(1) << 32)

struct sealer {
    EVP_CIPHER_CTX *encrypt;
    EVP_CIPHER_CTX *decrypt;
    struct random_port random;
    uint64_t sealed;
};

static bool keyed(struct sealer *sealer, const struct secret *key)
{
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    bool good = cipher != NULL && sealer->encrypt != NULL && sealer->decrypt != NULL &&
                EVP_EncryptInit_ex2(sealer->encrypt, cipher, key->bytes, NULL, NULL) == 1 &&
                EVP_DecryptInit_ex2(sealer->decrypt, cipher, key->bytes, NULL, NULL) == 1;

    EVP_CIPHER_free(cipher); /* the contexts keep their own reference */
    return good;
}

struct outcome sealer_new(const struct secret *key, const struct random_port *random,
                          struct sealer **ret_sealer)
{
    struct sealer *sealer = memory_new(1, sizeof(*sealer));

    if (sealer == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "sealer");
    }
    sealer->encrypt = EVP_CIPHER_CTX_new();
    sealer->decrypt = EVP_CIPHER_CTX_new();
    sealer->random = *random;
    if (!keyed(sealer, key)) {
        sealer_free(sealer);
        return outcome_fail(FAULT_CRYPTO, "AES-256-GCM");
    }
    *ret_sealer = sealer;
    return OUTCOME_OK;
}

void sealer_free(struct sealer *sealer)
{
    if (sealer == NULL) {
        return;
    }
    EVP_CIPHER_CTX_free(sealer->encrypt); /* wipes the key schedule */
    EVP_CIPHER_CTX_free(sealer->decrypt);
    memory_free(sealer);
}

/* nonce || ciphertext || tag into `to`, which has room for it. */
static bool seal_into(struct sealer *sealer, struct view place, struct view plain, uint8_t *to)
{
    EVP_CIPHER_CTX *context = sealer->encrypt;
    uint8_t *text = to + SEAL_NONCE_BYTES;
    int done = 0;

    random_fill(&sealer->random, to, SEAL_NONCE_BYTES);
    return EVP_EncryptInit_ex2(context, NULL, NULL, to, NULL) == 1 &&
           (place.len == 0 ||
            EVP_EncryptUpdate(context, NULL, &done, place.data, (int)place.len) == 1) &&
           (plain.len == 0 ||
            EVP_EncryptUpdate(context, text, &done, plain.data, (int)plain.len) == 1) &&
           EVP_EncryptFinal_ex(context, text + plain.len, &done) == 1 &&
           EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, SEAL_TAG_BYTES, text + plain.len) ==
               1;
}

struct outcome sealer_seal(struct sealer *sealer, struct view place, struct view plain,
                           struct buf *ret_sealed)
{
    size_t before = ret_sealed->len;

    CHECK(place.len <= INT_MAX && plain.len <= INT_MAX - SEAL_OVERHEAD_BYTES);
    if (sealer->sealed >= SEALED_RECORDS_MAX) { /* invariant 3 */
        return outcome_fail(FAULT_OVER_LIMIT, "records sealed under one key");
    }
    uint8_t *to = buf_claim(ret_sealed, plain.len + SEAL_OVERHEAD_BYTES);
    if (to == NULL) {
        return buf_check(ret_sealed);
    }
    if (!seal_into(sealer, place, plain, to)) {
        buf_cut(ret_sealed, before);
        return outcome_fail(FAULT_CRYPTO, "AES-256-GCM seal");
    }
    sealer->sealed++;
    return OUTCOME_OK;
}

static bool open_into(struct sealer *sealer, struct view place, struct view sealed, uint8_t *to)
{
    EVP_CIPHER_CTX *context = sealer->decrypt;
    size_t len = sealed.len - SEAL_OVERHEAD_BYTES;
    const uint8_t *text = sealed.data + SEAL_NONCE_BYTES;
    uint8_t tag[SEAL_TAG_BYTES]; /* the call wants it writable */
    int done = 0;

    for (size_t i = 0; i < SEAL_TAG_BYTES; i++) {
        tag[i] = text[len + i];
    }
    return EVP_DecryptInit_ex2(context, NULL, NULL, sealed.data, NULL) == 1 &&
           (place.len == 0 ||
            EVP_DecryptUpdate(context, NULL, &done, place.data, (int)place.len) == 1) &&
           (len == 0 || EVP_DecryptUpdate(context, to, &done, text, (int)len) == 1) &&
           EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, SEAL_TAG_BYTES, tag) == 1 &&
           EVP_DecryptFinal_ex(context, to + len, &done) == 1;
}

struct outcome sealer_open(struct sealer *sealer, struct view place, struct view sealed,
                           struct buf *ret_plain)
{
    size_t before = ret_plain->len;

    CHECK(place.len <= INT_MAX);
    if (sealed.len < SEAL_OVERHEAD_BYTES || sealed.len > INT_MAX) {
        return outcome_fail(FAULT_CORRUPT, "sealed record's length");
    }
    /* An empty plain text still needs a place to point at. */
    size_t len = sealed.len - SEAL_OVERHEAD_BYTES;
    uint8_t nothing[1];
    uint8_t *to = len == 0 ? nothing : buf_claim(ret_plain, len);
    if (to == NULL) {
        return buf_check(ret_plain);
    }
    if (!open_into(sealer, place, sealed, to)) {
        memory_wipe(to, len); /* invariant 2 */
        buf_cut(ret_plain, before);
        return outcome_fail(FAULT_CORRUPT, "sealed record does not verify");
    }
    return OUTCOME_OK;
}

struct outcome sealer_open_either(struct sealer *sealer, struct sealer *other, struct view place,
                                  struct view sealed, struct buf *ret_plain)
{
    struct outcome outcome = sealer_open(sealer, place, sealed, ret_plain);

    return other != NULL && outcome.fault == FAULT_CORRUPT
               ? sealer_open(other, place, sealed, ret_plain)
               : outcome;
}

size_t seal_padded_len(size_t len)
{
    CHECK(len <= SIZE_MAX - 512);
    return len <= 256 ? 256 : (len + 511) / 512 * 512;
}
