/*
 * The frames of the keyed map.
 *
 * Invariant 1: what is read decodes to its last byte; every enumerator is known, every length is
 * bounded, and what a saying does not need is not there.
 */
#include "proc/keymapping.h"

#include "base/check.h"

void keymapping_put(struct buf *buf, const struct keymapping *said)
{
    size_t start = frame_start(buf, FRAME_MAP);

    buf_put_u8(buf, (uint8_t)said->saying);
    if (said->saying == KEYMAPPING_ORDER) {
        buf_put_u64(buf, said->size);
        buf_put_u64(buf, said->from);
    } else if (said->saying == KEYMAPPING_PIECE) {
        CHECK(said->piece.len > 0 && said->piece.len <= KEYMAPPING_PIECE_BYTES_MAX);
        buf_put_view(buf, said->piece);
    } else if (said->saying == KEYMAPPING_MADE) {
        buf_put_u64(buf, said->head.size);
        buf_put_u32(buf, said->head.day);
        buf_put_u64(buf, said->head.persons);
        buf_put(buf, said->head.root.bytes, SEAL_HASH_BYTES);
    }
    frame_finish(buf, start, 1);
}

static struct outcome wrong(void)
{
    return outcome_fail(FAULT_BAD_INPUT, "a saying of the keyed map");
}

struct outcome keymapping_get(const struct frame *frame, struct keymapping *ret_said)
{
    struct cursor cursor = cursor_of(frame->payload);
    struct keymapping said = {.size = 0};
    unsigned saying = cursor_u8(&cursor);

    if (frame->kind != FRAME_MAP || frame->count != 1 || saying >= KEYMAPPING_SAYING_COUNT) {
        return wrong();
    }
    said.saying = (enum keymapping_saying)saying;
    if (said.saying == KEYMAPPING_ORDER) {
        said.size = cursor_u64(&cursor);
        said.from = cursor_u64(&cursor);
    } else if (said.saying == KEYMAPPING_PIECE) {
        said.piece = cursor_view(&cursor, cursor_left(&cursor));
    } else if (said.saying == KEYMAPPING_MADE) {
        said.head.size = cursor_u64(&cursor);
        said.head.day = cursor_u32(&cursor);
        said.head.persons = cursor_u64(&cursor);
        cursor_copy(&cursor, said.head.root.bytes, SEAL_HASH_BYTES);
    }
    TRY(cursor_end(&cursor, "a saying of the keyed map"));
    if ((said.saying == KEYMAPPING_PIECE) != (said.piece.len > 0) ||
        said.piece.len > KEYMAPPING_PIECE_BYTES_MAX || said.size > INT64_MAX ||
        said.head.size > INT64_MAX) {
        return wrong();
    }
    *ret_said = said;
    return OUTCOME_OK;
}
