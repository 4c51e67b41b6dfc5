/*
 * Purpose: the frames of signed acts: from the desk to `verify`, from there to the core, and back;
 * and the signers that the core tells `verify`. Everything in them is foreign to who receives it,
 * and decodes to its last byte or not at all. Source: invariant I11.
 *
 * A tag is the sender's own number for an act in hand and comes back with what became of it. The
 * desk says over which certificate an act came; that is its word alone. What `verify` says is
 * checked: the signature was made with the key whose hash stands in the frame. It is the one that
 * the core last told for the officer that is named; the core looks whether it still is.
 */
#ifndef DANCU_PROC_SIGNED_H
#define DANCU_PROC_SIGNED_H

#include "domain/signed.h"
#include "proc/frame.h"
#include "seal/seal.h"

/* FRAME_SIGNED, desk -> verify: u64 tag, block16 SubjectPublicKeyInfo (DER) of the client's
 * certificate, block32 JWS. */
struct signed_asked {
    uint64_t tag;
    struct view
        spki;        /* 1..SIGNED_SPKI_BYTES_MAX; a key that is not P-256 fits nobody's signature */
    struct view jws; /* 1..SIGNED_JWS_BYTES_MAX, as it came */
};
void signed_put_asked(struct buf *buf, const struct signed_asked *asked);
struct outcome signed_get_asked(const struct frame *frame, struct signed_asked *ret_asked);

/* FRAME_STAMPED, verify -> core: u64 tag, u8 signer's kind, block16 its code, 32 bytes hash of the
 * signer's key, 32 bytes hash of the client's SubjectPublicKeyInfo, 32 bytes SHA-256 of the JWS, u8
 * code, block16 pointer, block16 reason, block32 act, block16 jti, u64 iat, block16 if_match,
 * block32 JWS.
 *
 * `code` is ACT_CODE_DONE when the payload says an act, which then stands in `act` (act_put());
 * ACT_CODE_BAD_INPUT when a payload that is rightly signed says none: then pointer and reason say
 * why, and `act`, `jti` and what follows may be empty; ACT_CODE_SIGNATURE_INVALID when nobody has
 * signed it: then nothing is said but the two hashes. */
struct signed_stamped {
    uint64_t tag;
    enum signer_kind signer;
    struct view kid;              /* the signer's code, 1..ASK_CODE_BYTES_MAX */
    uint8_t key[SEAL_HASH_BYTES]; /* SHA-256 of the public key that the signature fits, DER */
    uint8_t spki[SEAL_HASH_BYTES];
    uint8_t jws_hash[SEAL_HASH_BYTES];
    enum act_code code;
    struct view pointer;
    struct view reason;
    struct view act;
    struct view jti;
    uint64_t iat_s;
    struct view if_match; /* empty = absent */
    struct view jws;
};
void signed_put_stamped(struct buf *buf, const struct signed_stamped *stamped);
struct outcome signed_get_stamped(const struct frame *frame, struct signed_stamped *ret_stamped);

/* FRAME_SIGNED_DONE, core -> verify -> desk: u64 tag, u8 code, u64 index of the record, block16
 * pointer, block16 reason, block16 object, block16 etag. Index, object and etag are of good codes;
 * the object of ACT_CODE_PROPOSED is the proposal. */
struct signed_done {
    uint64_t tag;
    enum act_code code;
    uint64_t index;
    struct view pointer; /* JSON Pointer into the payload; empty = none */
    struct view reason;  /* one English sentence for people; never foreign text */
    struct view object;  /* code of what was changed */
    struct view etag;    /* with its quotes */
};
void signed_put_done(struct buf *buf, const struct signed_done *done);
struct outcome signed_get_done(const struct frame *frame, struct signed_done *ret_done);

/* FRAME_SIGNERS, core -> verify: count officers, all of them each time: block16 code, block16
 * SubjectPublicKeyInfo (DER) of the signing key. Only those who may sign now. */
struct signed_signer {
    struct view code;
    struct view key;
};
void signed_put_signer(struct buf *buf, const struct signed_signer *signer);
struct outcome signed_get_signer(struct cursor *cursor, struct signed_signer *ret_signer);

#endif
