/*
 * Signed acts at the desk: the bytes go on as they came, what became of them comes back, and
 * nothing else of a request has a say. This test is the process that checks signatures.
 */
#include "rig.h"

#include "channel/desk/private.h"
#include "proc/peer.h"
#include "rig_certs.h"

#include <jansson.h>
#include <openssl/x509.h>
#include <sys/socket.h>

#define VERIFY_ROW 1 /* any other than the desk's own */
#define SIGNATURE                                                                                  \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"                                                  \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define JWS "eyJhbGciOiJFUzI1NiJ9.eyJhY3QiOiJ4In0." SIGNATURE

static struct rig rig;
static struct http_limits limits;
static struct pipe_end verify;

static void verify_connect(void)
{
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    assert_ok(peer_send(rig.control_fd, VERIFY_ROW, 1, ends[1]));
    close(ends[1]);
    pipe_init(&verify, ends[0]);
}

static int start(void **state)
{
    (void)state;
    limits = desk_limits();
    const struct rig_options options = {desk_serve, desk_prepare, &limits, .no_texts = false};
    rig_start(&rig, &options);
    verify_connect();
    return 0;
}

static int stop(void **state)
{
    (void)state;
    pipe_done(&verify);
    return rig_stop(&rig);
}

static struct rig_connection connect_good(void)
{
    struct rig_connection connection;

    assert_true(rig_connect(&rig, RIG_GOOD, "http/1.1", 0, &connection));
    return connection;
}

/* `more` = further header lines, each with its end. */
static void post(struct rig_connection *connection, const char *body, const char *more)
{
    char head[512];

    snprintf(head, sizeof(head),
             "POST /v1/acts HTTP/1.1\r\nHost: a\r\nContent-Type: application/jose\r\n"
             "Content-Length: %zu\r\n%s\r\n",
             strlen(body), more);
    rig_send_text(connection, head);
    rig_send_text(connection, body);
}

/* What the desk hands over next; the views lie in the pipe until the next. */
static struct signed_asked await_act(void)
{
    struct frame frame = {0};
    struct signed_asked asked = {0};
    struct outcome outcome = {.fault = FAULT_AGAIN};

    for (unsigned i = 0; i < 500 && outcome.fault == FAULT_AGAIN; i++) {
        struct outcome filled = pipe_fill(&verify);
        assert_true(outcome_ok(filled) || filled.fault == FAULT_AGAIN);
        outcome = pipe_next(&verify, &frame);
        if (outcome.fault == FAULT_AGAIN) {
            usleep(10000);
        }
    }
    assert_ok(outcome);
    assert_ok(signed_get_asked(&frame, &asked));
    return asked;
}

static void answer(const struct signed_done *done)
{
    signed_put_done(&verify.out, done);
    while (pipe_pending(&verify) > 0) {
        assert_ok(pipe_flush(&verify));
    }
}

static json_t *json_of(const struct rig_response *response)
{
    json_error_t error;
    json_t *root =
        json_loadb(response->body == NULL ? "" : response->body, response->body_len, 0, &error);
    if (root == NULL) {
        fail_msg("%d %s: %s", response->status, error.text, response->head);
    }
    return root;
}

static void assert_text(const json_t *root, const char *name, const char *expected)
{
    const char *text = json_string_value(json_object_get(root, name));
    if (text == NULL || strcmp(text, expected) != 0) {
        fail_msg("%s is %s, not %s", name, text == NULL ? "absent" : text, expected);
    }
}

