/*
 * From a message to a request: a list of persons that is asked for, or what is wanted of requests
 * that there are.
 *
 * Invariants
 *  1. What no row names is refused, as in ask_xml.c; an element that is empty is not there.
 *  2. A request is filled only when no fault was found; nothing of it points into the body.
 *  3. Lists are drawn by the criteria that the service has. An operation by another one is known
 *     and refused with the reason, whatever else its message has.
 */
#include "channel/ndxp/read.h"

#include "base/check.h"
#include "domain/country.h"
#include "domain/population.h"

#include <stdio.h>

#define AGE_YEARS_MAX 150
#define LIST_NEWEST "2025-07-01"
#define LIST_BEFORE "2021-07-01"

/* What a message may have, by bit, for the rows below. */
#define OF_LIST 1u /* one asks for a list */
#define OF_ONE 2u  /* one is about a request */
#define OF_ALL 4u  /* about all that there are */
#define OF_PAGE 8u /* gives a part of a result */
#define OF_ANY (OF_LIST | OF_ONE | OF_ALL | OF_PAGE)

struct asking {
    struct reading reading;
    const struct ndxp_request_row *row;
    struct ndxp_request request;
    struct view province;
    struct view ward;
    struct view list; /* of units, by its day */
    struct view from; /* years of age */
    struct view until;
    struct view sex;
};

/* ---- values ---- */

static void take_key(struct asking *asking, const struct xml_node *node)
{
    reading_take_request(&asking->reading, node);
    asking->request.key = asking->reading.ask.idempotency_key;
}

static void take_id(struct asking *asking, const struct xml_node *node)
{
    struct view text = reading_text(node);
    struct ndxp_request *request = &asking->request;

    request->numbered = text.len == (size_t)2 * sizeof(request->id) &&
                        outcome_ok(hex_get(text, request->id, sizeof(request->id)));
    if (!request->numbered) {
        reading_refuse_node(&asking->reading, node, REASON_NOT_32_HEX);
    }
}

static void take_line(struct asking *asking, const struct xml_node *node)
{
    uint64_t line = 0;

    if (!outcome_ok(decimal_get(reading_text(node), JOB_LINES_MAX, &line)) || line == 0) {
        reading_refuse_node(&asking->reading, node, REASON_NOT_A_LINE);
    }
    asking->request.line = (uint32_t)line;
}

static void take_procedure(struct asking *asking, const struct xml_node *node)
{
    reading_take_procedure(&asking->reading, node);
}

static void take_integration(struct asking *asking, const struct xml_node *node)
{
    reading_take_integration(&asking->reading, node);
}

static void take_unit(struct asking *asking, const struct xml_node *node)
{
    reading_take_unit(&asking->reading, node);
}

static void take_officer(struct asking *asking, const struct xml_node *node)
{
    reading_take_officer(&asking->reading, node);
}

static void pass_over(struct asking *asking, const struct xml_node *node)
{
    reading_pass_over(&asking->reading, node);
}

static struct view take_digits(struct asking *asking, const struct xml_node *node, size_t len,
                               enum reason reason)
{
    struct view text = reading_text(node);
    bool good = text.len == len;

    for (size_t i = 0; good && i < len; i++) {
        good = text.data[i] >= '0' && text.data[i] <= '9';
    }
    if (!good) {
        reading_refuse_node(&asking->reading, node, reason);
    }
    return text;
}

static void take_province(struct asking *asking, const struct xml_node *node)
{
    asking->province = take_digits(asking, node, 2, REASON_NOT_A_PROVINCE);
}

static void take_ward(struct asking *asking, const struct xml_node *node)
{
    asking->ward = take_digits(asking, node, 5, REASON_NOT_A_WARD);
}

static void take_list(struct asking *asking, const struct xml_node *node)
{
    asking->list = reading_text(node);
    if (!view_is(asking->list, LIST_NEWEST) && !view_is(asking->list, LIST_BEFORE)) {
        reading_refuse_node(&asking->reading, node, REASON_NOT_A_LIST);
    }
}

static struct view take_age(struct asking *asking, const struct xml_node *node)
{
    struct view text = reading_text(node);
    uint64_t years = 0;

    if (!outcome_ok(decimal_get(text, AGE_YEARS_MAX, &years))) {
        reading_refuse_node(&asking->reading, node, REASON_NOT_AN_AGE);
    }
    return text;
}

static void take_from(struct asking *asking, const struct xml_node *node)
{
    asking->from = take_age(asking, node);
}

static void take_until(struct asking *asking, const struct xml_node *node)
{
    asking->until = take_age(asking, node);
}

static void take_sex(struct asking *asking, const struct xml_node *node)
{
    asking->sex = reading_text(node);
    if (!view_is(asking->sex, "1") && !view_is(asking->sex, "2")) {
        reading_refuse_node(&asking->reading, node, REASON_NOT_A_VALUE);
    }
}

/* ---- elements ---- */

