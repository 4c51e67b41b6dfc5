/*
 * Purpose: a signed act sent to the desk over TLS, as its signer. Private to cli/.
 */
#ifndef DANCU_CLI_DESK_POST_H
#define DANCU_CLI_DESK_POST_H

#include "base/bytes.h"

struct desk_order {
    const char *address; /* HOST:PORT */
    const char *cert;    /* PEM: the signer's own, to come in by */
    const char *key;     /* PEM */
    const char *ca;      /* PEM: whom the desk's certificate must be of */
};

/* POST /v1/acts; the answer's body goes to standard output. EXIT_GOOD when the desk says 2xx; else
 * it has complained. */
int desk_post(const struct desk_order *order, struct view jws);

#endif
