/*
 * Purpose: the frames by which a key of the house is replaced while it serves (decisions 0072,
 * 0074): the new key to the core, over the admin socket; who has it; how far the loader has come.
 *
 * FRAME_KEY, admin socket -> core: block16 which key, 32 bytes. It is the only frame that has a key
 * in it: who receives it wipes it. Answered with FRAME_ACT_RESULT, index 0.
 * FRAME_ROTATE, core -> loader (not the signing key), worker: u8 verb, 32 bytes fingerprint of the
 * new key.
 * FRAME_ROTATED, loader, worker -> core: u8 state, fingerprint, u64 persons, versions, damaged, 32
 * bytes hash.
 */
#ifndef DANCU_PROC_ROTATING_H
#define DANCU_PROC_ROTATING_H

#include "proc/frame.h"
#include "seal/seal.h"

void rotating_put_key(struct buf *buf, struct view which, const struct secret *key);
/* ret_which borrows from the frame, which the caller wipes. */
struct outcome rotating_get_key(const struct frame *frame, struct view *ret_which,
                                struct secret *ret_key);

enum rotating_verb {
    ROTATING_HOLD, /* who does not have that key ends: the next process reads it at its start */
    ROTATING_GO,   /* to the loader: seal or tag anew under it */
    ROTATING_VERB_COUNT
};
struct rotating_order {
    enum rotating_verb verb;
    uint8_t fingerprint[SEAL_HASH_BYTES];
};
void rotating_put_order(struct buf *buf, const struct rotating_order *order);
struct outcome rotating_get_order(const struct frame *frame, struct rotating_order *ret_order);

enum rotating_state {
    ROTATING_HOLDS, /* has the key */
    ROTATING_RUNS,
    ROTATING_WHOLE, /* the registry lies under it, all of it */
    ROTATING_STATE_COUNT
};
struct rotating_told {
    enum rotating_state state;
    uint8_t fingerprint[SEAL_HASH_BYTES];
    uint64_t persons;
    uint64_t versions;
    uint64_t damaged;
    uint8_t hash[SEAL_HASH_BYTES];
};
void rotating_put_told(struct buf *buf, const struct rotating_told *told);
struct outcome rotating_get_told(const struct frame *frame, struct rotating_told *ret_told);

#endif
