/*
 * A generation's book as bytes, both ways.
 *
 * Invariants
 *  1. Nothing is read from a piece that did not open in its place: its number, whether it is the
 *     last, and the header are associated data of each.
 *  2. A book ends with its end, in its last piece, and nothing is behind it.
 */
#include "backup/book.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>

#define MAGIC "dancubak"
#define MAGIC_BYTES 8
#define KEY_BYTES 8
#define BOOK_NEW VAULT_GENERATIONS "/new"
#define PLACE_BYTES (BOOK_HEADER_BYTES + 5)
#define PIECE_SEALED_BYTES_MAX (BACKUP_PIECE_BYTES + SEAL_OVERHEAD_BYTES)

enum { ROW_END = 0, ROW_FILE = 1 };

uint64_t book_blocks(const struct book_file *file)
{
    return (file->held + BACKUP_BLOCK_BYTES - 1) / BACKUP_BLOCK_BYTES;
}

size_t book_block_len(const struct book_file *file, uint64_t number)
{
    uint64_t left = file->held - number * BACKUP_BLOCK_BYTES;

    return left < BACKUP_BLOCK_BYTES ? (size_t)left : BACKUP_BLOCK_BYTES;
}

int book_compare(const struct book_file *a, const struct book_file *b)
{
    return a->place != b->place ? (int)a->place - (int)b->place
                                : view_compare(view_text(a->path), view_text(b->path));
}

static struct view piece_place(const uint8_t header[BOOK_HEADER_BYTES], uint32_t piece, bool last,
                               uint8_t ret_place[PLACE_BYTES])
{
    memcpy(ret_place, header, BOOK_HEADER_BYTES);
    for (unsigned i = 0; i < 4; i++) {
        ret_place[BOOK_HEADER_BYTES + i] = (uint8_t)(piece >> (24 - 8 * i));
    }
    ret_place[PLACE_BYTES - 1] = last ? 1 : 0;
    return view_of(ret_place, PLACE_BYTES);
}

/* ---- Writing ---- */

static struct outcome write_bytes(struct book_writer *writer, struct view bytes)
{
    size_t written = 0;

    TRY(disk_write(writer->vault->disk, writer->fd, writer->offset, bytes, &written));
    writer->offset += written;
    return OUTCOME_OK;
}

static struct outcome write_piece(struct book_writer *writer, bool last)
{
    uint8_t place[PLACE_BYTES];
    size_t len = writer->plain.len < BACKUP_PIECE_BYTES ? writer->plain.len : BACKUP_PIECE_BYTES;

    buf_reset(&writer->sealed);
    buf_put_u32(&writer->sealed, 0);
    TRY(sealer_seal(writer->vault->books, piece_place(writer->header, writer->piece, last, place),
                    view_part(buf_view(&writer->plain), 0, len), &writer->sealed));
    buf_patch_u32(&writer->sealed, 0, (uint32_t)(writer->sealed.len - 4));
    TRY(write_bytes(writer, buf_view(&writer->sealed)));
    buf_consume(&writer->plain, len);
    writer->piece++;
    return OUTCOME_OK;
}

/* Whole pieces are written as they fill; the last one waits for the end. */
static struct outcome write_full(struct book_writer *writer)
{
    TRY(buf_check(&writer->plain));
    while (writer->plain.len > BACKUP_PIECE_BYTES) {
        TRY(write_piece(writer, false));
    }
    return OUTCOME_OK;
}

static void header_make(struct book_writer *writer, int64_t time_us)
{
    struct buf header = note_buf_over(writer->header, sizeof(writer->header));
    uint8_t key[KEY_BYTES];
    uint8_t own[16];

    struct outcome outcome =
        hex_get(view_of(writer->vault->key_name, VAULT_KEY_NAME_BYTES - 1), key, sizeof(key));
    CHECK(outcome_ok(outcome)); /* we wrote it */
    random_fill(&writer->vault->random, own, sizeof(own));
    buf_put_text(&header, MAGIC);
    buf_put(&header, key, sizeof(key));
    buf_put_u64(&header, writer->number);
    buf_put_u64(&header, (uint64_t)time_us);
    buf_put(&header, own, sizeof(own));
    CHECK(!header.failed && header.len == BOOK_HEADER_BYTES);
}

struct outcome book_begin(struct vault *vault, uint64_t number, int64_t time_us,
                          struct book_writer *ret_writer)
{
    *ret_writer = (struct book_writer){.vault = vault, .fd = DISK_CLOSED, .number = number};
    buf_init(&ret_writer->plain, 2 * BACKUP_PIECE_BYTES);
    buf_init(&ret_writer->sealed, PIECE_SEALED_BYTES_MAX + 4);
    buf_init(&ret_writer->end.note, NOTE_BYTES_MAX);
    header_make(ret_writer, time_us);
    TRY(disk_open(vault->disk, vault->fd, BOOK_NEW, DISK_OPEN_CREATE, DISK_PRIVATE,
                  &ret_writer->fd));
    return write_bytes(ret_writer, view_of(ret_writer->header, sizeof(ret_writer->header)));
}

