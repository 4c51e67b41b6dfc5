/*
 * Purpose: what an account's misuse has touched: how many people, which fields how often, and the
 * drafts of the notices that the law wants within 72 hours. Private to worker/.
 * Source: issue "The office", item 9; the data-protection law's notice of a breach.
 */
#ifndef DANCU_WORKER_INCIDENT_H
#define DANCU_WORKER_INCIDENT_H

#include "worker/filter.h"

struct touched {
    int64_t opened_us; /* when the act that opened it was recorded */
    uint64_t *keys;    /* of the people touched, one a disclosure until incident_end() */
    size_t key_count;
    size_t key_cap;
    uint64_t by_field[FIELD_COUNT]; /* disclosures */
};
void incident_done(struct touched *incident);
/* FAULT_OVER_LIMIT above INCIDENT_DISCLOSURES_MAX, FAULT_NO_MEMORY. */
struct outcome incident_add(struct touched *incident, uint64_t key, uint64_t fields);
/* How many people; nothing is added afterwards. */
uint64_t incident_persons(struct touched *incident);
/* One JSON object, canonical. `filter` is the act's. */
void incident_put(const struct touched *incident, const struct filter *filter, uint64_t persons,
                  uint64_t disclosures, struct buf *buf);

#endif
