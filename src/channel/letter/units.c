/*
 * Names of administrative units.
 *
 * Invariants
 *  1. Rows stand in the order of list, level and code: data/vn is sorted so.
 *  2. A code counts in the list that it names, and in no other.
 */
#include "channel/letter/units.h"

#include "base/check.h"

struct unit_row {
    uint8_t list; /* index in `lists` */
    uint8_t level;
    uint16_t code; /* at most 5 digits, and none above 65,535 */
    uint32_t at;   /* of its name */
};

#include "channel/units_rows.h"
#define UNITS (sizeof(unit_rows) / sizeof(unit_rows[0]))

static const char *const lists[] = {"2021-07-01", "2025-07-01"};
static const size_t digits[UNIT_LEVEL_COUNT] = {2, 3, 5};

static uint32_t key_of(unsigned list, unsigned level, uint32_t code)
{
    return list << 24 | level << 20 | code;
}

static struct view find(uint32_t key)
{
    size_t low = 0;
    size_t high = UNITS;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct unit_row *row = &unit_rows[middle];
        uint32_t here = key_of(row->list, row->level, row->code);
        if (here == key) {
            return view_text(&unit_names[row->at]);
        }
        if (here < key) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return (struct view){0};
}

struct view unit_name(struct view list, enum unit_level level, struct view code)
{
    uint32_t number = 0;

    CHECK(level < UNIT_LEVEL_COUNT);
    for (size_t i = 0; i < code.len && i < digits[level]; i++) {
        if (code.data[i] < '0' || code.data[i] > '9') {
            return (struct view){0};
        }
        number = number * 10 + (code.data[i] - '0');
    }
    for (unsigned i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) { /* invariant 2 */
        if (view_is(list, lists[i]) && code.len == digits[level]) {
            return find(key_of(i, level, number));
        }
    }
    return (struct view){0};
}
