/*
 * The folder of backups.
 *
 * Invariants
 *  1. A block's name is a MAC of what is in it, under a key of its own: who has the folder alone
 *     cannot tell whether something that he knows is in it.
 *  2. A block has its name only after it was synced, read back from the disk and compared with what
 *     was sealed: a name that stands there is a block that was good.
 *  3. One writer: `lock` is held as long as a backup goes on. Who reads shares it, so that nothing
 *     is taken away from under him.
 */
#include "backup/vault.h"

#include "base/check.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MARK_FILE "dancu-backup"
#define MARK_TEXT "dancu-backup 1\n"
#define LOCK_FILE "lock"
#define NEW_FILE "new"
#define NAMES_BYTES_MAX (1u << 20)
#define GENERATION_DIGITS 10
#define PACE_US_MIN 2000 /* shorter rests are put off */

/* ---- Pace ---- */

void pace_spend(struct pace *pace, uint64_t bytes)
{
    int64_t now_us = clock_monotonic_us(&pace->clock);

    if (pace->bytes_per_s == 0) {
        return;
    }
    if (pace->begun_us == 0) {
        pace->begun_us = now_us;
    }
    pace->bytes += bytes;
    int64_t due_us = pace->begun_us + (int64_t)(pace->bytes * US_PER_S / pace->bytes_per_s);
    int64_t rest_us = due_us - now_us;
    if (rest_us >= PACE_US_MIN) {
        struct timespec rest = {rest_us / US_PER_S, (rest_us % US_PER_S) * 1000};
        (void)nanosleep(&rest, NULL); /* an interrupted rest is made up for by the next */
    } else if (rest_us < -US_PER_S) { /* it was slower than the rate: that gives nothing later */
        pace->begun_us = now_us;
        pace->bytes = 0;
    }
}

/* ---- Opening ---- */

static struct outcome keys_make(struct vault *vault, const struct secret *wrap_key)
{
    SECRET_AUTO blocks = {{0}};
    SECRET_AUTO books = {{0}};
    SECRET_AUTO name = {{0}};

    TRY(seal_derive(wrap_key, "dancu backup blocks v1", &blocks));
    TRY(seal_derive(wrap_key, "dancu backup books v1", &books));
    TRY(seal_derive(wrap_key, "dancu backup ids v1", &vault->id_key));
    TRY(seal_derive(wrap_key, "dancu backup key name v1", &name));
    hex_write(vault->key_name, view_of(name.bytes, (VAULT_KEY_NAME_BYTES - 1) / 2));
    TRY(sealer_new(&blocks, &vault->random, &vault->blocks));
    return sealer_new(&books, &vault->random, &vault->books);
}

/* An empty folder becomes one of backups; one with anything else in it does not. */
static struct outcome check_empty(struct vault *vault)
{
    BUF_AUTO names;
    size_t at = 0;

    buf_init(&names, NAMES_BYTES_MAX);
    TRY(disk_list(vault->disk, vault->fd, ".", &names));
    for (const char *name = disk_next_name(&names, &at); name != NULL;
         name = disk_next_name(&names, &at)) {
        if (strcmp(name, LOCK_FILE) != 0 && strcmp(name, NEW_FILE) != 0 &&
            strcmp(name, "lost+found") != 0) {
            return outcome_fail(FAULT_CONFLICT, "is not empty, and no folder of backups");
        }
    }
    return OUTCOME_OK;
}

static struct outcome mark_make(struct vault *vault, const char *origin)
{
    BUF_AUTO mark;

    buf_init(&mark, NAMES_BYTES_MAX);
    buf_printf(&mark, MARK_TEXT "%s\n", origin);
    TRY(buf_check(&mark));
    TRY(disk_replace(vault->disk, vault->fd, MARK_FILE, NEW_FILE, DISK_PRIVATE, buf_view(&mark),
                     true));
    return disk_sync_folder(vault->disk, vault->fd, ".");
}

/* The log's name, as the mark says it. */
static struct outcome mark_read(const struct disk_port *disk, int fd,
                                char ret_origin[NOTE_ORIGIN_BYTES_MAX + 1])
{
    BUF_AUTO mark;

    buf_init(&mark, NAMES_BYTES_MAX);
    TRY(disk_load(disk, fd, MARK_FILE, &mark));
    struct cursor cursor = cursor_of(buf_view(&mark));
    bool version = view_is(cursor_view(&cursor, strlen(MARK_TEXT)), MARK_TEXT);
    struct view origin = cursor_until(&cursor, '\n');
    if (cursor.failed || !version || origin.len > NOTE_ORIGIN_BYTES_MAX ||
        !note_origin_valid(origin)) {
        return outcome_fail(FAULT_CONFLICT, "is no folder of backups of this version");
    }
    (void)snprintf(ret_origin, NOTE_ORIGIN_BYTES_MAX + 1, "%.*s", (int)origin.len, origin.data);
    return OUTCOME_OK;
}

