/*
 * Purpose: the commit log (truth), the Merkle tree over it, what is derived from it, recovery and
 * verification. One writer, one thread. Nothing that ledger_commit() has not returned for may
 * leave the process (invariant I2).
 * Source: design.md section 7, ledger-format.md (C2SP tlog-tiles, tlog-checkpoint, signed-note,
 * tlog-proof), formats.md "Entry", "Places".
 *
 * Folder (home): commit/NNNNNNNNNN.seg, commit/NNNNNNNNNN.key (that segment's subkey, wrapped),
 * commit/spare (the next segment, zero-filled by the keeper), commit/cut-* (tails kept aside),
 * derived/ (snapshots), ledger/checkpoint, ledger/tile/... (public); signers (public, too: the
 * verifier keys, once another has taken over; tlog/note.h).
 */
#ifndef DANCU_LEDGER_LEDGER_H
#define DANCU_LEDGER_LEDGER_H

#include "base/bytes.h"
#include "base/ceilings.h"
#include "base/clock.h"
#include "base/disk.h"
#include "base/histogram.h"
#include "seal/seal.h"
#include "tlog/note.h"
#include "tlog/tlog.h"
#include "tlog/tree.h"

struct ledger;

struct ledger_config {
    int home_fd;        /* directory; paths are relative to it (the core may be chrooted) */
    const char *origin; /* log origin = key name, e.g. localhost/dancu-demo */
    const struct secret *wrap_key;  /* wraps the segments' subkeys */
    const struct secret *sign_key;  /* Ed25519 seed; NULL for who only verifies, with ... */
    const struct secret *sign_next; /* that of the key that takes over, or has; NULL: none */
    const uint8_t *public_key;      /* ... SEAL_PUBLIC_KEY_BYTES of its other half, ... */
    const uint8_t *public_next;     /* ... and of the next one's; NULL: none */
    struct clock_port clock;
    struct random_port random;
    uint32_t segment_bytes;       /* COMMIT_SEGMENT_BYTES; smaller in tests */
    const struct disk_port *disk; /* NULL = the machine's */
};

/* One entry handed to the log, or read back from it. */
struct ledger_item {
    struct view entry;   /* the leaf: 1..ENTRY_BYTES_MAX */
    struct view opening; /* plain; sealed inside the log, never written in clear;
                            1..OPENING_BYTES_MAX */
};

/* The owner's derived state (counters, applied acts) is rebuilt from replayed items. */
struct ledger_owner {
    void *context;
    /* Restores from the blob of a snapshot; an empty blob = from nothing. */
    struct outcome (*restore)(void *context, struct view blob);
    /* An item of the log, in order of index, exactly once after restore. */
    struct outcome (*replay)(void *context, uint64_t index, const struct ledger_item *item);
    /* The state for a snapshot, as of save_begin() or, where replay gives the same, later: both
     * append, the steps some tens of KiB each in well under 1 ms, between which entries are added
     * and told. FAULT_AGAIN: not this time. save_end(): no more steps are wanted, whether or not
     * the last was made. All three or none. */
    struct outcome (*save_begin)(void *context, struct buf *buf);
    struct outcome (*save_step)(void *context, struct buf *buf, bool *ret_last);
    void (*save_end)(void *context);
};

/* What recovery found, for the log and the record that the caller makes of a cut tail. */
struct ledger_recovery {
    uint64_t size;     /* entries */
    uint64_t replayed; /* entries replayed after the snapshot */
    bool tail_cut;     /* an unfinished record was set aside (torn write) */
    char cut_file[64]; /* its file below commit/ */
    uint64_t cut_bytes;
};

/* Creates the folders and an empty log (size 0, signed checkpoint). FAULT_CONFLICT when there. */
struct outcome ledger_create(const struct ledger_config *config);
/* Takes the writer's lock (FAULT_BUSY), recovers, replays into the owner. FAULT_CORRUPT with the
 * place in `ret_place` (256 bytes) when the state cannot be trusted: refuse to start. */
struct outcome ledger_open(const struct ledger_config *config, const struct ledger_owner *owner,
                           struct ledger **ret_ledger, struct ledger_recovery *ret_recovery,
                           char ret_place[256]);
/* Publishes what is pending, saves a snapshot, closes. Accepts NULL. */
void ledger_close(struct ledger *ledger);

