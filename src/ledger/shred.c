/*
 * Shredding a segment: what is kept of it is written anew, and the segment destroyed with its key.
 *
 * Invariants
 *  1. Nothing is destroyed before what is kept is durable and recorded; a start goes on from there.
 *  2. What is kept has the segment's entries, sequence and signed checkpoints, byte for byte: tree,
 *     receipts and tiles are what they were. Only openings differ, under another key.
 *  3. While a segment is in commit/, it is the truth; what is kept of it is in its place as soon as
 *     it is not.
 *  4. No snapshot ends in a segment that is shredded: a start would look for a record of it.
 */
#include "base/check.h"
#include "base/log.h"
#include "base/memory.h"
#include "ledger/private.h"

#include <stdio.h>
#include <string.h>

#define STEP_ITEMS 16u
#define STEP_BYTES 65536u /* that are hashed */
#define SNAPSHOTS_LISTED 64u

enum shred_phase {
    SHRED_READS, /* by the keeper: what is so old is on the disk alone */
    SHRED_LOOKS,
    SHRED_HASHES, /* the segment */
    SHRED_WRITES,
    SHRED_HASHES_REST,
    SHRED_SYNCS, /* by the keeper */
    SHRED_WRITTEN,
    SHRED_DESTROYS, /* by the keeper */
};

struct shredding {
    const struct context *context;
    struct ledger_shredder owner;
    struct ledger_shred told;
    enum shred_phase phase;
    struct scan scan;
    struct sealer *sealer;
    struct sealer *rest_sealer;
    /* the record in hand */
    struct scan_record record; /* header.count 0: none is */
    struct cursor entries;
    struct cursor openings;
    unsigned done; /* of its items */
    struct buf plain;
    struct buf kept;
    struct buf padded;
    struct buf out;
    int fd; /* archived/new */
    uint64_t offset;
    struct hasher *hasher;
    uint64_t hashed;
};

void shred_free(struct shredding *shredding)
{
    if (shredding == NULL) {
        return;
    }
    scan_close(&shredding->scan);
    sealer_free(shredding->sealer);
    sealer_free(shredding->rest_sealer);
    buf_wipe_done(&shredding->plain);
    buf_wipe_done(&shredding->kept);
    buf_wipe_done(&shredding->padded);
    buf_done(&shredding->out);
    outcome_ignore(disk_close(shredding->context->disk, &shredding->fd)); /* it is not used */
    hasher_free(shredding->hasher);
    memory_free(shredding);
}

/* ---- which ---- */

/* Invariant 4. */
static struct outcome is_behind(const struct ledger *ledger, uint64_t end, bool *ret_behind)
{
    uint64_t sizes[SNAPSHOTS_LISTED];
    unsigned count = 0;

    TRY(snapshot_list(&ledger->context, sizes, SNAPSHOTS_LISTED, &count));
    *ret_behind =
        count < SNAPSHOTS_LISTED && (ledger->phase == SNAPSHOT_NONE || ledger->writer.size > end);
    for (unsigned i = 0; i < count; i++) {
        *ret_behind = *ret_behind && sizes[i] > end;
    }
    return OUTCOME_OK;
}

/* What was shredded before is where what is to be kept goes: else archived/ is another folder, as
 * when it is not mounted. */
static struct outcome check_archived(const struct ledger *ledger)
{
    const struct segment_table *table = &ledger->segments;
    bool there = true;

    for (size_t i = 0; i < table->count; i++) {
        if (table->places[i].rest) {
            TRY(segment_has(&ledger->context, table->places[i].number, SEGMENT_FILE_REST, &there));
            break;
        }
    }
    return there ? OUTCOME_OK
                 : outcome_fail(FAULT_CORRUPT, "archived/ lacks what it has: is it mounted?");
}

struct outcome ledger_shred_find(const struct ledger *ledger, uint64_t after,
                                 struct ledger_shred *ret_shred)
{
    const struct segment_table *table = &ledger->segments;

