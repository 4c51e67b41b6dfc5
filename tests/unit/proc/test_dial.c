/* Connections that the supervisor makes for those who cannot: whom, how often, and that no process
 * gets more than its row says. */
#include "rig.h"

#include "proc/ceilings.h"
#include "proc/crew.h"
#include "proc/peer.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#define PORT 22110

/* A listener on loopback at a port of the system's choice. */
static int listen_somewhere(char ret_text[32])
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(fd, 64), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    snprintf(ret_text, 32, "127.0.0.1:%u", ntohs(address.sin_port));
    return fd;
}

static void only_numeric_addresses_with_a_port_are_read(void **state)
{
    (void)state;
    static const char *const good[] = {"127.0.0.1:2775", "[::1]:1", "[2001:db8::5]:65535"};
    static const char *const bad[] = {"",
                                      ":1",
                                      "127.0.0.1",
                                      "127.0.0.1:",
                                      "127.0.0.1:0",
                                      "127.0.0.1:65536",
                                      "127.0.0.1:-1",
                                      "localhost:1",
                                      "::1:1",
                                      "[::1:1",
                                      "[]:1",
                                      "[127.0.0.1]:1",
                                      "127.0.0.1:1 ",
                                      "smsc.example:2775"};
    struct dial_address address;
    for (unsigned i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_ok(dial_read(good[i], &address));
        assert_true(address.len > 0);
    }
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_fault(dial_read(bad[i], &address), FAULT_BAD_INPUT);
    }
}

static void a_connection_is_begun_without_waiting(void **state)
{
    (void)state;
    char text[32];
    struct dial_address address;
    int fd = -1;
    int listener = listen_somewhere(text);
    assert_ok(dial_read(text, &address));
    assert_ok(dial_begin(&address, &fd));
    assert_int_not_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
    assert_int_not_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
    struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};
    assert_int_equal(poll(&poll_fd, 1, 5000), 1);
    assert_int_equal(write(fd, "x", 1), 1);
    close(fd);
    close(listener);
}

static void whom_a_child_wants_is_heard_and_no_descriptor_with_it(void **state)
{
    (void)state;
    int ends[2];
    unsigned whom = 0;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends),
                     0);
    const struct proc_row row = {.dials = 1u << DIAL_NATIONAL_PORTAL};
    struct child child = {.row = &row, .control_fd = ends[1]};
    assert_ok(proc_dial(&child, DIAL_NATIONAL_PORTAL));
    assert_ok(peer_hear(ends[0], &whom));
    assert_int_equal(whom, DIAL_NATIONAL_PORTAL);
    assert_ok(proc_tell_ready(&child));
    assert_ok(peer_hear(ends[0], &whom));
    assert_int_equal(whom, PEER_SERVES);
    assert_ok(peer_send(ends[1], PROC_DIALED, 0, ends[1])); /* with a descriptor */
    assert_fault(peer_hear(ends[0], &whom), FAULT_BAD_INPUT);
    assert_ok(peer_send(ends[1], 3, 0, -1)); /* a row */
    assert_fault(peer_hear(ends[0], &whom), FAULT_BAD_INPUT);
    assert_fault(peer_hear(ends[0], &whom), FAULT_AGAIN);
    close(ends[0]);
    close(ends[1]);
}

static void an_answer_without_a_connection_is_told_and_a_pipe_without_one_is_not(void **state)
{
    (void)state;
    int ends[2];
    struct proc_peer peer = {0};
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends),
                     0);
    assert_ok(peer_send(ends[0], PROC_DIALED, DIAL_MPS_PORTAL, -1));
    assert_ok(proc_receive_peer(ends[1], &peer));
    assert_int_equal(peer.row, PROC_DIALED);
    assert_int_equal(peer.index, DIAL_MPS_PORTAL);
    assert_int_equal(peer.fd, -1);
    assert_ok(peer_send(ends[0], 2, 1, -1));
    assert_fault(proc_receive_peer(ends[1], &peer), FAULT_BAD_INPUT);
    close(ends[0]);
    close(ends[1]);
}

