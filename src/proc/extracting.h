/*
 * Purpose: the frames of lists of people (decision 0052): the core has the worker collect whom an
 * approved list is of, hands the keys to the process `jobs`, and is told that they are kept. The
 * receiver relies on no promise of the sender.
 * Owner: core -> worker (FRAME_EXTRACT), worker -> core, core -> jobs and jobs -> core
 * (FRAME_EXTRACTED). One a frame.
 */
#ifndef DANCU_PROC_EXTRACTING_H
#define DANCU_PROC_EXTRACTING_H

#include "proc/jobbing.h"

/* 16 bytes, block16 criteria, block16 population, u32 hidden, u64 day, u32 cap. */
struct extract_order {
    uint8_t id[JOB_ID_BYTES]; /* of the list's job */
    struct view criteria;     /* a condition on people (domain/population.h), and ... */
    struct view population;   /* ... the business' own; empty: none */
    uint32_t hidden;          /* who has one of these flags is left out (domain/person.h) */
    int64_t today;            /* day, UTC+7 */
    uint32_t cap;             /* 1..EXTRACT_PERSONS_MAX; one more, and nobody is told */
};
void extracting_put_order(struct buf *buf, const struct extract_order *order);
struct outcome extracting_get_order(const struct frame *frame, struct extract_order *ret_order);

enum extract_saying {
    EXTRACT_FOUND,    /* worker: these are they; `keys` */
    EXTRACT_TOO_MANY, /* worker: more than the cap; nobody is told */
    EXTRACT_UNREAD,   /* worker: the register could not be read; it is ordered again */
    EXTRACT_LIST,     /* core -> jobs: keep these as a job, `keys` and all the rest */
    EXTRACT_KEPT,     /* jobs: that job is there */
    EXTRACT_UNKEPT,   /* jobs: there is no room; it is told again */
    EXTRACT_SAYING_COUNT
};

/* 16 bytes, u8 saying, 32 bytes, block16 account, block16 business, block16 case, u64 fields,
 * block32 keys. What a saying does not need is zero or empty. */
struct extracted {
    uint8_t id[JOB_ID_BYTES];
    enum extract_saying saying;
    uint8_t spki[32];    /* of the account's certificate by which the job asks */
    struct view account; /* EXTRACT_LIST, as all below */
    struct view business;
    struct view case_ref;
    uint64_t fields;  /* mask */
    struct view keys; /* of persons, ASK_PERSON_KEY_BYTES each; there may be none */
};
void extracting_put(struct buf *buf, const struct extracted *extracted);
struct outcome extracting_get(const struct frame *frame, struct extracted *ret_extracted);

#endif
