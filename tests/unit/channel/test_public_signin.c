/*
 * Signing in at the public listener: this test is the process `signin`. A browser is sent to its
 * provider's own address alone, has its session only through the core, and whoever's pipe ends in
 * between is told that it is not possible now.
 */
#include "log.h"
#include "rig.h"

#include "base/ceilings.h"
#include "channel/public/cookies.h"
#include "channel/public/private.h"
#include "proc/peer.h"

#include <sys/socket.h>

#define SIGNIN_ROW 1 /* any other than the public process' own */
#define THERE "https://portal.example/auth?client_id=dancu&request_uri=x"

static const struct signin_provider provider = {
    .code = VIEW_LITERAL("CDVC"),
    .name = VIEW_LITERAL("Cổng <thử>"),
    .issuer = VIEW_LITERAL("https://portal.example/oidc"),
    .client = VIEW_LITERAL("dancu"),
    .claim = VIEW_LITERAL("personal_id"),
    .acr = VIEW_LITERAL("2"),
    .channel = CHANNEL_NATIONAL_PORTAL,
};

static struct rig rig;
static struct http_limits limits;
static char vkey[128];
static struct pipe_end signin;

static void signin_connect(void)
{
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    assert_ok(peer_send(rig.control_fd, SIGNIN_ROW, 1, ends[1]));
    close(ends[1]);
    pipe_init(&signin, ends[0]);
}

static int start(void **state)
{
    struct log key = {0};

    (void)state;
    log_sign_by(&key, 0x42);
    snprintf(vkey, sizeof(vkey), "%s", key.vkey);
    signer_free(key.signer);
    limits = public_limits();
    const struct rig_options options = {.serve = public_serve,
                                        .prepare = public_prepare,
                                        .limits = &limits,
                                        .log_key = vkey,
                                        .provider = &provider};
    rig_start(&rig, &options);
    rig_core_says(&rig, SIGNIN_DONE);
    signin_connect();
    return 0;
}

static int stop(void **state)
{
    (void)state;
    pipe_done(&signin);
    return rig_stop(&rig);
}

/* ---- the browser ---- */

static struct rig_connection asks(const char *line, const char *fields, const char *body)
{
    struct rig_connection connection;
    char head[2048];

    assert_true(rig_connect(&rig, RIG_NONE, "http/1.1", 0, &connection));
    snprintf(head, sizeof(head),
             "%s HTTP/1.1\r\nHost: localhost\r\n%sContent-Length: %zu\r\n\r\n%s", line, fields,
             strlen(body), body);
    rig_send_text(&connection, head);
    return connection;
}

static int answered(struct rig_connection *connection, struct rig_response *ret_response)
{
    rig_receive(connection, false, ret_response);
    rig_disconnect(connection);
    return ret_response->status;
}

static int status_of(struct rig_connection *connection)
{
    struct rig_response response;
    int status = answered(connection, &response);

    assert_null(strstr(response.head, "__Host-dancu-session=A")); /* nothing is given along */
    rig_response_done(&response);
    return status;
}

/* The value of a cookie that a response sets. */
static void cookie_of(const struct rig_response *response, const char *name,
                      uint8_t ret_value[COOKIE_BYTES])
{
    char text[128];
    BUF_AUTO bytes;

    buf_init(&bytes, COOKIE_BYTES);
    snprintf(text, sizeof(text), "%s=", name);
    const char *at = strstr(response->head, text);
    assert_non_null(at);
    assert_ok(base64url_get(view_of(at + strlen(text), 43), &bytes));
    assert_int_equal(bytes.len, COOKIE_BYTES);
    memcpy(ret_value, bytes.data, COOKIE_BYTES);
}

/* ---- `signin` ---- */

static struct signin_asked await_step(void)
{
    struct frame frame = {0};
    struct signin_asked asked = {0};
    struct outcome outcome = {.fault = FAULT_AGAIN};

    for (unsigned i = 0; i < 500 && outcome.fault == FAULT_AGAIN; i++) {
        struct outcome filled = pipe_fill(&signin);
        assert_true(outcome_ok(filled) || filled.fault == FAULT_AGAIN);
        outcome = pipe_next(&signin, &frame);
        if (outcome.fault == FAULT_AGAIN) {
            usleep(10000);
        }
    }
    assert_ok(outcome);
    assert_ok(signin_get_asked(&frame, &asked));
    return asked;
}

