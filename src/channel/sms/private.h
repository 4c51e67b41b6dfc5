/*
 * Purpose: the process `sms`: the link to the message centre, what comes in and waits for the core,
 * and what goes out and waits for the centre. Private to channel/sms/. Source: decision 0062.
 */
#ifndef DANCU_CHANNEL_SMS_PRIVATE_H
#define DANCU_CHANNEL_SMS_PRIVATE_H

#include "base/clock.h"
#include "channel/sms/joins.h"
#include "channel/sms/prints.h"
#include "channel/sms/settings.h"
#include "proc/sending.h"
#include "wire/sms_text.h"

/* ---- the link ---- */

enum link_state {
    LINK_DOWN,    /* until retry_us */
    LINK_DIALING, /* connecting, TLS */
    LINK_BINDING,
    LINK_BOUND,
    LINK_LEAVING, /* we have said unbind */
    LINK_STATE_COUNT
};
enum link_event { LINK_DIAL, LINK_OPEN, LINK_BIND, LINK_LEAVE, LINK_LOSE, LINK_EVENT_COUNT };

struct link {
    enum link_state state;
    struct dialed dialed;
    uint32_t sequence; /* last that we used */
    uint32_t serial;   /* of the link: what comes late is of another */
    int64_t since_us;  /* monotonic: in this state */
    int64_t retry_us;  /* LINK_DOWN: not before */
    unsigned retry_ms;
    int64_t heard_us; /* something came */
    bool useful; /* a message went over it, whichever way: the next try begins the back-off anew */
    int64_t brought_us; /* monotonic: the last deliver_sm, receipts too */
    bool asked;         /* enquire_link is out ... */
    uint32_t asked_sequence;
    int64_t asked_us;
    uint32_t mark; /* ... number so many */
};

/* ---- what comes in ---- */

struct incoming {
    bool used;
    uint32_t serial;   /* of this place's use: with the place, the core's tag */
    uint32_t link;     /* by which it came */
    uint32_t sequence; /* there */
    uint8_t print[TEXTING_PRINT_BYTES];
    struct join_mark join; /* of which it was put together */
};

/* ---- what goes out ---- */

enum part_state {
    PART_WAITS,
    PART_SENT,     /* its response is awaited */
    PART_DOUBTFUL, /* it was sent, or the core says so: a receipt may still tell */
    PART_DONE,     /* the centre has it */
    PART_STATE_COUNT
};
struct part {
    enum part_state state;
    uint32_t sequence; /* PART_SENT */
    int64_t since_us;  /* PART_SENT, PART_DOUBTFUL */
};
struct outgoing {
    bool used;
    uint64_t id; /* the core's */
    bool receipt;
    int64_t until_us; /* monotonic */
    size_t phone_len;
    char phone[SMPP_ADDRESS_BYTES_MAX];
    size_t text_len;
    char text[OUTBOX_TEXT_BYTES_MAX * 3]; /* as it is sent */
    struct sms_plan plan;
    struct part parts[SMS_PARTS_MAX];
    char centre_id[SMPP_ID_BYTES_MAX + 1]; /* of its last part */
};

/* What was told of one: told again to a core that offers it again, since it did not hear it. */
struct ended {
    uint64_t id; /* 0: free */
    enum sending_saying saying;
    char centre_id[SMPP_ID_BYTES_MAX + 1];
};

struct outgoings {
    struct outgoing places[OUTBOX_OFFERED_MAX];
    unsigned in_window;
    int64_t hold_us; /* monotonic: nothing is sent before */
    unsigned hold_ms;
    int64_t second_us; /* of the rate: since when `sent` counts */
    unsigned sent;
    unsigned ended_at; /* ring */
    struct ended ended[SMS_ENDED_MAX];
    unsigned silent_at; /* ring of messages of which no receipt is told */
    char silent[SMS_RECEIPTS_MAX][SMPP_ID_BYTES_MAX + 1];
};

/* ---- the process ---- */

struct sms_counts {
    uint64_t links;    /* that were bound */
    uint64_t taken;    /* messages that the core has */
    uint64_t returned; /* given back to the centre */
    uint64_t again;    /* that the centre may have brought before */
    uint64_t unread;   /* alphanumeric senders, binary, parts that fit to none */
    uint64_t parts;    /* of messages in several */
    uint64_t receipts;
    uint64_t accepted;
    uint64_t refused;
    uint64_t throttled;
    uint64_t garbage; /* units that are none */
};

struct sms {
    const struct child *child;
    struct sms_settings settings;
    struct clock_port clock;
    int signal_fd;
    bool stopping;
    int64_t stop_us;
    struct pipe_end core;
    struct link link;
    struct prints prints;
    struct joins joins;
    struct incoming incoming[SMS_PENDING_MAX];
    unsigned incoming_count;
    struct outgoings outgoings;
    struct sms_counts counts;
};

/* link.c. What is due by now; what poll() saw; the answer to an ask to be connected. */
void link_init(struct sms *sms);
void link_turn(struct sms *sms);
void link_hear(struct sms *sms, short events);
void link_given(struct sms *sms, int fd);
/* Begins to leave; what the centre still brings is given back. */
void link_leave(struct sms *sms);
void link_lose(struct sms *sms, struct outcome why);
bool link_state_next(enum link_state state, enum link_event event, enum link_state *ret_next);
/* Whether the centre is to be read: not while too much waits for the core. */
bool link_reads(const struct sms *sms);
/* A response on the link, if it is still the one with that serial. */
void link_respond(struct sms *sms, uint32_t serial, uint32_t sequence, enum smpp_status status);

/* incoming.c */
void incoming_take(struct sms *sms, uint32_t sequence, const struct smpp_message *message);
struct outcome incoming_told(struct sms *sms, const struct frame *frame);
void incoming_core_lost(struct sms *sms);

/* outgoing.c */
struct outcome outgoing_take(struct sms *sms, const struct frame *frame);
void outgoing_turn(struct sms *sms);
/* The centre's response to a submission. */
void outgoing_answered(struct sms *sms, uint32_t sequence, uint32_t status, struct view name);
void outgoing_receipt(struct sms *sms, const struct smpp_message *message);
void outgoing_link_lost(struct sms *sms);

#endif
