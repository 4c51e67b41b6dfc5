/*
 * Limits: quotas, guessing, and refusals beyond the recorded rate.
 */
#include "reader.h"
#include "world.h"

#define DAY_US INT64_C(86400000000)

static struct ask a_guess(struct world *world, const char *account)
{
    struct ask ask = world_ask_by(world, account, "NV-1");
    ask.name = VIEW_LITERAL("Nguyễn Văn Bảy");
    return ask;
}

/* ---- quota ---- */

static void a_quota_is_never_exceeded_within_a_batch_either(void **state)
{
    struct world *world = *state;
    struct ask asks[6];
    world_business(world, "NV-1")->quota_day_max = 4;
    for (unsigned i = 0; i < 6; i++) {
        asks[i] = world_ask();
    }
    assert_ok(gate_serve(world->gate, asks, 6, world->answers));
    for (unsigned i = 0; i < 6; i++) {
        assert_int_equal(world->answers[i].code, i < 4 ? CODE_DISCLOSED : CODE_QUOTA_EXCEEDED);
        assert_int_equal(world->answers[i].retry_after_s, i < 4 ? 0 : WORLD_MIDNIGHT_S);
    }
    world_check_rule(world, RULE_QUOTA);
}

static void a_miss_costs_a_unit_of_quota_like_a_hit(void **state)
{
    struct world *world = *state;
    struct ask miss = a_guess(world, "bank-1");
    struct ask hit = world_ask();
    world_business(world, "NV-1")->quota_day_max = 1;
    assert_int_equal(world_serve(world, &miss)->code, CODE_SUBJECT_NOT_AVAILABLE);
    assert_int_equal(world_serve(world, &hit)->code, CODE_QUOTA_EXCEEDED);
}

static void a_refusal_costs_no_quota(void **state)
{
    struct world *world = *state;
    struct ask refused = world_ask();
    refused.case_ref = view_of(NULL, 0);
    assert_int_equal(world_serve(world, &refused)->code, CODE_CASE_MISSING);
    assert_int_equal(world_business(world, "NV-1")->quota_used, 0);
}

static void a_quota_begins_again_at_midnight_in_vietnam(void **state)
{
    struct world *world = *state;
    struct ask ask = world_ask();
    world_business(world, "NV-1")->quota_day_max = 1;
    assert_int_equal(world_serve(world, &ask)->code, CODE_DISCLOSED);
    world->now_us += (int64_t)(WORLD_MIDNIGHT_S - 1) * 1000000;
    assert_int_equal(world_serve(world, &ask)->code, CODE_QUOTA_EXCEEDED);
    world->now_us += 1000000;
    assert_int_equal(world_serve(world, &ask)->code, CODE_DISCLOSED);
}

static void a_quota_of_a_second_begins_again_with_the_next(void **state)
{
    struct world *world = *state;
    struct ask asks[3] = {world_ask(), world_ask(), world_ask()};
    world_business(world, "NV-1")->quota_second_max = 2;
    assert_ok(gate_serve(world->gate, asks, 3, world->answers));
    assert_int_equal(world->answers[1].code, CODE_DISCLOSED);
    assert_int_equal(world->answers[2].code, CODE_QUOTA_EXCEEDED);
    assert_int_equal(world->answers[2].retry_after_s, 1);
    world_check_rule(world, RULE_QUOTA_SECOND);
    world->now_us += 1000000 - 124; /* 01.000123 was the time: the last microsecond of the second */
    assert_int_equal(world_serve(world, &asks[0])->code, CODE_QUOTA_EXCEEDED);
    world->now_us++;
    assert_int_equal(world_serve(world, &asks[0])->code, CODE_DISCLOSED);
}

static void a_quota_of_the_whole_never_begins_again(void **state)
{
    struct world *world = *state;
    struct ask ask = world_ask();
    world_business(world, "NV-1")->quota_total_max = 3;
    for (int i = 0; i < 3; i++) {
        const struct answer *answer = world_serve(world, &ask);
        assert_int_equal(answer->code, CODE_DISCLOSED);
        assert_int_equal(answer->remaining, 2 - i);
        world->now_us += DAY_US;
    }
    assert_int_equal(world_serve(world, &ask)->code, CODE_QUOTA_EXCEEDED);
    world_check_rule(world, RULE_QUOTA_TOTAL);
    world->now_us += 1000 * DAY_US;
    assert_int_equal(world_serve(world, &ask)->code, CODE_QUOTA_EXCEEDED);
}

