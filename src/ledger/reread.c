/*
 * Receipts of old entries, as their answers had them.
 *
 * Invariants
 *  1. A path that leaves here leads to the root that the record's own checkpoint signs: the tree is
 *     built again from the tiles before the record and from its entries, and compared.
 *  2. The work is bounded: one record, at most one tile a level, one read each.
 */
#include "base/check.h"
#include "base/log.h"
#include "ledger/private.h"

#include <stdio.h>
#include <string.h>

/* A full tile that waits among the publisher's jobs; NULL: it is in its file. */
static const struct buf *waiting_tile(const struct publish *publish, unsigned level,
                                      uint64_t number)
{
    for (unsigned i = 0; i < publish->count; i++) {
        const struct publish_job *job = &publish->jobs[(publish->first + i) % PUBLISH_JOBS_MAX];
        if (job->work == PUBLISH_TILE && job->id.kind == TILE_KIND_HASHES &&
            job->id.level == level && job->id.number == number && job->id.width == TILE_WIDTH) {
            return &job->bytes;
        }
    }
    return NULL;
}

static struct outcome file_hashes(const struct context *context, const struct tile_id *id,
                                  unsigned width, struct tree_hash *ret_hashes)
{
    char tile[TILE_PATH_BYTES_MAX];
    char path[LEDGER_PATH_BYTES_MAX];
    int fd = DISK_CLOSED;
    size_t got = 0;

    tile_path(id, tile);
    int said = snprintf(path, sizeof(path), PUBLIC_FOLDER "/%s", tile);
    CHECK(said > 0 && (size_t)said < sizeof(path));
    TRY(disk_open(context->disk, context->home_fd, path, DISK_OPEN_READ, DISK_PRIVATE, &fd));
    struct outcome outcome =
        disk_read(context->disk, fd, 0, ret_hashes, width * sizeof(*ret_hashes), &got);
    outcome_ignore(disk_close(context->disk, &fd)); /* only read from */
    TRY(outcome);
    if (got != width * sizeof(*ret_hashes)) {
        return outcome_fail(FAULT_CORRUPT, "a tile is too short");
    }
    return OUTCOME_OK;
}

/* The first `width` hashes of a tile, wherever it stands by now. */
static struct outcome tile_hashes(const struct publish *publish, unsigned level, uint64_t number,
                                  unsigned width, struct tree_hash *ret_hashes)
{
    struct tile_id id = {TILE_KIND_HASHES, level, number, TILE_WIDTH};
    size_t len = width * sizeof(*ret_hashes);

    if (number == tile_hashes_at(publish->size, level) / TILE_WIDTH) {
        CHECK(width <= publish_width(publish, level));
        memcpy(ret_hashes, publish->edge[level], len);
        return OUTCOME_OK;
    }
    const struct buf *waiting = waiting_tile(publish, level, number);
    if (waiting != NULL) {
        CHECK(waiting->len == TILE_BYTES);
        memcpy(ret_hashes, waiting->data, len);
        return OUTCOME_OK;
    }
    struct outcome outcome = file_hashes(publish->context, &id, width, ret_hashes);
    if (outcome.fault == FAULT_NOT_FOUND) {
        outcome.fault = FAULT_CORRUPT; /* a tree of that size has it */
    }
    return outcome;
}

/* The tree as it was when it had `size` leaves. */
static struct outcome tree_at(const struct publish *publish, uint64_t size, struct tree *ret_tree)
{
    struct tree_hash hashes[TILE_WIDTH];

    *ret_tree = (struct tree){0};
    for (unsigned level = TILE_LEVELS; level > 0; level--) {
        uint64_t count = tile_hashes_at(size, level - 1);
        unsigned width = (unsigned)(count % TILE_WIDTH);
        if (width == 0) {
            continue;
        }
        TRY(tile_hashes(publish, level - 1, count / TILE_WIDTH, width, hashes));
        for (unsigned i = 0; i < width; i++) {
            tree_append_at(ret_tree, (level - 1) * TILE_HEIGHT, &hashes[i]);
        }
    }
    CHECK(ret_tree->size == size);
    return OUTCOME_OK;
}

/* Builds what the reader's record added to the tree; invariant 1. */
static struct outcome rebuild(struct ledger *ledger)
{
    const struct reader *reader = &ledger->reader;
    struct cursor entries = cursor_of(reader->body.entries);
    struct tree_hash leaves[BATCH_ASKS_MAX];
    struct checkpoint checkpoint = {0};
    struct tree tree;

    TRY(tree_at(&ledger->publish, reader->header.first_index, &tree));
    for (unsigned i = 0; i < reader->header.count; i++) {
        tree_leaf(cursor_block16(&entries), &leaves[i]);
    }
    CHECK(!entries.failed); /* record_read() has walked them */
    tree_batch_make(&tree, leaves, reader->header.count, &ledger->reread);
    struct outcome outcome =
        checkpoint_read(ledger->context.note_key.origin, reader->body.checkpoint, &checkpoint);
    if (!outcome_ok(outcome) || checkpoint.size != ledger->reread.new_size ||
        memcmp(checkpoint.root.bytes, ledger->reread.root.bytes, SEAL_HASH_BYTES) != 0) {
        ledger->reread.new_size = ledger->reread.old_size;
        return outcome_fail(FAULT_CORRUPT, "a record and the tree before it miss the signed root");
    }
    return OUTCOME_OK;
}

static struct outcome prove(struct ledger *ledger, uint64_t index)
{
    const struct reader *reader = &ledger->reader;
    bool built = ledger->reread.new_size > ledger->reread.old_size &&
                 ledger->reread.old_size == reader->header.first_index;
    struct outcome outcome = built ? OUTCOME_OK : rebuild(ledger);

    if (outcome.fault == FAULT_CORRUPT) {
        log_line(LOG_LEVEL_ERROR, "ledger-corrupt", "index=%llu segment=%llu what=\"%s\"",
                 (unsigned long long)index, (unsigned long long)reader->header.segment,
                 outcome.what);
    }
    return outcome;
}

struct outcome ledger_reread(struct ledger *ledger, uint64_t index, struct buf *scratch,
                             struct ledger_receipt *ret_receipt)
{
    struct tree_hash path[TREE_PATH_MAX];
    struct ledger_item item = {{0}, {0}};

    TRY(ledger_read(ledger, index, scratch, &item));
    TRY(prove(ledger, index));
    size_t opening_at = (size_t)(item.opening.data - scratch->data);
    size_t entry_at = (size_t)(item.entry.data - scratch->data);
    size_t path_at = scratch->len;
    unsigned len = tree_batch_prove(&ledger->reread, index, path);
    buf_put(scratch, path, len * sizeof(path[0]));
    size_t checkpoint_at = scratch->len;
    buf_put_view(scratch, ledger->reader.body.checkpoint);
    TRY(buf_check(scratch));
    struct view all = buf_view(scratch);
    *ret_receipt = (struct ledger_receipt){
        .item = {.entry = view_part(all, entry_at, item.entry.len),
                 .opening = view_part(all, opening_at, item.opening.len)},
        .path = view_part(all, path_at, checkpoint_at - path_at),
        .checkpoint = view_part(all, checkpoint_at, ledger->reader.body.checkpoint.len),
    };
    return OUTCOME_OK;
}
