/*
 * Which part of the commit log a copy takes.
 *
 * Invariants
 *  1. Nothing is taken that a published checkpoint does not cover, unless that is asked for: a
 *     record that is written and not yet synced can be gone after a crash, and another can stand in
 *     its place.
 *  2. It ends where a record ends, and with that record's signed checkpoint.
 *  3. Who takes it has the log's own wrap key: another one would seal a copy that nobody opens.
 */
#include "base/check.h"
#include "base/memory.h"
#include "ledger/private.h"

#include <stdio.h>
#include <string.h>

struct measuring {
    struct context context;
    const struct ledger_bounds *bounds;
    struct ledger_extent extent;
    struct buf *note;
    bool stopped;
    char *why;
};

static struct outcome wrong(struct measuring *measuring, const struct scan *scan, const char *what)
{
    if (measuring->why[0] == '\0') {
        snprintf(measuring->why, 256, COMMIT_FOLDER "/%010llu.seg at offset %llu: %s",
                 (unsigned long long)scan->at.segment, (unsigned long long)scan->at.offset, what);
    }
    return outcome_fail(FAULT_CORRUPT, "the commit log does not verify");
}

static bool stops_in(const struct measuring *measuring, const struct scan_record *record)
{
    const struct ledger_bounds *bounds = measuring->bounds;
    struct cursor entries = cursor_of(record->body.entries);

    for (unsigned i = 0; i < record->header.count; i++) {
        struct view entry = cursor_block16(&entries);
        if (bounds->stops != NULL && record->header.first_index + i >= bounds->from &&
            bounds->stops(bounds->context, entry)) {
            return true;
        }
    }
    return false;
}

/* Invariant 2. */
static struct outcome take_record(struct measuring *measuring, const struct scan *scan,
                                  const struct scan_record *record)
{
    struct ledger_extent *extent = &measuring->extent;

    extent->size = record->header.first_index + record->header.count;
    extent->last_segment = scan->at.segment;
    extent->last_bytes = scan->at.offset;
    buf_reset(measuring->note);
    buf_put_view(measuring->note, record->body.checkpoint);
    return buf_check(measuring->note);
}

static struct outcome measure_records(struct measuring *measuring, struct scan *scan)
{
    while (!measuring->stopped && scan->at.index < measuring->bounds->until) { /* invariant 1 */
        struct scan_record record;
        enum scan_found found = SCAN_END;
        TRY(scan_next(scan, &found, &record, NULL, measuring->why));
        if (found == SCAN_END ||
            (found != SCAN_RECORD && measuring->bounds->until == LEDGER_WRITTEN)) {
            return OUTCOME_OK;
        }
        if (found != SCAN_RECORD) {
            return wrong(measuring, scan, "an unfinished or bad record");
        }
        measuring->stopped = stops_in(measuring, &record);
        if (!measuring->stopped) {
            TRY(take_record(measuring, scan, &record));
        }
    }
    return OUTCOME_OK;
}

static struct outcome measure_segment(struct measuring *measuring, uint64_t number)
{
    struct scan scan;
    struct outcome outcome = scan_open(&scan, &measuring->context, number, measuring->why);

    if (outcome_ok(outcome)) {
        outcome = measure_records(measuring, &scan);
    }
    scan_close(&scan);
    return outcome;
}

/* The last segment that begins below `from`. One that does not open is not begun yet, or will be
 * met. */
static size_t first_segment(const struct measuring *measuring, const struct segment_list *list)
{
    for (size_t i = list->count; i > 1; i--) {
        struct scan scan;
        char why[SCAN_WHY_BYTES] = "";
        struct outcome outcome = scan_open(&scan, &measuring->context, list->numbers[i - 1], why);
        bool found = outcome_ok(outcome) && scan.header.first_index < measuring->bounds->from;
        scan_close(&scan);
        if (found) {
            return i - 1;
        }
    }
    return 0;
}

static struct outcome measure_all(struct measuring *measuring, const struct segment_list *list)
{
    const struct ledger_bounds *bounds = measuring->bounds;