/* Backups of two homes in one folder would drive each other out. */
static struct outcome mark_check(struct vault *vault, enum vault_mode mode, const char *origin,
                                 bool *ret_there)
{
    char marked[NOTE_ORIGIN_BYTES_MAX + 1] = "";
    struct outcome outcome = mark_read(vault->disk, vault->fd, marked);

    *ret_there = outcome.fault != FAULT_NOT_FOUND;
    if (!*ret_there) {
        return mode == VAULT_WRITE ? check_empty(vault)
                                   : outcome_fail(FAULT_NOT_FOUND, "is no folder of backups");
    }
    TRY(outcome);
    return strcmp(marked, origin) == 0 ? OUTCOME_OK
                                       : outcome_fail(FAULT_CONFLICT, "has backups of another log");
}

static struct outcome lock(struct vault *vault, enum vault_mode mode)
{
    enum disk_open how = mode == VAULT_WRITE ? DISK_OPEN_WRITE : DISK_OPEN_READ;
    struct outcome outcome =
        disk_open(vault->disk, vault->fd, LOCK_FILE, how, DISK_PRIVATE, &vault->lock_fd);

    if (outcome.fault == FAULT_NOT_FOUND && mode == VAULT_WRITE) {
        outcome = disk_open(vault->disk, vault->fd, LOCK_FILE, DISK_OPEN_CREATE, DISK_PRIVATE,
                            &vault->lock_fd);
    }
    TRY(outcome);
    outcome = disk_lock(vault->disk, vault->lock_fd, mode == VAULT_READ);
    return outcome.fault == FAULT_BUSY
               ? outcome_fail(FAULT_BUSY, "another command is at work in it")
               : outcome;
}

