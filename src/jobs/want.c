/*
 * What clients want of their jobs.
 *
 * Invariants
 *  1. Nothing is looked for before the core has said whose key it is.
 *  2. An account finds its own jobs; of any other, and of none, it hears the same.
 *  3. Of a result no more goes out than the client has room for, and a part of one turn's time.
 */
#include "jobs/private.h"

#include "base/check.h"
#include "base/log.h"

#include <string.h>

#define POUR_PIECE_BYTES (32u << 10)
#define POUR_TEXT_BYTES_MAX (2u * HTTP_RESPONSE_BYTES_MAX)
#define RETRY_S 1

static uint64_t tag_of(const struct jobs *jobs, const struct want *want)
{
    return (uint64_t)want->generation << 16 | (uint64_t)(want - jobs->wants);
}

static void free_want(struct want *want)
{
    *want = (struct want){.generation = want->generation};
}

void want_ask(struct jobs *jobs, const struct asker *asker, const struct job_asked *asked)
{
    struct want *want = NULL;

    for (unsigned i = 0; i < JOB_WANTS_MAX && want == NULL; i++) {
        want = jobs->wants[i].phase == WANT_FREE ? &jobs->wants[i] : NULL;
    }
    if (want == NULL || !jobs->piped) {
        jobs_refuse(jobs, asker, jobs->piped ? CODE_RATE_LIMITED : CODE_LEDGER_UNAVAILABLE,
                    RETRY_S);
        return;
    }
    *want = (struct want){.phase = WANT_WHO,
                          .generation = (want->generation + 1) & INT32_MAX,
                          .asker = *asker,
                          .verb = asked->verb,
                          .line = asked->line,
                          .bytes = asked->bytes};
    memcpy(want->id, asked->id, sizeof(want->id));
    struct job_who who = {.tag = tag_of(jobs, want)};
    if (asked->verb == JOB_WISH && !outcome_ok(wish_take(asked, want, &who))) {
        free_want(want);
        jobs_refuse(jobs, asker, CODE_BAD_REQUEST, 0);
        return;
    }
    job_code_set(&want->key, asked->key);
    memcpy(who.spki, asked->spki, sizeof(who.spki));
    jobbing_put_who(&jobs->core.out, &who);
}

/* ---- the result ---- */

static void pour_end(struct pouring *pouring)
{
    pour_done(&pouring->pour);
    buf_wipe_done(&pouring->text);
    *pouring = (struct pouring){.used = false, .pour.blocks.fd = DISK_CLOSED};
}

static struct pouring *pour_find(struct jobs *jobs, const struct asker *asker)
{
    for (unsigned i = 0; i < JOB_POURS_MAX; i++) {
        struct pouring *pouring = &jobs->pours[i];
        if (pouring->used && pouring->asker.edge == asker->edge &&
            pouring->asker.tag == asker->tag) {
            return pouring;
        }
    }
    return NULL;
}

static void pour_begin(struct jobs *jobs, const struct want *want, const struct job *job)
{
    struct pouring *pouring = NULL;
    const struct job_told pours = {.tag = want->asker.tag, .saying = JOB_POURS};

    for (unsigned i = 0; i < JOB_POURS_MAX && pouring == NULL; i++) {
        pouring = jobs->pours[i].used ? NULL : &jobs->pours[i];
    }
    if (!job_has_result(job)) {
        jobs_refuse(jobs, &want->asker, CODE_JOB_NOT_READY, 0);
        return;
    }
    if (pouring == NULL) {
        jobs_refuse(jobs, &want->asker, CODE_RATE_LIMITED, RETRY_S);
        return;
    }
    struct outcome opened = pour_open(&pouring->pour, &jobs->store, job, want->line);
    if (opened.fault == FAULT_NOT_FOUND && job->tally.done == 0) { /* it had not begun */
        opened = OUTCOME_OK;
    }
    pouring->used = true;
    if (!outcome_ok(opened)) {
        log_outcome(LOG_LEVEL_ERROR, "job-result", opened);
        pour_end(pouring);
        jobs_refuse(jobs, &want->asker, CODE_INTERNAL, 0);
        return;
    }
    buf_init(&pouring->text, POUR_TEXT_BYTES_MAX);
    pouring->asker = want->asker;
    pouring->credit = want->bytes;
    jobs_tell(jobs, &want->asker, &pours);
}

