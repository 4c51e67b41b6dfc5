/*
 * The metrics process: its loop, and what core and supervisor tell it.
 *
 * Invariants
 *  1. It sends nothing to the core and asks nobody: a scrape costs this process alone.
 *  2. What was told replaces what was told before only when all of it decodes.
 */
#include "channel/metrics/private.h"

#include "base/check.h"
#include "base/log.h"
#include "base/memory.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#define CREW_BYTES_MAX 4096
#define TURN_MS_MAX 1000

enum { POLL_SIGNAL, POLL_CONTROL, POLL_LISTENER, POLL_CORE, POLL_SCRAPES };

struct metrics {
    const struct child *child;
    struct clock_port clock;
    int signal_fd;
    struct pipe_end pipe; /* from the core; comes anew by the control socket when it is lost */
    struct buf crew;      /* one crew frame's payload */
    struct told_state told;
    struct told_state next; /* what a frame tells, until all of it decoded */
    struct scrapes scrapes;
};

struct outcome told_core(struct told_state *state, const struct frame *frame, int64_t now_us)
{
    struct cursor cursor = cursor_of(frame->payload);

    if (frame->kind != FRAME_METRICS || frame->count > FIGURES_CHANNELS_MAX) {
        return outcome_fail(FAULT_BAD_INPUT, "frame that no metrics process takes");
    }
    TRY(figures_get(&cursor, &core_table, state->core));
    for (unsigned i = 0; i < frame->count; i++) {
        struct channel_set *set = &state->channels[i];
        TRY(figures_get_named(&cursor, &channel_table, set->name, set->figures));
    }
    TRY(cursor_end(&cursor, "metrics"));
    state->channel_count = frame->count;
    state->core_told = true;
    state->core_us = now_us;
    return OUTCOME_OK;
}

/* Names come again with each telling: the set of that name, or a new one. */
static struct outcome take_crew_set(struct told_state *state, const struct crew_set *set)
{
    unsigned place = 0;

    while (place < state->crew_count && strcmp(state->crew[place].name, set->name) != 0) {
        place++;
    }
    if (place == CREW_NAMES_MAX) {
        return outcome_fail(FAULT_OVER_LIMIT, "processes");
    }
    state->crew[place] = *set;
    state->crew_count = place < state->crew_count ? state->crew_count : place + 1;
    return OUTCOME_OK;
}

struct outcome told_crew(struct told_state *state, struct view payload, unsigned count)
{
    struct cursor cursor = cursor_of(payload);

    for (unsigned i = 0; i < count; i++) {
        struct crew_set set = {.name = ""};
        TRY(figures_get_named(&cursor, &crew_table, set.name, set.figures));
        TRY(take_crew_set(state, &set));
    }
    return cursor_end(&cursor, "crew");
}

/* ---- the core ---- */

static struct outcome take_frames(struct metrics *metrics)
{
    TRY(pipe_fill(&metrics->pipe));
    for (;;) {
        struct frame frame;
        struct outcome outcome = pipe_next(&metrics->pipe, &frame);
        if (outcome.fault == FAULT_AGAIN) {
            return OUTCOME_OK;
        }
        TRY(outcome);
        metrics->next = metrics->told;
        TRY(told_core(&metrics->next, &frame, clock_monotonic_us(&metrics->clock)));
        metrics->told = metrics->next; /* invariant 2 */
    }
}

static void hear_core(struct metrics *metrics)
{
    struct outcome outcome = take_frames(metrics);

    if (!outcome_ok(outcome) && outcome.fault != FAULT_AGAIN) {
        pipe_lose(&metrics->pipe, outcome);
    }
}

/* ---- the supervisor ---- */

/* False when the supervisor is gone. */
static bool hear_supervisor(struct metrics *metrics)
{
    struct proc_peer peer = {.fd = -1};
    unsigned count = 0;
    struct outcome outcome =
        proc_receive_told(metrics->child->control_fd, &peer, &metrics->crew, &count);

    if (outcome_ok(outcome) && peer.fd >= 0) {
        pipe_renew(&metrics->pipe, peer.fd);
    } else if (outcome_ok(outcome)) {
        outcome = told_crew(&metrics->told, buf_view(&metrics->crew), count);
    }
    if (!outcome_ok(outcome) && outcome.fault != FAULT_AGAIN && outcome.fault != FAULT_CLOSED) {
        log_outcome(LOG_LEVEL_ERROR, "control-frame", outcome);
    }
    return outcome.fault != FAULT_CLOSED;
}

