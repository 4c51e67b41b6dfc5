/*
 * Purpose: written requests: a case from the counter to its letter; its states, its clock, who may
 * do what with it. Kept in office/staff.h beside officers. Source: mission.md S8, F4; issue
 * "Written requests", items 1 to 3, 6; decision 0054.
 *
 * What a case says of people (who asks, by which papers, about whom, what documents are called) is
 * sealed as every object is, and shown only to an officer whose act `case.read` was recorded just
 * now (core/readings.c); figures, states and days are shown to every officer.
 */
#ifndef DANCU_OFFICE_CASE_H
#define DANCU_OFFICE_CASE_H

#include "domain/written.h"
#include "gate/directory.h"

enum case_state {
    CASE_RECEIVED,
    CASE_INCOMPLETE, /* a supplement was asked for before it was accepted */
    CASE_ACCEPTED,   /* the clock runs */
    CASE_STOPPED,    /* the clock waits for a supplement */
    CASE_PROPOSED,   /* the case officer has signed a decision */
    CASE_APPROVED,   /* another officer too: what was decided may be done */
    CASE_NUMBERED,   /* its letter has a number */
    CASE_SIGNED,     /* and is whole */
    CASE_DELIVERED,
    CASE_CLOSED,
    CASE_REJECTED,  /* its reception was refused, with a reason */
    CASE_WITHDRAWN, /* by who asked */
    CASE_STATE_COUNT
};
enum case_event {
    CASE_EVENT_SUPPLEMENT, /* something is missing */
    CASE_EVENT_COMPLETE,   /* it came */
    CASE_EVENT_ACCEPT,
    CASE_EVENT_REJECT,
    CASE_EVENT_TRANSFER, /* to another office; its clock goes on */
    CASE_EVENT_ASSIGN,
    CASE_EVENT_DOCUMENT,
    CASE_EVENT_PAY,
    CASE_EVENT_FIND, /* the person whom it is about was found */
    CASE_EVENT_PROPOSE,
    CASE_EVENT_RETURN, /* the second officer gives it back */
    CASE_EVENT_APPROVE,
    CASE_EVENT_DISCLOSE, /* the data of its letter has left the gate */
    CASE_EVENT_NUMBER,   /* of the letter that answers */
    CASE_EVENT_VOID,     /* that number will have no letter */
    CASE_EVENT_SIGN,
    CASE_EVENT_DELIVER,
    CASE_EVENT_REISSUE, /* a letter that replaces the one before is numbered */
    CASE_EVENT_CLOSE,
    CASE_EVENT_WITHDRAW,
    /* The number of a letter that was to replace another has no letter: the one before stands. */
    CASE_EVENT_RESTORE,
    CASE_EVENT_RESTORE_DELIVERED, /* and was delivered */
    CASE_EVENT_CORRECTED,         /* its source has changed the register: nothing else is due */
    CASE_EVENT_COUNT
};
/* CASE_STATE_COUNT: not allowed. */
enum case_state office_case_next(enum case_state state, enum case_event event);

extern const struct words words_case_state;
extern const struct words words_case_event;

struct case_document {
    uint8_t hash[SEAL_HASH_BYTES]; /* SHA-256: under it the archive keeps the bytes */
    enum file_type type;
    uint64_t bytes;
    int64_t day; /* on which it was attached */
    enum document_signature signature;
    uint8_t certificate[SEAL_HASH_BYTES]; /* SHA-256 of the signer's; zeros: none */
    struct long_text title;               /* personal, as the next */
    struct long_text signer;              /* its certificate's subject */
};

/* What has moved a case; the records have all moves, and who saw what. */
struct case_move {
    enum case_event event;
    enum case_state state; /* from then on */
    struct code_text by;   /* the officer; empty: the house */
    uint64_t index;        /* of the record */
    int64_t time_us;
};

/* Who asks. All but the party's code is personal. */
struct case_requester {
    enum party_class class;
    struct party *party;   /* NULL: somebody by papers */
    struct long_text name; /* as papers or letterhead say */
    enum papers papers;    /* without a party */
    struct code_text number;
    struct code_text seen_by; /* the officer who has seen the papers; empty: nobody */
    struct long_text address;
    struct long_text contact;
    /* Who asks for somebody else: BEHALF_COUNT = for nobody. */
    enum behalf behalf;
    struct long_text principal;        /* for whom */
    struct code_text principal_number; /* that one's personal number or CMND */
    struct long_text proof;            /* the paper that shows it: what, number, of whom */
};

struct case_answer {
    enum case_decision decision; /* DECISION_COUNT = none is proposed */
    bool late;                   /* approved behind the due day */
    uint64_t fields;             /* DECISION_DISCLOSE: within those that were asked for */
    struct code_text business;   /* DECISION_GRANT: that it makes lasting */
    struct code_text clause;     /* of a refusal, as the next two: never absent */
    struct long_text reason;
    struct long_text appeal;
    struct code_text by; /* who proposed it */
    uint32_t version;    /* of the case, when it was proposed: an approval names it */
    struct code_text approved_by;
    enum approver approved_as; /* head, deputy in the head's stead, head of the office above */
    int64_t approved_day;
};

