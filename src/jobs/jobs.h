/*
 * Purpose: the process `jobs`: long lists of asks that an account brings at once (decision 0042).
 * It keeps them sealed in home/jobs, asks the core line by line, in order, keeps the answers, and
 * gives them to whoever brought the list. It decides nothing: each line is an ask like any other,
 * and leaves the register through the gate (I1). Its key is one of its own, derived from the wrap
 * key before its rights are dropped; it opens nothing but its own files.
 * Owner: row `jobs` of the process table; grants GRANT_JOBS_DIR, GRANT_KEYS_DIR; may send
 * FRAME_JOB_WHO, FRAME_JOB_LINES.
 */
#ifndef DANCU_JOBS_JOBS_H
#define DANCU_JOBS_JOBS_H

#include "proc/proc.h"

/* Derives its key. */
int jobs_prepare(struct child *child);
/* Serves until SIGTERM or the supervisor's end; exit status. */
int jobs_main(struct child *child);

#endif
