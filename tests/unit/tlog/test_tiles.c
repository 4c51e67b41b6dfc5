/* Tiles: paths both ways, widths at the sizes where mistakes live. */
#include "../ledger/logbook.h"

#include "tlog/tiles.h"

static const struct {
    struct tile_id id;
    const char *path;
} rows[] = {
    {{TILE_KIND_HASHES, 0, 0, 256}, "tile/0/000"},
    {{TILE_KIND_HASHES, 0, 5, 256}, "tile/0/005"},
    {{TILE_KIND_HASHES, 1, 999, 1}, "tile/1/999.p/1"},
    {{TILE_KIND_HASHES, 2, 1000, 255}, "tile/2/x001/000.p/255"},
    {{TILE_KIND_HASHES, 63, 1234067, 256}, "tile/63/x001/x234/067"},
    {{TILE_KIND_ENTRIES, 0, 273, 112}, "tile/entries/273.p/112"},
    {{TILE_KIND_ENTRIES, 0, 1000000, 256}, "tile/entries/x001/x000/000"},
    {{TILE_KIND_HASHES, 0, UINT64_C(72057594037927935), 256},
     "tile/0/x072/x057/x594/x037/x927/935"},
};

static void a_tile_has_the_path_of_the_specification_and_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char path[TILE_PATH_BYTES_MAX];
        struct tile_id id = {0};
        tile_path(&rows[i].id, path);
        assert_string_equal(path, rows[i].path);
        assert_ok(tile_path_get(view_text(path), &id));
        assert_int_equal(id.kind, rows[i].id.kind);
        assert_int_equal(id.level, rows[i].id.level);
        assert_true(id.number == rows[i].id.number);
        assert_int_equal(id.width, rows[i].id.width);
    }
}

static void a_path_that_would_not_be_written_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "tile",
        "tile/0",
        "tile/0/",
        "tile/0/00",
        "tile/0/0000",
        "tile/0/x000/001",
        "tile/0/001/002",
        "tile/0/x01/002",
        "tile/0/001.p",
        "tile/0/001.p/",
        "tile/0/001.p/0",
        "tile/0/001.p/01",
        "tile/0/001.p/256",
        "tile/0/001.p/1/2",
        "tile/0/x001",
        "tile/00/001",
        "tile/64/001",
        "tile/-1/001",
        "tile/entries",
        "tile/entry/001",
        "Tile/0/001",
        "tile//001",
        "tile/0/001 ",
        "tile/0/0a1",
        "tile/0/x001/000.q/1",
        "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct tile_id id = {0};
        assert_fault(tile_path_get(view_text(bad[i]), &id), FAULT_BAD_INPUT);
    }
}

static void widths_follow_from_the_size(void **state)
{
    (void)state;
    static const struct {
        uint64_t size;
        unsigned level;
        uint64_t number;
        unsigned width;
    } widths[] = {
        {0, 0, 0, 0},
        {1, 0, 0, 1},
        {255, 0, 0, 255},
        {256, 0, 0, 256},
        {256, 0, 1, 0},
        {256, 1, 0, 1},
        {257, 0, 1, 1},
        {70000, 0, 272, 256},
        {70000, 0, 273, 112},
        {70000, 0, 274, 0},
        {70000, 1, 0, 256},
        {70000, 1, 1, 17},
        {70000, 2, 0, 1},
        {70000, 3, 0, 0},
        {65536, 2, 0, 1},
        {65535, 2, 0, 0},
        {UINT64_MAX, 7, 0, 255},
        {UINT64_MAX, 8, 0, 0},
        {UINT64_MAX, 63, 0, 0},
        {1, 0, UINT64_MAX, 0},
    };
    for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
        assert_int_equal(tile_width_at(widths[i].size, widths[i].level, widths[i].number),
                         widths[i].width);
    }
}

static void a_bundle_is_read_entry_by_entry_and_its_cut_end_is_seen(void **state)
{
    (void)state;
    struct view entry = {0};
    struct cursor bundle = cursor_of(VIEW_LITERAL("\0\x02hi\0\0\0\x05"
                                                  "abcd"));
    assert_ok(bundle_next(&bundle, &entry));
    assert_view(entry, "hi");
    assert_ok(bundle_next(&bundle, &entry));
    assert_view(entry, "");
    assert_fault(bundle_next(&bundle, &entry), FAULT_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tile_has_the_path_of_the_specification_and_back),
        cmocka_unit_test(a_path_that_would_not_be_written_is_refused),
        cmocka_unit_test(widths_follow_from_the_size),
        cmocka_unit_test(a_bundle_is_read_entry_by_entry_and_its_cut_end_is_seen),
    };
    return cmocka_run_group_tests_name("ledger/tiles", tests, NULL, NULL);
}
