/* The registry: opened only when it is ours and whole; who goes in is found, who is not gets a
 * decoy. */
#include "store/homes.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int set_up(void **state)
{
    static struct home home;
    home_init(&home);
    *state = &home;
    return 0;
}

static int tear_down(void **state)
{
    home_done(*state);
    return 0;
}

/* ---- Opening ---- */

static void a_registry_is_created_once_and_for_its_owner_only(void **state)
{
    struct home *home = *state;
    struct stat stat_of;
    char path[128];
    assert_fault(registry_create(home->path), FAULT_CONFLICT);
    (void)snprintf(path, sizeof(path), "%s/registry.db", home->path);
    assert_int_equal(stat(path, &stat_of), 0);
    assert_int_equal(stat_of.st_mode & 0777, 0600);
    assert_fault(registry_create("/nowhere/at/all"), FAULT_NOT_FOUND);
}

static void a_registry_that_is_not_there_is_not_found(void **state)
{
    struct home *home = *state;
    struct registry *other = NULL;
    struct registry_config config = home_config(home, REGISTRY_READ);
    config.home = "/tmp/dancu-test-none";
    assert_fault(registry_open(&config, &other), FAULT_NOT_FOUND);
    char path[600];
    memset(path, 'a', sizeof(path));
    path[sizeof(path) - 1] = '\0';
    config.home = path;
    assert_fault(registry_open(&config, &other), FAULT_OVER_LIMIT);
    assert_null(other);
}

static void a_file_of_another_kind_does_not_open(void **state)
{
    struct home *home = *state;
    struct registry *other = NULL;
    struct registry_config config = home_config(home, REGISTRY_READ);
    home_close(home);
    home_sql(home, "registry.db", "PRAGMA application_id=1");
    assert_fault(registry_open(&config, &other), FAULT_CORRUPT);
}

static void a_registry_of_a_newer_version_does_not_open(void **state)
{
    struct home *home = *state;
    home_close(home);
    home_sql(home, "registry.db", "INSERT INTO migration(number) VALUES(1000)");
    assert_fault(home_open(home, REGISTRY_WRITE), FAULT_CONFLICT);
    assert_fault(home_open(home, REGISTRY_READ), FAULT_CONFLICT);
}

static void a_reader_waits_for_the_writer_to_migrate(void **state)
{
    struct home *home = *state;
    home_close(home);
    home_sql(home, "registry.db",
             "DELETE FROM migration; DROP TABLE person; DROP TABLE person_history;"
             "DROP TABLE blind; DROP TABLE hidden; DROP TABLE chunk; DROP TABLE keys;"
             "DROP TABLE hidden_change; DROP TABLE intake; DROP TABLE former_tag;"
             "DROP TABLE search; DROP TABLE search_waits; DROP TABLE change_set;"
             "DROP TABLE rotation; DROP TABLE resealed; DROP TABLE changed");
    assert_fault(home_open(home, REGISTRY_READ), FAULT_CONFLICT);
    assert_ok(home_open(home, REGISTRY_WRITE));
    home_close(home);
    assert_ok(home_open(home, REGISTRY_READ));
}

/* A process that opens the registry once the pipe's other end is closed; 0: it could. */
static pid_t opener(struct home *home, const int ends[2])
{
    uint8_t byte = 0;
    pid_t child = fork();

    if (child != 0) {
        return child;
    }
    (void)close(ends[1]);
    bool told = read(ends[0], &byte, 1) == 0;
    _exit(told && outcome_ok(home_open(home, REGISTRY_WRITE)) ? 0 : 1);
}

