/*
 * Purpose: reviews (P1): the authority's check, afterwards, that a disclosure was for the right
 * purpose. A disclosure is picked, the party shows the case file, the authority confirms or
 * objects; who does not answer has the business suspended. A statement of one party and month says
 * what was found. Kept in office/staff.h beside officers. Source: mission.md P1; issue "The
 * office", item 7.
 *
 * Who is picked at random nobody can steer: the hash of a seed is recorded before the month begins,
 * the seed after it is over, and what is drawn follows from seed and place in the public log.
 */
#ifndef DANCU_OFFICE_REVIEW_H
#define DANCU_OFFICE_REVIEW_H

#include "gate/directory.h"

#define DRAW_SEED_BYTES 32
#define DRAW_ONE_IN_MAX UINT64_C(1000000000)

struct draw {
    struct code_text code; /* the month (UTC+7): "2026-12" */
    uint32_t version;
    uint8_t hash[SEAL_HASH_BYTES]; /* SHA-256 of the seed */
    uint8_t seed[DRAW_SEED_BYTES]; /* zeros until it is revealed */
    uint64_t one_in;               /* of so many disclosures one is drawn */
};
/* Is the disclosure at that place of the log drawn: is the first u64 of SHA-256 over the seed and
 * the place (u64, big-endian both) at most 2^64 / one_in? */
bool draw_takes(const uint8_t seed[DRAW_SEED_BYTES], uint64_t one_in, uint64_t index);

enum review_state {
    REVIEW_ASKED,     /* the party is to show the case file */
    REVIEW_ANSWERED,  /* it has */
    REVIEW_LAPSED,    /* it has not, and the business is suspended */
    REVIEW_CONFIRMED, /* it was for the right purpose */
    REVIEW_OBJECTED,  /* it was not, or nobody could show that it was */
    REVIEW_STATE_COUNT
};
enum review_event {
    REVIEW_EVENT_ANSWER,
    REVIEW_EVENT_LAPSE,
    REVIEW_EVENT_CONFIRM,
    REVIEW_EVENT_OBJECT,
    REVIEW_EVENT_COUNT
};
/* REVIEW_STATE_COUNT: not allowed. */
enum review_state office_review_next(enum review_state state, enum review_event event);

struct review {
    struct code_text code; /* "R-", and the record's place in the log: one review a record */
    uint32_t version;
    enum review_state state;
    struct business *business;
    struct code_text ask; /* by which the party knows the disclosure: its id */
    int64_t day;          /* of the disclosure (UTC+7) */
    enum drawn drawn;
    struct long_text reason;       /* why it was picked; empty when it was drawn */
    int64_t due_day;               /* the last on which it may be answered in time */
    uint8_t file[SEAL_HASH_BYTES]; /* SHA-256 of the case file; zeros: none was shown */
    struct long_text finding;      /* empty until it is decided */
};

/* What a party has shown, as long as the review is not decided; its record keeps it for good. */
struct case_file {
    struct code_text code; /* the review's */
    uint32_t version;
    struct party *party;
    enum file_type type;
    uint8_t hash[SEAL_HASH_BYTES]; /* SHA-256 of the bytes; not stored: it follows from them */
    uint32_t len;
    uint8_t bytes[CASE_FILE_BYTES_MAX];
};
/* Do the bytes begin as such a file does? */
bool case_file_typed(enum file_type type, struct view bytes);

struct confirmation {
    struct code_text code; /* the party's, a dot, the month */
    uint32_t version;
    struct party *party;
    struct code_text month;
    uint32_t confirmed;
    uint32_t objected;
    uint32_t unanswered; /* of those objected: nothing was shown */
    struct long_text finding;
};

#endif
