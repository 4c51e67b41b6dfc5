/*
 * Reading the keyed map's file.
 *
 * Invariants
 *  1. Nothing of the file steers a read before the footer's checksum and all of its offsets hold.
 *  2. A path that leaves here leads to the root of the footer, whatever else is damaged.
 */
#include "ledger/keymap_private.h"

#include "base/check.h"
#include "base/memory.h"

#include <string.h>

#define MAGIC "dancuMAP"
#define MAGIC_LEN 8
#define VERSION 1

struct keymap_file {
    const struct disk_port *disk;
    const struct keymap_keys *keys;
    struct sealer *sealer;
    int fd;
    struct keymap_footer footer;
    uint64_t bytes;
    struct buf sealed;
    struct buf plain;
    struct keymap_leaf leaves[KEYMAP_BUCKET_LEAVES_MAX]; /* of the bucket in hand */
    struct keymap_item items[KEYMAP_BUCKET_LEAVES_MAX];
    size_t leaf_count;
    size_t leaf_at;
    uint64_t bucket; /* the next one in order */
};

static struct outcome damaged(const char *what)
{
    return outcome_fail(FAULT_CORRUPT, what);
}

/* ---- footer ---- */

void keymap_footer_write(const struct keymap_footer *footer, uint8_t ret_bytes[KEYMAP_FOOTER_BYTES])
{
    struct buf bytes = {.data = ret_bytes, .cap = KEYMAP_FOOTER_BYTES, .max = KEYMAP_FOOTER_BYTES};

    buf_put(&bytes, MAGIC, MAGIC_LEN);
    buf_put_u16(&bytes, VERSION);
    buf_put_u8(&bytes, (uint8_t)footer->bits);
    buf_put_u64(&bytes, footer->head.size);
    buf_put_u32(&bytes, footer->head.day);
    buf_put_u64(&bytes, footer->head.persons);
    buf_put(&bytes, footer->head.root.bytes, SEAL_HASH_BYTES);
    buf_put_u64(&bytes, footer->places_at);
    buf_put_u64(&bytes, footer->nodes_at);
    buf_put_u64(&bytes, footer->rest_at);
    buf_put_zeros(&bytes, KEYMAP_FOOTER_BYTES - 4 - bytes.len);
    buf_put_u32(&bytes, crc32c(0, buf_view(&bytes)));
    CHECK(!bytes.failed && bytes.len == KEYMAP_FOOTER_BYTES);
}

struct outcome keymap_footer_read(const uint8_t sector[KEYMAP_FOOTER_BYTES], uint64_t bytes,
                                  struct keymap_footer *ret_footer)
{
    struct cursor cursor = cursor_of(view_of(sector, KEYMAP_FOOTER_BYTES));
    struct cursor sum = cursor_of(view_of(sector + KEYMAP_FOOTER_BYTES - 4, 4));
    struct keymap_footer footer = {.bits = 0};

    if (crc32c(0, view_of(sector, KEYMAP_FOOTER_BYTES - 4)) != cursor_u32(&sum) ||
        !view_is(cursor_view(&cursor, MAGIC_LEN), MAGIC) || cursor_u16(&cursor) != VERSION) {
        return damaged("map: its footer does not verify");
    }
    footer.bits = cursor_u8(&cursor);
    footer.head.size = cursor_u64(&cursor);
    footer.head.day = cursor_u32(&cursor);
    footer.head.persons = cursor_u64(&cursor);
    cursor_copy(&cursor, footer.head.root.bytes, SEAL_HASH_BYTES);
    footer.places_at = cursor_u64(&cursor);
    footer.nodes_at = cursor_u64(&cursor);
    footer.rest_at = cursor_u64(&cursor);
    uint64_t buckets = footer.bits > KEYMAP_BUCKET_BITS_MAX ? 0 : UINT64_C(1) << footer.bits;
    if (buckets == 0 || footer.places_at > bytes ||
        footer.nodes_at != footer.places_at + (buckets + 1) * 8 ||
        footer.rest_at != footer.nodes_at + 2 * buckets * KEYMAP_NODE_BYTES ||
        footer.rest_at > bytes - KEYMAP_FOOTER_BYTES ||
        bytes - KEYMAP_FOOTER_BYTES - footer.rest_at >
            KEYMAP_REST_BYTES_MAX + SEAL_OVERHEAD_BYTES) {
        return damaged("map: its parts do not fit its length");
    }
    *ret_footer = footer;
    return OUTCOME_OK;
}

