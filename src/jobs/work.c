/*
 * Jobs that run.
 *
 * Invariants
 *  1. One frame of lines is with the core at a time, of all jobs together: they take turns.
 *  2. A job whose answers the core owes is not ended, cancelled or aged: what was recorded is kept.
 *  3. A job that must wait for long gives its place to another.
 */
#include "jobs/private.h"

#include "base/check.h"
#include "base/log.h"

#include <string.h>

#define STEPS_MAX 16           /* frames without an ask, in one turn */
#define RETRY_US (US_PER_S)    /* what could not be done is tried again then */
#define BUSY_US 20000          /* likewise, when the core said: later */
#define RATE_US (5 * US_PER_S) /* over which a rate is told */

struct run *work_find(struct jobs *jobs, const struct job *job)
{
    for (unsigned i = 0; i < JOBS_RUNNING_MAX; i++) {
        if (jobs->runs[i].job == job) {
            return &jobs->runs[i];
        }
    }
    return NULL;
}

/* A disk that fails at what was to last cannot be believed any more: what is on it is looked at
 * anew by the next process. */
static void judge(struct jobs *jobs, struct outcome outcome)
{
    if (outcome.fault == FAULT_NO_SPACE || outcome.fault == FAULT_NO_MEMORY) {
        return;
    }
    log_outcome(LOG_LEVEL_ERROR, "job-halted", outcome);
    jobs->failed = true;
}

/* ---- begin ---- */

static struct job *next_waiting(struct jobs *jobs, int64_t now_us)
{
    struct job *next = NULL;

    for (unsigned i = 0; i < JOBS_KEPT_MAX; i++) {
        struct job *job = &jobs->table[i];
        if (job->used && job->state == JOB_WAITING && job->hold_us <= now_us &&
            (next == NULL || job->created_us < next->created_us)) {
            next = job;
        }
    }
    return next;
}

static void begin(struct jobs *jobs, struct run *run, struct job *job)
{
    int64_t now_us = clock_monotonic_us(&jobs->clock);
    struct outcome opened = run_open(run, job, &jobs->store);

    if (outcome_ok(opened)) {
        job->rated_us = now_us;
        job->rated_done = job->tally.done;
        struct outcome moved = table_move(jobs, job, JOB_START);
        CHECK(outcome_ok(moved));
        return;
    }
    log_outcome(LOG_LEVEL_ERROR, "job-not-begun", opened);
    job->hold_us = now_us + RETRY_US;
    if (opened.fault == FAULT_CORRUPT) {
        struct outcome moved = table_move(jobs, job, JOB_FAIL);
        (void)moved; /* else it is tried again */
    }
}

static void begin_some(struct jobs *jobs)
{
    int64_t now_us = clock_monotonic_us(&jobs->clock);

    for (unsigned i = 0; i < JOBS_RUNNING_MAX && !jobs->stopping; i++) {
        struct job *job = jobs->runs[i].job == NULL ? next_waiting(jobs, now_us) : NULL;
        if (job != NULL) {
            begin(jobs, &jobs->runs[i], job);
        }
    }
}

/* ---- end ---- */

struct outcome work_rest(struct jobs *jobs, struct job *job)
{
    struct run *run = work_find(jobs, job);

    if (run == NULL) {
        return OUTCOME_OK;
    }
    if (jobs->flight == run) { /* invariant 2 */
        return outcome_fail(FAULT_BUSY, "answers are owed");
    }
    TRY(run_settle(run));
    run_done(run);
    job->rate = 0;
    return table_move(jobs, job, JOB_PAUSE);
}

/* All its lines are answered, or it cannot go on. */
static void end(struct jobs *jobs, struct run *run)
{
    struct job *job = run->job;
    enum job_event event = run->lost ? JOB_FAIL : JOB_FINISH;
    struct outcome outcome = run_settle(run);

    if (outcome_ok(outcome)) {
        outcome = table_move(jobs, job, event);
    }
    if (!outcome_ok(outcome)) {
        judge(jobs, outcome);
        job->hold_us = clock_monotonic_us(&jobs->clock) + RETRY_US;
        return;
    }
    run_done(run);
    job->rate = 0;
}

/* ---- go on ---- */

static void rate(struct jobs *jobs, struct job *job)
{
    int64_t now_us = clock_monotonic_us(&jobs->clock);
    int64_t span_us = now_us - job->rated_us;

    if (span_us >= RATE_US) {
        uint64_t lines = job->tally.done - job->rated_done;
        job->rate = (uint32_t)(lines * US_PER_S / (uint64_t)span_us);
        job->rated_us = now_us;
        job->rated_done = job->tally.done;
    }
}

