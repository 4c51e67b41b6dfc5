/*
 * Requests of OSIA: from address, query and body to one struct, and what is refused with which
 * reason.
 */
#include "../help.h"

#include "wire/osia.h"

static int set_up(void **state)
{
    static struct arena arena;
    assert_ok(arena_init(&arena, OSIA_ARENA_BYTES));
    *state = &arena;
    return 0;
}

static int tear_down(void **state)
{
    arena_done(*state);
    return 0;
}

static struct osia_message message_of(enum osia_operation operation, const char *query,
                                      const char *body)
{
    return (struct osia_message){
        .operation = operation,
        .identifier = VIEW_LITERAL("079090912345"),
        .query = view_text(query),
        .body = view_text(body),
    };
}

/* Everything in the body. */
static struct osia_message whole(enum osia_operation operation, const char *body)
{
    return (struct osia_message){.operation = operation, .whole = true, .body = view_text(body)};
}

static struct osia_request take(void **state, struct osia_message message)
{
    struct osia_request request = {0};
    struct osia_faults faults;

    arena_reset(*state);
    assert_ok(osia_request_get(&message, *state, &request, &faults));
    return request;
}

/* The first fault, and how many there are. */
static void assert_refused(void **state, struct osia_message message, const char *name,
                           enum osia_reason reason, unsigned count)
{
    struct osia_request request = {.name_count = 77};
    struct osia_faults faults;

    arena_reset(*state);
    assert_fault(osia_request_get(&message, *state, &request, &faults), FAULT_BAD_INPUT);
    assert_int_equal(request.name_count, 77); /* written on success only */
    assert_view(faults.items[0].name, name);
    assert_int_equal(faults.items[0].reason, reason);
    assert_int_equal(faults.count, count);
}

static void a_read_has_its_names_from_a_query_that_repeats_the_parameter(void **state)
{
    struct osia_request request = take(
        state, message_of(OSIA_READ, "attributeNames=firstName&attributeNames=last%4eame", ""));

    assert_view(request.identifier, "079090912345");
    assert_int_equal(request.name_count, 2);
    assert_view(request.names[0], "firstName");
    assert_view(request.names[1], "lastName");
    assert_int_equal(request.claim_count, 0);
}

static void a_match_has_a_claim_for_each_member_of_its_body(void **state)
{
    struct osia_request request =
        take(state, message_of(OSIA_MATCH, "",
                               "{\"firstName\":\"An\",\"gender\":1,\"x\":true,\"y\":1.5}"));

    assert_int_equal(request.claim_count, 4);
    assert_view(request.claims[0].name, "firstName");
    assert_view(request.claims[0].value->text, "An");
    assert_int_equal(request.claims[1].operator_, OSIA_EQUAL);
    assert_int_equal(request.claims[1].value->kind, JSON_KIND_INTEGER);
    assert_int_equal(request.claims[3].value->kind, JSON_KIND_NUMBER);
}

static void each_operator_of_an_expression_is_known(void **state)
{
    static const struct {
        const char *text;
        enum osia_operator operator_;
    } rows[] = {
        {"=", OSIA_EQUAL}, {"<", OSIA_LESS},      {"<=", OSIA_AT_MOST},
        {">", OSIA_MORE},  {">=", OSIA_AT_LEAST},
    };

    for (unsigned i = 0; i < 5; i++) {
        char body[128];
        snprintf(body, sizeof(body),
                 "[{\"attributeName\":\"dateOfBirth\",\"operator\":\"%s\",\"value\":\"1990\"}]",
                 rows[i].text);
        struct osia_request request = take(state, message_of(OSIA_VERIFY, "", body));
        assert_int_equal(request.claims[0].operator_, rows[i].operator_);
        assert_view(request.claims[0].name, "dateOfBirth");
    }
}

static void third_party_services_have_a_transaction_and_a_type(void **state)
{
    struct osia_request request =
        take(state, message_of(OSIA_ID_CHECK,
                               "transactionId=T%2D1&identifierType=credentialNumber&"
                               "verificationProofRequired=false",
                               "{\"biographicData\":{\"lastName\":\"A\"},\"biometricData\":[]}"));

    assert_view(request.transaction, "T-1");
    assert_view(request.identifier_type, "credentialNumber");
    assert_true(request.proof_unwanted);
    assert_int_equal(request.claim_count, 1);
    request =
        take(state, message_of(OSIA_ID_CHECK, "transactionId=1&verificationProofRequired=true",
                               "{\"biographicData\":{\"a\":\"A\"}}"));
    assert_false(request.proof_unwanted);
}

