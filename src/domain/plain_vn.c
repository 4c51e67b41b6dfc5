/*
 * Text without accents: as it is written where an alphabet has none.
 *
 * Invariant 1: what has no accent stays as it is; a letter keeps its case.
 */
#include "domain/country.h"

#include "domain/fold.h"

#include <unictype.h>

static const char *row_of(uint32_t point)
{
    if (point >= FOLD_LATIN_FIRST && point < FOLD_LATIN_END) {
        return fold_latin[point - FOLD_LATIN_FIRST];
    }
    if (point >= FOLD_ADDITIONAL_FIRST && point < FOLD_ADDITIONAL_END) {
        return fold_additional[point - FOLD_ADDITIONAL_FIRST];
    }
    return NULL;
}

/* The rows are in upper case. */
static void put_row(const char *row, bool lower, struct buf *buf)
{
    for (size_t i = 0; row[i] != '\0'; i++) {
        char letter = row[i];
        bool turns = lower && letter >= 'A' && letter <= 'Z';
        buf_put_u8(buf, (uint8_t)(turns ? letter - 'A' + 'a' : letter));
    }
}

/* Signs that the alphabets of messages do not have. */
static const char *sign_of(uint32_t point)
{
    if (point >= 0x2010 && point <= 0x2015) {
        return "-";
    }
    if (point == 0x2018 || point == 0x2019) {
        return "'";
    }
    if (point == 0x201c || point == 0x201d) {
        return "\"";
    }
    return point == 0x2026 ? "..." : point == 0xa0 ? " " : NULL;
}

void country_plain(struct view text, struct buf *ret_plain)
{
    size_t at = 0;

    while (at < text.len) {
        size_t start = at;
        uint32_t point = fold_point(text, &at);
        const char *row = row_of(point);
        const char *sign = sign_of(point);
        if (row != NULL) {
            put_row(row, uc_is_property_lowercase(point), ret_plain);
        } else if (sign != NULL) {
            buf_put_text(ret_plain, sign);
        } else if (point < 0x300 || point > 0x36f) { /* marks that stand for themselves go */
            buf_put_view(ret_plain, view_part(text, start, at - start));
        }
    }
}
