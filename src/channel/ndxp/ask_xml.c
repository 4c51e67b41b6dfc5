/*
 * From a message to an ask.
 *
 * Invariants
 *  1. What no row names is refused; each row's check is the whole truth about its element. An
 *     element that is there and empty is not there: the systems in use send all of theirs.
 *  2. An ask is filled only when no fault was found.
 *  3. Nothing of the ask points into the body: all of it lies in the arena.
 */
#include "channel/ndxp/read.h"

#include "base/check.h"
#include "domain/country.h"
#include "seal/seal.h"

#include <string.h>

#define REQUEST_BYTES_MAX 40 /* of MaYeuCau (guide of the platform) */
#define DATE_DIGITS 8        /* yyyyMMdd */
#define MEANING_BYTES_MAX (4 * ASK_BODY_BYTES_MAX)

_Static_assert(REQUEST_BYTES_MAX <= IDEMPOTENCY_KEY_BYTES_MAX, "a request's number is a key");

/* ---- values ---- */

void reading_take_request(struct reading *reading, const struct xml_node *node)
{
    struct view text = reading_text(node);
    bool visible = text.len <= REQUEST_BYTES_MAX;

    for (size_t i = 0; visible && i < text.len; i++) {
        visible = text.data[i] > ' ' && text.data[i] < 127;
    }
    if (!visible || node->count > 0) {
        reading_refuse_node(reading, node, REASON_NOT_VISIBLE);
    }
    reading->ask.idempotency_key = text;
}

/* What is registered under a code is the core's to know: here only that it can be one. */
static struct view take_code(struct reading *reading, const struct xml_node *node)
{
    return reading_take_text(reading, node, ASK_CODE_BYTES_MAX, REASON_CODE_LENGTH);
}

void reading_take_procedure(struct reading *reading, const struct xml_node *node)
{
    reading->ask.procedure = take_code(reading, node);
}

void reading_take_integration(struct reading *reading, const struct xml_node *node)
{
    struct view text = take_code(reading, node);

    if (!ndxp_code_fits(reading->operation, text)) {
        reading_refuse_node(reading, node, REASON_OTHER_OPERATION);
    }
}

void reading_take_unit(struct reading *reading, const struct xml_node *node)
{
    reading->ask.unit = take_code(reading, node);
}

void reading_take_officer(struct reading *reading, const struct xml_node *node)
{
    reading->ask.officer = take_code(reading, node);
}

static void take_key(struct reading *reading, const struct xml_node *node, enum subject_kind kind)
{
    bool twice = reading->ask.key.len > 0;
    struct view text = reading_text(node);
    bool good = kind == SUBJECT_ID ? country_id_valid(text) : country_cmnd_valid(text);

    if (twice) {
        reading_refuse_node(reading, reading->payload, REASON_ONE_KEY);
    } else if (!good) {
        reading_refuse_node(reading, node,
                            kind == SUBJECT_ID ? REASON_NOT_12_DIGITS : REASON_NOT_9_DIGITS);
    }
    reading->ask.subject_kind = kind;
    reading->ask.key = text;
}

static void take_id(struct reading *reading, const struct xml_node *node)
{
    take_key(reading, node, SUBJECT_ID);
}

static void take_cmnd(struct reading *reading, const struct xml_node *node)
{
    take_key(reading, node, SUBJECT_CMND);
}

static void take_name(struct reading *reading, const struct xml_node *node)
{
    reading->ask.name = reading_take_text(reading, node, ASK_NAME_BYTES_MAX, REASON_TEXT_LENGTH);
}

/* yyyyMMdd as formats.md writes a date; anything else stays what it is, to be refused or not. */
static struct view date_of(struct reading *reading, struct view text)
{
    char date[11];

    if (text.len != DATE_DIGITS) {
        return text;
    }
    memcpy(date, text.data, 4);
    date[4] = '-';
    memcpy(date + 5, text.data + 4, 2);
    date[7] = '-';
    memcpy(date + 8, text.data + 6, 2);
    return reading_keep(reading, view_of(date, 10));
}

