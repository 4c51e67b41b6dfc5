/*
 * What asks cost: counted once each, for the month and at the price of the moment, and no other.
 */
#include "world.h"

#define DAY_US INT64_C(86400000000)
#define MONTH_MIDNIGHT_US INT64_C(1796058000000000) /* 2026-12-01T00:00:00 in Vietnam */

static struct party *party_of(struct world *world, const char *code)
{
    struct party *party = directory_party(&world->directory, view_text(code));
    assert_non_null(party);
    return party;
}

/* NULL: there is none. */
static struct statement *statement_for(struct world *world, const char *code)
{
    return map_get(&world->directory.statements, view_text(code));
}

static void assert_statement(struct world *world, const char *code, uint64_t asks, uint64_t fields,
                             uint64_t vnd)
{
    struct statement *statement = statement_for(world, code);
    assert_non_null(statement);
    assert_int_equal(statement->asks, asks);
    assert_int_equal(statement->fields, fields);
    assert_int_equal(statement->vnd, vnd);
    assert_int_equal(statement->version, 1 + asks);
}

static void assert_lines(const struct statement *statement, const char *want)
{
    BUF_AUTO text;
    buf_init(&text, 1 << 16);
    fees_put_lines(statement, &text);
    assert_ok(buf_check(&text));
    assert_view(buf_view(&text), want);
}

static struct fee fee_of(const char *product, uint64_t vnd)
{
    return (struct fee){view_text(product), vnd, 2};
}

static void an_ask_costs_each_field_hit_or_miss_and_a_refused_one_nothing(void **state)
{
    struct world *world = *state;
    struct ask asks[4] = {world_ask(), world_ask(), world_ask(),
                          world_ask_by(world, "agency-1", "NV-2")};
    asks[1].key = VIEW_LITERAL(WORLD_NOBODY);
    asks[1].field_count = 1;
    asks[2].case_ref = view_of(NULL, 0);
    assert_ok(gate_serve(world->gate, asks, 4, world->answers));
    assert_int_equal(world->answers[0].code, CODE_DISCLOSED);
    assert_int_equal(world->answers[1].code, CODE_SUBJECT_NOT_AVAILABLE);
    assert_int_equal(world->answers[2].code, CODE_CASE_MISSING);
    assert_int_equal(world->answers[3].code, CODE_DISCLOSED); /* of a class that pays nothing */
    assert_statement(world, "bank.2026-11", 2, 3, 3000);
    assert_lines(statement_for(world, "bank.2026-11"),
                 "[{\"asks\":2,\"fields\":3,\"product\":\"SPDC04\",\"vnd\":3000,"
                 "\"vnd_per_field\":1000}]");
    assert_int_equal(world->directory.statements.len, 1);
}

static void what_is_not_recorded_costs_nothing(void **state)
{
    struct world *world = *state;
    struct ask asks[2] = {world_ask(), world_ask()};
    world->ledger.commit_fault = FAULT_NO_SPACE;
    world_serve(world, &asks[0]);
    assert_int_equal(world->answers[0].code, CODE_LEDGER_UNAVAILABLE);
    assert_statement(world, "bank.2026-11", 0, 0, 0);
    world->ledger.commit_fault = FAULT_NONE;
    asks[0].idempotency_key = VIEW_LITERAL("once");
    asks[1].idempotency_key = VIEW_LITERAL("once");
    assert_ok(gate_serve(world->gate, asks, 2, world->answers)); /* one, and its twin */
    world_serve(world, &asks[0]);                                /* and its repeat */
    assert_int_equal(world->answers[0].code, CODE_DISCLOSED);
    assert_statement(world, "bank.2026-11", 1, 2, 2000);
    world_person(world, WORLD_AN)->damaged = true;
    struct ask damaged = world_ask();
    world_serve(world, &damaged);
    assert_int_equal(world->answers[0].code, CODE_INTERNAL);
    assert_statement(world, "bank.2026-11", 1, 2, 2000);
}

static void the_month_turns_at_midnight_in_vietnam(void **state)
{
    struct world *world = *state;
    struct ask ask = world_ask();
    world->now_us = MONTH_MIDNIGHT_US - 1;
    world_serve(world, &ask);
    world->now_us = MONTH_MIDNIGHT_US;
    world_serve(world, &ask);
    assert_statement(world, "bank.2026-11", 1, 2, 2000);
    assert_statement(world, "bank.2026-12", 1, 2, 2000);
}

