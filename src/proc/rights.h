/*
 * Purpose: the rights that a process takes on before its main, and the users they name. Private to
 * proc/. Source: design.md section 2 "Sandbox", invariant I4; prctl(2), chroot(2), setrlimit(2).
 */
#ifndef DANCU_PROC_RIGHTS_H
#define DANCU_PROC_RIGHTS_H

#include "base/outcome.h"
#include "proc/proc.h"

/* Whom a process becomes. drop = the supervisor is root, and this process must not be. */
struct rights_identity {
    bool drop;
    uid_t uid;
    gid_t gid;
};

/* The system user of that name. FAULT_NOT_FOUND. */
struct outcome rights_find_user(const char *name, struct rights_identity *ret_identity);

/* Takes on everything that the row says, for good: root folder, user, limits, no_new_privs, not
 * dumpable, Landlock, filter of system calls. What it could not take on is a fault, and the process
 * must end. */
struct outcome rights_apply(const struct child *child, const struct rights_identity *identity);

#endif
