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

/* ---- acts ---- */

/* Invariant 1. */
static struct outcome check_above(struct preparing *here, const struct office_unit *unit)
{
    const struct office_unit *above = unit;
    for (unsigned depth = 0; above->above.len > 0; depth++) {
        above = staff_unit(here->directory, code_view(&above->above));
        if (above == NULL) {
            return prepare_refuse(here, FAULT_NOT_FOUND, "there is no office above by this code");
        }
        if (depth >= PARTY_DEPTH_MAX ||
            view_equal(code_view(&above->code), code_view(&unit->code))) {
            return prepare_refuse(here, FAULT_BAD_INPUT, "the office would be above itself");
        }
        if (above->level > unit->level) {
            return prepare_refuse(here, FAULT_BAD_INPUT, "the office above is of a lower level");
        }
    }
    return OUTCOME_OK;
}

static struct outcome take_place(struct preparing *here, struct office_unit *unit)
{
    struct view province = act_value(here->act, "province");
    unit->province[0] = '\0';
    if (province.len > 0 && !country_province_known(province, COUNTRY_LIST_2025_DAY)) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "there is no such province");
    }
    if (unit->level != LEVEL_NATIONAL && province.len == 0) {
        return prepare_refuse(here, FAULT_BAD_INPUT,
                              "an office below the national level has one "
                              "province");
    }
    take_province(province, unit);
    TRY(long_set(&unit->place, act_value(here->act, "place")));
    return long_set(&unit->address, act_value(here->act, "address"));
}

static struct outcome describe(struct preparing *here, struct office_unit *unit)
{
    const struct act *act = here->act;
    unit->level = act_word(act, "level");
    unit->saturday = act_value(act, "saturday").len > 0;
    TRY(take_place(here, unit));
    TRY(long_set(&unit->name, act_value(act, "name")));
    TRY(long_set(&unit->parent, act_value(act, "parent")));
    TRY(long_set(&unit->sign, act_value(act, "sign")));
    TRY(code_set(&unit->above, act_value(act, "above")));
    return check_above(here, unit);
}

struct outcome prepare_office_add(struct preparing *here)
{
    struct office_unit *unit = NULL;
    struct view code = act_value(here->act, "code");
    if (here->directory->staff == NULL) {
        return prepare_refuse(here, FAULT_CONFLICT, "there are no officers");
    }
    if (code.len + strlen("-YYYY-NNNNNN.nn") > ASK_CODE_BYTES_MAX) {
        return prepare_refuse(here, FAULT_OVER_LIMIT,
                              "the code has no room for the numbers of cases and letters");
    }
    TRY(prepare_new(here, OBJECT_UNIT, &unit));
    TRY(code_set(&unit->code, code));
    return describe(here, unit);
}

struct outcome prepare_office_change(struct preparing *here)
{
    struct office_unit *old = NULL;
    struct office_unit *unit = NULL;
    TRY(prepare_find(here, OBJECT_UNIT, "code", &old));
    TRY(prepare_edit(here, OBJECT_UNIT, old, &unit));
    return describe(here, unit);
}

/* The place of the officer that the act names; behind the last: none. */
static unsigned place_of(const struct preparing *here, const struct office_unit *unit)
{
    unsigned place = 0;
    while (place < unit->member_count &&
           !view_equal(code_view(&unit->members[place].officer), act_value(here->act, "officer"))) {
        place++;
    }
    return place;
}

static struct outcome put_member(struct preparing *here, struct office_unit *unit)
{
    unsigned place = place_of(here, unit);
    struct unit_member *member = &unit->members[place < UNIT_MEMBERS_MAX ? place : 0];
    struct officer *officer = NULL;
    TRY(prepare_find(here, OBJECT_OFFICER, "officer", &officer));
    if (officer->state != OFFICER_ACTIVE) {
        return prepare_refuse(here, FAULT_CONFLICT, "the officer is not active");
    }
    if (place == UNIT_MEMBERS_MAX) {
        return prepare_refuse(here, FAULT_OVER_LIMIT, "the office has too many officers");
    }
    if (place == unit->member_count) { /* invariant 2 */
        unit->member_count++;
        *member = (struct unit_member){.officer = officer->code};
    }
    member->capacity = act_word(here->act, "capacity");
    return OUTCOME_OK;
}

struct outcome prepare_office_member(struct preparing *here)
{
    struct office_unit *old = NULL;
    struct office_unit *unit = NULL;
    TRY(prepare_find(here, OBJECT_UNIT, "code", &old));
    TRY(prepare_edit(here, OBJECT_UNIT, old, &unit));
    if (here->act->kind == ACT_OFFICE_MEMBER_PUT) {
        return put_member(here, unit);
    }
    unsigned place = place_of(here, unit);
    if (place == unit->member_count) {
        return prepare_refuse(here, FAULT_NOT_FOUND, "the office has no such officer");
    }
    unit->member_count--;
    memmove(&unit->members[place], &unit->members[place + 1],
            (unit->member_count - place) * sizeof(unit->members[0]));
    return OUTCOME_OK;
}

/* A day that is over means: is there. */
struct outcome prepare_office_absent(struct preparing *here)
{
    struct office_unit *old = NULL;
    struct office_unit *unit = NULL;
    TRY(prepare_find(here, OBJECT_UNIT, "code", &old));
    unsigned place = place_of(here, old);
    if (place == old->member_count) {
        return prepare_refuse(here, FAULT_NOT_FOUND, "the office has no such officer");
    }
    TRY(prepare_edit(here, OBJECT_UNIT, old, &unit));
    int64_t until = act_day(here->act, "until", 0);
    unit->members[place].absent_until = until >= here->today ? until : 0;
    return OUTCOME_OK;
}
