/* A reader beside a writer: it meets nobody who is hidden as of what it reads. And how far an
 * import has come. */
#include "homes.h"

#define HIDING_PEOPLE 300

/* The home's own registry writes; this one reads, as the core does. */
struct beside {
    struct home home;
    struct registry *reader;
    struct hidden_set *set;
};

static struct registry *open_reader(struct home *home)
{
    struct registry *reader = NULL;
    struct registry_config config = home_config(home, REGISTRY_READ);
    assert_ok(registry_open(&config, &reader));
    return reader;
}

static int set_up(void **state)
{
    static struct beside beside;
    memset(&beside, 0, sizeof(beside));
    home_init(&beside.home);
    beside.reader = open_reader(&beside.home);
    assert_ok(hidden_set_load(beside.reader, &beside.set));
    registry_hidden_follow(beside.reader, beside.set);
    *state = &beside;
    return 0;
}

static int tear_down(void **state)
{
    struct beside *beside = *state;
    hidden_set_free(beside->set);
    registry_close(beside->reader);
    home_done(&beside->home);
    return 0;
}

/* Flags of the nth person's id as the reader knows them after one fetch of anybody. */
static uint32_t flags_after_fetch(struct beside *beside, unsigned nth)
{
    struct registry_probe probe = {0};
    uint8_t tag[SEAL_BLIND_BYTES];
    char id[13];
    char cmnd[10];
    person_numbers(nth, id, cmnd);
    blinder_tag(registry_blinder(beside->reader), BLIND_ID, view_text(id), tag);
    assert_ok(registry_fetch(beside->reader, &probe, 1, &beside->home.scratch));
    return hidden_set_flags(beside->set, tag);
}

static void import(struct beside *beside, unsigned nth, const char *const *changes)
{
    struct registry_chunk chunk;
    struct person *person = NULL;
    arena_reset(&beside->home.arena);
    person = home_person(&beside->home, nth, changes);
    assert_ok(registry_import(beside->home.registry, &person, 1, &chunk));
}

static void record(struct beside *beside)
{
    struct registry_chunk chunk;
    assert_ok(registry_chunk_pending(beside->home.registry, &chunk));
    assert_ok(registry_chunk_recorded(beside->home.registry, chunk.number));
}

static void who_is_hidden_by_a_chunk_is_so_at_the_first_fetch_that_sees_it(void **state)
{
    struct beside *beside = *state;
    static const char *const protect[] = {"protected", "true", NULL};
    static const char *const lock[] = {"locked", "true", NULL};
    assert_int_equal(flags_after_fetch(beside, 0), 0);
    import(beside, 0, protect);
    assert_int_equal(flags_after_fetch(beside, 0), PERSON_PROTECTED); /* before it is recorded */
    record(beside);
    import(beside, 0, lock);
    assert_int_equal(flags_after_fetch(beside, 0), PERSON_LOCKED);
    record(beside);
    import(beside, 0, NULL);
    assert_int_equal(flags_after_fetch(beside, 0), 0);
    assert_int_equal(hidden_set_count(beside->set), 0);
}

static void a_cmnd_that_two_hidden_claim_stays_hidden_until_both_are_free(void **state)
{
    struct beside *beside = *state;
    static const char *const one[] = {"protected", "true", "cmnd", "\"912345678\"", NULL};
    static const char *const other[] = {"locked", "true", "cmnd", "\"912345678\"", NULL};
    uint8_t tag[SEAL_BLIND_BYTES];
    blinder_tag(registry_blinder(beside->reader), BLIND_CMND, VIEW_LITERAL("912345678"), tag);
    import(beside, 0, one);
    record(beside);
    import(beside, 1, other);
    (void)flags_after_fetch(beside, 0);
    assert_int_equal(hidden_set_flags(beside->set, tag), PERSON_PROTECTED | PERSON_LOCKED);
    record(beside);
    import(beside, 0, NULL);
    (void)flags_after_fetch(beside, 0);
    assert_int_equal(hidden_set_flags(beside->set, tag), PERSON_LOCKED);
    record(beside);
    import(beside, 1, NULL);
    (void)flags_after_fetch(beside, 0);
    assert_int_equal(hidden_set_flags(beside->set, tag), 0);
}

static void a_reader_that_refreshes_misses_nothing_when_changes_are_forgotten(void **state)
{
    struct beside *beside = *state;
    static const char *const protect[] = {"protected", "true", NULL};
    for (unsigned nth = 0; nth < 3; nth++) {
        import(beside, nth, protect);
        assert_ok(registry_hidden_refresh(beside->reader)); /* as the core does at the record */
        record(beside);
    }
    assert_int_equal(hidden_set_count(beside->set), 6);
    assert_int_equal(flags_after_fetch(beside, 1), PERSON_PROTECTED);
    home_sql(&beside->home, "registry.db",
             "CREATE TEMP TABLE t(x CHECK(x = 0)); INSERT INTO t SELECT count(*) FROM "
             "hidden_change");
}

