/*
 * HTTP/2 as the edge speaks it: streams side by side, ceilings, floods.
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

static struct rig_h2 *open_good(void)
{
    struct rig_h2 *h2 = NULL;

    assert_true(rig_h2_open(&rig, RIG_GOOD, &h2));
    return h2;
}

/* One request with a copy of the body, since rig_lookup() has one buffer. */
static unsigned ask(struct rig_h2 *h2, const char *case_ref)
{
    static char bodies[RIG_STREAMS_MAX][512];
    char *body = bodies[h2->count];

    snprintf(body, sizeof(bodies[0]), "%s", rig_lookup(case_ref));
    return rig_h2_ask(h2, "POST", "/v1/lookup", body, NULL);
}

static void many_streams_are_answered_side_by_side(void **state)
{
    struct rig_h2 *h2 = open_good();

    (void)state;
    for (unsigned i = 0; i < 200; i++) {
        ask(h2, i % 2 == 0 ? "ok" : "code:case_missing");
    }
    rig_h2_run(h2, 200, 5000);
    assert_int_equal(h2->closed, 200);
    for (unsigned i = 0; i < 200; i++) {
        assert_int_equal(h2->responses[i].status, i % 2 == 0 ? 200 : 403);
        assert_int_equal(h2->errors[i], 0);
    }
    assert_true(rig_last(&rig).largest > 1); /* a turn's asks went as one batch */
    rig_h2_close(h2);
}

/* RFC 7541: what is in the client's table has pushed out something else. The date is new each
 * second. */
static void what_is_new_in_each_answer_is_not_kept_in_the_clients_table(void **state)
{
    static char traces[50][64]; /* each is given back in its answer */
    struct rig_h2 *h2 = open_good();
    size_t first = 0;

    (void)state;
    for (unsigned i = 0; i < 50; i++) {
        snprintf(traces[i], sizeof(traces[i]), "00-%032x-%016x-01", i + 1, i + 1);
        const char *const more[] = {"traceparent", traces[i], NULL};
        rig_h2_ask(h2, "POST", "/v1/lookup", rig_lookup("ok"), more);
        rig_h2_run(h2, i + 1, 5000);
        assert_int_equal(h2->responses[i].status, 200);
        assert_string_equal(rig_field(&h2->responses[i], "traceparent"), traces[i]);
        size_t now = nghttp2_session_get_hd_inflate_dynamic_table_size(h2->session);
        first = i == 0 ? now : first;
    }
    assert_true(first > 0);
    assert_true(nghttp2_session_get_hd_inflate_dynamic_table_size(h2->session) < first + 500);
    rig_h2_close(h2);
}

static void answers_come_in_any_order(void **state)
{
    struct rig_h2 *h2 = open_good();

    (void)state;
    unsigned held = ask(h2, "hold");
    unsigned second = ask(h2, "hold");
    unsigned quick = ask(h2, "code:own_data_only");
    rig_h2_run(h2, 1, 5000);
    assert_int_equal(h2->responses[quick].status, 403);
    assert_false(h2->is_closed[held]);
    ask(h2, "free");
    rig_h2_run(h2, 4, 5000);
    assert_int_equal(h2->responses[held].status, 200);
    assert_int_equal(h2->responses[second].status, 200);
    rig_h2_close(h2);
}

static void a_bad_certificate_gets_401_on_every_stream(void **state)
{
    static const enum rig_client clients[] = {RIG_NONE, RIG_EXPIRED, RIG_REVOKED, RIG_UNTRUSTED};

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        struct rig_h2 *h2 = NULL;
        assert_true(rig_h2_open(&rig, clients[i], &h2));
        ask(h2, "ok");
        rig_h2_ask(h2, "GET", "/", NULL, NULL);
        rig_h2_run(h2, 2, 5000);
        assert_int_equal(h2->responses[0].status, 401);
        assert_int_equal(h2->responses[1].status, 401);
        rig_h2_close(h2);
    }
}

