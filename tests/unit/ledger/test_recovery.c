/* What a start makes of every state that a crash or damage can leave. */
#include "logbook.h"

#include "ledger/private.h"

#define SEGMENT_ONE "commit/0000000001.seg"
#define SEGMENT_TWO "commit/0000000002.seg"

/* A crashed log: 40 entries are published and in a snapshot, then one record of 3 that is
 * published, then one of 4 that is not. Everything is in one segment. */
struct crashed {
    struct logbook book;
    uint64_t middle_from; /* the record of 3 */
    uint64_t last_from;   /* the record of 4 */
    uint64_t last_until;
};

static void make_crashed(struct crashed *crashed)
{
    struct logbook *book = &crashed->book;
    logbook_create(book);
    logbook_grow(book, 40, 10);
    logbook_close(book);
    logbook_open(book);
    logbook_commit(book, 3);
    crashed->middle_from = book->ledger->commit.tail.offset;
    logbook_publish(book);
    logbook_commit(book, 4);
    crashed->last_from = book->ledger->commit.tail.offset;
    crashed->last_until = book->ledger->commit.at.offset;
    assert_true(book->ledger->commit.at.segment == 1);
    logbook_crash(book);
}

static void a_killed_log_replays_what_came_after_its_snapshot(void **state)
{
    (void)state;
    struct crashed crashed;
    make_crashed(&crashed);
    logbook_open(&crashed.book);
    assert_true(crashed.book.owner_restored == 40);
    assert_true(crashed.book.recovery.replayed == 7);
    assert_false(crashed.book.recovery.tail_cut);
    logbook_close(&crashed.book);
    logbook_assert_good(&crashed.book, 47);
    logbook_done(&crashed.book);
}

static ino_t inode_of(const struct logbook *book, const char *file)
{
    struct stat status;
    assert_int_equal(fstatat(book->home_fd, file, &status, 0), 0);
    return status.st_ino;
}

/* Records that may stand only in the page cache are on disk before they are trusted. */
static void a_replayed_segment_is_written_anew_and_a_clean_one_is_not(void **state)
{
    (void)state;
    struct crashed crashed;
    make_crashed(&crashed);
    ino_t before = inode_of(&crashed.book, SEGMENT_ONE);
    int held = openat(crashed.book.home_fd, SEGMENT_ONE, O_RDONLY); /* keeps the number in use */
    logbook_open(&crashed.book);
    ino_t after = inode_of(&crashed.book, SEGMENT_ONE);
    assert_true(before != after);
    logbook_close(&crashed.book);
    logbook_open(&crashed.book);
    assert_true(inode_of(&crashed.book, SEGMENT_ONE) == after);
    close(held);
    logbook_done(&crashed.book);
}

/* Opens a clone whose last record is unfinished, and checks what is kept aside. */
static void assert_cut(const struct crashed *crashed, struct logbook *clone)
{
    char path[128];
    uint8_t kept[65536];
    uint8_t torn[65536];
    int fd = openat(clone->home_fd, SEGMENT_ONE, O_RDONLY);
    ssize_t torn_len =
        pread(fd, torn, crashed->last_until - crashed->last_from, (off_t)crashed->last_from);
    close(fd);
    logbook_open(clone);
    assert_true(clone->recovery.tail_cut);
    assert_true(ledger_size(clone->ledger) == 43);
    snprintf(path, sizeof(path), "commit/%s", clone->recovery.cut_file);
    fd = openat(clone->home_fd, path, O_RDONLY);
    assert_true(fd >= 0);
    ssize_t kept_len = read(fd, kept, sizeof(kept));
    close(fd);
    assert_true((uint64_t)kept_len == clone->recovery.cut_bytes && kept_len <= torn_len);
    assert_memory_equal(kept, torn, (size_t)kept_len);
    for (ssize_t i = kept_len; i < torn_len; i++) {
        assert_int_equal(torn[i], 0);
    }
    logbook_close(clone);
    logbook_assert_good(clone, 43);
}

static void a_tail_torn_at_any_sector_is_kept_aside_and_cut(void **state)
{
    (void)state;
    struct crashed crashed;
    make_crashed(&crashed);
    assert_true(crashed.last_until - crashed.last_from >= (uint64_t)4 * SECTOR_BYTES);
    for (uint64_t at = crashed.last_from; at < crashed.last_until; at += SECTOR_BYTES) {
        struct logbook clone;
        logbook_clone(&clone, &crashed.book);
        logbook_zero(&clone, SEGMENT_ONE, at, crashed.last_until);
        if (at == crashed.last_from) { /* nothing of it came */
            logbook_open(&clone);
            assert_false(clone.recovery.tail_cut);
            logbook_close(&clone);
            logbook_assert_good(&clone, 43);
        } else {
            assert_cut(&crashed, &clone);
        }
        logbook_done(&clone);
    }
    logbook_done(&crashed.book);
}

