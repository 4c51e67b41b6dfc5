/*
 * Purpose: the law as data, and the two decisions. Loading checks everything; deciding is pure (no
 * I/O, no clock, no allocation: invariant I10) and default deny (I3).
 * Source: mission.md F1-F4, P2-P4, U1, U4; design.md sections 5 and 6.
 *
 * A policy is made from the YAML files of one folder:
 *   circular-2021.yaml  classes, channels, class x channel, services, class x service, field
 *                       ceilings per class and service, related law; each row with its clause
 *   fields.yaml         the fields, their shapes, sensitivity and dates; relation codes; notices
 *   refusals.yaml       codes with clause and texts (vi, en)
 *   fees.yaml, holidays.yaml  dated tables
 *   sources.yaml        who may change what in the register
 *   written.yaml        written requests: who decides, who stands in, in what time
 *   messages.yaml       what is sent to phones, in words (texts.h)
 * Its hash is SHA-256 over the output of `LC_ALL=C sha256sum *.yaml` in that folder (formats.md).
 */
#ifndef DANCU_POLICY_POLICY_H
#define DANCU_POLICY_POLICY_H

#include "base/bytes.h"
#include "base/clock.h"
#include "domain/truth.h"
#include "domain/words.h"
#include "domain/written.h"

struct policy; /* immutable once loaded; one owner, borrowed by readers */

/* One file handed to the loader; the name is the bare file name. */
struct policy_file {
    char name[64];
    struct view content;
};

/* Where loading failed, for a person: "circular-2021.yaml:12:5: unknown class `stat`". */
struct policy_error {
    char text[512];
};

/* Parses and checks the whole set. FAULT_BAD_INPUT with *ret_error filled when anything is off:
 * unknown or missing word, duplicate, class without channel row, date gap, missing file. Order of
 * `files` does not matter. */
struct outcome policy_load(const struct policy_file *files, unsigned count,
                           struct policy **ret_policy, struct policy_error *ret_error);
/* The same of DIR's *.yaml, read by base/folder.h (command line, tests). FAULT_NOT_FOUND when the
 * folder cannot be opened, FAULT_IO when a file cannot be read. */
struct outcome policy_load_dir(const char *dir, struct policy **ret_policy,
                               struct policy_error *ret_error);
void policy_free(struct policy *policy);

/* 64 lower-case hex characters and a terminator; what stands in every entry. */
const char *policy_hash(const struct policy *policy);
/* Effective from this day (UTC+7, days since 1970-01-01). */
int64_t policy_effective_day(const struct policy *policy);
/* Is the pair open (F1-F4)? */
bool policy_channel_open(const struct policy *policy, enum party_class class, enum channel channel);
bool policy_service_open(const struct policy *policy, enum party_class class, enum service service);
/* Fields that class may ever see through that service, and the sensitive ones among all. */
uint64_t policy_field_ceiling(const struct policy *policy, enum party_class class,
                              enum service service);
uint64_t policy_fields_sensitive(const struct policy *policy);
/* How people call a field, and what a code of its list says (NULL: it has no such code). */
const char *policy_field_label_vi(const struct policy *policy, enum field field);
const char *policy_field_code_vi(const struct policy *policy, enum field field, struct view code);
/* May the class be told about those alone who ask? */
bool policy_own_only(const struct policy *policy, enum party_class class);
/* Does a search tell that class the personal number of whom it finds? */
bool policy_search_number(const struct policy *policy, enum party_class class);
/* Has the policy a clause of that name? */
bool policy_clause_known(const struct policy *policy, struct view clause);
/* What it is called, in Vietnamese; empty when there is none. Borrows. */
struct view policy_clause_text(const struct policy *policy, struct view clause);
/* True where the data-protection law's citizen lock is in force for that class (off in 2021). */
bool policy_lock_in_force(const struct policy *policy, enum party_class class);
/* Does the lock's row name that business as one that overrides it? */
bool policy_lock_overridden(const struct policy *policy, struct view business);
/* May the class be told that notice through that service? */
bool policy_notice_open(const struct policy *policy, enum party_class class, enum service service,
                        enum notice notice);

