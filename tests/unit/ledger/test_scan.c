/* The reader of segments, on its own: what is not where its header says, and what cannot be read.
 */
#include "logbook.h"

#include "ledger/private.h"

#define SEGMENT_ONE "commit/0000000001.seg"
#define WIDE_BYTES (16u << 20) /* more than one window, and more than one record can reach */

/* A log that was closed, open to be scanned. */
struct scanned {
    struct logbook book;
    struct context context;
    struct scan scan;
    struct scan_record record;
    enum scan_found found;
    char why[SCAN_WHY_BYTES];
};

static void scanned_open(struct scanned *scanned, uint32_t segment_bytes)
{
    logbook_create_sized(&scanned->book, segment_bytes);
    logbook_commit(&scanned->book, 3);
    logbook_commit(&scanned->book, 4);
    logbook_close(&scanned->book);
    assert_ok(context_init(&scanned->context, &scanned->book.config));
    assert_ok(scan_open(&scanned->scan, &scanned->context, 1, scanned->why));
}

static void scanned_done(struct scanned *scanned)
{
    scan_close(&scanned->scan);
    context_done(&scanned->context);
    logbook_done(&scanned->book);
}

static struct outcome next(struct scanned *scanned)
{
    return scan_next(&scanned->scan, &scanned->found, &scanned->record, NULL, scanned->why);
}

static void assert_next(struct scanned *scanned, enum scan_found found)
{
    assert_ok(next(scanned));
    assert_int_equal(scanned->found, found);
}

static void assert_bad(struct scanned *scanned, const char *why)
{
    assert_next(scanned, SCAN_BAD);
    if (strstr(scanned->why, why) == NULL) {
        fail_msg("\"%s\", not \"%s\"", scanned->why, why);
    }
}

static void nothing_that_was_opened_is_nothing_to_close(void **state)
{
    (void)state;
    scan_close(NULL);
    scan_close(&(struct scan){.fd = DISK_CLOSED});
}

static void a_segment_can_be_read_again_from_its_start(void **state)
{
    struct scanned scanned;
    (void)state;
    scanned_open(&scanned, WIDE_BYTES);
    struct scan_position start = scanned.scan.at;
    for (unsigned i = 0; i < 2; i++) { /* the look for what stands behind moves the window away */
        assert_next(&scanned, SCAN_RECORD);
        assert_next(&scanned, SCAN_RECORD);
        assert_next(&scanned, SCAN_END);
        scan_move(&scanned.scan, &start);
    }
    struct scan_position end = start;
    end.offset = WIDE_BYTES;
    scan_move(&scanned.scan, &end);
    assert_next(&scanned, SCAN_END);
    scanned_done(&scanned);
}

/* Reads a log of which nothing is cached, to its end. */
static struct outcome scan_all(struct scanned *scanned)
{
    struct outcome outcome = scan_open(&scanned->scan, &scanned->context, 1, scanned->why);
    scanned->found = SCAN_RECORD;
    while (outcome_ok(outcome) && scanned->found == SCAN_RECORD) {
        outcome = next(scanned);
    }
    scan_close(&scanned->scan);
    scanned->scan.context = NULL;
    return outcome;
}

static struct outcome scan_all_of(void *context)
{
    return scan_all(context);
}

/* Every call to the disk fails in turn; so does every allocation. */
static void assert_each_failure_is_told(struct scanned *scanned, enum scan_found found)
{
    uint64_t at = 0;
    do {
        faulty_arm(&scanned->book.faulty, FAULTY_ERROR, ++at, EIO);
        struct outcome outcome = scan_all(scanned);
        /* The file's close, after all that matters, fails unheard. */
        assert_true(outcome.fault == FAULT_IO || outcome_ok(outcome));
    } while (scanned->book.faulty.struck);
    faulty_arm(&scanned->book.faulty, FAULTY_NONE, 0, 0);
    assert_int_equal(scanned->found, found);
    assert_true(at > 3);
    assert_true(each_allocation_fails(scan_all_of, scanned) > 0);
}

