/*
 * Purpose: the frame by which the desk asks why a hypothetical ask would be decided as it is: named
 * values, and under which version of the law. The receiver relies on no promise of the sender, nor
 * knows the names here.
 * Owner: desk -> core (FRAME_EXPLAIN), one a frame; the answer is FRAME_SEEN (looking.h).
 */
#ifndef DANCU_PROC_EXPLAINING_H
#define DANCU_PROC_EXPLAINING_H

#include "base/ceilings.h"
#include "proc/frame.h"

struct explaining_pair {
    struct view name;
    struct view value;
};

/* u64 tag, 32 bytes, block16, u8 count, then block16 name and block16 value each. */
struct explaining {
    uint64_t tag;
    uint8_t spki[32];   /* SHA-256 of the client certificate's SubjectPublicKeyInfo */
    struct view policy; /* hash of the version; empty: the one in force */
    unsigned count;
    struct explaining_pair pairs[EXPLAIN_PAIRS_MAX];
};
void explaining_put(struct buf *buf, const struct explaining *asked);
struct outcome explaining_get(const struct frame *frame, struct explaining *ret_asked);

#endif
