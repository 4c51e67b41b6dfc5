/*
 * Purpose: the clock of a case: working days by the policy's calendar. Pure. Source: issue "Written
 * requests", item 2; policy/written.yaml, policy/holidays.yaml; decision 0054.
 *
 * The day of acceptance does not count, whatever day it is; every working day behind it does, to
 * the last, which is the due day. While a supplement is waited for the clock stands: the day on
 * which it was asked for has counted, the day on which it came does not. What is late stays late.
 *
 * Each gives FAULT_NOT_FOUND, and changes nothing, where the calendar does not cover the days.
 */
#ifndef DANCU_OFFICE_CASE_CLOCK_H
#define DANCU_OFFICE_CASE_CLOCK_H

#include "office/case.h"

/* Accepted: a limit of so many working days begins. */
struct outcome case_clock_start(const struct policy *policy, int64_t day, unsigned days,
                                struct written_case *case_);
struct outcome case_clock_stop(const struct policy *policy, int64_t day,
                               struct written_case *case_);
struct outcome case_clock_go_on(const struct policy *policy, int64_t day,
                                struct written_case *case_);

#endif
