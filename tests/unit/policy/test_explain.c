/*
 * What is explained is what decides: the same decision, every check in its order, and for each what
 * it looked at. The JSON is read by jansson.
 */
#include "oracle.h"
#include "set_help.h"

#include "dimensions.h"

#include <jansson.h>

static int setup(void **state)
{
    struct set set = set_read();
    struct policy *policy = NULL;
    struct policy_error error = {{0}};
    assert_ok(policy_load(set.files, SET_FILES, &policy, &error));
    set_done(&set);
    *state = policy;
    return 0;
}

static int teardown(void **state)
{
    policy_free(*state);
    return 0;
}

static struct party_question good(void)
{
    return (struct party_question){
        .party_class = CLASS_ORGANISATION,
        .channel = CHANNEL_GUIDED,
        .guided_instrument = true,
        .party_is_own = true,
        .officer_registered = true,
        .service = SERVICE_CITIZEN_LOOKUP,
        .fields = FIELD_BIT(FIELD_FULL_NAME) | FIELD_BIT(FIELD_SEX),
        .case_given = true,
        .business_found = true,
        .business_owned = true,
        .business_state = BUSINESS_GRANTED,
        .business_from_day = TODAY,
        .business_until_day = TODAY,
        .business_channels = 1u << CHANNEL_GUIDED,
        .business_services = 1u << SERVICE_CITIZEN_LOOKUP,
        .business_fields = FIELD_BIT(FIELD_FULL_NAME) | FIELD_BIT(FIELD_SEX),
        .business_hours = 1u << 12,
        .quota_used = 6,
        .quota_max = 7,
        .quota_second_max = UINT64_MAX,
        .quota_total_max = UINT64_MAX,
        .now_us = TODAY * DAY_US + 5 * HOUR_US,
    };
}

static struct subject_question found(void)
{
    return (struct subject_question){.party_class = CLASS_ORGANISATION,
                                     .found = true,
                                     .name_matches = true,
                                     .birth_date_matches = true,
                                     .population = TRUTH_YES};
}

static json_t *explained(const struct policy *policy, const struct party_question *question,
                         const struct subject_question *subject)
{
    BUF_AUTO text;
    json_error_t error;
    buf_init(&text, 1 << 16);
    policy_explain(policy, question, subject, true, &text);
    assert_ok(buf_check(&text));
    json_t *value = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, &error);
    if (value == NULL) {
        fail_msg("%s: %.*s", error.text, (int)text.len, text.data);
    }
    return value;
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    assert_non_null(text);
    return text;
}

/* The law's questions, in their order, written out by hand (design.md section 5). */
static const char *const order[] = {"account",
                                    "assertion",
                                    "channel_class",
                                    "service_class",
                                    "business_unknown",
                                    "business_owner",
                                    "business_state",
                                    "business_dates",
                                    "business_channel",
                                    "business_service",
                                    "case",
                                    "operator",
                                    "own_data",
                                    "field_grant",
                                    "field_grant",
                                    "field_ceiling",
                                    "field_sensitive",
                                    "per_claim",
                                    "permit",
                                    "list",
                                    "hours",
                                    "quota_total",
                                    "quota",
                                    "quota_second",
                                    "guessing",
                                    "subject_unknown",
                                    "subject_mismatch",
                                    "population",
                                    "protected",
                                    "locked"};
#define CHECKS 25
#define ALL (sizeof(order) / sizeof(order[0]))

static void an_ask_that_is_answered_is_told_check_by_check_in_order(void **state)
{
    struct party_question question = good();
    struct subject_question subject = found();
    json_t *told = explained(*state, &question, &subject);
    const json_t *checks = json_object_get(told, "checks");
    assert_int_equal(json_array_size(checks), ALL);
    for (size_t i = 0; i < ALL; i++) {
        const json_t *check = json_array_get(checks, i);
        assert_string_equal(text_of(check, "rule"), order[i]);
        assert_string_equal(text_of(check, "said"), "passes");
        assert_true(json_object_size(json_object_get(check, "saw")) > 0);
    }
    const json_t *decision = json_object_get(told, "decision");
    assert_string_equal(text_of(decision, "code"), "disclosed");
    assert_string_equal(text_of(decision, "rule"), "permitted");
    assert_string_equal(text_of(decision, "clause"), "");
    assert_string_equal(text_of(told, "policy"), policy_hash(*state));
    json_decref(told);
}

