/*
 * Corrections that citizens ask for over a session: each becomes a written case of an office, whose
 * state whoever has asked sees.
 *
 * Invariants
 * 1. The case is the session's citizen's: the number is never a member of the body.
 * 2. A case that is another's, was not asked for over a session, or is not there, is one answer.
 * 3. What officers have not decided, and what they say to each other, is not told.
 * 4. A citizen asks for CORRECTIONS_PER_DAY_MAX a day at most: the office keeps so many cases. Who
 *    has asked today is known by hashes, and forgotten with the day or the process.
 */
#include "core/corrections.h"

#include "core/loop.h"
#include "domain/letter_text.h"
#include "office/case.h"
#include "office/staff.h"
#include "office/unit.h"
#include "wire/canonical.h"
#include "wire/json.h"

#include <stdio.h>
#include <string.h>

/* What a body says, as text. */
enum said { SAID_OFFICE, SAID_NAME, SAID_ADDRESS, SAID_CONTACT, SAID_CONTENT, SAID_COUNT };
struct request {
    uint8_t rooms[SAID_COUNT][DIRECTORY_NAME_BYTES_MAX];
    struct view said[SAID_COUNT];
    char fields[FIELD_COUNT * 32]; /* as acts have them: words, with commas between */
};

static const struct said_row {
    const char *name; /* of the member, and of the act's value */
    bool required;
    bool printed; /* a letter may have to say it */
} rows[SAID_COUNT] = {
    [SAID_OFFICE] = {"office", false, false},  [SAID_NAME] = {"name", true, true},
    [SAID_ADDRESS] = {"address", false, true}, [SAID_CONTACT] = {"contact", false, true},
    [SAID_CONTENT] = {"content", true, true},
};

/* NULL: it is good; else what is wrong with the member. */
static const char *take_said(const struct own_call *call, enum said place, struct request *request)
{
    struct view value = canonical_member(call->body, rows[place].name);
    if (value.len == 0) {
        return rows[place].required ? "is missing" : NULL;
    }
    if (!canonical_is_text(value) || value.len > 2 + DIRECTORY_NAME_BYTES_MAX) {
        return "a text, 256 bytes at most";
    }
    struct view text = canonical_text(value, request->rooms[place]);
    request->said[place] = text;
    return text.len == 0         ? "a text"
           : rows[place].printed ? letter_text_fault(text, DIRECTORY_NAME_BYTES_MAX)
                                 : NULL;
}

static const char *take_fields(const struct own_call *call, struct request *request)
{
    struct view fields = canonical_member(call->body, "fields");
    struct view item;
    uint8_t room[64];
    size_t at = 0;
    size_t len = 0;
    uint64_t seen = 0;
    if (fields.len == 0 || fields.data[0] != '[') {
        return "a list of fields";
    }
    while (canonical_next_item(fields, &at, &item)) {
        unsigned field = 0;
        bool fits = canonical_is_text(item) && item.len <= sizeof(room);
        if (!fits || !outcome_ok(words_find(&words_field, canonical_text(item, room), &field)) ||
            (seen & FIELD_BIT(field)) != 0) {
            return "no such field, or twice";
        }
        seen |= FIELD_BIT(field);
        len += (size_t)snprintf(request->fields + len, sizeof(request->fields) - len, "%s%s",
                                len == 0 ? "" : ",", words_name(&words_field, field));
    }
    return len == 0 ? "a list of fields" : NULL;
}

static bool take_request(const struct own_call *call, struct request *request,
                         struct own_reply *reply)
{
    char why[128];
    for (enum said place = 0; place < SAID_COUNT; place++) {
        const char *fault = take_said(call, place, request);
        if (fault != NULL) {
            snprintf(why, sizeof(why), "/%s: %s", rows[place].name, fault);
            own_refuse(reply, CODE_BAD_REQUEST, why);
            return false;
        }
    }
    const char *fault = take_fields(call, request);
    if (fault != NULL) {
        snprintf(why, sizeof(why), "/fields: %s", fault);
        own_refuse(reply, CODE_BAD_REQUEST, why);
    }
    return fault == NULL;
}

/* The first of the body that keeps the register: it passes on what others decide. */
static struct view usual_office(const struct directory *directory)
{
    size_t at = 0;
    for (const struct office_unit *unit = map_next(&directory->staff->units, &at); unit != NULL;
         unit = map_next(&directory->staff->units, &at)) {
        if (unit->level == LEVEL_NATIONAL) {
            return code_view(&unit->code);
        }
    }
    return view_of(NULL, 0);
}

static void put_text(struct buf *json, const char *name, struct view text)
{
    buf_printf(json, ",\"%s\":", name);
    json_put_string_or_null(json, text);
}

static void put_day(struct buf *json, const char *name, int64_t day)
{
    char date[16] = "";
    if (day > 0) {
        struct date parts = date_from_days(day);
        snprintf(date, sizeof(date), "%04d-%02u-%02u", (int)parts.year, (unsigned)parts.month,
                 (unsigned)parts.day);
    }
    put_text(json, name, view_text(date));
}

