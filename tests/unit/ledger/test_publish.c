/* The public files: what is there when, and that a reader never meets half of anything. */
#include "logbook.h"

#include "ledger/private.h"

static void assert_verifies(const struct logbook *book, uint64_t size)
{
    struct verify_report report;
    BUF_AUTO vkey;
    buf_init(&vkey, 200);
    logbook_vkey(book, &vkey);
    int fd = openat(book->home_fd, "ledger", O_RDONLY | O_DIRECTORY);
    struct outcome outcome = ledger_verify_tiles(fd, buf_view(&vkey), NULL, &report);
    close(fd);
    if (!outcome_ok(outcome)) {
        fail_msg("at size %llu: %s", (unsigned long long)size, report.why);
    }
    assert_true(report.entries == size);
}

static void the_files_are_those_of_the_specification_at_every_size_that_matters(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {1, 2, 255, 256, 257, 511, 512, 513, 600};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct logbook book;
        logbook_create(&book);
        assert_verifies(&book, 0);
        logbook_grow(&book, sizes[i], 31);
        logbook_publish(&book);
        assert_verifies(&book, sizes[i]);
        logbook_done(&book);
    }
}

/* One log that passes all of them, published at each. */
static void a_growing_log_verifies_at_every_publication(void **state)
{
    (void)state;
    struct logbook book;
    logbook_create(&book);
    for (uint64_t size = 1; size < 1100; size += size < 250 || size > 262 ? 17 : 1) {
        logbook_grow(&book, size, 17);
        logbook_publish(&book);
        assert_verifies(&book, size);
    }
    logbook_done(&book);
}

static void nothing_is_published_before_its_time_and_all_of_it_then(void **state)
{
    (void)state;
    struct logbook book;
    uint32_t wait_ms = 0;
    logbook_create(&book);
    logbook_commit(&book, 10);
    assert_ok(ledger_tick(book.ledger, &wait_ms));
    assert_int_equal(wait_ms, PUBLISH_EVERY_US / 1000);
    assert_verifies(&book, 0);
    book.now_us += PUBLISH_EVERY_US - 1000;
    assert_ok(ledger_tick(book.ledger, &wait_ms));
    assert_int_equal(wait_ms, 1);
    assert_verifies(&book, 0);
    book.now_us += 1000;
    assert_ok(ledger_tick(book.ledger, &wait_ms));
    assert_int_equal(wait_ms, LEDGER_PUBLISH_MS_MAX);
    assert_verifies(&book, 10);
    logbook_done(&book);
}

static unsigned count_files(const struct logbook *book, const char *folder)
{
    unsigned count = 0;
    size_t at = 0;
    BUF_AUTO names;
    buf_init(&names, 1 << 20);
    assert_ok(disk_list(disk_system(), book->home_fd, folder, &names));
    while (disk_next_name(&names, &at) != NULL) {
        count++;
    }
    return count;
}

static void older_partials_go_when_the_next_checkpoint_has_come(void **state)
{
    (void)state;
    struct logbook book;
    logbook_create(&book);
    logbook_grow(&book, 100, 50);
    logbook_publish(&book);
    assert_true(logbook_has(&book, "ledger/tile/0/000.p/100"));
    logbook_grow(&book, 200, 50);
    logbook_publish(&book);
    assert_int_equal(count_files(&book, "ledger/tile/0/000.p"), 1);
    assert_int_equal(count_files(&book, "ledger/tile/entries/000.p"), 1);
    assert_true(logbook_has(&book, "ledger/tile/0/000.p/200"));
    logbook_grow(&book, 300, 50);
    logbook_publish(&book);
    assert_false(logbook_has(&book, "ledger/tile/0/000.p"));
    assert_false(logbook_has(&book, "ledger/tile/entries/000.p"));
    assert_true(logbook_has(&book, "ledger/tile/0/000"));
    assert_true(logbook_has(&book, "ledger/tile/0/001.p/44"));
    assert_true(logbook_has(&book, "ledger/tile/1/000.p/1"));
    logbook_grow(&book, 512, 53);
    logbook_publish(&book);
    assert_false(logbook_has(&book, "ledger/tile/0/002.p")); /* width 0: no file */
    assert_true(logbook_has(&book, "ledger/tile/1/000.p/2"));
    logbook_done(&book);
}

