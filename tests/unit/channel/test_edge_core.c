/*
 * The edge and its core: what happens while there is none, when it dies, when it speaks nonsense,
 * and how the edge ends.
 */
#include "rig.h"

#include "channel/edge/private.h"

#include <stdlib.h>
#include <sys/socket.h>

static struct rig rig;
static struct http_limits limits;
static bool stopped;

static int start_with(bool no_texts)
{
    limits = http_limits_usual();
    limits.answer_s = 1;
    const struct rig_options options = {edge_serve, edge_prepare, &limits, .no_texts = no_texts};
    rig_start(&rig, &options);
    stopped = false;
    return 0;
}

static int start(void **state)
{
    (void)state;
    return start_with(false);
}

static int start_without_texts(void **state)
{
    (void)state;
    return start_with(true);
}

static int stop(void **state)
{
    (void)state;
    return stopped ? 0 : rig_stop(&rig);
}

static struct rig_connection connect_good(void)
{
    struct rig_connection connection;

    assert_true(rig_connect(&rig, RIG_GOOD, "http/1.1", 0, &connection));
    return connection;
}

static int status_of(struct rig_connection *connection, const char *case_ref)
{
    struct rig_response response;

    rig_exchange(connection, rig_post(rig_lookup(case_ref)), &response);
    int status = response.status;
    if (status == 503) {
        assert_string_equal(rig_field(&response, "retry-after"), "1");
        assert_non_null(strstr(response.body, "\"code\":\"ledger_unavailable\""));
    }
    rig_response_done(&response);
    return status;
}

/* A new pipe takes a moment to arrive. */
static void await_core(struct rig_connection *connection)
{
    int status = 503;

    for (unsigned i = 0; i < 250 && status == 503; i++) {
        status = status_of(connection, "ok");
        usleep(20000);
    }
    assert_int_equal(status, 200);
}

