/*
 * A home made of a backup.
 *
 * Invariants
 *  1. The home opens to nobody before it is whole: its file `origin` comes last, when all else is
 *     durable.
 *  2. It says that it was restored before it can be opened, so that its log signs nothing unasked.
 *  3. Whatever is written was opened under its seal, in its place and length; nothing is written
 *     outside of the home, and nothing over what is there.
 */
#include "backup/book.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>

#define NAMES_BYTES_MAX (1u << 20)
#define ORIGIN_FILE "origin"
#define NEW_FILE "new"

struct restoring {
    const struct restore_config *config;
    const struct disk_port *disk;
    int home_fd;
    struct vault vault;
    struct book_reader reader;
    struct checkpoint at;
    struct buf block;
    struct buf origin; /* kept until the end */
    char *why;
};

static struct outcome say(struct restoring *restoring, struct outcome outcome, const char *what)
{
    if (!outcome_ok(outcome) && restoring->why[0] == '\0') {
        (void)snprintf(restoring->why, BACKUP_WHY_BYTES, "%s: %s%s%s", what, outcome.what,
                       outcome.sys != 0 ? ": " : "", outcome.sys != 0 ? strerror(outcome.sys) : "");
    }
    return outcome;
}

static struct outcome refuse_full(const struct restoring *restoring)
{
    BUF_AUTO names;

    buf_init(&names, NAMES_BYTES_MAX);
    TRY(disk_list(restoring->disk, restoring->home_fd, ".", &names));
    return names.len == 0 ? OUTCOME_OK : outcome_fail(FAULT_CONFLICT, "is not empty");
}

/* ---- Which generation ---- */

static struct outcome is_young(struct restoring *restoring, uint64_t number, bool *ret_young)
{
    struct book_reader reader;
    struct outcome outcome = book_open(&restoring->vault, number, &reader);
    *ret_young = outcome_ok(outcome) && reader.time_us > restoring->config->as_of_us;
    book_reader_done(&reader);
    return outcome;
}

static struct outcome choose(struct restoring *restoring, uint64_t *ret_number)
{
    const struct restore_config *config = restoring->config;
    struct generations list;
    bool young = true;

    if (config->generation != 0) {
        *ret_number = config->generation;
        return OUTCOME_OK;
    }
    TRY(vault_generations(&restoring->vault, &list));
    while (list.count > 0 && young) {
        *ret_number = list.numbers[list.count - 1];
        young = false;
        if (config->as_of_us != 0) {
            TRY(is_young(restoring, *ret_number, &young));
        }
        list.count--;
    }
    return young ? outcome_fail(FAULT_NOT_FOUND, "there is no such generation") : OUTCOME_OK;
}

/* What is known of the log must be a later state of it, or this one. */
static struct outcome meet_known(struct restoring *restoring, struct ledger_restored *restored)
{
    const struct restore_config *config = restoring->config;
    struct checkpoint known = {0};

    if (config->known.len == 0) {
        return OUTCOME_OK;
    }
    TRY(checkpoint_open_of(config->known_keys == NULL ? config->note_keys : config->known_keys,
                           config->known, &known));
    if (known.size == restoring->at.size &&
        memcmp(known.root.bytes, restoring->at.root.bytes, SEAL_HASH_BYTES) != 0) {
        return outcome_fail(FAULT_CONFLICT, "is of another log of this name and size");
    }
    if (known.size > restoring->at.size) {
        restored->later = known;
    }
    return OUTCOME_OK;
}

/* The book is read to its end first: what it says last counts for all of it. */
static struct outcome open_book(struct restoring *restoring, struct ledger_restored *restored)
{
    const struct restore_config *config = restoring->config;
    uint64_t number = 0;

    TRY(say(restoring, choose(restoring, &number), config->backup.target));
    struct outcome outcome = book_open(&restoring->vault, number, &restoring->reader);
    if (outcome_ok(outcome) && !book_is_ours(&restoring->reader)) {
        outcome = outcome_fail(FAULT_CONFLICT, "is sealed under another wrap key");
    }
    if (outcome_ok(outcome)) {
        outcome = book_skip(&restoring->reader);
    }
    if (outcome_ok(outcome)) {
        outcome = checkpoint_open_of(config->note_keys, buf_view(&restoring->reader.end.note),
                                     &restoring->at);
    }
    if (outcome_ok(outcome) &&
        strcmp(restoring->reader.end.origin, config->backup.ledger->origin) != 0) {
        outcome = outcome_fail(FAULT_CORRUPT, "it is of another log");
    }
    TRY(say(restoring, outcome, "the generation"));
    restored->generation = number;
    restored->at = restoring->at;
    random_fill(&restoring->vault.random, restored->id, sizeof(restored->id));
    return say(restoring, meet_known(restoring, restored), "the known checkpoint");
}