/* A record of more bytes than are read at once. */
static void a_wide_record_is_read_whole(void **state)
{
    static uint8_t bytes[200000];
    struct scanned scanned = {.found = SCAN_END};
    (void)state;
    logbook_create_sized(&scanned.book, WIDE_BYTES);
    for (unsigned i = 0; i < 8; i++) {
        struct ledger_item item = {VIEW_LITERAL("entry"), view_of(bytes, sizeof(bytes))};
        uint64_t index = 0;
        assert_ok(ledger_add(scanned.book.ledger, &item, &index));
    }
    assert_ok(ledger_commit(scanned.book.ledger));
    logbook_close(&scanned.book);
    assert_ok(context_init(&scanned.context, &scanned.book.config));
    assert_ok(scan_open(&scanned.scan, &scanned.context, 1, scanned.why));
    assert_next(&scanned, SCAN_RECORD);
    assert_true(scanned.scan.at.offset > 8 * sizeof(bytes));
    scan_close(&scanned.scan);
    assert_each_failure_is_told(&scanned, SCAN_END);
    scanned_done(&scanned);
}

/* Writes bytes into the segment, and a record's header checksum anew when they are in it. */
static void overwrite(const struct scanned *scanned, uint64_t record, uint64_t at,
                      const void *bytes, size_t len)
{
    uint8_t header[RECORD_HEADER_BYTES];
    int fd = openat(scanned->book.home_fd, SEGMENT_ONE, O_RDWR);
    assert_true(fd >= 0);
    assert_int_equal(pread(fd, header, sizeof(header), (off_t)record), sizeof(header));
    memcpy(header + at, bytes, len);
    uint32_t crc = crc32c(0, view_of(header, sizeof(header) - 4));
    for (unsigned i = 0; i < 4; i++) {
        header[sizeof(header) - 4 + i] = (uint8_t)(crc >> (24 - 8 * i));
    }
    assert_int_equal(pwrite(fd, header, sizeof(header), (off_t)record), sizeof(header));
    close(fd);
}

