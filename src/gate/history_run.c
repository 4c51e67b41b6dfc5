/*
 * Runs on disk: reading a block, looking for a row.
 *
 * Invariants
 * 1. A row that is given was written by this house, into that place of that run: the seal says so.
 * 2. A look for a row reads one block: the first rows of all blocks are in memory.
 */
#include "gate/history_run.h"

#include "base/check.h"
#include "base/log.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MAGIC "dancuHIS"
#define MAGIC_LEN 8
#define VERSION 1
#define HEAD_BYTES 512u
#define HEAD_CHECKED (HEAD_BYTES - 4)
#define SEALED_BYTES (HISTORY_BLOCK_BYTES + SEAL_OVERHEAD_BYTES)
#define RUN_ROWS_MAX (UINT64_C(1) << 36)

int history_compare(const struct history_row *a, const struct history_row *b)
{
    if (a->person != b->person) {
        return a->person < b->person ? -1 : 1;
    }
    return a->place == b->place ? 0 : a->place < b->place ? -1 : 1;
}

void history_run_path(uint64_t id, char ret_path[HISTORY_PATH_BYTES])
{
    int said = snprintf(ret_path, HISTORY_PATH_BYTES, "derived/history-%016" PRIx64, id);
    CHECK(said > 0 && said < HISTORY_PATH_BYTES);
}

unsigned history_block_rows(const struct history_run *run, uint64_t number)
{
    CHECK(number < run->blocks);
    uint64_t left = run->rows - number * HISTORY_BLOCK_ROWS;
    return left < HISTORY_BLOCK_ROWS ? (unsigned)left : HISTORY_BLOCK_ROWS;
}

struct outcome history_disk_init(struct history_disk *disk, int home_fd,
                                 const struct disk_port *port, const struct secret *wrap_key,
                                 const struct random_port *random)
{
    SECRET_AUTO key = {{0}};
    *disk = (struct history_disk){.home_fd = home_fd, .disk = port, .random = *random};
    buf_init(&disk->sealed, SEALED_BYTES);
    buf_init(&disk->plain, HISTORY_BLOCK_BYTES);
    TRY(seal_derive(wrap_key, "dancu gate history", &key));
    return sealer_new(&key, &disk->random, &disk->sealer);
}

void history_disk_done(struct history_disk *disk)
{
    sealer_free(disk->sealer);
    buf_done(&disk->sealed);
    buf_done(&disk->plain);
    disk->sealer = NULL;
}

/* ---- blocks ---- */

static struct view block_place(uint64_t id, uint64_t number, struct buf *buf)
{
    buf_put(buf, MAGIC, MAGIC_LEN);
    buf_put_u64(buf, id);
    buf_put_u64(buf, number);
    return buf_view(buf);
}

static void put_row(const struct history_row *row, struct buf *buf)
{
    buf_put_u64(buf, row->person);
    buf_put_u64(buf, row->place);
    buf_put_u16(buf, row->party);
    buf_put_u8(buf, row->channel);
    buf_put_u8(buf, row->service);
}

static void get_row(struct cursor *cursor, struct history_row *ret_row)
{
    ret_row->person = cursor_u64(cursor);
    ret_row->place = cursor_u64(cursor);
    ret_row->party = cursor_u16(cursor);
    ret_row->channel = cursor_u8(cursor);
    ret_row->service = cursor_u8(cursor);
}

/* Invariant 1. */
static struct outcome fetch(struct history_disk *disk, const struct history_run *run,
                            uint64_t number, struct history_row rows[HISTORY_BLOCK_ROWS])
{
    BUF_AUTO place;
    size_t got = 0;
    buf_init(&place, 64);
    buf_reset(&disk->sealed);
    buf_reset(&disk->plain);
    uint8_t *to = buf_claim(&disk->sealed, SEALED_BYTES);
    if (to == NULL) {
        return buf_check(&disk->sealed);
    }
    TRY(disk_read(disk->disk, run->fd, HEAD_BYTES + number * SEALED_BYTES, to, SEALED_BYTES, &got));
    buf_cut(&disk->sealed, got);
    TRY(sealer_open(disk->sealer, block_place(run->id, number, &place), buf_view(&disk->sealed),
                    &disk->plain));
    struct cursor cursor = cursor_of(buf_view(&disk->plain));
    for (unsigned i = 0; i < HISTORY_BLOCK_ROWS; i++) {
        get_row(&cursor, &rows[i]);
    }
    return cursor_end(&cursor, "a block of a run");
}

