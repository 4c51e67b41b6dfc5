/*
 * What the public process passes on of citizens, and what the core says, comes back as it was, and
 * nothing else is taken for it.
 */
#include "../help.h"

#include "proc/owning.h"

static struct frame whole(const struct buf *buf)
{
    struct frame frame = {0};
    size_t bytes = 0;
    assert_ok(buf_check(buf));
    assert_ok(frame_peek(buf_view(buf), &frame, &bytes));
    assert_int_equal(bytes, buf->len);
    return frame;
}

static enum fault reads(const struct own_asked *asked, struct own_asked *ret_got)
{
    BUF_AUTO buf;
    buf_init(&buf, FRAME_BYTES_MAX);
    owning_put_asked(&buf, asked);
    struct frame frame = whole(&buf);
    return owning_get_asked(&frame, ret_got).fault;
}

static void a_verb_comes_back_as_it_was_and_no_shorter_or_longer_one(void **state)
{
    const struct own_asked asked = {.tag = 7,
                                    .session = {1, 2, 3},
                                    .verb = VIEW_LITERAL("lock.state"),
                                    .body = VIEW_LITERAL("{\"id\":\"x\"}")};
    struct own_asked got = {0};
    BUF_AUTO buf;
    (void)state;
    buf_init(&buf, 1024);
    owning_put_asked(&buf, &asked);
    struct frame frame = whole(&buf);
    assert_ok(owning_get_asked(&frame, &got));
    assert_int_equal(got.tag, 7);
    assert_memory_equal(got.session, asked.session, sizeof(got.session));
    assert_view(got.verb, "lock.state");
    assert_view(got.body, "{\"id\":\"x\"}");
    struct view all = frame.payload;
    for (size_t len = 0; len < all.len; len++) {
        frame.payload = view_part(all, 0, len);
        assert_fault(owning_get_asked(&frame, &got), FAULT_BAD_INPUT);
    }
    frame.payload = view_of(all.data - 1, all.len + 1);
    assert_fault(owning_get_asked(&frame, &got), FAULT_BAD_INPUT);
}

static void a_verb_that_is_none_and_a_body_that_is_not_canonical_are_refused(void **state)
{
    static const struct {
        const char *verb;
        const char *body;
    } wrong[] = {
        {"", "{}"},
        {"View", "{}"},
        {"view\n", "{}"},
        {"a/b", "{}"},
        {"view", ""},
        {"view", "[]"},
        {"view", "{\"a\" :1}"},
        {"view", "{\"b\":1,\"a\":2}"},
        {"view", "{\"a\":[[[[1]]]]}"},
        {"view", "{\"a\":1.5}"},
    };
    char long_verb[OWN_VERB_BYTES_MAX + 2];
    struct own_asked got = {.tag = 42};
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        const struct own_asked asked = {.verb = view_text(wrong[i].verb),
                                        .body = view_text(wrong[i].body)};
        if (reads(&asked, &got) != FAULT_BAD_INPUT) {
            fail_msg("%s %s", wrong[i].verb, wrong[i].body);
        }
    }
    memset(long_verb, 'a', sizeof(long_verb));
    const struct own_asked asked = {.verb = view_of(long_verb, OWN_VERB_BYTES_MAX + 1),
                                    .body = VIEW_LITERAL("{}")};
    assert_int_equal(reads(&asked, &got), FAULT_BAD_INPUT);
    assert_int_equal(got.tag, 42);
}

static void what_came_of_it_comes_back_with_and_without_the_gates_answer(void **state)
{
    static const struct answer answer = {.tag = 9, .code = CODE_RATE_LIMITED, .retry_after_s = 4};
    static const struct own_told rows[] = {
        {.tag = 1, .code = CODE_DISCLOSED, .json = VIEW_LITERAL("{}")},
        {.tag = 2, .code = CODE_DISCLOSED},
        {.tag = 3, .code = CODE_BAD_REQUEST, .why = VIEW_LITERAL("/id: a number")},
        {.tag = 4, .code = CODE_RATE_LIMITED, .retry_after_s = 4, .answer = &answer},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct own_told got = {0};
        struct answer gate = {0};
        BUF_AUTO buf;
        buf_init(&buf, 4096);
        owning_put_told(&buf, &rows[i]);
        struct frame frame = whole(&buf);
        assert_ok(owning_get_told(&frame, &got, &gate));
        assert_int_equal(got.tag, rows[i].tag);
        assert_int_equal(got.code, rows[i].code);
        assert_int_equal(got.retry_after_s, rows[i].retry_after_s);
        assert_true(view_equal(got.json, rows[i].json));
        assert_true(view_equal(got.why, rows[i].why));
        assert_int_equal(got.answer != NULL, rows[i].answer != NULL);
        assert_true(got.answer == NULL || got.answer->tag == 9);
        struct view all = frame.payload;
        for (size_t len = 0; len < all.len; len++) {
            frame.payload = view_part(all, 0, len);
            assert_fault(owning_get_told(&frame, &got, &gate), FAULT_BAD_INPUT);
        }
    }
}

/* Behind the tag: code, seconds, why, JSON, and whether the gate's answer follows. */
static void what_contradicts_itself_is_refused(void **state)
{
    static const struct {
        uint8_t code;
        uint32_t retry_after_s;
        const char *json;
        uint8_t answered;
    } wrong[] = {{CODE_COUNT, 0, "", 0},
                 {CODE_DISCLOSED, 1, "{}", 0},
                 {CODE_NOT_FOUND, 0, "{}", 0},
                 {CODE_DISCLOSED, 0, "{}", 1},
                 {CODE_DISCLOSED, 0, "{}", 2}};
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct own_told got = {.tag = 42};
        struct answer answer = {0};
        BUF_AUTO buf;
        buf_init(&buf, 1024);
        size_t start = frame_start(&buf, FRAME_OWN_TOLD);
        buf_put_u64(&buf, 1);
        buf_put_u8(&buf, wrong[i].code);
        buf_put_u32(&buf, wrong[i].retry_after_s);
        buf_put_block16(&buf, view_of(NULL, 0));
        buf_put_block32(&buf, view_text(wrong[i].json));
        buf_put_u8(&buf, wrong[i].answered);
        frame_finish(&buf, start, 1);
        struct frame frame = whole(&buf);
        assert_fault(owning_get_told(&frame, &got, &answer), FAULT_BAD_INPUT);
        assert_int_equal(got.tag, 42);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_verb_comes_back_as_it_was_and_no_shorter_or_longer_one),
        cmocka_unit_test(a_verb_that_is_none_and_a_body_that_is_not_canonical_are_refused),
        cmocka_unit_test(what_came_of_it_comes_back_with_and_without_the_gates_answer),
        cmocka_unit_test(what_contradicts_itself_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
