/*
 * Purpose: the Merkle tree of RFC 6962 as it grows by batches: its root, and the inclusion proofs
 * of a batch's leaves against the root that the batch made. Pure.
 * Source: RFC 6962 section 2.1; ledger-format.md section 1.
 *
 * A tree of n leaves is kept as its peaks: the roots of its complete subtrees of 2^h leaves, one
 * for each set bit h of n. All that a batch adds to it are the complete subtrees that its leaves
 * end; a proof for one of its leaves consists of these, of old peaks, and of the right edge's
 * hashes.
 */
#ifndef DANCU_TLOG_TREE_H
#define DANCU_TLOG_TREE_H

#include "base/ceilings.h"
#include "seal/seal.h"

#define TREE_LEVELS 64
#define TREE_PATH_MAX 63 /* hashes of a proof */
/* Complete subtrees that BATCH_ASKS_MAX leaves can end: fewer than two each, and one a level. */
#define TREE_BATCH_NODES (2 * BATCH_ASKS_MAX + TREE_LEVELS)

struct tree_hash {
    uint8_t bytes[SEAL_HASH_BYTES];
};

/* H(0x00 || entry), H(0x01 || left || right). */
void tree_leaf(struct view entry, struct tree_hash *ret_hash);
void tree_node(const struct tree_hash *left, const struct tree_hash *right,
               struct tree_hash *ret_hash);

struct tree {
    uint64_t size;
    struct tree_hash peaks[TREE_LEVELS]; /* [h] is meaningful when bit h of size is set */
};

/* Adds one leaf: the simple way, against which a batch is checked. */
void tree_append(struct tree *tree, const struct tree_hash *leaf);
/* Adds the root of a complete subtree of 2^level leaves; size must be a multiple of that. */
void tree_append_at(struct tree *tree, unsigned level, const struct tree_hash *node);
/* H("") for no leaves. */
void tree_root(const struct tree *tree, struct tree_hash *ret_root);

/* A batch on top of a tree. */
struct tree_batch {
    uint64_t old_size;
    uint64_t new_size;
    uint16_t first[TREE_LEVELS + 1]; /* nodes of level h stand at first[h] .. first[h + 1] */
    struct tree_hash nodes[TREE_BATCH_NODES];
    struct tree_hash old_peaks[TREE_LEVELS];
    struct tree_hash edges[TREE_LEVELS]; /* [h]: leaves from (new_size >> h) << h on, if any */
    struct tree_hash root;
};

/* Computes what `count` (1..BATCH_ASKS_MAX) leaves add; the tree is left as it is. */
void tree_batch_make(const struct tree *tree, const struct tree_hash *leaves, unsigned count,
                     struct tree_batch *ret_batch);
/* Makes the tree what the batch made of it. */
void tree_batch_apply(const struct tree_batch *batch, struct tree *tree);
/* Complete subtrees of 2^level leaves that the batch ended: number of the first, and their hashes.
 */
unsigned tree_batch_level(const struct tree_batch *batch, unsigned level, uint64_t *ret_number,
                          const struct tree_hash **ret_nodes);
/* Proof of a leaf of the batch (asserts so), leaf's sibling first; returns its length. */
unsigned tree_batch_prove(const struct tree_batch *batch, uint64_t index,
                          struct tree_hash ret_path[TREE_PATH_MAX]);

/* Root that the proof leads to; FAULT_BAD_INPUT when the index is not below the size or the path
 * has not exactly the length that these two imply. */
struct outcome tree_path_root(uint64_t index, uint64_t size, const struct tree_hash *leaf,
                              const struct tree_hash *path, unsigned path_len,
                              struct tree_hash *ret_root);

#endif
