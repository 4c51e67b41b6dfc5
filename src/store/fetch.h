/*
 * Purpose: the read of persons for disclosure. Only gate/ includes this header (invariant I1; a
 * check in ./test fails on any other).
 *
 * I5: found or not, every probe costs one index probe, one record read and one decryption: who is
 * not there gets a decoy record, chosen by the tag or key, which is read, opened and thrown away.
 */
#ifndef DANCU_STORE_FETCH_H
#define DANCU_STORE_FETCH_H

#include "store/store.h"

struct registry_probe {
    /* in */
    uint8_t tag[SEAL_BLIND_BYTES];
    bool by_key; /* `key` is who is asked for, not the tag */
    /* in and out */
    uint64_t key; /* person key; of the decoy when not found */
    /* out */
    bool found;
    uint32_t version;
    struct view record;  /* plain record, in the caller's scratch; of the decoy when not found;
                            empty only when the registry is empty */
    struct view origins; /* likewise what stands behind it (change_origins_get()) */
};

/* Until registry_batch_end(), everything that is fetched or searched is of one state of the
 * registry, and beginning to read is paid once: two asks of one batch may have to be read one after
 * the other. Nothing is read before the first of them. */
void registry_batch_begin(struct registry *registry);
void registry_batch_end(struct registry *registry);

/* All probes; `scratch` is reset first and holds the records. FAULT_CORRUPT when a
 * record's seal does not verify (that probe's record is empty and `found` false; the place is
 * logged); FAULT_IO. */
struct outcome registry_fetch(struct registry *registry, struct registry_probe *probes,
                              unsigned count, struct buf *scratch);

/* Keys of those who have, or had, the numbers of these tags; 0: nobody. All of one state of the
 * registry; a tag that is nobody's costs what another does. No person is read. FAULT_IO. */
struct outcome registry_keys(struct registry *registry, const uint8_t tags[][SEAL_BLIND_BYTES],
                             unsigned count, uint64_t *ret_keys);

/* A person as it was at a version that was disclosed before: for an answer that is given again.
 * `scratch` is reset first. FAULT_NOT_FOUND; FAULT_CORRUPT (the place is logged); FAULT_IO. */
struct outcome registry_fetch_version(struct registry *registry, uint64_t key, uint32_t version,
                                      struct buf *scratch, struct view *ret_record,
                                      struct view *ret_origins);

/* What the index says of a namesake before any record is read. */
struct registry_facts {
    struct view birth_date; /* YYYY-MM-DD, or YYYY of who is known by the year alone */
    uint8_t sex;            /* 1, 2 or 0 = unknown */
    char province[3];       /* of permanent residence in its list; empty = none */
    int32_t province_list_day;
    uint32_t flags; /* PERSON_PROTECTED, PERSON_LOCKED */
};

struct registry_namesake {
    bool wanted;
    uint64_t key;
    uint32_t version;
    struct view record; /* plain record, in the caller's scratch */
};

/* Who has a name and a birth date. */
struct registry_search {
    /* in */
    struct view folded_name; /* country_fold_name() */
    struct view birth_date;  /* YYYY-MM-DD: of that day; YYYY: all of that year */
    /* Whether one with these facts is to be counted; asked for strangers too. */
    bool (*wants)(void *context, const struct registry_facts *facts);
    void *context;
    /* out */
    bool over; /* more are wanted than NAMESAKES_SHOWN_MAX, or more were to be looked at than may */
    struct registry_namesake found[NAMESAKES_SHOWN_MAX]; /* the wanted first, then decoys */
    unsigned count;                                      /* less only in a smaller registry */
};

/* Whoever is wanted and whoever is not, the same is done (I5): rows of the index are looked at in
 * blocks of NAMESAKES_BLOCK, and NAMESAKES_SHOWN_MAX records are read and opened. `scratch` is
 * reset first and holds the records. FAULT_CORRUPT when a row or a record is damaged, a decoy's too
 * (the place is logged, nothing is found); FAULT_IO. */
struct outcome registry_search(struct registry *registry, struct registry_search *search,
                               struct buf *scratch);

#endif
