/*
 * Purpose: what makes an import one that can be taken up again: the identity of its file, how far
 * it has come, its reject file. Private to office/.
 */
#ifndef DANCU_OFFICE_RESUME_H
#define DANCU_OFFICE_RESUME_H

#include "office/import.h"

#include <sys/stat.h>

/* The reject file: one line a bad line, `number TAB column TAB reason`, in the order of the file.
 * Reasons name members of the format only, never content. A zeroed one with fd 0 takes all and
 * writes nothing. */
struct rejects {
    int fd;
    uint64_t bytes;  /* in the file and in `text` */
    uint64_t synced; /* of them, durable */
    struct buf text; /* not written yet */
};
/* Cuts the file back to its first `bytes`. FAULT_CONFLICT when it has not so many. */
struct outcome rejects_open(struct rejects *rejects, int fd, uint64_t bytes);
struct outcome rejects_add(struct rejects *rejects, uint64_t line,
                           const struct person_fault *fault);
/* Durable on return. */
struct outcome rejects_sync(struct rejects *rejects);
void rejects_done(struct rejects *rejects);

struct resume {
    bool on; /* the import has a name; all else is of such a one */
    struct registry_intake intake;
    struct timespec modified; /* of the file, when it was looked through */
};
/* Looks the file through and finds how far an import of the name has come; the file stands at that
 * place then, and the report tells of what is there. */
struct outcome resume_begin(struct resume *resume, const struct import_config *config,
                            unsigned chunk_max, struct import_report *report);
/* Before a chunk is stored: the file is still the same, and the state is that of everything before
 * `position`; the chunk's persons are counted by the store. */
struct outcome resume_before(struct resume *resume, const struct import_config *config,
                             const struct import_report *report, uint64_t position);
/* All is done. */
struct outcome resume_finish(struct resume *resume, const struct import_config *config,
                             const struct import_report *report, uint64_t position);

#endif