static void tell(uint64_t tag, enum signin_code code, const char *location)
{
    const struct signin_told told = {.tag = tag, .code = code, .location = view_text(location)};

    signin_put_told(&signin.out, &told);
    assert_ok(pipe_flush(&signin));
}

static bool is_closed(void)
{
    struct outcome outcome = {.fault = FAULT_AGAIN};

    for (unsigned i = 0; i < 500 && outcome.fault == FAULT_AGAIN; i++) {
        outcome = pipe_fill(&signin);
        usleep(10000);
    }
    return !outcome_ok(outcome) && outcome.fault != FAULT_AGAIN;
}

/* What a browser is told that begins, when `signin` says so; `~` stands for its nonce. */
static int begins(const char *location)
{
    struct rig_connection connection = asks("GET /signin?provider=CDVC", "", "");
    struct signin_asked asked = await_step();
    BUF_AUTO place;

    buf_init(&place, 4096);
    assert_int_equal(asked.step, SIGNIN_BEGIN);
    for (; *location != '\0'; location++) {
        if (*location == '~') {
            base64url_put(&place, view_of(asked.nonce, sizeof(asked.nonce)));
        } else {
            buf_put_u8(&place, (uint8_t)*location);
        }
    }
    buf_put_u8(&place, 0);
    tell(asked.tag, SIGNIN_DONE, (const char *)place.data);
    return status_of(&connection);
}

static struct rig_connection returns(const char *cookie, struct signin_asked *ret_asked)
{
    struct rig_connection connection = asks(
        "GET /signin/callback?state=s%2Ft&code=c&iss=https%3A%2F%2Fportal.example", cookie, "");

    *ret_asked = await_step();
    assert_int_equal(ret_asked->step, SIGNIN_RETURN);
    assert_view(ret_asked->state, "s/t");
    return connection;
}

/* ---- tests ---- */

static void a_browser_is_sent_to_the_portal_with_a_secret_of_which_signin_has_the_hash(void **state)
{
    struct rig_connection connection = asks("GET /signin?provider=CDVC", "", "");
    struct signin_asked asked = await_step();
    struct rig_response response;
    uint8_t secret[COOKIE_BYTES];
    uint8_t hash[SEAL_HASH_BYTES];
    (void)state;
    memcpy(hash, asked.nonce, sizeof(hash));
    tell(asked.tag, SIGNIN_DONE, THERE);
    assert_int_equal(answered(&connection, &response), 303);
    assert_string_equal(rig_field(&response, "location"), THERE);
    cookie_of(&response, COOKIE_SECRET, secret);
    seal_sha256(view_of(secret, sizeof(secret)), asked.nonce);
    assert_memory_equal(asked.nonce, hash, sizeof(hash));
    rig_response_done(&response);
}

static void no_browser_is_sent_anywhere_else_whatever_signin_says(void **state)
{
    static const char *const places[] = {
        "https://evil.example/auth?nonce=~",
        "https://portal.example.evil/",
        "https://portal.example",
        "http://portal.example/",
        "",
        "/me",
        "https://portal.example@evil.example/",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        assert_int_equal(begins(places[i]), 503);
    }
    assert_int_equal(begins(THERE), 303);
}

static void a_browser_carries_its_own_nonce_or_a_pushed_request_alone(void **state)
{
    static const char *const bad[] = {
        "https://portal.example/auth",
        "https://portal.example/auth?nonce=",
        "https://portal.example/auth?nonce=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
        "https://portal.example/auth?nonce=~A",
        "https://portal.example/auth?nonce=~&nonce=~",
        "https://portal.example/auth?nonce=~&request=a.b.c",
        "https://portal.example/auth?nonce=~&request_uri=x&client_id=dancu",
        "https://portal.example/auth?request_uri=x",
        "https://portal.example/auth?client_id=dancu&request_uri=x&request_uri=y",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(begins(bad[i]), 503);
    }
    assert_int_equal(begins("https://portal.example/auth?client_id=dancu&nonce=~&state=x"), 303);
    assert_int_equal(begins(THERE), 303);
}

