/*
 * The shape of an ask, as the core checks it on receipt whatever the channel has checked before.
 *
 * Invariant 1: what is sane can be folded, looked up, projected and recorded without any further
 * check of its shape; foreign bytes never reach a CHECK behind it.
 */
#include "domain/ask.h"

#include "base/check.h"
#include "base/clock.h"
#include "domain/country.h"

static bool text_sane(struct view text, size_t min, size_t max)
{
    return text.len >= min && text.len <= max && utf8_valid(text);
}

/* 1 to 64 visible ASCII characters where there is one (formats.md "Ask"). */
static bool idempotency_key_sane(struct view key)
{
    for (size_t i = 0; i < key.len; i++) {
        if (key.data[i] <= ' ' || key.data[i] >= 0x7f) {
            return false;
        }
    }
    return key.len <= IDEMPOTENCY_KEY_BYTES_MAX;
}

/* ---- What each service takes ---- */

/* How the fields come about that an ask is decided for. */
enum fields_of {
    FIELDS_ASKED,   /* named, or "what is granted" */
    FIELDS_CLAIMED, /* those that the claims are of */
    FIELDS_FIXED,   /* the service's own: none is named */
};

#define KEYS (1u << SUBJECT_ID | 1u << SUBJECT_CMND)
#define NAMES (1u << SUBJECT_NAME)
#define PERSONS (1u << SUBJECT_PERSON)

static const struct shape {
    unsigned subjects; /* bit per enum subject_kind */
    enum fields_of fields;
} shapes[SERVICE_COUNT] = {
    [SERVICE_CITIZEN_LOOKUP] = {KEYS, FIELDS_ASKED},
    [SERVICE_CITIZEN_VERIFY] = {KEYS, FIELDS_CLAIMED},
    [SERVICE_CITIZEN_SEARCH] = {NAMES, FIELDS_FIXED},
    [SERVICE_HOUSEHOLD_LOOKUP] = {KEYS, FIELDS_ASKED},
    [SERVICE_ID_MAP] = {KEYS, FIELDS_FIXED},
    [SERVICE_RELATIVE_VERIFY] = {KEYS, FIELDS_CLAIMED},
    [SERVICE_OWN_VIEW] = {KEYS, FIELDS_ASKED},
    [SERVICE_OWN_HISTORY] = {KEYS, FIELDS_ASKED},
    [SERVICE_NOTICE_EXTRACT] = {KEYS, FIELDS_ASKED},
    [SERVICE_LIST_EXTRACT] = {PERSONS, FIELDS_ASKED},
};

static bool fields_distinct(const struct ask *ask)
{
    uint64_t mask = 0;

    if (ask->field_count > FIELD_COUNT) {
        return false;
    }
    for (unsigned i = 0; i < ask->field_count; i++) {
        if (ask->fields[i] >= FIELD_COUNT || (mask & FIELD_BIT(ask->fields[i])) != 0) {
            return false;
        }
        mask |= FIELD_BIT(ask->fields[i]);
    }
    return true;
}

/* Sane one by one, not too long together, and the fields are theirs in their order. */
static bool claims_sane(const struct ask *ask)
{
    size_t bytes = 0;
    uint64_t mask = 0;
    unsigned fields = 0;

    if (ask->claim_count == 0 || ask->claim_count > ASK_CLAIMS_MAX) {
        return false;
    }
    for (unsigned i = 0; i < ask->claim_count; i++) {
        const struct claim *claim = &ask->claims[i];
        if (!claim_sane(claim)) {
            return false;
        }
        uint64_t bit = FIELD_BIT(claim_field(claim));
        if ((mask & bit) == 0 &&
            (fields == ask->field_count || ask->fields[fields++] != claim_field(claim))) {
            return false;
        }
        mask |= bit;
        bytes += claim->member.len + claim->value.len;
    }
    return fields == ask->field_count && bytes <= ASK_CLAIMS_BYTES_MAX;
}

static bool fields_sane(const struct ask *ask)
{
    enum fields_of fields = shapes[ask->service].fields;
    bool named = ask->field_count > 0;

    if (fields == FIELDS_CLAIMED) {
        return claims_sane(ask) && !ask->fields_granted;
    }
    bool right =
        fields == FIELDS_ASKED ? named != ask->fields_granted : !named && !ask->fields_granted;
    return right && fields_distinct(ask) && ask->claim_count == 0 && !ask->per_claim;
}

bool ask_fields_fixed(enum service service)
{
    CHECK((unsigned)service < SERVICE_COUNT);
    return shapes[service].fields == FIELDS_FIXED;
}

bool ask_province_sane(struct view text)
{
    struct date date;

    if (text.len != 3 + DATE_LEN || text.data[2] != '@' ||
        !outcome_ok(date_get(view_part(text, 3, DATE_LEN), &date))) {
        return false;
    }
    int32_t day = (int32_t)date_to_days(date);
    return country_list_known(day) && country_province_known(view_part(text, 0, 2), day);
}

static bool key_sane(const struct ask *ask)
{
    switch (ask->subject_kind) {
    case SUBJECT_ID:
        return country_id_valid(ask->key);
    case SUBJECT_CMND:
        return country_cmnd_valid(ask->key);
    case SUBJECT_NAME:
        return ask->key.len == 0;
    case SUBJECT_PERSON:
        return ask->key.len == ASK_PERSON_KEY_BYTES;
    case SUBJECT_KIND_COUNT:
        break;
    }
    return false;
}

