/*
 * Purpose: how the channel processes that have a TLS listener begin and end alike.
 */
#ifndef DANCU_CHANNEL_LINK_PROCESS_H
#define DANCU_CHANNEL_LINK_PROCESS_H

#include "channel/link/link.h"

/* For proc_row.prepare: reads the listener's TLS files into child->prepared. With `clients` those
 * who come are asked for a certificate. 0, or PROC_EXIT_REFUSED. */
int process_prepare(struct child *child, bool clients);
/* Frees what was prepared, and gives the exit status: `outcome` is how serving went, `failed` is
 * link_has_failed(). */
int process_end(struct child *child, struct outcome outcome, bool failed);

#endif
