/*
 * SMPP's units.
 *
 * Invariants
 *  1. Every size is the reader's: a C string ends within its field's bytes, a parameter within the
 *     unit, the unit within SMPP_PDU_BYTES_MAX.
 *  2. A unit is read to its last byte or refused.
 */
#include "wire/smpp.h"

#include "base/check.h"

#define SERVICE_TYPE_BYTES_MAX 5 /* without their ends: section 4.4.1 */
#define TIME_BYTES 16
#define SHORT_BYTES_MAX 254

enum tlv {
    TLV_RECEIPTED_ID = 0x001e,
    TLV_REFERENCE = 0x0204,
    TLV_PART_REFERENCE = 0x020c,
    TLV_PART_COUNT = 0x020e,
    TLV_PART = 0x020f,
    TLV_PAYLOAD = 0x0424,
    TLV_STATE = 0x0427,
};

struct outcome smpp_peek(struct view received, struct smpp_header *ret_header)
{
    struct cursor cursor = cursor_of(received);

    if (received.len < sizeof(uint32_t)) {
        return outcome_fail(FAULT_AGAIN, "unit");
    }
    uint32_t bytes = cursor_u32(&cursor);
    if (bytes < SMPP_HEADER_BYTES || bytes > SMPP_PDU_BYTES_MAX) {
        return outcome_fail(FAULT_BAD_INPUT, "length of a unit");
    }
    if (received.len < bytes) {
        return outcome_fail(FAULT_AGAIN, "unit");
    }
    ret_header->bytes = bytes;
    ret_header->command = cursor_u32(&cursor);
    ret_header->status = cursor_u32(&cursor);
    ret_header->sequence = cursor_u32(&cursor);
    return OUTCOME_OK;
}

/* Invariant 1: a C string of at most so many bytes before its end. */
static struct view get_text(struct cursor *cursor, size_t bytes_max)
{
    struct view text = cursor_until(cursor, 0);

    if (text.len > bytes_max) {
        cursor->failed = true;
        return (struct view){0};
    }
    return text;
}

/* A time is absent or whole (section 7.1.1). */
static struct view get_time(struct cursor *cursor)
{
    struct view time = get_text(cursor, TIME_BYTES);

    cursor->failed = cursor->failed || (time.len != 0 && time.len != TIME_BYTES);
    return time;
}

static void get_fields(struct cursor *cursor, struct smpp_message *message)
{
    (void)get_text(cursor, SERVICE_TYPE_BYTES_MAX);
    message->source_ton = cursor_u8(cursor);
    message->source_npi = cursor_u8(cursor);
    message->source = get_text(cursor, SMPP_ADDRESS_BYTES_MAX);
    message->destination_ton = cursor_u8(cursor);
    message->destination_npi = cursor_u8(cursor);
    message->destination = get_text(cursor, SMPP_ADDRESS_BYTES_MAX);
    message->esm_class = cursor_u8(cursor);
    (void)cursor_u8(cursor); /* protocol_id */
    (void)cursor_u8(cursor); /* priority_flag */
    (void)get_time(cursor);  /* schedule_delivery_time */
    message->validity = get_time(cursor);
    message->registered = cursor_u8(cursor);
    message->replace = cursor_u8(cursor) == 1;
    message->coding = cursor_u8(cursor);
    (void)cursor_u8(cursor); /* sm_default_msg_id */
    unsigned bytes = cursor_u8(cursor);
    cursor->failed = cursor->failed || bytes > SHORT_BYTES_MAX;
    message->text = cursor_view(cursor, bytes);
}

/* The numbers among the parameters, with their sizes; false: it is none of them. */
static bool take_number(struct smpp_message *message, unsigned tag, struct view value,
                        struct cursor *outer)
{
    struct cursor cursor = cursor_of(value);

