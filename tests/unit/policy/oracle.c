/*
 * The rules once more, as a person reads them from the clauses: one question after the other.
 */
#include "oracle.h"

/* F1: portals, one-stop systems, writing. F2: portals, writing, a guided method. F3: writing, SMS,
 * portals. F4: writing only. */
bool oracle_channel_open(unsigned class, unsigned channel)
{
    switch (channel) {
    case CHANNEL_WRITTEN:
        return class == CLASS_STATE || class == CLASS_ORGANISATION || class == CLASS_CITIZEN ||
               class == CLASS_OTHER;
    case CHANNEL_NATIONAL_PORTAL:
    case CHANNEL_MPS_PORTAL:
        return class == CLASS_STATE || class == CLASS_ORGANISATION || class == CLASS_CITIZEN;
    case CHANNEL_MINISTRY_ONE_STOP:
    case CHANNEL_PROVINCE_ONE_STOP:
        return class == CLASS_STATE;
    case CHANNEL_SMS:
        return class == CLASS_CITIZEN;
    case CHANNEL_GUIDED:
        return class == CLASS_ORGANISATION;
    default:
        return false;
    }
}

#define B(name) (UINT64_C(1) << FIELD_##name)
#define ALL18 ((UINT64_C(1) << 18) - 1)
#define NAME_AND_BIRTH (B(FULL_NAME) | B(BIRTH_DATE))
/* Items 6 and 7 are sensitive by law, items 16 and 17 are other people's data. */
#define OTHER_PEOPLE (B(RELATIVES) | B(HOUSEHOLD))
#define BELIEF_AND_ORIGIN (B(ETHNICITY) | B(RELIGION))
/* What class 4 may be told in a letter: who somebody is and where he lives, and that he is dead. */
#define LETTER                                                                                     \
    (NAME_AND_BIRTH | B(SEX) | B(NATIONALITY) | B(BIRTH_REGISTRATION_PLACE) | B(NATIVE_PLACE) |    \
     B(MARITAL_STATUS) | B(PERMANENT_RESIDENCE) | B(TEMPORARY_RESIDENCE) | B(CURRENT_RESIDENCE) |  \
     B(DEATH_OR_MISSING))

static uint64_t state_ceiling(unsigned service)
{
    switch (service) {
    case SERVICE_CITIZEN_LOOKUP:
    case SERVICE_CITIZEN_VERIFY:
    case SERVICE_NOTICE_EXTRACT:
        return ALL18;
    case SERVICE_CITIZEN_SEARCH:
        return NAME_AND_BIRTH | B(SEX) | B(NATIVE_PLACE) | B(PERMANENT_RESIDENCE);
    case SERVICE_HOUSEHOLD_LOOKUP:
        return B(FULL_NAME) | B(HOUSEHOLD) | B(RELATION_TO_HEAD) | B(PERMANENT_RESIDENCE) |
               B(TEMPORARY_RESIDENCE) | B(CURRENT_RESIDENCE);
    case SERVICE_ID_MAP:
        return NAME_AND_BIRTH;
    case SERVICE_RELATIVE_VERIFY:
        return OTHER_PEOPLE | B(RELATION_TO_HEAD) | B(MARITAL_STATUS);
    case SERVICE_LIST_EXTRACT:
        return NAME_AND_BIRTH | B(SEX) | B(NATIONALITY) | B(BLOOD_GROUP) | BELIEF_AND_ORIGIN |
               B(PERMANENT_RESIDENCE) | B(TEMPORARY_RESIDENCE) | B(CURRENT_RESIDENCE);
    default:
        return 0; /* own data is for citizens */
    }
}

static uint64_t organisation_ceiling(unsigned service)
{
    switch (service) {
    case SERVICE_CITIZEN_LOOKUP:
    case SERVICE_CITIZEN_VERIFY:
    case SERVICE_NOTICE_EXTRACT:
        return ALL18 &
               ~(BELIEF_AND_ORIGIN | B(HOUSEHOLD) | B(RELATION_TO_HEAD) | B(TEMPORARY_ABSENCE));
    case SERVICE_HOUSEHOLD_LOOKUP:
        return B(FULL_NAME) | B(HOUSEHOLD) | B(RELATION_TO_HEAD) | B(PERMANENT_RESIDENCE);
    case SERVICE_ID_MAP:
        return NAME_AND_BIRTH;
    case SERVICE_RELATIVE_VERIFY:
        return B(RELATIVES) | B(MARITAL_STATUS);
    default:
        return 0; /* no search by name, no lists, no own data */
    }
}

