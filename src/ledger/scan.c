/*
 * Reading the commit log.
 *
 * Invariants
 *  1. Exactly one write is under way at a time, into zeros. So behind the last good record there is
 *     nothing, or one torn record: sectors of it that were written and sectors that are still zero.
 *  2. What is not that is damage, and is refused: a bad record with nothing missing from it, a
 *     header that does not verify, a good record behind a bad one, bytes beyond what one record can
 *     reach. Cutting there would drop what was answered.
 */
#include "ledger/scan.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW_BYTES (4u << 20)
#define SEGMENTS_MAX (1u << 20)
#define SEGMENT_FIRST 1u

void scan_path(const struct scan *scan, char ret_path[LEDGER_PATH_BYTES_MAX])
{
    segment_path(scan->at.segment, scan->file, ret_path);
}

static void say(const struct scan *scan, uint64_t offset, const char *what,
                char ret_why[SCAN_WHY_BYTES])
{
    char path[LEDGER_PATH_BYTES_MAX];

    scan_path(scan, path);
    snprintf(ret_why, SCAN_WHY_BYTES, "%s at offset %llu: %s", path, (unsigned long long)offset,
             what);
}

static bool is_zero(struct view bytes)
{
    return bytes.len == 0 ||
           (bytes.data[0] == 0 && memcmp(bytes.data, bytes.data + 1, bytes.len - 1) == 0);
}

/* Bytes of the file; fewer than asked for only at its end. The view holds until the next call. */
static struct outcome look(struct scan *scan, uint64_t offset, size_t len, struct view *ret_bytes)
{
    uint64_t left = offset < scan->segment_bytes ? scan->segment_bytes - offset : 0;
    size_t want = len < left ? len : (size_t)left;
    bool inside = offset >= scan->window_offset &&
                  offset - scan->window_offset <= scan->window.len &&
                  want <= scan->window.len - (offset - scan->window_offset);

    if (!inside) {
        size_t step = want > WINDOW_BYTES ? want : WINDOW_BYTES;
        size_t got = 0;
        step = step < left ? step : (size_t)left;
        buf_reset(&scan->window);
        uint8_t *to = buf_claim(&scan->window, step);
        if (to == NULL) {
            return buf_check(&scan->window);
        }
        TRY(disk_read(scan->context->disk, scan->fd, offset, to, step, &got));
        buf_cut(&scan->window, got);
        scan->window_offset = offset;
        want = want < got ? want : got;
    }
    *ret_bytes = view_part(buf_view(&scan->window), (size_t)(offset - scan->window_offset), want);
    return OUTCOME_OK;
}

static struct outcome check_header(struct scan *scan, const uint8_t sector[SECTOR_BYTES],
                                   uint64_t file_bytes, char ret_why[SCAN_WHY_BYTES])
{
    struct outcome outcome = segment_header_read(sector, &scan->header);

    if (outcome_ok(outcome) &&
        memcmp(scan->header.log_id, scan->context->log_id, LOG_ID_BYTES) != 0) {
        outcome = outcome_fail(FAULT_CORRUPT, "segment of another log");
    }
    if (outcome_ok(outcome) && scan->header.number != scan->at.segment) {
        outcome = outcome_fail(FAULT_CORRUPT, "segment of another number");
    }
    if (outcome_ok(outcome) && scan->header.segment_bytes != file_bytes) {
        outcome = outcome_fail(FAULT_CORRUPT, "segment's length is not what its header says");
    }
    if (!outcome_ok(outcome)) {
        say(scan, 0, outcome.what, ret_why);
    }
    return outcome;
}

static struct outcome open_file(struct scan *scan, enum segment_file file)
{
    char path[LEDGER_PATH_BYTES_MAX];

    scan->file = file;
    scan_path(scan, path);
    return disk_open(scan->context->disk, scan->context->home_fd, path, DISK_OPEN_READ,
                     DISK_PRIVATE, &scan->fd);
}

struct outcome scan_open(struct scan *scan, const struct context *context, uint64_t segment,
                         char ret_why[SCAN_WHY_BYTES])
{
    uint8_t sector[SECTOR_BYTES] = {0};
    uint64_t file_bytes = 0;
    size_t got = 0;

    *scan = (struct scan){.context = context, .fd = DISK_CLOSED, .at.segment = segment};
    buf_init(&scan->window, COMMIT_RECORD_BYTES_MAX + WINDOW_BYTES);
    struct outcome opened = open_file(scan, SEGMENT_FILE_RECORDS);
    TRY(opened.fault == FAULT_NOT_FOUND ? open_file(scan, SEGMENT_FILE_REST) : opened);
    TRY(disk_size(context->disk, scan->fd, &file_bytes));
    TRY(disk_read(context->disk, scan->fd, 0, sector, sizeof(sector), &got));
    TRY(check_header(scan, sector, file_bytes, ret_why));
    scan->segment_bytes = file_bytes;
    scan->at.offset = SECTOR_BYTES;
    scan->at.index = scan->header.first_index;
    scan->at.sequence = scan->header.first_sequence;
    return OUTCOME_OK;
}