    TRY(check_archived(ledger));
    for (size_t i = 0; i + 1 < table->count; i++) { /* the last one is written to */
        const struct segment_place *place = &table->places[i];
        bool behind = false;
        if (place->number <= after || place->rest) {
            continue;
        }
        TRY(is_behind(ledger, place[1].first_index, &behind));
        if (!behind) {
            break; /* nor are those that follow */
        }
        *ret_shred = (struct ledger_shred){
            .segment = place->number, .first = place->first_index, .end = place[1].first_index};
        return OUTCOME_OK;
    }
    return outcome_fail(FAULT_NOT_FOUND, "no segment to shred");
}

/* ---- looking and writing ---- */

struct outcome ledger_shred_begin(struct ledger *ledger, const struct ledger_shred *shred,
                                  const struct ledger_shredder *shredder)
{
    char why[SCAN_WHY_BYTES] = "";

    CHECK(ledger->shredding == NULL);
    struct shredding *shredding = memory_new(1, sizeof(*shredding));
    if (shredding == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "shredding");
    }
    shredding->context = &ledger->context;
    shredding->owner = *shredder;
    shredding->told = *shred;
    shredding->fd = DISK_CLOSED;
    buf_init(&shredding->plain, seal_padded_len(4 + OPENING_BYTES_MAX));
    buf_init(&shredding->kept, OPENING_BYTES_MAX);
    buf_init(&shredding->padded, seal_padded_len(4 + OPENING_BYTES_MAX));
    buf_init(&shredding->out, COMMIT_RECORD_BYTES_MAX);
    struct outcome outcome = scan_open_sealed(&shredding->scan, &ledger->context, shred->segment,
                                              &shredding->sealer, why);
    if (!outcome_ok(outcome)) {
        shred_free(shredding);
        return outcome;
    }
    CHECK(shredding->scan.file == SEGMENT_FILE_RECORDS);
    ledger->shredding = shredding;
    return OUTCOME_OK;
}

/* *ret_more is false at the segment's end, which must be where the next one begins. */
static struct outcome next_record(struct shredding *shredding, bool *ret_more)
{
    char why[SCAN_WHY_BYTES] = "";
    enum scan_found found = SCAN_END;

    TRY(scan_next(&shredding->scan, &found, &shredding->record, NULL, why));
    shredding->done = 0;
    *ret_more = found == SCAN_RECORD;
    if (*ret_more) {
        shredding->entries = cursor_of(shredding->record.body.entries);
        shredding->openings = cursor_of(shredding->record.body.openings);
        return OUTCOME_OK;
    }
    shredding->record.header.count = 0;
    return found == SCAN_END && shredding->scan.at.index == shredding->told.end
               ? OUTCOME_OK
               : outcome_fail(FAULT_CORRUPT, "a segment that is to be shredded is damaged");
}

/* The next item of the record in hand. */
static struct outcome next_item(struct shredding *shredding, uint64_t *ret_index,
                                struct ledger_item *ret_item)
{
    const struct record_header *header = &shredding->record.header;

    *ret_index = header->first_index + shredding->done;
    ret_item->entry = cursor_block16(&shredding->entries);
    struct view sealed = cursor_block32(&shredding->openings);
    CHECK(!shredding->entries.failed && !shredding->openings.failed);
    shredding->done++;
    buf_reset(&shredding->plain);
    return opening_open(shredding->sealer, header->segment, *ret_index, sealed, &shredding->plain,
                        &ret_item->opening);
}

static void begin_record(struct shredding *shredding)
{
    buf_reset(&shredding->out);
    record_start(&shredding->out);
    buf_put_view(&shredding->out, shredding->record.body.entries);
}

static struct outcome write_out(struct shredding *shredding, uint64_t offset, struct view bytes)
{
    size_t written = 0;

    return disk_write(shredding->context->disk, shredding->fd, offset, bytes, &written);
}