void pour_more(struct jobs *jobs, const struct asker *asker, uint32_t bytes)
{
    struct pouring *pouring = pour_find(jobs, asker);

    if (pouring != NULL) {
        pouring->credit += bytes;
    }
}

void pour_gone(struct jobs *jobs, const struct asker *asker)
{
    struct pouring *pouring = pour_find(jobs, asker);

    if (pouring != NULL) {
        pour_end(pouring);
    }
}

void pours_lost(struct jobs *jobs, uint64_t edge)
{
    for (unsigned i = 0; i < JOB_POURS_MAX; i++) {
        if (jobs->pours[i].used && jobs->pours[i].asker.edge == edge) {
            pour_end(&jobs->pours[i]);
        }
    }
}

/* Lines until there is a piece of them, or the end. */
static struct outcome gather(struct pouring *pouring)
{
    while (!pouring->over && pouring->text.len - pouring->sent < POUR_PIECE_BYTES) {
        if (pouring->sent > 0) {
            buf_consume(&pouring->text, pouring->sent);
            pouring->sent = 0;
        }
        struct outcome outcome = pour_line(&pouring->pour, &pouring->text);
        if (outcome.fault == FAULT_NOT_FOUND) {
            pouring->over = true;
            return OUTCOME_OK;
        }
        TRY(outcome);
    }
    return OUTCOME_OK;
}

static void tell_end(struct jobs *jobs, struct pouring *pouring, enum job_saying saying)
{
    const struct job_told told = {.tag = pouring->asker.tag, .saying = saying};
    struct asker asker = pouring->asker;

    pour_end(pouring);
    jobs_tell(jobs, &asker, &told);
}

static void pour_turn(struct jobs *jobs, struct pouring *pouring)
{
    struct outcome outcome = gather(pouring);

    if (!outcome_ok(outcome)) {
        log_outcome(LOG_LEVEL_ERROR, "job-result", outcome);
        tell_end(jobs, pouring, JOB_BROKEN);
        return;
    }
    size_t left = pouring->text.len - pouring->sent;
    size_t len = left < POUR_PIECE_BYTES ? left : POUR_PIECE_BYTES;
    len = len < pouring->credit ? len : (size_t)pouring->credit;
    const struct job_told told = {
        .tag = pouring->asker.tag,
        .saying = JOB_POUR,
        .piece = view_part(buf_view(&pouring->text), pouring->sent, len),
    };
    if (len > 0) {
        jobs_tell(jobs, &pouring->asker, &told);
        pouring->sent += len;
        pouring->credit -= len;
    }
    if (pouring->over && pouring->sent == pouring->text.len) {
        tell_end(jobs, pouring, JOB_POURED);
    }
}

/* Invariant 3. */
static bool may_pour(struct jobs *jobs, const struct pouring *pouring)
{
    const struct edge_end *edge = pouring->used ? edge_find(jobs, pouring->asker.edge) : NULL;

    return edge != NULL && pouring->credit > 0 &&
           pipe_pending(&edge->pipe) < PIPE_QUEUE_BYTES_MAX / 4;
}

bool pours_turn(struct jobs *jobs)
{
    bool more = false;

    for (unsigned i = 0; i < JOB_POURS_MAX; i++) {
        if (may_pour(jobs, &jobs->pours[i])) {
            pour_turn(jobs, &jobs->pours[i]);
            more = more || may_pour(jobs, &jobs->pours[i]);
        }
    }
    return more;
}

/* ---- the rest ---- */

