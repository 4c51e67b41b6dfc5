/*
 * Generations looked at: what their books say, and that every block of them opens.
 *
 * Invariants
 *  1. A block is read once, whatever number of generations share it; one that is bad is told with
 *     each of them.
 */
#include "backup/book.h"
#include "backup/idset.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>

struct checking {
    struct vault vault;
    struct idset good;
    struct idset bad;
    struct buf block;
    char why[BACKUP_WHY_BYTES]; /* of the generation in hand */
};

static struct outcome check_block(struct checking *checking, const struct book_file *file,
                                  const struct block_id *id, uint64_t number)
{
    bool added = false;

    if (idset_has(&checking->good, id)) { /* invariant 1 */
        return OUTCOME_OK;
    }
    buf_reset(&checking->block);
    struct outcome outcome =
        idset_has(&checking->bad, id)
            ? outcome_fail(FAULT_CORRUPT, "a block is bad")
            : vault_load(&checking->vault, id, book_block_len(file, number), &checking->block);
    if (outcome_ok(outcome)) {
        return idset_add(&checking->good, id, &added);
    }
    if (outcome.fault != FAULT_CORRUPT && outcome.fault != FAULT_IO) {
        return outcome;
    }
    TRY(idset_add(&checking->bad, id, &added));
    checking->vault.report->blocks_bad += added ? 1 : 0;
    if (checking->why[0] == '\0') {
        char hex[2 * BLOCK_ID_BYTES + 1] = "";
        hex_write(hex, view_of(id->bytes, sizeof(id->bytes)));
        (void)snprintf(checking->why, sizeof(checking->why), "%s at offset %llu: %s: block %s",
                       file->path, (unsigned long long)(number * BACKUP_BLOCK_BYTES), outcome.what,
                       hex);
    }
    return OUTCOME_OK;
}

static struct outcome check_files(struct checking *checking, struct book_reader *reader)
{
    struct book_file file;
    struct block_id id;
    bool more = true;

    for (;;) {
        TRY(book_next(reader, &file, &more));
        if (!more) {
            return OUTCOME_OK;
        }
        for (uint64_t i = 0; reader->ids_left > 0; i++) {
            TRY(book_take_id(reader, &id));
            TRY(check_block(checking, &file, &id, i));
        }
    }
}

static struct outcome check_book(struct checking *checking, uint64_t number)
{
    struct backup_report *report = checking->vault.report;
    struct book_reader reader;
    struct outcome outcome = book_open(&checking->vault, number, &reader);

    if (outcome_ok(outcome) && !book_is_ours(&reader)) {
        outcome = outcome_fail(vault_has_key(&checking->vault, reader.key_name) ? FAULT_CONFLICT
                                                                                : FAULT_CORRUPT,
                               "it is sealed under another wrap key");
    }
    if (outcome_ok(outcome)) {
        outcome = check_files(checking, &reader);
    }
    if (outcome_ok(outcome)) {
        report->generation = number;
        report->time_us = reader.time_us;
        report->files = reader.end.files;
        report->bytes = reader.end.bytes;
        report->blocks = reader.end.blocks;
        outcome = checkpoint_read(NULL, buf_view(&reader.end.note), &report->checkpoint);
    }
    book_reader_done(&reader);
    return outcome;
}

/* A damaged book is a damaged generation; one of another key is none; what else fails is no
 * judgement. */
static struct outcome check_one(struct checking *checking, uint64_t number, bool alone,
                                void (*found)(uint64_t generation, const char *why))
{
    struct backup_report *report = checking->vault.report;

    checking->why[0] = '\0';
    struct outcome outcome = check_book(checking, number);
    if (outcome.fault == FAULT_CONFLICT && !alone) {
        report->generations_other++;
        return OUTCOME_OK;
    }
    if (outcome.fault == FAULT_CORRUPT || outcome.fault == FAULT_NOT_FOUND ||
        outcome.fault == FAULT_BAD_INPUT || outcome.fault == FAULT_CONFLICT) {
        (void)snprintf(checking->why, sizeof(checking->why), "%s",
                       outcome.fault == FAULT_NOT_FOUND ? "there is none" : outcome.what);
        outcome = OUTCOME_OK;
    }
    TRY(outcome);
    report->generations++;
    if (checking->why[0] != '\0') {
        report->generations_bad++;
        if (found != NULL) {
            found(number, checking->why);
        }
    }
    return OUTCOME_OK;
}

static struct outcome check_all(struct checking *checking, uint64_t generation,
                                void (*found)(uint64_t generation, const char *why))
{
    struct generations list = {.count = 1, .numbers = {generation}};

    if (generation == 0) {
        TRY(vault_generations(&checking->vault, &list));
    }
    for (unsigned i = 0; i < list.count; i++) {
        TRY(check_one(checking, list.numbers[i], generation != 0, found));
    }
    if (checking->vault.report->generations == 0) {
        return outcome_fail(FAULT_NOT_FOUND, "there is no generation of this key in it");
    }
    return checking->vault.report->generations_bad == 0
               ? OUTCOME_OK
               : outcome_fail(FAULT_CORRUPT, "a generation is damaged");
}

struct outcome backup_verify(const struct backup_config *config, uint64_t generation,
                             void (*found)(uint64_t generation, const char *why),
                             struct backup_report *ret_report, char ret_why[BACKUP_WHY_BYTES])
{
    struct checking checking = {.why = ""};

    *ret_report = (struct backup_report){.generation = generation};
    ret_why[0] = '\0';
    TRY(vault_open(config, VAULT_READ, ret_report, &checking.vault, ret_why));
    buf_init(&checking.block, BACKUP_BLOCK_BYTES);
    struct outcome outcome = check_all(&checking, generation, found);
    if (!outcome_ok(outcome)) {
        (void)snprintf(ret_why, BACKUP_WHY_BYTES, "%.300s: %s", config->target, outcome.what);
    }
    idset_done(&checking.good);
    idset_done(&checking.bad);
    buf_done(&checking.block);
    vault_close(&checking.vault);
    return outcome;
}

/* ---- The list ---- */

static void list_one(struct vault *vault, uint64_t number,
                     void (*each)(const struct backup_report *generation, const char *why))
{
    struct backup_report report = {.generation = number};
    struct book_reader reader;
    struct outcome outcome = book_open(vault, number, &reader);

    report.time_us = reader.time_us;
    if (outcome_ok(outcome) && !book_is_ours(&reader)) {
        outcome = outcome_fail(FAULT_CORRUPT, "sealed under another wrap key");
    }
    if (outcome_ok(outcome)) {
        outcome = book_skip(&reader);
    }
    if (outcome_ok(outcome)) {
        report.files = reader.end.files;
        report.bytes = reader.end.bytes;
        report.blocks = reader.end.blocks;
        outcome = checkpoint_read(NULL, buf_view(&reader.end.note), &report.checkpoint);
    }
    book_reader_done(&reader);
    each(&report, outcome_ok(outcome) ? NULL : outcome.what);
}

struct outcome backup_list(const struct backup_config *config,
                           void (*each)(const struct backup_report *generation, const char *why),
                           char ret_why[BACKUP_WHY_BYTES])
{
    struct backup_report report = {.generation = 0};
    struct generations list;
    struct vault vault;

    ret_why[0] = '\0';
    TRY(vault_open(config, VAULT_READ, &report, &vault, ret_why));
    struct outcome outcome = vault_generations(&vault, &list);
    for (unsigned i = 0; outcome_ok(outcome) && i < list.count; i++) {
        list_one(&vault, list.numbers[i], each);
    }
    vault_close(&vault);
    return outcome;
}
