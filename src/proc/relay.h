/*
 * Purpose: the way of one process's log lines to standard error. Private to proc/. Each place of
 * the crew has a pipe of its own, so that a process that was taken over can neither speak in
 * another's name nor drown what others say.
 */
#ifndef DANCU_PROC_RELAY_H
#define DANCU_PROC_RELAY_H

#include "base/leak.h"
#include "base/log.h"
#include "proc/ceilings.h"
#include "proc/spawn.h"

struct relay {
    char name[SPAWN_NAME_BYTES_MAX]; /* of the process in its lines, "edge-1"; empty: not open */
    int read_fd;
    int write_fd; /* for the process */
    uint8_t line[LOG_LINE_BYTES_MAX];
    size_t len;
    uint8_t last; /* byte read */
    bool skips;   /* the rest of a line that was too long */
    struct leak allowance;
    uint64_t dropped; /* lines beyond it that nobody was told of yet */
};

/* For the process of that title. Neither end ever waits. */
struct outcome relay_open(struct relay *relay, const char *title);
/* Takes what has come and writes whole lines to out_fd: each begins with the process's own name
 * behind time and level, or is put behind such a head; each control character is `?`; beyond
 * RELAY_LINES_AT_ONCE and RELAY_LINES_S_MAX lines are dropped and counted, and the count is told.
 */
void relay_take(struct relay *relay, int64_t now_us, int out_fd);
/* A last line without its end too. */
void relay_close(struct relay *relay, int64_t now_us, int out_fd);

#endif
