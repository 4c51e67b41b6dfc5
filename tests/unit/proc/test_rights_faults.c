/*
 * Every step by which a process gives its rights up is made to fail in turn: it must never go on to
 * its main with some of them. The system calls are wrapped by the linker (--wrap).
 */
#include "help.h"

#include "proc/paths.h"
#include "proc/rights.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NOBODY 65534
#define EXIT_APPLIED 10
#define EXIT_REFUSED 11
#define STEPS_MAX 256

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

WRAP(seccomp_attr_set, (scmp_filter_ctx filter, enum scmp_filter_attr attribute, uint32_t value),
     (filter, attribute, value))
WRAP(seccomp_rule_add_exact_array,
     (scmp_filter_ctx filter, uint32_t action, int number, unsigned count,
      const struct scmp_arg_cmp *compares),
     (filter, action, number, count, compares))
WRAP(seccomp_load, (scmp_filter_ctx filter), (filter))

scmp_filter_ctx __wrap_seccomp_init(uint32_t action);
scmp_filter_ctx __real_seccomp_init(uint32_t action);
scmp_filter_ctx __wrap_seccomp_init(uint32_t action)
{
    return fails() ? NULL : __real_seccomp_init(action);
}

int __wrap_seccomp_syscall_resolve_name(const char *name);
int __real_seccomp_syscall_resolve_name(const char *name);
int __wrap_seccomp_syscall_resolve_name(const char *name)
{
    return fails() ? __NR_SCMP_ERROR : __real_seccomp_syscall_resolve_name(name);
}

/* Landlock has no functions: only its calls are counted. That the version is not told is no failure
 * but a kernel without it. */
static unsigned landlock_abi; /* 0 = the kernel's own */

long __wrap_syscall(long number, ...);
long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...)
{
    long values[5];
    va_list arguments;
    va_start(arguments, number);
    for (unsigned i = 0; i < 5; i++) {
        values[i] = va_arg(arguments, long);
    }
    va_end(arguments);
    bool landlock = number >= SYS_landlock_create_ruleset && number <= SYS_landlock_restrict_self;
    if (number == SYS_landlock_create_ruleset && values[0] == 0 && landlock_abi != 0) {
        return landlock_abi;
    }
    bool counted = landlock && !(number == SYS_landlock_create_ruleset && values[0] == 0);
    return counted && fails()
               ? -1
               : __real_syscall(number, values[0], values[1], values[2], values[3], values[4]);
}

int __wrap_prctl(int option, ...);
int __wrap_prctl(int option, ...)
{
    va_list values;
    va_start(values, option);
    unsigned long value = va_arg(values, int) != 0;
    va_end(values);
    return fails() ? -1 : (int)__real_syscall(SYS_prctl, option, value, 0, 0, 0);
}

static struct proc_row row_of(enum proc_root root)
{
    return (struct proc_row){.name = "edge",
                             .user = PROC_USER_FRONT,
                             .root = root,
                             .grants = root == PROC_ROOT_HOME ? 1u << GRANT_HOME_DIR : 0,
                             .files_max = 32,
                             .calls = CALLS_BASE,
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
    assert_true(steps > 80 && steps < STEPS_MAX);
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

static void a_row_whose_calls_nobody_knows_does_not_start(void **state)
{
    (void)state;
    assert_fault(calls_apply(0), FAULT_BAD_INPUT);
    assert_fault(calls_apply(1u << CALLS_GROUP_COUNT), FAULT_BAD_INPUT);
    assert_fault(calls_apply(CALLS_UNFILTERED | CALLS_BASE), FAULT_BAD_INPUT);
    for (unsigned group = 0; group < CALLS_GROUP_COUNT; group++) {
        assert_non_null(calls_group_word(group));
        assert_true(calls_count(1u << group) > 0 || 1u << group == CALLS_LOOK); /* gives nothing */
        assert_true(calls_count(1u << group | CALLS_BASE) >= calls_count(CALLS_BASE));
    }
    assert_null(calls_group_word(CALLS_GROUP_COUNT));
    assert_int_equal(calls_count(CALLS_UNFILTERED), 0);
    /* Three are in both. */
    assert_int_equal(calls_count(CALLS_READ | CALLS_TILES) + 3,
                     calls_count(CALLS_READ) + calls_count(CALLS_TILES));
}

/* The beginning of a ruleset that a kernel of that version knows, on the kernel that is there. */
static void every_version_of_landlock_takes_what_it_is_given(void **state)
{
    (void)state;
    unsigned made = 0;
    unsigned kernel = paths_abi();
    if (kernel == 0) {
        skip();
    }
    for (unsigned abi = 1; abi <= kernel + 2; abi++) {
        landlock_abi = abi; /* one that is later than all we know has more, and takes ours */
        assert_int_equal(apply(PROC_ROOT_HOME, false, 0, &made), EXIT_APPLIED);
        assert_int_equal(apply(PROC_ROOT_EMPTY, false, 0, &made), EXIT_APPLIED);
    }
    landlock_abi = 1;
    assert_int_equal(paths_abi(), 0);
    landlock_abi = 0;
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
        cmocka_unit_test(a_row_whose_calls_nobody_knows_does_not_start),
        cmocka_unit_test(every_version_of_landlock_takes_what_it_is_given),
        cmocka_unit_test(a_user_that_is_not_there_is_not_found),
    };
    return cmocka_run_group_tests_name("proc/rights_faults", tests, NULL, NULL);
}
