/*
 * Purpose: the metrics process: `GET http://127.0.0.1:PORT+3/metrics` in Prometheus' text format
 * (version 0.0.4), plain HTTP/1.1, this machine alone. It asks nobody: the core and the supervisor
 * tell it each second, and a scrape shows what was told last.
 * Owner: row `metrics` of the process table; grant GRANT_METRICS_LISTENER; takes FRAME_METRICS,
 * hears FRAME_CREW, sends nothing.
 * Source: formats.md "Places"; Prometheus' exposition formats; docs/metrics.md says what each
 * metric means.
 */
#ifndef DANCU_CHANNEL_METRICS_METRICS_H
#define DANCU_CHANNEL_METRICS_METRICS_H

#include "proc/proc.h"

/* Serves until SIGTERM or the supervisor's end; exit status. */
int metrics_main(struct child *child);

#endif
