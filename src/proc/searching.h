/*
 * Purpose: the frames by which the core has the worker search the private side of the records, and
 * is told what was found. A search is known by the index of the act that ordered it. The receiver
 * relies on no promise of the sender. Source: issue "The office", leak trace; invariants I8, I9.
 */
#ifndef DANCU_PROC_SEARCHING_H
#define DANCU_PROC_SEARCHING_H

#include "base/ceilings.h"
#include "proc/frame.h"

/* FRAME_SEARCH, core -> worker: u64 index, block32 act. */
struct search_order {
    uint64_t index;  /* of its act: entries up to it, the act's own included, are looked at */
    struct view act; /* as it was recorded (office/act.h), 1..SEARCH_ORDER_BYTES_MAX; the worker
                        reads it */
};
void searching_put_order(struct buf *buf, const struct search_order *order);
struct outcome searching_get_order(const struct frame *frame, struct search_order *ret_order);

enum search_state {
    SEARCH_WAITS, /* for the worker: never in a frame */
    SEARCH_RUNS,
    SEARCH_DONE,
    SEARCH_FAILED, /* `why` says why; there is nothing else */
    SEARCH_STATE_COUNT
};

/* FRAME_FOUND, worker -> core: u64 index, u8 state, u64 looked, u64 of, u64 persons, u64 versions,
 * u64 found, u64 forgotten, u32 shown, block16 why, block32 items, block32 summary. */
struct search_found {
    uint64_t index;
    enum search_state state;
    uint64_t looked;     /* entries, so far */
    uint64_t of;         /* entries to look at */
    uint64_t persons;    /* whom the values fit */
    uint64_t versions;   /* of them */
    uint64_t found;      /* entries */
    uint64_t forgotten;  /* entries of that time that cannot be looked into any more */
    uint32_t shown;      /* of these, in `items` */
    struct view why;     /* words of our own, at most SEARCH_WHY_BYTES_MAX */
    struct view items;   /* JSON objects with commas between, at most SEARCH_ITEMS_BYTES_MAX */
    struct view summary; /* one JSON object, at most SEARCH_SUMMARY_BYTES_MAX; of incidents only */
};
void searching_put_found(struct buf *buf, const struct search_found *found);
struct outcome searching_get_found(const struct frame *frame, struct search_found *ret_found);

#endif