static void an_act_goes_on_as_it_came_with_the_key_of_who_brought_it(void **state)
{
    struct rig_connection connection = connect_good();
    struct rig_response response;
    uint8_t *der = NULL;

    (void)state;
    post(&connection, JWS, "");
    struct signed_asked asked = await_act();
    assert_view(asked.jws, JWS);
    X509 *certificate = rig_certs()->clients[RIG_GOOD].certificate;
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    assert_true(len > 0 && view_equal(asked.spki, view_of(der, (size_t)len)));
    OPENSSL_free(der);
    answer(&(struct signed_done){.tag = asked.tag,
                                 .code = ACT_CODE_DONE,
                                 .index = 4711,
                                 .object = VIEW_LITERAL("NV-1"),
                                 .etag = VIEW_LITERAL("\"3\"")});
    rig_receive(&connection, false, &response);
    assert_int_equal(response.status, 200);
    assert_string_equal(rig_field(&response, "etag"), "\"3\"");
    assert_string_equal(rig_field(&response, "content-type"), "application/json");
    assert_string_equal(response.body, "{\"code\":\"done\",\"object\":\"NV-1\",\"record\":4711}");
    rig_response_done(&response);
    rig_disconnect(&connection);
}

static void each_thing_that_becomes_of_an_act_has_its_status_and_its_words(void **state)
{
    struct rig_connection connection = connect_good();

    (void)state;
    for (enum act_code code = 0; code < ACT_CODE_COUNT; code++) {
        for (enum language language = 0; language < LANGUAGE_COUNT; language++) {
            struct rig_response response;
            const struct act_code_text *text = act_code_text(code);
            bool english = language == LANGUAGE_EN;
            post(&connection, JWS, english ? "Accept-Language: en\r\n" : "Accept-Language: vi\r\n");
            answer(&(struct signed_done){
                .tag = await_act().tag, .code = code, .index = act_code_good(code) ? 1 : 0});
            rig_receive(&connection, false, &response);
            assert_int_equal(response.status, act_code_status(code));
            json_t *root = json_of(&response);
            assert_text(root, "code", words_name(&words_act_code, code));
            if (!act_code_good(code)) {
                char type[64];
                snprintf(type, sizeof(type), "urn:dancu:problem:%s",
                         words_name(&words_act_code, code));
                assert_text(root, "type", type);
                assert_text(root, "title", english ? text->title_en : text->title_vi);
                assert_text(root, "detail", english ? text->detail_en : text->detail_vi);
                assert_string_equal(rig_field(&response, "content-language"),
                                    english ? "en" : "vi");
                assert_string_equal(rig_field(&response, "content-type"),
                                    "application/problem+json");
            }
            json_decref(root);
            rig_response_done(&response);
        }
    }
    rig_disconnect(&connection);
}

static void the_place_of_a_fault_is_told(void **state)
{
    struct rig_connection connection = connect_good();
    struct rig_response response;

    (void)state;
    post(&connection, JWS, "");
    answer(&(struct signed_done){.tag = await_act().tag,
                                 .code = ACT_CODE_BAD_INPUT,
                                 .pointer = VIEW_LITERAL("/values/code"),
                                 .reason = VIEW_LITERAL("is required")});
    rig_receive(&connection, false, &response);
    assert_int_equal(response.status, 400);
    assert_non_null(strstr(response.body, "\"invalid_params\":[{\"name\":\"/values/code\","
                                          "\"reason\":\"is required\"}]"));
    rig_response_done(&response);
    rig_disconnect(&connection);
}