/* Cancels, or forgets what has ended. False: it has to come to rest first. */
static bool drop(struct jobs *jobs, const struct want *want, struct job *job)
{
    struct outcome outcome = work_rest(jobs, job);

    if (outcome.fault == FAULT_BUSY) {
        return false;
    }
    if (outcome_ok(outcome)) {
        outcome = table_move(jobs, job, JOB_STOP);
    }
    if (outcome_ok(outcome) && want->verb == JOB_FORGET && job->state == JOB_CANCELLED) {
        outcome = table_move(jobs, job, JOB_STOP);
    }
    if (outcome.fault == FAULT_CONFLICT) { /* it is forgotten already */
        outcome = OUTCOME_OK;
    }
    if (outcome_ok(outcome)) {
        jobs_show(jobs, &want->asker, job, false);
    } else {
        log_outcome(LOG_LEVEL_WARN, "job-not-dropped", outcome);
        jobs_refuse(jobs, &want->asker, CODE_LEDGER_UNAVAILABLE, RETRY_S);
    }
    return true;
}

static struct job *find(struct jobs *jobs, const struct want *want, struct view account)
{
    return want->key.len > 0 ? table_find_key(jobs, account, job_code_view(&want->key))
                             : table_find(jobs, want->id, account);
}

void want_known(struct jobs *jobs, const struct job_known *known)
{
    uint64_t place = known->tag & UINT16_MAX;
    struct want *want = place < JOB_WANTS_MAX ? &jobs->wants[place] : NULL;

    if (want == NULL || want->phase != WANT_WHO || tag_of(jobs, want) != known->tag) {
        return; /* its edge is gone */
    }
    if (known->code != CODE_DISCLOSED) {
        jobs_refuse(jobs, &want->asker, known->code, known->retry_after_s);
        free_want(want);
        return;
    }
    struct job *job = find(jobs, want, known->account); /* invariants 1 and 2 */
    if (want->verb == JOB_WISH) {
        wish_known(jobs, want, known);
    } else if (want->verb == JOB_LIST) {
        jobs_show_all(jobs, &want->asker, known->account);
    } else if (job == NULL) {
        jobs_refuse(jobs, &want->asker, CODE_NOT_FOUND, 0);
    } else if (want->verb == JOB_SHOW) {
        jobs_show(jobs, &want->asker, job, false);
    } else if ((want->verb == JOB_RESULT || want->verb == JOB_PAGE) && job->state == JOB_EXPIRED) {
        jobs_refuse(jobs, &want->asker, CODE_NOT_FOUND, 0);
    } else if (want->verb == JOB_PAGE) {
        page_tell(jobs, want, job);
    } else if (want->verb == JOB_RESULT) {
        pour_begin(jobs, want, job);
    } else if (!drop(jobs, want, job)) {
        want->phase = WANT_DROPS;
        job_code_set(&want->account, known->account);
        return;
    }
    free_want(want);
}

void wants_turn(struct jobs *jobs)
{
    for (unsigned i = 0; i < JOB_WANTS_MAX; i++) {
        struct want *want = &jobs->wants[i];
        if (want->phase != WANT_DROPS) {
            continue;
        }
        struct job *job = find(jobs, want, job_code_view(&want->account));
        if (job == NULL) {
            jobs_refuse(jobs, &want->asker, CODE_NOT_FOUND, 0);
            free_want(want);
        } else if (drop(jobs, want, job)) {
            free_want(want);
        }
    }
}

void wants_lost(struct jobs *jobs, uint64_t edge)
{
    for (unsigned i = 0; i < JOB_WANTS_MAX; i++) {
        struct want *want = &jobs->wants[i];
        if (want->phase == WANT_FREE) {
            continue;
        }
        if (edge != 0 && want->asker.edge == edge) {
            free_want(want);
        } else if (edge == 0 && want->phase == WANT_WHO) {
            jobs_refuse(jobs, &want->asker, CODE_LEDGER_UNAVAILABLE, RETRY_S);
            free_want(want);
        }
    }
}
