/*
 * Purpose: versions of persons and their tags, as they are written inside the transaction of one
 * chunk: by an import (import.c) or by a set of changes. Private to store/.
 *
 * A stored person is u32 length, record, its origins (domain/change.h), and zeros until the padding
 * is whole. Of an import of an older day there are no origins.
 */
#ifndef DANCU_STORE_SQLITE_VERSIONS_H
#define DANCU_STORE_SQLITE_VERSIONS_H

#include "store/sqlite/registry.h"

/* One chunk on its way. */
struct writing {
    struct registry *registry;
    struct buf hashes; /* of each version written, in order */
    struct buf rows;   /* struct search_row of each, to be written at the end in their own order */
    bool repeats;      /* a person may be written more than once */
    bool hides;        /* somebody is hidden who was not, or otherwise */
    uint16_t day;      /* of what is written; 0 = not known */
    struct registry_chunk chunk;
};

/* The tags of a person's numbers, and whose they are. */
struct holder {
    uint8_t id_tag[SEAL_BLIND_BYTES];
    uint8_t cmnd_tag[SEAL_BLIND_BYTES];
    uint64_t key;
    bool has_cmnd;
};

void writing_init(struct writing *writing, struct registry *registry);
void writing_done(struct writing *writing);
/* Inside the transaction, first and last. FAULT_CONFLICT: a chunk waits for its record.
 * FAULT_OVER_LIMIT: too many hidden persons. */
struct outcome writing_begin(struct writing *writing);
struct outcome writing_end(struct writing *writing);

struct view version_tag(const uint8_t tag[SEAL_BLIND_BYTES]);
/* All but the key. */
void version_holder(struct registry *registry, const struct person *person,
                    struct holder *ret_holder);
/* *ret_added: false when the tag is there, whoever's it is. */
struct outcome version_tag_add(struct registry *registry, const uint8_t tag[SEAL_BLIND_BYTES],
                               uint64_t key, bool *ret_added);
/* FAULT_NOT_FOUND. */
struct outcome version_tag_key(struct registry *registry, const uint8_t tag[SEAL_BLIND_BYTES],
                               uint64_t *ret_key);

/* The version in force of who has the key. It lies in registry->old. */
struct version {
    uint32_t number;
    struct view record;
    struct view origins; /* empty: none are stored */
};
struct outcome version_read(struct registry *registry, uint64_t key, struct version *ret_version);
/* The first version of a new person. The tags of its numbers are in the index already. */
struct outcome version_add(struct writing *writing, const struct holder *holder,
                           const struct person *person, const struct change_origins *origins);
/* Makes `person` the version in force after `old`, which was read last. */
struct outcome version_change(struct writing *writing, const struct holder *holder,
                              const struct version *old, const struct person *person,
                              const struct change_origins *origins);
/* Whether the record of `person` is that of `old` to the byte. If not, `ret_origins` are those of
 * the imported version. */
struct outcome version_same(struct writing *writing, const struct version *old,
                            const struct person *person, bool *ret_same,
                            struct change_origins *ret_origins);
/* Those of `old` (NULL: nobody was there), and day and chunk of what is written now. */
struct outcome version_origins(const struct writing *writing, const struct version *old,
                               struct change_origins *ret_origins);

#endif
