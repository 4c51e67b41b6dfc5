/*
 * Lists that are coming.
 *
 * Invariants
 *  1. A list that is not whole leaves nothing behind: cut off, refused or lost, its file goes.
 *  2. A job is there when its list is synced, and not before; whoever brought it hears of it then.
 *  3. What the core says of its account may come before or behind the last byte.
 */
#include "jobs/private.h"

#include "base/check.h"

#include <string.h>

#define PIECE_BYTES (64u << 10) /* of the list in one block */
#define RETRY_FULL_S 60

static struct upload *find(struct jobs *jobs, const struct asker *asker)
{
    for (unsigned i = 0; i < JOB_UPLOADS_MAX; i++) {
        struct upload *upload = &jobs->uploads[i];
        if (upload->used && upload->asker.edge == asker->edge && upload->asker.tag == asker->tag) {
            return upload;
        }
    }
    return NULL;
}

/* Ends it; its file stays when it is a job's now. */
static void end(struct jobs *jobs, struct upload *upload, bool keep)
{
    bool begun = upload->list.fd != DISK_CLOSED;

    blocks_done(&upload->list);
    if (begun && !keep) { /* invariant 1; what a failure leaves goes at the next start */
        struct outcome removed = job_remove(&jobs->store, upload->job.id, true);
        (void)removed;
    }
    buf_done(&upload->piece);
    hasher_free(upload->hasher);
    *upload = (struct upload){.list.fd = DISK_CLOSED};
}

static void refuse(struct jobs *jobs, struct upload *upload, enum code code, uint32_t retry_after_s)
{
    struct asker asker = upload->asker;

    end(jobs, upload, false);
    jobs_refuse(jobs, &asker, code, retry_after_s);
}

static void refuse_fault(struct jobs *jobs, struct upload *upload, struct outcome outcome)
{
    bool full = outcome.fault == FAULT_NO_SPACE || outcome.fault == FAULT_NO_MEMORY;

    refuse(jobs, upload, full ? CODE_LEDGER_UNAVAILABLE : CODE_INTERNAL, full ? RETRY_FULL_S : 0);
}

/* ---- whose it is ---- */

static uint64_t tag_of(const struct jobs *jobs, const struct upload *upload)
{
    return UINT64_C(1) << 63 | (uint64_t)(upload - jobs->uploads);
}

static struct outcome begin(struct jobs *jobs, struct upload *upload, const struct job_asked *asked)
{
    struct job *job = &upload->job;

    random_fill(&jobs->random, job->id, sizeof(job->id));
    memcpy(job->spki, asked->spki, sizeof(job->spki));
    job->service = asked->service;
    job_code_set(&job->business, asked->business);
    job->created_us = clock_wall_us(&jobs->clock);
    job_code_set(&job->key, asked->key);
    TRY(disk_has_room(jobs->store.disk, jobs->store.folder_fd, JOB_ROOM_BYTES_MIN));
    TRY(hasher_new(&upload->hasher));
    return blocks_create(&upload->list, &jobs->store, job->id, JOB_FILE_LIST);
}

void upload_open(struct jobs *jobs, const struct asker *asker, const struct job_asked *asked)
{
    struct upload *upload = NULL;

    for (unsigned i = 0; i < JOB_UPLOADS_MAX && upload == NULL; i++) {
        upload = jobs->uploads[i].used ? NULL : &jobs->uploads[i];
    }
    if (asked->service == SERVICE_LIST_EXTRACT) { /* nobody brings a list of people */
        jobs_refuse(jobs, asker, CODE_SERVICE_NOT_OPEN, 0);
        return;
    }
    if (upload == NULL || !jobs->piped) {
        jobs_refuse(jobs, asker, jobs->piped ? CODE_RATE_LIMITED : CODE_LEDGER_UNAVAILABLE, 1);
        return;
    }
    *upload = (struct upload){.used = true, .asker = *asker, .list.fd = DISK_CLOSED};
    buf_init(&upload->piece, PIECE_BYTES);
    struct outcome outcome = begin(jobs, upload, asked);
    if (!outcome_ok(outcome)) {
        refuse_fault(jobs, upload, outcome);
        return;
    }
    struct job_who who = {
        .tag = tag_of(jobs, upload), .service = asked->service, .business = asked->business};
    memcpy(who.spki, asked->spki, sizeof(who.spki));
    jobbing_put_who(&jobs->core.out, &who);
}

/* ---- its bytes ---- */

static struct outcome write_piece(struct upload *upload)
{
    if (upload->piece.len == 0) {
        return OUTCOME_OK;
    }
    TRY(blocks_append(&upload->list, buf_view(&upload->piece)));
    buf_reset(&upload->piece);
    return OUTCOME_OK;
}

/* The last line needs no end. */
static void count_lines(struct upload *upload, struct view bytes)
{
    for (size_t at = view_find(bytes, 0, '\n'); at < bytes.len;
         at = view_find(bytes, at + 1, '\n')) {
        upload->job.lines++;
    }
    upload->open = bytes.data[bytes.len - 1] != '\n';
}

