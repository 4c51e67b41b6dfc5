/*
 * A start that finds work to do, and in which each call to the disk, then each allocation, fails in
 * turn: it is told, and the start after it finds everything that was promised.
 */
#include "logbook.h"

#include "ledger/private.h"

/* What a start can find: where it is made, and how many entries it must come back with. */
struct finding {
    void (*make)(struct logbook *book);
    uint64_t size;
};

static void grow(struct logbook *book, uint64_t size)
{
    logbook_grow(book, size, 20);
    book->now_us += SNAPSHOT_US_MAX;
    logbook_publish(book);
}

/* A snapshot, records behind it, the last one torn. */
static void make_torn(struct logbook *book)
{
    logbook_create(book);
    grow(book, 40);
    logbook_close(book);
    logbook_open(book);
    logbook_commit(book, 3);
    uint64_t until = book->ledger->commit.at.offset;
    uint64_t from = 0;
    logbook_commit(book, 30);
    from = book->ledger->commit.tail.offset;
    assert_true(from == until);
    logbook_zero(book, "commit/0000000001.seg", from + SECTOR_BYTES, from + 2 * SECTOR_BYTES);
    logbook_crash(book);
}

static void copy_file(const struct logbook *book, const char *from, const char *to)
{
    char command[512];
    snprintf(command, sizeof(command), "mkdir -p $(dirname %s/%s) && cp %s/%s %s/%s", book->path,
             to, book->path, from, book->path, to);
    assert_int_equal(system(command), 0);
}

/* Several segments and no snapshot; the last segment not begun; halves; tiles above the log. */
static void make_littered(struct logbook *book)
{
    char last[64] = "";
    logbook_create(book);
    grow(book, 300);
    uint64_t number = book->ledger->commit.at.segment + 1;
    logbook_crash(book);
    snprintf(last, sizeof(last), "commit/%010llu.seg", (unsigned long long)number);
    int fd = openat(book->home_fd, last, O_CREAT | O_WRONLY, 0600);
    assert_int_equal(ftruncate(fd, LOGBOOK_SEGMENT_BYTES), 0);
    close(fd);
    copy_file(book, "commit/0000000001.key", "commit/new");
    copy_file(book, "commit/0000000001.key", "derived/new");
    copy_file(book, "commit/0000000001.key", "ledger/new");
    copy_file(book, "commit/0000000001.key", "ledger/tile/0/999");
    copy_file(book, "commit/0000000001.key", "ledger/tile/0/001.p/7");
    copy_file(book, "commit/0000000001.key", "ledger/tile/0/x001/x002/deep/er/000");
    snprintf(last, sizeof(last), "rm -rf %.40s/derived/snap*", book->path);
    assert_int_equal(system(last), 0);
}

static struct outcome start(void *context)
{
    struct logbook *book = context;
    book->owner_size = 0;
    book->owner_sum = 0;
    struct outcome outcome = logbook_try_open(book);
    if (outcome_ok(outcome)) {
        logbook_crash(book);
    }
    return outcome;
}

static void assert_comes_back(struct logbook *book, uint64_t size)
{
    memory_fail_at(0);
    faulty_arm(&book->faulty, FAULTY_NONE, 0, 0);
    logbook_assert_good(book, size);
}

static void each_call_fails(const struct finding *finding)
{
    struct logbook made;
    struct logbook book;
    bool struck = true;
    uint64_t at = 0;
    finding->make(&made);
    while (struck) {
        logbook_clone(&book, &made);
        faulty_arm(&book.faulty, FAULTY_ERROR, ++at, EIO);
        struct outcome outcome = start(&book);
        struck = book.faulty.struck;
        assert_true(outcome_ok(outcome) || outcome.fault == FAULT_IO);
        assert_true(outcome_ok(outcome) || book.place[0] != '\0');
        if (at % 8 == 1 || !struck) {
            assert_comes_back(&book, finding->size);
        }
        logbook_done(&book);
    }
    assert_true(at > 20);
    logbook_done(&made);
}

static void each_allocation_of_a_start_fails(const struct finding *finding)
{
    struct logbook made;
    struct logbook book;
    bool struck = true;
    finding->make(&made);
    for (uint64_t nth = 1; struck; nth++) {
        logbook_clone(&book, &made);
        uint64_t before = memory_count();
        memory_fail_at(nth);
        struct outcome outcome = start(&book);
        memory_fail_at(0);
        struck = memory_count() - before >= nth;
        assert_true(struck || outcome_ok(outcome));
        assert_true(outcome_ok(outcome) || outcome.fault == FAULT_NO_MEMORY);
        if (nth % 8 == 1 || !struck) {
            assert_comes_back(&book, finding->size);
        }
        logbook_done(&book);
    }
    logbook_done(&made);
}

static const struct finding torn = {make_torn, 43};
static const struct finding littered = {make_littered, 300};

static void a_torn_log_is_recovered_whatever_call_fails(void **state)
{
    (void)state;
    each_call_fails(&torn);
}

static void a_littered_log_is_recovered_whatever_call_fails(void **state)
{
    (void)state;
    each_call_fails(&littered);
}

static void a_torn_log_is_recovered_whatever_allocation_fails(void **state)
{
    (void)state;
    each_allocation_of_a_start_fails(&torn);
}

static void a_littered_log_is_recovered_whatever_allocation_fails(void **state)
{
    (void)state;
    each_allocation_of_a_start_fails(&littered);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_torn_log_is_recovered_whatever_call_fails),
        cmocka_unit_test(a_littered_log_is_recovered_whatever_call_fails),
        cmocka_unit_test(a_torn_log_is_recovered_whatever_allocation_fails),
        cmocka_unit_test(a_littered_log_is_recovered_whatever_allocation_fails),
    };
    return cmocka_run_group_tests_name("ledger/recovery_faults", tests, NULL, NULL);
}
