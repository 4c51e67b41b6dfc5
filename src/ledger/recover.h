/*
 * Purpose: a recovery under way: its parts stand in recover.c (replay and judgement) and
 * recover_base.c (what it starts from). Private to ledger/.
 */
#ifndef DANCU_LEDGER_RECOVER_H
#define DANCU_LEDGER_RECOVER_H

#include "ledger/private.h"

struct recovery {
    struct ledger *ledger;
    struct segment_list list;
    struct checkpoint published;
    bool published_met;      /* a record (or the snapshot) ends at its size, with its root */
    uint64_t base_size;      /* of the snapshot that was used */
    struct scan_position at; /* where its records end, then where those replayed end */
    struct scan_tail tail;   /* the last record before `at` */
    struct buf plain;        /* of the snapshot, then of openings */
    struct sealer *sealer;   /* of the segment being replayed */
    enum segment_file file;
    uint64_t sealer_segment;
    struct ledger_recovery *told;
    char *place;
};

/* Fills in the place; always FAULT_CORRUPT. */
__attribute__((format(printf, 2, 3))) struct outcome recovery_refuse(struct recovery *recovery,
                                                                     const char *format, ...);
/* A failure that is not a judgement (no memory, no space, I/O) keeps its kind and gets a place. */
struct outcome recovery_placed(struct recovery *recovery, const char *where,
                               struct outcome outcome);

/* Clears halves, lists the segments, reads their headers and the published checkpoint. */
struct outcome recovery_survey(struct recovery *recovery);
/* Takes the newest whole snapshot, or nothing; gives the owner its state. */
struct outcome recovery_base(struct recovery *recovery);

#endif
