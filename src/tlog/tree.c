/*
 * The Merkle tree of RFC 6962, by peaks and batches.
 *
 * Invariants
 *  1. A lone right subtree is carried up, never hashed with itself (RFC 6962 section 2.1).
 *  2. Peak h exists exactly when bit h of the size is set; the others are never read.
 *  3. Node j of level h covers the leaves from j << h to ((j + 1) << h) - 1. A batch from old_size
 *     to new_size ends the nodes old_size >> h .. (new_size >> h) - 1 of level h.
 */
#include "tlog/tree.h"

#include "base/check.h"

#include <string.h>

#define LEAF_PREFIX 0
#define NODE_PREFIX 1

void tree_leaf(struct view entry, struct tree_hash *ret_hash)
{
    seal_sha256_prefixed(LEAF_PREFIX, entry, ret_hash->bytes);
}

void tree_node(const struct tree_hash *left, const struct tree_hash *right,
               struct tree_hash *ret_hash)
{
    uint8_t text[1 + 2 * SEAL_HASH_BYTES];

    text[0] = NODE_PREFIX;
    memcpy(text + 1, left->bytes, SEAL_HASH_BYTES);
    memcpy(text + 1 + SEAL_HASH_BYTES, right->bytes, SEAL_HASH_BYTES);
    seal_sha256(view_of(text, sizeof(text)), ret_hash->bytes);
}

static bool bit(uint64_t number, unsigned place)
{
    return (number >> place & 1) != 0;
}

void tree_append_at(struct tree *tree, unsigned level, const struct tree_hash *node)
{
    struct tree_hash hash = *node;
    unsigned at = level;

    CHECK(level < TREE_LEVELS - 1);
    CHECK((tree->size & ((UINT64_C(1) << level) - 1)) == 0);
    for (; bit(tree->size, at); at++) {
        tree_node(&tree->peaks[at], &hash, &hash);
    }
    CHECK(at < TREE_LEVELS);
    tree->peaks[at] = hash;
    tree->size += UINT64_C(1) << level;
}

void tree_append(struct tree *tree, const struct tree_hash *leaf)
{
    tree_append_at(tree, 0, leaf);
}

void tree_root(const struct tree *tree, struct tree_hash *ret_root)
{
    bool any = false;

    if (tree->size == 0) {
        seal_sha256(view_of(NULL, 0), ret_root->bytes);
        return;
    }
    for (unsigned at = 0; at < TREE_LEVELS; at++) {
        if (!bit(tree->size, at)) {
            continue;
        }
        if (any) {
            tree_node(&tree->peaks[at], ret_root, ret_root);
        } else {
            *ret_root = tree->peaks[at];
        }
        any = true;
    }
}

/* Node of a level that the batch ended, or the old peak just before them. */
static const struct tree_hash *node_at(const struct tree_batch *batch, unsigned level,
                                       uint64_t number)
{
    uint64_t first = batch->old_size >> level;

    if (number < first) {
        CHECK(number + 1 == first && bit(batch->old_size, level)); /* invariant 2 */
        return &batch->old_peaks[level];
    }
    CHECK(number < batch->new_size >> level); /* invariant 3 */
    return &batch->nodes[batch->first[level] + (number - first)];
}

static void make_nodes(struct tree_batch *batch, unsigned count)
{
    unsigned used = count;

    batch->first[0] = 0;
    for (unsigned level = 1; level < TREE_LEVELS; level++) {
        uint64_t until = batch->new_size >> level;
        batch->first[level] = (uint16_t)used;
        for (uint64_t number = batch->old_size >> level; number < until; number++) {
            CHECK(used < TREE_BATCH_NODES);
            tree_node(node_at(batch, level - 1, 2 * number),
                      node_at(batch, level - 1, 2 * number + 1), &batch->nodes[used]);
            used++;
        }
    }
    batch->first[TREE_LEVELS] = (uint16_t)used;
}