struct policy_text {
    const char *clause;
    const char *title_vi;
    const char *detail_vi;
    const char *title_en;
    const char *detail_en;
};
/* Of any code but CODE_DISCLOSED (asserts so). `clause` is empty where none stands behind it. */
struct policy_text policy_refusal_text(const struct policy *policy, enum code code);

/* A code that is newer than the policy, which has no row for it: another code's texts are said.
 * NULL: none. A policy that is proposed must lack none. */
const char *policy_lacks(const struct policy *policy);
/* It is older than the table of sources: nobody may send changes. Likewise. */
bool policy_lacks_sources(const struct policy *policy);
/* It is older than the tables of written requests: none is taken in. Likewise. */
bool policy_lacks_written(const struct policy *policy);

/* What is sold by that service and channel, and its price in dong for each field on that day
 * (UTC+7); zeroed where the class is exempt or no product or rate covers it (Circular
 * 48/2022/TT-BTC). `product` borrows. */
struct policy_fee {
    const char *product;
    uint64_t vnd_per_field;
};
struct policy_fee policy_fee(const struct policy *policy, enum party_class class,
                             enum service service, enum channel channel, int64_t day);
/* Is it a working day? UNKNOWN outside the years that the calendar covers. */
enum truth policy_working_day(const struct policy *policy, int64_t day);
/* The last day of a limit of so many working days that begins after `day`. FAULT_NOT_FOUND when it
 * runs out of the calendar. */
struct outcome policy_deadline_day(const struct policy *policy, int64_t day, unsigned working_days,
                                   int64_t *ret_day);

/* How many working days there are in (from, until]. FAULT_NOT_FOUND when the calendar does not
 * cover them. */
struct outcome policy_working_days(const struct policy *policy, int64_t from, int64_t until,
                                   unsigned *ret_days);
/* The day of which so many working days are left to `day`, itself included: 0 is the day itself.
 * FAULT_NOT_FOUND likewise. */
struct outcome policy_days_before(const struct policy *policy, int64_t day, unsigned working_days,
                                  int64_t *ret_day);
/* Is it a Saturday that is no holiday? */
bool policy_saturday(const struct policy *policy, int64_t day);

/* Of written requests, of a policy that does not lack them. Texts borrow. */
struct policy_written {
    unsigned days; /* working days of a limit, unless an act says otherwise */
    unsigned warn_days;
    const char *appeal_vi;
    const char *appeal_en;
};
struct policy_written policy_written(const struct policy *policy);
#define POLICY_KIND_PERSON "person" /* of a requester by papers */
/* The level of office that decides; LEVEL_COUNT when the policy lacks the table. */
enum office_level policy_decider(const struct policy *policy, enum party_class class,
                                 struct view kind);
/* Who approves there in that place, 0 first; APPROVER_COUNT: nobody more. */
enum approver policy_approver(const struct policy *policy, enum office_level level, unsigned place);

/* Who may change what in the register, and whose word stands. */
struct change_law;
void policy_change_law(const struct policy *policy, struct change_law *ret_law);

/* A matrix that a lawyer can read (text), or the same as JSON. */
void policy_show(const struct policy *policy, bool json, struct buf *buf);

/* Suspended by the authority; locked by the organisation, its sub-accounts only. */
enum account_state {
    ACCOUNT_ACTIVE,
    ACCOUNT_SUSPENDED,
    ACCOUNT_REVOKED,
    ACCOUNT_LOCKED,
    ACCOUNT_SUSPENDED_LOCKED,
    ACCOUNT_STATE_COUNT
};
/* Only who is connected may ask. */
enum party_state {
    PARTY_CONNECTED,
    PARTY_SUSPENDED,
    PARTY_REGISTERED, /* the connection dossier lacks something */
    PARTY_COMPLETE,   /* the dossier lacks nothing, the authority has not connected it yet */
    PARTY_CLOSED,
    PARTY_STATE_COUNT
};
enum business_state {
    BUSINESS_DRAFT,
    BUSINESS_SUBMITTED,
    BUSINESS_GRANTED,
    BUSINESS_REFUSED,
    BUSINESS_SUSPENDED,
    BUSINESS_REVOKED,
    BUSINESS_EXPIRED,
    BUSINESS_STATE_COUNT
};

