/* The two decisions, check by check: each sentence is one rule of the law. */
#include "set_help.h"

#include "base/ceilings.h"

#define TODAY 20000
#define DAY_US (INT64_C(86400) * 1000000)
#define HOUR_US (INT64_C(3600) * 1000000)

/* A bank's ask that is answered. */
static struct party_question bank(void)
{
    return (struct party_question){
        .party_class = CLASS_ORGANISATION,
        .channel = CHANNEL_GUIDED,
        .guided_instrument = true,
        .party_is_own = true,
        .officer_registered = true,
        .service = SERVICE_CITIZEN_LOOKUP,
        .fields = FIELD_BIT(FIELD_FULL_NAME) | FIELD_BIT(FIELD_BIRTH_DATE),
        .case_given = true,
        .business_found = true,
        .business_owned = true,
        .business_state = BUSINESS_GRANTED,
        .business_from_day = TODAY,
        .business_until_day = TODAY,
        .business_channels = 1u << CHANNEL_GUIDED,
        .business_services = 1u << SERVICE_CITIZEN_LOOKUP,
        .business_fields = FIELD_BIT(FIELD_FULL_NAME) | FIELD_BIT(FIELD_BIRTH_DATE),
        .business_hours = 1u << 12,
        .quota_max = 1,
        .quota_second_max = 1,
        .quota_total_max = 1,
        .now_us = TODAY * DAY_US + 5 * HOUR_US,
    };
}

/* A citizen's own ask by SMS. */
static struct party_question citizen(void)
{
    struct party_question question = bank();
    question.party_class = CLASS_CITIZEN;
    question.channel = CHANNEL_SMS;
    question.service = SERVICE_OWN_VIEW;
    question.subject_is_own = true;
    question.business_channels = 1u << CHANNEL_SMS;
    question.business_services = 1u << SERVICE_OWN_VIEW;
    return question;
}

#define assert_decision(question, expected_code, expected_rule, expected_field)                    \
    do {                                                                                           \
        struct decision decision_ = decide_party(*state, &(question));                             \
        assert_string_equal(words_name(&words_code, decision_.code),                               \
                            words_name(&words_code, expected_code));                               \
        assert_string_equal(words_name(&words_rule, decision_.rule),                               \
                            words_name(&words_rule, expected_rule));                               \
        assert_int_equal(decision_.field, expected_field);                                         \
    } while (0)
#define assert_refused(question, code, rule) assert_decision(question, code, rule, FIELD_COUNT)
#define assert_disclosed(question) assert_refused(question, CODE_DISCLOSED, RULE_PERMITTED)

static void an_ask_that_fulfils_everything_is_disclosed(void **state)
{
    struct party_question question = bank();
    assert_disclosed(question);
    question = citizen();
    assert_disclosed(question);
}

static void a_suspended_or_revoked_account_or_party_is_blocked(void **state)
{
    struct party_question question = bank();
    question.account_state = ACCOUNT_SUSPENDED;
    assert_refused(question, CODE_ACCOUNT_BLOCKED, RULE_ACCOUNT);
    question.account_state = ACCOUNT_REVOKED;
    assert_refused(question, CODE_ACCOUNT_BLOCKED, RULE_ACCOUNT);
    question = bank();
    question.account_party_state = PARTY_SUSPENDED;
    assert_refused(question, CODE_ACCOUNT_BLOCKED, RULE_ACCOUNT);
    question = bank();
    question.party_state = PARTY_SUSPENDED;
    assert_refused(question, CODE_ACCOUNT_BLOCKED, RULE_ACCOUNT);
}

static void without_its_assertion_an_operator_asks_for_nobody(void **state)
{
    struct party_question question = bank();
    question.assertion_required = true;
    assert_refused(question, CODE_OPERATOR_NOT_ALLOWED, RULE_ASSERTION);
    question.assertion_verified = true;
    assert_disclosed(question);
    question.assertion_required = false;
    assert_disclosed(question);
}

