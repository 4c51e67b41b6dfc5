/*
 * The policy as it is published against a second reading of the law (oracle.c), over every
 * combination of what matters. A dimension sets some members of the question; a product runs
 * through all values of its dimensions, the last one fastest, so that a dimension may look at what
 * those before it have set.
 */
#include "dimensions.h"
#include "set_help.h"

struct dimension {
    unsigned count;
    void (*set)(struct party_question *question, unsigned value);
};

struct product {
    const struct policy *policy;
    const struct dimension *dimensions;
    unsigned dimension_count;
    uint64_t combinations;
    uint64_t differences;
    uint64_t disclosed;
};

static uint64_t all_combinations;
static uint64_t all_differences;

static void compare(struct product *product, const struct party_question *question)
{
    struct decision ours = decide_party(product->policy, question);
    struct decision theirs = oracle_party(question);

    product->combinations++;
    product->disclosed += ours.code == CODE_DISCLOSED;
    if (ours.code != theirs.code || ours.rule != theirs.rule || ours.field != theirs.field) {
        if (product->differences++ == 0) {
            printf("# class %u channel %u service %u fields %llx: %s/%s/%u, oracle %s/%s/%u\n",
                   question->party_class, question->channel, question->service,
                   (unsigned long long)question->fields, words_name(&words_code, ours.code),
                   words_name(&words_rule, ours.rule), ours.field,
                   words_name(&words_code, theirs.code), words_name(&words_rule, theirs.rule),
                   theirs.field);
        }
    }
}

static void run_from(struct product *product, struct party_question *question, unsigned at)
{
    if (at == product->dimension_count) {
        compare(product, question);
        return;
    }
    for (unsigned value = 0; value < product->dimensions[at].count; value++) {
        product->dimensions[at].set(question, value);
        run_from(product, question, at + 1);
    }
}

/* A question that is answered: what the dimensions do not touch stands in nobody's way. */
static struct party_question good_question(void)
{
    return (struct party_question){
        .party_class = CLASS_ORGANISATION,
        .channel = CHANNEL_GUIDED,
        .guided_instrument = true,
        .party_is_own = true,
        .officer_registered = true,
        .service = SERVICE_CITIZEN_LOOKUP,
        .fields = FIELD_BIT(FIELD_FULL_NAME),
        .case_given = true,
        .subject_is_own = true,
        .business_found = true,
        .business_owned = true,
        .business_state = BUSINESS_GRANTED,
        .business_from_day = TODAY - 10,
        .business_until_day = TODAY + 10,
        .business_channels = (1u << CHANNEL_COUNT) - 1,
        .business_services = (1u << SERVICE_COUNT) - 1,
        .business_fields = ALL_FIELDS,
        .business_hours = (1u << 24) - 1,
        .quota_max = 100,
        .quota_second_max = 1,
        .quota_total_max = UINT64_MAX,
        .now_us = TODAY * DAY_US + 5 * HOUR_US,
    };
}

static void run(const char *name, const struct policy *policy, const struct dimension *dimensions,
                unsigned count)
{
    struct product product = {.policy = policy, .dimensions = dimensions, .dimension_count = count};
    struct party_question question = good_question();

    run_from(&product, &question, 0);
    printf("# %s: %llu combinations, %llu disclosed, %llu differences\n", name,
           (unsigned long long)product.combinations, (unsigned long long)product.disclosed,
           (unsigned long long)product.differences);
    all_combinations += product.combinations;
    all_differences += product.differences;
    assert_true(product.differences == 0);
    assert_true(product.disclosed > 0);
}
#define RUN(name, policy, dimensions)                                                              \
    run(name, policy, dimensions, sizeof(dimensions) / sizeof((dimensions)[0]))

static void every_pair_every_check_failing_and_passing_is_decided_as_the_oracle_does(void **state)
{
    const struct dimension dimensions[] = {
        {CLASS_COUNT, set_class},
        {CHANNEL_COUNT, set_channel},
        {SERVICE_COUNT, set_service},
        {2, set_account_good},
        {2, set_assertion_good},
        {2, set_instrument},
        {13, set_business},
        {2, set_case},
        {3, set_acting},
        {2, set_subject},
        {8, set_field_case},
        {2, set_permit_good},
        {2, set_hours_good},
        {2, set_quota_good},
        {2, set_guesses_good},
    };
    RUN("every check", *state, dimensions);
}

static void who_asks_is_decided_as_the_oracle_does(void **state)
{
    const struct dimension dimensions[] = {
        {CLASS_COUNT, set_class},
        {CHANNEL_COUNT, set_channel},
        {SERVICE_COUNT, set_service},
        {2, set_instrument},
        {3, set_account_state},
        {2, set_account_party_state},
        {2, set_party_state},
        {4, set_assertion},
        {2, set_own},
        {2, set_operator},
        {2, set_officer},
        {2, set_case},
        {2, set_found},
        {2, set_field_good},
    };
    RUN("who asks", *state, dimensions);
}

