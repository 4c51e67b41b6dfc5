/*
 * One job, its states and its head.
 *
 * Invariants
 *  1. A job moves along its table only.
 *  2. A head is sealed with the job's id as its place: that of another job does not open.
 */
#include "jobs/job.h"

#include "base/check.h"
#include "domain/wish.h"
#include "jobs/file.h"
#include "wire/json.h"

#include <string.h>

#define HEAD_VERSION 2
#define HEAD_BYTES_MAX 3072

static const char *const state_names[JOB_STATE_COUNT] = {
    [JOB_RECEIVING] = "receiving", [JOB_WAITING] = "waiting",     [JOB_RUNNING] = "running",
    [JOB_DONE] = "done",           [JOB_CANCELLED] = "cancelled", [JOB_EXPIRED] = "expired",
    [JOB_FAILED] = "failed",       [JOB_ASKED] = "asked",         [JOB_REFUSED] = "refused",
};

/* Invariant 1: where an event leads to; a state is never led back to RECEIVING, which stands for
 * what is refused. */
static const enum job_state moves[JOB_STATE_COUNT][JOB_EVENT_COUNT] = {
    [JOB_RECEIVING] = {[JOB_WHOLE] = JOB_WAITING, [JOB_ASK] = JOB_ASKED},
    [JOB_WAITING] = {[JOB_START] = JOB_RUNNING,
                     [JOB_STOP] = JOB_CANCELLED,
                     [JOB_FAIL] = JOB_FAILED,
                     [JOB_AGE] = JOB_EXPIRED},
    [JOB_RUNNING] = {[JOB_PAUSE] = JOB_WAITING,
                     [JOB_FINISH] = JOB_DONE,
                     [JOB_STOP] = JOB_CANCELLED,
                     [JOB_FAIL] = JOB_FAILED,
                     [JOB_AGE] = JOB_EXPIRED},
    [JOB_DONE] = {[JOB_STOP] = JOB_EXPIRED, [JOB_AGE] = JOB_EXPIRED},
    [JOB_CANCELLED] = {[JOB_STOP] = JOB_EXPIRED, [JOB_AGE] = JOB_EXPIRED},
    [JOB_FAILED] = {[JOB_STOP] = JOB_EXPIRED, [JOB_AGE] = JOB_EXPIRED},
    [JOB_ASKED] = {[JOB_STOP] = JOB_CANCELLED,
                   [JOB_AGE] = JOB_EXPIRED,
                   [JOB_APPROVE] = JOB_WAITING,
                   [JOB_REFUSE] = JOB_REFUSED},
    [JOB_REFUSED] = {[JOB_STOP] = JOB_EXPIRED, [JOB_AGE] = JOB_EXPIRED},
};

bool job_move(struct job *job, enum job_event event)
{
    enum job_state next = moves[job->state][event];

    if (next == JOB_RECEIVING) {
        return false;
    }
    job->state = next;
    return true;
}

void job_note(struct job *job, int64_t at_us)
{
    struct job_history *history = &job->history;

    for (unsigned i = 0; i < history->count; i++) {
        if (history->states[i] == job->state) {
            return;
        }
    }
    CHECK(history->count < JOB_STATE_COUNT);
    history->states[history->count] = job->state;
    history->at_us[history->count++] = at_us;
}

const char *job_state_name(enum job_state state)
{
    return state_names[state];
}

bool job_is_active(const struct job *job)
{
    return job->state == JOB_RECEIVING || job->state == JOB_WAITING || job->state == JOB_RUNNING;
}

bool job_has_result(const struct job *job)
{
    return job->state == JOB_DONE || job->state == JOB_CANCELLED || job->state == JOB_FAILED;
}

void job_code_set(struct job_code *code, struct view text)
{
    CHECK(text.len <= sizeof(code->text));
    *code = (struct job_code){.len = (uint8_t)text.len};
    memcpy(code->text, text.data, text.len);
}

struct view job_wish_view(const struct job *job)
{
    return view_of(job->wish.bytes, job->wish.len);
}

struct view job_code_view(const struct job_code *code)
{
    return view_of(code->text, code->len);
}

/* ---- JSON ---- */

static void put_count(struct buf *buf, const char *name, uint32_t count)
{
    buf_printf(buf, ",\"%s\":%u", name, count);
}

/* While it runs and has a rate. */
static void put_seconds_left(const struct job *job, struct buf *buf)
{
    uint32_t left = job->lines - job->tally.done;

    if (job->state == JOB_RUNNING && job->rate > 0) {
        put_count(buf, "seconds_left", (left + job->rate - 1) / job->rate);
    } else {
        buf_put_text(buf, ",\"seconds_left\":null");
    }
}

static void put_history(const struct job_history *history, struct buf *buf)
{
    buf_put_text(buf, ",\"history\":[");
    for (unsigned i = 0; i < history->count; i++) {
        buf_put_text(buf, i > 0 ? ",{\"at\":\"" : "{\"at\":\"");
        clock_put_second(buf, history->at_us[i]);
        buf_printf(buf, "\",\"state\":\"%s\"}", state_names[history->states[i]]);
    }
    buf_put_text(buf, "]");
}

