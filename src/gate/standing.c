/*
 * Who may ask at a time: what follows from dates, with nobody having to act.
 *
 * Invariants
 * 1. Pure: the same objects on the same day stand alike, so that an ask is decided by the dates and
 *    not by how soon the core found the time to record what they do (office/ageing.c).
 * 2. Dates only take away: nobody may more on a later day.
 */
#include "gate/directory.h"

enum ageing inspection_ageing(const struct inspection *inspection, int64_t day)
{
    if (inspection->result != INSPECTION_PASSED) {
        return AGEING_CURRENT; /* there is none that could come to its end */
    }
    if (day > inspection->until_day + INSPECTION_GRACE_DAYS) {
        return AGEING_OVER;
    }
    if (day > inspection->until_day) {
        return AGEING_LAPSED;
    }
    return day > inspection->until_day - INSPECTION_DUE_DAYS ? AGEING_DUE : AGEING_CURRENT;
}

enum party_state party_state_on(const struct party *party, int64_t day)
{
    bool over = inspection_ageing(&party->inspection, day) == AGEING_OVER;
    return party->state == PARTY_CONNECTED && over ? PARTY_SUSPENDED : party->state;
}

bool certificate_good(const struct certificate *certificate, int64_t now_s)
{
    bool ended = certificate->until_s != 0 && now_s > certificate->until_s;
    return !certificate->revoked && !ended;
}

enum account_state account_state_by(const struct account *account,
                                    const struct certificate *certificate, int64_t now_s)
{
    if (account->state != ACCOUNT_ACTIVE) {
        return account->state;
    }
    if (account->parent != NULL && account->parent->state != ACCOUNT_ACTIVE) {
        return account->parent->state;
    }
    return certificate_good(certificate, now_s) ? ACCOUNT_ACTIVE : ACCOUNT_REVOKED;
}

bool account_covers(const struct account *account, const struct business *business)
{
    if (account->parent == NULL) {
        return business->party == account->party;
    }
    for (unsigned i = 0; i < account->business_count; i++) {
        if (account->businesses[i] == business) {
            return true;
        }
    }
    return false;
}

bool account_instrument(const struct account *account)
{
    bool parents = account->parent != NULL && account->parent->instrument.len > 0;
    return account->instrument.len > 0 || parents || account->party->instrument.len > 0;
}
