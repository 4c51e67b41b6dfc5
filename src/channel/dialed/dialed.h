/*
 * Purpose: one connection outwards, plain or TLS, over a descriptor from the supervisor
 * (proc/dial.h), for a process that polls. Owner: the process; used by `sms` and `signin`.
 * Source: decision 0066, RFC 8446, RFC 9525 (whose name a certificate must bear).
 *
 * DIALED_CLOSED -> dialed_ask() -> DIALED_ASKED -> dialed_given() -> DIALED_CONNECTING ->
 * [DIALED_SHAKING ->] DIALED_OPEN. What is put into `out` waits until then. Any fault that a
 * function gives means that the connection is of no use: the caller closes it, and asks again.
 */
#ifndef DANCU_CHANNEL_DIALED_H
#define DANCU_CHANNEL_DIALED_H

#include "proc/proc.h"

#include <openssl/ssl.h>

enum dialed_state {
    DIALED_CLOSED,
    DIALED_ASKED,      /* the supervisor has been asked */
    DIALED_CONNECTING, /* TCP */
    DIALED_SHAKING,    /* TLS */
    DIALED_OPEN,
    DIALED_STATE_COUNT
};

/* Whom TLS believes, and under which name; made before rights are dropped. TLS 1.2 or later. */
struct dialed_tls;
/* `name`: a host name or numeric address; `ca`: certificates in PEM that may issue for it.
 * FAULT_BAD_INPUT: it has none, or no such name can be. */
struct outcome dialed_tls_new(const char *name, struct view ca, struct dialed_tls **ret_tls);
void dialed_tls_free(struct dialed_tls *tls);

struct dialed {
    const struct child *child;
    enum proc_dial whom;
    const struct dialed_tls *tls; /* NULL: plain */
    enum dialed_state state;
    int fd;
    SSL *ssl;
    bool wants_write; /* TLS does, to go on */
    struct buf in;  /* read and not yet consumed by the owner (buf_consume); DIALED_IN_BYTES_MAX */
    struct buf out; /* the owner appends, and flushes */
};

void dialed_init(struct dialed *dialed, const struct child *child, enum proc_dial whom,
                 const struct dialed_tls *tls);
/* Closes and forgets what was not sent or read; accepts a zeroed one. */
void dialed_close(struct dialed *dialed);
void dialed_done(struct dialed *dialed);

/* Of a closed one: asks the supervisor. FAULT_AGAIN, FAULT_CLOSED as proc_dial(). */
struct outcome dialed_ask(struct dialed *dialed);
/* What proc_receive_peer() brought for this ask: takes the descriptor over. FAULT_NOT_FOUND: there
 * is none. */
struct outcome dialed_given(struct dialed *dialed, int fd);

/* For poll(): its descriptor (-1: none) and events. `reads`: whether more is wanted in `in`. */
short dialed_events(const struct dialed *dialed, bool reads);
/* What poll() saw. FAULT_CLOSED: the other end is gone; FAULT_CRYPTO: TLS failed, or its
 * certificate is another's (logged); FAULT_IO, FAULT_OVER_LIMIT, FAULT_NO_MEMORY. */
struct outcome dialed_hear(struct dialed *dialed, short events);
/* Sends what waits in `out`, as far as it goes. Faults as above. */
struct outcome dialed_flush(struct dialed *dialed);

#endif
