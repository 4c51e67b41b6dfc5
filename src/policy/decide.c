/*
 * The two decisions. What deciding needs was looked up before and stands in the question.
 *
 * Invariants
 *  1. Pure (I10): no I/O, no clock, no allocation; the same question has the same decision.
 *  2. Default deny (I3): whatever is not a known, granted, open value fails the check that looks
 *     at it, enum values out of range and empty field masks included.
 *  3. The order of the rows is the order of the law's questions; the first that fails decides.
 *  4. decide_subject() evaluates everything before it picks: its time does not depend on what
 *     failed (I5).
 */
#include "policy/set.h"

#include "base/ceilings.h"

#define HOUR_US (INT64_C(3600) * 1000000)
#define ZONE_US (7 * HOUR_US) /* UTC+7 */
#define HOURS_PER_DAY 24

/* U2 */
static uint64_t account_fails(const struct policy_masks *masks,
                              const struct party_question *question)
{
    (void)masks;
    return question->account_state != ACCOUNT_ACTIVE ||
           question->account_party_state != PARTY_CONNECTED ||
           question->party_state != PARTY_CONNECTED;
}

/* I11: without its assertion there is no acting party, so nothing later has a meaning. */
static uint64_t assertion_fails(const struct policy_masks *masks,
                                const struct party_question *question)
{
    (void)masks;
    return question->assertion_required && !question->assertion_verified;
}

/* F1-F4 */
static uint64_t channel_class_fails(const struct policy_masks *masks,
                                    const struct party_question *question)
{
    unsigned class = question->party_class;
    unsigned channel = question->channel;

    return class >= CLASS_COUNT || !policy_bit(masks->channels_open[class], channel) ||
           (policy_bit(masks->instrument_channels, channel) && !question->guided_instrument);
}

static uint64_t service_class_fails(const struct policy_masks *masks,
                                    const struct party_question *question)
{
    return !policy_bit(masks->services_open[question->party_class], question->service);
}

/* U1 */
static uint64_t business_unknown(const struct policy_masks *masks,
                                 const struct party_question *question)
{
    (void)masks;
    return !question->business_found;
}

static uint64_t business_owner_fails(const struct policy_masks *masks,
                                     const struct party_question *question)
{
    (void)masks;
    return !question->business_owned;
}

static uint64_t business_state_fails(const struct policy_masks *masks,
                                     const struct party_question *question)
{
    (void)masks;
    return question->business_state != BUSINESS_GRANTED;
}

static uint64_t business_dates_fail(const struct policy_masks *masks,
                                    const struct party_question *question)
{
    int64_t day = clock_day_vn(question->now_us);

    (void)masks;
    return day < question->business_from_day || day > question->business_until_day;
}

static uint64_t business_channel_fails(const struct policy_masks *masks,
                                       const struct party_question *question)
{
    (void)masks;
    return !policy_bit(question->business_channels, question->channel);
}

static uint64_t business_service_fails(const struct policy_masks *masks,
                                       const struct party_question *question)
{
    (void)masks;
    return !policy_bit(question->business_services, question->service);
}

/* P1 */
static uint64_t case_fails(const struct policy_masks *masks, const struct party_question *question)
{
    (void)masks;
    return !question->case_given;
}

/* U2 */
static uint64_t operator_fails(const struct policy_masks *masks,
                               const struct party_question *question)
{
    (void)masks;
    return (!question->party_is_own && !question->operator_registered) ||
           !question->officer_registered;
}

/* F3 */
static uint64_t own_data_fails(const struct policy_masks *masks,
                               const struct party_question *question)
{
    return policy_bit(masks->own_only_classes, question->party_class) && !question->subject_is_own;
}

/* U1: an ask for nothing has no purpose. */
static uint64_t fields_empty(const struct policy_masks *masks,
                             const struct party_question *question)
{
    (void)masks;
    return question->fields == 0;
}

