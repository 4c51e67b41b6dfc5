/*
 * Purpose: shapes, paths and widths of tiles and entry bundles. Pure.
 * Source: C2SP tlog-tiles; ledger-format.md section 1.
 *
 * A path here is below the folder `ledger`: `tile/<L>/<N>` or `tile/<L>/<N>.p/<W>`, with `entries`
 * in the place of <L> for bundles.
 */
#ifndef DANCU_TLOG_TILES_H
#define DANCU_TLOG_TILES_H

#include "tlog/tree.h"

#define TILE_WIDTH 256u
#define TILE_HEIGHT 8u
#define TILE_LEVELS 8u /* 256^8 leaves is more than a size can be */
#define TILE_BYTES (TILE_WIDTH * SEAL_HASH_BYTES)
#define TILE_PATH_BYTES_MAX 64
/* A full bundle: each entry has a length of two bytes before it. */
#define BUNDLE_BYTES_MAX (TILE_WIDTH * (2u + ENTRY_BYTES_MAX))

enum tile_kind { TILE_KIND_HASHES, TILE_KIND_ENTRIES };

struct tile_id {
    enum tile_kind kind;
    unsigned level; /* 0 for bundles */
    uint64_t number;
    unsigned width; /* 1..TILE_WIDTH; TILE_WIDTH = full */
};

/* Writes the path with a terminator. */
void tile_path(const struct tile_id *id, char ret_path[TILE_PATH_BYTES_MAX]);
/* Inverse of tile_path(); FAULT_BAD_INPUT for what it would not write. */
struct outcome tile_path_get(struct view path, struct tile_id *ret_id);
/* Hashes (or entries) that tile `number` of `level` has in a tree of `size` leaves: 0..TILE_WIDTH.
 */
unsigned tile_width_at(uint64_t size, unsigned level, uint64_t number);
/* Hashes of a level in a tree of that size: floor(size / 256^level). */
uint64_t tile_hashes_at(uint64_t size, unsigned level);
/* Root of the complete subtree over a full tile's hashes. */
void tile_root(const struct tree_hash hashes[TILE_WIDTH], struct tree_hash *ret_root);

/* Next entry of a bundle; FAULT_CORRUPT when it is cut short. */
struct outcome bundle_next(struct cursor *bundle, struct view *ret_entry);

#endif
