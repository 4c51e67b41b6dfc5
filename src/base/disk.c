/*
 * The machine's files behind struct disk_port, and what everybody does with a port.
 *
 * Invariants
 *  1. EINTR and short counts are repeated here and seen by nobody; a sync that failed is not
 *     repeated, nor is what goes out ahead of one: its pages may look clean and not be on disk.
 *  2. A folder's descriptor is never followed out of: no path here is absolute, no link is followed
 *     in the last step.
 */
#include "base/disk.h"

#include "base/check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

static int flags_of(enum disk_open how)
{
    static const int flags[DISK_OPEN_COUNT] = {
        [DISK_OPEN_READ] = O_RDONLY,
        [DISK_OPEN_WRITE] = O_RDWR,
        [DISK_OPEN_CREATE] = O_RDWR | O_CREAT | O_TRUNC,
        [DISK_OPEN_FOLDER] = O_RDONLY | O_DIRECTORY,
    };
    CHECK((unsigned)how < DISK_OPEN_COUNT);
    return flags[how] | O_CLOEXEC | O_NOFOLLOW;
}

static struct outcome system_open(void *context, int dir_fd, const char *path, enum disk_open how,
                                  enum disk_audience audience, int *ret_fd)
{
    (void)context;
    int fd = openat(dir_fd, path, flags_of(how), 0600);
    if (fd < 0) {
        return outcome_sys(errno, "open");
    }
    if (how == DISK_OPEN_CREATE && audience == DISK_PUBLIC && fchmod(fd, 0644) != 0) {
        int sys = errno;
        (void)close(fd);
        return outcome_sys(sys, "chmod");
    }
    *ret_fd = fd;
    return OUTCOME_OK;
}

static struct outcome system_close(void *context, int fd)
{
    (void)context;
    return close(fd) == 0 ? OUTCOME_OK : outcome_sys(errno, "close");
}

static struct outcome system_read(void *context, int fd, uint64_t offset, void *ret_bytes,
                                  size_t len, size_t *ret_read)
{
    (void)context;
    ssize_t got = pread(fd, ret_bytes, len, (off_t)offset);
    if (got < 0) {
        return outcome_sys(errno, "read");
    }
    *ret_read = (size_t)got;
    return OUTCOME_OK;
}

static struct outcome system_write(void *context, int fd, uint64_t offset, const void *bytes,
                                   size_t len, size_t *ret_written)
{
    (void)context;
    ssize_t done = pwrite(fd, bytes, len, (off_t)offset);
    if (done < 0) {
        return outcome_sys(errno, "write");
    }
    *ret_written = (size_t)done;
    return OUTCOME_OK;
}

static struct outcome system_sync(void *context, int fd, bool data_only)
{
    (void)context;
    int failed = data_only ? fdatasync(fd) : fsync(fd);
    return failed == 0 ? OUTCOME_OK : outcome_sys(errno, "sync");
}

static void system_begin(void *context, int fd, uint64_t offset, size_t len)
{
    (void)context;
    /* What goes wrong is told by the sync that follows. */
    (void)sync_file_range(fd, (off_t)offset, (off_t)len, SYNC_FILE_RANGE_WRITE);
}

static void system_expect(void *context, int fd, uint64_t offset, size_t len)
{
    (void)context;
    (void)posix_fadvise(fd, (off_t)offset, (off_t)len, POSIX_FADV_WILLNEED);
}

static struct outcome system_write_out(void *context, int fd, uint64_t offset, size_t len)
{
    (void)context;
    /* Waiting marks an error of the file as seen: neither this descriptor's sync nor that of one
     * opened later tells it again. The file system's own mark, for syncfs(), stays. */
    int failed = sync_file_range(fd, (off_t)offset, (off_t)len,
                                 SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
    return failed == 0 ? OUTCOME_OK : outcome_sys(errno, "write out");
}

static struct outcome system_sync_all(void *context, int dir_fd)
{
    (void)context;
    /* A fresh descriptor: errors that nobody has been told yet are told to it. */
    int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return outcome_sys(errno, "open");
    }
    struct outcome outcome = syncfs(fd) == 0 ? OUTCOME_OK : outcome_sys(errno, "sync");
    (void)close(fd); /* nothing was written through it */
    return outcome;
}

