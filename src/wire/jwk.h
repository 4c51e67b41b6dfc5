/*
 * Purpose: the public keys of a JSON Web Key Set (RFC 7517), or of one JWK, as SubjectPublicKeyInfo
 * in DER: a provider of sign-ins publishes its keys so. Pure.
 */
#ifndef DANCU_WIRE_JWK_H
#define DANCU_WIRE_JWK_H

#include "base/bytes.h"
#include "base/memory.h"

#define JWKS_BYTES_MAX 65536
#define JWKS_KEYS_MAX 16
/* The arena should hold so much. */
#define JWKS_ARENA_BYTES (256u << 10)

struct jwk {
    struct view kid;  /* at most 64 of A-Z a-z 0-9 . _ -; others are passed over */
    struct view alg;  /* as it says, empty when it does not */
    struct view spki; /* of EC P-256 or RSA; not looked at further */
};

/* Keys of other kinds, and those that are not for signatures, are passed over. The views are in the
 * arena. FAULT_BAD_INPUT, FAULT_OVER_LIMIT. */
struct outcome jwks_read(struct view text, struct arena *arena, struct jwk ret_keys[JWKS_KEYS_MAX],
                         unsigned *ret_count);

#endif
