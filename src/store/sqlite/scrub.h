/*
 * Purpose: the registry's scrub in memory, shared by its files. Private to store/.
 */
#ifndef DANCU_STORE_SQLITE_SCRUB_H
#define DANCU_STORE_SQLITE_SCRUB_H

#include "store/scrub.h"
#include "store/sqlite/registry.h"

#define SCRUB_MISSING_MAX                                                                          \
    4096 /* CMNDs without a tag, remembered until the history explains them                        \
          */

/* A CMND that is not in the index though a person has it. */
struct scrub_missing {
    uint8_t tag[SEAL_BLIND_BYTES];
    uint64_t key;
    bool explained; /* another person had it before, and the index with it */
};

/* A row of those who were sealed anew in one transaction (rotate.c). */
struct scrub_resealed {
    uint64_t behind;
    uint64_t upto;
    uint8_t hash[SEAL_HASH_BYTES];
    uint64_t
        hashed; /* 0: it is the rest of a row, and has none; wide, so that nothing is padding */
};

struct registry_scrub {
    struct registry *registry;
    struct scrub_watch watch;
    unsigned phase; /* row of the table in scrub.c */
    uint64_t looked;
    /* where the phase is: behind this row */
    uint64_t key;
    uint64_t key_max;
    uint32_t version;
    uint8_t tag[SEAL_BLIND_BYTES];
    size_t tag_len; /* 0 before the first */
    struct buf plain;
    /* the chunk whose persons are being walked over */
    struct registry_chunk chunk;
    uint64_t chunk_left;
    bool chunk_resealed; /* a person of it was sealed anew: its hash is not compared */
    struct buf hashes;
    /* those who were sealed anew together, likewise */
    uint64_t person_last; /* looked at before */
    struct scrub_resealed resealed;
    struct buf resealed_hashes;
    /* the set of changes that was looked at last; its number stands in `key` */
    char source[ASK_CODE_BYTES_MAX];
    size_t source_len;
    struct change_made results[CHANGES_MAX];
    struct scrub_missing *missing;
    unsigned missing_count;
};

__attribute__((format(printf, 2, 3))) void scrub_found(struct registry_scrub *scrub,
                                                       const char *format, ...);
/* Opens a version into scrub->plain; what is wrong with it is told. *ret_good: it can be read. */
struct outcome scrub_open_person(struct registry_scrub *scrub, uint64_t key, uint32_t version,
                                 struct view sealed, struct person_record *ret_record,
                                 bool *ret_good);
/* The person that a tag leads to. */
struct outcome scrub_tag_key(struct registry_scrub *scrub, const uint8_t tag[SEAL_BLIND_BYTES],
                             bool *ret_there, uint64_t *ret_key);
struct outcome scrub_version_there(struct registry_scrub *scrub, uint64_t key, uint32_t version,
                                   bool *ret_there);

/* Each person on the way through the chunks, in order of keys; what is left when all were: both in
 * scrub_chunks.c. */
struct outcome scrub_chunk_person(struct registry_scrub *scrub, uint64_t key, uint32_t version,
                                  struct view sealed);
struct outcome scrub_chunk_rest(struct registry_scrub *scrub);
struct outcome scrub_look_sums(struct registry_scrub *scrub, bool *ret_more);
struct outcome scrub_look_set(struct registry_scrub *scrub, bool *ret_more);
/* The row behind the place that scrub->tag and scrub->key say, for a statement of a tag and, where
 * rows share tags, a key. `check` looks at it and moves the place there. *ret_more false: there is
 * none. */
typedef struct outcome scrub_check_row(struct registry_scrub *scrub, sqlite3_stmt *statement);
struct outcome scrub_look_row(struct registry_scrub *scrub, sqlite3_stmt *statement,
                              scrub_check_row *check, bool *ret_more);
/* One row each: scrub_tags.c. *ret_more false: the table has no more. */
struct outcome scrub_look_former(struct registry_scrub *scrub, bool *ret_more);
struct outcome scrub_look_tag(struct registry_scrub *scrub, bool *ret_more);
struct outcome scrub_look_hidden(struct registry_scrub *scrub, bool *ret_more);
struct outcome scrub_look_former_tag(struct registry_scrub *scrub, bool *ret_more);

/* The row of the search index that a person in force must have; one row of the index: both in
 * scrub_search.c. */
struct outcome scrub_search_person(struct registry_scrub *scrub, uint64_t key, uint32_t version,
                                   const struct person_record *record);
struct outcome scrub_look_search(struct registry_scrub *scrub, bool *ret_more);

#endif