/* ---- opening ---- */

static struct outcome read_at(const struct keymap_file *file, uint64_t at, void *ret_bytes,
                              size_t len)
{
    size_t got = 0;

    TRY(disk_read(file->disk, file->fd, at, ret_bytes, len, &got));
    return got == len ? OUTCOME_OK : damaged("map: it is too short");
}

static struct outcome open_file(struct keymap_file *file, int home_fd, const char *path)
{
    uint8_t sector[KEYMAP_FOOTER_BYTES];

    TRY(disk_open(file->disk, home_fd, path, DISK_OPEN_READ, DISK_PRIVATE, &file->fd));
    TRY(disk_size(file->disk, file->fd, &file->bytes));
    if (file->bytes < KEYMAP_FOOTER_BYTES) {
        return damaged("map: it is too short");
    }
    TRY(read_at(file, file->bytes - KEYMAP_FOOTER_BYTES, sector, sizeof(sector)));
    return keymap_footer_read(sector, file->bytes, &file->footer); /* invariant 1 */
}

struct outcome keymap_file_open(const struct disk_port *disk, int home_fd, const char *path,
                                const struct keymap_keys *keys, struct keymap_file **ret_file)
{
    struct random_port random = random_system(); /* nothing is sealed here */
    struct keymap_file *file = memory_new(1, sizeof(*file));

    if (file == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "map");
    }
    file->disk = disk != NULL ? disk : disk_system();
    file->keys = keys;
    file->fd = DISK_CLOSED;
    buf_init(&file->sealed, KEYMAP_REST_BYTES_MAX + SEAL_OVERHEAD_BYTES);
    buf_init(&file->plain, KEYMAP_REST_BYTES_MAX);
    struct outcome outcome = sealer_new(&keys->seal, &random, &file->sealer);
    if (outcome_ok(outcome)) {
        outcome = open_file(file, home_fd, path);
    }
    if (!outcome_ok(outcome)) {
        keymap_file_close(file);
        return outcome;
    }
    *ret_file = file;
    return OUTCOME_OK;
}

void keymap_file_close(struct keymap_file *file)
{
    if (file != NULL) {
        outcome_ignore(disk_close(file->disk, &file->fd)); /* only read from */
        sealer_free(file->sealer);
        buf_wipe_done(&file->plain);
        buf_done(&file->sealed);
        memory_wipe(file->leaves, sizeof(file->leaves));
        memory_free(file);
    }
}

const struct keymap_head *keymap_file_head(const struct keymap_file *file)
{
    return &file->footer.head;
}

/* ---- blocks ---- */

/* Into file->plain. */
static struct outcome open_block(struct keymap_file *file, enum keymap_block block, uint64_t number,
                                 uint64_t from, uint64_t until)
{
    uint8_t place[KEYMAP_PLACE_BYTES];
    size_t len = (size_t)(until - from);

    buf_reset(&file->sealed);
    buf_reset(&file->plain);
    uint8_t *to = buf_claim(&file->sealed, len);
    if (to == NULL) {
        return buf_check(&file->sealed);
    }
    TRY(read_at(file, from, to, len));
    keymap_block_place(block, file->footer.head.size, number, place);
    return sealer_open(file->sealer, view_of(place, sizeof(place)), buf_view(&file->sealed),
                       &file->plain);
}

