/*
 * Lists of people that officers have approved: the core tells whom, and they become a job of the
 * account's, whose lines are asked as those of any other (decision 0052).
 *
 * Invariants
 *  1. The list is there whole and synced, or not at all; the core hears of it then.
 *  2. A job's id is one list's: told again, the list that is there stays.
 *  3. What a line says is what the officers have approved, the person's key but for: fields and
 *     case are the same in all, and the gate holds each against the list.
 */
#include "jobs/private.h"

#include "base/log.h"

#include <string.h>

#define PIECE_BYTES (64u << 10) /* of the list in one block */
#define KEY_CHARS (2 * ASK_PERSON_KEY_BYTES)
#define FIELDS_CHARS 16
#define CASE_AT (KEY_CHARS + 1 + FIELDS_CHARS + 1)

/* ---- lines ---- */

static void put_fields(uint64_t fields, struct buf *buf)
{
    buf_printf(buf, "%016llx", (unsigned long long)fields);
}

/* The key, fields and case, with spaces between. */
static void put_line(struct view key, const struct extracted *list, struct buf *buf)
{
    buf_put_hex(buf, key);
    buf_put_u8(buf, ' ');
    put_fields(list->fields, buf);
    buf_put_u8(buf, ' ');
    buf_put_view(buf, list->case_ref);
    buf_put_u8(buf, '\n');
}

static bool get_fields(struct view text, struct ask *ask)
{
    uint8_t bytes[FIELDS_CHARS / 2];

    if (!outcome_ok(hex_get(text, bytes, sizeof(bytes)))) {
        return false;
    }
    struct cursor cursor = cursor_of(view_of(bytes, sizeof(bytes)));
    uint64_t fields = cursor_u64(&cursor);
    for (unsigned field = 0; field < FIELD_COUNT; field++) {
        if ((fields & FIELD_BIT(field)) != 0) {
            ask->fields[ask->field_count++] = (uint8_t)field;
        }
    }
    return fields >> FIELD_COUNT == 0;
}

struct outcome extract_get_line(struct view text, const struct job *job,
                                uint8_t ret_key[ASK_PERSON_KEY_BYTES], struct ask *ret_ask)
{
    struct ask ask = {.subject_kind = SUBJECT_PERSON,
                      .service = SERVICE_LIST_EXTRACT,
                      .business = job_code_view(&job->business)};

    if (text.len <= CASE_AT || text.data[KEY_CHARS] != ' ' || text.data[CASE_AT - 1] != ' ' ||
        !outcome_ok(hex_get(view_part(text, 0, KEY_CHARS), ret_key, ASK_PERSON_KEY_BYTES)) ||
        !get_fields(view_part(text, KEY_CHARS + 1, FIELDS_CHARS), &ask)) {
        return outcome_fail(FAULT_CORRUPT, "line of a list of people");
    }
    ask.key = view_of(ret_key, ASK_PERSON_KEY_BYTES);
    ask.case_ref = view_part(text, CASE_AT, text.len - CASE_AT);
    *ret_ask = ask;
    return OUTCOME_OK;
}

/* ---- the job ---- */

static struct outcome write_lines(struct blocks *blocks, const struct extracted *list,
                                  struct job *job)
{
    BUF_AUTO piece;

    buf_init(&piece, PIECE_BYTES);
    for (size_t at = 0; at < list->keys.len; at += ASK_PERSON_KEY_BYTES) {
        if (piece.len + CASE_AT + ASK_CASE_BYTES_MAX + 1 > PIECE_BYTES) {
            TRY(blocks_append(blocks, buf_view(&piece)));
            buf_reset(&piece);
        }
        put_line(view_part(list->keys, at, ASK_PERSON_KEY_BYTES), list, &piece);
        TRY(buf_check(&piece));
        job->lines++;
    }
    if (piece.len > 0) {
        TRY(blocks_append(blocks, buf_view(&piece)));
    }
    memory_wipe(piece.data, piece.cap);
    TRY(blocks_sync(blocks));
    job->blocks = blocks->number;
    return OUTCOME_OK;
}

/* A job that nobody has asked for before. */
static struct job job_of(const struct jobs *jobs, const struct extracted *list)
{
    struct job job = {.service = SERVICE_LIST_EXTRACT, .created_us = clock_wall_us(&jobs->clock)};

    memcpy(job.id, list->id, sizeof(job.id));
    job_code_set(&job.account, list->account);
    return job;
}

/* The list as a file; what was there of it is made anew. */
static struct outcome write_list(struct jobs *jobs, const struct extracted *list, struct job *job)
{
    struct blocks blocks = {.fd = DISK_CLOSED};

    memcpy(job->spki, list->spki, sizeof(job->spki));
    job_code_set(&job->business, list->business);
    job->lines = 0;
    TRY(job_remove(&jobs->store, job->id, false));
    TRY(disk_has_room(jobs->store.disk, jobs->store.folder_fd, JOB_ROOM_BYTES_MIN));
    struct outcome outcome = blocks_create(&blocks, &jobs->store, job->id, JOB_FILE_LIST);
    if (outcome_ok(outcome)) {
        outcome = write_lines(&blocks, list, job);
    }
    blocks_done(&blocks);
    return outcome;
}

/* What was asked for goes on as it is: same id, same Idempotency-Key. */
static struct outcome make(struct jobs *jobs, const struct extracted *list, struct job *asked)
{
    struct job job = asked != NULL ? *asked : job_of(jobs, list);
    struct job *made = NULL;

    TRY(table_room(jobs, list->account, false));
    struct outcome outcome = write_list(jobs, list, &job);
    if (outcome_ok(outcome) && asked != NULL) {
        struct job before = *asked;
        *asked = job;
        outcome = table_move(jobs, asked, JOB_APPROVE);
        *asked = outcome_ok(outcome) ? *asked : before;
    } else if (outcome_ok(outcome)) {
        outcome = table_add(jobs, &job, JOB_WHOLE, &made);
    }
    if (!outcome_ok(outcome)) { /* invariant 1; what a failure leaves goes with the next try */
        struct outcome removed = job_remove(&jobs->store, job.id, asked == NULL);
        (void)removed;
    }
    return outcome;
}

/* Invariant 2: whatever has become of it. */
static struct outcome keep(struct jobs *jobs, const struct extracted *list)
{
    struct job *job = NULL;

    for (unsigned i = 0; i < JOBS_KEPT_MAX && job == NULL; i++) {
        struct job *other = &jobs->table[i];
        job = other->used && memcmp(other->id, list->id, sizeof(other->id)) == 0 ? other : NULL;
    }
    if (job != NULL && !view_equal(job_code_view(&job->account), list->account)) {
        return outcome_fail(FAULT_CONFLICT, "what another account has asked for");
    }
    return job != NULL && job->state != JOB_ASKED ? OUTCOME_OK : make(jobs, list, job);
}

struct outcome extract_take(struct jobs *jobs, const struct frame *frame)
{
    struct extracted list;

    TRY(extracting_get(frame, &list));
    if (list.saying != EXTRACT_LIST) {
        return outcome_fail(FAULT_BAD_INPUT, "what the core tells of a list");
    }
    struct outcome outcome = keep(jobs, &list);
    struct extracted told = {.saying = outcome_ok(outcome) ? EXTRACT_KEPT : EXTRACT_UNKEPT};
    memcpy(told.id, list.id, sizeof(told.id));
    if (!outcome_ok(outcome)) {
        log_outcome(LOG_LEVEL_WARN, "list-not-kept", outcome);
    }
    extracting_put(&jobs->core.out, &told);
    return OUTCOME_OK;
}