static void a_tail_with_any_sector_missing_is_kept_aside_and_cut(void **state)
{
    (void)state;
    struct crashed crashed;
    make_crashed(&crashed);
    for (uint64_t at = crashed.last_from; at < crashed.last_until; at += SECTOR_BYTES) {
        struct logbook clone;
        logbook_clone(&clone, &crashed.book);
        logbook_zero(&clone, SEGMENT_ONE, at, at + SECTOR_BYTES);
        assert_cut(&crashed, &clone);
        logbook_done(&clone);
    }
    logbook_done(&crashed.book);
}

/* It was whole once, so it may have been answered: not a torn record. */
static void a_byte_flipped_in_the_last_record_is_refused_with_its_place(void **state)
{
    (void)state;
    struct crashed crashed;
    struct logbook clone;
    char place[64];
    make_crashed(&crashed);
    logbook_clone(&clone, &crashed.book);
    snprintf(place, sizeof(place), SEGMENT_ONE " at offset %llu",
             (unsigned long long)crashed.last_from);
    for (uint64_t at = crashed.last_from; at < crashed.last_until; at += at % 512 < 70 ? 1 : 13) {
        logbook_flip(&clone, SEGMENT_ONE, at, (uint8_t)(1u << at % 8));
        logbook_assert_refused(&clone, place);
        logbook_flip(&clone, SEGMENT_ONE, at, (uint8_t)(1u << at % 8));
    }
    logbook_assert_good(&clone, 47);
    logbook_done(&clone);
    logbook_done(&crashed.book);
}

static void a_bad_record_with_a_good_one_behind_it_is_refused(void **state)
{
    (void)state;
    struct crashed crashed;
    struct logbook clone;
    char place[64];
    make_crashed(&crashed);
    logbook_clone(&clone, &crashed.book);
    snprintf(place, sizeof(place), SEGMENT_ONE " at offset %llu",
             (unsigned long long)crashed.middle_from);
    for (uint64_t at = crashed.middle_from; at < crashed.last_from; at += 41) {
        logbook_flip(&clone, SEGMENT_ONE, at, 0x10);
        logbook_assert_refused(&clone, place);
        logbook_flip(&clone, SEGMENT_ONE, at, 0x10);
    }
    for (uint64_t at = crashed.middle_from; at < crashed.last_from; at += SECTOR_BYTES) {
        struct logbook torn; /* a hole is not a torn tail either when a record follows */
        logbook_clone(&torn, &crashed.book);
        logbook_zero(&torn, SEGMENT_ONE, at, at + SECTOR_BYTES);
        logbook_assert_refused(&torn, place);
        logbook_zero(&torn, SEGMENT_ONE, crashed.middle_from, crashed.last_from);
        logbook_assert_refused(&torn, place);
        logbook_done(&torn);
    }
    logbook_done(&clone);
    logbook_done(&crashed.book);
}

static void bytes_in_the_unused_part_are_refused_or_kept_aside(void **state)
{
    (void)state;
    struct crashed crashed;
    struct logbook clone;
    make_crashed(&crashed);
    logbook_clone(&clone, &crashed.book);
    logbook_flip(&clone, SEGMENT_ONE, LOGBOOK_SEGMENT_BYTES - 1, 1);
    logbook_open(&clone); /* within the reach of a record whose start never came */
    assert_true(clone.recovery.tail_cut);
    logbook_close(&clone);
    logbook_assert_good(&clone, 47);
    logbook_zero(&clone, SEGMENT_ONE, crashed.last_from + SECTOR_BYTES, crashed.last_until);
    logbook_done(&clone);
    logbook_clone(&clone, &crashed.book);
    logbook_zero(&clone, SEGMENT_ONE, crashed.last_from + SECTOR_BYTES, crashed.last_until);
    logbook_flip(&clone, SEGMENT_ONE, LOGBOOK_SEGMENT_BYTES - 1, 1);
    logbook_assert_refused(&clone, "bad record with other bytes behind it");
    logbook_done(&clone);
    logbook_done(&crashed.book);
}

