/*
 * Texts with their parts filled in.
 *
 * Invariants
 *  1. What stands in a part is never read again: a `{` in a name is a character.
 */
#include "channel/letter/book.h"

#include "base/check.h"

#include <inttypes.h>

void book_put_date(struct buf *buf, struct view date)
{
    struct date day;

    if (outcome_ok(date_get(date, &day))) {
        buf_printf(buf, "%02d/%02d/%04d", day.day, day.month, day.year);
    } else {
        buf_put_view(buf, date); /* a year alone */
    }
}

/* Thousands are parted by full stops. */
static void put_number(struct buf *buf, int64_t number)
{
    char digits[24];
    int count = snprintf(digits, sizeof(digits), "%" PRId64, number);

    for (int i = 0; i < count; i++) {
        if (i > 0 && (count - i) % 3 == 0) {
            buf_put_u8(buf, '.');
        }
        buf_put_u8(buf, (uint8_t)digits[i]);
    }
}

static void put_part(const struct book *book, struct buf *buf, enum part part,
                     const struct json_node *node)
{
    switch (part_row(part)->shape) {
    case SHAPE_DATE:
        book_put_date(buf, node->text);
        break;
    case SHAPE_NUMBER:
        put_number(buf, json_integer_of(node));
        break;
    case SHAPE_SERVICE:
        buf_put_view(buf, book_word(book, BOOK_LIST_SERVICE, node->text));
        break;
    case SHAPE_CHANNEL:
        buf_put_view(buf, book_word(book, BOOK_LIST_CHANNEL, node->text));
        break;
    default:
        buf_put_view(buf, node->text);
        break;
    }
}

/* As official letters write it: a zero before days below 10 and before months 1 and 2. */
static void put_day(struct buf *buf, const struct date *day)
{
    buf_printf(buf, day->month < 3 ? "ngày %02d tháng %02d năm %d" : "ngày %02d tháng %d năm %d",
               day->day, day->month, day->year);
}

static bool put_named(const struct book *book, struct view name, const struct content *content,
                      struct buf *buf)
{
    enum part part = PART_COUNT;

    if (view_is(name, "date")) {
        put_day(buf, &content->day);
        return true;
    }
    struct outcome found = part_find(name, &part);
    CHECK(outcome_ok(found)); /* looked at when it was loaded */
    if (content->parts[part] == NULL) {
        return false;
    }
    put_part(book, buf, part, content->parts[part]);
    return true;
}

bool book_fill(const struct book *book, struct view text, const struct content *content,
               struct buf *buf)
{
    size_t from = 0;

    while (from < text.len) {
        size_t open = view_find(text, from, '{');
        buf_put_view(buf, view_part(text, from, open - from));
        if (open == text.len) {
            break;
        }
        size_t close = view_find(text, open, '}');
        CHECK(close < text.len);
        if (!put_named(book, view_part(text, open + 1, close - open - 1), content, buf)) {
            return false;
        }
        from = close + 1;
    }
    return true;
}
