/*
 * Slow, idle and greedy clients: each meets its limit, and others do not feel it.
 */
#include "rig.h"

#include "channel/edge/private.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>

static struct rig rig;
static struct http_limits limits;

static int start_with(const struct http_limits *changed, unsigned files_max)
{
    limits = *changed;
    const struct rig_options options = {edge_serve, edge_prepare, &limits, .files_max = files_max};
    rig_start(&rig, &options);
    return 0;
}

static int start_impatient(void **state)
{
    struct http_limits changed = http_limits_usual();

    (void)state;
    changed.handshake_s = 1;
    changed.headers_s = 1;
    changed.body_s = 1;
    changed.idle_s = 2;
    changed.write_s = 1;
    return start_with(&changed, 0);
}

static int start_narrow(void **state)
{
    struct http_limits changed = http_limits_usual();

    (void)state;
    changed.connections = 8;
    changed.held_bytes = 10;
    return start_with(&changed, 0);
}

static int start_without_files(void **state)
{
    struct http_limits changed = http_limits_usual();

    (void)state;
    return start_with(&changed, 40);
}

static int start_usual(void **state)
{
    struct http_limits changed = http_limits_usual();

    (void)state;
    changed.drain_s = 2;
    return start_with(&changed, 0);
}

static int stop(void **state)
{
    (void)state;
    return rig_stop(&rig);
}

static struct rig_connection connect_good(void)
{
    struct rig_connection connection;

    assert_true(rig_connect(&rig, RIG_GOOD, "http/1.1", 0, &connection));
    return connection;
}

static void assert_status(struct rig_connection *connection, int status)
{
    struct rig_response response;

    rig_receive(connection, false, &response);
    assert_int_equal(response.status, status);
    rig_response_done(&response);
}

static void assert_serves(void)
{
    struct rig_connection connection = connect_good();

    rig_send_text(&connection, rig_post(rig_lookup("ok")));
    assert_status(&connection, 200);
    rig_disconnect(&connection);
}

static int connect_plain(void)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(rig.port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct timeval limit = {.tv_sec = 4};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    return fd;
}

static void who_does_not_shake_hands_is_dropped(void **state)
{
    char byte = 0;
    int silent = connect_plain();
    int plain = connect_plain();

    (void)state;
    assert_int_equal(send(plain, "GET / HTTP/1.1\r\n\r\n", 18, 0), 18);
    while (recv(plain, &byte, 1, 0) > 0) { /* an alert, perhaps; then the end, long before 4 s */
    }
    assert_true(recv(silent, &byte, 1, 0) <= 0);
    close(silent);
    close(plain);
    assert_serves();
}

static void a_head_that_drips_is_cut_off(void **state)
{
    struct rig_connection connection = connect_good();

    (void)state;
    for (unsigned i = 0; i < 6; i++) {
        rig_send_text(&connection, i == 0 ? "GET / HTTP/1.1\r\n" : "X: y\r\n");
        usleep(300000);
    }
    assert_true(rig_is_closed(&connection, 8000));
    rig_disconnect(&connection);
    assert_serves();
}

static void a_body_that_does_not_come_is_refused_in_both_protocols(void **state)
{
    struct rig_connection connection = connect_good();
    struct rig_h2 *h2 = NULL;

    (void)state;
    rig_send_text(&connection, "POST /v1/lookup HTTP/1.1\r\nHost: a\r\n"
                               "Content-Type: application/json\r\nContent-Length: 10\r\n\r\n{");
    assert_true(rig_h2_open(&rig, RIG_GOOD, &h2));
    nghttp2_nv fields[] = {
        {(uint8_t *)":method", (uint8_t *)"POST", 7, 4, 0},
        {(uint8_t *)":scheme", (uint8_t *)"https", 7, 5, 0},
        {(uint8_t *)":authority", (uint8_t *)"a", 10, 1, 0},
        {(uint8_t *)":path", (uint8_t *)"/v1/lookup", 5, 10, 0},
        {(uint8_t *)"content-type", (uint8_t *)"application/json", 12, 16, 0},
    };
    assert_int_equal(nghttp2_submit_headers(h2->session, 0, -1, NULL, fields, 5, NULL), 1);
    rig_h2_run(h2, 1, 4000);
    assert_int_equal(h2->responses[0].status, 400);
    assert_int_equal(h2->errors[0], NGHTTP2_NO_ERROR);
    rig_h2_close(h2);
    assert_status(&connection, 400);
    assert_true(rig_is_closed(&connection, 8000));
    rig_disconnect(&connection);
}

