/*
 * Purpose: the frames by which the core has the process `sms` send messages, and is told what
 * became of each. The receiver relies on no promise of the sender. Source: issue "Citizens", items
 * 5 to 7; decision 0063.
 *
 * The core keeps every message until it is done (core/outbox.h) and offers SENDING_OFFERED_MAX of
 * them at once. For each that was offered, `sms` says one of accepted, refused, later; afterwards,
 * for one that was accepted and whose receipt was wanted, delivered or undelivered. When the pipe
 * ends, all that were offered and not answered are offered again to the next one, with `again`.
 */
#ifndef DANCU_PROC_SENDING_H
#define DANCU_PROC_SENDING_H

#include "base/ceilings.h"
#include "proc/frame.h"

/* FRAME_SMS_OUT, core -> sms: count messages: u64 id, u8 flags (1 = again, 2 = receipt), u32
 * valid_s, block16 phone, block16 text. */
struct sending_message {
    uint64_t id;       /* of the core's; never given twice */
    bool again;        /* the centre may have it already: replace it there if that can be */
    bool receipt;      /* tell when it is delivered */
    uint32_t valid_s;  /* from now on; at least 1 */
    struct view phone; /* as country_phone_get() writes it */
    struct view text;  /* UTF-8, 1..OUTBOX_TEXT_BYTES_MAX bytes */
};
void sending_put_message(struct buf *buf, const struct sending_message *message);
/* One, within the frame's payload. FAULT_BAD_INPUT. */
struct outcome sending_get_message(struct cursor *cursor, struct sending_message *ret_message);

#define SENDING_RESULTS_MAX 16 /* in one frame, and at least one */

/* FRAME_SMS_OUT, sms -> core: count results: u64 id, u8 saying, block16 centre_id. */
enum sending_saying {
    SENDING_ACCEPTED,    /* the centre has it, under `centre_id` */
    SENDING_REFUSED,     /* the centre will never take it */
    SENDING_LATER,       /* not sent, or nobody knows: offer it again */
    SENDING_DELIVERED,   /* by the centre's receipt, as the next */
    SENDING_UNDELIVERED, /* for good */
    SENDING_SAYING_COUNT
};
struct sending_result {
    uint64_t id; /* 0, of a receipt: `sms` knows the centre's id alone */
    enum sending_saying saying;
    struct view centre_id; /* at most SENDING_CENTRE_ID_BYTES_MAX; may be empty */
};
void sending_put_result(struct buf *buf, const struct sending_result *result);
struct outcome sending_get_result(struct cursor *cursor, struct sending_result *ret_result);

#endif
