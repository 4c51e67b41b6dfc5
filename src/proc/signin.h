/*
 * Purpose: the frames by which citizens sign in over a portal: providers told by the core; the
 * browser's steps from `public` to `signin`; tokens from `signin` to `verify`; what `verify`
 * vouches for to the core; and the browser that comes for its session. The receiver relies on no
 * promise of the sender. Source: I11, decision 0064.
 *
 * The secret behind the nonce goes from `public` to the core alone, and so does the SHA-256 of the
 * session's token: `signin` and `verify` have neither.
 */
#ifndef DANCU_PROC_SIGNIN_H
#define DANCU_PROC_SIGNIN_H

#include "base/ceilings.h"
#include "domain/signin.h"
#include "proc/frame.h"
#include "seal/seal.h"

/* FRAME_SIGNIN, core -> public, signin, verify: count providers in force, all of them each time:
 * block16 code, name, issuer, client, claim, acr; u8 channel; u8 number of keys, each block16 kid,
 * u8 alg, block16 SubjectPublicKeyInfo. */
struct signin_key {
    struct view kid;
    enum token_alg alg;
    struct view spki;
};
struct signin_provider {
    struct view code;
    struct view name;
    struct view issuer;
    struct view client;
    struct view claim;
    struct view acr;
    enum channel channel;
    struct signin_key keys[PROVIDER_KEYS_MAX];
    unsigned key_count;
};
void signin_put_provider(struct buf *buf, const struct signin_provider *provider);
struct outcome signin_get_provider(struct cursor *cursor, struct signin_provider *ret_provider);
/* Those of a whole frame, kept. Which one a code names; NULL: none. */
struct signin_providers {
    struct buf bytes; /* what the views borrow from */
    struct signin_provider all[PROVIDERS_MAX];
    unsigned count;
};
void signin_providers_init(struct signin_providers *providers);
void signin_providers_done(struct signin_providers *providers);
/* Takes over all of a frame, or on a failure none. */
struct outcome signin_providers_take(struct signin_providers *providers, const struct frame *frame);
const struct signin_provider *signin_provider_find(const struct signin_providers *providers,
                                                   struct view code);

/* FRAME_SIGNIN, public -> signin: u64 tag, u8 step, 32 bytes nonce, block16 provider, state, code,
 * issuer, token. What a step does not need is empty. */
enum signin_step {
    SIGNIN_BEGIN,  /* provider */
    SIGNIN_RETURN, /* state, code (empty: the provider says no), issuer (may be empty) */
    SIGNIN_LEAVE,  /* provider: where does one sign out there? */
    SIGNIN_LOGOUT, /* token: the provider says that somebody has signed out */
    SIGNIN_STEP_COUNT
};
struct signin_asked {
    uint64_t tag;
    enum signin_step step;
    uint8_t nonce[SEAL_HASH_BYTES]; /* SHA-256 of the browser's secret; zeros where there is none */
    struct view provider;
    struct view state;
    struct view code;
    struct view issuer;
    struct view token;
};
void signin_put_asked(struct buf *buf, const struct signin_asked *asked);
struct outcome signin_get_asked(const struct frame *frame, struct signin_asked *ret_asked);
/* FRAME_SIGNIN, signin -> public: u64 tag, u8 code, block16 location: where the browser is to go,
 * of SIGNIN_BEGIN and SIGNIN_LEAVE. */
struct signin_told {
    uint64_t tag;
    enum signin_code code;
    struct view location;
};
void signin_put_told(struct buf *buf, const struct signin_told *told);
struct outcome signin_get_told(const struct frame *frame, struct signin_told *ret_told);

/* FRAME_TOKEN, signin -> verify: u64 tag, u8 use, block16 provider, block16 token as it came. */
enum signin_use { SIGNIN_USE_ID, SIGNIN_USE_LOGOUT, SIGNIN_USE_COUNT };
struct signin_token {
    uint64_t tag;
    enum signin_use use;
    struct view provider;
    struct view token; /* 1..SIGNIN_TOKEN_BYTES_MAX */
};
void signin_put_token(struct buf *buf, const struct signin_token *token);
struct outcome signin_get_token(const struct frame *frame, struct signin_token *ret_token);

/* FRAME_TOKEN, signin -> core: block16 provider, u8 code: somebody was refused. */
struct signin_refused {
    struct view provider; /* may be empty */
    enum signin_code code;
};
void signin_put_refused(struct buf *buf, const struct signin_refused *refused);
struct outcome signin_get_refused(const struct frame *frame, struct signin_refused *ret_refused);

/* FRAME_SIGNED_IN, verify -> core: u64 tag, u8 use, u8 code, block16 provider, 32 bytes each nonce,
 * subject and sid, block16 citizen. Of what is not SIGNIN_DONE the rest is empty. */
struct signin_vouched {
    uint64_t tag;
    enum signin_use use;
    enum signin_code code;
    struct view provider;
    uint8_t nonce[SEAL_HASH_BYTES];   /* of an ID token */
    uint8_t subject[SEAL_HASH_BYTES]; /* SHA-256 of the provider's code, a zero, and `sub`; zeros: a
                                         logout token may be without it */
    uint8_t sid[SEAL_HASH_BYTES]; /* likewise of `sid`, with `sid` and a zero before; zeros: none
                                   */
    struct view citizen;          /* of an ID token */
};
void signin_put_vouched(struct buf *buf, const struct signin_vouched *vouched);
struct outcome signin_get_vouched(const struct frame *frame, struct signin_vouched *ret_vouched);

/* FRAME_SIGNIN, public -> core: u64 tag, u8 leaves, 32 bytes secret, 32 bytes token's SHA-256: the
 * browser comes for its session, or (leaves = 1; the secret is zeros) ends it. */
struct signin_entering {
    uint64_t tag;
    bool leaves;
    uint8_t secret[SEAL_HASH_BYTES];
    uint8_t token[SEAL_HASH_BYTES];
};
void signin_put_entering(struct buf *buf, const struct signin_entering *entering);
struct outcome signin_get_entering(const struct frame *frame, struct signin_entering *ret_entering);

/* u64 tag, u8 code, block16 provider: FRAME_SIGNED_IN, core -> verify and public, and FRAME_TOKEN,
 * verify -> signin: what became of it. `provider`: to public, whose session it is or was. */
struct signin_done {
    uint64_t tag;
    enum signin_code code;
    struct view provider;
};
void signin_put_done(struct buf *buf, enum frame_kind kind, const struct signin_done *done);
struct outcome signin_get_done(const struct frame *frame, enum frame_kind kind,
                               struct signin_done *ret_done);

#endif
