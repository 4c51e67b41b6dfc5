/*
 * Verification of the whole home: the public side, and the commit log behind it.
 *
 * Invariants
 *  1. Both sides are computed from their own bytes; they agree when the root of the commit log's
 *     first entries, as many as are published, is the published root.
 *  2. Every byte of commit/ and derived/ that recovery would believe is looked at.
 *  3. Nothing is changed. While a server runs, the end of the log is being written: what is
 *     unfinished there, behind what is published, is not judged.
 */
#include "base/check.h"
#include "base/memory.h"
#include "ledger/private.h"
#include "ledger/verify.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SIGNATURES_MAX 2000u
#define SNAPSHOTS_MAX 64u
#define ZEROS_STEP_BYTES (1u << 20)

static struct outcome meet_published(struct home *home)
{
    struct tree_hash root;

    if (!home->verify->published_known || home->tree.size != home->verify->published.size) {
        return OUTCOME_OK;
    }
    tree_root(&home->tree, &root);
    if (memcmp(root.bytes, home->verify->published.root.bytes, SEAL_HASH_BYTES) != 0) {
        return verify_wrong(home->verify,
                            "the first %llu entries of the commit log are not the published ones",
                            (unsigned long long)home->tree.size);
    }
    home->published_met = true;
    return OUTCOME_OK;
}

__attribute__((format(printf, 3, 4))) static struct outcome
wrong_record(struct home *home, const struct scan_record *record, const char *format, ...)
{
    char path[LEDGER_PATH_BYTES_MAX];
    char what[160];
    va_list values;

    va_start(values, format);
    vsnprintf(what, sizeof(what), format, values);
    va_end(values);
    segment_path(record->header.segment, home->file, path);
    return verify_wrong(home->verify, "%s at offset %llu: %s", path,
                        (unsigned long long)record->offset, what);
}

static struct outcome check_checkpoint(struct home *home, const struct scan_record *record)
{
    struct checkpoint checkpoint = {0};
    bool verify = record->header.sequence % home->signature_every == 0;
    struct outcome outcome =
        verify
            ? checkpoint_open_of(&home->context.keys, record->body.checkpoint, &checkpoint)
            : checkpoint_read(home->context.note_key.origin, record->body.checkpoint, &checkpoint);

    if (!outcome_ok(outcome)) {
        return wrong_record(home, record, "%s", outcome.what);
    }
    home->verify->report->signatures += verify ? 1 : 0;
    if (checkpoint.size != home->batch.new_size ||
        memcmp(checkpoint.root.bytes, home->batch.root.bytes, SEAL_HASH_BYTES) != 0) {
        return wrong_record(home, record,
                            "its signed checkpoint is not the one that its entries make");
    }
    return OUTCOME_OK;
}

static struct outcome check_openings(struct home *home, const struct scan_record *record)
{
    struct cursor openings = cursor_of(record->body.openings);
    const struct verify_watch *watch = home->verify->watch;

    for (unsigned i = 0; i < record->header.count; i++) {
        uint64_t index = record->header.first_index + i;
        struct view opening = {0};
        buf_reset(&home->plain);
        struct outcome outcome = opening_open(home->sealer, record->header.segment, index,
                                              cursor_block32(&openings), &home->plain, &opening);
        if (outcome.fault == FAULT_CORRUPT) {
            return wrong_record(home, record, "opening of entry %llu: %s",
                                (unsigned long long)index, outcome.what);
        }
        TRY(verify_unseen(home->verify, "opening", outcome));
        if (watch != NULL && watch->opening != NULL) {
            watch->opening(watch->context, index, opening);
        }
    }
    return OUTCOME_OK;
}

static struct outcome check_record(struct home *home, const struct scan_record *record)
{
    struct cursor entries = cursor_of(record->body.entries);
    struct verify_report *report = home->verify->report;

    for (unsigned i = 0; i < record->header.count; i++) {
        tree_leaf(cursor_block16(&entries), &home->leaves[i]);
    }
    tree_batch_make(&home->tree, home->leaves, record->header.count, &home->batch);
    TRY(check_checkpoint(home, record));
    TRY(check_openings(home, record));
    tree_batch_apply(&home->batch, &home->tree);
    buf_reset(&home->note);
    buf_put_view(&home->note, record->body.checkpoint);
    TRY(buf_check(&home->note));
    report->records++;
    report->recorded = home->tree.size;
    verify_progress(home->verify, "commit log", home->tree.size, home->verify->published.size);
    return meet_published(home);
}

