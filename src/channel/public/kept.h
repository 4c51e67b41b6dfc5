/*
 * Purpose: verified tiles that are kept in memory, so that one that is asked for often is hashed
 * once, and one that a client takes slowly is sent from what was verified. Private to this folder.
 * Owner: proven.c has one. Zeroed is empty.
 */
#ifndef DANCU_CHANNEL_PUBLIC_KEPT_H
#define DANCU_CHANNEL_PUBLIC_KEPT_H

#include "channel/public/tiles.h"

struct kept_tile {
    struct tile_id id; /* full, or a partial bundle of the right edge */
    struct tile_mark mark;
    struct buf bytes; /* data NULL: a free place */
    uint64_t used;
};

struct kept {
    struct kept_tile tiles[PUBLIC_KEPT_TILES_MAX];
    size_t bytes; /* of memory, all tiles */
    uint64_t uses;
};

/* Accepts a zeroed one. */
void kept_done(struct kept *kept);
/* NULL when it is not there; borrowed until the next kept_take(). */
const struct kept_tile *kept_find(struct kept *kept, const struct tile_id *id);
/* That the file is what the tile was read from. */
bool kept_is_of(const struct kept_tile *tile, const struct tile_mark *mark);
/* Takes the bytes over (they are some) in the place of what was kept of the same tile, and lets go
 * of what was used longest ago as far as room is needed. */
struct view kept_take(struct kept *kept, const struct tile_id *id, const struct tile_mark *mark,
                      struct buf *bytes);

#endif
