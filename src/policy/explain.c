/*
 * Why an ask is decided as it is: the checks themselves are asked, one by one, so that what is told
 * here is what decides (decide.c has the rows). What each of them looks at is a row here.
 *
 * Invariants
 * 1. Every check of decide_party() and every rule of decide_subject() is told, in order, those
 *    behind the one that decides too: whoever mends an ask wants to know the rest.
 * 2. The decision told is the one that decide_party() and decide_subject() give.
 */
#include "policy/set.h"

#include "base/check.h"

#define HOUR_US (INT64_C(3600) * 1000000)

/* What is told, as text or JSON; members come in byte order (RFC 8785). */
struct telling {
    struct buf *buf;
    bool json;
    bool first; /* of the members of what is being told */
};

static void tell_name(struct telling *telling, const char *name)
{
    buf_printf(telling->buf, telling->json ? "%s\"%s\":" : "%s%s=", telling->first ? "" : ",",
               name);
    telling->first = false;
}

static void tell_text(struct telling *telling, const char *name, const char *text)
{
    tell_name(telling, name);
    buf_printf(telling->buf, telling->json ? "\"%s\"" : "%s", text);
}

static void tell_flag(struct telling *telling, const char *name, bool flag)
{
    tell_name(telling, name);
    buf_put_text(telling->buf, flag ? "true" : "false");
}

/* A ceiling that is none is null. */
static void tell_number(struct telling *telling, const char *name, uint64_t number)
{
    tell_name(telling, name);
    if (number == UINT64_MAX) {
        buf_put_text(telling->buf, "null");
    } else {
        buf_put_decimal(telling->buf, number);
    }
}

static void tell_day(struct telling *telling, const char *name, int64_t days)
{
    const char *quote = telling->json ? "\"" : "";
    tell_name(telling, name);
    buf_put_text(telling->buf, quote);
    date_put(telling->buf, days);
    buf_put_text(telling->buf, quote);
}

/* Words of a mask as a list; in a text they are joined by plus signs. */
static void tell_words(struct telling *telling, const char *name, const struct words *words,
                       uint64_t mask)
{
    const char *between = telling->json ? "[" : "";
    tell_name(telling, name);
    for (unsigned i = 0; i < words->count; i++) {
        if ((mask >> i & 1) != 0) {
            buf_printf(telling->buf, telling->json ? "%s\"%s\"" : "%s%s", between,
                       words_name(words, i));
            between = telling->json ? "," : "+";
        }
    }
    bool none = (mask & ((UINT64_C(1) << words->count) - 1)) == 0;
    if (telling->json) {
        buf_put_text(telling->buf, none ? "[]" : "]");
    } else {
        buf_put_text(telling->buf, none ? "none" : "");
    }
}

static void tell_word(struct telling *telling, const char *name, const struct words *words,
                      unsigned value)
{
    tell_text(telling, name, words_name(words, value));
}

static unsigned hour_of(int64_t now_us)
{
    return (unsigned)((now_us + 7 * HOUR_US) / HOUR_US % 24);
}

/* ---- what each check looks at ---- */

typedef void saw_function(const struct policy *policy, const struct party_question *question,
                          struct telling *telling);

static void saw_account(const struct policy *policy, const struct party_question *question,
                        struct telling *telling)
{
    (void)policy;
    tell_word(telling, "account", &words_account_state, question->account_state);
    tell_word(telling, "account_party", &words_party_state, question->account_party_state);
    tell_word(telling, "party", &words_party_state, question->party_state);
}

static void saw_assertion(const struct policy *policy, const struct party_question *question,
                          struct telling *telling)
{
    (void)policy;
    tell_flag(telling, "required", question->assertion_required);
    tell_flag(telling, "verified", question->assertion_verified);
}

static void saw_channel_class(const struct policy *policy, const struct party_question *question,
                              struct telling *telling)
{
    tell_word(telling, "channel", &words_channel, question->channel);
    tell_word(telling, "class", &words_class, question->party_class);
    tell_flag(telling, "instrument_needed",
              policy_bit(policy->masks.instrument_channels, question->channel));
    tell_flag(telling, "instrument_on_file", question->guided_instrument);
    tell_words(telling, "open_to_class", &words_channel,
               policy->masks.channels_open[question->party_class]);
}

static void saw_service_class(const struct policy *policy, const struct party_question *question,
                              struct telling *telling)
{
    tell_words(telling, "open_to_class", &words_service,
               policy->masks.services_open[question->party_class]);
    tell_word(telling, "service", &words_service, question->service);
}