static struct outcome bucket_place(const struct keymap_file *file, uint64_t bucket,
                                   uint64_t *ret_from, uint64_t *ret_until)
{
    uint8_t bytes[16];

    TRY(read_at(file, file->footer.places_at + bucket * 8, bytes, sizeof(bytes)));
    struct cursor cursor = cursor_of(view_of(bytes, sizeof(bytes)));
    *ret_from = cursor_u64(&cursor);
    *ret_until = cursor_u64(&cursor);
    if (*ret_from > *ret_until || *ret_until > file->footer.places_at ||
        *ret_until - *ret_from >
            KEYMAP_BUCKET_LEAVES_MAX * KEYMAP_LEAF_BYTES + SEAL_OVERHEAD_BYTES) {
        return damaged("map: a block's place");
    }
    return OUTCOME_OK;
}

/* Makes a bucket's leaves those in hand. */
static struct outcome load_bucket(struct keymap_file *file, uint64_t bucket)
{
    uint64_t from = 0;
    uint64_t until = 0;

    file->leaf_count = 0;
    file->leaf_at = 0;
    TRY(bucket_place(file, bucket, &from, &until));
    if (from == until) {
        return OUTCOME_OK;
    }
    TRY(open_block(file, KEYMAP_BLOCK_LEAVES, bucket, from, until));
    struct cursor cursor = cursor_of(buf_view(&file->plain));
    size_t count = file->plain.len / KEYMAP_LEAF_BYTES;
    for (size_t i = 0; i < count; i++) {
        struct keymap_leaf *leaf = &file->leaves[i];
        cursor_copy(&cursor, leaf->position.bytes, SEAL_HASH_BYTES);
        leaf->count = cursor_u64(&cursor);
        cursor_copy(&cursor, leaf->chain.bytes, SEAL_HASH_BYTES);
    }
    file->leaf_count = count;
    return cursor_end(&cursor, "map: a block of leaves");
}

struct outcome keymap_file_next(struct keymap_file *file, const struct keymap_leaf **ret_leaf)
{
    while (file->leaf_at == file->leaf_count && file->bucket < UINT64_C(1) << file->footer.bits) {
        TRY(load_bucket(file, file->bucket));
        file->bucket++;
    }
    *ret_leaf = file->leaf_at < file->leaf_count ? &file->leaves[file->leaf_at++] : NULL;
    return OUTCOME_OK;
}

static struct outcome get_rows(struct cursor *cursor, struct keymap_row **ret_rows,
                               size_t *ret_count)
{
    uint64_t count = cursor_u64(cursor);

    if (count > KEYMAP_WAITING_MAX || cursor_left(cursor) != count * KEYMAP_ROW_BYTES) {
        return damaged("map: rows that wait");
    }
    struct keymap_row *rows = memory_new(count + 1, sizeof(*rows));
    if (rows == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "map: rows that wait");
    }
    for (uint64_t i = 0; i < count; i++) {
        cursor_copy(cursor, rows[i].position.bytes, SEAL_HASH_BYTES);
        rows[i].place = cursor_u64(cursor);
        cursor_copy(cursor, rows[i].leaf.bytes, SEAL_HASH_BYTES);
    }
    *ret_rows = rows;
    *ret_count = (size_t)count;
    return OUTCOME_OK;
}

struct outcome keymap_file_rest(struct keymap_file *file, struct tree *ret_tree,
                                struct keymap_row **ret_rows, size_t *ret_count)
{
    TRY(open_block(file, KEYMAP_BLOCK_REST, 0, file->footer.rest_at,
                   file->bytes - KEYMAP_FOOTER_BYTES));
    struct cursor cursor = cursor_of(buf_view(&file->plain));
    ret_tree->size = cursor_u64(&cursor);
    for (unsigned i = 0; i < TREE_LEVELS; i++) {
        cursor_copy(&cursor, ret_tree->peaks[i].bytes, SEAL_HASH_BYTES);
    }
    if (cursor.failed || ret_tree->size != file->footer.head.size) {
        return damaged("map: the tree that it goes on from");
    }
    return get_rows(&cursor, ret_rows, ret_count);
}

/* ---- paths ---- */

void keymap_node_read(const uint8_t bytes[KEYMAP_NODE_BYTES], struct keymap_node *ret_node)
{
    ret_node->kind = bytes[0] < KEYMAP_KIND_COUNT ? (enum keymap_kind)bytes[0] : KEYMAP_EMPTY;
    memcpy(ret_node->hash.bytes, bytes + 1, SEAL_HASH_BYTES);
}

