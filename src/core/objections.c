/*
 * Objections to disclosures, and complaints: what citizens say, and what came of it.
 *
 * Invariants
 * 1. Nobody objects to what he may not see: a look at another, one that is hidden from him today,
 *    and none at all are one answer.
 * 2. Nobody is told of another's complaint, not even that there is one.
 */
#include "core/rights.h"

#include "core/loop.h"
#include "gate/recorded.h"
#include "office/staff.h"
#include "wire/json.h"

#include <stdio.h>

/* ---- to complain ---- */

/* What the record says of the disclosure. */
struct about {
    char record[24];
    char day[DATE_LEN + 1];
    struct recorded recorded;
};

static struct outcome do_act(struct core *core, const struct own_call *call,
                             const struct personal *person, struct view text,
                             const struct about *about, struct own_reply *reply)
{
    struct act act = {.kind = ACT_CITIZEN_COMPLAIN};
    struct code_text code;
    uint64_t index = 0;
    rights_new_code(core, person, &code);
    act_value_set(&act, "code", code_view(&code));
    act_value_set(&act, "person", call->asker.citizen);
    act_value_set(&act, "text", text);
    if (about != NULL) {
        act_value_set(&act, "record", view_text(about->record));
        act_value_set(&act, "ask", view_text(about->recorded.ask));
        act_value_set(&act, "business", code_view(&about->recorded.business));
        act_value_set(&act, "day", view_text(about->day));
    }
    TRY(citizens_act(core, &call->asker, &act, reply, &index));
    if (reply->code == CODE_DISCLOSED) {
        buf_put_text(&reply->json, "{\"code\":");
        json_put_string(&reply->json, code_view(&code));
        buf_put_text(&reply->json, "}");
    }
    return OUTCOME_OK;
}

/* Who complains, and what he says. *ret_good false: the reply says why not. */
static struct outcome read_call(struct core *core, const struct own_call *call,
                                struct own_reply *reply, struct rights_room *room,
                                struct personal *ret_person, struct view *ret_text, bool *ret_good)
{
    *ret_good = false;
    if (!rights_text(call, reply, "text", COMPLAINT_TEXT_BYTES_MAX, room, ret_text)) {
        return OUTCOME_OK;
    }
    if (ret_text->len == 0) {
        own_refuse(reply, CODE_BAD_REQUEST, "/text: is missing");
        return OUTCOME_OK;
    }
    return rights_person(core, call, reply, ret_person, ret_good);
}

struct outcome rights_complain(struct core *core, const struct own_call *call,
                               struct own_reply *reply)
{
    struct rights_room room = {.len = 0};
    struct personal person;
    struct view text = {0};
    bool good = false;
    TRY(read_call(core, call, reply, &room, &person, &text, &good));
    return good ? do_act(core, call, &person, text, NULL, reply) : OUTCOME_OK;
}

/* Invariant 1. */
static struct outcome find_record(struct core *core, uint64_t record, const struct personal *person,
                                  struct own_reply *reply, struct about *ret_about)
{
    int64_t today = clock_day_vn(clock_wall_us(&core->house->clock));
    struct outcome outcome =
        gate_recorded_about(core->house->gate, record, person->key, today, &ret_about->recorded);
    if (outcome.fault == FAULT_NOT_FOUND) {
        own_refuse(reply, CODE_NOT_FOUND, "/record: no disclosure about you");
        return OUTCOME_OK;
    }
    if (outcome.fault == FAULT_AGAIN) {
        own_refuse(reply, CODE_RATE_LIMITED, "");
        reply->retry_after_s = 1;
        return OUTCOME_OK;
    }
    TRY(outcome);
    snprintf(ret_about->record, sizeof(ret_about->record), "%llu", (unsigned long long)record);
    date_write(ret_about->day, ret_about->recorded.day);
    return OUTCOME_OK;
}

struct outcome rights_object(struct core *core, const struct own_call *call,
                             struct own_reply *reply)
{
    struct rights_room room = {.len = 0};
    struct personal person;
    struct about about = {.record = ""};
    struct view text = {0};
    uint64_t record = UINT64_MAX;
    bool good = false;
    if (!rights_number(call, reply, "record", INT64_MAX, &record)) {
        return OUTCOME_OK;
    }
    if (record == UINT64_MAX) {
        own_refuse(reply, CODE_BAD_REQUEST, "/record: is missing");
        return OUTCOME_OK;
    }
    TRY(read_call(core, call, reply, &room, &person, &text, &good));
    if (!good) {
        return OUTCOME_OK;
    }
    TRY(find_record(core, record, &person, reply, &about));
    return reply->code == CODE_DISCLOSED ? do_act(core, call, &person, text, &about, reply)
                                         : OUTCOME_OK;
}

/* ---- what came of it ---- */

/* Members in byte order of their names. */
static void put_complaint(const struct staff *staff, const struct complaint *complaint,
                          struct buf *json)
{
    enum complaint_outcome outcome = complaint_outcome(staff, complaint);
    buf_put_text(json, "{");
    if (complaint->answer.len > 0) {
        buf_put_text(json, "\"answer\":");
        json_put_string(json, long_view(&complaint->answer));
        buf_put_text(json, ",");
    }
    buf_put_text(json, "\"code\":");
    json_put_string(json, code_view(&complaint->code));
    buf_put_text(json, ",\"day\":");
    rights_put_day(json, complaint->day);
    buf_printf(json, ",\"outcome\":\"%s\"", words_name(&words_complaint_outcome, outcome));
    if (complaint->about_record) {
        buf_put_text(json, ",\"record\":");
        buf_put_decimal(json, complaint->record);
    }
    buf_put_text(json, ",\"text\":");
    json_put_string(json, view_of(complaint->text, complaint->text_len));
    buf_put_text(json, "}");
}

/* Invariant 2: a code of another's leads to the person's own first one. */
static void put_page(const struct core *core, const struct personal *person, struct view after,
                     struct buf *json)
{
    const struct staff *staff = core->house->directory.staff;
    struct code_text own;
    person_code(person->tag, &own);
    struct view from = view_starts(after, code_view(&own)) ? after : view_of(NULL, 0);
    const struct complaint *last = NULL;
    const struct complaint *complaint = complaint_next(staff, code_view(&own), from);
    buf_put_text(json, "{\"complaints\":[");
    for (unsigned items = 0; complaint != NULL && items < COMPLAINTS_PAGE_MAX; items++) {
        buf_put_text(json, items > 0 ? "," : "");
        put_complaint(staff, complaint, json);
        last = complaint;
        complaint = complaint_next(staff, code_view(&own), code_view(&last->code));
    }
    buf_put_text(json, "]");
    if (complaint != NULL) {
        buf_put_text(json, ",\"next\":");
        json_put_string(json, code_view(&last->code));
    }
    buf_put_text(json, "}");
}

struct outcome rights_complaints(struct core *core, const struct own_call *call,
                                 struct own_reply *reply)
{
    struct rights_room room = {.len = 0};
    struct personal person;
    struct view after = {0};
    bool found = false;
    if (!rights_text(call, reply, "after", ASK_CODE_BYTES_MAX, &room, &after)) {
        return OUTCOME_OK;
    }
    TRY(rights_person(core, call, reply, &person, &found));
    if (found) {
        put_page(core, &person, after, &reply->json);
    }
    return OUTCOME_OK;
}

struct outcome rights_complaint_withdraw(struct core *core, const struct own_call *call,
                                         struct own_reply *reply)
{
    return rights_move_own(core, call, ACT_COMPLAINT_WITHDRAW, reply);
}
