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
#include "base/clock.h"
#include "base/memory.h"
#include "domain/change.h"
#include "seal/seal.h"

/* ---- Registry: home/registry.db ---- */

struct registry;

/* REGISTRY_SCRUB: the store's own, by registry_scrub_open(). */
enum registry_mode { REGISTRY_READ, REGISTRY_WRITE, REGISTRY_SCRUB };

struct registry_config {
    const char *home;                  /* directory path ("." when chrooted into it) */
    const struct secret *data_key;     /* seals persons */
    const struct secret *data_next;    /* takes over from it, or has; NULL: none */
    const struct secret *index_key;    /* puts the veil over blind tags, ... */
    const struct secret *index_next;   /* takes over from it, or has; NULL: none */
    const struct secret *identity_key; /* ... and this makes them; NULL: index_key does, and there
                                          is no veil */
    struct random_port random;
    struct clock_port clock; /* of who writes: the day of what changes; without one it is unknown */
    enum registry_mode mode;
    uint32_t wal_bytes_max; /* its log is written back at this size; 0 = REGISTRY_WAL_BYTES_MAX */
};

struct outcome registry_create(const char *home); /* FAULT_CONFLICT when there */
/* FAULT_NOT_FOUND: no registry there. FAULT_CORRUPT: damaged, or these are not its keys (the first
 * connection that writes leaves a mark of both), or not both of those that it lies under now.
 * FAULT_CONFLICT: made by a newer version. */
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
    uint32_t user;       /* local user who asked for the import */
    uint64_t until;      /* offset in the file of the first byte behind the chunk; 0 = of no file */
    uint8_t hash[SEAL_HASH_BYTES]; /* SHA-256 over the SHA-256 of each version written (key u64,
                                      version u32, sealed bytes), in order */
    uint8_t file[SEAL_HASH_BYTES]; /* SHA-256 of the file; zeros = of no file */
    /* Of a set of changes: its source. Then `until` is the set's number, and `file` the SHA-256 of
     * its JWS. Empty: of an import. */
    char source[ASK_CODE_BYTES_MAX + 1];
};
struct outcome registry_import(struct registry *registry, struct person *const *persons,
                               unsigned count, struct registry_chunk *ret_chunk);

/* How far the import of one file has come. It moves in the transaction of each chunk, so that an
 * import that was cut off goes on behind its last chunk, cut as it would have been. */
#define REGISTRY_INTAKES_MAX 1000 /* begun and never finished */
struct registry_intake {
    struct view name; /* the operator's; kept as a blind tag only */
    uint64_t size;    /* of the file, bytes */
    uint8_t file[SEAL_HASH_BYTES];
    uint32_t user;
    uint32_t chunk_max; /* persons in each chunk but the last */
    uint64_t position;  /* bytes of the file that are done with */
    uint64_t lines;     /* likewise */
    uint64_t bad;
    uint64_t rejects; /* bytes of the reject file that tell about them */
    uint64_t added;
    uint64_t changed;
    uint64_t unchanged;
    uint64_t cmnd_taken;
    uint64_t chunks;
    bool finished; /* all is done, and nobody has been told */
};
/* registry_import() of one step of it: `intake` says what will hold once the chunk is there, but
 * for the persons counted: those of the chunk are added here. It stays unchanged on failure. */
struct outcome registry_import_step(struct registry *registry, struct person *const *persons,
                                    unsigned count, struct registry_intake *intake,
                                    struct registry_chunk *ret_chunk);
/* FAULT_NOT_FOUND. ret_intake->name is the one given. */
struct outcome registry_intake_find(struct registry *registry, struct view name,
                                    struct registry_intake *ret_intake);
/* FAULT_OVER_LIMIT. */
struct outcome registry_intake_put(struct registry *registry, const struct registry_intake *intake);
struct outcome registry_intake_remove(struct registry *registry, struct view name);

/* One set of changes of a source, in one transaction with its chunk, which stays `pending` as an
 * import's does; durable on return. Each change has a result of its own. */