/* Invariant 3. */
static void hold(struct jobs *jobs, struct run *run, int64_t wait_us)
{
    struct job *job = run->job;
    int64_t longest_us = (int64_t)JOB_RETRY_S_MAX * US_PER_S; /* a quota may be raised meanwhile */

    wait_us = wait_us < longest_us ? wait_us : longest_us;
    job->hold_us = clock_monotonic_us(&jobs->clock) + wait_us;
    if (wait_us >= (int64_t)JOB_PAUSE_S * US_PER_S) {
        struct outcome rested = work_rest(jobs, job);
        if (!outcome_ok(rested)) {
            judge(jobs, rested);
        }
    }
}

/* The core has said: later. */
static bool held(struct jobs *jobs, struct run *run)
{
    if (!run->held) {
        return false;
    }
    int64_t wait_us = run->wait_s > 0 ? (int64_t)run->wait_s * US_PER_S : BUSY_US;
    run->held = false;
    hold(jobs, run, wait_us);
    return true;
}

/* Its next lines could not be asked. */
static void put_off(struct jobs *jobs, struct run *run, struct outcome outcome)
{
    if (outcome.fault == FAULT_CORRUPT || outcome.fault == FAULT_NOT_FOUND) { /* its list is */
        log_outcome(LOG_LEVEL_ERROR, "job-damaged", outcome);
        run->lost = true;
        return;
    }
    judge(jobs, outcome);
    hold(jobs, run, RETRY_US);
}

/* One step of one run; true when the core owes answers now. */
static bool step(struct jobs *jobs, struct run *run)
{
    unsigned asks = 0;

    if (run->lost || run_is_over(run)) {
        end(jobs, run);
        return false;
    }
    size_t before = jobs->core.out.len;
    struct outcome outcome = run_put(run, &jobs->tools, &jobs->core.out, &asks);
    if (!outcome_ok(outcome)) {
        buf_cut(&jobs->core.out, before);
        put_off(jobs, run, outcome);
        return false;
    }
    rate(jobs, run->job);
    if (asks > 0) {
        jobs->flight = run;
    }
    return asks > 0;
}

static struct run *next_run(struct jobs *jobs, int64_t now_us)
{
    for (unsigned i = 1; i <= JOBS_RUNNING_MAX; i++) {
        unsigned at = (jobs->last + i) % JOBS_RUNNING_MAX;
        struct run *run = &jobs->runs[at];
        if (run->job != NULL && run->job->hold_us <= now_us) {
            jobs->last = at;
            return run;
        }
    }
    return NULL;
}

bool work_turn(struct jobs *jobs)
{
    begin_some(jobs);
    for (unsigned i = 0; i < STEPS_MAX; i++) {
        struct run *run = next_run(jobs, clock_monotonic_us(&jobs->clock));
        if (run == NULL || !jobs->piped || jobs->flight != NULL || jobs->stopping ||
            step(jobs, run)) {
            return false;
        }
    }
    return true;
}

struct outcome work_take(struct jobs *jobs, const struct frame *frame)
{
    struct cursor cursor = cursor_of(frame->payload);
    struct view checkpoint = {0};
    struct answer answer = {0};
    struct run *run = jobs->flight;

    if (run == NULL) {
        return outcome_fail(FAULT_BAD_INPUT, "answers to nobody");
    }
    TRY(frame_get_checkpoint(&cursor, &checkpoint));
    for (unsigned i = 0; i < frame->count; i++) {
        TRY(frame_get_answer(&cursor, checkpoint, &answer));
        struct outcome taken = run_take(run, &answer);
        if (taken.fault == FAULT_BAD_INPUT) {
            return taken;
        }
        if (!outcome_ok(taken)) {
            judge(jobs, taken);
            jobs->failed = true; /* an answer is lost here, and given again to the next process */
            return OUTCOME_OK;
        }
    }
    TRY(cursor_end(&cursor, "answers"));
    if (run->asked == 0) {
        jobs->flight = NULL;
        (void)held(jobs, run);
    }
    return OUTCOME_OK;
}

void work_lost(struct jobs *jobs)
{
    if (jobs->flight != NULL) {
        run_forget(jobs->flight);
        jobs->flight = NULL;
    }
}

int work_wait_ms(const struct jobs *jobs)
{
    int64_t now_us = clock_monotonic_us(&jobs->clock);
    int64_t wait_us = US_PER_S;

    for (unsigned i = 0; i < JOBS_RUNNING_MAX && jobs->flight == NULL && jobs->piped; i++) {
        const struct job *job = jobs->runs[i].job;
        int64_t left_us = job != NULL ? job->hold_us - now_us : wait_us;
        wait_us = left_us < wait_us ? left_us : wait_us;
    }
    return wait_us <= 0 ? 0 : (int)((wait_us + 999) / 1000);
}
