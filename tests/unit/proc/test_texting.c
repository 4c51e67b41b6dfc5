/* Messages that come in, as frames: what is said is read, and everything else is refused. */
#include "help.h"

#include "proc/texting.h"

static const struct texting_asked sample = {.tag = 7,
                                            .again = true,
                                            .print = "0123456789abcdef",
                                            .verb = TEXTING_LOCK,
                                            .phone = VIEW_LITERAL("+84950000001"),
                                            .number = VIEW_LITERAL("001090900001"),
                                            .rest = VIEW_LITERAL("khoá 123456")};

static struct outcome read_back(const struct texting_asked *asked, struct texting_asked *ret_asked)
{
    static uint8_t bytes[4096];
    struct frame frame;
    size_t len = 0;
    BUF_AUTO buf;
    buf_init(&buf, sizeof(bytes));
    texting_put_asked(&buf, asked);
    assert_ok(buf_check(&buf));
    memcpy(bytes, buf.data, buf.len);
    assert_ok(frame_peek(view_of(bytes, buf.len), &frame, &len));
    return texting_get_asked(&frame, ret_asked);
}

static void a_message_arrives_as_it_was_told(void **state)
{
    (void)state;
    struct texting_asked got;
    assert_ok(read_back(&sample, &got));
    assert_int_equal(got.tag, 7);
    assert_true(got.again);
    assert_memory_equal(got.print, sample.print, TEXTING_PRINT_BYTES);
    assert_int_equal(got.verb, TEXTING_LOCK);
    assert_view(got.phone, "+84950000001");
    assert_view(got.number, "001090900001");
    assert_view(got.rest, "khoá 123456");
}

static void what_no_message_can_be_is_refused(void **state)
{
    (void)state;
    char long_rest[SMS_REST_BYTES_MAX + 2];
    struct texting_asked got;
    struct texting_asked asked = sample;
    memset(long_rest, 'a', sizeof(long_rest));
    asked.verb = TEXTING_VERB_COUNT;
    assert_fault(read_back(&asked, &got), FAULT_BAD_INPUT);
    asked = sample;
    asked.phone = (struct view){0};
    assert_fault(read_back(&asked, &got), FAULT_BAD_INPUT);
    asked.phone = VIEW_LITERAL("123456789012345678901");
    assert_fault(read_back(&asked, &got), FAULT_BAD_INPUT);
    asked = sample;
    asked.number = VIEW_LITERAL("00109090000");
    assert_fault(read_back(&asked, &got), FAULT_BAD_INPUT);
    asked = sample;
    asked.rest = view_of(long_rest, SMS_REST_BYTES_MAX + 1);
    assert_fault(read_back(&asked, &got), FAULT_BAD_INPUT);
    asked.rest = VIEW_LITERAL("\xff");
    assert_fault(read_back(&asked, &got), FAULT_BAD_INPUT);
}

static void a_frame_cut_or_lengthened_anywhere_is_refused(void **state)
{
    (void)state;
    BUF_AUTO buf;
    buf_init(&buf, 4096);
    texting_put_asked(&buf, &sample);
    buf_put_u8(&buf, 0);
    struct view payload = view_part(buf_view(&buf), FRAME_HEADER_BYTES, buf.len - 8);
    for (size_t len = 0; len <= payload.len; len++) {
        struct frame frame = {.kind = FRAME_SMS, .count = 1, .payload = view_part(payload, 0, len)};
        struct texting_asked got;
        struct outcome outcome = texting_get_asked(&frame, &got);
        assert_int_equal(outcome_ok(outcome), len == payload.len - 1);
    }
    struct frame twice = {
        .kind = FRAME_SMS, .count = 2, .payload = view_part(payload, 0, payload.len - 1)};
    struct texting_asked got;
    assert_fault(texting_get_asked(&twice, &got), FAULT_BAD_INPUT);
}

static void an_answer_is_taken_or_not_and_nothing_else(void **state)
{
    (void)state;
    for (unsigned value = 0; value < 3; value++) {
        const uint8_t payload[9] = {0, 0, 0, 0, 0, 0, 0, 9, (uint8_t)value};
        const struct frame frame = {
            .kind = FRAME_SMS, .count = 1, .payload = view_of(payload, sizeof(payload))};
        struct texting_told got;
        struct outcome outcome = texting_get_told(&frame, &got);
        assert_int_equal(outcome_ok(outcome), value < 2);
        assert_true(!outcome_ok(outcome) || (got.tag == 9 && got.taken == (value == 1)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_arrives_as_it_was_told),
        cmocka_unit_test(what_no_message_can_be_is_refused),
        cmocka_unit_test(a_frame_cut_or_lengthened_anywhere_is_refused),
        cmocka_unit_test(an_answer_is_taken_or_not_and_nothing_else),
    };
    return cmocka_run_group_tests_name("proc/texting", tests, NULL, NULL);
}
