/*
 * The process `letter`, with a core and a supervisor that are this test's: letters come back, what
 * kills it or never ends is the end of its pipe, and the end of others ends it.
 */
#include "letters.h"

#include "channel/letter/letter.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#define WAIT_MS_MAX 20000

/* A content that does what a fault in a library would: the linker puts these before the real. */
void __real_press_draw(struct press *press, struct view content, enum press_end end,
                       struct render_done *ret_done);
void __wrap_press_draw(struct press *press, struct view content, enum press_end end,
                       struct render_done *ret_done);
void __wrap_press_draw(struct press *press, struct view content, enum press_end end,
                       struct render_done *ret_done)
{
    if (view_is(content, "crash")) {
        _exit(97);
    }
    while (view_is(content, "hang")) {
        /* until the alarm */
    }
    __real_press_draw(press, content, end, ret_done);
}

/* Ten seconds are long for a test: they are one here, in which a busy machine draws a letter, too.
 */
int __real_setitimer(int which, const struct itimerval *timer, struct itimerval *ret_old);
int __wrap_setitimer(int which, const struct itimerval *timer, struct itimerval *ret_old);
int __wrap_setitimer(int which, const struct itimerval *timer, struct itimerval *ret_old)
{
    struct itimerval shorter = {.it_value = {.tv_sec = timer->it_value.tv_sec / 10}};
    assert_true(which == ITIMER_REAL);
    assert_true(timer->it_value.tv_sec == 0 || timer->it_value.tv_sec == LETTER_DRAW_S_MAX);
    return __real_setitimer(which, &shorter, ret_old);
}

struct process {
    pid_t pid;
    int control_fd;
    struct pipe_end core;
};

static void grant(struct child *child, enum proc_grant grant, const char *folder)
{
    child->grants[grant] = open(folder, O_RDONLY | O_DIRECTORY);
    assert_true(child->grants[grant] >= 0);
}

static _Noreturn void live(int control_fd, int core_fd)
{
    static const struct proc_row row = {.name = "letter"};
    struct child child = {
        .row = &row, .title = "letter", .control_fd = control_fd, .core_fd = core_fd};
    grant(&child, GRANT_LETTERS_DIR, LETTERS_DIR);
    grant(&child, GRANT_FONTS_DIR, PRESS_FONTS_USUAL);
    int status = letter_prepare(&child);
    _exit(status != 0 ? status : letter_main(&child));
}

static void start(struct process *process)
{
    int control[2];
    int core[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, core), 0);
    process->pid = fork();
    assert_true(process->pid >= 0);
    if (process->pid == 0) {
        close(control[0]);
        close(core[0]);
        live(control[1], core[1]);
    }
    close(control[1]);
    close(core[1]);
    process->control_fd = control[0];
    pipe_init(&process->core, core[0]);
}

static int end(struct process *process)
{
    int status = 0;
    pipe_done(&process->core);
    if (process->control_fd >= 0) {
        close(process->control_fd);
    }
    assert_int_equal(waitpid(process->pid, &status, 0), process->pid);
    return status;
}

static void send_content(struct process *process, uint64_t tag, struct view content)
{
    const struct render_order order = {.tag = tag, .content = content};
    rendering_put_order(&process->core.out, &order);
    assert_ok(pipe_flush(&process->core));
}

/* FAULT_CLOSED: its pipe has ended. The frame's parts borrow from the pipe. */
static struct outcome receive(struct process *process, struct render_done *ret_done)
{
    for (;;) {
        struct frame frame;
        struct outcome outcome = pipe_next(&process->core, &frame);
        if (outcome_ok(outcome)) {
            return rendering_get_done(&frame, ret_done);
        }
        struct pollfd wait = {.fd = process->core.fd, .events = POLLIN};
        assert_int_equal(poll(&wait, 1, WAIT_MS_MAX), 1);
        outcome = pipe_fill(&process->core);
        if (!outcome_ok(outcome) && outcome.fault != FAULT_AGAIN) {
            return outcome;
        }
    }
}

static void letters_that_are_asked_for_come_back_in_order(void **state)
{
    struct process process;
    struct buf content;
    struct render_done done;
    (void)state;
    letters_read(SOURCE_DIR "/tests/letters", "slip.json", &content);
    start(&process);
    send_content(&process, 7, buf_view(&content));
    send_content(&process, 8, VIEW_LITERAL("{}"));
    send_content(&process, 9, buf_view(&content));
    for (uint64_t tag = 7; tag <= 9; tag++) {
        assert_ok(receive(&process, &done));
        assert_true(done.tag == tag);
        assert_int_equal(done.code, tag == 8 ? RENDER_BAD_CONTENT : RENDER_DONE);
    }
    assert_int_equal(end(&process), 0); /* the supervisor is gone */
    buf_done(&content);
}

static void a_letter_that_kills_it_ends_its_pipe(void **state)
{
    struct process process;
    struct render_done done;
    (void)state;
    start(&process);
    send_content(&process, 1, VIEW_LITERAL("crash"));
    assert_fault(receive(&process, &done), FAULT_CLOSED);
    assert_int_equal(WEXITSTATUS(end(&process)), 97);
}

static void a_letter_that_never_ends_is_ended_by_its_alarm(void **state)
{
    struct process process;
    struct render_done done;
    (void)state;
    start(&process);
    send_content(&process, 1, VIEW_LITERAL("hang"));
    assert_fault(receive(&process, &done), FAULT_CLOSED);
    int status = end(&process);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM);
}

static void a_core_that_says_no_letter_loses_its_pipe(void **state)
{
    struct process process;
    struct render_done done;
    (void)state;
    start(&process);
    frame_finish(&process.core.out, frame_start(&process.core.out, FRAME_RENDERED), 1);
    assert_ok(pipe_flush(&process.core));
    assert_fault(receive(&process, &done), FAULT_CLOSED);
    assert_int_equal(end(&process), 0); /* it lives on, for the next core */
}

static void it_ends_in_order_when_it_is_told_to(void **state)
{
    struct process process;
    struct buf content;
    struct render_done done;
    (void)state;
    letters_read(SOURCE_DIR "/tests/letters", "slip.json", &content);
    start(&process);
    send_content(&process, 1, buf_view(&content));
    assert_ok(receive(&process, &done));
    assert_int_equal(kill(process.pid, SIGTERM), 0);
    assert_fault(receive(&process, &done), FAULT_CLOSED);
    assert_int_equal(end(&process), 0);
    buf_done(&content);
}

static void bad_templates_refuse_the_start(void **state)
{
    struct child child = {0};
    (void)state;
    grant(&child, GRANT_LETTERS_DIR, SOURCE_DIR "/policy");
    grant(&child, GRANT_FONTS_DIR, PRESS_FONTS_USUAL);
    assert_int_equal(letter_prepare(&child), PROC_EXIT_REFUSED);
    close(child.grants[GRANT_LETTERS_DIR]);
    close(child.grants[GRANT_FONTS_DIR]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters_that_are_asked_for_come_back_in_order),
        cmocka_unit_test(a_letter_that_kills_it_ends_its_pipe),
        cmocka_unit_test(a_letter_that_never_ends_is_ended_by_its_alarm),
        cmocka_unit_test(a_core_that_says_no_letter_loses_its_pipe),
        cmocka_unit_test(it_ends_in_order_when_it_is_told_to),
        cmocka_unit_test(bad_templates_refuse_the_start),
    };
    return cmocka_run_group_tests_name("channel/letter_process", tests, NULL, NULL);
}