static void a_price_that_has_changed_has_a_line_of_its_own_and_the_old_one_stays(void **state)
{
    struct world *world = *state;
    struct ask ask = world_ask();
    world->now_us = MONTH_MIDNIGHT_US;
    world_serve(world, &ask);
    const struct fee fees[] = {fee_of("SPDC04", 500), fee_of("SPDC01", 1000),
                               fee_of("SPDC04", 2000), fee_of("SPDC04", 500)};
    for (size_t i = 0; i < sizeof(fees) / sizeof(fees[0]); i++) {
        struct fee_place place = {0};
        assert_ok(fees_reserve(&world->directory, party_of(world, "bank"), 683, &fees[i], &place));
        fees_count(&place, 1, fees[i].fields);
    }
    assert_lines(statement_for(world, "bank.2026-12"),
                 "[{\"asks\":1,\"fields\":2,\"product\":\"SPDC01\",\"vnd\":2000,"
                 "\"vnd_per_field\":1000},"
                 "{\"asks\":2,\"fields\":4,\"product\":\"SPDC04\",\"vnd\":2000,"
                 "\"vnd_per_field\":500},"
                 "{\"asks\":1,\"fields\":2,\"product\":\"SPDC04\",\"vnd\":2000,"
                 "\"vnd_per_field\":1000},"
                 "{\"asks\":1,\"fields\":2,\"product\":\"SPDC04\",\"vnd\":4000,"
                 "\"vnd_per_field\":2000}]");
    assert_statement(world, "bank.2026-12", 5, 10, 10000);
    BUF_AUTO csv;
    buf_init(&csv, 4096);
    fees_put_csv(statement_for(world, "bank.2026-12"), &csv);
    assert_true(view_starts(buf_view(&csv),
                            VIEW_LITERAL("party,month,product,asks,fields,vnd_per_field,vnd\r\n"
                                         "bank,2026-12,SPDC01,1,2,1000,2000\r\n"
                                         "bank,2026-12,SPDC04,2,4,500,2000\r\n")));
}

static void without_a_place_to_be_billed_an_ask_is_not_decided(void **state)
{
    struct world *world = *state;
    struct ask ask = world_ask();
    struct fee_place place = {0};
    for (uint64_t vnd = 1; vnd <= FEE_LINES_MAX; vnd++) {
        struct fee fee = fee_of("X", vnd);
        assert_ok(fees_reserve(&world->directory, party_of(world, "bank"), 682, &fee, &place));
    }
    uint64_t used = world_business(world, "NV-1")->quota_used;
    const struct answer *answer = world_serve(world, &ask);
    assert_int_equal(answer->code, CODE_RATE_LIMITED);
    assert_int_equal(answer->retry_after_s, WORLD_MIDNIGHT_S);
    assert_int_equal(world->ledger.size, 0);
    assert_int_equal(world_business(world, "NV-1")->quota_used, used);
}

static void statements_are_kept_thirteen_months(void **state)
{
    struct world *world = *state;
    struct statement *statement = NULL;
    for (int32_t month = 600; month < 600 + FEE_MONTHS_MAX + 2; month++) {
        assert_ok(fees_statement(&world->directory, party_of(world, "bank"), month, &statement));
        assert_ok(fees_statement(&world->directory, party_of(world, "other"), month, &statement));
    }
    assert_int_equal(world->directory.statements.len, 2 * FEE_MONTHS_MAX);
    assert_null(statement_for(world, "bank.2020-02"));
    assert_non_null(statement_for(world, "bank.2020-03"));
    assert_non_null(statement_for(world, "other.2021-03"));
}

static void when_there_are_too_many_the_oldest_goes_but_none_of_this_month_or_the_last(void **state)
{
    struct world *world = *state;
    struct statement *statement = NULL;
    struct party *bank = party_of(world, "bank");
    world->directory.statements.max = 2;
    assert_ok(fees_statement(&world->directory, bank, 600, &statement));
    assert_ok(fees_statement(&world->directory, bank, 601, &statement));
    assert_ok(fees_statement(&world->directory, bank, 602, &statement));
    assert_null(statement_for(world, "bank.2020-01"));
    assert_fault(fees_statement(&world->directory, party_of(world, "other"), 602, &statement),
                 FAULT_OVER_LIMIT);
    struct ask ask = world_ask();
    world->directory.statements.max = 1; /* which two are over: both go, as they are long past */
    world_serve(world, &ask);
    assert_int_equal(world->answers[0].code, CODE_DISCLOSED);
    assert_statement(world, "bank.2026-11", 1, 2, 2000);
}

