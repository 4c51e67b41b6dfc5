/*
 * Purpose: the commit log's writing end: the segment in use, its next record, what a failed write
 * left behind, and the change to the next segment. Private to ledger/.
 *
 * Errors of every function here: FAULT_NO_SPACE and FAULT_NO_MEMORY leave the log as it was, usable
 * again when there is room; any other failure means that what is on disk is unknown: write nothing
 * more, end the process, and let recovery decide.
 */
#ifndef DANCU_LEDGER_COMMIT_H
#define DANCU_LEDGER_COMMIT_H

#include "ledger/scan.h"

struct commit {
    const struct context *context;
    int fd;                  /* segment in use; DISK_CLOSED before there is one */
    struct scan_position at; /* where the next record goes; index = entries in the log */
    struct scan_tail tail;   /* last record of the segment in use */
    uint64_t segment_bytes;  /* of the segment in use */
    uint64_t dirty_until;    /* a failed write may have left bytes from at.offset to here */
    struct sealer *sealer;   /* of the segment in use */
    bool spare_ready;        /* commit/spare is there */
    uint64_t sync_span[HISTOGRAM_SPAN_PLACES]; /* times of commit_sync() */
};

void commit_init(struct commit *commit, const struct context *context);
/* Closes; what is durable stays so. */
void commit_done(struct commit *commit);

/* Takes up a segment (of so many bytes) whose records end at `position`; recovery has judged it. */
struct outcome commit_resume(struct commit *commit, const struct scan_position *position,
                             const struct scan_tail *tail, uint64_t segment_bytes);
/* Begins the next segment, with a key of its own: durable on return. The first one is number 1. */
struct outcome commit_begin_segment(struct commit *commit);
/* Largest record that fits into a segment, and whether one fits into what is left of this one. */
size_t commit_record_max(const struct context *context);
bool commit_fits(const struct commit *commit, size_t record_bytes);
/* Writes a record (whole sectors) at the position; the disk begins with it. FAULT_NO_SPACE: nothing
 * of it is left, or zeros are owed in its place (dirty_until), which come before anything else. It
 * is commit_sync()'s, or commit_clean() takes it back. */
struct outcome commit_write(struct commit *commit, struct view record);
/* Syncs the record of so many entries that was written: after an OK it is durable, and the position
 * has moved behind it. FAULT_NO_SPACE: as commit_write(). */
struct outcome commit_sync(struct commit *commit, unsigned count);
/* Zeroes what a failed write may have left; ok when there is nothing. */
struct outcome commit_clean(struct commit *commit);
/* Copies the segment in use, up to the position, into a new file, durably, in the place of the old
 * one: what stood only in the page cache is on disk then, and what is behind is zeros. */
struct outcome commit_rewrite(struct commit *commit);

/* Makes a file of zeros, durable but for its name in the folder. */
struct outcome commit_fill_zeros(const struct disk_port *disk, int home_fd, const char *path,
                                 uint32_t bytes);

#endif
