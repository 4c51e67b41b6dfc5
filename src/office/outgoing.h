/*
 * Purpose: messages to phones on their way, what waits in citizens' inboxes, and how far notices
 * have been told. Kept in office/staff.h and in the office's store, but made by no act: they say
 * nothing that is not recorded elsewhere, and are gone once they are done (decision 0063).
 */
#ifndef DANCU_OFFICE_OUTGOING_H
#define DANCU_OFFICE_OUTGOING_H

#include "domain/words.h"
#include "gate/directory.h"

#define OUTGOING_CAUSE_BYTES 16
#define OUTGOING_ID_DIGITS 16 /* of an id, in hex: so codes stand in the order of ids */

enum outgoing_kind {
    OUTGOING_ANSWER, /* to a message that came in */
    OUTGOING_CODE,   /* proves who has the phone */
    OUTGOING_NOTICE, /* of a look, or several */
    OUTGOING_NEWS,   /* other news for the citizen */
    OUTGOING_KIND_COUNT
};

enum outgoing_state {
    OUTGOING_QUEUED,
    OUTGOING_OFFERED, /* `sms` has it; what the centre has, nobody knows */
    OUTGOING_SENT,    /* the centre has it, and its receipt is waited for */
    OUTGOING_DONE,    /* sent, or delivered where a receipt is wanted */
    OUTGOING_FAILED,  /* the centre refuses it, or could not deliver it */
    OUTGOING_EXPIRED, /* nobody could send it in time, or no receipt came */
    OUTGOING_STATE_COUNT
};
enum outgoing_event {
    OUTGOING_EVENT_OFFER,
    OUTGOING_EVENT_LOST,   /* not sent, or nobody knows */
    OUTGOING_EVENT_ACCEPT, /* by the centre */
    OUTGOING_EVENT_REFUSE,
    OUTGOING_EVENT_DELIVER,
    OUTGOING_EVENT_UNDELIVER,
    OUTGOING_EVENT_EXPIRE,
    OUTGOING_EVENT_COUNT
};
/* `receipt`: one is wanted. OUTGOING_STATE_COUNT: not allowed. */
enum outgoing_state office_outgoing_next(enum outgoing_state state, enum outgoing_event event,
                                         bool receipt);
bool outgoing_done(enum outgoing_state state);
bool outgoing_wants_receipt(enum outgoing_kind kind);
extern const struct words words_outgoing_kind;
extern const struct words words_outgoing_state;

struct outgoing {
    struct code_text code; /* OUTGOING_ID_DIGITS of its id */
    uint32_t version;
    uint64_t id;
    enum outgoing_kind kind;
    enum outgoing_state state; /* offered is stored as queued, with `again` */
    bool again;                /* it was offered once: the centre may have it */
    bool unstored;             /* the store had no room for what it is now */
    bool has_cause;
    uint8_t cause[OUTGOING_CAUSE_BYTES];
    int64_t put_us;         /* wall clock, as the next two */
    int64_t until_us;       /* not worth sending afterwards */
    int64_t done_us;        /* 0: it is not */
    struct code_text phone; /* empty once it is done, as the next */
    uint16_t text_len;
    char text[OUTBOX_TEXT_BYTES_MAX];
    struct code_text centre_id; /* the centre's, while a receipt is waited for; else empty */
};

/* What waits for a citizen at the next sign-in. */
enum inbox_kind {
    INBOX_LOOKED,        /* somebody has asked about him; nothing is said of who */
    INBOX_PHONE_BOUND,   /* detail: the phone, masked */
    INBOX_PHONE_UNBOUND, /* likewise: it has ended, or somebody else has shown to have it now */
    INBOX_PIN_BLOCKED,
    INBOX_REVIEW,     /* the review of what he objected to has ended */
    INBOX_COMPLAINT,  /* an officer has answered; detail: its code, as of the one above */
    INBOX_CORRECTION, /* a request for correction has moved; detail: its code */
    INBOX_KIND_COUNT
};
extern const struct words words_inbox_kind;

struct inbox_item {
    struct code_text code; /* hex of the blind tag of the personal number, and an id likewise */
    uint32_t version;
    enum inbox_kind kind;
    int64_t put_us; /* wall clock */
    struct code_text detail;
};

/* How far a citizen's notices have been told. */
struct notice_told {
    struct code_text code; /* of his wish */
    uint32_t version;
    uint64_t from;   /* where in his history what he was not told of begins (gate.h) */
    int64_t told_us; /* the last notice, wall clock; 0: there was none */
};

/* The maps of these in office/staff.h. */
struct staff;
void outgoings_init(struct staff *staff);
void outgoings_done(struct staff *staff);

const struct outgoing *staff_outgoing(const struct directory *directory, uint64_t id);
const struct outgoing *staff_outgoing_by_cause(const struct directory *directory,
                                               const uint8_t cause[OUTGOING_CAUSE_BYTES]);
/* That waits for its receipt. */
const struct outgoing *staff_outgoing_by_centre(const struct directory *directory,
                                                struct view centre_id);
/* The first whose id is greater; NULL: none is. */
const struct outgoing *staff_outgoing_after(const struct directory *directory, uint64_t id);
void outgoing_code(uint64_t id, struct code_text *ret_code);

#endif
