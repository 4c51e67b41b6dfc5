/*
 * Values of objects as JSON.
 */
#include "office/show_value.h"

#include "base/check.h"
#include "base/clock.h"
#include "gate/fees.h"
#include "gate/jobs.h"
#include "office/act.h"
#include "office/office.h"
#include "office/staff.h"
#include "wire/json.h"

#include <string.h>

#define HOURS 24
#define HOURS_ALL ((UINT32_C(1) << HOURS) - 1)
#define DAY_FIRST 0 /* what office/business.c takes for no day */
#define DAY_LAST INT64_C(2932896)

_Static_assert(sizeof(enum party_state) == sizeof(uint32_t), "an enum is read as a number");

static const char *const inspection_names[INSPECTION_COUNT] = {
    [INSPECTION_NONE] = "none",
    [INSPECTION_PASSED] = "passed",
    [INSPECTION_FAILED] = "failed",
};

const void *show_part(const void *object, size_t at)
{
    return (const uint8_t *)object + at;
}

static const struct account *account_at(const void *object, size_t at)
{
    const struct account *account = NULL;

    memcpy(&account, show_part(object, at), sizeof(account));
    CHECK(account != NULL);
    return account;
}

static const struct business *business_at(const void *object, size_t at)
{
    const struct business *business = NULL;

    memcpy(&business, show_part(object, at), sizeof(business));
    return business;
}

const struct party *show_party(const void *object, size_t at)
{
    const struct party *party = NULL;

    memcpy(&party, show_part(object, at), sizeof(party));
    CHECK(party != NULL);
    return party;
}

uint32_t show_number32(const void *object, size_t at)
{
    uint32_t number = 0;

    memcpy(&number, show_part(object, at), sizeof(number));
    return number;
}

static uint64_t number64_at(const void *object, size_t at)
{
    uint64_t number = 0;

    memcpy(&number, show_part(object, at), sizeof(number));
    return number;
}

void show_put_words(struct buf *buf, const struct words *words, uint64_t mask)
{
    const char *between = "[";

    for (unsigned i = 0; i < words->count; i++) {
        if ((mask & UINT64_C(1) << i) != 0) {
            buf_printf(buf, "%s\"%s\"", between, words_name(words, i));
            between = ",";
        }
    }
    buf_put_text(buf, mask == 0 ? "[]" : "]");
}

static void put_hours(struct buf *buf, uint32_t mask)
{
    const char *between = "";

    buf_put_text(buf, "[");
    for (unsigned hour = 0; hour < HOURS; hour++) {
        if ((mask & UINT32_C(1) << hour) != 0) {
            buf_printf(buf, "%s%u", between, hour);
            between = ",";
        }
    }
    buf_put_text(buf, "]");
}

void show_put_day(struct buf *buf, int64_t days)
{
    buf_put_u8(buf, '"');
    date_put(buf, days);
    buf_put_u8(buf, '"');
}

void show_put_hash(struct buf *buf, const uint8_t hash[SEAL_HASH_BYTES])
{
    buf_put_text(buf, "\"");
    buf_put_hex(buf, view_of(hash, SEAL_HASH_BYTES));
    buf_put_text(buf, "\"");
}

bool show_no_hash(const uint8_t hash[SEAL_HASH_BYTES])
{
    static const uint8_t zeros[SEAL_HASH_BYTES];

    return memcmp(hash, zeros, sizeof(zeros)) == 0;
}

/* The condition is of our own making: nothing in it needs escaping. */
static void put_people(struct buf *buf, const struct population *population)
{
    buf_put_text(buf, "\"");
    population_put(population, buf);
    buf_put_text(buf, "\"");
}

/* Not shown: files, and whom a list gets; the act's JWS, whose hash is the proposal's code, tells.
 */
static bool kept_back(enum act_type type)
{
    return type == ACT_TYPE_BYTES || type == ACT_TYPE_PERSONS || type == ACT_TYPE_PERSON ||
           type == ACT_TYPE_PHONE;
}

