/*
 * Batches: one commit, answers in their places, and nothing released or counted when the log does
 * not take them.
 */
#include "law.h"
#include "reader.h"
#include "world.h"

/* A disclosed ask, a refused one, a miss, a stranger, in turn. */
static void mixed_asks(struct world *world, struct ask *asks, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        asks[i] = world_ask();
        asks[i].tag = 1000 + i;
        switch (i % 4) {
        case 1:
            asks[i].case_ref = view_of(NULL, 0);
            break;
        case 2:
            asks[i] = world_ask_by(world, "agency-1", "NV-2");
            asks[i].tag = 1000 + i;
            asks[i].key = VIEW_LITERAL(WORLD_NOBODY);
            break;
        case 3:
            memset(asks[i].spki, 0xee, sizeof(asks[i].spki));
            break;
        default:
            break;
        }
    }
}

static const enum code mixed_codes[] = {CODE_DISCLOSED, CODE_CASE_MISSING,
                                        CODE_SUBJECT_NOT_AVAILABLE, CODE_UNAUTHENTICATED};

static void a_batch_is_one_commit_and_each_ask_is_answered_in_its_place(void **state)
{
    struct world *world = *state;
    struct ask asks[16];
    mixed_asks(world, asks, 16);
    assert_ok(gate_serve(world->gate, asks, 16, world->answers));
    uint64_t next = 0;
    for (unsigned i = 0; i < 16; i++) {
        const struct answer *answer = &world->answers[i];
        assert_int_equal(answer->tag, 1000 + i);
        assert_int_equal(answer->code, mixed_codes[i % 4]);
        if (answer->code == CODE_UNAUTHENTICATED) {
            assert_int_equal(answer->entry.len, 0);
            continue;
        }
        assert_int_equal(answer->leaf_index, next);
        assert_true(view_equal(answer->entry, buf_view(&world->ledger.entries[next])));
        next++;
    }
    assert_int_equal(world->ledger.commits, 1);
    assert_int_equal(world->ledger.size, 12);
    assert_int_equal(gate_counts(world->gate)->batches, 1);
    assert_int_equal(gate_counts(world->gate)->by_code[CODE_DISCLOSED], 4);
}

/* The clock is looked at once a batch: what is decided at that time is under the policy of then. */
static void a_policy_published_for_later_decides_from_its_very_microsecond_on(void **state)
{
    struct world *world = *state;
    struct law law;
    struct ask ask = world_ask();
    struct record act = {.kind = KIND_ACT, .outcome = VIEW_LITERAL("party.add")};
    uint64_t index = 0;
    law_read_dated(&law, "effective_from: 2026-11-24");
    struct policy *next = law_load_done(&law);
    int64_t midnight_us = WORLD_NOW_US - 123 + WORLD_MIDNIGHT_S * INT64_C(1000000);
    assert_string_not_equal(policy_hash(next), policy_hash(world->policy));
    gate_policy_next_set(world->gate, next, midnight_us);
    const int64_t times_us[] = {midnight_us - 1, midnight_us, midnight_us + 1};
    for (int i = 0; i < 3; i++) {
        world->now_us = times_us[i];
        const struct answer *answer = world_serve(world, &ask);
        json_t *entry = reader_entry(answer->entry);
        assert_string_equal(reader_text(entry, "policy"),
                            policy_hash(i == 0 ? world->policy : next));
        json_decref(entry);
    }
    assert_ptr_equal(gate_policy(world->gate), next);
    gate_policy_set(world->gate, world->policy); /* an act of that moment turns it, too */
    gate_policy_next_set(world->gate, next, midnight_us);
    assert_ok(gate_record(world->gate, &act, &index));
    assert_ptr_equal(gate_policy(world->gate), next);
    gate_policy_set(world->gate, world->policy);
    policy_free(next);
}

static void the_largest_batch_of_the_largest_answers_fits(void **state)
{
    struct world *world = *state;
    struct ask asks[BATCH_ASKS_MAX];
    char name[ASK_NAME_BYTES_MAX];
    char text[ASK_USE_BYTES_MAX];
    memset(name, '"', sizeof(name));
    memset(text, '\x01', sizeof(text));
    for (unsigned i = 0; i < BATCH_ASKS_MAX; i++) {
        asks[i] = world_ask();
        asks[i].use_kind = USE_THIRD_PARTY;
        asks[i].use_text = view_of(text, sizeof(text));
        asks[i].case_ref = view_of(text, ASK_CASE_BYTES_MAX);
        asks[i].officer = view_of(text, ASK_CODE_BYTES_MAX);
        asks[i].party = view_of(text, ASK_CODE_BYTES_MAX);
        asks[i].business = view_of(text, ASK_CODE_BYTES_MAX);
        asks[i].name = view_of(text, sizeof(text));
        asks[i].field_count = FIELD_COUNT;
        for (unsigned field = 0; field < FIELD_COUNT; field++) {
            asks[i].fields[field] = (uint8_t)field;
        }
        assert_true(ask_sane(&asks[i]));
    }
    assert_ok(gate_serve(world->gate, asks, BATCH_ASKS_MAX, world->answers));
    for (unsigned i = 0; i < BATCH_ASKS_MAX; i++) {
        assert_int_equal(world->answers[i].code, CODE_BUSINESS_NOT_GRANTED);
        json_decref(reader_entry(world->answers[i].entry));
    }
    assert_int_equal(world->ledger.size, BATCH_ASKS_MAX);
}

