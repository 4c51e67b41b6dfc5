/*
 * What citizens do over their sessions, at the public listener: a verb and its body are carried and
 * nothing is understood; without the cookie, from another site or in another form nothing is; a
 * core that misbehaves is told as unavailable.
 */
#include "log.h"
#include "rig.h"

#include "base/ceilings.h"
#include "channel/public/cookies.h"
#include "channel/public/private.h"

#define TOKEN "A" TOKEN_REST
#define TOKEN_REST "QIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA" /* 1 to 32 */
#define COOKIE "Cookie: __Host-dancu-session=" TOKEN "\r\n"
#define JSON "Content-Type: application/json\r\n"

static struct rig rig;
static struct http_limits limits;
static char vkey[128];
static char session = 'A'; /* the token's first letter: each session has a rate of its own */

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

static void sends(const char *line, const char *fields, const char *body,
                  struct rig_response *ret_response)
{
    struct rig_connection connection;
    char head[1024];

    assert_true(rig_connect(&rig, RIG_NONE, "http/1.1", 0, &connection));
    snprintf(head, sizeof(head), "%s HTTP/1.1\r\nHost: localhost\r\n%sContent-Length: %zu\r\n\r\n",
             line, fields, strlen(body));
    rig_send_text(&connection, head);
    if (body[0] != '\0') {
        rig_send(&connection, body, strlen(body));
    }
    rig_receive(&connection, false, ret_response);
    rig_disconnect(&connection);
}

/* The status of what a signed-in citizen does; `ret_body`, unless NULL, has room for 512 bytes. */
static int does(const char *verb, const char *body, char *ret_body)
{
    struct rig_response response;
    char line[128];
    char fields[256];
    snprintf(line, sizeof(line), "POST /v1/me/%s", verb);
    snprintf(fields, sizeof(fields), "Cookie: __Host-dancu-session=%c%s\r\n%s", session, TOKEN_REST,
             JSON);
    sends(line, fields, body, &response);
    int status = response.status;
    if (ret_body != NULL) {
        snprintf(ret_body, 512, "%s", response.body);
    }
    rig_response_done(&response);
    return status;
}

static void a_verb_is_carried_with_the_hash_of_its_session_and_its_body_made_canonical(void **state)
{
    static const uint8_t token[32] = {1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11,
                                      12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22,
                                      23, 24, 25, 26, 27, 28, 29, 30, 31, 32};
    uint8_t hash[SEAL_HASH_BYTES];
    char body[512];
    (void)state;
    seal_sha256(view_of(token, sizeof(token)), hash);
    assert_int_equal(does("view", " { \"b\": [1, 2], \"a\" : \"x\" }", body), 200);
    assert_string_equal(body, "{\"seen\":true}");
    struct rig_own own = rig_last_own(&rig);
    assert_string_equal(own.verb, "view");
    assert_string_equal(own.body, "{\"a\":\"x\",\"b\":[1,2]}");
    assert_memory_equal(own.session, hash, sizeof(hash));
    assert_int_equal(does("nothing", "{}", body), 200);
    assert_string_equal(body, "{}");
    /* the most that the core takes */
    assert_int_equal(does("view", "{\"~\":[[[-123456789012345]]],\"\":\"\\u00e9\\u0001\"}", body),
                     200);
    own = rig_last_own(&rig);
    assert_string_equal(own.body, "{\"\":\"\xc3\xa9\\u0001\",\"~\":[[[-123456789012345]]]}");
}

static void what_the_core_refuses_is_a_problem(void **state)
{
    struct rig_response response;
    char body[512];
    (void)state;
    assert_int_equal(does("refuse", "{}", body), 400);
    assert_non_null(strstr(body, "/id: a number"));
    sends("POST /v1/me/later", COOKIE JSON, "{}", &response);
    assert_int_equal(response.status, 429);
    assert_string_equal(rig_field(&response, "retry-after"), "7");
    rig_response_done(&response);
    assert_int_equal(does("ask", "{}", body), 403);
    assert_non_null(strstr(body, "own_data_only"));
    assert_non_null(strstr(body, "\"receipt\""));
}

