/* Snapshots on their own: parts that do not agree, files that are not whole, memory that is not
 * there. */
#include "logbook.h"

#include "ledger/private.h"

/* A log of 300 entries, closed, so that there is a snapshot of that size; and its plain text. */
struct shot {
    struct logbook book;
    struct context context;
    struct buf plain;
};

#define SHOT_SIZE 300u

static void shot_open(struct shot *shot)
{
    logbook_create(&shot->book);
    logbook_grow(&shot->book, SHOT_SIZE, 50);
    logbook_close(&shot->book);
    assert_ok(context_init(&shot->context, &shot->book.config));
    buf_init(&shot->plain, SNAPSHOT_BYTES_MAX);
    assert_ok(snapshot_load(&shot->context, SHOT_SIZE, &shot->plain));
}

static void shot_done(struct shot *shot)
{
    buf_done(&shot->plain);
    context_done(&shot->context);
    logbook_done(&shot->book);
}

static struct outcome get(struct shot *shot, struct view plain)
{
    static struct publish publish;
    struct snapshot_state state;
    publish_init(&publish, &shot->context);
    struct outcome outcome = snapshot_get(plain, &state, &publish);
    assert_true(!outcome_ok(outcome) || state.tree.size == SHOT_SIZE);
    publish_done(&publish);
    return outcome;
}

/* Every byte from one to another, flipped, makes the plain text one that is refused. */
static void assert_flips_refused(struct shot *shot, size_t from, size_t until)
{
    for (size_t at = from; at < until; at++) {
        shot->plain.data[at] ^= 1;
        assert_fault(get(shot, buf_view(&shot->plain)), FAULT_CORRUPT);
        shot->plain.data[at] ^= 1;
    }
    assert_ok(get(shot, buf_view(&shot->plain)));
}

/* Six numbers, the tree's peaks, the edges of the tiles, the bundle, the checkpoint; then the
 * owner's blob, whose bytes are the owner's own matter. */
static void parts_that_do_not_agree_are_refused(void **state)
{
    struct shot shot;
    (void)state;
    shot_open(&shot);
    struct view plain = buf_view(&shot.plain);
    size_t peaks = 6 * sizeof(uint64_t);
    size_t hashes = (size_t)__builtin_popcount(SHOT_SIZE) + SHOT_SIZE % TILE_WIDTH + 1;
    size_t bundle = peaks + hashes * SEAL_HASH_BYTES;
    size_t owner = plain.len - 2 * sizeof(uint64_t);
    assert_flips_refused(&shot, peaks, bundle);
    assert_flips_refused(&shot, bundle, bundle + 6); /* its length, and its first entry's */
    struct cursor cursor = cursor_of(view_part(plain, bundle, owner - bundle));
    size_t note = bundle + 4 + cursor_block32(&cursor).len;
    assert_flips_refused(&shot, note, owner);
    for (size_t len = 0; len < owner; len++) {
        assert_fault(get(&shot, view_part(plain, 0, len)), FAULT_CORRUPT);
    }
    shot_done(&shot);
}

static void numbers_that_start_no_record_are_refused(void **state)
{
    static const size_t last_bytes[] = {7, 23, 39}; /* size, offset, the tail's offset */
    struct shot shot;
    (void)state;
    shot_open(&shot);
    for (size_t i = 0; i < sizeof(last_bytes) / sizeof(last_bytes[0]); i++) {
        shot.plain.data[last_bytes[i]] ^= 1;
        assert_fault(get(&shot, buf_view(&shot.plain)), FAULT_CORRUPT);
        shot.plain.data[last_bytes[i]] ^= 1;
    }
    shot_done(&shot);
}

static struct outcome get_again(void *context)
{
    struct shot *shot = context;
    return get(shot, buf_view(&shot->plain));
}

static struct outcome load_again(void *context)
{
    struct shot *shot = context;
    BUF_AUTO plain;
    buf_init(&plain, SNAPSHOT_BYTES_MAX);
    return snapshot_load(&shot->context, SHOT_SIZE, &plain);
}

static struct outcome list_again(void *context)
{
    struct shot *shot = context;
    uint64_t sizes[4];
    unsigned count = 0;
    TRY(snapshot_list(&shot->context, sizes, 4, &count));
    assert_true(count == 1 && sizes[0] == SHOT_SIZE);
    return OUTCOME_OK;
}

static struct outcome write_again(void *context)
{
    struct shot *shot = context;
    struct snapshot_writer writer;
    bool done = false;
    for (unsigned size = 7; size < 10; size++) { /* older ones, to be removed */
        char path[LEDGER_PATH_BYTES_MAX];
        snapshot_path(size, path);
        close(openat(shot->book.home_fd, path, O_CREAT | O_WRONLY, 0600));
    }
    snapshot_writer_init(&writer, &shot->context);
    writer.size = SHOT_SIZE;
    buf_put_view(&writer.plain, buf_view(&shot->plain));
    writer.ended = true;
    struct outcome outcome = OUTCOME_OK;
    while (outcome_ok(outcome) && !done) {
        outcome = snapshot_writer_step(&writer, true, &done);
    }
    snapshot_writer_done(&writer);
    snapshot_writer_done(&writer); /* twice is once */
    return outcome;
}

