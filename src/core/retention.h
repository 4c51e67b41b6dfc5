/*
 * Purpose: shredding of segments whose records are older than the period (decision 0071), one after
 * the other, in small steps. Who steps it: the core's loop, and `dancu retention run` where no
 * server runs.
 */
#ifndef DANCU_CORE_RETENTION_H
#define DANCU_CORE_RETENTION_H

#include "core/house.h"

/* Zeroed at first. */
struct retention_watch {
    int64_t look_us;      /* monotonic: when to look again */
    uint64_t after;       /* segments up to this one were looked at */
    int64_t round_day;    /* all were looked at on this day (UTC+7), ... */
    uint32_t round_marks; /* ... with these marks */
    int64_t believed_day; /* the clock was, on this day (UTC+7) */
    bool halving;         /* to find the first record that is younger than some moment: */
    uint64_t low;         /* entries below are older */
    uint64_t high;        /* entries from here on are younger */
    bool counted;         /* what this round has to look at: */
    uint64_t old;         /* segments older than the period that were not shredded since ... */
    uint64_t kept;        /* ... of these, looked at and wanted */
    int64_t today;        /* of the segment in hand, as the next ones */
    int64_t before_us;    /* a record of then, or later, is kept */
    uint32_t marks;
    const struct staff *staff;
    const struct directory *directory;
    const char *why; /* it is wanted; NULL: it is not, so far */
    uint64_t segment;
    uint64_t done; /* segments that were shredded since the start */
};

/* Little work, if any is due; *ret_busy: there is more at once. FAULT_IO and its like: the state is
 * in doubt, as office_act() has it. */
struct outcome retention_step(struct house *house, struct retention_watch *watch,
                              uint32_t local_user, bool *ret_busy);
/* At a start, once the log's acts are applied. */
struct outcome retention_settle(struct house *house, char ret_place[256]);

#endif
