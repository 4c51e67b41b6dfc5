/*
 * Purpose: the read of persons for disclosure. Only gate/ includes this header (invariant I1; a
 * check in ./test fails on any other).
 *
 * I5: found or not, every probe costs one index probe, one record read and one decryption: who is
 * not there gets a decoy record, chosen by the tag, which is read, opened and thrown away.
 */
#ifndef DANCU_STORE_FETCH_H
#define DANCU_STORE_FETCH_H

#include "store/store.h"

struct registry_probe {
    /* in */
    uint8_t tag[SEAL_BLIND_BYTES];
    /* out */
    bool found;
    uint64_t key; /* person key; of the decoy when not found */
    uint32_t version;
    struct view record; /* plain record, in the caller's scratch; of the decoy when not found;
                           empty only when the registry is empty */
};

/* All probes of a batch; `scratch` is reset first and holds the records. FAULT_CORRUPT when a
 * record's seal does not verify (that probe's record is empty and `found` false; the place is
 * logged); FAULT_IO. */
struct outcome registry_fetch(struct registry *registry, struct registry_probe *probes,
                              unsigned count, struct buf *scratch);

/* A person as it was at a version that was disclosed before: for an answer that is given again.
 * `scratch` is reset first. FAULT_NOT_FOUND; FAULT_CORRUPT (the place is logged); FAULT_IO. */
struct outcome registry_fetch_version(struct registry *registry, uint64_t key, uint32_t version,
                                      struct buf *scratch, struct view *ret_record);

#endif
