/*
 * The body of an ask: what is taken, and that all faults are told at once by their pointers.
 */
#include "../help.h"

#include "channel/json/ask_json.h"

struct fixture {
    struct arena arena;
    struct ask_faults faults;
    struct ask ask;
    struct problem problem;
    enum service service;
};

static int setup(void **state)
{
    static struct fixture fixture;

    fixture = (struct fixture){0};
    assert_ok(arena_init(&fixture.arena, ASK_JSON_ARENA_BYTES));
    ask_faults_init(&fixture.faults);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    arena_done(&fixture->arena);
    ask_faults_done(&fixture->faults);
    return 0;
}

static struct outcome get(struct fixture *fixture, const char *body)
{
    arena_reset(&fixture->arena);
    ask_faults_reset(&fixture->faults);
    fixture->ask = (struct ask){.tag = 7};
    fixture->problem = (struct problem){0};
    struct outcome outcome = ask_json_get(view_text(body), fixture->service, LANGUAGE_EN,
                                          &fixture->arena, &fixture->ask, &fixture->faults);
    ask_faults_tell(&fixture->faults, &fixture->problem);
    return outcome;
}

#define SUBJECT                                                                                    \
    "\"subject\":{\"id\":\"079090912345\",\"name\":\"Nguyễn Văn "                               \
    "An\",\"birth_date\":\"1990-01-02\"}"
#define BODY_WITH(more)                                                                            \
    "{\"business\":\"NV-BANK-KYC\",\"case\":\"HS-1\"," SUBJECT ",\"fields\":[\"full_name\"]" more  \
    "}"

/* One fault, with that pointer and a reason that has that text in it. */
static void assert_one_fault(struct fixture *fixture, const char *body, const char *pointer,
                             const char *reason)
{
    assert_fault(get(fixture, body), FAULT_BAD_INPUT);
    assert_int_equal(fixture->ask.tag, 7); /* written only on success */
    assert_int_equal(fixture->problem.param_count, 1);
    assert_view(fixture->problem.params[0].name, pointer);
    char text[512] = {0};
    memcpy(text, fixture->problem.params[0].reason.data, fixture->problem.params[0].reason.len);
    if (strstr(text, reason) == NULL) {
        fail_msg("%s: reason is \"%s\", not \"%s\"", body, text, reason);
    }
}

static void of_oneself_all_is_asked_for_unless_fields_are_named(void **state)
{
    struct fixture *fixture = *state;
    fixture->service = SERVICE_OWN_VIEW;
    assert_ok(get(fixture, "{\"business\":\"OWN\",\"case\":\"DVC-1\"," SUBJECT "}"));
    assert_true(fixture->ask.fields_granted);
    assert_int_equal(fixture->ask.field_count, 0);
    assert_true(ask_sane(&fixture->ask));
    assert_ok(get(fixture, BODY_WITH("")));
    assert_false(fixture->ask.fields_granted);
    assert_int_equal(fixture->ask.field_count, 1);
    assert_one_fault(fixture, "{\"business\":\"OWN\"," SUBJECT ",\"fields\":[]}", "/fields", "");
    fixture->service = SERVICE_CITIZEN_LOOKUP;
    assert_one_fault(fixture, "{\"business\":\"OWN\"," SUBJECT "}", "/fields", "");
}

static void a_usual_body_is_taken_whole(void **state)
{
    struct fixture *fixture = *state;
    struct ask *ask = &fixture->ask;

    assert_ok(get(fixture, "{\"business\":\"NV-BANK-KYC\",\"case\":\"HS-2026-000123\"," SUBJECT
                           ",\"fields\":[\"full_name\",\"birth_date\",\"permanent_residence\"]}"));
    assert_view(ask->business, "NV-BANK-KYC");
    assert_view(ask->case_ref, "HS-2026-000123");
    assert_int_equal(ask->subject_kind, SUBJECT_ID);
    assert_view(ask->key, "079090912345");
    assert_view(ask->name, "Nguyễn Văn An");
    assert_view(ask->birth_date, "1990-01-02");
    assert_int_equal(ask->field_count, 3);
    assert_int_equal(ask->fields[0], FIELD_FULL_NAME);
    assert_int_equal(ask->fields[2], FIELD_PERMANENT_RESIDENCE);
    assert_int_equal(ask->use_kind, USE_NONE);
    assert_true(ask_sane(ask));
}