static void a_good_header_in_a_wrong_place_is_damage(void **state)
{
    static const struct {
        size_t at; /* last byte of the number in the header */
        uint8_t value;
        const char *why;
    } rows[] = {
        {39, 9, "record of another segment"},
        {31, 9, "record out of sequence"},
        {23, 9, "record's first index does not follow"},
        {9, 1, "record reaches beyond its segment"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct scanned scanned;
        scanned_open(&scanned, LOGBOOK_SEGMENT_BYTES);
        overwrite(&scanned, SECTOR_BYTES, rows[i].at, &rows[i].value, 1);
        assert_bad(&scanned, rows[i].why);
        scanned_done(&scanned);
    }
}

static void a_segment_of_another_log_or_number_is_refused(void **state)
{
    struct scanned scanned;
    struct scan other;
    (void)state;
    scanned_open(&scanned, LOGBOOK_SEGMENT_BYTES);
    assert_int_equal(
        linkat(scanned.book.home_fd, SEGMENT_ONE, scanned.book.home_fd, "commit/0000000002.seg", 0),
        0);
    assert_fault(scan_open(&other, &scanned.context, 2, scanned.why), FAULT_CORRUPT);
    assert_non_null(strstr(scanned.why, "segment of another number"));
    scan_close(&other);
    scanned.context.log_id[0] ^= 1;
    assert_fault(scan_open(&other, &scanned.context, 1, scanned.why), FAULT_CORRUPT);
    assert_non_null(strstr(scanned.why, "segment of another log"));
    scan_close(&other);
    scanned_done(&scanned);
}

static void a_file_that_became_shorter_ends_within_a_record(void **state)
{
    struct scanned scanned;
    (void)state;
    scanned_open(&scanned, LOGBOOK_SEGMENT_BYTES);
    int fd = openat(scanned.book.home_fd, SEGMENT_ONE, O_RDWR);
    assert_int_equal(ftruncate(fd, 2 * SECTOR_BYTES), 0);
    assert_bad(&scanned, "file ends within a record");
    scan_close(&scanned.scan);
    assert_int_equal(ftruncate(fd, LOGBOOK_SEGMENT_BYTES), 0);
    assert_ok(scan_open(&scanned.scan, &scanned.context, 1, scanned.why));
    assert_int_equal(ftruncate(fd, SECTOR_BYTES + 100), 0);
    assert_next(&scanned, SCAN_TORN); /* less than a sector, and not zero */
    close(fd);
    scanned_done(&scanned);
}

static void bytes_beyond_the_reach_of_a_record_are_damage(void **state)
{
    struct scanned scanned;
    (void)state;
    scanned_open(&scanned, WIDE_BYTES);
    logbook_flip(&scanned.book, SEGMENT_ONE, WIDE_BYTES - 1, 1);
    assert_next(&scanned, SCAN_RECORD);
    assert_next(&scanned, SCAN_RECORD);
    assert_bad(&scanned, "bytes beyond the reach of an unfinished record");
    scanned_done(&scanned);
}

static void what_cannot_be_read_is_no_judgement(void **state)
{
    struct scanned scanned;
    (void)state;
    scanned_open(&scanned, WIDE_BYTES);
    uint64_t last = scanned.scan.at.offset;
    assert_next(&scanned, SCAN_RECORD);
    last = scanned.scan.at.offset;
    scan_close(&scanned.scan);
    assert_each_failure_is_told(&scanned, SCAN_END);
    logbook_zero(&scanned.book, SEGMENT_ONE, last + SECTOR_BYTES, last + 2 * SECTOR_BYTES);
    assert_each_failure_is_told(&scanned, SCAN_TORN); /* a payload with a sector missing */
    logbook_zero(&scanned.book, SEGMENT_ONE, last, last + SECTOR_BYTES);
    assert_each_failure_is_told(&scanned, SCAN_TORN); /* a header that never came */
    scanned.scan = (struct scan){.fd = DISK_CLOSED};
    scanned_done(&scanned);
}

/* A folder with so many segments, by a port that only lists. */
struct many {
    struct disk_port port;
    uint64_t count;
};

static struct outcome list_many(void *context, int dir_fd, const char *path, struct buf *ret_names)
{
    const struct many *many = context;
    (void)dir_fd, (void)path;
    for (uint64_t i = many->count; i > 0; i--) { /* in no good order */
        char name[32];
        int len = snprintf(name, sizeof(name), "%010llu.seg", (unsigned long long)i);
        buf_put(ret_names, name, (size_t)len + 1);
    }
    return buf_check(ret_names);
}

static struct outcome read_list(void *context)
{
    struct segment_list list = {0};
    TRY(segment_list_read(context, &list));
    for (size_t i = 0; i < list.count; i++) {
        assert_true(list.numbers[i] == i + 1);
    }
    segment_list_done(&list);
    return OUTCOME_OK;
}

static void segments_are_listed_in_order_up_to_their_ceiling(void **state)
{
    struct many many = {.port = {.list = list_many, .context = &many}, .count = 1000};
    struct context context = {.disk = &many.port};
    (void)state;
    assert_ok(read_list(&context));
    assert_true(each_allocation_fails(read_list, &context) > 2);
    many.count = (1u << 20) + 1;
    assert_fault(read_list(&context), FAULT_OVER_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_that_was_opened_is_nothing_to_close),
        cmocka_unit_test(a_segment_can_be_read_again_from_its_start),
        cmocka_unit_test(a_wide_record_is_read_whole),
        cmocka_unit_test(a_good_header_in_a_wrong_place_is_damage),
        cmocka_unit_test(a_segment_of_another_log_or_number_is_refused),
        cmocka_unit_test(a_file_that_became_shorter_ends_within_a_record),
        cmocka_unit_test(bytes_beyond_the_reach_of_a_record_are_damage),
        cmocka_unit_test(what_cannot_be_read_is_no_judgement),
        cmocka_unit_test(segments_are_listed_in_order_up_to_their_ceiling),
    };
    return cmocka_run_group_tests_name("ledger/scan", tests, NULL, NULL);
}
