/*
 * The JSON body of an ask.
 *
 * Invariants
 *  1. What a row does not name is refused; each row's check is the whole truth about its member.
 *  2. An ask is filled only when no fault was found.
 */
#include "channel/json/ask_json.h"

#include "base/check.h"
#include "domain/country.h"
#include "wire/json.h"
#include "wire/json_canonical.h"

#define FAULT_TEXT_BYTES_MAX 8192
#define POINTER_KEPT_BYTES_MAX 128 /* a longer name is foreign chatter: its object is named */

/* Why a parameter is refused, in words that never repeat its content. */
#define REASONS(ROW)                                                                               \
    ROW(UNKNOWN_MEMBER, "không phải là tham số của yêu cầu này",                                   \
        "is not a member of this request")                                                         \
    ROW(WRONG_TYPE, "sai kiểu dữ liệu", "has the wrong type")                                      \
    ROW(MISSING, "bắt buộc phải có", "is required")                                                \
    ROW(CODE_LENGTH, "phải dài từ 1 đến 64 byte", "must have 1 to 64 bytes")                       \
    ROW(CASE_LENGTH, "dài nhất là 128 byte", "must have at most 128 bytes")                        \
    ROW(NAME_LENGTH, "phải dài từ 1 đến 256 byte", "must have 1 to 256 bytes")                     \
    ROW(USE_LENGTH, "phải dài từ 1 đến 256 byte", "must have 1 to 256 bytes")                      \
    ROW(NOT_12_DIGITS, "phải gồm đúng 12 chữ số", "must be exactly 12 digits")                     \
    ROW(NOT_9_DIGITS, "phải gồm đúng 9 chữ số", "must be exactly 9 digits")                        \
    ROW(NOT_A_DATE, "phải là ngày YYYY-MM-DD hoặc năm YYYY",                                       \
        "must be a date YYYY-MM-DD or a year YYYY")                                                \
    ROW(ONE_KEY, "phải có đúng một trong hai: id, cmnd", "must have exactly one of id, cmnd")      \
    ROW(ONE_USE, "phải có đúng một trong hai: copy, third_party",                                  \
        "must have exactly one of copy, third_party")                                              \
    ROW(NO_FIELD, "phải nêu ít nhất một trường thông tin", "must name at least one field")         \
    ROW(UNKNOWN_FIELD, "không phải là tên trường thông tin", "is not the name of a field")         \
    ROW(FIELD_TWICE, "trường này đã được nêu", "is named twice")                                   \
    ROW(CONTROL, "có ký tự điều khiển", "has a control character")                                 \
    ROW(NOT_A_SEX, "phải là \"1\" hoặc \"2\"", "must be \"1\" or \"2\"")                           \
    ROW(NO_CLAIM, "phải nêu từ 1 đến 32 điều xác thực", "must have 1 to 32 claims")                \
    ROW(CLAIMS_LENGTH, "các giá trị cộng lại dài nhất là 2048 byte",                               \
        "its values must have at most 2048 bytes together")                                        \
    ROW(ONE_KIND, "phải có đúng một trong hai: field, relation",                                   \
        "must have exactly one of field, relation")                                                \
    ROW(ONE_COMPARE, "phải có đúng một giá trị hoặc phép so sánh",                                 \
        "must have exactly one value or comparison")                                               \
    ROW(NO_PERSON, "phải có ít nhất một trong: name, id, cmnd, birth_date",                        \
        "must have at least one of name, id, cmnd, birth_date")                                    \
    ROW(UNKNOWN_RELATION, "không phải là tên quan hệ", "is not the name of a relation")            \
    ROW(NOT_CLAIMABLE, "không xác thực được theo cách này", "cannot be claimed like this")         \
    ROW(NOT_A_ROW, "không chọn được dòng lịch sử theo cách này", "does not choose rows")           \
    ROW(NOT_A_PROVINCE, "phải là mã tỉnh@ngày của danh mục, ví dụ 79@2021-07-01",                  \
        "must be a province's code@list, such as 79@2021-07-01")

enum reason {
#define ROW(name, vi, en) REASON_##name,
    REASONS(ROW)
#undef ROW
};

