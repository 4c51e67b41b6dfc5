/*
 * Purpose: the dimensions of the oracle's test: each function sets some members of a question to
 * one of a small number of values.
 */
#ifndef DANCU_TESTS_UNIT_POLICY_DIMENSIONS_H
#define DANCU_TESTS_UNIT_POLICY_DIMENSIONS_H

#include "oracle.h"

#define DAY_US (INT64_C(86400) * 1000000)
#define HOUR_US (INT64_C(3600) * 1000000)
#define ALL_FIELDS ((UINT64_C(1) << FIELD_COUNT) - 1)
#define TODAY 20000

static inline void set_class(struct party_question *question, unsigned value)
{
    question->party_class = value;
}

static inline void set_channel(struct party_question *question, unsigned value)
{
    question->channel = value;
}

static inline void set_service(struct party_question *question, unsigned value)
{
    question->service = value;
    question->list_approved = true; /* where it counts, set_list() is behind it */
}

static inline void set_instrument(struct party_question *question, unsigned value)
{
    question->guided_instrument = value == 1;
}

static inline void set_account_state(struct party_question *question, unsigned value)
{
    question->account_state = value;
}

static inline void set_account_party_state(struct party_question *question, unsigned value)
{
    question->account_party_state = value;
}

static inline void set_party_state(struct party_question *question, unsigned value)
{
    question->party_state = value;
}

/* Active, or the account blocked. */
static inline void set_account_good(struct party_question *question, unsigned value)
{
    question->account_state = value == 1 ? ACCOUNT_ACTIVE : ACCOUNT_REVOKED;
}

static inline void set_assertion(struct party_question *question, unsigned value)
{
    question->assertion_required = (value & 1) != 0;
    question->assertion_verified = (value & 2) != 0;
}

/* Missing, or good. */
static inline void set_assertion_good(struct party_question *question, unsigned value)
{
    set_assertion(question, value == 1 ? 3 : 1);
}

static inline void set_own(struct party_question *question, unsigned value)
{
    question->party_is_own = value == 1;
}

static inline void set_operator(struct party_question *question, unsigned value)
{
    question->operator_registered = value == 1;
}

static inline void set_officer(struct party_question *question, unsigned value)
{
    question->officer_registered = value == 1;
}

/* Nobody's operator, a registered one, the own party. */
static inline void set_acting(struct party_question *question, unsigned value)
{
    question->party_is_own = value == 2;
    question->operator_registered = value == 1;
}

static inline void set_case(struct party_question *question, unsigned value)
{
    question->case_given = value == 1;
}

static inline void set_subject(struct party_question *question, unsigned value)
{
    question->subject_is_own = value == 1;
}

static inline void set_found(struct party_question *question, unsigned value)
{
    question->business_found = value == 1;
}

static inline void set_owned(struct party_question *question, unsigned value)
{
    question->business_owned = value == 1;
}

static inline void set_state(struct party_question *question, unsigned value)
{
    question->business_state = value;
}

/* The day before the first, the first, one between, the last, the day after. */
static inline void set_dates(struct party_question *question, unsigned value)
{
    static const int from[] = {1, 0, -5, -9, -10};
    question->business_from_day = TODAY + from[value];
    question->business_until_day = question->business_from_day + 9;
}

static inline void set_business_channel(struct party_question *question, unsigned value)
{
    unsigned all = (1u << CHANNEL_COUNT) - 1;
    question->business_channels = value == 1 ? all : all & ~(1u << question->channel);
}

static inline void set_business_service(struct party_question *question, unsigned value)
{
    unsigned all = (1u << SERVICE_COUNT) - 1;
    question->business_services = value == 1 ? all : all & ~(1u << question->service);
}

/* One of 13 businesses: unknown, somebody else's, six wrong states, too early, too late, another
 * channel, another service, good. */
static inline void set_business(struct party_question *question, unsigned value)
{
    static const enum business_state states[] = {BUSINESS_DRAFT,   BUSINESS_SUBMITTED,
                                                 BUSINESS_REFUSED, BUSINESS_SUSPENDED,
                                                 BUSINESS_REVOKED, BUSINESS_EXPIRED};
    question->business_found = value != 0;
    question->business_owned = value != 1;
    question->business_state = value >= 2 && value < 8 ? states[value - 2] : BUSINESS_GRANTED;
    set_dates(question, value == 8 ? 0 : value == 9 ? 4 : 2);
    set_business_channel(question, value != 10);
    set_business_service(question, value != 11);
}

static inline uint64_t lowest(uint64_t mask)
{
    return mask & (~mask + 1);
}

