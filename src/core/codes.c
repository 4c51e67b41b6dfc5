/*
 * One-time codes: a citizen lets one organisation ask once about himself.
 *
 * Invariants
 * 1. The code is told once, to whom it is about, and kept by nobody: here it is its hash.
 * 2. Nobody is told of another's codes, not even that there are any.
 * 3. A code that was used is recorded as such before the ring that knows it has no place for it
 *    (gate/passes.c).
 */
#include "core/rights.h"

#include "base/check.h"
#include "core/loop.h"
#include "domain/letter_code.h"
#include "wire/canonical.h"
#include "wire/json.h"

#include <stdio.h>
#include <unistd.h>

/* ---- to give one ---- */

/* What the act says of it; the texts borrow. */
struct giving {
    struct code_text code;
    struct code_text business;
    struct letter_code secret;
    struct view party;
    struct view purpose;
    struct view fields; /* with commas */
    char days[24];
};

static void make_code(struct core *core, const struct personal *person, struct giving *giving)
{
    uint8_t random[LETTER_CODE_BYTES];
    rights_new_code(core, person, &giving->code);
    random_fill(&core->house->random, random, sizeof(random));
    letter_code_make(random, &giving->secret);
    pass_business_code(&giving->secret, &giving->business);
}

/* The array's words, with commas: an act's value. False: they are no words, or too many. */
static bool join(const struct own_call *call, struct own_reply *reply, struct rights_room *room,
                 struct view *ret_fields)
{
    struct view array = canonical_member(call->body, "fields");
    struct view item = {0};
    size_t from = room->len;
    size_t at = 0;
    if (array.len == 0 || array.data[0] != '[') {
        own_refuse(reply, CODE_BAD_REQUEST, "/fields: wants names of fields");
        return false;
    }
    while (canonical_next_item(array, &at, &item)) {
        if (!canonical_is_text(item)) {
            own_refuse(reply, CODE_BAD_REQUEST, "/fields: wants names of fields");
            return false;
        }
        CHECK(item.len + 1 <= sizeof(room->bytes) - room->len);
        if (room->len > from) {
            room->bytes[room->len++] = ',';
        }
        room->len += canonical_text(item, room->bytes + room->len).len;
    }
    *ret_fields = view_of(room->bytes + from, room->len - from);
    return true;
}

static bool read_call(const struct own_call *call, struct own_reply *reply,
                      struct rights_room *room, struct giving *giving)
{
    uint64_t days = PASS_DAYS_USUAL;
    if (!rights_text(call, reply, "party", ASK_CODE_BYTES_MAX, room, &giving->party) ||
        !rights_text(call, reply, "purpose", DIRECTORY_NAME_BYTES_MAX, room, &giving->purpose) ||
        !rights_number(call, reply, "days", PASS_DAYS_MAX, &days) ||
        !join(call, reply, room, &giving->fields)) {
        return false;
    }
    if (giving->party.len == 0 || giving->purpose.len == 0) {
        own_refuse(reply, CODE_BAD_REQUEST, "/party and /purpose are needed");
        return false;
    }
    snprintf(giving->days, sizeof(giving->days), "%llu", (unsigned long long)days);
    return true;
}

static void tell_code(const struct giving *giving, int64_t until, struct buf *json)
{
    char printed[LETTER_CODE_PRINTED_CHARS];
    letter_code_print(&giving->secret, printed);
    buf_printf(json, "{\"business\":\"%s%.*s\",\"code\":\"%s\",\"until\":", PASS_PREFIX,
               (int)sizeof(printed), printed, giving->code.text);
    rights_put_day(json, until);
    buf_put_text(json, "}");
    memory_wipe(printed, sizeof(printed));
}

static struct outcome give(struct core *core, const struct own_call *call, struct giving *giving,
                           struct own_reply *reply)
{
    struct act act = {.kind = ACT_PASS_MAKE};
    uint64_t index = 0;
    struct view business = code_view(&giving->business);
    size_t prefix = sizeof(PASS_BUSINESS) - 1;
    act_value_set(&act, "code", code_view(&giving->code));
    act_value_set(&act, "party", giving->party);
    act_value_set(&act, "hash", view_part(business, prefix, business.len - prefix));
    act_value_set(&act, "fields", giving->fields);
    act_value_set(&act, "purpose", giving->purpose);
    act_value_set(&act, "days", view_text(giving->days));
    TRY(citizens_act(core, &call->asker, &act, reply, &index));
    if (reply->code == CODE_DISCLOSED) {
        const struct pass *pass = directory_pass(&core->house->directory, business);
        CHECK(pass != NULL);
        tell_code(giving, pass->until_day, &reply->json); /* invariant 1 */
    }
    return OUTCOME_OK;
}