static const char *const reasons[][LANGUAGE_COUNT] = {
#define ROW(name, vi, en) {vi, en},
    REASONS(ROW)
#undef ROW
};

/* What one reading works on. */
struct reading {
    const struct json_doc *doc;
    struct ask ask;
    struct ask_faults *faults;
    enum language language;
    struct arena *arena;
    struct outcome outcome; /* of what needs memory */
};

/* ---- faults ---- */

void ask_faults_init(struct ask_faults *faults)
{
    *faults = (struct ask_faults){0};
    buf_init(&faults->text, FAULT_TEXT_BYTES_MAX);
}

void ask_faults_done(struct ask_faults *faults)
{
    if (faults != NULL) {
        buf_done(&faults->text);
        *faults = (struct ask_faults){0};
    }
}

void ask_faults_reset(struct ask_faults *faults)
{
    buf_reset(&faults->text);
    faults->count = 0;
}

/* The name stands in the text already; a fault beyond the ceilings is left out: there are enough.
 */
static void finish_fault(struct ask_faults *faults, size_t name_end, const char *reason)
{
    buf_put_text(&faults->text, reason);
    if (faults->text.failed || faults->count == PROBLEM_PARAMS_MAX) {
        return;
    }
    faults->items[faults->count].name_end = (uint32_t)name_end;
    faults->items[faults->count].reason_end = (uint32_t)faults->text.len;
    faults->count++;
}

void ask_faults_add(struct ask_faults *faults, const char *name, const char *reason)
{
    buf_put_text(&faults->text, name);
    finish_fault(faults, faults->text.len, reason);
}

void ask_faults_tell(const struct ask_faults *faults, struct problem *ret_problem)
{
    struct view text = buf_view(&faults->text);
    size_t from = 0;

    CHECK(faults->count <= PROBLEM_PARAMS_MAX);
    for (unsigned i = 0; i < faults->count; i++) {
        size_t name_end = faults->items[i].name_end;
        size_t reason_end = faults->items[i].reason_end;
        ret_problem->params[i] = (struct problem_param){
            .name = view_part(text, from, name_end - from),
            .reason = view_part(text, name_end, reason_end - name_end),
        };
        from = reason_end;
    }
    ret_problem->param_count = faults->count;
}

static void refuse(struct reading *reading, const struct json_node *node, enum reason reason)
{
    struct buf *text = &reading->faults->text;
    size_t start = text->len;

    json_pointer_put(reading->doc, node, text);
    if (!text->failed && text->len - start > POINTER_KEPT_BYTES_MAX) {
        buf_cut(text, start);
    }
    finish_fault(reading->faults, text->len, reasons[reason][reading->language]);
}

static void refuse_missing(struct reading *reading, const struct json_node *object,
                           const char *name)
{
    struct buf *text = &reading->faults->text;

    json_pointer_put(reading->doc, object, text);
    buf_put_text(text, "/");
    buf_put_text(text, name);
    finish_fault(reading->faults, text->len, reasons[REASON_MISSING][reading->language]);
}

/* ---- values ---- */

static bool has_control(struct view text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < ' ' || text.data[i] == 127) {
            return true;
        }
    }
    return false;
}

/* A text of min..max bytes without control characters. */
static struct view take_text(struct reading *reading, const struct json_node *node, size_t min,
                             size_t max, enum reason reason)
{
    if (node->text.len < min || node->text.len > max) {
        refuse(reading, node, reason);
    } else if (has_control(node->text)) {
        refuse(reading, node, REASON_CONTROL);
    }
    return node->text;
}

static void take_business(struct reading *reading, const struct json_node *node)
{
    reading->ask.business = take_text(reading, node, 1, ASK_CODE_BYTES_MAX, REASON_CODE_LENGTH);
}

static void take_case(struct reading *reading, const struct json_node *node)
{
    reading->ask.case_ref = take_text(reading, node, 0, ASK_CASE_BYTES_MAX, REASON_CASE_LENGTH);
}

static void take_party(struct reading *reading, const struct json_node *node)
{
    reading->ask.party = take_text(reading, node, 1, ASK_CODE_BYTES_MAX, REASON_CODE_LENGTH);
}

