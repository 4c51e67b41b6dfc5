/*
 * The frames of a rotation of keys.
 *
 * Invariant: what is read decodes to its last byte; every enumerator is known.
 */
#include "proc/rotating.h"

void rotating_put_key(struct buf *buf, struct view which, const struct secret *key)
{
    size_t start = frame_start(buf, FRAME_KEY);

    buf_put_block16(buf, which);
    buf_put(buf, key->bytes, sizeof(key->bytes));
    frame_finish(buf, start, 1);
}

struct outcome rotating_get_key(const struct frame *frame, struct view *ret_which,
                                struct secret *ret_key)
{
    struct cursor cursor = cursor_of(frame->payload);
    SECRET_AUTO key = {{0}};
    struct view which = cursor_block16(&cursor);

    cursor_copy(&cursor, key.bytes, sizeof(key.bytes));
    TRY(cursor_end(&cursor, "key"));
    if (frame->kind != FRAME_KEY || frame->count != 1 || which.len == 0) {
        return outcome_fail(FAULT_BAD_INPUT, "key");
    }
    *ret_which = which;
    *ret_key = key;
    return OUTCOME_OK;
}

void rotating_put_order(struct buf *buf, const struct rotating_order *order)
{
    size_t start = frame_start(buf, FRAME_ROTATE);

    buf_put_u8(buf, (uint8_t)order->verb);
    buf_put(buf, order->fingerprint, sizeof(order->fingerprint));
    frame_finish(buf, start, 1);
}

struct outcome rotating_get_order(const struct frame *frame, struct rotating_order *ret_order)
{
    struct cursor cursor = cursor_of(frame->payload);
    struct rotating_order order = {0};
    unsigned verb = cursor_u8(&cursor);

    cursor_copy(&cursor, order.fingerprint, sizeof(order.fingerprint));
    TRY(cursor_end(&cursor, "order of a rotation"));
    if (frame->kind != FRAME_ROTATE || frame->count != 1 || verb >= ROTATING_VERB_COUNT) {
        return outcome_fail(FAULT_BAD_INPUT, "order of a rotation");
    }
    order.verb = (enum rotating_verb)verb;
    *ret_order = order;
    return OUTCOME_OK;
}

void rotating_put_told(struct buf *buf, const struct rotating_told *told)
{
    size_t start = frame_start(buf, FRAME_ROTATED);

    buf_put_u8(buf, (uint8_t)told->state);
    buf_put(buf, told->fingerprint, sizeof(told->fingerprint));
    buf_put_u64(buf, told->persons);
    buf_put_u64(buf, told->versions);
    buf_put_u64(buf, told->damaged);
    buf_put(buf, told->hash, sizeof(told->hash));
    frame_finish(buf, start, 1);
}

struct outcome rotating_get_told(const struct frame *frame, struct rotating_told *ret_told)
{
    struct cursor cursor = cursor_of(frame->payload);
    struct rotating_told told = {0};
    unsigned state = cursor_u8(&cursor);

    cursor_copy(&cursor, told.fingerprint, sizeof(told.fingerprint));
    told.persons = cursor_u64(&cursor);
    told.versions = cursor_u64(&cursor);
    told.damaged = cursor_u64(&cursor);
    cursor_copy(&cursor, told.hash, sizeof(told.hash));
    TRY(cursor_end(&cursor, "state of a rotation"));
    if (frame->kind != FRAME_ROTATED || frame->count != 1 || state >= ROTATING_STATE_COUNT) {
        return outcome_fail(FAULT_BAD_INPUT, "state of a rotation");
    }
    told.state = (enum rotating_state)state;
    *ret_told = told;
    return OUTCOME_OK;
}
