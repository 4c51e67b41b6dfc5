/*
 * The strict readers of base/: whatever is accepted is exactly what the writer writes for the
 * value, and a cursor steered by foreign bytes stays inside its view.
 */
#include "base/bytes.h"
#include "base/check.h"
#include "base/clock.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_base64(struct view text)
{
    BUF_AUTO bytes;
    BUF_AUTO again;

    buf_init(&bytes, 1u << 20);
    buf_init(&again, 1u << 20);
    if (outcome_ok(base64url_get(text, &bytes))) {
        base64url_put(&again, buf_view(&bytes));
        CHECK(view_equal(buf_view(&again), text));
    }
    buf_reset(&bytes);
    buf_reset(&again);
    if (outcome_ok(base64std_get(text, &bytes))) {
        base64std_put(&again, buf_view(&bytes));
        CHECK(view_equal(buf_view(&again), text));
    }
}

static void read_numbers(struct view text)
{
    BUF_AUTO again;
    uint64_t value = 0;
    uint8_t bytes[32];

    buf_init(&again, 1000);
    if (outcome_ok(decimal_get(text, UINT64_MAX, &value))) {
        buf_put_decimal(&again, value);
        CHECK(view_equal(buf_view(&again), text));
    }
    buf_reset(&again);
    if (text.len / 2 <= sizeof(bytes) && outcome_ok(hex_get(text, bytes, text.len / 2))) {
        buf_put_hex(&again, view_of(bytes, text.len / 2));
        CHECK(view_equal(buf_view(&again), text));
    }
}

static void read_date(struct view text)
{
    struct date date = {0};

    if (outcome_ok(date_get(text, &date))) {
        struct date again = date_from_days(date_to_days(date));
        CHECK(again.year == date.year && again.month == date.month && again.day == date.day);
    }
}

/* The first bytes choose the reads that the rest is read with. */
static void read_steered(struct view bytes)
{
    struct cursor cursor = cursor_of(bytes);
    uint8_t copy[16];

    while (!cursor.failed && cursor_left(&cursor) > 0) {
        size_t before = cursor_left(&cursor);
        uint8_t step = cursor_u8(&cursor);
        struct view part = {0};
        switch (step % 8) {
        case 0:
            (void)cursor_u64(&cursor);
            break;
        case 1:
            part = cursor_block16(&cursor);
            break;
        case 2:
            part = cursor_block32(&cursor);
            break;
        case 3:
            part = cursor_until(&cursor, step);
            break;
        case 4:
            cursor_copy(&cursor, copy, step % sizeof(copy));
            break;
        default:
            part = cursor_view(&cursor, step);
            break;
        }
        CHECK(part.len <= before);
        CHECK(cursor_left(&cursor) < before);
        (void)utf8_valid(part);
        CHECK(crc32c(step, part) == crc32c_portable(step, part));
    }
    CHECK(!cursor.failed || cursor_u64(&cursor) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct view bytes = view_of(data, size);

    read_base64(bytes);
    read_numbers(bytes);
    read_date(bytes);
    (void)utf8_valid(bytes);
    read_steered(bytes);
    return 0;
}