static struct outcome node_at(const struct keymap_file *file, uint64_t number,
                              struct keymap_node *ret_node)
{
    uint8_t bytes[KEYMAP_NODE_BYTES];

    TRY(read_at(file, file->footer.nodes_at + number * KEYMAP_NODE_BYTES, bytes, sizeof(bytes)));
    keymap_node_read(bytes, ret_node);
    return OUTCOME_OK;
}

/* Down to the buckets, as long as there is more than one leaf below: *ret_number is where it ends.
 */
static struct outcome walk_nodes(const struct keymap_file *file, const struct tree_hash *position,
                                 struct tree_hash hashes[KEYMAP_BITS], unsigned *len,
                                 uint64_t *ret_number, struct keymap_node *ret_node)
{
    uint64_t number = 1;

    TRY(node_at(file, number, ret_node));
    for (unsigned depth = 0; depth < file->footer.bits && ret_node->kind == KEYMAP_INNER; depth++) {
        struct keymap_node sibling;
        number = 2 * number + (keymap_bit(position, depth) ? 1 : 0);
        TRY(node_at(file, number ^ 1, &sibling));
        TRY(node_at(file, number, ret_node));
        hashes[(*len)++] = sibling.hash;
    }
    *ret_number = number;
    return OUTCOME_OK;
}

/* The bucket of the one leaf below a node. */
static struct outcome lone_bucket(const struct keymap_file *file, uint64_t number,
                                  uint64_t *ret_bucket)
{
    uint64_t buckets = UINT64_C(1) << file->footer.bits;

    while (number < buckets) {
        struct keymap_node left;
        TRY(node_at(file, 2 * number, &left));
        number = 2 * number + (left.kind == KEYMAP_EMPTY ? 1 : 0);
    }
    *ret_bucket = number - buckets;
    return OUTCOME_OK;
}

static void fill_leaf(const struct keymap_file *file, const struct keymap_leaf *leaf,
                      struct keymap_path *path)
{
    struct tree_hash salt;

    keymap_salt(file->keys, &leaf->position, file->footer.head.size, &salt);
    if (memcmp(leaf->position.bytes, path->position.bytes, SEAL_HASH_BYTES) == 0) {
        path->count = leaf->count;
        path->chain = leaf->chain;
        path->salt = salt;
        return;
    }
    path->other = true;
    path->other_position = leaf->position;
    keymap_value(&salt, leaf->count, &leaf->chain, &path->other_value);
}

/* Invariant 2. */
static struct outcome check_path(const struct keymap_file *file, const struct keymap_path *path)
{
    struct keymap_node node;
    struct tree_hash value = path->other_value;
    struct tree_hash root;

    keymap_empty(&node);
    if (path->other) {
        keymap_leaf(&path->other_position, &value, &node.hash);
    } else if (path->count > 0) {
        keymap_value(&path->salt, path->count, &path->chain, &value);
        keymap_leaf(&path->position, &value, &node.hash);
    }
    keymap_path_root(&path->position, &node.hash, path->hashes, path->len, &root);
    return memcmp(root.bytes, file->footer.head.root.bytes, SEAL_HASH_BYTES) == 0
               ? OUTCOME_OK
               : damaged("map: a path does not lead to its root");
}

/* The leaves of the bucket that holds what stands at the node's place, if anything does. */
static struct outcome finish_path(struct keymap_file *file, uint64_t number, enum keymap_kind kind,
                                  struct keymap_path *path)
{
    uint64_t bucket = keymap_bucket_of(&path->position, file->footer.bits);
    const struct keymap_item *found = NULL;

    if (kind == KEYMAP_EMPTY) {
        return OUTCOME_OK;
    }
    if (kind == KEYMAP_LEAF) {
        TRY(lone_bucket(file, number, &bucket));
    }
    TRY(load_bucket(file, bucket));
    for (size_t i = 0; i < file->leaf_count; i++) {
        keymap_item_make(file->keys, &file->leaves[i], file->footer.head.size, &file->items[i]);
    }
    keymap_siblings(file->items, file->leaf_count, file->footer.bits, &path->position, path->hashes,
                    &path->len, &found);
    if (found != NULL) {
        fill_leaf(file, &file->leaves[found - file->items], path);
    }
    return OUTCOME_OK;
}

