/*
 * Veils over tags: AES-256 of the 16 bytes, and back.
 *
 * Invariant 1: the key schedules, one for each way, are made once, in veil_new().
 */
#include "base/check.h"
#include "base/memory.h"
#include "seal/seal.h"

#include <openssl/evp.h>

struct veil {
    EVP_CIPHER_CTX *put;
    EVP_CIPHER_CTX *lift;
};

static bool keyed(struct veil *veil, const struct secret *key)
{
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "AES-256-ECB", NULL);
    bool good = cipher != NULL && veil->put != NULL && veil->lift != NULL &&
                EVP_EncryptInit_ex2(veil->put, cipher, key->bytes, NULL, NULL) == 1 &&
                EVP_DecryptInit_ex2(veil->lift, cipher, key->bytes, NULL, NULL) == 1;

    EVP_CIPHER_free(cipher); /* the contexts keep their own references */
    if (good) {
        (void)EVP_CIPHER_CTX_set_padding(veil->lift, 0); /* it has no failure */
    }
    return good;
}

struct outcome veil_new(const struct secret *key, struct veil **ret_veil)
{
    struct veil *veil = memory_new(1, sizeof(*veil));

    if (veil == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "veil");
    }
    veil->put = EVP_CIPHER_CTX_new();
    veil->lift = EVP_CIPHER_CTX_new();
    if (!keyed(veil, key)) {
        veil_free(veil);
        return outcome_fail(FAULT_CRYPTO, "AES-256-ECB");
    }
    *ret_veil = veil;
    return OUTCOME_OK;
}

void veil_free(struct veil *veil)
{
    if (veil == NULL) {
        return;
    }
    EVP_CIPHER_CTX_free(veil->put); /* wipes the key schedule */
    EVP_CIPHER_CTX_free(veil->lift);
    memory_free(veil);
}

void veil_put(struct veil *veil, uint8_t tag[SEAL_BLIND_BYTES])
{
    int done = 0;

    CHECK(veil == NULL || (EVP_EncryptUpdate(veil->put, tag, &done, tag, SEAL_BLIND_BYTES) == 1 &&
                           done == SEAL_BLIND_BYTES));
}

void veil_lift(struct veil *veil, uint8_t tag[SEAL_BLIND_BYTES])
{
    int done = 0;

    CHECK(veil == NULL || (EVP_DecryptUpdate(veil->lift, tag, &done, tag, SEAL_BLIND_BYTES) == 1 &&
                           done == SEAL_BLIND_BYTES));
}
