/*
 * What OSIA's requests mean here: which ask they are, what is refused, and how an answer looks.
 */
#include "../help.h"

#include "channel/osia/osia.h"

#include <jansson.h>

struct fixture {
    struct arena arena;
    struct ask_faults faults;
    struct osia_headers headers;
    struct osia_plan plan;
    struct buf body;
};

static int set_up(void **state)
{
    static struct fixture fixture;

    fixture = (struct fixture){0};
    assert_ok(arena_init(&fixture.arena, OSIA_PLAN_ARENA_BYTES));
    ask_faults_init(&fixture.faults);
    buf_init(&fixture.body, 1 << 20);
    fixture.headers = (struct osia_headers){
        .business = VIEW_LITERAL("NV-BANK-OSIA"),
        .case_ref = VIEW_LITERAL("HS-1"),
        .name = VIEW_LITERAL("Nguy%E1%BB%85n V%c4%83n An"),
        .birth_date = VIEW_LITERAL("1990-01-02"),
    };
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    arena_done(&fixture->arena);
    ask_faults_done(&fixture->faults);
    buf_done(&fixture->body);
    return 0;
}

static struct outcome plan(struct fixture *fixture, struct osia_message message)
{
    arena_reset(&fixture->arena);
    ask_faults_reset(&fixture->faults);
    return osia_plan_make(&message, &fixture->headers, LANGUAGE_EN, &fixture->arena, &fixture->plan,
                          &fixture->faults);
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

static const struct ask *planned(struct fixture *fixture, struct osia_message message)
{
    assert_ok(plan(fixture, message));
    return &fixture->plan.ask;
}

/* The answer to what was planned last. */
static const char *answered(struct fixture *fixture, const char *given)
{
    const struct answer answer = {
        .code = CODE_DISCLOSED,
        .person = view_text(given),
        .notices = VIEW_LITERAL("[]"),
        .entry = VIEW_LITERAL("{\"v\":1}"),
        .checkpoint = VIEW_LITERAL("origin\n1\nroot\n"),
    };

    buf_reset(&fixture->body);
    osia_answer_put(&fixture->plan, &answer, LANGUAGE_EN, &fixture->arena, &fixture->body);
    buf_put_u8(&fixture->body, 0);
    assert_ok(buf_check(&fixture->body));
    return (const char *)fixture->body.data;
}

static void assert_claim(const struct ask *ask, unsigned at, enum field field,
                         enum claim_compare compare, const char *member, const char *value)
{
    const struct claim *claim = &ask->claims[at];

