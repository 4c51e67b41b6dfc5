/*
 * The calendar of working days.
 *
 * Invariants
 *  1. It covers whole years, and each of them has the six holidays of the law.
 *  2. Holidays stand in order and do not overlap; make-up days stand in order, outside the working
 *     week and on no holiday.
 */
#include "policy/rows.h"

#include "base/check.h"
#include "base/clock.h"

static const struct policy_column head_columns[] = {
    COLUMN(policy_calendar, covers_from, COLUMN_DATE),
    COLUMN(policy_calendar, covers_until, COLUMN_DATE),
    COLUMN_OF(policy_calendar, working_week, "working_week", COLUMN_WORDS, &policy_words_weekday),
    COLUMN(policy_calendar, clause, COLUMN_CLAUSES),
};

static const struct policy_column holiday_columns[] = {
    COLUMN_OF(policy_holiday_row, holiday, "holiday", COLUMN_WORD, &policy_words_holiday),
    COLUMN(policy_holiday_row, from, COLUMN_DATE),
    COLUMN(policy_holiday_row, until, COLUMN_DATE),
    COLUMN_OF(policy_holiday_row, status, "status", COLUMN_WORD, &policy_words_status),
    COLUMN(policy_holiday_row, clause, COLUMN_CLAUSES),
};

static const struct policy_column make_up_columns[] = {
    COLUMN(policy_make_up_day, date, COLUMN_DATE),
    COLUMN_OF(policy_make_up_day, status, "status", COLUMN_WORD, &policy_words_status),
    COLUMN(policy_make_up_day, clause, COLUMN_CLAUSES),
};

static bool covered(const struct policy_calendar *calendar, int64_t day)
{
    return calendar->covers_from <= day && day <= calendar->covers_until;
}

static struct outcome take_holiday(struct policy_loader *loader, const void *row)
{
    const struct policy_holiday_row *holiday = row;
    struct policy *policy = loader->policy;

    if (holiday->until < holiday->from) {
        return policy_refuse(loader, holiday->row.place, "the row ends before it begins");
    }
    if (!covered(&policy->calendar, holiday->from) || !covered(&policy->calendar, holiday->until)) {
        return policy_refuse(loader, holiday->row.place, "the day is outside the years covered");
    }
    if (policy->holiday_count > 0 &&
        policy->holidays[policy->holiday_count - 1].until >= holiday->from) {
        return policy_refuse(loader, holiday->row.place, "the row is not after the one before it");
    }
    CHECK(policy->holiday_count < POLICY_HOLIDAYS_MAX);
    policy->holidays[policy->holiday_count++] = *holiday;
    return OUTCOME_OK;
}

static bool year_has(const struct policy *policy, int year, enum policy_holiday kind)
{
    bool has = false;

    for (unsigned i = 0; i < policy->holiday_count; i++) {
        const struct policy_holiday_row *holiday = &policy->holidays[i];
        has = has || (holiday->holiday == kind && date_from_days(holiday->from).year == year);
    }
    return has;
}

/* Invariant 1. */
static struct outcome holidays_whole(struct policy_loader *loader, struct policy_place place)
{
    const struct policy_calendar *calendar = &loader->policy->calendar;
    struct date first = date_from_days(calendar->covers_from);
    struct date last = date_from_days(calendar->covers_until);

    if (calendar->covers_until < calendar->covers_from || first.month != 1 || first.day != 1 ||
        last.month != 12 || last.day != 31) {
        return policy_refuse(loader, calendar->row.place, "the calendar must cover whole years");
    }
    for (int year = first.year; year <= last.year; year++) {
        for (unsigned kind = 0; kind < HOLIDAY_IN_LIEU; kind++) {
            if (!year_has(loader->policy, year, kind)) {
                return policy_refuse(loader, place, "%d has no `%s`", year,
                                     words_name(&policy_words_holiday, kind));
            }
        }
    }
    return OUTCOME_OK;
}

/* Invariant 2. */
static struct outcome take_make_up_day(struct policy_loader *loader, const void *row)
{
    const struct policy_make_up_day *day = row;
    struct policy *policy = loader->policy;

    if (policy->make_up_day_count > 0 &&
        policy->make_up_days[policy->make_up_day_count - 1].date >= day->date) {
        return policy_refuse(loader, day->row.place, "the row is not after the one before it");
    }
    if (policy_working_day(policy, day->date) != TRUTH_NO) {
        return policy_refuse(loader, day->row.place,
                             "a make-up day is a covered day outside the working week");
    }
    for (unsigned i = 0; i < policy->holiday_count; i++) {
        if (policy->holidays[i].from <= day->date && day->date <= policy->holidays[i].until) {
            return policy_refuse(loader, day->row.place, "the make-up day is a holiday");
        }
    }
    CHECK(policy->make_up_day_count < POLICY_MAKE_UP_DAYS_MAX);
    policy->make_up_days[policy->make_up_day_count++] = *day;
    return OUTCOME_OK;
}

static const struct policy_section sections[] = {
    {"holidays", COLUMNS(holiday_columns), POLICY_HOLIDAYS_MAX, sizeof(struct policy_holiday_row),
     take_holiday, holidays_whole},
    {"make_up_days", COLUMNS(make_up_columns), POLICY_MAKE_UP_DAYS_MAX,
     sizeof(struct policy_make_up_day), take_make_up_day, NULL},
};

const struct policy_file_schema policy_schema_holidays = {
    .name = "holidays.yaml",
    .head_columns = head_columns,
    .head_column_count = sizeof(head_columns) / sizeof(head_columns[0]),
    .head_offset = offsetof(struct policy, calendar),
    .sections = sections,
    .section_count = sizeof(sections) / sizeof(sections[0]),
};
