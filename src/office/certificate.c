/*
 * Certificates of accounts: bound, followed by the next, revoked.
 *
 * Invariants
 * 1. A key is bound once: to one account, and never again after it was revoked, for as long as a
 *    certificate with it could be good.
 * 2. At most ACCOUNT_CERTIFICATES_VALID_MAX of an account are good at once.
 * 3. What is past its end is forgotten by the next certificate of the account, nothing else is.
 */
#include "office/prepare.h"

#include <string.h>

/* A day's certificate is counted as good to the end of the day: only days are looked at here. */
static bool ended(const struct certificate *certificate, int64_t today)
{
    return certificate->until_s != 0 && clock_day_vn(certificate->until_s * 1000000) < today;
}

/* Invariant 3. */
static void forget_ended(struct account *account, int64_t today)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < account->certificate_count; i++) {
        if (!ended(&account->certificates[i], today)) {
            account->certificates[kept++] = account->certificates[i];
        }
    }
    account->certificate_count = kept;
}

static unsigned good_count(const struct account *account)
{
    unsigned good = 0;
    for (unsigned i = 0; i < account->certificate_count; i++) {
        good += !account->certificates[i].revoked;
    }
    return good;
}

/* Room in the account and in the directory. */
static struct outcome look_room(struct preparing *here, const struct account *account)
{
    const struct map *all = &here->directory->certificates;
    if (good_count(account) >= ACCOUNT_CERTIFICATES_VALID_MAX) {
        return prepare_refuse(here, FAULT_OVER_LIMIT,
                              "the account has two certificates already: revoke one of them");
    }
    if (account->certificate_count == ACCOUNT_CERTIFICATES_KEPT_MAX || all->len >= all->max) {
        return prepare_refuse(here, FAULT_OVER_LIMIT, "there are too many certificates");
    }
    return OUTCOME_OK;
}

struct outcome account_bind(struct preparing *here, struct account *account)
{
    const struct act *act = here->act;
    struct certificate certificate = {.until_s = (int64_t)act_number(act, "not-after", 0)};
    TRY(hex_get(act_value(act, "spki"), certificate.spki, sizeof(certificate.spki)));
    if (certificate.until_s > CERTIFICATE_UNTIL_S_MAX) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "not-after: behind the year 9999");
    }
    if (directory_certificate(here->directory, certificate.spki) != NULL) {
        return prepare_refuse_as(
            here, ACT_CODE_CERTIFICATE_BOUND,
            "certificate_bound: this certificate's key is bound to an account");
    }
    if (staff_officer_by_spki(here->directory, certificate.spki) != NULL) {
        return prepare_refuse_as(
            here, ACT_CODE_CERTIFICATE_BOUND,
            "certificate_bound: this certificate's key is bound to an officer");
    }
    forget_ended(account, here->today);
    TRY(look_room(here, account));
    account->certificates[account->certificate_count++] = certificate;
    return OUTCOME_OK;
}

struct outcome prepare_certificate_add(struct preparing *here)
{
    struct account *account = NULL;
    TRY(account_edit(here, &account));
    if (account->state == ACCOUNT_REVOKED) {
        return prepare_refuse(here, FAULT_CONFLICT, "the account is revoked");
    }
    return account_bind(here, account);
}

struct outcome prepare_certificate_revoke(struct preparing *here)
{
    struct account *account = NULL;
    uint8_t spki[SEAL_HASH_BYTES];
    TRY(account_edit(here, &account));
    TRY(hex_get(act_value(here->act, "spki"), spki, sizeof(spki)));
    for (unsigned i = 0; i < account->certificate_count; i++) {
        struct certificate *certificate = &account->certificates[i];
        if (memcmp(certificate->spki, spki, sizeof(spki)) != 0) {
            continue;
        }
        if (certificate->revoked) {
            return prepare_refuse(here, FAULT_CONFLICT, "the certificate is revoked already");
        }
        certificate->revoked = true;
        return OUTCOME_OK;
    }
    return prepare_refuse(here, FAULT_NOT_FOUND, "the account has no such certificate");
}
