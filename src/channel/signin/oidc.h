/*
 * Purpose: what is said to a provider of sign-ins, and read of its answers: discovery (OpenID
 * Connect Discovery 1.0), authorization with PKCE (RFC 7636) and PAR (RFC 9126), the token request
 * with private_key_jwt (RFC 7523, OpenID Connect Core 1.0 section 9). Pure. Private to this folder.
 */
#ifndef DANCU_CHANNEL_SIGNIN_OIDC_H
#define DANCU_CHANNEL_SIGNIN_OIDC_H

#include "base/memory.h"
#include "proc/signin.h"

#define OIDC_ADDRESS_BYTES_MAX 512
#define OIDC_JSON_BYTES_MAX 65536 /* one answer of a provider */
#define OIDC_ARENA_BYTES (256u << 10)
#define OIDC_RANDOM_BYTES 32 /* a state, a verifier */
#define OIDC_DISCOVERY "/.well-known/openid-configuration"

/* Addresses at a provider, each on its issuer's own host; empty: it has none such. */
struct oidc_metadata {
    char authorization[OIDC_ADDRESS_BYTES_MAX];
    char token[OIDC_ADDRESS_BYTES_MAX];
    char par[OIDC_ADDRESS_BYTES_MAX];
    char end_session[OIDC_ADDRESS_BYTES_MAX];
    char jwks[OIDC_ADDRESS_BYTES_MAX];
    bool names_issuer; /* it says in each answer who it is (RFC 9207) */
};
/* FAULT_BAD_INPUT: it is another's, lacks what is needed, or has it at another host. */
struct outcome oidc_metadata_read(struct view json, struct view issuer, struct arena *arena,
                                  struct oidc_metadata *ret_metadata);

/* `host[:port]` of an https address, and what stands behind it (at least `/`). */
struct view oidc_host(struct view address);
struct view oidc_path(struct view address);

/* One sign-in, as it is asked for. */
struct oidc_request {
    const struct signin_provider *provider;
    struct view redirect; /* where the browser comes back to */
    uint8_t state[OIDC_RANDOM_BYTES];
    uint8_t nonce[SEAL_HASH_BYTES];
    uint8_t verifier[OIDC_RANDOM_BYTES];
};
/* The parameters of an authorization request; client_id first. */
void oidc_put_request(struct buf *buf, const struct oidc_request *request);
/* By which we are known to the provider: `&client_assertion_type=...&client_assertion=...`. */
struct outcome oidc_put_assertion(struct buf *buf, const struct signin_provider *provider,
                                  const struct es256 *key, const struct random_port *random,
                                  int64_t now_s);
/* The parameters of a token request, without the assertion. */
void oidc_put_exchange(struct buf *buf, const struct oidc_request *request, struct view code);
/* Where one signs out. */
void oidc_put_leave(struct buf *buf, const struct oidc_metadata *metadata,
                    const struct signin_provider *provider, struct view redirect);

/* A string of an answer; FAULT_BAD_INPUT: it is no object, or has none. */
struct outcome oidc_answer_read(struct view json, const char *name, struct arena *arena,
                                struct view *ret_text);
/* The `iss` of a token that nobody has verified: to know whose key is to be tried. */
struct outcome oidc_token_issuer(struct view token, struct arena *arena, struct buf *ret_issuer);

/* Percent-encoded for a query or a form. */
void oidc_put_encoded(struct buf *buf, struct view text);

#endif
