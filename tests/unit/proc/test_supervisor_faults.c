/*
 * The supervisor's own system calls are made to fail, each one in its turn, at the start, at a
 * restart and at a renewal: it recovers or ends cleanly, and never leaves a process behind. The
 * calls are wrapped by the linker (--wrap); children are executed anew and are not touched.
 */
#include "rig.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT 22030
#define CALLS_OF_ONE_MAX 64

enum call {
    SOCKETPAIR,
    FORK,
    SENDMSG,
    PIPE2,
    SIGNALFD,
    SIGPROCMASK,
    SOCKET,
    BIND,
    LISTEN,
    FLOCK,
    FCNTL,
    CALL_COUNT
};

/* Shared with the supervisor, which is forked from here. */
struct plan {
    int call;       /* which one; -1 = none */
    unsigned nth;   /* fails once, at its nth time */
    unsigned times; /* how often it was called */
    pid_t test;     /* whose own calls do not fail */
};
static struct plan *plan;

static bool fails(enum call call, int sys)
{
    if (plan == NULL || plan->call != (int)call || getpid() == plan->test) {
        return false;
    }
    if (++plan->times != plan->nth) {
        return false;
    }
    errno = sys;
    return true;
}

#define WRAP(type, name, call, sys, parameters, arguments)                                         \
    type __real_##name parameters;                                                                 \
    type __wrap_##name parameters;                                                                 \
    type __wrap_##name parameters                                                                  \
    {                                                                                              \
        return fails(call, sys) ? -1 : __real_##name arguments;                                    \
    }

WRAP(int, socketpair, SOCKETPAIR, EMFILE, (int domain, int type, int protocol, int fds[2]),
     (domain, type, protocol, fds))
WRAP(pid_t, fork, FORK, EAGAIN, (void), ())
WRAP(ssize_t, sendmsg, SENDMSG, EAGAIN, (int fd, const struct msghdr *message, int flags),
     (fd, message, flags))
WRAP(int, pipe2, PIPE2, EMFILE, (int fds[2], int flags), (fds, flags))
WRAP(int, signalfd, SIGNALFD, EMFILE, (int fd, const sigset_t *set, int flags), (fd, set, flags))
WRAP(int, sigprocmask, SIGPROCMASK, EINVAL, (int how, const sigset_t *set, sigset_t *old),
     (how, set, old))
WRAP(int, socket, SOCKET, EMFILE, (int domain, int type, int protocol), (domain, type, protocol))
WRAP(int, bind, BIND, EACCES, (int fd, const struct sockaddr *address, socklen_t len),
     (fd, address, len))
WRAP(int, listen, LISTEN, EADDRINUSE, (int fd, int backlog), (fd, backlog))
WRAP(int, flock, FLOCK, ENOLCK, (int fd, int operation), (fd, operation))
WRAP(int, fcntl64, FCNTL, EMFILE, (int fd, int command, long argument), (fd, command, argument))

static void plan_failure(int call, unsigned nth)
{
    plan->times = 0;
    plan->nth = nth;
    plan->call = call;
}

