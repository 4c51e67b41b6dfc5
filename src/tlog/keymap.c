/*
 * The keyed map's hashes.
 *
 * Invariants
 *  1. Each kind of hash begins with a byte of its own, and none of them is one of the log's (0, 1).
 *  2. A lone leaf is lifted, never hashed with the empty one: there is one root for a set of
 * leaves.
 */
#include "tlog/keymap.h"

#include "base/check.h"

#include <string.h>

enum { PREFIX_LEAF = 0x10, PREFIX_INNER = 0x11, PREFIX_VALUE = 0x12, PREFIX_EMPTY = 0x13 };

static void hash_two(uint8_t prefix, const struct tree_hash *first, const struct tree_hash *second,
                     struct tree_hash *ret_hash)
{
    uint8_t text[1 + 2 * SEAL_HASH_BYTES];

    text[0] = prefix;
    memcpy(text + 1, first->bytes, SEAL_HASH_BYTES);
    memcpy(text + 1 + SEAL_HASH_BYTES, second->bytes, SEAL_HASH_BYTES);
    seal_sha256(view_of(text, sizeof(text)), ret_hash->bytes);
}

void keymap_chain(struct tree_hash *chain, const struct tree_hash *entry_leaf)
{
    uint8_t text[2 * SEAL_HASH_BYTES];

    memcpy(text, chain->bytes, SEAL_HASH_BYTES);
    memcpy(text + SEAL_HASH_BYTES, entry_leaf->bytes, SEAL_HASH_BYTES);
    seal_sha256(view_of(text, sizeof(text)), chain->bytes);
}

void keymap_value(const struct tree_hash *salt, uint64_t count, const struct tree_hash *chain,
                  struct tree_hash *ret_value)
{
    uint8_t text[1 + SEAL_HASH_BYTES + 8 + SEAL_HASH_BYTES];

    text[0] = PREFIX_VALUE;
    memcpy(text + 1, salt->bytes, SEAL_HASH_BYTES);
    for (unsigned i = 0; i < 8; i++) {
        text[1 + SEAL_HASH_BYTES + i] = (uint8_t)(count >> (56 - 8 * i));
    }
    memcpy(text + 1 + SEAL_HASH_BYTES + 8, chain->bytes, SEAL_HASH_BYTES);
    seal_sha256(view_of(text, sizeof(text)), ret_value->bytes);
}

void keymap_leaf(const struct tree_hash *position, const struct tree_hash *value,
                 struct tree_hash *ret_leaf)
{
    hash_two(PREFIX_LEAF, position, value, ret_leaf);
}

void keymap_empty(struct keymap_node *ret_node)
{
    ret_node->kind = KEYMAP_EMPTY;
    seal_sha256_prefixed(PREFIX_EMPTY, view_of(NULL, 0), ret_node->hash.bytes);
}

void keymap_join(const struct keymap_node *left, const struct keymap_node *right,
                 struct keymap_node *ret_node)
{
    struct keymap_node node = {.kind = KEYMAP_INNER};

    if (left->kind == KEYMAP_EMPTY && right->kind != KEYMAP_INNER) { /* invariant 2 */
        node = *right;
    } else if (right->kind == KEYMAP_EMPTY && left->kind == KEYMAP_LEAF) {
        node = *left;
    } else {
        hash_two(PREFIX_INNER, &left->hash, &right->hash, &node.hash);
    }
    *ret_node = node;
}

bool keymap_bit(const struct tree_hash *position, unsigned depth)
{
    CHECK(depth < KEYMAP_BITS);
    return (position->bytes[depth / 8] >> (7 - depth % 8) & 1) != 0;
}

unsigned keymap_shared(const struct tree_hash *a, const struct tree_hash *b)
{
    unsigned byte = 0;

    while (byte < SEAL_HASH_BYTES && a->bytes[byte] == b->bytes[byte]) {
        byte++;
    }
    unsigned bits = 8 * byte;
    while (bits < KEYMAP_BITS && keymap_bit(a, bits) == keymap_bit(b, bits)) {
        bits++;
    }
    return bits;
}

