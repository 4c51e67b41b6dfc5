/*
 * Purpose: each call that a house makes on its disk fails once in each way, one run each: the
 * story's steps one by one, and before each a child for each call of it and each failure. The child
 * does the step with the failure, and the next; then the oracle looks at what is left.
 */
#ifndef DANCU_TESTS_CORE_CALLS_H
#define DANCU_TESTS_CORE_CALLS_H

#include "oracle.h"

enum calls_failure {
    CALLS_EIO,
    CALLS_ENOSPC,
    CALLS_EINTR,
    CALLS_SHORT, /* reads and writes by half */
    CALLS_LATE,  /* done, and told as EIO */
    CALLS_FULL,  /* from this call to the end of the step there is no room for anything new */
    CALLS_KILL,  /* the process is gone; a write is half done */
    CALLS_FAILURE_COUNT
};
const char *calls_failure_name(enum calls_failure failure);
const char *calls_call_name(enum power_call call);

/* What the clients and the supervisor saw of it. */
enum calls_outcome {
    CALLS_UNSEEN,    /* everything was answered */
    CALLS_NOT_TAKEN, /* 503, or an act or chunk told to have failed; the process went on */
    CALLS_RESTARTED, /* the process ended and its successor serves */
    CALLS_REFUSED,   /* a start refused; the next one serves */
    CALLS_LOST,      /* no start serves any more */
    CALLS_OUTCOME_COUNT
};
const char *calls_outcome_name(enum calls_outcome outcome);

struct calls_sums {
    uint64_t calls; /* tried */
    uint64_t runs;
    uint64_t answered; /* asks answered in runs, each looked for afterwards */
    uint64_t asks;     /* looked for and found */
    uint64_t acts;
    uint64_t chunks;
    uint64_t wrong;
    char first_wrong[HOUSE_WHY_BYTES];
    uint64_t table[POWER_CALL_COUNT][CALLS_FAILURE_COUNT][CALLS_OUTCOME_COUNT];
};

struct calls {
    uint64_t seed;
    unsigned stride; /* every so many calls */
    unsigned jobs;   /* children at once */
    void (*tell)(unsigned step, uint64_t runs);
};
void calls_run(const struct calls *calls, struct calls_sums *ret_sums);

#endif
