/*
 * The clock of a case, against deadlines that were computed by hand with a calendar on the table:
 * across Tet and 30 April in four years, over make-up days, Saturdays, and supplements.
 */
#include "policy/set_help.h"

#include "office/case_clock.h"

static int64_t day_of(const char *text)
{
    struct date date = {0};
    assert_ok(date_get(view_text(text), &date));
    return date_to_days(date);
}

static int set_up(void **state)
{
    struct set set = set_read();
    *state = set_load(&set);
    set_done(&set);
    return 0;
}

static int tear_down(void **state)
{
    policy_free(*state);
    return 0;
}

static void assert_day(int64_t day, const char *text)
{
    char is[DATE_LEN + 1];
    date_write(is, day);
    assert_string_equal(is, text);
}

static void the_due_day_is_the_one_that_a_hand_with_a_calendar_finds(void **state)
{
    static const struct {
        const char *accepted;
        unsigned days;
        const char *due;
        const char *warn;
    } rows[] = {
        /* Tet of 2026: 16 to 20 February are off, Monday to Friday. */
        {"2026-02-10", 3, "2026-02-13", "2026-02-12"}, /* Tuesday: just before */
        {"2026-02-11", 3, "2026-02-23", "2026-02-13"}, /* the third day is behind it */
        {"2026-02-13", 3, "2026-02-25", "2026-02-24"}, /* Friday: all three are */
        {"2026-02-14", 3, "2026-02-25", "2026-02-24"}, /* a Saturday's desk: as on the Friday */
        {"2026-02-18", 3, "2026-02-25", "2026-02-24"}, /* amidst, by a carrier */
        {"2026-02-22", 1, "2026-02-23", "2026-02-13"}, /* a Sunday */
        {"2026-02-13", 15, "2026-03-13", "2026-03-12"},
        /* Hung Kings on Sunday 26 April 2026, Monday off in lieu; 30 April, 1 May. */
        {"2026-04-23", 3, "2026-04-29", "2026-04-28"},
        {"2026-04-24", 3, "2026-05-04", "2026-04-29"},
        {"2026-04-29", 3, "2026-05-06", "2026-05-05"},
        {"2026-04-30", 3, "2026-05-06", "2026-05-05"},
        {"2026-05-02", 3, "2026-05-06", "2026-05-05"}, /* Saturday between */
        /* 2025: Tet 27 to 31 January; 30 April to 2 May, Saturday 26 April made up for it. */
        {"2025-01-24", 3, "2025-02-05", "2025-02-04"},
        {"2025-04-24", 3, "2025-04-28", "2025-04-26"},
        {"2025-04-25", 3, "2025-04-29", "2025-04-28"},
        {"2025-04-26", 3, "2025-05-05", "2025-04-29"},
        {"2025-04-29", 3, "2025-05-07", "2025-05-06"},
        /* 2024: Tet 8 to 14 February; 29 April to 1 May, Saturday 4 May made up for it. */
        {"2024-02-07", 3, "2024-02-19", "2024-02-16"},
        {"2024-04-26", 3, "2024-05-04", "2024-05-03"},
        /* 2027: Tet 5 to 11 February; Hung Kings 16 April; 30 April, and 3 May in lieu. */
        {"2027-02-03", 3, "2027-02-15", "2027-02-12"},
        {"2027-04-14", 3, "2027-04-20", "2027-04-19"},
        {"2027-04-29", 3, "2027-05-06", "2027-05-05"},
        /* The turn of a year: 1 and 2 January off, Saturday the 10th made up for it. */
        {"2025-12-31", 3, "2026-01-07", "2026-01-06"},
        {"2026-01-08", 3, "2026-01-12", "2026-01-10"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct written_case case_ = {0};
        assert_ok(case_clock_start(*state, day_of(rows[i].accepted), rows[i].days, &case_));
        assert_day(case_.due_day, rows[i].due);
        assert_day(case_.warn_day, rows[i].warn);
        assert_day(case_.accepted_day, rows[i].accepted);
    }
}

static void the_clock_stands_while_a_supplement_is_waited_for(void **state)
{
    static const struct {
        const char *accepted;
        const char *stopped;
        const char *came;
        const char *due;
    } rows[] = {
        {"2026-02-10", "2026-02-11", "2026-02-21", "2026-02-24"}, /* one of three was used */
        {"2026-02-13", "2026-02-13", "2026-02-23", "2026-02-26"}, /* none */
        {"2026-02-10", "2026-02-13", "2026-02-24", "2026-02-24"}, /* all: due when it comes */
        {"2026-04-28", "2026-04-29", "2026-05-04", "2026-05-06"},
        {"2026-04-24", "2026-04-25", "2026-04-26", "2026-05-04"}, /* over a weekend: no change */
        {"2026-02-10", "2026-02-23", "2026-02-25", "2026-02-13"}, /* it was late already */
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct written_case case_ = {0};
        assert_ok(case_clock_start(*state, day_of(rows[i].accepted), 3, &case_));
        assert_ok(case_clock_stop(*state, day_of(rows[i].stopped), &case_));
        assert_day(case_.stopped_day, rows[i].stopped);
        assert_ok(case_clock_go_on(*state, day_of(rows[i].came), &case_));
        assert_int_equal(case_.stopped_day, 0);
        assert_day(case_.due_day, rows[i].due);
    }
}

static void two_supplements_use_no_day_twice(void **state)
{
    struct written_case case_ = {0};
    assert_ok(case_clock_start(*state, day_of("2026-03-02"), 3, &case_)); /* a Monday */
    assert_ok(case_clock_stop(*state, day_of("2026-03-03"), &case_));
    assert_ok(case_clock_go_on(*state, day_of("2026-03-05"), &case_));
    assert_day(case_.due_day, "2026-03-09");
    assert_ok(case_clock_stop(*state, day_of("2026-03-06"), &case_));
    assert_ok(case_clock_go_on(*state, day_of("2026-03-10"), &case_));
    assert_day(case_.due_day, "2026-03-11");
    assert_int_equal(case_.days_used, 2);
}

static void days_that_the_calendar_does_not_cover_start_stop_and_move_nothing(void **state)
{
    struct written_case case_ = {0};
    assert_fault(case_clock_start(*state, day_of("2027-12-29"), 3, &case_), FAULT_NOT_FOUND);
    assert_fault(case_clock_start(*state, day_of("2020-12-29"), 3, &case_), FAULT_NOT_FOUND);
    /* Due on the first working day that it covers: the warning would come before it. */
    assert_fault(case_clock_start(*state, day_of("2020-12-31"), 1, &case_), FAULT_NOT_FOUND);
    assert_int_equal(case_.accepted_day, 0);
    assert_ok(case_clock_start(*state, day_of("2027-12-27"), 3, &case_));
    assert_fault(case_clock_stop(*state, day_of("2028-01-03"), &case_), FAULT_NOT_FOUND);
    assert_int_equal(case_.stopped_day, 0);
    assert_ok(case_clock_stop(*state, day_of("2027-12-28"), &case_));
    assert_fault(case_clock_go_on(*state, day_of("2027-12-31"), &case_), FAULT_NOT_FOUND);
    assert_int_equal(case_.stopped_day, day_of("2027-12-28"));
}

static void a_desk_may_be_open_on_a_saturday_that_is_no_holiday(void **state)
{
    assert_true(policy_saturday(*state, day_of("2026-02-14")));
    assert_false(policy_saturday(*state, day_of("2026-02-13")));
    assert_false(policy_saturday(*state, day_of("2026-02-15")));
    assert_false(policy_saturday(*state, day_of("2021-05-01"))); /* labour day */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_due_day_is_the_one_that_a_hand_with_a_calendar_finds),
        cmocka_unit_test(the_clock_stands_while_a_supplement_is_waited_for),
        cmocka_unit_test(two_supplements_use_no_day_twice),
        cmocka_unit_test(days_that_the_calendar_does_not_cover_start_stop_and_move_nothing),
        cmocka_unit_test(a_desk_may_be_open_on_a_saturday_that_is_no_holiday),
    };
    return cmocka_run_group_tests_name("office/case_clock", tests, set_up, tear_down);
}
