/*
 * Records and headers of the commit log.
 *
 * Invariants
 *  1. Every byte of a record's sectors is under one of its two checksums or, in the header, must be
 *     zero: no flipped byte goes unseen.
 *  2. A header is believed on its own: its checksum does not need the payload, so that a torn
 * record can be told from a damaged one.
 */
#include "ledger/record.h"

#include "base/check.h"

#include <string.h>

#define VERSION 1
#define RECORD_MAGIC UINT32_C(0x64526543) /* dReC */
#define HEADER_CRC_AT (RECORD_HEADER_BYTES - 4)
#define SEGMENT_CRC_AT (SECTOR_BYTES - 4)

static const uint8_t segment_magic[8] = {'d', 'a', 'n', 'c', 'u', 'S', 'E', 'G'};

static void put(uint8_t **at, uint64_t value, size_t len)
{
    for (size_t i = len; i > 0; i--) {
        (*at)[i - 1] = (uint8_t)value;
        value >>= 8;
    }
    *at += len;
}

static bool all_zero(struct view bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        if (bytes.data[i] != 0) {
            return false;
        }
    }
    return true;
}

void segment_header_write(const struct segment_header *header, uint8_t ret_sector[SECTOR_BYTES])
{
    uint8_t *at = ret_sector;

    memset(ret_sector, 0, SECTOR_BYTES);
    memcpy(at, segment_magic, sizeof(segment_magic));
    at += sizeof(segment_magic);
    put(&at, VERSION, 2);
    memcpy(at, header->log_id, LOG_ID_BYTES);
    at += LOG_ID_BYTES;
    put(&at, header->number, 8);
    put(&at, header->first_index, 8);
    put(&at, header->first_sequence, 8);
    put(&at, header->segment_bytes, 4);
    at = ret_sector + SEGMENT_CRC_AT;
    put(&at, crc32c(0, view_of(ret_sector, SEGMENT_CRC_AT)), 4);
}

struct outcome segment_header_read(const uint8_t sector[SECTOR_BYTES],
                                   struct segment_header *ret_header)
{
    struct cursor cursor = cursor_of(view_of(sector, SECTOR_BYTES));
    struct segment_header header = {.number = 0};
    struct view magic = cursor_view(&cursor, sizeof(segment_magic));
    uint16_t version = cursor_u16(&cursor);

    cursor_copy(&cursor, header.log_id, LOG_ID_BYTES);
    header.number = cursor_u64(&cursor);
    header.first_index = cursor_u64(&cursor);
    header.first_sequence = cursor_u64(&cursor);
    header.segment_bytes = cursor_u32(&cursor);
    struct view rest = cursor_view(&cursor, cursor_left(&cursor) - 4);
    if (cursor_u32(&cursor) != crc32c(0, view_of(sector, SEGMENT_CRC_AT))) {
        return outcome_fail(FAULT_CORRUPT, "segment header does not verify");
    }
    if (!view_equal(magic, view_of(segment_magic, sizeof(segment_magic))) || version != VERSION ||
        !all_zero(rest)) {
        return outcome_fail(FAULT_CORRUPT, "segment header is of another kind or version");
    }
    *ret_header = header;
    return OUTCOME_OK;
}

size_t record_bytes(size_t payload_bytes)
{
    CHECK(payload_bytes <= COMMIT_RECORD_BYTES_MAX);
    size_t len = RECORD_HEADER_BYTES + payload_bytes;
    return (len + SECTOR_BYTES - 1) / SECTOR_BYTES * SECTOR_BYTES;
}

static bool header_sane(const struct record_header *header)
{
    return header->kind == RECORD_KIND_BATCH && header->count > 0 &&
           header->count <= BATCH_ASKS_MAX &&
           header->payload_bytes <= COMMIT_RECORD_BYTES_MAX - RECORD_HEADER_BYTES &&
           header->entries_bytes <= header->payload_bytes &&
           header->first_index <= UINT64_MAX - header->count;
}

struct outcome record_header_read(struct view sector, struct record_header *ret_header)
{
    CHECK(sector.len >= RECORD_HEADER_BYTES);
    struct cursor cursor = cursor_of(view_part(sector, 0, RECORD_HEADER_BYTES));
    struct record_header header = {0};
    uint32_t magic = cursor_u32(&cursor);
    uint8_t version = cursor_u8(&cursor);

