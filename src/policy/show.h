/* The policy as JSON, for machines; private to the room. */
#ifndef DANCU_POLICY_SHOW_H
#define DANCU_POLICY_SHOW_H

#include "policy/set.h"

void policy_show_json(const struct policy *policy, struct buf *buf);

#endif