static void what_for_is_decided_as_the_oracle_does(void **state)
{
    const struct dimension dimensions[] = {
        {CLASS_COUNT, set_class},
        {CHANNEL_COUNT, set_channel},
        {SERVICE_COUNT, set_service},
        {2, set_found},
        {2, set_owned},
        {BUSINESS_STATE_COUNT, set_state},
        {5, set_dates},
        {2, set_business_channel},
        {2, set_business_service},
        {2, set_case},
        {2, set_operator},
        {2, set_subject},
        {2, set_field_good},
        {2, set_quota_good},
    };
    RUN("what for", *state, dimensions);
}

static void one_answer_a_claim_is_decided_as_the_oracle_does(void **state)
{
    const struct dimension dimensions[] = {
        {CLASS_COUNT, set_class}, {CHANNEL_COUNT, set_channel}, {SERVICE_COUNT, set_service},
        {13, set_business},       {8, set_field_case},          {4, set_per_claim},
        {4, set_permit},          {2, set_hours_good},          {2, set_quota_good},
        {2, set_guesses_good},
    };
    RUN("per claim", *state, dimensions);
}

static void a_list_is_decided_as_the_oracle_does(void **state)
{
    const struct dimension dimensions[] = {
        {CLASS_COUNT, set_class},
        {CHANNEL_COUNT, set_channel},
        {1, set_list_service},
        {13, set_business},
        {8, set_field_case},
        {4, set_permit},
        {2, set_list},
        {2, set_hours_good},
        {2, set_quota_good},
        {2, set_guesses_good},
    };
    RUN("lists", *state, dimensions);
}

static void every_pair_of_fields_is_decided_as_the_oracle_does(void **state)
{
    const struct dimension dimensions[] = {
        {CLASS_COUNT, set_class},
        {1, set_open_channel},
        {SERVICE_COUNT, set_service},
        {FIELD_COUNT * FIELD_COUNT * 16, set_two_fields},
        {4, set_permit},
    };
    RUN("pairs of fields", *state, dimensions);
}

static void every_set_of_fields_is_decided_as_the_oracle_does(void **state)
{
    const struct dimension dimensions[] = {
        {CLASS_COUNT, set_class},      {1, set_open_channel}, {SERVICE_COUNT, set_service},
        {1u << FIELD_COUNT, set_mask}, {3, set_grant},
    };
    RUN("sets of fields", *state, dimensions);
}

static void every_hour_quota_and_number_of_guesses_is_decided_as_the_oracle_does(void **state)
{
    const struct dimension dimensions[] = {
        {CLASS_COUNT, set_class}, {1, set_open_channel}, {2, set_field_good}, {5, set_dates},
        {4 * 24 * 2, set_moment}, {25, set_one_hour},    {8, set_quota},      {8, set_guesses},
    };
    RUN("hours and counters", *state, dimensions);
}

static void every_mixture_of_quotas_is_decided_as_the_oracle_does(void **state)
{
    const struct dimension dimensions[] = {
        {CLASS_COUNT, set_class}, {1, set_open_channel}, {2, set_field_good}, {8, set_quota},
        {8, set_quota_second},    {8, set_quota_total},  {2, set_hours_good}, {2, set_guesses_good},
    };
    RUN("quotas", *state, dimensions);
}

static void values_out_of_range_are_refused_as_the_oracle_does(void **state)
{
    const struct dimension dimensions[] = {
        {CLASS_COUNT + 3, set_class},
        {CHANNEL_COUNT + 2, set_channel},
        {SERVICE_COUNT + 3, set_service},
        {2, set_instrument},
        {5, set_account_state},
        {4, set_account_party_state},
        {4, set_party_state},
        {BUSINESS_STATE_COUNT + 2, set_state},
        {2, set_field_good},
    };
    RUN("out of range", *state, dimensions);
}

static void the_matrices_are_the_oracles(void **state)
{
    const struct policy *policy = *state;
    unsigned open = 0;

    for (unsigned class = 0; class <= CLASS_COUNT; class ++) {
        for (unsigned channel = 0; channel <= CHANNEL_COUNT; channel++) {
            bool is_open = policy_channel_open(policy, class, channel);
            assert_int_equal(is_open, oracle_channel_open(class, channel));
            open += is_open;
        }
        for (unsigned service = 0; service <= SERVICE_COUNT; service++) {
            uint64_t ceiling = oracle_ceiling(class, service);
            assert_true(policy_field_ceiling(policy, class, service) == ceiling);
            assert_int_equal(policy_service_open(policy, class, service), ceiling != 0);
        }
    }
    assert_true(policy_fields_sensitive(policy) == oracle_sensitive());
    printf("# %u of %u pairs of class and channel are open\n", open, CLASS_COUNT * CHANNEL_COUNT);
    assert_int_equal(open, 14);
}

