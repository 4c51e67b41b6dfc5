/* Views and bufs: comparison, ceilings, growth, the nth allocation failing. */
#include "help.h"

#include "base/bytes.h"

static void a_view_of_no_text_is_empty(void **state)
{
    (void)state;
    assert_int_equal(view_text(NULL).len, 0);
    assert_int_equal(view_text("").len, 0);
    assert_true(view_equal(view_text(NULL), view_text("")));
    assert_true(view_is(view_text(NULL), ""));
}

static void views_are_equal_only_byte_by_byte(void **state)
{
    (void)state;
    assert_true(view_equal(VIEW_LITERAL("ab"), view_text("ab")));
    assert_false(view_equal(VIEW_LITERAL("ab"), VIEW_LITERAL("ac")));
    assert_false(view_equal(VIEW_LITERAL("ab"), VIEW_LITERAL("abc")));
    assert_true(view_equal(VIEW_LITERAL("a\0b"), VIEW_LITERAL("a\0b")));
    assert_false(view_equal(VIEW_LITERAL("a\0b"), VIEW_LITERAL("a\0c")));
}

static void views_sort_in_byte_order_with_a_prefix_first(void **state)
{
    (void)state;
    assert_true(view_compare(VIEW_LITERAL("a"), VIEW_LITERAL("b")) < 0);
    assert_true(view_compare(VIEW_LITERAL("b"), VIEW_LITERAL("a")) > 0);
    assert_true(view_compare(VIEW_LITERAL("a"), VIEW_LITERAL("aa")) < 0);
    assert_true(view_compare(VIEW_LITERAL("aa"), VIEW_LITERAL("a")) > 0);
    assert_int_equal(view_compare(VIEW_LITERAL("aa"), VIEW_LITERAL("aa")), 0);
    assert_true(view_compare(view_text(NULL), VIEW_LITERAL("a")) < 0);
    assert_true(view_compare(VIEW_LITERAL("\x7f"), VIEW_LITERAL("\x80")) < 0);
    assert_int_equal(view_compare(view_text(NULL), view_text("")), 0);
}

static void a_prefix_is_found_only_at_the_start(void **state)
{
    (void)state;
    assert_true(view_starts(VIEW_LITERAL("abc"), VIEW_LITERAL("ab")));
    assert_true(view_starts(VIEW_LITERAL("abc"), view_text(NULL)));
    assert_false(view_starts(VIEW_LITERAL("abc"), VIEW_LITERAL("bc")));
    assert_false(view_starts(VIEW_LITERAL("ab"), VIEW_LITERAL("abc")));
    assert_true(view_starts(view_text(NULL), view_text(NULL)));
}

static void a_byte_that_is_missing_is_found_at_the_end(void **state)
{
    (void)state;
    assert_int_equal(view_find(VIEW_LITERAL("a,b,c"), 0, ','), 1);
    assert_int_equal(view_find(VIEW_LITERAL("a,b,c"), 2, ','), 3);
    assert_int_equal(view_find(VIEW_LITERAL("a,b,c"), 4, ','), 5);
    assert_int_equal(view_find(VIEW_LITERAL("a,b,c"), 99, ','), 5);
    assert_int_equal(view_find(view_text(NULL), 0, ','), 0);
    assert_int_equal(view_search(VIEW_LITERAL("abcabc"), 0, VIEW_LITERAL("bc")), 1);
    assert_int_equal(view_search(VIEW_LITERAL("abcabc"), 2, VIEW_LITERAL("bc")), 4);
    assert_int_equal(view_search(VIEW_LITERAL("abcabc"), 5, VIEW_LITERAL("bc")), 6);
    assert_int_equal(view_search(view_text(NULL), 0, VIEW_LITERAL("bc")), 0);
}

static void part_beyond_the_end(void *context)
{
    (void)context;
    (void)view_part(VIEW_LITERAL("abc"), 1, 3);
}

static void part_that_overflows(void *context)
{
    (void)context;
    (void)view_part(VIEW_LITERAL("abc"), 3, SIZE_MAX);
}

static void a_part_outside_its_view_aborts(void **state)
{
    (void)state;
    assert_view(view_part(VIEW_LITERAL("abc"), 1, 2), "bc");
    assert_view(view_part(VIEW_LITERAL("abc"), 3, 0), "");
    assert_view(view_part(view_text(NULL), 0, 0), "");
    assert_true(aborts(part_beyond_the_end, NULL));
    assert_true(aborts(part_that_overflows, NULL));
}

static void what_is_appended_is_there_in_order(void **state)
{
    (void)state;
    BUF_AUTO buf;
    buf_init(&buf, 1000);
    buf_put_text(&buf, "a");
    buf_put_view(&buf, VIEW_LITERAL("bc"));
    buf_put(&buf, NULL, 0);
    buf_put_decimal(&buf, 0);
    buf_put_decimal(&buf, UINT64_MAX);
    buf_put_hex(&buf, VIEW_LITERAL("\x00\xfe\x9a"));
    buf_printf(&buf, "[%d %s]", -7, "x");
    assert_ok(buf_check(&buf));
    assert_view(buf_view(&buf), "abc01844674407370955161500fe9a[-7 x]");
    char digits[DECIMAL_LEN_MAX];
    assert_view(view_of(digits, decimal_write(digits, 0)), "0");
    assert_view(view_of(digits, decimal_write(digits, UINT64_MAX)), "18446744073709551615");
}

