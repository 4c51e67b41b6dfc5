/*
 * Purpose: what one recorded disclosure was, read again from the log for who reviews it.
 */
#ifndef DANCU_GATE_RECORDED_H
#define DANCU_GATE_RECORDED_H

#include "gate/gate.h"

struct recorded {
    char ask[37]; /* id, as text */
    struct code_text business;
    int64_t day; /* UTC+7 */
};

/* FAULT_NOT_FOUND: there is no disclosure at that place of the log, or it cannot be read any more.
 * FAULT_NO_MEMORY. One read of one record: some hundred microseconds. */
struct outcome gate_recorded(struct gate *gate, uint64_t index, struct recorded *ret_recorded);
/* The same of a disclosure of that person which he may know of on that day (UTC+7): whatever else
 * there is, or is not, is FAULT_NOT_FOUND. FAULT_AGAIN: too many old records are read already. */
struct outcome gate_recorded_about(struct gate *gate, uint64_t index, uint64_t person, int64_t day,
                                   struct recorded *ret_recorded);

#endif
