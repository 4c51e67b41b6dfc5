/*
 * Taking an import up again.
 *
 * Invariants
 *  1. A file is what its bytes are: size and SHA-256 of the whole, the same that `sha256sum` gives.
 *     An import goes on with the file that it was begun with or not at all.
 *  2. A file that changes while it is read is noticed before the next chunk is stored.
 *  3. What is taken up again cuts its chunks as it began: an id that stands twice in the file is
 *     judged as it would have been in one go.
 */
#include "office/resume.h"

#include "base/check.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define LOOK_BYTES (1u << 20)

static struct outcome read_piece(int fd, uint64_t offset, uint8_t *bytes, size_t *ret_len)
{
    ssize_t len = 0;

    do {
        len = pread(fd, bytes, LOOK_BYTES, (off_t)offset);
    } while (len < 0 && errno == EINTR);
    if (len < 0) {
        return outcome_sys(errno, "read of the people to import");
    }
    *ret_len = (size_t)len;
    return OUTCOME_OK;
}

static struct outcome hash_pieces(const struct import_config *config, struct hasher *hasher,
                                  uint8_t *bytes, uint64_t *ret_size)
{
    uint64_t size = 0;

    for (;;) {
        size_t len = 0;
        if (config->before_read != NULL) {
            TRY(config->before_read(config->context, config->fd));
        }
        TRY(read_piece(config->fd, size, bytes, &len));
        if (len == 0) {
            *ret_size = size;
            return OUTCOME_OK;
        }
        hasher_add(hasher, view_of(bytes, len));
        size += len;
    }
}

/* Invariant 1. */
static struct outcome hash_file(const struct import_config *config,
                                struct registry_intake *ret_intake)
{
    MEMORY_AUTO uint8_t *bytes = memory_new(LOOK_BYTES, 1);
    struct hasher *hasher = NULL;

    if (bytes == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "import");
    }
    TRY(hasher_new(&hasher));
    struct outcome outcome = hash_pieces(config, hasher, bytes, &ret_intake->size);
    if (outcome_ok(outcome)) {
        hasher_end(hasher, ret_intake->file);
    }
    hasher_free(hasher);
    memory_wipe(bytes, LOOK_BYTES);
    return outcome;
}

static bool same_file(const struct registry_intake *one, const struct registry_intake *other)
{
    return one->size == other->size && memcmp(one->file, other->file, sizeof(one->file)) == 0;
}

static struct outcome find(struct resume *resume, const struct import_config *config)
{
    struct registry_intake found;

    if (config->restart) {
        TRY(registry_intake_remove(config->registry, config->name));
    }
    struct outcome outcome = registry_intake_find(config->registry, config->name, &found);
    if (outcome.fault == FAULT_NOT_FOUND) {
        return registry_intake_put(config->registry, &resume->intake);
    }
    TRY(outcome);
    if (!same_file(&found, &resume->intake)) {
        return outcome_fail(FAULT_CONFLICT,
                            "an import of this name was begun with another file, or the file was "
                            "changed since; --restart begins anew");
    }
    resume->intake = found;
    return OUTCOME_OK;
}

static void report_former(const struct registry_intake *intake, struct import_report *report)
{
    report->lines = intake->lines;
    report->bytes = intake->position;
    report->bad = intake->bad;
    report->added = intake->added;
    report->changed = intake->changed;
    report->unchanged = intake->unchanged;
    report->cmnd_taken = intake->cmnd_taken;
    report->chunks = intake->chunks;
    report->loaded_before = intake->added + intake->changed + intake->unchanged;
    report->finished_before = intake->finished;
}

struct outcome resume_begin(struct resume *resume, const struct import_config *config,
                            unsigned chunk_max, struct import_report *report)
{
    struct stat stat;

    if (config->name.len == 0) {
        return OUTCOME_OK;
    }
    if (fstat(config->fd, &stat) != 0) {
        return outcome_sys(errno, "the file to import");
    }
    if (!S_ISREG(stat.st_mode)) {
        return outcome_fail(FAULT_BAD_INPUT, "the file to import is no plain file");
    }
    resume->on = true;
    resume->modified = stat.st_mtim;
    resume->intake = (struct registry_intake){
        .name = config->name, .user = config->user, .chunk_max = chunk_max};
    TRY(hash_file(config, &resume->intake));
    TRY(find(resume, config));
    if (lseek(config->fd, (off_t)resume->intake.position, SEEK_SET) < 0) {
        return outcome_sys(errno, "the file to import");
    }
    report_former(&resume->intake, report);
    return OUTCOME_OK;
}

/* Invariant 2. */
static struct outcome unchanged(const struct resume *resume, const struct import_config *config)
{
    struct stat stat;

    if (fstat(config->fd, &stat) != 0) {
        return outcome_sys(errno, "the file to import");
    }
    bool same = (uint64_t)stat.st_size == resume->intake.size &&
                stat.st_mtim.tv_sec == resume->modified.tv_sec &&
                stat.st_mtim.tv_nsec == resume->modified.tv_nsec;
    return same ? OUTCOME_OK
                : outcome_fail(FAULT_CONFLICT, "the file was changed while it was imported");
}

struct outcome resume_before(struct resume *resume, const struct import_config *config,
                             const struct import_report *report, uint64_t position)
{
    if (!resume->on) {
        return OUTCOME_OK;
    }
    TRY(unchanged(resume, config));
    CHECK(position >= resume->intake.position && position <= resume->intake.size);
    resume->intake.position = position;
    resume->intake.lines = report->lines;
    resume->intake.bad = report->bad;
    return OUTCOME_OK;
}

struct outcome resume_finish(struct resume *resume, const struct import_config *config,
                             const struct import_report *report, uint64_t position)
{
    if (!resume->on) {
        return OUTCOME_OK;
    }
    TRY(resume_before(resume, config, report, position));
    resume->intake.finished = true;
    return registry_intake_put(config->registry, &resume->intake);
}
