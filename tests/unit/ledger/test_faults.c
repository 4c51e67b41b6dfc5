/* One in STRIDE calls that the ledger makes to its disk goes wrong, in each of several ways, and
 * after each the log opens with everything that it said was committed. DANCU_STRIDE=1: every call.
 */
#include "life.h"

#define STRIDE 13

struct tally {
    uint64_t calls;
    uint64_t survived;
    uint64_t ended;
};

/* One life with one fault; false when the fault came after its end. */
static bool live_with(const struct logbook *past, enum faulty_way way, uint64_t at, int sys,
                      struct tally *tally)
{
    struct life life = {.committed = 257};
    logbook_clone(&life.book, past);
    faulty_arm(&life.book.faulty, way, at, sys);
    life_live(&life);
    if (life.ended) {
        logbook_crash(&life.book);
    } else {
        assert_true(life.committed == 257 + 3 + 70 + 60 + 2);
        int speech = hush();
        logbook_close(&life.book);
        speak(speech);
    }
    bool struck = life.book.faulty.struck;
    faulty_arm(&life.book.faulty, FAULTY_NONE, 0, 0);
    life.book.owner_size = 0;
    life.book.owner_sum = 0;
    logbook_open(&life.book);
    uint64_t size = ledger_size(life.book.ledger);
    if (size < life.committed) {
        fail_msg("call %llu: %llu committed, %llu there", (unsigned long long)at,
                 (unsigned long long)life.committed, (unsigned long long)size);
    }
    logbook_close(&life.book);
    logbook_assert_good(&life.book, size);
    logbook_done(&life.book);
    tally->calls++;
    tally->survived += life.ended ? 0 : 1;
    tally->ended += life.ended ? 1 : 0;
    return struck;
}

/* The numbers are those of all calls, as far as those that were tried tell. */
static struct tally each_call(enum faulty_way way, int sys)
{
    struct logbook past;
    struct tally tally = {0};
    uint64_t stride = help_stride(STRIDE);
    life_make_past(&past);
    int speech = hush();
    for (uint64_t at = 1; live_with(&past, way, at, sys, &tally); at += stride) {
    }
    speak(speech);
    logbook_done(&past);
    print_message("# %llu calls: %llu lives went on, %llu ended\n", (unsigned long long)tally.calls,
                  (unsigned long long)tally.survived, (unsigned long long)tally.ended);
    tally.calls *= stride;
    tally.survived *= stride;
    tally.ended *= stride;
    assert_true(tally.calls > 100);
    return tally;
}

static void any_call_may_fail_with_an_input_output_error(void **state)
{
    (void)state;
    assert_true(each_call(FAULTY_ERROR, EIO).ended > 50);
}

static void any_call_may_fail_after_it_was_done(void **state)
{
    (void)state;
    assert_true(each_call(FAULTY_LATE, EIO).ended > 50);
}

static void any_call_may_find_no_space(void **state)
{
    (void)state;
    assert_true(each_call(FAULTY_ERROR, ENOSPC).survived > 50);
}

static void any_call_may_be_done_and_then_find_no_space(void **state)
{
    (void)state;
    assert_true(each_call(FAULTY_LATE, ENOSPC).survived > 50);
}

static void any_write_may_stop_half_way_for_want_of_space(void **state)
{
    (void)state;
    assert_true(each_call(FAULTY_SHORT, ENOSPC).survived > 50);
}

static void any_write_may_stop_half_way_for_an_error(void **state)
{
    (void)state;
    (void)each_call(FAULTY_SHORT, EIO);
}

static void short_reads_and_writes_and_interruptions_are_seen_by_nobody(void **state)
{
    (void)state;
    struct tally tally = each_call(FAULTY_SHORT, 0);
    assert_true(tally.ended == 0);
    tally = each_call(FAULTY_ERROR, EINTR);
    assert_true(tally.ended == 0);
}

static void the_process_may_die_at_any_call(void **state)
{
    (void)state;
    struct tally tally = each_call(FAULTY_DEATH, 0);
    assert_true(tally.ended > 100);
}

/* Making a log is repeated until it succeeds. */
static void a_log_can_be_made_again_after_any_call_failed(void **state)
{
    (void)state;
    static const enum faulty_way ways[] = {FAULTY_ERROR, FAULTY_LATE, FAULTY_DEATH};
    for (unsigned i = 0; i < 3; i++) {
        bool struck = true;
        for (uint64_t at = 1; struck; at++) {
            struct logbook book;
            logbook_init(&book);
            faulty_arm(&book.faulty, ways[i], at, EIO);
            struct outcome outcome = ledger_create(&book.config);
            struck = book.faulty.struck;
            faulty_arm(&book.faulty, FAULTY_NONE, 0, 0);
            if (!outcome_ok(outcome)) {
                outcome = ledger_create(&book.config);
            }
            /* A sync of a folder that failed after the checkpoint had its name: it is there. */
            assert_true(outcome_ok(outcome) || outcome.fault == FAULT_CONFLICT);
            logbook_assert_good(&book, 0);
            logbook_done(&book);
        }
    }
}

