/*
 * The scrub's look at the archive.
 *
 * Invariants
 *  1. A writer may be at work: a file that is gone when it is opened was attached or removed, one
 *     that is coming is not looked at.
 *  2. What is found is told and left as it is (decision 0014).
 */
#include "archive/archive.h"

#include "archive/paper.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>

#define FOLDERS 256
#define PPM 1000000
#define FOLDER_NAMES_BYTES_MAX (64u << 20) /* a million papers in one of them */

struct scrub {
    struct shelf shelf;
    const struct archive_watch *watch;
    uint64_t looked;
    uint32_t ppm;
    struct buf plain; /* a block */
};

static struct outcome read_blocks(struct scrub *scrub, struct paper_file *file,
                                  const struct paper *paper)
{
    struct hasher *hasher = NULL;
    uint8_t hash[SEAL_HASH_BYTES] = {0};
    uint32_t bytes = 0;

    TRY(hasher_new(&hasher));
    struct outcome outcome = OUTCOME_OK;
    while (outcome_ok(outcome) && bytes < paper->bytes) {
        buf_reset(&scrub->plain);
        outcome = paper_read(file, &scrub->plain);
        if (outcome_ok(outcome)) {
            hasher_add(hasher, buf_view(&scrub->plain));
            bytes += (uint32_t)scrub->plain.len;
        }
    }
    hasher_end(hasher, hash);
    hasher_free(hasher);
    TRY(outcome);
    return bytes == paper->bytes && memcmp(hash, paper->hash, sizeof(hash)) == 0
               ? OUTCOME_OK
               : outcome_fail(FAULT_CORRUPT, "a paper is not what its head says");
}

static struct outcome look(struct scrub *scrub, const char *name, enum paper_place place)
{
    struct paper_file file = {.fd = DISK_CLOSED};
    char expected[PAPER_NAME_BYTES];
    struct paper paper;

    struct outcome outcome = paper_open(&file, &scrub->shelf, name, &paper);
    bool gone = outcome.fault == FAULT_NOT_FOUND && file.fd == DISK_CLOSED; /* invariant 1 */
    if (outcome_ok(outcome)) {
        paper_name(&scrub->shelf, paper_code_view(&paper.code), paper.hash, place, expected);
        outcome = strcmp(expected, name) == 0
                      ? read_blocks(scrub, &file, &paper)
                      : outcome_fail(FAULT_CORRUPT, "a paper under another one's name");
    }
    paper_close(&file);
    if (outcome.fault == FAULT_NO_MEMORY) {
        return outcome;
    }
    if (!outcome_ok(outcome) && !gone) {
        scrub->watch->found(scrub->watch->context, name, outcome.what);
    }
    scrub->looked++;
    scrub->watch->step(scrub->watch->context, scrub->ppm, scrub->looked);
    return OUTCOME_OK;
}

/* The names in a folder, "." or two digits. */
static struct outcome look_beneath(struct scrub *scrub, const char *folder)
{
    bool top = strcmp(folder, ".") == 0;
    size_t at = 0;
    BUF_AUTO names;

    buf_init(&names, FOLDER_NAMES_BYTES_MAX);
    struct outcome listed = disk_list(scrub->shelf.disk, scrub->shelf.folder_fd, folder, &names);
    if (listed.fault == FAULT_NOT_FOUND) { /* no paper is in it yet */
        return OUTCOME_OK;
    }
    TRY(listed);
    TRY(buf_check(&names));
    for (const char *name = disk_next_name(&names, &at); name != NULL;
         name = disk_next_name(&names, &at)) {
        enum paper_place place = PAPER_PLACE_COUNT;
        char path[PAPER_NAME_BYTES + 4];
        bool ours = paper_place_of(name, &place) && (place == PAPER_KEPT) != top;
        if (place == PAPER_NEW || (top && !ours)) {
            continue;
        }
        int said =
            snprintf(path, sizeof(path), "%s%s%.40s", top ? "" : folder, top ? "" : "/", name);
        if (!ours || said >= PAPER_NAME_BYTES) {
            scrub->watch->found(scrub->watch->context, path, "is no paper");
            continue;
        }
        TRY(look(scrub, path, place));
    }
    return OUTCOME_OK;
}

static struct outcome look_all(struct scrub *scrub)
{
    char folder[3];

    TRY(look_beneath(scrub, "."));
    for (unsigned i = 0; i < FOLDERS; i++) {
        snprintf(folder, sizeof(folder), "%02x", i);
        scrub->ppm = (uint32_t)((uint64_t)PPM * i / FOLDERS);
        TRY(look_beneath(scrub, folder));
    }
    return OUTCOME_OK;
}

struct outcome archive_scrub(const struct disk_port *disk, int folder_fd,
                             const struct secret *wrap_key, const struct archive_watch *watch,
                             uint64_t *ret_looked)
{
    SECRET_AUTO key = {{0}};
    struct random_port random = random_system();
    struct scrub scrub = {.watch = watch};

    TRY(shelf_key(wrap_key, &key));
    buf_init(&scrub.plain, ARCHIVE_BLOCK_BYTES);
    struct outcome outcome = shelf_open(&scrub.shelf, disk, folder_fd, &key, &random);
    if (outcome_ok(outcome)) {
        outcome = look_all(&scrub);
    }
    buf_wipe_done(&scrub.plain);
    shelf_close(&scrub.shelf);
    *ret_looked = scrub.looked;
    return outcome;
}
