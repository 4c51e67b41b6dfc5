/*
 * The edge over HTTP/1.1: who is let in, the order of the checks, what an ask becomes and what its
 * answer looks like.
 */
#include "rig.h"

#include "channel/edge/private.h"

#include <jansson.h>
#include <openssl/x509.h>

#include "rig_certs.h"

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

/* A problem with that code and that HTTP status, whatever else it says. */
static void assert_problem(const struct rig_response *response, const char *code, int status)
{
    assert_int_equal(response->status, status);
    assert_string_equal(rig_field(response, "content-type"), "application/problem+json");
    json_t *root = json_of(response);
    assert_string_equal(json_string_value(json_object_get(root, "code")), code);
    assert_int_equal(json_integer_value(json_object_get(root, "status")), status);
    json_decref(root);
}

static void ask_once(enum rig_client client, int tls_version, const char *request,
                     struct rig_response *ret_response)
{
    struct rig_connection connection;

    assert_true(rig_connect(&rig, client, "http/1.1", tls_version, &connection));
    rig_exchange(&connection, request, ret_response);
    rig_disconnect(&connection);
}

static void a_good_certificate_of_each_kind_is_answered_in_both_versions_of_tls(void **state)
{
    static const enum rig_client clients[] = {RIG_GOOD, RIG_RSA, RIG_ED25519};
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

    (void)state;
    for (unsigned i = 0; i < 6; i++) {
        struct rig_response response;
        ask_once(clients[i / 2], versions[i % 2], rig_post(rig_lookup("ok")), &response);
        assert_int_equal(response.status, 200);
        rig_response_done(&response);
    }
}

static const char *english_post(void)
{
    return "POST /v1/lookup HTTP/1.1\r\nHost: a\r\nAccept-Language: en\r\n"
           "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
}

static void a_certificate_that_is_not_good_completes_the_handshake_and_gets_401(void **state)
{
    static const struct {
        enum rig_client client;
        const char *reason;
    } rows[] = {
        {RIG_NONE, "no certificate"}, {RIG_UNTRUSTED, "not issued by"}, {RIG_EXPIRED, "expired"},
        {RIG_REVOKED, "revoked"},     {RIG_WEAK, "key is not"},
    };
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    unsigned asks = rig_last(&rig).asks;

    (void)state;
    for (unsigned i = 0; i < 10; i++) {
        struct rig_response response;
        ask_once(rows[i / 2].client, versions[i % 2], english_post(), &response);
        assert_problem(&response, "unauthenticated", 401);
        assert_non_null(rig_field(&response, "www-authenticate"));
        assert_non_null(strstr(response.body, rows[i / 2].reason));
        rig_response_done(&response);
    }
    assert_int_equal(rig_last(&rig).asks, asks); /* the core never heard of them */
}

static void older_versions_of_tls_are_refused(void **state)
{
    struct rig_connection connection;

    (void)state;
    assert_false(rig_connect(&rig, RIG_GOOD, "http/1.1", TLS1_VERSION, &connection));
    assert_false(rig_connect(&rig, RIG_GOOD, "http/1.1", TLS1_1_VERSION, &connection));
}

static void a_client_of_another_protocol_is_refused(void **state)
{
    struct rig_connection connection;

    (void)state;
    assert_false(rig_connect(&rig, RIG_GOOD, "ftp", 0, &connection));
    assert_true(rig_connect(&rig, RIG_GOOD, NULL, 0, &connection)); /* no ALPN: HTTP/1.1 */
    struct rig_response response;
    rig_exchange(&connection, rig_post(rig_lookup("ok")), &response);
    assert_int_equal(response.status, 200);
    rig_response_done(&response);
    rig_disconnect(&connection);
}

static void no_session_is_resumed(void **state)
{
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct rig_connection connection;
        struct rig_response response;
        assert_true(rig_connect(&rig, RIG_GOOD, "http/1.1", versions[i], &connection));
        rig_exchange(&connection, rig_post(rig_lookup("ok")), &response);
        SSL_SESSION *session = SSL_get0_session(connection.ssl);
        assert_false(SSL_SESSION_is_resumable(session));
        assert_int_equal(SSL_SESSION_has_ticket(session), 0);
        rig_response_done(&response);
        rig_disconnect(&connection);
    }
}

