/*
 * Purpose: signed acts for tests, as whoever signs makes them: OpenSSL's own calls, none of ours.
 */
#ifndef DANCU_TESTS_UNIT_VERIFY_SIGN_H
#define DANCU_TESTS_UNIT_VERIFY_SIGN_H

#include "help.h"

#include <openssl/evp.h>

#define SIGN_ORIGIN "localhost/test"
#define SIGN_HEADER "{\"alg\":\"ES256\",\"kid\":\"LAN\",\"typ\":\"dancu-act+json\"}"
#define SIGN_VALUES "{\"code\":\"NV-1\",\"reason\":\"Trình diễn\"}"
#define SIGN_PAYLOAD                                                                               \
    "{\"act\":\"business.refuse\",\"aud\":\"" SIGN_ORIGIN "\",\"iat\":1795423081,"                 \
    "\"if_match\":\"\\\"3\\\"\",\"jti\":\"j-1\",\"values\":" SIGN_VALUES "}"

EVP_PKEY *sign_key(void);
void sign_spki(EVP_PKEY *key, struct buf *ret_spki);
/* A compact JWS. */
void sign_jws(EVP_PKEY *key, const char *header, const char *payload, struct buf *ret_jws);

#endif
