/*
 * An import by the server's loader: the order with its two descriptors, then what it says.
 *
 * Invariant 1: the loader forgets a finished import only after we said that we have told it.
 */
#include "cli/import_cli.h"

#include "proc/proc.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#define WHAT_BYTES_MAX 256

struct watching {
    struct import_desk *desk;
    struct pipe_end pipe;
    bool ended;
    bool waits; /* said so already */
    struct outcome outcome;
    char what[WHAT_BYTES_MAX];
};

static void take_report(struct import_desk *desk, const struct loading_said *said)
{
    const uint64_t *counts = said->counts;
    desk->report = (struct import_report){
        .lines = counts[LOADING_LINES],
        .bytes = counts[LOADING_BYTES],
        .bad = counts[LOADING_BAD],
        .added = counts[LOADING_ADDED],
        .changed = counts[LOADING_CHANGED],
        .unchanged = counts[LOADING_UNCHANGED],
        .cmnd_taken = counts[LOADING_CMND_TAKEN],
        .chunks = counts[LOADING_CHUNKS],
        .elapsed_us = (int64_t)counts[LOADING_ELAPSED_US],
        .loaded_before = counts[LOADING_LOADED_BEFORE],
        .finished_before = said->finished_before,
    };
}

static void take_said(struct watching *watching, const struct loading_said *said)
{
    if (said->state == LOADING_WAITS) {
        if (!watching->waits) {
            cli_complain("registry import: waits: %.*s", (int)said->what.len, said->what.data);
        }
        watching->waits = true;
        return;
    }
    watching->waits = false;
    take_report(watching->desk, said);
    if (said->state == LOADING_RUNS) {
        import_meter_show(&watching->desk->meter, &watching->desk->report);
        return;
    }
    snprintf(watching->what, sizeof(watching->what), "%.*s", (int)said->what.len, said->what.data);
    watching->ended = true;
    watching->outcome =
        (struct outcome){.what = watching->what, .fault = said->fault, .sys = said->sys};
}

static struct outcome take_frames(struct watching *watching)
{
    for (;;) {
        struct frame frame;
        struct loading_said said;
        struct outcome outcome = pipe_next(&watching->pipe, &frame);
        if (outcome.fault == FAULT_AGAIN) {
            return OUTCOME_OK;
        }
        TRY(outcome);
        TRY(loading_get_said(&frame, &said));
        take_said(watching, &said);
    }
}

static struct outcome watch(struct watching *watching)
{
    while (!watching->ended) {
        struct pollfd poll_fd = {.fd = watching->pipe.fd, .events = POLLIN};
        if (poll(&poll_fd, 1, -1) < 0 && errno != EINTR) {
            return outcome_sys(errno, "poll");
        }
        struct outcome filled = pipe_fill(&watching->pipe);
        TRY(take_frames(watching));
        if (!outcome_ok(filled) && filled.fault != FAULT_AGAIN && !watching->ended) {
            return outcome_fail(FAULT_CLOSED, "the loader ended, or let go of us");
        }
    }
    return watching->outcome;
}

int import_by_server(struct import_desk *desk, int fd)
{
    struct watching watching = {.desk = desk};
    struct loading_order order = {
        .file_fd = desk->file_fd,
        .rejects_fd = desk->rejects_fd,
        .restart = desk->restart,
    };
    snprintf(order.name, sizeof(order.name), "%s", desk->name);
    pipe_init(&watching.pipe, fd);
    struct outcome outcome = loading_send_order(fd, &order);
    if (outcome_ok(outcome)) {
        outcome = watch(&watching);
    }
    int status = import_tell(desk, outcome);
    if (outcome_ok(outcome) && fflush(stdout) == 0) {
        loading_put_told(&watching.pipe.out);       /* invariant 1 */
        outcome_ignore(pipe_flush(&watching.pipe)); /* else the next run tells it again */
    }
    pipe_done(&watching.pipe);
    return status;
}
