/*
 * Purpose: one line an event to stderr, `time level process event key=value ...`. Never personal
 * data, secrets or foreign text beyond what log_text() makes harmless.
 */
#ifndef DANCU_BASE_LOG_H
#define DANCU_BASE_LOG_H

#include "base/outcome.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO };

/* Name of this process in its lines; the text must outlive the process. */
void log_name_set(const char *name);
__attribute__((format(printf, 3, 4))) void log_line(enum log_level level, const char *event,
                                                    const char *format, ...);
/* Reports a failed outcome: event, fault word, what, errno text. */
void log_outcome(enum log_level level, const char *event, struct outcome outcome);

#endif
