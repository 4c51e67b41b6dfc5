/*
 * SHA-256, HMAC-SHA-256, HKDF-SHA-256, comparison in constant time.
 *
 * Invariant 1: hashing does not fail. The default provider is part of libcrypto, and a process
 * whose cryptography is broken ends here.
 */
#include "seal/sha256.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

static void hash_two(struct view first, struct view second, uint8_t ret_hash[SEAL_HASH_BYTES])
{
    SHA256_CTX state;

    sha256_begin(&state);
    sha256_add(&state, first);
    sha256_add(&state, second);
    sha256_end(&state, ret_hash);
}

void seal_sha256(struct view data, uint8_t ret_hash[SEAL_HASH_BYTES])
{
    hash_two(data, view_of(NULL, 0), ret_hash);
}

void seal_sha256_prefixed(uint8_t prefix, struct view data, uint8_t ret_hash[SEAL_HASH_BYTES])
{
    hash_two(view_of(&prefix, 1), data, ret_hash);
}

struct hasher {
    SHA256_CTX state;
};

struct outcome hasher_new(struct hasher **ret_hasher)
{
    struct hasher *hasher = memory_new(1, sizeof(*hasher));

    if (hasher == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "hasher");
    }
    sha256_begin(&hasher->state);
    *ret_hasher = hasher;
    return OUTCOME_OK;
}

void hasher_free(struct hasher *hasher)
{
    if (hasher != NULL) {
        memory_wipe(&hasher->state, sizeof(hasher->state));
        memory_free(hasher);
    }
}

void hasher_add(struct hasher *hasher, struct view piece)
{
    sha256_add(&hasher->state, piece);
}

void hasher_end(struct hasher *hasher, uint8_t ret_hash[SEAL_HASH_BYTES])
{
    sha256_end(&hasher->state, ret_hash);
}

void seal_hmac(const struct secret *key, struct view data, uint8_t ret_hash[SEAL_HASH_BYTES])
{
    struct hmac_key absorbed;

    hmac_key_make(key, &absorbed);
    SHA256_CTX text = absorbed.inner;
    sha256_add(&text, data);
    hmac_end(&absorbed, &text, ret_hash);
    memory_wipe(&absorbed, sizeof(absorbed));
}

struct outcome seal_derive(const struct secret *key, const char *label, struct secret *ret_key)
{
    char digest[] = "SHA256";
    SECRET_AUTO input = *key;
    SECRET_AUTO derived = {{0}};
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, input.bytes, sizeof(input.bytes)),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)(uintptr_t)label,
                                          strlen(label)),
        OSSL_PARAM_construct_end(),
    };
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *context = kdf == NULL ? NULL : EVP_KDF_CTX_new(kdf);
    bool good = context != NULL &&
                EVP_KDF_derive(context, derived.bytes, sizeof(derived.bytes), params) == 1;

    EVP_KDF_CTX_free(context);
    EVP_KDF_free(kdf);
    if (!good) {
        return outcome_fail(FAULT_CRYPTO, "HKDF");
    }
    *ret_key = derived;
    return OUTCOME_OK;
}

void seal_fingerprint(const struct secret *key, uint8_t ret_hash[SEAL_HASH_BYTES])
{
    seal_hmac(key, VIEW_LITERAL("dancu key fingerprint v1"), ret_hash);
}

bool seal_equal(const void *a, const void *b, size_t len)
{
    return CRYPTO_memcmp(a, b, len) == 0;
}

void secret_done(struct secret *secret)
{
    memory_wipe(secret, sizeof(*secret));
}
