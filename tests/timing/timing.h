/*
 * Purpose: the gate on a real home, timed by the reason for which a person is not available (I5).
 * The same people are asked about for every reason, so that records, names and answers are the same
 * bytes, and what differs is the reason alone:
 *
 *   unknown     a number that nobody has, whose neighbour in the index is that very person
 *   name        the person's number, another name of as many bytes
 *   birth_date  likewise, another date
 *   protected   all right; the person is protected
 *   outside     all right; the business's population is another province
 *   control     all right; refused before the read: a difference that must be seen
 */
#ifndef DANCU_TESTS_TIMING_H
#define DANCU_TESTS_TIMING_H

#include "core/house.h"

#define PEOPLE_MAX 4096
#define TEXT_MAX 256
#define ACCOUNTS 5         /* of a block: each asks for one reason, so that all have one history */
#define BLOCK_ROUNDS_MAX 5 /* guessing allows so many misses of a party on a number */

enum reason {
    REASON_UNKNOWN,
    REASON_NAME,
    REASON_BIRTH_DATE,
    REASON_PROTECTED,
    REASON_OUTSIDE,
    REASON_CONTROL,
    REASON_COUNT
};
extern const char *const reason_words[REASON_COUNT];

struct subject {
    char id[16];
    char unknown[16]; /* whose neighbour is this person; "" until found */
    char name[TEXT_MAX];
    char other_name[TEXT_MAX];
    char birth[16];
    char other_birth[16];
    uint64_t key;
};

struct timing {
    struct house_keys keys;
    struct house *house;
    char registry[1024]; /* path of the file */
    int registry_fd;
    struct subject people[PEOPLE_MAX];
    unsigned count;       /* of people with a neighbour of their own */
    enum service service; /* that they are asked about through */
    unsigned block;
    unsigned rounds; /* of the block */
};

/* Ends the program with a line when it cannot go on. */
_Noreturn void die(const char *what);
void must(struct outcome outcome, const char *what);
/* Opens the house; people from a file of tab-separated lines: id, name, other name, birth date,
 * other birth date, and the unknown number if it is known already. Those for whom none is found are
 * dropped. */
void timing_open(struct timing *timing, const char *home, const char *keys, const char *people);
/* The people as such a file, unknown numbers included, to standard output. */
void timing_people_write(const struct timing *timing);
/* Makes the accounts and businesses of the next block. */
void timing_block(struct timing *timing);
struct ask timing_ask(const struct timing *timing, enum reason reason,
                      const struct subject *subject);
/* Pages of the registry out of this process and out of the system's cache; gives how many are still
 * there. */
size_t timing_evict(const struct timing *timing);

#endif
