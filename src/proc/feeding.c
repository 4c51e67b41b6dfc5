/*
 * The frames of sets of changes.
 *
 * Invariant 1: what is read decodes to its last byte; every enumerator is known, every length
 * within its ceiling.
 */
#include "proc/feeding.h"

#include "base/check.h"

static struct outcome bad(const char *what)
{
    return outcome_fail(FAULT_BAD_INPUT, what);
}

static bool code_good(struct view code)
{
    return ask_code_shaped(code, ASK_CODE_BYTES_MAX);
}

static bool payload_good(struct view payload)
{
    return payload.len > 0 && payload.len <= FEEDING_PAYLOAD_BYTES_MAX;
}

/* ---- FRAME_CHANGES ---- */

void feeding_put_asked(struct buf *buf, const struct signed_asked *asked)
{
    size_t start = frame_start(buf, FRAME_CHANGES);

    buf_put_u64(buf, asked->tag);
    buf_put_block16(buf, asked->spki);
    buf_put_block32(buf, asked->jws);
    frame_finish(buf, start, 1);
}

struct outcome feeding_get_asked(const struct frame *frame, struct signed_asked *ret_asked)
{
    struct cursor cursor = cursor_of(frame->payload);
    struct signed_asked asked = {.tag = cursor_u64(&cursor)};

    asked.spki = cursor_block16(&cursor);
    asked.jws = cursor_block32(&cursor);
    TRY(cursor_end(&cursor, "changes as they came"));
    if (frame->kind != FRAME_CHANGES || frame->count != 1 || asked.spki.len == 0 ||
        asked.spki.len > SIGNED_SPKI_BYTES_MAX || asked.jws.len == 0 ||
        asked.jws.len > SIGNED_JWS_BYTES_MAX) {
        return bad("changes as they came");
    }
    *ret_asked = asked;
    return OUTCOME_OK;
}

/* ---- FRAME_CHANGES_STAMPED ---- */

void feeding_put_stamped(struct buf *buf, const struct feeding_stamped *stamped)
{
    size_t start = frame_start(buf, FRAME_CHANGES_STAMPED);

    buf_put_u64(buf, stamped->tag);
    buf_put_block16(buf, stamped->source);
    buf_put(buf, stamped->key, sizeof(stamped->key));
    buf_put(buf, stamped->spki, sizeof(stamped->spki));
    buf_put(buf, stamped->jws_hash, sizeof(stamped->jws_hash));
    buf_put_block32(buf, stamped->payload);
    frame_finish(buf, start, 1);
}

struct outcome feeding_get_stamped(const struct frame *frame, struct feeding_stamped *ret_stamped)
{
    struct cursor cursor = cursor_of(frame->payload);
    struct feeding_stamped stamped = {.tag = cursor_u64(&cursor)};

    stamped.source = cursor_block16(&cursor);
    cursor_copy(&cursor, stamped.key, sizeof(stamped.key));
    cursor_copy(&cursor, stamped.spki, sizeof(stamped.spki));
    cursor_copy(&cursor, stamped.jws_hash, sizeof(stamped.jws_hash));
    stamped.payload = cursor_block32(&cursor);
    TRY(cursor_end(&cursor, "signed changes"));
    if (frame->kind != FRAME_CHANGES_STAMPED || frame->count != 1 || !code_good(stamped.source) ||
        !payload_good(stamped.payload)) {
        return bad("signed changes");
    }
    *ret_stamped = stamped;
    return OUTCOME_OK;
}

/* ---- FRAME_CHANGES_ORDER ---- */

void feeding_put_order(struct buf *buf, const struct feeding_order *order)
{
    size_t start = frame_start(buf, FRAME_CHANGES_ORDER);

    buf_put_u64(buf, order->tag);
    buf_put_block16(buf, order->source);
    buf_put_u8(buf, (uint8_t)order->kind);
    change_law_put(&order->law, buf);
    buf_put(buf, order->jws_hash, sizeof(order->jws_hash));
    buf_put_block16(buf, order->origin);
    buf_put_block32(buf, order->payload);
    frame_finish(buf, start, 1);
}

struct outcome feeding_get_order(const struct frame *frame, struct feeding_order *ret_order)
{
    struct cursor cursor = cursor_of(frame->payload);
    struct feeding_order order = {.tag = cursor_u64(&cursor)};

