/*
 * Every step by which a process gives its rights up is made to fail in turn: it must never go on to
 * its main with some of them. The system calls are wrapped by the linker (--wrap).
 */
#include "help.h"

#include "proc/rights.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NOBODY 65534
#define EXIT_APPLIED 10
#define EXIT_REFUSED 11
#define STEPS_MAX 64

static unsigned calls;   /* so far */
static unsigned fail_at; /* 1 = the first; 0 = none */

static bool fails(void)
{
    calls++;
    if (calls == fail_at) {
        errno = EPERM;
        return true;
    }
    return false;
}

#define WRAP(name, parameters, arguments)                                                          \
    int __real_##name parameters;                                                                  \
    int __wrap_##name parameters;                                                                  \
    int __wrap_##name parameters                                                                   \
    {                                                                                              \
        return fails() ? -1 : __real_##name arguments;                                             \
    }

WRAP(setrlimit64, (__rlimit_resource_t resource, const struct rlimit64 *limit), (resource, limit))
WRAP(getrlimit64, (__rlimit_resource_t resource, struct rlimit64 *limit), (resource, limit))
WRAP(chdir, (const char *path), (path))
WRAP(fchdir, (int fd), (fd))
WRAP(chroot, (const char *path), (path))
WRAP(setgroups, (size_t size, const gid_t *list), (size, list))
WRAP(setresgid, (gid_t r, gid_t e, gid_t s), (r, e, s))
WRAP(setresuid, (uid_t r, uid_t e, uid_t s), (r, e, s))

char *__wrap_mkdtemp(char *path);
char *__real_mkdtemp(char *path);
char *__wrap_mkdtemp(char *path)
{
    return fails() ? NULL : __real_mkdtemp(path);
}

int __wrap_prctl(int option, ...);
int __wrap_prctl(int option, ...)
{
    va_list values;
    va_start(values, option);
    unsigned long value = va_arg(values, int) != 0;
    va_end(values);
    return fails() ? -1 : (int)syscall(SYS_prctl, option, value, 0, 0, 0);
}

static struct proc_row row_of(enum proc_root root)
{
    return (struct proc_row){.name = "edge",
                             .user = PROC_USER_FRONT,
                             .root = root,
                             .grants = root == PROC_ROOT_HOME ? 1u << GRANT_HOME_DIR : 0,
                             .files_max = 32,
                             .memory_bytes_max = 1ull << 46};
}

/* In a process of its own; EXIT_APPLIED or EXIT_REFUSED. ret_calls = wrapped calls made. */
static int apply(enum proc_root root, bool drop, unsigned nth, unsigned *ret_calls)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        const struct proc_row row = row_of(root);
        struct rights_identity identity = {.drop = drop, .uid = NOBODY, .gid = NOBODY};
        struct child child = {.row = &row};
        for (unsigned i = 0; i < GRANT_COUNT; i++) {
            child.grants[i] = -1;
        }
        child.grants[GRANT_HOME_DIR] = open("/tmp", O_RDONLY | O_DIRECTORY);
        calls = 0;
        fail_at = nth;
        bool applied = outcome_ok(rights_apply(&child, &identity));
        (void)!write(ends[1], &calls, sizeof(calls));
        _exit(applied ? EXIT_APPLIED : EXIT_REFUSED);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(read(ends[0], ret_calls, sizeof(*ret_calls)), sizeof(*ret_calls));
    close(ends[0]);
    close(ends[1]);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* Each step fails once. `forgiven` steps have a second way to the same end. */
static void each_step_fails(enum proc_root root, bool drop, unsigned forgiven)
{
    unsigned steps = 0;
    unsigned made = 0;
    unsigned went_on = 0;
    assert_int_equal(apply(root, drop, 0, &steps), EXIT_APPLIED);
    assert_true(steps > 8 && steps < STEPS_MAX);
    for (unsigned nth = 1; nth <= steps; nth++) {
        if (apply(root, drop, nth, &made) == EXIT_APPLIED) {
            went_on++;
            assert_int_equal(made, steps + 1); /* the other way was one more call */
        } else {
            assert_int_equal(made, nth); /* and nothing was tried after it */
        }
    }
    assert_int_equal(went_on, forgiven);
}

static void a_front_process_takes_all_rights_on_or_ends(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        skip();
    }
    each_step_fails(PROC_ROOT_EMPTY, true, 1); /* another place for the empty folder */
}

static void a_process_in_the_home_takes_all_rights_on_or_ends(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        skip();
    }
    each_step_fails(PROC_ROOT_HOME, true, 0);
}

static void a_process_without_root_takes_all_rights_on_or_ends(void **state)
{
    (void)state;
    each_step_fails(PROC_ROOT_EMPTY, false, 0);
    each_step_fails(PROC_ROOT_HOME, false, 0);
}

/* In a process of its own, of a user who may not raise what he was given. */
static int with_few_descriptors(void)
{
    const struct proc_row row = row_of(PROC_ROOT_EMPTY);
    struct rights_identity identity = {0};
    struct child child = {.row = &row};
    struct rlimit64 few = {.rlim_cur = 16, .rlim_max = 16};
    if (__real_setrlimit64(RLIMIT_NOFILE, &few) != 0 ||
        (geteuid() == 0 && __real_setresuid(NOBODY, NOBODY, NOBODY) != 0) ||
        !outcome_ok(rights_apply(&child, &identity)) ||
        __real_getrlimit64(RLIMIT_NOFILE, &few) != 0) {
        return 1;
    }
    return few.rlim_max == 16 ? 0 : 2;
}

static void a_limit_that_may_not_be_raised_stays_where_it_is(void **state)
{
    (void)state;
    int status = 0;
    fail_at = 0;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        _exit(with_few_descriptors());
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void a_user_that_is_not_there_is_not_found(void **state)
{
    (void)state;
    struct rights_identity identity;
    assert_fault(rights_find_user("no-such-user", &identity), FAULT_NOT_FOUND);
    assert_ok(rights_find_user("nobody", &identity));
    assert_true(identity.drop);
    assert_int_equal(identity.uid, NOBODY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_front_process_takes_all_rights_on_or_ends),
        cmocka_unit_test(a_process_in_the_home_takes_all_rights_on_or_ends),
        cmocka_unit_test(a_process_without_root_takes_all_rights_on_or_ends),
        cmocka_unit_test(a_limit_that_may_not_be_raised_stays_where_it_is),
        cmocka_unit_test(a_user_that_is_not_there_is_not_found),
    };
    return cmocka_run_group_tests_name("proc/rights_faults", tests, NULL, NULL);
}
