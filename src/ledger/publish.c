/*
 * The public files.
 *
 * Invariants
 *  1. Only what is committed is ever written here: publish_take() comes after the record's sync.
 *  2. Files are written in the order of the ring, and each is whole when it gets its name. So a
 *     checkpoint is never there before every tile and bundle that it implies.
 *  3. A path `.p/W` never holds anything but its W hashes or entries; the old partials go after the
 *     checkpoint that no longer needs them.
 *  4. edge[L] and bundle hold exactly what `size` leaves beyond the last full tile of their level.
 */
#include "ledger/publish.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>

#define DEPTH_MAX 12u /* folders of a path */

void publish_init(struct publish *publish, const struct context *context)
{
    publish->context = context;
    publish->size = 0;
    publish->first = 0;
    publish->count = 0;
    publish->published = 0;
    publish->publishing = false;
    buf_init(&publish->bundle, BUNDLE_BYTES_MAX);
    buf_init(&publish->fresh_bundle, BUNDLE_BYTES_MAX);
    for (unsigned level = 0; level < TILE_LEVELS; level++) {
        buf_init(&publish->fresh_tiles[level], TILE_BYTES);
    }
}

static void job_done(struct publish *publish)
{
    buf_done(&publish->jobs[publish->first].bytes);
    publish->first = (publish->first + 1) % PUBLISH_JOBS_MAX;
    publish->count--;
}

void publish_done(struct publish *publish)
{
    if (publish == NULL || publish->context == NULL) {
        return;
    }
    while (publish->count > 0) {
        job_done(publish);
    }
    buf_done(&publish->bundle);
    buf_done(&publish->fresh_bundle);
    for (unsigned level = 0; level < TILE_LEVELS; level++) {
        buf_done(&publish->fresh_tiles[level]);
    }
    publish->context = NULL;
}

unsigned publish_width(const struct publish *publish, unsigned level)
{
    return (unsigned)(tile_hashes_at(publish->size, level) % TILE_WIDTH);
}

static struct publish_job *job_add(struct publish *publish)
{
    CHECK(publish->count < PUBLISH_JOBS_MAX);
    struct publish_job *job = &publish->jobs[(publish->first + publish->count) % PUBLISH_JOBS_MAX];
    *job = (struct publish_job){.work = PUBLISH_TILE};
    publish->count++;
    return job;
}

/* Memory for `len` more bytes, claimed and given back: later appends up to there cannot fail. */
static struct outcome set_aside(struct buf *buf, size_t len)
{
    size_t before = buf->len;
    size_t room = buf->max - before;

    if (buf_claim(buf, len < room ? len : room) == NULL) {
        struct outcome outcome = buf_check(buf);
        buf->failed = false;
        buf->starved = false;
        return outcome;
    }
    buf_cut(buf, before);
    return OUTCOME_OK;
}

struct outcome publish_reserve(struct publish *publish, size_t entries_bytes)
{
    while (publish->count > PUBLISH_JOBS_MAX - PUBLISH_BATCH_JOBS - PUBLISH_JOBS) {
        TRY(publish_step(publish));
    }
    TRY(set_aside(&publish->bundle, entries_bytes));
    TRY(set_aside(&publish->fresh_bundle, entries_bytes));
    for (unsigned level = 0; level < TILE_LEVELS; level++) {
        TRY(set_aside(&publish->fresh_tiles[level], TILE_BYTES));
    }
    return OUTCOME_OK;
}

static void swap_bufs(struct buf *a, struct buf *b)
{
    struct buf held = *a;

    *a = *b;
    *b = held;
}

/* A full bundle goes to the jobs; the memory set aside takes its place. */
static void bundle_full(struct publish *publish, uint64_t number)
{
    struct publish_job *job = job_add(publish);

    job->id = (struct tile_id){TILE_KIND_ENTRIES, 0, number, TILE_WIDTH};
    buf_init(&job->bytes, BUNDLE_BYTES_MAX);
    swap_bufs(&job->bytes, &publish->bundle);
    swap_bufs(&publish->bundle, &publish->fresh_bundle);
}

static void tile_full(struct publish *publish, unsigned level, uint64_t number)
{
    struct publish_job *job = job_add(publish);
    struct buf *fresh = &publish->fresh_tiles[level];

    job->id = (struct tile_id){TILE_KIND_HASHES, level, number, TILE_WIDTH};
    buf_put(fresh, publish->edge[level], TILE_BYTES);
    CHECK(outcome_ok(buf_check(fresh)) && fresh->len == TILE_BYTES);
    buf_init(&job->bytes, TILE_BYTES);
    swap_bufs(&job->bytes, fresh);
}

