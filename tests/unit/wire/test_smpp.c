/* SMPP's units: what is read of them, what is refused, and that what we write is by the book. */
#include "help.h"

#include "wire/smpp.h"

/* A deliver_sm as a centre sends it, byte by byte (section 4.6.1), with two parameters. */
static const uint8_t delivered[] = {
    0,    0,    0,   83,  0,    0,    0,   5,   0,   0,   0,   0,   0,   0, 0, 7, /* header */
    0,                                                                            /* service_type */
    1,    1,    '8', '4', '9',  '5',  '0', '0', '0', '0', '0', '0', '1', 0,       /* source */
    0,    1,    '1', '4', '1',  '4',  0,                                          /* destination */
    0,    0,    0,   0,   0,    0,    0,   0,   0, /* esm_class ... */
    5,    'D',  'C', ' ', 'T',  'T',               /* short_message */
    0x02, 0x04, 0,   2,   0x12, 0x34,              /* user_message_reference */
    0x00, 0x1e, 0,   3,   'a',  'b',  0,           /* receipted_message_id */
    0x04, 0x27, 0,   1,   2,                       /* message_state */
    0x14, 0x00, 0,   3,   9,    9,    9,           /* a vendor's */
    0x03, 0x02, 0,   1,   3,                       /* callback_num_pres_ind */
};

static struct view body_of(struct view unit)
{
    return view_part(unit, SMPP_HEADER_BYTES, unit.len - SMPP_HEADER_BYTES);
}

static void a_unit_is_told_apart_by_its_length(void **state)
{
    (void)state;
    struct smpp_header header;
    struct view unit = view_of(delivered, sizeof(delivered));
    assert_int_equal(sizeof(delivered), 83);
    for (size_t len = 0; len < unit.len; len++) {
        assert_fault(smpp_peek(view_part(unit, 0, len), &header), FAULT_AGAIN);
    }
    assert_ok(smpp_peek(unit, &header));
    assert_int_equal(header.bytes, sizeof(delivered));
    assert_int_equal(header.command, SMPP_DELIVER);
    assert_int_equal(header.status, 0);
    assert_int_equal(header.sequence, 7);
}

static void a_length_that_cannot_be_is_refused_at_once(void **state)
{
    (void)state;
    static const uint8_t lengths[][4] = {
        {0, 0, 0, 0}, {0, 0, 0, 15}, {0, 0, 0x10, 1}, {0x7f, 0xff, 0xff, 0xff}, {0x80, 0, 0, 16}};
    struct smpp_header header;
    for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        assert_fault(smpp_peek(view_of(lengths[i], 4), &header), FAULT_BAD_INPUT);
    }
}

static void a_delivered_message_is_read_with_its_parameters(void **state)
{
    (void)state;
    struct smpp_message message;
    assert_ok(smpp_get_message(body_of(view_of(delivered, sizeof(delivered))), &message));
    assert_view(message.source, "84950000001");
    assert_int_equal(message.source_ton, SMPP_TON_INTERNATIONAL);
    assert_view(message.destination, "1414");
    assert_view(message.text, "DC TT");
    assert_true(message.has_reference);
    assert_int_equal(message.reference, 0x1234);
    assert_view(message.receipted_id, "ab");
    assert_true(message.has_state);
    assert_int_equal(message.state, SMPP_STATE_DELIVERED);
    assert_false(message.has_parts);
}

static void a_body_cut_anywhere_is_refused_or_has_whole_parameters(void **state)
{
    (void)state;
    /* Where one parameter ends and the next has not begun, it is a whole unit with fewer. */
    static const size_t whole[] = {37, 43, 50, 55, 62, 67};
    struct view body = body_of(view_of(delivered, sizeof(delivered)));
    unsigned read = 0;
    for (size_t len = 0; len <= body.len; len++) {
        struct smpp_message message;
        struct outcome outcome = smpp_get_message(view_part(body, 0, len), &message);
        bool is_whole = read < sizeof(whole) / sizeof(whole[0]) && len == whole[read];
        assert_int_equal(outcome.fault, is_whole ? FAULT_NONE : FAULT_BAD_INPUT);
        read += is_whole ? 1 : 0;
    }
    assert_int_equal(read, sizeof(whole) / sizeof(whole[0]));
}

