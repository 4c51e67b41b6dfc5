/*
 * The codec of what the worker tells about the scrub.
 *
 * Invariants
 *  1. What is read back is sane: a known part, no more than a whole pass, places of printable ASCII
 *     within their ceilings: they go to logs, tables and JSON as they are.
 */
#include "proc/scrub.h"

#include "base/check.h"

#include <string.h>

static const char *const words[SCRUB_PART_COUNT] = {
    [SCRUB_PART_NONE] = "none",         [SCRUB_PART_LEDGER] = "ledger",
    [SCRUB_PART_REGISTRY] = "registry", [SCRUB_PART_OFFICE] = "office",
    [SCRUB_PART_ARCHIVE] = "archive",   [SCRUB_PART_WAITS] = "waits",
};

const char *scrub_part_word(enum scrub_part part)
{
    CHECK((unsigned)part < SCRUB_PART_COUNT);
    return words[part];
}

static bool place_sane(struct view place)
{
    for (size_t i = 0; i < place.len; i++) {
        if (place.data[i] < ' ' || place.data[i] > '~' || place.data[i] == '"' ||
            place.data[i] == '\\') {
            return false;
        }
    }
    return place.len > 0 && place.len <= SCRUB_PLACE_BYTES_MAX;
}

static bool status_sane(const struct scrub_status *status)
{
    return (unsigned)status->part < SCRUB_PART_COUNT && status->progress_ppm <= SCRUB_PPM &&
           status->begun_us >= 0 && status->ended_us >= 0 &&
           status->place_count <= SCRUB_PLACES_MAX;
}

void scrub_put_status(const struct scrub_status *status, struct buf *buf)
{
    CHECK(status_sane(status));
    buf_put_u8(buf, (uint8_t)status->part);
    buf_put_u32(buf, status->progress_ppm);
    buf_put_u64(buf, status->passes);
    buf_put_u64(buf, (uint64_t)status->begun_us);
    buf_put_u64(buf, (uint64_t)status->ended_us);
    buf_put_u64(buf, status->looked);
    buf_put_u64(buf, status->found);
    buf_put_u64(buf, status->found_before);
    for (unsigned i = 0; i < status->place_count; i++) {
        buf_put_block16(buf, view_text(status->places[i]));
    }
}

struct outcome scrub_get_status(struct view payload, unsigned places,
                                struct scrub_status *ret_status)
{
    struct cursor cursor = cursor_of(payload);
    struct scrub_status status = {.place_count = places};

    status.part = (enum scrub_part)cursor_u8(&cursor);
    status.progress_ppm = cursor_u32(&cursor);
    status.passes = cursor_u64(&cursor);
    status.begun_us = (int64_t)cursor_u64(&cursor);
    status.ended_us = (int64_t)cursor_u64(&cursor);
    status.looked = cursor_u64(&cursor);
    status.found = cursor_u64(&cursor);
    status.found_before = cursor_u64(&cursor);
    if (cursor.failed || !status_sane(&status)) {
        return outcome_fail(FAULT_BAD_INPUT, "scrub: status");
    }
    for (unsigned i = 0; i < places; i++) {
        struct view place = cursor_block16(&cursor);
        if (cursor.failed || !place_sane(place)) {
            return outcome_fail(FAULT_BAD_INPUT, "scrub: place");
        }
        memcpy(status.places[i], place.data, place.len);
    }
    TRY(cursor_end(&cursor, "scrub: status"));
    *ret_status = status;
    return OUTCOME_OK;
}
