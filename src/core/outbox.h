/*
 * Purpose: messages to phones, kept until the centre has them, and told to the process `sms`.
 * Private to core/. Source: issue "Citizens", items 5 to 7; decision 0063.
 *
 * A message is durable when outbox_put() returns, and done once: it goes through the states of
 * office/outgoing.h, each kept before anybody is told of it. What is done is remembered by its
 * cause for OUTBOX_KEPT_S, without its text, so that who brings the same cause again causes
 * nothing.
 */
#ifndef DANCU_CORE_OUTBOX_H
#define DANCU_CORE_OUTBOX_H

#include "office/outgoing.h"

struct core;
struct peer;
struct frame;

struct outbox {
    uint64_t last_id;
    /* with `sms` */
    struct peer *to; /* who has what is offered; NULL: nobody */
    uint64_t offered[OUTBOX_OFFERED_MAX];
    unsigned offered_count;
    uint64_t looked; /* none that waits has a smaller id */
    bool more;       /* there may be one with a greater */
    int64_t hold_us; /* monotonic: nothing is offered before */
    /* what a frame, or a step, has changed and is not stored yet */
    struct outgoing changed[OUTBOX_STEP_MAX];
    unsigned changed_count;
    /* the walk over all */
    bool walking;
    uint64_t walked;
    int64_t walk_us; /* monotonic: when the next begins */
    /* figures */
    uint64_t waiting; /* counted by the walk in hand */
    uint64_t waits;   /* by the last one */
    uint64_t put;
    uint64_t ended[OUTGOING_STATE_COUNT];
    uint64_t refused; /* what `sms` said that the table of states does not know */
};

/* Keeps it. FAULT_OVER_LIMIT: the outbox is full; FAULT_NO_SPACE: it cannot be kept: neither is
 * kept then, and the caller does not confirm what caused it. The same cause again: OK, the id that
 * it has had. `to` as country_phone_get() writes it; the text is UTF-8, 1..OUTBOX_TEXT_BYTES_MAX
 * bytes. */
struct outcome outbox_put(struct core *core, enum outgoing_kind kind, struct view to,
                          struct view text, const uint8_t cause[OUTGOING_CAUSE_BYTES],
                          uint64_t *ret_id);
/* Whether one of that kind can be put now, as far as that can be known before: answers leave
 * OUTBOX_RESERVED places to what the house says by itself. */
bool outbox_has_room(const struct core *core, enum outgoing_kind kind);
/* Something that came in has had its answer: its cause is there. 0: it is not. */
uint64_t outbox_find(const struct core *core, const uint8_t cause[OUTGOING_CAUSE_BYTES]);

/* Of office_keep(): nothing was kept, and the core goes on. */
bool outbox_kept_later(struct outcome outcome);
/* A message that is put with other objects in one office_keep(), by whoever makes both. */
void outbox_make(struct core *core, enum outgoing_kind kind, struct view to, struct view text,
                 struct outgoing *ret_outgoing);
/* Of messages and of news: later than any before, in this house and in those before a restart. */
uint64_t outbox_id(struct core *core);

/* Of the core's loop: offers what waits, ends what is too old; what `sms` says (*ret_good false: it
 * does not decode); its pipe has ended. */
struct outcome outbox_keep(struct core *core);
bool outbox_busy(const struct core *core); /* there is a step to do at once */
struct outcome outbox_take(struct core *core, const struct frame *frame, bool *ret_good);
void outbox_lost(struct core *core, const struct peer *peer);

#endif
