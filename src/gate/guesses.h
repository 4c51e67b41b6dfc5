/*
 * Purpose: misses remembered: at most GUESSES_PER_DAY_MAX on one asked key by one party within 24
 * hours (design.md section 5, step 2). Keys are blind tags, so memory and snapshots name nobody.
 */
#ifndef DANCU_GATE_GUESSES_H
#define DANCU_GATE_GUESSES_H

#include "gate/tags.h"

#define GUESS_SPAN_S (24 * 3600)

struct guess {
    struct tag_slot slot;               /* of the asked key, mixed with the party's code */
    uint32_t at_s[GUESSES_PER_DAY_MAX]; /* of the last misses, newest first; 0 = none */
};

struct guesses {
    struct tags tags;
    uint32_t swept; /* slots below were looked at for stale misses in this round */
    /* While a snapshot is made: */
    uint32_t save_at; /* slots from here to save_end are still to be copied; equal: none is */
    uint32_t save_end;
    uint32_t save_now_s;
    uint64_t *saved;  /* a bit a slot: copied before its turn, because it was about to change */
    struct buf early; /* those rows */
};
_Static_assert(GUESS_KEYS_MAX <= TAGS_MAX, "asked keys fit their table");

void guesses_init(struct guesses *guesses);
void guesses_done(struct guesses *guesses);
/* Misses on the tag within the 24 hours before now_s, and when the oldest of them falls out. */
unsigned guesses_count(const struct guesses *guesses, const uint8_t tag[SEAL_BLIND_BYTES],
                       uint32_t now_s, uint32_t *ret_until_s);
/* Remembers a miss. FAULT_OVER_LIMIT when the table is full of fresh ones. */
struct outcome guesses_add(struct guesses *guesses, const uint8_t tag[SEAL_BLIND_BYTES],
                           uint32_t at_s);
/* Takes the newest miss on the tag back (its record was not written). */
void guesses_take_back(struct guesses *guesses, const uint8_t tag[SEAL_BLIND_BYTES]);
/* Can another key be remembered (after dropping stale ones)? */
bool guesses_room(struct guesses *guesses, uint32_t now_s);
/* For snapshots: the misses as of guesses_save_begin(), copied in steps of `slots` slots while they
 * go on to change; guesses_save_step() appends, and says when it was the last. FAULT_NO_MEMORY.
 * guesses_save_end() in any case; it accepts that nothing was begun. */
struct outcome guesses_save_begin(struct guesses *guesses, uint32_t now_s);
struct outcome guesses_save_step(struct guesses *guesses, uint32_t slots, struct buf *buf,
                                 bool *ret_last);
void guesses_save_end(struct guesses *guesses);
struct outcome guesses_get(struct guesses *guesses, struct cursor *cursor);

#endif
