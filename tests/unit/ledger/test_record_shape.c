/* Records and headers whose checksums are right and that are still not what the writer writes. */
#include "logbook.h"

#include "ledger/record.h"

static void put_crc(uint8_t *bytes, size_t at)
{
    uint32_t crc = crc32c(0, view_of(bytes, at));
    for (unsigned i = 0; i < 4; i++) {
        bytes[at + i] = (uint8_t)(crc >> (24 - 8 * i));
    }
}

/* A header with the byte at `at` set to a value, under a right checksum. */
static struct outcome read_segment_header_with(size_t at, uint8_t value)
{
    struct segment_header written = {{1, 2, 3}, 17, 1u << 20, 99, 65536};
    struct segment_header read = {.number = 0};
    uint8_t sector[SECTOR_BYTES];
    segment_header_write(&written, sector);
    sector[at] = value;
    put_crc(sector, SECTOR_BYTES - 4);
    return segment_header_read(sector, &read);
}

static void a_segment_header_of_another_kind_or_version_is_refused(void **state)
{
    (void)state;
    assert_ok(read_segment_header_with(0, 'd'));
    assert_fault(read_segment_header_with(0, 'D'), FAULT_CORRUPT);
    assert_fault(read_segment_header_with(9, 2), FAULT_CORRUPT);
    assert_fault(read_segment_header_with(SECTOR_BYTES - 5, 1), FAULT_CORRUPT);
}

/* The payload "entries, openings, checkpoint" of one entry, then `more`, and where its parts end.
 */
static void put_record(struct buf *record, size_t entry_bytes, struct view more)
{
    struct record_header header = {.kind = RECORD_KIND_BATCH, .count = 1};
    record_start(record);
    buf_put_u16(record, (uint16_t)entry_bytes);
    uint8_t *entry = buf_claim(record, entry_bytes);
    assert_non_null(entry);
    memset(entry, 'e', entry_bytes);
    header.entries_bytes = (uint32_t)(record->len - RECORD_HEADER_BYTES);
    buf_put_u32(record, SEAL_OVERHEAD_BYTES);
    buf_put_zeros(record, SEAL_OVERHEAD_BYTES);
    buf_put_block16(record, VIEW_LITERAL("checkpoint\n"));
    buf_put_view(record, more);
    assert_ok(record_finish(record, &header));
}

static struct outcome read_back(const struct buf *record)
{
    struct record_header header = {0};
    struct record_body body = {.entries = {0}};
    TRY(record_header_read(buf_view(record), &header));
    return record_read(&header, buf_view(record), &body);
}

static void a_record_header_of_another_kind_or_version_is_refused(void **state)
{
    static const struct {
        size_t at;
        uint8_t value;
    } rows[] = {
        {0, 0},                       /* magic */
        {4, 2},                       /* version */
        {RECORD_HEADER_BYTES - 9, 1}, /* what is zero */
        {8, 0xff},                    /* payload longer than any */
    };
    BUF_AUTO record;
    (void)state;
    buf_init(&record, 1u << 16);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct record_header header = {0};
        buf_reset(&record);
        put_record(&record, 10, view_of(NULL, 0));
        assert_ok(read_back(&record));
        record.data[rows[i].at] = rows[i].value;
        put_crc(record.data, RECORD_HEADER_BYTES - 4);
        assert_fault(record_header_read(buf_view(&record), &header), FAULT_CORRUPT);
    }
}

static void an_entry_over_its_ceiling_is_refused(void **state)
{
    BUF_AUTO record;
    (void)state;
    buf_init(&record, 1u << 16);
    put_record(&record, ENTRY_BYTES_MAX, view_of(NULL, 0));
    assert_ok(read_back(&record));
    buf_reset(&record);
    put_record(&record, ENTRY_BYTES_MAX + 1, view_of(NULL, 0));
    assert_fault(read_back(&record), FAULT_CORRUPT);
}

static void bytes_behind_the_checkpoint_are_refused(void **state)
{
    BUF_AUTO record;
    (void)state;
    buf_init(&record, 1u << 16);
    put_record(&record, 10, VIEW_LITERAL("more"));
    assert_fault(read_back(&record), FAULT_CORRUPT);
}

static void bytes_in_the_padding_are_refused(void **state)
{
    struct record_header header = {0};
    struct record_body body = {.entries = {0}};
    BUF_AUTO record;
    (void)state;
    buf_init(&record, 1u << 16);
    put_record(&record, 10, view_of(NULL, 0));
    assert_ok(record_header_read(buf_view(&record), &header));
    record.data[record.len - 1] = 1;
    header.payload_crc =
        crc32c(0, view_of(record.data + RECORD_HEADER_BYTES, record.len - RECORD_HEADER_BYTES));
    assert_fault(record_read(&header, buf_view(&record), &body), FAULT_CORRUPT);
}

static void a_record_that_found_no_memory_is_not_finished(void **state)
{
    struct record_header header = {.kind = RECORD_KIND_BATCH, .count = 1};
    BUF_AUTO record;
    (void)state;
    buf_init(&record, RECORD_HEADER_BYTES + 10);
    record_start(&record);
    buf_put_zeros(&record, 20);
    assert_fault(record_finish(&record, &header), FAULT_OVER_LIMIT);
    buf_done(&record);
    buf_init(&record, RECORD_HEADER_BYTES + 10); /* enough for the payload, not for the padding */
    record_start(&record);
    buf_put_zeros(&record, 10);
    assert_fault(record_finish(&record, &header), FAULT_OVER_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_segment_header_of_another_kind_or_version_is_refused),
        cmocka_unit_test(a_record_header_of_another_kind_or_version_is_refused),
        cmocka_unit_test(an_entry_over_its_ceiling_is_refused),
        cmocka_unit_test(bytes_behind_the_checkpoint_are_refused),
        cmocka_unit_test(bytes_in_the_padding_are_refused),
        cmocka_unit_test(a_record_that_found_no_memory_is_not_finished),
    };
    return cmocka_run_group_tests_name("ledger/record_shape", tests, NULL, NULL);
}
