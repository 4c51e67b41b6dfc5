/*
 * Purpose: the frames by which sets of changes come in: from the desk to `verify` as they came, to
 * the core once their signature is right, to the loader with the law by which they are applied, and
 * back. What each receives is foreign to it, and decodes to its last byte or not at all.
 * Source: decision 0051, invariant I11.
 */
#ifndef DANCU_PROC_FEEDING_H
#define DANCU_PROC_FEEDING_H

#include "domain/change.h"
#include "proc/frame.h"
#include "proc/signed.h"
#include "seal/seal.h"

#define FEEDING_PAYLOAD_BYTES_MAX (SIGNED_JWS_BYTES_MAX / 4 * 3)

/* FRAME_SOURCES, core -> verify: count sources, all of them each time, as FRAME_SIGNERS has
 * officers (signed_put_signer()). Only those that may send now. */

/* FRAME_CHANGES, desk -> verify: as FRAME_SIGNED (struct signed_asked). */
void feeding_put_asked(struct buf *buf, const struct signed_asked *asked);
struct outcome feeding_get_asked(const struct frame *frame, struct signed_asked *ret_asked);

/* FRAME_CHANGES_STAMPED, verify -> core: u64 tag, block16 source, 32 bytes hash of its signing key,
 * 32 bytes hash of the client's SubjectPublicKeyInfo, 32 bytes SHA-256 of the JWS, block32 payload.
 * The signature over it was made with that key. */
struct feeding_stamped {
    uint64_t tag;
    struct view source; /* its code */
    uint8_t key[SEAL_HASH_BYTES];
    uint8_t spki[SEAL_HASH_BYTES];
    uint8_t jws_hash[SEAL_HASH_BYTES];
    struct view payload;
};
void feeding_put_stamped(struct buf *buf, const struct feeding_stamped *stamped);
struct outcome feeding_get_stamped(const struct frame *frame, struct feeding_stamped *ret_stamped);

/* FRAME_CHANGES_ORDER, core -> loader: u64 tag, block16 source, u8 its kind, the law
 * (change_law_put()), 32 bytes SHA-256 of the JWS, block16 the log's origin, block32 payload. */
struct feeding_order {
    uint64_t tag;
    struct view source;
    enum source_kind kind;
    struct change_law law;
    uint8_t jws_hash[SEAL_HASH_BYTES];
    struct view origin;
    struct view payload;
};
void feeding_put_order(struct buf *buf, const struct feeding_order *order);
struct outcome feeding_get_order(const struct frame *frame, struct feeding_order *ret_order);

/* FRAME_CHANGED, loader -> core -> verify -> desk: u64 tag, u8 code, u64 number of the set, u64 the
 * number expected next (0 = not known), u8 1 = it was taken before, u64 chunk (0 = none), u16
 * faults in all, u8 those told: block16 pointer and block16 reason each, u16 results: u8 result and
 * u32 members kept each. Results are of SET_CODE_DONE, faults of SET_CODE_BAD_INPUT. */
struct feeding_fault {
    struct view pointer;
    struct view reason;
};
struct feeding_changed {
    uint64_t tag;
    enum set_code code;
    uint64_t number;
    uint64_t expected;
    bool again;
    uint64_t chunk;
    unsigned fault_count;
    unsigned told_count;
    struct feeding_fault faults[CHANGE_FAULTS_MAX];
    unsigned count;
    struct change_made done[CHANGES_MAX];
};
void feeding_put_changed(struct buf *buf, const struct feeding_changed *changed);
struct outcome feeding_get_changed(const struct frame *frame, struct feeding_changed *ret_changed);
/* All that an answer without results says. */
void feeding_put_code(struct buf *buf, uint64_t tag, enum set_code code);

#endif