struct outcome scan_key_open(const struct scan *scan, struct sealer **ret_sealer)
{
    return segment_key_open(
        scan->context, scan->at.segment,
        scan->file == SEGMENT_FILE_REST ? SEGMENT_FILE_REST_KEY : SEGMENT_FILE_KEY, ret_sealer);
}

/* Whose key is not there any more, or is overwritten, was taken away before its key. */
struct outcome scan_open_sealed(struct scan *scan, const struct context *context, uint64_t segment,
                                struct sealer **ret_sealer, char ret_why[SCAN_WHY_BYTES])
{
    TRY(scan_open(scan, context, segment, ret_why));
    struct outcome outcome = scan_key_open(scan, ret_sealer);
    if (outcome_ok(outcome) || scan->file == SEGMENT_FILE_REST) {
        return outcome;
    }
    scan_close(scan);
    TRY(scan_open(scan, context, segment, ret_why));
    return scan->file == SEGMENT_FILE_REST ? scan_key_open(scan, ret_sealer) : outcome;
}

void scan_close(struct scan *scan)
{
    if (scan == NULL || scan->context == NULL) {
        return;
    }
    outcome_ignore(disk_close(scan->context->disk, &scan->fd)); /* only read from */
    buf_done(&scan->window);
}

void scan_move(struct scan *scan, const struct scan_position *position)
{
    CHECK(position->segment == scan->at.segment);
    CHECK(position->offset % SECTOR_BYTES == 0);
    scan->at = *position;
}

/* What is wrong with a header that verifies, or NULL. */
static const char *misplaced(const struct scan *scan, const struct record_header *header)
{
    if (header->segment != scan->at.segment) {
        return "record of another segment";
    }
    if (header->sequence != scan->at.sequence) {
        return "record out of sequence";
    }
    if (header->first_index != scan->at.index) {
        return "record's first index does not follow";
    }
    if (record_bytes(header->payload_bytes) > scan->segment_bytes - scan->at.offset) {
        return "record reaches beyond its segment";
    }
    return NULL;
}

/* Walks what stands from `offset` on: the end of the last sector with anything in it (`offset` when
 * there is none), whether a sector before it is zero, and whether one starts a good record. */
struct rest {
    uint64_t until;
    bool gap;
    uint64_t record_at; /* 0 = none */
};

static void rest_take(struct rest *rest, struct view sector, uint64_t at, bool *zero_seen)
{
    struct record_header header;

    if (is_zero(sector)) {
        *zero_seen = true;
        return;
    }
    rest->gap = rest->gap || *zero_seen;
    rest->until = at + sector.len;
    if (rest->record_at == 0 && sector.len == SECTOR_BYTES &&
        outcome_ok(record_header_read(sector, &header))) {
        rest->record_at = at;
    }
}

static struct outcome walk_rest(struct scan *scan, uint64_t offset, uint64_t until,
                                struct rest *ret_rest)
{
    struct rest rest = {.until = offset};
    bool zero_seen = false;

    for (uint64_t at = offset; at < until; at += WINDOW_BYTES) {
        struct view chunk = {0};
        uint64_t left = until - at;
        TRY(look(scan, at, left < WINDOW_BYTES ? (size_t)left : WINDOW_BYTES, &chunk));
        if (is_zero(chunk)) { /* most of an unfinished segment */
            zero_seen = true;
            continue;
        }
        for (size_t in = 0; in < chunk.len; in += SECTOR_BYTES) {
            size_t len = chunk.len - in < SECTOR_BYTES ? chunk.len - in : SECTOR_BYTES;
            rest_take(&rest, view_part(chunk, in, len), at + in, &zero_seen);
        }
    }
    *ret_rest = rest;
    return OUTCOME_OK;
}

