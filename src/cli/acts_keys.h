/*
 * Purpose: whose signatures count, as the acts of a log make and change it: officers' signing keys,
 * and the certificates' keys that are bound to accounts. Filled act by act, in the log's order, and
 * by nothing else. Private to cli/.
 *
 * What else must be so for somebody to act (roles, four eyes, a party that is connected, a day) the
 * core looks at in its own books; here is only what it takes another process' word for.
 */
#ifndef DANCU_CLI_ACTS_KEYS_H
#define DANCU_CLI_ACTS_KEYS_H

#include "base/map.h"
#include "office/deed.h"

struct acts_keys {
    bool founded;         /* there were officers once: acts are signed from then on */
    struct map officers;  /* by code */
    struct map bindings;  /* by the hash of the certificate's key */
    struct map proposals; /* by code: those that would change any of this */
};
void acts_keys_init(struct acts_keys *keys);
void acts_keys_done(struct acts_keys *keys);

/* An act that is in force. FAULT_BAD_INPUT: it does not say what it must; OVER_LIMIT, NO_MEMORY. */
struct outcome acts_keys_apply(struct acts_keys *keys, const struct act *act);

/* The officer's signing key, SubjectPublicKeyInfo; empty: there is none in force. */
struct view acts_keys_officer(const struct acts_keys *keys, struct view code);
/* Whether a certificate with that key is bound to the account, and neither is revoked. */
bool acts_keys_bound(const struct acts_keys *keys, struct view spki, struct view account);

#endif
