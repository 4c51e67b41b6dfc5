/*
 * The commit log's writing end.
 *
 * Invariants
 *  1. A record is written into zeros that are durable already, so that a sync changes no block map
 *     and a torn record shows as zeros.
 *  2. A segment's key, header and names are durable before its first record.
 *  3. Nothing is written while dirty_until is above the position: the bytes of a write that failed,
 *     or that was not to stay, are zeroed durably first.
 *  4. Every step of beginning a segment replaces what an attempt before it left: it can be repeated
 *     after it ran out of space, and a crash in it leaves a blank segment or one without records.
 */
#include "ledger/commit.h"

#include "base/check.h"

#include <string.h>

#define FILL_STEP_BYTES (1u << 20)

static bool sane(const struct commit *commit)
{
    return commit->at.offset % SECTOR_BYTES == 0 &&
           (commit->dirty_until == 0 || commit->dirty_until > commit->at.offset) &&
           (commit->fd == DISK_CLOSED) == (commit->sealer == NULL);
}

static bool want_of_room(struct outcome outcome)
{
    return outcome.fault == FAULT_NO_SPACE || outcome.fault == FAULT_NO_MEMORY;
}

void commit_init(struct commit *commit, const struct context *context)
{
    *commit = (struct commit){.context = context, .fd = DISK_CLOSED};
}

static void let_go(struct commit *commit)
{
    outcome_ignore(disk_close(commit->context->disk, &commit->fd)); /* all of it was synced */
    sealer_free(commit->sealer);
    commit->sealer = NULL;
}

void commit_done(struct commit *commit)
{
    if (commit == NULL || commit->context == NULL) {
        return;
    }
    let_go(commit);
    *commit = (struct commit){.fd = DISK_CLOSED};
}

static struct outcome open_segment(const struct context *context, uint64_t number, int *ret_fd)
{
    char path[LEDGER_PATH_BYTES_MAX];

    segment_path(number, SEGMENT_FILE_RECORDS, path);
    return disk_open(context->disk, context->home_fd, path, DISK_OPEN_WRITE, DISK_PRIVATE, ret_fd);
}

struct outcome commit_resume(struct commit *commit, const struct scan_position *position,
                             const struct scan_tail *tail, uint64_t segment_bytes)
{
    CHECK(commit->fd == DISK_CLOSED);
    TRY(segment_key_open(commit->context, position->segment, SEGMENT_FILE_KEY, &commit->sealer));
    struct outcome outcome = open_segment(commit->context, position->segment, &commit->fd);
    if (!outcome_ok(outcome)) {
        let_go(commit);
        return outcome;
    }
    commit->at = *position;
    commit->tail = *tail;
    commit->segment_bytes = segment_bytes;
    CHECK(sane(commit));
    return OUTCOME_OK;
}

static struct outcome write_zeros(const struct disk_port *disk, int fd, uint64_t from,
                                  uint64_t until)
{
    static const uint8_t zeros[FILL_STEP_BYTES];

    for (uint64_t at = from; at < until; at += FILL_STEP_BYTES) {
        size_t step = until - at < FILL_STEP_BYTES ? (size_t)(until - at) : FILL_STEP_BYTES;
        size_t written = 0;
        TRY(disk_write(disk, fd, at, view_of(zeros, step), &written));
    }
    return OUTCOME_OK;
}

/* Each step goes out before the next is written: else the sync at the end has all of it to do, and
 * a record's sync that comes meanwhile waits for it. */
static struct outcome write_zeros_out(const struct disk_port *disk, int fd, uint32_t bytes)
{
    for (uint64_t at = 0; at < bytes; at += FILL_STEP_BYTES) {
        size_t step = bytes - at < FILL_STEP_BYTES ? (size_t)(bytes - at) : FILL_STEP_BYTES;
        TRY(write_zeros(disk, fd, at, at + step));
        TRY(disk_write_out(disk, fd, at, step)); /* a failure is seen here or never */
    }
    return OUTCOME_OK;
}

struct outcome commit_fill_zeros(const struct disk_port *disk, int home_fd, const char *path,
                                 uint32_t bytes)
{
    int fd = DISK_CLOSED;

    TRY(disk_open(disk, home_fd, path, DISK_OPEN_CREATE, DISK_PRIVATE, &fd));
    struct outcome outcome = disk_has_room(disk, home_fd, bytes);
    if (outcome_ok(outcome)) {
        outcome = write_zeros_out(disk, fd, bytes);
    }
    if (outcome_ok(outcome)) {
        outcome = disk_sync(disk, fd, false);
    }
    struct outcome closed = disk_close(disk, &fd);
    outcome = outcome_ok(outcome) ? closed : outcome;
    if (!outcome_ok(outcome)) {
        outcome_ignore(disk_remove(disk, home_fd, path, false)); /* it takes room for nothing */
    }
    return outcome;
}

