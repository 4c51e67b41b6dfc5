/*
 * Purpose: repeatable randomness for synthetic people: xoshiro256** (Blackman and Vigna, public
 * domain), whole numbers only, so that the same seed gives the same people on every machine.
 * Never for anything that must not be guessed: that comes from struct random_port.
 */
#ifndef DANCU_DEMO_RNG_H
#define DANCU_DEMO_RNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rng {
    uint64_t state[4];
};

/* One of 2^64 streams of a seed; streams do not influence each other. */
void demo_rng_start(struct rng *rng, uint64_t seed, uint64_t stream);
uint64_t demo_rng_next(struct rng *rng);
/* A number that only depends on the two (splitmix64). */
uint64_t demo_rng_mix(uint64_t seed, uint64_t value);

/* 0 .. count - 1; count > 0. Its bias is below count / 2^32. */
static inline uint32_t rng_below(struct rng *rng, uint32_t count)
{
    return (uint32_t)(((demo_rng_next(rng) >> 32) * count) >> 32);
}

/* from .. to, both included. */
static inline int rng_between(struct rng *rng, int from, int to)
{
    return from + (int)rng_below(rng, (uint32_t)(to - from) + 1);
}

/* True so many times in a million. */
static inline bool rng_chance(struct rng *rng, uint32_t millionths)
{
    return rng_below(rng, 1000000) < millionths;
}

/* 0 .. count - 1, the first ones much more often: for lists that begin with what is common. */
static inline uint32_t rng_early(struct rng *rng, uint32_t count)
{
    return rng_below(rng, 1 + rng_below(rng, count));
}

/* Index of a row of a table whose rows begin with their `uint32_t weight`; the sum is > 0. */
size_t demo_rng_row(struct rng *rng, const void *rows, size_t count, size_t row_bytes);

#endif
