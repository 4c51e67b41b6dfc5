/*
 * The allow-lists of system calls, and the filter made of them.
 *
 * Invariants
 *  1. What is not in the table is not allowed; what is there with a check is allowed only as the
 *     check says. Nothing here depends on what a process has done so far.
 *  2. No row of the table makes a socket, a process, a thread or executable memory, changes a
 *     limit or a user, or reaches another process: everything a process works with was handed over
 *     before, or comes by accept4() or as FRAME_PEER.
 *  3. A pointer cannot be looked behind by a filter. Where one matters (names of files), Landlock,
 *     the root folder and the user decide.
 *
 * The lists are what the end to end, fault and load tests were seen to use (strace), and what the C
 * library uses instead on other paths (abort, restart, a clock without vDSO).
 */
#include "proc/calls.h"

#include "base/check.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#if defined(DANCU_WITH_SECCOMP) && defined(__x86_64__)
#include <seccomp.h>
#define FILTERS true
#else
#define FILTERS false
#endif

#define CHECKS_MAX 2
#define INT                                                                                        \
    UINT64_C(0xffffffff) /* of an argument that is an int, the kernel looks at these bits          \
                          */
#define ALL UINT64_MAX
#define OWN_PROCESS UINT64_C(0xfffffffe) /* stands for the number of this process */
#define TMPFILE UINT64_C(020000000)      /* O_TMPFILE without O_DIRECTORY, which it includes */
#define WRITING (O_ACCMODE | O_CREAT | O_TRUNC | TMPFILE)

/* The argument's bits under `mask` are `value`. */
struct call_check {
    unsigned argument;
    uint64_t mask; /* 0: no check */
    uint64_t value;
};

struct call_row {
    uint32_t group;
    const char *name;
    struct call_check checks[CHECKS_MAX];
};