static void what_is_no_signed_act_by_its_look_goes_nowhere(void **state)
{
    static const struct {
        const char *body;
        const char *more;
        int status;
        const char *param;
    } rows[] = {
        {"", "", 400, "body"},
        {"eyJ9", "", 400, "body"},
        {"eyJ9.eyJ9", "", 400, "body"},
        {JWS ".eyJ9", "", 400, "body"},
        {".eyJ9." SIGNATURE, "", 400, "body"},
        {"eyJ9.." SIGNATURE, "", 400, "body"},
        {"eyJ9.eyJ9.", "", 400, "body"},
        {"eyJ9.eyJ9." SIGNATURE "A", "", 400, "body"},
        {"eyJ9.ey+9." SIGNATURE, "", 400, "body"},
        {"eyJ9.eyJ9e." SIGNATURE, "", 400, "body"},
        {" " JWS, "", 400, "body"},
        {JWS "\n", "", 400, "body"},
        {"{\"payload\":\"eyJ9\"}", "", 400, "body"},
        {JWS, "If-Match: \"3\"\r\n", 400, "If-Match"},
        {JWS, "Idempotency-Key: a\r\n", 400, "Idempotency-Key"},
        {JWS, "Content-Encoding: gzip\r\n", 415, NULL},
        {JWS, "Accept: text/html\r\n", 406, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rig_connection connection = connect_good();
        struct rig_response response;
        post(&connection, rows[i].body, rows[i].more);
        rig_receive(&connection, false, &response);
        if (response.status != rows[i].status) {
            fail_msg("row %zu: %d", i, response.status);
        }
        json_t *root = json_of(&response);
        json_t *param = json_array_get(json_object_get(root, "invalid_params"), 0);
        if (rows[i].param != NULL) {
            assert_text(param, "name", rows[i].param);
        }
        json_decref(root);
        rig_response_done(&response);
        rig_disconnect(&connection);
    }
    struct rig_connection connection = connect_good(); /* and the next good one is the next */
    struct rig_response response;
    post(&connection, JWS, "");
    struct signed_asked asked = await_act();
    assert_view(asked.jws, JWS);
    answer(&(struct signed_done){.tag = asked.tag, .code = ACT_CODE_REPLAYED});
    rig_receive(&connection, false, &response);
    assert_int_equal(response.status, 409);
    rig_response_done(&response);
    rig_disconnect(&connection);
}

/* {"act":"x","if_match":"\"3\"","jti":"a-1"} */
#define JWS_SAYS                                                                                   \
    "eyJhbGciOiJFUzI1NiJ9.eyJhY3QiOiJ4IiwiaWZfbWF0Y2giOiJcIjNcIiIsImp0aSI6ImEtMSJ9." SIGNATURE

static void fields_that_say_what_is_signed_pass_and_no_others(void **state)
{
    static const struct {
        const char *body;
        const char *more;
        const char *param; /* NULL: it goes on, as it came */
    } rows[] = {
        {JWS_SAYS, "If-Match: \"3\"\r\nIdempotency-Key: a-1\r\n", NULL},
        {JWS_SAYS, "Idempotency-Key: a-1\r\n", NULL},
        {JWS_SAYS, "If-Match: \"4\"\r\nIdempotency-Key: a-1\r\n", "If-Match"},
        {JWS_SAYS, "If-Match: *\r\n", "If-Match"},
        {JWS_SAYS, "If-Match: \"3\", \"4\"\r\n", "If-Match"},
        {JWS_SAYS, "If-Match: \"3\"\r\nIdempotency-Key: a-2\r\n", "Idempotency-Key"},
        {"eyJ9.W10." SIGNATURE, "If-Match: \"3\"\r\n", "If-Match"}, /* [] */
        {"eyJ9.e30." SIGNATURE, "Idempotency-Key: a\r\n", "Idempotency-Key"},
        {"eyJ9.eyJqdGkiOjF9." SIGNATURE, "Idempotency-Key: 1\r\n", "Idempotency-Key"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rig_connection connection = connect_good();
        struct rig_response response;
        post(&connection, rows[i].body, rows[i].more);
        if (rows[i].param == NULL) {
            struct signed_asked asked = await_act();
            assert_view(asked.jws, rows[i].body);
            answer(&(struct signed_done){.tag = asked.tag, .code = ACT_CODE_DONE, .index = 1});
        }
        rig_receive(&connection, false, &response);
        json_t *root = json_of(&response);
        if (rows[i].param == NULL) {
            assert_int_equal(response.status, 200);
        } else {
            assert_int_equal(response.status, 400);
            assert_text(json_array_get(json_object_get(root, "invalid_params"), 0), "name",
                        rows[i].param);
        }
        json_decref(root);
        rig_response_done(&response);
        rig_disconnect(&connection);
    }
}

static void only_posting_jose_is_offered(void **state)
{
    struct rig_connection connection = connect_good();
    struct rig_response response;

    (void)state;
    rig_exchange(&connection, "GET /v1/acts HTTP/1.1\r\nHost: a\r\n\r\n", &response);
    assert_int_equal(response.status, 405);
    assert_string_equal(rig_field(&response, "allow"), "POST");
    rig_response_done(&response);
    rig_exchange(&connection,
                 "POST /v1/acts HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                 "Content-Length: 2\r\n\r\n{}",
                 &response);
    assert_int_equal(response.status, 415);
    rig_response_done(&response);
    rig_disconnect(&connection);
}

static void a_certificate_that_is_not_good_brings_no_act(void **state)
{
    struct rig_connection connection;
    struct rig_response response;

    (void)state;
    assert_true(rig_connect(&rig, RIG_REVOKED, "http/1.1", 0, &connection));
    post(&connection, JWS, "");
    rig_receive(&connection, false, &response);
    assert_int_equal(response.status, 401);
    rig_response_done(&response);
    rig_disconnect(&connection);
}

/* A new pipe takes a moment to arrive. */
static void await_verify(struct rig_connection *connection)
{
    struct rig_response response = {0};

    verify_connect();
    for (unsigned i = 0; i < 250; i++) {
        post(connection, JWS, "");
        (void)pipe_fill(&verify);
        struct frame frame = {0};
        usleep(20000);
        (void)pipe_fill(&verify);
        if (outcome_ok(pipe_next(&verify, &frame))) {
            struct signed_asked asked = {0};
            assert_ok(signed_get_asked(&frame, &asked));
            answer(&(struct signed_done){.tag = asked.tag, .code = ACT_CODE_DONE, .index = 1});
            rig_receive(connection, false, &response);
            assert_int_equal(response.status, 200);
            rig_response_done(&response);
            return;
        }
        rig_receive(connection, false, &response);
        assert_int_equal(response.status, 503);
        rig_response_done(&response);
    }
    fail_msg("no pipe has come");
}

static void when_nobody_checks_acts_it_is_told_that_nothing_is_known(void **state)
{
    struct rig_connection connection = connect_good();
    struct rig_response response;

    (void)state;
    post(&connection, JWS, "Accept-Language: en\r\n");
    (void)await_act();
    pipe_done(&verify); /* it dies with the act in hand */
    rig_receive(&connection, false, &response);
    assert_int_equal(response.status, 503);
    assert_string_equal(rig_field(&response, "retry-after"), "1");
    assert_non_null(strstr(response.body, "\"code\":\"act_unavailable\""));
    rig_response_done(&response);
    post(&connection, JWS, ""); /* never left */
    rig_receive(&connection, false, &response);
    assert_int_equal(response.status, 503);
    assert_non_null(strstr(response.body, "\"code\":\"ledger_unavailable\""));
    rig_response_done(&response);
    await_verify(&connection);
    rig_disconnect(&connection);
}

static void who_checks_acts_and_speaks_nonsense_is_dropped(void **state)
{
    struct rig_connection connection = connect_good();
    struct rig_response response;

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        post(&connection, JWS, "");
        uint64_t tag = await_act().tag;
        if (i == 0) {
            answer(&(struct signed_done){.tag = tag + 1, .code = ACT_CODE_DONE, .index = 1});
        } else {
            buf_put_zeros(&verify.out, 64);
            assert_ok(pipe_flush(&verify));
        }
        rig_receive(&connection, false, &response);
        assert_int_equal(response.status, 503);
        rig_response_done(&response);
        pipe_done(&verify);
        await_verify(&connection);
    }
    rig_disconnect(&connection);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_act_goes_on_as_it_came_with_the_key_of_who_brought_it),
        cmocka_unit_test(each_thing_that_becomes_of_an_act_has_its_status_and_its_words),
        cmocka_unit_test(the_place_of_a_fault_is_told),
        cmocka_unit_test(what_is_no_signed_act_by_its_look_goes_nowhere),
        cmocka_unit_test(fields_that_say_what_is_signed_pass_and_no_others),
        cmocka_unit_test(only_posting_jose_is_offered),
        cmocka_unit_test(a_certificate_that_is_not_good_brings_no_act),
        cmocka_unit_test(when_nobody_checks_acts_it_is_told_that_nothing_is_known),
        cmocka_unit_test(who_checks_acts_and_speaks_nonsense_is_dropped),
    };
    return cmocka_run_group_tests_name("channel/desk_acts", tests, start, stop);
}
