/* Cursors at and past their end; strict hexadecimal and decimal numbers. */
#include "help.h"

#include "base/bytes.h"

static const uint8_t fifteen[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

static void integers_are_read_big_endian(void **state)
{
    (void)state;
    struct cursor cursor = cursor_of(view_of(fifteen, sizeof(fifteen)));
    assert_int_equal(cursor_u8(&cursor), 1);
    assert_int_equal(cursor_u16(&cursor), 0x0203);
    assert_int_equal(cursor_u32(&cursor), 0x04050607);
    assert_true(cursor_u64(&cursor) == 0x08090a0b0c0d0e0f);
    assert_int_equal(cursor_left(&cursor), 0);
    assert_ok(cursor_end(&cursor, "fifteen"));
}

/* Reads by the nth reader: number of bytes that it needs. */
static size_t read_by(int reader, struct cursor *cursor, uint64_t *ret_value)
{
    uint8_t copy[3] = {9, 9, 9};

    switch (reader) {
    case 0:
        *ret_value = cursor_u8(cursor);
        return 1;
    case 1:
        *ret_value = cursor_u16(cursor);
        return 2;
    case 2:
        *ret_value = cursor_u32(cursor);
        return 4;
    case 3:
        *ret_value = cursor_u64(cursor);
        return 8;
    case 4:
        *ret_value = cursor_view(cursor, 5).len;
        return 5;
    default:
        cursor_copy(cursor, copy, sizeof(copy));
        *ret_value = (uint64_t)(copy[0] | copy[1] | copy[2]);
        return 3;
    }
}

static void every_read_past_the_end_fails_and_gives_zero(void **state)
{
    (void)state;
    for (int reader = 0; reader <= 5; reader++) {
        for (size_t have = 0; have <= sizeof(fifteen); have++) {
            /* A block of its own, so that the sanitizer sees one byte too many. */
            MEMORY_AUTO uint8_t *block = memory_new(have, 1);
            memset(block, 0xff, have);
            struct cursor cursor = cursor_of(view_of(block, have));
            uint64_t value = 7;
            size_t need = read_by(reader, &cursor, &value);
            assert_int_equal(cursor.failed, have < need);
            assert_int_equal(value == 0, have < need);
            assert_int_equal(cursor_left(&cursor), have < need ? 0 : have - need);
        }
    }
}

static void a_failed_cursor_stays_failed(void **state)
{
    (void)state;
    struct cursor cursor = cursor_of(view_of(fifteen, 3));
    assert_int_equal(cursor_u32(&cursor), 0);
    assert_int_equal(cursor_u8(&cursor), 0);
    assert_int_equal(cursor_view(&cursor, 1).len, 0);
    assert_non_null(cursor_view(&cursor, 0).data);
    assert_int_equal(cursor_until(&cursor, 2).len, 0);
    assert_true(cursor.failed);
    assert_fault(cursor_end(&cursor, "three"), FAULT_BAD_INPUT);
    assert_string_equal(cursor_end(&cursor, "three").what, "three");
}

static void what_is_left_over_is_refused(void **state)
{
    (void)state;
    struct cursor cursor = cursor_of(view_of(fifteen, 3));
    (void)cursor_u16(&cursor);
    assert_false(cursor.failed);
    assert_fault(cursor_end(&cursor, "rest"), FAULT_BAD_INPUT);
    (void)cursor_u8(&cursor);
    assert_ok(cursor_end(&cursor, "rest"));
}

static void an_empty_view_reads_as_nothing(void **state)
{
    (void)state;
    struct cursor cursor = cursor_of((struct view){0});
    uint8_t none = 5;
    cursor_copy(&cursor, &none, 0);
    assert_int_equal(none, 5);
    assert_int_equal(cursor_view(&cursor, 0).len, 0);
    assert_int_equal(cursor_left(&cursor), 0);
    assert_ok(cursor_end(&cursor, "empty"));
    assert_int_equal(cursor_until(&cursor, 'x').len, 0);
    assert_fault(cursor_end(&cursor, "empty"), FAULT_BAD_INPUT);
}

static void a_block_longer_than_the_rest_fails(void **state)
{
    (void)state;
    struct cursor good = cursor_of(VIEW_LITERAL("\0\2ab\0\0\0\1c"));
    assert_view(cursor_block16(&good), "ab");
    assert_view(cursor_block32(&good), "c");
    assert_ok(cursor_end(&good, "blocks"));

    struct cursor short16 = cursor_of(VIEW_LITERAL("\0\3ab"));
    assert_int_equal(cursor_block16(&short16).len, 0);
    assert_true(short16.failed);
    struct cursor short32 = cursor_of(VIEW_LITERAL("\xff\xff\xff\xff"
                                                   "ab"));
    assert_int_equal(cursor_block32(&short32).len, 0);
    assert_true(short32.failed);
    struct cursor no_length = cursor_of(VIEW_LITERAL("\0\0\0"));
    assert_int_equal(cursor_block32(&no_length).len, 0);
    assert_true(no_length.failed);
}

static void until_consumes_the_separator_and_fails_without_one(void **state)
{
    (void)state;
    struct cursor cursor = cursor_of(VIEW_LITERAL("ab,,c"));
    assert_view(cursor_until(&cursor, ','), "ab");
    assert_view(cursor_until(&cursor, ','), "");
    assert_int_equal(cursor_left(&cursor), 1);
    assert_false(cursor.failed);
    assert_int_equal(cursor_until(&cursor, ',').len, 0);
    assert_true(cursor.failed);
}

static void hexadecimal_is_read_back(void **state)
{
    (void)state;
    uint8_t bytes[256];
    uint8_t again[256];
    BUF_AUTO text;
    buf_init(&text, 1024);
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)i;
    }
    buf_put_hex(&text, view_of(bytes, sizeof(bytes)));
    assert_ok(hex_get(buf_view(&text), again, sizeof(again)));
    assert_memory_equal(bytes, again, sizeof(bytes));
    assert_ok(hex_get((struct view){0}, again, 0));
}

