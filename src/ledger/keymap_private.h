/*
 * Purpose: the shapes in the keyed map's file, which writing (keymap.c) and reading (keymap_file.c)
 * share. Private to ledger/.
 */
#ifndef DANCU_LEDGER_KEYMAP_PRIVATE_H
#define DANCU_LEDGER_KEYMAP_PRIVATE_H

#include "ledger/keymap.h"

#define KEYMAP_BUCKET_BITS_MAX 24u /* 2^24 buckets: two thousand million persons */
#define KEYMAP_BUCKET_LEAVES_MAX                                                                   \
    1024u /* of a bucket, usually 64 to 128: keys put no more there                                \
           */
#define KEYMAP_LEAF_BYTES (2u * SEAL_HASH_BYTES + 8u)
#define KEYMAP_NODE_BYTES (1u + SEAL_HASH_BYTES)
#define KEYMAP_WAITING_MAX (1u << 20)
#define KEYMAP_ROW_BYTES (2u * SEAL_HASH_BYTES + 8u)
#define KEYMAP_REST_BYTES_MAX                                                                      \
    ((size_t)16 + TREE_LEVELS * SEAL_HASH_BYTES + KEYMAP_WAITING_MAX * KEYMAP_ROW_BYTES)
#define KEYMAP_PLACE_BYTES 25u /* associated data of a block */

enum keymap_block { KEYMAP_BLOCK_LEAVES, KEYMAP_BLOCK_REST };

struct keymap_footer {
    struct keymap_head head;
    unsigned bits;
    uint64_t places_at; /* offsets in the file */
    uint64_t nodes_at;
    uint64_t rest_at;
};
void keymap_footer_write(const struct keymap_footer *footer,
                         uint8_t ret_bytes[KEYMAP_FOOTER_BYTES]);
/* FAULT_CORRUPT; `bytes`: of the file. */
struct outcome keymap_footer_read(const uint8_t sector[KEYMAP_FOOTER_BYTES], uint64_t bytes,
                                  struct keymap_footer *ret_footer);

void keymap_item_make(const struct keymap_keys *keys, const struct keymap_leaf *leaf, uint64_t size,
                      struct keymap_item *ret_item);
void keymap_block_place(enum keymap_block block, uint64_t size, uint64_t number,
                        uint8_t ret_place[KEYMAP_PLACE_BYTES]);
uint64_t keymap_bucket_of(const struct tree_hash *position, unsigned bits);
void keymap_node_read(const uint8_t bytes[KEYMAP_NODE_BYTES], struct keymap_node *ret_node);

#endif