/* On SOAP a wrapper with Nam or NgayThangNam; the guide has it as text. */
static void take_birth(struct reading *reading, const struct xml_node *node)
{
    struct view text = reading_text(node);
    unsigned values = text.len > 0 ? 1 : 0;
    bool shaped = true;

    for (const struct xml_node *part = xml_first(node); part != NULL; part = xml_next(node, part)) {
        struct view value = reading_text(part);
        bool year = xml_is(part, NDXP_ASK_SPACE, "Nam");
        bool known = year || xml_is(part, NDXP_ASK_SPACE, "NgayThangNam");
        if (!known || (year && value.len > 4)) {
            shaped = false;
        } else if (value.len > 0) {
            text = value;
            values++;
        }
    }
    struct view date = date_of(reading, text);
    if (!shaped || values != 1 || !country_birth_date_valid(date)) {
        reading_refuse_node(reading, node, REASON_NOT_A_DATE);
    }
    reading->ask.birth_date = date;
}

/* The officer's login and telephone: newer callers send them, nobody here needs them. */
void reading_pass_over(struct reading *reading, const struct xml_node *node)
{
    (void)reading_take_text(reading, node, ASK_NAME_BYTES_MAX, REASON_TEXT_LENGTH);
}

/* ---- the message ---- */

static const struct element {
    const char *name;
    const char *older; /* another name for it; NULL: none */
    bool required;
    void (*take)(struct reading *reading, const struct xml_node *node);
} elements[] = {
    {"MaYeuCau", NULL, true, reading_take_request},
    {"MaDVC", NULL, true, reading_take_procedure},
    {"MaTichHop", "MaDichVu", true, reading_take_integration},
    {"MaDonVi", NULL, true, reading_take_unit},
    {"MaCanBo", NULL, true, reading_take_officer},
    {"SoDinhDanh", NULL, false, take_id},
    {"SoCMND", NULL, false, take_cmnd},
    {"HoVaTen", NULL, true, take_name},
    {"NgayThangNamSinh", NULL, true, take_birth},
    {"TaiKhoan", NULL, false, reading_pass_over},
    {"SoDienThoai", NULL, false, reading_pass_over},
};
#define ELEMENTS (sizeof(elements) / sizeof(elements[0]))

static unsigned element_of(struct view name)
{
    unsigned i = 0;

    while (i < ELEMENTS && !view_is(name, elements[i].name) &&
           (elements[i].older == NULL || !view_is(name, elements[i].older))) {
        i++;
    }
    return i;
}

bool ndxp_element_known(struct view name)
{
    return element_of(name) < ELEMENTS;
}

bool ndxp_cases_valid(struct view cases)
{
    struct view name = {0};
    unsigned count = 0;
    bool good = true;

    for (size_t at = 0; good && reading_next_name(cases, &at, &name);) {
        good = ask_code_shaped(name, ASK_CODE_BYTES_MAX) && ++count <= NDXP_CASES_MAX;
    }
    return good && count > 0;
}

bool reading_names_case(const struct reading *reading, const struct xml_node *node)
{
    struct view name = {0};
    bool found = false;

    for (size_t at = 0; reading_next_name(reading->cases, &at, &name);) {
        found = found || view_equal(node->name, name);
    }
    return found;
}

static void take_element(struct reading *reading, const struct xml_node *node, unsigned *seen)
{
    unsigned i = element_of(node->name);

    if (!view_equal(node->space, NDXP_ASK_SPACE)) {
        reading_refuse_node(reading, node, REASON_UNKNOWN_ELEMENT);
        return;
    }
    if (reading_empty(node)) {
        return; /* invariant 1 */
    }
    if (i == ELEMENTS) {
        if (!reading_names_case(reading, node) && !reading_take_claim(reading, node)) {
            reading_refuse_node(reading, node, REASON_UNKNOWN_ELEMENT);
        }
        return;
    }
    if ((*seen & 1u << i) != 0) {
        reading_refuse_node(reading, node, REASON_TWICE);
        return;
    }
    *seen |= 1u << i;
    elements[i].take(reading, node);
}

