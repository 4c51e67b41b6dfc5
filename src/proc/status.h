/*
 * Purpose: what `dancu ps` shows, as rows on the wire between the supervisor and the command.
 * Private to proc/.
 *
 * The supervisor answers whoever connects to home/supervisor.sock (and is root or its own user)
 * with one FRAME_STATUS and closes; it reads nothing from there. A row: block16 process, u32 pid,
 * block16 user, u8 state, u64 uptime in ms, u32 restarts, u64 resident bytes, block16 rights,
 * then what status_rights.h says.
 */
#ifndef DANCU_PROC_STATUS_H
#define DANCU_PROC_STATUS_H

#include "proc/crew.h"
#include "proc/status_rights.h"

enum status_state {
    STATUS_WAITING, /* nobody: the next start is put off */
    STATUS_STARTING,
    STATUS_SERVING,
    STATUS_DRAINING,
    STATUS_KILLED,
    STATUS_STATE_COUNT
};

struct status_row {
    struct view process; /* title without its prefix */
    uint32_t pid;        /* 0 while waiting */
    struct view user;
    enum status_state state;
    uint64_t uptime_ms;
    uint32_t restarts;
    uint64_t resident_bytes;
    struct view rights;
    struct status_rights held;
};

void status_put_row(struct buf *buf, const struct status_row *row);
/* Views borrow. FAULT_BAD_INPUT. */
struct outcome status_get_row(struct cursor *cursor, struct status_row *ret_row);

/* The whole answer: the supervisor itself, then every slot and every process that drains.
 * `users` are names by enum proc_user. */
struct outcome status_put_frame(struct buf *buf, const struct crew *crew,
                                const char *const users[PROC_USER_COUNT],
                                int64_t supervisor_started_us);
/* Resident memory of a process; 0 when it is gone. */
uint64_t status_resident_bytes(pid_t pid);

/* An answer as text for people or as JSON for machines; with every right, or one line of them. */
struct outcome status_print(struct view answer, bool json, bool rights, struct buf *ret_text);

#endif
