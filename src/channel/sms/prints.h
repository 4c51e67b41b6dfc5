/*
 * Purpose: which messages the centre may bring again. SMPP gives a message that comes in no name:
 * one that is brought again after a link has ended looks as one that a citizen has written twice.
 * What tells them apart is whether the centre knows that we have the first. Private to
 * channel/sms/. Source: decision 0062.
 *
 * A message is PRINT_HERE from when it comes in, PRINT_ANSWERED when its response was put on the
 * link, PRINT_SURE when the centre has answered something that was put there after it (TCP keeps
 * the order), PRINT_DOUBTFUL when its link ended before.
 */
#ifndef DANCU_CHANNEL_SMS_PRINTS_H
#define DANCU_CHANNEL_SMS_PRINTS_H

#include "base/ceilings.h"
#include "proc/texting.h"

enum print_state { PRINT_NONE, PRINT_HERE, PRINT_ANSWERED, PRINT_SURE, PRINT_DOUBTFUL };

#define PRINTS_WAYS 8 /* that share a place; the oldest makes room */

struct print {
    uint8_t bytes[TEXTING_PRINT_BYTES];
    enum print_state state;
    uint32_t mark; /* PRINT_ANSWERED: of the question that is put after it */
    int64_t at_us; /* monotonic: its last change */
};

struct prints {
    struct print places[SMS_PRINTS_MAX];
    int64_t begun_us; /* before that, nothing is known */
    unsigned answered;
};

void prints_init(struct prints *prints, int64_t now_us);
/* It has come in. Whether the centre may have brought it before. */
bool prints_come(struct prints *prints, const uint8_t print[TEXTING_PRINT_BYTES], int64_t now_us);
/* Its response is on the link; the next question that we put there will be number `mark`. */
void prints_answered(struct prints *prints, const uint8_t print[TEXTING_PRINT_BYTES], uint32_t mark,
                     int64_t now_us);
/* It was given back to the centre, which will bring it again. */
void prints_returned(struct prints *prints, const uint8_t print[TEXTING_PRINT_BYTES],
                     int64_t now_us);
/* The centre has answered question `mark`. */
void prints_sure(struct prints *prints, uint32_t mark, int64_t now_us);
/* The link has ended. */
void prints_lost(struct prints *prints, int64_t now_us);
/* Whether a question is worth putting. */
bool prints_unsure(const struct prints *prints);

#endif