struct registry_feed {
    struct view source; /* its code, 1..ASK_CODE_BYTES_MAX */
    enum source_kind kind;
    const struct change_set *set; /* without faults */
    const struct change_law *law;
    struct view payload; /* as it was signed: whether it is the same again is judged by it */
    uint8_t jws_hash[SEAL_HASH_BYTES];
    uint32_t user;
};
struct registry_fed {
    enum set_code code; /* SET_CODE_DONE, or a NUMBER_ one: nothing was changed */
    uint64_t number;
    uint64_t expected; /* the next set's number, after this one */
    bool again;        /* it was taken before, and these are the results of then */
    unsigned count;    /* of SET_CODE_DONE */
    struct change_made done[CHANGES_MAX];
    struct registry_chunk chunk; /* of what is not `again`; else its number alone */
};
/* FAULT_CONFLICT: a chunk waits for its record. FAULT_OVER_LIMIT: too many hidden persons. */
struct outcome registry_feed(struct registry *registry, const struct registry_feed *feed,
                             struct registry_fed *ret_fed);

/* ---- Another data key or another index key (decisions 0072, 0074) ---- */

/* The writer seals persons anew, or puts another veil over their tags, in chunks, each in a
 * transaction with how far it has come; whoever has both keys reads all meanwhile. What is written
 * meanwhile lies under the new key. */
enum registry_key { REGISTRY_KEY_DATA, REGISTRY_KEY_INDEX, REGISTRY_KEY_COUNT };
struct registry_rotation {
    bool any;          /* there is one, or was: the last */
    bool under_way;    /* some may lie under the former key */
    uint64_t upto;     /* persons up to that key are done */
    uint64_t persons;  /* of them, in force ... */
    uint64_t versions; /* ... and all their versions, those included; of the index key,
                          rows of tags that were made anew */
    uint64_t damaged;  /* versions that open under no key: left as they are; of the index
                          key, persons whose number is not known for that: they lose
                          their row in the search index */
    uint8_t hash[SEAL_HASH_BYTES]; /* SHA-256(the one before || SHA-256(key u64, version u32, sealed
                                      bytes)), version by version; begins with zeros. Of the index
                                      key, of each row SHA-256(key u64, tag) */
};
/* Another key that may begin to be in use at any time: what lies under it opens from now on. For
 * who has the registry open. FAULT_CONFLICT: both that it has are in use, or it is the identity
 * key.
 */
struct outcome registry_key_offer(struct registry *registry, enum registry_key which,
                                  const struct secret *next);
/* What lies under a key that is no longer in use does not open from now on, if it is no longer. */
struct outcome registry_key_settle(struct registry *registry, enum registry_key which);
/* Whether it has been given the key with that fingerprint, whichever of them it is, and has not let
 * go of it. */
bool registry_key_held(const struct registry *registry, const uint8_t hash[SEAL_HASH_BYTES]);
/* Whether it is the one under which the writer writes. */
bool registry_key_written(const struct registry *registry, const uint8_t hash[SEAL_HASH_BYTES]);
/* Which of them it is; REGISTRY_KEY_COUNT: it is not held. */
enum registry_key registry_key_which(const struct registry *registry,
                                     const uint8_t hash[SEAL_HASH_BYTES]);
struct outcome registry_rotation_read(struct registry *registry, enum registry_key which,
                                      struct registry_rotation *ret_rotation);
/* Once it returns, whatever is written lies under the new key. Again: as it stands.
 * FAULT_NOT_FOUND: there is no other key. */
struct outcome registry_rotation_begin(struct registry *registry, enum registry_key which);
/* Up to so many persons more with all their versions, durable on return. The last step ends it:
 * from then on nothing opens under the former key. */
#define REGISTRY_ROTATE_MAX 2000
struct outcome registry_rotation_step(struct registry *registry, enum registry_key which,
                                      unsigned persons, struct registry_rotation *ret_rotation);

/* Writes the log of the store back into its file. What a reader holds back is left for later. */
struct outcome registry_settle(struct registry *registry);

