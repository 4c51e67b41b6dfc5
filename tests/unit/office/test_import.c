/* Import: good lines loaded, bad ones told, chunks recorded one by one, nothing lost on the way. */
#include "store/homes.h"

#include "office/import.h"

#include <fcntl.h>

#define TOLD_MAX 64

struct told {
    struct home home;
    struct import_config config;
    struct import_report report;
    FILE *lines; /* what will be imported */
    int64_t now_us;
    unsigned chunks;
    uint64_t last_chunk;
    unsigned fail_chunk; /* recording this one fails; 0 = none */
    bool marks_itself;
    unsigned bad;
    uint64_t bad_lines[TOLD_MAX];
    struct person_fault faults[TOLD_MAX];
    unsigned progressed;
};

static struct outcome record(void *context, const struct registry_chunk *chunk)
{
    struct told *told = context;
    told->chunks++;
    told->now_us += 1000000;
    if (told->fail_chunk == told->chunks) {
        return outcome_fail(FAULT_NO_SPACE, "ledger");
    }
    assert_int_equal(chunk->number, told->last_chunk + 1);
    told->last_chunk = chunk->number;
    return told->marks_itself ? registry_chunk_recorded(told->home.registry, chunk->number)
                              : OUTCOME_OK;
}

static void bad_line(void *context, uint64_t line, const struct person_fault *fault)
{
    struct told *told = context;
    if (told->bad < TOLD_MAX) {
        told->bad_lines[told->bad] = line;
        told->faults[told->bad] = *fault;
    }
    told->bad++;
}

static void progressed(void *context, const struct import_report *so_far)
{
    struct told *told = context;
    assert_true(so_far->lines >= so_far->bad);
    told->progressed++;
}

static int set_up(void **state)
{
    static struct told told;
    memset(&told, 0, sizeof(told));
    home_init(&told.home);
    told.lines = tmpfile();
    assert_non_null(told.lines);
    *state = &told;
    return 0;
}

static int tear_down(void **state)
{
    struct told *told = *state;
    (void)fclose(told->lines);
    home_done(&told->home);
    return 0;
}

static void add_text(struct told *told, const char *text)
{
    assert_true(fputs(text, told->lines) >= 0);
}

static void add_person(struct told *told, unsigned nth, const char *path, const char *value)
{
    const char *const changes[] = {path, value, NULL};
    person_write_nth(told->lines, nth, changes);
}

static void add_people(struct told *told, unsigned from, unsigned count)
{
    for (unsigned nth = from; nth < from + count; nth++) {
        add_person(told, nth, NULL, NULL);
        add_text(told, "\n");
    }
}

static struct outcome run_from(struct told *told, int fd, unsigned chunk_max)
{
    told->config = (struct import_config){
        .fd = fd,
        .registry = told->home.registry,
        .clock = clock_fixed(&told->now_us),
        .context = told,
        .record = record,
        .bad_line = bad_line,
        .progress = progressed,
        .chunk_max = chunk_max,
    };
    return import_run(&told->config, &told->report);
}

static struct outcome run(struct told *told, unsigned chunk_max)
{
    assert_int_equal(fflush(told->lines), 0);
    rewind(told->lines);
    assert_int_equal(lseek(fileno(told->lines), 0, SEEK_SET), 0);
    return run_from(told, fileno(told->lines), chunk_max);
}

static void assert_there(struct told *told, unsigned nth, bool there)
{
    struct registry_probe probe;
    assert_ok(home_fetch_nth(&told->home, nth, &probe));
    assert_int_equal(probe.found, there);
}

static void good_lines_are_loaded_in_chunks_each_with_its_record(void **state)
{
    struct told *told = *state;
    add_people(told, 0, 25);
    assert_ok(run(told, 10));
    assert_int_equal(told->report.lines, 25);
    assert_int_equal(told->report.added, 25);
    assert_int_equal(told->report.bad, 0);
    assert_int_equal(told->report.chunks, 3);
    assert_int_equal(told->report.elapsed_us, 3000000);
    assert_int_equal(told->chunks, 3);
    assert_int_equal(told->progressed, 4); /* each chunk, and the end */
    for (unsigned nth = 0; nth < 25; nth++) {
        assert_there(told, nth, true);
    }
    struct registry_chunk chunk;
    assert_fault(registry_chunk_pending(told->home.registry, &chunk), FAULT_NOT_FOUND);
}

static void a_recorder_may_mark_the_chunk_itself(void **state)
{
    struct told *told = *state;
    told->marks_itself = true;
    add_people(told, 0, 5);
    assert_ok(run(told, 2));
    assert_int_equal(told->chunks, 3);
}

static void nothing_to_import_is_no_chunk(void **state)
{
    struct told *told = *state;
    assert_ok(run(told, 0));
    assert_int_equal(told->report.lines, 0);
    assert_int_equal(told->report.chunks, 0);
}

