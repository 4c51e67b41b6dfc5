/* The bounded map: what went in is found, growing loses nothing, ceilings and failures. */
#include "help.h"

#include "base/map.h"
#include "base/memory.h"

#include <stdlib.h>

struct object {
    uint32_t number;
    char code[16];
};

static struct view code_of(const void *value)
{
    return view_text(((const struct object *)value)->code);
}

static struct object *objects_new(uint32_t count)
{
    struct object *objects = calloc(count, sizeof(*objects));
    assert_non_null(objects);
    for (uint32_t i = 0; i < count; i++) {
        objects[i].number = i;
        snprintf(objects[i].code, sizeof(objects[i].code), "NV-%u", i);
    }
    return objects;
}

static void every_object_is_found_by_its_key_and_no_other(void **state)
{
    (void)state;
    enum { COUNT = 5000 };
    struct object *objects = objects_new(COUNT + 1);
    struct map map;
    map_init(&map, code_of, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        assert_null(map_get(&map, code_of(&objects[i])));
        assert_ok(map_add(&map, &objects[i]));
    }
    for (size_t i = 0; i < COUNT; i++) {
        assert_ptr_equal(map_get(&map, code_of(&objects[i])), &objects[i]);
    }
    assert_null(map_get(&map, code_of(&objects[COUNT])));
    assert_null(map_get(&map, view_text(NULL)));
    assert_int_equal(map.len, COUNT);
    assert_true(2 * map.len <= map.cap);
    map_done(&map);
    free(objects);
}

static void a_walk_meets_every_object_once(void **state)
{
    (void)state;
    enum { COUNT = 300 };
    struct object *objects = objects_new(COUNT);
    unsigned met[COUNT] = {0};
    struct map map;
    map_init(&map, code_of, COUNT);
    size_t at = 0;
    assert_null(map_next(&map, &at));
    for (size_t i = 0; i < COUNT; i++) {
        assert_ok(map_add(&map, &objects[i]));
    }
    at = 0;
    for (struct object *object = map_next(&map, &at); object != NULL;
         object = map_next(&map, &at)) {
        met[object->number]++;
    }
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(met[i], 1);
    }
    map_done(&map);
    free(objects);
}

static void a_key_that_is_there_is_a_conflict(void **state)
{
    (void)state;
    struct object first = {.code = "NV-1"};
    struct object second = {.code = "NV-1"};
    struct map map;
    map_init(&map, code_of, 10);
    assert_ok(map_add(&map, &first));
    assert_fault(map_add(&map, &second), FAULT_CONFLICT);
    assert_ptr_equal(map_get(&map, VIEW_LITERAL("NV-1")), &first);
    assert_int_equal(map.len, 1);
    map_done(&map);
}

static void an_empty_key_is_a_key(void **state)
{
    (void)state;
    struct object object = {.code = ""};
    struct map map;
    map_init(&map, code_of, 1);
    assert_ok(map_add(&map, &object));
    assert_ptr_equal(map_get(&map, view_text(NULL)), &object);
    map_done(&map);
}

static void over_the_ceiling_is_a_refusal(void **state)
{
    (void)state;
    struct object *objects = objects_new(101);
    struct map map;
    map_init(&map, code_of, 100);
    for (size_t i = 0; i < 100; i++) {
        assert_ok(map_add(&map, &objects[i]));
    }
    assert_fault(map_add(&map, &objects[100]), FAULT_OVER_LIMIT);
    assert_null(map_get(&map, code_of(&objects[100])));
    map_done(&map);
    free(objects);
}

static struct outcome fill(void *context)
{
    struct object *objects = context;
    struct map map;
    map_init(&map, code_of, 200);
    struct outcome outcome = OUTCOME_OK;
    for (size_t i = 0; i < 200 && outcome_ok(outcome); i++) {
        outcome = map_add(&map, &objects[i]);
        for (size_t k = 0; k < map.len; k++) { /* a failed growth loses nobody */
            assert_ptr_equal(map_get(&map, code_of(&objects[k])), &objects[k]);
        }
    }
    map_done(&map);
    return outcome;
}

static void a_map_starved_at_any_growth_keeps_what_it_held(void **state)
{
    (void)state;
    struct object *objects = objects_new(200);
    assert_true(each_allocation_fails(fill, objects) >= 3);
    free(objects);
}

static void after_any_removal_the_others_are_found_and_the_removed_is_not(void **state)
{
    (void)state;
    struct object *objects = objects_new(200);
    struct map map;
    map_init(&map, code_of, 200);
    for (size_t i = 0; i < 200; i++) {
        assert_ok(map_add(&map, &objects[i]));
    }
    for (size_t step = 0; step < 200; step++) {
        size_t out = step * 77 % 200; /* 77 and 200 have no common divisor: each once */
        assert_ptr_equal(map_remove(&map, code_of(&objects[out])), &objects[out]);
        assert_null(map_remove(&map, code_of(&objects[out])));
        assert_int_equal(map.len, 199 - step);
        for (size_t other = 0; other < 200; other++) {
            bool gone = false;
            for (size_t i = 0; i <= step; i++) {
                gone = gone || i * 77 % 200 == other;
            }
            assert_ptr_equal(map_get(&map, code_of(&objects[other])),
                             gone ? NULL : &objects[other]);
        }
    }
    map_done(&map);
    assert_null(map_remove(&map, code_of(&objects[0])));
    free(objects);
}

