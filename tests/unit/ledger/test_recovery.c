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

/* Several segments, the last snapshot in the first of them. */
static void make_segments(struct logbook *book)
{
    logbook_create(book);
    logbook_grow(book, 20, 10);
    logbook_close(book);
    logbook_open(book);
    logbook_grow(book, 300, 10);
    assert_true(book->ledger->segments.count >= 4);
    logbook_publish(book);
    logbook_crash(book);
}

static void segments_are_replayed_one_after_the_other(void **state)
{
    (void)state;
    struct logbook book;
    make_segments(&book);
    logbook_open(&book);
    assert_true(book.recovery.replayed == 280);
    logbook_close(&book);
    logbook_assert_good(&book, 300);
    logbook_done(&book);
}

static void a_missing_segment_is_refused(void **state)
{
    (void)state;
    struct logbook book;
    struct logbook clone;
    make_segments(&book);
    logbook_clone(&clone, &book);
    assert_int_equal(unlinkat(clone.home_fd, SEGMENT_TWO, 0), 0);
    logbook_assert_refused(&clone, "commit");
    logbook_done(&clone);
    logbook_clone(&clone, &book);
    assert_int_equal(unlinkat(clone.home_fd, SEGMENT_ONE, 0), 0);
    logbook_assert_refused(&clone, "where the snapshot of size 20 ends, is missing");
    logbook_done(&clone);
    logbook_done(&book);
}

static void a_missing_last_segment_is_refused(void **state)
{
    (void)state;
    struct logbook book;
    char last[64] = "";
    make_segments(&book);
    for (unsigned number = 1; number < 100; number++) {
        char name[64];
        snprintf(name, sizeof(name), "commit/%010u.seg", number);
        if (logbook_has(&book, name)) {
            memcpy(last, name, sizeof(last));
        }
    }
    assert_int_equal(unlinkat(book.home_fd, last, 0), 0);
    logbook_assert_refused(&book, "but the commit log ends at");
    logbook_done(&book);
}

static void a_segment_cut_short_or_with_a_bad_header_is_refused(void **state)
{
    (void)state;
    struct logbook book;
    struct logbook clone;
    make_segments(&book);
    for (uint64_t at = 0; at < SECTOR_BYTES; at += 5) {
        logbook_flip(&book, SEGMENT_TWO, at, 2);
        logbook_assert_refused(&book, SEGMENT_TWO " at offset 0");
        logbook_flip(&book, SEGMENT_TWO, at, 2);
    }
    logbook_clone(&clone, &book);
    int fd = openat(clone.home_fd, SEGMENT_TWO, O_RDWR);
    assert_int_equal(ftruncate(fd, 30000), 0);
    close(fd);
    logbook_assert_refused(&clone, "segment's length is not what its header says");
    logbook_done(&clone);
    logbook_done(&book);
}

/* The end of an earlier segment: what is lost there is seen by the next one's header. */
static void records_missing_at_the_end_of_an_earlier_segment_are_refused(void **state)
{
    (void)state;
    struct logbook book;
    struct scan scan;
    struct scan_record record;
    struct context context;
    enum scan_found found = SCAN_RECORD;
    char why[SCAN_WHY_BYTES];
    uint64_t last_from = 0;
    uint64_t last_until = 0;
    make_segments(&book);
    assert_ok(context_init(&context, &book.config));
    assert_ok(scan_open(&scan, &context, 2, why));
    while (found == SCAN_RECORD) {
        assert_ok(scan_next(&scan, &found, &record, NULL, why));
        last_from = found == SCAN_RECORD ? record.offset : last_from;
    }
    last_until = scan.at.offset;
    scan_close(&scan);
    context_done(&context);
    logbook_zero(&book, SEGMENT_TWO, last_until - SECTOR_BYTES, last_until);
    logbook_assert_refused(&book, "unfinished record in a segment that another one follows");
    logbook_zero(&book, SEGMENT_TWO, last_from, last_until);
    logbook_assert_refused(&book, "does not follow on the one before it");
    logbook_done(&book);
}

static void a_missing_or_damaged_key_of_a_segment_to_replay_is_refused(void **state)
{
    (void)state;
    struct logbook book;
    make_segments(&book);
    uint64_t len = logbook_file_bytes(&book, "commit/0000000002.key");
    for (uint64_t at = 0; at < len; at += 3) {
        logbook_flip(&book, "commit/0000000002.key", at, 8);
        logbook_assert_refused(&book, "commit/0000000002.key");
        logbook_flip(&book, "commit/0000000002.key", at, 8);
    }
    assert_int_equal(
        renameat(book.home_fd, "commit/0000000001.key", book.home_fd, "commit/0000000002.key"),
        0); /* another segment's key is not this one's */
    logbook_assert_refused(&book, "commit/0000000001.key is missing");
    logbook_done(&book);
}

