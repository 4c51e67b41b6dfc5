/*
 * Citizens' sessions.
 *
 * Invariants
 *  1. A token or secret is compared as its hash alone, and neither is kept.
 *  2. One nonce admits once, for as long as an ID token can be good.
 *  3. The maps of open sessions hold the same ones; that by sid those that have one.
 *  4. A session ends SESSION_IDLE_S after it was used last, and SESSION_S_MAX after it began.
 */
#include "core/sessions.h"

#include "base/check.h"
#include "base/memory.h"

#include <string.h>

#define SWEEP_STEP 64
#define IN_US(seconds) ((seconds)*INT64_C(1000000))

/* Whoever may come in under a nonce. */
struct admitted {
    uint8_t nonce[SEAL_HASH_BYTES];
    int64_t us;
    bool used;
    struct session who;
};

static struct view key_token(const void *value)
{
    const struct session *session = value;

    return view_of(session->token, sizeof(session->token));
}

static struct view key_citizen(const void *value)
{
    return code_view(&((const struct session *)value)->citizen);
}

static struct view key_subject(const void *value)
{
    const struct session *session = value;

    return view_of(session->subject, sizeof(session->subject));
}

static struct view key_sid(const void *value)
{
    const struct session *session = value;

    return view_of(session->sid, sizeof(session->sid));
}

static bool is_named(const uint8_t hash[SEAL_HASH_BYTES])
{
    static const uint8_t nobody[SEAL_HASH_BYTES];

    return memcmp(hash, nobody, SEAL_HASH_BYTES) != 0;
}

static struct view key_nonce(const void *value)
{
    const struct admitted *admitted = value;

    return view_of(admitted->nonce, sizeof(admitted->nonce));
}

void sessions_init(struct sessions *sessions)
{
    *sessions = (struct sessions){0};
    map_init(&sessions->open, key_token, SESSIONS_MAX);
    map_init(&sessions->citizens, key_citizen, SESSIONS_MAX);
    map_init(&sessions->subjects, key_subject, SESSIONS_MAX);
    map_init(&sessions->sids, key_sid, SESSIONS_MAX);
    map_init(&sessions->admitted, key_nonce, SESSION_NONCES_MAX);
}

void sessions_done(struct sessions *sessions)
{
    size_t at = 0;

    for (void *session = map_next(&sessions->open, &at); session != NULL;
         session = map_next(&sessions->open, &at)) {
        memory_wipe_free(session, sizeof(struct session));
    }
    at = 0;
    for (void *admitted = map_next(&sessions->admitted, &at); admitted != NULL;
         admitted = map_next(&sessions->admitted, &at)) {
        memory_wipe_free(admitted, sizeof(struct admitted));
    }
    map_done(&sessions->open);
    map_done(&sessions->citizens);
    map_done(&sessions->subjects);
    map_done(&sessions->sids);
    map_done(&sessions->admitted);
}

/* Invariant 4. */
static bool is_over(const struct session *session, int64_t now_us)
{
    return now_us - session->used_us >= IN_US(SESSION_IDLE_S) ||
           now_us - session->begun_us >= IN_US(SESSION_S_MAX);
}

/* Invariant 2. */
static bool is_forgotten(const struct admitted *admitted, int64_t now_us)
{
    return now_us - admitted->us >= IN_US(SESSION_NONCE_S);
}

/* Invariant 3. Accepts NULL. */
static void drop(struct sessions *sessions, struct session *session)
{
    if (session == NULL) {
        return;
    }
    CHECK(map_remove(&sessions->open, key_token(session)) == session);
    CHECK(map_remove(&sessions->citizens, key_citizen(session)) == session);
    CHECK(map_remove(&sessions->subjects, key_subject(session)) == session);
    CHECK(!is_named(session->sid) || map_remove(&sessions->sids, key_sid(session)) == session);
    memory_wipe_free(session, sizeof(*session));
}

struct outcome sessions_admit(struct sessions *sessions, const struct session *who,
                              const uint8_t nonce[SEAL_HASH_BYTES], int64_t now_us)
{
    struct admitted *old = map_get(&sessions->admitted, view_of(nonce, SEAL_HASH_BYTES));

    if (old != NULL && !is_forgotten(old, now_us)) {
        return outcome_fail(FAULT_CONFLICT, "the nonce was used");
    }
    if (old != NULL) {
        CHECK(map_remove(&sessions->admitted, key_nonce(old)) == old);
        memory_wipe_free(old, sizeof(*old));
    }
    struct admitted *admitted = memory_new(1, sizeof(*admitted));
    if (admitted == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "a citizen who signs in");
    }
    *admitted = (struct admitted){.us = now_us, .who = *who};
    memcpy(admitted->nonce, nonce, SEAL_HASH_BYTES);
    struct outcome outcome = map_add(&sessions->admitted, admitted);
    if (!outcome_ok(outcome)) {
        memory_wipe_free(admitted, sizeof(*admitted));
    }
    return outcome;
}

