/*
 * Figures of offices: counted from the cases again and again (ageing.c), so that nothing has to be
 * kept in step with them and no look waits for a count (I9).
 *
 * Invariant: each case counts once, with the office that is in charge of it.
 */
#include "office/case.h"

#include "office/staff.h"

static void count_decided(const struct written_case *case_, struct unit_figures *figures)
{
    figures->in_time += !case_->answer.late;
    figures->late += case_->answer.late;
    figures->disclosed += case_->answer.decision == DECISION_DISCLOSE;
    figures->granted += case_->answer.decision == DECISION_GRANT;
    figures->refused += case_->answer.decision == DECISION_REFUSE;
}

void case_count(const struct written_case *case_, int64_t day)
{
    struct unit_figures *figures = &case_->unit->counting;
    figures->received++;
    if (case_open(case_)) {
        figures->open++;
        figures->waiting += case_->state == CASE_INCOMPLETE || case_->state == CASE_STOPPED;
        figures->due += case_due_soon(case_, day);
        figures->overdue += case_overdue(case_, day);
    } else if (case_->state == CASE_REJECTED) {
        figures->rejected++;
    } else if (case_->state == CASE_WITHDRAWN) {
        figures->withdrawn++;
    } else {
        count_decided(case_, figures);
    }
}

void case_counted(struct office_unit *unit)
{
    unit->figures = unit->counting;
    unit->counting = (struct unit_figures){0};
}

void case_count_all(struct staff *staff, int64_t day)
{
    size_t at = 0;
    for (const struct written_case *case_ = map_next(&staff->cases, &at); case_ != NULL;
         case_ = map_next(&staff->cases, &at)) {
        case_count(case_, day);
    }
    at = 0;
    for (struct office_unit *unit = map_next(&staff->units, &at); unit != NULL;
         unit = map_next(&staff->units, &at)) {
        case_counted(unit);
    }
}
