/*
 * Guesses: what is remembered, for how long, and what happens when there is no more room.
 */
#include "help.h"

#include "gate/guesses.h"

#include <stdlib.h>

#define NOW UINT32_C(1795000000)

static void tag_of(uint32_t number, uint8_t ret_tag[SEAL_BLIND_BYTES])
{
    /* Spread over the table as a keyed hash would be. */
    uint64_t spread = (number + UINT64_C(1)) * UINT64_C(0x9e3779b97f4a7c15);
    memset(ret_tag, 0, SEAL_BLIND_BYTES);
    memcpy(ret_tag, &spread, sizeof(spread));
    memcpy(ret_tag + sizeof(spread), &number, sizeof(number));
}

static void add(struct guesses *guesses, uint32_t number, uint32_t at_s)
{
    uint8_t tag[SEAL_BLIND_BYTES];
    tag_of(number, tag);
    assert_ok(guesses_add(guesses, tag, at_s));
}

static unsigned count(const struct guesses *guesses, uint32_t number, uint32_t now_s)
{
    uint8_t tag[SEAL_BLIND_BYTES];
    uint32_t until_s = 0;
    tag_of(number, tag);
    return guesses_count(guesses, tag, now_s, &until_s);
}

static void an_empty_table_knows_no_misses(void **state)
{
    (void)state;
    struct guesses guesses;
    uint8_t tag[SEAL_BLIND_BYTES];
    uint32_t until_s = 0;
    guesses_init(&guesses);
    tag_of(1, tag);
    assert_int_equal(guesses_count(&guesses, tag, NOW, &until_s), 0);
    assert_int_equal(until_s, NOW);
    guesses_take_back(&guesses, tag);
    guesses_done(&guesses);
    guesses_done(NULL);
}

static void misses_are_counted_up_to_the_ceiling(void **state)
{
    (void)state;
    struct guesses guesses;
    guesses_init(&guesses);
    for (unsigned i = 0; i < GUESSES_PER_DAY_MAX + 2; i++) {
        unsigned want = i < GUESSES_PER_DAY_MAX ? i : GUESSES_PER_DAY_MAX;
        assert_int_equal(count(&guesses, 1, NOW), want);
        add(&guesses, 1, NOW);
    }
    assert_int_equal(count(&guesses, 2, NOW), 0);
    guesses_done(&guesses);
}

static void a_miss_is_forgotten_after_24_hours_and_not_before(void **state)
{
    (void)state;
    struct guesses guesses;
    guesses_init(&guesses);
    add(&guesses, 1, NOW);
    add(&guesses, 1, NOW + 100);
    assert_int_equal(count(&guesses, 1, NOW + GUESS_SPAN_S - 1), 2);
    assert_int_equal(count(&guesses, 1, NOW + GUESS_SPAN_S), 1);
    assert_int_equal(count(&guesses, 1, NOW + GUESS_SPAN_S + 99), 1);
    assert_int_equal(count(&guesses, 1, NOW + GUESS_SPAN_S + 100), 0);
    guesses_done(&guesses);
}

static void the_wait_ends_when_the_oldest_counted_miss_is_forgotten(void **state)
{
    (void)state;
    struct guesses guesses;
    uint8_t tag[SEAL_BLIND_BYTES];
    uint32_t until_s = 0;
    guesses_init(&guesses);
    tag_of(1, tag);
    for (uint32_t i = 0; i < GUESSES_PER_DAY_MAX; i++) {
        add(&guesses, 1, NOW + 10 * i);
    }
    assert_int_equal(guesses_count(&guesses, tag, NOW + 50, &until_s), GUESSES_PER_DAY_MAX);
    assert_int_equal(until_s, NOW + GUESS_SPAN_S);
    assert_int_equal(guesses_count(&guesses, tag, until_s, &until_s), GUESSES_PER_DAY_MAX - 1);
    guesses_done(&guesses);
}

static void a_miss_taken_back_is_the_newest_one(void **state)
{
    (void)state;
    struct guesses guesses;
    uint8_t tag[SEAL_BLIND_BYTES];
    guesses_init(&guesses);
    tag_of(1, tag);
    add(&guesses, 1, NOW);
    add(&guesses, 1, NOW + 100);
    guesses_take_back(&guesses, tag);
    assert_int_equal(count(&guesses, 1, NOW + 100), 1);
    assert_int_equal(count(&guesses, 1, NOW + GUESS_SPAN_S), 0);
    guesses_take_back(&guesses, tag);
    assert_int_equal(count(&guesses, 1, NOW + 100), 0);
    add(&guesses, 1, NOW + 200);
    assert_int_equal(count(&guesses, 1, NOW + 200), 1);
    guesses_done(&guesses);
}