static void integers_are_written_big_endian(void **state)
{
    (void)state;
    BUF_AUTO buf;
    static const uint8_t expected[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 0};
    buf_init(&buf, sizeof(expected));
    buf_put_u8(&buf, 1);
    buf_put_u16(&buf, 0x0203);
    buf_put_u32(&buf, 0x04050607);
    buf_put_u64(&buf, 0x08090a0b0c0d0e0f);
    buf_put_zeros(&buf, 2);
    assert_ok(buf_check(&buf));
    assert_true(view_equal(buf_view(&buf), view_of(expected, sizeof(expected))));
}

static void a_buf_takes_exactly_its_ceiling(void **state)
{
    (void)state;
    for (size_t max = 1; max <= 300; max++) {
        BUF_AUTO buf;
        buf_init(&buf, max);
        for (size_t i = 0; i < max; i++) {
            buf_put_u8(&buf, (uint8_t)i);
        }
        assert_ok(buf_check(&buf));
        assert_true(buf.cap <= max);
        buf_put_u8(&buf, 0);
        assert_fault(buf_check(&buf), FAULT_OVER_LIMIT);
        assert_int_equal(buf.len, max);
        for (size_t i = 0; i < max; i++) {
            assert_int_equal(buf.data[i], (uint8_t)i);
        }
    }
}

static void a_failed_buf_takes_nothing_until_it_is_reset(void **state)
{
    (void)state;
    BUF_AUTO buf;
    buf_init(&buf, 4);
    buf_put_text(&buf, "abc");
    buf_put_text(&buf, "de");
    buf_put_text(&buf, "f"); /* would fit, but what came before is missing */
    assert_fault(buf_check(&buf), FAULT_OVER_LIMIT);
    assert_view(buf_view(&buf), "abc");
    buf_reset(&buf);
    assert_ok(buf_check(&buf));
    assert_int_equal(buf.len, 0);
    buf_put_text(&buf, "wxyz");
    assert_ok(buf_check(&buf));
    assert_view(buf_view(&buf), "wxyz");
}

static void every_writer_over_the_ceiling_fails(void **state)
{
    (void)state;
    static const uint8_t many[70000];
    for (int writer = 0; writer < 12; writer++) {
        BUF_AUTO buf;
        buf_init(&buf, writer == 9 || writer == 10 ? 100000 : 1);
        switch (writer) {
        case 0:
            buf_put_u16(&buf, 1);
            break;
        case 1:
            buf_put_u32(&buf, 1);
            break;
        case 2:
            buf_put_u64(&buf, 1);
            break;
        case 3:
            buf_put_zeros(&buf, 2);
            break;
        case 4:
            buf_put_decimal(&buf, 10);
            break;
        case 5:
            buf_put_hex(&buf, VIEW_LITERAL("a"));
            break;
        case 6:
            buf_put_hex(&buf, view_of(many, SIZE_MAX / 2 + 2));
            break;
        case 7:
            buf_printf(&buf, "%s", "abc");
            break;
        case 8:
            buf_put_block32(&buf, VIEW_LITERAL("a"));
            break;
        case 9:
            buf_put_block16(&buf, view_of(many, 65536));
            break;
        case 10:
            buf_put_block32(&buf, view_of(many, (size_t)UINT32_MAX + 1));
            break;
        default:
            assert_null(buf_claim(&buf, 2));
            break;
        }
        assert_fault(buf_check(&buf), FAULT_OVER_LIMIT);
    }
}

static void a_block_carries_its_length(void **state)
{
    (void)state;
    BUF_AUTO buf;
    buf_init(&buf, 100);
    buf_put_block16(&buf, VIEW_LITERAL("ab"));
    buf_put_block32(&buf, VIEW_LITERAL(""));
    buf_put_block32(&buf, VIEW_LITERAL("c"));
    static const uint8_t expected[] = {0, 2, 'a', 'b', 0, 0, 0, 0, 0, 0, 0, 1, 'c'};
    assert_true(view_equal(buf_view(&buf), view_of(expected, sizeof(expected))));
}

static void a_claim_of_nothing_is_not_a_failure(void **state)
{
    (void)state;
    BUF_AUTO buf;
    buf_init(&buf, 1);
    assert_non_null(buf_claim(&buf, 0));
    buf_put_u8(&buf, 1);
    assert_non_null(buf_claim(&buf, 0));
    assert_ok(buf_check(&buf));
}

static void consuming_keeps_the_rest(void **state)
{
    (void)state;
    BUF_AUTO buf;
    buf_init(&buf, 100);
    buf_consume(&buf, 0);
    buf_put_text(&buf, "abcdef");
    buf_consume(&buf, 2);
    assert_view(buf_view(&buf), "cdef");
    buf_cut(&buf, 3);
    assert_view(buf_view(&buf), "cde");
    buf_consume(&buf, 3);
    assert_int_equal(buf.len, 0);
}

