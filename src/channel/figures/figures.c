/*
 * Figures of a channel process on their way to the core.
 *
 * Invariants
 *  1. They wait behind nothing: with bytes still waiting in the pipe, the next telling does.
 */
#include "channel/figures/figures.h"

#include "base/check.h"

static void fill(const struct channel_figures *own, uint64_t *figures)
{
    const struct http_counters *counters = http_server_counters(own->server);
    struct http_gauges gauges = http_server_gauges(own->server);

    figures[CHANNEL_CONNECTIONS_OPEN] = gauges.connections;
    figures[CHANNEL_HELD_BYTES] = gauges.held_bytes;
    figures[CHANNEL_PIPE_BYTES] = link_waiting(own->link);
    figures[CHANNEL_CONNECTIONS] = counters->connections;
    figures[CHANNEL_EVICTED] = counters->connections_evicted;
    figures[CHANNEL_HANDSHAKES] = counters->handshakes;
    figures[CHANNEL_HANDSHAKES_FAILED] = counters->handshakes_failed;
    figures[CHANNEL_REQUESTS] = counters->requests;
    figures[CHANNEL_RESPONSES_2XX] = counters->responses_2xx;
    figures[CHANNEL_RESPONSES_3XX] = counters->responses_3xx;
    figures[CHANNEL_RESPONSES_4XX] = counters->responses_4xx;
    figures[CHANNEL_RESPONSES_5XX] = counters->responses_5xx;
    figures[CHANNEL_MALFORMED] = counters->malformed;
    figures[CHANNEL_TOO_LARGE] = counters->too_large;
    figures[CHANNEL_TOO_SLOW] = counters->too_slow;
    figures[CHANNEL_BUSY] = counters->busy;
    figures[CHANNEL_PRESSED] = counters->pressed;
    figures[CHANNEL_LATE] = counters->late;
    figures[CHANNEL_FLOODS] = counters->floods;
    memcpy(figures + CHANNEL_ANSWERS, own->texts->told, sizeof(own->texts->told));
    memcpy(figures + CHANNEL_ASK_SPAN, gauges.span, HISTOGRAM_SPAN_PLACES * sizeof(*gauges.span));
}

static void on_second(evutil_socket_t fd, short what, void *context)
{
    struct channel_figures *own = context;
    uint64_t figures[CHANNEL_FIGURE_COUNT] = {0};

    (void)fd;
    (void)what;
    if (own->before != NULL) {
        own->before(own->context, figures);
    }
    link_flush(own->link);
    if (!link_is_up(own->link) || link_waiting(own->link) > 0) { /* invariant 1 */
        return;
    }
    struct buf *out = link_out(own->link);
    fill(own, figures);
    size_t start = frame_start(out, FRAME_STATS);
    figures_put(out, &channel_table, figures);
    frame_finish(out, start, 1);
    link_flush(own->link);
}

struct outcome channel_figures_open(struct channel_figures *figures,
                                    const struct channel_figures *given)
{
    struct timeval second = {.tv_sec = 1};

    *figures = *given;
    figures->event =
        event_new(http_server_base(figures->server), -1, EV_PERSIST, on_second, figures);
    if (figures->event == NULL || event_add(figures->event, &second) != 0) {
        return outcome_fail(FAULT_NO_MEMORY, "timer of the figures");
    }
    return OUTCOME_OK;
}

void channel_figures_close(struct channel_figures *figures)
{
    if (figures->event != NULL) {
        event_free(figures->event);
        figures->event = NULL;
    }
}
