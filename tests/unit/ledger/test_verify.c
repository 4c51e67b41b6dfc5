/* Verification finds every kind of damage, and names its place. */
#include "logbook.h"

#include "ledger/private.h"

#define SEGMENT_ONE "commit/0000000001.seg"

/* A closed log of 530 entries in segments of 64 kB, with two snapshots and a spare. */
static void make_log(struct logbook *book)
{
    logbook_create(book);
    logbook_grow(book, 300, 30);
    logbook_publish(book);
    logbook_close(book);
    logbook_open(book);
    logbook_grow(book, 530, 30);
    logbook_close(book);
    assert_ok(prepare_spare(&book->faulty.port, book->home_fd, book->config.segment_bytes));
}

static void assert_good(const struct logbook *book)
{
    struct verify_report report;
    struct outcome outcome = ledger_verify_home(&book->config, NULL, &report);
    if (!outcome_ok(outcome)) {
        fail_msg("%s", report.why);
    }
    assert_string_equal(report.why, "");
}

/* That it is found, and that the reason names `place`. */
static void assert_found(const struct logbook *book, const char *place)
{
    struct verify_report report;
    struct outcome outcome = ledger_verify_home(&book->config, NULL, &report);
    if (outcome_ok(outcome) || strstr(report.why, place) == NULL) {
        fail_msg("%s: \"%s\", not at \"%s\"", outcome_word(outcome.fault), report.why, place);
    }
}

static void a_whole_log_is_good_and_counted(void **state)
{
    (void)state;
    struct logbook book;
    struct verify_report report;
    make_log(&book);
    assert_ok(ledger_verify_home(&book.config, NULL, &report));
    assert_true(report.entries == 530 && report.recorded == 530);
    assert_true(report.segments >= 5 && report.records == 10 + 8);
    assert_true(report.signatures >= report.records); /* all of them, and the last once more */
    assert_true(report.tiles == 3 + 3 + 1 && report.ahead == 0);
    logbook_done(&book);
}

static void watch(void *context, const char *what, uint64_t done, uint64_t total)
{
    uint64_t *calls = context;
    assert_true(done <= total && strlen(what) > 0);
    (*calls)++;
}

static void progress_is_told(void **state)
{
    (void)state;
    struct logbook book;
    struct verify_report report;
    uint64_t calls = 0;
    struct verify_watch told = {.context = &calls, .progress = watch};
    make_log(&book);
    assert_ok(ledger_verify_home(&book.config, &told, &report));
    assert_true(calls >= 2);
    logbook_done(&book);
}

/* Every file of the home, flipped byte by byte (in long files: where things are, and here and
 * there); the place named is the file, or the record of it that the byte stands in. */
static void flip_through(struct logbook *book, const char *file, const char *place,
                         uint64_t step_first, uint64_t step)
{
    uint64_t len = logbook_file_bytes(book, file);
    for (uint64_t at = 0; at < len; at += at < 1200 ? step_first : step) {
        uint8_t mask = (uint8_t)(1u << (at * 5 % 8));
        logbook_flip(book, file, at, mask);
        assert_found(book, place);
        logbook_flip(book, file, at, mask);
    }
    assert_good(book);
}

static void a_flipped_byte_of_the_commit_log_is_found(void **state)
{
    (void)state;
    struct logbook book;
    make_log(&book);
    flip_through(&book, SEGMENT_ONE, SEGMENT_ONE, 7, 397);
    flip_through(&book, "commit/0000000003.seg", "commit/0000000003.seg", 101, 1009);
    logbook_done(&book);
}

static void a_flipped_byte_of_a_key_is_found(void **state)
{
    (void)state;
    struct logbook book;
    make_log(&book);
    flip_through(&book, "commit/0000000002.key", "commit/0000000002.key", 1, 1);
    logbook_done(&book);
}

static void a_flipped_byte_of_a_snapshot_is_found(void **state)
{
    (void)state;
    struct logbook book;
    make_log(&book);
    flip_through(&book, "derived/snapshot-300", "derived/snapshot-300", 11, 503);
    flip_through(&book, "derived/snapshot-530", "derived/snapshot-530", 11, 503);
    logbook_done(&book);
}

static void a_flipped_byte_of_the_checkpoint_is_found(void **state)
{
    (void)state;
    struct logbook book;
    make_log(&book);
    flip_through(&book, "ledger/checkpoint", "checkpoint", 1, 1);
    logbook_done(&book);
}

static void a_flipped_byte_of_a_tile_is_found(void **state)
{
    (void)state;
    struct logbook book;
    make_log(&book);
    flip_through(&book, "ledger/tile/0/000", "tile/0/000", 31, 401);
    flip_through(&book, "ledger/tile/0/002.p/18", "tile/0/002.p/18", 31, 1);
    flip_through(&book, "ledger/tile/1/000.p/2", "tile/1/000.p/2", 1, 1);
    logbook_done(&book);
}

