/*
 * Purpose: the parts of a person between import line and record; private to domain/.
 */
#ifndef DANCU_DOMAIN_PERSON_PARTS_H
#define DANCU_DOMAIN_PERSON_PARTS_H

#include "base/ceilings.h"
#include "domain/person.h"

/* Other people named in relatives, as head, as household members. */
#define PERSON_REFERENCES_MAX PERSON_NAMED_MAX

/* A record is padded and sealed before it is stored: what is left for it of PERSON_BYTES_MAX. */
#define PERSON_RECORD_BYTES_MAX ((PERSON_BYTES_MAX - SEAL_OVERHEAD_BYTES) / 512 * 512)

/* Places in person.text. */
struct person_span {
    uint16_t at;
    uint16_t len;
};

enum person_reference_kind { REFERENCE_RELATIVE, REFERENCE_HEAD, REFERENCE_MEMBER };

struct person_reference {
    struct person_span json; /* the whole element */
    struct person_span key;  /* digits of its id, else of its cmnd; len 0 = it has neither */
    uint8_t kind;            /* enum person_reference_kind, never falling */
};

struct person {
    struct view text; /* canonical JSON of the fields, and the keys' digits */
    struct person_span fields[FIELD_COUNT];
    struct person_span id;
    struct person_span cmnd; /* len 0 = none */
    struct person_span folded_name;
    struct person_span birth_date;
    uint16_t household_tail; /* where `,"number":` begins; 0 = no household */
    uint8_t sex;
    char province[3];
    int32_t province_list_day;
    uint32_t flags;
    const struct person_reference *references;
    unsigned reference_count;
};

static inline struct view person_part(const struct person *person, struct person_span span)
{
    return view_part(person->text, span.at, span.len);
}

/* The record's layout, written by person_encode() and read by person_record_open(). */
#define RECORD_FORMAT 1
/* All but keys, folded name, references and fields; and the origins behind it (change.h). */
#define RECORD_HEADER_BYTES_MAX 256
#define RECORD_REFERENCE_BYTES (1 + SEAL_BLIND_BYTES + 2 + 2)

/* What stands before the references proper in the record's part of that name. */
struct record_references {
    unsigned relatives;
    unsigned heads; /* 0 or 1 */
    unsigned members;
    uint16_t household_tail; /* within the household's JSON */
};
struct record_references record_references_read(struct cursor *cursor);

struct record_reference {
    bool tagged; /* false: never hidden (the person himself, or without number) */
    uint8_t tag[SEAL_BLIND_BYTES];
    uint16_t at; /* within the field's JSON */
    uint16_t len;
};
struct record_reference record_reference_read(struct cursor *cursor);

#endif