static void a_refusal_before_the_body_ended_ends_the_stream_cleanly(void **state)
{
    static const char *const long_one[] = {"content-length", "99999", NULL};
    struct rig_h2 *h2 = open_good();
    static char body[100000];

    (void)state;
    memset(body, ' ', sizeof(body) - 1);
    unsigned declared = rig_h2_ask(h2, "POST", "/v1/lookup", body, long_one);
    unsigned undeclared = rig_h2_ask(h2, "POST", "/v1/lookup", body, NULL);
    unsigned elsewhere = rig_h2_ask(h2, "POST", "/nothing", body, NULL);
    rig_h2_run(h2, 3, 5000);
    assert_int_equal(h2->responses[declared].status, 413);
    assert_int_equal(h2->responses[undeclared].status, 413);
    assert_int_equal(h2->responses[elsewhere].status, 404);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(h2->errors[i], NGHTTP2_NO_ERROR);
        assert_int_equal(h2->responses[i].body_len,
                         strtoul(rig_field(&h2->responses[i], "content-length"), NULL, 10));
    }
    unsigned after = ask(h2, "ok");
    rig_h2_run(h2, 4, 5000);
    assert_int_equal(h2->responses[after].status, 200);
    rig_h2_close(h2);
}

static void a_refused_body_that_goes_on_too_long_is_reset(void **state)
{
    struct rig_h2 *h2 = open_good();
    static char body[400000];

    (void)state;
    memset(body, 'x', sizeof(body) - 1);
    rig_h2_ask(h2, "POST", "/nothing", body, NULL);
    rig_h2_run(h2, 1, 2000);
    assert_int_equal(h2->closed, 1);
    assert_int_equal(h2->responses[0].status, 404);
    assert_int_equal(h2->errors[0], NGHTTP2_NO_ERROR);
    ask(h2, "ok");
    rig_h2_run(h2, 2, 2000);
    assert_int_equal(h2->responses[1].status, 200);
    rig_h2_close(h2);
}

static void the_checks_and_methods_are_as_in_http1(void **state)
{
    static const char *const html[] = {"accept", "text/html", "accept-language", "en", NULL};
    static const char *const twice[] = {"idempotency-key", "a", "idempotency-key", "a", NULL};
    static const char *const text[] = {"content-type", "text/plain", NULL};
    struct rig_h2 *h2 = open_good();

    (void)state;
    rig_h2_ask(h2, "GET", "/v1/lookup", NULL, NULL);
    rig_h2_ask(h2, "HEAD", "/nothing", NULL, NULL);
    rig_h2_ask(h2, "POST", "/v1/lookup", NULL, html);
    rig_h2_ask(h2, "POST", "/v1/lookup", NULL, text);
    rig_h2_ask(h2, "POST", "/v1/lookup", "{}", twice);
    rig_h2_ask(h2, "POST", "/v1/lookup", "{}", NULL);
    rig_h2_ask(h2, "GET", "/%zz", NULL, NULL);
    rig_h2_ask(h2, "OPTIONS", "*", NULL, NULL);
    rig_h2_ask(h2, "GET", "/a b", NULL, NULL); /* no message at all: the stream is reset */
    rig_h2_run(h2, 9, 5000);
    static const int statuses[] = {405, 404, 406, 415, 400, 400, 400, 404, 0};
    assert_int_equal(h2->errors[8], NGHTTP2_PROTOCOL_ERROR);
    for (unsigned i = 0; i < 9; i++) {
        if (h2->responses[i].status != statuses[i]) {
            fail_msg("request %u: %d, not %d", i, h2->responses[i].status, statuses[i]);
        }
    }
    assert_string_equal(rig_field(&h2->responses[0], "allow"), "POST");
    assert_int_equal(h2->responses[1].body_len, 0);
    assert_non_null(strstr(h2->responses[2].body, "English"));
    rig_h2_close(h2);
}

