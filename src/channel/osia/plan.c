/*
 * From an OSIA request to an ask.
 *
 * Invariants
 *  1. Every attribute that is matched or verified is a claim of the ask, or, in a match, one that
 *     the register has not: nothing is answered that the core was not asked.
 *  2. A plan is given only when no fault was found; its ask is sane, and names the person by
 *     number, name and birth date like every other.
 */
#include "base/check.h"
#include "channel/osia/osia.h"
#include "domain/country.h"

#define NAME_KEPT_BYTES_MAX 64 /* a longer name is foreign chatter */

/* Why a part is refused: those of wire/osia.h in their order, then those of this file. */
#define OWN_REASONS(ROW)                                                                           \
    ROW(NOT_12_DIGITS, "phải gồm đúng 12 chữ số", "must be exactly 12 digits")                     \
    ROW(NOT_A_CARD, "phải gồm 9 chữ số, hoặc 12 chữ số", "must be 9 digits, or 12")                \
    ROW(NO_TOKENS, "cơ sở dữ liệu không cấp mã thay thế",                                          \
        "is not offered: the register gives no tokens")                                            \
    ROW(NO_TYPE, "phải là uin hoặc credentialNumber", "must be uin or credentialNumber")           \
    ROW(NO_KEY, "phải gồm 1 đến 64 ký tự ASCII nhìn thấy được", "must be 1-64 visible ASCII")      \
    ROW(CODE_LENGTH, "phải dài từ 1 đến 64 byte", "must have 1 to 64 bytes")                       \
    ROW(CASE_LENGTH, "dài nhất là 128 byte", "must have at most 128 bytes")                        \
    ROW(NAME_LENGTH, "phải dài từ 1 đến 256 byte", "must have 1 to 256 bytes")                     \
    ROW(NOT_A_DATE, "phải là ngày YYYY-MM-DD hoặc năm YYYY",                                       \
        "must be a date YYYY-MM-DD or a year YYYY")                                                \
    ROW(NO_IDENTITY, "bắt buộc phải có, trong thuộc tính hoặc trong trường tiêu đề",               \
        "is required, among the attributes or as a header field")                                  \
    ROW(NAME_PAIR, "phải có cả firstName và lastName; hoặc dùng fullName",                         \
        "firstName and lastName come together; or say fullName")                                   \
    ROW(NO_ATTRIBUTE, "không phải là tên thuộc tính", "is not the name of an attribute")           \
    ROW(NOT_HELD, "cơ sở dữ liệu không có thuộc tính này",                                         \
        "is an attribute that the register does not have")                                         \
    ROW(NONE_HELD, "không có thuộc tính nào mà cơ sở dữ liệu có",                                  \
        "name nothing that the register has")                                                      \
    ROW(NUMBER, "đã có trong yêu cầu", "is what the person is asked for by")                       \
    ROW(PARTS, "chỉ so sánh được từng phần", "can only be compared by its parts")                  \
    ROW(DATE_ONLY, "toán tử này chỉ dùng cho dateOfBirth",                                         \
        "has this operator for dateOfBirth alone")                                                 \
    ROW(NO_VALUE, "không phải là giá trị của thuộc tính này", "is no value of this attribute")     \
    ROW(TOO_MUCH, "quá dài", "are too much for one request")                                       \
    ROW(NO_SET, "không có tập thuộc tính này", "is not a set that is offered")

enum own_reason {
    OWN_FIRST = OSIA_REASON_COUNT - 1,
#define ROW(name, vi, en) REASON_##name,
    OWN_REASONS(ROW)
#undef ROW
};

static const char *const reasons[][LANGUAGE_COUNT] = {
    [OSIA_REASON_NOT_JSON] = {"không phải là JSON, hoặc quá lớn", "is not JSON, or too much of it"},
    [OSIA_REASON_UNKNOWN] = {"không phải là tham số của yêu cầu này",
                             "is not a parameter of this request"},
    [OSIA_REASON_TWICE] = {"đã được nêu", "is given twice"},
    [OSIA_REASON_MISSING] = {"bắt buộc phải có", "is required"},
    [OSIA_REASON_WRONG_TYPE] = {"sai kiểu dữ liệu", "has the wrong type"},
    [OSIA_REASON_NO_TEXT] = {"không phải là văn bản UTF-8", "is not a text in UTF-8"},
    [OSIA_REASON_NOT_BOOLEAN] = {"phải là true hoặc false", "must be true or false"},
    [OSIA_REASON_NO_OPERATOR] = {"phải có toán tử < > = >= <=",
                                 "must have an operator of < > = >= <="},
    [OSIA_REASON_NONE_NAMED] = {"phải nêu ít nhất một thuộc tính",
                                "must name at least one attribute"},
    [OSIA_REASON_TOO_MANY] = {"quá nhiều thuộc tính", "are too many"},
    [OSIA_REASON_NOT_KEPT] = {"cơ sở dữ liệu không có loại dữ liệu này",
                              "is a kind of data that the register does not have"},
    [OSIA_REASON_ONE_OF_TWO] = {"chỉ nêu một trong hai: attributeSetName, outputAttributeSet",
                                "must be exactly one of attributeSetName, outputAttributeSet"},
#define ROW(name, vi, en) [REASON_##name] = {vi, en},
    OWN_REASONS(ROW)
#undef ROW
};