/* What an entry says is first seen by the tile over it, or by the bundle's own form. */
static void a_flipped_byte_of_a_bundle_is_found(void **state)
{
    (void)state;
    struct logbook book;
    make_log(&book);
    flip_through(&book, "ledger/tile/entries/001", "001", 17, 811);
    flip_through(&book, "ledger/tile/entries/002.p/18", "002.p/18", 7, 29);
    logbook_done(&book);
}

static void a_flipped_byte_of_the_spare_is_found(void **state)
{
    (void)state;
    struct logbook book;
    make_log(&book);
    flip_through(&book, "commit/spare", "commit/spare", 1199, 9001);
    logbook_done(&book);
}

static void missing_files_are_named(void **state)
{
    (void)state;
    static const char *const files[][2] = {
        {"ledger/tile/0/001", "tile/0/001 is missing"},
        {"ledger/tile/1/000.p/2", "tile/1/000.p/2 is missing"},
        {"ledger/tile/entries/000", "tile/entries/000 is missing"},
        {"ledger/checkpoint", "checkpoint is missing"},
        {"commit/0000000002.key", "commit/0000000002.key"},
        {"commit/0000000002.seg", "commit"},
        {"commit/0000000001.seg", "first segments are not there"},
        {"commit/lock", "commit/lock"},
    };
    struct logbook book;
    make_log(&book);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        assert_int_equal(renameat(book.home_fd, files[i][0], book.home_fd, "aside"), 0);
        assert_found(&book, files[i][1]);
        assert_int_equal(renameat(book.home_fd, "aside", book.home_fd, files[i][0]), 0);
    }
    assert_good(&book);
    logbook_done(&book);
}

static void put(const struct logbook *book, const char *file, const char *bytes, size_t len)
{
    int fd = openat(book->home_fd, file, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), len);
    close(fd);
}

static void files_that_are_not_implied_are_named(void **state)
{
    (void)state;
    static const char *const files[] = {
        "tile/0/003", "tile/0/002", "tile/entries/002.p/19", "tile/2/000.p/1",
        "tile/0/abc", "tile/0/00x", "tile/0/002.p/018",      "tile/1/000.p/257"};
    struct logbook book;
    make_log(&book);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        char path[64];
        snprintf(path, sizeof(path), "ledger/%s", files[i]);
        (void)mkdirat(book.home_fd, "ledger/tile/2", 0755);
        (void)mkdirat(book.home_fd, "ledger/tile/2/000.p", 0755);
        put(&book, path, "x", 1);
        assert_found(&book, files[i]);
        assert_int_equal(unlinkat(book.home_fd, path, 0), 0);
    }
    assert_good(&book);
    logbook_done(&book);
}

static void an_older_partial_must_be_the_beginning_of_what_replaced_it(void **state)
{
    (void)state;
    struct logbook book;
    uint8_t tile[8192];
    make_log(&book);
    int fd = openat(book.home_fd, "ledger/tile/0/000", O_RDONLY);
    assert_int_equal(read(fd, tile, sizeof(tile)), sizeof(tile));
    close(fd);
    assert_int_equal(mkdirat(book.home_fd, "ledger/tile/0/000.p", 0755), 0);
    put(&book, "ledger/tile/0/000.p/5", (const char *)tile, 5 * 32);
    assert_good(&book);
    put(&book, "ledger/tile/0/000.p/5", (const char *)tile, 4 * 32);
    assert_found(&book, "tile/0/000.p/5 is not the beginning of tile/0/000");
    put(&book, "ledger/tile/0/000.p/5", (const char *)tile, 256 * 32);
    assert_found(&book, "tile/0/000.p/5 is not the beginning of tile/0/000");
    tile[100] ^= 1;
    put(&book, "ledger/tile/0/000.p/5", (const char *)tile, 5 * 32);
    assert_found(&book, "tile/0/000.p/5 is not the beginning of tile/0/000");
    logbook_done(&book);
}

static void lengths_are_looked_at(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        off_t by;
        const char *place;
    } rows[] = {
        {"ledger/tile/0/000", 1, "tile/0/000 has 8193 bytes, not 8192"},
        {"ledger/tile/0/000", -1, "tile/0/000 has 8191 bytes, not 8192"},
        {"ledger/tile/entries/000", 1, "tile/entries/000 has 1 bytes behind its last entry"},
        {"ledger/tile/entries/000", -1, "tile/entries/000 ends within entry 255"},
        {"ledger/tile/entries/002.p/18", -1, "tile/entries/002.p/18 ends within entry 529"},
        {"ledger/checkpoint", -1, "checkpoint"},
        {"commit/0000000001.seg", 512, "commit/0000000001.seg"},
        {"derived/snapshot-530", 1, "derived/snapshot-530"},
        {"commit/0000000001.key", 1, "commit/0000000001.key"},
    };
    struct logbook book;
    make_log(&book);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct logbook clone;
        logbook_clone(&clone, &book);
        int fd = openat(clone.home_fd, rows[i].file, O_RDWR);
        off_t len = (off_t)logbook_file_bytes(&clone, rows[i].file);
        assert_int_equal(ftruncate(fd, len + rows[i].by), 0);
        close(fd);
        assert_found(&clone, rows[i].place);
        logbook_done(&clone);
    }
    logbook_done(&book);
}

