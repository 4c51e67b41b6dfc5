/*
 * Purpose: what an organisation may do by itself, with the key of its account's certificate: make,
 * lock and revoke its own sub-accounts and their certificates, and have its own stolen certificate
 * revoked (Decree 70/2024, Art. 10; issue "The office", item 3). Everything else is an officer's.
 */
#ifndef DANCU_OFFICE_OWN_H
#define DANCU_OFFICE_OWN_H

#include "gate/directory.h"
#include "office/act.h"

/* What an act of an organisation may be about. */
enum own_reach {
    OWN_NOTHING, /* the act is not an organisation's */
    OWN_MAKES,   /* `parent` names its account */
    OWN_BELOW,   /* `code` names a sub-account of its account */
    OWN_OR_SELF, /* likewise, or its account itself */
    OWN_KEY,     /* `code` names a signing key of its account, or of one below */
    OWN_PARTY,   /* `code` names its party */
    OWN_REACH_COUNT
};
enum own_reach own_reach_of(enum act_kind kind);

/* May who holds this certificate's key act at all? An organisation's account that may ask. */
bool own_stands(const struct certificate *signer, int64_t now_us);
/* May who holds this certificate's key do the act? Default deny; pure. The signature over the act
 * was verified before, by that key. */
bool own_may(const struct directory *directory, const struct certificate *signer,
             const struct act *act, int64_t now_us);

#endif
