/*
 * The desk and its core: a core that is lost, silent or speaks nonsense.
 */
#include "rig.h"

#include "channel/desk/private.h"

static struct rig rig;
static struct http_limits limits;

static int start(void **state)
{
    (void)state;
    limits = desk_limits();
    limits.answer_s = 1;
    const struct rig_options options = {desk_serve, desk_prepare, &limits, .no_texts = false};
    rig_start(&rig, &options);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    return rig_stop(&rig);
}

static int status_of(struct rig_connection *connection, const char *code)
{
    struct rig_response response;
    char request[256];

    snprintf(request, sizeof(request), "GET /v1/parties/%s HTTP/1.1\r\nHost: a\r\n\r\n", code);
    rig_exchange(connection, request, &response);
    int status = response.status;
    if (status == 503) {
        assert_string_equal(rig_field(&response, "retry-after"), "1");
    }
    rig_response_done(&response);
    return status;
}

static struct rig_connection connect_good(void)
{
    struct rig_connection connection;

    assert_true(rig_connect(&rig, RIG_GOOD, "http/1.1", 0, &connection));
    return connection;
}

/* A new pipe takes a moment to arrive. */
static void await_core(struct rig_connection *connection)
{
    int status = 503;

    for (unsigned i = 0; i < 250 && status == 503; i++) {
        status = status_of(connection, "bank");
        usleep(20000);
    }
    assert_int_equal(status, 200);
}

static void a_look_in_hand_when_the_core_dies_is_answered_503(void **state)
{
    struct rig_h2 *h2 = NULL;

    (void)state;
    assert_true(rig_h2_open(&rig, RIG_GOOD, &h2));
    for (unsigned i = 0; i < 5; i++) {
        rig_h2_ask(h2, "GET", i == 4 ? "/v1/parties/die" : "/v1/parties/silent", NULL, NULL);
    }
    rig_h2_run(h2, 5, 5000);
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(h2->responses[i].status, 503);
    }
    struct rig_connection connection = connect_good();
    assert_int_equal(status_of(&connection, "bank"), 503);
    rig_core_restart(&rig);
    await_core(&connection);
    rig_disconnect(&connection);
    rig_h2_close(h2);
}

static void a_core_that_is_silent_is_waited_for_in_vain(void **state)
{
    struct rig_connection connection = connect_good();

    (void)state;
    assert_int_equal(status_of(&connection, "silent"), 503);
    assert_int_equal(status_of(&connection, "bank"), 200);
    rig_disconnect(&connection);
}

static void a_core_that_speaks_nonsense_is_dropped(void **state)
{
    static const char *const nonsense[] = {"stranger", "garbage"};
    struct rig_connection connection = connect_good();

    (void)state;
    for (size_t i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++) {
        assert_int_equal(status_of(&connection, nonsense[i]), 503);
        rig_core_restart(&rig);
        await_core(&connection);
    }
    assert_int_equal(status_of(&connection, "twice"), 200);
    usleep(50000);
    rig_core_restart(&rig);
    await_core(&connection);
    rig_disconnect(&connection);
}

static void an_answer_for_a_client_that_left_hurts_nobody(void **state)
{
    struct rig_connection connection = connect_good();
    struct rig_connection other = connect_good();

    (void)state;
    rig_send_text(&connection, "GET /v1/parties/silent HTTP/1.1\r\nHost: a\r\n\r\n");
    rig_disconnect(&connection);
    assert_int_equal(status_of(&other, "bank"), 200);
    rig_disconnect(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_look_in_hand_when_the_core_dies_is_answered_503),
        cmocka_unit_test(a_core_that_is_silent_is_waited_for_in_vain),
        cmocka_unit_test(a_core_that_speaks_nonsense_is_dropped),
        cmocka_unit_test(an_answer_for_a_client_that_left_hurts_nobody),
    };
    return cmocka_run_group_tests_name("channel/desk_core", tests, start, stop);
}
