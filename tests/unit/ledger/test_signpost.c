/*
 * Signposts: where a record is looked for, whatever posts there are.
 */
#include "help.h"

#include "ledger/private.h"

#define RECORDS 6000u
#define SEGMENT_RECORDS 1000u

/* Record `number` of the log: ten entries, at a place of its segment. */
static struct signpost post_of(unsigned number, unsigned bytes)
{
    return (struct signpost){.first_index = 10u * number,
                             .segment = 1 + number / SEGMENT_RECORDS,
                             .offset = SECTOR_BYTES + (uint64_t)(number % SEGMENT_RECORDS) * bytes};
}

static void check(const struct signposts *signposts, unsigned number, unsigned bytes)
{
    struct signpost post = post_of(number, bytes);
    uint64_t first = (post.segment - 1) * 10u * SEGMENT_RECORDS;
    struct stretch stretch = {SECTOR_BYTES, SECTOR_BYTES + (uint64_t)SEGMENT_RECORDS * bytes, first,
                              first + 10u * SEGMENT_RECORDS};
    signposts_narrow(signposts, post.segment, post.first_index + 9, &stretch);
    assert_true(stretch.from <= post.offset && post.offset < stretch.until);
    assert_true(stretch.first <= post.first_index && post.first_index < stretch.end);
}

static void every_record_lies_between_its_posts_in_whatever_order_they_were_met(void **state)
{
    static const unsigned sizes[] = {4096, 100 * 1024, 700 * 1024};
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct signposts signposts;
        assert_ok(signposts_init(&signposts));
        check(&signposts, 17, sizes[i]); /* there is none */
        for (unsigned j = 0; j < RECORDS; j++) {
            struct signpost post = post_of(j * 7 % RECORDS, sizes[i]); /* 7 meets them all */
            signposts_add(&signposts, &post);
        }
        for (unsigned j = 0; j < RECORDS; j++) {
            check(&signposts, j, sizes[i]);
        }
        for (size_t j = 1; j < signposts.count; j++) {
            const struct signpost *a = &signposts.posts[j - 1];
            const struct signpost *b = &signposts.posts[j];
            assert_true(a->first_index < b->first_index);
            assert_true(a->segment < b->segment || b->offset - a->offset >= SIGNPOST_BYTES);
        }
        assert_true(signposts.count <= RECORDS);
        signposts_done(&signposts);
    }
}

static void records_written_in_order_have_a_post_at_every_stretch(void **state)
{
    struct signposts signposts;
    (void)state;
    assert_ok(signposts_init(&signposts));
    for (unsigned j = 0; j < RECORDS; j++) {
        struct signpost post = post_of(j, 4096);
        signposts_add(&signposts, &post);
    }
    for (unsigned j = 0; j < SEGMENT_RECORDS - 100; j++) {
        struct signpost post = post_of(j, 4096);
        struct stretch stretch = {SECTOR_BYTES, UINT64_MAX, 0, UINT64_MAX};
        signposts_narrow(&signposts, post.segment, post.first_index, &stretch);
        assert_true(stretch.until - stretch.from <= SIGNPOST_BYTES);
    }
    signposts_done(&signposts);
}

static void a_post_behind_the_end_of_what_is_there_is_not_followed(void **state)
{
    struct signposts signposts;
    (void)state;
    assert_ok(signposts_init(&signposts));
    struct signpost post = post_of(500, 4096);
    signposts_add(&signposts, &post);
    struct stretch stretch = {SECTOR_BYTES, post.offset, 0, 10u * SEGMENT_RECORDS};
    signposts_narrow(&signposts, post.segment, post.first_index + 3, &stretch);
    assert_true(stretch.from == SECTOR_BYTES && stretch.first == 0);
    stretch.until++;
    signposts_narrow(&signposts, post.segment, post.first_index + 3, &stretch);
    assert_true(stretch.from == post.offset && stretch.first == post.first_index);
    signposts_done(&signposts);
}

static void posts_have_a_ceiling_behind_which_nothing_changes(void **state)
{
    struct signposts signposts;
    (void)state;
    assert_ok(signposts_init(&signposts));
    for (uint64_t j = 0; j < SIGNPOSTS_MAX + 100; j++) {
        struct signpost post = {j, 1 + j, SECTOR_BYTES};
        signposts_add(&signposts, &post);
    }
    assert_int_equal(signposts.count, SIGNPOSTS_MAX);
    struct stretch stretch = {SECTOR_BYTES, 1u << 20, SIGNPOSTS_MAX + 49, SIGNPOSTS_MAX + 50};
    signposts_narrow(&signposts, SIGNPOSTS_MAX + 50, SIGNPOSTS_MAX + 49, &stretch);
    assert_true(stretch.from == SECTOR_BYTES && stretch.until == 1u << 20);
    signposts_done(&signposts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_record_lies_between_its_posts_in_whatever_order_they_were_met),
        cmocka_unit_test(records_written_in_order_have_a_post_at_every_stretch),
        cmocka_unit_test(a_post_behind_the_end_of_what_is_there_is_not_followed),
        cmocka_unit_test(posts_have_a_ceiling_behind_which_nothing_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
