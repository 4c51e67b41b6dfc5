/*
 * Records of the commit log, as recovery reads them. The first byte of the input chooses: the bytes
 * as they are; or the bytes as a payload under right checksums, so that what lies behind the
 * checksums is reached too. What is accepted is exactly what the writer writes for it.
 */
#include "base/check.h"
#include "ledger/record.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* That the parts lie in the record, in order, and decode to their ends. */
static void check_body(const struct record_header *header, struct view record,
                       const struct record_body *body)
{
    struct cursor entries = cursor_of(body->entries);
    struct cursor openings = cursor_of(body->openings);

    CHECK(body->entries.data == record.data + RECORD_HEADER_BYTES);
    CHECK(body->openings.data == body->entries.data + body->entries.len);
    CHECK(body->checkpoint.data == body->openings.data + body->openings.len + 2);
    for (unsigned i = 0; i < header->count; i++) {
        CHECK(cursor_block16(&entries).len > 0);
        CHECK(cursor_block32(&openings).len >= SEAL_OVERHEAD_BYTES);
    }
    CHECK(outcome_ok(cursor_end(&entries, "entries")));
    CHECK(outcome_ok(cursor_end(&openings, "openings")));
}

static void write_again(const struct record_header *header, struct view record)
{
    BUF_AUTO again;

    buf_init(&again, COMMIT_RECORD_BYTES_MAX);
    record_start(&again);
    buf_put_view(&again, view_part(record, RECORD_HEADER_BYTES, header->payload_bytes));
    CHECK(outcome_ok(record_finish(&again, header)));
    CHECK(view_equal(buf_view(&again), record));
}

static void read_record(struct view bytes)
{
    struct record_header header = {0};
    struct record_body body = {.entries = {0}};

    if (bytes.len < RECORD_HEADER_BYTES || !outcome_ok(record_header_read(bytes, &header))) {
        return;
    }
    size_t len = record_bytes(header.payload_bytes);
    if (len > bytes.len || !outcome_ok(record_read(&header, view_part(bytes, 0, len), &body))) {
        return;
    }
    check_body(&header, view_part(bytes, 0, len), &body);
    write_again(&header, view_part(bytes, 0, len));
}

/* count, length of the entries, payload */
static void read_behind_checksums(struct view bytes)
{
    struct cursor cursor = cursor_of(bytes);
    struct record_header header = {.kind = RECORD_KIND_BATCH};
    BUF_AUTO record;

    header.count = cursor_u8(&cursor);
    header.entries_bytes = cursor_u16(&cursor);
    header.first_index = cursor_u16(&cursor);
    buf_init(&record, COMMIT_RECORD_BYTES_MAX);
    if (cursor.failed || cursor_left(&cursor) == 0) {
        return;
    }
    record_start(&record);
    buf_put_view(&record, cursor_view(&cursor, cursor_left(&cursor)));
    CHECK(outcome_ok(record_finish(&record, &header)));
    read_record(buf_view(&record));
}

static void read_segment_header(struct view bytes)
{
    struct segment_header header = {.number = 0};
    uint8_t sector[SECTOR_BYTES] = {0};
    uint8_t again[SECTOR_BYTES];

    memcpy(sector, bytes.data, bytes.len < sizeof(sector) ? bytes.len : sizeof(sector));
    if (outcome_ok(segment_header_read(sector, &header))) {
        segment_header_write(&header, again);
        CHECK(memcmp(sector, again, sizeof(sector)) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    struct view rest = view_of(data + 1, size - 1);
    switch (data[0] % 3) {
    case 0:
        read_record(rest);
        break;
    case 1:
        read_behind_checksums(rest);
        break;
    default:
        read_segment_header(rest);
        break;
    }
    return 0;
}
