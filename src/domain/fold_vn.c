/*
 * Names as they are compared: upper case, accents stripped, D for Đ, no spaces, one apostrophe.
 *
 * Invariants
 *  1. fold(NFC(name)) = fold(NFD(name)) = fold(name), for every name.
 *  2. The table's way and the library's way give the same for whatever the table covers; so a name
 *     folds alike whether or not it holds a character that needs the library.
 *  3. A fold is not empty and holds no control character, space or combining mark.
 *
 * Nearly every name takes the table's way: one pass, no call. The rest is put into NFD and upper
 * case by libunistring first and then takes the same pass.
 */
#include "domain/country.h"

#include "base/ceilings.h"
#include "base/check.h"
#include "base/memory.h"
#include "domain/fold.h"

#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>

/* A character grows to at most three times its bytes by decomposition, and again by upper case. */
#define NORMAL_BYTES_MAX (ASK_NAME_BYTES_MAX * 3)
#define UPPER_BYTES_MAX (NORMAL_BYTES_MAX * 3)
/* Two bytes of a letter become at most three ("'N", "SS"). */
#define FOLDED_BYTES_MAX (UPPER_BYTES_MAX * 2)

#define YPOGEGRAMMENI 0x345u /* the one mark that becomes a letter in upper case */

enum verdict { VERDICT_FOLDED, VERDICT_CONTROL, VERDICT_LIBRARY };

struct folding {
    uint8_t bytes[FOLDED_BYTES_MAX];
    size_t len;
    bool last; /* the library has had its turn: what no row covers stays as it is */
};

uint32_t fold_point(struct view text, size_t *at)
{
    CHECK(*at < text.len);
    const uint8_t *bytes = text.data;
    size_t i = *at;
    uint32_t point = bytes[i];
    size_t follow = point < 0xc0 ? 0 : point < 0xe0 ? 1 : point < 0xf0 ? 2 : 3;

    CHECK(follow < text.len - i);
    *at = i + 1 + follow;
    switch (follow) {
    case 0:
        return point;
    case 1:
        return (point & 0x1f) << 6 | (bytes[i + 1] & 0x3fu);
    case 2:
        return (point & 0x0f) << 12 | (bytes[i + 1] & 0x3fu) << 6 | (bytes[i + 2] & 0x3fu);
    default:
        return (point & 0x07) << 18 | (bytes[i + 1] & 0x3fu) << 12 | (bytes[i + 2] & 0x3fu) << 6 |
               (bytes[i + 3] & 0x3fu);
    }
}

static void put(struct folding *folding, const uint8_t *bytes, size_t len)
{
    CHECK(len <= sizeof(folding->bytes) - folding->len);
    for (size_t i = 0; i < len; i++) {
        folding->bytes[folding->len++] = bytes[i];
    }
}

static void put_row(struct folding *folding, const char row[FOLD_ROW_BYTES])
{
    CHECK(FOLD_ROW_BYTES <= sizeof(folding->bytes) - folding->len);
    for (size_t i = 0; row[i] != '\0'; i++) {
        folding->bytes[folding->len++] = (uint8_t)row[i];
    }
}

/* Characters outside the letters' tables, by range. */
enum special { SPECIAL_SKIP, SPECIAL_APOSTROPHE, SPECIAL_HYPHEN, SPECIAL_CONTROL };
static const struct special_row {
    uint32_t first;
    uint32_t last;
    enum special special;
} special_rows[] = {
    {0x0080, 0x009f, SPECIAL_CONTROL},    /* C1 */
    {0x00a0, 0x00a0, SPECIAL_SKIP},       /* no-break space */
    {0x00ad, 0x00ad, SPECIAL_SKIP},       /* soft hyphen */
    {0x00b4, 0x00b4, SPECIAL_APOSTROPHE}, /* acute accent that stands alone */
    {0x02b9, 0x02bf, SPECIAL_APOSTROPHE}, /* modifier letters */
    {0x0300, 0x0344, SPECIAL_SKIP},       /* combining marks, without the ypogegrammeni */
    {0x0346, 0x036f, SPECIAL_SKIP},
    {0x1680, 0x1680, SPECIAL_SKIP}, /* spaces */
    {0x2000, 0x200f, SPECIAL_SKIP}, /* spaces, joiners, direction marks */
    {0x2010, 0x2015, SPECIAL_HYPHEN},
    {0x2018, 0x2019, SPECIAL_APOSTROPHE}, /* curly */
    {0x201b, 0x201b, SPECIAL_APOSTROPHE},
    {0x2028, 0x2029, SPECIAL_CONTROL}, /* line and paragraph separator */
    {0x202f, 0x202f, SPECIAL_SKIP},
    {0x2032, 0x2032, SPECIAL_APOSTROPHE}, /* prime */
    {0x205f, 0x2060, SPECIAL_SKIP},
    {0x2212, 0x2212, SPECIAL_HYPHEN},
    {0x3000, 0x3000, SPECIAL_SKIP},
    {0xfeff, 0xfeff, SPECIAL_SKIP},
};

static enum verdict fold_ascii(struct folding *folding, uint32_t point)
{
    if (point < 0x20 || point == 0x7f) {
        return VERDICT_CONTROL;
    }
    if (point == ' ') {
        return VERDICT_FOLDED;
    }
    uint8_t byte = (uint8_t)point;
    if (byte >= 'a' && byte <= 'z') {
        byte = (uint8_t)(byte - 'a' + 'A');
    } else if (byte == '`') {
        byte = '\'';
    }
    put(folding, &byte, 1);
    return VERDICT_FOLDED;
}

