/* Records and headers of the commit log as bytes: every byte counts. */
#include "logbook.h"

#include "ledger/record.h"

/* Two entries, two sealed openings, a checkpoint. */
static void make_record(struct buf *record, struct record_header *header)
{
    *header = (struct record_header){
        .kind = RECORD_KIND_BATCH,
        .count = 2,
        .first_index = 258,
        .sequence = 7,
        .segment = 3,
    };
    uint8_t sealed[300];
    memset(sealed, 0x5a, sizeof(sealed));
    record_start(record);
    size_t start = record->len;
    buf_put_block16(record, VIEW_LITERAL("entry one"));
    buf_put_block16(record, VIEW_LITERAL("entry two"));
    header->entries_bytes = (uint32_t)(record->len - start);
    buf_put_block32(record, view_of(sealed, 28));
    buf_put_block32(record, view_of(sealed, 300));
    buf_put_block16(record, VIEW_LITERAL("checkpoint\n"));
    header->payload_bytes = (uint32_t)(record->len - start);
    assert_ok(record_finish(record, header));
}

static struct outcome read_whole(struct view record, struct record_header *ret_header,
                                 struct record_body *ret_body)
{
    TRY(record_header_read(record, ret_header));
    if (record_bytes(ret_header->payload_bytes) != record.len) {
        return outcome_fail(FAULT_CORRUPT, "length");
    }
    return record_read(ret_header, record, ret_body);
}

static void a_record_comes_back_as_it_was_written(void **state)
{
    (void)state;
    struct record_header written;
    struct record_header read = {0};
    struct record_body body = {.entries = {0}};
    BUF_AUTO record;
    buf_init(&record, COMMIT_RECORD_BYTES_MAX);
    make_record(&record, &written);
    assert_int_equal(record.len % SECTOR_BYTES, 0);
    assert_int_equal(record.len, record_bytes(written.payload_bytes));
    assert_ok(read_whole(buf_view(&record), &read, &body));
    assert_int_equal(read.count, 2);
    assert_true(read.first_index == 258 && read.sequence == 7 && read.segment == 3);
    struct cursor entries = cursor_of(body.entries);
    assert_view(cursor_block16(&entries), "entry one");
    assert_view(cursor_block16(&entries), "entry two");
    assert_int_equal(body.openings.len, 4 + 28 + 4 + 300);
    assert_view(body.checkpoint, "checkpoint\n");
}

static void a_record_with_any_bit_flipped_is_refused(void **state)
{
    (void)state;
    struct record_header header;
    struct record_body body = {.entries = {0}};
    BUF_AUTO record;
    buf_init(&record, COMMIT_RECORD_BYTES_MAX);
    make_record(&record, &header);
    for (size_t bit = 0; bit < record.len * 8; bit++) {
        record.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_fault(read_whole(buf_view(&record), &header, &body), FAULT_CORRUPT);
        record.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_ok(read_whole(buf_view(&record), &header, &body));
}

/* A payload that its checksum covers and that still means nothing. */
static void a_payload_that_does_not_decode_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        uint32_t entries;
        uint16_t count;
    } rows[] = {
        {"\0\x01", 2, 2, 1},                  /* entry cut short */
        {"\0\0", 2, 2, 1},                    /* empty entry */
        {"\0\x01g\0\0\0\x01s\0\0", 10, 3, 1}, /* sealed opening shorter than a seal */
        {"\0\x01g\0\0\0\x09s\0\0", 10, 3, 1}, /* opening cut short */
        {"\0\x01g", 3, 3, 1},                 /* no opening */
        {"\0\x01g\0\x01h", 6, 6, 1},          /* one entry too many */
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct record_header header = {
            .kind = RECORD_KIND_BATCH, .count = rows[i].count, .entries_bytes = rows[i].entries};
        struct record_body body = {.entries = {0}};
        BUF_AUTO record;
        buf_init(&record, 4096);
        record_start(&record);
        buf_put(&record, rows[i].bytes, rows[i].len);
        assert_ok(record_finish(&record, &header));
        assert_fault(read_whole(buf_view(&record), &header, &body), FAULT_CORRUPT);
    }
}

static void a_header_out_of_bounds_is_refused(void **state)
{
    (void)state;
    static const struct record_header bad[] = {
        {.kind = 0, .count = 1},
        {.kind = RECORD_KIND_BATCH + 1, .count = 1},
        {.kind = RECORD_KIND_BATCH, .count = 0},
        {.kind = RECORD_KIND_BATCH, .count = BATCH_ASKS_MAX + 1},
        {.kind = RECORD_KIND_BATCH, .count = 1, .entries_bytes = 100},
        {.kind = RECORD_KIND_BATCH, .count = 1, .first_index = UINT64_MAX},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct record_header header = {0};
        BUF_AUTO record;
        buf_init(&record, 4096);
        record_start(&record);
        buf_put_text(&record, "payload");
        assert_ok(record_finish(&record, &bad[i]));
        assert_fault(record_header_read(buf_view(&record), &header), FAULT_CORRUPT);
    }
}

static void a_record_over_the_ceiling_is_not_made(void **state)
{
    (void)state;
    struct record_header header = {.kind = RECORD_KIND_BATCH, .count = 1};
    BUF_AUTO record;
    buf_init(&record, COMMIT_RECORD_BYTES_MAX + 1);
    record_start(&record);
    buf_put_zeros(&record, COMMIT_RECORD_BYTES_MAX - RECORD_HEADER_BYTES + 1);
    assert_fault(record_finish(&record, &header), FAULT_OVER_LIMIT);
}

static void a_segment_header_comes_back_and_no_flipped_bit_does(void **state)
{
    (void)state;
    struct segment_header written = {{1, 2, 3}, 17, 1u << 20, 99, 65536};
    struct segment_header read = {.number = 0};
    uint8_t sector[SECTOR_BYTES];
    segment_header_write(&written, sector);
    assert_ok(segment_header_read(sector, &read));
    assert_memory_equal(read.log_id, written.log_id, LOG_ID_BYTES);
    assert_true(read.number == 17 && read.first_index == 1u << 20 && read.first_sequence == 99 &&
                read.segment_bytes == 65536);
    for (size_t bit = 0; bit < sizeof(sector) * 8; bit++) {
        sector[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_fault(segment_header_read(sector, &read), FAULT_CORRUPT);
        sector[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    memset(sector, 0, sizeof(sector));
    assert_fault(segment_header_read(sector, &read), FAULT_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_comes_back_as_it_was_written),
        cmocka_unit_test(a_record_with_any_bit_flipped_is_refused),
        cmocka_unit_test(a_payload_that_does_not_decode_is_refused),
        cmocka_unit_test(a_header_out_of_bounds_is_refused),
        cmocka_unit_test(a_record_over_the_ceiling_is_not_made),
        cmocka_unit_test(a_segment_header_comes_back_and_no_flipped_bit_does),
    };
    return cmocka_run_group_tests_name("ledger/record", tests, NULL, NULL);
}
