/*
 * Verification of the public side.
 *
 * Invariants
 *  1. Every hash is computed from the entries; a tile is only ever compared, never believed.
 *  2. Each file below tile/ is either implied by the checkpoint, or an older partial that is a
 * prefix of what replaced it, or wrong.
 */
#include "base/check.h"
#include "base/memory.h"
#include "ledger/verify.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define DEPTH_MAX 10u
#define EDGES (TILE_LEVELS + 1u) /* a bundle, and a tile of each level */
#define CHECKPOINT_TRIES 5u
#define FILE_BYTES_MAX (TILE_WIDTH * (2u + UINT16_MAX)) /* of any bundle that can be */

struct tiles {
    struct verify *verify;
    int dir_fd;
    struct tree_hash rows[TILE_LEVELS][TILE_WIDTH]; /* computed; the tile being filled */
    unsigned widths[TILE_LEVELS];
    uint64_t numbers[TILE_LEVELS];
    struct buf bundle;
    struct buf file;
    struct buf other;
    struct buf edges[EDGES]; /* the checkpoint's own partials, read together with it */
};

static void tell(struct verify *verify, const char *why)
{
    if (verify->report->why[0] == '\0') {
        snprintf(verify->report->why, sizeof(verify->report->why), "%s", why);
    }
    if (!verify->told && verify->watch != NULL && verify->watch->found != NULL) {
        verify->watch->found(verify->watch->context, why);
    }
    verify->told = true;
}

struct outcome verify_wrong(struct verify *verify, const char *format, ...)
{
    char why[sizeof(verify->report->why)];
    va_list values;

    va_start(values, format);
    vsnprintf(why, sizeof(why), format, values);
    va_end(values);
    tell(verify, why);
    return outcome_fail(FAULT_CORRUPT, "the log does not verify");
}

struct outcome verify_unseen(struct verify *verify, const char *where, struct outcome outcome)
{
    char why[sizeof(verify->report->why)];

    if (!outcome_ok(outcome) && !verify->told) {
        snprintf(why, sizeof(why), "%s: %s", where, outcome.what);
        tell(verify, why);
    }
    return outcome;
}

void verify_progress(const struct verify *verify, const char *what, uint64_t done, uint64_t total)
{
    if (verify->watch != NULL && verify->watch->progress != NULL) {
        verify->watch->progress(verify->watch->context, what, done, total);
    }
}

/* A whole file; one that is missing, or longer than such a file can be, is wrong. */
static struct outcome load(struct tiles *tiles, const char *path, struct buf *ret_bytes)
{
    buf_reset(ret_bytes);
    struct outcome outcome = disk_load(tiles->verify->disk, tiles->dir_fd, path, ret_bytes);
    if (outcome.fault == FAULT_NOT_FOUND) {
        return verify_wrong(tiles->verify, "%s is missing", path);
    }
    if (outcome.fault == FAULT_OVER_LIMIT) {
        return verify_wrong(tiles->verify, "%s is longer than it can be", path);
    }
    return verify_unseen(tiles->verify, path, outcome);
}

static unsigned edge_of(const struct tile_id *id)
{
    return id->kind == TILE_KIND_ENTRIES ? 0 : id->level + 1;
}

/* A tile that the checkpoint implies. */
static struct outcome load_tile(struct tiles *tiles, const struct tile_id *id, const char *path,
                                struct buf *scratch, struct view *ret_bytes)
{
    if (id->width < TILE_WIDTH) {
        *ret_bytes = buf_view(&tiles->edges[edge_of(id)]);
        return OUTCOME_OK;
    }
    TRY(load(tiles, path, scratch));
    *ret_bytes = buf_view(scratch);
    return OUTCOME_OK;
}

/* The computed row against the file. */
static struct outcome check_tile(struct tiles *tiles, unsigned level)
{
    struct tile_id id = {TILE_KIND_HASHES, level, tiles->numbers[level], tiles->widths[level]};
    char path[TILE_PATH_BYTES_MAX];
    size_t len = id.width * sizeof(struct tree_hash);
    const uint8_t *expected = tiles->rows[level][0].bytes;
    struct view file = {0};

    tile_path(&id, path);
    TRY(load_tile(tiles, &id, path, &tiles->file, &file));
    if (file.len != len) {
        return verify_wrong(tiles->verify, "%s has %zu bytes, not %zu", path, file.len, len);
    }
    if (memcmp(file.data, expected, len) != 0) {
        size_t at = 0;
        while (file.data[at] == expected[at]) {
            at++;
        }
        return verify_wrong(tiles->verify,
                            "%s: hash %zu differs from the one computed from the entries", path,
                            at / SEAL_HASH_BYTES);
    }
    tiles->verify->report->tiles++;
    return OUTCOME_OK;
}