static uint64_t fields_ungranted(const struct policy_masks *masks,
                                 const struct party_question *question)
{
    (void)masks;
    return question->fields & ~question->business_fields;
}

static uint64_t fields_above_ceiling(const struct policy_masks *masks,
                                     const struct party_question *question)
{
    return question->fields & ~masks->ceiling[question->party_class][question->service];
}

static uint64_t fields_unnamed(const struct policy_masks *masks,
                               const struct party_question *question)
{
    return question->fields & masks->sensitive & ~question->business_sensitive;
}

/* P4: what one answer tells is less than what many tell. */
static uint64_t per_claim_fails(const struct policy_masks *masks,
                                const struct party_question *question)
{
    (void)masks;
    return question->per_claim && !question->business_per_claim;
}

/* P4 */
static uint64_t permit_fails(const struct policy_masks *masks,
                             const struct party_question *question)
{
    (void)masks;
    return question->use_declared && !question->permit_covers;
}

/* P4: a list is approved one by one, whatever is granted. */
static uint64_t list_fails(const struct policy_masks *masks, const struct party_question *question)
{
    (void)masks;
    return question->service == SERVICE_LIST_EXTRACT && !question->list_approved;
}

static uint64_t hours_fail(const struct policy_masks *masks, const struct party_question *question)
{
    int64_t day_us = clock_day_vn(question->now_us) * HOURS_PER_DAY * HOUR_US - ZONE_US;
    int64_t hour = (question->now_us - day_us) / HOUR_US;

    (void)masks;
    return !policy_bit(question->business_hours, (unsigned)hour);
}

static uint64_t quota_fails(const struct policy_masks *masks, const struct party_question *question)
{
    (void)masks;
    return question->quota_used >= question->quota_max;
}

static uint64_t quota_second_fails(const struct policy_masks *masks,
                                   const struct party_question *question)
{
    (void)masks;
    return question->quota_second_used >= question->quota_second_max;
}

static uint64_t quota_total_fails(const struct policy_masks *masks,
                                  const struct party_question *question)
{
    (void)masks;
    return question->quota_total_used >= question->quota_total_max;
}

/* U5 */
static uint64_t guessing_fails(const struct policy_masks *masks,
                               const struct party_question *question)
{
    (void)masks;
    return question->guesses >= GUESSES_PER_DAY_MAX;
}

/* Invariant 3. The rows behind a class or service may use it as an index: the rows before have
 * refused what is out of range. */
const struct policy_check policy_checks[POLICY_CHECKS] = {
    {RULE_ACCOUNT, CODE_ACCOUNT_BLOCKED, false, account_fails},
    {RULE_ASSERTION, CODE_OPERATOR_NOT_ALLOWED, false, assertion_fails},
    {RULE_CHANNEL_CLASS, CODE_CHANNEL_NOT_OPEN, false, channel_class_fails},
    {RULE_SERVICE_CLASS, CODE_SERVICE_NOT_OPEN, false, service_class_fails},
    {RULE_BUSINESS_UNKNOWN, CODE_BUSINESS_NOT_GRANTED, false, business_unknown},
    {RULE_BUSINESS_OWNER, CODE_BUSINESS_NOT_GRANTED, false, business_owner_fails},
    {RULE_BUSINESS_STATE, CODE_BUSINESS_NOT_GRANTED, false, business_state_fails},
    {RULE_BUSINESS_DATES, CODE_BUSINESS_NOT_GRANTED, false, business_dates_fail},
    {RULE_BUSINESS_CHANNEL, CODE_BUSINESS_NOT_GRANTED, false, business_channel_fails},
    {RULE_BUSINESS_SERVICE, CODE_BUSINESS_NOT_GRANTED, false, business_service_fails},
    {RULE_CASE, CODE_CASE_MISSING, false, case_fails},
    {RULE_OPERATOR, CODE_OPERATOR_NOT_ALLOWED, false, operator_fails},
    {RULE_OWN_DATA, CODE_OWN_DATA_ONLY, false, own_data_fails},
    {RULE_FIELD_GRANT, CODE_FIELD_NOT_GRANTED, false, fields_empty},
    {RULE_FIELD_GRANT, CODE_FIELD_NOT_GRANTED, true, fields_ungranted},
    {RULE_FIELD_CEILING, CODE_FIELD_NOT_GRANTED, true, fields_above_ceiling},
    {RULE_FIELD_SENSITIVE, CODE_FIELD_NOT_GRANTED, true, fields_unnamed},
    {RULE_PER_CLAIM, CODE_PER_CLAIM_NOT_GRANTED, false, per_claim_fails},
    {RULE_PERMIT, CODE_PERMIT_MISSING, false, permit_fails},
    {RULE_LIST, CODE_LIST_NOT_APPROVED, false, list_fails},
    {RULE_HOURS, CODE_BUSINESS_NOT_GRANTED, false, hours_fail},
    {RULE_QUOTA_TOTAL, CODE_QUOTA_EXCEEDED, false, quota_total_fails},
    {RULE_QUOTA, CODE_QUOTA_EXCEEDED, false, quota_fails},
    {RULE_QUOTA_SECOND, CODE_QUOTA_EXCEEDED, false, quota_second_fails},
    {RULE_GUESSING, CODE_QUOTA_EXCEEDED, false, guessing_fails},
};

