/* The keyed map's file: what was written is read back, and no damage leads to a wrong path. */
#include "logbook.h"

#include "ledger/keymap.h"

#define LEAVES_MAX 3000

struct shelf {
    struct logbook *book;
    struct keymap_keys keys;
    struct buf bytes;
    struct keymap_leaf leaves[LEAVES_MAX];
    struct keymap_head head;
    struct tree tree;
};

static struct outcome put(void *context, struct view bytes)
{
    struct shelf *shelf = context;
    buf_put_view(&shelf->bytes, bytes);
    return buf_check(&shelf->bytes);
}

static int compare_leaves(const void *a, const void *b)
{
    return memcmp(a, b, SEAL_HASH_BYTES);
}

static void make_leaves(struct shelf *shelf, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        keymap_position(&shelf->keys, 100000 + i, &shelf->leaves[i].position);
        shelf->leaves[i].count = 1 + i % 7;
        memset(shelf->leaves[i].chain.bytes, (int)(i % 251), 32);
    }
    qsort(shelf->leaves, count, sizeof(shelf->leaves[0]), compare_leaves);
}

/* A map of `count` persons, as the home's only file of derived/. */
static void write_map(struct shelf *shelf, unsigned count, unsigned waiting)
{
    const struct keymap_sink sink = {shelf, put};
    const struct random_port random = random_system();
    struct keymap_writer *writer = NULL;
    struct keymap_row rows[4] = {{.place = 1}, {.place = 2}, {.place = 3}, {.place = 4}};
    struct tree_hash leaf = {{1}};
    make_leaves(shelf, count);
    shelf->tree = (struct tree){0};
    for (unsigned i = 0; i < 77; i++) {
        tree_append(&shelf->tree, &leaf);
    }
    buf_reset(&shelf->bytes);
    assert_ok(keymap_writer_new(&shelf->keys, &random, 77, count, &sink, &writer));
    for (unsigned i = 0; i < count; i++) {
        assert_ok(keymap_writer_add(writer, &shelf->leaves[i]));
    }
    assert_ok(keymap_writer_end(writer, 20700, &shelf->tree, rows, waiting, &shelf->head));
    keymap_writer_free(writer);
}

static void save(struct shelf *shelf)
{
    assert_ok(disk_replace(disk_system(), shelf->book->home_fd, KEYMAP_PART, KEYMAP_NEW,
                           DISK_PRIVATE, buf_view(&shelf->bytes), false));
}

static struct outcome open_map(struct shelf *shelf, struct keymap_file **ret_file)
{
    return keymap_file_open(disk_system(), shelf->book->home_fd, KEYMAP_PART, &shelf->keys,
                            ret_file);
}

static void set_up(struct shelf *shelf, struct logbook *book)
{
    struct secret index = {{7}};
    memset(shelf, 0, sizeof(*shelf));
    shelf->book = book;
    buf_init(&shelf->bytes, 4u << 20);
    assert_ok(keymap_keys_make(&index, &shelf->keys));
}

static void leaves_and_rows_come_back_as_they_were(void **state)
{
    static const unsigned counts[] = {0, 1, 2, 129, LEAVES_MAX};
    static struct shelf shelf;
    set_up(&shelf, *state);
    for (unsigned c = 0; c < 5; c++) {
        struct keymap_file *file = NULL;
        const struct keymap_leaf *leaf = NULL;
        struct keymap_row *rows = NULL;
        struct tree tree;
        size_t count = 0;
        write_map(&shelf, counts[c], c % 5);
        save(&shelf);
        assert_ok(open_map(&shelf, &file));
        assert_int_equal(keymap_file_head(file)->persons, counts[c]);
        assert_int_equal(keymap_file_head(file)->day, 20700);
        for (unsigned i = 0; i < counts[c]; i++) {
            assert_ok(keymap_file_next(file, &leaf));
            assert_non_null(leaf);
            assert_memory_equal(leaf, &shelf.leaves[i], sizeof(*leaf));
        }
        assert_ok(keymap_file_next(file, &leaf));
        assert_null(leaf);
        assert_ok(keymap_file_rest(file, &tree, &rows, &count));
        assert_int_equal(count, c % 5);
        assert_true(count == 0 || rows[count - 1].place == count);
        assert_memory_equal(&tree, &shelf.tree, sizeof(tree));
        memory_free(rows);
        keymap_file_close(file);
    }
    buf_done(&shelf.bytes);
}

