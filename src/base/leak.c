/*
 * Leaky buckets.
 */
#include "base/leak.h"

bool leak_full(struct leak *leak, int64_t now_us, uint64_t burst, uint64_t per_s)
{
    uint64_t elapsed = now_us > leak->us ? (uint64_t)(now_us - leak->us) : 0;
    uint64_t leaked = elapsed < burst * LEAK_UNIT ? elapsed * per_s : burst * LEAK_UNIT;
    leak->used = leak->used > leaked ? leak->used - leaked : 0;
    leak->us = now_us;
    return leak->used + LEAK_UNIT > burst * LEAK_UNIT;
}
