/*
 * The shape of claims, by rows.
 *
 * Invariant: a claim that is sane can be compared and recorded without any further check; its value
 * is written in one way only.
 */
#include "domain/claim.h"

#include "domain/country.h"
#include "wire/canonical.h"

#define DEPTH_MAX 3 /* an address in an absence */

/* ---- Values ---- */

typedef bool value_check(struct view value);

/* What a text says; empty when the value is no text, or a longer one than any that may be. */
static struct view text_of(struct view value, uint8_t text[ASK_NAME_BYTES_MAX * 2])
{
    bool fits = canonical_is_text(value) && value.len <= (size_t)ASK_NAME_BYTES_MAX * 2;
    return fits ? canonical_text(value, text) : view_of(NULL, 0);
}

static bool is_name(struct view value)
{
    uint8_t text[ASK_NAME_BYTES_MAX * 2];
    struct view name = text_of(value, text);

    for (size_t i = 0; i < name.len; i++) {
        if (name.data[i] < ' ' || name.data[i] == 127) {
            return false;
        }
    }
    return name.len > 0 && name.len <= ASK_NAME_BYTES_MAX;
}

static bool is_date(struct view value)
{
    uint8_t text[ASK_NAME_BYTES_MAX * 2];
    return country_birth_date_valid(text_of(value, text));
}

static bool is_code(struct view value, enum country_codes codes)
{
    uint8_t text[ASK_NAME_BYTES_MAX * 2];
    return country_code_valid(codes, text_of(value, text));
}

static bool is_sex(struct view value)
{
    return is_code(value, COUNTRY_CODES_SEX);
}

static bool is_marital_status(struct view value)
{
    return is_code(value, COUNTRY_CODES_MARITAL_STATUS);
}

static bool is_blood_group(struct view value)
{
    return is_code(value, COUNTRY_CODES_BLOOD_GROUP);
}

static bool is_ethnicity(struct view value)
{
    return is_code(value, COUNTRY_CODES_ETHNICITY);
}

static bool is_religion(struct view value)
{
    return is_code(value, COUNTRY_CODES_RELIGION);
}

static bool is_relation_to_head(struct view value)
{
    return is_code(value, COUNTRY_CODES_RELATION_TO_HEAD);
}

static bool is_country(struct view value)
{
    return is_code(value, COUNTRY_CODES_COUNTRY);
}

static bool is_id(struct view value)
{
    uint8_t text[ASK_NAME_BYTES_MAX * 2];
    return country_id_valid(text_of(value, text));
}

static bool is_cmnd(struct view value)
{
    uint8_t text[ASK_NAME_BYTES_MAX * 2];
    return country_cmnd_valid(text_of(value, text));
}

static bool is_null(struct view value)
{
    return view_is(value, "null");
}

static bool is_text_or_null(struct view value)
{
    return is_name(value) || is_null(value);
}

static bool is_date_or_null(struct view value)
{
    return is_date(value) || is_null(value);
}

/* ---- Objects ---- */

struct member_row {
    const char *name;
    value_check *check;
};

/* One member or more, each of them in a row. */
static bool has_members(struct view value, const struct member_row *rows, size_t count)
{
    struct view name;
    struct view part;
    size_t at = 0;
    bool good = value.len > 2 && value.data[0] == '{';

    while (good && canonical_next_member(value, &at, &name, &part)) {
        size_t i = 0;
        while (i < count && !view_is(name, rows[i].name)) {
            i++;
        }
        good = i < count && rows[i].check(part);
    }
    return good;
}

static const struct member_row address_rows[] = {
    {"country", is_country},   {"province", is_text_or_null}, {"district", is_text_or_null},
    {"ward", is_text_or_null}, {"detail", is_text_or_null},   {"list", is_date_or_null},
};
#define ADDRESS_ROWS (sizeof(address_rows) / sizeof(address_rows[0]))
#define ADDRESS_MEMBERS (ADDRESS_ROWS - 1) /* that can be claimed alone: all but the list */

static bool is_address(struct view value)
{
    return is_null(value) || has_members(value, address_rows, ADDRESS_ROWS);
}

static bool is_absence(struct view value)
{
    static const struct member_row rows[] = {
        {"from", is_date}, {"to", is_date_or_null}, {"place", is_address}};
    return is_null(value) || has_members(value, rows, sizeof(rows) / sizeof(rows[0]));
}

static bool is_death(struct view value)
{
    static const struct member_row rows[] = {{"kind", is_name}, {"date", is_date_or_null}};
    return is_null(value) || has_members(value, rows, sizeof(rows) / sizeof(rows[0]));
}

static bool is_relative(struct view value)
{
    static const struct member_row rows[] = {
        {"name", is_name}, {"id", is_id}, {"cmnd", is_cmnd}, {"birth_date", is_date}};
    return has_members(value, rows, sizeof(rows) / sizeof(rows[0]));
}

/* ---- Claims ---- */

