/*
 * Texts of short messages.
 *
 * Invariants
 *  1. No character is cut by the end of a part: neither an escape nor a surrogate stands alone.
 *  2. What was put is got again as it was (fuzz_smpp.c).
 */
#include "wire/sms_text.h"

#include "base/check.h"

#define ESCAPE 0x1b
#define HEADER_BYTES 6 /* of a part: section 9.2.3.24.1 */
#define CONCAT_8 0x00
#define CONCAT_16 0x08
/* Units that a message holds alone, and as a part. */
#define GSM_ALONE (SMS_PART_BYTES_MAX * 8 / 7)
#define GSM_PART ((SMS_PART_BYTES_MAX - HEADER_BYTES) * 8 / 7)
#define UCS2_ALONE (SMS_PART_BYTES_MAX / 2)
#define UCS2_PART ((SMS_PART_BYTES_MAX - HEADER_BYTES) / 2)

_Static_assert(GSM_ALONE == 160 && GSM_PART == 153 && UCS2_ALONE == 70 && UCS2_PART == 67,
               "as phones count");

/* TS 23.038 section 6.2.1; 0x1b leads to the table below. */
static const uint16_t gsm_points[128] = {
    0x40,  0xa3, 0x24, 0xa5,  0xe8, 0xe9,  0xf9,  0xec,  0xf2,  0xc7,  0x0a,  0xd8,  0xf8,
    0x0d,  0xc5, 0xe5, 0x394, 0x5f, 0x3a6, 0x393, 0x39b, 0x3a9, 0x3a0, 0x3a8, 0x3a3, 0x398,
    0x39e, 0x20, 0xc6, 0xe6,  0xdf, 0xc9,  0x20,  0x21,  0x22,  0x23,  0xa4,  0x25,  0x26,
    0x27,  0x28, 0x29, 0x2a,  0x2b, 0x2c,  0x2d,  0x2e,  0x2f,  0x30,  0x31,  0x32,  0x33,
    0x34,  0x35, 0x36, 0x37,  0x38, 0x39,  0x3a,  0x3b,  0x3c,  0x3d,  0x3e,  0x3f,  0xa1,
    0x41,  0x42, 0x43, 0x44,  0x45, 0x46,  0x47,  0x48,  0x49,  0x4a,  0x4b,  0x4c,  0x4d,
    0x4e,  0x4f, 0x50, 0x51,  0x52, 0x53,  0x54,  0x55,  0x56,  0x57,  0x58,  0x59,  0x5a,
    0xc4,  0xd6, 0xd1, 0xdc,  0xa7, 0xbf,  0x61,  0x62,  0x63,  0x64,  0x65,  0x66,  0x67,
    0x68,  0x69, 0x6a, 0x6b,  0x6c, 0x6d,  0x6e,  0x6f,  0x70,  0x71,  0x72,  0x73,  0x74,
    0x75,  0x76, 0x77, 0x78,  0x79, 0x7a,  0xe4,  0xf6,  0xf1,  0xfc,  0xe0,
};

/* After an escape: section 6.2.1.1. */
static const struct {
    uint8_t septet;
    uint16_t point;
} gsm_extension[] = {
    {0x0a, 0x0c}, {0x14, 0x5e}, {0x28, 0x7b}, {0x29, 0x7d}, {0x2f, 0x5c},
    {0x3c, 0x5b}, {0x3d, 0x7e}, {0x3e, 0x5d}, {0x40, 0x7c}, {0x65, 0x20ac},
};
#define EXTENSIONS (sizeof(gsm_extension) / sizeof(gsm_extension[0]))

/* ---- UTF-8 ---- */

static void put_point(struct buf *buf, uint32_t point)
{
    if (point < 0x80) {
        buf_put_u8(buf, (uint8_t)point);
    } else if (point < 0x800) {
        buf_put_u8(buf, (uint8_t)(0xc0 | point >> 6));
        buf_put_u8(buf, (uint8_t)(0x80 | (point & 0x3f)));
    } else if (point < 0x10000) {
        buf_put_u8(buf, (uint8_t)(0xe0 | point >> 12));
        buf_put_u8(buf, (uint8_t)(0x80 | (point >> 6 & 0x3f)));
        buf_put_u8(buf, (uint8_t)(0x80 | (point & 0x3f)));
    } else {
        buf_put_u8(buf, (uint8_t)(0xf0 | point >> 18));
        buf_put_u8(buf, (uint8_t)(0x80 | (point >> 12 & 0x3f)));
        buf_put_u8(buf, (uint8_t)(0x80 | (point >> 6 & 0x3f)));
        buf_put_u8(buf, (uint8_t)(0x80 | (point & 0x3f)));
    }
}

