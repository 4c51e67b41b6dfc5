/*
 * Purpose: the keyed map of the persons that the log has rows of (ledger/keymap.h), made from the
 * log's own openings: by the worker each day, and by who checks the worker (`dancu ledger map`).
 * Source: docs/map.md; decision 0061.
 *
 * It reads what the index of the gate reads (gate/history_row.h) and nothing of that index, so that
 * a row that the index has lost is missed in every statement.
 */
#ifndef DANCU_WORKER_MAPPING_H
#define DANCU_WORKER_MAPPING_H

#include "ledger/keymap.h"
#include "worker/scrub.h"

#define MAPPING_ROWS_MAX (1u << 20) /* 75 MB */

struct mapping_config {
    int home_fd;
    int maps_fd; /* the folder below which maps are: the home's, or who checks has another */
    const char *origin;
    const struct scrub_keys *keys;
    struct clock_port clock;
    struct random_port random;
    uint32_t segment_bytes;
    size_t rows_max;  /* in memory at once; MAPPING_ROWS_MAX but in tests */
    const char *from; /* the map that it goes on from; NULL: entry 0 */
    /* Appends to the file that is being made. */
    struct outcome (*put)(void *context, struct view bytes);
    /* Memory is full: what was put is a whole map of a smaller size. It goes on from there, once it
     * can be read at the path that is given, and the next one's bytes follow. */
    struct outcome (*part)(void *context, const char **ret_path);
    /* After each small piece of work: entry `done` is the next one. May wait. */
    void (*step)(void *context, uint64_t done);
    void *context;
};

/* The map of the first `until` entries, which is where a record ends. *ret_rows: that it has now.
 * FAULT_CORRUPT, with the place in ret_why: the log or the map before does not verify. */
struct outcome mapping_run(const struct mapping_config *config, uint64_t until, char ret_why[256],
                           struct keymap_head *ret_head);

#endif