static uint64_t citizen_ceiling(unsigned service)
{
    switch (service) {
    case SERVICE_OWN_VIEW:
    case SERVICE_NOTICE_EXTRACT:
        return ALL18 & ~OTHER_PEOPLE;
    case SERVICE_OWN_HISTORY:
        return ALL18; /* which fields went out, never their values */
    default:
        return 0;
    }
}

static uint64_t other_ceiling(unsigned service)
{
    bool open = service == SERVICE_CITIZEN_LOOKUP || service == SERVICE_CITIZEN_VERIFY ||
                service == SERVICE_NOTICE_EXTRACT;
    return open ? LETTER : 0;
}

uint64_t oracle_ceiling(unsigned class, unsigned service)
{
    switch (class) {
    case CLASS_STATE:
        return state_ceiling(service);
    case CLASS_ORGANISATION:
        return organisation_ceiling(service);
    case CLASS_CITIZEN:
        return citizen_ceiling(service);
    case CLASS_OTHER:
        return other_ceiling(service);
    default:
        return 0;
    }
}

uint64_t oracle_sensitive(void)
{
    return BELIEF_AND_ORIGIN | OTHER_PEOPLE;
}

static struct decision no(enum code code, enum rule rule)
{
    return (struct decision){.code = code, .rule = rule, .field = FIELD_COUNT};
}

/* The first field of the ask that is in `bad`, or FIELD_COUNT when only bits beyond are. */
static unsigned first_of(uint64_t bad)
{
    unsigned field = 0;

    while (field < FIELD_COUNT && (bad & (UINT64_C(1) << field)) == 0) {
        field++;
    }
    return field;
}

static struct decision no_field(enum rule rule, uint64_t bad)
{
    struct decision decision = no(CODE_FIELD_NOT_GRANTED, rule);

    decision.field = first_of(bad);
    return decision;
}

static struct decision business(const struct party_question *q, int64_t day)
{
    if (!q->business_found) {
        return no(CODE_BUSINESS_NOT_GRANTED, RULE_BUSINESS_UNKNOWN);
    }
    if (!q->business_owned) {
        return no(CODE_BUSINESS_NOT_GRANTED, RULE_BUSINESS_OWNER);
    }
    if (q->business_state != BUSINESS_GRANTED) {
        return no(CODE_BUSINESS_NOT_GRANTED, RULE_BUSINESS_STATE);
    }
    if (!(day >= q->business_from_day && day <= q->business_until_day)) {
        return no(CODE_BUSINESS_NOT_GRANTED, RULE_BUSINESS_DATES);
    }
    if ((q->business_channels & (1u << q->channel)) == 0) {
        return no(CODE_BUSINESS_NOT_GRANTED, RULE_BUSINESS_CHANNEL);
    }
    if ((q->business_services & (1u << q->service)) == 0) {
        return no(CODE_BUSINESS_NOT_GRANTED, RULE_BUSINESS_SERVICE);
    }
    return no(CODE_DISCLOSED, RULE_PERMITTED);
}

static struct decision fields(const struct party_question *q)
{
    uint64_t ceiling = oracle_ceiling(q->party_class, q->service);

    if (q->fields == 0) {
        return no(CODE_FIELD_NOT_GRANTED, RULE_FIELD_GRANT);
    }
    if ((q->fields | q->business_fields) != q->business_fields) {
        return no_field(RULE_FIELD_GRANT, q->fields & ~q->business_fields);
    }
    if ((q->fields | ceiling) != ceiling) {
        return no_field(RULE_FIELD_CEILING, q->fields & ~ceiling);
    }
    uint64_t sensitive = q->fields & oracle_sensitive();
    if ((sensitive & q->business_sensitive) != sensitive) {
        return no_field(RULE_FIELD_SENSITIVE, sensitive & ~q->business_sensitive);
    }
    return no(CODE_DISCLOSED, RULE_PERMITTED);
}

/* Days and hours in Vietnam, from microseconds after 1970. */
static int64_t vietnam_hours(int64_t now_us)
{
    int64_t hours = now_us / 3600000000;

    if (now_us % 3600000000 < 0) {
        hours--;
    }
    return hours + 7;
}