static void put_key(const struct job *job, struct buf *buf)
{
    buf_put_text(buf, ",\"idempotency_key\":");
    if (job->key.len > 0) {
        json_put_string(buf, job_code_view(&job->key));
    } else {
        buf_put_text(buf, "null");
    }
}

/* Behind what every job has: of a list of persons what was asked for, and why it was refused. */
static void put_wish(const struct job *job, struct buf *buf)
{
    struct wish wish;

    if (job->wish.len == 0) {
        return;
    }
    struct outcome outcome = wish_get(job_wish_view(job), &wish);
    if (!outcome_ok(outcome)) { /* it was looked at before it was kept */
        buf->failed = true;
        return;
    }
    buf_put_text(buf, ",\"wish\":");
    wish_put_json(&wish, buf);
}

static void put_reason(const struct job *job, struct buf *buf)
{
    if (job->state == JOB_REFUSED) {
        buf_put_text(buf, ",\"reason\":");
        json_put_string(buf, view_of(job->wish.reason, job->wish.reason_len));
    }
}

/* Of a list of people its account knows whom it was given, and not how many were collected. */
static struct job shown(const struct job *job)
{
    struct job copy = *job;

    if (job->service == SERVICE_LIST_EXTRACT) {
        copy.lines = job->tally.done - job->tally.missed - job->tally.refused;
        copy.tally = (struct job_tally){.done = copy.lines, .refused = job->tally.refused};
        copy.rate = 0;
    }
    return copy;
}

/* Codes of businesses have no letters that JSON would escape. */
void job_put_json(const struct job *whole, struct buf *buf)
{
    const struct job copy = shown(whole);
    const struct job *job = &copy;

    buf_put_text(buf, "{\"business\":\"");
    buf_put_view(buf, job_code_view(&job->business));
    buf_put_text(buf, "\",\"created\":\"");
    clock_put_second(buf, job->created_us);
    buf_put_text(buf, "\"");
    put_count(buf, "done", job->tally.done);
    buf_put_text(buf, ",\"expires\":\"");
    clock_put_second(buf, job->until_us);
    buf_put_text(buf, "\"");
    put_history(&job->history, buf);
    buf_put_text(buf, ",\"id\":\"");
    buf_put_hex(buf, view_of(job->id, sizeof(job->id)));
    buf_put_text(buf, "\"");
    put_key(job, buf);
    put_count(buf, "lines", job->lines);
    put_count(buf, "missed", job->tally.missed);
    put_count(buf, "rate", job->state == JOB_RUNNING ? job->rate : 0);
    put_reason(job, buf);
    put_count(buf, "refused", job->tally.refused);
    put_seconds_left(job, buf);
    buf_printf(buf, ",\"service\":\"%s\",\"state\":\"%s\"",
               words_name(&words_service, job->service), job_state_name(job->state));
    put_wish(job, buf);
    buf_put_text(buf, "}");
}

/* ---- the head ---- */

static void put_head(const struct job *job, struct buf *buf)
{
    buf_put_u8(buf, HEAD_VERSION);
    buf_put_u8(buf, (uint8_t)job->state);
    buf_put(buf, job->id, sizeof(job->id));
    buf_put(buf, job->spki, sizeof(job->spki));
    buf_put_block16(buf, job_code_view(&job->account));
    buf_put_u8(buf, (uint8_t)job->service);
    buf_put_block16(buf, job_code_view(&job->business));
    buf_put_block16(buf, job_code_view(&job->key));
    buf_put(buf, job->body, sizeof(job->body));
    buf_put_u64(buf, (uint64_t)job->created_us);
    buf_put_u64(buf, (uint64_t)job->until_us);
    buf_put_u32(buf, job->lines);
    buf_put_u32(buf, job->blocks);
    buf_put_u32(buf, job->tally.done);
    buf_put_u32(buf, job->tally.refused);
    buf_put_u32(buf, job->tally.missed);
    buf_put_u8(buf, (uint8_t)job->history.count);
    for (unsigned i = 0; i < job->history.count; i++) {
        buf_put_u8(buf, (uint8_t)job->history.states[i]);
        buf_put_u64(buf, (uint64_t)job->history.at_us[i]);
    }
    buf_put_block16(buf, job_wish_view(job));
    buf_put_block16(buf, view_of(job->wish.reason, job->wish.reason_len));
}

static bool get_code(struct cursor *cursor, bool may_be_empty, struct job_code *code)
{
    struct view text = cursor_block16(cursor);

    if ((text.len == 0 && !may_be_empty) || text.len > ASK_CODE_BYTES_MAX) {
        return false;
    }
    job_code_set(code, text);
    return true;
}

