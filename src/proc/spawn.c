/*
 * A new process of this same binary.
 *
 * Invariants
 *  1. Over the execution go four descriptors (0 to 3), three variables and a title, nothing else.
 *  2. It runs in a session of its own: keys pressed at the supervisor's terminal reach the
 *     supervisor alone, which then stops everybody in order.
 */
#include "proc/spawn.h"

#include "base/check.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define EXIT_NOT_EXECUTED 127
#define ABOVE_ALL_PLACES 10

void spawn_log_name(const char *title, char ret_name[SPAWN_NAME_BYTES_MAX])
{
    (void)snprintf(ret_name, SPAWN_NAME_BYTES_MAX, "%s", title + sizeof(SPAWN_TITLE_PREFIX) - 1);
    for (size_t i = 0; ret_name[i] != '\0'; i++) {
        ret_name[i] = ret_name[i] == ' ' ? '-' : ret_name[i];
    }
}

static void reset_signals(void)
{
    sigset_t none;

    for (int number = 1; number < NSIG; number++) {
        (void)signal(number, SIG_DFL); /* those that cannot be set are so already */
    }
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Invariant 1: moved up first, because a source may lie at another's place. */
static struct outcome arrange_descriptors(int null_fd, int log_fd, int control_fd)
{
    int null_copy = fcntl(null_fd, F_DUPFD, ABOVE_ALL_PLACES);
    int log_copy = fcntl(log_fd, F_DUPFD, ABOVE_ALL_PLACES);
    int control_copy = fcntl(control_fd, F_DUPFD, ABOVE_ALL_PLACES);

    if (null_copy < 0 || log_copy < 0 || control_copy < 0 || dup2(null_copy, 0) < 0 ||
        dup2(log_copy, 1) < 0 || dup2(log_copy, 2) < 0 ||
        dup2(control_copy, SPAWN_CONTROL_FD) < 0 ||
        close_range(SPAWN_CONTROL_FD + 1, ~0u, 0) != 0) {
        return outcome_sys(errno, "arrange a child's descriptors");
    }
    return OUTCOME_OK;
}

_Noreturn static void become(const char *title, int log_fd, int control_fd)
{
    char mark[] = SPAWN_MARK "=1";
    char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
    char lang[64];
    const char *given = getenv("LANG");
    char *variables[] = {mark, path, lang, NULL};
    char *arguments[] = {(char *)(uintptr_t)title, NULL};

    (void)snprintf(lang, sizeof(lang), "LANG=%s", given == NULL ? "C.UTF-8" : given);
    reset_signals();
    (void)setsid(); /* invariant 2; a new process never leads a group, so it cannot fail */
    int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    struct outcome outcome = null_fd < 0 ? outcome_sys(errno, "open /dev/null")
                                         : arrange_descriptors(null_fd, log_fd, control_fd);
    if (outcome_ok(outcome)) {
        (void)execve("/proc/self/exe", arguments, variables);
        outcome = outcome_sys(errno, "execute /proc/self/exe");
    }
    log_outcome(LOG_LEVEL_ERROR, "process-not-executed", outcome);
    _exit(EXIT_NOT_EXECUTED);
}

struct outcome spawn_process(const char *title, int log_fd, pid_t *ret_pid, int *ret_control_fd)
{
    CHECK(view_starts(view_text(title), VIEW_LITERAL(SPAWN_TITLE_PREFIX)));
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0) {
        return outcome_sys(errno, "make a control socket");
    }
    pid_t pid = fork();
    if (pid == 0) {
        become(title, log_fd, ends[1]);
    }
    int sys = errno;
    (void)close(ends[1]);
    if (pid < 0) {
        (void)close(ends[0]);
        return outcome_sys(sys, "fork");
    }
    *ret_pid = pid;
    *ret_control_fd = ends[0];
    return OUTCOME_OK;
}