static void a_channel_that_the_circular_does_not_open_is_closed(void **state)
{
    struct party_question question = bank();
    question.channel = CHANNEL_SMS;
    assert_refused(question, CODE_CHANNEL_NOT_OPEN, RULE_CHANNEL_CLASS);
    question.party_class = CLASS_OTHER;
    question.channel = CHANNEL_GUIDED;
    assert_refused(question, CODE_CHANNEL_NOT_OPEN, RULE_CHANNEL_CLASS);
    question.party_class = CLASS_COUNT;
    assert_refused(question, CODE_CHANNEL_NOT_OPEN, RULE_CHANNEL_CLASS);
    question = bank();
    question.channel = CHANNEL_COUNT;
    assert_refused(question, CODE_CHANNEL_NOT_OPEN, RULE_CHANNEL_CLASS);
    question.channel = 1000;
    assert_refused(question, CODE_CHANNEL_NOT_OPEN, RULE_CHANNEL_CLASS);
}

static void the_guided_channel_needs_its_instrument_on_file(void **state)
{
    struct party_question question = bank();
    question.guided_instrument = false;
    assert_refused(question, CODE_CHANNEL_NOT_OPEN, RULE_CHANNEL_CLASS);
    question.channel = CHANNEL_WRITTEN; /* which needs none */
    question.business_channels = 1u << CHANNEL_WRITTEN;
    assert_disclosed(question);
}

static void a_service_that_is_not_for_the_class_is_closed(void **state)
{
    struct party_question question = bank();
    question.service = SERVICE_LIST_EXTRACT;
    assert_refused(question, CODE_SERVICE_NOT_OPEN, RULE_SERVICE_CLASS);
    question.service = SERVICE_COUNT;
    assert_refused(question, CODE_SERVICE_NOT_OPEN, RULE_SERVICE_CLASS);
    question.service = 1000;
    assert_refused(question, CODE_SERVICE_NOT_OPEN, RULE_SERVICE_CLASS);
}

static void a_business_that_is_not_granted_here_and_now_is_not_granted(void **state)
{
    struct party_question question = bank();
    question.business_found = false;
    assert_refused(question, CODE_BUSINESS_NOT_GRANTED, RULE_BUSINESS_UNKNOWN);
    question = bank();
    question.business_owned = false;
    assert_refused(question, CODE_BUSINESS_NOT_GRANTED, RULE_BUSINESS_OWNER);
    for (unsigned other = 0; other <= BUSINESS_STATE_COUNT; other++) {
        question = bank();
        question.business_state = other;
        if (other != BUSINESS_GRANTED) {
            assert_refused(question, CODE_BUSINESS_NOT_GRANTED, RULE_BUSINESS_STATE);
        }
    }
    question = bank();
    question.business_channels = ~(1u << CHANNEL_GUIDED);
    assert_refused(question, CODE_BUSINESS_NOT_GRANTED, RULE_BUSINESS_CHANNEL);
    question = bank();
    question.business_services = ~(1u << SERVICE_CITIZEN_LOOKUP);
    assert_refused(question, CODE_BUSINESS_NOT_GRANTED, RULE_BUSINESS_SERVICE);
}

static void a_business_is_valid_from_its_first_to_its_last_day_in_vietnam(void **state)
{
    struct party_question question = bank();
    question.business_hours = UINT32_MAX;
    question.now_us = TODAY * DAY_US - 7 * HOUR_US; /* midnight in Vietnam */
    assert_disclosed(question);
    question.now_us--;
    assert_refused(question, CODE_BUSINESS_NOT_GRANTED, RULE_BUSINESS_DATES);
    question.now_us += DAY_US;
    assert_disclosed(question);
    question.now_us++;
    assert_refused(question, CODE_BUSINESS_NOT_GRANTED, RULE_BUSINESS_DATES);
}

static void an_ask_without_a_case_has_no_purpose_that_can_be_checked(void **state)
{
    struct party_question question = bank();
    question.case_given = false;
    assert_refused(question, CODE_CASE_MISSING, RULE_CASE);
}