/* The status of a form of the page that is sent with its own value. */
static int sends_form(const char *values)
{
    static const uint8_t rest[] = {2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17,
                                   18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32};
    uint8_t token[COOKIE_BYTES] = {1};
    char csrf[COOKIE_CSRF_CHARS + 1];
    char body[1024];
    struct rig_response response;
    memcpy(token + 1, rest, sizeof(rest));
    cookies_csrf_write(token, csrf);
    snprintf(body, sizeof(body), "csrf=%s&%s", csrf, values);
    sends("POST /me", COOKIE "Content-Type: application/x-www-form-urlencoded\r\n", body,
          &response);
    int status = response.status;
    if (status == 200) { /* else a browser says that the page's own forms come from nowhere */
        assert_string_equal(rig_field(&response, "referrer-policy"), "same-origin");
    }
    rig_response_done(&response);
    return status;
}

static void a_form_of_the_page_is_its_verb_with_the_values_that_the_verb_has(void **state)
{
    static const struct {
        const char *form;
        const char *body;
    } rows[] = {
        {"verb=view", "{}"},
        {"verb=view&id=079090900001", "{}"}, /* no value of that form */
        {"verb=history&row=00512c0000000123", "{\"row\":\"00512c0000000123\"}"},
        {"verb=correct&name=An+%22B%22&fields=sex&content=%C4%90%C3%BAng%0A",
         "{\"content\":\"Đúng\\n\",\"fields\":[\"sex\"],\"name\":\"An \\\"B\\\"\"}"},
        {"verb=correct&name=&fields=sex", "{\"fields\":[\"sex\"]}"},
        {"pace=daily&verb=notices&way=sms", "{\"pace\":\"daily\",\"way\":\"sms\"}"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(sends_form(rows[i].form), 200);
        struct rig_own own = rig_last_own(&rig);
        assert_string_equal(own.body, rows[i].body);
        assert_non_null(strstr(rows[i].form, own.verb));
    }
}

static void a_form_that_no_page_has_is_not_carried(void **state)
{
    char longer[512];
    static const struct {
        const char *form;
        int status;
    } rows[] = {
        {"verb=hidden", 404},
        {"verb=code", 404},
        {"verb=", 404},
        {"verb=view&verb=history", 404},
        {"x=1", 404},
        {"verb=phone.bind&phone=1&phone=2", 400},
        {"verb=phone.bind&phone=%ff", 400},
        {"verb=phone.bind&phone=%0", 400},
    };
    unsigned verbs = rig_last_own(&rig).verbs;
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(sends_form(rows[i].form), rows[i].status);
    }
    snprintf(longer, sizeof(longer), "verb=phone.bind&phone=%0300d", 1);
    assert_int_equal(sends_form(longer), 400);
    assert_int_equal(rig_last_own(&rig).verbs, verbs);
}

/* RFC 6265bis 8.8.2: a cookie alone acts for nobody. */
static void without_a_session_or_from_another_site_nothing_is_carried(void **state)
{
    static const struct {
        const char *fields;
        int status;
    } rows[] = {
        {JSON, 401},
        {"Cookie: __Host-dancu-session=short\r\n" JSON, 401},
        {"Cookie: dancu-session=" TOKEN "\r\n" JSON, 401},
        {COOKIE "Sec-Fetch-Site: cross-site\r\n" JSON, 401},
        {COOKIE "Sec-Fetch-Site: same-site\r\n" JSON, 401},
        {COOKIE "Origin: https://evil.example\r\n" JSON, 401},
        {COOKIE "Content-Type: application/x-www-form-urlencoded\r\n", 415},
        {COOKIE "Content-Type: text/plain\r\n", 415},
        {COOKIE, 415},
    };
    unsigned verbs = rig_last_own(&rig).verbs;
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rig_response response;
        sends("POST /v1/me/view", rows[i].fields, "{}", &response);
        if (response.status != rows[i].status) {
            fail_msg("%s: %d", rows[i].fields, response.status);
        }
        rig_response_done(&response);
    }
    assert_int_equal(rig_last_own(&rig).verbs, verbs);
}

