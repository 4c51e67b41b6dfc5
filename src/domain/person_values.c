/*
 * The values of an import line that are about the person alone: texts, codes, dates, addresses.
 *
 * Invariants
 *  1. A value is written exactly as it was checked; `null` stays `null`.
 *  2. An address' codes belong to the list that it names: provinces by table, districts and wards
 *     by shape, and no district in the list that has none.
 */
#include "domain/person_parse.h"

#include "base/check.h"
#include "base/clock.h"
#include "domain/fold.h"

uint16_t out_at(const struct parsing *parsing)
{
    CHECK(parsing->out.max <= UINT16_MAX);
    return (uint16_t)parsing->out.len;
}

struct person_span out_span(const struct parsing *parsing, uint16_t from)
{
    CHECK(from <= parsing->out.len || parsing->out.failed);
    return (struct person_span){from, (uint16_t)(parsing->out.len - from)};
}

struct outcome refuse(struct parsing *parsing, const struct json_node *node, const char *reason)
{
    return json_refuse(node, reason, &parsing->fault);
}

void put_text(struct parsing *parsing, const struct json_node *node)
{
    if (node->kind == JSON_KIND_NULL) {
        buf_put_text(&parsing->out, "null");
    } else {
        json_put_text(&parsing->out, node);
    }
}

void put_name(struct parsing *parsing, struct view before)
{
    buf_put_view(&parsing->out, before);
}

static bool is_null(const struct json_node *node)
{
    return node->kind == JSON_KIND_NULL;
}

/* ---- Texts ---- */

/* Normal form C, no control character, single spaces inside. */
static struct outcome check_text(struct parsing *parsing, const struct json_node *node, size_t max)
{
    const struct view text = node->text;
    bool nfc = false;
    bool after_space = true; /* as if one stood before the text */

    if (text.len == 0) {
        return refuse(parsing, node, "empty text; what is unknown is null");
    }
    if (text.len > max) {
        return refuse(parsing, node, "text too long");
    }
    for (size_t i = 0; i < text.len; i++) {
        bool space = text.data[i] == ' ';
        bool c1 = text.data[i] == 0xc2 && text.data[i + 1] < 0xa0; /* well-formed: one follows */
        if (text.data[i] < 0x20 || text.data[i] == 0x7f || c1) {
            return refuse(parsing, node, "control character");
        }
        if (space && after_space) {
            return refuse(parsing, node, "space where none belongs");
        }
        after_space = space;
    }
    if (after_space) {
        return refuse(parsing, node, "space where none belongs");
    }
    TRY(fold_nfc(text, &nfc));
    return nfc ? OUTCOME_OK : refuse(parsing, node, "not in Unicode normal form C");
}

static struct outcome take_text(struct parsing *parsing, const struct json_node *node, size_t max)
{
    if (!is_null(node)) {
        TRY(check_text(parsing, node, max));
    }
    put_text(parsing, node);
    return OUTCOME_OK;
}

struct outcome take_name(struct parsing *parsing, const struct json_node *node)
{
    return take_text(parsing, node, ASK_NAME_BYTES_MAX);
}

struct outcome take_detail(struct parsing *parsing, const struct json_node *node)
{
    return take_text(parsing, node, DETAIL_BYTES_MAX);
}

struct outcome take_household_number(struct parsing *parsing, const struct json_node *node)
{
    return take_text(parsing, node, HOUSEHOLD_NUMBER_BYTES_MAX);
}

struct outcome take_id(struct parsing *parsing, const struct json_node *node)
{
    if (!is_null(node) && !country_id_valid(node->text)) {
        return refuse(parsing, node, "not 12 digits");
    }
    put_text(parsing, node);
    return OUTCOME_OK;
}

struct outcome take_cmnd(struct parsing *parsing, const struct json_node *node)
{
    if (!is_null(node) && !country_cmnd_valid(node->text)) {
        return refuse(parsing, node, "not 9 digits");
    }
    put_text(parsing, node);
    return OUTCOME_OK;
}

/* ---- Codes ---- */

static struct outcome take_code(struct parsing *parsing, const struct json_node *node,
                                enum country_codes codes)
{
    if (!is_null(node) && !country_code_valid(codes, node->text)) {
        return refuse(parsing, node, "not a code of the list");
    }
    put_text(parsing, node);
    return OUTCOME_OK;
}

struct outcome take_sex(struct parsing *parsing, const struct json_node *node)
{
    TRY(take_code(parsing, node, COUNTRY_CODES_SEX));
    parsing->person->sex = is_null(node) ? 0 : (uint8_t)(node->text.data[0] - '0');
    return OUTCOME_OK;
}

struct outcome take_ethnicity(struct parsing *parsing, const struct json_node *node)
{
    return take_code(parsing, node, COUNTRY_CODES_ETHNICITY);
}

struct outcome take_religion(struct parsing *parsing, const struct json_node *node)
{
    return take_code(parsing, node, COUNTRY_CODES_RELIGION);
}

struct outcome take_country(struct parsing *parsing, const struct json_node *node)
{
    return take_code(parsing, node, COUNTRY_CODES_COUNTRY);
}

