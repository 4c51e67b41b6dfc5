/*
 * Purpose: whom the gate knows: parties, their accounts and their registered businesses, in memory.
 * The office changes it by recorded acts; the gate only reads it, except for the counters, which
 * are the gate's own. Source: design.md section 4 ("Words"), invariants I3, I11.
 */
#ifndef DANCU_GATE_DIRECTORY_H
#define DANCU_GATE_DIRECTORY_H

#include "base/bytes.h"
#include "base/ceilings.h"
#include "base/leak.h"
#include "base/map.h"
#include "domain/ask.h"
#include "domain/population.h"
#include "domain/words.h"
#include "policy/policy.h"
#include "seal/seal.h"

#define DIRECTORY_NAME_BYTES_MAX 256
#define CODE_TEXT_BYTES_MAX (ASK_CODE_BYTES_MAX + 8) /* with a month behind it (fees.h) */

struct code_text {
    char text[CODE_TEXT_BYTES_MAX + 1];
    uint8_t len;
};
struct long_text {
    char text[DIRECTORY_NAME_BYTES_MAX + 1];
    uint16_t len;
};

/* Whom the authority reaches at a party's. */
enum party_contact {
    CONTACT_RESPONSIBLE,
    CONTACT_SECURITY, /* for incidents, at any hour */
    CONTACT_COUNT
};

enum inspection_result { INSPECTION_NONE, INSPECTION_PASSED, INSPECTION_FAILED, INSPECTION_COUNT };

/* The last security inspection of the party's system. */
struct inspection {
    enum inspection_result result;
    int64_t day;
    int64_t until_day; /* last day on which it is good */
    uint8_t report[SEAL_HASH_BYTES];
};

struct business;

struct party {
    struct code_text code;
    uint32_t version; /* grows with each act on it, as of every object here */
    enum party_class class;
    enum party_state state;
    struct code_text kind; /* bank, telecom, province agency... */
    struct long_text name;
    struct code_text parent;         /* code of the body above it; empty = none */
    struct code_text identification; /* e-identification code (Decision 20/2020), `MaDonVi` */
    char province[3];                /* of the list of 2025-07-01; empty = the whole country */
    /* connection dossier */
    struct long_text legal_basis;
    unsigned security_level;            /* of the system that connects; 0 = none on file */
    struct long_text security_decision; /* that approved the level */
    struct inspection inspection;
    bool undertaken;
    uint8_t undertaking[SEAL_HASH_BYTES]; /* of the signed document */
    struct long_text contacts[CONTACT_COUNT];
    struct long_text instrument; /* guidance instrument for `guided`; empty = none on file */
    struct business *businesses; /* in the order of their codes */
    unsigned business_count;
    int64_t guess_day;    /* gate's: day (UTC+7) of the count below */
    uint32_t guess_count; /* gate's: misses on that day */
    uint32_t saved;       /* gate's: the last snapshot that has it (save.h) */
};

/* 9999-12-31T23:59:59Z: the last that a certificate can say (RFC 5280, 4.1.2.5). */
#define CERTIFICATE_UNTIL_S_MAX INT64_C(253402300799)

/* A certificate that is or was bound to an account: it stands for its key. */
struct certificate {
    struct account *account;       /* the directory's: whose it is */
    uint8_t spki[SEAL_HASH_BYTES]; /* SHA-256 of its SubjectPublicKeyInfo */
    int64_t until_s;               /* its end, seconds since 1970; 0 = not known here */
    bool revoked;
};

enum account_holder {
    HOLDER_ORGANISATION, /* the account is the authority's, for one system's connection */
    HOLDER_PERSON,       /* a sub-account, made by the organisation */
    HOLDER_SYSTEM,       /* likewise */
    HOLDER_COUNT
};

struct account {
    struct code_text code;
    uint32_t version;
    struct party *party;
    enum channel channel;
    enum account_state state;
    struct certificate certificates[ACCOUNT_CERTIFICATES_KEPT_MAX]; /* oldest first */
    unsigned certificate_count;
    struct long_text instrument; /* guidance instrument for `guided`; empty = none on file */
    bool assertion_required;     /* acts for others by signed assertion only (portals) */
    bool signature_required;     /* its asks are signed, each (RFC 9421) */
    enum account_holder holder;
    /* of a sub-account only */
    struct account *parent;
    struct long_text holder_name;
    struct business *businesses[SUB_ACCOUNT_BUSINESSES_MAX]; /* it may ask for these alone */
    unsigned business_count;
    unsigned sub_count; /* the directory's: sub-accounts under it, revoked ones too */
    /* gate's: recorded refusals; and those beyond their rate, to be aggregated */
    struct leak refusals;
    uint64_t limited_count;
    int64_t limited_first_us;
    int64_t limited_last_us;
    /* gate's: Idempotency-Keys remembered, and its old records read again */
    uint32_t key_count;
    uint32_t key_number; /* among the accounts of the snapshot key_round */
    uint32_t key_round;
    struct leak rereads;
};