struct decision decide_party(const struct policy *policy, const struct party_question *question)
{
    for (size_t i = 0; i < POLICY_CHECKS; i++) {
        const struct policy_check *check = &policy_checks[i];
        uint64_t fails = check->fails(&policy->masks, question);
        if (fails == 0) {
            continue;
        }
        unsigned lowest = check->names_field ? (unsigned)__builtin_ctzll(fails) : FIELD_COUNT;
        return (struct decision){.code = check->code,
                                 .rule = check->rule,
                                 .field = lowest < FIELD_COUNT ? lowest : FIELD_COUNT};
    }
    return (struct decision){.code = CODE_DISCLOSED, .rule = RULE_PERMITTED, .field = FIELD_COUNT};
}

struct decision decide_subject(const struct policy *policy, const struct subject_question *question)
{
    static const enum rule rules[] = {RULE_SUBJECT_UNKNOWN, RULE_SUBJECT_MISMATCH, RULE_POPULATION,
                                      RULE_PROTECTED,       RULE_LOCKED,           RULE_PERMITTED};
    enum { PERMITTED = sizeof(rules) / sizeof(rules[0]) - 1 };
    static const enum code codes[] = {CODE_SUBJECT_NOT_AVAILABLE, CODE_SUBJECT_NOT_AVAILABLE,
                                      CODE_SUBJECT_NOT_AVAILABLE, CODE_SUBJECT_NOT_AVAILABLE,
                                      CODE_SUBJECT_NOT_AVAILABLE, CODE_DISCLOSED};

    /* Invariant 4: arithmetic on bits, no branch on a result. A class out of range counts as one
     * against which the lock is in force, and as an unknown person. */
    unsigned class = (unsigned)question->party_class;
    unsigned stranger = class >= CLASS_COUNT;
    unsigned lock = (policy->masks.lock_classes >> (class & 31u) & 1u) | stranger;
    unsigned fails =
        ((unsigned)!question->found | stranger) << 0 |
        ((unsigned)!question->name_matches | (unsigned)!question->birth_date_matches) << 1 |
        (unsigned)(question->population != TRUTH_YES) << 2 |
        ((unsigned)question->protected_person & (unsigned)!question->clearance_protected) << 3 |
        ((unsigned)question->locked & lock & (unsigned)!question->business_override_lock) << 4 |
        1u << PERMITTED;
    unsigned first = (unsigned)__builtin_ctz(fails);

    return (struct decision){.code = codes[first], .rule = rules[first], .field = FIELD_COUNT};
}