static struct outcome end_record(struct shredding *shredding)
{
    const struct record_header *before = &shredding->record.header;
    const struct record_header header = {
        .kind = before->kind,
        .count = before->count,
        .entries_bytes = before->entries_bytes,
        .first_index = before->first_index,
        .sequence = before->sequence,
        .segment = before->segment,
    };

    buf_put_block16(&shredding->out, shredding->record.body.checkpoint);
    TRY(record_finish(&shredding->out, &header));
    TRY(write_out(shredding, shredding->offset, buf_view(&shredding->out)));
    shredding->offset += shredding->out.len;
    return OUTCOME_OK;
}

static struct outcome keep_item(struct shredding *shredding, uint64_t index,
                                const struct ledger_item *item)
{
    const struct ledger_shredder *owner = &shredding->owner;

    buf_reset(&shredding->kept);
    TRY(owner->keep(owner->context, index, item, &shredding->kept));
    TRY(buf_check(&shredding->kept));
    CHECK(shredding->kept.len > 0);
    return opening_seal(shredding->rest_sealer, shredding->told.segment, index,
                        buf_view(&shredding->kept), &shredding->padded, &shredding->out);
}

/* Some items of the record in hand. */
static struct outcome step_items(struct shredding *shredding, bool writes)
{
    const struct ledger_shredder *owner = &shredding->owner;

    for (unsigned i = 0; i < STEP_ITEMS && shredding->done < shredding->record.header.count; i++) {
        struct ledger_item item = {{0}, {0}};
        uint64_t index = 0;
        if (writes && shredding->done == 0) {
            begin_record(shredding);
        }
        TRY(next_item(shredding, &index, &item));
        TRY(writes ? keep_item(shredding, index, &item)
                   : owner->look(owner->context, index, &item));
    }
    return writes && shredding->done == shredding->record.header.count ? end_record(shredding)
                                                                       : OUTCOME_OK;
}

/* Of the file system that archived/ is on. */
static struct outcome check_room(const struct context *context, uint64_t bytes)
{
    int fd = DISK_CLOSED;

    TRY(disk_open(context->disk, context->home_fd, ARCHIVED_FOLDER, DISK_OPEN_FOLDER, DISK_PRIVATE,
                  &fd));
    struct outcome outcome = disk_has_room(context->disk, fd, bytes);
    outcome_ignore(disk_close(context->disk, &fd)); /* only looked at */
    return outcome;
}

static struct outcome begin_rest(struct shredding *shredding)
{
    const struct context *context = shredding->context;
    const struct scan_position first = {
        .segment = shredding->told.segment,
        .offset = SECTOR_BYTES,
        .index = shredding->scan.header.first_index,
        .sequence = shredding->scan.header.first_sequence,
    };

    TRY(disk_mkdir(context->disk, context->home_fd, ARCHIVED_FOLDER, DISK_PRIVATE));
    TRY(check_room(context, shredding->scan.segment_bytes));
    TRY(segment_key_make(context, shredding->told.segment, SEGMENT_FILE_REST_KEY,
                         &shredding->rest_sealer));
    TRY(disk_open(context->disk, context->home_fd, ARCHIVED_NEW, DISK_OPEN_CREATE, DISK_PRIVATE,
                  &shredding->fd));
    scan_move(&shredding->scan, &first);
    shredding->offset = SECTOR_BYTES;
    return OUTCOME_OK;
}

/* The header comes last: it says how long the file is. */
static struct outcome end_rest(struct shredding *shredding)
{
    uint8_t sector[SECTOR_BYTES];
    struct segment_header header = shredding->scan.header;

    header.segment_bytes = (uint32_t)shredding->offset;
    segment_header_write(&header, sector);
    return write_out(shredding, 0, view_of(sector, sizeof(sector)));
}

/* ---- hashes ---- */

