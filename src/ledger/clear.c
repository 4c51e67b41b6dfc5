/*
 * Clears what a crash can have left in the public folder.
 *
 * Invariants
 *  1. What the size implies is never touched: full tiles below the edge, the edge's own partials.
 *  2. Only the folders on the way to the edge are listed: the cost does not grow with the log.
 */
#include "base/check.h"
#include "ledger/publish.h"

#include <stdio.h>
#include <string.h>

#define REMOVE_DEPTH_MAX 8u
#define GROUP 1000u

static void join(const char *folder, const char *name, char ret_path[LEDGER_PATH_BYTES_MAX])
{
    int said = snprintf(ret_path, LEDGER_PATH_BYTES_MAX, "%s/%s", folder, name);
    /* A longer name is none of ours; cut, it names nothing. */
    CHECK(said > 0);
}

static struct outcome remove_all(const struct context *context, const char *path, unsigned depth)
{
    BUF_AUTO names;
    size_t at = 0;

    buf_init(&names, FOLDER_NAMES_BYTES_MAX);
    struct outcome outcome = disk_remove(context->disk, context->home_fd, path, false);
    if (outcome_ok(outcome) || depth == REMOVE_DEPTH_MAX) {
        return outcome;
    }
    TRY(disk_list(context->disk, context->home_fd, path, &names));
    for (const char *name = disk_next_name(&names, &at); name != NULL;
         name = disk_next_name(&names, &at)) {
        char below[LEDGER_PATH_BYTES_MAX];
        join(path, name, below);
        TRY(remove_all(context, below, depth + 1));
    }
    return disk_remove(context->disk, context->home_fd, path, true);
}

/* The edge of one kind and level: the first tile that is not full. */
struct edge {
    uint64_t number;
    unsigned width; /* 0..TILE_WIDTH - 1 */
};

static bool digits_get(const char *text, size_t len, uint64_t *ret_value)
{
    uint64_t value = 0;

    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        value = value * 10 + (uint64_t)(text[i] - '0');
    }
    *ret_value = value;
    return true;
}

/* Whether an entry of a folder, whose numbers start with `prefix`, is implied. */
static bool implied(const struct edge *edge, uint64_t prefix, const char *name)
{
    size_t len = strlen(name);
    uint64_t digits = 0;

    if (len == 4 && name[0] == 'x' && digits_get(name + 1, 3, &digits)) {
        uint64_t least = (prefix * GROUP + digits) * GROUP;
        return least < edge->number || (least == edge->number && edge->width > 0);
    }
    if (len == 3 && digits_get(name, 3, &digits)) {
        return prefix * GROUP + digits < edge->number;
    }
    if (len == 5 && digits_get(name, 3, &digits) && strcmp(name + 3, ".p") == 0) {
        return prefix * GROUP + digits == edge->number && edge->width > 0;
    }
    return false;
}

/* Whether an entry of the edge's folder `.p` is its partial of the current width. */
static bool is_width(const struct edge *edge, uint64_t prefix, const char *name)
{
    char width[16];

    (void)prefix;
    snprintf(width, sizeof(width), "%u", edge->width);
    return strcmp(name, width) == 0;
}

static struct outcome clear_folder(const struct context *context, const char *folder,
                                   const struct edge *edge, uint64_t prefix,
                                   bool (*stays)(const struct edge *edge, uint64_t prefix,
                                                 const char *name))
{
    BUF_AUTO names;
    size_t at = 0;

    buf_init(&names, FOLDER_NAMES_BYTES_MAX);
    struct outcome outcome = disk_list(context->disk, context->home_fd, folder, &names);
    if (outcome.fault == FAULT_NOT_FOUND) {
        return OUTCOME_OK;
    }
    TRY(outcome);
    for (const char *name = disk_next_name(&names, &at); name != NULL;
         name = disk_next_name(&names, &at)) {
        char path[LEDGER_PATH_BYTES_MAX];
        if (!stays(edge, prefix, name)) {
            join(folder, name, path);
            TRY(remove_all(context, path, 0));
        }
    }
    return OUTCOME_OK;
}

/* Every folder from tile/<L> down to the one that holds the edge. */
static struct outcome clear_level(const struct context *context, const struct edge *edge,
                                  enum tile_kind kind, unsigned level)
{
    struct tile_id id = {kind, level, edge->number, 1};
    char path[TILE_PATH_BYTES_MAX];
    char folder[LEDGER_PATH_BYTES_MAX];
    uint64_t prefix = 0;
    uint64_t group = 0;

    tile_path(&id, path);
    char *start = strchr(path, '/') + 1; /* behind "tile/" */
    for (char *slash = strchr(start, '/');; slash = strchr(slash + 1, '/')) {
        CHECK(slash != NULL); /* the path of a partial tile ends in ".p/1" */
        snprintf(folder, sizeof(folder), PUBLIC_FOLDER "/%.*s", (int)(slash - path), path);
        if (strcmp(slash - 2, ".p/1") == 0) {
            return clear_folder(context, folder, edge, prefix, is_width);
        }
        TRY(clear_folder(context, folder, edge, prefix, implied));
        if (slash[1] == 'x') {
            bool known = digits_get(slash + 2, 3, &group);
            CHECK(known);
            prefix = prefix * GROUP + group;
        }
    }
}

struct outcome publish_clear(const struct context *context, uint64_t size)
{
    TRY(disk_remove(context->disk, context->home_fd, PUBLIC_NEW, false));
    struct edge bundles = {size / TILE_WIDTH, (unsigned)(size % TILE_WIDTH)};
    TRY(clear_level(context, &bundles, TILE_KIND_ENTRIES, 0));
    for (unsigned level = 0; level < TILE_LEVELS; level++) {
        uint64_t hashes = tile_hashes_at(size, level);
        struct edge edge = {hashes / TILE_WIDTH, (unsigned)(hashes % TILE_WIDTH)};
        TRY(clear_level(context, &edge, TILE_KIND_HASHES, level));
    }
    return OUTCOME_OK;
}