/* A message with parameters after it, as they are given. */
static struct outcome get_with(const char *parameters, size_t len, struct smpp_message *ret_message)
{
    static uint8_t bytes[8192];
    const struct smpp_message message = {.source = VIEW_LITERAL("84950000001"),
                                         .destination = VIEW_LITERAL("1414")};
    BUF_AUTO unit;
    buf_init(&unit, sizeof(bytes));
    smpp_put_message(&unit, SMPP_DELIVER, 1, &message);
    buf_put(&unit, parameters, len);
    assert_ok(buf_check(&unit));
    memcpy(bytes, unit.data, unit.len);
    return smpp_get_message(body_of(view_of(bytes, unit.len)), ret_message);
}
#define GET_WITH(parameters, ret) get_with(parameters, sizeof(parameters) - 1, ret)

static void parameters_of_a_wrong_length_are_refused(void **state)
{
    (void)state;
    struct smpp_message message;
    assert_fault(GET_WITH("\x02\x04\0\x01\x12", &message), FAULT_BAD_INPUT);
    assert_fault(GET_WITH("\x02\x04\0\x03\x12\x13\x14", &message), FAULT_BAD_INPUT);
    assert_fault(GET_WITH("\x04\x27\0\0", &message), FAULT_BAD_INPUT);
    assert_fault(GET_WITH("\x00\x1e\0\x02xy", &message), FAULT_BAD_INPUT);   /* without its end */
    assert_fault(GET_WITH("\x00\x1e\0\x03x\0y", &message), FAULT_BAD_INPUT); /* and more */
    assert_fault(GET_WITH("\x00\x1e\xff\xffxy", &message), FAULT_BAD_INPUT);
}

static void the_first_of_a_doubled_parameter_counts(void **state)
{
    (void)state;
    struct smpp_message message;
    assert_ok(GET_WITH("\x02\x04\0\x02\x00\x01\x02\x04\0\x02\x00\x02", &message));
    assert_int_equal(message.reference, 1);
}

static void a_payload_stands_in_the_stead_of_the_text_and_never_beside_it(void **state)
{
    (void)state;
    struct smpp_message message;
    assert_ok(GET_WITH("\x04\x24\0\x05"
                       "DC HD",
                       &message));
    assert_view(message.text, "DC HD");
    BUF_AUTO unit;
    buf_init(&unit, 512);
    smpp_put_message(&unit, SMPP_DELIVER, 1, &(struct smpp_message){.text = VIEW_LITERAL("a")});
    buf_put(&unit,
            "\x04\x24\0\x01"
            "b",
            5);
    assert_fault(smpp_get_message(body_of(buf_view(&unit)), &message), FAULT_BAD_INPUT);
}

static void a_hundred_parameters_are_too_many(void **state)
{
    (void)state;
    char parameters[100 * 5];
    struct smpp_message message;
    for (unsigned i = 0; i < 100; i++) {
        memcpy(parameters + 5ul * i, "\x14\x00\x00\x01x", 5);
    }
    assert_ok(get_with(parameters, SMPP_TLVS_MAX * 5, &message));
    assert_fault(get_with(parameters, (SMPP_TLVS_MAX + 1) * 5, &message), FAULT_BAD_INPUT);
    assert_fault(get_with(parameters, sizeof(parameters), &message), FAULT_BAD_INPUT);
}

static void fields_longer_than_the_book_has_them_are_refused(void **state)
{
    (void)state;
    static const char service[] = "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    struct smpp_message message;
    assert_ok(smpp_get_message(view_of(service, 17), &message)); /* all empty */
    static const char long_service[] = "abcdef\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    assert_fault(smpp_get_message(view_of(long_service, 23), &message), FAULT_BAD_INPUT);
    static const char long_source[] = "\0\0\0"
                                      "123456789012345678901\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    assert_fault(smpp_get_message(view_of(long_source, 38), &message), FAULT_BAD_INPUT);
    static const char half_time[] = "\0\0\0\0\0\0\0\0\0\0"
                                    "12345\0\0\0\0\0\0\0";
    assert_fault(smpp_get_message(view_of(half_time, 22), &message), FAULT_BAD_INPUT);
}

static void names_and_empty_bodies_are_read_to_their_end(void **state)
{
    (void)state;
    struct view name;
    assert_ok(smpp_get_name(VIEW_LITERAL("m-1\0"), SMPP_ID_BYTES_MAX, &name));
    assert_view(name, "m-1");
    assert_ok(smpp_get_name((struct view){0}, SMPP_ID_BYTES_MAX, &name)); /* of an error */
    assert_int_equal(name.len, 0);
    assert_ok(smpp_get_name(VIEW_LITERAL("m\0\x02\x10\0\x01\x34"), SMPP_ID_BYTES_MAX, &name));
    assert_fault(smpp_get_name(VIEW_LITERAL("m-1"), SMPP_ID_BYTES_MAX, &name), FAULT_BAD_INPUT);
    assert_fault(smpp_get_name(VIEW_LITERAL("m-12\0"), 3, &name), FAULT_BAD_INPUT);
    assert_fault(smpp_get_name(VIEW_LITERAL("m\0x"), SMPP_ID_BYTES_MAX, &name), FAULT_BAD_INPUT);
    assert_ok(smpp_get_nothing((struct view){0}));
    assert_fault(smpp_get_nothing(VIEW_LITERAL("x")), FAULT_BAD_INPUT);
}

