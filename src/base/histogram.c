/*
 * Histograms for metrics.
 *
 * Invariants
 *  1. The places but the last add up to the number of values; no value is in two of them.
 */
#include "base/histogram.h"

#include "base/ceilings.h"
#include "base/check.h"

const struct histogram_bounds histogram_span = {
    17,
    {50, 100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000,
     2500000, 5000000, 10000000},
};

const struct histogram_bounds histogram_batch = {9, {1, 2, 4, 8, 16, 32, 64, 128, BATCH_ASKS_MAX}};

void histogram_add(const struct histogram_bounds *bounds, uint64_t *places, uint64_t value)
{
    CHECK(bounds->count > 0 && bounds->count <= HISTOGRAM_BOUNDS_MAX);
    unsigned place = 0;

    while (place < bounds->count && value > bounds->upper[place]) {
        place++;
    }
    places[place]++;
    places[bounds->count + 1] += value;
}

void histogram_add_span(uint64_t places[HISTOGRAM_SPAN_PLACES], int64_t from_us, int64_t until_us)
{
    histogram_add(&histogram_span, places, until_us > from_us ? (uint64_t)(until_us - from_us) : 0);
}
