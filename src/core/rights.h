/*
 * Purpose: what citizens may do about what the register has of them: the verbs of decision 0065.
 * Rows of the table in citizens.c, and called by nobody else; each takes its members from the
 * call's body and tells of its members in docs/openapi.yaml. Private to core/.
 * Source: issue "Citizens", item 4.
 */
#ifndef DANCU_CORE_RIGHTS_H
#define DANCU_CORE_RIGHTS_H

#include "core/citizens.h"
#include "gate/gate.h"

/* Who asks, in the register. *ret_found false: he is not there, or what is there is damaged; the
 * reply says so. */
struct outcome rights_person(struct core *core, const struct own_call *call,
                             struct own_reply *reply, struct personal *ret_person, bool *ret_found);

/* Where the texts of a body's members lie: there is room for all of them. */
struct rights_room {
    uint8_t bytes[OWN_BODY_BYTES_MAX];
    size_t len;
};
/* A member of the body: absent is empty. False, and the reply says so: it is not of that kind. */
bool rights_text(const struct own_call *call, struct own_reply *reply, const char *member,
                 size_t bytes_max, struct rights_room *room, struct view *ret_text);
bool rights_number(const struct own_call *call, struct own_reply *reply, const char *member,
                   uint64_t max, uint64_t *ret_number);
/* The act on what the body's `code` names, if it is the person's own: so does its code begin. */
struct outcome rights_move_own(struct core *core, const struct own_call *call, enum act_kind kind,
                               struct own_reply *reply);
/* A code of the person's that nobody has had: each act makes the log longer. */
void rights_new_code(const struct core *core, const struct personal *person,
                     struct code_text *ret_code);
void rights_put_words(struct buf *json, const struct words *words, uint64_t mask);
void rights_put_day(struct buf *json, int64_t day);

/* rights.c: his lock, as it is afterwards. From a phone, whoever calls has looked at the PIN. */
own_handler rights_lock, rights_unlock, rights_lock_state;
/* askers.c: of the whole register and not of him: who may ask what about people, a page of the
 * businesses in force; and how many looks of past years were hidden from whom they were about. */
own_handler rights_askers, rights_hidden;
/* objections.c: to object to a disclosure, to complain, and what came of it. */
own_handler rights_object, rights_complain, rights_complaints, rights_complaint_withdraw;
/* codes.c: a code by which one organisation may ask once; those that he gave. */
own_handler rights_code_give, rights_codes, rights_code_withdraw;
/* Of the core's loop: records that a code was used, one a turn. */
struct outcome codes_step(struct core *core);

#endif
