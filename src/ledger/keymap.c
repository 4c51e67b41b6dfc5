/*
 * The keyed map's file: what both sides of it share, and writing.
 *
 * Invariants
 *  1. Leaves come in order of their positions, each position once; a bucket's leaves are one sealed
 *     block at its place, so that no block can stand for another, nor one of another size's map.
 *  2. The footer comes last, and only a whole file has one.
 */
#include "ledger/keymap_private.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/memory.h"
#include "wire/canonical.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUCKET_LEAVES_USUAL 128u
#define FOLDER "derived"
#define PREFIX "map-"
#define NAMES_BYTES_MAX (1u << 20)
#define HEAD_TEXT_BYTES_MAX 256u
#define PUT_BYTES 65536u /* nodes and places handed on at once */

struct outcome keymap_keys_make(const struct secret *identity_key, struct keymap_keys *ret_keys)
{
    TRY(seal_derive(identity_key, "dancu map position", &ret_keys->position));
    TRY(seal_derive(identity_key, "dancu map salt", &ret_keys->salt));
    return seal_derive(identity_key, "dancu map file", &ret_keys->seal);
}

void keymap_keys_done(struct keymap_keys *keys)
{
    secret_done(&keys->position);
    secret_done(&keys->salt);
    secret_done(&keys->seal);
}

static void put_u64(uint8_t *to, uint64_t value)
{
    for (unsigned i = 0; i < 8; i++) {
        to[i] = (uint8_t)(value >> (56 - 8 * i));
    }
}

void keymap_position(const struct keymap_keys *keys, uint64_t person,
                     struct tree_hash *ret_position)
{
    uint8_t text[8];

    put_u64(text, person);
    seal_hmac(&keys->position, view_of(text, sizeof(text)), ret_position->bytes);
}

void keymap_salt(const struct keymap_keys *keys, const struct tree_hash *position, uint64_t size,
                 struct tree_hash *ret_salt)
{
    uint8_t text[SEAL_HASH_BYTES + 8];

    memcpy(text, position->bytes, SEAL_HASH_BYTES);
    put_u64(text + SEAL_HASH_BYTES, size);
    seal_hmac(&keys->salt, view_of(text, sizeof(text)), ret_salt->bytes);
}

void keymap_item_make(const struct keymap_keys *keys, const struct keymap_leaf *leaf, uint64_t size,
                      struct keymap_item *ret_item)
{
    struct tree_hash salt;
    struct tree_hash value;

    keymap_salt(keys, &leaf->position, size, &salt);
    keymap_value(&salt, leaf->count, &leaf->chain, &value);
    ret_item->position = leaf->position;
    keymap_leaf(&leaf->position, &value, &ret_item->leaf);
}

void keymap_block_place(enum keymap_block block, uint64_t size, uint64_t number,
                        uint8_t ret_place[KEYMAP_PLACE_BYTES])
{
    memset(ret_place, 0, KEYMAP_PLACE_BYTES);
    memcpy(ret_place, "dancuMAP", 8);
    ret_place[8] = (uint8_t)block;
    put_u64(ret_place + 9, size);
    put_u64(ret_place + 17, number);
}

void keymap_head_put(const struct keymap_head *head, struct buf *buf)
{
    buf_put_text(buf, "{\"day\":\"");
    date_put(buf, head->day);
    buf_put_text(buf, "\",\"persons\":");
    buf_put_decimal(buf, head->persons);
    buf_put_text(buf, ",\"root\":\"");
    base64url_put(buf, view_of(head->root.bytes, SEAL_HASH_BYTES));
    buf_put_text(buf, "\",\"size\":");
    buf_put_decimal(buf, head->size);
    buf_put_text(buf, ",\"v\":1}");
}

static struct outcome get_number(struct view json, const char *name, uint64_t *ret_number)
{
    return decimal_get(canonical_member(json, name), INT64_MAX, ret_number);
}