/* The next character of well-formed UTF-8. */
static uint32_t get_point(struct cursor *cursor)
{
    unsigned lead = cursor_u8(cursor);
    unsigned follow = lead < 0xc0 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    uint32_t point = follow == 0 ? lead : lead & (0x3fu >> follow);

    for (unsigned i = 0; i < follow; i++) {
        point = point << 6 | (cursor_u8(cursor) & 0x3fu);
    }
    return point;
}

/* ---- what came ---- */

/* What stands in a header; unknown elements are passed over. */
static struct outcome get_header(struct view header, struct sms_part *part)
{
    struct cursor cursor = cursor_of(header);

    while (!cursor.failed && cursor_left(&cursor) > 0) {
        unsigned element = cursor_u8(&cursor);
        struct view value = cursor_view(&cursor, cursor_u8(&cursor));
        struct cursor inner = cursor_of(value);
        if (!cursor.failed && (element == CONCAT_8 || element == CONCAT_16)) {
            part->reference = element == CONCAT_8 ? cursor_u8(&inner) : cursor_u16(&inner);
            part->count = cursor_u8(&inner);
            part->number = cursor_u8(&inner);
            TRY(cursor_end(&inner, "concatenation"));
        }
    }
    return cursor_end(&cursor, "user data header");
}

struct outcome sms_part_get(const struct smpp_message *message, struct sms_part *ret_part)
{
    struct sms_part part = {.text = message->text, .count = 1, .number = 1};

    if (message->has_parts) {
        part.reference = message->part_reference;
        part.count = message->part_count;
        part.number = message->part;
    } else if ((message->esm_class & SMPP_CLASS_HEADER) != 0) {
        struct cursor cursor = cursor_of(message->text);
        struct view header = cursor_view(&cursor, cursor_u8(&cursor));
        part.text = cursor_view(&cursor, cursor_left(&cursor));
        TRY(cursor_end(&cursor, "user data header"));
        TRY(get_header(header, &part));
    }
    if (part.count == 0 || part.count > SMS_PARTS_MAX || part.number == 0 ||
        part.number > part.count) {
        return outcome_fail(FAULT_BAD_INPUT, "parts of a message");
    }
    *ret_part = part;
    return OUTCOME_OK;
}

static uint32_t extension_point(unsigned septet)
{
    for (size_t i = 0; i < EXTENSIONS; i++) {
        if (gsm_extension[i].septet == septet) {
            return gsm_extension[i].point;
        }
    }
    return ' ';
}

static struct outcome get_gsm(struct view bytes, struct buf *text)
{
    struct cursor cursor = cursor_of(bytes);

    while (cursor_left(&cursor) > 0) {
        unsigned septet = cursor_u8(&cursor);
        if (septet > 0x7f) {
            return outcome_fail(FAULT_BAD_INPUT, "a septet of eight bits");
        }
        if (septet == ESCAPE && cursor_left(&cursor) > 0) {
            put_point(text, extension_point(cursor_u8(&cursor)));
        } else {
            put_point(text, gsm_points[septet]);
        }
    }
    return OUTCOME_OK;
}

static struct outcome get_latin1(struct view bytes, unsigned last, struct buf *text)
{
    for (size_t i = 0; i < bytes.len; i++) {
        if (bytes.data[i] > last) {
            return outcome_fail(FAULT_BAD_INPUT, "no letter of this alphabet");
        }
        put_point(text, bytes.data[i]);
    }
    return OUTCOME_OK;
}

/* With the pairs of UTF-16, which phones send where UCS-2 is said. */
static struct outcome get_ucs2(struct view bytes, struct buf *text)
{
    struct cursor cursor = cursor_of(bytes);

    while (!cursor.failed && cursor_left(&cursor) > 0) {
        uint32_t unit = cursor_u16(&cursor);
        if (unit >= 0xd800 && unit < 0xdc00) {
            uint32_t low = cursor_u16(&cursor);
            cursor.failed = cursor.failed || low < 0xdc00 || low > 0xdfff;
            unit = 0x10000 + ((unit & 0x3ff) << 10 | (low & 0x3ff));
        } else if (unit >= 0xdc00 && unit <= 0xdfff) {
            cursor.failed = true;
        }
        if (!cursor.failed) {
            put_point(text, unit);
        }
    }
    return cursor_end(&cursor, "UCS-2");
}

struct outcome sms_text_get(struct view bytes, uint8_t coding, struct buf *ret_text)
{
    struct outcome outcome = outcome_fail(FAULT_BAD_INPUT, "coding of a message");