/* Room is found again only after some time: nothing is lost, nothing is told as done. */
static void a_full_disk_stops_the_log_until_there_is_room(void **state)
{
    (void)state;
    struct logbook book;
    uint32_t wait_ms = 0;
    uint64_t index = 0;
    struct ledger_item item = {VIEW_LITERAL("e"), VIEW_LITERAL("o")};
    logbook_create(&book);
    logbook_commit(&book, 5);
    for (unsigned round = 0; round < 3; round++) {
        faulty_arm(&book.faulty, FAULTY_ERROR, 1, ENOSPC);
        assert_ok(logbook_add(&book, 4));
        assert_fault(ledger_commit(book.ledger), FAULT_NO_SPACE);
        assert_false(ledger_writable(book.ledger));
        assert_fault(ledger_add(book.ledger, &item, &index), FAULT_NO_SPACE);
        assert_fault(ledger_commit(book.ledger), FAULT_NO_SPACE);
        assert_ok(ledger_tick(book.ledger, &wait_ms));
        assert_ok(ledger_retry(book.ledger));
        assert_ok(ledger_retry(book.ledger));
        assert_true(ledger_writable(book.ledger));
        logbook_commit(&book, 2);
    }
    assert_true(ledger_size(book.ledger) == 11);
    logbook_close(&book);
    logbook_assert_good(&book, 11);
    logbook_done(&book);
}

static void after_a_failed_sync_nothing_is_written_any_more(void **state)
{
    (void)state;
    struct logbook book;
    uint32_t wait_ms = 0;
    uint64_t index = 0;
    struct ledger_item item = {VIEW_LITERAL("e"), VIEW_LITERAL("o")};
    logbook_create(&book);
    logbook_commit(&book, 5);
    faulty_arm(&book.faulty, FAULTY_ERROR, 2, EIO); /* the write, then the sync */
    assert_ok(logbook_add(&book, 4));
    assert_fault(ledger_commit(book.ledger), FAULT_IO);
    assert_false(ledger_writable(book.ledger));
    uint64_t calls = book.faulty.calls;
    assert_fault(ledger_add(book.ledger, &item, &index), FAULT_IO);
    assert_fault(ledger_commit(book.ledger), FAULT_IO);
    assert_fault(ledger_tick(book.ledger, &wait_ms), FAULT_IO);
    assert_fault(ledger_retry(book.ledger), FAULT_IO);
    assert_true(book.faulty.calls == calls);
    logbook_close(&book);
    assert_true(book.faulty.calls <= calls + 4); /* descriptors are closed */
    logbook_assert_good(&book, 9);               /* the record was written; nobody was answered */
    logbook_done(&book);
}

static void one_commit_is_one_sync(void **state)
{
    (void)state;
    struct logbook book;
    logbook_create(&book);
    for (unsigned i = 0; i < 5; i++) {
        uint64_t syncs = book.faulty.syncs;
        logbook_commit(&book, 10);
        assert_true(book.faulty.syncs == syncs + 1);
    }
    logbook_done(&book);
}

/* What stands in the segment in use where the next record will. */
static void assert_zeros_next(const struct ledger *ledger, int home_fd)
{
    char path[LEDGER_PATH_BYTES_MAX];
    uint8_t bytes[4096];
    static const uint8_t zeros[sizeof(bytes)];
    segment_path(ledger->commit.at.segment, SEGMENT_FILE_RECORDS, path);
    int fd = openat(home_fd, path, O_RDONLY | O_CLOEXEC);
    assert_int_equal(pread(fd, bytes, sizeof(bytes), (off_t)ledger->commit.at.offset),
                     sizeof(bytes));
    close(fd);
    assert_memory_equal(bytes, zeros, sizeof(bytes));
}

static void a_record_that_does_not_verify_is_zeroed_again_and_nothing_follows_it(void **state)
{
    (void)state;
    struct logbook book;
    logbook_create(&book);
    logbook_commit(&book, 3);
    uint64_t syncs = book.faulty.syncs;
    book.ledger->context.note_key.key[0] ^= 1; /* our own signature is another's now */
    assert_ok(logbook_add(&book, 2));
    assert_fault(ledger_commit(book.ledger), FAULT_CRYPTO);
    assert_int_equal(book.faulty.syncs, syncs + 1); /* of the zeros */
    assert_zeros_next(book.ledger, book.home_fd);
    assert_true(ledger_size(book.ledger) == 3);
    assert_false(ledger_writable(book.ledger));
    logbook_close(&book);
    logbook_open(&book);
    assert_true(ledger_size(book.ledger) == 3);
    logbook_commit(&book, 2);
    logbook_done(&book);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_call_may_fail_with_an_input_output_error),
        cmocka_unit_test(any_call_may_fail_after_it_was_done),
        cmocka_unit_test(any_call_may_find_no_space),
        cmocka_unit_test(any_call_may_be_done_and_then_find_no_space),
        cmocka_unit_test(any_write_may_stop_half_way_for_want_of_space),
        cmocka_unit_test(any_write_may_stop_half_way_for_an_error),
        cmocka_unit_test(short_reads_and_writes_and_interruptions_are_seen_by_nobody),
        cmocka_unit_test(the_process_may_die_at_any_call),
        cmocka_unit_test(a_log_can_be_made_again_after_any_call_failed),
        cmocka_unit_test(a_full_disk_stops_the_log_until_there_is_room),
        cmocka_unit_test(after_a_failed_sync_nothing_is_written_any_more),
        cmocka_unit_test(one_commit_is_one_sync),
        cmocka_unit_test(a_record_that_does_not_verify_is_zeroed_again_and_nothing_follows_it),
    };
    return cmocka_run_group_tests_name("ledger/faults", tests, NULL, NULL);
}
