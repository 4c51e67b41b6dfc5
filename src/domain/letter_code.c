/*
 * Verification codes of letters.
 *
 * Invariant 1: a code has the one form that letter_code_make() gives, whatever was typed.
 */
#include "domain/letter_code.h"

#include "base/ceilings.h"
#include "base/check.h"

#include <string.h>

#define TYPED_BYTES_MAX 64
#define GROUP 4
#define DIGIT_BITS 5

static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
_Static_assert(sizeof(digits) - 1 == 1 << DIGIT_BITS, "five bits a digit");
_Static_assert(LETTER_CODE_BYTES * 8 == LETTER_CODE_CHARS * DIGIT_BITS, "every bit is printed");

void letter_code_make(const uint8_t random[LETTER_CODE_BYTES], struct letter_code *ret_code)
{
    uint32_t bits = 0;
    unsigned held = 0;
    unsigned taken = 0;

    for (unsigned i = 0; i < LETTER_CODE_CHARS; i++) {
        while (held < DIGIT_BITS) {
            bits = (bits << 8 | random[taken++]) & 0xffff;
            held += 8;
        }
        held -= DIGIT_BITS;
        ret_code->text[i] = digits[bits >> held & 31];
    }
}

void letter_code_print(const struct letter_code *code, char ret_text[LETTER_CODE_PRINTED_CHARS])
{
    unsigned at = 0;

    for (unsigned i = 0; i < LETTER_CODE_CHARS; i++) {
        if (i > 0 && i % GROUP == 0) {
            ret_text[at++] = '-';
        }
        ret_text[at++] = code->text[i];
    }
    CHECK(at == LETTER_CODE_PRINTED_CHARS);
}

/* The digit that is meant; 0: none. */
static char digit_of(uint8_t typed)
{
    char upper = (char)(typed >= 'a' && typed <= 'z' ? typed - 'a' + 'A' : typed);

    upper = upper == 'O' ? '0' : upper;
    upper = upper == 'I' || upper == 'L' ? '1' : upper;
    return upper != '\0' && strchr(digits, upper) != NULL ? upper : '\0';
}

struct outcome letter_code_read(struct view text, struct letter_code *ret_code)
{
    struct letter_code code = {0};
    unsigned count = 0;

    if (text.len > TYPED_BYTES_MAX) {
        return outcome_fail(FAULT_BAD_INPUT, "code of a letter");
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '-' || text.data[i] == ' ') {
            continue;
        }
        char digit = digit_of(text.data[i]);
        if (digit == '\0' || count == LETTER_CODE_CHARS) {
            return outcome_fail(FAULT_BAD_INPUT, "code of a letter");
        }
        code.text[count++] = digit;
    }
    if (count < LETTER_CODE_CHARS) {
        return outcome_fail(FAULT_BAD_INPUT, "code of a letter");
    }
    *ret_code = code;
    return OUTCOME_OK;
}

void letter_code_hash(struct view number, const struct letter_code *code,
                      uint8_t ret_hash[SEAL_HASH_BYTES])
{
    static const char purpose[] = "dancu letter"; /* with its NUL */
    uint8_t text[sizeof(purpose) + LETTER_NUMBER_BYTES_MAX + 1 + LETTER_CODE_CHARS];
    size_t len = sizeof(purpose);

    CHECK(number.len <= LETTER_NUMBER_BYTES_MAX);
    memcpy(text, purpose, sizeof(purpose));
    if (number.len > 0) {
        memcpy(&text[len], number.data, number.len);
    }
    len += number.len;
    text[len++] = 0;
    memcpy(&text[len], code->text, LETTER_CODE_CHARS);
    seal_sha256(view_of(text, len + LETTER_CODE_CHARS), ret_hash);
}