static const struct element {
    const char *name;
    const char *older; /* NULL: none */
    unsigned of;       /* OF_...: where it may stand ... */
    unsigned required; /* ... and has to */
    void (*take)(struct asking *asking, const struct xml_node *node);
} elements[] = {
    {"MaYeuCau", NULL, OF_LIST | OF_ONE | OF_PAGE, OF_LIST, take_key},
    {"MaYeuCau", NULL, OF_ALL, 0, pass_over},
    {"SoYeuCau", NULL, OF_ONE | OF_PAGE, 0, take_id},
    {"TuDong", NULL, OF_PAGE, 0, take_line},
    {"MaDVC", NULL, OF_LIST, OF_LIST, take_procedure},
    {"MaTichHop", "MaDichVu", OF_LIST, OF_LIST, take_integration},
    {"MaDonVi", NULL, OF_LIST, OF_LIST, take_unit},
    {"MaCanBo", NULL, OF_LIST, OF_LIST, take_officer},
    {"MaDVC", NULL, OF_ANY, 0, pass_over},
    {"MaTichHop", "MaDichVu", OF_ANY, 0, pass_over},
    {"MaDonVi", NULL, OF_ANY, 0, pass_over},
    {"MaCanBo", NULL, OF_ANY, 0, pass_over},
    {"TaiKhoan", NULL, OF_ANY, 0, pass_over},
    {"SoDienThoai", NULL, OF_ANY, 0, pass_over},
    {"MaTinhThanh", NULL, OF_LIST, 0, take_province},
    {"MaPhuongXa", NULL, OF_LIST, 0, take_ward},
    {"NgayDanhMuc", NULL, OF_LIST, 0, take_list},
    {"TuTuoi", NULL, OF_LIST, 0, take_from},
    {"DenTuoi", NULL, OF_LIST, 0, take_until},
    {"GioiTinh", NULL, OF_LIST, 0, take_sex},
};
#define ELEMENTS (sizeof(elements) / sizeof(elements[0]))

static unsigned kind_of(const struct ndxp_request_row *row)
{
    switch (row->does) {
    case NDXP_ASKS_LIST:
        return OF_LIST;
    case NDXP_LISTS:
        return OF_ALL;
    case NDXP_RECORDS:
    case NDXP_FILE:
        return OF_PAGE;
    default:
        return OF_ONE;
    }
}

/* The first that may stand there; ELEMENTS: none. */
static unsigned element_of(struct view name, unsigned kind)
{
    unsigned i = 0;

    while (i < ELEMENTS && ((elements[i].of & kind) == 0 ||
                            (!view_is(name, elements[i].name) &&
                             (elements[i].older == NULL || !view_is(name, elements[i].older))))) {
        i++;
    }
    return i;
}

unsigned ndxp_request_element(const struct ndxp_request_row *row, unsigned i, const char **ret_name,
                              bool *ret_required)
{
    unsigned kind = kind_of(row);

    while (i < ELEMENTS &&
           ((elements[i].of & kind) == 0 || element_of(view_text(elements[i].name), kind) != i)) {
        i++;
    }
    if (i < ELEMENTS) {
        *ret_name = elements[i].name;
        *ret_required = (elements[i].required & kind) != 0;
    }
    return i + 1;
}

static void take_element(struct asking *asking, const struct xml_node *node, unsigned *seen)
{
    struct reading *reading = &asking->reading;
    unsigned i = element_of(node->name, kind_of(asking->row));
    bool known = i < ELEMENTS || reading_names_case(reading, node);

    if (!view_equal(node->space, NDXP_ASK_SPACE) || (!known && !reading_empty(node))) {
        reading_refuse_node(reading, node, REASON_UNKNOWN_ELEMENT);
    } else if (i == ELEMENTS || reading_empty(node)) {
        return; /* invariant 1 */
    } else if ((*seen & 1u << i) != 0) {
        reading_refuse_node(reading, node, REASON_TWICE);
    } else {
        *seen |= 1u << i;
        elements[i].take(asking, node);
    }
}

static void take_elements(struct asking *asking)
{
    const struct xml_node *payload = asking->reading.payload;
    unsigned kind = kind_of(asking->row);
    unsigned seen = 0;

    for (const struct xml_node *node = xml_first(payload); node != NULL;
         node = xml_next(payload, node)) {
        take_element(asking, node, &seen);
    }
    for (unsigned i = 0; i < ELEMENTS; i++) {
        if ((elements[i].required & kind) != 0 && (seen & 1u << i) == 0) {
            reading_refuse(&asking->reading, view_text(elements[i].name), REASON_MISSING);
        }
    }
    if ((kind & (OF_ONE | OF_PAGE)) != 0 &&
        asking->request.numbered == (asking->request.key.len > 0)) {
        reading_refuse_node(&asking->reading, payload, REASON_ONE_NUMBER);
    }
}

/* ---- criteria ---- */