struct planning {
    const struct osia_headers *headers;
    enum language language;
    struct arena *arena;
    struct osia_plan plan;
    struct ask_faults *faults;
    struct outcome kept; /* whether there was memory for what is written anew */
    uint64_t fields;     /* mask of those in the ask */
    struct view claimed_name;
    struct view claimed_birth;
};

static void refuse(struct planning *planning, struct view name, unsigned reason)
{
    char text[NAME_KEPT_BYTES_MAX + 1];
    bool kept = name.len > 0 && name.len <= NAME_KEPT_BYTES_MAX && utf8_valid(name);

    snprintf(text, sizeof(text), "%.*s", kept ? (int)name.len : 9,
             kept ? (const char *)name.data : "attribute");
    ask_faults_add(planning->faults, text, reasons[reason][planning->language]);
}

static void add_field(struct planning *planning, enum field field)
{
    struct ask *ask = &planning->plan.ask;

    if ((planning->fields & FIELD_BIT(field)) == 0) {
        planning->fields |= FIELD_BIT(field);
        CHECK(ask->field_count < ASK_FIELDS_MAX); /* each is there once */
        ask->fields[ask->field_count++] = (uint8_t)field;
    }
}

/* ---- claims ---- */

/* What was written anew, in the arena. */
static struct view keep(struct planning *planning, const struct buf *written)
{
    struct view kept = {0};
    struct outcome outcome = buf_check(written);

    if (outcome_ok(outcome)) {
        outcome = arena_copy(planning->arena, buf_view(written), &kept);
    }
    if (!outcome_ok(outcome)) {
        planning->kept = outcome;
    }
    return kept;
}

static void put_object(struct buf *json, const char *name, struct view text)
{
    buf_printf(json, "{\"%s\":", name);
    json_put_string(json, text);
    buf_put_text(json, "}");
}

static void put_value(struct buf *json, const struct osia_attribute *attribute, struct view text)
{
    if (attribute->form == OSIA_FORM_DEATH_DATE) {
        buf_put_text(json, "{\"date\":");
        json_put_string(json, text);
        buf_put_text(json, ",\"kind\":\"dead\"}");
    } else if (attribute->form == OSIA_FORM_STATUS || attribute->field == FIELD_TEMPORARY_ABSENCE) {
        put_object(json, attribute->part, text);
    } else {
        json_put_string(json, text);
    }
}

/* Adds what is claimed, or refuses it; its number. */
static uint8_t add_claim(struct planning *planning, const struct osia_claim *asked,
                         const struct osia_attribute *attribute, struct view text)
{
    static const uint8_t compares[] = {
        [OSIA_EQUAL] = CLAIM_EQUAL,       [OSIA_LESS] = CLAIM_LESS,
        [OSIA_AT_MOST] = CLAIM_AT_MOST,   [OSIA_MORE] = CLAIM_MORE,
        [OSIA_AT_LEAST] = CLAIM_AT_LEAST,
    };
    struct ask *ask = &planning->plan.ask;
    struct claim claim = {
        .kind = CLAIM_FIELD,
        .what = (uint8_t)attribute->field,
        .compare = compares[asked->operator_],
    };
    BUF_AUTO json;

    buf_init(&json, ASK_BODY_BYTES_MAX);
    put_value(&json, attribute, text);
    claim.value = keep(planning, &json);
    if (attribute->form == OSIA_FORM_PART && attribute->field != FIELD_TEMPORARY_ABSENCE) {
        claim.member = view_text(attribute->part);
    }
    if (claim.compare != CLAIM_EQUAL && claim.what != FIELD_BIRTH_DATE) {
        refuse(planning, asked->name, REASON_DATE_ONLY);
    } else if (!claim_sane(&claim)) {
        refuse(planning, asked->name, REASON_NO_VALUE);
    }
    CHECK(ask->claim_count < ASK_CLAIMS_MAX); /* no more than the request has */
    ask->claims[ask->claim_count] = claim;
    add_field(planning, attribute->field);
    return (uint8_t)ask->claim_count++;
}

