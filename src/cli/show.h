/*
 * Purpose: entries of the public log, read from its bundles. What they disclose stays sealed:
 * opening records is an act of an officer, not of a command. Private to cli/.
 */
#ifndef DANCU_CLI_SHOW_H
#define DANCU_CLI_SHOW_H

#include "base/clock.h"

/* Size by the published checkpoint of the folder that holds `checkpoint` and `tile/`. */
struct outcome show_size(int dir_fd, uint64_t *ret_size);
/* Prints entries first..first+count-1 to stdout: `index entry` lines, or one JSON object each. */
struct outcome show_entries(int dir_fd, uint64_t size, uint64_t first, uint64_t count, bool json);

/* Calls `each` for every entry of the folder's log, in order; a failure of it ends the walk. */
struct outcome show_each(int dir_fd, uint64_t size,
                         struct outcome (*each)(void *context, uint64_t index, struct view entry),
                         void *context);

/* The month in Viet Nam (UTC+7) of an entry's minute; false: it is none, or after the year 9998. */
bool show_month(struct view minute, char ret_month[MONTH_LEN + 1]);

#endif
