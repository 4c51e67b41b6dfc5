/*
 * The codec that serves all acts (act_rows.c has their table).
 *
 * Invariants
 * 1. act_get() accepts exactly what act_put() writes: same field count as the row, nothing left.
 * 2. A value that act_check() accepted can be read by its type without failure.
 */
#include "office/act.h"

#include "base/ceilings.h"
#include "base/check.h"
#include "base/clock.h"
#include "domain/ask.h"
#include "domain/country.h"

#include <stdio.h>
#include <string.h>

#define ACT_VERSION 1
#define ACT_NUMBER_MAX UINT64_C(1000000000000000)
#define ACT_TEXT_BYTES_MAX 256

struct outcome act_find(struct view name, enum act_kind *ret_kind)
{
    for (enum act_kind kind = 0; kind < ACT_KIND_COUNT; kind++) {
        if (view_is(name, act_rows[kind].name)) {
            *ret_kind = kind;
            return OUTCOME_OK;
        }
    }
    return outcome_fail(FAULT_NOT_FOUND, "no such act");
}

unsigned act_field_count(enum act_kind kind)
{
    CHECK((unsigned)kind < ACT_KIND_COUNT);
    unsigned count = 0;
    while (count < ACT_FIELDS_MAX && act_rows[kind].fields[count].name != NULL) {
        count++;
    }
    return count;
}

struct outcome act_field_find(enum act_kind kind, struct view name, unsigned *ret_field)
{
    unsigned count = act_field_count(kind);
    for (unsigned i = 0; i < count; i++) {
        if (view_is(name, act_rows[kind].fields[i].name)) {
            *ret_field = i;
            return OUTCOME_OK;
        }
    }
    return outcome_fail(FAULT_NOT_FOUND, "the act has no such field");
}

static unsigned field_index(const struct act *act, const char *field)
{
    unsigned index = 0;
    struct outcome found = act_field_find(act->kind, view_text(field), &index);
    CHECK(outcome_ok(found));
    return index;
}

struct view act_value(const struct act *act, const char *field)
{
    return act->values[field_index(act, field)];
}

void act_value_set(struct act *act, const char *field, struct view value)
{
    act->values[field_index(act, field)] = value;
}

static bool codes_valid(struct view text)
{
    unsigned count = 0;
    for (size_t from = 0; from <= text.len; count++) {
        size_t end = view_find(text, from, ',');
        if (count == SUB_ACCOUNT_BUSINESSES_MAX ||
            !ask_code_shaped(view_part(text, from, end - from), ASK_CODE_BYTES_MAX)) {
            return false;
        }
        from = end + 1;
    }
    return true;
}

static bool persons_valid(struct view text)
{
    unsigned count = 0;
    for (size_t from = 0; from <= text.len; count++) {
        size_t end = view_find(text, from, ',');
        if (count == LIST_ACT_PERSONS_MAX || !country_id_valid(view_part(text, from, end - from))) {
            return false;
        }
        from = end + 1;
    }
    return true;
}

static bool text_valid(struct view text, size_t bytes_max)
{
    if (text.len == 0 || text.len > bytes_max || !utf8_valid(text)) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < ' ' || text.data[i] == 0x7f) {
            return false;
        }
    }
    return true;
}

static bool names_valid(struct view text)
{
    unsigned count = 0;
    for (size_t from = 0; from <= text.len; count++) {
        size_t end = view_find(text, from, ',');
        if (count == OPERATOR_ACT_NAMES_MAX ||
            !text_valid(view_part(text, from, end - from), ASK_CODE_BYTES_MAX)) {
            return false;
        }
        from = end + 1;
    }
    return true;
}

static struct outcome words_mask(const struct words *words, struct view text, uint64_t *ret_mask)
{
    uint64_t mask = 0;
    for (size_t from = 0; from <= text.len;) {
        size_t end = view_find(text, from, ',');
        unsigned value = 0;
        TRY(words_find(words, view_part(text, from, end - from), &value));
        if ((mask & (UINT64_C(1) << value)) != 0) {
            return outcome_fail(FAULT_BAD_INPUT, "word named twice");
        }
        mask |= UINT64_C(1) << value;
        from = end + 1;
    }
    *ret_mask = mask;
    return OUTCOME_OK;
}