static void a_body_that_nobody_wants_is_not_waited_for_either(void **state)
{
    struct rig_connection connection = connect_good();

    (void)state;
    rig_send_text(&connection, "POST /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n{");
    assert_status(&connection, 404);
    assert_true(rig_is_closed(&connection, 8000));
    rig_disconnect(&connection);
}

static void idle_connections_are_ended_politely(void **state)
{
    struct rig_connection connection = connect_good();
    struct rig_h2 *h2 = NULL;

    (void)state;
    assert_true(rig_h2_open(&rig, RIG_GOOD, &h2));
    rig_send_text(&connection, rig_post(rig_lookup("ok")));
    assert_status(&connection, 200);
    rig_h2_ask(h2, "POST", "/v1/lookup", rig_lookup("ok"), NULL);
    rig_h2_run(h2, 1, 1000);
    rig_h2_run(h2, 2, 5000);
    assert_true(h2->goaway);
    assert_int_equal(h2->goaway_error, NGHTTP2_NO_ERROR);
    assert_true(rig_is_closed(&connection, 8000));
    rig_disconnect(&connection);
    rig_h2_close(h2);
}

static void a_client_that_opens_no_window_is_reset(void **state)
{
    struct rig_h2 *h2 = NULL;
    nghttp2_settings_entry none = {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0};

    (void)state;
    assert_true(rig_h2_open(&rig, RIG_GOOD, &h2));
    nghttp2_submit_settings(h2->session, 0, &none, 1);
    rig_h2_run(h2, 1, 100);
    rig_h2_ask(h2, "POST", "/v1/lookup", rig_lookup("ok"), NULL);
    rig_h2_run(h2, 1, 4000);
    assert_int_equal(h2->closed, 1);
    assert_int_equal(h2->responses[0].status, 200);
    assert_int_equal(h2->errors[0], NGHTTP2_CANCEL);
    rig_h2_close(h2);
}

