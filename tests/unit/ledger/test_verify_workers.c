/* Several processes verify as one does: the same verdict in the same words, the same openings in
 * the same order; and nothing is good because only a worker says so. */
#include "logbook.h"

#include <signal.h>
#include <unistd.h>

#define ENTRIES 1100u
#define BEGUN 900u /* published behind a restart */

/* ---- who watches ---- */

struct seen {
    unsigned wanted_every; /* of the entries; 0: all */
    const char *deadly;    /* the worker that is asked for such an opening dies; NULL: none */
    pid_t here;
    uint64_t openings;
    uint64_t last;
    uint64_t sum;
    uint64_t progress;
};

static bool wants(void *context, struct view opening)
{
    const struct seen *seen = context;
    if (getpid() == seen->here) {
        return false; /* so that the counts tell */
    }
    if (seen->deadly != NULL && view_starts(opening, view_text(seen->deadly))) {
        (void)kill(getpid(), SIGKILL);
    }
    return seen->wanted_every == 0 || opening.len % seen->wanted_every == 0;
}

static void take(void *context, uint64_t index, struct view opening)
{
    struct seen *seen = context;
    assert_true(getpid() == seen->here);
    assert_true(seen->openings == 0 || index > seen->last);
    seen->openings++;
    seen->last = index;
    seen->sum = logbook_mix(seen->sum, index, opening);
}

static void progress(void *context, const char *what, uint64_t done, uint64_t total)
{
    struct seen *seen = context;
    (void)done;
    (void)total;
    assert_true(getpid() == seen->here && strlen(what) > 0);
    seen->progress++;
}

static struct outcome verify(const struct logbook *book, unsigned workers, struct seen *seen,
                             struct verify_report *ret_report)
{
    struct verify_watch watch = {
        .context = seen,
        .progress = progress,
        .opening = take,
        .wants = seen->wanted_every == 0 && seen->deadly == NULL ? NULL : wants,
        .workers = workers,
    };
    seen->here = getpid();
    return ledger_verify_home(&book->config, &watch, ret_report);
}

/* By one process and by `workers`: the reports are the same to the last byte. */
static struct outcome verify_both(const struct logbook *book, unsigned workers,
                                  struct verify_report *ret_report)
{
    struct seen one = {.deadly = NULL};
    struct seen several = {.deadly = NULL};
    struct verify_report report;
    struct outcome alone = verify(book, 0, &one, ret_report);
    struct outcome shared = verify(book, workers, &several, &report);
    if (alone.fault != shared.fault || strcmp(ret_report->why, report.why) != 0) {
        fail_msg("\"%s\" by one process, \"%s\" by %u workers", ret_report->why, report.why,
                 workers);
    }
    assert_memory_equal(ret_report, &report, offsetof(struct verify_report, why));
    assert_true(one.openings == several.openings && one.sum == several.sum);
    return alone;
}

/* ---- logs ---- */

/* In segments of 64 kB, all but the last of them published; the first entry is one of two. */
static void make_log(struct logbook *book, const char *first)
{
    struct ledger_item item = {view_text(first), VIEW_LITERAL("the first opening")};
    uint64_t index = 0;
    uint32_t wait_ms = 0;
    logbook_create(book);
    assert_ok(ledger_add(book->ledger, &item, &index));
    assert_ok(ledger_commit(book->ledger));
    assert_ok(ledger_tick(book->ledger, &wait_ms));
    book->owner_size = 1;
    logbook_grow(book, BEGUN, 30);
    logbook_publish(book);
    logbook_grow(book, ENTRIES, 30);
    logbook_close(book);
}