static int make_plan(void **state)
{
    (void)state;
    plan = mmap(NULL, sizeof(*plan), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    plan->call = -1;
    plan->test = getpid();
    /* Whoever loses its parent comes to us. */
    return plan == MAP_FAILED ? -1 : prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

/* Nobody that came from the supervisor is left. */
static void assert_nobody_left(void)
{
    int64_t until = rig_now_ms() + RIG_WAIT_MS;
    while (waitpid(-1, NULL, WNOHANG) >= 0) {
        if (rig_now_ms() > until) {
            fail_msg("somebody lives on");
        }
        (void)poll(NULL, 0, 2);
    }
}

/* True when it became ready; then stopped. False when it ended itself. */
static bool starts(struct rig *rig)
{
    int64_t until = rig_now_ms() + RIG_WAIT_MS;
    rig_write(rig->out, "");
    rig_start(rig);
    while (rig_count(rig->out, "ready") == 0) {
        int status = 0;
        if (waitpid(rig->pid, &status, WNOHANG) == rig->pid) {
            rig->pid = 0;
            assert_true(WIFEXITED(status));
            assert_int_equal(WEXITSTATUS(status), 1); /* no crash, and not "all well" */
            return false;
        }
        if (rig_now_ms() > until) {
            fail_msg("neither ready nor ended: call %d at %u", plan->call, plan->nth);
        }
        (void)poll(NULL, 0, 2);
    }
    assert_int_equal(rig_stop(rig, SIGTERM), 0);
    return true;
}

static void a_call_that_fails_at_the_start_ends_it_cleanly_or_is_overcome(void **state)
{
    (void)state;
    unsigned ended = 0;
    unsigned overcome = 0;
    for (int call = 0; call < CALL_COUNT; call++) {
        for (unsigned nth = 1; nth < CALLS_OF_ONE_MAX; nth++) {
            struct rig rig;
            rig_init(&rig, PORT, "");
            plan_failure(call, nth);
            bool started = starts(&rig);
            bool reached = plan->times >= nth;
            plan_failure(-1, 0);
            assert_nobody_left();
            rig_done(&rig);
            if (!reached) {
                assert_true(started);
                break;
            }
            ended += !started;
            overcome += started;
        }
    }
    assert_true(ended > 15);
    assert_true(overcome > 5);
    print_message("# %u failures ended the start, %u were overcome\n", ended, overcome);
}

static const char *const everybody[] = {"core", "keeper", "edge 1", "edge 2", "public"};

/* All serve, and all but the core have got a pipe to the core that lives now. */
static void assert_recovers(struct rig *rig, const char *killed, pid_t old)
{
    for (unsigned i = 0; i < 5; i++) {
        (void)rig_await_serving(rig, everybody[i], strcmp(everybody[i], killed) == 0 ? old : 0);
    }
    pid_t core = rig_await_serving(rig, "core", 0);
    for (unsigned i = 0; i < 4; i++) {
        static const char *const names[] = {"keeper", "edge-1", "edge-2", "public"};
        char pong[64];
        snprintf(pong, sizeof(pong), " %s pong core=%d\n", names[i], core);
        rig_await(rig->err, pong, 1);
    }
}

/* A new crew each time, or its wait between restarts would grow. True when the call failed. */
static bool restarts(int call, unsigned nth, const char *who)
{
    struct rig rig;
    rig_init(&rig, PORT, "");
    rig_start_ready(&rig);
    pid_t old = rig_await_serving(&rig, who, 0);
    plan_failure(call, nth);
    assert_int_equal(kill(old, SIGKILL), 0);
    assert_recovers(&rig, who, old);
    bool reached = plan->times >= nth;
    plan_failure(-1, 0);
    assert_int_equal(rig_stop(&rig, SIGTERM), 0);
    assert_nobody_left();
    rig_done(&rig);
    return reached;
}

static void a_call_that_fails_at_a_restart_is_overcome(void **state)
{
    (void)state;
    static const int calls[] = {SOCKETPAIR, FORK, SENDMSG, FCNTL};
    unsigned rounds = 0;
    for (unsigned i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        for (unsigned who = 0; who < 3; who += 2) { /* the core, an edge */
            for (unsigned nth = 1; nth < CALLS_OF_ONE_MAX; nth++) {
                if (!restarts(calls[i], nth, everybody[who])) {
                    break;
                }
                rounds++;
            }
        }
    }
    assert_true(rounds > 10);
    print_message("# %u failures at restarts\n", rounds);
}

static void a_call_that_fails_at_a_renewal_leaves_all_serving(void **state)
{
    (void)state;
    static const int calls[] = {SOCKETPAIR, FORK, SENDMSG, FCNTL};
    struct rig rig;
    rig_init(&rig, PORT, "");
    rig_start_ready(&rig);
    for (unsigned i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        for (unsigned nth = 1; nth <= 4; nth++) {
            unsigned handled = rig_count(rig.err, " replaced ") +
                               rig_count(rig.err, "process-not-started process=") +
                               rig_count(rig.err, "not-replaced ");
            plan_failure(calls[i], nth);
            assert_int_equal(kill(rig.pid, SIGHUP), 0);
            int64_t until = rig_now_ms() + RIG_WAIT_MS;
            while (rig_count(rig.err, " replaced ") +
                       rig_count(rig.err, "process-not-started process=") +
                       rig_count(rig.err, "not-replaced ") <
                   handled + 2) { /* both edges, one way or the other */
                assert_true(rig_now_ms() < until);
                (void)poll(NULL, 0, 2);
            }
            plan_failure(-1, 0);
            assert_recovers(&rig, "", 0);
        }
    }
    assert_true(rig_count(rig.err, " replaced ") > 5);
    assert_int_equal(rig_stop(&rig, SIGTERM), 0);
    assert_nobody_left();
    rig_done(&rig);
}

int main(int argc, char **argv)
{
    rig_enter(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_call_that_fails_at_the_start_ends_it_cleanly_or_is_overcome,
                                  rig_sweep),
        cmocka_unit_test_teardown(a_call_that_fails_at_a_restart_is_overcome, rig_sweep),
        cmocka_unit_test_teardown(a_call_that_fails_at_a_renewal_leaves_all_serving, rig_sweep),
    };
    return cmocka_run_group_tests_name("proc/supervisor_faults", tests, make_plan, NULL);
}
