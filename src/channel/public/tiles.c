/*
 * Paths and files of the public log.
 *
 * Invariants
 *  1. No byte of a request's path reaches the file system unless the whole path is of the grammar:
 *     `checkpoint`, tile/<L>/<N>[.p/<W>], tile/entries/<N>[.p/<W>].
 *  2. Files are opened below the log's folder and nowhere else, and no link is followed.
 *  3. A partial tile that is served has exactly the width that was asked for.
 */
#include "channel/public/tiles.h"

#include "base/check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LEVEL_MAX 63
#define FILE_NAME_BYTES (TILE_PATH_BYTES_MAX + 16)
#define GROUPS_MAX 6 /* 3 digits each: a tile's index has less than 57 bits */

/* ---- paths ---- */

static struct outcome no_path(void)
{
    return outcome_fail(FAULT_NOT_FOUND, "no path of the log");
}

/* Takes the part before the next slash, or all that is left. */
static struct view take_part(struct view *rest)
{
    size_t slash = view_find(*rest, 0, '/');
    struct view part = view_part(*rest, 0, slash);

    slash += slash < rest->len;
    *rest = view_part(*rest, slash, rest->len - slash);
    return part;
}

static bool is_group(struct view digits)
{
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '9') {
            return false;
        }
    }
    return digits.len == 3;
}

/* The groups of <N>: all but the last with an x, the first not x000, for then it would stand in
 * vain. Leaves what follows the last group, such as ".p", in ret_tail. */
static bool take_index(struct view *rest, struct view *ret_tail)
{
    for (unsigned group = 0; group < GROUPS_MAX; group++) {
        struct view part = take_part(rest);
        if (part.len > 0 && part.data[0] == 'x') {
            struct view digits = view_part(part, 1, part.len - 1);
            if (!is_group(digits) || (group == 0 && view_is(digits, "000"))) {
                return false;
            }
            continue;
        }
        if (part.len < 3 || !is_group(view_part(part, 0, 3))) {
            return false;
        }
        *ret_tail = view_part(part, 3, part.len - 3);
        return true;
    }
    return false;
}

static struct outcome get_width(struct view tail, struct view rest, unsigned *ret_width)
{
    uint64_t width = TILE_WIDTH;

    if (tail.len == 0) {
        *ret_width = TILE_WIDTH;
        return rest.len == 0 ? OUTCOME_OK : no_path();
    }
    if (!view_is(tail, ".p") || !outcome_ok(decimal_get(rest, TILE_WIDTH - 1, &width)) ||
        width == 0) {
        return no_path();
    }
    *ret_width = (unsigned)width;
    return OUTCOME_OK;
}

static void copy_text(char *place, struct view text)
{
    CHECK(text.len < TILE_PATH_BYTES_MAX);
    memcpy(place, text.data, text.len);
    place[text.len] = '\0';
}

struct outcome public_path_get(struct view path, struct tile_path *ret_path)
{
    struct tile_path tile = {.kind = TILE_CHECKPOINT, .width = TILE_WIDTH};
    struct view rest = path;
    struct view tail = {0};
    uint64_t level = 0;

    if (path.len >= TILE_PATH_BYTES_MAX || path.len == 0 || path.data[path.len - 1] == '/') {
        return no_path();
    }
    copy_text(tile.file, path);
    copy_text(tile.full, path);
    if (view_is(path, "checkpoint")) {
        *ret_path = tile;
        return OUTCOME_OK;
    }
    if (!view_is(take_part(&rest), "tile")) {
        return no_path();
    }
    struct view kind = take_part(&rest);
    if (view_is(kind, "entries")) {
        tile.kind = TILE_ENTRIES;
    } else if (outcome_ok(decimal_get(kind, LEVEL_MAX, &level))) {
        tile.kind = TILE_HASHES;
    } else {
        return no_path();
    }
    if (!take_index(&rest, &tail)) {
        return no_path();
    }
    TRY(get_width(tail, rest, &tile.width));
    if (tail.len > 0) {
        tile.full[path.len - rest.len - tail.len - 1] = '\0';
    }
    *ret_path = tile;
    return OUTCOME_OK;
}

/* ---- files ---- */

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

static struct outcome read_bytes(int fd, size_t offset, uint8_t *ret_bytes, size_t len)
{
    for (size_t at = 0; at < len;) {
        ssize_t got = pread(fd, ret_bytes + at, len - at, (off_t)(offset + at));
        if (got <= 0) {
            return got < 0 ? outcome_sys(errno, "read a tile")
                           : outcome_fail(FAULT_CORRUPT, "tile became shorter");
        }
        at += (size_t)got;
    }
    return OUTCOME_OK;
}

static struct outcome read_open_file(int fd, struct buf *bytes)
{
    struct stat state = {0};