static void a_process_is_connected_to_the_address_of_its_row(void **state)
{
    (void)state;
    char text[32];
    char hello[6] = {0};
    struct rig rig;
    int listener = listen_somewhere(text);
    rig_init(&rig, PORT, "");
    rig.config.dials[DIAL_MESSAGE_CENTRE] = text;
    rig_start_ready(&rig);
    int fd = accept(listener, NULL, NULL);
    assert_true(fd >= 0);
    assert_int_equal(read(fd, hello, 5), 5);
    assert_string_equal(hello, "hello");
    rig_await(rig.err, "whom=0 given=1 reached=1", 1);
    close(fd);
    assert_int_equal(rig_stop(&rig, SIGTERM), 0);
    rig_done(&rig);
    close(listener);
}

static void a_process_that_asks_for_another_gets_nothing(void **state)
{
    (void)state;
    char text[32];
    struct rig rig;
    int listener = listen_somewhere(text);
    rig_init(&rig, PORT, "x");
    rig.config.dials[DIAL_MESSAGE_CENTRE] = text;
    rig.config.dials[DIAL_MPS_PORTAL] = text;
    rig_start_ready(&rig);
    rig_await(rig.err, "whom=2 given=0", 1);
    rig_await(rig.err, "whom=3 given=0", 1);
    rig_await(rig.err, "whom=0 given=1", 1);
    assert_int_equal(rig_stop(&rig, SIGTERM), 0);
    rig_done(&rig);
    close(listener);
}

static void more_connections_than_a_second_has_are_not_given(void **state)
{
    (void)state;
    char text[32];
    struct rig rig;
    int listener = listen_somewhere(text);
    rig_init(&rig, PORT, "y");
    rig.config.dials[DIAL_MESSAGE_CENTRE] = text;
    rig_start_ready(&rig);
    rig_await(rig.err, "whom=0 given=", PROC_DIALS_S_MAX + 5);
    /* A second that begins meanwhile gives a few more. */
    assert_true(rig_count(rig.err, "whom=0 given=0") >= 1);
    assert_true(rig_count(rig.err, "whom=0 given=1") >= PROC_DIALS_S_MAX);
    assert_int_equal(rig_stop(&rig, SIGTERM), 0);
    rig_done(&rig);
    close(listener);
}

static void a_row_that_has_nobody_to_reach_does_not_run(void **state)
{
    (void)state;
    struct rig rig;
    struct status_row row;
    rig_init(&rig, PORT, "");
    rig_start_ready(&rig);
    assert_true(rig_status(&rig, "public", &row));
    assert_false(rig_status(&rig, "caller", &row));
    assert_int_equal(rig_stop(&rig, SIGTERM), 0);
    rig_done(&rig);
}

static void an_address_that_is_none_is_no_start(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, PORT, "");
    rig.config.dials[DIAL_MESSAGE_CENTRE] = "smsc.example:2775";
    rig_start(&rig);
    assert_int_equal(rig_wait(&rig), 1);
    assert_int_equal(rig_count(rig.err, "address-unusable"), 1);
    rig_done(&rig);
}

int main(int argc, char **argv)
{
    rig_enter(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_numeric_addresses_with_a_port_are_read),
        cmocka_unit_test(a_connection_is_begun_without_waiting),
        cmocka_unit_test(whom_a_child_wants_is_heard_and_no_descriptor_with_it),
        cmocka_unit_test(an_answer_without_a_connection_is_told_and_a_pipe_without_one_is_not),
        cmocka_unit_test_teardown(a_process_is_connected_to_the_address_of_its_row, rig_sweep),
        cmocka_unit_test_teardown(a_process_that_asks_for_another_gets_nothing, rig_sweep),
        cmocka_unit_test_teardown(more_connections_than_a_second_has_are_not_given, rig_sweep),
        cmocka_unit_test_teardown(a_row_that_has_nobody_to_reach_does_not_run, rig_sweep),
        cmocka_unit_test_teardown(an_address_that_is_none_is_no_start, rig_sweep),
    };
    return cmocka_run_group_tests_name("proc/dial", tests, NULL, NULL);
}
