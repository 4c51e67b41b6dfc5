/*
 * Purpose: an operator's assertion (`Dancu-Assertion`): a compact JWS (RFC 7515, 7519) that says
 * for whom and by whom one ask is put. Pure. Private to verify/. Source: decision 0043, RFC 8725.
 *
 * Accepted is one form only: a header of exactly `alg` = ES256, `kid`, `typ` =
 * dancu-assertion+jwt; claims of exactly `aud`, `ask` (base64url of the body's SHA-256), `service`,
 * `jti`, `iat`, `exp`, `party`, and `officer` or `citizen`.
 */
#ifndef DANCU_VERIFY_ASSERTION_H
#define DANCU_VERIFY_ASSERTION_H

#include "base/memory.h"
#include "domain/ask.h"
#include "seal/seal.h"

#define ASSERTION_BYTES_MAX 2048

struct assertion_room {
    struct buf header;
    struct buf payload;
    struct buf signature;
    struct arena arena;
};
struct outcome assertion_room_init(struct assertion_room *room);
void assertion_room_done(struct assertion_room *room);

struct assertion {
    struct view signed_text; /* header, dot and payload as they came */
    struct view kid;
    struct view signature; /* SEAL_SIGNATURE_BYTES */
    struct view payload;   /* decoded; not looked at */
};
/* The views borrow from text and room. CODE_DISCLOSED: it has that form, and its signature is to be
 * verified next; else CODE_PROOF_MALFORMED or CODE_PROOF_ALGORITHM. */
enum code assertion_read(struct view text, struct assertion_room *room,
                         struct assertion *ret_assertion);

/* Who asks, for whom, what, and when. */
struct claims {
    struct view aud;
    struct view jti;
    struct view party;
    struct view officer; /* or else `citizen` */
    struct view citizen;
    enum service service;
    uint8_t ask[SEAL_HASH_BYTES];
    int64_t iat_s;
    int64_t exp_s;
};
/* Of an assertion whose signature was verified. CODE_PROOF_MALFORMED. */
enum code assertion_claims(const struct assertion *assertion, struct assertion_room *room,
                           struct claims *ret_claims);

/* Is a proof made at iat_s, and good until exp_s, good now? At most PROOF_S_MAX, and not before its
 * time but for PROOF_SKEW_S_MAX. */
bool proof_in_time(int64_t iat_s, int64_t exp_s, int64_t now_s);

#endif
