/*
 * A job that runs.
 *
 * Invariants
 *  1. Lines are asked in their order, JOB_FRAME_LINES at once at most, and none before those of the
 *     frame before have their answers: what the core has recorded and we have not kept is always
 *     among the last that it knows again.
 *  2. A line that is the same as an earlier one is not asked: it gets that one's answer.
 *  3. The first line of a frame that is to be asked again has none behind it answered
 * (gate/jobs.h), so that lines stay in order.
 */
#include "jobs/run.h"

#include "base/check.h"
#include "channel/json/answer_json.h"

#include <string.h>

#define ITEMS_BYTES_MAX ((size_t)JOB_FRAME_LINES * (ASK_BODY_BYTES_MAX + 4096))
#define PARAMS_BYTES_MAX 4096

/* The lines that have answers, so that those that come are known again (invariant 2). */
static struct outcome see_again(struct run *run, uint32_t until)
{
    struct view text = {0};

    for (uint32_t line = 1; line < until; line++) {
        TRY(lines_next(&run->lines, &text));
        (void)seen_add(&run->seen, text, line);
    }
    return OUTCOME_OK;
}

static struct outcome open_files(struct run *run, const struct job_store *store)
{
    struct answers_head head = {0};
    struct job *job = run->job;

    TRY(lines_open(&run->lines, store, job->id));
    TRY(answers_open(&run->answers, store, job->id, &head));
    TRY(seen_init(&run->seen, job->lines));
    run->next = head.first + head.lines;
    job->tally = head.tally;
    TRY(see_again(run, run->next));
    if (head.lines > 0) {
        lines_seek(&run->lines, &head.place);
    }
    return OUTCOME_OK;
}

struct outcome run_open(struct run *run, struct job *job, const struct job_store *store)
{
    *run = (struct run){.job = job};
    run->lines.blocks.fd = DISK_CLOSED;
    run->answers.blocks.fd = DISK_CLOSED;
    buf_init(&run->texts, ITEMS_BYTES_MAX);
    struct outcome outcome = open_files(run, store);
    if (!outcome_ok(outcome)) {
        run_done(run);
        /* A list without one of its lines is damaged. */
        return outcome.fault == FAULT_NOT_FOUND ? outcome_fail(FAULT_CORRUPT, outcome.what)
                                                : outcome;
    }
    return OUTCOME_OK;
}

void run_done(struct run *run)
{
    lines_done(&run->lines);
    answers_done(&run->answers);
    seen_done(&run->seen);
    buf_wipe_done(&run->texts);
    run->job = NULL;
}

bool run_is_over(const struct run *run)
{
    return run->at == run->count && run->next > run->job->lines;
}

/* ---- from lines to asks ---- */

static struct view text_of(const struct run *run, const struct run_item *item)
{
    return view_part(buf_view(&run->texts), item->from, item->len);
}

static struct outcome parse(const struct job *job, struct run_tools *tools, struct view text,
                            struct ask *ret_ask)
{
    struct ask_faults *faults = &tools->faults;

    ask_faults_reset(faults);
    arena_reset(&tools->arena);
    if (job->service == SERVICE_LIST_EXTRACT) { /* it is our own */
        TRY(extract_get_line(text, job, tools->key, ret_ask));
        memcpy(ret_ask->spki, job->spki, sizeof(ret_ask->spki));
        return ask_sane(ret_ask) ? OUTCOME_OK : outcome_fail(FAULT_CORRUPT, "line of a list");
    }
    if (text.len > ASK_BODY_BYTES_MAX) {
        ask_faults_add(faults, "", "too long");
        return outcome_fail(FAULT_BAD_INPUT, "line");
    }
    TRY(ask_json_get(text, job->service, LANGUAGE_EN, &tools->arena, ret_ask, faults));
    if (!view_equal(ret_ask->business, job_code_view(&job->business))) {
        ask_faults_add(faults, "/business", "is not the job's");
    }
    ret_ask->service = job->service;
    memcpy(ret_ask->spki, job->spki, sizeof(ret_ask->spki));
    if (faults->count == 0 && !ask_sane(ret_ask)) {
        ask_faults_add(faults, "", "not an ask");
    }
    return faults->count == 0 ? OUTCOME_OK : outcome_fail(FAULT_BAD_INPUT, "line");
}

/* The faults as `invalid_params`. */
static void keep_faults(struct run *run, struct run_item *item, const struct ask_faults *faults)
{
    struct problem problem = {.code = CODE_BAD_REQUEST};
    BUF_AUTO params;

    buf_init(&params, PARAMS_BYTES_MAX);
    ask_faults_tell(faults, &problem);
    invalid_params_json_put(&params, &problem);
    if (!outcome_ok(buf_check(&params))) { /* it names what is very long */
        buf_reset(&params);
        buf_put_text(&params, "[]");
    }
    item->faulty = true;
    buf_put_view(&run->texts, buf_view(&params));
}

static struct outcome read_item(struct run *run, struct run_tools *tools, struct run_item *item)
{
    struct ask ask = {0};
    struct view text = {0};

