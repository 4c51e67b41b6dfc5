/*
 * Time as a port, and the proleptic Gregorian calendar.
 *
 * Invariants
 *  1. Dates run from 0001-01-01 to 9999-12-31; what is written always has four digits of a year.
 *  2. date_from_days(date_to_days(d)) is d for every valid date d.
 *
 * Years are counted from March within eras of 400 years (146,097 days), so that the leap day is a
 * year's last day and needs no case of its own.
 */
#include "base/clock.h"

#include "base/check.h"

#include <time.h>

#define US_PER_DAY ((int64_t)S_PER_DAY * US_PER_S)
#define VIETNAM_OFFSET_US ((int64_t)VIETNAM_OFFSET_S * US_PER_S)
#define ERA_DAYS 146097
#define EPOCH_DAYS 719468 /* from 0000-03-01 to 1970-01-01 */
#define DAYS_MIN (-719162)
#define DAYS_MAX 2932896
#define SECOND_LEN 20

static int64_t read_clock(clockid_t which)
{
    struct timespec now;
    int failed = clock_gettime(which, &now);
    CHECK(failed == 0);
    return (int64_t)now.tv_sec * US_PER_S + now.tv_nsec / 1000;
}

static int64_t system_wall(void *context)
{
    (void)context;
    return read_clock(CLOCK_REALTIME);
}

static int64_t system_monotonic(void *context)
{
    (void)context;
    return read_clock(CLOCK_MONOTONIC);
}

static int64_t fixed(void *context)
{
    return *(const int64_t *)context;
}

struct clock_port clock_system(void)
{
    return (struct clock_port){.wall_us = system_wall, .monotonic_us = system_monotonic};
}

struct clock_port clock_fixed(int64_t *wall_us)
{
    CHECK(wall_us != NULL);
    return (struct clock_port){.wall_us = fixed, .monotonic_us = fixed, .context = wall_us};
}

int64_t clock_wall_us(const struct clock_port *clock)
{
    return clock->wall_us(clock->context);
}

int64_t clock_monotonic_us(const struct clock_port *clock)
{
    return clock->monotonic_us(clock->context);
}

static int64_t floor_divide(int64_t dividend, int64_t divisor)
{
    int64_t quotient = dividend / divisor;
    return dividend % divisor < 0 ? quotient - 1 : quotient;
}

static bool leap_year(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

bool date_valid(struct date date)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    if (date.year < 1 || date.year > 9999 || date.month < 1 || date.month > 12) {
        return false;
    }
    int last = days[date.month - 1] + (date.month == 2 && leap_year(date.year) ? 1 : 0);
    return date.day >= 1 && date.day <= last;
}

int64_t date_to_days(struct date date)
{
    CHECK(date_valid(date));
    int64_t year = date.month <= 2 ? date.year - 1 : date.year; /* that began in March */
    int64_t month = (date.month + 9) % 12;                      /* March is 0 */
    int64_t day_of_year = (153 * month + 2) / 5 + date.day - 1;
    int64_t era = year / 400;
    int64_t year_of_era = year % 400;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * ERA_DAYS + day_of_era - EPOCH_DAYS;
}

struct date date_from_days(int64_t days)
{
    CHECK(days >= DAYS_MIN && days <= DAYS_MAX);
    int64_t since = days + EPOCH_DAYS; /* positive: invariant 1 */
    int64_t day_of_era = since % ERA_DAYS;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153; /* March is 0 */
    int64_t year = year_of_era + since / ERA_DAYS * 400 + (month >= 10 ? 1 : 0);
    struct date date = {
        .year = (int)year,
        .month = (int)(month >= 10 ? month - 9 : month + 3),
        .day = (int)(day_of_year - (153 * month + 2) / 5 + 1),
    };
    CHECK(date_valid(date));
    return date;
}

/* Exactly `len` digits; -1 when one is not. */
static int fixed_digits(struct view text, size_t at, size_t len)
{
    int value = 0;

    for (size_t i = at; i < at + len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return -1;
        }
        value = value * 10 + text.data[i] - '0';
    }
    return value;
}

struct outcome date_get(struct view text, struct date *ret_date)
{
    if (text.len != 10 || text.data[4] != '-' || text.data[7] != '-') {
        return outcome_fail(FAULT_BAD_INPUT, "date");
    }
    struct date date = {
        .year = fixed_digits(text, 0, 4),
        .month = fixed_digits(text, 5, 2),
        .day = fixed_digits(text, 8, 2),
    };
    if (!date_valid(date)) {
        return outcome_fail(FAULT_BAD_INPUT, "date");
    }
    *ret_date = date;
    return OUTCOME_OK;
}

int64_t clock_day_vn(int64_t wall_us)
{
    CHECK(wall_us <= INT64_MAX - VIETNAM_OFFSET_US);
    return floor_divide(wall_us + VIETNAM_OFFSET_US, US_PER_DAY);
}