static void an_operator_acts_only_for_parties_and_officers_registered_with_it(void **state)
{
    struct party_question question = bank();
    question.party_is_own = false;
    assert_refused(question, CODE_OPERATOR_NOT_ALLOWED, RULE_OPERATOR);
    question.operator_registered = true;
    assert_disclosed(question);
    question.officer_registered = false;
    assert_refused(question, CODE_OPERATOR_NOT_ALLOWED, RULE_OPERATOR);
    question.party_is_own = true;
    assert_refused(question, CODE_OPERATOR_NOT_ALLOWED, RULE_OPERATOR);
}

static void a_citizen_asks_about_himself_only(void **state)
{
    struct party_question question = citizen();
    question.subject_is_own = false;
    assert_refused(question, CODE_OWN_DATA_ONLY, RULE_OWN_DATA);
    question = bank(); /* others may ask about others */
    question.subject_is_own = false;
    assert_disclosed(question);
}

static void one_ungranted_field_refuses_the_whole_ask_and_the_lowest_is_told(void **state)
{
    struct party_question question = bank();
    question.fields |= FIELD_BIT(FIELD_SEX) | FIELD_BIT(FIELD_NATIONALITY);
    assert_decision(question, CODE_FIELD_NOT_GRANTED, RULE_FIELD_GRANT, FIELD_NATIONALITY);
    question.fields = 0;
    assert_refused(question, CODE_FIELD_NOT_GRANTED, RULE_FIELD_GRANT);
    question.fields = UINT64_C(1) << 63;
    assert_refused(question, CODE_FIELD_NOT_GRANTED, RULE_FIELD_GRANT);
    question.business_fields = UINT64_MAX;
    assert_refused(question, CODE_FIELD_NOT_GRANTED, RULE_FIELD_CEILING);
}

static void a_grant_above_the_ceiling_of_the_class_is_void(void **state)
{
    struct party_question question = bank();
    question.fields |= FIELD_BIT(FIELD_RELIGION) | FIELD_BIT(FIELD_ETHNICITY);
    question.business_fields = UINT64_MAX;
    question.business_sensitive = UINT64_MAX;
    assert_decision(question, CODE_FIELD_NOT_GRANTED, RULE_FIELD_CEILING, FIELD_ETHNICITY);
}

static void a_sensitive_field_must_be_named_one_by_one(void **state)
{
    struct party_question question = bank();
    question.fields |= FIELD_BIT(FIELD_RELATIVES);
    question.business_fields |= FIELD_BIT(FIELD_RELATIVES);
    assert_decision(question, CODE_FIELD_NOT_GRANTED, RULE_FIELD_SENSITIVE, FIELD_RELATIVES);
    question.business_sensitive = ~FIELD_BIT(FIELD_RELATIVES);
    assert_decision(question, CODE_FIELD_NOT_GRANTED, RULE_FIELD_SENSITIVE, FIELD_RELATIVES);
    question.business_sensitive = FIELD_BIT(FIELD_RELATIVES);
    assert_disclosed(question);
}

static void the_demonstration_businesses_fit_under_the_ceilings(void **state)
{
    uint64_t kyc = FIELD_BIT(FIELD_FULL_NAME) | FIELD_BIT(FIELD_BIRTH_DATE) | FIELD_BIT(FIELD_SEX) |
                   FIELD_BIT(FIELD_NATIONALITY) | FIELD_BIT(FIELD_PERMANENT_RESIDENCE) |
                   FIELD_BIT(FIELD_CURRENT_RESIDENCE);
    uint64_t residence = kyc | FIELD_BIT(FIELD_MARITAL_STATUS) | FIELD_BIT(FIELD_HOUSEHOLD);
    struct party_question question = bank();
    question.fields = question.business_fields = kyc;
    assert_disclosed(question);
    question.party_class = CLASS_STATE;
    question.channel = CHANNEL_PROVINCE_ONE_STOP;
    question.business_channels = 1u << CHANNEL_PROVINCE_ONE_STOP;
    question.fields = question.business_fields = residence;
    assert_decision(question, CODE_FIELD_NOT_GRANTED, RULE_FIELD_SENSITIVE, FIELD_HOUSEHOLD);
    question.business_sensitive = FIELD_BIT(FIELD_HOUSEHOLD);
    assert_disclosed(question);
}

