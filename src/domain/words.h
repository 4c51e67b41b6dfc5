/*
 * Purpose: the closed vocabularies of the house: classes, channels, services, fields, kinds of
 * entries, refusal codes, rules. Each is a row list; enum, count and names come from the same rows.
 * Source: mission.md F1-F4 (classes, channels), issue catalogue (services), Law 59/2014 Art. 9(1)
 * as amended 2020 (the 18 fields), formats.md (codes, kinds).
 *
 * Numbers are stable: they stand in frames, sealed records and masks. Append; never renumber.
 */
#ifndef DANCU_DOMAIN_WORDS_H
#define DANCU_DOMAIN_WORDS_H

#include "base/bytes.h"

/* Rows read better as they stand. */
/* clang-format off */
#define WORDS_CLASS(ROW)                                                                           \
    ROW(STATE, "state")                                                                            \
    ROW(ORGANISATION, "organisation") ROW(CITIZEN, "citizen") ROW(OTHER, "other")

#define WORDS_CHANNEL(ROW)                                                                         \
    ROW(NATIONAL_PORTAL, "national_portal")                                                        \
    ROW(MPS_PORTAL, "mps_portal") ROW(MINISTRY_ONE_STOP, "ministry_one_stop")                      \
        ROW(PROVINCE_ONE_STOP, "province_one_stop") ROW(WRITTEN, "written") ROW(SMS, "sms")        \
            ROW(GUIDED, "guided")

#define WORDS_SERVICE(ROW)                                                                         \
    ROW(CITIZEN_LOOKUP, "citizen.lookup")                                                          \
    ROW(CITIZEN_VERIFY, "citizen.verify") ROW(CITIZEN_SEARCH, "citizen.search")                    \
        ROW(HOUSEHOLD_LOOKUP, "household.lookup") ROW(ID_MAP, "id.map")                            \
            ROW(RELATIVE_VERIFY, "relative.verify") ROW(OWN_VIEW, "own.view")                      \
                ROW(OWN_HISTORY, "own.history") ROW(NOTICE_EXTRACT, "notice.extract")              \
                    ROW(LIST_EXTRACT, "list.extract")

/* In byte order of the names, so that walking a mask upwards gives canonical JSON's order. */
#define WORDS_FIELD(ROW)                                                                           \
    ROW(BIRTH_DATE, "birth_date")                                                                  \
    ROW(BIRTH_REGISTRATION_PLACE, "birth_registration_place") ROW(BLOOD_GROUP, "blood_group")      \
        ROW(CURRENT_RESIDENCE, "current_residence") ROW(DEATH_OR_MISSING, "death_or_missing")      \
            ROW(ETHNICITY, "ethnicity") ROW(FULL_NAME, "full_name") ROW(HOUSEHOLD, "household")    \
                ROW(MARITAL_STATUS, "marital_status") ROW(NATIONALITY, "nationality")              \
                    ROW(NATIVE_PLACE, "native_place")                                              \
                        ROW(PERMANENT_RESIDENCE, "permanent_residence")                            \
                            ROW(RELATION_TO_HEAD, "relation_to_head") ROW(RELATIVES, "relatives")  \
                                ROW(RELIGION, "religion") ROW(SEX, "sex")                          \
                                    ROW(TEMPORARY_ABSENCE, "temporary_absence")                    \
                                        ROW(TEMPORARY_RESIDENCE, "temporary_residence")

/* To whom a person may be claimed to stand in a relation: those of formats.md "Person", and the
 * head of the household. */
#define WORDS_RELATION(ROW)                                                                        \
    ROW(FATHER, "father")                                                                          \
    ROW(MOTHER, "mother") ROW(SPOUSE, "spouse") ROW(CHILD, "child")                                \
        ROW(REPRESENTATIVE, "representative") ROW(HEAD, "head")

/* A notice about a person is a disclosure of its own (design.md section 5, step 5). */
#define WORDS_NOTICE(ROW) ROW(DECEASED, "deceased") ROW(UNDER_CORRECTION, "under_correction")

