/*
 * Purpose: the signatures of all acts of a log, verified again by who trusts neither `verify` nor
 * the desk: each JWS over its very bytes, by the key that the acts before it put in force, and what
 * was recorded held against what the JWS says. Source: issue "The office", item 1. Private to cli/.
 */
#ifndef DANCU_CLI_ACTS_H
#define DANCU_CLI_ACTS_H

#include "office/deed.h"

/* One signed act as it was met; the views are of the time of the call. */
struct acts_line {
    uint64_t index;
    const struct deed *deed;
    const struct act *act; /* as it was recorded */
    const char *why;       /* it does not hold; NULL: it does */
};

struct acts_watch {
    void *context;
    void (*each)(void *context, const struct acts_line *line);     /* NULL: nobody */
    void (*found)(void *context, uint64_t index, const char *why); /* what does not hold */
};

struct acts_report {
    uint64_t acts;
    uint64_t signed_count;
    uint64_t bad;
};

struct acts;
/* `origin`: of the log. Borrows both. */
struct outcome acts_new(const char *origin, const struct acts_watch *watch, struct acts **ret_acts);
void acts_free(struct acts *acts);
/* The next opening of the log (verify_watch.opening); all of them from the first one on, but for
 * those that acts_wants() says nothing is seen of. */
void acts_take(struct acts *acts, uint64_t index, struct view opening);
bool acts_wants(struct view opening);
/* FAULT_CORRUPT: an act does not hold; FAULT_NO_MEMORY, OVER_LIMIT: not all were looked at. */
struct outcome acts_end(const struct acts *acts, struct acts_report *ret_report);

#endif
