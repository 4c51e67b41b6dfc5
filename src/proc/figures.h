/*
 * Purpose: the figures that processes tell of themselves, from where they are counted to where
 * `/metrics` shows them. A set of figures is a row of numbers whose places an enum names; a table
 * says what each place is called, so that codec, checks and text come from the same rows.
 * Owner: channels fill a set each second (FRAME_STATS), the core adds its own and passes all on
 * (FRAME_METRICS), the supervisor tells of all processes (FRAME_CREW); the metrics process writes.
 *
 * A figure is a whole number up to FIGURE_MAX, so that it is exact for every reader. No figure is
 * about a person, a party, an account or a business: labels are processes and our own vocabularies.
 */
#ifndef DANCU_PROC_FIGURES_H
#define DANCU_PROC_FIGURES_H

#include "base/bytes.h"
#include "base/histogram.h"
#include "domain/change.h"

#define FIGURE_MAX (UINT64_C(1) << 53)
#define FIGURES_NAME_BYTES 48 /* of a process, with its terminator */
#define FIGURES_CHANNELS_MAX 256
#define FIGURES_FRAME_BYTES 1024 /* of a set with its header, at most */

enum figure_kind {
    FIGURE_COUNTER, /* never falls while its process lives */
    FIGURE_GAUGE,
    FIGURE_HISTOGRAM,
};

struct figure_row {
    const char *name; /* of the metric; rows of one metric stand together */
    enum figure_kind kind;
    unsigned at;       /* first place */
    const char *label; /* NULL: none */
    const char *value; /* of the label; NULL: one place a refusal code, which is the value */
    const struct histogram_bounds *bounds;
    uint32_t per_unit; /* of the metric's unit: 1,000,000 for microseconds told in seconds */
    const char *help;
};

struct figure_table {
    const struct figure_row *rows;
    unsigned row_count;
    unsigned figure_count;
};

/* What a channel process tells. */
enum channel_figure {
    CHANNEL_CONNECTIONS_OPEN,
    CHANNEL_ASKS_PENDING,
    CHANNEL_HELD_BYTES,
    CHANNEL_PIPE_BYTES,
    CHANNEL_CONNECTIONS,
    CHANNEL_EVICTED,
    CHANNEL_HANDSHAKES,
    CHANNEL_HANDSHAKES_FAILED,
    CHANNEL_REQUESTS,
    CHANNEL_RESPONSES_2XX,
    CHANNEL_RESPONSES_3XX,
    CHANNEL_RESPONSES_4XX,
    CHANNEL_RESPONSES_5XX,
    CHANNEL_MALFORMED,
    CHANNEL_TOO_LARGE,
    CHANNEL_TOO_SLOW,
    CHANNEL_BUSY,
    CHANNEL_PRESSED,
    CHANNEL_LATE,
    CHANNEL_FLOODS,
    CHANNEL_TILES_REFUSED,
    CHANNEL_ANSWERS,
    CHANNEL_ASK_SPAN = CHANNEL_ANSWERS + CODE_COUNT,
    CHANNEL_FIGURE_COUNT = CHANNEL_ASK_SPAN + HISTOGRAM_SPAN_PLACES
};

