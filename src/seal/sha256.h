/*
 * Purpose: SHA-256 of libcrypto by its own functions, and HMAC over it; private to seal/.
 *
 * The general way (EVP) looks up an algorithm, asks for engines, takes and gives back memory at
 * each call: twice what the 64 bytes of a block cost, and an ask takes some twenty hashes. These
 * functions are deprecated since OpenSSL 3.0, but part of libcrypto.so.3 as long as there is one;
 * the code behind them is what EVP calls (decision 0073).
 */
#ifndef DANCU_SEAL_SHA256_H
#define DANCU_SEAL_SHA256_H

#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include "base/check.h"
#include "base/memory.h"
#include "seal/seal.h"

#include <string.h>

#define SHA256_BLOCK_BYTES 64

static inline void sha256_begin(SHA256_CTX *state)
{
    CHECK(SHA256_Init(state) == 1);
}

static inline void sha256_add(SHA256_CTX *state, struct view text)
{
    CHECK(text.len == 0 || SHA256_Update(state, text.data, text.len) == 1);
}

static inline void sha256_end(SHA256_CTX *state, uint8_t ret_hash[SEAL_HASH_BYTES])
{
    CHECK(SHA256_Final(ret_hash, state) == 1);
    memory_wipe(state, sizeof(*state));
}

/* HMAC (RFC 2104) with the key absorbed: a text goes on from `inner`, its hash from `outer`. */
struct hmac_key {
    SHA256_CTX inner;
    SHA256_CTX outer;
};

static inline void hmac_absorb(SHA256_CTX *state, const struct secret *key, uint8_t pad)
{
    uint8_t block[SHA256_BLOCK_BYTES];

    memset(block, pad, sizeof(block));
    for (size_t i = 0; i < sizeof(key->bytes); i++) {
        block[i] ^= key->bytes[i];
    }
    sha256_begin(state);
    sha256_add(state, view_of(block, sizeof(block)));
    memory_wipe(block, sizeof(block));
}

static inline void hmac_key_make(const struct secret *key, struct hmac_key *ret_key)
{
    _Static_assert(sizeof(key->bytes) <= SHA256_BLOCK_BYTES, "a longer key would be hashed first");
    hmac_absorb(&ret_key->inner, key, 0x36);
    hmac_absorb(&ret_key->outer, key, 0x5c);
}

/* `text` began as a copy of key->inner. */
static inline void hmac_end(const struct hmac_key *key, SHA256_CTX *text,
                            uint8_t ret_hash[SEAL_HASH_BYTES])
{
    SHA256_CTX outer = key->outer;
    uint8_t hash[SEAL_HASH_BYTES];

    sha256_end(text, hash);
    sha256_add(&outer, view_of(hash, sizeof(hash)));
    sha256_end(&outer, ret_hash);
}

#endif