/* What a second officer is asked to approve. Its bytes were checked when it was proposed. */
static void put_act(struct buf *buf, const struct proposal *proposal)
{
    struct act act = {0};
    const char *between = "";

    struct outcome outcome = act_get(view_of(proposal->act, proposal->act_len), &act);
    CHECK(outcome_ok(outcome));
    const struct act_row *row = &act_rows[act.kind];
    buf_printf(buf, "{\"name\":\"%s\",\"values\":{", row->name);
    for (unsigned i = 0; i < act_field_count(act.kind); i++) {
        if (act.values[i].len > 0 && !kept_back(row->fields[i].type)) {
            buf_printf(buf, "%s\"%s\":", between, row->fields[i].name);
            json_put_string(buf, act.values[i]);
            between = ",";
        }
    }
    buf_put_text(buf, "}}");
}

static void put_inspection(struct buf *buf, const struct inspection *inspection)
{
    buf_put_text(buf, "{\"day\":");
    show_put_day(buf, inspection->day);
    if (!show_no_hash(inspection->report)) {
        buf_put_text(buf, ",\"report\":");
        show_put_hash(buf, inspection->report);
    }
    buf_printf(buf, ",\"result\":\"%s\",\"until\":", inspection_names[inspection->result]);
    show_put_day(buf, inspection->until_day);
    buf_put_text(buf, "}");
}

static void put_businesses(struct buf *buf, const struct account *account)
{
    buf_put_text(buf, "[");
    for (unsigned i = 0; i < account->business_count; i++) {
        buf_put_text(buf, i > 0 ? "," : "");
        json_put_string(buf, code_view(&account->businesses[i]->code));
    }
    buf_put_text(buf, "]");
}

void show_put_time(struct buf *buf, int64_t time_us)
{
    buf_put_u8(buf, '"');
    clock_put_second(buf, time_us);
    buf_put_u8(buf, '"');
}

static void put_certificates(struct buf *buf, const struct account *account)
{
    buf_put_text(buf, "[");
    for (unsigned i = 0; i < account->certificate_count; i++) {
        const struct certificate *certificate = &account->certificates[i];
        buf_printf(buf, "%s{\"revoked\":%s,\"spki\":", i > 0 ? "," : "",
                   certificate->revoked ? "true" : "false");
        show_put_hash(buf, certificate->spki);
        if (certificate->until_s != 0) { /* the last second in which it is good is known here */
            buf_put_text(buf, ",\"until\":");
            show_put_time(buf, certificate->until_s * US_PER_S);
        }
        buf_put_text(buf, "}");
    }
    buf_put_text(buf, "]");
}

/* Who did it stands as the record has it: canonical JSON. */
static void put_move(struct buf *buf, const struct business_move *move)
{
    buf_put_text(buf, "{\"agent\":");
    buf_put_view(buf, long_view(&move->agent));
    if (move->clause.len > 0) {
        buf_put_text(buf, ",\"clause\":");
        json_put_string(buf, code_view(&move->clause));
    }
    if (move->reason.len > 0) {
        buf_put_text(buf, ",\"reason\":");
        json_put_string(buf, long_view(&move->reason));
    }
    buf_put_text(buf, ",\"record\":");
    buf_put_decimal(buf, move->index);
    buf_printf(buf, ",\"state\":\"%s\",\"time\":", words_name(&words_business_state, move->state));
    show_put_time(buf, move->time_us);
    buf_printf(buf, ",\"version\":%u}", move->version);
}

static void put_moves(struct buf *buf, const struct business *business)
{
    buf_put_text(buf, "[");
    for (unsigned i = 0; i < business->move_count; i++) {
        buf_put_text(buf, i > 0 ? "," : "");
        put_move(buf, &business->moves[i]);
    }
    buf_put_text(buf, "]");
}

