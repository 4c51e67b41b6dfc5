/*
 * Purpose: the machine's disk with one call that goes wrong, or with a death at one call.
 *
 * Calls that change something (open to create, write, sync, rename, unlink, mkdir, close) and those
 * that only look are all counted, in order. What happens at call number `at`:
 *   FAULTY_ERROR  it fails with `sys` and does nothing
 *   FAULTY_LATE   it is done, and then told as failed with `sys`
 *   FAULTY_SHORT  a write does half (to a sector's end), any other call is as ever; the next write
 *                 fails with `sys`
 *   FAULTY_DEATH  it and every later call do nothing: the process is gone
 */
#ifndef DANCU_TESTS_LEDGER_FAULTY_H
#define DANCU_TESTS_LEDGER_FAULTY_H

#include "base/disk.h"

#include <errno.h>

enum faulty_way { FAULTY_NONE, FAULTY_ERROR, FAULTY_LATE, FAULTY_SHORT, FAULTY_DEATH };

struct faulty {
    struct disk_port port;
    enum faulty_way way;
    uint64_t at; /* 1 = the next call after faulty_arm() */
    int sys;
    uint64_t calls;
    uint64_t syncs;
    bool struck;
    bool write_fails_next;
    bool dead;
};

/* True when the call is to fail before anything is done. */
static inline bool faulty_strikes(struct faulty *faulty, bool is_write, struct outcome *ret_outcome)
{
    faulty->calls++;
    if (faulty->dead) {
        *ret_outcome = outcome_sys(EIO, "dead");
        return true;
    }
    if (is_write && faulty->write_fails_next) {
        faulty->write_fails_next = false;
        *ret_outcome = outcome_sys(faulty->sys, "write");
        return true;
    }
    if (faulty->way == FAULTY_NONE || faulty->calls != faulty->at) {
        return false;
    }
    faulty->struck = true;
    if (faulty->way == FAULTY_DEATH) {
        faulty->dead = true;
        *ret_outcome = outcome_sys(EIO, "dead");
        return true;
    }
    if (faulty->way == FAULTY_ERROR) {
        *ret_outcome = outcome_sys(faulty->sys, "forced");
        return true;
    }
    return false;
}

/* What a call that was done is told as. */
static inline struct outcome faulty_told(struct faulty *faulty, struct outcome outcome)
{
    return faulty->way == FAULTY_LATE && faulty->calls == faulty->at
               ? outcome_sys(faulty->sys, "forced after")
               : outcome;
}

static struct outcome faulty_open(void *context, int dir_fd, const char *path, enum disk_open how,
                                  enum disk_audience audience, int *ret_fd)
{
    struct faulty *faulty = context;
    struct outcome outcome = {0};
    if (faulty_strikes(faulty, false, &outcome)) {
        return outcome;
    }
    outcome = disk_system()->open(NULL, dir_fd, path, how, audience, ret_fd);
    if (outcome_ok(outcome) && faulty->way == FAULTY_LATE && faulty->calls == faulty->at) {
        (void)disk_system()->close(NULL, *ret_fd);
    }
    return faulty_told(faulty, outcome);
}

static struct outcome faulty_close(void *context, int fd)
{
    struct faulty *faulty = context;
    struct outcome outcome = {0};
    bool strikes = faulty_strikes(faulty, false, &outcome);
    struct outcome closed = disk_system()->close(NULL, fd); /* the descriptor is gone anyway */
    return strikes ? outcome : faulty_told(faulty, closed);
}

static struct outcome faulty_read(void *context, int fd, uint64_t offset, void *ret_bytes,
                                  size_t len, size_t *ret_read)
{
    struct faulty *faulty = context;
    struct outcome outcome = {0};
    if (faulty_strikes(faulty, false, &outcome)) {
        return outcome;
    }
    if (faulty->way == FAULTY_SHORT && faulty->calls == faulty->at && len > 1) {
        len /= 2;
    }
    return faulty_told(faulty, disk_system()->read(NULL, fd, offset, ret_bytes, len, ret_read));
}

