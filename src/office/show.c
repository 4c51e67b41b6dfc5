/*
 * The table of what is shown of objects, and its writer.
 *
 * Invariants
 *  1. Members stand in byte order of their names (RFC 8785), so that equal objects are equal bytes;
 *     but the values of a proposed act stand in the order of the act's row.
 *  2. Every resource has code, version and owner; its version grows with whatever is shown of it.
 */
#include "office/show.h"

#include "base/check.h"
#include "base/clock.h"
#include "office/act.h"
#include "office/staff.h"
#include "wire/json.h"

#include <stddef.h>
#include <string.h>

#define HOURS 24
#define HOURS_ALL ((UINT32_C(1) << HOURS) - 1)
#define DAY_FIRST 0 /* what office/business.c takes for no day */
#define DAY_LAST INT64_C(2932896)

enum show_type {
    SHOW_CODE,    /* struct code_text; empty = absent, as of the next two */
    SHOW_TEXT,    /* struct long_text */
    SHOW_PEOPLE,  /* struct population, as an act writes it */
    SHOW_PARTY,   /* pointer: its code */
    SHOW_WORD,    /* an enum */
    SHOW_WORDS32, /* masks */
    SHOW_WORDS64,
    SHOW_NUMBER32,
    SHOW_NUMBER64,
    SHOW_DAY,   /* the first and the last there is = absent */
    SHOW_HOURS, /* mask; all = absent */
    SHOW_HASH,
    SHOW_FLAG,
    SHOW_KEY, /* ES256_SPKI_BYTES of DER, base64 */
    SHOW_ACT, /* of a proposal: name and values, but for what is bytes */
};

struct show_field {
    const char *name;
    enum show_type type;
    size_t at;
    const struct words *words;
};

static const char *const party_state_names[PARTY_STATE_COUNT] = {
    [PARTY_CONNECTED] = "connected",   [PARTY_SUSPENDED] = "suspended",
    [PARTY_REGISTERED] = "registered", [PARTY_COMPLETE] = "complete",
    [PARTY_CLOSED] = "closed",
};
static const struct words party_states = {party_state_names, PARTY_STATE_COUNT};

static const char *const account_state_names[] = {
    [ACCOUNT_ACTIVE] = "active",
    [ACCOUNT_SUSPENDED] = "suspended",
    [ACCOUNT_REVOKED] = "revoked",
};
static const struct words account_states = {account_state_names, ACCOUNT_REVOKED + 1};

static const char *const business_state_names[BUSINESS_STATE_COUNT] = {
    [BUSINESS_DRAFT] = "draft",         [BUSINESS_SUBMITTED] = "submitted",
    [BUSINESS_GRANTED] = "granted",     [BUSINESS_REFUSED] = "refused",
    [BUSINESS_SUSPENDED] = "suspended", [BUSINESS_REVOKED] = "revoked",
    [BUSINESS_EXPIRED] = "expired",
};
static const struct words business_states = {business_state_names, BUSINESS_STATE_COUNT};

static const char *const officer_state_names[OFFICER_STATE_COUNT] = {
    [OFFICER_ACTIVE] = "active",
    [OFFICER_LEFT] = "left",
    [OFFICER_LOST] = "lost",
};
static const struct words officer_states = {officer_state_names, OFFICER_STATE_COUNT};

#define PARTY(member) offsetof(struct party, member)
static const struct show_field party_fields[] = {
    {"class", SHOW_WORD, PARTY(class), &words_class},
    {"code", SHOW_CODE, PARTY(code), NULL},
    {"kind", SHOW_CODE, PARTY(kind), NULL},
    {"name", SHOW_TEXT, PARTY(name), NULL},
    {"state", SHOW_WORD, PARTY(state), &party_states},
    {"version", SHOW_NUMBER32, PARTY(version), NULL},
};

#define ACCOUNT(member) offsetof(struct account, member)
static const struct show_field account_fields[] = {
    {"assertion_required", SHOW_FLAG, ACCOUNT(assertion_required), NULL},
    {"channel", SHOW_WORD, ACCOUNT(channel), &words_channel},
    {"code", SHOW_CODE, ACCOUNT(code), NULL},
    {"instrument", SHOW_TEXT, ACCOUNT(instrument), NULL},
    {"party", SHOW_PARTY, ACCOUNT(party), NULL},
    {"spki", SHOW_HASH, ACCOUNT(spki), NULL},
    {"state", SHOW_WORD, ACCOUNT(state), &account_states},
    {"version", SHOW_NUMBER32, ACCOUNT(version), NULL},
};