/* What was done to a business: as its record tells it. */
struct business_move {
    enum business_state state; /* from then on */
    uint32_t version;          /* likewise */
    uint64_t index;            /* of the record */
    int64_t time_us;
    struct long_text agent;  /* who: the record's value `agent`, as it stands there */
    struct code_text clause; /* of the policy in force then; empty = none was named */
    struct long_text reason; /* empty = none was given */
};

struct permit;

/* A party's code, a zero, a procedure; empty: no procedure. */
struct business_place {
    char text[2 * CODE_TEXT_BYTES_MAX + 1];
    uint8_t len;
};
_Static_assert(2 * CODE_TEXT_BYTES_MAX + 1 <= UINT8_MAX, "a place's length fits");

struct business {
    struct code_text code;
    struct party *party;
    enum business_state state;
    uint32_t version; /* of its registration */
    struct long_text purpose;
    struct long_text legal_basis;
    struct code_text procedure;
    unsigned services; /* bit per enum service */
    unsigned channels; /* bit per enum channel */
    uint64_t fields;
    uint64_t sensitive; /* sensitive fields that are named explicitly */
    struct population population;
    uint64_t quota_day_max;
    uint64_t quota_second_max; /* 0 = as many as may be */
    uint64_t quota_total_max;  /* likewise */
    uint64_t bulk_max;         /* lines in one job; 0 = as many as need no grant */
    uint32_t hours;            /* bit per hour, UTC+7 */
    int64_t from_day;
    int64_t until_day;
    bool clearance_protected;
    bool override_lock;
    bool birth_year_alone;    /* a subject's year of birth does where the day is stored */
    bool verify_per_claim;    /* may have an answer for each claim, not one for all */
    int64_t sealed_until_day; /* its look-ups are hidden from whom they are about before that day;
                                 BUSINESS_UNSEALED = they never are */
    /* gate's: */
    int64_t quota_day;
    uint64_t quota_used; /* of that day */
    int64_t quota_second;
    uint64_t quota_second_used;
    uint64_t quota_total_used;
    uint32_t saved;        /* the last snapshot that has it (save.h) */
    struct business *next; /* of the same party */
    /* the directory's: where it is found by its procedure (places.h), and the next there */
    struct business_place place;
    struct business *next_same;
    /* permits, in the order of their codes */
    struct permit *permits;
    unsigned permit_count;
    /* the office's: the last of what was done, in its order; older moves are in the records */
    unsigned move_count;
    struct business_move moves[BUSINESS_MOVES_MAX];
};
#define BUSINESS_UNSEALED 0

enum permit_state {
    PERMIT_IN_FORCE,
    PERMIT_WITHDRAWN,
    PERMIT_ENDED, /* its holder has stated that the copy is deleted */
    PERMIT_STATE_COUNT
};

/* Leave to keep a copy of what a business was told, or to pass it on (P4). */
struct permit {
    struct code_text code;
    uint32_t version;
    struct business *business;
    enum permit_kind kind;
    enum permit_state state;
    struct long_text recipient; /* PERMIT_THIRD_PARTY: as asks name it */
    uint64_t fields;
    int64_t until_day;       /* last day; PERMIT_COPY: and the copy is kept no longer than that */
    struct long_text reason; /* of its state */
    uint8_t statement[SEAL_HASH_BYTES]; /* PERMIT_ENDED: SHA-256 of the statement of deletion */
    struct permit *next;                /* of the same business, in the order of their codes */
};

enum list_state { LIST_IN_FORCE, LIST_ENDED, LIST_STATE_COUNT };

/* Persons whom conditions of businesses can name together (decision 0047). */
struct person_list {
    struct code_text code; /* never given again, or old conditions would name new people */
    uint32_t version;
    enum list_state state;
    struct long_text name;
    struct long_text reason; /* of the last change */
    int64_t from_day;
    int64_t changed_day;
    uint32_t count;                                   /* LIST_ENDED: 0 */
    uint8_t tags[LIST_MEMBERS_MAX][SEAL_BLIND_BYTES]; /* of personal numbers, ascending */
};
/* In as many steps as the list's length alone says, whoever it is. */
bool person_list_has(const struct person_list *list, const uint8_t tag[SEAL_BLIND_BYTES]);

