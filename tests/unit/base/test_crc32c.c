/* CRC32C: vectors of RFC 3720 appendix B.4, and both ways against each other. */
#include "help.h"

#include "base/bytes.h"

static void check_both(struct view bytes, uint32_t expected)
{
    assert_int_equal(crc32c(0, bytes), expected);
    assert_int_equal(crc32c_portable(0, bytes), expected);
}

static void the_vectors_of_rfc_3720_hold(void **state)
{
    (void)state;
    uint8_t bytes[32];
    memset(bytes, 0, sizeof(bytes));
    check_both(view_of(bytes, sizeof(bytes)), 0x8a9136aa);
    memset(bytes, 0xff, sizeof(bytes));
    check_both(view_of(bytes, sizeof(bytes)), 0x62a8ab43);
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)i;
    }
    check_both(view_of(bytes, sizeof(bytes)), 0x46dd794e);
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)(31 - i);
    }
    check_both(view_of(bytes, sizeof(bytes)), 0x113fdb5c);
    static const uint8_t read_command[48] = {
        0x01, 0xc0, 0, 0,    0, 0, 0, 0,    0,    0, 0, 0, 0, 0, 0, 0, 0x14, 0, 0, 0, 0, 0, 4, 0,
        0,    0,    0, 0x14, 0, 0, 0, 0x18, 0x28, 0, 0, 0, 0, 0, 0, 0, 2,    0, 0, 0, 0, 0, 0, 0,
    };
    check_both(view_of(read_command, sizeof(read_command)), 0xd9963a56);
    check_both(VIEW_LITERAL("123456789"), 0xe3069283);
    check_both((struct view){0}, 0);
}

static void both_ways_agree_on_every_length_and_alignment(void **state)
{
    (void)state;
    static uint8_t bytes[5000]; /* three blocks of three lanes, and more */
    uint32_t seed = 12345;
    for (size_t i = 0; i < sizeof(bytes); i++) {
        seed = seed * 1664525 + 1013904223;
        bytes[i] = (uint8_t)(seed >> 24);
    }
    for (size_t from = 0; from < 16; from++) {
        for (size_t len = 0; len <= sizeof(bytes) - from; len += len < 300 ? 1 : 37) {
            struct view part = view_of(bytes + from, len);
            assert_int_equal(crc32c(7, part), crc32c_portable(7, part));
        }
    }
}

static void a_sum_continued_is_the_sum_of_the_whole(void **state)
{
    (void)state;
    struct view whole = VIEW_LITERAL("The quick brown fox jumps over the lazy dog");
    for (size_t cut = 0; cut <= whole.len; cut++) {
        uint32_t sum = crc32c(0, view_part(whole, 0, cut));
        assert_int_equal(crc32c(sum, view_part(whole, cut, whole.len - cut)), crc32c(0, whole));
    }
}

static void a_flipped_bit_changes_the_sum(void **state)
{
    (void)state;
    uint8_t bytes[64] = {0};
    uint32_t sum = crc32c(0, view_of(bytes, sizeof(bytes)));
    for (size_t bit = 0; bit < 8 * sizeof(bytes); bit++) {
        bytes[bit / 8] = (uint8_t)(bytes[bit / 8] ^ (1 << bit % 8));
        assert_int_not_equal(crc32c(0, view_of(bytes, sizeof(bytes))), sum);
        bytes[bit / 8] = (uint8_t)(bytes[bit / 8] ^ (1 << bit % 8));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vectors_of_rfc_3720_hold),
        cmocka_unit_test(both_ways_agree_on_every_length_and_alignment),
        cmocka_unit_test(a_sum_continued_is_the_sum_of_the_whole),
        cmocka_unit_test(a_flipped_bit_changes_the_sum),
    };
    return cmocka_run_group_tests_name("base/crc32c", tests, NULL, NULL);
}
