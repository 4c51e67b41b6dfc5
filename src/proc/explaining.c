/*
 * The frame of hypothetical asks.
 */
#include "proc/explaining.h"

#include "base/check.h"
#include "domain/ask.h"

void explaining_put(struct buf *buf, const struct explaining *asked)
{
    size_t start = frame_start(buf, FRAME_EXPLAIN);

    CHECK(asked->count <= EXPLAIN_PAIRS_MAX);
    buf_put_u64(buf, asked->tag);
    buf_put(buf, asked->spki, sizeof(asked->spki));
    buf_put_block16(buf, asked->policy);
    buf_put_u8(buf, (uint8_t)asked->count);
    for (unsigned i = 0; i < asked->count; i++) {
        buf_put_block16(buf, asked->pairs[i].name);
        buf_put_block16(buf, asked->pairs[i].value);
    }
    frame_finish(buf, start, 1);
}

struct outcome explaining_get(const struct frame *frame, struct explaining *ret_asked)
{
    struct cursor cursor = cursor_of(frame->payload);
    struct explaining asked = {.tag = cursor_u64(&cursor)};

    cursor_copy(&cursor, asked.spki, sizeof(asked.spki));
    asked.policy = cursor_block16(&cursor);
    asked.count = cursor_u8(&cursor);
    for (unsigned i = 0; i < asked.count && i < EXPLAIN_PAIRS_MAX; i++) {
        asked.pairs[i].name = cursor_block16(&cursor);
        asked.pairs[i].value = cursor_block16(&cursor);
    }
    TRY(cursor_end(&cursor, "hypothetical ask"));
    if (frame->kind != FRAME_EXPLAIN || frame->count != 1 || asked.count > EXPLAIN_PAIRS_MAX ||
        asked.policy.len > ASK_CODE_BYTES_MAX) {
        return outcome_fail(FAULT_BAD_INPUT, "hypothetical ask");
    }
    *ret_asked = asked;
    return OUTCOME_OK;
}
