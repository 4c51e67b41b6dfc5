/* An import that is cut off at any place and run again comes to what it would have come to. */
#include "store/homes.h"

#include "office/import.h"

#include <fcntl.h>
#include <sys/stat.h>

#define PEOPLE 40
#define CHUNK 7
#define TEXT_MAX 4096

struct cut {
    struct home home;
    FILE *lines;
    FILE *rejects;
    struct import_report report;
    int64_t now_us;
    uint64_t records;   /* acts that were written, each chunk once */
    uint64_t last;      /* the last of them */
    uint64_t fail_from; /* recording fails from this chunk on; 0 = never */
    uint64_t reads;
    uint64_t fail_read; /* this read does not happen; 0 = none */
    bool touched;       /* the file is written to after the first chunk */
};

static struct outcome record(void *context, const struct registry_chunk *chunk)
{
    struct cut *cut = context;
    if (cut->fail_from != 0 && chunk->number >= cut->fail_from) {
        return outcome_fail(FAULT_NO_SPACE, "ledger");
    }
    if (chunk->number > cut->last) { /* as the core does: once */
        cut->records++;
        cut->last = chunk->number;
    }
    if (cut->touched) {
        const struct timespec times[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
        assert_int_equal(futimens(fileno(cut->lines), times), 0);
    }
    return OUTCOME_OK;
}

static struct outcome before_read(void *context, int fd)
{
    struct cut *cut = context;
    (void)fd;
    cut->reads++;
    return cut->reads == cut->fail_read ? outcome_fail(FAULT_CLOSED, "told to end") : OUTCOME_OK;
}

static int set_up(void **state)
{
    static struct cut cut;
    memset(&cut, 0, sizeof(cut));
    home_init(&cut.home);
    cut.lines = tmpfile();
    cut.rejects = tmpfile();
    assert_non_null(cut.lines);
    assert_non_null(cut.rejects);
    *state = &cut;
    return 0;
}

static int tear_down(void **state)
{
    struct cut *cut = *state;
    (void)fclose(cut->lines);
    (void)fclose(cut->rejects);
    home_done(&cut->home);
    return 0;
}

static void add_person(struct cut *cut, unsigned nth, const char *sex)
{
    const char *const changes[] = {"sex", sex, NULL};
    person_write_nth(cut->lines, nth, changes);
    assert_int_equal(fputc('\n', cut->lines), '\n');
}

/* Every fifth line is bad, empty lines stand between, a person comes again in another chunk. */
static void add_file(struct cut *cut)
{
    for (unsigned nth = 0; nth < PEOPLE; nth++) {
        add_person(cut, nth, nth % 5 == 4 ? "\"7\"" : "\"1\"");
        if (nth % 9 == 0) {
            assert_true(fputs("\n", cut->lines) >= 0);
        }
    }
    add_person(cut, 0, "\"2\"");
    assert_true(fputs("{", cut->lines) >= 0); /* a bad line without an end, behind the last chunk */
    assert_int_equal(fflush(cut->lines), 0);
}

static struct outcome run(struct cut *cut, bool restart)
{
    struct import_config config = {
        .fd = fileno(cut->lines),
        .registry = cut->home.registry,
        .clock = clock_fixed(&cut->now_us),
        .context = cut,
        .record = record,
        .before_read = before_read,
        .chunk_max = CHUNK,
        .name = VIEW_LITERAL("people.ndjson"),
        .restart = restart,
        .user = 12,
        .rejects_fd = fileno(cut->rejects),
    };
    cut->reads = 0;
    return import_run(&config, &cut->report);
}

static void rejects_text(struct cut *cut, char ret_text[TEXT_MAX])
{
    ssize_t len = pread(fileno(cut->rejects), ret_text, TEXT_MAX - 1, 0);
    assert_true(len >= 0);
    ret_text[len] = '\0';
}

static void told(struct cut *cut)
{
    assert_ok(registry_intake_remove(cut->home.registry, VIEW_LITERAL("people.ndjson")));
}

static void assert_all_there(struct cut *cut)
{
    struct registry_probe probe;
    assert_int_equal(cut->report.added, PEOPLE - PEOPLE / 5);
    assert_int_equal(cut->report.changed, 1);
    assert_int_equal(cut->report.bad, PEOPLE / 5 + 1);
    assert_int_equal(cut->records, cut->report.chunks);
    for (unsigned nth = 0; nth < PEOPLE; nth++) {
        assert_ok(home_fetch_nth(&cut->home, nth, &probe));
        assert_int_equal(probe.found, nth % 5 != 4);
        assert_true(!probe.found || probe.version == (nth == 0 ? 2 : 1));
    }
}

static void the_reject_file_tells_number_column_and_reason_and_no_content(void **state)
{
    struct cut *cut = *state;
    char text[TEXT_MAX];
    unsigned lines = 0;
    add_file(cut);
    assert_ok(run(cut, false));
    assert_all_there(cut);
    rejects_text(cut, text);
    assert_non_null(strstr(text, "/sex: not a code of the list\n"));
    assert_null(strstr(text, "0790909"));
    for (const char *at = text; *at != '\0'; at = strchr(at, '\n') + 1) {
        unsigned number = 0;
        unsigned column = 0;
        assert_int_equal(sscanf(at, "%u\t%u\t", &number, &column), 2);
        assert_true(number >= 1 && column >= 1);
        lines++;
    }
    assert_int_equal(lines, cut->report.bad);
}

static void cut_off_at_any_chunk_it_goes_on_behind_it(void **state)
{
    struct cut *cut = *state;
    char whole[TEXT_MAX];
    char text[TEXT_MAX];
    add_file(cut);
    for (unsigned chunk = 1; chunk <= 5; chunk++) { /* one more is done each time */
        cut->fail_from = chunk;
        assert_fault(run(cut, false), FAULT_NO_SPACE);
    }
    cut->fail_from = 0;
    assert_int_equal(ftruncate(fileno(cut->rejects), 3), 0);
    assert_fault(run(cut, false), FAULT_CONFLICT); /* it is not the reject file that was begun */
    assert_ok(run(cut, true));
    rejects_text(cut, whole);
    told(cut);
    assert_ok(run(cut, false));
    rejects_text(cut, text);
    assert_string_equal(text, whole);
    assert_int_equal(cut->report.unchanged + cut->report.changed, PEOPLE - PEOPLE / 5 + 1);
}

static void what_was_recorded_is_recorded_once_and_every_bad_line_told_once(void **state)
{
    struct cut *cut = *state;
    char text[TEXT_MAX];
    add_file(cut);
    for (unsigned chunk = 2; chunk <= 4; chunk++) {
        cut->fail_from = chunk;
        assert_fault(run(cut, false), FAULT_NO_SPACE);
        /* what a run that was killed wrote behind its last chunk */
        assert_int_equal(lseek(fileno(cut->rejects), 0, SEEK_END) >= 0, 1);
        assert_int_equal(write(fileno(cut->rejects), "999\t1\tx\n", 8), 8);
    }
    cut->fail_from = 0;
    assert_ok(run(cut, false));
    assert_all_there(cut);
    assert_true(cut->report.loaded_before > 0);
    rejects_text(cut, text);
    assert_null(strstr(text, "999"));
    assert_int_equal(cut->last, cut->report.chunks);
}

static void an_import_that_is_told_to_end_loads_no_half_chunk(void **state)
{
    struct cut *cut = *state;
    struct registry_intake intake;
    add_file(cut);
    cut->fail_read = 3; /* the file was looked through by two: this one would read lines */
    assert_fault(run(cut, false), FAULT_CLOSED);
    assert_ok(registry_intake_find(cut->home.registry, VIEW_LITERAL("people.ndjson"), &intake));
    assert_int_equal(intake.position, 0);
    assert_int_equal(intake.user, 12);
    cut->fail_read = 0;
    assert_ok(run(cut, false));
    assert_all_there(cut);
}

static void another_file_of_the_same_name_is_refused(void **state)
{
    struct cut *cut = *state;
    add_file(cut);
    cut->fail_from = 3;
    assert_fault(run(cut, false), FAULT_NO_SPACE);
    cut->fail_from = 0;
    assert_true(fputs("\n", cut->lines) >= 0);
    assert_int_equal(fflush(cut->lines), 0);
    assert_fault(run(cut, false), FAULT_CONFLICT);
    assert_ok(run(cut, true)); /* asked to begin anew */
    assert_int_equal(cut->report.unchanged > 0, 1);
}

static void a_file_that_changes_while_it_is_read_is_noticed(void **state)
{
    struct cut *cut = *state;
    add_file(cut);
    cut->touched = true;
    assert_fault(run(cut, false), FAULT_CONFLICT);
    assert_int_equal(cut->report.chunks, 1);
}

static void a_finished_import_is_told_again_until_it_was_told(void **state)
{
    struct cut *cut = *state;
    add_file(cut);
    assert_ok(run(cut, false));
    uint64_t records = cut->records;
    assert_ok(run(cut, false));
    assert_true(cut->report.finished_before);
    assert_all_there(cut);
    assert_int_equal(cut->records, records);
    told(cut);
    assert_ok(run(cut, false)); /* and now it is another import */
    assert_false(cut->report.finished_before);
    assert_true(cut->records > records);
}

static void what_cannot_be_taken_up_again_is_refused(void **state)
{
    struct cut *cut = *state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    FILE *lines = cut->lines;
    cut->lines = fdopen(ends[0], "r");
    assert_fault(run(cut, false), FAULT_BAD_INPUT);
    (void)fclose(cut->lines);
    cut->lines = lines;
    FILE *rejects = cut->rejects;
    cut->rejects = fdopen(ends[1], "w");
    add_file(cut);
    assert_fault(run(cut, false), FAULT_CONFLICT); /* no plain reject file */
    (void)fclose(cut->rejects);
    cut->rejects = rejects;
}

static void a_reject_file_on_a_full_disk_ends_the_import_before_the_chunk(void **state)
{
    struct cut *cut = *state;
    uint64_t count = 9;
    FILE *rejects = cut->rejects;
    cut->rejects = tmpfile();
    assert_non_null(cut->rejects);
    int readable = open("/proc/self/exe", O_RDONLY); /* a plain file that cannot be written */
    assert_true(readable >= 0);
    assert_int_equal(dup2(readable, fileno(cut->rejects)), fileno(cut->rejects));
    (void)close(readable);
    add_file(cut);
    assert_false(outcome_ok(run(cut, false)));
    assert_ok(registry_count(cut->home.registry, &count));
    assert_int_equal(count, 0);
    (void)fclose(cut->rejects);
    cut->rejects = rejects;
}

static void without_memory_nothing_is_loaded(void **state)
{
    struct cut *cut = *state;
    uint64_t count = 9;
    add_file(cut);
    for (uint64_t nth = 1; nth <= 6; nth++) {
        memory_fail_at(nth);
        struct outcome outcome = run(cut, false);
        memory_fail_at(0);
        assert_fault(outcome, FAULT_NO_MEMORY);
        assert_ok(registry_count(cut->home.registry, &count));
        assert_int_equal(count, 0);
    }
    assert_ok(run(cut, false));
    assert_all_there(cut);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_reject_file_tells_number_column_and_reason_and_no_content),
        TEST(cut_off_at_any_chunk_it_goes_on_behind_it),
        TEST(what_was_recorded_is_recorded_once_and_every_bad_line_told_once),
        TEST(an_import_that_is_told_to_end_loads_no_half_chunk),
        TEST(another_file_of_the_same_name_is_refused),
        TEST(a_file_that_changes_while_it_is_read_is_noticed),
        TEST(a_finished_import_is_told_again_until_it_was_told),
        TEST(what_cannot_be_taken_up_again_is_refused),
        TEST(a_reject_file_on_a_full_disk_ends_the_import_before_the_chunk),
        TEST(without_memory_nothing_is_loaded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
