/*
 * Offices: their tree, their officers, and what a start makes of them.
 */
#include "cases.h"

static struct act about(enum act_kind kind, const char *code)
{
    struct act act = acts_make(kind);
    act_value_set(&act, "code", view_text(code));
    return act;
}

static enum act_code adds(struct desk *desk, const char *code, const char *level,
                          const char *province, const char *above)
{
    struct act act = about(ACT_OFFICE_ADD, code);
    act_value_set(&act, "level", view_text(level));
    act_value_set(&act, "province", view_text(province));
    act_value_set(&act, "above", view_text(above));
    return desk_both(desk, &act);
}

static void offices_make_a_tree_of_levels_in_provinces_that_there_are(void **state)
{
    struct desk *desk = *state;
    assert_code(adds(desk, "C06", "national", NULL, NULL), ACT_CODE_DONE);
    assert_code(adds(desk, "C06", "national", NULL, NULL), ACT_CODE_STATE_CONFLICT);
    assert_code(adds(desk, "PA", "province", NULL, "C06"), ACT_CODE_BAD_INPUT); /* of which? */
    assert_code(adds(desk, "PA", "province", "99", "C06"), ACT_CODE_BAD_INPUT);
    assert_code(adds(desk, "PA", "province", "79", "C07"), ACT_CODE_NOT_FOUND);
    assert_code(adds(desk, "PA", "province", "79", "C06"), ACT_CODE_DONE);
    assert_code(adds(desk, "XA", "commune", "79", "PA"), ACT_CODE_DONE);
    assert_code(adds(desk, "C07", "national", NULL, "XA"), ACT_CODE_BAD_INPUT); /* upside down */
    struct act round_ = about(ACT_OFFICE_CHANGE, "C06");
    act_value_set(&round_, "above", VIEW_LITERAL("PA"));
    assert_code(desk_both(desk, &round_), ACT_CODE_BAD_INPUT);
    act_value_set(&round_, "above", VIEW_LITERAL("C06"));
    assert_code(desk_both(desk, &round_), ACT_CODE_BAD_INPUT);
    act_value_set(&round_, "above", view_of(NULL, 0));
    act_value_set(&round_, "saturday", VIEW_LITERAL("true"));
    assert_code(desk_both(desk, &round_), ACT_CODE_DONE);
    assert_true(staff_unit(&desk->directory, VIEW_LITERAL("C06"))->saturday);
    struct act nobody = about(ACT_OFFICE_CHANGE, "C09");
    assert_code(desk_both(desk, &nobody), ACT_CODE_NOT_FOUND);
}

static void a_code_has_room_for_the_numbers_of_its_cases(void **state)
{
    struct desk *desk = *state;
    char code[ASK_CODE_BYTES_MAX] = "";
    memset(code, 'X', ASK_CODE_BYTES_MAX - 12);
    assert_code(adds(desk, code, "national", NULL, NULL), ACT_CODE_OVER_LIMIT);
    code[ASK_CODE_BYTES_MAX - 13] = '\0';
    assert_code(adds(desk, code, "national", NULL, NULL), ACT_CODE_OVER_LIMIT);
    code[ASK_CODE_BYTES_MAX - 16] = '\0'; /* and of their letters */
    assert_code(adds(desk, code, "national", NULL, NULL), ACT_CODE_DONE);
}

static enum act_code places(struct desk *desk, const char *officer, const char *capacity)
{
    struct act act = about(ACT_OFFICE_MEMBER_PUT, "C06");
    act_value_set(&act, "officer", view_text(officer));
    act_value_set(&act, "capacity", view_text(capacity));
    return desk_both(desk, &act);
}

