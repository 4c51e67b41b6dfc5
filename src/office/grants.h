/*
 * Purpose: what an account is granted, as JSON for itself (`GET /v1/grants`): the businesses of its
 * party, or those that a sub-account was given, with their state, and what is left of their quotas.
 * No personal data; what is not a matter of the account's, its clearances and why, is not shown.
 */
#ifndef DANCU_OFFICE_GRANTS_H
#define DANCU_OFFICE_GRANTS_H

#include "gate/gate.h"

/* Appends one object in canonical form: the account of the certificate and how it stands, up to
 * GRANTS_PAGE_MAX businesses whose codes come behind `after`, and the code that the next page is
 * behind, or null. */
void grants_put(const struct certificate *certificate, struct view after, int64_t now_us,
                struct buf *buf);

#endif