static void the_optional_members_are_taken(void **state)
{
    struct fixture *fixture = *state;

    assert_ok(get(fixture, BODY_WITH(",\"party\":\"bank\",\"officer\":\"o\","
                                     "\"use\":{\"third_party\":\"court\"}")));
    assert_view(fixture->ask.party, "bank");
    assert_view(fixture->ask.officer, "o");
    assert_int_equal(fixture->ask.use_kind, USE_THIRD_PARTY);
    assert_view(fixture->ask.use_text, "court");
    assert_ok(get(fixture, BODY_WITH(",\"use\":{\"copy\":\"2027-01-01\"}")));
    assert_int_equal(fixture->ask.use_kind, USE_COPY);
    assert_ok(get(fixture, "{\"business\":\"b\",\"subject\":{\"cmnd\":\"901234567\",\"name\":\"A\","
                           "\"birth_date\":\"1960\"},\"fields\":[\"sex\"]}"));
    assert_int_equal(fixture->ask.subject_kind, SUBJECT_CMND);
    assert_int_equal(fixture->ask.case_ref.len, 0); /* absent: for the core to refuse */
    assert_true(ask_sane(&fixture->ask));
}

static void escapes_in_strings_are_decoded(void **state)
{
    struct fixture *fixture = *state;

    assert_ok(
        get(fixture, "{\"busi\\u006eess\":\"b\\u002d1\"," SUBJECT ",\"fields\":[\"se\\u0078\"]}"));
    assert_view(fixture->ask.business, "b-1");
    assert_int_equal(fixture->ask.fields[0], FIELD_SEX);
}

static void what_is_not_json_is_told_with_its_place(void **state)
{
    static const char *const bad[] = {
        "",
        " ",
        "{",
        "[1,]",
        "{\"a\":1,}",
        "{'a':1}",
        "{\"a\":01}",
        "nul",
        "{} {}",
        "{\"business\":\"a\",\"business\":\"b\"}",
        "\xef\xbb\xbf{}",
        "{\"a\":\"\xff\"}",
        "{\"a\":\"\\ud800\"}",
        "{\"a\":\"\n\"}",
        "{\"a\":[[[[[[1]]]]]]}",
    };
    struct fixture *fixture = *state;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_one_fault(fixture, bad[i], "", "byte ");
    }
}

static void a_wrong_member_is_told_by_its_pointer(void **state)
{
    static const struct {
        const char *body;
        const char *pointer;
        const char *reason;
    } rows[] = {
        {"[]", "", "wrong type"},
        {"7", "", "wrong type"},
        {BODY_WITH(",\"a/b~c\":1"), "/a~1b~0c", "not a member"},
        {BODY_WITH(",\"party\":null"), "/party", "wrong type"},
        {BODY_WITH(",\"party\":\"\""), "/party", "1 to 64"},
        {BODY_WITH(",\"officer\":\"a\\u0007\""), "/officer", "control"},
        {BODY_WITH(",\"use\":{}"), "/use", "exactly one"},
        {BODY_WITH(",\"use\":{\"copy\":\"a\",\"third_party\":\"b\"}"), "/use", "exactly one"},
        {BODY_WITH(",\"use\":{\"copy\":1}"), "/use/copy", "wrong type"},
        {"{\"case\":\"c\"," SUBJECT ",\"fields\":[\"sex\"]}", "/business", "required"},
        {"{\"business\":1," SUBJECT ",\"fields\":[\"sex\"]}", "/business", "wrong type"},
        {"{\"business\":\"b\",\"fields\":[\"sex\"]}", "/subject", "required"},
        {"{\"business\":\"b\"," SUBJECT "}", "/fields", "required"},
        {"{\"business\":\"b\"," SUBJECT ",\"fields\":[]}", "/fields", "at least one"},
        {"{\"business\":\"b\"," SUBJECT ",\"fields\":\"sex\"}", "/fields", "wrong type"},
        {"{\"business\":\"b\"," SUBJECT ",\"fields\":[\"sex\",1]}", "/fields/1", "wrong type"},
        {"{\"business\":\"b\"," SUBJECT ",\"fields\":[\"sex\",\"id\"]}", "/fields/1",
         "not the name"},
        {"{\"business\":\"b\"," SUBJECT ",\"fields\":[\"cmnd\"]}", "/fields/0", "not the name"},
        {"{\"business\":\"b\"," SUBJECT ",\"fields\":[\"sex\",\"religion\",\"sex\"]}", "/fields/2",
         "twice"},
    };
    struct fixture *fixture = *state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_one_fault(fixture, rows[i].body, rows[i].pointer, rows[i].reason);
    }
}

