/*
 * Purpose: what the parts of the process `jobs` know of each other. Private to this folder.
 *
 *   jobs.c     the process: pipes, turns, start, end
 *   table.c    all jobs that there are: found, begun, changed, aged
 *   upload.c   lists that are coming
 *   extract.c  lists of people that the core tells
 *   want.c     what clients want of jobs, once the core has said who they are
 *   page.c     a part of a result in one message
 *   wish.c     lists of persons that are asked for, until an officer has said something
 *   work.c     jobs that run
 *   job.c, file.c, lines.c, seen.c, pack.c, answers.c, run.c, pour.c   one job
 */
#ifndef DANCU_JOBS_PRIVATE_H
#define DANCU_JOBS_PRIVATE_H

#include "jobs/jobs.h"
#include "jobs/pour.h"
#include "jobs/run.h"
#include "proc/extracting.h"

struct edge_end {
    struct pipe_end pipe; /* fd -1: free place */
    uint64_t serial;      /* of the pipe; 0 = never had one */
    bool broken;
};

/* Who asked, to be answered. */
struct asker {
    uint64_t edge; /* serial of its pipe */
    uint64_t tag;  /* the edge's */
};

/* A list that is coming. */
struct upload {
    bool used;
    struct asker asker;
    struct job job; /* not in the table yet */
    struct blocks list;
    struct buf piece; /* of a block */
    struct hasher *hasher;
    bool open;          /* a line has begun */
    bool ended;         /* all of it came */
    bool known;         /* the core has said whose it is ... */
    uint32_t lines_max; /* ... and how long it may be */
};

enum want_phase { WANT_FREE, WANT_WHO, WANT_DROPS };

/* Waits for the core's word, or for its job to come to rest. */
struct want {
    enum want_phase phase;
    uint32_t generation; /* with the place, the tag that the core echoes */
    struct asker asker;
    enum job_verb verb;
    uint8_t id[JOB_ID_BYTES];
    struct job_code key;           /* empty: `id` names the job */
    uint8_t spki[SEAL_HASH_BYTES]; /* JOB_WISH */
    struct job_wish wish;          /* likewise */
    struct job_code account;       /* WANT_DROPS */
    uint32_t line;
    uint32_t bytes;
};

struct pouring {
    bool used;
    struct asker asker;
    struct pour pour;
    uint64_t credit; /* bytes that may go out */
    struct buf text; /* a line, or more, that has not gone out yet ... */
    size_t sent;     /* ... but for so many bytes */
    bool over;       /* it is the last */
};

struct jobs {
    const struct child *child;
    struct clock_port clock;
    struct random_port random;
    struct job_store store;
    int signal_fd;
    bool stopping;
    int64_t stop_us; /* monotonic: ends then at the latest */
    bool piped;
    struct pipe_end core;
    struct edge_end edges[JOB_EDGES_MAX];
    uint64_t edge_serial;
    struct job table[JOBS_KEPT_MAX];
    struct upload uploads[JOB_UPLOADS_MAX];
    struct want wants[JOB_WANTS_MAX];
    struct pouring pours[JOB_POURS_MAX];
    struct run runs[JOBS_RUNNING_MAX]; /* job NULL: free */
    struct run *flight;                /* the core owes it answers; NULL: nobody */
    unsigned last;                     /* run that was in flight last */
    struct run_tools tools;
    int64_t aged_us; /* monotonic: when to look at times again */
    bool failed;     /* a disk that cannot be trusted: the process ends */
};

/* jobs.c */
struct edge_end *edge_find(struct jobs *jobs, uint64_t serial);
/* To whoever asked, if its edge is still there. */
void jobs_tell(struct jobs *jobs, const struct asker *asker, const struct job_told *told);
void jobs_refuse(struct jobs *jobs, const struct asker *asker, enum code code,
                 uint32_t retry_after_s);
void jobs_show(struct jobs *jobs, const struct asker *asker, const struct job *job, bool made);
/* All jobs of an account. */
void jobs_show_all(struct jobs *jobs, const struct asker *asker, struct view account);
void core_lost(struct jobs *jobs, struct outcome why);
/* The process with other folders and clocks, for tests. */
struct outcome jobs_open(struct jobs *jobs, struct child *child, struct clock_port clock,
                         const struct secret *key);
