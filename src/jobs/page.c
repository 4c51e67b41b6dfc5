/*
 * A part of a result in one message, for languages whose answers have an end before they begin.
 *
 * Invariant 1: a page has JOB_PAGE_LINES lines and JOB_PAGE_BYTES_MAX bytes at most, but for a
 * first line that is longer, and is gathered in one turn: what is before its first line is passed
 * over (pour.h).
 */
#include "jobs/private.h"

#include "base/log.h"

#define PAGE_BYTES (FRAME_BYTES_MAX - 4096) /* whatever a first line has */

/* ret_next: the line behind the last; 0: there is none. */
static struct outcome put_lines(const struct want *want, struct pour *pour, struct buf *page,
                                uint32_t *ret_next)
{
    BUF_AUTO line;

    buf_init(&line, PAGE_BYTES);
    for (unsigned i = 0;; i++) {
        buf_reset(&line);
        struct outcome read = pour_line(pour, &line);
        if (read.fault == FAULT_NOT_FOUND) {
            *ret_next = 0;
            return buf_check(page);
        }
        TRY(read);
        if (i == JOB_PAGE_LINES || (i > 0 && page->len + line.len > JOB_PAGE_BYTES_MAX)) {
            *ret_next = want->line + i;
            return buf_check(page);
        }
        buf_put_block32(page, view_part(buf_view(&line), 0, line.len - 1)); /* without its end */
    }
}

static struct outcome put_page(const struct jobs *jobs, const struct want *want,
                               const struct job *job, struct buf *page, uint32_t *ret_next)
{
    struct pour pour;
    struct outcome outcome = OUTCOME_OK;

    *ret_next = 0;
    if (want->line <= job->tally.done) {
        outcome = pour_open(&pour, &jobs->store, job, want->line);
        outcome = outcome_ok(outcome) ? put_lines(want, &pour, page, ret_next) : outcome;
        pour_done(&pour);
    }
    return outcome;
}

static struct outcome put_whole(const struct jobs *jobs, const struct want *want,
                                const struct job *job, struct buf *whole)
{
    uint32_t next = 0;
    BUF_AUTO json;
    BUF_AUTO lines;

    buf_init(&json, PAGE_BYTES);
    buf_init(&lines, PAGE_BYTES);
    job_put_json(job, &json);
    TRY(buf_check(&json));
    TRY(put_page(jobs, want, job, &lines, &next));
    jobbing_put_page(whole, buf_view(&json), next);
    buf_put_view(whole, buf_view(&lines));
    return buf_check(whole);
}

void page_tell(struct jobs *jobs, const struct want *want, const struct job *job)
{
    BUF_AUTO whole;

    buf_init(&whole, PAGE_BYTES);
    if (!job_has_result(job)) {
        jobs_refuse(jobs, &want->asker, CODE_JOB_NOT_READY, 0);
        return;
    }
    struct outcome outcome = put_whole(jobs, want, job, &whole);
    if (!outcome_ok(outcome)) {
        log_outcome(LOG_LEVEL_ERROR, "job-page", outcome);
        jobs_refuse(jobs, &want->asker, CODE_INTERNAL, 0);
        return;
    }
    const struct job_told told = {.tag = want->asker.tag,
                                  .saying = JOB_SAYS,
                                  .code = CODE_DISCLOSED,
                                  .piece = buf_view(&whole)};
    jobs_tell(jobs, &want->asker, &told);
}
