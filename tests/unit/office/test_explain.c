/*
 * Hypothetical asks: what their values make of them, and that it is the gate's question that is
 * explained.
 */
#include "acts.h"

#include "gate/gate.h"
#include "office/explain.h"

#include <jansson.h>

#define NOW_US (ACTS_TODAY * INT64_C(86400000000) + INT64_C(5000000)) /* 07:00:05 in Vietnam */

struct here {
    struct directory directory;
    struct policy *policy;
};

static int setup(void **state)
{
    struct here *here = calloc(1, sizeof(*here));
    assert_non_null(here);
    acts_directory(&here->directory);
    here->policy = law_load();
    struct business *business = directory_business(&here->directory, VIEW_LITERAL("NV-granted"));
    business->quota_day_max = 10;
    business->hours = 0xffffff;
    directory_party(&here->directory, VIEW_LITERAL("bank"))->state = PARTY_CONNECTED;
    assert_ok(long_set(&directory_account(&here->directory, VIEW_LITERAL("A-active"))->instrument,
                       VIEW_LITERAL("CV 01")));
    *state = here;
    return 0;
}

static int teardown(void **state)
{
    struct here *here = *state;
    policy_free(here->policy);
    directory_done(&here->directory);
    free(here);
    return 0;
}

struct value {
    enum explain_value value;
    const char *text;
};
#define VALUES_MAX 4

static struct explain_ask ask_of(const struct value *values)
{
    struct explain_ask ask = {0};
    for (unsigned i = 0; i < VALUES_MAX && values[i].text != NULL; i++) {
        ask.values[values[i].value] = view_text(values[i].text);
    }
    return ask;
}

static json_t *explained(const struct here *here, bool at_home, const struct explain_ask *ask)
{
    BUF_AUTO text;
    json_error_t error;
    struct explain_fault fault = {0};
    buf_init(&text, 1 << 16);
    struct outcome outcome = explain_put(ask, at_home ? &here->directory : NULL, here->policy,
                                         NOW_US, true, &text, &fault);
    if (!outcome_ok(outcome)) {
        fail_msg("%s: %s", explain_rows[fault.value].name, fault.why);
    }
    json_t *root = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, &error);
    assert_non_null(root);
    return root;
}

static void check_rule(const struct here *here, bool at_home, const struct explain_ask *ask,
                       const char *rule)
{
    json_t *root = explained(here, at_home, ask);
    const json_t *decision = json_object_get(root, "decision");
    assert_string_equal(json_string_value(json_object_get(decision, "rule")), rule);
    json_decref(root);
}

