/*
 * The head of an HTTP/1.1 request: what is read, and every ambiguity that is refused.
 */
#include "../help.h"

#include "wire/http1.h"

/* Scans and parses a whole text; the head borrows from it. */
static struct outcome parse(const char *text, size_t len, struct http1_head *ret_head)
{
    struct http1_scan scan = {0};
    size_t used = 0;

    TRY(http1_scan_head(&scan, view_of(text, len), &used));
    return http1_head_get(view_of(text, used), ret_head);
}

#define assert_refused(text)                                                                       \
    do {                                                                                           \
        struct http1_head refused_head_;                                                           \
        assert_fault(parse(text, sizeof(text) - 1, &refused_head_), FAULT_BAD_INPUT);              \
    } while (0)

#define assert_accepted(text, head) assert_ok(parse(text, sizeof(text) - 1, head))

static void a_usual_request_is_read_whole(void **state)
{
    static const char text[] = "POST /v1/lookup?a=b HTTP/1.1\r\n"
                               "Host: localhost:8443\r\n"
                               "Content-Type:  application/json \t\r\n"
                               "Content-Length: 12\r\n\r\nhello";
    struct http1_scan scan = {0};
    struct http1_head head;
    size_t used = 0;

    (void)state;
    assert_ok(http1_scan_head(&scan, view_of(text, sizeof(text) - 1), &used));
    assert_int_equal(used, sizeof(text) - 1 - 5);
    assert_ok(http1_head_get(view_of(text, used), &head));
    assert_view(head.method, "POST");
    assert_view(head.path, "/v1/lookup");
    assert_view(head.query, "a=b");
    assert_view(head.host, "localhost:8443");
    assert_int_equal(head.field_count, 3);
    assert_view(head.fields[1].value, "application/json");
    assert_int_equal(head.framing, HTTP1_FRAMING_LENGTH);
    assert_int_equal(head.content_length, 12);
    assert_false(head.close);
    assert_false(head.expect_continue);
}

static void the_end_is_found_however_the_bytes_are_cut(void **state)
{
    static const char text[] = "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\nGET";
    size_t whole = sizeof(text) - 1 - 3;

    (void)state;
    for (size_t step = 1; step < sizeof(text); step++) {
        struct http1_scan scan = {0};
        size_t used = 0;
        size_t there = 0;
        struct outcome outcome = outcome_fail(FAULT_AGAIN, "");
        while (outcome.fault == FAULT_AGAIN) {
            assert_true(there < sizeof(text) - 1);
            there = there + step < sizeof(text) - 1 ? there + step : sizeof(text) - 1;
            outcome = http1_scan_head(&scan, view_of(text, there), &used);
            assert_true(outcome_ok(outcome) == (there >= whole));
        }
        assert_ok(outcome);
        assert_int_equal(used, whole);
    }
}

