/*
 * Purpose: what is kept of an opening whose segment is shredded (decision 0071). Pure.
 */
#ifndef DANCU_GATE_FORGET_H
#define DANCU_GATE_FORGET_H

#include "gate/directory.h"
#include "gate/record.h"

/* Appends what is kept of it: of an ask whose row it is, in which minute, and what a replay of the
 * whole log still counts; of everything else, acts above all, the opening as it is. FAULT_CORRUPT:
 * it does not decode. */
struct outcome forget_opening(const struct directory *directory, struct view opening,
                              struct buf *ret_rest);

#endif