static void a_wrong_subject_is_told_by_its_pointer(void **state)
{
    static const struct {
        const char *subject;
        const char *pointer;
        const char *reason;
    } rows[] = {
        {"{\"name\":\"A\",\"birth_date\":\"1990\"}", "/subject", "exactly one"},
        {"{\"id\":\"079090912345\",\"cmnd\":\"901234567\",\"name\":\"A\",\"birth_date\":\"1990\"}",
         "/subject", "exactly one"},
        {"{\"id\":\"07909091234\",\"name\":\"A\",\"birth_date\":\"1990\"}", "/subject/id", "12"},
        {"{\"id\":\"07909091234a\",\"name\":\"A\",\"birth_date\":\"1990\"}", "/subject/id", "12"},
        {"{\"id\":79090912345,\"name\":\"A\",\"birth_date\":\"1990\"}", "/subject/id", "type"},
        {"{\"cmnd\":\"90123456\",\"name\":\"A\",\"birth_date\":\"1990\"}", "/subject/cmnd", "9"},
        {"{\"id\":\"079090912345\",\"birth_date\":\"1990\"}", "/subject/name", "required"},
        {"{\"id\":\"079090912345\",\"name\":\"\",\"birth_date\":\"1990\"}", "/subject/name",
         "1 to"},
        {"{\"id\":\"079090912345\",\"name\":\"A\"}", "/subject/birth_date", "required"},
        {"{\"id\":\"079090912345\",\"name\":\"A\",\"birth_date\":\"1990-02-29\"}",
         "/subject/birth_date", "date"},
        {"{\"id\":\"079090912345\",\"name\":\"A\",\"birth_date\":\"90\"}", "/subject/birth_date",
         "date"},
        {"{\"id\":\"079090912345\",\"name\":\"A\",\"birth_date\":\"1990\",\"sex\":\"1\"}",
         "/subject/sex", "not a member"},
    };
    struct fixture *fixture = *state;
    char body[512];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        snprintf(body, sizeof(body), "{\"business\":\"b\",\"fields\":[\"sex\"],\"subject\":%s}",
                 rows[i].subject);
        assert_one_fault(fixture, body, rows[i].pointer, rows[i].reason);
    }
}

static void texts_over_their_ceiling_are_told(void **state)
{
    static const struct {
        const char *format;
        size_t max;
        const char *pointer;
    } rows[] = {
        {"{\"business\":\"%s\"," SUBJECT ",\"fields\":[\"sex\"]}", ASK_CODE_BYTES_MAX, "/business"},
        {BODY_WITH(",\"party\":\"%s\""), ASK_CODE_BYTES_MAX, "/party"},
        {BODY_WITH(",\"use\":{\"copy\":\"%s\"}"), ASK_USE_BYTES_MAX, "/use/copy"},
        {"{\"business\":\"b\",\"case\":\"%s\"," SUBJECT ",\"fields\":[\"sex\"]}",
         ASK_CASE_BYTES_MAX, "/case"},
        {"{\"business\":\"b\",\"subject\":{\"id\":\"079090912345\",\"birth_date\":\"1990\","
         "\"name\":\"%s\"},\"fields\":[\"sex\"]}",
         ASK_NAME_BYTES_MAX, "/subject/name"},
    };
    struct fixture *fixture = *state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[512] = {0};
        char body[1024];
        memset(text, 'a', rows[i].max);
        snprintf(body, sizeof(body), rows[i].format, text);
        assert_ok(get(fixture, body));
        assert_true(ask_sane(&fixture->ask));
        text[rows[i].max] = 'a';
        snprintf(body, sizeof(body), rows[i].format, text);
        assert_one_fault(fixture, body, rows[i].pointer, "must have");
    }
}