/* A record copied to the end, as an old block that comes back would be. */
static void a_record_out_of_its_place_is_refused(void **state)
{
    (void)state;
    struct crashed crashed;
    uint8_t bytes[65536];
    make_crashed(&crashed);
    size_t len = (size_t)(crashed.last_until - crashed.last_from);
    int fd = openat(crashed.book.home_fd, SEGMENT_ONE, O_RDONLY);
    assert_int_equal(pread(fd, bytes, len, (off_t)crashed.last_from), len);
    close(fd);
    logbook_patch(&crashed.book, SEGMENT_ONE, crashed.last_until, bytes, len);
    logbook_assert_refused(&crashed.book, "out of sequence");
    logbook_done(&crashed.book);
}

static void a_log_behind_its_published_checkpoint_is_refused(void **state)
{
    (void)state;
    struct crashed crashed;
    struct logbook clone;
    make_crashed(&crashed);
    logbook_clone(&clone, &crashed.book);
    logbook_zero(&clone, SEGMENT_ONE, crashed.middle_from, crashed.last_until);
    logbook_assert_refused(&clone, "ledger/checkpoint has size 43, but the commit log ends at 40");
    logbook_done(&clone);
    logbook_done(&crashed.book);
}

static void put_checkpoint(const struct logbook *book, uint64_t size, uint8_t root_byte)
{
    struct context context;
    struct checkpoint checkpoint = {.size = size};
    BUF_AUTO note;
    memset(checkpoint.root.bytes, root_byte, 32);
    buf_init(&note, NOTE_BYTES_MAX);
    assert_ok(context_init(&context, &book->config));
    assert_ok(checkpoint_sign(&context.note_key, context.signer, &checkpoint, &note));
    assert_ok(disk_replace(disk_system(), book->home_fd, PUBLIC_CHECKPOINT, PUBLIC_NEW, DISK_PUBLIC,
                           buf_view(&note), false));
    context_done(&context);
}

static void a_published_checkpoint_that_is_no_state_of_the_log_is_refused(void **state)
{
    (void)state;
    struct crashed crashed;
    struct logbook *book = &crashed.book;
    make_crashed(&crashed);
    put_checkpoint(book, 47, 1);
    logbook_assert_refused(book, "its root is not the log's at size 47");
    put_checkpoint(book, 43, 1);
    logbook_assert_refused(book, "its root is not the log's at size 43");
    put_checkpoint(book, 40, 1);
    logbook_assert_refused(book, "its root is not the log's at size 40");
    put_checkpoint(book, 44, 1);
    logbook_assert_refused(book, "no record of the log ends at its size 44");
    put_checkpoint(book, 48, 1);
    logbook_assert_refused(book, "but the commit log ends at 47");
    logbook_done(book);
}

static void a_missing_or_damaged_published_checkpoint_is_refused(void **state)
{
    (void)state;
    struct crashed crashed;
    struct logbook *book = &crashed.book;
    make_crashed(&crashed);
    uint64_t len = logbook_file_bytes(book, "ledger/checkpoint");
    for (uint64_t at = 0; at < len; at += 3) {
        logbook_flip(book, "ledger/checkpoint", at, 4);
        logbook_assert_refused(book, "ledger/checkpoint");
        logbook_flip(book, "ledger/checkpoint", at, 4);
    }
    assert_int_equal(unlinkat(book->home_fd, "ledger/checkpoint", 0), 0);
    logbook_assert_refused(book, "ledger/checkpoint is missing");
    logbook_done(book);
}

static void a_segment_that_was_not_begun_is_begun_again(void **state)
{
    static const off_t bytes[] = {0, LOGBOOK_SEGMENT_BYTES};
    (void)state;
    struct logbook book;
    logbook_create(&book);
    logbook_commit(&book, 5);
    logbook_close(&book);
    for (unsigned i = 0; i < 2; i++) {
        int fd = openat(book.home_fd, SEGMENT_TWO, O_RDWR | O_CREAT, 0600);
        assert_int_equal(ftruncate(fd, bytes[i]), 0);
        close(fd);
        fd = openat(book.home_fd, "commit/0000000002.key", O_RDWR | O_CREAT, 0600);
        close(fd);
        logbook_assert_good(&book, 5 + 3 * i);
        assert_false(logbook_has(&book, SEGMENT_TWO));
        assert_false(logbook_has(&book, "commit/0000000002.key"));
    }
    logbook_open(&book);
    logbook_grow(&book, 200, 10); /* the number is used after all */
    assert_true(logbook_has(&book, SEGMENT_TWO));
    logbook_done(&book);
}