extern const struct words words_account_state;
extern const struct words words_party_state;
extern const struct words words_business_state;

/* Everything decide_party() looks at, looked up before by the gate. */
struct party_question {
    /* account and party */
    enum account_state account_state;
    enum party_state account_party_state; /* party that owns the account */
    enum party_state party_state;         /* acting party */
    enum party_class party_class;         /* class of the acting party */
    enum channel channel;                 /* of the account (I11) */
    bool guided_instrument;               /* on file for this account */
    bool assertion_required;              /* account acts for others by signed assertion only */
    bool assertion_verified;
    bool party_is_own;        /* acting party = account's own party */
    bool operator_registered; /* acting party is registered with this operator */
    bool officer_registered;  /* officer named, and registered; true when none is named */
    /* ask */
    enum service service;
    uint64_t fields;     /* asked */
    bool per_claim;      /* one answer for each claim, not one for all */
    bool case_given;     /* present and not blank */
    bool use_declared;   /* copy or third party */
    bool permit_covers;  /* a permit covers use, fields and date */
    bool list_approved;  /* list.extract: a list that is approved covers the ask */
    bool subject_is_own; /* citizen: the key asked is the citizen's own */
    /* business */
    bool business_found;
    bool business_owned; /* belongs to the acting party */
    enum business_state business_state;
    int64_t business_from_day;  /* first valid day, UTC+7 */
    int64_t business_until_day; /* last valid day */
    unsigned business_channels; /* bit per enum channel */
    unsigned business_services; /* bit per enum service */
    uint64_t business_fields;
    uint64_t business_sensitive; /* sensitive fields that the grant names explicitly */
    bool business_per_claim;     /* may have one answer for each claim */
    uint32_t business_hours;     /* bit per hour 0..23, UTC+7; all set = any hour */
    bool business_override_lock; /* by law, see policy row */
    bool clearance_protected;    /* may see protected persons (U4) */
    /* counters, before this ask */
    uint64_t quota_used; /* of the day, UTC+7 */
    uint64_t quota_max;
    uint64_t quota_second_used; /* of the second that now_us is in */
    uint64_t quota_second_max;  /* UINT64_MAX = as many as may be */
    uint64_t quota_total_used;  /* since it was granted first */
    uint64_t quota_total_max;   /* likewise */
    unsigned guesses;           /* misses of the acting party on the asked key, last 24 h */
    /* time */
    int64_t now_us;
};

struct decision {
    enum code code; /* CODE_DISCLOSED when it may go on */
    enum rule rule; /* the check that failed; RULE_PERMITTED when none did */
    enum field
        field; /* for field_not_granted: the first (lowest) field that failed; else FIELD_COUNT */
};

struct decision decide_party(const struct policy *policy, const struct party_question *question);

/* What the subject's checks look at, after the read. */
struct subject_question {
    enum party_class party_class;
    bool found;
    bool name_matches;
    bool birth_date_matches;
    enum truth population; /* of the business' condition; TRUTH_YES when it has none */
    bool protected_person;
    bool clearance_protected;
    bool locked;
    bool business_override_lock;
};

/* All or nothing: any no is CODE_SUBJECT_NOT_AVAILABLE with the exact rule (which stays sealed). */
struct decision decide_subject(const struct policy *policy,
                               const struct subject_question *question);

/* How an ask is decided: each check in its order, what it looked at, what it said; then, when there
 * is a subject and decide_party() lets it go on, those of decide_subject(); then the decision with
 * its clause. As text for a person, or as one JSON object in canonical form.
 * The class, channel, service and state must be words (CHECKed): a hypothetical ask is made of
 * words. `subject` may be NULL. */
void policy_explain(const struct policy *policy, const struct party_question *question,
                    const struct subject_question *subject, bool json, struct buf *buf);

#endif
