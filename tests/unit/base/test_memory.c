/* The heap's door and the arena: zeroes, overflow, forced failures, alignment, ceilings. */
#include "help.h"

#include "base/memory.h"

static void new_memory_is_zeroed(void **state)
{
    (void)state;
    MEMORY_AUTO uint8_t *block = memory_new(100, 3);
    for (size_t i = 0; i < 300; i++) {
        assert_int_equal(block[i], 0);
    }
}

static void memory_for_nothing_is_still_a_block(void **state)
{
    (void)state;
    MEMORY_AUTO void *none = memory_new(0, 8);
    MEMORY_AUTO void *empty = memory_new(8, 0);
    MEMORY_AUTO void *resized = memory_resize(NULL, 0, 0);
    assert_non_null(none);
    assert_non_null(empty);
    assert_non_null(resized);
}

static void a_product_that_overflows_gives_null(void **state)
{
    (void)state;
    volatile size_t huge = SIZE_MAX / 2 + 2;
    assert_null(memory_new(huge, 2));
    assert_null(memory_resize(NULL, huge, 2));
}

static void a_failed_resize_keeps_the_block(void **state)
{
    (void)state;
    MEMORY_AUTO uint8_t *block = memory_new(4, 1);
    block[3] = 42;
    memory_fail_at(1);
    assert_null(memory_resize(block, 1000, 1));
    memory_fail_at(0);
    assert_int_equal(block[3], 42);
    uint8_t *grown = memory_resize(block, 1000, 1);
    assert_non_null(grown);
    block = grown;
    assert_int_equal(block[3], 42);
}

static void only_the_nth_allocation_fails(void **state)
{
    (void)state;
    for (uint64_t nth = 1; nth <= 5; nth++) {
        memory_fail_at(nth);
        for (uint64_t i = 1; i <= 6; i++) {
            MEMORY_AUTO void *block = memory_new(1, 1);
            assert_int_equal(block == NULL, i == nth);
        }
    }
    memory_fail_at(1);
    memory_fail_at(0);
    MEMORY_AUTO void *block = memory_new(1, 1);
    assert_non_null(block);
}

static void every_allocation_is_counted(void **state)
{
    (void)state;
    uint64_t before = memory_count();
    MEMORY_AUTO void *first = memory_new(1, 1);
    MEMORY_AUTO void *second = memory_resize(NULL, 1, 1);
    assert_true(memory_count() == before + 2);
    (void)first;
    (void)second;
}

static void wiping_leaves_zeros(void **state)
{
    (void)state;
    uint8_t secret[32];
    memset(secret, 0x5a, sizeof(secret));
    memory_wipe(secret, 31);
    for (size_t i = 0; i < 31; i++) {
        assert_int_equal(secret[i], 0);
    }
    assert_int_equal(secret[31], 0x5a);
    memory_wipe(NULL, 5);
    memory_wipe_free(NULL, 5);
    memory_wipe_free(memory_new(8, 1), 8);
    memory_free(NULL);
}

static void an_arena_hands_out_aligned_blocks_up_to_its_ceiling(void **state)
{
    (void)state;
    struct arena arena;
    assert_ok(arena_init(&arena, 100));
    uint8_t *first = arena_take(&arena, 1);
    uint8_t *second = arena_take(&arena, 16);
    uint8_t *third = arena_take(&arena, 68);
    assert_non_null(third);
    assert_int_equal((uintptr_t)first % 16, 0);
    assert_true(second == first + 16);
    assert_true(third == first + 32);
    memset(third, 1, 68);
    assert_null(arena_take(&arena, 1));
    assert_null(arena_take(&arena, SIZE_MAX));
    arena_reset(&arena);
    assert_non_null(arena_take(&arena, 100));
    assert_null(arena_take(&arena, 0)); /* the next aligned place lies outside */
    arena_done(&arena);
    assert_null(arena.data);
    assert_null(arena_take(&arena, 0));
    arena_done(&arena);
    arena_done(NULL);
}

static void an_arena_copies_views(void **state)
{
    (void)state;
    struct arena arena;
    assert_ok(arena_init(&arena, 8));
    char text[] = "abc";
    struct view copy = {0};
    assert_ok(arena_copy(&arena, view_text(text), &copy));
    text[0] = 'x';
    assert_view(copy, "abc");
    assert_fault(arena_copy(&arena, VIEW_LITERAL("defgh"), &copy), FAULT_OVER_LIMIT);
    assert_view(copy, "abc");
    arena_reset(&arena);
    assert_ok(arena_copy(&arena, (struct view){0}, &copy));
    assert_int_equal(copy.len, 0);
    arena_done(&arena);
}

static struct outcome make_arena(void *context)
{
    (void)context;
    struct arena arena;
    struct outcome outcome = arena_init(&arena, 1000);
    arena_done(&arena);
    return outcome;
}

static void an_arena_without_memory_says_so(void **state)
{
    (void)state;
    assert_int_equal(each_allocation_fails(make_arena, NULL), 1);
}

static void arena_without_ceiling(void *context)
{
    outcome_ignore(arena_init(context, 0));
}

static void arena_overdrawn(void *context)
{
    struct arena *arena = context;
    arena->used = arena->cap + 1;
    (void)arena_take(arena, 1);
}

static void misuse_of_an_arena_aborts(void **state)
{
    (void)state;
    struct arena arena;
    assert_true(aborts(arena_without_ceiling, &arena));
    assert_ok(arena_init(&arena, 16));
    assert_true(aborts(arena_overdrawn, &arena));
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_memory_is_zeroed),
        cmocka_unit_test(memory_for_nothing_is_still_a_block),
        cmocka_unit_test(a_product_that_overflows_gives_null),
        cmocka_unit_test(a_failed_resize_keeps_the_block),
        cmocka_unit_test(only_the_nth_allocation_fails),
        cmocka_unit_test(every_allocation_is_counted),
        cmocka_unit_test(wiping_leaves_zeros),
        cmocka_unit_test(an_arena_hands_out_aligned_blocks_up_to_its_ceiling),
        cmocka_unit_test(an_arena_copies_views),
        cmocka_unit_test(an_arena_without_memory_says_so),
        cmocka_unit_test(misuse_of_an_arena_aborts),
    };
    return cmocka_run_group_tests_name("base/memory", tests, NULL, NULL);
}