void jobs_close(struct jobs *jobs);

/* table.c */
/* Everything that the folder holds. */
struct outcome table_load(struct jobs *jobs);
/* An account's job; NULL: there is none, whoever asks. */
struct job *table_find(struct jobs *jobs, const uint8_t id[JOB_ID_BYTES], struct view account);
/* The one that its account brought with that key; NULL. */
struct job *table_find_key(struct jobs *jobs, struct view account, struct view key);
/* An account's jobs, the latest first; how many. */
unsigned table_list(const struct jobs *jobs, struct view account,
                    const struct job *ret_jobs[JOBS_PER_ACCOUNT_MAX]);
/* FAULT_OVER_LIMIT: the account, or all together, have as many as they may; `asks`: of lists that
 * are asked for. */
struct outcome table_room(struct jobs *jobs, struct view account, bool asks);
/* Into the table, moved by that event, durable on return. */
struct outcome table_add(struct jobs *jobs, const struct job *job, enum job_event event,
                         struct job **ret_job);
/* Moves a job, durable on return; after a failure it has not moved. */
struct outcome table_move(struct jobs *jobs, struct job *job, enum job_event event);
void table_age(struct jobs *jobs);

/* upload.c */
void upload_open(struct jobs *jobs, const struct asker *asker, const struct job_asked *asked);
void upload_piece(struct jobs *jobs, const struct asker *asker, struct view piece);
void upload_end(struct jobs *jobs, const struct asker *asker);
/* False: it was not an upload that asked. */
bool upload_known(struct jobs *jobs, const struct job_known *known);
void upload_gone(struct jobs *jobs, const struct asker *asker);
/* An edge, or (0) the core, is gone. */
void uploads_lost(struct jobs *jobs, uint64_t edge);

/* extract.c */
/* A list of people that is to be a job; the core is told whether it is. FAULT_BAD_INPUT. */
struct outcome extract_take(struct jobs *jobs, const struct frame *frame);

/* want.c */
void want_ask(struct jobs *jobs, const struct asker *asker, const struct job_asked *asked);
void want_known(struct jobs *jobs, const struct job_known *known);
void wants_lost(struct jobs *jobs, uint64_t edge);
/* Those whose job has come to rest. */
void wants_turn(struct jobs *jobs);
void pour_more(struct jobs *jobs, const struct asker *asker, uint32_t bytes);
void pour_gone(struct jobs *jobs, const struct asker *asker);
void pours_lost(struct jobs *jobs, uint64_t edge);
/* Sends what may be sent; true: there is more to be sent now. */
bool pours_turn(struct jobs *jobs);

/* page.c */
/* Answers by JOB_PAGE_LINES lines of the job, from want->line on. */
void page_tell(struct jobs *jobs, const struct want *want, const struct job *job);

/* wish.c */
/* FAULT_BAD_INPUT: it is none. */
struct outcome wish_take(const struct job_asked *asked, struct want *want, struct job_who *who);
void wish_known(struct jobs *jobs, const struct want *want, const struct job_known *known);
/* Tells the core how it is with a list, or (with the pipe's beginning) with all. */
void wish_tell(struct jobs *jobs, const struct job *job);
void wishes_tell(struct jobs *jobs);
/* The core's word. */
struct outcome wish_refused(struct jobs *jobs, const struct frame *frame);

/* work.c */
/* Begins, asks, ends; true: there is more to be done now. */
bool work_turn(struct jobs *jobs);
struct outcome work_take(struct jobs *jobs, const struct frame *frame);
void work_lost(struct jobs *jobs);
/* The run of a job; NULL: it does not run. */
struct run *work_find(struct jobs *jobs, const struct job *job);
/* Ends its run, with all answers on disk. FAULT_BUSY: the core owes it answers. */
struct outcome work_rest(struct jobs *jobs, struct job *job);
/* Milliseconds until there is something to do. */
int work_wait_ms(const struct jobs *jobs);

#endif
