/*
 * The home folder as the supervisor meets it.
 *
 * Invariants
 *  1. What is in the home may have been put there by a core that was taken over: no step here
 *     follows a link, and root gives away nothing that has a name elsewhere.
 *  2. Sockets are reached through the folder's descriptor (/proc/self/fd/N/name): a socket's path
 *     has 107 bytes, a home's may have more.
 */
#include "proc/home.h"

#include "base/check.h"
#include "base/log.h"
#include "proc/ceilings.h"
#include "proc/proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define SOCKET_MASK 0177 /* what bind() makes has mode 0600 from its first moment */

struct outcome home_open(const char *path, int *ret_fd)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0) {
        return outcome_sys(errno, "open the home folder");
    }
    *ret_fd = fd;
    return OUTCOME_OK;
}

struct outcome home_lock(int home_fd, int *ret_lock_fd)
{
    int fd =
        openat(home_fd, HOME_LOCK, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);

    if (fd < 0) {
        return outcome_sys(errno, "open supervisor.lock");
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        int sys = errno;
        (void)close(fd);
        return sys == EWOULDBLOCK ? outcome_fail(FAULT_BUSY, "a supervisor runs on this home")
                                  : outcome_sys(sys, "lock supervisor.lock");
    }
    *ret_lock_fd = fd;
    return OUTCOME_OK;
}

struct outcome home_folder(int home_fd, const char *name)
{
    bool there = mkdirat(home_fd, name, 0700) == 0 || errno == EEXIST;

    return there ? OUTCOME_OK : outcome_sys(errno, "make a folder of the home");
}

/* One walk. */
struct walk {
    uid_t uid;
    gid_t gid;
    uint64_t entries;
    unsigned depth;
};

static struct outcome own_folder(struct walk *walk, int folder_fd);

static bool owned(const struct walk *walk, const struct stat *stat)
{
    return stat->st_uid == walk->uid && stat->st_gid == walk->gid;
}

/* Through a descriptor, so that what was looked at is what is given. */
static struct outcome own_file(const struct walk *walk, int folder_fd, const char *name)
{
    int fd = openat(folder_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    struct stat stat;

    if (fd < 0) {
        return errno == ENOENT ? OUTCOME_OK : outcome_sys(errno, "open an entry of the home");
    }
    int failed = fstat(fd, &stat);
    /* Invariant 1: a second name may lie outside the home. */
    if (failed == 0 && S_ISREG(stat.st_mode) && stat.st_nlink == 1) {
        failed = fchownat(fd, "", walk->uid, walk->gid, AT_EMPTY_PATH);
    }
    int sys = errno;
    (void)close(fd);
    return failed == 0 ? OUTCOME_OK : outcome_sys(sys, "give an entry of the home to the core");
}

static struct outcome own_subfolder(struct walk *walk, int folder_fd, const char *name)
{
    if (walk->depth >= HOME_DEPTH_MAX) {
        return outcome_fail(FAULT_OVER_LIMIT, "folders in the home are nested too deep");
    }
    int fd = openat(folder_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        return outcome_sys(errno, "open a folder of the home");
    }
    walk->depth++;
    struct outcome outcome = own_folder(walk, fd);
    walk->depth--;
    return outcome;
}

static struct outcome own_entry(struct walk *walk, int folder_fd, const char *name)
{
    struct stat stat;

    if (fstatat(folder_fd, name, &stat, AT_SYMLINK_NOFOLLOW) != 0) {
        return errno == ENOENT ? OUTCOME_OK : outcome_sys(errno, "look at an entry of the home");
    }
    if (++walk->entries > HOME_ENTRIES_MAX) {
        return outcome_fail(FAULT_OVER_LIMIT, "too many entries in the home");
    }
    if (S_ISDIR(stat.st_mode)) {
        return own_subfolder(walk, folder_fd, name);
    }
    return owned(walk, &stat) ? OUTCOME_OK : own_file(walk, folder_fd, name);
}

static struct outcome own_entries(struct walk *walk, DIR *folder)
{
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(folder);
        if (entry == NULL) {
            return errno == 0 ? OUTCOME_OK : outcome_sys(errno, "read a folder of the home");
        }
        if (view_is(view_text(entry->d_name), ".") || view_is(view_text(entry->d_name), "..")) {
            continue;
        }
        TRY(own_entry(walk, dirfd(folder), entry->d_name));
    }
}