/* The root by the one call that needs no file, and each path by the readers' own function. */
static void every_person_has_a_path_to_the_root(void **state)
{
    static const unsigned counts[] = {1, 2, 200, LEAVES_MAX};
    static struct shelf shelf;
    static struct keymap_item items[LEAVES_MAX];
    set_up(&shelf, *state);
    for (unsigned c = 0; c < 4; c++) {
        struct keymap_file *file = NULL;
        struct keymap_node root;
        write_map(&shelf, counts[c], 0);
        for (unsigned i = 0; i < counts[c]; i++) {
            struct tree_hash salt;
            struct tree_hash value;
            keymap_salt(&shelf.keys, &shelf.leaves[i].position, 77, &salt);
            keymap_value(&salt, shelf.leaves[i].count, &shelf.leaves[i].chain, &value);
            items[i].position = shelf.leaves[i].position;
            keymap_leaf(&items[i].position, &value, &items[i].leaf);
        }
        keymap_subtree(items, counts[c], 0, &root);
        assert_memory_equal(root.hash.bytes, shelf.head.root.bytes, 32);
        save(&shelf);
        assert_ok(open_map(&shelf, &file));
        for (unsigned i = 0; i < counts[c]; i += 1 + i / 40) {
            struct keymap_path path;
            struct tree_hash found;
            assert_ok(keymap_file_path(file, &shelf.leaves[i].position, &path));
            assert_int_equal(path.count, shelf.leaves[i].count);
            assert_memory_equal(path.chain.bytes, shelf.leaves[i].chain.bytes, 32);
            keymap_path_root(&path.position, &items[i].leaf, path.hashes, path.len, &found);
            assert_memory_equal(found.bytes, root.hash.bytes, 32);
        }
        keymap_file_close(file);
    }
    buf_done(&shelf.bytes);
}

static void who_is_in_no_row_is_shown_to_be_absent(void **state)
{
    static const unsigned counts[] = {0, 1, 2, 500};
    static struct shelf shelf;
    set_up(&shelf, *state);
    for (unsigned c = 0; c < 4; c++) {
        struct keymap_file *file = NULL;
        unsigned others = 0;
        write_map(&shelf, counts[c], 0);
        save(&shelf);
        assert_ok(open_map(&shelf, &file));
        for (unsigned i = 0; i < 50; i++) {
            struct tree_hash position;
            struct keymap_path path;
            keymap_position(&shelf.keys, 900000 + i, &position);
            assert_ok(keymap_file_path(file, &position, &path)); /* held against the root */
            assert_int_equal(path.count, 0);
            others += path.other ? 1 : 0;
        }
        assert_true(c == 0 ? others == 0 : others > 0);
        keymap_file_close(file);
    }
    buf_done(&shelf.bytes);
}

/* One byte anywhere: the file, or the path, is refused; or the path is the right one. */
static void no_damaged_byte_gives_a_wrong_path(void **state)
{
    static struct shelf shelf;
    set_up(&shelf, *state);
    write_map(&shelf, 300, 2);
    unsigned refused = 0;
    size_t step = shelf.bytes.len / 300;
    for (size_t at = 0; at < shelf.bytes.len; at += step) {
        struct keymap_file *file = NULL;
        struct keymap_path path = {.count = 0};
        const struct keymap_leaf *wanted = &shelf.leaves[at / step % 300];
        shelf.bytes.data[at] ^= 0x10;
        save(&shelf);
        struct outcome outcome = open_map(&shelf, &file);
        if (outcome_ok(outcome)) {
            outcome = keymap_file_path(file, &wanted->position, &path);
        }
        assert_true(outcome_ok(outcome) || outcome.fault == FAULT_CORRUPT);
        assert_true(!outcome_ok(outcome) || path.count == wanted->count);
        refused += outcome_ok(outcome) ? 0 : 1;
        keymap_file_close(file);
        shelf.bytes.data[at] ^= 0x10;
    }
    assert_true(refused > 10);
    buf_done(&shelf.bytes);
}

static void count_step(void *context)
{
    (*(unsigned *)context)++;
}

