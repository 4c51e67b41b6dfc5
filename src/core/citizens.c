/*
 * What citizens do themselves: the verbs, and the two ways that all of them go: an ask through the
 * gate, or an act.
 *
 * Invariants
 * 1. Who asks is the call's asker; no member of a body says so. A body that names another person
 *    goes to the gate as it is, which refuses and records it (F3).
 * 2. A verb that is not for the channel is no verb there.
 */
#include "core/citizens.h"

#include "base/check.h"
#include "core/corrections.h"
#include "core/loop.h"
#include "core/phones.h"
#include "core/rights.h"
#include "core/sessions.h"
#include "domain/country.h"
#include "office/staff.h"
#include "proc/owning.h"
#include "wire/canonical.h"

#include <stdio.h>

/* `id` of a body: whom it is about; without one, who asks. False: it is no number. */
static bool subject_of(const struct own_call *call, uint8_t room[PERSONAL_NUMBER_BYTES],
                       struct view *ret_id)
{
    struct view value = canonical_member(call->body, "id");
    if (value.len == 0) {
        *ret_id = call->asker.citizen;
        return true;
    }
    bool fits = canonical_is_text(value) && value.len == 2 + PERSONAL_NUMBER_BYTES;
    *ret_id = fits ? canonical_text(value, room) : value;
    return fits && country_id_valid(*ret_id);
}

/* By an officer's act in force today. */
static bool guards(const struct core *core, const struct own_call *call, struct view id)
{
    int64_t day = clock_day_vn(clock_wall_us(&core->house->clock));
    return staff_guards(&core->house->directory, call->asker.citizen, id, day);
}

/* Whom a verb is about, and whether he is who asks' ward. */
struct subject {
    uint8_t room[PERSONAL_NUMBER_BYTES];
    struct view id;
    bool ward;
};

/* False: the body names none, and is refused. */
static bool find_subject(const struct core *core, const struct own_call *call,
                         struct subject *ret_subject, struct own_reply *reply)
{
    if (!subject_of(call, ret_subject->room, &ret_subject->id)) {
        own_refuse(reply, CODE_BAD_REQUEST, "/id: a personal number");
        return false;
    }
    ret_subject->ward = guards(core, call, ret_subject->id);
    return true;
}

static struct outcome view_own(struct core *core, const struct own_call *call,
                               struct own_reply *reply)
{
    struct subject subject;
    struct ask ask = {.service = SERVICE_OWN_VIEW, .fields_granted = true};
    return find_subject(core, call, &subject, reply)
               ? citizens_ask(core, &call->asker, subject.id, subject.ward, &ask, reply)
               : OUTCOME_OK;
}

static struct outcome view_history(struct core *core, const struct own_call *call,
                                   struct own_reply *reply)
{
    struct subject subject;
    return find_subject(core, call, &subject, reply)
               ? histories_show(core, call, subject.id, subject.ward, reply)
               : OUTCOME_OK;
}

static struct outcome state_history(struct core *core, const struct own_call *call,
                                    struct own_reply *reply)
{
    struct subject subject;
    return find_subject(core, call, &subject, reply)
               ? statements_show(core, call, subject.id, subject.ward, reply)
               : OUTCOME_OK;
}

static const struct own_verb verbs[] = {
    {"askers", OWN_PORTALS, rights_askers},
    {"code", OWN_PORTALS, rights_code_give},
    {"code.withdraw", OWN_PORTALS, rights_code_withdraw},
    {"codes", OWN_PORTALS, rights_codes},
    {"complain", OWN_PORTALS, rights_complain},
    {"complaint.withdraw", OWN_PORTALS, rights_complaint_withdraw},
    {"complaints", OWN_PORTALS, rights_complaints},
    {"correct", OWN_PORTALS, own_correct},
    {"correction", OWN_PORTALS, own_correction},
    {"hidden", OWN_PORTALS, rights_hidden},
    {"history", OWN_PORTALS | OWN_PHONES, view_history},
    {"inbox", OWN_PORTALS, phones_inbox},
    {"inbox.remove", OWN_PORTALS, phones_inbox_remove},
    {"lock", OWN_PORTALS | OWN_PHONES, rights_lock},
    {"lock.state", OWN_PORTALS, rights_lock_state},
    {"notices", OWN_PORTALS, phones_notices},
    {"object", OWN_PORTALS, rights_object},
    {"phone", OWN_PORTALS, phones_show},
    {"phone.bind", OWN_PORTALS, phones_bind},
    {"phone.confirm", OWN_PORTALS, phones_confirm},
    {"phone.pin", OWN_PORTALS, phones_pin_set},
    {"phone.release", OWN_PORTALS, phones_release},
    {"statement", OWN_PORTALS, state_history},
    {"statement.print", OWN_PORTALS, printing_show},
    {"unlock", OWN_PORTALS | OWN_PHONES, rights_unlock},
    {"view", OWN_PORTALS | OWN_PHONES, view_own},
};

void own_reply_init(struct own_reply *reply)
{
    *reply = (struct own_reply){.code = CODE_DISCLOSED};
    buf_init(&reply->json, OWN_JSON_BYTES_MAX);
}

