/*
 * The public listener: health, the page, the log's files, and nothing else.
 */
#include "log.h"
#include "rig.h"

#include "channel/public/private.h"

#define SIZE 1500u /* five full bundles, and a partial one of 220 entries */

static struct rig rig;
static struct http_limits limits;
static char vkey[128];
static struct log made; /* in the rig's folder; its bundles are as large as they can be */

static int start(void **state)
{
    struct log key = {0};

    (void)state;
    log_sign_by(&key, 0x42);
    limits = public_limits();
    const struct rig_options options = {public_serve, public_prepare, &limits, .log_key = vkey};
    snprintf(vkey, sizeof(vkey), "%s", key.vkey);
    rig_start(&rig, &options);
    signer_free(key.signer);
    log_open(&made, rig.tiles_path, ENTRY_BYTES_MAX - 1);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    int status = rig_stop(&rig);
    log_close(&made);
    return status;
}

static void get(const char *method, const char *path, struct rig_response *ret_response)
{
    struct rig_connection connection;
    char request[512];

    assert_true(rig_connect(&rig, RIG_NONE, "http/1.1", 0, &connection));
    snprintf(request, sizeof(request), "%s %s HTTP/1.1\r\nHost: localhost\r\n\r\n", method, path);
    rig_exchange(&connection, request, ret_response);
    rig_disconnect(&connection);
}

/* What the core says takes a moment to arrive. */
static void await_health(int status, struct rig_response *ret_response)
{
    for (unsigned i = 0; i < 250; i++) {
        get("GET", "/healthz", ret_response);
        if (ret_response->status == status) {
            return;
        }
        rig_response_done(ret_response);
        usleep(20000);
    }
    fail_msg("health is not %d", status);
}

static void health_is_what_the_core_says(void **state)
{
    struct rig_response response;

    (void)state;
    get("GET", "/healthz", &response);
    assert_int_equal(response.status, 200);
    assert_string_equal(response.body, "{\"status\":\"ok\"}\n");
    assert_string_equal(rig_field(&response, "cache-control"), "no-store");
    rig_response_done(&response);

    rig_core_health(&rig, false);
    await_health(503, &response);
    assert_string_equal(rig_field(&response, "retry-after"), "1");
    rig_response_done(&response);
    rig_core_health(&rig, true);
    await_health(200, &response);
    rig_response_done(&response);
    get("HEAD", "/healthz", &response);
    assert_int_equal(response.status, 200);
    rig_response_done(&response);
    rig_core_stop(&rig);
    await_health(503, &response);
    rig_response_done(&response);
    rig_core_restart(&rig);
    await_health(200, &response);
    rig_response_done(&response);
}

static void the_page_says_what_this_is_in_both_languages_and_runs_nothing(void **state)
{
    struct rig_response response;

    (void)state;
    get("GET", "/", &response);
    assert_int_equal(response.status, 200);
    assert_string_equal(rig_field(&response, "content-type"), "text/html; charset=utf-8");
    assert_non_null(strstr(rig_field(&response, "content-security-policy"), "default-src 'none'"));
    assert_string_equal(rig_field(&response, "x-content-type-options"), "nosniff");
    const char *vietnamese = strstr(response.body, "dữ liệu của công dân");
    const char *english = strstr(response.body, "citizen's data");
    assert_true(vietnamese != NULL && english != NULL && vietnamese < english);
    assert_non_null(strstr(response.body, "<html lang=\"vi\">"));
    assert_non_null(strstr(response.body, "localhost/&lt;test>"));
    assert_null(strstr(response.body, "<script"));
    assert_null(strstr(response.body, "<test>"));
    rig_response_done(&response);
}

static void the_checkpoint_is_text_that_caches_must_ask_for(void **state)
{
    struct rig_response response;

    (void)state;
    get("GET", "/ledger/checkpoint", &response);
    assert_int_equal(response.status, 404);
    rig_response_done(&response);
    log_publish(&made, 0, SIZE);
    get("GET", "/ledger/checkpoint", &response);
    assert_int_equal(response.status, 200);
    assert_true(view_starts(view_text(response.body), VIEW_LITERAL(LOG_ORIGIN "\n1500\n")));
    assert_string_equal(rig_field(&response, "content-type"), "text/plain; charset=utf-8");
    assert_string_equal(rig_field(&response, "cache-control"), "no-cache");
    rig_response_done(&response);
}