static void public_files_can_be_read_by_others_and_the_rest_cannot(void **state)
{
    (void)state;
    struct logbook book;
    struct stat status;
    mode_t mask = umask(077);
    logbook_create(&book);
    logbook_grow(&book, 300, 50);
    logbook_close(&book);
    umask(mask);
    static const struct {
        const char *path;
        mode_t mode;
    } rows[] = {
        {"ledger", 0755},
        {"ledger/checkpoint", 0644},
        {"ledger/tile", 0755},
        {"ledger/tile/0", 0755},
        {"ledger/tile/0/000", 0644},
        {"ledger/tile/entries/001.p/44", 0644},
        {"commit", 0700},
        {"commit/0000000001.seg", 0600},
        {"commit/0000000001.key", 0600},
        {"derived", 0700},
        {"derived/snapshot-300", 0600},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(fstatat(book.home_fd, rows[i].path, &status, 0), 0);
        assert_int_equal(status.st_mode & 07777, rows[i].mode);
    }
    logbook_done(&book);
}

/* Tile 1000 is the first in a folder of its own. */
static void numbers_beyond_999_get_folders(void **state)
{
    (void)state;
    struct logbook book;
    logbook_create_sized(&book, 8u << 20);
    logbook_grow(&book, 256 * 1001 + 3, 256);
    logbook_publish(&book);
    assert_true(logbook_has(&book, "ledger/tile/0/999"));
    assert_true(logbook_has(&book, "ledger/tile/0/x001/000"));
    assert_true(logbook_has(&book, "ledger/tile/entries/x001/001.p/3"));
    assert_true(logbook_has(&book, "ledger/tile/1/003.p/233"));
    assert_true(logbook_has(&book, "ledger/tile/2/000.p/3"));
    assert_verifies(&book, 256 * 1001 + 3);
    logbook_close(&book);
    logbook_assert_good(&book, 256 * 1001 + 3);
    logbook_done(&book);
}

/* A tick never comes: what waits stays under its ceiling, and nothing is lost. */
static void files_that_nobody_writes_are_written_by_the_commits(void **state)
{
    (void)state;
    struct logbook book;
    logbook_create_sized(&book, 8u << 20);
    while (ledger_size(book.ledger) < 256u * 600) {
        logbook_commit(&book, 256);
        assert_true(book.ledger->publish.count <= PUBLISH_JOBS_MAX);
    }
    assert_true(book.ledger->publish.count > 100);
    logbook_close(&book);
    logbook_assert_good(&book, 256 * 600);
    logbook_done(&book);
}

/* To the moment when a snapshot of `size` waits for the keeper. */
static void capture(struct logbook *book, uint64_t size)
{
    uint64_t from = 0;
    uint64_t until = 0;
    uint32_t wait_ms = 0;
    logbook_grow(book, size, 20);
    book->now_us += SNAPSHOT_US_MAX;
    assert_ok(ledger_tick(book->ledger, &wait_ms));
    assert_int_equal(ledger_wish(book->ledger, &from, &until), LEDGER_WISH_SYNC);
    assert_true(until == size);
}

static void create_with_spare(struct logbook *book)
{
    uint64_t from = 0;
    uint64_t until = 0;
    logbook_create_sized(book, 1u << 20);
    book->owner_ballast = (size_t)3 * SNAPSHOT_PIECE_BYTES; /* several pieces */
    assert_int_equal(ledger_wish(book->ledger, &from, &until), LEDGER_WISH_SPARE);
    assert_ok(prepare_spare(&book->faulty.port, book->home_fd, book->config.segment_bytes));
    ledger_kept(book->ledger, LEDGER_WISH_SPARE, 0);
    assert_int_equal(ledger_wish(book->ledger, &from, &until), LEDGER_WISH_NONE);
}

