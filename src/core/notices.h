/*
 * Purpose: tells citizens who want it that somebody has looked at them. Private to core/. Source:
 * issue "Citizens", item 5; decision 0063.
 *
 * What a notice says is that there was a look, never whose, when or how many: who holds the phone,
 * or stands behind whoever signs in, need not be told more. Of a look that is sealed until a day
 * there is no notice before that day. Own looks bring none.
 */
#ifndef DANCU_CORE_NOTICES_H
#define DANCU_CORE_NOTICES_H

#include "gate/gate.h"
#include "office/office.h"

struct core;

struct notices {
    uint64_t due[NOTICES_DUE_MAX]; /* persons' keys; a ring */
    unsigned first;
    unsigned count;
    bool looking; /* into one citizen's history */
    struct gate_looking look;
    /* the walk over all who want notices */
    bool walking;
    size_t walked;
    int64_t walk_us; /* monotonic: when the next begins */
    uint64_t sent;   /* figure */
};

/* Has the gate tell of each person in what it records. */
void notices_begin(struct core *core);
/* The citizen's wish has changed: he is told of what comes from now on. Without room in the store
 * it begins a little later. */
struct outcome notices_start(struct core *core, struct view person);
/* Of the core's loop: a few citizens a turn. */
struct outcome notices_keep(struct core *core);
bool notices_busy(const struct core *core);

#endif
