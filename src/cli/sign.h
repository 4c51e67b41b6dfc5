/*
 * Purpose: acts signed on the command line, as officers and organisations sign them, and sets of
 * changes: a compact JWS (ES256) of a payload. Private to cli/.
 */
#ifndef DANCU_CLI_SIGN_H
#define DANCU_CLI_SIGN_H

#include "office/act.h"
#include "seal/seal.h"

struct sign_order {
    const char *as;       /* the signer's code */
    const char *key_path; /* PEM, P-256 */
    const char *origin;   /* of the log that it is for */
    const char *if_match; /* NULL = absent */
    const char *jti;      /* NULL = made at random */
};

/* A key of a PEM file, to be freed. */
struct outcome sign_key_read(const char *path, struct es256 **ret_key);
/* Appends the JWS of a payload that is there; `as` is UTF-8. */
struct outcome sign_payload(const struct es256 *key, const char *as, const char *type,
                            struct view payload, struct buf *ret_jws);

/* Appends the JWS. FAULT_BAD_INPUT, FAULT_NOT_FOUND, FAULT_IO with what is wrong. */
struct outcome sign_act(const struct act *act, const struct sign_order *order, struct buf *ret_jws);

#endif
