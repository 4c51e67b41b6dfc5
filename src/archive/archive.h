/*
 * Purpose: the process `archive`: documents of cases as they came in, and letters as they went out
 * (decision 0055). It keeps them sealed in home/archive, looks at what comes in without drawing or
 * decompressing it, and gives only what the core has told it to give. It decides nothing and knows
 * nobody. Its key is one of its own, derived from the wrap key before its rights are dropped; it
 * opens nothing but its own files.
 * Owner: row `archive` of the process table; grants GRANT_ARCHIVE_DIR, GRANT_KEYS_DIR; may send
 * FRAME_ARCHIVED.
 */
#ifndef DANCU_ARCHIVE_ARCHIVE_H
#define DANCU_ARCHIVE_ARCHIVE_H

#include "base/disk.h"
#include "proc/proc.h"
#include "seal/cms.h"
#include "seal/seal.h"

/* What is prepared. */
struct archive_prepared {
    struct secret key;
    struct cms_anchors *anchors; /* of keys/documents.pem; NULL: there is no such file */
};

/* Derives its key; reads whose signatures of documents the house knows, if it knows any. */
int archive_prepare(struct child *child);
/* Serves until SIGTERM or the supervisor's end; exit status. */
int archive_main(struct child *child);

/* For the scrub, of a folder that somebody else may be writing to. */
struct archive_watch {
    void *context;
    /* `file` is beneath the folder. */
    void (*found)(void *context, const char *file, const char *what);
    /* After each paper; `ppm` of all were looked at, about. */
    void (*step)(void *context, uint32_t ppm, uint64_t looked);
};
/* Opens every paper under its seal, and compares name, length and SHA-256. FAULT_NO_MEMORY. */
struct outcome archive_scrub(const struct disk_port *disk, int folder_fd,
                             const struct secret *wrap_key, const struct archive_watch *watch,
                             uint64_t *ret_looked);

#endif
