/*
 * What an edge asks about grants, and what the core says, comes back as it was, and nothing else is
 * taken for it.
 */
#include "../help.h"

#include "proc/granting.h"

static struct frame whole(const struct buf *buf)
{
    struct frame frame = {0};
    size_t bytes = 0;
    assert_ok(buf_check(buf));
    assert_ok(frame_peek(buf_view(buf), &frame, &bytes));
    assert_int_equal(bytes, buf->len);
    return frame;
}

static void an_ask_comes_back_as_it_was_and_no_shorter_longer_or_other_one(void **state)
{
    struct grants_ask ask = {.tag = 7, .spki = {1, 2, 3}, .after = VIEW_LITERAL("NV-1")};
    struct grants_ask got = {0};
    char letters[ASK_CODE_BYTES_MAX + 1];
    BUF_AUTO buf;
    (void)state;
    buf_init(&buf, 1024);
    granting_put_ask(&buf, &ask);
    struct frame frame = whole(&buf);
    assert_ok(granting_get_ask(&frame, &got));
    assert_int_equal(got.tag, 7);
    assert_memory_equal(got.spki, ask.spki, sizeof(got.spki));
    assert_view(got.after, "NV-1");
    struct view all = frame.payload;
    for (size_t len = 0; len < all.len; len++) {
        frame.payload = view_part(all, 0, len);
        assert_fault(granting_get_ask(&frame, &got), FAULT_BAD_INPUT);
    }
    frame.payload = view_of(all.data - 1, all.len + 1);
    assert_fault(granting_get_ask(&frame, &got), FAULT_BAD_INPUT);
    frame.payload = all;
    frame.count = 0;
    assert_fault(granting_get_ask(&frame, &got), FAULT_BAD_INPUT);
    memset(letters, 'x', sizeof(letters));
    ask.after = view_of(letters, sizeof(letters));
    buf_reset(&buf);
    granting_put_ask(&buf, &ask);
    frame = whole(&buf);
    assert_fault(granting_get_ask(&frame, &got), FAULT_BAD_INPUT);
}

static void an_answer_comes_back_as_it_was(void **state)
{
    static const struct granted rows[] = {
        {.tag = 1, .code = CODE_DISCLOSED, .json = VIEW_LITERAL("{}")},
        {.tag = 2, .code = CODE_UNAUTHENTICATED},
        {.tag = 3, .code = CODE_RATE_LIMITED, .retry_after_s = 4},
    };
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct granted got = {0};
        BUF_AUTO buf;
        buf_init(&buf, 1024);
        granting_put(&buf, &rows[i]);
        struct frame frame = whole(&buf);
        assert_ok(granting_get(&frame, &got));
        assert_int_equal(got.tag, rows[i].tag);
        assert_int_equal(got.code, rows[i].code);
        assert_int_equal(got.retry_after_s, rows[i].retry_after_s);
        assert_true(view_equal(got.json, rows[i].json));
        struct view all = frame.payload;
        for (size_t len = 0; len < all.len; len++) {
            frame.payload = view_part(all, 0, len);
            assert_fault(granting_get(&frame, &got), FAULT_BAD_INPUT);
        }
    }
}

/* Behind the tag: the code, then when to come again, then the JSON. */
static void an_answer_that_contradicts_itself_is_refused(void **state)
{
    static const struct {
        uint8_t code;
        uint32_t retry_after_s;
        const char *json;
    } wrong[] = {{CODE_COUNT, 0, ""},
                 {CODE_DISCLOSED, 0, ""},
                 {CODE_DISCLOSED, 1, "{}"},
                 {CODE_UNAUTHENTICATED, 0, "{}"},
                 {CODE_UNAUTHENTICATED, 1, ""}};
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct granted got = {.tag = 42};
        BUF_AUTO buf;
        buf_init(&buf, 1024);
        size_t start = frame_start(&buf, FRAME_GRANTED);
        buf_put_u64(&buf, 1);
        buf_put_u8(&buf, wrong[i].code);
        buf_put_u32(&buf, wrong[i].retry_after_s);
        buf_put_block32(&buf, view_text(wrong[i].json));
        frame_finish(&buf, start, 1);
        struct frame frame = whole(&buf);
        assert_fault(granting_get(&frame, &got), FAULT_BAD_INPUT);
        assert_int_equal(got.tag, 42);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ask_comes_back_as_it_was_and_no_shorter_longer_or_other_one),
        cmocka_unit_test(an_answer_comes_back_as_it_was),
        cmocka_unit_test(an_answer_that_contradicts_itself_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
