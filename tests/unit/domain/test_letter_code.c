/*
 * Verification codes of letters: what is printed is read back, however it is typed; what is no code
 * is refused; the hash is of number and code together.
 */
#include "help.h"

#include "base/ceilings.h"
#include "domain/letter_code.h"

static const uint8_t bytes[LETTER_CODE_BYTES] = {0x00, 0x44, 0x32, 0x14, 0xc7,
                                                 0x42, 0x54, 0xb6, 0x35, 0xff};

static void a_code_prints_every_bit_of_its_random_bytes(void **state)
{
    struct letter_code code;
    char text[LETTER_CODE_PRINTED_CHARS];
    (void)state;
    letter_code_make(bytes, &code);
    letter_code_print(&code, text);
    assert_memory_equal(text, "0123-4567-89AB-CDFZ", sizeof(text));
    for (unsigned bit = 0; bit < 8 * LETTER_CODE_BYTES; bit++) {
        uint8_t other_bytes[LETTER_CODE_BYTES];
        struct letter_code other;
        memcpy(other_bytes, bytes, sizeof(bytes));
        other_bytes[bit / 8] ^= (uint8_t)(0x80u >> bit % 8);
        letter_code_make(other_bytes, &other);
        for (unsigned i = 0; i < LETTER_CODE_CHARS; i++) {
            assert_int_equal(other.text[i] == code.text[i], i != bit / 5);
        }
    }
}

static void a_code_is_read_however_it_is_typed(void **state)
{
    static const char *const typed[] = {"0123-4567-89AB-CDFZ", "0123456789abcdfz",
                                        "oI23 4567 89aB cDfZ", "-OL2345 6789ABCDFZ- "};
    (void)state;
    for (size_t i = 0; i < sizeof(typed) / sizeof(typed[0]); i++) {
        struct letter_code code;
        assert_ok(letter_code_read(view_text(typed[i]), &code));
        assert_memory_equal(code.text, "0123456789ABCDFZ", sizeof(code.text));
    }
}

static void what_is_no_code_is_refused(void **state)
{
    static const char *const typed[] = {
        "",
        "0123456789ABCDF",
        "0123456789ABCDFZ0",
        "0123456789ABCDFU",
        "0123456789ABCDF\xc3\x80",
        "0123456789ABCDF_",
        "0123456789ABCDFZ-------------------------------------------------"};
    struct letter_code code;
    (void)state;
    for (size_t i = 0; i < sizeof(typed) / sizeof(typed[0]); i++) {
        assert_fault(letter_code_read(view_text(typed[i]), &code), FAULT_BAD_INPUT);
    }
    assert_fault(letter_code_read(view_of("0123456789ABCDF\0", 16), &code), FAULT_BAD_INPUT);
}

/* `printf 'dancu letter\0005/TB-C06\0000123456789ABCDFZ' | sha256sum` */
static void a_hash_is_of_number_and_code(void **state)
{
    static const char text[] = "dancu letter\0"
                               "05/TB-C06\0"
                               "0123456789ABCDFZ";
    struct letter_code code;
    uint8_t hash[SEAL_HASH_BYTES];
    uint8_t expected[SEAL_HASH_BYTES];
    uint8_t other[SEAL_HASH_BYTES];
    (void)state;
    letter_code_make(bytes, &code);
    letter_code_hash(VIEW_LITERAL("05/TB-C06"), &code, hash);
    seal_sha256(view_of(text, sizeof(text) - 1), expected);
    assert_memory_equal(hash, expected, sizeof(hash));
    letter_code_hash(VIEW_LITERAL("06/TB-C06"), &code, other);
    assert_memory_not_equal(hash, other, sizeof(hash));
    letter_code_hash(view_of(NULL, 0), &code, other);
    assert_memory_not_equal(hash, other, sizeof(hash));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_code_prints_every_bit_of_its_random_bytes),
        cmocka_unit_test(a_code_is_read_however_it_is_typed),
        cmocka_unit_test(what_is_no_code_is_refused),
        cmocka_unit_test(a_hash_is_of_number_and_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
