/*
 * Citizens who ask who has seen them: they wait here until their page is made, some old records a
 * turn, and go through the gate then. Parts of statements wait among them (statements.c).
 *
 * Invariants
 *  1. One page is made at a time, in the order in which they were asked for; a turn reads rows for
 *     HISTORY_TURN_US_MAX by the clock and ends with whatever row passes it, or with the page (I9).
 *  2. What waits lies in memory of its own: it borrows from no pipe and no session.
 *  3. Who finds no room goes to the gate without a page, which turns him away and counts it.
 *  4. Phones wait as everybody does, in half of the places at most. What one has written is taken
 *     when its answer is kept.
 */
#include "core/citizens.h"
#include "core/loop.h"

#include "base/check.h"
#include "base/log.h"
#include "base/memory.h"
#include "office/staff.h"
#include "wire/canonical.h"

#include <stdio.h>
#include <string.h>

static struct history_wait *at(struct histories *histories, unsigned number)
{
    return &histories->waits[(histories->first + number) % HISTORY_WAIT_MAX];
}

/* Invariant 4. */
static bool has_room(struct histories *histories, struct view id, bool phoned)
{
    unsigned own = 0;
    unsigned phones = 0;
    for (unsigned i = 0; i < histories->count; i++) {
        own += view_equal(code_view(&at(histories, i)->id), id);
        phones += at(histories, i)->phoned;
    }
    return histories->count < HISTORY_WAIT_MAX && own < HISTORY_WAIT_OWN_MAX &&
           (!phoned || phones < HISTORY_WAIT_PHONES_MAX);
}

struct history_wait *histories_place(struct histories *histories, struct view id, bool phoned)
{
    return has_room(histories, id, phoned) ? at(histories, histories->count) : NULL;
}

void histories_add(struct histories *histories)
{
    CHECK(histories->count < HISTORY_WAIT_MAX);
    histories->count++;
}

bool histories_put_ask(struct histories *histories, struct peer *peer, const struct ask *ask)
{
    struct history_wait *wait = histories_place(histories, ask->key, false);
    if (wait == NULL) {
        return false;
    }
    *wait = (struct history_wait){.peer = peer};
    buf_init(&wait->ask, FRAME_BYTES_MAX);
    frame_put_ask(&wait->ask, ask);
    if (!outcome_ok(buf_check(&wait->ask)) || !outcome_ok(code_set(&wait->id, ask->key))) {
        buf_done(&wait->ask);
        return false;
    }
    histories_add(histories);
    return true;
}

bool histories_wait(const struct histories *histories)
{
    return histories->count > 0;
}

bool histories_have_cause(const struct histories *histories,
                          const uint8_t cause[OUTGOING_CAUSE_BYTES])
{
    for (unsigned i = 0; i < histories->count; i++) {
        const struct history_wait *wait =
            &histories->waits[(histories->first + i) % HISTORY_WAIT_MAX];
        if (wait->phoned && wait->peer != NULL &&
            memcmp(wait->phone.cause, cause, OUTGOING_CAUSE_BYTES) == 0) {
            return true;
        }
    }
    return false;
}

static void drop(struct histories *histories)
{
    buf_done(&at(histories, 0)->ask);
    buf_wipe_done(&histories->part);
    histories->first = (histories->first + 1) % HISTORY_WAIT_MAX;
    histories->count--;
    histories->begun = false;
}

void histories_forget(struct histories *histories, const struct peer *peer)
{
    for (unsigned i = 0; i < histories->count; i++) {
        if (at(histories, i)->peer == peer) {
            at(histories, i)->peer = NULL;
        }
    }
}

void histories_done(struct histories *histories)
{
    while (histories->count > 0) {
        drop(histories);
    }
}

/* ---- one whose page is made ---- */

static struct ask history_ask(struct view id, const struct ask_own *own)
{
    return (struct ask){.service = SERVICE_OWN_HISTORY,
                        .fields_granted = true,
                        .subject_kind = SUBJECT_ID,
                        .key = id,
                        .own = own};
}

/* What waits, as an ask; `ret_own` stays where the ask is used. */
static void ask_of(const struct history_wait *wait, struct ask *ret_ask, struct ask_own *ret_own)
{
    if (wait->ask.len > 0) {
        struct cursor cursor = cursor_of(buf_view(&wait->ask));
        struct outcome outcome = frame_get_ask(&cursor, ASK_SENDER_CORE, ret_ask);
        CHECK(outcome_ok(outcome)); /* it was read from a frame before */
        return;
    }
    *ret_own = (struct ask_own){.channel = wait->channel,
                                .citizen = code_view(&wait->citizen),
                                .account = code_view(&wait->account),
                                .ward = wait->ward};
    *ret_ask = history_ask(code_view(&wait->id), ret_own);
    ret_ask->history = wait->history;
    ret_ask->history.party = code_view(&wait->party);
}

/* The first part is recorded: the others may be fetched. */
static void open_statement(struct core *core, const struct ask *ask, enum code code)
{
    if (ask->history.form == HISTORY_STATEMENT && code == CODE_DISCLOSED) {
        gate_statement_open(core->house->gate);
    }
}