/* False also when the size cannot be found out: the file is then made anew. */
static bool has_size(const struct context *context, const char *path, uint64_t bytes)
{
    int fd = DISK_CLOSED;
    uint64_t size = 0;

    if (!outcome_ok(
            disk_open(context->disk, context->home_fd, path, DISK_OPEN_READ, DISK_PRIVATE, &fd))) {
        return false;
    }
    bool same = outcome_ok(disk_size(context->disk, fd, &size)) && size == bytes;
    outcome_ignore(disk_close(context->disk, &fd)); /* only looked at */
    return same;
}

/* The zeros that the keeper made, or made here when it has not: under the name commit/new. */
static struct outcome take_zeros(struct commit *commit, uint64_t bytes)
{
    const struct context *context = commit->context;
    bool usable = commit->spare_ready && has_size(context, COMMIT_SPARE, bytes);

    commit->spare_ready = false;
    if (usable) {
        return disk_rename(context->disk, context->home_fd, COMMIT_SPARE, COMMIT_NEW);
    }
    return commit_fill_zeros(context->disk, context->home_fd, COMMIT_NEW, (uint32_t)bytes);
}

/* Gives commit/new its name, and makes the names in the folder durable. */
static struct outcome place_new(const struct context *context, uint64_t number)
{
    char path[LEDGER_PATH_BYTES_MAX];

    segment_path(number, SEGMENT_FILE_RECORDS, path);
    TRY(disk_rename(context->disk, context->home_fd, COMMIT_NEW, path));
    return disk_sync_folder(context->disk, context->home_fd, COMMIT_FOLDER);
}

static struct outcome write_header(const struct context *context, int fd,
                                   const struct scan_position *at)
{
    uint8_t sector[SECTOR_BYTES];
    size_t written = 0;
    struct segment_header header = {
        .number = at->segment,
        .first_index = at->index,
        .first_sequence = at->sequence,
        .segment_bytes = context->segment_bytes,
    };

    memcpy(header.log_id, context->log_id, LOG_ID_BYTES);
    segment_header_write(&header, sector);
    TRY(disk_write(context->disk, fd, 0, view_of(sector, sizeof(sector)), &written));
    return disk_sync(context->disk, fd, true);
}

static struct outcome make_segment(struct commit *commit, const struct scan_position *at,
                                   int *ret_fd, struct sealer **ret_sealer)
{
    const struct context *context = commit->context;

    /* The key's file passes through commit/new too: it comes before the zeros. */
    TRY(segment_key_make(context, at->segment, SEGMENT_FILE_KEY, ret_sealer));
    TRY(take_zeros(commit, context->segment_bytes));
    TRY(place_new(context, at->segment));
    TRY(open_segment(context, at->segment, ret_fd));
    return write_header(context, *ret_fd, at);
}

/* After a lack of space: what was made is in the way of nobody, but takes room. */
static void unmake_segment(const struct context *context, uint64_t number)
{
    char path[LEDGER_PATH_BYTES_MAX];

    segment_path(number, SEGMENT_FILE_RECORDS, path);
    outcome_ignore(disk_remove(context->disk, context->home_fd, path, false));
    segment_path(number, SEGMENT_FILE_KEY, path);
    outcome_ignore(disk_remove(context->disk, context->home_fd, path, false));
    outcome_ignore(disk_remove(context->disk, context->home_fd, COMMIT_NEW, false));
}

struct outcome commit_begin_segment(struct commit *commit)
{
    struct scan_position at = commit->at;
    struct sealer *sealer = NULL;
    int fd = DISK_CLOSED;

    CHECK(sane(commit) && commit->dirty_until == 0);
    at.segment++;
    at.offset = SECTOR_BYTES;
    struct outcome outcome = make_segment(commit, &at, &fd, &sealer);
    if (!outcome_ok(outcome)) {
        outcome_ignore(disk_close(commit->context->disk, &fd));
        sealer_free(sealer);
        if (want_of_room(outcome)) {
            unmake_segment(commit->context, at.segment);
        }
        return outcome;
    }
    let_go(commit);
    commit->fd = fd;
    commit->sealer = sealer;
    commit->at = at;
    commit->tail = (struct scan_tail){0};
    commit->segment_bytes = commit->context->segment_bytes;
    CHECK(sane(commit));
    return OUTCOME_OK;
}

size_t commit_record_max(const struct context *context)
{
    size_t room = context->segment_bytes - SECTOR_BYTES;
    return room < COMMIT_RECORD_BYTES_MAX ? room : COMMIT_RECORD_BYTES_MAX;
}

