/*
 * A job's files.
 *
 * Invariant 1: a block is sealed with job, file and number as its place: moved, doubled or left
 * out, what follows does not open.
 */
#include "jobs/file.h"

#include "base/check.h"

#include <stdio.h>
#include <string.h>

#define LENGTH_BYTES 4
#define SEALED_BYTES_MAX (JOB_BLOCK_BYTES_MAX + SEAL_OVERHEAD_BYTES)

static const char *const endings[JOB_FILE_COUNT] = {
    [JOB_FILE_HEAD] = ".head",
    [JOB_FILE_TEMPORARY] = ".new",
    [JOB_FILE_LIST] = ".list",
    [JOB_FILE_ANSWERS] = ".answers",
};

void job_path(const uint8_t id[JOB_ID_BYTES], enum job_file file, char ret_path[JOB_PATH_BYTES])
{
    char digits[2 * JOB_ID_BYTES + 1] = {0};

    hex_write(digits, view_of(id, JOB_ID_BYTES));
    int said = snprintf(ret_path, JOB_PATH_BYTES, "%s%s", digits, endings[file]);
    CHECK(said > 0 && said < JOB_PATH_BYTES);
}

bool job_path_get(const char *name, uint8_t ret_id[JOB_ID_BYTES], enum job_file *ret_file)
{
    struct view text = view_text(name);
    size_t digits = (size_t)2 * JOB_ID_BYTES;

    if (text.len <= digits ||
        !outcome_ok(hex_get(view_part(text, 0, digits), ret_id, JOB_ID_BYTES))) {
        return false;
    }
    struct view ending = view_part(text, digits, text.len - digits);
    for (enum job_file file = 0; file < JOB_FILE_COUNT; file++) {
        if (view_is(ending, endings[file])) {
            *ret_file = file;
            return true;
        }
    }
    return false;
}

struct view job_place(const uint8_t id[JOB_ID_BYTES], enum job_file file, uint32_t number,
                      uint8_t ret_place[JOB_PLACE_BYTES])
{
    memset(ret_place, 0, JOB_PLACE_BYTES);
    memcpy(ret_place, "dancujob", 8);
    memcpy(ret_place + 8, id, JOB_ID_BYTES);
    ret_place[8 + JOB_ID_BYTES] = (uint8_t)file;
    for (unsigned i = 0; i < 4; i++) {
        ret_place[9 + JOB_ID_BYTES + i] = (uint8_t)(number >> (24 - 8 * i));
    }
    return view_of(ret_place, JOB_PLACE_BYTES);
}

static struct outcome open_file(struct blocks *blocks, const struct job_store *store,
                                const uint8_t id[JOB_ID_BYTES], enum job_file file,
                                enum disk_open how)
{
    char path[JOB_PATH_BYTES];

    *blocks = (struct blocks){.store = store, .file = file, .fd = DISK_CLOSED};
    memcpy(blocks->id, id, JOB_ID_BYTES);
    buf_init(&blocks->sealed, LENGTH_BYTES + SEALED_BYTES_MAX);
    job_path(id, file, path);
    return disk_open(store->disk, store->folder_fd, path, how, DISK_PRIVATE, &blocks->fd);
}

struct outcome blocks_create(struct blocks *blocks, const struct job_store *store,
                             const uint8_t id[JOB_ID_BYTES], enum job_file file)
{
    return open_file(blocks, store, id, file, DISK_OPEN_CREATE);
}

struct outcome blocks_open(struct blocks *blocks, const struct job_store *store,
                           const uint8_t id[JOB_ID_BYTES], enum job_file file, bool writes)
{
    return open_file(blocks, store, id, file, writes ? DISK_OPEN_WRITE : DISK_OPEN_READ);
}

void blocks_done(struct blocks *blocks)
{
    if (blocks->store != NULL && blocks->fd != DISK_CLOSED) {
        /* What had to last was synced before. */
        struct outcome closed = disk_close(blocks->store->disk, &blocks->fd);
        (void)closed;
    }
    buf_done(&blocks->sealed);
    *blocks = (struct blocks){.fd = DISK_CLOSED};
}

void blocks_seek(struct blocks *blocks, uint32_t number, uint64_t offset)
{
    blocks->number = number;
    blocks->offset = offset;
}

static struct outcome read_length(const struct blocks *blocks, size_t *ret_len)
{
    uint8_t head[LENGTH_BYTES] = {0};
    size_t got = 0;

    TRY(disk_read(blocks->store->disk, blocks->fd, blocks->offset, head, sizeof(head), &got));
    struct cursor cursor = cursor_of(view_of(head, got));
    size_t len = cursor_u32(&cursor);
    if (cursor.failed || len == 0) {
        return outcome_fail(FAULT_NOT_FOUND, "a block of a job");
    }
    if (len < SEAL_OVERHEAD_BYTES || len > SEALED_BYTES_MAX) {
        return outcome_fail(FAULT_CORRUPT, "length of a block of a job");
    }
    *ret_len = len;
    return OUTCOME_OK;
}

struct outcome blocks_skip(struct blocks *blocks)
{
    size_t len = 0;

    TRY(read_length(blocks, &len));
    blocks->offset += LENGTH_BYTES + len;
    blocks->number++;
    return OUTCOME_OK;
}

/* The sealed bytes of the next block, into blocks->sealed. */
static struct outcome read_sealed(struct blocks *blocks)
{
    const struct disk_port *disk = blocks->store->disk;
    size_t len = 0;
    size_t got = 0;

    TRY(read_length(blocks, &len));
    buf_reset(&blocks->sealed);
    uint8_t *place = buf_claim(&blocks->sealed, len);
    if (place == NULL) {
        return buf_check(&blocks->sealed);
    }
    TRY(disk_read(disk, blocks->fd, blocks->offset + LENGTH_BYTES, place, len, &got));
    return got == len ? OUTCOME_OK : outcome_fail(FAULT_NOT_FOUND, "a whole block of a job");
}

struct outcome blocks_read(struct blocks *blocks, struct buf *ret_plain)
{
    uint8_t place[JOB_PLACE_BYTES];

    TRY(read_sealed(blocks));
    struct view bound = job_place(blocks->id, blocks->file, blocks->number, place);
    TRY(sealer_open(blocks->store->sealer, bound, buf_view(&blocks->sealed), ret_plain));
    blocks->offset += LENGTH_BYTES + blocks->sealed.len;
    blocks->number++;
    return OUTCOME_OK;
}

struct outcome blocks_append(struct blocks *blocks, struct view plain)
{
    uint8_t place[JOB_PLACE_BYTES];
    size_t written = 0;

    CHECK(plain.len > 0 && plain.len <= JOB_BLOCK_BYTES_MAX);
    buf_reset(&blocks->sealed);
    buf_put_u32(&blocks->sealed, (uint32_t)(plain.len + SEAL_OVERHEAD_BYTES));
    TRY(buf_check(&blocks->sealed));
    struct view bound = job_place(blocks->id, blocks->file, blocks->number, place);
    TRY(sealer_seal(blocks->store->sealer, bound, plain, &blocks->sealed));
    TRY(buf_check(&blocks->sealed));
    TRY(disk_write(blocks->store->disk, blocks->fd, blocks->offset, buf_view(&blocks->sealed),
                   &written));
    blocks->offset += blocks->sealed.len;
    blocks->number++;
    return OUTCOME_OK;
}

struct outcome blocks_sync(struct blocks *blocks)
{
    return disk_sync(blocks->store->disk, blocks->fd, true);
}
