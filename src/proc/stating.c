/*
 * The frame of a statement's further parts.
 */
#include "proc/stating.h"

void stating_put_ask(struct buf *buf, const struct statement_ask *ask)
{
    size_t start = frame_start(buf, FRAME_STATEMENT);

    buf_put_u64(buf, ask->tag);
    buf_put(buf, ask->spki, sizeof(ask->spki));
    buf_put(buf, ask->next.token, sizeof(ask->next.token));
    buf_put_u64(buf, ask->next.below);
    frame_finish(buf, start, 1);
}

struct outcome stating_get_ask(const struct frame *frame, struct statement_ask *ret_ask)
{
    struct cursor cursor = cursor_of(frame->payload);
    struct statement_ask ask = {.tag = cursor_u64(&cursor)};

    cursor_copy(&cursor, ask.spki, sizeof(ask.spki));
    cursor_copy(&cursor, ask.next.token, sizeof(ask.next.token));
    ask.next.below = cursor_u64(&cursor);
    TRY(cursor_end(&cursor, "a part of a statement"));
    if (frame->kind != FRAME_STATEMENT || frame->count != 1 || ask.next.below == 0) {
        return outcome_fail(FAULT_BAD_INPUT, "a part of a statement");
    }
    *ret_ask = ask;
    return OUTCOME_OK;
}
