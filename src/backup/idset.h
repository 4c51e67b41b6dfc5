/*
 * Purpose: a set of block ids, by their first eight bytes: they are a MAC's, so that two that share
 * these are not met. Private to backup/.
 */
#ifndef DANCU_BACKUP_IDSET_H
#define DANCU_BACKUP_IDSET_H

#include "backup/vault.h"

struct idset {
    uint64_t *places; /* 0 = empty */
    uint64_t cap;     /* a power of two */
    uint64_t count;
};
void idset_done(struct idset *set); /* accepts a zeroed one */
/* *ret_added false: it was in it. FAULT_OVER_LIMIT beyond BACKUP_BLOCKS_MAX. */
struct outcome idset_add(struct idset *set, const struct block_id *id, bool *ret_added);
bool idset_has(const struct idset *set, const struct block_id *id);

#endif