static void what_is_no_verb_or_no_object_is_refused_here(void **state)
{
    static const struct {
        const char *verb;
        const char *body;
        int status;
    } rows[] = {
        {"", "{}", 404},
        {"View", "{}", 404},
        {"a/b", "{}", 404},
        {"view", "", 400},
        {"view", "[]", 400},
        {"view", "{\"a\":1.5}", 400},
        {"view", "{\"a\":1,\"a\":1}", 400},
        {"view", "{\"a\":[[[[1]]]]}", 400},
        /* canonical, and more than the core takes */
        {"view", "{\"a\":1234567890123456}", 400},
        {"view", "{\"a\":[{\"b\":-1234567890123456}]}", 400},
        {"view", "{\"\xc3\xa9\":1}", 400},
        {"view", "{\"\\u00e9\":1}", 400},
        {"view", "{\"\\u007f\":1}", 400},
        {"view", "{\"a\\\"b\":1}", 400},
        {"view", "{\"a\\\\b\":1}", 400},
        {"view", "{\"a\\nb\":1}", 400},
        {"averyveryveryverylongverbthatnobodyhas", "{}", 404},
    };
    static char large[OWN_BODY_BYTES_MAX + 16];
    struct rig_response response;
    unsigned verbs = rig_last_own(&rig).verbs;
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (does(rows[i].verb, rows[i].body, NULL) != rows[i].status) {
            fail_msg("%s %s", rows[i].verb, rows[i].body);
        }
    }
    memset(large, ' ', sizeof(large) - 1);
    assert_int_equal(does("view", large, NULL), 413);
    sends("GET /v1/me/view", COOKIE, "", &response);
    assert_int_equal(response.status, 405);
    assert_string_equal(rig_field(&response, "allow"), "POST");
    rig_response_done(&response);
    assert_int_equal(rig_last_own(&rig).verbs, verbs);
}

static void await_core(void)
{
    rig_core_stop(&rig);
    rig_core_restart(&rig);
    for (unsigned i = 0; i < 250; i++) {
        session = (char)('B' + i % 20);
        if (does("view", "{}", NULL) == 200) {
            return;
        }
        usleep(50000);
    }
    fail_msg("nothing is carried after the core came back");
}

static void a_core_that_is_lost_or_speaks_of_nobody_is_told_as_unavailable(void **state)
{
    static const char *const verbs[] = {"die", "stranger", "garbage"};
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(does(verbs[i], "{}", NULL), 503);
        await_core();
    }
}

static void a_session_that_asks_too_often_is_told_to_come_later(void **state)
{
    unsigned refused = 0;
    unsigned verbs = rig_last_own(&rig).verbs;
    (void)state;
    session = 'Z';
    for (unsigned i = 0; i < OWN_SESSION_BURST_MAX + 2 && refused == 0; i++) {
        refused = does("view", "{}", NULL) == 429;
    }
    assert_int_equal(refused, 1);
    assert_true(rig_last_own(&rig).verbs - verbs <= OWN_SESSION_BURST_MAX + 1);
    session = 'Y'; /* and nobody else is */
    assert_int_equal(does("view", "{}", NULL), 200);
}

/* One connection's worth of them, until one is told to come later; how many were carried. */
static unsigned made_up_cookies_come(void)
{
    struct rig_connection connection;
    unsigned verbs = rig_last_own(&rig).verbs;
    int status = 401;
    char text[512];
    assert_true(rig_connect(&rig, RIG_NONE, "http/1.1", 0, &connection));
    for (unsigned i = 0; i < OWN_BURST_MAX && status == 401; i++) {
        struct rig_response response;
        snprintf(text, sizeof(text),
                 "POST /v1/me/over HTTP/1.1\r\nHost: localhost\r\n"
                 "Cookie: __Host-dancu-session=%c%c%s\r\n" JSON "Content-Length: 2\r\n\r\n{}",
                 'a' + (char)(i % 26), 'a' + (char)(i / 26), &TOKEN_REST[1]);
        rig_send_text(&connection, text);
        rig_receive(&connection, false, &response);
        status = response.status;
        rig_response_done(&response);
    }
    rig_disconnect(&connection);
    assert_int_equal(status, 429);
    return rig_last_own(&rig).verbs - verbs;
}

/* Whoever makes up cookies waits for others who do, and nobody who has a session does. */
static void made_up_cookies_take_nothing_from_a_session_that_was_served(void **state)
{
    (void)state;
    session = 'W';
    assert_int_equal(does("view", "{}", NULL), 200);
    assert_true(made_up_cookies_come() < OWN_BURST_MAX / 2);
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(does("view", "{}", NULL), 200);
    }
    assert_true(made_up_cookies_come() < OWN_BURST_MAX / 2);
    assert_int_equal(does("over", "{}", NULL), 401);
}