static void header_fields_over_the_ceilings_are_told_as_too_large(void **state)
{
    static char big[9000];
    static char target[HTTP_TARGET_BYTES_MAX + 2];
    const char *many[2 * 70 + 1] = {0};
    struct rig_h2 *h2 = open_good();

    (void)state;
    memset(big, 'a', sizeof(big) - 1);
    memset(target, 'a', sizeof(target) - 1);
    target[0] = '/';
    const char *const bytes[] = {"x-a", big, "x-b", big, NULL};
    for (unsigned i = 0; i < 70; i++) {
        many[2 * i] = "x";
        many[2 * i + 1] = "y";
    }
    rig_h2_ask(h2, "GET", "/", NULL, bytes);
    rig_h2_ask(h2, "GET", "/", NULL, many);
    rig_h2_ask(h2, "GET", target, NULL, NULL);
    rig_h2_run(h2, 3, 5000);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(h2->responses[i].status, 413);
    }
    rig_h2_close(h2);
}

static void a_client_that_waits_for_100_gets_it(void **state)
{
    static const char *const expects[] = {"expect", "100-continue", NULL};
    struct rig_h2 *h2 = open_good();
    const char *body = rig_lookup("ok");

    (void)state;
    rig_h2_ask(h2, "POST", "/v1/lookup", body, expects);
    rig_h2_run(h2, 1, 5000);
    assert_int_equal(h2->responses[0].status, 200);
    rig_h2_close(h2);
}

static void streams_over_the_ceiling_wait_or_are_refused(void **state)
{
    struct rig_h2 *h2 = open_good();
    unsigned asks = rig_last(&rig).asks;

    (void)state;
    for (unsigned i = 0; i < HTTP_STREAMS_MAX + 50; i++) {
        ask(h2, "hold");
    }
    rig_h2_run(h2, 1, 300);
    rig_await_asks(&rig, asks + 100);
    usleep(100000);
    assert_true(rig_last(&rig).asks <= asks + HTTP_STREAMS_MAX);
    struct rig_h2 *other = open_good();
    ask(other, "free");
    rig_h2_run(other, 1, 5000);
    assert_int_equal(other->responses[0].status, 200);
    rig_h2_run(h2, HTTP_STREAMS_MAX, 1000);
    ask(other, "free");
    rig_h2_run(other, 2, 5000);
    rig_h2_run(h2, HTTP_STREAMS_MAX + 50, 2000);
    assert_int_equal(h2->closed, HTTP_STREAMS_MAX + 50);
    rig_h2_close(h2);
    rig_h2_close(other);
}

static void streams_that_are_cancelled_disturb_nobody(void **state)
{
    struct rig_h2 *h2 = open_good();
    unsigned asks = rig_last(&rig).asks;

    (void)state;
    for (unsigned i = 0; i < 100; i++) {
        ask(h2, "hold");
    }
    rig_h2_run(h2, 1, 100);
    rig_await_asks(&rig, asks + 100);
    for (int32_t i = 0; i < 100; i++) {
        nghttp2_submit_rst_stream(h2->session, 0, 2 * i + 1, NGHTTP2_CANCEL);
    }
    rig_h2_run(h2, 100, 1000);
    unsigned after = ask(h2, "free");
    rig_h2_run(h2, 101, 5000);
    assert_int_equal(h2->responses[after].status, 200);
    rig_h2_close(h2);
}

/* ---- frames as bytes ---- */

#define PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define EMPTY_SETTINGS "\0\0\0\x04\0\0\0\0\0"