struct outcome book_put(struct book_writer *writer, const struct book_file *file,
                        const struct block_id *ids)
{
    uint64_t blocks = book_blocks(file);

    CHECK(file->held <= file->size);
    buf_put_u8(&writer->plain, ROW_FILE);
    buf_put_u8(&writer->plain, (uint8_t)file->place);
    buf_put_block16(&writer->plain, view_text(file->path));
    buf_put_u64(&writer->plain, file->size);
    buf_put_u64(&writer->plain, file->held);
    for (uint64_t i = 0; i < blocks; i++) {
        buf_put(&writer->plain, ids[i].bytes, sizeof(ids[i].bytes));
        TRY(write_full(writer));
    }
    writer->end.files++;
    writer->end.bytes += file->held;
    writer->end.blocks += blocks;
    return write_full(writer);
}

struct outcome book_finish(struct book_writer *writer)
{
    const struct book_end *end = &writer->end;

    TRY(buf_check(&end->note));
    buf_put_u8(&writer->plain, ROW_END);
    buf_put_u64(&writer->plain, end->files);
    buf_put_u64(&writer->plain, end->bytes);
    buf_put_u64(&writer->plain, end->blocks);
    buf_put_block16(&writer->plain, view_text(end->origin));
    buf_put_block16(&writer->plain, buf_view(&end->note));
    TRY(write_full(writer));
    TRY(write_piece(writer, true));
    TRY(disk_sync(writer->vault->disk, writer->fd, false));
    return disk_close(writer->vault->disk, &writer->fd);
}

struct outcome book_name(struct book_writer *writer)
{
    struct vault *vault = writer->vault;
    char path[VAULT_PATH_BYTES];

    vault_generation_path(writer->number, path);
    TRY(disk_rename(vault->disk, vault->fd, BOOK_NEW, path));
    return disk_sync_folder(vault->disk, vault->fd, VAULT_GENERATIONS);
}

void book_writer_done(struct book_writer *writer)
{
    if (writer->fd != DISK_CLOSED) {
        outcome_ignore(disk_close(writer->vault->disk, &writer->fd)); /* it has no name */
    }
    buf_done(&writer->plain);
    buf_done(&writer->sealed);
    buf_done(&writer->end.note);
}

/* ---- Reading ---- */

static struct outcome torn(void)
{
    return outcome_fail(FAULT_CORRUPT, "its book is damaged");
}

static struct outcome read_bytes(struct book_reader *reader, void *to, size_t len)
{
    size_t got = 0;

    TRY(disk_read(reader->vault->disk, reader->fd, reader->offset, to, len, &got));
    reader->offset += got;
    return got == len ? OUTCOME_OK : torn();
}

static struct outcome read_header(struct book_reader *reader)
{
    TRY(read_bytes(reader, reader->header, sizeof(reader->header)));
    struct cursor header = cursor_of(view_of(reader->header, sizeof(reader->header)));
    if (!view_is(cursor_view(&header, MAGIC_BYTES), MAGIC)) {
        return torn();
    }
    hex_write(reader->key_name, cursor_view(&header, KEY_BYTES));
    uint64_t number = cursor_u64(&header);
    reader->time_us = (int64_t)cursor_u64(&header);
    if (reader->number != 0 && number != reader->number) {
        return outcome_fail(FAULT_CORRUPT, "its book is another generation's");
    }
    return OUTCOME_OK;
}

struct outcome book_open(struct vault *vault, uint64_t number, struct book_reader *ret_reader)
{
    char path[VAULT_PATH_BYTES] = BOOK_NEW;

    *ret_reader = (struct book_reader){.vault = vault, .fd = DISK_CLOSED, .number = number};
    buf_init(&ret_reader->plain, BACKUP_PIECE_BYTES);
    buf_init(&ret_reader->sealed, PIECE_SEALED_BYTES_MAX);
    buf_init(&ret_reader->end.note, NOTE_BYTES_MAX);
    if (number != 0) {
        vault_generation_path(number, path);
    }
    TRY(disk_open(vault->disk, vault->fd, path, DISK_OPEN_READ, DISK_PRIVATE, &ret_reader->fd));
    return read_header(ret_reader);
}

bool book_is_ours(const struct book_reader *reader)
{
    return strcmp(reader->key_name, reader->vault->key_name) == 0;
}

/* The next piece takes the place of the one that was read; which is the last, its seal says. */
static struct outcome next_piece(struct book_reader *reader)
{
    uint8_t place[PLACE_BYTES];
    uint8_t head[4];

