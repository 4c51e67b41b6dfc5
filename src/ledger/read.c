/*
 * Reading committed items back, and the table of segments.
 *
 * Invariant 1: an item read is one that was committed: its record's checksum and place, and the
 * seal of its opening under segment and index.
 */
#include "base/check.h"
#include "base/memory.h"
#include "ledger/private.h"

#include <string.h>

#define SEGMENTS_MAX (1u << 20)
#define MARK_BYTES 65536u /* at least so far apart */

struct outcome segment_table_add(struct segment_table *table, uint64_t number, uint64_t first_index)
{
    if (table->count == SEGMENTS_MAX) {
        return outcome_fail(FAULT_OVER_LIMIT, "segments of the commit log");
    }
    if (table->count == table->cap) {
        size_t wider = table->cap == 0 ? 64 : table->cap * 2;
        struct segment_place *places = memory_resize(table->places, wider, sizeof(*places));
        if (places == NULL) {
            return outcome_fail(FAULT_NO_MEMORY, "table of segments");
        }
        table->places = places;
        table->cap = wider;
    }
    table->places[table->count++] = (struct segment_place){number, first_index};
    return OUTCOME_OK;
}

void segment_table_done(struct segment_table *table)
{
    memory_free(table->places);
    *table = (struct segment_table){0};
}

void reader_done(struct reader *reader)
{
    scan_close(&reader->scan);
    sealer_free(reader->sealer);
    reader->scan.context = NULL;
    reader->sealer = NULL;
    reader->mark_count = 0;
}

/* The last segment whose first index is not above `index`; 0 when it is below all. */
static uint64_t segment_of(const struct segment_table *table, uint64_t index)
{
    size_t low = 0;
    size_t high = table->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (table->places[middle].first_index <= index) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low == 0 ? 0 : table->places[low - 1].number;
}

static struct outcome open_segment(struct ledger *ledger, uint64_t segment)
{
    struct reader *reader = &ledger->reader;
    char why[SCAN_WHY_BYTES];

    if (reader->scan.context != NULL && reader->scan.at.segment == segment) {
        return OUTCOME_OK;
    }
    reader_done(reader);
    struct outcome outcome = scan_open(&reader->scan, &ledger->context, segment, why);
    if (outcome_ok(outcome)) {
        outcome = segment_key_open(&ledger->context, segment, &reader->sealer);
    }
    if (!outcome_ok(outcome)) {
        reader_done(reader);
        return outcome;
    }
    reader->marks[0] = reader->scan.at;
    reader->mark_count = 1;
    return OUTCOME_OK;
}

/* To the nearest mark at or before the index. */
static void move_near(struct reader *reader, uint64_t index)
{
    unsigned low = 0;
    unsigned high = reader->mark_count;

    while (low + 1 < high) {
        unsigned middle = low + (high - low) / 2;
        if (reader->marks[middle].index <= index) {
            low = middle;
        } else {
            high = middle;
        }
    }
    scan_move(&reader->scan, &reader->marks[low]);
}

static void mark(struct reader *reader)
{
    const struct scan_position *last = &reader->marks[reader->mark_count - 1];

    if (reader->mark_count < READ_MARKS_MAX &&
        reader->scan.at.offset >= last->offset + MARK_BYTES) {
        reader->marks[reader->mark_count++] = reader->scan.at;
    }
}

static struct outcome find_record(struct reader *reader, uint64_t index,
                                  struct scan_record *ret_record)
{
    char why[SCAN_WHY_BYTES];
    enum scan_found found = SCAN_END;

    move_near(reader, index);
    for (;;) {
        TRY(scan_next(&reader->scan, &found, ret_record, NULL, why));
        if (found != SCAN_RECORD) {
            return outcome_fail(FAULT_CORRUPT, "a committed record does not verify");
        }
        mark(reader);
        if (index < reader->scan.at.index) {
            return OUTCOME_OK;
        }
    }
}

static struct outcome item_of(const struct scan_record *record, uint64_t index,
                              struct view *ret_entry, struct view *ret_sealed)
{
    struct cursor entries = cursor_of(record->body.entries);
    struct cursor openings = cursor_of(record->body.openings);

    CHECK(index >= record->header.first_index);
    for (uint64_t at = record->header.first_index; at <= index; at++) {
        *ret_entry = cursor_block16(&entries);
        *ret_sealed = cursor_block32(&openings);
    }
    CHECK(!entries.failed && !openings.failed);
    return OUTCOME_OK;
}

struct outcome ledger_read(struct ledger *ledger, uint64_t index, struct buf *scratch,
                           struct ledger_item *ret_item)
{
    struct scan_record record;
    struct view entry = {0};
    struct view sealed = {0};
    struct view opening = {0};
    uint64_t segment = segment_of(&ledger->segments, index);

    if (index >= ledger->tree.size || segment == 0) {
        return outcome_fail(FAULT_NOT_FOUND, "no such entry");
    }
    TRY(open_segment(ledger, segment));
    if (ledger->reader.seen_size != ledger->tree.size) { /* records have come since it was read */
        buf_reset(&ledger->reader.scan.window);
        ledger->reader.seen_size = ledger->tree.size;
    }
    TRY(find_record(&ledger->reader, index, &record));
    TRY(item_of(&record, index, &entry, &sealed));
    buf_reset(scratch);
    TRY(opening_open(ledger->reader.sealer, segment, index, sealed, scratch, &opening));
    size_t opening_at = (size_t)(opening.data - scratch->data);
    size_t entry_at = scratch->len;
    buf_put_view(scratch, entry);
    TRY(buf_check(scratch));
    ret_item->opening = view_part(buf_view(scratch), opening_at, opening.len);
    ret_item->entry = view_part(buf_view(scratch), entry_at, entry.len);
    return OUTCOME_OK;
}
