/*
 * Offices: stored bytes, and the acts on them.
 *
 * Invariants
 * 1. Above one another offices make a tree: none is above itself, and one above is of no lower
 *    level.
 * 2. An officer is in one office as one thing, once.
 */
#include "office/unit.h"

#include "base/check.h"
#include "domain/country.h"
#include "office/prepare.h"

#include <string.h>

#define UNIT_VERSION 1

struct office_unit *staff_unit(const struct directory *directory, struct view code)
{
    return object_find(directory, &object_unit, code);
}

const struct unit_member *unit_member(const struct office_unit *unit, struct view officer)
{
    for (unsigned i = 0; i < unit->member_count; i++) {
        if (view_equal(code_view(&unit->members[i].officer), officer)) {
            return &unit->members[i];
        }
    }
    return NULL;
}

/* ---- stored bytes ---- */

static void put_unit(const void *object, struct buf *buf)
{
    const struct office_unit *unit = object;
    buf_put_u8(buf, UNIT_VERSION);
    buf_put_block16(buf, code_view(&unit->code));
    buf_put_u32(buf, unit->version);
    buf_put_u8(buf, (uint8_t)unit->level);
    buf_put_block16(buf, long_view(&unit->name));
    buf_put_block16(buf, long_view(&unit->parent));
    buf_put_block16(buf, code_view(&unit->above));
    buf_put_block16(buf, long_view(&unit->sign));
    buf_put_block16(buf, long_view(&unit->place));
    buf_put_block16(buf, long_view(&unit->address));
    buf_put_block16(buf, view_text(unit->province));
    buf_put_u8(buf, unit->saturday ? 1 : 0);
    buf_put_u8(buf, (uint8_t)unit->member_count);
    for (unsigned i = 0; i < unit->member_count; i++) {
        buf_put_block16(buf, code_view(&unit->members[i].officer));
        buf_put_u8(buf, (uint8_t)unit->members[i].capacity);
        buf_put_u64(buf, (uint64_t)unit->members[i].absent_until);
    }
    buf_put_u32(buf, unit->case_year);
    buf_put_u32(buf, unit->case_last);
}

static void take_province(struct view text, struct office_unit *unit)
{
    if (text.len == 2) {
        memcpy(unit->province, text.data, 2);
        unit->province[2] = '\0';
    }
}

static struct outcome get_unit(const struct directory *directory, struct view bytes,
                               void *ret_object)
{
    struct cursor cursor = cursor_of(bytes);
    struct office_unit *unit = ret_object;
    (void)directory;
    cursor.failed = cursor_u8(&cursor) != UNIT_VERSION;
    object_get_code(&cursor, &unit->code);
    unit->version = cursor_u32(&cursor);
    unit->level = object_get_enum(&cursor, LEVEL_COUNT);
    object_get_long(&cursor, &unit->name);
    object_get_long(&cursor, &unit->parent);
    object_get_code(&cursor, &unit->above);
    object_get_long(&cursor, &unit->sign);
    object_get_long(&cursor, &unit->place);
    object_get_long(&cursor, &unit->address);
    struct view province = cursor_block16(&cursor);
    cursor.failed = cursor.failed || (province.len != 0 && province.len != 2);
    take_province(province, unit);
    unit->saturday = object_get_enum(&cursor, 2) == 1;
    unit->member_count = object_get_enum(&cursor, UNIT_MEMBERS_MAX + 1);
    for (unsigned i = 0; i < unit->member_count; i++) {
        object_get_code(&cursor, &unit->members[i].officer);
        unit->members[i].capacity = object_get_enum(&cursor, CAPACITY_COUNT);
        unit->members[i].absent_until = (int64_t)cursor_u64(&cursor);
    }
    unit->case_year = cursor_u32(&cursor);
    unit->case_last = cursor_u32(&cursor);
    return object_get_end(&cursor, "stored office does not decode");
}

const struct object_row object_unit = {
    .name = "office",
    .plural = "offices",
    OBJECT_LAYOUT(office_unit),
    OBJECT_OF_STAFF(units),
    .put = put_unit,
    .get = get_unit,
};
