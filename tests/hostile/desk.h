/*
 * Purpose: what a taken desk tries on `verify` and on the core, as a table. Tests only.
 */
#ifndef DANCU_TESTS_HOSTILE_DESK_H
#define DANCU_TESTS_HOSTILE_DESK_H

#include "attacks.h"

extern const struct attack desk_attacks[];
extern const unsigned desk_attack_count;

/* Reads HOME/../desk.txt, before the rights are dropped: what passed through the desk. */
int desk_seen_prepare(struct child *child);
/* Whether that new pipe is one to `verify`. */
bool desk_to_verify(const struct child *child, const struct proc_peer *peer);
/* Takes the pipe to `verify` from the supervisor; false when none comes. */
bool desk_begin(struct hostile *hostile);

#endif
