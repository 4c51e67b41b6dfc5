/*
 * Reading committed items back, and the table of segments.
 *
 * Invariants
 *  1. An item read is one that was committed: its record's checksum and place, and the seal of its
 *     opening under segment and index.
 *  2. A record is looked for between two signposts: where it stands if all records are of one
 *     length, and by halving, in turn, so that the steps are few and never many. A sector that
 *     begins a record says so under a checksum of its own, and nothing else in a segment looks like
 *     one.
 */
#include "base/check.h"
#include "base/log.h"
#include "base/memory.h"
#include "ledger/private.h"

#define SEGMENTS_MAX (1u << 20)
#define PIECE_BYTES_FIRST 4096u
#define PIECE_BYTES 65536u   /* one read in search of a header; so near, records are walked */
#define WALK_RECORDS_MAX 64u /* on the word of a guess */

struct outcome segment_table_add(struct segment_table *table, const struct segment_place *place)
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
    table->places[table->count++] = *place;
    return OUTCOME_OK;
}

void segment_table_done(struct segment_table *table)
{
    memory_free(table->places);
    *table = (struct segment_table){0};
}

void reader_init(struct reader *reader)
{
    buf_init(&reader->piece, PIECE_BYTES);
    buf_init(&reader->record, COMMIT_RECORD_BYTES_MAX);
}

void reader_close(struct reader *reader)
{
    scan_close(&reader->scan);
    sealer_free(reader->sealer);
    reader->scan.context = NULL;
    reader->sealer = NULL;
    buf_reset(&reader->record);
}

void reader_done(struct reader *reader)
{
    reader_close(reader);
    buf_done(&reader->piece);
    buf_done(&reader->record);
}

/* The last segment whose first index is not above `index`; NULL when it is below all. */
static const struct segment_place *segment_of(const struct segment_table *table, uint64_t index)
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
    return low == 0 ? NULL : &table->places[low - 1];
}

static struct outcome open_segment(struct ledger *ledger, uint64_t segment)
{
    struct reader *reader = &ledger->reader;
    char why[SCAN_WHY_BYTES];

    if (reader->scan.context != NULL && reader->scan.at.segment == segment) {
        return OUTCOME_OK;
    }
    reader_close(reader);
    struct outcome outcome =
        scan_open_sealed(&reader->scan, &ledger->context, segment, &reader->sealer, why);
    if (!outcome_ok(outcome)) {
        reader_close(reader);
    }
    return outcome;
}

/* Bytes of the segment's file into a buf of the reader's; fewer than asked for at its end only. */
static struct outcome fetch(const struct scan *scan, uint64_t offset, size_t len,
                            struct buf *ret_bytes)
{
    size_t got = 0;

    buf_reset(ret_bytes);
    uint8_t *to = buf_claim(ret_bytes, len);
    if (to == NULL) {
        return buf_check(ret_bytes);
    }
    TRY(disk_read(scan->context->disk, scan->fd, offset, to, len, &got));
    buf_cut(ret_bytes, got);
    return OUTCOME_OK;
}

/* Where a record begins, and what its header says. */
struct place {
    uint64_t offset;
    struct record_header header;
};

/* The first record that begins in from..until; *ret_found is false when none does. */
static struct outcome next_place(struct reader *reader, uint64_t from, uint64_t until,
                                 struct place *ret_place, bool *ret_found)
{
    size_t step = PIECE_BYTES_FIRST;

    *ret_found = false;
    for (uint64_t at = from; at < until; at += reader->piece.len, step = PIECE_BYTES) {
        size_t want = until - at < step ? (size_t)(until - at) : step;
        TRY(fetch(&reader->scan, at, want, &reader->piece));
        size_t whole = reader->piece.len / SECTOR_BYTES * SECTOR_BYTES;
        if (whole == 0) {
            return OUTCOME_OK;
        }
        for (size_t in = 0; in < whole; in += SECTOR_BYTES) {
            struct view sector = view_part(buf_view(&reader->piece), in, SECTOR_BYTES);
            if (outcome_ok(record_header_read(sector, &ret_place->header)) &&
                ret_place->header.segment == reader->scan.at.segment) {
                ret_place->offset = at + in;
                *ret_found = true;
                return OUTCOME_OK;
            }
        }
    }
    return OUTCOME_OK;
}

static bool place_holds(const struct place *place, uint64_t index)
{
    return index >= place->header.first_index &&
           index - place->header.first_index < place->header.count;
}

