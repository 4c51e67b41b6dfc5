/*
 * Prints of messages, in a table of places that PRINTS_WAYS share.
 *
 * Invariants
 *  1. One that is remembered is said to come again unless the centre is known to have our word for
 *     it: in doubt a message is not answered twice.
 *  2. What was before the process began is nowhere known: for as long as a centre tries, one that
 *     is not remembered may come again, too.
 *  3. `answered` is how many are PRINT_ANSWERED.
 */
#include "channel/sms/prints.h"

#include "base/check.h"
#include "base/clock.h"

#include <string.h>

#define SETS (SMS_PRINTS_MAX / PRINTS_WAYS)
#define DOUBT_US ((int64_t)SMS_DOUBT_S * US_PER_S)

_Static_assert(SETS *PRINTS_WAYS == SMS_PRINTS_MAX, "whole sets");

static struct print *set_of(struct prints *prints, const uint8_t *bytes)
{
    unsigned set = ((unsigned)bytes[0] << 8 | bytes[1]) % SETS; /* of a hash: evenly */

    return &prints->places[(size_t)set * PRINTS_WAYS];
}

static struct print *find(struct prints *prints, const uint8_t *bytes)
{
    struct print *set = set_of(prints, bytes);

    for (unsigned i = 0; i < PRINTS_WAYS; i++) {
        if (set[i].state != PRINT_NONE && memcmp(set[i].bytes, bytes, TEXTING_PRINT_BYTES) == 0) {
            return &set[i];
        }
    }
    return NULL;
}

/* Invariant 3. */
static void move(struct prints *prints, struct print *print, enum print_state state, int64_t now_us)
{
    prints->answered -= print->state == PRINT_ANSWERED ? 1 : 0;
    prints->answered += state == PRINT_ANSWERED ? 1 : 0;
    print->state = state;
    print->at_us = now_us;
}

/* A free place, or that of the one that has changed last the longest ago. */
static struct print *make(struct prints *prints, const uint8_t *bytes)
{
    struct print *set = set_of(prints, bytes);
    struct print *oldest = &set[0];

    for (unsigned i = 0; i < PRINTS_WAYS && oldest->state != PRINT_NONE; i++) {
        if (set[i].state == PRINT_NONE || set[i].at_us < oldest->at_us) {
            oldest = &set[i];
        }
    }
    move(prints, oldest, PRINT_NONE, 0);
    memcpy(oldest->bytes, bytes, TEXTING_PRINT_BYTES);
    return oldest;
}

void prints_init(struct prints *prints, int64_t now_us)
{
    *prints = (struct prints){.begun_us = now_us};
}

bool prints_come(struct prints *prints, const uint8_t print[TEXTING_PRINT_BYTES], int64_t now_us)
{
    struct print *known = find(prints, print);
    bool again = known == NULL ? now_us - prints->begun_us < DOUBT_US /* invariant 2 */
                 : known->state == PRINT_DOUBTFUL ? now_us - known->at_us < DOUBT_US
                                                  : known->state != PRINT_SURE;

    move(prints, known == NULL ? make(prints, print) : known, PRINT_HERE, now_us);
    return again;
}

void prints_answered(struct prints *prints, const uint8_t print[TEXTING_PRINT_BYTES], uint32_t mark,
                     int64_t now_us)
{
    struct print *known = find(prints, print);

    if (known != NULL) { /* else others have taken its place: invariant 2 does not hold for it */
        known->mark = mark;
        move(prints, known, PRINT_ANSWERED, now_us);
    }
}

void prints_returned(struct prints *prints, const uint8_t print[TEXTING_PRINT_BYTES],
                     int64_t now_us)
{
    struct print *known = find(prints, print);

    if (known != NULL) {
        move(prints, known, PRINT_DOUBTFUL, now_us);
    }
}

void prints_sure(struct prints *prints, uint32_t mark, int64_t now_us)
{
    for (size_t i = 0; i < SMS_PRINTS_MAX && prints->answered > 0; i++) {
        struct print *print = &prints->places[i];
        if (print->state == PRINT_ANSWERED && (int32_t)(mark - print->mark) >= 0) {
            move(prints, print, PRINT_SURE, now_us);
        }
    }
}

void prints_lost(struct prints *prints, int64_t now_us)
{
    for (size_t i = 0; i < SMS_PRINTS_MAX; i++) {
        struct print *print = &prints->places[i];
        if (print->state == PRINT_ANSWERED || print->state == PRINT_HERE) {
            move(prints, print, PRINT_DOUBTFUL, now_us);
        }
    }
}

bool prints_unsure(const struct prints *prints)
{
    return prints->answered > 0;
}
