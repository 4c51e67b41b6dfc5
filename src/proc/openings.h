/*
 * Purpose: everything that the supervisor opens for others: listeners and sockets once, files and
 * folders anew for each process that is started (so that it sees renewed certificates). Private to
 * proc/.
 */
#ifndef DANCU_PROC_OPENINGS_H
#define DANCU_PROC_OPENINGS_H

#include "proc/proc.h"

struct openings {
    int home_fd;
    int lock_fd;
    int status_fd;              /* home/supervisor.sock */
    int listeners[GRANT_COUNT]; /* -1 = none */
};

/* Nothing open. */
void openings_init(struct openings *openings);
/* Opens home, lock and whatever listeners the rows ask for; home_uid and home_gid own the home from
 * then on when `own`. A fault is logged with its port or path. */
struct outcome openings_open(struct openings *openings, const struct supervisor_config *config,
                             bool own, uid_t home_uid, gid_t home_gid);
/* A descriptor to give away, the caller's; -1 when it is optional and not there. */
struct outcome openings_grant(const struct openings *openings,
                              const struct supervisor_config *config, enum proc_grant grant,
                              int *ret_fd);
/* Closes all and removes the sockets. */
void openings_done(struct openings *openings);

#endif