static void bad_lines_are_told_by_number_and_column_and_the_rest_is_loaded(void **state)
{
    struct told *told = *state;
    add_people(told, 0, 1);
    add_text(told, "{\"id\":\n");        /* 2 */
    add_text(told, "\n  \r\n");          /* 3 and 4: empty */
    add_person(told, 1, "sex", "\"7\""); /* 5 */
    add_text(told, "\r\n");
    add_person(told, 2, NULL, NULL); /* 6: the end of line may be CR LF */
    add_text(told, "\r\n");
    add_text(told, "\xff\n");        /* 7 */
    add_person(told, 3, NULL, NULL); /* 8: the last line needs no end */
    assert_ok(run(told, 0));
    assert_int_equal(told->report.lines, 8);
    assert_int_equal(told->report.added, 3);
    assert_int_equal(told->report.bad, 3);
    assert_int_equal(told->bad, 3);
    assert_int_equal(told->bad_lines[0], 2);
    assert_int_equal(told->faults[0].column, 7);
    assert_int_equal(told->bad_lines[1], 5);
    assert_string_equal(told->faults[1].reason, "/sex: not a code of the list");
    assert_int_equal(told->bad_lines[2], 7);
    assert_there(told, 1, false);
    assert_there(told, 3, true);
}

static void a_line_over_its_ceiling_is_one_bad_line_however_long(void **state)
{
    struct told *told = *state;
    static const size_t lens[] = {PERSON_BYTES_MAX + 1, 3 * PERSON_BYTES_MAX, 1u << 20};
    for (size_t i = 0; i < 3; i++) {
        char *line = malloc(lens[i] + 2);
        assert_non_null(line);
        memset(line, 'x', lens[i]);
        line[lens[i]] = '\n';
        line[lens[i] + 1] = '\0';
        add_text(told, line);
        add_people(told, (unsigned)i, 1);
        free(line);
    }
    add_text(told, "{");
    assert_ok(run(told, 0));
    assert_int_equal(told->report.lines, 7);
    assert_int_equal(told->report.bad, 4);
    assert_int_equal(told->report.added, 3);
    assert_string_equal(told->faults[0].reason, "line too long");
    assert_int_equal(told->bad_lines[1], 3);
    assert_int_equal(told->bad_lines[2], 5);
    assert_int_equal(told->bad_lines[3], 7);
}

static void a_line_at_its_ceiling_is_taken(void **state)
{
    struct told *told = *state;
    static char padding[PERSON_BYTES_MAX + 1];
    long before = ftell(told->lines);
    add_person(told, 0, NULL, NULL);
    size_t len = (size_t)(ftell(told->lines) - before);
    memset(padding, ' ', sizeof(padding));
    padding[PERSON_BYTES_MAX - len] = '\0';
    add_text(told, padding);
    add_text(told, "\n");
    assert_ok(run(told, 0));
    assert_int_equal(told->report.added, 1);
    assert_int_equal(told->report.bad, 0);
}

static void an_id_twice_in_a_chunk_is_a_bad_line_and_twice_in_a_file_a_new_version(void **state)
{
    struct told *told = *state;
    struct registry_probe probe;
    add_people(told, 0, 2);
    add_person(told, 0, "permanent_residence", "null"); /* 3: same chunk */
    add_text(told, "\n");
    add_people(told, 2, 2);
    add_person(told, 0, "permanent_residence", "null"); /* 6: the second chunk */
    add_text(told, "\n");
    assert_ok(run(told, 4));
    assert_int_equal(told->report.bad, 1);
    assert_int_equal(told->bad_lines[0], 3);
    assert_string_equal(told->faults[0].reason, "/id: stands on line 1 already");
    assert_int_equal(told->report.added, 4);
    assert_int_equal(told->report.changed, 1);
    assert_ok(home_fetch_nth(&told->home, 0, &probe));
    assert_int_equal(probe.version, 2);
}

static void a_second_import_of_the_same_file_changes_nothing(void **state)
{
    struct told *told = *state;
    add_people(told, 0, 30);
    assert_ok(run(told, 7));
    assert_ok(run(told, 11));
    assert_int_equal(told->report.added, 0);
    assert_int_equal(told->report.changed, 0);
    assert_int_equal(told->report.unchanged, 30);
}

static void a_record_that_fails_ends_the_import_and_the_next_one_makes_up_for_it(void **state)
{
    struct told *told = *state;
    struct registry_chunk chunk;
    add_people(told, 0, 30);
    told->fail_chunk = 2;
    assert_fault(run(told, 10), FAULT_NO_SPACE);
    assert_int_equal(told->report.added, 10); /* what is loaded and recorded */
    assert_ok(registry_chunk_pending(told->home.registry, &chunk));
    assert_int_equal(chunk.number, 2);
    told->fail_chunk = 0;
    assert_ok(run(told, 10));
    assert_int_equal(told->last_chunk, 5); /* the one that waited, and three more */
    assert_int_equal(told->report.unchanged, 20);
    assert_int_equal(told->report.added, 10);
}

