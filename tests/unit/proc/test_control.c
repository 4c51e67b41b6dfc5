/* Messages on a control socket: descriptors, handover, peers, readiness; and all that is refused.
 */
#include "help.h"

#include "proc/handover.h"
#include "proc/message.h"
#include "proc/peer.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

static void make_control(int ret_ends[2])
{
    assert_int_equal(
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ret_ends), 0);
}

static void close_control(const int ends[2])
{
    close(ends[0]);
    close(ends[1]);
}

static unsigned count_descriptors(void)
{
    unsigned count = 0;
    for (int fd = 0; fd < 512; fd++) {
        count += fcntl(fd, F_GETFD) >= 0;
    }
    return count;
}

static void a_message_brings_its_bytes_and_its_descriptors(void **state)
{
    (void)state;
    int ends[2];
    int pipes[2];
    make_control(ends);
    assert_int_equal(pipe(pipes), 0);
    unsigned before = count_descriptors();
    assert_ok(message_send(ends[0], VIEW_LITERAL("one"), pipes, 2));
    assert_ok(message_send(ends[0], VIEW_LITERAL("two"), NULL, 0));
    struct message message;
    assert_ok(message_receive(ends[1], &message));
    assert_view(view_of(message.bytes, message.len), "one");
    assert_int_equal(message.fd_count, 2);
    assert_int_equal(fcntl(message.fds[1], F_GETFD), FD_CLOEXEC);
    assert_int_equal(write(message.fds[1], "x", 1), 1); /* it is the pipe's other end */
    char byte = 0;
    assert_int_equal(read(pipes[0], &byte, 1), 1);
    message_close(&message, 0);
    assert_ok(message_receive(ends[1], &message));
    assert_view(view_of(message.bytes, message.len), "two");
    assert_int_equal(message.fd_count, 0);
    assert_fault(message_receive(ends[1], &message), FAULT_AGAIN);
    assert_int_equal(count_descriptors(), before);
    close_control(pipes);
    close(ends[0]);
    assert_fault(message_receive(ends[1], &message), FAULT_CLOSED);
    assert_fault(message_send(ends[1], VIEW_LITERAL("x"), NULL, 0), FAULT_CLOSED);
    close(ends[1]);
}

static void a_message_that_is_too_long_is_refused_and_its_descriptors_closed(void **state)
{
    (void)state;
    int ends[2];
    static const uint8_t many[MESSAGE_BYTES_MAX + 1];
    make_control(ends);
    unsigned before = count_descriptors();
    struct message message;
    union {
        struct cmsghdr align;
        uint8_t bytes[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct iovec part = {.iov_base = (void *)(uintptr_t)many, .iov_len = sizeof(many)};
    struct msghdr header = {.msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = &control,
                            .msg_controllen = sizeof(control)};
    struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(rights), &ends[0], sizeof(int));
    assert_int_equal(sendmsg(ends[0], &header, 0), sizeof(many));
    assert_fault(message_receive(ends[1], &message), FAULT_BAD_INPUT);
    assert_int_equal(count_descriptors(), before);
    close_control(ends);
}

static void too_many_descriptors_are_refused_and_closed(void **state)
{
    (void)state;
    int ends[2];
    make_control(ends);
    unsigned before = count_descriptors();
    union {
        struct cmsghdr align;
        uint8_t bytes[CMSG_SPACE(sizeof(int) * (MESSAGE_FDS_MAX + 4))];
    } control = {0};
    struct iovec part = {.iov_base = "x", .iov_len = 1};
    struct msghdr header = {.msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = &control,
                            .msg_controllen = sizeof(control)};
    struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof(int) * (MESSAGE_FDS_MAX + 4));
    for (unsigned i = 0; i < MESSAGE_FDS_MAX + 4; i++) {
        memcpy(CMSG_DATA(rights) + i * sizeof(int), &ends[0], sizeof(int));
    }
    assert_int_equal(sendmsg(ends[0], &header, 0), 1);
    struct message message;
    assert_fault(message_receive(ends[1], &message), FAULT_BAD_INPUT);
    assert_int_equal(count_descriptors(), before);
    close_control(ends);
}

static void a_full_control_socket_says_again(void **state)
{
    (void)state;
    int ends[2];
    make_control(ends);
    struct outcome outcome = OUTCOME_OK;
    unsigned sent = 0;
    while (sent < 100000 && outcome_ok(outcome)) {
        outcome = message_send(ends[0], VIEW_LITERAL("x"), NULL, 0);
        sent += outcome_ok(outcome);
    }
    assert_int_equal(outcome.fault, FAULT_AGAIN);
    assert_true(sent > PROC_ROW_PROCESSES_MAX); /* pipes of a whole row wait while a core starts */
    close_control(ends);
}

