/*
 * Citizens' locks: against classes of parties, where the law has them.
 *
 * Invariants
 * 1. To lock what is locked, and to open what is open, is to be told so: nothing is recorded. A
 *    lock under numbers that are not his any more is no such: to lock is to bring it up to date.
 * 2. Whoever locks under a law that has no lock is told that, and believes in none.
 */
#include "core/rights.h"

#include "base/check.h"
#include "core/loop.h"
#include "office/object.h"
#include "wire/canonical.h"

#include <stdio.h>

/* ---- what all of these verbs share ---- */

static bool refuse_member(struct own_reply *reply, const char *member)
{
    char why[128];
    snprintf(why, sizeof(why), "/%s: is not of its kind, or too long", member);
    own_refuse(reply, CODE_BAD_REQUEST, why);
    return false;
}

bool rights_text(const struct own_call *call, struct own_reply *reply, const char *member,
                 size_t bytes_max, struct rights_room *room, struct view *ret_text)
{
    struct view value = canonical_member(call->body, member);
    if (value.len == 0) {
        *ret_text = view_of(NULL, 0);
        return true;
    }
    if (!canonical_is_text(value)) {
        return refuse_member(reply, member);
    }
    CHECK(value.len <= sizeof(room->bytes) - room->len); /* each member is read once */
    *ret_text = canonical_text(value, room->bytes + room->len);
    room->len += ret_text->len;
    return (ret_text->len > 0 && ret_text->len <= bytes_max) || refuse_member(reply, member);
}

bool rights_number(const struct own_call *call, struct own_reply *reply, const char *member,
                   uint64_t max, uint64_t *ret_number)
{
    struct view value = canonical_member(call->body, member);
    return value.len == 0 || outcome_ok(decimal_get(value, max, ret_number)) ||
           refuse_member(reply, member);
}

void rights_put_words(struct buf *json, const struct words *words, uint64_t mask)
{
    const char *before = "";
    buf_put_text(json, "[");
    for (unsigned i = 0; i < words->count; i++) {
        if ((mask >> i & 1u) != 0) {
            buf_printf(json, "%s\"%s\"", before, words_name(words, i));
            before = ",";
        }
    }
    buf_put_text(json, "]");
}

void rights_put_day(struct buf *json, int64_t day)
{
    buf_put_text(json, "\"");
    date_put(json, day);
    buf_put_text(json, "\"");
}

void rights_new_code(const struct core *core, const struct personal *person,
                     struct code_text *ret_code)
{
    BUF_AUTO text;
    struct code_text own;
    buf_init(&text, CODE_TEXT_BYTES_MAX);
    person_code(person->tag, &own);
    buf_put_view(&text, code_view(&own));
    buf_printf(&text, ".%012llu", (unsigned long long)ledger_size(core->house->ledger));
    CHECK(outcome_ok(buf_check(&text)));
    struct outcome outcome = code_set(ret_code, buf_view(&text));
    CHECK(outcome_ok(outcome));
}

struct outcome rights_move_own(struct core *core, const struct own_call *call, enum act_kind kind,
                               struct own_reply *reply)
{
    struct rights_room room = {.len = 0};
    struct personal person;
    struct act act = {.kind = kind};
    struct code_text own;
    struct view code = {0};
    uint64_t index = 0;
    bool found = false;
    if (!rights_text(call, reply, "code", ASK_CODE_BYTES_MAX, &room, &code)) {
        return OUTCOME_OK;
    }
    TRY(rights_person(core, call, reply, &person, &found));
    if (!found) {
        return OUTCOME_OK;
    }
    person_code(person.tag, &own);
    if (!view_starts(code, code_view(&own)) || !ask_code_shaped(code, ASK_CODE_BYTES_MAX)) {
        own_refuse(reply, CODE_NOT_FOUND, "/code: is none of yours");
        return OUTCOME_OK;
    }
    act_value_set(&act, "code", code);
    return citizens_act(core, &call->asker, &act, reply, &index);
}

/* ---- locks ---- */

static const struct person_lock *lock_of(const struct core *core, const struct personal *person)
{
    struct code_text code;
    person_code(person->tag, &code);
    const struct person_lock *lock =
        object_find(&core->house->directory, &object_lock, code_view(&code));
    return lock;
}

