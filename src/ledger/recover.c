/*
 * What a start does: finds the last good state, replays what came after it, judges the end of the
 * commit log, derives the public files again.
 *
 * Invariants
 *  1. Nothing is believed unread: a snapshot only whole, a record only by its checksum, its place
 *     and the root that its signed checkpoint names. The last signature covers the whole tree and
 *     is verified always; of the others, one in SIGNATURE_EVERY.
 *  2. Nothing is repaired silently: an unfinished record is kept aside and told, a damaged snapshot
 *     is told, anything else refuses with its place.
 *  3. What was read is written anew before it is trusted, unless a snapshot says that it was
 * durable: after a failed sync, pages may look clean and not be on disk. Only the last segment can
 * have such pages: every record before its last was synced before the next was written.
 *  4. A published checkpoint is the memory of what was promised: one that is not a state of this
 * log refuses.
 */
#include "ledger/recover.h"
#include "base/check.h"
#include "base/log.h"
#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SIGNATURE_EVERY 64u

struct outcome recovery_refuse(struct recovery *recovery, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    vsnprintf(recovery->place, 256, format, values);
    va_end(values);
    return outcome_fail(FAULT_CORRUPT, "the log cannot be trusted");
}

struct outcome recovery_placed(struct recovery *recovery, const char *where, struct outcome outcome)
{
    if (!outcome_ok(outcome) && recovery->place[0] == '\0') {
        snprintf(recovery->place, 256, "%s: %s", where, outcome.what);
    }
    return outcome;
}

static struct outcome meet_published(struct recovery *recovery)
{
    struct tree_hash root;

    if (recovery->published.size != recovery->ledger->tree.size) {
        return OUTCOME_OK;
    }
    tree_root(&recovery->ledger->tree, &root);
    if (memcmp(root.bytes, recovery->published.root.bytes, SEAL_HASH_BYTES) != 0) {
        return recovery_refuse(recovery,
                               PUBLIC_CHECKPOINT ": its root is not the log's at size %llu",
                               (unsigned long long)recovery->published.size);
    }
    recovery->published_met = true;
    return OUTCOME_OK;
}

static struct outcome need_sealer(struct recovery *recovery, uint64_t segment)
{
    char path[LEDGER_PATH_BYTES_MAX];
    enum segment_file key =
        recovery->file == SEGMENT_FILE_REST ? SEGMENT_FILE_REST_KEY : SEGMENT_FILE_KEY;

    if (recovery->sealer != NULL && recovery->sealer_segment == segment) {
        return OUTCOME_OK;
    }
    sealer_free(recovery->sealer);
    recovery->sealer = NULL;
    segment_path(segment, key, path);
    struct outcome outcome =
        segment_key_open(&recovery->ledger->context, segment, key, &recovery->sealer);
    if (outcome.fault == FAULT_NOT_FOUND) {
        return recovery_refuse(recovery, "%s is missing, and its segment is to be replayed", path);
    }
    recovery->sealer_segment = segment;
    return recovery_placed(recovery, path, outcome);
}

static struct outcome replay_item(struct recovery *recovery, const struct scan_record *record,
                                  uint64_t index, struct view entry, struct view sealed)
{
    struct ledger *ledger = recovery->ledger;
    struct ledger_item item = {.entry = entry};
    char path[LEDGER_PATH_BYTES_MAX];

    buf_reset(&recovery->plain);
    struct outcome outcome = opening_open(recovery->sealer, record->header.segment, index, sealed,
                                          &recovery->plain, &item.opening);
    if (outcome_ok(outcome) && ledger->owner.replay != NULL) {
        outcome = ledger->owner.replay(ledger->owner.context, index, &item);
    }
    if (!outcome_ok(outcome)) {
        segment_path(record->header.segment, recovery->file, path);
        snprintf(recovery->place, 256, "%s at offset %llu: entry %llu: %s", path,
                 (unsigned long long)record->offset, (unsigned long long)index, outcome.what);
    }
    return outcome;
}

static struct outcome replay_items(struct recovery *recovery, const struct scan_record *record)
{
    struct cursor entries = cursor_of(record->body.entries);
    struct cursor openings = cursor_of(record->body.openings);

    TRY(need_sealer(recovery, record->header.segment));
    for (unsigned i = 0; i < record->header.count; i++) {
        struct view entry = cursor_block16(&entries);
        struct view sealed = cursor_block32(&openings);
        TRY(replay_item(recovery, record, record->header.first_index + i, entry, sealed));
        recovery->told->replayed++;
    }
    return OUTCOME_OK;
}

