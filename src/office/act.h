/*
 * Purpose: administrative acts as rows of a table: name, fields, types. One table serves the
 * command line, the frame to the core, the check and the record (invariant I8: acts are records;
 * the record holds the whole act). Values travel as text in canonical form.
 */
#ifndef DANCU_OFFICE_ACT_H
#define DANCU_OFFICE_ACT_H

#include "base/bytes.h"
#include "domain/words.h"

#define ACT_FIELDS_MAX 24

enum act_kind {
    ACT_HOME_INIT,
    ACT_PARTY_ADD,
    ACT_ACCOUNT_ADD,
    ACT_ACCOUNT_SUSPEND,
    ACT_ACCOUNT_RESUME,
    ACT_BUSINESS_ADD,
    ACT_BUSINESS_GRANT,
    ACT_BUSINESS_REFUSE,
    ACT_BUSINESS_SUSPEND,
    ACT_BUSINESS_RESUME,
    ACT_BUSINESS_REVOKE,
    ACT_POLICY_PUBLISH,
    ACT_IMPORT_CHUNK,
    ACT_TAIL_CUT,
    ACT_OFFICER_FOUND,
    ACT_OFFICER_ADD,
    ACT_OFFICER_ROLES,
    ACT_OFFICER_REPLACE,
    ACT_OFFICER_LEAVE,
    ACT_OFFICER_LOST,
    ACT_PROPOSAL_ADD,
    ACT_PROPOSAL_APPROVE,
    ACT_PROPOSAL_REJECT,
    ACT_PROPOSAL_WITHDRAW,
    ACT_ACCOUNT_STOP,
    ACT_ACCOUNT_STOP_CONFIRM,
    ACT_REFUSED,
    ACT_PARTY_DOSSIER,
    ACT_PARTY_INSPECTION,
    ACT_PARTY_CONNECT,
    ACT_PARTY_SUSPEND,
    ACT_PARTY_RESUME,
    ACT_PARTY_REDESIGN,
    ACT_PARTY_LAPSE, /* by the inspection's date (ageing.h) */
    ACT_PARTY_CLOSE,
    ACT_ACCOUNT_REVOKE,
    ACT_ACCOUNT_SUB_ADD,
    ACT_ACCOUNT_SUB_BUSINESSES,
    ACT_ACCOUNT_SUB_LOCK,
    ACT_ACCOUNT_SUB_UNLOCK,
    ACT_ACCOUNT_CERTIFICATE_ADD,
    ACT_ACCOUNT_CERTIFICATE_REVOKE,
    ACT_BUSINESS_DRAFT,
    ACT_BUSINESS_SUBMIT,
    ACT_BUSINESS_REVISE,
    ACT_PERMIT_GRANT,
    ACT_PERMIT_WITHDRAW,
    ACT_PERMIT_DELETION,
    ACT_POLICY_PROPOSE,
    ACT_DRAW_COMMIT,
    ACT_DRAW_REVEAL,
    ACT_REVIEW_ASK,
    ACT_REVIEW_ANSWER,
    ACT_REVIEW_CONFIRM,
    ACT_REVIEW_OBJECT,
    ACT_REVIEW_LAPSE, /* by the date (ageing.h) */
    ACT_REVIEW_CONCLUDE,
    ACT_LEAK_TRACE,
    ACT_RECORD_SEARCH,
    ACT_INCIDENT_OPEN,
    ACT_INCIDENT_FOUND, /* by the house, once its search is done */
    ACT_INCIDENT_LAPSE, /* by the clock (ageing.h) */
    ACT_INCIDENT_NOTIFY,
    ACT_INCIDENT_CLOSE,
    ACT_REVIEW_READ,
    ACT_LIST_ADD,
    ACT_LIST_PUT,
    ACT_LIST_REMOVE,
    ACT_LIST_END,
    ACT_ACCOUNT_REQUIRE,
    ACT_SIGNING_KEY_ADD,
    ACT_SIGNING_KEY_REVOKE,
    ACT_OPERATOR_ADD,
    ACT_OPERATOR_PARTIES_PUT,
    ACT_OPERATOR_PARTIES_REMOVE,
    ACT_OPERATOR_OFFICERS_PUT,
    ACT_OPERATOR_OFFICERS_REMOVE,
    ACT_SOURCE_ADD,
    ACT_SOURCE_REPLACE,
    ACT_SOURCE_SUSPEND,
    ACT_SOURCE_RESUME,
    ACT_SOURCE_END,
    ACT_SOURCE_CHANGES,  /* by the house: a set of changes was applied */
    ACT_SOURCE_CONFLICT, /* likewise: other content under a number that was used */
    ACT_OFFICE_ADD,
    ACT_OFFICE_CHANGE,
    ACT_OFFICE_MEMBER_PUT,
    ACT_OFFICE_MEMBER_REMOVE,
    ACT_OFFICE_ABSENT,
    ACT_CASE_RECEIVE,
    ACT_CASE_DOCUMENT,
    ACT_CASE_SUPPLEMENT,
    ACT_CASE_COMPLETE,
    ACT_CASE_ACCEPT,
    ACT_CASE_REJECT,
    ACT_CASE_TRANSFER,
    ACT_CASE_ASSIGN,
    ACT_CASE_PAY,
    ACT_CASE_PROPOSE,
    ACT_CASE_RETURN,
    ACT_CASE_APPROVE,
    ACT_CASE_WITHDRAW,
    ACT_CASE_CLOSE,
    ACT_CASE_READ,
    ACT_CASE_FOUND,     /* by the house: the gate has found whom it is about */
    ACT_CASE_DISCLOSED, /* likewise: what its letter says has left */
    ACT_CASE_LEAVE,     /* by the date (ageing.h) */
    ACT_EXTRACT_APPROVE,
    ACT_EXTRACT_REFUSE,
    ACT_EXTRACT_END,
    ACT_EXTRACT_FOUND, /* by the house: its people are collected, or are too many */
    ACT_CASE_FIND,     /* then the core looks */
    ACT_LETTER_ORDER,
    ACT_LETTER_NUMBER, /* by the house, as the next two */
    ACT_LETTER_SIGN,
    ACT_LETTER_HOLD,
    ACT_LETTER_RETRY,
    ACT_LETTER_VOID,
    ACT_LETTER_DELIVER,
    ACT_LETTER_WITHDRAW,
    ACT_LETTER_REPLACE,
    ACT_CASE_CORRECT, /* by a citizen */
    ACT_GUARDIAN_BIND,
    ACT_GUARDIAN_END,
    ACT_CITIZEN_LOCK, /* by the citizen himself, as the next */
    ACT_CITIZEN_UNLOCK,
    ACT_PHONE_BIND,
    ACT_PHONE_UNBIND,
    ACT_PHONE_CONFIRM, /* by the citizen, as the next two */
    ACT_PHONE_RELEASE,
    ACT_PHONE_PIN,
    ACT_PHONE_TRIED, /* by the house: a PIN was told */
    ACT_PHONE_LAPSE, /* by the date (ageing.h) */
    ACT_NOTICE_WISH, /* by the citizen */
    ACT_PROVIDER_ADD,
    ACT_PROVIDER_KEY_PUT,
    ACT_PROVIDER_KEY_END,
    ACT_PROVIDER_SUSPEND,
    ACT_PROVIDER_RESUME,
    ACT_PROVIDER_END,
    ACT_SIGNIN_REFUSED, /* by the house: somebody has shown what is not his */
    ACT_CITIZEN_COMPLAIN,
    ACT_COMPLAINT_WITHDRAW, /* likewise */
    ACT_COMPLAINT_ANSWER,
    ACT_COMPLAINT_READ,
    ACT_COMPLAINT_LEAVE, /* by the date (ageing.h) */
    ACT_PASS_MAKE,       /* by the citizen, as the next */
    ACT_PASS_WITHDRAW,
    ACT_PASS_USED,  /* by the house */
    ACT_PASS_LEAVE, /* by the date */
    ACT_KEY_ROTATE,
    ACT_KEY_ROTATED, /* by the house: nothing lies under the former key any more */
    ACT_RETENTION_SET,
    ACT_RETENTION_SHRED, /* by the house: of a segment only what must be is kept */
    ACT_HOLD_PUT,
    ACT_HOLD_END,
    ACT_LEDGER_ACCEPT_ROLLBACK,
    ACT_SIGNIN_DONE, /* by the citizen */
    ACT_CHUNK_PART,  /* by the house: people whom a chunk has changed, before its own act */
    ACT_KIND_COUNT
};