#define WORDS_KIND(ROW)                                                                            \
    ROW(DISCLOSURE, "disclosure")                                                                  \
    ROW(REFUSAL, "refusal") ROW(UNAVAILABLE, "unavailable") ROW(ACT, "act") ROW(REVIEW, "review")  \
        ROW(AGGREGATE, "aggregate") ROW(MAP, "map")

/* What a permit lets its holder do (P4): keep a copy, or pass it on to one named. */
#define WORDS_PERMIT(ROW) ROW(COPY, "copy") ROW(THIRD_PARTY, "third_party")

/* How a disclosure was picked for a review; what kinds of case files there are. */
#define WORDS_DRAWN(ROW) ROW(RANDOM, "random") ROW(PARTY, "party") ROW(RULE, "rule")
#define WORDS_FILE_TYPE(ROW)                                                                       \
    ROW(PDF, "application/pdf") ROW(PNG, "image/png") ROW(JPEG, "image/jpeg")

/* Codes of formats.md: name, HTTP status, 1 when the answer carries a receipt. */
#define WORDS_CODE(ROW)                                                                            \
    ROW(DISCLOSED, "disclosed", 200, 1)                                                            \
    ROW(BAD_REQUEST, "bad_request", 400, 0)                                                        \
    ROW(NOT_FOUND, "not_found", 404, 0)                                                            \
    ROW(METHOD_NOT_ALLOWED, "method_not_allowed", 405, 0)                                          \
    ROW(NOT_ACCEPTABLE, "not_acceptable", 406, 0)                                                  \
    ROW(TOO_LARGE, "too_large", 413, 0)                                                            \
    ROW(UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", 415, 0)                                  \
    ROW(UNAUTHENTICATED, "unauthenticated", 401, 0)                                                \
    ROW(RATE_LIMITED, "rate_limited", 429, 0)                                                      \
    ROW(ACCOUNT_BLOCKED, "account_blocked", 403, 1)                                                \
    ROW(CHANNEL_NOT_OPEN, "channel_not_open", 403, 1)                                              \
    ROW(SERVICE_NOT_OPEN, "service_not_open", 403, 1)                                              \
    ROW(OPERATOR_NOT_ALLOWED, "operator_not_allowed", 403, 1)                                      \
    ROW(BUSINESS_NOT_GRANTED, "business_not_granted", 403, 1)                                      \
    ROW(CASE_MISSING, "case_missing", 403, 1)                                                      \
    ROW(OWN_DATA_ONLY, "own_data_only", 403, 1)                                                    \
    ROW(FIELD_NOT_GRANTED, "field_not_granted", 403, 1)                                            \
    ROW(PERMIT_MISSING, "permit_missing", 403, 1)                                                  \
    ROW(QUOTA_EXCEEDED, "quota_exceeded", 429, 1)                                                  \
    ROW(SUBJECT_NOT_AVAILABLE, "subject_not_available", 404, 1)                                    \
    ROW(IDEMPOTENCY_CONFLICT, "idempotency_conflict", 409, 0)                                      \
    ROW(LEDGER_UNAVAILABLE, "ledger_unavailable", 503, 0)                                          \
    ROW(INTERNAL, "internal", 500, 0)                                                              \
    ROW(PER_CLAIM_NOT_GRANTED, "per_claim_not_granted", 403, 1)                                    \
    ROW(REQUEST_CONFLICT, "request_conflict", 409, 1)                                              \
    ROW(BULK_NOT_GRANTED, "bulk_not_granted", 403, 0)                                              \
    ROW(JOB_NOT_READY, "job_not_ready", 409, 0)                                                    \
    /* of assertions and signatures: nothing was decided */                                        \
    ROW(PROOF_MALFORMED, "proof_malformed", 400, 0)                                                \
    ROW(PROOF_ALGORITHM, "proof_algorithm", 401, 0)                                                \
    ROW(PROOF_KEY, "proof_key", 401, 0)                                                            \
    ROW(PROOF_WRONG, "proof_wrong", 401, 0)                                                        \
    ROW(PROOF_AUDIENCE, "proof_audience", 401, 0)                                                  \
    ROW(PROOF_OTHER_ASK, "proof_other_ask", 401, 0)                                                \
    ROW(PROOF_TIME, "proof_time", 401, 0)                                                          \
    ROW(PROOF_REPLAYED, "proof_replayed", 409, 0)                                                  \
    ROW(TOO_MANY_HITS, "too_many_hits", 422, 1)                                                    \
    ROW(DOCUMENT_REFUSED, "document_refused", 422, 0)                                              \
    ROW(LIST_NOT_APPROVED, "list_not_approved", 403, 1)

/* The rule that decided, in the order of the checks but for those that were appended; it stands in
 * the sealed opening only. */
#define WORDS_RULE(ROW)                                                                            \
    ROW(NONE, "none")                                                                              \
    ROW(ACCOUNT, "account")                                                                        \
    ROW(ASSERTION, "assertion")                                                                    \
    ROW(CHANNEL_CLASS, "channel_class")                                                            \
    ROW(SERVICE_CLASS, "service_class")                                                            \
    ROW(BUSINESS_UNKNOWN, "business_unknown")                                                      \
    ROW(BUSINESS_OWNER, "business_owner")                                                          \
    ROW(BUSINESS_STATE, "business_state")                                                          \
    ROW(BUSINESS_DATES, "business_dates")                                                          \
    ROW(BUSINESS_CHANNEL, "business_channel")                                                      \
    ROW(BUSINESS_SERVICE, "business_service")                                                      \
    ROW(CASE, "case")                                                                              \
    ROW(OPERATOR, "operator")                                                                      \
    ROW(OWN_DATA, "own_data")                                                                      \
    ROW(FIELD_GRANT, "field_grant")                                                                \
    ROW(FIELD_CEILING, "field_ceiling")                                                            \
    ROW(FIELD_SENSITIVE, "field_sensitive")                                                        \
    ROW(PERMIT, "permit")                                                                          \
    ROW(HOURS, "hours")                                                                            \
    ROW(QUOTA, "quota")                                                                            \
    ROW(GUESSING, "guessing")                                                                      \
    ROW(SUBJECT_UNKNOWN, "subject_unknown")                                                        \
    ROW(SUBJECT_MISMATCH, "subject_mismatch")                                                      \
    ROW(POPULATION, "population")                                                                  \
    ROW(PROTECTED, "protected")                                                                    \
    ROW(LOCKED, "locked")                                                                          \
    ROW(PERMITTED, "permitted")                                                                    \
    ROW(QUOTA_SECOND, "quota_second")                                                              \
    ROW(QUOTA_TOTAL, "quota_total")                                                                \
    ROW(PER_CLAIM, "per_claim")                                                                    \
    ROW(REQUEST_KEY, "request_key")                                                                \
    ROW(TOO_MANY_HITS, "too_many_hits")                                                            \
    ROW(LIST, "list")

/* What the desk shows: also the segment of its address. */
#define WORDS_RESOURCE(ROW)                                                                        \
    ROW(PARTIES, "parties")                                                                        \
    ROW(ACCOUNTS, "accounts")                                                                      \
    ROW(BUSINESSES, "businesses")                                                                  \
    ROW(OFFICERS, "officers")                                                                      \
    ROW(PROPOSALS, "proposals")                                                                    \
    ROW(PERMITS, "permits")                                                                        \
    ROW(POLICIES, "policies")                                                                      \
    ROW(FEES, "fees")                                                                              \
    ROW(DRAWS, "draws")                                                                            \
    ROW(REVIEWS, "reviews")                                                                        \
    ROW(CASE_FILES, "case-files")                                                                  \
    ROW(CONFIRMATIONS, "confirmations")                                                            \
    ROW(RECORDS, "records") /* what a search in them has found */                                  \
    ROW(STOPS, "stops")                                                                            \
    ROW(INCIDENTS, "incidents")                                                                    \
    ROW(LISTS, "lists") /* of persons; their members are not shown */                              \
    ROW(SIGNING_KEYS, "signing-keys")                                                              \
    ROW(OPERATORS, "operators") /* likewise */                                                     \
    ROW(SOURCES, "sources")                                                                        \
    ROW(LIST_REQUESTS, "list-requests") /* of persons, that accounts ask for */                    \
    ROW(OFFICES, "offices")             /* that take written requests in */                        \
    ROW(CASES, "cases")                 /* what they say of people: to who has signed to read */   \
    ROW(OVERDUE_CASES, "overdue-cases") /* of them, on the day */                                  \
    ROW(CASE_FIGURES, "case-figures")   /* counted once a minute */                                \
    ROW(EXTRACTS, "extracts") /* lists of people that are approved; who is in them is not shown */ \
    ROW(LETTERS, "letters")             /* whose copies they are: likewise to who has signed */    \
    ROW(REGISTERS, "registers")         /* that number letters */                                  \
    ROW(PROVIDERS, "providers")         /* of citizens' sign-ins */                                \
    ROW(COMPLAINTS, "complaints") /* of citizens: what they say, to who has signed to read it */   \
    ROW(INTENTIONS, "intentions") /* of cases: what the gate would say of them; by code alone */

/* clang-format on */

enum party_class {
#define ROW(name, text) CLASS_##name,
    WORDS_CLASS(ROW)
#undef ROW
        CLASS_COUNT
};
enum channel {
#define ROW(name, text) CHANNEL_##name,
    WORDS_CHANNEL(ROW)
#undef ROW
        CHANNEL_COUNT
};
enum service {
#define ROW(name, text) SERVICE_##name,
    WORDS_SERVICE(ROW)
#undef ROW
        SERVICE_COUNT
};
enum field {
#define ROW(name, text) FIELD_##name,
    WORDS_FIELD(ROW)
#undef ROW
        FIELD_COUNT
};
enum relation {
#define ROW(name, text) RELATION_##name,
    WORDS_RELATION(ROW)
#undef ROW
        RELATION_COUNT
};
enum notice {
#define ROW(name, text) NOTICE_##name,
    WORDS_NOTICE(ROW)
#undef ROW
        NOTICE_COUNT
};
enum permit_kind {
#define ROW(name, text) PERMIT_##name,
    WORDS_PERMIT(ROW)
#undef ROW
        PERMIT_KIND_COUNT
};
enum drawn {
#define ROW(name, text) DRAWN_##name,
    WORDS_DRAWN(ROW)
#undef ROW
        DRAWN_COUNT
};
enum file_type {
#define ROW(name, text) FILE_TYPE_##name,
    WORDS_FILE_TYPE(ROW)
#undef ROW
        FILE_TYPE_COUNT
};
enum entry_kind {
#define ROW(name, text) KIND_##name,
    WORDS_KIND(ROW)
#undef ROW
        KIND_COUNT
};
enum code {
#define ROW(name, text, status, receipt) CODE_##name,
    WORDS_CODE(ROW)
#undef ROW
        CODE_COUNT
};
enum rule {
#define ROW(name, text) RULE_##name,
    WORDS_RULE(ROW)
#undef ROW
        RULE_COUNT
};
enum resource {
#define ROW(name, text) RESOURCE_##name,
    WORDS_RESOURCE(ROW)
#undef ROW
        RESOURCE_COUNT
};

_Static_assert(FIELD_COUNT <= 64, "fields fit a 64-bit mask");
#define FIELD_BIT(field) (UINT64_C(1) << (field))

/* A vocabulary as a table. */
struct words {
    const char *const *names;
    unsigned count;
};

extern const struct words words_class;
extern const struct words words_channel;
extern const struct words words_service;
extern const struct words words_field;
extern const struct words words_relation;
extern const struct words words_notice;
extern const struct words words_permit;
extern const struct words words_drawn;
extern const struct words words_file_type;
extern const struct words words_kind;
extern const struct words words_code;
extern const struct words words_rule;
extern const struct words words_resource;

/* Name of a value; asserts value < count. */
const char *words_name(const struct words *words, unsigned value);
/* FAULT_NOT_FOUND when the text is no word of the vocabulary. */
struct outcome words_find(const struct words *words, struct view text, unsigned *ret_value);

unsigned code_status(enum code code);
bool code_has_receipt(enum code code);

#endif