static void all_faults_are_told_at_once(void **state)
{
    struct fixture *fixture = *state;

    assert_fault(get(fixture, "{\"business\":\"\",\"x\":1,\"subject\":{\"id\":\"1\",\"name\":2},"
                              "\"fields\":[\"sex\",\"sex\",3]}"),
                 FAULT_BAD_INPUT);
    static const char *const pointers[] = {
        "/business",           "/x",        "/subject/id", "/subject/name",
        "/subject/birth_date", "/fields/1", "/fields/2"};
    assert_int_equal(fixture->problem.param_count, 7);
    for (unsigned i = 0; i < 7; i++) {
        assert_view(fixture->problem.params[i].name, pointers[i]);
    }
}

static void faults_beyond_the_ceiling_are_left_out(void **state)
{
    struct fixture *fixture = *state;

    assert_fault(get(fixture, BODY_WITH(",\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,"
                                        "\"use\":[1],\"party\":1,\"officer\":[],\"g\":[1,2]")),
                 FAULT_BAD_INPUT);
    assert_true(fixture->problem.param_count <= PROBLEM_PARAMS_MAX);
    BUF_AUTO body;
    buf_init(&body, 8192);
    buf_put_text(&body, "{\"business\":\"b\"," SUBJECT ",\"fields\":[");
    for (unsigned i = 0; i < 60; i++) {
        buf_put_text(&body, "7,");
    }
    buf_put(&body, "7]}\0", 4);
    assert_fault(get(fixture, (const char *)body.data), FAULT_BAD_INPUT);
    assert_int_equal(fixture->problem.param_count, PROBLEM_PARAMS_MAX);
}

#define CLAIMS(claims) "{\"business\":\"b\"," SUBJECT ",\"claims\":[" claims "]}"

static void claims_of_fields_are_taken_as_canonical_values(void **state)
{
    struct fixture *fixture = *state;
    const struct ask *ask = &fixture->ask;

    fixture->service = SERVICE_CITIZEN_VERIFY;
    assert_ok(get(fixture, "{\"business\":\"b\"," SUBJECT ",\"per_claim\":true,\"claims\":["
                           "{\"field\":\"sex\",\"value\":\"\\u0031\"},"
                           "{\"field\":\"birth_date\",\"age_at_least\":18},"
                           "{\"age_under\":99,\"field\":\"birth_date\"},"
                           "{\"field\":\"native_place\",\"member\":\"province\",\"value\":\"79\"},"
                           "{\"field\":\"native_place\",\"value\": {\"ward\": \"00001\", "
                           "\"country\":\"VN\"}},"
                           "{\"field\":\"death_or_missing\",\"value\":null}]}"));
    assert_true(ask_sane(ask));
    assert_int_equal(ask->service, SERVICE_CITIZEN_VERIFY);
    assert_true(ask->per_claim);
    assert_int_equal(ask->claim_count, 6);
    assert_int_equal(ask->field_count, 4);
    assert_view(ask->claims[0].value, "\"1\"");
    assert_int_equal(ask->claims[1].compare, CLAIM_AGE_AT_LEAST);
    assert_view(ask->claims[1].value, "18");
    assert_int_equal(ask->claims[2].compare, CLAIM_AGE_UNDER);
    assert_view(ask->claims[3].member, "province");
    assert_view(ask->claims[4].value, "{\"country\":\"VN\",\"ward\":\"00001\"}");
    assert_view(ask->claims[5].value, "null");
    assert_int_equal(ask->fields[3], FIELD_DEATH_OR_MISSING);
}

static void a_claimed_relation_is_taken_as_one_object(void **state)
{
    struct fixture *fixture = *state;
    const struct ask *ask = &fixture->ask;

    fixture->service = SERVICE_RELATIVE_VERIFY;
    assert_ok(get(fixture, CLAIMS("{\"relation\":\"father\",\"name\":\"A \\\"B\\\"\","
                                  "\"cmnd\":\"901234567\"},"
                                  "{\"relation\":\"head\",\"name\":\"A\"}")));
    assert_true(ask_sane(ask));
    assert_int_equal(ask->claims[0].kind, CLAIM_RELATION);
    assert_int_equal(ask->claims[0].what, RELATION_FATHER);
    assert_view(ask->claims[0].value, "{\"cmnd\":\"901234567\",\"name\":\"A \\\"B\\\"\"}");
    assert_int_equal(ask->claims[1].what, RELATION_HEAD);
    assert_int_equal(ask->field_count, 2);
    assert_int_equal(ask->fields[0], FIELD_RELATIVES);
    assert_int_equal(ask->fields[1], FIELD_HOUSEHOLD);
    assert_false(ask->per_claim);
}