    switch (tag) {
    case TLV_REFERENCE:
        message->has_reference = true;
        message->reference = cursor_u16(&cursor);
        break;
    case TLV_PART_REFERENCE:
        message->has_parts = true;
        message->part_reference = cursor_u16(&cursor);
        break;
    case TLV_PART_COUNT:
        message->part_count = cursor_u8(&cursor);
        break;
    case TLV_PART:
        message->part = cursor_u8(&cursor);
        break;
    case TLV_STATE:
        message->has_state = true;
        message->state = cursor_u8(&cursor);
        break;
    default:
        return false;
    }
    outer->failed = outer->failed || !outcome_ok(cursor_end(&cursor, "parameter"));
    return true;
}

static void take_parameter(struct smpp_message *message, unsigned tag, struct view value,
                           struct cursor *outer)
{
    if (take_number(message, tag, value, outer)) {
        return;
    }
    if (tag == TLV_PAYLOAD) { /* in the stead of the text, never besides it (section 5.3.2.32) */
        outer->failed = outer->failed || message->text.len != 0;
        message->text = value;
    } else if (tag == TLV_RECEIPTED_ID) {
        struct cursor cursor = cursor_of(value);
        message->receipted_id = get_text(&cursor, SMPP_ID_BYTES_MAX);
        outer->failed = outer->failed || !outcome_ok(cursor_end(&cursor, "parameter"));
    }
}

/* The first of each counts. `seen` has a bit per parameter that is known. */
static bool is_first(unsigned tag, uint32_t *seen)
{
    static const unsigned known[] = {TLV_RECEIPTED_ID, TLV_REFERENCE, TLV_PART_REFERENCE,
                                     TLV_PART_COUNT,   TLV_PART,      TLV_PAYLOAD,
                                     TLV_STATE};

    for (unsigned i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (known[i] == tag) {
            bool first = (*seen & 1u << i) == 0;
            *seen |= 1u << i;
            return first;
        }
    }
    return false;
}

/* `message` NULL: they are passed over. */
static struct outcome get_parameters(struct cursor *cursor, struct smpp_message *message)
{
    uint32_t seen = 0;
    unsigned count = 0;

    while (!cursor->failed && cursor_left(cursor) > 0) {
        unsigned tag = cursor_u16(cursor);
        struct view value = cursor_block16(cursor);
        if (++count > SMPP_TLVS_MAX) {
            return outcome_fail(FAULT_BAD_INPUT, "optional parameters");
        }
        if (!cursor->failed && message != NULL && is_first(tag, &seen)) {
            take_parameter(message, tag, value, cursor);
        }
    }
    return cursor_end(cursor, "optional parameters"); /* invariant 2 */
}

struct outcome smpp_get_message(struct view body, struct smpp_message *ret_message)
{
    struct cursor cursor = cursor_of(body);
    struct smpp_message message = {0};

    get_fields(&cursor, &message);
    TRY(get_parameters(&cursor, &message));
    *ret_message = message;
    return OUTCOME_OK;
}

struct outcome smpp_get_name(struct view body, size_t bytes_max, struct view *ret_name)
{
    struct cursor cursor = cursor_of(body);
    struct view name = {0};

    if (body.len > 0) {
        name = get_text(&cursor, bytes_max);
    }
    TRY(get_parameters(&cursor, NULL));
    *ret_name = name;
    return OUTCOME_OK;
}

struct outcome smpp_get_nothing(struct view body)
{
    struct cursor cursor = cursor_of(body);

    return get_parameters(&cursor, NULL);
}

static size_t put_header(struct buf *buf, uint32_t command, uint32_t status, uint32_t sequence)
{
    size_t start = buf->len;

    buf_put_u32(buf, 0);
    buf_put_u32(buf, command);
    buf_put_u32(buf, status);
    buf_put_u32(buf, sequence);
    return start;
}

static void finish(struct buf *buf, size_t start)
{
    if (!buf->failed) {
        buf_patch_u32(buf, start, (uint32_t)(buf->len - start));
    }
}

