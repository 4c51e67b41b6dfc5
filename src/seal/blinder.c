/*
 * The blind index: the first 16 bytes of HMAC-SHA-256(key, kind byte || text), or of two texts.
 *
 * Invariant 1: the key is absorbed once, in blinder_new(); a tag starts from there.
 */
#include "seal/sha256.h"

struct blinder {
    struct hmac_key key;
};

struct outcome blinder_new(const struct secret *key, struct blinder **ret_blinder)
{
    struct blinder *blinder = memory_new(1, sizeof(*blinder));

    if (blinder == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "blinder");
    }
    hmac_key_make(key, &blinder->key);
    *ret_blinder = blinder;
    return OUTCOME_OK;
}

void blinder_free(struct blinder *blinder)
{
    if (blinder == NULL) {
        return;
    }
    memory_wipe(blinder, sizeof(*blinder));
    memory_free(blinder);
}

static SHA256_CTX begin(const struct blinder *blinder, uint8_t kind)
{
    SHA256_CTX text = blinder->key.inner; /* invariant 1 */

    sha256_add(&text, view_of(&kind, 1));
    return text;
}

static void end(const struct blinder *blinder, SHA256_CTX *text, uint8_t ret_tag[SEAL_BLIND_BYTES])
{
    uint8_t hash[SEAL_HASH_BYTES];

    hmac_end(&blinder->key, text, hash);
    memcpy(ret_tag, hash, SEAL_BLIND_BYTES);
}

void blinder_tag(struct blinder *blinder, uint8_t kind, struct view text,
                 uint8_t ret_tag[SEAL_BLIND_BYTES])
{
    SHA256_CTX hashed = begin(blinder, kind);

    sha256_add(&hashed, text);
    end(blinder, &hashed, ret_tag);
}

void blinder_tag_pair(struct blinder *blinder, uint8_t kind, struct view first, struct view second,
                      uint8_t ret_tag[SEAL_BLIND_BYTES])
{
    uint8_t len[2] = {(uint8_t)(first.len >> 8), (uint8_t)first.len};

    CHECK(first.len <= UINT16_MAX);
    SHA256_CTX hashed = begin(blinder, kind);
    sha256_add(&hashed, view_of(len, sizeof(len)));
    sha256_add(&hashed, first);
    sha256_add(&hashed, second);
    end(blinder, &hashed, ret_tag);
}