static void a_snapshot_waits_until_the_keeper_has_synced_far_enough(void **state)
{
    (void)state;
    struct logbook book;
    uint64_t from = 0;
    uint64_t until = 0;
    uint32_t wait_ms = 0;
    create_with_spare(&book);
    capture(&book, 300);
    logbook_commit(&book, 1); /* the log goes on meanwhile */
    assert_ok(ledger_tick(book.ledger, &wait_ms));
    ledger_kept(book.ledger, LEDGER_WISH_SYNC, 299);
    assert_int_equal(ledger_wish(book.ledger, &from, &until), LEDGER_WISH_SYNC);
    assert_true(from == 299 && until == 300);
    assert_false(logbook_has(&book, "derived/snapshot-300"));
    ledger_kept(book.ledger, LEDGER_WISH_SYNC, 300);
    assert_ok(ledger_tick(book.ledger, &wait_ms));
    assert_true(logbook_has(&book, "derived/snapshot-300"));
    assert_int_equal(ledger_wish(book.ledger, &from, &until), LEDGER_WISH_NONE);
    logbook_crash(&book);
    logbook_open(&book);
    assert_true(book.owner_restored == 300 && book.recovery.replayed == 1);
    logbook_done(&book);
}

/* What the keeper is to sync now. */
static void assert_syncs(const struct logbook *book, enum ledger_wish wish, uint64_t want_from,
                         uint64_t want_until)
{
    uint64_t from = 0;
    uint64_t until = 0;
    assert_int_equal(ledger_wish(book->ledger, &from, &until), wish);
    assert_true(from == want_from && until == want_until);
}

static void tiles_are_synced_as_they_come_and_a_snapshot_finds_them_durable(void **state)
{
    (void)state;
    struct logbook book;
    uint64_t from = 0;
    uint64_t until = 0;
    uint32_t wait_ms = 0;
    create_with_spare(&book);
    logbook_grow(&book, SYNC_ENTRIES, 256);
    ledger_kept(book.ledger, LEDGER_WISH_SPARE, 0);
    logbook_publish(&book);
    assert_int_equal(ledger_wish(book.ledger, &from, &until), LEDGER_WISH_NONE);
    logbook_grow(&book, 2 * SYNC_ENTRIES, 256);
    logbook_commit(&book, 256);
    ledger_kept(book.ledger, LEDGER_WISH_SPARE, 0);
    assert_true(book.ledger->publish.count > 0); /* not all of them are written */
    assert_int_equal(ledger_wish(book.ledger, &from, &until), LEDGER_WISH_NONE);
    logbook_publish(&book);
    assert_syncs(&book, LEDGER_WISH_TILES, 0, SYNC_ENTRIES);
    assert_ok(sync_tiles(&book.faulty.port, book.home_fd, 0, SYNC_ENTRIES));
    book.now_us += SNAPSHOT_US_MAX; /* a snapshot begins while the keeper is at work */
    while (book.ledger->phase != SNAPSHOT_WAITS) {
        assert_ok(ledger_tick(book.ledger, &wait_ms));
    }
    ledger_kept(book.ledger, LEDGER_WISH_TILES, SYNC_ENTRIES);
    assert_syncs(&book, LEDGER_WISH_TILES, SYNC_ENTRIES, 2 * SYNC_ENTRIES);
    ledger_kept(book.ledger, LEDGER_WISH_TILES, 2 * SYNC_ENTRIES);
    assert_int_equal(book.ledger->phase, SNAPSHOT_WAITS); /* its file was not whole before */
    assert_syncs(&book, LEDGER_WISH_SYNC, 2 * SYNC_ENTRIES, 2 * SYNC_ENTRIES + 256);
    ledger_kept(book.ledger, LEDGER_WISH_SYNC, 2 * SYNC_ENTRIES + 256);
    assert_ok(ledger_tick(book.ledger, &wait_ms));
    assert_true(logbook_has(&book, "derived/snapshot-16640"));
    logbook_crash(&book);
    logbook_open(&book);
    assert_true(book.ledger->durable_size == 2 * SYNC_ENTRIES + 256);
    logbook_done(&book);
}

