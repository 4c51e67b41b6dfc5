/*
 * Which part of the log a copy takes, and what a restored home's log does until it is released.
 */
#include "logbook.h"

#include "tlog/note.h"

#define SIZE 300
#define BATCH 7

static int set_up(void **state)
{
    struct logbook *book = calloc(1, sizeof(*book));
    assert_non_null(book);
    logbook_create(book);
    logbook_grow(book, SIZE, BATCH);
    logbook_publish(book);
    *state = book;
    return 0;
}

static int tear_down(void **state)
{
    struct logbook *book = *state;
    if (book->ledger != NULL) {
        logbook_close(book);
    }
    logbook_done(book);
    free(book);
    return 0;
}

/* Stops at an entry of that number. */
static bool stops(void *context, struct view entry)
{
    char text[512];
    const uint64_t *number = context;
    return view_equal(entry, view_of(text, logbook_entry(*number, text)));
}

static struct outcome find(struct logbook *book, const struct ledger_bounds *bounds,
                           struct ledger_extent *ret_extent)
{
    char why[256] = "";
    BUF_AUTO note;
    struct checkpoint checkpoint = {0};
    buf_init(&note, NOTE_BYTES_MAX);
    TRY(ledger_extent_find(&book->config, bounds, ret_extent, &note, why));
    assert_ok(checkpoint_read(LOGBOOK_ORIGIN, buf_view(&note), &checkpoint));
    assert_int_equal(checkpoint.size, ret_extent->size);
    return OUTCOME_OK;
}

static void it_ends_at_the_published_size_over_all_segments(void **state)
{
    struct logbook *book = *state;
    struct ledger_extent extent = {0};
    struct ledger_extent same = {0};
    struct ledger_bounds bounds = {.from = 1, .until = SIZE};
    assert_ok(find(book, &bounds, &extent));
    assert_int_equal(extent.size, SIZE);
    assert_int_equal(extent.first_segment, 1);
    assert_true(extent.last_segment > 2 && extent.last_bytes > 512);
    bounds.from = SIZE;
    assert_ok(find(book, &bounds, &same));
    assert_memory_equal(&extent, &same, sizeof(extent));
}

static void it_ends_before_the_record_that_stops_it_and_only_behind_the_beginning(void **state)
{
    struct logbook *book = *state;
    struct ledger_extent extent = {0};
    uint64_t number = 10 * BATCH + 3;
    struct ledger_bounds bounds = {.from = 1, .until = SIZE, .stops = stops, .context = &number};
    assert_ok(find(book, &bounds, &extent));
    assert_int_equal(extent.size, 10 * BATCH);
    bounds.from = 10 * BATCH; /* not later than that record */
    assert_ok(find(book, &bounds, &extent));
    assert_int_equal(extent.size, 10 * BATCH);
    bounds.from = number + 1; /* it is below */
    assert_ok(find(book, &bounds, &extent));
    assert_int_equal(extent.size, SIZE);
    bounds.from = number; /* no record ends between */
    assert_fault(find(book, &bounds, &extent), FAULT_CONFLICT);
}

static void what_is_written_and_not_published_is_found_when_it_is_asked_for(void **state)
{
    struct logbook *book = *state;
    struct ledger_extent extent = {0};
    struct ledger_bounds bounds = {.from = SIZE, .until = LEDGER_WRITTEN};
    struct checkpoint published = {0};
    logbook_commit(book, 5);
    assert_ok(find(book, &bounds, &extent));
    assert_int_equal(extent.size, SIZE + 5);
    assert_ok(ledger_published(&book->config, &published, NULL));
    assert_int_equal(published.size, SIZE);
    bounds.until = SIZE;
    assert_ok(find(book, &bounds, &extent));
    assert_int_equal(extent.size, SIZE);
}

