/*
 * Purpose: the proofs of asks that were used, each once: of all edges and both protocols, since
 * there is one core (decision 0043). Kept for as long as one could come again; derived from the
 * log, so that a restart forgets none. Private to gate/.
 */
#ifndef DANCU_GATE_ONCE_H
#define DANCU_GATE_ONCE_H

#include "domain/ask.h"
#include "gate/tags.h"

/* From the moment at which it was used: the one that is good longest was made by a clock ahead of
 * ours. Twice that, for a clock of ours that is set back a little. */
#define PROOF_SPAN_S (2 * (PROOF_S_MAX + PROOF_SKEW_S_MAX))

struct used {
    struct tag_slot slot; /* the proof's tag */
    uint32_t at_s;
    uint32_t newer; /* the one that came after it */
};
_Static_assert(PROOF_TAG_BYTES == SEAL_BLIND_BYTES, "a proof's tag is a tag");
_Static_assert(PROOFS_MAX <= TAGS_MAX, "proofs fit their table");

struct once {
    struct tags tags;
    uint32_t oldest;
    uint32_t newest;
    uint32_t reserved; /* for the batch in hand */
    /* While a snapshot is made, as of keys (keys.h). */
    uint32_t save_at;
    uint32_t save_last;
    uint32_t save_now_s;
};

void once_init(struct once *once);
void once_done(struct once *once);
bool once_has(const struct once *once, const uint8_t tag[PROOF_TAG_BYTES]);
/* A batch begins: what the last one reserved was used or is not needed. */
void once_batch(struct once *once);
/* Sets a place aside that once_put() cannot fail to find. FAULT_OVER_LIMIT, FAULT_NO_MEMORY. */
struct outcome once_reserve(struct once *once, uint32_t now_s);
/* It is used from now on; one that is there already stays. */
void once_put(struct once *once, const uint8_t tag[PROOF_TAG_BYTES], uint32_t now_s);

/* For snapshots, in steps of `rows`; once_save_step() appends, and says when it was the last. */
void once_save_begin(struct once *once, uint32_t now_s);
void once_save_step(struct once *once, uint32_t rows, struct buf *buf, bool *ret_last);
struct outcome once_restore(struct once *once, struct cursor *cursor);

#endif