static struct outcome get_members(struct view json, struct keymap_head *ret_head)
{
    uint8_t text[HEAD_TEXT_BYTES_MAX];
    struct buf root = {
        .data = ret_head->root.bytes, .cap = SEAL_HASH_BYTES, .max = SEAL_HASH_BYTES};
    struct view day = canonical_member(json, "day");
    struct view hash = canonical_member(json, "root");
    struct date date;
    if (!canonical_is_text(day) || !canonical_is_text(hash)) {
        return outcome_fail(FAULT_BAD_INPUT, "a map's root");
    }
    TRY(date_get(canonical_text(day, text), &date));
    ret_head->day = (uint32_t)date_to_days(date);
    TRY(base64url_get(canonical_text(hash, text), &root));
    TRY(get_number(json, "persons", &ret_head->persons));
    return get_number(json, "size", &ret_head->size);
}

struct outcome keymap_head_get(struct view json, struct keymap_head *ret_head)
{
    struct keymap_head head = {.size = 0};
    BUF_AUTO again;

    buf_init(&again, HEAD_TEXT_BYTES_MAX);
    if (json.len > HEAD_TEXT_BYTES_MAX || json.len == 0 || json.data[0] != '{' ||
        !canonical_valid(json, 1)) {
        return outcome_fail(FAULT_BAD_INPUT, "a map's root");
    }
    TRY(get_members(json, &head));
    keymap_head_put(&head, &again);
    if (!view_equal(buf_view(&again), json)) {
        return outcome_fail(FAULT_BAD_INPUT, "a map's root");
    }
    *ret_head = head;
    return OUTCOME_OK;
}

/* First `bits` bits of a position: the number of its bucket. */
uint64_t keymap_bucket_of(const struct tree_hash *position, unsigned bits)
{
    uint64_t number = 0;

    for (unsigned i = 0; i < 8; i++) {
        number = number << 8 | position->bytes[i];
    }
    return bits == 0 ? 0 : number >> (64 - bits);
}

/* ---- names ---- */

void keymap_path(uint64_t index, char ret_path[KEYMAP_PATH_BYTES_MAX])
{
    int said = snprintf(ret_path, KEYMAP_PATH_BYTES_MAX, FOLDER "/" PREFIX "%llu",
                        (unsigned long long)index);
    CHECK(said > 0 && said < (int)KEYMAP_PATH_BYTES_MAX);
}

static int compare_down(const void *a, const void *b)
{
    const uint64_t *left = a;
    const uint64_t *right = b;

    return (*left < *right) - (*left > *right);
}

struct outcome keymap_list(const struct disk_port *disk, int home_fd,
                           uint64_t ret_indexes[KEYMAP_FILES_MAX], unsigned *ret_count)
{
    BUF_AUTO names;
    size_t at = 0;
    unsigned count = 0;

    buf_init(&names, NAMES_BYTES_MAX);
    TRY(disk_list(disk, home_fd, FOLDER, &names));
    for (const char *name = disk_next_name(&names, &at); name != NULL && count < KEYMAP_FILES_MAX;
         name = disk_next_name(&names, &at)) {
        struct view text = view_text(name);
        size_t prefix = sizeof(PREFIX) - 1;
        uint64_t index = 0;
        if (view_starts(text, VIEW_LITERAL(PREFIX)) &&
            outcome_ok(
                decimal_get(view_part(text, prefix, text.len - prefix), INT64_MAX, &index))) {
            ret_indexes[count++] = index;
        }
    }
    qsort(ret_indexes, count, sizeof(*ret_indexes), compare_down);
    *ret_count = count;
    return OUTCOME_OK;
}

/* ---- writing ---- */

struct keymap_writer {
    const struct keymap_keys *keys;
    struct sealer *sealer;
    struct keymap_sink sink;
    struct keymap_footer footer;
    uint64_t bytes;   /* of the file so far */
    uint64_t bucket;  /* in hand */
    uint64_t *places; /* where each bucket begins, and the last one ends */
    struct buf nodes; /* KEYMAP_NODE_BYTES each; from 1 on */
    struct buf plain; /* leaves of the bucket in hand */
    struct buf sealed;
    struct keymap_item items[KEYMAP_BUCKET_LEAVES_MAX];
    size_t item_count;
};

static struct outcome put(struct keymap_writer *writer, struct view bytes)
{
    TRY(writer->sink.put(writer->sink.context, bytes));
    writer->bytes += bytes.len;
    return OUTCOME_OK;
}

static struct outcome put_sealed(struct keymap_writer *writer, enum keymap_block block,
                                 uint64_t number, struct view plain)
{
    uint8_t place[KEYMAP_PLACE_BYTES];

    keymap_block_place(block, writer->footer.head.size, number, place);
    buf_reset(&writer->sealed);
    TRY(sealer_seal(writer->sealer, view_of(place, sizeof(place)), plain, &writer->sealed));
    return put(writer, buf_view(&writer->sealed));
}