/* What stands behind the last record of a segment. */
static struct outcome check_end(struct home *home, const struct scan *scan, enum scan_found found,
                                bool last, const char *why)
{
    bool judged = home->verify->published_known && !home->published_met;

    if (found == SCAN_END || (last && home->running && !judged)) { /* invariant 3 */
        return OUTCOME_OK;
    }
    if (found == SCAN_BAD) {
        return verify_wrong(home->verify, "%s", why);
    }
    char path[LEDGER_PATH_BYTES_MAX];
    scan_path(scan, path);
    return verify_wrong(home->verify, "%s at offset %llu: unfinished record", path,
                        (unsigned long long)scan->at.offset);
}

static struct outcome check_records(struct home *home, struct scan *scan, bool last)
{
    char why[SCAN_WHY_BYTES] = "";

    for (;;) {
        struct scan_record record;
        enum scan_found found = SCAN_END;
        TRY(verify_unseen(home->verify, COMMIT_FOLDER,
                          scan_next(scan, &found, &record, NULL, why)));
        if (found != SCAN_RECORD) {
            return check_end(home, scan, found, last, why);
        }
        TRY(check_record(home, &record));
    }
}

/* A server that runs may be destroying it. */
static struct outcome check_key_gone(struct home *home, uint64_t number)
{
    char path[LEDGER_PATH_BYTES_MAX];
    bool there = false;

    segment_path(number, SEGMENT_FILE_KEY, path);
    TRY(verify_unseen(home->verify, path,
                      segment_has(&home->context, number, SEGMENT_FILE_KEY, &there)));
    return there && !home->running
               ? verify_wrong(home->verify, "%s is there, and its segment is shredded", path)
               : OUTCOME_OK;
}

struct outcome verify_home_segment(struct home *home, uint64_t number, bool last)
{
    struct scan scan;
    char why[SCAN_WHY_BYTES] = "";
    char path[LEDGER_PATH_BYTES_MAX];

    sealer_free(home->sealer);
    home->sealer = NULL;
    struct outcome outcome = scan_open_sealed(&scan, &home->context, number, &home->sealer, why);
    home->file = scan.file;
    if (!outcome_ok(outcome)) {
        segment_path(number,
                     scan.file == SEGMENT_FILE_REST ? SEGMENT_FILE_REST_KEY : SEGMENT_FILE_KEY,
                     path);
        outcome = outcome.fault == FAULT_CORRUPT && why[0] != '\0'
                      ? verify_wrong(home->verify, "%s", why)
                      : verify_unseen(home->verify, path, outcome);
    } else if (scan.header.first_index != home->tree.size ||
               scan.header.first_sequence != home->sequence) {
        scan_path(&scan, path);
        outcome = verify_wrong(home->verify, "%s does not follow on the records before", path);
    } else {
        outcome = check_records(home, &scan, last);
    }
    if (outcome_ok(outcome) && scan.file == SEGMENT_FILE_REST) {
        outcome = check_key_gone(home, number);
    }
    home->sequence = scan.at.sequence;
    scan_close(&scan);
    home->verify->report->segments++;
    home->verify->report->shredded += home->file == SEGMENT_FILE_REST ? 1 : 0;
    return outcome;
}

/* So that at most SIGNATURES_MAX are verified: each costs as much as a hundred entries. */
struct outcome verify_home_plan(struct home *home, uint64_t last_segment)
{
    struct scan scan;
    char why[SCAN_WHY_BYTES] = "";
    struct outcome outcome = scan_open(&scan, &home->context, last_segment, why);
    uint64_t records = scan.header.first_sequence;

    scan_close(&scan);
    if (outcome.fault == FAULT_CORRUPT) {
        return verify_wrong(home->verify, "%s", why);
    }
    TRY(verify_unseen(home->verify, COMMIT_FOLDER, outcome));
    home->signature_every = records / SIGNATURES_MAX + 1;
    return OUTCOME_OK;
}

static struct outcome check_last_signature(struct home *home)
{
    struct checkpoint last = {0};

