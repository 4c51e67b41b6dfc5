/*
 * What is loose: here, whole and synced, and no case's yet.
 *
 * Invariants
 *  1. Nothing goes but by the core's order, and then only what is loose and was when that was
 *     decided: what a case has, or was handed in since, stays.
 *  2. A paper has its name, and the name is durable, before anybody hears of it.
 *  3. What was coming when a process ended is nobody's and goes; what is damaged stays, and is
 * told.
 */
#include "archive/private.h"

#include "base/check.h"
#include "base/log.h"

#include <string.h>

#define NAMES_BYTES_MAX (64u << 10) * PAPER_NAME_BYTES

struct loose *loose_find(struct archive *archive, struct view code,
                         const uint8_t hash[SEAL_HASH_BYTES])
{
    for (unsigned i = 0; i < ARCHIVE_LOOSE_MAX; i++) {
        struct loose *loose = &archive->loose[i];
        if (loose->used && memcmp(loose->paper.hash, hash, SEAL_HASH_BYTES) == 0 &&
            view_equal(paper_code_view(&loose->paper.code), code)) {
            return loose;
        }
    }
    return NULL;
}

static struct loose *free_place(struct archive *archive)
{
    for (unsigned i = 0; i < ARCHIVE_LOOSE_MAX; i++) {
        if (!archive->loose[i].used) {
            return &archive->loose[i];
        }
    }
    return NULL;
}

/* A desk that fills what it may leaves room for letters. */
struct outcome loose_room(const struct archive *archive, struct view code, bool letter)
{
    uint64_t bytes = 0;
    unsigned all = 0;
    unsigned of_desk = 0;
    unsigned of_case = 0;

    for (unsigned i = 0; i < ARCHIVE_LOOSE_MAX; i++) {
        const struct loose *loose = &archive->loose[i];
        bool desk = loose->used && !loose->letter;
        all += loose->used ? 1 : 0;
        of_desk += desk ? 1 : 0;
        bytes += desk ? loose->paper.bytes : 0;
        of_case += desk && view_equal(paper_code_view(&loose->paper.code), code) ? 1 : 0;
    }
    bool full = letter
                    ? all >= ARCHIVE_LOOSE_MAX
                    : of_desk >= ARCHIVE_LOOSE_OF_DESK_MAX ||
                          of_case >= ARCHIVE_LOOSE_OF_CASE_MAX || bytes >= ARCHIVE_LOOSE_BYTES_MAX;
    return full ? outcome_fail(FAULT_OVER_LIMIT, "papers that no case has yet") : OUTCOME_OK;
}

/* ---- names ---- */

/* Whether a file of that name is there. */
static struct outcome is_there(const struct archive *archive, const char *name, bool *ret_there)
{
    const struct shelf *shelf = &archive->shelf;
    int fd = DISK_CLOSED;
    struct outcome opened =
        disk_open(shelf->disk, shelf->folder_fd, name, DISK_OPEN_READ, DISK_PRIVATE, &fd);

    *ret_there = outcome_ok(opened);
    if (opened.fault == FAULT_NOT_FOUND) {
        return OUTCOME_OK;
    }
    TRY(opened);
    return disk_close(shelf->disk, &fd);
}

static struct outcome rename_synced(const struct shelf *shelf, const char *from, const char *to,
                                    const char *folder)
{
    TRY(disk_rename(shelf->disk, shelf->folder_fd, from, to));
    if (folder != NULL) {
        TRY(disk_sync_folder(shelf->disk, shelf->folder_fd, folder));
    }
    return disk_sync_folder(shelf->disk, shelf->folder_fd, ".");
}

static struct outcome drop_new(struct archive *archive, struct paper_file *file)
{
    const struct shelf *shelf = &archive->shelf;
    char name[PAPER_NAME_BYTES];

    paper_new_name(file->id, name);
    paper_close(file);
    return disk_remove(shelf->disk, shelf->folder_fd, name, false);
}

/* A new one takes the place of one that is loose already: its day begins anew. */
struct outcome loose_add(struct archive *archive, struct paper_file *file,
                         const struct paper *paper, bool letter, bool *ret_made)
{
    struct view code = paper_code_view(&paper->code);
    struct loose *place = loose_find(archive, code, paper->hash);
    char new[PAPER_NAME_BYTES];
    char name[PAPER_NAME_BYTES];
    bool made = place == NULL;
    bool kept = false;

    paper_name(&archive->shelf, code, paper->hash, PAPER_KEPT, name);
    TRY(is_there(archive, name, &kept));
    if (kept) {
        *ret_made = false;
        return drop_new(archive, file);
    }
    place = made ? free_place(archive) : place;
    if (place == NULL) {
        return outcome_fail(FAULT_OVER_LIMIT, "papers that no case has yet");
    }
    paper_new_name(file->id, new);
    paper_name(&archive->shelf, code, paper->hash, PAPER_LOOSE, name);
    TRY(rename_synced(&archive->shelf, new, name, NULL)); /* invariant 2 */
    paper_close(file);
    *place = (struct loose){.used = true, .letter = letter, .paper = *paper};
    *ret_made = made;
    return OUTCOME_OK;
}

/* ---- the core's orders ---- */

static struct outcome attach(struct archive *archive, const struct paper *paper)
{
    const struct shelf *shelf = &archive->shelf;
    struct view code = paper_code_view(&paper->code);
    char loose[PAPER_NAME_BYTES];
    char kept[PAPER_NAME_BYTES];
    char folder[3] = {0};