    header.kind = cursor_u8(&cursor);
    header.count = cursor_u16(&cursor);
    header.payload_bytes = cursor_u32(&cursor);
    header.entries_bytes = cursor_u32(&cursor);
    header.first_index = cursor_u64(&cursor);
    header.sequence = cursor_u64(&cursor);
    header.segment = cursor_u64(&cursor);
    struct view rest = cursor_view(&cursor, cursor_left(&cursor) - 8);
    header.payload_crc = cursor_u32(&cursor);
    if (cursor_u32(&cursor) != crc32c(0, view_part(sector, 0, HEADER_CRC_AT))) {
        return outcome_fail(FAULT_CORRUPT, "record header does not verify");
    }
    if (magic != RECORD_MAGIC || version != VERSION || !all_zero(rest) || !header_sane(&header)) {
        return outcome_fail(FAULT_CORRUPT, "record header is of another kind or version");
    }
    *ret_header = header;
    return OUTCOME_OK;
}

/* That the entries are `count` and fill their part. */
static bool entries_sane(struct view entries, unsigned count)
{
    struct cursor cursor = cursor_of(entries);

    for (unsigned i = 0; i < count; i++) {
        struct view entry = cursor_block16(&cursor);
        if (cursor.failed || entry.len == 0 || entry.len > ENTRY_BYTES_MAX) {
            return false;
        }
    }
    return cursor_left(&cursor) == 0;
}

static bool openings_take(struct cursor *cursor, unsigned count, struct view *ret_openings)
{
    const uint8_t *start = cursor->at;
    size_t len = 0;

    for (unsigned i = 0; i < count; i++) {
        struct view sealed = cursor_block32(cursor);
        if (cursor->failed || sealed.len < SEAL_OVERHEAD_BYTES) {
            return false;
        }
        len += 4 + sealed.len;
    }
    *ret_openings = view_of(start, len);
    return true;
}

struct outcome record_read(const struct record_header *header, struct view record,
                           struct record_body *ret_body)
{
    CHECK(record.len == record_bytes(header->payload_bytes));
    struct view covered = view_part(record, RECORD_HEADER_BYTES, record.len - RECORD_HEADER_BYTES);
    struct record_body body = {.entries = {0}};

    if (crc32c(0, covered) != header->payload_crc) {
        return outcome_fail(FAULT_CORRUPT, "record's payload does not verify");
    }
    struct cursor cursor = cursor_of(view_part(covered, 0, header->payload_bytes));
    body.entries = cursor_view(&cursor, header->entries_bytes);
    bool good = entries_sane(body.entries, header->count) &&
                openings_take(&cursor, header->count, &body.openings);
    body.checkpoint = cursor_block16(&cursor);
    if (!good || !outcome_ok(cursor_end(&cursor, "record")) ||
        !all_zero(view_part(covered, header->payload_bytes, covered.len - header->payload_bytes))) {
        return outcome_fail(FAULT_CORRUPT, "record's payload does not decode");
    }
    *ret_body = body;
    return OUTCOME_OK;
}

void record_start(struct buf *buf)
{
    CHECK(buf->len == 0);
    buf_put_zeros(buf, RECORD_HEADER_BYTES);
}

struct outcome record_finish(struct buf *buf, const struct record_header *header)
{
    TRY(buf_check(buf));
    CHECK(buf->len > RECORD_HEADER_BYTES);
    size_t payload = buf->len - RECORD_HEADER_BYTES;
    if (buf->len > COMMIT_RECORD_BYTES_MAX) {
        return outcome_fail(FAULT_OVER_LIMIT, "record is too long");
    }
    size_t len = record_bytes(payload);
    buf_put_zeros(buf, len - buf->len);
    TRY(buf_check(buf));
    uint8_t *at = buf->data;
    memset(at, 0, RECORD_HEADER_BYTES);
    put(&at, RECORD_MAGIC, 4);
    put(&at, VERSION, 1);
    put(&at, header->kind, 1);
    put(&at, header->count, 2);
    put(&at, payload, 4);
    put(&at, header->entries_bytes, 4);
    put(&at, header->first_index, 8);
    put(&at, header->sequence, 8);
    put(&at, header->segment, 8);
    at = buf->data + HEADER_CRC_AT - 4;
    put(&at, crc32c(0, view_of(buf->data + RECORD_HEADER_BYTES, len - RECORD_HEADER_BYTES)), 4);
    put(&at, crc32c(0, view_of(buf->data, HEADER_CRC_AT)), 4);
    return OUTCOME_OK;
}
