/*
 * Vietnam: shapes of numbers and dates, code lists, and the two lists of provinces with the map
 * between them.
 *
 * Invariants
 *  1. Each province of the list of 2021 became part of exactly one of 2025, whole (Resolution
 *     202/2025/QH15), so old to new has one answer always, new to old only where nothing was
 * merged.
 *  2. A code means nothing without its list: seven codes of 2021 name another province in 2025.
 *     They are compared as numbers of one list only, after mapping.
 */
#include "domain/country.h"

#include "base/check.h"
#include "base/clock.h"

#include <string.h>

#define PROVINCE_CODES 100 /* two digits */
#define PROVINCE_NONE 0    /* no province has the code 00 */

/* From each code of 2021 to the code of 2025; the rows are those of data/vn (a test compares). */
static const uint8_t merged_into[PROVINCE_CODES] = {
    [1] = 1,   [2] = 8,   [4] = 4,   [6] = 19,  [8] = 8,   [10] = 15, [11] = 11, [12] = 12,
    [14] = 14, [15] = 15, [17] = 25, [19] = 19, [20] = 20, [22] = 22, [24] = 24, [25] = 25,
    [26] = 25, [27] = 24, [30] = 31, [31] = 31, [33] = 33, [34] = 33, [35] = 37, [36] = 37,
    [37] = 37, [38] = 38, [40] = 40, [42] = 42, [44] = 44, [45] = 44, [46] = 46, [48] = 48,
    [49] = 48, [51] = 51, [52] = 52, [54] = 66, [56] = 56, [58] = 56, [60] = 68, [62] = 51,
    [64] = 52, [66] = 66, [67] = 68, [68] = 68, [70] = 75, [72] = 80, [74] = 79, [75] = 75,
    [77] = 79, [79] = 79, [80] = 80, [82] = 82, [83] = 86, [84] = 86, [86] = 86, [87] = 82,
    [89] = 91, [91] = 91, [92] = 92, [93] = 92, [94] = 92, [95] = 96, [96] = 96,
};

static bool all_digits(struct view text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return false;
        }
    }
    return true;
}

bool country_id_valid(struct view text)
{
    return text.len == 12 && all_digits(text);
}

bool country_cmnd_valid(struct view text)
{
    return text.len == 9 && all_digits(text);
}

/* Digits alone, as many as fit one number with its prefix; else none. */
static size_t phone_digits(struct view text, char ret_digits[COUNTRY_PHONE_DIGITS])
{
    size_t count = 0;
    for (size_t i = view_starts(text, VIEW_LITERAL("+")) ? 1 : 0; i < text.len; i++) {
        char c = (char)text.data[i];
        bool between = i > 0 && (c == ' ' || c == '.' || c == '-');
        if (!between && (c < '0' || c > '9' || count == COUNTRY_PHONE_DIGITS)) {
            return 0;
        }
        if (!between) {
            ret_digits[count++] = c;
        }
    }
    return count;
}

/* Mobile numbers begin with 03, 05, 07, 08 or 09 and have ten digits (Decision 798/QD-BTTTT of
 * 2018); with the country's code, which stands in place of the first 0, eleven. */
struct outcome country_phone_get(struct view text, char ret_phone[COUNTRY_PHONE_DIGITS + 1])
{
    char digits[COUNTRY_PHONE_DIGITS];
    size_t count = phone_digits(text, digits);
    bool plus = view_starts(text, VIEW_LITERAL("+"));
    size_t prefix = !plus && count == 10 && digits[0] == '0'                                ? 1
                    : count == COUNTRY_PHONE_DIGITS && digits[0] == '8' && digits[1] == '4' ? 2
                                                                                            : 0;
    char first = prefix > 0 ? digits[prefix] : '0';
    if (first != '3' && first != '5' && first != '7' && first != '8' && first != '9') {
        return outcome_fail(FAULT_BAD_INPUT, "no mobile phone has this number");
    }
    memcpy(ret_phone, "84", 2);
    memcpy(ret_phone + 2, digits + prefix, COUNTRY_PHONE_DIGITS - 2);
    ret_phone[COUNTRY_PHONE_DIGITS] = '\0';
    return OUTCOME_OK;
}

bool country_birth_date_valid(struct view text)
{
    struct date date;

    if (text.len == 4) {
        return all_digits(text) && !view_is(text, "0000");
    }
    return outcome_ok(date_get(text, &date));
}

/* ---- Provinces ---- */

/* The number that two digits make; PROVINCE_NONE for whatever else. */
static unsigned province_number(struct view code)
{
    if (code.len != 2 || !all_digits(code)) {
        return PROVINCE_NONE;
    }
    return (code.data[0] - '0') * 10u + (code.data[1] - '0');
}

/* How many provinces of 2021 became part of this one of 2025. */
static unsigned province_parts(unsigned number)
{
    unsigned parts = 0;

    for (unsigned old = 1; old < PROVINCE_CODES; old++) {
        parts += merged_into[old] == number;
    }
    return parts;
}