static void what_is_not_recorded_takes_no_unit_of_any_quota(void **state)
{
    struct world *world = *state;
    struct ask ask = world_ask();
    const struct business *business = world_business(world, "NV-1");
    world_serve(world, &ask);
    world->ledger.commit_fault = FAULT_NO_SPACE;
    assert_int_equal(world_serve(world, &ask)->code, CODE_LEDGER_UNAVAILABLE);
    assert_int_equal(business->quota_used, 1);
    assert_int_equal(business->quota_second_used, 1);
    assert_int_equal(business->quota_total_used, 1);
}

/* ---- guessing ---- */

static void after_five_misses_on_a_key_even_the_truth_is_refused_for_a_day(void **state)
{
    struct world *world = *state;
    struct ask guess = a_guess(world, "bank-1");
    struct ask truth = world_ask();
    for (int i = 0; i < GUESSES_PER_DAY_MAX; i++) {
        assert_int_equal(world_serve(world, &guess)->code, CODE_SUBJECT_NOT_AVAILABLE);
        world->now_us += 1000000;
    }
    const struct answer *answer = world_serve(world, &truth);
    assert_int_equal(answer->code, CODE_QUOTA_EXCEEDED);
    assert_int_equal(answer->retry_after_s, 24 * 3600 - GUESSES_PER_DAY_MAX);
    world_check_rule(world, RULE_GUESSING);
    world->now_us = WORLD_NOW_US + DAY_US - 1000000;
    assert_int_equal(world_serve(world, &truth)->code, CODE_QUOTA_EXCEEDED);
    world->now_us = WORLD_NOW_US + DAY_US;
    assert_int_equal(world_serve(world, &truth)->code, CODE_DISCLOSED);
}

static void misses_of_one_party_and_key_are_no_other_partys_or_keys(void **state)
{
    struct world *world = *state;
    struct ask guess = a_guess(world, "bank-1");
    struct ask by_card = world_ask();
    struct ask by_other = world_ask_by(world, "agency-1", "NV-2");
    by_card.subject_kind = SUBJECT_CMND;
    by_card.key = VIEW_LITERAL(WORLD_AN_CMND);
    for (int i = 0; i <= GUESSES_PER_DAY_MAX; i++) {
        world_serve(world, &guess);
    }
    assert_int_equal(world_serve(world, &by_card)->code, CODE_DISCLOSED);
    assert_int_equal(world_serve(world, &by_other)->code, CODE_DISCLOSED);
}

/* However the party is named, and by whichever of its accounts it comes. */
static void the_limit_holds_within_a_batch_and_across_the_partys_accounts(void **state)
{
    struct world *world = *state;
    struct ask asks[4 * GUESSES_PER_DAY_MAX];
    unsigned misses = 0;
    for (unsigned i = 0; i < 4 * GUESSES_PER_DAY_MAX; i++) {
        asks[i] = a_guess(world, i % 2 == 0 ? "bank-1" : "bank-2");
        asks[i].party = i % 4 < 2 ? view_of(NULL, 0) : VIEW_LITERAL("bank");
    }
    assert_ok(gate_serve(world->gate, asks, 4 * GUESSES_PER_DAY_MAX, world->answers));
    for (unsigned i = 0; i < 4 * GUESSES_PER_DAY_MAX; i++) {
        misses += world->answers[i].code == CODE_SUBJECT_NOT_AVAILABLE ? 1 : 0;
    }
    assert_int_equal(misses, GUESSES_PER_DAY_MAX);
    assert_int_equal(world_account(world, "bank-1")->party->guess_count, GUESSES_PER_DAY_MAX);
}