/* Whatever byte it is: the whole look finds it, but for those that say nothing. */
static void a_look_at_all_of_it_finds_a_damaged_byte_wherever_it_is(void **state)
{
    static struct shelf shelf;
    unsigned steps = 0;
    set_up(&shelf, *state);
    write_map(&shelf, 700, 2);
    size_t nodes_at = shelf.bytes.len; /* node 0 is none: its bytes say nothing */
    for (size_t at = 0; at < shelf.bytes.len; at += shelf.bytes.len / 150) {
        struct keymap_file *file = NULL;
        shelf.bytes.data[at] ^= 0x10;
        save(&shelf);
        struct outcome outcome = open_map(&shelf, &file);
        if (outcome_ok(outcome)) {
            outcome = keymap_file_check(file, count_step, &steps);
        }
        nodes_at = outcome_ok(outcome) && nodes_at == shelf.bytes.len ? at : nodes_at;
        assert_true(outcome.fault == FAULT_CORRUPT || at - nodes_at < 33);
        keymap_file_close(file);
        shelf.bytes.data[at] ^= 0x10;
    }
    struct keymap_file *file = NULL;
    steps = 0;
    save(&shelf);
    assert_ok(open_map(&shelf, &file));
    assert_ok(keymap_file_check(file, count_step, &steps));
    assert_true(steps >= 4);
    keymap_file_close(file);
    buf_done(&shelf.bytes);
}

static void a_file_that_is_cut_short_or_of_another_key_is_refused(void **state)
{
    static struct shelf shelf;
    struct keymap_file *file = NULL;
    struct keymap_row *rows = NULL;
    struct secret other = {{8}};
    struct tree tree;
    size_t count = 0;
    set_up(&shelf, *state);
    assert_ok(disk_remove(disk_system(), shelf.book->home_fd, KEYMAP_PART, false));
    assert_fault(open_map(&shelf, &file), FAULT_NOT_FOUND);
    write_map(&shelf, 10, 1);
    save(&shelf);
    assert_ok(keymap_keys_make(&other, &shelf.keys));
    assert_ok(open_map(&shelf, &file)); /* the footer is in clear */
    assert_fault(keymap_file_rest(file, &tree, &rows, &count), FAULT_CORRUPT);
    keymap_file_close(file);
    size_t lens[] = {0, 100, KEYMAP_FOOTER_BYTES, shelf.bytes.len - 1};
    for (unsigned i = 0; i < 4; i++) {
        size_t len = shelf.bytes.len;
        shelf.bytes.len = lens[i];
        save(&shelf);
        shelf.bytes.len = len;
        assert_fault(open_map(&shelf, &file), FAULT_CORRUPT);
    }
    buf_done(&shelf.bytes);
}

static void names_are_listed_newest_first(void **state)
{
    struct logbook *book = *state;
    uint64_t indexes[KEYMAP_FILES_MAX];
    unsigned count = 0;
    static const uint64_t made[] = {7, 1234567, 90};
    for (unsigned i = 0; i < 3; i++) {
        char path[KEYMAP_PATH_BYTES_MAX];
        keymap_path(made[i], path);
        assert_ok(disk_replace(disk_system(), book->home_fd, path, KEYMAP_NEW, DISK_PRIVATE,
                               VIEW_LITERAL("x"), false));
    }
    assert_ok(keymap_list(disk_system(), book->home_fd, indexes, &count));
    assert_int_equal(count, 3); /* map-part is none of them */
    assert_int_equal(indexes[0], 1234567);
    assert_int_equal(indexes[2], 7);
}

static int set_up_book(void **state)
{
    static struct logbook book;
    logbook_create(&book);
    *state = &book;
    return 0;
}

static int tear_down_book(void **state)
{
    logbook_done(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves_and_rows_come_back_as_they_were),
        cmocka_unit_test(every_person_has_a_path_to_the_root),
        cmocka_unit_test(who_is_in_no_row_is_shown_to_be_absent),
        cmocka_unit_test(no_damaged_byte_gives_a_wrong_path),
        cmocka_unit_test(a_look_at_all_of_it_finds_a_damaged_byte_wherever_it_is),
        cmocka_unit_test(a_file_that_is_cut_short_or_of_another_key_is_refused),
        cmocka_unit_test(names_are_listed_newest_first),
    };
    return cmocka_run_group_tests(tests, set_up_book, tear_down_book);
}