static void a_bind_is_by_the_book(void **state)
{
    (void)state;
    static const uint8_t wanted[] = {0,   0,   0,   34,  0,   0,   0,    9,   0,   0, 0,   0,
                                     0,   0,   0,   1,   'd', 'a', 'n',  'c', 'u', 0, 's', 'e',
                                     'c', 'r', 'e', 't', 0,   0,   0x34, 0,   0,   0};
    const struct smpp_bind bind = {.system_id = VIEW_LITERAL("dancu"),
                                   .password = VIEW_LITERAL("secret")};
    BUF_AUTO unit;
    buf_init(&unit, 256);
    smpp_put_bind(&unit, 1, &bind);
    assert_true(view_equal(buf_view(&unit), view_of(wanted, sizeof(wanted))));
}

static void what_is_submitted_is_read_as_it_was_put(void **state)
{
    (void)state;
    const struct smpp_message message = {.source = VIEW_LITERAL("1414"),
                                         .destination = VIEW_LITERAL("84950000001"),
                                         .destination_ton = SMPP_TON_INTERNATIONAL,
                                         .destination_npi = SMPP_NPI_ISDN,
                                         .esm_class = SMPP_CLASS_HEADER,
                                         .validity = VIEW_LITERAL("000000003000000R"),
                                         .registered = 1,
                                         .replace = true,
                                         .coding = 8,
                                         .text = VIEW_LITERAL("some text"),
                                         .has_reference = true,
                                         .reference = 0xfffe};
    struct smpp_message read;
    BUF_AUTO unit;
    buf_init(&unit, 512);
    smpp_put_message(&unit, SMPP_SUBMIT, 3, &message);
    assert_ok(smpp_get_message(body_of(buf_view(&unit)), &read));
    assert_view(read.source, "1414");
    assert_view(read.destination, "84950000001");
    assert_int_equal(read.destination_ton, 1);
    assert_view(read.validity, "000000003000000R");
    assert_int_equal(read.registered, 1);
    assert_true(read.replace);
    assert_int_equal(read.coding, 8);
    assert_view(read.text, "some text");
    assert_int_equal(read.reference, 0xfffe);
}

static void a_receipt_says_its_values_in_words(void **state)
{
    (void)state;
    struct view text = VIEW_LITERAL("id:12ab sub:001 dlvrd:001 submit date:2611260930 done "
                                    "date:2611260931 stat:DELIVRD err:000 text:stat:X");
    assert_view(smpp_receipt_value(text, "id:"), "12ab");
    assert_view(smpp_receipt_value(text, "stat:"), "DELIVRD");
    assert_view(smpp_receipt_value(text, "text:"), "stat:X");
    assert_view(smpp_receipt_value(text, "none:"), "");
    assert_view(smpp_receipt_value((struct view){0}, "id:"), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_unit_is_told_apart_by_its_length),
        cmocka_unit_test(a_length_that_cannot_be_is_refused_at_once),
        cmocka_unit_test(a_delivered_message_is_read_with_its_parameters),
        cmocka_unit_test(a_body_cut_anywhere_is_refused_or_has_whole_parameters),
        cmocka_unit_test(parameters_of_a_wrong_length_are_refused),
        cmocka_unit_test(the_first_of_a_doubled_parameter_counts),
        cmocka_unit_test(a_payload_stands_in_the_stead_of_the_text_and_never_beside_it),
        cmocka_unit_test(a_hundred_parameters_are_too_many),
        cmocka_unit_test(fields_longer_than_the_book_has_them_are_refused),
        cmocka_unit_test(names_and_empty_bodies_are_read_to_their_end),
        cmocka_unit_test(a_bind_is_by_the_book),
        cmocka_unit_test(what_is_submitted_is_read_as_it_was_put),
        cmocka_unit_test(a_receipt_says_its_values_in_words),
    };
    return cmocka_run_group_tests_name("wire/smpp", tests, NULL, NULL);
}
