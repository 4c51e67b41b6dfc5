/* The calendar against a second computation by counting, strict dates, and the texts of moments. */
#include "help.h"

#include "base/clock.h"

#include <sys/time.h>

#define DAY_US (INT64_C(86400) * 1000000)

/* The day after, by the rule as people say it: thirty days have September... */
static struct date next_day(struct date date)
{
    static const int lengths[] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = date.year % 400 == 0 || (date.year % 100 != 0 && date.year % 4 == 0);
    int length = lengths[date.month] + (date.month == 2 && leap ? 1 : 0);

    date.day++;
    if (date.day > length) {
        date.day = 1;
        date.month++;
    }
    if (date.month > 12) {
        date.month = 1;
        date.year++;
    }
    return date;
}

static void dates_agree_with_counting_day_by_day_from_year_1_to_9999(void **state)
{
    (void)state;
    struct date date = {.year = 1, .month = 1, .day = 1};
    int64_t days = date_to_days(date);
    assert_true(days == -719162);
    for (; date.year < 10000; date = next_day(date), days++) {
        struct date back = date_from_days(days);
        if (date_to_days(date) != days || back.year != date.year || back.month != date.month ||
            back.day != date.day || !date_valid(date)) {
            fail_msg("%04d-%02d-%02d", date.year, date.month, date.day);
        }
    }
    assert_true(days == 2932897);
}

static void known_days_have_their_numbers(void **state)
{
    (void)state;
    assert_true(date_to_days((struct date){1970, 1, 1}) == 0);
    assert_true(date_to_days((struct date){1969, 12, 31}) == -1);
    assert_true(date_to_days((struct date){2000, 2, 29}) == 11016);
    assert_true(date_to_days((struct date){2026, 11, 23}) == 20780);
}

static void the_c_library_agrees_over_400_years(void **state)
{
    (void)state;
    for (int64_t days = -73048; days <= 73049; days += 1) {
        time_t seconds = (time_t)(days * 86400);
        struct tm parts;
        assert_non_null(gmtime_r(&seconds, &parts));
        struct date date = date_from_days(days);
        assert_int_equal(date.year, parts.tm_year + 1900);
        assert_int_equal(date.month, parts.tm_mon + 1);
        assert_int_equal(date.day, parts.tm_mday);
    }
}

static void days_that_do_not_exist_are_not_valid(void **state)
{
    (void)state;
    static const struct date bad[] = {
        {0, 1, 1},     {10000, 1, 1}, {-1, 1, 1},    {2021, 0, 1},  {2021, 13, 1},
        {2021, 1, 0},  {2021, 1, 32}, {2021, 4, 31}, {2021, 2, 29}, {1900, 2, 29},
        {2000, 2, 30}, {2021, -1, 1}, {2021, 1, -1}, {2100, 2, 29},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(date_valid(bad[i]));
    }
    assert_true(date_valid((struct date){2000, 2, 29}));
    assert_true(date_valid((struct date){2024, 2, 29}));
}

static void a_date_is_read_only_in_its_one_form(void **state)
{
    (void)state;
    struct date date = {0};
    assert_ok(date_get(VIEW_LITERAL("1990-01-02"), &date));
    assert_int_equal(date.year, 1990);
    assert_int_equal(date.month, 1);
    assert_int_equal(date.day, 2);
    assert_ok(date_get(VIEW_LITERAL("0001-01-01"), &date));
    assert_ok(date_get(VIEW_LITERAL("9999-12-31"), &date));

    static const char *const bad[] = {
        "",           "1990-1-2",   "1990-01-2",  "1990-01-02 ", " 1990-01-02", "1990/01/02",
        "02-01-1990", "1990-13-01", "1990-00-10", "1990-02-29",  "1990-01-00",  "1990-01-32",
        "0000-01-01", "19900102",   "1990-01-0a", "199O-01-02",  "+990-01-02",  "1990-01- 2",
        "1990-01:02", "1990-01/02", "-199-01-02", "1990--1-02",
    };
    struct date kept = {1, 2, 3};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_fault(date_get(view_text(bad[i]), &kept), FAULT_BAD_INPUT);
    }
    assert_int_equal(kept.year, 1);
    assert_int_equal(kept.day, 3);
}

