/*
 * Verification of what the public listener hands out.
 *
 * Invariants
 *  1. Nothing leaves here but the note whose signature was verified, and bytes whose hash stands in
 *     a verified tile above, up to the right edge; the edge leads to the root of a signed
 *     checkpoint.
 *  2. Verified bytes are kept in memory, and what is sent is these bytes: a file that changes after
 *     it was verified changes no answer.
 *  3. A log grows: a signed checkpoint that is older than the last one, or of the same size with
 *     another root, is not believed.
 *  4. What one call reads and hashes is bounded: a tile's own bytes, and of each level above one
 *     tile at most.
 */
#include "channel/public/proven.h"

#include "base/check.h"
#include "base/memory.h"
#include "channel/public/kept.h"
#include "channel/public/tiles.h"
#include "channel/public/told.h"
#include "tlog/note.h"

#include <string.h>

#define OPEN_TRIES 3u /* a writer replaces the partial tiles, about once a second */

/* The right edge of a tree: what its size leaves beyond the last full tile of each level. */
struct edge {
    struct checkpoint checkpoint;
    struct tree_hash hashes[TILE_LEVELS][TILE_WIDTH];
};

struct proven {
    int dir_fd;
    bool has_key;
    struct note_keys keys;
    struct buf note; /* the last that verified; empty: none has */
    struct buf note_read;
    struct checkpoint signed_last; /* of `note` */
    struct edge *edge;             /* verified; size 0: no tile is */
    struct edge *next_edge;        /* being read */
    struct kept kept;
    struct told told;
};

struct outcome proven_new(int dir_fd, struct proven **ret_proven)
{
    struct proven *proven = memory_new(1, sizeof(*proven));

    if (proven == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "verification of tiles");
    }
    proven->dir_fd = dir_fd;
    buf_init(&proven->note, NOTE_BYTES_MAX);
    buf_init(&proven->note_read, NOTE_BYTES_MAX);
    proven->edge = memory_new(1, sizeof(*proven->edge));
    proven->next_edge = memory_new(1, sizeof(*proven->next_edge));
    if (proven->edge == NULL || proven->next_edge == NULL) {
        proven_free(proven);
        return outcome_fail(FAULT_NO_MEMORY, "verification of tiles");
    }
    *ret_proven = proven;
    return OUTCOME_OK;
}

void proven_free(struct proven *proven)
{
    if (proven == NULL) {
        return;
    }
    kept_done(&proven->kept);
    buf_done(&proven->note);
    buf_done(&proven->note_read);
    memory_free(proven->edge);
    memory_free(proven->next_edge);
    memory_free(proven);
}

/* Another key may have taken over since; what was said before stays. */
static bool goes_on(const struct note_keys *before, const struct note_keys *keys)
{
    bool same = keys->count >= before->count;

    for (unsigned i = 0; same && i < before->count; i++) {
        same = memcmp(&keys->keys[i], &before->keys[i], sizeof(keys->keys[i])) == 0 &&
               keys->from[i] == before->from[i];
    }
    return same;
}

struct outcome proven_set_key(struct proven *proven, struct view vkey)
{
    struct note_keys keys;

    TRY(note_keys_get(vkey, &keys));
    if (proven->has_key && !goes_on(&proven->keys, &keys)) {
        return outcome_fail(FAULT_CONFLICT, "another verifier key than before");
    }
    proven->keys = keys;
    proven->has_key = true;
    return OUTCOME_OK;
}

void proven_keys_put(const struct proven *proven, struct buf *buf)
{
    note_keys_put(&proven->keys, buf);
}

bool proven_has_key(const struct proven *proven)
{
    return proven->has_key;
}

uint64_t proven_refused(const struct proven *proven)
{
    return proven->told.refused;
}

/* ---- the checkpoint and the right edge ---- */

/* Invariant 3. */
static struct outcome follows(const struct checkpoint *last, const struct checkpoint *next)
{
    if (next->size < last->size) {
        return outcome_fail(FAULT_CORRUPT, "checkpoint is older than one that was served");
    }
    if (next->size == last->size &&
        memcmp(next->root.bytes, last->root.bytes, SEAL_HASH_BYTES) != 0) {
        return outcome_fail(FAULT_CORRUPT, "checkpoint has another root than one of its size");
    }
    return OUTCOME_OK;
}