void own_reply_done(struct own_reply *reply)
{
    if (reply->json.len > 0) {
        memory_wipe(reply->json.data, reply->json.len);
    }
    buf_done(&reply->json);
}

void own_refuse(struct own_reply *reply, enum code code, const char *why)
{
    CHECK(code != CODE_DISCLOSED);
    reply->code = code;
    snprintf(reply->why, sizeof(reply->why), "%s", why);
}

/* Invariant 2. */
static const struct own_verb *find(struct view name, enum channel channel)
{
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (view_is(name, verbs[i].name) && (verbs[i].channels >> channel & 1u) != 0) {
            return &verbs[i];
        }
    }
    return NULL;
}

struct outcome citizens_do(struct core *core, struct view verb, const struct own_call *call,
                           struct own_reply *reply)
{
    const struct own_verb *found = find(verb, call->asker.channel);
    if (found == NULL) {
        own_refuse(reply, CODE_NOT_FOUND, "");
        return OUTCOME_OK;
    }
    TRY(found->handle(core, call, reply));
    if (!outcome_ok(buf_check(&reply->json))) {
        own_refuse(reply, CODE_INTERNAL, "");
    }
    return OUTCOME_OK;
}

struct ask_own own_of(const struct own_asker *asker, bool ward)
{
    return (struct ask_own){.channel = asker->channel,
                            .citizen = asker->citizen,
                            .account = asker->account,
                            .ward = ward};
}

struct outcome citizens_ask(struct core *core, const struct own_asker *asker, struct view id,
                            bool ward, struct ask *ask, struct own_reply *reply)
{
    const struct ask_own own = own_of(asker, ward);
    CHECK(country_id_valid(id) && country_id_valid(asker->citizen));
    ask->business = VIEW_LITERAL(ASK_OWN_BUSINESS);
    ask->subject_kind = SUBJECT_ID;
    ask->key = id;
    ask->own = &own;
    TRY(gate_serve(core->house->gate, ask, 1, &reply->answer));
    ask->own = NULL; /* it ends here */
    reply->answered = true;
    reply->code = reply->answer.code;
    return OUTCOME_OK;
}

static enum code code_of(struct outcome outcome)
{
    switch (outcome.fault) {
    case FAULT_BAD_INPUT:
        return CODE_BAD_REQUEST;
    case FAULT_NOT_FOUND:
        return CODE_NOT_FOUND;
    case FAULT_CONFLICT:
        return CODE_REQUEST_CONFLICT;
    case FAULT_OVER_LIMIT:
        return CODE_RATE_LIMITED;
    default:
        return CODE_LEDGER_UNAVAILABLE;
    }
}

struct outcome citizens_act(struct core *core, const struct own_asker *asker, const struct act *act,
                            struct own_reply *reply, uint64_t *ret_index)
{
    const struct citizen_doer doer = {.citizen = asker->citizen, .account = asker->account};
    struct outcome outcome =
        office_citizen_act(core->house->office, act, &doer, ret_index, reply->why);
    if (!core_survives(outcome)) {
        return outcome;
    }
    reply->code = outcome_ok(outcome) ? CODE_DISCLOSED : code_of(outcome);
    reply->retry_after_s = reply->code == CODE_RATE_LIMITED ? 1 : 0;
    return OUTCOME_OK;
}

void own_tell(struct peer *peer, uint64_t tag, const struct own_reply *reply)
{
    const struct own_told told = {
        .tag = tag,
        .code = reply->code,
        .retry_after_s = reply->retry_after_s,
        .why = view_text(reply->why),
        .json = buf_view(&reply->json),
        .answer = reply->answered ? &reply->answer : NULL,
    };
    CHECK(!reply->later);
    owning_put_told(&peer->pipe.out, &told);
    peer->broken = peer->pipe.out.failed || !outcome_ok(pipe_flush(&peer->pipe));
}

/* Invariant 1. The session's texts are copied: a verb may end it. */
static struct outcome serve(struct core *core, struct peer *peer, const struct own_asked *asked,
                            const struct session *session, struct own_reply *reply)
{
    struct code_text citizen = session->citizen;
    struct code_text account = session->account;
    const struct own_call call = {
        .asker = {.channel = session->channel,
                  .citizen = code_view(&citizen),
                  .account = code_view(&account)},
        .body = asked->body,
        .peer = peer,
        .tag = asked->tag,
    };
    return citizens_do(core, asked->verb, &call, reply);
}

struct outcome citizens_take(struct core *core, struct peer *peer, const struct frame *frame,
                             bool *ret_good)
{
    struct own_asked asked;
    struct own_reply reply;
    struct outcome outcome = OUTCOME_OK;
    *ret_good = outcome_ok(owning_get_asked(frame, &asked));
    if (!*ret_good) {
        return OUTCOME_OK;
    }
    own_reply_init(&reply);
    const struct session *session = core_session(core, asked.session);
    if (session == NULL || !country_id_valid(code_view(&session->citizen))) {
        own_refuse(&reply, CODE_UNAUTHENTICATED, "");
    } else {
        outcome = serve(core, peer, &asked, session, &reply);
    }
    if (outcome_ok(outcome) && !reply.later) {
        own_tell(peer, asked.tag, &reply);
    }
    own_reply_done(&reply);
    return outcome;
}
