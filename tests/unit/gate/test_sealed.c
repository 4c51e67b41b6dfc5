/*
 * The yearly figure of looks that are hidden from whom they are about: what is counted, and that
 * nothing is told of a year that is not over.
 */
#include "world.h"

#define DAY_US INT64_C(86400000000)
#define YEAR_US (366 * DAY_US)

/* Looks of 2026, as told in the year behind it; *ret_years: of how many years something is told. */
static uint64_t looks(struct gate *gate, int64_t now_us, unsigned *ret_years)
{
    unsigned year = 0;
    uint64_t count = 0;
    uint64_t of_2026 = UINT64_MAX;
    *ret_years = 0;
    for (unsigned at = 0; gate_sealed_year(gate, at, now_us, &year, &count); at++) {
        of_2026 = year == 2026 ? count : of_2026;
        (*ret_years)++;
    }
    return of_2026;
}

static void hide(struct world *world, int64_t days)
{
    struct business *business = world_business(world, "NV-1");
    business->sealed_until_day = clock_day_vn(world->now_us) + days;
}

/* A hit, a miss and a refusal under the business. */
static void look_thrice(struct world *world)
{
    struct ask asks[3] = {world_ask(), world_ask(), world_ask()};
    asks[1].key = VIEW_LITERAL(WORLD_NOBODY);
    asks[2].fields[0] = FIELD_RELIGION;
    assert_ok(gate_serve(world->gate, asks, 3, world->answers));
    assert_int_equal(world->answers[0].code, CODE_DISCLOSED);
    assert_int_equal(world->answers[1].code, CODE_SUBJECT_NOT_AVAILABLE);
    assert_int_equal(world->answers[2].code, CODE_FIELD_NOT_GRANTED);
}

static void hits_and_misses_are_counted_and_nothing_that_is_hidden_no_longer(void **state)
{
    struct world *world = *state;
    unsigned years = 0;
    look_thrice(world); /* not hidden */
    hide(world, 0);     /* its day has come */
    look_thrice(world);
    assert_int_equal(looks(world->gate, world->now_us + YEAR_US, &years), 0);
    hide(world, 1);
    look_thrice(world);
    assert_int_equal(looks(world->gate, world->now_us + YEAR_US, &years), 2);
}

static void of_a_year_that_is_not_over_nothing_is_told(void **state)
{
    struct world *world = *state;
    unsigned before = 0;
    unsigned after = 0;
    hide(world, 400);
    look_thrice(world);
    assert_int_equal(looks(world->gate, world->now_us, &before), UINT64_MAX);
    assert_int_equal(looks(world->gate, world->now_us + YEAR_US, &after), 2);
    assert_int_equal(before, 2026 - SEALED_YEAR_FIRST);
    assert_int_equal(after, before + 1);
}

static void what_the_log_did_not_take_is_not_counted(void **state)
{
    struct world *world = *state;
    struct ask ask = world_ask();
    unsigned years = 0;
    hide(world, 400);
    world->ledger.commit_fault = FAULT_NO_SPACE;
    assert_int_equal(world_serve(world, &ask)->code, CODE_LEDGER_UNAVAILABLE);
    assert_int_equal(looks(world->gate, world->now_us + YEAR_US, &years), 0);
}

static void a_restart_counts_the_same_from_the_log_and_from_a_copy_of_its_beginning(void **state)
{
    struct world *world = *state;
    bool last = false;
    unsigned years = 0;
    BUF_AUTO copy;
    buf_init(&copy, 1u << 20);
    hide(world, 400);
    look_thrice(world);
    assert_ok(gate_save_begin(world->gate));
    look_thrice(world); /* while it is being made: not in it */
    while (!last) {
        assert_ok(gate_save_step(world->gate, &copy, &last));
    }
    for (unsigned from = 0; from < 2; from++) {
        struct gate *other = world_gate_new(world);
        struct cursor cursor = cursor_of(buf_view(&copy));
        if (from == 1) {
            assert_ok(gate_restore(other, &cursor));
            assert_int_equal(looks(other, world->now_us + YEAR_US, &years), 2);
        }
        for (unsigned i = from * 3; i < world->ledger.size; i++) {
            struct record record = {0};
            assert_ok(record_get_opening(buf_view(&world->ledger.openings[i]), &record));
            assert_ok(gate_replay(other, i, &record));
        }
        assert_int_equal(looks(other, world->now_us + YEAR_US, &years), 4);
        gate_free(other);
    }
}

static void years_that_are_not_kept_are_passed_over(void **state)
{
    struct sealed_years years = {{0}};
    (void)state;
    sealed_count(&years, 0, INT64_MAX);                             /* 1970 */
    sealed_count(&years, INT64_C(4102444800000000) * 2, INT64_MAX); /* behind the last */
    for (unsigned i = 0; i < SEALED_YEARS; i++) {
        assert_int_equal(years.counts[i], 0);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(hits_and_misses_are_counted_and_nothing_that_is_hidden_no_longer),
        TEST(of_a_year_that_is_not_over_nothing_is_told),
        TEST(what_the_log_did_not_take_is_not_counted),
        TEST(a_restart_counts_the_same_from_the_log_and_from_a_copy_of_its_beginning),
        cmocka_unit_test(years_that_are_not_kept_are_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