static void take_message(struct reading *reading)
{
    const struct xml_node *payload = reading->payload;
    unsigned seen = 0;

    for (const struct xml_node *node = xml_first(payload); node != NULL;
         node = xml_next(payload, node)) {
        take_element(reading, node, &seen);
    }
    for (unsigned i = 0; i < ELEMENTS; i++) {
        if (elements[i].required && (seen & 1u << i) == 0) {
            reading_refuse(reading, view_text(elements[i].name), REASON_MISSING);
        }
    }
    if (reading->ask.key.len == 0) {
        reading_refuse_node(reading, payload, REASON_ONE_KEY);
    }
}

static const struct xml_node *child_named(const struct xml_node *parent, struct view name)
{
    const struct xml_node *node = parent == NULL ? NULL : xml_first(parent);

    while (node != NULL && !(view_equal(node->name, name) && reading_text(node).len > 0)) {
        node = xml_next(parent, node);
    }
    return node;
}

/* The first place that has something; nothing is for the core to refuse, which records it. */
void reading_take_case(struct reading *reading, const struct xml_node *header)
{
    struct view name = {0};
    const struct xml_node *node = NULL;

    for (size_t at = 0; node == NULL && reading_next_name(reading->cases, &at, &name);) {
        node = child_named(reading->payload, name);
        node = node != NULL ? node : child_named(header, name);
    }
    if (node != NULL) {
        reading->ask.case_ref =
            reading_take_text(reading, node, ASK_CASE_BYTES_MAX, REASON_CASE_LENGTH);
    }
}

static void take_asked(struct reading *reading)
{
    const struct ndxp_operation *operation = reading->operation;
    struct ask *ask = &reading->ask;

    ask->service = operation->service;
    if (operation->takes != NDXP_TAKES_NOTHING) {
        reading_claim_by_itself(reading);
    } else if (operation->field == FIELD_COUNT) {
        ask->fields_granted = true;
    } else {
        ask->fields[ask->field_count++] = (uint8_t)operation->field;
    }
}

/* Names and values, however they were written, with what the case reference turned out to be. */
static struct outcome hash_meaning(const struct reading *reading, uint8_t ret_hash[32])
{
    const struct xml_node *payload = reading->payload;
    BUF_AUTO buf;

    buf_init(&buf, MEANING_BYTES_MAX);
    for (uint32_t i = 0; i < payload->span; i++) {
        buf_put_u32(&buf, payload[i].span);
        buf_put_block32(&buf, payload[i].name);
        buf_put_block32(&buf, reading_text(&payload[i]));
    }
    buf_put_block32(&buf, reading->ask.case_ref);
    TRY(buf_check(&buf));
    seal_sha256(buf_view(&buf), ret_hash);
    return OUTCOME_OK;
}

struct outcome ndxp_ask_get(struct view body, struct view cases, enum language language,
                            struct arena *arena, struct ask *ret_ask, struct ask_faults *faults,
                            struct ndxp_refused *ret_refused)
{
    struct soap_message message = {0};
    struct reading reading = {
        .cases = cases, .arena = arena, .faults = faults, .language = language};

    TRY(reading_begin(&reading, body, &message, ret_refused));
    reading.operation = ndxp_operation_of(message.payload);
    if (reading.operation == NULL && ndxp_request_of(message.payload) != NULL) {
        ret_refused->request = true;
        return outcome_fail(FAULT_BAD_INPUT, "message of no ask");
    }
    if (reading.operation == NULL) {
        reading_refuse_node(&reading, message.payload, REASON_UNKNOWN_OPERATION);
        return outcome_fail(FAULT_BAD_INPUT, "message of no ask");
    }
    take_message(&reading);
    reading_take_case(&reading, message.header);
    if (faults->count == 0) {
        take_asked(&reading);
    }
    if (reading.starved) {
        return outcome_fail(FAULT_NO_MEMORY, "message: no room");
    }
    if (faults->count > 0 || faults->text.failed) {
        return outcome_fail(FAULT_BAD_INPUT, "message: parameters");
    }
    TRY(hash_meaning(&reading, reading.ask.body_sha256));
    *ret_ask = reading.ask; /* invariant 2 */
    return OUTCOME_OK;
}
