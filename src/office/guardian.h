/*
 * Purpose: who sees what the register has of a minor or a ward: a guardian, whom officers have
 * bound to that person (issue "Citizens", item 2). Kept in office/staff.h by a blind tag of both
 * numbers: neither stands in an object. The gate looks besides whether the ward's own record names
 * the guardian (gate/own.c): neither the act nor the record alone is enough.
 */
#ifndef DANCU_OFFICE_GUARDIAN_H
#define DANCU_OFFICE_GUARDIAN_H

#include "gate/directory.h"

struct guardianship {
    struct code_text code; /* hexadecimal digits: the blind tag of guardian and ward */
    uint32_t version;
    struct code_text basis; /* the paper that shows it: of a birth, of an adoption, a decision */
    int64_t from_day;
    int64_t until_day; /* last day: of a minor the one before he comes of age */
};

/* Is he that person's guardian on that day? In the same steps whoever they are. */
bool staff_guards(const struct directory *directory, struct view guardian, struct view ward,
                  int64_t day);

#endif
