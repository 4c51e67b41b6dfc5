/*
 * Purpose: damaged places of the public log, each told once in a line of the log however often it
 * is asked for, and once more when it is sound again. Private to this folder.
 */
#ifndef DANCU_CHANNEL_PUBLIC_TOLD_H
#define DANCU_CHANNEL_PUBLIC_TOLD_H

#include "base/ceilings.h"
#include "tlog/tiles.h"

struct told {
    char places[PUBLIC_TOLD_MAX][TILE_PATH_BYTES_MAX]; /* empty: free */
    bool full;                                         /* was told: further places are not */
    uint64_t refused;                                  /* how often a place was bad */
};

/* `outcome` is what came of looking at the place; want of memory is no damage. */
void told_place(struct told *told, const char *place, struct outcome outcome);

#endif