static void a_miss_that_was_not_recorded_is_not_remembered(void **state)
{
    struct world *world = *state;
    struct ask guess = a_guess(world, "bank-1");
    struct ask truth = world_ask();
    world->ledger.commit_fault = FAULT_NO_SPACE;
    for (int i = 0; i < 3 * GUESSES_PER_DAY_MAX; i++) {
        assert_int_equal(world_serve(world, &guess)->code, CODE_LEDGER_UNAVAILABLE);
    }
    world->ledger.commit_fault = FAULT_NONE;
    assert_int_equal(world_serve(world, &truth)->code, CODE_DISCLOSED);
}

static void a_party_of_too_many_misses_waits_until_midnight(void **state)
{
    struct world *world = *state;
    struct party *bank = world_account(world, "bank-1")->party;
    struct ask ask = world_ask();
    bank->guess_day = clock_day_vn(world->now_us);
    bank->guess_count = GUESSES_PER_PARTY_MAX;
    const struct answer *answer = world_serve(world, &ask);
    assert_int_equal(answer->code, CODE_QUOTA_EXCEEDED);
    assert_int_equal(answer->retry_after_s, WORLD_MIDNIGHT_S);
    world_check_rule(world, RULE_GUESSING);
    world->now_us += (int64_t)WORLD_MIDNIGHT_S * 1000000;
    assert_int_equal(world_serve(world, &ask)->code, CODE_DISCLOSED);
}

static void no_room_for_another_miss_is_a_refusal_and_not_a_free_guess(void **state)
{
    struct world *world = *state;
    struct ask ask = world_ask();
    uint32_t len = world->gate->guesses.tags.len;
    world->gate->guesses.tags.len = world->gate->guesses.tags.max;
    const struct answer *answer = world_serve(world, &ask);
    assert_int_equal(answer->code, CODE_QUOTA_EXCEEDED);
    assert_int_equal(answer->retry_after_s, WORLD_MIDNIGHT_S);
    world->gate->guesses.tags.len = len;
    assert_int_equal(world_serve(world, &ask)->code, CODE_DISCLOSED);
}

/* ---- beyond the recorded rate ---- */

/* As many refusals as fill the account's bucket; returns how many were recorded. */
static unsigned flood(struct world *world, unsigned refusals)
{
    static struct ask asks[BATCH_ASKS_MAX];
    unsigned recorded = 0;
    for (unsigned i = 0; i < BATCH_ASKS_MAX; i++) {
        asks[i] = world_ask();
        asks[i].case_ref = view_of(NULL, 0);
    }
    while (refusals > 0) {
        unsigned count = refusals < BATCH_ASKS_MAX ? refusals : BATCH_ASKS_MAX;
        assert_ok(gate_serve(world->gate, asks, count, world->answers));
        for (unsigned i = 0; i < count; i++) {
            recorded += world->answers[i].code == CODE_CASE_MISSING ? 1 : 0;
        }
        refusals -= count;
    }
    return recorded;
}

static void beyond_the_recorded_rate_asks_are_answered_429_without_a_receipt(void **state)
{
    struct world *world = *state;
    struct ask lawful = world_ask();
    unsigned recorded = flood(world, REFUSALS_BURST_MAX + 1000);
    assert_in_range(recorded, REFUSALS_BURST_MAX, REFUSALS_BURST_MAX + BATCH_ASKS_MAX);
    const struct answer *answer = world_serve(world, &lawful);
    assert_int_equal(answer->code, CODE_RATE_LIMITED);
    assert_int_equal(answer->retry_after_s, 1);
    assert_int_equal(answer->entry.len, 0);
    assert_int_equal(world->ledger.size, recorded);
    assert_int_equal(world_account(world, "bank-1")->limited_count,
                     REFUSALS_BURST_MAX + 1001 - recorded);
}

static void another_account_is_not_limited_by_it(void **state)
{
    struct world *world = *state;
    struct ask by_other = world_ask_by(world, "bank-2", "NV-1");
    flood(world, REFUSALS_BURST_MAX + 1000);
    assert_int_equal(world_serve(world, &by_other)->code, CODE_DISCLOSED);
}

static void the_bucket_leaks_at_its_rate(void **state)
{
    struct world *world = *state;
    struct ask lawful = world_ask();
    flood(world, REFUSALS_BURST_MAX + 1000);
    world->now_us += 1000000;
    assert_int_equal(world_serve(world, &lawful)->code, CODE_DISCLOSED);
    unsigned recorded = flood(world, 2 * REFUSALS_PER_S_MAX);
    assert_in_range(recorded, REFUSALS_PER_S_MAX - BATCH_ASKS_MAX,
                    REFUSALS_PER_S_MAX + BATCH_ASKS_MAX);
}

