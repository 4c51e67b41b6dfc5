/*
 * What goes from the folder of backups.
 *
 * Invariants
 *  1. A block goes only if every book that is kept under its key was read to its end and none names
 *     it. Where one cannot be read, no block of its key goes.
 */
#include "backup/taking.h"

#include "backup/idset.h"
#include "base/check.h"
#include "base/log.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>

#define NAMES_BYTES_MAX (16u << 20) /* of one folder */

struct pruning {
    struct vault *vault;
    struct generations list;
    struct idset named;                                        /* by books of the key in hand */
    bool unread;                                               /* one of them does not read */
    char others[BACKUP_GENERATIONS_MAX][VAULT_KEY_NAME_BYTES]; /* keys of the other books */
    unsigned other_count;
};

static struct outcome name_all(struct pruning *pruning, struct book_reader *reader)
{
    struct book_file file;
    struct block_id id;
    bool more = true;
    bool added = false;

    while (more) {
        TRY(book_next(reader, &file, &more));
        while (more && reader->ids_left > 0) {
            TRY(book_take_id(reader, &id));
            TRY(idset_add(&pruning->named, &id, &added));
        }
    }
    return OUTCOME_OK;
}

static struct outcome read_book(struct pruning *pruning, uint64_t number)
{
    struct book_reader reader;
    struct outcome outcome = book_open(pruning->vault, number, &reader);

    if (outcome_ok(outcome) && book_is_ours(&reader)) {
        outcome = name_all(pruning, &reader);
    } else if (outcome_ok(outcome)) {
        (void)snprintf(pruning->others[pruning->other_count++], VAULT_KEY_NAME_BYTES, "%s",
                       reader.key_name);
    }
    book_reader_done(&reader);
    if (outcome.fault == FAULT_CORRUPT) {
        log_line(LOG_LEVEL_WARN, "backup-damaged", "generation=%llu what=\"%s\"",
                 (unsigned long long)number, outcome.what);
        pruning->unread = true; /* invariant 1 */
        return OUTCOME_OK;
    }
    return outcome;
}

static struct outcome drop_old(struct pruning *pruning, unsigned kept)
{
    char path[VAULT_PATH_BYTES];
    struct vault *vault = pruning->vault;
    unsigned drop = pruning->list.count > kept ? pruning->list.count - kept : 0;

    for (unsigned i = 0; i < drop; i++) {
        vault_generation_path(pruning->list.numbers[i], path);
        TRY(disk_remove(vault->disk, vault->fd, path, false));
    }
    TRY(disk_sync_folder(vault->disk, vault->fd, VAULT_GENERATIONS));
    for (unsigned i = drop; i < pruning->list.count; i++) {
        TRY(read_book(pruning, pruning->list.numbers[i]));
    }
    vault->report->generations = pruning->list.count - drop;
    return OUTCOME_OK;
}

static bool named(const struct pruning *pruning, const char *name)
{
    struct block_id id;

    return outcome_ok(hex_get(view_text(name), id.bytes, sizeof(id.bytes))) &&
           idset_has(&pruning->named, &id);
}

/* One of the 256 folders of a key; `all`: nothing of that key is named by anything. */
static struct outcome sweep_shelf(struct pruning *pruning, const char *key, unsigned number,
                                  bool all)
{
    struct vault *vault = pruning->vault;
    char shelf[VAULT_PATH_BYTES];
    char path[VAULT_PATH_BYTES];
    BUF_AUTO names;
    size_t at = 0;

    buf_init(&names, NAMES_BYTES_MAX);
    (void)snprintf(shelf, sizeof(shelf), "%s/%02x", key, number);
    struct outcome outcome = disk_list(vault->disk, vault->fd, shelf, &names);
    if (outcome.fault == FAULT_NOT_FOUND) {
        return OUTCOME_OK;
    }
    TRY(outcome);
    for (const char *name = disk_next_name(&names, &at); name != NULL;
         name = disk_next_name(&names, &at)) {
        int said = snprintf(path, sizeof(path), "%s/%s", shelf, name);
        if (said > 0 && (size_t)said < sizeof(path) && (all || !named(pruning, name))) {
            TRY(disk_remove(vault->disk, vault->fd, path, false));
        }
    }
    return all ? disk_remove(vault->disk, vault->fd, shelf, true) : OUTCOME_OK;
}

static bool key_is_kept(const struct pruning *pruning, const char *key)
{
    for (unsigned i = 0; i < pruning->other_count; i++) {
        if (strcmp(pruning->others[i], key) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_key(const char *name)
{
    uint8_t bytes[(VAULT_KEY_NAME_BYTES - 1) / 2];

    return strlen(name) == VAULT_KEY_NAME_BYTES - 1 &&
           outcome_ok(hex_get(view_text(name), bytes, sizeof(bytes)));
}

static struct outcome sweep_key(struct pruning *pruning, const char *key)
{
    struct vault *vault = pruning->vault;
    bool ours = strcmp(key, vault->key_name) == 0;

    if (ours ? pruning->unread : pruning->unread || key_is_kept(pruning, key)) {
        return OUTCOME_OK;
    }
    for (unsigned number = 0; number < 256; number++) {
        TRY(sweep_shelf(pruning, key, number, !ours));
    }
    return ours ? OUTCOME_OK : disk_remove(vault->disk, vault->fd, key, true);
}

static struct outcome sweep(struct pruning *pruning)
{
    struct vault *vault = pruning->vault;
    BUF_AUTO names;
    size_t at = 0;

    buf_init(&names, NAMES_BYTES_MAX);
    TRY(disk_list(vault->disk, vault->fd, ".", &names));
    for (const char *name = disk_next_name(&names, &at); name != NULL;
         name = disk_next_name(&names, &at)) {
        if (is_key(name)) {
            TRY(sweep_key(pruning, name));
        }
    }
    return OUTCOME_OK;
}

struct outcome vault_prune(struct vault *vault, unsigned kept)
{
    struct pruning *pruning = memory_new(1, sizeof(*pruning));

    if (pruning == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "generations");
    }
    pruning->vault = vault;
    struct outcome outcome = vault_generations(vault, &pruning->list);
    if (outcome_ok(outcome)) {
        outcome = drop_old(pruning, kept);
    }
    if (outcome_ok(outcome)) {
        outcome = sweep(pruning);
    }
    idset_done(&pruning->named);
    memory_free(pruning);
    return outcome;
}