static void any_allocation_and_any_call_may_fail(void **state)
{
    static struct outcome (*const bodies[])(void *context) = {get_again, load_again, list_again,
                                                              write_again};
    struct shot shot;
    (void)state;
    shot_open(&shot);
    snapshot_writer_done(NULL);
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        assert_true(each_allocation_fails(bodies[i], &shot) > 0);
        uint64_t at = 0;
        do {
            faulty_arm(&shot.book.faulty, FAULTY_ERROR, ++at, EIO);
            struct outcome outcome = bodies[i](&shot);
            assert_true(outcome.fault == FAULT_IO || outcome_ok(outcome));
        } while (shot.book.faulty.struck);
        faulty_arm(&shot.book.faulty, FAULTY_NONE, 0, 0);
    }
    assert_ok(load_again(&shot));
    shot_done(&shot);
}

static void a_file_whose_length_is_not_what_its_header_says_is_refused(void **state)
{
    char path[LEDGER_PATH_BYTES_MAX];
    struct shot shot;
    (void)state;
    shot_open(&shot);
    snapshot_path(SHOT_SIZE, path);
    uint64_t whole = logbook_file_bytes(&shot.book, path);
    int fd = openat(shot.book.home_fd, path, O_RDWR);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(ftruncate(fd, (off_t)(i == 0 ? whole + 1 : whole - 1)), 0);
        assert_fault(load_again(&shot), FAULT_CORRUPT);
    }
    close(fd);
    shot_done(&shot);
}

/* Under its checksum: the number of its plain bytes stands at 34. */
static void a_header_that_says_nothing_or_too_much_is_refused(void **state)
{
    static const uint64_t plain_bytes[] = {0, SNAPSHOT_BYTES_MAX + 1};
    uint8_t sector[SECTOR_BYTES];
    char path[LEDGER_PATH_BYTES_MAX];
    struct shot shot;
    (void)state;
    shot_open(&shot);
    snapshot_path(SHOT_SIZE, path);
    int fd = openat(shot.book.home_fd, path, O_RDONLY);
    assert_int_equal(pread(fd, sector, sizeof(sector), 0), sizeof(sector));
    close(fd);
    for (size_t i = 0; i < sizeof(plain_bytes) / sizeof(plain_bytes[0]); i++) {
        for (unsigned k = 0; k < 8; k++) {
            sector[34 + k] = (uint8_t)(plain_bytes[i] >> (56 - 8 * k));
        }
        uint32_t crc = crc32c(0, view_of(sector, SECTOR_BYTES - 4));
        for (unsigned k = 0; k < 4; k++) {
            sector[SECTOR_BYTES - 4 + k] = (uint8_t)(crc >> (24 - 8 * k));
        }
        logbook_patch(&shot.book, path, 0, sector, sizeof(sector));
        struct outcome outcome = load_again(&shot);
        assert_fault(outcome, FAULT_CORRUPT);
        assert_string_equal(outcome.what, "snapshot's length");
    }
    shot_done(&shot);
}

/* A disk that says of every file that it has one byte more. */
static struct outcome size_and_one(void *context, int fd, uint64_t *ret_bytes)
{
    (void)context;
    TRY(disk_system()->size(NULL, fd, ret_bytes));
    (*ret_bytes)++;
    return OUTCOME_OK;
}

static void a_file_that_became_shorter_since_it_was_measured_is_refused(void **state)
{
    char path[LEDGER_PATH_BYTES_MAX];
    struct shot shot;
    (void)state;
    shot_open(&shot);
    snapshot_path(SHOT_SIZE, path);
    int fd = openat(shot.book.home_fd, path, O_RDWR);
    off_t whole = (off_t)logbook_file_bytes(&shot.book, path);
    assert_int_equal(ftruncate(fd, whole - 1), 0);
    close(fd);
    shot.book.faulty.port.size = size_and_one;
    struct outcome outcome = load_again(&shot);
    assert_fault(outcome, FAULT_CORRUPT);
    assert_string_equal(outcome.what, "snapshot is cut short");
    shot_done(&shot);
}

/* More names than are asked for, some of which are no snapshot's. */
static void the_newest_are_listed_and_other_names_passed_over(void **state)
{
    static const char *const names[] = {"derived/other", "derived/snapshot-", "derived/snapshot-x",
                                        "derived/snapshot-7", "derived/snapshot-9"};
    struct shot shot;
    uint64_t sizes[2];
    uint64_t all[8];
    unsigned count = 0;
    (void)state;
    shot_open(&shot);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        close(openat(shot.book.home_fd, names[i], O_CREAT | O_WRONLY, 0600));
    }
    assert_ok(snapshot_list(&shot.context, sizes, 2, &count));
    assert_int_equal(count, 2);
    assert_true(sizes[0] > sizes[1]);
    assert_ok(snapshot_list(&shot.context, all, 8, &count));
    assert_int_equal(count, 3);
    assert_true(all[0] == SHOT_SIZE && all[1] == 9 && all[2] == 7);
    shot_done(&shot);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_that_do_not_agree_are_refused),
        cmocka_unit_test(numbers_that_start_no_record_are_refused),
        cmocka_unit_test(any_allocation_and_any_call_may_fail),
        cmocka_unit_test(a_file_whose_length_is_not_what_its_header_says_is_refused),
        cmocka_unit_test(a_header_that_says_nothing_or_too_much_is_refused),
        cmocka_unit_test(a_file_that_became_shorter_since_it_was_measured_is_refused),
        cmocka_unit_test(the_newest_are_listed_and_other_names_passed_over),
    };
    return cmocka_run_group_tests_name("ledger/snapshot", tests, NULL, NULL);
}