static void take_officer(struct reading *reading, const struct json_node *node)
{
    reading->ask.officer = take_text(reading, node, 1, ASK_CODE_BYTES_MAX, REASON_CODE_LENGTH);
}

static void take_key(struct reading *reading, const struct json_node *node, enum subject_kind kind)
{
    reading->ask.subject_kind = kind;
    reading->ask.key = node->text;
}

static void take_id(struct reading *reading, const struct json_node *node)
{
    if (!country_id_valid(node->text)) {
        refuse(reading, node, REASON_NOT_12_DIGITS);
    }
    take_key(reading, node, SUBJECT_ID);
}

static void take_cmnd(struct reading *reading, const struct json_node *node)
{
    if (!country_cmnd_valid(node->text)) {
        refuse(reading, node, REASON_NOT_9_DIGITS);
    }
    take_key(reading, node, SUBJECT_CMND);
}

static void take_name(struct reading *reading, const struct json_node *node)
{
    reading->ask.name = take_text(reading, node, 1, ASK_NAME_BYTES_MAX, REASON_NAME_LENGTH);
}

static void take_birth_date(struct reading *reading, const struct json_node *node)
{
    if (!country_birth_date_valid(node->text)) {
        refuse(reading, node, REASON_NOT_A_DATE);
    }
    reading->ask.birth_date = node->text;
}

static void take_sex(struct reading *reading, const struct json_node *node)
{
    if (!country_code_valid(COUNTRY_CODES_SEX, node->text)) {
        refuse(reading, node, REASON_NOT_A_SEX);
        return;
    }
    reading->ask.sex = (uint8_t)(node->text.data[0] - '0');
}

static void take_province(struct reading *reading, const struct json_node *node)
{
    if (!ask_province_sane(node->text)) {
        refuse(reading, node, REASON_NOT_A_PROVINCE);
    }
    reading->ask.province = node->text;
}

static void take_use(struct reading *reading, const struct json_node *node, enum use_kind kind)
{
    reading->ask.use_kind = kind;
    reading->ask.use_text = take_text(reading, node, 1, ASK_USE_BYTES_MAX, REASON_USE_LENGTH);
}

static void take_copy(struct reading *reading, const struct json_node *node)
{
    take_use(reading, node, USE_COPY);
}

static void take_third_party(struct reading *reading, const struct json_node *node)
{
    take_use(reading, node, USE_THIRD_PARTY);
}

static void take_field(struct reading *reading, const struct json_node *node, uint64_t *mask)
{
    unsigned field = 0;

    if (node->kind != JSON_KIND_STRING) {
        refuse(reading, node, REASON_WRONG_TYPE);
    } else if (!outcome_ok(words_find(&words_field, node->text, &field))) {
        refuse(reading, node, REASON_UNKNOWN_FIELD);
    } else if ((*mask & FIELD_BIT(field)) != 0) {
        refuse(reading, node, REASON_FIELD_TWICE);
    } else {
        *mask |= FIELD_BIT(field);
        CHECK(reading->ask.field_count < ASK_FIELDS_MAX); /* each is there once */
        reading->ask.fields[reading->ask.field_count++] = (uint8_t)field;
    }
}

static void take_fields(struct reading *reading, const struct json_node *node)
{
    uint64_t mask = 0;

    if (node->count == 0) {
        refuse(reading, node, REASON_NO_FIELD);
    }
    for (const struct json_node *item = json_first(node); item != NULL;
         item = json_next(node, item)) {
        take_field(reading, item, &mask);
    }
}

/* ---- objects ---- */

struct row {
    const char *name;
    unsigned kinds; /* JSON_..._BIT */
    bool required;
    void (*take)(struct reading *reading, const struct json_node *node);
    unsigned services; /* that have the member, a bit each; 0 = all */
};

/* Does an ask for that service have the row's member? */
static bool row_holds(const struct reading *reading, const struct row *row)
{
    return row->services == 0 || (row->services >> reading->ask.service & 1) != 0;
}

