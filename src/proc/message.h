/*
 * Purpose: one message with descriptors over a control socket (AF_UNIX, SOCK_SEQPACKET: a message
 * is delivered whole and alone, its descriptors with it). Private to proc/.
 * Source: unix(7), cmsg(3).
 */
#ifndef DANCU_PROC_MESSAGE_H
#define DANCU_PROC_MESSAGE_H

#include "base/bytes.h"
#include "proc/ceilings.h"

struct message {
    size_t len;
    unsigned fd_count;
    int fds[MESSAGE_FDS_MAX]; /* close-on-exec; the receiver's */
    uint8_t bytes[MESSAGE_BYTES_MAX];
};

/* Does not wait: FAULT_AGAIN when the socket is full, FAULT_CLOSED when the other end is gone. The
 * descriptors stay the caller's. */
struct outcome message_send(int socket_fd, struct view bytes, const int *fds, unsigned fd_count);
/* Does not wait. FAULT_AGAIN: none; FAULT_CLOSED: the other end is gone; FAULT_BAD_INPUT: too long,
 * too many descriptors, or foreign control data (its descriptors are closed). */
struct outcome message_receive(int socket_fd, struct message *ret_message);
/* Closes the descriptors from number `from` on. */
void message_close(struct message *message, unsigned from);

#endif
