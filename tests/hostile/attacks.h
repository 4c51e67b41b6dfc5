/*
 * Purpose: what a taken front process tries, as a table: one attack at a time, told what it met as
 * a sentence. Tests only.
 */
#ifndef DANCU_TESTS_HOSTILE_ATTACKS_H
#define DANCU_TESTS_HOSTILE_ATTACKS_H

#include "proc/proc.h"

#define MET_BYTES_MAX 200

/* What passed through the front process before it was taken. */
struct seen {
    uint8_t spki[32];
    char id[16];
    char name[ASK_NAME_BYTES_MAX];
    char birth_date[16];
};

struct hostile {
    const struct child *child;
    const struct seen *seen;
    struct pipe_end pipe;
    bool dropped; /* the core has closed the pipe */
    char met[MET_BYTES_MAX];
};

struct attack {
    const char *name;
    void (*run)(struct hostile *hostile, unsigned variant);
    unsigned variant;
};

/* Frames and asks; then calls. */
extern const struct attack frame_attacks[];
extern const unsigned frame_attack_count;
extern const struct attack call_attacks[];
extern const unsigned call_attack_count;

#endif
