/*
 * Purpose: what has leaked, as JSON, and what it is compared with. Private to worker/.
 * Source: formats.md "Person": members as in a person (`id`, `cmnd` and fields), one or more.
 */
#ifndef DANCU_WORKER_LEAK_H
#define DANCU_WORKER_LEAK_H

#include "store/compare.h"

struct leaked {
    struct compare_wish wish;
    uint64_t disclosed; /* fields that a disclosure must have had */
    struct buf texts;   /* what the wish borrows from */
};
/* FAULT_BAD_INPUT, FAULT_OVER_LIMIT: the outcome's `what` is a sentence that repeats no content.
 * On any failure nothing is left to be freed. */
struct outcome leak_read(struct view json, struct leaked *ret_leak);
void leak_done(struct leaked *leak); /* wipes */

#endif