static struct decision who(const struct party_question *q)
{
    if (q->account_state != ACCOUNT_ACTIVE || q->account_party_state != PARTY_CONNECTED ||
        q->party_state != PARTY_CONNECTED) {
        return no(CODE_ACCOUNT_BLOCKED, RULE_ACCOUNT);
    }
    if (q->assertion_required && !q->assertion_verified) {
        return no(CODE_OPERATOR_NOT_ALLOWED, RULE_ASSERTION);
    }
    if (!oracle_channel_open(q->party_class, q->channel)) {
        return no(CODE_CHANNEL_NOT_OPEN, RULE_CHANNEL_CLASS);
    }
    if (q->channel == CHANNEL_GUIDED && !q->guided_instrument) {
        return no(CODE_CHANNEL_NOT_OPEN, RULE_CHANNEL_CLASS);
    }
    if (oracle_ceiling(q->party_class, q->service) == 0) {
        return no(CODE_SERVICE_NOT_OPEN, RULE_SERVICE_CLASS);
    }
    return no(CODE_DISCLOSED, RULE_PERMITTED);
}

static struct decision what_for(const struct party_question *q, int64_t hours)
{
    struct decision decision = business(q, (hours - (hours % 24 + 24) % 24) / 24);

    if (decision.code != CODE_DISCLOSED) {
        return decision;
    }
    if (!q->case_given) {
        return no(CODE_CASE_MISSING, RULE_CASE);
    }
    if (!(q->party_is_own || q->operator_registered) || !q->officer_registered) {
        return no(CODE_OPERATOR_NOT_ALLOWED, RULE_OPERATOR);
    }
    if (q->party_class == CLASS_CITIZEN && !q->subject_is_own) {
        return no(CODE_OWN_DATA_ONLY, RULE_OWN_DATA);
    }
    return fields(q);
}

struct decision oracle_party(const struct party_question *q)
{
    int64_t hours = vietnam_hours(q->now_us);
    struct decision decision = who(q);

    if (decision.code == CODE_DISCLOSED) {
        decision = what_for(q, hours);
    }
    if (decision.code != CODE_DISCLOSED) {
        return decision;
    }
    if (q->per_claim && !q->business_per_claim) {
        return no(CODE_PER_CLAIM_NOT_GRANTED, RULE_PER_CLAIM);
    }
    if (q->use_declared && !q->permit_covers) {
        return no(CODE_PERMIT_MISSING, RULE_PERMIT);
    }
    if (q->service == SERVICE_LIST_EXTRACT && !q->list_approved) {
        return no(CODE_LIST_NOT_APPROVED, RULE_LIST);
    }
    if ((q->business_hours & (UINT32_C(1) << ((hours % 24 + 24) % 24))) == 0) {
        return no(CODE_BUSINESS_NOT_GRANTED, RULE_HOURS);
    }
    if (!(q->quota_total_used < q->quota_total_max)) {
        return no(CODE_QUOTA_EXCEEDED, RULE_QUOTA_TOTAL);
    }
    if (!(q->quota_used < q->quota_max)) {
        return no(CODE_QUOTA_EXCEEDED, RULE_QUOTA);
    }
    if (!(q->quota_second_used < q->quota_second_max)) {
        return no(CODE_QUOTA_EXCEEDED, RULE_QUOTA_SECOND);
    }
    if (q->guesses >= 5) {
        return no(CODE_QUOTA_EXCEEDED, RULE_GUESSING);
    }
    return decision;
}

struct decision oracle_subject(const struct subject_question *q, bool lock)
{
    bool known_class = q->party_class == CLASS_STATE || q->party_class == CLASS_ORGANISATION ||
                       q->party_class == CLASS_CITIZEN || q->party_class == CLASS_OTHER;

    if (!q->found || !known_class) {
        return no(CODE_SUBJECT_NOT_AVAILABLE, RULE_SUBJECT_UNKNOWN);
    }
    if (!q->name_matches || !q->birth_date_matches) {
        return no(CODE_SUBJECT_NOT_AVAILABLE, RULE_SUBJECT_MISMATCH);
    }
    if (q->population != TRUTH_YES) {
        return no(CODE_SUBJECT_NOT_AVAILABLE, RULE_POPULATION);
    }
    if (q->protected_person && !q->clearance_protected) {
        return no(CODE_SUBJECT_NOT_AVAILABLE, RULE_PROTECTED);
    }
    bool against = q->party_class == CLASS_ORGANISATION || q->party_class == CLASS_OTHER;
    if (q->locked && lock && against && !q->business_override_lock) {
        return no(CODE_SUBJECT_NOT_AVAILABLE, RULE_LOCKED);
    }
    return no(CODE_DISCLOSED, RULE_PERMITTED);
}
