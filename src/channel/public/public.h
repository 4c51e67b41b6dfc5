/*
 * Purpose: the public process: the listener without client certificate. The log's tiles and
 * checkpoint, the state of health, one page that says what this is. It holds no personal data and
 * sends the core nothing.
 * Owner: row `public` of the process table; grants GRANT_PUBLIC_LISTENER, GRANT_TLS_CERT,
 * GRANT_TLS_KEY, GRANT_TILES_DIR (read-only).
 */
#ifndef DANCU_CHANNEL_PUBLIC_PUBLIC_H
#define DANCU_CHANNEL_PUBLIC_PUBLIC_H

#include "proc/proc.h"

/* Reads certificate and key, before the rights are dropped. */
int public_prepare(struct child *child);
/* Serves until SIGTERM or the supervisor's end, then finishes what is in hand; exit status. */
int public_main(struct child *child);

#endif
