/* A leaky bucket: so much at once, then so much a second. */
#include "help.h"

#include "base/leak.h"

#define S INT64_C(1000000)

/* How many of so many tries at one moment find room. */
static unsigned taken(struct leak *leak, int64_t now_us, unsigned tries)
{
    unsigned count = 0;
    for (unsigned i = 0; i < tries; i++) {
        if (!leak_full(leak, now_us, 10, 4)) {
            leak->used += LEAK_UNIT;
            count++;
        }
    }
    return count;
}

static void the_burst_fits_and_then_so_many_a_second(void **state)
{
    (void)state;
    struct leak leak = {0};
    assert_int_equal(taken(&leak, 5 * S, 20), 10);
    assert_int_equal(taken(&leak, 5 * S + S / 4 - 1, 20), 0);
    assert_int_equal(taken(&leak, 5 * S + S / 4, 20), 1);
    assert_int_equal(taken(&leak, 6 * S + S / 4, 20), 4);
}

static void however_long_it_rests_no_more_than_the_burst_fits(void **state)
{
    (void)state;
    struct leak leak = {0};
    assert_int_equal(taken(&leak, 0, 20), 10);
    assert_int_equal(taken(&leak, INT64_MAX, 20), 10);
}

static void a_clock_that_runs_backwards_lets_nothing_out(void **state)
{
    (void)state;
    struct leak leak = {0};
    assert_int_equal(taken(&leak, 9 * S, 20), 10);
    assert_int_equal(taken(&leak, 2 * S, 20), 0);
    assert_int_equal(taken(&leak, 3 * S, 20), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_burst_fits_and_then_so_many_a_second),
        cmocka_unit_test(however_long_it_rests_no_more_than_the_burst_fits),
        cmocka_unit_test(a_clock_that_runs_backwards_lets_nothing_out),
    };
    return cmocka_run_group_tests_name("base/leak", tests, NULL, NULL);
}