static void invalid_date_to_days(void *context)
{
    (void)context;
    (void)date_to_days((struct date){2021, 2, 29});
}

static void day_before_year_one(void *context)
{
    (void)context;
    (void)date_from_days(-719163);
}

static void day_after_year_9999(void *context)
{
    (void)context;
    (void)date_from_days(2932897);
}

static void what_is_not_a_day_aborts(void **state)
{
    (void)state;
    assert_true(aborts(invalid_date_to_days, NULL));
    assert_true(aborts(day_before_year_one, NULL));
    assert_true(aborts(day_after_year_9999, NULL));
}

static void the_day_in_vietnam_begins_at_17_utc(void **state)
{
    (void)state;
    int64_t seventeen = 17 * INT64_C(3600) * 1000000;
    assert_true(clock_day_vn(0) == 0);
    assert_true(clock_day_vn(seventeen - 1) == 0);
    assert_true(clock_day_vn(seventeen) == 1);
    assert_true(clock_day_vn(seventeen - DAY_US) == 0);
    assert_true(clock_day_vn(seventeen - DAY_US - 1) == -1);
    assert_true(clock_day_vn(seventeen - 2 * DAY_US - 1) == -2);
    for (int64_t day = -2; day < 3; day++) {
        assert_true(clock_day_vn(clock_day_start_vn(day)) == day);
        assert_true(clock_day_vn(clock_day_start_vn(day) - 1) == day - 1);
    }
}

static void check_texts(int64_t wall_us, const char *minute, const char *micro)
{
    BUF_AUTO buf;
    buf_init(&buf, 100);
    clock_put_minute(&buf, wall_us);
    assert_view(buf_view(&buf), minute);
    buf_reset(&buf);
    clock_put_micro(&buf, wall_us);
    assert_view(buf_view(&buf), micro);
    assert_int_equal(buf.len, CLOCK_MICRO_LEN);
}

static void moments_are_written_in_utc(void **state)
{
    (void)state;
    check_texts(0, "1970-01-01T00:00Z", "1970-01-01T00:00:00.000000Z");
    check_texts(-1, "1969-12-31T23:59Z", "1969-12-31T23:59:59.999999Z");
    int64_t moment = (INT64_C(20780) * 86400 + 8 * 3600 + 38 * 60 + 1) * 1000000 + 123;
    check_texts(moment, "2026-11-23T08:38Z", "2026-11-23T08:38:01.000123Z");
    check_texts(INT64_C(-719162) * DAY_US, "0001-01-01T00:00Z", "0001-01-01T00:00:00.000000Z");
    check_texts(INT64_C(2932897) * DAY_US - 1, "9999-12-31T23:59Z", "9999-12-31T23:59:59.999999Z");
}

static void a_fixed_clock_moves_only_when_it_is_moved(void **state)
{
    (void)state;
    int64_t now = 5;
    struct clock_port clock = clock_fixed(&now);
    assert_true(clock_wall_us(&clock) == 5);
    assert_true(clock_monotonic_us(&clock) == 5);
    now = 9;
    assert_true(clock_wall_us(&clock) == 9);
    assert_true(clock_monotonic_us(&clock) == 9);
}

static void the_machines_clock_tells_the_time_and_never_runs_back(void **state)
{
    (void)state;
    struct clock_port clock = clock_system();
    struct timeval now;
    assert_int_equal(gettimeofday(&now, NULL), 0);
    int64_t difference = clock_wall_us(&clock) - (int64_t)now.tv_sec * 1000000;
    assert_true(difference >= 0 && difference < 10 * INT64_C(1000000));
    int64_t before = clock_monotonic_us(&clock);
    for (int i = 0; i < 1000; i++) {
        int64_t after = clock_monotonic_us(&clock);
        assert_true(after >= before);
        before = after;
    }
}

