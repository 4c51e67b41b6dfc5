/*
 * The frames of searches.
 *
 * Invariants
 *  1. What is read decodes to its last byte; every enumerator is known, every length is bounded.
 */
#include "proc/searching.h"

#include "base/check.h"

void searching_put_order(struct buf *buf, const struct search_order *order)
{
    size_t start = frame_start(buf, FRAME_SEARCH);

    buf_put_u64(buf, order->index);
    buf_put_block32(buf, order->act);
    frame_finish(buf, start, 1);
}

struct outcome searching_get_order(const struct frame *frame, struct search_order *ret_order)
{
    struct cursor cursor = cursor_of(frame->payload);
    struct search_order order = {.index = cursor_u64(&cursor)};

    order.act = cursor_block32(&cursor);
    TRY(cursor_end(&cursor, "search"));
    if (frame->kind != FRAME_SEARCH || frame->count != 1 || order.index > INT64_MAX ||
        order.act.len == 0 || order.act.len > SEARCH_ORDER_BYTES_MAX) {
        return outcome_fail(FAULT_BAD_INPUT, "search");
    }
    *ret_order = order;
    return OUTCOME_OK;
}

void searching_put_found(struct buf *buf, const struct search_found *found)
{
    size_t start = frame_start(buf, FRAME_FOUND);

    buf_put_u64(buf, found->index);
    buf_put_u8(buf, (uint8_t)found->state);
    buf_put_u64(buf, found->looked);
    buf_put_u64(buf, found->of);
    buf_put_u64(buf, found->persons);
    buf_put_u64(buf, found->versions);
    buf_put_u64(buf, found->found);
    buf_put_u64(buf, found->forgotten);
    buf_put_u32(buf, found->shown);
    buf_put_block16(buf, found->why);
    buf_put_block32(buf, found->items);
    buf_put_block32(buf, found->summary);
    frame_finish(buf, start, 1);
}

static bool found_sane(const struct search_found *found)
{
    bool done = found->state == SEARCH_DONE;
    bool failed = found->state == SEARCH_FAILED;

    return (found->state == SEARCH_RUNS || done || failed) && found->looked <= found->of &&
           found->forgotten <= found->of && found->shown <= SEARCH_ITEMS_MAX &&
           found->shown <= found->found && found->why.len <= SEARCH_WHY_BYTES_MAX &&
           failed == (found->why.len > 0) && found->items.len <= SEARCH_ITEMS_BYTES_MAX &&
           found->summary.len <= SEARCH_SUMMARY_BYTES_MAX && (done || found->summary.len == 0) &&
           (found->shown > 0) == (found->items.len > 0) && (done || found->shown == 0);
}

struct outcome searching_get_found(const struct frame *frame, struct search_found *ret_found)
{
    struct cursor cursor = cursor_of(frame->payload);
    struct search_found found = {.index = cursor_u64(&cursor)};

    unsigned state = cursor_u8(&cursor);
    found.looked = cursor_u64(&cursor);
    found.of = cursor_u64(&cursor);
    found.persons = cursor_u64(&cursor);
    found.versions = cursor_u64(&cursor);
    found.found = cursor_u64(&cursor);
    found.forgotten = cursor_u64(&cursor);
    found.shown = cursor_u32(&cursor);
    found.why = cursor_block16(&cursor);
    found.items = cursor_block32(&cursor);
    found.summary = cursor_block32(&cursor);
    TRY(cursor_end(&cursor, "found"));
    if (frame->kind != FRAME_FOUND || frame->count != 1 || state >= SEARCH_STATE_COUNT) {
        return outcome_fail(FAULT_BAD_INPUT, "found");
    }
    found.state = (enum search_state)state;
    if (!found_sane(&found)) {
        return outcome_fail(FAULT_BAD_INPUT, "found");
    }
    *ret_found = found;
    return OUTCOME_OK;
}
