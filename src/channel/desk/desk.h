/*
 * Purpose: the desk process: the listener of the office's people and of organisations (design.md
 * section 2). TLS with client certificate, HTTP/2 and HTTP/1.1; what may be seen by whom is the
 * core's to say, from the digest of the certificate's key.
 * Owner: row `desk` of the process table; grants GRANT_DESK_LISTENER, GRANT_TLS_CERT,
 * GRANT_TLS_KEY, GRANT_CLIENT_CA, GRANT_CLIENT_CRL; may send FRAME_LOOK, FRAME_EXPLAIN.
 */
#ifndef DANCU_CHANNEL_DESK_DESK_H
#define DANCU_CHANNEL_DESK_DESK_H

#include "proc/proc.h"

/* Reads certificates, key and revocation list, before the rights are dropped. */
int desk_prepare(struct child *child);
/* Serves until SIGTERM or the supervisor's end, then finishes what is in hand; exit status. */
int desk_main(struct child *child);

#endif
