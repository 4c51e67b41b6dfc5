/*
 * Who is told that somebody has looked at him: the gate's part.
 *
 * Invariant: a row that may not be seen yet is not looked at: what is said depends on nothing that
 * is sealed.
 */
#include "gate/work.h"

#include "base/check.h"

void gate_seen_set(struct gate *gate, struct seen_port seen)
{
    gate->seen = seen;
}

/* Acts that change what is written of him are no looks, nor are his own. */
static bool is_look(const struct history_row *row)
{
    return row->service != RECORD_WORD_NULL && row->service != SERVICE_OWN_VIEW &&
           row->service != SERVICE_OWN_HISTORY;
}

void gate_looking_begin(const struct gate *gate, uint64_t person, uint64_t from,
                        struct gate_looking *ret_looking)
{
    const struct history *history = gate->history;
    uint64_t end =
        history == NULL ? 0 : history_end(history_log_day(history), history_log_size(history));
    *ret_looking = (struct gate_looking){
        .person = person, .from = from, .end = end, .below = end, .more = from < end};
}

struct outcome gate_looking_step(struct gate *gate, struct gate_looking *looking)
{
    const struct history_wish wish = {.person = looking->person,
                                      .below = looking->below,
                                      .from = looking->from,
                                      .channel = RECORD_WORD_NULL,
                                      .service = RECORD_WORD_NULL};
    struct history_row rows[HISTORY_PAGE_ROWS_MAX];
    unsigned count = 0;
    CHECK(gate->history != NULL && looking->more);
    TRY(history_find(gate->history, &wish, rows, HISTORY_PAGE_ROWS_MAX, &count, &looking->below,
                     &looking->more));
    for (unsigned i = 0; i < count; i++) {
        looking->looked = looking->looked || is_look(&rows[i]);
    }
    looking->rows = looking->rows || count > 0;
    looking->more = looking->more && !looking->looked;
    return OUTCOME_OK;
}
