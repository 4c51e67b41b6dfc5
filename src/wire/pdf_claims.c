/*
 * What signatures a foreign PDF says that it has, and what stands in their holes.
 *
 * Invariants
 *  1. A claim is `sound` only if its ranges begin with the file's first byte, leave out exactly the
 *     hexadecimal string that is the value of /Contents in the same dictionary, and end in the
 * file.
 *  2. The work is bounded: behind a dictionary that was read the search goes on behind it, and
 *     after PDF_ODD_MAX places that cannot be read it ends.
 */
#include "wire/pdf.h"

#include "base/check.h"
#include "wire/pdf_object.h"

#define RANGE_KEY VIEW_LITERAL("/ByteRange")
#define FILTER_BYTES_MAX 64
#define RANGE_NUMBER_MAX UINT32_MAX

/* ---- what stands in a hole ---- */

/* How many bytes the DER (or BER) value has whose first ones these are; 0: none. One of unknown
 * length has all. */
static size_t value_bytes(struct view bytes, bool *ret_exact)
{
    struct cursor cursor = cursor_of(bytes);
    uint8_t tag = cursor_u8(&cursor);
    uint8_t first = cursor_u8(&cursor);
    unsigned more = first > 0x80 && first <= 0x83 ? first - 0x80u : 0;
    size_t len = more == 0 ? first : 0;

    for (unsigned i = 0; i < more; i++) {
        len = len << 8 | cursor_u8(&cursor);
    }
    *ret_exact = first != 0x80;
    if (cursor.failed || tag != 0x30 || first > 0x83) {
        return 0;
    }
    size_t head = 2 + (size_t)more;
    bool shortest = more == 0 || (len >> 8 * (more - 1) != 0 && len >= 0x80);
    *ret_exact = *ret_exact && shortest;
    return first == 0x80 ? bytes.len : head + len;
}

struct outcome pdf_signature_der(const struct pdf_signature *signature, struct buf *ret_der)
{
    uint8_t bytes[LETTER_CMS_BYTES_MAX];
    struct view all = view_of(bytes, sizeof(bytes));
    bool exact = false;

    TRY(hex_get(signature->digits, bytes, sizeof(bytes)));
    size_t len = value_bytes(all, &exact);
    if (len == 0 || len > sizeof(bytes) || !exact) {
        return outcome_fail(FAULT_BAD_INPUT, "PDF: no DER value in /Contents");
    }
    for (size_t i = len; i < sizeof(bytes); i++) {
        if (bytes[i] != 0) {
            return outcome_fail(FAULT_BAD_INPUT, "PDF: something behind the value in /Contents");
        }
    }
    buf_put_view(ret_der, view_part(all, 0, len));
    return buf_check(ret_der);
}

static bool digit_of(uint8_t character, uint8_t *ret_digit)
{
    uint8_t lower = character | 0x20;
    bool decimal = character >= '0' && character <= '9';

    *ret_digit = (uint8_t)(decimal ? character - '0' : lower - 'a' + 10);
    return decimal || (lower >= 'a' && lower <= 'f');
}

struct outcome pdf_claim_der(const struct pdf_claim *claim, struct buf *ret_der)
{
    const bool longer = claim->digits.len > 2 * CMS_LOOK_BYTES_MAX;
    const struct view digits =
        view_part(claim->digits, 0, longer ? 2 * CMS_LOOK_BYTES_MAX : claim->digits.len);
    BUF_AUTO bytes;
    bool exact = false;

    buf_init(&bytes, CMS_LOOK_BYTES_MAX);
    for (size_t i = 0; i + 1 < digits.len; i += 2) {
        uint8_t high = 0;
        uint8_t low = 0;
        if (!digit_of(digits.data[i], &high) || !digit_of(digits.data[i + 1], &low)) {
            return outcome_fail(FAULT_BAD_INPUT, "PDF: digits of /Contents");
        }
        buf_put_u8(&bytes, (uint8_t)(high << 4 | low));
    }
    TRY(buf_check(&bytes));
    size_t len = value_bytes(buf_view(&bytes), &exact);
    if (len > bytes.len && longer) {
        return outcome_fail(FAULT_OVER_LIMIT, "PDF: value in /Contents");
    }
    if (len == 0 || len > bytes.len) {
        return outcome_fail(FAULT_BAD_INPUT, "PDF: no DER value in /Contents");
    }
    buf_put_view(ret_der, view_part(buf_view(&bytes), 0, len));
    return buf_check(ret_der);
}

/* ---- claims ---- */

/* The innermost dictionary around `place`, of the object that begins at `object`. Whole numbers of
 * both stay the file's. */