/* ---- Files ---- */

/* Folders of ours, none above the home (invariant 3). */
static bool path_is_ours(const char *path)
{
    struct view text = view_text(path);
    bool dots = view_search(text, 0, VIEW_LITERAL("..")) < text.len ||
                view_search(text, 0, VIEW_LITERAL("//")) < text.len;

    return text.len > 0 && text.data[0] != '/' && text.data[text.len - 1] != '/' && !dots;
}

static struct outcome make_folders(const struct restoring *restoring, const char *path)
{
    char folder[BACKUP_PATH_BYTES_MAX + 1];
    struct view text = view_text(path);

    for (size_t at = view_find(text, 0, '/'); at < text.len; at = view_find(text, at + 1, '/')) {
        (void)snprintf(folder, sizeof(folder), "%.*s", (int)at, path);
        TRY(disk_mkdir(restoring->disk, restoring->home_fd, folder, DISK_PRIVATE));
    }
    return OUTCOME_OK;
}

static struct outcome write_at(const struct restoring *restoring, int fd, uint64_t offset,
                               struct view bytes)
{
    size_t written = 0;

    return disk_write(restoring->disk, fd, offset, bytes, &written);
}

static struct outcome write_blocks(struct restoring *restoring, int fd,
                                   const struct book_file *file)
{
    struct block_id id;

    for (uint64_t i = 0; restoring->reader.ids_left > 0; i++) {
        TRY(book_take_id(&restoring->reader, &id));
        buf_reset(&restoring->block);
        TRY(vault_load(&restoring->vault, &id, book_block_len(file, i), &restoring->block));
        TRY(write_at(restoring, fd, i * BACKUP_BLOCK_BYTES, buf_view(&restoring->block)));
        pace_spend(&restoring->vault.pace, restoring->block.len);
    }
    return file->size == file->held
               ? OUTCOME_OK
               : write_at(restoring, fd, file->size - 1, view_of("", 1)); /* zeros up to there */
}

static struct outcome keep_origin(struct restoring *restoring, const struct book_file *file)
{
    struct block_id id;

    if (restoring->reader.ids_left != 1) {
        return outcome_fail(FAULT_CORRUPT, "its file `origin`");
    }
    TRY(book_take_id(&restoring->reader, &id));
    return vault_load(&restoring->vault, &id, book_block_len(file, 0), &restoring->origin);
}

static struct outcome write_file(struct restoring *restoring, const struct book_file *file)
{
    int fd = DISK_CLOSED;

    if (!path_is_ours(file->path)) {
        return outcome_fail(FAULT_CORRUPT, "a name that no home has");
    }
    if (strcmp(file->path, ORIGIN_FILE) == 0) {
        return keep_origin(restoring, file); /* invariant 1 */
    }
    TRY(make_folders(restoring, file->path));
    TRY(disk_open(restoring->disk, restoring->home_fd, file->path, DISK_OPEN_CREATE, DISK_PRIVATE,
                  &fd));
    struct outcome outcome = write_blocks(restoring, fd, file);
    struct outcome closed = disk_close(restoring->disk, &fd);
    return outcome_ok(outcome) ? closed : outcome;
}

static struct outcome write_files(struct restoring *restoring)
{
    struct book_file file;
    uint64_t number = restoring->reader.number;
    bool more = true;

    book_reader_done(&restoring->reader);
    TRY(book_open(&restoring->vault, number, &restoring->reader));
    for (;;) {
        TRY(book_next(&restoring->reader, &file, &more));
        if (!more) {
            return OUTCOME_OK;
        }
        TRY(say(restoring, write_file(restoring, &file), file.path));
    }
}

/* ---- What no backup has ---- */

static struct outcome put_file(const struct restoring *restoring, const char *path,
                               const char *temporary, enum disk_audience audience,
                               struct view bytes)
{
    return disk_replace(restoring->disk, restoring->home_fd, path, temporary, audience, bytes,
                        true);
}