static void put_case(const struct written_case *case_, struct buf *json)
{
    enum case_decision decision = case_->answer.decision;
    bool decided = /* invariant 3 */
        (case_->state >= CASE_APPROVED && case_->state <= CASE_CLOSED) ||
        case_->state == CASE_REJECTED;
    bool waits = case_->state == CASE_INCOMPLETE || case_->state == CASE_STOPPED;
    buf_put_text(json, "{\"case\":");
    json_put_string(json, code_view(&case_->code));
    put_text(json, "decision",
             decided && decision != DECISION_COUNT
                 ? view_text(words_name(&words_case_decision, decision))
                 : view_of(NULL, 0));
    put_day(json, "due", case_->due_day);
    put_text(json, "missing", waits ? long_view(&case_->missing) : view_of(NULL, 0));
    put_text(json, "office", long_view(&case_->unit->name));
    put_text(json, "reason", decided ? long_view(&case_->answer.reason) : view_of(NULL, 0));
    put_day(json, "received", case_->received_day);
    put_text(json, "state", view_text(words_name(&words_case_state, case_->state)));
    buf_put_u8(json, '}');
}

/* The office's last case: that of the act that was recorded just now. */
static const struct written_case *last_case(const struct directory *directory, struct view office)
{
    const struct office_unit *unit = staff_unit(directory, office);
    struct code_text code;
    return unit != NULL && outcome_ok(unit_case_code(unit, &code))
               ? staff_case(directory, code_view(&code))
               : NULL;
}

/* Invariant 4: the place of who asks today; NULL: there is none left. */
static struct correcting *place_of(struct core *core, struct view citizen)
{
    struct corrections *corrections = &core->corrections;
    int64_t day = clock_day_vn(clock_wall_us(&core->house->clock));
    uint8_t hash[SEAL_HASH_BYTES];
    seal_sha256(citizen, hash);
    if (corrections->day != day) {
        corrections->day = day;
        corrections->count = 0;
    }
    for (unsigned i = 0; i < corrections->count; i++) {
        struct correcting *place = &corrections->places[i];
        if (memcmp(place->hash, hash, sizeof(place->hash)) == 0) {
            return place->asked < CORRECTIONS_PER_DAY_MAX ? place : NULL;
        }
    }
    if (corrections->count == CORRECTING_MAX) {
        return NULL;
    }
    struct correcting *place = &corrections->places[corrections->count++];
    *place = (struct correcting){0};
    memcpy(place->hash, hash, sizeof(place->hash));
    return place;
}

struct outcome own_correct(struct core *core, const struct own_call *call, struct own_reply *reply)
{
    const struct directory *directory = &core->house->directory;
    struct request request = {0};
    struct act act = {.kind = ACT_CASE_CORRECT};
    uint64_t index = 0;
    if (!take_request(call, &request, reply)) {
        return OUTCOME_OK;
    }
    if (request.said[SAID_OFFICE].len == 0) {
        request.said[SAID_OFFICE] = usual_office(directory);
    }
    if (request.said[SAID_OFFICE].len == 0) {
        own_refuse(reply, CODE_NOT_FOUND, "no office takes it in");
        return OUTCOME_OK;
    }
    struct correcting *correcting = place_of(core, call->asker.citizen);
    if (correcting == NULL) {
        own_refuse(reply, CODE_RATE_LIMITED, "so many corrections a day");
        reply->retry_after_s = S_PER_DAY;
        return OUTCOME_OK;
    }
    for (enum said place = 0; place < SAID_COUNT; place++) {
        act_value_set(&act, rows[place].name, request.said[place]);
    }
    act_value_set(&act, "fields", view_text(request.fields));
    act_value_set(&act, "number", call->asker.citizen); /* invariant 1 */
    TRY(citizens_act(core, &call->asker, &act, reply, &index));
    const struct written_case *case_ = last_case(directory, request.said[SAID_OFFICE]);
    if (reply->code == CODE_DISCLOSED && case_ != NULL) {
        correcting->asked++;
        put_case(case_, &reply->json);
    }
    return OUTCOME_OK;
}

struct outcome own_correction(struct core *core, const struct own_call *call,
                              struct own_reply *reply)
{
    struct view value = canonical_member(call->body, "case");
    uint8_t room[2 + CODE_TEXT_BYTES_MAX];
    const struct written_case *case_ =
        canonical_is_text(value) && value.len <= sizeof(room)
            ? staff_case(&core->house->directory, canonical_text(value, room))
            : NULL;
    if (case_ == NULL || case_->intake != INTAKE_PORTAL ||
        !view_equal(code_view(&case_->requester.number), call->asker.citizen)) {
        own_refuse(reply, CODE_NOT_FOUND, ""); /* invariant 2 */
        return OUTCOME_OK;
    }
    put_case(case_, &reply->json);
    return OUTCOME_OK;
}
