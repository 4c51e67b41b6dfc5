/*
 * Lists of persons that are asked for.
 *
 * Invariants
 *  1. The core knows each list that waits for an officer: of one that comes or goes it is told when
 *     that is durable, and of all when its pipe is new. What it does not hear twice, it hears
 * again.
 *  2. What was refused stays so: the reason is durable before it is shown.
 */
#include "jobs/private.h"

#include "base/log.h"
#include "domain/wish.h"

#include <string.h>

#define RETRY_FULL_S 60

static void set(struct job_wish *wish, struct view text)
{
    *wish = (struct job_wish){.len = (uint16_t)text.len};
    memcpy(wish->bytes, text.data, text.len);
}

struct outcome wish_take(const struct job_asked *asked, struct want *want, struct job_who *who)
{
    struct wish wish;

    if (asked->piece.len > WISH_BYTES_MAX) {
        return outcome_fail(FAULT_BAD_INPUT, "a list that is asked for");
    }
    TRY(wish_get(asked->piece, &wish));
    set(&want->wish, asked->piece);
    memcpy(want->spki, asked->spki, sizeof(want->spki));
    who->service = SERVICE_LIST_EXTRACT;
    who->business = wish.business;
    who->unit = wish.unit;
    who->procedure = wish.procedure;
    who->officer = wish.officer;
    return OUTCOME_OK;
}

/* With the business that the core has found in place of unit and procedure. */
static struct outcome make(struct jobs *jobs, const struct want *want,
                           const struct job_known *known, struct job *ret_job)
{
    struct view asked = view_of(want->wish.bytes, want->wish.len);
    struct job job = {.service = SERVICE_LIST_EXTRACT};
    struct wish wish;
    BUF_AUTO text;

    buf_init(&text, WISH_BYTES_MAX);
    TRY(wish_get(asked, &wish));
    wish.business = known->business;
    wish.unit = wish.procedure = view_of(NULL, 0);
    wish_put(&wish, &text);
    TRY(buf_check(&text));
    set(&job.wish, buf_view(&text));
    random_fill(&jobs->random, job.id, sizeof(job.id));
    memcpy(job.spki, want->spki, sizeof(job.spki));
    job_code_set(&job.account, known->account);
    job_code_set(&job.business, known->business);
    job.key = want->key;
    seal_sha256(asked, job.body);
    job.created_us = clock_wall_us(&jobs->clock);
    *ret_job = job;
    return OUTCOME_OK;
}

/* What its account has by that key already is what it is shown, when it is the same. */
static void show_again(struct jobs *jobs, const struct want *want, const struct job *job,
                       const struct job *asked)
{
    if (memcmp(job->body, asked->body, SEAL_HASH_BYTES) == 0) {
        jobs_show(jobs, &want->asker, job, false);
    } else {
        jobs_refuse(jobs, &want->asker, CODE_IDEMPOTENCY_CONFLICT, 0);
    }
}

void wish_known(struct jobs *jobs, const struct want *want, const struct job_known *known)
{
    struct job *there = table_find_key(jobs, known->account, job_code_view(&want->key));
    struct job asked;
    struct job *job = NULL;

    if (known->business.len == 0) {
        jobs_refuse(jobs, &want->asker, CODE_BUSINESS_NOT_GRANTED, 0);
        return;
    }
    struct outcome outcome = make(jobs, want, known, &asked);
    if (outcome_ok(outcome) && there != NULL) {
        show_again(jobs, want, there, &asked);
        return;
    }
    if (outcome_ok(outcome) && !outcome_ok(table_room(jobs, known->account, true))) {
        jobs_refuse(jobs, &want->asker, CODE_RATE_LIMITED, RETRY_FULL_S);
        return;
    }
    if (outcome_ok(outcome)) {
        outcome = table_add(jobs, &asked, JOB_ASK, &job);
    }
    if (!outcome_ok(outcome)) {
        log_outcome(LOG_LEVEL_WARN, "list-not-asked", outcome);
        jobs_refuse(jobs, &want->asker, CODE_LEDGER_UNAVAILABLE, RETRY_FULL_S);
        return;
    }
    jobs_show(jobs, &want->asker, job, true);
    wish_tell(jobs, job);
}

void wish_tell(struct jobs *jobs, const struct job *job)
{
    struct wish_told told = {.account = job_code_view(&job->account),
                             .created_us = job->created_us};

    if (!jobs->piped) {
        return; /* it will be told with all */
    }
    memcpy(told.id, job->id, sizeof(told.id));
    if (job->state == JOB_ASKED) {
        told.wish = job_wish_view(job);
    }
    jobbing_put_wish(&jobs->core.out, &told);
}

void wishes_tell(struct jobs *jobs)
{
    for (unsigned i = 0; i < JOBS_KEPT_MAX; i++) {
        const struct job *job = &jobs->table[i];
        if (job->used && job->state == JOB_ASKED) {
            wish_tell(jobs, job);
        }
    }
}

struct outcome wish_refused(struct jobs *jobs, const struct frame *frame)
{
    struct wish_told told;

    TRY(jobbing_get_wish(frame, &told));
    struct job *job = table_find(jobs, told.id, told.account);
    if (job == NULL || job->state != JOB_ASKED) {
        return OUTCOME_OK; /* it was withdrawn meanwhile, or is told again */
    }
    job->wish.reason_len = (uint16_t)told.reason.len;
    memcpy(job->wish.reason, told.reason.data, told.reason.len);
    struct outcome moved = table_move(jobs, job, JOB_REFUSE); /* invariant 2 */
    if (!outcome_ok(moved)) { /* the next pipe's core will say it again */
        log_outcome(LOG_LEVEL_WARN, "list-not-refused", moved);
    }
    return OUTCOME_OK;
}