static void a_peer_arrives_with_who_it_is(void **state)
{
    (void)state;
    int ends[2];
    int pipes[2];
    make_control(ends);
    assert_int_equal(pipe(pipes), 0);
    assert_ok(peer_send(ends[0], 7, 255, pipes[1]));
    struct proc_peer peer;
    assert_ok(proc_receive_peer(ends[1], &peer));
    assert_int_equal(peer.row, 7);
    assert_int_equal(peer.index, 255);
    assert_int_equal(write(peer.fd, "x", 1), 1);
    close(peer.fd);
    close_control(pipes);
    assert_fault(proc_receive_peer(ends[1], &peer), FAULT_AGAIN);
    close(ends[0]);
    assert_fault(proc_receive_peer(ends[1], &peer), FAULT_CLOSED);
    close(ends[1]);
}

/* FRAME_PEER of that payload with `fds` descriptors. */
static void send_peer_like(int fd, enum frame_kind kind, unsigned len, unsigned fds)
{
    BUF_AUTO buf;
    buf_init(&buf, 100);
    size_t start = frame_start(&buf, kind);
    buf_put_zeros(&buf, len);
    frame_finish(&buf, start, 1);
    int copies[2] = {fd, fd};
    assert_ok(message_send(fd, buf_view(&buf), copies, fds));
}

static void a_peer_frame_with_anything_wrong_is_refused_and_closed(void **state)
{
    (void)state;
    static const struct {
        enum frame_kind kind;
        unsigned len;
        unsigned fds;
    } wrong[] = {{FRAME_PEER, 2, 0}, {FRAME_PEER, 2, 2},   {FRAME_PEER, 1, 1},
                 {FRAME_PEER, 3, 1}, {FRAME_HEALTH, 2, 1}, {FRAME_PEER, 0, 1}};
    int ends[2];
    make_control(ends);
    unsigned before = count_descriptors();
    struct proc_peer peer = {.fd = -5};
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        send_peer_like(ends[0], wrong[i].kind, wrong[i].len, wrong[i].fds);
        assert_fault(proc_receive_peer(ends[1], &peer), FAULT_BAD_INPUT);
        assert_int_equal(count_descriptors(), before);
    }
    assert_ok(message_send(ends[0], VIEW_LITERAL("short"), NULL, 0));
    assert_fault(proc_receive_peer(ends[1], &peer), FAULT_BAD_INPUT);
    assert_int_equal(peer.fd, -5);
    close_control(ends);
}

static void readiness_is_heard_and_nothing_else(void **state)
{
    (void)state;
    int ends[2];
    make_control(ends);
    unsigned before = count_descriptors();
    struct child child = {.control_fd = ends[1]};
    assert_fault(peer_hear_ready(ends[0]), FAULT_AGAIN);
    assert_ok(proc_tell_ready(&child));
    assert_ok(peer_hear_ready(ends[0]));
    send_peer_like(ends[1], FRAME_HEALTH, 1, 0); /* "does not serve" */
    assert_fault(peer_hear_ready(ends[0]), FAULT_BAD_INPUT);
    send_peer_like(ends[1], FRAME_HEALTH, 2, 0);
    assert_fault(peer_hear_ready(ends[0]), FAULT_BAD_INPUT);
    send_peer_like(ends[1], FRAME_ACT, 1, 0);
    assert_fault(peer_hear_ready(ends[0]), FAULT_BAD_INPUT);
    send_peer_like(ends[1], FRAME_PEER, 2, 1);
    assert_fault(peer_hear_ready(ends[0]), FAULT_BAD_INPUT);
    assert_int_equal(count_descriptors(), before);
    close(ends[1]);
    assert_fault(peer_hear_ready(ends[0]), FAULT_CLOSED);
    close(ends[0]);
}

static const struct proc_row rows[] = {
    {.name = "core", .grants = 1u << GRANT_HOME_DIR},
    {.name = "edge",
     .grants = 1u << GRANT_MACHINE_LISTENER | 1u << GRANT_TLS_CERT | 1u << GRANT_CLIENT_CRL,
     .core_pipe = true},
};

static struct handover edge_handover(int fd)
{
    struct handover handover = {
        .row = 1,
        .index = 3,
        .identity = {.drop = true, .uid = 70000, .gid = 70001},
        .settings = {.port = 22443,
                     .home = "/srv/home",
                     .origin = "localhost/test",
                     .edges = 4,
                     .ndxp_cases = "MaHoSo,MaYeuCau",
                     .public_url = "https://dancu.example",
                     .scrub_s = 86400},
        .core_fd = fd,
    };
    for (unsigned i = 0; i < GRANT_COUNT; i++) {
        handover.grants[i] = -1;
    }
    handover.grants[GRANT_MACHINE_LISTENER] = fd;
    handover.grants[GRANT_TLS_CERT] = fd;
    return handover;
}