    if (fstat(fd, &state) != 0) {
        return outcome_sys(errno, "stat a tile");
    }
    if (!S_ISREG(state.st_mode)) {
        return outcome_fail(FAULT_NOT_FOUND, "not a file");
    }
    if (state.st_size > HTTP_RESPONSE_BYTES_MAX) {
        return outcome_fail(FAULT_CORRUPT, "tile is too long");
    }
    size_t size = (size_t)state.st_size;
    uint8_t *place = buf_claim(bytes, size);
    if (place == NULL) {
        return buf_check(bytes);
    }
    return read_bytes(fd, 0, place, size);
}

static struct outcome read_file(int dir_fd, const char *path, struct buf *bytes)
{
    int fd = open_below(dir_fd, path, 0);

    if (fd < 0) {
        bool absent = errno == ENOENT || errno == ENOTDIR || errno == ELOOP;
        return absent ? outcome_fail(FAULT_NOT_FOUND, "no such tile")
                      : outcome_sys(errno, "open a tile");
    }
    struct outcome outcome = read_open_file(fd, bytes);
    close(fd);
    return outcome;
}

/* Bytes of the first `width` entries of a bundle. */
static struct outcome measure_entries(struct view bundle, unsigned width, size_t *ret_bytes)
{
    struct cursor cursor = cursor_of(bundle);

    for (unsigned i = 0; i < width; i++) {
        cursor_block16(&cursor);
    }
    if (cursor.failed) {
        return outcome_fail(FAULT_CORRUPT, "entry bundle is too short");
    }
    *ret_bytes = bundle.len - cursor_left(&cursor);
    return OUTCOME_OK;
}

struct outcome public_tile_cut(const struct tile_path *path, unsigned have, struct buf *bytes)
{
    size_t wanted = (size_t)path->width * TILE_HASH_BYTES;

    CHECK(have >= path->width && have <= TILE_WIDTH);
    if (path->kind == TILE_CHECKPOINT) {
        return OUTCOME_OK;
    }
    if (path->kind == TILE_ENTRIES) {
        size_t all = 0;
        TRY(measure_entries(buf_view(bytes), have, &all));
        if (all != bytes->len) {
            return outcome_fail(FAULT_CORRUPT, "entry bundle is too long");
        }
        TRY(measure_entries(buf_view(bytes), path->width, &wanted));
    } else if (bytes->len != (size_t)have * TILE_HASH_BYTES) {
        return outcome_fail(FAULT_CORRUPT, "tile has another width");
    }
    buf_cut(bytes, wanted); /* invariant 3 */
    return OUTCOME_OK;
}

/* The narrowest partial file that is wide enough; 0 when there is none. */
static unsigned find_wider(int dir_fd, const struct tile_path *path)
{
    char folder[TILE_PATH_BYTES_MAX + 4];
    unsigned found = 0;

    snprintf(folder, sizeof(folder), "%s.p", path->full);
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
            width >= path->width && (found == 0 || width < found)) {
            found = (unsigned)width;
        }
    }
    closedir(dir);
    return found;
}

/* Reads a file of `have` hashes or entries and cuts it to what was asked for. */
static struct outcome read_and_cut(int dir_fd, const struct tile_path *path, const char *file,
                                   unsigned have, struct buf *bytes)
{
    buf_reset(bytes);
    TRY(read_file(dir_fd, file, bytes));
    return public_tile_cut(path, have, bytes);
}

/* Name and width of the narrowest partial file that will do. */
static unsigned name_wider(int dir_fd, const struct tile_path *path, char name[FILE_NAME_BYTES])
{
    unsigned width = path->width == TILE_WIDTH ? 0 : find_wider(dir_fd, path);

    snprintf(name, FILE_NAME_BYTES, "%s.p/%u", path->full, width);
    return width;
}

struct outcome public_tile_read(int dir_fd, const struct tile_path *path, struct buf *ret_bytes)
{
    char wider[FILE_NAME_BYTES];

    struct outcome outcome = read_and_cut(dir_fd, path, path->file, path->width, ret_bytes);
    if (outcome.fault != FAULT_NOT_FOUND || path->width == TILE_WIDTH) {
        return outcome;
    }
    unsigned width = name_wider(dir_fd, path, wider);
    if (width > 0) {
        outcome = read_and_cut(dir_fd, path, wider, width, ret_bytes);
        if (outcome.fault != FAULT_NOT_FOUND) {
            return outcome;
        }
    }
    /* Last, since partials go when the full tile has come. */
    return read_and_cut(dir_fd, path, path->full, TILE_WIDTH, ret_bytes);
}

struct outcome public_tile_read_part(int dir_fd, const struct tile_path *path, size_t offset,
                                     uint8_t *ret_bytes, size_t len)
{
    char wider[FILE_NAME_BYTES];
    int fd = open_below(dir_fd, path->file, 0);

    if (fd < 0 && name_wider(dir_fd, path, wider) > 0) {
        fd = open_below(dir_fd, wider, 0);
    }
    if (fd < 0) {
        fd = open_below(dir_fd, path->full, 0);
    }
    if (fd < 0) {
        return outcome_sys(errno, "open a tile again");
    }
    struct outcome outcome = read_bytes(fd, offset, ret_bytes, len);
    close(fd);
    return outcome;
}
