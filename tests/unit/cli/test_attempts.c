/*
 * What no process of the table may do is tried by a process that has taken on that row's rights:
 * each attempt in a process of its own, by bare system calls. Most of them end it; what a row meets
 * instead stands in a table, and a row that is not in it fails the test.
 */
#include "help.h"

#include "cli/cli.h"
#include "proc/paths.h"
#include "proc/rights.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>

#define NOBODY 65534
#define EXIT_NOT_TRIED 251
#define EXIT_DONE 250 /* the call did what it was asked for; below: its errno */

/* Stand for values that are known only when it is tried. */
#define PARENT ((const void *)-1001)
#define TCP ((const void *)-1002) /* sockets that were open before the rights were taken on */
#define UDP ((const void *)-1003)
#define LOCAL ((const void *)-1004)
#define PAGE ((const void *)-1005)   /* a page of its own */
#define ROOT ((const void *)-1006)   /* the row's folder, or a wrong descriptor */
#define MEMORY ((const void *)-1007) /* name of the parent's memory */
#define N(number) ((const void *)(intptr_t)(number))

#define REGISTRY "registry.db"
#define TILE "checkpoint"

static const struct sockaddr_in listener = {.sin_family = AF_INET, .sin_port = 0x0900};
static const struct sockaddr_un abstract = {.sun_family = AF_UNIX, .sun_path = "\0dancu"};
static const struct open_how reading = {.flags = O_RDONLY};
static const struct open_how writing = {.flags = O_RDWR};
static char one_byte[16] = "x";
static const uint64_t limit_more[2] = {1u << 20, 1u << 20};
static struct iovec one_part = {.iov_base = one_byte, .iov_len = 1};
static const struct msghdr named = {.msg_name = (void *)(uintptr_t)&listener,
                                    .msg_namelen = sizeof(listener),
                                    .msg_iov = &one_part,
                                    .msg_iovlen = 1};
static const char *const no_words[] = {NULL};
static const char *const program[] = {"sh", NULL};