static void a_claim_that_cannot_be_is_told_by_its_pointer(void **state)
{
    static const struct {
        const char *body;
        const char *pointer;
        const char *reason;
    } rows[] = {
        {CLAIMS(""), "/claims", "1 to 32"},
        {CLAIMS("7"), "/claims/0", "type"},
        {CLAIMS("{\"field\":\"sex\"}"), "/claims/0", "one value or comparison"},
        {CLAIMS("{\"field\":\"sex\",\"value\":\"1\",\"less\":\"1\"}"), "/claims/0", "one value"},
        {CLAIMS("{\"value\":\"1\"}"), "/claims/0", "field, relation"},
        {CLAIMS("{\"field\":\"sex\",\"relation\":\"father\",\"value\":\"1\"}"), "/claims/0",
         "field, relation"},
        {CLAIMS("{\"field\":\"sex\",\"value\":\"3\"}"), "/claims/0", "cannot be claimed"},
        {CLAIMS("{\"field\":\"sexes\",\"value\":\"1\"}"), "/claims/0/field", "name of a field"},
        {CLAIMS("{\"field\":\"sex\",\"less\":\"1\"}"), "/claims/0", "cannot be claimed"},
        {CLAIMS("{\"field\":\"sex\",\"age_under\":1}"), "/claims/0", "cannot be claimed"},
        {CLAIMS("{\"field\":\"birth_date\",\"age_under\":-1}"), "/claims/0", "cannot be claimed"},
        {CLAIMS("{\"field\":\"birth_date\",\"age_under\":1.5}"), "/claims/0/age_under", "type"},
        {CLAIMS("{\"field\":\"native_place\",\"value\":{\"ward\":1.5}}"), "/claims/0/value",
         "cannot be claimed"},
        {CLAIMS("{\"field\":\"native_place\",\"value\":{\"ward\":1}}"), "/claims/0",
         "cannot be claimed"},
        /* canonical, and more than the core takes */
        {CLAIMS("{\"field\":\"native_place\",\"value\":{\"ward\":1234567890123456}}"), "/claims/0",
         "cannot be claimed"},
        {CLAIMS("{\"field\":\"native_place\",\"value\":{\"\xc3\xa9\":\"1\"}}"), "/claims/0",
         "cannot be claimed"},
        {CLAIMS("{\"field\":\"native_place\",\"value\":{\"a\\nb\":\"1\"}}"), "/claims/0",
         "cannot be claimed"},
        {CLAIMS("{\"field\":\"relatives\",\"value\":null}"), "/claims/0", "cannot be claimed"},
        {CLAIMS("{\"relation\":\"aunt\",\"name\":\"A\"}"), "/claims/0/relation", "relation"},
        {CLAIMS("{\"relation\":\"father\"}"), "/claims/0", "at least one of"},
        {CLAIMS("{\"relation\":\"father\",\"name\":\"A\",\"value\":\"1\"}"), "/claims/0/value",
         "member"},
        {CLAIMS("{\"field\":\"sex\",\"value\":\"1\",\"name\":\"A\"}"), "/claims/0/name", "member"},
        {CLAIMS("{\"field\":\"sex\",\"value\":\"1\",\"x\":1}"), "/claims/0/x", "member"},
        {BODY_WITH(",\"claims\":[{\"field\":\"sex\",\"value\":\"1\"}]"), "/fields", "member"},
        {"{\"business\":\"b\"," SUBJECT "}", "/claims", "required"},
    };
    struct fixture *fixture = *state;

    fixture->service = SERVICE_CITIZEN_VERIFY;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_one_fault(fixture, rows[i].body, rows[i].pointer, rows[i].reason);
    }
}

