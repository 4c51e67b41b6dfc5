/*
 * Purpose: a channel process tells the core its figures, once a second (FRAME_STATS).
 * Owner: each channel process has one, in the event loop of its HTTP server; opened before the
 * link, closed before the server is freed.
 */
#ifndef DANCU_CHANNEL_FIGURES_FIGURES_H
#define DANCU_CHANNEL_FIGURES_FIGURES_H

#include "channel/http/http.h"
#include "channel/link/link.h"
#include "channel/texts/texts.h"
#include "proc/figures.h"

struct channel_figures {
    struct http_server *server;
    struct link *link;
    const struct texts *texts;
    void *context;
    /* Finishes a frame that is begun in the link, and fills in the owner's own. May be NULL. */
    void (*before)(void *context, uint64_t *figures);
    struct event *event; /* the module's own */
};

/* Everything but `event` is given. */
struct outcome channel_figures_open(struct channel_figures *figures,
                                    const struct channel_figures *given);
/* Accepts a zeroed one. */
void channel_figures_close(struct channel_figures *figures);

#endif
