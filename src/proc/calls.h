/*
 * Purpose: which system calls a process may make after its rights are taken on: an allow-list made
 * of named groups, of which a row of the process table says which. Source: design.md section 2
 * "Sandbox", invariant I4; seccomp(2), libseccomp.
 *
 * A call that is in none of the row's groups, or in one with other arguments, ends the process at
 * once (SIGSYS; the supervisor says "killed by its filter"). The few by which libraries look
 * whether something is there are refused with an errno instead where a row has no files (calls.c
 * says which). No group has a way to make a socket, a process, executable memory, or another's
 * rights.
 */
#ifndef DANCU_PROC_CALLS_H
#define DANCU_PROC_CALLS_H

#include "base/bytes.h"

/* Groups, for proc_row.calls. */
#define CALLS_BASE (1u << 0)   /* own memory, time, randomness, open descriptors, the end */
#define CALLS_PIPES (1u << 1)  /* frames, control messages and signals over what was handed over */
#define CALLS_LISTEN (1u << 2) /* a network listener and its connections, in libevent's loop */
#define CALLS_ADMIN (1u << 3)  /* a local listener whose peers are known by their user */
#define CALLS_TILES (1u << 4)  /* plain files below a folder's descriptor, by openat2() */
#define CALLS_READ (1u << 5)   /* open for reading, list, look */
#define CALLS_WRITE (1u << 6)  /* make, write, sync, rename, remove */
#define CALLS_STORE (1u << 7)  /* SQLite: locks, shared memory, its own files */
/* For a store that is only read: the library opens for writing first and for reading when that is
 * refused, so it is refused with an errno instead of the end. Gives nothing. */
#define CALLS_LOOK (1u << 8)
#define CALLS_ALARM (1u << 9) /* to be ended after a while of one's own choice */
#define CALLS_GROUP_COUNT 10
#define CALLS_WORDS                                                                                \
    {                                                                                              \
        "base", "pipes", "listen", "admin", "tiles", "read", "write", "store", "look", "alarm"     \
    }
/* No filter at all. For tests of the other rights only: tools/check-arrows knows. */
#define CALLS_UNFILTERED (1u << 31)

/* Whether this build has filters: it needs libseccomp and x86-64, where the lists were tried. */
bool calls_supported(void);
/* Puts the filter of these groups on, for good. no_new_privs is set. FAULT_BAD_INPUT: no groups, or
 * one that there is not. */
struct outcome calls_apply(uint32_t groups);
/* How many different system calls the groups allow; 0 when there is no filter. */
unsigned calls_count(uint32_t groups);
/* A group's word ("base"); NULL when there is no such group. */
const char *calls_group_word(unsigned group);

#endif