bool country_list_known(int32_t list_day)
{
    return list_day == COUNTRY_LIST_2021_DAY || list_day == COUNTRY_LIST_2025_DAY;
}

static bool number_known(unsigned number, int32_t list_day)
{
    CHECK(number < PROVINCE_CODES);
    if (number == PROVINCE_NONE) {
        return false;
    }
    return list_day == COUNTRY_LIST_2021_DAY   ? merged_into[number] != PROVINCE_NONE
           : list_day == COUNTRY_LIST_2025_DAY ? province_parts(number) > 0
                                               : false;
}

bool country_province_known(struct view code, int32_t list_day)
{
    return number_known(province_number(code), list_day);
}

enum truth country_province_is(const char province[3], int32_t list_day, const char want[3],
                               int32_t want_list_day)
{
    unsigned is = province_number(view_of(province, 2));
    unsigned wanted = province_number(view_of(want, 2));

    if (!number_known(is, list_day) || !number_known(wanted, want_list_day)) {
        return TRUTH_UNKNOWN;
    }
    if (list_day == want_list_day) {
        return is == wanted ? TRUTH_YES : TRUTH_NO;
    }
    if (list_day == COUNTRY_LIST_2021_DAY) {
        return merged_into[is] == wanted ? TRUTH_YES : TRUTH_NO; /* invariant 1 */
    }
    if (merged_into[wanted] != is) {
        return TRUTH_NO;
    }
    return province_parts(is) == 1 ? TRUTH_YES : TRUTH_UNKNOWN;
}

/* ---- Code lists ---- */

/* A list of decimal codes with leading zeros: first to last, and one more where there is one. */
static const struct codes_row {
    const char *prefix;
    unsigned digits;
    unsigned first;
    unsigned last;
    unsigned other;
} codes_rows[COUNTRY_CODES_COUNT] = {
    [COUNTRY_CODES_SEX] = {"", 1, 1, 2, 1},
    [COUNTRY_CODES_MARITAL_STATUS] = {"", 1, 1, 3, 1},
    [COUNTRY_CODES_BLOOD_GROUP] = {"", 2, 0, 4, 0},
    [COUNTRY_CODES_ETHNICITY] = {"", 2, 1, 55, 99},
    [COUNTRY_CODES_RELIGION] = {"", 2, 0, 14, 0},
    [COUNTRY_CODES_RELATION_TO_HEAD] = {"CH", 2, 1, 99, 1},
};

static bool country_shape(struct view text)
{
    return text.len == 2 && text.data[0] >= 'A' && text.data[0] <= 'Z' && text.data[1] >= 'A' &&
           text.data[1] <= 'Z';
}

bool country_code_valid(enum country_codes codes, struct view text)
{
    CHECK((unsigned)codes < COUNTRY_CODES_COUNT);
    if (codes == COUNTRY_CODES_COUNTRY) {
        return country_shape(text);
    }
    const struct codes_row *row = &codes_rows[codes];
    struct view prefix = view_text(row->prefix);
    if (text.len != prefix.len + row->digits || !view_starts(text, prefix)) {
        return false;
    }
    struct view digits = view_part(text, prefix.len, row->digits);
    if (!all_digits(digits)) {
        return false;
    }
    unsigned number = 0;
    for (size_t i = 0; i < digits.len; i++) {
        number = number * 10 + (digits.data[i] - '0');
    }
    return (number >= row->first && number <= row->last) || number == row->other;
}

/* Heads and deputies of the body that keeps the register, of a province's police, of a commune's.
 */
struct country_title country_title(enum office_level level, enum capacity capacity)
{
    static const struct country_title titles[LEVEL_COUNT][CAPACITY_COUNT] = {
        [LEVEL_NATIONAL] = {{"", "CỤC TRƯỞNG"},
                            {"KT. CỤC TRƯỞNG", "PHÓ CỤC TRƯỞNG"},
                            {"TL. CỤC TRƯỞNG", "CÁN BỘ THỤ LÝ"}},
        [LEVEL_PROVINCE] = {{"", "GIÁM ĐỐC"},
                            {"KT. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC"},
                            {"TL. GIÁM ĐỐC", "CÁN BỘ THỤ LÝ"}},
        [LEVEL_COMMUNE] = {{"", "TRƯỞNG CÔNG AN"},
                           {"KT. TRƯỞNG CÔNG AN", "PHÓ TRƯỞNG CÔNG AN"},
                           {"TL. TRƯỞNG CÔNG AN", "CÁN BỘ THỤ LÝ"}},
    };
    CHECK((unsigned)level < LEVEL_COUNT && (unsigned)capacity < CAPACITY_COUNT);
    return titles[level][capacity];
}

const char *country_filed(void)
{
    return "Lưu: VT, hồ sơ";
}