/* One that is copied goes, the next one is still copied. */
static void a_statement_that_goes_while_a_snapshot_is_made_does_not_stop_it(void **state)
{
    struct world *world = *state;
    struct statement *statement = NULL;
    struct fee_place place = {0};
    struct fee fee = fee_of("SPDC04", 1000);
    bool last = false;
    BUF_AUTO snapshot;
    buf_init(&snapshot, 1 << 20);
    for (int32_t month = 600; month < 603; month++) {
        assert_ok(fees_reserve(&world->directory, party_of(world, "bank"), month, &fee, &place));
        fees_count(&place, 1, 2);
    }
    assert_ok(gate_save_begin(world->gate));
    assert_ok(fees_statement(&world->directory, party_of(world, "other"), 614, &statement));
    while (!last) {
        assert_ok(gate_save_step(world->gate, &snapshot, &last));
    }
    struct cursor cursor = cursor_of(buf_view(&snapshot));
    assert_ok(gate_restore(world->gate, &cursor));
    assert_null(statement_for(world, "bank.2020-02"));
    assert_statement(world, "bank.2020-03", 1, 2, 2000);
    assert_null(statement_for(world, "other.2021-03"));
    assert_ptr_equal(world->directory.statements_first, world->directory.statements_last);
}

struct reserving {
    struct world *world;
    int32_t month;
};

static struct outcome reserve_anew(void *context)
{
    struct reserving *reserving = context;
    struct fee_place place = {0};
    struct fee fee = fee_of("SPDC04", 1000);
    reserving->month++;
    return fees_reserve(&reserving->world->directory, party_of(reserving->world, "bank"),
                        reserving->month, &fee, &place);
}

static void want_of_memory_is_told_and_bills_nothing(void **state)
{
    struct world *world = *state;
    struct reserving reserving = {world, 600};
    assert_true(each_allocation_fails(reserve_anew, &reserving) >= 2);
    struct ask ask = world_ask();
    world_serve(world, &ask);
    fees_clear(&world->directory);
    memory_fail_at(1);
    const struct answer *answer = world_serve(world, &ask);
    memory_fail_at(0);
    assert_int_equal(answer->code, CODE_LEDGER_UNAVAILABLE);
    assert_int_equal(world->ledger.size, 1);
    assert_null(statement_for(world, "bank.2026-11"));
}

static void a_month_is_read_as_it_is_written_and_nothing_else_is_one(void **state)
{
    static const char *const none[] = {"",        "2026-1",  "2026-00",  "2026-13",
                                       "2026/11", "1969-12", "2026-11-", "202611x"};
    int32_t month = -1;
    (void)state;
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        assert_fault(fees_month_get(view_text(none[i]), &month), FAULT_BAD_INPUT);
    }
    assert_int_equal(month, -1);
    assert_ok(fees_month_get(VIEW_LITERAL("1970-01"), &month));
    assert_int_equal(month, 0);
    assert_ok(fees_month_get(VIEW_LITERAL("9999-12"), &month));
    assert_int_equal(month, FEE_MONTH_LAST);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_ask_costs_each_field_hit_or_miss_and_a_refused_one_nothing),
        TEST(what_is_not_recorded_costs_nothing),
        TEST(the_month_turns_at_midnight_in_vietnam),
        TEST(a_price_that_has_changed_has_a_line_of_its_own_and_the_old_one_stays),
        TEST(without_a_place_to_be_billed_an_ask_is_not_decided),
        TEST(statements_are_kept_thirteen_months),
        TEST(when_there_are_too_many_the_oldest_goes_but_none_of_this_month_or_the_last),
        TEST(a_statement_that_goes_while_a_snapshot_is_made_does_not_stop_it),
        TEST(want_of_memory_is_told_and_bills_nothing),
        cmocka_unit_test(a_month_is_read_as_it_is_written_and_nothing_else_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
