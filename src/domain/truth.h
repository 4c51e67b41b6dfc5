/*
 * Purpose: three-valued truth. UNKNOWN is a no (invariant I3).
 */
#ifndef DANCU_DOMAIN_TRUTH_H
#define DANCU_DOMAIN_TRUTH_H

enum truth { TRUTH_NO, TRUTH_UNKNOWN, TRUTH_YES };

#endif
