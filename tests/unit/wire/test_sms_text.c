/* Texts of short messages: alphabets, parts, and that nothing is cut. */
#include "help.h"

#include "wire/sms_text.h"

static void assert_got(struct view bytes, uint8_t coding, const char *wanted)
{
    BUF_AUTO text;
    buf_init(&text, SMS_TEXT_BYTES_MAX);
    assert_ok(sms_text_get(bytes, coding, &text));
    assert_view(buf_view(&text), wanted);
}

static void refuse(struct view bytes, uint8_t coding)
{
    BUF_AUTO text;
    buf_init(&text, SMS_TEXT_BYTES_MAX);
    assert_fault(sms_text_get(bytes, coding, &text), FAULT_BAD_INPUT);
}

static void each_coding_is_read_as_its_alphabet(void **state)
{
    (void)state;
    assert_got(VIEW_LITERAL("DC TT"), SMS_CODING_GSM, "DC TT");
    assert_got(VIEW_LITERAL("\0\x02\x11\x7f"), SMS_CODING_GSM, "@$_à");
    assert_got(VIEW_LITERAL("\x1b\x65\x1b\x3c\x1b\x3e"), SMS_CODING_GSM, "€[]");
    assert_got(VIEW_LITERAL("\x1b\x20"
                            "a\x1b"),
               SMS_CODING_GSM, " a "); /* escapes to nothing */
    assert_got(VIEW_LITERAL("DC"), 0xf0, "DC");
    assert_got(VIEW_LITERAL("DC"), SMS_CODING_ASCII, "DC");
    assert_got(VIEW_LITERAL("D\xc0"), SMS_CODING_LATIN1, "DÀ");
    assert_got(VIEW_LITERAL("\x1e\xbf\x01\x11\0a"), SMS_CODING_UCS2, "ếđa");
    assert_got(VIEW_LITERAL("\xd8\x3d\xde\x00"), SMS_CODING_UCS2, "😀");
}

static void bytes_that_are_no_text_are_refused(void **state)
{
    (void)state;
    refuse(VIEW_LITERAL("\x80"), SMS_CODING_GSM);
    refuse(VIEW_LITERAL("\x80"), SMS_CODING_ASCII);
    refuse(VIEW_LITERAL("\0"), SMS_CODING_UCS2);       /* half a character */
    refuse(VIEW_LITERAL("\xd8\x3d"), SMS_CODING_UCS2); /* half a pair */
    refuse(VIEW_LITERAL("\xd8\x3d\0a"), SMS_CODING_UCS2);
    refuse(VIEW_LITERAL("\xde\x00"), SMS_CODING_UCS2);
    refuse(VIEW_LITERAL("x"), 4); /* binary */
    refuse(VIEW_LITERAL("x"), 2);
    refuse(VIEW_LITERAL("x"), 0xf4);
}

static struct sms_plan plan_of(struct view text)
{
    struct sms_plan plan;
    assert_ok(sms_text_plan(text, &plan));
    return plan;
}

/* So many times the same text. */
static struct view repeat(const char *text, unsigned times, struct buf *buf)
{
    buf_reset(buf);
    for (unsigned i = 0; i < times; i++) {
        buf_put_text(buf, text);
    }
    assert_ok(buf_check(buf));
    return buf_view(buf);
}

static void a_message_holds_160_letters_of_the_one_alphabet_and_70_of_the_other(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned times;
        uint8_t coding;
        unsigned parts;
    } rows[] = {
        {"a", 160, SMS_CODING_GSM, 1},  {"a", 161, SMS_CODING_GSM, 2},
        {"a", 306, SMS_CODING_GSM, 2},  {"a", 307, SMS_CODING_GSM, 3},
        {"€", 80, SMS_CODING_GSM, 1},   {"€", 81, SMS_CODING_GSM, 2},
        {"đ", 70, SMS_CODING_UCS2, 1},  {"đ", 71, SMS_CODING_UCS2, 2},
        {"đ", 134, SMS_CODING_UCS2, 2}, {"đ", 135, SMS_CODING_UCS2, 3},
        {"😀", 35, SMS_CODING_UCS2, 1},  {"😀", 36, SMS_CODING_UCS2, 2},
    };
    BUF_AUTO text;
    buf_init(&text, SMS_TEXT_BYTES_MAX);
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sms_plan plan = plan_of(repeat(rows[i].text, rows[i].times, &text));
        assert_int_equal(plan.coding, rows[i].coding);
        assert_int_equal(plan.parts, rows[i].parts);
    }
}

static void more_parts_than_the_ceiling_are_refused(void **state)
{
    (void)state;
    struct sms_plan plan;
    BUF_AUTO text;
    buf_init(&text, SMS_TEXT_BYTES_MAX);
    assert_ok(sms_text_plan(repeat("a", SMS_PARTS_MAX * 153, &text), &plan));
    assert_int_equal(plan.parts, SMS_PARTS_MAX);
    assert_fault(sms_text_plan(repeat("a", SMS_PARTS_MAX * 153 + 1, &text), &plan),
                 FAULT_OVER_LIMIT);
}

