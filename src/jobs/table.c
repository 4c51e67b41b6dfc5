/*
 * All jobs that there are.
 *
 * Invariants
 *  1. What stands in the table stands in the folder; a file without a head is nobody's and goes.
 *  2. Another account's job is found as little as one that is not there, in the same steps.
 */
#include "jobs/private.h"

#include "base/check.h"
#include "base/log.h"

#include <string.h>

#define NAMES_BYTES_MAX (JOBS_KEPT_MAX * JOB_FILE_COUNT * JOB_PATH_BYTES)

/* How long a job may be in the state that it comes to. */
static int64_t span_us(enum job_state state)
{
    bool ends = state == JOB_WAITING || state == JOB_RUNNING || state == JOB_ASKED;
    int64_t days = state == JOB_EXPIRED ? JOB_FORGET_DAYS : ends ? JOB_RUN_DAYS : JOB_KEEP_DAYS;

    return days * S_PER_DAY * US_PER_S;
}

static struct job *free_job(struct jobs *jobs)
{
    for (unsigned i = 0; i < JOBS_KEPT_MAX; i++) {
        if (!jobs->table[i].used) {
            return &jobs->table[i];
        }
    }
    return NULL;
}

/* Invariant 2: every place is compared. */
struct job *table_find(struct jobs *jobs, const uint8_t id[JOB_ID_BYTES], struct view account)
{
    struct job *found = NULL;

    for (unsigned i = 0; i < JOBS_KEPT_MAX; i++) {
        struct job *job = &jobs->table[i];
        bool same = seal_equal(job->id, id, JOB_ID_BYTES);
        bool own = view_equal(job_code_view(&job->account), account);
        if (job->used && same && own) {
            found = job;
        }
    }
    return found;
}

struct job *table_find_key(struct jobs *jobs, struct view account, struct view key)
{
    for (unsigned i = 0; i < JOBS_KEPT_MAX; i++) {
        struct job *job = &jobs->table[i];
        if (job->used && key.len > 0 && view_equal(job_code_view(&job->key), key) &&
            view_equal(job_code_view(&job->account), account)) {
            return job;
        }
    }
    return NULL;
}

unsigned table_list(const struct jobs *jobs, struct view account,
                    const struct job *ret_jobs[JOBS_PER_ACCOUNT_MAX])
{
    unsigned count = 0;

    for (unsigned i = 0; i < JOBS_KEPT_MAX && count < JOBS_PER_ACCOUNT_MAX; i++) {
        const struct job *job = &jobs->table[i];
        if (!job->used || !view_equal(job_code_view(&job->account), account)) {
            continue;
        }
        unsigned at = count++;
        for (; at > 0 && ret_jobs[at - 1]->created_us < job->created_us; at--) {
            ret_jobs[at] = ret_jobs[at - 1];
        }
        ret_jobs[at] = job;
    }
    return count;
}

struct outcome table_room(struct jobs *jobs, struct view account, bool asks)
{
    unsigned active = 0;
    unsigned asked = 0;
    unsigned kept = 0;

    for (unsigned i = 0; i < JOBS_KEPT_MAX; i++) {
        const struct job *job = &jobs->table[i];
        bool own = job->used && view_equal(job_code_view(&job->account), account);
        kept += own ? 1 : 0;
        active += own && job_is_active(job) ? 1 : 0;
        asked += own && job->state == JOB_ASKED ? 1 : 0;
    }
    for (unsigned i = 0; i < JOB_UPLOADS_MAX; i++) {
        const struct upload *upload = &jobs->uploads[i];
        bool own = upload->used && upload->known &&
                   view_equal(job_code_view(&upload->job.account), account);
        active += own ? 1 : 0;
    }
    bool many = asks ? asked >= JOBS_ASKED_PER_ACCOUNT_MAX : active >= JOBS_ACTIVE_PER_ACCOUNT_MAX;
    bool full = free_job(jobs) == NULL || kept >= JOBS_PER_ACCOUNT_MAX || many;
    return full ? outcome_fail(FAULT_OVER_LIMIT, "jobs of an account") : OUTCOME_OK;
}

struct outcome table_add(struct jobs *jobs, const struct job *job, enum job_event event,
                         struct job **ret_job)
{
    struct job *place = free_job(jobs);
    struct job whole = *job;

    if (place == NULL) {
        return outcome_fail(FAULT_OVER_LIMIT, "jobs");
    }
    CHECK(job_move(&whole, event));
    whole.used = true;
    whole.until_us = clock_wall_us(&jobs->clock) + span_us(whole.state);
    job_note(&whole, clock_wall_us(&jobs->clock));
    TRY(job_save(&jobs->store, &whole));
    *place = whole;
    *ret_job = place;
    return OUTCOME_OK;
}

struct outcome table_move(struct jobs *jobs, struct job *job, enum job_event event)
{
    struct job next = *job;
    bool turns = event == JOB_START || event == JOB_PAUSE;

