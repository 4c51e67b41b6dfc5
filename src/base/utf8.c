/*
 * Well-formed UTF-8 (RFC 3629 section 4, table 3-7 of the Unicode Standard).
 */
#include "base/bytes.h"

#include <string.h>

/*
 * By lead byte: how many bytes follow, and the range of the first of them. The narrowed ranges are
 * what keeps out overlong forms (E0, F0), surrogates (ED) and what lies above U+10FFFF (F4).
 */
static const struct lead {
    uint8_t first;
    uint8_t last;
    uint8_t follow;
    uint8_t low;
    uint8_t high;
} leads[] = {
    {0xc2, 0xdf, 1, 0x80, 0xbf}, {0xe0, 0xe0, 2, 0xa0, 0xbf}, {0xe1, 0xec, 2, 0x80, 0xbf},
    {0xed, 0xed, 2, 0x80, 0x9f}, {0xee, 0xef, 2, 0x80, 0xbf}, {0xf0, 0xf0, 3, 0x90, 0xbf},
    {0xf1, 0xf3, 3, 0x80, 0xbf}, {0xf4, 0xf4, 3, 0x80, 0x8f},
};

/* Bytes of the character that begins with a byte above 0x7f; 0 when it is malformed. */
static size_t character_len(const uint8_t *at, size_t left)
{
    for (size_t i = 0; i < sizeof(leads) / sizeof(leads[0]); i++) {
        const struct lead *lead = &leads[i];
        if (at[0] < lead->first || at[0] > lead->last) {
            continue;
        }
        if (left <= lead->follow || at[1] < lead->low || at[1] > lead->high) {
            return 0;
        }
        for (size_t k = 2; k <= lead->follow; k++) {
            if ((at[k] & 0xc0) != 0x80) {
                return 0;
            }
        }
        return lead->follow + 1u;
    }
    return 0;
}

bool utf8_valid(struct view text)
{
    size_t at = 0;

    while (at < text.len) {
        uint64_t word = 0;
        if (text.len - at >= sizeof(word)) { /* most text is ASCII: eight bytes at a time */
            memcpy(&word, text.data + at, sizeof(word));
            if ((word & 0x8080808080808080u) == 0) {
                at += sizeof(word);
                continue;
            }
        }
        size_t len = text.data[at] < 0x80 ? 1 : character_len(text.data + at, text.len - at);
        if (len == 0) {
            return false;
        }
        at += len;
    }
    return true;
}