static void copying_or_passing_on_needs_a_permit(void **state)
{
    struct party_question question = bank();
    question.use_declared = true;
    assert_refused(question, CODE_PERMIT_MISSING, RULE_PERMIT);
    question.permit_covers = true;
    assert_disclosed(question);
    question.use_declared = false;
    assert_disclosed(question);
}

static void a_list_needs_an_approval_of_its_own(void **state)
{
    struct party_question question = bank();
    question.party_class = CLASS_STATE;
    question.channel = CHANNEL_PROVINCE_ONE_STOP;
    question.business_channels = 1u << CHANNEL_PROVINCE_ONE_STOP;
    question.service = SERVICE_LIST_EXTRACT;
    question.business_services = 1u << SERVICE_LIST_EXTRACT;
    question.fields = question.business_fields = FIELD_BIT(FIELD_SEX);
    assert_refused(question, CODE_LIST_NOT_APPROVED, RULE_LIST);
    question.list_approved = true;
    assert_disclosed(question);
}

static void outside_its_hours_a_business_is_not_granted(void **state)
{
    struct party_question question = bank(); /* 12:00 to 12:59:59.999999 in Vietnam */
    question.now_us--;
    assert_refused(question, CODE_BUSINESS_NOT_GRANTED, RULE_HOURS);
    question.now_us += HOUR_US;
    assert_disclosed(question);
    question.now_us++;
    assert_refused(question, CODE_BUSINESS_NOT_GRANTED, RULE_HOURS);
}

static void a_used_up_quota_and_the_fifth_miss_stop_an_ask(void **state)
{
    struct party_question question = bank();
    question.quota_used = 1;
    assert_refused(question, CODE_QUOTA_EXCEEDED, RULE_QUOTA);
    question.quota_used = question.quota_max = 0;
    assert_refused(question, CODE_QUOTA_EXCEEDED, RULE_QUOTA);
    question = bank();
    question.quota_second_used = 1;
    assert_refused(question, CODE_QUOTA_EXCEEDED, RULE_QUOTA_SECOND);
    question.quota_total_used = 1;
    assert_refused(question, CODE_QUOTA_EXCEEDED, RULE_QUOTA_TOTAL);
    question = bank();
    question.guesses = GUESSES_PER_DAY_MAX - 1;
    assert_disclosed(question);
    question.guesses = GUESSES_PER_DAY_MAX;
    assert_refused(question, CODE_QUOTA_EXCEEDED, RULE_GUESSING);
}