static void a_named_set_stands_in_the_address(void **state)
{
    struct osia_message message = message_of(OSIA_ID_SET, "transactionId=1", "");

    message.set = VIEW_LITERAL("DEFAULT_SET_01");
    struct osia_request request = take(state, message);
    assert_int_equal(request.operation, OSIA_ID_SET);
    assert_view(request.set, "DEFAULT_SET_01");
}

static void wanted_fields_of_other_groups_are_left_out(void **state)
{
    struct osia_request request =
        take(state, message_of(OSIA_ID_READ, "transactionId=1",
                               "{\"outputBiographicData\":[\"gender\"],"
                               "\"outputBiometricData\":[{\"biometricType\":\"FACE\"}],"
                               "\"outputCredentialData\":[],\"outputContactData\":[\"email\"]}"));

    assert_int_equal(request.name_count, 1);
    assert_view(request.names[0], "gender");
}

static void a_body_that_holds_everything_says_the_same(void **state)
{
    struct osia_request request =
        take(state, whole(OSIA_MATCH, "{\"uin\":\"079090912345\",\"fullName\":\"A B\","
                                      "\"dateOfBirth\":\"1990\",\"attributes\":{\"gender\":2}}"));

    assert_view(request.identifier, "079090912345");
    assert_view(request.name, "A B");
    assert_view(request.birth_date, "1990");
    assert_view(request.claims[0].name, "gender");
    request = take(state, whole(OSIA_READ, "{\"uin\":\"1\",\"attributeNames\":[\"a\",\"b\"]}"));
    assert_int_equal(request.name_count, 2);
    request =
        take(state, whole(OSIA_VERIFY, "{\"uin\":\"1\",\"expressions\":[{\"attributeName\":\"a\","
                                       "\"operator\":\"=\",\"value\":1}]}"));
    assert_int_equal(request.claim_count, 1);
    request =
        take(state, whole(OSIA_ID_CHECK, "{\"identifier\":\"1\",\"transactionId\":\"t\","
                                         "\"verificationProofRequired\":false,"
                                         "\"attributeSet\":{\"biographicData\":{\"a\":\"b\"}}}"));
    assert_true(request.proof_unwanted);
    request = take(state, whole(OSIA_ID_READ, "{\"identifier\":\"1\",\"transactionId\":\"t\","
                                              "\"attributeSetName\":\"S\"}"));
    assert_int_equal(request.operation, OSIA_ID_SET); /* as the other address has it */
    request = take(state, whole(OSIA_ID_READ,
                                "{\"identifier\":\"1\",\"transactionId\":\"t\","
                                "\"outputAttributeSet\":{\"outputBiographicData\":[\"a\"]}}"));
    assert_int_equal(request.operation, OSIA_ID_READ);
}

#define EXPRESSION(rest) "[{\"attributeName\":\"a\"" rest "}]"
#define OUTPUT(names) "{\"outputBiographicData\":" names "}"

