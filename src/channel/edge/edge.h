/*
 * Purpose: the edge process: the machine listener (design.md section 2). TLS with client
 * certificate, HTTP/2 and HTTP/1.1, JSON -> asks for the core; answers -> JSON. It decides nothing:
 * who may ask what is the core's to say, from the digest of the certificate's key.
 * Owner: row `edge` of the process table; grants GRANT_MACHINE_LISTENER, GRANT_TLS_CERT,
 * GRANT_TLS_KEY, GRANT_CLIENT_CA, GRANT_CLIENT_CRL; may send FRAME_ASKS, FRAME_RECEIPT.
 */
#ifndef DANCU_CHANNEL_EDGE_EDGE_H
#define DANCU_CHANNEL_EDGE_EDGE_H

#include "proc/proc.h"

/* Reads certificates, key and revocation list, before the rights are dropped. */
int edge_prepare(struct child *child);
/* Serves until SIGTERM or the supervisor's end, then finishes what is in hand; exit status. */
int edge_main(struct child *child);

#endif
