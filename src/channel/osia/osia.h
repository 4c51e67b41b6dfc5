/*
 * Purpose: what OSIA's requests mean here, and how answers look there: attributes are fields of the
 * register, a request becomes a struct ask like any other, an answer of the core becomes what the
 * standard has for its operation. Pure.
 * Source: docs/osia.md, which has each decision under its number; wire/osia.h has the shapes.
 *
 *   attributes.c   names of attributes, and sets of them
 *   plan.c         from a request to an ask
 *   answer.c       from an answer to a body
 *   codes.c        numbers of errors
 */
#ifndef DANCU_CHANNEL_OSIA_OSIA_H
#define DANCU_CHANNEL_OSIA_OSIA_H

#include "channel/http/fields.h"
#include "channel/json/ask_json.h"
#include "domain/ask.h"
#include "wire/osia.h"

/* How an attribute stands to its field. */
enum osia_form {
    OSIA_FORM_NUMBER,     /* the number that is asked with: no field */
    OSIA_FORM_TEXT,       /* the field's text */
    OSIA_FORM_FAMILY,     /* of a name its first word ... */
    OSIA_FORM_GIVEN,      /* ... and all that follows */
    OSIA_FORM_GENDER,     /* the number of ISO 5218 */
    OSIA_FORM_DEATH_DATE, /* of death alone: not of going missing */
    OSIA_FORM_STATUS,
    OSIA_FORM_PLACE, /* an address as one text, to be read by people */
    OSIA_FORM_PART,  /* one member of an address or an absence */
    OSIA_FORM_NONE,  /* the standard has it, the register has not */
};

struct osia_attribute {
    const char *name;
    enum osia_form form;
    enum field field;
    const char *part;
};

/* NULL: no such attribute. */
const struct osia_attribute *osia_attribute_find(struct view name);
/* Attributes of a named set, at most so many. NULL: no such set. */
#define OSIA_SET_MAX 8
struct osia_set {
    const char *name;
    const char *names[OSIA_SET_MAX]; /* NULL behind the last */
};
const struct osia_set *osia_set_find(struct view name);

/* What comes in header fields, each as sent. */
struct osia_headers {
    struct view business;
    struct view case_ref;
    struct view party;
    struct view officer;
    struct view name;
    struct view birth_date;
    struct view idempotency_key;
};

#define OSIA_NO_CLAIM 0xff

/* A request and the ask that it is. */
struct osia_plan {
    struct osia_request request;
    struct ask ask; /* all but who asks, the body's hash and the trace */
    /* Of each claim of the request: the ask's claim that answers it, or OSIA_NO_CLAIM where the
     * register has no such attribute. */
    uint8_t claim_of[ASK_CLAIMS_MAX];
    /* Of each name to be read: its attribute; NULL = there is none. */
    const struct osia_attribute *reads[ASK_FIELDS_MAX];
};

/* What osia_plan_make() may need of the arena, and after it, in the same, osia_answer_put(). */
#define OSIA_PLAN_ARENA_BYTES (2 * OSIA_ARENA_BYTES + ASK_BODY_BYTES_MAX)

/* FAULT_BAD_INPUT: *faults has at least one. FAULT_NO_MEMORY. The same bytes give the same plan,
 * whenever. */
struct outcome osia_plan_make(const struct osia_message *message,
                              const struct osia_headers *headers, enum language language,
                              struct arena *arena, struct osia_plan *ret_plan,
                              struct ask_faults *faults);

/* The attribute by which the request came to ask for that field; its name as sent. */
struct view osia_plan_name_of(const struct osia_plan *plan, enum field field);

/* Appends the body of a 200: the answer's code is CODE_DISCLOSED. */
void osia_answer_put(const struct osia_plan *plan, const struct answer *answer,
                     enum language language, struct arena *arena, struct buf *buf);

/* Names of refusals that are none of enum code. */
#define OSIA_LIST_REFUSED "list_refused"
#define OSIA_NO_DOCUMENTS "no_documents"
unsigned osia_code_of(const struct problem *problem);
/* Appends the standard's Error for a problem. */
void osia_problem_put(struct buf *buf, const struct problem *problem);

#endif
