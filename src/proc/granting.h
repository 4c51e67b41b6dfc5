/*
 * Purpose: the frames by which an account learns what it is granted: it is asked for by the key of
 * its certificate, and the core gives a page of its party's businesses as JSON. The receiver relies
 * on no promise of the sender.
 * Owner: edge -> core (FRAME_GRANTS), core -> edge (FRAME_GRANTED), one a frame.
 */
#ifndef DANCU_PROC_GRANTING_H
#define DANCU_PROC_GRANTING_H

#include "proc/frame.h"

/* u64 tag, 32 bytes, block16. */
struct grants_ask {
    uint64_t tag;
    uint8_t spki[32];  /* SHA-256 of the client certificate's SubjectPublicKeyInfo */
    struct view after; /* a business' code: the page begins behind it; empty: with the first */
};
void granting_put_ask(struct buf *buf, const struct grants_ask *ask);
struct outcome granting_get_ask(const struct frame *frame, struct grants_ask *ret_ask);

/* u64 tag, u8 code, u32 seconds, block32. */
struct granted {
    uint64_t tag;
    enum code code;         /* CODE_DISCLOSED: `json` is there; else why there is none */
    uint32_t retry_after_s; /* 429 only, else 0 */
    struct view json;
};
void granting_put(struct buf *buf, const struct granted *granted);
struct outcome granting_get(const struct frame *frame, struct granted *ret_granted);

#endif
