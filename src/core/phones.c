/*
 * Phones of citizens: codes, verbs, PINs.
 *
 * Invariants
 * 1. Whose a phone is, nobody learns by asking for a code: it is sent, and answered, all the same.
 * 2. A code is told to the phone alone; it is good once, for who asked for it and until another is
 *    asked for, PHONE_CODE_S long and PHONE_CODE_TRIES_MAX tries.
 * 3. A try of a PIN is recorded before it is answered, unless it is right and no other was wrong
 *    before: so nobody tries more often by ending the process.
 */
#include "core/phones.h"

#include "base/check.h"
#include "base/log.h"
#include "core/loop.h"
#include "core/rights.h"
#include "policy/texts.h"
#include "wire/canonical.h"
#include "wire/json.h"

#include <stdio.h>
#include <string.h>

#define DAY_US (S_PER_DAY * INT64_C(1000000))
#define VALUE_BYTES_MAX 64

static int64_t today(const struct core *core)
{
    return clock_day_vn(clock_wall_us(&core->house->clock));
}

static const struct phone *phone_of(const struct core *core, const struct own_call *call)
{
    return staff_phone_of(&core->house->directory, call->asker.citizen, today(core));
}

/* A text of the body; empty: it is none. */
static struct view text_of(const struct own_call *call, const char *name,
                           uint8_t room[VALUE_BYTES_MAX])
{
    struct view value = canonical_member(call->body, name);
    bool fits = canonical_is_text(value) && value.len <= VALUE_BYTES_MAX;
    return fits ? canonical_text(value, room) : view_of(NULL, 0);
}

void phones_mask(struct view number, char ret_masked[COUNTRY_PHONE_DIGITS + 1])
{
    size_t shown = 3;
    memset(ret_masked, '*', COUNTRY_PHONE_DIGITS);
    ret_masked[COUNTRY_PHONE_DIGITS] = '\0';
    if (number.len == COUNTRY_PHONE_DIGITS) {
        memcpy(ret_masked + COUNTRY_PHONE_DIGITS - shown,
               number.data + COUNTRY_PHONE_DIGITS - shown, shown);
    }
}

/* ---- what there is ---- */

static void put_phone(const struct phone *phone, struct buf *json)
{
    char masked[COUNTRY_PHONE_DIGITS + 1];
    char until[DATE_LEN + 1];
    if (phone == NULL) {
        buf_put_text(json, "null");
        return;
    }
    phones_mask(code_view(&phone->number), masked);
    date_write(until, phone->until_day);
    bool blocked = phone->pin_misses == PHONE_PIN_MISSES_MAX;
    buf_printf(json, "{\"confirmed\":%s,\"number\":\"%s\",\"pin\":\"%s\",\"until\":\"%s\"}",
               phone->confirmed ? "true" : "false", masked,
               !phone->has_pin ? "none"
               : blocked       ? "blocked"
                               : "set",
               until);
}

struct outcome phones_show(struct core *core, const struct own_call *call, struct own_reply *reply)
{
    const struct notice_wish *wish =
        staff_notice_wish(&core->house->directory, call->asker.citizen);
    enum notice_pace pace = wish == NULL ? NOTICE_NEVER : wish->pace;
    enum notice_way way = wish == NULL ? NOTICE_BY_INBOX : wish->way;
    buf_printf(&reply->json, "{\"notices\":{\"pace\":\"%s\",\"way\":\"%s\"},\"phone\":",
               words_name(&words_notice_pace, pace), words_name(&words_notice_way, way));
    put_phone(phone_of(core, call), &reply->json);
    buf_put_u8(&reply->json, '}');
    return OUTCOME_OK;
}

/* What is his now, once the act is done. */
static struct outcome act_and_show(struct core *core, const struct own_call *call,
                                   const struct act *act, struct own_reply *reply)
{
    uint64_t index = 0;
    TRY(citizens_act(core, &call->asker, act, reply, &index));
    return reply->code == CODE_DISCLOSED ? phones_show(core, call, reply) : OUTCOME_OK;
}