static enum verdict fold_special(struct folding *folding, enum special special)
{
    switch (special) {
    case SPECIAL_CONTROL:
        return VERDICT_CONTROL;
    case SPECIAL_APOSTROPHE:
        put(folding, (const uint8_t *)"'", 1);
        return VERDICT_FOLDED;
    case SPECIAL_HYPHEN:
        put(folding, (const uint8_t *)"-", 1);
        return VERDICT_FOLDED;
    case SPECIAL_SKIP:
        return VERDICT_FOLDED;
    }
    CHECK(false);
}

/* What no table knows: marks are dropped, the rest stays. Only after the library's turn. */
static enum verdict fold_rest(struct folding *folding, uint32_t point, const uint8_t *bytes,
                              size_t len)
{
    if (!folding->last) {
        return VERDICT_LIBRARY;
    }
    if (!uc_is_general_category_withtable(point, UC_CATEGORY_MASK_Mn | UC_CATEGORY_MASK_Me |
                                                     UC_CATEGORY_MASK_Zs | UC_CATEGORY_MASK_Cf)) {
        put(folding, bytes, len);
    }
    return VERDICT_FOLDED;
}

static enum verdict fold_one(struct folding *folding, uint32_t point, const uint8_t *bytes,
                             size_t len)
{
    if (point < 0x80) {
        return fold_ascii(folding, point);
    }
    if (point >= FOLD_LATIN_FIRST && point < FOLD_LATIN_END) {
        put_row(folding, fold_latin[point - FOLD_LATIN_FIRST]);
        return VERDICT_FOLDED;
    }
    if (point >= FOLD_ADDITIONAL_FIRST && point < FOLD_ADDITIONAL_END) {
        put_row(folding, fold_additional[point - FOLD_ADDITIONAL_FIRST]);
        return VERDICT_FOLDED;
    }
    for (size_t i = 0; i < sizeof(special_rows) / sizeof(special_rows[0]); i++) {
        if (point >= special_rows[i].first && point <= special_rows[i].last) {
            return fold_special(folding, special_rows[i].special);
        }
    }
    return fold_rest(folding, point, bytes, len);
}

static enum verdict fold_all(struct folding *folding, struct view text)
{
    size_t at = 0;

    folding->len = 0;
    while (at < text.len) {
        size_t start = at;
        uint32_t point = fold_point(text, &at);
        enum verdict verdict = fold_one(folding, point, text.data + start, at - start);
        if (verdict != VERDICT_FOLDED) {
            return verdict;
        }
    }
    return VERDICT_FOLDED;
}

/* The library takes memory of its own when the space given is too small, which it should not be. */
static struct outcome library_wrote(uint8_t *result, const uint8_t *space)
{
    if (result == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "normal form of a name");
    }
    if (result != space) {
        memory_free(result);
        return outcome_fail(FAULT_OVER_LIMIT, "name grows beyond its ceiling");
    }
    return OUTCOME_OK;
}

/* NFD, upper case, NFD again, into `space`. */
static struct outcome library_fold(struct view name, uint8_t space[UPPER_BYTES_MAX],
                                   size_t *ret_len)
{
    uint8_t normal[NORMAL_BYTES_MAX];
    size_t normal_len = sizeof(normal);
    size_t upper_len = UPPER_BYTES_MAX;

    uint8_t *nfd = u8_normalize(UNINORM_NFD, name.data, name.len, normal, &normal_len);
    TRY(library_wrote(nfd, normal));
    uint8_t *upper = u8_toupper(normal, normal_len, NULL, UNINORM_NFD, space, &upper_len);
    TRY(library_wrote(upper, space));
    CHECK(upper_len <= UPPER_BYTES_MAX);
    *ret_len = upper_len;
    return OUTCOME_OK;
}

struct outcome country_fold_name(struct view name, struct buf *ret_folded)
{
    struct folding folding;
    uint8_t space[UPPER_BYTES_MAX];

    if (name.len > ASK_NAME_BYTES_MAX) {
        return outcome_fail(FAULT_OVER_LIMIT, "name too long");
    }
    if (!utf8_valid(name)) {
        return outcome_fail(FAULT_BAD_INPUT, "name is not UTF-8");
    }
    folding.last = false;
    enum verdict verdict = fold_all(&folding, name);
    if (verdict == VERDICT_LIBRARY) {
        size_t len = 0;
        TRY(library_fold(name, space, &len));
        folding.last = true;
        verdict = fold_all(&folding, view_of(space, len));
    }
    if (verdict == VERDICT_CONTROL) {
        return outcome_fail(FAULT_BAD_INPUT, "name with a control character");
    }
    if (folding.len == 0) {
        return outcome_fail(FAULT_BAD_INPUT, "name without a letter");
    }
    buf_put(ret_folded, folding.bytes, folding.len); /* invariant 3 */
    return OUTCOME_OK;
}

/* No character here is changed by NFC alone, nor joins with the one before it. */
static bool nfc_by_range(uint32_t point)
{
    return point < 0x300 || (point >= FOLD_ADDITIONAL_FIRST && point < FOLD_ADDITIONAL_END) ||
           (point >= 0x2010 && point <= 0x2027);
}

struct outcome fold_nfc(struct view text, bool *ret_nfc)
{
    bool plain = true;
    size_t at = 0;

    while (plain && at < text.len) {
        plain = nfc_by_range(fold_point(text, &at));
    }
    if (plain) {
        *ret_nfc = true;
        return OUTCOME_OK;
    }
    size_t len = 0;
    MEMORY_AUTO uint8_t *normal = u8_normalize(UNINORM_NFC, text.data, text.len, NULL, &len);
    if (normal == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "normal form");
    }
    *ret_nfc = view_equal(view_of(normal, len), text);
    return OUTCOME_OK;
}