/* ---- a statement as a file ---- */

/* What comes of it until the connection ends or the last chunk has come; `path` with `fields` and a
 * body as usual. How many digits 1 to 3, of which parts are made; *ret_whole: its end came. */
static size_t download(const char *path, const char *fields, const char *text,
                       struct rig_connection *connection, bool *ret_whole)
{
    static char bytes[4 * RIG_PART_BYTES];
    char head[1024];
    size_t len = 0;
    assert_true(rig_connect(&rig, RIG_NONE, "http/1.1", 0, connection));
    snprintf(head, sizeof(head),
             "POST %s HTTP/1.1\r\nHost: localhost\r\nCookie: __Host-dancu-session=%c%s\r\n%s"
             "Content-Length: %zu\r\n\r\n%s",
             path, session, TOKEN_REST, fields, strlen(text), text);
    rig_send_text(connection, head);
    *ret_whole = false;
    while (!*ret_whole && len < sizeof(bytes)) {
        int got = SSL_read(connection->ssl, bytes + len, (int)(sizeof(bytes) - len));
        if (got <= 0) {
            break;
        }
        len += (size_t)got;
        *ret_whole = len > 7 && memcmp(bytes + len - 7, "\r\n0\r\n\r\n", 7) == 0;
    }
    rig_disconnect(connection);
    const char *body = memmem(bytes, len, "\r\n\r\n", 4);
    size_t digits = 0;
    for (const char *at = body; at != NULL && at < bytes + len; at++) {
        digits += *at >= '1' && *at <= '3';
    }
    return digits;
}

static void a_statement_comes_whole_part_after_part_in_one_file(void **state)
{
    struct rig_connection connection;
    bool whole = false;
    unsigned verbs = rig_last_own(&rig).verbs;
    (void)state;
    session = 'K';
    size_t digits = download("/v1/me/statement.file", JSON, "{}", &connection, &whole);
    assert_true(whole && digits >= 3 * RIG_PART_BYTES);
    assert_int_equal(rig_last_own(&rig).verbs, verbs + 4);
    whole = false; /* refused for a while, a part is asked for again */
    (void)download("/v1/me/statement.file", JSON, "{\"id\":\"busy\"}", &connection, &whole);
    assert_true(whole);
    assert_int_equal(rig_last_own(&rig).verbs, verbs + 9);
}

static void a_statement_that_breaks_off_does_not_look_whole(void **state)
{
    static const char *const ids[] = {"over", "garbage", "die"};
    struct rig_connection connection;
    (void)state;
    session = 'L';
    for (unsigned i = 0; i < 3; i++) {
        char body[64];
        bool whole = true;
        snprintf(body, sizeof(body), "{\"id\":\"%s\"}", ids[i]);
        size_t digits = download("/v1/me/statement.file", JSON, body, &connection, &whole);
        assert_false(whole);
        assert_true(digits >= RIG_PART_BYTES);
    }
    await_core();
}

/* Nobody takes the places of others. */
static void a_session_has_one_file_at_a_time(void **state)
{
    struct rig_connection connection;
    struct rig_response response;
    char head[512];
    (void)state;
    session = 'N';
    assert_true(rig_connect(&rig, RIG_NONE, "http/1.1", 0, &connection));
    snprintf(head, sizeof(head),
             "POST /v1/me/statement.file HTTP/1.1\r\nHost: localhost\r\n"
             "Cookie: __Host-dancu-session=%c%s\r\n" JSON
             "Content-Length: 15\r\n\r\n{\"id\":\"silent\"}",
             session, TOKEN_REST);
    rig_send_text(&connection, head);
    assert_true(SSL_read(connection.ssl, head, 1) == 1); /* it has begun */
    assert_int_equal(does("statement.file", "{}", NULL), 429);
    session = 'O';
    snprintf(head, sizeof(head), "Cookie: __Host-dancu-session=%c%s\r\n" JSON, session, TOKEN_REST);
    sends("POST /v1/me/view", head, "{}", &response);
    assert_int_equal(response.status, 200);
    rig_response_done(&response);
    rig_disconnect(&connection);
}