/* The text that a scalar is compared as; false: it cannot be. */
static bool text_of(const struct osia_attribute *attribute, const struct json_node *value,
                    struct view *ret_text)
{
    bool number = attribute->form == OSIA_FORM_GENDER && value->kind == JSON_KIND_INTEGER;

    *ret_text = value->text; /* of an integer its digits */
    return number || value->kind == JSON_KIND_STRING;
}

/* Of firstName or lastName: the name that the two make, family name first. */
static bool join_name(struct planning *planning, const struct osia_attribute *attribute,
                      const struct osia_claim *asked, struct view *ret_name)
{
    const struct osia_request *request = &planning->plan.request;
    bool family_here = attribute->form == OSIA_FORM_FAMILY;
    const char *other = family_here ? "firstName" : "lastName";
    BUF_AUTO name;

    buf_init(&name, ASK_BODY_BYTES_MAX);
    for (unsigned i = 0; i < request->claim_count; i++) {
        const struct osia_claim *partner = &request->claims[i];
        if (!view_is(partner->name, other) || partner->value->kind != JSON_KIND_STRING) {
            continue;
        }
        buf_put_view(&name, family_here ? asked->value->text : partner->value->text);
        buf_put_u8(&name, ' ');
        buf_put_view(&name, family_here ? partner->value->text : asked->value->text);
        *ret_name = keep(planning, &name);
        return true;
    }
    return false;
}

/* The two parts of a name are one claim: the second one met shares the first one's. */
static uint8_t claim_name_part(struct planning *planning, unsigned at,
                               const struct osia_attribute *attribute)
{
    const struct osia_request *request = &planning->plan.request;
    const struct osia_claim *asked = &request->claims[at];
    struct view name = {0};

    for (unsigned i = 0; i < at; i++) {
        const struct osia_attribute *before = osia_attribute_find(request->claims[i].name);
        if (before == attribute) {
            refuse(planning, asked->name, OSIA_REASON_TWICE);
            return OSIA_NO_CLAIM;
        }
        if (before != NULL &&
            (before->form == OSIA_FORM_FAMILY || before->form == OSIA_FORM_GIVEN)) {
            if (asked->operator_ != OSIA_EQUAL) {
                refuse(planning, asked->name, REASON_DATE_ONLY);
            }
            return planning->plan.claim_of[i];
        }
    }
    if (!join_name(planning, attribute, asked, &name)) {
        refuse(planning, asked->name, REASON_NAME_PAIR);
        return OSIA_NO_CLAIM;
    }
    planning->claimed_name = planning->claimed_name.len > 0 ? planning->claimed_name : name;
    return add_claim(planning, asked, attribute, name);
}

static void note_identity(struct planning *planning, const struct osia_attribute *attribute,
                          enum osia_operator operator_, struct view text)
{
    if (attribute->form != OSIA_FORM_TEXT || operator_ != OSIA_EQUAL) {
        return;
    }
    if (attribute->field == FIELD_FULL_NAME && planning->claimed_name.len == 0) {
        planning->claimed_name = text;
    } else if (attribute->field == FIELD_BIRTH_DATE && planning->claimed_birth.len == 0) {
        planning->claimed_birth = text;
    }
}

static uint8_t claim_one(struct planning *planning, unsigned at)
{
    const struct osia_claim *asked = &planning->plan.request.claims[at];
    const struct osia_attribute *attribute = osia_attribute_find(asked->name);
    bool match = planning->plan.request.operation == OSIA_MATCH;
    struct view text = {0};

    if (attribute == NULL || attribute->form == OSIA_FORM_NONE) {
        if (!match) { /* invariant 1; a match says so of itself */
            refuse(planning, asked->name,
                   attribute == NULL ? REASON_NO_ATTRIBUTE : REASON_NOT_HELD);
        }
        return OSIA_NO_CLAIM;
    }
    if (attribute->form == OSIA_FORM_NUMBER || attribute->form == OSIA_FORM_PLACE) {
        refuse(planning, asked->name,
               attribute->form == OSIA_FORM_NUMBER ? REASON_NUMBER : REASON_PARTS);
        return OSIA_NO_CLAIM;
    }
    if (!text_of(attribute, asked->value, &text)) {
        refuse(planning, asked->name, OSIA_REASON_WRONG_TYPE);
        return OSIA_NO_CLAIM;
    }
    if (attribute->form == OSIA_FORM_FAMILY || attribute->form == OSIA_FORM_GIVEN) {
        return claim_name_part(planning, at, attribute);
    }
    note_identity(planning, attribute, asked->operator_, text);
    return add_claim(planning, asked, attribute, text);
}

