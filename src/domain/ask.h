/*
 * Purpose: an ask as the core decides it, and what it is answered with. Plain borrowed values: the
 * frame codec (proc/frame.h) fills them from bytes, the gate reads them.
 * Source: formats.md "Ask", "Entry", design.md section 5.
 */
#ifndef DANCU_DOMAIN_ASK_H
#define DANCU_DOMAIN_ASK_H

#include "base/ceilings.h"
#include "domain/claim.h"
#include "domain/words.h"

enum subject_kind {
    SUBJECT_ID,     /* 12-digit personal id */
    SUBJECT_CMND,   /* 9-digit identity card number */
    SUBJECT_NAME,   /* citizen.search: name and birth date or year, no key */
    SUBJECT_PERSON, /* the person's own key, 8 bytes: list.extract, only from the process `jobs`; a
                       case's, only the core's own */
    SUBJECT_KIND_COUNT,
};

#define ASK_PERSON_KEY_BYTES 8

enum use_kind {
    USE_NONE,
    USE_COPY,        /* text = until */
    USE_THIRD_PARTY, /* text = recipient */
};

/* What was verified of an ask (decision 0043): the signature is good; whether its key is the
 * account's, and that it comes once, is the core's to look at. */
enum proof_kind {
    PROOF_NONE,
    PROOF_SIGNATURE, /* of the message (RFC 9421) */
    PROOF_ASSERTION, /* of an operator: who asks, and for whom */
    PROOF_KIND_COUNT
};
#define PROOF_TAG_BYTES 16
struct ask_proof {
    enum proof_kind kind;
    uint8_t tag[PROOF_TAG_BYTES]; /* of the signer and what was signed: it counts once */
    uint8_t key[32];              /* SHA-256 of the key that signed (SubjectPublicKeyInfo) */
    struct view kid;              /* the signing key's code; empty: it is the certificate's */
    struct view citizen;          /* personal number of whom an assertion names; else empty */
};

/* A case's ask, by the channel `written` (decision 0056): what officers' acts permit of it.
 * `business` and `case_ref` are the case's code; `party` is empty when who asks has shown papers.
 */
struct ask_written {
    struct view office;     /* that has the case: a code */
    bool looks;             /* the office itself looks for whom the case is about */
    enum party_class class; /* of who asks, without a party */
    struct view requester;  /* number on the papers of who asks, or for whom; empty: no person's */
    uint64_t fields;        /* that were decided, sensitive ones among them by name */
    uint64_t given;         /* one more than the place of the case's disclosure; 0: not known */
};

/* The standing business of citizens about themselves (F3): no act makes or changes it. */
#define ASK_OWN_BUSINESS "OWN"

/* A citizen's ask about himself (F3). Who he is, the core has found out, from a session that a
 * portal's sign-in has begun or from the phone that wrote: nobody's claim. Then `business` is OWN,
 * and `key` whom he names: himself, or he is refused. */
struct ask_own {
    enum channel channel;
    struct view citizen; /* personal number of who asks */
    struct view account; /* that carries it: the portal's, the message centre's */
    bool ward;           /* whom he names is his ward, by an officer's act in force */
};

/* What own.history gives. */
enum history_form {
    HISTORY_ROWS,      /* a page of rows, or one with its proof */
    HISTORY_STATEMENT, /* all of them, each with its proof, in parts (docs/map.md) */
    HISTORY_FORM_COUNT
};

/* own.history: which rows of who has seen him are wanted (decision 0060); all zeros and empty: the
 * newest. A row is named by its place (gate/history_row.h). */
struct ask_history {
    uint8_t form;      /* enum history_form */
    uint64_t row;      /* this one alone, with its proof; else 0 */
    uint64_t before;   /* only rows before that one; 0: from the newest on */
    uint8_t limit;     /* 1..HISTORY_PAGE_ROWS_MAX; 0: so many */
    uint8_t channel;   /* one more than enum channel; 0: any */
    uint8_t service;   /* one more than enum service; 0: any */
    int32_t from_day;  /* days (UTC+7) from which he may see them: first, and ... */
    int32_t until_day; /* ... last; 0: any */
    struct view party; /* a code; empty: any */
};

/* Every view borrows from the frame that brought the ask. Shape already checked (ask_sane). What
 * language it was put in is not to be seen here. */
struct ask {
    uint64_t tag;     /* the channel process' own number for it, echoed in the answer */
    uint8_t spki[32]; /* SHA-256 of the client certificate's SubjectPublicKeyInfo */
    enum service service;
    struct view business; /* 1..ASK_CODE_BYTES_MAX; empty when a procedure stands for it */
    struct view case_ref; /* as sent; may be empty */
    struct view party;    /* empty = the account's own party */
    struct view officer;  /* empty = none */
    enum subject_kind subject_kind;
    struct view key;        /* the digits; of SUBJECT_NAME empty */
    struct view name;       /* as sent, UTF-8, 1..ASK_NAME_BYTES_MAX; of SUBJECT_PERSON ... */
    struct view birth_date; /* ... both are empty; YYYY-MM-DD or YYYY */
    uint8_t fields[ASK_FIELDS_MAX]; /* enum field, in the order sent, no duplicates */
    unsigned field_count;           /* 1..FIELD_COUNT where fields are asked for; of claims: theirs,
                                       in the order of the claims; else 0 */
    bool fields_granted;            /* `fields` is empty and stands for what the business grants
                                       through the service, sensitive ones when it names them */
    enum use_kind use_kind;
    struct view use_text;
    struct view idempotency_key; /* empty = none; 1..64 visible ASCII */
    uint8_t body_sha256[32];     /* of the raw bytes of the request's body */
    struct view traceparent;     /* empty = none */
    bool crowded;          /* the core's, not on the wire: too many wait for old records already */
    bool per_claim;        /* one answer a claim; needs claims */
    unsigned claim_count;  /* citizen.verify, relative.verify: 1..ASK_CLAIMS_MAX; else 0 */
    uint8_t sex;           /* citizen.search: 0 = not given */
    struct view province;  /* citizen.search: two digits, "@", the list's date; empty = not given */
    struct view unit;      /* with a procedure: the unit's code; may be empty */
    struct view procedure; /* instead of `business`, which the core finds; empty = none */
    bool of_job;           /* only from `jobs`: a line of it */
    uint8_t job_id[16];
    uint32_t job_line;
    struct ask_proof proof;            /* only from `verify` */
    const struct ask_written *written; /* a case's: the core's own, and on no wire; else NULL */
    const struct ask_own *own;         /* a citizen's own: likewise */
    struct ask_history history;        /* own.history alone */
    bool history_ready; /* the core's, not on the wire: gate_history_begin() has made its page */
    struct claim claims[ASK_CLAIMS_MAX];
};

