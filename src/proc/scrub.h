/*
 * Purpose: how far the scrub is and what it found, as the worker tells the core (FRAME_SCRUB) and
 * the core keeps it: for /metrics, and for `dancu scrub status` over the admin socket.
 * Owner: the worker makes it; the core keeps the last one that came. A place is words of our own
 * and numbers, never content. Source: design.md section 7.
 *
 * Payload of FRAME_SCRUB from the worker and to the command, count = places: u8 part, u32 progress,
 * u64 passes, u64 begun, u64 ended, u64 looked, u64 found, u64 found before, then block16 a place.
 * From the command to the core: an empty payload, count 0: the question.
 */
#ifndef DANCU_PROC_SCRUB_H
#define DANCU_PROC_SCRUB_H

#include "base/bytes.h"
#include "base/ceilings.h"

enum scrub_part {
    SCRUB_PART_NONE,     /* nothing was begun yet */
    SCRUB_PART_LEDGER,   /* public files, commit log, snapshots */
    SCRUB_PART_REGISTRY, /* persons, history, tags */
    SCRUB_PART_OFFICE,   /* objects, the published policy, the log's name */
    SCRUB_PART_ARCHIVE,  /* documents and letters */
    SCRUB_PART_WAITS,    /* the pass is done, the next one is not due */
    SCRUB_PART_COUNT
};

#define SCRUB_PPM 1000000u

struct scrub_status {
    enum scrub_part part;
    uint32_t progress_ppm; /* of the pass in hand, 0..SCRUB_PPM */
    uint64_t passes;       /* ended since the worker began */
    int64_t begun_us; /* wall time: of the pass in hand or, when it waits, of the last; 0: none */
    int64_t ended_us; /* wall time: of the last pass that ended; 0: none did */
    uint64_t looked;  /* rows, records and tiles in the pass in hand or, waiting, the last */
    uint64_t found;   /* bad places in it */
    uint64_t found_before; /* in the pass before it */
    unsigned place_count;  /* kept here: the first of the pass; while it has none, of the last */
    char places[SCRUB_PLACES_MAX][SCRUB_PLACE_BYTES_MAX + 1];
};

/* The word for people and machines: `ledger`, `waits`... */
const char *scrub_part_word(enum scrub_part part);

/* The payload, without the frame around it. */
void scrub_put_status(const struct scrub_status *status, struct buf *buf);
/* `places`: the frame's count. FAULT_BAD_INPUT when anything of it is off. */
struct outcome scrub_get_status(struct view payload, unsigned places,
                                struct scrub_status *ret_status);

#endif
