/*
 * The ties of a channel process.
 *
 * Invariants
 *  1. on_lost is told once for each pipe that was up.
 *  2. While there is no pipe, lost_event runs.
 */
#include "channel/link/link.h"

#include "base/log.h"

#include <signal.h>
#include <unistd.h>

static void drop_event(struct event **event)
{
    if (*event != NULL) {
        event_free(*event);
        *event = NULL;
    }
}

/* The time until which a new pipe must have come begins. */
static void expect_pipe(struct link *link)
{
    struct timeval wait = {.tv_sec = link->lost_s};

    if (event_add(link->lost_event, &wait) != 0) {
        log_line(LOG_LEVEL_ERROR, "core-lost", "what=\"no timer for a new pipe\"");
    }
}

static struct outcome on_core_frame(void *context, const struct frame *frame)
{
    struct link *link = context;

    return link->handler.on_frame(link->handler.context, frame);
}

static void on_core_lost(void *context)
{
    struct link *link = context;

    expect_pipe(link); /* invariant 2 */
    link->handler.on_lost(link->handler.context);
}

static void stop(struct link *link)
{
    link->handler.on_stop(link->handler.context);
}

/* A pipe that does not lead to the core. */
static void hand_on(struct link *link, const struct proc_peer *peer)
{
    if (link->handler.on_peer != NULL) {
        link->handler.on_peer(link->handler.context, peer);
    } else {
        log_line(LOG_LEVEL_ERROR, "control-frame", "what=\"a pipe that is not the core's\"");
        (void)close(peer->fd);
    }
}

static void on_control(evutil_socket_t fd, short what, void *context)
{
    struct link *link = context;
    struct proc_peer peer = {0};

    (void)what;
    struct outcome outcome = proc_receive_peer(fd, &peer);
    if (outcome.fault == FAULT_CLOSED) {
        log_line(LOG_LEVEL_WARN, "supervisor-gone", "%s", "");
        drop_event(&link->control_event);
        stop(link);
        return;
    }
    if (!outcome_ok(outcome)) {
        if (outcome.fault != FAULT_AGAIN) {
            log_outcome(LOG_LEVEL_ERROR, "control-frame", outcome);
        }
        return;
    }
    if (peer.row != link->row_number) {
        hand_on(link, &peer);
        return;
    }
    outcome = side_take(&link->core, peer.fd);
    if (!outcome_ok(outcome)) {
        log_outcome(LOG_LEVEL_ERROR, "core-pipe", outcome);
        return;
    }
    event_del(link->lost_event);
}

static void on_signal(evutil_socket_t number, short what, void *context)
{
    (void)number;
    (void)what;
    stop(context);
}

static void on_still_lost(evutil_socket_t fd, short what, void *context)
{
    struct link *link = context;

    (void)fd;
    (void)what;
    log_line(LOG_LEVEL_ERROR, "core-lost", "what=\"no new pipe has come\" waited_s=%u",
             link->lost_s);
    link->failed = true;
    stop(link);
}

struct outcome link_open(struct link *link, const struct child *child, struct event_base *base,
                         unsigned lost_s, const struct link_handler *handler)
{
    *link = (struct link){.handler = *handler,
                          .base = base,
                          .control_fd = child->control_fd,
                          .row_number = child->row_number,
                          .lost_s = lost_s};
    const struct side_handler core = {
        .context = link, .lost = "core-lost", .on_frame = on_core_frame, .on_lost = on_core_lost};
    side_init(&link->core, base, &core);
    link->control_event =
        event_new(base, child->control_fd, EV_READ | EV_PERSIST, on_control, link);
    link->signal_event = evsignal_new(base, SIGTERM, on_signal, link);
    link->lost_event = event_new(base, -1, 0, on_still_lost, link);
    if (link->control_event == NULL || link->signal_event == NULL || link->lost_event == NULL ||
        event_add(link->control_event, NULL) != 0 || event_add(link->signal_event, NULL) != 0) {
        return outcome_fail(FAULT_NO_MEMORY, "events of the process");
    }
    if (child->core_fd < 0) {
        expect_pipe(link);
        return OUTCOME_OK;
    }
    return side_take(&link->core, child->core_fd);
}

void link_close(struct link *link)
{
    drop_event(&link->control_event);
    drop_event(&link->signal_event);
    drop_event(&link->lost_event);
    side_close(&link->core);
}

bool link_has_failed(const struct link *link)
{
    return link->failed;
}

bool link_is_up(const struct link *link)
{
    return link->core.up;
}

struct buf *link_out(struct link *link)
{
    return link->core.up ? &link->core.pipe.out : NULL;
}

size_t link_waiting(const struct link *link)
{
    return link->core.up ? pipe_pending(&link->core.pipe) : 0;
}

bool link_has_room(const struct link *link, size_t bytes)
{
    return side_has_room(&link->core, bytes);
}

void link_flush(struct link *link)
{
    side_flush(&link->core);
}