/* A public side that is whole, signed, and not this commit log's. */
static void two_sides_that_do_not_agree_are_found(void **state)
{
    (void)state;
    struct logbook book;
    struct logbook other;
    char command[512];
    make_log(&book);
    logbook_create(&other);
    struct ledger_item item = {VIEW_LITERAL("another entry"), VIEW_LITERAL("o")};
    uint64_t index = 0;
    assert_ok(ledger_add(other.ledger, &item, &index));
    assert_ok(ledger_commit(other.ledger));
    other.owner_size = 1;
    logbook_grow(&other, 300, 30);
    logbook_close(&other);
    snprintf(command, sizeof(command), "rm -r %s/ledger && cp -a %s/ledger %s/ledger", book.path,
             other.path, book.path);
    assert_int_equal(system(command), 0);
    assert_found(&book, "the first 300 entries of the commit log are not the published ones");
    logbook_done(&other);
    logbook_done(&book);
}

static void an_unfinished_record_is_told_unless_a_server_runs(void **state)
{
    (void)state;
    struct logbook book;
    struct logbook clone;
    struct verify_report report;
    make_log(&book);
    logbook_open(&book);
    logbook_commit(&book, 5);
    uint64_t from = book.ledger->commit.tail.offset;
    uint64_t until = book.ledger->commit.at.offset;
    char segment[64];
    snprintf(segment, sizeof(segment), "commit/%010llu.seg",
             (unsigned long long)book.ledger->commit.at.segment);
    assert_ok(ledger_verify_home(&book.config, NULL, &report)); /* while it is open */
    assert_true(report.entries == 530 && report.recorded == 535);
    logbook_crash(&book);
    logbook_clone(&clone, &book);
    logbook_zero(&clone, segment, from + SECTOR_BYTES, until);
    assert_found(&clone, "unfinished record");
    int lock = openat(clone.home_fd, "commit/lock", O_RDWR);
    assert_ok(disk_lock(disk_system(), lock, false));
    assert_ok(ledger_verify_home(&clone.config, NULL, &report));
    close(lock);
    logbook_done(&clone);
    logbook_done(&book);
}

/* A reader meets a publication on its way. */
static void files_ahead_of_the_checkpoint_are_counted_where_a_writer_may_be(void **state)
{
    (void)state;
    struct logbook book;
    struct verify_report report;
    BUF_AUTO vkey;
    make_log(&book);
    buf_init(&vkey, 200);
    logbook_vkey(&book, &vkey);
    put(&book, "ledger/tile/0/002", "x", 1);
    assert_found(&book, "tile/0/002 is beyond the checkpoint's tree");
    int fd = openat(book.home_fd, "ledger", O_RDONLY | O_DIRECTORY);
    assert_ok(ledger_verify_tiles(fd, buf_view(&vkey), NULL, &report));
    assert_true(report.ahead == 1);
    close(fd);
    logbook_done(&book);
}

static void another_verifier_key_is_not_satisfied(void **state)
{
    (void)state;
    struct logbook book;
    struct verify_report report;
    make_log(&book);
    int fd = openat(book.home_fd, "ledger", O_RDONLY | O_DIRECTORY);
    assert_fault(ledger_verify_tiles(fd,
                                     VIEW_LITERAL("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZC"
                                                  "bV54Id2LKaANYcrnKv3U2k"),
                                     NULL, &report),
                 FAULT_CORRUPT);
    assert_non_null(strstr(report.why, "not signed by the log's key"));
    assert_fault(ledger_verify_tiles(fd, VIEW_LITERAL("nonsense"), NULL, &report), FAULT_BAD_INPUT);
    assert_true(strlen(report.why) > 0);
    close(fd);
    logbook_done(&book);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_log_is_good_and_counted),
        cmocka_unit_test(progress_is_told),
        cmocka_unit_test(a_flipped_byte_of_the_commit_log_is_found),
        cmocka_unit_test(a_flipped_byte_of_a_key_is_found),
        cmocka_unit_test(a_flipped_byte_of_a_snapshot_is_found),
        cmocka_unit_test(a_flipped_byte_of_the_checkpoint_is_found),
        cmocka_unit_test(a_flipped_byte_of_a_tile_is_found),
        cmocka_unit_test(a_flipped_byte_of_a_bundle_is_found),
        cmocka_unit_test(a_flipped_byte_of_the_spare_is_found),
        cmocka_unit_test(missing_files_are_named),
        cmocka_unit_test(files_that_are_not_implied_are_named),
        cmocka_unit_test(an_older_partial_must_be_the_beginning_of_what_replaced_it),
        cmocka_unit_test(lengths_are_looked_at),
        cmocka_unit_test(two_sides_that_do_not_agree_are_found),
        cmocka_unit_test(an_unfinished_record_is_told_unless_a_server_runs),
        cmocka_unit_test(files_ahead_of_the_checkpoint_are_counted_where_a_writer_may_be),
        cmocka_unit_test(another_verifier_key_is_not_satisfied),
    };
    return cmocka_run_group_tests_name("ledger/verify", tests, NULL, NULL);
}