static void ask_ids_and_salts_of_a_batch_are_all_different(void **state)
{
    struct world *world = *state;
    struct ask asks[64];
    for (unsigned i = 0; i < 64; i++) {
        asks[i] = world_ask();
    }
    assert_ok(gate_serve(world->gate, asks, 64, world->answers));
    for (unsigned i = 0; i < 64; i++) {
        for (unsigned j = 0; j < i; j++) {
            assert_memory_not_equal(world->answers[i].ask_id, world->answers[j].ask_id, 16);
            assert_false(view_equal(world->answers[i].entry, world->answers[j].entry));
        }
    }
}

/* ---- the log does not take it ---- */

static void check_nothing_happened(struct world *world, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        const struct answer *answer = &world->answers[i];
        assert_int_equal(answer->tag, 1000 + i);
        assert_int_equal(answer->code, CODE_LEDGER_UNAVAILABLE);
        assert_int_equal(answer->person.len, 0);
        assert_int_equal(answer->entry.len, 0);
        assert_int_equal(answer->opening_count, 0);
    }
    assert_int_equal(world->ledger.size, 0);
    assert_int_equal(world->ledger.pending, 0);
    assert_int_equal(world_business(world, "NV-1")->quota_used, 0);
    assert_int_equal(world_business(world, "NV-2")->quota_used, 0);
    assert_int_equal(world_account(world, "bank-1")->refusals.used, 0);
    assert_int_equal(world_account(world, "agency-1")->party->guess_count, 0);
}

static void a_log_that_does_not_take_a_batch_answers_503_and_counts_nothing(void **state)
{
    struct world *world = *state;
    static const enum fault faults[] = {FAULT_NO_SPACE, FAULT_OVER_LIMIT, FAULT_NO_MEMORY};
    struct ask asks[16];
    mixed_asks(world, asks, 16);
    for (size_t i = 0; i < 3; i++) {
        world->ledger.commit_fault = faults[i];
        assert_ok(gate_serve(world->gate, asks, 16, world->answers));
        check_nothing_happened(world, 16);
        world->ledger.commit_fault = FAULT_NONE;
        world->ledger.add_fault = faults[i];
        assert_ok(gate_serve(world->gate, asks, 16, world->answers));
        check_nothing_happened(world, 16);
        world->ledger.add_fault = FAULT_NONE;
    }
    assert_ok(gate_serve(world->gate, asks, 16, world->answers));
    assert_int_equal(world->answers[0].code, CODE_DISCLOSED);
}

static void a_log_that_cannot_write_is_not_even_tried(void **state)
{
    struct world *world = *state;
    struct ask asks[8];
    mixed_asks(world, asks, 8);
    world->ledger.full = true;
    assert_ok(gate_serve(world->gate, asks, 8, world->answers));
    check_nothing_happened(world, 8);
    assert_int_equal(world->registry.fetches, 0);
}

static void without_a_policy_nothing_is_answered(void **state)
{
    struct world *world = *state;
    struct ask asks[8];
    mixed_asks(world, asks, 8);
    gate_policy_set(world->gate, NULL);
    assert_ok(gate_serve(world->gate, asks, 8, world->answers));
    check_nothing_happened(world, 8);
    assert_null(gate_policy(world->gate));
}

static void a_fault_that_leaves_the_state_in_doubt_is_handed_up(void **state)
{
    struct world *world = *state;
    static const enum fault faults[] = {FAULT_IO, FAULT_CORRUPT, FAULT_CRYPTO};
    struct ask ask = world_ask();
    for (size_t i = 0; i < 3; i++) {
        world->ledger.commit_fault = faults[i];
        assert_fault(gate_serve(world->gate, &ask, 1, world->answers), faults[i]);
        world->ledger.commit_fault = FAULT_NONE;
    }
    world->ledger.prove_fault = FAULT_CORRUPT;
    assert_fault(gate_serve(world->gate, &ask, 1, world->answers), FAULT_CORRUPT);
    world->ledger.prove_fault = FAULT_NONE;
    world->registry.fault = FAULT_IO;
    assert_fault(gate_serve(world->gate, &ask, 1, world->answers), FAULT_IO);
}

