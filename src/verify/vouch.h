/*
 * Purpose: one signed ask from the edge's frame to the core's: read, verify, vouch. No I/O. Private
 * to verify/. Source: decision 0043.
 */
#ifndef DANCU_VERIFY_VOUCH_H
#define DANCU_VERIFY_VOUCH_H

#include "channel/json/ask_json.h"
#include "verify/ask_keys.h"
#include "verify/assertion.h"
#include "verify/message.h"

struct vouching {
    struct assertion_room room;
    struct arena arena; /* of the ask */
    struct ask_faults faults;
    struct buf base; /* of a message's signature */
};
struct outcome vouching_init(struct vouching *vouching);
void vouching_done(struct vouching *vouching);

/* What the core is told, but for the tag; borrows from `asked` and `vouching`. CODE_DISCLOSED: the
 * signature is right, of a key that the core last told or of the certificate's; else what is wrong,
 * and nothing of the ask goes further. `origin`: what an assertion's `aud` must be. */
enum code vouch(const struct ask_keys *keys, struct view origin, int64_t now_us,
                const struct vouch_asked *asked, struct vouching *vouching, struct ask *ret_ask);

#endif