/* Each call fails in turn; how many of them may have lost something. */
static unsigned count_lost(struct logbook *book, uint64_t until, int sys)
{
    struct faulty *faulty = &book->faulty;
    unsigned lost = 0;
    faulty_arm(faulty, FAULTY_NONE, 0, 0);
    assert_ok(sync_derived(&faulty->port, book->home_fd, 0, until));
    uint64_t calls = faulty->calls;
    for (uint64_t at = 1; at <= calls; at++) {
        faulty_arm(faulty, FAULTY_ERROR, at, sys);
        struct outcome outcome = sync_derived(&faulty->port, book->home_fd, 0, until);
        assert_true(faulty->struck && !outcome_ok(outcome));
        lost += outcome.fault == FAULT_IO ? 1 : 0;
    }
    faulty_arm(faulty, FAULTY_NONE, 0, 0);
    return lost;
}

static void the_keeper_tells_whatever_fails_and_what_may_be_lost_whatever_the_reason(void **state)
{
    (void)state;
    struct logbook book;
    logbook_create_sized(&book, 8u << 20);
    logbook_grow(&book, 600, 200);
    logbook_close(&book); /* all is written, a snapshot too */
    uint64_t syncs = book.faulty.syncs;
    unsigned lost = count_lost(&book, 600, EIO);
    assert_true(lost > 4 * 2); /* two bundles, their hashes: out, synced; folders; snapshots */
    assert_true(book.faulty.syncs > syncs);
    assert_int_equal(count_lost(&book, 600, ENOSPC), lost);
    logbook_done(&book);
}

static void what_is_told_of_a_wish_is_itself_or_later_or_that_a_file_may_be_lost(void **state)
{
    (void)state;
    static const struct {
        enum ledger_wish wish;
        enum fault fault;
        enum ledger_wish said;
    } cases[] = {
        {LEDGER_WISH_TILES, FAULT_NONE, LEDGER_WISH_TILES},
        {LEDGER_WISH_TILES, FAULT_IO, LEDGER_WISH_LOST},
        {LEDGER_WISH_SYNC, FAULT_IO, LEDGER_WISH_LOST},
        {LEDGER_WISH_REST, FAULT_IO, LEDGER_WISH_LOST},
        {LEDGER_WISH_SYNC, FAULT_BUSY, LEDGER_WISH_NONE},
        {LEDGER_WISH_SPARE, FAULT_IO, LEDGER_WISH_NONE},
        {LEDGER_WISH_READ, FAULT_IO, LEDGER_WISH_NONE},
        {LEDGER_WISH_DESTROY, FAULT_IO, LEDGER_WISH_NONE},
    };
    struct logbook book;
    uint32_t wait_ms = 0;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct outcome outcome = {.fault = cases[i].fault};
        assert_int_equal(ledger_wish_said(cases[i].wish, outcome), cases[i].said);
    }
    create_with_spare(&book);
    logbook_commit(&book, 1);
    ledger_kept(book.ledger, LEDGER_WISH_LOST, 0);
    assert_fault(ledger_tick(book.ledger, &wait_ms), FAULT_IO);
    logbook_close(&book); /* names nothing over it */
    logbook_open(&book);
    assert_true(book.recovery.replayed == 1);
    logbook_done(&book);
}