static void any_number_of_workers_finds_a_whole_log_good(void **state)
{
    (void)state;
    static const unsigned workers[] = {1, 2, 3, 7, VERIFY_WORKERS_MAX};
    struct logbook book;
    struct verify_report report;
    make_log(&book, "one");
    for (size_t i = 0; i < sizeof(workers) / sizeof(workers[0]); i++) {
        assert_ok(verify_both(&book, workers[i], &report));
        assert_true(report.entries == ENTRIES && report.recorded == ENTRIES);
        assert_true(report.segments >= 9 && report.tiles == 5 + 5 + 1);
    }
    logbook_done(&book);
}

static void logs_with_nothing_to_share_are_good(void **state)
{
    (void)state;
    static const unsigned sizes[] = {0, 1, 255, 256, 257};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct logbook book;
        struct verify_report report;
        logbook_create(&book);
        logbook_grow(&book, sizes[i], 30);
        logbook_close(&book);
        assert_ok(verify_both(&book, 2, &report));
        assert_true(report.entries == sizes[i]);
        logbook_done(&book);
    }
}

/* Segments behind what is published are looked at, too. */
static void a_log_whose_end_is_not_published_is_good_as_long_as_it_is_open(void **state)
{
    (void)state;
    struct logbook book;
    struct verify_report report;
    make_log(&book, "one");
    logbook_open(&book);
    for (unsigned i = 0; i < 12; i++) {
        logbook_commit(&book, 40);
    }
    assert_ok(verify_both(&book, 2, &report));
    assert_true(report.entries == ENTRIES && report.recorded == ENTRIES + 12 * 40);
    logbook_done(&book);
}

static void damage_is_named_as_one_process_names_it(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        uint64_t at;
    } rows[] = {
        {"commit/0000000001.seg", 40},   {"commit/0000000001.seg", 600},
        {"commit/0000000003.seg", 1},    {"commit/0000000003.seg", 20000},
        {"commit/0000000005.seg", 600},  {"commit/0000000008.seg", 40000},
        {"commit/0000000002.key", 30},   {"ledger/tile/0/000", 0},
        {"ledger/tile/0/003", 8191},     {"ledger/tile/1/000.p/4", 33},
        {"ledger/tile/0/004.p/76", 9},   {"ledger/tile/entries/000", 3},
        {"ledger/tile/entries/002", 77}, {"ledger/tile/entries/004.p/76", 5},
        {"ledger/checkpoint", 30},       {"derived/snapshot-1100", 100},
    };
    struct logbook book;
    struct verify_report report;
    make_log(&book, "one");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        logbook_flip(&book, rows[i].file, rows[i].at, 4);
        assert_fault(verify_both(&book, 2, &report), FAULT_CORRUPT);
        logbook_flip(&book, rows[i].file, rows[i].at, 4);
    }
    /* Two at once: the public side is judged first, the earlier segment before the later. */
    logbook_flip(&book, "commit/0000000005.seg", 600, 1);
    logbook_flip(&book, "commit/0000000004.seg", 600, 1);
    assert_fault(verify_both(&book, 3, &report), FAULT_CORRUPT);
    assert_non_null(strstr(report.why, "commit/0000000004.seg"));
    logbook_flip(&book, "ledger/tile/0/003", 5, 1);
    assert_fault(verify_both(&book, 3, &report), FAULT_CORRUPT);
    assert_non_null(strstr(report.why, "tile/0/003"));
    logbook_done(&book);
}

static void what_is_missing_is_named_as_one_process_names_it(void **state)
{
    (void)state;
    static const char *const files[] = {
        "ledger/tile/0/001",     "ledger/tile/1/000.p/4", "ledger/tile/entries/004.p/76",
        "commit/0000000002.key", "commit/0000000002.seg", "commit/0000000001.seg",
        "ledger/checkpoint",
    };
    struct logbook book;
    struct verify_report report;
    make_log(&book, "one");
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        assert_int_equal(renameat(book.home_fd, files[i], book.home_fd, "aside"), 0);
        assert_false(outcome_ok(verify_both(&book, 2, &report)));
        assert_int_equal(renameat(book.home_fd, "aside", book.home_fd, files[i]), 0);
    }
    assert_ok(verify_both(&book, 2, &report));
    logbook_done(&book);
}