static void a_crowd_that_comes_and_goes_makes_the_set_grow_and_never_lie(void **state)
{
    struct beside *beside = *state;
    static const char *const protect[] = {"protected", "true", NULL};
    for (unsigned round = 0; round < 16; round++) { /* more tags than the headroom takes */
        struct person *persons[HIDING_PEOPLE];
        struct registry_chunk chunk;
        unsigned from = round * HIDING_PEOPLE;
        arena_reset(&beside->home.arena);
        for (unsigned i = 0; i < HIDING_PEOPLE; i++) {
            persons[i] = home_person(&beside->home, from + i, protect);
        }
        assert_ok(registry_import(beside->home.registry, persons, HIDING_PEOPLE, &chunk));
        assert_int_equal(flags_after_fetch(beside, from), PERSON_PROTECTED);
        record(beside);
        import(beside, from, NULL);
        assert_int_equal(flags_after_fetch(beside, from), 0);
        assert_int_equal(flags_after_fetch(beside, from + 1), PERSON_PROTECTED);
        record(beside);
    }
    assert_int_equal(flags_after_fetch(beside, 1), PERSON_PROTECTED);
    assert_int_equal(hidden_set_count(beside->set), 2 * 16 * (HIDING_PEOPLE - 1));
}

static void damage_of_a_hidden_tag_is_no_single_persons_damage(void **state)
{
    struct beside *beside = *state;
    struct registry_probe probe = {0};
    static const char *const protect[] = {"protected", "true", NULL};
    import(beside, 0, protect);
    home_sql(&beside->home, "registry.db", "UPDATE hidden SET flags = 64");
    assert_fault(registry_fetch(beside->reader, &probe, 1, &beside->home.scratch), FAULT_IO);
}

static void a_batch_reads_one_state_however_often_it_reads(void **state)
{
    struct beside *beside = *state;
    static const char *const protect[] = {"protected", "true", NULL};
    registry_batch_begin(beside->reader);
    assert_int_equal(flags_after_fetch(beside, 0), 0);
    import(beside, 0, protect);
    assert_int_equal(flags_after_fetch(beside, 0), 0);
    registry_batch_end(beside->reader);
    assert_int_equal(flags_after_fetch(beside, 0), PERSON_PROTECTED);
    registry_batch_begin(beside->reader); /* and one that reads nothing leaves nothing behind */
    registry_batch_end(beside->reader);
    record(beside);
    import(beside, 0, NULL);
    assert_int_equal(flags_after_fetch(beside, 0), 0);
}

static void a_batch_reads_anew_after_a_failure(void **state)
{
    struct beside *beside = *state;
    struct registry_probe probe = {0};
    static const char *const protect[] = {"protected", "true", NULL};
    import(beside, 0, protect);
    home_sql(&beside->home, "registry.db", "UPDATE hidden SET flags = 64");
    registry_batch_begin(beside->reader);
    assert_fault(registry_fetch(beside->reader, &probe, 1, &beside->home.scratch), FAULT_IO);
    home_sql(&beside->home, "registry.db", "UPDATE hidden SET flags = 1");
    assert_int_equal(flags_after_fetch(beside, 0), PERSON_PROTECTED);
    registry_batch_end(beside->reader);
}

/* What the kernel says of each map of the file in this process: how many there are, and how many
 * of them are read page by page ("rr"). */
static unsigned count_maps(unsigned *ret_here_and_there)
{
    FILE *maps = fopen("/proc/self/smaps", "re");
    char line[512];
    bool of_file = false;
    unsigned count = 0;
    assert_non_null(maps);
    *ret_here_and_there = 0;
    while (fgets(line, sizeof(line), maps) != NULL) {
        of_file = of_file || strstr(line, "/registry.db\n") != NULL;
        if (strncmp(line, "VmFlags:", 8) == 0) {
            count += of_file;
            *ret_here_and_there += of_file && strstr(line, " rr ") != NULL;
            of_file = false;
        }
    }
    fclose(maps);
    return count;
}

/* The library maps the file anew when somebody else has written it. */
static void a_look_up_reads_pages_and_not_what_stands_around_them(void **state)
{
    struct beside *beside = *state;
    registry_close(beside->home.registry); /* it would have a map of its own */
    beside->home.registry = NULL;
    for (unsigned round = 0; round < 3; round++) {
        unsigned here_and_there = 0;
        struct registry_probe probe = {0};
        struct registry_config config = home_config(&beside->home, REGISTRY_WRITE);
        assert_ok(registry_open(&config, &beside->home.registry));
        import(beside, round, NULL);
        record(beside);
        registry_close(beside->home.registry);
        beside->home.registry = NULL;
        assert_ok(registry_fetch(beside->reader, &probe, 1, &beside->home.scratch));
        assert_int_equal(count_maps(&here_and_there), 1);
        assert_int_equal(here_and_there, 1);
    }
}

