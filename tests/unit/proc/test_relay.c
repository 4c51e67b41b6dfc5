/* A process's lines on their way to standard error: in its own name, harmless, and not too many. */
#include "help.h"

#include "proc/relay.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define HEAD "2026-11-23T08:38:00.000000Z info "
#define S INT64_C(1000000)

struct desk {
    struct relay relay;
    int out[2];
    char got[1u << 20];
};

static int setup(void **state)
{
    struct desk *desk = calloc(1, sizeof(*desk));
    assert_non_null(desk);
    assert_ok(relay_open(&desk->relay, "dancu: edge 1"));
    assert_int_equal(pipe2(desk->out, O_NONBLOCK | O_CLOEXEC), 0);
    assert_true(fcntl(desk->out[1], F_SETPIPE_SZ, 1 << 20) > 0);
    *state = desk;
    return 0;
}

static int teardown(void **state)
{
    struct desk *desk = *state;
    relay_close(&desk->relay, 0, desk->out[1]);
    close(desk->out[0]);
    close(desk->out[1]);
    free(desk);
    return 0;
}

static void say(struct desk *desk, const char *text)
{
    assert_int_equal(write(desk->relay.write_fd, text, strlen(text)), strlen(text));
}

/* What came out since the last time, of what has been said until now. */
static const char *heard(struct desk *desk, int64_t now_us)
{
    relay_take(&desk->relay, now_us, desk->out[1]);
    ssize_t got = read(desk->out[0], desk->got, sizeof(desk->got) - 1);
    desk->got[got > 0 ? got : 0] = '\0';
    return desk->got;
}

static unsigned lines_of(const char *text)
{
    unsigned count = 0;
    for (const char *at = strchr(text, '\n'); at != NULL; at = strchr(at + 1, '\n')) {
        count++;
    }
    return count;
}

/* The line came behind a head of the relay's own: time, level, the true name, `said`. */
static void assert_said(const char *got, const char *text)
{
    const char *head = strstr(got, "Z warn edge-1 said ");
    assert_ptr_equal(head, got + 26);
    assert_string_equal(head + strlen("Z warn edge-1 said "), text);
}

static void a_line_in_the_process_s_own_name_comes_through_as_it_is(void **state)
{
    struct desk *desk = *state;
    say(desk, HEAD "edge-1 opened port=1\n" HEAD "edge-1 x");
    assert_string_equal(heard(desk, 0), HEAD "edge-1 opened port=1\n");
    say(desk, "y\n");
    assert_string_equal(heard(desk, 0), HEAD "edge-1 xy\n");
}

static void a_line_in_another_s_name_or_in_none_is_put_behind_the_true_one(void **state)
{
    static const char *const lines[] = {
        HEAD "core act\n",
        HEAD "edge-10 act\n",
        HEAD "edge- act\n",
        "edge-1 act\n",
        "a edge-1 b c d\n",
        "just text\n",
        "\n",
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        say(*state, lines[i]);
        assert_said(heard(*state, 0), lines[i]);
    }
}

static void no_control_character_comes_through(void **state)
{
    say(*state, "a\033[2J\r\t\177 \302\233 \303\251\n");
    assert_said(heard(*state, 0), "a?[2J??? \302? \303\251\n");
}

static void a_line_that_is_too_long_is_cut_and_the_next_is_whole(void **state)
{
    char line[3 * LOG_LINE_BYTES_MAX];
    memset(line, 'a', sizeof(line));
    memcpy(line, HEAD "edge-1 ", strlen(HEAD "edge-1 "));
    line[sizeof(line) - 2] = '\n';
    line[sizeof(line) - 1] = '\0';
    say(*state, line);
    say(*state, HEAD "edge-1 next\n");
    const char *got = heard(*state, 0);
    assert_int_equal(strchr(got, '\n') - got, LOG_LINE_BYTES_MAX);
    assert_string_equal(strchr(got, '\n') + 1, HEAD "edge-1 next\n");
}

static void a_flood_is_dropped_and_told_by_its_count(void **state)
{
    struct desk *desk = *state;
    unsigned came = 0;
    for (unsigned i = 0; i < RELAY_LINES_AT_ONCE + 500; i++) {
        say(desk, HEAD "edge-1 flood\n");
        came += lines_of(heard(desk, 0));
    }
    assert_int_equal(came, RELAY_LINES_AT_ONCE);
    say(desk, HEAD "edge-1 later\n");
    const char *got = heard(desk, S / RELAY_LINES_S_MAX);
    assert_non_null(strstr(got, " warn edge-1 lines-dropped count=500\n" HEAD "edge-1 later\n"));
    say(desk, HEAD "edge-1 more\n");
    assert_string_equal(heard(desk, S / RELAY_LINES_S_MAX), "");
    say(desk, HEAD "edge-1 rested\n");
    assert_int_equal(lines_of(heard(desk, 60 * S)), 2);
}

static void nobody_waits_when_the_lines_are_not_taken(void **state)
{
    struct desk *desk = *state;
    for (unsigned i = 0; i < 40; i++) { /* the reader's end is full long before */
        assert_true(fcntl(desk->out[1], F_SETPIPE_SZ, 4096) > 0);
        say(desk, HEAD "edge-1 ................................................................\n");
        for (unsigned j = 0; j < 100; j++) {
            say(desk, HEAD "edge-1 .........................................................\n");
        }
        relay_take(&desk->relay, 0, desk->out[1]);
    }
    assert_true(lines_of(heard(desk, 0)) > 0);
}

static void a_last_line_without_its_end_is_not_lost(void **state)
{
    struct desk *desk = *state;
    say(desk, "last words");
    relay_close(&desk->relay, 0, desk->out[1]);
    relay_close(&desk->relay, 0, desk->out[1]);
    ssize_t got = read(desk->out[0], desk->got, sizeof(desk->got) - 1);
    assert_true(got > 0);
    desk->got[got] = '\0';
    assert_said(desk->got, "last words\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_line_in_the_process_s_own_name_comes_through_as_it_is),
        TEST(a_line_in_another_s_name_or_in_none_is_put_behind_the_true_one),
        TEST(no_control_character_comes_through),
        TEST(a_line_that_is_too_long_is_cut_and_the_next_is_whole),
        TEST(a_flood_is_dropped_and_told_by_its_count),
        TEST(nobody_waits_when_the_lines_are_not_taken),
        TEST(a_last_line_without_its_end_is_not_lost),
    };
    return cmocka_run_group_tests_name("proc/relay", tests, NULL, NULL);
}
