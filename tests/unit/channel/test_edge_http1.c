/*
 * HTTP/1.1 as the edge speaks it: connections that are kept, pipelines, bodies in every framing,
 * requests that cannot be told apart.
 */
#include "rig.h"

#include "channel/edge/private.h"

static struct rig rig;
static struct http_limits limits;

static int start(void **state)
{
    (void)state;
    limits = http_limits_usual();
    const struct rig_options options = {edge_serve, edge_prepare, &limits, .no_texts = false};
    rig_start(&rig, &options);
    return 0;
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
    if (response.status != status) {
        fail_msg("%d, not %d: %s%s", response.status, status, response.head,
                 response.body == NULL ? "" : response.body);
    }
    rig_response_done(&response);
}

static void a_connection_is_kept_for_many_requests(void **state)
{
    struct rig_connection connection = connect_good();

    (void)state;
    for (unsigned i = 0; i < 50; i++) {
        rig_send_text(&connection, rig_post(rig_lookup("ok")));
        assert_status(&connection, 200);
    }
    rig_disconnect(&connection);
}

static void a_connection_is_kept_after_a_refusal_whose_body_is_short(void **state)
{
    struct rig_connection connection = connect_good();

    (void)state;
    rig_send_text(&connection,
                  "POST /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
    assert_status(&connection, 404);
    rig_send_text(&connection,
                  "PUT /v1/lookup HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "3\r\nabc\r\n");
    assert_status(&connection, 405);
    rig_send_text(&connection, "3\r\nabc\r\n0\r\n\r\n");
    rig_send_text(&connection, rig_post(rig_lookup("ok")));
    assert_status(&connection, 200);
    rig_disconnect(&connection);
}

static void the_client_may_end_the_connection(void **state)
{
    struct rig_connection connection = connect_good();
    struct rig_response response;

    (void)state;
    rig_exchange(&connection, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", &response);
    assert_int_equal(response.status, 404);
    assert_string_equal(rig_field(&response, "connection"), "close");
    assert_true(rig_is_closed(&connection, 8000));
    rig_response_done(&response);
    rig_disconnect(&connection);
}

static void a_head_gets_the_fields_and_no_body(void **state)
{
    struct rig_connection connection = connect_good();
    struct rig_response response;

    (void)state;
    rig_exchange(&connection, "HEAD /nothing HTTP/1.1\r\nHost: a\r\n\r\n", &response);
    assert_int_equal(response.status, 404);
    assert_int_not_equal(strtoul(rig_field(&response, "content-length"), NULL, 10), 0);
    rig_response_done(&response);
    rig_send_text(&connection, rig_post(rig_lookup("ok")));
    assert_status(&connection, 200); /* nothing stood between */
    rig_disconnect(&connection);
}

static void a_body_may_come_in_chunks_and_in_drops(void **state)
{
    struct rig_connection connection = connect_good();
    const char *body = rig_lookup("ok");
    char text[4096];
    int len =
        snprintf(text, sizeof(text),
                 "POST /v1/lookup HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                 "Transfer-Encoding: chunked\r\n\r\n10;x=y\r\n%.16s\r\n%zx\r\n%s\r\n0\r\n\r\n",
                 body, strlen(body) - 16, body + 16);

    (void)state;
    rig_send(&connection, text, (size_t)len);
    assert_status(&connection, 200);
    for (int i = 0; i < len; i++) {
        rig_send(&connection, text + i, 1);
    }
    assert_status(&connection, 200);
    rig_disconnect(&connection);
}

static void strappend(char *text, const char *more)
{
    memcpy(text + strlen(text), more, strlen(more) + 1);
}

static void a_pipeline_is_answered_in_its_order_whatever_the_core_does(void **state)
{
    struct rig_connection connection = connect_good();
    char text[8192] = {0};

    (void)state;
    strappend(text, rig_post(rig_lookup("hold")));
    strappend(text, rig_post(rig_lookup("code:case_missing")));
    strappend(text, rig_post(rig_lookup("hold")));
    strappend(text, "GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n");
    strappend(text, rig_post(rig_lookup("free")));
    strappend(text, rig_post(rig_lookup("code:own_data_only")));
    rig_send_text(&connection, text);
    assert_status(&connection, 200);
    assert_status(&connection, 403);
    assert_status(&connection, 200);
    assert_status(&connection, 404);
    assert_status(&connection, 200);
    assert_status(&connection, 403);
    rig_disconnect(&connection);
}

static void a_long_pipeline_is_taken_piece_by_piece(void **state)
{
    struct rig_connection connection = connect_good();
    static char text[200000];
    unsigned count = 300;

    (void)state;
    text[0] = '\0';
    size_t len = 0;
    for (unsigned i = 0; i < count; i++) {
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s",
                                rig_post(rig_lookup(i % 3 == 0 ? "code:case_missing" : "ok")));
    }
    rig_send(&connection, text, len);
    for (unsigned i = 0; i < count; i++) {
        assert_status(&connection, i % 3 == 0 ? 403 : 200);
    }
    rig_disconnect(&connection);
}

static void a_pipeline_that_waits_is_bounded(void **state)
{
    struct rig_connection connection = connect_good();
    struct rig_connection other = connect_good();
    unsigned asks = rig_last(&rig).asks;

    (void)state;
    for (unsigned i = 0; i < HTTP_PIPELINE_MAX + 5; i++) {
        rig_send_text(&connection, rig_post(rig_lookup("hold")));
    }
    rig_await_asks(&rig, asks + HTTP_PIPELINE_MAX);
    usleep(100000);
    assert_int_equal(rig_last(&rig).asks, asks + HTTP_PIPELINE_MAX);
    rig_send_text(&other, rig_post(rig_lookup("free")));
    assert_status(&other, 200);
    for (unsigned i = 0; i < HTTP_PIPELINE_MAX; i++) {
        assert_status(&connection, 200);
    }
    rig_await_asks(&rig, asks + HTTP_PIPELINE_MAX + 1 + 5);
    rig_send_text(&other, rig_post(rig_lookup("free")));
    assert_status(&other, 200);
    for (unsigned i = 0; i < 5; i++) {
        assert_status(&connection, 200);
    }
    rig_disconnect(&connection);
    rig_disconnect(&other);
}

static void a_client_that_waits_for_100_gets_it(void **state)
{
    struct rig_connection connection = connect_good();
    const char *body = rig_lookup("ok");
    char text[1024];

    (void)state;
    snprintf(text, sizeof(text),
             "POST /v1/lookup HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
             "Expect: 100-continue\r\nContent-Length: %zu\r\n\r\n",
             strlen(body));
    rig_send_text(&connection, text);
    assert_status(&connection, 100);
    rig_send_text(&connection, body);
    assert_status(&connection, 200);
    rig_disconnect(&connection);
}

static void a_client_that_waits_for_100_and_is_refused_is_cut_off(void **state)
{
    struct rig_connection connection = connect_good();

    (void)state;
    rig_send_text(&connection, "POST /nothing HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                               "Content-Length: 500\r\n\r\n");
    assert_status(&connection, 404);
    assert_true(rig_is_closed(&connection, 8000));
    rig_disconnect(&connection);
}

/* Refused with that status, and nothing that follows is taken for a request. */
static void assert_ends_with(const char *text, size_t len, int status)
{
    struct rig_connection connection = connect_good();
    unsigned asks = rig_last(&rig).asks;

    rig_send(&connection, text, len);
    rig_send_text(&connection, rig_post(rig_lookup("ok")));
    assert_status(&connection, status);
    assert_true(rig_is_closed(&connection, 8000));
    assert_int_equal(rig_last(&rig).asks, asks);
    rig_disconnect(&connection);
}

static void a_request_that_cannot_be_told_from_the_next_ends_the_connection(void **state)
{
    static const struct {
        const char *text;
        int status;
    } rows[] = {
        {"GET / HTTP/1.0\r\nHost: a\r\n\r\n", 400},
        {"GET / HTTP/1.1\nHost: a\n\n", 400},
        {"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\n\r\n", 400},
        {"POST /v1/lookup HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n",
         400},
        {"POST /v1/lookup HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n"
         "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
         400},
        {"POST /v1/lookup HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 400},
        {"POST /v1/lookup HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
         "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
         400},
        {"POST /v1/lookup HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
         "Content-Length: 999999\r\n\r\n",
         413},
        {"POST /v1/lookup HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
         "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
         400},
        {"\x16\x03\x01 not http at all\r\n\r\n", 400},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_ends_with(rows[i].text, strlen(rows[i].text), rows[i].status);
    }
}

static void what_is_over_a_ceiling_is_refused_clearly(void **state)
{
    static char text[HTTP_HEADERS_BYTES_MAX + 65536];
    size_t len = 0;

    (void)state;
    len = (size_t)snprintf(text, sizeof(text), "GET /");
    memset(text + len, 'a', HTTP_TARGET_BYTES_MAX);
    len += HTTP_TARGET_BYTES_MAX;
    len += (size_t)snprintf(text + len, sizeof(text) - len, " HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_ends_with(text, len, 413);

    len = (size_t)snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: a\r\nX: ");
    memset(text + len, 'a', HTTP_HEADERS_BYTES_MAX);
    assert_ends_with(text, len + HTTP_HEADERS_BYTES_MAX, 413);

    len = (size_t)snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: a\r\n");
    for (unsigned i = 0; i < HTTP_HEADERS_MAX; i++) {
        len += (size_t)snprintf(text + len, sizeof(text) - len, "X: b\r\n");
    }
    len += (size_t)snprintf(text + len, sizeof(text) - len, "\r\n");
    assert_ends_with(text, len, 413);

    len =
        (size_t)snprintf(text, sizeof(text),
                         "POST /v1/lookup HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                         "Transfer-Encoding: chunked\r\n\r\n8000\r\n");
    memset(text + len, ' ', 0x8000);
    assert_ends_with(text, len + 0x8000, 413);
}

static void a_body_of_just_the_ceiling_is_read(void **state)
{
    struct rig_connection connection = connect_good();
    static char text[ASK_BODY_BYTES_MAX + 1024];
    const char *body = rig_lookup("ok");
    size_t len = (size_t)snprintf(text, sizeof(text),
                                  "POST /v1/lookup HTTP/1.1\r\nHost: a\r\n"
                                  "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
                                  ASK_BODY_BYTES_MAX, body);

    (void)state;
    memset(text + len, ' ', ASK_BODY_BYTES_MAX - strlen(body));
    rig_send(&connection, text, len + ASK_BODY_BYTES_MAX - strlen(body));
    assert_status(&connection, 200);
    rig_disconnect(&connection);
}

static void a_refused_body_that_goes_on_too_long_ends_the_connection(void **state)
{
    static char text[3 * ASK_BODY_BYTES_MAX];
    struct rig_connection connection = connect_good();
    unsigned asks = rig_last(&rig).asks;

    (void)state;
    memset(text, 'x', sizeof(text));
    rig_send_text(&connection,
                  "POST /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 999999\r\n\r\n");
    assert_status(&connection, 404);
    rig_send(&connection, text, sizeof(text));
    assert_true(rig_is_closed(&connection, 8000));
    rig_disconnect(&connection);

    connection = connect_good();
    rig_send_text(&connection,
                  "POST /nothing HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    assert_status(&connection, 404);
    rig_send_text(&connection, "5\nhello\r\n"); /* a fault of framing after the answer */
    rig_send_text(&connection, rig_post(rig_lookup("ok")));
    assert_true(rig_is_closed(&connection, 8000));
    assert_int_equal(rig_last(&rig).asks, asks);
    rig_disconnect(&connection);
}

static void lists_that_are_joined_without_end_are_too_large(void **state)
{
    static char text[HTTP_HEADERS_BYTES_MAX + 1024];
    size_t len = (size_t)snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: a\r\n");

    (void)state;
    for (unsigned i = 0; i < 60; i++) {
        len += (size_t)snprintf(text + len, sizeof(text) - len, "Accept: %0220u\r\n", 7);
    }
    len += (size_t)snprintf(text + len, sizeof(text) - len, "\r\n");
    assert_ends_with(text, len, 413);
}

static void a_client_that_leaves_before_its_answer_disturbs_nobody(void **state)
{
    unsigned asks = rig_last(&rig).asks;
    struct rig_connection other = connect_good();

    (void)state;
    for (unsigned i = 0; i < 20; i++) {
        struct rig_connection connection = connect_good();
        rig_send_text(&connection, rig_post(rig_lookup("hold")));
        rig_await_asks(&rig, asks + i + 1);
        rig_disconnect(&connection);
    }
    rig_send_text(&other, rig_post(rig_lookup("free")));
    assert_status(&other, 200);
    rig_send_text(&other, rig_post(rig_lookup("ok")));
    assert_status(&other, 200);
    rig_disconnect(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connection_is_kept_for_many_requests),
        cmocka_unit_test(a_connection_is_kept_after_a_refusal_whose_body_is_short),
        cmocka_unit_test(the_client_may_end_the_connection),
        cmocka_unit_test(a_head_gets_the_fields_and_no_body),
        cmocka_unit_test(a_body_may_come_in_chunks_and_in_drops),
        cmocka_unit_test(a_pipeline_is_answered_in_its_order_whatever_the_core_does),
        cmocka_unit_test(a_long_pipeline_is_taken_piece_by_piece),
        cmocka_unit_test(a_pipeline_that_waits_is_bounded),
        cmocka_unit_test(a_client_that_waits_for_100_gets_it),
        cmocka_unit_test(a_client_that_waits_for_100_and_is_refused_is_cut_off),
        cmocka_unit_test(a_request_that_cannot_be_told_from_the_next_ends_the_connection),
        cmocka_unit_test(what_is_over_a_ceiling_is_refused_clearly),
        cmocka_unit_test(a_body_of_just_the_ceiling_is_read),
        cmocka_unit_test(a_refused_body_that_goes_on_too_long_ends_the_connection),
        cmocka_unit_test(lists_that_are_joined_without_end_are_too_large),
        cmocka_unit_test(a_client_that_leaves_before_its_answer_disturbs_nobody),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
