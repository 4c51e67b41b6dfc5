/*
 * Purpose: what dates do to parties, accounts, reviews, incidents and cases. They take effect by
 * themselves, at the ask that looks at them (gate/standing.c); here they are told once a day while
 * there is time, and recorded as acts when they have taken effect. Owner: the core's loop.
 *
 * An act of a date is recorded exactly once, whatever the process dies of: it is due as long as the
 * directory, which is made of the log, says that it is not done, and a start replays the log before
 * it asks.
 */
#ifndef DANCU_OFFICE_AGEING_H
#define DANCU_OFFICE_AGEING_H

#include "office/office.h"

/* How many there are, as of the last look. */
struct ageing_counts {
    uint64_t inspections_due;
    uint64_t inspections_lapsed;
    uint64_t inspections_over;
    uint64_t certificates_due;   /* good, and at their end within CERTIFICATE_DUE_DAYS */
    uint64_t certificates_ended; /* past it, of accounts that are not revoked */
    uint64_t incidents_open;     /* the authority is to be told, ... */
    uint64_t incidents_due;      /* ... within INCIDENT_DUE_HOURS, ... */
    uint64_t incidents_overdue;  /* ... and was not in time */
    uint64_t cases_open;         /* written requests that nobody has decided; of them ... */
    uint64_t cases_due;          /* ... within their last days, ... */
    uint64_t cases_overdue;      /* ... or behind them */
};

/* Zeroed at first. */
struct ageing_watch {
    int64_t told_day; /* what comes to its end was told on this day (UTC+7) */
    struct ageing_counts counts;
    /* the walk in hand */
    const struct staff *staff;
    bool under_way;
    bool held;    /* an act could not be recorded: the others wait for the next walk too */
    size_t place; /* parties first, then accounts, reviews, incidents, cases, offices, complaints,
                     codes */
    unsigned lines;
    struct ageing_counts walk;
};

/* One step of a walk over all; begins one when none is under way. Failures as office_act(): the act
 * waits, nobody is let in by it, and the walk can go on. */
struct outcome office_age(struct office *office, const struct directory *directory, int64_t now_us,
                          uint32_t local_user, struct ageing_watch *watch);

#endif