static void other_keys_open_nothing(void **state)
{
    (void)state;
    struct logbook book;
    make_segments(&book);
    book.wrap_key.bytes[0] ^= 1;
    logbook_assert_refused(&book, "commit/0000000001.key");
    book.wrap_key.bytes[0] ^= 1;
    book.sign_key.bytes[0] ^= 1;
    logbook_assert_refused(&book, "ledger/checkpoint");
    book.sign_key.bytes[0] ^= 1;
    logbook_assert_good(&book, 300);
    logbook_done(&book);
}

static void a_segment_that_was_not_begun_is_begun_again(void **state)
{
    (void)state;
    struct logbook book;
    logbook_create(&book);
    logbook_commit(&book, 5);
    logbook_close(&book);
    int fd = openat(book.home_fd, SEGMENT_TWO, O_RDWR | O_CREAT, 0600);
    assert_int_equal(ftruncate(fd, LOGBOOK_SEGMENT_BYTES), 0);
    close(fd);
    fd = openat(book.home_fd, "commit/0000000002.key", O_RDWR | O_CREAT, 0600);
    close(fd);
    logbook_assert_good(&book, 5);
    assert_false(logbook_has(&book, SEGMENT_TWO));
    assert_false(logbook_has(&book, "commit/0000000002.key"));
    logbook_open(&book);
    logbook_grow(&book, 200, 10); /* the number is used after all */
    assert_true(logbook_has(&book, SEGMENT_TWO));
    logbook_done(&book);
}

static void find_snapshots(const struct logbook *book, char newest[64], char older[64])
{
    struct context context;
    uint64_t sizes[8];
    unsigned count = 0;
    assert_ok(context_init(&context, &book->config));
    assert_ok(snapshot_list(&context, sizes, 8, &count));
    assert_int_equal(count, 2);
    snprintf(newest, 64, "derived/snapshot-%llu", (unsigned long long)sizes[0]);
    snprintf(older, 64, "derived/snapshot-%llu", (unsigned long long)sizes[1]);
    context_done(&context);
}

/* 30 entries, a snapshot, 30 more, a snapshot, 5 more, a crash. */
static void make_snapshots(struct logbook *book)
{
    logbook_create(book);
    for (unsigned round = 0; round < 2; round++) {
        logbook_grow(book, 30 * (round + 1), 10);
        logbook_close(book);
        logbook_open(book);
    }
    logbook_commit(book, 5);
    logbook_crash(book);
}

static void a_damaged_snapshot_costs_a_longer_replay(void **state)
{
    (void)state;
    struct logbook book;
    char newest[64];
    char older[64];
    make_snapshots(&book);
    find_snapshots(&book, newest, older);
    uint64_t len = logbook_file_bytes(&book, newest);
    for (uint64_t at = 0; at < len; at += at < 600 ? 37 : 401) {
        struct logbook clone;
        logbook_clone(&clone, &book);
        logbook_flip(&clone, newest, at, 1);
        logbook_open(&clone);
        assert_true(clone.owner_restored == 30 && clone.recovery.replayed == 35);
        logbook_close(&clone);
        logbook_assert_good(&clone, 65);
        logbook_done(&clone);
    }
    struct logbook clone;
    logbook_clone(&clone, &book);
    logbook_flip(&clone, newest, len - 1, 1);
    logbook_flip(&clone, older, 700, 1);
    logbook_open(&clone);
    assert_true(clone.owner_restored == 0 && clone.recovery.replayed == 65);
    logbook_close(&clone);
    logbook_assert_good(&clone, 65);
    logbook_done(&clone);
    logbook_done(&book);
}

static void a_snapshot_cut_short_renamed_or_grown_is_not_used(void **state)
{
    (void)state;
    struct logbook book;
    struct logbook clone;
    char newest[64];
    char older[64];
    make_snapshots(&book);
    find_snapshots(&book, newest, older);
    for (unsigned way = 0; way < 3; way++) {
        logbook_clone(&clone, &book);
        int fd = openat(clone.home_fd, newest, O_RDWR);
        off_t len = (off_t)logbook_file_bytes(&clone, newest);
        if (way == 0) {
            assert_int_equal(ftruncate(fd, len - 1), 0);
        } else if (way == 1) {
            assert_int_equal(ftruncate(fd, len + 1), 0);
        } else { /* the older one under the name of the newer */
            assert_int_equal(renameat(clone.home_fd, older, clone.home_fd, newest), 0);
        }
        close(fd);
        logbook_open(&clone);
        assert_true(clone.owner_restored == (way == 2 ? 0 : 30));
        logbook_close(&clone);
        logbook_assert_good(&clone, 65);
        logbook_done(&clone);
    }
    logbook_done(&book);
}

