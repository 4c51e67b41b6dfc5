/*
 * Purpose: everything that a house did to its disk, ledger and stores in one sequence, and what it
 * had told the world by then: answers, acts taken, chunks taken, checkpoints published.
 */
#ifndef DANCU_TESTS_CORE_TAPE_H
#define DANCU_TESTS_CORE_TAPE_H

#include "ledger/power.h"

#include "office/act.h"
#include "store/store.h"

#define WITNESSES_MAX 1024
#define TAPE_NEVER SIZE_MAX

enum witness_kind {
    WITNESS_ASK,        /* an answer with its receipt went out */
    WITNESS_CHECKPOINT, /* was published */
    WITNESS_ACT,
    WITNESS_CHUNK
};

/* `begun` and `told` are places on the tape; told == TAPE_NEVER: nobody was told that it is done,
 * so it may be there or not. */
struct witness {
    enum witness_kind kind;
    size_t begun;
    size_t told;
    /* an ask's, and what a checkpoint says */
    uint64_t index;
    uint8_t leaf[SEAL_HASH_BYTES];
    uint64_t size;
    uint8_t root[SEAL_HASH_BYTES];
    /* an act's whole bytes, hashed */
    enum act_kind act;
    uint8_t act_hash[SEAL_HASH_BYTES]; /* of a signed one: its JWS's */
    unsigned which_signed;             /* enum deed_signed + 1; 0: it is not signed */
    /* a chunk's */
    struct registry_chunk chunk;
    unsigned first_person;
    unsigned version; /* of the people in it */
};

struct tape {
    struct power_op *ops;
    size_t count;
    size_t cap;
    struct witness witnesses[WITNESSES_MAX];
    unsigned witness_count;
};

/* A watch of struct power. */
void tape_take(void *tape, const struct power_op *op);
/* One more witness, begun now and told never. */
struct witness *tape_witness(struct tape *tape, enum witness_kind kind);
void tape_done(struct tape *tape);

#endif
