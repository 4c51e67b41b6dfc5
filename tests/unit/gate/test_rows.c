/*
 * Who has a row of what was not asked about him: named in another's household or among relatives
 * that were given, and nobody else; and what that row does not tell.
 */
#include "reader.h"
#include "world.h"

#include "gate/recorded.h"

#include <string.h>

static int setup(void **state)
{
    (void)world_setup(state);
    struct world *world = *state;
    gate_free(world->gate);
    world->history = true;
    world->gate = world_gate_new(world);
    return 0;
}

/* The agency about An, with the household asked for. */
static struct ask household_ask(struct world *world)
{
    struct ask ask = world_ask_by(world, "agency-1", "NV-2");
    ask.case_ref = VIEW_LITERAL("Nguyen Van An 79");
    ask.fields[0] = FIELD_FULL_NAME;
    ask.fields[1] = FIELD_HOUSEHOLD;
    ask.field_count = 2;
    return ask;
}

/* What a citizen is told of himself, as the core does it; the caller's to release. */
static json_t *told(struct world *world, const char *citizen, const struct ask_history *wish)
{
    bool ready = false;
    struct ask_own own = {.channel = CHANNEL_NATIONAL_PORTAL,
                          .citizen = view_text(citizen),
                          .account = VIEW_LITERAL("citizen-1")};
    struct ask ask = {.service = SERVICE_OWN_HISTORY,
                      .business = VIEW_LITERAL(ASK_OWN_BUSINESS),
                      .subject_kind = SUBJECT_ID,
                      .key = view_text(citizen),
                      .fields_granted = true,
                      .history = *wish,
                      .own = &own};
    assert_ok(gate_history_begin(world->gate, &ask));
    while (!ready) {
        assert_ok(gate_history_step(world->gate, &ready));
    }
    ask.history_ready = true;
    const struct answer *answer = world_serve(world, &ask);
    assert_int_equal(answer->code, CODE_DISCLOSED);
    return reader_json(answer->person);
}

/* The rows of others' looks at him, the newest first. */
static json_t *looks_at(struct world *world, const char *citizen)
{
    const struct ask_history all = {0};
    json_t *page = told(world, citizen, &all);
    json_t *looks = json_array();
    json_t *row = NULL;
    size_t at = 0;
    json_array_foreach(json_object_get(page, "rows"), at, row)
    {
        if (strcmp(reader_text(row, "service"), "own.history") != 0) {
            json_array_append(looks, row);
        }
    }
    json_decref(page);
    return looks;
}

static size_t look_count(struct world *world, const char *citizen)
{
    json_t *looks = looks_at(world, citizen);
    size_t count = json_array_size(looks);
    json_decref(looks);
    return count;
}

static void
whoever_stands_in_a_household_that_is_given_has_a_row_that_tells_nothing_of_the_other(void **state)
{
    struct world *world = *state;
    world_person(world, WORLD_CHI)->flags = 0;
    struct ask ask = household_ask(world);
    assert_int_equal(world_serve(world, &ask)->code, CODE_DISCLOSED);
    json_t *looks = looks_at(world, WORLD_CHI);
    assert_int_equal(json_array_size(looks), 1);
    const json_t *row = json_array_get(looks, 0);
    assert_string_equal(reader_text(row, "as"), "named");
    assert_string_equal(reader_text(row, "service"), "citizen.lookup");
    assert_string_equal(reader_text(row, "result"), "disclosed");
    assert_string_equal(reader_text(json_object_get(row, "party"), "code"), "agency");
    assert_true(json_is_null(json_object_get(row, "case")));
    const json_t *fields = json_object_get(row, "fields");
    assert_int_equal(json_array_size(fields), 1);
    assert_string_equal(json_string_value(json_array_get(fields, 0)), "household");
    json_decref(looks);
    looks = looks_at(world, WORLD_AN);
    assert_string_equal(reader_text(json_array_get(looks, 0), "as"), "asked");
    assert_int_equal(json_array_size(json_object_get(json_array_get(looks, 0), "fields")), 2);
    assert_false(json_is_null(json_object_get(json_array_get(looks, 0), "case")));
    json_decref(looks);
}

static void a_relative_has_a_row_of_each_ask_that_gives_whose_relative_he_is(void **state)
{
    struct world *world = *state;
    world_add_child(world, "079215900123", "father", WORLD_AN);
    struct ask ask = world_ask();
    struct business *business = world_business(world, "NV-1");
    business->fields |= FIELD_BIT(FIELD_RELATIVES);
    business->sensitive |= FIELD_BIT(FIELD_RELATIVES);
    ask.key = VIEW_LITERAL("079215900123");
    ask.name = VIEW_LITERAL("Nguyễn Văn Em");
    ask.birth_date = VIEW_LITERAL("2015-06-07");
    ask.fields[0] = FIELD_RELATIVES;
    ask.field_count = 1;
    assert_int_equal(world_serve(world, &ask)->code, CODE_DISCLOSED);
    assert_int_equal(look_count(world, WORLD_AN), 1);
    assert_int_equal(world_serve(world, &ask)->code, CODE_DISCLOSED);
    assert_int_equal(look_count(world, WORLD_AN), 2);
}

