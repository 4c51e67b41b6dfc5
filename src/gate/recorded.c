/*
 * One recorded disclosure, read again. Whom it was about stays where it is.
 */
#include "gate/recorded.h"

#include "base/check.h"
#include "gate/work.h"

/* Who may know of it, and from which day on. */
struct subjects {
    struct record record; /* borrows from gate->again */
    bool sealed;
    int64_t until_day;
};

static struct outcome read_one(struct gate *gate, uint64_t index, struct recorded *ret_recorded,
                               struct subjects *ret_subjects)
{
    struct ledger_receipt receipt = {0};
    struct record record = {0};
    struct effect effect = {0};
    TRY(ledger_reread(gate->ledger, index, &gate->again, &receipt));
    TRY(record_get_opening(receipt.item.opening, &record));
    if (record.forgotten) {
        return outcome_fail(FAULT_NOT_FOUND, "its opening is shredded");
    }
    if (record.kind != KIND_DISCLOSURE) {
        return outcome_fail(FAULT_NOT_FOUND, "no disclosure");
    }
    TRY(effect_get(record.effect, &effect));
    struct recorded recorded = {.day = clock_day_vn(record.time_us)};
    record_ask_id_text(record.ask_id, recorded.ask);
    TRY(code_set(&recorded.business, effect.business));
    *ret_recorded = recorded;
    *ret_subjects = (struct subjects){
        .record = record, .sealed = effect.sealed, .until_day = effect.sealed_until_day};
    return OUTCOME_OK;
}

static struct outcome read_it(struct gate *gate, uint64_t index, struct recorded *ret_recorded,
                              struct subjects *ret_subjects)
{
    CHECK(gate->ledger != NULL);
    struct outcome outcome = index < ledger_size(gate->ledger)
                                 ? read_one(gate, index, ret_recorded, ret_subjects)
                                 : outcome_fail(FAULT_NOT_FOUND, "the log is not so long");
    return outcome_ok(outcome) || outcome.fault == FAULT_NO_MEMORY
               ? outcome
               : outcome_fail(FAULT_NOT_FOUND, outcome.what);
}

struct outcome gate_recorded(struct gate *gate, uint64_t index, struct recorded *ret_recorded)
{
    struct subjects subjects;
    return read_it(gate, index, ret_recorded, &subjects);
}

static bool may_know(const struct subjects *subjects, uint64_t person, int64_t day)
{
    bool his = record_find_person(&subjects->record, person) != RECORD_NOBODY;
    return his && (!subjects->sealed || day >= subjects->until_day);
}

struct outcome gate_recorded_about(struct gate *gate, uint64_t index, uint64_t person, int64_t day,
                                   struct recorded *ret_recorded)
{
    struct recorded recorded = {0};
    struct subjects subjects;
    int64_t now_us = clock_wall_us(&gate->clock);
    if (leak_full(&gate->rereads, now_us, REREADS_BURST_MAX, REREADS_PER_S_MAX)) {
        return outcome_fail(FAULT_AGAIN, "too many old records are read");
    }
    gate->rereads.used += LEAK_UNIT;
    TRY(read_it(gate, index, &recorded, &subjects));
    if (!may_know(&subjects, person, day)) {
        return outcome_fail(FAULT_NOT_FOUND, "not his to know");
    }
    *ret_recorded = recorded;
    return OUTCOME_OK;
}
