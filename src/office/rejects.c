/*
 * The reject file.
 *
 * Invariants
 *  1. It is written in the order of the lines, and only behind what is known to be there: a run
 *     that was cut off is cut back to the end of what its chunks cover, so no line is told twice.
 *  2. Nothing of a line's content is in it.
 */
#include "office/resume.h"

#include "base/disk.h"

#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

#define TEXT_BYTES_MAX (256u << 10)
#define LINE_BYTES_MAX 512

struct outcome rejects_open(struct rejects *rejects, int fd, uint64_t bytes)
{
    struct stat stat;

    *rejects = (struct rejects){.fd = fd, .bytes = bytes, .synced = bytes};
    buf_init(&rejects->text, TEXT_BYTES_MAX);
    if (fd == 0) {
        return OUTCOME_OK;
    }
    if (fstat(fd, &stat) != 0) {
        return outcome_sys(errno, "reject file");
    }
    if (!S_ISREG(stat.st_mode) || (uint64_t)stat.st_size < bytes) {
        return outcome_fail(FAULT_CONFLICT, "the reject file is not the one that was begun");
    }
    if (ftruncate(fd, (off_t)bytes) != 0) { /* invariant 1 */
        return outcome_sys(errno, "reject file");
    }
    return OUTCOME_OK;
}

static struct outcome write_out(struct rejects *rejects)
{
    uint64_t offset = rejects->bytes - rejects->text.len;
    size_t written = 0;

    TRY(disk_write(disk_system(), rejects->fd, offset, buf_view(&rejects->text), &written));
    buf_reset(&rejects->text);
    return OUTCOME_OK;
}

struct outcome rejects_add(struct rejects *rejects, uint64_t line, const struct person_fault *fault)
{
    if (rejects->fd == 0) {
        return OUTCOME_OK;
    }
    if (rejects->text.len > TEXT_BYTES_MAX - LINE_BYTES_MAX) {
        TRY(write_out(rejects));
    }
    size_t before = rejects->text.len;
    buf_printf(&rejects->text, "%" PRIu64 "\t%zu\t%s\n", line, fault->column, fault->reason);
    TRY(buf_check(&rejects->text));
    rejects->bytes += rejects->text.len - before;
    return OUTCOME_OK;
}

struct outcome rejects_sync(struct rejects *rejects)
{
    if (rejects->fd == 0 || rejects->synced == rejects->bytes) {
        return OUTCOME_OK;
    }
    TRY(write_out(rejects));
    TRY(disk_sync(disk_system(), rejects->fd, true));
    rejects->synced = rejects->bytes;
    return OUTCOME_OK;
}

void rejects_done(struct rejects *rejects)
{
    buf_done(&rejects->text);
}