static struct outcome verify_note(struct proven *proven)
{
    struct checkpoint next = {0};
    struct outcome outcome = checkpoint_open_of(&proven->keys, buf_view(&proven->note_read), &next);

    if (outcome.fault == FAULT_BAD_INPUT || outcome.fault == FAULT_CRYPTO) {
        return outcome_fail(FAULT_CORRUPT, outcome.what);
    }
    TRY(outcome);
    if (proven->note.len > 0) {
        TRY(follows(&proven->signed_last, &next));
    }
    struct buf held = proven->note;
    proven->note = proven->note_read;
    proven->note_read = held;
    proven->signed_last = next;
    return OUTCOME_OK;
}

/* The file, verified anew when it is another than the last. */
static struct outcome read_note(struct proven *proven)
{
    buf_reset(&proven->note_read);
    TRY(public_checkpoint_read(proven->dir_fd, &proven->note_read));
    if (proven->note.len > 0 && view_equal(buf_view(&proven->note), buf_view(&proven->note_read))) {
        return OUTCOME_OK;
    }
    return verify_note(proven);
}

static struct outcome refresh_note(struct proven *proven)
{
    struct outcome outcome = read_note(proven);

    if (outcome.fault == FAULT_NOT_FOUND && proven->note.len == 0) {
        return outcome; /* nothing has been published yet */
    }
    if (outcome.fault == FAULT_NOT_FOUND) {
        outcome = outcome_fail(FAULT_CORRUPT, "it is missing");
    }
    told_place(&proven->told, "checkpoint", outcome);
    return outcome;
}

/* The tile's file, read and cut; a writer may take a partial one away between two looks. */
static struct outcome load(struct proven *proven, const struct tile_id *id,
                           struct tile_mark *ret_mark, struct buf *ret_bytes)
{
    struct tile_file file = {.fd = -1};
    struct outcome outcome = OUTCOME_OK;

    for (unsigned i = 0; i < OPEN_TRIES; i++) {
        outcome = public_tile_open(proven->dir_fd, id, &file);
        if (outcome.fault != FAULT_NOT_FOUND) {
            break;
        }
    }
    if (outcome.fault == FAULT_NOT_FOUND) {
        return outcome_fail(FAULT_CORRUPT, "it is missing");
    }
    TRY(outcome);
    outcome = public_tile_read(&file, id, ret_bytes);
    public_tile_close(&file);
    *ret_mark = file.mark;
    return outcome;
}

static struct outcome load_edge(struct proven *proven, struct edge *edge, unsigned level)
{
    uint64_t hashes = tile_hashes_at(edge->checkpoint.size, level);
    struct tile_id id = {TILE_KIND_HASHES, level, hashes / TILE_WIDTH,
                         (unsigned)(hashes % TILE_WIDTH)};
    struct tile_mark mark;
    BUF_AUTO bytes;

    buf_init(&bytes, TILE_BYTES);
    if (id.width == 0) {
        return OUTCOME_OK;
    }
    TRY(load(proven, &id, &mark, &bytes));
    CHECK(bytes.len == id.width * sizeof(struct tree_hash));
    memcpy(edge->hashes[level], bytes.data, bytes.len);
    return OUTCOME_OK;
}

/* Full subtrees first, then what lies behind them. */
static void edge_root(const struct edge *edge, struct tree_hash *ret_root)
{
    struct tree tree = {0};

    for (unsigned level = TILE_LEVELS; level > 0; level--) {
        uint64_t width = tile_hashes_at(edge->checkpoint.size, level - 1) % TILE_WIDTH;
        for (unsigned i = 0; i < width; i++) {
            tree_append_at(&tree, (level - 1) * TILE_HEIGHT, &edge->hashes[level - 1][i]);
        }
    }
    CHECK(tree.size == edge->checkpoint.size);
    tree_root(&tree, ret_root);
}

static struct outcome read_edge(struct proven *proven)
{
    struct edge *edge = proven->next_edge;
    struct tree_hash root;

    edge->checkpoint = proven->signed_last;
    for (unsigned level = 0; level < TILE_LEVELS; level++) {
        TRY(load_edge(proven, edge, level));
    }
    edge_root(edge, &root);
    if (memcmp(root.bytes, edge->checkpoint.root.bytes, SEAL_HASH_BYTES) != 0) {
        return outcome_fail(FAULT_CORRUPT, "they do not lead to the checkpoint's root");
    }
    proven->next_edge = proven->edge;
    proven->edge = edge;
    return OUTCOME_OK;
}