/* FAULT_NOT_FOUND when none waits. */
struct outcome registry_chunk_pending(struct registry *registry, struct registry_chunk *ret_chunk);
/* Whom a chunk has changed, and in what; who is new is not among them, nor whose flags alone are
 * other. In the order of keys; kept until the chunk is recorded. */
struct registry_changed {
    uint64_t key;
    uint32_t members; /* MEMBER_BIT() */
};
/* A part of them, of which one record tells. */
struct registry_part {
    uint32_t next;   /* one behind `number` */
    uint32_t number; /* from 0 */
    bool last;
    unsigned count; /* OPENING_PEOPLE_MAX of each but the last, which may have none */
    struct registry_changed list[OPENING_PEOPLE_MAX];
};
/* The part behind *part; the first, of a zeroed one. */
struct outcome registry_chunk_part(struct registry *registry, uint64_t number,
                                   struct registry_part *part);
/* Whoever reads this registry while it is written to must have met the chunk (hidden_set) before:
 * what it changed about the hidden, and whom it changed, is forgotten. */
struct outcome registry_chunk_recorded(struct registry *registry, uint64_t number);

/* Blind tags (id, and cmnd when there is one) of all who are protected or locked. The set is loaded
 * into memory once; from whom they are hidden is for the gate to say. Where others may write to the
 * registry, it follows: each fetch brings it to the very state that is read, so nobody is met in an
 * answer who is hidden as of that answer. */
struct hidden_set;
struct outcome hidden_set_load(struct registry *registry, struct hidden_set **ret_set);
void hidden_set_free(struct hidden_set *set);
/* `set` (borrowed; NULL = none) follows from here on. */
void registry_hidden_follow(struct registry *registry, struct hidden_set *set);
/* Brings it up to date without a fetch. */
struct outcome registry_hidden_refresh(struct registry *registry);
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
/* `data_next` as in struct registry_config. FAULT_CORRUPT: these are not the keys. */
struct outcome office_store_open(const char *home, const struct secret *data_key,
                                 const struct secret *data_next, const struct random_port *random,
                                 struct office_store **ret_store);
/* For reading only, beside a process that writes. */
struct outcome office_store_open_read(const char *home, const struct secret *data_key,
                                      const struct secret *data_next,
                                      const struct random_port *random,
                                      struct office_store **ret_store);
void office_store_close(struct office_store *store);
/* The same of the office's objects, whose tags come from the data key too. */
struct office_rotation {
    bool any;
    bool under_way;
    bool recorded;    /* there is none whose end the log does not tell */
    uint64_t objects; /* looked at so far */
};
struct outcome office_store_key_offer(struct office_store *store, const struct secret *next);
bool office_store_key_held(const struct office_store *store, const uint8_t hash[SEAL_HASH_BYTES]);
bool office_store_key_written(const struct office_store *store,
                              const uint8_t hash[SEAL_HASH_BYTES]);
struct outcome office_store_rotation_read(struct office_store *store,
                                          struct office_rotation *ret_rotation);
struct outcome office_store_rotation_begin(struct office_store *store);
/* The log tells of its end. */
struct outcome office_store_rotation_recorded(struct office_store *store);
struct outcome office_store_rotation_step(struct office_store *store, unsigned objects,
                                          struct office_rotation *ret_rotation);
/* Ledger entries below this index are applied. */
struct outcome office_store_applied(struct office_store *store, uint64_t *ret_upto);
/* Applies the objects of the act recorded at `index` and sets applied-up-to to index + 1, in one
 * durable transaction. */
struct outcome office_store_apply(struct office_store *store, uint64_t index,
                                  const struct office_object *objects, unsigned count);
/* Puts or deletes objects that no act makes, in one durable transaction; applied-up-to stays. */
struct outcome office_store_keep(struct office_store *store, const struct office_object *objects,
                                 unsigned count);
/* Calls `each` for every object, kinds in order, codes in byte order; stops at its first failure.
 */
struct outcome office_store_load(struct office_store *store,
                                 struct outcome (*each)(void *context,
                                                        const struct office_object *object),
                                 void *context);

#endif
