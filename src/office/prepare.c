/*
 * Checks an act against the directory and the policy, and makes what it will change.
 *
 * Invariants
 * 1. Nothing that is there already is touched here: a refused act leaves no trace.
 * 2. A business never holds more than its class may have: fields under the ceiling, channels open
 *    (I3); granting checks it again, since the policy may have changed in between.
 */
#include "office/prepare.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>

#define DAY_FIRST 0
#define DAY_LAST INT64_C(2932896) /* 9999-12-31 */
#define HOURS_ALL 0xffffffu

typedef struct outcome prepare(const struct directory *directory, const struct policy *policy,
                               const struct act *act, int64_t today, struct change *change,
                               char ret_why[256]);

static struct outcome refuse(enum fault fault, char ret_why[256], const char *why)
{
    snprintf(ret_why, 256, "%s", why);
    return outcome_fail(fault, "act refused");
}

/* Looked at before the record: an act that is recorded must apply. */
static struct outcome room(const struct map *map, char ret_why[256])
{
    return map->len < map->max ? OUTCOME_OK
                               : refuse(FAULT_OVER_LIMIT, ret_why, "there are too many of them");
}

void change_done(struct change *change)
{
    if (change != NULL) {
        memory_free(change->party);
        memory_free(change->account);
        memory_free(change->business);
        policy_free(change->policy);
        *change = (struct change){0};
    }
}

/* Transition table of businesses (design.md section 4). */
static const enum business_state business_next[BUSINESS_STATE_COUNT][BUSINESS_EVENT_COUNT] = {
#define NO BUSINESS_STATE_COUNT
    /*                     grant             refuse            suspend             resume revoke */
    [BUSINESS_DRAFT] = {NO, NO, NO, NO, NO},
    [BUSINESS_SUBMITTED] = {BUSINESS_GRANTED, BUSINESS_REFUSED, NO, NO, NO},
    [BUSINESS_GRANTED] = {NO, NO, BUSINESS_SUSPENDED, NO, BUSINESS_REVOKED},
    [BUSINESS_REFUSED] = {NO, NO, NO, NO, NO},
    [BUSINESS_SUSPENDED] = {NO, NO, NO, BUSINESS_GRANTED, BUSINESS_REVOKED},
    [BUSINESS_REVOKED] = {NO, NO, NO, NO, NO},
    [BUSINESS_EXPIRED] = {NO, NO, NO, NO, NO},
#undef NO
};

enum business_state office_business_next(enum business_state state, enum business_event event)
{
    if ((unsigned)state >= BUSINESS_STATE_COUNT || (unsigned)event >= BUSINESS_EVENT_COUNT) {
        return BUSINESS_STATE_COUNT;
    }
    return business_next[state][event];
}

static struct outcome prepare_party(const struct directory *directory, const struct policy *policy,
                                    const struct act *act, int64_t today, struct change *change,
                                    char ret_why[256])
{
    (void)policy;
    (void)today;
    if (directory_party(directory, act_value(act, "code")) != NULL) {
        return refuse(FAULT_CONFLICT, ret_why, "a party with this code is there already");
    }
    TRY(room(&directory->parties, ret_why));
    change->party = memory_new(1, sizeof(*change->party));
    if (change->party == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "party");
    }
    change->party->class = act_word(act, "class");
    change->party->state = PARTY_ACTIVE;
    TRY(code_set(&change->party->code, act_value(act, "code")));
    TRY(code_set(&change->party->kind, act_value(act, "kind")));
    return long_set(&change->party->name, act_value(act, "name"));
}

static struct outcome prepare_account(const struct directory *directory,
                                      const struct policy *policy, const struct act *act,
                                      int64_t today, struct change *change, char ret_why[256])
{
    uint8_t spki[SEAL_HASH_BYTES];
    (void)policy;
    (void)today;
    struct party *party = directory_party(directory, act_value(act, "party"));
    TRY(hex_get(act_value(act, "spki"), spki, sizeof(spki)));
    if (party == NULL) {
        return refuse(FAULT_NOT_FOUND, ret_why, "no party has this code");
    }
    if (directory_account(directory, act_value(act, "code")) != NULL) {
        return refuse(FAULT_CONFLICT, ret_why, "an account with this code is there already");
    }
    if (directory_account_by_spki(directory, spki) != NULL) {
        return refuse(FAULT_CONFLICT, ret_why, "this certificate's key is bound to an account");
    }
    TRY(room(&directory->accounts, ret_why));
    change->account = memory_new(1, sizeof(*change->account));
    if (change->account == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "account");
    }
    change->account->party = party;
    change->account->channel = act_word(act, "channel");
    change->account->state = ACCOUNT_ACTIVE;
    change->account->assertion_required = act_value(act, "assertion-required").len > 0;
    memcpy(change->account->spki, spki, sizeof(spki));
    TRY(code_set(&change->account->code, act_value(act, "code")));
    return long_set(&change->account->instrument, act_value(act, "instrument"));
}

