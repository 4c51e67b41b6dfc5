/*
 * The frames of messages to phones.
 *
 * Invariants
 *  1. What is read decodes to its last byte; every enumerator is known, every length is bounded.
 *  2. A phone is one that country_phone_get() writes; a text is UTF-8 and not empty.
 */
#include "proc/sending.h"

#include "base/check.h"
#include "domain/country.h"

#define FLAG_AGAIN 1u
#define FLAG_RECEIPT 2u

static bool phone_sane(struct view phone)
{
    char number[COUNTRY_PHONE_DIGITS + 1];

    return outcome_ok(country_phone_get(phone, number)) && view_is(phone, number);
}

static bool message_sane(const struct sending_message *message)
{
    return message->id > 0 && message->valid_s > 0 && phone_sane(message->phone) &&
           message->text.len > 0 && message->text.len <= OUTBOX_TEXT_BYTES_MAX &&
           utf8_valid(message->text);
}

void sending_put_message(struct buf *buf, const struct sending_message *message)
{
    CHECK(message_sane(message));
    buf_put_u64(buf, message->id);
    buf_put_u8(
        buf, (uint8_t)((message->again ? FLAG_AGAIN : 0) | (message->receipt ? FLAG_RECEIPT : 0)));
    buf_put_u32(buf, message->valid_s);
    buf_put_block16(buf, message->phone);
    buf_put_block16(buf, message->text);
}

struct outcome sending_get_message(struct cursor *cursor, struct sending_message *ret_message)
{
    struct sending_message message = {.id = cursor_u64(cursor)};

    unsigned flags = cursor_u8(cursor);
    message.again = (flags & FLAG_AGAIN) != 0;
    message.receipt = (flags & FLAG_RECEIPT) != 0;
    message.valid_s = cursor_u32(cursor);
    message.phone = cursor_block16(cursor);
    message.text = cursor_block16(cursor);
    if (cursor->failed || flags > (FLAG_AGAIN | FLAG_RECEIPT) || !message_sane(&message)) {
        return outcome_fail(FAULT_BAD_INPUT, "a message to be sent");
    }
    *ret_message = message;
    return OUTCOME_OK;
}

/* A receipt may name the centre's id alone, and what the centre has taken may have none. */
static bool result_sane(const struct sending_result *result)
{
    bool receipt = result->saying == SENDING_DELIVERED || result->saying == SENDING_UNDELIVERED;

    return result->centre_id.len <= SENDING_CENTRE_ID_BYTES_MAX &&
           (result->id > 0 || (receipt && result->centre_id.len > 0)) &&
           (result->centre_id.len == 0 || receipt || result->saying == SENDING_ACCEPTED);
}

void sending_put_result(struct buf *buf, const struct sending_result *result)
{
    CHECK(result_sane(result));
    buf_put_u64(buf, result->id);
    buf_put_u8(buf, (uint8_t)result->saying);
    buf_put_block16(buf, result->centre_id);
}

struct outcome sending_get_result(struct cursor *cursor, struct sending_result *ret_result)
{
    struct sending_result result = {.id = cursor_u64(cursor)};

    unsigned saying = cursor_u8(cursor);
    result.centre_id = cursor_block16(cursor);
    if (cursor->failed || saying >= SENDING_SAYING_COUNT) {
        return outcome_fail(FAULT_BAD_INPUT, "what became of a message");
    }
    result.saying = (enum sending_saying)saying;
    if (!result_sane(&result)) {
        return outcome_fail(FAULT_BAD_INPUT, "what became of a message");
    }
    *ret_result = result;
    return OUTCOME_OK;
}
