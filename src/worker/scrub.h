/*
 * Purpose: one pass over all that a home keeps: ledger, registry, office, the published policy, the
 * log's name; every seal opened, every index computed again, both sides of the log against each
 * other. The worker process spreads it over a day; `dancu scrub` does it at once.
 * Source: design.md section 7.
 *
 * Nothing is changed or mended, and nothing personal leaves: what is told is places (I1, I7).
 */
#ifndef DANCU_WORKER_SCRUB_H
#define DANCU_WORKER_SCRUB_H

#include "base/clock.h"
#include "proc/scrub.h"
#include "seal/seal.h"

/* What is needed to look: no signing key. */
struct scrub_keys {
    struct secret data;      /* opens persons and objects */
    struct secret data_next; /* likewise: takes over from it, or has */
    bool has_next;
    struct index_keys index; /* makes the tags again */
    struct secret wrap;      /* opens the segments' subkeys, and with them the openings */
    uint8_t log[SEAL_PUBLIC_KEY_BYTES];
    uint8_t log_next[SEAL_PUBLIC_KEY_BYTES]; /* of the key that takes over, or has */
    bool has_log_next;
    uint8_t sign[SEAL_HASH_BYTES]; /* fingerprints of both */
    uint8_t sign_next[SEAL_HASH_BYTES];
};

/* NULL: there is none. */
const struct secret *scrub_data_next(const struct scrub_keys *keys);
const uint8_t *scrub_log_next(const struct scrub_keys *keys);
/* Reads them from the keys' folder; of the signing key only what is public stays. */
struct outcome scrub_keys_read(int keys_fd, struct scrub_keys *ret_keys);

struct scrub_config {
    const char *home; /* path, "." when chrooted into it */
    int home_fd;
    const char *origin;
    const struct scrub_keys *keys;
    struct clock_port clock;
    struct random_port random;
    bool running; /* a server is at work on the home, or being started again */
    bool insist;  /* what cannot be opened is told as a place; else the pass ends as it failed, to
                     be tried again */
    /* After each small piece of work; *status says how far the pass is. May wait. */
    void (*step)(void *context, const struct scrub_status *status);
    /* Each bad place, when it is found; it is in *status already. */
    void (*found)(void *context, const char *place);
    void *context;
};

/* What is carried from pass to pass. */
struct scrub_memory {
    uint64_t applied;    /* the office's applied-up-to, as it was in the pass before */
    uint64_t acts_until; /* index behind the last act that the ledger had in the pass before */
};

/* One pass. *status is kept up to date all along; when it returns with OK the pass is counted and
 * `found` tells how many places are bad. FAULT_BUSY, FAULT_NO_MEMORY or (without `insist`) any
 * failure to open a store: the pass did not come to its end and is to be begun again later. */
struct outcome scrub_pass(const struct scrub_config *config, struct scrub_memory *memory,
                          struct scrub_status *status);

#endif