static void too_many_claims_and_too_many_bytes_of_them_are_told(void **state)
{
    struct fixture *fixture = *state;

    fixture->service = SERVICE_CITIZEN_VERIFY;
    for (unsigned round = 0; round < 2; round++) {
        static char body[16384];
        char name[ASK_NAME_BYTES_MAX + 1] = {0};
        memset(name, 'a', round == 0 ? 1 : ASK_NAME_BYTES_MAX);
        size_t len = (size_t)snprintf(body, sizeof(body), "%s",
                                      "{\"business\":\"b\"," SUBJECT ",\"claims\":[");
        for (unsigned i = 0; i < (round == 0 ? ASK_CLAIMS_MAX + 1 : 8); i++) {
            len += (size_t)snprintf(body + len, sizeof(body) - len,
                                    "%s{\"field\":\"full_name\",\"value\":\"%s\"}",
                                    i == 0 ? "" : ",", name);
        }
        snprintf(body + len, sizeof(body) - len, "]}");
        assert_one_fault(fixture, body, "/claims", round == 0 ? "1 to 32" : "2048");
    }
}

static void a_service_takes_the_members_that_are_its_own(void **state)
{
    struct fixture *fixture = *state;

    fixture->service = SERVICE_ID_MAP;
    assert_ok(get(fixture, "{\"business\":\"b\"," SUBJECT "}"));
    assert_true(ask_sane(&fixture->ask) && fixture->ask.field_count == 0);
    assert_one_fault(fixture, BODY_WITH(""), "/fields", "member");
    fixture->service = SERVICE_HOUSEHOLD_LOOKUP;
    assert_ok(get(fixture, BODY_WITH("")));
    assert_true(ask_sane(&fixture->ask));
    assert_one_fault(fixture, BODY_WITH(",\"per_claim\":true"), "/per_claim", "member");
    fixture->service = SERVICE_CITIZEN_SEARCH;
    assert_ok(get(fixture,
                  "{\"business\":\"b\",\"subject\":{\"name\":\"A\",\"birth_date\":\"1960\","
                  "\"sex\":\"2\",\"province\":\"79@2021-07-01\"}}"));
    assert_true(ask_sane(&fixture->ask));
    assert_int_equal(fixture->ask.subject_kind, SUBJECT_NAME);
    assert_int_equal(fixture->ask.sex, 2);
    assert_one_fault(fixture, "{\"business\":\"b\"," SUBJECT "}", "/subject/id", "member");
    assert_one_fault(fixture,
                     "{\"business\":\"b\",\"subject\":{\"name\":\"A\",\"birth_date\":\"1960\","
                     "\"sex\":\"3\"}}",
                     "/subject/sex", "must be");
    assert_one_fault(fixture,
                     "{\"business\":\"b\",\"subject\":{\"name\":\"A\",\"birth_date\":\"1960\","
                     "\"province\":\"79\"}}",
                     "/subject/province", "code@list");
}

static void reasons_are_told_in_the_callers_language(void **state)
{
    struct fixture *fixture = *state;

    assert_fault(ask_json_get(VIEW_LITERAL("[]"), fixture->service, LANGUAGE_VI, &fixture->arena,
                              &fixture->ask, &fixture->faults),
                 FAULT_BAD_INPUT);
    ask_faults_tell(&fixture->faults, &fixture->problem);
    assert_view(fixture->problem.params[0].reason, "sai kiểu dữ liệu");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_usual_body_is_taken_whole),
        TEST(of_oneself_all_is_asked_for_unless_fields_are_named),
        TEST(the_optional_members_are_taken),
        TEST(escapes_in_strings_are_decoded),
        TEST(what_is_not_json_is_told_with_its_place),
        TEST(a_wrong_member_is_told_by_its_pointer),
        TEST(a_wrong_subject_is_told_by_its_pointer),
        TEST(texts_over_their_ceiling_are_told),
        TEST(all_faults_are_told_at_once),
        TEST(faults_beyond_the_ceiling_are_left_out),
        TEST(reasons_are_told_in_the_callers_language),
        TEST(claims_of_fields_are_taken_as_canonical_values),
        TEST(a_claimed_relation_is_taken_as_one_object),
        TEST(a_claim_that_cannot_be_is_told_by_its_pointer),
        TEST(too_many_claims_and_too_many_bytes_of_them_are_told),
        TEST(a_service_takes_the_members_that_are_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