bool show_value_absent(const struct show_field *field, const void *object)
{
    const void *part = show_part(object, field->at);

    switch (field->type) {
    case SHOW_CODE:
        return code_view(part).len == 0;
    case SHOW_TEXT:
        return long_view(part).len == 0;
    case SHOW_PEOPLE:
        return ((const struct population *)part)->count == 0;
    case SHOW_DAY: {
        int64_t day = (int64_t)number64_at(object, field->at);
        return day == DAY_FIRST || day == DAY_LAST;
    }
    case SHOW_HOURS:
        return show_number32(object, field->at) == HOURS_ALL;
    case SHOW_NUMBER32:
        return show_number32(object, field->at) == 0;
    case SHOW_COUNTED:
    case SHOW_BY_FIELD:
    case SHOW_DRAFTS:
        return !((const struct incident *)object)->counted;
    case SHOW_TIME:
    case SHOW_LIMIT64:
        return number64_at(object, field->at) == 0;
    case SHOW_FOR_BUSINESS:
        return business_at(object, field->at) == NULL;
    case SHOW_RECORD:
        return !((const struct complaint *)object)->about_record;
    case SHOW_HASH:
        return show_no_hash(part);
    case SHOW_PROVINCE:
        return *(const char *)part == '\0';
    case SHOW_INSPECTION:
        return ((const struct inspection *)part)->result == INSPECTION_NONE;
    case SHOW_PARENT:
    case SHOW_BUSINESSES:
        return ((const struct account *)object)->parent == NULL;
    default:
        return show_case_absent(field, object);
    }
}

/* Each by its SHA-256, as officers compare it. */
static void put_token_keys(struct buf *buf, const struct provider *provider)
{
    buf_put_text(buf, "[");
    for (unsigned i = 0; i < provider->key_count; i++) {
        const struct provider_key *key = &provider->keys[i];
        uint8_t hash[SEAL_HASH_BYTES];
        seal_sha256(view_of(key->spki, key->len), hash);
        buf_printf(buf, "%s{\"alg\":\"%s\",\"kid\":\"%s\",\"sha256\":", i == 0 ? "" : ",",
                   words_name(&words_token_alg, key->alg), key->kid.text);
        show_put_hash(buf, hash);
        buf_put_text(buf, "}");
    }
    buf_put_text(buf, "]");
}

/* What objects of one kind alone have. */
static void put_file(struct buf *buf, const struct case_file *file)
{
    buf_put_text(buf, "\"");
    base64std_put(buf, view_of(file->bytes, file->len));
    buf_put_text(buf, "\"");
}

/* In the order of their names. */
static void put_by_field(struct buf *buf, const struct incident *incident)
{
    const char *between = "";
    const char *last = "";

    buf_put_text(buf, "{");
    for (;;) {
        const char *next = NULL;
        unsigned field = 0;
        for (unsigned i = 0; i < FIELD_COUNT; i++) {
            const char *name = words_name(&words_field, i);
            if (incident->by_field[i] > 0 && strcmp(name, last) > 0 &&
                (next == NULL || strcmp(name, next) < 0)) {
                next = name;
                field = i;
            }
        }
        if (next == NULL) {
            break;
        }
        buf_printf(buf, "%s\"%s\":", between, next);
        buf_put_decimal(buf, incident->by_field[field]);
        between = ",";
        last = next;
    }
    buf_put_text(buf, "}");
}

