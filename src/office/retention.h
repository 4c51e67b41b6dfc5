/*
 * Purpose: how long openings of the log are kept (issue "Fast, and kept for years", item 5;
 * decision 0071): the period, what was shredded last, and legal holds by case. Kept in
 * office/staff.h. Without a period nothing is shredded.
 */
#ifndef DANCU_OFFICE_RETENTION_H
#define DANCU_OFFICE_RETENTION_H

#include "gate/directory.h"
#include "gate/record.h"
#include "ledger/ledger.h"

struct retention {
    struct code_text code; /* "log" */
    uint32_t version;
    uint32_t months;          /* 0: no period was set yet */
    struct ledger_shred last; /* segment 0: none was shredded */
    int64_t day;              /* on which (UTC+7) */
    uint64_t segments;        /* that were shredded in all */
};

/* What stands in the records of asks under this case is kept as long as it stands. */
struct hold {
    struct code_text code; /* hexadecimal digits: the start of SHA-256 of `case_ref` */
    uint32_t version;
    struct long_text case_ref;
    struct long_text reason;
    int64_t from_day;
};

struct staff;
/* NULL: nothing was set yet. */
const struct retention *staff_retention(const struct staff *staff);
/* Records older than this moment may be shredded. False: none may. */
bool retention_before_us(const struct staff *staff, int64_t now_us, int64_t *ret_before_us);
/* Why the entries first..end - 1, the latest of `last_day`, are wanted, whatever stands in them;
 * NULL: they are not. Somebody complains of one; an incident is open. */
const char *retention_wants(const struct staff *staff, uint64_t first, uint64_t end,
                            int64_t last_day);
/* Likewise of one record: its case is under hold or a written request that the office still has, it
 * is under review, or whom it is about may not see it yet. */
const char *retention_wants_record(const struct staff *staff, uint64_t index,
                                   const struct record *record, int64_t today);
/* Another number when there are other holds, reviews, complaints or incidents, or another period.
 */
uint32_t retention_marks(const struct staff *staff);

#endif
