/*
 * The frames by which the desk reads.
 *
 * Invariants
 *  1. What is read decodes to its last byte; every enumerator is known, every length is bounded.
 */
#include "proc/looking.h"

#include "base/check.h"

void looking_put(struct buf *buf, const struct look *look)
{
    size_t start = frame_start(buf, FRAME_LOOK);

    buf_put_u64(buf, look->tag);
    buf_put(buf, look->spki, sizeof(look->spki));
    buf_put_u8(buf, (uint8_t)look->resource);
    buf_put_block16(buf, look->code);
    buf_put_block16(buf, look->cursor);
    buf_put_u16(buf, (uint16_t)look->limit);
    buf_put_u8(buf, look->csv ? 1 : 0);
    frame_finish(buf, start, 1);
}

static bool cursor_shaped(struct view cursor)
{
    return cursor.len == 0 ||
           (cursor.len >= LOOK_CURSOR_BYTES_MIN && cursor.len <= LOOK_CURSOR_BYTES_MAX);
}

/* One object has a code alone; a list has a limit, and may have a cursor. CSV is made of one
 * statement of fees. */
static bool look_sane(const struct look *look)
{
    bool list = look->code.len == 0;
    bool csv_may = !list && look->resource == RESOURCE_FEES;

    if (look->code.len > LOOK_CODE_BYTES_MAX || !cursor_shaped(look->cursor) ||
        (look->csv && !csv_may)) {
        return false;
    }
    return list ? look->limit >= 1 && look->limit <= LOOK_ITEMS_MAX
                : look->limit == 0 && look->cursor.len == 0;
}

struct outcome looking_get(const struct frame *frame, struct look *ret_look)
{
    struct cursor cursor = cursor_of(frame->payload);
    struct look look = {0};

    look.tag = cursor_u64(&cursor);
    cursor_copy(&cursor, look.spki, sizeof(look.spki));
    unsigned resource = cursor_u8(&cursor);
    look.code = cursor_block16(&cursor);
    look.cursor = cursor_block16(&cursor);
    look.limit = cursor_u16(&cursor);
    unsigned csv = cursor_u8(&cursor);
    look.resource = (enum resource)resource;
    look.csv = csv == 1;
    TRY(cursor_end(&cursor, "look"));
    if (frame->kind != FRAME_LOOK || frame->count != 1 || resource >= RESOURCE_COUNT || csv > 1 ||
        !look_sane(&look)) {
        return outcome_fail(FAULT_BAD_INPUT, "look");
    }
    *ret_look = look;
    return OUTCOME_OK;
}

void looking_put_seen(struct buf *buf, const struct seen *seen)
{
    size_t start = frame_start(buf, FRAME_SEEN);

    buf_put_u64(buf, seen->tag);
    buf_put_u8(buf, (uint8_t)seen->fault);
    buf_put_block16(buf, seen->etag);
    buf_put_block16(buf, seen->next);
    buf_put_block32(buf, seen->json);
    frame_finish(buf, start, 1);
}

static bool seen_sane(const struct seen *seen)
{
    if (seen->etag.len > LOOK_ETAG_BYTES_MAX || !cursor_shaped(seen->next)) {
        return false;
    }
    switch (seen->fault) {
    case FAULT_NONE:
        return seen->json.len > 0 && (seen->etag.len == 0 || seen->next.len == 0);
    case FAULT_BAD_INPUT:
        return seen->json.len > 0 && seen->etag.len > 0 && seen->next.len == 0;
    case FAULT_NOT_FOUND:
    case FAULT_CLOSED:
        return seen->json.len == 0 && seen->etag.len == 0 && seen->next.len == 0;
    default:
        return false;
    }
}

struct outcome looking_get_seen(const struct frame *frame, struct seen *ret_seen)
{
    struct cursor cursor = cursor_of(frame->payload);
    struct seen seen = {0};

    seen.tag = cursor_u64(&cursor);
    unsigned fault = cursor_u8(&cursor);
    seen.etag = cursor_block16(&cursor);
    seen.next = cursor_block16(&cursor);
    seen.json = cursor_block32(&cursor);
    TRY(cursor_end(&cursor, "seen"));
    seen.fault = (enum fault)fault;
    if (frame->kind != FRAME_SEEN || frame->count != 1 || !seen_sane(&seen)) {
        return outcome_fail(FAULT_BAD_INPUT, "seen");
    }
    *ret_seen = seen;
    return OUTCOME_OK;
}
