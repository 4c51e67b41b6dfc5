/*
 * The public log's paths by grammar, and partial tiles cut from wider ones.
 */
#include "../help.h"

#include "channel/public/tiles.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

static void paths_of_the_grammar_are_known(void **state)
{
    static const struct {
        const char *path;
        struct tile_id id;
    } rows[] = {
        {"tile/0/000", {TILE_KIND_HASHES, 0, 0, TILE_WIDTH}},
        {"tile/63/x001/x234/067", {TILE_KIND_HASHES, 63, 1234067, TILE_WIDTH}},
        {"tile/1/005.p/1", {TILE_KIND_HASHES, 1, 5, 1}},
        {"tile/1/x005/000.p/255", {TILE_KIND_HASHES, 1, 5000, 255}},
        {"tile/entries/x999/x999/x999/x999/x999/999.p/10",
         {TILE_KIND_ENTRIES, 0, UINT64_C(999999999999999999), 10}},
        {"tile/entries/001", {TILE_KIND_ENTRIES, 0, 1, TILE_WIDTH}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tile_id id;
        assert_ok(public_path_get(view_text(rows[i].path), &id));
        assert_int_equal(id.kind, rows[i].id.kind);
        assert_int_equal(id.level, rows[i].id.level);
        assert_int_equal(id.number, rows[i].id.number);
        assert_int_equal(id.width, rows[i].id.width);
    }
}

static void no_other_path_is(void **state)
{
    static const char *const bad[] = {
        "",
        "/",
        "checkpoint",
        "checkpoint/",
        "checkpoint.p/1",
        "Checkpoint",
        "tile",
        "tile/",
        "tile/0",
        "tile/0/",
        "tile//000",
        "tile/64/000",
        "tile/00/000",
        "tile/01/000",
        "tile/-1/000",
        "tile/0/00",
        "tile/0/0000",
        "tile/0/00a",
        "tile/0/x000/000",
        "tile/0/x00/000",
        "tile/0/x0001/000",
        "tile/0/x001",
        "tile/0/x001/",
        "tile/0/001/002",
        "tile/0/x001//000",
        "tile/0/000.p",
        "tile/0/000.p/",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/1/",
        "tile/0/000.p/1/2",
        "tile/0/000.p/a",
        "tile/0/000.q/1",
        "tile/0/000p/1",
        "tile/0/x001.p/1",
        "tile/0/../000",
        "../commit/0000000000.seg",
        "tile/0/../../../etc/passwd",
        "tile/./000",
        "tile/entries",
        "tile/Entries/000",
        "tile/data/000",
        "tile/0/%30%30%30",
        "tile/0/x999/x999/x999/x999/x999/x999/999",
        "tile/0/000\n",
        "tile/0/000.p/1\0",
        "tile/entries/x001/x001/x001/x001/x001/x001/x001/x001/x001/x001/x001/x001/x001/000",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct tile_id tile;
        struct outcome outcome = public_path_get(view_text(bad[i]), &tile);
        if (outcome.fault != FAULT_NOT_FOUND && strcmp(bad[i], "tile/0/000.p/1") != 0) {
            fail_msg("\"%s\" is accepted", bad[i]);
        }
    }
    struct tile_id tile;
    assert_fault(public_path_get(view_of("tile/0/000\0", 11), &tile), FAULT_NOT_FOUND);
    assert_fault(public_path_get(view_of("tile/0/0\0"
                                         "0",
                                         10),
                                 &tile),
                 FAULT_NOT_FOUND);
}

/* ---- files ---- */

struct folder {
    char path[64];
    int fd;
};

static void write_file(const struct folder *folder, const char *name, const void *bytes, size_t len)
{
    char path[256];

    snprintf(path, sizeof(path), "%s/%s", folder->path, name);
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(path, 0700);
        *slash = '/';
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), len);
    close(fd);
}

static int make_folder(void **state)
{
    static struct folder folder;

    snprintf(folder.path, sizeof(folder.path), "/tmp/dancu-tiles-XXXXXX");
    if (mkdtemp(folder.path) == NULL) {
        return -1;
    }
    folder.fd = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    *state = &folder;
    return folder.fd < 0 ? -1 : 0;
}

static int remove_folder(void **state)
{
    struct folder *folder = *state;
    char command[128];

    close(folder->fd);
    snprintf(command, sizeof(command), "rm -rf %s", folder->path);
    return system(command);
}

