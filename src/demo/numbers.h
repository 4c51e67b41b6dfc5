/*
 * Purpose: numbers that nobody bears: personal ids with a random part of 900000 to 999999, identity
 * cards that begin with 9, household numbers; each at most once in a population, without a table of
 * those given out.
 * Source: domain.md section 2 (shape), formats.md "Person" (synthetic numbers).
 *
 * Each pool counts upwards, and a bijection of its block spreads the count over the block.
 */
#ifndef DANCU_DEMO_NUMBERS_H
#define DANCU_DEMO_NUMBERS_H

#include "base/outcome.h"

#define ID_BLOCK 100000      /* numbers of one prefix, century and sex, year of birth */
#define CARD_BLOCK 100000000 /* identity cards, and household numbers */
#define ID_PREFIXES 200
#define ID_POOLS (ID_PREFIXES * 4 * 100)

struct numbers {
    uint64_t seed;
    uint32_t *given; /* ID_POOLS counts */
    uint32_t cards;
    uint32_t households;
};

/* FAULT_NO_MEMORY. */
struct outcome demo_numbers_init(struct numbers *numbers, uint64_t seed);
void demo_numbers_done(struct numbers *numbers);
/* Twelve digits and a terminator. `sex` is the one that the number tells; the year is 1900 to 2099.
 * FAULT_OVER_LIMIT: the block is used up. */
struct outcome demo_numbers_id(struct numbers *numbers, unsigned prefix, unsigned sex, int year,
                               char ret_id[13]);
/* Nine digits, and eleven that begin with the province of the household. */
struct outcome demo_numbers_card(struct numbers *numbers, char ret_card[10]);
struct outcome demo_numbers_household(struct numbers *numbers, unsigned province,
                                      char ret_number[12]);

#endif
