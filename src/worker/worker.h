/*
 * Purpose: the worker process: long work in small steps, now the scrub. It reads the home and tells
 * the core how far it is and what it found (FRAME_SCRUB); it takes nothing from the core, has no
 * other socket, and changes no file. Source: design.md sections 2 and 7.
 */
#ifndef DANCU_WORKER_WORKER_H
#define DANCU_WORKER_WORKER_H

#include "proc/proc.h"

/* Reads the keys that looking needs, before the rights are dropped. */
int worker_prepare(struct child *child);
int worker_main(struct child *child);

#endif
