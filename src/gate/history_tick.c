/*
 * The index of who has seen whom, kept in shape a little at a time.
 */
#include "gate/work.h"

#include "base/check.h"
#include "base/log.h"

#define TICK_BUDGET_US 200    /* of one gate_tick(); the step that passes it is the last */
#define TICK_RETRY_US 1000000 /* after one that failed: a disk that is full */

/* What fails is tried again: meanwhile rows wait in memory, for as long as there is room. */
void gate_tick(struct gate *gate, bool *ret_busy)
{
    struct ledger_figures figures = {0};
    int64_t start_us = clock_monotonic_us(&gate->clock);
    bool idle = gate->history == NULL || start_us < gate->history_us;
    CHECK(gate->ledger != NULL);
    *ret_busy = false;
    if (idle) {
        return;
    }
    ledger_figures_get(gate->ledger, &figures);
    uint64_t kept = ledger_size(gate->ledger) - figures.snapshot_entries;
    while (!idle && clock_monotonic_us(&gate->clock) - start_us < TICK_BUDGET_US) {
        struct outcome outcome = history_step(gate->history, kept, &idle);
        if (!outcome_ok(outcome)) {
            log_outcome(LOG_LEVEL_WARN, "history-not-written", outcome);
            gate->history_us = start_us + TICK_RETRY_US;
            return;
        }
    }
    *ret_busy = !idle;
}
