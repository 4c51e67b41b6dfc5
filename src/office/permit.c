/*
 * Permits (P4): leave to keep a copy of what a business was told, or to pass it on to one named.
 *
 * Invariants
 * 1. A permit covers no field that its business does not, and no day behind the business' last.
 * 2. What was withdrawn or has ended never comes back; another permit is another code.
 * 3. Only a copy can be deleted: what was passed on is out of the holder's hands. Who was told to
 *    stop keeping a copy still has to state that it is gone.
 */
#include "office/prepare.h"

#include <string.h>

#define PERMIT_VERSION 1

static void put_permit(const void *object, struct buf *buf)
{
    const struct permit *permit = object;
    buf_put_u8(buf, PERMIT_VERSION);
    buf_put_block16(buf, code_view(&permit->code));
    buf_put_u32(buf, permit->version);
    buf_put_block16(buf, code_view(&permit->business->code));
    buf_put_u8(buf, (uint8_t)permit->kind);
    buf_put_u8(buf, (uint8_t)permit->state);
    buf_put_block16(buf, long_view(&permit->recipient));
    buf_put_u64(buf, permit->fields);
    buf_put_u64(buf, (uint64_t)permit->until_day);
    buf_put_block16(buf, long_view(&permit->reason));
    buf_put(buf, permit->statement, sizeof(permit->statement));
}

static struct outcome get_permit(const struct directory *directory, struct view bytes,
                                 void *ret_object)
{
    struct cursor cursor = cursor_of(bytes);
    struct permit permit = {0};
    cursor.failed = cursor_u8(&cursor) != PERMIT_VERSION;
    object_get_code(&cursor, &permit.code);
    permit.version = cursor_u32(&cursor);
    permit.business = directory_business(directory, cursor_block16(&cursor));
    cursor.failed = cursor.failed || permit.business == NULL;
    permit.kind = object_get_enum(&cursor, PERMIT_KIND_COUNT);
    permit.state = object_get_enum(&cursor, PERMIT_STATE_COUNT);
    object_get_long(&cursor, &permit.recipient);
    permit.fields = cursor_u64(&cursor);
    permit.until_day = (int64_t)cursor_u64(&cursor);
    object_get_long(&cursor, &permit.reason);
    cursor_copy(&cursor, permit.statement, sizeof(permit.statement));
    TRY(object_get_end(&cursor, "stored permit does not decode"));
    memcpy(ret_object, &permit, sizeof(permit));
    return OUTCOME_OK;
}

static struct outcome add_permit(struct directory *directory, void *object)
{
    return directory_add_permit(directory, object);
}

static struct outcome replace_permit(struct directory *directory, void *old, const void *object)
{
    (void)directory;
    directory_replace_permit(old, object);
    return OUTCOME_OK;
}

const struct object_row object_permit = {
    .name = "permit",
    .plural = "permits",
    OBJECT_LAYOUT(permit),
    OBJECT_OF_DIRECTORY(permits),
    .put = put_permit,
    .get = get_permit,
    .add = add_permit,
    .replace = replace_permit,
};

enum permit_state office_permit_next(enum permit_kind kind, enum permit_state state,
                                     enum permit_event event)
{
    /* Invariants 2 and 3. */
    static const struct {
        enum permit_state from;
        enum permit_event event;
        bool copies_only;
        enum permit_state to;
    } moves[] = {
        {PERMIT_IN_FORCE, PERMIT_EVENT_WITHDRAW, false, PERMIT_WITHDRAWN},
        {PERMIT_IN_FORCE, PERMIT_EVENT_DELETION, true, PERMIT_ENDED},
        {PERMIT_WITHDRAWN, PERMIT_EVENT_DELETION, true, PERMIT_ENDED},
    };
    for (size_t i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
        bool kind_may = !moves[i].copies_only || kind == PERMIT_COPY;
        if (moves[i].from == state && moves[i].event == event && kind_may) {
            return moves[i].to;
        }
    }
    return PERMIT_STATE_COUNT;
}

/* Invariant 1. */
static struct outcome permit_lawful(struct preparing *here, const struct permit *permit)
{
    const struct business *business = permit->business;
    if (office_business_state(business, here->today) != BUSINESS_GRANTED) {
        return prepare_refuse(here, FAULT_CONFLICT, "the business is not granted");
    }
    if ((permit->fields & ~business->fields) != 0) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "a field is not the business'");
    }
    if (permit->until_day < here->today || permit->until_day > business->until_day) {
        return prepare_refuse(here, FAULT_BAD_INPUT,
                              "`until` is over, or behind the last day of the business");
    }
    if ((permit->kind == PERMIT_THIRD_PARTY) != (permit->recipient.len > 0)) {
        return prepare_refuse(here, FAULT_BAD_INPUT,
                              "`recipient` goes with third_party, and with nothing else");
    }
    return OUTCOME_OK;
}

struct outcome prepare_permit_grant(struct preparing *here)
{
    const struct act *act = here->act;
    struct business *business = NULL;
    struct permit *permit = NULL;
    TRY(prepare_find(here, OBJECT_BUSINESS, "business", &business));
    if (business->permit_count >= PERMITS_PER_BUSINESS_MAX) {
        return prepare_refuse(here, FAULT_OVER_LIMIT, "the business has too many permits");
    }
    TRY(prepare_new(here, OBJECT_PERMIT, &permit));
    permit->business = business;
    permit->kind = act_word(act, "kind");
    permit->fields = act_words_mask(act, "fields");
    permit->until_day = act_day(act, "until", 0);
    TRY(code_set(&permit->code, act_value(act, "code")));
    TRY(long_set(&permit->recipient, act_value(act, "recipient")));
    TRY(long_set(&permit->reason, act_value(act, "reason")));
    return permit_lawful(here, permit);
}

struct outcome prepare_permit_move(struct preparing *here)
{
    const struct act *act = here->act;
    bool deletion = act->kind == ACT_PERMIT_DELETION;
    enum permit_event event = deletion ? PERMIT_EVENT_DELETION : PERMIT_EVENT_WITHDRAW;
    struct permit *old = NULL;
    struct permit *permit = NULL;
    TRY(prepare_find(here, OBJECT_PERMIT, "code", &old));
    enum permit_state next = office_permit_next(old->kind, old->state, event);
    if (next == PERMIT_STATE_COUNT) {
        return prepare_refuse(here, FAULT_CONFLICT,
                              "the permit's kind or state does not allow this");
    }
    TRY(prepare_edit(here, OBJECT_PERMIT, old, &permit));
    permit->state = next;
    if (deletion) {
        TRY(hex_get(act_value(act, "statement"), permit->statement, sizeof(permit->statement)));
    }
    return long_set(&permit->reason, act_value(act, "reason"));
}