static struct outcome open_steps(struct vault *vault, const struct backup_config *config,
                                 enum vault_mode mode)
{
    vault->fd = open(config->target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (vault->fd < 0) {
        vault->fd = DISK_CLOSED;
        return outcome_sys(errno, "cannot be opened");
    }
    bool marked = false;
    TRY(mark_check(vault, mode, config->ledger->origin, &marked));
    TRY(lock(vault, mode)); /* invariant 3 */
    if (!marked) {
        TRY(mark_make(vault, config->ledger->origin));
    }
    TRY(keys_make(vault, config->ledger->wrap_key));
    if (mode == VAULT_WRITE) {
        TRY(disk_mkdir(vault->disk, vault->fd, VAULT_GENERATIONS, DISK_PRIVATE));
        TRY(disk_mkdir(vault->disk, vault->fd, vault->key_name, DISK_PRIVATE));
    }
    return OUTCOME_OK;
}

struct outcome vault_open(const struct backup_config *config, enum vault_mode mode,
                          struct backup_report *report, struct vault *ret_vault,
                          char ret_why[BACKUP_WHY_BYTES])
{
    *ret_vault = (struct vault){
        .disk = config->disk == NULL ? disk_system() : config->disk,
        .fd = DISK_CLOSED,
        .lock_fd = DISK_CLOSED,
        .random = config->ledger->random,
        .pace = {.clock = config->ledger->clock, .bytes_per_s = (uint64_t)config->rate_mib << 20},
        .report = report,
        .check = config->check,
    };
    buf_init(&ret_vault->sealed, BACKUP_BLOCK_BYTES + SEAL_OVERHEAD_BYTES);
    buf_init(&ret_vault->back, BACKUP_BLOCK_BYTES + SEAL_OVERHEAD_BYTES);
    struct outcome outcome = open_steps(ret_vault, config, mode);
    if (!outcome_ok(outcome)) {
        snprintf(ret_why, BACKUP_WHY_BYTES, "%.300s %s%s%s", config->target, outcome.what,
                 outcome.sys != 0 ? ": " : "", outcome.sys != 0 ? strerror(outcome.sys) : "");
        vault_close(ret_vault);
    }
    return outcome;
}

struct outcome backup_origin(const char *target, char ret_origin[NOTE_ORIGIN_BYTES_MAX + 1],
                             char ret_why[BACKUP_WHY_BYTES])
{
    int fd = open(target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct outcome outcome =
        fd < 0 ? outcome_sys(errno, "cannot be opened") : mark_read(disk_system(), fd, ret_origin);

    if (fd >= 0) {
        (void)close(fd);
    }
    if (!outcome_ok(outcome)) {
        snprintf(ret_why, BACKUP_WHY_BYTES, "%.300s %s", target,
                 outcome.fault == FAULT_NOT_FOUND ? "is no folder of backups" : outcome.what);
    }
    return outcome;
}

void vault_close(struct vault *vault)
{
    sealer_free(vault->blocks);
    sealer_free(vault->books);
    secret_done(&vault->id_key);
    buf_done(&vault->sealed);
    buf_done(&vault->back);
    if (vault->lock_fd != DISK_CLOSED) {
        outcome_ignore(disk_close(vault->disk, &vault->lock_fd)); /* nothing is in it */
    }
    if (vault->fd != DISK_CLOSED) {
        (void)close(vault->fd);
    }
    *vault = (struct vault){.fd = DISK_CLOSED, .lock_fd = DISK_CLOSED};
}

/* ---- Blocks ---- */

static void block_path(const struct vault *vault, const struct block_id *id,
                       char ret_path[VAULT_PATH_BYTES])
{
    char hex[2 * BLOCK_ID_BYTES + 1] = "";

    hex_write(hex, view_of(id->bytes, sizeof(id->bytes)));
    int said = snprintf(ret_path, VAULT_PATH_BYTES, "%s/%.2s/%s", vault->key_name, hex, hex);
    CHECK(said > 0 && said < VAULT_PATH_BYTES);
}

static struct outcome shelf_make(const struct vault *vault, const struct block_id *id)
{
    char path[VAULT_PATH_BYTES];

    int said = snprintf(path, sizeof(path), "%s/%02x", vault->key_name, id->bytes[0]);
    CHECK(said > 0 && (size_t)said < sizeof(path));
    return disk_mkdir(vault->disk, vault->fd, path, DISK_PRIVATE);
}

bool vault_has(struct vault *vault, const struct block_id *id, size_t len)
{
    char path[VAULT_PATH_BYTES];
    int fd = DISK_CLOSED;
    uint64_t bytes = 0;

    block_path(vault, id, path);
    if (!outcome_ok(disk_open(vault->disk, vault->fd, path, DISK_OPEN_READ, DISK_PRIVATE, &fd))) {
        return false;
    }
    bool there =
        outcome_ok(disk_size(vault->disk, fd, &bytes)) && bytes == len + SEAL_OVERHEAD_BYTES;
    outcome_ignore(disk_close(vault->disk, &fd)); /* only looked at */
    return there;
}

struct outcome vault_load(struct vault *vault, const struct block_id *id, size_t len,
                          struct buf *ret_block)
{
    char path[VAULT_PATH_BYTES];

    block_path(vault, id, path);
    buf_reset(&vault->back);
    struct outcome outcome = disk_load(vault->disk, vault->fd, path, &vault->back);
    pace_spend(&vault->pace, vault->back.len);
    if (outcome.fault == FAULT_NOT_FOUND) {
        return outcome_fail(FAULT_CORRUPT, "a block is missing");
    }
    TRY(outcome);
    if (vault->back.len != len + SEAL_OVERHEAD_BYTES) {
        return outcome_fail(FAULT_CORRUPT, "a block has not its length");
    }
    outcome = sealer_open(vault->blocks, view_of(id->bytes, sizeof(id->bytes)),
                          buf_view(&vault->back), ret_block);
    return outcome.fault == FAULT_CORRUPT ? outcome_fail(FAULT_CORRUPT, "a block does not open")
                                          : outcome;
}

/* From the disk, not from the pages that were just written. */
static struct outcome read_back(struct vault *vault, int fd)
{
    size_t got = 0;

    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED); /* advice; without it a page may be ours */
    buf_reset(&vault->back);
    uint8_t *to = buf_claim(&vault->back, vault->sealed.len);
    if (to == NULL) {
        return buf_check(&vault->back);
    }
    TRY(disk_read(vault->disk, fd, 0, to, vault->sealed.len, &got));
    return got == vault->sealed.len && view_equal(buf_view(&vault->back), buf_view(&vault->sealed))
               ? OUTCOME_OK
               : outcome_fail(FAULT_IO, "what was written does not read back the same");
}

static struct outcome write_new(struct vault *vault)
{
    int fd = DISK_CLOSED;
    size_t written = 0;

    TRY(disk_open(vault->disk, vault->fd, NEW_FILE, DISK_OPEN_CREATE, DISK_PRIVATE, &fd));
    struct outcome outcome = disk_write(vault->disk, fd, 0, buf_view(&vault->sealed), &written);
    if (outcome_ok(outcome)) {
        outcome = disk_sync(vault->disk, fd, false);
    }
    if (outcome_ok(outcome)) {
        outcome = read_back(vault, fd); /* invariant 2 */
    }
    struct outcome closed = disk_close(vault->disk, &fd);
    return outcome_ok(outcome) ? closed : outcome;
}

/* Where the home stands too, its log comes first. */
static struct outcome check_room(const struct vault *vault)
{
    struct outcome outcome = disk_has_room(vault->disk, vault->fd, BACKUP_ROOM_BYTES_MIN);