/* Sends the preface, then `frame` so often; true when the edge ends the connection. */
static bool is_flood_ended(const char *frame, size_t len, unsigned times, unsigned ms)
{
    struct rig_connection connection;
    static char bytes[1 << 16];
    size_t filled = 0;

    assert_true(rig_connect(&rig, RIG_GOOD, "h2", 0, &connection));
    rig_send(&connection, PREFACE EMPTY_SETTINGS, 24 + 9);
    for (unsigned i = 0; i < times; i++) {
        memcpy(bytes + filled, frame, len);
        filled += len;
        if (filled + len > sizeof(bytes)) {
            rig_send(&connection, bytes, filled);
            filled = 0;
        }
    }
    rig_send(&connection, bytes, filled);
    bool closed = rig_is_closed(&connection, ms);
    rig_disconnect(&connection);
    return closed;
}

static void a_flood_of_frames_that_bring_nothing_ends_the_connection(void **state)
{
    static const struct {
        const char *frame;
        size_t len;
    } floods[] = {
        {EMPTY_SETTINGS, 9},
        {"\0\0\x08\x06\0\0\0\0\0abcdefgh", 17},       /* PING */
        {"\0\0\x08\x06\x01\0\0\0\0abcdefgh", 17},     /* PING acknowledgement */
        {"\0\0\x05\x02\0\0\0\0\x01\0\0\0\0\x10", 14}, /* PRIORITY */
        {"\0\0\x04\x08\0\0\0\0\0\0\0\0\x01", 13},     /* WINDOW_UPDATE */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(floods) / sizeof(floods[0]); i++) {
        assert_false(is_flood_ended(floods[i].frame, floods[i].len, 60, 300));
        if (!is_flood_ended(floods[i].frame, floods[i].len, HTTP_IDLE_FRAMES_MAX + 200, 8000)) {
            fail_msg("flood %zu goes on", i);
        }
    }
}

static void bytes_without_end_that_bring_no_request_end_the_connection(void **state)
{
    static char frame[9 + 16384] = "\0\x40\0\x77"; /* of an unknown kind */
    struct rig_connection connection;
    unsigned sent = 0;

    (void)state;
    assert_true(rig_connect(&rig, RIG_GOOD, "h2", 0, &connection));
    rig_send(&connection, PREFACE EMPTY_SETTINGS, 24 + 9);
    while (sent <= HTTP_IDLE_BYTES_MAX) {
        rig_send(&connection, frame, sizeof(frame));
        sent += sizeof(frame);
    }
    assert_true(rig_is_closed(&connection, 8000));
    rig_disconnect(&connection);
}

static void rapid_resets_end_the_connection(void **state)
{
    struct rig_h2 *h2 = open_good();

    (void)state;
    for (int32_t i = 0; i < RIG_STREAMS_MAX - 1 && !h2->goaway; i++) {
        ask(h2, "silent");
        nghttp2_session_mem_recv(h2->session, NULL, 0);
        const uint8_t *data = NULL;
        ssize_t len = 0;
        while ((len = nghttp2_session_mem_send(h2->session, &data)) > 0) {
            rig_send(&h2->connection, data, (size_t)len);
        }
        nghttp2_submit_rst_stream(h2->session, 0, 2 * i + 1, NGHTTP2_CANCEL);
    }
    rig_h2_run(h2, RIG_STREAMS_MAX, 500);
    assert_true(h2->goaway || rig_is_closed(&h2->connection, 1000));
    rig_h2_close(h2);
    h2 = open_good();
    ask(h2, "ok");
    rig_h2_run(h2, 1, 5000);
    assert_int_equal(h2->responses[0].status, 200);
    rig_h2_close(h2);
}

/* HPACK without its tables: a GET of `/`, as a block that ends head and request. */
#define GET_ROOT "\x82\x87\x84\x41\x01\x61"
/* WINDOW_UPDATE of stream `number` (below 256). */
#define OPEN_WINDOW(number, by) "\0\0\x04\x08\0\0\0\0" number by

static void start_bytes(struct rig_connection *connection)
{
    assert_true(rig_connect(&rig, RIG_GOOD, "h2", 0, connection));
    rig_send(connection, PREFACE EMPTY_SETTINGS, 24 + 9);
}

