/*
 * One recorded disclosure, read again. Whom it was about stays where it is.
 */
#include "gate/recorded.h"

#include "base/check.h"
#include "gate/work.h"

static struct outcome read_one(struct gate *gate, uint64_t index, struct recorded *ret_recorded)
{
    struct ledger_receipt receipt = {0};
    struct record record = {0};
    struct effect effect = {0};
    TRY(ledger_reread(gate->ledger, index, &gate->again, &receipt));
    TRY(record_get_opening(receipt.item.opening, &record));
    if (record.kind != KIND_DISCLOSURE) {
        return outcome_fail(FAULT_NOT_FOUND, "no disclosure");
    }
    TRY(effect_get(record.effect, &effect));
    struct recorded recorded = {.day = clock_day_vn(record.time_us)};
    record_ask_id_text(record.ask_id, recorded.ask);
    TRY(code_set(&recorded.business, effect.business));
    *ret_recorded = recorded;
    return OUTCOME_OK;
}

struct outcome gate_recorded(struct gate *gate, uint64_t index, struct recorded *ret_recorded)
{
    CHECK(gate->ledger != NULL);
    struct outcome outcome = index < ledger_size(gate->ledger)
                                 ? read_one(gate, index, ret_recorded)
                                 : outcome_fail(FAULT_NOT_FOUND, "the log is not so long");
    return outcome_ok(outcome) || outcome.fault == FAULT_NO_MEMORY
               ? outcome
               : outcome_fail(FAULT_NOT_FOUND, outcome.what);
}
