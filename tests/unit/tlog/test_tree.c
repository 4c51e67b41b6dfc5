/* The Merkle tree: published roots, and every root and path against RFC 6962 read word for word. */
#include "../ledger/logbook.h"

#include "tlog/tiles.h"
#include "tlog/tree.h"

#define LEAVES 700

static struct tree_hash leaves[LEAVES];

static void make_leaves(void)
{
    for (unsigned i = 0; i < LEAVES; i++) {
        uint8_t entry[2] = {(uint8_t)(i >> 8), (uint8_t)i};
        tree_leaf(view_of(entry, sizeof(entry)), &leaves[i]);
    }
}

static const uint8_t (*leaf_bytes(void))[32]
{
    return (const uint8_t(*)[32])leaves;
}

static void assert_hash_hex(const struct tree_hash *hash, const char *hex)
{
    uint8_t expected[32];
    assert_ok(hex_get(view_text(hex), expected, strlen(hex) / 2));
    assert_memory_equal(hash->bytes, expected, strlen(hex) / 2);
}

/* ledger-format section 1: entries in hex, and the root after each */
static void growing_trees_have_the_published_roots(void **state)
{
    (void)state;
    static const struct {
        const char *entry;
        const char *root;
    } rows[] = {
        {"", "6e340b9c"},
        {"00", "fac54203"},
        {"10", "aeb6bcfe"},
        {"2021", "d37ee418"},
        {"3031", "4e3bbb1f"},
        {"40414243", "76e67dad"},
        {"5051525354555657", "ddb89be4"},
        {"606162636465666768696a6b6c6d6e6f",
         "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
    };
    struct tree tree = {0};
    struct tree_hash root;
    tree_root(&tree, &root);
    assert_hash_hex(&root, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t entry[16];
        struct tree_hash leaf;
        size_t len = strlen(rows[i].entry) / 2;
        assert_ok(hex_get(view_text(rows[i].entry), entry, len));
        tree_leaf(view_of(entry, len), &leaf);
        tree_append(&tree, &leaf);
        tree_root(&tree, &root);
        assert_hash_hex(&root, rows[i].root);
    }
}

static void leaf_by_leaf_gives_the_root_of_the_definition(void **state)
{
    (void)state;
    struct tree tree = {0};
    for (unsigned size = 1; size <= LEAVES; size++) {
        struct tree_hash root;
        uint8_t expected[32];
        tree_append(&tree, &leaves[size - 1]);
        tree_root(&tree, &root);
        logbook_mth(leaf_bytes(), size, expected);
        assert_memory_equal(root.bytes, expected, 32);
    }
}

/* Grows by batches of `step`; checks every root and, of each batch, every leaf's path. */
static void grow_by(unsigned step)
{
    static struct tree_batch batch;
    struct tree tree = {0};
    while (tree.size + step <= LEAVES) {
        uint8_t expected[32];
        struct tree_hash root;
        tree_batch_make(&tree, &leaves[tree.size], step, &batch);
        uint64_t size = tree.size + step;
        logbook_mth(leaf_bytes(), size, expected);
        assert_memory_equal(batch.root.bytes, expected, 32);
        for (uint64_t index = tree.size; index < size; index++) {
            struct tree_hash path[TREE_PATH_MAX];
            uint8_t expected_path[64][32];
            unsigned len = tree_batch_prove(&batch, index, path);
            assert_int_equal(len, logbook_path(leaf_bytes(), size, index, expected_path));
            assert_memory_equal(path, expected_path, len * 32);
            assert_ok(tree_path_root(index, size, &leaves[index], path, len, &root));
            assert_memory_equal(root.bytes, expected, 32);
        }
        tree_batch_apply(&batch, &tree);
        assert_true(tree.size == size);
        tree_root(&tree, &root);
        assert_memory_equal(root.bytes, expected, 32);
    }
}

static void batches_of_any_size_give_the_same_roots_and_paths(void **state)
{
    (void)state;
    static const unsigned steps[] = {1, 2, 3, 7, 16, 31, 64, 100, 255, 256};
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        grow_by(steps[i]);
    }
}

