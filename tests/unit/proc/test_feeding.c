/*
 * Sets of changes between processes: what is put comes back as it was, and nothing shorter, longer
 * or out of its ceilings is taken for it.
 */
#include "../help.h"

#include "proc/feeding.h"

static struct feeding_changed changed; /* large */
static struct feeding_changed got;

static struct frame whole(const struct buf *buf)
{
    struct frame frame = {0};
    size_t bytes = 0;
    assert_ok(buf_check(buf));
    assert_ok(frame_peek(buf_view(buf), &frame, &bytes));
    assert_int_equal(bytes, buf->len);
    return frame;
}

static struct outcome get_asked(const struct frame *frame)
{
    struct signed_asked asked;
    return feeding_get_asked(frame, &asked);
}

static struct outcome get_stamped(const struct frame *frame)
{
    struct feeding_stamped stamped;
    return feeding_get_stamped(frame, &stamped);
}

static struct outcome get_order(const struct frame *frame)
{
    struct feeding_order order;
    return feeding_get_order(frame, &order);
}

static struct outcome get_changed(const struct frame *frame)
{
    return feeding_get_changed(frame, &got);
}

/* Taken as it is, and in no other length, count or kind. */
static void assert_exact(const struct buf *buf, struct outcome (*get)(const struct frame *frame))
{
    struct frame frame = whole(buf);
    struct view all = frame.payload;
    assert_ok(get(&frame));
    for (size_t len = 0; len < all.len; len++) {
        frame.payload = view_part(all, 0, len);
        assert_fault(get(&frame), FAULT_BAD_INPUT);
    }
    frame.payload = view_of(all.data - 1, all.len + 1);
    assert_fault(get(&frame), FAULT_BAD_INPUT);
    frame.payload = all;
    frame.count = 2;
    assert_fault(get(&frame), FAULT_BAD_INPUT);
    frame.count = 1;
    frame.kind = FRAME_SIGNED;
    assert_fault(get(&frame), FAULT_BAD_INPUT);
}

static void what_came_and_what_was_signed_are_taken_exactly(void **state)
{
    const struct signed_asked asked = {
        .tag = 7, .spki = VIEW_LITERAL("key"), .jws = VIEW_LITERAL("a.b.c")};
    struct feeding_stamped stamped = {
        .tag = 8, .source = VIEW_LITERAL("S-1"), .payload = VIEW_LITERAL("{}")};
    BUF_AUTO buf;
    (void)state;
    buf_init(&buf, 4096);
    feeding_put_asked(&buf, &asked);
    assert_exact(&buf, get_asked);
    buf_reset(&buf);
    feeding_put_stamped(&buf, &stamped);
    assert_exact(&buf, get_stamped);
    stamped.source = VIEW_LITERAL("no code");
    buf_reset(&buf);
    feeding_put_stamped(&buf, &stamped);
    struct frame frame = whole(&buf);
    assert_fault(get_stamped(&frame), FAULT_BAD_INPUT);
}

static void an_order_brings_the_law_along(void **state)
{
    struct feeding_order order = {.tag = 9,
                                  .source = VIEW_LITERAL("S-1"),
                                  .kind = SOURCE_CARD,
                                  .origin = VIEW_LITERAL("localhost/test"),
                                  .payload = VIEW_LITERAL("{}")};
    struct feeding_order read;
    BUF_AUTO buf;
    (void)state;
    buf_init(&buf, 4096);
    order.law.members[CHANGE_DIED] = 5;
    order.law.ranks[MEMBER_CMND][SOURCE_CARD] = 2;
    feeding_put_order(&buf, &order);
    assert_exact(&buf, get_order);
    struct frame frame = whole(&buf);
    assert_ok(feeding_get_order(&frame, &read));
    assert_memory_equal(&read.law, &order.law, sizeof(order.law));
    assert_int_equal(read.kind, SOURCE_CARD);
    order.kind = SOURCE_COUNT;
    buf_reset(&buf);
    feeding_put_order(&buf, &order);
    frame = whole(&buf);
    assert_fault(get_order(&frame), FAULT_BAD_INPUT);
}

static void an_answer_has_results_or_faults_and_only_words_that_are_known(void **state)
{
    BUF_AUTO buf;
    (void)state;
    buf_init(&buf, 65536);
    changed = (struct feeding_changed){
        .tag = 3, .code = SET_CODE_DONE, .number = 5, .expected = 6, .chunk = 7, .count = 2};
    changed.done[1] = (struct change_made){CHANGE_RESULT_OUTRANKED, MEMBER_BIT(MEMBER_CMND)};
    feeding_put_changed(&buf, &changed);
    assert_exact(&buf, get_changed);
    assert_int_equal(got.done[1].kept, MEMBER_BIT(MEMBER_CMND));
    changed.done[1].kept = MEMBER_BIT(MEMBER_COUNT);
    buf_reset(&buf);
    feeding_put_changed(&buf, &changed);
    struct frame frame = whole(&buf);
    assert_fault(get_changed(&frame), FAULT_BAD_INPUT);
    changed =
        (struct feeding_changed){.code = SET_CODE_BAD_INPUT, .fault_count = 40, .told_count = 1};
    changed.faults[0] =
        (struct feeding_fault){VIEW_LITERAL("/changes/0"), VIEW_LITERAL("wrong type")};
    buf_reset(&buf);
    feeding_put_changed(&buf, &changed);
    assert_exact(&buf, get_changed);
    assert_view(got.faults[0].pointer, "/changes/0");
    changed.code = SET_CODE_DONE; /* done, and no results */
    buf_reset(&buf);
    feeding_put_changed(&buf, &changed);
    frame = whole(&buf);
    assert_fault(get_changed(&frame), FAULT_BAD_INPUT);
    buf_reset(&buf);
    feeding_put_code(&buf, 11, SET_CODE_UNAVAILABLE);
    assert_exact(&buf, get_changed);
    assert_int_equal(got.tag, 11);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_came_and_what_was_signed_are_taken_exactly),
        cmocka_unit_test(an_order_brings_the_law_along),
        cmocka_unit_test(an_answer_has_results_or_faults_and_only_words_that_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