static struct outcome no_record(const struct reader *reader, uint64_t index)
{
    log_line(LOG_LEVEL_ERROR, "ledger-corrupt", "segment=%llu index=%llu what=\"no such record\"",
             (unsigned long long)reader->scan.at.segment, (unsigned long long)index);
    return outcome_fail(FAULT_CORRUPT, "a committed record does not verify");
}

/* How many bytes behind `from` the record would begin if all were of one length. */
static uint64_t distance(const struct stretch *stretch, uint64_t index)
{
    CHECK(stretch->first <= index && index < stretch->end);
    return (stretch->until - stretch->from) * (index - stretch->first) /
           (stretch->end - stretch->first);
}

/* Looks where the record is thought to be, or in the middle. */
static struct outcome narrow(struct reader *reader, uint64_t index, bool halve,
                             struct stretch *stretch, struct place *ret_place, bool *ret_found)
{
    struct place place = {0};
    bool found = false;
    uint64_t far = distance(stretch, index);
    uint64_t ahead = (stretch->until - stretch->from) / 2;
    if (!halve && far > PIECE_BYTES / 2) { /* a little before it, so that a record begins between */
        ahead = far - PIECE_BYTES / 2;
    }
    uint64_t middle = stretch->from + ahead / SECTOR_BYTES * SECTOR_BYTES;

    TRY(next_place(reader, middle, stretch->until, &place, &found));
    *ret_found = found && place_holds(&place, index);
    if (found && place.header.first_index <= index) {
        *ret_place = place;
        stretch->from = place.offset;
        stretch->first = place.header.first_index;
        return OUTCOME_OK;
    }
    stretch->until = middle; /* none begins between there and the one found */
    stretch->end = found ? place.header.first_index : stretch->end;
    return OUTCOME_OK;
}

/* Walks from record to record, each header telling where the next one is, but not for ever. */
static struct outcome walk(struct reader *reader, uint64_t index, unsigned records,
                           struct stretch *stretch, struct place *ret_place, bool *ret_found)
{
    struct place place = {0};
    bool found = false;

    for (unsigned i = 0; i < records; i++) {
        TRY(next_place(reader, stretch->from, stretch->from + SECTOR_BYTES, &place, &found));
        if (!found || place.header.first_index > index) {
            return no_record(reader, index);
        }
        *ret_found = place_holds(&place, index);
        if (*ret_found) {
            *ret_place = place;
            return OUTCOME_OK;
        }
        stretch->from += record_bytes(place.header.payload_bytes);
        stretch->first = place.header.first_index + place.header.count;
        if (stretch->from >= stretch->until) {
            return no_record(reader, index);
        }
    }
    return OUTCOME_OK;
}

/* Invariant 2. A long record has a signpost of its own: looking for it would read through it. */
static struct outcome find(struct reader *reader, uint64_t index, struct stretch *stretch,
                           struct place *ret_place)
{
    bool found = false;

    TRY(walk(reader, index, 1, stretch, ret_place, &found));
    for (bool halve = false; !found; halve = !halve) {
        bool few = stretch->until - stretch->from <= PIECE_BYTES;
        if (few || distance(stretch, index) <= PIECE_BYTES) {
            unsigned records = few ? PIECE_BYTES / SECTOR_BYTES : WALK_RECORDS_MAX;
            TRY(walk(reader, index, records, stretch, ret_place, &found));
        }
        if (!found) {
            TRY(narrow(reader, index, halve, stretch, ret_place, &found));
        }
    }
    return OUTCOME_OK;
}

static struct outcome load(struct reader *reader, const struct place *place)
{
    size_t len = record_bytes(place->header.payload_bytes);

    TRY(fetch(&reader->scan, place->offset, len, &reader->record));
    struct outcome outcome =
        reader->record.len == len
            ? record_read(&place->header, buf_view(&reader->record), &reader->body)
            : outcome_fail(FAULT_CORRUPT, "segment ends within a record");
    if (!outcome_ok(outcome)) {
        buf_reset(&reader->record);
        log_line(LOG_LEVEL_ERROR, "ledger-corrupt", "segment=%llu offset=%llu what=\"%s\"",
                 (unsigned long long)reader->scan.at.segment, (unsigned long long)place->offset,
                 outcome.what);
        return outcome;
    }
    reader->header = place->header;
    return OUTCOME_OK;
}

static bool holds(const struct reader *reader, uint64_t segment, uint64_t index)
{
    return reader->record.len > 0 && reader->header.segment == segment &&
           index >= reader->header.first_index &&
           index - reader->header.first_index < reader->header.count;
}