/* Reads an object by its rows; gives the set of rows that were there. */
static unsigned take_object(struct reading *reading, const struct json_node *object,
                            const struct row *rows, unsigned count)
{
    unsigned seen = 0;

    for (const struct json_node *node = json_first(object); node != NULL;
         node = json_next(object, node)) {
        unsigned i = 0;
        while (i < count && !(view_is(node->name, rows[i].name) && row_holds(reading, &rows[i]))) {
            i++;
        }
        if (i == count) {
            refuse(reading, node, REASON_UNKNOWN_MEMBER); /* invariant 1 */
            continue;
        }
        seen |= 1u << i;
        if ((rows[i].kinds >> node->kind & 1) == 0) {
            refuse(reading, node, REASON_WRONG_TYPE);
        } else {
            rows[i].take(reading, node);
        }
    }
    for (unsigned i = 0; i < count; i++) {
        if (rows[i].required && (seen & 1u << i) == 0 && row_holds(reading, &rows[i])) {
            refuse_missing(reading, object, rows[i].name);
        }
    }
    return seen;
}

#define SERVICE_BIT(service) (1u << (service))
#define SEARCHES SERVICE_BIT(SERVICE_CITIZEN_SEARCH)
#define CLAIMING (SERVICE_BIT(SERVICE_CITIZEN_VERIFY) | SERVICE_BIT(SERVICE_RELATIVE_VERIFY))
#define NAMING                                                                                     \
    (SERVICE_BIT(SERVICE_CITIZEN_LOOKUP) | SERVICE_BIT(SERVICE_HOUSEHOLD_LOOKUP) |                 \
     SERVICE_BIT(SERVICE_NOTICE_EXTRACT))
#define OWN (SERVICE_BIT(SERVICE_OWN_VIEW) | SERVICE_BIT(SERVICE_OWN_HISTORY))
#define BY_KEY (CLAIMING | NAMING | OWN | SERVICE_BIT(SERVICE_ID_MAP))

static const struct row subject_rows[] = {
    {"id", JSON_STRING_BIT, false, take_id, BY_KEY},
    {"cmnd", JSON_STRING_BIT, false, take_cmnd, BY_KEY},
    {"name", JSON_STRING_BIT, true, take_name, 0},
    {"birth_date", JSON_STRING_BIT, true, take_birth_date, 0},
    {"sex", JSON_STRING_BIT, false, take_sex, SEARCHES},
    {"province", JSON_STRING_BIT, false, take_province, SEARCHES},
};
#define SUBJECT_ROWS (sizeof(subject_rows) / sizeof(subject_rows[0]))
#define SUBJECT_KEYS 3u /* the first two */

static void take_subject(struct reading *reading, const struct json_node *node)
{
    unsigned keys = take_object(reading, node, subject_rows, SUBJECT_ROWS) & SUBJECT_KEYS;
    bool search = reading->ask.service == SERVICE_CITIZEN_SEARCH;

    if (search) {
        reading->ask.subject_kind = SUBJECT_NAME;
    } else if (keys == 0 || keys == SUBJECT_KEYS) {
        refuse(reading, node, REASON_ONE_KEY);
    }
}

static const struct row use_rows[] = {
    {"copy", JSON_STRING_BIT, false, take_copy, 0},
    {"third_party", JSON_STRING_BIT, false, take_third_party, 0},
};

static void take_use_object(struct reading *reading, const struct json_node *node)
{
    unsigned seen = take_object(reading, node, use_rows, 2);

    if (seen == 0 || seen == 3) {
        refuse(reading, node, REASON_ONE_USE);
    }
}

/* ---- claims ---- */

/* Where the claim in hand is filled in. */
static struct claim *claim_of(struct reading *reading)
{
    return &reading->ask.claims[reading->ask.claim_count];
}

static void take_claimed_field(struct reading *reading, const struct json_node *node)
{
    unsigned field = 0;

    if (!outcome_ok(words_find(&words_field, node->text, &field))) {
        refuse(reading, node, REASON_UNKNOWN_FIELD);
    }
    claim_of(reading)->what = (uint8_t)field;
}

