/*
 * Purpose: which persons fulfil conditions now. It says their keys and hands nothing else out: no
 * record, no value, no number (invariants I1, I7). For the worker, which collects whom an approved
 * list is of (decision 0052).
 */
#ifndef DANCU_STORE_COLLECT_H
#define DANCU_STORE_COLLECT_H

#include "domain/population.h"
#include "store/store.h"

/* Both conditions must hold. Views and pointers borrow. */
struct collect_wish {
    const struct population *criteria;
    const struct population *population; /* of the business; without nodes: everyone */
    uint32_t hidden;                     /* who has one of these flags is left out */
    int64_t today;                       /* day, UTC+7 */
    /* Whether who has that tag stands in a list of persons that a condition names. */
    enum truth (*listed)(void *context, struct view code, const uint8_t tag[SEAL_BLIND_BYTES]);
    void *context;
};

struct collect_watch {
    void *context;
    /* False: it has had enough. */
    bool (*fits)(void *context, uint64_t key);
    /* After each small piece, in no transaction: the moment to wait. */
    void (*step)(void *context);
};

/* Looks at every person, 256 in a transaction, in the order of their keys. `config->mode` is not
 * looked at: the connection only reads, and a writer may be at work. A record that does not open is
 * passed over (the place is logged): nobody is told of what cannot be read. */
struct outcome registry_collect(const struct registry_config *config,
                                const struct collect_wish *wish, const struct collect_watch *watch);

#endif
