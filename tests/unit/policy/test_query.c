/* What others ask a policy: texts, notices, the lock, fees, working days. */
#include "set_help.h"

#include "base/clock.h"

static int64_t day(int year, int month, int day_of_month)
{
    return date_to_days((struct date){.year = year, .month = month, .day = day_of_month});
}

static void the_policy_is_effective_from_the_day_of_the_article(void **state)
{
    assert_true(policy_effective_day(*state) == day(2021, 7, 8));
}

static uint64_t vnd_per_field(const struct policy *policy, enum party_class class,
                              enum service service, enum channel channel, int64_t on)
{
    return policy_fee(policy, class, service, channel, on).vnd_per_field;
}

static void words_out_of_range_are_closed(void **state)
{
    assert_false(policy_channel_open(*state, CLASS_COUNT, CHANNEL_WRITTEN));
    assert_false(policy_channel_open(*state, CLASS_STATE, CHANNEL_COUNT));
    assert_false(policy_channel_open(*state, CLASS_STATE, 64));
    assert_false(policy_service_open(*state, CLASS_COUNT, SERVICE_CITIZEN_LOOKUP));
    assert_false(policy_service_open(*state, CLASS_STATE, 1000));
    assert_true(policy_field_ceiling(*state, CLASS_COUNT, SERVICE_CITIZEN_LOOKUP) == 0);
    assert_true(policy_field_ceiling(*state, CLASS_STATE, SERVICE_COUNT) == 0);
    assert_false(policy_notice_open(*state, CLASS_COUNT, SERVICE_CITIZEN_LOOKUP, NOTICE_DECEASED));
    assert_false(policy_notice_open(*state, CLASS_STATE, SERVICE_COUNT, NOTICE_DECEASED));
    assert_false(policy_notice_open(*state, CLASS_STATE, SERVICE_CITIZEN_LOOKUP, NOTICE_COUNT));
    assert_true(vnd_per_field(*state, CLASS_COUNT, SERVICE_CITIZEN_LOOKUP, CHANNEL_GUIDED,
                              day(2025, 1, 1)) == 0);
    assert_true(
        vnd_per_field(*state, CLASS_OTHER, SERVICE_COUNT, CHANNEL_WRITTEN, day(2025, 1, 1)) == 0);
    assert_false(policy_lock_in_force(*state, CLASS_COUNT));
}

/* A policy that was published before the code was thought of goes on. */
static void a_code_that_is_newer_than_the_policy_is_told_in_anothers_words(void **state)
{
    struct set set = set_read();
    set_replace(set_file(&set, "refusals"),
                "  - code: per_claim_not_granted\n"
                "    clause: [P4, U1]\n"
                "    title_vi: Nghiệp vụ không được trả lời theo từng điều xác thực\n"
                "    detail_vi: Bỏ per_claim để nhận một câu trả lời chung cho mọi điều xác thực, "
                "hoặc đề nghị bổ sung quyền này cho nghiệp vụ.\n"
                "    title_en: The business may not have an answer for each claim\n"
                "    detail_en: Leave out per_claim to have one answer for all claims, or ask for "
                "this right to be added to the business.\n",
                "");
    struct policy *policy = set_load(&set);
    struct policy_text said = policy_refusal_text(policy, CODE_PER_CLAIM_NOT_GRANTED);
    struct policy_text other = policy_refusal_text(policy, CODE_FIELD_NOT_GRANTED);
    assert_string_equal(policy_lacks(policy), "per_claim_not_granted");
    assert_string_equal(said.title_vi, other.title_vi);
    assert_string_equal(said.clause, other.clause);
    policy_free(policy);
    set_done(&set);
    assert_null(policy_lacks(*state));
    assert_string_not_equal(policy_refusal_text(*state, CODE_PER_CLAIM_NOT_GRANTED).title_vi,
                            policy_refusal_text(*state, CODE_FIELD_NOT_GRANTED).title_vi);
}

static void the_lock_is_off_in_2021_and_binds_two_classes_later(void **state)
{
    struct policy *later = set_policy_2026();
    for (unsigned class = 0; class < CLASS_COUNT; class ++) {
        assert_false(policy_lock_in_force(*state, class));
        assert_int_equal(policy_lock_in_force(later, class),
                         class == CLASS_ORGANISATION || class == CLASS_OTHER);
    }
    policy_free(later);
}

/* Decree 37/2021, when a set adopts it: the state gains the guided channel, and only that. */
static void connection_and_sharing_opens_one_pair_when_it_is_in_force(void **state)
{
    struct set set = set_read();
    set_replace(set_file(&set, "circular"), "clause: [ND37]\n    in_force: false",
                "clause: [ND37]\n    in_force: true");
    struct policy *policy = set_load(&set);
    for (unsigned class = 0; class < CLASS_COUNT; class ++) {
        for (unsigned channel = 0; channel < CHANNEL_COUNT; channel++) {
            bool added = class == CLASS_STATE && channel == CHANNEL_GUIDED;
            assert_int_equal(policy_channel_open(policy, class, channel),
                             policy_channel_open(*state, class, channel) || added);
        }
    }
    policy_free(policy);
    set_done(&set);
}

