/*
 * Purpose: an act with who did it and what became of it, as the effect of its record. A local
 * user's act is its bytes alone; a signed one has its whole JWS beside it, so that whoever opens
 * the record can verify the signature again. Private to office/, but that the worker reads acts in
 * the log.
 */
#ifndef DANCU_OFFICE_DEED_H
#define DANCU_OFFICE_DEED_H

#include "office/act.h"
#include "office/signed.h"

struct deed {
    struct view act;             /* act_put() */
    bool is_signed;              /* else what follows is empty */
    struct signed_act signed_;   /* but its `key`, `act`, `code`, `pointer`, `reason` */
    struct signed_result result; /* but its index */
    struct view citizen; /* who did it, and by which account; else empty. In the record's agent */
    struct view carrier; /* alone, and not in the effect */
    const struct registry_part
        *part;          /* whom a chunk has changed; else NULL. In the record, likewise */
    struct view source; /* whose word it was; empty: an import's */
};

/* Bytes of a signed deed: u8 version (2), u8 signer's kind, block16 code, 32 bytes hash of the
 * certificate's key, 32 bytes hash of the JWS, block16 jti, u64 iat, block16 if_match, u8 code,
 * block16 pointer, block16 reason, block16 object, block16 etag, block32 act, block32 JWS. */
void deed_put(const struct deed *deed, struct buf *buf);
/* Of either kind; borrows. FAULT_BAD_INPUT. */
struct outcome deed_get(struct view bytes, struct deed *ret_deed);

#endif