static void assert_tile(const struct rig_response *response, const struct tile_id *id)
{
    BUF_AUTO expected;

    buf_init(&expected, 2 << 20);
    log_tile_bytes(&made, id, &expected);
    assert_int_equal(response->status, 200);
    assert_int_equal(response->body_len, expected.len);
    assert_memory_equal(response->body, expected.data, expected.len);
}

static void tiles_are_bytes_that_may_be_kept_for_ever(void **state)
{
    const struct tile_id full = {TILE_KIND_HASHES, 0, 3, TILE_WIDTH};
    const struct tile_id partial = {TILE_KIND_HASHES, 0, 5, 3};
    struct rig_response response;

    (void)state;
    get("GET", "/ledger/tile/0/003", &response);
    assert_tile(&response, &full);
    assert_string_equal(rig_field(&response, "content-type"), "application/octet-stream");
    assert_string_equal(rig_field(&response, "cache-control"),
                        "public, max-age=31536000, immutable");
    rig_response_done(&response);
    get("GET", "/ledger/tile/0/005.p/3", &response);
    assert_tile(&response, &partial);
    rig_response_done(&response);
    get("GET", "/ledger/tile/0/005.p/221", &response);
    assert_int_equal(response.status, 404); /* the checkpoint does not cover it */
    rig_response_done(&response);
}

static void a_large_bundle_is_sent_whole_over_both_protocols(void **state)
{
    const struct tile_id id = {TILE_KIND_ENTRIES, 0, 4, TILE_WIDTH};
    struct rig_response response;
    struct rig_h2 *h2 = NULL;

    (void)state;
    get("GET", "/ledger/tile/entries/004", &response);
    assert_tile(&response, &id);
    rig_response_done(&response);
    assert_true(rig_h2_open(&rig, RIG_NONE, &h2));
    for (unsigned i = 0; i < 20; i++) {
        rig_h2_ask(h2, "GET", "/ledger/tile/entries/004", NULL, NULL);
    }
    rig_h2_run(h2, 20, 5000);
    for (unsigned i = 0; i < 20; i++) {
        assert_tile(&h2->responses[i], &id);
    }
    rig_h2_close(h2);
}

static void a_damaged_file_is_an_error_and_not_an_answer_until_it_is_put_back(void **state)
{
    static const char *const names[] = {"tile/0/003",       "tile/0/005.p/220",
                                        "tile/entries/001", "tile/entries/005.p/220",
                                        "tile/1/000.p/5",   "checkpoint"};

    (void)state;
    for (unsigned i = 0; i < 3 * sizeof(names) / sizeof(names[0]); i++) {
        const char *name = names[i / 3];
        struct rig_response response;
        char path[128];
        snprintf(path, sizeof(path), "/ledger/%s", name);
        if (i % 3 == 1) {
            log_flip(&made, name, 20);
        }
        get("GET", path, &response);
        assert_int_equal(response.status, i % 3 == 1 ? 500 : 200);
        if (i % 3 == 1) {
            assert_non_null(strstr(response.body, "\"code\":\"internal\""));
            log_flip(&made, name, 20);
        }
        rig_response_done(&response);
    }
}

/* Nor is the process ready: the supervisor waits for it. */
static void before_the_key_is_known_the_log_is_unavailable(void **state)
{
    const struct rig_options options = {public_serve, public_prepare, &limits, .no_texts = true};
    static struct rig keyless;
    struct rig_connection connection;
    struct rig_response response;

    (void)state;
    rig_core_stop(&rig); /* the other process is not to have this one's thread in its memory */
    rig_start(&keyless, &options);
    assert_true(rig_connect(&keyless, RIG_NONE, "http/1.1", 0, &connection));
    rig_exchange(&connection, "GET /ledger/checkpoint HTTP/1.1\r\nHost: a\r\n\r\n", &response);
    assert_int_equal(response.status, 503);
    rig_response_done(&response);
    rig_exchange(&connection, "GET /ledger/tile/0/000 HTTP/1.1\r\nHost: a\r\n\r\n", &response);
    assert_int_equal(response.status, 503);
    rig_response_done(&response);
    rig_disconnect(&connection);
    assert_int_equal(rig_stop(&keyless), 0);
    rig_core_restart(&rig);
}

