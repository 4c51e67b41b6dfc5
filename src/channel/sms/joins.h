/*
 * Purpose: messages that come in parts, until all are there. Private to channel/sms/. Source: 3GPP
 * TS 23.040 section 9.2.3.24.1.
 *
 * Parts of one message have the same source, destination and reference. Each but the last is
 * confirmed when it is here, so that a centre that brings one after the other is not waited for by
 * us and we by it: when this process ends before all are here, what is here is lost, and its sender
 * gets no answer. What is whole stays until the core has taken it, so that the last part can be
 * given back and come again.
 */
#ifndef DANCU_CHANNEL_SMS_JOINS_H
#define DANCU_CHANNEL_SMS_JOINS_H

#include "base/clock.h"
#include "wire/sms_text.h"

#define JOIN_PART_BYTES_MAX 254 /* in a unit: septets travel one an octet */

struct join {
    bool used;
    uint32_t serial; /* of this place's use */
    char source[SMPP_ADDRESS_BYTES_MAX + 1];
    char destination[SMPP_ADDRESS_BYTES_MAX + 1];
    uint16_t reference;
    unsigned count;
    unsigned here; /* a bit a part */
    uint8_t coding;
    int64_t since_us;
    uint8_t lens[SMS_PARTS_MAX];
    uint8_t bytes[SMS_PARTS_MAX][JOIN_PART_BYTES_MAX];
};

struct joins {
    struct join places[SMS_JOINS_MAX];
    uint32_t serial;
};

/* Which use of which place; `serial` 0: none. */
struct join_mark {
    unsigned place;
    uint32_t serial;
};

/* Takes a part of several. True: none is missing any more, `ret_text` has the whole as UTF-8, and
 * `ret_mark` says what to end. False: others are missing, or it fits to none (then it is dropped).
 * The oldest makes room when all places are taken. */
bool joins_take(struct joins *joins, const struct smpp_message *message,
                const struct sms_part *part, int64_t now_us, struct buf *ret_text,
                struct join_mark *ret_mark);
/* It was taken: forgotten, if that place has not been given to another since. */
void joins_end(struct joins *joins, struct join_mark mark);
/* Those that have waited too long are forgotten. */
void joins_sweep(struct joins *joins, int64_t now_us);

#endif