#define BUSINESS(member) offsetof(struct business, member)
static const struct show_field business_fields[] = {
    {"channels", SHOW_WORDS32, BUSINESS(channels), &words_channel},
    {"clearance_protected", SHOW_FLAG, BUSINESS(clearance_protected), NULL},
    {"code", SHOW_CODE, BUSINESS(code), NULL},
    {"fields", SHOW_WORDS64, BUSINESS(fields), &words_field},
    {"from", SHOW_DAY, BUSINESS(from_day), NULL},
    {"hours", SHOW_HOURS, BUSINESS(hours), NULL},
    {"legal_basis", SHOW_TEXT, BUSINESS(legal_basis), NULL},
    {"override_lock", SHOW_FLAG, BUSINESS(override_lock), NULL},
    {"party", SHOW_PARTY, BUSINESS(party), NULL},
    {"population", SHOW_PEOPLE, BUSINESS(population), NULL},
    {"procedure", SHOW_CODE, BUSINESS(procedure), NULL},
    {"purpose", SHOW_TEXT, BUSINESS(purpose), NULL},
    {"quota_day", SHOW_NUMBER64, BUSINESS(quota_day_max), NULL},
    {"sensitive", SHOW_WORDS64, BUSINESS(sensitive), &words_field},
    {"services", SHOW_WORDS32, BUSINESS(services), &words_service},
    {"state", SHOW_WORD, BUSINESS(state), &business_states},
    {"until", SHOW_DAY, BUSINESS(until_day), NULL},
    {"version", SHOW_NUMBER32, BUSINESS(version), NULL},
};

#define OFFICER(member) offsetof(struct officer, member)
static const struct show_field officer_fields[] = {
    {"code", SHOW_CODE, OFFICER(code), NULL},
    {"key", SHOW_KEY, OFFICER(key), NULL},
    {"name", SHOW_TEXT, OFFICER(name), NULL},
    {"roles", SHOW_WORDS32, OFFICER(roles), &words_role},
    {"spki", SHOW_HASH, OFFICER(spki), NULL},
    {"state", SHOW_WORD, OFFICER(state), &officer_states},
    {"version", SHOW_NUMBER32, OFFICER(version), NULL},
};

#define PROPOSAL(member) offsetof(struct proposal, member)
static const struct show_field proposal_fields[] = {
    {"act", SHOW_ACT, 0, NULL},
    {"by", SHOW_CODE, PROPOSAL(by), NULL},
    {"code", SHOW_CODE, PROPOSAL(code), NULL},
    {"if_match", SHOW_CODE, PROPOSAL(if_match), NULL},
    {"until", SHOW_DAY, PROPOSAL(until_day), NULL},
    {"version", SHOW_NUMBER32, PROPOSAL(version), NULL},
};

static const struct map *parties_of(const struct directory *directory)
{
    return &directory->parties;
}

static const struct map *accounts_of(const struct directory *directory)
{
    return &directory->accounts;
}

static const struct map *businesses_of(const struct directory *directory)
{
    return &directory->businesses;
}

static const struct map *officers_of(const struct directory *directory)
{
    return directory->staff == NULL ? NULL : &directory->staff->officers;
}

static const struct map *proposals_of(const struct directory *directory)
{
    return directory->staff == NULL ? NULL : &directory->staff->proposals;
}

#define ITSELF SIZE_MAX       /* the object is the party */
#define OFFICE (SIZE_MAX - 1) /* it is the office's own */
#define FIELDS(rows) rows, sizeof(rows) / sizeof((rows)[0])
static const struct show_row {
    const struct map *(*map)(const struct directory *directory);
    size_t code;    /* struct code_text, in the object */
    size_t version; /* uint32_t */
    size_t owner;   /* struct party *, ITSELF or OFFICE */
    const struct show_field *fields;
    unsigned field_count;
} rows[RESOURCE_COUNT] = {
    [RESOURCE_PARTIES] = {parties_of, PARTY(code), PARTY(version), ITSELF, FIELDS(party_fields)},
    [RESOURCE_ACCOUNTS] = {accounts_of, ACCOUNT(code), ACCOUNT(version), ACCOUNT(party),
                           FIELDS(account_fields)},
    [RESOURCE_BUSINESSES] = {businesses_of, BUSINESS(code), BUSINESS(version), BUSINESS(party),
                             FIELDS(business_fields)},
    [RESOURCE_OFFICERS] = {officers_of, OFFICER(code), OFFICER(version), OFFICE,
                           FIELDS(officer_fields)},
    [RESOURCE_PROPOSALS] = {proposals_of, PROPOSAL(code), PROPOSAL(version), OFFICE,
                            FIELDS(proposal_fields)},
};