static void a_handover_arrives_as_it_was_sent(void **state)
{
    (void)state;
    int ends[2];
    make_control(ends);
    unsigned before = count_descriptors();
    struct handover sent = edge_handover(ends[0]);
    assert_ok(handover_send(ends[0], &sent));
    struct message message;
    struct handover got;
    assert_ok(message_receive(ends[1], &message));
    assert_ok(handover_read(&message, rows, 2, &got));
    assert_int_equal(got.row, 1);
    assert_int_equal(got.index, 3);
    assert_true(got.identity.drop);
    assert_int_equal(got.identity.uid, 70000);
    assert_int_equal(got.identity.gid, 70001);
    assert_int_equal(got.settings.port, 22443);
    assert_int_equal(got.settings.edges, 4);
    assert_int_equal(got.settings.scrub_s, 86400);
    assert_string_equal(got.settings.home, "/srv/home");
    assert_string_equal(got.settings.origin, "localhost/test");
    assert_string_equal(got.settings.ndxp_cases, "MaHoSo,MaYeuCau");
    assert_string_equal(got.settings.public_url, "https://dancu.example");
    assert_true(got.grants[GRANT_MACHINE_LISTENER] >= 0);
    assert_true(got.grants[GRANT_TLS_CERT] >= 0);
    assert_int_equal(got.grants[GRANT_CLIENT_CRL], -1);
    assert_int_equal(got.grants[GRANT_HOME_DIR], -1);
    assert_true(got.core_fd >= 0);
    handover_close(&got);
    assert_int_equal(count_descriptors(), before);
    close_control(ends);
}

static void refuse_handover(const int ends[2], const struct handover *sent)
{
    struct message message;
    struct handover got;
    unsigned before = count_descriptors();
    assert_ok(handover_send(ends[0], sent));
    assert_ok(message_receive(ends[1], &message));
    assert_fault(handover_read(&message, rows, 2, &got), FAULT_BAD_INPUT);
    assert_int_equal(count_descriptors(), before);
}

static void a_handover_that_does_not_fit_the_row_is_refused(void **state)
{
    (void)state;
    int ends[2];
    make_control(ends);
    struct handover sent = edge_handover(ends[0]);
    sent.row = 2; /* no such row */
    refuse_handover(ends, &sent);
    sent = edge_handover(ends[0]);
    sent.index = 0;
    refuse_handover(ends, &sent);
    sent = edge_handover(ends[0]);
    sent.grants[GRANT_KEYS_DIR] = ends[0]; /* more than it may have */
    refuse_handover(ends, &sent);
    sent = edge_handover(ends[0]);
    sent.grants[GRANT_TLS_CERT] = -1; /* less than it needs */
    refuse_handover(ends, &sent);
    sent = edge_handover(ends[0]);
    sent.core_fd = -1;
    refuse_handover(ends, &sent);
    sent = edge_handover(ends[0]);
    sent.row = 0; /* another's descriptors */
    refuse_handover(ends, &sent);
    close_control(ends);
}

static void a_handover_cut_or_lengthened_anywhere_is_refused(void **state)
{
    (void)state;
    int ends[2];
    make_control(ends);
    struct handover sent = edge_handover(ends[0]);
    sent.core_fd = -1;
    struct message whole;
    assert_ok(handover_send(ends[0], &sent));
    assert_ok(message_receive(ends[1], &whole));
    message_close(&whole, 0);
    for (size_t len = 0; len <= whole.len + 1; len++) {
        struct message message = whole;
        struct handover got;
        message.len = len;
        message.fd_count = 0;
        assert_fault(handover_read(&message, rows, 2, &got), FAULT_BAD_INPUT);
    }
    struct message message = whole;
    struct handover got;
    message.bytes[0] = 99; /* another version */
    assert_fault(handover_read(&message, rows, 2, &got), FAULT_BAD_INPUT);
    close_control(ends);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_brings_its_bytes_and_its_descriptors),
        cmocka_unit_test(a_message_that_is_too_long_is_refused_and_its_descriptors_closed),
        cmocka_unit_test(too_many_descriptors_are_refused_and_closed),
        cmocka_unit_test(a_full_control_socket_says_again),
        cmocka_unit_test(a_peer_arrives_with_who_it_is),
        cmocka_unit_test(a_peer_frame_with_anything_wrong_is_refused_and_closed),
        cmocka_unit_test(readiness_is_heard_and_nothing_else),
        cmocka_unit_test(a_handover_arrives_as_it_was_sent),
        cmocka_unit_test(a_handover_that_does_not_fit_the_row_is_refused),
        cmocka_unit_test(a_handover_cut_or_lengthened_anywhere_is_refused),
    };
    return cmocka_run_group_tests_name("proc/control", tests, NULL, NULL);
}