static void what_is_not_as_the_standard_has_it_is_refused_with_its_reason(void **state)
{
    static const struct {
        enum osia_operation operation;
        const char *query;
        const char *body;
        const char *name;
        enum osia_reason reason;
    } rows[] = {
        {OSIA_READ, "", "", "attributeNames", OSIA_REASON_MISSING},
        {OSIA_READ, "attributeNames=a&names=b", "", "names", OSIA_REASON_UNKNOWN},
        {OSIA_READ, "attributeNames=a&attributeNames=a", "", "a", OSIA_REASON_TWICE},
        {OSIA_READ, "attributeNames=", "", "attributeNames", OSIA_REASON_NO_TEXT},
        {OSIA_READ, "attributeNames=%0a", "", "attributeNames", OSIA_REASON_NO_TEXT},
        {OSIA_READ, "attributeNames=%ff", "", "attributeNames", OSIA_REASON_NO_TEXT},
        {OSIA_READ, "attributeNames=%4", "", "attributeNames", OSIA_REASON_NO_TEXT},
        {OSIA_READ, "attributeNames=a&uin=1", "", "uin", OSIA_REASON_UNKNOWN},
        {OSIA_MATCH, "", "", "body", OSIA_REASON_NOT_JSON},
        {OSIA_MATCH, "", "[]", "attributes", OSIA_REASON_WRONG_TYPE},
        {OSIA_MATCH, "", "{}", "attributes", OSIA_REASON_NONE_NAMED},
        {OSIA_MATCH, "", "{\"a\":null}", "a", OSIA_REASON_WRONG_TYPE},
        {OSIA_MATCH, "", "{\"a\":[\"b\"]}", "a", OSIA_REASON_WRONG_TYPE},
        {OSIA_MATCH, "x=1", "{\"a\":1}", "x", OSIA_REASON_UNKNOWN},
        {OSIA_VERIFY, "", "{}", "expressions", OSIA_REASON_WRONG_TYPE},
        {OSIA_VERIFY, "", "[]", "attributes", OSIA_REASON_NONE_NAMED},
        {OSIA_VERIFY, "", "[1]", "expressions", OSIA_REASON_WRONG_TYPE},
        {OSIA_VERIFY, "", EXPRESSION(",\"operator\":\"=\""), "value", OSIA_REASON_MISSING},
        {OSIA_VERIFY, "", EXPRESSION(",\"operator\":\"!=\",\"value\":1"), "a",
         OSIA_REASON_NO_OPERATOR},
        {OSIA_VERIFY, "", EXPRESSION(",\"operator\":\"=\",\"value\":1,\"x\":1"), "expressions",
         OSIA_REASON_UNKNOWN},
        {OSIA_VERIFY, "", EXPRESSION(",\"operator\":\"=\",\"value\":{}"), "a",
         OSIA_REASON_WRONG_TYPE},
        {OSIA_ID_CHECK, "", "{\"biographicData\":{\"a\":1}}", "transactionId", OSIA_REASON_MISSING},
        {OSIA_ID_CHECK, "transactionId=1&transactionId=1", "{\"biographicData\":{\"a\":1}}",
         "transactionId", OSIA_REASON_TWICE},
        {OSIA_ID_CHECK, "transactionId=1&verificationProofRequired=1",
         "{\"biographicData\":{\"a\":1}}", "verificationProofRequired", OSIA_REASON_NOT_BOOLEAN},
        {OSIA_ID_CHECK, "transactionId=1", "{\"biometricData\":[{}]}", "biometricData",
         OSIA_REASON_NOT_KEPT},
        {OSIA_ID_CHECK, "transactionId=1", "{\"contactData\":{\"email\":\"a\"}}", "contactData",
         OSIA_REASON_NOT_KEPT},
        {OSIA_ID_CHECK, "transactionId=1", "{\"biographicData\":[]}", "biographicData",
         OSIA_REASON_WRONG_TYPE},
        {OSIA_ID_CHECK, "transactionId=1", "{\"more\":1}", "more", OSIA_REASON_UNKNOWN},
        {OSIA_ID_CHECK, "transactionId=1", "{}", "attributes", OSIA_REASON_NONE_NAMED},
        {OSIA_ID_READ, "transactionId=1", OUTPUT("[]"), "attributes", OSIA_REASON_NONE_NAMED},
        {OSIA_ID_READ, "transactionId=1", OUTPUT("[1]"), "outputBiographicData",
         OSIA_REASON_WRONG_TYPE},
        {OSIA_ID_READ, "transactionId=1", OUTPUT("\"a\""), "outputBiographicData",
         OSIA_REASON_WRONG_TYPE},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_refused(state, message_of(rows[i].operation, rows[i].query, rows[i].body),
                       rows[i].name, rows[i].reason, 1);
    }
}

static void a_body_that_holds_everything_is_read_as_strictly(void **state)
{
    assert_refused(state, whole(OSIA_READ, "[]"), "body", OSIA_REASON_WRONG_TYPE, 3);
    assert_refused(state, whole(OSIA_READ, "{}"), "uin", OSIA_REASON_MISSING, 2);
    assert_refused(state, whole(OSIA_READ, "{\"uin\":1,\"attributeNames\":[\"a\"]}"), "uin",
                   OSIA_REASON_WRONG_TYPE, 1);
    assert_refused(state, whole(OSIA_READ, "{\"uin\":\"1\",\"attributeNames\":\"a\"}"),
                   "attributeNames", OSIA_REASON_WRONG_TYPE, 1);
    assert_refused(state, whole(OSIA_READ, "{\"identifier\":\"1\"}"), "identifier",
                   OSIA_REASON_UNKNOWN, 3);
    assert_refused(state,
                   whole(OSIA_ID_READ,
                         "{\"identifier\":\"1\",\"transactionId\":\"t\","
                         "\"attributeSetName\":\"S\","
                         "\"outputAttributeSet\":{\"outputBiographicData\":[\"a\"]}}"),
                   "attributeSetName", OSIA_REASON_ONE_OF_TWO, 1);
    struct osia_message message = whole(OSIA_READ, "{\"uin\":\"1\",\"attributeNames\":[\"a\"]}");
    message.query = VIEW_LITERAL("attributeNames=b");
    assert_refused(state, message, "query", OSIA_REASON_UNKNOWN, 1);
    assert_refused(state,
                   whole(OSIA_ID_CHECK,
                         "{\"identifier\":\"1\",\"transactionId\":\"t\","
                         "\"verificationProofRequired\":\"no\",\"attributeSet\":{}}"),
                   "verificationProofRequired", OSIA_REASON_NOT_BOOLEAN, 1);
}

