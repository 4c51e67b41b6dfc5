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
void rights_put_words(struct buf *json, const struct words *words, uint64_t mask);
void rights_put_day(struct buf *json, int64_t day);

/* rights.c: his lock, as it is afterwards. From a phone, whoever calls has looked at the PIN. */
own_handler rights_lock, rights_unlock, rights_lock_state;
/* askers.c: who may ask what about people, of the whole register and not of him: a page of the
 * businesses in force. */
own_handler rights_askers;

#endif
