/*
 * Purpose: a hypothetical ask, told by named values, and why it would be decided as it is, check by
 * check: for `dancu policy explain` and for the desk. Nobody is looked up, nothing is recorded.
 */
#ifndef DANCU_OFFICE_EXPLAIN_H
#define DANCU_OFFICE_EXPLAIN_H

#include "gate/directory.h"

enum explain_value {
    /* of a directory: codes */
    EXPLAIN_ACCOUNT,
    EXPLAIN_PARTY,
    EXPLAIN_BUSINESS,
    /* the ask */
    EXPLAIN_SERVICE,
    EXPLAIN_FIELDS,
    EXPLAIN_PER_CLAIM,
    EXPLAIN_CASE,
    EXPLAIN_COPY,
    EXPLAIN_THIRD_PARTY,
    EXPLAIN_AT,
    /* without a directory */
    EXPLAIN_CLASS,
    EXPLAIN_CHANNEL,
    EXPLAIN_NO_INSTRUMENT,
    EXPLAIN_STATE,
    EXPLAIN_GRANTED,
    EXPLAIN_SENSITIVE,
    EXPLAIN_NO_PER_CLAIM,
    EXPLAIN_FROM,
    EXPLAIN_UNTIL,
    EXPLAIN_POPULATION,
    /* counters */
    EXPLAIN_USED,
    EXPLAIN_USED_SECOND,
    EXPLAIN_USED_TOTAL,
    EXPLAIN_MISSES,
    /* the subject */
    EXPLAIN_UNKNOWN,
    EXPLAIN_MISMATCH,
    EXPLAIN_PROVINCE,
    EXPLAIN_BIRTH_DATE,
    EXPLAIN_SEX,
    EXPLAIN_LISTS,
    EXPLAIN_PROTECTED,
    EXPLAIN_LOCKED,
    EXPLAIN_VALUE_COUNT
};

struct explain_row {
    const char *name;
    bool flag; /* it says nothing but that it is there */
};
extern const struct explain_row explain_rows[EXPLAIN_VALUE_COUNT];

struct explain_ask {
    struct view values[EXPLAIN_VALUE_COUNT]; /* data NULL: not given */
};

struct explain_fault {
    enum explain_value value; /* the first that is off */
    char why[160];
};

/* Appends what policy_explain() tells of the ask: of the directory's own objects, or, when there is
 * none, of one that is made of the values. What is not given is well: each check passes, as far as
 * the policy lets it. `now_us`: when the values name no time. FAULT_BAD_INPUT: *ret_fault. */
struct outcome explain_put(const struct explain_ask *ask, const struct directory *directory,
                           const struct policy *policy, int64_t now_us, bool json, struct buf *buf,
                           struct explain_fault *ret_fault);

#endif
