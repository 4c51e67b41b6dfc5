/*
 * Purpose: what the parts of the metrics process know of each other. Private to this folder.
 *
 *   metrics.c   the process: its loop, what core and supervisor tell
 *   scrape.c    connections of who asks
 *   text.c      figures as text
 */
#ifndef DANCU_CHANNEL_METRICS_PRIVATE_H
#define DANCU_CHANNEL_METRICS_PRIVATE_H

#include "base/clock.h"
#include "channel/metrics/metrics.h"
#include "proc/figures.h"

#define METRICS_TEXT_BYTES_MAX (8u << 20)
#define SCRAPES_MAX 8              /* connections at once; the oldest makes room for another */
#define SCRAPE_HEAD_BYTES_MAX 4096 /* of a request */
#define SCRAPE_S_MAX 5             /* a connection's whole life */
#define CREW_NAMES_MAX 257         /* places of the process table, and the supervisor */
#define FRESH_US_MAX 5000000       /* figures that are older are the core's no more */

struct channel_set {
    char name[FIGURES_NAME_BYTES];
    uint64_t figures[CHANNEL_FIGURE_COUNT];
};

struct crew_set {
    char name[FIGURES_NAME_BYTES];
    uint64_t figures[CREW_FIGURE_COUNT];
};

/* What was told last. */
struct told_state {
    bool core_told;
    int64_t core_us; /* monotonic */
    uint64_t core[CORE_FIGURE_COUNT];
    unsigned channel_count;
    struct channel_set channels[FIGURES_CHANNELS_MAX];
    unsigned crew_count;
    struct crew_set crew[CREW_NAMES_MAX];
};

/* FRAME_METRICS and FRAME_CREW. On a failure nothing of the frame is taken but, of a crew frame,
 * the sets before the broken one. */
struct outcome told_core(struct told_state *state, const struct frame *frame, int64_t now_us);
struct outcome told_crew(struct told_state *state, struct view payload, unsigned count);

/* The whole text as of now. */
void metrics_text_put(struct buf *text, const struct told_state *state, int64_t now_us);

enum scrape_state { SCRAPE_FREE, SCRAPE_READING, SCRAPE_WRITING };

struct scrape {
    enum scrape_state state;
    int fd;
    int64_t since_us;
    struct buf in;
    struct buf out;
    size_t sent;
};

struct scrapes {
    const struct told_state *state;
    struct clock_port clock;
    struct scrape places[SCRAPES_MAX];
    uint64_t served;
};

void scrapes_accept(struct scrapes *scrapes, int listen_fd);
/* Reads or writes what is possible. */
void scrape_step(struct scrapes *scrapes, struct scrape *scrape);
/* Ends those whose time is over. */
void scrapes_expire(struct scrapes *scrapes);
void scrapes_done(struct scrapes *scrapes);

#endif