static void put_criterion(struct buf *buf, const char *name, struct view value, const char *list)
{
    if (value.len == 0) {
        return;
    }
    buf_put_text(buf, buf->len > 0 ? " and " : "");
    buf_put_text(buf, name);
    buf_put_view(buf, value);
    buf_put_text(buf, list);
}

/* All of them, as a condition on people; the operation's own has to be there. */
static void take_criteria(struct asking *asking)
{
    bool before = view_is(asking->list, LIST_BEFORE);
    const char *list = before ? "@" LIST_BEFORE : "@" LIST_NEWEST;
    int32_t day = before ? COUNTRY_LIST_2021_DAY : COUNTRY_LIST_2025_DAY;
    const bool there[NDXP_CRITERION_COUNT] = {
        [NDXP_BY_PLACE] = asking->province.len > 0 || asking->ward.len > 0,
        [NDXP_BY_AGE] = asking->from.len > 0 || asking->until.len > 0,
        [NDXP_BY_SEX] = asking->sex.len > 0,
    };
    BUF_AUTO text;

    if (!there[asking->row->criterion]) {
        reading_refuse_node(&asking->reading, asking->reading.payload, REASON_NO_CRITERION);
    }
    if (asking->province.len > 0 && !country_province_known(asking->province, day)) {
        reading_refuse(&asking->reading, VIEW_LITERAL("MaTinhThanh"), REASON_NOT_A_PROVINCE);
    }
    buf_init(&text, POPULATION_TEXT_BYTES_MAX);
    put_criterion(&text, "permanent_residence.province=", asking->province, list);
    put_criterion(&text, "permanent_residence.ward=", asking->ward, list);
    put_criterion(&text, "age>=", asking->from, "");
    put_criterion(&text, "age<=", asking->until, "");
    put_criterion(&text, "sex=", asking->sex, "");
    asking->reading.starved = asking->reading.starved || text.failed;
    asking->request.wish.criteria = reading_keep(&asking->reading, buf_view(&text));
}

static void take_wish(struct asking *asking, const struct xml_node *header)
{
    struct reading *reading = &asking->reading;
    struct wish *wish = &asking->request.wish;
    size_t at = 0;
    struct view name = {0};

    reading_take_case(reading, header);
    if (reading->ask.case_ref.len == 0 && reading_next_name(reading->cases, &at, &name)) {
        reading_refuse(reading, name, REASON_MISSING);
    }
    take_criteria(asking);
    wish->unit = reading->ask.unit;
    wish->procedure = reading->ask.procedure;
    wish->officer = reading->ask.officer;
    wish->case_ref = reading->ask.case_ref;
}

/* Invariant 3: by what no list is drawn, and why not. */
static const struct closed {
    const char *element; /* NULL: by this one they are */
    enum reason reason;
} closed[NDXP_CRITERION_COUNT] = {
    [NDXP_BY_BLOOD_GROUP] = {"NhomMau", REASON_NO_SUCH_LIST},
    [NDXP_BY_ETHNICITY] = {"DanToc", REASON_SENSITIVE_LIST},
    [NDXP_BY_RELIGION] = {"TonGiao", REASON_SENSITIVE_LIST},
};

static bool is_closed(struct asking *asking, struct ndxp_refused *ret_refused)
{
    const struct closed *row = &closed[asking->row->criterion];

    if (row->element == NULL) {
        return false;
    }
    ret_refused->closed = true;
    reading_refuse(&asking->reading, view_text(row->element), row->reason);
    return true;
}

struct outcome ndxp_request_get(struct view body, struct view cases, enum language language,
                                struct arena *arena, struct ndxp_request *ret_request,
                                struct ask_faults *faults, struct ndxp_refused *ret_refused)
{
    struct soap_message message = {0};
    struct asking asking = {
        .reading = {.cases = cases, .arena = arena, .faults = faults, .language = language}};

    TRY(reading_begin(&asking.reading, body, &message, ret_refused));
    asking.row = ndxp_request_of(message.payload);
    if (asking.row == NULL) {
        reading_refuse_node(&asking.reading, message.payload, REASON_UNKNOWN_OPERATION);
        return outcome_fail(FAULT_BAD_INPUT, "message of no request");
    }
    asking.request = (struct ndxp_request){.does = asking.row->does, .line = 1};
    if (is_closed(&asking, ret_refused)) {
        return outcome_fail(FAULT_BAD_INPUT, "list that is not drawn");
    }
    take_elements(&asking);
    if (asking.row->does == NDXP_ASKS_LIST) {
        take_wish(&asking, message.header);
    }
    if (asking.reading.starved) {
        return outcome_fail(FAULT_NO_MEMORY, "message: no room");
    }
    if (faults->count > 0 || faults->text.failed) {
        return outcome_fail(FAULT_BAD_INPUT, "message: parameters");
    }
    *ret_request = asking.request; /* invariant 2 */
    return OUTCOME_OK;
}
