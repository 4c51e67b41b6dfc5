/* Log lines: one event, one line, whatever comes in. */
#include "help.h"

#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>

#define PIPE_BYTES 65536

/* What the call writes to stderr, as a NUL-terminated text. */
static void captured(void (*call)(void), char *ret_text)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    int kept = dup(STDERR_FILENO);
    assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
    call();
    assert_true(dup2(kept, STDERR_FILENO) >= 0);
    close(kept);
    close(ends[1]);
    ssize_t len = read(ends[0], ret_text, PIPE_BYTES - 1);
    close(ends[0]);
    assert_true(len >= 0);
    ret_text[len] = 0;
}

static void say_plain(void)
{
    log_name_set("core");
    log_line(LOG_LEVEL_INFO, "batch", "asks=%d", 3);
}

static void say_without_values(void)
{
    log_line(LOG_LEVEL_WARN, "drained", "%s", "");
}

static void say_two_lines(void)
{
    log_line(LOG_LEVEL_ERROR, "bad", "text=%s", "a\nb\r\x1b[31m\x7f");
}

static void say_too_much(void)
{
    char much[5000];
    memset(much, 'x', sizeof(much) - 1);
    much[sizeof(much) - 1] = 0;
    log_line(LOG_LEVEL_INFO, "much", "%s", much);
}

static void say_too_long_an_event(void)
{
    char much[5000];
    memset(much, 'x', sizeof(much) - 1);
    much[sizeof(much) - 1] = 0;
    log_line(LOG_LEVEL_INFO, much, "a=%d", 1);
}

static void say_outcomes(void)
{
    log_outcome(LOG_LEVEL_ERROR, "open", outcome_sys(ENOSPC, "segment"));
    log_outcome(LOG_LEVEL_ERROR, "parse", outcome_fail(FAULT_BAD_INPUT, "ask"));
    log_outcome(LOG_LEVEL_ERROR, "odd", outcome_fail(FAULT_IO, NULL));
    log_outcome(LOG_LEVEL_ERROR, "odd", outcome_sys(99999, "unknown number"));
}

static void say_foreign(void)
{
    log_line(LOG_LEVEL_INFO, "agent", "is=%s", LOG_TEXT(VIEW_LITERAL("a b=\"\n\xe1x/1.0")));
}

static void a_line_has_time_level_process_event_and_values(void **state)
{
    (void)state;
    char text[PIPE_BYTES];
    captured(say_plain, text);
    assert_true(strlen(text) > CLOCK_MICRO_LEN);
    assert_int_equal(text[10], 'T');
    assert_int_equal(text[CLOCK_MICRO_LEN - 1], 'Z');
    assert_string_equal(text + CLOCK_MICRO_LEN, " info core batch asks=3\n");
    captured(say_without_values, text);
    assert_string_equal(text + CLOCK_MICRO_LEN, " warn core drained\n");
}

static void control_characters_cannot_begin_a_line(void **state)
{
    (void)state;
    char text[PIPE_BYTES];
    captured(say_two_lines, text);
    assert_string_equal(text + CLOCK_MICRO_LEN, " error core bad text=a?b??[31m?\n");
}

static void a_line_too_long_is_cut_and_still_ends(void **state)
{
    (void)state;
    char text[PIPE_BYTES];
    void (*const calls[])(void) = {say_too_much, say_too_long_an_event};
    for (size_t i = 0; i < 2; i++) {
        captured(calls[i], text);
        size_t len = strlen(text);
        assert_int_equal(len, LOG_LINE_BYTES_MAX);
        assert_int_equal(text[len - 1], '\n');
        assert_ptr_equal(strchr(text, '\n'), text + len - 1);
    }
}

static void an_outcome_is_told_by_fault_what_and_errno(void **state)
{
    (void)state;
    char text[PIPE_BYTES];
    captured(say_outcomes, text);
    assert_non_null(strstr(text, "open fault=no-space what=\"segment\" errno=28 (No space"));
    assert_non_null(strstr(text, "parse fault=bad-input what=\"ask\"\n"));
    assert_non_null(strstr(text, "odd fault=io what=\"-\"\n"));
    assert_non_null(strstr(text, "what=\"unknown number\" errno=99999 (unknown)"));
}

static void foreign_text_becomes_harmless_and_short(void **state)
{
    (void)state;
    char text[PIPE_BYTES];
    captured(say_foreign, text);
    assert_string_equal(text + CLOCK_MICRO_LEN, " info core agent is=a?b????x/1.0\n");
    char much[500];
    memset(much, 'y', sizeof(much));
    struct log_text cut = log_text(view_of(much, sizeof(much)));
    assert_int_equal(strlen(cut.text), LOG_TEXT_BYTES_MAX);
    assert_string_equal(LOG_TEXT((struct view){0}), "");
    struct log_text zero = log_text(VIEW_LITERAL("a\0b"));
    assert_string_equal(zero.text, "a?b");
}

static void a_log_nobody_reads_stops_nobody(void **state)
{
    (void)state;
    int kept = dup(STDERR_FILENO);
    close(STDERR_FILENO);
    say_plain();
    assert_true(dup2(kept, STDERR_FILENO) >= 0);
    close(kept);
}

static void logging_takes_no_memory(void **state)
{
    (void)state;
    char text[PIPE_BYTES];
    uint64_t before = memory_count();
    captured(say_outcomes, text);
    assert_true(memory_count() == before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_has_time_level_process_event_and_values),
        cmocka_unit_test(control_characters_cannot_begin_a_line),
        cmocka_unit_test(a_line_too_long_is_cut_and_still_ends),
        cmocka_unit_test(an_outcome_is_told_by_fault_what_and_errno),
        cmocka_unit_test(foreign_text_becomes_harmless_and_short),
        cmocka_unit_test(a_log_nobody_reads_stops_nobody),
        cmocka_unit_test(logging_takes_no_memory),
    };
    return cmocka_run_group_tests_name("base/log", tests, NULL, NULL);
}