/* Everything is wrong at once, then mended one by one: the answers come in the order of the law. */
static void the_first_check_that_fails_decides(void **state)
{
    struct party_question question = {.account_state = ACCOUNT_REVOKED,
                                      .assertion_required = true,
                                      .party_class = CLASS_CITIZEN,
                                      .channel = CHANNEL_GUIDED,
                                      .use_declared = true,
                                      .guesses = 9,
                                      .now_us = TODAY * DAY_US + 5 * HOUR_US};
    assert_refused(question, CODE_ACCOUNT_BLOCKED, RULE_ACCOUNT);
    question.account_state = ACCOUNT_ACTIVE;
    assert_refused(question, CODE_OPERATOR_NOT_ALLOWED, RULE_ASSERTION);
    question.assertion_verified = true;
    assert_refused(question, CODE_CHANNEL_NOT_OPEN, RULE_CHANNEL_CLASS);
    question.channel = CHANNEL_SMS;
    assert_refused(question, CODE_SERVICE_NOT_OPEN, RULE_SERVICE_CLASS);
    question.service = SERVICE_OWN_VIEW;
    assert_refused(question, CODE_BUSINESS_NOT_GRANTED, RULE_BUSINESS_UNKNOWN);
    question.business_found = true;
    assert_refused(question, CODE_BUSINESS_NOT_GRANTED, RULE_BUSINESS_OWNER);
    question.business_owned = true;
    assert_refused(question, CODE_BUSINESS_NOT_GRANTED, RULE_BUSINESS_STATE);
    question.business_state = BUSINESS_GRANTED;
    assert_refused(question, CODE_BUSINESS_NOT_GRANTED, RULE_BUSINESS_DATES);
    question.business_until_day = TODAY + 1;
    assert_refused(question, CODE_BUSINESS_NOT_GRANTED, RULE_BUSINESS_CHANNEL);
    question.business_channels = 1u << CHANNEL_SMS;
    assert_refused(question, CODE_BUSINESS_NOT_GRANTED, RULE_BUSINESS_SERVICE);
    question.business_services = 1u << SERVICE_OWN_VIEW;
    assert_refused(question, CODE_CASE_MISSING, RULE_CASE);
    question.case_given = true;
    assert_refused(question, CODE_OPERATOR_NOT_ALLOWED, RULE_OPERATOR);
    question.party_is_own = question.officer_registered = true;
    assert_refused(question, CODE_OWN_DATA_ONLY, RULE_OWN_DATA);
    question.subject_is_own = true;
    assert_refused(question, CODE_FIELD_NOT_GRANTED, RULE_FIELD_GRANT);
    question.fields = FIELD_BIT(FIELD_SEX) | FIELD_BIT(FIELD_RELIGION) | FIELD_BIT(FIELD_HOUSEHOLD);
    assert_decision(question, CODE_FIELD_NOT_GRANTED, RULE_FIELD_GRANT, FIELD_HOUSEHOLD);
    question.business_fields = question.fields;
    assert_decision(question, CODE_FIELD_NOT_GRANTED, RULE_FIELD_CEILING, FIELD_HOUSEHOLD);
    question.fields &= ~FIELD_BIT(FIELD_HOUSEHOLD);
    assert_decision(question, CODE_FIELD_NOT_GRANTED, RULE_FIELD_SENSITIVE, FIELD_RELIGION);
    question.business_sensitive = question.fields;
    assert_refused(question, CODE_PERMIT_MISSING, RULE_PERMIT);
    question.permit_covers = true;
    assert_refused(question, CODE_BUSINESS_NOT_GRANTED, RULE_HOURS);
    question.business_hours = 1u << 12;
    assert_refused(question, CODE_QUOTA_EXCEEDED, RULE_QUOTA_TOTAL);
    question.quota_total_max = 1;
    assert_refused(question, CODE_QUOTA_EXCEEDED, RULE_QUOTA);
    question.quota_max = 1;
    assert_refused(question, CODE_QUOTA_EXCEEDED, RULE_QUOTA_SECOND);
    question.quota_second_max = 1;
    assert_refused(question, CODE_QUOTA_EXCEEDED, RULE_GUESSING);
    question.guesses = 0;
    assert_disclosed(question);
}

static struct subject_question found(void)
{
    return (struct subject_question){.party_class = CLASS_ORGANISATION,
                                     .found = true,
                                     .name_matches = true,
                                     .birth_date_matches = true,
                                     .population = TRUTH_YES};
}

#define assert_subject(policy, question, expected_code, expected_rule)                             \
    do {                                                                                           \
        struct decision decision_ = decide_subject(policy, &(question));                           \
        assert_string_equal(words_name(&words_code, decision_.code),                               \
                            words_name(&words_code, expected_code));                               \
        assert_string_equal(words_name(&words_rule, decision_.rule),                               \
                            words_name(&words_rule, expected_rule));                               \
        assert_int_equal(decision_.field, FIELD_COUNT);                                            \
    } while (0)

static void every_no_about_the_subject_is_the_same_answer(void **state)
{
    struct subject_question question = found();
    assert_subject(*state, question, CODE_DISCLOSED, RULE_PERMITTED);
    question.found = false;
    assert_subject(*state, question, CODE_SUBJECT_NOT_AVAILABLE, RULE_SUBJECT_UNKNOWN);
    question = found();
    question.name_matches = false;
    assert_subject(*state, question, CODE_SUBJECT_NOT_AVAILABLE, RULE_SUBJECT_MISMATCH);
    question = found();
    question.birth_date_matches = false;
    assert_subject(*state, question, CODE_SUBJECT_NOT_AVAILABLE, RULE_SUBJECT_MISMATCH);
    question = found();
    question.population = TRUTH_NO;
    assert_subject(*state, question, CODE_SUBJECT_NOT_AVAILABLE, RULE_POPULATION);
    question.population = TRUTH_UNKNOWN;
    assert_subject(*state, question, CODE_SUBJECT_NOT_AVAILABLE, RULE_POPULATION);
    question.population = 7;
    assert_subject(*state, question, CODE_SUBJECT_NOT_AVAILABLE, RULE_POPULATION);
}