/* Public files are derived by the first start; the checkpoint tells it how far the log reached. */
static struct outcome make_frame(const struct restoring *restoring,
                                 const struct ledger_restored *restored)
{
    static const struct {
        const char *path;
        enum disk_audience audience;
    } folders[] = {
        {"commit", DISK_PRIVATE},     {"derived", DISK_PRIVATE}, {"ledger", DISK_PUBLIC},
        {"ledger/tile", DISK_PUBLIC}, {"jobs", DISK_PRIVATE},    {"archive", DISK_PRIVATE},
    };
    BUF_AUTO text;

    buf_init(&text, NOTE_BYTES_MAX);
    ledger_restored_put(&text, restored);
    TRY(buf_check(&text));
    TRY(put_file(restoring, LEDGER_RESTORED, NEW_FILE, DISK_PUBLIC, buf_view(&text)));
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        TRY(disk_mkdir(restoring->disk, restoring->home_fd, folders[i].path, folders[i].audience));
    }
    TRY(put_file(restoring, "commit/lock", "commit/new", DISK_PRIVATE, view_of(NULL, 0)));
    return put_file(restoring, "ledger/checkpoint", "ledger/new", DISK_PUBLIC,
                    buf_view(&restoring->reader.end.note));
}

/* The log ends with the checkpoint that the book names. */
static struct outcome check_log(struct restoring *restoring)
{
    const struct ledger_config *ledger = restoring->config->backup.ledger;
    struct ledger_bounds bounds = {.from = restoring->at.size, .until = restoring->at.size};
    struct ledger_extent extent = {0};
    char why[256] = "";
    BUF_AUTO note;

    buf_init(&note, NOTE_BYTES_MAX);
    struct outcome outcome = ledger_extent_find(ledger, &bounds, &extent, &note, why);
    if (outcome_ok(outcome) &&
        !view_equal(buf_view(&note), buf_view(&restoring->reader.end.note))) {
        outcome = outcome_fail(FAULT_CORRUPT, "it does not end with its checkpoint");
    }
    return say(restoring, outcome, why[0] != '\0' ? why : "the log");
}

static struct outcome restore(struct restoring *restoring)
{
    struct ledger_restored restored = {.generation = 0};

    TRY(say(restoring, refuse_full(restoring), restoring->config->backup.home));
    TRY(open_book(restoring, &restored));
    TRY(say(restoring, make_frame(restoring, &restored), "home")); /* invariant 2 */
    TRY(say(restoring, write_files(restoring), "the generation"));
    TRY(check_log(restoring));
    if (restoring->origin.len == 0) {
        return say(restoring, outcome_fail(FAULT_CORRUPT, "it lacks a file"), ORIGIN_FILE);
    }
    TRY(say(restoring, disk_sync_all(restoring->disk, restoring->home_fd), "home"));
    TRY(say(restoring,
            put_file(restoring, ORIGIN_FILE, NEW_FILE, DISK_PUBLIC, buf_view(&restoring->origin)),
            ORIGIN_FILE));
    return say(restoring, disk_sync_folder(restoring->disk, restoring->home_fd, "."), "home");
}

static void report(const struct restoring *restoring, struct backup_report *ret_report)
{
    const struct book_reader *reader = &restoring->reader;

    ret_report->generation = reader->number;
    ret_report->time_us = reader->time_us;
    ret_report->checkpoint = restoring->at;
    ret_report->files = reader->end.files;
    ret_report->bytes = reader->end.bytes;
    ret_report->blocks = reader->end.blocks;
}

struct outcome backup_restore(const struct restore_config *config, struct backup_report *ret_report,
                              char ret_why[BACKUP_WHY_BYTES])
{
    const struct backup_config *backup = &config->backup;
    struct restoring restoring = {
        .config = config,
        .disk = backup->disk == NULL ? disk_system() : backup->disk,
        .home_fd = backup->ledger->home_fd,
        .reader.fd = DISK_CLOSED,
        .why = ret_why,
    };

    *ret_report = (struct backup_report){.generation = config->generation};
    ret_why[0] = '\0';
    TRY(vault_open(backup, VAULT_READ, ret_report, &restoring.vault, ret_why));
    buf_init(&restoring.block, BACKUP_BLOCK_BYTES);
    buf_init(&restoring.origin, NOTE_BYTES_MAX);
    struct outcome outcome = say(&restoring, restore(&restoring), "restore");
    if (outcome_ok(outcome)) {
        report(&restoring, ret_report);
    }
    book_reader_done(&restoring.reader);
    buf_done(&restoring.block);
    buf_done(&restoring.origin);
    vault_close(&restoring.vault);
    return outcome;
}