/* How a field's value is claimed; NULL: not as a value. */
static value_check *const field_rows[FIELD_COUNT] = {
    [FIELD_BIRTH_DATE] = is_date,
    [FIELD_BIRTH_REGISTRATION_PLACE] = is_address,
    [FIELD_BLOOD_GROUP] = is_blood_group,
    [FIELD_CURRENT_RESIDENCE] = is_address,
    [FIELD_DEATH_OR_MISSING] = is_death,
    [FIELD_ETHNICITY] = is_ethnicity,
    [FIELD_FULL_NAME] = is_name,
    [FIELD_HOUSEHOLD] = NULL, /* of others: claimed as a relation */
    [FIELD_MARITAL_STATUS] = is_marital_status,
    [FIELD_NATIONALITY] = is_country,
    [FIELD_NATIVE_PLACE] = is_address,
    [FIELD_PERMANENT_RESIDENCE] = is_address,
    [FIELD_RELATION_TO_HEAD] = is_relation_to_head,
    [FIELD_RELATIVES] = NULL, /* likewise */
    [FIELD_RELIGION] = is_religion,
    [FIELD_SEX] = is_sex,
    [FIELD_TEMPORARY_ABSENCE] = is_absence,
    [FIELD_TEMPORARY_RESIDENCE] = is_address,
};

static bool member_sane(const struct claim *claim)
{
    bool known = false;

    for (size_t i = 0; i < ADDRESS_MEMBERS; i++) {
        known = known || view_is(claim->member, address_rows[i].name);
    }
    return known && field_rows[claim->what] == is_address && claim->compare == CLAIM_EQUAL &&
           is_name(claim->value);
}

static bool years_sane(struct view value)
{
    uint64_t years = 0;
    return outcome_ok(decimal_get(value, CLAIM_YEARS_MAX, &years));
}

static bool field_sane(const struct claim *claim)
{
    if (claim->what >= FIELD_COUNT || field_rows[claim->what] == NULL) {
        return false;
    }
    if (claim->member.len > 0) {
        return member_sane(claim);
    }
    if (claim->compare == CLAIM_AGE_UNDER || claim->compare == CLAIM_AGE_AT_LEAST) {
        return claim->what == FIELD_BIRTH_DATE && years_sane(claim->value);
    }
    return (claim->compare == CLAIM_EQUAL || claim->what == FIELD_BIRTH_DATE) &&
           field_rows[claim->what](claim->value);
}

bool claim_sane(const struct claim *claim)
{
    if (claim->kind >= CLAIM_KIND_COUNT || claim->compare >= CLAIM_COMPARE_COUNT ||
        claim->value.len > ASK_CLAIMS_BYTES_MAX || !canonical_valid(claim->value, DEPTH_MAX)) {
        return false;
    }
    if (claim->kind == CLAIM_RELATION) {
        return claim->what < RELATION_COUNT && claim->compare == CLAIM_EQUAL &&
               claim->member.len == 0 && is_relative(claim->value);
    }
    return field_sane(claim);
}

enum field claim_field(const struct claim *claim)
{
    if (claim->kind == CLAIM_FIELD) {
        return (enum field)claim->what;
    }
    return claim->what == RELATION_HEAD ? FIELD_HOUSEHOLD : FIELD_RELATIVES;
}

const char *const claim_compare_names[CLAIM_COMPARE_COUNT] = {
    [CLAIM_EQUAL] = "value",
    [CLAIM_LESS] = "less",
    [CLAIM_AT_MOST] = "at_most",
    [CLAIM_MORE] = "more",
    [CLAIM_AT_LEAST] = "at_least",
    [CLAIM_AGE_UNDER] = "age_under",
    [CLAIM_AGE_AT_LEAST] = "age_at_least",
};

static void put_member(struct buf *buf, const char *before, const char *name, struct view value)
{
    buf_printf(buf, "%s\"%s\":", before, name);
    buf_put_view(buf, value);
}

void claim_put(const struct claim *claim, struct buf *buf)
{
    if (claim->kind == CLAIM_RELATION) { /* `relation` comes last */
        buf_put_view(buf, view_part(claim->value, 0, claim->value.len - 1));
        buf_printf(buf, ",\"relation\":\"%s\"}", words_name(&words_relation, claim->what));
        return;
    }
    const char *compare = claim_compare_names[claim->compare];
    bool before = view_compare(view_text(compare), VIEW_LITERAL("field")) < 0;
    buf_put_u8(buf, '{');
    if (before) {
        put_member(buf, "", compare, claim->value);
    }
    buf_printf(buf, "%s\"field\":\"%s\"", before ? "," : "", words_name(&words_field, claim->what));
    if (claim->member.len > 0) {
        buf_put_text(buf, ",\"member\":\"");
        buf_put_view(buf, claim->member);
        buf_put_u8(buf, '"');
    }
    if (!before) {
        put_member(buf, ",", compare, claim->value);
    }
    buf_put_u8(buf, '}');
}