static void resets_that_the_client_makes_us_send_count_as_its_own(void **state)
{
    static const char overflow[] = OPEN_WINDOW("\0", "\x7f\xff\xff\xff");
    struct rig_h2 *h2 = open_good();
    unsigned asks = rig_last(&rig).asks;

    (void)state;
    for (unsigned i = 0; i < RIG_STREAMS_MAX - 1 && !h2->goaway; i++) {
        char frame[sizeof(overflow)];
        uint32_t stream = 2 * ask(h2, "silent") + 1;
        rig_h2_run(h2, RIG_STREAMS_MAX, 1);
        memcpy(frame, overflow, sizeof(overflow));
        frame[7] = (char)(stream >> 8);
        frame[8] = (char)stream;
        rig_send(&h2->connection, frame, sizeof(overflow) - 1);
    }
    rig_h2_run(h2, RIG_STREAMS_MAX, 1000);
    assert_true(h2->goaway);
    assert_int_equal(h2->goaway_error, NGHTTP2_ENHANCE_YOUR_CALM);
    assert_true(rig_last(&rig).asks <=
                asks + HTTP_RESETS_BURST_MAX + HTTP_STREAMS_MAX + 10 * HTTP_RESETS_PER_S_MAX);
    rig_h2_close(h2);
}

static void a_window_that_is_opened_byte_by_byte_brings_no_credit(void **state)
{
    static const char narrow[] = "\0\0\x06\x04\0\0\0\0\0\0\x04\0\0\0\0";
    char head[] = "\0\0\x06\x01\x05\0\0\0\x01" GET_ROOT;
    char step[] = "\0\0\x04\x08\0\0\0\0\x01\0\0\0\x01";
    struct rig_connection connection;

    (void)state;
    start_bytes(&connection);
    rig_send(&connection, narrow, sizeof(narrow) - 1);
    for (char stream = 1; stream < 13; stream += 2) {
        head[8] = step[8] = stream;
        rig_send(&connection, head, sizeof(head) - 1);
        for (unsigned i = 0; i < 300; i++) {
            rig_send(&connection, step, sizeof(step) - 1);
            usleep(100); /* long enough for a DATA frame of one byte */
        }
    }
    assert_true(rig_is_closed(&connection, 5000));
    rig_disconnect(&connection);
}

static void a_block_that_decodes_to_many_times_its_size_ends_the_connection(void **state)
{
    static char frame[9 + 6 + 8 + 4000 + 100];
    struct rig_connection connection;
    struct rig_h2 *h2 = NULL;
    size_t at = 0;

    (void)state;
    memcpy(frame, "\0\x10\x12\x01\x05\0\0\0\x01" GET_ROOT "\x40\x03x-a\x7f\xa1\x1e", 23);
    at = 23; /* 4000 = 127 + 33 + 30 * 128, as HPACK writes it */
    memset(frame + at, 'a', 4000);
    memset(frame + at + 4000, 0xbe, 100); /* the field just learned, 100 times */
    start_bytes(&connection);
    rig_send(&connection, frame, sizeof(frame));
    assert_true(rig_is_closed(&connection, 3000));
    rig_disconnect(&connection);
    h2 = open_good();
    ask(h2, "ok");
    rig_h2_run(h2, 1, 5000);
    assert_int_equal(h2->responses[0].status, 200);
    rig_h2_close(h2);
}

static void keys_may_be_changed_but_not_without_end(void **state)
{
    static const struct {
        unsigned updates;
        bool closed;
    } rows[] = {{10, false}, {TLS_MESSAGES_MAX + 10, true}};

    (void)state;
    for (unsigned row = 0; row < 2; row++) {
        struct rig_connection connection;
        start_bytes(&connection);
        for (unsigned i = 0; i < rows[row].updates; i++) {
            SSL_key_update(connection.ssl, SSL_KEY_UPDATE_NOT_REQUESTED);
            (void)SSL_do_handshake(connection.ssl);
        }
        assert_int_equal(rig_is_closed(&connection, 1500), rows[row].closed);
        rig_disconnect(&connection);
    }
}

