/*
 * Letters that are checked over the public listener: what is told of one, to programs and to
 * people; what can be no code and what is unknown is one answer; ceilings; a core that misbehaves.
 */
#include "log.h"
#include "rig.h"

#include "base/ceilings.h"
#include "channel/public/private.h"
#include "domain/letter_code.h"

#define CODE "7K3M-QX0D-V9TA-2HPE"
#define UNKNOWN "{\"standing\":\"unknown\"}\n"

static struct rig rig;
static struct http_limits limits;
static char vkey[128];

static int start(void **state)
{
    struct log key = {0};

    (void)state;
    log_sign_by(&key, 0x42);
    snprintf(vkey, sizeof(vkey), "%s", key.vkey);
    signer_free(key.signer);
    limits = public_limits();
    const struct rig_options options = {
        .serve = public_serve, .prepare = public_prepare, .limits = &limits, .log_key = vkey};
    rig_start(&rig, &options);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    return rig_stop(&rig);
}

static void send_request(const char *head, const void *body, size_t len,
                         struct rig_response *ret_response)
{
    struct rig_connection connection;
    char request[1024];

    assert_true(rig_connect(&rig, RIG_NONE, "http/1.1", 0, &connection));
    snprintf(request, sizeof(request), "%s\r\nHost: localhost\r\nContent-Length: %zu\r\n\r\n", head,
             len);
    rig_send_text(&connection, request);
    if (len > 0) {
        rig_send(&connection, body, len);
    }
    rig_receive(&connection, false, ret_response);
    rig_disconnect(&connection);
}

static void verify(const char *body, struct rig_response *ret_response)
{
    send_request("POST /v1/letters/verify HTTP/1.1\r\nContent-Type: application/json", body,
                 strlen(body), ret_response);
}

static void assert_verified(const char *number, const char *code, const char *expected)
{
    struct rig_response response;
    char body[512];

    snprintf(body, sizeof(body), "{\"number\":\"%s\",\"code\":\"%s\"}", number, code);
    verify(body, &response);
    assert_int_equal(response.status, 200);
    assert_string_equal(response.body, expected);
    assert_string_equal(rig_field(&response, "cache-control"), "no-store");
    assert_string_equal(rig_field(&response, "content-type"), "application/json");
    rig_response_done(&response);
}

static void a_letter_is_told_by_number_and_code(void **state)
{
    struct letter_code code;
    uint8_t hash[SEAL_HASH_BYTES];
    (void)state;
    assert_verified("01/TB-C06", CODE,
                    "{\"standing\":\"genuine\",\"date\":\"2026-11-26\",\"number\":\"01/TB-C06\","
                    "\"office\":\"Cục C06 <thử> & \\\"ai\\\"\"}\n");
    assert_verified("02/TB-C06", "7k3m qx0d v9ta 2hpe",
                    "{\"standing\":\"superseded\",\"date\":\"2026-11-26\",\"number\":\"02/TB-C06\","
                    "\"office\":\"Cục C06 <thử> & \\\"ai\\\"\",\"replaced_by\":\"05/TB-C06\"}\n");
    assert_verified("03/TB-C06", CODE,
                    "{\"standing\":\"withdrawn\",\"date\":\"2026-11-26\",\"number\":\"03/TB-C06\","
                    "\"office\":\"Cục C06 <thử> & \\\"ai\\\"\"}\n");
    assert_ok(letter_code_read(VIEW_LITERAL(CODE), &code));
    letter_code_hash(VIEW_LITERAL("03/TB-C06"), &code, hash);
    struct rig_letter letter = rig_last_letter(&rig);
    assert_string_equal(letter.number, "03/TB-C06");
    assert_memory_equal(letter.hash, hash, sizeof(hash)); /* the code itself goes nowhere */
}

static void an_unknown_number_and_what_can_be_no_code_are_one_answer(void **state)
{
    char number[LETTER_NUMBER_BYTES_MAX + 2];
    (void)state;
    memset(number, '0', sizeof(number));
    number[sizeof(number) - 1] = '\0';
    assert_verified("99/TB-C06", CODE, UNKNOWN);
    assert_verified("01/TB-C06", "7K3M", UNKNOWN);
    assert_verified("01/TB-C06", "", UNKNOWN);
    assert_verified("", CODE, UNKNOWN);
    assert_verified(number, CODE, UNKNOWN);
}

