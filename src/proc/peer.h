/*
 * Purpose: the frames on a control socket after the handover: FRAME_PEER down, FRAME_HEALTH and
 * FRAME_PEER up. Private to proc/; the children's side stands in proc.h and dial.h.
 */
#ifndef DANCU_PROC_PEER_H
#define DANCU_PROC_PEER_H

#include "base/bytes.h"

/* Hands `fd` on, which stays the caller's; -1: none rides along. FAULT_AGAIN, FAULT_CLOSED. */
struct outcome peer_send(int control_fd, unsigned row, unsigned index, int fd);
#define PEER_SERVES 256 /* no enum proc_dial */

/* Supervisor: takes one message of a child: a whole FRAME_HEALTH that says "serving" (ret_whom is
 * PEER_SERVES), or a FRAME_PEER without descriptor that says whom it wants to reach (ret_whom, any
 * number up to 255). FAULT_AGAIN: none; FAULT_CLOSED: the child closed it; FAULT_BAD_INPUT:
 * anything else. */
struct outcome peer_hear(int control_fd, unsigned *ret_whom);
/* For a child that reaches nobody: ok only for "serving". */
struct outcome peer_hear_ready(int control_fd);

#endif