    order.source = cursor_block16(&cursor);
    unsigned kind = cursor_u8(&cursor);
    change_law_get(&cursor, &order.law);
    cursor_copy(&cursor, order.jws_hash, sizeof(order.jws_hash));
    order.origin = cursor_block16(&cursor);
    order.payload = cursor_block32(&cursor);
    TRY(cursor_end(&cursor, "order of changes"));
    if (frame->kind != FRAME_CHANGES_ORDER || frame->count != 1 || kind >= SOURCE_COUNT ||
        !code_good(order.source) || !payload_good(order.payload) || order.origin.len == 0) {
        return bad("order of changes");
    }
    order.kind = (enum source_kind)kind;
    *ret_order = order;
    return OUTCOME_OK;
}

/* ---- FRAME_CHANGED ---- */

void feeding_put_changed(struct buf *buf, const struct feeding_changed *changed)
{
    CHECK(changed->told_count <= CHANGE_FAULTS_MAX && changed->count <= CHANGES_MAX);
    size_t start = frame_start(buf, FRAME_CHANGED);

    buf_put_u64(buf, changed->tag);
    buf_put_u8(buf, (uint8_t)changed->code);
    buf_put_u64(buf, changed->number);
    buf_put_u64(buf, changed->expected);
    buf_put_u8(buf, changed->again ? 1 : 0);
    buf_put_u64(buf, changed->chunk);
    buf_put_u32(buf, changed->fault_count);
    buf_put_u8(buf, (uint8_t)changed->told_count);
    for (unsigned i = 0; i < changed->told_count; i++) {
        buf_put_block16(buf, changed->faults[i].pointer);
        buf_put_block16(buf, changed->faults[i].reason);
    }
    buf_put_u16(buf, (uint16_t)changed->count);
    for (unsigned i = 0; i < changed->count; i++) {
        buf_put_u8(buf, (uint8_t)changed->done[i].result);
        buf_put_u32(buf, changed->done[i].kept);
    }
    frame_finish(buf, start, 1);
}

void feeding_put_code(struct buf *buf, uint64_t tag, enum set_code code)
{
    size_t start = frame_start(buf, FRAME_CHANGED);

    buf_put_u64(buf, tag);
    buf_put_u8(buf, (uint8_t)code);
    buf_put_zeros(buf, 8 + 8 + 1 + 8 + 4 + 1 + 2);
    frame_finish(buf, start, 1);
}

static struct outcome get_faults(struct cursor *cursor, struct feeding_changed *changed)
{
    changed->fault_count = cursor_u32(cursor);
    changed->told_count = cursor_u8(cursor);
    if (changed->told_count > CHANGE_FAULTS_MAX || changed->told_count > changed->fault_count) {
        return bad("faults of changes");
    }
    for (unsigned i = 0; i < changed->told_count; i++) {
        changed->faults[i].pointer = cursor_block16(cursor);
        changed->faults[i].reason = cursor_block16(cursor);
        if (changed->faults[i].pointer.len > CHANGE_POINTER_BYTES_MAX ||
            changed->faults[i].reason.len > SIGNED_REASON_BYTES_MAX) {
            return bad("faults of changes");
        }
    }
    return OUTCOME_OK;
}

static struct outcome get_results(struct cursor *cursor, struct feeding_changed *changed)
{
    changed->count = cursor_u16(cursor);
    if (changed->count > CHANGES_MAX) {
        return bad("results of changes");
    }
    for (unsigned i = 0; i < changed->count; i++) {
        unsigned result = cursor_u8(cursor);
        uint32_t kept = cursor_u32(cursor);
        if (result >= CHANGE_RESULT_COUNT || kept >> MEMBER_COUNT != 0) {
            return bad("results of changes");
        }
        changed->done[i] = (struct change_made){(enum change_result)result, kept};
    }
    return OUTCOME_OK;
}

struct outcome feeding_get_changed(const struct frame *frame, struct feeding_changed *ret_changed)
{
    struct cursor cursor = cursor_of(frame->payload);
    struct feeding_changed *changed = ret_changed;

    changed->tag = cursor_u64(&cursor);
    unsigned code = cursor_u8(&cursor);
    changed->number = cursor_u64(&cursor);
    changed->expected = cursor_u64(&cursor);
    unsigned again = cursor_u8(&cursor);
    changed->chunk = cursor_u64(&cursor);
    TRY(get_faults(&cursor, changed));
    TRY(get_results(&cursor, changed));
    TRY(cursor_end(&cursor, "what became of changes"));
    if (frame->kind != FRAME_CHANGED || frame->count != 1 || code >= SET_CODE_COUNT || again > 1 ||
        (changed->count > 0) != (code == SET_CODE_DONE)) {
        return bad("what became of changes");
    }
    changed->code = (enum set_code)code;
    changed->again = again == 1;
    return OUTCOME_OK;
}
