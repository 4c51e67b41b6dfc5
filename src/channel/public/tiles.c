/*
 * Paths and files of the public log.
 *
 * Invariants
 *  1. No byte of a request's path reaches the file system: it is read as a tile's place, and the
 *     file's name is written anew from that.
 *  2. Files are opened below the log's folder and nowhere else, and no link is followed.
 *  3. A partial tile that is read has exactly the width that was asked for.
 */
#include "channel/public/tiles.h"

#include "base/check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NS_PER_S INT64_C(1000000000)
#define PARTIALS ".p" /* what a folder of partial tiles adds to its tile's name */

struct outcome public_path_get(struct view path, struct tile_id *ret_id)
{
    struct outcome outcome = tile_path_get(path, ret_id); /* invariant 1 */

    return outcome_ok(outcome) ? outcome : outcome_fail(FAULT_NOT_FOUND, "no path of the log");
}

/* Invariant 2. Kernels before 5.6 have no openat2(): there each part of the path is digits and x,
 * and the last is not followed. */
static int open_below(int dir_fd, const char *path, int flags)
{
    struct open_how how = {
        .flags = (unsigned)(flags | O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK),
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    long fd = syscall(SYS_openat2, dir_fd, path, &how, sizeof(how));

    if (fd < 0 && errno == ENOSYS) {
        return openat(dir_fd, path, (int)how.flags);
    }
    return (int)fd;
}

static struct outcome read_bytes(int fd, uint8_t *ret_bytes, size_t len)
{
    for (size_t at = 0; at < len;) {
        ssize_t got = pread(fd, ret_bytes + at, len - at, (off_t)at);
        if (got <= 0) {
            return got < 0 ? outcome_sys(errno, "read a tile")
                           : outcome_fail(FAULT_CORRUPT, "tile became shorter");
        }
        at += (size_t)got;
    }
    return OUTCOME_OK;
}

static int64_t ns_of(const struct timespec *time)
{
    return time->tv_sec * NS_PER_S + time->tv_nsec;
}

static struct outcome look(int fd, struct tile_mark *ret_mark)
{
    struct stat state = {0};

    if (fstat(fd, &state) != 0) {
        return outcome_sys(errno, "stat a tile");
    }
    if (!S_ISREG(state.st_mode)) {
        return outcome_fail(FAULT_NOT_FOUND, "not a file");
    }
    *ret_mark = (struct tile_mark){
        .device = state.st_dev,
        .inode = state.st_ino,
        .size = (uint64_t)state.st_size,
        .modified_ns = ns_of(&state.st_mtim),
        .changed_ns = ns_of(&state.st_ctim),
    };
    return OUTCOME_OK;
}

static struct outcome open_file(int dir_fd, const char *path, struct tile_file *ret_file)
{
    struct tile_file file = {.fd = open_below(dir_fd, path, 0), .have = TILE_WIDTH};

    if (file.fd < 0) {
        bool absent = errno == ENOENT || errno == ENOTDIR || errno == ELOOP;
        return absent ? outcome_fail(FAULT_NOT_FOUND, "no such tile")
                      : outcome_sys(errno, "open a tile");
    }
    struct outcome outcome = look(file.fd, &file.mark);
    if (!outcome_ok(outcome)) {
        public_tile_close(&file);
        return outcome;
    }
    *ret_file = file;
    return OUTCOME_OK;
}

void public_tile_close(struct tile_file *file)
{
    close(file->fd);
    file->fd = -1;
}

/* The whole file; `max` is what such a file can have. */
static struct outcome read_all(const struct tile_file *file, size_t max, struct buf *ret_bytes)
{
    if (file->mark.size > max) {
        return outcome_fail(FAULT_CORRUPT, "file is longer than it can be");
    }
    uint8_t *place = buf_claim(ret_bytes, (size_t)file->mark.size);
    if (place == NULL) {
        return buf_check(ret_bytes);
    }
    return read_bytes(file->fd, place, (size_t)file->mark.size);
}

static struct outcome measure_entries(struct view bundle, unsigned width, size_t *ret_bytes)
{
    struct cursor cursor = cursor_of(bundle);
    struct view entry = {0};

    for (unsigned i = 0; i < width; i++) {
        TRY(bundle_next(&cursor, &entry));
    }
    *ret_bytes = bundle.len - cursor_left(&cursor);
    return OUTCOME_OK;
}

struct outcome public_tile_measure(enum tile_kind kind, struct view tile, unsigned width,
                                   size_t *ret_bytes)
{
    size_t hashes = width * sizeof(struct tree_hash);

    if (kind == TILE_KIND_ENTRIES) {
        return measure_entries(tile, width, ret_bytes);
    }
    if (hashes > tile.len) {
        return outcome_fail(FAULT_CORRUPT, "tile is cut short");
    }
    *ret_bytes = hashes;
    return OUTCOME_OK;
}

struct outcome public_tile_read(const struct tile_file *file, const struct tile_id *id,
                                struct buf *ret_bytes)
{
    size_t start = ret_bytes->len;
    size_t all = 0;
    size_t wanted = 0;

    CHECK(file->have >= id->width && file->have <= TILE_WIDTH);
    TRY(read_all(file, id->kind == TILE_KIND_ENTRIES ? BUNDLE_BYTES_MAX : TILE_BYTES, ret_bytes));
    struct view whole = view_part(buf_view(ret_bytes), start, ret_bytes->len - start);
    TRY(public_tile_measure(id->kind, whole, file->have, &all));
    if (all != whole.len) {
        return outcome_fail(FAULT_CORRUPT, "bytes behind the last hash or entry");
    }
    TRY(public_tile_measure(id->kind, whole, id->width, &wanted));
    buf_cut(ret_bytes, start + wanted); /* invariant 3 */
    return OUTCOME_OK;
}

/* The narrowest partial file that is wide enough; 0 when there is none. */
static unsigned find_wider(int dir_fd, const char *full, unsigned wanted)
{
    char folder[TILE_PATH_BYTES_MAX + sizeof(PARTIALS)];
    unsigned found = 0;

    snprintf(folder, sizeof(folder), "%s" PARTIALS, full);
    int fd = open_below(dir_fd, folder, O_DIRECTORY);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (dir == NULL) {
        if (fd >= 0) {
            close(fd);
        }
        return 0;
    }
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        uint64_t width = 0;
        if (outcome_ok(decimal_get(view_text(entry->d_name), TILE_WIDTH - 1, &width)) &&
            width >= wanted && (found == 0 || width < found)) {
            found = (unsigned)width;
        }
    }
    closedir(dir);
    return found;
}