/* A batch: add up to BATCH_ASKS_MAX items, then commit. Indexes are consecutive from
 * ledger_size(). The item's bytes are copied. */
struct outcome ledger_add(struct ledger *ledger, const struct ledger_item *item,
                          uint64_t *ret_index);
/* Writes the record, fdatasync, recomputes the root from the bytes written, signs, verifies the
 * own signature and one receipt. After an OK the batch's entries are durable and
 * ledger_checkpoint() covers them. FAULT_NO_SPACE: the batch is dropped, the log stays usable and
 * ledger_writable() is false until ledger_retry() finds room. FAULT_IO at fdatasync: the caller
 * must exit (never retry). */
struct outcome ledger_commit(struct ledger *ledger);
/* Drops what was added since the last commit. */
void ledger_abandon(struct ledger *ledger);
bool ledger_writable(const struct ledger *ledger);
struct outcome ledger_retry(struct ledger *ledger);

uint64_t ledger_size(const struct ledger *ledger);

/* Another signing key takes over: durable on return, and the next batch is signed by it; by the
 * former one as well, until who opens the log has only the new one. What was signed before is
 * verified by the former one for good. Ok when it has taken over already. FAULT_CONFLICT: it has
 * signed before, and has had its turn; FAULT_OVER_LIMIT, FAULT_NO_SPACE: nothing has changed. After
 * any other failure it is in doubt who signs: the process must end. */
struct outcome ledger_take_key(struct ledger *ledger, const struct secret *next);
/* Whether that key is in force. */
bool ledger_signs_by(const struct ledger *ledger, const struct secret *seed);
/* Whether it was, and another has taken over: it never is again. */
bool ledger_key_spent(const struct ledger *ledger, const struct secret *seed);
/* The verifier keys: as `signers` has them. */
void ledger_keys_put(const struct ledger *ledger, struct buf *buf);

/* How the log is, for metrics; sync_span borrows. */
struct ledger_figures {
    uint64_t segment; /* number of the one being written */
    uint64_t segment_used_bytes;
    uint64_t segment_bytes;
    bool spare_ready;
    uint64_t unpublished;      /* entries that the public files do not show yet */
    uint64_t snapshot_entries; /* entries since the last snapshot */
    uint64_t snapshot_age_us;  /* since it was taken or tried */
    const uint64_t *sync_span; /* HISTOGRAM_SPAN_PLACES */
};
void ledger_figures_get(const struct ledger *ledger, struct ledger_figures *ret_figures);
/* The signed note of the last commit; valid until the next commit. */
struct view ledger_checkpoint(const struct ledger *ledger);
/* Inclusion proof of an index of the LAST batch against ledger_checkpoint(): appends 32-byte
 * hashes, leaf's sibling first. */
struct outcome ledger_prove(const struct ledger *ledger, uint64_t index, struct buf *ret_path);

/* Derived files in small steps, each well under 1 ms: writes full tiles as they fill; at least
 * every LEDGER_PUBLISH_MS_MAX the partial tiles and the checkpoint file. Call once a loop turn;
 * ret_wait_ms = when to call again (at most). */
#define LEDGER_PUBLISH_MS_MAX 1000
struct outcome ledger_tick(struct ledger *ledger, uint32_t *ret_wait_ms);

/* The keeper process' work, called by it with its own descriptor: makes commit/spare ready
 * (zero-filled, synced, renamed into place) if there is none; idempotent. */
struct outcome keeper_prepare_spare(int home_fd, uint32_t segment_bytes);
/* Make the published tiles from..until (entry indexes) durable, and what stands in derived/, too.
 * FAULT_IO, whatever the system said: one of them may be lost. */
struct outcome keeper_sync_tiles(int home_fd, uint64_t from, uint64_t until);
struct outcome keeper_sync_derived(int home_fd, uint64_t from, uint64_t until);
/* To unlink a file of gigabytes takes far longer than the core may be held (I9). So one of derived/
 * that is wanted no more gets another name, and the keeper removes all of those with each of its
 * works. Ok when it is not there. */
struct outcome ledger_put_aside(const struct disk_port *disk, int home_fd, const char *path,
                                const struct random_port *random);
struct outcome keeper_remove_aside(int home_fd);
/* Reads a segment, so that it is near when the core does; makes what is kept of it durable; takes
 * away a segment of which that is recorded: its
 * records, then its key, which is overwritten first. Idempotent. */
