/*
 * Purpose: a new process of this same binary, with its control socket. Private to proc/.
 */
#ifndef DANCU_PROC_SPAWN_H
#define DANCU_PROC_SPAWN_H

#include "base/outcome.h"

#include <sys/types.h>

/* How an execution knows that it is a child. */
#define SPAWN_MARK "DANCU_CHILD"
#define SPAWN_TITLE_PREFIX "dancu: "
#define SPAWN_CONTROL_FD 3

#define SPAWN_NAME_BYTES_MAX 48
/* The process's name in its log lines: its title without the prefix, `-` for each blank. */
void spawn_log_name(const char *title, char ret_name[SPAWN_NAME_BYTES_MAX]);

/* Forks and executes /proc/self/exe under that title with nothing but /dev/null as input, log_fd as
 * output and error, and its end of a new control socket. ret_control_fd: our end, non-blocking,
 * close-on-exec, the caller's. */
struct outcome spawn_process(const char *title, int log_fd, pid_t *ret_pid, int *ret_control_fd);

#endif
