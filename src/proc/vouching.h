/*
 * Purpose: the frames of signed asks: from the edge to `verify`, and the keys that the core tells
 * `verify`. What `verify` vouches for goes on in FRAME_VOUCHED, laid out as FRAME_ASKS, and its
 * answer comes back the same way in FRAME_ANSWERS. Source: invariant I11, decision 0043.
 *
 * What the edge says is as it came: the body's bytes, and of the header what can be signed. Which
 * certificate it came over is the edge's word.
 */
#ifndef DANCU_PROC_VOUCHING_H
#define DANCU_PROC_VOUCHING_H

#include "proc/frame.h"
#include "seal/seal.h"

#define VOUCH_FIELD_BYTES_MAX 4096 /* one header field of a signed ask */

/* FRAME_ASKED: u64 tag, block16 SubjectPublicKeyInfo (DER) of the client's certificate,
 * block16 path, block16 each of the fields below, block32 body. The method is POST. */
enum vouch_field {
    VOUCH_ASSERTION, /* Dancu-Assertion */
    VOUCH_SIGNATURE_INPUT,
    VOUCH_SIGNATURE,
    VOUCH_CONTENT_DIGEST,
    VOUCH_CONTENT_TYPE,
    VOUCH_IDEMPOTENCY_KEY,
    VOUCH_TRACEPARENT,
    VOUCH_FIELD_COUNT
};
struct vouch_asked {
    uint64_t tag;
    struct view spki; /* 1..SIGNED_SPKI_BYTES_MAX */
    struct view path;
    struct view fields[VOUCH_FIELD_COUNT]; /* empty = absent */
    struct view body;                      /* 1..ASK_BODY_BYTES_MAX */
};
void vouching_put_asked(struct buf *buf, const struct vouch_asked *asked);
struct outcome vouching_get_asked(const struct frame *frame, struct vouch_asked *ret_asked);

/* FRAME_ASK_KEYS: count keys, all of them each time, in the order of their codes: block16 code,
 * ES256_SPKI_BYTES of SubjectPublicKeyInfo (DER). */
struct vouch_key {
    struct view code;
    struct view key;
};
void vouching_put_key(struct buf *buf, const struct vouch_key *key);
struct outcome vouching_get_key(struct cursor *cursor, struct vouch_key *ret_key);

#endif
