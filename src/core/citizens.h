/*
 * Purpose: what a citizen may do himself, whichever way he came: one table of verbs, for sessions
 * (FRAME_OWN) and for messages from phones. Who he is, the core has found out before: a session or
 * a phone says so, and nothing that was sent with the verb. Private to core/. Source: clause F3,
 * decision 0059.
 */
#ifndef DANCU_CORE_CITIZENS_H
#define DANCU_CORE_CITIZENS_H

#include "domain/ask.h"
#include "domain/country.h"
#include "office/act.h"
#include "office/outgoing.h"

struct core;
struct peer;

/* Whose session or phone it is. */
struct own_asker {
    enum channel channel; /* the account's */
    struct view citizen;  /* personal number */
    struct view account;  /* that carries: a code */
};
/* As an ask says it; borrows from the asker. `ward`: about whom he is guardian of. */
struct ask_own own_of(const struct own_asker *asker, bool ward);

/* Of a message from a phone: whom its answer goes to, and what causes it (core/outbox.h). */
struct own_phone {
    char number[COUNTRY_PHONE_DIGITS + 1];
    uint8_t cause[OUTGOING_CAUSE_BYTES];
};

struct own_call {
    struct own_asker asker;
    struct view body;  /* a canonical JSON object, OWN_BODY_BYTES_MAX at most */
    struct peer *peer; /* who waits, for a verb that answers later; NULL: nobody can wait */
    uint64_t tag;      /* the peer's own */
    const struct own_phone *phone; /* then messages_tell() answers later; NULL: own_tell() */
};

/* What came of it. Of three kinds: the gate's answer, JSON, or a refusal. Views last until the gate
 * is asked again. */
struct own_reply {
    bool later;    /* nothing yet: the verb tells it when it is there */
    bool answered; /* `answer` is the gate's, with its receipt; else: */
    struct answer answer;
    enum code code;         /* CODE_DISCLOSED: `json` is there, or it is done and says nothing */
    uint32_t retry_after_s; /* 429 only */
    char why[256];          /* of a refusal, in English, for who programs the front; may be empty */
    struct buf json;        /* canonical; OWN_JSON_BYTES_MAX */
};

/* A failure ends the process; what is refused is in the reply. */
typedef struct outcome own_handler(struct core *core, const struct own_call *call,
                                   struct own_reply *reply);

struct own_verb {
    const char *name;
    unsigned channels; /* bit per enum channel by which it may come; else there is no such verb */
    own_handler *handle;
};
#define OWN_PORTALS (1u << CHANNEL_NATIONAL_PORTAL | 1u << CHANNEL_MPS_PORTAL)
#define OWN_PHONES (1u << CHANNEL_SMS)

void own_reply_init(struct own_reply *reply);
void own_reply_done(struct own_reply *reply); /* wipes */
void own_refuse(struct own_reply *reply, enum code code, const char *why);

/* Does what the verb says. */
struct outcome citizens_do(struct core *core, struct view verb, const struct own_call *call,
                           struct own_reply *reply);
/* An ask of his through the gate, about who has that number: his own, or he is refused, which is
 * recorded. Of `ask` the service and what it takes are set (`fields`, or `fields_granted`); the
 * rest is set here. `ward`: an officer's act in force makes him that person's guardian. */
struct outcome citizens_ask(struct core *core, const struct own_asker *asker, struct view id,
                            bool ward, struct ask *ask, struct own_reply *reply);
/* An act of his, recorded with him as its agent. Refused, or `*ret_index` is the record's. */
struct outcome citizens_act(struct core *core, const struct own_asker *asker, const struct act *act,
                            struct own_reply *reply, uint64_t *ret_index);
/* To who waits at that pipe. */
void own_tell(struct peer *peer, uint64_t tag, const struct own_reply *reply);

#endif
