/*
 * Purpose: what phones have written: who writes is found out by the phone, what he wants goes the
 * way of whatever a citizen does himself (core/citizens.h), and the answer is kept for sending
 * (core/outbox.h). Private to core/. Source: clauses F3, S7; issue "Citizens", item 7; decision
 * 0062.
 */
#ifndef DANCU_CORE_MESSAGES_H
#define DANCU_CORE_MESSAGES_H

#include "proc/frame.h"

struct core;
struct peer;
struct own_phone;
struct own_reply;

#define MESSAGES_COUNTERS 8192 /* of phones; those of one counter share */

/* How often somebody has written: full at first, one given back after a while. */
struct message_credit {
    int64_t full_us; /* monotonic: when nothing is missing any more; 0: nothing is */
};

struct messages {
    struct message_credit phones[MESSAGES_COUNTERS];
    struct message_credit all;
    struct message_credit strangers; /* phones that are nobody's: their share of the outbox */
    uint64_t answered;
    uint64_t again;      /* that had had their answer */
    uint64_t unanswered; /* no phones, or too often */
};

/* One frame; *ret_good false: it does not decode. */
struct outcome messages_take(struct core *core, struct peer *peer, const struct frame *frame,
                             bool *ret_good);
/* The page that a message has waited for (histories.c) is made, or refused: keeps what its phone is
 * told, then tells the peer that it is taken, or is to come again. */
struct outcome messages_tell(struct core *core, struct peer *peer, uint64_t tag,
                             const struct own_phone *phone, const struct own_reply *reply);

#endif