static void what_was_limited_is_one_entry_a_second(void **state)
{
    struct world *world = *state;
    uint32_t wait_ms = 0;
    struct ask by_other = world_ask_by(world, "bank-2", "NV-1");
    unsigned recorded = flood(world, REFUSALS_BURST_MAX + 1000);
    unsigned limited = REFUSALS_BURST_MAX + 1000 - recorded;
    assert_ok(gate_aggregate(world->gate, false, &wait_ms));
    assert_int_equal(world->ledger.size, recorded);
    assert_true(wait_ms <= 1000);
    world->now_us += 1000000;
    assert_ok(gate_aggregate(world->gate, false, &wait_ms));
    assert_int_equal(world->ledger.size, recorded + 1);
    json_t *entry = reader_entry(buf_view(&world->ledger.entries[recorded]));
    assert_string_equal(reader_text(entry, "kind"), "aggregate");
    assert_string_equal(reader_text(entry, "outcome"), "rate_limited");
    assert_string_equal(reader_text(entry, "class"), "organisation");
    assert_true(json_is_null(json_object_get(entry, "service")));
    json_decref(entry);
    struct record record = {0};
    BUF_AUTO want;
    buf_init(&want, 1024);
    buf_printf(&want,
               "{\"count\":%u,\"first\":\"2026-11-23T08:38:01.000123Z\","
               "\"last\":\"2026-11-23T08:38:01.000123Z\"}",
               limited);
    assert_ok(record_get_opening(buf_view(&world->ledger.openings[recorded]), &record));
    assert_true(view_equal(record.values[RECORD_REQUEST], buf_view(&want)));
    assert_view(record.values[RECORD_AGENT],
                "{\"account\":\"bank-1\",\"officer\":null,\"operator\":null}");
    assert_ok(gate_aggregate(world->gate, true, &wait_ms));
    assert_int_equal(world->ledger.size, recorded + 1);
    assert_int_equal(world_serve(world, &by_other)->code, CODE_DISCLOSED);
}

static void limit(struct world *world, const char *code, int64_t first_us)
{
    struct account *account = world_account(world, code);
    account->limited_count = 3;
    account->limited_first_us = first_us;
    account->limited_last_us = first_us;
    world->gate->limited_us = world->gate->limited_us == 0 ? first_us : world->gate->limited_us;
}

static void aggregates_that_are_due_together_share_a_commit(void **state)
{
    struct world *world = *state;
    uint32_t wait_ms = 0;
    limit(world, "bank-1", world->now_us);
    limit(world, "agency-1", world->now_us + 10);
    limit(world, "bank-2", world->now_us + 500000);
    world->now_us += 1000010;
    assert_ok(gate_aggregate(world->gate, false, &wait_ms));
    assert_int_equal(world->ledger.size, 2);
    assert_int_equal(world->ledger.commits, 1);
    world->now_us += 500000;
    assert_ok(gate_aggregate(world->gate, false, &wait_ms));
    assert_int_equal(world->ledger.size, 3);
    assert_int_equal(world->gate->limited_us, 0);
}

static void before_a_clean_end_all_aggregates_are_told(void **state)
{
    struct world *world = *state;
    uint32_t wait_ms = 0;
    limit(world, "bank-1", world->now_us);
    limit(world, "agency-1", world->now_us);
    assert_ok(gate_aggregate(world->gate, true, &wait_ms));
    assert_int_equal(world->ledger.size, 2);
}

