/*
 * The desk's reads over HTTP: who is let in, what a request asks of the core, what is made of what
 * the core shows.
 */
#include "rig.h"

#include "channel/desk/private.h"

#include <jansson.h>

static struct rig rig;
static struct http_limits limits;

static int start(void **state)
{
    (void)state;
    limits = desk_limits();
    const struct rig_options options = {desk_serve, desk_prepare, &limits, .no_texts = false};
    rig_start(&rig, &options);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    return rig_stop(&rig);
}

/* One request as this client; `more` = further header lines, each with its end. */
static void ask_as(enum rig_client client, const char *method, const char *target, const char *more,
                   struct rig_response *ret_response)
{
    struct rig_connection connection;
    char request[1024];

    assert_true(rig_connect(&rig, client, "http/1.1", 0, &connection));
    snprintf(request, sizeof(request), "%s %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n", method,
             target, more);
    rig_exchange(&connection, request, ret_response);
    rig_disconnect(&connection);
}

static void get(const char *target, struct rig_response *ret_response)
{
    ask_as(RIG_GOOD, "GET", target, "", ret_response);
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

static void assert_problem(const struct rig_response *response, const char *code, int status,
                           const char *param)
{
    assert_int_equal(response->status, status);
    assert_string_equal(rig_field(response, "content-type"), "application/problem+json");
    json_t *root = json_of(response);
    assert_string_equal(json_string_value(json_object_get(root, "code")), code);
    if (param != NULL) {
        json_t *first = json_array_get(json_object_get(root, "invalid_params"), 0);
        assert_string_equal(json_string_value(json_object_get(first, "name")), param);
    }
    json_decref(root);
}

static void a_certificate_that_is_not_good_completes_the_handshake_and_gets_401(void **state)
{
    static const enum rig_client clients[] = {RIG_NONE, RIG_UNTRUSTED, RIG_EXPIRED, RIG_REVOKED,
                                              RIG_WEAK};

    (void)state;
    for (size_t i = 0; i < sizeof(clients) / sizeof(clients[0]); i++) {
        struct rig_response response;
        ask_as(clients[i], "GET", "/v1/parties", "", &response);
        assert_problem(&response, "unauthenticated", 401, "certificate");
        assert_non_null(rig_field(&response, "www-authenticate"));
        rig_response_done(&response);
    }
    assert_int_equal(rig_last_look(&rig).looks, 0); /* the core never heard of them */
}

static void a_list_comes_in_pages_and_each_says_where_the_next_is(void **state)
{
    struct rig_response response;
    char target[128];

    (void)state;
    get("/v1/parties?limit=1", &response);
    assert_int_equal(response.status, 200);
    assert_string_equal(rig_field(&response, "content-type"), "application/json");
    assert_string_equal(rig_field(&response, "cache-control"), "private, no-cache");
    assert_string_equal(rig_field(&response, "link"),
                        "</v1/parties?limit=1&cursor=AAAAAUE>; rel=\"next\"");
    json_t *page = json_of(&response);
    assert_int_equal(json_object_size(page), 2);
    assert_int_equal(json_array_size(json_object_get(page, "items")), 1);
    snprintf(target, sizeof(target), "/v1/parties?cursor=%s",
             json_string_value(json_object_get(page, "next")));
    json_decref(page);
    rig_response_done(&response);
    struct rig_look look = rig_last_look(&rig);
    assert_int_equal(look.resource, RESOURCE_PARTIES);
    assert_string_equal(look.code, "");
    assert_string_equal(look.cursor, "");
    assert_int_equal(look.limit, 1);

    get(target, &response);
    assert_int_equal(response.status, 200);
    assert_string_equal(response.body, "{\"items\":[{\"code\":\"B\"}]}");
    assert_null(strstr(response.head, "rel="));
    rig_response_done(&response);
    look = rig_last_look(&rig);
    assert_string_equal(look.cursor, "A");
    assert_int_equal(look.limit, 50);
}

static void each_resource_has_its_address(void **state)
{
    (void)state;
    for (enum resource resource = 0; resource < RESOURCE_COUNT; resource++) {
        struct rig_response response;
        char target[64];
        if (resource == RESOURCE_INTENTIONS) { /* below its case's */
            snprintf(target, sizeof(target), "/v1/cases/NV-1.a_b/intention");
        } else {
            snprintf(target, sizeof(target), "/v1/%s/NV-1.a_b",
                     words_name(&words_resource, resource));
        }
        get(target, &response);
        assert_int_equal(response.status, 200);
        assert_string_equal(response.body, "{\"code\":\"NV-1.a_b\"}");
        rig_response_done(&response);
        struct rig_look look = rig_last_look(&rig);
        assert_int_equal(look.resource, resource);
        assert_string_equal(look.code, "NV-1.a_b");
        assert_int_equal(look.limit, 0);
    }
}

static void a_letter_is_asked_for_by_its_case_and_an_intention_by_nothing_else(void **state)
{
    struct rig_response response;
    (void)state;
    get("/v1/cases/NV-1.a_b/letter", &response);
    assert_int_equal(response.status, 200);
    rig_response_done(&response);
    struct rig_look look = rig_last_look(&rig);
    assert_int_equal(look.resource, RESOURCE_LETTERS);
    assert_string_equal(look.code, "NV-1.a_b");
    get("/v1/intentions/NV-1.a_b", &response);
    assert_int_equal(response.status, 404);
    rig_response_done(&response);
    get("/v1/cases/NV-1.a_b/letters", &response);
    assert_int_equal(response.status, 404);
    rig_response_done(&response);
}

static void what_the_client_has_already_is_not_sent_again(void **state)
{
    static const struct {
        const char *field;
        int status;
    } rows[] = {
        {"If-None-Match: \"7\"\r\n", 304},
        {"If-None-Match: W/\"7\"\r\n", 304},
        {"If-None-Match: \"6\", \"7\"\r\n", 304},
        {"If-None-Match: \"6\"\r\nIf-None-Match: \"7\"\r\n", 304},
        {"If-None-Match: *\r\n", 304},
        {"If-None-Match: \"6,\", \"77\"\r\n", 200},
        {"If-None-Match: 7\r\n", 200},
        {"If-None-Match: \"7\r\n", 200},
        {"If-None-Match:\r\n", 200},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rig_response response;
        ask_as(RIG_GOOD, "GET", "/v1/accounts/bank", rows[i].field, &response);
        if (response.status != rows[i].status) {
            fail_msg("%s: %d", rows[i].field, response.status);
        }
        assert_string_equal(rig_field(&response, "etag"), "\"7\"");
        assert_int_equal(response.body_len > 0, response.status == 200);
        assert_int_equal(strstr(response.head, "content-length") != NULL, response.status == 200);
        rig_response_done(&response);
    }
}

static void a_page_has_the_tag_of_its_content(void **state)
{
    struct rig_response first;
    struct rig_response again;
    struct rig_response other;
    char field[128];

    (void)state;
    get("/v1/parties", &first);
    snprintf(field, sizeof(field), "If-None-Match: %s\r\n", rig_field(&first, "etag"));
    ask_as(RIG_GOOD, "GET", "/v1/parties", field, &again);
    assert_int_equal(again.status, 304);
    ask_as(RIG_GOOD, "GET", "/v1/parties?cursor=AAAAAUE", field, &other);
    assert_int_equal(other.status, 200);
    rig_response_done(&first);
    rig_response_done(&again);
    rig_response_done(&other);
}

static void nothing_comes_after_a_304_in_http2_either(void **state)
{
    static const char *const has[] = {"if-none-match", "\"7\"", NULL};
    struct rig_h2 *h2 = NULL;

    (void)state;
    assert_true(rig_h2_open(&rig, RIG_GOOD, &h2));
    rig_h2_ask(h2, "GET", "/v1/accounts/bank", NULL, has);
    rig_h2_ask(h2, "GET", "/v1/accounts/bank", NULL, NULL);
    rig_h2_run(h2, 2, 5000);
    assert_int_equal(h2->responses[0].status, 304);
    assert_int_equal(h2->responses[0].body_len, 0);
    assert_int_equal(h2->responses[1].status, 200);
    rig_h2_close(h2);
}

static void a_parameter_that_is_wrong_is_named(void **state)
{
    static const struct {
        const char *target;
        const char *param;
    } rows[] = {
        {"/v1/parties?limit=0", "limit"},
        {"/v1/parties?limit=101", "limit"},
        {"/v1/parties?limit=01", "limit"},
        {"/v1/parties?limit=", "limit"},
        {"/v1/parties?limit", "limit"},
        {"/v1/parties?limit=5&limit=5", "limit"},
        {"/v1/parties?cursor=", "cursor"},
        {"/v1/parties?cursor=AAAA", "cursor"},
        {"/v1/parties?cursor=AAAAAUF", "cursor"},
        {"/v1/parties?cursor=AAAAAU%45", "cursor"},
        {"/v1/"
         "parties?cursor=QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB"
         "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE",
         "cursor"},
        {"/v1/parties?page=2", "page"},
        {"/v1/parties?limit=5&&cursor=AAAAAUE", ""},
        {"/v1/parties?Limit=5", "Limit"},
        {"/v1/parties/bank?limit=5", "query"},
    };
    unsigned looks = rig_last_look(&rig).looks;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rig_response response;
        get(rows[i].target, &response);
        assert_problem(&response, "bad_request", 400, rows[i].param);
        rig_response_done(&response);
    }
    assert_int_equal(rig_last_look(&rig).looks, looks);
}