/* Nothing of it stands under a name from which it would be taken. */
static void a_spare_that_did_not_come_to_the_disk_is_none(void **state)
{
    (void)state;
    struct logbook book;
    struct faulty *faulty = &book.faulty;
    uint64_t at = 0;
    logbook_create(&book);
    faulty_arm(faulty, FAULTY_NONE, 0, 0);
    assert_ok(prepare_spare(&faulty->port, book.home_fd, 2 * LOGBOOK_SEGMENT_BYTES));
    uint64_t calls = faulty->calls;
    for (at = 2; at <= calls - 4; at++) { /* after the look for one, before it has its name */
        assert_ok(disk_remove(disk_system(), book.home_fd, "commit/spare", false));
        faulty_arm(faulty, FAULTY_ERROR, at, EIO);
        assert_fault(prepare_spare(&faulty->port, book.home_fd, 2 * LOGBOOK_SEGMENT_BYTES),
                     FAULT_IO);
        assert_false(logbook_has(&book, "commit/spare"));
    }
    faulty_arm(faulty, FAULTY_NONE, 0, 0);
    logbook_done(&book);
}

static void the_last_two_snapshots_are_kept(void **state)
{
    (void)state;
    struct logbook book;
    uint32_t wait_ms = 0;
    create_with_spare(&book);
    for (unsigned round = 1; round <= 4; round++) {
        capture(&book, (uint64_t)20 * round);
        ledger_kept(book.ledger, LEDGER_WISH_SYNC, (uint64_t)20 * round);
        assert_ok(ledger_tick(book.ledger, &wait_ms));
        assert_int_equal(count_files(&book, "derived"), round < 2 ? round : 2);
    }
    assert_true(logbook_has(&book, "derived/snapshot-60"));
    assert_true(logbook_has(&book, "derived/snapshot-80"));
    logbook_done(&book);
}

static unsigned count_aside(const struct logbook *book)
{
    BUF_AUTO names;
    size_t at = 0;
    unsigned count = 0;
    buf_init(&names, 65536);
    assert_ok(disk_list(disk_system(), book->home_fd, "derived", &names));
    for (const char *name = disk_next_name(&names, &at); name != NULL;
         name = disk_next_name(&names, &at)) {
        count += strncmp(name, "aside-", 6) == 0;
    }
    return count;
}

static void the_keeper_makes_one_spare_and_leaves_a_good_one_alone(void **state)
{
    (void)state;
    struct logbook book;
    struct stat first;
    struct stat second;
    logbook_create(&book);
    assert_ok(keeper_prepare_spare(book.home_fd, LOGBOOK_SEGMENT_BYTES));
    assert_int_equal(fstatat(book.home_fd, "commit/spare", &first, 0), 0);
    assert_int_equal(first.st_size, LOGBOOK_SEGMENT_BYTES);
    assert_true((uint64_t)first.st_blocks * 512 >= LOGBOOK_SEGMENT_BYTES); /* really written */
    assert_ok(keeper_prepare_spare(book.home_fd, LOGBOOK_SEGMENT_BYTES));
    assert_int_equal(fstatat(book.home_fd, "commit/spare", &second, 0), 0);
    assert_true(first.st_ino == second.st_ino);
    assert_ok(keeper_prepare_spare(book.home_fd, 2 * LOGBOOK_SEGMENT_BYTES)); /* wrong size */
    assert_true(logbook_file_bytes(&book, "commit/spare") == 2 * LOGBOOK_SEGMENT_BYTES);
    assert_fault(keeper_sync_tiles(book.home_fd, 5, 4), FAULT_BAD_INPUT);
    assert_fault(keeper_sync_derived(book.home_fd, 5, 4), FAULT_BAD_INPUT);
    logbook_grow(&book, 600, 20);
    assert_ok(keeper_sync_tiles(book.home_fd, 0, 600));
    assert_fault(keeper_sync_tiles(book.home_fd, 0, 1000), FAULT_NOT_FOUND);
    logbook_done(&book);
}