static bool subject_sane(const struct ask *ask)
{
    unsigned kind = ask->subject_kind;

    if (kind >= SUBJECT_KIND_COUNT || (shapes[ask->service].subjects >> kind & 1) == 0 ||
        !key_sane(ask)) {
        return false;
    }
    if (kind != SUBJECT_NAME && (ask->sex != 0 || ask->province.len != 0)) {
        return false;
    }
    if (kind == SUBJECT_PERSON) {
        return ask->name.len == 0 && ask->birth_date.len == 0;
    }
    return text_sane(ask->name, 1, ASK_NAME_BYTES_MAX) &&
           country_birth_date_valid(ask->birth_date) && ask->sex <= 2 &&
           (ask->province.len == 0 || ask_province_sane(ask->province));
}

/* The business is named, or it is found by a procedure. */
static bool business_sane(const struct ask *ask)
{
    if (ask->procedure.len == 0) {
        return text_sane(ask->business, 1, ASK_CODE_BYTES_MAX) && ask->unit.len == 0;
    }
    return ask->business.len == 0 && text_sane(ask->procedure, 1, ASK_CODE_BYTES_MAX) &&
           text_sane(ask->unit, 0, ASK_CODE_BYTES_MAX);
}

static bool use_sane(const struct ask *ask)
{
    if (ask->use_kind == USE_NONE) {
        return ask->use_text.len == 0;
    }
    return (ask->use_kind == USE_COPY || ask->use_kind == USE_THIRD_PARTY) &&
           text_sane(ask->use_text, 1, ASK_USE_BYTES_MAX);
}

static bool all_zeros(struct view text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] != '0') {
            return false;
        }
    }
    return true;
}

bool traceparent_valid(struct view text)
{
    static const size_t dashes[] = {2, 35, 52};
    size_t at = 0;

    if (text.len < 55 || text.len > TRACEPARENT_BYTES_MAX) {
        return false;
    }
    for (size_t i = 0; i < 55; i++) {
        uint8_t byte = text.data[i];
        bool dash = at < 3 && i == dashes[at];
        at += dash;
        if (dash ? byte != '-' : !((byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f'))) {
            return false;
        }
    }
    bool first = view_starts(text, VIEW_LITERAL("00"));
    return !view_starts(text, VIEW_LITERAL("ff")) && !all_zeros(view_part(text, 3, 32)) &&
           !all_zeros(view_part(text, 36, 16)) &&
           (text.len == 55 || (!first && text.data[55] == '-'));
}

bool ask_code_shaped(struct view text, size_t bytes_max)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        bool good = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                    c == '.' || c == '_' || c == '-';
        if (!good) {
            return false;
        }
    }
    return text.len > 0 && text.len <= bytes_max;
}

static bool proof_sane(const struct ask *ask)
{
    const struct ask_proof *proof = &ask->proof;
    bool named = proof->kid.len > 0 || proof->citizen.len > 0;

    if (proof->kind == PROOF_NONE) {
        return !named;
    }
    if (proof->kid.len > 0 && !ask_code_shaped(proof->kid, ASK_CODE_BYTES_MAX)) {
        return false;
    }
    if (proof->kind == PROOF_SIGNATURE) {
        return proof->citizen.len == 0;
    }
    /* An assertion says who asks: an officer or a citizen. */
    bool citizen = proof->citizen.len > 0;
    return proof->kid.len > 0 && ask->party.len > 0 && citizen == (ask->officer.len == 0) &&
           (!citizen || country_id_valid(proof->citizen));
}

bool ask_sane(const struct ask *ask)
{
    return (unsigned)ask->service < SERVICE_COUNT && business_sane(ask) &&
           text_sane(ask->case_ref, 0, ASK_CASE_BYTES_MAX) &&
           text_sane(ask->party, 0, ASK_CODE_BYTES_MAX) &&
           text_sane(ask->officer, 0, ASK_CODE_BYTES_MAX) && subject_sane(ask) &&
           fields_sane(ask) && use_sane(ask) && proof_sane(ask) &&
           (ask->service == SERVICE_OWN_HISTORY ? ask_history_sane(&ask->history)
                                                : !ask_history_said(&ask->history)) &&
           idempotency_key_sane(ask->idempotency_key) &&
           text_sane(ask->traceparent, 0, TRACEPARENT_BYTES_MAX);
}

bool ask_sayable(const struct ask *ask, enum ask_sender sender)
{
    bool vouched = ask->proof.kind != PROOF_NONE;
    bool person = ask->subject_kind == SUBJECT_PERSON;

    switch (sender) {
    case ASK_SENDER_EDGE:
        return !vouched && !ask->of_job && !person;
    case ASK_SENDER_VERIFY:
        return !ask->of_job && !person && vouched;
    case ASK_SENDER_JOBS:
        return !vouched && ask->of_job;
    case ASK_SENDER_CORE:
        return true;
    case ASK_SENDER_COUNT:
        break;
    }
    return false;
}

uint64_t ask_field_mask(const struct ask *ask)
{
    uint64_t mask = 0;

    CHECK(ask->field_count <= FIELD_COUNT);
    for (unsigned i = 0; i < ask->field_count; i++) {
        CHECK(ask->fields[i] < FIELD_COUNT);
        mask |= FIELD_BIT(ask->fields[i]);
    }
    return mask;
}