    assert_true(at < ask->claim_count);
    assert_int_equal(claim->kind, CLAIM_FIELD);
    assert_int_equal(claim->what, field);
    assert_int_equal(claim->compare, compare);
    assert_view(claim->member, member);
    assert_view(claim->value, value);
}

/* ---- asks ---- */

static void a_read_is_a_look_up_of_the_fields_behind_its_names(void **state)
{
    const struct ask *ask =
        planned(*state, message_of(OSIA_READ,
                                   "attributeNames=firstName&attributeNames=gender&"
                                   "attributeNames=lastName&attributeNames=spouseName",
                                   ""));

    assert_int_equal(ask->service, SERVICE_CITIZEN_LOOKUP);
    assert_view(ask->business, "NV-BANK-OSIA");
    assert_view(ask->case_ref, "HS-1");
    assert_view(ask->name, "Nguyễn Văn An");
    assert_view(ask->birth_date, "1990-01-02");
    assert_int_equal(ask->subject_kind, SUBJECT_ID);
    assert_view(ask->key, "079090912345");
    assert_int_equal(ask->field_count, 2);
    assert_int_equal(ask->fields[0], FIELD_FULL_NAME);
    assert_int_equal(ask->fields[1], FIELD_SEX);
    assert_int_equal(ask->claim_count, 0);
    assert_int_equal(ask->idempotency_key.len, 0);
}

static void each_attribute_of_a_match_is_a_claim_and_each_is_answered(void **state)
{
    const struct ask *ask = planned(
        *state, message_of(OSIA_MATCH, "",
                           "{\"firstName\":\"Văn An\",\"lastName\":\"Nguyễn\",\"gender\":2,"
                           "\"dateOfBirth\":\"1990-01-02\",\"dateOfDeath\":\"2020-01-01\","
                           "\"status\":\"missing\",\"permanentResidence.province\":\"79\","
                           "\"temporaryAbsence.to\":\"2026-01-01\",\"nationality\":\"VN\"}"));

    assert_int_equal(ask->service, SERVICE_CITIZEN_VERIFY);
    assert_true(ask->per_claim);
    assert_int_equal(ask->claim_count, 8);
    assert_claim(ask, 0, FIELD_FULL_NAME, CLAIM_EQUAL, "", "\"Nguyễn Văn An\"");
    assert_claim(ask, 1, FIELD_SEX, CLAIM_EQUAL, "", "\"2\"");
    assert_claim(ask, 2, FIELD_BIRTH_DATE, CLAIM_EQUAL, "", "\"1990-01-02\"");
    assert_claim(ask, 3, FIELD_DEATH_OR_MISSING, CLAIM_EQUAL, "",
                 "{\"date\":\"2020-01-01\",\"kind\":\"dead\"}");
    assert_claim(ask, 4, FIELD_DEATH_OR_MISSING, CLAIM_EQUAL, "", "{\"kind\":\"missing\"}");
    assert_claim(ask, 5, FIELD_PERMANENT_RESIDENCE, CLAIM_EQUAL, "province", "\"79\"");
    assert_claim(ask, 6, FIELD_TEMPORARY_ABSENCE, CLAIM_EQUAL, "", "{\"to\":\"2026-01-01\"}");
    assert_claim(ask, 7, FIELD_NATIONALITY, CLAIM_EQUAL, "", "\"VN\"");
    assert_int_equal(ask->field_count, 7); /* each once */
    assert_string_equal(answered(*state, "{\"claims\":[false,true,true,null,true,true,true,true]}"),
                        "[{\"attributeName\":\"firstName\",\"errorCode\":1},"
                        "{\"attributeName\":\"lastName\",\"errorCode\":1},"
                        "{\"attributeName\":\"dateOfDeath\",\"errorCode\":0}]");
}

static void a_match_says_of_an_attribute_that_there_is_none(void **state)
{
    const struct ask *ask = planned(
        *state, message_of(OSIA_MATCH, "", "{\"placeOfBirth\":\"x\",\"dob\":1,\"gender\":\"1\"}"));

    assert_int_equal(ask->claim_count, 1);
    assert_string_equal(answered(*state, "{\"claims\":[true]}"),
                        "[{\"attributeName\":\"placeOfBirth\",\"errorCode\":0},"
                        "{\"attributeName\":\"dob\",\"errorCode\":0}]");
    assert_ok(plan(*state, message_of(OSIA_MATCH, "", "{\"gender\":1}")));
    assert_string_equal(answered(*state, "{\"claims\":[true]}"), "[]");
}

static void each_expression_is_a_claim_with_its_operator(void **state)
{
    const struct ask *ask =
        planned(*state, message_of(OSIA_VERIFY, "",
                                   "[{\"attributeName\":\"dateOfBirth\",\"operator\":\">=\","
                                   "\"value\":\"1980\"},"
                                   "{\"attributeName\":\"dateOfBirth\",\"operator\":\"<\","
                                   "\"value\":\"2000-01-01\"},"
                                   "{\"attributeName\":\"maritalStatus\",\"operator\":\"=\","
                                   "\"value\":\"2\"}]"));

    assert_false(ask->per_claim);
    assert_claim(ask, 0, FIELD_BIRTH_DATE, CLAIM_AT_LEAST, "", "\"1980\"");
    assert_claim(ask, 1, FIELD_BIRTH_DATE, CLAIM_LESS, "", "\"2000-01-01\"");
    assert_claim(ask, 2, FIELD_MARITAL_STATUS, CLAIM_EQUAL, "", "\"2\"");
    assert_int_equal(ask->field_count, 2);
    assert_string_equal(answered(*state, "{\"verified\":true}"), "true");
    assert_string_equal(answered(*state, "{\"verified\":false}"), "false");
}

static void name_and_birth_date_come_from_the_attributes_when_nothing_else_says_them(void **state)
{
    struct fixture *fixture = *state;
    static const char *const bodies[] = {
        "{\"firstName\":\"Văn An\",\"lastName\":\"Nguyễn\",\"dateOfBirth\":\"1990\"}",
        "{\"dateOfBirth\":\"1990\",\"lastName\":\"Nguyễn\",\"firstName\":\"Văn An\"}",
        "{\"dateOfBirth\":\"1990\",\"fullName\":\"Nguyễn Văn An\"}",
    };

    for (unsigned i = 0; i < 3; i++) {
        fixture->headers.name = (struct view){0};
        fixture->headers.birth_date = (struct view){0};
        const struct ask *ask = planned(fixture, message_of(OSIA_MATCH, "", bodies[i]));
        assert_view(ask->name, "Nguyễn Văn An");
        assert_view(ask->birth_date, "1990");
        assert_int_equal(ask->claim_count, 2);
    }
    /* The header fields come first, and the attributes are matched all the same. */
    fixture->headers.name = VIEW_LITERAL("A B");
    fixture->headers.birth_date = VIEW_LITERAL("1991");
    const struct ask *ask = planned(fixture, message_of(OSIA_MATCH, "", bodies[0]));
    assert_view(ask->name, "A B");
    assert_view(ask->birth_date, "1991");
    assert_claim(ask, 0, FIELD_FULL_NAME, CLAIM_EQUAL, "", "\"Nguyễn Văn An\"");
}

static void a_range_of_birth_dates_is_no_birth_date(void **state)
{
    struct fixture *fixture = *state;

    fixture->headers.birth_date = (struct view){0};
    assert_fault(plan(fixture, message_of(OSIA_VERIFY, "",
                                          "[{\"attributeName\":\"dateOfBirth\","
                                          "\"operator\":\"<=\",\"value\":\"1990\"}]")),
                 FAULT_BAD_INPUT);
}

static void a_transaction_is_the_key_of_the_ask_unless_one_is_given(void **state)
{
    struct fixture *fixture = *state;
    struct osia_message message =
        message_of(OSIA_ID_CHECK, "transactionId=T-1", "{\"biographicData\":{\"gender\":1}}");

    assert_view(planned(fixture, message)->idempotency_key, "T-1");
    assert_false(fixture->plan.ask.per_claim);
    fixture->headers.idempotency_key = VIEW_LITERAL("mine");
    assert_view(planned(fixture, message)->idempotency_key, "mine");
}

static void a_card_number_is_nine_digits_or_the_twelve_of_a_newer_card(void **state)
{
    struct osia_message message =
        message_of(OSIA_ID_READ, "transactionId=1&identifierType=credentialNumber",
                   "{\"outputBiographicData\":[\"uin\",\"fullName\"]}");

    assert_int_equal(planned(*state, message)->subject_kind, SUBJECT_ID);
    message.identifier = VIEW_LITERAL("901234567");
    assert_int_equal(planned(*state, message)->subject_kind, SUBJECT_CMND);
    /* The number of the person behind a card is another service's to tell. */
    assert_string_equal(answered(*state, "{\"full_name\":\"A\"}"),
                        "{\"biographicData\":{\"fullName\":\"A\"}}");
}

static void everything_may_stand_in_the_body(void **state)
{
    struct fixture *fixture = *state;
    struct osia_message message = {
        .operation = OSIA_READ,
        .whole = true,
        .body = VIEW_LITERAL("{\"uin\":\"079090912345\",\"fullName\":\"A B\","
                             "\"dateOfBirth\":\"1991\",\"attributeNames\":[\"gender\"]}"),
    };

    assert_view(planned(fixture, message)->name, "A B");
    assert_view(fixture->plan.ask.birth_date, "1991");
    message.body = VIEW_LITERAL("{\"uin\":\"079090912345\",\"attributeNames\":[\"gender\"]}");
    assert_view(planned(fixture, message)->name, "Nguyễn Văn An"); /* of the header field */
}

static void the_other_header_fields_are_codes_and_texts(void **state)
{
    struct fixture *fixture = *state;

    fixture->headers.officer = VIEW_LITERAL("nv-0042");
    fixture->headers.party = VIEW_LITERAL("bank");
    fixture->headers.case_ref = VIEW_LITERAL("H%E1%BB%93 s%C6%A1 100%25");
    const struct ask *ask = planned(fixture, message_of(OSIA_READ, "attributeNames=gender", ""));
    assert_view(ask->officer, "nv-0042");
    assert_view(ask->party, "bank");
    assert_view(ask->case_ref, "Hồ sơ 100%");
    fixture->headers.case_ref = (struct view){0}; /* the core refuses that, and records it */
    assert_int_equal(
        planned(fixture, message_of(OSIA_READ, "attributeNames=gender", ""))->case_ref.len, 0);
}

/* ---- answers ---- */

#define ADDRESS                                                                                    \
    "{\"country\":\"VN\",\"detail\":\"12 Lê Lợi\",\"district\":null,\"list\":\"2025-07-01\","   \
    "\"province\":\"79\",\"ward\":\"26734\"}"
#define PERSON                                                                                     \
    "{\"birth_date\":\"1990-01-02\",\"current_residence\":null,"                                   \
    "\"death_or_missing\":{\"date\":\"2021-05-01\",\"kind\":\"dead\"},"                            \
    "\"full_name\":\"Nguyễn Văn An\",\"permanent_residence\":" ADDRESS ",\"sex\":\"1\"}"

static const char *read_of(void **state, const char *names, const char *person)
{
    assert_ok(plan(*state, message_of(OSIA_READ, names, "")));
    return answered(*state, person);
}

static void a_read_gives_values_in_the_order_and_the_forms_of_the_standard(void **state)
{
    assert_string_equal(
        read_of(state,
                "attributeNames=uin&attributeNames=lastName&attributeNames=firstName&"
                "attributeNames=dateOfBirth&attributeNames=gender&attributeNames=dateOfDeath&"
                "attributeNames=status&attributeNames=permanentResidence&"
                "attributeNames=permanentResidence.ward",
                PERSON),
        "{\"uin\":\"079090912345\",\"lastName\":\"Nguyễn\",\"firstName\":\"Văn An\","
        "\"dateOfBirth\":\"1990-01-02\",\"gender\":1,\"dateOfDeath\":\"2021-05-01\","
        "\"status\":\"dead\","
        "\"permanentResidence\":\"12 Lê Lợi, 26734, 79, VN (2025-07-01)\","
        "\"permanentResidence.ward\":\"26734\"}");
}

static void what_is_not_there_is_an_error_in_its_place(void **state)
{
    assert_string_equal(
        read_of(state,
                "attributeNames=dob&attributeNames=placeOfBirth&attributeNames=currentResidence&"
                "attributeNames=permanentResidence.district",
                PERSON),
        "{\"dob\":{\"code\":1023,\"message\":\"Unknown attribute name\"},"
        "\"placeOfBirth\":{\"code\":1024,"
        "\"message\":\"The register does not have this attribute\"},"
        "\"currentResidence\":{\"code\":1025,\"message\":\"The register has no value\"},"
        "\"permanentResidence.district\":{\"code\":1025,"
        "\"message\":\"The register has no value\"}}");
}

static void who_is_missing_has_a_status_and_no_date_of_death(void **state)
{
    assert_string_equal(read_of(state, "attributeNames=status&attributeNames=dateOfDeath",
                                "{\"death_or_missing\":{\"date\":\"2021\",\"kind\":\"missing\"}}"),
                        "{\"status\":\"missing\",\"dateOfDeath\":{\"code\":1025,"
                        "\"message\":\"The register has no value\"}}");
    assert_string_equal(read_of(state, "attributeNames=status", "{\"death_or_missing\":null}"),
                        "{\"status\":{\"code\":1025,\"message\":\"The register has no value\"}}");
}

static void a_gender_that_is_not_known_is_zero_and_a_name_of_one_word_a_family_name(void **state)
{
    assert_string_equal(read_of(state, "attributeNames=gender", "{\"sex\":null}"),
                        "{\"gender\":0}");
    assert_string_equal(
        read_of(state, "attributeNames=lastName&attributeNames=firstName", "{\"full_name\":\"Y\"}"),
        "{\"lastName\":\"Y\",\"firstName\":{\"code\":1025,"
        "\"message\":\"The register has no value\"}}");
    assert_string_equal(read_of(state, "attributeNames=lastName", "{\"full_name\":null}"),
                        "{\"lastName\":{\"code\":1025,"
                        "\"message\":\"The register has no value\"}}");
}

static void a_set_leaves_out_what_is_not_available(void **state)
{
    struct osia_message message = message_of(OSIA_ID_SET, "transactionId=1", "");

    message.set = VIEW_LITERAL("DEFAULT_SET_01");
    assert_int_equal(planned(*state, message)->field_count, 2);
    assert_string_equal(answered(*state, PERSON),
                        "{\"biographicData\":{\"firstName\":\"Văn An\",\"lastName\":\"Nguyễn\","
                        "\"dateOfBirth\":\"1990-01-02\"}}");
    message.set = VIEW_LITERAL("DEFAULT_SET_EIDAS");
    assert_int_equal(planned(*state, message)->field_count, 4);
    assert_string_equal(answered(*state, PERSON),
                        "{\"biographicData\":{\"uin\":\"079090912345\",\"firstName\":\"Văn An\","
                        "\"lastName\":\"Nguyễn\",\"dateOfBirth\":\"1990-01-02\",\"gender\":1}}");
}

static void a_verdict_brings_the_native_answer_as_its_proof_when_it_is_wanted(void **state)
{
    struct osia_message message =
        message_of(OSIA_ID_CHECK, "transactionId=1", "{\"biographicData\":{\"gender\":1}}");
    json_error_t error;

    assert_ok(plan(*state, message));
    json_t *verdict = json_loads(answered(*state, "{\"verified\":true}"), 0, &error);
    assert_int_equal(json_integer_value(json_object_get(verdict, "verificationCode")), 0);
    assert_string_equal(json_string_value(json_object_get(verdict, "verificationMessage")),
                        "All attributes match");
    json_t *proof =
        json_loads(json_string_value(json_object_get(verdict, "verificationProof")), 0, &error);
    json_t *receipt = json_object_get(proof, "receipt");
    assert_string_equal(json_string_value(json_object_get(receipt, "entry")), "{\"v\":1}");
    json_decref(proof);
    json_decref(verdict);
    assert_string_equal(answered(*state, "{\"verified\":false}"),
                        "{\"verificationCode\":1,\"verificationMessage\":"
                        "\"An attribute does not match, or has no value\"}");
    message.query = VIEW_LITERAL("transactionId=1&verificationProofRequired=false");
    assert_ok(plan(*state, message));
    assert_string_equal(answered(*state, "{\"verified\":true}"),
                        "{\"verificationCode\":0,\"verificationMessage\":"
                        "\"All attributes match\"}");
}

/* ---- refusals ---- */

/* One fault of that name, whose reason has that text in it. */
static void assert_refused(struct fixture *fixture, struct osia_message message, const char *name,
                           const char *reason)
{
    struct problem problem = {0};

    assert_fault(plan(fixture, message), FAULT_BAD_INPUT);
    ask_faults_tell(&fixture->faults, &problem);
    if (problem.param_count != 1) {
        fail_msg("%s: %u faults", name, problem.param_count);
    }
    assert_view(problem.params[0].name, name);
    char text[128];
    snprintf(text, sizeof(text), "%.*s", (int)problem.params[0].reason.len,
             (const char *)problem.params[0].reason.data);
    if (strstr(text, reason) == NULL) {
        fail_msg("%s: %s", name, text);
    }
}

#define CHECKED(attributes) "{\"biographicData\":{" attributes "}}"
#define EXPRESSION(name, operator, value)                                                          \
    "[{\"attributeName\":\"" name "\",\"operator\":\"" operator"\",\"value\":" value "}]"

static void what_cannot_be_asked_is_told_by_name(void **state)
{
    static const struct {
        enum osia_operation operation;
        const char *query;
        const char *body;
        const char *name;
        const char *reason;
    } rows[] = {
        {OSIA_READ, "attributeNames=dob", "", "attributes", "nothing that the register has"},
        {OSIA_READ, "attributeNames=uin", "", "attributes", "nothing that the register has"},
        {OSIA_READ, "x=1&attributeNames=gender", "", "x", "not a parameter"},
        {OSIA_MATCH, "", "{\"dob\":\"1990\"}", "attributes", "nothing that the register has"},
        {OSIA_MATCH, "", "{\"uin\":\"079090912345\",\"gender\":1}", "uin", "asked for by"},
        {OSIA_MATCH, "", "{\"gender\":9}", "gender", "no value"},
        {OSIA_MATCH, "", "{\"gender\":true}", "gender", "wrong type"},
        {OSIA_MATCH, "", "{\"gender\":1.0}", "gender", "wrong type"},
        {OSIA_MATCH, "", "{\"maritalStatus\":2}", "maritalStatus", "wrong type"},
        {OSIA_MATCH, "", "{\"maritalStatus\":\"7\"}", "maritalStatus", "no value"},
        {OSIA_MATCH, "", "{\"firstName\":\"An\"}", "firstName", "come together"},
        {OSIA_MATCH, "", "{\"permanentResidence\":\"x\"}", "permanentResidence", "by its parts"},
        {OSIA_MATCH, "", "{\"permanentResidence.list\":\"2021-07-01\"}", "permanentResidence.list",
         "no value"},
        {OSIA_MATCH, "", "{\"dateOfDeath\":\"x\"}", "dateOfDeath", "no value"},
        {OSIA_VERIFY, "", EXPRESSION("dob", "=", "1"), "dob", "not the name"},
        {OSIA_VERIFY, "", EXPRESSION("spouseName", "=", "\"A\""), "spouseName", "does not have"},
        {OSIA_VERIFY, "", EXPRESSION("gender", "<", "1"), "gender", "dateOfBirth alone"},
        {OSIA_ID_CHECK, "transactionId=1", CHECKED("\"dob\":1"), "dob", "not the name"},
        {OSIA_ID_CHECK, "transactionId=a%20b", CHECKED("\"gender\":1"), "transactionId", "1-64"},
        {OSIA_ID_CHECK, "transactionId=1&identifierType=token", CHECKED("\"gender\":1"),
         "identifierType", "no tokens"},
        {OSIA_ID_CHECK, "transactionId=1&identifierType=passport", CHECKED("\"gender\":1"),
         "identifierType", "must be uin"},
        {OSIA_ID_READ, "transactionId=1", "{\"outputBiographicData\":[\"gender\",\"dob\"]}", "dob",
         "not the name"},
        {OSIA_ID_READ, "transactionId=1", "{\"outputBiographicData\":[\"placeOfBirth\"]}",
         "attributes", "nothing that the register has"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_refused(*state, message_of(rows[i].operation, rows[i].query, rows[i].body),
                       rows[i].name, rows[i].reason);
    }
}

static void a_set_that_is_not_offered_is_refused(void **state)
{
    struct osia_message message = message_of(OSIA_ID_SET, "transactionId=1", "");

    message.set = VIEW_LITERAL("DEFAULT_SET_02"); /* there is no portrait */
    assert_refused(*state, message, "attributeSetName", "not a set");
}

static void both_parts_of_a_name_stand_once_and_are_equal(void **state)
{
    assert_refused(*state,
                   message_of(OSIA_VERIFY, "",
                              "[{\"attributeName\":\"lastName\",\"operator\":\"=\",\"value\":"
                              "\"A\"},{\"attributeName\":\"firstName\",\"operator\":\">\","
                              "\"value\":\"B\"}]"),
                   "firstName", "dateOfBirth alone");
    assert_refused(*state,
                   message_of(OSIA_VERIFY, "",
                              "[{\"attributeName\":\"lastName\",\"operator\":\"=\",\"value\":"
                              "\"A\"},{\"attributeName\":\"firstName\",\"operator\":\"=\","
                              "\"value\":\"B\"},{\"attributeName\":\"lastName\",\"operator\":"
                              "\"=\",\"value\":\"C\"}]"),
                   "lastName", "given twice");
}

static void a_number_of_another_shape_is_refused(void **state)
{
    static const char *const numbers[] = {"07909091234", "0790909123456", "07909091234x",
                                          "901234567"};

    for (unsigned i = 0; i < 4; i++) {
        struct osia_message message = message_of(OSIA_READ, "attributeNames=gender", "");
        message.identifier = view_text(numbers[i]);
        assert_refused(*state, message, "identifier", "12 digits");
    }
    struct osia_message message =
        message_of(OSIA_ID_READ, "transactionId=1&identifierType=credentialNumber",
                   "{\"outputBiographicData\":[\"gender\"]}");
    message.identifier = VIEW_LITERAL("1234");
    assert_refused(*state, message, "identifier", "9 digits");
}

static void header_fields_that_are_missing_or_wrong_are_told(void **state)
{
    struct fixture *fixture = *state;
    const struct osia_message message = message_of(OSIA_READ, "attributeNames=gender", "");
    struct osia_headers good = fixture->headers;
    char long_text[300];

    memset(long_text, 'A', sizeof(long_text));
    const struct {
        struct view *field;
        struct view value;
        const char *name;
        const char *reason;
    } rows[] = {
        {&fixture->headers.business, {0}, "Dancu-Business", "required"},
        {&fixture->headers.business, VIEW_LITERAL(""), "Dancu-Business", "1 to 64"},
        {&fixture->headers.business, view_of(long_text, 65), "Dancu-Business", "1 to 64"},
        {&fixture->headers.officer, view_of(long_text, 65), "Dancu-Officer", "1 to 64"},
        {&fixture->headers.case_ref, view_of(long_text, 129), "Dancu-Case", "at most 128"},
        {&fixture->headers.case_ref, VIEW_LITERAL("%f"), "Dancu-Case", "UTF-8"},
        {&fixture->headers.name, {0}, "fullName", "is required"},
        {&fixture->headers.name, view_of(long_text, 257), "fullName", "1 to 256"},
        {&fixture->headers.birth_date, {0}, "dateOfBirth", "is required"},
        {&fixture->headers.birth_date, VIEW_LITERAL("02.01.1990"), "dateOfBirth", "YYYY"},
        {&fixture->headers.idempotency_key, VIEW_LITERAL(""), "Idempotency-Key", "1-64"},
        {&fixture->headers.idempotency_key, view_of(long_text, 65), "Idempotency-Key", "1-64"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        fixture->headers = good;
        *rows[i].field = rows[i].value;
        assert_refused(fixture, message, rows[i].name, rows[i].reason);
    }
}

static void all_faults_are_told_at_once_and_a_long_name_is_not_repeated(void **state)
{
    struct fixture *fixture = *state;
    const struct osia_headers good = fixture->headers;
    struct problem problem = {0};

    fixture->headers = (struct osia_headers){0};
    assert_fault(plan(fixture, message_of(OSIA_MATCH, "",
                                          "{\"gender\":9,\"maritalStatus\":{},\"firstName\":1}")),
                 FAULT_BAD_INPUT);
    ask_faults_tell(&fixture->faults, &problem);
    assert_int_equal(problem.param_count, 2); /* what no JSON of the standard is comes first */
    fixture->headers = good;
    assert_refused(*state,
                   message_of(OSIA_READ,
                              "attributeNames=gender&"
                              "x0123456789012345678901234567890123456789012345678901234567"
                              "890123456789=1",
                              ""),
                   "attribute", "not a parameter");
}

static void more_than_one_ask_can_hold_is_refused(void **state)
{
    BUF_AUTO body;

    buf_init(&body, 65536);
    for (unsigned i = 0; i < 31; i++) { /* sane one by one */
        buf_printf(&body,
                   "%s{\"attributeName\":\"fullName\",\"operator\":\"=\",\"value\":\"%0200u\"}",
                   i == 0 ? "[" : ",", i);
    }
    buf_put_text(&body, "]");
    buf_put_u8(&body, 0);
    assert_refused(*state, message_of(OSIA_VERIFY, "", (const char *)body.data), "attributes",
                   "too much");
}

static void a_field_that_is_not_granted_is_called_as_it_was_asked_for(void **state)
{
    struct fixture *fixture = *state;

    assert_ok(plan(fixture, message_of(OSIA_READ,
                                       "attributeNames=placeOfBirth&"
                                       "attributeNames=gender",
                                       "")));
    assert_view(osia_plan_name_of(&fixture->plan, FIELD_SEX), "gender");
    assert_ok(
        plan(fixture, message_of(OSIA_MATCH, "", "{\"x\":1,\"permanentResidence.ward\":\"1\"}")));
    assert_view(osia_plan_name_of(&fixture->plan, FIELD_PERMANENT_RESIDENCE),
                "permanentResidence.ward");
    assert_view(osia_plan_name_of(&fixture->plan, FIELD_RELIGION), "religion");
}

static struct outcome plan_a_match(void *context)
{
    return plan(context, message_of(OSIA_MATCH, "",
                                    "{\"lastName\":\"Nguyễn\",\"firstName\":\"Văn An\","
                                    "\"gender\":1,\"status\":\"dead\"}"));
}

static struct outcome put_an_answer(void *context)
{
    struct fixture *fixture = context;
    const struct answer answer = {.code = CODE_DISCLOSED, .person = VIEW_LITERAL(PERSON)};
    BUF_AUTO body;

    buf_init(&body, 65536);
    TRY(plan(fixture, message_of(OSIA_READ, "attributeNames=permanentResidence", "")));
    osia_answer_put(&fixture->plan, &answer, LANGUAGE_EN, &fixture->arena, &body);
    return body.failed ? outcome_fail(FAULT_NO_MEMORY, "answer") : OUTCOME_OK;
}

static void too_little_memory_is_no_fault_of_the_request_and_cuts_no_answer(void **state)
{
    assert_true(each_allocation_fails(plan_a_match, *state) >= 4); /* name, three claims */
    assert_true(each_allocation_fails(put_an_answer, *state) >= 2);
}

/* ---- errors ---- */

static void every_code_has_a_number_of_its_own(void **state)
{
    const struct problem list = {.name = OSIA_LIST_REFUSED};
    const struct problem document = {.name = OSIA_NO_DOCUMENTS};

    (void)state;
    for (unsigned code = CODE_BAD_REQUEST; code < CODE_COUNT; code++) {
        const struct problem problem = {.code = (enum code)code};
        assert_int_equal(osia_code_of(&problem), 1100 + code);
    }
    assert_int_equal(osia_code_of(&list), 1026);
    assert_int_equal(osia_code_of(&document), 1027);
}

static void assert_error(struct fixture *fixture, const struct problem *problem, const char *json)
{
    buf_reset(&fixture->body);
    osia_problem_put(&fixture->body, problem);
    assert_view(buf_view(&fixture->body), json);
}

static void a_refusal_is_the_standards_error_with_all_that_it_says(void **state)
{
    struct problem problem = {
        .code = CODE_BAD_REQUEST,
        .title = VIEW_LITERAL("Malformed"),
        .detail = VIEW_LITERAL("Mend invalid_params."),
        .params = {{VIEW_LITERAL("gender"), VIEW_LITERAL("is \"odd\"")},
                   {VIEW_LITERAL("x"), VIEW_LITERAL("is unknown")}},
        .param_count = 2,
    };

    assert_error(*state, &problem,
                 "{\"code\":1101,\"message\":\"Malformed: gender is \\\"odd\\\"; x is "
                 "unknown.\"}");
    problem.param_count = 0;
    assert_error(*state, &problem,
                 "{\"code\":1101,\"message\":\"Malformed. Mend invalid_params.\"}");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_read_is_a_look_up_of_the_fields_behind_its_names),
        TEST(each_attribute_of_a_match_is_a_claim_and_each_is_answered),
        TEST(a_match_says_of_an_attribute_that_there_is_none),
        TEST(each_expression_is_a_claim_with_its_operator),
        TEST(name_and_birth_date_come_from_the_attributes_when_nothing_else_says_them),
        TEST(a_range_of_birth_dates_is_no_birth_date),
        TEST(a_transaction_is_the_key_of_the_ask_unless_one_is_given),
        TEST(a_card_number_is_nine_digits_or_the_twelve_of_a_newer_card),
        TEST(everything_may_stand_in_the_body),
        TEST(the_other_header_fields_are_codes_and_texts),
        TEST(a_read_gives_values_in_the_order_and_the_forms_of_the_standard),
        TEST(what_is_not_there_is_an_error_in_its_place),
        TEST(who_is_missing_has_a_status_and_no_date_of_death),
        TEST(a_gender_that_is_not_known_is_zero_and_a_name_of_one_word_a_family_name),
        TEST(a_set_leaves_out_what_is_not_available),
        TEST(a_verdict_brings_the_native_answer_as_its_proof_when_it_is_wanted),
        TEST(what_cannot_be_asked_is_told_by_name),
        TEST(a_set_that_is_not_offered_is_refused),
        TEST(both_parts_of_a_name_stand_once_and_are_equal),
        TEST(a_number_of_another_shape_is_refused),
        TEST(header_fields_that_are_missing_or_wrong_are_told),
        TEST(all_faults_are_told_at_once_and_a_long_name_is_not_repeated),
        TEST(more_than_one_ask_can_hold_is_refused),
        TEST(a_field_that_is_not_granted_is_called_as_it_was_asked_for),
        TEST(too_little_memory_is_no_fault_of_the_request_and_cuts_no_answer),
        TEST(every_code_has_a_number_of_its_own),
        TEST(a_refusal_is_the_standards_error_with_all_that_it_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