static bool get_history(struct cursor *cursor, struct job_history *history)
{
    unsigned count = cursor_u8(cursor);
    bool known = count <= JOB_STATE_COUNT;

    for (unsigned i = 0; known && i < count; i++) {
        unsigned state = cursor_u8(cursor);
        known = state < JOB_STATE_COUNT;
        history->states[i] = (enum job_state)state;
        history->at_us[i] = (int64_t)cursor_u64(cursor);
    }
    history->count = known ? count : 0;
    return known;
}

static bool get_wish(struct cursor *cursor, struct job_wish *wish)
{
    struct view text = cursor_block16(cursor);
    struct view reason = cursor_block16(cursor);

    if (text.len > sizeof(wish->bytes) || reason.len > sizeof(wish->reason)) {
        return false;
    }
    wish->len = (uint16_t)text.len;
    wish->reason_len = (uint16_t)reason.len;
    memcpy(wish->bytes, text.data, text.len);
    memcpy(wish->reason, reason.data, reason.len);
    return true;
}

static struct outcome get_head(struct view plain, struct job *ret_job)
{
    struct cursor cursor = cursor_of(plain);
    struct job job = {.used = true};
    unsigned version = cursor_u8(&cursor);
    unsigned state = cursor_u8(&cursor);

    cursor_copy(&cursor, job.id, sizeof(job.id));
    cursor_copy(&cursor, job.spki, sizeof(job.spki));
    bool known = get_code(&cursor, false, &job.account);
    unsigned service = cursor_u8(&cursor);
    known = get_code(&cursor, false, &job.business) && known;
    known = get_code(&cursor, true, &job.key) && known;
    cursor_copy(&cursor, job.body, sizeof(job.body));
    job.created_us = (int64_t)cursor_u64(&cursor);
    job.until_us = (int64_t)cursor_u64(&cursor);
    job.lines = cursor_u32(&cursor);
    job.blocks = cursor_u32(&cursor);
    job.tally.done = cursor_u32(&cursor);
    job.tally.refused = cursor_u32(&cursor);
    job.tally.missed = cursor_u32(&cursor);
    known = get_history(&cursor, &job.history) && known;
    known = get_wish(&cursor, &job.wish) && known;
    if (!outcome_ok(cursor_end(&cursor, "job")) || version != HEAD_VERSION || !known ||
        state >= JOB_STATE_COUNT || service >= SERVICE_COUNT || job.lines > JOB_LINES_MAX) {
        return outcome_fail(FAULT_CORRUPT, "head of a job");
    }
    job.state = (enum job_state)state;
    job.service = (enum service)service;
    *ret_job = job;
    return OUTCOME_OK;
}

struct outcome job_save(const struct job_store *store, const struct job *job)
{
    char path[JOB_PATH_BYTES];
    char temporary[JOB_PATH_BYTES];
    uint8_t place[JOB_PLACE_BYTES];
    BUF_AUTO plain;
    BUF_AUTO sealed;

    buf_init(&plain, HEAD_BYTES_MAX);
    buf_init(&sealed, HEAD_BYTES_MAX + SEAL_OVERHEAD_BYTES);
    put_head(job, &plain);
    TRY(buf_check(&plain));
    TRY(sealer_seal(store->sealer, job_place(job->id, JOB_FILE_HEAD, 0, place), buf_view(&plain),
                    &sealed));
    job_path(job->id, JOB_FILE_HEAD, path);
    job_path(job->id, JOB_FILE_TEMPORARY, temporary);
    TRY(disk_replace(store->disk, store->folder_fd, path, temporary, DISK_PRIVATE,
                     buf_view(&sealed), true));
    return disk_sync_folder(store->disk, store->folder_fd, ".");
}

struct outcome job_load(const struct job_store *store, const uint8_t id[JOB_ID_BYTES],
                        struct job *ret_job)
{
    char path[JOB_PATH_BYTES];
    uint8_t place[JOB_PLACE_BYTES];
    struct job job = {0};
    BUF_AUTO plain;
    BUF_AUTO sealed;

    buf_init(&plain, HEAD_BYTES_MAX);
    buf_init(&sealed, HEAD_BYTES_MAX + SEAL_OVERHEAD_BYTES);
    job_path(id, JOB_FILE_HEAD, path);
    TRY(disk_load(store->disk, store->folder_fd, path, &sealed));
    TRY(sealer_open(store->sealer, job_place(id, JOB_FILE_HEAD, 0, place), buf_view(&sealed),
                    &plain)); /* invariant 2 */
    TRY(get_head(buf_view(&plain), &job));
    if (memcmp(job.id, id, JOB_ID_BYTES) != 0) {
        return outcome_fail(FAULT_CORRUPT, "head of another job");
    }
    *ret_job = job;
    return OUTCOME_OK;
}

struct outcome job_remove(const struct job_store *store, const uint8_t id[JOB_ID_BYTES], bool head)
{
    char path[JOB_PATH_BYTES];

    for (enum job_file file = 0; file < JOB_FILE_COUNT; file++) {
        if (file != JOB_FILE_HEAD || head) {
            job_path(id, file, path);
            TRY(disk_remove(store->disk, store->folder_fd, path, false));
        }
    }
    return disk_sync_folder(store->disk, store->folder_fd, ".");
}