static struct outcome account_move(const struct directory *directory, const struct act *act,
                                   enum account_state from, enum account_state to,
                                   struct change *change, char ret_why[256])
{
    struct account *account = directory_account(directory, act_value(act, "code"));
    if (account == NULL) {
        return refuse(FAULT_NOT_FOUND, ret_why, "no account has this code");
    }
    if (account->state != from) {
        return refuse(FAULT_CONFLICT, ret_why, "the account's state does not allow this");
    }
    change->account_old = account;
    change->account_state = to;
    return OUTCOME_OK;
}

static struct outcome prepare_account_suspend(const struct directory *directory,
                                              const struct policy *policy, const struct act *act,
                                              int64_t today, struct change *change,
                                              char ret_why[256])
{
    (void)policy;
    (void)today;
    return account_move(directory, act, ACCOUNT_ACTIVE, ACCOUNT_SUSPENDED, change, ret_why);
}

static struct outcome prepare_account_resume(const struct directory *directory,
                                             const struct policy *policy, const struct act *act,
                                             int64_t today, struct change *change,
                                             char ret_why[256])
{
    (void)policy;
    (void)today;
    return account_move(directory, act, ACCOUNT_SUSPENDED, ACCOUNT_ACTIVE, change, ret_why);
}

/* Hours hours-from..hours-until (UTC+7, the last not included) as bits; absent = all. */
static struct outcome hours_mask(const struct act *act, uint32_t *ret_hours, char ret_why[256])
{
    uint64_t from = act_number(act, "hours-from", 0);
    uint64_t until = act_number(act, "hours-until", 24);
    if (from >= until || until > 24) {
        return refuse(FAULT_BAD_INPUT, ret_why, "hours must be 0 <= from < until <= 24");
    }
    *ret_hours = (uint32_t)((HOURS_ALL >> (24 - (until - from))) << from);
    return OUTCOME_OK;
}

/* Never above what the law gives the class (I3). */
static struct outcome business_lawful(const struct policy *policy, const struct business *business,
                                      char ret_why[256])
{
    enum party_class class = business->party->class;
    uint64_t ceiling = 0;
    if (policy == NULL) {
        return refuse(FAULT_CONFLICT, ret_why, "no policy is published yet");
    }
    for (enum channel channel = 0; channel < CHANNEL_COUNT; channel++) {
        bool wanted = (business->channels & (1u << channel)) != 0;
        if (wanted && !policy_channel_open(policy, class, channel)) {
            return refuse(FAULT_BAD_INPUT, ret_why, "a channel is not open to the party's class");
        }
    }
    for (enum service service = 0; service < SERVICE_COUNT; service++) {
        bool wanted = (business->services & (1u << service)) != 0;
        if (wanted && !policy_service_open(policy, class, service)) {
            return refuse(FAULT_BAD_INPUT, ret_why, "a service is not open to the party's class");
        }
        ceiling |= wanted ? policy_field_ceiling(policy, class, service) : 0;
    }
    if ((business->fields & ~ceiling) != 0) {
        return refuse(FAULT_BAD_INPUT, ret_why, "a field is above the class's ceiling");
    }
    if ((business->fields & policy_fields_sensitive(policy) & ~business->sensitive) != 0) {
        return refuse(FAULT_BAD_INPUT, ret_why,
                      "a sensitive field must be named again in `sensitive`");
    }
    return OUTCOME_OK;
}

static struct outcome business_fill(const struct act *act, struct business *business,
                                    char ret_why[256])
{
    business->state = BUSINESS_SUBMITTED;
    business->version = 1;
    business->services = (unsigned)act_words_mask(act, "services");
    business->channels = (unsigned)act_words_mask(act, "channels");
    business->fields = act_words_mask(act, "fields");
    business->sensitive = act_words_mask(act, "sensitive");
    business->quota_day_max = act_number(act, "quota-day", 0);
    business->from_day = act_day(act, "from", DAY_FIRST);
    business->until_day = act_day(act, "until", DAY_LAST);
    if (business->from_day > business->until_day) {
        return refuse(FAULT_BAD_INPUT, ret_why, "`until` is before `from`");
    }
    TRY(hours_mask(act, &business->hours, ret_why));
    struct outcome population =
        population_parse(act_value(act, "population"), &business->population);
    if (!outcome_ok(population)) {
        return refuse(FAULT_BAD_INPUT, ret_why, population.what);
    }
    if ((business->sensitive & ~business->fields) != 0) {
        return refuse(FAULT_BAD_INPUT, ret_why, "`sensitive` names a field that `fields` does not");
    }
    TRY(code_set(&business->code, act_value(act, "code")));
    TRY(code_set(&business->procedure, act_value(act, "procedure")));
    TRY(long_set(&business->purpose, act_value(act, "purpose")));
    return long_set(&business->legal_basis, act_value(act, "legal-basis"));
}

