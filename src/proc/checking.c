/*
 * The frames of letters that are checked.
 *
 * Invariants
 *  1. What is read decodes to its last byte; every enumerator is known, every length is bounded.
 *  2. Of an unknown letter nothing is said, in either direction of doubt.
 */
#include "proc/checking.h"

#include "base/check.h"
#include "base/clock.h"

#define TEXT_BYTES_MAX 1024
#define DAYS_MAX 2932896 /* 9999-12-31 */

void checking_put_asked(struct buf *buf, const struct letter_asked *asked)
{
    size_t start = frame_start(buf, FRAME_LETTER_CHECK);

    buf_put_u64(buf, asked->tag);
    buf_put(buf, asked->hash, sizeof(asked->hash));
    buf_put_block16(buf, asked->number);
    frame_finish(buf, start, 1);
}

struct outcome checking_get_asked(const struct frame *frame, struct letter_asked *ret_asked)
{
    struct cursor cursor = cursor_of(frame->payload);
    struct letter_asked asked = {.tag = cursor_u64(&cursor)};

    cursor_copy(&cursor, asked.hash, sizeof(asked.hash));
    asked.number = cursor_block16(&cursor);
    TRY(cursor_end(&cursor, "letter to be checked"));
    if (frame->kind != FRAME_LETTER_CHECK || frame->count != 1 ||
        asked.number.len > LETTER_NUMBER_BYTES_MAX) {
        return outcome_fail(FAULT_BAD_INPUT, "letter to be checked");
    }
    *ret_asked = asked;
    return OUTCOME_OK;
}

void checking_put_told(struct buf *buf, const struct letter_told *told)
{
    size_t start = frame_start(buf, FRAME_LETTER_CHECKED);

    buf_put_u64(buf, told->tag);
    buf_put_u8(buf, (uint8_t)told->standing);
    buf_put_u64(buf, (uint64_t)told->day);
    buf_put_block16(buf, told->number);
    buf_put_block16(buf, told->office);
    buf_put_block16(buf, told->replaced_by);
    frame_finish(buf, start, 1);
}

static bool is_text(struct view text)
{
    return text.len <= TEXT_BYTES_MAX && utf8_valid(text);
}

static bool told_sane(const struct letter_told *told)
{
    bool nothing = told->number.len == 0 && told->office.len == 0 && told->day == 0;
    bool known = told->standing != LETTER_IS_UNKNOWN;

    return known != nothing && told->day >= 0 && told->day <= DAYS_MAX && is_text(told->number) &&
           is_text(told->office) && is_text(told->replaced_by) &&
           (told->replaced_by.len == 0 || told->standing == LETTER_IS_SUPERSEDED);
}

struct outcome checking_get_told(const struct frame *frame, struct letter_told *ret_told)
{
    struct cursor cursor = cursor_of(frame->payload);
    struct letter_told told = {.tag = cursor_u64(&cursor)};

    unsigned standing = cursor_u8(&cursor);
    told.day = (int64_t)cursor_u64(&cursor);
    told.number = cursor_block16(&cursor);
    told.office = cursor_block16(&cursor);
    told.replaced_by = cursor_block16(&cursor);
    TRY(cursor_end(&cursor, "letter that was checked"));
    if (frame->kind != FRAME_LETTER_CHECKED || frame->count != 1 ||
        standing >= LETTER_STANDING_COUNT) {
        return outcome_fail(FAULT_BAD_INPUT, "letter that was checked");
    }
    told.standing = (enum letter_standing)standing;
    if (!told_sane(&told)) {
        return outcome_fail(FAULT_BAD_INPUT, "letter that was checked");
    }
    *ret_told = told;
    return OUTCOME_OK;
}