struct outcome keeper_read(int home_fd, uint64_t segment);
struct outcome keeper_sync_rest(int home_fd, uint64_t segment);
struct outcome keeper_destroy(int home_fd, uint64_t segment);
/* What the core wants from the keeper now; 0 = nothing. After keeper's work, ledger_kept(). For the
 * last three wishes `from` and `until` are the segment. */
enum ledger_wish {
    LEDGER_WISH_NONE,
    LEDGER_WISH_SPARE,
    LEDGER_WISH_TILES, /* full tiles between two sizes are made durable */
    LEDGER_WISH_SYNC,  /* and all of derived/, too: a snapshot waits for it */
    LEDGER_WISH_READ,
    LEDGER_WISH_REST,
    LEDGER_WISH_DESTROY,
    LEDGER_WISH_LOST, /* is never wished: see ledger_wish_said() */
    LEDGER_WISH_COUNT
};
enum ledger_wish ledger_wish(const struct ledger *ledger, uint64_t *ret_from, uint64_t *ret_until);
void ledger_kept(struct ledger *ledger, enum ledger_wish done, uint64_t until);
/* What is told of a wish: itself, when it was done; NONE, to be asked again after a while; or LOST,
 * when a file may not have reached the disk. Its pages look clean from then on and the error is
 * told once, so that the same sync, asked again, would be done over what is lost. ledger_kept() of
 * that ends the ledger's work: opened anew, it writes what is derived again. */
static inline enum ledger_wish ledger_wish_said(enum ledger_wish wish, struct outcome outcome)
{
    bool syncs = wish == LEDGER_WISH_TILES || wish == LEDGER_WISH_SYNC || wish == LEDGER_WISH_REST;

    if (outcome_ok(outcome)) {
        return wish;
    }
    return syncs && outcome.fault == FAULT_IO ? LEDGER_WISH_LOST : LEDGER_WISH_NONE;
}
/* It could not: a segment that cannot be read is not shredded, whatever else is wished for again.
 */
void ledger_unkept(struct ledger *ledger);

/* An item will be read soon: the disk may begin to fetch what is thought to hold it. */
void ledger_expect(struct ledger *ledger, uint64_t index);

/* Reads one committed item (opening in plain; views live in `scratch`). FAULT_CORRUPT, NOT_FOUND.
 */
struct outcome ledger_read(struct ledger *ledger, uint64_t index, struct buf *scratch,
                           struct ledger_item *ret_item);

/* An item with the receipt that its answer had: the proof against the checkpoint of its own batch,
 * made again from the record and the tree before it, and checked against that checkpoint's root. */
struct ledger_receipt {
    struct ledger_item item;
    struct view path;       /* 32-byte hashes, leaf's sibling first */
    struct view checkpoint; /* the signed note of that batch */
};
/* Work is bounded whatever the log's age: some twenty reads of a segment, one record, one tile a
 * level. Views live in `scratch`, which is reset. FAULT_CORRUPT: what stands there does not lead to
 * the signed root; FAULT_NOT_FOUND. */
struct outcome ledger_reread(struct ledger *ledger, uint64_t index, struct buf *scratch,
                             struct ledger_receipt *ret_receipt);

/* A walk over the commit log by a process that only reads; a server may be at work on it. */
struct ledger_walk {
    void *context;
    /* Whether a public entry is worth opening. */
    bool (*looks)(void *context, uint64_t index, struct view entry);
    /* One that was opened; views hold until the next call. *ret_wanted: its receipt too. */
    struct outcome (*meet)(void *context, uint64_t index, const struct ledger_item *item,
                           bool *ret_wanted);
    /* One that was wanted, with the receipt that its answer had. */
    struct outcome (*prove)(void *context, uint64_t index, const struct ledger_receipt *receipt);
    /* After each record: the moment to wait. */
    void (*step)(void *context, uint64_t done);
    /* The log's tree where the walk begins, which is where a record ends; before each step it is
     * that of what was walked over. NULL: it begins at entry 0. */
    struct tree *tree;
};
/* Walks over entries 0, or those behind walk->tree, to `until`, which is where a record ends. What
 * was walked over is held against the signed checkpoint of that record, and every receipt against
 * its own, so that nothing can have been left out. FAULT_CORRUPT with the place in ret_why (256
 * bytes), or what a call of `walk` says. */
