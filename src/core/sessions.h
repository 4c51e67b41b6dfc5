/*
 * Purpose: citizens' sessions: who signed in over which portal, and until when (F3, S3, S4;
 * decision 0064). Owner: the core has one set, in memory alone; after a start everybody signs in
 * again.
 *
 * A session begins in two steps. `verify` vouches for an ID token: its citizen is admitted under
 * the token's nonce, which is the SHA-256 of a secret that only the browser has that began. Then
 * that browser's process brings the secret itself, and the SHA-256 of a new token: the session is
 * open. So neither `signin` nor `verify` can open one, and no token stands here. `token` in what
 * follows is always its SHA-256.
 */
#ifndef DANCU_CORE_SESSIONS_H
#define DANCU_CORE_SESSIONS_H

#include "base/map.h"
#include "gate/directory.h"

#define SESSION_TOKEN_BYTES 32  /* random; what the browser shows each time */
#define SESSION_SECRET_BYTES 32 /* likewise, until it is signed in */

struct session {
    uint8_t token[SEAL_HASH_BYTES];   /* SHA-256 of it */
    uint8_t subject[SEAL_HASH_BYTES]; /* SHA-256 of the provider's code, a zero and its name for
                                         whoever signed in */
    uint8_t sid[SEAL_HASH_BYTES];     /* likewise of its name for the sign-in there; zeros: none */
    struct code_text citizen;         /* personal number, as the provider says; perhaps nobody's */
    struct code_text provider;
    struct code_text account; /* of the portal that carries it (gate/directory.h) */
    enum channel channel;     /* the account's */
    int64_t begun_us;         /* monotonic */
    int64_t used_us;
};

struct sessions {
    struct map open;     /* by token */
    struct map citizens; /* the same by citizen: nobody has two */
    struct map subjects; /* likewise by subject */
    struct map sids;     /* those that have one, by it */
    struct map admitted; /* by nonce; also those that were used, for as long as a token is good */
    size_t open_at;      /* of the walk that takes out what is over */
    size_t admitted_at;
};
void sessions_init(struct sessions *sessions);
void sessions_done(struct sessions *sessions); /* wipes; accepts a zeroed one */

/* Of `who` token and times are not looked at. FAULT_CONFLICT: that nonce was admitted before;
 * FAULT_OVER_LIMIT, FAULT_NO_MEMORY. */
struct outcome sessions_admit(struct sessions *sessions, const struct session *who,
                              const uint8_t nonce[SEAL_HASH_BYTES], int64_t now_us);
/* Ends the citizen's former session. FAULT_NOT_FOUND: nobody was admitted under that secret's hash,
 * or too long ago, or it was used; FAULT_OVER_LIMIT, FAULT_NO_MEMORY. */
struct outcome sessions_open(struct sessions *sessions, const uint8_t secret[SESSION_SECRET_BYTES],
                             const uint8_t token[SEAL_HASH_BYTES], int64_t now_us,
                             const struct session **ret_session);
/* It counts as used. NULL: there is none, or it is over. Borrowed until any other call here. */
const struct session *sessions_find(struct sessions *sessions, const uint8_t token[SEAL_HASH_BYTES],
                                    int64_t now_us);
void sessions_end(struct sessions *sessions, const uint8_t token[SEAL_HASH_BYTES]);
/* The provider's word that somebody has signed out there, by either; zeros name nobody. Who is
 * admitted and has not come for the session yet does not get one any more. */
void sessions_end_there(struct sessions *sessions, const uint8_t subject[SEAL_HASH_BYTES],
                        const uint8_t sid[SEAL_HASH_BYTES]);
/* A step of taking out what is over. */
void sessions_sweep(struct sessions *sessions, int64_t now_us);

/* signins.c: for who serves a frame that brings a session's token. NULL also when its provider, or
 * the account that it is bound to, is not there any more, is suspended, or another. */
struct core;
const struct session *core_session(struct core *core, const uint8_t token[SEAL_HASH_BYTES]);

#endif