static struct outcome hash_step(struct shredding *shredding, int fd, uint64_t bytes,
                                uint8_t ret_hash[SEAL_HASH_BYTES], bool *ret_done)
{
    uint64_t left = bytes - shredding->hashed;
    size_t want = left < STEP_BYTES ? (size_t)left : STEP_BYTES;
    size_t got = 0;

    *ret_done = false;
    if (shredding->hasher == NULL) {
        TRY(hasher_new(&shredding->hasher));
    }
    buf_reset(&shredding->out);
    uint8_t *to = buf_claim(&shredding->out, want);
    if (to == NULL) {
        return buf_check(&shredding->out);
    }
    TRY(disk_read(shredding->context->disk, fd, shredding->hashed, to, want, &got));
    if (got != want) {
        return outcome_fail(FAULT_CORRUPT, "a segment became shorter");
    }
    hasher_add(shredding->hasher, view_of(to, got));
    shredding->hashed += got;
    if (shredding->hashed == bytes) {
        hasher_end(shredding->hasher, ret_hash);
        hasher_free(shredding->hasher);
        shredding->hasher = NULL;
        shredding->hashed = 0;
        *ret_done = true;
    }
    return OUTCOME_OK;
}

/* ---- steps ---- */

/* What is kept has its name, beside the segment (invariant 3). */
static struct outcome name_rest(struct shredding *shredding)
{
    const struct context *context = shredding->context;
    char path[LEDGER_PATH_BYTES_MAX];

    TRY(disk_close(context->disk, &shredding->fd));
    segment_path(shredding->told.segment, SEGMENT_FILE_REST, path);
    TRY(disk_rename(context->disk, context->home_fd, ARCHIVED_NEW, path));
    shredding->phase = SHRED_SYNCS;
    return OUTCOME_OK;
}

static struct outcome walk_step(struct shredding *shredding, bool writes)
{
    bool more = true;

    if (shredding->done == shredding->record.header.count) {
        TRY(next_record(shredding, &more));
    }
    if (more) {
        return step_items(shredding, writes);
    }
    if (writes) {
        TRY(end_rest(shredding));
    }
    shredding->phase = writes ? SHRED_HASHES_REST : SHRED_HASHES;
    return OUTCOME_OK;
}

static struct outcome step(struct shredding *shredding)
{
    bool done = false;

    switch (shredding->phase) {
    case SHRED_LOOKS:
        return walk_step(shredding, false);
    case SHRED_HASHES:
        TRY(hash_step(shredding, shredding->scan.fd, shredding->scan.segment_bytes,
                      shredding->told.hash, &done));
        if (done) {
            TRY(begin_rest(shredding));
            shredding->phase = SHRED_WRITES;
        }
        return OUTCOME_OK;
    case SHRED_WRITES:
        return walk_step(shredding, true);
    case SHRED_HASHES_REST:
        TRY(hash_step(shredding, shredding->fd, shredding->offset, shredding->told.rest, &done));
        return done ? name_rest(shredding) : OUTCOME_OK;
    default:
        return OUTCOME_OK; /* somebody else's turn */
    }
}

/* What is kept is not, before its record: neither name is durable, nor wanted. */
static struct outcome clear_rest(const struct context *context, uint64_t segment)
{
    char path[LEDGER_PATH_BYTES_MAX];

    segment_path(segment, SEGMENT_FILE_REST, path);
    TRY(disk_remove(context->disk, context->home_fd, path, false));
    segment_path(segment, SEGMENT_FILE_REST_KEY, path);
    TRY(disk_remove(context->disk, context->home_fd, path, false));
    return disk_remove(context->disk, context->home_fd, ARCHIVED_NEW, false);
}

void ledger_unkept(struct ledger *ledger)
{
    if (ledger->shredding != NULL && ledger->shredding->phase == SHRED_READS) {
        ledger_shred_give_up(ledger);
    }
}

uint64_t ledger_rests(const struct ledger *ledger)
{
    uint64_t count = 0;

    for (size_t i = 0; i < ledger->segments.count; i++) {
        count += ledger->segments.places[i].rest ? 1 : 0;
    }
    return count;
}

