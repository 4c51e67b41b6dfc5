/*
 * Acts on accounts: the authority's, one for each connection of a party's system, and those that
 * the organisation makes under it for named people and systems (Decree 70/2024, Art. 10).
 *
 * Invariants
 * 1. A sub-account is never wider than its parent: party, channel and assertion are the parent's,
 *    its businesses some of the party's, and it is active only while the parent is
 *    (gate/standing.c), so that whatever stops the parent stops it in the same act.
 * 2. Its code begins with its parent's and a dot: an organisation takes no code from another.
 * 3. Only the table moves an account. What the organisation locked, the authority does not unlock
 * by lifting its own suspension, nor the other way round.
 */
#include "office/prepare.h"

#include <string.h>

enum object_kind account_kind(const struct account *account)
{
    return account->parent == NULL ? OBJECT_ACCOUNT : OBJECT_SUB_ACCOUNT;
}

struct outcome account_edit(struct preparing *here, struct account **ret_account)
{
    struct account *old = NULL;
    TRY(prepare_find(here, OBJECT_ACCOUNT, "code", &old));
    return prepare_edit(here, account_kind(old), old, ret_account);
}

/* An account may be made before it has a certificate: one is enrolled for it then. */
static struct outcome bind_first(struct preparing *here, struct account *account)
{
    return act_value(here->act, "spki").len > 0 ? account_bind(here, account) : OUTCOME_OK;
}

struct outcome prepare_account_add(struct preparing *here)
{
    const struct act *act = here->act;
    struct party *party = NULL;
    struct account *account = NULL;
    TRY(prepare_find(here, OBJECT_PARTY, "party", &party));
    TRY(prepare_new(here, OBJECT_ACCOUNT, &account));
    account->party = party;
    account->channel = act_word(act, "channel");
    account->state = ACCOUNT_ACTIVE;
    account->assertion_required = act_value(act, "assertion-required").len > 0;
    TRY(code_set(&account->code, act_value(act, "code")));
    TRY(long_set(&account->instrument, act_value(act, "instrument")));
    return bind_first(here, account);
}

struct outcome prepare_account_require(struct preparing *here)
{
    struct account *account = NULL;
    unsigned proof = act_word(here->act, "proof");
    TRY(account_edit(here, &account));
    account->assertion_required = proof == PROOF_ASSERTION;
    account->signature_required = proof == PROOF_SIGNATURE;
    return OUTCOME_OK;
}

/* ---- sub-accounts ---- */

/* Invariant 2. */
static bool code_under(struct view code, struct view parent)
{
    return code.len > parent.len + 1 && view_starts(code, parent) && code.data[parent.len] == '.';
}

static struct outcome find_parent(struct preparing *here, struct account **ret_parent)
{
    struct account *parent = NULL;
    TRY(prepare_find(here, OBJECT_ACCOUNT, "parent", &parent));
    if (parent->parent != NULL) {
        return prepare_refuse(here, FAULT_CONFLICT, "a sub-account has no sub-accounts");
    }
    if (parent->state == ACCOUNT_REVOKED) {
        return prepare_refuse(here, FAULT_CONFLICT, "the account is revoked");
    }
    if (!code_under(act_value(here->act, "code"), code_view(&parent->code))) {
        return prepare_refuse(here, FAULT_BAD_INPUT,
                              "a sub-account's code begins with its account's and a dot");
    }
    if (parent->sub_count >= SUB_ACCOUNTS_MAX) {
        return prepare_refuse(here, FAULT_OVER_LIMIT, "the account has too many sub-accounts");
    }
    *ret_parent = parent;
    return OUTCOME_OK;
}

static struct outcome give_business(struct preparing *here, struct account *account,
                                    struct view code)
{
    struct business *business = directory_business(here->directory, code);
    if (business == NULL || business->party != account->party) {
        return prepare_refuse(here, FAULT_NOT_FOUND, "a business is not one of the party's");
    }
    if (account_covers(account, business)) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "a business is named twice");
    }
    if (account->business_count == SUB_ACCOUNT_BUSINESSES_MAX) {
        return prepare_refuse(here, FAULT_OVER_LIMIT, "too many businesses for a sub-account");
    }
    account->businesses[account->business_count++] = business;
    return OUTCOME_OK;
}

static struct outcome give_businesses(struct preparing *here, struct account *account)
{
    struct view codes = act_value(here->act, "businesses");
    account->business_count = 0;
    memset(account->businesses, 0, sizeof(account->businesses));
    for (size_t from = 0; from <= codes.len;) {
        size_t end = view_find(codes, from, ',');
        TRY(give_business(here, account, view_part(codes, from, end - from)));
        from = end + 1;
    }
    return OUTCOME_OK;
}

