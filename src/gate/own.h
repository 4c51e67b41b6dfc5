/*
 * Purpose: the standing business OWN, by which citizens ask about themselves (F3), and the party
 * that stands for whoever does so over a session or from a phone (decision 0059). Nothing of either
 * is on file: they are what the policy opens to the class. Private to gate/.
 */
#ifndef DANCU_GATE_OWN_H
#define DANCU_GATE_OWN_H

#include "gate/directory.h"

struct own {
    struct party party; /* of whoever asks; its code is one that no act can give */
    struct business view;
    struct business history;
};

void own_init(struct own *own);
/* OWN as that policy has it for that service; NULL: it is no service about oneself. */
struct business *own_business(struct own *own, const struct policy *policy, enum service service);
/* Is it OWN, which is no party's? */
bool own_is(const struct business *business);

#endif
