/*
 * Purpose: snapshots of the derived state (right edge of the tree, place in the commit log, the
 * owner's blob), so that a start replays only what came after. Never truth: a damaged one costs
 * time only. Private to ledger/.
 *
 * File derived/snapshot-<size>: a header sector (magic, u16 version, log id, u64 size, u64 bytes of
 * the plain text, zeros, u32 CRC32C of the 508 bytes before it), then the plain text in pieces of
 * SNAPSHOT_PIECE_BYTES, each sealed with its number and the header's values as associated data; but
 * the number of bytes is known, and stands there, in the last piece alone: in the others it is 0.
 */
#ifndef DANCU_LEDGER_SNAPSHOT_H
#define DANCU_LEDGER_SNAPSHOT_H

#include "ledger/publish.h"
#include "ledger/scan.h"

#define SNAPSHOT_BYTES_MAX (256u << 20)
#define SNAPSHOT_PIECE_BYTES (128u << 10)
#define SNAPSHOTS_KEPT 2

/* What a snapshot holds besides the publisher's edge. */
struct snapshot_state {
    struct scan_position at;
    struct scan_tail tail; /* the record that ends at `at`, if its segment has one */
    struct tree tree;
    struct view checkpoint; /* the signed note of that size */
    struct view owner;      /* the owner's blob */
};

/* Appends the plain text; the owner's blob is to be appended by the caller right after. */
void snapshot_put(const struct snapshot_state *state, const struct publish *publish,
                  struct buf *buf);
/* Reads it back, into an empty publisher; views into `plain`. FAULT_CORRUPT when it does not decode
 * or its parts do not agree. */
struct outcome snapshot_get(struct view plain, struct snapshot_state *ret_state,
                            struct publish *publish);

/* A snapshot on its way to its file. */
struct snapshot_writer {
    const struct context *context;
    struct buf plain; /* what is not written yet */
    uint64_t size;
    bool ended; /* nothing more comes to `plain` */
    bool whole; /* the file is written and waits for its name */
    int fd;
    uint64_t pieces;      /* written */
    uint64_t plain_bytes; /* that they hold */
    uint64_t offset;
};
void snapshot_writer_init(struct snapshot_writer *writer, const struct context *context);
void snapshot_writer_done(struct snapshot_writer *writer);
/* The next piece of `plain` is full, or the last, and is to be written. */
bool snapshot_writer_has_piece(const struct snapshot_writer *writer);
/* Writes the next piece; after the last, the header: then it is `whole`. One more step gives the
 * file its name, removes older ones and sets *ret_done. With `durable` the file and its name are
 * synced. FAULT_OVER_LIMIT: it is longer than a snapshot can be. */
struct outcome snapshot_writer_step(struct snapshot_writer *writer, bool durable, bool *ret_done);

/* Sizes of the snapshots that are there, newest first; at most `max`. */
struct outcome snapshot_list(const struct context *context, uint64_t *ret_sizes, unsigned max,
                             unsigned *ret_count);
/* Appends the plain text of a snapshot. FAULT_CORRUPT when anything in the file does not verify. */
struct outcome snapshot_load(const struct context *context, uint64_t size, struct buf *ret_plain);
void snapshot_path(uint64_t size, char ret_path[LEDGER_PATH_BYTES_MAX]);

#endif