static void an_aggregate_that_was_not_recorded_waits(void **state)
{
    struct world *world = *state;
    uint32_t wait_ms = 0;
    static const enum fault faults[] = {FAULT_NO_SPACE, FAULT_IO};
    limit(world, "bank-1", world->now_us - 2000000);
    for (size_t i = 0; i < 2; i++) {
        world->ledger.commit_fault = faults[i];
        assert_fault(gate_aggregate(world->gate, false, &wait_ms), faults[i]);
        world->ledger.commit_fault = FAULT_NONE;
        world->ledger.add_fault = faults[i];
        assert_fault(gate_aggregate(world->gate, false, &wait_ms), faults[i]);
        world->ledger.add_fault = FAULT_NONE;
    }
    assert_int_equal(world->ledger.size + world->ledger.pending, 0);
    assert_int_equal(world_account(world, "bank-1")->limited_count, 3);
    assert_ok(gate_aggregate(world->gate, false, &wait_ms));
    assert_int_equal(world->ledger.size, 1);
}

static void a_limited_ask_of_a_lost_batch_is_not_counted(void **state)
{
    struct world *world = *state;
    struct account *account = world_account(world, "bank-1");
    struct ask asks[2] = {world_ask(), world_ask_by(world, "bank-2", "NV-1")};
    account->refusals.us = world->now_us;
    account->refusals.used = (uint64_t)REFUSALS_BURST_MAX * 1000000;
    world->ledger.commit_fault = FAULT_NO_SPACE;
    assert_ok(gate_serve(world->gate, asks, 2, world->answers));
    assert_int_equal(world->answers[0].code, CODE_LEDGER_UNAVAILABLE);
    assert_int_equal(account->limited_count, 0);
}

static void grants_are_asked_for_by_a_good_certificate_and_not_too_often(void **state)
{
    struct world *world = *state;
    struct account *account = world_account(world, "bank-1");
    struct certificate *own = &account->certificates[0];
    const struct certificate *found = NULL;
    uint8_t nobody[SEAL_HASH_BYTES];
    memset(nobody, 0xee, sizeof(nobody));
    assert_int_equal(gate_account(world->gate, nobody, world->now_us, &found),
                     CODE_UNAUTHENTICATED);
    for (unsigned i = 0; i < REREADS_BURST_MAX; i++) {
        assert_int_equal(gate_account(world->gate, own->spki, world->now_us, &found),
                         CODE_DISCLOSED);
        assert_ptr_equal(found, own);
    }
    assert_int_equal(gate_account(world->gate, own->spki, world->now_us, &found),
                     CODE_RATE_LIMITED);
    account->state = ACCOUNT_SUSPENDED; /* it may see that it is */
    assert_int_equal(gate_account(world->gate, own->spki, world->now_us + 1000000, &found),
                     CODE_DISCLOSED);
    account->state = ACCOUNT_ACTIVE;
    own->revoked = true;
    assert_int_equal(gate_account(world->gate, own->spki, world->now_us + 2000000, &found),
                     CODE_UNAUTHENTICATED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_quota_is_never_exceeded_within_a_batch_either),
        TEST(a_miss_costs_a_unit_of_quota_like_a_hit),
        TEST(a_refusal_costs_no_quota),
        TEST(a_quota_begins_again_at_midnight_in_vietnam),
        TEST(a_quota_of_a_second_begins_again_with_the_next),
        TEST(a_quota_of_the_whole_never_begins_again),
        TEST(what_is_not_recorded_takes_no_unit_of_any_quota),
        TEST(after_five_misses_on_a_key_even_the_truth_is_refused_for_a_day),
        TEST(misses_of_one_party_and_key_are_no_other_partys_or_keys),
        TEST(the_limit_holds_within_a_batch_and_across_the_partys_accounts),
        TEST(a_miss_that_was_not_recorded_is_not_remembered),
        TEST(a_party_of_too_many_misses_waits_until_midnight),
        TEST(no_room_for_another_miss_is_a_refusal_and_not_a_free_guess),
        TEST(beyond_the_recorded_rate_asks_are_answered_429_without_a_receipt),
        TEST(another_account_is_not_limited_by_it),
        TEST(the_bucket_leaks_at_its_rate),
        TEST(what_was_limited_is_one_entry_a_second),
        TEST(aggregates_that_are_due_together_share_a_commit),
        TEST(before_a_clean_end_all_aggregates_are_told),
        TEST(an_aggregate_that_was_not_recorded_waits),
        TEST(a_limited_ask_of_a_lost_batch_is_not_counted),
        TEST(grants_are_asked_for_by_a_good_certificate_and_not_too_often),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