static void one_empty_line_before_a_request_is_passed_over_and_two_are_not(void **state)
{
    struct http1_head head;

    (void)state;
    assert_accepted("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", &head);
    assert_view(head.method, "GET");
    assert_refused("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
}

static void a_line_ends_in_both_characters_only(void **state)
{
    (void)state;
    assert_refused("GET / HTTP/1.1\nHost: a\n\n");
    assert_refused("GET / HTTP/1.1\r\nHost: a\n\r\n");
    assert_refused("GET / HTTP/1.1\r\nHost: a\r\n\n");
    assert_refused("GET / HTTP/1.1\rHost: a\r\n\r\n");
    assert_refused("GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n");
    assert_refused("GET / HTTP/1.1\r\nHost: a\r\r\n\r\n");
}

static void control_characters_are_refused_everywhere(void **state)
{
    static const char *const places[] = {
        "G_T / HTTP/1.1\r\nHost: a\r\n\r\n",         "GET /_ HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHo_st: a\r\n\r\n",        "GET / HTTP/1.1\r\nHost: _a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: _\r\n\r\n",
    };
    static const char controls[] = {0, 1, 8, 11, 12, 27, 31, 127};

    (void)state;
    for (size_t place = 0; place < sizeof(places) / sizeof(places[0]); place++) {
        for (size_t control = 0; control < sizeof(controls); control++) {
            char text[128];
            size_t len = strlen(places[place]);
            struct http1_head head;
            memcpy(text, places[place], len);
            *(char *)memchr(text, '_', len) = controls[control];
            assert_fault(parse(text, len, &head), FAULT_BAD_INPUT);
        }
    }
}

static void the_request_line_has_one_form(void **state)
{
    (void)state;
    assert_refused("GET  / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_refused(" GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_refused("GET / HTTP/1.1 \r\nHost: a\r\n\r\n");
    assert_refused("GET /\tHTTP/1.1\r\nHost: a\r\n\r\n");
    assert_refused("GET / x HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_refused("GET /\r\nHost: a\r\n\r\n");
    assert_refused("GET HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_refused("G(T / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_refused("ABCDEFGHIJKLMNOPQ / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_refused("/ HTTP/1.1\r\nHost: a\r\n\r\n");
}

static void other_versions_are_refused(void **state)
{
    (void)state;
    assert_refused("GET / HTTP/1.0\r\nHost: a\r\n\r\n");
    assert_refused("GET / HTTP/0.9\r\nHost: a\r\n\r\n");
    assert_refused("GET / HTTP/1.2\r\nHost: a\r\n\r\n");
    assert_refused("GET / HTTP/2.0\r\nHost: a\r\n\r\n");
    assert_refused("GET / HTTP/2\r\nHost: a\r\n\r\n");
    assert_refused("GET / http/1.1\r\nHost: a\r\n\r\n");
    assert_refused("GET / HTTP/1.10\r\nHost: a\r\n\r\n");
    assert_refused("GET / HTTP/01.1\r\nHost: a\r\n\r\n");
    assert_refused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
}

static void a_target_has_one_of_four_forms_each_with_its_methods(void **state)
{
    struct http1_head head;

    (void)state;
    assert_accepted("GET https://example.test:443/a/b?c HTTP/1.1\r\nHost: other\r\n\r\n", &head);
    assert_view(head.path, "/a/b");
    assert_view(head.query, "c");
    assert_view(head.host, "example.test:443");
    assert_accepted("GET HTTP://example.test HTTP/1.1\r\nHost: a\r\n\r\n", &head);
    assert_view(head.path, "/");
    assert_accepted("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", &head);
    assert_int_equal(head.path.len, 0);
    assert_accepted("CONNECT example.test:443 HTTP/1.1\r\nHost: a\r\n\r\n", &head);
    assert_int_equal(head.path.len, 0);

    assert_refused("GET * HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_refused("GET example.test:443 HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_refused("CONNECT /a HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_refused("GET ftp://example.test/ HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_refused("GET https:///a HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_refused("GET https://user@example.test/ HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_refused("GET a/b HTTP/1.1\r\nHost: a\r\n\r\n");
}

static void characters_of_a_target_are_those_of_uris(void **state)
{
    struct http1_head head;

    (void)state;
    assert_accepted("GET /a%2Fb;c=(d),e@f:~!$&'*+-._?g?h/i%20 HTTP/1.1\r\nHost: a\r\n\r\n", &head);
    assert_view(head.path, "/a%2Fb;c=(d),e@f:~!$&'*+-._");
    assert_refused("GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_refused("GET /a\"b HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_refused("GET /a\\b HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_refused("GET /<a> HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_refused("GET /\xc3\xa1 HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_refused("GET /% HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_refused("GET /%2 HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_refused("GET /%2g HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_refused("GET /?%zz HTTP/1.1\r\nHost: a\r\n\r\n");
}

static void a_field_has_its_name_its_colon_and_no_fold(void **state)
{
    (void)state;
    assert_refused("GET / HTTP/1.1\r\nHost : a\r\n\r\n");
    assert_refused("GET / HTTP/1.1\r\nHost\t: a\r\n\r\n");
    assert_refused("GET / HTTP/1.1\r\nHost: a\r\n X: b\r\n\r\n");
    assert_refused("GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n");
    assert_refused("GET / HTTP/1.1\r\nHost: a\r\n\tc: d\r\n\r\n");
    assert_refused("GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n");
    assert_refused("GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n");
    assert_refused("GET / HTTP/1.1\r\nHost: a\r\nX Y: b\r\n\r\n");
    assert_refused("GET / HTTP/1.1\r\nHost: a\r\nX(: b\r\n\r\n");
    assert_refused("GET / HTTP/1.1\r\nHost: a\r\n\xc3\xa1: b\r\n\r\n");
}

static void there_is_one_host(void **state)
{
    struct http1_head head;

    (void)state;
    assert_refused("GET / HTTP/1.1\r\n\r\n");
    assert_refused("GET / HTTP/1.1\r\nHost:\r\n\r\n");
    assert_refused("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n");
    assert_refused("GET / HTTP/1.1\r\nHost: a\r\nhOST: b\r\n\r\n");
    assert_refused("GET / HTTP/1.1\r\nHost: a b\r\n\r\n");
    assert_refused("GET / HTTP/1.1\r\nHost: a,b\r\n\r\n");
    assert_refused("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n");
    assert_refused("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n");
    assert_refused("GET https://a/ HTTP/1.1\r\n\r\n");
    assert_accepted("GET / HTTP/1.1\r\nHost: [::1]:8443\r\n\r\n", &head);
    assert_view(head.host, "[::1]:8443");
}

static void a_body_has_one_framing(void **state)
{
    struct http1_head head;

    (void)state;
    assert_accepted("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n", &head);
    assert_int_equal(head.framing, HTTP1_FRAMING_CHUNKED);
    assert_accepted("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", &head);
    assert_int_equal(head.framing, HTTP1_FRAMING_LENGTH);
    assert_accepted("POST / HTTP/1.1\r\nHost: a\r\n\r\n", &head);
    assert_int_equal(head.framing, HTTP1_FRAMING_NONE);

#define WITH(fields) "POST / HTTP/1.1\r\nHost: a\r\n" fields "\r\n"
    assert_refused(WITH("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"));
    assert_refused(WITH("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"));
    assert_refused(WITH("Content-Length: 5\r\nContent-Length: 5\r\n"));
    assert_refused(WITH("Content-Length: 5\r\nContent-Length: 6\r\n"));
    assert_refused(WITH("Content-Length: 5, 5\r\n"));
    assert_refused(WITH("Content-Length: +5\r\n"));
    assert_refused(WITH("Content-Length: -5\r\n"));
    assert_refused(WITH("Content-Length: 05\r\n"));
    assert_refused(WITH("Content-Length: 0x5\r\n"));
    assert_refused(WITH("Content-Length: 5 5\r\n"));
    assert_refused(WITH("Content-Length:\r\n"));
    assert_refused(WITH("Content-Length: 9223372036854775808\r\n"));
    assert_refused(WITH("Content-Length: 99999999999999999999999\r\n"));
    assert_refused(WITH("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"));
    assert_refused(WITH("Transfer-Encoding: gzip, chunked\r\n"));
    assert_refused(WITH("Transfer-Encoding: chunked, gzip\r\n"));
    assert_refused(WITH("Transfer-Encoding: identity\r\n"));
    assert_refused(WITH("Transfer-Encoding: chunked;q=1\r\n"));
    assert_refused(WITH("Transfer-Encoding: \"chunked\"\r\n"));
    assert_refused(WITH("Transfer-Encoding: xchunked\r\n"));
    assert_refused(WITH("Transfer-Encoding:\r\n"));
    assert_refused(WITH("Transfer-Encoding: chunked\t\r\n"));
    assert_refused(WITH("Transfer-Encoding: chunked\t \r\n"));
#undef WITH
    assert_refused("CONNECT a:1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n");
    assert_refused("CONNECT a:1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
}

static void the_connections_options_are_read_from_all_its_lines(void **state)
{
    struct http1_head head;

    (void)state;
    assert_accepted("GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Close\r\n\r\n", &head);
    assert_true(head.close);
    assert_accepted("GET / HTTP/1.1\r\nHost: a\r\nConnection: x\r\nConnection: close\r\n\r\n",
                    &head);
    assert_true(head.close);
    assert_accepted("GET / HTTP/1.1\r\nHost: a\r\nConnection: ,, closed ,\r\n\r\n", &head);
    assert_false(head.close);
    assert_refused("GET / HTTP/1.1\r\nHost: a\r\nConnection: cl ose\r\n\r\n");
}

static void only_one_expectation_is_known(void **state)
{
    struct http1_head head;

    (void)state;
    assert_accepted("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\n\r\n", &head);
    assert_true(head.expect_continue);
    assert_refused("GET / HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\n\r\n");
    assert_refused("GET / HTTP/1.1\r\nHost: a\r\nExpect:\r\n\r\n");
}

static void what_is_over_a_ceiling_is_told_as_such(void **state)
{
    static char text[HTTP_HEADERS_BYTES_MAX + 1024];
    struct http1_head head;
    struct http1_scan scan = {0};
    size_t used = 0;

    (void)state;
    int len = snprintf(text, sizeof(text), "GET /");
    memset(text + len, 'a', HTTP_TARGET_BYTES_MAX);
    len += HTTP_TARGET_BYTES_MAX;
    len += snprintf(text + len, sizeof(text) - len, " HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_fault(parse(text, len, &head), FAULT_OVER_LIMIT);

    len = snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: a\r\n");
    for (unsigned i = 1; i < HTTP_HEADERS_MAX; i++) {
        len += snprintf(text + len, sizeof(text) - len, "A: b\r\n");
    }
    snprintf(text + len, sizeof(text) - len, "\r\n");
    assert_ok(parse(text, len + 2, &head));
    assert_int_equal(head.field_count, HTTP_HEADERS_MAX);
    len += snprintf(text + len, sizeof(text) - len, "A: b\r\n\r\n");
    assert_fault(parse(text, len, &head), FAULT_OVER_LIMIT);

    memset(text, 'a', sizeof(text));
    assert_fault(http1_scan_head(&scan, view_of(text, HTTP_HEADERS_BYTES_MAX), &used), FAULT_AGAIN);
    assert_fault(http1_scan_head(&scan, view_of(text, sizeof(text)), &used), FAULT_OVER_LIMIT);
}

static void every_beginning_of_a_head_waits_for_more(void **state)
{
    static const char text[] = "\r\nPOST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n";

    (void)state;
    for (size_t len = 0; len < sizeof(text) - 1; len++) {
        struct http1_head head;
        assert_fault(parse(text, len, &head), FAULT_AGAIN);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_usual_request_is_read_whole),
        cmocka_unit_test(the_end_is_found_however_the_bytes_are_cut),
        cmocka_unit_test(one_empty_line_before_a_request_is_passed_over_and_two_are_not),
        cmocka_unit_test(a_line_ends_in_both_characters_only),
        cmocka_unit_test(control_characters_are_refused_everywhere),
        cmocka_unit_test(the_request_line_has_one_form),
        cmocka_unit_test(other_versions_are_refused),
        cmocka_unit_test(a_target_has_one_of_four_forms_each_with_its_methods),
        cmocka_unit_test(characters_of_a_target_are_those_of_uris),
        cmocka_unit_test(a_field_has_its_name_its_colon_and_no_fold),
        cmocka_unit_test(there_is_one_host),
        cmocka_unit_test(a_body_has_one_framing),
        cmocka_unit_test(the_connections_options_are_read_from_all_its_lines),
        cmocka_unit_test(only_one_expectation_is_known),
        cmocka_unit_test(what_is_over_a_ceiling_is_told_as_such),
        cmocka_unit_test(every_beginning_of_a_head_waits_for_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
