/*
 * Ed25519 (RFC 8032), pure: the text itself is signed, not a hash of it.
 *
 * Invariant 1: a signer's public key is computed from its seed, never given, so that the two belong
 * together.
 */
#include "base/check.h"
#include "base/memory.h"
#include "seal/seal.h"

#include <openssl/evp.h>

struct signer {
    EVP_PKEY *key;
    EVP_MD_CTX *context;
    uint8_t public_key[SEAL_PUBLIC_KEY_BYTES];
};

struct outcome signer_new(const struct secret *seed, struct signer **ret_signer)
{
    struct signer *signer = memory_new(1, sizeof(*signer));

    if (signer == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "signer");
    }
    size_t len = sizeof(signer->public_key);
    signer->key =
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed->bytes, sizeof(seed->bytes));
    signer->context = EVP_MD_CTX_new();
    if (signer->key == NULL || signer->context == NULL ||
        EVP_PKEY_get_raw_public_key(signer->key, signer->public_key, &len) != 1) {
        signer_free(signer);
        return outcome_fail(FAULT_CRYPTO, "Ed25519 key");
    }
    CHECK(len == SEAL_PUBLIC_KEY_BYTES);
    *ret_signer = signer;
    return OUTCOME_OK;
}

void signer_free(struct signer *signer)
{
    if (signer == NULL) {
        return;
    }
    EVP_MD_CTX_free(signer->context);
    EVP_PKEY_free(signer->key); /* wipes the seed */
    memory_free(signer);
}

void signer_public(const struct signer *signer, uint8_t ret_key[SEAL_PUBLIC_KEY_BYTES])
{
    for (size_t i = 0; i < SEAL_PUBLIC_KEY_BYTES; i++) {
        ret_key[i] = signer->public_key[i];
    }
}

struct outcome signer_sign(struct signer *signer, struct view text,
                           uint8_t ret_signature[SEAL_SIGNATURE_BYTES])
{
    uint8_t signature[SEAL_SIGNATURE_BYTES];
    size_t len = sizeof(signature);
    bool good = EVP_MD_CTX_reset(signer->context) == 1 &&
                EVP_DigestSignInit(signer->context, NULL, NULL, NULL, signer->key) == 1 &&
                EVP_DigestSign(signer->context, signature, &len, text.data, text.len) == 1;

    if (!good) {
        return outcome_fail(FAULT_CRYPTO, "Ed25519 sign");
    }
    CHECK(len == sizeof(signature));
    for (size_t i = 0; i < sizeof(signature); i++) {
        ret_signature[i] = signature[i];
    }
    return OUTCOME_OK;
}

bool signature_verify(const uint8_t key[SEAL_PUBLIC_KEY_BYTES], struct view text,
                      const uint8_t signature[SEAL_SIGNATURE_BYTES])
{
    EVP_PKEY *public_key =
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, SEAL_PUBLIC_KEY_BYTES);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good =
        public_key != NULL && context != NULL &&
        EVP_DigestVerifyInit(context, NULL, NULL, NULL, public_key) == 1 &&
        EVP_DigestVerify(context, signature, SEAL_SIGNATURE_BYTES, text.data, text.len) == 1;

    EVP_MD_CTX_free(context);
    EVP_PKEY_free(public_key);
    return good;
}
