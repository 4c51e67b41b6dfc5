/*
 * Purpose: the SOAP messages that one-stop systems send through the national exchange platform
 * (NDXP): bodies to asks, answers and refusals to bodies, and the WSDL that says so. Pure, but for
 * what wire/xml.h does.
 * Source: domain.md section 4 (operations, elements, namespaces, codes in use); docs/ndxp.md says
 * what we made of it; SOAP 1.1, WSDL 1.1.
 */
#ifndef DANCU_CHANNEL_NDXP_NDXP_H
#define DANCU_CHANNEL_NDXP_NDXP_H

#include "channel/http/fields.h"
#include "channel/json/ask_json.h"
#include "domain/wish.h"
#include "proc/jobbing.h"
#include "wire/soap.h"

#define NDXP_PATH "/ndxp/v1"

#define NDXP_CASES_MAX 4 /* elements that may hold a case reference */

/* What asking, and answering, takes of an arena. */
#define NDXP_NODES_MAX 256
#define NDXP_ATTRIBUTES_MAX 256
#define NDXP_ARENA_BYTES                                                                           \
    (XML_ARENA_BYTES(ASK_BODY_BYTES_MAX, NDXP_NODES_MAX, NDXP_ATTRIBUTES_MAX) +                    \
     2 * ASK_BODY_BYTES_MAX + PERSON_BYTES_MAX)

/* A message that is no ask: which of SOAP's own fault codes it gets. */
struct ndxp_refused {
    bool envelope;       /* it is the envelope's; else the parameters in the faults are */
    enum soap_code code; /* of the envelope's */
    bool request;        /* nothing is wrong: it is for ndxp_request_get() */
    bool closed;         /* a list that is drawn for nobody; the faults say why */
};

/* What is done about requests: lists of persons, and native jobs. */
enum ndxp_does {
    NDXP_ASKS_LIST,
    NDXP_LISTS, /* all of the account's */
    NDXP_STATUS,
    NDXP_DELETES,
    NDXP_RESULT, /* where it is, and how much */
    NDXP_RECORDS,
    NDXP_FILE,
    NDXP_DETAIL,
    NDXP_HISTORY,
};

struct ndxp_request {
    enum ndxp_does does;
    struct view key; /* MaYeuCau: of a list that is asked for its own, else of which is meant */
    bool numbered;   /* `id` says which is meant */
    uint8_t id[JOB_ID_BYTES];
    uint32_t line;    /* NDXP_RECORDS, NDXP_FILE: the first */
    struct wish wish; /* NDXP_ASKS_LIST: as wish_sane() */
};

/* Fills what the body gives: service, unit, procedure, case, officer, subject, fields or claims,
 * Idempotency-Key, and in place of the body's hash that of what it says, so that a repeat may be
 * written in another way. Views borrow from the arena. `cases`: names of elements, with commas
 * between them, in which the case reference is looked for in turn: of the message, then of its
 * header. FAULT_BAD_INPUT: *faults has at least one, in that language; FAULT_NO_MEMORY. */
struct outcome ndxp_ask_get(struct view body, struct view cases, enum language language,
                            struct arena *arena, struct ask *ret_ask, struct ask_faults *faults,
                            struct ndxp_refused *ret_refused);
/* Likewise a message about requests. */
struct outcome ndxp_request_get(struct view body, struct view cases, enum language language,
                                struct arena *arena, struct ndxp_request *ret_request,
                                struct ask_faults *faults, struct ndxp_refused *ret_refused);
/* Appends the message that answers it, from what `jobs` told (proc/jobbing.h, JOB_SAYS).
 * FAULT_BAD_INPUT: that is none. */
struct outcome ndxp_request_put(const struct ndxp_request *request, struct view told,
                                struct arena *arena, struct buf *buf);
/* Is the list of names of elements one of 1 to NDXP_CASES_MAX? */
bool ndxp_cases_valid(struct view cases);

/* The element that stands for a field; of one that has none, its own name. */
struct view ndxp_field_name(enum field field);

/* Does the operation that the body asks for answer "no such person" with `false`, and not with a
 * fault? */
bool ndxp_tells_misses(struct view body, struct arena *arena);

/* Appends the message that answers the body: what is disclosed, or such a miss. */
struct outcome ndxp_answer_put(struct view body, const struct answer *answer, struct arena *arena,
                               struct buf *buf);

/* A refusal: HTTP's own where the message was not looked at, else 500 (SOAP 1.1, section 6.2). */
unsigned ndxp_fault_status(const struct problem *problem);
void ndxp_fault_put(struct buf *buf, const struct problem *problem);
/* MaLoi of a refusal. */
const char *ndxp_fault_number(enum code code);
/* What a refusal of the envelope is called, so that its code finds the way into the fault. */
const char *ndxp_refused_name(const struct ndxp_refused *refused);

/* `address`: of the service; it must need no escaping. `cases`: as above. */
void ndxp_wsdl_put(struct buf *buf, struct view address, struct view cases);

#endif
