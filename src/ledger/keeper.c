/*
 * The keeper's work: zero-filled segments, syncs of derived files, and the end of those that are
 * wanted no more, away from the core's loop.
 *
 * Invariants
 *  1. commit/spare has only zeros that are durable, from the moment it has that name.
 *  2. Files go out one after the other before the first of them is synced, which then has little
 *     to do for all of them. A sync of each costs a flush of the device each, but makes no one wait
 *     long; one sync of their file system takes along whatever anybody has written to it, and a
 *     record's sync waits for that.
 *  3. A file that is to be synced is opened first and then synced with its folders: a write-back
 *     error that nobody has seen yet is reported to whoever syncs next. Going out reports it too,
 *     and then no sync of that file does any more (that of the file system does). So a failure of
 *     either is FAULT_IO, whatever its reason (a full disk loses pages, too), and one of opening a
 *     file or listing a folder is not: nothing is lost by it.
 */
#include "base/check.h"
#include "ledger/private.h"

#include <stdio.h>
#include <string.h>

#define READ_BYTES (1u << 20)
#define OUT_BYTES (1u << 20) /* at once on their way to the disk */
#define ASIDE_PREFIX "aside-"

static bool spare_is_there(const struct disk_port *disk, int home_fd, uint32_t segment_bytes)
{
    int fd = DISK_CLOSED;
    uint64_t size = 0;

    if (!outcome_ok(disk_open(disk, home_fd, COMMIT_SPARE, DISK_OPEN_READ, DISK_PRIVATE, &fd))) {
        return false;
    }
    bool there = outcome_ok(disk_size(disk, fd, &size)) && size == segment_bytes;
    outcome_ignore(disk_close(disk, &fd)); /* only looked at */
    return there;
}

struct outcome prepare_spare(const struct disk_port *disk, int home_fd, uint32_t segment_bytes)
{
    if (spare_is_there(disk, home_fd, segment_bytes)) {
        return OUTCOME_OK;
    }
    TRY(commit_fill_zeros(disk, home_fd, COMMIT_SPARE_NEW, segment_bytes));
    TRY(disk_rename(disk, home_fd, COMMIT_SPARE_NEW, COMMIT_SPARE));
    return disk_sync_folder(disk, home_fd, COMMIT_FOLDER);
}

struct outcome keeper_prepare_spare(int home_fd, uint32_t segment_bytes)
{
    return prepare_spare(disk_system(), home_fd, segment_bytes);
}

/* How a file is brought to the disk. */
enum bring {
    BRING_SYNCED, /* it and its name are durable */
    BRING_OUT     /* ahead of that: invariant 2 */
};

/* Invariant 3. */
static struct outcome or_lost(struct outcome outcome)
{
    outcome.fault = outcome_ok(outcome) ? FAULT_NONE : FAULT_IO;
    return outcome;
}

static struct outcome or_later(struct outcome outcome)
{
    outcome.fault = outcome.fault == FAULT_IO ? FAULT_BUSY : outcome.fault;
    return outcome;
}

static struct outcome write_out(const struct disk_port *disk, int fd)
{
    uint64_t bytes = 0;

    TRY(or_later(disk_size(disk, fd, &bytes)));
    for (uint64_t at = 0; at < bytes; at += OUT_BYTES) {
        TRY(or_lost(disk_write_out(disk, fd, at, OUT_BYTES)));
    }
    return OUTCOME_OK;
}

static struct outcome bring_file(const struct disk_port *disk, int home_fd, const char *path,
                                 enum bring how)
{
    int fd = DISK_CLOSED;

    TRY(or_later(disk_open(disk, home_fd, path, DISK_OPEN_READ, DISK_PRIVATE, &fd)));
    struct outcome outcome =
        how == BRING_OUT ? write_out(disk, fd) : or_lost(disk_sync(disk, fd, false));
    struct outcome closed = or_lost(disk_close(disk, &fd));
    return outcome_ok(outcome) ? closed : outcome;
}

static struct outcome sync_file(const struct disk_port *disk, int home_fd, const char *path)
{
    return bring_file(disk, home_fd, path, BRING_SYNCED);
}

static struct outcome sync_folder(const struct disk_port *disk, int home_fd, const char *path)
{
    return or_lost(disk_sync_folder(disk, home_fd, path));
}

/* Every folder on the way to a file, the deepest first. */
static struct outcome sync_folders(const struct disk_port *disk, int home_fd, const char *path)
{
    char folder[LEDGER_PATH_BYTES_MAX];