static void what_is_not_given_is_well_and_each_value_makes_its_check_fail(void **state)
{
    static const struct {
        struct value values[VALUES_MAX];
        const char *rule;
    } rows[] = {
        {{{0}}, "permitted"},
        {{{EXPLAIN_SERVICE, "citizen.verify"}, {EXPLAIN_PER_CLAIM, "true"}}, "permitted"},
        {{{EXPLAIN_SERVICE, "citizen.verify"},
          {EXPLAIN_PER_CLAIM, "true"},
          {EXPLAIN_NO_PER_CLAIM, "true"}},
         "per_claim"},
        {{{EXPLAIN_SERVICE, "citizen.verify"}, {EXPLAIN_NO_PER_CLAIM, "true"}}, "permitted"},
        {{{EXPLAIN_SERVICE, "id.map"}}, "permitted"},
        {{{EXPLAIN_SERVICE, "id.map"}, {EXPLAIN_GRANTED, "birth_date"}}, "field_grant"},
        {{{EXPLAIN_CLASS, "other"}}, "channel_class"},
        {{{EXPLAIN_CHANNEL, "written"}}, "permitted"},
        {{{EXPLAIN_NO_INSTRUMENT, "true"}}, "channel_class"},
        {{{EXPLAIN_STATE, "suspended"}}, "business_state"},
        {{{EXPLAIN_FROM, "2026-11-24"}}, "business_dates"},
        {{{EXPLAIN_UNTIL, "2026-11-22"}}, "business_dates"},
        {{{EXPLAIN_UNTIL, "2026-11-22"}, {EXPLAIN_AT, "2026-11-22T08"}}, "permitted"},
        {{{EXPLAIN_CASE, " "}}, "case"},
        {{{EXPLAIN_FIELDS, "full_name,sex"}, {EXPLAIN_GRANTED, "sex"}}, "field_grant"},
        {{{EXPLAIN_FIELDS, "religion"}}, "field_ceiling"},
        {{{EXPLAIN_FIELDS, "relatives"}, {EXPLAIN_SENSITIVE, "sex"}}, "field_sensitive"},
        {{{EXPLAIN_COPY, "2027-01-01"}}, "permit"},
        {{{EXPLAIN_THIRD_PARTY, "A"}}, "permit"},
        {{{EXPLAIN_MISSES, "5"}}, "guessing"},
        {{{EXPLAIN_UNKNOWN, "true"}}, "subject_unknown"},
        {{{EXPLAIN_MISMATCH, "true"}}, "subject_mismatch"},
        {{{EXPLAIN_POPULATION, "sex=1"}}, "population"},
        {{{EXPLAIN_POPULATION, "sex=1"}, {EXPLAIN_SEX, "1"}}, "permitted"},
        {{{EXPLAIN_POPULATION, "age>=18"}, {EXPLAIN_BIRTH_DATE, "2020"}}, "population"},
        {{{EXPLAIN_POPULATION, "permanent_residence.province=79@2025-07-01"},
          {EXPLAIN_PROVINCE, "79@2025-07-01"}},
         "permitted"},
        {{{EXPLAIN_POPULATION, "list=L-1"}}, "population"},
        {{{EXPLAIN_POPULATION, "not list=L-1"}}, "population"},
        {{{EXPLAIN_POPULATION, "list=L-1"}, {EXPLAIN_LISTS, "L-0,L-1"}}, "permitted"},
        {{{EXPLAIN_POPULATION, "list=L-1"}, {EXPLAIN_LISTS, "L-10"}}, "population"},
        {{{EXPLAIN_POPULATION, "not list=L-1"}, {EXPLAIN_LISTS, "L-10"}}, "permitted"},
        {{{EXPLAIN_PROTECTED, "true"}}, "protected"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct explain_ask ask = ask_of(rows[i].values);
        check_rule(*state, false, &ask, rows[i].rule);
    }
}

static void a_home_is_asked_by_its_own_objects(void **state)
{
    static const struct {
        struct value values[VALUES_MAX];
        const char *rule;
    } rows[] = {
        {{{EXPLAIN_ACCOUNT, "A-active"}, {EXPLAIN_BUSINESS, "NV-granted"}}, "permitted"},
        {{{EXPLAIN_ACCOUNT, "A-suspended"}, {EXPLAIN_BUSINESS, "NV-granted"}}, "account"},
        {{{EXPLAIN_ACCOUNT, "A-active"}}, "business_unknown"},
        {{{EXPLAIN_ACCOUNT, "A-active"}, {EXPLAIN_BUSINESS, "NV-draft"}}, "business_state"},
        {{{EXPLAIN_ACCOUNT, "A-active"}, {EXPLAIN_BUSINESS, "NV-granted"}, {EXPLAIN_USED, "10"}},
         "quota"},
        {{{EXPLAIN_ACCOUNT, "A-active"},
          {EXPLAIN_BUSINESS, "NV-granted"},
          {EXPLAIN_PARTY, "nobody"}},
         "business_owner"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct explain_ask ask = ask_of(rows[i].values);
        check_rule(*state, true, &ask, rows[i].rule);
    }
}

static void a_home_knows_which_lists_are_in_force(void **state)
{
    struct here *here = *state;
    struct population *population =
        &directory_business(&here->directory, VIEW_LITERAL("NV-granted"))->population;
    const struct explain_ask ask = ask_of((struct value[VALUES_MAX]){
        {EXPLAIN_ACCOUNT, "A-active"}, {EXPLAIN_BUSINESS, "NV-granted"}, {EXPLAIN_LISTS, "L-1"}});
    struct person_list *list = memory_new(1, sizeof(*list));
    assert_non_null(list);
    assert_ok(population_parse(VIEW_LITERAL("list=L-1"), population, NULL));
    check_rule(here, true, &ask, "population");
    assert_ok(code_set(&list->code, VIEW_LITERAL("L-1")));
    assert_ok(map_add(&here->directory.lists, list));
    check_rule(here, true, &ask, "permitted");
    list->state = LIST_ENDED;
    check_rule(here, true, &ask, "population");
}

static void a_value_that_is_off_is_named_with_a_reason(void **state)
{
    const struct here *here = *state;
    static const struct {
        struct value value;
        const char *why; /* part of it */
        bool at_home;
    } rows[] = {
        {{EXPLAIN_ACCOUNT, "nobody"}, "no account", true},
        {{EXPLAIN_CLASS, "clergy"}, "not known", false},
        {{EXPLAIN_CHANNEL, "fax"}, "not known", false},
        {{EXPLAIN_SERVICE, "x"}, "not known", false},
        {{EXPLAIN_FIELDS, "full_name,shoe_size"}, "not known", false},
        {{EXPLAIN_AT, "noon"}, "not valid", false},
        {{EXPLAIN_AT, "2026-11-23T24"}, "not valid", false},
        {{EXPLAIN_AT, "2026-11-23T0x"}, "not valid", false},
        {{EXPLAIN_FROM, "tomorrow"}, "not", false},
        {{EXPLAIN_POPULATION, "sex=1 and"}, "at 10: ", false},
        {{EXPLAIN_USED, "-1"}, "not", false},
        {{EXPLAIN_PROVINCE, "79"}, "not valid", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct value values[VALUES_MAX] = {rows[i].value};
        struct explain_ask ask = ask_of(values);
        struct explain_fault fault = {0};
        BUF_AUTO text;
        buf_init(&text, 1 << 16);
        assert_fault(explain_put(&ask, rows[i].at_home ? &here->directory : NULL, here->policy,
                                 NOW_US, true, &text, &fault),
                     FAULT_BAD_INPUT);
        assert_int_equal(fault.value, rows[i].value.value);
        if (strstr(fault.why, rows[i].why) == NULL) {
            fail_msg("%s: %s", explain_rows[fault.value].name, fault.why);
        }
        assert_int_equal(text.len, 0);
    }
}

static void every_value_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (unsigned i = 0; i < EXPLAIN_VALUE_COUNT; i++) {
        assert_non_null(explain_rows[i].name);
        for (unsigned k = 0; k < i; k++) {
            assert_string_not_equal(explain_rows[i].name, explain_rows[k].name);
        }
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_not_given_is_well_and_each_value_makes_its_check_fail),
        TEST(a_home_is_asked_by_its_own_objects),
        TEST(a_home_knows_which_lists_are_in_force),
        TEST(a_value_that_is_off_is_named_with_a_reason),
        cmocka_unit_test(every_value_has_a_name_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