static void each_check_tells_what_it_looked_at(void **state)
{
    static const struct {
        unsigned at;
        const char *saw;
    } rows[] = {
        {0, "{\"account\":\"active\",\"account_party\":\"connected\",\"party\":\"suspended\"}"},
        {6, "{\"state\":\"granted\"}"},
        {7, "{\"day\":\"2024-10-04\",\"from\":\"2024-10-04\",\"until\":\"2024-10-04\"}"},
        {8, "{\"channel\":\"guided\",\"granted\":[\"guided\"]}"},
        {14, "{\"asked\":[\"full_name\",\"sex\"],\"granted\":[\"full_name\",\"sex\"]}"},
        {16, "{\"asked\":[],\"named\":[]}"},
        {17, "{\"asked\":false,\"granted\":false}"},
        {19, "{\"list\":false,\"list_approved\":false}"},
        {20, "{\"granted\":[12],\"hour\":12}"},
        {21, "{\"max\":null,\"used\":0}"},
        {22, "{\"max\":7,\"used\":6}"},
    };
    struct party_question question = good();
    question.party_state = PARTY_SUSPENDED;
    json_t *told = explained(*state, &question, NULL);
    const json_t *checks = json_object_get(told, "checks");
    assert_int_equal(json_array_size(checks), CHECKS);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *saw = json_dumps(json_object_get(json_array_get(checks, rows[i].at), "saw"),
                               JSON_COMPACT | JSON_PRESERVE_ORDER);
        assert_string_equal(saw, rows[i].saw);
        free(saw);
    }
    json_decref(told);
}

static unsigned dice(uint32_t *seed, unsigned sides)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 16) % sides;
}

/* The last line of the text. */
static void check_text(const struct policy *policy, const struct party_question *question,
                       const struct decision *decision)
{
    BUF_AUTO text;
    char line[200];
    buf_init(&text, 1 << 16);
    policy_explain(policy, question, NULL, false, &text);
    buf_put_u8(&text, 0);
    assert_ok(buf_check(&text));
    snprintf(line, sizeof(line), ",code=%s,field=%s,rule=%s\n",
             words_name(&words_code, decision->code),
             decision->field < FIELD_COUNT ? words_name(&words_field, decision->field) : "",
             words_name(&words_rule, decision->rule));
    assert_non_null(strstr((const char *)text.data, line));
}

/* A question with a few things about it changed. */
static struct party_question shaken(uint32_t *seed)
{
    struct party_question question = good();
    set_class(&question, dice(seed, CLASS_COUNT));
    set_channel(&question, dice(seed, 3) == 0 ? dice(seed, CHANNEL_COUNT) : CHANNEL_WRITTEN);
    set_service(&question, dice(seed, 3) == 0 ? dice(seed, SERVICE_COUNT) : 0);
    set_business(&question, dice(seed, 2) == 0 ? 12 : dice(seed, 13));
    set_field_case(&question, dice(seed, 2) == 0 ? 0 : dice(seed, 8));
    set_acting(&question, 2 - (dice(seed, 4) == 0));
    set_case(&question, dice(seed, 8) != 0);
    set_subject(&question, dice(seed, 2));
    set_per_claim(&question, dice(seed, 4));
    set_permit(&question, dice(seed, 4));
    set_list(&question, dice(seed, 2));
    set_quota(&question, dice(seed, 2) == 0 ? 3 : dice(seed, 8));
    set_guesses(&question, dice(seed, 7));
    question.business_hours = dice(seed, 4) == 0 ? 0 : 1u << 12;
    question.now_us = TODAY * DAY_US + 5 * HOUR_US;
    return question;
}

