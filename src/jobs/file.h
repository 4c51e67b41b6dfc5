/*
 * Purpose: a job's files as sealed blocks, one behind the other: u32 length, then that many sealed
 * bytes (nonce, text, tag), bound to job, file and number. A file is written by one process and
 * grows at its end alone; what a crash left behind the last whole block is cut off.
 * Private to jobs/.
 */
#ifndef DANCU_JOBS_FILE_H
#define DANCU_JOBS_FILE_H

#include "jobs/job.h"

enum job_file {
    JOB_FILE_HEAD,
    JOB_FILE_TEMPORARY, /* the next head */
    JOB_FILE_LIST,      /* as it was brought */
    JOB_FILE_ANSWERS,
    JOB_FILE_COUNT
};

#define JOB_PATH_BYTES (2 * JOB_ID_BYTES + 16)
#define JOB_PLACE_BYTES (JOB_ID_BYTES + 16)

void job_path(const uint8_t id[JOB_ID_BYTES], enum job_file file, char ret_path[JOB_PATH_BYTES]);
/* The job whose head has that name; false: it is none's. */
bool job_path_get(const char *name, uint8_t ret_id[JOB_ID_BYTES], enum job_file *ret_file);
/* The associated data of a block; borrows from ret_place. */
struct view job_place(const uint8_t id[JOB_ID_BYTES], enum job_file file, uint32_t number,
                      uint8_t ret_place[JOB_PLACE_BYTES]);

struct blocks {
    const struct job_store *store;
    uint8_t id[JOB_ID_BYTES];
    enum job_file file;
    int fd;            /* DISK_CLOSED: not open */
    uint32_t number;   /* of the block that is written or read next ... */
    uint64_t offset;   /* ... and where it stands */
    struct buf sealed; /* one block */
};

/* A new file, which is empty. */
struct outcome blocks_create(struct blocks *blocks, const struct job_store *store,
                             const uint8_t id[JOB_ID_BYTES], enum job_file file);
/* One that is there, at its first block; `writes`: it will be appended to. */
struct outcome blocks_open(struct blocks *blocks, const struct job_store *store,
                           const uint8_t id[JOB_ID_BYTES], enum job_file file, bool writes);
/* Accepts one that was never opened, if it is zeroed and fd is DISK_CLOSED. */
void blocks_done(struct blocks *blocks);
/* Goes to a place that blocks->number and blocks->offset had. */
void blocks_seek(struct blocks *blocks, uint32_t number, uint64_t offset);
/* The next block's text, appended. FAULT_NOT_FOUND: there is no whole one; FAULT_CORRUPT: it does
 * not open. Then the place stays. */
struct outcome blocks_read(struct blocks *blocks, struct buf *ret_plain);
/* Goes behind the next block, which is not opened. FAULT_NOT_FOUND, FAULT_CORRUPT likewise. */
struct outcome blocks_skip(struct blocks *blocks);
/* Not synced. After a failure the place stays: it can be tried again. */
struct outcome blocks_append(struct blocks *blocks, struct view plain);
struct outcome blocks_sync(struct blocks *blocks);

#endif