static void a_registry_without_memory_is_503(void **state)
{
    struct world *world = *state;
    struct ask ask = world_ask();
    world->registry.fault = FAULT_NO_MEMORY;
    assert_int_equal(world_serve(world, &ask)->code, CODE_LEDGER_UNAVAILABLE);
    assert_int_equal(world_business(world, "NV-1")->quota_used, 0);
    world->registry.fault = FAULT_NONE;
    assert_int_equal(world_serve(world, &ask)->code, CODE_DISCLOSED);
}

/* A buffer that overflowed once must not fail for ever. */
static void what_did_not_fit_does_not_harm_the_next_batch(void **state)
{
    struct world *world = *state;
    struct ask ask = world_ask();
    world->gate->texts.failed = true;
    world->gate->persons.failed = true;
    world->gate->paths.failed = true;
    assert_int_equal(world_serve(world, &ask)->code, CODE_DISCLOSED);
}

/* ---- entries that are no asks ---- */

static struct record an_act(void)
{
    struct record record = {
        .kind = KIND_ACT,
        .outcome = VIEW_LITERAL("party.add"),
        .class = RECORD_WORD_NULL,
        .channel = RECORD_WORD_NULL,
        .service = RECORD_WORD_NULL,
        .effect = VIEW_LITERAL("the act"),
    };
    return record;
}

static void an_act_is_durable_when_it_returns_and_stands_under_the_policy(void **state)
{
    struct world *world = *state;
    struct record record = an_act();
    struct record again = {0};
    uint64_t index = 99;
    assert_ok(gate_record(world->gate, &record, &index));
    assert_int_equal(index, 0);
    assert_int_equal(world->ledger.size, 1);
    assert_ok(record_get_opening(buf_view(&world->ledger.openings[0]), &again));
    assert_view(again.effect, "the act");
    assert_string_equal(again.policy_hash, policy_hash(world->policy));
    gate_policy_set(world->gate, NULL);
    record = an_act();
    assert_ok(gate_record(world->gate, &record, &index));
    assert_ok(record_get_opening(buf_view(&world->ledger.openings[1]), &again));
    assert_int_equal(strspn(again.policy_hash, "0"), 64);
}

static void an_act_that_is_not_recorded_leaves_nothing_behind(void **state)
{
    struct world *world = *state;
    struct record record = an_act();
    uint64_t index = 0;
    world->ledger.full = true;
    assert_fault(gate_record(world->gate, &record, &index), FAULT_NO_SPACE);
    world->ledger.full = false;
    world->ledger.commit_fault = FAULT_NO_SPACE;
    assert_fault(gate_record(world->gate, &record, &index), FAULT_NO_SPACE);
    world->ledger.commit_fault = FAULT_NONE;
    world->ledger.add_fault = FAULT_OVER_LIMIT;
    assert_fault(gate_record(world->gate, &record, &index), FAULT_OVER_LIMIT);
    assert_int_equal(world->ledger.size + world->ledger.pending, 0);
}

static struct outcome make_gate(void *context)
{
    struct world *world = context;
    struct gate *gate = NULL;
    struct gate_config config = {.directory = &world->directory, .registry = &world->registry};
    TRY(gate_new(&config, &gate));
    gate_free(gate);
    return OUTCOME_OK;
}

static void a_gate_without_memory_is_not_made(void **state)
{
    assert_true(each_allocation_fails(make_gate, *state) >= 7);
    gate_free(NULL);
}

static void serve_too_many(void *context)
{
    struct world *world = context;
    static struct ask asks[BATCH_ASKS_MAX + 1];
    outcome_ignore(gate_serve(world->gate, asks, BATCH_ASKS_MAX + 1, world->answers));
}

static void serve_without_a_log(void *context)
{
    struct world *world = context;
    struct ask ask = world_ask();
    gate_ledger_set(world->gate, NULL);
    outcome_ignore(gate_serve(world->gate, &ask, 1, world->answers));
}

static void a_caller_that_breaks_the_contract_is_stopped(void **state)
{
    assert_true(aborts(serve_too_many, *state));
    assert_true(aborts(serve_without_a_log, *state));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_batch_is_one_commit_and_each_ask_is_answered_in_its_place),
        TEST(a_policy_published_for_later_decides_from_its_very_microsecond_on),
        TEST(the_largest_batch_of_the_largest_answers_fits),
        TEST(ask_ids_and_salts_of_a_batch_are_all_different),
        TEST(a_log_that_does_not_take_a_batch_answers_503_and_counts_nothing),
        TEST(a_log_that_cannot_write_is_not_even_tried),
        TEST(without_a_policy_nothing_is_answered),
        TEST(a_fault_that_leaves_the_state_in_doubt_is_handed_up),
        TEST(a_registry_without_memory_is_503),
        TEST(what_did_not_fit_does_not_harm_the_next_batch),
        TEST(an_act_is_durable_when_it_returns_and_stands_under_the_policy),
        TEST(an_act_that_is_not_recorded_leaves_nothing_behind),
        TEST(a_gate_without_memory_is_not_made),
        TEST(a_caller_that_breaks_the_contract_is_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