static void saw_business_unknown(const struct policy *policy, const struct party_question *question,
                                 struct telling *telling)
{
    (void)policy;
    tell_flag(telling, "found", question->business_found);
}

static void saw_business_owner(const struct policy *policy, const struct party_question *question,
                               struct telling *telling)
{
    (void)policy;
    tell_flag(telling, "owned_by_party", question->business_owned);
}

static void saw_business_state(const struct policy *policy, const struct party_question *question,
                               struct telling *telling)
{
    (void)policy;
    tell_word(telling, "state", &words_business_state, question->business_state);
}

static void saw_business_dates(const struct policy *policy, const struct party_question *question,
                               struct telling *telling)
{
    (void)policy;
    tell_day(telling, "day", clock_day_vn(question->now_us));
    tell_day(telling, "from", question->business_from_day);
    tell_day(telling, "until", question->business_until_day);
}

static void saw_business_channel(const struct policy *policy, const struct party_question *question,
                                 struct telling *telling)
{
    (void)policy;
    tell_word(telling, "channel", &words_channel, question->channel);
    tell_words(telling, "granted", &words_channel, question->business_channels);
}

static void saw_business_service(const struct policy *policy, const struct party_question *question,
                                 struct telling *telling)
{
    (void)policy;
    tell_words(telling, "granted", &words_service, question->business_services);
    tell_word(telling, "service", &words_service, question->service);
}

static void saw_case(const struct policy *policy, const struct party_question *question,
                     struct telling *telling)
{
    (void)policy;
    tell_flag(telling, "given", question->case_given);
}

static void saw_operator(const struct policy *policy, const struct party_question *question,
                         struct telling *telling)
{
    (void)policy;
    tell_flag(telling, "officer_registered", question->officer_registered);
    tell_flag(telling, "operator_registered", question->operator_registered);
    tell_flag(telling, "own_party", question->party_is_own);
}

static void saw_own_data(const struct policy *policy, const struct party_question *question,
                         struct telling *telling)
{
    tell_flag(telling, "own_data_only",
              policy_bit(policy->masks.own_only_classes, question->party_class));
    tell_flag(telling, "subject_is_own", question->subject_is_own);
}

static void saw_field_grant(const struct policy *policy, const struct party_question *question,
                            struct telling *telling)
{
    (void)policy;
    tell_words(telling, "asked", &words_field, question->fields);
    tell_words(telling, "granted", &words_field, question->business_fields);
}

static void saw_field_ceiling(const struct policy *policy, const struct party_question *question,
                              struct telling *telling)
{
    tell_words(telling, "asked", &words_field, question->fields);
    tell_words(telling, "ceiling", &words_field,
               policy->masks.ceiling[question->party_class][question->service]);
}

static void saw_field_sensitive(const struct policy *policy, const struct party_question *question,
                                struct telling *telling)
{
    tell_words(telling, "asked", &words_field, question->fields & policy->masks.sensitive);
    tell_words(telling, "named", &words_field, question->business_sensitive);
}

static void saw_per_claim(const struct policy *policy, const struct party_question *question,
                          struct telling *telling)
{
    (void)policy;
    tell_flag(telling, "asked", question->per_claim);
    tell_flag(telling, "granted", question->business_per_claim);
}

static void saw_permit(const struct policy *policy, const struct party_question *question,
                       struct telling *telling)
{
    (void)policy;
    tell_flag(telling, "permit_covers", question->permit_covers);
    tell_flag(telling, "use_declared", question->use_declared);
}

static void saw_list(const struct policy *policy, const struct party_question *question,
                     struct telling *telling)
{
    (void)policy;
    tell_flag(telling, "list", question->service == SERVICE_LIST_EXTRACT);
    tell_flag(telling, "list_approved", question->list_approved);
}

static void saw_hours(const struct policy *policy, const struct party_question *question,
                      struct telling *telling)
{
    const char *between = telling->json ? "[" : "";
    (void)policy;
    tell_name(telling, "granted");
    for (unsigned hour = 0; hour < 24; hour++) {
        if ((question->business_hours >> hour & 1) != 0) {
            buf_printf(telling->buf, "%s%u", between, hour);
            between = telling->json ? "," : "+";
        }
    }
    bool none = (question->business_hours & 0xffffff) == 0;
    buf_put_text(telling->buf, telling->json ? (none ? "[]" : "]") : (none ? "none" : ""));
    tell_number(telling, "hour", hour_of(question->now_us));
}