static const void *part_of(const void *object, size_t at)
{
    return (const uint8_t *)object + at;
}

const struct map *show_map(const struct directory *directory, enum resource resource)
{
    CHECK((unsigned)resource < RESOURCE_COUNT);
    return rows[resource].map(directory);
}

static const struct party *party_at(const void *object, size_t at)
{
    const struct party *party = NULL;

    memcpy(&party, part_of(object, at), sizeof(party));
    CHECK(party != NULL);
    return party;
}

const struct party *show_owner(enum resource resource, const void *object)
{
    CHECK((unsigned)resource < RESOURCE_COUNT);
    size_t owner = rows[resource].owner;
    if (owner == OFFICE) {
        return NULL;
    }
    return owner == ITSELF ? object : party_at(object, owner);
}

struct view show_code(enum resource resource, const void *object)
{
    CHECK((unsigned)resource < RESOURCE_COUNT);
    return code_view(part_of(object, rows[resource].code));
}

static uint32_t number32_at(const void *object, size_t at)
{
    uint32_t number = 0;

    memcpy(&number, part_of(object, at), sizeof(number));
    return number;
}

static uint64_t number64_at(const void *object, size_t at)
{
    uint64_t number = 0;

    memcpy(&number, part_of(object, at), sizeof(number));
    return number;
}

uint32_t show_version(enum resource resource, const void *object)
{
    CHECK((unsigned)resource < RESOURCE_COUNT);
    return number32_at(object, rows[resource].version);
}

/* ---- values ---- */

static void put_words(struct buf *buf, const struct words *words, uint64_t mask)
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

static void put_day(struct buf *buf, int64_t days)
{
    struct date day = date_from_days(days);

    buf_printf(buf, "\"%04d-%02d-%02d\"", day.year, day.month, day.day);
}

/* The condition is of our own making: nothing in it needs escaping. */
static void put_people(struct buf *buf, const struct population *population)
{
    buf_put_text(buf, "\"");
    population_put(population, buf);
    buf_put_text(buf, "\"");
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
        if (act.values[i].len > 0 && row->fields[i].type != ACT_TYPE_BYTES) {
            buf_printf(buf, "%s\"%s\":", between, row->fields[i].name);
            json_put_string(buf, act.values[i]);
            between = ",";
        }
    }
    buf_put_text(buf, "}}");
}

static bool is_absent(const struct show_field *field, const void *object)
{
    const void *part = part_of(object, field->at);

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
        return number32_at(object, field->at) == HOURS_ALL;
    default:
        return false;
    }
}

static void put_value(struct buf *buf, const struct show_field *field, const void *object)
{
    const void *part = part_of(object, field->at);

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
        json_put_string(buf, code_view(&party_at(object, field->at)->code));
        break;
    case SHOW_WORD:
        buf_printf(buf, "\"%s\"", words_name(field->words, number32_at(object, field->at)));
        break;
    case SHOW_WORDS32:
        put_words(buf, field->words, number32_at(object, field->at));
        break;
    case SHOW_WORDS64:
        put_words(buf, field->words, number64_at(object, field->at));
        break;
    case SHOW_NUMBER32:
        buf_put_decimal(buf, number32_at(object, field->at));
        break;
    case SHOW_NUMBER64:
        buf_put_decimal(buf, number64_at(object, field->at));
        break;
    case SHOW_DAY:
        put_day(buf, (int64_t)number64_at(object, field->at));
        break;
    case SHOW_HOURS:
        put_hours(buf, number32_at(object, field->at));
        break;
    case SHOW_HASH:
        buf_put_text(buf, "\"");
        buf_put_hex(buf, view_of(part, SEAL_HASH_BYTES));
        buf_put_text(buf, "\"");
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
    }
}

_Static_assert(sizeof(enum party_state) == sizeof(uint32_t), "an enum is read as a number");

void show_put(enum resource resource, const void *object, struct buf *buf)
{
    CHECK((unsigned)resource < RESOURCE_COUNT);
    const struct show_row *row = &rows[resource];
    const char *between = "{";

    for (unsigned i = 0; i < row->field_count; i++) {
        if (is_absent(&row->fields[i], object)) {
            continue;
        }
        buf_printf(buf, "%s\"%s\":", between, row->fields[i].name);
        put_value(buf, &row->fields[i], object);
        between = ",";
    }
    buf_put_text(buf, "}");
}
