/*
 * Purpose: searches in the private side of the records: which disclosures leaked values can have
 * come from, and which records meet other criteria (filter.h). Whoever calls has had the order
 * recorded as an act (invariant I8). Private to worker/.
 * Source: issue "The office", items 6 and 9.
 *
 * Where people are looked for, the register is asked first which versions of whom have all the
 * values (store/compare.h); then the commit log is walked over. After a leak that is what was
 * disclosed of such a version, with all these fields: a value that has changed parts the
 * disclosures before from those after. Each entry found comes with its proof and the disclosures
 * that say who asked, when, and for which business and case: nothing of that has to be believed.
 * What names a person is left out.
 */
#ifndef DANCU_WORKER_SEARCH_H
#define DANCU_WORKER_SEARCH_H

#include "proc/searching.h"
#include "worker/scrub.h"

struct search_config {
    const char *home; /* path, "." when chrooted into it */
    int home_fd;
    const char *origin;
    const struct scrub_keys *keys;
    struct clock_port clock;
    struct random_port random;
    uint32_t segment_bytes; /* COMMIT_SEGMENT_BYTES */
    /* After each small piece of work; *found says how far it is. May wait. */
    void (*step)(void *context, const struct search_found *found);
    void *context;
};

/* *ret_found: done, or failed with its reason; its items borrow from `items`, its summary from
 * `summary`, its `why` from `ret_why`. */
void search_run(const struct search_config *config, const struct search_order *order,
                struct buf *items, struct buf *summary, char ret_why[SEARCH_WHY_BYTES_MAX + 1],
                struct search_found *ret_found);

#endif