/* ---- the process ---- */

static void arrange(const struct metrics *metrics, struct pollfd *polls)
{
    polls[POLL_SIGNAL] = (struct pollfd){.fd = metrics->signal_fd, .events = POLLIN};
    polls[POLL_CONTROL] = (struct pollfd){.fd = metrics->child->control_fd, .events = POLLIN};
    polls[POLL_LISTENER] =
        (struct pollfd){.fd = metrics->child->grants[GRANT_METRICS_LISTENER], .events = POLLIN};
    polls[POLL_CORE] = (struct pollfd){.fd = pipe_is_open(&metrics->pipe) ? metrics->pipe.fd : -1,
                                       .events = POLLIN};
    for (unsigned i = 0; i < SCRAPES_MAX; i++) {
        const struct scrape *scrape = &metrics->scrapes.places[i];
        polls[POLL_SCRAPES + i] = (struct pollfd){
            .fd = scrape->state == SCRAPE_FREE ? -1 : scrape->fd,
            .events = scrape->state == SCRAPE_WRITING ? POLLOUT : POLLIN,
        };
    }
}

/* False when it is to end. */
static bool turn(struct metrics *metrics)
{
    struct pollfd polls[POLL_SCRAPES + SCRAPES_MAX];

    arrange(metrics, polls);
    if (poll(polls, POLL_SCRAPES + SCRAPES_MAX, TURN_MS_MAX) < 0) {
        CHECK(errno == EINTR);
        return true;
    }
    if (polls[POLL_CORE].revents != 0) {
        hear_core(metrics);
    }
    for (unsigned i = 0; i < SCRAPES_MAX; i++) {
        if (polls[POLL_SCRAPES + i].revents != 0) {
            scrape_step(&metrics->scrapes, &metrics->scrapes.places[i]);
        }
    }
    scrapes_expire(&metrics->scrapes);
    if (polls[POLL_LISTENER].revents != 0) {
        scrapes_accept(&metrics->scrapes, metrics->child->grants[GRANT_METRICS_LISTENER]);
    }
    bool more = polls[POLL_CONTROL].revents == 0 || hear_supervisor(metrics);
    return more && polls[POLL_SIGNAL].revents == 0;
}

static struct outcome serve(struct metrics *metrics)
{
    if (metrics->signal_fd < 0) {
        return outcome_sys(errno, "signalfd");
    }
    TRY(proc_tell_ready(metrics->child));
    while (turn(metrics)) {
        /* what happens, happens in turn() */
    }
    return OUTCOME_OK;
}

int metrics_main(struct child *child)
{
    MEMORY_AUTO struct metrics *metrics = memory_new(1, sizeof(struct metrics));

    if (metrics == NULL) {
        log_outcome(LOG_LEVEL_ERROR, "metrics", outcome_fail(FAULT_NO_MEMORY, "metrics"));
        return EXIT_FAILURE;
    }
    metrics->child = child;
    metrics->clock = clock_system();
    metrics->signal_fd = proc_open_sigterm();
    metrics->scrapes.state = &metrics->told;
    metrics->scrapes.clock = metrics->clock;
    buf_init(&metrics->crew, CREW_BYTES_MAX);
    if (child->core_fd >= 0) {
        pipe_init(&metrics->pipe, child->core_fd);
    }
    struct outcome outcome = serve(metrics);
    if (!outcome_ok(outcome)) {
        log_outcome(LOG_LEVEL_ERROR, "metrics", outcome);
    }
    log_line(LOG_LEVEL_INFO, "stopped", "scrapes=%llu",
             (unsigned long long)metrics->scrapes.served);
    scrapes_done(&metrics->scrapes);
    pipe_done(&metrics->pipe);
    buf_done(&metrics->crew);
    if (metrics->signal_fd >= 0) {
        (void)close(metrics->signal_fd);
    }
    return outcome_ok(outcome) ? EXIT_SUCCESS : EXIT_FAILURE;
}
