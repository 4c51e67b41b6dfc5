/*
 * Purpose: the vocabularies of signed acts: who signs, which roles officers have, and what the
 * office says to an act, with the words for people. They are shared by the desk, which shows them,
 * by the process `verify`, and by the office, which decides.
 * Source: issue "The office" (roles, bad input); RFC 9457 (problem+json).
 *
 * Numbers are stable: they stand in frames and sealed records. Append; never renumber.
 */
#ifndef DANCU_DOMAIN_SIGNED_H
#define DANCU_DOMAIN_SIGNED_H

#include "domain/words.h"

#define SIGNED_JTI_BYTES_MAX 64      /* an act's own number, visible ASCII */
#define SIGNED_ETAG_BYTES_MAX 32     /* `"12"` */
#define SIGNED_POINTER_BYTES_MAX 128 /* JSON Pointer into the payload */
#define SIGNED_REASON_BYTES_MAX 255

enum signer_kind {
    SIGNER_NOBODY = 0,  /* the signature fits no key that counts */
    SIGNER_OFFICER = 1, /* by the officer's registered signing key */
    SIGNER_ACCOUNT = 2, /* by the key of the account's certificate */
};

/* What an officer is there for; bits in masks. */
/* clang-format off */
#define WORDS_ROLE(ROW)                                                                            \
    ROW(INTAKE, "intake")     /* takes applications in */                                          \
    ROW(DECIDE, "decide")     /* proposes grants, suspends, refuses */                             \
    ROW(APPROVE, "approve")   /* the second pair of eyes */                                        \
    ROW(AUDIT, "audit")       /* reads records */                                                  \
    ROW(SECURITY, "security") /* officers, keys, emergency stops */

#define WORDS_ACT_CODE(ROW)                                                                        \
    ROW(DONE, "done", 200)                         /* recorded and in force */                     \
    ROW(PROPOSED, "proposed", 202)                 /* recorded; waits for a second officer */      \
    ROW(BAD_INPUT, "bad_input", 400)                                                               \
    ROW(SIGNATURE_INVALID, "signature_invalid", 401)                                               \
    ROW(NOT_YOURS, "not_yours", 403)                                                               \
    ROW(ROLE_MISSING, "role_missing", 403)                                                         \
    ROW(OWN_PROPOSAL, "own_proposal", 403)                                                         \
    ROW(NOT_FOUND, "act_not_found", 404)                                                           \
    ROW(STATE_CONFLICT, "state_conflict", 409)                                                     \
    ROW(CERTIFICATE_BOUND, "certificate_bound", 409)                                               \
    ROW(REPLAYED, "replayed", 409)                                                                 \
    ROW(OVER_LIMIT, "over_limit", 409)                                                             \
    ROW(STALE_ETAG, "stale_etag", 412)                                                             \
    ROW(UNAVAILABLE, "act_unavailable", 503)       /* nothing is known of it: send it again */
/* clang-format on */

enum role {
#define ROW(name, text) ROLE_##name,
    WORDS_ROLE(ROW)
#undef ROW
        ROLE_COUNT
};
enum act_code {
#define ROW(name, text, status) ACT_CODE_##name,
    WORDS_ACT_CODE(ROW)
#undef ROW
        ACT_CODE_COUNT
};
#define ROLE_BIT(role) (1u << (role))
#define ROLES_ALL ((1u << ROLE_COUNT) - 1)

/* An act's number, an ETag, a code: nothing but visible ASCII, at most so long. */
bool signed_visible(struct view text, size_t max);

extern const struct words words_role;
extern const struct words words_act_code;

unsigned act_code_status(enum act_code code);
/* Recorded as the act itself, done or proposed; every other code left all as it was. */
bool act_code_good(enum act_code code);

/* What a problem+json says, in the authority's languages. */
struct act_code_text {
    const char *title_vi;
    const char *detail_vi;
    const char *title_en;
    const char *detail_en;
};
const struct act_code_text *act_code_text(enum act_code code);

#endif