    snprintf(folder, sizeof(folder), "%s", path);
    for (char *slash = strrchr(folder, '/'); slash != NULL; slash = strrchr(folder, '/')) {
        *slash = '\0';
        TRY(sync_folder(disk, home_fd, folder));
    }
    return OUTCOME_OK;
}

/* Full tiles of one kind and level. */
static struct outcome bring_level(const struct disk_port *disk, int home_fd,
                                  const struct tile_id *first, uint64_t until, enum bring how)
{
    for (struct tile_id id = *first; id.number < until; id.number++) {
        char path[TILE_PATH_BYTES_MAX];
        char full[LEDGER_PATH_BYTES_MAX];
        tile_path(&id, path);
        snprintf(full, sizeof(full), PUBLIC_FOLDER "/%s", path);
        TRY(bring_file(disk, home_fd, full, how));
        bool last = id.number + 1 == until || (id.number + 1) % 1000 == 0; /* of its folder */
        if (last && how == BRING_SYNCED) {
            TRY(sync_folders(disk, home_fd, full));
        }
    }
    return OUTCOME_OK;
}

static struct outcome bring_tiles(const struct disk_port *disk, int home_fd, uint64_t from,
                                  uint64_t until, enum bring how)
{
    struct tile_id first = {TILE_KIND_ENTRIES, 0, from / TILE_WIDTH, TILE_WIDTH};

    TRY(bring_level(disk, home_fd, &first, until / TILE_WIDTH, how));
    first.kind = TILE_KIND_HASHES;
    for (; first.level < TILE_LEVELS; first.level++) {
        first.number = tile_hashes_at(from, first.level) / TILE_WIDTH;
        TRY(bring_level(disk, home_fd, &first, tile_hashes_at(until, first.level) / TILE_WIDTH,
                        how));
    }
    return OUTCOME_OK;
}

static struct outcome bring_snapshots(const struct disk_port *disk, int home_fd, enum bring how)
{
    BUF_AUTO names;
    size_t at = 0;

    buf_init(&names, FOLDER_NAMES_BYTES_MAX);
    TRY(or_later(disk_list(disk, home_fd, DERIVED_FOLDER, &names)));
    for (const char *name = disk_next_name(&names, &at); name != NULL;
         name = disk_next_name(&names, &at)) {
        char path[LEDGER_PATH_BYTES_MAX];
        snprintf(path, sizeof(path), DERIVED_FOLDER "/%s", name);
        struct outcome outcome = bring_file(disk, home_fd, path, how);
        if (!outcome_ok(outcome) && outcome.fault != FAULT_NOT_FOUND) { /* removed meanwhile */
            return outcome;
        }
    }
    return how == BRING_SYNCED ? sync_folder(disk, home_fd, DERIVED_FOLDER) : OUTCOME_OK;
}

struct outcome sync_tiles(const struct disk_port *disk, int home_fd, uint64_t from, uint64_t until)
{
    TRY(bring_tiles(disk, home_fd, from, until, BRING_OUT));
    return bring_tiles(disk, home_fd, from, until, BRING_SYNCED);
}

struct outcome sync_derived(const struct disk_port *disk, int home_fd, uint64_t from,
                            uint64_t until)
{
    TRY(bring_snapshots(disk, home_fd, BRING_OUT));
    TRY(sync_tiles(disk, home_fd, from, until));
    return bring_snapshots(disk, home_fd, BRING_SYNCED);
}

struct outcome keeper_sync_tiles(int home_fd, uint64_t from, uint64_t until)
{
    return from > until ? outcome_fail(FAULT_BAD_INPUT, "keeper: from > until")
                        : sync_tiles(disk_system(), home_fd, from, until);
}

struct outcome keeper_sync_derived(int home_fd, uint64_t from, uint64_t until)
{
    return from > until ? outcome_fail(FAULT_BAD_INPUT, "keeper: from > until")
                        : sync_derived(disk_system(), home_fd, from, until);
}

/* ---- shredding ---- */

struct outcome read_segment(const struct disk_port *disk, int home_fd, uint64_t segment)
{
    char path[LEDGER_PATH_BYTES_MAX];
    BUF_AUTO piece;
    int fd = DISK_CLOSED;
    size_t got = READ_BYTES;

    buf_init(&piece, READ_BYTES);
    uint8_t *to = buf_claim(&piece, READ_BYTES);
    if (to == NULL) {
        return buf_check(&piece);
    }
    segment_path(segment, SEGMENT_FILE_RECORDS, path);
    TRY(disk_open(disk, home_fd, path, DISK_OPEN_READ, DISK_PRIVATE, &fd));
    struct outcome outcome = OUTCOME_OK;
    for (uint64_t at = 0; outcome_ok(outcome) && got == READ_BYTES; at += got) {
        outcome = disk_read(disk, fd, at, to, READ_BYTES, &got);
    }
    outcome_ignore(disk_close(disk, &fd)); /* only read from */
    return outcome;
}

