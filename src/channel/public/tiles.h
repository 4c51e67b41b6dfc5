/*
 * Purpose: the public log's paths and files. Private to this folder.
 * Source: c2sp.org/tlog-tiles (paths, partial tiles, entry bundles); ledger-format.md section 1.
 */
#ifndef DANCU_CHANNEL_PUBLIC_TILES_H
#define DANCU_CHANNEL_PUBLIC_TILES_H

#include "base/bytes.h"
#include "base/ceilings.h"

#define TILE_WIDTH 256
#define TILE_HASH_BYTES 32
#define TILE_PATH_BYTES_MAX 48 /* tile/entries/ and 19 digits in groups, .p/255 */

enum tile_kind {
    TILE_CHECKPOINT,
    TILE_HASHES,
    TILE_ENTRIES,
};

/* A path that the grammar allows. */
struct tile_path {
    enum tile_kind kind;
    unsigned width;                 /* 1..255 of a partial tile; TILE_WIDTH = full */
    char file[TILE_PATH_BYTES_MAX]; /* path below the log's folder, as asked, terminated */
    char full[TILE_PATH_BYTES_MAX]; /* the same without .p/W */
};

/* `path` is what stands after /ledger/. FAULT_NOT_FOUND: no path of the log. */
struct outcome public_path_get(struct view path, struct tile_path *ret_path);

/* Appends the file's bytes. A partial tile that is no file (any more) is cut from a wider one.
 * FAULT_NOT_FOUND: the log does not have it; FAULT_CORRUPT: the file has no possible length. */
struct outcome public_tile_read(int dir_fd, const struct tile_path *path, struct buf *ret_bytes);

/* Reads exactly `len` bytes from `offset` on of what public_tile_read() gave: of whatever file the
 * tile is in by now. */
struct outcome public_tile_read_part(int dir_fd, const struct tile_path *path, size_t offset,
                                     uint8_t *ret_bytes, size_t len);

/* Cuts a tile of `have` hashes or entries down to its first path->width; FAULT_CORRUPT when it does
 * not hold what `have` says. */
struct outcome public_tile_cut(const struct tile_path *path, unsigned have, struct buf *bytes);

#endif
