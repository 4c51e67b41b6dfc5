/*
 * The frames of letters.
 *
 * Invariants
 *  1. What is read decodes to its last byte; every enumerator is known, every length is bounded.
 */
#include "proc/rendering.h"

#include "base/check.h"

_Static_assert(LETTER_BYTES_MAX + LETTER_WHY_BYTES_MAX + 64 < FRAME_BYTES_MAX, "a letter fits");
_Static_assert(LETTER_CONTENT_BYTES_MAX + 64 < FRAME_BYTES_MAX, "a content fits");
_Static_assert(STATEMENT_PAPER_BYTES_MAX + 64 < FRAME_BYTES_MAX, "a sheet's fits");

void rendering_put_order(struct buf *buf, const struct render_order *order)
{
    size_t start = frame_start(buf, FRAME_RENDER);

    buf_put_u64(buf, order->tag);
    buf_put_u8(buf, (uint8_t)order->what);
    buf_put_block32(buf, order->content);
    frame_finish(buf, start, 1);
}

struct outcome rendering_get_order(const struct frame *frame, struct render_order *ret_order)
{
    struct cursor cursor = cursor_of(frame->payload);
    struct render_order order = {.tag = cursor_u64(&cursor)};
    unsigned what = cursor_u8(&cursor);

    order.what = (enum render_what)what;
    order.content = cursor_block32(&cursor);
    TRY(cursor_end(&cursor, "letter to draw"));
    size_t max = what == RENDER_LETTER ? LETTER_CONTENT_BYTES_MAX : STATEMENT_PAPER_BYTES_MAX;
    if (frame->kind != FRAME_RENDER || frame->count != 1 || what >= RENDER_WHAT_COUNT ||
        order.content.len == 0 || order.content.len > max) {
        return outcome_fail(FAULT_BAD_INPUT, "letter to draw");
    }
    *ret_order = order;
    return OUTCOME_OK;
}

void rendering_put_done(struct buf *buf, const struct render_done *done)
{
    size_t start = frame_start(buf, FRAME_RENDERED);

    buf_put_u64(buf, done->tag);
    buf_put_u8(buf, (uint8_t)done->code);
    buf_put_u16(buf, (uint16_t)done->pages);
    buf_put_block16(buf, done->why);
    buf_put_block32(buf, done->pdf);
    frame_finish(buf, start, 1);
}

static bool done_sane(const struct render_done *done)
{
    bool drawn = done->code == RENDER_DONE;

    return drawn == (done->pages > 0) && done->pages <= LETTER_PAGES_MAX &&
           drawn == (done->why.len == 0) && done->why.len <= LETTER_WHY_BYTES_MAX &&
           drawn == (done->pdf.len > 0) && done->pdf.len <= LETTER_BYTES_MAX;
}

struct outcome rendering_get_done(const struct frame *frame, struct render_done *ret_done)
{
    struct cursor cursor = cursor_of(frame->payload);
    struct render_done done = {.tag = cursor_u64(&cursor)};

    unsigned code = cursor_u8(&cursor);
    done.pages = cursor_u16(&cursor);
    done.why = cursor_block16(&cursor);
    done.pdf = cursor_block32(&cursor);
    TRY(cursor_end(&cursor, "letter drawn"));
    if (frame->kind != FRAME_RENDERED || frame->count != 1 || code >= RENDER_CODE_COUNT) {
        return outcome_fail(FAULT_BAD_INPUT, "letter drawn");
    }
    done.code = (enum render_code)code;
    if (!done_sane(&done) || !utf8_valid(done.why)) {
        return outcome_fail(FAULT_BAD_INPUT, "letter drawn");
    }
    *ret_done = done;
    return OUTCOME_OK;
}