static unsigned bits_for(uint64_t persons_max)
{
    unsigned bits = 0;

    while (bits < KEYMAP_BUCKET_BITS_MAX && persons_max >> bits > BUCKET_LEAVES_USUAL) {
        bits++;
    }
    return bits;
}

static struct outcome claim(struct keymap_writer *writer)
{
    uint64_t buckets = UINT64_C(1) << writer->footer.bits;
    size_t node_bytes = (size_t)(2 * buckets) * KEYMAP_NODE_BYTES;

    writer->places = memory_new(buckets + 1, sizeof(*writer->places));
    buf_init(&writer->nodes, node_bytes);
    buf_init(&writer->plain, KEYMAP_BUCKET_LEAVES_MAX * KEYMAP_LEAF_BYTES);
    buf_init(&writer->sealed, KEYMAP_REST_BYTES_MAX + SEAL_OVERHEAD_BYTES);
    buf_put_zeros(&writer->nodes, node_bytes);
    return writer->places == NULL ? outcome_fail(FAULT_NO_MEMORY, "map")
                                  : buf_check(&writer->nodes);
}

struct outcome keymap_writer_new(const struct keymap_keys *keys, const struct random_port *random,
                                 uint64_t size, uint64_t persons_max,
                                 const struct keymap_sink *sink, struct keymap_writer **ret_writer)
{
    struct keymap_writer *writer = memory_new(1, sizeof(*writer));

    if (writer == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "map");
    }
    writer->keys = keys;
    writer->sink = *sink;
    writer->footer.head.size = size;
    writer->footer.bits = bits_for(persons_max);
    struct outcome outcome = claim(writer);
    if (outcome_ok(outcome)) {
        outcome = sealer_new(&keys->seal, random, &writer->sealer);
    }
    if (!outcome_ok(outcome)) {
        keymap_writer_free(writer);
        return outcome;
    }
    *ret_writer = writer;
    return OUTCOME_OK;
}

void keymap_writer_free(struct keymap_writer *writer)
{
    if (writer != NULL) {
        sealer_free(writer->sealer);
        buf_wipe_done(&writer->plain);
        buf_done(&writer->sealed);
        buf_done(&writer->nodes);
        memory_free(writer->places);
        memory_free(writer);
    }
}

static void node_write(struct keymap_writer *writer, uint64_t number,
                       const struct keymap_node *node)
{
    uint8_t *to = writer->nodes.data + number * KEYMAP_NODE_BYTES;

    to[0] = (uint8_t)node->kind;
    memcpy(to + 1, node->hash.bytes, SEAL_HASH_BYTES);
}

/* The bucket in hand is whole. */
static struct outcome end_bucket(struct keymap_writer *writer)
{
    uint64_t buckets = UINT64_C(1) << writer->footer.bits;
    struct keymap_node node;

    keymap_subtree(writer->items, writer->item_count, writer->footer.bits, &node);
    node_write(writer, buckets + writer->bucket, &node);
    if (writer->item_count > 0) {
        TRY(buf_check(&writer->plain));
        TRY(put_sealed(writer, KEYMAP_BLOCK_LEAVES, writer->bucket, buf_view(&writer->plain)));
    }
    writer->item_count = 0;
    buf_reset(&writer->plain);
    writer->bucket++;
    writer->places[writer->bucket] = writer->bytes;
    return OUTCOME_OK;
}

struct outcome keymap_writer_add(struct keymap_writer *writer, const struct keymap_leaf *leaf)
{
    uint64_t bucket = keymap_bucket_of(&leaf->position, writer->footer.bits);

    CHECK(leaf->count > 0 && bucket >= writer->bucket);
    while (writer->bucket < bucket) {
        TRY(end_bucket(writer));
    }
    if (writer->item_count == KEYMAP_BUCKET_LEAVES_MAX) {
        return outcome_fail(FAULT_OVER_LIMIT, "too many stand together in the map");
    }
    keymap_item_make(writer->keys, leaf, writer->footer.head.size,
                     &writer->items[writer->item_count]);
    writer->item_count++;
    writer->footer.head.persons++;
    buf_put(&writer->plain, leaf->position.bytes, SEAL_HASH_BYTES);
    buf_put_u64(&writer->plain, leaf->count);
    buf_put(&writer->plain, leaf->chain.bytes, SEAL_HASH_BYTES);
    return OUTCOME_OK;
}

