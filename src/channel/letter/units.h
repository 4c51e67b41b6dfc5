/*
 * Purpose: names of administrative units by their codes, in the list that the codes belong to.
 * Private to channel/letter/. Source: data/vn/ (its README says from where), by units.awk.
 */
#ifndef DANCU_CHANNEL_LETTER_UNITS_H
#define DANCU_CHANNEL_LETTER_UNITS_H

#include "base/bytes.h"

enum unit_level { UNIT_PROVINCE, UNIT_DISTRICT, UNIT_WARD, UNIT_LEVEL_COUNT };

/* `list` is the day from which the list is in force, "2021-07-01". Empty: no such list or code. */
struct view unit_name(struct view list, enum unit_level level, struct view code);

#endif