static void a_patch_changes_four_bytes_only(void **state)
{
    (void)state;
    BUF_AUTO buf;
    buf_init(&buf, 100);
    buf_put_text(&buf, "a....b");
    buf_patch_u32(&buf, 1, 0x30313233);
    assert_view(buf_view(&buf), "a0123b");
}

static void a_patch_of_a_failed_buf_does_nothing(void **state)
{
    (void)state;
    BUF_AUTO buf;
    buf_init(&buf, 3);
    buf_put_u32(&buf, 0);
    buf_patch_u32(&buf, 0, 1);
    assert_int_equal(buf.len, 0);
    assert_fault(buf_check(&buf), FAULT_OVER_LIMIT);
}

static void consume_too_much(void *context)
{
    buf_consume(context, 4);
}

static void cut_too_long(void *context)
{
    buf_cut(context, 4);
}

static void patch_outside(void *context)
{
    buf_patch_u32(context, 0, 1);
}

static void append_itself(void *context)
{
    buf_put_view(context, buf_view(context));
}

static void append_without_init(void *context)
{
    (void)context;
    struct buf zeroed = {0};
    buf_put_u8(&zeroed, 1);
}

static void init_without_ceiling(void *context)
{
    buf_init(context, 0);
}

static void misuse_of_a_buf_aborts(void **state)
{
    (void)state;
    BUF_AUTO buf;
    buf_init(&buf, 100);
    buf_put_text(&buf, "abc");
    assert_true(aborts(consume_too_much, &buf));
    assert_true(aborts(cut_too_long, &buf));
    assert_true(aborts(patch_outside, &buf));
    assert_true(aborts(append_itself, &buf));
    assert_true(aborts(append_without_init, NULL));
    assert_true(aborts(init_without_ceiling, &buf));
}

static void done_accepts_null_zeroed_and_twice(void **state)
{
    (void)state;
    struct buf buf = {0};
    buf_done(NULL);
    buf_done(&buf);
    buf_init(&buf, 10);
    buf_put_u8(&buf, 1);
    buf_done(&buf);
    assert_null(buf.data);
    assert_int_equal(buf.max, 0);
    buf_done(&buf);
}

static struct outcome fill(void *context)
{
    (void)context;
    BUF_AUTO buf;
    buf_init(&buf, 5000);
    for (uint32_t i = 0; i < 1000; i++) {
        buf_put_u32(&buf, i);
    }
    TRY(buf_check(&buf));
    return buf.len == 4000 ? OUTCOME_OK : outcome_fail(FAULT_CORRUPT, "length");
}

static void a_buf_starved_at_any_growth_says_no_memory(void **state)
{
    (void)state;
    assert_true(each_allocation_fails(fill, NULL) >= 5);
}

static void a_starved_buf_keeps_what_it_held(void **state)
{
    (void)state;
    BUF_AUTO buf;
    buf_init(&buf, 5000);
    buf_put_text(&buf, "kept");
    memory_fail_at(1);
    buf_put_zeros(&buf, 1000);
    memory_fail_at(0);
    assert_fault(buf_check(&buf), FAULT_NO_MEMORY);
    assert_view(buf_view(&buf), "kept");
    buf_reset(&buf);
    buf_put_zeros(&buf, 1000);
    assert_ok(buf_check(&buf));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_view_of_no_text_is_empty),
        cmocka_unit_test(views_are_equal_only_byte_by_byte),
        cmocka_unit_test(views_sort_in_byte_order_with_a_prefix_first),
        cmocka_unit_test(a_prefix_is_found_only_at_the_start),
        cmocka_unit_test(a_byte_that_is_missing_is_found_at_the_end),
        cmocka_unit_test(a_part_outside_its_view_aborts),
        cmocka_unit_test(what_is_appended_is_there_in_order),
        cmocka_unit_test(integers_are_written_big_endian),
        cmocka_unit_test(a_buf_takes_exactly_its_ceiling),
        cmocka_unit_test(a_failed_buf_takes_nothing_until_it_is_reset),
        cmocka_unit_test(every_writer_over_the_ceiling_fails),
        cmocka_unit_test(a_block_carries_its_length),
        cmocka_unit_test(a_claim_of_nothing_is_not_a_failure),
        cmocka_unit_test(consuming_keeps_the_rest),
        cmocka_unit_test(a_patch_changes_four_bytes_only),
        cmocka_unit_test(a_patch_of_a_failed_buf_does_nothing),
        cmocka_unit_test(misuse_of_a_buf_aborts),
        cmocka_unit_test(done_accepts_null_zeroed_and_twice),
        cmocka_unit_test(a_buf_starved_at_any_growth_says_no_memory),
        cmocka_unit_test(a_starved_buf_keeps_what_it_held),
    };
    return cmocka_run_group_tests_name("base/bytes", tests, NULL, NULL);
}
