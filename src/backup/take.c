/*
 * A backup: what a home holds, as of one moment, into blocks that are shared by generations.
 *
 * Invariants
 *  1. A generation has its name only when each of its blocks was read back when it was written, its
 *     book reads to its end, and all names are durable.
 *  2. What the generation before says of a file is believed only of files in which nothing changes,
 *     and of the same log: one that was put back goes on otherwise under the same names.
 */
#include "backup/taking.h"

#include "base/check.h"
#include "base/log.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static struct outcome say(struct taking *taking, struct outcome outcome, const char *what)
{
    if (!outcome_ok(outcome) && taking->why[0] == '\0') {
        snprintf(taking->why, BACKUP_WHY_BYTES, "%s: %s%s%s", what, outcome.what,
                 outcome.sys != 0 ? ": " : "", outcome.sys != 0 ? strerror(outcome.sys) : "");
    }
    return outcome;
}

static struct outcome ids_room(struct taking *taking, uint64_t count)
{
    if (count <= taking->ids_cap) {
        return OUTCOME_OK;
    }
    if (count > BACKUP_FILE_BLOCKS_MAX) {
        return outcome_fail(FAULT_OVER_LIMIT, "a file is too long");
    }
    uint64_t cap = taking->ids_cap == 0 ? 256 : taking->ids_cap;
    while (cap < count) {
        cap *= 2;
    }
    struct block_id *ids = memory_resize(taking->ids, cap, sizeof(ids[0]));
    if (ids == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "blocks of a file");
    }
    taking->ids = ids;
    taking->ids_cap = cap;
    return OUTCOME_OK;
}

/* ---- The generation before ---- */

static void before_close(struct taking *taking)
{
    if (taking->before_open) {
        book_reader_done(&taking->before_reader);
        taking->before_open = false;
    }
}

/* One that cannot be read costs time only: everything is read from the home. */
static void before_drop(struct taking *taking, struct outcome outcome)
{
    log_line(LOG_LEVEL_WARN, "backup-before", "generation=%llu what=\"%s\"",
             (unsigned long long)taking->before_reader.number, outcome.what);
    before_close(taking);
}

static void before_next(struct taking *taking)
{
    bool more = false;
    struct outcome outcome = book_next(&taking->before_reader, &taking->before, &more);

    if (!outcome_ok(outcome)) {
        before_drop(taking, outcome);
    } else if (!more) {
        before_close(taking);
    }
}

/* Invariant 2. Its ids, if all of their blocks stand there. */
static bool before_knows(struct taking *taking, const struct book_file *file)
{
    while (taking->before_open && book_compare(&taking->before, file) < 0) {
        before_next(taking);
    }
    if (!taking->before_open || book_compare(&taking->before, file) != 0 ||
        taking->before.size != file->size || taking->before.held != file->held) {
        return false;
    }
    bool there = true;
    for (uint64_t i = 0; i < book_blocks(file) && there; i++) {
        struct outcome outcome = book_take_id(&taking->before_reader, &taking->ids[i]);
        if (!outcome_ok(outcome)) {
            before_drop(taking, outcome);
            return false;
        }
        there = vault_has(&taking->vault, &taking->ids[i], book_block_len(file, i));
    }
    return there;
}

/* Invariant 2: where that generation ends, this log has the same signed checkpoint. */
static bool same_log(const struct taking *taking, const struct book_end *end)
{
    const struct ledger_config *ledger = taking->config->ledger;
    struct checkpoint checkpoint = {0};
    struct ledger_extent extent = {0};
    char why[256] = "";
    BUF_AUTO note;

    buf_init(&note, NOTE_BYTES_MAX);
    if (!outcome_ok(checkpoint_read(ledger->origin, buf_view(&end->note), &checkpoint)) ||
        checkpoint.size == 0) {
        return false;
    }
    struct ledger_bounds bounds = {.from = checkpoint.size, .until = checkpoint.size};
    return outcome_ok(ledger_extent_find(ledger, &bounds, &extent, &note, why)) &&
           view_equal(buf_view(&note), buf_view(&end->note));
}