    if (home->tree.size == 0) {
        return OUTCOME_OK;
    }
    struct outcome outcome = checkpoint_open_of(&home->context.keys, buf_view(&home->note), &last);
    if (!outcome_ok(outcome)) {
        return verify_wrong(home->verify, "the last record's checkpoint: %s", outcome.what);
    }
    home->verify->report->signatures++;
    return OUTCOME_OK;
}

static struct outcome check_segments(struct home *home, const struct segment_list *list)
{
    if (list->count == 0) {
        return verify_wrong(home->verify, COMMIT_FOLDER ": there is no segment");
    }
    TRY(verify_home_plan(home, list->numbers[list->count - 1]));
    TRY(meet_published(home));
    for (size_t i = 0; i < list->count; i++) {
        if (list->numbers[i] > home->done) {
            TRY(verify_home_segment(home, list->numbers[i], i + 1 == list->count));
        }
    }
    if (home->verify->published_known && !home->published_met) {
        return verify_wrong(home->verify,
                            "no record of the commit log ends at the published size %llu",
                            (unsigned long long)home->verify->published.size);
    }
    verify_progress(home->verify, "commit log", home->tree.size, home->tree.size);
    return check_last_signature(home);
}

static struct outcome check_snapshot(struct home *home, uint64_t size)
{
    struct snapshot_state state = {.at = {0}};
    char path[LEDGER_PATH_BYTES_MAX];

    snapshot_path(size, path);
    publish_init(&home->edge, &home->context);
    buf_reset(&home->plain);
    struct outcome outcome = snapshot_load(&home->context, size, &home->plain);
    if (outcome_ok(outcome)) {
        outcome = snapshot_get(buf_view(&home->plain), &state, &home->edge);
    }
    publish_done(&home->edge);
    if (outcome_ok(outcome) && state.tree.size != size) {
        return verify_wrong(home->verify, "%s is of another size", path);
    }
    if (outcome.fault == FAULT_CORRUPT) {
        return verify_wrong(home->verify, "%s: %s", path, outcome.what);
    }
    /* A running server may have replaced it by a newer one. */
    return outcome.fault == FAULT_NOT_FOUND && home->running
               ? OUTCOME_OK
               : verify_unseen(home->verify, path, outcome);
}

/* The end of a part. With somebody to tell places to, one that is wrong does not keep the next from
 * being looked at; *first remembers it. */
static struct outcome part_ends(struct home *home, struct outcome outcome, struct outcome *first)
{
    const struct verify_watch *watch = home->verify->watch;
    bool on = watch != NULL && watch->found != NULL && outcome.fault != FAULT_NO_MEMORY;

    home->verify->told = home->verify->told && !on;
    if (outcome_ok(outcome) || !on) {
        return outcome;
    }
    *first = outcome_ok(*first) ? outcome : *first;
    return OUTCOME_OK;
}

static struct outcome check_snapshots(struct home *home, struct outcome *first)
{
    uint64_t sizes[SNAPSHOTS_MAX];
    unsigned count = 0;

    TRY(part_ends(home,
                  verify_unseen(home->verify, DERIVED_FOLDER,
                                snapshot_list(&home->context, sizes, SNAPSHOTS_MAX, &count)),
                  first));
    for (unsigned i = 0; i < count; i++) {
        TRY(part_ends(home, check_snapshot(home, sizes[i]), first));
    }
    return OUTCOME_OK;
}

static struct outcome check_zeros(struct home *home, int fd)
{
    static const uint8_t zeros[ZEROS_STEP_BYTES];
    uint64_t offset = 0;
    size_t got = ZEROS_STEP_BYTES;

    buf_reset(&home->plain);
    uint8_t *bytes = buf_claim(&home->plain, ZEROS_STEP_BYTES);
    if (bytes == NULL) {
        return buf_check(&home->plain);
    }
    while (got == ZEROS_STEP_BYTES) {
        TRY(verify_unseen(
            home->verify, COMMIT_SPARE,
            disk_read(home->context.disk, fd, offset, bytes, ZEROS_STEP_BYTES, &got)));
        if (memcmp(bytes, zeros, got) != 0) {
            return verify_wrong(home->verify, COMMIT_SPARE ": not only zeros");
        }
        offset += got;
    }
    return OUTCOME_OK;
}

