/*
 * Purpose: the log in memory, and the parts of it that stand in files of their own. Private to
 * ledger/.
 */
#ifndef DANCU_LEDGER_PRIVATE_H
#define DANCU_LEDGER_PRIVATE_H

#include "ledger/commit.h"
#include "ledger/publish.h"
#include "ledger/snapshot.h"

/* A snapshot is taken after so many entries, not more often than this, and at least this often when
 * anything was added: bounds what a start replays and how often the owner saves its state. */
#define SNAPSHOT_ENTRIES 131072u
#define SNAPSHOT_US_MIN (INT64_C(5) * 1000000)
#define SNAPSHOT_US_MAX (INT64_C(60) * 1000000)
/* So many entries' tiles the keeper makes durable at once, as they come: little enough that a spare
 * segment never waits long, and that a snapshot finds nearly all of them durable. */
#define SYNC_ENTRIES 8192u
#define TICK_BUDGET_US 400      /* of one ledger_tick(); the step that passes it is the last */
#define PUBLISH_EVERY_US 900000 /* below LEDGER_PUBLISH_MS_MAX: the files take time too */

enum ledger_state {
    LEDGER_READY,
    LEDGER_FULL,  /* no space: nothing is added until ledger_retry() finds room */
    LEDGER_BROKEN /* in doubt: nothing is written any more */
};

enum snapshot_phase {
    SNAPSHOT_NONE,
    SNAPSHOT_COPIES, /* the owner's state is copied and written, a piece at a time */
    SNAPSHOT_WAITS,  /* written; the keeper is to make the tiles durable first */
    SNAPSHOT_NAMES   /* it gets its name */
};

struct pending_item {
    size_t entry_at; /* of its length, in `entries` */
    size_t opening_at;
    size_t opening_len;
};

struct segment_place {
    uint64_t number;
    uint64_t first_index;
    bool rest; /* of a shredded one */
};

/* The segments that there are, oldest first. */
struct segment_table {
    struct segment_place *places;
    size_t count;
    size_t cap;
};
struct outcome segment_table_add(struct segment_table *table, const struct segment_place *place);
void segment_table_done(struct segment_table *table);

/* Where some records begin, in the order of the log: those that were written or looked for since
 * the log was opened, one in SIGNPOST_BYTES of a segment. One that is not there costs time only. */
#define SIGNPOST_BYTES (64u << 10)
#define SIGNPOSTS_MAX (1u << 18) /* of 16 GiB, or more where records are long; 6 MiB of memory */
struct signpost {
    uint64_t first_index;
    uint64_t segment;
    uint64_t offset;
};
struct signposts {
    struct signpost *posts;
    size_t count;
    size_t cap;
};
struct outcome signposts_init(struct signposts *signposts);
void signposts_add(struct signposts *signposts, const struct signpost *post);
/* Where in its segment the record of an index is looked for. */
struct stretch {
    uint64_t from;  /* bytes: a record begins there ... */
    uint64_t until; /* ... and that of the index does before this */
    uint64_t first; /* index of the first entry of the record at `from` */
    uint64_t end;   /* about the first entry behind `until` */
};
/* It becomes as narrow as two posts are apart. */
void signposts_narrow(const struct signposts *signposts, uint64_t segment, uint64_t index,
                      struct stretch *stretch);
/* Those of a segment whose records stand elsewhere now. */
void signposts_forget(struct signposts *signposts, uint64_t segment);
void signposts_done(struct signposts *signposts);

/* The segment that was read last, and the record of it that was read last: committed bytes never
 * change, so neither is read twice in a row. */
struct reader {
    struct scan scan; /* context NULL: none is open; `at` is where the last record begins */
    struct sealer *sealer;
    struct buf piece;  /* where headers are looked for */
    struct buf record; /* whole sectors of the last record; empty: none */
    struct record_header header;
    struct record_body body; /* views into `record` */
};
void reader_init(struct reader *reader);
/* Lets the segment go; the memory stays. */
void reader_close(struct reader *reader);
void reader_done(struct reader *reader);

struct ledger {
    struct context context;
    struct ledger_owner owner;
    enum ledger_state state;
    bool held; /* by `restored` */
    bool lifted;
    struct ledger_restored restored;
    bool segment_wanted; /* the change of segments ran out of space */
    int lock_fd;

    struct commit commit;
    struct tree tree;
    struct tree_batch batch; /* the last one committed, for proofs; old_size = new_size: none */
    struct tree_batch next;  /* the one being committed */
    struct buf note;         /* signed checkpoint of the last commit */
    struct buf next_note;

    struct pending_item items[BATCH_ASKS_MAX];
    struct tree_hash leaves[BATCH_ASKS_MAX];
    unsigned count;       /* items added since the last commit */
    size_t payload_bytes; /* of their entries and sealed openings */
    struct buf entries;   /* as in a bundle */
    struct buf openings;  /* plain */
    struct buf padded;
    struct buf record;

    struct publish publish;
    int64_t published_us; /* when the last publication was lined up */

    enum snapshot_phase phase;
    struct snapshot_writer writer;
    uint64_t snapshot_size; /* of the last one */
    uint64_t durable_size;  /* full tiles below are durable; not less than snapshot_size */
    int64_t snapshot_us;

    struct segment_table segments;
    struct signposts signposts;
    struct reader reader;
    struct tree_batch reread;    /* of the record that was proved last; old_size = new_size: none */
    struct shredding *shredding; /* NULL: none is under way */
};

/* What the keeper is to do for the one under way, and that it was done (shred.c). */
enum ledger_wish shred_wish(const struct ledger *ledger, uint64_t *ret_segment);
void shred_kept(struct ledger *ledger, enum ledger_wish done, uint64_t segment);
void shred_free(struct shredding *shredding);

/* Makes the record that holds a committed index the reader's; the work grows with the logarithm of
 * the segment. FAULT_NOT_FOUND, FAULT_CORRUPT. */
struct outcome reader_seek(struct ledger *ledger, uint64_t index);

/* Brings a new ledger to the state that is on disk. */
struct outcome ledger_recover(struct ledger *ledger, struct ledger_recovery *ret_recovery,
                              char ret_place[256]);
/* One turn of the derived state: files, snapshots. */
struct outcome derive_tick(struct ledger *ledger, uint32_t *ret_wait_ms);
/* All that is derived, durably, before closing. */
struct outcome derive_finish(struct ledger *ledger);

/* The keeper's work, on a disk. */
struct outcome read_segment(const struct disk_port *disk, int home_fd, uint64_t segment);
struct outcome sync_rest(const struct disk_port *disk, int home_fd, uint64_t segment);
struct outcome destroy_segment(const struct disk_port *disk, int home_fd, uint64_t segment);
struct outcome prepare_spare(const struct disk_port *disk, int home_fd, uint32_t segment_bytes);
/* Make the full tiles between two sizes and their folders durable, and the snapshots, too.
 * FAULT_IO, whatever the disk said: something of it may be lost. */
struct outcome sync_tiles(const struct disk_port *disk, int home_fd, uint64_t from, uint64_t until);
struct outcome sync_derived(const struct disk_port *disk, int home_fd, uint64_t from,
                            uint64_t until);

#endif