    if (list->count == 0) {
        return outcome_fail(FAULT_CORRUPT, "the commit log has no segment");
    }
    measuring->extent.first_segment = list->numbers[0];
    for (size_t i = first_segment(measuring, list);
         i < list->count && !measuring->stopped && measuring->extent.size < bounds->until; i++) {
        TRY(measure_segment(measuring, list->numbers[i]));
    }
    return measuring->extent.size >= bounds->from && measuring->extent.size <= bounds->until
               ? OUTCOME_OK
               : outcome_fail(FAULT_CONFLICT, "no record of the commit log ends there");
}

static struct outcome check_note(const struct measuring *measuring)
{
    struct checkpoint checkpoint = {0};

    TRY(checkpoint_open_of(&measuring->context.keys, buf_view(measuring->note), &checkpoint));
    return checkpoint.size == measuring->extent.size
               ? OUTCOME_OK
               : outcome_fail(FAULT_CORRUPT, "a record's checkpoint is of another size");
}

/* Invariant 3. */
static struct outcome check_key(const struct measuring *measuring)
{
    struct sealer *sealer = NULL;
    struct outcome outcome = segment_key_open(&measuring->context, measuring->extent.last_segment,
                                              SEGMENT_FILE_KEY, &sealer);

    sealer_free(sealer);
    return outcome.fault == FAULT_CORRUPT
               ? outcome_fail(FAULT_CORRUPT, "the wrap key is not this log's")
               : outcome;
}

static struct outcome measure(struct measuring *measuring)
{
    struct segment_list list = {0};

    TRY(segment_list_read(&measuring->context, &list));
    struct outcome outcome = measure_all(measuring, &list);
    segment_list_done(&list);
    if (outcome_ok(outcome)) {
        outcome = check_note(measuring);
    }
    return outcome_ok(outcome) ? check_key(measuring) : outcome;
}

struct outcome ledger_extent_find(const struct ledger_config *config,
                                  const struct ledger_bounds *bounds,
                                  struct ledger_extent *ret_extent, struct buf *ret_note,
                                  char ret_why[256])
{
    struct measuring measuring = {.bounds = bounds, .note = ret_note, .why = ret_why};

    CHECK(bounds->from > 0);
    ret_why[0] = '\0';
    struct outcome outcome = context_init(&measuring.context, config);
    if (outcome_ok(outcome)) {
        outcome = measure(&measuring);
    }
    context_done(&measuring.context);
    if (!outcome_ok(outcome)) {
        if (ret_why[0] == '\0') {
            snprintf(ret_why, 256, "%s", outcome.what);
        }
        return outcome;
    }
    *ret_extent = measuring.extent;
    return OUTCOME_OK;
}

struct outcome ledger_segment_opens(const struct ledger_config *config, uint64_t number)
{
    struct context context;
    struct sealer *sealer = NULL;
    struct outcome outcome = context_init(&context, config);

    if (outcome_ok(outcome)) {
        outcome = segment_key_open(&context, number, SEGMENT_FILE_KEY, &sealer);
    }
    sealer_free(sealer);
    context_done(&context);
    return outcome;
}

static struct outcome published(const struct context *context, struct checkpoint *ret_checkpoint,
                                struct buf *ret_note)
{
    BUF_AUTO note;

    buf_init(&note, NOTE_BYTES_MAX);
    TRY(disk_load(context->disk, context->home_fd, PUBLIC_CHECKPOINT, &note));
    TRY(checkpoint_open_of(&context->keys, buf_view(&note), ret_checkpoint));
    if (ret_note != NULL) {
        buf_put_view(ret_note, buf_view(&note));
        return buf_check(ret_note);
    }
    return OUTCOME_OK;
}

struct outcome ledger_published(const struct ledger_config *config,
                                struct checkpoint *ret_checkpoint, struct buf *ret_note)
{
    struct context context;
    struct outcome outcome = context_init(&context, config);

    if (outcome_ok(outcome)) {
        outcome = published(&context, ret_checkpoint, ret_note);
    }
    context_done(&context);
    return outcome;
}
