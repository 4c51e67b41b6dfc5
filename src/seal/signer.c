/*
 * Ed25519 (RFC 8032), pure: the text itself is signed, not a hash of it. By libsodium, which takes
 * two fifths of libcrypto's time (decision 0076); one ask alone waits for a signature and for its
 * verification.
 *
 * Invariants
 *  1. A signer's public key is computed from its seed, never given, so that the two belong
 * together.
 *  2. The library is made ready before its first use, in each process.
 */
#include "base/check.h"
#include "base/memory.h"
#include "seal/seal.h"

#include <sodium/core.h>
#include <sodium/crypto_sign_ed25519.h>
#include <string.h>

_Static_assert(SEAL_PUBLIC_KEY_BYTES == crypto_sign_ed25519_PUBLICKEYBYTES, "of libsodium");
_Static_assert(SEAL_SIGNATURE_BYTES == crypto_sign_ed25519_BYTES, "of libsodium");

struct signer {
    uint8_t key[crypto_sign_ed25519_SECRETKEYBYTES]; /* the seed, then the public key */
};

/* Invariant 2. */
static bool is_ready(void)
{
    return sodium_init() >= 0;
}

struct outcome signer_new(const struct secret *seed, struct signer **ret_signer)
{
    _Static_assert(sizeof(seed->bytes) == crypto_sign_ed25519_SEEDBYTES, "of libsodium");
    struct signer *signer = memory_new(1, sizeof(*signer));

    if (signer == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "signer");
    }
    uint8_t public_key[SEAL_PUBLIC_KEY_BYTES]; /* stands in the key, too */
    if (!is_ready() ||
        crypto_sign_ed25519_seed_keypair(public_key, signer->key, seed->bytes) != 0) {
        signer_free(signer);
        return outcome_fail(FAULT_CRYPTO, "Ed25519 key");
    }
    *ret_signer = signer;
    return OUTCOME_OK;
}

void signer_free(struct signer *signer)
{
    if (signer != NULL) {
        memory_wipe_free(signer, sizeof(*signer));
    }
}

void signer_public(const struct signer *signer, uint8_t ret_key[SEAL_PUBLIC_KEY_BYTES])
{
    memcpy(ret_key, signer->key + crypto_sign_ed25519_SEEDBYTES, SEAL_PUBLIC_KEY_BYTES);
}

struct outcome signer_sign(struct signer *signer, struct view text,
                           uint8_t ret_signature[SEAL_SIGNATURE_BYTES])
{
    bool good =
        crypto_sign_ed25519_detached(ret_signature, NULL, text.data, text.len, signer->key) == 0;

    return good ? OUTCOME_OK : outcome_fail(FAULT_CRYPTO, "Ed25519 sign");
}

bool signature_verify(const uint8_t key[SEAL_PUBLIC_KEY_BYTES], struct view text,
                      const uint8_t signature[SEAL_SIGNATURE_BYTES])
{
    return is_ready() &&
           crypto_sign_ed25519_verify_detached(signature, text.data, text.len, key) == 0;
}
