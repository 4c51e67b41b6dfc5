/*
 * Purpose: one compact JWS (RFC 7515 section 3.1) of a signed act, or of a set of changes, read as
 * strictly as it can be.
 * Pure. Private to verify/, but that cli/acts.c reads again what a log has.
 *
 * Accepted is one form only: BASE64URL(header) . BASE64URL(payload) . BASE64URL(signature), each
 * canonical and without padding; a header of exactly three members, `alg` = ES256, `typ` = what
 * the caller takes, `kid` = a signer's code; a signature of 64 bytes. So there is no `crit`, no key
 * and no address in it that anybody could be led by (RFC 8725 sections 3.1, 3.10).
 */
#ifndef DANCU_VERIFY_JWS_H
#define DANCU_VERIFY_JWS_H

#include "base/bytes.h"
#include "base/memory.h"
#include "domain/signed.h"
#include "seal/seal.h"

#define JWS_TYPE_ACT "dancu-act+json"

/* Where a JWS is read; used again for the next. */
struct jws_room {
    struct buf header;
    struct buf payload;
    struct buf signature;
    struct buf bytes; /* of a payload's values: files */
    struct arena arena;
};
struct outcome jws_room_init(struct jws_room *room);
void jws_room_done(struct jws_room *room);

struct jws {
    struct view signed_text; /* header, dot and payload as they came: what was signed */
    struct view kid;
    struct view payload; /* decoded; not looked at */
    struct view signature;
};

/* The views borrow from text and room. FAULT_BAD_INPUT: it has not that form. */
struct outcome jws_read(struct view text, const char *type, struct jws_room *room,
                        struct jws *ret_jws);

#endif