/* The edge of the newest checkpoint. After a failure the edge is that of the last one that
 * verified: what it covers can still be handed out. */
static struct outcome refresh_edge(struct proven *proven)
{
    struct outcome outcome = refresh_note(proven);

    if (proven->edge->checkpoint.size == proven->signed_last.size) {
        return outcome;
    }
    struct outcome edged = read_edge(proven);
    told_place(&proven->told, "partial tiles of the checkpoint", edged);
    return outcome_ok(outcome) ? edged : outcome;
}

struct outcome proven_checkpoint(struct proven *proven, struct view *ret_note)
{
    if (!proven->has_key) {
        return outcome_fail(FAULT_AGAIN, "the log's key is not known yet");
    }
    TRY(refresh_note(proven));
    *ret_note = buf_view(&proven->note);
    return OUTCOME_OK;
}

/* ---- tiles ---- */

static struct outcome full_tile(struct proven *proven, const struct tile_id *id, bool again,
                                struct view *ret_bytes);

/* The hash that a full tile of `level` must have as a whole: it stands in the tile above. */
static struct outcome expected_root(struct proven *proven, unsigned level, uint64_t number,
                                    struct tree_hash *ret_hash)
{
    struct tile_id above = {TILE_KIND_HASHES, level + 1, number / TILE_WIDTH, TILE_WIDTH};
    uint64_t size = proven->edge->checkpoint.size;
    struct view bytes = {0};

    CHECK(above.level < TILE_LEVELS && number < tile_hashes_at(size, above.level));
    if (tile_width_at(size, above.level, above.number) < TILE_WIDTH) {
        *ret_hash = proven->edge->hashes[above.level][number % TILE_WIDTH];
        return OUTCOME_OK;
    }
    TRY(full_tile(proven, &above, true, &bytes)); /* one level up each time: invariant 4 */
    struct view hash = view_part(bytes, number % TILE_WIDTH * SEAL_HASH_BYTES, SEAL_HASH_BYTES);
    memcpy(ret_hash->bytes, hash.data, SEAL_HASH_BYTES);
    return OUTCOME_OK;
}

/* Leaves of the bundle's `width` entries. */
static struct outcome hash_entries(struct view bundle, unsigned width,
                                   struct tree_hash ret_leaves[TILE_WIDTH])
{
    struct cursor cursor = cursor_of(bundle);

    for (unsigned i = 0; i < width; i++) {
        struct view entry = {0};
        TRY(bundle_next(&cursor, &entry));
        tree_leaf(entry, &ret_leaves[i]);
    }
    return OUTCOME_OK;
}

static struct outcome compare(const void *found, const void *expected, size_t len)
{
    return memcmp(found, expected, len) == 0
               ? OUTCOME_OK
               : outcome_fail(FAULT_CORRUPT, "it does not lead to the checkpoint's root");
}

static struct outcome verify_full(const struct tile_id *id, struct view bytes,
                                  const struct tree_hash *expected)
{
    struct tree_hash hashes[TILE_WIDTH];
    struct tree_hash root;

    if (id->kind == TILE_KIND_ENTRIES) {
        TRY(hash_entries(bytes, TILE_WIDTH, hashes));
    } else {
        CHECK(bytes.len == sizeof(hashes));
        memcpy(hashes, bytes.data, sizeof(hashes));
    }
    tile_root(hashes, &root);
    return compare(root.bytes, expected->bytes, SEAL_HASH_BYTES);
}

/* What is kept of the tile, when the file is still what was verified (or does not matter). */
static bool is_kept(struct proven *proven, const struct tile_id *id, bool again,
                    struct view *ret_bytes)
{
    const struct kept_tile *tile = kept_find(&proven->kept, id);
    struct tile_file file = {.fd = -1};

    if (tile == NULL) {
        return false;
    }
    if (!again) {
        if (!outcome_ok(public_tile_open(proven->dir_fd, id, &file))) {
            return false;
        }
        public_tile_close(&file);
        if (!kept_is_of(tile, &file.mark)) {
            return false;
        }
    }
    *ret_bytes = buf_view(&tile->bytes);
    return true;
}

/* Tells of the place, whichever way it went. */
static struct outcome told_tile(struct proven *proven, const struct tile_id *id,
                                struct outcome outcome)
{
    char path[TILE_PATH_BYTES_MAX];

