/*
 * Purpose: collects whom an approved list of people is of (decision 0052): keys of persons, and
 * nothing else of them.
 */
#ifndef DANCU_WORKER_COLLECT_H
#define DANCU_WORKER_COLLECT_H

#include "proc/extracting.h"
#include "worker/scrub.h"

struct collect_config {
    const char *home;
    const struct scrub_keys *keys;
    struct random_port random;
    /* After each small piece of the register: the moment to look around. */
    void (*step)(void *context);
    void *context;
};

/* Fills ret_found, whose keys borrow from `keys` (EXTRACT_PERSONS_MAX * ASK_PERSON_KEY_BYTES of
 * room): found, too many, or unread. */
void collect_run(const struct collect_config *config, const struct extract_order *order,
                 struct buf *keys, struct extracted *ret_found);

#endif
