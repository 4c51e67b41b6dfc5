/*
 * Purpose: the registry's insides, shared by its files; private to store/.
 */
#ifndef DANCU_STORE_SQLITE_REGISTRY_H
#define DANCU_STORE_SQLITE_REGISTRY_H

#include "store/sqlite/db.h"
#include "store/store.h"

/* Page cache of a connection, and of one from its first import on: the blind index is written at
 * random places, so a chunk goes the faster the more of it stays in memory. */
#define REGISTRY_CACHE_KIB_MAX 32768
#define REGISTRY_IMPORT_CACHE_KIB_MAX 131072
#define REGISTRY_SCRUB_CACHE_KIB_MAX 8192
/* Read through a map up to here, by read() beyond. Both come from the system's cache, but what is
 * mapped counts as the process's own memory: a register of a million would be 2 GB of it. */
#define REGISTRY_MMAP_BYTES_MAX (192u << 20)
/* Three to four sealed persons fill a page of this size well; of 4,096 bytes, one would waste half.
 */
#define REGISTRY_PAGE_BYTES 8192
#define REGISTRY_WAL_BYTES_MAX (256u << 20)
#define HIDDEN_TAGS_MAX (4u << 20)

enum registry_statement {
    STATEMENT_FETCH,         /* the first tag at or after ?1, with its person */
    STATEMENT_FETCH_FIRST,   /* the first tag of all, with its person */
    STATEMENT_FETCH_KEY,     /* the first person at or after key ?1, with no tag */
    STATEMENT_FETCH_LOWEST,  /* the first person of all, likewise */
    STATEMENT_FETCH_VERSION, /* one version of a person, in force or not */
    STATEMENT_COUNT_ALL,
    STATEMENT_PENDING,
    STATEMENT_HIDDEN,
    STATEMENT_HIDDEN_COUNT,
    STATEMENT_KEYS,
    STATEMENT_CHUNK_LAST,
    STATEMENT_HIDDEN_CHANGED, /* tags whose flags changed in chunks after ?1 */
    STATEMENT_HIDDEN_FLAGS,   /* of one tag, a row for each person who has it */
    STATEMENT_PERSON_READ,    /* in force */
    STATEMENT_TAG_KEY,        /* whose the tag is, or was */
    STATEMENT_SEARCH_FROM,    /* rows of the search index from tag ?1 on */
    STATEMENT_SEARCH_FIRST,   /* from its begin on */
    STATEMENT_SEARCH_WAITS,   /* persons up to that key are in it; no row: all are */
    STATEMENT_TAG_FROM,       /* the first tag at or after ?1, alone */
    STATEMENT_FORMER_OF,
    STATEMENT_ROTATION,   /* of key ?1 */
    STATEMENT_READ_COUNT, /* those above; what follows is for importing */
    STATEMENT_KEY_NEXT = STATEMENT_READ_COUNT,
    STATEMENT_CHUNK_NEXT,
    STATEMENT_TAG_ADD,
    STATEMENT_TAG_REMOVE,
    STATEMENT_PERSON_ADD,
    STATEMENT_PERSON_KEEP, /* copies the version in force into the history */
    STATEMENT_PERSON_CHANGE,
    STATEMENT_HIDDEN_ADD,
    STATEMENT_HIDDEN_REMOVE,
    STATEMENT_HIDDEN_CHANGE,
    STATEMENT_HIDDEN_FORGET, /* changes of chunks up to ?1 */
    STATEMENT_CHUNK_ADD,
    STATEMENT_CHUNK_RECORDED,
    STATEMENT_CHANGED_ADD,
    STATEMENT_CHANGED,        /* of chunk ?1, behind key ?2, at most ?3 */
    STATEMENT_CHANGED_FORGET, /* of chunks up to ?1 */
    STATEMENT_KEYS_SET,
    STATEMENT_INTAKE_FIND,
    STATEMENT_INTAKE_COUNT,
    STATEMENT_INTAKE_PUT,
    STATEMENT_INTAKE_REMOVE,
    STATEMENT_FORMER_ADD,
    STATEMENT_FORMER_REMOVE,
    STATEMENT_SEARCH_ADD,
    STATEMENT_SEARCH_REMOVE,
    STATEMENT_SEARCH_PERSONS, /* ?2 persons behind key ?1 */
    STATEMENT_SEARCH_UPTO,
    STATEMENT_SEARCH_DONE,
    STATEMENT_SET_LAST, /* number of source ?1 */
    STATEMENT_SET_FIND,
    STATEMENT_SET_PUT,
    STATEMENT_SET_FORGET, /* of source ?1, up to number ?2 */
    STATEMENT_KEYS_CHANGE,
    STATEMENT_KEYS_VEIL,
    STATEMENT_ROTATION_BEGIN,
    STATEMENT_ROTATION_MOVE,
    STATEMENT_RESEAL_PERSON,
    STATEMENT_RESEAL_FORMER,
    STATEMENT_RESEAL_NEXT_FORMER, /* the first former version of ?1 behind ?2 */
    STATEMENT_RESEALED_CUT,       /* what of rows reaches behind ?1 */
    STATEMENT_RESEALED_FORGET,    /* rows that end behind ?1, up to ?2 */
    STATEMENT_RESEALED_ADD,
    STATEMENT_TAG_MOVE,       /* of person ?3 from ?1 to ?2 */
    STATEMENT_TAGS_OF_PERSON, /* all tables through, as the next */
    STATEMENT_SEARCH_REMOVE_PERSON,
    STATEMENT_SEARCH_GET,    /* version and facts of tag ?1, person ?2 */
    STATEMENT_VEILED_HIDDEN, /* up to ?2 rows that lie under another veil than ?1 */
    STATEMENT_VEILED_CHANGE, /* likewise */
    STATEMENT_VEILED_FORMER, /* likewise */
    STATEMENT_VEIL_HIDDEN,   /* ?2 with key ?3 becomes ?1 under veil ?4 */
    STATEMENT_VEIL_CHANGE,   /* likewise, with chunk ?3 */
    STATEMENT_VEIL_FORMER,   /* likewise */
    STATEMENT_WRITE_COUNT,
    /* those above too, and what follows, for the scrub */
    STATEMENT_SCRUB_STRUCTURE = STATEMENT_WRITE_COUNT,
    STATEMENT_SCRUB_PERSON,  /* the first person behind key ?1 */
    STATEMENT_SCRUB_VERSION, /* version ?2 of person ?1, in force or former */
    STATEMENT_SCRUB_FORMER,  /* the first former version behind ?1, ?2, and the one in force */
    STATEMENT_SCRUB_TAG,     /* the first tag behind ?1 */
    STATEMENT_SCRUB_HIDDEN,  /* the first hidden tag behind ?1, ?2 */
    STATEMENT_SCRUB_HIDDEN_AT,
    STATEMENT_SCRUB_FORMER_TAG, /* the first former number behind ?1, ?2 */
    STATEMENT_SCRUB_SEARCH,     /* the first row of the search index behind ?1, ?2 */
    STATEMENT_SCRUB_SEARCH_AT,
    STATEMENT_SCRUB_SET,   /* the first set of changes behind ?1, ?2, with its chunk */
    STATEMENT_SCRUB_CHUNK, /* the first chunk behind ?1 */
    STATEMENT_SCRUB_CHUNK_AT,
    STATEMENT_SCRUB_CHUNK_LAST,
    STATEMENT_SCRUB_RESEALED,  /* the first that ends at or behind person ?1 */
    STATEMENT_SCRUB_SUMS,      /* of the chunks, against the tables */
    STATEMENT_COMPARE_ONE,     /* every version of person ?1 */
    STATEMENT_COMPARE_PERSONS, /* 256 persons behind key ?1 */
    STATEMENT_COMPARE_FORMER,  /* former versions of those behind ?1, up to ?2 */
    STATEMENT_SCRUB_COUNT,
};
_Static_assert(STATEMENT_SCRUB_COUNT <= DB_STATEMENTS_MAX, "statements fit");

