/*
 * Purpose: the keyed map that tells for each person how many rows he may see, and a hash over
 * them: its hashes, subtrees and paths. What writer and readers share. Pure, without keys.
 * Source: docs/map.md; decision 0061.
 *
 * The map is a binary tree over positions of 256 bits: no leaf below a place is the empty hash, one
 * leaf is that leaf's hash, wherever it is, and more are an inner hash of both halves. So there is
 * one root for each set of leaves, one place for each position, and absence can be shown.
 */
#ifndef DANCU_TLOG_KEYMAP_H
#define DANCU_TLOG_KEYMAP_H

#include "tlog/tree.h"

#define KEYMAP_BITS 256u /* of a position, the first bit of its first byte first */

/* The hash over rows goes on by one: SHA-256(chain || leaf hash of the row's entry). It begins with
 * 32 zero bytes. */
void keymap_chain(struct tree_hash *chain, const struct tree_hash *entry_leaf);
/* SHA-256(0x12 || salt || u64 count || chain); SHA-256(0x10 || position || value). */
void keymap_value(const struct tree_hash *salt, uint64_t count, const struct tree_hash *chain,
                  struct tree_hash *ret_value);
void keymap_leaf(const struct tree_hash *position, const struct tree_hash *value,
                 struct tree_hash *ret_leaf);

enum keymap_kind { KEYMAP_EMPTY, KEYMAP_LEAF, KEYMAP_INNER, KEYMAP_KIND_COUNT };
struct keymap_node {
    enum keymap_kind kind;
    struct tree_hash hash;
};
/* SHA-256(0x13). */
void keymap_empty(struct keymap_node *ret_node);
/* What stands over two halves; an inner one is SHA-256(0x11 || left || right). */
void keymap_join(const struct keymap_node *left, const struct keymap_node *right,
                 struct keymap_node *ret_node);

struct keymap_item {
    struct tree_hash position;
    struct tree_hash leaf;
};
/* The node at `depth` over leaves that share that many first bits: in order of their positions,
 * each of which stands once (asserted). */
void keymap_subtree(const struct keymap_item *items, size_t count, unsigned depth,
                    struct keymap_node *ret_node);
/* The way down from there to `position`, of one of the leaves or of none: the hash beside each
 * step, the upper one first, is written behind the *len that are there. Leaves what it comes to:
 * *ret_found is the one leaf, which may be another's, or NULL. */
void keymap_siblings(const struct keymap_item *items, size_t count, unsigned depth,
                     const struct tree_hash *position, struct tree_hash ret_hashes[KEYMAP_BITS],
                     unsigned *len, const struct keymap_item **ret_found);

/* First bits that two positions share. */
unsigned keymap_shared(const struct tree_hash *a, const struct tree_hash *b);
bool keymap_bit(const struct tree_hash *position, unsigned depth);

/* The root that a path leads to from the node at its lower end; leaf's sibling first, as in a
 * proof of the log (asserts len <= KEYMAP_BITS). */
void keymap_path_root(const struct tree_hash *position, const struct tree_hash *node,
                      const struct tree_hash *path, unsigned len, struct tree_hash *ret_root);

#endif
