/*
 * Purpose: the home folder as the supervisor meets it: one supervisor a home, its entries owned by
 * whom the core runs as, unix sockets in it. Private to proc/.
 */
#ifndef DANCU_PROC_HOME_H
#define DANCU_PROC_HOME_H

#include "base/outcome.h"

#include <sys/types.h>

#define HOME_ADMIN_SOCKET "admin.sock"
#define HOME_LOADER_SOCKET "loader.sock"
#define HOME_STATUS_SOCKET "supervisor.sock"
#define HOME_JOBS "jobs"
#define HOME_ARCHIVE "archive"
#define HOME_LOCK "supervisor.lock"

/* Opens the folder. */
struct outcome home_open(const char *path, int *ret_fd);
/* Takes the supervisor's lock, held as long as ret_lock_fd is open. FAULT_BUSY. */
struct outcome home_lock(int home_fd, int *ret_lock_fd);
/* Makes a folder of mode 0700; ok when it is there. */
struct outcome home_folder(int home_fd, const char *name);
/* Gives every folder and every plain file in it (and itself) to that user and group. Follows no
 * link, leaves files with several names alone, stays within HOME_DEPTH_MAX and HOME_ENTRIES_MAX.
 * FAULT_CONFLICT when the home belongs to somebody else than root or that user. */
struct outcome home_own(int home_fd, uid_t uid, gid_t gid);
/* A listening stream socket of mode 0600 in place of whatever had that name. Caller holds the
 * lock. */
struct outcome home_listen(int home_fd, const char *name, int *ret_fd);
void home_unlink(int home_fd, const char *name);
/* A blocking connection to such a socket. FAULT_NOT_FOUND when nobody listens. */
struct outcome home_connect(const char *path, const char *name, int *ret_fd);

#endif