/* That the comparison is not blind: each of the 28 pairs is turned round in the file, once. */
static void a_pair_turned_round_in_the_file_differs_from_the_oracle_there_only(void **state)
{
    (void)state;
    for (unsigned pair = 0; pair < CLASS_COUNT * CHANNEL_COUNT; pair++) {
        unsigned class = pair / CHANNEL_COUNT;
        unsigned channel = pair % CHANNEL_COUNT;
        bool open = oracle_channel_open(class, channel);
        char from[128];
        char to[128];
        struct set set = set_read();
        struct policy_file *circular = set_file(&set, "circular");
        (void)snprintf(from, sizeof(from), "{class: %s, channel: %s, open: %s",
                       words_name(&words_class, class), words_name(&words_channel, channel),
                       open ? "true" : "false");
        (void)snprintf(to, sizeof(to), "{class: %s, channel: %s, open: %s",
                       words_name(&words_class, class), words_name(&words_channel, channel),
                       open ? "false" : "true");
        set_replace(circular, from, to);
        set_replace(circular, "open_pairs: 14", open ? "open_pairs: 13" : "open_pairs: 15");
        struct policy *policy = set_load(&set);
        for (unsigned other = 0; other < CLASS_COUNT * CHANNEL_COUNT; other++) {
            bool same = policy_channel_open(policy, other / CHANNEL_COUNT, other % CHANNEL_COUNT) ==
                        oracle_channel_open(other / CHANNEL_COUNT, other % CHANNEL_COUNT);
            assert_int_equal(same, other != pair);
        }
        policy_free(policy);
        set_done(&set);
    }
}

static uint64_t compare_subjects(const struct policy *policy, bool lock)
{
    uint64_t combinations = 0;

    for (unsigned class = 0; class < CLASS_COUNT + 40; class ++) {
        for (unsigned bits = 0; bits < 1024; bits++) {
            struct subject_question question = {
                .party_class = class,
                .found = (bits & 1) != 0,
                .name_matches = (bits & 2) != 0,
                .birth_date_matches = (bits & 4) != 0,
                .protected_person = (bits & 8) != 0,
                .clearance_protected = (bits & 16) != 0,
                .locked = (bits & 32) != 0,
                .business_override_lock = (bits & 64) != 0,
                .population = bits >> 7, /* 3 to 7 are no truth at all */
            };
            struct decision ours = decide_subject(policy, &question);
            struct decision theirs = oracle_subject(&question, lock);
            assert_int_equal(ours.code, theirs.code);
            assert_int_equal(ours.rule, theirs.rule);
            assert_int_equal(ours.field, theirs.field);
            combinations++;
        }
    }
    return combinations;
}

static void every_subject_is_decided_as_the_oracle_does(void **state)
{
    struct policy *later = set_policy_2026();
    uint64_t combinations = compare_subjects(*state, false);

    combinations += compare_subjects(later, true);
    policy_free(later);
    printf("# subjects: %llu combinations, 0 differences\n", (unsigned long long)combinations);
    all_combinations += combinations;
}

static int tell_and_free(void **state)
{
    printf("# oracle: %llu combinations, %llu differences\n", (unsigned long long)all_combinations,
           (unsigned long long)all_differences);
    return tear_down_policy(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_matrices_are_the_oracles),
        cmocka_unit_test(a_pair_turned_round_in_the_file_differs_from_the_oracle_there_only),
        cmocka_unit_test(every_pair_every_check_failing_and_passing_is_decided_as_the_oracle_does),
        cmocka_unit_test(who_asks_is_decided_as_the_oracle_does),
        cmocka_unit_test(what_for_is_decided_as_the_oracle_does),
        cmocka_unit_test(one_answer_a_claim_is_decided_as_the_oracle_does),
        cmocka_unit_test(a_list_is_decided_as_the_oracle_does),
        cmocka_unit_test(every_pair_of_fields_is_decided_as_the_oracle_does),
        cmocka_unit_test(every_set_of_fields_is_decided_as_the_oracle_does),
        cmocka_unit_test(every_hour_quota_and_number_of_guesses_is_decided_as_the_oracle_does),
        cmocka_unit_test(every_mixture_of_quotas_is_decided_as_the_oracle_does),
        cmocka_unit_test(values_out_of_range_are_refused_as_the_oracle_does),
        cmocka_unit_test(every_subject_is_decided_as_the_oracle_does),
    };
    return cmocka_run_group_tests_name("policy/oracle", tests, set_up_policy, tell_and_free);
}
