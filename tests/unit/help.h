/*
 * Purpose: what unit tests of several rooms share: cmocka with its own needs, outcomes and views as
 * assertions, a body whose every allocation is made to fail in turn, and a body that must abort.
 */
#ifndef DANCU_TESTS_UNIT_HELP_H
#define DANCU_TESTS_UNIT_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/memory.h"
#include "base/outcome.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#define HELP_ALLOCATIONS_MAX 100000

#define assert_ok(expression)                                                                      \
    do {                                                                                           \
        struct outcome assert_outcome_ = (expression);                                             \
        if (!outcome_ok(assert_outcome_)) {                                                        \
            fail_msg("%s: %s (%s, errno %d)", #expression, outcome_word(assert_outcome_.fault),    \
                     assert_outcome_.what, assert_outcome_.sys);                                   \
        }                                                                                          \
    } while (0)

#define assert_fault(expression, expected)                                                         \
    do {                                                                                           \
        struct outcome assert_outcome_ = (expression);                                             \
        if (assert_outcome_.fault != (expected)) {                                                 \
            fail_msg("%s: %s (%s), not %s", #expression, outcome_word(assert_outcome_.fault),      \
                     assert_outcome_.what, outcome_word(expected));                                \
        }                                                                                          \
    } while (0)

/* That a view has exactly the bytes of a C string. */
#define assert_view(actual, expected)                                                              \
    do {                                                                                           \
        struct view assert_view_ = (actual);                                                       \
        if (!view_is(assert_view_, (expected))) {                                                  \
            fail_msg("%s is \"%.*s\", not \"%s\"", #actual, (int)assert_view_.len,                 \
                     (const char *)assert_view_.data, (expected));                                 \
        }                                                                                          \
    } while (0)

/*
 * Runs `body` with its first, second, third... allocation failing until it succeeds untouched. Each
 * forced failure must come back as FAULT_NO_MEMORY (leaks and bad accesses are the sanitizers').
 * Returns how many allocations were made to fail.
 */
static inline uint64_t each_allocation_fails(struct outcome (*body)(void *context), void *context)
{
    for (uint64_t nth = 1; nth <= HELP_ALLOCATIONS_MAX; nth++) {
        uint64_t before = memory_count();
        memory_fail_at(nth);
        struct outcome outcome = body(context);
        memory_fail_at(0);
        if (memory_count() - before < nth) {
            assert_ok(outcome);
            return nth - 1;
        }
        assert_fault(outcome, FAULT_NO_MEMORY);
    }
    fail_msg("more than %d allocations", HELP_ALLOCATIONS_MAX);
    return 0;
}

/* In a build that counts branches (tests/coverage): writes what this process has seen. */
__attribute__((weak)) int __llvm_profile_write_file(void);

static inline void aborted(int number)
{
    if (__llvm_profile_write_file != NULL) {
        (void)__llvm_profile_write_file();
    }
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}

/* Of places that are tried in turn, every how manieth: DANCU_STRIDE (1: all), or as usual. */
static inline uint64_t help_stride(uint64_t usual)
{
    const char *wish = getenv("DANCU_STRIDE");
    uint64_t stride = wish == NULL ? usual : strtoull(wish, NULL, 10);
    return stride == 0 ? usual : stride;
}

/* Makes a folder dancu-NAME-...: in memory where there is enough, since what is synced there costs
 * nothing, and homes and logs are made by the thousand. */
static inline void help_folder(char *path, size_t room, const char *name)
{
    struct statvfs memory;
    bool enough = statvfs("/dev/shm", &memory) == 0 &&
                  (uint64_t)memory.f_bavail * memory.f_frsize >= UINT64_C(1) << 30;
    snprintf(path, room, "%s/dancu-%s-XXXXXX", enough ? "/dev/shm" : "/tmp", name);
    if (mkdtemp(path) == NULL) {
        snprintf(path, room, "/tmp/dancu-%s-XXXXXX", name);
        assert_non_null(mkdtemp(path));
    }
}

/* True when `body` ends its process by abort(): it ran into a CHECK. Runs in a child, silently. */
static inline bool aborts(void (*body)(void *context), void *context)
{
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct rlimit none = {0};
        (void)setrlimit(RLIMIT_CORE, &none);
        (void)!freopen("/dev/null", "w", stderr);
        (void)signal(SIGABRT, aborted);
        body(context);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

#endif
