/*
 * Base64 (RFC 4648): section 5 without padding, section 4 with it.
 *
 * Invariants
 *  1. One text for each sequence of bytes: a decoder refuses what its encoder does not write
 *     (white space, wrong padding, unused bits that are not zero: RFC 4648 sections 3.1 to 3.5).
 *  2. A failed decode leaves the buf's content as it was.
 *  3. What is written never comes up to what is not read yet, where the bytes are the last ones of
 *     the digits' place: n bytes further on, 4n/3 digits further on.
 *  4. Twelve bytes at a time give the digits that three at a time give: the processor's shuffles
 *     only make it faster (an answer has some 4 kB of digits).
 */
#include "base/bytes.h"
#include "base/check.h"

#include <string.h>

#if defined(__x86_64__)
#include <tmmintrin.h>
#endif

#define NOT_A_DIGIT 255

/* `added` to a value gives its digit, by the value's range: 0 for a-z, 1 to 10 for 0-9, 11 and 12
 * for the last two, 13 for A-Z. */
struct alphabet {
    char digits[65];
    int8_t added[16];
};

#define FOR_DIGITS ('0' - 52)
#define ADDED(sixty_two, sixty_three)                                                              \
    {                                                                                              \
        'a' - 26, FOR_DIGITS, FOR_DIGITS, FOR_DIGITS, FOR_DIGITS, FOR_DIGITS, FOR_DIGITS,          \
            FOR_DIGITS, FOR_DIGITS, FOR_DIGITS, FOR_DIGITS, (sixty_two)-62, (sixty_three)-63, 'A'  \
    }

