/*
 * One-time codes: the party that was named asks once about who gave it, and nobody else does, about
 * nobody else, nor twice; what dates, withdrawals and locks do; what a restart knows.
 */
#include "law.h"
#include "reader.h"
#include "world.h"

#define CODE "MA-7K3M-QX0D-V9TA-2HPE"
#define DAY_US INT64_C(86400000000)

static struct pass *give(struct world *world, const char *party, const char *id)
{
    struct pass *pass = memory_new(1, sizeof(*pass));
    struct letter_code code;
    struct personal who;
    assert_non_null(pass);
    assert_ok(gate_person(world->gate, view_text(id), &who));
    assert_ok(letter_code_read(VIEW_LITERAL("7K3MQX0DV9TA2HPE"), &code));
    pass_business_code(&code, &pass->business);
    person_code(who.tag, &pass->code);
    memcpy(pass->person_tag, who.tag, SEAL_BLIND_BYTES);
    pass->state = PASS_GIVEN;
    pass->party = directory_party(&world->directory, view_text(party));
    pass->services = 1u << SERVICE_CITIZEN_LOOKUP;
    pass->fields = FIELD_BIT(FIELD_FULL_NAME) | FIELD_BIT(FIELD_BIRTH_DATE);
    pass->from_day = clock_day_vn(world->now_us);
    pass->until_day = pass->from_day + 7;
    assert_ok(directory_add_pass(&world->directory, pass));
    return pass;
}

static struct ask by_code(void)
{
    struct ask ask = world_ask();
    ask.business = VIEW_LITERAL(CODE);
    return ask;
}

static void check(struct world *world, const struct ask *ask, enum code code, enum rule rule)
{
    assert_int_equal(world_serve(world, ask)->code, code);
    world_check_rule(world, rule);
}

static void the_party_that_is_named_asks_once_and_no_second_time(void **state)
{
    struct world *world = *state;
    struct ask ask = by_code();
    struct view business;
    uint64_t index = 77;
    struct pass *pass = give(world, "bank", WORLD_AN);
    assert_false(gate_pass_due(world->gate, &business, &index));
    check(world, &ask, CODE_DISCLOSED, RULE_PERMITTED);
    assert_int_equal(world->answers[0].limit, 1);
    assert_int_equal(world->answers[0].remaining, 0);
    assert_true(gate_pass_due(world->gate, &business, &index));
    assert_int_equal(index, 0);
    assert_true(view_equal(business, code_view(&pass->business)));
    check(world, &ask, CODE_QUOTA_EXCEEDED, RULE_QUOTA_TOTAL);
    pass->state = PASS_USED; /* as the act makes it */
    assert_false(gate_pass_due(world->gate, &business, &index));
    check(world, &ask, CODE_QUOTA_EXCEEDED, RULE_QUOTA_TOTAL);
}

static void two_in_one_batch_are_answered_once(void **state)
{
    struct world *world = *state;
    struct ask asks[2] = {by_code(), by_code()};
    give(world, "bank", WORLD_AN);
    assert_ok(gate_serve(world->gate, asks, 2, world->answers));
    assert_int_equal(world->answers[0].code, CODE_DISCLOSED);
    assert_int_equal(world->answers[1].code, CODE_QUOTA_EXCEEDED);
}

static void the_record_does_not_hold_the_code(void **state)
{
    struct world *world = *state;
    struct ask ask = by_code();
    struct record record = {0};
    struct pass *pass = give(world, "bank", WORLD_AN);
    check(world, &ask, CODE_DISCLOSED, RULE_PERMITTED);
    struct view opening = buf_view(&world->ledger.openings[0]);
    assert_null(memmem(opening.data, opening.len, "7K3M", 4));
    assert_ok(record_get_opening(opening, &record));
    struct view business = record.values[RECORD_BUSINESS];
    assert_int_equal(business.len, pass->business.len + 2);
    assert_memory_equal(business.data + 1, pass->business.text, pass->business.len);
}

static void however_it_is_typed_it_is_that_code(void **state)
{
    static const char *const codes[] = {"MA-7k3mqx0dv9ta2hpe", "MA-7K3MQXODV9TA2HPE"};
    struct world *world = *state;
    struct pass *pass = give(world, "bank", WORLD_AN);
    struct ask ask = by_code();
    (void)pass;
    ask.business = view_text(codes[0]);
    check(world, &ask, CODE_DISCLOSED, RULE_PERMITTED);
    ask.business = view_text(codes[1]); /* the letter O is a zero */
    check(world, &ask, CODE_QUOTA_EXCEEDED, RULE_QUOTA_TOTAL);
    ask.business = VIEW_LITERAL("MA-7K3MQX0DV9TA2HPF");
    check(world, &ask, CODE_BUSINESS_NOT_GRANTED, RULE_BUSINESS_UNKNOWN);
    ask.business = VIEW_LITERAL("7K3MQX0DV9TA2HPE"); /* as any business of nobody */
    check(world, &ask, CODE_BUSINESS_NOT_GRANTED, RULE_BUSINESS_UNKNOWN);
}