static void who_comes_back_has_a_token_of_which_the_core_has_the_hash(void **state)
{
    static const char cookie[] =
        "Cookie: a=b; __Host-dancu-signin=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\r\n";
    struct signin_asked asked;
    struct rig_connection connection = returns(cookie, &asked);
    struct rig_response response;
    uint8_t token[COOKIE_BYTES];
    uint8_t hash[SEAL_HASH_BYTES];
    (void)state;
    tell(asked.tag, SIGNIN_DONE, "");
    assert_int_equal(answered(&connection, &response), 303);
    assert_string_equal(rig_field(&response, "location"), "/me");
    cookie_of(&response, COOKIE_SESSION, token);
    struct rig_entering last = rig_last_entering(&rig);
    seal_sha256(view_of(token, sizeof(token)), hash);
    assert_memory_equal(last.entering.token, hash, sizeof(hash));
    for (unsigned i = 0; i < SEAL_HASH_BYTES; i++) {
        assert_int_equal(last.entering.secret[i], i);
    }
    seal_sha256(view_of(last.entering.secret, SEAL_HASH_BYTES), hash);
    rig_response_done(&response);
}

static void without_its_secret_a_browser_shows_none_and_the_core_decides(void **state)
{
    static const uint8_t none[SEAL_HASH_BYTES];
    struct signin_asked asked;
    struct rig_connection connection = returns("", &asked);
    (void)state;
    assert_memory_equal(asked.nonce, none, sizeof(none));
    tell(asked.tag, SIGNIN_BROWSER, "");
    assert_int_equal(status_of(&connection), 403);
    rig_core_says(&rig, SIGNIN_TOKEN_NONCE);
    connection = returns("", &asked);
    tell(asked.tag, SIGNIN_DONE, ""); /* a `signin` that lies */
    assert_int_equal(status_of(&connection), 403);
}

static void who_waits_is_told_when_a_pipe_ends(void **state)
{
    struct signin_asked asked;
    struct rig_connection connection = returns("", &asked);
    (void)state;
    pipe_done(&signin);
    assert_int_equal(status_of(&connection), 503);
    connection = asks("GET /signin?provider=CDVC", "", "");
    assert_int_equal(status_of(&connection), 503); /* there is none to ask */
    signin_connect();
    connection = returns("", &asked);
    rig_core_says(&rig, SIGNIN_CODE_COUNT);
    tell(asked.tag, SIGNIN_DONE, "");
    assert_int_equal(status_of(&connection), 503);
}

static void an_answer_to_nobody_ends_the_pipe(void **state)
{
    struct signin_asked asked;
    struct rig_connection connection = returns("", &asked);
    (void)state;
    tell(asked.tag + 1, SIGNIN_DONE, "");
    assert_true(is_closed());
    assert_int_equal(status_of(&connection), 503);
}

static void the_page_names_portals_and_escapes_them(void **state)
{
    struct rig_connection connection = asks("GET /signin", "", "");
    struct rig_response response;
    (void)state;
    assert_int_equal(answered(&connection, &response), 200);
    assert_non_null(strstr(response.body, "/signin?provider=CDVC\">Cổng &lt;thử>"));
    assert_non_null(strstr(response.head, "form-action 'self' https://portal.example;"));
    rig_response_done(&response);
    connection = asks("GET /signin?provider=X", "", "");
    assert_int_equal(status_of(&connection), 403);
    connection = asks("POST /signin", "", "");
    assert_int_equal(status_of(&connection), 405);
    connection = asks("POST /signout", "", "");
    assert_int_equal(status_of(&connection), 415);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
        TEST(a_browser_is_sent_to_the_portal_with_a_secret_of_which_signin_has_the_hash),
        TEST(no_browser_is_sent_anywhere_else_whatever_signin_says),
        TEST(a_browser_carries_its_own_nonce_or_a_pushed_request_alone),
        TEST(who_comes_back_has_a_token_of_which_the_core_has_the_hash),
        TEST(without_its_secret_a_browser_shows_none_and_the_core_decides),
        TEST(who_waits_is_told_when_a_pipe_ends),
        TEST(an_answer_to_nobody_ends_the_pipe),
        TEST(the_page_names_portals_and_escapes_them),
#undef TEST
    };
    return cmocka_run_group_tests_name("channel/public_signin", tests, NULL, NULL);
}