static void what_may_not_be_seen_is_not_there_and_a_strange_key_is_nobody(void **state)
{
    struct rig_response response;

    (void)state;
    get("/v1/parties/none", &response);
    assert_problem(&response, "not_found", 404, NULL);
    rig_response_done(&response);
    get("/v1/parties/nobody", &response);
    assert_problem(&response, "unauthenticated", 401, "certificate");
    rig_response_done(&response);
}

static void nothing_else_is_there(void **state)
{
    static const char *const targets[] = {
        "/",
        "/v1",
        "/v1/",
        "/v1/persons",
        "/v1/lookup",
        "/v1/parties/",
        "/v1/parties/a/b",
        "/v1/parties/%41",
        "/v1/Parties",
        "/v1/parties/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        struct rig_response response;
        get(targets[i], &response);
        if (response.status != 404) {
            fail_msg("%s: %d", targets[i], response.status);
        }
        rig_response_done(&response);
    }
}

static void only_reading_in_json_is_offered(void **state)
{
    struct rig_response response;

    (void)state;
    ask_as(RIG_GOOD, "DELETE", "/v1/parties", "", &response);
    assert_problem(&response, "method_not_allowed", 405, NULL);
    assert_string_equal(rig_field(&response, "allow"), "GET, HEAD");
    rig_response_done(&response);
    ask_as(RIG_GOOD, "GET", "/v1/parties", "Accept: text/html\r\n", &response);
    assert_problem(&response, "not_acceptable", 406, NULL);
    rig_response_done(&response);
}