/* One hash of a level, and what it completes above. */
static struct outcome take_hash(struct tiles *tiles, unsigned first_level,
                                const struct tree_hash *first)
{
    struct tree_hash hash = *first;

    for (unsigned level = first_level; level < TILE_LEVELS; level++) {
        tiles->rows[level][tiles->widths[level]++] = hash;
        if (tiles->widths[level] < TILE_WIDTH) {
            return OUTCOME_OK;
        }
        TRY(check_tile(tiles, level));
        tile_root(tiles->rows[level], &hash);
        tiles->widths[level] = 0;
        tiles->numbers[level]++;
    }
    return OUTCOME_OK;
}

static struct outcome check_bundle(struct tiles *tiles, uint64_t number)
{
    struct verify *verify = tiles->verify;
    unsigned width = tile_width_at(verify->published.size, 0, number);
    struct tile_id id = {TILE_KIND_ENTRIES, 0, number, width};
    char path[TILE_PATH_BYTES_MAX];
    struct view bundle = {0};

    tile_path(&id, path);
    TRY(load_tile(tiles, &id, path, &tiles->bundle, &bundle));
    struct cursor cursor = cursor_of(bundle);
    for (unsigned i = 0; i < width; i++) {
        struct view entry = {0};
        struct tree_hash leaf;
        if (!outcome_ok(bundle_next(&cursor, &entry))) {
            return verify_wrong(verify, "%s ends within entry %llu", path,
                                (unsigned long long)(number * TILE_WIDTH + i));
        }
        tree_leaf(entry, &leaf);
        TRY(take_hash(tiles, 0, &leaf));
    }
    if (cursor_left(&cursor) != 0) {
        return verify_wrong(verify, "%s has %zu bytes behind its last entry", path,
                            cursor_left(&cursor));
    }
    verify->report->tiles++;
    return OUTCOME_OK;
}

/* From the computed rows: full subtrees first, then the leaves behind them. */
static void computed_root(const struct tiles *tiles, struct tree_hash *ret_root)
{
    struct tree tree = {0};

    for (unsigned level = TILE_LEVELS; level > 0; level--) {
        for (unsigned i = 0; i < tiles->widths[level - 1]; i++) {
            tree_append_at(&tree, (level - 1) * TILE_HEIGHT, &tiles->rows[level - 1][i]);
        }
    }
    CHECK(tree.size == tiles->verify->published.size);
    tree_root(&tree, ret_root);
}

static struct outcome check_entries(struct tiles *tiles)
{
    struct verify *verify = tiles->verify;
    uint64_t size = verify->published.size;
    struct tree_hash root;

    for (uint64_t number = tiles->numbers[0]; number * TILE_WIDTH < size; number++) {
        TRY(check_bundle(tiles, number));
        verify_progress(verify, "tiles", number * TILE_WIDTH, size);
    }
    for (unsigned level = 0; level < TILE_LEVELS; level++) {
        if (tiles->widths[level] > 0) {
            TRY(check_tile(tiles, level));
        }
    }
    computed_root(tiles, &root);
    if (memcmp(root.bytes, verify->published.root.bytes, SEAL_HASH_BYTES) != 0) {
        return verify_wrong(verify, "checkpoint: its root is not that of the %llu entries",
                            (unsigned long long)size);
    }
    verify_progress(verify, "tiles", size, size);
    return OUTCOME_OK;
}

/* An older partial must be the beginning of what took its place. */
static struct outcome check_older(struct tiles *tiles, const struct tile_id *id, const char *path,
                                  unsigned width_now)
{
    struct tile_id now = *id;
    char path_now[TILE_PATH_BYTES_MAX];
    struct view file = {0};
    bool good = true;

    now.width = width_now;
    tile_path(&now, path_now);
    buf_reset(&tiles->other);
    struct outcome outcome = disk_load(tiles->verify->disk, tiles->dir_fd, path, &tiles->other);
    if (outcome.fault == FAULT_NOT_FOUND && tiles->verify->live) { /* removed meanwhile */
        return OUTCOME_OK;
    }
    TRY(verify_unseen(tiles->verify, path, outcome));
    TRY(load_tile(tiles, &now, path_now, &tiles->file, &file));
    if (id->kind == TILE_KIND_HASHES) {
        good = tiles->other.len == id->width * sizeof(struct tree_hash);
    } else {
        struct cursor cursor = cursor_of(buf_view(&tiles->other));
        struct view entry = {0};
        for (unsigned i = 0; i < id->width && good; i++) {
            good = outcome_ok(bundle_next(&cursor, &entry));
        }
        good = good && cursor_left(&cursor) == 0;
    }
    if (!good || !view_starts(file, buf_view(&tiles->other))) {
        return verify_wrong(tiles->verify, "%s is not the beginning of %s", path, path_now);
    }
    return OUTCOME_OK;
}