static struct outcome prepare_business(const struct directory *directory,
                                       const struct policy *policy, const struct act *act,
                                       int64_t today, struct change *change, char ret_why[256])
{
    (void)today;
    struct party *party = directory_party(directory, act_value(act, "party"));
    if (party == NULL) {
        return refuse(FAULT_NOT_FOUND, ret_why, "no party has this code");
    }
    if (directory_business(directory, act_value(act, "code")) != NULL) {
        return refuse(FAULT_CONFLICT, ret_why, "a business with this code is there already");
    }
    TRY(room(&directory->businesses, ret_why));
    change->business = memory_new(1, sizeof(*change->business));
    if (change->business == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "business");
    }
    change->business->party = party;
    TRY(business_fill(act, change->business, ret_why));
    return business_lawful(policy, change->business, ret_why);
}

static const enum business_event event_of[ACT_KIND_COUNT] = {
    [ACT_BUSINESS_GRANT] = BUSINESS_EVENT_GRANT,     [ACT_BUSINESS_REFUSE] = BUSINESS_EVENT_REFUSE,
    [ACT_BUSINESS_SUSPEND] = BUSINESS_EVENT_SUSPEND, [ACT_BUSINESS_RESUME] = BUSINESS_EVENT_RESUME,
    [ACT_BUSINESS_REVOKE] = BUSINESS_EVENT_REVOKE,
};

static struct outcome prepare_business_move(const struct directory *directory,
                                            const struct policy *policy, const struct act *act,
                                            int64_t today, struct change *change, char ret_why[256])
{
    (void)today;
    struct business *business = directory_business(directory, act_value(act, "code"));
    if (business == NULL) {
        return refuse(FAULT_NOT_FOUND, ret_why, "no business has this code");
    }
    enum business_state next = office_business_next(business->state, event_of[act->kind]);
    if (next == BUSINESS_STATE_COUNT) {
        return refuse(FAULT_CONFLICT, ret_why, "the business' state does not allow this");
    }
    if (next == BUSINESS_GRANTED) {
        TRY(business_lawful(policy, business, ret_why));
    }
    change->business_old = business;
    change->business_state = next;
    return OUTCOME_OK;
}

static struct outcome prepare_policy(const struct directory *directory, const struct policy *policy,
                                     const struct act *act, int64_t today, struct change *change,
                                     char ret_why[256])
{
    (void)directory;
    struct view hash = act_value(act, "hash");
    if (policy != NULL && view_is(hash, policy_hash(policy))) {
        return refuse(FAULT_CONFLICT, ret_why, "this policy is in force already");
    }
    TRY(policy_from_files(act_value(act, "files"), hash, &change->policy, ret_why));
    if (policy_effective_day(change->policy) > today) {
        return refuse(FAULT_BAD_INPUT, ret_why, "the policy's effective date has not come yet");
    }
    return OUTCOME_OK;
}

/* Acts that only are recorded. */
static struct outcome prepare_nothing(const struct directory *directory,
                                      const struct policy *policy, const struct act *act,
                                      int64_t today, struct change *change, char ret_why[256])
{
    (void)directory;
    (void)policy;
    (void)act;
    (void)today;
    (void)change;
    (void)ret_why;
    return OUTCOME_OK;
}

static prepare *const preparations[ACT_KIND_COUNT] = {
    [ACT_HOME_INIT] = prepare_nothing,
    [ACT_PARTY_ADD] = prepare_party,
    [ACT_ACCOUNT_ADD] = prepare_account,
    [ACT_ACCOUNT_SUSPEND] = prepare_account_suspend,
    [ACT_ACCOUNT_RESUME] = prepare_account_resume,
    [ACT_BUSINESS_ADD] = prepare_business,
    [ACT_BUSINESS_GRANT] = prepare_business_move,
    [ACT_BUSINESS_REFUSE] = prepare_business_move,
    [ACT_BUSINESS_SUSPEND] = prepare_business_move,
    [ACT_BUSINESS_RESUME] = prepare_business_move,
    [ACT_BUSINESS_REVOKE] = prepare_business_move,
    [ACT_POLICY_PUBLISH] = prepare_policy,
    [ACT_IMPORT_CHUNK] = prepare_nothing,
    [ACT_TAIL_CUT] = prepare_nothing,
};

struct outcome change_prepare(const struct directory *directory, const struct policy *policy,
                              const struct act *act, int64_t today, struct change *ret_change,
                              char ret_why[256])
{
    CHECK((unsigned)act->kind < ACT_KIND_COUNT && preparations[act->kind] != NULL);
    struct change change = {0};
    TRY(act_check(act, ret_why));
    struct outcome outcome =
        preparations[act->kind](directory, policy, act, today, &change, ret_why);
    if (!outcome_ok(outcome)) {
        change_done(&change);
        return outcome;
    }
    *ret_change = change;
    return OUTCOME_OK;
}
