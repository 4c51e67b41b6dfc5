/*
 * One line an event to stderr.
 *
 * Invariants
 *  1. An event is one line of at most LOG_LINE_BYTES_MAX bytes and leaves in one write(2), so that
 *     lines of several processes on one pipe do not mix.
 *  2. Nothing here takes memory or fails: a log that cannot be written stops nobody.
 *
 * The process's name is the one state: it is set once, before the first line, and says who speaks.
 */
#include "base/log.h"

#include "base/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *process_name = "dancu";

static const char *const level_words[] = {
    [LOG_LEVEL_ERROR] = "error",
    [LOG_LEVEL_WARN] = "warn",
    [LOG_LEVEL_INFO] = "info",
};

void log_name_set(const char *name)
{
    process_name = name;
}

/* What snprintf says it would have written, cut to what there was room for. */
static size_t written_len(int said, size_t room)
{
    if (said < 0 || room == 0) {
        return 0;
    }
    return (size_t)said < room ? (size_t)said : room - 1;
}

static size_t write_head(char *line, size_t room, enum log_level level, const char *event)
{
    struct clock_port clock = clock_system();

    clock_write_micro(line, clock_wall_us(&clock));
    int said = snprintf(line + CLOCK_MICRO_LEN, room - CLOCK_MICRO_LEN, " %s %s %s ",
                        level_words[level], process_name, event);
    return CLOCK_MICRO_LEN + written_len(said, room - CLOCK_MICRO_LEN);
}

void log_line(enum log_level level, const char *event, const char *format, ...)
{
    char line[LOG_LINE_BYTES_MAX + 1]; /* the place of the terminator becomes the line's end */
    size_t len = write_head(line, LOG_LINE_BYTES_MAX, level, event);
    va_list values;

    va_start(values, format);
    int said = vsnprintf(line + len, LOG_LINE_BYTES_MAX - len, format, values);
    va_end(values);
    len += written_len(said, LOG_LINE_BYTES_MAX - len);
    for (size_t i = 0; i < len; i++) { /* invariant 1 */
        if ((unsigned char)line[i] < ' ' || line[i] == 127) {
            line[i] = '?';
        }
    }
    while (len > 0 && line[len - 1] == ' ') {
        len--;
    }
    line[len++] = '\n';
    ssize_t sent = write(STDERR_FILENO, line, len);
    (void)sent; /* invariant 2 */
}

struct log_text log_text(struct view foreign)
{
    static const char harmless[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                   "0123456789._:/@+-";
    struct log_text text = {0};

    for (size_t i = 0; i < foreign.len && i < LOG_TEXT_BYTES_MAX; i++) {
        bool stays = memchr(harmless, foreign.data[i], sizeof(harmless) - 1) != NULL;
        text.text[i] = stays ? (char)foreign.data[i] : '?';
    }
    return text;
}

void log_outcome(enum log_level level, const char *event, struct outcome outcome)
{
    const char *what = outcome.what == NULL ? "-" : outcome.what;
    const char *described = strerrordesc_np(outcome.sys);

    if (outcome.sys == 0) {
        log_line(level, event, "fault=%s what=\"%s\"", outcome_word(outcome.fault), what);
    } else {
        log_line(level, event, "fault=%s what=\"%s\" errno=%d (%s)", outcome_word(outcome.fault),
                 what, outcome.sys, described == NULL ? "unknown" : described);
    }
}