uint64_t ledger_whole_below(const struct ledger *ledger, uint64_t end)
{
    const struct segment_table *table = &ledger->segments;
    uint64_t count = 0;

    for (size_t i = 0; i + 1 < table->count && table->places[i + 1].first_index <= end; i++) {
        count += table->places[i].rest ? 0 : 1;
    }
    return count;
}

void ledger_shred_give_up(struct ledger *ledger)
{
    struct shredding *shredding = ledger->shredding;

    if (shredding == NULL) {
        return;
    }
    CHECK(shredding->phase != SHRED_DESTROYS);
    ledger->shredding = NULL;
    struct outcome outcome = clear_rest(&ledger->context, shredding->told.segment);
    if (!outcome_ok(outcome)) { /* the next start clears it */
        log_outcome(LOG_LEVEL_WARN, "rest-not-cleared", outcome);
    }
    shred_free(shredding);
}

struct outcome ledger_shred_step(struct ledger *ledger)
{
    CHECK(ledger->shredding != NULL);
    struct outcome outcome = step(ledger->shredding);
    if (!outcome_ok(outcome)) {
        ledger_shred_give_up(ledger);
    }
    return outcome;
}

enum ledger_shred_state ledger_shred_state(const struct ledger *ledger)
{
    if (ledger->shredding == NULL) {
        return LEDGER_SHRED_NONE;
    }
    switch (ledger->shredding->phase) {
    case SHRED_READS:
    case SHRED_SYNCS:
    case SHRED_DESTROYS:
        return LEDGER_SHRED_WAITS;
    case SHRED_WRITTEN:
        return LEDGER_SHRED_WRITTEN;
    default:
        return LEDGER_SHRED_WORKS;
    }
}

struct ledger_shred ledger_shred_told(const struct ledger *ledger)
{
    CHECK(ledger->shredding != NULL && ledger->shredding->phase >= SHRED_SYNCS);
    return ledger->shredding->told;
}

/* From here on what is kept stands for the segment. */
static void put_rest(struct ledger *ledger, uint64_t segment)
{
    for (size_t i = 0; i < ledger->segments.count; i++) {
        if (ledger->segments.places[i].number == segment) {
            ledger->segments.places[i].rest = true;
        }
    }
    reader_close(&ledger->reader);
    signposts_forget(&ledger->signposts, segment);
}

void ledger_shred_recorded(struct ledger *ledger)
{
    CHECK(ledger_shred_state(ledger) == LEDGER_SHRED_WRITTEN);
    ledger->shredding->phase = SHRED_DESTROYS;
    scan_close(&ledger->shredding->scan); /* else its room is not free */
    ledger->shredding->scan.context = NULL;
    put_rest(ledger, ledger->shredding->told.segment);
}

enum ledger_wish shred_wish(const struct ledger *ledger, uint64_t *ret_segment)
{
    static const enum ledger_wish wishes[] = {
        [SHRED_READS] = LEDGER_WISH_READ,
        [SHRED_SYNCS] = LEDGER_WISH_REST,
        [SHRED_DESTROYS] = LEDGER_WISH_DESTROY,
    };
    const struct shredding *shredding = ledger->shredding;

    enum ledger_wish wish = shredding == NULL ? LEDGER_WISH_NONE : wishes[shredding->phase];
    *ret_segment = wish == LEDGER_WISH_NONE ? 0 : shredding->told.segment;
    return wish;
}

void shred_kept(struct ledger *ledger, enum ledger_wish done, uint64_t segment)
{
    uint64_t wanted = 0;

    if (done == LEDGER_WISH_NONE || shred_wish(ledger, &wanted) != done || wanted != segment) {
        return;
    }
    if (done != LEDGER_WISH_DESTROY) {
        ledger->shredding->phase = done == LEDGER_WISH_READ ? SHRED_LOOKS : SHRED_WRITTEN;
        return;
    }
    put_rest(ledger, segment); /* whoever read meanwhile may have found the segment */
    shred_free(ledger->shredding);
    ledger->shredding = NULL;
}