static void a_segment_that_was_begun_and_has_no_record_is_gone_on_with(void **state)
{
    (void)state;
    struct logbook book;
    logbook_create(&book);
    logbook_commit(&book, 5);
    assert_ok(commit_begin_segment(&book.ledger->commit));
    logbook_crash(&book);
    logbook_assert_good(&book, 5);
    assert_true(logbook_has(&book, SEGMENT_TWO));
    logbook_done(&book);
}

static void tiles_above_the_log_and_halves_are_cleared(void **state)
{
    (void)state;
    static const char *const strays[] = {"ledger/tile/0/003",
                                         "ledger/tile/entries/002.p/9",
                                         "ledger/tile/0/001.p/7",
                                         "ledger/tile/1/000.p/2",
                                         "ledger/tile/0/x001/000",
                                         "ledger/new",
                                         "commit/new",
                                         "derived/new",
                                         "ledger/tile/0/000.p/12"};
    struct logbook book;
    logbook_create_sized(&book, 1u << 20);
    logbook_grow(&book, 300, 100);
    logbook_close(&book);
    for (size_t i = 0; i < sizeof(strays) / sizeof(strays[0]); i++) {
        char command[512];
        snprintf(command, sizeof(command), "mkdir -p $(dirname %s/%s) && echo x >%s/%s", book.path,
                 strays[i], book.path, strays[i]);
        assert_int_equal(system(command), 0);
    }
    logbook_assert_good(&book, 300);
    for (size_t i = 0; i < sizeof(strays) / sizeof(strays[0]); i++) {
        assert_false(logbook_has(&book, strays[i]));
    }
    logbook_done(&book);
}

static void lost_public_files_are_derived_again(void **state)
{
    (void)state;
    struct logbook book;
    char command[256];
    logbook_create_sized(&book, 1u << 20);
    logbook_grow(&book, 600, 100);
    logbook_publish(&book);
    logbook_crash(&book); /* no snapshot: nothing said that they were durable */
    snprintf(command, sizeof(command), "rm -r %s/ledger/tile/0 %s/ledger/tile/entries", book.path,
             book.path);
    assert_int_equal(system(command), 0);
    logbook_assert_good(&book, 600);
    logbook_done(&book);
}

static void what_is_derived_is_made_again_with_its_folder(void **state)
{
    (void)state;
    struct logbook book;
    char command[256];
    logbook_create_sized(&book, 1u << 20);
    logbook_grow(&book, 600, 100);
    logbook_close(&book);
    snprintf(command, sizeof(command), "rm -r %s/derived", book.path);
    assert_int_equal(system(command), 0);
    logbook_assert_good(&book, 600);
    assert_true(logbook_has(&book, "derived"));
    logbook_done(&book);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_killed_log_replays_what_came_after_its_snapshot),
        cmocka_unit_test(a_replayed_segment_is_written_anew_and_a_clean_one_is_not),
        cmocka_unit_test(a_tail_torn_at_any_sector_is_kept_aside_and_cut),
        cmocka_unit_test(a_tail_with_any_sector_missing_is_kept_aside_and_cut),
        cmocka_unit_test(a_byte_flipped_in_the_last_record_is_refused_with_its_place),
        cmocka_unit_test(a_bad_record_with_a_good_one_behind_it_is_refused),
        cmocka_unit_test(bytes_in_the_unused_part_are_refused_or_kept_aside),
        cmocka_unit_test(a_record_out_of_its_place_is_refused),
        cmocka_unit_test(a_log_behind_its_published_checkpoint_is_refused),
        cmocka_unit_test(a_published_checkpoint_that_is_no_state_of_the_log_is_refused),
        cmocka_unit_test(a_missing_or_damaged_published_checkpoint_is_refused),
        cmocka_unit_test(a_segment_that_was_not_begun_is_begun_again),
        cmocka_unit_test(a_segment_that_was_begun_and_has_no_record_is_gone_on_with),
        cmocka_unit_test(tiles_above_the_log_and_halves_are_cleared),
        cmocka_unit_test(lost_public_files_are_derived_again),
        cmocka_unit_test(what_is_derived_is_made_again_with_its_folder),
    };
    return cmocka_run_group_tests_name("ledger/recovery", tests, NULL, NULL);
}
