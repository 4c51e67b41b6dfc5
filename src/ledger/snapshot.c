/*
 * Snapshots of the derived state.
 *
 * Invariants
 *  1. Every byte of the file is under the header's checksum or a piece's tag; the file ends where
 * the header says.
 *  2. A snapshot is used only if its edge and its peaks lead to the root of its signed checkpoint.
 *  3. A name is given to a whole file only, and an older one is removed only after that.
 */
#include "ledger/snapshot.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VERSION 2 /* 1 had the number of bytes in every piece */
#define MAGIC "dancuSNP"
#define MAGIC_LEN 8
#define PLACE_BYTES 96
#define NAME_PREFIX "snapshot-"
#define LISTED_MAX 64u
#define SEALED_PIECE_BYTES (SNAPSHOT_PIECE_BYTES + SEAL_OVERHEAD_BYTES)

void snapshot_path(uint64_t size, char ret_path[LEDGER_PATH_BYTES_MAX])
{
    int said = snprintf(ret_path, LEDGER_PATH_BYTES_MAX, DERIVED_FOLDER "/" NAME_PREFIX "%llu",
                        (unsigned long long)size);
    CHECK(said > 0 && said < LEDGER_PATH_BYTES_MAX);
}

/* ---- plain text ---- */

void snapshot_put(const struct snapshot_state *state, const struct publish *publish,
                  struct buf *buf)
{
    CHECK(state->tree.size == publish->size && state->tree.size == state->at.index);
    buf_put_u64(buf, state->tree.size);
    buf_put_u64(buf, state->at.segment);
    buf_put_u64(buf, state->at.offset);
    buf_put_u64(buf, state->at.sequence);
    buf_put_u64(buf, state->tail.offset);
    buf_put_u64(buf, state->tail.index);
    for (unsigned level = 0; level < TREE_LEVELS; level++) {
        if ((state->tree.size >> level & 1) != 0) {
            buf_put(buf, state->tree.peaks[level].bytes, SEAL_HASH_BYTES);
        }
    }
    for (unsigned level = 0; level < TILE_LEVELS; level++) {
        buf_put(buf, publish->edge[level], publish_width(publish, level) * SEAL_HASH_BYTES);
    }
    buf_put_block32(buf, buf_view(&publish->bundle));
    buf_put_block16(buf, state->checkpoint);
}

static bool bundle_sane(struct view bundle, unsigned width)
{
    struct cursor cursor = cursor_of(bundle);
    struct view entry = {0};

    for (unsigned i = 0; i < width; i++) {
        if (!outcome_ok(bundle_next(&cursor, &entry))) {
            return false;
        }
    }
    return cursor_left(&cursor) == 0;
}

static bool roots_agree(const struct snapshot_state *state, const struct publish *publish)
{
    struct checkpoint checkpoint = {0};
    struct tree_hash root;

    if (!outcome_ok(checkpoint_open_of(&publish->context->keys, state->checkpoint, &checkpoint)) ||
        checkpoint.size != state->tree.size) {
        return false;
    }
    tree_root(&state->tree, &root);
    if (memcmp(root.bytes, checkpoint.root.bytes, SEAL_HASH_BYTES) != 0) {
        return false;
    }
    publish_root(publish, &root);
    return memcmp(root.bytes, checkpoint.root.bytes, SEAL_HASH_BYTES) == 0;
}

struct outcome snapshot_get(struct view plain, struct snapshot_state *ret_state,
                            struct publish *publish)
{
    struct cursor cursor = cursor_of(plain);
    struct snapshot_state state = {.at = {0}};

