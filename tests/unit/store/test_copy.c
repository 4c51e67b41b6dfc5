/* A database's pages as of one moment, whatever is written meanwhile. */
#include "store/homes.h"

#include "store/copy.h"

#define PEOPLE 1500 /* more pages than some blocks hold */
#define BLOCK_BYTES 65536u
#define BLOCKS_MAX 400

struct taken {
    struct home *home;
    FILE *file;
    bool seen[BLOCKS_MAX];
    unsigned count;
    unsigned fail_at; /* 0: never */
    unsigned write_at;
};

static struct outcome take(void *context, uint64_t number, struct view block)
{
    struct taken *taken = context;
    struct registry_chunk chunk = {0};
    assert_true(number < BLOCKS_MAX && !taken->seen[number]);
    assert_true(block.len > 0 && block.len <= BLOCK_BYTES);
    taken->seen[number] = true;
    assert_int_equal(fseek(taken->file, (long)(number * BLOCK_BYTES), SEEK_SET), 0);
    assert_int_equal(fwrite(block.data, 1, block.len, taken->file), block.len);
    if (++taken->count == taken->write_at) {
        assert_ok(home_import(taken->home, PEOPLE + 100, 50, NULL, &chunk));
    }
    return taken->count == taken->fail_at ? outcome_fail(FAULT_NO_SPACE, "forced") : OUTCOME_OK;
}

static int set_up(void **state)
{
    static struct home home;
    struct registry_chunk chunk = {0};
    home_init(&home);
    for (unsigned from = 0; from < PEOPLE; from += HOME_PEOPLE_MAX) {
        assert_ok(home_import(&home, from, HOME_PEOPLE_MAX, NULL, &chunk));
    }
    *state = &home;
    return 0;
}

static int tear_down(void **state)
{
    home_done(*state);
    return 0;
}

static struct outcome copy_to(struct taken *taken, const char *path, uint64_t *ret_bytes)
{
    struct store_copy *copy = NULL;
    struct store_marks marks = {0};
    struct registry_chunk chunk = {0};
    struct store_pages pages = {taken, BLOCK_BYTES, take};
    taken->file = fopen(path, "w+e");
    assert_non_null(taken->file);
    assert_ok(store_copy_open(taken->home->path, STORE_FILE_REGISTRY, &copy));
    assert_ok(home_import(taken->home, PEOPLE, 100, NULL, &chunk)); /* behind the moment */
    assert_ok(store_copy_marks(copy, &marks));
    assert_int_equal(marks.chunk, chunk.number - 1);
    assert_int_equal(marks.pending, 0);
    struct outcome outcome = store_copy_pages(copy, &pages, ret_bytes);
    store_copy_close(copy);
    assert_int_equal(fclose(taken->file), 0);
    return outcome;
}

static uint64_t ask(const char *path, const char *sql)
{
    sqlite3 *handle = NULL;
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(handle, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    uint64_t value = (uint64_t)sqlite3_column_int64(statement, 0);
    (void)sqlite3_finalize(statement);
    (void)sqlite3_close(handle);
    return value;
}

static void the_copy_is_of_its_moment_though_people_come_in_on_the_way(void **state)
{
    struct taken taken = {.home = *state, .write_at = 3};
    char path[128];
    uint64_t bytes = 0;
    snprintf(path, sizeof(path), "%s/copy", taken.home->path);
    assert_ok(copy_to(&taken, path, &bytes));
    assert_true(taken.count > 6 && bytes > 6 * (uint64_t)BLOCK_BYTES);
    assert_int_equal(taken.count, (bytes + BLOCK_BYTES - 1) / BLOCK_BYTES);
    assert_int_equal(ask(path, "SELECT count(*) FROM person"), PEOPLE);
    assert_int_equal(ask(path, "SELECT count(*) FROM pragma_integrity_check"
                               " WHERE integrity_check <> 'ok'"),
                     0);
    uint64_t people = 0;
    assert_ok(registry_count(taken.home->registry, &people));
    assert_int_equal(people, PEOPLE + 150);
}

static void who_cannot_take_a_block_ends_it_with_his_own_reason(void **state)
{
    for (unsigned fail_at = 1; fail_at < 7; fail_at += 2) {
        struct taken taken = {.home = *state, .fail_at = fail_at};
        char path[128];
        uint64_t bytes = 0;
        snprintf(path, sizeof(path), "%s/copy", taken.home->path);
        struct outcome outcome = copy_to(&taken, path, &bytes);
        assert_int_equal(outcome.fault, FAULT_NO_SPACE);
        assert_string_equal(outcome.what, "forced");
    }
}

static void a_database_that_is_not_there_is_told(void **state)
{
    struct home *home = *state;
    struct store_copy *copy = NULL;
    assert_fault(store_copy_open(home->path, STORE_FILE_OFFICE, &copy), FAULT_NOT_FOUND);
    assert_null(copy);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_copy_is_of_its_moment_though_people_come_in_on_the_way),
        TEST(who_cannot_take_a_block_ends_it_with_his_own_reason),
        TEST(a_database_that_is_not_there_is_told),
    };
    return cmocka_run_group_tests_name("store/copy", tests, NULL, NULL);
}