static void take_entries(struct publish *publish, uint64_t first, struct view entries)
{
    struct cursor cursor = cursor_of(entries);

    for (uint64_t index = first; cursor_left(&cursor) > 0; index++) {
        buf_put_block16(&publish->bundle, cursor_block16(&cursor));
        CHECK(!cursor.failed && !publish->bundle.failed);
        if ((index + 1) % TILE_WIDTH == 0) {
            bundle_full(publish, index / TILE_WIDTH);
        }
    }
}

static void take_hashes(struct publish *publish, const struct tree_batch *batch, unsigned level)
{
    uint64_t number = 0;
    const struct tree_hash *nodes = NULL;
    unsigned count = tree_batch_level(batch, level * TILE_HEIGHT, &number, &nodes);

    for (unsigned i = 0; i < count; i++, number++) {
        publish->edge[level][number % TILE_WIDTH] = nodes[i];
        if ((number + 1) % TILE_WIDTH == 0) {
            tile_full(publish, level, number / TILE_WIDTH);
        }
    }
}

void publish_take(struct publish *publish, const struct tree_batch *batch, struct view entries)
{
    CHECK(publish->size == batch->old_size);
    take_entries(publish, publish->size, entries);
    for (unsigned level = 0; level < TILE_LEVELS; level++) {
        take_hashes(publish, batch, level);
    }
    publish->size = batch->new_size;
}

void publish_root(const struct publish *publish, struct tree_hash *ret_root)
{
    struct tree tree = {0};

    for (unsigned level = TILE_LEVELS; level > 0; level--) {
        unsigned width = publish_width(publish, level - 1);
        for (unsigned i = 0; i < width; i++) {
            tree_append_at(&tree, (level - 1) * TILE_HEIGHT, &publish->edge[level - 1][i]);
        }
    }
    CHECK(tree.size == publish->size); /* invariant 4 */
    tree_root(&tree, ret_root);
}

/* The unfinished tile of a kind and level at `size`; false when there is none. */
static bool partial_at(uint64_t size, enum tile_kind kind, unsigned level, struct tile_id *ret_id)
{
    uint64_t hashes = tile_hashes_at(size, level);

    *ret_id = (struct tile_id){kind, level, hashes / TILE_WIDTH, (unsigned)(hashes % TILE_WIDTH)};
    return ret_id->width > 0;
}

static struct outcome add_partial(struct publish *publish, enum tile_kind kind, unsigned level)
{
    struct tile_id id;

    if (!partial_at(publish->size, kind, level, &id)) {
        return OUTCOME_OK;
    }
    struct publish_job *job = job_add(publish);
    job->id = id;
    if (kind == TILE_KIND_ENTRIES) {
        buf_init(&job->bytes, BUNDLE_BYTES_MAX);
        buf_put_view(&job->bytes, buf_view(&publish->bundle));
    } else {
        buf_init(&job->bytes, TILE_BYTES);
        buf_put(&job->bytes, publish->edge[level], id.width * sizeof(struct tree_hash));
    }
    return buf_check(&job->bytes);
}

/* Partials of the checkpoint before, which the new one does not imply. */
static void add_removal(struct publish *publish, enum tile_kind kind, unsigned level)
{
    struct tile_id old;
    struct tile_id now;

    if (!partial_at(publish->published, kind, level, &old)) {
        return;
    }
    (void)partial_at(publish->size, kind, level, &now);
    if (old.number != now.number || old.width != now.width) {
        struct publish_job *job = job_add(publish);
        job->work = PUBLISH_REMOVE;
        job->id = old;
        buf_init(&job->bytes, 1);
    }
}

static struct outcome line_up(struct publish *publish, struct view checkpoint)
{
    TRY(add_partial(publish, TILE_KIND_ENTRIES, 0));
    for (unsigned level = 0; level < TILE_LEVELS; level++) {
        TRY(add_partial(publish, TILE_KIND_HASHES, level));
    }
    struct publish_job *job = job_add(publish);
    job->work = PUBLISH_CHECKPOINT;
    job->size = publish->size;
    buf_init(&job->bytes, NOTE_BYTES_MAX);
    buf_put_view(&job->bytes, checkpoint);
    TRY(buf_check(&job->bytes));
    add_removal(publish, TILE_KIND_ENTRIES, 0);
    for (unsigned level = 0; level < TILE_LEVELS; level++) {
        add_removal(publish, TILE_KIND_HASHES, level);
    }
    return OUTCOME_OK;
}

