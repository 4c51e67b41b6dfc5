/*
 * Purpose: the life of a whole house on the disk in memory, as a script of steps: batches, acts,
 * by hand and signed, import chunks, publication, segments with and without the keeper, snapshots,
 * clean and unclean ends. What it told the world stands on its tape.
 */
#ifndef DANCU_TESTS_CORE_STORY_H
#define DANCU_TESTS_CORE_STORY_H

#include "home.h"
#include "tape.h"
#include "vfs.h"

#define STORY_SEGMENT_BYTES 131072u
#define STORY_FEW_QUOTA 4 /* a day, of the business NV-FEW */

/* How a process ended or a start went, for tables of failing calls. */
struct story_sums {
    unsigned answered;         /* asks with a receipt */
    unsigned unavailable;      /* asks told ledger_unavailable */
    unsigned not_taken;        /* acts and chunks that were told to have failed */
    unsigned restarts;         /* in doubt: ended and started again */
    unsigned refusals;         /* starts that refused */
    char why[HOUSE_WHY_BYTES]; /* of the last refusal */
};

struct story {
    struct home *home; /* its folder holds the file `origin`; all else is in memory */
    int home_fd;
    struct house *house; /* NULL: no process runs */
    struct power *power;
    struct tape tape;
    uint64_t seed;
    int64_t now_us;
    bool ended; /* in doubt: the process exits */
    bool lost;  /* no start succeeds any more */
    uint64_t asked;
    struct story_sums sums;
};

/* The past (on a real disk, in a folder of memory), taken into the disk in memory. */
struct story *story_new(uint64_t seed);
void story_free(struct story *story);
unsigned story_steps(void);
const char *story_step_name(unsigned step);
/* Opens the house when there is none, does one step, ends the process where that is in doubt. */
void story_step(struct story *story, unsigned step);
/* All from a step on. */
void story_live(struct story *story, unsigned from);
/* The process is gone, its unwritten things with it; the disk goes on. */
void story_die(struct story *story);

/* For whoever looks at what is left. */
struct house_ports story_ports(struct story *story, const struct disk_port *disk);
struct ask story_ask(unsigned person, unsigned version, char ret_key[13], char ret_birth[11]);

#endif
