/*
 * Purpose: the gate in a small world that a test rules: clock, randomness, a registry and a log in
 * memory that fail when they are told to, two parties and their businesses, a handful of people.
 * The registry and the log are stand-ins for store/ and ledger/; person records, policy, seals and
 * blind tags are the real ones.
 */
#ifndef DANCU_TESTS_UNIT_GATE_WORLD_H
#define DANCU_TESTS_UNIT_GATE_WORLD_H

#include "help.h"

#include "gate/work.h"

#include <jansson.h>

#define WORLD_NOW_US INT64_C(1795423081000123) /* 2026-11-23T08:38:01.000123Z: 15:38 in Vietnam */
#define WORLD_MIDNIGHT_S 30119                 /* seconds until midnight in Vietnam */
#define WORLD_PEOPLE_MAX 32
#define WORLD_ENTRIES_MAX 70000

/* The people; each with a number of his own. */
#define WORLD_AN "079090912345"     /* in province 79, with a household of An, Bình, Chi */
#define WORLD_BINH "079190912346"   /* protected; of An's household */
#define WORLD_CHI "079090912347"    /* locked; of An's household */
#define WORLD_DUNG "001090912348"   /* in province 01; year of birth only; deceased */
#define WORLD_NOBODY "079090999999" /* not in the register */
#define WORLD_AN_CMND "901234567"
#define WORLD_AN_NAME "Nguyễn Văn An"
#define WORLD_AN_BIRTH "1990-01-02"

struct registry_person {
    uint8_t id_tag[SEAL_BLIND_BYTES];
    uint8_t cmnd_tag[SEAL_BLIND_BYTES];
    uint64_t key;
    uint32_t version;
    struct buf record;
    struct buf old; /* as it was at old_version; 0: there was none before */
    uint32_t old_version;
    uint32_t flags; /* protected, locked */
    bool damaged;   /* its seal does not verify */
};

/* Stands for store/. */
struct registry {
    struct blinder *blinder;
    struct registry_person people[WORLD_PEOPLE_MAX];
    unsigned count;
    unsigned fetches;    /* calls of registry_fetch() */
    bool batch;          /* between registry_batch_begin() and registry_batch_end() */
    struct view origins; /* of everybody */
    enum fault fault;    /* of the next fetch */
    unsigned looks;      /* tags that registry_keys() looked for */
    enum fault keys_fault;
};

/* Stands for ledger/. */
#define WORLD_RESTORED_SIZE 7
struct ledger {
    struct buf entries[WORLD_ENTRIES_MAX];
    struct buf openings[WORLD_ENTRIES_MAX];
    unsigned pending; /* added and not committed, behind `size` */
    unsigned size;
    unsigned commits;
    bool full;
    bool released;        /* until then it is a restored home's: WORLD_RESTORED_SIZE, id of zeros */
    enum fault add_fault; /* of every add */
    enum fault commit_fault; /* of every commit */
    enum fault prove_fault;
    unsigned rereads;  /* calls of ledger_reread() */
    unsigned expected; /* calls of ledger_expect() */
    enum fault reread_fault;
};

struct world {
    int64_t now_us;
    uint64_t seed;
    struct directory directory;
    struct registry registry;
    struct ledger ledger;
    struct policy *policy;
    bool history; /* gates that are made keep who has seen whom */
    struct gate *gate;
    struct answer answers[BATCH_ASKS_MAX];
};

int world_setup(void **state);
int world_teardown(void **state);
/* Another gate over the same directory, registry and log, as after a restart: counters are gone. */
struct gate *world_gate_new(struct world *world);
/* An ask that is disclosed: the bank about An. */
struct ask world_ask(void);
/* The same by another account, under another business. */
struct ask world_ask_by(struct world *world, const char *account, const char *business);
/* Puts one ask through the gate and gives its answer. */
const struct answer *world_serve(struct world *world, const struct ask *ask);
struct business *world_business(struct world *world, const char *code);
struct account *world_account(struct world *world, const char *code);
/* One more, in province 79 unless another is said; `flags` as the import's line has them. */
void world_add_namesake(struct world *world, const char *id, const char *name, const char *birth,
                        const char *province, const char *flags);
/* One more, of whom the register has one relative. */
void world_add_child(struct world *world, const char *id, const char *relation,
                     const char *relative);
struct registry_person *world_person(struct world *world, const char *id);
/* What the last entry's sealed opening says of how it was decided; the caller's to release. */
json_t *world_last_trace(struct world *world);
void world_check_rule(struct world *world, enum rule rule);

#endif
