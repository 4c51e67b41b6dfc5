/*
 * Purpose: acts that are signed: who may do what (four_eyes.h), once and no more (replays.h), and
 * what becomes of each. Whoever calls has had the signature verified (invariant I11).
 * Owner: the core. Source: issue "The office", items 1 and "Bad input and faults".
 */
#ifndef DANCU_OFFICE_SIGNED_H
#define DANCU_OFFICE_SIGNED_H

#include "office/office.h"
#include "office/prepare.h"

/* A signed act as `verify` says it; views borrow. */
struct signed_act {
    struct doer doer;        /* the code is as the signature names it */
    const uint8_t *key;      /* SHA-256 of the public key that the signature fits */
    const uint8_t *spki;     /* SHA-256 of the key of the certificate that it came over */
    const uint8_t *jws_hash; /* SHA-256 of the JWS */
    enum act_code code;      /* DONE; BAD_INPUT: the payload says no act, pointer and reason why */
    struct view pointer;
    struct view reason;
    struct view act; /* act_put() */
    struct view jti;
    uint64_t iat_s;
    struct view if_match;
    struct view jws;
};

struct signed_result {
    enum act_code code;
    bool again;     /* the same JWS was met before: nothing was done now */
    uint64_t index; /* of the record, when there is one */
    char pointer[SIGNED_POINTER_BYTES_MAX + 1];
    char reason[SIGNED_REASON_BYTES_MAX + 1];
    struct code_text object; /* of what was changed; the proposal, when it was proposed */
    char etag[SIGNED_ETAG_BYTES_MAX + 1];
};

/* Does it, proposes it, or refuses it. The same JWS again, within 24 hours, gets the same result.
 * A failure that core_survives() does not name, after the record: the process must end. After one
 * that it survives, ret_result says ACT_CODE_UNAVAILABLE and nothing has changed. */
struct outcome office_signed(struct office *office, const struct signed_act *act,
                             struct signed_result *ret_result);

#endif