static void taking_back_one_key_does_not_hide_another(void **state)
{
    (void)state;
    struct guesses guesses;
    uint8_t same_place[3][SEAL_BLIND_BYTES] = {{7}, {7}, {7}};
    uint32_t until_s = 0;
    guesses_init(&guesses);
    for (uint8_t i = 0; i < 3; i++) {
        same_place[i][15] = i;
        assert_ok(guesses_add(&guesses, same_place[i], NOW));
    }
    guesses_take_back(&guesses, same_place[0]);
    assert_int_equal(guesses_count(&guesses, same_place[0], NOW, &until_s), 0);
    assert_int_equal(guesses_count(&guesses, same_place[1], NOW, &until_s), 1);
    assert_int_equal(guesses_count(&guesses, same_place[2], NOW, &until_s), 1);
    guesses_done(&guesses);
}

static void a_growing_table_keeps_what_is_fresh_and_drops_what_is_not(void **state)
{
    (void)state;
    struct guesses guesses;
    guesses_init(&guesses);
    for (uint32_t i = 0; i < 1000; i++) {
        add(&guesses, i, NOW);
    }
    for (uint32_t i = 1000; i < 3000; i++) {
        add(&guesses, i, NOW + GUESS_SPAN_S);
    }
    assert_true(guesses.tags.len < 3000);
    for (uint32_t i = 0; i < 3000; i++) {
        assert_int_equal(count(&guesses, i, NOW + GUESS_SPAN_S), i < 1000 ? 0 : 1);
    }
    guesses_done(&guesses);
}

static void a_full_table_takes_no_new_key_until_misses_are_forgotten(void **state)
{
    (void)state;
    struct guesses guesses;
    uint8_t tag[SEAL_BLIND_BYTES];
    uint32_t number = 0;
    guesses_init(&guesses);
    while (guesses_room(&guesses, NOW)) {
        assert_true(number <= GUESS_KEYS_MAX);
        add(&guesses, number, NOW);
        number++;
    }
    assert_int_equal(number, GUESS_KEYS_MAX);
    tag_of(number, tag);
    assert_fault(guesses_add(&guesses, tag, NOW), FAULT_OVER_LIMIT);
    assert_int_equal(count(&guesses, number, NOW), 0);
    assert_false(guesses_room(&guesses, NOW + GUESS_SPAN_S - 1));
    assert_true(guesses_room(&guesses, NOW + GUESS_SPAN_S));
    add(&guesses, number, NOW + GUESS_SPAN_S);
    assert_int_equal(count(&guesses, number, NOW + GUESS_SPAN_S), 1);
    assert_int_equal(guesses.tags.slot_count, GUESS_KEYS_MAX);
    guesses_done(&guesses);
}

static struct outcome add_thousands(void *context)
{
    struct guesses *guesses = context;
    struct outcome outcome = OUTCOME_OK;
    guesses_done(guesses);
    guesses_init(guesses);
    for (uint32_t i = 0; i < 3000 && outcome_ok(outcome); i++) {
        uint8_t tag[SEAL_BLIND_BYTES];
        tag_of(i, tag);
        outcome = guesses_add(guesses, tag, NOW);
        if (!outcome_ok(outcome)) {
            assert_int_equal(guesses->tags.len, i);
            assert_int_equal(i == 0 ? 0 : count(guesses, i - 1, NOW), i == 0 ? 0 : 1);
        }
    }
    return outcome;
}

static void want_of_memory_loses_no_miss(void **state)
{
    (void)state;
    struct guesses guesses;
    guesses_init(&guesses);
    assert_true(each_allocation_fails(add_thousands, &guesses) >= 2);
    guesses_done(&guesses);
    memory_fail_at(1);
    assert_false(guesses_room(&guesses, NOW));
    memory_fail_at(0);
    assert_true(guesses_room(&guesses, NOW));
    guesses_done(&guesses);
}

/* All of it at once. */
static void put_all(struct guesses *guesses, uint32_t now_s, struct buf *buf)
{
    bool last = false;
    assert_ok(guesses_save_begin(guesses, now_s));
    assert_ok(guesses_save_step(guesses, GUESS_KEYS_MAX, buf, &last));
    assert_true(last);
    guesses_save_end(guesses);
}

static void a_snapshot_gives_the_same_counts_without_what_is_forgotten(void **state)
{
    (void)state;
    struct guesses guesses;
    struct guesses again;
    BUF_AUTO bytes;
    guesses_init(&guesses);
    guesses_init(&again);
    buf_init(&bytes, 1 << 20);
    add(&guesses, 0, NOW - GUESS_SPAN_S);
    for (uint32_t i = 0; i < 9; i++) {
        add(&guesses, 1, NOW - 100 + 10 * i);
        add(&guesses, 100 + i, NOW);
    }
    put_all(&guesses, NOW, &bytes);
    struct cursor cursor = cursor_of(buf_view(&bytes));
    assert_ok(guesses_get(&again, &cursor));
    assert_ok(cursor_end(&cursor, "guesses"));
    assert_int_equal(again.tags.len, 10);
    for (uint32_t at_s = NOW; at_s < NOW + GUESS_SPAN_S; at_s += 7) {
        for (uint32_t i = 0; i < 110; i += i == 1 ? 99 : 1) {
            assert_int_equal(count(&again, i, at_s), count(&guesses, i, at_s));
        }
        at_s = at_s == NOW ? NOW + GUESS_SPAN_S - 150 : at_s;
    }
    guesses_done(&guesses);
    guesses_done(&again);
}