struct outcome history_block_write(struct history_disk *disk, const struct history_run *run,
                                   uint64_t number, const struct history_row *rows, unsigned count)
{
    BUF_AUTO place;
    size_t written = 0;
    buf_init(&place, 64);
    buf_reset(&disk->sealed);
    buf_reset(&disk->plain);
    for (unsigned i = 0; i < count; i++) {
        put_row(&rows[i], &disk->plain);
    }
    buf_put_zeros(&disk->plain, HISTORY_BLOCK_BYTES - count * HISTORY_ROW_BYTES);
    TRY(buf_check(&disk->plain));
    TRY(sealer_seal(disk->sealer, block_place(run->id, number, &place), buf_view(&disk->plain),
                    &disk->sealed));
    return disk_write(disk->disk, run->fd, HEAD_BYTES + number * SEALED_BYTES,
                      buf_view(&disk->sealed), &written);
}

static struct outcome damaged(struct history_run *run, uint64_t number, struct outcome outcome)
{
    if (outcome.fault == FAULT_NO_MEMORY) {
        return outcome;
    }
    if (!run->broken) { /* told once */
        log_line(LOG_LEVEL_ERROR, "history-damaged",
                 "file=derived/history-%016" PRIx64 " block=%" PRIu64 " what=\"%s\"", run->id,
                 number, outcome.what);
    }
    run->broken = true;
    return outcome_fail(FAULT_CORRUPT, "a run of the history is damaged");
}

struct outcome history_block_read(struct history_disk *disk, struct history_run *run,
                                  uint64_t number, struct history_block *block)
{
    if (block->run == run->id && block->number == number) {
        return OUTCOME_OK;
    }
    block->run = 0;
    struct outcome outcome = fetch(disk, run, number, block->rows);
    if (!outcome_ok(outcome)) {
        return damaged(run, number, outcome);
    }
    block->run = run->id;
    block->number = number;
    return OUTCOME_OK;
}

/* ---- files ---- */

static uint64_t blocks_of(uint64_t rows)
{
    return (rows + HISTORY_BLOCK_ROWS - 1) / HISTORY_BLOCK_ROWS;
}

struct outcome history_head_write(struct history_disk *disk, const struct history_run *run)
{
    BUF_AUTO head;
    size_t written = 0;
    buf_init(&head, HEAD_BYTES);
    buf_put(&head, MAGIC, MAGIC_LEN);
    buf_put_u16(&head, VERSION);
    buf_put_u64(&head, run->id);
    buf_put_u64(&head, run->rows);
    buf_put_zeros(&head, HEAD_CHECKED - head.len);
    buf_put_u32(&head, crc32c(0, buf_view(&head)));
    TRY(buf_check(&head));
    return disk_write(disk->disk, run->fd, 0, buf_view(&head), &written);
}

static struct outcome head_read(struct history_disk *disk, const struct history_run *run,
                                uint64_t *ret_rows)
{
    static const uint8_t none[HEAD_BYTES] = {0};
    uint8_t bytes[HEAD_BYTES];
    size_t got = 0;
    TRY(disk_read(disk->disk, run->fd, 0, bytes, sizeof(bytes), &got));
    if (got < HEAD_BYTES || memcmp(bytes, none, HEAD_BYTES) == 0) {
        return outcome_fail(FAULT_AGAIN, "a run without a head");
    }
    struct cursor cursor = cursor_of(view_of(bytes, got));
    struct view magic = cursor_view(&cursor, MAGIC_LEN);
    bool good = view_equal(magic, view_of(MAGIC, MAGIC_LEN)) && cursor_u16(&cursor) == VERSION &&
                cursor_u64(&cursor) == run->id;
    uint64_t rows = cursor_u64(&cursor);
    cursor_view(&cursor, cursor_left(&cursor) - 4);
    good = good && cursor_u32(&cursor) == crc32c(0, view_of(bytes, HEAD_CHECKED));
    if (!good) {
        return outcome_fail(FAULT_CORRUPT, "head of a run");
    }
    *ret_rows = rows;
    return OUTCOME_OK;
}

