/*
 * What others ask a loaded policy. Words out of range are closed, never an error: default deny.
 */
#include "policy/set.h"

#include "base/check.h"

#include <string.h>

const char *policy_hash(const struct policy *policy)
{
    return policy->hash;
}

int64_t policy_effective_day(const struct policy *policy)
{
    return policy->head.effective_from;
}

bool policy_channel_open(const struct policy *policy, enum party_class class, enum channel channel)
{
    return (unsigned)class < CLASS_COUNT && policy_bit(policy->masks.channels_open[class], channel);
}

bool policy_service_open(const struct policy *policy, enum party_class class, enum service service)
{
    return (unsigned)class < CLASS_COUNT && policy_bit(policy->masks.services_open[class], service);
}

uint64_t policy_field_ceiling(const struct policy *policy, enum party_class class,
                              enum service service)
{
    bool known = (unsigned)class < CLASS_COUNT && (unsigned)service < SERVICE_COUNT;
    return known ? policy->masks.ceiling[class][service] : 0;
}

uint64_t policy_fields_sensitive(const struct policy *policy)
{
    return policy->masks.sensitive;
}

const char *policy_field_label_vi(const struct policy *policy, enum field field)
{
    return (unsigned)field < FIELD_COUNT ? policy->fields[field].label_vi : "";
}

const char *policy_field_code_vi(const struct policy *policy, enum field field, struct view code)
{
    const char *list = (unsigned)field < FIELD_COUNT ? policy->fields[field].codes : NULL;

    for (unsigned i = 0; list != NULL && i < policy->code_count; i++) {
        const struct policy_code *row = &policy->codes[i];
        if (strcmp(row->list, list) == 0 && view_is(code, row->code)) {
            return row->vi;
        }
    }
    return NULL;
}

bool policy_clause_known(const struct policy *policy, struct view clause)
{
    bool known = false;
    for (unsigned i = 0; i < policy->clause_count; i++) {
        known = known || view_is(clause, policy->clauses[i].id);
    }
    return known;
}

struct view policy_clause_text(const struct policy *policy, struct view clause)
{
    for (unsigned i = 0; i < policy->clause_count; i++) {
        if (view_is(clause, policy->clauses[i].id)) {
            return view_text(policy->clauses[i].vi);
        }
    }
    return view_of(NULL, 0);
}

bool policy_own_only(const struct policy *policy, enum party_class class)
{
    return policy_bit(policy->masks.own_only_classes, class);
}

bool policy_search_number(const struct policy *policy, enum party_class class)
{
    return (unsigned)class < CLASS_COUNT && policy_bit(policy->masks.search_number, class);
}

bool policy_lock_in_force(const struct policy *policy, enum party_class class)
{
    return policy_bit(policy->masks.lock_classes, class);
}

/* Codes hold neither commas nor spaces. */
bool policy_lock_overridden(const struct policy *policy, struct view business)
{
    struct view codes = view_text(policy->laws[LAW_CITIZEN_LOCK].overrides);
    bool named = false;
    for (size_t from = 0; from < codes.len;) {
        size_t end = view_find(codes, from, ',');
        named = named || view_equal(view_part(codes, from, end - from), business);
        from = end + 2;
    }
    return named;
}

bool policy_notice_open(const struct policy *policy, enum party_class class, enum service service,
                        enum notice notice)
{
    bool known = (unsigned)class < CLASS_COUNT && (unsigned)service < SERVICE_COUNT;
    return known && policy_bit(policy->masks.notices_open[class][service], notice);
}

const char *policy_lacks(const struct policy *policy)
{
    return policy->lacks == CODE_DISCLOSED ? NULL : words_name(&words_code, policy->lacks);
}

bool policy_lacks_sources(const struct policy *policy)
{
    return policy->lacks_sources;
}

struct policy_text policy_refusal_text(const struct policy *policy, enum code code)
{
    CHECK(code > CODE_DISCLOSED && code < CODE_COUNT);
    const struct policy_refusal *refusal = &policy->refusals[code];
    return (struct policy_text){.clause = refusal->clause,
                                .title_vi = refusal->title_vi,
                                .detail_vi = refusal->detail_vi,
                                .title_en = refusal->title_en,
                                .detail_en = refusal->detail_en};
}