struct outcome rights_code_give(struct core *core, const struct own_call *call,
                                struct own_reply *reply)
{
    struct rights_room room = {.len = 0};
    struct giving giving = {.days = ""};
    struct personal person;
    bool found = false;
    if (!read_call(call, reply, &room, &giving)) {
        return OUTCOME_OK;
    }
    TRY(rights_person(core, call, reply, &person, &found));
    if (!found) {
        return OUTCOME_OK;
    }
    make_code(core, &person, &giving);
    struct outcome outcome = give(core, call, &giving, reply);
    memory_wipe(&giving.secret, sizeof(giving.secret));
    return outcome;
}

/* ---- those that were given ---- */

static const char *state_of(const struct pass *pass, int64_t day)
{
    static const char *const names[PASS_STATE_COUNT] = {
        [PASS_GIVEN] = "given", [PASS_USED] = "used", [PASS_WITHDRAWN] = "withdrawn"};
    return pass->state == PASS_GIVEN && day > pass->until_day ? "ended" : names[pass->state];
}

/* Members in byte order of their names. */
static void put_pass(const struct pass *pass, int64_t day, struct buf *json)
{
    buf_put_text(json, "{\"code\":");
    json_put_string(json, code_view(&pass->code));
    buf_put_text(json, ",\"fields\":");
    rights_put_words(json, &words_field, pass->fields);
    buf_put_text(json, ",\"party\":");
    json_put_string(json, long_view(&pass->party->name));
    buf_put_text(json, ",\"purpose\":");
    json_put_string(json, long_view(&pass->purpose));
    if (pass->state == PASS_USED) {
        buf_put_text(json, ",\"record\":");
        buf_put_decimal(json, pass->record);
    }
    buf_printf(json, ",\"state\":\"%s\",\"until\":", state_of(pass, day));
    rights_put_day(json, pass->until_day);
    buf_put_text(json, "}");
}

/* Invariant 2. */
struct outcome rights_codes(struct core *core, const struct own_call *call, struct own_reply *reply)
{
    struct personal person;
    struct code_text own;
    bool found = false;
    int64_t day = clock_day_vn(clock_wall_us(&core->house->clock));
    TRY(rights_person(core, call, reply, &person, &found));
    if (!found) {
        return OUTCOME_OK;
    }
    person_code(person.tag, &own);
    struct view at = {0};
    const struct directory *directory = &core->house->directory;
    const struct pass *pass = directory_pass_next(directory, code_view(&own), at);
    buf_put_text(&reply->json, "{\"codes\":[");
    for (unsigned items = 0; pass != NULL && items < PASSES_SHOWN_MAX; items++) {
        buf_put_text(&reply->json, items > 0 ? "," : "");
        put_pass(pass, day, &reply->json);
        pass = directory_pass_next(directory, code_view(&own), code_view(&pass->code));
    }
    buf_put_text(&reply->json, "]}");
    return OUTCOME_OK;
}

struct outcome rights_code_withdraw(struct core *core, const struct own_call *call,
                                    struct own_reply *reply)
{
    return rights_move_own(core, call, ACT_PASS_WITHDRAW, reply);
}

/* ---- those that were used ---- */

/* Invariant 3. One a turn: each is a record of its own. */
struct outcome codes_step(struct core *core)
{
    struct act act = {.kind = ACT_PASS_USED};
    struct view business = {0};
    char record[24];
    char why[256] = "";
    uint64_t place = 0;
    uint64_t index = 0;
    if (!gate_pass_due(core->house->gate, &business, &place)) {
        return OUTCOME_OK;
    }
    const struct pass *pass = directory_pass(&core->house->directory, business);
    snprintf(record, sizeof(record), "%llu", (unsigned long long)place);
    act_value_set(&act, "code", code_view(&pass->code));
    act_value_set(&act, "record", view_text(record));
    struct outcome outcome = office_act(core->house->office, &act, (uint32_t)getuid(), &index, why);
    return core_survives(outcome) ? OUTCOME_OK : outcome;
}