static void what_is_explained_is_what_is_decided_and_the_first_that_fails_is_its_rule(void **state)
{
    const char *wanted = getenv("DANCU_ASKS");
    unsigned asks = wanted == NULL ? 1000 : (unsigned)strtoul(wanted, NULL, 10);
    uint32_t seed = 7;
    unsigned disclosed = 0;
    for (unsigned i = 0; i < asks; i++) {
        struct party_question question = shaken(&seed);
        struct decision decision = decide_party(*state, &question);
        json_t *told = explained(*state, &question, NULL);
        const json_t *said = json_object_get(told, "decision");
        const char *first = "permitted";
        for (size_t k = CHECKS; k > 0; k--) {
            const json_t *check = json_array_get(json_object_get(told, "checks"), k - 1);
            bool passes = strcmp(text_of(check, "said"), "passes") == 0;
            first = passes ? first : text_of(check, "rule");
        }
        assert_string_equal(text_of(said, "code"), words_name(&words_code, decision.code));
        assert_string_equal(text_of(said, "rule"), words_name(&words_rule, decision.rule));
        assert_string_equal(text_of(said, "rule"), first);
        assert_string_equal(text_of(said, "field"), decision.field < FIELD_COUNT
                                                        ? words_name(&words_field, decision.field)
                                                        : "");
        check_text(*state, &question, &decision);
        disclosed += decision.code == CODE_DISCLOSED;
        json_decref(told);
    }
    print_message("# %u asks explained, %u of them disclosed\n", asks, disclosed);
    assert_true(disclosed > 5);
}

static void every_state_of_a_subject_is_told_as_it_is_decided(void **state)
{
    struct party_question question = good();
    for (unsigned bits = 0; bits < 3 * 128; bits++) {
        struct subject_question subject = {.party_class = CLASS_ORGANISATION,
                                           .found = bits & 1,
                                           .name_matches = bits & 2,
                                           .birth_date_matches = bits & 4,
                                           .protected_person = bits & 8,
                                           .clearance_protected = bits & 16,
                                           .locked = bits & 32,
                                           .business_override_lock = bits & 64,
                                           .population = bits >> 7};
        struct decision decision = decide_subject(*state, &subject);
        json_t *told = explained(*state, &question, &subject);
        const char *first = "permitted";
        for (size_t k = ALL; k > CHECKS; k--) {
            const json_t *check = json_array_get(json_object_get(told, "checks"), k - 1);
            bool passes = strcmp(text_of(check, "said"), "passes") == 0;
            first = passes ? first : text_of(check, "rule");
        }
        assert_string_equal(first, words_name(&words_rule, decision.rule));
        assert_string_equal(text_of(json_object_get(told, "decision"), "rule"), first);
        json_decref(told);
    }
}

static void nothing_is_told_about_the_subject_of_an_ask_that_does_not_come_so_far(void **state)
{
    struct party_question question = good();
    struct subject_question subject = found();
    question.case_given = false;
    json_t *told = explained(*state, &question, &subject);
    assert_int_equal(json_array_size(json_object_get(told, "checks")), CHECKS);
    assert_string_equal(text_of(json_object_get(told, "decision"), "rule"), "case");
    json_decref(told);
}

static void the_text_has_a_line_for_each_check_and_the_decision(void **state)
{
    struct party_question question = good();
    struct subject_question subject = found();
    BUF_AUTO text;
    unsigned lines = 0;
    buf_init(&text, 1 << 16);
    subject.protected_person = true;
    policy_explain(*state, &question, &subject, false, &text);
    buf_put_u8(&text, 0);
    assert_ok(buf_check(&text));
    for (size_t i = 0; i < text.len; i++) {
        lines += text.data[i] == '\n';
    }
    assert_int_equal(lines, 1 + ALL + 1);
    assert_non_null(strstr((const char *)text.data, "asked=full_name+sex,granted=full_name+sex"));
    assert_non_null(
        strstr((const char *)text.data, "code=subject_not_available,field=,rule=protected"));
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_ask_that_is_answered_is_told_check_by_check_in_order),
        TEST(each_check_tells_what_it_looked_at),
        TEST(what_is_explained_is_what_is_decided_and_the_first_that_fails_is_its_rule),
        TEST(every_state_of_a_subject_is_told_as_it_is_decided),
        TEST(nothing_is_told_about_the_subject_of_an_ask_that_does_not_come_so_far),
        TEST(the_text_has_a_line_for_each_check_and_the_decision),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
