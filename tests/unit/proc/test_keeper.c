/*
 * The keeper between a core and a supervisor that the test plays. The ledger's functions are
 * the test's own here: they write down what they were asked for, and fail on request.
 */
#include "help.h"

#include "base/ceilings.h"
#include "ledger/ledger.h"
#include "proc/keeper.h"
#include "proc/peer.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define WAIT_MS 20000
#define HOME_FD 4242
#define FAILING 666
#define LOSING 667

struct outcome keeper_prepare_spare(int home_fd, uint32_t segment_bytes)
{
    bool right = home_fd == HOME_FD && segment_bytes == COMMIT_SEGMENT_BYTES;
    return right ? OUTCOME_OK : outcome_fail(FAULT_IO, "wrong arguments");
}

struct outcome keeper_sync_tiles(int home_fd, uint64_t from, uint64_t until)
{
    if (from == FAILING) {
        return outcome_fail(FAULT_NO_SPACE, "no room for tiles");
    }
    if (from == LOSING) {
        return outcome_fail(FAULT_IO, "tiles did not reach the disk");
    }
    bool right = home_fd == HOME_FD && from <= until;
    return right ? OUTCOME_OK : outcome_fail(FAULT_IO, "wrong arguments");
}

struct outcome keeper_sync_derived(int home_fd, uint64_t from, uint64_t until)
{
    return keeper_sync_tiles(home_fd, from, until);
}

/* Each of the three of a segment that is to be shredded takes a segment of its own. */
static struct outcome of_segment(int home_fd, uint64_t segment, uint64_t right)
{
    return home_fd == HOME_FD && segment == right ? OUTCOME_OK
                                                  : outcome_fail(FAULT_IO, "wrong arguments");
}

struct outcome keeper_read(int home_fd, uint64_t segment)
{
    return of_segment(home_fd, segment, 7);
}

struct outcome keeper_sync_rest(int home_fd, uint64_t segment)
{
    return of_segment(home_fd, segment, 8);
}

struct outcome keeper_destroy(int home_fd, uint64_t segment)
{
    return of_segment(home_fd, segment, 9);
}

/* Never a reason not to do what was wished. */
struct outcome keeper_remove_aside(int home_fd)
{
    return outcome_fail(FAULT_IO, home_fd == HOME_FD ? "not removed" : "wrong arguments");
}

struct play {
    pid_t pid;
    int control;
    struct pipe_end core;
};

static void begin(struct play *play)
{
    int control[2];
    int core[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, control), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, core), 0);
    fflush(NULL);
    play->pid = fork();
    if (play->pid == 0) {
        struct child child = {.control_fd = control[1], .core_fd = core[1]};
        child.grants[GRANT_HOME_DIR] = HOME_FD;
        close(control[0]);
        close(core[0]);
        _exit(keeper_main(&child));
    }
    close(control[1]);
    close(core[1]);
    play->control = control[0];
    pipe_init(&play->core, core[0]);
    struct pollfd ready = {.fd = play->control, .events = POLLIN};
    assert_int_equal(poll(&ready, 1, WAIT_MS), 1);
    assert_ok(peer_hear_ready(play->control));
}

static int end(struct play *play)
{
    int status = 0;
    assert_int_equal(waitpid(play->pid, &status, 0), play->pid);
    if (play->control >= 0) {
        close(play->control);
    }
    pipe_done(&play->core);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void wish(struct play *play, unsigned kind, uint64_t from, uint64_t until)
{
    size_t start = frame_start(&play->core.out, FRAME_KEEP);
    buf_put_u8(&play->core.out, (uint8_t)kind);
    buf_put_u64(&play->core.out, from);
    buf_put_u64(&play->core.out, until);
    frame_finish(&play->core.out, start, 1);
    assert_ok(pipe_flush(&play->core));
}

static void assert_kept(struct play *play, unsigned kind, uint64_t from, uint64_t until)
{
    struct frame frame;
    struct outcome outcome = pipe_next(&play->core, &frame);
    while (outcome.fault == FAULT_AGAIN) {
        struct pollfd core = {.fd = play->core.fd, .events = POLLIN};
        assert_int_equal(poll(&core, 1, WAIT_MS), 1);
        assert_ok(pipe_fill(&play->core));
        outcome = pipe_next(&play->core, &frame);
    }
    assert_ok(outcome);
    assert_int_equal(frame.kind, FRAME_KEPT);
    struct cursor cursor = cursor_of(frame.payload);
    assert_int_equal(cursor_u8(&cursor), kind);
    assert_true(cursor_u64(&cursor) == from);
    assert_true(cursor_u64(&cursor) == until);
    assert_ok(cursor_end(&cursor, "kept"));
}

static void each_wish_is_done_and_answered(void **state)
{
    (void)state;
    struct play play;
    begin(&play);
    wish(&play, LEDGER_WISH_SPARE, 0, 0);
    assert_kept(&play, LEDGER_WISH_SPARE, 0, 0);
    wish(&play, LEDGER_WISH_TILES, 0, 256);
    assert_kept(&play, LEDGER_WISH_TILES, 0, 256);
    wish(&play, LEDGER_WISH_SYNC, 256, UINT64_MAX);
    assert_kept(&play, LEDGER_WISH_SYNC, 256, UINT64_MAX);
    wish(&play, LEDGER_WISH_SYNC, 1, 2); /* two at once: in order */
    wish(&play, LEDGER_WISH_SPARE, 3, 4);
    assert_kept(&play, LEDGER_WISH_SYNC, 1, 2);
    assert_kept(&play, LEDGER_WISH_SPARE, 3, 4);
    wish(&play, LEDGER_WISH_READ, 7, 7);
    assert_kept(&play, LEDGER_WISH_READ, 7, 7);
    wish(&play, LEDGER_WISH_REST, 8, 8);
    assert_kept(&play, LEDGER_WISH_REST, 8, 8);
    wish(&play, LEDGER_WISH_DESTROY, 9, 9);
    assert_kept(&play, LEDGER_WISH_DESTROY, 9, 9);
    kill(play.pid, SIGTERM);
    assert_int_equal(end(&play), 0);
}

static void a_wish_that_fails_is_answered_as_not_done(void **state)
{
    (void)state;
    struct play play;
    begin(&play);
    wish(&play, LEDGER_WISH_SYNC, FAILING, 700);
    assert_kept(&play, LEDGER_WISH_NONE, FAILING, 700);
    wish(&play, LEDGER_WISH_SYNC, 1, 700); /* and it goes on */
    assert_kept(&play, LEDGER_WISH_SYNC, 1, 700);
    kill(play.pid, SIGTERM);
    assert_int_equal(end(&play), 0);
}

static void what_a_sync_may_have_lost_is_told_as_lost(void **state)
{
    (void)state;
    struct play play;
    begin(&play);
    wish(&play, LEDGER_WISH_SYNC, LOSING, 700);
    assert_kept(&play, LEDGER_WISH_LOST, LOSING, 700);
    wish(&play, LEDGER_WISH_REST, 1, 1);
    assert_kept(&play, LEDGER_WISH_LOST, 1, 1);
    wish(&play, LEDGER_WISH_DESTROY, 1, 1); /* what is to go may be asked to again */
    assert_kept(&play, LEDGER_WISH_NONE, 1, 1);
    kill(play.pid, SIGTERM);
    assert_int_equal(end(&play), 0);
}

/* The keeper hangs up on a core that sends this. */
static void assert_hangs_up(struct play *play)
{
    struct pollfd core = {.fd = play->core.fd, .events = POLLIN};
    assert_int_equal(poll(&core, 1, WAIT_MS), 1);
    assert_fault(pipe_fill(&play->core), FAULT_CLOSED);
}

/* As the supervisor does when the core was restarted. */
static void bring_pipe(struct play *play)
{
    int core[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, core), 0);
    assert_ok(peer_send(play->control, 0, 1, core[1]));
    close(core[1]);
    pipe_done(&play->core);
    pipe_init(&play->core, core[0]);
}