static void a_notice_is_told_only_where_its_row_says_so(void **state)
{
    assert_true(
        policy_notice_open(*state, CLASS_STATE, SERVICE_CITIZEN_LOOKUP, NOTICE_UNDER_CORRECTION));
    assert_true(
        policy_notice_open(*state, CLASS_ORGANISATION, SERVICE_RELATIVE_VERIFY, NOTICE_DECEASED));
    assert_false(policy_notice_open(*state, CLASS_ORGANISATION, SERVICE_RELATIVE_VERIFY,
                                    NOTICE_UNDER_CORRECTION));
    assert_false(policy_notice_open(*state, CLASS_CITIZEN, SERVICE_OWN_VIEW, NOTICE_DECEASED));
    assert_false(policy_notice_open(*state, CLASS_OTHER, SERVICE_ID_MAP, NOTICE_DECEASED));
}

static void every_refusal_has_a_short_title_and_a_whole_sentence_in_both_languages(void **state)
{
    for (unsigned code = CODE_DISCLOSED + 1; code < CODE_COUNT; code++) {
        struct policy_text text = policy_refusal_text(*state, code);
        const char *const titles[] = {text.title_vi, text.title_en};
        const char *const details[] = {text.detail_vi, text.detail_en};
        for (unsigned i = 0; i < 2; i++) {
            assert_in_range(strlen(titles[i]), 8, 110);
            assert_int_not_equal(titles[i][strlen(titles[i]) - 1], '.');
            assert_true(strlen(details[i]) > 30);
            assert_int_equal(details[i][strlen(details[i]) - 1], '.');
        }
        /* What carries a receipt was decided by the law, and says by which clause. */
        assert_true(text.clause[0] != '\0' || !code_has_receipt(code));
    }
}

static void a_refusal_names_its_clause(void **state)
{
    assert_string_equal(policy_refusal_text(*state, CODE_OWN_DATA_ONLY).clause, "F3");
    assert_string_equal(policy_refusal_text(*state, CODE_FIELD_NOT_GRANTED).clause, "U1, P4");
    assert_string_equal(policy_refusal_text(*state, CODE_BAD_REQUEST).clause, "");
}

static const struct policy *shared;

static void ask_for_the_text_of_no_refusal(void *context)
{
    (void)context;
    (void)policy_refusal_text(shared, CODE_DISCLOSED);
}

static void ask_for_the_text_of_no_code(void *context)
{
    (void)context;
    (void)policy_refusal_text(shared, CODE_COUNT);
}

static void a_clause_is_known_by_its_name_alone(void **state)
{
    assert_true(policy_clause_known(*state, VIEW_LITERAL("P3")));
    assert_true(policy_clause_known(*state, VIEW_LITERAL("U1")));
    assert_false(policy_clause_known(*state, VIEW_LITERAL("P")));
    assert_false(policy_clause_known(*state, VIEW_LITERAL("P33")));
    assert_false(policy_clause_known(*state, VIEW_LITERAL("")));
}

static void a_text_of_what_is_no_refusal_aborts(void **state)
{
    shared = *state;
    assert_true(aborts(ask_for_the_text_of_no_refusal, NULL));
    assert_true(aborts(ask_for_the_text_of_no_code, NULL));
}

static void fees_follow_their_dated_rows(void **state)
{
    static const struct {
        int year, month, day;
        unsigned vnd;
    } rows[] = {{2021, 7, 8, 0},     {2022, 9, 16, 0},   {2022, 9, 17, 500},
                {2023, 12, 31, 500}, {2024, 1, 1, 1000}, {2050, 1, 1, 1000}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t at = day(rows[i].year, rows[i].month, rows[i].day);
        assert_true(vnd_per_field(*state, CLASS_ORGANISATION, SERVICE_CITIZEN_LOOKUP,
                                  CHANNEL_GUIDED, at) == rows[i].vnd);
        assert_true(vnd_per_field(*state, CLASS_OTHER, SERVICE_CITIZEN_VERIFY, CHANNEL_WRITTEN,
                                  at) == rows[i].vnd);
        assert_true(
            vnd_per_field(*state, CLASS_STATE, SERVICE_CITIZEN_LOOKUP, CHANNEL_WRITTEN, at) == 0);
        assert_true(vnd_per_field(*state, CLASS_CITIZEN, SERVICE_OWN_VIEW, CHANNEL_SMS, at) == 0);
        assert_true(vnd_per_field(*state, CLASS_OTHER, SERVICE_OWN_HISTORY, CHANNEL_WRITTEN, at) ==
                    0);
    }
}