    return outcome_ok(outcome) || !vault->report->same_disk
               ? OUTCOME_OK
               : outcome_fail(FAULT_NO_SPACE, "the home would be left with too little room");
}

static struct outcome block_write(struct vault *vault, struct view block, const struct block_id *id)
{
    char path[VAULT_PATH_BYTES];

    block_path(vault, id, path);
    buf_reset(&vault->sealed);
    TRY(sealer_seal(vault->blocks, view_of(id->bytes, sizeof(id->bytes)), block, &vault->sealed));
    struct outcome outcome = check_room(vault);
    if (outcome_ok(outcome)) {
        outcome = write_new(vault);
    }
    if (outcome_ok(outcome)) {
        outcome = shelf_make(vault, id);
    }
    if (outcome_ok(outcome)) {
        outcome = disk_rename(vault->disk, vault->fd, NEW_FILE, path);
    }
    if (!outcome_ok(outcome)) {
        outcome_ignore(disk_remove(vault->disk, vault->fd, NEW_FILE, false)); /* told already */
        return outcome;
    }
    pace_spend(&vault->pace, 2 * vault->sealed.len);
    vault->report->blocks_new++;
    vault->report->bytes_new += block.len;
    return OUTCOME_OK;
}

/* Whether it stands there; with `check`, whether it is good. */
static struct outcome block_known(struct vault *vault, struct view block, const struct block_id *id,
                                  bool *ret_known)
{
    BUF_AUTO plain;

    buf_init(&plain, BACKUP_BLOCK_BYTES);
    *ret_known = vault_has(vault, id, block.len);
    if (!*ret_known || !vault->check) {
        return OUTCOME_OK;
    }
    struct outcome outcome = vault_load(vault, id, block.len, &plain);
    *ret_known = outcome_ok(outcome);
    if (outcome.fault == FAULT_CORRUPT) {
        vault->report->blocks_bad++;
        return OUTCOME_OK;
    }
    return outcome;
}

struct outcome vault_keep(struct vault *vault, struct view block, struct block_id *ret_id)
{
    struct block_id id;
    bool known = false;

    CHECK(block.len > 0 && block.len <= BACKUP_BLOCK_BYTES);
    seal_hmac(&vault->id_key, block, id.bytes); /* invariant 1 */
    TRY(block_known(vault, block, &id, &known));
    if (!known) {
        TRY(block_write(vault, block, &id));
    }
    vault->report->blocks++;
    *ret_id = id;
    return OUTCOME_OK;
}

bool vault_has_key(struct vault *vault, const char *key_name)
{
    int fd = DISK_CLOSED;
    bool there = outcome_ok(
        disk_open(vault->disk, vault->fd, key_name, DISK_OPEN_FOLDER, DISK_PRIVATE, &fd));

    outcome_ignore(disk_close(vault->disk, &fd)); /* only looked at */
    return there;
}

struct outcome vault_settle(struct vault *vault)
{
    return disk_sync_all(vault->disk, vault->fd);
}

/* ---- Generations ---- */

void vault_generation_path(uint64_t number, char ret_path[VAULT_PATH_BYTES])
{
    int said = snprintf(ret_path, VAULT_PATH_BYTES, VAULT_GENERATIONS "/%0*llu", GENERATION_DIGITS,
                        (unsigned long long)number);
    CHECK(said > 0 && said < VAULT_PATH_BYTES);
}

static int by_number(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;

    return left < right ? -1 : left > right;
}

static bool generation_number(const char *name, uint64_t *ret_number)
{
    uint64_t number = 0;

    if (strlen(name) != GENERATION_DIGITS) {
        return false;
    }
    for (const char *digit = name; *digit != '\0'; digit++) {
        if (*digit < '0' || *digit > '9') {
            return false;
        }
        number = number * 10 + (uint64_t)(*digit - '0');
    }
    *ret_number = number;
    return number > 0;
}

struct outcome vault_generations(struct vault *vault, struct generations *ret_list)
{
    BUF_AUTO names;
    struct generations list = {.count = 0};
    size_t at = 0;

    buf_init(&names, NAMES_BYTES_MAX);
    TRY(disk_list(vault->disk, vault->fd, VAULT_GENERATIONS, &names));
    for (const char *name = disk_next_name(&names, &at); name != NULL;
         name = disk_next_name(&names, &at)) {
        uint64_t number = 0;
        if (!generation_number(name, &number)) {
            continue; /* one that was never finished */
        }
        if (list.count == BACKUP_GENERATIONS_MAX) {
            return outcome_fail(FAULT_OVER_LIMIT, "too many generations");
        }
        list.numbers[list.count++] = number;
    }
    qsort(list.numbers, list.count, sizeof(list.numbers[0]), by_number);
    *ret_list = list;
    return OUTCOME_OK;
}
