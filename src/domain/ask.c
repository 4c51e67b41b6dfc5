/*
 * The shape of an ask, as the core checks it on receipt whatever the channel has checked before.
 *
 * Invariant 1: what is sane can be folded, looked up, projected and recorded without any further
 * check of its shape; foreign bytes never reach a CHECK behind it.
 */
#include "domain/ask.h"

#include "base/check.h"
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

static bool fields_sane(const struct ask *ask)
{
    uint64_t mask = 0;

    if (ask->field_count == 0 || ask->field_count > FIELD_COUNT) {
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

static bool subject_sane(const struct ask *ask)
{
    bool key = ask->subject_kind == SUBJECT_ID     ? country_id_valid(ask->key)
               : ask->subject_kind == SUBJECT_CMND ? country_cmnd_valid(ask->key)
                                                   : false;

    return key && text_sane(ask->name, 1, ASK_NAME_BYTES_MAX) &&
           country_birth_date_valid(ask->birth_date);
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

bool ask_sane(const struct ask *ask)
{
    return (unsigned)ask->service < SERVICE_COUNT &&
           text_sane(ask->business, 1, ASK_CODE_BYTES_MAX) &&
           text_sane(ask->case_ref, 0, ASK_CASE_BYTES_MAX) &&
           text_sane(ask->party, 0, ASK_CODE_BYTES_MAX) &&
           text_sane(ask->officer, 0, ASK_CODE_BYTES_MAX) && subject_sane(ask) &&
           fields_sane(ask) && use_sane(ask) && idempotency_key_sane(ask->idempotency_key) &&
           text_sane(ask->traceparent, 0, TRACEPARENT_BYTES_MAX);
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
