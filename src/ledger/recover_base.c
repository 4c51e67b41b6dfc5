/*
 * What a recovery starts from: the files that are there, and the newest snapshot that is whole.
 *
 * Invariants
 *  1. A snapshot is used only whole, and only where the commit log still has the record that it
 * ends with: a commit log that was put back to an older state refuses.
 *  2. A damaged snapshot is told, and an older one or the whole log takes its place.
 */
#include "base/check.h"
#include "base/log.h"
#include "ledger/recover.h"

#include <stdio.h>
#include <string.h>

#define SNAPSHOTS_TRIED_MAX 8u

static struct outcome remove_halves(const struct context *context)
{
    TRY(disk_remove(context->disk, context->home_fd, COMMIT_NEW, false));
    TRY(disk_remove(context->disk, context->home_fd, ARCHIVED_NEW, false));
    return disk_remove(context->disk, context->home_fd, DERIVED_NEW, false);
}

static bool spare_is_there(const struct context *context)
{
    int fd = DISK_CLOSED;
    bool there = outcome_ok(disk_open(context->disk, context->home_fd, COMMIT_SPARE, DISK_OPEN_READ,
                                      DISK_PRIVATE, &fd));

    outcome_ignore(disk_close(context->disk, &fd)); /* only looked at */
    return there;
}

/* A crash while a segment was begun leaves one of zeros only, or its key alone. */
static struct outcome drop_unbegun(struct recovery *recovery)
{
    const struct context *context = &recovery->ledger->context;
    struct segment_list *list = &recovery->list;
    bool blank = false;
    char path[LEDGER_PATH_BYTES_MAX];

    if (list->count == 0) {
        return recovery_refuse(recovery, COMMIT_FOLDER ": there is no segment");
    }
    uint64_t last = list->numbers[list->count - 1];
    TRY(scan_is_blank(context, last, &blank));
    if (blank && list->count > 1) {
        segment_path(last, SEGMENT_FILE_RECORDS, path);
        log_line(LOG_LEVEL_WARN, "segment-not-begun", "file=%s", path);
        TRY(disk_remove(context->disk, context->home_fd, path, false));
        list->count--;
        last--;
    }
    segment_path(last + 1, SEGMENT_FILE_KEY, path);
    return disk_remove(context->disk, context->home_fd, path, false);
}

static struct outcome read_published(struct recovery *recovery)
{
    const struct context *context = &recovery->ledger->context;
    BUF_AUTO note;

    buf_init(&note, NOTE_BYTES_MAX);
    struct outcome outcome = disk_load(context->disk, context->home_fd, PUBLIC_CHECKPOINT, &note);
    if (outcome_ok(outcome)) {
        outcome = checkpoint_open_of(&context->keys, buf_view(&note), &recovery->published);
    }
    switch (outcome.fault) {
    case FAULT_NONE:
        return OUTCOME_OK;
    case FAULT_IO:
    case FAULT_NO_MEMORY:
        return recovery_placed(recovery, PUBLIC_CHECKPOINT, outcome);
    case FAULT_NOT_FOUND:
        return recovery_refuse(recovery, PUBLIC_CHECKPOINT " is missing");
    default:
        return recovery_refuse(recovery, PUBLIC_CHECKPOINT ": %s", outcome.what);
    }
}

/* Every segment's header: what the table of segments says. */
static struct outcome read_headers(struct recovery *recovery)
{
    struct ledger *ledger = recovery->ledger;
    struct scan scan;

    for (size_t i = 0; i < recovery->list.count; i++) {
        struct outcome outcome =
            scan_open(&scan, &ledger->context, recovery->list.numbers[i], recovery->place);
        const struct segment_place place = {recovery->list.numbers[i], scan.header.first_index,
                                            scan.file == SEGMENT_FILE_REST};
        scan_close(&scan);
        TRY(recovery_placed(recovery, COMMIT_FOLDER, outcome));
        TRY(segment_table_add(&ledger->segments, &place));
    }
    return OUTCOME_OK;
}

static void forget_snapshot(struct recovery *recovery)
{
    struct ledger *ledger = recovery->ledger;

    publish_done(&ledger->publish);
    publish_init(&ledger->publish, &ledger->context);
    ledger->tree = (struct tree){.size = 0};
    buf_reset(&ledger->note);
}

static struct outcome restore_owner(struct ledger *ledger, struct view blob)
{
    return ledger->owner.restore == NULL ? OUTCOME_OK
                                         : ledger->owner.restore(ledger->owner.context, blob);
}

static struct outcome use_snapshot(struct recovery *recovery, uint64_t size)
{
    struct ledger *ledger = recovery->ledger;
    struct snapshot_state state = {.at = {0}};

    buf_reset(&recovery->plain);
    TRY(snapshot_load(&ledger->context, size, &recovery->plain));
    TRY(snapshot_get(buf_view(&recovery->plain), &state, &ledger->publish));
    if (state.tree.size != size) {
        return outcome_fail(FAULT_CORRUPT, "snapshot of another size");
    }
    TRY(restore_owner(ledger, state.owner));
    ledger->tree = state.tree;
    buf_put_view(&ledger->note, state.checkpoint);
    recovery->at = state.at;
    recovery->tail = state.tail;
    recovery->base_size = size;
    return buf_check(&ledger->note);
}

