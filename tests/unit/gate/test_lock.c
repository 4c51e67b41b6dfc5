/*
 * Citizens' own locks, under a law that has them in force and under the one that has not: against
 * whom they are, and that nobody can tell who has one.
 */
#include "law.h"
#include "reader.h"
#include "world.h"

/* This tree's law, from a day on which locks can be in force, with them in force. */
static struct policy *law_with_lock(void)
{
    struct law law;
    law_read_locked(&law, "effective_from: 2026-07-01");
    law_write_override(&law, "NV-1");
    return law_load_done(&law);
}

static int lock_setup(void **state)
{
    if (world_setup(state) != 0) {
        return 1;
    }
    struct world *world = *state;
    policy_free(world->policy);
    world->policy = law_with_lock();
    gate_policy_set(world->gate, world->policy);
    return 0;
}

static void put_lock(struct world *world, const uint8_t tag[SEAL_BLIND_BYTES])
{
    struct person_lock *lock = memory_new(1, sizeof(*lock));
    assert_non_null(lock);
    person_code(tag, &lock->code);
    assert_ok(map_add(&world->directory.locks, lock));
}

/* As an act would: under the person's tag and his numbers'. */
static void lock(struct world *world, const char *id)
{
    struct personal who;
    assert_ok(gate_person(world->gate, view_text(id), &who));
    put_lock(world, who.tag);
    put_lock(world, who.id_tag);
    if (who.cmnd_known) {
        put_lock(world, who.cmnd_tag);
    }
}

static bool traced(struct world *world)
{
    json_t *trace = world_last_trace(world);
    bool is = json_is_true(json_object_get(json_object_get(trace, "replay"), "lock"));
    json_decref(trace);
    return is;
}

static void who_has_locked_himself_is_as_good_as_not_there_for_an_organisation(void **state)
{
    struct world *world = *state;
    struct ask ask = world_ask();
    struct ask nobody = world_ask();
    nobody.key = VIEW_LITERAL(WORLD_NOBODY);
    assert_int_equal(world_serve(world, &ask)->code, CODE_DISCLOSED);
    assert_false(traced(world));
    lock(world, WORLD_AN);
    assert_int_equal(world_serve(world, &ask)->code, CODE_SUBJECT_NOT_AVAILABLE);
    world_check_rule(world, RULE_LOCKED);
    assert_true(traced(world));
    size_t entry = world->answers[0].entry.len;
    assert_int_equal(world->answers[0].person.len, 0);
    assert_int_equal(world_serve(world, &nobody)->code, CODE_SUBJECT_NOT_AVAILABLE);
    assert_int_equal(world->answers[0].entry.len, entry);
    assert_false(traced(world));
}

static void he_is_found_locked_by_whichever_number_he_is_asked_for(void **state)
{
    struct world *world = *state;
    struct ask ask = world_ask();
    ask.subject_kind = SUBJECT_CMND;
    ask.key = VIEW_LITERAL(WORLD_AN_CMND);
    assert_int_equal(world_serve(world, &ask)->code, CODE_DISCLOSED);
    lock(world, WORLD_AN);
    assert_int_equal(world_serve(world, &ask)->code, CODE_SUBJECT_NOT_AVAILABLE);
    world_check_rule(world, RULE_LOCKED);
}

static void
the_lock_is_not_against_the_state_nor_a_business_that_the_law_lets_override(void **state)
{
    struct world *world = *state;
    struct ask agency = world_ask_by(world, "agency-1", "NV-2");
    struct ask bank = world_ask();
    lock(world, WORLD_AN);
    assert_int_equal(world_serve(world, &agency)->code, CODE_DISCLOSED);
    world_business(world, "NV-1")->override_lock = true;
    assert_int_equal(world_serve(world, &bank)->code, CODE_DISCLOSED);
}

static void a_business_that_the_law_does_not_name_overrides_nothing(void **state)
{
    static const char *const codes[] = {"NV-9", "NV-", "NV-1 ", "V-1", "9, NV-1"};
    struct world *world = *state;
    struct ask ask = world_ask();
    lock(world, WORLD_AN);
    struct business *business = world_business(world, "NV-1");
    assert_int_equal(world_serve(world, &ask)->code,
                     CODE_SUBJECT_NOT_AVAILABLE); /* not registered so */
    business->override_lock = true;
    assert_int_equal(world_serve(world, &ask)->code, CODE_DISCLOSED);
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        bool named = i == 0;
        assert_int_equal(policy_lock_overridden(world->policy, view_text(codes[i])), named);
    }
    policy_free(world->policy);
    struct law law;
    law_read_locked(&law, "effective_from: 2026-07-01");
    world->policy = law_load_done(&law);
    gate_policy_set(world->gate, world->policy);
    assert_int_equal(world_serve(world, &ask)->code, CODE_SUBJECT_NOT_AVAILABLE);
}

static void without_the_law_a_lock_is_nothing(void **state)
{
    struct world *world = *state;
    struct ask ask = world_ask();
    lock(world, WORLD_AN);
    assert_int_equal(world_serve(world, &ask)->code, CODE_DISCLOSED);
    assert_false(traced(world));
}