struct outcome keeper_read(int home_fd, uint64_t segment)
{
    return read_segment(disk_system(), home_fd, segment);
}

struct outcome sync_rest(const struct disk_port *disk, int home_fd, uint64_t segment)
{
    char path[LEDGER_PATH_BYTES_MAX];

    segment_path(segment, SEGMENT_FILE_REST_KEY, path);
    TRY(sync_file(disk, home_fd, path));
    segment_path(segment, SEGMENT_FILE_REST, path);
    TRY(sync_file(disk, home_fd, path));
    TRY(sync_folders(disk, home_fd, path));
    return sync_folder(disk, home_fd, ".");
}

struct outcome keeper_sync_rest(int home_fd, uint64_t segment)
{
    return sync_rest(disk_system(), home_fd, segment);
}

/* Its bytes first: a name that is gone says nothing of what stood under it. */
static struct outcome destroy_key(const struct disk_port *disk, int home_fd, const char *path)
{
    static const uint8_t zeros[KEYFILE_BYTES_MAX];
    int fd = DISK_CLOSED;
    uint64_t bytes = 0;
    size_t written = 0;

    struct outcome outcome = disk_open(disk, home_fd, path, DISK_OPEN_WRITE, DISK_PRIVATE, &fd);
    if (outcome.fault == FAULT_NOT_FOUND) {
        return OUTCOME_OK;
    }
    TRY(outcome);
    outcome = disk_size(disk, fd, &bytes);
    if (outcome_ok(outcome)) {
        size_t len = bytes < sizeof(zeros) ? (size_t)bytes : sizeof(zeros);
        outcome = disk_write(disk, fd, 0, view_of(zeros, len), &written);
    }
    if (outcome_ok(outcome)) {
        outcome = disk_sync(disk, fd, false);
    }
    struct outcome closed = disk_close(disk, &fd);
    TRY(outcome);
    TRY(closed);
    return disk_remove(disk, home_fd, path, false);
}

/* The records before the key, durably: whoever finds records finds their key. */
struct outcome destroy_segment(const struct disk_port *disk, int home_fd, uint64_t segment)
{
    char path[LEDGER_PATH_BYTES_MAX];

    segment_path(segment, SEGMENT_FILE_RECORDS, path);
    TRY(disk_remove(disk, home_fd, path, false));
    TRY(disk_sync_folder(disk, home_fd, COMMIT_FOLDER));
    segment_path(segment, SEGMENT_FILE_KEY, path);
    TRY(destroy_key(disk, home_fd, path));
    return disk_sync_folder(disk, home_fd, COMMIT_FOLDER);
}

struct outcome keeper_destroy(int home_fd, uint64_t segment)
{
    return destroy_segment(disk_system(), home_fd, segment);
}

/* ---- what is wanted no more ---- */

struct outcome ledger_put_aside(const struct disk_port *disk, int home_fd, const char *path,
                                const struct random_port *random)
{
    char aside[LEDGER_PATH_BYTES_MAX];
    uint64_t number = 0; /* so that it takes nobody's place, whose file would go at once */

    random_fill(random, &number, sizeof(number));
    snprintf(aside, sizeof(aside), DERIVED_FOLDER "/" ASIDE_PREFIX "%016llx",
             (unsigned long long)number);
    struct outcome outcome = disk_rename(disk, home_fd, path, aside);
    return outcome.fault == FAULT_NOT_FOUND ? OUTCOME_OK : outcome;
}

struct outcome keeper_remove_aside(int home_fd)
{
    const struct disk_port *disk = disk_system();
    BUF_AUTO names;
    size_t at = 0;

    buf_init(&names, FOLDER_NAMES_BYTES_MAX);
    TRY(disk_list(disk, home_fd, DERIVED_FOLDER, &names));
    for (const char *name = disk_next_name(&names, &at); name != NULL;
         name = disk_next_name(&names, &at)) {
        char path[LEDGER_PATH_BYTES_MAX];
        if (view_starts(view_text(name), VIEW_LITERAL(ASIDE_PREFIX))) {
            snprintf(path, sizeof(path), DERIVED_FOLDER "/%s", name);
            TRY(disk_remove(disk, home_fd, path, false));
        }
    }
    return OUTCOME_OK;
}
