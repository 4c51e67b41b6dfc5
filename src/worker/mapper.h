/*
 * Purpose: the worker's side of the day's keyed map: it is made (mapping.h), and told to the core
 * piece by piece, as fast as that takes it. Private to worker/.
 */
#ifndef DANCU_WORKER_MAPPER_H
#define DANCU_WORKER_MAPPER_H

#include "proc/keymapping.h"
#include "proc/proc.h"
#include "worker/scrub.h"

struct mapper {
    int home_fd;
    const char *origin;
    const struct scrub_keys *keys;
    struct clock_port clock;
    struct pipe_end *pipe; /* to the core */
    const unsigned *cores; /* how many there were: another is told nothing */
    bool *named;           /* set by who hears the core say so */
    /* Hears core and supervisor, and waits for them at most so long. */
    void (*wait)(void *context, int64_t wait_us);
    void *context;
};

/* Makes what was ordered and tells how it went. */
void mapper_run(const struct mapper *mapper, const struct keymapping *order);

#endif