static void saw_quota(const struct policy *policy, const struct party_question *question,
                      struct telling *telling)
{
    (void)policy;
    tell_number(telling, "max", question->quota_max);
    tell_number(telling, "used", question->quota_used);
}

static void saw_quota_second(const struct policy *policy, const struct party_question *question,
                             struct telling *telling)
{
    (void)policy;
    tell_number(telling, "max", question->quota_second_max);
    tell_number(telling, "used", question->quota_second_used);
}

static void saw_quota_total(const struct policy *policy, const struct party_question *question,
                            struct telling *telling)
{
    (void)policy;
    tell_number(telling, "max", question->quota_total_max);
    tell_number(telling, "used", question->quota_total_used);
}

static void saw_guessing(const struct policy *policy, const struct party_question *question,
                         struct telling *telling)
{
    (void)policy;
    tell_number(telling, "misses", question->guesses);
    tell_number(telling, "misses_max", GUESSES_PER_DAY_MAX);
}

static saw_function *const saw[RULE_COUNT] = {
    [RULE_ACCOUNT] = saw_account,
    [RULE_ASSERTION] = saw_assertion,
    [RULE_CHANNEL_CLASS] = saw_channel_class,
    [RULE_SERVICE_CLASS] = saw_service_class,
    [RULE_BUSINESS_UNKNOWN] = saw_business_unknown,
    [RULE_BUSINESS_OWNER] = saw_business_owner,
    [RULE_BUSINESS_STATE] = saw_business_state,
    [RULE_BUSINESS_DATES] = saw_business_dates,
    [RULE_BUSINESS_CHANNEL] = saw_business_channel,
    [RULE_BUSINESS_SERVICE] = saw_business_service,
    [RULE_CASE] = saw_case,
    [RULE_OPERATOR] = saw_operator,
    [RULE_OWN_DATA] = saw_own_data,
    [RULE_FIELD_GRANT] = saw_field_grant,
    [RULE_FIELD_CEILING] = saw_field_ceiling,
    [RULE_FIELD_SENSITIVE] = saw_field_sensitive,
    [RULE_PER_CLAIM] = saw_per_claim,
    [RULE_PERMIT] = saw_permit,
    [RULE_LIST] = saw_list,
    [RULE_HOURS] = saw_hours,
    [RULE_QUOTA] = saw_quota,
    [RULE_QUOTA_SECOND] = saw_quota_second,
    [RULE_QUOTA_TOTAL] = saw_quota_total,
    [RULE_GUESSING] = saw_guessing,
};

/* ---- what the rules about the subject look at ---- */

/* In the order of decide_subject(). */
static const enum rule subject_rules[] = {RULE_SUBJECT_UNKNOWN, RULE_SUBJECT_MISMATCH,
                                          RULE_POPULATION, RULE_PROTECTED, RULE_LOCKED};
#define SUBJECT_RULES (sizeof(subject_rules) / sizeof(subject_rules[0]))

static void saw_subject(const struct policy *policy, const struct subject_question *subject,
                        enum rule rule, struct telling *telling)
{
    static const char *const truths[] = {"no", "unknown", "yes"};
    switch (rule) {
    case RULE_SUBJECT_UNKNOWN:
        tell_flag(telling, "found", subject->found);
        break;
    case RULE_SUBJECT_MISMATCH:
        tell_flag(telling, "birth_date_matches", subject->birth_date_matches);
        tell_flag(telling, "name_matches", subject->name_matches);
        break;
    case RULE_POPULATION:
        tell_text(telling, "population", truths[subject->population]);
        break;
    case RULE_PROTECTED:
        tell_flag(telling, "cleared", subject->clearance_protected);
        tell_flag(telling, "protected", subject->protected_person);
        break;
    default:
        CHECK(rule == RULE_LOCKED);
        tell_flag(telling, "lock_in_force", policy_lock_in_force(policy, subject->party_class));
        tell_flag(telling, "locked", subject->locked);
        tell_flag(telling, "overridden", subject->business_override_lock);
    }
}