static struct outcome faulty_write(void *context, int fd, uint64_t offset, const void *bytes,
                                   size_t len, size_t *ret_written)
{
    struct faulty *faulty = context;
    struct outcome outcome = {0};
    if (faulty_strikes(faulty, true, &outcome)) {
        return outcome;
    }
    if (faulty->way == FAULTY_SHORT && faulty->calls == faulty->at) {
        len = len > 1024 ? len / 2 / 512 * 512 : len;
        faulty->write_fails_next = faulty->sys != 0;
    }
    return faulty_told(faulty, disk_system()->write(NULL, fd, offset, bytes, len, ret_written));
}

static struct outcome faulty_sync(void *context, int fd, bool data_only)
{
    struct faulty *faulty = context;
    struct outcome outcome = {0};
    (void)fd;
    (void)data_only;
    faulty->syncs++;
    if (faulty_strikes(faulty, false, &outcome)) {
        return outcome;
    }
    return faulty_told(faulty, OUTCOME_OK); /* nothing here cuts the power: no need to wait */
}

static struct outcome faulty_write_out(void *context, int fd, uint64_t offset, size_t len)
{
    struct faulty *faulty = context;
    struct outcome outcome = {0};
    if (faulty_strikes(faulty, false, &outcome)) {
        return outcome;
    }
    return faulty_told(faulty, disk_system()->write_out(NULL, fd, offset, len));
}

static struct outcome faulty_sync_all(void *context, int dir_fd)
{
    return faulty_sync(context, dir_fd, false);
}

static struct outcome faulty_size(void *context, int fd, uint64_t *ret_bytes)
{
    struct faulty *faulty = context;
    struct outcome outcome = {0};
    if (faulty_strikes(faulty, false, &outcome)) {
        return outcome;
    }
    return faulty_told(faulty, disk_system()->size(NULL, fd, ret_bytes));
}

static struct outcome faulty_rename(void *context, int dir_fd, const char *from, const char *to)
{
    struct faulty *faulty = context;
    struct outcome outcome = {0};
    if (faulty_strikes(faulty, false, &outcome)) {
        return outcome;
    }
    return faulty_told(faulty, disk_system()->rename(NULL, dir_fd, from, to));
}

static struct outcome faulty_unlink(void *context, int dir_fd, const char *path, bool folder)
{
    struct faulty *faulty = context;
    struct outcome outcome = {0};
    if (faulty_strikes(faulty, false, &outcome)) {
        return outcome;
    }
    return faulty_told(faulty, disk_system()->unlink(NULL, dir_fd, path, folder));
}

static struct outcome faulty_mkdir(void *context, int dir_fd, const char *path,
                                   enum disk_audience audience)
{
    struct faulty *faulty = context;
    struct outcome outcome = {0};
    if (faulty_strikes(faulty, false, &outcome)) {
        return outcome;
    }
    return faulty_told(faulty, disk_system()->mkdir(NULL, dir_fd, path, audience));
}

static struct outcome faulty_list(void *context, int dir_fd, const char *path,
                                  struct buf *ret_names)
{
    struct faulty *faulty = context;
    struct outcome outcome = {0};
    if (faulty_strikes(faulty, false, &outcome)) {
        return outcome;
    }
    return faulty_told(faulty, disk_system()->list(NULL, dir_fd, path, ret_names));
}

static struct outcome faulty_lock(void *context, int fd, bool shared)
{
    struct faulty *faulty = context;
    struct outcome outcome = {0};
    if (faulty_strikes(faulty, false, &outcome)) {
        return outcome;
    }
    return faulty_told(faulty, disk_system()->lock(NULL, fd, shared));
}

static inline void faulty_init(struct faulty *faulty)
{
    *faulty = (struct faulty){
        .port =
            {
                .open = faulty_open,
                .close = faulty_close,
                .read = faulty_read,
                .write = faulty_write,
                .sync = faulty_sync,
                .write_out = faulty_write_out,
                .sync_all = faulty_sync_all,
                .size = faulty_size,
                .rename = faulty_rename,
                .unlink = faulty_unlink,
                .mkdir = faulty_mkdir,
                .list = faulty_list,
                .lock = faulty_lock,
                .context = faulty,
            },
    };
}

static inline void faulty_arm(struct faulty *faulty, enum faulty_way way, uint64_t at, int sys)
{
    faulty->way = way;
    faulty->at = at;
    faulty->sys = sys;
    faulty->calls = 0;
    faulty->struck = false;
    faulty->dead = false;
    faulty->write_fails_next = false;
}

#endif