static void every_disclosure_that_a_paying_class_can_ask_for_has_a_product(void **state)
{
    for (unsigned class = 0; class < CLASS_COUNT; class ++) {
        for (unsigned service = 0; service < SERVICE_COUNT; service++) {
            for (unsigned channel = 0; channel < CHANNEL_COUNT; channel++) {
                bool pays = class == CLASS_ORGANISATION || class == CLASS_OTHER;
                bool open = policy_service_open(*state, class, service) &&
                            policy_channel_open(*state, class, channel);
                uint64_t fee = vnd_per_field(*state, class, service, channel, day(2025, 6, 1));
                assert_true(!open || fee == (pays ? 1000u : 0u));
            }
        }
    }
}

static void working_days_know_weekends_holidays_and_make_up_days(void **state)
{
    static const struct {
        int year, month, day;
        enum truth truth;
    } rows[] = {
        {2020, 12, 31, TRUTH_UNKNOWN}, {2021, 1, 1, TRUTH_NO},      {2021, 1, 4, TRUTH_YES},
        {2021, 2, 9, TRUTH_YES},       {2021, 2, 10, TRUTH_NO},     {2021, 2, 16, TRUTH_NO},
        {2021, 2, 17, TRUTH_YES},      {2021, 7, 10, TRUTH_NO},     {2021, 7, 11, TRUTH_NO},
        {2024, 4, 29, TRUTH_NO},       {2024, 5, 4, TRUTH_YES},     {2024, 5, 5, TRUTH_NO},
        {2027, 12, 31, TRUTH_YES},     {2028, 1, 1, TRUTH_UNKNOWN}, {1969, 12, 31, TRUTH_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t at = day(rows[i].year, rows[i].month, rows[i].day);
        assert_int_equal(policy_working_day(*state, at), rows[i].truth);
    }
}

static void each_year_has_the_working_days_that_its_calendar_leaves(void **state)
{
    /* Counted by another program: weekdays less holidays that fall on weekdays, plus make-up
     * days. */
    static const unsigned working[] = {250, 249, 249, 251, 250, 250, 250};
    for (int year = 2021; year <= 2027; year++) {
        unsigned days = 0;
        for (int64_t at = day(year, 1, 1); at <= day(year, 12, 31); at++) {
            days += policy_working_day(*state, at) == TRUTH_YES;
        }
        printf("# %d: %u working days\n", year, days);
        assert_int_equal(days, working[year - 2021]);
    }
}

static void deadlines_skip_what_is_no_working_day(void **state)
{
    int64_t due = 0;
    assert_ok(policy_deadline_day(*state, day(2021, 7, 8), 3, &due)); /* Thu: Fri, Mon, Tue */
    assert_true(due == day(2021, 7, 13));
    assert_ok(policy_deadline_day(*state, day(2021, 2, 9), 3, &due)); /* over Tet */
    assert_true(due == day(2021, 2, 19));
    assert_ok(policy_deadline_day(*state, day(2024, 4, 26), 3, &due)); /* over 30/4 */
    assert_true(due == day(2024, 5, 4));
    assert_ok(policy_deadline_day(*state, day(2021, 7, 10), 0, &due));
    assert_true(due == day(2021, 7, 10));
    due = 7;
    assert_fault(policy_deadline_day(*state, day(2027, 12, 30), 2, &due), FAULT_NOT_FOUND);
    assert_true(due == 7);
}

static void freeing_nothing_is_allowed(void **state)
{
    (void)state;
    policy_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_policy_is_effective_from_the_day_of_the_article),
        cmocka_unit_test(words_out_of_range_are_closed),
        cmocka_unit_test(a_code_that_is_newer_than_the_policy_is_told_in_anothers_words),
        cmocka_unit_test(the_lock_is_off_in_2021_and_binds_two_classes_later),
        cmocka_unit_test(connection_and_sharing_opens_one_pair_when_it_is_in_force),
        cmocka_unit_test(a_notice_is_told_only_where_its_row_says_so),
        cmocka_unit_test(every_refusal_has_a_short_title_and_a_whole_sentence_in_both_languages),
        cmocka_unit_test(a_refusal_names_its_clause),
        cmocka_unit_test(a_clause_is_known_by_its_name_alone),
        cmocka_unit_test(a_text_of_what_is_no_refusal_aborts),
        cmocka_unit_test(fees_follow_their_dated_rows),
        cmocka_unit_test(every_disclosure_that_a_paying_class_can_ask_for_has_a_product),
        cmocka_unit_test(working_days_know_weekends_holidays_and_make_up_days),
        cmocka_unit_test(each_year_has_the_working_days_that_its_calendar_leaves),
        cmocka_unit_test(deadlines_skip_what_is_no_working_day),
        cmocka_unit_test(freeing_nothing_is_allowed),
    };
    return cmocka_run_group_tests_name("policy/query", tests, set_up_policy, tear_down_policy);
}