struct outcome rights_person(struct core *core, const struct own_call *call,
                             struct own_reply *reply, struct personal *ret_person, bool *ret_found)
{
    struct outcome outcome = gate_person(core->house->gate, call->asker.citizen, ret_person);
    *ret_found = outcome_ok(outcome);
    if (outcome.fault == FAULT_NOT_FOUND) {
        own_refuse(reply, CODE_SUBJECT_NOT_AVAILABLE, "");
        return OUTCOME_OK;
    }
    if (outcome.fault == FAULT_CORRUPT) {
        own_refuse(reply, CODE_INTERNAL, "");
        return OUTCOME_OK;
    }
    return outcome;
}

/* Classes against which the law has it, a bit each. */
static unsigned classes_of(const struct core *core)
{
    const struct policy *policy = office_policy(core->house->office);
    unsigned classes = 0;
    for (enum party_class class = 0; policy != NULL && class < CLASS_COUNT; class ++) {
        classes |= (unsigned)policy_lock_in_force(policy, class) << class;
    }
    return classes;
}

static void tell(const struct core *core, const struct personal *person, struct own_reply *reply)
{
    const struct person_lock *lock = lock_of(core, person);
    struct buf *json = &reply->json;
    buf_put_text(json, "{\"against\":");
    rights_put_words(json, &words_class, classes_of(core));
    buf_printf(json, ",\"locked\":%s", lock != NULL ? "true" : "false");
    if (lock != NULL) {
        buf_put_text(json, ",\"since\":");
        rights_put_day(json, lock->from_day);
    }
    buf_put_text(json, "}");
}

static void put_hex(const uint8_t tag[SEAL_BLIND_BYTES], struct act *act, const char *field,
                    struct code_text *room)
{
    person_code(tag, room);
    act_value_set(act, field, code_view(room));
}

/* The act, and how it is afterwards. */
static struct outcome move(struct core *core, const struct own_call *call,
                           const struct personal *person, enum act_kind kind,
                           struct own_reply *reply)
{
    struct act act = {.kind = kind};
    struct code_text room[3];
    uint64_t index = 0;
    put_hex(person->tag, &act, "code", &room[0]);
    if (kind == ACT_CITIZEN_LOCK) {
        put_hex(person->id_tag, &act, "id", &room[1]);
    }
    if (kind == ACT_CITIZEN_LOCK && person->cmnd_known) {
        put_hex(person->cmnd_tag, &act, "cmnd", &room[2]);
    }
    TRY(citizens_act(core, &call->asker, &act, reply, &index));
    if (reply->code == CODE_DISCLOSED) {
        tell(core, person, reply);
    }
    return OUTCOME_OK;
}

struct outcome rights_lock(struct core *core, const struct own_call *call, struct own_reply *reply)
{
    struct personal person;
    bool found = false;
    if (classes_of(core) == 0) { /* invariant 2 */
        own_refuse(reply, CODE_SERVICE_NOT_OPEN, "the law of this lock is not in force");
        return OUTCOME_OK;
    }
    TRY(rights_person(core, call, reply, &person, &found));
    if (!found) {
        return OUTCOME_OK;
    }
    const struct person_lock *lock = lock_of(core, &person);
    if (lock != NULL && lock_whole(&core->house->directory, lock, &person)) { /* invariant 1 */
        tell(core, &person, reply);
        return OUTCOME_OK;
    }
    return move(core, call, &person, ACT_CITIZEN_LOCK, reply);
}

struct outcome rights_unlock(struct core *core, const struct own_call *call,
                             struct own_reply *reply)
{
    struct personal person;
    bool found = false;
    TRY(rights_person(core, call, reply, &person, &found));
    if (!found) {
        return OUTCOME_OK;
    }
    if (lock_of(core, &person) == NULL) { /* invariant 1 */
        tell(core, &person, reply);
        return OUTCOME_OK;
    }
    return move(core, call, &person, ACT_CITIZEN_UNLOCK, reply);
}

struct outcome rights_lock_state(struct core *core, const struct own_call *call,
                                 struct own_reply *reply)
{
    struct personal person;
    bool found = false;
    TRY(rights_person(core, call, reply, &person, &found));
    if (found) {
        tell(core, &person, reply);
    }
    return OUTCOME_OK;
}
