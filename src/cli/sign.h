/*
 * Purpose: acts signed on the command line, as officers and organisations sign them: a compact JWS
 * (ES256) of the payload that `verify` reads. Private to cli/.
 */
#ifndef DANCU_CLI_SIGN_H
#define DANCU_CLI_SIGN_H

#include "office/act.h"

struct sign_order {
    const char *as;       /* the signer's code */
    const char *key_path; /* PEM, P-256 */
    const char *origin;   /* of the log that it is for */
    const char *if_match; /* NULL = absent */
    const char *jti;      /* NULL = made at random */
};

/* Appends the JWS. FAULT_BAD_INPUT, FAULT_NOT_FOUND, FAULT_IO with what is wrong. */
struct outcome sign_act(const struct act *act, const struct sign_order *order, struct buf *ret_jws);

#endif
