/* UTF-8: every character encodes validly, every other sequence of up to three bytes is refused. */
#include "help.h"

#include "base/bytes.h"

/* The encoding of a code point, by the definition; its length. */
static size_t encode(uint32_t point, uint8_t *ret_bytes)
{
    if (point < 0x80) {
        ret_bytes[0] = (uint8_t)point;
        return 1;
    }
    size_t len = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--) {
        ret_bytes[i] = (uint8_t)(0x80 | (point & 0x3f));
        point >>= 6;
    }
    ret_bytes[0] = (uint8_t)((0xf0 << (4 - len)) | point);
    return len;
}

static void every_code_point_but_a_surrogate_is_valid(void **state)
{
    (void)state;
    for (uint32_t point = 0; point < 0x120000; point++) {
        uint8_t bytes[4];
        size_t len = encode(point, bytes);
        bool expected = point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
        if (utf8_valid(view_of(bytes, len)) != expected) {
            fail_msg("U+%04X", point);
        }
        if (len > 1 && utf8_valid(view_of(bytes, len - 1))) {
            fail_msg("U+%04X cut short", point);
        }
    }
}

static void exactly_as_many_short_sequences_are_valid_as_there_are_texts(void **state)
{
    (void)state;
    size_t valid_two = 0;
    size_t valid_three = 0;
    for (uint32_t word = 0; word < 0x10000; word++) {
        uint8_t bytes[2] = {(uint8_t)(word >> 8), (uint8_t)word};
        valid_two += utf8_valid(view_of(bytes, 2));
    }
    assert_int_equal(valid_two, 128 * 128 + (0x800 - 0x80));
    for (uint32_t word = 0; word < 0x1000000; word++) {
        uint8_t bytes[3] = {(uint8_t)(word >> 16), (uint8_t)(word >> 8), (uint8_t)word};
        valid_three += utf8_valid(view_of(bytes, 3));
    }
    size_t pairs = (size_t)2 * 128 * (0x800 - 0x80);
    size_t singles = 0x10000 - 0x800 - 0x800; /* of three bytes, without the surrogates */
    assert_int_equal(valid_three, 128 * 128 * 128 + pairs + singles);
}

static void overlong_forms_and_wild_bytes_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "\xc0\x80",
        "\xc1\xbf",
        "\xe0\x80\x80",
        "\xe0\x9f\xbf",
        "\xf0\x80\x80\x80",
        "\xf0\x8f\xbf\xbf",
        "\xed\xa0\x80",
        "\xed\xbf\xbf",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xfe",
        "\xff",
        "\x80",
        "\xbf",
        "a\x80",
        "\xc3",
        "\xe1\xbb",
        "\xf0\x9f\x98",
        "\xc3(",
        "\xe1(\xa1",
        "\xe1\xbb(",
        "\xf0(\x8c\xbc",
        "\xf0\x90(\xbc",
        "\xf0\x90\x8c(",
        "abcdefgh\x80",
        "abcdefg\xc3",
        "\xf8\x88\x80\x80\x80",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        size_t len = strlen(bad[i]);
        MEMORY_AUTO uint8_t *exact = memory_new(len, 1);
        memcpy(exact, bad[i], len);
        if (utf8_valid(view_of(exact, len))) {
            fail_msg("row %zu", i);
        }
    }
}

static void text_is_valid_at_every_alignment(void **state)
{
    (void)state;
    struct view text = view_text("Nguyễn Thị Ánh Tuyết, Đắk Lắk – 😀 end");
    assert_true(utf8_valid(text));
    assert_true(utf8_valid((struct view){0}));
    assert_true(utf8_valid(VIEW_LITERAL("a\0b")));
    for (size_t cut = 0; cut <= text.len; cut++) {
        bool boundary = cut == text.len || (text.data[cut] & 0xc0) != 0x80;
        assert_int_equal(utf8_valid(view_part(text, 0, cut)), boundary);
        assert_int_equal(utf8_valid(view_part(text, cut, text.len - cut)), boundary);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_point_but_a_surrogate_is_valid),
        cmocka_unit_test(exactly_as_many_short_sequences_are_valid_as_there_are_texts),
        cmocka_unit_test(overlong_forms_and_wild_bytes_are_refused),
        cmocka_unit_test(text_is_valid_at_every_alignment),
    };
    return cmocka_run_group_tests_name("base/utf8", tests, NULL, NULL);
}
