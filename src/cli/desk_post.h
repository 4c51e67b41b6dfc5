/*
 * Purpose: one request to the desk over TLS, as an officer or an organisation. Private to cli/.
 */
#ifndef DANCU_CLI_DESK_POST_H
#define DANCU_CLI_DESK_POST_H

#include "base/bytes.h"

struct desk_order {
    const char *address; /* HOST:PORT */
    const char *cert;    /* PEM: one's own, to come in by */
    const char *key;     /* PEM */
    const char *ca;      /* PEM: whom the desk's certificate must be of */
};

/* POST /v1/acts; the answer's body goes to standard output. EXIT_GOOD when the desk says 2xx; else
 * it has complained. */
int desk_post(const struct desk_order *order, struct view jws);
/* GET of a path below /v1/; appends the body. FAULT_NOT_FOUND: nothing is there for who comes.
 * FAULT_IO, FAULT_CLOSED, FAULT_BAD_INPUT: `what` says why it could not be had. */
struct outcome desk_get(const struct desk_order *order, const char *path, struct buf *ret_body);

#endif