/* Who may say what of an ask: members above that are for some alone. */
enum ask_sender {
    ASK_SENDER_EDGE,
    ASK_SENDER_VERIFY,
    ASK_SENDER_JOBS,
    ASK_SENDER_CORE, /* its own copy of what one of them has said */
    ASK_SENDER_COUNT,
};

/* A code as acts make them, of an object or a signer: 1 to bytes_max letters and digits of ASCII,
 * `.`, `_`, `-`; an address (RFC 3986, 2.3) and JSON hold it as it is. */
bool ask_code_shaped(struct view text, size_t bytes_max);
/* Asks for that service name no fields and claim none: it has its own. */
bool ask_fields_fixed(enum service service);
/* A province by its code, "@", the date of the list that the code is of. */
bool ask_province_sane(struct view text);
/* Shape that a channel process must already have ensured, checked again on receipt by the core
 * (the receiver trusts nothing): digit counts, lengths, UTF-8, known and distinct fields, date
 * form, claims, and that the service takes such a subject and such parameters. */
bool ask_sane(const struct ask *ask);
/* Does it say anything of which rows? */
bool ask_history_said(const struct ask_history *history);
bool ask_history_sane(const struct ask_history *history);
/* Takes one member, `before`, `limit` and so on, from a text or a number; which borrows. False:
 * there is no such member, or it is none. */
bool ask_history_set(struct ask_history *history, struct view name, bool number, struct view text);

/* Where a statement goes on, as its answers say it in `next`: hexadecimal digits. Nobody else can
 * say it: the token is random, and given with the first part alone. */
#define STATEMENT_TOKEN_BYTES 16
#define STATEMENT_NEXT_CHARS (2 * (STATEMENT_TOKEN_BYTES + 8))
struct statement_next {
    uint8_t token[STATEMENT_TOKEN_BYTES]; /* of the statement */
    uint64_t below;                       /* the place of the row before; not 0 */
};
void statement_next_put(const struct statement_next *next, struct buf *buf);
/* False: it is none. */
bool statement_next_get(struct view text, struct statement_next *ret_next);
/* May that sender say all that the ask says? `jobs` speaks of lines of jobs alone. */
bool ask_sayable(const struct ask *ask, enum ask_sender sender);
uint64_t ask_field_mask(const struct ask *ask);

/* Which member of the request a refusal points at, for `invalid_params`. */
#define ANSWER_FIELD_NONE 255

/* What the gate says; views borrow from the batch's arena. */
struct answer {
    uint64_t tag;
    enum code code;
    uint8_t field_index; /* index into ask.fields for field_not_granted, else ANSWER_FIELD_NONE */
    uint32_t retry_after_s; /* 429 only, else 0 */
    bool limited;           /* the asker's own business is known: its quota of the day follows */
    uint64_t limit;
    uint64_t remaining;
    uint32_t reset_s;    /* until the day (UTC+7) ends */
    bool receipt_only;   /* answers a struct receipt_ask: code is CODE_DISCLOSED whatever the entry
                            tells, nothing is disclosed, and there may be no opening */
    uint8_t ask_id[16];  /* UUIDv7; zero when the code carries no receipt */
    bool result;         /* what is disclosed is a service's result: JSON answers name it so */
    struct view person;  /* canonical JSON object; only when disclosed */
    struct view notices; /* canonical JSON array; only when disclosed */
    /* Receipt; only when code_has_receipt(code). */
    struct view entry;
    struct view opening[OPENING_DISCLOSURES_MAX]; /* consumer's disclosures, base64url text */
    unsigned opening_count;
    uint64_t leaf_index;
    struct view path;       /* 32-byte hashes, leaf's sibling first */
    struct view checkpoint; /* the batch's signed note */
    bool checkpoint_own;    /* it is an older batch's: a repeat, or a receipt fetched again */
    uint64_t person_key;    /* of a written ask that is disclosed: the core's alone */
};

/* An account asks for the receipt of an ask of its own again. */
struct receipt_ask {
    uint64_t tag;
    uint8_t spki[32];
    uint8_t ask_id[16];
    bool opening; /* the opening too, which is personal data */
    bool crowded; /* as of an ask */
};

/* The form of a W3C traceparent: four groups of lower-case hexadecimal digits (2, 32, 16, 2), and
 * more behind another dash only from a version after 00. Neither id is all zeros. */
bool traceparent_valid(struct view text);

#endif
