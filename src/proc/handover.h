/*
 * Purpose: the first message on a control socket, by which the supervisor tells a new process who
 * it is and hands it its descriptors. Private to proc/.
 *
 * Shape: u8 version, u8 row number, u8 index, u8 1 when rights are to be dropped, u32 uid, u32 gid,
 * u32 bits of the grants that came, u8 1 when a pipe to the core came, u16 port, u32 edges,
 * block16 home, block16 origin. Descriptors: the grants in the order of enum proc_grant, then the
 * pipe.
 */
#ifndef DANCU_PROC_HANDOVER_H
#define DANCU_PROC_HANDOVER_H

#include "proc/message.h"
#include "proc/proc.h"
#include "proc/rights.h"

struct handover {
    unsigned row;
    unsigned index;
    struct rights_identity identity;
    struct serve_settings settings;
    int grants[GRANT_COUNT]; /* -1 = none */
    int core_fd;             /* -1 = none */
};

/* Closes every descriptor of it. */
void handover_close(struct handover *handover);
/* The descriptors stay the caller's. */
struct outcome handover_send(int control_fd, const struct handover *handover);
/* Takes a received message's descriptors over; on a fault they are closed. Ok only when the
 * descriptors are those that the row asks for. */
struct outcome handover_read(struct message *message, const struct proc_row *rows,
                             unsigned row_count, struct handover *ret_handover);

#endif
