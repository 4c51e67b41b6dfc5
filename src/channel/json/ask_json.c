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
    ROW(CONTROL, "có ký tự điều khiển", "has a control character")

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
    unsigned kind; /* enum json_kind */
    bool required;
    void (*take)(struct reading *reading, const struct json_node *node);
};

/* Reads an object by its rows; gives the set of rows that were there. */
static unsigned take_object(struct reading *reading, const struct json_node *object,
                            const struct row *rows, unsigned count)
{
    unsigned seen = 0;

    for (const struct json_node *node = json_first(object); node != NULL;
         node = json_next(object, node)) {
        unsigned i = 0;
        while (i < count && !view_is(node->name, rows[i].name)) {
            i++;
        }
        if (i == count) {
            refuse(reading, node, REASON_UNKNOWN_MEMBER); /* invariant 1 */
            continue;
        }
        seen |= 1u << i;
        if (node->kind != rows[i].kind) {
            refuse(reading, node, REASON_WRONG_TYPE);
        } else {
            rows[i].take(reading, node);
        }
    }
    for (unsigned i = 0; i < count; i++) {
        if (rows[i].required && (seen & 1u << i) == 0) {
            refuse_missing(reading, object, rows[i].name);
        }
    }
    return seen;
}

static const struct row subject_rows[] = {
    {"id", JSON_KIND_STRING, false, take_id},
    {"cmnd", JSON_KIND_STRING, false, take_cmnd},
    {"name", JSON_KIND_STRING, true, take_name},
    {"birth_date", JSON_KIND_STRING, true, take_birth_date},
};
#define SUBJECT_ROWS (sizeof(subject_rows) / sizeof(subject_rows[0]))
#define SUBJECT_KEYS 3u /* the first two */

static void take_subject(struct reading *reading, const struct json_node *node)
{
    unsigned keys = take_object(reading, node, subject_rows, SUBJECT_ROWS) & SUBJECT_KEYS;

    if (keys == 0 || keys == SUBJECT_KEYS) {
        refuse(reading, node, REASON_ONE_KEY);
    }
}

static const struct row use_rows[] = {
    {"copy", JSON_KIND_STRING, false, take_copy},
    {"third_party", JSON_KIND_STRING, false, take_third_party},
};

static void take_use_object(struct reading *reading, const struct json_node *node)
{
    unsigned seen = take_object(reading, node, use_rows, 2);

    if (seen == 0 || seen == 3) {
        refuse(reading, node, REASON_ONE_USE);
    }
}

static const struct row ask_rows[] = {
    {"business", JSON_KIND_STRING, true, take_business},
    {"case", JSON_KIND_STRING, false, take_case},
    {"subject", JSON_KIND_OBJECT, true, take_subject},
    {"fields", JSON_KIND_ARRAY, true, take_fields},
    {"party", JSON_KIND_STRING, false, take_party},
    {"officer", JSON_KIND_STRING, false, take_officer},
    {"use", JSON_KIND_OBJECT, false, take_use_object},
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

struct outcome ask_json_get(struct view body, enum language language, struct arena *arena,
                            struct ask *ret_ask, struct ask_faults *faults)
{
    static const struct json_limits limits = {
        .bytes_max = ASK_BODY_BYTES_MAX,
        .depth_max = 4,
        .values_max = ASK_JSON_VALUES_MAX,
        .members_max = 16,
    };
    struct json_doc doc = {0};
    struct json_fault fault = {0};
    struct reading reading = {.doc = &doc, .faults = faults, .language = language};

    if (!outcome_ok(json_parse(body, &limits, arena, &doc, &fault))) {
        return refuse_document(faults, &fault);
    }
    if (doc.nodes[0].kind != JSON_KIND_OBJECT) {
        refuse(&reading, &doc.nodes[0], REASON_WRONG_TYPE);
    } else {
        take_object(&reading, &doc.nodes[0], ask_rows, ASK_ROWS);
    }
    if (faults->count > 0 || faults->text.failed) {
        return outcome_fail(FAULT_BAD_INPUT, "ask: parameters");
    }
    *ret_ask = reading.ask; /* invariant 2 */
    return OUTCOME_OK;
}
