/*
 * The files of a folder, whole.
 *
 * Invariants
 *  1. A file that is not whole in memory is an error, never a shorter file.
 *  2. Nothing waits: what is no regular file (a pipe, a device) is refused before it is read.
 */
#include "base/folder.h"

#include "base/check.h"
#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_BYTES 4096

void folder_free(struct folder *folder)
{
    if (folder == NULL) {
        return;
    }
    for (unsigned i = 0; i < folder->count; i++) {
        buf_done(&folder->files[i].content);
    }
    memory_free(folder);
}

static struct outcome refuse(struct folder_error *ret_error, enum fault fault, const char *name,
                             const char *why)
{
    (void)snprintf(ret_error->name, sizeof(ret_error->name), "%.200s", name);
    ret_error->why = why;
    return outcome_fail(fault, "folder");
}

static bool has_suffix(const char *name, const char *suffix)
{
    size_t len = strlen(name);
    size_t tail = strlen(suffix);
    return name[0] != '.' && len > tail && strcmp(name + len - tail, suffix) == 0;
}

static struct outcome read_all(int fd, struct buf *ret_content)
{
    for (;;) {
        uint8_t *room = buf_claim(ret_content, READ_BYTES);
        if (room == NULL) {
            return buf_check(ret_content);
        }
        ssize_t got = read(fd, room, READ_BYTES);
        if (got < 0) {
            return outcome_sys(errno, "read");
        }
        buf_cut(ret_content, ret_content->len - READ_BYTES + (size_t)got);
        if (got == 0) {
            return OUTCOME_OK;
        }
    }
}

/* Opens, looks, reads; the content is within its limit or refused. */
static struct outcome read_content(int dir_fd, const char *name, size_t bytes_max,
                                   struct buf *ret_content, struct folder_error *ret_error)
{
    struct stat status;
    int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0) {
        return refuse(ret_error, FAULT_IO, name, "the file cannot be opened");
    }
    struct outcome outcome = outcome_fail(FAULT_BAD_INPUT, "no regular file");
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
        outcome = read_all(fd, ret_content);
    }
    (void)close(fd);
    if (outcome.fault == FAULT_NO_MEMORY) {
        return outcome;
    }
    if (outcome.fault == FAULT_OVER_LIMIT || ret_content->len > bytes_max) {
        return refuse(ret_error, FAULT_OVER_LIMIT, name, "the file is too long");
    }
    return outcome_ok(outcome) ? outcome
                               : refuse(ret_error, outcome.fault, name, "the file cannot be read");
}

static struct outcome add_file(struct folder *folder, int dir_fd, const char *name,
                               const struct folder_limits *limits, struct folder_error *ret_error)
{
    if (folder->count == limits->files_max) {
        return refuse(ret_error, FAULT_OVER_LIMIT, name, "the folder has too many files");
    }
    struct folder_file *file = &folder->files[folder->count];
    if (strlen(name) >= sizeof(file->name)) {
        return refuse(ret_error, FAULT_BAD_INPUT, name, "the file's name is too long");
    }
    folder->count++;
    (void)snprintf(file->name, sizeof(file->name), "%s", name);
    buf_init(&file->content, limits->bytes_max + 2 * READ_BYTES);
    return read_content(dir_fd, name, limits->bytes_max, &file->content, ret_error);
}

static struct outcome read_names(struct folder *folder, DIR *stream,
                                 const struct folder_limits *limits, struct folder_error *ret_error)
{
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(stream);
        if (entry == NULL) {
            return errno == 0 ? OUTCOME_OK
                              : refuse(ret_error, FAULT_IO, ".", "the folder cannot be read");
        }
        if (has_suffix(entry->d_name, limits->suffix)) {
            TRY(add_file(folder, dirfd(stream), entry->d_name, limits, ret_error));
        }
    }
}

struct outcome folder_read(const char *dir, const struct folder_limits *limits,
                           struct folder **ret_folder, struct folder_error *ret_error)
{
    CHECK(limits->files_max <= FOLDER_FILES_MAX);
    *ret_error = (struct folder_error){.why = ""};
    struct folder *folder = memory_new(1, sizeof(*folder));
    if (folder == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "folder");
    }
    struct outcome outcome = OUTCOME_OK;
    DIR *stream = opendir(dir);
    if (stream == NULL) {
        outcome = refuse(ret_error, FAULT_NOT_FOUND, dir, "the folder cannot be opened");
    } else {
        outcome = read_names(folder, stream, limits, ret_error);
        (void)closedir(stream);
    }
    if (!outcome_ok(outcome)) {
        folder_free(folder);
        return outcome;
    }
    *ret_folder = folder;
    return OUTCOME_OK;
}
