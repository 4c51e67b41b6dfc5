/*
 * Reads entry bundles (C2SP tlog-tiles: big-endian u16 length, then the entry) and prints them.
 *
 * Invariant: nothing here is verified; `dancu ledger verify` does that.
 */
#include "cli/show.h"

#include "base/ceilings.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BUNDLE_ENTRIES 256
#define BUNDLE_BYTES_MAX (BUNDLE_ENTRIES * (2 + 65535))
#define CHECKPOINT_BYTES_MAX 4096

static struct outcome read_whole(int dir_fd, const char *path, struct buf *ret_content)
{
    uint8_t block[65536];
    ssize_t got = 0;
    int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        return outcome_sys(errno, "a file of the log");
    }
    while ((got = read(fd, block, sizeof(block))) > 0) {
        buf_put(ret_content, block, (size_t)got);
    }
    close(fd);
    return got < 0 ? outcome_sys(EIO, "a file of the log") : buf_check(ret_content);
}

struct outcome show_size(int dir_fd, uint64_t *ret_size)
{
    BUF_AUTO checkpoint;
    buf_init(&checkpoint, CHECKPOINT_BYTES_MAX);
    TRY(read_whole(dir_fd, "checkpoint", &checkpoint));
    struct cursor cursor = cursor_of(buf_view(&checkpoint));
    struct view origin = cursor_until(&cursor, '\n');
    struct view size = cursor_until(&cursor, '\n');
    if (cursor.failed || origin.len == 0) {
        return outcome_fail(FAULT_CORRUPT, "checkpoint: not a signed note");
    }
    return decimal_get(size, INT64_MAX, ret_size);
}

/* tile/entries/x001/x234/067 with `.p/W` behind it for the last bundle when it is not full. */
static void bundle_path(uint64_t number, uint64_t size, char ret_path[128])
{
    char groups[64] = "";
    uint64_t rest = number;
    snprintf(groups, sizeof(groups), "%03u", (unsigned)(rest % 1000));
    for (rest /= 1000; rest > 0; rest /= 1000) {
        char longer[64];
        snprintf(longer, sizeof(longer), "x%03u/%.58s", (unsigned)(rest % 1000), groups);
        memcpy(groups, longer, sizeof(groups));
    }
    uint64_t width = size - number * BUNDLE_ENTRIES;
    if (width < BUNDLE_ENTRIES) {
        snprintf(ret_path, 128, "tile/entries/%s.p/%u", groups, (unsigned)width);
    } else {
        snprintf(ret_path, 128, "tile/entries/%s", groups);
    }
}

static void print_entry(uint64_t index, struct view entry, bool json)
{
    if (json) {
        printf("{\"entry\":%.*s,\"index\":%" PRIu64 "}\n", (int)entry.len, entry.data, index);
    } else {
        printf("%" PRIu64 " %.*s\n", index, (int)entry.len, entry.data);
    }
}

struct range {
    uint64_t first;
    uint64_t end;
    bool json;
};

static struct outcome print_one(void *context, uint64_t index, struct view entry)
{
    const struct range *range = context;
    if (index >= range->first && index < range->end) {
        print_entry(index, entry, range->json);
    }
    return OUTCOME_OK;
}

static struct outcome each_of_bundle(int dir_fd, uint64_t size, uint64_t number,
                                     struct outcome (*each)(void *context, uint64_t index,
                                                            struct view entry),
                                     void *context)
{
    BUF_AUTO bundle;
    char path[128];
    buf_init(&bundle, BUNDLE_BYTES_MAX);
    bundle_path(number, size, path);
    TRY(read_whole(dir_fd, path, &bundle));
    struct cursor cursor = cursor_of(buf_view(&bundle));
    for (uint64_t index = number * BUNDLE_ENTRIES; cursor_left(&cursor) > 0; index++) {
        struct view entry = cursor_block16(&cursor);
        if (cursor.failed || !utf8_valid(entry)) {
            return outcome_fail(FAULT_CORRUPT, "a bundle does not decode");
        }
        TRY(each(context, index, entry));
    }
    return OUTCOME_OK;
}

struct outcome show_each(int dir_fd, uint64_t size,
                         struct outcome (*each)(void *context, uint64_t index, struct view entry),
                         void *context)
{
    for (uint64_t number = 0; number * BUNDLE_ENTRIES < size; number++) {
        TRY(each_of_bundle(dir_fd, size, number, each, context));
    }
    return OUTCOME_OK;
}

struct outcome show_entries(int dir_fd, uint64_t size, uint64_t first, uint64_t count, bool json)
{
    if (first >= size || count == 0) {
        return outcome_fail(FAULT_NOT_FOUND, "the log has no such entry");
    }
    uint64_t end = count < size - first ? first + count : size;
    struct range range = {first, end, json};
    for (uint64_t number = first / BUNDLE_ENTRIES; number <= (end - 1) / BUNDLE_ENTRIES; number++) {
        TRY(each_of_bundle(dir_fd, size, number, print_one, &range));
    }
    return OUTCOME_OK;
}

bool show_month(struct view minute, char ret_month[MONTH_LEN + 1])
{
    const struct date end = {9999, 1, 1};
    int64_t us = 0;
    if (!outcome_ok(clock_get_minute(minute, &us)) ||
        us / US_PER_S >= date_to_days(end) * S_PER_DAY) {
        return false;
    }
    date_write_month(ret_month, clock_day_vn(us));
    return true;
}