static void what_is_put_aside_is_removed_by_the_keeper_and_nothing_else(void **state)
{
    (void)state;
    struct logbook book;
    struct random_port random = random_system();
    logbook_create(&book);
    logbook_grow(&book, 600, 20);
    for (unsigned i = 0; i < 3; i++) {
        int fd = openat(book.home_fd, i == 2 ? "derived/kept" : "derived/map-7",
                        O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        assert_true(fd >= 0);
        close(fd);
        if (i < 2) { /* the second takes nobody's place */
            assert_ok(ledger_put_aside(disk_system(), book.home_fd, "derived/map-7", &random));
            assert_false(logbook_has(&book, "derived/map-7"));
        }
    }
    assert_int_equal(count_aside(&book), 2);
    assert_ok(ledger_put_aside(disk_system(), book.home_fd, "derived/map-7", &random));
    assert_ok(keeper_sync_tiles(book.home_fd, 0, 600));
    assert_ok(keeper_remove_aside(book.home_fd));
    assert_int_equal(count_aside(&book), 0);
    assert_true(logbook_has(&book, "derived/kept"));
    logbook_done(&book);
}

/* The spare becomes the next segment; one of another size is not used. */
static void the_next_segment_is_the_keeper_s_spare(void **state)
{
    (void)state;
    struct logbook book;
    struct stat spare;
    struct stat segment;
    logbook_create(&book);
    assert_ok(keeper_prepare_spare(book.home_fd, LOGBOOK_SEGMENT_BYTES));
    ledger_kept(book.ledger, LEDGER_WISH_SPARE, 0);
    assert_int_equal(fstatat(book.home_fd, "commit/spare", &spare, 0), 0);
    logbook_grow(&book, 100, 20);
    assert_int_equal(fstatat(book.home_fd, "commit/0000000002.seg", &segment, 0), 0);
    assert_true(spare.st_ino == segment.st_ino);
    assert_false(logbook_has(&book, "commit/spare"));
    assert_ok(keeper_prepare_spare(book.home_fd, 2 * LOGBOOK_SEGMENT_BYTES));
    ledger_kept(book.ledger, LEDGER_WISH_SPARE, 0);
    logbook_grow(&book, 200, 20);
    assert_true(logbook_file_bytes(&book, "commit/0000000003.seg") == LOGBOOK_SEGMENT_BYTES);
    logbook_close(&book);
    logbook_assert_good(&book, 200);
    logbook_done(&book);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_files_are_those_of_the_specification_at_every_size_that_matters),
        cmocka_unit_test(a_growing_log_verifies_at_every_publication),
        cmocka_unit_test(nothing_is_published_before_its_time_and_all_of_it_then),
        cmocka_unit_test(older_partials_go_when_the_next_checkpoint_has_come),
        cmocka_unit_test(public_files_can_be_read_by_others_and_the_rest_cannot),
        cmocka_unit_test(numbers_beyond_999_get_folders),
        cmocka_unit_test(files_that_nobody_writes_are_written_by_the_commits),
        cmocka_unit_test(a_snapshot_waits_until_the_keeper_has_synced_far_enough),
        cmocka_unit_test(tiles_are_synced_as_they_come_and_a_snapshot_finds_them_durable),
        cmocka_unit_test(the_keeper_tells_whatever_fails_and_what_may_be_lost_whatever_the_reason),
        cmocka_unit_test(what_is_told_of_a_wish_is_itself_or_later_or_that_a_file_may_be_lost),
        cmocka_unit_test(a_spare_that_did_not_come_to_the_disk_is_none),
        cmocka_unit_test(the_last_two_snapshots_are_kept),
        cmocka_unit_test(the_keeper_makes_one_spare_and_leaves_a_good_one_alone),
        cmocka_unit_test(what_is_put_aside_is_removed_by_the_keeper_and_nothing_else),
        cmocka_unit_test(the_next_segment_is_the_keeper_s_spare),
    };
    return cmocka_run_group_tests_name("ledger/publish", tests, NULL, NULL);
}