struct policy_fee policy_fee(const struct policy *policy, enum party_class class,
                             enum service service, enum channel channel, int64_t day)
{
    if ((unsigned)class >= CLASS_COUNT || !policy->payers[class].pays) {
        return (struct policy_fee){0};
    }
    const char *product = NULL;
    for (unsigned i = 0; i < policy->product_count && product == NULL; i++) {
        const struct policy_product *row = &policy->products[i];
        if (policy_bit(row->services, service) && policy_bit(row->channels, channel)) {
            product = row->product;
        }
    }
    for (unsigned i = 0; i < policy->rate_count && product != NULL; i++) {
        const struct policy_rate *rate = &policy->rates[i];
        if (strcmp(rate->product, product) == 0 && rate->from <= day && day <= rate->until) {
            return (struct policy_fee){product, rate->vnd_per_field};
        }
    }
    return (struct policy_fee){0};
}

/* 1970-01-01 was a Thursday; days before it count backwards. */
static unsigned weekday_of(int64_t day)
{
    return (unsigned)(((day + WEEKDAY_THU) % WEEKDAY_COUNT + WEEKDAY_COUNT) % WEEKDAY_COUNT);
}

static bool is_holiday(const struct policy *policy, int64_t day)
{
    bool holiday = false;

    for (unsigned i = 0; i < policy->holiday_count; i++) {
        holiday = holiday || (policy->holidays[i].from <= day && day <= policy->holidays[i].until);
    }
    return holiday;
}

enum truth policy_working_day(const struct policy *policy, int64_t day)
{
    const struct policy_calendar *calendar = &policy->calendar;

    if (day < calendar->covers_from || day > calendar->covers_until) {
        return TRUTH_UNKNOWN;
    }
    for (unsigned i = 0; i < policy->make_up_day_count; i++) {
        if (policy->make_up_days[i].date == day) {
            return TRUTH_YES;
        }
    }
    if (is_holiday(policy, day)) {
        return TRUTH_NO;
    }
    return policy_bit(calendar->working_week, weekday_of(day)) ? TRUTH_YES : TRUTH_NO;
}

struct outcome policy_deadline_day(const struct policy *policy, int64_t day, unsigned working_days,
                                   int64_t *ret_day)
{
    unsigned left = working_days;

    while (left > 0) {
        day++;
        enum truth working = policy_working_day(policy, day);
        if (working == TRUTH_UNKNOWN) {
            return outcome_fail(FAULT_NOT_FOUND, "the calendar does not cover the deadline");
        }
        left -= working == TRUTH_YES;
    }
    *ret_day = day;
    return OUTCOME_OK;
}

struct outcome policy_working_days(const struct policy *policy, int64_t from, int64_t until,
                                   unsigned *ret_days)
{
    unsigned days = 0;

    for (int64_t day = from + 1; day <= until; day++) {
        enum truth working = policy_working_day(policy, day);
        if (working == TRUTH_UNKNOWN) {
            return outcome_fail(FAULT_NOT_FOUND, "the calendar does not cover these days");
        }
        days += working == TRUTH_YES;
    }
    *ret_days = days;
    return OUTCOME_OK;
}

struct outcome policy_days_before(const struct policy *policy, int64_t day, unsigned working_days,
                                  int64_t *ret_day)
{
    unsigned left = working_days;

    while (left > 0) {
        day--;
        enum truth working = policy_working_day(policy, day);
        if (working == TRUTH_UNKNOWN) {
            return outcome_fail(FAULT_NOT_FOUND, "the calendar does not cover the warning");
        }
        left -= working == TRUTH_YES;
    }
    *ret_day = day;
    return OUTCOME_OK;
}

bool policy_saturday(const struct policy *policy, int64_t day)
{
    return weekday_of(day) == WEEKDAY_SAT && !is_holiday(policy, day);
}