static const struct alphabet alphabet_url = {
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", ADDED('-', '_')};
static const struct alphabet alphabet_std = {
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", ADDED('+', '/')};

/* Writes the digits of 1 to 3 bytes: one more digit than bytes. */
static char *write_group(char *to, const uint8_t *from, size_t len, const struct alphabet *alphabet)
{
    uint32_t bits = 0;

    for (size_t i = 0; i < 3; i++) {
        bits = bits << 8 | (i < len ? from[i] : 0u);
    }
    for (size_t i = 0; i < len + 1; i++) {
        *to++ = alphabet->digits[bits >> (18 - 6 * i) & 63];
    }
    return to;
}

#if defined(__x86_64__)

#define VECTOR_BYTES 16u /* that are read at once ... */
#define VECTOR_STEP 12u  /* ... and of which so many are written, as 16 digits */

/* The 6 bits of each digit in a byte of its own, from the first twelve bytes. */
__attribute__((target("ssse3"))) static __m128i spread(__m128i bytes)
{
    /* Each four digits' three bytes b0 b1 b2 as b1 b0 b2 b1. */
    const __m128i order = _mm_setr_epi8(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10);
    __m128i words = _mm_shuffle_epi8(bytes, order);
    /* The multiplications shift each half to its place: first and third digit right ... */
    __m128i odd = _mm_mulhi_epu16(_mm_and_si128(words, _mm_set1_epi32(0x0fc0fc00)),
                                  _mm_set1_epi32(0x04000040));
    /* ... second and fourth left. */
    __m128i even = _mm_mullo_epi16(_mm_and_si128(words, _mm_set1_epi32(0x003f03f0)),
                                   _mm_set1_epi32(0x01000010));
    return _mm_or_si128(odd, even);
}

__attribute__((target("ssse3"))) static __m128i digits_of(__m128i values, __m128i added)
{
    __m128i range = _mm_subs_epu8(values, _mm_set1_epi8(51));
    __m128i capital = _mm_cmpgt_epi8(_mm_set1_epi8(26), values);
    range = _mm_or_si128(range, _mm_and_si128(capital, _mm_set1_epi8(13)));
    return _mm_add_epi8(values, _mm_shuffle_epi8(added, range));
}

/* The last `len` bytes of a block first, and zeros behind them. */
__attribute__((target("ssse3"))) static __m128i last_of(__m128i block, size_t len)
{
    static const int8_t slide[2 * VECTOR_BYTES] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10,
                                                   11, 12, 13, 14, 15, -1, -1, -1, -1, -1, -1,
                                                   -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};
    const int8_t *order = slide + (VECTOR_BYTES - len);
    return _mm_shuffle_epi8(block, _mm_loadu_si128((const __m128i *)order));
}

/* The first `len` digits, by what the length is made of: a copy of any length costs more. */
__attribute__((target("ssse3"))) static char *put_digits(char *to, __m128i digits, size_t len)
{
    if (len == VECTOR_BYTES) {
        _mm_storeu_si128((__m128i *)to, digits);
        return to + len;
    }
    if ((len & 8) != 0) {
        _mm_storel_epi64((__m128i *)to, digits);
        digits = _mm_srli_si128(digits, 8);
        to += 8;
    }
    uint64_t left = (uint64_t)_mm_cvtsi128_si64(digits);
    for (size_t step = 4; step > 0; step /= 2) {
        if ((len & step) != 0) {
            memcpy(to, &left, step);
            left >>= 8 * step;
            to += step;
        }
    }
    return to;
}

/* All of them: whoever has fewer than a block takes another way. */
__attribute__((target("ssse3"))) static void write_vectors(char *to, struct view bytes,
                                                           const struct alphabet *alphabet)
{
    const __m128i added = _mm_loadu_si128((const __m128i *)alphabet->added);
    size_t at = 0;

    for (; bytes.len - at >= VECTOR_BYTES; at += VECTOR_STEP) {
        __m128i values = spread(_mm_loadu_si128((const __m128i *)(bytes.data + at)));
        _mm_storeu_si128((__m128i *)to, digits_of(values, added));
        to += VECTOR_BYTES;
    }
    if (at == bytes.len) {
        return;
    }
    /* Of the last block, digits may stand already where bytes were that have been read. */
    __m128i block = _mm_loadu_si128((const __m128i *)(bytes.data + bytes.len - VECTOR_BYTES));
    while (at < bytes.len) {
        size_t step = bytes.len - at < VECTOR_STEP ? bytes.len - at : VECTOR_STEP;
        __m128i values = spread(last_of(block, bytes.len - at));
        to = put_digits(to, digits_of(values, added), BASE64URL_LEN(step));
        at += step;
    }
}

/* Gives how many bytes it has written the digits of: all or none. */
static size_t write_quickly(char *to, struct view bytes, const struct alphabet *alphabet)
{
    if (bytes.len < VECTOR_BYTES || !__builtin_cpu_supports("ssse3")) {
        return 0;
    }
    write_vectors(to, bytes, alphabet);
    return bytes.len;
}

#else

static size_t write_quickly(char *to, struct view bytes, const struct alphabet *alphabet)
{
    (void)to;
    (void)bytes;
    (void)alphabet;
    return 0;
}

#endif

/* Invariants 3, 4. */
static char *write_digits(char *to, struct view bytes, const struct alphabet *alphabet)
{
    size_t at = write_quickly(to, bytes, alphabet);

    to += BASE64URL_LEN(at);
    for (; bytes.len - at >= 3; at += 3) {
        to = write_group(to, bytes.data + at, 3, alphabet);
    }
    if (at < bytes.len) {
        to = write_group(to, bytes.data + at, bytes.len - at, alphabet);
    }
    return to;
}

void base64url_write(char *ret_text, struct view bytes)
{
    const char *end = write_digits(ret_text, bytes, &alphabet_url);
    CHECK((size_t)(end - ret_text) == BASE64URL_LEN(bytes.len));
}

/* Keeps the length computations below from overflowing; no buf holds as much. */
static bool too_long(struct buf *buf, struct view bytes)
{
    if (bytes.len > buf->max) {
        buf->failed = true;
    }
    return buf->failed;
}

void base64url_put(struct buf *buf, struct view bytes)
{
    if (too_long(buf, bytes)) {
        return;
    }
    char *place = (char *)buf_claim(buf, BASE64URL_LEN(bytes.len));
    if (place != NULL) {
        base64url_write(place, bytes);
    }
}

void base64std_put(struct buf *buf, struct view bytes)
{
    if (too_long(buf, bytes)) {
        return;
    }
    size_t len = (bytes.len + 2) / 3 * 4;
    char *place = (char *)buf_claim(buf, len);
    if (place == NULL) {
        return;
    }
    for (char *to = write_digits(place, bytes, &alphabet_std); to < place + len; to++) {
        *to = '=';
    }
}

static uint32_t digit_value(uint8_t character, const struct alphabet *alphabet)
{
    if (character >= 'A' && character <= 'Z') {
        return character - 'A' + 0u;
    }
    if (character >= 'a' && character <= 'z') {
        return character - 'a' + 26u;
    }
    if (character >= '0' && character <= '9') {
        return character - '0' + 52u;
    }
    if (character == (uint8_t)alphabet->digits[62]) {
        return 62;
    }
    return character == (uint8_t)alphabet->digits[63] ? 63 : NOT_A_DIGIT;
}

/* Reads 2 to 4 digits into one byte less; false when one is foreign or an unused bit is set. */
static bool read_group(uint8_t *to, const uint8_t *from, size_t len,
                       const struct alphabet *alphabet)
{
    uint32_t bits = 0;

    for (size_t i = 0; i < 4; i++) {
        uint32_t value = i < len ? digit_value(from[i], alphabet) : 0;
        if (value == NOT_A_DIGIT) {
            return false;
        }
        bits = bits << 6 | value;
    }
    for (size_t i = 0; i < len - 1; i++) {
        to[i] = (uint8_t)(bits >> (16 - 8 * i));
    }
    uint32_t unused = 0xffffffu >> (8 * (len - 1));
    return len == 4 || (bits & unused) == 0;
}

/* Digits without padding. */
static struct outcome decode(struct view digits, const struct alphabet *alphabet,
                             struct buf *ret_bytes)
{
    if (digits.len % 4 == 1) {
        return outcome_fail(FAULT_BAD_INPUT, "base64 length");
    }
    size_t before = ret_bytes->len;
    size_t len = digits.len / 4 * 3 + (digits.len % 4 == 0 ? 0 : digits.len % 4 - 1);
    uint8_t *to = buf_claim(ret_bytes, len);
    if (to == NULL) {
        return buf_check(ret_bytes);
    }
    for (size_t at = 0; at < digits.len; at += 4) {
        size_t group = digits.len - at < 4 ? digits.len - at : 4;
        if (!read_group(to, digits.data + at, group, alphabet)) {
            buf_cut(ret_bytes, before); /* invariant 2 */
            return outcome_fail(FAULT_BAD_INPUT, "base64 digit");
        }
        to += group - 1;
    }
    CHECK(ret_bytes->len == before + len);
    return OUTCOME_OK;
}

struct outcome base64url_get(struct view text, struct buf *ret_bytes)
{
    return decode(text, &alphabet_url, ret_bytes);
}

struct outcome base64std_get(struct view text, struct buf *ret_bytes)
{
    size_t padding = 0;

    if (text.len % 4 != 0) {
        return outcome_fail(FAULT_BAD_INPUT, "base64 length");
    }
    while (padding < 2 && padding < text.len && text.data[text.len - 1 - padding] == '=') {
        padding++;
    }
    return decode(view_part(text, 0, text.len - padding), &alphabet_std, ret_bytes);
}
