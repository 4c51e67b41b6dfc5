/*
 * Purpose: a look at all runs of the index of who has seen whom, by a process that only reads; a
 * server may be at work on them. worker/ includes it.
 */
#ifndef DANCU_GATE_HISTORY_SCRUB_H
#define DANCU_GATE_HISTORY_SCRUB_H

#include "base/disk.h"
#include "seal/seal.h"

struct history_scrub {
    int home_fd;
    const struct disk_port *disk;
    const struct secret *wrap_key;
    struct random_port random;
    void *context;
    void (*found)(void *context, const char *place); /* a bad one */
    void (*step)(void *context);                     /* after each block: the moment to wait */
};
/* Every block opens, its rows are in their order, and what is kept of them beside is right. A file
 * without a head is not finished. FAULT_NO_MEMORY, or the folder cannot be read. */
struct outcome history_scrub(const struct history_scrub *scrub, uint64_t *ret_blocks);

#endif
