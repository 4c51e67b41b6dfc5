/*
 * Purpose: the frames by which the public process passes on what a citizen does over his session,
 * and is told what came of it. It holds a token and knows of nobody whose it is; what a verb means,
 * it does not know either. The receiver relies on no promise of the sender.
 * Source: decision 0059, invariant I4.
 */
#ifndef DANCU_PROC_OWNING_H
#define DANCU_PROC_OWNING_H

#include "proc/frame.h"
#include "seal/seal.h"

/* FRAME_OWN, public -> core: u64 tag, 32 bytes session, block16 verb, block32 body. */
struct own_asked {
    uint64_t tag;
    uint8_t session[SEAL_HASH_BYTES]; /* SHA-256 of the session's token */
    struct view verb;                 /* OWN_VERB_BYTES_MAX: lower case letters, `.`, `_` */
    struct view body; /* a canonical JSON object (wire/canonical.h), OWN_BODY_BYTES_MAX, as deep as
                         OWN_DEPTH_MAX */
};
void owning_put_asked(struct buf *buf, const struct own_asked *asked);
struct outcome owning_get_asked(const struct frame *frame, struct own_asked *ret_asked);

/* FRAME_OWN_TOLD, core -> public: u64 tag, u8 code, u32 seconds, block16 why, block32 JSON, u8: 1 =
 * the gate's answer follows: block16 checkpoint, and the answer as in FRAME_ANSWERS. */
struct own_told {
    uint64_t tag;
    enum code code;
    uint32_t retry_after_s;      /* 429 only, else 0 */
    struct view why;             /* of a refusal; may be empty; 255 at most */
    struct view json;            /* CODE_DISCLOSED only: OWN_JSON_BYTES_MAX; may be empty */
    const struct answer *answer; /* NULL: the gate was not asked; else `why` and `json` are empty */
};
void owning_put_told(struct buf *buf, const struct own_told *told);
/* ret_told->answer is ret_answer, or NULL. */
struct outcome owning_get_told(const struct frame *frame, struct own_told *ret_told,
                               struct answer *ret_answer);

#endif