static void a_head_that_never_ends_is_bounded(void **state)
{
    /* HEADERS without END_HEADERS, then CONTINUATION frames without end. */
    struct rig_connection connection;

    (void)state;
    assert_true(rig_connect(&rig, RIG_GOOD, "h2", 0, &connection));
    rig_send(&connection, PREFACE EMPTY_SETTINGS, 24 + 9);
    rig_send(&connection, "\0\0\x01\x01\0\0\0\0\x01\x82", 10);
    for (unsigned i = 0; i < 2000; i++) {
        rig_send(&connection, "\0\0\x01\x09\0\0\0\0\x01\x86", 10);
    }
    assert_true(rig_is_closed(&connection, 8000));
    rig_disconnect(&connection);
}

static void what_is_not_http2_ends_the_connection(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
    } rows[] = {
        {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", 27},
        {"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n\0\0\0\x04\0\0\0\0\0", 33},
        {PREFACE "\0\0\0\x04\0\0\0\0\x01", 33},                        /* SETTINGS on a stream */
        {PREFACE EMPTY_SETTINGS "\xff\xff\xff\x00\0\0\0\0\x01", 42},   /* frame too long */
        {PREFACE EMPTY_SETTINGS "\0\0\x01\x01\x05\0\0\0\x02\x82", 43}, /* even stream */
        {PREFACE EMPTY_SETTINGS "\0\0\x02\x01\x05\0\0\0\x01\xff\xff", 44}, /* broken HPACK */
        {PREFACE EMPTY_SETTINGS "\0\0\0\x09\0\0\0\0\x01", 42}, /* CONTINUATION of nothing */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rig_connection connection;
        assert_true(rig_connect(&rig, RIG_GOOD, "h2", 0, &connection));
        rig_send(&connection, rows[i].bytes, rows[i].len);
        if (!rig_is_closed(&connection, 8000)) {
            fail_msg("row %zu is still open", i);
        }
        rig_disconnect(&connection);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_streams_are_answered_side_by_side),
        cmocka_unit_test(what_is_new_in_each_answer_is_not_kept_in_the_clients_table),
        cmocka_unit_test(answers_come_in_any_order),
        cmocka_unit_test(a_bad_certificate_gets_401_on_every_stream),
        cmocka_unit_test(a_refusal_before_the_body_ended_ends_the_stream_cleanly),
        cmocka_unit_test(a_refused_body_that_goes_on_too_long_is_reset),
        cmocka_unit_test(the_checks_and_methods_are_as_in_http1),
        cmocka_unit_test(header_fields_over_the_ceilings_are_told_as_too_large),
        cmocka_unit_test(a_client_that_waits_for_100_gets_it),
        cmocka_unit_test(streams_over_the_ceiling_wait_or_are_refused),
        cmocka_unit_test(streams_that_are_cancelled_disturb_nobody),
        cmocka_unit_test(a_flood_of_frames_that_bring_nothing_ends_the_connection),
        cmocka_unit_test(bytes_without_end_that_bring_no_request_end_the_connection),
        cmocka_unit_test(rapid_resets_end_the_connection),
        cmocka_unit_test(resets_that_the_client_makes_us_send_count_as_its_own),
        cmocka_unit_test(a_window_that_is_opened_byte_by_byte_brings_no_credit),
        cmocka_unit_test(a_block_that_decodes_to_many_times_its_size_ends_the_connection),
        cmocka_unit_test(keys_may_be_changed_but_not_without_end),
        cmocka_unit_test(a_head_that_never_ends_is_bounded),
        cmocka_unit_test(what_is_not_http2_ends_the_connection),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