static struct outcome check_spare(struct home *home)
{
    int fd = DISK_CLOSED;
    struct outcome outcome = disk_open(home->context.disk, home->context.home_fd, COMMIT_SPARE,
                                       DISK_OPEN_READ, DISK_PRIVATE, &fd);

    /* While a server runs it may become a segment under our eyes. */
    if (outcome.fault == FAULT_NOT_FOUND || (outcome_ok(outcome) && home->running)) {
        outcome_ignore(disk_close(home->context.disk, &fd));
        return OUTCOME_OK;
    }
    TRY(verify_unseen(home->verify, COMMIT_SPARE, outcome));
    outcome = check_zeros(home, fd);
    outcome_ignore(disk_close(home->context.disk, &fd)); /* only read from */
    return outcome;
}

/* Whether somebody holds the writer's lock; nothing is held on return. */
static struct outcome look_who_runs(struct home *home)
{
    const struct context *context = &home->context;
    int fd = DISK_CLOSED;

    if (home->verify->watch != NULL && home->verify->watch->running) {
        home->running = true;
        home->verify->live = true;
        return OUTCOME_OK;
    }
    TRY(verify_unseen(home->verify, COMMIT_LOCK,
                      disk_open(context->disk, context->home_fd, COMMIT_LOCK, DISK_OPEN_READ,
                                DISK_PRIVATE, &fd)));
    struct outcome outcome = disk_lock(context->disk, fd, true);
    outcome_ignore(disk_close(context->disk, &fd)); /* lets it go */
    home->running = outcome.fault == FAULT_BUSY;
    home->verify->live = home->running;
    return home->running ? OUTCOME_OK : verify_unseen(home->verify, COMMIT_LOCK, outcome);
}

static struct outcome check_public(struct home *home)
{
    const struct context *context = &home->context;
    int dir_fd = DISK_CLOSED;

    TRY(verify_unseen(home->verify, PUBLIC_FOLDER,
                      disk_open(context->disk, context->home_fd, PUBLIC_FOLDER, DISK_OPEN_FOLDER,
                                DISK_PRIVATE, &dir_fd)));
    struct tiles *tiles = NULL;
    struct outcome outcome = verify_tiles_open(home->verify, dir_fd, &tiles);
    if (outcome_ok(outcome)) {
        outcome = verify_tiles_check(tiles);
    }
    verify_tiles_free(tiles);
    outcome_ignore(disk_close(context->disk, &dir_fd)); /* only read from */
    return outcome;
}

static struct outcome check_commit_log(struct home *home)
{
    struct segment_list list = {0};
    struct outcome outcome = segment_list_read(&home->context, &list);

    if (outcome_ok(outcome)) {
        outcome = check_segments(home, &list);
    }
    segment_list_done(&list);
    return verify_unseen(home->verify, COMMIT_FOLDER, outcome);
}

static struct outcome check_home(struct home *home)
{
    struct outcome first = OUTCOME_OK;

    TRY(look_who_runs(home));
    verify_by_workers(home);
    TRY(part_ends(home, home->public_good ? OUTCOME_OK : check_public(home), &first));
    TRY(part_ends(home, check_commit_log(home), &first));
    TRY(check_snapshots(home, &first));
    TRY(part_ends(home, check_spare(home), &first));
    return first;
}

static void home_free(struct home *home)
{
    buf_wipe_done(&home->plain);
    buf_done(&home->note);
    sealer_free(home->sealer);
    context_done(&home->context);
    memory_free(home);
}

struct outcome ledger_verify_home(const struct ledger_config *config,
                                  const struct verify_watch *watch,
                                  struct verify_report *ret_report)
{
    struct verify verify = {.watch = watch, .report = ret_report};
    struct home *home = memory_new(1, sizeof(*home));

    *ret_report = (struct verify_report){.why = ""};
    if (home == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "verification");
    }
    home->verify = &verify;
    buf_init(&home->plain, SNAPSHOT_BYTES_MAX);
    buf_init(&home->note, NOTE_BYTES_MAX);
    struct outcome outcome = context_init(&home->context, config);
    if (outcome_ok(outcome)) {
        verify.disk = home->context.disk;
        verify.keys = home->context.keys;
        outcome = check_home(home);
    }
    home_free(home);
    return verify_unseen(&verify, "verification", outcome);
}