static bool find_dict(struct view pdf, size_t object, size_t place, struct view *ret_dict,
                      size_t *ret_at)
{
    struct pdf_reader reader = pdf_reader_at(pdf, object);
    struct view dict;
    struct view name;
    struct view value;
    bool good = true;

    if (!pdf_read_value(&reader, &dict) || !view_starts(dict, VIEW_LITERAL("<<"))) {
        return false;
    }
    size_t at = reader.at - dict.len;
    reader = pdf_reader_at(dict, 2);
    while (place - at < dict.len && pdf_read_entry(&reader, &good, &name, &value)) {
        size_t start = at + reader.at - value.len;
        bool inside = place >= start && place - start < value.len;
        if (inside && view_starts(value, VIEW_LITERAL("<<"))) { /* as far as values nest */
            dict = value;
            at = start;
            reader = pdf_reader_at(dict, 2);
        }
    }
    *ret_dict = dict;
    *ret_at = at;
    return good && place >= at && place - at < dict.len;
}

/* Where the object begins that has `place`: behind the last `obj` before it. */
static bool find_object(struct view pdf, size_t from, size_t place, size_t *ret_object)
{
    static const struct view key = VIEW_LITERAL(" obj");
    struct view before = view_part(pdf, 0, place);
    size_t found = before.len;

    for (size_t at = view_search(before, from, key); at < before.len;
         at = view_search(before, at + 1, key)) {
        found = at;
    }
    *ret_object = found < before.len ? found + key.len : 0;
    return found < before.len;
}

static bool read_range(struct view value, uint64_t ret_range[4])
{
    struct pdf_reader reader = pdf_reader_at(value, 0);
    bool good = pdf_skip(&reader, "[");

    for (unsigned i = 0; good && i < 4; i++) {
        pdf_skip_space(&reader);
        good = pdf_read_number(&reader, RANGE_NUMBER_MAX, &ret_range[i]);
    }
    pdf_skip_space(&reader);
    return good && pdf_skip(&reader, "]") && reader.at == value.len;
}

/* Invariant 1. */
static bool is_sound(struct view pdf, const uint64_t range[4], size_t contents_at,
                     struct view contents)
{
    return range[0] == 0 && range[1] == contents_at && range[1] < range[2] &&
           range[2] == contents_at + contents.len && range[2] <= pdf.len &&
           range[3] <= pdf.len - range[2] && contents.len > 2 &&
           view_starts(contents, VIEW_LITERAL("<")) && !view_starts(contents, VIEW_LITERAL("<<"));
}

static struct view filter_of(struct view dict)
{
    struct view value;
    bool good = pdf_dict_get(dict, "SubFilter", &value) && value.len > 1 &&
                value.len <= FILTER_BYTES_MAX && value.data[0] == '/';

    for (size_t i = 1; good && i < value.len; i++) {
        uint8_t byte = value.data[i];
        uint8_t lower = byte | 0x20;
        good = (lower >= 'a' && lower <= 'z') || (byte >= '0' && byte <= '9') || byte == '.' ||
               byte == '-';
    }
    return good ? view_part(value, 1, value.len - 1) : (struct view){0};
}

/* False: it is none. */
static bool claim_of(struct view pdf, struct view dict, size_t dict_at, struct pdf_claim *ret_claim)
{
    struct pdf_claim claim = {.filter = filter_of(dict)};
    uint64_t range[4] = {0};
    struct view value;
    struct view contents;

    if (!pdf_dict_get(dict, "ByteRange", &value) || !read_range(value, range) ||
        !pdf_dict_get(dict, "Contents", &contents)) {
        return false;
    }
    size_t contents_at = dict_at + (size_t)(contents.data - dict.data);
    claim.sound = is_sound(pdf, range, contents_at, contents);
    if (claim.sound) {
        claim.before = view_part(pdf, 0, contents_at);
        claim.after = view_part(pdf, (size_t)range[2], (size_t)range[3]);
        claim.digits = view_part(contents, 1, contents.len - 2);
        claim.whole = range[2] + range[3] == pdf.len;
    }
    *ret_claim = claim;
    return true;
}

void pdf_claims(struct view pdf, struct pdf_claims *ret_claims)
{
    struct pdf_claims claims = {0};
    size_t from = 0;

    for (size_t at = view_search(pdf, 0, RANGE_KEY); at < pdf.len && claims.odd < PDF_ODD_MAX;
         at = view_search(pdf, from, RANGE_KEY)) {
        struct pdf_claim claim = {0};
        struct view dict = {0};
        size_t dict_at = 0;
        size_t object = 0;
        bool found = find_object(pdf, from, at, &object) &&
                     find_dict(pdf, object, at, &dict, &dict_at) &&
                     claim_of(pdf, dict, dict_at, &claim);
        from = found ? dict_at + dict.len : at + RANGE_KEY.len; /* invariant 2 */
        claims.odd += found ? 0 : 1;
        claims.found += found ? 1 : 0;
        if (found && claims.count < PDF_CLAIMS_MAX) {
            claims.items[claims.count++] = claim;
        }
    }
    *ret_claims = claims;
}