/* ---- reads ---- */

static void read_set(struct planning *planning)
{
    struct osia_request *request = &planning->plan.request;
    const struct osia_set *set = osia_set_find(request->set);

    if (set == NULL) {
        refuse(planning, VIEW_LITERAL("attributeSetName"), REASON_NO_SET);
        return;
    }
    for (unsigned i = 0; i < OSIA_SET_MAX && set->names[i] != NULL; i++) {
        request->names[request->name_count++] = view_text(set->names[i]);
    }
}

static void read_names(struct planning *planning)
{
    struct osia_plan *plan = &planning->plan;

    for (unsigned i = 0; i < plan->request.name_count; i++) {
        const struct osia_attribute *attribute = osia_attribute_find(plan->request.names[i]);
        plan->reads[i] = attribute;
        if (attribute == NULL && plan->request.operation != OSIA_READ) {
            refuse(planning, plan->request.names[i], REASON_NO_ATTRIBUTE);
        }
        if (attribute != NULL && attribute->field != FIELD_COUNT) {
            add_field(planning, attribute->field);
        }
    }
}

/* ---- who is asked about, for what ---- */

static void take_key(struct planning *planning)
{
    const struct osia_request *request = &planning->plan.request;
    struct ask *ask = &planning->plan.ask;
    struct view type = request->identifier_type;

    ask->key = request->identifier;
    ask->subject_kind = SUBJECT_ID;
    if (type.len == 0 || view_is(type, "uin")) {
        if (!country_id_valid(ask->key)) {
            refuse(planning, VIEW_LITERAL("identifier"), REASON_NOT_12_DIGITS);
        }
    } else if (view_is(type,
                       "credentialNumber")) { /* 12 digits: the card bears the number itself */
        ask->subject_kind = country_id_valid(ask->key) ? SUBJECT_ID : SUBJECT_CMND;
        if (!country_id_valid(ask->key) && !country_cmnd_valid(ask->key)) {
            refuse(planning, VIEW_LITERAL("identifier"), REASON_NOT_A_CARD);
        }
    } else {
        refuse(planning, VIEW_LITERAL("identifierType"),
               view_is(type, "token") ? REASON_NO_TOKENS : REASON_NO_TYPE);
    }
}

/* A header field's text; empty when it is not there. */
static struct view header_text(struct planning *planning, const char *name, struct view sent)
{
    struct view text = {0};

    if (sent.data != NULL && !outcome_ok(osia_text_get(sent, planning->arena, &text))) {
        refuse(planning, view_text(name), OSIA_REASON_NO_TEXT);
    }
    return text;
}

static struct view code_text(struct planning *planning, const char *name, struct view sent)
{
    struct view text = header_text(planning, name, sent);

    if (sent.data != NULL && (text.len == 0 || text.len > ASK_CODE_BYTES_MAX)) {
        refuse(planning, view_text(name), REASON_CODE_LENGTH);
    }
    return text;
}

static void take_headers(struct planning *planning)
{
    const struct osia_headers *headers = planning->headers;
    struct ask *ask = &planning->plan.ask;

    if (headers->business.data == NULL) {
        refuse(planning, VIEW_LITERAL("Dancu-Business"), OSIA_REASON_MISSING);
    }
    ask->business = code_text(planning, "Dancu-Business", headers->business);
    ask->party = code_text(planning, "Dancu-Party", headers->party);
    ask->officer = code_text(planning, "Dancu-Officer", headers->officer);
    ask->case_ref = header_text(planning, "Dancu-Case", headers->case_ref);
    if (ask->case_ref.len > ASK_CASE_BYTES_MAX) {
        refuse(planning, VIEW_LITERAL("Dancu-Case"), REASON_CASE_LENGTH);
    }
}

static struct view first_of(struct view a, struct view b, struct view c)
{
    return a.len > 0 ? a : b.len > 0 ? b : c;
}

/* Name and birth date: of the body that holds everything, of the header fields, or those that are
 * claimed. */
