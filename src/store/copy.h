/*
 * Purpose: a store's file as of one moment, page by page, for a backup: whatever is written
 * meanwhile, and nothing is written by it. Nothing is opened: what is sealed stays so.
 * Owner: backup/.
 *
 * As long as a copy is open, the store's own log keeps what is written to it: it grows by that much
 * and is written back when the copy is closed.
 */
#ifndef DANCU_STORE_COPY_H
#define DANCU_STORE_COPY_H

#include "base/bytes.h"

enum store_file { STORE_FILE_REGISTRY, STORE_FILE_OFFICE, STORE_FILE_COUNT };

const char *store_file_name(enum store_file file);

struct store_copy;
/* Fixes the moment. FAULT_NOT_FOUND, FAULT_BUSY, FAULT_CORRUPT. */
struct outcome store_copy_open(const char *home, enum store_file file,
                               struct store_copy **ret_copy);
void store_copy_close(struct store_copy *copy); /* accepts NULL */

/* How far a store is; of the other one's file they are 0. */
struct store_marks {
    uint64_t applied; /* the office: index behind the last act */
    uint64_t chunk;   /* the registry: number of the last chunk ... */
    uint64_t pending; /* ... and chunks without an act, so far */
    bool resealed;    /* a rotation of its key has sealed all of it anew */
};
struct outcome store_copy_marks(struct store_copy *copy, struct store_marks *ret_marks);

/* The file in blocks of block_bytes (a power of two, of 64 KiB or more), the last one shorter. Each
 * comes once; block 0 comes last, others in their order. */
struct store_pages {
    void *context;
    uint32_t block_bytes;
    struct outcome (*take)(void *context, uint64_t number, struct view block);
};
/* FAULT_CORRUPT, or what `take` says. */
struct outcome store_copy_pages(struct store_copy *copy, const struct store_pages *pages,
                                uint64_t *ret_bytes);

#endif