    TRY(lines_next(&run->lines, &text));
    *item = (struct run_item){.line = run->next,
                              .same = run->next,
                              .place = run->lines.place,
                              .from = (uint32_t)run->texts.len};
    struct outcome parsed = parse(run->job, tools, text, &ask);
    if (parsed.fault == FAULT_CORRUPT) {
        return parsed;
    }
    if (!outcome_ok(parsed)) {
        keep_faults(run, item, &tools->faults);
    } else {
        item->same = seen_add(&run->seen, text, item->line); /* invariant 2 */
        ask.tag = item->line;
        ask.of_job = true;
        ask.job_line = item->line;
        memcpy(ask.job_id, run->job->id, sizeof(ask.job_id));
        if (item->same == item->line) {
            frame_put_ask(&run->texts, &ask);
        }
    }
    item->len = (uint32_t)run->texts.len - item->from;
    run->next++;
    return buf_check(&run->texts);
}

/* The next lines, when all before have their answers (invariant 1). */
static struct outcome fill(struct run *run, struct run_tools *tools)
{
    if (run->at < run->count) {
        return OUTCOME_OK;
    }
    buf_reset(&run->texts);
    run->at = 0;
    run->count = 0;
    while (run->count < JOB_FRAME_LINES && run->next <= run->job->lines) {
        TRY(read_item(run, tools, &run->items[run->count]));
        run->count++;
    }
    return OUTCOME_OK;
}

/* ---- from answers to lines ---- */

/* Room for one more line's answer. */
static struct outcome make_room(struct run *run)
{
    if (answers_full(&run->answers)) {
        struct outcome flushed = answers_flush(&run->answers, false);
        run->unwritten = flushed.fault == FAULT_NO_SPACE;
        return flushed;
    }
    return OUTCOME_OK;
}

static struct outcome add(struct run *run, enum answer_kind kind, const struct answer *answer)
{
    const struct run_item *item = &run->items[run->at];
    const struct answers_line line = {
        .line = item->line,
        .place = item->place,
        .kind = kind,
        .answer = answer,
        .params = item->faulty ? text_of(run, item) : (struct view){0},
        .same = item->same,
    };

    TRY(answers_add(&run->answers, &line, &run->job->tally));
    run->at++;
    return OUTCOME_OK;
}

static bool needs_asking(const struct run_item *item)
{
    return !item->faulty && item->same == item->line;
}

/* Those that are next and need no asking. */
static struct outcome add_unasked(struct run *run)
{
    while (run->at < run->count && !needs_asking(&run->items[run->at])) {
        TRY(make_room(run));
        TRY(add(run, run->items[run->at].faulty ? ANSWER_FAULTY : ANSWER_SAME, NULL));
    }
    return OUTCOME_OK;
}

static void put_asks(struct run *run, struct buf *buf)
{
    size_t start = frame_start(buf, FRAME_JOB_LINES);

    for (unsigned i = run->at; i < run->count; i++) {
        if (needs_asking(&run->items[i])) {
            buf_put_view(buf, text_of(run, &run->items[i]));
            run->asked++;
        }
    }
    frame_finish(buf, start, run->asked);
}

struct outcome run_put(struct run *run, struct run_tools *tools, struct buf *buf,
                       unsigned *ret_asks)
{
    CHECK(run->asked == 0);
    run->held = false;
    run->wait_s = 0;
    run->unwritten = false;
    TRY(fill(run, tools));
    TRY(add_unasked(run));
    /* The answers of the frame that goes out now must find room. */
    TRY(make_room(run));
    if (run->at < run->count) {
        put_asks(run, buf);
    }
    *ret_asks = run->asked;
    return OUTCOME_OK;
}

/* Not decided now; it is to be asked again. */
static bool is_later(enum code code)
{
    return code == CODE_RATE_LIMITED || code == CODE_LEDGER_UNAVAILABLE;
}

/* In a list of people all lines ask the same, the person but for: the first refusal is of all that
 * are left, whose number it would tell. */
static bool ends_list(const struct run *run, enum code code)
{
    return run->job->service == SERVICE_LIST_EXTRACT && code != CODE_DISCLOSED &&
           code != CODE_SUBJECT_NOT_AVAILABLE && code != CODE_INTERNAL;
}

struct outcome run_take(struct run *run, const struct answer *answer)
{
    if (run->asked == 0) {
        return outcome_fail(FAULT_BAD_INPUT, "an answer to no line");
    }
    run->asked--;
    if (run->held || run->lost) { /* invariant 3 */
        return OUTCOME_OK;
    }
    if (answer->code == CODE_UNAUTHENTICATED) {
        run->lost = true;
        return OUTCOME_OK;
    }
    if (run->at == run->count || answer->tag != run->items[run->at].line) {
        return outcome_fail(FAULT_BAD_INPUT, "an answer to another line");
    }
    if (is_later(answer->code)) {
        run->held = true;
        run->wait_s = answer->retry_after_s;
        return OUTCOME_OK;
    }
    struct outcome room = make_room(run);
    if (room.fault == FAULT_NO_SPACE) { /* asked again, it is given again */
        run->held = true;
        run->wait_s = 1;
        return OUTCOME_OK;
    }
    TRY(room);
    TRY(add(run, code_has_receipt(answer->code) ? ANSWER_GIVEN : ANSWER_BARE, answer));
    run->lost = ends_list(run, answer->code);
    if (run->lost) {
        return OUTCOME_OK;
    }
    struct outcome rest = add_unasked(run);
    if (rest.fault == FAULT_NO_SPACE) {
        run->held = true;
        run->wait_s = 1;
        return OUTCOME_OK;
    }
    return rest;
}

void run_forget(struct run *run)
{
    run->asked = 0;
}

struct outcome run_settle(struct run *run)
{
    struct outcome outcome = answers_flush(&run->answers, true);

    run->unwritten = outcome.fault == FAULT_NO_SPACE;
    return outcome;
}
