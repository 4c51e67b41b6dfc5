/*
 * The frames of an account's grants.
 */
#include "proc/granting.h"

#include "base/check.h"

void granting_put_ask(struct buf *buf, const struct grants_ask *ask)
{
    size_t start = frame_start(buf, FRAME_GRANTS);

    buf_put_u64(buf, ask->tag);
    buf_put(buf, ask->spki, sizeof(ask->spki));
    buf_put_block16(buf, ask->after);
    frame_finish(buf, start, 1);
}

struct outcome granting_get_ask(const struct frame *frame, struct grants_ask *ret_ask)
{
    struct cursor cursor = cursor_of(frame->payload);
    struct grants_ask ask = {.tag = cursor_u64(&cursor)};

    cursor_copy(&cursor, ask.spki, sizeof(ask.spki));
    ask.after = cursor_block16(&cursor);
    TRY(cursor_end(&cursor, "grants asked for"));
    if (frame->kind != FRAME_GRANTS || frame->count != 1 || ask.after.len > ASK_CODE_BYTES_MAX) {
        return outcome_fail(FAULT_BAD_INPUT, "grants asked for");
    }
    *ret_ask = ask;
    return OUTCOME_OK;
}

void granting_put(struct buf *buf, const struct granted *granted)
{
    size_t start = frame_start(buf, FRAME_GRANTED);

    CHECK((granted->code == CODE_DISCLOSED) == (granted->json.len > 0));
    buf_put_u64(buf, granted->tag);
    buf_put_u8(buf, (uint8_t)granted->code);
    buf_put_u32(buf, granted->retry_after_s);
    buf_put_block32(buf, granted->json);
    frame_finish(buf, start, 1);
}

struct outcome granting_get(const struct frame *frame, struct granted *ret_granted)
{
    struct cursor cursor = cursor_of(frame->payload);
    uint64_t tag = cursor_u64(&cursor);
    unsigned code = cursor_u8(&cursor);
    struct granted granted = {.tag = tag, .code = (enum code)code};

    granted.retry_after_s = cursor_u32(&cursor);
    granted.json = cursor_block32(&cursor);
    TRY(cursor_end(&cursor, "grants"));
    if (frame->kind != FRAME_GRANTED || frame->count != 1 || code >= CODE_COUNT ||
        (granted.retry_after_s != 0 && code_status(code) != 429) ||
        (code == CODE_DISCLOSED) != (granted.json.len > 0)) {
        return outcome_fail(FAULT_BAD_INPUT, "grants");
    }
    *ret_granted = granted;
    return OUTCOME_OK;
}
