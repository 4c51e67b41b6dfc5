/*
 * Purpose: a walk over everything that a store holds, which says of each thing good or bad with its
 * place and hands nothing out: no record, no number, no tag leaves (invariants I1, I7). For the
 * worker's scrub and `dancu scrub`. Source: design.md section 7.
 *
 * A place is words and numbers of our own: table, person key, version, chunk; never content.
 * Nothing is ever changed or mended; a writer may be at work beside it.
 */
#ifndef DANCU_STORE_SCRUB_H
#define DANCU_STORE_SCRUB_H

#include "store/store.h"

/* Whom a bad place is told, one call each. */
struct scrub_watch {
    void (*found)(void *context, const char *place);
    void *context;
};

struct registry_scrub;

/* `config->mode` is not looked at: the connection only reads. FAULT_BUSY, FAULT_NO_MEMORY: later;
 * anything else: the registry cannot be opened, which is a finding for the caller to tell. */
struct outcome registry_scrub_open(const struct registry_config *config,
                                   const struct scrub_watch *watch,
                                   struct registry_scrub **ret_scrub);
void registry_scrub_close(struct registry_scrub *scrub); /* accepts NULL */

/* A bounded piece of the walk, in one short read transaction: pages and indexes as a whole, then
 * every person, every former version, every tag, every hidden tag, every chunk. *ret_ppm: how far
 * the walk is; 1,000,000: it ended. Each look-up that disclosure can make is made here as it is
 * made there, by the tag. A statement that fails on damage or I/O is told as a place, and the walk
 * goes on behind that table. FAULT_BUSY, FAULT_NO_MEMORY: the same piece again, later. */
struct outcome registry_scrub_step(struct registry_scrub *scrub, uint32_t *ret_ppm);
/* Rows looked at so far. */
uint64_t registry_scrub_looked(const struct registry_scrub *scrub);

/* A chunk as the ledger's act has it (`cmnd_taken` is not looked at) against the stored one. */
struct outcome registry_scrub_chunk(struct registry_scrub *scrub,
                                    const struct registry_chunk *recorded);
/* The highest number of a chunk that is stored and marked as recorded; 0: none. */
struct outcome registry_scrub_chunk_last(struct registry_scrub *scrub, uint64_t *ret_number);

/* The office's store: the file's structure, every object opened and found by its code, then handed
 * to `each` (the office's objects are acts, not persons). *ret_applied: applied-up-to, or unknown.
 * Fails when the store cannot be opened, or with FAULT_BUSY, FAULT_NO_MEMORY: later. Damage inside
 * is told to `watch`, and is no failure of the call; a failure of `each` is told at the object's
 * kind. */
#define OFFICE_APPLIED_UNKNOWN UINT64_MAX
struct outcome
office_store_scrub(const char *home, const struct secret *data_key, const struct secret *data_next,
                   const struct random_port *random, const struct scrub_watch *watch,
                   struct outcome (*each)(void *context, const struct office_object *object),
                   void *context, uint64_t *ret_applied, uint64_t *ret_looked);

#endif