struct outcome prepare_account_sub_add(struct preparing *here)
{
    const struct act *act = here->act;
    struct account *parent = NULL;
    struct account *account = NULL;
    TRY(find_parent(here, &parent));
    TRY(prepare_new(here, OBJECT_SUB_ACCOUNT, &account));
    account->parent = parent;
    account->party = parent->party;
    account->channel = parent->channel;
    account->assertion_required = parent->assertion_required;
    account->signature_required = parent->signature_required;
    account->state = ACCOUNT_ACTIVE;
    account->holder = HOLDER_PERSON + act_word(act, "holder");
    TRY(code_set(&account->code, act_value(act, "code")));
    TRY(long_set(&account->holder_name, act_value(act, "name")));
    TRY(give_businesses(here, account));
    return bind_first(here, account);
}

static struct outcome want_sub(struct preparing *here, const struct account *account)
{
    return account->parent != NULL
               ? OUTCOME_OK
               : prepare_refuse(here, FAULT_CONFLICT, "the account is no sub-account");
}

struct outcome prepare_account_sub_businesses(struct preparing *here)
{
    struct account *account = NULL;
    TRY(account_edit(here, &account));
    TRY(want_sub(here, account));
    if (account->state == ACCOUNT_REVOKED) {
        return prepare_refuse(here, FAULT_CONFLICT, "the account is revoked");
    }
    return give_businesses(here, account);
}

/* ---- states ---- */

/* Invariant 3. */
static const enum account_state account_next[ACCOUNT_STATE_COUNT][ACCOUNT_EVENT_COUNT] = {
#define NO ACCOUNT_STATE_COUNT
    [ACCOUNT_ACTIVE] =
        {
            [ACCOUNT_EVENT_SUSPEND] = ACCOUNT_SUSPENDED,
            [ACCOUNT_EVENT_RESUME] = NO,
            [ACCOUNT_EVENT_LOCK] = ACCOUNT_LOCKED,
            [ACCOUNT_EVENT_UNLOCK] = NO,
            [ACCOUNT_EVENT_REVOKE] = ACCOUNT_REVOKED,
        },
    [ACCOUNT_SUSPENDED] =
        {
            [ACCOUNT_EVENT_SUSPEND] = NO,
            [ACCOUNT_EVENT_RESUME] = ACCOUNT_ACTIVE,
            [ACCOUNT_EVENT_LOCK] = ACCOUNT_SUSPENDED_LOCKED,
            [ACCOUNT_EVENT_UNLOCK] = NO,
            [ACCOUNT_EVENT_REVOKE] = ACCOUNT_REVOKED,
        },
    [ACCOUNT_LOCKED] =
        {
            [ACCOUNT_EVENT_SUSPEND] = ACCOUNT_SUSPENDED_LOCKED,
            [ACCOUNT_EVENT_RESUME] = NO,
            [ACCOUNT_EVENT_LOCK] = NO,
            [ACCOUNT_EVENT_UNLOCK] = ACCOUNT_ACTIVE,
            [ACCOUNT_EVENT_REVOKE] = ACCOUNT_REVOKED,
        },
    [ACCOUNT_SUSPENDED_LOCKED] =
        {
            [ACCOUNT_EVENT_SUSPEND] = NO,
            [ACCOUNT_EVENT_RESUME] = ACCOUNT_LOCKED,
            [ACCOUNT_EVENT_LOCK] = NO,
            [ACCOUNT_EVENT_UNLOCK] = ACCOUNT_SUSPENDED,
            [ACCOUNT_EVENT_REVOKE] = ACCOUNT_REVOKED,
        },
    [ACCOUNT_REVOKED] = {NO, NO, NO, NO, NO},
#undef NO
};

enum account_state office_account_next(enum account_state state, enum account_event event)
{
    if ((unsigned)state >= ACCOUNT_STATE_COUNT || (unsigned)event >= ACCOUNT_EVENT_COUNT) {
        return ACCOUNT_STATE_COUNT;
    }
    return account_next[state][event];
}

static const enum account_event event_of[ACT_KIND_COUNT] = {
    [ACT_ACCOUNT_SUSPEND] = ACCOUNT_EVENT_SUSPEND, [ACT_ACCOUNT_RESUME] = ACCOUNT_EVENT_RESUME,
    [ACT_ACCOUNT_SUB_LOCK] = ACCOUNT_EVENT_LOCK,   [ACT_ACCOUNT_SUB_UNLOCK] = ACCOUNT_EVENT_UNLOCK,
    [ACT_ACCOUNT_REVOKE] = ACCOUNT_EVENT_REVOKE,
};

struct outcome prepare_account_move(struct preparing *here)
{
    enum account_event event = event_of[here->act->kind];
    struct account *account = NULL;
    TRY(account_edit(here, &account));
    if (event == ACCOUNT_EVENT_LOCK || event == ACCOUNT_EVENT_UNLOCK) {
        TRY(want_sub(here, account));
    }
    enum account_state next = office_account_next(account->state, event);
    if (next == ACCOUNT_STATE_COUNT) {
        return prepare_refuse(here, FAULT_CONFLICT, "the account's state does not allow this");
    }
    account->state = next;
    if (event == ACCOUNT_EVENT_RESUME) {
        prepare_stop_end(here);
    }
    return OUTCOME_OK;
}
