/*
 * Purpose: the Idempotency-Keys of the last 24 hours: which account's key stands for which record
 * (formats.md "Ask"). Keys are blind tags, so memory and snapshots name nobody. Derived from the
 * log. Private to gate/.
 */
#ifndef DANCU_GATE_KEYS_H
#define DANCU_GATE_KEYS_H

#include "gate/directory.h"
#include "gate/tags.h"

#define KEY_SPAN_S (24 * 3600)
#define KEY_BODY_BYTES 8 /* of the body's hash; the record has all of it */

struct key {
    struct tag_slot slot; /* of account and key */
    uint32_t at_s;        /* of the first ask that carried it; 0 = hidden: only its place is left */
    uint8_t body[KEY_BODY_BYTES];
    uint64_t index; /* of its record in the log */
    struct account *account;
    uint32_t newer; /* the one that came after it */
};
_Static_assert(sizeof(struct key) + sizeof(uint32_t) <= 64, "a key and its bucket: 64 bytes");
_Static_assert(KEYS_MAX <= TAGS_MAX, "keys fit their table");

struct keys {
    struct tags tags;
    uint32_t oldest;
    uint32_t newest;
    uint32_t reserved; /* for the batch in hand */
    /* While a snapshot is made: the row from save_at to save_last is still to be copied;
     * TAGS_NONE: nothing is. */
    uint32_t save_at;
    uint32_t save_last;
    uint32_t save_now_s;
    uint32_t save_accounts; /* that were numbered */
    uint32_t save_round;
};

void keys_init(struct keys *keys);
void keys_done(struct keys *keys);
/* NULL: the key is free. */
const struct key *keys_find(const struct keys *keys, const uint8_t tag[SEAL_BLIND_BYTES],
                            uint32_t now_s);
/* A batch begins: what the last one reserved was used or is not needed. */
void keys_batch(struct keys *keys);
/* Sets a place aside that keys_put() cannot fail to find. FAULT_OVER_LIMIT: the table or the
 * account has as many as it may; FAULT_NO_MEMORY. */
struct outcome keys_reserve(struct keys *keys, const struct account *account, uint32_t now_s);
/* The key stands for this record from now on; when it stood for another one, the 24 hours stay
 * those that began with the first. `body` is the whole hash. */
void keys_put(struct keys *keys, const uint8_t tag[SEAL_BLIND_BYTES],
              const uint8_t body[SEAL_HASH_BYTES], uint64_t index, struct account *account,
              uint32_t now_s);
/* Seconds until a place falls free, at least 1. */
uint32_t keys_wait_s(const struct keys *keys, uint32_t now_s);

/* For snapshots; an account that is not in the directory any more takes its keys with it. The keys
 * that there are when it begins, in steps of `rows` keys; one that comes to stand for another
 * record meanwhile may be copied with that one, which replay then puts again: the same. `round` is
 * the copy's number, another each time.
 * keys_save_step() appends, and says when it was the last. */
void keys_save_begin(struct keys *keys, uint32_t round, uint32_t now_s);
void keys_save_step(struct keys *keys, uint32_t rows, struct buf *buf, bool *ret_last);
struct outcome keys_restore(struct keys *keys, const struct directory *directory,
                            struct cursor *cursor);

#endif