int64_t clock_day_start_vn(int64_t day)
{
    return day * US_PER_DAY - VIETNAM_OFFSET_US;
}

static char *write_digits(char *to, int64_t value, size_t len)
{
    for (size_t i = len; i > 0; i--) {
        to[i - 1] = (char)('0' + value % 10);
        value /= 10;
    }
    return to + len;
}

/* `YYYY-MM`; returns the end. */
static char *write_month(char *to, struct date date)
{
    to = write_digits(to, date.year, 4);
    *to++ = '-';
    return write_digits(to, date.month, 2);
}

/* `YYYY-MM-DD`; returns the end. */
static char *write_date(char *to, struct date date)
{
    to = write_month(to, date);
    *to++ = '-';
    return write_digits(to, date.day, 2);
}

void date_write(char ret_text[DATE_LEN + 1], int64_t days)
{
    *write_date(ret_text, date_from_days(days)) = '\0';
}

void date_put(struct buf *buf, int64_t days)
{
    char text[DATE_LEN + 1];

    date_write(text, days);
    buf_put(buf, text, DATE_LEN);
}

void date_write_month(char ret_text[MONTH_LEN + 1], int64_t days)
{
    *write_month(ret_text, date_from_days(days)) = '\0';
}

/* `YYYY-MM-DDThh:mm`; returns the end. */
static char *write_minute(char *to, int64_t wall_us)
{
    int64_t days = floor_divide(wall_us, US_PER_DAY);
    int64_t second = (wall_us - days * US_PER_DAY) / US_PER_S;

    to = write_date(to, date_from_days(days));
    *to++ = 'T';
    to = write_digits(to, second / 3600, 2);
    *to++ = ':';
    return write_digits(to, second / 60 % 60, 2);
}

void clock_write_micro(char *ret_text, int64_t wall_us)
{
    int64_t minute_us = (int64_t)60 * US_PER_S;
    int64_t within = wall_us - floor_divide(wall_us, minute_us) * minute_us;
    char *to = write_minute(ret_text, wall_us);

    *to++ = ':';
    to = write_digits(to, within / US_PER_S, 2);
    *to++ = '.';
    to = write_digits(to, within % US_PER_S, 6);
    *to++ = 'Z';
    CHECK(to == ret_text + CLOCK_MICRO_LEN);
}

void clock_put_minute(struct buf *buf, int64_t wall_us)
{
    char text[CLOCK_MINUTE_LEN];
    char *to = write_minute(text, wall_us);

    *to++ = 'Z';
    CHECK(to == text + sizeof(text));
    buf_put(buf, text, sizeof(text));
}

void clock_put_second(struct buf *buf, int64_t wall_us)
{
    char text[CLOCK_MICRO_LEN];

    clock_write_micro(text, wall_us);
    buf_put(buf, text, SECOND_LEN - 1);
    buf_put_text(buf, "Z");
}

/* `YYYY-MM-DDThh:mm` before what follows; FAULT_BAD_INPUT. */
static struct outcome get_minute(struct view text, int64_t *ret_us)
{
    struct date date = {0};
    bool shaped = text.data[10] == 'T' && text.data[13] == ':';
    int hour = fixed_digits(text, 11, 2);
    int minute = fixed_digits(text, 14, 2);
    if (!shaped || !outcome_ok(date_get(view_part(text, 0, DATE_LEN), &date)) || hour < 0 ||
        hour > 23 || minute < 0 || minute > 59) {
        return outcome_fail(FAULT_BAD_INPUT, "time");
    }
    *ret_us = date_to_days(date) * US_PER_DAY + (int64_t)(hour * 3600 + minute * 60) * US_PER_S;
    return OUTCOME_OK;
}

struct outcome clock_get_minute(struct view text, int64_t *ret_us)
{
    if (text.len != CLOCK_MINUTE_LEN || text.data[CLOCK_MINUTE_LEN - 1] != 'Z') {
        return outcome_fail(FAULT_BAD_INPUT, "time");
    }
    return get_minute(text, ret_us);
}

struct outcome clock_get_second(struct view text, int64_t *ret_us)
{
    if (text.len != SECOND_LEN || text.data[16] != ':' || text.data[SECOND_LEN - 1] != 'Z') {
        return outcome_fail(FAULT_BAD_INPUT, "time");
    }
    int second = fixed_digits(text, 17, 2);
    int64_t us = 0;
    TRY(get_minute(text, &us));
    if (second < 0 || second > 59) {
        return outcome_fail(FAULT_BAD_INPUT, "time");
    }
    *ret_us = us + (int64_t)second * US_PER_S;
    return OUTCOME_OK;
}

void clock_put_micro(struct buf *buf, int64_t wall_us)
{
    char text[CLOCK_MICRO_LEN];

    clock_write_micro(text, wall_us);
    buf_put(buf, text, sizeof(text));
}