    paper_name(shelf, code, paper->hash, PAPER_LOOSE, loose);
    paper_name(shelf, code, paper->hash, PAPER_KEPT, kept);
    memcpy(folder, kept, 2);
    TRY(disk_mkdir(shelf->disk, shelf->folder_fd, folder, DISK_PRIVATE));
    return rename_synced(shelf, loose, kept, folder);
}

/* Ordered twice, or the core has it on record and it is nowhere. */
static void attached_already(const struct archive *archive, struct view code,
                             const uint8_t hash[SEAL_HASH_BYTES])
{
    char name[PAPER_NAME_BYTES];
    bool kept = false;

    paper_name(&archive->shelf, code, hash, PAPER_KEPT, name);
    struct outcome outcome = is_there(archive, name, &kept);
    if (!outcome_ok(outcome)) {
        log_outcome(LOG_LEVEL_ERROR, "paper-not-attached", outcome);
    } else if (!kept) {
        log_line(LOG_LEVEL_ERROR, "paper-missing", "case=%s file=%s", LOG_TEXT(code), name);
    }
}

void loose_attach(struct archive *archive, struct view code, const uint8_t hash[SEAL_HASH_BYTES])
{
    struct loose *loose = loose_find(archive, code, hash);

    if (loose == NULL) {
        attached_already(archive, code, hash);
        return;
    }
    struct outcome outcome = attach(archive, &loose->paper);
    if (!outcome_ok(outcome)) { /* it is told again, and ordered again */
        log_outcome(LOG_LEVEL_WARN, "paper-not-attached", outcome);
        return;
    }
    *loose = (struct loose){.used = false};
}

/* Handed in again since the core has decided, its day has begun anew. */
void loose_remove(struct archive *archive, struct view code, const uint8_t hash[SEAL_HASH_BYTES],
                  int64_t put_us)
{
    const struct shelf *shelf = &archive->shelf;
    struct loose *loose = loose_find(archive, code, hash);
    char name[PAPER_NAME_BYTES];

    if (loose == NULL || loose->paper.put_us != put_us) { /* invariant 1 */
        return;
    }
    paper_name(shelf, code, hash, PAPER_LOOSE, name);
    struct outcome outcome = disk_remove(shelf->disk, shelf->folder_fd, name, false);
    if (!outcome_ok(outcome)) {
        log_outcome(LOG_LEVEL_WARN, "paper-not-removed", outcome);
        return;
    }
    *loose = (struct loose){.used = false};
}

void loose_tell(struct archive *archive, const struct paper *paper)
{
    struct archive_told told = {.saying = ARCHIVED_HELD,
                                .code = paper_code_view(&paper->code),
                                .type = paper->type,
                                .bytes = paper->bytes,
                                .put_us = paper->put_us,
                                .facts = view_of(paper->facts, paper->facts_len)};

    memcpy(told.hash, paper->hash, sizeof(told.hash));
    if (archive->piped) {
        archiving_put_archived(&archive->core.out, &told);
    }
}

void loose_tell_all(struct archive *archive)
{
    for (unsigned i = 0; i < ARCHIVE_LOOSE_MAX; i++) {
        if (archive->loose[i].used) {
            loose_tell(archive, &archive->loose[i].paper);
        }
    }
    archive->told_us = clock_monotonic_us(&archive->clock);
}

/* ---- the start ---- */

static struct outcome load_one(struct archive *archive, const char *name)
{
    struct loose *place = free_place(archive);
    struct paper_file file = {.fd = DISK_CLOSED};
    char expected[PAPER_NAME_BYTES];
    struct paper paper;

    struct outcome outcome = paper_open(&file, &archive->shelf, name, &paper);
    paper_close(&file);
    if (outcome_ok(outcome)) {
        paper_name(&archive->shelf, paper_code_view(&paper.code), paper.hash, PAPER_LOOSE,
                   expected);
        outcome = strcmp(expected, name) == 0
                      ? OUTCOME_OK
                      : outcome_fail(FAULT_CORRUPT, "a paper under another one's name");
    }
    if (outcome_ok(outcome) && place == NULL) {
        outcome = outcome_fail(FAULT_OVER_LIMIT, "papers that no case has yet");
    }
    if (outcome_ok(outcome)) {
        *place = (struct loose){.used = true, .paper = paper};
    }
    return outcome;
}

struct outcome loose_load(struct archive *archive)
{
    const struct shelf *shelf = &archive->shelf;
    size_t at = 0;
    BUF_AUTO names;

    buf_init(&names, NAMES_BYTES_MAX);
    TRY(disk_list(shelf->disk, shelf->folder_fd, ".", &names));
    TRY(buf_check(&names));
    for (const char *name = disk_next_name(&names, &at); name != NULL;
         name = disk_next_name(&names, &at)) {
        enum paper_place place = PAPER_KEPT;
        if (!paper_place_of(name, &place)) {
            continue;
        }
        struct outcome outcome = OUTCOME_OK;
        if (place == PAPER_NEW) {
            outcome = disk_remove(shelf->disk, shelf->folder_fd, name, false);
        } else if (place == PAPER_LOOSE) {
            outcome = load_one(archive, name);
        }
        if (outcome.fault == FAULT_NO_MEMORY) {
            return outcome;
        }
        if (!outcome_ok(outcome)) { /* invariant 3 */
            log_line(LOG_LEVEL_ERROR, "paper-bad", "file=%s why=\"%s\"", name, outcome.what);
        }
    }
    return OUTCOME_OK;
}
