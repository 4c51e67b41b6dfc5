/*
 * Purpose: the frames on a control socket after the handover: FRAME_PEER down, FRAME_HEALTH up.
 * Private to proc/; the children's side stands in proc.h.
 */
#ifndef DANCU_PROC_PEER_H
#define DANCU_PROC_PEER_H

#include "base/bytes.h"

/* Supervisor: hands `fd` on, which stays the caller's. FAULT_AGAIN, FAULT_CLOSED. */
struct outcome peer_send(int control_fd, unsigned row, unsigned index, int fd);
/* Supervisor: takes one message of a child. Ok only for a whole FRAME_HEALTH that says "serving";
 * FAULT_AGAIN: none; FAULT_CLOSED: the child closed it; FAULT_BAD_INPUT: anything else. */
struct outcome peer_hear_ready(int control_fd);

#endif
