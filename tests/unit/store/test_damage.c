/* Damage, full disks, failing calls, no memory: refused with the right word, and nothing half done.
 * Where each is tried in turn, one in STRIDE is; DANCU_STRIDE=1: all. */
#include "store/faulty.h"
#include "store/homes.h"

#include <fcntl.h>
#include <sys/stat.h>

#define PEOPLE 40
#define STRIDE 3
#define FLIPS 150

static int set_up(void **state)
{
    static struct home home;
    home_init(&home);
    *state = &home;
    return 0;
}

static int tear_down(void **state)
{
    faulty_fail_at(0, 0, false);
    memory_fail_at(0);
    home_done(*state);
    return 0;
}

/* How many of the first people are found, each with its own record. A fault is counted apart. */
static unsigned found_count(struct home *home, unsigned *ret_corrupt)
{
    unsigned found = 0;
    *ret_corrupt = 0;
    for (unsigned nth = 0; nth < PEOPLE; nth++) {
        struct registry_probe probe;
        struct person_record record;
        char id[13];
        char cmnd[10];
        person_numbers(nth, id, cmnd);
        struct outcome outcome = home_fetch_nth(home, nth, &probe);
        if (!outcome_ok(outcome)) {
            assert_fault(outcome, FAULT_CORRUPT);
            assert_false(probe.found);
            assert_int_equal(probe.record.len, 0);
            ++*ret_corrupt;
        } else if (probe.found) {
            assert_ok(person_record_open(probe.record, &record));
            assert_view(record.id, id); /* never another's */
            found++;
        }
    }
    return found;
}

/* ---- Damage of what is stored ---- */

static void a_record_that_does_not_open_is_corrupt_and_the_others_are_served(void **state)
{
    struct home *home = *state;
    static const char *const damages[] = {
        "UPDATE person SET sealed = zeroblob(length(sealed)) WHERE key = 7",
        "UPDATE person SET sealed = substr(sealed, 2) WHERE key = 7",
        "UPDATE person SET sealed = zeroblob(5) WHERE key = 7",
        "UPDATE person SET sealed = (SELECT sealed FROM person WHERE key = 8) WHERE key = 7",
        "UPDATE person SET version = version + 1 WHERE key = 7",
        "DELETE FROM person WHERE key = 7",
    };
    struct registry_chunk chunk;
    for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        unsigned corrupt = 0;
        assert_ok(home_import(home, 0, PEOPLE, NULL, &chunk));
        home_sql(home, "registry.db", damages[i]);
        unsigned found = found_count(home, &corrupt);
        assert_int_equal(found, PEOPLE - 1);
        assert_int_equal(corrupt, 1);
        tear_down(state);
        set_up(state);
    }
}

static void in_a_batch_only_the_damaged_record_is_empty(void **state)
{
    struct home *home = *state;
    struct registry_probe probes[PEOPLE];
    struct registry_chunk chunk;
    unsigned empty = 0;
    assert_ok(home_import(home, 0, PEOPLE, NULL, &chunk));
    home_sql(home, "registry.db", "UPDATE person SET sealed = zeroblob(2000) WHERE key = 7");
    memset(probes, 0, sizeof(probes));
    for (unsigned nth = 0; nth < PEOPLE; nth++) {
        char id[13];
        char cmnd[10];
        person_numbers(nth, id, cmnd);
        blinder_tag(registry_blinder(home->registry), BLIND_ID, view_text(id), probes[nth].tag);
    }
    assert_fault(registry_fetch(home->registry, probes, PEOPLE, &home->scratch), FAULT_CORRUPT);
    for (unsigned nth = 0; nth < PEOPLE; nth++) {
        assert_int_equal(probes[nth].found, probes[nth].record.len > 0);
        empty += probes[nth].record.len == 0;
    }
    assert_int_equal(empty, 1);
}

static void importing_over_a_damaged_record_is_refused(void **state)
{
    struct home *home = *state;
    struct registry_chunk chunk;
    uint64_t count = 0;
    assert_ok(home_import(home, 0, 10, NULL, &chunk));
    home_sql(home, "registry.db", "UPDATE person SET sealed = zeroblob(2000) WHERE key = 7");
    assert_fault(home_import(home, 0, 20, NULL, &chunk), FAULT_CORRUPT);
    assert_ok(registry_count(home->registry, &count));
    assert_int_equal(count, 10); /* nothing of the chunk */
    home_sql(home, "registry.db", "DELETE FROM person WHERE key = 7");
    assert_fault(home_import(home, 0, 20, NULL, &chunk), FAULT_CORRUPT);
}