static void take_relation(struct reading *reading, const struct json_node *node)
{
    unsigned relation = 0;

    if (!outcome_ok(words_find(&words_relation, node->text, &relation))) {
        refuse(reading, node, REASON_UNKNOWN_RELATION);
    }
    claim_of(reading)->kind = CLAIM_RELATION;
    claim_of(reading)->what = (uint8_t)relation;
}

static void take_member(struct reading *reading, const struct json_node *node)
{
    claim_of(reading)->member = node->text;
}

/* What is read later, from the object as a whole. */
static void take_later(struct reading *reading, const struct json_node *node)
{
    (void)reading;
    (void)node;
}

enum { CLAIM_ROW_FIELD, CLAIM_ROW_RELATION, CLAIM_ROW_MEMBER, CLAIM_ROW_COMPARE };
#define CLAIM_ROW_PERSON (CLAIM_ROW_COMPARE + CLAIM_COMPARE_COUNT)
#define CLAIM_ROWS (CLAIM_ROW_PERSON + 4)
#define VALUE_BITS (JSON_STRING_BIT | JSON_OBJECT_BIT | JSON_NULL_BIT)

/* A comparison's member stands where claim_compare_names[] has it. In a relation, those of the
 * person stand in the order of canonical JSON. */
static const struct row claim_rows[CLAIM_ROWS] = {
    [CLAIM_ROW_FIELD] = {"field", JSON_STRING_BIT, false, take_claimed_field, 0},
    [CLAIM_ROW_RELATION] = {"relation", JSON_STRING_BIT, false, take_relation, 0},
    [CLAIM_ROW_MEMBER] = {"member", JSON_STRING_BIT, false, take_member, 0},
    [CLAIM_ROW_COMPARE + CLAIM_EQUAL] = {"value", VALUE_BITS, false, take_later, 0},
    [CLAIM_ROW_COMPARE + CLAIM_LESS] = {"less", JSON_STRING_BIT, false, take_later, 0},
    [CLAIM_ROW_COMPARE + CLAIM_AT_MOST] = {"at_most", JSON_STRING_BIT, false, take_later, 0},
    [CLAIM_ROW_COMPARE + CLAIM_MORE] = {"more", JSON_STRING_BIT, false, take_later, 0},
    [CLAIM_ROW_COMPARE + CLAIM_AT_LEAST] = {"at_least", JSON_STRING_BIT, false, take_later, 0},
    [CLAIM_ROW_COMPARE + CLAIM_AGE_UNDER] = {"age_under", JSON_INTEGER_BIT, false, take_later, 0},
    [CLAIM_ROW_COMPARE +
        CLAIM_AGE_AT_LEAST] = {"age_at_least", JSON_INTEGER_BIT, false, take_later, 0},
    [CLAIM_ROW_PERSON] = {"birth_date", JSON_STRING_BIT, false, take_later, 0},
    [CLAIM_ROW_PERSON + 1] = {"cmnd", JSON_STRING_BIT, false, take_later, 0},
    [CLAIM_ROW_PERSON + 2] = {"id", JSON_STRING_BIT, false, take_later, 0},
    [CLAIM_ROW_PERSON + 3] = {"name", JSON_STRING_BIT, false, take_later, 0},
};
#define COMPARE_ROWS (((1u << CLAIM_COMPARE_COUNT) - 1) << CLAIM_ROW_COMPARE)
#define PERSON_ROWS (15u << CLAIM_ROW_PERSON)

/* Written canonically into the arena, where the ask borrows it. */
static void keep_value(struct reading *reading, struct buf *buf)
{
    struct outcome outcome = buf_check(buf);

    if (outcome_ok(outcome)) {
        outcome = arena_copy(reading->arena, buf_view(buf), &claim_of(reading)->value);
    }
    if (!outcome_ok(outcome)) {
        reading->outcome = outcome;
    }
}

