/*
 * Asks that name a unit and a procedure in place of our codes, as one-stop systems' messages do:
 * what is found, what is recorded of it, and their numbers, which are told apart.
 */
#include "world.h"

#define UNIT "000.00.00.H29"
#define PROCEDURE "1.004222"

/* The bank is the unit, and NV-1 is for the procedure. */
static int named_setup(void **state)
{
    if (world_setup(state) != 0) {
        return 1;
    }
    struct world *world = *state;
    struct party *bank = directory_party(&world->directory, VIEW_LITERAL("bank"));
    struct business *business = world_business(world, "NV-1");
    struct party party = *bank;
    struct business like = *business;
    assert_ok(code_set(&party.identification, VIEW_LITERAL(UNIT)));
    assert_ok(code_set(&like.procedure, VIEW_LITERAL(PROCEDURE)));
    assert_ok(directory_replace_party(&world->directory, bank, &party));
    assert_ok(directory_replace_business(&world->directory, business, &like));
    return 0;
}

static struct ask named_ask(const char *request)
{
    struct ask ask = world_ask();
    ask.business = view_of(NULL, 0);
    ask.unit = VIEW_LITERAL(UNIT);
    ask.procedure = VIEW_LITERAL(PROCEDURE);
    ask.idempotency_key = view_text(request);
    memset(ask.body_sha256, 7, sizeof(ask.body_sha256));
    assert_true(ask_sane(&ask));
    return ask;
}

/* A value of the last record. */
static void check_value(struct world *world, enum record_name name, const char *part)
{
    struct record record = {0};
    struct buf *opening = &world->ledger.openings[world->ledger.size - 1];
    assert_ok(record_get_opening(buf_view(opening), &record));
    struct view value = record.values[name];
    if (memmem(value.data, value.len, part, strlen(part)) == NULL) {
        fail_msg("%.*s has no %s", (int)value.len, (const char *)value.data, part);
    }
}

static void a_business_is_found_by_unit_and_procedure_and_the_record_says_both(void **state)
{
    struct world *world = *state;
    struct ask ask = named_ask("a");
    assert_int_equal(world_serve(world, &ask)->code, CODE_DISCLOSED);
    assert_true(world->answers[0].limited);
    check_value(world, RECORD_PARTY, "\"bank\"");
    check_value(world, RECORD_BUSINESS, "\"NV-1\"");
    check_value(world, RECORD_REQUEST,
                "\"procedure\":\"" PROCEDURE "\",\"unit\":\"" UNIT "\",\"use\":null");
    check_value(world, RECORD_AGENT, "\"operator\":null");
    ask = named_ask("b");
    ask.unit = view_of(NULL, 0); /* the account's own */
    assert_int_equal(world_serve(world, &ask)->code, CODE_DISCLOSED);
}

static void the_record_is_what_the_business_grants(void **state)
{
    struct world *world = *state;
    struct ask ask = named_ask("a");
    ask.field_count = 0;
    ask.fields_granted = true;
    const struct answer *answer = world_serve(world, &ask);
    assert_int_equal(answer->code, CODE_DISCLOSED);
    assert_non_null(memmem(answer->person.data, answer->person.len, "full_name", 9));
}

static void a_unit_or_procedure_that_is_not_known_is_no_business(void **state)
{
    struct world *world = *state;
    static const char *const rows[][2] = {
        {"000.00.00.X99", PROCEDURE}, {UNIT, "9.999999"}, {"", "9.999999"}};
    for (size_t i = 0; i < 3; i++) {
        struct ask ask = named_ask("a");
        ask.idempotency_key = view_of(NULL, 0);
        ask.unit = view_text(rows[i][0]);
        ask.procedure = view_text(rows[i][1]);
        assert_int_equal(world_serve(world, &ask)->code, CODE_BUSINESS_NOT_GRANTED);
        check_value(world, RECORD_BUSINESS, "null");
        check_value(world, RECORD_REQUEST, rows[i][1]);
    }
}

