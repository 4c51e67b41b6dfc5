/*
 * Purpose: which files a process can reach by name, and that it reaches no network and no process
 * outside, held by the kernel (Landlock) whatever its user and root folder. Private to proc/.
 * Source: design.md section 2 "Sandbox"; landlock(7).
 *
 * What was opened before stays usable. Network (TCP bind and connect) is held from ABI 4 on,
 * abstract sockets and signals from ABI 6 on; the filter of system calls holds all of it besides.
 */
#ifndef DANCU_PROC_PATHS_H
#define DANCU_PROC_PATHS_H

#include "proc/proc.h"

/* Before it no file could be renamed into another folder: taken for none. */
#define PATHS_ABI_MIN 2

/* What a row may do beneath its root folder. */
enum paths_right { PATHS_NOTHING, PATHS_READ, PATHS_READ_WRITE };
enum paths_right paths_right(const struct proc_row *row);

/* The kernel's version of Landlock; 0 when it has none, or one below PATHS_ABI_MIN. */
unsigned paths_abi(void);
/* Takes the row's right on, for good. no_new_privs is set. A kernel without Landlock: ok, and a log
 * line says that the filter, the user and the root folder must do. */
struct outcome paths_apply(const struct child *child);

#endif