/* A citizen's own lock of what the register has of him (law `citizen_lock`): against which classes
 * it is, and whether it is in force at all, the policy says. It is kept by the person's tag, so
 * that no number stands here, and beside it the numbers' tags by which others' households and
 * relatives name him, each of them as another of these (decision 0065). */
#define LOCK_FORMER_MAX 4 /* numbers that he had: the last */
struct person_lock {
    struct code_text code; /* person_code() of the tag */
    uint32_t version;
    int64_t from_day;
    bool by_number; /* of a number's tag; it has no numbers itself */
    bool cmnd_known;
    uint8_t id_tag[SEAL_BLIND_BYTES];
    uint8_t cmnd_tag[SEAL_BLIND_BYTES];
    uint8_t former[LOCK_FORMER_MAX][SEAL_BLIND_BYTES]; /* of numbers that others may name him by */
    unsigned former_count;
};
/* A tag in hex: the code of what a person has set for himself. */
void person_code(const uint8_t tag[SEAL_BLIND_BYTES], struct code_text *ret_code);
/* The tag of a person by his key, which stays his when a number is corrected. */
void person_tag(struct blinder *blinder, uint64_t key, uint8_t ret_tag[SEAL_BLIND_BYTES]);

enum pass_state {
    PASS_GIVEN,
    PASS_USED, /* once, and for good */
    PASS_WITHDRAWN,
    PASS_STATE_COUNT
};

/* A citizen's leave for one party to ask about him once, by a code of which the hash alone is kept
 * (decision 0065). */
#define PASS_PREFIX "MA-"     /* before the code, where an ask names its business */
#define PASS_BUSINESS "pass:" /* before the hash in hex: what that business is called */
struct pass {
    struct code_text code; /* person_code() of the citizen, a dot, the log's size then */
    uint32_t version;
    enum pass_state state;
    struct code_text business;
    struct party *party;
    uint8_t person_tag[SEAL_BLIND_BYTES];
    unsigned services; /* bit per enum service */
    uint64_t fields;
    struct long_text purpose;
    int64_t from_day;
    int64_t until_day; /* last day */
    uint64_t record;   /* PASS_USED: the disclosure's place in the log */
};

enum extract_state {
    EXTRACT_APPROVED,  /* by two officers: it is to be collected, and may be asked for */
    EXTRACT_COLLECTED, /* its job is there */
    EXTRACT_TOO_LONG,  /* more people than its cap fulfil its criteria: nobody is in it */
    EXTRACT_REFUSED,   /* an account's wish that an officer has turned down */
    EXTRACT_ENDED,     /* by an officer */
    EXTRACT_STATE_COUNT
};

/* A list of people that an account may be given (decision 0052). */
struct extract {
    struct code_text code; /* never given again: its job's id hangs on it */
    uint32_t version;
    enum extract_state state;
    struct account *account;
    uint8_t job_id[16]; /* by which its lines are asked; no other list's */
    /* EXTRACT_REFUSED has none of these */
    struct business *business;
    struct long_text case_ref;
    struct population criteria;
    uint64_t fields;
    uint32_t cap; /* of people */
    int64_t from_day;
    int64_t until_day;       /* last day on which it may be asked for */
    uint32_t collected;      /* people, when it was; the account is not told */
    struct long_text reason; /* of its state */
};
/* Is that line of that job, asked by that account for that business, case and fields, one of a list
 * that is approved? NULL: it is not. */
struct extract_line {
    const uint8_t *job_id; /* NULL: no job's */
    uint32_t line;
    const struct account *account;
    const struct business *business;
    struct view case_ref;
    uint64_t fields;
    int64_t day; /* UTC+7 */
};
struct directory;
const struct extract *extract_of_line(const struct directory *directory,
                                      const struct extract_line *line);

enum signing_key_state { SIGNING_KEY_IN_FORCE, SIGNING_KEY_REVOKED, SIGNING_KEY_STATE_COUNT };

/* A key by which an account signs assertions and asks, other than its certificates'. */
struct signing_key {
    struct code_text code; /* `kid`; never given again */
    uint32_t version;
    struct account *account;
    enum signing_key_state state;
    uint8_t key[ES256_SPKI_BYTES]; /* SubjectPublicKeyInfo, DER */
    int64_t from_day;
    int64_t until_day;       /* last day */
    struct long_text reason; /* of its state */
};
bool signing_key_good(const struct signing_key *key, int64_t day);