/* The nodes above the buckets, from below. */
static void join_all(struct keymap_writer *writer)
{
    for (uint64_t number = (UINT64_C(1) << writer->footer.bits) - 1; number > 0; number--) {
        struct keymap_node left;
        struct keymap_node right;
        struct keymap_node node;
        keymap_node_read(writer->nodes.data + 2 * number * KEYMAP_NODE_BYTES, &left);
        keymap_node_read(writer->nodes.data + (2 * number + 1) * KEYMAP_NODE_BYTES, &right);
        keymap_join(&left, &right, &node);
        node_write(writer, number, &node);
    }
}

static struct outcome put_places(struct keymap_writer *writer)
{
    uint64_t count = (UINT64_C(1) << writer->footer.bits) + 1;
    BUF_AUTO bytes;

    buf_init(&bytes, PUT_BYTES + 8);
    writer->footer.places_at = writer->bytes;
    for (uint64_t i = 0; i < count; i++) {
        buf_put_u64(&bytes, writer->places[i]);
        if (bytes.len >= PUT_BYTES || i + 1 == count) {
            TRY(buf_check(&bytes));
            TRY(put(writer, buf_view(&bytes)));
            buf_reset(&bytes);
        }
    }
    return OUTCOME_OK;
}

static struct outcome put_nodes(struct keymap_writer *writer)
{
    struct view all = buf_view(&writer->nodes);

    writer->footer.nodes_at = writer->bytes;
    for (size_t at = 0; at < all.len; at += PUT_BYTES) {
        size_t left = all.len - at;
        TRY(put(writer, view_part(all, at, left < PUT_BYTES ? left : PUT_BYTES)));
    }
    return OUTCOME_OK;
}

static struct outcome put_rest(struct keymap_writer *writer, const struct tree *tree,
                               const struct keymap_row *waiting, size_t count)
{
    BUF_AUTO plain;

    buf_init(&plain, KEYMAP_REST_BYTES_MAX);
    buf_put_u64(&plain, tree->size);
    for (unsigned i = 0; i < TREE_LEVELS; i++) {
        buf_put(&plain, tree->peaks[i].bytes, SEAL_HASH_BYTES);
    }
    buf_put_u64(&plain, count);
    for (size_t i = 0; i < count; i++) {
        buf_put(&plain, waiting[i].position.bytes, SEAL_HASH_BYTES);
        buf_put_u64(&plain, waiting[i].place);
        buf_put(&plain, waiting[i].leaf.bytes, SEAL_HASH_BYTES);
    }
    TRY(buf_check(&plain));
    writer->footer.rest_at = writer->bytes;
    struct outcome outcome = put_sealed(writer, KEYMAP_BLOCK_REST, 0, buf_view(&plain));
    memory_wipe(plain.data, plain.len);
    return outcome;
}

struct outcome keymap_writer_end(struct keymap_writer *writer, uint32_t day,
                                 const struct tree *tree, const struct keymap_row *waiting,
                                 size_t count, struct keymap_head *ret_head)
{
    uint8_t footer[KEYMAP_FOOTER_BYTES];
    struct keymap_node root;

    CHECK(tree->size == writer->footer.head.size);
    if (count > KEYMAP_WAITING_MAX) {
        return outcome_fail(FAULT_OVER_LIMIT, "too many look-ups are sealed until a day");
    }
    while (writer->bucket < UINT64_C(1) << writer->footer.bits) {
        TRY(end_bucket(writer));
    }
    join_all(writer);
    keymap_node_read(writer->nodes.data + KEYMAP_NODE_BYTES, &root);
    writer->footer.head.day = day;
    writer->footer.head.root = root.hash;
    TRY(put_places(writer));
    TRY(put_nodes(writer));
    TRY(put_rest(writer, tree, waiting, count));
    keymap_footer_write(&writer->footer, footer);
    TRY(put(writer, view_of(footer, sizeof(footer)))); /* invariant 2 */
    *ret_head = writer->footer.head;
    return OUTCOME_OK;
}
