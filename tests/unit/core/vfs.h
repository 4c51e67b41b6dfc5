/*
 * Purpose: SQLite on the disk in memory, so that ledger and stores write one sequence of calls. The
 * library, its pager and its log are the real ones; only the files below are ours. Shared memory is
 * the heap's and gone with its last connection, as it is after a crash.
 */
#ifndef DANCU_TESTS_CORE_VFS_H
#define DANCU_TESTS_CORE_VFS_H

#include "ledger/power.h"

#include <sqlite3.h>

#define VFS_HANDLES 8

/* From now on SQLite opens the files below `home` on the disk that vfs_use() names last. */
void vfs_start(const char *home);
void vfs_stop(void);
void vfs_use(struct power *power);
/* Every connection that was opened since vfs_use() writes its log back to the file after so many
 * pages: a short life sees it happen. */
void vfs_checkpoint_every(int pages);

#endif
