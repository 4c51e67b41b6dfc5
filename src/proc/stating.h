/*
 * Purpose: the frame by which an account fetches another part of a statement that it was given the
 * first part of, as the answer of an ask with a citizen's assertion. What is told is FRAME_GRANTED
 * (granting.h). The receiver relies on no promise of the sender.
 * Owner: edge -> core (FRAME_STATEMENT). Source: docs/map.md, decision 0068.
 */
#ifndef DANCU_PROC_STATING_H
#define DANCU_PROC_STATING_H

#include "proc/frame.h"

/* u64 tag, 32 bytes, 16 bytes, u64. */
struct statement_ask {
    uint64_t tag;
    uint8_t spki[32]; /* SHA-256 of the client certificate's SubjectPublicKeyInfo */
    struct statement_next next;
};
void stating_put_ask(struct buf *buf, const struct statement_ask *ask);
struct outcome stating_get_ask(const struct frame *frame, struct statement_ask *ret_ask);

#endif
