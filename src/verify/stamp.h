/*
 * Purpose: one signed act from the desk's frame to the core's: read, verify, read on, stamp. No
 * I/O. Private to verify/.
 */
#ifndef DANCU_VERIFY_STAMP_H
#define DANCU_VERIFY_STAMP_H

#include "verify/payload.h"
#include "verify/signers.h"

struct stamping {
    struct jws_room room;
    struct buf act; /* the act's bytes */
    struct payload_fault fault;
};
struct outcome stamping_init(struct stamping *stamping);
void stamping_done(struct stamping *stamping);

/* What the core is told, but for the tag. ACT_CODE_SIGNATURE_INVALID: the signature is not one that
 * counts, and nothing of what it stands under goes further. Borrows from `asked` and `stamping`. */
void stamp(const struct signers *signers, struct view origin, const struct signed_asked *asked,
           struct stamping *stamping, struct signed_stamped *ret_stamped);

#endif