/* edges[h] covers the leaves behind the last complete subtree of 2^h leaves; the last is the root.
 */
static void make_edges(struct tree_batch *batch)
{
    struct tree_hash edge = {{0}};
    bool any = false;

    for (unsigned level = 0; level < TREE_LEVELS; level++) {
        batch->edges[level] = edge;
        if (!bit(batch->new_size, level)) {
            continue;
        }
        const struct tree_hash *peak = node_at(batch, level, (batch->new_size >> level) - 1);
        if (any) {
            tree_node(peak, &edge, &edge);
        } else {
            edge = *peak;
        }
        any = true;
    }
    batch->root = edge;
}

void tree_batch_make(const struct tree *tree, const struct tree_hash *leaves, unsigned count,
                     struct tree_batch *ret_batch)
{
    CHECK(count > 0 && count <= BATCH_ASKS_MAX);
    CHECK(tree->size <= (UINT64_C(1) << 62));
    ret_batch->old_size = tree->size;
    ret_batch->new_size = tree->size + count;
    memcpy(ret_batch->old_peaks, tree->peaks, sizeof(tree->peaks));
    memcpy(ret_batch->nodes, leaves, count * sizeof(*leaves));
    make_nodes(ret_batch, count);
    make_edges(ret_batch);
}

void tree_batch_apply(const struct tree_batch *batch, struct tree *tree)
{
    CHECK(tree->size == batch->old_size);
    for (unsigned level = 0; level < TREE_LEVELS; level++) {
        if (bit(batch->new_size, level)) {
            tree->peaks[level] = *node_at(batch, level, (batch->new_size >> level) - 1);
        }
    }
    tree->size = batch->new_size;
}

unsigned tree_batch_level(const struct tree_batch *batch, unsigned level, uint64_t *ret_number,
                          const struct tree_hash **ret_nodes)
{
    CHECK(level < TREE_LEVELS);
    *ret_number = batch->old_size >> level;
    *ret_nodes = &batch->nodes[batch->first[level]];
    return (unsigned)batch->first[level + 1] - batch->first[level];
}

unsigned tree_batch_prove(const struct tree_batch *batch, uint64_t index,
                          struct tree_hash ret_path[TREE_PATH_MAX])
{
    unsigned len = 0;
    uint64_t last = batch->new_size - 1;

    CHECK(index >= batch->old_size && index < batch->new_size);
    for (unsigned level = 0; last >> level > 0; level++) {
        uint64_t number = index >> level;
        if (bit(number, 0)) {
            ret_path[len++] = *node_at(batch, level, number - 1);
        } else if (number + 1 < batch->new_size >> level) {
            ret_path[len++] = *node_at(batch, level, number + 1);
        } else if (number < last >> level) {
            ret_path[len++] = batch->edges[level];
        } /* else: invariant 1 */
    }
    CHECK(len <= TREE_PATH_MAX);
    return len;
}

struct outcome tree_path_root(uint64_t index, uint64_t size, const struct tree_hash *leaf,
                              const struct tree_hash *path, unsigned path_len,
                              struct tree_hash *ret_root)
{
    struct tree_hash hash = *leaf;
    unsigned used = 0;

    if (index >= size) {
        return outcome_fail(FAULT_BAD_INPUT, "index is not below the tree's size");
    }
    uint64_t last = size - 1;
    for (uint64_t number = index; last > 0; number >>= 1, last >>= 1) {
        if (!bit(number, 0) && number == last) { /* invariant 1 */
            continue;
        }
        if (used == path_len) {
            return outcome_fail(FAULT_BAD_INPUT, "proof has too few hashes");
        }
        if (bit(number, 0)) {
            tree_node(&path[used], &hash, &hash);
        } else {
            tree_node(&hash, &path[used], &hash);
        }
        used++;
    }
    if (used != path_len) {
        return outcome_fail(FAULT_BAD_INPUT, "proof has too many hashes");
    }
    *ret_root = hash;
    return OUTCOME_OK;
}
