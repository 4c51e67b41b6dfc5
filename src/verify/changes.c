/*
 * From the desk's frame of changes to the core's.
 *
 * Invariant 1: what goes on is the payload to the byte over which the signature was verified, with
 * the key on file for the source that the header names, and no other.
 */
#include "verify/changes.h"

bool changes_stamp(const struct signers *sources, const struct signed_asked *asked,
                   struct jws_room *room, struct feeding_stamped *ret_stamped)
{
    struct feeding_stamped stamped = {0};
    struct jws jws;

    if (!outcome_ok(jws_read(asked->jws, CHANGES_TYPE, room, &jws))) {
        return false;
    }
    const struct signer_of *source = signers_find(sources, jws.kid);
    if (source == NULL) {
        return false;
    }
    struct view key = view_of(source->key, sizeof(source->key));
    if (!es256_verify(key, jws.signed_text, jws.signature)) {
        return false;
    }
    stamped.source = jws.kid;
    stamped.payload = jws.payload; /* invariant 1 */
    seal_sha256(key, stamped.key);
    seal_sha256(asked->spki, stamped.spki);
    seal_sha256(asked->jws, stamped.jws_hash);
    *ret_stamped = stamped;
    return true;
}
