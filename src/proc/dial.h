/*
 * Purpose: the way out for the few processes that must reach somebody: they cannot make a socket,
 * so they ask the supervisor, which connects to the address that stands in its own configuration
 * and hands the descriptor over. Which addresses a process may ask for stands in its row.
 * Source: design.md section 2, invariant I4; decision 0066.
 *
 * A child asks by proc_dial() over its control socket. The answer comes there too, by
 * proc_receive_peer(): `row` is PROC_DIALED, `index` the enum proc_dial that was asked for, `fd` a
 * TCP socket that is still connecting (non-blocking; poll for POLLOUT, then the first read or write
 * says what became of it), or -1 when there is none: try again later. One answer an ask, in order.
 *
 * Addresses are numeric. A name would have the supervisor wait for a resolver, and let whoever
 * answers for that resolver choose whom we speak to; the name that a certificate must bear is the
 * child's own configuration.
 */
#ifndef DANCU_PROC_DIAL_H
#define DANCU_PROC_DIAL_H

#include "base/outcome.h"

#include <sys/socket.h>

struct child;

/* Whom a process may reach, for proc_row.dials. */
enum proc_dial {
    DIAL_MESSAGE_CENTRE,  /* SMPP */
    DIAL_NATIONAL_PORTAL, /* the OpenID provider of the channel national_portal */
    DIAL_MPS_PORTAL,      /* that of mps_portal */
    DIAL_COUNT
};

#define PROC_DIALED 255 /* in the place of a row's number: no table has so many */

struct dial_address {
    socklen_t len; /* 0: nobody is to be reached */
    struct sockaddr_storage to;
};

/* "203.0.113.5:2775" or "[2001:db8::5]:2775". FAULT_BAD_INPUT. */
struct outcome dial_read(const char *text, struct dial_address *ret_address);

/* Child: asks. FAULT_AGAIN: the supervisor does not read now; FAULT_CLOSED: it is gone. */
struct outcome proc_dial(const struct child *child, enum proc_dial whom);

/* Supervisor: begins to connect; never waits. ret_fd: the caller's. */
struct outcome dial_begin(const struct dial_address *address, int *ret_fd);

#endif
