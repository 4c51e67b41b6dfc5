/*
 * Purpose: the files of one folder, read whole into memory: for small sets of settings.
 * Owner: struct folder owns names and contents; folder_free() accepts NULL.
 */
#ifndef DANCU_BASE_FOLDER_H
#define DANCU_BASE_FOLDER_H

#include "base/bytes.h"

#define FOLDER_FILES_MAX 32
#define FOLDER_NAME_BYTES_MAX 64 /* with its terminator */

struct folder_file {
    char name[FOLDER_NAME_BYTES_MAX];
    struct buf content;
};

struct folder {
    struct folder_file files[FOLDER_FILES_MAX];
    unsigned count;
};

struct folder_limits {
    const char *suffix; /* like ".yaml": what a shell's *.yaml means, so never a hidden file */
    unsigned files_max; /* <= FOLDER_FILES_MAX */
    size_t bytes_max;   /* of one file */
};

/* What could not be read, for a person: a name and why. */
struct folder_error {
    char name[256];
    const char *why;
};

/* In no order. Regular files only. FAULT_NOT_FOUND: the folder cannot be opened; FAULT_IO: it or a
 * file cannot be read; FAULT_BAD_INPUT: a name too long, or no regular file; FAULT_OVER_LIMIT. In
 * each of these cases *ret_error says which and why; FAULT_NO_MEMORY leaves it empty. */
struct outcome folder_read(const char *dir, const struct folder_limits *limits,
                           struct folder **ret_folder, struct folder_error *ret_error);
void folder_free(struct folder *folder);

#endif
