/*
 * Purpose: the keyed map (tlog/keymap.h) of the persons that the log has rows of, as a file of
 * derived/: written in order of positions, gone on from by the next one, and asked for one person's
 * path. Rows and their order: gate/history_row.h. It is derived from the log and never truth: lost
 * or damaged it is made again.
 * Source: docs/map.md; decision 0061.
 *
 * The file: a sealed block of leaves for each bucket (all positions that share the first `bits`
 * bits), the block's places, the nodes of the tree down to the buckets, a sealed block of what the
 * next map goes on from, and a footer of 512 bytes. Leaves are hashed anew with the salt of their
 * size, so that two maps tell nothing of whose rows have become more.
 */
#ifndef DANCU_LEDGER_KEYMAP_H
#define DANCU_LEDGER_KEYMAP_H

#include "base/disk.h"
#include "tlog/keymap.h"

#define KEYMAP_FOOTER_BYTES 512u
#define KEYMAP_NEW "derived/map-new"   /* being written */
#define KEYMAP_PART "derived/map-part" /* whole, and gone on from */
#define KEYMAP_PATH_BYTES_MAX 40
#define KEYMAP_NONE UINT64_MAX

/* Where the map lies whose entry in the log has that index. */
void keymap_path(uint64_t index, char ret_path[KEYMAP_PATH_BYTES_MAX]);
/* The index of each in the home, the newest first; KEYMAP_FILES_MAX at most. */
#define KEYMAP_FILES_MAX 16u
struct outcome keymap_list(const struct disk_port *disk, int home_fd,
                           uint64_t ret_indexes[KEYMAP_FILES_MAX], unsigned *ret_count);

/* Derived from the index key: where a person stands, what blinds his leaf, what seals the file. */
struct keymap_keys {
    struct secret position;
    struct secret salt;
    struct secret seal;
};
struct outcome keymap_keys_make(const struct secret *identity_key, struct keymap_keys *ret_keys);
void keymap_keys_done(struct keymap_keys *keys); /* wipes */
/* HMAC-SHA-256 of the person's key as u64; of the position and the map's size likewise. */
void keymap_position(const struct keymap_keys *keys, uint64_t person,
                     struct tree_hash *ret_position);
void keymap_salt(const struct keymap_keys *keys, const struct tree_hash *position, uint64_t size,
                 struct tree_hash *ret_salt);

struct keymap_leaf {
    struct tree_hash position;
    uint64_t count; /* of rows, at least 1 */
    struct tree_hash chain;
};

/* A row that is in no leaf yet: sealed until its day, or about to be added. */
struct keymap_row {
    struct tree_hash position;
    uint64_t place;        /* gate/history_row.h */
    struct tree_hash leaf; /* hash of its entry */
};

/* What stands in the ledger of it, besides its root. */
struct keymap_head {
    uint64_t size; /* of the log that it tells of */
    uint32_t day;  /* of the log then (UTC+7, since 1970) */
    uint64_t persons;
    struct tree_hash root;
};

/* As canonical JSON, which the entry's `request` is: day, persons, root, size, v. */
void keymap_head_put(const struct keymap_head *head, struct buf *buf);
/* Back; FAULT_BAD_INPUT for what it would not write. */
struct outcome keymap_head_get(struct view json, struct keymap_head *ret_head);

/* ---- writing ---- */

struct keymap_sink {
    void *context;
    struct outcome (*put)(void *context, struct view bytes);
};
struct keymap_writer;
/* `persons_max`: no more leaves will come. The keys are borrowed. */
struct outcome keymap_writer_new(const struct keymap_keys *keys, const struct random_port *random,
                                 uint64_t size, uint64_t persons_max,
                                 const struct keymap_sink *sink, struct keymap_writer **ret_writer);
void keymap_writer_free(struct keymap_writer *writer);
/* In order of positions (asserted). FAULT_OVER_LIMIT: more stand together than keys would put. */
struct outcome keymap_writer_add(struct keymap_writer *writer, const struct keymap_leaf *leaf);
/* The rest of the file: the tree of the log at that size, and the rows that wait, in any order. */
struct outcome keymap_writer_end(struct keymap_writer *writer, uint32_t day,
                                 const struct tree *tree, const struct keymap_row *waiting,
                                 size_t count, struct keymap_head *ret_head);

/* ---- reading ---- */

struct keymap_file;
/* FAULT_NOT_FOUND; FAULT_CORRUPT: it is not whole, or not of these keys. Keys are borrowed. */
struct outcome keymap_file_open(const struct disk_port *disk, int home_fd, const char *path,
                                const struct keymap_keys *keys, struct keymap_file **ret_file);
void keymap_file_close(struct keymap_file *file);
const struct keymap_head *keymap_file_head(const struct keymap_file *file);
/* All leaves in order; *ret_leaf NULL at the end, else it holds until the next call. */
struct outcome keymap_file_next(struct keymap_file *file, const struct keymap_leaf **ret_leaf);
/* What the next map goes on from. `rows`: to be freed by the caller (memory_free). */
struct outcome keymap_file_rest(struct keymap_file *file, struct tree *ret_tree,
                                struct keymap_row **ret_rows, size_t *ret_count);

/* One person's place. */
struct keymap_path {
    struct tree_hash position;
    uint64_t count; /* 0: he is not in the map */
    struct tree_hash chain;
    struct tree_hash salt;
    bool other; /* not in it, and another stands where he would: */
    struct tree_hash other_position;
    struct tree_hash other_value;
    unsigned len;
    struct tree_hash hashes[KEYMAP_BITS]; /* leaf's sibling first */
};
/* Some few reads and a block opened, well under 1 ms. It has been held against the root:
 * FAULT_CORRUPT when it does not lead there. Reading in order begins anew then. */
struct outcome keymap_file_path(struct keymap_file *file, const struct tree_hash *position,
                                struct keymap_path *ret_path);

/* All of it: every block opens and has its leaves in order, every node is what stands below it, and
 * they lead to the root. `step` after each block: the moment to wait. FAULT_CORRUPT. */
struct outcome keymap_file_check(struct keymap_file *file, void (*step)(void *context),
                                 void *context);

#endif
