/*
 * The blind index: the first 16 bytes of HMAC-SHA-256(key, kind byte || text), or of two texts.
 *
 * Invariant 1: the key is absorbed once, in blinder_new(); a tag starts from there.
 */
#include "base/check.h"
#include "base/memory.h"
#include "seal/seal.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <string.h>

struct blinder {
    EVP_MAC_CTX *hmac;
};

static bool keyed(EVP_MAC_CTX *hmac, const struct secret *key)
{
    char digest[] = "SHA256";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    return hmac != NULL && EVP_MAC_init(hmac, key->bytes, sizeof(key->bytes), params) == 1;
}

struct outcome blinder_new(const struct secret *key, struct blinder **ret_blinder)
{
    struct blinder *blinder = memory_new(1, sizeof(*blinder));

    if (blinder == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "blinder");
    }
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    blinder->hmac = mac == NULL ? NULL : EVP_MAC_CTX_new(mac);
    EVP_MAC_free(mac);
    if (!keyed(blinder->hmac, key)) {
        blinder_free(blinder);
        return outcome_fail(FAULT_CRYPTO, "HMAC");
    }
    *ret_blinder = blinder;
    return OUTCOME_OK;
}

void blinder_free(struct blinder *blinder)
{
    if (blinder == NULL) {
        return;
    }
    EVP_MAC_CTX_free(blinder->hmac); /* wipes the absorbed key */
    memory_free(blinder);
}

static void begin(struct blinder *blinder, uint8_t kind)
{
    CHECK(EVP_MAC_init(blinder->hmac, NULL, 0, NULL) == 1); /* invariant 1 */
    CHECK(EVP_MAC_update(blinder->hmac, &kind, 1) == 1);
}

static void add(struct blinder *blinder, struct view text)
{
    CHECK(text.len == 0 || EVP_MAC_update(blinder->hmac, text.data, text.len) == 1);
}

static void end(struct blinder *blinder, uint8_t ret_tag[SEAL_BLIND_BYTES])
{
    uint8_t hash[SEAL_HASH_BYTES];
    size_t len = 0;

    CHECK(EVP_MAC_final(blinder->hmac, hash, &len, sizeof(hash)) == 1 && len == sizeof(hash));
    memcpy(ret_tag, hash, SEAL_BLIND_BYTES);
}

void blinder_tag(struct blinder *blinder, uint8_t kind, struct view text,
                 uint8_t ret_tag[SEAL_BLIND_BYTES])
{
    begin(blinder, kind);
    add(blinder, text);
    end(blinder, ret_tag);
}

void blinder_tag_pair(struct blinder *blinder, uint8_t kind, struct view first, struct view second,
                      uint8_t ret_tag[SEAL_BLIND_BYTES])
{
    uint8_t len[2] = {(uint8_t)(first.len >> 8), (uint8_t)first.len};

    CHECK(first.len <= UINT16_MAX);
    begin(blinder, kind);
    add(blinder, view_of(len, sizeof(len)));
    add(blinder, first);
    add(blinder, second);
    end(blinder, ret_tag);
}