static void put_text(struct buf *buf, struct view text, size_t bytes_max)
{
    CHECK(text.len <= bytes_max && view_find(text, 0, 0) == text.len);
    buf_put_view(buf, text);
    buf_put_u8(buf, 0);
}

void smpp_put_bind(struct buf *buf, uint32_t sequence, const struct smpp_bind *bind)
{
    size_t start = put_header(buf, SMPP_BIND_TRANSCEIVER, SMPP_OK, sequence);

    put_text(buf, bind->system_id, SMPP_SYSTEM_ID_BYTES_MAX);
    put_text(buf, bind->password, SMPP_PASSWORD_BYTES_MAX);
    put_text(buf, bind->system_type, SMPP_SYSTEM_TYPE_BYTES_MAX);
    buf_put_u8(buf, SMPP_VERSION);
    buf_put_u8(buf, 0); /* addr_ton, addr_npi and address_range: the centre knows them */
    buf_put_u8(buf, 0);
    buf_put_u8(buf, 0);
    finish(buf, start);
}

static void put_tlv(struct buf *buf, unsigned tag, struct view value)
{
    buf_put_u16(buf, (uint16_t)tag);
    buf_put_block16(buf, value);
}

void smpp_put_message(struct buf *buf, enum smpp_command command, uint32_t sequence,
                      const struct smpp_message *message)
{
    bool is_short = message->text.len <= SHORT_BYTES_MAX;
    size_t start = put_header(buf, command, SMPP_OK, sequence);

    CHECK(command == SMPP_SUBMIT || command == SMPP_DELIVER);
    CHECK(message->validity.len == 0 || message->validity.len == TIME_BYTES);
    buf_put_u8(buf, 0); /* service_type */
    buf_put_u8(buf, message->source_ton);
    buf_put_u8(buf, message->source_npi);
    put_text(buf, message->source, SMPP_ADDRESS_BYTES_MAX);
    buf_put_u8(buf, message->destination_ton);
    buf_put_u8(buf, message->destination_npi);
    put_text(buf, message->destination, SMPP_ADDRESS_BYTES_MAX);
    buf_put_u8(buf, message->esm_class);
    buf_put_u16(buf, 0); /* protocol_id, priority_flag */
    buf_put_u8(buf, 0);  /* schedule_delivery_time */
    put_text(buf, message->validity, TIME_BYTES);
    buf_put_u8(buf, message->registered);
    buf_put_u8(buf, message->replace ? 1 : 0);
    buf_put_u8(buf, message->coding);
    buf_put_u8(buf, 0); /* sm_default_msg_id */
    buf_put_u8(buf, is_short ? (uint8_t)message->text.len : 0);
    buf_put_view(buf, is_short ? message->text : (struct view){0});
    if (!is_short) {
        put_tlv(buf, TLV_PAYLOAD, message->text);
    }
    if (message->has_reference) {
        const uint8_t value[2] = {(uint8_t)(message->reference >> 8), (uint8_t)message->reference};
        put_tlv(buf, TLV_REFERENCE, view_of(value, sizeof(value)));
    }
    finish(buf, start);
}

void smpp_put_plain(struct buf *buf, enum smpp_command command, enum smpp_status status,
                    uint32_t sequence)
{
    size_t start = put_header(buf, command, status, sequence);

    if (command == SMPP_DELIVER_RESP) {
        buf_put_u8(buf, 0);
    }
    finish(buf, start);
}

struct view smpp_receipt_value(struct view text, const char *key)
{
    struct view word = view_text(key);
    size_t at = view_search(text, 0, word);

    if (at + word.len > text.len || (at > 0 && text.data[at - 1] != ' ')) {
        return (struct view){0};
    }
    size_t from = at + word.len;
    size_t to = view_find(text, from, ' ');
    return view_part(text, from, to - from);
}