static struct outcome read_tile(const struct folder *folder, const char *path, struct buf *bytes)
{
    struct tile_id tile;
    struct tile_file file;

    buf_reset(bytes);
    TRY(public_path_get(view_text(path), &tile));
    TRY(public_tile_open(folder->fd, &tile, &file));
    struct outcome outcome = public_tile_read(&file, &tile, bytes);
    public_tile_close(&file);
    return outcome;
}

static void fill_hashes(uint8_t *bytes)
{
    for (size_t i = 0; i < TILE_WIDTH * SEAL_HASH_BYTES; i++) {
        bytes[i] = (uint8_t)(i / SEAL_HASH_BYTES + i);
    }
}

static void a_partial_tile_is_a_prefix_of_whatever_wider_one_there_is(void **state)
{
    const struct folder *folder = *state;
    uint8_t hashes[TILE_WIDTH * SEAL_HASH_BYTES];
    BUF_AUTO bytes;

    buf_init(&bytes, 1 << 20);
    fill_hashes(hashes);
    assert_fault(read_tile(folder, "tile/0/000.p/5", &bytes), FAULT_NOT_FOUND);
    write_file(folder, "tile/0/000.p/5", hashes, 5 * SEAL_HASH_BYTES);
    write_file(folder, "tile/0/000.p/70", hashes, 70 * SEAL_HASH_BYTES);
    write_file(folder, "tile/0/000.p/9", hashes, 9 * SEAL_HASH_BYTES);
    write_file(folder, "tile/0/000.p/junk", hashes, 3);
    for (unsigned width = 1; width <= 70; width++) {
        char path[64];
        snprintf(path, sizeof(path), "tile/0/000.p/%u", width);
        assert_ok(read_tile(folder, path, &bytes));
        assert_int_equal(bytes.len, width * SEAL_HASH_BYTES);
        assert_memory_equal(bytes.data, hashes, bytes.len);
    }
    assert_fault(read_tile(folder, "tile/0/000.p/71", &bytes), FAULT_NOT_FOUND);
    assert_fault(read_tile(folder, "tile/0/000", &bytes), FAULT_NOT_FOUND);
    write_file(folder, "tile/0/000", hashes, sizeof(hashes));
    assert_ok(read_tile(folder, "tile/0/000.p/255", &bytes));
    assert_int_equal(bytes.len, 255 * SEAL_HASH_BYTES);
    assert_ok(read_tile(folder, "tile/0/000", &bytes));
    assert_int_equal(bytes.len, sizeof(hashes));
}

static void a_partial_bundle_ends_after_its_last_entry(void **state)
{
    const struct folder *folder = *state;
    BUF_AUTO bundle;
    BUF_AUTO bytes;
    size_t ends[TILE_WIDTH + 1] = {0};

    buf_init(&bundle, 1 << 20);
    buf_init(&bytes, 1 << 20);
    for (unsigned i = 0; i < TILE_WIDTH; i++) {
        buf_put_u16(&bundle, (uint16_t)(i * 3 % 50));
        for (unsigned k = 0; k < i * 3 % 50; k++) {
            buf_put_u8(&bundle, (uint8_t)i);
        }
        ends[i + 1] = bundle.len;
    }
    write_file(folder, "tile/entries/x001/234", bundle.data, bundle.len);
    for (unsigned width = 1; width < TILE_WIDTH; width++) {
        char path[64];
        snprintf(path, sizeof(path), "tile/entries/x001/234.p/%u", width);
        assert_ok(read_tile(folder, path, &bytes));
        assert_int_equal(bytes.len, ends[width]);
        assert_memory_equal(bytes.data, bundle.data, bytes.len);
    }
    assert_ok(read_tile(folder, "tile/entries/x001/234", &bytes));
    assert_int_equal(bytes.len, bundle.len);
}

static void a_file_that_is_written_again_or_replaced_has_another_mark(void **state)
{
    const struct folder *folder = *state;
    uint8_t hashes[TILE_WIDTH * SEAL_HASH_BYTES];
    struct tile_id tile;
    struct tile_file files[3];
    char path[128];
    char other[128];

    fill_hashes(hashes);
    assert_ok(public_path_get(VIEW_LITERAL("tile/0/000"), &tile));
    write_file(folder, "tile/0/000", hashes, sizeof(hashes));
    write_file(folder, "other", hashes, sizeof(hashes));
    assert_ok(public_tile_open(folder->fd, &tile, &files[0]));
    usleep(20000);
    write_file(folder, "tile/0/000", hashes, sizeof(hashes));
    assert_ok(public_tile_open(folder->fd, &tile, &files[1]));
    snprintf(path, sizeof(path), "%s/tile/0/000", folder->path);
    snprintf(other, sizeof(other), "%s/other", folder->path);
    assert_int_equal(rename(other, path), 0);
    assert_ok(public_tile_open(folder->fd, &tile, &files[2]));
    assert_true(files[0].mark.changed_ns != files[1].mark.changed_ns);
    assert_int_equal(files[0].mark.inode, files[1].mark.inode);
    assert_true(files[1].mark.inode != files[2].mark.inode);
    for (unsigned i = 0; i < 3; i++) {
        public_tile_close(&files[i]);
    }
}