/* ---- a code to a phone ---- */

/* How many were asked for within a day, by the citizen or to the phone, whichever are more; his
 * others are good no longer. */
static unsigned count_codes(struct phones *phones, const struct own_call *call, const char *number,
                            int64_t now_us)
{
    unsigned by_him = 0;
    unsigned to_it = 0;
    for (unsigned i = 0; i < PHONE_CODES_MAX; i++) {
        struct phone_code *code = &phones->codes[i];
        bool recent = code->asked_us > 0 && now_us - code->asked_us < DAY_US;
        bool his = memcmp(code->citizen, call->asker.citizen.data, PERSONAL_NUMBER_BYTES) == 0;
        by_him += recent && his;
        to_it += recent && memcmp(code->phone, number, COUNTRY_PHONE_DIGITS) == 0;
    }
    return by_him > to_it ? by_him : to_it;
}

/* Six digits, none likelier than another. */
static void draw(const struct core *core, char ret_digits[PHONE_CODE_DIGITS])
{
    for (unsigned i = 0; i < PHONE_CODE_DIGITS; i++) {
        uint8_t byte = UINT8_MAX;
        while (byte >= 250) {
            random_fill(&core->house->random, &byte, 1);
        }
        ret_digits[i] = (char)('0' + byte % 10);
    }
}

/* Invariant 2: the code that is good for him; NULL: none. */
static struct phone_code *good_code(struct core *core, const struct own_call *call)
{
    int64_t now_us = clock_monotonic_us(&core->house->clock);
    for (unsigned i = 0; i < PHONE_CODES_MAX; i++) {
        struct phone_code *code = &core->phones.codes[i];
        bool his = memcmp(code->citizen, call->asker.citizen.data, PERSONAL_NUMBER_BYTES) == 0;
        if (his && code->tries > 0 && code->asked_us > 0 &&
            now_us - code->asked_us < PHONE_CODE_S * INT64_C(1000000)) {
            return code;
        }
    }
    return NULL;
}

/* Sends it; a reply that refuses says why it is not. */
static struct outcome send_code(struct core *core, const struct phone_code *code,
                                struct own_reply *reply)
{
    char minutes[8];
    uint64_t id = 0;
    BUF_AUTO text;
    (void)snprintf(minutes, sizeof(minutes), "%u", PHONE_CODE_S / 60);
    const struct policy_sms_value values[] = {
        {"code", view_of(code->digits, PHONE_CODE_DIGITS)},
        {"minutes", view_text(minutes)},
    };
    buf_init(&text, OUTBOX_TEXT_BYTES_MAX);
    if (!policy_sms_text_put(office_policy(core->house->office), POLICY_SMS_CODE, values, 2,
                             &text) ||
        text.failed) {
        own_refuse(reply, CODE_INTERNAL, "");
        return OUTCOME_OK;
    }
    struct outcome outcome =
        outbox_put(core, OUTGOING_CODE, view_of(code->phone, COUNTRY_PHONE_DIGITS), buf_view(&text),
                   NULL, &id);
    memory_wipe(text.data, text.len);
    if (outbox_kept_later(outcome)) {
        own_refuse(reply, CODE_LEDGER_UNAVAILABLE, "");
        return OUTCOME_OK;
    }
    return outcome;
}

static void refuse_often(struct own_reply *reply, uint32_t retry_after_s)
{
    own_refuse(reply, CODE_RATE_LIMITED, "");
    reply->retry_after_s = retry_after_s;
}

