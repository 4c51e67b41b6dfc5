/*
 * Purpose: what of the office's objects is shown to whom: over the desk to officers and accounts,
 * and to who stands at the machine.
 */
#ifndef DANCU_CORE_LOOK_H
#define DANCU_CORE_LOOK_H

#include "core/house.h"
#include "proc/looking.h"

/* Appends the answer as a frame. `local`: asked by a user of this machine who may do acts here, and
 * who sees all but what case files hold; else the look's certificate counts. A failure is want of
 * memory. */
struct outcome look_put(const struct house *house, const struct look *look, bool local,
                        struct buf *out);

#endif
