/* The frames of letters: what was put is got back, and nothing else is. */
#include "help.h"

#include "proc/rendering.h"

static uint8_t large[LETTER_BYTES_MAX + 1];

static struct frame frame_of(const struct buf *buf)
{
    struct frame frame = {0};
    size_t bytes = 0;
    assert_ok(frame_peek(buf_view(buf), &frame, &bytes));
    assert_int_equal(bytes, buf->len);
    return frame;
}

static void an_order_comes_back_as_it_was(void **state)
{
    const struct render_order order = {
        .tag = 7, .what = RENDER_STATEMENT, .content = VIEW_LITERAL("{}")};
    struct render_order back;
    BUF_AUTO buf;
    (void)state;
    buf_init(&buf, FRAME_BYTES_MAX);
    rendering_put_order(&buf, &order);
    struct frame frame = frame_of(&buf);
    assert_ok(rendering_get_order(&frame, &back));
    assert_true(back.tag == 7 && view_equal(back.content, order.content));
    assert_int_equal(back.what, RENDER_STATEMENT);
    frame.kind = FRAME_RENDERED;
    assert_fault(rendering_get_order(&frame, &back), FAULT_BAD_INPUT);
}

static void an_empty_order_and_a_long_one_are_refused(void **state)
{
    static const struct render_order rows[] = {
        {.content = {large, 0}},
        {.content = {large, LETTER_CONTENT_BYTES_MAX + 1}},
        {.what = RENDER_STATEMENT, .content = {large, STATEMENT_PAPER_BYTES_MAX + 1}},
        {.what = RENDER_WHAT_COUNT, .content = {large, 1}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct render_order order = rows[i];
        struct render_order back;
        BUF_AUTO buf;
        buf_init(&buf, FRAME_BYTES_MAX);
        rendering_put_order(&buf, &order);
        struct frame frame = frame_of(&buf);
        assert_fault(rendering_get_order(&frame, &back), FAULT_BAD_INPUT);
    }
}

static struct outcome there_and_back(const struct render_done *done, struct render_done *ret_back)
{
    BUF_AUTO buf;
    buf_init(&buf, FRAME_BYTES_MAX);
    rendering_put_done(&buf, done);
    struct frame frame = frame_of(&buf);
    return rendering_get_done(&frame, ret_back);
}

static void a_letter_comes_back_as_it_was(void **state)
{
    const struct render_done drawn = {
        .tag = 9, .code = RENDER_DONE, .pages = 2, .pdf = view_of(large, LETTER_BYTES_MAX)};
    const struct render_done refused = {
        .tag = 9, .code = RENDER_BAD_CONTENT, .why = VIEW_LITERAL("/to/name: empty")};
    struct render_done back;
    (void)state;
    assert_ok(there_and_back(&drawn, &back));
    assert_true(back.tag == 9 && back.pages == 2 && back.pdf.len == LETTER_BYTES_MAX);
    assert_ok(there_and_back(&refused, &back));
    assert_int_equal(back.code, RENDER_BAD_CONTENT);
}

static void a_letter_that_contradicts_itself_is_refused(void **state)
{
    static const uint8_t no_text[] = {0xff};
    const struct render_done wrong[] = {
        {.code = RENDER_DONE, .pages = 1},
        {.code = RENDER_DONE, .pages = 0, .pdf = VIEW_LITERAL("%PDF")},
        {.code = RENDER_DONE, .pages = LETTER_PAGES_MAX + 1, .pdf = VIEW_LITERAL("%PDF")},
        {.code = RENDER_DONE, .pages = 1, .pdf = VIEW_LITERAL("%PDF"), .why = VIEW_LITERAL("no")},
        {.code = RENDER_DONE, .pages = 1, .pdf = view_of(large, sizeof(large))},
        {.code = RENDER_FAILED},
        {.code = RENDER_FAILED, .why = VIEW_LITERAL("no"), .pdf = VIEW_LITERAL("%PDF")},
        {.code = RENDER_FAILED, .why = VIEW_LITERAL("no"), .pages = 1},
        {.code = RENDER_FAILED, .why = view_of(large, LETTER_WHY_BYTES_MAX + 1)},
        {.code = RENDER_FAILED, .why = view_of(no_text, sizeof(no_text))},
        {.code = RENDER_CODE_COUNT, .why = VIEW_LITERAL("no")},
    };
    struct render_done back;
    (void)state;
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_fault(there_and_back(&wrong[i], &back), FAULT_BAD_INPUT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_order_comes_back_as_it_was),
        cmocka_unit_test(an_empty_order_and_a_long_one_are_refused),
        cmocka_unit_test(a_letter_comes_back_as_it_was),
        cmocka_unit_test(a_letter_that_contradicts_itself_is_refused),
    };
    return cmocka_run_group_tests_name("proc/rendering", tests, NULL, NULL);
}
