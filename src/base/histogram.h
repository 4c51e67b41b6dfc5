/*
 * Purpose: histograms for metrics: counts of values by bounds, and their sum, in a row of numbers
 * that its owner keeps. Bounds are whole numbers (microseconds, asks); what they mean in units is
 * the teller's to say.
 */
#ifndef DANCU_BASE_HISTOGRAM_H
#define DANCU_BASE_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#define HISTOGRAM_BOUNDS_MAX 17

struct histogram_bounds {
    unsigned count;
    uint32_t upper[HISTOGRAM_BOUNDS_MAX]; /* ascending; a value counts in the first that it does not
                                             exceed */
};

/* Places of a histogram: one a bound, one for what is above all bounds, and the sum of values. */
#define HISTOGRAM_PLACES(bounds) ((bounds) + 2)

/* Microseconds, 50 us to 10 s. */
#define HISTOGRAM_SPAN_PLACES HISTOGRAM_PLACES(17)
extern const struct histogram_bounds histogram_span;
/* Asks in a batch, up to BATCH_ASKS_MAX. */
#define HISTOGRAM_BATCH_PLACES HISTOGRAM_PLACES(9)
extern const struct histogram_bounds histogram_batch;

/* Adds one value; `places` has HISTOGRAM_PLACES(bounds->count). */
void histogram_add(const struct histogram_bounds *bounds, uint64_t *places, uint64_t value);
/* The same of a span of time that a clock measured: one that runs backwards counts as zero. */
void histogram_add_span(uint64_t places[HISTOGRAM_SPAN_PLACES], int64_t from_us, int64_t until_us);

#endif