/* Room in all of them, so that adding cannot fail: invariant 3. */
static struct outcome add(struct sessions *sessions, struct session *session)
{
    TRY(map_room(&sessions->open));
    TRY(map_room(&sessions->citizens));
    TRY(map_room(&sessions->subjects));
    TRY(map_room(&sessions->sids));
    TRY(map_add(&sessions->open, session)); /* a token that comes twice */
    CHECK(outcome_ok(map_add(&sessions->citizens, session)));
    CHECK(outcome_ok(map_add(&sessions->subjects, session)));
    CHECK(!is_named(session->sid) || outcome_ok(map_add(&sessions->sids, session)));
    return OUTCOME_OK;
}

static struct admitted *find_admitted(struct sessions *sessions,
                                      const uint8_t secret[SESSION_SECRET_BYTES], int64_t now_us)
{
    uint8_t nonce[SEAL_HASH_BYTES];

    seal_sha256(view_of(secret, SESSION_SECRET_BYTES), nonce); /* invariant 1 */
    struct admitted *admitted = map_get(&sessions->admitted, view_of(nonce, sizeof(nonce)));
    bool good =
        admitted != NULL && !admitted->used && now_us - admitted->us < IN_US(SESSION_ADMITTED_S);
    return good ? admitted : NULL;
}

struct outcome sessions_open(struct sessions *sessions, const uint8_t secret[SESSION_SECRET_BYTES],
                             const uint8_t token[SEAL_HASH_BYTES], int64_t now_us,
                             const struct session **ret_session)
{
    struct admitted *admitted = find_admitted(sessions, secret, now_us);

    if (admitted == NULL) {
        return outcome_fail(FAULT_NOT_FOUND, "nobody was admitted under that secret");
    }
    struct session *session = memory_new(1, sizeof(*session));
    if (session == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "session");
    }
    *session = admitted->who;
    memcpy(session->token, token, SEAL_HASH_BYTES);
    session->begun_us = now_us;
    session->used_us = now_us;
    admitted->used = true;
    memory_wipe(&admitted->who, sizeof(admitted->who));
    drop(sessions, map_get(&sessions->citizens, key_citizen(session)));
    drop(sessions, map_get(&sessions->subjects, key_subject(session)));
    drop(sessions, map_get(&sessions->sids, key_sid(session)));
    struct outcome outcome = add(sessions, session);
    if (!outcome_ok(outcome)) {
        memory_wipe_free(session, sizeof(*session));
        return outcome;
    }
    *ret_session = session;
    return OUTCOME_OK;
}

static struct session *find(const struct sessions *sessions, const uint8_t token[SEAL_HASH_BYTES])
{
    return map_get(&sessions->open, view_of(token, SEAL_HASH_BYTES));
}

const struct session *sessions_find(struct sessions *sessions, const uint8_t token[SEAL_HASH_BYTES],
                                    int64_t now_us)
{
    struct session *session = find(sessions, token);

    if (session != NULL && is_over(session, now_us)) {
        drop(sessions, session);
        return NULL;
    }
    if (session != NULL) {
        session->used_us = now_us;
    }
    return session;
}

void sessions_end(struct sessions *sessions, const uint8_t token[SEAL_HASH_BYTES])
{
    drop(sessions, find(sessions, token));
}

static bool is_of(const struct session *who, const uint8_t subject[SEAL_HASH_BYTES],
                  const uint8_t sid[SEAL_HASH_BYTES])
{
    return (is_named(subject) && memcmp(who->subject, subject, SEAL_HASH_BYTES) == 0) ||
           (is_named(sid) && memcmp(who->sid, sid, SEAL_HASH_BYTES) == 0);
}

/* The walk is over what came within SESSION_NONCE_S: at the listener's rate 9,000, half a
 * millisecond. */
void sessions_end_there(struct sessions *sessions, const uint8_t subject[SEAL_HASH_BYTES],
                        const uint8_t sid[SEAL_HASH_BYTES])
{
    size_t at = 0;

    if (is_named(subject)) {
        drop(sessions, map_get(&sessions->subjects, view_of(subject, SEAL_HASH_BYTES)));
    }
    if (is_named(sid)) {
        drop(sessions, map_get(&sessions->sids, view_of(sid, SEAL_HASH_BYTES)));
    }
    for (struct admitted *admitted = map_next(&sessions->admitted, &at); admitted != NULL;
         admitted = map_next(&sessions->admitted, &at)) {
        if (!admitted->used && is_of(&admitted->who, subject, sid)) {
            admitted->used = true;
            memory_wipe(&admitted->who, sizeof(admitted->who));
        }
    }
}

/* What a removal moves past the walk is met in the next one. */
void sessions_sweep(struct sessions *sessions, int64_t now_us)
{
    for (unsigned i = 0; i < SWEEP_STEP; i++) {
        struct session *session = map_next(&sessions->open, &sessions->open_at);
        struct admitted *admitted = map_next(&sessions->admitted, &sessions->admitted_at);
        sessions->open_at = session == NULL ? 0 : sessions->open_at;
        sessions->admitted_at = admitted == NULL ? 0 : sessions->admitted_at;
        if (session != NULL && is_over(session, now_us)) {
            drop(sessions, session);
        }
        if (admitted != NULL && is_forgotten(admitted, now_us)) {
            CHECK(map_remove(&sessions->admitted, key_nonce(admitted)) == admitted);
            memory_wipe_free(admitted, sizeof(*admitted));
        }
    }
}