static const struct attempt {
    const char *what;
    long number;
    const void *args[6];
} attempts[] = {
    /* files */
    {"open a file of the system", SYS_openat, {N(AT_FDCWD), "/etc/passwd", N(O_RDONLY)}},
    {"open it the old way", SYS_open, {"/etc/passwd", N(O_RDONLY)}},
    {"open it below a folder",
     SYS_openat2,
     {N(AT_FDCWD), "/etc/passwd", &reading, N(sizeof(reading))}},
    {"open the registry", SYS_openat, {ROOT, REGISTRY, N(O_RDONLY)}},
    {"open the registry to write", SYS_openat, {ROOT, REGISTRY, N(O_RDWR)}},
    {"open the registry from its own folder",
     SYS_openat2,
     {ROOT, "../" REGISTRY, &reading, N(sizeof(reading))}},
    {"open a tile", SYS_openat2, {ROOT, TILE, &reading, N(sizeof(reading))}},
    {"open a tile to write", SYS_openat2, {ROOT, TILE, &writing, N(sizeof(writing))}},
    {"make a file", SYS_openat, {ROOT, "made", N(O_CREAT | O_RDWR), N(0600)}},
    {"make a file in /tmp",
     SYS_openat,
     {N(AT_FDCWD), "/tmp/dancu-made", N(O_CREAT | O_RDWR), N(0600)}},
    {"make a file by creat()", SYS_creat, {"/tmp/dancu-made", N(0600)}},
    {"list a folder of the system", SYS_openat, {N(AT_FDCWD), "/usr", N(O_RDONLY | O_DIRECTORY)}},
    {"leave the folder", SYS_openat, {ROOT, "../../etc", N(O_RDONLY | O_DIRECTORY)}},
    {"read another process's memory", SYS_openat, {N(AT_FDCWD), MEMORY, N(O_RDONLY)}},
    {"open by handle", SYS_open_by_handle_at, {ROOT, one_byte, N(O_RDONLY)}},
    {"truncate by name", SYS_truncate, {"/etc/passwd", N(0)}},
    {"make a link", SYS_symlinkat, {"/etc", ROOT, "link"}},
    {"make a second name", SYS_linkat, {ROOT, REGISTRY, ROOT, "second", N(0)}},
    {"make a device", SYS_mknodat, {ROOT, "device", N(S_IFCHR | 0600), N(0x103)}},
    {"change a mode by name", SYS_chmod, {"/etc/passwd", N(0666)}},
    {"change an owner", SYS_fchownat, {ROOT, REGISTRY, N(0), N(0), N(0)}},
    {"watch files", SYS_inotify_init1, {N(0)}},
    {"make a file in memory", SYS_memfd_create, {"x", N(0)}},
    /* network */
    {"make a TCP socket", SYS_socket, {N(AF_INET), N(SOCK_STREAM), N(0)}},
    {"make a UDP socket", SYS_socket, {N(AF_INET6), N(SOCK_DGRAM), N(0)}},
    {"make a local socket", SYS_socket, {N(AF_UNIX), N(SOCK_STREAM), N(0)}},
    {"make a raw socket", SYS_socket, {N(AF_INET), N(SOCK_RAW), N(IPPROTO_RAW)}},
    {"make a netlink socket", SYS_socket, {N(AF_NETLINK), N(SOCK_RAW), N(0)}},
    {"make a pair of sockets", SYS_socketpair, {N(AF_UNIX), N(SOCK_STREAM), N(0), one_byte}},
    {"connect by TCP", SYS_connect, {TCP, &listener, N(sizeof(listener))}},
    {"connect to an abstract socket", SYS_connect, {LOCAL, &abstract, N(sizeof(abstract))}},
    {"bind", SYS_bind, {TCP, &listener, N(sizeof(listener))}},
    {"listen", SYS_listen, {TCP, N(1)}},
    {"send a datagram", SYS_sendto, {UDP, one_byte, N(1), N(0), &listener, N(sizeof(listener))}},
    {"connect by sending with a name",
     SYS_sendto,
     {TCP, one_byte, N(1), N(MSG_FASTOPEN), &listener, N(sizeof(listener))}},
    {"connect by a message with a name", SYS_sendmsg, {TCP, &named, N(MSG_FASTOPEN)}},
    {"set a socket's mark", SYS_setsockopt, {TCP, N(SOL_SOCKET), N(SO_MARK), one_byte, N(4)}},
    /* processes */
    {"fork", SYS_fork, {0}},
    {"vfork", SYS_vfork, {0}},
    {"clone", SYS_clone, {N(SIGCHLD), 0}},
    {"start a thread", SYS_clone, {N(CLONE_VM | CLONE_THREAD | CLONE_SIGHAND), PAGE}},
    {"clone the new way", SYS_clone3, {one_byte, N(64)}},
    {"execute", SYS_execve, {"/bin/sh", program, no_words}},
    {"execute a descriptor", SYS_execveat, {ROOT, "", program, no_words, N(AT_EMPTY_PATH)}},
    {"trace another process", SYS_ptrace, {N(PTRACE_ATTACH), PARENT}},
    {"be traced", SYS_ptrace, {N(PTRACE_TRACEME)}},
    {"read another's memory by call", SYS_process_vm_readv, {PARENT, 0}},
    {"write another's memory by call", SYS_process_vm_writev, {PARENT, 0}},
    {"take another's descriptor", SYS_pidfd_getfd, {N(0), N(0), N(0)}},
    {"open another process", SYS_pidfd_open, {PARENT, N(0)}},
    {"signal another process", SYS_kill, {PARENT, N(0)}},
    {"signal all", SYS_kill, {N(-1), N(0)}},
    {"signal another's thread", SYS_tgkill, {PARENT, PARENT, N(0)}},
    {"queue a signal", SYS_rt_sigqueueinfo, {PARENT, N(0), one_byte}},
    {"be signalled for another", SYS_fcntl, {TCP, N(F_SETOWN), PARENT}},
    {"give another less time", SYS_setpriority, {N(0), PARENT, N(19)}},
    {"move another's pages", SYS_move_pages, {PARENT, 0}},
    /* memory */
    {"map executable memory",
     SYS_mmap,
     {N(0), N(4096), N(PROT_READ | PROT_EXEC), N(MAP_PRIVATE | MAP_ANONYMOUS), N(-1), N(0)}},
    {"make memory executable", SYS_mprotect, {PAGE, N(4096), N(PROT_READ | PROT_EXEC)}},
    {"make memory executable by key", SYS_pkey_mprotect, {PAGE, N(4096), N(PROT_EXEC), N(-1)}},
    {"map a descriptor to write",
     SYS_mmap,
     {N(0), N(4096), N(PROT_READ | PROT_WRITE), N(MAP_SHARED), ROOT, N(0)}},
    {"share memory by a key", SYS_shmget, {N(0), N(4096), N(0600)}},
    {"fix memory up itself", SYS_userfaultfd, {N(0)}},
    {"randomise no more", SYS_personality, {N(0x0040000)}},
    /* rights */
    {"become root", SYS_setuid, {N(0)}},
    {"become root's group", SYS_setresgid, {N(0), N(0), N(0)}},
    {"join groups", SYS_setgroups, {N(1), one_byte}},
    {"take capabilities", SYS_capset, {one_byte, one_byte}},
    {"raise a limit", SYS_prlimit64, {N(0), N(RLIMIT_NOFILE), limit_more}},
    {"raise a limit the old way", SYS_setrlimit, {N(RLIMIT_NOFILE), limit_more}},
    {"raise another's limit", SYS_prlimit64, {PARENT, N(RLIMIT_NOFILE), 0, one_byte}},
    {"be dumpable", SYS_prctl, {N(PR_SET_DUMPABLE), N(1)}},
    {"put another filter on", SYS_seccomp, {N(0), N(0), 0}},
    {"change the root folder", SYS_chroot, {"/"}},
    {"change the working folder", SYS_chdir, {"/"}},
    {"leave by a descriptor", SYS_fchdir, {ROOT}},
    {"mount", SYS_mount, {"x", "/", "tmpfs"}},
    {"mount the new way", SYS_fsopen, {"tmpfs", N(0)}},
    {"pivot the root", SYS_pivot_root, {"/", "/"}},
    {"make a namespace", SYS_unshare, {N(CLONE_NEWUSER)}},
    {"enter a namespace", SYS_setns, {ROOT, N(0)}},
    /* the kernel */
    {"load a program into the kernel", SYS_bpf, {N(0), one_byte, N(16)}},
    {"make a ring of calls", SYS_io_uring_setup, {N(1), PAGE}},
    {"count events", SYS_perf_event_open, {one_byte, N(0), N(-1), N(-1), N(0)}},
    {"load a module", SYS_finit_module, {ROOT, "", N(0)}},
    {"load another kernel", SYS_kexec_load, {N(0), N(0), 0, N(0)}},
    {"use keys", SYS_keyctl, {N(0), N(-3)}},
    {"add a key", SYS_add_key, {"user", "x", one_byte, N(1), N(-3)}},
    {"set the clock", SYS_clock_settime, {N(0), 0}},
    {"swap", SYS_swapon, {0, N(0)}},
    {"account", SYS_acct, {0}},
    {"use ports of the machine", SYS_iopl, {N(3)}},
    {"change segments", SYS_modify_ldt, {N(0), one_byte, N(16)}},
    {"type into a terminal", SYS_ioctl, {N(0), N(0x5412), one_byte}},
    {"start a timer", SYS_timer_create, {N(0), 0, PAGE}},
    {"move bytes past the process", SYS_splice, {TCP, 0, UDP, 0, N(1), N(0)}},
    {"call as a program of 32 bits", SYS_getpid | 0x40000000, {0}},
};
#define ATTEMPTS (sizeof(attempts) / sizeof(attempts[0]))

