/*
 * Purpose: time as a port, so that decisions and tests do not depend on the machine's.
 * Wall time is microseconds since 1970-01-01T00:00:00Z; monotonic time only measures spans.
 */
#ifndef DANCU_BASE_CLOCK_H
#define DANCU_BASE_CLOCK_H

#include "base/bytes.h"

#include <stdint.h>

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
/* Date in Vietnam (UTC+7) at that moment, as days since 1970-01-01. */
int64_t clock_day_vn(int64_t wall_us);
/* RFC 3339 UTC: to the minute `2026-11-23T08:38Z`, and with microseconds
 * `2026-11-23T08:38:01.000123Z`. */
/* `YYYY-MM-DDThh:mm:ssZ`, UTC */
void clock_put_second(struct buf *buf, int64_t wall_us);
/* FAULT_BAD_INPUT. */
struct outcome clock_get_second(struct view text, int64_t *ret_us);
void clock_put_minute(struct buf *buf, int64_t wall_us);
void clock_put_micro(struct buf *buf, int64_t wall_us);
/* The same without a buf: exactly CLOCK_MICRO_LEN characters, no terminator. */
#define CLOCK_MICRO_LEN 27
void clock_write_micro(char *ret_text, int64_t wall_us);

#endif