struct outcome phones_bind(struct core *core, const struct own_call *call, struct own_reply *reply)
{
    struct phones *phones = &core->phones;
    struct phone_code *place = &phones->codes[phones->next];
    int64_t now_us = clock_monotonic_us(&core->house->clock);
    uint8_t room[VALUE_BYTES_MAX];
    char number[COUNTRY_PHONE_DIGITS + 1];
    if (!outcome_ok(country_phone_get(text_of(call, "phone", room), number))) {
        own_refuse(reply, CODE_BAD_REQUEST, "/phone: a mobile phone's number");
        return OUTCOME_OK;
    }
    bool full = place->asked_us > 0 && now_us - place->asked_us < DAY_US;
    if (full || count_codes(phones, call, number, now_us) >= PHONE_CODES_A_DAY_MAX) {
        refuse_often(reply, 3600);
        return OUTCOME_OK;
    }
    struct phone_code *before = good_code(core, call);
    if (before != NULL) {
        before->tries = 0;
    }
    *place = (struct phone_code){.asked_us = now_us, .tries = PHONE_CODE_TRIES_MAX};
    memcpy(place->citizen, call->asker.citizen.data, PERSONAL_NUMBER_BYTES);
    memcpy(place->phone, number, COUNTRY_PHONE_DIGITS);
    draw(core, place->digits);
    phones->next = (phones->next + 1) % PHONE_CODES_MAX;
    TRY(send_code(core, place, reply));
    if (reply->code == CODE_DISCLOSED) {
        buf_printf(&reply->json, "{\"minutes\":%u}", PHONE_CODE_S / 60);
    }
    return OUTCOME_OK;
}

struct outcome phones_confirm(struct core *core, const struct own_call *call,
                              struct own_reply *reply)
{
    struct act act = {.kind = ACT_PHONE_CONFIRM};
    struct phone_code *code = good_code(core, call);
    uint8_t room[VALUE_BYTES_MAX];
    struct view told = text_of(call, "code", room);
    if (code == NULL || told.len != PHONE_CODE_DIGITS ||
        !seal_equal(told.data, code->digits, PHONE_CODE_DIGITS)) {
        if (code != NULL) {
            code->tries--;
        }
        own_refuse(reply, CODE_BAD_REQUEST, "/code: not the one, or too late");
        return OUTCOME_OK;
    }
    code->tries = 0;
    act_value_set(&act, "phone", view_of(code->phone, COUNTRY_PHONE_DIGITS));
    act_value_set(&act, "person", call->asker.citizen);
    return act_and_show(core, call, &act, reply);
}

struct outcome phones_release(struct core *core, const struct own_call *call,
                              struct own_reply *reply)
{
    struct act act = {.kind = ACT_PHONE_RELEASE};
    act_value_set(&act, "person", call->asker.citizen);
    return act_and_show(core, call, &act, reply);
}

/* ---- PINs ---- */

struct outcome phones_pin_set(struct core *core, const struct own_call *call,
                              struct own_reply *reply)
{
    struct act act = {.kind = ACT_PHONE_PIN};
    const struct phone *phone = phone_of(core, call);
    uint8_t room[VALUE_BYTES_MAX];
    uint8_t salt[PHONE_PIN_SALT_BYTES];
    uint8_t tag[SEAL_BLIND_BYTES];
    char salt_hex[2 * PHONE_PIN_SALT_BYTES + 1] = "";
    char tag_hex[2 * SEAL_BLIND_BYTES + 1] = "";
    struct view pin = text_of(call, "pin", room);
    if (!phone_pin_shaped(pin)) {
        own_refuse(reply, CODE_BAD_REQUEST, "/pin: six digits");
        return OUTCOME_OK;
    }
    if (phone == NULL) {
        own_refuse(reply, CODE_NOT_FOUND, "no phone is bound");
        return OUTCOME_OK;
    }
    random_fill(&core->house->random, salt, sizeof(salt));
    phone_pin_tag(&core->house->directory, phone, salt, pin, tag);
    hex_write(salt_hex, view_of(salt, sizeof(salt)));
    hex_write(tag_hex, view_of(tag, sizeof(tag)));
    act_value_set(&act, "person", call->asker.citizen);
    act_value_set(&act, "salt", view_text(salt_hex));
    act_value_set(&act, "pin", view_text(tag_hex));
    return act_and_show(core, call, &act, reply);
}

