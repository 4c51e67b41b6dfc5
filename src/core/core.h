/*
 * Purpose: the core process: one loop, one thread, no locks (design.md section 2). It takes all
 * asks that wait, has the gate decide and record them as one batch, and answers the batch. The
 * core's row is the first of the process table.
 */
#ifndef DANCU_CORE_CORE_H
#define DANCU_CORE_CORE_H

#include "proc/proc.h"

/* Reads the key files, before the rights are dropped. */
int core_prepare(struct child *child);
int core_main(struct child *child);

#endif