static struct outcome open_before(struct taking *taking, uint64_t number)
{
    struct book_reader *reader = &taking->before_reader;
    struct outcome outcome = book_open(&taking->vault, number, reader);
    bool same = false;

    if (outcome_ok(outcome) && book_is_ours(reader)) {
        outcome = book_skip(reader);
        same = outcome_ok(outcome) && same_log(taking, &reader->end);
    }
    book_reader_done(reader);
    if (outcome_ok(outcome) && same) {
        taking->before_open = true;
        outcome = book_open(&taking->vault, number, reader);
    }
    if (outcome.fault == FAULT_NO_MEMORY) {
        return outcome;
    }
    if (!outcome_ok(outcome)) {
        before_drop(taking, outcome);
    } else if (same) {
        before_next(taking);
    }
    return OUTCOME_OK;
}

/* ---- One file ---- */

static struct outcome file_blocks(struct taking *taking, int fd, const struct book_file *file)
{
    uint64_t count = book_blocks(file);

    for (uint64_t i = 0; i < count; i++) {
        size_t len = book_block_len(file, i);
        size_t got = 0;
        buf_reset(&taking->block);
        uint8_t *to = buf_claim(&taking->block, len);
        if (to == NULL) {
            return buf_check(&taking->block);
        }
        TRY(disk_read(taking->disk, fd, i * BACKUP_BLOCK_BYTES, to, len, &got));
        if (got != len) {
            return outcome_fail(FAULT_IO, "became shorter while it was read");
        }
        pace_spend(&taking->vault.pace, len);
        TRY(vault_keep(&taking->vault, buf_view(&taking->block), &taking->ids[i]));
    }
    return OUTCOME_OK;
}

static struct outcome file_open_take(struct taking *taking, int fd, struct book_file *file,
                                     bool whole, uint64_t held_max)
{
    TRY(disk_size(taking->disk, fd, &file->size));
    file->held = file->size < held_max ? file->size : held_max;
    TRY(ids_room(taking, book_blocks(file)));
    if (whole && before_knows(taking, file)) {
        taking->report->blocks += book_blocks(file);
    } else {
        TRY(file_blocks(taking, fd, file));
    }
    return book_put(&taking->writer, file, taking->ids);
}

struct outcome taking_file(struct taking *taking, enum book_place place, const char *path,
                           bool whole, uint64_t held_max)
{
    struct book_file file = {.place = place};
    int fd = DISK_CLOSED;

    (void)snprintf(file.path, sizeof(file.path), "%s", path);
    struct outcome outcome =
        disk_open(taking->disk, taking->home_fd, path, DISK_OPEN_READ, DISK_PRIVATE, &fd);
    if (outcome.fault == FAULT_NOT_FOUND) {
        return OUTCOME_OK;
    }
    if (outcome_ok(outcome)) {
        outcome = file_open_take(taking, fd, &file, whole, held_max);
        outcome_ignore(disk_close(taking->disk, &fd)); /* only read from */
    }
    return say(taking, outcome, path);
}

struct outcome taking_bytes(struct taking *taking, enum book_place place, const char *path,
                            struct view bytes)
{
    struct book_file file = {.place = place, .size = bytes.len, .held = bytes.len};

    (void)snprintf(file.path, sizeof(file.path), "%s", path);
    struct outcome outcome = ids_room(taking, 1);
    if (outcome_ok(outcome)) {
        outcome = vault_keep(&taking->vault, bytes, &taking->ids[0]);
    }
    if (outcome_ok(outcome)) {
        outcome = book_put(&taking->writer, &file, taking->ids);
    }
    return say(taking, outcome, path);
}

static struct outcome take_page_block(void *context, uint64_t number, struct view block)
{
    struct taking *taking = context;

    TRY(ids_room(taking, number + 1));
    pace_spend(&taking->vault.pace, block.len);
    return vault_keep(&taking->vault, block, &taking->ids[number]);
}