static void nonsense_ends_the_pipe_and_a_new_one_works(void **state)
{
    (void)state;
    struct play play;
    begin(&play);
    static const unsigned kinds[] = {LEDGER_WISH_NONE, LEDGER_WISH_LOST, 255};
    for (unsigned i = 0; i < 3; i++) {
        wish(&play, kinds[i], 0, 0);
        assert_hangs_up(&play);
        bring_pipe(&play);
    }
    wish(&play, LEDGER_WISH_SYNC, 5, 4); /* backwards */
    assert_hangs_up(&play);
    bring_pipe(&play);
    size_t start = frame_start(&play.core.out, FRAME_ASKS); /* a kind that is not for it */
    buf_put_zeros(&play.core.out, 17);
    frame_finish(&play.core.out, start, 1);
    assert_ok(pipe_flush(&play.core));
    assert_hangs_up(&play);
    bring_pipe(&play);
    start = frame_start(&play.core.out, FRAME_KEEP); /* a byte too many */
    buf_put_u8(&play.core.out, LEDGER_WISH_SYNC);
    buf_put_zeros(&play.core.out, 17);
    frame_finish(&play.core.out, start, 1);
    assert_ok(pipe_flush(&play.core));
    assert_hangs_up(&play);
    bring_pipe(&play);
    wish(&play, LEDGER_WISH_SPARE, 0, 0);
    assert_kept(&play, LEDGER_WISH_SPARE, 0, 0);
    kill(play.pid, SIGTERM);
    assert_int_equal(end(&play), 0);
}

static void a_new_pipe_takes_the_place_of_one_that_still_lives(void **state)
{
    (void)state;
    struct play play;
    begin(&play);
    bring_pipe(&play);
    wish(&play, LEDGER_WISH_SPARE, 0, 0);
    assert_kept(&play, LEDGER_WISH_SPARE, 0, 0);
    kill(play.pid, SIGTERM);
    assert_int_equal(end(&play), 0);
}

static void it_ends_with_the_supervisor(void **state)
{
    (void)state;
    struct play play;
    begin(&play);
    close(play.control);
    play.control = -1;
    assert_int_equal(end(&play), 0);
}

static void a_core_that_is_gone_does_not_end_it(void **state)
{
    (void)state;
    struct play play;
    begin(&play);
    pipe_done(&play.core);
    assert_int_equal(poll(NULL, 0, 50), 0);
    assert_int_equal(waitpid(play.pid, NULL, WNOHANG), 0);
    int unused[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, unused), 0);
    pipe_init(&play.core, unused[0]);
    close(unused[1]);
    bring_pipe(&play);
    wish(&play, LEDGER_WISH_SYNC, 0, 1);
    assert_kept(&play, LEDGER_WISH_SYNC, 0, 1);
    kill(play.pid, SIGTERM);
    assert_int_equal(end(&play), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_wish_is_done_and_answered),
        cmocka_unit_test(a_wish_that_fails_is_answered_as_not_done),
        cmocka_unit_test(what_a_sync_may_have_lost_is_told_as_lost),
        cmocka_unit_test(nonsense_ends_the_pipe_and_a_new_one_works),
        cmocka_unit_test(a_new_pipe_takes_the_place_of_one_that_still_lives),
        cmocka_unit_test(it_ends_with_the_supervisor),
        cmocka_unit_test(a_core_that_is_gone_does_not_end_it),
    };
    return cmocka_run_group_tests_name("proc/keeper", tests, NULL, NULL);
}