static struct outcome check_file(struct tiles *tiles, const char *path)
{
    struct verify *verify = tiles->verify;
    struct tile_id id = {0};

    if (!outcome_ok(tile_path_get(view_text(path), &id))) {
        return verify_wrong(verify, "%s is no tile's name", path);
    }
    unsigned width = tile_width_at(verify->published.size, id.level, id.number);
    if (id.width > width && verify->live) {
        verify->report->ahead++;
        return OUTCOME_OK;
    }
    if (id.width > width) {
        return verify_wrong(verify, "%s is beyond the checkpoint's tree of size %llu", path,
                            (unsigned long long)verify->published.size);
    }
    return id.width == width ? OUTCOME_OK : check_older(tiles, &id, path, width);
}

static bool is_folder_name(const char *name)
{
    size_t len = strlen(name);

    return (len == 4 && name[0] == 'x') || (len == 5 && strcmp(name + 3, ".p") == 0);
}

static struct outcome walk(struct tiles *tiles, const char *folder, unsigned depth)
{
    BUF_AUTO names;
    size_t at = 0;

    buf_init(&names, FOLDER_NAMES_BYTES_MAX);
    if (depth == DEPTH_MAX) {
        return verify_wrong(tiles->verify, "%s is too deep", folder);
    }
    TRY(verify_unseen(tiles->verify, folder,
                      disk_list(tiles->verify->disk, tiles->dir_fd, folder, &names)));
    for (const char *name = disk_next_name(&names, &at); name != NULL;
         name = disk_next_name(&names, &at)) {
        char path[LEDGER_PATH_BYTES_MAX];
        int said = snprintf(path, sizeof(path), "%s/%s", folder, name);
        if (said < 0 || said >= (int)sizeof(path)) {
            return verify_wrong(tiles->verify, "%s: a name that is no tile's", folder);
        }
        TRY(depth == 0 || is_folder_name(name) ? walk(tiles, path, depth + 1)
                                               : check_file(tiles, path));
    }
    return OUTCOME_OK;
}

/* Opens the note; FAULT_CORRUPT with the reason. */
static struct outcome open_checkpoint(struct tiles *tiles, struct view note)
{
    struct verify *verify = tiles->verify;
    struct outcome outcome = checkpoint_open_of(&verify->keys, note, &verify->published);

    if (outcome.fault == FAULT_BAD_INPUT || outcome.fault == FAULT_CRYPTO) {
        return verify_wrong(verify, "checkpoint: %s", outcome.what);
    }
    TRY(verify_unseen(verify, "checkpoint", outcome));
    verify->report->entries = verify->published.size;
    verify->published_known = true;
    return OUTCOME_OK;
}

/* One of the checkpoint's partials; *ret_missing when it is not there. */
static struct outcome read_edge(struct tiles *tiles, enum tile_kind kind, unsigned level,
                                bool *ret_missing, char ret_path[TILE_PATH_BYTES_MAX])
{
    uint64_t hashes = tile_hashes_at(tiles->verify->published.size, level);
    struct tile_id id = {kind, level, hashes / TILE_WIDTH, (unsigned)(hashes % TILE_WIDTH)};
    struct buf *bytes = &tiles->edges[edge_of(&id)];

    buf_reset(bytes);
    if (id.width == 0) {
        return OUTCOME_OK;
    }
    tile_path(&id, ret_path);
    struct outcome outcome = disk_load(tiles->verify->disk, tiles->dir_fd, ret_path, bytes);
    *ret_missing = outcome.fault == FAULT_NOT_FOUND;
    return *ret_missing ? OUTCOME_OK : verify_unseen(tiles->verify, ret_path, outcome);
}

/* The checkpoint and its partials. A running writer removes them when the next one is published:
 * then the next one is read. */
static struct outcome read_checkpoint(struct tiles *tiles)
{
    char path[TILE_PATH_BYTES_MAX];
    BUF_AUTO note;

    buf_init(&note, NOTE_BYTES_MAX);
    for (unsigned attempt = 0; attempt < CHECKPOINT_TRIES; attempt++) {
        bool missing = false;
        TRY(load(tiles, "checkpoint", &note));
        TRY(open_checkpoint(tiles, buf_view(&note)));
        TRY(read_edge(tiles, TILE_KIND_ENTRIES, 0, &missing, path));
        for (unsigned level = 0; level < TILE_LEVELS && !missing; level++) {
            TRY(read_edge(tiles, TILE_KIND_HASHES, level, &missing, path));
        }
        if (!missing) {
            return OUTCOME_OK;
        }
    }
    return verify_wrong(tiles->verify, "%s is missing", path);
}

