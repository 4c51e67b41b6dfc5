/*
 * Purpose: two interfaces of OSIA (ITU-T X.1281), Data Access 1.3.0 and Third Party Services 1.2.0:
 * their requests from address, query and body to one struct, and the parts of their answers. It
 * knows their shapes and nothing of the register. Pure, no heap: what is read borrows from the
 * request and the caller's arena.
 * Source: OSIA's own description of the two interfaces; what it leaves open is settled in
 * docs/osia.md. Written anew from that description.
 *
 * Each operation comes in two ways: as the standard has it, with the person's number in the
 * address; and by POST with everything in the body, so that no number stands in any address.
 */
#ifndef DANCU_WIRE_OSIA_H
#define DANCU_WIRE_OSIA_H

#include "base/ceilings.h"
#include "wire/json.h"

enum osia_operation {
    OSIA_READ,     /* Data Access: readPersonAttributes */
    OSIA_MATCH,    /* matchPersonAttributes */
    OSIA_VERIFY,   /* verifyPersonAttributes */
    OSIA_ID_CHECK, /* Third Party Services: verify */
    OSIA_ID_SET,   /* readAttributeSet */
    OSIA_ID_READ,  /* readAttributes */
    OSIA_OPERATION_COUNT
};

enum osia_operator {
    OSIA_EQUAL,
    OSIA_LESS,
    OSIA_AT_MOST,
    OSIA_MORE,
    OSIA_AT_LEAST,
};

/* What a request consists of. */
struct osia_message {
    enum osia_operation operation;
    bool whole;             /* everything stands in the body */
    struct view identifier; /* segments of the address, as sent; empty where there is none */
    struct view set;
    struct view query;
    struct view body;
};

/* One attribute with a value: of match, verify, and Third Party's verify. */
struct osia_claim {
    struct view name;
    enum osia_operator operator_;
    const struct json_node *value; /* a scalar */
};

struct osia_request {
    enum osia_operation operation;
    struct view identifier;
    struct view identifier_type; /* empty = not said */
    struct view transaction;     /* empty = not said: Data Access has none */
    struct view name;            /* of the body that holds everything; empty = not said */
    struct view birth_date;      /* likewise */
    struct view set;
    bool proof_unwanted; /* verificationProofRequired=false */
    struct osia_claim claims[ASK_CLAIMS_MAX];
    unsigned claim_count;
    struct view names[ASK_FIELDS_MAX]; /* of attributes to be read, as sent, each once */
    unsigned name_count;
};

/* Why a part of a request is refused. */
enum osia_reason {
    OSIA_REASON_NOT_JSON,
    OSIA_REASON_UNKNOWN,
    OSIA_REASON_TWICE,
    OSIA_REASON_MISSING,
    OSIA_REASON_WRONG_TYPE,
    OSIA_REASON_NO_TEXT, /* broken escapes, control characters, not UTF-8 */
    OSIA_REASON_NOT_BOOLEAN,
    OSIA_REASON_NO_OPERATOR,
    OSIA_REASON_NONE_NAMED, /* no attribute at all */
    OSIA_REASON_TOO_MANY,
    OSIA_REASON_NOT_KEPT, /* biometric data, credentials, contacts, encryption, integrity */
    OSIA_REASON_ONE_OF_TWO,
    OSIA_REASON_COUNT
};

#define OSIA_FAULTS_MAX PROBLEM_PARAMS_MAX
struct osia_faults {
    struct {
        struct view name; /* of the parameter, member or attribute at fault */
        enum osia_reason reason;
    } items[OSIA_FAULTS_MAX];
    unsigned count; /* those beyond the ceiling are left out: there are enough */
};

#define OSIA_VALUES_MAX 256
/* What osia_request_get() may need of the arena. */
#define OSIA_ARENA_BYTES (OSIA_VALUES_MAX * sizeof(struct json_node) + 2 * ASK_BODY_BYTES_MAX)

/* FAULT_BAD_INPUT: *ret_faults has at least one. */
struct outcome osia_request_get(const struct osia_message *message, struct arena *arena,
                                struct osia_request *ret_request, struct osia_faults *ret_faults);

/* A text in which some bytes stand as %XX (an address' segment, a value of a query or a header
 * field), decoded into the arena: UTF-8 without control characters. FAULT_BAD_INPUT. */
struct outcome osia_text_get(struct view escaped, struct arena *arena, struct view *ret_text);

/* The standard's Error, exactly: {"code": int32, "message": text}. */
void osia_put_error(struct buf *buf, unsigned code, struct view message);
/* One item of a MatchingError; `first` of its array. */
void osia_put_mismatch(struct buf *buf, bool first, struct view name, unsigned code);

#endif