/* Invariant 3. */
static struct outcome record_try(struct core *core, const struct own_asker *asker,
                                 const struct phone *phone, bool right)
{
    const struct citizen_doer doer = {.citizen = asker->citizen, .account = asker->account};
    struct act act = {.kind = ACT_PHONE_TRIED};
    uint64_t index = 0;
    char why[256];
    act_value_set(&act, "person", code_view(&phone->person));
    act_value_set(&act, "right", right ? VIEW_LITERAL("true") : view_of(NULL, 0));
    return office_citizen_act(core->house->office, &act, &doer, &index, why);
}

struct outcome phones_pin(struct core *core, const struct own_asker *asker,
                          const struct phone *phone, struct view pin, enum pin_verdict *ret_verdict)
{
    enum pin_verdict verdict = phone_pin_check(&core->house->directory, phone, pin);
    bool right = verdict == PIN_RIGHT;
    if ((right && phone->pin_misses > 0) || verdict == PIN_WRONG) {
        TRY(record_try(core, asker, phone, right));
    }
    if (verdict == PIN_WRONG && phone->pin_misses == PHONE_PIN_MISSES_MAX) {
        TRY(inbox_tell(core, asker->citizen, INBOX_PIN_BLOCKED, view_of(NULL, 0)));
    }
    *ret_verdict = verdict;
    return OUTCOME_OK;
}

/* ---- notices ---- */

struct outcome phones_notices(struct core *core, const struct own_call *call,
                              struct own_reply *reply)
{
    struct act act = {.kind = ACT_NOTICE_WISH};
    uint8_t pace_room[VALUE_BYTES_MAX];
    uint8_t way_room[VALUE_BYTES_MAX];
    struct view pace = text_of(call, "pace", pace_room);
    struct view way = text_of(call, "way", way_room);
    unsigned word = 0;
    struct personal person;
    bool found = false;
    char key_hex[17];
    if (!outcome_ok(words_find(&words_notice_pace, pace, &word)) ||
        !outcome_ok(words_find(&words_notice_way, way, &word))) {
        own_refuse(reply, CODE_BAD_REQUEST, "/pace, /way");
        return OUTCOME_OK;
    }
    if (word == NOTICE_BY_SMS && phone_of(core, call) == NULL) {
        own_refuse(reply, CODE_NOT_FOUND, "no phone is bound");
        return OUTCOME_OK;
    }
    TRY(rights_person(core, call, reply, &person, &found));
    if (!found) {
        return OUTCOME_OK;
    }
    (void)snprintf(key_hex, sizeof(key_hex), "%016llx", (unsigned long long)person.key);
    act_value_set(&act, "person", call->asker.citizen);
    act_value_set(&act, "key", view_text(key_hex));
    act_value_set(&act, "pace", pace);
    act_value_set(&act, "way", way);
    TRY(act_and_show(core, call, &act, reply));
    return reply->code == CODE_DISCLOSED ? notices_start(core, call->asker.citizen) : OUTCOME_OK;
}

/* ---- inbox ---- */

struct outcome phones_inbox(struct core *core, const struct own_call *call, struct own_reply *reply)
{
    inbox_show(core, call->asker.citizen, &reply->json);
    return OUTCOME_OK;
}

struct outcome phones_inbox_remove(struct core *core, const struct own_call *call,
                                   struct own_reply *reply)
{
    uint8_t room[VALUE_BYTES_MAX];
    struct outcome outcome = inbox_remove(core, call->asker.citizen, text_of(call, "id", room));
    if (outcome.fault == FAULT_NOT_FOUND) {
        own_refuse(reply, CODE_NOT_FOUND, "");
        return OUTCOME_OK;
    }
    if (outbox_kept_later(outcome)) {
        own_refuse(reply, CODE_LEDGER_UNAVAILABLE, "");
        return OUTCOME_OK;
    }
    return outcome;
}
