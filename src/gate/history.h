/*
 * Purpose: who has seen whom: for each person the entries of the log that are rows of his
 * (history_row.h), found without a walk over the log. Derived from the log, never truth: lost, it
 * is made again by a start that replays all of it. Private to gate/.
 *
 * Rows come in as they are recorded, and wait in memory, sorted in pieces. 256 pieces are written,
 * in steps of the core's tick, as a sorted run: a file derived/history-ID, sealed in blocks of as
 * many rows (history_run.h). Four runs of a size become one of the next. A look halves each run by
 * the first rows of its blocks, which are in memory, and opens one or two blocks.
 *
 * Which runs there are stands in the snapshot, with the rows that are in none: a run's file is on
 * disk before the snapshot that names it has its name, and one that was merged is removed when a
 * snapshot has come that does not name it.
 */
#ifndef DANCU_GATE_HISTORY_H
#define DANCU_GATE_HISTORY_H

#include "base/disk.h"
#include "gate/history_row.h"
#include "seal/seal.h"

struct history;
struct history_figures;

struct history_config {
    int home_fd;
    const struct disk_port *disk;
    const struct secret *key; /* the wrap key: the runs' own is derived from it */
    struct random_port random;
    unsigned run_pieces; /* pieces that become a run; 0: HISTORY_RUN_PIECES_MAX; fewer in tests */
};

struct history_row {
    uint64_t person;
    uint64_t place;
    uint16_t party; /* of a hash of its code: most of what is not wanted is not even read */
    uint8_t channel;
    uint8_t service; /* both RECORD_WORD_NULL of an act */
};

/* What is wanted of a person's rows. */
struct history_wish {
    uint64_t person;
    uint64_t below;    /* places below it: history_end(), or that of the last row of a page */
    uint64_t from;     /* and not below that; 0: all */
    struct view party; /* empty: any; a row of another may be among what is found */
    uint8_t channel;   /* RECORD_WORD_NULL: any */
    uint8_t service;   /* likewise */
};

struct outcome history_new(const struct history_config *config, struct history **ret_history);
void history_free(struct history *history);

/* Room for the rows of one more batch. FAULT_NO_MEMORY, and FAULT_OVER_LIMIT when runs cannot be
 * written and memory may hold no more: it must not be recorded (I9). */
struct outcome history_reserve(struct history *history);
/* The next entry of the log, whatever it is; an entry that is known already changes nothing.
 * history_reserve() has made room. FAULT_CORRUPT. */
struct outcome history_add(struct history *history, uint64_t index, const struct record *record);

/* The log's day so far, and how many entries it has seen. */
uint32_t history_log_day(const struct history *history);
uint64_t history_log_size(const struct history *history);

/* The newest rows first: up to `max`. *ret_more: there are others below the last. The work is
 * bounded: fewer than `max` and *ret_more, when many were looked at that are not wanted; then the
 * next look begins below *ret_below. FAULT_CORRUPT: a run is damaged (the place is logged). */
struct outcome history_find(struct history *history, const struct history_wish *wish,
                            struct history_row *ret_rows, unsigned max, unsigned *ret_count,
                            uint64_t *ret_below, bool *ret_more);
/* Does the person have a row at that place? */
struct outcome history_has(struct history *history, uint64_t person, uint64_t place, bool *ret_has);
/* How many rows of his have a place below that one. */
struct outcome history_count(struct history *history, uint64_t person, uint64_t below,
                             uint64_t *ret_count);
/* One step of what is due, some tens of microseconds: mostly a block written. `kept` is the size of
 * the log at the last snapshot that has its name. *ret_idle: nothing is due. What fails is begun
 * anew some time, and costs memory until then: the room that history_reserve() looks at. */
struct outcome history_step(struct history *history, uint64_t kept, bool *ret_idle);

/* For snapshots: the runs, and the rows in memory of entries that were known when it began; in
 * steps. Between begin and end no run takes another's place. */
void history_save_begin(struct history *history);
void history_save_step(struct history *history, struct buf *buf, bool *ret_last);
void history_save_end(struct history *history);
/* FAULT_CORRUPT when a run that it names is not there or not whole: an older snapshot, or the log,
 * tells it anew. */
struct outcome history_restore(struct history *history, struct cursor *cursor);
/* All that was replayed is in: files that no snapshot names are removed. */
void history_opened(struct history *history);

/* For metrics. */
void history_figures_get(const struct history *history, struct history_figures *ret_figures);

#endif
