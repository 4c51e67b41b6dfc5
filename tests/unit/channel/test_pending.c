/*
 * The table of asks that the core has not answered.
 */
#include "../help.h"

#include "channel/link/pending.h"

static struct http_exchange *exchange_number(uintptr_t number)
{
    return (struct http_exchange *)(number << 4); /* never followed */
}

static void an_answer_finds_its_exchange_once(void **state)
{
    struct pending pending;
    struct http_exchange *exchange = NULL;
    uint64_t tags[3];

    (void)state;
    assert_ok(pending_init(&pending, 3));
    for (unsigned i = 0; i < 3; i++) {
        assert_ok(pending_add(&pending, exchange_number(i + 1), (uint16_t)i, &tags[i]));
    }
    for (unsigned i = 3; i > 0; i--) {
        assert_ok(pending_take(&pending, tags[i - 1], &exchange));
        assert_ptr_equal(exchange, exchange_number(i));
        assert_fault(pending_take(&pending, tags[i - 1], &exchange), FAULT_NOT_FOUND);
    }
    pending_done(&pending);
}

static void a_full_table_refuses_and_has_room_again(void **state)
{
    struct pending pending;
    struct http_exchange *exchange = NULL;
    uint64_t tag = 0;
    uint64_t other = 0;

    (void)state;
    assert_ok(pending_init(&pending, 2));
    assert_ok(pending_add(&pending, exchange_number(1), 1, &tag));
    assert_ok(pending_add(&pending, exchange_number(2), 2, &other));
    assert_fault(pending_add(&pending, exchange_number(3), 3, &other), FAULT_OVER_LIMIT);
    assert_ok(pending_take(&pending, tag, &exchange));
    assert_ok(pending_add(&pending, exchange_number(3), 3, &other));
    assert_true(pending_place_of(other) == pending_place_of(tag) && other != tag);
    assert_fault(pending_take(&pending, tag, &exchange), FAULT_NOT_FOUND); /* a late answer */
    pending_done(&pending);
}

static void the_place_of_a_client_that_left_stays_taken(void **state)
{
    struct pending pending;
    struct http_exchange *exchange = exchange_number(9);
    uint64_t tag = 0;

    (void)state;
    assert_ok(pending_init(&pending, 1));
    assert_ok(pending_add(&pending, exchange_number(1), 1, &tag));
    pending_forget(&pending, pending_place_of(tag));
    uint64_t other = 0;
    assert_fault(pending_add(&pending, exchange_number(2), 2, &other), FAULT_OVER_LIMIT);
    assert_ok(pending_take(&pending, tag, &exchange));
    assert_null(exchange);
    pending_done(&pending);
}

static void tags_that_were_never_given_are_unknown(void **state)
{
    static const uint64_t never[] = {0, 1, UINT64_C(1) << 32, UINT64_MAX, 3, UINT64_C(5) << 32 | 1};
    struct pending pending;
    struct http_exchange *exchange = NULL;

    (void)state;
    assert_ok(pending_init(&pending, 2));
    for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
        assert_fault(pending_take(&pending, never[i], &exchange), FAULT_NOT_FOUND);
    }
    pending_done(&pending);
}

static void count_exchange(void *context, struct http_exchange *exchange)
{
    assert_non_null(exchange);
    ++*(unsigned *)context;
}

static void a_lost_pipe_empties_the_table(void **state)
{
    struct pending pending;
    uint64_t tag = 0;
    unsigned told = 0;

    (void)state;
    assert_ok(pending_init(&pending, 8));
    for (unsigned i = 0; i < 8; i++) {
        assert_ok(pending_add(&pending, exchange_number(i + 1), (uint16_t)i, &tag));
    }
    pending_forget(&pending, 3);
    pending_take_all(&pending, &told, count_exchange);
    assert_int_equal(told, 7);
    for (unsigned i = 0; i < 8; i++) {
        assert_ok(pending_add(&pending, exchange_number(i + 1), (uint16_t)i, &tag));
    }
    pending_done(&pending);
}

static void one_account_leaves_places_for_every_other_one(void **state)
{
    struct pending pending;
    struct http_exchange *exchange = NULL;
    uint64_t tags[100];
    uint64_t tag = 0;
    unsigned own = 0;

    (void)state;
    assert_ok(pending_init(&pending, 100));
    while (outcome_ok(pending_add(&pending, exchange_number(1), 7, &tags[own]))) {
        own++;
    }
    assert_int_equal(own, 20); /* 4 * 20 places are free */
    for (uint16_t other = 100; other < 180; other++) {
        assert_fault(pending_add(&pending, exchange_number(2), 7, &tag), FAULT_OVER_LIMIT);
        assert_ok(pending_add(&pending, exchange_number(3), other, &tag));
    }
    assert_fault(pending_add(&pending, exchange_number(3), 200, &tag), FAULT_OVER_LIMIT);
    for (unsigned i = 0; i < own; i++) { /* answered: it may ask again, as far as there is room */
        assert_ok(pending_take(&pending, tags[i], &exchange));
    }
    for (unsigned i = 0; i < 4; i++) {
        assert_ok(pending_add(&pending, exchange_number(1), 7, &tag));
    }
    assert_fault(pending_add(&pending, exchange_number(1), 7, &tag), FAULT_OVER_LIMIT);
    pending_done(&pending);
}

static void owners_are_told_apart_by_their_keys(void **state)
{
    uint8_t one[32] = {1, 2};
    uint8_t other[32] = {1, 3};

    (void)state;
    assert_int_equal(pending_owner_of(one), pending_owner_of(one));
    assert_int_not_equal(pending_owner_of(one), pending_owner_of(other));
    memset(one, 0xff, sizeof(one));
    assert_true(pending_owner_of(one) < EDGE_OWNERS);
}

static struct outcome make(void *context)
{
    struct pending pending;

    (void)context;
    TRY(pending_init(&pending, 4));
    pending_done(&pending);
    return OUTCOME_OK;
}

static void want_of_memory_is_told(void **state)
{
    (void)state;
    assert_int_equal(each_allocation_fails(make, NULL), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_finds_its_exchange_once),
        cmocka_unit_test(a_full_table_refuses_and_has_room_again),
        cmocka_unit_test(the_place_of_a_client_that_left_stays_taken),
        cmocka_unit_test(tags_that_were_never_given_are_unknown),
        cmocka_unit_test(a_lost_pipe_empties_the_table),
        cmocka_unit_test(one_account_leaves_places_for_every_other_one),
        cmocka_unit_test(owners_are_told_apart_by_their_keys),
        cmocka_unit_test(want_of_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