static void a_damaged_chunk_or_hidden_tag_is_corrupt(void **state)
{
    struct home *home = *state;
    struct registry_chunk chunk;
    struct hidden_set *set = NULL;
    assert_ok(home_import(home, 0, 1, NULL, &chunk));
    home_sql(home, "registry.db", "UPDATE chunk SET recorded = 0, hash = zeroblob(3)");
    assert_fault(registry_chunk_pending(home->registry, &chunk), FAULT_CORRUPT);
    home_sql(home, "registry.db", "INSERT INTO hidden(tag, key, flags) VALUES(zeroblob(15), 1, 1)");
    assert_fault(hidden_set_load(home->registry, &set), FAULT_CORRUPT);
    assert_null(set);
}

static void registry_path(const struct home *home, char ret_path[128])
{
    (void)snprintf(ret_path, 128, "%s/registry.db", home->path);
}

static size_t file_read(const char *path, uint8_t **ret_bytes)
{
    struct stat stat_of;
    assert_int_equal(stat(path, &stat_of), 0);
    FILE *stream = fopen(path, "r");
    uint8_t *bytes = malloc((size_t)stat_of.st_size);
    assert_non_null(stream);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, (size_t)stat_of.st_size, stream), stat_of.st_size);
    (void)fclose(stream);
    *ret_bytes = bytes;
    return (size_t)stat_of.st_size;
}

static void file_write(const char *path, const uint8_t *bytes, size_t len)
{
    FILE *stream = fopen(path, "w");
    assert_non_null(stream);
    assert_int_equal(fwrite(bytes, 1, len, stream), len);
    (void)fclose(stream);
}

static void a_file_cut_anywhere_is_refused_or_found_corrupt(void **state)
{
    struct home *home = *state;
    struct registry_chunk chunk;
    char path[128];
    uint8_t *bytes = NULL;
    unsigned refused = 0;
    registry_path(home, path);
    assert_ok(home_import(home, 0, PEOPLE, NULL, &chunk));
    home_close(home);
    size_t len = file_read(path, &bytes);
    for (size_t cut = 0; cut < len; cut += 4999) {
        unsigned corrupt = 0;
        file_write(path, bytes, cut);
        struct outcome outcome = home_open(home, REGISTRY_READ);
        if (outcome_ok(outcome)) {
            assert_true(found_count(home, &corrupt) < PEOPLE);
            assert_true(corrupt > 0);
            home_close(home);
        } else {
            assert_fault(outcome, FAULT_CORRUPT);
            refused++;
        }
    }
    assert_true(refused > 0);
    free(bytes);
}

static void a_flipped_byte_never_gives_anybody_anothers_record(void **state)
{
    struct home *home = *state;
    struct registry_chunk chunk;
    char path[128];
    uint8_t *bytes = NULL;
    unsigned noticed = 0;
    uint64_t seed = 12345;
    unsigned stride = (unsigned)help_stride(STRIDE);
    registry_path(home, path);
    assert_ok(home_import(home, 0, PEOPLE, NULL, &chunk));
    home_close(home);
    size_t len = file_read(path, &bytes);
    for (unsigned round = 0; round < FLIPS / stride; round++) {
        unsigned corrupt = 0;
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        /* Half of the flips hit the heads of pages, where SQLite keeps its own. */
        size_t at = (size_t)(seed >> 16) % len;
        at = round % 2 == 0 ? at : at / 8192 * 8192 + at % 64;
        uint8_t kept = bytes[at];
        bytes[at] ^= (uint8_t)(1u << (seed >> 13 & 7));
        file_write(path, bytes, len);
        struct outcome outcome = home_open(home, REGISTRY_READ);
        if (outcome_ok(outcome)) {
            noticed += found_count(home, &corrupt) < PEOPLE;
            home_close(home);
        } else {
            noticed++;
        }
        bytes[at] = kept;
    }
    assert_true(noticed * stride > 20);
    free(bytes);
}

/* ---- Full disks and failing calls ---- */

