/*
 * Citizens who sign in over a portal.
 */
#include "core/loop.h"

const struct session *core_session(struct core *core, const uint8_t token[SEAL_HASH_BYTES])
{
    return sessions_find(&core->sessions, token, clock_monotonic_us(&core->house->clock));
}