struct outcome taking_store(struct taking *taking, struct store_copy **copy, enum store_file file)
{
    struct store_pages pages = {taking, BACKUP_BLOCK_BYTES, take_page_block};
    struct book_file row = {.place = PLACE_STORES};

    (void)snprintf(row.path, sizeof(row.path), "%s", store_file_name(file));
    struct outcome outcome = store_copy_pages(*copy, &pages, &row.size);
    store_copy_close(*copy);
    *copy = NULL;
    if (outcome_ok(outcome)) {
        row.held = row.size;
        outcome = book_put(&taking->writer, &row, taking->ids);
    }
    return say(taking, outcome, row.path);
}

/* ---- The whole ---- */

static struct outcome begin(struct taking *taking)
{
    struct generations list;

    TRY(say(taking, vault_generations(&taking->vault, &list), VAULT_GENERATIONS));
    uint64_t last = list.count == 0 ? 0 : list.numbers[list.count - 1];
    if (last != 0 && !taking->config->check) {
        TRY(say(taking, open_before(taking, last), taking->config->target));
    }
    taking->report->generation = last + 1;
    taking->report->time_us = clock_wall_us(&taking->config->ledger->clock);
    TRY(say(taking, book_begin(&taking->vault, last + 1, taking->report->time_us, &taking->writer),
            "its book"));
    (void)snprintf(taking->writer.end.origin, sizeof(taking->writer.end.origin), "%s",
                   taking->config->ledger->origin);
    return OUTCOME_OK;
}

/* Invariant 1. */
static struct outcome name_it(struct taking *taking)
{
    struct book_reader again;

    TRY(book_finish(&taking->writer));
    struct outcome outcome = book_open(&taking->vault, 0, &again);
    if (outcome_ok(outcome)) {
        outcome = book_skip(&again);
    }
    book_reader_done(&again);
    TRY(outcome);
    TRY(vault_settle(&taking->vault));
    return book_name(&taking->writer);
}

static struct outcome take_all(struct taking *taking)
{
    TRY(begin(taking));
    TRY(taking_walk_before(taking));
    TRY(cut_make(taking->config, &taking->cut, taking->why));
    TRY(checkpoint_read(taking->config->ledger->origin, buf_view(&taking->cut.note),
                        &taking->report->checkpoint));
    buf_put_view(&taking->writer.end.note, buf_view(&taking->cut.note));
    TRY(taking_walk_behind(taking));
    taking->report->files = taking->writer.end.files;
    taking->report->bytes = taking->writer.end.bytes;
    TRY(say(taking, name_it(taking), "its book"));
    return say(taking, vault_prune(&taking->vault, taking->config->kept), "older generations");
}

static bool on_one_disk(const struct backup_config *config)
{
    struct stat home;
    struct stat target;

    return stat(config->home, &home) == 0 && stat(config->target, &target) == 0 &&
           home.st_dev == target.st_dev;
}

struct outcome backup_take(const struct backup_config *config, struct backup_report *ret_report,
                           char ret_why[BACKUP_WHY_BYTES])
{
    struct taking taking = {
        .config = config,
        .disk = config->disk == NULL ? disk_system() : config->disk,
        .home_fd = config->ledger->home_fd,
        .report = ret_report,
        .why = ret_why,
        .writer.fd = DISK_CLOSED,
    };

    CHECK(config->kept > 0 && config->kept < BACKUP_GENERATIONS_MAX);
    *ret_report = (struct backup_report){.same_disk = on_one_disk(config)};
    ret_why[0] = '\0';
    buf_init(&taking.block, BACKUP_BLOCK_BYTES);
    TRY(vault_open(config, VAULT_WRITE, ret_report, &taking.vault, ret_why));
    struct outcome outcome = say(&taking, take_all(&taking), "backup");
    before_close(&taking);
    cut_done(&taking.cut);
    book_writer_done(&taking.writer);
    memory_free(taking.ids);
    memory_free(taking.segments);
    buf_done(&taking.block);
    vault_close(&taking.vault);
    return outcome;
}