struct outcome ledger_walk(const struct ledger_config *config, const struct ledger_walk *walk,
                           uint64_t until, char ret_why[256]);

/* ---- shredding (decision 0071) ----
 * A segment whose openings are not to be kept any more is written anew without them, into archived/
 * and under a key of its own; that is recorded; then the segment and its key are destroyed. Entries
 * and checkpoints stay what they were, so every receipt does. One at a time, in small steps. */
struct ledger_shredder {
    void *context;
    /* Each item, in order, before anything is written. FAULT_BUSY: the segment is wanted still. */
    struct outcome (*look)(void *context, uint64_t index, const struct ledger_item *item);
    /* Then again: appends what is kept of its opening, 1..OPENING_BYTES_MAX bytes. */
    struct outcome (*keep)(void *context, uint64_t index, const struct ledger_item *item,
                           struct buf *ret_opening);
};
struct ledger_shred {
    uint64_t segment;
    uint64_t first; /* its entries: first..end - 1 */
    uint64_t end;
    uint8_t hash[SEAL_HASH_BYTES]; /* SHA-256 of the segment's file */
    uint8_t rest[SEAL_HASH_BYTES]; /* of that which is kept of it */
};
enum ledger_shred_state {
    LEDGER_SHRED_NONE,   /* nothing is under way: what was begun is done or given up */
    LEDGER_SHRED_WORKS,  /* call ledger_shred_step() */
    LEDGER_SHRED_WAITS,  /* for the keeper */
    LEDGER_SHRED_WRITTEN /* all that is kept is durable: to be recorded */
};
/* The first whole segment behind number `after` that nothing but its openings is wanted of: it is
 * full, and every snapshot is behind it. FAULT_NOT_FOUND. */
struct outcome ledger_shred_find(const struct ledger *ledger, uint64_t after,
                                 struct ledger_shred *ret_shred);
struct outcome ledger_shred_begin(struct ledger *ledger, const struct ledger_shred *shred,
                                  const struct ledger_shredder *shredder);
/* Some openings, or some KiB: well under 1 ms. A failure gives it up: nothing is lost. */
struct outcome ledger_shred_step(struct ledger *ledger);
enum ledger_shred_state ledger_shred_state(const struct ledger *ledger);
/* What is to be recorded, once it is written. */
struct ledger_shred ledger_shred_told(const struct ledger *ledger);
/* It is recorded: the segment is to be destroyed. */
void ledger_shred_recorded(struct ledger *ledger);
void ledger_shred_give_up(struct ledger *ledger);
/* How many segments are shredded; how many are not, and hold none but the first `end` entries. */
uint64_t ledger_rests(const struct ledger *ledger);
uint64_t ledger_whole_below(const struct ledger *ledger, uint64_t end);
/* At a start: does what was recorded and not done, and clears what was not recorded. `last`: the
 * last that was recorded, segment 0 when none was. FAULT_CORRUPT with the place: what was kept is
 * not what was recorded, and nothing is destroyed. */
struct outcome ledger_shred_settle(struct ledger *ledger, const struct ledger_shred *last,
                                   char ret_place[256]);
/* Which part of the commit log a copy takes: up to where a record ends. */
struct ledger_extent {
    uint64_t size;          /* entries */
    uint64_t first_segment; /* of those in commit/ */
    uint64_t last_segment;  /* in which the last record stands ... */
    uint64_t last_bytes;    /* ... and where it ends there */
};
#define LEDGER_WRITTEN UINT64_MAX
struct ledger_bounds {
    uint64_t from;  /* entries below are in it, in any case; > 0 */
    uint64_t until; /* a published size: what is durable; LEDGER_WRITTEN: all whole records that
                       stand there, the last of which may not be synced */
    /* From `from` on: the record that holds such an entry is not in it any more. NULL: none is. */
    bool (*stops)(void *context, struct view entry);
    void *context;
};
/* Finds it, in a home on which a server may be at work; ret_note gets the checkpoint that was
 * signed there. FAULT_CONFLICT: no record ends between the two; FAULT_CORRUPT with the place in
 * ret_why (256 bytes). */
struct outcome ledger_extent_find(const struct ledger_config *config,
                                  const struct ledger_bounds *bounds,
                                  struct ledger_extent *ret_extent, struct buf *ret_note,
                                  char ret_why[256]);
