/*
 * OSIA's addresses at the edge: each operation reaches the core, answers and refusals have the
 * standard's form, and what makes two requests the same.
 */
#include "rig.h"

#include "channel/edge/private.h"

#include <jansson.h>

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

#define PERSONS "/osia/data-access/v1/persons"
#define NUMBER "079090912345"
#define READ PERSONS "/" NUMBER "?attributeNames=fullName"
#define FIELDS                                                                                     \
    "Dancu-Business: NV-BANK-OSIA\r\nDancu-Name: Nguy%E1%BB%85n V%C4%83n An\r\n"                   \
    "Dancu-Birth-Date: 1990-01-02\r\n"

/* One request: `more` = further header lines. */
static void send_once(enum rig_client client, const char *method, const char *target,
                      const char *more, const char *body, struct rig_response *ret_response)
{
    struct rig_connection connection;
    char request[4096];

    snprintf(request, sizeof(request),
             "%s %s HTTP/1.1\r\nHost: localhost\r\nAccept-Language: en\r\n%sContent-Length: "
             "%zu\r\n\r\n%s",
             method, target, more, strlen(body), body);
    assert_true(rig_connect(&rig, client, "http/1.1", 0, &connection));
    rig_exchange(&connection, request, ret_response);
    rig_disconnect(&connection);
}

/* The standard's Error, and nothing else. */
static void assert_error(const struct rig_response *response, int status, int code)
{
    json_error_t error;
    json_t *root = json_loadb(response->body, response->body_len, 0, &error);

    assert_int_equal(response->status, status);
    assert_string_equal(rig_field(response, "content-type"), "application/json");
    assert_string_equal(rig_field(response, "cache-control"), "no-store");
    assert_int_equal(json_object_size(root), 2);
    assert_int_equal(json_integer_value(json_object_get(root, "code")), code);
    assert_true(json_string_length(json_object_get(root, "message")) > 0);
    json_decref(root);
}

static void a_read_is_answered_in_the_standards_form_with_the_id_of_its_record(void **state)
{
    struct rig_response response;

    (void)state;
    send_once(RIG_GOOD, "GET", READ, FIELDS "Dancu-Case: ok\r\n", "", &response);
    assert_int_equal(response.status, 200);
    assert_string_equal(rig_field(&response, "content-type"), "application/json");
    assert_int_equal(response.body_len, strlen("{\"fullName\":\"Nguyễn Văn An\"}"));
    assert_memory_equal(response.body, "{\"fullName\":\"Nguyễn Văn An\"}", response.body_len);
    assert_int_equal(strlen(rig_field(&response, "dancu-ask")), 36);
    assert_non_null(rig_field(&response, "ratelimit"));
    assert_null(rig_field(&response, "dancu-notices"));
    rig_response_done(&response);
    struct rig_ask last = rig_last(&rig);
    assert_string_equal(last.key, NUMBER);
    assert_string_equal(last.name, "Nguyễn Văn An");
    assert_string_equal(last.business, "NV-BANK-OSIA");
    assert_int_equal(last.ask.service, SERVICE_CITIZEN_LOOKUP);
}

#define JSON "Content-Type: application/json\r\n"
#define REFUSED FIELDS "Dancu-Case: code:subject_not_available\r\n" JSON