static void a_reader_reads_what_a_killed_writer_left(void **state)
{
    struct beside *beside = *state;
    struct home *home = &beside->home;
    struct registry_chunk chunk;
    struct registry_probe probe;
    hidden_set_free(beside->set);
    beside->set = NULL;
    registry_close(beside->reader);
    home_close(home);
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) { /* it leaves its log behind, and nobody has looked at it */
        struct person *person = NULL;
        bool done = outcome_ok(home_open(home, REGISTRY_WRITE));
        person = home_person(home, 7, NULL);
        done = done && outcome_ok(registry_import(home->registry, &person, 1, &chunk));
        _exit(done ? 0 : 1);
    }
    int status = 1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    beside->reader = open_reader(home);
    home->registry = beside->reader;
    assert_ok(home_fetch_nth(home, 7, &probe));
    assert_true(probe.found);
    home->registry = NULL;
}

/* ---- How far an import has come ---- */

static struct registry_intake intake_of(const char *name)
{
    struct registry_intake intake = {
        .name = view_text(name), .size = 1000, .user = 5, .chunk_max = 10, .position = 0};
    memset(intake.file, 9, sizeof(intake.file));
    return intake;
}

static void an_import_moves_with_its_chunk_or_not_at_all(void **state)
{
    struct beside *beside = *state;
    struct registry *registry = beside->home.registry;
    struct registry_intake intake = intake_of("people.ndjson");
    struct registry_intake found;
    struct registry_chunk chunk;
    struct registry_chunk pending;
    struct person *person = home_person(&beside->home, 0, NULL);
    assert_fault(registry_intake_find(registry, intake.name, &found), FAULT_NOT_FOUND);
    assert_ok(registry_intake_put(registry, &intake));
    intake.position = 400;
    intake.lines = 4;
    intake.bad = 3;
    assert_ok(registry_import_step(registry, &person, 1, &intake, &chunk));
    assert_int_equal(intake.added, 1);
    assert_int_equal(intake.chunks, 1);
    assert_ok(registry_chunk_pending(registry, &pending));
    assert_int_equal(pending.until, 400);
    assert_int_equal(pending.user, 5);
    assert_memory_equal(pending.file, intake.file, sizeof(intake.file));
    intake.position = 700; /* the one before waits for its record: nothing moves */
    assert_fault(registry_import_step(registry, &person, 1, &intake, &chunk), FAULT_CONFLICT);
    assert_int_equal(intake.added, 1);
    assert_ok(registry_intake_find(registry, intake.name, &found));
    assert_int_equal(found.position, 400);
    assert_int_equal(found.bad, 3);
    assert_int_equal(found.added, 1);
    assert_false(found.finished);
    assert_ok(registry_intake_remove(registry, intake.name));
    assert_fault(registry_intake_find(registry, intake.name, &found), FAULT_NOT_FOUND);
}

static void no_more_imports_are_open_than_their_ceiling(void **state)
{
    struct beside *beside = *state;
    struct registry_intake intake = intake_of("one too many");
    home_sql(&beside->home, "registry.db",
             "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)"
             " INSERT INTO intake SELECT CAST(i AS BLOB), zeroblob(32), 1, 0, 1, 0, 0, 0, 0, 0, 0,"
             " 0, 0, 0, 0 FROM n");
    assert_fault(registry_intake_put(beside->home.registry, &intake), FAULT_OVER_LIMIT);
}

static void a_damaged_state_of_an_import_is_corrupt(void **state)
{
    struct beside *beside = *state;
    struct registry_intake intake = intake_of("people.ndjson");
    struct registry_intake found;
    assert_ok(registry_intake_put(beside->home.registry, &intake));
    home_sql(&beside->home, "registry.db", "UPDATE intake SET position = 1001");
    assert_fault(registry_intake_find(beside->home.registry, intake.name, &found), FAULT_CORRUPT);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(who_is_hidden_by_a_chunk_is_so_at_the_first_fetch_that_sees_it),
        TEST(a_cmnd_that_two_hidden_claim_stays_hidden_until_both_are_free),
        TEST(a_reader_that_refreshes_misses_nothing_when_changes_are_forgotten),
        TEST(a_crowd_that_comes_and_goes_makes_the_set_grow_and_never_lie),
        TEST(damage_of_a_hidden_tag_is_no_single_persons_damage),
        TEST(a_batch_reads_one_state_however_often_it_reads),
        TEST(a_batch_reads_anew_after_a_failure),
        TEST(a_look_up_reads_pages_and_not_what_stands_around_them),
        TEST(a_reader_reads_what_a_killed_writer_left),
        TEST(an_import_moves_with_its_chunk_or_not_at_all),
        TEST(no_more_imports_are_open_than_their_ceiling),
        TEST(a_damaged_state_of_an_import_is_corrupt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