/* One rule alone: everything else about the subject is well. */
static bool subject_passes(const struct policy *policy, const struct subject_question *subject,
                           enum rule rule)
{
    struct subject_question alone = {.party_class = subject->party_class,
                                     .found = true,
                                     .name_matches = true,
                                     .birth_date_matches = true,
                                     .population = TRUTH_YES,
                                     .clearance_protected = subject->clearance_protected,
                                     .business_override_lock = subject->business_override_lock};
    alone.found = rule == RULE_SUBJECT_UNKNOWN ? subject->found : alone.found;
    if (rule == RULE_SUBJECT_MISMATCH) {
        alone.name_matches = subject->name_matches;
        alone.birth_date_matches = subject->birth_date_matches;
    }
    alone.population = rule == RULE_POPULATION ? subject->population : alone.population;
    alone.protected_person = rule == RULE_PROTECTED && subject->protected_person;
    alone.locked = rule == RULE_LOCKED && subject->locked;
    return decide_subject(policy, &alone).code == CODE_DISCLOSED;
}

/* ---- the whole ---- */

static void step_begin(struct telling *telling, unsigned number, enum rule rule)
{
    const char *name = words_name(&words_rule, rule);
    if (telling->json) {
        buf_printf(telling->buf, "%s{\"rule\":\"%s\"", number == 0 ? "" : ",", name);
    } else {
        buf_printf(telling->buf, "%2u %-17s ", number + 1, name);
    }
}

static void step_said(struct telling *telling, const char *said)
{
    buf_printf(telling->buf, telling->json ? ",\"said\":\"%s\",\"saw\":{" : "%-22s ", said);
    telling->first = true;
}

static void step_end(struct telling *telling)
{
    buf_put_text(telling->buf, telling->json ? "}}" : "\n");
}

static void tell_checks(const struct policy *policy, const struct party_question *question,
                        struct telling *telling)
{
    for (unsigned i = 0; i < POLICY_CHECKS; i++) {
        const struct policy_check *check = &policy_checks[i];
        bool fails = check->fails(&policy->masks, question) != 0;
        CHECK(saw[check->rule] != NULL); /* invariant 1 */
        step_begin(telling, i, check->rule);
        step_said(telling, fails ? words_name(&words_code, check->code) : "passes");
        saw[check->rule](policy, question, telling);
        step_end(telling);
    }
}

static void tell_subject(const struct policy *policy, const struct subject_question *subject,
                         struct telling *telling)
{
    for (unsigned i = 0; i < SUBJECT_RULES; i++) {
        bool passes = subject_passes(policy, subject, subject_rules[i]);
        step_begin(telling, POLICY_CHECKS + i, subject_rules[i]);
        step_said(telling, passes ? "passes" : words_name(&words_code, CODE_SUBJECT_NOT_AVAILABLE));
        saw_subject(policy, subject, subject_rules[i], telling);
        step_end(telling);
    }
}

static void tell_decision(const struct policy *policy, const struct decision *decision,
                          struct telling *telling)
{
    bool field = decision->field < FIELD_COUNT;
    bool refused = decision->code != CODE_DISCLOSED;
    telling->first = true;
    tell_text(telling, "clause", refused ? policy_refusal_text(policy, decision->code).clause : "");
    tell_word(telling, "code", &words_code, decision->code);
    tell_text(telling, "field", field ? words_name(&words_field, decision->field) : "");
    tell_word(telling, "rule", &words_rule, decision->rule);
}

void policy_explain(const struct policy *policy, const struct party_question *question,
                    const struct subject_question *subject, bool json, struct buf *buf)
{
    struct telling telling = {.buf = buf, .json = json};
    CHECK((unsigned)question->party_class < CLASS_COUNT &&
          (unsigned)question->channel < CHANNEL_COUNT &&
          (unsigned)question->service < SERVICE_COUNT &&
          (unsigned)question->business_state < BUSINESS_STATE_COUNT);
    struct decision decision = decide_party(policy, question);
    bool looked = subject != NULL && decision.code == CODE_DISCLOSED;
    buf_printf(buf, json ? "{\"checks\":[" : "policy %s\n", policy_hash(policy));
    tell_checks(policy, question, &telling);
    if (looked) {
        tell_subject(policy, subject, &telling);
        decision = decide_subject(policy, subject); /* invariant 2 */
    }
    buf_put_text(buf, json ? "],\"decision\":{" : "decision: ");
    tell_decision(policy, &decision, &telling);
    if (json) {
        buf_printf(buf, "},\"policy\":\"%s\"}", policy_hash(policy));
    }
    buf_put_u8(buf, '\n');
}
