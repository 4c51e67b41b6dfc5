/*
 * Masks for short places: AES-256 of a 16-byte block each (a pseudo-random permutation, which over
 * so many blocks as a registry has cannot be told from a function).
 *
 * Invariant 1: the key schedule is made once, in masker_new(); all blocks of a call are one call of
 * the cipher.
 */
#include "base/check.h"
#include "base/memory.h"
#include "seal/seal.h"

#include <openssl/evp.h>

struct masker {
    EVP_CIPHER_CTX *cipher;
};

static bool keyed(EVP_CIPHER_CTX *context, const struct secret *key)
{
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "AES-256-ECB", NULL);
    bool good = cipher != NULL && context != NULL &&
                EVP_EncryptInit_ex2(context, cipher, key->bytes, NULL, NULL) == 1;

    EVP_CIPHER_free(cipher); /* the context keeps its own reference */
    return good;
}

struct outcome masker_new(const struct secret *key, struct masker **ret_masker)
{
    struct masker *masker = memory_new(1, sizeof(*masker));

    if (masker == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "masker");
    }
    masker->cipher = EVP_CIPHER_CTX_new();
    if (!keyed(masker->cipher, key)) {
        masker_free(masker);
        return outcome_fail(FAULT_CRYPTO, "AES-256-ECB");
    }
    *ret_masker = masker;
    return OUTCOME_OK;
}

void masker_free(struct masker *masker)
{
    if (masker == NULL) {
        return;
    }
    EVP_CIPHER_CTX_free(masker->cipher); /* wipes the key schedule */
    memory_free(masker);
}

void masker_mask(struct masker *masker, uint8_t (*blocks)[SEAL_MASK_BYTES], unsigned count)
{
    int len = (int)(count * SEAL_MASK_BYTES);
    int done = 0;

    CHECK(count > 0 && count <= SEAL_MASKS_MAX);
    CHECK(EVP_EncryptUpdate(masker->cipher, blocks[0], &done, blocks[0], len) == 1 && done == len);
}