static void every_operation_reaches_the_core_by_both_of_its_addresses(void **state)
{
    static const struct {
        const char *method;
        const char *target;
        const char *body;
        enum service service;
    } rows[] = {
        {"GET", READ, "", SERVICE_CITIZEN_LOOKUP},
        {"POST", PERSONS "/read", "{\"uin\":\"" NUMBER "\",\"attributeNames\":[\"gender\"]}",
         SERVICE_CITIZEN_LOOKUP},
        {"POST", PERSONS "/" NUMBER "/match", "{\"gender\":1}", SERVICE_CITIZEN_VERIFY},
        {"POST", PERSONS "/match", "{\"uin\":\"" NUMBER "\",\"attributes\":{\"gender\":1}}",
         SERVICE_CITIZEN_VERIFY},
        {"POST", PERSONS "/" NUMBER "/verify",
         "[{\"attributeName\":\"gender\",\"operator\":\"=\",\"value\":1}]", SERVICE_CITIZEN_VERIFY},
        {"POST", PERSONS "/verify",
         "{\"uin\":\"" NUMBER "\",\"expressions\":[{\"attributeName\":\"gender\",\"operator\":"
         "\"=\",\"value\":1}]}",
         SERVICE_CITIZEN_VERIFY},
        {"POST", "/osia/third-party/v1/verify/" NUMBER "?transactionId=1",
         "{\"biographicData\":{\"gender\":1}}", SERVICE_CITIZEN_VERIFY},
        {"POST", "/osia/third-party/v1/verify",
         "{\"identifier\":\"" NUMBER "\",\"transactionId\":\"1\",\"attributeSet\":{"
         "\"biographicData\":{\"gender\":1}}}",
         SERVICE_CITIZEN_VERIFY},
        {"GET", "/osia/third-party/v1/attributes/DEFAULT_SET_01/" NUMBER "?transactionId=1", "",
         SERVICE_CITIZEN_LOOKUP},
        {"POST", "/osia/third-party/v1/attributes/" NUMBER "?transactionId=1",
         "{\"outputBiographicData\":[\"gender\"]}", SERVICE_CITIZEN_LOOKUP},
        {"POST", "/osia/third-party/v1/attributes",
         "{\"identifier\":\"" NUMBER "\",\"transactionId\":\"1\",\"attributeSetName\":"
         "\"DEFAULT_SET_01\"}",
         SERVICE_CITIZEN_LOOKUP},
    };
    unsigned asks = rig_last(&rig).asks;

    (void)state;
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rig_response response;
        send_once(RIG_GOOD, rows[i].method, rows[i].target, REFUSED, rows[i].body, &response);
        assert_error(&response, 404, 1100 + CODE_SUBJECT_NOT_AVAILABLE);
        assert_int_equal(strlen(rig_field(&response, "dancu-ask")), 36);
        rig_response_done(&response);
        struct rig_ask last = rig_last(&rig);
        assert_int_equal(last.asks, asks + i + 1);
        assert_int_equal(last.ask.service, rows[i].service);
        assert_string_equal(last.key, NUMBER);
    }
}

static void what_is_refused_before_the_core_has_the_standards_form_too(void **state)
{
    static const struct {
        enum rig_client client;
        const char *method;
        const char *target;
        const char *more;
        int status;
        int code;
    } rows[] = {
        {RIG_NONE, "GET", READ, FIELDS, 401, 1100 + CODE_UNAUTHENTICATED},
        {RIG_GOOD, "GET", "/osia/data-access/v1/people", FIELDS, 404, 1100 + CODE_NOT_FOUND},
        {RIG_GOOD, "GET", PERSONS "/", FIELDS, 404, 1100 + CODE_NOT_FOUND},
        {RIG_GOOD, "GET", PERSONS "/" NUMBER "/match/", FIELDS, 404, 1100 + CODE_NOT_FOUND},
        {RIG_GOOD, "POST", READ, FIELDS JSON, 405, 1100 + CODE_METHOD_NOT_ALLOWED},
        {RIG_GOOD, "GET", PERSONS "/" NUMBER "/match", FIELDS, 405, 1100 + CODE_METHOD_NOT_ALLOWED},
        {RIG_GOOD, "GET", READ, FIELDS "Accept: text/html\r\n", 406, 1100 + CODE_NOT_ACCEPTABLE},
        {RIG_GOOD, "POST", PERSONS "/read", FIELDS "Content-Type: text/plain\r\n", 415,
         1100 + CODE_UNSUPPORTED_MEDIA_TYPE},
        {RIG_GOOD, "GET", READ, "", 400, 1100 + CODE_BAD_REQUEST},
        {RIG_GOOD, "GET", PERSONS "/1?attributeNames=gender", FIELDS, 400, 1100 + CODE_BAD_REQUEST},
        {RIG_GOOD, "GET", PERSONS "?firstName=An", FIELDS, 403, 1026},
        {RIG_GOOD, "POST", "/osia/third-party/v1/identify?transactionId=1", FIELDS JSON, 403, 1026},
        {RIG_GOOD, "GET", "/osia/third-party/v1/identify/1?transactionId=1", FIELDS, 403, 1026},
        {RIG_GOOD, "GET", PERSONS "/" NUMBER "/document?doctype=a&format=pdf", FIELDS, 403, 1027},
    };
    unsigned asks = rig_last(&rig).asks;

    (void)state;
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rig_response response;
        send_once(rows[i].client, rows[i].method, rows[i].target, rows[i].more, "", &response);
        assert_error(&response, rows[i].status, rows[i].code);
        assert_null(rig_field(&response, "dancu-ask"));
        assert_null(strstr(response.body, NUMBER));
        rig_response_done(&response);
    }
    assert_int_equal(rig_last(&rig).asks, asks);
}