static void an_answer_has_its_form_and_is_not_stored(void **state)
{
    struct rig_response response;

    (void)state;
    ask_once(RIG_GOOD, 0, rig_post(rig_lookup("ok")), &response);
    assert_int_equal(response.status, 200);
    assert_string_equal(rig_field(&response, "content-type"), "application/json");
    assert_string_equal(rig_field(&response, "cache-control"), "no-store");
    assert_int_equal(strlen(rig_field(&response, "date")), 29);
    json_t *root = json_of(&response);
    assert_int_equal(json_object_size(root), 5);
    json_t *receipt = json_object_get(root, "receipt");
    assert_string_equal(json_string_value(json_object_get(receipt, "entry")), "{\"v\":1}");
    const char *proof = json_string_value(json_object_get(receipt, "proof"));
    assert_true(strncmp(proof, "c2sp.org/tlog-proof@v1\nindex ", 29) == 0);
    assert_non_null(strstr(proof, "\n\norigin\n1\nroot\n\n— origin sig\n"));
    json_decref(root);
    rig_response_done(&response);
}

static void an_ask_reaches_the_core_as_it_was_sent(void **state)
{
    struct rig_response response;
    char request[2048];
    const char *body = rig_lookup("ok");
    uint8_t hash[32];
    uint8_t *der = NULL;

    (void)state;
    snprintf(
        request, sizeof(request),
        "POST /v1/lookup HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
        "idempotency-key: key!~\r\ntraceparent: "
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\ncontent-length: %zu\r\n\r\n%s",
        strlen(body), body);
    ask_once(RIG_GOOD, 0, request, &response);
    assert_int_equal(response.status, 200);
    assert_string_equal(rig_field(&response, "traceparent"),
                        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    rig_response_done(&response);
    struct rig_ask last = rig_last(&rig);
    assert_string_equal(last.business, "NV-BANK-KYC");
    assert_string_equal(last.name, "Nguyễn Văn An");
    assert_string_equal(last.key, "079090912345");
    assert_string_equal(last.idempotency_key, "key!~");
    assert_string_equal(last.traceparent,
                        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    assert_int_equal(last.ask.service, SERVICE_CITIZEN_LOOKUP);
    assert_int_equal(last.ask.field_count, 3);
    EVP_Digest(body, strlen(body), hash, NULL, EVP_sha256(), NULL);
    assert_memory_equal(last.ask.body_sha256, hash, 32);
    X509 *certificate = rig_certs()->clients[RIG_GOOD].certificate;
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    EVP_Digest(der, (size_t)len, hash, NULL, EVP_sha256(), NULL);
    assert_memory_equal(last.ask.spki, hash, 32);
    OPENSSL_free(der);
}

static void a_refusal_of_every_code_has_its_status_and_what_it_carries(void **state)
{
    (void)state;
    for (enum code code = CODE_BAD_REQUEST; code < CODE_COUNT; code++) {
        struct rig_response response;
        char name[64];
        snprintf(name, sizeof(name), "code:%s", words_name(&words_code, code));
        ask_once(RIG_GOOD, 0, rig_post(rig_lookup(name)), &response);
        assert_problem(&response, words_name(&words_code, code), (int)code_status(code));
        json_t *root = json_of(&response);
        bool receipt = code_has_receipt(code);
        assert_int_equal(json_object_get(root, "receipt") != NULL, receipt);
        assert_int_equal(json_object_get(root, "opening") != NULL, receipt);
        assert_int_equal(json_object_get(root, "clause") != NULL, receipt);
        assert_int_equal(rig_field(&response, "retry-after") != NULL,
                         code_status(code) == 429 || code == CODE_LEDGER_UNAVAILABLE);
        json_decref(root);
        rig_response_done(&response);
    }
}

static void an_ungranted_field_is_pointed_at(void **state)
{
    struct rig_response response;

    (void)state;
    ask_once(RIG_GOOD, 0, rig_post(rig_lookup("code:field_not_granted:2")), &response);
    assert_problem(&response, "field_not_granted", 403);
    json_t *root = json_of(&response);
    json_t *param = json_array_get(json_object_get(root, "invalid_params"), 0);
    assert_string_equal(json_string_value(json_object_get(param, "name")), "/fields/2");
    assert_string_equal(json_string_value(json_object_get(param, "reason")), "Tiếng Việt");
    json_decref(root);
    rig_response_done(&response);
}

static void texts_come_in_the_callers_language(void **state)
{
    static const struct {
        const char *field;
        const char *title;
        const char *tag;
    } rows[] = {
        {"", "Tiếng Việt", "vi"},
        {"Accept-Language: en-GB, vi;q=0.5\r\n", "English", "en"},
        {"Accept-Language: fr\r\nAccept-Language: en;q=0.2\r\n", "English", "en"},
    };

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct rig_response response;
        char request[256];
        snprintf(request, sizeof(request), "GET /nothing HTTP/1.1\r\nHost: localhost\r\n%s\r\n",
                 rows[i].field);
        ask_once(RIG_GOOD, 0, request, &response);
        assert_problem(&response, "not_found", 404);
        json_t *root = json_of(&response);
        assert_string_equal(json_string_value(json_object_get(root, "title")), rows[i].title);
        assert_string_equal(rig_field(&response, "content-language"), rows[i].tag);
        json_decref(root);
        rig_response_done(&response);
    }
}

#define HEAD(line) line " HTTP/1.1\r\nHost: localhost\r\n"

static void the_checks_come_in_their_order(void **state)
{
    static const struct {
        enum rig_client client;
        const char *request;
        const char *code;
        int status;
    } rows[] = {
        /* Each request has every fault from its own on. */
        {RIG_NONE, HEAD("PUT /nothing") "Accept: text/html\r\nContent-Length: 2\r\n\r\nxx",
         "unauthenticated", 401},
        {RIG_GOOD, HEAD("PUT /nothing") "Accept: text/html\r\nContent-Length: 2\r\n\r\nxx",
         "not_found", 404},
        {RIG_GOOD, HEAD("PUT /v1/lookup") "Accept: text/html\r\nContent-Length: 2\r\n\r\nxx",
         "method_not_allowed", 405},
        {RIG_GOOD, HEAD("POST /v1/lookup") "Accept: text/html\r\nContent-Length: 2\r\n\r\nxx",
         "not_acceptable", 406},
        {RIG_GOOD,
         HEAD("POST /v1/lookup") "Content-Type: text/plain\r\nContent-Length: 99999\r\n\r\n",
         "unsupported_media_type", 415},
        {RIG_GOOD, HEAD("POST /v1/lookup") "Content-Length: 99999\r\n\r\n",
         "unsupported_media_type", 415},
        {RIG_GOOD,
         HEAD("POST /v1/lookup") "Content-Type: application/json\r\nContent-Encoding: gzip\r\n"
                                 "Content-Length: 2\r\n\r\n{}",
         "unsupported_media_type", 415},
        {RIG_GOOD,
         HEAD("POST /v1/lookup") "Content-Type: application/json\r\nContent-Length: 99999\r\n\r\n",
         "too_large", 413},
        {RIG_GOOD,
         HEAD("POST /v1/lookup") "Content-Type: application/json\r\nContent-Length: 2\r\n\r\nxx",
         "bad_request", 400},
        {RIG_GOOD, HEAD("POST /v1/lookup") "Content-Type: application/json\r\n\r\n", "bad_request",
         400},
        {RIG_GOOD, HEAD("POST /v1/lookup?x=y") "Content-Length: 0\r\n\r\n",
         "unsupported_media_type", 415},
        {RIG_GOOD, HEAD("POST /v1/lookup/") "\r\n", "not_found", 404},
        {RIG_GOOD, HEAD("POST /v1%2Flookup") "\r\n", "not_found", 404},
        {RIG_GOOD, HEAD("POST /V1/lookup") "\r\n", "not_found", 404},
        {RIG_GOOD, HEAD("OPTIONS *") "\r\n", "not_found", 404},
        {RIG_GOOD, HEAD("CONNECT localhost:80") "\r\n", "not_found", 404},
        {RIG_GOOD, HEAD("GET /v1/lookup") "\r\n", "method_not_allowed", 405},
    };
    unsigned asks = rig_last(&rig).asks;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rig_response response;
        ask_once(rows[i].client, 0, rows[i].request, &response);
        assert_problem(&response, rows[i].code, rows[i].status);
        if (response.status == 405) {
            assert_string_equal(rig_field(&response, "allow"), "POST");
        }
        rig_response_done(&response);
    }
    assert_int_equal(rig_last(&rig).asks, asks);
}

