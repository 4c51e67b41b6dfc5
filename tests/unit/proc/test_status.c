/* What `dancu ps` prints of what the supervisor tells. */
#include "help.h"

#include "proc/home.h"
#include "proc/status.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct status_row sample[] = {
    {.process = {(const uint8_t *)"core", 4},
     .pid = 4711,
     .user = {(const uint8_t *)"dancu", 5},
     .state = STATUS_SERVING,
     .uptime_ms = 3723004,
     .restarts = 2,
     .resident_bytes = 5 * 1024 * 1024,
     .rights = {(const uint8_t *)"all \"rights\"", 12}},
    {.process = {(const uint8_t *)"edge \033[2J 1", 11},
     .user = {(const uint8_t *)"dancu-front", 11},
     .state = STATUS_WAITING,
     .rights = {(const uint8_t *)"none", 4}},
};

static void put_sample(struct buf *buf, unsigned count)
{
    size_t start = frame_start(buf, FRAME_STATUS);
    for (unsigned i = 0; i < 2; i++) {
        status_put_row(buf, &sample[i]);
    }
    frame_finish(buf, start, count);
}

static void a_table_has_a_line_a_process_and_no_control_character(void **state)
{
    (void)state;
    BUF_AUTO frame;
    BUF_AUTO text;
    buf_init(&frame, 4096);
    buf_init(&text, 4096);
    put_sample(&frame, 2);
    assert_ok(status_print(buf_view(&frame), false, false, &text));
    assert_view(
        buf_view(&text),
        "PROCESS          PID  USER         STATE         UPTIME  RESTARTS      MEMORY  RIGHTS\n"
        "core            4711  dancu        serving      1:02:03         2     5.0 MiB  all "
        "\"rights\"\n"
        "edge ?[2J 1        0  dancu-front  waiting      0:00:00         0     0.0 MiB  none\n");
}

static void json_is_one_object_with_everything_escaped(void **state)
{
    (void)state;
    BUF_AUTO frame;
    BUF_AUTO text;
    buf_init(&frame, 4096);
    buf_init(&text, 4096);
    put_sample(&frame, 2);
    assert_ok(status_print(buf_view(&frame), true, false, &text));
    assert_view(buf_view(&text),
                "{\"processes\":[{\"process\":\"core\",\"pid\":4711,\"user\":\"dancu\","
                "\"state\":\"serving\",\"uptime_ms\":3723004,\"restarts\":2,"
                "\"resident_bytes\":5242880,\"rights\":\"all \\\"rights\\\"\"},"
                "{\"process\":\"edge \\u001b[2J 1\",\"pid\":0,\"user\":\"dancu-front\","
                "\"state\":\"waiting\",\"uptime_ms\":0,\"restarts\":0,\"resident_bytes\":0,"
                "\"rights\":\"none\"}]}\n");
}

/* As the row is, with a bit that has no word. */
static void every_right_of_a_row_has_its_line(void **state)
{
    (void)state;
    static const struct proc_row row = {.name = "edge",
                                        .root = PROC_ROOT_TILES,
                                        .grants = 1u << GRANT_TLS_KEY | 1u << GRANT_TILES_DIR,
                                        .dials = 1u << DIAL_MESSAGE_CENTRE | 1u << 9,
                                        .frames = FRAME_BIT(FRAME_ASKS) | FRAME_BIT(63),
                                        .takes = FRAME_BIT(FRAME_TEXTS),
                                        .calls = CALLS_BASE | CALLS_TILES,
                                        .memory_bytes_max = 64u << 20,
                                        .files_max = 32};
    struct status_row told = sample[0];
    char calls[64];
    BUF_AUTO frame;
    BUF_AUTO text;
    buf_init(&frame, 4096);
    buf_init(&text, 4096);
    told.held = status_rights_of(&row, getpid(), 6);
    snprintf(calls, sizeof(calls), "  calls     base tiles: %u system calls; filter off\n",
             calls_count(row.calls));
    size_t start = frame_start(&frame, FRAME_STATUS);
    status_put_row(&frame, &told);
    frame_finish(&frame, start, 1);
    assert_ok(status_print(buf_view(&frame), false, true, &text));
    struct view all = buf_view(&text);
    assert_view(view_part(all, 0, 27), "core  pid 4711  user dancu\n");
    assert_view(view_part(all, 27, strlen(calls)), calls);
    assert_view(
        view_part(all, 27 + strlen(calls), all.len - 27 - strlen(calls)),
        "  root      tiles\n"
        "  landlock  read beneath its root; ABI 6\n"
        "  granted   tiles\n"
        "  read once tls-key\n"
        "  reaches   message-centre 9\n"
        "  sends     asks map\n"
        "  is sent   texts\n"
        "  limits    descriptors 32, processes 0, core files 0, file size 0, memory 64 MiB\n");
}

