/*
 * The clock of a case.
 */
#include "office/case_clock.h"

#include "base/check.h"

/* The due day of what is left of the limit behind a day, and when to warn. */
static struct outcome set_due(const struct policy *policy, int64_t day, unsigned left,
                              struct written_case *case_)
{
    int64_t due = 0;
    int64_t warn = 0;
    TRY(policy_deadline_day(policy, day, left, &due));
    TRY(policy_days_before(policy, due, policy_written(policy).warn_days, &warn));
    case_->clock_day = day;
    case_->due_day = due;
    case_->warn_day = warn;
    return OUTCOME_OK;
}

struct outcome case_clock_start(const struct policy *policy, int64_t day, unsigned days,
                                struct written_case *case_)
{
    CHECK(days > 0 && days <= CASE_DAYS_MAX);
    TRY(set_due(policy, day, days, case_));
    case_->accepted_day = day;
    case_->stopped_day = 0;
    case_->days = days;
    case_->days_used = 0;
    return OUTCOME_OK;
}

struct outcome case_clock_stop(const struct policy *policy, int64_t day, struct written_case *case_)
{
    unsigned used = 0;
    CHECK(case_->stopped_day == 0);
    TRY(policy_working_days(policy, case_->clock_day, day, &used));
    case_->days_used += used;
    case_->stopped_day = day;
    return OUTCOME_OK;
}

struct outcome case_clock_go_on(const struct policy *policy, int64_t day,
                                struct written_case *case_)
{
    bool late = case_->stopped_day > case_->due_day;
    CHECK(case_->stopped_day != 0);
    if (!late) {
        unsigned used = case_->days_used < case_->days ? case_->days_used : case_->days;
        TRY(set_due(policy, day, case_->days - used, case_));
    }
    case_->stopped_day = 0;
    return OUTCOME_OK;
}