/* No header stands at the position: an end, or a record whose first sector never came. */
static struct outcome judge_blank(struct scan *scan, enum scan_found *ret_found,
                                  uint64_t *ret_until, char ret_why[SCAN_WHY_BYTES])
{
    struct rest rest = {0};

    TRY(walk_rest(scan, scan->at.offset, scan->segment_bytes, &rest));
    *ret_until = rest.until;
    if (rest.until == scan->at.offset) {
        *ret_found = SCAN_END;
        return OUTCOME_OK;
    }
    *ret_found = SCAN_TORN;
    if (rest.record_at != 0) {
        *ret_found = SCAN_BAD;
        say(scan, scan->at.offset, "no record here, but a good one behind", ret_why);
    } else if (rest.until - scan->at.offset > COMMIT_RECORD_BYTES_MAX) {
        *ret_found = SCAN_BAD;
        say(scan, rest.until - SECTOR_BYTES, "bytes beyond the reach of an unfinished record",
            ret_why);
    }
    return OUTCOME_OK;
}

/* The header is good and the payload is not: torn, if sectors of it never came. */
static struct outcome judge_payload(struct scan *scan, const struct record_header *header,
                                    enum scan_found *ret_found, uint64_t *ret_until,
                                    char ret_why[SCAN_WHY_BYTES])
{
    uint64_t end = scan->at.offset + record_bytes(header->payload_bytes);
    struct rest inside = {0};
    struct rest behind = {0};

    struct outcome outcome = walk_rest(scan, scan->at.offset, end, &inside);
    CHECK(outcome_ok(outcome)); /* the whole record stands in the window */
    TRY(walk_rest(scan, end, scan->segment_bytes, &behind));
    *ret_until = inside.until;
    *ret_found = SCAN_TORN;
    if (behind.until != end) {
        *ret_found = SCAN_BAD;
        say(scan, scan->at.offset,
            behind.record_at != 0 ? "bad record with a good one behind it"
                                  : "bad record with other bytes behind it",
            ret_why);
    } else if (!inside.gap && inside.until == end) {
        *ret_found = SCAN_BAD;
        say(scan, scan->at.offset,
            "record is damaged: all of it was written, and it does not verify", ret_why);
    }
    return OUTCOME_OK;
}

static struct outcome judge_record(struct scan *scan, const struct record_header *header,
                                   enum scan_found *ret_found, struct scan_record *ret_record,
                                   uint64_t *ret_until, char ret_why[SCAN_WHY_BYTES])
{
    struct view bytes = {0};
    size_t len = record_bytes(header->payload_bytes);

    TRY(look(scan, scan->at.offset, len, &bytes));
    if (bytes.len < len) {
        *ret_found = SCAN_BAD;
        say(scan, scan->at.offset, "file ends within a record", ret_why);
        return OUTCOME_OK;
    }
    ret_record->header = *header;
    ret_record->offset = scan->at.offset;
    if (!outcome_ok(record_read(header, bytes, &ret_record->body))) {
        return judge_payload(scan, header, ret_found, ret_until, ret_why);
    }
    *ret_found = SCAN_RECORD;
    scan->at.offset += len;
    scan->at.index += header->count;
    scan->at.sequence++;
    return OUTCOME_OK;
}

struct outcome scan_next(struct scan *scan, enum scan_found *ret_found,
                         struct scan_record *ret_record, uint64_t *ret_until,
                         char ret_why[SCAN_WHY_BYTES])
{
    struct view sector = {0};
    struct record_header header = {0};
    uint64_t until = scan->at.offset;
    uint64_t *end = ret_until == NULL ? &until : ret_until;

    *end = scan->at.offset;
    if (scan->at.offset >= scan->segment_bytes) {
        *ret_found = SCAN_END;
        return OUTCOME_OK;
    }
    TRY(look(scan, scan->at.offset, SECTOR_BYTES, &sector));
    if (sector.len < SECTOR_BYTES || is_zero(sector)) {
        return judge_blank(scan, ret_found, end, ret_why);
    }
    if (!outcome_ok(record_header_read(sector, &header))) {
        *ret_found = SCAN_BAD;
        say(scan, scan->at.offset, "record header does not verify", ret_why);
        return OUTCOME_OK;
    }
    const char *what = misplaced(scan, &header);
    if (what != NULL) {
        *ret_found = SCAN_BAD;
        say(scan, scan->at.offset, what, ret_why);
        return OUTCOME_OK;
    }
    return judge_record(scan, &header, ret_found, ret_record, end, ret_why);
}

struct outcome scan_is_blank(const struct context *context, uint64_t segment, bool *ret_blank)
{
    char path[LEDGER_PATH_BYTES_MAX];
    struct scan scan = {.context = context, .fd = DISK_CLOSED, .at.segment = segment};
    struct rest rest = {0};

