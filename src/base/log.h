/*
 * Purpose: one line an event to stderr, `time level process event key=value ...`. Never personal
 * data, secrets or foreign text beyond what log_text() makes harmless.
 */
#ifndef DANCU_BASE_LOG_H
#define DANCU_BASE_LOG_H

#include "base/bytes.h"
#include "base/outcome.h"

#define LOG_LINE_BYTES_MAX 1024 /* longer lines are cut */
#define LOG_TEXT_BYTES_MAX 64   /* foreign text is cut to this */

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO };

/* Name of this process in its lines; the text must outlive the process. */
void log_name_set(const char *name);
__attribute__((format(printf, 3, 4))) void log_line(enum log_level level, const char *event,
                                                    const char *format, ...);
/* Foreign text for one value of a line: letters, digits and ._:/@+- stay, every other byte becomes
 * '?', and it is cut. Used in the call itself: log_line(..., "agent=%s", LOG_TEXT(view)). */
struct log_text {
    char text[LOG_TEXT_BYTES_MAX + 1];
};
struct log_text log_text(struct view foreign);
#define LOG_TEXT(view) (log_text(view).text)
/* Reports a failed outcome: event, fault word, what, errno text. */
void log_outcome(enum log_level level, const char *event, struct outcome outcome);

#endif