static void a_client_that_does_not_read_is_cut_off(void **state)
{
    struct rig_connection connection = connect_good();
    int small = 2048;
    static char text[700000];
    size_t len = 0;

    (void)state;
    setsockopt(connection.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    while (len < sizeof(text) - 600) {
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s", rig_post(rig_lookup("ok")));
    }
    for (unsigned i = 0; i < 6; i++) { /* until the edge reads no more either, or has closed */
        struct timeval limit = {.tv_usec = 200000};
        setsockopt(connection.fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
        rig_send(&connection, text, len);
        assert_serves();
    }
    /* The edge closes with requests unread, which the client's kernel hears as a reset. */
    struct pollfd reset = {.fd = connection.fd, .events = POLLRDHUP};
    assert_int_equal(poll(&reset, 1, 5000), 1);
    assert_true((reset.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0);
    rig_disconnect(&connection);
}

static void a_new_client_takes_the_place_of_the_one_idle_for_longest(void **state)
{
    struct rig_connection connections[12];

    (void)state;
    for (unsigned i = 0; i < 12; i++) {
        connections[i] = connect_good();
        usleep(20000);
    }
    for (unsigned i = 0; i < 12; i++) {
        bool evicted = i < 4;
        if (evicted) {
            assert_true(rig_is_closed(&connections[i], 8000));
        } else {
            rig_send_text(&connections[i], "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            assert_status(&connections[i], 404);
        }
        rig_disconnect(&connections[i]);
    }
}

static void with_too_much_in_hand_requests_are_refused_at_once(void **state)
{
    struct rig_connection first = connect_good();
    struct rig_connection second = connect_good();
    unsigned asks = rig_last(&rig).asks;

    (void)state;
    rig_send_text(&first, rig_post(rig_lookup("hold")));
    rig_await_asks(&rig, asks + 1);
    rig_send_text(&second, rig_post(rig_lookup("ok")));
    assert_status(&second, 503);
    rig_core_restart(&rig); /* lets go of the first */
    assert_status(&first, 503);
    rig_send_text(&second, rig_post(rig_lookup("ok")));
    assert_status(&second, 200);
    rig_disconnect(&first);
    rig_disconnect(&second);
}

static int start_pressed(void **state)
{
    struct http_limits changed = http_limits_usual();

    (void)state;
    changed.held_bytes = 8192;
    return start_with(&changed, 0);
}

static void who_does_not_take_its_answers_does_not_cost_others_theirs(void **state)
{
    struct rig_h2 *h2 = NULL;
    nghttp2_settings_entry none = {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0};
    struct rig_connection other = connect_good();
    struct rig_response response = {0};
    char body[512];

    (void)state;
    snprintf(body, sizeof(body), "%s", rig_lookup("ok"));
    assert_true(rig_h2_open(&rig, RIG_GOOD, &h2));
    nghttp2_submit_settings(h2->session, 0, &none, 1);
    for (unsigned i = 0; i < 20; i++) {
        rig_h2_ask(h2, "POST", "/v1/lookup", body, NULL);
    }
    rig_h2_run(h2, 20, 200);
    rig_exchange(&other, rig_post(body), &response);
    assert_int_equal(response.status, 503); /* for now too much is in hand */
    rig_response_done(&response);
    rig_h2_run(h2, 20, 6000);
    assert_true(h2->closed < 20); /* it was dropped with answers on its hands */
    rig_exchange(&other, rig_post(body), &response);
    assert_int_equal(response.status, 200);
    rig_response_done(&response);
    rig_disconnect(&other);
    rig_h2_close(h2);
}

static void when_all_are_at_work_a_new_client_waits_its_turn(void **state)
{
    struct rig_connection connections[8];
    struct rig_connection late;
    struct rig_response response;
    bool served = false;

    (void)state;
    for (unsigned i = 0; i < 8; i++) {
        connections[i] = connect_good();
    }
    for (unsigned i = 0; i < 8; i++) {
        rig_send_text(&connections[i], rig_post(rig_lookup("hold")));
    }
    rig_await_asks(&rig, 8);
    assert_false(rig_connect(&rig, RIG_GOOD, "http/1.1", 0, &late));
    rig_core_restart(&rig);
    for (unsigned i = 0; i < 8; i++) {
        assert_status(&connections[i], 503);
        rig_disconnect(&connections[i]);
    }
    for (unsigned i = 0; i < 3 && !served; i++) {
        served = rig_connect(&rig, RIG_GOOD, "http/1.1", 0, &late);
    }
    assert_true(served);
    rig_exchange(&late, rig_post(rig_lookup("ok")), &response);
    assert_int_equal(response.status, 200);
    rig_response_done(&response);
    rig_disconnect(&late);
}

/* Asks on until the edge reads no more, or has closed: what the kernel takes of its answers, it has
 * not kept. */
static void leave_answers_unread(struct rig_connection *connection)
{
    int small = 2048;
    struct timeval limit = {.tv_usec = 100000};
    struct pollfd room = {.fd = connection->fd, .events = POLLOUT | POLLRDHUP};
    static char text[700000];
    size_t len = 0;

    setsockopt(connection->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    setsockopt(connection->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    while (len < sizeof(text) - 600) {
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s", rig_post(rig_lookup("ok")));
    }
    for (unsigned i = 0; i < 200 && poll(&room, 1, 500) == 1 && room.revents == POLLOUT; i++) {
        rig_send(connection, text, len);
    }
}

/* What one of them keeps depends on where the edge stopped reading: some of them fill the place. */
static void who_leaves_answers_unread_when_it_is_full_is_dropped(void **state)
{
    enum { IDLE = 6 };
    struct rig_connection connections[IDLE];
    struct pollfd resets[IDLE];

    (void)state;
    time_t before = time(NULL);
    for (unsigned i = 0; i < IDLE; i++) {
        connections[i] = connect_good();
        leave_answers_unread(&connections[i]);
        resets[i] = (struct pollfd){.fd = connections[i].fd, .events = POLLRDHUP};
    }
    assert_true(poll(resets, IDLE, 10000) >= 1);
    assert_true(time(NULL) - before < HTTP_WRITE_S_MAX);
    for (unsigned i = 0; i < IDLE; i++) {
        rig_disconnect(&connections[i]);
    }
    assert_serves();
}

static int start_crowded(void **state)
{
    struct http_limits changed = http_limits_usual();

    (void)state;
    changed.connections = 8;
    return start_with(&changed, 0);
}

static void half_a_body_keeps_no_place_when_all_are_taken(void **state)
{
    struct rig_connection connections[8];
    struct rig_connection late;
    struct rig_response response;

    (void)state;
    for (unsigned i = 0; i < 8; i++) {
        connections[i] = connect_good();
        rig_send_text(&connections[i],
                      "POST /v1/lookup HTTP/1.1\r\nHost: a\r\n"
                      "Content-Type: application/json\r\nContent-Length: 10\r\n\r\n{");
    }
    sleep(HTTP_PRESSED_S_MAX + 2);
    assert_true(rig_connect(&rig, RIG_GOOD, "http/1.1", 0, &late));
    rig_exchange(&late, rig_post(rig_lookup("ok")), &response);
    assert_int_equal(response.status, 200);
    rig_response_done(&response);
    rig_disconnect(&late);
    for (unsigned i = 0; i < 8; i++) {
        rig_disconnect(&connections[i]);
    }
}

static void without_descriptors_the_idle_make_room(void **state)
{
    struct rig_connection connections[60];

    (void)state;
    for (unsigned i = 0; i < 60; i++) {
        connections[i] = connect_good();
    }
    assert_serves();
    for (unsigned i = 0; i < 60; i++) {
        rig_disconnect(&connections[i]);
    }
    assert_serves();
}

static void a_client_that_never_ends_does_not_hold_the_end_up(void **state)
{
    struct rig_connection connection = connect_good();

    (void)state;
    rig_send_text(&connection, rig_post(rig_lookup("silent")));
    rig_await_asks(&rig, 1);
    time_t before = time(NULL);
    kill(rig.pid, SIGTERM);
    assert_int_equal(rig_wait(&rig), 0);
    assert_true(time(NULL) - before <= 4);
    rig_disconnect(&connection);
}

int main(void)
{
#define TEST(name, start) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(who_does_not_shake_hands_is_dropped, start_impatient),
        TEST(a_head_that_drips_is_cut_off, start_impatient),
        TEST(a_body_that_does_not_come_is_refused_in_both_protocols, start_impatient),
        TEST(a_body_that_nobody_wants_is_not_waited_for_either, start_impatient),
        TEST(idle_connections_are_ended_politely, start_impatient),
        TEST(a_client_that_opens_no_window_is_reset, start_impatient),
        TEST(a_client_that_does_not_read_is_cut_off, start_impatient),
        TEST(a_new_client_takes_the_place_of_the_one_idle_for_longest, start_narrow),
        TEST(with_too_much_in_hand_requests_are_refused_at_once, start_narrow),
        TEST(who_does_not_take_its_answers_does_not_cost_others_theirs, start_pressed),
        TEST(who_leaves_answers_unread_when_it_is_full_is_dropped, start_pressed),
        TEST(when_all_are_at_work_a_new_client_waits_its_turn, start_crowded),
        TEST(half_a_body_keeps_no_place_when_all_are_taken, start_crowded),
        TEST(without_descriptors_the_idle_make_room, start_without_files),
        cmocka_unit_test_setup(a_client_that_never_ends_does_not_hold_the_end_up, start_usual),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
