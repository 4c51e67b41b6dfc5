/*
 * Guardians: bound by two officers until a day, found by both numbers alone, and gone when one ends
 * it.
 */
#include "desk.h"

#include "office/guardian.h"

#define GUARDIAN VIEW_LITERAL("079090912345")
#define WARD VIEW_LITERAL("079190912346")

static int64_t today(const struct desk *desk)
{
    return clock_day_vn(desk->world->now_us);
}

static bool guards(const struct desk *desk)
{
    return staff_guards(&desk->directory, GUARDIAN, WARD, today(desk));
}

static enum act_code bind(struct desk *desk, const char *field, const char *value)
{
    struct act act = acts_make(ACT_GUARDIAN_BIND);
    act_value_set(&act, field, view_text(value));
    return desk_both(desk, &act);
}

static void two_officers_bind_and_one_ends_and_a_restart_changes_nothing(void **state)
{
    struct desk *desk = *state;
    struct act end = acts_make(ACT_GUARDIAN_END);
    struct act act = acts_make(ACT_GUARDIAN_BIND);
    assert_false(guards(desk));
    assert_code(desk_do(desk, LAN, &end).code, ACT_CODE_NOT_FOUND);
    assert_code(desk_do(desk, LAN, &act).code, ACT_CODE_PROPOSED);
    assert_false(guards(desk));
    assert_code(bind(desk, "until", "2030-01-01"), ACT_CODE_DONE);
    assert_true(guards(desk));
    assert_false(staff_guards(&desk->directory, WARD, GUARDIAN, today(desk)));
    assert_false(staff_guards(&desk->directory, GUARDIAN, GUARDIAN, today(desk)));
    assert_ok(desk_restart(desk));
    assert_true(guards(desk));
    assert_code(desk_do(desk, LAN, &end).code, ACT_CODE_DONE);
    assert_false(guards(desk));
    assert_ok(desk_restart(desk));
    assert_false(guards(desk));
}

static void it_ends_by_itself_with_its_day_and_can_be_made_anew(void **state)
{
    struct desk *desk = *state;
    assert_code(bind(desk, "until", "2026-12-01"), ACT_CODE_DONE);
    assert_true(guards(desk));
    assert_false(staff_guards(&desk->directory, GUARDIAN, WARD, today(desk) + 30));
    assert_code(bind(desk, "until", "2027-12-01"), ACT_CODE_DONE);
    assert_true(staff_guards(&desk->directory, GUARDIAN, WARD, today(desk) + 30));
}

static void no_number_stands_in_what_is_stored(void **state)
{
    struct desk *desk = *state;
    BUF_AUTO text;
    buf_init(&text, 1u << 20);
    assert_code(bind(desk, "until", "2030-01-01"), ACT_CODE_DONE);
    size_t at = 0;
    const struct guardianship *one = map_next(&desk->directory.staff->guardianships, &at);
    object_row(OBJECT_GUARDIANSHIP)->put(one, &text);
    assert_null(memmem(text.data, text.len, GUARDIAN.data, GUARDIAN.len));
    assert_null(memmem(text.data, text.len, WARD.data, WARD.len));
}

static void who_is_no_other_person_or_for_too_long_is_refused(void **state)
{
    struct desk *desk = *state;
    assert_code(bind(desk, "ward", "079090912345"), ACT_CODE_BAD_INPUT); /* himself */
    assert_code(bind(desk, "ward", "12345"), ACT_CODE_BAD_INPUT);
    assert_code(bind(desk, "guardian", "12345"), ACT_CODE_BAD_INPUT);
    assert_code(bind(desk, "until", "2026-01-01"), ACT_CODE_BAD_INPUT);
    assert_code(bind(desk, "until", "2046-01-01"), ACT_CODE_BAD_INPUT);
    assert_false(guards(desk));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_setup, desk_teardown)
    const struct CMUnitTest tests[] = {
        TEST(two_officers_bind_and_one_ends_and_a_restart_changes_nothing),
        TEST(it_ends_by_itself_with_its_day_and_can_be_made_anew),
        TEST(no_number_stands_in_what_is_stored),
        TEST(who_is_no_other_person_or_for_too_long_is_refused),
    };
    return cmocka_run_group_tests_name("office/guardian", tests, NULL, NULL);
}
