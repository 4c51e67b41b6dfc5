/*
 * The acts on cases.
 *
 * Invariants
 * 1. A case moves by its table alone, and says who moved it.
 */
#include "office/prepare.h"

#include "base/check.h"

#include <stdio.h>
#include <string.h>

static void put_move(struct preparing *here, struct written_case *case_, enum case_event event)
{
    if (case_->move_count == CASE_MOVES_MAX) { /* the oldest is in the records */
        memmove(&case_->moves[0], &case_->moves[1], (CASE_MOVES_MAX - 1) * sizeof(case_->moves[0]));
        case_->move_count--;
    }
    struct case_move *move = &case_->moves[case_->move_count++];
    *move = (struct case_move){.event = event, .state = case_->state};
    if (here->doer != NULL) {
        CHECK(outcome_ok(code_set(&move->by, here->doer->code)));
    }
}

struct outcome case_step(struct preparing *here, struct view code, enum case_event event,
                         struct written_case **ret_case)
{
    struct written_case *old = staff_case(here->directory, code);
    char why[96];
    if (old == NULL) {
        return prepare_refuse(here, FAULT_NOT_FOUND, "no case has this code");
    }
    enum case_state next = office_case_next(old->state, event);
    if (next == CASE_STATE_COUNT) {
        snprintf(why, sizeof(why), "the case is %s: %s is not for it now",
                 words_name(&words_case_state, old->state), words_name(&words_case_event, event));
        return prepare_refuse(here, FAULT_CONFLICT, why);
    }
    TRY(prepare_edit(here, OBJECT_CASE, old, ret_case));
    (*ret_case)->state = next;
    put_move(here, *ret_case, event);
    return OUTCOME_OK;
}