static void fails_at_each_write(struct home *home, int code, enum fault expected)
{
    struct registry_chunk chunk;
    unsigned failures = 0;
    for (uint64_t nth = 1;; nth += help_stride(STRIDE)) {
        uint64_t count = 0;
        unsigned corrupt = 0;
        faulty_fail_at(nth, code, true);
        struct outcome outcome = home_import(home, PEOPLE, 20, NULL, &chunk);
        uint64_t calls = faulty_count();
        faulty_fail_at(0, 0, false);
        if (calls < nth) {
            assert_ok(outcome);
            break;
        }
        if (!outcome_ok(outcome)) {
            assert_fault(outcome, expected);
            failures++;
        }
        /* All of the chunk or nothing of it; and whoever was there before is there. */
        assert_ok(registry_count(home->registry, &count));
        assert_true(count == PEOPLE || count == PEOPLE + 20);
        assert_int_equal(found_count(home, &corrupt), PEOPLE);
        assert_int_equal(corrupt, 0);
        if (outcome_ok(registry_chunk_pending(home->registry, &chunk))) {
            assert_ok(registry_chunk_recorded(home->registry, chunk.number));
        }
        assert_true(nth < 1000);
    }
    assert_true(failures > 3);
}

static void a_disk_that_fills_up_at_any_write_leaves_all_or_nothing_of_a_chunk(void **state)
{
    struct home *home = *state;
    struct registry_chunk chunk;
    uint64_t count = 0;
    assert_ok(home_import(home, 0, PEOPLE, NULL, &chunk));
    fails_at_each_write(home, SQLITE_FULL, FAULT_NO_SPACE);
    assert_ok(registry_count(home->registry, &count));
    assert_int_equal(count, PEOPLE + 20);
}

static void a_write_or_sync_that_fails_leaves_all_or_nothing_of_a_chunk(void **state)
{
    struct home *home = *state;
    struct registry_chunk chunk;
    assert_ok(home_import(home, 0, PEOPLE, NULL, &chunk));
    fails_at_each_write(home, SQLITE_IOERR_WRITE, FAULT_IO);
}

static void a_registry_that_cannot_be_created_whole_is_not_created(void **state)
{
    struct home *home = *state;
    char path[128];
    registry_path(home, path);
    home_close(home);
    (void)unlink(path);
    for (uint64_t nth = 1;; nth++) {
        faulty_fail_at(nth, SQLITE_FULL, true);
        struct outcome outcome = registry_create(home->path);
        uint64_t calls = faulty_count();
        faulty_fail_at(0, 0, false);
        if (outcome_ok(outcome) && calls < nth) {
            break;
        }
        if (outcome_ok(outcome)) { /* what failed was the last write-back, which may wait */
            (void)unlink(path);
            continue;
        }
        assert_fault(outcome, FAULT_NO_SPACE);
        assert_int_not_equal(access(path, F_OK), 0);
        assert_true(nth < 1000);
    }
    assert_ok(home_open(home, REGISTRY_WRITE));
}

static void a_locked_registry_is_busy_and_then_free_again(void **state)
{
    struct home *home = *state;
    struct registry_chunk chunk;
    struct registry_probe probe;
    char path[128];
    sqlite3 *other = NULL;
    registry_path(home, path);
    assert_ok(home_import(home, 0, 5, NULL, &chunk));
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_fault(home_import(home, 5, 5, NULL, &chunk), FAULT_BUSY);
    assert_ok(home_fetch_nth(home, 3, &probe)); /* readers do not wait */
    assert_true(probe.found);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    assert_ok(home_import(home, 5, 5, NULL, &chunk));
    assert_int_equal(chunk.added, 5);
}

/* ---- No memory ---- */

/* Runs `body` with allocations failing in turn; SQLite does without some of them. Returns how many
 * made it fail, as far as those that were tried tell. */
static unsigned allocations_fail(struct outcome (*body)(struct home *home), struct home *home)
{
    unsigned failures = 0;
    uint64_t stride = help_stride(STRIDE);
    for (uint64_t nth = 1; nth < 100000; nth += stride) {
        uint64_t before = memory_count();
        memory_fail_at(nth);
        struct outcome outcome = body(home);
        memory_fail_at(0);
        bool untouched = memory_count() - before < nth;
        if (!outcome_ok(outcome)) {
            assert_false(untouched);
            assert_fault(outcome, FAULT_NO_MEMORY);
            failures++;
        }
        if (untouched) {
            return failures * (unsigned)stride;
        }
    }
    fail_msg("too many allocations");
    return 0;
}

static struct outcome open_and_close(struct home *home)
{
    struct registry *registry = NULL;
    struct registry_config config = home_config(home, REGISTRY_READ);
    TRY(registry_open(&config, &registry));
    registry_close(registry);
    return OUTCOME_OK;
}

