/*
 * Invariants
 * 1. Only what stands in the table is an organisation's act, and only about its own account's.
 * 2. Who may not ask may not act: a sub-account never, an account only while it and its party stand
 *    and by a certificate that is good.
 */
#include "office/own.h"

#include "base/clock.h"

/* Invariant 1. */
static const enum own_reach reaches[ACT_KIND_COUNT] = {
    [ACT_ACCOUNT_SUB_ADD] = OWN_MAKES,
    [ACT_ACCOUNT_SUB_BUSINESSES] = OWN_BELOW,
    [ACT_ACCOUNT_SUB_LOCK] = OWN_BELOW,
    [ACT_ACCOUNT_SUB_UNLOCK] = OWN_BELOW,
    [ACT_ACCOUNT_REVOKE] = OWN_BELOW,
    [ACT_ACCOUNT_CERTIFICATE_ADD] = OWN_BELOW,
    [ACT_ACCOUNT_CERTIFICATE_REVOKE] = OWN_OR_SELF,
    [ACT_SIGNING_KEY_REVOKE] = OWN_KEY,
    [ACT_OPERATOR_OFFICERS_PUT] = OWN_PARTY,
    [ACT_OPERATOR_OFFICERS_REMOVE] = OWN_PARTY,
};

enum own_reach own_reach_of(enum act_kind kind)
{
    return (unsigned)kind < ACT_KIND_COUNT ? reaches[kind] : OWN_NOTHING;
}

/* Invariant 2. */
bool own_stands(const struct certificate *signer, int64_t now_us)
{
    const struct account *account = signer->account;
    return account->parent == NULL &&
           account_state_by(account, signer, now_us / 1000000) == ACCOUNT_ACTIVE &&
           party_state_on(account->party, clock_day_vn(now_us)) == PARTY_CONNECTED;
}

/* The account that the act is about; NULL: none that is there. */
static const struct account *named_account(const struct directory *directory, enum own_reach reach,
                                           const struct act *act)
{
    if (reach == OWN_KEY) {
        const struct signing_key *key = directory_signing_key(directory, act_value(act, "code"));
        return key == NULL ? NULL : key->account;
    }
    return directory_account(directory, act_value(act, reach == OWN_MAKES ? "parent" : "code"));
}

bool own_may(const struct directory *directory, const struct certificate *signer,
             const struct act *act, int64_t now_us)
{
    enum own_reach reach = own_reach_of(act->kind);
    if (signer == NULL || reach == OWN_NOTHING || !own_stands(signer, now_us)) {
        return false;
    }
    if (reach == OWN_PARTY) {
        return view_equal(code_view(&signer->account->party->code), act_value(act, "code"));
    }
    const struct account *named = named_account(directory, reach, act);
    if (named == NULL) {
        return false;
    }
    bool self = named == signer->account;
    bool below = named->parent == signer->account;
    switch (reach) {
    case OWN_MAKES:
        return self;
    case OWN_BELOW:
        return below;
    case OWN_OR_SELF:
    case OWN_KEY:
        return self || below;
    default:
        return false;
    }
}
