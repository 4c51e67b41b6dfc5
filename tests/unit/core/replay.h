/*
 * Purpose: every prefix of a story's tape, and after each what a loss of power can leave: the house
 * starts from it and the oracle looks. A seed and a place give the same state again.
 */
#ifndef DANCU_TESTS_CORE_REPLAY_H
#define DANCU_TESTS_CORE_REPLAY_H

#include "oracle.h"

#define REPLAY_REASONS 16

/* Syncs that a lying disk only pretends to make; REPLAY_HONEST: none. */
enum replay_lie {
    REPLAY_HONEST,
    REPLAY_ALL,       /* every sync */
    REPLAY_SEGMENTS,  /* files in commit/ */
    REPLAY_DERIVED,   /* files in derived/ and ledger/ */
    REPLAY_WALS,      /* the databases' logs */
    REPLAY_DATABASES, /* the databases themselves */
    REPLAY_FOLDERS,   /* names */
    REPLAY_LIE_COUNT
};
const char *replay_lie_name(enum replay_lie lie);

struct replay {
    uint64_t seed;
    unsigned states; /* after each point; the first POWER_LOSS_ANY of them are of one kind each */
    size_t first;    /* point */
    size_t stride;   /* every so many points, from the first on */
    enum replay_lie lie;
    bool twice; /* one in four loses power again while it recovers */
    void (*tell)(size_t point, size_t points);
};

struct replay_sums {
    uint64_t points;
    uint64_t states;
    uint64_t again; /* states that lost power a second time, during recovery */
    uint64_t asks;  /* looked for and found, over all states */
    uint64_t acts;
    uint64_t chunks;
    uint64_t checkpoints;
    uint64_t refused;
    uint64_t wrong;
    char reasons[REPLAY_REASONS][HOUSE_WHY_BYTES]; /* of refusals */
    uint64_t reason_counts[REPLAY_REASONS];
    char first_wrong[HOUSE_WHY_BYTES]; /* with its place */
};

/* The story has been lived; `past` is its disk before it. */
void replay_run(struct story *story, const struct power *past, const struct replay *replay,
                struct replay_sums *ret_sums);

#endif