static void put_own(struct buf *buf, const struct show_field *field, const void *object)
{
    const void *part = show_part(object, field->at);

    switch (field->type) {
    case SHOW_PROVINCE:
        json_put_string(buf, view_text(part));
        break;
    case SHOW_LACKS:
        show_put_words(buf, &words_dossier, party_lacks(object));
        break;
    case SHOW_INSPECTION:
        put_inspection(buf, part);
        break;
    case SHOW_PARENT:
        json_put_string(buf, code_view(&((const struct account *)object)->parent->code));
        break;
    case SHOW_BUSINESSES:
        put_businesses(buf, object);
        break;
    case SHOW_CERTIFICATES:
        put_certificates(buf, object);
        break;
    case SHOW_TOKEN_KEYS:
        put_token_keys(buf, object);
        break;
    case SHOW_MOVES:
        put_moves(buf, object);
        break;
    case SHOW_BUSINESS:
        json_put_string(buf, code_view(&((const struct permit *)object)->business->code));
        break;
    case SHOW_REVIEWED:
        json_put_string(buf, code_view(&((const struct review *)object)->business->code));
        break;
    case SHOW_REVIEWED_PARTY:
        json_put_string(buf, code_view(&((const struct review *)object)->business->party->code));
        break;
    case SHOW_FILE:
        put_file(buf, object);
        break;
    case SHOW_TIME:
        show_put_time(buf, (int64_t)number64_at(object, field->at));
        break;
    case SHOW_COUNTED:
        buf_put_decimal(buf, number64_at(object, field->at));
        break;
    case SHOW_BY_FIELD:
        put_by_field(buf, object);
        break;
    case SHOW_DRAFTS: /* as they were counted, canonical */
        buf_put(buf, ((const struct incident *)object)->drafts,
                ((const struct incident *)object)->drafts_len);
        break;
    case SHOW_LINES:
        fees_put_lines(object, buf);
        break;
    case SHOW_RECORD:
        buf_put_decimal(buf, ((const struct complaint *)object)->record);
        break;
    case SHOW_SAID:
        json_put_string(buf, view_of(((const struct complaint *)object)->text,
                                     ((const struct complaint *)object)->text_len));
        break;
    default:
        show_case_put(buf, field, object);
    }
}

void show_value_put(struct buf *buf, const struct show_field *field, const void *object)
{
    const void *part = show_part(object, field->at);

    switch (field->type) {
    case SHOW_CODE:
        json_put_string(buf, code_view(part));
        break;
    case SHOW_TEXT:
        json_put_string(buf, long_view(part));
        break;
    case SHOW_PEOPLE:
        put_people(buf, part);
        break;
    case SHOW_PARTY:
        json_put_string(buf, code_view(&show_party(object, field->at)->code));
        break;
    case SHOW_ACCOUNT:
        json_put_string(buf, code_view(&account_at(object, field->at)->code));
        break;
    case SHOW_FOR_BUSINESS:
        json_put_string(buf, code_view(&business_at(object, field->at)->code));
        break;
    case SHOW_JOB:
        buf_put_u8(buf, '"');
        buf_put_hex(buf, view_of(part, JOB_ID_LEN));
        buf_put_u8(buf, '"');
        break;
    case SHOW_WORD:
        buf_printf(buf, "\"%s\"", words_name(field->words, show_number32(object, field->at)));
        break;
    case SHOW_WORDS32:
        show_put_words(buf, field->words, show_number32(object, field->at));
        break;
    case SHOW_WORDS64:
        show_put_words(buf, field->words, number64_at(object, field->at));
        break;
    case SHOW_NUMBER32:
    case SHOW_COUNT32:
        buf_put_decimal(buf, show_number32(object, field->at));
        break;
    case SHOW_NUMBER64:
    case SHOW_LIMIT64:
        buf_put_decimal(buf, number64_at(object, field->at));
        break;
    case SHOW_DAY:
        show_put_day(buf, (int64_t)number64_at(object, field->at));
        break;
    case SHOW_HOURS:
        put_hours(buf, show_number32(object, field->at));
        break;
    case SHOW_HASH:
        show_put_hash(buf, part);
        break;
    case SHOW_KEY:
        buf_put_text(buf, "\"");
        base64std_put(buf, view_of(part, ES256_SPKI_BYTES));
        buf_put_text(buf, "\"");
        break;
    case SHOW_ACT:
        put_act(buf, object);
        break;
    case SHOW_FLAG:
        buf_put_text(buf, *(const bool *)part ? "true" : "false");
        break;
    default:
        put_own(buf, field, object);
        break;
    }
}
