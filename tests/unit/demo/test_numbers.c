/*
 * Tests of synthetic numbers and of the randomness behind them.
 */
#include "help.h"

#include "demo/numbers.h"
#include "demo/rng.h"

static void a_pool_gives_every_number_of_its_block_once(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 5; seed++) {
        struct numbers numbers;
        assert_ok(demo_numbers_init(&numbers, seed));
        bool *given = memory_new(ID_BLOCK, sizeof *given);
        assert_non_null(given);
        char id[13];
        for (int i = 0; i < ID_BLOCK; i++) {
            assert_ok(demo_numbers_id(&numbers, 79, 2, 1990, id));
            uint64_t random = 0;
            assert_memory_equal(id, "079190", 6);
            assert_ok(decimal_get(view_of(id + 6, 6), 999999, &random));
            assert_true(random >= 900000);
            assert_false(given[random - 900000]);
            given[random - 900000] = true;
        }
        assert_fault(demo_numbers_id(&numbers, 79, 2, 1990, id), FAULT_OVER_LIMIT);
        assert_ok(demo_numbers_id(&numbers, 79, 1, 1990, id));
        memory_free(given);
        demo_numbers_done(&numbers);
    }
}

static void the_number_tells_province_century_sex_and_year(void **state)
{
    (void)state;
    static const struct {
        unsigned prefix;
        unsigned sex;
        int year;
        const char *begins;
    } rows[] = {
        {1, 1, 1900, "001000"}, {79, 2, 1999, "079199"},  {96, 1, 2000, "096200"},
        {4, 2, 2026, "004326"}, {199, 1, 2099, "199299"},
    };
    struct numbers numbers;
    assert_ok(demo_numbers_init(&numbers, 7));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char id[13];
        assert_ok(demo_numbers_id(&numbers, rows[i].prefix, rows[i].sex, rows[i].year, id));
        assert_memory_equal(id, rows[i].begins, 6);
        assert_int_equal(strlen(id), 12);
    }
    demo_numbers_done(&numbers);
}

static int compare_cards(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void cards_begin_with_nine_and_differ(void **state)
{
    (void)state;
    enum { CARDS = 50000 };
    struct numbers numbers;
    assert_ok(demo_numbers_init(&numbers, 7));
    char(*cards)[10] = memory_new(CARDS, sizeof *cards);
    assert_non_null(cards);
    for (int i = 0; i < CARDS; i++) {
        assert_ok(demo_numbers_card(&numbers, cards[i]));
        assert_true(cards[i][0] == '9' && strlen(cards[i]) == 9);
    }
    qsort(cards, CARDS, sizeof *cards, compare_cards);
    for (int i = 1; i < CARDS; i++) {
        assert_true(strcmp(cards[i - 1], cards[i]) != 0);
    }
    memory_free(cards);
    demo_numbers_done(&numbers);
}

static void used_up_blocks_are_told(void **state)
{
    (void)state;
    struct numbers numbers;
    char text[13];
    assert_ok(demo_numbers_init(&numbers, 7));
    numbers.cards = CARD_BLOCK;
    numbers.households = CARD_BLOCK;
    assert_fault(demo_numbers_card(&numbers, text), FAULT_OVER_LIMIT);
    assert_fault(demo_numbers_household(&numbers, 79, text), FAULT_OVER_LIMIT);
    demo_numbers_done(&numbers);
    demo_numbers_done(NULL);
}

static struct outcome make_counts(void *context)
{
    struct numbers numbers;
    (void)context;
    TRY(demo_numbers_init(&numbers, 1));
    demo_numbers_done(&numbers);
    return OUTCOME_OK;
}

static void no_memory_for_the_counts_is_told(void **state)
{
    (void)state;
    assert_int_equal(each_allocation_fails(make_counts, NULL), 1);
}

/* Values of the algorithm, so that no compiler or edit changes every population unnoticed. */
static void a_stream_is_what_it_always_was(void **state)
{
    (void)state;
    struct rng rng;
    demo_rng_start(&rng, 2021, 0);
    static const uint64_t first[] = {UINT64_C(0xc9ad07445e8ac1ce), UINT64_C(0x0ae7d0a15545ea5e),
                                     UINT64_C(0xec99d13bb10389c3), UINT64_C(0xd9668746d9756fba)};
    for (size_t i = 0; i < sizeof first / sizeof first[0]; i++) {
        assert_int_equal(demo_rng_next(&rng), first[i]);
    }
}

static void streams_and_seeds_differ(void **state)
{
    (void)state;
    struct rng one;
    struct rng other;
    demo_rng_start(&one, 1, 2);
    demo_rng_start(&other, 2, 1);
    assert_true(demo_rng_next(&one) != demo_rng_next(&other));
    demo_rng_start(&other, 1, 3);
    assert_true(demo_rng_next(&one) != demo_rng_next(&other));
}

static void chances_and_weights_are_kept(void **state)
{
    (void)state;
    static const struct {
        uint32_t weight;
        char letter;
    } rows[] = {{1, 'a'}, {0, 'b'}, {3, 'c'}};
    struct rng rng;
    unsigned hits = 0;
    unsigned seen[3] = {0};
    demo_rng_start(&rng, 5, 5);
    for (int i = 0; i < 100000; i++) {
        hits += rng_chance(&rng, 250000) ? 1 : 0;
        seen[demo_rng_row(&rng, rows, 3, sizeof rows[0])]++;
        int between = rng_between(&rng, -2, 2);
        assert_true(between >= -2 && between <= 2);
        assert_true(rng_early(&rng, 7) < 7);
    }
    assert_in_range(hits, 24000, 26000);
    assert_in_range(seen[0], 24000, 26000);
    assert_int_equal(seen[1], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pool_gives_every_number_of_its_block_once),
        cmocka_unit_test(the_number_tells_province_century_sex_and_year),
        cmocka_unit_test(cards_begin_with_nine_and_differ),
        cmocka_unit_test(used_up_blocks_are_told),
        cmocka_unit_test(no_memory_for_the_counts_is_told),
        cmocka_unit_test(a_stream_is_what_it_always_was),
        cmocka_unit_test(streams_and_seeds_differ),
        cmocka_unit_test(chances_and_weights_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
