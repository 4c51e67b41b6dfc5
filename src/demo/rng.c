/*
 * Repeatable randomness for synthetic people.
 *
 * Invariants:
 *  1. No floating point and nothing of the machine: a seed is the population.
 *  2. The state is never all zero: splitmix64 fills it with four different numbers.
 */
#include "demo/rng.h"

#include "base/check.h"

#define GOLDEN UINT64_C(0x9e3779b97f4a7c15)

uint64_t demo_rng_mix(uint64_t seed, uint64_t value)
{
    uint64_t mixed = seed + (value + 1) * GOLDEN;
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ (mixed >> 31);
}

void demo_rng_start(struct rng *rng, uint64_t seed, uint64_t stream)
{
    uint64_t root = demo_rng_mix(demo_rng_mix(seed, 0), stream);
    for (unsigned i = 0; i < 4; i++) {
        rng->state[i] = demo_rng_mix(root, i);
    }
    CHECK((rng->state[0] | rng->state[1] | rng->state[2] | rng->state[3]) != 0);
}

static uint64_t rotated(uint64_t value, unsigned bits)
{
    return (value << bits) | (value >> (64 - bits));
}

uint64_t demo_rng_next(struct rng *rng)
{
    uint64_t *state = rng->state;
    uint64_t result = rotated(state[1] * 5, 7) * 9;
    uint64_t shifted = state[1] << 17;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = rotated(state[3], 45);
    return result;
}

static uint32_t weight_of(const void *rows, size_t index, size_t row_bytes)
{
    uint32_t weight;
    memcpy(&weight, (const uint8_t *)rows + index * row_bytes, sizeof weight);
    return weight;
}

size_t demo_rng_row(struct rng *rng, const void *rows, size_t count, size_t row_bytes)
{
    uint32_t total = 0;
    for (size_t i = 0; i < count; i++) {
        total += weight_of(rows, i, row_bytes);
    }
    CHECK(total > 0);
    uint32_t left = rng_below(rng, total);
    size_t index = 0;
    while (left >= weight_of(rows, index, row_bytes)) {
        left -= weight_of(rows, index, row_bytes);
        index++;
    }
    CHECK(index < count);
    return index;
}