static bool value_valid(const struct act_field *field, struct view value)
{
    uint8_t hash[32];
    uint64_t number = 0;
    unsigned word = 0;
    int64_t time_us = 0;
    char phone[COUNTRY_PHONE_DIGITS + 1];
    struct date day;
    switch (field->type) {
    case ACT_TYPE_TEXT:
        return text_valid(value, ACT_TEXT_BYTES_MAX);
    case ACT_TYPE_CODE:
        return ask_code_shaped(value, ASK_CODE_BYTES_MAX);
    case ACT_TYPE_WORD:
        return outcome_ok(words_find(field->words, value, &word));
    case ACT_TYPE_WORDS:
        return outcome_ok(words_mask(field->words, value, &number));
    case ACT_TYPE_NUMBER:
        return outcome_ok(decimal_get(value, ACT_NUMBER_MAX, &number));
    case ACT_TYPE_DAY:
        return outcome_ok(date_get(value, &day));
    case ACT_TYPE_TIME:
        return outcome_ok(clock_get_second(value, &time_us)) && time_us > 0;
    case ACT_TYPE_HASH:
        return outcome_ok(hex_get(value, hash, sizeof(hash)));
    case ACT_TYPE_FLAG:
        return view_is(value, "true");
    case ACT_TYPE_CODES:
        return codes_valid(value);
    case ACT_TYPE_BYTES:
        return value.len <= ACT_BYTES_MAX;
    case ACT_TYPE_CONDITION:
        return text_valid(value, POPULATION_TEXT_BYTES_MAX);
    case ACT_TYPE_PERSONS:
        return persons_valid(value);
    case ACT_TYPE_NAMES:
        return names_valid(value);
    case ACT_TYPE_PERSON:
        return country_id_valid(value);
    case ACT_TYPE_PHONE:
        return outcome_ok(country_phone_get(value, phone));
    }
    return false;
}

struct outcome act_check_value(const struct act_field *field, struct view value)
{
    if (value.len == 0) {
        return field->required ? outcome_fail(FAULT_BAD_INPUT, "is required") : OUTCOME_OK;
    }
    return value_valid(field, value) ? OUTCOME_OK : outcome_fail(FAULT_BAD_INPUT, "is not valid");
}

struct outcome act_check(const struct act *act, char ret_why[256])
{
    unsigned count = act_field_count(act->kind);
    for (unsigned i = 0; i < count; i++) {
        const struct act_field *field = &act_rows[act->kind].fields[i];
        struct outcome outcome = act_check_value(field, act->values[i]);
        if (!outcome_ok(outcome)) {
            snprintf(ret_why, 256, "%s: %s %s", act_rows[act->kind].name, field->name,
                     outcome.what);
            return outcome;
        }
    }
    return OUTCOME_OK;
}

unsigned act_word(const struct act *act, const char *field)
{
    unsigned index = field_index(act, field);
    unsigned value = 0;
    CHECK(outcome_ok(
        words_find(act_rows[act->kind].fields[index].words, act->values[index], &value)));
    return value;
}

uint64_t act_words_mask(const struct act *act, const char *field)
{
    unsigned index = field_index(act, field);
    uint64_t mask = 0;
    if (act->values[index].len > 0) {
        CHECK(outcome_ok(
            words_mask(act_rows[act->kind].fields[index].words, act->values[index], &mask)));
    }
    return mask;
}

uint64_t act_number(const struct act *act, const char *field, uint64_t absent)
{
    struct view value = act_value(act, field);
    uint64_t number = absent;
    if (value.len > 0) {
        CHECK(outcome_ok(decimal_get(value, ACT_NUMBER_MAX, &number)));
    }
    return number;
}

int64_t act_day(const struct act *act, const char *field, int64_t absent)
{
    struct view value = act_value(act, field);
    struct date day = {0};
    if (value.len == 0) {
        return absent;
    }
    CHECK(outcome_ok(date_get(value, &day)));
    return date_to_days(day);
}

int64_t act_time(const struct act *act, const char *field, int64_t absent)
{
    struct view value = act_value(act, field);
    int64_t time_us = absent;
    if (value.len > 0) {
        CHECK(outcome_ok(clock_get_second(value, &time_us)));
    }
    return time_us;
}

void act_put(const struct act *act, struct buf *buf)
{
    unsigned count = act_field_count(act->kind);
    buf_put_u8(buf, ACT_VERSION);
    buf_put_u8(buf, (uint8_t)act->kind);
    buf_put_u8(buf, (uint8_t)count);
    for (unsigned i = 0; i < count; i++) {
        buf_put_block32(buf, act->values[i]);
    }
}

struct outcome act_get(struct view bytes, struct act *ret_act)
{
    struct cursor cursor = cursor_of(bytes);
    struct act act = {0};
    uint8_t version = cursor_u8(&cursor);
    uint8_t kind = cursor_u8(&cursor);
    uint8_t count = cursor_u8(&cursor);
    if (version != ACT_VERSION || kind >= ACT_KIND_COUNT || count != act_field_count(kind)) {
        return outcome_fail(FAULT_BAD_INPUT, "act: unknown version, kind or number of fields");
    }
    act.kind = kind;
    for (unsigned i = 0; i < count; i++) {
        act.values[i] = cursor_block32(&cursor);
    }
    TRY(cursor_end(&cursor, "act"));
    *ret_act = act;
    return OUTCOME_OK;
}