    CHECK(publish->size == 0 && publish->count == 0);
    state.tree.size = cursor_u64(&cursor);
    state.at.segment = cursor_u64(&cursor);
    state.at.offset = cursor_u64(&cursor);
    state.at.sequence = cursor_u64(&cursor);
    state.tail.offset = cursor_u64(&cursor);
    state.tail.index = cursor_u64(&cursor);
    state.at.index = state.tree.size;
    publish->size = state.tree.size;
    for (unsigned level = 0; level < TREE_LEVELS; level++) {
        if ((state.tree.size >> level & 1) != 0) {
            cursor_copy(&cursor, state.tree.peaks[level].bytes, SEAL_HASH_BYTES);
        }
    }
    for (unsigned level = 0; level < TILE_LEVELS; level++) {
        cursor_copy(&cursor, publish->edge[level], publish_width(publish, level) * SEAL_HASH_BYTES);
    }
    struct view bundle = cursor_block32(&cursor);
    state.checkpoint = cursor_block16(&cursor);
    state.owner = cursor_view(&cursor, cursor_left(&cursor));
    if (cursor.failed || state.at.offset % SECTOR_BYTES != 0 ||
        state.tail.offset % SECTOR_BYTES != 0 || !bundle_sane(bundle, publish_width(publish, 0)) ||
        !roots_agree(&state, publish)) {
        return outcome_fail(FAULT_CORRUPT, "snapshot's parts do not agree"); /* invariant 2 */
    }
    buf_reset(&publish->bundle);
    buf_put_view(&publish->bundle, bundle);
    TRY(buf_check(&publish->bundle));
    *ret_state = state;
    return OUTCOME_OK;
}

/* ---- file ---- */

static void put_u64(uint8_t *to, uint64_t value, size_t len)
{
    for (size_t i = len; i > 0; i--) {
        to[i - 1] = (uint8_t)value;
        value >>= 8;
    }
}

static void header_write(const struct context *context, uint64_t size, uint64_t plain_bytes,
                         uint8_t ret_sector[SECTOR_BYTES])
{
    uint8_t *at = ret_sector;

    memset(ret_sector, 0, SECTOR_BYTES);
    memcpy(at, MAGIC, MAGIC_LEN);
    put_u64(at + 8, VERSION, 2);
    memcpy(at + 10, context->log_id, LOG_ID_BYTES);
    put_u64(at + 26, size, 8);
    put_u64(at + 34, plain_bytes, 8);
    put_u64(at + SECTOR_BYTES - 4, crc32c(0, view_of(at, SECTOR_BYTES - 4)), 4);
}

/* The header's values and the piece's number: a piece belongs there and nowhere else. The last one
 * says how many bytes there are in all, so that no other can be the last. */
static struct view piece_place(const struct context *context, uint64_t size, uint64_t piece,
                               uint64_t plain_bytes, uint8_t to[PLACE_BYTES])
{
    static const char use[] = "snapshot";
    size_t used = sizeof(use) - 1;
    uint8_t sector[SECTOR_BYTES];

    header_write(context, size, plain_bytes, sector);
    memcpy(to, use, used);
    memcpy(to + used, sector, 42);
    put_u64(to + used + 42, piece, 8);
    return view_of(to, used + 50);
}

static uint64_t pieces_of(uint64_t plain_bytes)
{
    return (plain_bytes + SNAPSHOT_PIECE_BYTES - 1) / SNAPSHOT_PIECE_BYTES;
}

void snapshot_writer_init(struct snapshot_writer *writer, const struct context *context)
{
    *writer = (struct snapshot_writer){.context = context, .fd = DISK_CLOSED};
    buf_init(&writer->plain, SNAPSHOT_BYTES_MAX);
}

void snapshot_writer_done(struct snapshot_writer *writer)
{
    if (writer == NULL || writer->context == NULL) {
        return;
    }
    outcome_ignore(disk_close(writer->context->disk, &writer->fd)); /* given up */
    memory_wipe(writer->plain.data,
                writer->plain.cap); /* what was written lies behind what waits */
    buf_done(&writer->plain);
    writer->context = NULL;
}

static struct outcome append(struct snapshot_writer *writer, struct view bytes)
{
    size_t written = 0;

    TRY(disk_write(writer->context->disk, writer->fd, writer->offset, bytes, &written));
    writer->offset += written;
    return OUTCOME_OK;
}