static void another_persons_lock_is_not_his(void **state)
{
    struct world *world = *state;
    struct ask ask = world_ask();
    lock(world, WORLD_DUNG);
    assert_int_equal(world_serve(world, &ask)->code, CODE_DISCLOSED);
}

/* A repeat is not given to who may not ask any more. */
static void what_was_given_before_the_lock_is_not_given_again_after_it(void **state)
{
    struct world *world = *state;
    struct ask ask = world_ask();
    ask.idempotency_key = VIEW_LITERAL("again");
    assert_int_equal(world_serve(world, &ask)->code, CODE_DISCLOSED);
    assert_int_equal(world_serve(world, &ask)->code, CODE_DISCLOSED);
    assert_int_equal(world->ledger.size, 1);
    lock(world, WORLD_AN);
    assert_int_equal(world_serve(world, &ask)->code, CODE_SUBJECT_NOT_AVAILABLE);
    assert_int_equal(world->ledger.size, 2);
}

/* ---- others' households ---- */

static bool chi_is_seen(struct world *world)
{
    struct business *business = world_business(world, "NV-1");
    struct ask ask = world_ask();
    business->services |= 1u << SERVICE_HOUSEHOLD_LOOKUP;
    business->fields |= FIELD_BIT(FIELD_HOUSEHOLD);
    business->sensitive |= FIELD_BIT(FIELD_HOUSEHOLD);
    ask.service = SERVICE_HOUSEHOLD_LOOKUP;
    ask.fields[0] = FIELD_HOUSEHOLD;
    ask.field_count = 1;
    assert_true(ask_sane(&ask));
    const struct answer *answer = world_serve(world, &ask);
    assert_int_equal(answer->code, CODE_DISCLOSED);
    return memmem(answer->person.data, answer->person.len, WORLD_CHI, strlen(WORLD_CHI)) != NULL;
}

static void he_is_left_out_of_the_household_that_another_is_asked_for(void **state)
{
    struct world *world = *state;
    world_person(world, WORLD_CHI)->flags = 0; /* the register has no lock of hers */
    assert_true(chi_is_seen(world));
    lock(world, WORLD_CHI);
    assert_false(chi_is_seen(world));
    world_business(world, "NV-1")->override_lock = true;
    assert_true(chi_is_seen(world));
}

/* ---- who it is ---- */

static void a_number_that_is_nobodys_or_was_corrected_is_nobody(void **state)
{
    struct world *world = *state;
    struct personal who = {.key = 77};
    struct registry_person *an = world_person(world, WORLD_AN);
    assert_fault(gate_person(world->gate, VIEW_LITERAL(WORLD_NOBODY), &who), FAULT_NOT_FOUND);
    assert_int_equal(who.key, 77);
    /* the index still leads from the number to a record that has another */
    memcpy(world_person(world, WORLD_DUNG)->id_tag, an->id_tag, SEAL_BLIND_BYTES);
    memset(an->id_tag, 0xee, SEAL_BLIND_BYTES);
    assert_fault(gate_person(world->gate, VIEW_LITERAL(WORLD_AN), &who), FAULT_NOT_FOUND);
    assert_int_equal(who.key, 77);
}

static void a_damaged_record_is_told_and_is_nobody(void **state)
{
    struct world *world = *state;
    struct personal who;
    world_person(world, WORLD_AN)->damaged = true;
    assert_fault(gate_person(world->gate, VIEW_LITERAL(WORLD_AN), &who), FAULT_CORRUPT);
    world->registry.fault = FAULT_IO;
    assert_fault(gate_person(world->gate, VIEW_LITERAL(WORLD_AN), &who), FAULT_IO);
}

static void an_empty_register_has_nobody_to_lock(void **state)
{
    struct world *world = *state;
    struct personal who;
    unsigned count = world->registry.count;
    world->registry.count = 0;
    assert_fault(gate_person(world->gate, VIEW_LITERAL(WORLD_AN), &who), FAULT_NOT_FOUND);
    world->registry.count = count;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, lock_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_has_locked_himself_is_as_good_as_not_there_for_an_organisation),
        TEST(he_is_found_locked_by_whichever_number_he_is_asked_for),
        TEST(the_lock_is_not_against_the_state_nor_a_business_that_the_law_lets_override),
        cmocka_unit_test_setup_teardown(without_the_law_a_lock_is_nothing, world_setup,
                                        world_teardown),
        TEST(a_business_that_the_law_does_not_name_overrides_nothing),
        TEST(another_persons_lock_is_not_his),
        TEST(what_was_given_before_the_lock_is_not_given_again_after_it),
        TEST(he_is_left_out_of_the_household_that_another_is_asked_for),
        TEST(a_number_that_is_nobodys_or_was_corrected_is_nobody),
        TEST(a_damaged_record_is_told_and_is_nobody),
        TEST(an_empty_register_has_nobody_to_lock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
