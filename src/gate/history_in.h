/*
 * Purpose: what the index of who has seen whom consists of. Private to the files history*.c.
 */
#ifndef DANCU_GATE_HISTORY_IN_H
#define DANCU_GATE_HISTORY_IN_H

#include "gate/history_run.h"

#define HISTORY_DEAD_MAX HISTORY_RUNS_MAX

/* A run that was merged, whose file a snapshot may still name. */
struct history_dead {
    uint64_t id;
    uint64_t size; /* of the log by then: a snapshot of more entries does not name it */
};

struct history {
    struct history_disk disk;
    unsigned run_pieces;
    uint64_t size; /* entries of the log that were seen */
    uint32_t day;  /* the log's */
    struct history_piece
        *pieces[HISTORY_PIECES_MAX]; /* oldest rows first; NULL behind those made */
    unsigned piece_count;            /* with rows; all but the last are full */
    unsigned piece_made;
    struct history_run *runs[HISTORY_RUNS_MAX];
    unsigned run_count;
    struct history_weld *welds; /* HISTORY_LEVELS_MAX: the first makes runs of pieces, each other
                                   one of those of the level below it */
    struct history_dead dead[HISTORY_DEAD_MAX];
    unsigned dead_count;
    struct history_block *block; /* that was looked at last */
    /* While a snapshot is made: no run takes another's place. */
    bool saving;
    bool save_headed;
    uint64_t save_size; /* as of when it was begun */
    uint32_t save_day;
    unsigned save_at;    /* the next piece */
    unsigned save_until; /* behind the last */
};

/* Rows of the last piece in hand; never more than there is room for (history_reserve()). */
void history_row_put(struct history *history, const struct history_row *row);
/* Forgets all rows. */
void history_clear(struct history *history);

#endif
