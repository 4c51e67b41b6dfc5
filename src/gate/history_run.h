/*
 * Purpose: sorted runs of rows: those on disk, the pieces in memory, and how several become one.
 * Private to gate/ (history.h).
 *
 * File derived/history-ID: a sector (magic, u16 version, u64 ID, u64 rows, zeros, CRC32C of the 508
 * bytes before it); then blocks of HISTORY_BLOCK_ROWS rows of 20 bytes, zeros behind the last, each
 * sealed with ID and its number as associated data; then, in blocks of the same form, the first row
 * of each block.
 */
#ifndef DANCU_GATE_HISTORY_RUN_H
#define DANCU_GATE_HISTORY_RUN_H

#include "gate/history.h"

#define HISTORY_BLOCK_ROWS 512u
#define HISTORY_ROW_BYTES 20u
#define HISTORY_BLOCK_BYTES (HISTORY_BLOCK_ROWS * HISTORY_ROW_BYTES)
#define HISTORY_RUN_PIECES_MAX 256u /* that become a run */
#define HISTORY_FAN 4u              /* runs of a level that become one of the next */
#define HISTORY_LEVELS_MAX 16u
#define HISTORY_PATH_BYTES 40
_Static_assert(HISTORY_RUN_PIECES_MAX * 2 <= HISTORY_PIECES_MAX,
               "rows wait while others are written");
_Static_assert(HISTORY_FAN *HISTORY_LEVELS_MAX <= HISTORY_RUNS_MAX, "every level has its runs");

/* Rows in memory: all but the last piece are full and sorted. */
struct history_piece {
    struct history_row rows[HISTORY_BLOCK_ROWS];
    unsigned count;
};

struct history_run {
    uint64_t id;
    uint64_t rows;
    uint64_t place_max; /* of all its rows */
    unsigned level;
    bool named;  /* a snapshot may name it */
    bool broken; /* a block did not open: it is merged no more */
    int fd;
    size_t blocks;
    struct history_row *firsts; /* the first row of each block */
};

/* A block that was read. */
struct history_block {
    uint64_t run; /* its id; 0: none */
    uint64_t number;
    struct history_row rows[HISTORY_BLOCK_ROWS];
};

/* What reading and writing runs takes. */
struct history_disk {
    int home_fd;
    const struct disk_port *disk;
    struct sealer *sealer;
    struct random_port random;
    struct buf sealed; /* scratch */
    struct buf plain;
};

struct outcome history_disk_init(struct history_disk *disk, int home_fd,
                                 const struct disk_port *port, const struct secret *wrap_key,
                                 const struct random_port *random);
void history_disk_done(struct history_disk *disk);

/* <0, 0, >0: by person, then by place. */
int history_compare(const struct history_row *a, const struct history_row *b);
void history_run_path(uint64_t id, char ret_path[HISTORY_PATH_BYTES]);
/* How many rows of the block there are. */
unsigned history_block_rows(const struct history_run *run, uint64_t number);
/* Reads a block, unless it is the one that is there. FAULT_CORRUPT: the run is broken now, and the
 * place is logged. */
struct outcome history_block_read(struct history_disk *disk, struct history_run *run,
                                  uint64_t number, struct history_block *block);
/* Writes one; `count` rows, zeros behind them. */
struct outcome history_block_write(struct history_disk *disk, const struct history_run *run,
                                   uint64_t number, const struct history_row *rows, unsigned count);
/* The sector that makes a file a run. */
struct outcome history_head_write(struct history_disk *disk, const struct history_run *run);
/* How many rows a run has, by its file's head. FAULT_NOT_FOUND; FAULT_AGAIN: it has no head yet;
 * FAULT_CORRUPT. */
struct outcome history_run_rows(struct history_disk *disk, uint64_t id, uint64_t *ret_rows);
/* Opens the file of a run whose id, rows, level and place_max are set. FAULT_CORRUPT: it is not
 * there, or not whole. */
struct outcome history_run_open(struct history_disk *disk, struct history_run *run);
void history_run_done(struct history_disk *disk, struct history_run *run);

/* The place, among the run's rows, of the first that is not before `row`. */
struct outcome history_run_seek(struct history_disk *disk, struct history_run *run,
                                const struct history_row *row, struct history_block *block,
                                uint64_t *ret_at);
size_t history_piece_seek(const struct history_piece *piece, const struct history_row *row);

/* Several runs, or pieces, on their way to one. Sources stay as they are until it is whole. */
struct history_source {
    const struct history_piece *piece; /* or, when NULL, ... */
    struct history_run *run;
    struct history_block *block; /* of the run */
    uint64_t at;                 /* of its rows */
    struct history_row head;
};
struct history_weld {
    bool under_way;
    unsigned count;
    unsigned order[HISTORY_RUN_PIECES_MAX]; /* a heap of sources: the one whose head is the first */
    unsigned heap;                          /* so many are not at their end */
    struct history_source sources[HISTORY_RUN_PIECES_MAX];
    struct history_run run; /* that is being made */
    uint64_t written;       /* blocks, those of firsts included */
    size_t firsts_max;
};
/* `weld->sources` and `count` are set, and the level of `run`, for good. FAULT_NO_SPACE,
 * FAULT_IO... as a step. */
struct outcome history_weld_begin(struct history_disk *disk, struct history_weld *weld);
/* One block, or, at the end, the file's head. *ret_whole: `weld->run` is a run. What fails is given
 * up by history_weld_end(). */
struct outcome history_weld_step(struct history_disk *disk, struct history_weld *weld,
                                 bool *ret_whole);
/* Lets the sources go; what was made, too, unless it was taken out. */
void history_weld_end(struct history_disk *disk, struct history_weld *weld);

#endif