/* That the record's checkpoint is the one that its entries make. */
static const char *wrong_checkpoint(const struct ledger *ledger, const struct scan_record *record)
{
    struct checkpoint checkpoint = {0};
    bool verify = record->header.sequence % SIGNATURE_EVERY == 0;
    struct outcome outcome =
        verify ? checkpoint_open_of(&ledger->context.keys, record->body.checkpoint, &checkpoint)
               : checkpoint_read(ledger->context.note_key.origin, record->body.checkpoint,
                                 &checkpoint);

    if (!outcome_ok(outcome)) {
        return outcome.what;
    }
    if (checkpoint.size != ledger->next.new_size ||
        memcmp(checkpoint.root.bytes, ledger->next.root.bytes, SEAL_HASH_BYTES) != 0) {
        return "its signed checkpoint is not the one that its entries make";
    }
    return NULL;
}

static struct outcome replay_record(struct recovery *recovery, const struct scan_record *record)
{
    struct ledger *ledger = recovery->ledger;
    struct cursor entries = cursor_of(record->body.entries);
    char path[LEDGER_PATH_BYTES_MAX];

    for (unsigned i = 0; i < record->header.count; i++) {
        tree_leaf(cursor_block16(&entries), &ledger->leaves[i]);
    }
    tree_batch_make(&ledger->tree, ledger->leaves, record->header.count, &ledger->next);
    const char *wrong = wrong_checkpoint(ledger, record);
    if (wrong != NULL) {
        segment_path(record->header.segment, recovery->file, path);
        return recovery_refuse(recovery, "%s at offset %llu: %s", path,
                               (unsigned long long)record->offset, wrong);
    }
    TRY(recovery_placed(recovery, PUBLIC_FOLDER,
                        publish_reserve(&ledger->publish, record->body.entries.len)));
    publish_take(&ledger->publish, &ledger->next, record->body.entries);
    tree_batch_apply(&ledger->next, &ledger->tree);
    buf_reset(&ledger->note);
    buf_put_view(&ledger->note, record->body.checkpoint);
    TRY(buf_check(&ledger->note));
    TRY(replay_items(recovery, record));
    return meet_published(recovery);
}

/* Sets an unfinished record aside, before the segment is rewritten without it. */
static struct outcome keep_aside(struct recovery *recovery, struct scan *scan, uint64_t until)
{
    const struct context *context = scan->context;
    char path[LEDGER_PATH_BYTES_MAX];
    BUF_AUTO bytes;
    size_t got = 0;
    size_t len = (size_t)(until - scan->at.offset);

    buf_init(&bytes, COMMIT_RECORD_BYTES_MAX);
    uint8_t *to = buf_claim(&bytes, len);
    if (to == NULL) {
        return buf_check(&bytes);
    }
    TRY(disk_read(context->disk, scan->fd, scan->at.offset, to, len, &got));
    snprintf(recovery->told->cut_file, sizeof(recovery->told->cut_file), "cut-%010llu-%llu",
             (unsigned long long)scan->at.segment, (unsigned long long)scan->at.offset);
    snprintf(path, sizeof(path), COMMIT_FOLDER "/%s", recovery->told->cut_file);
    TRY(disk_replace(context->disk, context->home_fd, path, COMMIT_NEW, DISK_PRIVATE,
                     view_of(to, got), true));
    recovery->told->tail_cut = true;
    recovery->told->cut_bytes = got;
    return OUTCOME_OK;
}

/* Only the last segment may end in an unfinished record. */
static struct outcome meet_torn(struct recovery *recovery, struct scan *scan, uint64_t until,
                                bool last)
{
    if (last) {
        return recovery_placed(recovery, COMMIT_FOLDER, keep_aside(recovery, scan, until));
    }
    return recovery_refuse(recovery,
                           COMMIT_FOLDER "/%010llu.seg at offset %llu: unfinished record "
                                         "in a segment that another one follows",
                           (unsigned long long)scan->at.segment,
                           (unsigned long long)scan->at.offset);
}

static struct outcome replay_segment(struct recovery *recovery, struct scan *scan, bool last)
{
    for (;;) {
        struct scan_record record;
        enum scan_found found = SCAN_END;
        uint64_t until = 0;
        TRY(recovery_placed(recovery, COMMIT_FOLDER,
                            scan_next(scan, &found, &record, &until, recovery->place)));
        if (found == SCAN_END) {
            return OUTCOME_OK;
        }
        if (found == SCAN_TORN) {
            return meet_torn(recovery, scan, until, last);
        }
        if (found == SCAN_BAD) {
            return outcome_fail(FAULT_CORRUPT, "the log cannot be trusted");
        }
        CHECK(found == SCAN_RECORD);
        recovery->tail = (struct scan_tail){record.offset, record.header.first_index};
        TRY(replay_record(recovery, &record));
    }
}

