/*
 * Who is told that somebody has looked at him: the gate's part.
 *
 * Invariant: a row that may not be seen yet is not looked at: what is said depends on nothing that
 * is sealed.
 */
#include "gate/work.h"

#define ROWS_MAX 16
#define PAGES_MAX 8

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

struct outcome gate_looked(struct gate *gate, uint64_t person, uint64_t from, bool *ret_looked,
                           uint64_t *ret_next)
{
    struct history *history = gate->history;
    uint64_t end =
        history == NULL ? from : history_end(history_log_day(history), history_log_size(history));
    struct history_wish wish = {.person = person,
                                .below = end,
                                .from = from,
                                .channel = RECORD_WORD_NULL,
                                .service = RECORD_WORD_NULL};
    bool looked = false;
    bool more = history != NULL && from < end;
    for (unsigned page = 0; page < PAGES_MAX && more && !looked; page++) {
        struct history_row rows[ROWS_MAX];
        unsigned count = 0;
        TRY(history_find(history, &wish, rows, ROWS_MAX, &count, &wish.below, &more));
        for (unsigned i = 0; i < count; i++) {
            looked = looked || is_look(&rows[i]);
        }
    }
    *ret_looked = looked || more; /* of so many rows one is somebody else's */
    *ret_next = end;
    return OUTCOME_OK;
}