static void every_refusal_of_the_core_is_an_error_with_its_number(void **state)
{
    (void)state;
    for (enum code code = CODE_BAD_REQUEST; code < CODE_COUNT; code++) {
        struct rig_response response;
        char more[512];
        snprintf(more, sizeof(more), "%sDancu-Case: code:%s\r\n", FIELDS,
                 words_name(&words_code, code));
        send_once(RIG_GOOD, "GET", READ, more, "", &response);
        assert_error(&response, (int)code_status(code), 1100 + (int)code);
        assert_int_equal(rig_field(&response, "dancu-ask") != NULL, code_has_receipt(code));
        rig_response_done(&response);
    }
}

static void an_attribute_that_is_not_granted_is_named(void **state)
{
    struct rig_response response;

    (void)state;
    send_once(RIG_GOOD, "GET", READ "&attributeNames=gender",
              FIELDS "Dancu-Case: code:field_not_granted:1\r\n", "", &response);
    assert_error(&response, 403, 1100 + CODE_FIELD_NOT_GRANTED);
    assert_non_null(strstr(response.body, "gender"));
    assert_null(strstr(response.body, "/fields/"));
    rig_response_done(&response);
}

static void hash_of(const char *target, const char *more, uint8_t ret_hash[32])
{
    struct rig_response response;

    send_once(RIG_GOOD, "GET", target, more, "", &response);
    assert_int_equal(response.status, 200);
    rig_response_done(&response);
    memcpy(ret_hash, rig_last(&rig).ask.body_sha256, 32);
}

/* A key that is used again stands for the same ask only when all of this is the same: two reads
 * have the same body, none. */
static void another_person_name_date_business_case_or_attribute_is_another_request(void **state)
{
#define NAME "Dancu-Name: Nguyen\r\n"
#define BORN "Dancu-Birth-Date: 1990-01-02\r\n"
#define FOR "Dancu-Business: A\r\nDancu-Case: ok\r\n"
    static const struct {
        const char *target;
        const char *more;
    } rows[] = {
        {READ, NAME BORN FOR},
        {PERSONS "/079090912346?attributeNames=fullName", NAME BORN FOR},
        {READ "&attributeNames=lastName", NAME BORN FOR},
        {READ, "Dancu-Name: Nguyem\r\n" BORN FOR},
        {READ, NAME "Dancu-Birth-Date: 1990\r\n" FOR},
        {READ, NAME BORN "Dancu-Business: B\r\nDancu-Case: ok\r\n"},
        {READ, NAME BORN "Dancu-Business: A\r\nDancu-Case: ok2\r\n"},
        {READ, NAME BORN FOR "Dancu-Officer: X\r\n"},
        {READ, NAME BORN FOR "Dancu-Party: X\r\n"},
    };
    uint8_t hashes[sizeof(rows) / sizeof(rows[0])][32];
    uint8_t again[32];

    (void)state;
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        hash_of(rows[i].target, rows[i].more, hashes[i]);
        for (unsigned j = 0; j < i; j++) {
            assert_memory_not_equal(hashes[i], hashes[j], 32);
        }
    }
    hash_of(rows[0].target, NAME BORN FOR "Accept-Language: vi\r\n", again);
    assert_memory_equal(hashes[0], again, 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_read_is_answered_in_the_standards_form_with_the_id_of_its_record),
        cmocka_unit_test(every_operation_reaches_the_core_by_both_of_its_addresses),
        cmocka_unit_test(what_is_refused_before_the_core_has_the_standards_form_too),
        cmocka_unit_test(every_refusal_of_the_core_is_an_error_with_its_number),
        cmocka_unit_test(an_attribute_that_is_not_granted_is_named),
        cmocka_unit_test(another_person_name_date_business_case_or_attribute_is_another_request),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
