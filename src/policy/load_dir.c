/*
 * The files of a folder, as `ls *.yaml` there would name them: for the command line and the start.
 * The only place of this room that touches a disk.
 */
#include "policy/policy.h"

#include "base/ceilings.h"
#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

struct folder {
    struct policy_file files[POLICY_FILES_MAX];
    struct buf contents[POLICY_FILES_MAX];
    unsigned count;
};

static void folder_free(struct folder *folder)
{
    for (unsigned i = 0; i < folder->count; i++) {
        buf_done(&folder->contents[i]);
    }
    memory_free(folder);
}

/* What a shell's *.yaml means. */
static bool is_yaml(const char *name)
{
    size_t len = strlen(name);
    return name[0] != '.' && len > 5 && strcmp(name + len - 5, ".yaml") == 0;
}

static struct outcome refuse(struct policy_error *ret_error, enum fault fault, const char *file,
                             const char *why)
{
    (void)snprintf(ret_error->text, sizeof(ret_error->text), "%.300s:1:1: %s", file, why);
    return outcome_fail(fault, "policy folder");
}

static struct outcome read_all(int fd, struct buf *ret_content)
{
    for (;;) {
        uint8_t *room = buf_claim(ret_content, 4096);
        if (room == NULL) {
            return buf_check(ret_content);
        }
        ssize_t got = read(fd, room, 4096);
        if (got < 0) {
            return outcome_sys(errno, "read policy file");
        }
        buf_cut(ret_content, ret_content->len - 4096 + (size_t)got);
        if (got == 0) {
            return OUTCOME_OK;
        }
    }
}

static struct outcome read_file(struct folder *folder, int dir_fd, const char *name,
                                struct policy_error *ret_error)
{
    struct stat status;

    if (folder->count == POLICY_FILES_MAX) {
        return refuse(ret_error, FAULT_OVER_LIMIT, name, "the folder has too many files");
    }
    if (strlen(name) >= sizeof(folder->files[0].name)) {
        return refuse(ret_error, FAULT_BAD_INPUT, name, "the file's name is too long");
    }
    int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return refuse(ret_error, FAULT_IO, name, "the file cannot be opened");
    }
    struct policy_file *file = &folder->files[folder->count];
    struct buf *content = &folder->contents[folder->count++];
    buf_init(content, POLICY_FILE_BYTES_MAX + 2 * 4096);
    bool regular = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
    struct outcome outcome =
        regular ? read_all(fd, content) : outcome_fail(FAULT_BAD_INPUT, "policy file");
    (void)close(fd);
    if (!outcome_ok(outcome) && outcome.fault != FAULT_NO_MEMORY) {
        return refuse(ret_error, outcome.fault, name,
                      outcome.fault == FAULT_OVER_LIMIT ? "the file is too long"
                                                        : "the file cannot be read");
    }
    TRY(outcome);
    (void)snprintf(file->name, sizeof(file->name), "%s", name);
    file->content = buf_view(content);
    return OUTCOME_OK;
}

static struct outcome read_folder(struct folder *folder, const char *dir,
                                  struct policy_error *ret_error)
{
    DIR *stream = opendir(dir);

    if (stream == NULL) {
        return refuse(ret_error, errno == ENOMEM ? FAULT_NO_MEMORY : FAULT_NOT_FOUND, dir,
                      "the folder cannot be opened");
    }
    struct outcome outcome = OUTCOME_OK;
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(stream);
        if (entry == NULL) {
            if (errno != 0) {
                outcome = refuse(ret_error, FAULT_IO, dir, "the folder cannot be read");
            }
            break;
        }
        if (is_yaml(entry->d_name)) {
            outcome = read_file(folder, dirfd(stream), entry->d_name, ret_error);
        }
        if (!outcome_ok(outcome)) {
            break;
        }
    }
    (void)closedir(stream);
    return outcome;
}

struct outcome policy_load_dir(const char *dir, struct policy **ret_policy,
                               struct policy_error *ret_error)
{
    ret_error->text[0] = '\0';
    struct folder *folder = memory_new(1, sizeof(*folder));
    if (folder == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "policy folder");
    }
    struct outcome outcome = read_folder(folder, dir, ret_error);
    if (outcome_ok(outcome)) {
        outcome = policy_load(folder->files, folder->count, ret_policy, ret_error);
    }
    folder_free(folder);
    return outcome;
}
