/*
 * Purpose: the payload of a signed act, JSON, read into the act that it says. Pure. Private to
 * verify/, but for cli/acts.c. Whoever calls has verified the signature over these bytes.
 *
 * Shape: {"act","aud","iat","jti","values":{field: text, ...}} and optionally "if_match". Fields by
 * their names of office/act.h, each a string that is not empty: as an act has it, but for one of
 * type BYTES, which is base64url here. Nothing twice, nothing unknown.
 */
#ifndef DANCU_VERIFY_PAYLOAD_H
#define DANCU_VERIFY_PAYLOAD_H

#include "office/act.h"
#include "verify/jws.h"

struct payload {
    struct act act;
    struct view jti;
    struct view if_match; /* empty = absent */
    uint64_t iat_s;
};

struct payload_fault {
    char pointer[SIGNED_POINTER_BYTES_MAX + 1];
    const char *reason; /* static text */
};

/* `origin`: what `aud` must be. The views borrow from payload and room. FAULT_BAD_INPUT, and where
 * in ret_fault. */
struct outcome payload_read(struct view text, struct view origin, struct jws_room *room,
                            struct payload *ret_payload, struct payload_fault *ret_fault);

#endif