static const struct call_row call_rows[] = {
    /* Memory: never executable, shared with nobody. */
    {CALLS_BASE, "brk", {{0}}},
    {CALLS_BASE,
     "mmap",
     {{2, PROT_EXEC, 0}, {3, MAP_TYPE | MAP_ANONYMOUS, MAP_PRIVATE | MAP_ANONYMOUS}}},
    {CALLS_BASE, "mprotect", {{2, PROT_EXEC, 0}}},
    {CALLS_BASE, "mremap", {{0}}},
    {CALLS_BASE, "munmap", {{0}}},
    {CALLS_BASE, "madvise", {{0}}},
    /* Time, randomness, who am I. */
    {CALLS_BASE, "clock_gettime", {{0}}},
    {CALLS_BASE, "clock_getres", {{0}}},
    {CALLS_BASE, "clock_nanosleep", {{0}}},
    {CALLS_BASE, "nanosleep", {{0}}},
    {CALLS_BASE, "gettimeofday", {{0}}},
    {CALLS_BASE, "time", {{0}}},
    {CALLS_BASE, "getrandom", {{0}}},
    {CALLS_BASE, "getpid", {{0}}},
    {CALLS_BASE, "gettid", {{0}}},
    {CALLS_BASE, "getuid", {{0}}},
    {CALLS_BASE, "geteuid", {{0}}},
    {CALLS_BASE, "getgid", {{0}}},
    {CALLS_BASE, "getegid", {{0}}},
    {CALLS_BASE, "sysinfo", {{0}}}, /* qsort() asks how much memory there is */
    {CALLS_BASE, "sched_getaffinity", {{0}}},
    {CALLS_BASE, "sched_yield", {{0}}},
    {CALLS_BASE, "prlimit64", {{0, INT, 0}, {2, ALL, 0}}}, /* one's own, to look */
    {CALLS_BASE, "getrlimit", {{0}}},
    /* Locks of the C library; signals; the end. abort() signals this process alone. */
    {CALLS_BASE, "futex", {{0}}},
    {CALLS_BASE, "rt_sigaction", {{0}}},
    {CALLS_BASE, "rt_sigprocmask", {{0}}},
    {CALLS_BASE, "rt_sigreturn", {{0}}},
    {CALLS_BASE, "sigaltstack", {{0}}},
    {CALLS_BASE, "restart_syscall", {{0}}},
    {CALLS_BASE, "tgkill", {{0, INT, OWN_PROCESS}}},
    {CALLS_BASE, "exit", {{0}}},
    {CALLS_BASE, "exit_group", {{0}}},
    /* Descriptors that are open. */
    {CALLS_BASE, "close", {{0}}},
    {CALLS_BASE, "read", {{0}}},
    {CALLS_BASE, "readv", {{0}}},
    {CALLS_BASE, "write", {{0}}},
    {CALLS_BASE, "writev", {{0}}},
    {CALLS_BASE, "fcntl", {{1, INT, F_GETFD}}},
    {CALLS_BASE, "fcntl", {{1, INT, F_SETFD}}},
    {CALLS_BASE, "fcntl", {{1, INT, F_GETFL}}},
    {CALLS_BASE, "fcntl", {{1, INT, F_SETFL}}},
    {CALLS_BASE, "ioctl", {{1, INT, TCGETS}}}, /* "is this a terminal?" */

    /* To no address: every socket here is connected to whom it is for. */
    {CALLS_PIPES, "poll", {{0}}},
    {CALLS_PIPES, "ppoll", {{0}}},
    {CALLS_PIPES, "recvfrom", {{0}}},
    {CALLS_PIPES, "recvmsg", {{0}}},
    {CALLS_PIPES, "sendto", {{4, ALL, 0}}},
    {CALLS_PIPES, "sendmsg", {{2, MSG_FASTOPEN, 0}}}, /* which would connect to an address */
    {CALLS_PIPES, "signalfd4", {{0}}},

    {CALLS_LISTEN, "accept4", {{0}}},
    {CALLS_LISTEN, "epoll_create1", {{0}}},
    {CALLS_LISTEN, "epoll_ctl", {{0}}},
    {CALLS_LISTEN, "epoll_wait", {{0}}},
    {CALLS_LISTEN, "epoll_pwait", {{0}}},
    {CALLS_LISTEN, "epoll_pwait2", {{0}}},
    {CALLS_LISTEN, "pipe2", {{0}}}, /* by which a signal wakes the loop */
    {CALLS_LISTEN, "setsockopt", {{1, INT, IPPROTO_TCP}, {2, INT, TCP_NODELAY}}},
    {CALLS_LISTEN, "shutdown", {{0}}},

    {CALLS_ADMIN, "accept4", {{0}}},
    {CALLS_ADMIN, "getsockopt", {{1, INT, SOL_SOCKET}, {2, INT, SO_PEERCRED}}},

    {CALLS_TILES, "openat2", {{0}}}, /* its flags are behind a pointer: invariant 3 */
    {CALLS_TILES, "newfstatat", {{3, AT_EMPTY_PATH, AT_EMPTY_PATH}}},
    {CALLS_TILES, "getdents64", {{0}}},
    {CALLS_TILES, "pread64", {{0}}},

    {CALLS_READ, "openat", {{2, WRITING, O_RDONLY}}},
    {CALLS_READ, "newfstatat", {{0}}},
    {CALLS_READ, "statx", {{0}}},
    {CALLS_READ, "fstat", {{0}}},
    {CALLS_READ, "fstatfs", {{0}}},
    {CALLS_READ, "faccessat2", {{0}}},
    {CALLS_READ, "getdents64", {{0}}},
    {CALLS_READ, "lseek", {{0}}},
    {CALLS_READ, "pread64", {{0}}},
    {CALLS_READ, "fadvise64", {{0}}},

    {CALLS_WRITE, "openat", {{0}}},
    {CALLS_WRITE, "mkdirat", {{0}}},
    {CALLS_WRITE, "fchmod", {{0}}},
    {CALLS_WRITE, "fchmodat", {{0}}},
    {CALLS_WRITE, "pwrite64", {{0}}},
    {CALLS_WRITE, "ftruncate", {{0}}},
    {CALLS_WRITE, "fallocate", {{0}}},
    {CALLS_WRITE, "fstatfs", {{0}}},
    {CALLS_WRITE, "sync_file_range", {{0}}},
    {CALLS_WRITE, "fdatasync", {{0}}},
    {CALLS_WRITE, "fsync", {{0}}},
    {CALLS_WRITE, "syncfs", {{0}}},
    {CALLS_WRITE, "renameat", {{0}}},
    {CALLS_WRITE, "unlinkat", {{0}}},
    {CALLS_WRITE, "flock", {{0}}},

    /* Only the store maps files: pages to read, and the log's index that its readers share. */
    {CALLS_STORE, "mmap", {{2, PROT_EXEC, 0}}},
    {CALLS_STORE, "fcntl", {{1, INT, F_GETLK}}},
    {CALLS_STORE, "fcntl", {{1, INT, F_SETLK}}},
    {CALLS_STORE, "access", {{0}}},
    {CALLS_STORE, "getcwd", {{0}}},
    {CALLS_STORE, "readlink", {{0}}},
    {CALLS_STORE, "unlink", {{0}}},

    {CALLS_ALARM, "setitimer", {{0, INT, ITIMER_REAL}}},
};
#define CALL_ROWS (sizeof(call_rows) / sizeof(call_rows[0]))

/* Refused with EACCES in these groups. */
static const struct call_row refused_rows[] = {
    {CALLS_LOOK, "openat", {{2, O_ACCMODE, O_RDWR}}},
    {CALLS_LOOK, "openat", {{2, O_ACCMODE, O_WRONLY}}},
};
#define REFUSED_ROWS (sizeof(refused_rows) / sizeof(refused_rows[0]))

/* Looking for a file (a time zone, a locale) is what libraries do on rare paths that a foreigner
 * might reach: where a row has no files they are told so, and the process lives. */
static const struct {
    const char *name;
    int sys;
} probe_rows[] = {
    {"openat", EACCES},    {"open", EACCES},       {"newfstatat", EACCES},
    {"stat", EACCES},      {"access", EACCES},     {"readlink", EACCES},
    {"faccessat", EACCES}, {"faccessat2", EACCES}, {"readlinkat", EACCES},
};
#define PROBE_ROWS (sizeof(probe_rows) / sizeof(probe_rows[0]))