static struct outcome create_and_remove(struct home *home)
{
    char path[160];
    struct outcome outcome = registry_create(home->path);
    (void)snprintf(path, sizeof(path), "%s/registry.db", home->path);
    if (!outcome_ok(outcome)) {
        assert_int_not_equal(access(path, F_OK), 0);
    }
    (void)unlink(path);
    return outcome;
}

static struct outcome load_hidden(struct home *home)
{
    struct hidden_set *set = NULL;
    TRY(hidden_set_load(home->registry, &set));
    hidden_set_free(set);
    return OUTCOME_OK;
}

static struct outcome fetch_with_new_scratch(struct home *home)
{
    struct registry_probe probe = {0};
    BUF_AUTO scratch;
    buf_init(&scratch, HOME_SCRATCH_BYTES);
    return registry_fetch(home->registry, &probe, 1, &scratch);
}

/* Alternates, so that each run changes something. */
static struct outcome import_changes(struct home *home)
{
    static const char *const moved[] = {"permanent_residence", "null", "protected", "true", NULL};
    static bool odd;
    struct registry_chunk chunk;
    struct person *persons[4];
    memory_fail_at(0); /* the people themselves are not the subject */
    arena_reset(&home->arena);
    for (unsigned i = 0; i < 4; i++) {
        persons[i] = home_person(home, i, odd ? moved : NULL);
    }
    memory_fail_at(home->seed);
    struct outcome outcome = registry_import(home->registry, persons, 4, &chunk);
    memory_fail_at(0);
    if (outcome_ok(outcome)) {
        assert_ok(registry_chunk_recorded(home->registry, chunk.number));
        odd = !odd;
    }
    return outcome;
}

static void without_memory_everything_is_refused_and_works_again_after(void **state)
{
    struct home *home = *state;
    static const char *const protect[] = {"protected", "true", NULL};
    struct registry_chunk chunk;
    unsigned corrupt = 0;
    assert_ok(home_import(home, 0, PEOPLE, protect, &chunk));
    assert_true(allocations_fail(open_and_close, home) > 20);
    assert_true(allocations_fail(load_hidden, home) > 1);
    assert_true(allocations_fail(fetch_with_new_scratch, home) > 0);
    assert_int_equal(found_count(home, &corrupt), PEOPLE);
    home_close(home);
    home_each_file(home, home_remove_file, NULL);
    assert_true(allocations_fail(create_and_remove, home) > 20);
    assert_ok(registry_create(home->path));
    assert_ok(home_open(home, REGISTRY_WRITE));
}

static void an_import_without_memory_leaves_all_or_nothing(void **state)
{
    struct home *home = *state;
    struct registry_chunk chunk;
    unsigned failures = 0;
    uint64_t kept_seed = home->seed;
    assert_ok(home_import(home, 0, PEOPLE, NULL, &chunk));
    for (uint64_t nth = 1; nth < 200; nth += help_stride(STRIDE)) {
        unsigned corrupt = 0;
        home->seed = nth; /* which allocation fails: see import_changes() */
        struct outcome outcome = import_changes(home);
        home->seed = kept_seed;
        if (!outcome_ok(outcome)) {
            assert_fault(outcome, FAULT_NO_MEMORY);
            failures++;
        }
        assert_int_equal(found_count(home, &corrupt), PEOPLE);
        assert_int_equal(corrupt, 0);
    }
    assert_true(failures > 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_record_that_does_not_open_is_corrupt_and_the_others_are_served),
        TEST(in_a_batch_only_the_damaged_record_is_empty),
        TEST(importing_over_a_damaged_record_is_refused),
        TEST(a_damaged_chunk_or_hidden_tag_is_corrupt),
        TEST(a_file_cut_anywhere_is_refused_or_found_corrupt),
        TEST(a_flipped_byte_never_gives_anybody_anothers_record),
        TEST(a_disk_that_fills_up_at_any_write_leaves_all_or_nothing_of_a_chunk),
        TEST(a_write_or_sync_that_fails_leaves_all_or_nothing_of_a_chunk),
        TEST(a_registry_that_cannot_be_created_whole_is_not_created),
        TEST(a_locked_registry_is_busy_and_then_free_again),
        TEST(without_memory_everything_is_refused_and_works_again_after),
        TEST(an_import_without_memory_leaves_all_or_nothing),
    };
    faulty_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
