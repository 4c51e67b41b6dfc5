/*
 * Purpose: the administrative units of data/vn as numbers: where a synthetic person lives and was
 * registered. A unit always says which list its codes belong to, because codes are reused.
 * Source: data/vn/README.md.
 */
#ifndef DANCU_DEMO_UNITS_H
#define DANCU_DEMO_UNITS_H

#include "demo/rng.h"

enum unit_list { LIST_NONE, LIST_2021, LIST_2025 };

struct unit {
    enum unit_list list; /* LIST_NONE: no unit */
    unsigned province;   /* 2 digits; the list has it */
    unsigned district;   /* 3 digits; 0 = none (the list of 2025 has no districts) */
    unsigned ward;       /* 5 digits; 0 = none (island districts) */
};

/* `YYYY-MM-DD` of a list; asserts that there is one. */
const char *demo_list_date(enum unit_list list);
/* A ward of the province, each as likely as another; asserts that the list has the province. */
struct unit demo_units_ward(struct rng *rng, enum unit_list list, unsigned province);
/* Province of the list of 2025 into which one of 2021 went. */
unsigned demo_units_into(unsigned province_2021);
/* How many provinces and wards a list has, for tests. */
size_t demo_units_provinces(enum unit_list list);
size_t demo_units_wards(enum unit_list list);

#endif
