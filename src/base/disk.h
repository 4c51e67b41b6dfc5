/*
 * Purpose: files as a port, so that a test can record, fail, tear and reorder what the ledger does
 * to its disk. Every path is relative to a folder's descriptor (the core may be chrooted).
 * Owner: ledger/ writes through it; the machine's own stands in disk.c.
 *
 * A port's calls are single: one call is one system call, which may do less than it was asked for
 * or be interrupted. The disk_...() functions below them repeat what may be repeated (EINTR, short
 * reads and writes) and nothing else: a failed sync is never tried again by anybody.
 *
 * Errors: as outcome_sys() has them; `what` names the call.
 */
#ifndef DANCU_BASE_DISK_H
#define DANCU_BASE_DISK_H

#include "base/bytes.h"

/* How a file is opened. */
enum disk_open {
    DISK_OPEN_READ,   /* must be there */
    DISK_OPEN_WRITE,  /* must be there; read and write */
    DISK_OPEN_CREATE, /* read and write, made or emptied */
    DISK_OPEN_FOLDER, /* must be a folder */
    DISK_OPEN_COUNT
};

/* Who may read what is made here, whatever the process's umask is. */
enum disk_audience { DISK_PRIVATE, DISK_PUBLIC };

struct disk_port {
    struct outcome (*open)(void *context, int dir_fd, const char *path, enum disk_open how,
                           enum disk_audience audience, int *ret_fd);
    /* A failed close means that what was written may not be there. */
    struct outcome (*close)(void *context, int fd);
    struct outcome (*read)(void *context, int fd, uint64_t offset, void *ret_bytes, size_t len,
                           size_t *ret_read);
    struct outcome (*write)(void *context, int fd, uint64_t offset, const void *bytes, size_t len,
                            size_t *ret_written);
    struct outcome (*sync)(void *context, int fd, bool data_only);
    /* The disk may begin with what was written there, which a sync will wait for; advice, and NULL
     * where there is none to be given. */
    void (*begin)(void *context, int fd, uint64_t offset, size_t len);
    /* What stands there will be read soon; advice, and may be NULL, too. */
    void (*expect)(void *context, int fd, uint64_t offset, size_t len);
    /* What was written there goes out now and is waited for, but is not durable before a sync; NULL
     * where that sync does it all. An error of it may be told here and to no sync any more. */
    struct outcome (*write_out)(void *context, int fd, uint64_t offset, size_t len);
    /* Everything that was written to the file system that holds this folder. */
    struct outcome (*sync_all)(void *context, int dir_fd);
    struct outcome (*size)(void *context, int fd, uint64_t *ret_bytes);
    struct outcome (*rename)(void *context, int dir_fd, const char *from, const char *to);
    struct outcome (*unlink)(void *context, int dir_fd, const char *path, bool folder);
    struct outcome (*mkdir)(void *context, int dir_fd, const char *path,
                            enum disk_audience audience);
    /* Appends each name in the folder, ended by a NUL byte; `.` and `..` are left out. */
    struct outcome (*list)(void *context, int dir_fd, const char *path, struct buf *ret_names);
    /* FAULT_BUSY when another open file holds it; let go when the file is closed. */
    struct outcome (*lock)(void *context, int fd, bool shared);
    /* Bytes free in the file system that holds this folder; NULL: nobody knows. */
    struct outcome (*room)(void *context, int dir_fd, uint64_t *ret_bytes);
    void *context;
};

/* The machine's. */
const struct disk_port *disk_system(void);

/* A number that is no descriptor, for files that are not open. */
#define DISK_CLOSED (-1)

struct outcome disk_open(const struct disk_port *disk, int dir_fd, const char *path,
                         enum disk_open how, enum disk_audience audience, int *ret_fd);
/* Closes *fd and sets it to DISK_CLOSED; accepts DISK_CLOSED. */
struct outcome disk_close(const struct disk_port *disk, int *fd);
/* Reads until `len` bytes or the end of the file. */
struct outcome disk_read(const struct disk_port *disk, int fd, uint64_t offset, void *ret_bytes,
                         size_t len, size_t *ret_read);
/* Writes all; what is on disk after a failure is unknown, *ret_written (always set) tells how far
 * it came. */
struct outcome disk_write(const struct disk_port *disk, int fd, uint64_t offset, struct view bytes,
                          size_t *ret_written);
struct outcome disk_sync(const struct disk_port *disk, int fd, bool data_only);
void disk_begin(const struct disk_port *disk, int fd, uint64_t offset, size_t len);
void disk_expect(const struct disk_port *disk, int fd, uint64_t offset, size_t len);
/* Ahead of a sync of much: done piece by piece, it leaves the sync nearly nothing, and who syncs
 * something else meanwhile does not wait behind all of it. A failure is that of the sync. */
struct outcome disk_write_out(const struct disk_port *disk, int fd, uint64_t offset, size_t len);
/* Opens a folder, syncs it, closes it. */
struct outcome disk_sync_folder(const struct disk_port *disk, int dir_fd, const char *path);
struct outcome disk_sync_all(const struct disk_port *disk, int dir_fd);
struct outcome disk_size(const struct disk_port *disk, int fd, uint64_t *ret_bytes);
struct outcome disk_rename(const struct disk_port *disk, int dir_fd, const char *from,
                           const char *to);
/* Ok when it is not there. */
struct outcome disk_remove(const struct disk_port *disk, int dir_fd, const char *path, bool folder);
/* Ok when it is there. */
struct outcome disk_mkdir(const struct disk_port *disk, int dir_fd, const char *path,
                          enum disk_audience audience);
struct outcome disk_list(const struct disk_port *disk, int dir_fd, const char *path,
                         struct buf *ret_names);
/* Walks the names of disk_list(): start with *at = 0; NULL at the end. */
const char *disk_next_name(const struct buf *names, size_t *at);
struct outcome disk_lock(const struct disk_port *disk, int fd, bool shared);
/* FAULT_NO_SPACE when there is less room than that; ok where nobody knows. Asked before much is
 * written: who writes until nothing is left takes the room that others need. */
struct outcome disk_has_room(const struct disk_port *disk, int dir_fd, uint64_t bytes);

/* A whole file. FAULT_OVER_LIMIT when it does not fit the buf. */
struct outcome disk_load(const struct disk_port *disk, int dir_fd, const char *path,
                         struct buf *ret_bytes);
/* A new content at once: into the file `temporary` beside it, then renamed. With `durable` the
 * content is synced before the rename (not the folder: the name itself may still be lost). */
struct outcome disk_replace(const struct disk_port *disk, int dir_fd, const char *path,
                            const char *temporary, enum disk_audience audience, struct view bytes,
                            bool durable);

#endif
