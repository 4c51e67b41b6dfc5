/*
 * Purpose: what must hold of a house on whatever a crash left: it starts, by itself, with all that
 * anybody was told, or it refuses and names the place.
 */
#ifndef DANCU_TESTS_CORE_ORACLE_H
#define DANCU_TESTS_CORE_ORACLE_H

#include "story.h"

struct finding {
    bool refused;
    char why[HOUSE_WHY_BYTES]; /* of the refusal */
    char wrong[256];           /* empty: all holds */
    /* looked at and found */
    unsigned asks;
    unsigned acts;
    unsigned chunks;
    unsigned checkpoints;
    uint64_t size;  /* entries after the start */
    uint64_t calls; /* of the disk, by the start */
};

/* Starts the house on that disk as of that point of the tape (TAPE_NEVER - 1: its end), looks, lets
 * it live on, ends it, starts it again and verifies it whole. The disk is used up. */
void oracle_look(struct story *story, struct power *disk, size_t point, struct finding *ret_found);

/* The log, read through, and what follows from it. */
#define ORACLE_ENTRIES_MAX 4096
#define ORACLE_ACTS_MAX 128
struct oracle_log {
    uint64_t size;
    uint8_t leaves[ORACLE_ENTRIES_MAX][SEAL_HASH_BYTES];
    struct {
        uint64_t index;
        enum act_kind kind;
        uint8_t hash[SEAL_HASH_BYTES];     /* of its bytes; of a signed one: its JWS's */
        char code[ASK_CODE_BYTES_MAX + 1]; /* of the object, or the number of a chunk */
        char value[SEAL_HASH_BYTES * 2 + 1];
        uint64_t added;
    } acts[ORACLE_ACTS_MAX];
    unsigned act_count;
    struct {
        const char *code;
        int64_t day;
        uint64_t used;
    } quotas[2];
    uint64_t misses;
    int64_t miss_day;
    uint64_t charged_asks;
    uint64_t charged_vnd;
};
struct outcome oracle_log_read(struct ledger *ledger, struct oracle_log *ret_log);
/* The root of the first `size` leaves (RFC 6962), computed here. */
void oracle_root(const struct oracle_log *log, uint64_t size, uint8_t ret_root[SEAL_HASH_BYTES]);

#endif