/* Takes the descriptor. A folder is given after what is in it, so that a walk that was cut short
 * is seen at the next start. */
static struct outcome own_folder(struct walk *walk, int folder_fd)
{
    DIR *folder = fdopendir(folder_fd);

    if (folder == NULL) {
        int sys = errno;
        (void)close(folder_fd);
        return outcome_sys(sys, "read a folder of the home");
    }
    struct stat stat;
    struct outcome outcome = own_entries(walk, folder);
    bool known = fstat(folder_fd, &stat) == 0;
    if (outcome_ok(outcome) && !(known && owned(walk, &stat)) &&
        fchown(folder_fd, walk->uid, walk->gid) != 0) {
        outcome = outcome_sys(errno, "give a folder of the home to the core");
    }
    (void)closedir(folder);
    return outcome;
}

struct outcome home_own(int home_fd, uid_t uid, gid_t gid)
{
    struct stat stat;
    struct walk walk = {.uid = uid, .gid = gid};

    if (fstat(home_fd, &stat) != 0) {
        return outcome_sys(errno, "look at the home folder");
    }
    if (stat.st_uid != 0 && stat.st_uid != uid) {
        log_line(LOG_LEVEL_ERROR, "home-of-another", "uid=%u wanted=0 or %u", stat.st_uid, uid);
        return outcome_fail(FAULT_CONFLICT, "the home belongs to another user");
    }
    int fd = openat(home_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? outcome_sys(errno, "open the home folder") : own_folder(&walk, fd);
}

/* Invariant 2. */
static void socket_address(struct sockaddr_un *ret_address, int home_fd, const char *name)
{
    *ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
    int said = snprintf(ret_address->sun_path, sizeof(ret_address->sun_path), "/proc/self/fd/%d/%s",
                        home_fd, name);
    CHECK(said > 0 && (size_t)said < sizeof(ret_address->sun_path));
}

void home_unlink(int home_fd, const char *name)
{
    (void)unlinkat(home_fd, name, 0); /* it may be gone already */
}

static struct outcome bind_and_listen(int fd, int home_fd, const char *name)
{
    struct sockaddr_un address;

    socket_address(&address, home_fd, name);
    home_unlink(home_fd, name);
    mode_t mask = umask(SOCKET_MASK);
    int failed = bind(fd, (const struct sockaddr *)&address, sizeof(address));
    int sys = errno;
    (void)umask(mask);
    if (failed != 0) {
        return outcome_sys(sys, "bind a socket in the home");
    }
    return listen(fd, LISTEN_BACKLOG) == 0 ? OUTCOME_OK : outcome_sys(errno, "listen in the home");
}

struct outcome home_listen(int home_fd, const char *name, int *ret_fd)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0) {
        return outcome_sys(errno, "make a socket in the home");
    }
    struct outcome outcome = bind_and_listen(fd, home_fd, name);
    if (!outcome_ok(outcome)) {
        (void)close(fd);
        return outcome;
    }
    *ret_fd = fd;
    return OUTCOME_OK;
}

static struct outcome connect_in(int home_fd, const char *name, int *ret_fd)
{
    struct sockaddr_un address;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0) {
        return outcome_sys(errno, "make a socket");
    }
    socket_address(&address, home_fd, name);
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
        int sys = errno;
        (void)close(fd);
        return sys == ECONNREFUSED || sys == ENOENT
                   ? outcome_fail(FAULT_NOT_FOUND, "nothing runs on this home")
                   : outcome_sys(sys, "connect to a socket in the home");
    }
    *ret_fd = fd;
    return OUTCOME_OK;
}

struct outcome home_connect(const char *path, const char *name, int *ret_fd)
{
    int home_fd = -1;

    TRY(home_open(path, &home_fd));
    struct outcome outcome = connect_in(home_fd, name, ret_fd);
    (void)close(home_fd);
    return outcome;
}

struct outcome proc_admin_connect(const char *home, int *ret_fd)
{
    return home_connect(home, HOME_ADMIN_SOCKET, ret_fd);
}