static const char *const group_words[CALLS_GROUP_COUNT] = CALLS_WORDS;

bool calls_supported(void)
{
    return FILTERS;
}

const char *calls_group_word(unsigned group)
{
    return group < CALLS_GROUP_COUNT ? group_words[group] : NULL;
}

/* Whether a call of that name stands before row `until` in one of the groups. */
static bool has_call(uint32_t groups, const char *name, size_t until)
{
    for (size_t i = 0; i < until; i++) {
        if ((call_rows[i].group & groups) != 0 && strcmp(call_rows[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

unsigned calls_count(uint32_t groups)
{
    unsigned count = 0;

    for (size_t i = 0; i < CALL_ROWS && (groups & CALLS_UNFILTERED) == 0; i++) {
        bool counts = (call_rows[i].group & groups) != 0;
        count += counts && !has_call(groups, call_rows[i].name, i) ? 1 : 0;
    }
    return count;
}

#if FILTERS

static struct outcome filter_outcome(int returned, const char *what)
{
    return returned == 0 ? OUTCOME_OK : outcome_sys(-returned, what);
}

static struct outcome number_of(const char *name, int *ret_number)
{
    int number = seccomp_syscall_resolve_name(name);

    if (number == __NR_SCMP_ERROR) {
        return outcome_fail(FAULT_BAD_INPUT, "a system call that libseccomp does not know");
    }
    *ret_number = number;
    return OUTCOME_OK;
}

static struct outcome add_call(scmp_filter_ctx filter, uint32_t action, const struct call_row *row)
{
    struct scmp_arg_cmp compares[CHECKS_MAX];
    unsigned count = 0;
    int number = 0;

    TRY(number_of(row->name, &number));
    for (unsigned i = 0; i < CHECKS_MAX && row->checks[i].mask != 0; i++) {
        const struct call_check *check = &row->checks[i];
        uint64_t value = check->value == OWN_PROCESS ? (uint64_t)getpid() : check->value;
        compares[count++] = (struct scmp_arg_cmp){.arg = check->argument,
                                                  .op = SCMP_CMP_MASKED_EQ,
                                                  .datum_a = check->mask,
                                                  .datum_b = value};
    }
    return filter_outcome(seccomp_rule_add_exact_array(filter, action, number, count, compares),
                          "allow or refuse a system call");
}

static struct outcome add_probes(scmp_filter_ctx filter, uint32_t groups)
{
    for (size_t i = 0; i < PROBE_ROWS; i++) {
        int number = 0;
        if (has_call(groups, probe_rows[i].name, CALL_ROWS)) {
            continue;
        }
        TRY(number_of(probe_rows[i].name, &number));
        TRY(filter_outcome(seccomp_rule_add_exact_array(filter,
                                                        SCMP_ACT_ERRNO((unsigned)probe_rows[i].sys),
                                                        number, 0, NULL),
                           "refuse a system call"));
    }
    return OUTCOME_OK;
}

static struct outcome load(scmp_filter_ctx filter, uint32_t groups)
{
    static const struct {
        enum scmp_filter_attr attribute;
        uint32_t value;
    } attributes[] = {
        {SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS}, /* calls of other kinds of machine */
        {SCMP_FLTATR_CTL_NNP, 0},                         /* set already */
        {SCMP_FLTATR_CTL_LOG, 1},      /* what is refused stands in the kernel's audit log */
        {SCMP_FLTATR_CTL_OPTIMIZE, 2}, /* a tree, not a list */
    };

    for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
        TRY(filter_outcome(seccomp_attr_set(filter, attributes[i].attribute, attributes[i].value),
                           "set up the filter of system calls"));
    }
    for (size_t i = 0; i < CALL_ROWS; i++) {
        if ((call_rows[i].group & groups) != 0) {
            TRY(add_call(filter, SCMP_ACT_ALLOW, &call_rows[i]));
        }
    }
    for (size_t i = 0; i < REFUSED_ROWS; i++) {
        if ((refused_rows[i].group & groups) != 0) {
            TRY(add_call(filter, SCMP_ACT_ERRNO(EACCES), &refused_rows[i]));
        }
    }
    TRY(add_probes(filter, groups));
    return filter_outcome(seccomp_load(filter), "put the filter of system calls on");
}

static struct outcome put_on(uint32_t groups)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);

    if (filter == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "filter of system calls");
    }
    struct outcome outcome = load(filter, groups);
    seccomp_release(filter);
    return outcome;
}

#else

static struct outcome put_on(uint32_t groups)
{
    (void)groups;
    return OUTCOME_OK;
}

#endif

struct outcome calls_apply(uint32_t groups)
{
    if (groups == CALLS_UNFILTERED) {
        return OUTCOME_OK;
    }
    if (groups == 0 || groups >> CALLS_GROUP_COUNT != 0) { /* a row without a list has no rights */
        return outcome_fail(FAULT_BAD_INPUT, "groups of system calls");
    }
    return put_on(groups);
}
