/*
 * Purpose: a small crew for tests of the supervisor: a table of four rows whose mains are simple
 * and misbehave on request (settings.origin says how), a supervisor in a process of its own with
 * its output in files, and questions to it. The test's main() first calls rig_enter().
 */
#ifndef DANCU_TESTS_UNIT_PROC_RIG_H
#define DANCU_TESTS_UNIT_PROC_RIG_H

#include "help.h"

#include "proc/proc.h"
#include "proc/status.h"

#define RIG_WAIT_MS 30000
#define RIG_EDGES 2
#define RIG_PATH_BYTES_MAX 256

/* The caller runs only where config.dials has a message centre. */
enum rig_row { RIG_CORE, RIG_KEEPER, RIG_EDGE, RIG_PUBLIC, RIG_CALLER, RIG_ROW_COUNT };

/* What children do, one letter each in settings.origin:
 *   r  the core exits with PROC_EXIT_REFUSED        d  edges die at once, once ready
 *   s  edges ignore SIGTERM                          n  edges never say that they serve
 *   b  edge 1 says nonsense to the supervisor        l  edges take a second to drain
 *   f  everybody tells facts about itself            o  edges ask for too many descriptors
 *   w  edge 1 writes an escape sequence and much text to its standard error
 *   e  the edges' prepare exits with PROC_EXIT_REFUSED
 *   x  the caller asks for somebody whom its row does not name
 *   y  the caller asks for more connections than a second has */
extern const struct proc_row rig_rows[RIG_ROW_COUNT];

struct rig {
    struct supervisor_config config;
    char folder[RIG_PATH_BYTES_MAX];
    char cert[RIG_PATH_BYTES_MAX];
    char out[RIG_PATH_BYTES_MAX]; /* the supervisor's standard output */
    char err[RIG_PATH_BYTES_MAX];
    pid_t pid;
};

void rig_enter(int argc, char **argv);
/* Makes home and files; nothing runs yet. */
void rig_init(struct rig *rig, uint16_t port, const char *origin);
/* As user `uid` when not 0. */
void rig_start_as(struct rig *rig, uid_t uid);
void rig_start(struct rig *rig);
/* Starts and waits for the ready line. */
void rig_start_ready(struct rig *rig);
/* Waits for its end; the exit status, or -signal. */
int rig_wait(struct rig *rig);
/* Sends it a signal and waits. */
int rig_stop(struct rig *rig, int number);
/* Kills what is left, removes the files. */
void rig_done(struct rig *rig);

/* Teardown of every test: kills supervisors that a failed one left (the rig itself may be gone). */
int rig_sweep(void **state);

/* How often a text stands in a file. */
unsigned rig_count(const char *path, const char *text);
/* Waits until it stands there `times` times. */
void rig_await(const char *path, const char *text, unsigned times);
/* The first line with that text; fails when there is none. `ret_line` has 1024 bytes. */
void rig_line(const char *path, const char *text, char *ret_line);
/* Value of key=... in a line. */
long long rig_value(const char *line, const char *key);

/* One row of `dancu ps` by its name; false when there is none. The texts are not to be used. */
bool rig_status(const struct rig *rig, const char *process, struct status_row *ret_row);
/* Waits until that process serves with another pid than `old`; gives the pid. */
pid_t rig_await_serving(const struct rig *rig, const char *process, pid_t old);
bool rig_alive(pid_t pid);
void rig_await_dead(pid_t pid);
int64_t rig_now_ms(void);
void rig_write(const char *path, const char *text);

#endif
