/*
 * The states of parties, accounts and businesses in words.
 */
#include "policy/policy.h"

static const char *const party_names[PARTY_STATE_COUNT] = {
    [PARTY_CONNECTED] = "connected",   [PARTY_SUSPENDED] = "suspended",
    [PARTY_REGISTERED] = "registered", [PARTY_COMPLETE] = "complete",
    [PARTY_CLOSED] = "closed",
};
const struct words words_party_state = {party_names, PARTY_STATE_COUNT};

static const char *const account_names[ACCOUNT_STATE_COUNT] = {
    [ACCOUNT_ACTIVE] = "active",
    [ACCOUNT_SUSPENDED] = "suspended",
    [ACCOUNT_REVOKED] = "revoked",
    [ACCOUNT_LOCKED] = "locked",
    [ACCOUNT_SUSPENDED_LOCKED] = "suspended_locked",
};
const struct words words_account_state = {account_names, ACCOUNT_STATE_COUNT};

static const char *const business_names[BUSINESS_STATE_COUNT] = {
    [BUSINESS_DRAFT] = "draft",         [BUSINESS_SUBMITTED] = "submitted",
    [BUSINESS_GRANTED] = "granted",     [BUSINESS_REFUSED] = "refused",
    [BUSINESS_SUSPENDED] = "suspended", [BUSINESS_REVOKED] = "revoked",
    [BUSINESS_EXPIRED] = "expired",
};
const struct words words_business_state = {business_names, BUSINESS_STATE_COUNT};
