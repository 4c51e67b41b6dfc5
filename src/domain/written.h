/*
 * Purpose: the vocabularies of written requests: how one comes in, from whom, what is decided, by
 * which level of office, in which letters. Source: issue "Written requests"; mission.md S8, F4;
 * domain.md section 0 (who decides); policy/written.yaml names them too.
 *
 * Numbers stand in sealed records and stored objects: append, never renumber.
 */
#ifndef DANCU_DOMAIN_WRITTEN_H
#define DANCU_DOMAIN_WRITTEN_H

#include "domain/words.h"

/* clang-format off */
/* Whose head decides. */
#define WORDS_LEVEL(ROW)                                                                           \
    ROW(NATIONAL, "national") /* the body that keeps the register */                               \
    ROW(PROVINCE, "province") /* a province's police */                                            \
    ROW(COMMUNE, "commune")

/* What an officer is in an office. */
#define WORDS_CAPACITY(ROW)                                                                        \
    ROW(HEAD, "head")                                                                              \
    ROW(DEPUTY, "deputy")                                                                          \
    ROW(STAFF, "staff")

/* Who approves, as policy/written.yaml orders them. */
#define WORDS_APPROVER(ROW)                                                                        \
    ROW(HEAD, "head")     /* of the office that decides */                                         \
    ROW(DEPUTY, "deputy") /* likewise */                                                           \
    ROW(ABOVE, "above")   /* the head of the office above it */

/* By which way a request came. */
#define WORDS_INTAKE(ROW)                                                                          \
    ROW(DESK, "desk")                                                                              \
    ROW(POST, "post")                                                                              \
    ROW(CARRIER, "carrier") /* a signed document by any carrier */                                 \
    ROW(PORTAL, "portal")   /* a citizen's session: a correction of his data is asked for */

/* Papers by which a person shows who it is. */
#define WORDS_PAPERS(ROW)                                                                          \
    ROW(ID, "id")     /* the card with the personal number */                                      \
    ROW(CMND, "cmnd") /* the old card of nine digits */                                            \
    ROW(PASSPORT, "passport")

/* For whom somebody asks who is not the person concerned. */
#define WORDS_BEHALF(ROW)                                                                          \
    ROW(GUARDIAN, "guardian")                                                                      \
    ROW(REPRESENTATIVE, "representative")

/* What is decided on a request. */
#define WORDS_CASE_DECISION(ROW)                                                                   \
    ROW(DISCLOSE, "disclose") /* once, in the letter */                                            \
    ROW(GRANT, "grant")       /* a lasting business */                                             \
    ROW(REFUSE, "refuse")                                                                          \
    ROW(CORRECT, "correct")   /* a source corrects the register; nothing leaves */

#define WORDS_LETTER_KIND(ROW)                                                                     \
    ROW(RESULT, "result")                                                                          \
    ROW(GRANT, "grant")                                                                            \
    ROW(REFUSAL, "refusal") /* of the request, or of its reception */                              \
    ROW(SLIP, "slip")       /* the appointment: when the answer is due, and the fee */             \
    ROW(SUPPLEMENT, "supplement")

/* What was found of the signature in a document, as it is claimed unless it is trusted. */
#define WORDS_SIGNATURE(ROW)                                                                       \
    ROW(NONE, "none")                                                                              \
    ROW(WHOLE, "whole")     /* covers the whole file, by whomever */                               \
    ROW(PART, "part")       /* does not: something stands behind it */                             \
    ROW(TRUSTED, "trusted") /* whole, and its issuer is a configured anchor */
/* clang-format on */

enum office_level {
#define ROW(name, text) LEVEL_##name,
    WORDS_LEVEL(ROW)
#undef ROW
        LEVEL_COUNT
};
enum capacity {
#define ROW(name, text) CAPACITY_##name,
    WORDS_CAPACITY(ROW)
#undef ROW
        CAPACITY_COUNT
};
enum approver {
#define ROW(name, text) APPROVER_##name,
    WORDS_APPROVER(ROW)
#undef ROW
        APPROVER_COUNT
};
enum intake {
#define ROW(name, text) INTAKE_##name,
    WORDS_INTAKE(ROW)
#undef ROW
        INTAKE_COUNT
};
enum papers {
#define ROW(name, text) PAPERS_##name,
    WORDS_PAPERS(ROW)
#undef ROW
        PAPERS_COUNT
};
enum behalf {
#define ROW(name, text) BEHALF_##name,
    WORDS_BEHALF(ROW)
#undef ROW
        BEHALF_COUNT
};
enum case_decision {
#define ROW(name, text) DECISION_##name,
    WORDS_CASE_DECISION(ROW)
#undef ROW
        DECISION_COUNT
};
enum letter_kind {
#define ROW(name, text) LETTER_##name,
    WORDS_LETTER_KIND(ROW)
#undef ROW
        LETTER_KIND_COUNT
};
enum document_signature {
#define ROW(name, text) SIGNATURE_##name,
    WORDS_SIGNATURE(ROW)
#undef ROW
        SIGNATURE_COUNT
};

extern const struct words words_level;
extern const struct words words_capacity;
extern const struct words words_approver;
extern const struct words words_intake;
extern const struct words words_papers;
extern const struct words words_behalf;
extern const struct words words_case_decision;
extern const struct words words_letter_kind;
extern const struct words words_signature;

#endif
