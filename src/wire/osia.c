/*
 * Requests of OSIA, strictly: what no row names is refused, each name stands once.
 *
 * Invariants
 *  1. A request is given only when no fault was found, and then it has all that its operation
 *     needs: an identifier, and claims, names or the name of a set.
 *  2. Members of a body that holds everything are the standard's parameters under the same names,
 *     read by the same rows.
 */
#include "base/check.h"
#include "wire/osia_values.h"

/* ---- parameters ---- */

#define IN(operation) (1u << (operation))
#define DATA_ACCESS (IN(OSIA_READ) | IN(OSIA_MATCH) | IN(OSIA_VERIFY))
#define THIRD_PARTY (IN(OSIA_ID_CHECK) | IN(OSIA_ID_SET) | IN(OSIA_ID_READ))

static const struct parameter {
    const char *name;
    unsigned query;    /* operations that have it there */
    unsigned whole;    /* operations that have it in a body that holds everything */
    unsigned required; /* of those */
    bool many;         /* in a query it may stand more than once */
    void (*take)(struct osia_reading *reading, struct view name, const struct osia_value *value);
} parameters[] = {
    {"uin", 0, DATA_ACCESS, DATA_ACCESS, false, osia_take_identifier},
    {"identifier", 0, THIRD_PARTY, THIRD_PARTY, false, osia_take_identifier},
    {"identifierType", THIRD_PARTY, THIRD_PARTY, 0, false, osia_take_type},
    {"transactionId", THIRD_PARTY, THIRD_PARTY, THIRD_PARTY, false, osia_take_transaction},
    {"verificationProofRequired", IN(OSIA_ID_CHECK), IN(OSIA_ID_CHECK), 0, false, osia_take_proof},
    {"fullName", 0, DATA_ACCESS | THIRD_PARTY, 0, false, osia_take_name},
    {"dateOfBirth", 0, DATA_ACCESS | THIRD_PARTY, 0, false, osia_take_birth_date},
    {"attributeNames", IN(OSIA_READ), IN(OSIA_READ), IN(OSIA_READ), true, osia_take_names},
    {"attributes", 0, IN(OSIA_MATCH), IN(OSIA_MATCH), false, osia_take_attributes},
    {"expressions", 0, IN(OSIA_VERIFY), IN(OSIA_VERIFY), false, osia_take_expressions},
    {"attributeSet", 0, IN(OSIA_ID_CHECK), IN(OSIA_ID_CHECK), false, osia_take_attribute_set},
    {"attributeSetName", 0, IN(OSIA_ID_READ), 0, false, osia_take_set},
    {"outputAttributeSet", 0, IN(OSIA_ID_READ), 0, false, osia_take_output_set},
};
#define PARAMETERS (sizeof(parameters) / sizeof(parameters[0]))

/* The standard's own bodies: each is the value of one parameter of the body that holds everything
 * (invariant 2). */
static const struct {
    const char *name;
    void (*take)(struct osia_reading *reading, struct view name, const struct osia_value *value);
} bodies[OSIA_OPERATION_COUNT] = {
    [OSIA_MATCH] = {"attributes", osia_take_attributes},
    [OSIA_VERIFY] = {"expressions", osia_take_expressions},
    [OSIA_ID_CHECK] = {"attributeSet", osia_take_attribute_set},
    [OSIA_ID_READ] = {"outputAttributeSet", osia_take_output_set},
};

/* Where this request has the parameter. */
static bool has(const struct osia_reading *reading, const struct parameter *parameter)
{
    unsigned where = reading->message->whole ? parameter->whole : parameter->query;

    return (where & IN(reading->message->operation)) != 0;
}

static void take_parameter(struct osia_reading *reading, struct view name,
                           const struct osia_value *value, unsigned *seen)
{
    unsigned i = 0;

    while (i < PARAMETERS && !(view_is(name, parameters[i].name) && has(reading, &parameters[i]))) {
        i++;
    }
    if (i == PARAMETERS) {
        osia_refuse(reading, name, OSIA_REASON_UNKNOWN);
    } else if ((*seen & 1u << i) != 0 && !parameters[i].many) {
        osia_refuse(reading, name, OSIA_REASON_TWICE);
    } else {
        *seen |= 1u << i;
        parameters[i].take(reading, name, value);
    }
}

static void take_query(struct osia_reading *reading, unsigned *seen)
{
    struct view query = reading->message->query;

    if (reading->message->whole && query.len > 0) { /* everything stands in the body */
        osia_refuse(reading, VIEW_LITERAL("query"), OSIA_REASON_UNKNOWN);
        return;
    }
    for (size_t at = 0; at < query.len;) {
        size_t end = view_find(query, at, '&');
        struct view part = view_part(query, at, end - at);
        size_t equals = view_find(part, 0, '=');
        size_t from = equals + (equals < part.len);
        struct view name = view_part(part, 0, equals);
        struct osia_value value = {0};
        struct view sent = view_part(part, from, part.len - from);
        outcome_ignore(osia_text_get(sent, reading->arena, &value.text)); /* empty: refused there */
        take_parameter(reading, name, &value, seen);
        at = end + 1;
    }
}

