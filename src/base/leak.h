/*
 * Purpose: a leaky bucket, by which a rate is held: so much at once, then so much a second.
 */
#ifndef DANCU_BASE_LEAK_H
#define DANCU_BASE_LEAK_H

#include <stdbool.h>
#include <stdint.h>

#define LEAK_UNIT UINT64_C(1000000) /* one of what is counted */

/* Zeroed: empty. */
struct leak {
    int64_t us;    /* when it was last looked at */
    uint64_t used; /* in millionths: LEAK_UNIT is one */
};

/* Lets out what has leaked since it was last looked at, nothing when the clock ran backwards. True
 * when there is no room for one more; whoever takes that adds LEAK_UNIT to `used`. */
bool leak_full(struct leak *leak, int64_t now_us, uint64_t burst, uint64_t per_s);

#endif