static void take_identity(struct planning *planning)
{
    const struct osia_request *request = &planning->plan.request;
    struct ask *ask = &planning->plan.ask;
    struct view name = header_text(planning, "Dancu-Name", planning->headers->name);
    struct view birth_date =
        header_text(planning, "Dancu-Birth-Date", planning->headers->birth_date);

    ask->name = first_of(request->name, name, planning->claimed_name);
    ask->birth_date = first_of(request->birth_date, birth_date, planning->claimed_birth);
    if (ask->name.len == 0) {
        refuse(planning, VIEW_LITERAL("fullName"), REASON_NO_IDENTITY);
    } else if (ask->name.len > ASK_NAME_BYTES_MAX) {
        refuse(planning, VIEW_LITERAL("fullName"), REASON_NAME_LENGTH);
    }
    if (ask->birth_date.len == 0) {
        refuse(planning, VIEW_LITERAL("dateOfBirth"), REASON_NO_IDENTITY);
    } else if (!country_birth_date_valid(ask->birth_date)) {
        refuse(planning, VIEW_LITERAL("dateOfBirth"), REASON_NOT_A_DATE);
    }
}

/* The transaction's id is the ask's Idempotency-Key, unless one is given. */
static void take_transaction(struct planning *planning)
{
    struct view given = planning->headers->idempotency_key;
    struct view key = given.data != NULL ? given : planning->plan.request.transaction;
    bool good = key.len <= IDEMPOTENCY_KEY_BYTES_MAX;

    for (size_t i = 0; i < key.len && good; i++) {
        good = key.data[i] > ' ' && key.data[i] < 127;
    }
    if (!good || (given.data != NULL && given.len == 0)) {
        refuse(planning,
               given.data != NULL ? VIEW_LITERAL("Idempotency-Key") : VIEW_LITERAL("transactionId"),
               REASON_NO_KEY);
    }
    planning->plan.ask.idempotency_key = key;
}

static void tell_faults(struct planning *planning, const struct osia_faults *faults)
{
    for (unsigned i = 0; i < faults->count; i++) {
        refuse(planning, faults->items[i].name, faults->items[i].reason);
    }
}

static void take_asked(struct planning *planning)
{
    struct osia_plan *plan = &planning->plan;
    enum osia_operation operation = plan->request.operation;
    bool claims = plan->request.claim_count > 0;

    plan->ask.service = claims ? SERVICE_CITIZEN_VERIFY : SERVICE_CITIZEN_LOOKUP;
    plan->ask.per_claim = operation == OSIA_MATCH;
    for (unsigned i = 0; i < plan->request.claim_count; i++) {
        plan->claim_of[i] = claim_one(planning, i);
    }
    if (operation == OSIA_ID_SET) {
        read_set(planning);
    }
    read_names(planning);
    if (plan->ask.field_count == 0 && planning->faults->count == 0) {
        refuse(planning, VIEW_LITERAL("attributes"), REASON_NONE_HELD);
    }
}

struct outcome osia_plan_make(const struct osia_message *message,
                              const struct osia_headers *headers, enum language language,
                              struct arena *arena, struct osia_plan *ret_plan,
                              struct ask_faults *faults)
{
    struct planning planning = {
        .headers = headers, .language = language, .arena = arena, .faults = faults};
    struct osia_faults found;

    if (outcome_ok(osia_request_get(message, arena, &planning.plan.request, &found))) {
        take_key(&planning);
        take_asked(&planning);
        take_identity(&planning);
        take_transaction(&planning);
    } else {
        tell_faults(&planning, &found);
    }
    take_headers(&planning);
    TRY(planning.kept);
    if (faults->count == 0 && !ask_sane(&planning.plan.ask)) {
        refuse(&planning, VIEW_LITERAL("attributes"), REASON_TOO_MUCH);
    }
    if (faults->count > 0 || faults->text.failed) {
        return outcome_fail(FAULT_BAD_INPUT, "OSIA: parameters");
    }
    *ret_plan = planning.plan; /* invariant 2 */
    return OUTCOME_OK;
}

struct view osia_plan_name_of(const struct osia_plan *plan, enum field field)
{
    for (unsigned i = 0; i < plan->request.name_count; i++) {
        if (plan->reads[i] != NULL && plan->reads[i]->field == field) {
            return plan->request.names[i];
        }
    }
    for (unsigned i = 0; i < plan->request.claim_count; i++) {
        const struct osia_attribute *attribute = osia_attribute_find(plan->request.claims[i].name);
        if (attribute != NULL && attribute->field == field) {
            return plan->request.claims[i].name;
        }
    }
    return view_text(words_name(&words_field, field)); /* asked for by none: not from here */
}