static void a_file_is_told_by_its_hash_alone(void **state)
{
    static const char head[] = "POST /v1/letters/verify HTTP/1.1\r\nContent-Type: application/pdf";
    static uint8_t large[LETTER_BYTES_MAX + 1];
    struct rig_response response;
    (void)state;
    send_request(head, "%PDF genuine", 12, &response);
    assert_int_equal(response.status, 200);
    assert_true(view_starts(view_text(response.body), VIEW_LITERAL("{\"standing\":\"genuine\"")));
    rig_response_done(&response);
    assert_string_equal(rig_last_letter(&rig).number, "");
    for (unsigned i = 0; i < 4; i++) {
        static const char *const bodies[] = {"%PDF genuine\n", "%PDF genuin", "%PDF genuinE", ""};
        send_request(head, bodies[i], strlen(bodies[i]), &response);
        assert_int_equal(response.status, 200);
        assert_string_equal(response.body, UNKNOWN);
        rig_response_done(&response);
    }
    send_request(head, large, sizeof(large) - 1, &response);
    assert_int_equal(response.status, 200);
    assert_string_equal(response.body, UNKNOWN);
    rig_response_done(&response);
    send_request(head, large, sizeof(large), &response);
    assert_int_equal(response.status, 413);
    rig_response_done(&response);
}

static void what_is_no_question_is_refused(void **state)
{
    static const struct {
        const char *body;
        int status;
    } rows[] = {
        {"", 400},
        {"{}", 400},
        {"[]", 400},
        {"{\"number\":\"01/TB-C06\"}", 400},
        {"{\"number\":\"01/TB-C06\",\"code\":1}", 400},
        {"{\"number\":\"01/TB-C06\",\"code\":\"" CODE "\",\"file\":\"\"}", 400},
        {"{\"number\":\"01/TB-C06\",\"number\":\"01/TB-C06\",\"code\":\"" CODE "\"}", 400},
        {"{\"number\":\"01/TB-C06\",\"code\":\"\\u0000\"}", 400},
    };
    static char long_body[1100];
    struct rig_response response;
    unsigned checks = rig_last_letter(&rig).checks;
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        verify(rows[i].body, &response);
        assert_int_equal(response.status, rows[i].status);
        rig_response_done(&response);
    }
    memset(long_body, ' ', sizeof(long_body) - 1);
    verify(long_body, &response);
    assert_int_equal(response.status, 413);
    rig_response_done(&response);
    send_request("POST /v1/letters/verify HTTP/1.1\r\nContent-Type: text/plain", "a", 1, &response);
    assert_int_equal(response.status, 415);
    rig_response_done(&response);
    send_request("GET /v1/letters/verify HTTP/1.1", NULL, 0, &response);
    assert_int_equal(response.status, 405);
    assert_string_equal(rig_field(&response, "allow"), "POST");
    rig_response_done(&response);
    send_request("POST /letters HTTP/1.1", NULL, 0, &response);
    assert_int_equal(response.status, 405);
    assert_string_equal(rig_field(&response, "allow"), "GET, HEAD");
    rig_response_done(&response);
    assert_int_equal(rig_last_letter(&rig).checks, checks);
}

/* ---- the page ---- */

static void get_page(const char *query, struct rig_response *ret_response)
{
    char head[512];

    snprintf(head, sizeof(head), "GET /letters%s HTTP/1.1", query);
    send_request(head, NULL, 0, ret_response);
}

static void the_page_asks_and_tells_in_both_languages_without_script(void **state)
{
    struct rig_response response;
    (void)state;
    get_page("", &response);
    assert_int_equal(response.status, 200);
    assert_string_equal(rig_field(&response, "content-type"), "text/html; charset=utf-8");
    assert_non_null(strstr(response.body, "action=\"/letters\""));
    assert_null(strstr(response.body, "role=\"status\""));
    assert_null(strstr(response.body, "<script"));
    rig_response_done(&response);
    get_page("?number=02%2FTB-C06&code=7K3MQX0DV9TA2HPE", &response);
    assert_int_equal(response.status, 200);
    assert_non_null(strstr(response.body, "Văn bản đã được thay thế"));
    assert_non_null(strstr(response.body, "The letter was replaced"));
    assert_non_null(strstr(response.body, "<dd>Cục C06 &lt;thử> &amp; &quot;ai&quot;</dd>"));
    assert_non_null(strstr(response.body, "<dd>05/TB-C06</dd>"));
    assert_non_null(strstr(response.body, "<dd>2026-11-26</dd>"));
    assert_non_null(strstr(rig_field(&response, "content-security-policy"), "form-action 'self'"));
    assert_string_equal(rig_field(&response, "cache-control"), "no-store");
    assert_string_equal(rig_field(&response, "referrer-policy"), "no-referrer");
    rig_response_done(&response);
}

