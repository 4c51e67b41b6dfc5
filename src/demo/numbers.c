/*
 * Numbers that nobody bears.
 *
 * Invariants:
 *  1. A pool never gives the same number twice: n -> (start + n * step) mod block is a bijection,
 *     because step ends in 1, 3, 7 or 9 and the block is a power of ten.
 *  2. Start and step depend on the seed and the pool only.
 */
#include "demo/numbers.h"

#include "base/check.h"
#include "base/memory.h"
#include "demo/rng.h"

#define CARD_POOL (ID_POOLS + 1)
#define HOUSEHOLD_POOL (ID_POOLS + 2)

struct outcome demo_numbers_init(struct numbers *numbers, uint64_t seed)
{
    uint32_t *given = memory_new(ID_POOLS, sizeof *given);
    if (given == NULL) {
        return outcome_fail(FAULT_NO_MEMORY, "counts of synthetic numbers");
    }
    *numbers = (struct numbers){.seed = seed, .given = given};
    return OUTCOME_OK;
}

void demo_numbers_done(struct numbers *numbers)
{
    if (numbers != NULL) {
        memory_free(numbers->given);
        *numbers = (struct numbers){0};
    }
}

static uint64_t spread(uint64_t seed, uint32_t pool, uint32_t count, uint64_t block)
{
    static const uint8_t endings[4] = {1, 3, 7, 9};
    uint64_t random = demo_rng_mix(demo_rng_mix(seed, UINT64_C(0x6e756d62)), pool);
    uint64_t start = demo_rng_mix(random, 0) % block;
    uint64_t step = demo_rng_mix(random, 1) % block;
    step = step - step % 10 + endings[random & 3];
    CHECK(count < block && step % 2 == 1 && step % 5 != 0);
    return (start + count * step) % block;
}

/* `digits` digits of a number, leading zeros kept. */
static void write_digits(char *ret_text, uint64_t value, unsigned digits)
{
    for (unsigned i = digits; i > 0; i--) {
        ret_text[i - 1] = (char)('0' + value % 10);
        value /= 10;
    }
    CHECK(value == 0);
}

struct outcome demo_numbers_id(struct numbers *numbers, unsigned prefix, unsigned sex, int year,
                               char ret_id[13])
{
    CHECK(prefix < ID_PREFIXES && (sex == 1 || sex == 2) && year >= 1900 && year <= 2099);
    unsigned digit = (year >= 2000 ? 2U : 0U) + (sex == 2 ? 1U : 0U);
    unsigned two = (unsigned)(year % 100);
    uint32_t pool = (prefix * 4 + digit) * 100 + two;
    CHECK(pool < ID_POOLS);
    if (numbers->given[pool] == ID_BLOCK) {
        return outcome_fail(FAULT_OVER_LIMIT, "block of synthetic personal numbers used up");
    }
    uint64_t random = 900000 + spread(numbers->seed, pool, numbers->given[pool]++, ID_BLOCK);
    write_digits(ret_id, prefix, 3);
    write_digits(ret_id + 3, digit, 1);
    write_digits(ret_id + 4, two, 2);
    write_digits(ret_id + 6, random, 6);
    ret_id[12] = '\0';
    return OUTCOME_OK;
}

struct outcome demo_numbers_card(struct numbers *numbers, char ret_card[10])
{
    if (numbers->cards == CARD_BLOCK) {
        return outcome_fail(FAULT_OVER_LIMIT, "block of synthetic card numbers used up");
    }
    write_digits(ret_card, 9, 1);
    write_digits(ret_card + 1, spread(numbers->seed, CARD_POOL, numbers->cards++, CARD_BLOCK), 8);
    ret_card[9] = '\0';
    return OUTCOME_OK;
}

struct outcome demo_numbers_household(struct numbers *numbers, unsigned province,
                                      char ret_number[12])
{
    if (numbers->households == CARD_BLOCK) {
        return outcome_fail(FAULT_OVER_LIMIT, "block of synthetic household numbers used up");
    }
    write_digits(ret_number, province, 3);
    write_digits(ret_number + 3,
                 spread(numbers->seed, HOUSEHOLD_POOL, numbers->households++, CARD_BLOCK), 8);
    ret_number[11] = '\0';
    return OUTCOME_OK;
}
