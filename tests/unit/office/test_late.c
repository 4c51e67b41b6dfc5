/*
 * Acts that wait for room in the store: so many and no more, in their order, none twice.
 */
#include "office/late.h"

#include "shelf.h"

static void keep(struct late *late, uint64_t index, struct view content)
{
    const struct office_object object = {1, VIEW_LITERAL("one"), content};
    assert_ok(late_keep(late, index, &object, 1));
}

static void no_more_acts_wait_than_their_ceiling(void **state)
{
    struct late late = {.count = 0};
    struct office_store store = {.apply_fault = FAULT_NO_SPACE};
    (void)state;
    for (unsigned i = 0; i < OFFICE_LATE_ACTS_MAX; i++) {
        assert_true(late_has_room(&late));
        assert_ok(late_keep(&late, 2 * i, NULL, 0));
    }
    assert_false(late_has_room(&late));
    assert_fault(late_keep(&late, 9999, NULL, 0), FAULT_NO_SPACE);
    assert_fault(late_store(&late, &store), FAULT_NO_SPACE);
    assert_int_equal(late.count, OFFICE_LATE_ACTS_MAX);
    store.apply_fault = FAULT_NONE;
    assert_ok(late_store(&late, &store));
    assert_int_equal(late.count, 0);
    assert_int_equal(late.bytes, 0);
    assert_int_equal(store.applied, 2 * (OFFICE_LATE_ACTS_MAX - 1) + 1);
    late_done(&late);
    shelf_done(&store);
}

static void acts_that_wait_are_never_larger_together_than_their_ceiling(void **state)
{
    static uint8_t large[ACT_BYTES_MAX];
    struct late late = {.count = 0};
    unsigned kept = 0;
    (void)state;
    for (; late_has_room(&late); kept++) {
        keep(&late, kept, view_of(large, sizeof(large)));
    }
    assert_in_range(kept, OFFICE_LATE_BYTES_MAX / OFFICE_LATE_ACT_BYTES_MAX,
                    OFFICE_LATE_BYTES_MAX / ACT_BYTES_MAX);
    assert_true(late.bytes <= OFFICE_LATE_BYTES_MAX);
    late_done(&late);
}

static void what_is_too_large_for_one_act_is_not_kept(void **state)
{
    static uint8_t large[OFFICE_LATE_ACT_BYTES_MAX];
    const struct office_object object = {1, VIEW_LITERAL("one"), view_of(large, sizeof(large))};
    struct late late = {.count = 0};
    (void)state;
    assert_fault(late_keep(&late, 1, &object, 1), FAULT_OVER_LIMIT);
    assert_int_equal(late.count, 0);
    assert_int_equal(late.bytes, 0);
}

static void the_store_gets_the_last_content_last_and_both_objects_of_an_act(void **state)
{
    struct late late = {.count = 0};
    struct office_store store = {.count = 0};
    const struct office_object two[] = {{2, VIEW_LITERAL("a"), VIEW_LITERAL("first of two")},
                                        {3, VIEW_LITERAL("b"), VIEW_LITERAL("second of two")}};
    (void)state;
    keep(&late, 4, VIEW_LITERAL("old"));
    assert_ok(late_keep(&late, 7, two, 2));
    keep(&late, 8, VIEW_LITERAL("new"));
    assert_ok(late_store(&late, &store));
    assert_int_equal(store.applied, 9);
    assert_int_equal(store.count, 3);
    assert_view(buf_view(&store.objects[0].content), "new");
    assert_view(buf_view(&store.objects[1].content), "first of two");
    assert_view(buf_view(&store.objects[2].content), "second of two");
    late_done(&late);
    shelf_done(&store);
}

static struct outcome keep_one(void *context)
{
    struct late late = {.count = 0};
    const struct office_object object = {1, VIEW_LITERAL("one"), VIEW_LITERAL("content")};
    (void)context;
    struct outcome outcome = late_keep(&late, 1, &object, 1);
    assert_int_equal(late.count, outcome_ok(outcome) ? 1 : 0);
    late_done(&late);
    return outcome;
}

static void want_of_memory_keeps_nothing(void **state)
{
    (void)state;
    assert_true(each_allocation_fails(keep_one, NULL) >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_more_acts_wait_than_their_ceiling),
        cmocka_unit_test(acts_that_wait_are_never_larger_together_than_their_ceiling),
        cmocka_unit_test(what_is_too_large_for_one_act_is_not_kept),
        cmocka_unit_test(the_store_gets_the_last_content_last_and_both_objects_of_an_act),
        cmocka_unit_test(want_of_memory_keeps_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
