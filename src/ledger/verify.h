/*
 * Purpose: what the two sides of verification share, and the workers that look at parts of them.
 * Private to ledger/.
 */
#ifndef DANCU_LEDGER_VERIFY_H
#define DANCU_LEDGER_VERIFY_H

#include "ledger/publish.h"
#include "ledger/scan.h"

struct verify {
    const struct disk_port *disk;
    const struct verify_watch *watch;
    struct verify_report *report;
    struct note_keys keys;
    struct checkpoint published;
    bool published_known; /* the checkpoint was read and is signed */
    bool told;            /* the bad place of the part in hand */
    bool live;            /* a writer may be at work: files may be ahead, older partials may go */
};

/* Tells the reason, and keeps it when it is the first; always FAULT_CORRUPT. */
__attribute__((format(printf, 2, 3))) struct outcome verify_wrong(struct verify *verify,
                                                                  const char *format, ...);
/* A failure to look: likewise, unless it was told already. */
struct outcome verify_unseen(struct verify *verify, const char *where, struct outcome outcome);
void verify_progress(const struct verify *verify, const char *what, uint64_t done, uint64_t total);

/* The public side, file by file. `checkpoint` and the partials of its size are read first: that
 * fills in verify->published. */
struct tiles;
struct outcome verify_tiles_open(struct verify *verify, int dir_fd, struct tiles **ret_tiles);
void verify_tiles_free(struct tiles *tiles);
/* All bundles behind those that were taken, the tiles over them, the root, names. */
struct outcome verify_tiles_check(struct tiles *tiles);
/* One full bundle and the tile over it: by a worker, who tells what it comes to a level up. */
struct outcome verify_tiles_bundle(struct tiles *tiles, uint64_t number,
                                   struct tree_hash *ret_hash);
/* The next bundle was found good by a worker, and came to that. */
struct outcome verify_tiles_take(struct tiles *tiles, const struct tree_hash *hash);
/* The tree of the first `size` entries as the tiles have it, which are not looked at for that. */
struct outcome verify_tiles_tree(struct tiles *tiles, uint64_t size, struct tree *ret_tree);

/* The commit log's side. */
struct home {
    struct verify *verify;
    struct context context;
    bool running;             /* a server has the log open */
    uint64_t signature_every; /* this one of the records */
    bool published_met;
    struct tree tree;
    uint64_t sequence; /* of the next record */
    uint64_t done;     /* number of the last segment that was looked at; 0: none */
    bool public_good;  /* the public side was looked at by workers */
    struct tree_batch batch;
    struct tree_hash leaves[BATCH_ASKS_MAX];
    struct buf plain;
    struct buf note; /* of the last record */
    struct sealer *sealer;
    enum segment_file file; /* in hand */
    struct publish edge;    /* scratch for snapshots */
};

/* Which of the records have their signature verified. */
struct outcome verify_home_plan(struct home *home, uint64_t last_segment);
/* One segment, from where the tree, the sequence and published_met say. */
struct outcome verify_home_segment(struct home *home, uint64_t number, bool last);

/* Lets watch->workers processes look at the public side, and at all segments that begin in what is
 * published but the last: the home stands behind what they have found good, which is counted and
 * told. What is wrong, if anything is, comes after it. */
void verify_by_workers(struct home *home);

#endif
