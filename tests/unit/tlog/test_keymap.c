/* The keyed map: every root and path against docs/map.md read word for word, by recursion. */
#include "../help.h"

#include "tlog/keymap.h"

#include <stdlib.h>

#define LEAVES_MAX 90

static struct keymap_item items[LEAVES_MAX];

static int compare_items(const void *a, const void *b)
{
    return memcmp(a, b, SEAL_HASH_BYTES);
}

/* `shared`: all begin with so many bits that are the same. */
static void make_items(unsigned count, unsigned shared, uint32_t seed)
{
    for (unsigned i = 0; i < count; i++) {
        uint8_t text[8] = {(uint8_t)(i >> 8), (uint8_t)i, (uint8_t)(seed >> 8), (uint8_t)seed, 1};
        seal_sha256(view_of(text, sizeof(text)), items[i].position.bytes);
        memset(items[i].position.bytes, 0xa5, shared / 8);
        text[4] = 2;
        seal_sha256(view_of(text, sizeof(text)), items[i].leaf.bytes);
    }
    qsort(items, count, sizeof(items[0]), compare_items);
}

static bool bit_of(const struct tree_hash *position, unsigned depth)
{
    return (position->bytes[depth >> 3] & (0x80 >> (depth & 7))) != 0;
}

static void hash_of(uint8_t prefix, const void *a, const void *b, struct tree_hash *ret_hash)
{
    uint8_t text[65] = {prefix};
    memcpy(text + 1, a, 32);
    memcpy(text + 33, b, 32);
    seal_sha256(view_of(text, sizeof(text)), ret_hash->bytes);
}

/* docs/map.md, "The tree". */
static struct tree_hash node_of(const struct keymap_item *from, unsigned count, unsigned depth)
{
    struct tree_hash hash;
    if (count == 0) {
        seal_sha256(VIEW_LITERAL("\x13"), hash.bytes);
        return hash;
    }
    if (count == 1) {
        return from->leaf;
    }
    unsigned zeros = 0;
    while (zeros < count && !bit_of(&from[zeros].position, depth)) {
        zeros++;
    }
    struct tree_hash left = node_of(from, zeros, depth + 1);
    struct tree_hash right = node_of(from + zeros, count - zeros, depth + 1);
    hash_of(0x11, &left, &right, &hash);
    return hash;
}

static void roots_are_those_of_the_definition(void **state)
{
    (void)state;
    static const unsigned shared[] = {0, 8, 96, 240};
    for (unsigned count = 0; count < LEAVES_MAX; count += 1 + count / 9) {
        for (unsigned i = 0; i < sizeof(shared) / sizeof(shared[0]); i++) {
            unsigned few = shared[i] == 240 && count > 5 ? 5 : count; /* 16 bits are left */
            struct keymap_node node;
            make_items(few, shared[i], count);
            struct tree_hash expected = node_of(items, few, 0);
            keymap_subtree(items, few, 0, &node);
            assert_memory_equal(node.hash.bytes, expected.bytes, 32);
            assert_true(node.kind == (few == 0   ? KEYMAP_EMPTY
                                      : few == 1 ? KEYMAP_LEAF
                                                 : KEYMAP_INNER));
        }
    }
}

/* As a reader has it: what stands at the lower end, and hashes up to the root. */
static void path_leads(const struct tree_hash *position, unsigned count, bool in)
{
    struct tree_hash hashes[KEYMAP_BITS];
    struct tree_hash path[KEYMAP_BITS];
    const struct keymap_item *found = NULL;
    struct keymap_node empty;
    struct tree_hash root;
    unsigned len = 0;
    keymap_siblings(items, count, 0, position, hashes, &len, &found);
    for (unsigned i = 0; i < len; i++) {
        path[i] = hashes[len - 1 - i];
    }
    keymap_empty(&empty);
    keymap_path_root(position, found == NULL ? &empty.hash : &found->leaf, path, len, &root);
    struct tree_hash expected = node_of(items, count, 0);
    assert_memory_equal(root.bytes, expected.bytes, 32);
    bool own = found != NULL && memcmp(found->position.bytes, position->bytes, 32) == 0;
    assert_true(own == in);
    if (found != NULL && !own) {
        assert_true(keymap_shared(&found->position, position) >= len);
    }
}

static void paths_lead_to_the_root_from_every_leaf_and_from_who_is_absent(void **state)
{
    (void)state;
    for (unsigned count = 0; count < 40; count += 3) {
        make_items(count, count % 2 == 0 ? 0 : 64, 7);
        for (unsigned i = 0; i < count; i++) {
            struct tree_hash near = items[i].position;
            path_leads(&items[i].position, count, true);
            near.bytes[31] ^= 1;
            path_leads(&near, count, false);
            near.bytes[0] ^= 0x80;
            path_leads(&near, count, false);
        }
        struct tree_hash zero = {{0}};
        path_leads(&zero, count, false);
    }
}

/* A path for one position is none for another, nor with another hash or length. */
static void a_path_is_for_one_position_alone(void **state)
{
    (void)state;
    struct tree_hash hashes[KEYMAP_BITS];
    struct tree_hash path[KEYMAP_BITS];
    const struct keymap_item *found = NULL;
    struct tree_hash root;
    struct tree_hash other;
    unsigned len = 0;
    make_items(50, 0, 3);
    keymap_siblings(items, 50, 0, &items[20].position, hashes, &len, &found);
    assert_true(len > 3 && found == &items[20]);
    for (unsigned i = 0; i < len; i++) {
        path[i] = hashes[len - 1 - i];
    }
    keymap_path_root(&found->position, &found->leaf, path, len, &root);
    for (unsigned i = 0; i < len; i++) {
        struct tree_hash flipped = found->position;
        flipped.bytes[i / 8] ^= (uint8_t)(0x80 >> (i % 8));
        keymap_path_root(&flipped, &found->leaf, path, len, &other);
        assert_memory_not_equal(other.bytes, root.bytes, 32);
        path[i].bytes[5] ^= 1;
        keymap_path_root(&found->position, &found->leaf, path, len, &other);
        assert_memory_not_equal(other.bytes, root.bytes, 32);
        path[i].bytes[5] ^= 1;
    }
    keymap_path_root(&found->position, &found->leaf, path, len - 1, &other);
    assert_memory_not_equal(other.bytes, root.bytes, 32);
}

/* What a person has is bound: count, chain, salt and position. */
static void values_bind_all_that_they_are_made_of(void **state)
{
    (void)state;
    struct tree_hash salt = {{1}};
    struct tree_hash chain = {{0}};
    struct tree_hash entry = {{2}};
    struct tree_hash values[4];
    keymap_value(&salt, 1, &chain, &values[0]);
    keymap_value(&salt, 2, &chain, &values[1]);
    keymap_chain(&chain, &entry);
    keymap_value(&salt, 1, &chain, &values[2]);
    salt.bytes[31] = 1;
    keymap_value(&salt, 1, &chain, &values[3]);
    for (unsigned i = 0; i < 4; i++) {
        for (unsigned j = 0; j < i; j++) {
            assert_memory_not_equal(values[i].bytes, values[j].bytes, 32);
        }
    }
    uint8_t text[64] = {0};
    uint8_t expected[32];
    text[32] = 2;
    seal_sha256(view_of(text, sizeof(text)), expected);
    assert_memory_equal(chain.bytes, expected, 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roots_are_those_of_the_definition),
        cmocka_unit_test(paths_lead_to_the_root_from_every_leaf_and_from_who_is_absent),
        cmocka_unit_test(a_path_is_for_one_position_alone),
        cmocka_unit_test(values_bind_all_that_they_are_made_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
