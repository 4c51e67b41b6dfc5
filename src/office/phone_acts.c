/*
 * Acts on phones, PINs and wishes for notices.
 *
 * Invariants
 * 1. A phone that is somebody's becomes another's by a code that was sent to it alone
 * (phone.confirm, which no officer signs), or once its day is over.
 * 2. What a citizen gets by a binding ends with it: the PIN of a phone is not the next one's.
 * 3. Who wants no notices leaves nothing here.
 */
#include "office/prepare.h"

#include "base/check.h"

#include <string.h>

/* Whosever it is, or was until its day. */
static struct phone *find_by_number(const struct preparing *here, struct view number,
                                    struct code_text *ret_code)
{
    citizen_code(here->directory, BLIND_PHONE, number, ret_code);
    return object_find(here->directory, &object_phone, code_view(ret_code));
}

static struct phone *find_by_person(const struct preparing *here)
{
    const struct staff *staff = here->directory->staff;
    return staff == NULL ? NULL : map_get(&staff->phones_of, act_value(here->act, "person"));
}

static struct outcome no_phone(struct preparing *here)
{
    return prepare_refuse(here, FAULT_NOT_FOUND, "no phone is bound so");
}

/* The last day of a binding that is made or renewed today. */
static struct outcome take_until(struct preparing *here, struct phone *phone)
{
    phone->bound_day = here->today;
    phone->until_day = here->act->kind == ACT_PHONE_BIND
                           ? act_day(here->act, "until", here->today + PHONE_DAYS)
                           : here->today + PHONE_DAYS;
    if (phone->until_day < here->today || phone->until_day > here->today + PHONE_DAYS_MAX) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "`until` is over, or too far away");
    }
    return OUTCOME_OK;
}

static struct outcome renew(struct preparing *here, struct phone *old)
{
    struct phone *phone = NULL;
    TRY(prepare_edit(here, OBJECT_PHONE, old, &phone));
    phone->confirmed = phone->confirmed || here->act->kind == ACT_PHONE_CONFIRM;
    return take_until(here, phone);
}

struct outcome prepare_phone_bind(struct preparing *here)
{
    char number[COUNTRY_PHONE_DIGITS + 1];
    struct code_text code = {0};
    struct phone *phone = NULL;
    struct view person = act_value(here->act, "person");
    TRY(country_phone_get(act_value(here->act, "phone"), number));
    struct phone *there = find_by_number(here, view_text(number), &code);
    struct phone *own = find_by_person(here);
    if (there != NULL && there == own) {
        return renew(here, there);
    }
    if (there != NULL && there->until_day >= here->today && here->act->kind == ACT_PHONE_BIND) {
        return prepare_refuse(here, FAULT_CONFLICT, "this phone is another citizen's"); /* 1 */
    }
    if (there != NULL) {
        prepare_remove(here, OBJECT_PHONE, there);
    }
    if (own != NULL) {
        prepare_remove(here, OBJECT_PHONE, own);
    }
    TRY(prepare_add(here, OBJECT_PHONE, &phone));
    phone->code = code;
    phone->confirmed = here->act->kind == ACT_PHONE_CONFIRM;
    TRY(code_set(&phone->number, view_text(number)));
    TRY(code_set(&phone->person, person));
    return take_until(here, phone);
}

struct outcome prepare_phone_unbind(struct preparing *here)
{
    char number[COUNTRY_PHONE_DIGITS + 1];
    struct code_text code = {0};
    TRY(country_phone_get(act_value(here->act, "phone"), number));
    struct phone *there = find_by_number(here, view_text(number), &code);
    if (there == NULL) {
        return no_phone(here);
    }
    prepare_remove(here, OBJECT_PHONE, there);
    return OUTCOME_OK;
}

struct outcome prepare_phone_release(struct preparing *here)
{
    struct phone *own = find_by_person(here);
    if (own == NULL) {
        return no_phone(here);
    }
    prepare_remove(here, OBJECT_PHONE, own);
    return OUTCOME_OK;
}

struct outcome prepare_phone_lapse(struct preparing *here)
{
    struct phone *there = NULL;
    TRY(prepare_find(here, OBJECT_PHONE, "code", &there));
    if (there->until_day >= here->today) {
        return prepare_refuse(here, FAULT_CONFLICT, "the binding has not ended");
    }
    prepare_remove(here, OBJECT_PHONE, there);
    return OUTCOME_OK;
}

/* The citizen's phone, to be changed. */
static struct outcome edit_own(struct preparing *here, struct phone **ret_phone)
{
    struct phone *own = find_by_person(here);
    if (own == NULL || own->until_day < here->today) {
        return no_phone(here);
    }
    return prepare_edit(here, OBJECT_PHONE, own, ret_phone);
}

struct outcome prepare_phone_pin(struct preparing *here)
{
    struct phone *phone = NULL;
    struct view salt = act_value(here->act, "salt");
    struct view pin = act_value(here->act, "pin");
    TRY(edit_own(here, &phone));
    if (!outcome_ok(hex_get(salt, phone->pin_salt, sizeof(phone->pin_salt))) ||
        !outcome_ok(hex_get(pin, phone->pin, sizeof(phone->pin)))) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "a salt and a tag are hex digits");
    }
    phone->has_pin = true;
    phone->pin_misses = 0;
    return OUTCOME_OK;
}

struct outcome prepare_phone_tried(struct preparing *here)
{
    struct phone *phone = NULL;
    bool right = act_value(here->act, "right").len > 0;
    TRY(edit_own(here, &phone));
    if (!phone->has_pin || phone->pin_misses == PHONE_PIN_MISSES_MAX) {
        return prepare_refuse(here, FAULT_CONFLICT, "there is no PIN to be tried");
    }
    phone->pin_misses = right ? 0 : phone->pin_misses + 1;
    return OUTCOME_OK;
}

/* ---- notices ---- */

/* What the act says of the person's key and the rest. */
static struct outcome take_wish(struct preparing *here, struct notice_wish *wish)
{
    uint8_t key[sizeof(wish->key)];
    if (!outcome_ok(hex_get(act_value(here->act, "key"), key, sizeof(key)))) {
        return prepare_refuse(here, FAULT_BAD_INPUT, "`key` is not 16 hex digits");
    }
    struct cursor cursor = cursor_of(view_of(key, sizeof(key)));
    wish->key = cursor_u64(&cursor);
    wish->pace = act_word(here->act, "pace");
    wish->way = act_word(here->act, "way");
    return code_set(&wish->person, act_value(here->act, "person"));
}

struct outcome prepare_notice_wish(struct preparing *here)
{
    struct notice_wish *wish = NULL;
    struct code_text code = {0};
    citizen_code(here->directory, BLIND_ID, act_value(here->act, "person"), &code);
    struct notice_wish *old = object_find(here->directory, &object_notice_wish, code_view(&code));
    bool never = act_word(here->act, "pace") == NOTICE_NEVER;
    if (never && old != NULL) {
        prepare_remove(here, OBJECT_NOTICE_WISH, old);
    }
    if (never) { /* invariant 3 */
        return OUTCOME_OK;
    }
    if (old != NULL) {
        TRY(prepare_edit(here, OBJECT_NOTICE_WISH, old, &wish));
    } else {
        TRY(prepare_add(here, OBJECT_NOTICE_WISH, &wish));
    }
    wish->code = code;
    TRY(take_wish(here, wish));
    const struct notice_wish *other = staff_notice_wish_by_key(here->directory, wish->key);
    return other == NULL || other == old
               ? OUTCOME_OK
               : prepare_refuse(here, FAULT_CONFLICT, "the person's key is another's");
}
