/*
 * Purpose: the words of signing in over a portal (OpenID Connect): by what a provider signs, and
 * what becomes of one who comes from there. Pure. Source: decision 0064; OpenID Connect Core 1.0.
 */
#ifndef DANCU_DOMAIN_SIGNIN_H
#define DANCU_DOMAIN_SIGNIN_H

#include "domain/words.h"

/* clang-format off */

/* RFC 7518 section 3.1; numbers stand in sealed records. */
#define WORDS_TOKEN_ALG(ROW)                                                                       \
    ROW(ES256, "ES256")                                                                            \
    ROW(RS256, "RS256")                                                                            \
    ROW(PS256, "PS256")

#define WORDS_SIGNIN_CODE(ROW)                                                                     \
    ROW(DONE, "done")                                                                              \
    ROW(UNAVAILABLE, "unavailable")           /* neither we nor the provider can now */            \
    ROW(TOO_MANY, "too_many")                                                                      \
    ROW(PROVIDER, "provider_unknown")         /* or it is suspended */                             \
    ROW(DENIED, "denied")                     /* the provider says so, or whoever asked gave up */ \
    ROW(STATE, "state_unknown")               /* or it was used, or is too old */                  \
    ROW(BROWSER, "other_browser")             /* not the one that began */                         \
    ROW(CODE, "code_refused")                 /* the provider does not take its own code again */  \
    ROW(TOKEN_FORM, "token_malformed")                                                             \
    ROW(TOKEN_ALGORITHM, "token_algorithm")                                                        \
    ROW(TOKEN_KEY, "token_key")               /* none that officers have confirmed */              \
    ROW(TOKEN_SIGNATURE, "token_signature")                                                        \
    ROW(TOKEN_ISSUER, "token_issuer")                                                              \
    ROW(TOKEN_AUDIENCE, "token_audience")                                                          \
    ROW(TOKEN_TIME, "token_time")                                                                  \
    ROW(TOKEN_NONCE, "token_nonce")           /* another browser's, or it came before */           \
    ROW(TOKEN_LEVEL, "token_level")           /* of assurance: not the one required */             \
    ROW(TOKEN_CITIZEN, "token_citizen")       /* it names no personal number */

/* clang-format on */

enum token_alg {
#define ROW(name, text) TOKEN_ALG_##name,
    WORDS_TOKEN_ALG(ROW)
#undef ROW
        TOKEN_ALG_COUNT
};
enum signin_code {
#define ROW(name, text) SIGNIN_##name,
    WORDS_SIGNIN_CODE(ROW)
#undef ROW
        SIGNIN_CODE_COUNT
};

extern const struct words words_token_alg;
extern const struct words words_signin_code;

/* Whether one that ends so is recorded (within a rate): somebody has shown what is not his. */
bool signin_code_recorded(enum signin_code code);

#endif