enum meets { MEETS_KILLED, MEETS_REFUSED, MEETS_DONE };

/* Every row of the table; what is not said of it below ends the process. */
static const char *const known_rows[] = {"core",    "keeper",  "loader", "edge",  "public",
                                         "worker",  "metrics", "verify", "desk",  "jobs",
                                         "archive", "letter",  "sms",    "signin"};

static const struct expectation {
    const char *row;
    const char *what;
    enum meets meets;
} expectations[] = {
    {"core", "open a file of the system", MEETS_REFUSED},
    {"core", "open it the old way", MEETS_REFUSED},
    {"core", "open the registry", MEETS_DONE},
    {"core", "open the registry to write", MEETS_DONE},
    {"core", "make a file", MEETS_DONE},
    {"core", "make a file in /tmp", MEETS_REFUSED},
    {"core", "list a folder of the system", MEETS_REFUSED},
    {"core", "leave the folder", MEETS_REFUSED},
    {"core", "read another process's memory", MEETS_REFUSED},
    {"core", "map a descriptor to write", MEETS_REFUSED}, /* a folder: the store maps files */
    {"keeper", "open a file of the system", MEETS_REFUSED},
    {"keeper", "open it the old way", MEETS_REFUSED},
    {"keeper", "open the registry", MEETS_DONE},
    {"keeper", "open the registry to write", MEETS_DONE},
    {"keeper", "make a file", MEETS_DONE},
    {"keeper", "make a file in /tmp", MEETS_REFUSED},
    {"keeper", "list a folder of the system", MEETS_REFUSED},
    {"keeper", "leave the folder", MEETS_REFUSED},
    {"keeper", "read another process's memory", MEETS_REFUSED},
    {"loader", "open a file of the system", MEETS_REFUSED},
    {"loader", "open it the old way", MEETS_REFUSED},
    {"loader", "open the registry", MEETS_DONE},
    {"loader", "open the registry to write", MEETS_DONE},
    {"loader", "make a file", MEETS_DONE},
    {"loader", "make a file in /tmp", MEETS_REFUSED},
    {"loader", "list a folder of the system", MEETS_REFUSED},
    {"loader", "leave the folder", MEETS_REFUSED},
    {"loader", "read another process's memory", MEETS_REFUSED},
    {"loader", "map a descriptor to write", MEETS_REFUSED}, /* a folder: the store maps files */
    {"edge", "open a file of the system", MEETS_REFUSED},
    {"edge", "open it the old way", MEETS_REFUSED},
    {"edge", "open the registry", MEETS_REFUSED},
    {"edge", "open the registry to write", MEETS_REFUSED},
    {"edge", "make a file", MEETS_REFUSED},
    {"edge", "make a file in /tmp", MEETS_REFUSED},
    {"edge", "list a folder of the system", MEETS_REFUSED},
    {"edge", "leave the folder", MEETS_REFUSED},
    {"edge", "read another process's memory", MEETS_REFUSED},
    {"desk", "open a file of the system", MEETS_REFUSED},
    {"desk", "open it the old way", MEETS_REFUSED},
    {"desk", "open the registry", MEETS_REFUSED},
    {"desk", "open the registry to write", MEETS_REFUSED},
    {"desk", "make a file", MEETS_REFUSED},
    {"desk", "make a file in /tmp", MEETS_REFUSED},
    {"desk", "list a folder of the system", MEETS_REFUSED},
    {"desk", "leave the folder", MEETS_REFUSED},
    {"desk", "read another process's memory", MEETS_REFUSED},
    {"public", "open a file of the system", MEETS_REFUSED},
    {"public", "open it the old way", MEETS_REFUSED},
    {"public", "open it below a folder", MEETS_REFUSED},
    {"public", "open the registry", MEETS_REFUSED},
    {"public", "open the registry to write", MEETS_REFUSED},
    {"public", "open the registry from its own folder", MEETS_REFUSED},
    {"public", "open a tile", MEETS_DONE},
    {"public", "open a tile to write", MEETS_REFUSED},
    {"public", "make a file", MEETS_REFUSED},
    {"public", "make a file in /tmp", MEETS_REFUSED},
    {"public", "list a folder of the system", MEETS_REFUSED},
    {"public", "leave the folder", MEETS_REFUSED},
    {"public", "read another process's memory", MEETS_REFUSED},
    {"jobs", "open a file of the system", MEETS_REFUSED},
    {"jobs", "open it the old way", MEETS_REFUSED},
    {"jobs", "open the registry", MEETS_REFUSED},
    {"jobs", "open the registry to write", MEETS_REFUSED},
    {"jobs", "make a file", MEETS_DONE},
    {"jobs", "make a file in /tmp", MEETS_REFUSED},
    {"jobs", "list a folder of the system", MEETS_REFUSED},
    {"jobs", "leave the folder", MEETS_REFUSED},
    {"jobs", "read another process's memory", MEETS_REFUSED},
    {"archive", "open a file of the system", MEETS_REFUSED},
    {"archive", "open it the old way", MEETS_REFUSED},
    {"archive", "open the registry", MEETS_REFUSED},
    {"archive", "open the registry to write", MEETS_REFUSED},
    {"archive", "make a file", MEETS_DONE},
    {"archive", "make a file in /tmp", MEETS_REFUSED},
    {"archive", "list a folder of the system", MEETS_REFUSED},
    {"archive", "leave the folder", MEETS_REFUSED},
    {"archive", "read another process's memory", MEETS_REFUSED},
    {"letter", "open a file of the system", MEETS_REFUSED},
    {"letter", "open it the old way", MEETS_REFUSED},
    {"letter", "open the registry", MEETS_REFUSED},
    {"letter", "open the registry to write", MEETS_REFUSED},
    {"letter", "make a file", MEETS_REFUSED},
    {"letter", "make a file in /tmp", MEETS_REFUSED},
    {"letter", "list a folder of the system", MEETS_REFUSED},
    {"letter", "leave the folder", MEETS_REFUSED},
    {"letter", "read another process's memory", MEETS_REFUSED},
    {"worker", "open a file of the system", MEETS_REFUSED},
    {"worker", "open it the old way", MEETS_REFUSED},
    {"worker", "open the registry", MEETS_DONE},
    {"worker", "open the registry to write", MEETS_REFUSED},
    {"worker", "make a file", MEETS_REFUSED},
    {"worker", "make a file in /tmp", MEETS_REFUSED},
    {"worker", "list a folder of the system", MEETS_REFUSED},
    {"worker", "leave the folder", MEETS_REFUSED},
    {"worker", "read another process's memory", MEETS_REFUSED},
    {"worker", "map a descriptor to write", MEETS_REFUSED}, /* a folder: the store maps files */
    {"metrics", "open a file of the system", MEETS_REFUSED},
    {"metrics", "open it the old way", MEETS_REFUSED},
    {"metrics", "open the registry", MEETS_REFUSED},
    {"metrics", "open the registry to write", MEETS_REFUSED},
    {"metrics", "make a file", MEETS_REFUSED},
    {"metrics", "make a file in /tmp", MEETS_REFUSED},
    {"metrics", "list a folder of the system", MEETS_REFUSED},
    {"metrics", "leave the folder", MEETS_REFUSED},
    {"metrics", "read another process's memory", MEETS_REFUSED},
    {"signin", "open a file of the system", MEETS_REFUSED},
    {"signin", "open it the old way", MEETS_REFUSED},
    {"signin", "open the registry", MEETS_REFUSED},
    {"signin", "open the registry to write", MEETS_REFUSED},
    {"signin", "make a file", MEETS_REFUSED},
    {"signin", "make a file in /tmp", MEETS_REFUSED},
    {"signin", "list a folder of the system", MEETS_REFUSED},
    {"signin", "leave the folder", MEETS_REFUSED},
    {"signin", "read another process's memory", MEETS_REFUSED},
    {"verify", "open a file of the system", MEETS_REFUSED},
    {"verify", "open it the old way", MEETS_REFUSED},
    {"verify", "open the registry", MEETS_REFUSED},
    {"verify", "open the registry to write", MEETS_REFUSED},
    {"verify", "make a file", MEETS_REFUSED},
    {"verify", "make a file in /tmp", MEETS_REFUSED},
    {"verify", "list a folder of the system", MEETS_REFUSED},
    {"verify", "leave the folder", MEETS_REFUSED},
    {"verify", "read another process's memory", MEETS_REFUSED},
    {"sms", "open a file of the system", MEETS_REFUSED},
    {"sms", "open it the old way", MEETS_REFUSED},
    {"sms", "open the registry", MEETS_REFUSED},
    {"sms", "open the registry to write", MEETS_REFUSED},
    {"sms", "make a file", MEETS_REFUSED},
    {"sms", "make a file in /tmp", MEETS_REFUSED},
    {"sms", "list a folder of the system", MEETS_REFUSED},
    {"sms", "leave the folder", MEETS_REFUSED},
    {"sms", "read another process's memory", MEETS_REFUSED},
};
#define EXPECTATIONS (sizeof(expectations) / sizeof(expectations[0]))

