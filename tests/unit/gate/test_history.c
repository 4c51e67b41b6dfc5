/*
 * The index of who has seen whom, against a plain list of all rows.
 */
#include "help.h"
#include "hush.h"

#include "gate/gate.h"
#include "gate/history.h"
#include "gate/history_run.h"
#include "gate/history_scrub.h"
#include "gate/work.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#define DAY_US INT64_C(86400000000)
#define START_US INT64_C(1795423081000123)
#define PEOPLE 40u
#define ENTRIES_MAX 60000u
#define ROWS_MAX (2 * ENTRIES_MAX)
#define SEALED_DAYS 30

struct bench {
    char path[32];
    int home_fd;
    struct secret key;
    struct history *history;
    uint64_t seed;
    unsigned people;
    /* the plain list */
    struct history_row rows[ROWS_MAX];
    unsigned row_count;
    uint64_t size;
    int64_t time_us;
    uint32_t day;
};

static struct history_config config_of(struct bench *bench)
{
    return (struct history_config){.home_fd = bench->home_fd,
                                   .disk = disk_system(),
                                   .key = &bench->key,
                                   .random = random_system(),
                                   .run_pieces = 3};
}

static int setup(void **state)
{
    struct bench *bench = memory_new(1, sizeof(*bench));
    assert_non_null(bench);
    memcpy(bench->path, "/tmp/dancu-history-XXXXXX", 26);
    assert_non_null(mkdtemp(bench->path));
    bench->home_fd = open(bench->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(bench->home_fd >= 0);
    assert_int_equal(mkdirat(bench->home_fd, "derived", 0700), 0);
    bench->seed = 7;
    bench->people = PEOPLE;
    bench->time_us = START_US;
    struct history_config config = config_of(bench);
    assert_ok(history_new(&config, &bench->history));
    *state = bench;
    return 0;
}

/* It is the keeper's to remove. */
static bool is_aside(const char *name)
{
    return strncmp(name, "aside-", 6) == 0;
}

static unsigned files(struct bench *bench, bool remove)
{
    BUF_AUTO names;
    size_t at = 0;
    unsigned count = 0;
    buf_init(&names, 65536);
    assert_ok(disk_list(disk_system(), bench->home_fd, "derived", &names));
    for (const char *name = disk_next_name(&names, &at); name != NULL;
         name = disk_next_name(&names, &at)) {
        char path[300];
        snprintf(path, sizeof(path), "derived/%s", name);
        count += !is_aside(name);
        if (remove) {
            assert_ok(disk_remove(disk_system(), bench->home_fd, path, false));
        }
    }
    return count;
}

static int teardown(void **state)
{
    struct bench *bench = *state;
    history_free(bench->history);
    files(bench, true);
    assert_int_equal(unlinkat(bench->home_fd, "derived", AT_REMOVEDIR), 0);
    close(bench->home_fd);
    assert_int_equal(rmdir(bench->path), 0);
    memory_free(bench);
    return 0;
}

static uint64_t pick(struct bench *bench, uint64_t below)
{
    struct random_port random = random_seeded(&bench->seed);
    uint64_t number = 0;
    random_fill(&random, &number, sizeof(number));
    return number % below;
}

static const char *const parties[] = {"bank", "agency", "citizen:own"};

/* An entry of nobody's, of one person or of two; one in sixteen is sealed. */
static void add(struct bench *bench, struct history *history)
{
    uint8_t text[512];
    struct buf effect_bytes = {.data = text, .cap = sizeof(text), .max = sizeof(text)};
    unsigned party = (unsigned)pick(bench, 3);
    struct effect effect = {.party = view_text(parties[party]), .business = VIEW_LITERAL("NV-1")};
    struct record record = {.kind = KIND_DISCLOSURE,
                            .outcome = VIEW_LITERAL("disclosed"),
                            .channel = (uint8_t)pick(bench, CHANNEL_COUNT),
                            .service = (uint8_t)pick(bench, 2)};
    bench->time_us += (int64_t)pick(bench, 100) * 1000000;
    bench->time_us -= pick(bench, 500) == 0 ? DAY_US : 0; /* a clock that is set back */
    record.time_us = bench->time_us;
    record.person_count = (unsigned)pick(bench, 3);
    for (unsigned i = 0; i < record.person_count; i++) {
        record.persons[i] = 100 + pick(bench, bench->people);
    }
    int64_t day = clock_day_vn(record.time_us);
    bench->day = day > (int64_t)bench->day ? (uint32_t)day : bench->day;
    effect.sealed = pick(bench, 16) == 0;
    effect.sealed_until_day = day + (int64_t)pick(bench, SEALED_DAYS) - 2;
    effect_put(&effect, &effect_bytes);
    record.effect = buf_view(&effect_bytes);
    assert_ok(history_reserve(history));
    assert_ok(history_add(history, bench->size, &record));
    for (unsigned i = 0; i < record.person_count; i++) {
        if (i > 0 && record.persons[i] == record.persons[0]) {
            continue;
        }
        uint64_t from = effect.sealed && effect.sealed_until_day > (int64_t)bench->day
                            ? (uint64_t)effect.sealed_until_day
                            : bench->day;
        bench->rows[bench->row_count++] = (struct history_row){
            .person = record.persons[i],
            .place = from << 40 | bench->size,
            .party = (uint16_t)party, /* of the list: which it is */
            .channel = record.channel,
            .service = record.service,
        };
    }
    bench->size++;
}

static void step(struct bench *bench, struct history *history, uint64_t kept)
{
    bool idle = false;
    (void)bench;
    while (!idle) {
        assert_ok(history_step(history, kept, &idle));
    }
}

static void grow(struct bench *bench, unsigned entries)
{
    for (unsigned i = 0; i < entries; i++) {
        add(bench, bench->history);
        if (i % 64 == 0) {
            bool idle = false;
            assert_ok(history_step(bench->history, 0, &idle));
        }
    }
}

static int newest_first(const void *a, const void *b)
{
    uint64_t one = ((const struct history_row *)a)->place;
    uint64_t other = ((const struct history_row *)b)->place;
    return one == other ? 0 : one > other ? -1 : 1;
}

static bool wanted(const struct history_wish *wish, const struct history_row *row)
{
    return row->person == wish->person && row->place < wish->below && row->place >= wish->from &&
           (wish->party.len == 0 || view_is(wish->party, parties[row->party])) &&
           (wish->channel == RECORD_WORD_NULL || wish->channel == row->channel) &&
           (wish->service == RECORD_WORD_NULL || wish->service == row->service);
}

/* All pages of the wish are, row by row, what the list says. */
static unsigned check_pages(struct bench *bench, struct history *history, struct history_wish wish)
{
    struct history_row *list = memory_new(bench->row_count + 1, sizeof(*list));
    unsigned count = 0;
    unsigned at = 0;
    bool more = true;
    assert_non_null(list);
    for (unsigned i = 0; i < bench->row_count; i++) {
        if (wanted(&wish, &bench->rows[i])) {
            list[count++] = bench->rows[i];
        }
    }
    qsort(list, count, sizeof(*list), newest_first);
    while (more) {
        struct history_row rows[HISTORY_PAGE_ROWS_MAX];
        unsigned found = 0;
        unsigned max = 1 + (unsigned)pick(bench, HISTORY_PAGE_ROWS_MAX);
        uint64_t below = 0;
        assert_ok(history_find(history, &wish, rows, max, &found, &below, &more));
        assert_true(found <= max && at + found <= count);
        assert_true(!more || below < wish.below);
        for (unsigned i = 0; i < found; i++, at++) {
            assert_true(rows[i].person == wish.person && rows[i].place == list[at].place);
            assert_true(rows[i].channel == list[at].channel);
        }
        assert_true(more || at == count);
        wish.below = below;
    }
    memory_free(list);
    return count;
}

static void check_person(struct bench *bench, struct history *history, uint64_t person,
                         uint64_t below)
{
    struct history_wish wish = {
        .person = person, .below = below, .channel = RECORD_WORD_NULL, .service = RECORD_WORD_NULL};
    uint64_t counted = 0;
    unsigned count = check_pages(bench, history, wish);
    assert_ok(history_count(history, person, below, &counted));
    assert_int_equal(counted, count);
    wish.party = view_text(parties[pick(bench, 3)]);
    check_pages(bench, history, wish);
    wish.channel = (uint8_t)pick(bench, CHANNEL_COUNT);
    wish.from = history_end(bench->day - 5, 0);
    check_pages(bench, history, wish);
}

static void check_all(struct bench *bench, struct history *history)
{
    assert_int_equal(history_log_size(history), bench->size);
    assert_int_equal(history_log_day(history), bench->day);
    for (unsigned i = 0; i < 6; i++) {
        check_person(bench, history, 100 + pick(bench, PEOPLE),
                     history_end(bench->day, bench->size));
        check_person(bench, history, 100 + pick(bench, PEOPLE), UINT64_MAX);
    }
    check_person(bench, history, 99, UINT64_MAX); /* nobody */
    check_person(bench, history, 100 + PEOPLE, UINT64_MAX);
}

static uint64_t rows_on_disk(struct history *history)
{
    struct history_figures figures = {0};
    history_figures_get(history, &figures);
    return figures.rows - figures.rows_in_memory;
}

static void test_rows_are_those_of_a_plain_list_in_memory_and_on_disk(void **state)
{
    struct bench *bench = *state;
    check_all(bench, bench->history);
    grow(bench, 300); /* not one piece */
    check_all(bench, bench->history);
    grow(bench, 1700); /* some */
    check_all(bench, bench->history);
    grow(bench, 16000); /* runs, and merged ones */
    assert_true(rows_on_disk(bench->history) > 8000);
    check_all(bench, bench->history);
    step(bench, bench->history, 0);
    check_all(bench, bench->history);
}

static unsigned reads;

static struct outcome counted_read(void *context, int fd, uint64_t offset, void *ret_bytes,
                                   size_t len, size_t *ret_read)
{
    reads++;
    return disk_system()->read(context, fd, offset, ret_bytes, len, ret_read);
}

/* Rows that were sealed make the runs overlap: none may keep the next look from going on. */
static void test_a_look_reads_so_many_rows_of_all_runs_and_the_next_goes_on_below(void **state)
{
    static struct disk_port counting; /* the index goes on using it until it is freed */
    struct bench *bench = *state;
    struct history_config config = config_of(bench);
    struct history_figures figures = {0};
    struct history_wish wish = {
        .person = 100, .below = UINT64_MAX, .channel = RECORD_WORD_NULL, .service = 2};
    bool more = true;
    unsigned looks = 0;
    counting = *disk_system();
    counting.read = counted_read;
    config.disk = &counting;
    history_free(bench->history);
    assert_ok(history_new(&config, &bench->history));
    bench->people = 1;
    grow(bench, 40000);
    history_figures_get(bench->history, &figures);
    assert_true(figures.runs > 3 && rows_on_disk(bench->history) > 20000);
    for (; more; looks++) { /* nobody has asked by that service */
        struct history_row rows[HISTORY_PAGE_ROWS_MAX];
        unsigned found = 0;
        uint64_t below = 0;
        reads = 0;
        assert_ok(history_find(bench->history, &wish, rows, HISTORY_PAGE_ROWS_MAX, &found, &below,
                               &more));
        assert_int_equal(found, 0);
        assert_true(reads <= HISTORY_LOOKED_ROWS_MAX / HISTORY_BLOCK_ROWS + 3 * figures.runs);
        assert_true(!more || below < wish.below);
        wish.below = below;
    }
    assert_true(looks >= rows_on_disk(bench->history) / HISTORY_LOOKED_ROWS_MAX);
    wish = (struct history_wish){
        .person = 100, .below = UINT64_MAX, .channel = 1, .service = 1, .party = view_text("bank")};
    assert_true(check_pages(bench, bench->history, wish) > 100);
}

static void test_what_may_be_seen_then_is_the_beginning_of_what_may_be_seen_later(void **state)
{
    struct bench *bench = *state;
    uint64_t ends[20];
    uint64_t counts[20];
    for (unsigned i = 0; i < 20; i++) {
        grow(bench, 200);
        ends[i] = history_end(bench->day, bench->size);
        assert_ok(history_count(bench->history, 105, ends[i], &counts[i]));
        assert_true(i == 0 || (ends[i] > ends[i - 1] && counts[i] >= counts[i - 1]));
    }
    for (unsigned i = 0; i < 20; i++) {
        uint64_t count = 0;
        assert_ok(history_count(bench->history, 105, ends[i], &count));
        assert_int_equal(count, counts[i]);
    }
    assert_true(counts[19] > 50);
}

static void save(struct history *history, struct buf *blob, struct bench *bench)
{
    bool last = false;
    buf_done(blob);
    buf_init(blob, 16u << 20);
    history_save_begin(history);
    while (!last) {
        size_t before = blob->len;
        history_save_step(history, blob, &last);
        assert_true(blob->len - before < 32768);
        if (bench != NULL) { /* others come meanwhile */
            add(bench, history);
        }
    }
    assert_ok(buf_check(blob));
}

static struct history *restored(struct bench *bench, const struct buf *blob)
{
    struct history *history = NULL;
    struct history_config config = config_of(bench);
    struct cursor cursor = cursor_of(buf_view(blob));
    assert_ok(history_new(&config, &history));
    assert_ok(history_restore(history, &cursor));
    assert_ok(cursor_end(&cursor, "blob"));
    return history;
}

static void test_a_snapshot_gives_the_index_of_when_it_was_begun(void **state)
{
    struct bench *bench = *state;
    struct buf blob = {0};
    grow(bench, 15000);
    unsigned rows = bench->row_count;
    uint64_t size = bench->size;
    uint32_t day = bench->day;
    save(bench->history, &blob, bench);
    assert_true(bench->row_count > rows);
    bench->row_count = rows;
    bench->size = size;
    bench->day = day;
    struct history *history = restored(bench, &blob);
    check_all(bench, history);
    for (unsigned i = 0; i < 3000; i++) { /* and goes on from there */
        add(bench, history);
    }
    check_all(bench, history);
    history_opened(history);
    check_all(bench, history);
    history_free(history);
    buf_done(&blob);
}

static void test_an_entry_that_is_known_changes_nothing_and_a_gap_is_damage(void **state)
{
    struct bench *bench = *state;
    grow(bench, 100);
    struct record record = {.kind = KIND_ACT, .time_us = START_US + 1000 * DAY_US};
    assert_ok(history_add(bench->history, 40, &record));
    assert_fault(history_add(bench->history, 101, &record), FAULT_CORRUPT);
    check_all(bench, bench->history);
}

static void test_files_stay_until_a_snapshot_has_come_that_does_not_name_them(void **state)
{
    struct bench *bench = *state;
    struct buf blob = {0};
    bool idle = false;
    while (rows_on_disk(bench->history) < 4000) {
        grow(bench, 64);
    }
    save(bench->history, &blob, NULL);
    unsigned named = files(bench, false);
    uint64_t size = bench->size;
    grow(bench, 12000);
    step(bench, bench->history, size);
    struct history *history = restored(bench, &blob); /* as if this had been the last */
    history_free(history);
    assert_true(files(bench, false) > named);
    save(bench->history, &blob, NULL);
    step(bench, bench->history, bench->size + 1);
    assert_ok(history_step(bench->history, bench->size + 1, &idle));
    struct history_figures figures = {0};
    history_figures_get(bench->history, &figures);
    assert_int_equal(files(bench, false), figures.runs);
    check_all(bench, bench->history);
    buf_done(&blob);
}

static void test_a_start_removes_what_no_snapshot_names_and_nothing_else(void **state)
{
    struct bench *bench = *state;
    struct history_figures figures = {0};
    grow(bench, 12000);
    int fd = openat(bench->home_fd, "derived/history-0123456789abcdef", O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    close(fd);
    fd = openat(bench->home_fd, "derived/snapshot-1", O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    close(fd);
    step(bench, bench->history, 0);
    history_opened(bench->history);
    history_figures_get(bench->history, &figures);
    assert_int_equal(files(bench, false), figures.runs + 1);
    check_all(bench, bench->history);
}

/* The first file that is there. */
static void first_file(struct bench *bench, char ret_path[300])
{
    BUF_AUTO names;
    size_t at = 0;
    buf_init(&names, 65536);
    assert_ok(disk_list(disk_system(), bench->home_fd, "derived", &names));
    const char *name = disk_next_name(&names, &at);
    while (is_aside(name)) {
        name = disk_next_name(&names, &at);
    }
    snprintf(ret_path, 300, "derived/%s", name);
}

static void flip(struct bench *bench, const char *path, off_t at)
{
    uint8_t byte = 0;
    int fd = openat(bench->home_fd, path, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &byte, 1, at), 1);
    byte ^= 1;
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    close(fd);
}

static void test_a_damaged_run_is_refused_and_not_taken_for_nothing(void **state)
{
    struct bench *bench = *state;
    char path[300];
    struct history_row rows[HISTORY_PAGE_ROWS_MAX];
    unsigned found = 0;
    unsigned refused = 0;
    uint64_t below = 0;
    bool more = false;
    while (rows_on_disk(bench->history) == 0) {
        grow(bench, 64);
    }
    first_file(bench, path);
    flip(bench, path, 512 + 100); /* in its first block */
    int speech = hush();
    for (uint64_t person = 100; person < 100 + PEOPLE; person++) {
        struct history_wish wish = {.person = person,
                                    .below = UINT64_MAX,
                                    .channel = RECORD_WORD_NULL,
                                    .service = RECORD_WORD_NULL};
        uint64_t count = 0;
        struct outcome outcome = OUTCOME_OK;
        more = true;
        while (more && outcome_ok(outcome)) {
            outcome = history_find(bench->history, &wish, rows, 20, &found, &below, &more);
            wish.below = below;
        }
        struct outcome counted = history_count(bench->history, person, UINT64_MAX, &count);
        assert_true(outcome.fault == FAULT_NONE || outcome.fault == FAULT_CORRUPT);
        assert_int_equal(counted.fault, outcome.fault);
        refused += outcome.fault == FAULT_CORRUPT;
    }
    speak(speech);
    assert_true(refused > 0 && refused < PEOPLE);
    grow(bench, 8000); /* the rest goes on without it */
}

struct seen {
    unsigned found;
    unsigned steps;
};

static void bad_place(void *context, const char *place)
{
    struct seen *seen = context;
    assert_true(strncmp(place, "derived/history-", 16) == 0);
    seen->found++;
}

static void one_step(void *context)
{
    struct seen *seen = context;
    seen->steps++;
}

static struct seen scrub(struct bench *bench)
{
    struct seen seen = {0};
    uint64_t blocks = 0;
    const struct history_scrub looks = {.home_fd = bench->home_fd,
                                        .disk = disk_system(),
                                        .wrap_key = &bench->key,
                                        .random = random_system(),
                                        .context = &seen,
                                        .found = bad_place,
                                        .step = one_step};
    assert_ok(history_scrub(&looks, &blocks));
    assert_int_equal(blocks, seen.steps);
    return seen;
}

static void test_the_scrub_finds_a_flipped_byte_in_each_part_of_a_run(void **state)
{
    struct bench *bench = *state;
    struct history_figures figures = {0};
    char path[300];
    grow(bench, 9000);
    history_figures_get(bench->history, &figures);
    struct seen seen = scrub(bench);
    assert_int_equal(seen.found, 0);
    assert_int_equal(seen.steps, (figures.rows - figures.rows_in_memory + 511) / 512);
    first_file(bench, path);
    static const off_t places[] = {3, 30, 509, 512 + 100, 512 + 10268 + 10267};
    int speech = hush();
    for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        flip(bench, path, places[i]);
        assert_int_equal(scrub(bench).found, 1);
        flip(bench, path, places[i]);
    }
    speak(speech);
    int fd = openat(bench->home_fd, "derived/history-0123456789abcdef", O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0); /* one that is not finished is none */
    assert_int_equal(pwrite(fd, "x", 1, 600), 1);
    close(fd);
    assert_int_equal(scrub(bench).found, 0);
}

static void test_a_run_that_is_not_there_or_not_whole_fails_the_snapshot(void **state)
{
    struct bench *bench = *state;
    struct buf blob = {0};
    struct history *history = NULL;
    struct history_config config = config_of(bench);
    char path[300];
    grow(bench, 9000);
    save(bench->history, &blob, NULL);
    first_file(bench, path);
    static const off_t places[] = {3, 30, 509}; /* magic, rows, checksum */
    assert_ok(history_new(&config, &history));
    int speech = hush();
    for (unsigned i = 0; i < 3; i++) {
        struct cursor cursor = cursor_of(buf_view(&blob));
        flip(bench, path, places[i]);
        assert_fault(history_restore(history, &cursor), FAULT_CORRUPT);
        assert_int_equal(history_log_size(history), 0);
        flip(bench, path, places[i]);
    }
    struct cursor cursor = cursor_of(buf_view(&blob));
    assert_int_equal(unlinkat(bench->home_fd, path, 0), 0);
    assert_fault(history_restore(history, &cursor), FAULT_CORRUPT);
    for (size_t len = 0; len < blob.len; len += 997) { /* a blob that is cut off */
        struct cursor cut = cursor_of(view_of(blob.data, len));
        assert_fault(history_restore(history, &cut), FAULT_CORRUPT);
    }
    speak(speech);
    history_free(history);
    buf_done(&blob);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(test_rows_are_those_of_a_plain_list_in_memory_and_on_disk),
        TEST(test_a_look_reads_so_many_rows_of_all_runs_and_the_next_goes_on_below),
        TEST(test_what_may_be_seen_then_is_the_beginning_of_what_may_be_seen_later),
        TEST(test_a_snapshot_gives_the_index_of_when_it_was_begun),
        TEST(test_an_entry_that_is_known_changes_nothing_and_a_gap_is_damage),
        TEST(test_files_stay_until_a_snapshot_has_come_that_does_not_name_them),
        TEST(test_a_start_removes_what_no_snapshot_names_and_nothing_else),
        TEST(test_a_damaged_run_is_refused_and_not_taken_for_nothing),
        TEST(test_the_scrub_finds_a_flipped_byte_in_each_part_of_a_run),
        TEST(test_a_run_that_is_not_there_or_not_whole_fails_the_snapshot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