/* Whom an operator may name in asks. */
enum operator_role {
    OPERATOR_PARTY,   /* whom its system may ask for */
    OPERATOR_OFFICER, /* who asks there: `officer`, `MaCanBo` */
    OPERATOR_ROLE_COUNT
};

/* What is registered with a party as operator of a system that carries asks. Thousands of names,
 * some of them personal numbers: kept as lists of persons are. */
struct operator_register {
    struct code_text code; /* the operator's own, as a party */
    uint32_t version;
    struct party *party;
    struct long_text reason; /* of the last change */
    int64_t from_day;
    int64_t changed_day;
    uint32_t counts[OPERATOR_ROLE_COUNT];
    uint8_t tags[OPERATOR_MEMBERS_MAX][SEAL_BLIND_BYTES]; /* of all roles, ascending */
};
/* The tag of a name in that role; the operator's own code is in it. */
void operator_tag(struct blinder *blinder, struct view operator_code, enum operator_role role,
                  struct view name, uint8_t ret_tag[SEAL_BLIND_BYTES]);
bool operator_has(const struct operator_register *operator_register,
                  const uint8_t tag[SEAL_BLIND_BYTES]);

enum policy_state { POLICY_PROPOSED, POLICY_PUBLISHED, POLICY_STATE_COUNT };

/* A version of the law that is on file; the office's, no matter of the gate's. */
struct policy_version {
    struct code_text code; /* its hash */
    uint32_t version;
    enum policy_state state;
    int64_t effective_day; /* by its own words, UTC+7 */
    int64_t from_day;      /* POLICY_PUBLISHED: on which it takes the place of others */
    uint64_t index;        /* of the record that proposed or published it last */
    int64_t time_us;       /* likewise */
    struct policy *policy; /* owned; NULL unless it is in force or its day is to come */
};

/* Where an inspection stands on a day. */
enum ageing {
    AGEING_CURRENT,
    AGEING_DUE,    /* ends within INSPECTION_DUE_DAYS: told */
    AGEING_LAPSED, /* has ended: told, and the party cannot be connected or resumed */
    AGEING_OVER,   /* ended INSPECTION_GRACE_DAYS ago: the party may not ask */
    AGEING_COUNT
};
enum ageing inspection_ageing(const struct inspection *inspection, int64_t day);
/* The state that counts on a day (UTC+7): dates take effect by themselves, whether or not their act
 * is recorded yet. */
enum party_state party_state_on(const struct party *party, int64_t day);

/* It may be used: neither revoked nor at its end. */
bool certificate_good(const struct certificate *certificate, int64_t now_s);
/* The state that counts for an ask by that certificate: a sub-account's is never better than its
 * parent's; a certificate that is not good is as good as a revoked account. */
enum account_state account_state_by(const struct account *account,
                                    const struct certificate *certificate, int64_t now_s);
/* May the account ask for that business at all? One of its own party, and a sub-account for those
 * alone that it was given. */
bool account_covers(const struct account *account, const struct business *business);
/* A guidance instrument is on file: its own, its parent's or its party's. */
bool account_instrument(const struct account *account);

struct directory {
    struct map parties;
    struct map accounts;
    struct map certificates; /* of all accounts, by hash of their key */
    struct map businesses;
    struct map units;      /* parties by their identification (places.h) */
    struct map procedures; /* businesses by party and procedure (places.h) */
    struct map permits;
    struct map policies;
    struct map lists;
    struct map locks;
    struct map passes;
    struct map pass_businesses; /* the same by what their businesses are called */
    struct map signing_keys;
    struct map operators;
    struct map extracts;
    struct map extract_jobs; /* the same by their job's id */
    struct blinder *blinder; /* borrowed: makes the tags of members; NULL: none is made */
    struct map statements;   /* gate's (fees.h) */
    struct statement *statements_first;
    struct statement *statements_last;
    struct statement *statements_unsaved; /* the next one that a snapshot copies */
    uint32_t saves;                       /* gate's: number of the last snapshot that was begun */
    struct staff *staff; /* the office's own (office/staff.h): no matter of the gate's; or NULL */
};

void directory_init(struct directory *directory);
void directory_done(struct directory *directory);
/* Take ownership on success. FAULT_CONFLICT: code or certificate is there already. */
struct outcome directory_add_party(struct directory *directory, struct party *party);
struct outcome directory_add_account(struct directory *directory, struct account *account);
struct outcome directory_add_business(struct directory *directory, struct business *business);
/* FAULT_OVER_LIMIT also when its business has PERMITS_PER_BUSINESS_MAX (and of a business, when its
 * party has BUSINESSES_PER_PARTY_MAX). */
