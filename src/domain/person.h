/*
 * Purpose: a person of the register: from an import line to the record that is sealed, and from the
 * record to the permitted answer. Pure: bytes in, bytes out.
 * Source: formats.md "Person"; design.md section 5, step 5.
 *
 * Record (before sealing): fixed typed header, then references to other people, then a table
 * field -> ready canonical JSON. To answer is to copy the permitted fields; household and
 * relatives leave out whoever is hidden from the asker at that moment, as if not there.
 */
#ifndef DANCU_DOMAIN_PERSON_H
#define DANCU_DOMAIN_PERSON_H

#include "base/ceilings.h"
#include "base/memory.h"
#include "domain/words.h"
#include "seal/seal.h"

/* Kinds of blind-index tags. */
enum blind_kind {
    BLIND_ID = 1,
    BLIND_CMND = 2,
    BLIND_NAME_BIRTH = 3,
    BLIND_PHONE = 4,
    BLIND_PIN = 5
};

enum date_precision { PRECISION_YEAR = 1, PRECISION_DAY = 2 };

/* Flags of the header. */
#define PERSON_PROTECTED 1u
#define PERSON_LOCKED 2u
#define PERSON_DEAD 4u
#define PERSON_MISSING 8u
#define PERSON_UNDER_CORRECTION 16u

/* Why an import line is refused; column counts bytes from 1; the reason never repeats content. */
struct person_fault {
    size_t column;
    char reason[160];
};

/* One parsed import line. It lives in the arena that it was parsed into (about as many bytes as the
 * line has) and borrows nothing from the line. */
struct person;
/* What one call may need of the arena for a while; less: FAULT_OVER_LIMIT with no reason told. */
#define PERSON_PARSE_BYTES_MAX (4u * PERSON_BYTES_MAX)
/* FAULT_BAD_INPUT, FAULT_OVER_LIMIT: *ret_fault tells; the arena is as before. FAULT_NO_MEMORY. */
struct outcome person_parse(struct view line, struct arena *arena, struct person **ret_person,
                            struct person_fault *ret_fault);
struct view person_id(const struct person *person);   /* 12 digits */
struct view person_cmnd(const struct person *person); /* 9 digits or empty */
uint32_t person_flags(const struct person *person);   /* PERSON_PROTECTED and so on */
bool person_hidden(const struct person *person);      /* protected or locked */

/* Appends the record (header, references with blind tags, field table). */
struct outcome person_encode(const struct person *person, struct blinder *blinder,
                             struct buf *ret_record);

/* A record opened for reading; borrows. */
struct person_record {
    struct view folded_name;   /* see country_fold_name() */
    struct view birth_date;    /* YYYY-MM-DD or YYYY */
    uint8_t sex;               /* 1, 2 or 0 = unknown */
    char province[3];          /* of permanent residence in its list; empty = none */
    int32_t province_list_day; /* date of that list, days since 1970-01-01 */
    uint32_t flags;
    struct view id;                  /* 12 digits */
    struct view cmnd;                /* 9 digits or empty */
    struct view references;          /* internal */
    struct view fields[FIELD_COUNT]; /* canonical JSON of each field; `null` when empty */
    /* Of who opened it: what stands behind the record (change_origins_get()). */
    struct view origins;
};
/* Ward of permanent residence in the list of its province; empty = none is known. */
void person_record_ward(const struct person_record *record, char ret_ward[6]);
/* FAULT_CORRUPT when it does not decode. */
struct outcome person_record_open(struct view record, struct person_record *ret_record);

/* Is the person with this blind tag hidden now? */
struct person_hidden_port {
    bool (*hidden)(void *context, const uint8_t tag[SEAL_BLIND_BYTES]);
    void *context;
};
/* Appends the canonical JSON object with exactly the fields of the mask. */
struct outcome person_record_project(const struct person_record *record, uint64_t mask,
                                     const struct person_hidden_port *hidden, struct buf *ret_json);
/* Who else is named in fields of the mask, by blind tags, each once, whether hidden or not; who
 * stands there without a number has none. How many: at most PERSON_NAMED_MAX. */
#define PERSON_NAMED_MAX (PERSON_RELATIVES_MAX + 1 + PERSON_HOUSEHOLD_MEMBERS_MAX)
#define PERSON_NAMING_FIELDS (FIELD_BIT(FIELD_RELATIVES) | FIELD_BIT(FIELD_HOUSEHOLD))
unsigned person_record_named(const struct person_record *record, uint64_t mask,
                             uint8_t ret_tags[PERSON_NAMED_MAX][SEAL_BLIND_BYTES]);
/* Appends the canonical JSON array of notices (of enum notice) that the mask permits. */
void person_record_notices(const struct person_record *record, unsigned mask, struct buf *ret_json);

#endif