enum act_type {
    ACT_TYPE_TEXT,      /* 1..256 bytes of UTF-8 */
    ACT_TYPE_CODE,      /* 1..64 of A-Z a-z 0-9 . _ - */
    ACT_TYPE_WORD,      /* one word of a vocabulary */
    ACT_TYPE_WORDS,     /* comma-separated words, no doubles */
    ACT_TYPE_NUMBER,    /* decimal, up to 10^15 */
    ACT_TYPE_DAY,       /* YYYY-MM-DD */
    ACT_TYPE_HASH,      /* 64 lower-case hex digits */
    ACT_TYPE_FLAG,      /* `true`; absent = false */
    ACT_TYPE_BYTES,     /* anything, up to ACT_BYTES_MAX */
    ACT_TYPE_CODES,     /* comma-separated codes, up to SUB_ACCOUNT_BUSINESSES_MAX */
    ACT_TYPE_TIME,      /* YYYY-MM-DDThh:mm:ssZ, after 1970 began */
    ACT_TYPE_CONDITION, /* on people: 1..POPULATION_TEXT_BYTES_MAX bytes of UTF-8 */
    ACT_TYPE_PERSONS,   /* comma-separated personal numbers, up to LIST_ACT_PERSONS_MAX */
    ACT_TYPE_NAMES,     /* comma-separated, each as `officer` in an ask, up to
                           OPERATOR_ACT_NAMES_MAX */
    ACT_TYPE_PERSON,    /* a personal number */
    ACT_TYPE_PHONE,     /* a mobile phone's number (domain/country.h) */
};

