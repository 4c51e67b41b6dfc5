/*
 * The administrative units of data/vn.
 *
 * Invariants:
 *  1. Rows of provinces are sorted by code and point at runs of wards that fill the list's array.
 *  2. Every province of a list has at least one ward.
 */
#include "demo/units.h"

#include "base/check.h"

struct ward_row {
    uint16_t district;
    uint16_t ward;
};

struct province_row {
    uint8_t code;
    uint8_t into; /* code in the list of 2025 */
    uint16_t first;
    uint16_t count;
};

#include "demo/units_rows.h"

struct list_row {
    const char *date;
    const struct province_row *provinces;
    size_t province_count;
    const struct ward_row *wards;
    size_t ward_count;
};

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static const struct list_row lists[] = {
    [LIST_NONE] = {.date = NULL},
    [LIST_2021] = {"2021-07-01", provinces_2021, COUNT(provinces_2021), wards_2021,
                   COUNT(wards_2021)},
    [LIST_2025] = {"2025-07-01", provinces_2025, COUNT(provinces_2025), wards_2025,
                   COUNT(wards_2025)},
};

static const struct list_row *list_row(enum unit_list list)
{
    CHECK(list == LIST_2021 || list == LIST_2025);
    return &lists[list];
}

const char *demo_list_date(enum unit_list list)
{
    return list_row(list)->date;
}

static const struct province_row *province_row(enum unit_list list, unsigned code)
{
    const struct list_row *row = list_row(list);
    size_t low = 0;
    size_t high = row->province_count;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (row->provinces[middle].code <= code) {
            low = middle;
        } else {
            high = middle;
        }
    }
    CHECK(row->provinces[low].code == code);
    return &row->provinces[low];
}

struct unit demo_units_ward(struct rng *rng, enum unit_list list, unsigned province)
{
    const struct province_row *row = province_row(list, province);
    size_t at = row->first + rng_below(rng, row->count);
    CHECK(at < list_row(list)->ward_count);
    const struct ward_row *ward = &list_row(list)->wards[at];
    return (struct unit){list, province, ward->district, ward->ward};
}

unsigned demo_units_into(unsigned province_2021)
{
    return province_row(LIST_2021, province_2021)->into;
}

size_t demo_units_provinces(enum unit_list list)
{
    return list_row(list)->province_count;
}

size_t demo_units_wards(enum unit_list list)
{
    return list_row(list)->ward_count;
}