static struct outcome begin_from_nothing(struct recovery *recovery)
{
    struct ledger *ledger = recovery->ledger;
    struct checkpoint checkpoint = {0};

    if (ledger->segments.places[0].first_index != 0) {
        return recovery_refuse(recovery,
                               "no usable snapshot, and the log's first segments are not there");
    }
    TRY(recovery_placed(recovery, "owner", restore_owner(ledger, view_of(NULL, 0))));
    tree_root(&ledger->tree, &checkpoint.root);
    recovery->at = (struct scan_position){.segment = ledger->segments.places[0].number,
                                          .offset = SECTOR_BYTES};
    return context_sign(&ledger->context, &checkpoint, &ledger->note);
}

/* The newest snapshot that is whole; without one, the whole log. */
static struct outcome choose(struct recovery *recovery)
{
    struct ledger *ledger = recovery->ledger;
    uint64_t sizes[SNAPSHOTS_TRIED_MAX];
    unsigned count = 0;

    /* What is derived is made again where it is lost, its folder too. */
    TRY(recovery_placed(
        recovery, DERIVED_FOLDER,
        disk_mkdir(ledger->context.disk, ledger->context.home_fd, DERIVED_FOLDER, DISK_PRIVATE)));
    TRY(recovery_placed(recovery, DERIVED_FOLDER,
                        snapshot_list(&ledger->context, sizes, SNAPSHOTS_TRIED_MAX, &count)));
    for (unsigned i = 0; i < count; i++) {
        struct outcome outcome = use_snapshot(recovery, sizes[i]);
        if (outcome_ok(outcome)) {
            ledger->snapshot_size = sizes[i];
            ledger->durable_size = sizes[i];
            return OUTCOME_OK;
        }
        if (outcome.fault == FAULT_NO_MEMORY || outcome.fault == FAULT_IO) {
            return recovery_placed(recovery, DERIVED_FOLDER, outcome);
        }
        log_line(LOG_LEVEL_WARN, "snapshot-damaged", "size=%llu why=\"%s\"",
                 (unsigned long long)sizes[i], outcome.what); /* invariant 2 */
        forget_snapshot(recovery);
    }
    return begin_from_nothing(recovery);
}

/* The record that ends where the snapshot ends must be there and carry its checkpoint. */
static struct outcome check_tail(struct recovery *recovery, struct scan *scan)
{
    struct scan_position tail = recovery->at;
    struct scan_record record;
    enum scan_found found = SCAN_END;

    tail.offset = recovery->tail.offset;
    tail.index = recovery->tail.index;
    tail.sequence--;
    scan_move(scan, &tail);
    TRY(recovery_placed(recovery, COMMIT_FOLDER,
                        scan_next(scan, &found, &record, NULL, recovery->place)));
    if (found == SCAN_BAD) {
        return outcome_fail(FAULT_CORRUPT, "the log cannot be trusted");
    }
    if (found != SCAN_RECORD || scan->at.offset != recovery->at.offset ||
        !view_equal(record.body.checkpoint, buf_view(&recovery->ledger->note))) {
        return recovery_refuse(recovery,
                               COMMIT_FOLDER "/%010llu.seg at offset %llu: not the record that the "
                                             "snapshot of size %llu ends with",
                               (unsigned long long)tail.segment, (unsigned long long)tail.offset,
                               (unsigned long long)recovery->base_size);
    }
    return OUTCOME_OK;
}

/* Invariant 1 */
static struct outcome check_base(struct recovery *recovery)
{
    const struct segment_list *list = &recovery->list;
    struct scan scan;

    if (recovery->at.segment < list->numbers[0] ||
        recovery->at.segment > list->numbers[list->count - 1]) {
        return recovery_refuse(
            recovery,
            COMMIT_FOLDER "/%010llu.seg, where the snapshot of size %llu ends, is missing",
            (unsigned long long)recovery->at.segment, (unsigned long long)recovery->base_size);
    }
    struct outcome outcome =
        scan_open(&scan, &recovery->ledger->context, recovery->at.segment, recovery->place);
    if (outcome_ok(outcome) && recovery->tail.offset != 0) {
        outcome = check_tail(recovery, &scan);
    } else if (outcome_ok(outcome) && (scan.header.first_index != recovery->at.index ||
                                       scan.header.first_sequence != recovery->at.sequence)) {
        outcome = recovery_refuse(recovery,
                                  COMMIT_FOLDER "/%010llu.seg is not where the snapshot "
                                                "of size %llu ends",
                                  (unsigned long long)recovery->at.segment,
                                  (unsigned long long)recovery->base_size);
    }
    scan_close(&scan);
    return recovery_placed(recovery, COMMIT_FOLDER, outcome);
}

struct outcome recovery_survey(struct recovery *recovery)
{
    struct ledger *ledger = recovery->ledger;

    TRY(recovery_placed(recovery, COMMIT_FOLDER, remove_halves(&ledger->context)));
    TRY(recovery_placed(recovery, COMMIT_FOLDER,
                        segment_list_read(&ledger->context, &recovery->list)));
    TRY(recovery_placed(recovery, COMMIT_FOLDER, drop_unbegun(recovery)));
    ledger->commit.spare_ready = spare_is_there(&ledger->context);
    TRY(read_published(recovery));
    return read_headers(recovery);
}

struct outcome recovery_base(struct recovery *recovery)
{
    TRY(choose(recovery));
    return check_base(recovery);
}