static void a_form_without_its_own_value_gets_no_file(void **state)
{
    struct rig_response response;
    unsigned verbs = rig_last_own(&rig).verbs;
    (void)state;
    sends("POST /me/statement", COOKIE "Content-Type: application/x-www-form-urlencoded\r\n",
          "csrf=x", &response);
    assert_int_equal(response.status, 401);
    rig_response_done(&response);
    sends("GET /me/statement", COOKIE, "", &response);
    assert_int_equal(response.status, 405);
    assert_string_equal(rig_field(&response, "allow"), "POST");
    rig_response_done(&response);
    assert_int_equal(rig_last_own(&rig).verbs, verbs);
}

/* What the form of `/me` gives for those fields. */
static int prints(const char *more, char ret_type[64], char ret_body[64])
{
    struct rig_response response;
    char cookie[256];
    char body[256];
    snprintf(cookie, sizeof(cookie), "Cookie: __Host-dancu-session=%c%s\r\n", session, TOKEN_REST);
    sends("GET /me", cookie, "", &response);
    const char *value = strstr(response.body, "name=\"csrf\" value=\"");
    assert_non_null(value);
    value += strlen("name=\"csrf\" value=\"");
    snprintf(body, sizeof(body), "csrf=%.*s&pdf=1&%s", (int)strcspn(value, "\""), value, more);
    rig_response_done(&response);
    snprintf(cookie, sizeof(cookie),
             "Cookie: __Host-dancu-session=%c%s\r\n"
             "Content-Type: application/x-www-form-urlencoded\r\n",
             session, TOKEN_REST);
    sends("POST /me/statement", cookie, body, &response);
    int status = response.status;
    snprintf(ret_type, 64, "%.63s", rig_field(&response, "content-type"));
    snprintf(ret_body, 64, "%.63s", response.body);
    rig_response_done(&response);
    return status;
}

static void a_sheet_is_asked_for_until_it_is_drawn_and_is_no_file_if_it_is_none(void **state)
{
    char type[64];
    char body[64];
    (void)state;
    session = 'M';
    assert_int_equal(prints("sheet=1&year=", type, body), 200);
    assert_string_equal(type, "application/pdf");
    assert_string_equal(body, "%PDF");
    unsigned verbs = rig_last_own(&rig).verbs;
    assert_int_equal(prints("sheet=2&year=2026", type, body), 200);
    assert_string_equal(body, "%PDF");
    assert_int_equal(rig_last_own(&rig).verbs, verbs + 3);
    assert_non_null(strstr(rig_last_own(&rig).body, "\"sheet\":2,\"year\":2026"));
    assert_int_equal(prints("sheet=3", type, body), 403); /* a page that says so */
    assert_int_equal(prints("sheet=4", type, body), 403);
    verbs = rig_last_own(&rig).verbs;
    assert_int_equal(prints("sheet=x", type, body), 400);
    assert_int_equal(prints("sheet=1&year=1000000", type, body), 400);
    assert_int_equal(rig_last_own(&rig).verbs, verbs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_verb_is_carried_with_the_hash_of_its_session_and_its_body_made_canonical),
        cmocka_unit_test(what_the_core_refuses_is_a_problem),
        cmocka_unit_test(a_form_of_the_page_is_its_verb_with_the_values_that_the_verb_has),
        cmocka_unit_test(a_form_that_no_page_has_is_not_carried),
        cmocka_unit_test(without_a_session_or_from_another_site_nothing_is_carried),
        cmocka_unit_test(what_is_no_verb_or_no_object_is_refused_here),
        cmocka_unit_test(a_statement_comes_whole_part_after_part_in_one_file),
        cmocka_unit_test(a_statement_that_breaks_off_does_not_look_whole),
        cmocka_unit_test(a_session_has_one_file_at_a_time),
        cmocka_unit_test(a_form_without_its_own_value_gets_no_file),
        cmocka_unit_test(a_sheet_is_asked_for_until_it_is_drawn_and_is_no_file_if_it_is_none),
        cmocka_unit_test(a_core_that_is_lost_or_speaks_of_nobody_is_told_as_unavailable),
        cmocka_unit_test(a_session_that_asks_too_often_is_told_to_come_later),
        cmocka_unit_test(made_up_cookies_take_nothing_from_a_session_that_was_served),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