static void a_damaged_snapshot_is_refused(void **state)
{
    (void)state;
    struct guesses guesses;
    BUF_AUTO bytes;
    guesses_init(&guesses);
    buf_init(&bytes, 1 << 20);
    add(&guesses, 1, NOW);
    add(&guesses, 2, NOW);
    put_all(&guesses, NOW, &bytes);
    for (size_t len = 0; len < bytes.len; len++) {
        struct guesses again;
        guesses_init(&again);
        struct cursor cut = cursor_of(view_of(bytes.data, len));
        assert_fault(guesses_get(&again, &cut), FAULT_CORRUPT);
        guesses_done(&again);
    }
    bytes.data[bytes.len - 1] = 7; /* no row and no end */
    struct cursor other = cursor_of(buf_view(&bytes));
    assert_fault(guesses_get(&guesses, &other), FAULT_CORRUPT);
    guesses_done(&guesses);
}

#define ROW (1 + SEAL_BLIND_BYTES + 4 * GUESSES_PER_DAY_MAX)

static int compare_rows(const void *a, const void *b)
{
    return memcmp(a, b, ROW);
}

static uint32_t dice(uint32_t *state, uint32_t below)
{
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 8) % below;
}

/* Misses added, taken back, grown stale and swept between steps of a few slots, against the whole
 * copied at once when it was begun: the same rows, each once. */
static void a_copy_in_steps_has_what_stood_there_when_it_was_begun(void **state)
{
    uint32_t seed = 20;
    (void)state;
    for (unsigned round = 0; round < 60; round++) {
        struct guesses guesses;
        BUF_AUTO whole;
        BUF_AUTO steps;
        uint32_t now_s = NOW;
        bool last = false;
        guesses_init(&guesses);
        buf_init(&whole, 1 << 20);
        buf_init(&steps, 1 << 20);
        for (unsigned i = 0; i < 400; i++) {
            now_s += dice(&seed, 300);
            add(&guesses, dice(&seed, 150), now_s);
        }
        put_all(&guesses, now_s, &whole);
        assert_ok(guesses_save_begin(&guesses, now_s));
        while (!last) {
            for (unsigned i = dice(&seed, 6); i > 0; i--) {
                uint8_t tag[SEAL_BLIND_BYTES];
                uint32_t number = dice(&seed, 220);
                now_s += dice(&seed, 2000);
                if (dice(&seed, 3) > 0) {
                    add(&guesses, number, now_s);
                } else {
                    tag_of(number, tag);
                    guesses_take_back(&guesses, tag);
                }
            }
            assert_ok(guesses_save_step(&guesses, 1 + dice(&seed, 5), &steps, &last));
        }
        assert_int_equal(steps.len, whole.len);
        assert_true(whole.len > ROW);
        qsort(whole.data, whole.len / ROW, ROW, compare_rows);
        qsort(steps.data, steps.len / ROW, ROW, compare_rows);
        assert_memory_equal(steps.data, whole.data, whole.len);
        guesses_done(&guesses);
    }
}

static void add_at_time_zero(void *context)
{
    uint8_t tag[SEAL_BLIND_BYTES] = {0};
    outcome_ignore(guesses_add(context, tag, 0));
}

static void a_miss_at_time_zero_is_our_own_mistake(void **state)
{
    (void)state;
    struct guesses guesses;
    guesses_init(&guesses);
    assert_true(aborts(add_at_time_zero, &guesses));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_table_knows_no_misses),
        cmocka_unit_test(misses_are_counted_up_to_the_ceiling),
        cmocka_unit_test(a_miss_is_forgotten_after_24_hours_and_not_before),
        cmocka_unit_test(the_wait_ends_when_the_oldest_counted_miss_is_forgotten),
        cmocka_unit_test(a_miss_taken_back_is_the_newest_one),
        cmocka_unit_test(taking_back_one_key_does_not_hide_another),
        cmocka_unit_test(a_growing_table_keeps_what_is_fresh_and_drops_what_is_not),
        cmocka_unit_test(a_full_table_takes_no_new_key_until_misses_are_forgotten),
        cmocka_unit_test(want_of_memory_loses_no_miss),
        cmocka_unit_test(a_snapshot_gives_the_same_counts_without_what_is_forgotten),
        cmocka_unit_test(a_damaged_snapshot_is_refused),
        cmocka_unit_test(a_copy_in_steps_has_what_stood_there_when_it_was_begun),
        cmocka_unit_test(a_miss_at_time_zero_is_our_own_mistake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