/* The node at depth `to` above a node at `from`, when nothing else stands below it. */
static void lift(struct keymap_node *node, const struct tree_hash *position, unsigned from,
                 unsigned to)
{
    struct keymap_node empty;

    if (node->kind != KEYMAP_INNER) {
        return;
    }
    keymap_empty(&empty);
    for (unsigned depth = from; depth > to; depth--) {
        if (keymap_bit(position, depth - 1)) {
            keymap_join(&empty, node, node);
        } else {
            keymap_join(node, &empty, node);
        }
    }
}

/* Left halves that wait for their right one, and the depth of what they will be halves of: it
 * grows. */
struct halves {
    struct {
        struct keymap_node node;
        unsigned depth;
    } left[KEYMAP_BITS];
    unsigned count;
};

void keymap_subtree(const struct keymap_item *items, size_t count, unsigned depth,
                    struct keymap_node *ret_node)
{
    struct halves halves = {.count = 0};
    struct keymap_node node;
    unsigned at = KEYMAP_BITS; /* depth of `node` */

    keymap_empty(&node);
    for (size_t i = 0; i < count; i++) {
        const struct tree_hash *position = &items[i].position;
        bool last = i + 1 == count;
        unsigned next = last ? depth : keymap_shared(position, &items[i + 1].position);
        CHECK(last || (next >= depth && next < KEYMAP_BITS && !keymap_bit(position, next)));
        node = (struct keymap_node){KEYMAP_LEAF, items[i].leaf};
        at = KEYMAP_BITS;
        while (halves.count > 0 && (last || halves.left[halves.count - 1].depth > next)) {
            halves.count--;
            lift(&node, position, at, halves.left[halves.count].depth + 1);
            at = halves.left[halves.count].depth;
            keymap_join(&halves.left[halves.count].node, &node, &node);
        }
        if (last) {
            lift(&node, position, at, depth);
        } else {
            lift(&node, position, at, next + 1);
            halves.left[halves.count].node = node;
            halves.left[halves.count].depth = next;
            halves.count++;
        }
    }
    *ret_node = node;
}

/* How many of the items have a 0 in that bit: they stand first. */
static size_t zeros(const struct keymap_item *items, size_t count, unsigned depth)
{
    size_t low = 0;
    size_t high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        bool one = keymap_bit(&items[middle].position, depth);
        low = one ? low : middle + 1;
        high = one ? middle : high;
    }
    return low;
}

void keymap_siblings(const struct keymap_item *items, size_t count, unsigned depth,
                     const struct tree_hash *position, struct tree_hash ret_hashes[KEYMAP_BITS],
                     unsigned *len, const struct keymap_item **ret_found)
{
    while (count > 1) {
        size_t half = zeros(items, count, depth);
        bool right = keymap_bit(position, depth);
        struct keymap_node sibling;
        depth++;
        keymap_subtree(right ? items : items + half, right ? half : count - half, depth, &sibling);
        CHECK(*len < KEYMAP_BITS);
        ret_hashes[(*len)++] = sibling.hash;
        items = right ? items + half : items;
        count = right ? count - half : half;
    }
    *ret_found = count == 1 ? items : NULL;
}

void keymap_path_root(const struct tree_hash *position, const struct tree_hash *node,
                      const struct tree_hash *path, unsigned len, struct tree_hash *ret_root)
{
    struct tree_hash hash = *node;

    CHECK(len <= KEYMAP_BITS);
    for (unsigned i = 0; i < len; i++) {
        if (keymap_bit(position, len - 1 - i)) {
            hash_two(PREFIX_INNER, &path[i], &hash, &hash);
        } else {
            hash_two(PREFIX_INNER, &hash, &path[i], &hash);
        }
    }
    *ret_root = hash;
}
