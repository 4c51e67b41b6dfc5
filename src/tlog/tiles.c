/*
 * Shapes, paths and widths of tiles.
 *
 * Invariant 1: one tile has one path: tile_path_get() takes only what tile_path() writes.
 */
#include "tlog/tiles.h"

#include "base/check.h"

#include <stdio.h>
#include <string.h>

#define GROUP 1000u
#define GROUPS_MAX 7u /* three digits each; a number below 2^64 / 256 has at most six groups */

void tile_path(const struct tile_id *id, char ret_path[TILE_PATH_BYTES_MAX])
{
    unsigned groups[GROUPS_MAX] = {0};
    unsigned count = 0;
    uint64_t left = id->number;
    size_t len = 0;

    CHECK(id->level < TREE_LEVELS && id->width > 0 && id->width <= TILE_WIDTH);
    do {
        CHECK(count < GROUPS_MAX);
        groups[count++] = (unsigned)(left % GROUP);
        left /= GROUP;
    } while (left > 0);
    int said = id->kind == TILE_KIND_ENTRIES
                   ? snprintf(ret_path, TILE_PATH_BYTES_MAX, "tile/entries")
                   : snprintf(ret_path, TILE_PATH_BYTES_MAX, "tile/%u", id->level);
    len = (size_t)said;
    for (unsigned i = count; i > 0; i--) {
        said = snprintf(ret_path + len, TILE_PATH_BYTES_MAX - len, i > 1 ? "/x%03u" : "/%03u",
                        groups[i - 1]);
        len += (size_t)said;
    }
    if (id->width < TILE_WIDTH) {
        said = snprintf(ret_path + len, TILE_PATH_BYTES_MAX - len, ".p/%u", id->width);
        len += (size_t)said;
    }
    CHECK(len < TILE_PATH_BYTES_MAX);
}

/* One component of a number: 000..999. */
static bool group_get(struct view text, uint64_t *number)
{
    if (text.len != 3 || *number > UINT64_MAX / GROUP / 2) {
        return false;
    }
    unsigned value = 0;
    for (size_t i = 0; i < 3; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return false;
        }
        value = value * 10 + (text.data[i] - '0' + 0u);
    }
    *number = *number * GROUP + value;
    return true;
}

/* Next component, without its slash; the rest when there is no other slash. */
static struct view component(struct view *rest)
{
    size_t len = view_find(*rest, 0, '/');
    struct view part = view_part(*rest, 0, len);
    size_t past = len < rest->len ? len + 1 : len;

    *rest = view_part(*rest, past, rest->len - past);
    return part;
}

static bool number_get(struct view *rest, struct tile_id *id)
{
    struct view part = component(rest);

    while (part.len == 4 && part.data[0] == 'x') {
        if (!group_get(view_part(part, 1, 3), &id->number)) {
            return false;
        }
        part = component(rest);
    }
    bool partial = part.len == 5 && view_is(view_part(part, 3, 2), ".p");
    uint64_t width = TILE_WIDTH;
    if (partial &&
        (!outcome_ok(decimal_get(component(rest), TILE_WIDTH - 1, &width)) || width == 0)) {
        return false;
    }
    id->width = (unsigned)width;
    return group_get(partial ? view_part(part, 0, 3) : part, &id->number) && rest->len == 0;
}

struct outcome tile_path_get(struct view path, struct tile_id *ret_id)
{
    struct tile_id id = {0};
    struct view rest = path;
    char again[TILE_PATH_BYTES_MAX];
    uint64_t level = 0;
    bool good = view_is(component(&rest), "tile");
    struct view kind = component(&rest);

    if (view_is(kind, "entries")) {
        id.kind = TILE_KIND_ENTRIES;
    } else {
        good = good && outcome_ok(decimal_get(kind, TREE_LEVELS - 1, &level));
        id.level = (unsigned)level;
    }
    if (!good || !number_get(&rest, &id)) {
        return outcome_fail(FAULT_BAD_INPUT, "not a tile's path");
    }
    tile_path(&id, again);
    if (!view_is(path, again)) { /* invariant 1 */
        return outcome_fail(FAULT_BAD_INPUT, "not a tile's path");
    }
    *ret_id = id;
    return OUTCOME_OK;
}

uint64_t tile_hashes_at(uint64_t size, unsigned level)
{
    return level * TILE_HEIGHT >= 64 ? 0 : size >> (level * TILE_HEIGHT);
}

unsigned tile_width_at(uint64_t size, unsigned level, uint64_t number)
{
    uint64_t hashes = tile_hashes_at(size, level);

    if (number >= hashes / TILE_WIDTH + (hashes % TILE_WIDTH != 0)) {
        return 0;
    }
    uint64_t left = hashes - number * TILE_WIDTH;
    return left < TILE_WIDTH ? (unsigned)left : TILE_WIDTH;
}

void tile_root(const struct tree_hash hashes[TILE_WIDTH], struct tree_hash *ret_root)
{
    struct tree_hash row[TILE_WIDTH / 2];
    const struct tree_hash *below = hashes;

    for (unsigned width = TILE_WIDTH / 2; width > 0; width /= 2) {
        for (unsigned i = 0; i < width; i++) { /* writes behind what it still reads */
            tree_node(&below[2 * i], &below[2 * i + 1], &row[i]);
        }
        below = row;
    }
    *ret_root = row[0];
}

struct outcome bundle_next(struct cursor *bundle, struct view *ret_entry)
{
    struct view entry = cursor_block16(bundle);

    if (bundle->failed) {
        return outcome_fail(FAULT_CORRUPT, "entry bundle is cut short");
    }
    *ret_entry = entry;
    return OUTCOME_OK;
}
