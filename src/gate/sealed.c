/*
 * Looks that were hidden from whom they were about, counted by years.
 *
 * Invariant: of a year that is not over nothing is told, or each look could be seen to come.
 */
#include "gate/work.h"

static int year_of(int64_t time_us)
{
    return date_from_days(clock_day_vn(time_us)).year;
}

void sealed_count(struct sealed_years *years, int64_t time_us, int64_t until_day)
{
    int year = year_of(time_us) - SEALED_YEAR_FIRST;
    if (until_day > clock_day_vn(time_us) && year >= 0 && year < SEALED_YEARS) {
        years->counts[year]++;
    }
}

bool gate_sealed_year(const struct gate *gate, unsigned at, int64_t now_us, unsigned *ret_year,
                      uint64_t *ret_count)
{
    if (at >= SEALED_YEARS || SEALED_YEAR_FIRST + (int)at >= year_of(now_us)) {
        return false;
    }
    *ret_year = SEALED_YEAR_FIRST + at;
    *ret_count = gate->sealed.counts[at];
    return true;
}

void sealed_save(const struct sealed_years *years, struct buf *buf)
{
    for (unsigned i = 0; i < SEALED_YEARS; i++) {
        buf_put_u64(buf, years->counts[i]);
    }
}

void sealed_restore(struct sealed_years *years, struct cursor *cursor)
{
    for (unsigned i = 0; i < SEALED_YEARS; i++) {
        years->counts[i] = cursor_u64(cursor);
    }
}
