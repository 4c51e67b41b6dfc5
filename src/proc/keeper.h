/*
 * Purpose: the keeper, the process that does the ledger's slow work on files (a segment of zeros,
 * the sync of published tiles, the end of a shredded segment) so that the core never waits for it
 * (invariant I9). One per home.
 *
 * FRAME_KEEP, core -> keeper: u8 wish (enum ledger_wish), u64 from, u64 until. One at a time.
 * FRAME_KEPT, keeper -> core: the same three when it is done; wish LEDGER_WISH_NONE with the same
 * from and until when it could not be done (said in the log): to be asked again after a while;
 * LEDGER_WISH_LOST when what it was to sync may be lost: the core ends, and the next one recovers.
 */
#ifndef DANCU_PROC_KEEPER_H
#define DANCU_PROC_KEEPER_H

#include "proc/proc.h"

/* The row's main. Needs GRANT_HOME_DIR, PROC_ROOT_HOME, a pipe to the core, FRAME_KEPT. */
int keeper_main(struct child *child);

#endif