/* The first bytes of what waits; with them its end, when it is the last piece. */
static struct outcome write_piece(struct snapshot_writer *writer, bool last)
{
    BUF_AUTO sealed;
    uint8_t place[PLACE_BYTES];
    size_t len = last ? writer->plain.len : SNAPSHOT_PIECE_BYTES;
    uint64_t total = writer->plain_bytes + len;

    buf_init(&sealed, SEALED_PIECE_BYTES);
    if (total > SNAPSHOT_BYTES_MAX) {
        return outcome_fail(FAULT_OVER_LIMIT, "snapshot is too long");
    }
    TRY(sealer_seal(
        writer->context->snapshot,
        piece_place(writer->context, writer->size, writer->pieces, last ? total : 0, place),
        view_part(buf_view(&writer->plain), 0, len), &sealed));
    TRY(append(writer, buf_view(&sealed)));
    buf_consume(&writer->plain, len);
    writer->pieces++;
    writer->plain_bytes = total;
    return OUTCOME_OK;
}

static struct outcome write_header(struct snapshot_writer *writer)
{
    uint8_t sector[SECTOR_BYTES];

    header_write(writer->context, writer->size, writer->plain_bytes, sector);
    writer->offset = 0;
    TRY(append(writer, view_of(sector, sizeof(sector))));
    writer->whole = true;
    return OUTCOME_OK;
}

static struct outcome remove_older(const struct context *context)
{
    uint64_t sizes[LISTED_MAX];
    unsigned count = 0;

    TRY(snapshot_list(context, sizes, LISTED_MAX, &count));
    for (unsigned i = SNAPSHOTS_KEPT; i < count; i++) {
        char path[LEDGER_PATH_BYTES_MAX];
        snapshot_path(sizes[i], path);
        TRY(disk_remove(context->disk, context->home_fd, path, false));
    }
    return OUTCOME_OK;
}

static struct outcome finish(struct snapshot_writer *writer, bool durable)
{
    const struct context *context = writer->context;
    char path[LEDGER_PATH_BYTES_MAX];

    if (durable) {
        TRY(disk_sync(context->disk, writer->fd, false));
    }
    TRY(disk_close(context->disk, &writer->fd));
    snapshot_path(writer->size, path);
    TRY(disk_rename(context->disk, context->home_fd, DERIVED_NEW, path)); /* invariant 3 */
    if (durable) {
        TRY(disk_sync_folder(context->disk, context->home_fd, DERIVED_FOLDER));
    }
    return remove_older(context);
}

bool snapshot_writer_has_piece(const struct snapshot_writer *writer)
{
    return writer->ended || writer->plain.len > SNAPSHOT_PIECE_BYTES; /* it cannot be the last */
}

struct outcome snapshot_writer_step(struct snapshot_writer *writer, bool durable, bool *ret_done)
{
    const struct context *context = writer->context;

    TRY(buf_check(&writer->plain));
    *ret_done = false;
    if (writer->fd == DISK_CLOSED) {
        writer->offset = SECTOR_BYTES; /* the header comes last */
        return disk_open(context->disk, context->home_fd, DERIVED_NEW, DISK_OPEN_CREATE,
                         DISK_PRIVATE, &writer->fd);
    }
    if (writer->plain.len > SNAPSHOT_PIECE_BYTES) {
        return write_piece(writer, false);
    }
    CHECK(writer->ended);
    if (!writer->whole) {
        CHECK(writer->plain.len > 0);
        TRY(write_piece(writer, true));
        return write_header(writer);
    }
    TRY(finish(writer, durable));
    *ret_done = true;
    return OUTCOME_OK;
}

static int compare_down(const void *a, const void *b)
{
    const uint64_t *left = a;
    const uint64_t *right = b;

    return (*left < *right) - (*left > *right);
}

