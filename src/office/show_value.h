/*
 * Purpose: one member of an object that is shown: where its value is and how it is written. Private
 * to office/show.c and its tables.
 */
#ifndef DANCU_OFFICE_SHOW_VALUE_H
#define DANCU_OFFICE_SHOW_VALUE_H

#include "gate/directory.h"

enum show_type {
    SHOW_CODE,   /* struct code_text; empty = absent, as of the next two */
    SHOW_TEXT,   /* struct long_text */
    SHOW_PEOPLE, /* struct population, as an act writes it */
    SHOW_PARTY,  /* pointer: its code, as of the next */
    SHOW_ACCOUNT,
    SHOW_FOR_BUSINESS, /* likewise; NULL = absent */
    SHOW_JOB,          /* a job's id */
    SHOW_WORD,         /* an enum */
    SHOW_WORDS32,      /* masks */
    SHOW_WORDS64,
    SHOW_NUMBER32, /* 0 = absent */
    SHOW_COUNT32,
    SHOW_NUMBER64,
    SHOW_LIMIT64, /* 0 = absent: there is none */
    SHOW_DAY,     /* the first and the last there is = absent */
    SHOW_HOURS,   /* mask; all = absent */
    SHOW_HASH,    /* zeros = absent */
    SHOW_FLAG,
    SHOW_KEY, /* ES256_SPKI_BYTES of DER, base64 */
    SHOW_ACT, /* of a proposal: name and values, but for bytes and persons */
    /* of a party: */
    SHOW_PROVINCE, /* empty = absent */
    SHOW_LACKS,
    SHOW_INSPECTION, /* none = absent */
    /* of an account; the parent and the businesses are a sub-account's, else absent */
    SHOW_PARENT,
    SHOW_BUSINESSES,
    SHOW_CERTIFICATES,
    SHOW_MOVES,    /* of a business */
    SHOW_BUSINESS, /* of a permit: its code */
    SHOW_LINES,    /* of a statement of fees */
    /* of a review: its business and party */
    SHOW_REVIEWED,
    SHOW_REVIEWED_PARTY,
    SHOW_TIME, /* microseconds; 0 = absent */
    /* of an incident, absent until it is counted */
    SHOW_COUNTED, /* uint64_t */
    SHOW_BY_FIELD,
    SHOW_DRAFTS,
    /* of an office */
    SHOW_MEMBERS,
    /* of a case; its party, answer and receipts absent where there is none (show_case.c) */
    SHOW_UNIT,
    SHOW_DOCUMENTS,
    SHOW_RECEIPTS,
    SHOW_CASE_PARTY,
    SHOW_ANSWER,
    SHOW_CASE_MOVES,
    SHOW_COPIES,     /* of a letter */
    SHOW_TOKEN_KEYS, /* of a provider */
    SHOW_RECORD,     /* of a complaint, absent where it is about none */
    /* For who has signed to read it, and nobody else: what a case file holds, base64; of a case,
     * each absent where there is nothing. */
    SHOW_KEPT_FIRST,
    SHOW_FILE = SHOW_KEPT_FIRST,
    SHOW_KEPT_TEXT,
    SHOW_KEPT_CODE,
    SHOW_BEHALF,
    SHOW_PAPERS,
    SHOW_TITLES,
    SHOW_HOLDERS, /* of a letter: whose copies they are */
    SHOW_SAID,    /* of a complaint */
};

struct show_field {
    const char *name;
    enum show_type type;
    size_t at;
    const struct words *words;
};

/* Has the object no such member? */
bool show_value_absent(const struct show_field *field, const void *object);
void show_value_put(struct buf *buf, const struct show_field *field, const void *object);

/* Of the types of offices and cases (show_case.c). */
bool show_case_absent(const struct show_field *field, const void *object);
void show_case_put(struct buf *buf, const struct show_field *field, const void *object);
/* Likewise the tables of their fields. */
struct show_table {
    const struct show_field *fields;
    unsigned count;
};
extern const struct show_table show_table_offices;
extern const struct show_table show_table_cases;
extern const struct show_table show_table_letters; /* show_letter.c, as the next two */
extern const struct show_table show_table_registers;
extern const struct show_table show_table_complaints; /* show_complaint.c */
struct letter;
void show_letter_put(struct buf *buf, enum show_type type, const struct letter *letter);
extern const struct show_table show_table_figures;

void show_put_day(struct buf *buf, int64_t days);
void show_put_hash(struct buf *buf, const uint8_t hash[SEAL_HASH_BYTES]);
bool show_no_hash(const uint8_t hash[SEAL_HASH_BYTES]);
void show_put_words(struct buf *buf, const struct words *words, uint64_t mask);
void show_put_time(struct buf *buf, int64_t time_us);
/* What lies in an object at an offset. */
const void *show_part(const void *object, size_t at);
uint32_t show_number32(const void *object, size_t at);
const struct party *show_party(const void *object, size_t at);

#endif
