/*
 * Values of a signature's dictionary as text.
 *
 * Invariant 1: what the getters take is what the putters write, and nothing else.
 */
#include "wire/pdf_value.h"

#include "base/check.h"
#include "base/clock.h"

#define TIME_DIGITS 14 /* YYYYMMDDHHMMSS */
_Static_assert(PDF_TIME_CHARS == TIME_DIGITS + 5, "(D: and Z)");

static void put_unit(struct buf *buf, uint32_t unit)
{
    buf_printf(buf, "%04X", unit);
}

/* One character of text that is UTF-8. */
static uint32_t take_character(struct cursor *cursor)
{
    uint8_t first = cursor_u8(cursor);
    unsigned more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    uint32_t character = more == 0 ? first : first & (0x3fu >> more);

    for (unsigned i = 0; i < more; i++) {
        character = character << 6 | (cursor_u8(cursor) & 0x3f);
    }
    return character;
}

struct outcome pdf_text_put(struct buf *buf, struct view text)
{
    struct cursor cursor = cursor_of(text);

    if (text.len > PDF_TEXT_BYTES_MAX || !utf8_valid(text)) {
        return outcome_fail(FAULT_BAD_INPUT, "text of a PDF's signature");
    }
    if (text.len == 0) {
        return OUTCOME_OK;
    }
    buf_put_text(buf, "<FEFF");
    while (cursor_left(&cursor) > 0) {
        uint32_t character = take_character(&cursor);
        if (character > 0xffff) {
            put_unit(buf, 0xd800 + ((character - 0x10000) >> 10));
            character = 0xdc00 + ((character - 0x10000) & 0x3ff);
        }
        put_unit(buf, character);
    }
    buf_put_text(buf, ">");
    return OUTCOME_OK;
}

struct outcome pdf_time_put(struct buf *buf, int64_t time_s)
{
    int64_t days = time_s / S_PER_DAY;
    int64_t s = time_s % S_PER_DAY;

    if (time_s < 0 || days > date_to_days((struct date){.year = 9999, .month = 12, .day = 31})) {
        return outcome_fail(FAULT_BAD_INPUT, "time of a PDF's signature");
    }
    struct date date = date_from_days(days);
    buf_printf(buf, "(D:%04d%02d%02d%02d%02d%02dZ)", date.year, date.month, date.day,
               (int)(s / 3600), (int)(s / 60 % 60), (int)(s % 60));
    return OUTCOME_OK;
}

static bool get_part(struct view digits, size_t from, size_t len, int max, int *ret_number)
{
    int number = 0;

    for (size_t i = from; i < from + len; i++) {
        number = number * 10 + digits.data[i] - '0';
    }
    *ret_number = number;
    return number <= max;
}

bool pdf_time_get(struct view value, int64_t *ret_time_s)
{
    struct date date;
    int hour;
    int minute;
    int second;

    if (value.len != PDF_TIME_CHARS || !view_starts(value, VIEW_LITERAL("(D:")) ||
        !view_is(view_part(value, TIME_DIGITS + 3, 2), "Z)")) {
        return false;
    }
    struct view digits = view_part(value, 3, TIME_DIGITS);
    for (size_t i = 0; i < TIME_DIGITS; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '9') {
            return false;
        }
    }
    if (!get_part(digits, 0, 4, 9999, &date.year) || !get_part(digits, 4, 2, 12, &date.month) ||
        !get_part(digits, 6, 2, 31, &date.day) || !get_part(digits, 8, 2, 23, &hour) ||
        !get_part(digits, 10, 2, 59, &minute) || !get_part(digits, 12, 2, 59, &second) ||
        date.year < 1970 || !date_valid(date)) {
        return false;
    }
    *ret_time_s = date_to_days(date) * S_PER_DAY + hour * 3600 + minute * 60 + second;
    return true;
}

bool pdf_text_valid(struct view value)
{
    static const struct view start = VIEW_LITERAL("<FEFF");
    bool good = value.len <= PDF_TEXT_CHARS_MAX && value.len % 4 == 2 && view_starts(value, start);

    for (size_t i = start.len; good && i + 1 < value.len; i++) {
        uint8_t digit = value.data[i];
        good = (digit >= '0' && digit <= '9') || (digit >= 'A' && digit <= 'F');
    }
    return good && value.data[value.len - 1] == '>';
}