/* Over a session, or from a phone. */
static struct outcome serve_own(struct core *core, const struct history_wait *wait)
{
    struct own_reply reply;
    struct ask ask;
    struct ask_own own;
    const struct own_asker asker = {wait->channel, code_view(&wait->citizen),
                                    code_view(&wait->account)};
    struct view id = code_view(&wait->id);
    int64_t day = clock_day_vn(clock_wall_us(&core->house->clock));
    bool ward = wait->ward && staff_guards(&core->house->directory, asker.citizen, id, day);
    own_reply_init(&reply);
    ask_of(wait, &ask, &own);
    ask.history_ready = true;
    struct outcome outcome = citizens_ask(core, &asker, id, ward, &ask, &reply);
    if (outcome_ok(outcome)) {
        open_statement(core, &ask, reply.code);
        if (wait->phoned) { /* invariant 4 */
            outcome = messages_tell(core, wait->peer, wait->tag, &wait->phone, &reply);
        } else {
            own_tell(wait->peer, wait->tag, &reply);
        }
    }
    own_reply_done(&reply);
    return outcome;
}

static struct outcome serve(struct core *core, const struct history_wait *wait)
{
    struct ask_own own;
    TRY(batch_serve(core));
    if (wait->ask.len == 0) {
        return serve_own(core, wait);
    }
    ask_of(wait, &core->asks[0], &own);
    core->asks[0].history_ready = true;
    core->origin[0] = wait->peer;
    core->count = 1;
    TRY(batch_serve(core));
    open_statement(core, &core->asks[0], core->answers[0].code);
    return OUTCOME_OK;
}

/* One step of a page; *ret_done: its ask has been served. */
static struct outcome step_page(struct core *core, struct history_wait *wait, bool *ret_done)
{
    struct gate *gate = core->house->gate;
    struct ask ask;
    struct ask_own own;
    if (!core->histories.begun) {
        ask_of(wait, &ask, &own);
        core->histories.begun = true;
        return gate_history_begin(gate, &ask);
    }
    TRY(gate_history_step(gate, ret_done));
    return *ret_done ? serve(core, wait) : OUTCOME_OK;
}

/* One step for the first; *ret_done: it is told, or gone. */
static struct outcome step(struct core *core, bool *ret_done)
{
    struct history_wait *wait = at(&core->histories, 0);
    *ret_done = wait->peer == NULL || wait->peer->broken;
    if (!*ret_done) {
        TRY(wait->next.below != 0 ? statements_step(core, wait, ret_done)
                                  : step_page(core, wait, ret_done));
    }
    if (*ret_done) {
        drop(&core->histories);
    }
    return OUTCOME_OK;
}

/* Invariant 1. */
struct outcome histories_keep(struct core *core)
{
    const struct clock_port *clock = &core->house->clock;
    int64_t until_us = clock_monotonic_us(clock) + HISTORY_TURN_US_MAX;
    bool done = core->histories.count == 0;
    while (!done) {
        TRY(step(core, &done));
        done = done || clock_monotonic_us(clock) >= until_us;
    }
    return OUTCOME_OK;
}

/* ---- the verb ---- */

/* False: the name of the member at fault is in ret_why. `room` is for what its texts say. */
static bool history_of(struct view body, struct ask_history *ret_history,
                       uint8_t room[OWN_BODY_BYTES_MAX], char ret_why[256])
{
    struct view name = {0};
    struct view value = {0};
    size_t from = 0;
    size_t used = 0;
    *ret_history = (struct ask_history){0};
    while (canonical_next_member(body, &from, &name, &value)) {
        bool text = canonical_is_text(value);
        struct view said = text ? canonical_text(value, room + used) : value;
        used += text ? value.len : 0;
        bool id = view_is(name, "id"); /* whom it is about: citizens.c has taken it */
        if (!id && !ask_history_set(ret_history, name, !text, said)) {
            snprintf(ret_why, 256, "/%.*s", (int)(name.len < 64 ? name.len : 64),
                     (const char *)name.data);
            return false;
        }
    }
    snprintf(ret_why, 256, "/row");
    return ask_history_sane(ret_history);
}

static struct outcome put_own(struct history_wait *wait, const struct own_call *call,
                              const struct ask *ask)
{
    *wait = (struct history_wait){.peer = call->peer,
                                  .tag = call->tag,
                                  .phoned = call->phone != NULL,
                                  .channel = call->asker.channel,
                                  .ward = ask->own->ward,
                                  .history = ask->history};
    TRY(code_set(&wait->citizen, call->asker.citizen));
    TRY(code_set(&wait->account, call->asker.account));
    TRY(code_set(&wait->id, ask->key));
    TRY(code_set(&wait->party, ask->history.party));
    wait->history.party = view_of(NULL, 0);
    if (call->phone != NULL) {
        wait->phone = *call->phone;
    }
    return OUTCOME_OK;
}

struct outcome histories_put(struct core *core, const struct own_call *call, struct view id,
                             bool ward, const struct ask_history *history, struct own_reply *reply)
{
    const struct ask_own own = own_of(&call->asker, ward);
    struct ask ask = history_ask(id, &own);
    struct histories *histories = &core->histories;
    ask.history = *history;
    struct history_wait *wait = histories_place(histories, id, call->phone != NULL);
    if (!gate_history_wanted(core->house->gate, &ask) || call->peer == NULL || wait == NULL) {
        return citizens_ask(core, &call->asker, id, ward, &ask, reply); /* 3; or not his */
    }
    TRY(put_own(wait, call, &ask));
    histories_add(histories);
    reply->later = true;
    return OUTCOME_OK;
}

struct outcome histories_show(struct core *core, const struct own_call *call, struct view id,
                              bool ward, struct own_reply *reply)
{
    struct ask_history history;
    uint8_t room[OWN_BODY_BYTES_MAX];
    char why[256];
    if (!history_of(call->body, &history, room, why)) {
        own_refuse(reply, CODE_BAD_REQUEST, why);
        return OUTCOME_OK;
    }
    return histories_put(core, call, id, ward, &history, reply);
}