static void a_pipe_is_read_to_its_end(void **state)
{
    struct told *told = *state;
    static char line[PEOPLE_LINE_BYTES_MAX];
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    add_people(told, 0, 12);
    (void)fflush(told->lines);
    rewind(told->lines);
    size_t len = fread(line, 1, sizeof(line), told->lines);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) { /* in small pieces, so that lines arrive broken */
        for (size_t at = 0; at < len; at += 777) {
            size_t piece = len - at < 777 ? len - at : 777;
            (void)!write(ends[1], line + at, piece);
        }
        _exit(0);
    }
    (void)close(ends[1]);
    assert_ok(run_from(told, ends[0], 5));
    (void)close(ends[0]);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(told->report.added, 12);
    assert_int_equal(told->report.bytes, len);
}

static void a_descriptor_that_cannot_be_read_is_a_fault(void **state)
{
    struct told *told = *state;
    int folder = open("/tmp", O_RDONLY | O_DIRECTORY);
    assert_fault(run_from(told, folder, 0), FAULT_IO);
    (void)close(folder);
}

static void without_memory_nothing_is_loaded(void **state)
{
    struct told *told = *state;
    add_people(told, 0, 3);
    for (uint64_t nth = 1; nth <= 4; nth++) {
        uint64_t count = 9;
        assert_int_equal(fflush(told->lines), 0);
        assert_int_equal(lseek(fileno(told->lines), 0, SEEK_SET), 0);
        memory_fail_at(nth);
        struct outcome outcome = run_from(told, fileno(told->lines), 0);
        memory_fail_at(0);
        assert_fault(outcome, FAULT_NO_MEMORY);
        assert_ok(registry_count(told->home.registry, &count));
        assert_int_equal(count, 0);
    }
    assert_ok(run(told, 0));
    assert_int_equal(told->report.added, 3);
}

static void read_all(int fd, char *ret_text, size_t max)
{
    (void)lseek(fd, 0, SEEK_SET);
    ssize_t len = read(fd, ret_text, max - 1);
    assert_true(len >= 0);
    ret_text[len] = '\0';
}

static void the_meter_writes_lines_now_and_then_where_there_is_no_terminal(void **state)
{
    struct told *told = *state;
    char text[1024];
    FILE *shown = tmpfile();
    assert_non_null(shown);
    add_text(told, "0123456789");
    (void)fflush(told->lines);
    struct import_meter meter = import_meter_of(fileno(shown), fileno(told->lines));
    assert_int_equal(meter.bytes_total, 10);
    assert_false(meter.terminal);
    struct import_report report = {.added = 20, .bad = 1, .bytes = 5, .elapsed_us = 1000000};
    import_meter_show(&meter, &report);
    report.elapsed_us = 6000000;
    import_meter_show(&meter, &report);
    report.elapsed_us = 7000000;
    import_meter_show(&meter, &report);
    import_meter_end(&meter, &report);
    read_all(fileno(shown), text, sizeof(text));
    assert_string_equal(text, "import: 50 %, 20 people, 1 bad lines, 3/s\n"
                              "import: 20 added, 0 changed, 0 unchanged, 1 bad lines, 0 CMNDs of "
                              "others, 2/s\n");
    (void)fclose(shown);
}

static void the_meter_draws_a_bar_on_a_terminal(void **state)
{
    (void)state;
    char text[1024];
    FILE *shown = tmpfile();
    assert_non_null(shown);
    struct import_meter meter = {.fd = fileno(shown), .terminal = true, .bytes_total = 1000};
    struct import_report report = {.added = 500, .bytes = 500, .elapsed_us = 90000000};
    import_meter_show(&meter, &report);
    read_all(fileno(shown), text, sizeof(text));
    assert_string_equal(text,
                        "\r[###############...............]  50 %  500 people  5/s  1:30 left  ");
    report.bytes = 5000; /* it grew while it was read */
    import_meter_show(&meter, &report);
    report.bytes = 0;
    report.elapsed_us = 0;
    import_meter_show(&meter, &report);
    read_all(fileno(shown), text, sizeof(text));
    assert_non_null(strstr(text, "[##############################] 100 %"));
    assert_non_null(strstr(text, "[..............................]   0 %"));
    (void)fclose(shown);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(good_lines_are_loaded_in_chunks_each_with_its_record),
        TEST(a_recorder_may_mark_the_chunk_itself),
        TEST(nothing_to_import_is_no_chunk),
        TEST(bad_lines_are_told_by_number_and_column_and_the_rest_is_loaded),
        TEST(a_line_over_its_ceiling_is_one_bad_line_however_long),
        TEST(a_line_at_its_ceiling_is_taken),
        TEST(an_id_twice_in_a_chunk_is_a_bad_line_and_twice_in_a_file_a_new_version),
        TEST(a_second_import_of_the_same_file_changes_nothing),
        TEST(a_record_that_fails_ends_the_import_and_the_next_one_makes_up_for_it),
        TEST(a_pipe_is_read_to_its_end),
        TEST(a_descriptor_that_cannot_be_read_is_a_fault),
        TEST(without_memory_nothing_is_loaded),
        TEST(the_meter_writes_lines_now_and_then_where_there_is_no_terminal),
        TEST(the_meter_draws_a_bar_on_a_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