static void a_protected_person_is_there_for_cleared_businesses_only(void **state)
{
    struct subject_question question = found();
    question.protected_person = true;
    assert_subject(*state, question, CODE_SUBJECT_NOT_AVAILABLE, RULE_PROTECTED);
    question.clearance_protected = true;
    assert_subject(*state, question, CODE_DISCLOSED, RULE_PERMITTED);
}

static void a_class_out_of_range_finds_nobody(void **state)
{
    struct subject_question question = found();
    question.party_class = CLASS_COUNT;
    assert_subject(*state, question, CODE_SUBJECT_NOT_AVAILABLE, RULE_SUBJECT_UNKNOWN);
    question.party_class = CLASS_STATE + 32;
    assert_subject(*state, question, CODE_SUBJECT_NOT_AVAILABLE, RULE_SUBJECT_UNKNOWN);
}

static void a_lock_binds_when_its_law_is_in_force_and_only_the_classes_that_it_names(void **state)
{
    struct policy *later = set_policy_2026();
    struct subject_question question = found();
    question.locked = true;
    assert_subject(*state, question, CODE_DISCLOSED, RULE_PERMITTED); /* off in 2021 */
    assert_subject(later, question, CODE_SUBJECT_NOT_AVAILABLE, RULE_LOCKED);
    question.business_override_lock = true;
    assert_subject(later, question, CODE_DISCLOSED, RULE_PERMITTED);
    question.business_override_lock = false;
    question.party_class = CLASS_STATE;
    assert_subject(later, question, CODE_DISCLOSED, RULE_PERMITTED);
    policy_free(later);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ask_that_fulfils_everything_is_disclosed),
        cmocka_unit_test(a_suspended_or_revoked_account_or_party_is_blocked),
        cmocka_unit_test(without_its_assertion_an_operator_asks_for_nobody),
        cmocka_unit_test(a_channel_that_the_circular_does_not_open_is_closed),
        cmocka_unit_test(the_guided_channel_needs_its_instrument_on_file),
        cmocka_unit_test(a_service_that_is_not_for_the_class_is_closed),
        cmocka_unit_test(a_business_that_is_not_granted_here_and_now_is_not_granted),
        cmocka_unit_test(a_business_is_valid_from_its_first_to_its_last_day_in_vietnam),
        cmocka_unit_test(an_ask_without_a_case_has_no_purpose_that_can_be_checked),
        cmocka_unit_test(an_operator_acts_only_for_parties_and_officers_registered_with_it),
        cmocka_unit_test(a_citizen_asks_about_himself_only),
        cmocka_unit_test(one_ungranted_field_refuses_the_whole_ask_and_the_lowest_is_told),
        cmocka_unit_test(a_grant_above_the_ceiling_of_the_class_is_void),
        cmocka_unit_test(a_sensitive_field_must_be_named_one_by_one),
        cmocka_unit_test(the_demonstration_businesses_fit_under_the_ceilings),
        cmocka_unit_test(copying_or_passing_on_needs_a_permit),
        cmocka_unit_test(a_list_needs_an_approval_of_its_own),
        cmocka_unit_test(outside_its_hours_a_business_is_not_granted),
        cmocka_unit_test(a_used_up_quota_and_the_fifth_miss_stop_an_ask),
        cmocka_unit_test(the_first_check_that_fails_decides),
        cmocka_unit_test(every_no_about_the_subject_is_the_same_answer),
        cmocka_unit_test(a_protected_person_is_there_for_cleared_businesses_only),
        cmocka_unit_test(a_class_out_of_range_finds_nobody),
        cmocka_unit_test(a_lock_binds_when_its_law_is_in_force_and_only_the_classes_that_it_names),
    };
    return cmocka_run_group_tests_name("policy/decide", tests, set_up_policy, tear_down_policy);
}