static void a_second_is_read_as_it_was_written_and_nothing_else_is(void **state)
{
    static const char *const bad[] = {
        "",
        "2026-11-23T05:00Z",
        "2026-11-23T05:00:00",
        "2026-11-23 05:00:00Z",
        "2026-11-31T05:00:00Z",
        "2026-11-23T24:00:00Z",
        "2026-11-23T05:60:00Z",
        "2026-11-23T05:00:60Z",
        "2026-11-23T+5:00:00Z",
        "2026-11-23T05:00:00Z ",
    };
    int64_t us = 0;
    BUF_AUTO buf;
    (void)state;
    assert_ok(clock_get_second(VIEW_LITERAL("2026-11-23T05:06:07Z"), &us));
    assert_true(us == INT64_C(1795410367000000));
    buf_init(&buf, 64);
    clock_put_second(&buf, us + 999999);
    assert_view(buf_view(&buf), "2026-11-23T05:06:07Z");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_fault(clock_get_second(view_text(bad[i]), &us), FAULT_BAD_INPUT);
    }
}

static void a_minute_is_read_as_it_was_written_and_nothing_else_is(void **state)
{
    static const char *const bad[] = {
        "",
        "2026-11-23T05:06",
        "2026-11-23T05:06z",
        "2026-11-23 05:06Z",
        "2026-11-23T05.06Z",
        "2026-02-29T05:06Z",
        "2026-11-23T24:06Z",
        "2026-11-23T05:60Z",
        "2026-11-23T0x:06Z",
        "2026-11-23T05:06:07Z",
    };
    int64_t us = 0;
    BUF_AUTO buf;
    (void)state;
    assert_ok(clock_get_minute(VIEW_LITERAL("2026-11-23T05:06Z"), &us));
    assert_true(us == INT64_C(1795410360000000));
    buf_init(&buf, 64);
    clock_put_minute(&buf, us);
    assert_view(buf_view(&buf), "2026-11-23T05:06Z");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_fault(clock_get_minute(view_text(bad[i]), &us), FAULT_BAD_INPUT);
    }
}

static void a_day_is_written_whole_and_its_month_alone(void **state)
{
    static const struct date dates[] = {{1, 1, 1}, {1969, 12, 31}, {2026, 11, 5}, {9999, 12, 31}};
    static const char *const texts[] = {"0001-01-01", "1969-12-31", "2026-11-05", "9999-12-31"};
    (void)state;
    for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
        int64_t days = date_to_days(dates[i]);
        char text[DATE_LEN + 1];
        char month[MONTH_LEN + 1];
        BUF_AUTO buf;
        buf_init(&buf, 64);
        date_put(&buf, days);
        assert_view(buf_view(&buf), texts[i]);
        date_write(text, days);
        assert_string_equal(text, texts[i]);
        date_write_month(month, days);
        assert_memory_equal(month, texts[i], MONTH_LEN);
        assert_int_equal(month[MONTH_LEN], 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_minute_is_read_as_it_was_written_and_nothing_else_is),
        cmocka_unit_test(a_day_is_written_whole_and_its_month_alone),
        cmocka_unit_test(a_second_is_read_as_it_was_written_and_nothing_else_is),
        cmocka_unit_test(dates_agree_with_counting_day_by_day_from_year_1_to_9999),
        cmocka_unit_test(known_days_have_their_numbers),
        cmocka_unit_test(the_c_library_agrees_over_400_years),
        cmocka_unit_test(days_that_do_not_exist_are_not_valid),
        cmocka_unit_test(a_date_is_read_only_in_its_one_form),
        cmocka_unit_test(what_is_not_a_day_aborts),
        cmocka_unit_test(the_day_in_vietnam_begins_at_17_utc),
        cmocka_unit_test(moments_are_written_in_utc),
        cmocka_unit_test(a_fixed_clock_moves_only_when_it_is_moved),
        cmocka_unit_test(the_machines_clock_tells_the_time_and_never_runs_back),
    };
    return cmocka_run_group_tests_name("base/clock", tests, NULL, NULL);
}