static struct outcome system_size(void *context, int fd, uint64_t *ret_bytes)
{
    struct stat status;
    (void)context;
    if (fstat(fd, &status) != 0) {
        return outcome_sys(errno, "stat");
    }
    *ret_bytes = (uint64_t)status.st_size;
    return OUTCOME_OK;
}

static struct outcome system_rename(void *context, int dir_fd, const char *from, const char *to)
{
    (void)context;
    return renameat(dir_fd, from, dir_fd, to) == 0 ? OUTCOME_OK : outcome_sys(errno, "rename");
}

static struct outcome system_unlink(void *context, int dir_fd, const char *path, bool folder)
{
    (void)context;
    return unlinkat(dir_fd, path, folder ? AT_REMOVEDIR : 0) == 0 ? OUTCOME_OK
                                                                  : outcome_sys(errno, "unlink");
}

static struct outcome system_mkdir(void *context, int dir_fd, const char *path,
                                   enum disk_audience audience)
{
    (void)context;
    if (mkdirat(dir_fd, path, 0700) != 0) {
        return errno == EEXIST ? outcome_fail(FAULT_CONFLICT, "mkdir")
                               : outcome_sys(errno, "mkdir");
    }
    if (audience == DISK_PUBLIC && fchmodat(dir_fd, path, 0755, 0) != 0) {
        return outcome_sys(errno, "chmod");
    }
    return OUTCOME_OK;
}

static void put_names(DIR *dir, struct buf *ret_names)
{
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            buf_put(ret_names, entry->d_name, strlen(entry->d_name) + 1);
        }
        errno = 0;
    }
}

static struct outcome system_list(void *context, int dir_fd, const char *path,
                                  struct buf *ret_names)
{
    (void)context;
    int fd = openat(dir_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        return outcome_sys(errno, "open folder");
    }
    DIR *dir = fdopendir(fd);
    if (dir == NULL) {
        int sys = errno;
        (void)close(fd);
        return outcome_sys(sys, "open folder");
    }
    errno = 0;
    put_names(dir, ret_names);
    int sys = errno;
    (void)closedir(dir); /* only read from */
    return sys == 0 ? buf_check(ret_names) : outcome_sys(sys, "list folder");
}