    buf_init(&scan.window, WINDOW_BYTES);
    segment_path(segment, SEGMENT_FILE_RECORDS, path);
    TRY(disk_open(context->disk, context->home_fd, path, DISK_OPEN_READ, DISK_PRIVATE, &scan.fd));
    struct outcome outcome = disk_size(context->disk, scan.fd, &scan.segment_bytes);
    if (outcome_ok(outcome)) { /* most have a header, which is enough to know */
        outcome = walk_rest(&scan, 0, SECTOR_BYTES, &rest);
    }
    if (outcome_ok(outcome) && rest.until == 0) {
        outcome = walk_rest(&scan, 0, scan.segment_bytes, &rest);
    }
    scan_close(&scan);
    TRY(outcome);
    *ret_blank = rest.until == 0;
    return OUTCOME_OK;
}

static int compare_numbers(const void *a, const void *b)
{
    const uint64_t *left = a;
    const uint64_t *right = b;

    return (*left > *right) - (*left < *right);
}

static struct outcome list_grow(struct segment_list *list, uint64_t number, size_t *cap)
{
    if (list->count == SEGMENTS_MAX) {
        return outcome_fail(FAULT_OVER_LIMIT, "segments of the commit log");
    }
    if (list->count == *cap) {
        size_t wider = *cap == 0 ? 64 : *cap * 2;
        uint64_t *numbers = memory_resize(list->numbers, wider, sizeof(*numbers));
        if (numbers == NULL) {
            return outcome_fail(FAULT_NO_MEMORY, "list of segments");
        }
        list->numbers = numbers;
        *cap = wider;
    }
    list->numbers[list->count++] = number;
    return OUTCOME_OK;
}

static struct outcome list_add(struct segment_list *list, const struct buf *names, size_t *cap)
{
    size_t at = 0;

    for (const char *name = disk_next_name(names, &at); name != NULL;
         name = disk_next_name(names, &at)) {
        uint64_t number = 0;
        enum segment_file file = SEGMENT_FILE_RECORDS;
        if (segment_name_get(name, &number, &file) && file == SEGMENT_FILE_RECORDS) {
            TRY(list_grow(list, number, cap));
        }
    }
    return OUTCOME_OK;
}

/* A segment that is being shredded is in both folders. */
static void list_once(struct segment_list *list)
{
    size_t kept = 0;

    for (size_t i = 0; i < list->count; i++) {
        if (i == 0 || list->numbers[i] != list->numbers[kept - 1]) {
            list->numbers[kept++] = list->numbers[i];
        }
    }
    list->count = kept;
}

static struct outcome list_order(struct segment_list *list)
{
    if (list->count > 1) {
        qsort(list->numbers, list->count, sizeof(*list->numbers), compare_numbers);
    }
    list_once(list);
    if (list->count > 0 && list->numbers[0] != SEGMENT_FIRST) {
        return outcome_fail(FAULT_CORRUPT,
                            "the log's first segments are not there: is archived/ mounted?");
    }
    for (size_t i = 1; i < list->count; i++) {
        if (list->numbers[i] != list->numbers[i - 1] + 1) {
            return outcome_fail(FAULT_CORRUPT, "a segment of the commit log is missing");
        }
    }
    return OUTCOME_OK;
}

static struct outcome list_folders(const struct context *context, struct segment_list *list)
{
    BUF_AUTO names;
    size_t cap = 0;

    buf_init(&names, FOLDER_NAMES_BYTES_MAX);
    TRY(disk_list(context->disk, context->home_fd, COMMIT_FOLDER, &names));
    TRY(list_add(list, &names, &cap));
    buf_reset(&names);
    struct outcome outcome = disk_list(context->disk, context->home_fd, ARCHIVED_FOLDER, &names);
    if (outcome.fault != FAULT_NOT_FOUND) { /* it is not there before there is something for it */
        TRY(outcome);
        TRY(list_add(list, &names, &cap));
    }
    return list_order(list);
}

struct outcome segment_list_read(const struct context *context, struct segment_list *ret_list)
{
    struct segment_list list = {0};

    struct outcome outcome = list_folders(context, &list);
    if (!outcome_ok(outcome)) {
        segment_list_done(&list);
        return outcome;
    }
    *ret_list = list;
    return OUTCOME_OK;
}

void segment_list_done(struct segment_list *list)
{
    memory_free(list->numbers);
    *list = (struct segment_list){0};
}
