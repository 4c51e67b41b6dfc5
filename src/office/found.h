/*
 * Purpose: the first officers as bytes of the act `officer.found`: u8 count, then block32 each. For
 * the ceremony (cli/) and its preparation.
 */
#ifndef DANCU_OFFICE_FOUND_H
#define DANCU_OFFICE_FOUND_H

#include "office/staff.h"

#define FOUND_OFFICERS_MIN 2
#define FOUND_OFFICERS_MAX 8

/* One of them. FAULT_CORRUPT. */
struct outcome officer_get(struct view bytes, struct officer *ret_officer);
/* Their versions are set when they are made. */
void found_put(const struct officer *officers, unsigned count, struct buf *buf);

enum officer_event {
    OFFICER_EVENT_ROLES,
    OFFICER_EVENT_REPLACE,
    OFFICER_EVENT_LEAVE,
    OFFICER_EVENT_LOST,
    OFFICER_EVENT_COUNT
};
/* OFFICER_STATE_COUNT = not allowed. */
enum officer_state office_officer_next(enum officer_state state, enum officer_event event);

#endif
