/*
 * Purpose: the result of a job on its way to who brought the list: NDJSON, a line's answer a line.
 * Private to jobs/.
 */
#ifndef DANCU_JOBS_POUR_H
#define DANCU_JOBS_POUR_H

#include "jobs/answers.h"

/* A block of answers that is being read. */
struct pour_block {
    struct buf text;
    struct cursor cursor;
    uint32_t line;          /* that comes next in it */
    uint32_t end;           /* behind its last */
    struct job_tally tally; /* up to its end */
    struct packing packing;
};

struct pour {
    struct blocks blocks;
    struct pour_block block;
    struct pour_block same; /* where lines stand that others are the same as */
    uint32_t same_number;   /* of its block ... */
    bool same_read;         /* ... when there is one */
    bool list;              /* of people: who is no more to be seen leaves no trace, and ... */
    uint32_t told;          /* ... its lines are counted as they are told */
    uint32_t from;          /* first line that is wanted */
    uint32_t until;         /* last line that there is */
};

/* Of the job's lines from `from` on that have answers. */
struct outcome pour_open(struct pour *pour, const struct job_store *store, const struct job *job,
                         uint32_t from);
void pour_done(struct pour *pour);
/* Appends the next line. FAULT_NOT_FOUND: there is none; FAULT_CORRUPT: it cannot be read. */
struct outcome pour_line(struct pour *pour, struct buf *buf);

#endif
