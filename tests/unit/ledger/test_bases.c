/* What a start builds on: segments one after the other, their keys, snapshots; and what it refuses
 * to build on. */
#include "logbook.h"

#include "ledger/private.h"

#define SEGMENT_ONE "commit/0000000001.seg"
#define SEGMENT_TWO "commit/0000000002.seg"

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
    logbook_assert_refused(&clone, "the log's first segments are not there");
    logbook_done(&clone);
    logbook_done(&book);
}

static void without_a_snapshot_the_first_segment_has_to_be_there(void **state)
{
    (void)state;
    struct logbook book;
    char command[256];
    make_segments(&book);
    snprintf(command, sizeof(command), "rm %s/derived/snapshot-* %s/" SEGMENT_ONE, book.path,
             book.path);
    assert_int_equal(system(command), 0);
    logbook_assert_refused(&book, "the log's first segments are not there");
    logbook_done(&book);
}

/* A last segment of zeros is one that was not begun; the first one was, when the log was made. */
static void a_first_segment_of_zeros_is_refused(void **state)
{
    (void)state;
    struct logbook book;
    logbook_create(&book);
    logbook_commit(&book, 5);
    logbook_crash(&book);
    logbook_zero(&book, SEGMENT_ONE, 0, LOGBOOK_SEGMENT_BYTES);
    logbook_assert_refused(&book, SEGMENT_ONE " at offset 0");
    assert_true(logbook_has(&book, SEGMENT_ONE));
    logbook_done(&book);
}

/* The public folder put back to an older state: what it says is below what the snapshot knows. */
static void a_published_checkpoint_older_than_the_snapshot_is_published_anew(void **state)
{
    (void)state;
    struct logbook book;
    uint8_t older[NOTE_BYTES_MAX];
    logbook_create(&book);
    logbook_grow(&book, 20, 10);
    logbook_close(&book);
    int fd = openat(book.home_fd, "ledger/checkpoint", O_RDONLY);
    ssize_t len = read(fd, older, sizeof(older));
    close(fd);
    assert_true(len > 0);
    logbook_open(&book);
    logbook_grow(&book, 40, 10);
    logbook_close(&book);
    fd = openat(book.home_fd, "ledger/checkpoint", O_WRONLY | O_TRUNC);
    assert_int_equal(write(fd, older, (size_t)len), len);
    close(fd);
    logbook_assert_good(&book, 40);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(segments_are_replayed_one_after_the_other),
        cmocka_unit_test(a_missing_segment_is_refused),
        cmocka_unit_test(without_a_snapshot_the_first_segment_has_to_be_there),
        cmocka_unit_test(a_first_segment_of_zeros_is_refused),
        cmocka_unit_test(a_published_checkpoint_older_than_the_snapshot_is_published_anew),
        cmocka_unit_test(a_missing_last_segment_is_refused),
        cmocka_unit_test(a_segment_cut_short_or_with_a_bad_header_is_refused),
        cmocka_unit_test(records_missing_at_the_end_of_an_earlier_segment_are_refused),
        cmocka_unit_test(a_missing_or_damaged_key_of_a_segment_to_replay_is_refused),
        cmocka_unit_test(other_keys_open_nothing),
        cmocka_unit_test(a_damaged_snapshot_costs_a_longer_replay),
        cmocka_unit_test(a_snapshot_cut_short_renamed_or_grown_is_not_used),
        cmocka_unit_test(a_state_that_its_owner_does_not_take_is_replayed_from_the_start),
        cmocka_unit_test(an_item_that_its_owner_does_not_take_is_named),
        cmocka_unit_test(a_commit_log_put_back_to_an_older_state_is_refused),
        cmocka_unit_test(an_empty_or_foreign_folder_is_no_log),
    };
    return cmocka_run_group_tests_name("ledger/bases", tests, NULL, NULL);
}