static struct outcome find_path(struct keymap_file *file, struct keymap_path *path)
{
    uint64_t number = 1;
    struct keymap_node node;

    TRY(walk_nodes(file, &path->position, path->hashes, &path->len, &number, &node));
    TRY(finish_path(file, number, node.kind, path));
    for (unsigned i = 0; i < path->len / 2; i++) { /* leaf's sibling first */
        struct tree_hash upper = path->hashes[i];
        path->hashes[i] = path->hashes[path->len - 1 - i];
        path->hashes[path->len - 1 - i] = upper;
    }
    return check_path(file, path);
}

struct outcome keymap_file_path(struct keymap_file *file, const struct tree_hash *position,
                                struct keymap_path *ret_path)
{
    *ret_path = (struct keymap_path){.position = *position};
    struct outcome outcome = find_path(file, ret_path);
    file->leaf_count = 0;
    file->leaf_at = 0;
    file->bucket = 0;
    return outcome;
}

/* ---- all of it ---- */

static struct outcome check_node(const struct keymap_file *file, uint64_t number,
                                 const struct keymap_node *expected)
{
    struct keymap_node node;

    TRY(node_at(file, number, &node));
    return node.kind == expected->kind &&
                   memcmp(node.hash.bytes, expected->hash.bytes, SEAL_HASH_BYTES) == 0
               ? OUTCOME_OK
               : damaged("map: a node is not what stands below it");
}

/* The leaves of a bucket stand in order, and they are its own. */
static struct outcome check_bucket(struct keymap_file *file, uint64_t bucket)
{
    struct keymap_node node;

    TRY(load_bucket(file, bucket));
    for (size_t i = 0; i < file->leaf_count; i++) {
        const struct tree_hash *position = &file->leaves[i].position;
        bool behind = i == 0 || memcmp(file->leaves[i - 1].position.bytes, position->bytes,
                                       SEAL_HASH_BYTES) < 0;
        if (!behind || keymap_bucket_of(position, file->footer.bits) != bucket) {
            return damaged("map: leaves that are out of order");
        }
        keymap_item_make(file->keys, &file->leaves[i], file->footer.head.size, &file->items[i]);
    }
    keymap_subtree(file->items, file->leaf_count, file->footer.bits, &node);
    return check_node(file, (UINT64_C(1) << file->footer.bits) + bucket, &node);
}

static struct outcome check_above(const struct keymap_file *file)
{
    struct keymap_node root;

    for (uint64_t number = 1; number < UINT64_C(1) << file->footer.bits; number++) {
        struct keymap_node left;
        struct keymap_node right;
        struct keymap_node node;
        TRY(node_at(file, 2 * number, &left));
        TRY(node_at(file, 2 * number + 1, &right));
        keymap_join(&left, &right, &node);
        TRY(check_node(file, number, &node));
    }
    TRY(node_at(file, 1, &root));
    return memcmp(root.hash.bytes, file->footer.head.root.bytes, SEAL_HASH_BYTES) == 0
               ? OUTCOME_OK
               : damaged("map: its nodes do not lead to its root");
}

struct outcome keymap_file_check(struct keymap_file *file, void (*step)(void *context),
                                 void *context)
{
    uint64_t persons = 0;

    for (uint64_t bucket = 0; bucket < UINT64_C(1) << file->footer.bits; bucket++) {
        TRY(check_bucket(file, bucket));
        persons += file->leaf_count;
        step(context);
    }
    file->leaf_count = 0;
    file->bucket = 0;
    TRY(check_above(file));
    TRY(open_block(file, KEYMAP_BLOCK_REST, 0, file->footer.rest_at,
                   file->bytes - KEYMAP_FOOTER_BYTES));
    return persons == file->footer.head.persons ? OUTCOME_OK
                                                : damaged("map: it has more persons, or fewer");
}