struct outcome snapshot_list(const struct context *context, uint64_t *ret_sizes, unsigned max,
                             unsigned *ret_count)
{
    BUF_AUTO names;
    size_t at = 0;
    unsigned count = 0;

    buf_init(&names, FOLDER_NAMES_BYTES_MAX);
    TRY(disk_list(context->disk, context->home_fd, DERIVED_FOLDER, &names));
    for (const char *name = disk_next_name(&names, &at); name != NULL && count < max;
         name = disk_next_name(&names, &at)) {
        struct view text = view_text(name);
        uint64_t size = 0;
        size_t prefix = strlen(NAME_PREFIX);
        if (view_starts(text, VIEW_LITERAL(NAME_PREFIX)) &&
            outcome_ok(
                decimal_get(view_part(text, prefix, text.len - prefix), UINT64_MAX, &size))) {
            ret_sizes[count++] = size;
        }
    }
    qsort(ret_sizes, count, sizeof(*ret_sizes), compare_down);
    *ret_count = count;
    return OUTCOME_OK;
}

static struct outcome header_check(const struct context *context, const uint8_t *sector,
                                   uint64_t size, uint64_t file_bytes, uint64_t *ret_plain_bytes)
{
    uint8_t expected[SECTOR_BYTES];
    struct cursor cursor = cursor_of(view_of(sector + 34, 8));
    uint64_t plain_bytes = cursor_u64(&cursor);

    header_write(context, size, plain_bytes, expected);
    if (memcmp(expected, sector, SECTOR_BYTES) != 0) {
        return outcome_fail(FAULT_CORRUPT, "snapshot header does not verify");
    }
    if (plain_bytes == 0 || plain_bytes > SNAPSHOT_BYTES_MAX ||
        file_bytes != SECTOR_BYTES + plain_bytes + pieces_of(plain_bytes) * SEAL_OVERHEAD_BYTES) {
        return outcome_fail(FAULT_CORRUPT, "snapshot's length");
    }
    *ret_plain_bytes = plain_bytes;
    return OUTCOME_OK;
}

static struct outcome load_pieces(const struct context *context, int fd, uint64_t size,
                                  uint64_t plain_bytes, struct buf *ret_plain)
{
    BUF_AUTO sealed;
    uint64_t offset = SECTOR_BYTES;
    uint64_t left = plain_bytes;

    buf_init(&sealed, SEALED_PIECE_BYTES);
    for (uint64_t piece = 0; left > 0; piece++) {
        uint8_t place[PLACE_BYTES];
        size_t plain = left < SNAPSHOT_PIECE_BYTES ? (size_t)left : SNAPSHOT_PIECE_BYTES;
        size_t len = plain + SEAL_OVERHEAD_BYTES;
        size_t got = 0;
        buf_reset(&sealed);
        uint8_t *to = buf_claim(&sealed, len);
        if (to == NULL) {
            return buf_check(&sealed);
        }
        TRY(disk_read(context->disk, fd, offset, to, len, &got));
        if (got != len) {
            return outcome_fail(FAULT_CORRUPT, "snapshot is cut short");
        }
        left -= plain;
        TRY(sealer_open(context->snapshot,
                        piece_place(context, size, piece, left == 0 ? plain_bytes : 0, place),
                        buf_view(&sealed), ret_plain));
        offset += len;
    }
    return OUTCOME_OK;
}

static struct outcome load_from(const struct context *context, int fd, uint64_t size,
                                struct buf *ret_plain)
{
    uint8_t sector[SECTOR_BYTES] = {0};
    uint64_t file_bytes = 0;
    uint64_t plain_bytes = 0;
    size_t got = 0;

    TRY(disk_size(context->disk, fd, &file_bytes));
    TRY(disk_read(context->disk, fd, 0, sector, sizeof(sector), &got));
    TRY(header_check(context, sector, size, file_bytes, &plain_bytes));
    return load_pieces(context, fd, size, plain_bytes, ret_plain);
}

struct outcome snapshot_load(const struct context *context, uint64_t size, struct buf *ret_plain)
{
    char path[LEDGER_PATH_BYTES_MAX];
    int fd = DISK_CLOSED;

    snapshot_path(size, path);
    TRY(disk_open(context->disk, context->home_fd, path, DISK_OPEN_READ, DISK_PRIVATE, &fd));
    struct outcome outcome = load_from(context, fd, size, ret_plain);
    outcome_ignore(disk_close(context->disk, &fd)); /* only read from */
    return outcome;
}
