/*
 * A hypothetical ask comes back from its frame as it was, and nothing else is taken for one.
 */
#include "../help.h"

#include "proc/explaining.h"

static struct frame whole(const struct buf *buf)
{
    struct frame frame = {0};
    size_t bytes = 0;
    assert_ok(buf_check(buf));
    assert_ok(frame_peek(buf_view(buf), &frame, &bytes));
    assert_int_equal(bytes, buf->len);
    return frame;
}

static struct explaining an_ask(unsigned count)
{
    struct explaining asked = {
        .tag = 7, .spki = {1, 2, 3}, .policy = VIEW_LITERAL("ab12"), .count = count};
    for (unsigned i = 0; i < count; i++) {
        asked.pairs[i] = (struct explaining_pair){VIEW_LITERAL("case"), VIEW_LITERAL("HS 1")};
    }
    return asked;
}

static void a_hypothetical_ask_comes_back_as_it_was_and_no_shorter_longer_or_other_one(void **state)
{
    static const unsigned counts[] = {0, 1, EXPLAIN_PAIRS_MAX};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct explaining asked = an_ask(counts[i]);
        struct explaining got = {0};
        BUF_AUTO buf;
        buf_init(&buf, 4096);
        explaining_put(&buf, &asked);
        struct frame frame = whole(&buf);
        assert_ok(explaining_get(&frame, &got));
        assert_int_equal(got.tag, 7);
        assert_memory_equal(got.spki, asked.spki, sizeof(got.spki));
        assert_view(got.policy, "ab12");
        assert_int_equal(got.count, counts[i]);
        assert_true(counts[i] == 0 || view_is(got.pairs[counts[i] - 1].value, "HS 1"));
        struct view all = frame.payload;
        for (size_t len = 0; len < all.len; len++) {
            frame.payload = view_part(all, 0, len);
            assert_fault(explaining_get(&frame, &got), FAULT_BAD_INPUT);
        }
        frame.payload = view_of(all.data - 1, all.len + 1);
        assert_fault(explaining_get(&frame, &got), FAULT_BAD_INPUT);
        frame.payload = all;
        frame.count = 2;
        assert_fault(explaining_get(&frame, &got), FAULT_BAD_INPUT);
    }
}

static void one_of_too_many_values_or_a_hash_too_long_is_refused(void **state)
{
    char letters[ASK_CODE_BYTES_MAX + 1];
    struct explaining asked = an_ask(EXPLAIN_PAIRS_MAX);
    struct explaining got = {0};
    BUF_AUTO buf;
    (void)state;
    buf_init(&buf, 4096);
    explaining_put(&buf, &asked);
    struct frame frame = whole(&buf);
    uint8_t *count = buf.data + (frame.payload.data - buf.data) + 8 + 32 + 2 + 4;
    assert_int_equal(*count, EXPLAIN_PAIRS_MAX);
    *count = EXPLAIN_PAIRS_MAX + 1;
    assert_fault(explaining_get(&frame, &got), FAULT_BAD_INPUT);
    memset(letters, 'a', sizeof(letters));
    asked = an_ask(1);
    asked.policy = view_of(letters, sizeof(letters));
    buf_reset(&buf);
    explaining_put(&buf, &asked);
    frame = whole(&buf);
    assert_fault(explaining_get(&frame, &got), FAULT_BAD_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_hypothetical_ask_comes_back_as_it_was_and_no_shorter_longer_or_other_one),
        cmocka_unit_test(one_of_too_many_values_or_a_hash_too_long_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
