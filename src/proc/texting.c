/*
 * The frames of messages that come in.
 *
 * Invariant 1: what is read decodes to its last byte; every enumerator is known, every length is
 * bounded.
 */
#include "proc/texting.h"

#include "domain/country.h"

void texting_put_asked(struct buf *buf, const struct texting_asked *asked)
{
    size_t start = frame_start(buf, FRAME_SMS);

    buf_put_u64(buf, asked->tag);
    buf_put_u8(buf, asked->again ? 1 : 0);
    buf_put(buf, asked->print, sizeof(asked->print));
    buf_put_u8(buf, (uint8_t)asked->verb);
    buf_put_block16(buf, asked->phone);
    buf_put_block16(buf, asked->number);
    buf_put_block16(buf, asked->rest);
    frame_finish(buf, start, 1);
}

static bool asked_sane(const struct texting_asked *asked, unsigned again, unsigned verb)
{
    return again <= 1 && verb < TEXTING_VERB_COUNT && asked->phone.len > 0 &&
           asked->phone.len <= SMPP_ADDRESS_BYTES_MAX &&
           (asked->number.len == 0 || country_id_valid(asked->number)) &&
           asked->rest.len <= SMS_REST_BYTES_MAX && utf8_valid(asked->rest);
}

struct outcome texting_get_asked(const struct frame *frame, struct texting_asked *ret_asked)
{
    struct cursor cursor = cursor_of(frame->payload);
    struct texting_asked asked = {.tag = cursor_u64(&cursor)};

    unsigned again = cursor_u8(&cursor);
    cursor_copy(&cursor, asked.print, sizeof(asked.print));
    unsigned verb = cursor_u8(&cursor);
    asked.phone = cursor_block16(&cursor);
    asked.number = cursor_block16(&cursor);
    asked.rest = cursor_block16(&cursor);
    TRY(cursor_end(&cursor, "message"));
    if (frame->kind != FRAME_SMS || frame->count != 1 || !asked_sane(&asked, again, verb)) {
        return outcome_fail(FAULT_BAD_INPUT, "message");
    }
    asked.again = again == 1;
    asked.verb = (enum texting_verb)verb;
    *ret_asked = asked;
    return OUTCOME_OK;
}

void texting_put_told(struct buf *buf, const struct texting_told *told)
{
    size_t start = frame_start(buf, FRAME_SMS);

    buf_put_u64(buf, told->tag);
    buf_put_u8(buf, told->taken ? 1 : 0);
    frame_finish(buf, start, 1);
}

struct outcome texting_get_told(const struct frame *frame, struct texting_told *ret_told)
{
    struct cursor cursor = cursor_of(frame->payload);
    struct texting_told told = {.tag = cursor_u64(&cursor)};
    unsigned taken = cursor_u8(&cursor);

    TRY(cursor_end(&cursor, "answer to a message"));
    if (frame->kind != FRAME_SMS || frame->count != 1 || taken > 1) {
        return outcome_fail(FAULT_BAD_INPUT, "answer to a message");
    }
    told.taken = taken == 1;
    *ret_told = told;
    return OUTCOME_OK;
}
