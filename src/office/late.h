/*
 * Purpose: acts that are recorded and in force and that the store has no room for yet, in their
 * order, until it has. Private to office/.
 */
#ifndef DANCU_OFFICE_LATE_H
#define DANCU_OFFICE_LATE_H

#include "base/ceilings.h"
#include "store/store.h"

struct late_act {
    uint64_t index;
    struct buf objects; /* u8 count, then for each: kind u8, code block16, content block32 */
};

struct late {
    struct late_act acts[OFFICE_LATE_ACTS_MAX];
    unsigned count;
    size_t bytes; /* of all of them */
};

/* Accepts a zeroed one. */
void late_done(struct late *late);
/* There is room here for one more act of any size. */
bool late_has_room(const struct late *late);
/* Copies it behind the others. FAULT_NO_SPACE: too many, or too large together. */
struct outcome late_keep(struct late *late, uint64_t index, const struct office_object *objects,
                         unsigned count);
/* Gives them to the store, the first one first, and forgets each that it took; stops at the first
 * failure. */
struct outcome late_store(struct late *late, struct office_store *store);

#endif