static void a_file_of_another_width_is_corrupt(void **state)
{
    const struct folder *folder = *state;
    uint8_t hashes[TILE_WIDTH * SEAL_HASH_BYTES + 1];
    BUF_AUTO bytes;

    buf_init(&bytes, 1 << 20);
    memset(hashes, 0, sizeof(hashes));
    write_file(folder, "tile/1/000", hashes, sizeof(hashes));
    write_file(folder, "tile/1/001.p/5", hashes, 5 * SEAL_HASH_BYTES - 1);
    write_file(folder, "tile/entries/000", hashes, 2 * TILE_WIDTH - 1);
    write_file(folder, "tile/entries/001", hashes, 2 * TILE_WIDTH + 1);
    write_file(folder, "tile/1/002", hashes, 1);
    char path[128];
    snprintf(path, sizeof(path), "%s/tile/1/002", folder->path);
    assert_int_equal(truncate(path, TILE_BYTES + 1), 0);
    assert_fault(read_tile(folder, "tile/1/002", &bytes), FAULT_CORRUPT);
    assert_fault(read_tile(folder, "tile/1/000", &bytes), FAULT_CORRUPT);
    assert_fault(read_tile(folder, "tile/1/000.p/3", &bytes), FAULT_CORRUPT);
    assert_fault(read_tile(folder, "tile/1/001.p/5", &bytes), FAULT_CORRUPT);
    assert_fault(read_tile(folder, "tile/entries/000", &bytes), FAULT_CORRUPT);
    assert_fault(read_tile(folder, "tile/entries/001", &bytes), FAULT_CORRUPT);
}

static void links_and_folders_are_not_followed(void **state)
{
    const struct folder *folder = *state;
    char path[128];
    BUF_AUTO bytes;

    buf_init(&bytes, 1 << 20);
    write_file(folder, "secret", "s", 1);
    write_file(folder, "tile/0/009", "x", 1);
    snprintf(path, sizeof(path), "%s/checkpoint", folder->path);
    assert_int_equal(symlink("secret", path), 0);
    assert_fault(public_checkpoint_read(folder->fd, &bytes), FAULT_NOT_FOUND);
    snprintf(path, sizeof(path), "%s/tile/7", folder->path);
    assert_int_equal(symlink("0", path), 0);
    assert_fault(read_tile(folder, "tile/7/009", &bytes), FAULT_NOT_FOUND);
    snprintf(path, sizeof(path), "%s/tile/0/008", folder->path);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_fault(read_tile(folder, "tile/0/008", &bytes), FAULT_NOT_FOUND);
}

static void the_checkpoint_is_read_as_it_is(void **state)
{
    const struct folder *folder = *state;
    BUF_AUTO bytes;

    buf_init(&bytes, 8);
    assert_fault(public_checkpoint_read(folder->fd, &bytes), FAULT_NOT_FOUND);
    write_file(folder, "checkpoint", "o\n1\n", 4);
    assert_ok(public_checkpoint_read(folder->fd, &bytes));
    assert_view(buf_view(&bytes), "o\n1\n");
    buf_reset(&bytes);
    write_file(folder, "checkpoint", "o\n1\nmuch", 9);
    assert_fault(public_checkpoint_read(folder->fd, &bytes), FAULT_CORRUPT);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_of_the_grammar_are_known),
        cmocka_unit_test(no_other_path_is),
        TEST(a_partial_tile_is_a_prefix_of_whatever_wider_one_there_is),
        TEST(a_partial_bundle_ends_after_its_last_entry),
        TEST(a_file_that_is_written_again_or_replaced_has_another_mark),
        TEST(a_file_of_another_width_is_corrupt),
        TEST(links_and_folders_are_not_followed),
        TEST(the_checkpoint_is_read_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