/* Sends `text`, checks each part as it goes over the air, and puts them together again. */
static void send_and_join(struct view text)
{
    struct sms_plan plan = plan_of(text);
    BUF_AUTO joined;
    buf_init(&joined, SMS_TEXT_BYTES_MAX);
    for (unsigned number = 1; number <= plan.parts; number++) {
        struct sms_part part;
        BUF_AUTO bytes;
        buf_init(&bytes, 512);
        sms_text_put(text, &plan, number, 200, &bytes);
        const struct smpp_message message = {.text = buf_view(&bytes),
                                             .esm_class = plan.parts > 1 ? SMPP_CLASS_HEADER : 0};
        assert_ok(sms_part_get(&message, &part));
        assert_int_equal(part.count, plan.parts);
        assert_int_equal(part.number, number);
        size_t octets = plan.coding == SMS_CODING_GSM ? (part.text.len * 7 + 7) / 8 : part.text.len;
        assert_true(octets + (plan.parts > 1 ? 6 : 0) <= SMS_PART_BYTES_MAX);
        assert_ok(sms_text_get(part.text, plan.coding, &joined));
    }
    assert_true(view_equal(buf_view(&joined), text));
}

static void no_character_is_cut_by_the_end_of_a_part(void **state)
{
    (void)state;
    BUF_AUTO text;
    buf_init(&text, SMS_TEXT_BYTES_MAX);
    for (unsigned before = 0; before < 3; before++) {
        buf_reset(&text);
        for (unsigned i = 0; i < before; i++) {
            buf_put_u8(&text, 'a');
        }
        for (unsigned i = 0; i < 200; i++) {
            buf_put_text(&text, "€");
        }
        send_and_join(buf_view(&text));
        buf_reset(&text);
        for (unsigned i = 0; i < before; i++) {
            buf_put_text(&text, "đ");
        }
        for (unsigned i = 0; i < 120; i++) {
            buf_put_text(&text, "😀");
        }
        send_and_join(buf_view(&text));
    }
}

static void every_letter_of_the_alphabet_goes_and_comes_as_itself(void **state)
{
    (void)state;
    BUF_AUTO text;
    buf_init(&text, SMS_TEXT_BYTES_MAX);
    for (unsigned septet = 0; septet < 128; septet++) {
        const uint8_t byte = (uint8_t)septet;
        if (septet != 0x1b) {
            assert_ok(sms_text_get(view_of(&byte, 1), SMS_CODING_GSM, &text));
        }
    }
    assert_int_equal(plan_of(buf_view(&text)).coding, SMS_CODING_GSM);
    send_and_join(buf_view(&text));
}

static struct outcome part_of(const char *text, size_t len, struct sms_part *ret_part)
{
    const struct smpp_message message = {.text = view_of(text, len),
                                         .esm_class = SMPP_CLASS_HEADER};
    return sms_part_get(&message, ret_part);
}
#define PART_OF(text, ret) part_of(text, sizeof(text) - 1, ret)

static void headers_of_both_kinds_and_parameters_tell_the_part(void **state)
{
    (void)state;
    struct sms_part part;
    assert_ok(PART_OF("\x05\0\x03\x07\x02\x01"
                      "ab",
                      &part));
    assert_int_equal(part.reference, 7);
    assert_int_equal(part.count, 2);
    assert_int_equal(part.number, 1);
    assert_view(part.text, "ab");
    assert_ok(PART_OF("\x06\x08\x04\x12\x34\x03\x03"
                      "c",
                      &part));
    assert_int_equal(part.reference, 0x1234);
    assert_int_equal(part.number, 3);
    assert_ok(PART_OF("\x06\x05\x04\x0b\x84\x23\xf0"
                      "d",
                      &part)); /* ports: of no concern */
    assert_int_equal(part.count, 1);
    assert_view(part.text, "d");
    const struct smpp_message sar = {.has_parts = true,
                                     .part_reference = 9,
                                     .part_count = 2,
                                     .part = 2,
                                     .text = VIEW_LITERAL("e")};
    assert_ok(sms_part_get(&sar, &part));
    assert_int_equal(part.reference, 9);
    assert_int_equal(part.number, 2);
}

static void a_header_that_does_not_fit_is_refused(void **state)
{
    (void)state;
    struct sms_part part;
    assert_fault(PART_OF("", &part), FAULT_BAD_INPUT);
    assert_fault(PART_OF("\x05\0\x03\x07\x02", &part), FAULT_BAD_INPUT); /* beyond the text */
    assert_fault(PART_OF("\x05\0\x04\x07\x02\x01"
                         "a",
                         &part),
                 FAULT_BAD_INPUT);
    assert_fault(PART_OF("\x04\0\x02\x07\x02"
                         "a",
                         &part),
                 FAULT_BAD_INPUT); /* too short */
    assert_fault(PART_OF("\x05\0\x03\x07\0\x01"
                         "a",
                         &part),
                 FAULT_BAD_INPUT);
    assert_fault(PART_OF("\x05\0\x03\x07\x02\0"
                         "a",
                         &part),
                 FAULT_BAD_INPUT);
    assert_fault(PART_OF("\x05\0\x03\x07\x02\x03"
                         "a",
                         &part),
                 FAULT_BAD_INPUT);
    assert_fault(PART_OF("\x05\0\x03\x07\xff\x01"
                         "a",
                         &part),
                 FAULT_BAD_INPUT); /* too many */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_coding_is_read_as_its_alphabet),
        cmocka_unit_test(bytes_that_are_no_text_are_refused),
        cmocka_unit_test(a_message_holds_160_letters_of_the_one_alphabet_and_70_of_the_other),
        cmocka_unit_test(more_parts_than_the_ceiling_are_refused),
        cmocka_unit_test(no_character_is_cut_by_the_end_of_a_part),
        cmocka_unit_test(every_letter_of_the_alphabet_goes_and_comes_as_itself),
        cmocka_unit_test(headers_of_both_kinds_and_parameters_tell_the_part),
        cmocka_unit_test(a_header_that_does_not_fit_is_refused),
    };
    return cmocka_run_group_tests_name("wire/sms_text", tests, NULL, NULL);
}
