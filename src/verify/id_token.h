/*
 * Purpose: what a provider of sign-ins has signed: an ID token (OpenID Connect Core 1.0, sections 2
 * and 3.1.3.7) or a logout token (OpenID Connect Back-Channel Logout 1.0, section 2.6), read as
 * strictly as it can be. Pure. Private to verify/. Source: I11, decision 0064, RFC 7519, RFC 8725.
 */
#ifndef DANCU_VERIFY_ID_TOKEN_H
#define DANCU_VERIFY_ID_TOKEN_H

#include "base/memory.h"
#include "proc/signin.h"

/* Where one is read; used again for the next. */
struct id_token_room {
    struct buf header;
    struct buf payload;
    struct buf signature;
    struct arena arena;
};
struct outcome id_token_room_init(struct id_token_room *room);
void id_token_room_done(struct id_token_room *room);

struct id_token {
    uint8_t nonce[SEAL_HASH_BYTES];   /* of an ID token: its `nonce`, which is such a hash */
    uint8_t subject[SEAL_HASH_BYTES]; /* SHA-256 of the provider's code, a zero, and `sub`; zeros: a
                                         logout token that names a `sid` alone */
    uint8_t sid[SEAL_HASH_BYTES]; /* likewise of `sid`, with `sid` and a zero before; zeros: none
                                   */
    struct view citizen;          /* of an ID token: personal number; in the room */
};
/* SIGNIN_DONE: signed by a key of the provider's that officers have confirmed, for us, now, at the
 * level that is required. Else what is wrong first, in the order of the words. */
enum signin_code id_token_read(const struct signin_provider *provider, enum signin_use use,
                               struct view text, int64_t now_s, struct id_token_room *room,
                               struct id_token *ret_token);

#endif