    if (!job_move(&next, event)) {
        return outcome_fail(FAULT_CONFLICT, "state of a job");
    }
    job_note(&next, clock_wall_us(&jobs->clock));
    if (!turns) { /* whose turn it is needs not to be kept: a start begins anew */
        next.until_us = clock_wall_us(&jobs->clock) + span_us(next.state);
        TRY(job_save(&jobs->store, &next));
        log_line(LOG_LEVEL_INFO, "job-moved", "state=%s lines=%u done=%u",
                 job_state_name(next.state), next.lines, next.tally.done);
    }
    bool asked = job->state == JOB_ASKED;
    *job = next;
    if (asked) {
        wish_tell(jobs, job);
    }
    if (job->state == JOB_EXPIRED) {
        return job_remove(&jobs->store, job->id, false);
    }
    return OUTCOME_OK;
}

/* What cannot be done now is tried again the next time. */
static struct outcome age(struct jobs *jobs, struct job *job)
{
    if (job->state == JOB_EXPIRED) {
        TRY(job_remove(&jobs->store, job->id, true));
        *job = (struct job){.used = false};
        return OUTCOME_OK;
    }
    TRY(work_rest(jobs, job));
    return table_move(jobs, job, JOB_AGE);
}

void table_age(struct jobs *jobs)
{
    int64_t now_us = clock_wall_us(&jobs->clock);

    for (unsigned i = 0; i < JOBS_KEPT_MAX; i++) {
        struct job *job = &jobs->table[i];
        if (job->used && now_us >= job->until_us) {
            struct outcome outcome = age(jobs, job);
            if (!outcome_ok(outcome) && outcome.fault != FAULT_BUSY) {
                log_outcome(LOG_LEVEL_WARN, "job-not-aged", outcome);
            }
        }
    }
}

/* ---- the start ---- */

static struct outcome take_head(struct jobs *jobs, const uint8_t id[JOB_ID_BYTES])
{
    struct job *place = free_job(jobs);
    struct job job = {0};

    if (place == NULL) {
        log_line(LOG_LEVEL_ERROR, "job-not-taken", "why=\"there are too many\"");
        return OUTCOME_OK;
    }
    struct outcome loaded = job_load(&jobs->store, id, &job);
    if (loaded.fault == FAULT_CORRUPT || loaded.fault == FAULT_OVER_LIMIT) {
        log_outcome(LOG_LEVEL_ERROR, "job-damaged", loaded); /* it stays as it is */
        return OUTCOME_OK;
    }
    TRY(loaded);
    if (job.state == JOB_EXPIRED) {
        TRY(job_remove(&jobs->store, id, false));
    }
    *place = job;
    return OUTCOME_OK;
}

static bool has_head(struct jobs *jobs, const uint8_t id[JOB_ID_BYTES])
{
    char path[JOB_PATH_BYTES];
    int fd = DISK_CLOSED;

    job_path(id, JOB_FILE_HEAD, path);
    struct outcome there =
        disk_open(jobs->store.disk, jobs->store.folder_fd, path, DISK_OPEN_READ, DISK_PRIVATE, &fd);
    struct outcome closed = disk_close(jobs->store.disk, &fd);
    (void)closed;
    return there.fault != FAULT_NOT_FOUND;
}

static struct outcome take_name(struct jobs *jobs, const char *name, bool heads)
{
    uint8_t id[JOB_ID_BYTES];
    enum job_file file = JOB_FILE_COUNT;

    if (!job_path_get(name, id, &file)) {
        return OUTCOME_OK;
    }
    if (heads) {
        return file == JOB_FILE_HEAD ? take_head(jobs, id) : OUTCOME_OK;
    }
    bool goes = file == JOB_FILE_TEMPORARY || (file != JOB_FILE_HEAD && !has_head(jobs, id));
    return goes ? disk_remove(jobs->store.disk, jobs->store.folder_fd, name, false) : OUTCOME_OK;
}

/* The heads, or what is left of jobs that have none (invariant 1). */
static struct outcome take_names(struct jobs *jobs, const struct buf *names, bool heads)
{
    size_t at = 0;

    for (const char *name = disk_next_name(names, &at); name != NULL;
         name = disk_next_name(names, &at)) {
        TRY(take_name(jobs, name, heads));
    }
    return OUTCOME_OK;
}

struct outcome table_load(struct jobs *jobs)
{
    BUF_AUTO names;

    buf_init(&names, NAMES_BYTES_MAX);
    TRY(disk_list(jobs->store.disk, jobs->store.folder_fd, ".", &names));
    TRY(buf_check(&names));
    TRY(take_names(jobs, &names, true));
    TRY(take_names(jobs, &names, false));
    for (unsigned i = 0; i < JOBS_KEPT_MAX; i++) {
        struct job *job = &jobs->table[i];
        if (job->used && job->state == JOB_RUNNING) {
            CHECK(job_move(job, JOB_PAUSE));
        }
    }
    return OUTCOME_OK;
}