/* Whether a segment of commit/ has its whole subkey: FAULT_NOT_FOUND, FAULT_CORRUPT. */
struct outcome ledger_segment_opens(const struct ledger_config *config, uint64_t number);
/* The published checkpoint, its signature verified; ret_note (may be NULL) gets it. */
struct outcome ledger_published(const struct ledger_config *config,
                                struct checkpoint *ret_checkpoint, struct buf *ret_note);

/* A home that was made of a backup has this file for good. Its log may be behind what it signed
 * before, so it signs nothing until that is accepted, by an act (decision 0070). */
#define LEDGER_RESTORED "restored"
#define LEDGER_HELD_TEXT                                                                           \
    "the home is restored, and nobody has accepted that its log goes on from there"
struct ledger_restored {
    uint8_t id[16];          /* of that restoring, random */
    uint64_t generation;     /* of the backup */
    struct checkpoint at;    /* the log's last */
    struct checkpoint later; /* size 0: none is known that the log had signed after it */
};
void ledger_restored_put(struct buf *buf, const struct ledger_restored *restored);
/* FAULT_CORRUPT */
struct outcome ledger_restored_get(struct view text, struct ledger_restored *ret_restored);
/* FAULT_NOT_FOUND: it is no restored home. */
struct outcome ledger_restored_read(const struct disk_port *disk, int home_fd,
                                    struct ledger_restored *ret_restored);
/* Opened in such a home it is held: ledger_writable() is false, and what is added FAULT_NO_SPACE,
 * until it is released. Lifted, it takes what is added all the same: the act that accepts.
 * ret_restored may be NULL. */
bool ledger_held(const struct ledger *ledger, struct ledger_restored *ret_restored);
void ledger_lift(struct ledger *ledger, bool lifted);
void ledger_release(struct ledger *ledger);

/* Whole-log verification (`dancu ledger verify`); nothing is changed, and a server may be running.
 * FAULT_CORRUPT: `why` names the first thing that is wrong and its place; any other failure: it
 * could not be looked at. */
struct verify_report {
    uint64_t entries;  /* of the published checkpoint */
    uint64_t tiles;    /* hash tiles and bundles compared */
    uint64_t ahead;    /* files ahead of the checkpoint, as a running writer has them */
    uint64_t segments; /* of the commit log; 0 when only the public side was looked at */
    uint64_t shredded; /* of them, those of which the rest is kept alone */
    uint64_t records;
    uint64_t recorded;   /* entries in the commit log */
    uint64_t signatures; /* of records, verified; the text of every one is compared */
    char why[512];       /* empty when all is good */
};
/* NULL members: nobody is told. */
struct verify_watch {
    void *context;
    /* After every bundle and record: also the moment to wait, for who has time. */
    void (*progress)(void *context, const char *what, uint64_t done, uint64_t total);
    /* A bad place. With it the whole home is looked at: the first bad place of the public side, of
     * the commit log, of each snapshot and of the spare is told; without, the first of all. */
    void (*found)(void *context, const char *place);
    /* Every opening of the commit log that opens, in order; from workers, those that are wanted:
     * `wants` is asked in their processes. NULL: all of them. */
    void (*opening)(void *context, uint64_t index, struct view opening);
    bool (*wants)(void *context, struct view opening);
    /* Processes that look at parts of a home beside each other, up to VERIFY_WORKERS_MAX. 0: this
     * one looks at all of it, as it does from the first part on that they do not find good: verdict
     * and words are the same. None with `found`. */
    unsigned workers;
    /* The caller knows that a server is at work, or being started again, on this home: the log's
     * lock is not tried (whoever starts must find it free). */
    bool running;
};
/* Public side only: every bundle hashed, every tile and older partial compared byte for byte, the
 * checkpoint's signature and root, names that no tile has. The folder holds `checkpoint` and
 * `tile/`. Files ahead of the checkpoint are counted; in a home without a server they are wrong. */
struct outcome ledger_verify_tiles(int ledger_dir_fd, struct view vkey,
                                   const struct verify_watch *watch,
                                   struct verify_report *ret_report);
/* That, and the commit log behind it: every checksum, seal and checkpoint's text, up to 2,000
 * signatures evenly spread and the last, the agreement of both sides, keys, snapshots, the spare.
 */
struct outcome ledger_verify_home(const struct ledger_config *config,
                                  const struct verify_watch *watch,
                                  struct verify_report *ret_report);

#endif
