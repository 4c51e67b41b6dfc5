/*
 * Messages with descriptors over a control socket.
 *
 * Invariants
 *  1. Every descriptor that the kernel made for us is either in the message handed out or closed.
 *  2. Nothing waits.
 */
#include "proc/message.h"

#include "base/check.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

_Static_assert(MESSAGE_FDS_MAX % 2 == 0, "or the padding would have room for one more");

/* Room for the descriptors of one message, aligned as cmsg(3) wants it. */
union control {
    struct cmsghdr align;
    uint8_t bytes[CMSG_SPACE(sizeof(int) * MESSAGE_FDS_MAX)];
};

struct outcome message_send(int socket_fd, struct view bytes, const int *fds, unsigned fd_count)
{
    CHECK(bytes.len > 0 && bytes.len <= MESSAGE_BYTES_MAX);
    CHECK(fd_count <= MESSAGE_FDS_MAX);
    union control control = {0};
    struct iovec part = {.iov_base = (void *)(uintptr_t)bytes.data, .iov_len = bytes.len};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};

    if (fd_count > 0) {
        header.msg_control = control.bytes;
        header.msg_controllen = CMSG_SPACE(sizeof(int) * fd_count);
        struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(sizeof(int) * fd_count);
        memcpy(CMSG_DATA(rights), fds, sizeof(int) * fd_count);
    }
    ssize_t sent;
    do {
        sent = sendmsg(socket_fd, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent < 0 ? outcome_sys(errno, "send a control message") : OUTCOME_OK;
}

void message_close(struct message *message, unsigned from)
{
    for (unsigned i = from; i < message->fd_count; i++) {
        (void)close(message->fds[i]);
    }
    message->fd_count = from < message->fd_count ? from : message->fd_count;
}

/* Takes the descriptors over from the control data; false when there was anything else. */
static bool take_fds(struct msghdr *header, struct message *message)
{
    bool clean = true;

    for (struct cmsghdr *at = CMSG_FIRSTHDR(header); at != NULL; at = CMSG_NXTHDR(header, at)) {
        if (at->cmsg_level != SOL_SOCKET || at->cmsg_type != SCM_RIGHTS) {
            clean = false;
            continue;
        }
        size_t count = (at->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        CHECK(count <= MESSAGE_FDS_MAX - message->fd_count); /* the room was for no more */
        memcpy(message->fds + message->fd_count, CMSG_DATA(at), count * sizeof(int));
        message->fd_count += (unsigned)count;
    }
    return clean;
}

struct outcome message_receive(int socket_fd, struct message *ret_message)
{
    union control control = {0};
    struct message message = {0};
    struct iovec part = {.iov_base = message.bytes, .iov_len = sizeof(message.bytes)};
    struct msghdr header = {
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = control.bytes,
        .msg_controllen = sizeof(control.bytes),
    };
    ssize_t got;

    do {
        got = recvmsg(socket_fd, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        return outcome_sys(errno, "receive a control message");
    }
    bool clean = take_fds(&header, &message);
    message.len = (size_t)got;
    if (!clean || (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
        message_close(&message, 0); /* invariant 1 */
        return outcome_fail(FAULT_BAD_INPUT, "control message");
    }
    if (got == 0) { /* we never send an empty one: it is the end */
        message_close(&message, 0);
        return outcome_fail(FAULT_CLOSED, "control socket");
    }
    *ret_message = message;
    return OUTCOME_OK;
}