static void done_accepts_null_zeroed_and_twice(void **state)
{
    (void)state;
    struct map map = {0};
    map_done(NULL);
    map_done(&map);
    map_init(&map, code_of, 1);
    map_done(&map);
    map_done(&map);
    assert_null(map_get(&map, VIEW_LITERAL("x")));
}

/* The leak checker sees what was left. */
static void a_map_that_owns_frees_its_objects_and_itself(void **state)
{
    (void)state;
    struct map map;
    map_init_ordered(&map, code_of, 3);
    for (uint32_t i = 0; i < 3; i++) {
        struct object *object = memory_new(1, sizeof(*object));
        assert_non_null(object);
        snprintf(object->code, sizeof(object->code), "NV-%u", i);
        assert_ok(map_add(&map, object));
    }
    map_free_all(&map);
    assert_int_equal(map.len, 0);
    map_free_all(&map);
    map_free_all(NULL);
}

static void init_without_ceiling(void *context)
{
    map_init(context, code_of, 0);
}

static void add_nothing(void *context)
{
    outcome_ignore(map_add(context, NULL));
}

static void misuse_of_a_map_aborts(void **state)
{
    (void)state;
    struct map map;
    map_init(&map, code_of, 1);
    assert_true(aborts(init_without_ceiling, &map));
    assert_true(aborts(add_nothing, &map));
    map_done(&map);
}

/* Keys of all lengths, in no order. */
static size_t shuffled(size_t i, size_t count)
{
    return (i * 7919) % count;
}

static void assert_ordered(const struct map *map)
{
    for (size_t i = 1; i < map->len; i++) {
        assert_true(view_compare(map->key(map_at(map, i - 1)), map->key(map_at(map, i))) < 0);
    }
    assert_null(map_at(map, map->len));
}

static void an_ordered_map_is_walked_in_the_order_of_its_keys_from_any_key_on(void **state)
{
    (void)state;
    enum { COUNT = 1000 };
    struct object *objects = objects_new(COUNT);
    struct map map;
    map_init_ordered(&map, code_of, COUNT + 1);
    assert_int_equal(map_after(&map, view_text("NV")), 0);
    assert_null(map_at(&map, 0));
    for (size_t i = 0; i < COUNT; i++) {
        assert_ok(map_add(&map, &objects[shuffled(i, COUNT)]));
        assert_fault(map_add(&map, &objects[shuffled(i, COUNT)]), FAULT_CONFLICT);
    }
    assert_int_equal(map.len, COUNT);
    assert_ordered(&map);
    assert_int_equal(map_after(&map, view_text("")), 0);
    assert_int_equal(map_after(&map, view_text("NV-9999")), COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        size_t after = map_after(&map, code_of(&objects[i]));
        assert_ptr_equal(map_at(&map, after - 1), &objects[i]);
    }
    assert_int_equal(map_after(&map, view_text("NV-10")), map_after(&map, view_text("NV-10-")));
    map_done(&map);
    free(objects);
}

static void what_is_taken_out_of_an_ordered_map_leaves_the_order_of_the_rest(void **state)
{
    (void)state;
    enum { COUNT = 500 };
    struct object *objects = objects_new(COUNT);
    struct map map;
    map_init_ordered(&map, code_of, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        assert_ok(map_add(&map, &objects[i]));
    }
    for (size_t i = 0; i < COUNT; i++) {
        struct object *object = &objects[shuffled(i, COUNT)];
        assert_ptr_equal(map_remove(&map, code_of(object)), object);
        assert_int_equal(map.len, COUNT - i - 1);
        assert_ordered(&map);
    }
    assert_ok(map_add(&map, &objects[7]));
    assert_ptr_equal(map_at(&map, 0), &objects[7]);
    map_done(&map);
    free(objects);
}

static struct outcome fill_ordered(void *context)
{
    struct object *objects = context;
    struct map map;
    struct outcome outcome = OUTCOME_OK;
    map_init_ordered(&map, code_of, 100);
    for (size_t i = 0; i < 100 && outcome_ok(outcome); i++) {
        outcome = map_add(&map, &objects[i]);
        assert_int_equal(map.len, outcome_ok(outcome) ? i + 1 : i);
        assert_ordered(&map);
    }
    map_done(&map);
    return outcome;
}

static void an_ordered_map_that_finds_no_memory_stays_as_it_was(void **state)
{
    (void)state;
    struct object *objects = objects_new(100);
    assert_true(each_allocation_fails(fill_ordered, objects) >= 4);
    free(objects);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_object_is_found_by_its_key_and_no_other),
        cmocka_unit_test(a_walk_meets_every_object_once),
        cmocka_unit_test(a_key_that_is_there_is_a_conflict),
        cmocka_unit_test(an_empty_key_is_a_key),
        cmocka_unit_test(over_the_ceiling_is_a_refusal),
        cmocka_unit_test(a_map_starved_at_any_growth_keeps_what_it_held),
        cmocka_unit_test(after_any_removal_the_others_are_found_and_the_removed_is_not),
        cmocka_unit_test(done_accepts_null_zeroed_and_twice),
        cmocka_unit_test(a_map_that_owns_frees_its_objects_and_itself),
        cmocka_unit_test(misuse_of_a_map_aborts),
        cmocka_unit_test(an_ordered_map_is_walked_in_the_order_of_its_keys_from_any_key_on),
        cmocka_unit_test(what_is_taken_out_of_an_ordered_map_leaves_the_order_of_the_rest),
        cmocka_unit_test(an_ordered_map_that_finds_no_memory_stays_as_it_was),
    };
    return cmocka_run_group_tests_name("base/map", tests, NULL, NULL);
}
