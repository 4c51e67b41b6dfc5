/*
 * From the desk's frame to the core's.
 *
 * Invariant 1: the payload is read after its signature was verified, and the bytes that are read
 * are those that were signed.
 */
#include "verify/stamp.h"

#include "base/check.h"

struct outcome stamping_init(struct stamping *stamping)
{
    *stamping = (struct stamping){0};
    buf_init(&stamping->act, SIGNED_JWS_BYTES_MAX);
    return jws_room_init(&stamping->room);
}

void stamping_done(struct stamping *stamping)
{
    buf_done(&stamping->act);
    jws_room_done(&stamping->room);
}

/* The payload's act, or why it is none. */
static void stamp_payload(struct view text, struct view origin, struct stamping *stamping,
                          struct signed_stamped *stamped)
{
    struct payload payload = {0};

    struct outcome outcome =
        payload_read(text, origin, &stamping->room, &payload, &stamping->fault);
    if (outcome_ok(outcome)) {
        buf_reset(&stamping->act);
        act_put(&payload.act, &stamping->act);
        outcome = buf_check(&stamping->act);
        stamping->fault.reason = "is too long";
    }
    if (!outcome_ok(outcome)) {
        stamped->code = ACT_CODE_BAD_INPUT;
        stamped->pointer = view_text(stamping->fault.pointer);
        stamped->reason = view_text(stamping->fault.reason);
        return;
    }
    stamped->code = ACT_CODE_DONE;
    stamped->act = buf_view(&stamping->act);
    stamped->jti = payload.jti;
    stamped->iat_s = payload.iat_s;
    stamped->if_match = payload.if_match;
}

void stamp(const struct signers *signers, struct view origin, const struct signed_asked *asked,
           struct stamping *stamping, struct signed_stamped *ret_stamped)
{
    struct jws jws;
    struct signed_stamped stamped = {.code = ACT_CODE_SIGNATURE_INVALID};

    seal_sha256(asked->spki, stamped.spki);
    seal_sha256(asked->jws, stamped.jws_hash);
    if (!outcome_ok(jws_read(asked->jws, JWS_TYPE_ACT, &stamping->room, &jws)) ||
        !signers_verify(signers, jws.kid, asked->spki, jws.signed_text, jws.signature,
                        &stamped.signer, stamped.key)) {
        *ret_stamped = stamped;
        return;
    }
    stamped.kid = jws.kid;
    stamped.jws = asked->jws;
    stamp_payload(jws.payload, origin, stamping, &stamped); /* invariant 1 */
    *ret_stamped = stamped;
}