static void nothing_else_is_there(void **state)
{
    static const char *const paths[] = {
        "/v1/lookup",
        "/ledger",
        "/ledger/",
        "/ledger/../commit",
        "/ledger/tile/0/%30%30%30",
        "/ledger//checkpoint",
        "/ledger/tile/0/..",
        "/index.html",
        "//",
        "/healthz/",
        "/.git",
        "/ledger/checkpoint/..",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct rig_response response;
        get("GET", paths[i], &response);
        if (response.status != 404) {
            fail_msg("%s: %d", paths[i], response.status);
        }
        assert_string_equal(rig_field(&response, "content-type"), "application/problem+json");
        rig_response_done(&response);
    }
}

static void only_reading_is_allowed(void **state)
{
    static const char *const methods[] = {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"};

    (void)state;
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        struct rig_response response;
        get(methods[i], "/healthz", &response);
        assert_int_equal(response.status, 405);
        assert_string_equal(rig_field(&response, "allow"), "GET, HEAD");
        rig_response_done(&response);
    }
}

static void robots_are_kept_from_the_log(void **state)
{
    struct rig_response response;

    (void)state;
    get("GET", "/robots.txt", &response);
    assert_int_equal(response.status, 200);
    assert_non_null(strstr(response.body, "Disallow: /ledger/"));
    rig_response_done(&response);
}

static void requests_that_are_none_are_told_so(void **state)
{
    static const struct {
        const char *request;
        int status;
    } rows[] = {
        {"GET / HTTP/1.0\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400},
        {"nonsense\r\n\r\n", 400},
    };
    static char big[HTTP_HEADERS_BYTES_MAX + 100];

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        struct rig_connection connection;
        struct rig_response response;
        memset(big, 'a', sizeof(big) - 1);
        memcpy(big, "GET / HTTP/1.1\r\nHost: ", 22);
        assert_true(rig_connect(&rig, RIG_NONE, "http/1.1", 0, &connection));
        rig_exchange(&connection, i < 3 ? rows[i].request : big, &response);
        assert_int_equal(response.status, i < 3 ? rows[i].status : 413);
        assert_non_null(strstr(response.body, "invalid_params"));
        rig_response_done(&response);
        rig_disconnect(&connection);
    }
}

static void a_body_with_a_get_is_dropped(void **state)
{
    struct rig_connection connection;
    struct rig_response response;

    (void)state;
    assert_true(rig_connect(&rig, RIG_NONE, "http/1.1", 0, &connection));
    for (unsigned i = 0; i < 3; i++) {
        rig_exchange(&connection,
                     "GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
                     &response);
        assert_int_equal(response.status, 200);
        rig_response_done(&response);
    }
    rig_disconnect(&connection);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(health_is_what_the_core_says),
        cmocka_unit_test(the_page_says_what_this_is_in_both_languages_and_runs_nothing),
        cmocka_unit_test(the_checkpoint_is_text_that_caches_must_ask_for),
        cmocka_unit_test(tiles_are_bytes_that_may_be_kept_for_ever),
        cmocka_unit_test(a_large_bundle_is_sent_whole_over_both_protocols),
        cmocka_unit_test(a_damaged_file_is_an_error_and_not_an_answer_until_it_is_put_back),
        cmocka_unit_test(before_the_key_is_known_the_log_is_unavailable),
        cmocka_unit_test(nothing_else_is_there),
        cmocka_unit_test(only_reading_is_allowed),
        cmocka_unit_test(robots_are_kept_from_the_log),
        cmocka_unit_test(requests_that_are_none_are_told_so),
        cmocka_unit_test(a_body_with_a_get_is_dropped),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
