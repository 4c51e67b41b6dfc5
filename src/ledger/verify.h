/*
 * Purpose: what the two sides of verification share. Private to ledger/.
 */
#ifndef DANCU_LEDGER_VERIFY_H
#define DANCU_LEDGER_VERIFY_H

#include "ledger/publish.h"

struct verify {
    const struct disk_port *disk;
    const struct verify_watch *watch;
    struct verify_report *report;
    struct note_keys keys;
    struct checkpoint published;
    bool published_known; /* the checkpoint was read and is signed */
    bool told;            /* the bad place of the part in hand */
    bool live;            /* a writer may be at work: files may be ahead, older partials may go */
};

/* Tells the reason, and keeps it when it is the first; always FAULT_CORRUPT. */
__attribute__((format(printf, 2, 3))) struct outcome verify_wrong(struct verify *verify,
                                                                  const char *format, ...);
/* A failure to look: likewise, unless it was told already. */
struct outcome verify_unseen(struct verify *verify, const char *where, struct outcome outcome);
void verify_progress(const struct verify *verify, const char *what, uint64_t done, uint64_t total);

/* The public side; fills in verify->published. `checkpoint` is the file to be read, below dir_fd.
 */
struct outcome verify_public(struct verify *verify, int dir_fd);

#endif
