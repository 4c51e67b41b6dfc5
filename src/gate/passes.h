/*
 * Purpose: asks under a citizen's one-time code (decision 0065): the business that a pass stands
 * for, made in memory for a batch, and what the core is told of passes that were used. Private to
 * gate/.
 */
#ifndef DANCU_GATE_PASSES_H
#define DANCU_GATE_PASSES_H

#include "gate/directory.h"

struct gate;
struct work;

/* Those of the batch in hand. */
struct passes {
    struct business *businesses; /* BATCH_ASKS_MAX */
    unsigned count;
    bool none_due; /* since the last look nothing was put into the ring: nothing is due */
};

/* FAULT_NO_MEMORY. */
struct outcome passes_init(struct passes *passes);
void passes_done(struct passes *passes);
/* The business of the pass whose code the ask names, and work->pass; NULL: there is none. */
struct business *work_find_pass(struct gate *gate, struct work *work);
/* So many were used that the core has not recorded yet: an ask by one more comes again. */
bool work_passes_crowded(const struct gate *gate, const struct ask *ask);

#endif