static struct outcome refuse_restore(void *context, struct view blob)
{
    struct logbook *book = context;
    return blob.len > 0 ? outcome_fail(FAULT_BAD_INPUT, "another version")
                        : logbook_restore(book, blob);
}

static void a_state_that_its_owner_does_not_take_is_replayed_from_the_start(void **state)
{
    (void)state;
    struct logbook book;
    make_snapshots(&book);
    struct ledger_owner owner = logbook_owner(&book);
    owner.restore = refuse_restore;
    assert_ok(ledger_open(&book.config, &owner, &book.ledger, &book.recovery, book.place));
    assert_true(book.recovery.replayed == 65 && book.owner_size == 65);
    logbook_close(&book);
    logbook_assert_good(&book, 65);
    logbook_done(&book);
}

static struct outcome refuse_replay(void *context, uint64_t index, const struct ledger_item *item)
{
    (void)context;
    (void)item;
    return index == 62 ? outcome_fail(FAULT_CORRUPT, "cannot be") : OUTCOME_OK;
}

static void an_item_that_its_owner_does_not_take_is_named(void **state)
{
    (void)state;
    struct logbook book;
    make_snapshots(&book);
    struct ledger_owner owner = logbook_owner(&book);
    owner.replay = refuse_replay;
    assert_fault(ledger_open(&book.config, &owner, &book.ledger, &book.recovery, book.place),
                 FAULT_CORRUPT);
    assert_non_null(strstr(book.place, "entry 62: cannot be"));
    logbook_done(&book);
}

/* commit/ put back to an older state, while snapshots and checkpoint are newer. */
static void a_commit_log_put_back_to_an_older_state_is_refused(void **state)
{
    (void)state;
    struct logbook book;
    struct logbook old;
    char command[512];
    logbook_create(&book);
    logbook_grow(&book, 30, 10);
    logbook_close(&book);
    logbook_clone(&old, &book);
    logbook_open(&book);
    logbook_grow(&book, 60, 10);
    logbook_close(&book);
    snprintf(command, sizeof(command), "cp -a %s/commit/. %s/commit", old.path, book.path);
    assert_int_equal(system(command), 0);
    logbook_assert_refused(&book, "not the record that the snapshot of size 60 ends with");
    logbook_done(&old);
    logbook_done(&book);
}

static void an_empty_or_foreign_folder_is_no_log(void **state)
{
    (void)state;
    struct logbook book;
    logbook_init(&book);
    assert_fault(logbook_try_open(&book), FAULT_NOT_FOUND);
    assert_true(strlen(book.place) > 0);
    logbook_done(&book);
    logbook_create(&book);
    logbook_close(&book);
    assert_int_equal(unlinkat(book.home_fd, SEGMENT_ONE, 0), 0);
    logbook_assert_refused(&book, "commit: there is no segment");
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
        cmocka_unit_test(segments_are_replayed_one_after_the_other),
        cmocka_unit_test(a_missing_segment_is_refused),
        cmocka_unit_test(a_missing_last_segment_is_refused),
        cmocka_unit_test(a_segment_cut_short_or_with_a_bad_header_is_refused),
        cmocka_unit_test(records_missing_at_the_end_of_an_earlier_segment_are_refused),
        cmocka_unit_test(a_missing_or_damaged_key_of_a_segment_to_replay_is_refused),
        cmocka_unit_test(other_keys_open_nothing),
        cmocka_unit_test(a_segment_that_was_not_begun_is_begun_again),
        cmocka_unit_test(a_damaged_snapshot_costs_a_longer_replay),
        cmocka_unit_test(a_snapshot_cut_short_renamed_or_grown_is_not_used),
        cmocka_unit_test(a_state_that_its_owner_does_not_take_is_replayed_from_the_start),
        cmocka_unit_test(an_item_that_its_owner_does_not_take_is_named),
        cmocka_unit_test(a_commit_log_put_back_to_an_older_state_is_refused),
        cmocka_unit_test(an_empty_or_foreign_folder_is_no_log),
        cmocka_unit_test(tiles_above_the_log_and_halves_are_cleared),
        cmocka_unit_test(lost_public_files_are_derived_again),
    };
    return cmocka_run_group_tests_name("ledger/recovery", tests, NULL, NULL);
}
