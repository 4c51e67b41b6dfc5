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
#include "domain/truth.h"
#include "domain/words.h"
#include "policy/policy.h"
#include "seal/seal.h"

#define DIRECTORY_NAME_BYTES_MAX 256

struct code_text {
    char text[ASK_CODE_BYTES_MAX + 1];
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
    int64_t guess_day;           /* gate's: day (UTC+7) of the count below */
    uint32_t guess_count;        /* gate's: misses on that day */
    uint32_t saved;              /* gate's: the last snapshot that has it (save.h) */
};

struct business;

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

/* Permanent residence in one of the provinces of the list in force from list_day. */
struct population {
    unsigned count; /* 0 = no condition */
    char provinces[POPULATION_PROVINCES_MAX][3];
    int32_t list_day;
};

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
    uint32_t hours; /* bit per hour, UTC+7 */
    int64_t from_day;
    int64_t until_day;
    bool clearance_protected;
    bool override_lock;
    /* gate's: */
    int64_t quota_day;
    uint64_t quota_used;
    uint32_t saved; /* the last snapshot that has it (save.h) */
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
    uint32_t saves;      /* gate's: number of the last snapshot that was begun */
    struct staff *staff; /* the office's own (office/staff.h): no matter of the gate's; or NULL */
};

void directory_init(struct directory *directory);
void directory_done(struct directory *directory);
/* Take ownership on success. FAULT_CONFLICT: code or certificate is there already. */
struct outcome directory_add_party(struct directory *directory, struct party *party);
struct outcome directory_add_account(struct directory *directory, struct account *account);
struct outcome directory_add_business(struct directory *directory, struct business *business);
/* `old`, which is there, becomes what `new` is, but keeps the gate's counters; the code and the
 * party must be the same. Pointers to it stay good. `new` stays the caller's. FAULT_CONFLICT: the
 * certificate is bound to another account, nothing is changed. */
void directory_replace_party(struct party *old, const struct party *new);
struct outcome directory_replace_account(struct directory *directory, struct account *old,
                                         const struct account *new);
void directory_replace_business(struct business *old, const struct business *new);
/* NULL when not there. */
struct party *directory_party(const struct directory *directory, struct view code);
struct account *directory_account(const struct directory *directory, struct view code);
/* Also one that is revoked. */
struct certificate *directory_certificate(const struct directory *directory,
                                          const uint8_t spki[SEAL_HASH_BYTES]);
struct account *directory_account_by_spki(const struct directory *directory,
                                          const uint8_t spki[SEAL_HASH_BYTES]);
struct business *directory_business(const struct directory *directory, struct view code);

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

/* `permanent_residence.province=79,01@2021-07-01`; empty text = no condition. FAULT_BAD_INPUT. */
struct outcome population_parse(struct view text, struct population *ret_population);
void population_put(const struct population *population, struct buf *buf);
enum truth population_holds(const struct population *population, const char province[3],
                            int32_t list_day);

#endif
