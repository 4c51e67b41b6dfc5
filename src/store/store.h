/*
 * Purpose: the store port: persons (registry) and the office's objects, narrow and batch-shaped so
 * that SQLite (here) and PostgreSQL can be equals. Everything stored is sealed before it comes
 * here or by it; look-ups go by blind tags only. Source: design.md section 8, invariants I7, I8.
 *
 * Reading a person for disclosure is NOT here: it is store/fetch.h, which only gate/ may include.
 */
#ifndef DANCU_STORE_STORE_H
#define DANCU_STORE_STORE_H

#include "base/bytes.h"
#include "base/memory.h"
#include "domain/person.h"
#include "seal/seal.h"

/* ---- Registry: home/registry.db ---- */

struct registry;

enum registry_mode { REGISTRY_READ, REGISTRY_WRITE };

struct registry_config {
    const char *home;               /* directory path ("." when chrooted into it) */
    const struct secret *data_key;  /* seals persons */
    const struct secret *index_key; /* blind tags */
    struct random_port random;
    enum registry_mode mode;
};

struct outcome registry_create(const char *home); /* FAULT_CONFLICT when there */
/* FAULT_NOT_FOUND: no registry there. FAULT_CORRUPT: damaged, or these are not its keys (the first
 * connection that writes leaves a mark of both). FAULT_CONFLICT: made by a newer version. */
struct outcome registry_open(const struct registry_config *config, struct registry **ret_registry);
void registry_close(struct registry *registry);
struct blinder *registry_blinder(struct registry *registry);
struct outcome registry_count(struct registry *registry, uint64_t *ret_persons);

/* One chunk of an import: up to REGISTRY_CHUNK_MAX persons in one transaction, durable on return.
 * A person whose id is there already gets a new version if anything differs (the old one is kept),
 * and is left alone if not. The chunk row stays `pending` until registry_chunk_recorded(): the
 * caller writes the act (number, count, hash) into the ledger in between; after a crash
 * registry_chunk_pending() gives it again. */
#define REGISTRY_CHUNK_MAX 20000
struct registry_chunk {
    uint64_t number;
    uint32_t added;
    uint32_t changed;
    uint32_t unchanged;
    uint32_t cmnd_taken; /* CMNDs that are another person's: that person keeps being found by it;
                            not stored with the chunk */
    uint8_t hash[SEAL_HASH_BYTES]; /* SHA-256 over the SHA-256 of each version written (key u64,
                                      version u32, sealed bytes), in order */
};
struct outcome registry_import(struct registry *registry, struct person *const *persons,
                               unsigned count, struct registry_chunk *ret_chunk);
/* FAULT_NOT_FOUND when none waits. */
struct outcome registry_chunk_pending(struct registry *registry, struct registry_chunk *ret_chunk);
struct outcome registry_chunk_recorded(struct registry *registry, uint64_t number);

/* Blind tags (id, and cmnd when there is one) of all who are protected or locked. The set is loaded
 * into memory once; from whom they are hidden is for the gate to say. */
struct hidden_set;
struct outcome hidden_set_load(struct registry *registry, struct hidden_set **ret_set);
void hidden_set_free(struct hidden_set *set);
/* PERSON_PROTECTED, PERSON_LOCKED of the person with this tag; 0 = neither. */
uint32_t hidden_set_flags(const struct hidden_set *set, const uint8_t tag[SEAL_BLIND_BYTES]);
uint64_t hidden_set_count(const struct hidden_set *set);

/* ---- Office: home/office.db ---- */

/* Objects by kind and code; content is sealed by the store with the office's subkey. */
struct office_store;

struct office_object {
    uint8_t kind;        /* the office's own numbering */
    struct view code;    /* unique within the kind */
    struct view content; /* plain; empty = delete */
};

struct outcome office_store_create(const char *home);
struct outcome office_store_open(const char *home, const struct secret *data_key,
                                 const struct random_port *random, struct office_store **ret_store);
void office_store_close(struct office_store *store);
/* Ledger entries below this index are applied. */
struct outcome office_store_applied(struct office_store *store, uint64_t *ret_upto);
/* Applies the objects of the act recorded at `index` and sets applied-up-to to index + 1, in one
 * durable transaction. */
struct outcome office_store_apply(struct office_store *store, uint64_t index,
                                  const struct office_object *objects, unsigned count);
/* Calls `each` for every object, kinds in order, codes in byte order; stops at its first failure.
 */
struct outcome office_store_load(struct office_store *store,
                                 struct outcome (*each)(void *context,
                                                        const struct office_object *object),
                                 void *context);

#endif