struct outcome take_marital_status(struct parsing *parsing, const struct json_node *node)
{
    return take_code(parsing, node, COUNTRY_CODES_MARITAL_STATUS);
}

struct outcome take_relation_to_head(struct parsing *parsing, const struct json_node *node)
{
    return take_code(parsing, node, COUNTRY_CODES_RELATION_TO_HEAD);
}

struct outcome take_blood_group(struct parsing *parsing, const struct json_node *node)
{
    return take_code(parsing, node, COUNTRY_CODES_BLOOD_GROUP);
}

/* ---- Dates ---- */

/* YYYY-MM-DD, or YYYY. */
struct outcome take_birth_date(struct parsing *parsing, const struct json_node *node)
{
    if (!is_null(node) && !country_birth_date_valid(node->text)) {
        return refuse(parsing, node, "not a date (YYYY-MM-DD, or YYYY)");
    }
    put_text(parsing, node);
    return OUTCOME_OK;
}

static struct outcome take_day(struct parsing *parsing, const struct json_node *node,
                               int64_t *ret_day)
{
    struct date date = {0};

    if (!is_null(node)) {
        if (!outcome_ok(date_get(node->text, &date))) {
            return refuse(parsing, node, "not a date (YYYY-MM-DD)");
        }
        *ret_day = date_to_days(date);
    }
    put_text(parsing, node);
    return OUTCOME_OK;
}

/* ---- Addresses ---- */

enum {
    ADDRESS_COUNTRY,
    ADDRESS_PROVINCE,
    ADDRESS_DISTRICT,
    ADDRESS_WARD,
    ADDRESS_DETAIL,
    ADDRESS_LIST,
    ADDRESS_MEMBERS
};

static const struct json_row address_rows[ADDRESS_MEMBERS] = {
    [ADDRESS_COUNTRY] = {"country", JSON_STRING_BIT, true},
    [ADDRESS_PROVINCE] = {"province", JSON_STRING_BIT | JSON_NULL_BIT, true},
    [ADDRESS_DISTRICT] = {"district", JSON_STRING_BIT | JSON_NULL_BIT, true},
    [ADDRESS_WARD] = {"ward", JSON_STRING_BIT | JSON_NULL_BIT, true},
    [ADDRESS_DETAIL] = {"detail", JSON_STRING_BIT | JSON_NULL_BIT, true},
    [ADDRESS_LIST] = {"list", JSON_STRING_BIT | JSON_NULL_BIT, true},
};

static bool digits(struct view text, size_t count)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return false;
        }
    }
    return text.len == count;
}

/* The day of the list that the codes are of; 0 when it is not said. */
static struct outcome address_list(struct parsing *parsing, const struct json_node *list,
                                   int32_t *ret_day)
{
    struct date date;

    if (is_null(list)) {
        *ret_day = 0;
        return OUTCOME_OK;
    }
    if (!outcome_ok(date_get(list->text, &date)) ||
        !country_list_known((int32_t)date_to_days(date))) {
        return refuse(parsing, list, "no list of administrative units of that date");
    }
    *ret_day = (int32_t)date_to_days(date);
    return OUTCOME_OK;
}

static struct outcome address_abroad(struct parsing *parsing,
                                     const struct json_node *const values[ADDRESS_MEMBERS])
{
    static const uint8_t codes[] = {ADDRESS_PROVINCE, ADDRESS_DISTRICT, ADDRESS_WARD};

    for (size_t i = 0; i < sizeof(codes); i++) {
        if (!is_null(values[codes[i]])) {
            return refuse(parsing, values[codes[i]], "code of a unit outside the country");
        }
    }
    return OUTCOME_OK;
}

/* Invariant 2. What is unknown is null, from the ward upwards. */
static struct outcome address_codes(struct parsing *parsing,
                                    const struct json_node *const values[ADDRESS_MEMBERS],
                                    int32_t list_day)
{
    const struct json_node *province = values[ADDRESS_PROVINCE];
    const struct json_node *district = values[ADDRESS_DISTRICT];
    const struct json_node *ward = values[ADDRESS_WARD];
    bool districts = list_day == COUNTRY_LIST_2021_DAY;

    if (!country_list_known(list_day)) {
        return refuse(parsing, values[ADDRESS_LIST], "an address in the country names its list");
    }
    if (!is_null(province) && !country_province_known(province->text, list_day)) {
        return refuse(parsing, province, "not a province of the list");
    }
    if (!is_null(district) && !districts) {
        return refuse(parsing, district, "the list has no districts");
    }
    if (!is_null(district) && (is_null(province) || !digits(district->text, 3))) {
        return refuse(parsing, district, "not a district of the list");
    }
    if (!is_null(ward) && (is_null(districts ? district : province) || !digits(ward->text, 5))) {
        return refuse(parsing, ward, "not a ward of the list");
    }
    return OUTCOME_OK;
}

