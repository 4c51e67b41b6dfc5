/*
 * Purpose: the moment of a backup: both stores as of one moment, and the log up to where it agrees
 * with them. Private to backup/.
 */
#ifndef DANCU_BACKUP_CUT_H
#define DANCU_BACKUP_CUT_H

#include "backup/backup.h"
#include "store/copy.h"

struct cut {
    struct store_copy *registry;
    struct store_copy *office;
    struct ledger_extent extent;
    struct buf note; /* the checkpoint at its size */
};
/* FAULT_CONFLICT with ret_why: it cannot be found now. cut_done() in any case. */
struct outcome cut_make(const struct backup_config *config, struct cut *ret_cut,
                        char ret_why[BACKUP_WHY_BYTES]);
void cut_done(struct cut *cut);

#endif
