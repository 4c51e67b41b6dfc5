/*
 * Purpose: a job that runs: lines become asks, answers become lines of its result. Private to
 * jobs/.
 */
#ifndef DANCU_JOBS_RUN_H
#define DANCU_JOBS_RUN_H

#include "base/memory.h"
#include "channel/json/ask_json.h"
#include "jobs/answers.h"
#include "jobs/seen.h"

/* A line that has no answer yet. */
struct run_item {
    uint32_t line;
    uint32_t same; /* the line that it is the same as; itself: it is new */
    bool faulty;   /* it is no ask: its text is `invalid_params` */
    uint32_t from; /* of its text, in run->texts: the ask as in a frame, unless faulty */
    uint32_t len;
    struct lines_place place; /* behind it */
};

struct run {
    struct job *job;
    struct lines lines;
    struct answers answers;
    struct seen seen;
    struct run_item items[JOB_FRAME_LINES];
    struct buf texts;
    unsigned count;  /* items ... */
    unsigned at;     /* ... of which so many have their answers */
    unsigned asked;  /* answers that the core owes */
    bool held;       /* a line is to be asked again */
    uint32_t wait_s; /* before that; 0: at once */
    bool lost; /* it cannot go on: its key is nobody's any more, its list damaged, or, of a list of
                  people, a line refused: so would be all behind it */
    bool unwritten; /* the disk has no room for the block in hand */
    uint32_t next;  /* line that is read next */
};

/* Goes on where the job stood. FAULT_CORRUPT: its files are damaged. */
struct outcome run_open(struct run *run, struct job *job, const struct job_store *store);
void run_done(struct run *run);

/* A line of a list of people becomes an ask, which borrows from it and from ret_key (extract.c).
 * FAULT_CORRUPT. */
struct outcome extract_get_line(struct view text, const struct job *job,
                                uint8_t ret_key[ASK_PERSON_KEY_BYTES], struct ask *ret_ask);

/* What run_put() parses with. */
struct run_tools {
    uint8_t key[ASK_PERSON_KEY_BYTES]; /* of the person whom a line of a list is about */
    struct arena arena;
    struct ask_faults faults;
};
/* Answers what needs no asking, and appends a frame of lines that do (FRAME_JOB_LINES): at most
 * JOB_FRAME_LINES. *ret_asks: how many; 0 with run_is_over() false: there is more to be done.
 * FAULT_NO_SPACE: the disk is full, nothing was lost. */
struct outcome run_put(struct run *run, struct run_tools *tools, struct buf *buf,
                       unsigned *ret_asks);
/* One of the answers that are owed. FAULT_BAD_INPUT: it is to no line that was asked. */
struct outcome run_take(struct run *run, const struct answer *answer);
/* The core is gone: what it owed is to be asked again. */
void run_forget(struct run *run);
/* Every line has its answer. */
bool run_is_over(const struct run *run);
/* All answers are on disk and synced. */
struct outcome run_settle(struct run *run);

#endif