static void take_whole(struct osia_reading *reading, const struct json_node *root, unsigned *seen)
{
    const struct json_node *object = osia_object_of(reading, VIEW_LITERAL("body"), root);
    const struct json_node *member = object == NULL ? NULL : json_first(object);

    for (; member != NULL; member = json_next(object, member)) {
        struct osia_value value = {.node = member, .text = member->text};
        take_parameter(reading, member->name, &value, seen);
    }
}

static void take_body(struct osia_reading *reading, unsigned *seen)
{
    static const struct json_limits limits = {
        .bytes_max = ASK_BODY_BYTES_MAX,
        .depth_max = 6,
        .values_max = OSIA_VALUES_MAX,
        .members_max = ASK_FIELDS_MAX,
    };
    const struct osia_message *message = reading->message;
    struct json_doc doc;
    struct json_fault fault;

    if (!message->whole && bodies[message->operation].take == NULL) {
        return;
    }
    if (!outcome_ok(json_parse(message->body, &limits, reading->arena, &doc, &fault))) {
        osia_refuse(reading, VIEW_LITERAL("body"), OSIA_REASON_NOT_JSON);
    } else if (message->whole) {
        take_whole(reading, &doc.nodes[0], seen);
    } else {
        struct osia_value value = {.node = &doc.nodes[0], .text = doc.nodes[0].text};
        bodies[message->operation].take(reading, view_text(bodies[message->operation].name),
                                        &value);
    }
}

/* ---- the whole ---- */

static void take_address(struct osia_reading *reading)
{
    const struct osia_message *message = reading->message;

    if (message->whole) {
        return;
    }
    if (!outcome_ok(
            osia_text_get(message->identifier, reading->arena, &reading->request.identifier))) {
        osia_refuse(reading, VIEW_LITERAL("identifier"), OSIA_REASON_NO_TEXT);
    }
    if (!outcome_ok(osia_text_get(message->set, reading->arena, &reading->request.set))) {
        osia_refuse(reading, VIEW_LITERAL("attributeSetName"), OSIA_REASON_NO_TEXT);
    }
}

static void check_missing(struct osia_reading *reading, unsigned seen)
{
    for (unsigned i = 0; i < PARAMETERS; i++) {
        bool required = (parameters[i].required & IN(reading->message->operation)) != 0;
        if (required && has(reading, &parameters[i]) && (seen & 1u << i) == 0) {
            osia_refuse(reading, view_text(parameters[i].name), OSIA_REASON_MISSING);
        }
    }
}

/* Invariant 1: something is claimed, or something is to be read. */
static void check_asked(struct osia_reading *reading)
{
    struct osia_request *request = &reading->request;
    bool claims = request->operation == OSIA_MATCH || request->operation == OSIA_VERIFY ||
                  request->operation == OSIA_ID_CHECK;

    if (claims ? request->claim_count == 0 : request->name_count == 0 && request->set.len == 0) {
        osia_refuse(reading, VIEW_LITERAL("attributes"), OSIA_REASON_NONE_NAMED);
    } else if (request->operation == OSIA_ID_READ && request->set.len > 0) {
        if (request->name_count > 0) {
            osia_refuse(reading, VIEW_LITERAL("attributeSetName"), OSIA_REASON_ONE_OF_TWO);
        }
        request->operation = OSIA_ID_SET;
    }
}

struct outcome osia_request_get(const struct osia_message *message, struct arena *arena,
                                struct osia_request *ret_request, struct osia_faults *ret_faults)
{
    struct osia_reading reading = {.message = message, .arena = arena, .faults = ret_faults};
    unsigned seen = 0;

    CHECK(message->operation < OSIA_OPERATION_COUNT);
    ret_faults->count = 0;
    reading.request.operation = message->operation;
    take_address(&reading);
    take_query(&reading, &seen);
    take_body(&reading, &seen);
    check_missing(&reading, seen);
    if (ret_faults->count == 0) {
        check_asked(&reading);
    }
    if (ret_faults->count > 0) {
        return outcome_fail(FAULT_BAD_INPUT, "OSIA: parameters");
    }
    *ret_request = reading.request;
    return OUTCOME_OK;
}

/* ---- answers ---- */

void osia_put_error(struct buf *buf, unsigned code, struct view message)
{
    CHECK(code <= INT32_MAX);
    buf_put_text(buf, "{\"code\":");
    buf_put_decimal(buf, code);
    buf_put_text(buf, ",\"message\":");
    json_put_string(buf, message);
    buf_put_text(buf, "}");
}

void osia_put_mismatch(struct buf *buf, bool first, struct view name, unsigned code)
{
    buf_put_text(buf, first ? "{\"attributeName\":" : ",{\"attributeName\":");
    json_put_string(buf, name);
    buf_put_text(buf, ",\"errorCode\":");
    buf_put_decimal(buf, code);
    buf_put_text(buf, "}");
}