static void writers_that_open_at_once_migrate_once(void **state)
{
    struct home *home = *state;
    pid_t children[3];
    char path[128];
    sqlite3 *handle = NULL;
    int ends[2];
    int status = 0;
    home_make_older(home);
    assert_int_equal(pipe(ends), 0);
    for (size_t i = 0; i < 3; i++) {
        children[i] = opener(home, ends);
        assert_true(children[i] > 0);
    }
    (void)snprintf(path, sizeof(path), "%s/registry.db", home->path);
    assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
    assert_int_equal(sqlite3_exec(handle, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    (void)close(ends[1]);
    (void)usleep(100 * 1000); /* each reads how far it is, and waits for its turn to write */
    assert_int_equal(sqlite3_exec(handle, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(handle), SQLITE_OK);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    (void)close(ends[0]);
    assert_ok(home_open(home, REGISTRY_READ));
}

static void other_keys_do_not_open_a_registry(void **state)
{
    struct home *home = *state;
    home_close(home);
    home->data_key.bytes[31] ^= 1;
    assert_fault(home_open(home, REGISTRY_READ), FAULT_CORRUPT);
    assert_fault(home_open(home, REGISTRY_WRITE), FAULT_CORRUPT);
    home->data_key.bytes[31] ^= 1;
    home->index_key.bytes[0] ^= 1;
    assert_fault(home_open(home, REGISTRY_READ), FAULT_CORRUPT);
    assert_fault(home_open(home, REGISTRY_WRITE), FAULT_CORRUPT);
    home->index_key.bytes[0] ^= 1;
    assert_ok(home_open(home, REGISTRY_READ));
}

/* ---- Import and fetch ---- */

static void who_was_imported_is_found_by_either_number(void **state)
{
    struct home *home = *state;
    struct registry_chunk chunk;
    struct registry_probe probe;
    struct person_record record;
    uint64_t count = 0;
    assert_ok(home_import(home, 0, 100, NULL, &chunk));
    assert_int_equal(chunk.number, 1);
    assert_int_equal(chunk.added, 100);
    assert_int_equal(chunk.changed + chunk.unchanged + chunk.cmnd_taken, 0);
    assert_ok(registry_count(home->registry, &count));
    assert_int_equal(count, 100);
    for (unsigned nth = 0; nth < 100; nth++) {
        char id[13];
        char cmnd[10];
        person_numbers(nth, id, cmnd);
        assert_ok(home_fetch(home, BLIND_ID, id, &probe));
        assert_true(probe.found);
        assert_int_equal(probe.version, 1);
        uint64_t key = probe.key;
        assert_ok(person_record_open(probe.record, &record));
        assert_view(record.id, id);
        assert_view(record.cmnd, cmnd);
        assert_ok(home_fetch(home, BLIND_CMND, cmnd, &probe));
        assert_true(probe.found);
        assert_int_equal(probe.key, key);
    }
}

static void a_number_of_the_wrong_kind_finds_nobody(void **state)
{
    struct home *home = *state;
    struct registry_chunk chunk;
    struct registry_probe probe;
    assert_ok(home_import(home, 0, 1, NULL, &chunk));
    assert_ok(home_fetch(home, BLIND_CMND, "079090900000", &probe));
    assert_false(probe.found);
    assert_ok(home_fetch(home, BLIND_ID, "900000000", &probe));
    assert_false(probe.found);
}

static void who_is_not_there_gets_somebody_elses_record_and_always_the_same(void **state)
{
    struct home *home = *state;
    struct registry_chunk chunk;
    struct person_record record;
    uint64_t seen[101] = {0};
    unsigned different = 0;
    assert_ok(home_import(home, 0, 100, NULL, &chunk));
    for (unsigned nth = 1000; nth < 3000; nth++) {
        struct registry_probe probe;
        struct registry_probe again;
        assert_ok(home_fetch_nth(home, nth, &probe));
        assert_false(probe.found);
        assert_true(probe.key >= 1 && probe.key <= 100);
        assert_ok(person_record_open(probe.record, &record));
        assert_ok(home_fetch_nth(home, nth, &again));
        assert_int_equal(again.key, probe.key);
        different += seen[probe.key] == 0;
        seen[probe.key]++;
    }
    assert_true(different > 80); /* decoys are spread over the people */
}

static void an_empty_registry_gives_an_empty_record(void **state)
{
    struct home *home = *state;
    struct registry_probe probe;
    assert_ok(home_fetch_nth(home, 1, &probe));
    assert_false(probe.found);
    assert_int_equal(probe.record.len, 0);
}

static void tags_at_both_ends_of_the_index_have_a_decoy(void **state)
{
    struct home *home = *state;
    struct registry_chunk chunk;
    struct registry_probe probes[2];
    assert_ok(home_import(home, 0, 3, NULL, &chunk));
    memset(probes, 0, sizeof(probes));
    memset(probes[1].tag, 0xff, sizeof(probes[1].tag));
    assert_ok(registry_fetch(home->registry, probes, 2, &home->scratch));
    for (unsigned i = 0; i < 2; i++) {
        assert_false(probes[i].found);
        assert_true(probes[i].record.len > 0);
    }
    assert_int_equal(probes[0].key, probes[1].key); /* the lowest tag's person, for both */
}

static void by_key_a_person_is_found_and_who_is_not_there_gets_the_neighbour(void **state)
{
    struct home *home = *state;
    struct registry_chunk chunk;
    struct registry_probe probes[3] = {
        {.by_key = true, .key = 2}, {.by_key = true, .key = 3}, {.by_key = true, .key = 999}};
    assert_ok(home_import(home, 0, 4, NULL, &chunk));
    home_sql(home, "registry.db", "DELETE FROM person WHERE key = 3");
    assert_ok(registry_fetch(home->registry, probes, 3, &home->scratch));
    assert_true(probes[0].found && probes[0].key == 2 && probes[0].record.len > 0);
    assert_true(!probes[1].found && probes[1].key == 4 && probes[1].record.len > 0);
    assert_true(!probes[2].found && probes[2].key == 1 && probes[2].record.len > 0);
}

static void a_batch_answers_each_probe_in_its_place(void **state)
{
    struct home *home = *state;
    struct registry_chunk chunk;
    static struct registry_probe probes[BATCH_ASKS_MAX];
    assert_ok(home_import(home, 0, 200, NULL, &chunk));
    for (unsigned i = 0; i < BATCH_ASKS_MAX; i++) {
        char id[13];
        char cmnd[10];
        person_numbers(i * 2, id, cmnd);
        blinder_tag(registry_blinder(home->registry), BLIND_ID, view_text(id), probes[i].tag);
    }
    assert_ok(registry_fetch(home->registry, probes, BATCH_ASKS_MAX, &home->scratch));
    for (unsigned i = 0; i < BATCH_ASKS_MAX; i++) {
        struct person_record record;
        char id[13];
        char cmnd[10];
        person_numbers(i * 2, id, cmnd);
        assert_int_equal(probes[i].found, i < 100);
        assert_ok(person_record_open(probes[i].record, &record));
        assert_int_equal(view_is(record.id, id), i < 100);
    }
}

static void a_batch_that_does_not_fit_its_scratch_is_over_its_limit(void **state)
{
    struct home *home = *state;
    struct registry_chunk chunk;
    struct registry_probe probe;
    assert_ok(home_import(home, 0, 1, NULL, &chunk));
    buf_done(&home->scratch);
    buf_init(&home->scratch, 100);
    assert_fault(home_fetch_nth(home, 0, &probe), FAULT_OVER_LIMIT);
    buf_done(&home->scratch);
    buf_init(&home->scratch, HOME_SCRATCH_BYTES);
    assert_ok(home_fetch_nth(home, 0, &probe));
    assert_true(probe.found);
}

static void readers_see_what_the_writer_committed(void **state)
{
    struct home *home = *state;
    struct registry_chunk chunk;
    struct registry_probe probe = {0};
    struct registry *reader = NULL;
    struct registry_config config = home_config(home, REGISTRY_READ);
    assert_ok(registry_open(&config, &reader));
    assert_ok(home_import(home, 0, 10, NULL, &chunk));
    blinder_tag(registry_blinder(reader), BLIND_ID, VIEW_LITERAL("079090900003"), probe.tag);
    assert_ok(registry_fetch(reader, &probe, 1, &home->scratch));
    assert_true(probe.found);
    registry_close(reader);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_registry_is_created_once_and_for_its_owner_only),
        TEST(a_registry_that_is_not_there_is_not_found),
        TEST(a_file_of_another_kind_does_not_open),
        TEST(a_registry_of_a_newer_version_does_not_open),
        TEST(a_reader_waits_for_the_writer_to_migrate),
        TEST(writers_that_open_at_once_migrate_once),
        TEST(other_keys_do_not_open_a_registry),
        TEST(who_was_imported_is_found_by_either_number),
        TEST(a_number_of_the_wrong_kind_finds_nobody),
        TEST(who_is_not_there_gets_somebody_elses_record_and_always_the_same),
        TEST(an_empty_registry_gives_an_empty_record),
        TEST(tags_at_both_ends_of_the_index_have_a_decoy),
        TEST(by_key_a_person_is_found_and_who_is_not_there_gets_the_neighbour),
        TEST(a_batch_answers_each_probe_in_its_place),
        TEST(a_batch_that_does_not_fit_its_scratch_is_over_its_limit),
        TEST(readers_see_what_the_writer_committed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