static void a_bad_idempotency_key_is_told_with_the_bodys_faults(void **state)
{
    struct rig_response response;

    (void)state;
    ask_once(RIG_GOOD, 0,
             HEAD("POST /v1/lookup") "Content-Type: application/json\r\nIdempotency-Key: a b\r\n"
                                     "Content-Length: 2\r\n\r\n{}",
             &response);
    assert_problem(&response, "bad_request", 400);
    json_t *root = json_of(&response);
    json_t *params = json_object_get(root, "invalid_params");
    assert_int_equal(json_array_size(params), 4); /* the key, business, subject, fields */
    assert_string_equal(json_string_value(json_object_get(json_array_get(params, 0), "name")),
                        "Idempotency-Key");
    json_decref(root);
    rig_response_done(&response);
}

static void a_traceparent_that_is_none_is_dropped(void **state)
{
    struct rig_response response;
    char request[2048];
    const char *body = rig_lookup("ok");

    (void)state;
    snprintf(request, sizeof(request),
             HEAD("POST /v1/lookup") "Content-Type: application/json\r\nTraceparent: a\tb\r\n"
                                     "Content-Length: %zu\r\n\r\n%s",
             strlen(body), body);
    ask_once(RIG_GOOD, 0, request, &response);
    assert_int_equal(response.status, 200);
    assert_string_equal(rig_last(&rig).traceparent, "");
    assert_null(rig_field(&response, "traceparent"));
    rig_response_done(&response);
}