    if (coding == SMS_CODING_GSM || (coding & 0xfc) == 0xf0) {
        outcome = get_gsm(bytes, ret_text);
    } else if (coding == SMS_CODING_ASCII) {
        outcome = get_latin1(bytes, 0x7f, ret_text);
    } else if (coding == SMS_CODING_LATIN1) {
        outcome = get_latin1(bytes, 0xff, ret_text);
    } else if (coding == SMS_CODING_UCS2) {
        outcome = get_ucs2(bytes, ret_text);
    }
    TRY(outcome);
    return buf_check(ret_text);
}

/* ---- what goes ---- */

/* The one or two septets of a character, the escape first; 0: it has none. */
static unsigned gsm_of(uint32_t point, uint8_t ret_septets[2])
{
    for (size_t i = 0; i < EXTENSIONS; i++) {
        if (gsm_extension[i].point == point) {
            ret_septets[0] = ESCAPE;
            ret_septets[1] = gsm_extension[i].septet;
            return 2;
        }
    }
    for (unsigned i = 0; i < 128; i++) {
        if (gsm_points[i] == point && i != ESCAPE) {
            ret_septets[0] = (uint8_t)i;
            return 1;
        }
    }
    return 0;
}

/* A character's bytes in a coding; `ret_units` = how much of a part's room it takes. */
static size_t encode(uint32_t point, uint8_t coding, uint8_t ret_bytes[4], unsigned *ret_units)
{
    if (coding == SMS_CODING_GSM) {
        *ret_units = gsm_of(point, ret_bytes);
        return *ret_units;
    }
    uint32_t high = point;
    uint32_t low = 0;
    *ret_units = point < 0x10000 ? 1 : 2;
    if (point >= 0x10000) {
        high = 0xd800 + ((point - 0x10000) >> 10);
        low = 0xdc00 + ((point - 0x10000) & 0x3ff);
    }
    ret_bytes[0] = (uint8_t)(high >> 8);
    ret_bytes[1] = (uint8_t)high;
    ret_bytes[2] = (uint8_t)(low >> 8);
    ret_bytes[3] = (uint8_t)low;
    return *ret_units * 2u;
}

/* Deals the characters out to parts of so many units and appends those of part `wanted` (0: of
 * none); gives how many parts there are. Invariant 1. */
static unsigned deal(struct view text, uint8_t coding, unsigned room, unsigned wanted,
                     struct buf *bytes)
{
    struct cursor cursor = cursor_of(text);
    unsigned part = 1;
    unsigned used = 0;

    while (cursor_left(&cursor) > 0) {
        uint8_t encoded[4];
        unsigned units = 0;
        size_t len = encode(get_point(&cursor), coding, encoded, &units);
        if (used + units > room) {
            part++;
            used = 0;
        }
        used += units;
        if (part == wanted) {
            buf_put(bytes, encoded, len);
        }
    }
    return part;
}

static uint8_t coding_for(struct view text)
{
    struct cursor cursor = cursor_of(text);
    uint8_t septets[2];

    while (cursor_left(&cursor) > 0) {
        if (gsm_of(get_point(&cursor), septets) == 0) {
            return SMS_CODING_UCS2;
        }
    }
    return SMS_CODING_GSM;
}

struct outcome sms_text_plan(struct view text, struct sms_plan *ret_plan)
{
    CHECK(text.len > 0 && utf8_valid(text));
    uint8_t coding = coding_for(text);
    bool gsm = coding == SMS_CODING_GSM;
    unsigned parts = deal(text, coding, gsm ? GSM_ALONE : UCS2_ALONE, 0, NULL);

    if (parts > 1) {
        parts = deal(text, coding, gsm ? GSM_PART : UCS2_PART, 0, NULL);
    }
    if (parts > SMS_PARTS_MAX) {
        return outcome_fail(FAULT_OVER_LIMIT, "parts of a message");
    }
    *ret_plan = (struct sms_plan){.coding = coding, .parts = parts};
    return OUTCOME_OK;
}

void sms_text_put(struct view text, const struct sms_plan *plan, unsigned number, uint8_t reference,
                  struct buf *ret_bytes)
{
    CHECK(number >= 1 && number <= plan->parts);
    bool gsm = plan->coding == SMS_CODING_GSM;
    unsigned room = gsm ? GSM_ALONE : UCS2_ALONE;

    if (plan->parts > 1) {
        room = gsm ? GSM_PART : UCS2_PART;
        const uint8_t header[HEADER_BYTES] = {HEADER_BYTES - 1,     CONCAT_8,       3, reference,
                                              (uint8_t)plan->parts, (uint8_t)number};
        buf_put(ret_bytes, header, sizeof(header));
    }
    unsigned parts = deal(text, plan->coding, room, number, ret_bytes);
    CHECK(parts == plan->parts);
}
