/*
 * Purpose: the public files, derived from the log: entry bundles, hash tiles, the checkpoint. Taken
 * in as batches are committed, written in small steps. Private to ledger/.
 * Source: C2SP tlog-tiles; ledger-format.md sections 1 and 4.
 */
#ifndef DANCU_LEDGER_PUBLISH_H
#define DANCU_LEDGER_PUBLISH_H

#include "ledger/context.h"
#include "tlog/tiles.h"

#define PUBLISH_JOBS_MAX 512u /* files waiting to be written or removed */
/* Files that one batch can fill, and files of one publication: partial tiles of every level, a
 * bundle, the checkpoint, and as many old partials to remove. */
#define PUBLISH_BATCH_JOBS (TILE_LEVELS + 2)
#define PUBLISH_JOBS (2 * (TILE_LEVELS + 1) + 1)

enum publish_work { PUBLISH_TILE, PUBLISH_CHECKPOINT, PUBLISH_REMOVE };

struct publish_job {
    enum publish_work work;
    struct tile_id id; /* of a tile */
    uint64_t size;     /* of a checkpoint */
    struct buf bytes;
};

struct publish {
    const struct context *context;
    uint64_t size;                                  /* entries taken in */
    struct tree_hash edge[TILE_LEVELS][TILE_WIDTH]; /* the unfinished tile of each level */
    struct buf bundle;                              /* the unfinished bundle */
    struct buf fresh_bundle;                        /* memory set aside for publish_take() */
    struct buf fresh_tiles[TILE_LEVELS];
    struct publish_job jobs[PUBLISH_JOBS_MAX]; /* a ring */
    unsigned first;
    unsigned count;
    uint64_t published; /* size of the checkpoint in the public folder */
    bool publishing;    /* a checkpoint waits among the jobs */
};

void publish_init(struct publish *publish, const struct context *context);
void publish_done(struct publish *publish);

/* Sets memory aside so that publish_take() of a batch with so many bytes of entries cannot fail,
 * and makes room among the jobs by doing some. */
struct outcome publish_reserve(struct publish *publish, size_t entries_bytes);
/* Takes a committed batch in: `entries` as in a bundle. Only after publish_reserve(). */
void publish_take(struct publish *publish, const struct tree_batch *batch, struct view entries);
/* Lines up a publication of the size taken in, unless one is under way or nothing is new (`again`:
 * even then, for files that a crash may have lost). */
struct outcome publish_begin(struct publish *publish, struct view checkpoint, bool again);
/* Does the next job, if there is one; a job that failed stays the next. */
struct outcome publish_step(struct publish *publish);
struct outcome publish_all(struct publish *publish);

/* Number of hashes (or entries) in the unfinished tile of a level. */
unsigned publish_width(const struct publish *publish, unsigned level);
/* Root that the unfinished tiles lead to: what the right edge says the tree is. */
void publish_root(const struct publish *publish, struct tree_hash *ret_root);

/* Removes what a tree of that size does not imply and a crash can have left: tiles above it, older
 * partials at its edge, half-written files. */
struct outcome publish_clear(const struct context *context, uint64_t size);

#endif