static void before_the_core_has_spoken_refusals_have_built_in_words(void **state)
{
    struct rig_connection connection = connect_good();
    struct rig_response response;

    (void)state;
    rig_exchange(&connection, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", &response);
    assert_int_equal(response.status, 404);
    assert_string_equal(rig_field(&response, "content-language"), "en");
    assert_non_null(strstr(response.body, "There is nothing at this address."));
    rig_response_done(&response);
    rig_disconnect(&connection);
}

static void without_a_core_asks_are_answered_503_and_the_rest_goes_on(void **state)
{
    struct rig_connection connection = connect_good();
    struct rig_response response;

    (void)state;
    assert_int_equal(status_of(&connection, "ok"), 200);
    rig_core_stop(&rig);
    usleep(50000);
    assert_int_equal(status_of(&connection, "ok"), 503);
    rig_exchange(&connection, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", &response);
    assert_int_equal(response.status, 404);
    rig_response_done(&response);
    rig_core_restart(&rig);
    await_core(&connection);
    rig_disconnect(&connection);
}

static void asks_in_hand_when_the_core_dies_are_answered_503(void **state)
{
    struct rig_h2 *h2 = NULL;
    static char held[512];
    static char die[512];

    (void)state;
    snprintf(held, sizeof(held), "%s", rig_lookup("hold"));
    snprintf(die, sizeof(die), "%s", rig_lookup("die"));
    assert_true(rig_h2_open(&rig, RIG_GOOD, &h2));
    for (unsigned i = 0; i < 20; i++) {
        rig_h2_ask(h2, "POST", "/v1/lookup", i == 19 ? die : held, NULL);
    }
    rig_h2_run(h2, 20, 5000);
    for (unsigned i = 0; i < 20; i++) {
        assert_int_equal(h2->responses[i].status, 503);
    }
    rig_core_restart(&rig);
    struct rig_connection other = connect_good();
    await_core(&other);
    rig_disconnect(&other);
    rig_h2_ask(h2, "POST", "/v1/lookup", rig_lookup("ok"), NULL);
    rig_h2_run(h2, 21, 5000);
    assert_int_equal(h2->responses[20].status, 200);
    rig_h2_close(h2);
}

static void a_core_that_speaks_nonsense_is_dropped(void **state)
{
    static const char *const nonsense[] = {"stranger", "garbage"};
    struct rig_connection connection = connect_good();

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(status_of(&connection, nonsense[i]), 503);
        assert_int_equal(status_of(&connection, "ok"), 503);
        rig_core_restart(&rig);
        await_core(&connection);
    }
    assert_int_equal(status_of(&connection, "twice"), 200); /* once is right, then it is dropped */
    assert_int_equal(status_of(&connection, "ok"), 503);
    rig_disconnect(&connection);
}

static void an_answer_of_a_former_core_answers_nothing(void **state)
{
    struct rig_connection connection = connect_good();

    (void)state;
    rig_send_text(&connection, rig_post(rig_lookup("hold")));
    rig_await_asks(&rig, 1);
    rig_core_restart(&rig);
    struct rig_response response;
    rig_receive(&connection, false, &response);
    assert_int_equal(response.status, 503);
    rig_response_done(&response);
    assert_int_equal(status_of(&connection, "ok"), 200);
    rig_disconnect(&connection);
}

static void a_core_that_does_not_answer_costs_a_503_in_time(void **state)
{
    struct rig_connection connection = connect_good();

    (void)state;
    assert_int_equal(status_of(&connection, "silent"), 503);
    assert_int_equal(status_of(&connection, "ok"), 200);
    rig_disconnect(&connection);
}

static void what_is_in_hand_is_finished_before_the_end(void **state)
{
    struct rig_connection idle = connect_good();
    struct rig_connection asking = connect_good();
    struct rig_h2 *h2 = NULL;
    struct rig_response response;

    (void)state;
    assert_int_equal(status_of(&idle, "ok"), 200);
    assert_true(rig_h2_open(&rig, RIG_GOOD, &h2));
    rig_h2_ask(h2, "POST", "/v1/lookup", rig_lookup("hold"), NULL);
    rig_h2_run(h2, 1, 100);
    rig_send_text(&asking, rig_post(rig_lookup("hold")));
    rig_await_asks(&rig, 3);
    kill(rig.pid, SIGTERM);
    usleep(100000);
    assert_true(rig_is_closed(&idle, 8000));
    rig_h2_run(h2, 1, 100);
    assert_true(h2->goaway);
    assert_int_equal(h2->closed, 0);
    rig_core_restart(&rig); /* answers 503 what is in hand */
    rig_receive(&asking, false, &response);
    assert_int_equal(response.status, 503);
    assert_string_equal(rig_field(&response, "connection"), "close");
    rig_response_done(&response);
    assert_true(rig_is_closed(&asking, 8000));
    rig_h2_run(h2, 1, 1000);
    assert_int_equal(h2->responses[0].status, 503);
    rig_disconnect(&idle);
    rig_disconnect(&asking);
    rig_h2_close(h2);
    assert_int_equal(rig_wait(&rig), 0);
    stopped = true;
}

static void the_edge_ends_when_its_supervisor_is_gone(void **state)
{
    (void)state;
    shutdown(rig.control_fd, SHUT_RDWR);
    assert_int_equal(rig_wait(&rig), 0);
    stopped = true;
}

static void asks_that_wait_for_the_core_are_neither_lost_nor_mixed(void **state)
{
    static char bodies[2][512];
    struct rig_h2 *many[5];
    struct rig_connection first = connect_good();

    (void)state;
    snprintf(bodies[0], sizeof(bodies[0]), "%s", rig_lookup("ok"));
    snprintf(bodies[1], sizeof(bodies[1]), "%s", rig_lookup("code:case_missing"));
    rig_send_text(&first, rig_post(rig_lookup("sleep"))); /* its pipe fills up meanwhile */
    rig_await_asks(&rig, 1);
    for (unsigned i = 0; i < 5; i++) {
        assert_true(rig_h2_open(&rig, RIG_GOOD, &many[i]));
        for (unsigned k = 0; k < 250; k++) {
            rig_h2_ask(many[i], "POST", "/v1/lookup", bodies[k % 2], NULL);
        }
        rig_h2_run(many[i], 1, 1);
    }
    for (unsigned i = 0; i < 5; i++) {
        rig_h2_run(many[i], 250, 3000);
        for (unsigned k = 0; k < 250; k++) {
            assert_int_equal(many[i]->responses[k].status, k % 2 == 0 ? 200 : 403);
        }
        rig_h2_close(many[i]);
    }
    assert_int_equal(rig_last(&rig).asks, 1 + 5 * 250);
    rig_disconnect(&first);
}

static int start_patient(void **state)
{
    (void)state;
    limits = http_limits_usual();
    const struct rig_options options = {edge_serve, edge_prepare, &limits, .no_texts = false};
    rig_start(&rig, &options);
    stopped = false;
    return 0;
}

static int start_soon_lost(void **state)
{
    (void)state;
    limits = http_limits_usual();
    limits.lost_s = 1;
    const struct rig_options options = {edge_serve, edge_prepare, &limits, .no_texts = false};
    rig_start(&rig, &options);
    stopped = false;
    return 0;
}

static void an_edge_that_gets_no_new_pipe_makes_room_for_another(void **state)
{
    struct rig_connection connection = connect_good();

    (void)state;
    rig_core_stop(&rig);
    usleep(300000);
    rig_core_restart(&rig); /* in time */
    usleep(1200000);
    assert_int_equal(status_of(&connection, "ok"), 200);
    rig_core_stop(&rig);
    usleep(50000);
    assert_int_equal(status_of(&connection, "ok"), 503);
    assert_int_equal(rig_wait(&rig), EXIT_FAILURE);
    stopped = true;
    rig_disconnect(&connection);
}

/* Asks over both protocols; whatever fails must fail cleanly. */
static void ask_in_both_protocols(void)
{
    struct rig_connection connection;
    struct rig_response response;
    struct rig_h2 *h2 = NULL;

    if (rig_connect(&rig, RIG_GOOD, "http/1.1", 0, &connection)) {
        rig_exchange(&connection, rig_post(rig_lookup("ok")), &response);
        rig_response_done(&response);
        rig_exchange(&connection, "GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n", &response);
        rig_response_done(&response);
        rig_disconnect(&connection);
    }
    if (rig_h2_open(&rig, RIG_GOOD, &h2)) {
        rig_h2_ask(h2, "POST", "/v1/lookup", rig_lookup("ok"), NULL);
        rig_h2_run(h2, 1, 1000);
        rig_h2_close(h2);
    }
}

static bool serves(void)
{
    struct rig_connection connection;

    if (!rig_connect(&rig, RIG_GOOD, "http/1.1", 0, &connection)) {
        return false;
    }
    rig_send_text(&connection, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    struct rig_response response;
    rig_receive(&connection, false, &response);
    bool answered = response.status == 404;
    rig_response_done(&response);
    rig_disconnect(&connection);
    return answered;
}

static void whatever_allocation_fails_the_edge_refuses_to_start_or_goes_on(void **state)
{
    unsigned refused = 0;

    (void)state;
    limits = http_limits_usual();
    for (uint64_t nth = 1; nth <= 60; nth++) {
        const struct rig_options options = {edge_serve, edge_prepare, &limits, .fail_at = nth};
        rig_start(&rig, &options);
        bool serving = rig.serves;
        if (serving) {
            ask_in_both_protocols();
            assert_true(serves() || serves()); /* one allocation fails, and then no more */
        }
        int status = rig_stop(&rig);
        assert_true(serving ? status == 0 : status == EXIT_FAILURE || status == PROC_EXIT_REFUSED);
        refused += serving ? 0 : 1;
    }
    print_message("# %u starts refused\n", refused);
    assert_true(refused > 3 && refused < 40);
    stopped = true;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(before_the_core_has_spoken_refusals_have_built_in_words,
                                        start_without_texts, stop),
        TEST(without_a_core_asks_are_answered_503_and_the_rest_goes_on),
        TEST(asks_in_hand_when_the_core_dies_are_answered_503),
        TEST(a_core_that_speaks_nonsense_is_dropped),
        TEST(an_answer_of_a_former_core_answers_nothing),
        TEST(a_core_that_does_not_answer_costs_a_503_in_time),
        TEST(what_is_in_hand_is_finished_before_the_end),
        TEST(the_edge_ends_when_its_supervisor_is_gone),
        cmocka_unit_test_setup_teardown(asks_that_wait_for_the_core_are_neither_lost_nor_mixed,
                                        start_patient, stop),
        cmocka_unit_test_setup_teardown(an_edge_that_gets_no_new_pipe_makes_room_for_another,
                                        start_soon_lost, stop),
        cmocka_unit_test(whatever_allocation_fails_the_edge_refuses_to_start_or_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