static struct outcome take(struct upload *upload, struct view bytes)
{
    hasher_add(upload->hasher, bytes);
    count_lines(upload, bytes);
    while (bytes.len > 0) {
        size_t room = PIECE_BYTES - upload->piece.len;
        size_t len = bytes.len < room ? bytes.len : room;
        buf_put_view(&upload->piece, view_part(bytes, 0, len));
        TRY(buf_check(&upload->piece));
        bytes = view_part(bytes, len, bytes.len - len);
        if (upload->piece.len == PIECE_BYTES) {
            TRY(write_piece(upload));
        }
    }
    return OUTCOME_OK;
}

static uint32_t lines_of(const struct upload *upload)
{
    return upload->job.lines + (upload->open ? 1 : 0);
}

/* Too many lines are refused as soon as they are counted. */
static bool is_too_long(const struct upload *upload)
{
    return lines_of(upload) > (upload->known ? upload->lines_max : JOB_LINES_MAX);
}

void upload_piece(struct jobs *jobs, const struct asker *asker, struct view piece)
{
    struct upload *upload = find(jobs, asker);
    const struct job_told taken = {
        .tag = asker->tag, .saying = JOB_TAKEN, .bytes = (uint32_t)piece.len};

    if (upload == NULL) { /* refused before these bytes came */
        return;
    }
    struct outcome outcome = take(upload, piece);
    if (!outcome_ok(outcome)) {
        refuse_fault(jobs, upload, outcome);
        return;
    }
    if (is_too_long(upload)) {
        refuse(jobs, upload, CODE_BULK_NOT_GRANTED, 0);
        return;
    }
    jobs_tell(jobs, asker, &taken);
}

/* ---- its end ---- */

static struct outcome finish_list(struct upload *upload)
{
    TRY(write_piece(upload));
    TRY(blocks_sync(&upload->list));
    upload->job.blocks = upload->list.number;
    upload->job.lines = lines_of(upload);
    hasher_end(upload->hasher, upload->job.body);
    return OUTCOME_OK;
}

/* The same list once more, by its key: the job that there is. */
static bool is_repeat(struct jobs *jobs, struct upload *upload)
{
    const struct job *mine = &upload->job;
    const struct job *job =
        table_find_key(jobs, job_code_view(&mine->account), job_code_view(&mine->key));

    if (job == NULL) {
        return false;
    }
    bool same = memcmp(job->body, mine->body, SEAL_HASH_BYTES) == 0 &&
                job->service == mine->service &&
                view_equal(job_code_view(&job->business), job_code_view(&mine->business));
    if (!same) {
        refuse(jobs, upload, CODE_IDEMPOTENCY_CONFLICT, 0);
        return true;
    }
    struct asker asker = upload->asker;
    end(jobs, upload, false);
    jobs_show(jobs, &asker, job, false);
    return true;
}

static void finish(struct jobs *jobs, struct upload *upload)
{
    struct job *job = NULL;
    struct asker asker = upload->asker;

    if (!upload->ended || !upload->known) { /* invariant 3 */
        return;
    }
    if (lines_of(upload) == 0) {
        refuse(jobs, upload, CODE_BAD_REQUEST, 0);
        return;
    }
    struct outcome outcome = finish_list(upload);
    if (outcome_ok(outcome) && is_repeat(jobs, upload)) {
        return;
    }
    if (outcome_ok(outcome)) {
        outcome = table_add(jobs, &upload->job, JOB_WHOLE, &job);
    }
    if (!outcome_ok(outcome)) {
        refuse_fault(jobs, upload, outcome);
        return;
    }
    end(jobs, upload, true); /* invariant 2 */
    jobs_show(jobs, &asker, job, true);
}

void upload_end(struct jobs *jobs, const struct asker *asker)
{
    struct upload *upload = find(jobs, asker);

    if (upload != NULL) {
        upload->ended = true;
        finish(jobs, upload);
    }
}

bool upload_known(struct jobs *jobs, const struct job_known *known)
{
    uint64_t place = known->tag & ~(UINT64_C(1) << 63);

    if (known->tag >> 63 == 0 || place >= JOB_UPLOADS_MAX) {
        return false;
    }
    struct upload *upload = &jobs->uploads[place];
    if (!upload->used || upload->known) {
        return true; /* it was given up meanwhile */
    }
    if (known->code != CODE_DISCLOSED) {
        refuse(jobs, upload, known->code, known->retry_after_s);
        return true;
    }
    if (!outcome_ok(table_room(jobs, known->account, false))) {
        refuse(jobs, upload, CODE_RATE_LIMITED, RETRY_FULL_S);
        return true;
    }
    job_code_set(&upload->job.account, known->account);
    upload->lines_max = known->lines;
    upload->known = true;
    if (is_too_long(upload)) {
        refuse(jobs, upload, CODE_BULK_NOT_GRANTED, 0);
        return true;
    }
    finish(jobs, upload);
    return true;
}

void upload_gone(struct jobs *jobs, const struct asker *asker)
{
    struct upload *upload = find(jobs, asker);

    if (upload != NULL) {
        end(jobs, upload, false);
    }
}

void uploads_lost(struct jobs *jobs, uint64_t edge)
{
    for (unsigned i = 0; i < JOB_UPLOADS_MAX; i++) {
        struct upload *upload = &jobs->uploads[i];
        if (upload->used && edge != 0 && upload->asker.edge == edge) {
            end(jobs, upload, false);
        } else if (upload->used && edge == 0 && !upload->known) {
            refuse(jobs, upload, CODE_LEDGER_UNAVAILABLE, 1);
        }
    }
}