static void
another_request_under_a_number_is_refused_and_recorded_and_the_first_one_stands(void **state)
{
    struct world *world = *state;
    struct ask ask = named_ask("a");
    assert_int_equal(world_serve(world, &ask)->code, CODE_DISCLOSED);
    uint64_t used = world_business(world, "NV-1")->quota_used;
    unsigned fetches = world->registry.fetches;
    uint8_t first[16];
    memcpy(first, world->answers[0].ask_id, sizeof(first));
    for (size_t byte = 0; byte < 32; byte += 31) { /* the table holds the first few */
        struct ask other = ask;
        other.key = VIEW_LITERAL(WORLD_NOBODY);
        other.body_sha256[byte] ^= 1;
        unsigned size = world->ledger.size;
        world->now_us += 1000000;
        const struct answer *answer = world_serve(world, &other);
        assert_int_equal(answer->code, CODE_REQUEST_CONFLICT);
        assert_true(answer->entry.len > 0);
        assert_int_equal(world->ledger.size, size + 1);
        world_check_rule(world, RULE_REQUEST_KEY);
        check_value(world, RECORD_REQUEST, WORLD_NOBODY);
        check_value(world, RECORD_BUSINESS, "\"NV-1\"");
    }
    assert_int_equal(world_business(world, "NV-1")->quota_used, used);
    assert_int_equal(world->registry.fetches, fetches); /* nobody was looked for */
    assert_int_equal(world_serve(world, &ask)->code, CODE_DISCLOSED);
    assert_memory_equal(world->answers[0].ask_id, first, sizeof(first));
}

static void two_requests_of_one_number_in_a_batch_are_told_apart_too(void **state)
{
    struct world *world = *state;
    struct ask asks[3] = {named_ask("a"), named_ask("a"), named_ask("a")};
    asks[1].body_sha256[0] ^= 1;
    assert_ok(gate_serve(world->gate, asks, 3, world->answers));
    assert_int_equal(world->answers[0].code, CODE_DISCLOSED);
    assert_int_equal(world->answers[1].code, CODE_REQUEST_CONFLICT);
    assert_int_equal(world->answers[2].code, CODE_DISCLOSED);
    assert_memory_equal(world->answers[2].ask_id, world->answers[0].ask_id, 16);
    assert_int_equal(world->ledger.size, 2);
}

static void the_year_alone_does_where_the_business_says_so(void **state)
{
    struct world *world = *state;
    struct ask ask = world_ask();
    ask.birth_date = VIEW_LITERAL("1990");
    assert_int_equal(world_serve(world, &ask)->code, CODE_SUBJECT_NOT_AVAILABLE);
    world_business(world, "NV-1")->birth_year_alone = true;
    assert_int_equal(world_serve(world, &ask)->code, CODE_DISCLOSED);
    ask.birth_date = VIEW_LITERAL("1991");
    assert_int_equal(world_serve(world, &ask)->code, CODE_SUBJECT_NOT_AVAILABLE);
    ask.birth_date = VIEW_LITERAL("1990-01-03"); /* who says the day says it right */
    assert_int_equal(world_serve(world, &ask)->code, CODE_SUBJECT_NOT_AVAILABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_business_is_found_by_unit_and_procedure_and_the_record_says_both, named_setup,
            world_teardown),
        cmocka_unit_test_setup_teardown(the_record_is_what_the_business_grants, named_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(a_unit_or_procedure_that_is_not_known_is_no_business,
                                        named_setup, world_teardown),
        cmocka_unit_test_setup_teardown(
            another_request_under_a_number_is_refused_and_recorded_and_the_first_one_stands,
            named_setup, world_teardown),
        cmocka_unit_test_setup_teardown(two_requests_of_one_number_in_a_batch_are_told_apart_too,
                                        named_setup, world_teardown),
        cmocka_unit_test_setup_teardown(the_year_alone_does_where_the_business_says_so, named_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
