/*
 * Purpose: which lines of a job there were before: the first of those that are the same, byte for
 * byte. Private to jobs/.
 */
#ifndef DANCU_JOBS_SEEN_H
#define DANCU_JOBS_SEEN_H

#include "base/bytes.h"

#define SEEN_HASH_BYTES 12

struct seen_slot {
    uint32_t line; /* 0: free; lines are numbered from 1 */
    uint8_t hash[SEEN_HASH_BYTES];
};

struct seen {
    struct seen_slot *slots;
    uint32_t mask; /* of their number, a power of two of at least twice the lines */
};

/* For so many lines. FAULT_NO_MEMORY. */
struct outcome seen_init(struct seen *seen, uint32_t lines);
void seen_done(struct seen *seen);
/* The first line of that text, which is this one when it is new. */
uint32_t seen_add(struct seen *seen, struct view text, uint32_t line);

#endif