struct written_case {
    struct code_text code; /* the office's code, the year, a sequence without gap */
    uint32_t version;
    /* What walks over all cases look at lies together. */
    enum case_state state;
    struct office_unit *unit; /* in charge, and the one that decides once it is accepted */
    int64_t due_day;          /* 0: not accepted yet, as of the next */
    int64_t warn_day;
    unsigned receipt_count; /* of payments: each counts once */
    struct case_answer answer;
    enum intake intake;
    struct case_requester requester;
    /* what is asked */
    struct long_text purpose; /* personal, as the next: it is the requester's words */
    struct long_text content;
    uint64_t fields;
    int64_t from_day; /* the time that it is about; 0, 0: none was said */
    int64_t until_day;
    bool undertaken; /* to use it for the purpose alone */
    unsigned document_count;
    struct case_document documents[CASE_DOCUMENTS_MAX];
    struct code_text officer; /* in charge; empty = none yet */
    struct long_text missing; /* what a supplement must bring; or why it was rejected */
    /* the clock: working days, office/case_clock.c */
    int64_t received_day;
    int64_t accepted_day; /* 0: not yet, as of the next */
    int64_t clock_day;    /* the limit's days count from behind it */
    int64_t stopped_day;  /* 0: it runs */
    unsigned days;        /* of the limit */
    unsigned days_used;   /* before clock_day */
    int64_t ended_day;    /* approved, rejected or withdrawn */
    /* dong */
    uint64_t fee_due; /* told when it is accepted, and lower when less is decided */
    uint64_t fee_paid;
    struct code_text receipts[CASE_RECEIPTS_MAX];
    /* the person whom it is about; found by the gate, as a disclosure of its own */
    bool found;
    uint64_t person_key; /* personal */
    /* the letter that answers (letters' own object has the rest) */
    bool disclosed;            /* its data has left, once */
    uint64_t disclosure_index; /* of the record */
    struct code_text letter;   /* code of the last one numbered, or that stands; empty = none */
    unsigned move_count;       /* the last of them */
    struct case_move moves[CASE_MOVES_MAX];
};

struct written_case *staff_case(const struct directory *directory, struct view code);

/* Not decided though its last day is over, or approved too late; within its last days. On a day
 * (UTC+7). */
bool case_overdue(const struct written_case *case_, int64_t day);
bool case_due_soon(const struct written_case *case_, int64_t day);
/* Somebody still has to decide it. */
bool case_open(const struct written_case *case_);
/* Dong for so many fields in a letter, by the prices of that day. */
uint64_t case_fee(const struct policy *policy, enum party_class class, uint64_t fields,
                  int64_t day); /* case_fee.c, as the next five */
/* The same of that case: a correction costs nothing. */
uint64_t case_fee_of(const struct policy *policy, const struct written_case *case_, uint64_t fields,
                     int64_t day);
/* What is decided may be done: nothing is owed. */
bool case_paid(const struct written_case *case_);
bool case_has_receipt(const struct written_case *case_, struct view receipt);
void case_fee_put(const struct written_case *case_, struct buf *buf);
void case_fee_get(struct cursor *cursor, struct written_case *case_);
/* May the officer read what it says of people? Of the office in charge, the head of the one above
 * it, or an auditor. */
bool case_may_read(const struct directory *directory, const struct written_case *case_,
                   struct view officer);
/* Figures of offices, on a day: counts one case with its office; then what was counted of an office
 * is what is shown. Of all at once: a walk over all cases, for commands. */
struct staff;
void case_count(const struct written_case *case_, int64_t day); /* case_figures.c, as the next */
void case_counted(struct office_unit *unit);
void case_count_all(struct staff *staff, int64_t day);
/* It has ended, and was kept long enough: its records keep it for good. */
bool case_leaves(const struct written_case *case_, int64_t day);

/* ---- for letters and the gate ---- */

/* May a letter of that kind be numbered for the case now? A result needs the fee and the
 * disclosure before it; slip and supplement move nothing (no event), the others do. */
bool case_letter_due(const struct written_case *case_, enum letter_kind kind);
/* The letter that answers an approved case, or its rejection; LETTER_KIND_COUNT: none does. */
enum letter_kind case_answer_letter(const struct written_case *case_);

/* What may leave for it: nothing unless it is approved to disclose, paid, and nothing has left. */
struct case_permission {
    const struct party *party; /* NULL: somebody by papers, of that class */
    enum party_class class;
    uint64_t person_key;
    uint64_t fields;
};
bool case_permits(const struct written_case *case_, struct case_permission *ret_permission);

/* May that officer look for the person of that case now? Accepted, of the officer's own office, and
 * nobody else in charge. */
bool case_may_look(const struct written_case *case_, struct view officer);

/* Of whom may the case be? By the number under which somebody was found (12 or 9 digits). */
enum case_own {
    CASE_OWN_GOOD,
    CASE_OWN_NEEDED,   /* a citizen asks about somebody else, without proof for that one */
    CASE_OWN_DISGUISE, /* somebody asks as another about themselves: to be asked as a citizen */
    CASE_OWN_COUNT
};
enum case_own case_own_check(const struct written_case *case_, struct view id, struct view cmnd);
/* The number that is compared is a CMND: without the CMND of who was found, that check says
 * nothing. */
bool case_own_by_cmnd(const struct written_case *case_);

#endif