static void an_answer_that_is_not_whole_is_refused(void **state)
{
    (void)state;
    BUF_AUTO frame;
    buf_init(&frame, 4096);
    put_sample(&frame, 2);
    struct view whole = buf_view(&frame);
    for (size_t len = 0; len < whole.len; len++) {
        BUF_AUTO text;
        buf_init(&text, 4096);
        assert_fault(status_print(view_part(whole, 0, len), false, false, &text), FAULT_BAD_INPUT);
    }
    BUF_AUTO text;
    buf_init(&text, 4096);
    for (unsigned count = 0; count < 5; count++) { /* says more or fewer rows than there are */
        buf_reset(&frame);
        put_sample(&frame, count);
        if (count != 2) {
            assert_fault(status_print(buf_view(&frame), true, false, &text), FAULT_BAD_INPUT);
        }
    }
    buf_reset(&frame);
    put_sample(&frame, 2);
    buf_put_u8(&frame, 0); /* a byte after it */
    assert_fault(status_print(buf_view(&frame), true, false, &text), FAULT_BAD_INPUT);
}

static void a_state_that_is_not_known_is_refused(void **state)
{
    (void)state;
    BUF_AUTO frame;
    BUF_AUTO text;
    buf_init(&frame, 4096);
    buf_init(&text, 4096);
    put_sample(&frame, 2);
    frame.data[FRAME_HEADER_BYTES + 2 + 4 + 4 + 2 + 5] = STATUS_STATE_COUNT;
    assert_fault(status_print(buf_view(&frame), false, false, &text), FAULT_BAD_INPUT);
}

static void resident_memory_is_the_kernels_word(void **state)
{
    (void)state;
    assert_true(status_resident_bytes(getpid()) > 100000);
    assert_int_equal(status_resident_bytes(0x3fffffff), 0); /* no such process */
}

/* A supervisor that says `bytes` and closes. */
static void serve_once(const char *home, const void *bytes, size_t len)
{
    int home_fd = -1;
    int fd = -1;
    assert_ok(home_open(home, &home_fd));
    assert_ok(home_listen(home_fd, HOME_STATUS_SOCKET, &fd));
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        assert_int_equal(fcntl(fd, F_SETFL, 0), 0);
        int client = accept(fd, NULL, NULL);
        _exit(client >= 0 && write(client, bytes, len) == (ssize_t)len ? 0 : 1);
    }
    int status = 0;
    int saved = dup(STDOUT_FILENO); /* the table goes to standard output, which is the test's */
    int file = open("/dev/null", O_WRONLY);
    dup2(file, STDOUT_FILENO);
    struct outcome outcome = proc_status_print(home, false, false);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    close(file);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    close(fd);
    close(home_fd);
    assert_int_equal(outcome.fault, len > 20 ? FAULT_NONE : FAULT_BAD_INPUT);
}

static void the_command_prints_or_says_why_not(void **state)
{
    (void)state;
    char home[] = "/tmp/dancu-status-XXXXXX";
    assert_non_null(mkdtemp(home));
    assert_fault(proc_status_print("/nonexistent", false, false), FAULT_NOT_FOUND);
    assert_fault(proc_status_print(home, false, false), FAULT_NOT_FOUND);
    BUF_AUTO frame;
    buf_init(&frame, 4096);
    put_sample(&frame, 2);
    serve_once(home, frame.data, frame.len);
    serve_once(home, frame.data, 20);
    serve_once(home, "HTTP/1.1 200", 12);
    assert_fault(proc_status_print(home, false, false),
                 FAULT_NOT_FOUND); /* a socket, but nobody there */
    char command[64];
    snprintf(command, sizeof(command), "rm -rf %s", home);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_has_a_line_a_process_and_no_control_character),
        cmocka_unit_test(json_is_one_object_with_everything_escaped),
        cmocka_unit_test(every_right_of_a_row_has_its_line),
        cmocka_unit_test(an_answer_that_is_not_whole_is_refused),
        cmocka_unit_test(a_state_that_is_not_known_is_refused),
        cmocka_unit_test(resident_memory_is_the_kernels_word),
        cmocka_unit_test(the_command_prints_or_says_why_not),
    };
    return cmocka_run_group_tests_name("proc/status", tests, NULL, NULL);
}
