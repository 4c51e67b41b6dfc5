/*
 * The table that grows without being copied.
 */
#include "help.h"

#include "gate/tags.h"

struct thing {
    struct tag_slot slot;
    uint32_t number;
};

static void tag_of(uint32_t number, uint8_t ret_tag[SEAL_BLIND_BYTES])
{
    uint8_t hash[SEAL_HASH_BYTES];
    seal_sha256(view_of(&number, sizeof(number)), hash);
    memcpy(ret_tag, hash, SEAL_BLIND_BYTES);
}

static uint32_t add(struct tags *tags, uint32_t number)
{
    uint8_t tag[SEAL_BLIND_BYTES];
    tag_of(number, tag);
    assert_ok(tags_reserve(tags, 1));
    uint32_t at = tags_add(tags, tag);
    struct thing *thing = tags_at(tags, at);
    assert_int_equal(thing->number, 0);
    thing->number = number;
    return at;
}

static uint32_t find(const struct tags *tags, uint32_t number)
{
    uint8_t tag[SEAL_BLIND_BYTES];
    tag_of(number, tag);
    return tags_find(tags, tag);
}

static void what_is_added_is_found_however_far_the_table_has_grown(void **state)
{
    (void)state;
    struct tags tags;
    tags_init(&tags, sizeof(struct thing), 20000);
    assert_int_equal(find(&tags, 1), TAGS_NONE);
    for (uint32_t i = 1; i <= 20000; i++) {
        add(&tags, i);
        assert_int_not_equal(find(&tags, i), TAGS_NONE);
        assert_int_equal(find(&tags, i + 1), TAGS_NONE);
    }
    for (uint32_t i = 1; i <= 20000; i++) {
        const struct thing *thing = tags_at(&tags, find(&tags, i));
        assert_int_equal(thing->number, i);
    }
    assert_fault(tags_reserve(&tags, 1), FAULT_OVER_LIMIT);
    tags_done(&tags);
}

static void slots_stay_where_they_are_while_the_table_grows(void **state)
{
    (void)state;
    struct tags tags;
    tags_init(&tags, sizeof(struct thing), 20000);
    uint32_t first = add(&tags, 1);
    const void *place = tags_at(&tags, first);
    for (uint32_t i = 2; i < 15000; i++) {
        add(&tags, i);
    }
    assert_ptr_equal(tags_at(&tags, first), place);
    assert_int_equal(find(&tags, 1), first);
    tags_done(&tags);
}

static void what_is_hidden_is_not_found_and_its_slot_serves_again(void **state)
{
    (void)state;
    struct tags tags;
    tags_init(&tags, sizeof(struct thing), 500);
    for (uint32_t i = 1; i <= 500; i++) {
        add(&tags, i);
    }
    for (uint32_t round = 1; round < 20; round++) {
        for (uint32_t i = 1; i <= 500; i += round) {
            uint32_t at = find(&tags, i);
            tags_hide(&tags, at);
            assert_int_equal(find(&tags, i), TAGS_NONE);
            assert_int_equal(((struct thing *)tags_at(&tags, at))->number, i);
            tags_free(&tags, at);
            add(&tags, i);
        }
        assert_int_equal(tags.len, 500);
        assert_int_equal(tags.slot_count, 500);
    }
    for (uint32_t i = 1; i <= 500; i++) {
        assert_int_not_equal(find(&tags, i), TAGS_NONE);
    }
    tags_done(&tags);
}

static void buckets_stay_short(void **state)
{
    (void)state;
    struct tags tags;
    unsigned longest = 0;
    tags_init(&tags, sizeof(struct thing), 10000);
    for (uint32_t i = 1; i <= 10000; i++) {
        add(&tags, i);
    }
    for (uint32_t i = 0; i < tags.bucket_count; i++) {
        unsigned len = 0;
        uint32_t at = tags.buckets[i / TAGS_CHUNK_BUCKETS][i % TAGS_CHUNK_BUCKETS];
        for (; at != TAGS_NONE; at = ((struct tag_slot *)tags_at(&tags, at))->next) {
            len++;
        }
        longest = len > longest ? len : longest;
    }
    assert_int_equal(tags.bucket_count, 10000);
    assert_true(longest <= 12);
    tags_done(&tags);
}

static struct outcome fill(void *context)
{
    struct tags *tags = context;
    tags_done(tags);
    for (uint32_t i = 1; i < 10000; i += 100) {
        TRY(tags_reserve(tags, 100));
        for (uint32_t j = 0; j < 100; j++) {
            add(tags, i + j);
        }
    }
    return OUTCOME_OK;
}

static void want_of_memory_is_told_before_anything_is_added(void **state)
{
    (void)state;
    struct tags tags;
    tags_init(&tags, sizeof(struct thing), 20000);
    assert_ok(tags_reserve(&tags, 0));
    for (uint64_t nth = 1; nth <= 2; nth++) {
        memory_fail_at(nth);
        assert_fault(tags_reserve(&tags, 1), FAULT_NO_MEMORY);
        memory_fail_at(0);
    }
    assert_int_equal(tags.len, 0);
    assert_ok(fill(&tags));
    tags_done(&tags);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_added_is_found_however_far_the_table_has_grown),
        cmocka_unit_test(slots_stay_where_they_are_while_the_table_grows),
        cmocka_unit_test(what_is_hidden_is_not_found_and_its_slot_serves_again),
        cmocka_unit_test(buckets_stay_short),
        cmocka_unit_test(want_of_memory_is_told_before_anything_is_added),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
