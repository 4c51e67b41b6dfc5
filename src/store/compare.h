/*
 * Purpose: which versions of which persons have given values. It says key and version of what fits
 * and hands nothing else out: no record, no value, no number (invariants I1, I7). For the worker's
 * search after a leak. Source: issue "The office", leak trace.
 */
#ifndef DANCU_STORE_COMPARE_H
#define DANCU_STORE_COMPARE_H

#include "store/store.h"

/* All that is given must hold of one version. Views borrow. */
struct compare_wish {
    struct view id;          /* 12 digits; empty = not given, likewise what follows */
    struct view cmnd;        /* 9 digits */
    struct view folded_name; /* country_fold_name(): names are compared as asks compare them */
    uint64_t fields;         /* others, each compared byte for byte with ... */
    struct view values[FIELD_COUNT]; /* ... its canonical JSON */
};

struct compare_watch {
    void *context;
    void (*fits)(void *context, uint64_t key, uint32_t version);
    /* After each small piece, in no transaction: the moment to wait. */
    void (*step)(void *context);
};

/* Looks at the one person who has the personal number, when it is given and the blind index knows
 * it; else (a CMND may be two persons', or a former one) at every person and every former version.
 * `config->mode` is not looked at: the connection only reads, and a writer may be at work.
 * FAULT_CORRUPT: a record does not open (the place is logged), and what could not be looked at
 * could have fitted. */
struct outcome registry_compare(const struct registry_config *config,
                                const struct compare_wish *wish, const struct compare_watch *watch);

#endif