static void take_value(struct reading *reading, const struct json_node *object, unsigned seen)
{
    BUF_AUTO buf;
    unsigned compare = (unsigned)__builtin_ctz(seen & COMPARE_ROWS) - CLAIM_ROW_COMPARE;

    buf_init(&buf, ASK_BODY_BYTES_MAX);
    claim_of(reading)->compare = (uint8_t)compare;
    const struct json_node *node = json_member(object, claim_compare_names[compare]);
    struct outcome outcome = json_put_canonical(&buf, node);
    if (outcome.fault == FAULT_BAD_INPUT) { /* some number in it: no claim has one */
        refuse(reading, node, REASON_NOT_CLAIMABLE);
        return;
    }
    keep_value(reading, &buf);
}

static void take_person(struct reading *reading, const struct json_node *object)
{
    BUF_AUTO buf;
    char before = '{';

    buf_init(&buf, ASK_BODY_BYTES_MAX);
    for (unsigned row = CLAIM_ROW_PERSON; row < CLAIM_ROWS; row++) {
        const struct json_node *node = json_member(object, claim_rows[row].name);
        if (node != NULL) {
            buf_printf(&buf, "%c\"%s\":", before, claim_rows[row].name);
            json_put_string(&buf, node->text);
            before = ',';
        }
    }
    buf_put_u8(&buf, '}');
    keep_value(reading, &buf);
}

/* Members that do not belong to a claim of that kind; each is told. */
static void refuse_rows(struct reading *reading, const struct json_node *object, unsigned rows)
{
    for (unsigned row = 0; row < CLAIM_ROWS; row++) {
        if ((rows >> row & 1) != 0) {
            refuse(reading, json_member(object, claim_rows[row].name), REASON_UNKNOWN_MEMBER);
        }
    }
}

/* One claim whose members were read by their rows. */
static void take_whole_claim(struct reading *reading, const struct json_node *object, unsigned seen)
{
    bool field = (seen & 1u << CLAIM_ROW_FIELD) != 0;
    bool relation = (seen & 1u << CLAIM_ROW_RELATION) != 0;
    unsigned compares = seen & COMPARE_ROWS;

    if (field == relation) {
        refuse(reading, object, REASON_ONE_KIND);
    } else if (relation) {
        refuse_rows(reading, object, seen & (COMPARE_ROWS | 1u << CLAIM_ROW_MEMBER));
        if ((seen & PERSON_ROWS) == 0) {
            refuse(reading, object, REASON_NO_PERSON);
        }
        take_person(reading, object);
    } else {
        refuse_rows(reading, object, seen & PERSON_ROWS);
        if (compares == 0 || (compares & (compares - 1)) != 0) {
            refuse(reading, object, REASON_ONE_COMPARE);
        } else {
            take_value(reading, object, seen);
        }
    }
}

/* The field that it is of joins those that the ask is for. */
static void add_claim(struct reading *reading)
{
    struct ask *ask = &reading->ask;
    enum field field = claim_field(claim_of(reading));

    if ((ask_field_mask(ask) & FIELD_BIT(field)) == 0) {
        ask->fields[ask->field_count++] = (uint8_t)field;
    }
    ask->claim_count++;
}

static void take_claim(struct reading *reading, const struct json_node *node)
{
    unsigned faults = reading->faults->count;

    *claim_of(reading) = (struct claim){0};
    if (node->kind != JSON_KIND_OBJECT) {
        refuse(reading, node, REASON_WRONG_TYPE);
        return;
    }
    unsigned seen = take_object(reading, node, claim_rows, CLAIM_ROWS);
    if (reading->faults->count == faults) {
        take_whole_claim(reading, node, seen);
    }
    if (reading->faults->count == faults && outcome_ok(reading->outcome)) {
        if (!claim_sane(claim_of(reading))) {
            refuse(reading, node, REASON_NOT_CLAIMABLE);
        } else {
            add_claim(reading);
        }
    }
}

static void take_claims(struct reading *reading, const struct json_node *node)
{
    size_t bytes = 0;

    if (node->count == 0 || node->count > ASK_CLAIMS_MAX) {
        refuse(reading, node, REASON_NO_CLAIM);
        return;
    }
    for (const struct json_node *item = json_first(node); item != NULL;
         item = json_next(node, item)) {
        take_claim(reading, item);
    }
    for (unsigned i = 0; i < reading->ask.claim_count; i++) {
        bytes += reading->ask.claims[i].member.len + reading->ask.claims[i].value.len;
    }
    if (bytes > ASK_CLAIMS_BYTES_MAX) {
        refuse(reading, node, REASON_CLAIMS_LENGTH);
    }
}

