/* Histograms: every value in one place. */
#include "help.h"

#include "base/ceilings.h"
#include "base/histogram.h"

static const struct histogram_bounds three = {3, {1, 10, 100}};

static void a_value_counts_in_the_first_bound_that_it_does_not_exceed(void **state)
{
    (void)state;
    static const struct {
        uint64_t value;
        unsigned place;
    } rows[] = {{0, 0}, {1, 0}, {2, 1}, {10, 1}, {11, 2}, {100, 2}, {101, 3}, {UINT32_MAX, 3}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint64_t places[HISTOGRAM_PLACES(3)] = {0};
        histogram_add(&three, places, rows[i].value);
        for (unsigned place = 0; place < 4; place++) {
            assert_int_equal(places[place], place == rows[i].place ? 1 : 0);
        }
        assert_int_equal(places[4], rows[i].value);
    }
}

static void places_and_sum_add_up(void **state)
{
    (void)state;
    uint64_t places[HISTOGRAM_PLACES(3)] = {0};
    uint64_t sum = 0;
    uint64_t count = 0;
    for (uint64_t value = 0; value < 300; value++) {
        histogram_add(&three, places, value);
        sum += value;
    }
    for (unsigned place = 0; place < 4; place++) {
        count += places[place];
    }
    assert_int_equal(count, 300);
    assert_int_equal(places[4], sum);
}

static void a_clock_that_runs_backwards_counts_as_no_time(void **state)
{
    (void)state;
    uint64_t places[HISTOGRAM_SPAN_PLACES] = {0};
    histogram_add_span(places, 1000, 400);
    histogram_add_span(places, 1000, 1400);
    assert_int_equal(places[0], 1);
    assert_int_equal(places[3], 1); /* 400 us: above 250, within 500 */
    assert_int_equal(places[HISTOGRAM_SPAN_PLACES - 1], 400);
}

static void bounds_ascend_and_the_largest_batch_has_one(void **state)
{
    (void)state;
    const struct histogram_bounds *const all[] = {&histogram_span, &histogram_batch};
    for (unsigned i = 0; i < 2; i++) {
        assert_true(all[i]->count <= HISTOGRAM_BOUNDS_MAX);
        for (unsigned bound = 1; bound < all[i]->count; bound++) {
            assert_true(all[i]->upper[bound] > all[i]->upper[bound - 1]);
        }
    }
    assert_int_equal(HISTOGRAM_SPAN_PLACES, HISTOGRAM_PLACES(histogram_span.count));
    assert_int_equal(HISTOGRAM_BATCH_PLACES, HISTOGRAM_PLACES(histogram_batch.count));
    assert_int_equal(histogram_batch.upper[histogram_batch.count - 1], BATCH_ASKS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_counts_in_the_first_bound_that_it_does_not_exceed),
        cmocka_unit_test(places_and_sum_add_up),
        cmocka_unit_test(a_clock_that_runs_backwards_counts_as_no_time),
        cmocka_unit_test(bounds_ascend_and_the_largest_batch_has_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