static struct outcome system_lock(void *context, int fd, bool shared)
{
    (void)context;
    if (flock(fd, (shared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0) {
        return OUTCOME_OK;
    }
    return errno == EWOULDBLOCK ? outcome_fail(FAULT_BUSY, "lock") : outcome_sys(errno, "lock");
}

static struct outcome system_room(void *context, int dir_fd, uint64_t *ret_bytes)
{
    struct statfs status;
    (void)context;
    if (fstatfs(dir_fd, &status) != 0) {
        return outcome_sys(errno, "statfs");
    }
    *ret_bytes = (uint64_t)status.f_bavail * (uint64_t)status.f_bsize;
    return OUTCOME_OK;
}

const struct disk_port *disk_system(void)
{
    static const struct disk_port port = {
        .open = system_open,
        .close = system_close,
        .read = system_read,
        .write = system_write,
        .sync = system_sync,
        .begin = system_begin,
        .expect = system_expect,
        .write_out = system_write_out,
        .sync_all = system_sync_all,
        .size = system_size,
        .rename = system_rename,
        .unlink = system_unlink,
        .mkdir = system_mkdir,
        .list = system_list,
        .lock = system_lock,
        .room = system_room,
    };
    return &port;
}

static bool interrupted(struct outcome outcome)
{
    return outcome.sys == EINTR;
}

struct outcome disk_open(const struct disk_port *disk, int dir_fd, const char *path,
                         enum disk_open how, enum disk_audience audience, int *ret_fd)
{
    struct outcome outcome = {0};

    CHECK(path[0] != '/'); /* invariant 2 */
    do {
        outcome = disk->open(disk->context, dir_fd, path, how, audience, ret_fd);
    } while (interrupted(outcome));
    return outcome;
}

struct outcome disk_close(const struct disk_port *disk, int *fd)
{
    int open_fd = *fd;

    *fd = DISK_CLOSED;
    if (open_fd == DISK_CLOSED) {
        return OUTCOME_OK;
    }
    struct outcome outcome = disk->close(disk->context, open_fd);
    /* Linux has let the descriptor go even when close() was interrupted: not to be repeated. */
    return interrupted(outcome) ? OUTCOME_OK : outcome;
}

struct outcome disk_read(const struct disk_port *disk, int fd, uint64_t offset, void *ret_bytes,
                         size_t len, size_t *ret_read)
{
    size_t done = 0;

    while (done < len) {
        size_t got = 0;
        struct outcome outcome = disk->read(disk->context, fd, offset + done,
                                            (uint8_t *)ret_bytes + done, len - done, &got);
        if (interrupted(outcome)) {
            continue;
        }
        TRY(outcome);
        if (got == 0) {
            break;
        }
        done += got;
    }
    *ret_read = done;
    return OUTCOME_OK;
}

struct outcome disk_write(const struct disk_port *disk, int fd, uint64_t offset, struct view bytes,
                          size_t *ret_written)
{
    *ret_written = 0;
    while (*ret_written < bytes.len) {
        size_t done = 0;
        struct outcome outcome =
            disk->write(disk->context, fd, offset + *ret_written, bytes.data + *ret_written,
                        bytes.len - *ret_written, &done);
        if (interrupted(outcome)) {
            continue;
        }
        TRY(outcome);
        if (done == 0) { /* would go on for ever */
            return outcome_sys(EIO, "write");
        }
        *ret_written += done;
    }
    return OUTCOME_OK;
}

struct outcome disk_sync(const struct disk_port *disk, int fd, bool data_only)
{
    struct outcome outcome = {0};

    do { /* interrupted = not begun: no error was reported and lost */
        outcome = disk->sync(disk->context, fd, data_only);
    } while (interrupted(outcome));
    return outcome;
}

void disk_begin(const struct disk_port *disk, int fd, uint64_t offset, size_t len)
{
    if (disk->begin != NULL) {
        disk->begin(disk->context, fd, offset, len);
    }
}

void disk_expect(const struct disk_port *disk, int fd, uint64_t offset, size_t len)
{
    if (disk->expect != NULL) {
        disk->expect(disk->context, fd, offset, len);
    }
}

struct outcome disk_write_out(const struct disk_port *disk, int fd, uint64_t offset, size_t len)
{
    struct outcome outcome = {0};

    do {
        outcome =
            disk->write_out == NULL ? OUTCOME_OK : disk->write_out(disk->context, fd, offset, len);
    } while (interrupted(outcome));
    return outcome;
}

struct outcome disk_sync_folder(const struct disk_port *disk, int dir_fd, const char *path)
{
    int fd = DISK_CLOSED;

    TRY(disk_open(disk, dir_fd, path, DISK_OPEN_FOLDER, DISK_PRIVATE, &fd));
    struct outcome outcome = disk_sync(disk, fd, false);
    struct outcome closed = disk_close(disk, &fd);
    return outcome_ok(outcome) ? closed : outcome;
}

struct outcome disk_sync_all(const struct disk_port *disk, int dir_fd)
{
    struct outcome outcome = {0};

    do {
        outcome = disk->sync_all(disk->context, dir_fd);
    } while (interrupted(outcome));
    return outcome;
}

struct outcome disk_size(const struct disk_port *disk, int fd, uint64_t *ret_bytes)
{
    struct outcome outcome = {0};

    do {
        outcome = disk->size(disk->context, fd, ret_bytes);
    } while (interrupted(outcome));
    return outcome;
}

struct outcome disk_rename(const struct disk_port *disk, int dir_fd, const char *from,
                           const char *to)
{
    struct outcome outcome = {0};

    do {
        outcome = disk->rename(disk->context, dir_fd, from, to);
    } while (interrupted(outcome));
    return outcome;
}

struct outcome disk_remove(const struct disk_port *disk, int dir_fd, const char *path, bool folder)
{
    struct outcome outcome = {0};

    do {
        outcome = disk->unlink(disk->context, dir_fd, path, folder);
    } while (interrupted(outcome));
    return outcome.fault == FAULT_NOT_FOUND ? OUTCOME_OK : outcome;
}

struct outcome disk_mkdir(const struct disk_port *disk, int dir_fd, const char *path,
                          enum disk_audience audience)
{
    struct outcome outcome = {0};

    do {
        outcome = disk->mkdir(disk->context, dir_fd, path, audience);
    } while (interrupted(outcome));
    return outcome.fault == FAULT_CONFLICT ? OUTCOME_OK : outcome;
}

struct outcome disk_list(const struct disk_port *disk, int dir_fd, const char *path,
                         struct buf *ret_names)
{
    size_t before = ret_names->len;
    struct outcome outcome = {0};

    do {
        buf_cut(ret_names, before);
        outcome = disk->list(disk->context, dir_fd, path, ret_names);
    } while (interrupted(outcome));
    return outcome;
}

const char *disk_next_name(const struct buf *names, size_t *at)
{
    if (*at >= names->len) {
        return NULL;
    }
    const char *name = (const char *)names->data + *at;
    *at = view_find(buf_view(names), *at, 0) + 1;
    CHECK(*at <= names->len);
    return name;
}

struct outcome disk_lock(const struct disk_port *disk, int fd, bool shared)
{
    struct outcome outcome = {0};

    do {
        outcome = disk->lock(disk->context, fd, shared);
    } while (interrupted(outcome));
    return outcome;
}

static struct outcome load_from(const struct disk_port *disk, int fd, struct buf *ret_bytes)
{
    uint64_t size = 0;
    size_t got = 0;

    TRY(disk_size(disk, fd, &size));
    if (size > ret_bytes->max - ret_bytes->len) {
        return outcome_fail(FAULT_OVER_LIMIT, "file is too long");
    }
    if (size == 0) {
        return OUTCOME_OK;
    }
    size_t before = ret_bytes->len;
    uint8_t *to = buf_claim(ret_bytes, (size_t)size);
    if (to == NULL) {
        return buf_check(ret_bytes);
    }
    struct outcome outcome = disk_read(disk, fd, 0, to, (size_t)size, &got);
    buf_cut(ret_bytes, outcome_ok(outcome) ? before + got : before);
    return outcome;
}

struct outcome disk_has_room(const struct disk_port *disk, int dir_fd, uint64_t bytes)
{
    uint64_t room = 0;

    bool known = disk->room != NULL && outcome_ok(disk->room(disk->context, dir_fd, &room));
    return known && room < bytes ? outcome_fail(FAULT_NO_SPACE, "room") : OUTCOME_OK;
}

struct outcome disk_load(const struct disk_port *disk, int dir_fd, const char *path,
                         struct buf *ret_bytes)
{
    int fd = DISK_CLOSED;

    TRY(disk_open(disk, dir_fd, path, DISK_OPEN_READ, DISK_PRIVATE, &fd));
    struct outcome outcome = load_from(disk, fd, ret_bytes);
    outcome_ignore(disk_close(disk, &fd)); /* only read from */
    return outcome;
}

static struct outcome write_new(const struct disk_port *disk, int dir_fd, const char *path,
                                enum disk_audience audience, struct view bytes, bool durable)
{
    int fd = DISK_CLOSED;
    size_t written = 0;

    TRY(disk_open(disk, dir_fd, path, DISK_OPEN_CREATE, audience, &fd));
    struct outcome outcome = disk_write(disk, fd, 0, bytes, &written);
    if (outcome_ok(outcome) && durable) {
        outcome = disk_sync(disk, fd, false);
    }
    struct outcome closed = disk_close(disk, &fd);
    return outcome_ok(outcome) ? closed : outcome;
}

struct outcome disk_replace(const struct disk_port *disk, int dir_fd, const char *path,
                            const char *temporary, enum disk_audience audience, struct view bytes,
                            bool durable)
{
    struct outcome outcome = write_new(disk, dir_fd, temporary, audience, bytes, durable);

    if (outcome_ok(outcome)) {
        outcome = disk_rename(disk, dir_fd, temporary, path);
    }
    if (!outcome_ok(outcome)) {
        outcome_ignore(disk_remove(disk, dir_fd, temporary, false)); /* it is told already */
    }
    return outcome;
}