static void take_per_claim(struct reading *reading, const struct json_node *node)
{
    reading->ask.per_claim = node->truth;
}

/* Which rows of a history, and which page. */
static void take_rows(struct reading *reading, const struct json_node *node)
{
    struct ask_history *history = &reading->ask.history;

    for (const struct json_node *item = json_first(node); item != NULL;
         item = json_next(node, item)) {
        bool number = item->kind == JSON_KIND_INTEGER;
        if (!number && item->kind != JSON_KIND_STRING) {
            refuse(reading, item, REASON_WRONG_TYPE);
        } else if (!ask_history_set(history, item->name, number, item->text)) {
            refuse(reading, item, REASON_NOT_A_ROW);
        }
    }
    if (!ask_history_sane(history)) {
        refuse(reading, node, REASON_NOT_A_ROW);
    }
}

/* ---- the whole ---- */

static const struct row ask_rows[] = {
    {"business", JSON_STRING_BIT, true, take_business, 0},
    {"case", JSON_STRING_BIT, false, take_case, 0},
    {"subject", JSON_OBJECT_BIT, true, take_subject, 0},
    {"fields", JSON_ARRAY_BIT, true, take_fields, NAMING},
    {"fields", JSON_ARRAY_BIT, false, take_fields, OWN}, /* without: all that OWN grants */
    {"rows", JSON_OBJECT_BIT, false, take_rows, SERVICE_BIT(SERVICE_OWN_HISTORY)},
    {"claims", JSON_ARRAY_BIT, true, take_claims, CLAIMING},
    {"per_claim", JSON_BOOLEAN_BIT, false, take_per_claim, CLAIMING},
    {"party", JSON_STRING_BIT, false, take_party, 0},
    {"officer", JSON_STRING_BIT, false, take_officer, 0},
    {"use", JSON_OBJECT_BIT, false, take_use_object, 0},
};
#define ASK_ROWS (sizeof(ask_rows) / sizeof(ask_rows[0]))

/* The text is not JSON, or more of it than any ask needs. */
static struct outcome refuse_document(struct ask_faults *faults, const struct json_fault *fault)
{
    size_t name_end = faults->text.len;

    buf_printf(&faults->text, "byte %zu: ", fault->column);
    finish_fault(faults, name_end, fault->reason == NULL ? "JSON" : fault->reason);
    return outcome_fail(FAULT_BAD_INPUT, "ask: not JSON");
}

struct outcome ask_json_get(struct view body, enum service service, enum language language,
                            struct arena *arena, struct ask *ret_ask, struct ask_faults *faults)
{
    static const struct json_limits limits = {
        .bytes_max = ASK_BODY_BYTES_MAX,
        .depth_max = 6, /* the place in an absence that is claimed */
        .values_max = ASK_JSON_VALUES_MAX,
        .members_max = 16,
    };
    struct json_doc doc = {0};
    struct json_fault fault = {0};
    struct reading reading = {.doc = &doc,
                              .ask = {.service = service},
                              .faults = faults,
                              .language = language,
                              .arena = arena};

    if (!outcome_ok(json_parse(body, &limits, arena, &doc, &fault))) {
        return refuse_document(faults, &fault);
    }
    if (doc.nodes[0].kind != JSON_KIND_OBJECT) {
        refuse(&reading, &doc.nodes[0], REASON_WRONG_TYPE);
    } else {
        take_object(&reading, &doc.nodes[0], ask_rows, ASK_ROWS);
    }
    TRY(reading.outcome);
    bool own = (OWN >> service & 1) != 0;
    reading.ask.fields_granted = own && reading.ask.field_count == 0;
    if (faults->count > 0 || faults->text.failed) {
        return outcome_fail(FAULT_BAD_INPUT, "ask: parameters");
    }
    *ret_ask = reading.ask; /* invariant 2 */
    return OUTCOME_OK;
}