struct outcome verify_tiles_check(struct tiles *tiles)
{
    TRY(check_entries(tiles));
    return walk(tiles, "tile", 0);
}

struct outcome verify_tiles_bundle(struct tiles *tiles, uint64_t number, struct tree_hash *ret_hash)
{
    tiles->numbers[0] = number;
    tiles->widths[0] = 0;
    tiles->widths[1] = 0;
    TRY(check_bundle(tiles, number));
    CHECK(tiles->widths[1] == 1); /* it is full */
    *ret_hash = tiles->rows[1][0];
    return OUTCOME_OK;
}

struct outcome verify_tiles_take(struct tiles *tiles, const struct tree_hash *hash)
{
    tiles->numbers[0]++;
    tiles->verify->report->tiles += 2;
    return take_hash(tiles, 1, hash);
}

/* Those of one level that no hash of the level above covers. */
static struct outcome append_row(struct tiles *tiles, unsigned level, uint64_t size,
                                 struct tree *tree)
{
    uint64_t hashes = tile_hashes_at(size, level);
    size_t wanted = hashes % TILE_WIDTH;
    uint64_t number = hashes / TILE_WIDTH;
    unsigned width = tile_width_at(tiles->verify->published.size, level, number);
    struct tile_id id = {TILE_KIND_HASHES, level, number, width};
    char path[TILE_PATH_BYTES_MAX];
    struct view file = {0};

    if (wanted == 0) {
        return OUTCOME_OK;
    }
    tile_path(&id, path);
    TRY(load_tile(tiles, &id, path, &tiles->file, &file));
    if (file.len < wanted * SEAL_HASH_BYTES) {
        return verify_wrong(tiles->verify, "%s has %zu bytes", path, file.len);
    }
    struct cursor cursor = cursor_of(file);
    for (size_t i = 0; i < wanted; i++) {
        struct tree_hash hash;
        cursor_copy(&cursor, hash.bytes, sizeof(hash.bytes));
        tree_append_at(tree, level * TILE_HEIGHT, &hash);
    }
    return OUTCOME_OK;
}

struct outcome verify_tiles_tree(struct tiles *tiles, uint64_t size, struct tree *ret_tree)
{
    struct tree tree = {0};

    CHECK(size <= tiles->verify->published.size);
    for (unsigned level = TILE_LEVELS; level > 0; level--) {
        TRY(append_row(tiles, level - 1, size, &tree));
    }
    CHECK(tree.size == size);
    *ret_tree = tree;
    return OUTCOME_OK;
}

void verify_tiles_free(struct tiles *tiles)
{
    if (tiles == NULL) {
        return;
    }
    buf_done(&tiles->bundle);
    buf_done(&tiles->file);
    buf_done(&tiles->other);
    for (unsigned i = 0; i < EDGES; i++) {
        buf_done(&tiles->edges[i]);
    }
    memory_free(tiles);
}

struct outcome verify_tiles_open(struct verify *verify, int dir_fd, struct tiles **ret_tiles)
{
    struct tiles *tiles = memory_new(1, sizeof(*tiles));

    if (tiles == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "verification");
    }
    tiles->verify = verify;
    tiles->dir_fd = dir_fd;
    buf_init(&tiles->bundle, FILE_BYTES_MAX);
    buf_init(&tiles->file, FILE_BYTES_MAX);
    buf_init(&tiles->other, FILE_BYTES_MAX);
    for (unsigned i = 0; i < EDGES; i++) {
        buf_init(&tiles->edges[i], FILE_BYTES_MAX);
    }
    struct outcome outcome = read_checkpoint(tiles);
    if (!outcome_ok(outcome)) {
        verify_tiles_free(tiles);
        return outcome;
    }
    *ret_tiles = tiles;
    return OUTCOME_OK;
}

struct outcome ledger_verify_tiles(int ledger_dir_fd, struct view vkey,
                                   const struct verify_watch *watch,
                                   struct verify_report *ret_report)
{
    struct verify verify = {
        .disk = disk_system(), .watch = watch, .report = ret_report, .live = true};

    *ret_report = (struct verify_report){.why = ""};
    struct outcome outcome = note_keys_get(vkey, &verify.keys);
    if (!outcome_ok(outcome)) {
        return verify_unseen(&verify, "verifier key", outcome);
    }
    struct tiles *tiles = NULL;
    TRY(verify_tiles_open(&verify, ledger_dir_fd, &tiles));
    outcome = verify_tiles_check(tiles);
    verify_tiles_free(tiles);
    return outcome;
}