struct outcome directory_add_permit(struct directory *directory, struct permit *permit);
struct outcome directory_add_policy(struct directory *directory, struct policy_version *version);
/* FAULT_CONFLICT also when its job's id is another's. */
struct outcome directory_add_extract(struct directory *directory, struct extract *extract);
/* `old`, which is there, becomes what `new` is, but keeps the gate's counters; the code and the
 * party must be the same. Pointers to it stay good. `new` stays the caller's. FAULT_CONFLICT: the
 * certificate is bound to another account, nothing is changed. */
struct outcome directory_replace_party(struct directory *directory, struct party *old,
                                       const struct party *new);
struct outcome directory_replace_account(struct directory *directory, struct account *old,
                                         const struct account *new);
struct outcome directory_replace_business(struct directory *directory, struct business *old,
                                          const struct business *new);
/* The business must be the same, too. */
void directory_replace_permit(struct permit *old, const struct permit *new);
/* What is loaded of it stays. */
void directory_replace_policy(struct policy_version *old, const struct policy_version *new);
/* NULL when not there. */
struct party *directory_party(const struct directory *directory, struct view code);
struct account *directory_account(const struct directory *directory, struct view code);
/* Also one that is revoked. */
struct certificate *directory_certificate(const struct directory *directory,
                                          const uint8_t spki[SEAL_HASH_BYTES]);
struct account *directory_account_by_spki(const struct directory *directory,
                                          const uint8_t spki[SEAL_HASH_BYTES]);
struct business *directory_business(const struct directory *directory, struct view code);
/* The party with that identification (`MaDonVi`). */
struct party *directory_party_by_unit(const struct directory *directory, struct view unit);
/* The party's business for an administrative procedure (`MaDVC`) through a service: of several the
 * first that may be asked by that channel on that day, else the first that comes nearest to it. */
struct business *directory_business_for(const struct directory *directory,
                                        const struct party *party, struct view procedure,
                                        enum service service, enum channel channel, int64_t day);
unsigned directory_procedure_count(const struct directory *directory, const struct party *party,
                                   struct view procedure);
struct permit *directory_permit(const struct directory *directory, struct view code);
struct policy_version *directory_policy(const struct directory *directory, struct view hash);
struct person_list *directory_list(const struct directory *directory, struct view code);
struct signing_key *directory_signing_key(const struct directory *directory, struct view code);
struct extract *directory_extract(const struct directory *directory, struct view code);
struct extract *directory_extract_by_job(const struct directory *directory,
                                         const uint8_t job_id[16]);
/* Is it registered to override locks, and does the law that is in force name it? */
bool business_overrides_lock(const struct business *business, const struct policy *policy);
/* FAULT_CONFLICT also when its business is another's. */
struct outcome directory_add_pass(struct directory *directory, struct pass *pass);
/* Before it is taken out of the map by its code. */
void directory_forget_pass(struct directory *directory, const struct pass *pass);
/* By what its business is called. */
struct pass *directory_pass(const struct directory *directory, struct view business);
/* Of who has that code (person_code()): walks them, oldest first. Begin with an empty code. */
const struct pass *directory_pass_next(const struct directory *directory, struct view person_code,
                                       struct view code);
/* Has the person with that tag, his own or a number's, locked himself? In the same steps, whoever
 * it is. */
bool directory_locked(const struct directory *directory, const uint8_t tag[SEAL_BLIND_BYTES]);
/* NULL: the party is no operator. */
struct operator_register *directory_operator(const struct directory *directory, struct view code);
/* Is the name registered with that operator, in that role? */
bool directory_registered(const struct directory *directory, struct view operator_code,
                          enum operator_role role, struct view name);
/* UNKNOWN: no such list is in force. */
enum truth directory_listed(const struct directory *directory, struct view code,
                            const uint8_t tag[SEAL_BLIND_BYTES]);

/* The permit in force on that day that covers a declared use: all the fields, and the recipient
 * named or a copy kept until then (`text` as in formats.md "Ask"). Of several the one whose code
 * comes first; NULL when none does: each by itself, never two together. */
const struct permit *business_permit(const struct business *business, enum use_kind use,
                                     struct view text, uint64_t fields, int64_t day);

static inline struct view code_view(const struct code_text *code)
{
    return view_of(code->text, code->len);
}
static inline struct view long_view(const struct long_text *text)
{
    return view_of(text->text, text->len);
}
/* FAULT_OVER_LIMIT when too long. */
struct outcome code_set(struct code_text *code, struct view text);
struct outcome long_set(struct long_text *text, struct view view);

#endif