bool commit_fits(const struct commit *commit, size_t record_bytes)
{
    return commit->fd != DISK_CLOSED && commit->at.offset + record_bytes <= commit->segment_bytes;
}

struct outcome commit_clean(struct commit *commit)
{
    CHECK(sane(commit));
    if (commit->dirty_until == 0) {
        return OUTCOME_OK;
    }
    TRY(write_zeros(commit->context->disk, commit->fd, commit->at.offset, commit->dirty_until));
    TRY(disk_sync(commit->context->disk, commit->fd, true));
    commit->dirty_until = 0;
    return OUTCOME_OK;
}

/* For want of room the record goes again, and others may come. */
static struct outcome take_back(struct commit *commit, struct outcome outcome)
{
    if (!want_of_room(outcome)) {
        return outcome;
    }
    struct outcome cleaned = commit_clean(commit);
    /* Still no room for zeros: they are owed, and written before anything else. */
    return outcome_ok(cleaned) || want_of_room(cleaned) ? outcome : cleaned;
}

struct outcome commit_write(struct commit *commit, struct view record)
{
    const struct disk_port *disk = commit->context->disk;
    size_t written = 0;

    CHECK(sane(commit) && record.len > 0 && record.len % SECTOR_BYTES == 0);
    CHECK(commit_fits(commit, record.len));
    TRY(commit_clean(commit)); /* invariant 3 */
    commit->dirty_until = commit->at.offset + record.len;
    struct outcome outcome = disk_write(disk, commit->fd, commit->at.offset, record, &written);
    if (!outcome_ok(outcome)) {
        return take_back(commit, outcome);
    }
    disk_begin(disk, commit->fd, commit->at.offset, record.len);
    return OUTCOME_OK;
}

struct outcome commit_sync(struct commit *commit, unsigned count)
{
    CHECK(sane(commit) && commit->dirty_until != 0 && count > 0);
    int64_t from_us = clock_monotonic_us(&commit->context->clock);
    struct outcome outcome = disk_sync(commit->context->disk, commit->fd, true);
    histogram_add_span(commit->sync_span, from_us, clock_monotonic_us(&commit->context->clock));
    if (!outcome_ok(outcome)) {
        return take_back(commit, outcome);
    }
    commit->tail = (struct scan_tail){commit->at.offset, commit->at.index};
    commit->at.offset = commit->dirty_until;
    commit->at.index += count;
    commit->at.sequence++;
    commit->dirty_until = 0;
    CHECK(sane(commit));
    return OUTCOME_OK;
}

static struct outcome copy_up_to(const struct context *context, int from_fd, int to_fd,
                                 uint64_t until)
{
    BUF_AUTO piece;

    buf_init(&piece, FILL_STEP_BYTES);
    uint8_t *bytes = buf_claim(&piece, FILL_STEP_BYTES);
    if (bytes == NULL) {
        return buf_check(&piece);
    }
    for (uint64_t at = 0; at < until; at += FILL_STEP_BYTES) {
        size_t step = until - at < FILL_STEP_BYTES ? (size_t)(until - at) : FILL_STEP_BYTES;
        size_t got = 0;
        size_t written = 0;
        TRY(disk_read(context->disk, from_fd, at, bytes, step, &got));
        if (got != step) {
            return outcome_fail(FAULT_CORRUPT, "segment became shorter while it was copied");
        }
        TRY(disk_write(context->disk, to_fd, at, view_of(bytes, step), &written));
    }
    return disk_sync(context->disk, to_fd, false);
}

struct outcome commit_rewrite(struct commit *commit)
{
    const struct context *context = commit->context;
    int new_fd = DISK_CLOSED;

    CHECK(sane(commit) && commit->fd != DISK_CLOSED);
    TRY(take_zeros(commit, commit->segment_bytes));
    TRY(disk_open(context->disk, context->home_fd, COMMIT_NEW, DISK_OPEN_WRITE, DISK_PRIVATE,
                  &new_fd));
    struct outcome outcome = copy_up_to(context, commit->fd, new_fd, commit->at.offset);
    if (outcome_ok(outcome)) {
        outcome = place_new(context, commit->at.segment);
    }
    if (!outcome_ok(outcome)) {
        outcome_ignore(disk_close(context->disk, &new_fd));
        outcome_ignore(disk_remove(context->disk, context->home_fd, COMMIT_NEW, false));
        return outcome;
    }
    outcome_ignore(disk_close(context->disk, &commit->fd)); /* the old file has no name any more */
    commit->fd = new_fd;
    commit->dirty_until = 0;
    CHECK(sane(commit));
    return OUTCOME_OK;
}