static enum meets expected(const char *row, const char *what)
{
    for (size_t i = 0; i < EXPECTATIONS; i++) {
        if (strcmp(expectations[i].row, row) == 0 && strcmp(expectations[i].what, what) == 0) {
            return expectations[i].meets;
        }
    }
    return MEETS_KILLED;
}

/* ---- the process that tries ---- */

struct place {
    char folder[64];
    int home_fd;
    int ledger_fd;
    int jobs_fd;
    int archive_fd;
};

static void make_file(const char *folder, const char *name)
{
    char path[1024]; /* as far as the optimizer can see, a name may be long */
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    int fd = open(path, O_WRONLY | O_CREAT, 0666);
    assert_true(fd >= 0 && fchmod(fd, 0666) == 0);
    close(fd);
}

static void place_init(struct place *place)
{
    char ledger[128];
    char jobs[128];
    char archive[128];
    snprintf(place->folder, sizeof(place->folder), "/tmp/dancu-attempts-XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    snprintf(ledger, sizeof(ledger), "%s/ledger", place->folder);
    snprintf(jobs, sizeof(jobs), "%s/jobs", place->folder);
    snprintf(archive, sizeof(archive), "%s/archive", place->folder);
    assert_int_equal(mkdir(ledger, 0777) | mkdir(jobs, 0777) | mkdir(archive, 0777), 0);
    /* For everybody: what refuses is not the mode. */
    assert_int_equal(chmod(place->folder, 0777) | chmod(ledger, 0777) | chmod(jobs, 0777) |
                         chmod(archive, 0777),
                     0);
    make_file(place->folder, REGISTRY);
    make_file(ledger, TILE);
    place->home_fd = open(place->folder, O_RDONLY | O_DIRECTORY);
    place->ledger_fd = open(ledger, O_RDONLY | O_DIRECTORY);
    place->jobs_fd = open(jobs, O_RDONLY | O_DIRECTORY);
    place->archive_fd = open(archive, O_RDONLY | O_DIRECTORY);
    assert_true(place->home_fd >= 0 && place->ledger_fd >= 0 && place->jobs_fd >= 0 &&
                place->archive_fd >= 0);
}

static void place_done(struct place *place)
{
    char command[128];
    close(place->home_fd);
    close(place->ledger_fd);
    close(place->jobs_fd);
    close(place->archive_fd);
    snprintf(command, sizeof(command), "rm -rf %s", place->folder);
    assert_int_equal(system(command), 0);
}

struct known {
    long parent;
    long tcp;
    long udp;
    long local;
    long page;
    long root;
    char memory[32];
};

static long value_of(const void *arg, const struct known *known)
{
    return arg == PARENT   ? known->parent
           : arg == TCP    ? known->tcp
           : arg == UDP    ? known->udp
           : arg == LOCAL  ? known->local
           : arg == PAGE   ? known->page
           : arg == ROOT   ? known->root
           : arg == MEMORY ? (long)known->memory
                           : (long)arg;
}

/* In the process that tries. */
_Noreturn static void try(const struct proc_row *table_row, const struct place *place,
                          const struct attempt *attempt)
{
    struct proc_row row = *table_row;
    struct child child = {.row = &row};
    const struct rights_identity identity = {.drop = geteuid() == 0, .uid = NOBODY, .gid = NOBODY};
    struct known known = {.parent = getppid(),
                          .tcp = socket(AF_INET, SOCK_STREAM, 0),
                          .udp = socket(AF_INET, SOCK_DGRAM, 0),
                          .local = socket(AF_UNIX, SOCK_STREAM, 0)};
    known.page = (long)mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    snprintf(known.memory, sizeof(known.memory), "/proc/%ld/mem", known.parent);
    for (unsigned i = 0; i < GRANT_COUNT; i++) {
        child.grants[i] = -1;
    }
    child.grants[GRANT_HOME_DIR] = place->home_fd;
    child.grants[GRANT_TILES_DIR] = place->ledger_fd;
    child.grants[GRANT_JOBS_DIR] = place->jobs_fd;
    child.grants[GRANT_ARCHIVE_DIR] = place->archive_fd;
    known.root = row.root == PROC_ROOT_HOME      ? place->home_fd
                 : row.root == PROC_ROOT_TILES   ? place->ledger_fd
                 : row.root == PROC_ROOT_JOBS    ? place->jobs_fd
                 : row.root == PROC_ROOT_ARCHIVE ? place->archive_fd
                                                 : -1;
    row.memory_bytes_max = 0; /* the sanitizers need more than any process */
    if (!outcome_ok(rights_apply(&child, &identity))) {
        _exit(EXIT_NOT_TRIED);
    }
    long args[6];
    for (unsigned i = 0; i < 6; i++) {
        args[i] = value_of(attempt->args[i], &known);
    }
    long got = syscall(attempt->number, args[0], args[1], args[2], args[3], args[4], args[5]);
    _exit(got >= 0 ? EXIT_DONE : errno);
}

static const char *word_of(int status)
{
    static char text[64];
    if (WIFSIGNALED(status)) {
        snprintf(text, sizeof(text),
                 WTERMSIG(status) == SIGSYS ? "killed by its filter" : "signal %d",
                 WTERMSIG(status));
    } else {
        snprintf(text, sizeof(text), WEXITSTATUS(status) == EXIT_DONE ? "done" : "refused: %s",
                 strerrorname_np(WEXITSTATUS(status)));
    }
    return text;
}

static bool met(enum meets meets, int status)
{
    bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
    int sys = WIFEXITED(status) ? WEXITSTATUS(status) : -1;

    switch (meets) {
    case MEETS_KILLED:
        return killed;
    case MEETS_REFUSED:
        return sys > 0 && sys != EXIT_DONE && sys != EXIT_NOT_TRIED && sys != EFAULT;
    case MEETS_DONE:
        return sys == EXIT_DONE;
    }
    return false;
}

/* How many attempts met something else than expected. */
static unsigned try_all(const struct proc_row *row, const struct place *place)
{
    unsigned wrong = 0;
    fflush(NULL);
    for (size_t i = 0; i < ATTEMPTS; i++) {
        int status = 0;
        pid_t pid = fork();
        if (pid == 0) {
            try(row, place, &attempts[i]);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (!met(expected(row->name, attempts[i].what), status)) {
            print_error("%s: %s: %s\n", row->name, attempts[i].what, word_of(status));
            wrong++;
        }
    }
    return wrong;
}

static bool traced_by_valgrind(void)
{
    const char *loaded = getenv("LD_PRELOAD");
    return loaded != NULL && strstr(loaded, "vgpreload") != NULL;
}

static void no_row_can_do_what_is_not_its_own(void **state)
{
    (void)state;
    struct place place;
    unsigned count = 0;
    unsigned wrong = 0;
    const struct proc_row *rows = serve_rows(&count);
    if (traced_by_valgrind() || (geteuid() != 0 && paths_abi() == 0)) {
        print_message("# skipped: Valgrind makes calls of its own, or neither root nor Landlock\n");
        skip();
    }
    place_init(&place);
    for (unsigned i = 0; i < count; i++) {
        wrong += try_all(&rows[i], &place);
    }
    place_done(&place);
    assert_int_equal(wrong, 0);
}

static void every_row_has_its_expectations_and_its_calls(void **state)
{
    (void)state;
    unsigned count = 0;
    const struct proc_row *rows = serve_rows(&count);
    for (unsigned i = 0; i < count; i++) {
        bool known = false;
        for (size_t j = 0; j < sizeof(known_rows) / sizeof(known_rows[0]); j++) {
            known = known || strcmp(known_rows[j], rows[i].name) == 0;
        }
        if (!known) {
            fail_msg("row %s: say what its attempts meet", rows[i].name);
        }
        assert_true(rows[i].calls != 0 && (rows[i].calls & CALLS_UNFILTERED) == 0);
        assert_true(calls_count(rows[i].calls) < 80);
    }
    for (size_t i = 0; i < EXPECTATIONS; i++) { /* none is about an attempt that nobody makes */
        bool tried = false;
        for (size_t j = 0; j < ATTEMPTS; j++) {
            tried = tried || strcmp(expectations[i].what, attempts[j].what) == 0;
        }
        assert_true(tried);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_has_its_expectations_and_its_calls),
        cmocka_unit_test(no_row_can_do_what_is_not_its_own),
    };
    return cmocka_run_group_tests_name("cli/attempts", tests, NULL, NULL);
}
