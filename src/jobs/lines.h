/*
 * Purpose: the lines of a list, one after the other, whatever blocks they lie in. Private to jobs/.
 */
#ifndef DANCU_JOBS_LINES_H
#define DANCU_JOBS_LINES_H

#include "jobs/file.h"

/* Behind a line; where reading goes on. */
struct lines_place {
    uint32_t number; /* of the block */
    uint64_t offset; /* where it stands */
    uint32_t at;     /* in its text */
};

struct lines {
    struct blocks blocks;
    struct lines_place place;
    bool loaded;       /* the block at `place` is in `block` */
    struct buf block;  /* its text */
    struct buf joined; /* a line that lies in several */
};

struct outcome lines_open(struct lines *lines, const struct job_store *store,
                          const uint8_t id[JOB_ID_BYTES]);
void lines_done(struct lines *lines);
/* Goes to a place that lines->place had. */
void lines_seek(struct lines *lines, const struct lines_place *place);
/* The next line without its end, borrowed until the next call; one that is too long has
 * ASK_BODY_BYTES_MAX + 1 bytes. FAULT_NOT_FOUND: there is none. */
struct outcome lines_next(struct lines *lines, struct view *ret_line);

#endif