static void another_party_learns_no_more_than_of_a_code_that_there_is_not(void **state)
{
    struct world *world = *state;
    struct ask ask = by_code();
    give(world, "agency", WORLD_AN);
    check(world, &ask, CODE_BUSINESS_NOT_GRANTED, RULE_BUSINESS_OWNER);
    assert_int_equal(world->registry.fetches, 1); /* of gate_person() */
}

static void about_nobody_else_does_it_tell_anything_and_a_miss_does_not_use_it(void **state)
{
    struct world *world = *state;
    struct ask ask = by_code();
    give(world, "bank", WORLD_AN);
    ask.key = VIEW_LITERAL(WORLD_DUNG);
    ask.name = VIEW_LITERAL("Lê Dũng");
    ask.birth_date = VIEW_LITERAL("1990");
    check(world, &ask, CODE_SUBJECT_NOT_AVAILABLE, RULE_POPULATION);
    ask = by_code();
    ask.birth_date = VIEW_LITERAL("1990-01-03");
    check(world, &ask, CODE_SUBJECT_NOT_AVAILABLE, RULE_SUBJECT_MISMATCH);
    ask = by_code();
    check(world, &ask, CODE_DISCLOSED, RULE_PERMITTED);
}

static void no_field_beyond_those_that_he_named_is_given(void **state)
{
    struct world *world = *state;
    struct ask ask = by_code();
    give(world, "bank", WORLD_AN);
    ask.fields[1] = FIELD_SEX;
    check(world, &ask, CODE_FIELD_NOT_GRANTED, RULE_FIELD_GRANT);
}

static void nor_above_what_the_law_lets_the_class_be_told(void **state)
{
    struct world *world = *state;
    struct ask ask = by_code();
    give(world, "bank", WORLD_AN)->fields |= FIELD_BIT(FIELD_RELIGION);
    ask.fields[1] = FIELD_RELIGION;
    check(world, &ask, CODE_FIELD_NOT_GRANTED, RULE_FIELD_CEILING);
}

static void before_and_behind_its_days_and_withdrawn_it_is_no_business(void **state)
{
    struct world *world = *state;
    struct ask ask = by_code();
    struct pass *pass = give(world, "bank", WORLD_AN);
    world->now_us += 8 * DAY_US;
    check(world, &ask, CODE_BUSINESS_NOT_GRANTED, RULE_BUSINESS_DATES);
    world->now_us -= DAY_US;
    pass->state = PASS_WITHDRAWN;
    check(world, &ask, CODE_BUSINESS_NOT_GRANTED, RULE_BUSINESS_STATE);
    pass->state = PASS_GIVEN;
    check(world, &ask, CODE_DISCLOSED, RULE_PERMITTED);
}

/* ---- what a restart knows ---- */

static void what_was_used_is_known_again_from_the_log_and_from_a_copy(void **state)
{
    struct world *world = *state;
    struct ask ask = by_code();
    struct view business;
    struct record record = {0};
    uint64_t index = 0;
    bool last = false;
    BUF_AUTO copy;
    buf_init(&copy, 1u << 20);
    give(world, "bank", WORLD_AN);
    check(world, &ask, CODE_DISCLOSED, RULE_PERMITTED);
    assert_ok(gate_save_begin(world->gate));
    while (!last) {
        assert_ok(gate_save_step(world->gate, &copy, &last));
    }
    for (unsigned from = 0; from < 2; from++) {
        struct gate *other = world_gate_new(world);
        struct cursor cursor = cursor_of(buf_view(&copy));
        if (from == 0) {
            assert_ok(record_get_opening(buf_view(&world->ledger.openings[0]), &record));
            assert_ok(gate_replay(other, 0, &record));
        } else {
            assert_ok(gate_restore(other, &cursor));
        }
        assert_true(gate_pass_due(other, &business, &index));
        assert_int_equal(index, 0);
        assert_ok(gate_serve(other, &ask, 1, world->answers));
        assert_int_equal(world->answers[0].code, CODE_QUOTA_EXCEEDED);
        gate_free(other);
    }
}

static void a_repeat_under_its_key_is_given_again(void **state)
{
    struct world *world = *state;
    struct ask ask = by_code();
    ask.idempotency_key = VIEW_LITERAL("once");
    struct pass *pass = give(world, "bank", WORLD_AN);
    assert_int_equal(world_serve(world, &ask)->code, CODE_DISCLOSED);
    assert_int_equal(world_serve(world, &ask)->code, CODE_DISCLOSED);
    assert_int_equal(world->ledger.size, 1);
    pass->state = PASS_WITHDRAWN;
    assert_int_equal(world_serve(world, &ask)->code, CODE_BUSINESS_NOT_GRANTED);
}