static void a_head_has_the_fields_of_its_get_and_no_body(void **state)
{
    struct rig_connection connection;
    struct rig_response response;

    (void)state;
    assert_true(rig_connect(&rig, RIG_GOOD, "http/1.1", 0, &connection));
    rig_send_text(&connection, "HEAD /v1/parties/bank HTTP/1.1\r\nHost: a\r\n\r\n");
    rig_receive(&connection, true, &response);
    assert_int_equal(response.status, 200);
    assert_string_equal(rig_field(&response, "etag"), "\"7\"");
    assert_string_equal(rig_field(&response, "content-length"), "15");
    rig_response_done(&response);
    rig_disconnect(&connection);
}

static void without_authorities_for_clients_it_does_not_start(void **state)
{
    struct child child = {0};

    (void)state;
    for (unsigned i = 0; i < GRANT_COUNT; i++) {
        child.grants[i] = -1;
    }
    assert_int_equal(desk_prepare(&child), PROC_EXIT_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_certificate_that_is_not_good_completes_the_handshake_and_gets_401),
        cmocka_unit_test(a_list_comes_in_pages_and_each_says_where_the_next_is),
        cmocka_unit_test(each_resource_has_its_address),
        cmocka_unit_test(a_letter_is_asked_for_by_its_case_and_an_intention_by_nothing_else),
        cmocka_unit_test(what_the_client_has_already_is_not_sent_again),
        cmocka_unit_test(a_page_has_the_tag_of_its_content),
        cmocka_unit_test(nothing_comes_after_a_304_in_http2_either),
        cmocka_unit_test(a_parameter_that_is_wrong_is_named),
        cmocka_unit_test(what_may_not_be_seen_is_not_there_and_a_strange_key_is_nobody),
        cmocka_unit_test(nothing_else_is_there),
        cmocka_unit_test(only_reading_in_json_is_offered),
        cmocka_unit_test(a_head_has_the_fields_of_its_get_and_no_body),
        cmocka_unit_test(without_authorities_for_clients_it_does_not_start),
    };
    return cmocka_run_group_tests_name("channel/desk", tests, start, stop);
}