#define ID "01a213bf-cea1-7a95-8896-b430fc97fd77"

static void get(const char *target, struct rig_response *ret_response)
{
    char request[512];
    snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", target);
    ask_once(RIG_GOOD, 0, request, ret_response);
}

static void a_receipt_is_asked_for_by_id_with_its_opening_or_without(void **state)
{
    struct rig_response response;

    (void)state;
    get("/v1/receipts/" ID, &response);
    assert_int_equal(response.status, 200);
    assert_string_equal(rig_field(&response, "content-type"), "application/json");
    assert_non_null(strstr(response.body, "{\"ask\":\"" ID "\",\"receipt\":{"));
    assert_non_null(strstr(response.body, "of then"));
    rig_response_done(&response);
    get("/v1/receipts/" ID "?opening=1", &response);
    assert_int_equal(response.status, 200);
    assert_non_null(strstr(response.body, "\"opening\":[\"WyJh\"]"));
    assert_null(strstr(response.body, "person"));
    rig_response_done(&response);
    get("/v1/receipts/01a213bf-cea1-7a95-8896-b430fc97fd00", &response);
    assert_problem(&response, "not_found", 404);
    rig_response_done(&response);
}

static void what_is_no_id_never_reaches_the_core(void **state)
{
    static const char *const targets[] = {
        "/v1/receipts/",
        "/v1/receipts/" ID "/",
        "/v1/receipts/" ID "0",
        "/v1/receipts/01a213bf-cea1-4a95-8896-b430fc97fd77", /* version 4 */
        "/v1/receipts/01a213bf-cea1-7a95-c896-b430fc97fd77", /* another variant */
        "/v1/receipts/01A213BF-cea1-7a95-8896-b430fc97fd77", /* upper case */
        "/v1/receipts/01a213bf_cea1-7a95-8896-b430fc97fd77",
        "/v1/receipts/01a213bfcea17a958896b430fc97fd77",
        "/v1/receipts",
    };
    struct rig_response response;

    (void)state;
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        get(targets[i], &response);
        assert_problem(&response, "not_found", 404);
        rig_response_done(&response);
    }
    get("/v1/receipts/" ID "?opening=2", &response);
    assert_problem(&response, "bad_request", 400);
    rig_response_done(&response);
}

