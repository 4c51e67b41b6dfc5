/*
 * The frames on a control socket after the handover.
 *
 * Invariants
 *  1. A message is exactly one frame.
 *  2. A descriptor that came with anything but a right frame is closed.
 *  3. The supervisor understands two messages of a child, "I serve" and "I want to reach";
 *     whatever else one sends is refused and not looked at further.
 */
#include "proc/peer.h"

#include "base/check.h"
#include "proc/message.h"
#include "proc/proc.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

#define HEALTH_SERVING 1

struct outcome peer_send(int control_fd, unsigned row, unsigned index, int fd)
{
    CHECK(row <= UINT8_MAX && index <= UINT8_MAX);
    BUF_AUTO buf;
    buf_init(&buf, CONTROL_BYTES_MAX);
    size_t start = frame_start(&buf, FRAME_PEER);

    buf_put_u8(&buf, (uint8_t)row);
    buf_put_u8(&buf, (uint8_t)index);
    frame_finish(&buf, start, 1);
    TRY(buf_check(&buf));
    return message_send(control_fd, buf_view(&buf), &fd, fd >= 0 ? 1 : 0);
}

/* The one frame that a message consists of. */
static struct outcome whole_frame(struct view bytes, enum frame_kind kind, struct frame *ret_frame)
{
    size_t len = 0;
    struct outcome outcome = frame_peek(bytes, ret_frame, &len);

    if (!outcome_ok(outcome) || len != bytes.len || ret_frame->kind != kind ||
        ret_frame->count != 1) {
        return outcome_fail(FAULT_BAD_INPUT, "control frame"); /* invariant 1 */
    }
    return OUTCOME_OK;
}

static struct outcome read_peer(const struct message *message, struct proc_peer *ret_peer)
{
    struct frame frame;

    TRY(whole_frame(view_of(message->bytes, message->len), FRAME_PEER, &frame));
    struct cursor cursor = cursor_of(frame.payload);
    struct proc_peer peer = {.fd = -1};
    peer.row = cursor_u8(&cursor);
    peer.index = cursor_u8(&cursor);
    TRY(cursor_end(&cursor, "peer frame"));
    bool unreached = peer.row == PROC_DIALED && message->fd_count == 0;
    if (message->fd_count != 1 && !unreached) {
        return outcome_fail(FAULT_BAD_INPUT, "peer frame: descriptors");
    }
    peer.fd = unreached ? -1 : message->fds[0];
    *ret_peer = peer;
    return OUTCOME_OK;
}

struct outcome proc_receive_peer(int control_fd, struct proc_peer *ret_peer)
{
    struct message message;

    TRY(message_receive(control_fd, &message));
    struct outcome outcome = read_peer(&message, ret_peer);
    if (!outcome_ok(outcome)) {
        message_close(&message, 0); /* invariant 2 */
    }
    return outcome;
}

struct outcome proc_receive_told(int control_fd, struct proc_peer *ret_peer, struct buf *ret_crew,
                                 unsigned *ret_count)
{
    struct message message;
    struct frame frame = {0};
    size_t len = 0;

    TRY(message_receive(control_fd, &message));
    struct view bytes = view_of(message.bytes, message.len);
    struct outcome outcome = frame_peek(bytes, &frame, &len);
    if (!outcome_ok(outcome) || frame.kind != FRAME_CREW) {
        outcome = read_peer(&message, ret_peer);
    } else if (len != message.len || message.fd_count != 0) {
        outcome = outcome_fail(FAULT_BAD_INPUT, "crew frame");
    } else {
        ret_peer->fd = -1;
        *ret_count = frame.count;
        buf_reset(ret_crew);
        buf_put_view(ret_crew, frame.payload);
        return buf_check(ret_crew);
    }
    if (!outcome_ok(outcome)) {
        message_close(&message, 0); /* invariant 2 */
    }
    return outcome;
}

struct outcome proc_tell_ready(const struct child *child)
{
    uint8_t bytes[CONTROL_BYTES_MAX]; /* no memory: it is said once, and must not fail for that */
    struct buf buf = {.data = bytes, .cap = sizeof(bytes), .max = sizeof(bytes)};
    size_t start = frame_start(&buf, FRAME_HEALTH);

    buf_put_u8(&buf, HEALTH_SERVING);
    frame_finish(&buf, start, 1);
    CHECK(outcome_ok(buf_check(&buf)));
    return message_send(child->control_fd, buf_view(&buf), NULL, 0);
}

struct outcome peer_hear(int control_fd, unsigned *ret_whom)
{
    struct message message;
    struct frame frame;

    TRY(message_receive(control_fd, &message));
    unsigned fds = message.fd_count;
    message_close(&message, 0); /* invariant 2 */
    struct view bytes = view_of(message.bytes, message.len);
    if (fds == 0 && outcome_ok(whole_frame(bytes, FRAME_PEER, &frame)) && frame.payload.len == 2 &&
        frame.payload.data[0] == PROC_DIALED) {
        *ret_whom = frame.payload.data[1];
        return OUTCOME_OK;
    }
    TRY(whole_frame(bytes, FRAME_HEALTH, &frame));
    if (fds != 0 || frame.payload.len != 1 || frame.payload.data[0] != HEALTH_SERVING) {
        return outcome_fail(FAULT_BAD_INPUT, "readiness frame");
    }
    *ret_whom = PEER_SERVES;
    return OUTCOME_OK;
}

struct outcome peer_hear_ready(int control_fd)
{
    unsigned whom = PEER_SERVES;

    TRY(peer_hear(control_fd, &whom));
    return whom == PEER_SERVES ? OUTCOME_OK : outcome_fail(FAULT_BAD_INPUT, "readiness frame");
}

int proc_open_sigterm(void)
{
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0) {
        return -1;
    }
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}
