/*
 * Purpose: who works in the office, and what waits there for a second pair of eyes: officers,
 * proposals, emergency stops, reviews, incidents, source systems, providers of sign-ins, written
 * requests. Kept beside the gate's directory, which carries a pointer to it and never looks.
 * Source: issue "The office", item 1.
 */
#ifndef DANCU_OFFICE_STAFF_H
#define DANCU_OFFICE_STAFF_H

#include "domain/signed.h"
#include "gate/directory.h"
#include "office/case.h"
#include "office/complaint.h"
#include "office/guardian.h"
#include "office/incident.h"
#include "office/letter.h"
#include "office/outgoing.h"
#include "office/phone.h"
#include "office/provider.h"
#include "office/retention.h"
#include "office/review.h"
#include "office/rollback.h"
#include "office/rotation.h"
#include "office/source.h"
#include "office/unit.h"

enum officer_state {
    OFFICER_ACTIVE,
    OFFICER_LEFT, /* for good */
    OFFICER_LOST, /* a key is lost or stolen: blocked until it is replaced */
    OFFICER_STATE_COUNT
};

struct officer {
    struct code_text code; /* never given again */
    uint32_t version;
    struct long_text name;
    unsigned roles; /* ROLE_BIT() */
    enum officer_state state;
    uint8_t spki[SEAL_HASH_BYTES]; /* of the certificate by which the officer is let in */
    uint8_t key[ES256_SPKI_BYTES]; /* by which the officer signs; no two active ones share one */
};

/* A four-eyes act by its first officer. Taken out once it is approved, rejected, withdrawn, or
 * after it has lapsed. */
struct proposal {
    struct code_text code; /* 64 hex digits: SHA-256 of its JWS */
    uint32_t version;
    struct code_text by;
    int64_t until_day;         /* the last on which it may be approved (UTC+7) */
    struct code_text if_match; /* what the first officer saw; empty = was not said */
    uint32_t act_len;
    uint8_t act[PROPOSAL_ACT_BYTES_MAX]; /* act_put() */
};

/* An account that one officer stopped at once. Taken out when the account is resumed. */
struct stop {
    struct code_text code; /* the account's */
    uint32_t version;
    struct code_text by;
    struct code_text confirmed_by; /* empty: waits */
    int64_t day;
    int64_t due_day; /* after it, one that is not confirmed is overdue */
};

struct staff {
    struct map officers;
    struct map proposals;
    struct map stops;
    struct map draws;
    struct map reviews;
    struct map case_files;
    struct map confirmations;
    struct map complaints;
    struct map incidents;
    struct map sources;
    struct map providers;
    struct map rotations; /* of keys */
    struct map units;
    struct map cases;
    struct map letters;
    struct map registers;
    struct map guardianships;
    struct map retentions; /* one, or none */
    struct map holds;
    struct map rollbacks;
    struct map letter_codes; /* copies of letters, by the hash of number and code */
    struct map letter_files; /* likewise, by the hash of their file */
    struct map phones;
    struct map phones_of; /* likewise, by the citizen's number */
    struct map notice_wishes;
    struct map notice_keys; /* likewise, by the person's key in the registry */
    struct map outgoings;
    struct map outgoing_causes;  /* those that have one, by it */
    struct map outgoing_centres; /* those that wait for a receipt, by the centre's id */
    struct map inbox;
    struct map notices_told;
    uint64_t changes; /* of officers, sources, providers and signing keys, since the start: `verify`
                         is told anew when it grows */
};

struct outcome staff_new(struct staff **ret_staff);
void staff_free(struct staff *staff);

/* NULL when not there, or when the directory has no staff. */
struct officer *staff_officer(const struct directory *directory, struct view code);
struct officer *staff_officer_by_spki(const struct directory *directory,
                                      const uint8_t spki[SEAL_HASH_BYTES]);
struct proposal *staff_proposal(const struct directory *directory, struct view code);
struct stop *staff_stop(const struct directory *directory, struct view code);
/* An officer was made here once: acts are signed from then on. */
bool staff_founded(const struct directory *directory);
/* The office can still act: one active officer has `security`, another `approve`. `changed` counts
 * as it will be; NULL = as all are. */
bool staff_able(const struct directory *directory, const struct officer *changed);

#endif