static void answers_carry_the_fields_of_the_quota(void **state)
{
    struct rig_response response;

    (void)state;
    ask_once(RIG_GOOD, 0, rig_post(rig_lookup("ok")), &response);
    assert_string_equal(rig_field(&response, "ratelimit-policy"), "\"day\";q=100;w=86400");
    assert_string_equal(rig_field(&response, "ratelimit"), "\"day\";r=99;t=3600");
    rig_response_done(&response);
    ask_once(RIG_GOOD, 0, rig_post(rig_lookup("code:quota_exceeded")), &response);
    assert_int_equal(response.status, 429);
    assert_string_equal(rig_field(&response, "retry-after"), "60");
    assert_non_null(rig_field(&response, "ratelimit"));
    rig_response_done(&response);
    ask_once(RIG_GOOD, 0, rig_post(rig_lookup("code:rate_limited")), &response);
    assert_null(rig_field(&response, "ratelimit"));
    assert_null(rig_field(&response, "ratelimit-policy"));
    rig_response_done(&response);
}

static int start_without_crl(void **state)
{
    (void)state;
    limits = http_limits_usual();
    const struct rig_options options = {edge_serve, edge_prepare, &limits, .no_crl = true};
    rig_start(&rig, &options);
    return 0;
}

static int start_with_stale_crl(void **state)
{
    (void)state;
    limits = http_limits_usual();
    const struct rig_options options = {edge_serve, edge_prepare, &limits, .stale_crl = true};
    rig_start(&rig, &options);
    return 0;
}

static void without_a_revocation_list_nothing_is_revoked(void **state)
{
    struct rig_response response;

    (void)state;
    ask_once(RIG_REVOKED, 0, rig_post(rig_lookup("ok")), &response);
    assert_int_equal(response.status, 200);
    rig_response_done(&response);
}

static void with_a_revocation_list_out_of_date_nobody_is_let_in(void **state)
{
    struct rig_response response;

    (void)state;
    ask_once(RIG_GOOD, 0, rig_post(rig_lookup("ok")), &response);
    assert_problem(&response, "unauthenticated", 401);
    assert_non_null(strstr(response.body, "quá hạn"));
    rig_response_done(&response);
}

int main(void)
{
#define TEST(name, start) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(a_good_certificate_of_each_kind_is_answered_in_both_versions_of_tls, start),
        TEST(a_certificate_that_is_not_good_completes_the_handshake_and_gets_401, start),
        TEST(older_versions_of_tls_are_refused, start),
        TEST(a_client_of_another_protocol_is_refused, start),
        TEST(no_session_is_resumed, start),
        TEST(an_answer_has_its_form_and_is_not_stored, start),
        TEST(an_ask_reaches_the_core_as_it_was_sent, start),
        TEST(a_refusal_of_every_code_has_its_status_and_what_it_carries, start),
        TEST(an_ungranted_field_is_pointed_at, start),
        TEST(texts_come_in_the_callers_language, start),
        TEST(the_checks_come_in_their_order, start),
        TEST(a_bad_idempotency_key_is_told_with_the_bodys_faults, start),
        TEST(a_traceparent_that_is_none_is_dropped, start),
        TEST(a_receipt_is_asked_for_by_id_with_its_opening_or_without, start),
        TEST(what_is_no_id_never_reaches_the_core, start),
        TEST(answers_carry_the_fields_of_the_quota, start),
        TEST(without_a_revocation_list_nothing_is_revoked, start_without_crl),
        TEST(with_a_revocation_list_out_of_date_nobody_is_let_in, start_with_stale_crl),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