/* One segment from the position on, which moves to where its records end. */
static struct outcome walk_segment(struct recovery *recovery, uint64_t number, bool last,
                                   uint64_t *ret_bytes)
{
    struct scan scan;
    struct scan_position *at = &recovery->at;
    struct outcome outcome = scan_open(&scan, &recovery->ledger->context, number, recovery->place);

    recovery->file = scan.file;
    if (outcome_ok(outcome) && at->segment == number) {
        scan_move(&scan, at);
    } else if (outcome_ok(outcome) && (scan.header.first_index != at->index ||
                                       scan.header.first_sequence != at->sequence)) {
        outcome = recovery_refuse(recovery,
                                  COMMIT_FOLDER "/%010llu.seg does not follow on the one before "
                                                "it: records are missing at that one's end",
                                  (unsigned long long)number);
    } else {
        recovery->tail = (struct scan_tail){0};
    }
    if (outcome_ok(outcome)) {
        outcome = replay_segment(recovery, &scan, last);
    }
    *at = scan.at;
    *ret_bytes = scan.segment_bytes;
    scan_close(&scan);
    return outcome;
}

static struct outcome replay_all(struct recovery *recovery)
{
    struct commit *commit = &recovery->ledger->commit;
    struct scan_position from = recovery->at;
    uint64_t bytes = 0;
    size_t count = recovery->list.count;

    for (size_t i = 0; i < count; i++) {
        if (recovery->list.numbers[i] >= from.segment) {
            TRY(walk_segment(recovery, recovery->list.numbers[i], i + 1 == count, &bytes));
        }
    }
    const struct scan_position *at = &recovery->at;
    TRY(recovery_placed(recovery, COMMIT_FOLDER,
                        commit_resume(commit, at, &recovery->tail, bytes)));
    bool moved = at->segment != from.segment || at->offset != from.offset;
    if (recovery->told->tail_cut || (moved && recovery->tail.offset != 0)) {
        TRY(recovery_placed(recovery, COMMIT_FOLDER, commit_rewrite(commit))); /* invariant 3 */
    }
    return OUTCOME_OK;
}

static struct outcome judge_published(struct recovery *recovery)
{
    const struct ledger *ledger = recovery->ledger;
    struct checkpoint last = {0};

    if (recovery->published.size > ledger->tree.size) {
        return recovery_refuse(
            recovery,
            PUBLIC_CHECKPOINT " has size %llu, but the commit log ends at %llu: it was "
                              "rolled back or has lost records",
            (unsigned long long)recovery->published.size, (unsigned long long)ledger->tree.size);
    }
    if (!recovery->published_met && recovery->published.size > recovery->base_size) {
        return recovery_refuse(recovery,
                               PUBLIC_CHECKPOINT ": no record of the log ends at its size %llu",
                               (unsigned long long)recovery->published.size);
    }
    struct outcome outcome =
        checkpoint_open_of(&ledger->context.keys, buf_view(&ledger->note), &last);
    if (!outcome_ok(outcome)) { /* invariant 1 */
        return recovery_refuse(recovery, "the last record's checkpoint: %s", outcome.what);
    }
    return OUTCOME_OK;
}

static struct outcome publish_again(struct recovery *recovery)
{
    struct ledger *ledger = recovery->ledger;

    ledger->publish.published = recovery->published.size;
    TRY(publish_all(&ledger->publish));
    TRY(publish_begin(&ledger->publish, buf_view(&ledger->note), true));
    TRY(publish_all(&ledger->publish));
    return publish_clear(&ledger->context, ledger->tree.size);
}

static struct outcome recover(struct recovery *recovery)
{
    struct ledger *ledger = recovery->ledger;

    TRY(recovery_survey(recovery));
    TRY(recovery_base(recovery));
    TRY(meet_published(recovery));
    TRY(replay_all(recovery));
    TRY(judge_published(recovery));
    TRY(recovery_placed(recovery, PUBLIC_FOLDER, publish_again(recovery)));
    recovery->told->size = ledger->tree.size;
    ledger->batch.old_size = ledger->tree.size;
    ledger->batch.new_size = ledger->tree.size;
    ledger->published_us = clock_monotonic_us(&ledger->context.clock);
    /* After a long replay the first one is due at once: who starts again should not replay it all.
     */
    ledger->snapshot_us = ledger->published_us - SNAPSHOT_US_MIN;
    return OUTCOME_OK;
}

struct outcome ledger_recover(struct ledger *ledger, struct ledger_recovery *ret_recovery,
                              char ret_place[256])
{
    struct recovery recovery = {.ledger = ledger, .told = ret_recovery, .place = ret_place};

    buf_init(&recovery.plain, SNAPSHOT_BYTES_MAX);
    struct outcome outcome = recover(&recovery);
    buf_wipe_done(&recovery.plain);
    sealer_free(recovery.sealer);
    segment_list_done(&recovery.list);
    return outcome;
}