static void put_in(const struct logbook *book, const struct logbook *other, const char *files)
{
    char command[512];
    snprintf(command, sizeof(command), "cd %s && cp -a --parents %s %s", other->path, files,
             book->path);
    assert_int_equal(system(command), 0);
}

/* Two logs whose records have the same lengths, and another first entry. */
static void segments_that_are_good_by_themselves_are_not_when_they_do_not_follow(void **state)
{
    (void)state;
    struct logbook book;
    struct logbook other;
    struct verify_report report;
    make_log(&book, "one");
    make_log(&other, "two");
    /* Each segment, the public side over it: good. The first one is the other log's. */
    put_in(&book, &other, "ledger derived commit/000000000[2-9].* commit/00000000[1-9]*");
    assert_fault(verify_both(&book, 2, &report), FAULT_CORRUPT);
    assert_non_null(strstr(report.why, "commit/0000000002.seg at offset 512: its signed "
                                       "checkpoint is not the one that its entries make"));
    put_in(&book, &other, "commit/0000000001.*");
    assert_ok(verify_both(&book, 2, &report));
    logbook_done(&other);
    logbook_done(&book);
}

static void a_public_side_of_another_log_is_not_taken_for_this_ones(void **state)
{
    (void)state;
    struct logbook book;
    struct logbook other;
    struct verify_report report;
    make_log(&book, "one");
    make_log(&other, "two");
    put_in(&book, &other, "ledger");
    assert_fault(verify_both(&book, 2, &report), FAULT_CORRUPT);
    assert_non_null(strstr(report.why, "entries of the commit log are not the published ones"));
    logbook_done(&other);
    logbook_done(&book);
}

static void only_openings_that_are_wanted_are_told(void **state)
{
    (void)state;
    struct logbook book;
    struct verify_report report;
    struct seen some = {.wanted_every = 7};
    struct seen all = {.wanted_every = 0};
    make_log(&book, "one");
    assert_ok(verify(&book, 2, &some, &report));
    assert_ok(verify(&book, 2, &all, &report));
    assert_true(all.openings == ENTRIES && all.progress > 10);
    assert_true(some.openings > ENTRIES / 14 && some.openings < ENTRIES / 3);
    logbook_done(&book);
}

/* At the first opening, in the middle, in the last segment that is a worker's. */
static void workers_that_die_change_nothing(void **state)
{
    (void)state;
    static const char *const deadly[] = {"the first opening", "opening 500 ", "opening 950 "};
    struct logbook book;
    struct verify_report report;
    struct verify_report alone;
    struct seen one = {.deadly = NULL};
    make_log(&book, "one");
    assert_ok(verify(&book, 0, &one, &alone));
    for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++) {
        struct seen dying = {.deadly = deadly[i]};
        assert_ok(verify(&book, 2, &dying, &report));
        assert_memory_equal(&alone, &report, offsetof(struct verify_report, why));
        assert_true(one.openings == dying.openings && one.sum == dying.sum);
    }
    logbook_done(&book);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_number_of_workers_finds_a_whole_log_good),
        cmocka_unit_test(logs_with_nothing_to_share_are_good),
        cmocka_unit_test(a_log_whose_end_is_not_published_is_good_as_long_as_it_is_open),
        cmocka_unit_test(damage_is_named_as_one_process_names_it),
        cmocka_unit_test(what_is_missing_is_named_as_one_process_names_it),
        cmocka_unit_test(segments_that_are_good_by_themselves_are_not_when_they_do_not_follow),
        cmocka_unit_test(a_public_side_of_another_log_is_not_taken_for_this_ones),
        cmocka_unit_test(only_openings_that_are_wanted_are_told),
        cmocka_unit_test(workers_that_die_change_nothing),
    };
    return cmocka_run_group_tests_name("ledger/verify_workers", tests, NULL, NULL);
}