static struct outcome head_check(struct history_disk *disk, const struct history_run *run)
{
    uint64_t rows = 0;
    TRY(head_read(disk, run, &rows));
    return rows == run->rows ? OUTCOME_OK
                             : outcome_fail(FAULT_CORRUPT, "a run of another number of rows");
}

struct outcome history_run_rows(struct history_disk *disk, uint64_t id, uint64_t *ret_rows)
{
    char path[HISTORY_PATH_BYTES];
    struct history_run run = {.id = id, .fd = DISK_CLOSED};
    history_run_path(id, path);
    TRY(disk_open(disk->disk, disk->home_fd, path, DISK_OPEN_READ, DISK_PRIVATE, &run.fd));
    struct outcome outcome = head_read(disk, &run, ret_rows);
    outcome_ignore(disk_close(disk->disk, &run.fd)); /* only read from */
    return outcome;
}

static struct outcome firsts_read(struct history_disk *disk, struct history_run *run)
{
    MEMORY_AUTO struct history_row *rows = memory_new(HISTORY_BLOCK_ROWS, sizeof(*rows));
    run->firsts = memory_new(run->blocks, sizeof(*run->firsts));
    if (rows == NULL || run->firsts == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "first rows of a run");
    }
    for (size_t at = 0; at < run->blocks; at += HISTORY_BLOCK_ROWS) {
        size_t left = run->blocks - at;
        TRY(fetch(disk, run, run->blocks + at / HISTORY_BLOCK_ROWS, rows));
        memcpy(run->firsts + at, rows,
               (left < HISTORY_BLOCK_ROWS ? left : HISTORY_BLOCK_ROWS) * sizeof(*rows));
    }
    return OUTCOME_OK;
}

static struct outcome run_open(struct history_disk *disk, struct history_run *run)
{
    char path[HISTORY_PATH_BYTES];
    history_run_path(run->id, path);
    TRY(disk_open(disk->disk, disk->home_fd, path, DISK_OPEN_READ, DISK_PRIVATE, &run->fd));
    TRY(head_check(disk, run));
    return firsts_read(disk, run);
}

struct outcome history_run_open(struct history_disk *disk, struct history_run *run)
{
    run->fd = DISK_CLOSED;
    run->firsts = NULL;
    if (run->rows == 0 || run->rows > RUN_ROWS_MAX || run->id == 0 ||
        run->level >= HISTORY_LEVELS_MAX) {
        return outcome_fail(FAULT_CORRUPT, "a run of the history: impossible values");
    }
    run->blocks = blocks_of(run->rows);
    struct outcome outcome = run_open(disk, run);
    if (outcome_ok(outcome)) {
        return OUTCOME_OK;
    }
    history_run_done(disk, run);
    log_line(LOG_LEVEL_WARN, "history-lost", "file=derived/history-%016" PRIx64 " what=\"%s\"",
             run->id, outcome.what);
    return outcome.fault == FAULT_NO_MEMORY
               ? outcome
               : outcome_fail(FAULT_CORRUPT, "a run of the history is not there, or not whole");
}

void history_run_done(struct history_disk *disk, struct history_run *run)
{
    memory_free(run->firsts);
    run->firsts = NULL;
    outcome_ignore(disk_close(disk->disk, &run->fd)); /* what it says is checked when it is read */
}

/* ---- where a row stands ---- */

/* Of sorted rows. */
static size_t seek(const struct history_row *rows, size_t count, const struct history_row *row)
{
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (history_compare(&rows[middle], row) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

size_t history_piece_seek(const struct history_piece *piece, const struct history_row *row)
{
    CHECK(piece->count == HISTORY_BLOCK_ROWS); /* else it is not sorted */
    return seek(piece->rows, piece->count, row);
}

/* Invariant 2. */
struct outcome history_run_seek(struct history_disk *disk, struct history_run *run,
                                const struct history_row *row, struct history_block *block,
                                uint64_t *ret_at)
{
    size_t after = seek(run->firsts, run->blocks, row);
    if (after == 0) {
        *ret_at = 0;
        return OUTCOME_OK;
    }
    uint64_t number = after - 1; /* it begins before the row; the next one does not */
    TRY(history_block_read(disk, run, number, block));
    *ret_at = number * HISTORY_BLOCK_ROWS + seek(block->rows, history_block_rows(run, number), row);
    return OUTCOME_OK;
}
