/*
 * A walk over the commit log for who looks for records.
 *
 * Invariants
 *  1. What is met leads to a signed root: each record that gives a receipt, and the last one, has
 *     its checkpoint's signature and root held against the tree of all entries before.
 *  2. Nothing is changed, and what is not worth opening stays sealed.
 */
#include "base/check.h"
#include "base/memory.h"
#include "ledger/private.h"

#include <stdio.h>
#include <string.h>

struct walking {
    struct context context;
    const struct ledger_walk *walk;
    uint64_t until;
    struct sealer *sealer; /* of the segment in hand */
    enum segment_file file;
    struct tree tree;
    struct tree_batch batch;
    struct tree_hash leaves[BATCH_ASKS_MAX];
    bool wanted[BATCH_ASKS_MAX];
    struct buf plain;
    char *why;
};

static struct outcome wrong(struct walking *walking, uint64_t segment, uint64_t offset,
                            const char *what)
{
    char path[LEDGER_PATH_BYTES_MAX];

    segment_path(segment, walking->file, path);
    snprintf(walking->why, 256, "%s at offset %llu: %s", path, (unsigned long long)offset, what);
    return outcome_fail(FAULT_CORRUPT, "the commit log does not verify");
}

static struct outcome open_one(struct walking *walking, const struct scan_record *record,
                               uint64_t index, struct view sealed, struct view *ret_opening)
{
    buf_reset(&walking->plain);
    struct outcome outcome = opening_open(walking->sealer, record->header.segment, index, sealed,
                                          &walking->plain, ret_opening);
    return outcome.fault == FAULT_CORRUPT
               ? wrong(walking, record->header.segment, record->offset, outcome.what)
               : outcome;
}

/* Leaves of all entries; opens what is worth it. */
static struct outcome meet_all(struct walking *walking, const struct scan_record *record,
                               bool *ret_any)
{
    const struct ledger_walk *walk = walking->walk;
    struct cursor entries = cursor_of(record->body.entries);
    struct cursor openings = cursor_of(record->body.openings);
    *ret_any = false;
    for (unsigned i = 0; i < record->header.count; i++) {
        uint64_t index = record->header.first_index + i;
        struct ledger_item item = {.entry = cursor_block16(&entries)};
        struct view sealed = cursor_block32(&openings);
        tree_leaf(item.entry, &walking->leaves[i]);
        walking->wanted[i] = false;
        if (walk->looks(walk->context, index, item.entry)) {
            TRY(open_one(walking, record, index, sealed, &item.opening));
            TRY(walk->meet(walk->context, index, &item, &walking->wanted[i]));
        }
        *ret_any = *ret_any || walking->wanted[i];
    }
    return OUTCOME_OK;
}

/* Invariant 1. */
static struct outcome check_checkpoint(struct walking *walking, const struct scan_record *record)
{
    struct checkpoint checkpoint = {0};
    struct outcome outcome =
        checkpoint_open_of(&walking->context.keys, record->body.checkpoint, &checkpoint);
    if (!outcome_ok(outcome)) {
        return wrong(walking, record->header.segment, record->offset, outcome.what);
    }
    return checkpoint.size == walking->batch.new_size &&
                   memcmp(checkpoint.root.bytes, walking->batch.root.bytes, SEAL_HASH_BYTES) == 0
               ? OUTCOME_OK
               : wrong(walking, record->header.segment, record->offset,
                       "its signed checkpoint is not the one that the entries make");
}

static struct outcome prove_all(struct walking *walking, const struct scan_record *record)
{
    const struct ledger_walk *walk = walking->walk;
    struct cursor entries = cursor_of(record->body.entries);
    struct cursor openings = cursor_of(record->body.openings);
    for (unsigned i = 0; i < record->header.count; i++) {
        struct tree_hash path[TREE_PATH_MAX];
        uint64_t index = record->header.first_index + i;
        struct ledger_receipt receipt = {.item.entry = cursor_block16(&entries),
                                         .checkpoint = record->body.checkpoint};
        struct view sealed = cursor_block32(&openings);
        if (!walking->wanted[i]) {
            continue;
        }
        TRY(open_one(walking, record, index, sealed, &receipt.item.opening));
        unsigned len = tree_batch_prove(&walking->batch, index, path);
        receipt.path = view_of(path, len * sizeof(path[0]));
        TRY(walk->prove(walk->context, index, &receipt));
    }
    return OUTCOME_OK;
}

static struct outcome walk_record(struct walking *walking, const struct scan_record *record)
{
    bool any = false;
    bool last = record->header.first_index + record->header.count >= walking->until;
    TRY(meet_all(walking, record, &any));
    if (!any && !last) {
        for (unsigned i = 0; i < record->header.count; i++) {
            tree_append(&walking->tree, &walking->leaves[i]);
        }
    } else {
        tree_batch_make(&walking->tree, walking->leaves, record->header.count, &walking->batch);
        TRY(check_checkpoint(walking, record));
        TRY(prove_all(walking, record));
        tree_batch_apply(&walking->batch, &walking->tree);
    }
    if (walking->walk->tree != NULL) {
        *walking->walk->tree = walking->tree;
    }
    walking->walk->step(walking->walk->context, walking->tree.size);
    return OUTCOME_OK;
}

