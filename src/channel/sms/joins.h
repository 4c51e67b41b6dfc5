/*
 * Purpose: messages that come in parts, until all are there. Private to channel/sms/. Source: 3GPP
 * TS 23.040 section 9.2.3.24.1.
 *
 * Parts of one message have the same source, destination and reference. Each is confirmed when it
 * is here, so that a centre that brings one after the other is not waited for by us and we by it:
 * when this process ends before all are here, what is here is lost, and its sender gets no answer.
 */
#ifndef DANCU_CHANNEL_SMS_JOINS_H
#define DANCU_CHANNEL_SMS_JOINS_H

#include "base/clock.h"
#include "wire/sms_text.h"

#define JOIN_PART_BYTES_MAX 254 /* in a unit: septets travel one an octet */

struct join {
    bool used;
    char source[SMPP_ADDRESS_BYTES_MAX + 1];
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
};

/* Takes a part of several. True: it was the last that was missing, and `ret_text` has the whole as
 * UTF-8. False: others are missing, or it fits to none (then it is dropped). The oldest makes room
 * when all places are taken. */
bool joins_take(struct joins *joins, const struct smpp_message *message,
                const struct sms_part *part, int64_t now_us, struct buf *ret_text);
/* Those that have waited too long are forgotten. */
void joins_sweep(struct joins *joins, int64_t now_us);

#endif
