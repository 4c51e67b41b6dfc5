/*
 * Purpose: transparency figures: how many entries of each kind, class, channel, service and outcome
 * there are in a month, counted again from the public log alone, without the register and without
 * whoever publishes figures. They are given only when the entries counted are all that the log's
 * signed checkpoint covers.
 * Source: C2SP tlog-tiles; formats.md "Entry"; RFC 8785 (JSON out). Private to cli/.
 *
 * A month is the calendar's in Viet Nam (UTC+7), as for quotas; entries tell the minute in UTC.
 * An `aggregate` counts as the one entry that it is: how many refusals it stands for is sealed.
 */
#ifndef DANCU_CLI_FIGURES_H
#define DANCU_CLI_FIGURES_H

#include "base/map.h"
#include "tlog/note.h"

#define FIGURES_MAX 65536u /* lines: a century of months with some fifty combinations each */
#define FIGURES_WHY_BYTES 256

enum figure_word {
    FIGURE_MONTH, /* 2026-11 */
    FIGURE_KIND,
    FIGURE_CLASS, /* this, and the next two, may be absent */
    FIGURE_CHANNEL,
    FIGURE_SERVICE,
    FIGURE_OUTCOME,
    FIGURE_WORDS
};
#define FIGURE_WORD_BYTES_MAX 64
#define FIGURE_KEY_BYTES_MAX (FIGURE_WORDS * (FIGURE_WORD_BYTES_MAX + 1))

struct figure {
    char key[FIGURE_KEY_BYTES_MAX]; /* the words in their order, each with a NUL behind it */
    size_t key_len;
    uint64_t count;
};

struct figures {
    char origin[NOTE_ORIGIN_BYTES_MAX + 1];
    struct checkpoint checkpoint; /* that the entries lead to */
    uint64_t entries;             /* counted: those of the month, or all */
    struct map map;
    struct figure **lines; /* of the map, in byte order of their keys */
};
void figures_done(struct figures *figures);

/* Where the log is read from. */
struct figures_source {
    void *context;
    /* Appends a whole file below the log's folder. FAULT_NOT_FOUND: there is none. */
    struct outcome (*fetch)(void *context, const char *path, struct buf *ret_bytes);
};

/* Counts all entries that the newest checkpoint covers, or those of one month (`2026-11`; an empty
 * view: all). FAULT_BAD_INPUT (key or month), FAULT_CORRUPT (the log is not what it signs),
 * FAULT_OVER_LIMIT, FAULT_NO_MEMORY, or what the source says; ret_why names the place. */
struct outcome figures_count(const struct figures_source *source, struct view vkey,
                             struct view month, struct figures *ret_figures,
                             char ret_why[FIGURES_WHY_BYTES]);

/* One JSON object, canonical. */
void figures_put_json(const struct figures *figures, struct buf *buf);
/* A table, with a line of what was counted. */
void figures_put_table(const struct figures *figures, struct buf *buf);

#endif