static void a_batch_that_is_not_applied_leaves_the_tree_alone(void **state)
{
    (void)state;
    static struct tree_batch batch;
    struct tree tree = {0};
    struct tree_hash before;
    struct tree_hash after;
    for (unsigned i = 0; i < 5; i++) {
        tree_append(&tree, &leaves[i]);
    }
    tree_root(&tree, &before);
    tree_batch_make(&tree, &leaves[5], 20, &batch);
    tree_root(&tree, &after);
    assert_true(tree.size == 5);
    assert_memory_equal(before.bytes, after.bytes, 32);
}

static void a_batch_tells_the_hashes_of_the_tiles_it_ends(void **state)
{
    (void)state;
    static struct tree_batch batch;
    struct tree tree = {0};
    for (unsigned i = 0; i < 250; i++) {
        tree_append(&tree, &leaves[i]);
    }
    tree_batch_make(&tree, &leaves[250], 10, &batch);
    uint64_t number = 0;
    const struct tree_hash *nodes = NULL;
    uint8_t expected[32];
    assert_int_equal(tree_batch_level(&batch, 0, &number, &nodes), 10);
    assert_true(number == 250);
    assert_memory_equal(nodes, &leaves[250], 10 * 32);
    assert_int_equal(tree_batch_level(&batch, 8, &number, &nodes), 1);
    assert_true(number == 0);
    logbook_mth(leaf_bytes(), 256, expected);
    assert_memory_equal(nodes[0].bytes, expected, 32);
    assert_int_equal(tree_batch_level(&batch, 16, &number, &nodes), 0);
}

static void a_path_of_any_other_length_or_index_is_refused(void **state)
{
    (void)state;
    for (uint64_t size = 1; size < 40; size++) {
        for (uint64_t index = 0; index < size; index++) {
            uint8_t path[64][32];
            struct tree_hash root;
            uint8_t expected[32];
            unsigned len = logbook_path(leaf_bytes(), size, index, path);
            const struct tree_hash *hashes = (const struct tree_hash *)path;
            logbook_mth(leaf_bytes(), size, expected);
            assert_ok(tree_path_root(index, size, &leaves[index], hashes, len, &root));
            assert_memory_equal(root.bytes, expected, 32);
            assert_fault(tree_path_root(index, size, &leaves[index], hashes, len + 1, &root),
                         FAULT_BAD_INPUT);
            if (len > 0) {
                assert_fault(tree_path_root(index, size, &leaves[index], hashes, len - 1, &root),
                             FAULT_BAD_INPUT);
            }
            assert_fault(tree_path_root(size, size, &leaves[index], hashes, len, &root),
                         FAULT_BAD_INPUT);
        }
    }
    struct tree_hash root;
    assert_fault(tree_path_root(0, 0, &leaves[0], NULL, 0, &root), FAULT_BAD_INPUT);
}

static void a_tree_of_2_to_the_60_takes_more_leaves(void **state)
{
    (void)state;
    static struct tree_batch batch;
    struct tree tree = {.size = 0};
    struct tree_hash path[TREE_PATH_MAX];
    struct tree_hash root;
    tree_append_at(&tree, 60, &leaves[0]);
    tree_batch_make(&tree, &leaves[1], 3, &batch);
    unsigned len = tree_batch_prove(&batch, tree.size + 2, path);
    assert_ok(tree_path_root(tree.size + 2, batch.new_size, &leaves[3], path, len, &root));
    assert_memory_equal(root.bytes, batch.root.bytes, 32);
}

static void the_root_of_a_full_tile_is_the_root_of_its_leaves(void **state)
{
    (void)state;
    struct tree_hash root;
    uint8_t expected[32];
    tile_root(leaves, &root);
    logbook_mth(leaf_bytes(), 256, expected);
    assert_memory_equal(root.bytes, expected, 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(growing_trees_have_the_published_roots),
        cmocka_unit_test(leaf_by_leaf_gives_the_root_of_the_definition),
        cmocka_unit_test(batches_of_any_size_give_the_same_roots_and_paths),
        cmocka_unit_test(a_batch_that_is_not_applied_leaves_the_tree_alone),
        cmocka_unit_test(a_batch_tells_the_hashes_of_the_tiles_it_ends),
        cmocka_unit_test(a_path_of_any_other_length_or_index_is_refused),
        cmocka_unit_test(a_tree_of_2_to_the_60_takes_more_leaves),
        cmocka_unit_test(the_root_of_a_full_tile_is_the_root_of_its_leaves),
    };
    make_leaves();
    return cmocka_run_group_tests_name("ledger/tree", tests, NULL, NULL);
}
