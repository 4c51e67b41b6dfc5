/*
 * Purpose: the ceilings of the proc room, beside base/ceilings.h (invariant I9). Private to proc/.
 */
#ifndef DANCU_PROC_CEILINGS_H
#define DANCU_PROC_CEILINGS_H

#include "base/ceilings.h"

#define PROC_ROW_PROCESSES_MAX                                                                     \
    128                    /* processes of one row: more CPUs than that get no more edges          \
                            */
#define PROC_SLOTS_MAX 256 /* places for a living process, all rows */
/* Living processes: each place has at most one that serves, one that is being started in its
 * stead and one that drains. */
#define PROC_PROCESSES_MAX (3 * PROC_SLOTS_MAX)

/* Restart */
#define PROC_QUICK_DEATH_MS 2000 /* one that lived shorter counts as failing */
#define PROC_BACKOFF_MS_MIN 50
#define PROC_BACKOFF_MS_MAX 5000
#define PROC_REPLACE_S_MAX 30 /* on SIGHUP: until the new process must serve */

/* Stop: from the signal to the kill, by the order in which they stop. Channels drain within
 * DRAIN_S_MAX by themselves. */
#define PROC_STOP_CHANNELS_S_MAX (DRAIN_S_MAX + 2)
#define PROC_STOP_KEEPER_S_MAX (DRAIN_S_MAX + 3)
#define PROC_STOP_CORE_S_MAX (DRAIN_S_MAX + 5)

/* Messages on a control socket */
#define MESSAGE_BYTES_MAX 2048
#define MESSAGE_FDS_MAX 24
#define HANDOVER_S_MAX 10    /* a child waits so long for its descriptors */
#define CONTROL_BYTES_MAX 64 /* what a child may send to the supervisor at once */

/* Sockets */
#define PROC_DIALS_S_MAX 20 /* connections that one process may ask for in a second */
#define LISTEN_BACKLOG 4096
#define PIPE_SOCKET_BYTES (1 << 20)  /* kernel's buffer, each way */
#define PIPE_READ_BYTES (64u << 10)  /* one read */
#define PIPE_IN_BYTES_MAX (2u << 20) /* read and not yet handed out */

/* Log lines of one process on their way to standard error */
#define RELAY_PIPE_BYTES (256 << 10)
#define RELAY_READ_BYTES 4096
#define RELAY_READS_MAX 16 /* in one turn */
#define RELAY_LINES_AT_ONCE 2000
#define RELAY_LINES_S_MAX 200

/* Status */
#define STATUS_BYTES_MAX (128u << 10)
#define STATUS_ROWS_MAX 1024
#define STATUS_S_MAX 5 /* `dancu ps` waits so long */

#define CREW_TELL_US 1000000 /* between two tellings of how all processes are */

/* Home */
#define HOME_DEPTH_MAX 16
#define HOME_ENTRIES_MAX 16000000

_Static_assert(PIPE_IN_BYTES_MAX >= FRAME_BYTES_MAX + PIPE_READ_BYTES, "one frame always fits");
_Static_assert(PROC_SLOTS_MAX >= PROC_ROW_PROCESSES_MAX, "one row fits");
_Static_assert(PROC_STOP_CHANNELS_S_MAX < PROC_STOP_KEEPER_S_MAX, "the keeper outlives channels");
_Static_assert(PROC_STOP_KEEPER_S_MAX < PROC_STOP_CORE_S_MAX, "the core is last");

#endif