static void when_the_log_takes_nothing_the_code_is_as_good_as_before(void **state)
{
    struct world *world = *state;
    struct ask ask = by_code();
    give(world, "bank", WORLD_AN);
    world->ledger.commit_fault = FAULT_NO_SPACE;
    assert_int_equal(world_serve(world, &ask)->code, CODE_LEDGER_UNAVAILABLE);
    world->ledger.commit_fault = FAULT_NONE;
    check(world, &ask, CODE_DISCLOSED, RULE_PERMITTED);
}

/* ---- many, and locks ---- */

static void while_many_are_not_recorded_as_used_the_next_is_put_off(void **state)
{
    struct world *world = *state;
    char texts[WRITTEN_RECENT_MAX][32];
    struct pass *first = give(world, "bank", WORLD_AN);
    unsigned given = 0;
    for (unsigned i = 0; i < WRITTEN_RECENT_MAX; i++) {
        struct pass *pass = memory_new(1, sizeof(*pass));
        struct letter_code code;
        struct ask ask = by_code();
        char number[32];
        assert_non_null(pass);
        *pass = *first;
        snprintf(texts[i], sizeof(texts[i]), "MA-%016u", i);
        snprintf(number, sizeof(number), "N%u", i);
        assert_ok(code_set(&pass->code, view_text(number)));
        assert_ok(letter_code_read(view_text(texts[i] + 3), &code));
        pass_business_code(&code, &pass->business);
        assert_ok(directory_add_pass(&world->directory, pass));
        ask.business = view_text(texts[i]);
        enum code answered = world_serve(world, &ask)->code;
        assert_int_equal(answered, i < WRITTEN_RECENT_MAX / 4 ? CODE_DISCLOSED : CODE_RATE_LIMITED);
        given += answered == CODE_DISCLOSED;
    }
    assert_int_equal(given, WRITTEN_RECENT_MAX / 4);
    struct view business;
    uint64_t index = 0;
    for (unsigned i = 0; i < given; i++) { /* none was forgotten */
        assert_true(gate_pass_due(world->gate, &business, &index));
        directory_pass(&world->directory, business)->state = PASS_USED;
    }
    assert_false(gate_pass_due(world->gate, &business, &index));
    struct ask ask = by_code();
    check(world, &ask, CODE_DISCLOSED, RULE_PERMITTED);
}

/* The law has locks in force. */
static void bring_law(struct world *world)
{
    struct law law;
    law_read_locked(&law, "effective_from: 2026-07-01");
    policy_free(world->policy);
    world->policy = law_load_done(&law);
    gate_policy_set(world->gate, world->policy);
}

static void his_own_lock_does_not_stand_in_the_way_of_what_he_allows(void **state)
{
    struct world *world = *state;
    struct ask ask = by_code();
    struct ask plain = world_ask();
    struct personal who;
    bring_law(world);
    give(world, "bank", WORLD_AN);
    assert_ok(gate_person(world->gate, VIEW_LITERAL(WORLD_AN), &who));
    struct person_lock *lock = memory_new(1, sizeof(*lock));
    assert_non_null(lock);
    person_code(who.tag, &lock->code);
    assert_ok(map_add(&world->directory.locks, lock));
    check(world, &plain, CODE_SUBJECT_NOT_AVAILABLE, RULE_LOCKED);
    check(world, &ask, CODE_DISCLOSED, RULE_PERMITTED);
}

static void the_lock_of_the_register_is_opened_by_no_code(void **state)
{
    struct world *world = *state;
    struct ask ask = by_code();
    give(world, "bank", WORLD_CHI);
    ask.key = VIEW_LITERAL(WORLD_CHI);
    ask.name = VIEW_LITERAL("Nguyễn Chi");
    ask.birth_date = VIEW_LITERAL("2001-05-06");
    bring_law(world);
    check(world, &ask, CODE_SUBJECT_NOT_AVAILABLE, RULE_LOCKED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_party_that_is_named_asks_once_and_no_second_time),
        TEST(two_in_one_batch_are_answered_once),
        TEST(the_record_does_not_hold_the_code),
        TEST(however_it_is_typed_it_is_that_code),
        TEST(another_party_learns_no_more_than_of_a_code_that_there_is_not),
        TEST(about_nobody_else_does_it_tell_anything_and_a_miss_does_not_use_it),
        TEST(no_field_beyond_those_that_he_named_is_given),
        TEST(nor_above_what_the_law_lets_the_class_be_told),
        TEST(before_and_behind_its_days_and_withdrawn_it_is_no_business),
        TEST(what_was_used_is_known_again_from_the_log_and_from_a_copy),
        TEST(a_repeat_under_its_key_is_given_again),
        TEST(when_the_log_takes_nothing_the_code_is_as_good_as_before),
        TEST(while_many_are_not_recorded_as_used_the_next_is_put_off),
        TEST(his_own_lock_does_not_stand_in_the_way_of_what_he_allows),
        TEST(the_lock_of_the_register_is_opened_by_no_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