/* Of one index key: what the file has of a tag, and the masks of the search index. */
struct registry_index {
    struct veil *veil;     /* NULL: tags stand there as the identity key makes them */
    struct masker *masker; /* NULL: there is no such key */
    uint64_t name;         /* in rows that say under which veil they lie; 0 = under none */
    uint8_t fingerprint[SEAL_HASH_BYTES];
};

struct registry {
    struct db db;
    enum registry_mode mode;
    struct sealer *sealer;                /* of what is written */
    struct sealer *other;                 /* opens, too; NULL: there is no other key */
    uint8_t fingerprint[SEAL_HASH_BYTES]; /* of the key of the one, and of the other's */
    uint8_t other_fingerprint[SEAL_HASH_BYTES];
    struct random_port random;
    struct blinder *blinder;                       /* by the identity key */
    uint8_t identity_fingerprint[SEAL_HASH_BYTES]; /* of that */
    struct registry_index index;                   /* of what is written */
    struct registry_index index_other;             /* found by, too; may be none */
    struct clock_port clock;                       /* see struct registry_config */
    struct hidden_set *hidden; /* borrowed; brought up to date by every fetch; may be NULL */
    bool batch;                /* between registry_batch_begin() and registry_batch_end() ... */
    bool reading;              /* ... in a transaction that something has been read in */
    /* Reused by every import: person by person. */
    struct buf plain;  /* a record with its length before it, padded */
    struct buf sealed; /* place, then sealed bytes: what the chunk's hash covers */
    struct buf old;    /* the plain record in force */
};