/* What the core tells of itself. */
enum core_figure {
    CORE_STARTED_S,
    CORE_POLICY,
    CORE_WRITABLE,
    CORE_HELD,
    CORE_ENTRIES,
    CORE_REPLAYED,
    CORE_UNPUBLISHED,
    CORE_SEGMENT,
    CORE_SEGMENT_USED_BYTES,
    CORE_SEGMENT_BYTES,
    CORE_SPARE,
    CORE_SNAPSHOT_ENTRIES,
    CORE_SNAPSHOT_AGE_US,
    CORE_LIMITED,
    CORE_ACTS_LATE,
    CORE_GUESS_KEYS,
    CORE_GUESS_KEYS_MAX,
    CORE_HISTORY_ROWS,
    CORE_HISTORY_WAITING,
    CORE_HISTORY_WAITING_MAX,
    CORE_HISTORY_RUNS,
    CORE_PARTIES,
    CORE_ACCOUNTS,
    CORE_BUSINESSES,
    CORE_PHONES,
    CORE_NOTICE_WISHES,
    CORE_LOCKS,
    CORE_PASSES,
    CORE_COMPLAINTS,
    CORE_NEWS,
    CORE_MESSAGES,
    CORE_PARTIES_MAX,
    CORE_ACCOUNTS_MAX,
    CORE_BUSINESSES_MAX,
    CORE_PHONES_MAX,
    CORE_NOTICE_WISHES_MAX,
    CORE_LOCKS_MAX,
    CORE_PASSES_MAX,
    CORE_COMPLAINTS_MAX,
    CORE_NEWS_MAX,
    CORE_MESSAGES_MAX,
    CORE_PIPES,
    CORE_PIPE_IN_BYTES,
    CORE_PIPE_OUT_BYTES,
    CORE_SCRUB_PROGRESS_PPM,
    CORE_SCRUB_ENDED_S,
    CORE_SCRUB_LOOKED,
    CORE_SCRUB_FOUND,
    CORE_SCRUB_FOUND_BEFORE,
    CORE_FRAMES_REFUSED,
    CORE_REPEATS,
    CORE_JOB_LINES,
    CORE_JOB_LATER,
    CORE_INSPECTIONS_DUE,
    CORE_INSPECTIONS_LAPSED,
    CORE_INSPECTIONS_OVER,
    CORE_CERTIFICATES_DUE,
    CORE_CERTIFICATES_ENDED,
    CORE_INCIDENTS_OPEN,
    CORE_INCIDENTS_DUE,
    CORE_INCIDENTS_OVERDUE,
    CORE_CASES_OPEN,
    CORE_CASES_DUE,
    CORE_CASES_OVERDUE,
    CORE_PAPERS_LOOSE,
    CORE_MESSAGES_WAITING,
    CORE_MESSAGES_KEPT,
    CORE_MESSAGES_DONE, /* as the next two: how they have ended */
    CORE_MESSAGES_FAILED,
    CORE_MESSAGES_EXPIRED,
    CORE_NEWS_LOST,
    CORE_ROTATION_BEGUN, /* 1: some of what is stored may lie under the former data key */
    CORE_ROTATION_PERSONS,
    CORE_SEGMENTS_SHREDDED, /* as the next two: of the log, older than the period */
    CORE_SEGMENTS_WAITING,
    CORE_SEGMENTS_KEPT,
    CORE_SHREDDED_DAY_S,
    CORE_TEXTS_ANSWERED, /* what phones have written, by what became of it */
    CORE_TEXTS_AGAIN,
    CORE_TEXTS_UNANSWERED,
    CORE_SETS, /* of changes, by what became of them */
    CORE_CHANGES = CORE_SETS + SET_CODE_COUNT,
    CORE_ASKS = CORE_CHANGES + CHANGE_RESULT_COUNT,
    CORE_BATCH = CORE_ASKS + CODE_COUNT,
    CORE_SERVE_SPAN = CORE_BATCH + HISTOGRAM_BATCH_PLACES,
    CORE_SYNC_SPAN = CORE_SERVE_SPAN + HISTOGRAM_SPAN_PLACES,
    CORE_FIGURE_COUNT = CORE_SYNC_SPAN + HISTOGRAM_SPAN_PLACES
};

/* What the supervisor tells of a place of the process table (its own name: "supervisor"). */
enum crew_figure {
    CREW_SERVING,
    CREW_PROCESSES, /* alive: who serves, who is to follow, who drains */
    CREW_RESTARTS,
    CREW_UPTIME_MS, /* of who serves */
    CREW_RESIDENT_BYTES,
    CREW_FIGURE_COUNT
};

extern const struct figure_table channel_table;
extern const struct figure_table core_table;
extern const struct figure_table crew_table;

/* Places of one row. */
unsigned figure_places(const struct figure_row *row);

void figures_put(struct buf *buf, const struct figure_table *table, const uint64_t *figures);
/* FAULT_BAD_INPUT: cut short, or a figure above FIGURE_MAX. */
struct outcome figures_get(struct cursor *cursor, const struct figure_table *table,
                           uint64_t *ret_figures);
/* True when no counter of `now` is below that of `before`: a process that says so has lost count,
 * or lies. */
bool figures_follow(const struct figure_table *table, const uint64_t *before, const uint64_t *now);
/* Adds what remains of a process that is gone (`gauges` false), or of one that lives beside others
 * of its name. Stays at FIGURE_MAX. */
void figures_add(const struct figure_table *table, uint64_t *sum, const uint64_t *figures,
                 bool gauges);

/* A set with the name of whose it is: lower-case letters, digits, single spaces between. */
void figures_put_named(struct buf *buf, const struct figure_table *table, struct view name,
                       const uint64_t *figures);
struct outcome figures_get_named(struct cursor *cursor, const struct figure_table *table,
                                 char ret_name[FIGURES_NAME_BYTES], uint64_t *ret_figures);

#endif
