/* How long records are kept: two officers say it, and what is under hold, under review or sealed is
 * wanted longer. */
#include "desk.h"

#include "office/four_eyes.h"
#include "office/retention.h"

#define DAY_US (INT64_C(86400) * US_PER_S)

static const struct staff *staff_of(const struct desk *desk)
{
    return desk->directory.staff;
}

static enum act_code set(struct desk *desk, const char *months)
{
    struct act act = acts_make(ACT_RETENTION_SET);
    act_value_set(&act, "months", view_text(months));
    return desk_both(desk, &act);
}

static const char *wants(const struct desk *desk, uint64_t index, const char *case_value)
{
    struct record record = {.kind = KIND_DISCLOSURE};
    record.values[RECORD_CASE] = view_text(case_value);
    return retention_wants_record(staff_of(desk), index, &record,
                                  clock_day_vn(desk->world->now_us));
}

static void the_period_is_set_by_two_and_survives_a_restart(void **state)
{
    struct desk *desk = *state;
    struct act act = acts_make(ACT_RETENTION_SET);
    int64_t before_us = 0;
    assert_null(staff_retention(staff_of(desk)));
    assert_false(retention_before_us(staff_of(desk), desk->world->now_us, &before_us));
    assert_code(desk_do(desk, LAN, &act).code, ACT_CODE_PROPOSED);
    assert_null(staff_retention(staff_of(desk)));
    assert_code(set(desk, "24"), ACT_CODE_DONE);
    assert_code(set(desk, "60"), ACT_CODE_DONE);
    assert_ok(desk_restart(desk));
    assert_int_equal(staff_retention(staff_of(desk))->months, 60);
    assert_code(set(desk, "23"), ACT_CODE_BAD_INPUT);
    assert_code(set(desk, "1201"), ACT_CODE_BAD_INPUT);
    assert_int_equal(staff_retention(staff_of(desk))->months, 60);
}

static void months_are_those_of_the_calendar(void **state)
{
    struct desk *desk = *state;
    int64_t before_us = 0;
    struct date leap = {2028, 2, 29};
    assert_code(set(desk, "24"), ACT_CODE_DONE);
    assert_true(retention_before_us(staff_of(desk), date_to_days(leap) * DAY_US, &before_us));
    assert_int_equal(before_us / DAY_US, date_to_days((struct date){2026, 2, 28}));
    struct date january = {2030, 1, 31};
    assert_code(set(desk, "25"), ACT_CODE_DONE);
    assert_true(retention_before_us(staff_of(desk), date_to_days(january) * DAY_US, &before_us));
    assert_int_equal(before_us / DAY_US, date_to_days((struct date){2027, 12, 28}));
    assert_code(set(desk, "1200"), ACT_CODE_DONE); /* before 1970: nothing is so old */
    assert_true(retention_before_us(staff_of(desk), date_to_days(leap) * DAY_US, &before_us));
    assert_int_equal(before_us, 0);
}

static void what_was_shredded_is_remembered_and_nothing_is_before_a_period(void **state)
{
    struct desk *desk = *state;
    struct act act = acts_make(ACT_RETENTION_SHRED);
    uint64_t index = 0;
    char why[256];
    assert_fault(office_act(desk->office, &act, 0, &index, why), FAULT_CONFLICT);
    assert_code(set(desk, "24"), ACT_CODE_DONE);
    assert_ok(office_act(desk->office, &act, 0, &index, why));
    assert_fault(office_act(desk->office, &act, 0, &index, why), FAULT_CONFLICT);
    assert_ok(desk_restart(desk));
    const struct retention *retention = staff_retention(staff_of(desk));
    assert_true(retention->last.segment == 1 && retention->last.end == 10);
    assert_true(retention->segments == 1 && retention->months == 24);
    assert_int_equal(retention->last.rest[0], 0x77);
    assert_null(four_eyes_of(ACT_RETENTION_SHRED)); /* nobody signs it: it is the house's */
}

static void a_case_under_hold_is_wanted_whatever_it_is_called(void **state)
{
    struct desk *desk = *state;
    struct act put = acts_make(ACT_HOLD_PUT);
    struct act end = acts_make(ACT_HOLD_END);
    uint32_t marks = retention_marks(staff_of(desk));
    assert_null(wants(desk, 7, "\"HS-2026/1\""));
    assert_code(desk_both(desk, &put), ACT_CODE_DONE);
    assert_code(desk_both(desk, &put), ACT_CODE_STATE_CONFLICT);
    assert_true(retention_marks(staff_of(desk)) != marks);
    assert_ok(desk_restart(desk));
    assert_non_null(wants(desk, 7, "\"HS-2026/1\""));
    assert_null(wants(desk, 7, "\"HS-2026/2\""));
    assert_null(wants(desk, 7, "null"));
    act_value_set(&put, "case", VIEW_LITERAL("Hồ sơ \"số\" 3"));
    assert_code(desk_both(desk, &put), ACT_CODE_DONE);
    assert_non_null(wants(desk, 7, "\"Hồ sơ \\\"số\\\" 3\""));
    assert_code(desk_both(desk, &end), ACT_CODE_DONE);
    assert_null(wants(desk, 7, "\"HS-2026/1\""));
    assert_code(desk_both(desk, &end), ACT_CODE_NOT_FOUND);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_period_is_set_by_two_and_survives_a_restart, desk_setup,
                                        desk_teardown),
        cmocka_unit_test_setup_teardown(months_are_those_of_the_calendar, desk_setup,
                                        desk_teardown),
        cmocka_unit_test_setup_teardown(
            what_was_shredded_is_remembered_and_nothing_is_before_a_period, desk_setup,
            desk_teardown),
        cmocka_unit_test_setup_teardown(a_case_under_hold_is_wanted_whatever_it_is_called,
                                        desk_setup, desk_teardown),
    };
    return cmocka_run_group_tests_name("office/retention", tests, NULL, NULL);
}