static void
who_is_claimed_to_be_a_relative_by_his_number_has_a_row_whatever_came_of_it(void **state)
{
    static const char *const claims[] = {
        "{\"id\":\"" WORLD_AN "\"}",                                /* he is */
        "{\"cmnd\":\"" WORLD_AN_CMND "\",\"id\":\"" WORLD_AN "\"}", /* one person */
        "{\"id\":\"" WORLD_NOBODY "\"}",                            /* nobody's number */
        "{\"name\":\"" WORLD_AN_NAME "\"}",                         /* by no number */
    };
    static const size_t rows[] = {1, 2, 2, 2};
    struct world *world = *state;
    struct business *business = world_business(world, "NV-2");
    world_add_child(world, "079215900123", "father", WORLD_AN);
    business->services |= 1u << SERVICE_RELATIVE_VERIFY;
    business->fields |= FIELD_BIT(FIELD_RELATIVES);
    business->sensitive |= FIELD_BIT(FIELD_RELATIVES);
    for (unsigned i = 0; i < 4; i++) {
        struct ask ask = world_ask_by(world, "agency-1", "NV-2");
        ask.service = SERVICE_RELATIVE_VERIFY;
        ask.key = VIEW_LITERAL("079215900123");
        ask.name = VIEW_LITERAL("Nguyễn Văn Em");
        ask.birth_date = VIEW_LITERAL("2015-06-07");
        ask.fields[0] = FIELD_RELATIVES;
        ask.field_count = 1;
        ask.claims[0] = (struct claim){
            .kind = CLAIM_RELATION, .what = RELATION_FATHER, .value = view_text(claims[i])};
        ask.claim_count = 1;
        assert_true(ask_sane(&ask));
        assert_int_equal(world_serve(world, &ask)->code, CODE_DISCLOSED);
        assert_int_equal(look_count(world, WORLD_AN), rows[i]);
    }
}

static void who_is_hidden_or_not_given_has_no_row(void **state)
{
    struct world *world = *state;
    world_person(world, WORLD_CHI)->flags = 0;
    struct ask ask = household_ask(world);
    assert_int_equal(world_serve(world, &ask)->code, CODE_DISCLOSED);
    assert_int_equal(look_count(world, WORLD_CHI), 1);
    ask.name = VIEW_LITERAL("Someone Else"); /* An is found; nothing is given */
    assert_int_equal(world_serve(world, &ask)->code, CODE_SUBJECT_NOT_AVAILABLE);
    ask = household_ask(world);
    ask.field_count = 1; /* the name alone */
    assert_int_equal(world_serve(world, &ask)->code, CODE_DISCLOSED);
    assert_int_equal(look_count(world, WORLD_CHI), 1);
    assert_int_equal(look_count(world, WORLD_AN), 3);
    world_person(world, WORLD_CHI)->flags = PERSON_PROTECTED;
    ask = household_ask(world);
    assert_int_equal(world_serve(world, &ask)->code, CODE_DISCLOSED);
    assert_int_equal(look_count(world, WORLD_CHI), 1);
    assert_int_equal(look_count(world, WORLD_AN), 4);
}

static void nobody_is_told_who_looks_at_a_protected_member_of_his_household(void **state)
{
    struct world *world = *state;
    struct ask ask = household_ask(world);
    world_business(world, "NV-2")->clearance_protected = true;
    world_person(world, WORLD_CHI)->flags = 0;
    ask.key = VIEW_LITERAL(WORLD_BINH);
    ask.name = VIEW_LITERAL("Trần Thị Bình");
    ask.birth_date = VIEW_LITERAL("1991-03-04");
    assert_int_equal(world_serve(world, &ask)->code, CODE_DISCLOSED);
    assert_int_equal(look_count(world, WORLD_CHI), 0);
    assert_int_equal(look_count(world, WORLD_AN), 0);
}