struct act_field {
    const char *name;
    enum act_type type;
    bool required;
    const struct words *words; /* for WORD and WORDS */
};

struct act_row {
    const char *name;                        /* `party.add`: also the entry's outcome */
    bool by_hand;                            /* over the admin socket, before there are officers */
    struct act_field fields[ACT_FIELDS_MAX]; /* ends with a NULL name or the table's end */
};

extern const struct act_row act_rows[ACT_KIND_COUNT];

/* An act in hand; values by field, empty = absent. Views borrow. */
struct act {
    enum act_kind kind;
    struct view values[ACT_FIELDS_MAX];
};

/* FAULT_NOT_FOUND. */
struct outcome act_find(struct view name, enum act_kind *ret_kind);
unsigned act_field_count(enum act_kind kind);
/* FAULT_NOT_FOUND when the row has no such field. */
struct outcome act_field_find(enum act_kind kind, struct view name, unsigned *ret_field);
/* Value by field name; asserts that the row has it. */
struct view act_value(const struct act *act, const char *field);
void act_value_set(struct act *act, const char *field, struct view value);
/* Checks every value's type; the first fault as a sentence in ret_why. */
struct outcome act_check(const struct act *act, char ret_why[256]);
/* One value against its row; FAULT_BAD_INPUT. */
struct outcome act_check_value(const struct act_field *field, struct view value);

/* Typed reading of checked values. */
unsigned act_word(const struct act *act, const char *field);
uint64_t act_words_mask(const struct act *act, const char *field); /* absent = 0 */
uint64_t act_number(const struct act *act, const char *field, uint64_t absent);
int64_t act_day(const struct act *act, const char *field, int64_t absent);
int64_t act_time(const struct act *act, const char *field, int64_t absent); /* microseconds */

/* Whether it records a chunk of the registry: of an import, or a set of changes. */
bool act_is_chunk(enum act_kind kind);

/* Bytes of an act: u8 version, u8 kind, u8 field count, then block32 per field. */
void act_put(const struct act *act, struct buf *buf);
struct outcome act_get(struct view bytes, struct act *ret_act);
/* Whether such bytes are an act that orders a search in the records, which the worker is to do once
 * it is recorded. */
bool act_orders_search(struct view bytes); /* search.c */

#endif
