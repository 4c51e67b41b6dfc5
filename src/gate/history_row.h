/*
 * Purpose: which people a record is a row of, in what each of them sees of who has seen him, and
 * where that row stands (decision 0060). A pure look at one record: the index (history.h) and who
 * checks it against the log say the same by it. worker/ may include it.
 *
 * Rows of a person are ordered by their place: the day from which he may see them, then the index
 * of the entry. The day is the log's own (UTC+7; it never goes back, whatever the clock says), or a
 * later one, when the look-up is sealed until then: such a row joins at the end, on its day. So
 * what a person may see as of some size of the log stays the beginning of what he may see later.
 */
#ifndef DANCU_GATE_HISTORY_ROW_H
#define DANCU_GATE_HISTORY_ROW_H

#include "gate/record.h"

#define HISTORY_INDEX_BITS 40 /* a place is 64 bits: the day has 24 */

/* The people, each once, and the day (UTC+7) before which they may not see it; 0: none. Of a record
 * that is nobody's row the count is 0. FAULT_CORRUPT: its effect does not decode. */
struct history_people {
    uint64_t persons[OPENING_PEOPLE_MAX];
    unsigned count;
    int64_t until_day;
    struct view party; /* that the row tells: acting, or the source of a change; empty: none */
};
struct outcome history_people(const struct record *record, struct history_people *ret_people);

/* The day of the log once it has a record of that time. */
uint32_t history_day(uint32_t day, int64_t time_us);
/* Where the row of the entry stands; `day` is the log's, this entry counted. */
uint64_t history_place(uint32_t day, int64_t until_day, uint64_t index);
static inline uint64_t history_place_index(uint64_t place)
{
    return place & ((UINT64_C(1) << HISTORY_INDEX_BITS) - 1);
}
static inline uint32_t history_place_day(uint64_t place)
{
    return (uint32_t)(place >> HISTORY_INDEX_BITS);
}
/* Behind all rows that may be seen of a log of `size` entries whose day is `day`, and before all
 * that may not: a row may be seen when its place is below. */
static inline uint64_t history_end(uint32_t day, uint64_t size)
{
    return (uint64_t)day << HISTORY_INDEX_BITS | size;
}

#endif