/* Of a segment's file of so many bytes. */
static struct stretch stretch_of(const struct ledger *ledger, const struct segment_place *segment,
                                 uint64_t index, uint64_t bytes)
{
    bool last = segment + 1 == ledger->segments.places + ledger->segments.count;
    struct stretch stretch = {
        .from = SECTOR_BYTES,
        .until = segment->number == ledger->commit.at.segment ? ledger->commit.at.offset : bytes,
        .first = segment->first_index,
        .end = last ? ledger->tree.size : segment[1].first_index,
    };

    signposts_narrow(&ledger->signposts, segment->number, index, &stretch);
    return stretch;
}

struct outcome reader_seek(struct ledger *ledger, uint64_t index)
{
    struct reader *reader = &ledger->reader;
    struct place place = {0};
    const struct segment_place *segment = segment_of(&ledger->segments, index);

    if (index >= ledger->tree.size || segment == NULL) {
        return outcome_fail(FAULT_NOT_FOUND, "no such entry");
    }
    TRY(open_segment(ledger, segment->number));
    if (holds(reader, segment->number, index)) {
        return OUTCOME_OK;
    }
    buf_reset(&reader->record);
    struct stretch stretch = stretch_of(ledger, segment, index, reader->scan.segment_bytes);
    TRY(find(reader, index, &stretch, &place));
    const struct signpost post = {place.header.first_index, segment->number, place.offset};
    if (segment->rest == (reader->scan.file == SEGMENT_FILE_REST)) { /* else it goes any moment */
        signposts_add(&ledger->signposts, &post);
    }
    return load(reader, &place);
}

void ledger_expect(struct ledger *ledger, uint64_t index)
{
    const struct context *context = &ledger->context;
    const struct segment_place *segment = segment_of(&ledger->segments, index);
    char path[LEDGER_PATH_BYTES_MAX];
    uint64_t bytes = 0;
    int fd = DISK_CLOSED;

    if (index >= ledger->tree.size || segment == NULL) {
        return;
    }
    segment_path(segment->number, segment->rest ? SEGMENT_FILE_REST : SEGMENT_FILE_RECORDS, path);
    struct outcome outcome =
        disk_open(context->disk, context->home_fd, path, DISK_OPEN_READ, DISK_PRIVATE, &fd);
    if (outcome_ok(outcome)) {
        outcome = disk_size(context->disk, fd, &bytes);
    }
    struct stretch stretch = stretch_of(ledger, segment, index, bytes);
    if (outcome_ok(outcome) && stretch.until > stretch.from) {
        uint64_t at = stretch.from + distance(&stretch, index);
        uint64_t before = at < PIECE_BYTES ? at : PIECE_BYTES;
        disk_expect(context->disk, fd, stretch.from, SECTOR_BYTES); /* it may be long */
        disk_expect(context->disk, fd, at - before, before + PIECE_BYTES);
    }
    outcome_ignore(outcome);                        /* the read that follows meets it again */
    outcome_ignore(disk_close(context->disk, &fd)); /* only looked at */
}

static void item_of(const struct reader *reader, uint64_t index, struct view *ret_entry,
                    struct view *ret_sealed)
{
    struct cursor entries = cursor_of(reader->body.entries);
    struct cursor openings = cursor_of(reader->body.openings);

    CHECK(holds(reader, reader->header.segment, index));
    for (uint64_t at = reader->header.first_index; at <= index; at++) {
        *ret_entry = cursor_block16(&entries);
        *ret_sealed = cursor_block32(&openings);
    }
    CHECK(!entries.failed && !openings.failed);
}

struct outcome ledger_read(struct ledger *ledger, uint64_t index, struct buf *scratch,
                           struct ledger_item *ret_item)
{
    struct view entry = {0};
    struct view sealed = {0};
    struct view opening = {0};

    TRY(reader_seek(ledger, index));
    item_of(&ledger->reader, index, &entry, &sealed);
    buf_reset(scratch);
    TRY(opening_open(ledger->reader.sealer, ledger->reader.header.segment, index, sealed, scratch,
                     &opening));
    size_t opening_at = (size_t)(opening.data - scratch->data);
    size_t entry_at = scratch->len;
    buf_put_view(scratch, entry);
    TRY(buf_check(scratch));
    ret_item->opening = view_part(buf_view(scratch), opening_at, opening.len);
    ret_item->entry = view_part(buf_view(scratch), entry_at, entry.len);
    return OUTCOME_OK;
}
