/*
 * Accepting that a log goes on from a backup.
 *
 * Invariants
 *  1. An acceptance names the one restoring that this home waits about, the size from which its log
 *     goes on, and what is known of it from later, as the home knows it or later still.
 *  2. It is kept for good: a restored home knows by it, at each start, that it may sign.
 */
#include "office/rollback.h"

#include "gate/gate.h"
#include "office/prepare.h"

#define ROLLBACK_VERSION 1

static void put_rollback(const void *object, struct buf *buf)
{
    const struct rollback *rollback = object;
    buf_put_u8(buf, ROLLBACK_VERSION);
    buf_put_block16(buf, code_view(&rollback->code));
    buf_put_u32(buf, rollback->version);
    buf_put_u64(buf, rollback->size);
    buf_put_u64(buf, rollback->later);
    buf_put_u64(buf, (uint64_t)rollback->day);
}

static struct outcome get_rollback(const struct directory *directory, struct view bytes,
                                   void *ret_object)
{
    struct cursor cursor = cursor_of(bytes);
    struct rollback *rollback = ret_object;
    (void)directory;
    cursor.failed = cursor_u8(&cursor) != ROLLBACK_VERSION;
    object_get_code(&cursor, &rollback->code);
    rollback->version = cursor_u32(&cursor);
    rollback->size = cursor_u64(&cursor);
    rollback->later = cursor_u64(&cursor);
    rollback->day = (int64_t)cursor_u64(&cursor);
    return object_get_end(&cursor, "stored rollback does not decode");
}

const struct object_row object_rollback = {
    .name = "rollback",
    .plural = "rollbacks",
    OBJECT_LAYOUT(rollback),
    OBJECT_OF_STAFF(rollbacks),
    .put = put_rollback,
    .get = get_rollback,
};

struct rollback *staff_rollback(const struct directory *directory, struct view code)
{
    return directory->staff == NULL ? NULL : map_get(&directory->staff->rollbacks, code);
}

static uint64_t number_of(const struct act *act, const char *name)
{
    uint64_t number = 0;
    return outcome_ok(decimal_get(act_value(act, name), INT64_MAX, &number)) ? number : 0;
}

struct outcome prepare_rollback_accept(struct preparing *here)
{
    struct rollback *rollback = NULL;
    uint64_t size = number_of(here->act, "size");
    uint64_t later = number_of(here->act, "later");
    bool none = act_value(here->act, "no-later-checkpoint").len > 0;
    if (size == 0 || none != (later == 0) || (later != 0 && later <= size)) {
        return prepare_refuse(here, FAULT_BAD_INPUT,
                              "either --later, beyond --size, or --no-later-checkpoint");
    }
    TRY(prepare_new(here, OBJECT_ROLLBACK, &rollback));
    rollback->size = size;
    rollback->later = later;
    rollback->day = here->today;
    return code_set(&rollback->code, act_value(here->act, "code"));
}

/* Invariant 1. */
const char *rollback_fault(const struct gate *gate, const struct act *act)
{
    struct ledger_restored restored;
    char id[2 * sizeof(restored.id) + 1] = "";
    if (act->kind != ACT_LEDGER_ACCEPT_ROLLBACK) {
        return NULL;
    }
    if (!gate_held(gate, &restored)) {
        return "this home waits for no such word";
    }
    hex_write(id, view_of(restored.id, sizeof(restored.id)));
    if (!view_is(act_value(act, "code"), id)) {
        return "the home was restored by another restoring: its file `restored` has the id";
    }
    if (number_of(act, "size") != restored.at.size) {
        return "its log ends at another size";
    }
    return number_of(act, "later") < restored.later.size
               ? "a later checkpoint of this log is known: --later is its size, or more"
               : NULL;
}

/* What a proposal is of. */
static enum act_kind proposed(const struct directory *directory, struct view code)
{
    struct act act;
    const struct proposal *proposal = staff_proposal(directory, code);
    return proposal != NULL && outcome_ok(act_get(view_of(proposal->act, proposal->act_len), &act))
               ? act.kind
               : ACT_KIND_COUNT;
}

bool rollback_passes(const struct directory *directory, const struct act *act)
{
    struct act of;
    switch (act->kind) {
    case ACT_LEDGER_ACCEPT_ROLLBACK:
        return true;
    case ACT_PROPOSAL_ADD:
        return outcome_ok(act_get(act_value(act, "act"), &of)) &&
               of.kind == ACT_LEDGER_ACCEPT_ROLLBACK;
    case ACT_PROPOSAL_APPROVE:
    case ACT_PROPOSAL_REJECT:
    case ACT_PROPOSAL_WITHDRAW:
        return proposed(directory, act_value(act, "code")) == ACT_LEDGER_ACCEPT_ROLLBACK;
    default:
        return false;
    }
}
