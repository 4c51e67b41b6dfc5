/* Calls that a taken front process tries. What its filter does not know ends it: then nobody is
 * left to tell what was met, and the supervisor's line does. */
#include "attacks.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

static void tell(struct hostile *hostile, long got)
{
    if (got >= 0) {
        snprintf(hostile->met, sizeof(hostile->met), "it worked");
    } else {
        snprintf(hostile->met, sizeof(hostile->met), "refused: %s", strerrorname_np(errno));
    }
}

static void open_file(struct hostile *hostile, unsigned variant)
{
    static const struct {
        const char *path;
        int flags;
    } files[] = {
        {"/etc/passwd", O_RDONLY}, {"registry.db", O_RDONLY},    {"../registry.db", O_RDONLY},
        {"/proc/1/mem", O_RDWR},   {"made", O_CREAT | O_WRONLY}, {"/dev/mem", O_RDWR},
    };
    tell(hostile, openat(AT_FDCWD, files[variant].path, files[variant].flags, 0600));
}

/* Wherever it is: the home of the test. */
static void open_home(struct hostile *hostile, unsigned variant)
{
    char path[600];
    static const char *const names[] = {"registry.db", "office.db", "../keys/data.key",
                                        "ledger/checkpoint"};
    snprintf(path, sizeof(path), "%s/%s", hostile->child->settings.home, names[variant]);
    tell(hostile, openat(AT_FDCWD, path, O_RDWR));
}

static void make_socket(struct hostile *hostile, unsigned variant)
{
    static const int families[] = {AF_INET, AF_INET6, AF_UNIX, AF_NETLINK, AF_PACKET};
    tell(hostile, socket(families[variant], SOCK_STREAM, 0));
}

static void connect_by_listener(struct hostile *hostile, unsigned variant)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(9)};
    int fd = hostile->child->grants[GRANT_MACHINE_LISTENER];
    (void)variant;
    fd = fd >= 0 ? fd : hostile->child->grants[GRANT_PUBLIC_LISTENER];
    tell(hostile, connect(fd, (const struct sockaddr *)&address, sizeof(address)));
}

static void call(struct hostile *hostile, unsigned variant)
{
    pid_t parent = getppid();
    switch (variant) {
    case 0:
        tell(hostile, syscall(SYS_fork));
        return;
    case 1:
        tell(hostile, execve("/bin/sh", (char *[]){NULL}, (char *[]){NULL}));
        return;
    case 2:
        tell(hostile, syscall(SYS_kill, parent, 0));
        return;
    case 3:
        tell(hostile, syscall(SYS_ptrace, PTRACE_ATTACH, parent));
        return;
    case 4:
        tell(hostile, (long)mmap(NULL, 4096, PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        return;
    case 5:
        tell(hostile, setuid(0));
        return;
    case 6:
        tell(hostile, syscall(SYS_process_vm_readv, parent, 0, 0, 0, 0, 0));
        return;
    default:
        tell(hostile, syscall(SYS_bpf, 0, 0, 0));
        return;
    }
}

const struct attack call_attacks[] = {
    {"open /etc/passwd", open_file, 0},
    {"open registry.db", open_file, 1},
    {"open ../registry.db", open_file, 2},
    {"open another's memory", open_file, 3},
    {"make a file", open_file, 4},
    {"open the machine's memory", open_file, 5},
    {"open the home's registry.db", open_home, 0},
    {"open the home's office.db", open_home, 1},
    {"open the data key", open_home, 2},
    {"write the published checkpoint", open_home, 3},
    {"make an IPv4 socket", make_socket, 0},
    {"make an IPv6 socket", make_socket, 1},
    {"make a local socket (admin.sock)", make_socket, 2},
    {"make a netlink socket", make_socket, 3},
    {"make a packet socket", make_socket, 4},
    {"connect by the listener's socket", connect_by_listener, 0},
    {"fork", call, 0},
    {"execute a shell", call, 1},
    {"signal the supervisor", call, 2},
    {"trace the supervisor", call, 3},
    {"map executable memory", call, 4},
    {"become root", call, 5},
    {"read the supervisor's memory", call, 6},
    {"load a program into the kernel", call, 7},
};
const unsigned call_attack_count = sizeof(call_attacks) / sizeof(call_attacks[0]);