/* One field and what the business says of it. */
static inline void set_field_case(struct party_question *question, unsigned value)
{
    uint64_t ceiling = oracle_ceiling(question->party_class, question->service);
    uint64_t plain = lowest(ceiling & ~oracle_sensitive());
    uint64_t sensitive = lowest(ceiling & oracle_sensitive());
    uint64_t above = lowest(ALL_FIELDS & ~ceiling);

    question->business_fields = ALL_FIELDS;
    question->business_sensitive = 0;
    question->fields = plain != 0 ? plain : sensitive;
    switch (value) {
    case 0: /* plain and granted */
        break;
    case 1: /* plain and not granted */
        question->business_fields &= ~question->fields;
        break;
    case 2: /* granted above the ceiling, even named */
        question->fields = above;
        question->business_sensitive = ALL_FIELDS;
        break;
    case 3: /* sensitive and named */
        question->fields = sensitive != 0 ? sensitive : plain;
        question->business_sensitive = sensitive;
        break;
    case 4: /* sensitive, and others are named */
        question->fields = sensitive != 0 ? sensitive : plain;
        question->business_sensitive = ALL_FIELDS & ~sensitive;
        break;
    case 5: /* none at all */
        question->fields = 0;
        break;
    case 6: /* all, all granted, all named */
        question->fields = ALL_FIELDS;
        question->business_sensitive = ALL_FIELDS;
        break;
    default: /* a field that no law knows */
        question->fields |= UINT64_C(1) << 40;
        question->business_fields = ~UINT64_C(0);
        question->business_sensitive = ~UINT64_C(0);
        break;
    }
}

static inline void set_field_good(struct party_question *question, unsigned value)
{
    set_field_case(question, value == 1 ? 3 : 1);
}

/* Two fields (the same one twice = one), each granted or not, named or not. */
static inline void set_two_fields(struct party_question *question, unsigned value)
{
    uint64_t first = FIELD_BIT(value % FIELD_COUNT);
    uint64_t second = FIELD_BIT(value / FIELD_COUNT % FIELD_COUNT);
    unsigned how = value / FIELD_COUNT / FIELD_COUNT;

    question->fields = first | second;
    question->business_fields = ALL_FIELDS;
    question->business_fields &= ~((how & 1) != 0 ? first : 0);
    question->business_fields &= ~((how & 2) != 0 ? second : 0);
    question->business_sensitive = ALL_FIELDS;
    question->business_sensitive &= ~((how & 4) != 0 ? first : 0);
    question->business_sensitive &= ~((how & 8) != 0 ? second : 0);
}

static inline void set_mask(struct party_question *question, unsigned value)
{
    question->fields = value;
}

/* What a business grants beside a mask of fields: all and named, all and unnamed, the ceiling. */
static inline void set_grant(struct party_question *question, unsigned value)
{
    uint64_t ceiling = oracle_ceiling(question->party_class, question->service);

    question->business_fields = value == 2 ? ceiling : ALL_FIELDS;
    question->business_sensitive = value == 1 ? 0 : oracle_sensitive();
}

/* An open channel of the class, so that what comes later is reached. */
static inline void set_open_channel(struct party_question *question, unsigned value)
{
    (void)value;
    question->channel = CHANNEL_WRITTEN;
}

static inline void set_permit(struct party_question *question, unsigned value)
{
    question->use_declared = (value & 1) != 0;
    question->permit_covers = (value & 2) != 0;
}

static inline void set_list(struct party_question *question, unsigned value)
{
    question->list_approved = value == 1;
}

static inline void set_list_service(struct party_question *question, unsigned value)
{
    (void)value;
    question->service = SERVICE_LIST_EXTRACT;
}

static inline void set_permit_good(struct party_question *question, unsigned value)
{
    set_permit(question, value == 1 ? 3 : 1);
}

static inline void set_per_claim(struct party_question *question, unsigned value)
{
    question->per_claim = (value & 1) != 0;
    question->business_per_claim = (value & 2) != 0;
}

static inline void set_hours_good(struct party_question *question, unsigned value)
{
    /* now_us is noon in Vietnam */
    question->business_hours = value == 1 ? 1u << 12 : ~(1u << 12);
}

static inline void set_counter(unsigned value, uint64_t *ret_used, uint64_t *ret_max)
{
    static const uint64_t used[] = {0, 0, 1, 99, 100, 101, 99, UINT64_MAX};
    static const uint64_t max[] = {0, 1, 1, 100, 100, 100, UINT64_MAX, UINT64_MAX};
    *ret_used = used[value];
    *ret_max = max[value];
}

static inline void set_quota(struct party_question *question, unsigned value)
{
    set_counter(value, &question->quota_used, &question->quota_max);
}

static inline void set_quota_second(struct party_question *question, unsigned value)
{
    set_counter(value, &question->quota_second_used, &question->quota_second_max);
}

static inline void set_quota_total(struct party_question *question, unsigned value)
{
    set_counter(value, &question->quota_total_used, &question->quota_total_max);
}

static inline void set_quota_good(struct party_question *question, unsigned value)
{
    set_quota(question, value == 1 ? 3 : 4);
}

static inline void set_guesses(struct party_question *question, unsigned value)
{
    question->guesses = value;
}

static inline void set_guesses_good(struct party_question *question, unsigned value)
{
    question->guesses = value == 1 ? 4 : 5;
}

/* The first and the last microsecond of each hour of four days. */
static inline void set_moment(struct party_question *question, unsigned value)
{
    int64_t hour = value / 2;
    question->now_us = (TODAY - 1) * DAY_US - 7 * HOUR_US + hour * HOUR_US;
    question->now_us += value % 2 == 0 ? 0 : HOUR_US - 1;
}

static inline void set_one_hour(struct party_question *question, unsigned value)
{
    question->business_hours = value == 24 ? 0 : 1u << value;
}

#endif