static void hexadecimal_of_another_shape_is_refused_and_writes_nothing(void **state)
{
    (void)state;
    static const char *const bad[] = {"",     "0",    "000",  "0000 ", "00001", "0A0b",
                                      "0g00", "00/0", "00:0", "00`0",  " 000",  "0x00"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        uint8_t bytes[2] = {0xaa, 0xbb};
        assert_fault(hex_get(view_text(bad[i]), bytes, sizeof(bytes)), FAULT_BAD_INPUT);
        assert_int_equal(bytes[0], 0xaa);
        assert_int_equal(bytes[1], 0xbb);
    }
}

static void decimals_are_read_up_to_their_maximum(void **state)
{
    (void)state;
    uint64_t value = 9;
    assert_ok(decimal_get(VIEW_LITERAL("0"), 0, &value));
    assert_true(value == 0);
    assert_ok(decimal_get(VIEW_LITERAL("255"), 255, &value));
    assert_true(value == 255);
    assert_ok(decimal_get(VIEW_LITERAL("18446744073709551615"), UINT64_MAX, &value));
    assert_true(value == UINT64_MAX);
}

static void decimals_of_another_shape_are_refused_and_write_nothing(void **state)
{
    (void)state;
    static const char *const bad[] = {"",   "00",  "01",  "+1",   "-1",
                                      " 1", "1 ",  "1.0", "0x1",  "256",
                                      "a",  "1/2", "1:",  "2560", "18446744073709551616"};
    uint64_t value = 9;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_fault(decimal_get(view_text(bad[i]), 255, &value), FAULT_BAD_INPUT);
    }
    assert_fault(decimal_get(VIEW_LITERAL("18446744073709551616"), UINT64_MAX, &value),
                 FAULT_BAD_INPUT);
    assert_fault(decimal_get(VIEW_LITERAL("99999999999999999999"), UINT64_MAX, &value),
                 FAULT_BAD_INPUT);
    assert_true(value == 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_are_read_big_endian),
        cmocka_unit_test(every_read_past_the_end_fails_and_gives_zero),
        cmocka_unit_test(a_failed_cursor_stays_failed),
        cmocka_unit_test(what_is_left_over_is_refused),
        cmocka_unit_test(an_empty_view_reads_as_nothing),
        cmocka_unit_test(a_block_longer_than_the_rest_fails),
        cmocka_unit_test(until_consumes_the_separator_and_fails_without_one),
        cmocka_unit_test(hexadecimal_is_read_back),
        cmocka_unit_test(hexadecimal_of_another_shape_is_refused_and_writes_nothing),
        cmocka_unit_test(decimals_are_read_up_to_their_maximum),
        cmocka_unit_test(decimals_of_another_shape_are_refused_and_write_nothing),
    };
    return cmocka_run_group_tests_name("base/cursor", tests, NULL, NULL);
}
