/* The frames of messages to phones: what was put is got back, and nothing else is. */
#include "help.h"

#include "proc/sending.h"

static const struct sending_message usual = {.id = UINT64_C(1795660000000000),
                                             .again = true,
                                             .valid_s = 600,
                                             .phone = VIEW_LITERAL("84950900001"),
                                             .text = VIEW_LITERAL("Mã của bạn")};

static void a_message_comes_back_as_it_was_and_not_a_byte_shorter(void **state)
{
    struct sending_message back;
    BUF_AUTO buf;
    (void)state;
    buf_init(&buf, 4096);
    sending_put_message(&buf, &usual);
    for (size_t len = 0; len < buf.len; len++) {
        struct cursor cursor = cursor_of(view_of(buf.data, len));
        assert_fault(sending_get_message(&cursor, &back), FAULT_BAD_INPUT);
    }
    struct cursor cursor = cursor_of(buf_view(&buf));
    assert_ok(sending_get_message(&cursor, &back));
    assert_ok(cursor_end(&cursor, "message"));
    assert_true(back.id == usual.id && back.again && !back.receipt && back.valid_s == 600);
    assert_view(back.phone, "84950900001");
    assert_view(back.text, "Mã của bạn");
}

/* Each with one byte changed: where, and to what. */
static void a_message_that_nobody_can_send_is_refused(void **state)
{
    static const struct {
        size_t at;
        uint8_t byte;
    } rows[] = {
        {8, 4},              /* a flag that there is not */
        {8 + 1 + 2 + 1, 0},  /* with the next: no time */
        {15, '7'},           /* no such phone */
        {15 + 11 + 2, 0xff}, /* no UTF-8 */
    };
    struct sending_message back;
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        BUF_AUTO buf;
        buf_init(&buf, 4096);
        sending_put_message(&buf, &usual);
        buf.data[rows[i].at] = rows[i].byte;
        if (i == 1) {
            buf.data[rows[i].at - 1] = buf.data[rows[i].at + 1] = 0;
        }
        struct cursor cursor = cursor_of(buf_view(&buf));
        assert_fault(sending_get_message(&cursor, &back), FAULT_BAD_INPUT);
    }
}

static void a_text_over_the_ceiling_or_without_a_letter_is_refused(void **state)
{
    static const char zeros[16] = {0};
    struct sending_message back;
    BUF_AUTO buf;
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        buf_init(&buf, 4096);
        buf_put_u64(&buf, 1);
        buf_put_u8(&buf, 0);
        buf_put_u32(&buf, 1);
        buf_put_block16(&buf, usual.phone);
        buf_put_u16(&buf, i == 0 ? 0 : OUTBOX_TEXT_BYTES_MAX + 1);
        for (unsigned n = 0; i == 1 && n < OUTBOX_TEXT_BYTES_MAX + 1; n++) {
            buf_put(&buf, zeros, 1);
        }
        struct cursor cursor = cursor_of(buf_view(&buf));
        assert_fault(sending_get_message(&cursor, &back), FAULT_BAD_INPUT);
        buf_done(&buf);
    }
    buf_init(&buf, 1);
}

static void a_result_comes_back_as_it_was_and_only_a_receipt_may_lack_the_id(void **state)
{
    struct sending_result back;
    (void)state;
    for (unsigned saying = 0; saying <= SENDING_SAYING_COUNT; saying++) {
        for (unsigned with_id = 0; with_id < 2; with_id++) {
            for (unsigned with_centre = 0; with_centre < 2; with_centre++) {
                bool receipt = saying == SENDING_DELIVERED || saying == SENDING_UNDELIVERED;
                bool good = saying < SENDING_SAYING_COUNT &&
                            (with_id == 1 || (receipt && with_centre == 1)) &&
                            (with_centre == 0 || receipt || saying == SENDING_ACCEPTED);
                BUF_AUTO buf;
                buf_init(&buf, 64);
                buf_put_u64(&buf, with_id);
                buf_put_u8(&buf, (uint8_t)saying);
                buf_put_block16(&buf, with_centre == 1 ? VIEW_LITERAL("c-1") : view_of(NULL, 0));
                struct cursor cursor = cursor_of(buf_view(&buf));
                assert_int_equal(outcome_ok(sending_get_result(&cursor, &back)), good);
                if (good) {
                    assert_true(back.id == with_id && (unsigned)back.saying == saying);
                }
            }
        }
    }
}

static void an_id_of_the_centres_over_the_ceiling_is_refused(void **state)
{
    static const char id[SENDING_CENTRE_ID_BYTES_MAX + 1] = {'c'};
    struct sending_result back;
    BUF_AUTO buf;
    (void)state;
    buf_init(&buf, 256);
    buf_put_u64(&buf, 1);
    buf_put_u8(&buf, SENDING_ACCEPTED);
    buf_put_block16(&buf, view_of(id, sizeof(id)));
    struct cursor cursor = cursor_of(buf_view(&buf));
    assert_fault(sending_get_result(&cursor, &back), FAULT_BAD_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_comes_back_as_it_was_and_not_a_byte_shorter),
        cmocka_unit_test(a_message_that_nobody_can_send_is_refused),
        cmocka_unit_test(a_text_over_the_ceiling_or_without_a_letter_is_refused),
        cmocka_unit_test(a_result_comes_back_as_it_was_and_only_a_receipt_may_lack_the_id),
        cmocka_unit_test(an_id_of_the_centres_over_the_ceiling_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