/* The transaction in which is fetched and searched, with hidden_follow(); a batch's goes on. */
struct outcome registry_read_begin(struct registry *registry);
/* A batch's ends after a failure that is not one record's, too: the next read begins anew. */
void registry_read_end(struct registry *registry, struct outcome outcome);

/* A record's place is associated data of its seal: key and version. */
#define REGISTRY_PLACE_BYTES 12
void registry_place(uint64_t key, uint32_t version, uint8_t ret_place[REGISTRY_PLACE_BYTES]);
/* registry_keys.c: which of the keys is which, by the marks in the file. FAULT_CORRUPT: they are
 * not the registry's. */
struct outcome registry_keys_set(struct registry *registry, const struct registry_config *config);
struct outcome registry_keys_check(struct registry *registry);
void registry_keys_done(struct registry *registry);
/* tags.c: between a tag as it is known everywhere and what the file has of it. */
void registry_tag_put(const struct registry_index *index, const uint8_t tag[SEAL_BLIND_BYTES],
                      uint8_t ret_tag[SEAL_BLIND_BYTES]);
void registry_tag_lift(const struct registry_index *index, const uint8_t tag[SEAL_BLIND_BYTES],
                       uint8_t ret_tag[SEAL_BLIND_BYTES]);
/* Of a row that says under which veil it lies. FAULT_CORRUPT. */
struct outcome registry_tag_lift_by(const struct registry *registry, struct view tag, uint64_t name,
                                    uint8_t ret_tag[SEAL_BLIND_BYTES]);
/* The index keys by which something may be found: the one of what is written first. */
struct registry_indexes {
    const struct registry_index *of[2];
    unsigned count;
};
struct registry_indexes registry_indexes(const struct registry *registry);
/* Whose the tag is, or was. */
struct outcome registry_tag_key(struct registry *registry, const uint8_t tag[SEAL_BLIND_BYTES],
                                bool *ret_there, uint64_t *ret_key);
/* What the file has, for a probe: under the other veil if it lies there, which no time tells (I5).
 */
struct outcome registry_tag_probe(struct registry *registry, const uint8_t tag[SEAL_BLIND_BYTES],
                                  uint8_t ret_tag[SEAL_BLIND_BYTES]);
/* A statement of tag and key for what lies under either veil; how many rows it changed. */
struct outcome registry_tag_remove(struct registry *registry, enum registry_statement which,
                                   const uint8_t tag[SEAL_BLIND_BYTES], uint64_t key,
                                   unsigned *ret_changes);

/* A mark opens under the key of whoever made it. */
struct outcome registry_mark_put(struct registry *registry, struct sealer *sealer);
/* As registry_unseal(), without a line in the log. */
struct outcome registry_unseal_quiet(struct registry *registry, uint64_t key, uint32_t version,
                                     struct view sealed, struct buf *plain, size_t *ret_at,
                                     size_t *ret_len);
/* Appends the plain record (padding and length are left out of *ret_record's span). FAULT_CORRUPT
 * is logged with the place. */
struct outcome registry_unseal(struct registry *registry, uint64_t key, uint32_t version,
                               struct view sealed, struct buf *plain, size_t *ret_at,
                               size_t *ret_len);

/* What stands behind the record at the end of a plain one, and is no padding: its origins
 * (domain/change.h), which are no part of the record. Empty: none are stored. */
struct view registry_origins(struct view plain, size_t behind);

/* Brings the set that follows this registry to the state that the open transaction reads. Never
 * FAULT_CORRUPT: to a fetch that is one person's damage. */
struct outcome hidden_follow(struct registry *registry);
/* One number of a statement that always has a row. */
struct outcome registry_number(struct registry *registry, enum registry_statement which,
                               uint64_t *ret_number);
/* FAULT_CORRUPT: those stored with a set of changes cannot be. */
struct outcome feed_results_get(struct view results, struct change_made done[CHANGES_MAX],
                                unsigned *ret_count);
/* Inside the transaction of its chunk, or of its own. */
struct outcome intake_put(struct registry *registry, const struct registry_intake *intake);

#endif