static void damage_below_its_end_is_told_with_the_place(void **state)
{
    struct logbook *book = *state;
    struct ledger_extent extent = {0};
    struct ledger_bounds bounds = {.from = 1, .until = SIZE};
    char why[256] = "";
    BUF_AUTO note;
    buf_init(&note, NOTE_BYTES_MAX);
    logbook_flip(book, "commit/0000000002.seg", 5000, 1);
    assert_fault(ledger_extent_find(&book->config, &bounds, &extent, &note, why), FAULT_CORRUPT);
    assert_non_null(strstr(why, "commit/0000000002.seg"));
}

static struct ledger_restored restored_of(uint64_t later)
{
    struct ledger_restored restored = {.generation = 3, .at = {.size = SIZE, .root = {{1, 2}}}};
    restored.id[0] = 0xab;
    restored.later = (struct checkpoint){.size = later};
    return restored;
}

static void write_restored(struct logbook *book, const struct ledger_restored *restored)
{
    BUF_AUTO text;
    buf_init(&text, 4096);
    ledger_restored_put(&text, restored);
    assert_ok(disk_replace(disk_system(), book->home_fd, LEDGER_RESTORED, "commit/new", DISK_PUBLIC,
                           buf_view(&text), false));
}

static void a_restored_log_takes_nothing_until_it_is_lifted_or_released(void **state)
{
    struct logbook *book = *state;
    struct ledger_restored restored = restored_of(SIZE + 4);
    struct ledger_restored told = {.generation = 0};
    assert_false(ledger_held(book->ledger, NULL));
    logbook_close(book);
    write_restored(book, &restored);
    logbook_open(book);
    assert_true(ledger_held(book->ledger, &told));
    assert_memory_equal(&told, &restored, sizeof(told));
    assert_false(ledger_writable(book->ledger));
    assert_fault(logbook_add(book, 1), FAULT_NO_SPACE);
    assert_int_equal(ledger_size(book->ledger), SIZE);
    ledger_lift(book->ledger, true);
    logbook_commit(book, 1);
    ledger_lift(book->ledger, false);
    assert_fault(logbook_add(book, 1), FAULT_NO_SPACE);
    ledger_release(book->ledger);
    logbook_commit(book, 1);
    assert_int_equal(ledger_size(book->ledger), SIZE + 2);
}

static void what_says_that_it_is_restored_is_read_strictly(void **state)
{
    struct logbook *book = *state;
    struct ledger_restored restored = restored_of(0);
    struct ledger_restored read = {.generation = 0};
    BUF_AUTO text;
    buf_init(&text, 4096);
    ledger_restored_put(&text, &restored);
    assert_ok(ledger_restored_get(buf_view(&text), &read));
    assert_memory_equal(&read, &restored, sizeof(read));
    for (size_t len = 0; len < text.len; len++) {
        assert_fault(ledger_restored_get(view_part(buf_view(&text), 0, len), &read), FAULT_CORRUPT);
    }
    buf_put_text(&text, "more\n");
    assert_fault(ledger_restored_get(buf_view(&text), &read), FAULT_CORRUPT);
    logbook_close(book);
    assert_ok(disk_replace(disk_system(), book->home_fd, LEDGER_RESTORED, "commit/new", DISK_PUBLIC,
                           VIEW_LITERAL("restored 1\n"), false));
    assert_fault(logbook_try_open(book), FAULT_CORRUPT);
    assert_non_null(strstr(book->place, LEDGER_RESTORED));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(it_ends_at_the_published_size_over_all_segments),
        TEST(it_ends_before_the_record_that_stops_it_and_only_behind_the_beginning),
        TEST(what_is_written_and_not_published_is_found_when_it_is_asked_for),
        TEST(damage_below_its_end_is_told_with_the_place),
        TEST(a_restored_log_takes_nothing_until_it_is_lifted_or_released),
        TEST(what_says_that_it_is_restored_is_read_strictly),
    };
    return cmocka_run_group_tests_name("ledger/extent", tests, NULL, NULL);
}
