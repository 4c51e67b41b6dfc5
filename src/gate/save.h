/*
 * Purpose: the rows that a snapshot of the gate's state consists of, and how far one that is being
 * made has come. Private to gate/.
 *
 * The state is copied in steps between which asks are served, and is that of the moment when the
 * copy was begun: what a step has not come to yet is copied before it changes. Keys, lines of jobs
 * and proofs alone are copied as they are when their turn comes: putting one once more, by replay,
 * changes nothing (keys.h, jobs.h, once.h).
 */
#ifndef DANCU_GATE_SAVE_H
#define DANCU_GATE_SAVE_H

#include "base/bytes.h"

/* The byte before each row; a section ends with SAVE_END. */
enum { SAVE_END, SAVE_ROW, SAVE_ROW_ACCOUNT };

/* 3 had no quotas but of the day, 4 no fees, 5 no jobs, no proofs, 6 nothing written, 7 no history,
 * 8 nothing sealed */
#define GATE_STATE_VERSION 9
#define SAVE_STEP_ROWS 512u /* looked at in one step: some 50 us */

enum save_part {
    SAVE_NONE,
    SAVE_BUSINESSES,
    SAVE_PARTIES,
    SAVE_FEES,
    SAVE_GUESSES,
    SAVE_KEYS,
    SAVE_JOBS,
    SAVE_ONCE,
    SAVE_WRITTEN,
    SAVE_SEALED,
    SAVE_HISTORY,
    SAVE_PARTS
};

struct save {
    enum save_part part; /* being copied */
    uint32_t round;      /* number of the copy: what bears it is copied */
    size_t at;           /* in the map that is walked */
    size_t businesses;   /* how many there were: a map that grew is in another order */
    size_t parties;
    struct buf early_businesses; /* rows of those that changed before their turn */
    struct buf early_parties;
    struct buf early_statements;
};

#endif