/* I5: of whoever was fetched. */
static void as_many_are_looked_for_whoever_is_hidden_and_whatever_is_decided(void **state)
{
    struct world *world = *state;
    struct ask ask = household_ask(world);
    assert_int_equal(world_serve(world, &ask)->code, CODE_DISCLOSED);
    assert_int_equal(world->registry.looks, 16); /* Bình, who is protected, Chi, and nobody */
    ask.name = VIEW_LITERAL("Someone Else");
    assert_int_equal(world_serve(world, &ask)->code, CODE_SUBJECT_NOT_AVAILABLE);
    assert_int_equal(world->registry.looks, 32);
    ask = household_ask(world);
    world_person(world, WORLD_AN)->flags = PERSON_PROTECTED;
    ask.key = VIEW_LITERAL(WORLD_BINH); /* protected */
    ask.name = VIEW_LITERAL("Trần Thị Bình");
    ask.birth_date = VIEW_LITERAL("1991-03-04");
    assert_int_equal(world_serve(world, &ask)->code, CODE_SUBJECT_NOT_AVAILABLE);
    assert_int_equal(world->registry.looks, 48);
    ask.key = VIEW_LITERAL(WORLD_NOBODY); /* Dũng is fetched, who has no household */
    assert_int_equal(world_serve(world, &ask)->code, CODE_SUBJECT_NOT_AVAILABLE);
    assert_int_equal(world->registry.looks, 64);
    ask.field_count = 1; /* no field that names anybody */
    (void)world_serve(world, &ask);
    assert_int_equal(world->registry.looks, 64);
}

static void the_proof_of_such_a_row_opens_his_element_and_not_the_request(void **state)
{
    struct world *world = *state;
    world_person(world, WORLD_CHI)->flags = 0;
    struct ask ask = household_ask(world);
    assert_int_equal(world_serve(world, &ask)->code, CODE_DISCLOSED);
    json_t *looks = looks_at(world, WORLD_CHI);
    struct ask_history one = {0};
    one.row = strtoull(reader_text(json_array_get(looks, 0), "row"), NULL, 16);
    json_decref(looks);
    json_t *proved = told(world, WORLD_CHI, &one);
    const json_t *opening = json_object_get(json_object_get(proved, "proof"), "opening");
    size_t count = json_array_size(opening);
    assert_int_equal(count, 5); /* ask, party, business, persons, and she */
    for (size_t i = 0; i < count; i++) {
        json_t *array = reader_disclosure(view_text(json_string_value(json_array_get(opening, i))));
        const char *name = json_string_value(json_array_get(array, 1));
        assert_string_not_equal(name, "request");
        assert_string_not_equal(name, "case");
        if (i + 1 == count) {
            assert_int_equal(json_array_size(array), 2);
            assert_string_equal(name, "1003");
        }
        json_decref(array);
    }
    json_decref(proved);
}

static void who_is_named_may_object_to_it_and_who_was_left_out_may_not(void **state)
{
    struct world *world = *state;
    struct recorded recorded = {0};
    struct ask ask = household_ask(world);
    world_person(world, WORLD_CHI)->flags = 0;
    assert_int_equal(world_serve(world, &ask)->code, CODE_DISCLOSED);
    uint64_t index = world->answers[0].leaf_index;
    int64_t day = clock_day_vn(world->now_us);
    assert_ok(gate_recorded_about(world->gate, index, 1003, day, &recorded));
    assert_view(code_view(&recorded.business), "NV-2");
    assert_fault(gate_recorded_about(world->gate, index, 1002, day, &recorded), FAULT_NOT_FOUND);
}

static unsigned seen_count;
static uint64_t seen_last;

static void see(void *context, uint64_t person)
{
    (void)context;
    seen_count++;
    seen_last = person;
}

static void who_is_named_is_told_of_to_whoever_sends_notices(void **state)
{
    struct world *world = *state;
    world_person(world, WORLD_CHI)->flags = 0;
    gate_seen_set(world->gate, (struct seen_port){.seen = see});
    struct ask ask = household_ask(world);
    seen_count = 0;
    assert_int_equal(world_serve(world, &ask)->code, CODE_DISCLOSED);
    assert_int_equal(seen_count, 2);
    assert_int_equal(seen_last, 1003);
}

static void what_the_register_cannot_tell_of_them_gives_the_ask_up(void **state)
{
    struct world *world = *state;
    struct ask ask = household_ask(world);
    world->registry.keys_fault = FAULT_CORRUPT;
    assert_int_equal(world_serve(world, &ask)->code, CODE_INTERNAL);
    assert_int_equal(world->ledger.size, 0);
    world->registry.keys_fault = FAULT_NONE;
    assert_int_equal(world_serve(world, &ask)->code, CODE_DISCLOSED);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(whoever_stands_in_a_household_that_is_given_has_a_row_that_tells_nothing_of_the_other),
        TEST(a_relative_has_a_row_of_each_ask_that_gives_whose_relative_he_is),
        TEST(who_is_claimed_to_be_a_relative_by_his_number_has_a_row_whatever_came_of_it),
        TEST(who_is_hidden_or_not_given_has_no_row),
        TEST(nobody_is_told_who_looks_at_a_protected_member_of_his_household),
        TEST(as_many_are_looked_for_whoever_is_hidden_and_whatever_is_decided),
        TEST(the_proof_of_such_a_row_opens_his_element_and_not_the_request),
        TEST(who_is_named_may_object_to_it_and_who_was_left_out_may_not),
        TEST(who_is_named_is_told_of_to_whoever_sends_notices),
        TEST(what_the_register_cannot_tell_of_them_gives_the_ask_up),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
