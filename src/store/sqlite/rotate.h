/*
 * Purpose: one chunk of a rotation of keys, shared by what is sealed anew (rotate.c) and what is
 * tagged anew (rotate_index.c). Private to store/.
 */
#ifndef DANCU_STORE_SQLITE_ROTATE_H
#define DANCU_STORE_SQLITE_ROTATE_H

#include "store/sqlite/registry.h"

struct rotating {
    struct registry *registry;
    struct registry_rotation rotation;
    struct buf hashes; /* of the first versions of this chunk */
    bool more;         /* there may be persons behind */
    bool rests;        /* this chunk has cost enough */
};

/* The row of the first person behind those that are done, who counts as done with it: key, version,
 * sealed. NULL: nobody is behind, and *rotating says so. */
struct outcome rotating_next(struct rotating *rotating, sqlite3_stmt **ret_row);
/* What was done goes into the rotation's hash. */
void rotating_hash(struct rotating *rotating, const uint8_t hash[SEAL_HASH_BYTES]);
/* Puts another veil over the tags of the next persons. */
struct outcome rotate_index(struct rotating *rotating, unsigned persons);

#endif
