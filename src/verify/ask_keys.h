/*
 * Purpose: the keys by which accounts sign asks, as the core tells them. Private to verify/. Public
 * keys only (invariant I11).
 */
#ifndef DANCU_VERIFY_ASK_KEYS_H
#define DANCU_VERIFY_ASK_KEYS_H

#include "proc/vouching.h"

struct ask_key {
    char code[ASK_CODE_BYTES_MAX];
    uint8_t code_len;
    uint8_t key[ES256_SPKI_BYTES];
};
struct ask_keys {
    bool told; /* by the core, since its pipe came */
    unsigned count;
    struct ask_key rows[SIGNING_KEYS_MAX]; /* in the order of their codes */
};

/* FRAME_ASK_KEYS replaces all. FAULT_BAD_INPUT: there is none then, and nothing is told. */
struct outcome ask_keys_take(struct ask_keys *keys, const struct frame *frame);
/* NULL: no key has this code. */
const struct ask_key *ask_keys_find(const struct ask_keys *keys, struct view code);

#endif
