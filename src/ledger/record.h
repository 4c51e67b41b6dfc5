/*
 * Purpose: records and headers of the commit log as bytes. Private to ledger/. Pure.
 * Source: ledger-format.md, decision 3 and section 4; docs/decisions/0006-commit-log.md.
 *
 * A segment file is `segment_bytes` long: a header sector, then records, each from a sector's
 * start, then zeros. A sector has 512 bytes, which is what a disk writes whole or not at all.
 *
 *   segment header, 512 bytes: magic, u16 version, log id (16), u64 number, u64 first index,
 *     u64 first sequence, u32 segment bytes, zeros, u32 CRC32C of the 508 bytes before it
 *   record header, 64 bytes: magic u32, u8 version, u8 kind, u16 count, u32 payload bytes,
 *     u32 entries bytes, u64 first index, u64 sequence, u64 segment number, zeros,
 *     u32 CRC32C of the payload and the zeros behind it, u32 CRC32C of the 60 bytes before it
 *   payload: `count` entries (block16, as in a bundle), `count` sealed openings (block32), the
 *     signed checkpoint (block16); then zeros to the sector's end
 */
#ifndef DANCU_LEDGER_RECORD_H
#define DANCU_LEDGER_RECORD_H

#include "base/bytes.h"
#include "base/ceilings.h"
#include "seal/seal.h"

#define SECTOR_BYTES 512u
#define LOG_ID_BYTES 16u
#define RECORD_HEADER_BYTES 64u
/* Of a record: its header and a payload, whole sectors. */
#define RECORD_SECTORS_MAX (COMMIT_RECORD_BYTES_MAX / SECTOR_BYTES)

enum record_kind { RECORD_KIND_BATCH = 1 };

struct segment_header {
    uint8_t log_id[LOG_ID_BYTES];
    uint64_t number;
    uint64_t first_index;
    uint64_t first_sequence;
    uint32_t segment_bytes;
};

void segment_header_write(const struct segment_header *header, uint8_t ret_sector[SECTOR_BYTES]);
/* FAULT_CORRUPT */
struct outcome segment_header_read(const uint8_t sector[SECTOR_BYTES],
                                   struct segment_header *ret_header);

struct record_header {
    uint8_t kind;
    uint16_t count;
    uint32_t payload_bytes;
    uint32_t entries_bytes;
    uint64_t first_index;
    uint64_t sequence;
    uint64_t segment;
    uint32_t payload_crc;
};

/* Whole sectors of a record with such a payload. */
size_t record_bytes(size_t payload_bytes);
/* FAULT_CORRUPT when the header does not verify or is out of its bounds; only the first 64 bytes
 * of the sector are looked at. */
struct outcome record_header_read(struct view sector, struct record_header *ret_header);

/* A record read: views into its bytes. */
struct record_body {
    struct view entries; /* of header.entries_bytes */
    struct view openings;
    struct view checkpoint;
};
/* `record` = the record's sectors. Checks the CRC, and that the payload decodes to its last byte:
 * FAULT_CORRUPT. */
struct outcome record_read(const struct record_header *header, struct view record,
                           struct record_body *ret_body);

/* Room for the header at the front of an empty buf; then the payload is appended, then
 * record_finish() pads it and fills in the header. header->payload_* need not be set. */
void record_start(struct buf *buf);
struct outcome record_finish(struct buf *buf, const struct record_header *header);

#endif
