/*
 * Purpose: time as a port, so that decisions and tests do not depend on the machine's.
 * Wall time is microseconds since 1970-01-01T00:00:00Z; monotonic time only measures spans.
 */
#ifndef DANCU_BASE_CLOCK_H
#define DANCU_BASE_CLOCK_H

#include "base/bytes.h"

#include <stdint.h>

#define US_PER_S 1000000
#define S_PER_DAY 86400
#define VIETNAM_OFFSET_S (7 * 3600) /* UTC+7 all year */

struct clock_port {
    int64_t (*wall_us)(void *context);
    int64_t (*monotonic_us)(void *context);
    void *context;
};

/* The machine's clock. */
struct clock_port clock_system(void);
/* Stands still at *wall_us (both readings), which the test moves. */
struct clock_port clock_fixed(int64_t *wall_us);
int64_t clock_wall_us(const struct clock_port *clock);
int64_t clock_monotonic_us(const struct clock_port *clock);

struct date {
    int year; /* 1..9999 */
    int month;
    int day;
};

/* Gregorian days since 1970-01-01, and back. */
int64_t date_to_days(struct date date);
struct date date_from_days(int64_t days);
bool date_valid(struct date date);
/* Strict `YYYY-MM-DD`. */
struct outcome date_get(struct view text, struct date *ret_date);
void date_put(struct buf *buf, int64_t days);
/* The same with its terminator, and its month alone, `YYYY-MM`. */
#define DATE_LEN 10
#define MONTH_LEN 7
void date_write(char ret_text[DATE_LEN + 1], int64_t days);
void date_write_month(char ret_text[MONTH_LEN + 1], int64_t days);
/* Date in Vietnam (UTC+7) at that moment, as days since 1970-01-01, and the moment it begins. */
int64_t clock_day_vn(int64_t wall_us);
int64_t clock_day_start_vn(int64_t day);
/* RFC 3339 UTC: to the minute `2026-11-23T08:38Z`, to the second `2026-11-23T08:38:01Z`, and with
 * microseconds `2026-11-23T08:38:01.000123Z`. What is read is strict; FAULT_BAD_INPUT. */
#define CLOCK_MINUTE_LEN 17
void clock_put_minute(struct buf *buf, int64_t wall_us);
struct outcome clock_get_minute(struct view text, int64_t *ret_us);
void clock_put_second(struct buf *buf, int64_t wall_us);
struct outcome clock_get_second(struct view text, int64_t *ret_us);
void clock_put_micro(struct buf *buf, int64_t wall_us);
/* The same without a buf: exactly CLOCK_MICRO_LEN characters, no terminator. */
#define CLOCK_MICRO_LEN 27
void clock_write_micro(char *ret_text, int64_t wall_us);

#endif
