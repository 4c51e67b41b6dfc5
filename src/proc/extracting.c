/*
 * The frames of lists of people.
 *
 * Invariant 1: what is read decodes to its last byte; every enumerator is known, every length is
 * bounded, and what a saying does not need is not there.
 */
#include "proc/extracting.h"

void extracting_put_order(struct buf *buf, const struct extract_order *order)
{
    size_t start = frame_start(buf, FRAME_EXTRACT);

    buf_put(buf, order->id, sizeof(order->id));
    buf_put_block16(buf, order->criteria);
    buf_put_block16(buf, order->population);
    buf_put_u32(buf, order->hidden);
    buf_put_u64(buf, (uint64_t)order->today);
    buf_put_u32(buf, order->cap);
    frame_finish(buf, start, 1);
}

struct outcome extracting_get_order(const struct frame *frame, struct extract_order *ret_order)
{
    struct cursor cursor = cursor_of(frame->payload);
    struct extract_order order = {0};

    cursor_copy(&cursor, order.id, sizeof(order.id));
    order.criteria = cursor_block16(&cursor);
    order.population = cursor_block16(&cursor);
    order.hidden = cursor_u32(&cursor);
    order.today = (int64_t)cursor_u64(&cursor);
    order.cap = cursor_u32(&cursor);
    TRY(cursor_end(&cursor, "a list to be collected"));
    if (frame->kind != FRAME_EXTRACT || frame->count != 1 || order.criteria.len == 0 ||
        order.criteria.len > POPULATION_TEXT_BYTES_MAX ||
        order.population.len > POPULATION_TEXT_BYTES_MAX || order.cap == 0 ||
        order.cap > EXTRACT_PERSONS_MAX) {
        return outcome_fail(FAULT_BAD_INPUT, "a list to be collected");
    }
    *ret_order = order;
    return OUTCOME_OK;
}

void extracting_put(struct buf *buf, const struct extracted *extracted)
{
    size_t start = frame_start(buf, FRAME_EXTRACTED);

    buf_put(buf, extracted->id, sizeof(extracted->id));
    buf_put_u8(buf, (uint8_t)extracted->saying);
    buf_put(buf, extracted->spki, sizeof(extracted->spki));
    buf_put_block16(buf, extracted->account);
    buf_put_block16(buf, extracted->business);
    buf_put_block16(buf, extracted->case_ref);
    buf_put_u64(buf, extracted->fields);
    buf_put_block32(buf, extracted->keys);
    frame_finish(buf, start, 1);
}

static bool code_sane(struct view code, bool wanted)
{
    return wanted ? code.len > 0 && code.len <= ASK_CODE_BYTES_MAX : code.len == 0;
}

static bool extracted_sane(const struct extracted *extracted)
{
    bool list = extracted->saying == EXTRACT_LIST;
    bool keys = list || extracted->saying == EXTRACT_FOUND;

    return code_sane(extracted->account, list) && code_sane(extracted->business, list) &&
           (list ? extracted->case_ref.len > 0 && extracted->case_ref.len <= ASK_CASE_BYTES_MAX
                 : extracted->case_ref.len == 0) &&
           list == (extracted->fields != 0) && extracted->fields >> FIELD_COUNT == 0 &&
           extracted->keys.len % ASK_PERSON_KEY_BYTES == 0 &&
           extracted->keys.len <= (size_t)EXTRACT_PERSONS_MAX * ASK_PERSON_KEY_BYTES &&
           (keys || extracted->keys.len == 0);
}

struct outcome extracting_get(const struct frame *frame, struct extracted *ret_extracted)
{
    struct cursor cursor = cursor_of(frame->payload);
    struct extracted extracted = {0};

    cursor_copy(&cursor, extracted.id, sizeof(extracted.id));
    unsigned saying = cursor_u8(&cursor);
    cursor_copy(&cursor, extracted.spki, sizeof(extracted.spki));
    extracted.account = cursor_block16(&cursor);
    extracted.business = cursor_block16(&cursor);
    extracted.case_ref = cursor_block16(&cursor);
    extracted.fields = cursor_u64(&cursor);
    extracted.keys = cursor_block32(&cursor);
    TRY(cursor_end(&cursor, "a list of people"));
    if (frame->kind != FRAME_EXTRACTED || frame->count != 1 || saying >= EXTRACT_SAYING_COUNT) {
        return outcome_fail(FAULT_BAD_INPUT, "a list of people");
    }
    extracted.saying = (enum extract_saying)saying;
    if (!extracted_sane(&extracted)) {
        return outcome_fail(FAULT_BAD_INPUT, "a list of people");
    }
    *ret_extracted = extracted;
    return OUTCOME_OK;
}
