/*
 * How far an import has come, for a person who waits.
 *
 * Invariant 1: one write an update, and never more than LINE_BYTES_MAX; nothing of the people.
 */
#include "office/import.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_BYTES_MAX 256
#define BAR_PLACES 30

struct import_meter import_meter_of(int fd, int from)
{
    struct stat stat = {0};
    bool file = fstat(from, &stat) == 0 && S_ISREG(stat.st_mode) && stat.st_size > 0;

    return (struct import_meter){
        .fd = fd,
        .terminal = isatty(fd) == 1,
        .bytes_total = file ? (uint64_t)stat.st_size : 0,
    };
}

__attribute__((format(printf, 2, 3))) static void say(const struct import_meter *meter,
                                                      const char *format, ...)
{
    char line[LINE_BYTES_MAX];
    va_list arguments;

    va_start(arguments, format);
    int len = vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    if (len > 0) {
        size_t whole = (size_t)len < sizeof(line) ? (size_t)len : sizeof(line) - 1;
        (void)!write(meter->fd, line, whole); /* nobody may be looking */
    }
}

static uint64_t loaded(const struct import_report *report)
{
    return report->added + report->changed + report->unchanged;
}

/* Of this run. */
static uint64_t rate_of(const struct import_report *report)
{
    uint64_t amount = loaded(report) - report->loaded_before;

    return report->elapsed_us <= 0 ? 0
                                   : (uint64_t)((double)amount * 1e6 / (double)report->elapsed_us);
}

/* Of a file, in thousandths; of a pipe nobody knows. */
static unsigned share_of(const struct import_meter *meter, const struct import_report *report)
{
    uint64_t share = meter->bytes_total == 0 ? 0 : report->bytes * 1000 / meter->bytes_total;

    return share > 1000 ? 1000 : (unsigned)share;
}

static void show_bar(const struct import_meter *meter, const struct import_report *report)
{
    static const char full[] = "##############################";
    static const char rest[] = "..............................";
    _Static_assert(sizeof(full) == BAR_PLACES + 1 && sizeof(rest) == BAR_PLACES + 1, "one bar");
    unsigned share = share_of(meter, report);
    int done = (int)(share * BAR_PLACES / 1000);
    int64_t left_s =
        share == 0 ? 0 : report->elapsed_us * (1000 - (int64_t)share) / (int64_t)share / 1000000;

    say(meter, "\r[%.*s%.*s] %3u %%  %llu people  %llu/s  %lld:%02lld left  ", done, full,
        BAR_PLACES - done, rest, share / 10, (unsigned long long)loaded(report),
        (unsigned long long)rate_of(report), (long long)(left_s / 60), (long long)(left_s % 60));
}

static void show_line(const struct import_meter *meter, const struct import_report *report)
{
    if (meter->bytes_total > 0) {
        say(meter, "import: %u %%, ", share_of(meter, report) / 10);
    } else {
        say(meter, "import: ");
    }
    say(meter, "%llu people, %llu bad lines, %llu/s\n", (unsigned long long)loaded(report),
        (unsigned long long)report->bad, (unsigned long long)rate_of(report));
}

void import_meter_show(void *context, const struct import_report *so_far)
{
    struct import_meter *meter = context;

    if (meter->terminal && meter->bytes_total > 0) {
        show_bar(meter, so_far);
    } else if (so_far->elapsed_us - meter->shown_us >= IMPORT_METER_LINES_S * INT64_C(1000000)) {
        meter->shown_us = so_far->elapsed_us;
        show_line(meter, so_far);
    }
}

void import_meter_end(struct import_meter *meter, const struct import_report *report)
{
    if (meter->terminal && meter->bytes_total > 0) {
        say(meter, "\n");
    }
    say(meter,
        "import: %llu added, %llu changed, %llu unchanged, %llu bad lines, %llu CMNDs of others, "
        "%llu/s\n",
        (unsigned long long)report->added, (unsigned long long)report->changed,
        (unsigned long long)report->unchanged, (unsigned long long)report->bad,
        (unsigned long long)report->cmnd_taken, (unsigned long long)rate_of(report));
}