/* *ret_before: it ends where the walk begins, or earlier. */
static struct outcome pass_over(struct walking *walking, const struct scan_record *record,
                                bool *ret_before)
{
    uint64_t first = record->header.first_index;

    *ret_before = first + record->header.count <= walking->tree.size;
    return *ret_before || first == walking->tree.size
               ? OUTCOME_OK
               : wrong(walking, record->header.segment, record->offset,
                       "no record begins where the walk does");
}

static struct outcome walk_records(struct walking *walking, struct scan *scan)
{
    char why[SCAN_WHY_BYTES] = "";
    while (walking->tree.size < walking->until) {
        struct scan_record record;
        enum scan_found found = SCAN_END;
        TRY(scan_next(scan, &found, &record, NULL, why));
        if (found == SCAN_END) {
            return OUTCOME_OK;
        }
        if (found != SCAN_RECORD) {
            return wrong(walking, scan->at.segment, scan->at.offset, "an unfinished or bad record");
        }
        bool before = false;
        TRY(pass_over(walking, &record, &before));
        TRY(before ? OUTCOME_OK : walk_record(walking, &record));
    }
    return OUTCOME_OK;
}

/* `first`: of the walk, so that it may begin before it. */
static struct outcome walk_segment(struct walking *walking, uint64_t number, bool first)
{
    struct scan scan;
    char why[SCAN_WHY_BYTES] = "";
    sealer_free(walking->sealer);
    walking->sealer = NULL;
    struct outcome outcome =
        scan_open_sealed(&scan, &walking->context, number, &walking->sealer, why);
    walking->file = scan.file;
    if (outcome_ok(outcome) && (first ? scan.header.first_index > walking->tree.size
                                      : scan.header.first_index != walking->tree.size)) {
        outcome = wrong(walking, number, 0, "it does not follow on the records before");
    }
    if (outcome_ok(outcome)) {
        outcome = walk_records(walking, &scan);
    }
    scan_close(&scan);
    return outcome;
}

/* The segment in which the walk begins: the last one that does not begin behind it. One that does
 * not open is passed over: it is not begun, or it is damaged and will be met. */
static size_t first_segment(const struct walking *walking, const struct segment_list *list)
{
    for (size_t i = list->count; walking->tree.size > 0 && i > 1; i--) {
        struct scan scan;
        char why[SCAN_WHY_BYTES] = "";
        struct outcome outcome = scan_open(&scan, &walking->context, list->numbers[i - 1], why);
        bool found = outcome_ok(outcome) && scan.header.first_index <= walking->tree.size;
        scan_close(&scan);
        if (found) {
            return i - 1;
        }
    }
    return 0;
}

static struct outcome walk_all(struct walking *walking)
{
    struct segment_list list = {0};
    struct outcome outcome = segment_list_read(&walking->context, &list);
    size_t first = outcome_ok(outcome) ? first_segment(walking, &list) : 0;
    for (size_t i = first;
         i < list.count && outcome_ok(outcome) && walking->tree.size < walking->until; i++) {
        outcome = walk_segment(walking, list.numbers[i], i == first);
    }
    segment_list_done(&list);
    TRY(outcome);
    if (walking->tree.size != walking->until) {
        snprintf(walking->why, 256, COMMIT_FOLDER ": no record ends at entry %llu",
                 (unsigned long long)walking->until);
        return outcome_fail(FAULT_CORRUPT, "the commit log is another one");
    }
    return OUTCOME_OK;
}

static void walking_free(struct walking *walking)
{
    buf_wipe_done(&walking->plain);
    sealer_free(walking->sealer);
    context_done(&walking->context);
    memory_free(walking);
}

struct outcome ledger_walk(const struct ledger_config *config, const struct ledger_walk *walk,
                           uint64_t until, char ret_why[256])
{
    struct walking *walking = memory_new(1, sizeof(*walking));
    ret_why[0] = '\0';
    if (walking == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "walk over the commit log");
    }
    walking->walk = walk;
    if (walk->tree != NULL) {
        walking->tree = *walk->tree;
    }
    walking->until = until;
    walking->why = ret_why;
    buf_init(&walking->plain, 2 * OPENING_BYTES_MAX);
    struct outcome outcome = context_init(&walking->context, config);
    if (outcome_ok(outcome)) {
        outcome = walk_all(walking);
    }
    walking_free(walking);
    if (!outcome_ok(outcome) && ret_why[0] == '\0') {
        snprintf(ret_why, 256, "%s", outcome.what);
    }
    return outcome;
}