/* Members in the order of their names, as canonical JSON has them. */
static struct outcome address_put(struct parsing *parsing,
                                  const struct json_node *const values[ADDRESS_MEMBERS])
{
    put_name(parsing, VIEW_LITERAL("{\"country\":"));
    put_text(parsing, values[ADDRESS_COUNTRY]);
    put_name(parsing, VIEW_LITERAL(",\"detail\":"));
    TRY(take_detail(parsing, values[ADDRESS_DETAIL]));
    put_name(parsing, VIEW_LITERAL(",\"district\":"));
    put_text(parsing, values[ADDRESS_DISTRICT]);
    put_name(parsing, VIEW_LITERAL(",\"list\":"));
    put_text(parsing, values[ADDRESS_LIST]);
    put_name(parsing, VIEW_LITERAL(",\"province\":"));
    put_text(parsing, values[ADDRESS_PROVINCE]);
    put_name(parsing, VIEW_LITERAL(",\"ward\":"));
    put_text(parsing, values[ADDRESS_WARD]);
    buf_put_u8(&parsing->out, '}');
    return OUTCOME_OK;
}

static struct outcome take_place(struct parsing *parsing, const struct json_node *node,
                                 const struct json_node *ret_values[ADDRESS_MEMBERS],
                                 int32_t *ret_list_day)
{
    TRY(json_take(node, address_rows, ADDRESS_MEMBERS, ret_values, &parsing->fault));
    const struct json_node *country = ret_values[ADDRESS_COUNTRY];
    if (!country_code_valid(COUNTRY_CODES_COUNTRY, country->text)) {
        return refuse(parsing, country, "not a code of the list");
    }
    TRY(address_list(parsing, ret_values[ADDRESS_LIST], ret_list_day));
    if (view_is(country->text, "VN")) {
        TRY(address_codes(parsing, ret_values, *ret_list_day));
    } else {
        TRY(address_abroad(parsing, ret_values));
    }
    return address_put(parsing, ret_values);
}

struct outcome take_address(struct parsing *parsing, const struct json_node *node)
{
    const struct json_node *values[ADDRESS_MEMBERS];
    int32_t list_day = 0;

    if (is_null(node)) {
        put_text(parsing, node);
        return OUTCOME_OK;
    }
    return take_place(parsing, node, values, &list_day);
}

struct outcome take_permanent_residence(struct parsing *parsing, const struct json_node *node)
{
    const struct json_node *values[ADDRESS_MEMBERS];
    struct person *person = parsing->person;

    if (is_null(node)) {
        put_text(parsing, node);
        return OUTCOME_OK;
    }
    TRY(take_place(parsing, node, values, &person->province_list_day));
    if (is_null(values[ADDRESS_PROVINCE])) {
        person->province_list_day = 0;
        return OUTCOME_OK;
    }
    CHECK(values[ADDRESS_PROVINCE]->text.len == 2);
    person->province[0] = (char)values[ADDRESS_PROVINCE]->text.data[0];
    person->province[1] = (char)values[ADDRESS_PROVINCE]->text.data[1];
    return OUTCOME_OK;
}

struct outcome take_absence(struct parsing *parsing, const struct json_node *node)
{
    static const struct json_row rows[] = {
        {"from", JSON_STRING_BIT, true},
        {"to", JSON_STRING_BIT | JSON_NULL_BIT, true},
        {"place", JSON_OBJECT_BIT | JSON_NULL_BIT, true},
    };
    const struct json_node *values[3];
    int64_t from = 0;
    int64_t until = INT64_MAX;

    if (is_null(node)) {
        put_text(parsing, node);
        return OUTCOME_OK;
    }
    TRY(json_take(node, rows, 3, values, &parsing->fault));
    put_name(parsing, VIEW_LITERAL("{\"from\":"));
    TRY(take_day(parsing, values[0], &from));
    put_name(parsing, VIEW_LITERAL(",\"place\":"));
    TRY(take_address(parsing, values[2]));
    put_name(parsing, VIEW_LITERAL(",\"to\":"));
    TRY(take_day(parsing, values[1], &until));
    if (until < from) {
        return refuse(parsing, values[1], "ends before it begins");
    }
    buf_put_u8(&parsing->out, '}');
    return OUTCOME_OK;
}

struct outcome take_death(struct parsing *parsing, const struct json_node *node)
{
    static const struct json_row rows[] = {
        {"kind", JSON_STRING_BIT, true},
        {"date", JSON_STRING_BIT | JSON_NULL_BIT, true},
    };
    const struct json_node *values[2];

    if (is_null(node)) {
        put_text(parsing, node);
        return OUTCOME_OK;
    }
    TRY(json_take(node, rows, 2, values, &parsing->fault));
    put_name(parsing, VIEW_LITERAL("{\"date\":"));
    TRY(take_birth_date(parsing, values[1]));
    put_name(parsing, VIEW_LITERAL(",\"kind\":"));
    if (view_is(values[0]->text, "dead")) {
        parsing->person->flags |= PERSON_DEAD;
    } else if (view_is(values[0]->text, "missing")) {
        parsing->person->flags |= PERSON_MISSING;
    } else {
        return refuse(parsing, values[0], "not a code of the list");
    }
    put_text(parsing, values[0]);
    buf_put_u8(&parsing->out, '}');
    return OUTCOME_OK;
}
