/*
 * Purpose: an answer in few bytes, and back exactly. Of an entry's nine digests seven are those of
 * the disclosures beside it, so that two are kept; of a disclosure's text its salt and its value;
 * of a proof what the one before it had not. Private to jobs/.
 *
 * What is packed is relative to the answer before it: packing and unpacking go through the same
 * answers in the same order, from a reset on.
 */
#ifndef DANCU_JOBS_PACK_H
#define DANCU_JOBS_PACK_H

#include "base/bytes.h"
#include "domain/ask.h"

/* What the answer before this one had. */
struct packing {
    struct buf checkpoint;
    struct buf path;
    struct buf tail; /* of the entry, behind its digests */
    struct buf values[OPENING_DISCLOSURES_MAX];
    struct buf text; /* of what is being unpacked: views lie here */
    struct buf other;
};
struct outcome packing_init(struct packing *packing);
void packing_done(struct packing *packing);
void packing_reset(struct packing *packing);

/* Appends. The answer has a receipt. */
struct outcome pack_put(struct packing *packing, const struct answer *answer, struct buf *buf);
/* ret_answer's views last until the next call. FAULT_CORRUPT. */
struct outcome pack_get(struct packing *packing, struct cursor *cursor, struct answer *ret_answer);

#endif
