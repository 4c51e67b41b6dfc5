/*
 * Verified tiles in memory.
 *
 * Invariant 1: `bytes` is what the tiles take, at most PUBLIC_KEPT_BYTES_MAX.
 */
#include "channel/public/kept.h"

#include "base/check.h"

void kept_done(struct kept *kept)
{
    for (unsigned i = 0; i < PUBLIC_KEPT_TILES_MAX; i++) {
        buf_done(&kept->tiles[i].bytes);
    }
    kept->bytes = 0;
}

static bool same_tile(const struct tile_id *a, const struct tile_id *b)
{
    return a->kind == b->kind && a->level == b->level && a->number == b->number &&
           a->width == b->width;
}

static struct kept_tile *find(struct kept *kept, const struct tile_id *id)
{
    for (unsigned i = 0; i < PUBLIC_KEPT_TILES_MAX; i++) {
        struct kept_tile *tile = &kept->tiles[i];
        if (tile->bytes.data != NULL && same_tile(&tile->id, id)) {
            return tile;
        }
    }
    return NULL;
}

const struct kept_tile *kept_find(struct kept *kept, const struct tile_id *id)
{
    struct kept_tile *tile = find(kept, id);

    if (tile != NULL) {
        tile->used = ++kept->uses;
    }
    return tile;
}

bool kept_is_of(const struct kept_tile *tile, const struct tile_mark *mark)
{
    return tile->mark.device == mark->device && tile->mark.inode == mark->inode &&
           tile->mark.size == mark->size && tile->mark.modified_ns == mark->modified_ns &&
           tile->mark.changed_ns == mark->changed_ns;
}

static void drop(struct kept *kept, struct kept_tile *tile)
{
    CHECK(kept->bytes >= tile->bytes.cap);
    kept->bytes -= tile->bytes.cap;
    buf_done(&tile->bytes);
}

/* The tile that was used longest ago; NULL: none is kept. */
static struct kept_tile *oldest(struct kept *kept)
{
    struct kept_tile *found = NULL;

    for (unsigned i = 0; i < PUBLIC_KEPT_TILES_MAX; i++) {
        struct kept_tile *tile = &kept->tiles[i];
        if (tile->bytes.data != NULL && (found == NULL || tile->used < found->used)) {
            found = tile;
        }
    }
    return found;
}

static struct kept_tile *free_place(struct kept *kept)
{
    for (unsigned i = 0; i < PUBLIC_KEPT_TILES_MAX; i++) {
        if (kept->tiles[i].bytes.data == NULL) {
            return &kept->tiles[i];
        }
    }
    struct kept_tile *tile = oldest(kept);
    drop(kept, tile);
    return tile;
}

struct view kept_take(struct kept *kept, const struct tile_id *id, const struct tile_mark *mark,
                      struct buf *bytes)
{
    struct kept_tile *tile = find(kept, id);

    CHECK(bytes->data != NULL && bytes->cap <= PUBLIC_KEPT_BYTES_MAX);
    if (tile != NULL) {
        drop(kept, tile);
    }
    while (kept->bytes + bytes->cap > PUBLIC_KEPT_BYTES_MAX) { /* invariant 1 */
        drop(kept, oldest(kept));
    }
    tile = free_place(kept);
    *tile = (struct kept_tile){.id = *id, .mark = *mark, .bytes = *bytes, .used = ++kept->uses};
    *bytes = (struct buf){0};
    kept->bytes += tile->bytes.cap;
    return buf_view(&tile->bytes);
}
