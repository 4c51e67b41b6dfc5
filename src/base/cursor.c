/*
 * Reading foreign bytes in order, and strict decimal and hexadecimal numbers.
 *
 * Invariants
 *  1. at <= end, and neither is NULL, whatever the view was: an empty view reads as an empty array.
 *  2. A failed cursor stands at its end: every later read fails too and gives zeros.
 */
#include "base/bytes.h"
#include "base/check.h"

#include <string.h>

static const uint8_t nothing[1];

struct cursor cursor_of(struct view view)
{
    CHECK(view.data != NULL || view.len == 0);
    if (view.data == NULL) {
        return (struct cursor){.at = nothing, .end = nothing};
    }
    return (struct cursor){.at = view.data, .end = view.data + view.len};
}

size_t cursor_left(const struct cursor *cursor)
{
    CHECK(cursor->at <= cursor->end); /* invariant 1 */
    return (size_t)(cursor->end - cursor->at);
}

static void fail(struct cursor *cursor)
{
    cursor->failed = true;
    cursor->at = cursor->end;
}

struct view cursor_view(struct cursor *cursor, size_t len)
{
    if (cursor->failed || len > cursor_left(cursor)) {
        fail(cursor);
        return view_of(cursor->end, 0);
    }
    struct view part = view_of(cursor->at, len);
    cursor->at += len;
    return part;
}

static uint64_t integer(struct cursor *cursor, size_t len)
{
    struct view part = cursor_view(cursor, len);
    uint64_t value = 0;

    for (size_t i = 0; i < part.len; i++) {
        value = value << 8 | part.data[i];
    }
    return value;
}

uint8_t cursor_u8(struct cursor *cursor)
{
    return (uint8_t)integer(cursor, 1);
}

uint16_t cursor_u16(struct cursor *cursor)
{
    return (uint16_t)integer(cursor, 2);
}

uint32_t cursor_u32(struct cursor *cursor)
{
    return (uint32_t)integer(cursor, 4);
}

uint64_t cursor_u64(struct cursor *cursor)
{
    return integer(cursor, 8);
}

struct view cursor_block16(struct cursor *cursor)
{
    return cursor_view(cursor, cursor_u16(cursor));
}

struct view cursor_block32(struct cursor *cursor)
{
    return cursor_view(cursor, cursor_u32(cursor));
}

void cursor_copy(struct cursor *cursor, void *ret_data, size_t len)
{
    struct view part = cursor_view(cursor, len);

    if (len == 0) {
        return;
    }
    if (part.len == len) {
        memcpy(ret_data, part.data, len);
    } else {
        memset(ret_data, 0, len);
    }
}

struct view cursor_until(struct cursor *cursor, uint8_t byte)
{
    size_t left = cursor_left(cursor);
    size_t len = view_find(view_of(cursor->at, left), 0, byte);

    if (len == left) {
        fail(cursor);
        return view_of(cursor->end, 0);
    }
    struct view part = cursor_view(cursor, len);
    cursor->at++;
    return part;
}

struct outcome cursor_end(const struct cursor *cursor, const char *what)
{
    if (cursor->failed || cursor_left(cursor) != 0) {
        return outcome_fail(FAULT_BAD_INPUT, what);
    }
    return OUTCOME_OK;
}

static bool hex_digit(uint8_t character, uint8_t *ret_value)
{
    if (character >= '0' && character <= '9') {
        *ret_value = (uint8_t)(character - '0');
        return true;
    }
    if (character >= 'a' && character <= 'f') {
        *ret_value = (uint8_t)(character - 'a' + 10);
        return true;
    }
    return false;
}

struct outcome hex_get(struct view text, void *ret_bytes, size_t len)
{
    uint8_t high = 0;
    uint8_t low = 0;

    if (text.len % 2 != 0 || text.len / 2 != len) {
        return outcome_fail(FAULT_BAD_INPUT, "hex length");
    }
    for (size_t i = 0; i < text.len; i++) { /* before anything is written */
        if (!hex_digit(text.data[i], &low)) {
            return outcome_fail(FAULT_BAD_INPUT, "hex digit");
        }
    }
    uint8_t *bytes = ret_bytes;
    for (size_t i = 0; i < len; i++) {
        bool both = hex_digit(text.data[2 * i], &high) && hex_digit(text.data[2 * i + 1], &low);
        CHECK(both);
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    return OUTCOME_OK;
}

struct outcome decimal_get(struct view text, uint64_t max, uint64_t *ret_value)
{
    uint64_t value = 0;

    if (text.len == 0 || (text.len > 1 && text.data[0] == '0')) {
        return outcome_fail(FAULT_BAD_INPUT, "decimal number");
    }
    for (size_t i = 0; i < text.len; i++) {
        uint8_t digit = (uint8_t)(text.data[i] - '0');
        if (digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, digit, &value) || value > max) {
            return outcome_fail(FAULT_BAD_INPUT, "decimal number");
        }
    }
    *ret_value = value;
    return OUTCOME_OK;
}
