/*
 * Purpose: how many looks were hidden from whom they were about, year by year, for the whole
 * register: the one thing that is told of them before their day. Derived from the log. Private to
 * gate/. Source: issue "Citizens", item 3; decision 0065.
 */
#ifndef DANCU_GATE_SEALED_H
#define DANCU_GATE_SEALED_H

#include "base/bytes.h"

#define SEALED_YEAR_FIRST 2021
#define SEALED_YEARS 64

struct sealed_years {
    uint64_t counts[SEALED_YEARS]; /* of looks in that year (UTC+7), however long they are hidden */
};

/* One more, recorded at that time and hidden until that day (UTC+7); what is hidden no longer then
 * is not counted. */
void sealed_count(struct sealed_years *years, int64_t time_us, int64_t until_day);
/* For snapshots. */
void sealed_save(const struct sealed_years *years, struct buf *buf);
void sealed_restore(struct sealed_years *years, struct cursor *cursor);

#endif
