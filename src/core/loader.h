/*
 * Purpose: the process `loader`: bulk import of people while the server runs, on its own connection
 * to the registry (design.md section 2). It is the only one that writes the registry then; the core
 * reads, and records an act for each chunk when the loader asks for it.
 *
 * Its work comes from `dancu registry import` over home/loader.sock (mode 0600; root or the
 * service's own user): one import at a time, a second is refused.
 */
#ifndef DANCU_CORE_LOADER_H
#define DANCU_CORE_LOADER_H

#include "proc/proc.h"

/* Reads data and index key, before the rights are dropped; and steps back behind who serves. */
int loader_prepare(struct child *child);
int loader_main(struct child *child);

#endif