    if (reader->last) {
        return torn();
    }
    TRY(read_bytes(reader, head, sizeof(head)));
    struct cursor cursor = cursor_of(view_of(head, sizeof(head)));
    uint32_t len = cursor_u32(&cursor);
    buf_reset(&reader->sealed);
    if (len == 0 || len > PIECE_SEALED_BYTES_MAX) {
        return torn();
    }
    uint8_t *to = buf_claim(&reader->sealed, len);
    if (to == NULL) {
        return buf_check(&reader->sealed);
    }
    TRY(read_bytes(reader, to, len));
    for (unsigned last = 0; last < 2; last++) {
        buf_reset(&reader->plain);
        struct outcome outcome = sealer_open(
            reader->vault->books, piece_place(reader->header, reader->piece, last == 1, place),
            buf_view(&reader->sealed), &reader->plain);
        if (outcome_ok(outcome)) {
            reader->at = 0;
            reader->piece++;
            reader->last = last == 1;
            return OUTCOME_OK;
        }
        if (outcome.fault != FAULT_CORRUPT) {
            return outcome;
        }
    }
    return torn(); /* invariant 1 */
}

static struct outcome take(struct book_reader *reader, void *ret_bytes, size_t len)
{
    uint8_t *to = ret_bytes;
    size_t done = 0;

    while (done < len) {
        if (reader->at == reader->plain.len) {
            TRY(next_piece(reader));
            continue;
        }
        size_t left = reader->plain.len - reader->at;
        size_t part = left < len - done ? left : len - done;
        memcpy(&to[done], view_part(buf_view(&reader->plain), reader->at, part).data, part);
        reader->at += part;
        done += part;
    }
    return OUTCOME_OK;
}

static struct outcome take_number(struct book_reader *reader, size_t len, uint64_t *ret_value)
{
    uint8_t bytes[8];
    uint64_t value = 0;

    TRY(take(reader, bytes, len));
    for (size_t i = 0; i < len; i++) {
        value = value << 8 | bytes[i];
    }
    *ret_value = value;
    return OUTCOME_OK;
}

/* A text without NUL that fits, with its terminator. */
static struct outcome take_text(struct book_reader *reader, char *ret_text, size_t cap)
{
    uint64_t len = 0;

    TRY(take_number(reader, 2, &len));
    if (len >= cap) {
        return torn();
    }
    TRY(take(reader, ret_text, (size_t)len));
    ret_text[len] = '\0';
    return strlen(ret_text) == len ? OUTCOME_OK : torn();
}

static struct outcome take_end(struct book_reader *reader)
{
    struct book_end *end = &reader->end;
    uint64_t len = 0;

    TRY(take_number(reader, 8, &end->files));
    TRY(take_number(reader, 8, &end->bytes));
    TRY(take_number(reader, 8, &end->blocks));
    TRY(take_text(reader, end->origin, sizeof(end->origin)));
    TRY(take_number(reader, 2, &len));
    buf_reset(&end->note);
    if (len == 0 || len > NOTE_BYTES_MAX) {
        return torn();
    }
    uint8_t *to = buf_claim(&end->note, (size_t)len);
    if (to == NULL) {
        return buf_check(&end->note);
    }
    TRY(take(reader, to, (size_t)len));
    uint64_t file_bytes = 0;
    TRY(disk_size(reader->vault->disk, reader->fd, &file_bytes));
    bool whole = reader->last && reader->at == reader->plain.len && file_bytes == reader->offset;
    reader->ended = true;
    return whole ? OUTCOME_OK : torn(); /* invariant 2 */
}

struct outcome book_take_id(struct book_reader *reader, struct block_id *ret_id)
{
    CHECK(reader->ids_left > 0);
    TRY(take(reader, ret_id->bytes, sizeof(ret_id->bytes)));
    reader->ids_left--;
    return OUTCOME_OK;
}

static struct outcome take_file(struct book_reader *reader, struct book_file *ret_file)
{
    struct book_file file = {.place = PLACE_END};
    uint64_t place = 0;

    TRY(take_number(reader, 1, &place));
    TRY(take_text(reader, file.path, sizeof(file.path)));
    TRY(take_number(reader, 8, &file.size));
    TRY(take_number(reader, 8, &file.held));
    file.place = (enum book_place)place;
    if (place < PLACE_JOBS || place >= PLACE_END || file.held > file.size ||
        book_blocks(&file) > BACKUP_FILE_BLOCKS_MAX) {
        return torn();
    }
    reader->ids_left = book_blocks(&file);
    *ret_file = file;
    return OUTCOME_OK;
}

struct outcome book_next(struct book_reader *reader, struct book_file *ret_file, bool *ret_more)
{
    struct block_id passed;
    uint64_t kind = 0;

    while (reader->ids_left > 0) {
        TRY(book_take_id(reader, &passed));
    }
    TRY(take_number(reader, 1, &kind));
    if (kind > ROW_FILE) {
        return torn();
    }
    *ret_more = kind == ROW_FILE;
    return *ret_more ? take_file(reader, ret_file) : take_end(reader);
}

struct outcome book_skip(struct book_reader *reader)
{
    struct book_file file;
    bool more = !reader->ended;

    while (more) {
        TRY(book_next(reader, &file, &more));
    }
    return OUTCOME_OK;
}

void book_reader_done(struct book_reader *reader)
{
    if (reader->fd != DISK_CLOSED) {
        outcome_ignore(disk_close(reader->vault->disk, &reader->fd)); /* only read from */
    }
    buf_done(&reader->plain);
    buf_done(&reader->sealed);
    buf_done(&reader->end.note);
}