static struct outcome open_width(int dir_fd, const struct tile_id *id, unsigned have,
                                 struct tile_file *ret_file)
{
    struct tile_id other = *id;
    char path[TILE_PATH_BYTES_MAX];

    other.width = have;
    tile_path(&other, path);
    TRY(open_file(dir_fd, path, ret_file));
    ret_file->have = have;
    return OUTCOME_OK;
}

struct outcome public_tile_open(int dir_fd, const struct tile_id *id, struct tile_file *ret_file)
{
    struct tile_id full = *id;
    char path[TILE_PATH_BYTES_MAX];

    struct outcome outcome = open_width(dir_fd, id, id->width, ret_file);
    if (outcome.fault != FAULT_NOT_FOUND || id->width == TILE_WIDTH) {
        return outcome;
    }
    full.width = TILE_WIDTH;
    tile_path(&full, path);
    unsigned wider = find_wider(dir_fd, path, id->width);
    if (wider > 0) {
        outcome = open_width(dir_fd, id, wider, ret_file);
        if (outcome.fault != FAULT_NOT_FOUND) {
            return outcome;
        }
    }
    /* Last, since partials go when the full tile has come. */
    return open_width(dir_fd, id, TILE_WIDTH, ret_file);
}

struct outcome public_checkpoint_read(int dir_fd, struct buf *ret_note)
{
    struct tile_file file = {.fd = -1};

    TRY(open_file(dir_fd, "checkpoint", &file));
    struct outcome outcome = read_all(&file, ret_note->max, ret_note);
    public_tile_close(&file);
    return outcome;
}