struct outcome publish_begin(struct publish *publish, struct view checkpoint, bool again)
{
    if (publish->publishing || (publish->size == publish->published && !again) ||
        publish->count > PUBLISH_JOBS_MAX - PUBLISH_JOBS) {
        return OUTCOME_OK;
    }
    unsigned before = publish->count;
    struct outcome outcome = line_up(publish, checkpoint);
    if (!outcome_ok(outcome)) {
        while (publish->count > before) {
            publish->count--;
            buf_done(&publish->jobs[(publish->first + publish->count) % PUBLISH_JOBS_MAX].bytes);
        }
        return outcome;
    }
    publish->publishing = true;
    return OUTCOME_OK;
}

/* Makes the folders of a path below the home, the last component left out. */
static struct outcome make_folders(const struct context *context, const char *path)
{
    char part[LEDGER_PATH_BYTES_MAX];
    size_t len = strlen(path);

    CHECK(len < sizeof(part));
    for (size_t at = 1; at < len; at++) {
        if (path[at] == '/') {
            memcpy(part, path, at);
            part[at] = '\0';
            TRY(disk_mkdir(context->disk, context->home_fd, part, DISK_PUBLIC));
        }
    }
    return OUTCOME_OK;
}

static void public_path(const struct tile_id *id, char ret_path[LEDGER_PATH_BYTES_MAX])
{
    char path[TILE_PATH_BYTES_MAX];

    tile_path(id, path);
    int said = snprintf(ret_path, LEDGER_PATH_BYTES_MAX, PUBLIC_FOLDER "/%s", path);
    CHECK(said > 0 && said < LEDGER_PATH_BYTES_MAX);
}

static struct outcome write_tile(const struct context *context, const struct publish_job *job)
{
    char path[LEDGER_PATH_BYTES_MAX];

    public_path(&job->id, path);
    struct outcome outcome = disk_replace(context->disk, context->home_fd, path, PUBLIC_NEW,
                                          DISK_PUBLIC, buf_view(&job->bytes), false);
    if (outcome.fault != FAULT_NOT_FOUND) {
        return outcome;
    }
    TRY(make_folders(context, path)); /* the first file of a new folder */
    return disk_replace(context->disk, context->home_fd, path, PUBLIC_NEW, DISK_PUBLIC,
                        buf_view(&job->bytes), false);
}

/* A partial file; and its folder, when the tile that it was part of is full by now. */
static struct outcome remove_partial(struct publish *publish, const struct tile_id *id)
{
    const struct context *context = publish->context;
    char path[LEDGER_PATH_BYTES_MAX];

    public_path(id, path);
    TRY(disk_remove(context->disk, context->home_fd, path, false));
    if (tile_width_at(publish->published, id->level, id->number) < TILE_WIDTH) {
        return OUTCOME_OK;
    }
    char *slash = strrchr(path, '/');
    CHECK(slash != NULL);
    *slash = '\0';
    /* Another file in it is no harm: an older partial that a crash left behind. */
    outcome_ignore(disk_remove(context->disk, context->home_fd, path, true));
    return OUTCOME_OK;
}

struct outcome publish_step(struct publish *publish)
{
    const struct context *context = publish->context;
    struct publish_job *job = &publish->jobs[publish->first];

    if (publish->count == 0) {
        return OUTCOME_OK;
    }
    switch (job->work) {
    case PUBLISH_TILE:
        TRY(write_tile(context, job));
        break;
    case PUBLISH_CHECKPOINT:
        TRY(disk_replace(context->disk, context->home_fd, PUBLIC_CHECKPOINT, PUBLIC_NEW,
                         DISK_PUBLIC, buf_view(&job->bytes), true));
        publish->published = job->size;
        publish->publishing = false;
        break;
    case PUBLISH_REMOVE:
        TRY(remove_partial(publish, &job->id));
        break;
    }
    job_done(publish);
    return OUTCOME_OK;
}

struct outcome publish_all(struct publish *publish)
{
    while (publish->count > 0) {
        TRY(publish_step(publish));
    }
    return OUTCOME_OK;
}
