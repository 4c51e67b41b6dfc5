/*
 * Purpose: the files of the public log, as they lie: paths of requests, and reading. Nothing here
 * is believed: proven.h verifies. Private to this folder.
 * Source: c2sp.org/tlog-tiles (paths, partial tiles, entry bundles); ledger-format.md section 1.
 */
#ifndef DANCU_CHANNEL_PUBLIC_TILES_H
#define DANCU_CHANNEL_PUBLIC_TILES_H

#include "base/bytes.h"
#include "base/ceilings.h"
#include "tlog/tiles.h"

/* What a file is known by: one that was written again, or replaced, has another. */
struct tile_mark {
    uint64_t device;
    uint64_t inode;
    uint64_t size;
    int64_t modified_ns;
    int64_t changed_ns;
};

/* An open file that a tile can be cut from. */
struct tile_file {
    int fd;
    unsigned have; /* hashes or entries that it holds by its name */
    struct tile_mark mark;
};

/* `path` is what stands after /ledger/. FAULT_NOT_FOUND: no path of a tile. */
struct outcome public_path_get(struct view path, struct tile_id *ret_id);

/* Opens a tile's file; of a partial one that is no file (any more), the narrowest wider one.
 * FAULT_NOT_FOUND: there is none. */
struct outcome public_tile_open(int dir_fd, const struct tile_id *id, struct tile_file *ret_file);
void public_tile_close(struct tile_file *file);
/* Appends the tile's bytes, cut to its width. FAULT_CORRUPT: the file has no possible length. */
struct outcome public_tile_read(const struct tile_file *file, const struct tile_id *id,
                                struct buf *ret_bytes);
/* Bytes of the first `width` hashes or entries of a tile that holds as many. */
struct outcome public_tile_measure(enum tile_kind kind, struct view tile, unsigned width,
                                   size_t *ret_bytes);

/* Appends the checkpoint file. */
struct outcome public_checkpoint_read(int dir_fd, struct buf *ret_note);

#endif