/* ---- at a start ---- */

static struct outcome hash_file(const struct context *context, const char *path,
                                uint8_t ret_hash[SEAL_HASH_BYTES])
{
    struct shredding hashing = {.context = context, .fd = DISK_CLOSED};
    uint64_t bytes = 0;
    bool done = false;

    buf_init(&hashing.out, STEP_BYTES);
    struct outcome outcome =
        disk_open(context->disk, context->home_fd, path, DISK_OPEN_READ, DISK_PRIVATE, &hashing.fd);
    if (outcome_ok(outcome)) {
        outcome = disk_size(context->disk, hashing.fd, &bytes);
    }
    while (outcome_ok(outcome) && !done) {
        outcome = hash_step(&hashing, hashing.fd, bytes, ret_hash, &done);
    }
    outcome_ignore(disk_close(context->disk, &hashing.fd)); /* only read from */
    buf_done(&hashing.out);
    hasher_free(hashing.hasher);
    return outcome;
}

/* Invariant 1: what was recorded is there, and its key. */
static struct outcome check_rest(const struct context *context, const struct ledger_shred *last,
                                 char ret_place[256])
{
    uint8_t hash[SEAL_HASH_BYTES] = {0};
    char path[LEDGER_PATH_BYTES_MAX];
    struct sealer *sealer = NULL;

    segment_path(last->segment, SEGMENT_FILE_REST, path);
    struct outcome outcome = hash_file(context, path, hash);
    if (outcome_ok(outcome) && memcmp(hash, last->rest, sizeof(hash)) != 0) {
        outcome = outcome_fail(FAULT_CORRUPT, "it is not what was recorded");
    }
    if (outcome_ok(outcome)) {
        segment_path(last->segment, SEGMENT_FILE_REST_KEY, path);
        outcome = segment_key_open(context, last->segment, SEGMENT_FILE_REST_KEY, &sealer);
        sealer_free(sealer);
    }
    if (!outcome_ok(outcome)) {
        snprintf(ret_place, 256, "%s: %s", path, outcome.what);
    }
    return outcome.fault == FAULT_NOT_FOUND ? outcome_fail(FAULT_CORRUPT, outcome.what) : outcome;
}

static struct outcome settle(struct ledger *ledger, uint64_t segment,
                             const struct ledger_shred *last, char ret_place[256])
{
    const struct context *context = &ledger->context;
    bool whole = false;
    bool key = false;
    bool rest = false;
    bool rest_key = false;

    TRY(segment_has(context, segment, SEGMENT_FILE_RECORDS, &whole));
    TRY(segment_has(context, segment, SEGMENT_FILE_KEY, &key));
    TRY(segment_has(context, segment, SEGMENT_FILE_REST, &rest));
    TRY(segment_has(context, segment, SEGMENT_FILE_REST_KEY, &rest_key));
    if (segment != last->segment) {
        return whole && (rest || rest_key) ? clear_rest(context, segment) : OUTCOME_OK;
    }
    if (whole || key) {
        TRY(check_rest(context, last, ret_place));
        TRY(destroy_segment(context->disk, context->home_fd, segment));
        log_line(LOG_LEVEL_INFO, "segment-destroyed", "segment=%llu", (unsigned long long)segment);
        put_rest(ledger, segment);
    }
    return OUTCOME_OK;
}

struct outcome ledger_shred_settle(struct ledger *ledger, const struct ledger_shred *last,
                                   char ret_place[256])
{
    const struct segment_table *table = &ledger->segments;

    for (size_t i = 0; i < table->count; i++) {
        if (!table->places[i].rest || table->places[i].number == last->segment) {
            TRY(settle(ledger, table->places[i].number, last, ret_place));
        }
    }
    return OUTCOME_OK;
}
