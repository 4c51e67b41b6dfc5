/* The frames of letters that are checked: what was put is got back, and nothing else is. */
#include "help.h"

#include "proc/checking.h"

static struct frame frame_of(const struct buf *buf)
{
    struct frame frame = {0};
    size_t bytes = 0;
    assert_ok(frame_peek(buf_view(buf), &frame, &bytes));
    assert_int_equal(bytes, buf->len);
    return frame;
}

static const struct letter_asked asked_usual = {
    .tag = 7, .hash = {1, 2, 3}, .number = VIEW_LITERAL("05/TB-C06")};
static const struct letter_told told_usual = {.tag = 7,
                                              .standing = LETTER_IS_SUPERSEDED,
                                              .day = 20783,
                                              .number = VIEW_LITERAL("05/TB-C06"),
                                              .office = VIEW_LITERAL("Cục C06"),
                                              .replaced_by = VIEW_LITERAL("06/TB-C06")};

static void a_question_comes_back_as_it_was(void **state)
{
    struct letter_asked back;
    BUF_AUTO buf;
    (void)state;
    buf_init(&buf, 4096);
    checking_put_asked(&buf, &asked_usual);
    struct frame frame = frame_of(&buf);
    assert_ok(checking_get_asked(&frame, &back));
    assert_int_equal(back.tag, 7);
    assert_memory_equal(back.hash, asked_usual.hash, sizeof(back.hash));
    assert_view(back.number, "05/TB-C06");
    frame.payload.len--;
    assert_fault(checking_get_asked(&frame, &back), FAULT_BAD_INPUT);
    frame.payload.len++;
    frame.count = 2;
    assert_fault(checking_get_asked(&frame, &back), FAULT_BAD_INPUT);
}

static void a_number_over_the_ceiling_is_refused(void **state)
{
    static const char number[LETTER_NUMBER_BYTES_MAX + 1] = {'0'};
    struct letter_asked asked = asked_usual;
    struct letter_asked back;
    BUF_AUTO buf;
    (void)state;
    buf_init(&buf, 4096);
    asked.number = view_of(number, sizeof(number));
    checking_put_asked(&buf, &asked);
    struct frame frame = frame_of(&buf);
    assert_fault(checking_get_asked(&frame, &back), FAULT_BAD_INPUT);
}

static void an_answer_comes_back_as_it_was(void **state)
{
    struct letter_told back;
    BUF_AUTO buf;
    (void)state;
    buf_init(&buf, 4096);
    checking_put_told(&buf, &told_usual);
    struct frame frame = frame_of(&buf);
    assert_ok(checking_get_told(&frame, &back));
    assert_int_equal(back.standing, LETTER_IS_SUPERSEDED);
    assert_int_equal(back.day, 20783);
    assert_view(back.number, "05/TB-C06");
    assert_view(back.office, "Cục C06");
    assert_view(back.replaced_by, "06/TB-C06");
    frame.payload.len--;
    assert_fault(checking_get_told(&frame, &back), FAULT_BAD_INPUT);
}

static void an_answer_that_says_too_much_or_too_little_is_refused(void **state)
{
    static const char long_text[2000] = {'a'};
    (void)state;
    for (unsigned i = 0; i < 9; i++) {
        struct letter_told told = told_usual;
        struct letter_told back;
        BUF_AUTO buf;
        buf_init(&buf, 8192);
        told.standing = i == 0   ? LETTER_IS_UNKNOWN
                        : i == 1 ? LETTER_IS_GENUINE /* and yet replaced */
                        : i == 2 ? LETTER_STANDING_COUNT
                                 : told.standing;
        told.day = i == 3 ? -1 : i == 4 ? 2932897 : told.day;
        told.number = i == 5 ? view_of(long_text, sizeof(long_text)) : told.number;
        told.office = i == 6 ? VIEW_LITERAL("\xff") : told.office;
        if (i >= 7) { /* nothing, of one that is known; a date, of one that is not */
            told = (struct letter_told){.standing = i == 7 ? LETTER_IS_GENUINE : LETTER_IS_UNKNOWN,
                                        .day = i == 7 ? 0 : 1};
        }
        checking_put_told(&buf, &told);
        struct frame frame = frame_of(&buf);
        assert_fault(checking_get_told(&frame, &back), FAULT_BAD_INPUT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_question_comes_back_as_it_was),
        cmocka_unit_test(a_number_over_the_ceiling_is_refused),
        cmocka_unit_test(an_answer_comes_back_as_it_was),
        cmocka_unit_test(an_answer_that_says_too_much_or_too_little_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