    tile_path(id, path);
    told_place(&proven->told, path, outcome);
    return outcome;
}

static struct outcome full_tile(struct proven *proven, const struct tile_id *id, bool again,
                                struct view *ret_bytes)
{
    struct tree_hash expected;
    struct tile_mark mark;
    BUF_AUTO bytes;

    buf_init(&bytes, BUNDLE_BYTES_MAX);
    if (is_kept(proven, id, again, ret_bytes)) {
        return OUTCOME_OK;
    }
    TRY(expected_root(proven, id->level, id->number, &expected));
    struct outcome outcome = load(proven, id, &mark, &bytes);
    if (outcome_ok(outcome)) {
        outcome = verify_full(id, buf_view(&bytes), &expected); /* invariant 1 */
    }
    TRY(told_tile(proven, id, outcome));
    *ret_bytes = kept_take(&proven->kept, id, &mark, &bytes); /* invariant 2 */
    return OUTCOME_OK;
}

/* A partial tile of the edge: its hashes are known. */
static struct outcome edge_hashes(struct proven *proven, const struct tile_id *id, bool again,
                                  struct view *ret_bytes)
{
    size_t len = id->width * sizeof(struct tree_hash);
    const uint8_t *edge = proven->edge->hashes[id->level][0].bytes;
    struct tile_mark mark;
    BUF_AUTO bytes;

    buf_init(&bytes, TILE_BYTES);
    if (!again) {
        struct outcome outcome = load(proven, id, &mark, &bytes);
        if (outcome_ok(outcome)) {
            CHECK(bytes.len == len);
            outcome = compare(bytes.data, edge, len);
        }
        TRY(told_tile(proven, id, outcome));
    }
    *ret_bytes = view_of(edge, len);
    return OUTCOME_OK;
}

static struct outcome edge_entries(struct proven *proven, const struct tile_id *id, bool again,
                                   struct view *ret_bytes)
{
    struct tree_hash leaves[TILE_WIDTH];
    struct tile_mark mark;
    BUF_AUTO bytes;

    buf_init(&bytes, BUNDLE_BYTES_MAX);
    if (is_kept(proven, id, again, ret_bytes)) {
        return OUTCOME_OK;
    }
    struct outcome outcome = load(proven, id, &mark, &bytes);
    if (outcome_ok(outcome)) {
        outcome = hash_entries(buf_view(&bytes), id->width, leaves);
    }
    if (outcome_ok(outcome)) {
        outcome = compare(leaves, proven->edge->hashes[0], id->width * sizeof(leaves[0]));
    }
    TRY(told_tile(proven, id, outcome));
    *ret_bytes = kept_take(&proven->kept, id, &mark, &bytes);
    return OUTCOME_OK;
}

static struct outcome get_tile(struct proven *proven, const struct tile_id *id, bool again,
                               struct view *ret_bytes)
{
    unsigned covered = tile_width_at(proven->edge->checkpoint.size, id->level, id->number);
    struct tile_id full = *id;
    struct view whole = {0};
    size_t len = 0;

    if (id->width > covered) {
        return outcome_fail(FAULT_NOT_FOUND, "the checkpoint does not cover it");
    }
    if (covered < TILE_WIDTH) {
        return id->kind == TILE_KIND_ENTRIES ? edge_entries(proven, id, again, ret_bytes)
                                             : edge_hashes(proven, id, again, ret_bytes);
    }
    full.width = TILE_WIDTH;
    TRY(full_tile(proven, &full, again, &whole));
    TRY(public_tile_measure(id->kind, whole, id->width, &len));
    *ret_bytes = view_part(whole, 0, len);
    return OUTCOME_OK;
}

struct outcome proven_tile(struct proven *proven, const struct tile_id *id, struct view *ret_bytes)
{
    if (!proven->has_key) {
        return outcome_fail(FAULT_AGAIN, "the log's key is not known yet");
    }
    struct outcome fresh = refresh_edge(proven);
    struct outcome outcome = get_tile(proven, id, false, ret_bytes);
    bool unknown = outcome.fault == FAULT_NOT_FOUND && !outcome_ok(fresh);
    return unknown ? fresh : outcome; /* the newest checkpoint may cover it */
}

struct outcome proven_tile_again(struct proven *proven, const struct tile_id *id,
                                 struct view *ret_bytes)
{
    return get_tile(proven, id, true, ret_bytes);
}