static void an_officer_is_in_an_office_as_one_thing_and_two_put_them_there(void **state)
{
    struct desk *desk = *state;
    assert_code(adds(desk, "C06", "national", NULL, NULL), ACT_CODE_DONE);
    const struct office_unit *unit = staff_unit(&desk->directory, VIEW_LITERAL("C06"));
    assert_code(places(desk, "NOBODY", "head"), ACT_CODE_NOT_FOUND);
    assert_code(places(desk, "AN", "staff"), ACT_CODE_DONE);
    assert_code(places(desk, "LAN", "staff"), ACT_CODE_DONE);
    assert_code(places(desk, "AN", "deputy"), ACT_CODE_DONE);
    assert_int_equal(unit->member_count, 2);
    assert_int_equal(unit_member(unit, VIEW_LITERAL("AN"))->capacity, CAPACITY_DEPUTY);
    struct act lost = desk_act(ACT_OFFICER_LOST, "AN", "stolen");
    assert_code(desk_do(desk, LAN, &lost).code, ACT_CODE_DONE);
    assert_code(places(desk, "AN", "head"), ACT_CODE_STATE_CONFLICT);
    struct act remove = about(ACT_OFFICE_MEMBER_REMOVE, "C06");
    act_value_set(&remove, "officer", VIEW_LITERAL("AN"));
    assert_code(desk_do(desk, LAN, &remove).code, ACT_CODE_DONE);
    assert_code(desk_do(desk, LAN, &remove).code, ACT_CODE_NOT_FOUND);
    assert_int_equal(unit->member_count, 1);
    assert_non_null(unit_member(unit, VIEW_LITERAL("LAN")));
    assert_ok(desk_restart(desk));
    unit = staff_unit(&desk->directory, VIEW_LITERAL("C06"));
    assert_int_equal(unit->member_count, 1);
}

static void an_absence_is_of_a_member_and_a_day_that_is_over_ends_it(void **state)
{
    struct desk *desk = *state;
    struct act act = about(ACT_OFFICE_ABSENT, "C06");
    assert_code(adds(desk, "C06", "national", NULL, NULL), ACT_CODE_DONE);
    act_value_set(&act, "officer", VIEW_LITERAL("MINH"));
    assert_code(desk_do(desk, HOA, &act).code, ACT_CODE_NOT_FOUND);
    assert_code(places(desk, "MINH", "head"), ACT_CODE_DONE);
    assert_code(desk_do(desk, HOA, &act).code, ACT_CODE_DONE);
    const struct office_unit *unit = staff_unit(&desk->directory, VIEW_LITERAL("C06"));
    assert_int_equal(unit->members[0].absent_until, ACTS_TODAY + 7);
    act_value_set(&act, "until", VIEW_LITERAL("2026-11-22"));
    assert_code(desk_do(desk, HOA, &act).code, ACT_CODE_DONE);
    assert_int_equal(unit->members[0].absent_until, 0);
}

static void an_office_has_room_for_so_many_officers(void **state)
{
    struct desk *desk = *state;
    struct office_unit *unit = cases_unit(desk, "C06", LEVEL_NATIONAL);
    char code[16];
    for (unsigned i = 0; i < UNIT_MEMBERS_MAX; i++) {
        snprintf(code, sizeof(code), "O-%u", i);
        cases_member(unit, code, CAPACITY_STAFF);
    }
    assert_code(places(desk, "AN", "head"), ACT_CODE_OVER_LIMIT);
    BUF_AUTO bytes;
    buf_init(&bytes, 65536);
    object_unit.put(unit, &bytes);
    struct office_unit *again = memory_new(1, sizeof(*again));
    assert_non_null(again);
    for (size_t len = 0; len < bytes.len; len++) {
        *again = (struct office_unit){0};
        assert_fault(object_unit.get(&desk->directory, view_of(bytes.data, len), again),
                     FAULT_CORRUPT);
    }
    assert_ok(object_unit.get(&desk->directory, buf_view(&bytes), again));
    assert_memory_equal(again, unit, sizeof(*unit));
    memory_free(again);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_setup, desk_teardown)
    const struct CMUnitTest tests[] = {
        TEST(offices_make_a_tree_of_levels_in_provinces_that_there_are),
        TEST(a_code_has_room_for_the_numbers_of_its_cases),
        TEST(an_officer_is_in_an_office_as_one_thing_and_two_put_them_there),
        TEST(an_absence_is_of_a_member_and_a_day_that_is_over_ends_it),
        TEST(an_office_has_room_for_so_many_officers),
    };
    return cmocka_run_group_tests_name("office/unit", tests, NULL, NULL);
}
