/*
 * Purpose: the signed acts of the last 24 hours by signer and jti, so that each happens once and
 * the same JWS again gets the same answer. Derived: rebuilt from the log's records since the
 * snapshot, which has it. Private to office/.
 *
 * An act that is refused takes its place as well: who signed it signs anew after the refusal, and a
 * desk that kept it cannot try again when things have changed.
 */
#ifndef DANCU_OFFICE_REPLAYS_H
#define DANCU_OFFICE_REPLAYS_H

#include "office/signed.h"

#define REPLAYS_KEPT_US (INT64_C(24) * 60 * 60 * 1000000)

struct replay {
    uint8_t key[SEAL_HASH_BYTES]; /* of signer and jti */
    uint8_t jws_hash[SEAL_HASH_BYTES];
    enum signer_kind signer;
    struct code_text code; /* the signer's */
    int64_t time_us;
    bool told; /* another act under the same jti was recorded as refused: once is enough */
    struct signed_result result;
};

/* How many of those are one signer's. */
struct replays_signer {
    uint8_t key[1 + CODE_TEXT_BYTES_MAX]; /* kind and code, zeros behind it */
    unsigned count;
};

struct replays {
    struct map map;
    struct replay *order[REPLAYS_MAX]; /* ring, oldest first */
    unsigned first;
    uint64_t forgotten; /* how many there were before the first */
    struct map signers;
    unsigned of_accounts;
    uint64_t save_next; /* of a copy that is being made: counted from the first that ever was */
    uint64_t save_end;
};

void replays_init(struct replays *replays);
void replays_done(struct replays *replays);
/* NULL: there was none in the last 24 hours before `now_us`. */
struct replay *replays_find(struct replays *replays, const struct signed_act *act, int64_t now_us);
/* FAULT_OVER_LIMIT: the signer, or all, have no place left. */
struct outcome replays_room(struct replays *replays, const struct doer *doer, int64_t now_us);
/* FAULT_NO_MEMORY, FAULT_OVER_LIMIT, FAULT_CONFLICT (it is there). */
struct outcome replays_add(struct replays *replays, const struct signed_act *act,
                           const struct signed_result *result, int64_t now_us);
/* Copies those that are there at the beginning, in steps of some tens of KiB; what is forgotten
 * meanwhile is left out. */
void replays_save_begin(struct replays *replays, struct buf *buf);
void replays_save_step(struct replays *replays, struct buf *buf, bool *ret_last);
void replays_clear(struct replays *replays);
/* What was there is forgotten. After a failure it holds some of it. FAULT_CORRUPT, FAULT_NO_MEMORY.
 */
struct outcome replays_restore(struct replays *replays, struct cursor *cursor);

#endif