static void nothing_that_was_asked_stands_on_the_page(void **state)
{
    struct rig_response response;
    (void)state;
    get_page("?number=%3Cb%3Eevil%3C%2Fb%3E&code=7k3m+qx0d+v9ta+2hpe", &response);
    assert_int_equal(response.status, 200);
    assert_non_null(strstr(response.body, "cannot be confirmed"));
    assert_null(strstr(response.body, "evil"));
    assert_null(strstr(response.body, "qx0d"));
    assert_string_equal(rig_last_letter(&rig).number, "<b>evil</b>");
    rig_response_done(&response);
}

static void a_query_that_is_none_is_refused(void **state)
{
    static const char *const queries[] = {
        "?number=1",
        "?code=1",
        "?number=1&code=2&x=3",
        "?number=1&number=2&code=3",
        "?number=%&code=",
        "?number=%0&code=1",
        "?number=%zz&code=1",
        "?number=%00&code=1",
        "?number=%ff&code=1",
    };
    struct rig_response response;
    unsigned checks = rig_last_letter(&rig).checks;
    (void)state;
    for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
        get_page(queries[i], &response);
        assert_int_equal(response.status, 400);
        rig_response_done(&response);
    }
    assert_int_equal(rig_last_letter(&rig).checks, checks);
}

/* ---- the core, and ceilings ---- */

static void await_core(void)
{
    rig_core_stop(&rig);
    rig_core_restart(&rig);
    for (unsigned i = 0; i < 250; i++) {
        struct rig_response response;
        verify("{\"number\":\"01/TB-C06\",\"code\":\"" CODE "\"}", &response);
        int status = response.status;
        rig_response_done(&response);
        if (status == 200) {
            return;
        }
        usleep(20000);
    }
    fail_msg("no letter is checked after the core came back");
}

static void a_core_that_is_lost_or_speaks_of_nobody_is_told_as_unavailable(void **state)
{
    static const char *const numbers[] = {"die", "stranger", "garbage"};
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct rig_response response;
        char body[128];
        snprintf(body, sizeof(body), "{\"number\":\"%s\",\"code\":\"" CODE "\"}", numbers[i]);
        verify(body, &response);
        assert_int_equal(response.status, 503);
        rig_response_done(&response);
        await_core();
    }
}

static void checks_over_the_rate_are_refused_and_the_form_is_not(void **state)
{
    struct rig_connection connection;
    struct rig_response response;
    unsigned refused = 0;
    (void)state;
    assert_true(rig_connect(&rig, RIG_NONE, "http/1.1", 0, &connection));
    for (unsigned i = 0; i < 2 * LETTER_CHECKS_BURST_MAX && refused == 0; i++) {
        rig_exchange(&connection,
                     "GET /letters?number=9&code=7K3MQX0DV9TA2HPE HTTP/1.1\r\nHost: a\r\n\r\n",
                     &response);
        refused += response.status == 429 ? 1 : 0;
        assert_true(response.status == 200 || response.status == 429);
        if (response.status == 429) {
            assert_string_equal(rig_field(&response, "retry-after"), "1");
        }
        rig_response_done(&response);
    }
    assert_int_equal(refused, 1);
    rig_exchange(&connection, "GET /letters HTTP/1.1\r\nHost: a\r\n\r\n", &response);
    assert_int_equal(response.status, 200);
    rig_response_done(&response);
    rig_disconnect(&connection);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_letter_is_told_by_number_and_code),
        cmocka_unit_test(an_unknown_number_and_what_can_be_no_code_are_one_answer),
        cmocka_unit_test(a_file_is_told_by_its_hash_alone),
        cmocka_unit_test(what_is_no_question_is_refused),
        cmocka_unit_test(the_page_asks_and_tells_in_both_languages_without_script),
        cmocka_unit_test(nothing_that_was_asked_stands_on_the_page),
        cmocka_unit_test(a_query_that_is_none_is_refused),
        cmocka_unit_test(a_core_that_is_lost_or_speaks_of_nobody_is_told_as_unavailable),
        cmocka_unit_test(checks_over_the_rate_are_refused_and_the_form_is_not),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