static void an_address_that_is_no_text_is_refused(void **state)
{
    struct osia_message message = message_of(OSIA_ID_SET, "transactionId=1", "");

    message.identifier = VIEW_LITERAL("%00");
    message.set = VIEW_LITERAL("%zz");
    assert_refused(state, message, "identifier", OSIA_REASON_NO_TEXT, 2);
}

/* More than anybody may ask for at once: names in a query, claims, faults. */
static void ceilings_are_refused(void **state)
{
    BUF_AUTO names;
    BUF_AUTO claims;

    buf_init(&names, 8192);
    buf_init(&claims, 8192);
    for (unsigned i = 0; i <= ASK_FIELDS_MAX; i++) {
        buf_printf(&names, "&attributeNames=a%u", i);
    }
    for (unsigned i = 0; i <= ASK_CLAIMS_MAX; i++) {
        buf_printf(&claims, "%s\"a%u\":1", i == 0 ? "{" : ",", i);
    }
    buf_put_text(&claims, "}");
    buf_put_u8(&names, 0);
    buf_put_u8(&claims, 0);
    assert_refused(state, message_of(OSIA_READ, (const char *)names.data + 1, ""), "a64",
                   OSIA_REASON_TOO_MANY, 1);
    assert_refused(state, message_of(OSIA_MATCH, "", (const char *)claims.data), "a32",
                   OSIA_REASON_TOO_MANY, 1);
    buf_reset(&names);
    for (unsigned i = 0; i < 2 * OSIA_FAULTS_MAX; i++) {
        buf_printf(&names, "x%u=1&", i);
    }
    buf_put_u8(&names, 0);
    assert_refused(state, message_of(OSIA_MATCH, (const char *)names.data, "{\"a\":1}"), "x0",
                   OSIA_REASON_UNKNOWN, OSIA_FAULTS_MAX);
}

static void an_arena_that_is_too_small_is_no_crash(void **state)
{
    struct arena small;

    (void)state;
    assert_ok(arena_init(&small, 64));
    struct osia_message messages[] = {
        message_of(OSIA_READ, "attributeNames=0123456789012345678901234567890123456789", ""),
        message_of(OSIA_MATCH, "", "{\"a\":\"012345678901234567890123456789\"}"),
    };
    for (unsigned i = 0; i < 2; i++) {
        struct osia_request request;
        struct osia_faults faults;
        arena_reset(&small);
        assert_fault(osia_request_get(&messages[i], &small, &request, &faults), FAULT_BAD_INPUT);
        assert_true(faults.count > 0);
    }
    arena_done(&small);
}

static void errors_are_exactly_the_standards(void **state)
{
    BUF_AUTO buf;

    (void)state;
    buf_init(&buf, 256);
    osia_put_error(&buf, 1023, VIEW_LITERAL("say \"no\""));
    assert_view(buf_view(&buf), "{\"code\":1023,\"message\":\"say \\\"no\\\"\"}");
    buf_reset(&buf);
    osia_put_mismatch(&buf, true, VIEW_LITERAL("a"), 0);
    osia_put_mismatch(&buf, false, VIEW_LITERAL("b"), 1);
    assert_view(buf_view(&buf), "{\"attributeName\":\"a\",\"errorCode\":0},"
                                "{\"attributeName\":\"b\",\"errorCode\":1}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_read_has_its_names_from_a_query_that_repeats_the_parameter),
        cmocka_unit_test(a_match_has_a_claim_for_each_member_of_its_body),
        cmocka_unit_test(each_operator_of_an_expression_is_known),
        cmocka_unit_test(third_party_services_have_a_transaction_and_a_type),
        cmocka_unit_test(a_named_set_stands_in_the_address),
        cmocka_unit_test(wanted_fields_of_other_groups_are_left_out),
        cmocka_unit_test(a_body_that_holds_everything_says_the_same),
        cmocka_unit_test(what_is_not_as_the_standard_has_it_is_refused_with_its_reason),
        cmocka_unit_test(a_body_that_holds_everything_is_read_as_strictly),
        cmocka_unit_test(an_address_that_is_no_text_is_refused),
        cmocka_unit_test(ceilings_are_refused),
        cmocka_unit_test(an_arena_that_is_too_small_is_no_crash),
        cmocka_unit_test(errors_are_exactly_the_standards),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
