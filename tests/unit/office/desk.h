/*
 * Purpose: an office with officers, for tests: the log and the store are stand-ins in memory, the
 * signatures are taken as verified (the process `verify` has its own tests).
 */
#ifndef DANCU_TESTS_UNIT_OFFICE_DESK_H
#define DANCU_TESTS_UNIT_OFFICE_DESK_H

#include "acts.h"

#include "gate/world.h"
#include "office/found.h"
#include "office/signed.h"
#include "shelf.h"

/* The officers, and an account that signs. */
enum who {
    LAN,  /* intake, decide, security */
    MINH, /* decide, approve */
    HOA,  /* decide, approve, security */
    AN,   /* audit */
    BANK, /* the account A-active of the party bank */
    WHO_COUNT
};

struct desk {
    struct world *world;
    struct directory directory;
    struct office_store store;
    struct office *office;
    uint8_t keys[WHO_COUNT + 1][ES256_SPKI_BYTES]; /* the last belongs to nobody yet */
    unsigned number;                               /* of the next jti and JWS */
    bool no_papers;                                /* the archive has nothing */
};

int desk_setup(void **state);           /* with the officers */
int desk_setup_unfounded(void **state); /* with none */
int desk_teardown(void **state);
struct outcome desk_start(struct desk *desk);
void desk_end(struct desk *desk);
/* As after a crash: what the store has, then what the log has. */
struct outcome desk_restart(struct desk *desk);

const char *desk_code(enum who who);
void desk_officers(const struct desk *desk, struct officer ret_officers[4]);
struct outcome desk_found(struct desk *desk, const struct officer *officers, unsigned count);
void desk_by_hand(struct desk *desk, const struct act *act);
/* By hand: a policy, parties, accounts and a business. */
void desk_furnish(struct desk *desk);

/* By hand: an agency with its account A-list and its business NV-list, granted for lists. */
void desk_lists(struct desk *desk);
/* The act by which the bank has an account A-portal, of the national portal; done with the lists.
 */
struct act desk_portal(void);

/* The publishing of this tree's policy, with a comment behind it that gives it another hash. The
 * act borrows from the struct, whose `bytes` are the caller's. */
struct law_act {
    struct act act;
    struct buf bytes;
    char hash[65];
};
void desk_law(const char *more, struct law_act *ret_law);

/* What the desk and `verify` say of an act; borrows from `bytes` and from the desk. */
struct signing {
    struct signed_act told;
    struct buf bytes;
    uint8_t key[SEAL_HASH_BYTES];
    uint8_t spki[SEAL_HASH_BYTES];
    uint8_t jws_hash[SEAL_HASH_BYTES];
    char jti[16];
};
void desk_sign(struct desk *desk, enum who who, const struct act *act, struct signing *ret_signing);
/* By that key of the desk's. */
void desk_sign_by(struct desk *desk, unsigned key, struct signing *signing);
void desk_signed_done(struct signing *signing);
/* Signs and does; failures of the office fail the test. */
struct signed_result desk_do(struct desk *desk, enum who who, const struct act *act);
/* An act with up to three values. */
struct act desk_act(enum act_kind kind, const char *code, const char *reason);
enum act_code desk_try(struct desk *desk, enum who who, enum act_kind kind, const char *code);

/* What happens to the officer AN; `text` is where a value lies. */
struct act desk_officer_event(struct desk *desk, enum officer_event event, char text[128]);
/* Proposed, where it takes two, by LAN, and approved by HOA. */
enum act_code desk_both(struct desk *desk, const struct act *act);

/* What is there. */
enum business_state desk_business(const struct desk *desk); /* NV-1 */
enum account_state desk_account(const struct desk *desk);   /* A-active */
unsigned desk_entries(const struct desk *desk);
/* Everything that acts can change, as text. */
void desk_describe(const struct desk *desk, struct buf *text);

void assert_same_result(const struct signed_result *a, const struct signed_result *b);
#define assert_code(actual, expected)                                                              \
    assert_string_equal(words_name(&words_act_code, (actual)),                                     \
                        words_name(&words_act_code, (expected)))

#endif
