/*
 * What an edge asks of a statement comes back as it was, and nothing else is taken for it.
 */
#include "../help.h"

#include "proc/stating.h"

static void an_ask_comes_back_as_it_was_and_no_shorter_longer_or_other_one(void **state)
{
    struct statement_ask ask = {
        .tag = 7, .spki = {1, 2, 3}, .next = {.token = {9, 8}, .below = 0x512c0000000123}};
    struct statement_ask got = {0};
    struct frame frame = {0};
    size_t bytes = 0;
    BUF_AUTO buf;
    (void)state;
    buf_init(&buf, 1024);
    stating_put_ask(&buf, &ask);
    assert_ok(frame_peek(buf_view(&buf), &frame, &bytes));
    assert_int_equal(bytes, buf.len);
    assert_ok(stating_get_ask(&frame, &got));
    assert_int_equal(got.tag, 7);
    assert_memory_equal(got.spki, ask.spki, sizeof(got.spki));
    assert_memory_equal(got.next.token, ask.next.token, sizeof(got.next.token));
    assert_int_equal(got.next.below, ask.next.below);
    struct view all = frame.payload;
    for (size_t len = 0; len < all.len; len++) {
        frame.payload = view_part(all, 0, len);
        assert_fault(stating_get_ask(&frame, &got), FAULT_BAD_INPUT);
    }
    frame.payload = view_of(all.data - 1, all.len + 1);
    assert_fault(stating_get_ask(&frame, &got), FAULT_BAD_INPUT);
    frame.payload = all;
    frame.count = 2;
    assert_fault(stating_get_ask(&frame, &got), FAULT_BAD_INPUT);
    frame.count = 1;
    frame.kind = FRAME_GRANTS;
    assert_fault(stating_get_ask(&frame, &got), FAULT_BAD_INPUT);
}

static void a_part_from_nowhere_on_is_none(void **state)
{
    const struct statement_ask ask = {.tag = 7};
    struct statement_ask got = {0};
    struct frame frame = {0};
    size_t bytes = 0;
    BUF_AUTO buf;
    (void)state;
    buf_init(&buf, 1024);
    stating_put_ask(&buf, &ask);
    assert_ok(frame_peek(buf_view(&buf), &frame, &bytes));
    assert_fault(stating_get_ask(&frame, &got), FAULT_BAD_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ask_comes_back_as_it_was_and_no_shorter_longer_or_other_one),
        cmocka_unit_test(a_part_from_nowhere_on_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
